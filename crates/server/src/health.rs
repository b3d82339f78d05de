//! `/healthz` (the process answers) and `/readyz` (states are open and the scheduler lives).

use axum::Router;

use crate::app::App;

/// The routes.
pub(crate) fn routes() -> Router<App> {
    Router::new()
}
