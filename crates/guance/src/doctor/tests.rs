use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_sink::http::{Http, HttpSettings};
use serde_json::json;

use super::*;

const TOKEN: &str = "tkn_0123456789abcdef0123456789abcdef";
const DATE: &str = "Tue, 14 Nov 2023 23:13:20 GMT";

fn now() -> Time {
    "2023-11-14T23:13:21Z".parse().unwrap()
}

/// A workspace in which all is well.
fn well(request: &Recorded) -> Reply {
    let content = match request.target.split('?').next().unwrap_or_default() {
        "/api/v1/workspace/get" => json!({"uuid": "wksp_1", "name": "ops\u{1b}[2J", "token": TOKEN}),
        "/api/v1/checker/list" => json!([{
            "uuid": "rul_1", "status": 0, "alertPolicyUUIDs": ["altpl_1", "altpl_gone"],
            "jsonScript": {"type": "OuterEventChecker", "title": "CloudTrail", "subUri": "fs"},
        }]),
        "/api/v1/alert_policy/list" => json!({"data": [{"uuid": "altpl_1", "name": "on call"}]}),
        _ => json!(true),
    };
    let body = json!({"code": 200, "content": content, "success": true}).to_string();
    Reply::json(200, &body).with_header("Date", DATE)
}

fn http() -> Http {
    let settings = HttpSettings {
        proxies: false,
        ..HttpSettings::default()
    };
    Http::new(&settings).unwrap()
}

fn subject(far: &HttpRecorder, token: &str) -> Subject {
    let key = SecretString::from("wsak_1");
    let destination = Destination::OpenWay {
        url: far.url(),
        token: SecretString::from(token),
    };
    Subject {
        node: Node {
            name: "private".to_owned(),
            openapi: "https://openapi.example.com".to_owned(),
            openway: "https://openway.example.com".to_owned(),
            console: None,
        },
        api: Some(OpenApi::new(http(), &far.url(), Some(key))),
        writer: Some(Writer::new(http(), destination)),
        sub_uri: Some("fs".to_owned()),
    }
}

