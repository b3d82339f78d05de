//! The gate as requests meet it.

use std::sync::Arc;

use axum::body::Body;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use http::StatusCode;
use http::header::{LOCATION, RETRY_AFTER, SET_COOKIE, WWW_AUTHENTICATE};
use http::request::Builder;
use tower::ServiceExt as _;

use super::{Peer, Viewer, let_in, routes};
use crate::testing::{ADMIN, Idle, READER, app, gate, request, text};

/// A page and an address of the API that tell who asks, behind the gate.
struct Server {
    router: Router,
    daemon: Arc<Idle>,
}

impl Server {
    fn new(tokens: bool) -> Self {
        Self::with(gate(tokens))
    }

    fn with(gate: super::GateOptions) -> Self {
        let daemon = Arc::new(Idle::default());
        let app = app(daemon.clone(), gate);
        let router = Router::new()
            .route("/page", get(who).post(who))
            .route("/api/v1/thing", get(who).put(who))
            .route("/metrics", get(|| async { "metrics" }))
            .route("/healthz", get(|| async { "ok" }))
            .merge(routes())
            .layer(from_fn_with_state(app.clone(), let_in))
            .with_state(app);
        Self { router, daemon }
    }

    async fn ask(&self, request: Builder, body: &str) -> Response {
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn status(&self, request: Builder) -> u16 {
        self.ask(request, "").await.status().as_u16()
    }

    async fn log_in(&self, token: &str) -> Response {
        let body = format!("token={token}&name=Ana&next=/page%3Fa%3Db");
        self.ask(form("/login"), &body).await
    }

    /// A session's cookie and the token of its forms.
    async fn session(&self, token: &str) -> (String, String) {
        let response = self.log_in(token).await;
        let cookie = response.headers()[SET_COOKIE]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned();
        let page = text(
            self.ask(request("GET", "/page").header("cookie", &cookie), "")
                .await,
        )
        .await;
        (cookie, page.split(' ').nth(2).unwrap().to_owned())
    }
}

/// Says who asks: role, name, the forms' token, whether there is a session.
async fn who(Extension(viewer): Extension<Viewer>) -> String {
    format!(
        "{} {} {} {}",
        viewer.role.as_str(),
        viewer.name,
        viewer.csrf,
        viewer.has_session
    )
}

fn form(path: &str) -> Builder {
    request("POST", path).header("content-type", "application/x-www-form-urlencoded")
}

fn by_token(method: &str, path: &str, token: &str) -> Builder {
    request(method, path).header("authorization", format!("Bearer {token}"))
}

#[tokio::test]
async fn loopback_without_tokens_is_open_to_everyone_local() {
    let server = Server::new(false);
    let said = text(server.ask(request("GET", "/page"), "").await).await;
    assert!(
        said.starts_with("admin local ") && said.ends_with(" false"),
        "{said}"
    );
    let named = request("PUT", "/api/v1/thing").header("x-firstsight-user", "<Ana>");
    let said = text(server.ask(named, "").await).await;
    assert!(said.starts_with("admin _Ana_ "), "{said}");
    assert_eq!(
        server.status(by_token("GET", "/api/v1/thing", "left-over")).await,
        200
    );
}

#[tokio::test]
async fn programs_without_a_token_are_told_and_people_are_sent_to_log_in() {
    let server = Server::new(true);
    for path in ["/api/v1/thing", "/metrics"] {
        let response = server.ask(request("GET", path), "").await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
    }
    let response = server.ask(request("GET", "/page?a=b&c"), "").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/login?next=/page%3Fa%3Db%26c");
    let response = server.ask(form("/page"), "a=b").await;
    assert_eq!(response.headers()[LOCATION], "/login");
    assert_eq!(server.status(request("GET", "/healthz")).await, 200);
}

#[tokio::test]
async fn a_token_lets_in_by_its_role() {
    let server = Server::new(true);
    let said = text(server.ask(by_token("GET", "/api/v1/thing", ADMIN), "").await).await;
    assert_eq!(said, "admin admin  false");
    let named = by_token("PUT", "/api/v1/thing", ADMIN).header("x-firstsight-user", "ana@example.com");
    assert_eq!(
        text(server.ask(named, "").await).await,
        "admin ana@example.com  false"
    );
    assert_eq!(server.status(by_token("GET", "/api/v1/thing", READER)).await, 200);
    assert_eq!(server.status(by_token("GET", "/metrics", READER)).await, 200);
    assert_eq!(server.status(by_token("PUT", "/api/v1/thing", READER)).await, 403);
    for wrong in ["an-admin-token-1", "", READER.to_uppercase().as_str()] {
        assert_eq!(
            server.status(by_token("GET", "/api/v1/thing", wrong)).await,
            401,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_wrong_token_is_refused_beside_a_session_too() {
    let server = Server::new(true);
    let (cookie, _) = server.session(ADMIN).await;
    let both = by_token("GET", "/api/v1/thing", "wrong").header("cookie", cookie);
    assert_eq!(server.status(both).await, 401);
}

#[tokio::test]
async fn logging_in_begins_a_session_and_logging_out_ends_it() {
    let server = Server::new(true);
    let response = server.log_in(READER).await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[LOCATION], "/page?a=b");
    let cookie = response.headers()[SET_COOKIE].to_str().unwrap();
    assert!(
        cookie.starts_with("firstsight_session=") && cookie.ends_with("; HttpOnly; SameSite=Strict; Path=/"),
        "{cookie}"
    );
    let (cookie, csrf) = server.session(READER).await;
    let said = text(
        server
            .ask(request("GET", "/page").header("cookie", &cookie), "")
            .await,
    )
    .await;
    assert_eq!(said, format!("reader Ana {csrf} true"));
    let api = request("GET", "/api/v1/thing").header("cookie", &cookie);
    assert_eq!(server.status(api).await, 200, "the page's script asks the API");
    let out = form("/logout").header("cookie", &cookie);
    assert_eq!(
        server.ask(out, &format!("_csrf={csrf}")).await.headers()[LOCATION],
        "/login"
    );
    assert_eq!(
        server
            .status(request("GET", "/page").header("cookie", &cookie))
            .await,
        303
    );
}

#[tokio::test]
async fn logging_in_again_ends_the_session_from_before() {
    let server = Server::new(true);
    let (cookie, _) = server.session(ADMIN).await;
    server
        .ask(
            form("/login").header("cookie", &cookie),
            &format!("token={READER}"),
        )
        .await;
    assert_eq!(
        server
            .status(request("GET", "/page").header("cookie", cookie))
            .await,
        303
    );
}

#[tokio::test]
async fn a_session_that_is_not_used_ends() {
    let server = Server::new(true);
    let (cookie, _) = server.session(ADMIN).await;
    let ask = || request("GET", "/page").header("cookie", &cookie);
    for _ in 0..2 {
        server.daemon.pass(3600);
        assert_eq!(server.status(ask()).await, 200);
    }
    server.daemon.pass(3601);
    assert_eq!(server.status(ask()).await, 303);
}

#[tokio::test]
async fn a_failed_login_says_nothing_of_the_token_and_ten_are_enough() {
    let server = Server::new(true);
    let failing = || form("/login").extension(Peer("192.0.2.1".parse().unwrap()));
    for _ in 0..10 {
        let response = server.ask(failing(), "token=wrong&next=/page").await;
        assert_eq!(response.headers()[LOCATION], "/login?failed=1&next=/page");
        assert!(!response.headers().contains_key(SET_COOKIE));
    }
    let right = format!("token={ADMIN}");
    let response = server.ask(failing(), &right).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()[RETRY_AFTER], "60");
    let other = form("/login").extension(Peer("192.0.2.2".parse().unwrap()));
    assert!(server.ask(other, &right).await.headers().contains_key(SET_COOKIE));
    server.daemon.pass(60);
    assert!(
        server
            .ask(failing(), &right)
            .await
            .headers()
            .contains_key(SET_COOKIE)
    );
}

#[tokio::test]
async fn a_foreign_site_logs_nobody_in() {
    let server = Server::new(true);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("origin", "https://evil.example.com"),
        ("origin", "null"),
    ] {
        let response = server
            .ask(form("/login").header(name, value), &format!("token={ADMIN}"))
            .await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
    let own = form("/login")
        .header("origin", "http://127.0.0.1:7780")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(
        server.ask(own, &format!("token={ADMIN}")).await.status(),
        StatusCode::SEE_OTHER
    );
}

#[tokio::test]
async fn a_session_changes_something_with_its_own_token_only() {
    let server = Server::new(true);
    let (cookie, csrf) = server.session(ADMIN).await;
    let (_, other) = server.session(ADMIN).await;
    let post = || form("/page").header("cookie", &cookie);
    assert_eq!(server.ask(post(), "").await.status(), 403);
    assert_eq!(server.ask(post(), "_csrf=").await.status(), 403);
    assert_eq!(server.ask(post(), &format!("_csrf={other}")).await.status(), 403);
    assert_eq!(
        server.ask(post(), &format!("a=b&_csrf={csrf}")).await.status(),
        200
    );
    let by_script = request("PUT", "/api/v1/thing").header("cookie", &cookie);
    assert_eq!(server.status(by_script.header("x-csrf-token", &csrf)).await, 200);
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "http://127.0.0.1:7781"),
    ] {
        let response = server
            .ask(post().header(name, value), &format!("_csrf={csrf}"))
            .await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

#[tokio::test]
async fn a_reader_changes_nothing_by_session_either() {
    let server = Server::new(true);
    let (cookie, csrf) = server.session(READER).await;
    let response = server
        .ask(form("/page").header("cookie", &cookie), &format!("_csrf={csrf}"))
        .await;
    assert_eq!(response.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn on_open_loopback_browsers_need_the_token_and_plain_clients_do_not() {
    let server = Server::new(false);
    let page = text(server.ask(request("GET", "/page"), "").await).await;
    let csrf = page.split(' ').nth(2).unwrap();
    assert_eq!(csrf.len(), 64);
    assert_eq!(server.status(form("/page")).await, 200, "as curl sends it");
    for (name, value) in [
        ("origin", "http://127.0.0.1:7780"),
        ("sec-fetch-site", "same-origin"),
        ("cookie", "a=b"),
    ] {
        let post = || form("/page").header(name, value);
        assert_eq!(server.ask(post(), "").await.status(), 403, "{name}");
        assert_eq!(
            server.ask(post(), &format!("_csrf={csrf}")).await.status(),
            200,
            "{name}"
        );
    }
    let foreign = form("/page").header("origin", "https://evil.example.com");
    assert_eq!(server.ask(foreign, &format!("_csrf={csrf}")).await.status(), 403);
}

#[tokio::test]
async fn no_foreign_name_is_answered() {
    for tokens in [true, false] {
        let server = Server::new(tokens);
        for path in ["/page", "/healthz", "/api/v1/thing"] {
            let rebound = http::Request::builder()
                .uri(path)
                .header("host", "evil.example.com:7780");
            assert_eq!(server.status(rebound).await, 421, "{path}");
        }
    }
}

#[tokio::test]
async fn behind_tls_cookies_go_by_tls_only() {
    let mut options = gate(true);
    options.public_url = Some("https://first.example.com".to_owned());
    let server = Server::with(options);
    let proxied = form("/login")
        .header("origin", "https://first.example.com")
        .header("sec-fetch-site", "same-origin");
    let response = server.ask(proxied, &format!("token={ADMIN}")).await;
    assert!(
        response.headers()[SET_COOKIE]
            .to_str()
            .unwrap()
            .ends_with("; Secure")
    );
}

#[tokio::test]
async fn the_forms_token_is_found_and_the_form_stays_whole() {
    async fn echo(body: String) -> String {
        body
    }
    let app = app(Arc::new(Idle::default()), gate(false));
    let csrf = app.gate.local_csrf.clone();
    let router = Router::new()
        .route("/echo", axum::routing::post(echo))
        .layer(from_fn_with_state(app.clone(), let_in))
        .layer(axum::extract::DefaultBodyLimit::max(200))
        .with_state(app);
    let post = |body: String| {
        let request = form("/echo")
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body))
            .unwrap();
        router.clone().oneshot(request)
    };
    let sent = format!("a=%3Cb%3E&_csrf={csrf}&c=d");
    assert_eq!(text(post(sent.clone()).await.unwrap()).await, sent);
    let long = format!("_csrf={csrf}&a={}", "b".repeat(200));
    assert_eq!(post(long).await.unwrap().status(), StatusCode::PAYLOAD_TOO_LARGE);
}
