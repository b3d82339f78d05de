//! Questions over all inspections.

use axum::extract::State;
use firstsight_daemon::{LastReload, LeftState};
use http::Uri;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::answer::{Answer, Answered, Page};
use super::asked::{Asked, Steps, language};
use super::shapes;
use crate::app::App;
use crate::model::{
    self, AuditLine, ClusterFilter, ClusterLine, EventDetail, EventFilter, EventLine, FaultLine,
    InspectionLine, KeyFilter, KeyLine, Listed, Overview, SinkLine,
};
use crate::problem::Problem;

/// The overview asked for.
#[derive(Clone, Debug, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct OverviewQuery {
    /// The name of an inspection; all of them when it is left out.
    inspection: String,
    /// So many hours.
    #[param(minimum = 1, maximum = 2160)]
    hours: u32,
}

impl Default for OverviewQuery {
    fn default() -> Self {
        Self {
            inspection: String::new(),
            hours: 48,
        }
    }
}

/// A name, where one was given.
fn named(inspection: &str) -> Option<&str> {
    Some(inspection).filter(|name| !name.is_empty())
}

/// So many rows, of at most as many as are given at once.
///
/// # Errors
/// When it is none or more.
pub(super) fn bounded(name: &str, number: u32, most: u32) -> Result<u32, Problem> {
    if (1..=most).contains(&number) {
        return Ok(number);
    }
    Err(Problem::bad_request(format!(
        "{name}: {number} is not between 1 and {most}"
    )))
}

/// How everything stands.
#[utoipa::path(get, path = "/api/v1/overview", tag = "overview", params(OverviewQuery),
    responses((status = 200, description = "How everything stands", body = Overview)))]
pub(super) async fn overview(
    State(app): State<App>,
    Asked(query): Asked<OverviewQuery>,
) -> Answered<Overview> {
    let hours = bounded("hours", query.hours, 2160)?;
    Ok(Answer(
        model::overview(&*app.control, named(&query.inspection), hours).await?,
    ))
}

/// What a monitor asks: is it up, and when did each inspection run.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DaemonStatus {
    /// The daemon's version.
    version: String,
    /// The present, by the daemon's clock.
    #[schema(value_type = shapes::Moment)]
    now: firstsight_engine::Time,
    /// When it started.
    #[schema(value_type = shapes::Moment)]
    started: firstsight_engine::Time,
    /// Whether states are open and the scheduler lives.
    ready: bool,
    /// Why it is not.
    reason: Option<String>,
    /// The inspections.
    inspections: Vec<InspectionLine>,
    /// Events that wait for a sink.
    waiting: u64,
    /// Events that a sink refused for good.
    parked: u64,
    /// The sinks.
    sinks: Vec<SinkLine>,
    /// What waits in states whose inspection is no longer configured.
    left: Vec<Left>,
    /// What became of the last reload of the configuration; `None` where there was none.
    reload: Option<Reload>,
}

/// Events that wait in the state of an inspection that is no longer configured; they are delivered where their sink still is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Left {
    /// The inspection that was.
    inspection: String,
    /// The sink.
    sink: String,
    /// So many events.
    waiting: u64,
}

fn left(states: Vec<LeftState>) -> Vec<Left> {
    let of_state = |state: LeftState| {
        let inspection = state.inspection;
        let waiting = state.waiting.into_iter();
        let line = move |(sink, waiting)| Left {
            inspection: inspection.clone(),
            sink,
            waiting,
        };
        waiting.map(line).collect::<Vec<_>>()
    };
    states.into_iter().flat_map(of_state).collect()
}

/// What became of a reload of the configuration.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Reload {
    /// When.
    #[schema(value_type = shapes::Moment)]
    at: firstsight_engine::Time,
    /// What was wrong with the file: the configuration from before stands then.
    error: Option<String>,
    /// The keys that were changed since the start, and that take a restart of the daemon.
    needs_restart: Vec<String>,
}

impl From<LastReload> for Reload {
    fn from(last: LastReload) -> Self {
        Self {
            at: last.at,
            error: last.error,
            needs_restart: last.needs_restart,
        }
    }
}

/// Is it up, and when did each inspection run.
#[utoipa::path(get, path = "/api/v1/status", tag = "overview",
    responses((status = 200, description = "How the daemon stands", body = DaemonStatus)))]
pub(super) async fn status(State(app): State<App>, _: Asked<NoQuery>) -> Answered<DaemonStatus> {
    let control = &app.control;
    let reason = control.ready().err();
    let standing = model::standing(&**control, None).await?;
    Ok(Answer(DaemonStatus {
        version: app.version.to_owned(),
        now: control.now(),
        started: control.started(),
        ready: reason.is_none(),
        reason,
        inspections: standing.inspections,
        waiting: standing.waiting,
        parked: standing.parked,
        sinks: model::sinks(&**control).await?,
        left: left(control.left()),
        reload: control.last_reload().map(Reload::from),
    }))
}

