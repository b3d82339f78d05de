//! The HTTP API under `/api/v1`, and the OpenAPI document that describes it.

use axum::Router;

use crate::app::App;

/// The routes of the API.
pub(crate) fn routes() -> Router<App> {
    Router::new()
}

/// The OpenAPI document, as it is served at `/api/v1/openapi.json`.
#[must_use]
pub fn document() -> String {
    todo!()
}
