use std::time::Duration;

use secrecy::SecretString;

use super::recorder::{HttpRecorder, Reply};
use super::{Http, HttpError, HttpSettings, Request};

fn client() -> Http {
    let settings = HttpSettings {
        timeout: Duration::from_millis(300),
        proxies: false,
        ..HttpSettings::default()
    };
    Http::new(&settings).unwrap()
}

fn post(url: &str) -> Request {
    Request::post(SecretString::from(format!("{url}/in?token=tkn_secret")), "{}").header("X-One", "1")
}

#[tokio::test]
async fn a_request_arrives_and_its_answer_comes_whatever_its_status() {
    let answer = |_: &_, _| Reply::json(429, "slow down").with_header("Retry-After", "7");
    let far = HttpRecorder::start(answer).await.unwrap();
    let answer = client().send(post(&far.url())).await.unwrap();
    assert_eq!(
        (answer.status, answer.retry_after),
        (429, Some(Duration::from_secs(7)))
    );
    assert_eq!(answer.text(), "slow down");
    let [request] = &far.requests()[..] else {
        panic!("one request")
    };
    assert_eq!(
        (request.method.as_str(), request.target.as_str()),
        ("POST", "/in?token=tkn_secret")
    );
    assert_eq!(
        (request.header("x-one"), request.text()),
        (Some("1"), "{}".to_owned())
    );
}

#[tokio::test]
async fn where_the_answer_is_lost_it_may_have_arrived() {
    for reply in [Reply::Hang, Reply::Reset, Reply::CutAnswer] {
        let said = reply.clone();
        let far = HttpRecorder::start(move |_, _| said.clone()).await.unwrap();
        let error = client().send(post(&far.url())).await.unwrap_err();
        assert!(
            matches!(error, HttpError::Unanswered { .. }),
            "{reply:?}: {error:?}"
        );
        assert_eq!(far.requests().len(), 1, "{reply:?}: sent once");
        assert!(!format!("{error:?}").contains("tkn_secret"), "{error:?}");
    }
}

#[tokio::test]
async fn where_nobody_listens_nothing_was_sent() {
    let far = HttpRecorder::start(|_, _| Reply::status(200)).await.unwrap();
    let url = far.url();
    drop(far);
    tokio::task::yield_now().await;
    let error = client().send(post(&url)).await.unwrap_err();
    assert!(matches!(error, HttpError::NotSent { .. }), "{error:?}");
    assert!(!format!("{error:?}").contains("tkn_secret"), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let far = HttpRecorder::start(|_, _| Reply::status(302).with_header("Location", "/elsewhere"))
        .await
        .unwrap();
    assert_eq!(client().send(post(&far.url())).await.unwrap().status, 302);
    assert_eq!(far.requests().len(), 1);
}

#[tokio::test]
async fn an_address_that_cannot_be_asked_is_an_error_without_it() {
    for url in ["tkn_secret", "ftp://tkn_secret.example.com"] {
        let error = client()
            .send(Request::get(SecretString::from(url)))
            .await
            .unwrap_err();
        assert!(matches!(error, HttpError::Invalid { .. }), "{error:?}");
        assert!(!format!("{error:?}").contains("tkn_secret"), "{error:?}");
    }
}
