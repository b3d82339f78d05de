//! The schema, the documentation and the parser know the same keys.

use std::collections::BTreeSet;

use firstsight_config::{parse, schema};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../../docs/configuration.md");

/// What a schema with the words that ours uses says of a document. A word that it does not know is a mistake of ours.
fn faults(schema: &Value, document: &Value, root: &Value, at: &str) -> Vec<String> {
    let words = schema.as_object().expect("a schema is an object");
    let mut found = Vec::new();
    for (word, wanted) in words {
        let judge = |schema: &Value, document: &Value, at: &str| faults(schema, document, root, at);
        let fits = |schema: &&Value| judge(schema, document, at).is_empty();
        let is_well = match word.as_str() {
            "$schema" | "$defs" | "title" | "description" => true,
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                found.extend(judge(root.pointer(pointer).expect(pointer), document, at));
                true
            }
            "type" => match wanted.as_str().unwrap() {
                "object" => document.is_object(),
                "array" => document.is_array(),
                "string" => document.is_string(),
                "integer" => document.is_i64(),
                "boolean" => document.is_boolean(),
                other => panic!("{other}"),
            },
            "pattern" => document.as_str().is_none_or(|text| {
                regex::Regex::new(wanted.as_str().unwrap())
                    .unwrap()
                    .is_match(text)
            }),
            "enum" => wanted.as_array().unwrap().contains(document),
            "const" => wanted == document,
            "minimum" => document
                .as_i64()
                .is_none_or(|number| number >= wanted.as_i64().unwrap()),
            "maximum" => document
                .as_i64()
                .is_none_or(|number| number <= wanted.as_i64().unwrap()),
            "minProperties" => document
                .as_object()
                .is_none_or(|all| all.len() as u64 >= wanted.as_u64().unwrap()),
            "maxProperties" => document
                .as_object()
                .is_none_or(|all| all.len() as u64 <= wanted.as_u64().unwrap()),
            "anyOf" => wanted.as_array().unwrap().iter().any(|schema| fits(&schema)),
            "oneOf" => wanted.as_array().unwrap().iter().filter(fits).count() == 1,
            "required" => {
                let needed = wanted.as_array().unwrap().iter();
                document.is_object()
                    && needed
                        .map(|key| key.as_str().unwrap())
                        .all(|key| document.get(key).is_some())
            }
            "items" => {
                for item in document.as_array().into_iter().flatten() {
                    found.extend(judge(wanted, item, &format!("{at}[]")));
                }
                true
            }
            "properties" => {
                for (key, schema) in wanted.as_object().unwrap() {
                    if let Some(value) = document.get(key) {
                        found.extend(judge(schema, value, &format!("{at}.{key}")));
                    }
                }
                true
            }
            "propertyNames" => {
                for key in document.as_object().into_iter().flatten().map(|(key, _)| key) {
                    found.extend(judge(wanted, &json!(key), &format!("{at}.{key}")));
                }
                true
            }
            "additionalProperties" => {
                let known = words.get("properties").and_then(Value::as_object);
                let others = document.as_object().into_iter().flatten();
                let others = others.filter(|(key, _)| known.is_none_or(|known| !known.contains_key(*key)));
                for (key, value) in others {
                    match wanted {
                        Value::Bool(false) => found.push(format!("{at}: {key} is not known")),
                        schema => found.extend(judge(schema, value, &format!("{at}.{key}"))),
                    }
                }
                true
            }
            other => panic!("this checker does not know {other}"),
        };
        if !is_well {
            found.push(format!("{at}: {word} {wanted} does not hold for {document}"));
        }
    }
    found
}

fn of_text(text: &str) -> Vec<String> {
    let table: toml::Table = toml::from_str(text).unwrap();
    let schema = schema();
    faults(&schema, &of_toml(&toml::Value::Table(table)), &schema, "")
}

/// TOML as JSON, times as their texts: as editors that know schemas take it.
fn of_toml(value: &toml::Value) -> Value {
    match value {
        toml::Value::Datetime(time) => json!(time.to_string()),
        toml::Value::Array(items) => items.iter().map(of_toml).collect(),
        toml::Value::Table(table) => table
            .iter()
            .map(|(key, value)| (key.clone(), of_toml(value)))
            .collect(),
        toml::Value::String(text) => json!(text),
        toml::Value::Integer(number) => json!(number),
        toml::Value::Float(number) => json!(number),
        toml::Value::Boolean(yes) => json!(yes),
    }
}

