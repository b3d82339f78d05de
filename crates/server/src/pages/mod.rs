//! The pages: HTML over [`model`](crate::model), readable and usable without scripts.

use axum::Router;

use crate::app::App;

/// The routes of the pages, and of what they load.
pub(crate) fn routes() -> Router<App> {
    Router::new()
}
