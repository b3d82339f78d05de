//! Where every request passes: does it come to us, who asks, may they, and did they mean to.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use subtle::ConstantTimeEq;

use super::gate::{Gate, bearer};
use super::{Role, Viewer, login, name, site};
use crate::app::App;
use crate::problem::Problem;

/// Names the person behind a token, for the audit log.
const USER: HeaderName = HeaderName::from_static("x-firstsight-user");

/// Knows who asks, and lets them in or not.
pub(crate) async fn let_in(State(app): State<App>, request: Request, next: Next) -> Response {
    match admitted(&app, request).await {
        Ok(request) => next.run(request).await,
        Err(refused) => *refused,
    }
}

type Refused = Box<Response>;

fn refuse(status: StatusCode, why: &str) -> Refused {
    Box::new(Problem::new(status, why).into_response())
}

async fn admitted(app: &App, mut request: Request) -> Result<Request, Refused> {
    let gate = &*app.gate;
    let Some(host) = gate.hosts.of(request.headers(), request.uri()) else {
        return Err(refuse(
            StatusCode::MISDIRECTED_REQUEST,
            "nothing is served under this name: add it to server.hosts, or set server.public_url",
        ));
    };
    let path = request.uri().path();
    if is_open(path) {
        return Ok(request);
    }
    let is_login = path == login::PATH;
    let viewer = viewer(gate, request.headers(), app.control.now());
    if is_change(request.method()) {
        let viewer = if is_login {
            None
        } else {
            Some(viewer.clone().ok_or_else(|| unknown(&request))?)
        };
        request = meant(gate, viewer.as_ref(), &host, request).await?;
    } else if viewer.is_none() && !is_login {
        return Err(unknown(&request));
    }
    if let Some(viewer) = viewer {
        request.extensions_mut().insert(viewer);
    }
    Ok(request)
}

/// What tells nothing of anybody.
fn is_open(path: &str) -> bool {
    path == "/healthz" || path == "/readyz" || path.starts_with("/assets/")
}

fn is_change(method: &Method) -> bool {
    ![Method::GET, Method::HEAD, Method::OPTIONS].contains(method)
}

/// What is asked by programs, and answered with a problem rather than the login page.
pub(crate) fn is_for_programs(path: &str) -> bool {
    path.starts_with("/api/") || path == "/api" || path == "/metrics"
}

/// Who asks, as far as it is known.
fn viewer(gate: &Gate, headers: &HeaderMap, now: firstsight_engine::Time) -> Option<Viewer> {
    let person = || {
        headers
            .get(USER)
            .and_then(|name| name::neutral(&String::from_utf8_lossy(name.as_bytes())))
    };
    if !gate.asks() {
        return Some(Viewer {
            role: Role::Admin,
            name: person().unwrap_or_else(|| "local".to_owned()),
            csrf: gate.local_csrf.clone(),
            has_session: false,
        });
    }
    if let Some(token) = bearer(headers) {
        let role = gate.role(token)?;
        let name = person().unwrap_or_else(|| role.as_str().to_owned());
        return Some(Viewer {
            role,
            name,
            csrf: String::new(),
            has_session: false,
        });
    }
    let session = gate.session(headers, now)?;
    Some(Viewer {
        role: session.role,
        name: session.name,
        csrf: session.csrf,
        has_session: true,
    })
}

/// Nobody whom we know: a program is told, a person sent to the login page.
fn unknown(request: &Request) -> Refused {
    if is_for_programs(request.uri().path()) {
        let why = "send a token as `Authorization: Bearer …`, or log in on the page";
        let mut refused = refuse(StatusCode::UNAUTHORIZED, why);
        refused
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        return refused;
    }
    let back = if is_change(request.method()) {
        None
    } else {
        request.uri().path_and_query()
    };
    Box::new(Redirect::to(&login::page(back.map(http::uri::PathAndQuery::as_str), false)).into_response())
}

/// Whether somebody may change something, and their browser was not made to by a foreign site.
async fn meant(
    gate: &Gate,
    viewer: Option<&Viewer>,
    host: &str,
    request: Request,
) -> Result<Request, Refused> {
    if viewer.is_some_and(|viewer| viewer.role < Role::Admin) && request.uri().path() != login::LOGOUT {
        return Err(refuse(
            StatusCode::FORBIDDEN,
            "this token may look, and change nothing",
        ));
    }
    if viewer.is_some_and(|viewer| viewer.csrf.is_empty()) {
        return Ok(request);
    }
    if site::is_foreign(request.headers(), &gate.hosts, host) {
        return Err(refuse(StatusCode::FORBIDDEN, "another site sent this request"));
    }
    let Some(viewer) = viewer else { return Ok(request) };
    if !viewer.has_session && site::is_plain(request.headers()) {
        return Ok(request);
    }
    let (token, request) = site::token(request)
        .await
        .map_err(|problem| Box::new(problem.into_response()))?;
    let token = token.unwrap_or_default();
    if bool::from(token.as_bytes().ct_eq(viewer.csrf.as_bytes())) {
        return Ok(request);
    }
    Err(refuse(
        StatusCode::FORBIDDEN,
        "the form's token (_csrf, or the header X-CSRF-Token) is missing or out of date: load the page again",
    ))
}

/// A path of this server, to go on to after logging in; `/` where what was asked for is none.
pub(super) fn local(next: &str) -> &str {
    let is_path = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    let is_plain = next.bytes().all(|byte| byte.is_ascii_graphic());
    let is_login = next
        .split('?')
        .next()
        .is_some_and(|path| path == login::PATH || path == login::LOGOUT);
    if is_path && is_plain && !is_login && next.parse::<Uri>().is_ok() {
        next
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_server_is_gone_on_to() {
        for path in ["/", "/events?status=error&cursor=abc", "/events/1%20"] {
            assert_eq!(local(path), path);
        }
        for other in [
            "",
            "events",
            "//evil.example.com",
            "/\\evil.example.com",
            "https://evil.example.com/",
            "javascript:alert(1)",
            "/a\r\nSet-Cookie: b",
            "/a b",
            "/é",
            "/login",
            "/login?next=/",
            "/logout",
        ] {
            assert_eq!(local(other), "/", "{other}");
        }
    }
}
