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
    let monitor = new_monitor();
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
            .unwrap()
            .changed,
        0
    );
    assert_eq!(
        open_way
            .write(Category::KeyEvent, &[title()], "fs-1")
            .await
            .unwrap()
            .changed,
        0
    );
    assert_eq!(
        open_way
            .write(Category::Logging, &[hostile], "fs-1")
            .await
            .unwrap()
            .changed,
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
async fn a_point_that_cannot_be_written_keeps_no_other_back() {
    let far = answering(Reply::status(200)).await;
    let bad = point(&[("x", Value::Float(f64::NAN))]);
    let points = [bad.clone(), title()];
    let written = data_kit(&far).write(Category::KeyEvent, &points, "fs-1").await;
    let reason = "it has no field that can be written";
    assert_eq!(written.unwrap().refused, [(0, reason.to_owned())]);
    assert_eq!(far.requests().len(), 1);
    let error = data_kit(&far)
        .write(Category::KeyEvent, &[bad], "fs-1")
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "POST /v1/write/keyevent: refused: it has no field that can be written"
    );
    assert_eq!(far.requests().len(), 1, "nothing to send");
}

/// As DataKit does it: a bad line rejects its whole body, and nothing of it is stored.
async fn strict(bad: &'static str) -> HttpRecorder {
    let script = move |request: &Recorded, _| match body(request).contains(bad) {
        true => Reply::json(
            400,
            r#"{"error_code":"datakit.invalidLinePoint","message":"bad line"}"#,
        ),
        false => Reply::status(200),
    };
    HttpRecorder::start(script).await.unwrap()
}

fn numbered(points: std::ops::Range<usize>) -> Vec<Point> {
    let numbered = |number| point(&[("message", Value::Text(format!("line\n<{number}>")))]);
    points.map(numbered).collect()
}

/// The numbers of the points that were taken, in the order in which they came.
fn taken(far: &HttpRecorder) -> Vec<usize> {
    let bodies = far.requests();
    let taken = bodies.iter().map(body).filter(|body| !body.contains("<37>"));
    let numbers = |body: String| -> Vec<usize> {
        let parts = body.split('<').skip(1);
        parts
            .map(|part| part.split('>').next().unwrap().parse().unwrap())
            .collect()
    };
    taken.flat_map(numbers).collect()
}

#[tokio::test]
async fn a_point_that_the_far_side_refuses_keeps_no_other_of_its_batch_back() {
    let far = strict("<37>").await;
    let written = data_kit(&far)
        .write(Category::Logging, &numbered(0..150), "fs-1")
        .await
        .unwrap();
    let [(37, reason)] = &written.refused[..] else {
        panic!("{written:?}")
    };
    assert_eq!(reason, "HTTP 400: datakit.invalidLinePoint: bad line");
    let others: Vec<usize> = (0..150).filter(|number| *number != 37).collect();
    assert_eq!(taken(&far), others, "each once, in order");
    let packages: std::collections::BTreeSet<String> = far
        .requests()
        .iter()
        .map(|request| request.header("x-pkg-id").unwrap().to_owned())
        .collect();
    assert_eq!(packages.len(), far.requests().len(), "each request has its own");
}

#[tokio::test]
async fn where_every_point_is_refused_few_requests_tell() {
    let far = strict("message").await;
    let error = data_kit(&far)
        .write(Category::Logging, &numbered(0..100), "fs-1")
        .await
        .unwrap_err();
    assert!(matches!(error, GuanceError::Refused { .. }), "{error:?}");
    assert!(far.requests().len() <= 33, "{}", far.requests().len());
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
