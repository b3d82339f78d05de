//! Changes.

use http::header::ETAG;
use serde_json::json;

use super::Api;
use crate::testing::{request, text};

const SCHEDULE: &str = "/api/v1/inspections/main/settings/schedule";

#[tokio::test]
async fn a_setting_is_changed_and_dropped_and_both_are_told() {
    let api = Api::new().await;
    let before = api.read(SCHEDULE).await;
    let (status, set) = api
        .send("PUT", SCHEDULE, r#"{"value":"\"*/30 * * * *\"","note":"noisy"}"#)
        .await;
    assert_eq!((status, &set["effective"]), (200, &json!("\"*/30 * * * *\"")));
    assert_eq!(
        (&set["changed"]["by"], &set["changed"]["note"]),
        (&json!("Ana"), &json!("noisy"))
    );
    assert_eq!(set["configured"], before["configured"]);
    let overrides = text(api.get("/api/v1/overrides.toml").await).await;
    assert!(overrides.contains("*/30 * * * *"), "{overrides}");
    let (status, dropped) = api.send("DELETE", &format!("{SCHEDULE}?note=enough"), "").await;
    assert_eq!((status, &dropped), (200, &before));
    assert_eq!(
        api.send("DELETE", SCHEDULE, "").await.0,
        404,
        "there is nothing to drop any more"
    );
}

#[tokio::test]
async fn a_setting_that_makes_no_sense_changes_nothing() {
    let api = Api::new().await;
    let before = api.read(SCHEDULE).await;
    for (body, status) in [
        (r#"{"value":"\"never\""}"#, 422),
        (r#"{"value":5}"#, 422),
        (r#"{"note":"no value"}"#, 422),
        (r#"{"value":"\"0 * * * *\"","other":1}"#, 422),
        ("{", 400),
        ("", 400),
    ] {
        let (answered, problem) = api.send("PUT", SCHEDULE, body).await;
        assert_eq!(answered, status, "{body}: {problem}");
        assert!(!problem["detail"].as_str().unwrap().is_empty());
    }
    let plain = api
        .ask(
            request("PUT", SCHEDULE).header("content-type", "text/plain"),
            "{}",
        )
        .await;
    assert_eq!(plain.status(), 415);
    let large = format!(r#"{{"value":"{}"}}"#, "a".repeat(70_000));
    assert_eq!(api.send("PUT", SCHEDULE, &large).await.0, 413);
    assert_eq!(api.read(SCHEDULE).await, before);
}

#[tokio::test]
async fn a_change_may_depend_on_how_things_stand() {
    let api = Api::new().await;
    let (cluster, _) = api.ids().await;
    let word = format!("/api/v1/inspections/main/clusters/{cluster}/life-cycle");
    let remark = format!("/api/v1/inspections/main/clusters/{cluster}/remark");
    for (path, first, second) in [
        (
            SCHEDULE,
            r#"{"value":"\"5 * * * *\""}"#,
            r#"{"value":"\"6 * * * *\""}"#,
        ),
        (
            word.as_str(),
            r#"{"life_cycle":"expected"}"#,
            r#"{"life_cycle":"resolved"}"#,
        ),
        (
            remark.as_str(),
            r#"{"owner":"platform"}"#,
            r#"{"owner":"nobody"}"#,
        ),
    ] {
        let tag = api.get(path).await.headers()[ETAG].clone();
        let put = |body: &'static str| {
            let request = request("PUT", path).header("content-type", "application/json");
            api.ask(request.header("if-match", &tag), body)
        };
        let changed = put(first).await;
        assert_eq!(changed.status(), 200, "{path}");
        let stands = changed.headers()[ETAG].clone();
        assert_eq!(put(second).await.status(), 412, "{path}");
        assert_eq!(
            api.get(path).await.headers()[ETAG],
            stands,
            "{path}: nothing was changed"
        );
    }
}

#[tokio::test]
async fn what_people_say_of_a_cluster_is_kept_with_their_name() {
    let api = Api::new().await;
    let (cluster, _) = api.ids().await;
    let path = format!("/api/v1/inspections/main/clusters/{cluster}");
    let (status, said) = api
        .send(
            "PUT",
            &format!("{path}/life-cycle"),
            r#"{"life_cycle":"acknowledged","note":"mine"}"#,
        )
        .await;
    assert_eq!(
        (status, &said["life_cycle"], &said["said"]["by"]),
        (200, &json!("acknowledged"), &json!("Ana"))
    );
    let (status, written) = api
        .send(
            "PUT",
            &format!("{path}/remark"),
            r#"{"owner":"platform","note":"since the move"}"#,
        )
        .await;
    assert_eq!(
        (status, written),
        (200, json!({"owner": "platform", "note": "since the move"}))
    );
    let (_, kept) = api.send("PUT", &format!("{path}/remark"), r#"{"note":""}"#).await;
    assert_eq!(
        kept,
        json!({"owner": "platform", "note": ""}),
        "what is not named stays"
    );
    let line = &api.read(&path).await["line"];
    assert_eq!(
        (&line["life_cycle"], &line["owner"]),
        (&json!("acknowledged"), &json!("platform"))
    );
    let (status, problem) = api
        .send("PUT", &format!("{path}/life-cycle"), r#"{"life_cycle":"gone"}"#)
        .await;
    assert_eq!(status, 422, "{problem}");
    let audit = api.read("/api/v1/audit?inspection=main&limit=5").await;
    let by_ana = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["by"] == "Ana")
        .count();
    assert!(by_ana >= 3, "{audit}");
}

#[tokio::test]
async fn a_mute_is_set_and_ended() {
    let api = Api::new().await;
    let mutes = "/api/v1/inspections/main/mutes";
    let (status, mute) = api
        .send(
            "POST",
            mutes,
            r#"{"name":"move","reason":"the move","service":"iam","duration":"2h"}"#,
        )
        .await;
    assert_eq!(
        (status, &mute["inspection"], &mute["set"]["by"]),
        (201, &json!("main"), &json!("Ana")),
        "{mute}"
    );
    let id = mute["id"].as_str().unwrap();
    let listed = api.read(mutes).await;
    assert!(
        listed.as_array().unwrap().iter().any(|listed| listed["id"] == id),
        "{listed}"
    );
    let end = format!("{mutes}/{id}");
    assert_eq!(api.send("DELETE", &format!("{end}?note=done"), "").await.0, 204);
    assert_eq!(api.send("DELETE", &end, "").await.0, 404);
    let listed = api.read(mutes).await;
    assert!(
        !listed.as_array().unwrap().iter().any(|listed| listed["id"] == id),
        "{listed}"
    );
    let listed = api.read(&format!("{mutes}?ended=true")).await;
    assert!(
        listed.as_array().unwrap().iter().any(|listed| listed["id"] == id),
        "{listed}"
    );
}

#[tokio::test]
async fn what_a_sink_refused_for_good_is_tried_again() {
    let api = Api::new().await;
    let pager = async || {
        let sinks = api.read("/api/v1/sinks").await;
        let sinks = sinks.as_array().unwrap().clone();
        sinks.into_iter().find(|sink| sink["sink"] == "pager").unwrap()
    };
    let before = pager().await;
    let parked = before["parked"].as_u64().unwrap();
    assert!(parked > 0 && before["configured"] == true, "{before}");
    let retry = "/api/v1/sinks/pager/retry";
    let (status, retried) = api
        .send("POST", retry, r#"{"note":"the key is right now"}"#)
        .await;
    assert_eq!((status, &retried), (200, &json!({ "retried": parked })));
    let after = pager().await;
    assert_eq!(
        (after["parked"].as_u64(), after["waiting"].as_u64()),
        (
            Some(0),
            before["waiting"].as_u64().map(|waiting| waiting + parked)
        )
    );
    let audit = api.read("/api/v1/audit?limit=1").await["items"].clone();
    assert_eq!(
        (&audit[0]["action"], &audit[0]["by"], &audit[0]["note"]),
        (&json!("retry"), &json!("Ana"), &json!("the key is right now"))
    );
    assert_eq!(
        api.send("POST", retry, "{}").await,
        (200, json!({ "retried": 0 }))
    );
    assert_eq!(api.send("POST", "/api/v1/sinks/nothing/retry", "{}").await.0, 404);
    let long = format!(r#"{{"note":"{}"}}"#, "a".repeat(5000));
    assert_eq!(api.send("POST", retry, &long).await.0, 422);
}

#[tokio::test]
async fn a_run_is_started_once() {
    let api = Api::new().await;
    let (status, started) = api.send("POST", "/api/v1/inspections/main/run", "").await;
    assert_eq!(status, 202);
    let running = api.read("/api/v1/inspections/main").await["running"].clone();
    assert_eq!(running["id"], started["run"]);
    assert_eq!(running["by"], "Ana");
    let (status, problem) = api.send("POST", "/api/v1/inspections/main/run", "").await;
    assert_eq!(status, 409);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .starts_with("main is running already"),
        "{problem}"
    );
    assert_eq!(
        api.send("POST", "/api/v1/inspections/nothing/run", "").await.0,
        404
    );
}

/// It was answered 503, as if the state had failed.
#[tokio::test]
async fn a_mute_that_was_set_before_is_a_conflict() {
    let api = Api::new().await;
    let mut answered = 0;
    for _ in 0..4 {
        // Ids follow from what is muted, by whom and when, and get longer where they are taken.
        (answered, _) = api
            .send("POST", "/api/v1/inspections/main/mutes", r#"{"service":"iam"}"#)
            .await;
    }
    assert_eq!(answered, 409);
}

/// It was answered 400, as if the body could not be read.
#[tokio::test]
async fn a_mute_that_makes_no_sense_is_refused() {
    let api = Api::new().await;
    let soon = r#"{"duration":"soon"}"#;
    let (status, problem) = api.send("POST", "/api/v1/inspections/main/mutes", soon).await;
    assert_eq!(status, 422, "{problem}");
    let (status, problem) = api
        .send("POST", "/api/v1/inspections/main/mutes", r#"{"clusters":""}"#)
        .await;
    assert_eq!(status, 422, "{problem}");
}
