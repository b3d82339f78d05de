//! Sinks.

use axum::Extension;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::answer::{Answer, Answered};
use super::asked::{Asked, Sent, Steps};
use super::looking::NoQuery;
use crate::app::App;
use crate::auth::Viewer;
use crate::model::{self, SinkLine};
use crate::problem::Problem;

/// The sinks: what waits for them, and how they answer.
#[utoipa::path(get, path = "/api/v1/sinks", tag = "sinks",
    responses((status = 200, description = "Sinks", body = Vec<SinkLine>)))]
pub(super) async fn list(State(app): State<App>, _: Asked<NoQuery>) -> Answered<Vec<SinkLine>> {
    Ok(Answer(model::sinks(&*app.control).await?))
}

/// Why something is tried again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewRetry {
    /// Why.
    note: String,
}

/// What is tried again.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Retried {
    /// So many events are due again.
    retried: u64,
}

/// Tries again what a sink refused for good, of every inspection.
#[utoipa::path(post, path = "/api/v1/sinks/{name}/retry", tag = "sinks",
    params(("name" = String, Path, description = "The sink")), request_body = NewRetry,
    responses((status = 200, description = "They are due again", body = Retried)))]
pub(super) async fn retry(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps(name): Steps<String>,
    _: Asked<NoQuery>,
    Sent(new): Sent<NewRetry>,
) -> Answered<Retried> {
    let retried = model::retry(&*app.control, &name, &new.note, &viewer.name)
        .await
        .map_err(Problem::of_body)?;
    Ok(Answer(Retried { retried }))
}