async fn far(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> HttpRecorder {
    HttpRecorder::start(move |request, _| script(request))
        .await
        .unwrap()
}

/// A checkup as lines, without the port.
fn told(checkup: &Checkup, far: &HttpRecorder) -> String {
    let mut out = String::new();
    for step in &checkup.steps {
        out.push_str(&format!("{:?} {}: {}\n", step.outcome, step.name, step.found));
        if let Some(advice) = &step.advice {
            out.push_str(&format!("  → {advice}\n"));
        }
    }
    out.push_str(&checkup.verdict.join("\n"));
    out.replace(&far.url(), "(node)")
}

async fn checked(script: impl Fn(&Recorded) -> Reply + Send + Sync + 'static) -> String {
    let far = far(script).await;
    told(&check(&subject(&far, TOKEN), now()).await, &far)
}

#[tokio::test]
async fn where_all_is_well_each_step_says_what_was_found() {
    insta::assert_snapshot!(checked(well).await);
}

/// `docs/schema.md` has every name that a step can have.
#[tokio::test]
async fn the_page_of_the_schema_names_every_step() {
    let far = far(well).await;
    let data_kit = Subject {
        writer: Some(Writer::new(http(), Destination::DataKit { url: far.url() })),
        ..subject(&far, TOKEN)
    };
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/schema.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once("\n## `firstsight.check/1`").unwrap();
    for subject in [subject(&far, TOKEN), data_kit] {
        for step in check(&subject, now()).await.steps {
            assert!(section.contains(&format!("`{}`", step.name)), "{}", step.name);
        }
    }
}

#[tokio::test]
async fn a_key_that_is_not_accepted() {
    let script = |request: &Recorded| match request.target.as_str() {
        "/api/v1/workspace/get" => Reply::json(403, r#"{"errorCode":"ft.InvalidAPIKey"}"#),
        _ => well(request),
    };
    insta::assert_snapshot!(checked(script).await);
}

#[tokio::test]
async fn a_key_that_has_asked_too_often_is_no_wrong_key() {
    let script = |request: &Recorded| match request.target.as_str() {
        "/api/v1/workspace/get" => Reply::json(401, r#"{"errorCode":"ft.TriggerApiAkCurrentLimiting"}"#),
        _ => well(request),
    };
    let told = checked(script).await;
    assert!(
        told.contains("Warning api key: GET /api/v1/workspace/get: too many requests"),
        "{told}"
    );
    assert!(told.contains("wait a minute"), "{told}");
}

#[tokio::test]
async fn a_node_that_does_not_answer() {
    insta::assert_snapshot!(checked(|_| Reply::status(503)).await);
}

#[tokio::test]
async fn a_page_that_is_not_guance() {
    let told = checked(|_| Reply::json(200, "<html>console</html>")).await;
    let expected = "Bad api key: GET /api/v1/workspace/get: the answer cannot be read: expected value";
    assert!(told.contains(expected), "{told}");
    assert!(told.contains("not of the console"), "{told}");
}

#[tokio::test]
async fn a_monitor_that_is_missing_disabled_or_bound_to_nothing() {
    for (monitors, said) in [
        (
            json!([]),
            "Bad monitor: no external-event monitor has the address …/fs",
        ),
        (
            json!([{"uuid": "rul_1", "status": 2, "jsonScript": {"type": "OuterEventChecker", "title": "T", "subUri": "fs"}}]),
            "Bad monitor: T (rul_1) is disabled",
        ),
        (
            json!([{"uuid": "rul_1", "status": 0, "jsonScript": {"type": "OuterEventChecker", "subUri": "fs"}}]),
            "events may alert nobody: alert policies: none is bound: events arrive and alert nobody",
        ),
    ] {
        let script = move |request: &Recorded| match request.target.contains("checker/list") {
            true => Reply::json(200, &json!({"code": 200, "content": monitors}).to_string()),
            false => well(request),
        };
        let told = checked(script).await;
        assert!(told.contains(said), "{told}");
    }
}

#[tokio::test]
async fn a_token_of_another_form_or_workspace_or_that_is_not_taken() {
    let far = far(well).await;
    let key = check(&subject(&far, "wsak_0123456789abcdef0123456789abcdef"), now()).await;
    let asked = |far: &HttpRecorder| {
        far.requests()
            .iter()
            .any(|request| request.target.contains("check/token"))
    };
    assert!(told(&key, &far).contains("Bad token: it does not have the form of a token"));
    assert!(!asked(&far), "nothing is sent with what is no token");
    let other = check(&subject(&far, &TOKEN.replace('0', "9")), now()).await;
    assert!(told(&other, &far).contains("Warning token: it is of another workspace than the API key"));
    let script = |request: &Recorded| match request.target.contains("check/token") {
        true => Reply::json(403, r#"{"errorCode":"kodo.tokenNotFound"}"#),
        false => well(request),
    };
    let told = checked(script).await;
    assert!(
        told.contains("Bad token: GET /v1/check/token: kodo.tokenNotFound"),
        "{told}"
    );
    assert!(!told.contains(TOKEN), "{told}");
}

#[tokio::test]
async fn without_a_key_what_can_be_checked_is() {
    let far = far(well).await;
    let agent = Destination::DataKit { url: far.url() };
    let subject = Subject {
        api: Some(OpenApi::new(http(), &far.url(), None)),
        writer: Some(Writer::new(http(), agent.clone())),
        ..subject(&far, TOKEN)
    };
    insta::assert_snapshot!(told(&check(&subject, now()).await, &far));

    let subject = Subject {
        node: Node::private(),
        api: None,
        writer: Some(Writer::new(http(), agent)),
        sub_uri: None,
    };
    let alone = told(&check(&subject, now()).await, &far);
    assert!(
        alone.starts_with("Skipped openapi: no OpenAPI is named to ask\nGood datakit:"),
        "{alone}"
    );
}

#[test]
fn clocks_are_compared() {
    for (ours, outcome, found) in [
        ("2023-11-14T23:13:20Z", CheckOutcome::Good, "as the node's"),
        (
            "2023-11-14T23:18:20Z",
            CheckOutcome::Good,
            "5 min ahead of the node's",
        ),
        (
            "2023-11-14T23:18:21Z",
            CheckOutcome::Warning,
            "5 min ahead of the node's",
        ),
        (
            "2023-11-14T21:03:20Z",
            CheckOutcome::Warning,
            "2 h 10 min behind the node's",
        ),
        (
            "2023-11-14T23:13:10Z",
            CheckOutcome::Good,
            "10 s behind the node's",
        ),
    ] {
        let step = clock(Some(DATE), ours.parse().unwrap());
        assert_eq!((step.outcome, step.found.as_str()), (outcome, found), "{ours}");
    }
    assert_eq!(clock(None, now()).outcome, CheckOutcome::Skipped);
    assert_eq!(clock(Some("yesterday"), now()).outcome, CheckOutcome::Skipped);
}

#[test]
fn a_node_is_known_by_name() {
    let node = |name: &str, openapi: &str| Node {
        name: name.to_owned(),
        openapi: openapi.to_owned(),
        ..Node::named("us1").unwrap()
    };
    let known = named(&node("us1", "https://us1-openapi.guance.com")).unwrap();
    assert_eq!(known.outcome, CheckOutcome::Good);
    let own = named(&node("us1", "https://openapi.example.com")).unwrap();
    assert!(
        own.found
            .ends_with("known are https://us1-openapi.guance.com, https://us1-openway.guance.com")
    );
    let slip = named(&node("us1_trewatch", "https://x.example.com")).unwrap();
    assert_eq!(slip.advice.as_deref(), Some("did you mean us1_truewatch?"));
    let nonsense = named(&node("nowhere", "https://x.example.com")).unwrap();
    assert!(nonsense.advice.unwrap().starts_with("use one of default, aws, "));
}

#[test]
fn tokens_have_three_forms() {
    for (token, is_one) in [
        (TOKEN, true),
        ("token_0123456789abcdef0123456789abcdef", true),
        ("tokn_0123456789abcdef01234567", true),
        ("tkn_short", false),
        ("wsak_0123456789abcdef0123456789abcdef", false),
        ("", false),
    ] {
        assert_eq!(has_form(token), is_one, "{token}");
    }
}
