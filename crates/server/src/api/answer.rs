//! What is answered: JSON with its `ETag`, and pages of lists with a link to the next one.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LINK};
use http::{HeaderValue, Method, StatusCode, Uri};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::asked::lists;
use crate::model::Listed;
use crate::problem::Problem;

/// The answer to a question: as JSON, named by what is in it.
#[derive(Debug)]
pub(super) struct Answer<T>(pub(super) T);

/// What every question comes to.
pub(super) type Answered<T> = Result<Answer<T>, Problem>;

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response {
        match written(&self.0) {
            Ok((body, tag)) => {
                ([(CONTENT_TYPE, "application/json".to_owned()), (ETAG, tag)], body).into_response()
            }
            Err(problem) => problem.into_response(),
        }
    }
}

fn written<T: Serialize>(value: &T) -> Result<(String, String), Problem> {
    let body = serde_json::to_string(value)
        .map_err(|error| Problem::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let tag = tag_of(body.as_bytes());
    Ok((body, tag))
}

fn tag_of(body: &[u8]) -> String {
    let hash = hex::encode(Sha256::digest(body));
    format!("\"{}\"", hash.get(..32).unwrap_or(&hash))
}

/// The `ETag` that a value is answered with.
///
/// # Errors
/// When it is no JSON.
pub(super) fn tag<T: Serialize>(value: &T) -> Result<String, Problem> {
    Ok(written(value)?.1)
}

/// A page of a list, with the address of the next one.
#[derive(Debug)]
pub(super) struct Page<T>(pub(super) Listed<T>, pub(super) Uri);

impl<T: Serialize> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        let Self(listed, uri) = self;
        let link = listed
            .next
            .as_deref()
            .map(|next| format!("<{}>; rel=\"next\"", following(&uri, next)));
        let mut response = Answer(listed).into_response();
        if let Some(link) = link.and_then(|link| HeaderValue::from_str(&link).ok()) {
            response.headers_mut().insert(LINK, link);
        }
        response
    }
}

/// The same question, from the next page on. Cursors are base64url: they stand for themselves.
fn following(uri: &Uri, next: &str) -> String {
    let query = uri.query().unwrap_or_default();
    let kept = query
        .split('&')
        .filter(|part| !part.is_empty() && part.split('=').next() != Some("cursor"));
    let cursor = format!("cursor={next}");
    let query: Vec<&str> = kept.chain([cursor.as_str()]).collect();
    format!("{}?{}", uri.path(), query.join("&"))
}

/// Answers 304 to those who have the same already (`If-None-Match`).
pub(super) async fn known(request: Request, next: Next) -> Response {
    let asks = [Method::GET, Method::HEAD].contains(request.method());
    let has: Vec<HeaderValue> = request.headers().get_all(IF_NONE_MATCH).iter().cloned().collect();
    let mut response = next.run(request).await;
    let tag = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok());
    let same = tag.is_some_and(|tag| {
        has.iter()
            .any(|has| lists(has.to_str().unwrap_or_default(), tag, true))
    });
    if asks && same && response.status() == StatusCode::OK {
        *response.body_mut() = axum::body::Body::empty();
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().remove(CONTENT_TYPE);
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_is_the_same_question_with_another_cursor() {
        for (uri, next) in [
            ("/api/v1/events", "/api/v1/events?cursor=new"),
            ("/api/v1/events?", "/api/v1/events?cursor=new"),
            (
                "/api/v1/events?text=a%26b&cursor=old&limit=5",
                "/api/v1/events?text=a%26b&limit=5&cursor=new",
            ),
        ] {
            assert_eq!(following(&Uri::from_static(uri), "new"), next);
        }
    }

    #[test]
    fn a_tag_follows_from_what_is_answered() {
        assert_eq!(tag(&[1, 2]).unwrap(), tag(&vec![1, 2]).unwrap());
        assert_ne!(tag(&[1, 2]).unwrap(), tag(&[2, 1]).unwrap());
        assert_eq!(tag(&1).unwrap().len(), 34);
    }
}
