//! The API over a made-up world.

mod changing;
mod looking;
mod schema;

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use http::request::Builder;
use serde_json::Value;
use tokio::sync::OnceCell;
use tower::ServiceExt as _;

use crate::fixture::Fixture;
use crate::testing::{app, gate, request, text};
use crate::{Limits, router};

/// A server over the made-up world, open to everyone local.
struct Api {
    router: Router,
}

impl Api {
    async fn new() -> Self {
        Self::with_tokens(false).await
    }

    /// One for all tests that change nothing: making the world takes a while.
    async fn shared() -> Self {
        static SHARED: OnceCell<Router> = OnceCell::const_new();
        let router = SHARED.get_or_init(|| async { Self::new().await.router }).await;
        Self {
            router: router.clone(),
        }
    }

    async fn with_tokens(tokens: bool) -> Self {
        let app = app(Fixture::new().await.control, gate(tokens));
        Self {
            router: router(&app, &Limits::default()),
        }
    }

    async fn ask(&self, request: Builder, body: &str) -> Response {
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> Response {
        self.ask(request("GET", path), "").await
    }

    /// What is answered, which has to be well.
    async fn read(&self, path: &str) -> Value {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "{path}");
        serde_json::from_str(&text(response).await).unwrap()
    }

    /// What is answered to something in JSON: the status and the body.
    async fn send(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let request = request(method, path).header("content-type", "application/json");
        let response = self.ask(request.header("x-firstsight-user", "Ana"), body).await;
        let status = response.status().as_u16();
        (
            status,
            serde_json::from_str(&text(response).await).unwrap_or_default(),
        )
    }

    /// The ids of a cluster and an event of `main`.
    async fn ids(&self) -> (String, String) {
        let id = |list: Value| list["items"][0]["id"].as_str().unwrap().to_owned();
        let cluster = id(self.read("/api/v1/clusters?inspection=main&limit=1").await);
        (
            cluster,
            id(self.read("/api/v1/events?inspection=main&limit=1").await),
        )
    }
}
