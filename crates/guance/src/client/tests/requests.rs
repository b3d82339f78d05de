//! What is sent, byte for byte.

use super::*;

#[tokio::test]
async fn what_the_open_api_is_sent() {
    let far = HttpRecorder::start(|request, _| match request.target.as_str() {
        target if target.contains("/list") => Reply::json(200, r#"{"code":200,"content":{"data":[]}}"#),
        target if target.contains("workspace") => Reply::json(
            200,
            r#"{"code":200,"content":{"uuid":"wksp_1","name":"ops","token":"tkn_1"}}"#,
        ),
        target if target.contains("checker/add") => {
            Reply::json(200, r#"{"code":200,"content":{"uuid":"rul_1"}}"#)
        }
        target if target.contains("query_data") => {
            Reply::json(200, r#"{"code":200,"content":{"data":[{}]}}"#)
        }
        _ => Reply::json(200, OK),
    });
    let far = far.await.unwrap();
    let api = api(&far);
    api.ping().await.unwrap();
    api.workspace().await.unwrap();
    api.alert_policies("").await.unwrap();
    api.monitors("a&b 值").await.unwrap();
    let monitor = NewMonitor {
        title: "AWS CloudTrail \"errors\"".to_owned(),
        sub_uri: "first/sight".to_owned(),
        secret: SecretString::from(SECRET),
        alert_policies: vec!["altpl_1".to_owned()],
    };
    let made = api.add_monitor(&monitor).await.unwrap();
    assert_eq!(
        (made.uuid.as_str(), made.sub_uri.as_deref()),
        ("rul_1", Some("first/sight"))
    );
    assert_eq!(made.secret.unwrap().expose_secret(), SECRET);
    let older = api.clone().monitor_type("outer_event_checker");
    older.add_monitor(&monitor).await.unwrap();
    api.push_event(&SecretString::from("s/e c"), "first/sight", &push_body())
        .await
        .unwrap();
    api.create_event(&create_body()).await.unwrap();
    api.query(&dql()).await.unwrap();
    insta::assert_snapshot!(golden(&far.requests()));
}

#[tokio::test]
async fn what_the_ways_in_for_points_are_sent() {
    let far = answering(Reply::status(200)).await;
    let (data_kit, open_way) = (data_kit(&far), open_way(&far));
    data_kit.check().await.unwrap();
    open_way.check().await.unwrap();
    let hostile = Point {
        tags: texts(&[("actor", "a=b,c d\ne\\"), ("empty", ""), ("source", "left out")]),
        ..point(&[
            ("message", Value::Text("\"}\n没有权限 \\".to_owned())),
            ("date", Value::Integer(1)),
        ])
    };
    assert_eq!(
        data_kit
            .write(Category::KeyEvent, &[title()], "fs-1")
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        open_way
            .write(Category::KeyEvent, &[title()], "fs-1")
            .await
            .unwrap(),
        0
    );
    assert_eq!(
        open_way
            .write(Category::Logging, &[hostile], "fs-1")
            .await
            .unwrap(),
        2
    );
    insta::assert_snapshot!(golden(&far.requests()));
}

#[tokio::test]
async fn batches_have_packages_of_their_own_and_a_status_that_is_given_stays() {
    let far = answering(Reply::status(200)).await;
    let mut points = vec![title(); 101];
    points[0].tags.insert("status".to_owned(), "critical".to_owned());
    data_kit(&far)
        .write(Category::Logging, &points, "fs-7")
        .await
        .unwrap();
    let requests = far.requests();
    let packages: Vec<_> = requests
        .iter()
        .map(|request| request.header("x-pkg-id").unwrap())
        .collect();
    assert_eq!(packages, ["fs-7", "fs-7-1"]);
    let first = body(&requests[0]);
    assert!(first.starts_with("custom,df_event_id=event-0123,df_status=error,status=critical df_title="));
    assert_eq!(first.matches(",status=info ").count(), 99);
}

#[tokio::test]
async fn a_point_that_cannot_be_written_is_refused_before_anything_is_sent() {
    let far = answering(Reply::status(200)).await;
    let points = [title(), point(&[("x", Value::Float(f64::NAN))])];
    let error = data_kit(&far)
        .write(Category::KeyEvent, &points, "fs-1")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "POST /v1/write/keyevent: refused: point 1 has no field that can be written"
    );
    assert!(far.requests().is_empty());
}

#[tokio::test]
async fn a_batch_that_is_not_taken_ends_the_call() {
    let far = HttpRecorder::start(|_, before| Reply::status(if before == 1 { 500 } else { 200 })).await;
    let far = far.unwrap();
    let points = vec![title(); 301];
    let error = data_kit(&far)
        .write(Category::KeyEvent, &points, "fs-1")
        .await
        .unwrap_err();
    assert!(
        matches!(error, GuanceError::Unavailable { status: 500, .. }),
        "{error:?}"
    );
    assert_eq!(far.requests().len(), 2);
}
