//! What people say: of clusters, and what they mute.

use axum::Extension;
use axum::extract::State;
use firstsight_store::Said;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, Answered, tag};
use super::asked::{Asked, Sent, Steps, unchanged};
use super::inspections::NoteQuery;
use super::looking::NoQuery;
use super::shapes;
use crate::app::App;
use crate::auth::Viewer;
use crate::model::{self, ClusterDetail, LifeCycleWord, MuteLine, NewMute, Remark};
use crate::problem::Problem;

/// One cluster, as one inspection knows it.
#[utoipa::path(get, path = "/api/v1/inspections/{name}/clusters/{id}", tag = "clusters",
    params(("name" = String, Path, description = "The inspection"), ("id" = String, Path, description = "The cluster's id")),
    responses((status = 200, description = "The cluster", body = ClusterDetail)))]
pub(super) async fn cluster(
    State(app): State<App>,
    Steps((name, id)): Steps<(String, String)>,
    _: Asked<NoQuery>,
) -> Answered<ClusterDetail> {
    Ok(Answer(model::cluster(&*app.control, &name, &id).await?))
}

/// What people said of a cluster.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Standing {
    /// `open`, `acknowledged`, `expected`, `archived`, `archived-forever`, `archived-until:TIME` or `resolved`.
    life_cycle: String,
    /// Who said that, when and why.
    #[schema(value_type = Option<shapes::Said>)]
    said: Option<Said>,
}

impl From<ClusterDetail> for Standing {
    fn from(detail: ClusterDetail) -> Self {
        Self {
            life_cycle: detail.line.life_cycle,
            said: detail.line.said,
        }
    }
}

/// Who looks after a cluster, and what is written beside it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Written {
    /// Who looks after it; empty for nobody.
    owner: String,
    /// What is written beside it.
    note: String,
}

impl From<ClusterDetail> for Written {
    fn from(detail: ClusterDetail) -> Self {
        Self {
            owner: detail.line.owner,
            note: detail.line.note,
        }
    }
}

/// What people said of a cluster.
#[utoipa::path(get, path = "/api/v1/inspections/{name}/clusters/{id}/life-cycle", tag = "clusters",
    params(("name" = String, Path, description = "The inspection"), ("id" = String, Path, description = "The cluster's id")),
    responses((status = 200, description = "What they said", body = Standing)))]
pub(super) async fn standing(
    State(app): State<App>,
    Steps((name, id)): Steps<(String, String)>,
    _: Asked<NoQuery>,
) -> Answered<Standing> {
    Ok(Answer(model::cluster(&*app.control, &name, &id).await?.into()))
}

/// Acknowledges, expects, archives, resolves or reopens a cluster.
#[utoipa::path(put, path = "/api/v1/inspections/{name}/clusters/{id}/life-cycle", tag = "clusters",
    params(("name" = String, Path, description = "The inspection"), ("id" = String, Path, description = "The cluster's id"),
        ("If-Match" = Option<String>, Header, description = "Change it only if it still is as this `ETag` named it")),
    request_body = LifeCycleWord,
    responses((status = 200, description = "What is said from now on", body = Standing)))]
pub(super) async fn say(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps((name, id)): Steps<(String, String)>,
    headers: HeaderMap,
    _: Asked<NoQuery>,
    Sent(word): Sent<LifeCycleWord>,
) -> Answered<Standing> {
    let _one = app.changing.lock().await;
    let before = Standing::from(model::cluster(&*app.control, &name, &id).await?);
    unchanged(&headers, &tag(&before)?)?;
    let after = model::set_life_cycle(&*app.control, &name, &id, &word, &viewer.name)
        .await
        .map_err(Problem::of_body)?;
    Ok(Answer(after.into()))
}

/// Who looks after a cluster, and what is written beside it.
#[utoipa::path(get, path = "/api/v1/inspections/{name}/clusters/{id}/remark", tag = "clusters",
    params(("name" = String, Path, description = "The inspection"), ("id" = String, Path, description = "The cluster's id")),
    responses((status = 200, description = "Owner and note", body = Written)))]
pub(super) async fn written(
    State(app): State<App>,
    Steps((name, id)): Steps<(String, String)>,
    _: Asked<NoQuery>,
) -> Answered<Written> {
    Ok(Answer(model::cluster(&*app.control, &name, &id).await?.into()))
}

/// Says who looks after a cluster, and what is written beside it.
#[utoipa::path(put, path = "/api/v1/inspections/{name}/clusters/{id}/remark", tag = "clusters",
    params(("name" = String, Path, description = "The inspection"), ("id" = String, Path, description = "The cluster's id"),
        ("If-Match" = Option<String>, Header, description = "Change it only if it still is as this `ETag` named it")),
    request_body = Remark,
    responses((status = 200, description = "Owner and note from now on", body = Written)))]
pub(super) async fn write(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps((name, id)): Steps<(String, String)>,
    headers: HeaderMap,
    _: Asked<NoQuery>,
    Sent(remark): Sent<Remark>,
) -> Answered<Written> {
    let _one = app.changing.lock().await;
    let before = Written::from(model::cluster(&*app.control, &name, &id).await?);
    unchanged(&headers, &tag(&before)?)?;
    let after = model::remark(&*app.control, &name, &id, &remark, &viewer.name)
        .await
        .map_err(Problem::of_body)?;
    Ok(Answer(after.into()))
}

/// Which mutes.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct MuteParams {
    /// Those too that were ended.
    ended: bool,
}

/// The mutes of an inspection, those that stand first.
#[utoipa::path(get, path = "/api/v1/inspections/{name}/mutes", tag = "changes",
    params(("name" = String, Path, description = "The inspection"), MuteParams),
    responses((status = 200, description = "Mutes", body = Vec<MuteLine>)))]
pub(super) async fn mutes(
    State(app): State<App>,
    Steps(name): Steps<String>,
    Asked(query): Asked<MuteParams>,
) -> Answered<Vec<MuteLine>> {
    Ok(Answer(
        model::mutes(&*app.control, Some(&name), query.ended).await?,
    ))
}

/// Mutes something: it is recorded and shown, and nobody is told.
#[utoipa::path(post, path = "/api/v1/inspections/{name}/mutes", tag = "changes",
    params(("name" = String, Path, description = "The inspection")), request_body = NewMute,
    responses((status = 201, description = "The mute", body = MuteLine)))]
pub(super) async fn mute(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps(name): Steps<String>,
    _: Asked<NoQuery>,
    Sent(new): Sent<NewMute>,
) -> Result<(StatusCode, Answer<MuteLine>), Problem> {
    let mute = model::set_mute(&*app.control, &name, &new, &viewer.name)
        .await
        .map_err(Problem::of_body)?;
    Ok((StatusCode::CREATED, Answer(mute)))
}

/// Ends a mute.
#[utoipa::path(delete, path = "/api/v1/inspections/{name}/mutes/{id}", tag = "changes",
    params(("name" = String, Path, description = "The inspection"), ("id" = String, Path, description = "The mute's id"),
        NoteQuery),
    responses((status = 204, description = "It was ended")))]
pub(super) async fn unmute(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps((name, id)): Steps<(String, String)>,
    Asked(query): Asked<NoteQuery>,
) -> Result<StatusCode, Problem> {
    model::end_mute(&*app.control, &name, &id, &query.note, &viewer.name).await?;
    Ok(StatusCode::NO_CONTENT)
}
