//! What answers mean, and that evidence keeps nothing back for good.

use super::*;

/// What one event's delivery comes to where the far side answers each request like this.
async fn outcome(way: In, reply: Reply) -> Result<Vec<Delivery>, SinkError> {
    let far = HttpRecorder::start(move |_, _| reply.clone()).await.unwrap();
    let outcome = plain(way, &far).deliver(&[opened()]).await;
    assert_eq!(far.requests().len(), 1, "{way:?}: sent once");
    if let Err(error) = &outcome {
        assert_tells_no_secret(error);
    }
    outcome
}

fn assert_tells_no_secret(error: &SinkError) {
    let mut said = format!("{error:?}");
    let mut next: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = next {
        said.push_str(&error.to_string());
        next = error.source();
    }
    for secret in SECRETS {
        assert!(!said.contains(secret), "{said}");
    }
}

#[tokio::test]
async fn too_many_requests_are_tried_again_when_the_server_says() {
    for way in WAYS {
        let limited = r#"{"code":401,"content":{},"errorCode":"ft.TriggerApiAkCurrentLimiting","message":"slow down","success":false}"#;
        let error = outcome(way, Reply::json(401, limited)).await.unwrap_err();
        assert!(
            matches!(error, SinkError::Unavailable { .. }),
            "{way:?}: {error:?}"
        );
        let reply = Reply::json(429, "{}").with_header("Retry-After", "7");
        let error = outcome(way, reply).await.unwrap_err();
        assert!(
            matches!(error, SinkError::Unavailable { .. }),
            "{way:?}: {error:?}"
        );
        assert_eq!(error.retry_after(), Some(Duration::from_secs(7)), "{way:?}");
    }
}

#[tokio::test]
async fn a_used_up_workspace_blocks_for_an_hour_and_says_what_to_do() {
    for way in WAYS {
        let used_up = Reply::json(
            403,
            r#"{"error_code":"kodo.beyondDataUsage","message":"data usage limit"}"#,
        );
        let error = outcome(way, used_up).await.unwrap_err();
        let SinkError::Blocked {
            reason, retry_after, ..
        } = &error
        else {
            panic!("{way:?}: {error:?}")
        };
        assert!(
            error.is_retryable() && reason.contains("beyondDataUsage"),
            "{reason}"
        );
        assert_eq!(*retry_after, Duration::from_secs(3_600));
    }
}

