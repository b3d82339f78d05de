//! `/metrics`, for Prometheus.

use axum::Router;

use crate::app::App;

/// The route.
pub(crate) fn routes() -> Router<App> {
    Router::new()
}
