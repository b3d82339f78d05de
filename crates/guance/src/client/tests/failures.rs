//! What each failure is, at each call.

use super::*;

/// What each kind of call makes of an answer.
async fn failures_of(reply: Reply) -> Vec<GuanceError> {
    let hangs = matches!(reply, Reply::Hang);
    let far = answering(reply).await;
    let http = patient(Duration::from_millis(if hangs { 50 } else { 30_000 }));
    failures_at(&far, http).await
}

async fn failures_at(far: &HttpRecorder, http: Http) -> Vec<GuanceError> {
    let api = OpenApi::new(http.clone(), &far.url(), Some(SecretString::from(KEY)));
    let token = SecretString::from(TOKEN);
    let writer = Writer::new(
        http,
        Destination::OpenWay {
            url: far.url(),
            token,
        },
    );
    let secret = SecretString::from(SECRET);
    vec![
        api.push_event(&secret, "fs", &push_body()).await.unwrap_err(),
        api.create_event(&create_body()).await.unwrap_err(),
        api.add_monitor(&new_monitor()).await.unwrap_err(),
        writer
            .write(Category::KeyEvent, &[title()], "fs-1")
            .await
            .unwrap_err(),
        api.query(&dql()).await.unwrap_err(),
        api.workspace().await.unwrap_err(),
        api.monitors("").await.unwrap_err(),
        writer.check().await.unwrap_err(),
    ]
}

