//! The HTTP API under `/api/v1`, and the OpenAPI document that describes it.
//!
//! Routes and document are made of the same handlers, so neither knows something that the other does not.

mod answer;
mod asked;
mod document;
mod inspections;
mod looking;
mod people;
pub(crate) mod shapes;
mod sinks;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::middleware::from_fn;
use axum::routing::get;
pub use document::document;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use answer::Answer;
use asked::Asked;
use looking::NoQuery;

/// Handlers with what they say of themselves.
fn described() -> (Router<App>, OpenApi) {
    OpenApiRouter::new()
        .routes(routes!(looking::overview))
        .routes(routes!(looking::status))
        .routes(routes!(inspections::list))
        .routes(routes!(inspections::one))
        .routes(routes!(inspections::runs))
        .routes(routes!(inspections::run))
        .routes(routes!(
            inspections::setting,
            inspections::set,
            inspections::drop_setting
        ))
        .routes(routes!(inspections::overrides))
        .routes(routes!(looking::clusters))
        .routes(routes!(people::cluster))
        .routes(routes!(people::standing, people::say))
        .routes(routes!(people::written, people::write))
        .routes(routes!(people::mutes, people::mute))
        .routes(routes!(people::unmute))
        .routes(routes!(looking::events))
        .routes(routes!(looking::event))
        .routes(routes!(looking::faults))
        .routes(routes!(looking::keys))
        .routes(routes!(looking::audit))
        .routes(routes!(sinks::list))
        .routes(routes!(sinks::retry))
        .split_for_parts()
}

/// The routes of the API.
pub(crate) fn routes() -> Router<App> {
    let (router, _) = described();
    router
        .route("/api/v1/openapi.json", get(openapi))
        .route_layer(from_fn(answer::known))
}

async fn openapi(_: Asked<NoQuery>) -> Answer<&'static serde_json::Value> {
    Answer(&document::DOCUMENT)
}