#[tokio::test]
async fn a_key_that_is_not_accepted_rejects_the_call() {
    for way in WAYS {
        let invalid =
            r#"{"code":403,"content":{},"errorCode":"ft.InvalidAPIKey","message":"no","success":false}"#;
        let error = outcome(way, Reply::json(403, invalid)).await.unwrap_err();
        assert!(matches!(error, SinkError::Rejected { .. }), "{way:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_failing_server_is_tried_again() {
    for way in WAYS {
        for status in [500, 503] {
            let error = outcome(way, Reply::json(status, "oh no")).await.unwrap_err();
            assert!(
                matches!(error, SinkError::Unavailable { .. }),
                "{way:?} {status}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_lost_answer_is_marked() {
    // A gateway that gives up says nothing of what is behind it.
    let lost = [
        Reply::Hang,
        Reply::Reset,
        Reply::CutAnswer,
        Reply::status(502),
        Reply::status(504),
    ];
    for way in WAYS {
        for reply in lost.clone() {
            let said = format!("{way:?} {reply:?}");
            let error = outcome(way, reply).await.unwrap_err();
            assert!(
                error.may_have_arrived() && error.is_retryable(),
                "{said}: {error:?}"
            );
        }
    }
}

#[tokio::test]
async fn what_is_sent_again_after_a_lost_answer_is_the_same() {
    for way in WAYS {
        let script = |request: &Recorded, before| {
            if before == 0 { Reply::Reset } else { taken(request) }
        };
        let far = HttpRecorder::start(script).await.unwrap();
        let sink = plain(way, &far);
        sink.deliver(&[opened()]).await.unwrap_err();
        assert_eq!(
            sink.deliver(&[opened()]).await.unwrap(),
            [Delivery::Delivered],
            "{way:?}"
        );
        let [first, second] = &far.requests()[..] else {
            panic!("{way:?}: two requests")
        };
        assert_eq!(first, second, "{way:?}: ids, package and bytes");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_may_have_arrived() {
    let far = willing().await;
    let url = far.url();
    drop(far);
    tokio::task::yield_now().await;
    for way in WAYS {
        let sink = sink(way.way(&url), None, EventOptions::default());
        let error = sink.deliver(&[opened()]).await.unwrap_err();
        assert!(
            matches!(error, SinkError::Unavailable { .. }),
            "{way:?}: {error:?}"
        );
        assert!(!error.may_have_arrived());
        assert_tells_no_secret(&error);
    }
}

#[tokio::test]
async fn an_event_that_is_refused_is_kept_with_the_reason() {
    let refused = r#"{"code":400,"content":{},"errorCode":"ft.InvalidParameter","message":"bad title","error_code":"datakit.invalidLinePoint","success":false}"#;
    for way in WAYS {
        let answer = outcome(way, Reply::json(400, refused)).await.unwrap();
        let [Delivery::Refused { reason }] = &answer[..] else {
            panic!("{way:?}: {answer:?}")
        };
        assert!(reason.contains("bad title"), "{way:?}: {reason}");
    }
}

#[tokio::test]
async fn a_success_that_is_none_is_tried_again() {
    let inner = r#"{"code":200,"content":{"ok":false,"error":"OuterEventError","message":"no such monitor"},"errorCode":"","message":"","success":true}"#;
    let answer = outcome(In::Push, Reply::json(200, inner)).await.unwrap();
    assert!(
        matches!(&answer[..], [Delivery::NotTaken { reason }] if reason.contains("no such monitor")),
        "{answer:?}"
    );
}

/// Takes events, and answers evidence like this.
async fn picky(reply: Reply) -> HttpRecorder {
    let script = move |request: &Recorded, _| {
        if request.target.contains("/logging") {
            reply.clone()
        } else {
            taken(request)
        }
    };
    HttpRecorder::start(script).await.unwrap()
}

#[tokio::test]
async fn an_event_waits_for_evidence_that_can_be_tried_again() {
    for reply in [Reply::status(500), Reply::json(429, "{}"), Reply::Hang] {
        let far = picky(reply.clone()).await;
        let url = far.url();
        let sink = sink(In::Push.way(&url), Some(datakit(&url)), EventOptions::default());
        let error = sink.deliver(&[opened()]).await.unwrap_err();
        assert!(error.is_retryable(), "{reply:?}: {error:?}");
        assert_eq!(far.requests().len(), 1, "{reply:?}: the event was not sent");
    }
}

#[tokio::test]
async fn refused_evidence_keeps_no_event_back_and_is_told() {
    let answer = Reply::json(
        400,
        r#"{"error_code":"datakit.invalidLinePoint","message":"bad line"}"#,
    );
    let far = picky(answer).await;
    let url = far.url();
    for way in WAYS {
        let sink = sink(way.way(&url), Some(datakit(&url)), EventOptions::default());
        assert_eq!(sink.deliver(&[opened()]).await.unwrap(), [Delivery::Delivered]);
        let requests = far.requests();
        let told = body(requests.last().unwrap());
        assert!(
            told.contains("fs_evidence") && told.contains("refused: "),
            "{way:?}: {told}"
        );
        assert!(
            !told.contains("L::`firstsight`"),
            "{way:?}: no query for what is not there"
        );
    }
}

/// As DataKit does it: a bad line rejects its whole body.
#[tokio::test]
async fn one_entry_of_the_evidence_that_is_refused_keeps_no_other_back() {
    let script = |request: &Recorded, _| match body(request).contains("call=StopLogging") {
        true if request.target.contains("/logging") => Reply::json(
            400,
            r#"{"error_code":"datakit.invalidLinePoint","message":"bad line"}"#,
        ),
        _ => taken(request),
    };
    let far = HttpRecorder::start(script).await.unwrap();
    let url = far.url();
    let mut event = opened();
    event.findings.extend([fixture::sign_in(), fixture::new_actor()]);
    let sink = sink(In::Push.way(&url), Some(datakit(&url)), EventOptions::default());
    assert_eq!(sink.deliver(&[event]).await.unwrap(), [Delivery::Delivered]);
    let requests = far.requests();
    let told = body(requests.last().unwrap());
    assert!(
        told.contains(
            r#""fs_evidence":"1 of 3 entries refused: HTTP 400: datakit.invalidLinePoint: bad line""#
        ),
        "{told}"
    );
    assert!(
        told.contains("L::`firstsight`"),
        "the others are found by it: {told}"
    );
}

#[tokio::test]
async fn a_call_ends_at_the_first_failure_and_says_that_some_may_have_arrived() {
    for (failing, arrived) in [(0, false), (1, true)] {
        let script = move |request: &Recorded, before| {
            if before == failing {
                Reply::status(500)
            } else {
                taken(request)
            }
        };
        let far = HttpRecorder::start(script).await.unwrap();
        let events: Vec<Event> = (1..=3).map(fixture::event).collect();
        let error = plain(In::Push, &far).deliver(&events).await.unwrap_err();
        assert_eq!(far.requests().len(), failing + 1);
        assert_eq!((error.is_retryable(), error.may_have_arrived()), (true, arrived));
    }
}

#[tokio::test]
async fn a_refused_event_does_not_hold_up_the_next() {
    let script = |request: &Recorded, before| {
        if before == 0 {
            Reply::status(400)
        } else {
            taken(request)
        }
    };
    let far = HttpRecorder::start(script).await.unwrap();
    let events: Vec<Event> = (1..=2).map(fixture::event).collect();
    let answers = plain(In::Push, &far).deliver(&events).await.unwrap();
    assert!(
        matches!(answers[..], [Delivery::Refused { .. }, Delivery::Delivered]),
        "{answers:?}"
    );
}
