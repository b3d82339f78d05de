//! `/healthz` (the process answers) and `/readyz` (states are open and the scheduler lives).

use axum::Router;
use axum::extract::State;
use axum::routing::get;
use http::StatusCode;

use crate::app::App;

/// The routes.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/healthz", get(healthy))
        .route("/readyz", get(ready))
}

async fn healthy() -> &'static str {
    "ok\n"
}

async fn ready(State(app): State<App>) -> (StatusCode, String) {
    match app.control.ready() {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}
