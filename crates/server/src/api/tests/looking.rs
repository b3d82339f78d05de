//! Questions.

use http::StatusCode;
use http::header::{ETAG, LINK};
use serde_json::Value;

use super::Api;
use crate::testing::{READER, request, text};

#[tokio::test]
async fn a_list_is_walked_by_its_links() {
    let api = Api::shared().await;
    let whole = api.read("/api/v1/events?limit=200").await;
    let whole: Vec<Value> = whole["items"].as_array().unwrap().clone();
    let (mut path, mut walked) = (Some("/api/v1/events?limit=7".to_owned()), Vec::new());
    while let Some(asked) = path {
        let response = api.get(&asked).await;
        let link = response
            .headers()
            .get(LINK)
            .map(|link| link.to_str().unwrap().to_owned());
        let page: Value = serde_json::from_str(&text(response).await).unwrap();
        walked.extend(page["items"].as_array().unwrap().clone());
        assert_eq!(link.is_some(), page["next"].is_string());
        path = link.map(|link| {
            link.strip_prefix('<')
                .unwrap()
                .strip_suffix(">; rel=\"next\"")
                .unwrap()
                .to_owned()
        });
    }
    assert!(walked.len() > 20);
    assert_eq!(walked, whole);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_what_would() {
    let api = Api::shared().await;
    for (path, said) in [
        (
            "/api/v1/events?txet=a",
            "\"txet\" is no parameter here; there are: account, actor,",
        ),
        ("/api/v1/events?limit=0", "limit"),
        ("/api/v1/events?limit=many", "limit"),
        ("/api/v1/events?limit=1&limit=2", "limit"),
        ("/api/v1/events?cursor=nonsense", "cursor"),
        ("/api/v1/events?status=bad", "status"),
        ("/api/v1/clusters?sort=size", "sort"),
        (
            "/api/v1/overview?hours=2161",
            "hours: 2161 is not between 1 and 2160",
        ),
        ("/api/v1/inspections?x=1", "there are: none"),
        (
            "/api/v1/faults?limit=1001",
            "limit: 1001 is not between 1 and 1000",
        ),
        (
            "/api/v1/inspections/main?lang=fr",
            "lang: \"fr\" is not spoken here",
        ),
        ("/api/v1/events/%ff", "UTF-8"),
    ] {
        let response = api.get(path).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{path}");
        let said_really = text(response).await;
        assert!(
            said_really.replace("\\\"", "\"").contains(said),
            "{path}: {said_really}"
        );
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let api = Api::shared().await;
    for path in [
        "/api/v1/inspections/nothing",
        "/api/v1/inspections/nothing/runs",
        "/api/v1/inspections/nothing/mutes",
        "/api/v1/inspections/nothing/settings/schedule",
        "/api/v1/inspections/main/settings/nothing",
        "/api/v1/inspections/main/clusters/nothing",
        "/api/v1/overview?inspection=nothing",
        "/api/v1/faults?inspection=nothing",
        "/api/v1/audit?inspection=nothing",
        "/api/v1/events/nothing",
        "/api/v1/nothing",
        "/api/v2/events",
    ] {
        assert_eq!(api.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn who_has_an_answer_already_is_not_sent_it_again() {
    let api = Api::shared().await;
    for path in [
        "/api/v1/events",
        "/api/v1/inspections/main",
        "/api/v1/openapi.json",
    ] {
        let response = api.get(path).await;
        let Some(tag) = response.headers().get(ETAG).cloned() else {
            panic!("{path} has no ETag")
        };
        let again = api
            .ask(request("GET", path).header("if-none-match", &tag), "")
            .await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{path}");
        assert_eq!(again.headers()[ETAG], tag);
        assert_eq!(text(again).await, "");
        let head = api.ask(request("HEAD", path), "").await;
        assert_eq!((head.status(), &head.headers()[ETAG]), (StatusCode::OK, &tag));
        assert_eq!(text(head).await, "");
        let other = api
            .ask(request("GET", path).header("if-none-match", "\"other\""), "")
            .await;
        assert_eq!(other.status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn the_status_says_how_every_inspection_stands() {
    let status = Api::shared().await.read("/api/v1/status").await;
    assert_eq!(
        (&status["version"], &status["ready"]),
        (&"0.0.0-test".into(), &true.into())
    );
    let stands: Vec<_> = status["inspections"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    assert_eq!(
        stands,
        [
            ("main", "ok"),
            ("payments", "running"),
            ("sandbox", "disabled"),
            ("legacy", "failing")
        ]
    );
    assert!(status["parked"].as_u64().unwrap() > 0);
}

#[tokio::test]
async fn a_reader_sees_everything_and_changes_nothing() {
    let api = Api::with_tokens(true).await;
    let token = format!("Bearer {READER}");
    let by_reader = |method, path| request(method, path).header("authorization", &token);
    assert_eq!(api.ask(by_reader("GET", "/api/v1/audit"), "").await.status(), 200);
    let run = api
        .ask(by_reader("POST", "/api/v1/inspections/main/run"), "")
        .await;
    assert_eq!(run.status(), StatusCode::FORBIDDEN);
    assert_eq!(
        api.get("/api/v1/openapi.json").await.status(),
        StatusCode::UNAUTHORIZED
    );
}