#[tokio::test]
async fn every_class_of_failure_at_every_call() {
    let wait = Reply::json(429, "slow").with_header("Retry-After", "9");
    for error in failures_of(wait).await {
        assert!(matches!(error, GuanceError::RateLimited { .. }), "{error:?}");
        assert_eq!(error.retry_after(), Some(Duration::from_secs(9)));
    }
    let limited = r#"{"code":401,"errorCode":"ft.TriggerApiAkCurrentLimiting","success":false}"#;
    for error in failures_of(Reply::json(401, limited)).await {
        assert!(matches!(error, GuanceError::RateLimited { .. }), "{error:?}");
    }
    for error in failures_of(Reply::json(403, r#"{"error_code":"kodo.beyondDataUsage"}"#)).await {
        assert!(matches!(error, GuanceError::OverQuota { .. }), "{error:?}");
    }
    for error in failures_of(Reply::json(403, r#"{"errorCode":"ft.InvalidAPIKey"}"#)).await {
        assert!(matches!(error, GuanceError::Unauthorized { .. }), "{error:?}");
    }
    let busy = Reply::json(503, "").with_header("Retry-After", "120");
    for error in failures_of(busy).await {
        assert!(matches!(error, GuanceError::Unavailable { .. }), "{error:?}");
        assert!(!error.may_have_arrived());
        assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));
    }
    for error in failures_of(Reply::json(400, r#"{"errorCode":"ft.Bad","message":"no"}"#)).await {
        assert!(matches!(error, GuanceError::Refused { .. }), "{error:?}");
    }
    for reply in [Reply::Hang, Reply::Reset, Reply::CutAnswer] {
        for error in failures_of(reply.clone()).await {
            assert!(matches!(error, GuanceError::Http { .. }), "{error:?}");
            assert!(error.may_have_arrived() && error.is_retryable(), "{error:?}");
        }
    }
}

#[tokio::test]
async fn no_error_and_no_debug_holds_a_secret() {
    let mut said = Vec::new();
    for status in [400, 401, 403, 404, 500] {
        // A server that says back all that it was sent.
        let echo = move |request: &Recorded, _| {
            let key = request.header("df-api-key").unwrap_or_default();
            let words = format!("{} {key} {}", request.target, body(request));
            let body = json!({"errorCode": words, "message": words}).to_string();
            Reply::json(status, if status == 404 { &words } else { &body })
        };
        let far = HttpRecorder::start(echo).await.unwrap();
        let errors = failures_at(&far, http()).await;
        assert!(far.requests()[0].target.contains(SECRET));
        said.extend(
            errors
                .iter()
                .map(|error| format!("{error:?} {error} {}", error.in_full())),
        );
    }
    for reply in [Reply::Reset, Reply::CutAnswer] {
        let errors = failures_of(reply).await;
        said.extend(
            errors
                .iter()
                .map(|error| format!("{error:?} {error} {}", error.in_full())),
        );
    }
    let far = answering(Reply::status(200)).await;
    said.push(format!("{:?} {:?}", api(&far), open_way(&far)));
    let gone = far.url();
    drop(far);
    tokio::task::yield_now().await;
    let api = OpenApi::new(http(), &gone, Some(SecretString::from(KEY)));
    let error = api
        .push_event(&SecretString::from(SECRET), "fs", &push_body())
        .await
        .unwrap_err();
    said.push(format!("{error:?} {error}"));
    for said in said {
        for secret in [KEY, TOKEN, SECRET] {
            assert!(!said.contains(secret), "{said}");
        }
    }
}

async fn pushed(body: &str) -> Result<(), GuanceError> {
    let far = saying(body).await;
    api(&far)
        .push_event(&SecretString::from(SECRET), "fs", &push_body())
        .await
}

#[tokio::test]
async fn what_was_pushed_was_taken_only_where_guance_says_so() {
    for taken in [
        r#"{"code":200,"content":{"data":{},"error":200,"message":"","ok":true},"success":true}"#,
        r#"{"code":200,"content":null,"success":true}"#,
        OK,
    ] {
        pushed(taken).await.unwrap();
    }
    let refused =
        pushed(r#"{"code":200,"content":{"ok":false,"error":200,"message":"bad \u001b[2J"},"success":true}"#);
    let error = refused.await.unwrap_err();
    assert_eq!(
        error.to_string(),
        r"POST /api/v1/push-events: not taken: bad \u{1b}[2J"
    );
    for (body, retryable) in [
        (r#"{"content":{"ok":false}}"#, true),
        (r#"{"content":{"ok":false,"error":400}}"#, false),
        (r#"{"content":false}"#, true),
        (r#"{"success":false,"code":400,"errorCode":"ft.Bad"}"#, false),
        (
            r#"{"success":false,"code":403,"errorCode":"ft.InvalidAPIKey"}"#,
            false,
        ),
        (r#"{"code":403,"errorCode":"ft.InvalidAPIKey"}"#, false),
        (r#"{"code":500,"content":null}"#, true),
        (r#"{"content":{"ok":false,"error":500}}"#, true),
        (r#"{"content":{"ok":false,"error":429}}"#, true),
        (
            r#"{"success":false,"code":401,"errorCode":"ft.TriggerApiAkCurrentLimiting"}"#,
            true,
        ),
    ] {
        let error = pushed(body).await.unwrap_err();
        assert_eq!(
            (error.is_retryable(), error.may_have_arrived()),
            (retryable, false),
            "{body}: {error:?}"
        );
    }
    for body in ["", "<html>", "{}", "[]"] {
        let error = pushed(body).await.unwrap_err();
        assert!(matches!(error, GuanceError::Unreadable { .. }), "{error:?}");
        assert!(error.is_retryable() && error.may_have_arrived(), "{error:?}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_told_by_status_or_by_body() {
    let refused = r#"{"code":403,"errorCode":"kodo.tokenNotFound","message":"no"}"#;
    for reply in [Reply::json(403, refused), Reply::json(200, refused)] {
        let far = answering(reply).await;
        let error = open_way(&far).check().await.unwrap_err();
        let said = "GET /v1/check/token: kodo.tokenNotFound: use this workspace's token (tkn_…) at this node \
                    (Management > Settings)";
        assert_eq!(error.to_string(), said);
    }
    for taken in [r#"{"code":200,"errorCode":""}"#, "", "pong", r#"{"content":1}"#] {
        let far = saying(taken).await;
        open_way(&far).check().await.unwrap();
    }
}

#[tokio::test]
async fn without_a_key_only_events_are_pushed() {
    let far = saying(OK).await;
    let api = OpenApi::new(http(), &far.url(), None);
    let error = api.workspace().await.unwrap_err();
    assert!(matches!(error, GuanceError::Unauthorized { .. }), "{error:?}");
    assert!(far.requests().is_empty());
    api.push_event(&SecretString::from(SECRET), "fs", &push_body())
        .await
        .unwrap();
    assert_eq!(far.requests()[0].header("df-api-key"), None);
}

#[test]
fn an_address_that_was_copied_with_its_token_tells_none() {
    let url = format!("https://openway.guance.com/?token={TOKEN}");
    let destination = Destination::DataKit { url };
    assert_eq!(destination.url(), "https://openway.guance.com");
    assert!(!format!("{destination:?}").contains(TOKEN), "{destination:?}");
}
