//! What is answered, held against the document.

use serde_json::{Map, Value};

use super::Api;
use crate::api::document;
use crate::testing::{request, text};

fn parsed() -> Value {
    serde_json::from_str(&document()).unwrap()
}

/// What a schema stands for: behind its references.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let Some(reference) = schema["$ref"].as_str() else {
        return schema;
    };
    let found = document.pointer(reference.trim_start_matches('#'));
    resolved(
        document,
        found.unwrap_or_else(|| panic!("{reference} leads nowhere")),
    )
}

/// Every property that a schema names, parts of it too; nothing where it leaves them open.
fn properties(document: &Value, schema: &Value) -> Option<Map<String, Value>> {
    let schema = resolved(document, schema);
    if let Some(parts) = schema["allOf"].as_array() {
        let parts: Option<Vec<_>> = parts.iter().map(|part| properties(document, part)).collect();
        return Some(parts?.into_iter().flatten().collect());
    }
    schema["properties"].as_object().cloned()
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

/// What of a value is not as its schema says: also what it says nothing of.
fn faults(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let schema = resolved(document, schema);
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !kinds.is_empty() && !kinds.iter().any(|kind| is_of(kind, value)) {
        return vec![format!("{at}: {value} is no {kinds:?}")];
    }
    let mut found = Vec::new();
    if let Some(words) = schema["enum"].as_array().filter(|words| !words.contains(value)) {
        found.push(format!("{at}: {value} is none of {words:?}"));
    }
    for word in ["oneOf", "anyOf"] {
        let choices = schema[word].as_array();
        let fits = |choice: &Value| faults(document, choice, value, at).is_empty();
        if choices.is_some_and(|choices| !choices.iter().any(fits)) {
            found.push(format!("{at}: {value} is none of {word}"));
        }
    }
    found.extend(inside(document, schema, value, at));
    found
}

fn inside(document: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        found.extend(faults(
            document,
            &schema["items"],
            item,
            &format!("{at}[{index}]"),
        ));
    }
    let Some(fields) = value.as_object() else {
        return found;
    };
    let parts = schema["allOf"].as_array().into_iter().flatten();
    let required = parts
        .chain([schema])
        .flat_map(|part| resolved(document, part)["required"].as_array());
    for name in required.flatten().filter_map(Value::as_str) {
        if !fields.contains_key(name) {
            found.push(format!("{at}: {name} is missing"));
        }
    }
    let Some(known) = properties(document, schema) else {
        return found;
    };
    for (name, value) in fields {
        match known.get(name) {
            Some(schema) => found.extend(faults(document, schema, value, &format!("{at}.{name}"))),
            None => found.push(format!("{at}.{name} is not described")),
        }
    }
    found
}

#[tokio::test]
async fn every_question_is_answered_as_the_document_says() {
    let (api, document) = (Api::shared().await, parsed());
    let (cluster, event) = api.ids().await;
    let mut answered = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(operation) = item.get("get").filter(|_| !path.ends_with(".toml")) else {
            continue;
        };
        let id = if path.contains("/clusters/") {
            &cluster
        } else {
            &event
        };
        let asked = path
            .replace("{name}", "main")
            .replace("{id}", id)
            .replace("{key}", "schedule");
        let value = api.read(&asked).await;
        let schema = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        assert_ne!(schema, &Value::Null, "{path}");
        let faults = faults(&document, schema, &value, path);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
        answered += 1;
    }
    assert!(answered >= 14, "{answered}");
}

#[tokio::test]
async fn every_event_cluster_and_inspection_is_as_the_document_says() {
    let (api, document) = (Api::shared().await, parsed());
    let mut paths: Vec<(String, &str)> = ["main", "payments", "sandbox", "legacy"]
        .map(|name| (format!("/api/v1/inspections/{name}"), "InspectionDetail"))
        .to_vec();
    for event in api.read("/api/v1/events?limit=100").await["items"]
        .as_array()
        .unwrap()
    {
        paths.push((
            format!("/api/v1/events/{}", event["id"].as_str().unwrap()),
            "EventDetail",
        ));
    }
    for cluster in api.read("/api/v1/clusters?limit=100").await["items"]
        .as_array()
        .unwrap()
    {
        let (name, id) = (
            cluster["inspection"].as_str().unwrap(),
            cluster["id"].as_str().unwrap(),
        );
        paths.push((
            format!("/api/v1/inspections/{name}/clusters/{id}"),
            "ClusterDetail",
        ));
    }
    assert!(paths.len() > 100, "{}", paths.len());
    for (path, schema) in paths {
        let schema = &document["components"]["schemas"][schema];
        let faults = faults(&document, schema, &api.read(&path).await, &path);
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[tokio::test]
async fn what_is_refused_is_a_problem_as_the_document_says() {
    let (api, document) = (Api::shared().await, parsed());
    for path in [
        "/api/v1/events?wrong=1",
        "/api/v1/events/nothing",
        "/api/v1/inspections/nothing/runs",
    ] {
        let response = api.get(path).await;
        assert_eq!(
            response.headers()["content-type"],
            "application/problem+json",
            "{path}"
        );
        let status = response.status().as_u16();
        let problem: Value = serde_json::from_str(&text(response).await).unwrap();
        assert_eq!(problem["status"], status);
        let schema = &document["components"]["schemas"]["Problem"];
        assert_eq!(faults(&document, schema, &problem, path), [""; 0]);
    }
}

/// The checker itself: it finds what is missing, wrong, and not described.
#[test]
fn faults_are_found() {
    let document = parsed();
    let schema = &document["components"]["schemas"]["Problem"];
    let found = |json: &str| faults(&document, schema, &serde_json::from_str(json).unwrap(), "p");
    assert_eq!(found(r#"{"type":"a","title":"b","status":400}"#), [""; 0]);
    assert_eq!(found(r#"{"type":"a","title":"b"}"#), ["p: status is missing"]);
    assert_eq!(
        found(r#"{"type":1,"title":"b","status":400}"#),
        [r#"p.type: 1 is no ["string"]"#]
    );
    assert_eq!(
        found(r#"{"type":"a","title":"b","status":400,"x":1}"#),
        ["p.x is not described"]
    );
}

#[tokio::test]
async fn every_route_is_in_the_document_and_every_operation_is_routed() {
    let (api, document) = (Api::shared().await, parsed());
    for (path, item) in document["paths"].as_object().unwrap() {
        let asked = path
            .replace("{name}", "none")
            .replace("{id}", "none")
            .replace("{key}", "none");
        let other = api.ask(request("PATCH", &asked), "").await;
        let allowed = other.headers()["allow"].to_str().unwrap().to_owned();
        assert_eq!(other.status(), 405, "{path}");
        let mut described: Vec<String> = item
            .as_object()
            .unwrap()
            .keys()
            .map(|word| word.to_uppercase())
            .collect();
        let mut routed: Vec<String> = allowed
            .split(',')
            .filter(|word| *word != "HEAD")
            .map(str::to_owned)
            .collect();
        described.sort();
        routed.sort();
        assert_eq!(described, routed, "{path}");
    }
}

#[test]
fn the_document_is_what_it_was() {
    let document = parsed();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut lines = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let answers: Vec<&str> = operation["responses"]
                .as_object()
                .unwrap()
                .keys()
                .map(String::as_str)
                .collect();
            lines.push(format!(
                "{method} {path}: {} ({})",
                operation["summary"].as_str().unwrap(),
                answers.join(" ")
            ));
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}
