//! Logging in and out. The page with the form is the pages' matter.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr};

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{MethodRouter, post};
use axum::{Extension, Router};
use http::HeaderMap;
use http::header::RETRY_AFTER;
use serde::Deserialize;

use super::cookie;
use super::let_in::local;
use crate::app::App;
use crate::problem::Problem;
use crate::refusal::Refusal;

pub(super) const PATH: &str = "/login";
pub(super) const LOGOUT: &str = "/logout";

/// The address at the other end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// `POST /login` and `POST /logout`.
pub(crate) fn routes() -> Router<App> {
    let log_in: MethodRouter<App> = post(log_in);
    Router::new().route(PATH, log_in).route(LOGOUT, post(log_out))
}

/// Where the login page is; from there one comes back to `next`. It says so where a login has failed.
pub(super) fn page(next: Option<&str>, failed: bool) -> String {
    let next = next.map(local).filter(|next| *next != "/");
    let next = next.map(|next| format!("next={}", encoded(next)));
    let failed = failed.then(|| "failed=1".to_owned());
    let query: Vec<String> = [failed, next].into_iter().flatten().collect();
    if query.is_empty() {
        PATH.to_owned()
    } else {
        format!("{PATH}?{}", query.join("&"))
    }
}

/// Percent-encoded, but for what stands for itself in a query (RFC 3986, section 2.3) and slashes.
fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[derive(Deserialize)]
#[serde(default)]
struct LogIn {
    token: String,
    name: String,
    next: String,
}

impl Default for LogIn {
    fn default() -> Self {
        Self {
            token: String::new(),
            name: String::new(),
            next: "/".to_owned(),
        }
    }
}

async fn log_in(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    headers: HeaderMap,
    form: Result<Form<LogIn>, FormRejection>,
) -> Response {
    let form = match form {
        Ok(Form(form)) => form,
        Err(error) => return Problem::new(error.status(), error.body_text()).into_response(),
    };
    if !app.gate.asks() {
        return Redirect::to(local(&form.next)).into_response();
    }
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Extension(Peer(peer))| peer);
    tried(&app, peer, &headers, &form)
}

fn tried(app: &App, peer: IpAddr, headers: &HeaderMap, form: &LogIn) -> Response {
    let (gate, now) = (&app.gate, app.control.now());
    if let Some(seconds) = gate.wait(peer, now) {
        let mut response = Problem::from(Refusal::TooManyLogins(seconds)).into_response();
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
        return response;
    }
    let Some(role) = gate.role(form.token.trim()) else {
        gate.failed(peer, now);
        tracing::warn!(%peer, "a login failed");
        return Redirect::to(&page(Some(&form.next), true)).into_response();
    };
    gate.end(headers);
    let id = gate.begin(role, &form.name, now);
    tracing::info!(%peer, role = role.as_str(), "somebody logged in");
    let mut response = Redirect::to(local(&form.next)).into_response();
    cookie::set(response.headers_mut(), cookie::SESSION, &id, gate.hosts.by_tls());
    response
}

async fn log_out(State(app): State<App>, headers: HeaderMap) -> Response {
    app.gate.end(&headers);
    let to = if app.gate.asks() { PATH } else { "/" };
    let mut response = Redirect::to(to).into_response();
    cookie::clear(response.headers_mut(), cookie::SESSION, app.gate.hosts.by_tls());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_login_page_knows_where_to_go_on() {
        assert_eq!(page(None, false), "/login");
        assert_eq!(page(Some("/"), true), "/login?failed=1");
        assert_eq!(
            page(Some("/events?status=error&text=a%20b"), true),
            "/login?failed=1&next=/events%3Fstatus%3Derror%26text%3Da%2520b"
        );
        assert_eq!(page(Some("//evil.example.com"), false), "/login");
    }
}
