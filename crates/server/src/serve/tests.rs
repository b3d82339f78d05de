//! The server as clients meet it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use axum::body::Body;
use axum::routing::get;
use http::StatusCode;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tower::ServiceExt as _;

use super::*;
use crate::testing::{ADMIN, HOST, Idle, app, gate, request, text};

async fn ask(router: &Router, request: http::request::Builder) -> axum::response::Response {
    router
        .clone()
        .oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

fn open() -> Router {
    router(&app(Arc::new(Idle::default()), gate(false)), &Limits::default())
}

#[tokio::test]
async fn every_answer_has_the_headers_that_keep_pages_safe() {
    let router = open();
    for (path, status) in [
        ("/healthz", 200),
        ("/metrics", 200),
        ("/nothing", 404),
        ("/api/v1/nothing", 404),
    ] {
        let response = ask(&router, request("GET", path)).await;
        assert_eq!(response.status(), status, "{path}");
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"),
            "{policy}"
        );
        assert!(
            !policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff");
        assert_eq!(headers["referrer-policy"], "same-origin");
        assert_eq!(headers["cache-control"], "no-store");
        assert!(!headers.contains_key("server") && !headers.contains_key("x-powered-by"));
    }
    let misdirected = http::Request::builder()
        .uri("/")
        .header("host", "evil.example.com");
    assert!(
        ask(&router, misdirected)
            .await
            .headers()
            .contains_key("content-security-policy")
    );
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_for_programs_and_a_page_for_people() {
    let router = open();
    let problem = ask(
        &router,
        request("GET", "/api/v1/nothing").header("accept", "text/html"),
    )
    .await;
    assert_eq!(problem.headers()["content-type"], "application/problem+json");
    let page = ask(
        &router,
        request("GET", "/nothing").header("accept", "text/html,*/*"),
    )
    .await;
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
    assert_eq!(page.headers()["content-type"], "text/html; charset=utf-8");
    assert!(text(page).await.contains("<h1>There is no such page</h1>"));
    let other = ask(&router, request("DELETE", "/healthz")).await;
    assert_eq!(other.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(other.headers()["allow"], "GET,HEAD");
    assert_eq!(other.headers()["content-type"], "application/problem+json");
}

#[tokio::test]
async fn health_is_told_to_everyone_and_metrics_to_those_who_may_look() {
    let daemon = Arc::new(Idle::default());
    let router = router(&app(daemon.clone(), gate(true)), &Limits::default());
    assert_eq!(text(ask(&router, request("GET", "/healthz")).await).await, "ok\n");
    assert_eq!(
        ask(&router, request("GET", "/readyz")).await.status(),
        StatusCode::OK
    );
    daemon.fail();
    let unready = ask(&router, request("GET", "/readyz")).await;
    assert_eq!(unready.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(text(unready).await, "the scheduler has ended\n");
    assert_eq!(
        ask(&router, request("GET", "/metrics")).await.status(),
        StatusCode::UNAUTHORIZED
    );
    let known = request("GET", "/metrics").header("authorization", format!("Bearer {ADMIN}"));
    assert_eq!(ask(&router, known).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn large_texts_are_compressed_and_their_tags_weakened() {
    let text = || async {
        (
            [("etag", "\"abc\""), ("content-type", "application/json")],
            "a".repeat(5000),
        )
    };
    let small = || async { ([("etag", "\"abc\"")], "a") };
    let router = Router::new()
        .route("/large", get(text))
        .route("/small", get(small))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESSED))))
        .layer(from_fn(guard::headers));
    let large = ask(
        &router,
        request("GET", "/large").header("accept-encoding", "gzip"),
    )
    .await;
    assert_eq!(
        (&large.headers()["content-encoding"], &large.headers()["etag"]),
        (&"gzip".parse().unwrap(), &"W/\"abc\"".parse().unwrap())
    );
    for plain in [
        request("GET", "/large"),
        request("GET", "/small").header("accept-encoding", "gzip"),
    ] {
        let plain = ask(&router, plain).await;
        assert!(!plain.headers().contains_key("content-encoding"));
        assert_eq!(plain.headers()["etag"], "\"abc\"");
    }
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing() {
    async fn panics() -> &'static str {
        panic!("a secret")
    }
    let router = Router::new()
        .route("/", get(panics))
        .layer(CatchPanicLayer::custom(guard::panicked));
    let response = ask(&router, request("GET", "/")).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let said = text(response).await;
    assert!(
        said.contains("its log says more") && !said.contains("secret"),
        "{said}"
    );
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_given_up() {
    let router = Router::new()
        .route("/", get(std::future::pending::<&'static str>))
        .layer(from_fn_with_state(Duration::from_millis(1), guard::in_time));
    let response = ask(&router, request("GET", "/")).await;
    assert_eq!(response.status(), StatusCode::GATEWAY_TIMEOUT);
    assert!(text(response).await.contains("it took longer than"));
}

/// A served router: its address, and what ends it.
async fn served(
    router: Router,
    limits: Limits,
) -> (SocketAddr, oneshot::Sender<()>, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async { drop(stopped.await) };
    let serving = tokio::spawn(connections::serve(listener, router, limits, stopped));
    (address, stop, serving)
}

async fn sent(address: SocketAddr, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

async fn received(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn what_is_being_answered_is_finished_when_the_server_stops() {
    let (reached, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (here, there) = (reached.clone(), answer.clone());
    let slow = || async move {
        here.notify_one();
        there.notified().await;
        "done"
    };
    let (address, stop, serving) = served(Router::new().route("/", get(slow)), Limits::default()).await;
    let stream = sent(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
    reached.notified().await;
    stop.send(()).unwrap();
    answer.notify_one();
    assert!(received(stream).await.ends_with("done"));
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_the_end_up() {
    let (address, stop, serving) = served(open(), Limits::default()).await;
    let request = format!("HEAD /healthz HTTP/1.1\r\nhost: {HOST}\r\n\r\n");
    let mut stream = sent(address, &request).await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200 OK"));
    stop.send(()).unwrap();
    serving.await.unwrap();
    assert_eq!(
        received(stream).await,
        "",
        "a HEAD has no body, and the connection is closed"
    );
}

#[tokio::test]
async fn connections_beyond_the_limit_wait_for_a_place() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    // Each says how many are being answered, and lets others come first.
    let inside = Arc::new(AtomicUsize::new(0));
    let counts = || async move {
        let now = inside.fetch_add(1, Ordering::Relaxed) + 1;
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        inside.fetch_sub(1, Ordering::Relaxed);
        format!("{now} inside")
    };
    let (address, stop, serving) = served(Router::new().route("/", get(counts)), limits).await;
    let request = "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    let streams = [
        sent(address, request).await,
        sent(address, request).await,
        sent(address, request).await,
    ];
    for stream in streams {
        assert!(received(stream).await.ends_with("1 inside"));
    }
    stop.send(()).unwrap();
    serving.await.unwrap();
}

#[tokio::test]
async fn a_client_that_never_ends_its_head_is_cut_off() {
    let limits = Limits {
        headers: Duration::from_millis(1),
        ..Limits::default()
    };
    let (address, _stop, _serving) = served(open(), limits).await;
    let stream = sent(address, "GET / HTTP/1.1\r\nhost: ").await;
    assert_eq!(received(stream).await, "");
}

#[tokio::test]
async fn an_address_is_served_until_it_is_to_stop() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = gate(false);
    options.bind = address;
    let app = app(Arc::new(Idle::default()), options);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(serve(app, listener, Limits::default(), async {
        drop(stopped.await);
    }));
    let body = reqwest::get(format!("http://{address}/healthz"))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(body, "ok\n");
    stop.send(()).unwrap();
    assert_eq!(serving.await.unwrap().unwrap(), address);
}