/// No parameters at all.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct NoQuery {}

/// Events, the newest first.
#[utoipa::path(get, path = "/api/v1/events", tag = "events", params(EventFilter),
    responses((status = 200, description = "A page of them", body = Listed<EventLine>)))]
pub(super) async fn events(
    State(app): State<App>,
    Asked(filter): Asked<EventFilter>,
    uri: Uri,
) -> Result<Page<EventLine>, Problem> {
    Ok(Page(model::events(&*app.control, &filter).await?, uri))
}

/// The language of words and sentences.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct LanguageQuery {
    /// `en` or `zh`; the daemon's own when it is left out.
    #[param(pattern = "^(en|zh)?$")]
    pub(super) lang: String,
}

/// Everything about an event.
#[utoipa::path(get, path = "/api/v1/events/{id}", tag = "events",
    params(("id" = String, Path, description = "The event's id"), LanguageQuery),
    responses((status = 200, description = "The event", body = EventDetail)))]
pub(super) async fn event(
    State(app): State<App>,
    Steps(id): Steps<String>,
    Asked(query): Asked<LanguageQuery>,
) -> Answered<EventDetail> {
    let locale = language(&query.lang, app.control.locale())?;
    Ok(Answer(model::event(&*app.control, &id, locale).await?))
}

/// Clusters: the known world.
#[utoipa::path(get, path = "/api/v1/clusters", tag = "clusters", params(ClusterFilter),
    responses((status = 200, description = "A page of them", body = Listed<ClusterLine>)))]
pub(super) async fn clusters(
    State(app): State<App>,
    Asked(filter): Asked<ClusterFilter>,
    uri: Uri,
) -> Result<Page<ClusterLine>, Problem> {
    Ok(Page(model::clusters(&*app.control, &filter).await?, uri))
}

/// Access keys.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", params(KeyFilter),
    responses((status = 200, description = "A page of them", body = Listed<KeyLine>)))]
pub(super) async fn keys(
    State(app): State<App>,
    Asked(filter): Asked<KeyFilter>,
    uri: Uri,
) -> Result<Page<KeyLine>, Problem> {
    Ok(Page(model::keys(&*app.control, &filter).await?, uri))
}

/// Which faults.
#[derive(Clone, Debug, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct FaultQuery {
    /// The name of an inspection; all of them when it is left out.
    inspection: String,
    /// Only those that are open.
    open: bool,
    /// At most so many that are over.
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
}

impl Default for FaultQuery {
    fn default() -> Self {
        Self {
            inspection: String::new(),
            open: false,
            limit: 100,
        }
    }
}

/// Faults: open ones first, then from the newest.
#[utoipa::path(get, path = "/api/v1/faults", tag = "events", params(FaultQuery),
    responses((status = 200, description = "Faults", body = Vec<FaultLine>)))]
pub(super) async fn faults(
    State(app): State<App>,
    Asked(query): Asked<FaultQuery>,
) -> Answered<Vec<FaultLine>> {
    let limit = bounded("limit", query.limit, 1000)? as usize;
    let faults = model::faults(&*app.control, named(&query.inspection), query.open, limit).await?;
    Ok(Answer(faults))
}

/// Which entries of the audit log.
#[derive(Clone, Debug, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(super) struct AuditParams {
    /// The name of an inspection; all of them when it is left out.
    inspection: String,
    /// Where the page begins: `next` of the one before; at the newest when it is left out.
    cursor: String,
    /// At most so many.
    #[param(minimum = 1, maximum = 1000)]
    limit: u32,
}

impl Default for AuditParams {
    fn default() -> Self {
        Self {
            inspection: String::new(),
            cursor: String::new(),
            limit: 100,
        }
    }
}

/// What people changed, the newest first.
#[utoipa::path(get, path = "/api/v1/audit", tag = "changes", params(AuditParams),
    responses((status = 200, description = "A page of changes", body = Listed<AuditLine>)))]
pub(super) async fn audit(
    State(app): State<App>,
    Asked(query): Asked<AuditParams>,
    uri: Uri,
) -> Result<Page<AuditLine>, Problem> {
    let limit = bounded("limit", query.limit, 1000)? as usize;
    let inspection = named(&query.inspection);
    let page = model::audit(&*app.control, inspection, &query.cursor, limit).await?;
    Ok(Page(page, uri))
}
