//! What is read from answers.

use super::*;

#[tokio::test]
async fn lists_are_read_to_their_end() {
    let far = HttpRecorder::start(|request, before| {
        let policies = if before < 2 { 100 } else { 1 };
        let item = |at| json!({"uuid": format!("altpl_{before}_{at}"), "name": "on call", "ruleCount": 3});
        let data: Vec<_> = (0..policies).map(item).collect();
        assert!(
            request
                .target
                .ends_with(&format!("?pageIndex={}&pageSize=100", before + 1))
        );
        Reply::json(200, &json!({"code": 200, "content": {"data": data}}).to_string())
    });
    let far = far.await.unwrap();
    let policies = api(&far).alert_policies("").await.unwrap();
    assert_eq!((policies.len(), far.requests().len()), (201, 3));
    assert_eq!(policies[200].uuid, "altpl_2_0");
    assert_eq!(policies[0].monitors, Some(3));
}

#[tokio::test]
async fn a_list_that_says_how_long_it_is_costs_no_page_more() {
    let items: Vec<_> = (0..100).map(|at| json!({"uuid": format!("rul_{at}")})).collect();
    let page = json!({"code": 200, "content": items, "pageInfo": {"totalCount": 100}});
    let far = saying(&page.to_string()).await;
    assert_eq!(api(&far).monitors("").await.unwrap().len(), 100);
    assert_eq!(far.requests().len(), 1);
}

#[tokio::test]
async fn monitors_are_read_in_the_forms_that_there_are() {
    let content = json!([
        {
            "uuid": "rul_1", "type": "trigger", "status": 0, "secret": SECRET,
            "jsonScript": {"type": "OuterEventChecker", "title": "CloudTrail", "subUri": "fs"},
            "alertPolicyUUIDs": ["altpl_1"], "alertPolicyInfos": [{"uuid": "altpl_1"}, {"uuid": "altpl_2", "name": "x"}],
        },
        {"uuid": "rul_2", "type": "outer_event_checker", "status": 2, "secret": "", "jsonScript": {"name": "old"}},
        {"uuid": "rul_3", "type": "trigger", "status": 0, "jsonScript": {"type": "simpleCheck"}},
    ]);
    let far = saying(&json!({"code": 200, "content": content}).to_string()).await;
    let monitors = api(&far).monitors("").await.unwrap();
    let [first, second, third] = &monitors[..] else {
        panic!("three monitors")
    };
    assert!(first.takes_events() && second.takes_events() && !third.takes_events());
    assert_eq!(
        (first.title.as_str(), first.sub_uri.as_deref(), first.enabled),
        ("CloudTrail", Some("fs"), true)
    );
    assert_eq!(first.alert_policies, ["altpl_1", "altpl_2"]);
    assert_eq!(first.secret.as_ref().unwrap().expose_secret(), SECRET);
    assert_eq!((second.title.as_str(), second.enabled), ("old", false));
    assert!(second.secret.is_none() && second.alert_policies.is_empty());
}

#[tokio::test]
async fn rows_are_read_by_column() {
    let data = json!({"content": {"data": [{
        "series": [
            {"columns": ["time", "message", "absent"], "values": [[1, "{}", null], [2, "{\"a\":1}", "x"]]},
            {"name": "cloudtrail", "columns": ["time"], "values": [[3]], "tags": {"host": "h"}},
        ],
        "search_after": [2, "doc"], "is_running": false,
    }]}});
    let far = saying(&data.to_string()).await;
    let page = api(&far).query(&dql()).await.unwrap();
    assert_eq!(
        json!(page.rows),
        json!([{"message": "{}", "time": 1}, {"absent": "x", "message": "{\"a\":1}", "time": 2}, {"host": "h", "time": 3}])
    );
    assert_eq!(page.search_after, [json!(2), json!("doc")]);
    for empty in [
        r#"{"content":{"data":[{"series":[]}]}}"#,
        r#"{"content":{"data":[{"series":null,"search_after":null}]}}"#,
    ] {
        let far = saying(empty).await;
        let page = api(&far).query(&dql()).await.unwrap();
        assert!(page.rows.is_empty() && page.search_after.is_empty());
    }
}

#[tokio::test]
async fn rows_that_are_not_all_there_are_no_page() {
    let running = r#"{"content":{"data":[{"series":[],"is_running":true,"async_id":"a"}]}}"#;
    let far = saying(running).await;
    let error = api(&far).query(&dql()).await.unwrap_err();
    assert!(
        matches!(error, GuanceError::Unavailable { .. }) && error.is_retryable(),
        "{error:?}"
    );
    for body in [
        r#"{"content":{}}"#,
        r#"{"content":{"data":[{"series":[{"values":[[1]]}]}]}}"#,
        r#"{"content":{"data":["#,
    ] {
        let far = saying(body).await;
        let error = api(&far).query(&dql()).await.unwrap_err();
        assert!(
            matches!(error, GuanceError::Unreadable { .. }),
            "{body}: {error:?}"
        );
    }
}
