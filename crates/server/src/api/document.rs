//! The OpenAPI document: what the handlers say of themselves, and what holds for all of them.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// Made once: it says the same each time.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(whole);

/// What every answer can be instead, whatever was asked.
const ALWAYS: [(&str, &str); 7] = [
    (
        "400",
        "The request makes no sense: a parameter that is not known, or a value that cannot be read",
    ),
    ("401", "No token, or a wrong one"),
    ("404", "There is no such thing"),
    ("421", "Nothing is served under the name that the request came to"),
    ("500", "A mistake of the server's"),
    ("503", "A state cannot be read or written; the daemon is stopping"),
    ("504", "It took too long"),
];

/// And where something is changed.
const CHANGING: [(&str, &str); 3] = [
    (
        "403",
        "The token may look, and change nothing; a browser's request without its CSRF token",
    ),
    (
        "409",
        "It stands against what is there: a run goes on already, or the same was set before",
    ),
    ("422", "The value makes no sense"),
];

/// And where a body is sent.
const SENDING: [(&str, &str); 2] = [
    ("413", "The body is too large"),
    ("415", "The body is no `application/json`"),
];

const ABOUT: &str = "What firstsight knows, and everything that its page does.\n\n\
    Where tokens are configured, send one as `Authorization: Bearer …`; `X-Firstsight-User` names the person for the audit \
    log. A script of the page itself comes by its session's cookie, and sends `X-CSRF-Token` with what changes something. \
    On loopback without tokens everything is open to everyone local.\n\n\
    Lists are paged: `next` of one page is `cursor` of the next one, and the header `Link` has its address. Every answer to \
    a GET has an `ETag`: `If-None-Match` saves sending it again, `If-Match` makes a change depend on it. Errors are \
    problems as RFC 9457 has them.";

/// The OpenAPI document, as it is served at `/api/v1/openapi.json`.
#[must_use]
pub fn document() -> String {
    DOCUMENT.to_string()
}

fn whole() -> Value {
    let (_, described) = super::described();
    let mut document = serde_json::to_value(described).unwrap_or_default();
    about(&mut document);
    if let Some(Value::Object(paths)) = document.get_mut("paths") {
        for (path, item) in paths.iter_mut() {
            each_operation(path, item);
        }
    }
    document
}

fn about(document: &mut Value) {
    document["info"] = json!({
        "title": "firstsight",
        "description": ABOUT,
        "version": "1",
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    });
    document["servers"] = json!([{ "url": "/" }]);
    document["security"] = json!([{ "token": [] }, { "session": [] }]);
    document["components"]["securitySchemes"] = json!({
        "token": { "type": "http", "scheme": "bearer", "description": "The admin token, or the reader's" },
        "session": {
            "type": "apiKey", "in": "cookie", "name": "firstsight_session",
            "description": "A session of the page; what changes something needs `X-CSRF-Token` too",
        },
    });
    document["components"]["schemas"]["Problem"] = problem();
}

/// The schema of [`crate::Problem`].
fn problem() -> Value {
    json!({
        "type": "object",
        "description": "What went wrong, as RFC 9457 has it",
        "required": ["type", "title", "status"],
        "properties": {
            "type": { "type": "string", "description": "What kind it is", "example": "about:blank" },
            "title": { "type": "string", "description": "A line for people" },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "detail": { "type": "string", "description": "What was wrong with this request, and what to do" },
        },
    })
}

fn each_operation(path: &str, item: &mut Value) {
    let Value::Object(operations) = item else { return };
    for (method, operation) in operations.iter_mut() {
        let has_body = operation.get("requestBody").is_some();
        let Some(Value::Object(responses)) = operation.get_mut("responses") else {
            continue;
        };
        refusals(responses, &ALWAYS);
        if method == "get" {
            conditional(path, responses);
            continue;
        }
        refusals(responses, &CHANGING);
        if has_body {
            refusals(responses, &SENDING);
        }
        if method == "put" {
            refusals(
                responses,
                &[(
                    "412",
                    "It is not as `If-Match` named it any more: nothing was changed",
                )],
            );
        }
    }
}

fn refusals(responses: &mut Map<String, Value>, refusals: &[(&str, &str)]) {
    let schema = json!({ "schema": { "$ref": "#/components/schemas/Problem" } });
    for (status, why) in refusals {
        let response = json!({ "description": why, "content": { "application/problem+json": schema } });
        responses.entry(*status).or_insert(response);
    }
}

/// What a question's answer carries, and that it may be known already.
fn conditional(path: &str, responses: &mut Map<String, Value>) {
    if path.ends_with(".toml") {
        return;
    }
    let tag = json!({ "description": "Names what is answered", "schema": { "type": "string" } });
    let mut headers = json!({ "ETag": tag });
    let is_page = responses["200"].to_string().contains("/Listed_");
    if is_page {
        headers["Link"] = json!({
            "description": "The address of the next page, where there is one, as `<…>; rel=\"next\"`",
            "schema": { "type": "string" },
        });
    }
    responses["200"]["headers"] = headers;
    responses.insert(
        "304".to_owned(),
        json!({ "description": "It is as `If-None-Match` named it" }),
    );
}
