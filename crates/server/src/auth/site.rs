//! Requests that a foreign site had a browser send (CSRF).
//!
//! Three fences, each enough alone: cookies are `SameSite=Strict`; browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`);
//! and what changes something carries a token that only our own pages know.

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, Request};
use http::HeaderMap;
use http::header::{CONTENT_TYPE, COOKIE, HeaderName, ORIGIN};

use super::host::Hosts;
use crate::problem::Problem;

/// What a script sends the token in.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
/// What a form sends it in.
const FIELD: &str = "_csrf";
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Whether a browser sent it for another site. <https://www.w3.org/TR/fetch-metadata/>: `same-origin` is a page of ours, `none` is
/// the person.
pub(super) fn is_foreign(headers: &HeaderMap, hosts: &Hosts, host: &str) -> bool {
    let from = headers.get(FETCH_SITE).map(http::HeaderValue::as_bytes);
    let site = from.is_some_and(|site| site != b"same-origin" && site != b"none");
    let origin = headers.get_all(ORIGIN).iter().any(|origin| {
        let own = origin
            .to_str()
            .is_ok_and(|origin| hosts.is_own_origin(origin, host));
        !own
    });
    site || origin
}

/// Whether nothing says that a browser sent it.
pub(super) fn is_plain(headers: &HeaderMap) -> bool {
    [ORIGIN, FETCH_SITE, COOKIE]
        .iter()
        .all(|name| !headers.contains_key(name))
}

/// The token that came with a request, by header or form, and the request as it was.
///
/// # Errors
/// When the form cannot be read.
pub(super) async fn token(request: Request) -> Result<(Option<String>, Request), Problem> {
    if let Some(token) = request.headers().get(HEADER) {
        let token = token.to_str().ok().map(str::to_owned);
        return Ok((token, request));
    }
    if !is_form(request.headers()) {
        return Ok((None, request));
    }
    let (parts, body) = request.into_parts();
    let body = Bytes::from_request(Request::new(body), &())
        .await
        .map_err(|error| unreadable(&error))?;
    let copy = Request::from_parts(parts.clone(), Body::from(body.clone()));
    let fields = Form::<Vec<(String, String)>>::from_request(copy, &())
        .await
        .map_err(|error| Problem::new(error.status(), error.body_text()))?
        .0;
    let token = fields
        .into_iter()
        .find_map(|(name, value)| (name == FIELD).then_some(value));
    Ok((token, Request::from_parts(parts, Body::from(body))))
}

fn unreadable(error: &axum::extract::rejection::BytesRejection) -> Problem {
    Problem::new(error.status(), error.body_text())
}

fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}
