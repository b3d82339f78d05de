//! What answers mean.

use std::time::Duration;

use super::*;
use crate::{Delivery, Sink, SinkError};

async fn deliver(preset: Preset, reply: Reply) -> Result<Vec<Delivery>, SinkError> {
    let far = HttpRecorder::start(move |_, _| reply.clone()).await.unwrap();
    let url = format!("{}/hook/tkn_secret?key=sk_secret", far.url());
    let outcome = ready(preset, &url).deliver(&[opened()]).await;
    assert_eq!(far.requests().len(), 1, "sent once");
    outcome
}

/// What became of it, in short.
fn short(outcome: &Result<Vec<Delivery>, SinkError>) -> String {
    match outcome {
        Ok(deliveries) => match &deliveries[..] {
            [Delivery::Delivered] => "delivered".to_owned(),
            [Delivery::Refused { .. }] => "refused".to_owned(),
            _ => format!("{deliveries:?}"),
        },
        Err(error @ SinkError::Unavailable { .. }) => match error.retry_after() {
            Some(wait) => format!("later {}", wait.as_secs()),
            None => "later".to_owned(),
        },
        Err(SinkError::Unanswered { .. }) => "unanswered".to_owned(),
        Err(SinkError::Rejected { .. }) => "mend".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

#[tokio::test]
async fn statuses_say_whether_to_try_again() {
    for (status, meaning) in [
        (200, "delivered"),
        (202, "delivered"),
        (302, "mend"),
        (400, "refused"),
        (401, "mend"),
        (403, "mend"),
        (404, "mend"),
        (408, "later"),
        (410, "mend"),
        (413, "refused"),
        (422, "refused"),
        (425, "later"),
        (429, "later"),
        (500, "later"),
        // A gateway's, which lost the answer of what stands behind it.
        (502, "unanswered"),
        (503, "later"),
        (504, "unanswered"),
    ] {
        for preset in [Preset::Json, Preset::Slack, Preset::Alertmanager] {
            let outcome = deliver(preset, Reply::status(status)).await;
            assert_eq!(short(&outcome), meaning, "{status} {preset:?}");
        }
    }
    let patient = Reply::status(429).with_header("Retry-After", "17");
    assert_eq!(short(&deliver(Preset::Slack, patient).await), "later 17");
}

#[tokio::test]
async fn chats_say_in_the_body_what_is_wrong() {
    let code = |name: &str, code: i64| format!(r#"{{"{name}":{code},"errmsg":"because","msg":"because"}}"#);
    for (preset, name, number, meaning) in [
        (Preset::DingTalk, "errcode", 0, "delivered"),
        (Preset::DingTalk, "errcode", -1, "later"),
        (Preset::DingTalk, "errcode", 130_101, "later 600"),
        (Preset::DingTalk, "errcode", 310_000, "mend"),
        (Preset::DingTalk, "errcode", 300_005, "mend"),
        (Preset::DingTalk, "errcode", 460_101, "refused"),
        (Preset::Feishu, "code", 0, "delivered"),
        (Preset::Feishu, "StatusCode", 0, "delivered"),
        (Preset::Feishu, "code", 11_232, "later 60"),
        (Preset::Feishu, "code", 19_021, "mend"),
        (Preset::Feishu, "code", 9499, "refused"),
        (Preset::WeCom, "errcode", 0, "delivered"),
        (Preset::WeCom, "errcode", 45_009, "later 60"),
        (Preset::WeCom, "errcode", 45_033, "later 60"),
        (Preset::WeCom, "errcode", 93_000, "mend"),
        (Preset::WeCom, "errcode", 40_058, "refused"),
        // Not theirs: the body says nothing that is known there.
        (Preset::Slack, "errcode", 310_000, "delivered"),
    ] {
        let outcome = deliver(preset, Reply::json(200, &code(name, number))).await;
        assert_eq!(short(&outcome), meaning, "{preset:?} {number}");
    }
    // A limit is a limit whatever status it comes with; a code that is not known goes by the status.
    let limited = Reply::json(400, &code("code", 99_991_400));
    assert_eq!(short(&deliver(Preset::Feishu, limited).await), "later 60");
    let unknown = Reply::json(503, &code("code", 7));
    assert_eq!(short(&deliver(Preset::Feishu, unknown).await), "later");
}

#[tokio::test]
async fn a_chat_that_says_no_code_may_have_taken_it() {
    for preset in [Preset::DingTalk, Preset::Feishu, Preset::WeCom] {
        for body in ["", "<html>sign in to the hotel's network</html>", "[]", "{}"] {
            let outcome = deliver(preset, Reply::json(200, body)).await;
            assert_eq!(short(&outcome), "unanswered", "{preset:?} {body:?}");
        }
        let outcome = deliver(preset, Reply::json(503, "<html>later</html>")).await;
        assert_eq!(short(&outcome), "later", "{preset:?}");
    }
}

#[tokio::test]
async fn a_lost_answer_is_told_apart_from_nothing_sent() {
    for reply in [Reply::Hang, Reply::Reset, Reply::CutAnswer] {
        let error = deliver(Preset::Slack, reply.clone()).await.unwrap_err();
        assert!(error.may_have_arrived(), "{reply:?}: {error:?}");
    }
    let far = recorder(None).await;
    let sink = ready(Preset::Slack, &far.url());
    drop(far);
    tokio::task::yield_now().await;
    let error = sink.deliver(&[opened()]).await.unwrap_err();
    assert!(error.is_retryable() && !error.may_have_arrived(), "{error:?}");
}

#[tokio::test]
async fn no_error_repeats_an_address_that_the_far_side_said_back() {
    let echo = "Cannot POST /hook/tkn_secret?key=sk_secret \u{1b}[2J of sk_secret";
    for status in [400, 404, 429] {
        let outcome = deliver(Preset::Json, Reply::json(status, echo)).await;
        let mut said = format!("{outcome:?}");
        if let Err(error) = &outcome {
            said.push_str(&error.to_string());
        }
        assert!(said.contains("Cannot POST [hidden]"), "{said}");
        assert!(!said.contains("secret") && !said.contains('\u{1b}'), "{said}");
    }
    let error = deliver(Preset::Json, Reply::status(404)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "webhook ops: answered 404: nothing; check the address and what it asks for"
    );
}

#[tokio::test]
async fn the_first_failure_ends_the_call() {
    let far = HttpRecorder::start(|_, before| match before {
        1 => Reply::status(500).with_header("Retry-After", "5"),
        _ => Reply::status(200),
    })
    .await
    .unwrap();
    let sink = ready(Preset::Json, &far.url());
    let events = [opened(), ongoing(), recovered()];
    let error = sink.deliver(&events).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(far.requests().len(), 2, "the third was not tried");
    assert_eq!(sink.deliver(&events).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_refusal_is_about_one_event() {
    let far = HttpRecorder::start(|_, before| Reply::status(if before == 0 { 400 } else { 200 }))
        .await
        .unwrap();
    let sink = ready(Preset::Json, &far.url());
    let answers = sink.deliver(&[opened(), ongoing()]).await.unwrap();
    let [Delivery::Refused { reason }, Delivery::Delivered] = &answers[..] else {
        panic!("{answers:?}")
    };
    assert_eq!(reason, "answered 400: nothing");
}