fn blocks(page: &str) -> Vec<&str> {
    let starts = page.split("```toml\n").skip(1);
    starts.filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn files_without_mistakes_fit_the_schema() {
    let pages = [
        PAGE,
        include_str!("../../../../README.md"),
        include_str!("../../../../docs/guance.md"),
        include_str!("../../../../docs/alerting.md"),
    ];
    // What stands behind is parts of a file.
    let examples = pages.iter().map(|page| blocks(page)[0]);
    let beginning = firstsight_config::Beginning::default().file();
    for text in examples.chain([include_str!("whole.toml"), &beginning, ""]) {
        assert_eq!(of_text(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn what_the_schema_refuses_is_a_mistake() {
    for text in [
        "lokale = \"en\"",
        "locale = \"fr\"",
        "[sinks.a]\nkind = \"jason\"\npath = \"-\"",
        "[sinks.a]\nkind = \"json\"",
        "[sinks.\"a b\"]\nkind = \"json\"\npath = \"-\"",
        "[sinks.a]\nkind = \"webhook\"\nurl = { env = \"A\", file = \"B\" }",
        "[sinks.a]\nkind = \"webhook\"\nurl = {}",
        "[[policies]]\nname = \"a\"",
        "[inspections.a]",
        "[inspections.a]\nsource = { kind = \"files\", paths = [\"a\"], groups = [\"b\"] }",
        "[inspections.a]\nsource = { kind = \"files\", paths = [\"a\"] }\ntimeout = \"long\"",
        "[inspections.a]\nsource = { kind = \"files\", paths = [\"a\"] }\nsilent_after = \"always\"",
        "[inspections.a]\nsource = { kind = \"files\", paths = [\"a\"] }\nfailures = 0",
        "[inspections.a]\nsource = { kind = \"files\", paths = [\"a\"] }\npolicies = \"none\"",
        "[server]\nenabled = 1",
        "[store]\npath = \" \"",
    ] {
        assert!(!of_text(text).is_empty(), "{text}");
        assert!(parse("firstsight.toml", text).is_err(), "{text}");
    }
}

/// The keys that the tables behind a heading list.
fn documented(heading: &str) -> BTreeSet<String> {
    let start = PAGE
        .find(&format!("\n{heading}"))
        .unwrap_or_else(|| panic!("no {heading}"));
    let section = &PAGE[start + 1 + heading.len()..];
    let section = section.split("\n#").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let firsts = rows.filter_map(|row| row.split('|').nth(1));
    let names = firsts.flat_map(|cell| cell.split(','));
    names
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect()
}

fn known(table: &Value) -> BTreeSet<String> {
    table["properties"].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn the_documentation_lists_the_keys_that_the_parser_knows_and_no_other() {
    let schema = schema();
    let every_sink = documented("## Every sink");
    let mut unseen: BTreeSet<&str> = schema["$defs"]
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    for (heading, tables) in [
        ("## Inspections", &["inspection"][..]),
        ("### `cloudwatch`", &["cloudwatch"]),
        ("### `files`", &["files"]),
        ("### `guance-logs`", &["guance-logs"]),
        ("## `guance`", &["guance"]),
        ("## `webhook`", &["webhook"]),
        ("## `ocsf` and `json`", &["ocsf", "json"]),
        ("## Policies", &["policy"]),
        ("## Mutes", &["mute"]),
        ("## The store", &["store"]),
        ("## The server", &["server"]),
    ] {
        for table in tables {
            let is_sink = ["guance", "webhook", "ocsf", "json"].contains(table);
            let mut documented = documented(heading);
            documented.extend(every_sink.iter().filter(|_| is_sink).cloned());
            assert_eq!(documented, known(&schema["$defs"][table]), "{heading}");
            unseen.remove(table);
        }
    }
    // Small tables stand on the lines of their keys.
    for table in unseen {
        for key in known(&schema["$defs"][table]) {
            let forms = [format!("`{key}`"), format!("{key} = ")];
            assert!(
                forms.iter().any(|form| PAGE.contains(form)),
                "nothing is said of {table}.{key}"
            );
        }
    }
    for key in known(&schema) {
        let forms = [format!("[{key}"), format!("{key} = ")];
        assert!(
            forms.iter().any(|form| PAGE.contains(form)),
            "nothing is said of {key}"
        );
    }
}

/// A file that has every key keeps the reading of each from being forgotten.
#[test]
fn the_whole_file_has_every_key() {
    let instead = ["openapi_url", "openway_url", "token", "template_file"];
    let schema = schema();
    let tables = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for key in tables
        .flat_map(known)
        .filter(|key| !instead.contains(&key.as_str()))
    {
        let forms = [format!("{key} = "), format!("[{key}"), format!(".{key}.")];
        let is_there = forms.iter().any(|form| include_str!("whole.toml").contains(form));
        assert!(is_there, "whole.toml has no {key}");
    }
}
