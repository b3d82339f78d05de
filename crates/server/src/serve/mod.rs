//! The server: routes, limits, and an end that cuts nobody off.

mod connections;
mod fallback;
mod guard;
#[cfg(test)]
mod tests;

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use tokio::net::TcpListener;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

use crate::app::App;

/// What a request may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of a body. Default 64 KiB.
    pub body: usize,
    /// How long a request may take. Default 10 s.
    pub request: Duration,
    /// How long a client may take to send its headers, and a connection may stay open unused. Default 5 s.
    pub headers: Duration,
    /// The most connections at once. Default 512. Those that come meanwhile wait.
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

/// Smaller bodies are not compressed: nothing is gained, and they keep their strong `ETag`.
const COMPRESSED: u64 = 1024;

/// Everything that is served: pages, `/api/v1`, `/metrics`, `/healthz`, `/readyz`.
pub fn router(app: &App, limits: &Limits) -> Router {
    let routes = Router::new()
        .merge(crate::pages::routes())
        .merge(crate::auth::routes())
        .merge(crate::api::routes())
        .merge(crate::metrics::routes())
        .merge(crate::health::routes())
        .fallback(fallback::not_found)
        .method_not_allowed_fallback(fallback::not_allowed);
    let compression =
        CompressionLayer::new().compress_when(DefaultPredicate::new().and(SizeAbove::new(COMPRESSED)));
    // The last one sees a request first.
    routes
        .layer(from_fn_with_state(app.clone(), crate::auth::let_in))
        .layer(DefaultBodyLimit::max(limits.body))
        .layer(from_fn_with_state(limits.request, guard::in_time))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(from_fn_with_state(app.clone(), fallback::as_page))
        .layer(compression)
        .layer(from_fn(guard::headers))
        .layer(from_fn_with_state(app.clone(), crate::metrics::measured))
        .with_state(app.clone())
}

/// Serves until `stop` is ready; then finishes what is being answered (5 s at most). Gives the address that it served.
///
/// # Errors
/// When the listener fails for good.
pub async fn serve(
    app: App,
    listener: TcpListener,
    limits: Limits,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<SocketAddr> {
    let address = listener.local_addr()?;
    let router = router(&app, &limits);
    drop(app);
    connections::serve(listener, router, limits, stop).await;
    Ok(address)
}
