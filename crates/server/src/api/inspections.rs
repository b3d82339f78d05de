//! Inspections, their runs and settings.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use firstsight_config::OverrideKey;
use firstsight_store::Said;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, Answered, Page, tag};
use super::asked::{Asked, Sent, Steps, language, unchanged};
use super::looking::{LanguageQuery, NoQuery, bounded};
use crate::app::App;
use crate::auth::Viewer;
use crate::model::{self, InspectionDetail, InspectionLine, Listed, RunLine, SettingLine};
use crate::problem::Problem;

/// Every inspection.
#[utoipa::path(get, path = "/api/v1/inspections", tag = "inspections",
    responses((status = 200, description = "Inspections", body = Vec<InspectionLine>)))]
pub(super) async fn list(State(app): State<App>, _: Asked<NoQuery>) -> Answered<Vec<InspectionLine>> {
    Ok(Answer(model::inspections(&*app.control).await?))
}

/// Everything about an inspection.
#[utoipa::path(get, path = "/api/v1/inspections/{name}", tag = "inspections",
    params(("name" = String, Path, description = "The inspection"), LanguageQuery),
    responses((status = 200, description = "The inspection", body = InspectionDetail)))]
pub(super) async fn one(
    State(app): State<App>,
    Steps(name): Steps<String>,
    Asked(query): Asked<LanguageQuery>,
) -> Answered<InspectionDetail> {
    let locale = language(&query.lang, app.control.locale())?;
    Ok(Answer(model::inspection(&*app.control, &name, locale).await?))
}

/// Which runs.
#[derive(Clone, Debug, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct RunParams {
    /// Where the page begins: `next` of the page before.
    cursor: String,
    /// So many rows.
    #[param(minimum = 1, maximum = 200)]
    limit: u32,
}

impl Default for RunParams {
    fn default() -> Self {
        Self {
            cursor: String::new(),
            limit: 50,
        }
    }
}

/// The runs of an inspection, the newest first.
#[utoipa::path(get, path = "/api/v1/inspections/{name}/runs", tag = "inspections",
    params(("name" = String, Path, description = "The inspection"), RunParams),
    responses((status = 200, description = "A page of them", body = Listed<RunLine>)))]
pub(super) async fn runs(
    State(app): State<App>,
    Steps(name): Steps<String>,
    Asked(query): Asked<RunParams>,
    uri: Uri,
) -> Result<Page<RunLine>, Problem> {
    let limit = bounded("limit", query.limit, 200)? as usize;
    Ok(Page(
        model::runs(&*app.control, &name, &query.cursor, limit).await?,
        uri,
    ))
}

/// A run that was started.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Started {
    /// The run's id.
    run: String,
}

/// Starts a run at once. It goes on when this is answered.
#[utoipa::path(post, path = "/api/v1/inspections/{name}/run", tag = "inspections",
    params(("name" = String, Path, description = "The inspection")),
    responses((status = 202, description = "It was started", body = Started)))]
pub(super) async fn run(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps(name): Steps<String>,
    _: Asked<NoQuery>,
) -> Result<(StatusCode, Answer<Started>), Problem> {
    let run = app.control.run_now(&name, &viewer.name).await?;
    Ok((StatusCode::ACCEPTED, Answer(Started { run })))
}

/// A setting that can be changed by hand.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[allow(dead_code, reason = "only its schema is used")]
pub(super) enum SettingKey {
    /// `true` or `false`.
    Enabled,
    /// What is read: a list of texts.
    Filters,
    /// A cron expression.
    Schedule,
    /// An IANA name.
    TimeZone,
    /// A list of names.
    Policies,
}

/// A setting from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSetting {
    /// Its value, in TOML.
    #[schema(example = "\"*/30 * * * *\"")]
    value: String,
    /// Why.
    #[serde(default)]
    note: String,
}

/// Why something is ended or dropped.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct NoteQuery {
    /// Why.
    pub(super) note: String,
}

