//! What holds for every answer: headers, time, and no panic that takes the connection with it.

use std::any::Any;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ETAG, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::problem::Problem;

/// What a page may load and do: what comes from here, and nothing that stands in it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const ALWAYS: [(HeaderName, &str); 6] = [
    (CONTENT_SECURITY_POLICY, POLICY),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Puts them on every answer. What does not say how long it keeps is kept nowhere.
pub(super) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    for (name, value) in ALWAYS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    weaken(headers);
    response
}

/// A compressed body is not, byte for byte, what its `ETag` was made of (RFC 9110, section 8.8.3.3).
fn weaken(headers: &mut HeaderMap) {
    if !headers.contains_key(CONTENT_ENCODING) {
        return;
    }
    let Some(tag) = headers
        .get(ETAG)
        .and_then(|tag| tag.to_str().ok())
        .filter(|tag| tag.starts_with('"'))
    else {
        return;
    };
    if let Ok(weak) = HeaderValue::from_str(&format!("W/{tag}")) {
        headers.insert(ETAG, weak);
    }
}

/// Gives a request up that takes too long. What it had begun to change is whole all the same: changes are transactions.
pub(super) async fn in_time(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    match tokio::time::timeout(limit, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let why = format!("it took longer than {} s", limit.as_secs());
            Problem::new(StatusCode::GATEWAY_TIMEOUT, why).into_response()
        }
    }
}

/// The answer to a request whose handler panicked. The message goes to the log alone: it may quote what was asked.
#[allow(clippy::needless_pass_by_value, reason = "tower-http gives it so")]
pub(super) fn panicked(payload: Box<dyn Any + Send>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    tracing::error!(
        panic = text.unwrap_or("without a message"),
        "a request made its handler panic"
    );
    let why = "a mistake of the server's: its log says more";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why).into_response()
}