fn key(word: &str) -> Result<OverrideKey, Problem> {
    let known = OverrideKey::ALL.into_iter().find(|key| key.as_str() == word);
    known.ok_or_else(|| {
        let words = OverrideKey::ALL.map(OverrideKey::as_str).join(", ");
        Problem::not_found(format!(
            "there is no setting {word:?} that can be changed by hand; there are: {words}"
        ))
    })
}

async fn stands(app: &App, name: &str, key: OverrideKey) -> Result<SettingLine, Problem> {
    let detail = model::inspection(&*app.control, name, app.control.locale()).await?;
    let setting = detail
        .settings
        .into_iter()
        .find(|setting| setting.key == key.as_str());
    setting.ok_or_else(|| Problem::not_found(format!("there is no setting {:?}", key.as_str())))
}

fn said(app: &App, viewer: &Viewer, note: String) -> Said {
    Said {
        by: viewer.name.clone(),
        at: app.control.now(),
        note,
    }
}

/// A setting that can be changed by hand.
#[utoipa::path(get, path = "/api/v1/inspections/{name}/settings/{key}", tag = "inspections",
    params(("name" = String, Path, description = "The inspection"),
        ("key" = inline(SettingKey), Path, description = "Which setting")),
    responses((status = 200, description = "The setting", body = SettingLine)))]
pub(super) async fn setting(
    State(app): State<App>,
    Steps((name, word)): Steps<(String, String)>,
    _: Asked<NoQuery>,
) -> Answered<SettingLine> {
    Ok(Answer(stands(&app, &name, key(&word)?).await?))
}

/// Changes a setting by hand: it stands before what the file says.
#[utoipa::path(put, path = "/api/v1/inspections/{name}/settings/{key}", tag = "inspections",
    params(("name" = String, Path, description = "The inspection"),
        ("key" = inline(SettingKey), Path, description = "Which setting"),
        ("If-Match" = Option<String>, Header, description = "Change it only if it still is as this `ETag` named it")),
    request_body = NewSetting,
    responses((status = 200, description = "The setting from now on", body = SettingLine)))]
pub(super) async fn set(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps((name, word)): Steps<(String, String)>,
    headers: HeaderMap,
    _: Asked<NoQuery>,
    Sent(new): Sent<NewSetting>,
) -> Answered<SettingLine> {
    let key = key(&word)?;
    let _one = app.changing.lock().await;
    unchanged(&headers, &tag(&stands(&app, &name, key).await?)?)?;
    let said = said(&app, &viewer, new.note);
    app.control.set_override(&name, key, &new.value, &said).await?;
    Ok(Answer(stands(&app, &name, key).await?))
}

/// Drops what was changed by hand: what the file says stands again.
#[utoipa::path(delete, path = "/api/v1/inspections/{name}/settings/{key}", tag = "inspections",
    params(("name" = String, Path, description = "The inspection"),
        ("key" = inline(SettingKey), Path, description = "Which setting"), NoteQuery),
    responses((status = 200, description = "The setting from now on", body = SettingLine)))]
pub(super) async fn drop_setting(
    State(app): State<App>,
    Extension(viewer): Extension<Viewer>,
    Steps((name, word)): Steps<(String, String)>,
    Asked(query): Asked<NoteQuery>,
) -> Answered<SettingLine> {
    let key = key(&word)?;
    let _one = app.changing.lock().await;
    let said = said(&app, &viewer, query.note);
    app.control.drop_override(&name, key, &said).await?;
    Ok(Answer(stands(&app, &name, key).await?))
}

/// What was changed by hand, as TOML to be put into the file.
#[utoipa::path(get, path = "/api/v1/overrides.toml", tag = "inspections",
    responses((status = 200, description = "TOML", body = String, content_type = "application/toml")))]
pub(super) async fn overrides(State(app): State<App>, _: Asked<NoQuery>) -> Response {
    (
        [(CONTENT_TYPE, "application/toml")],
        app.control.export_overrides(),
    )
        .into_response()
}
