//! Inspections: how they stand, their settings, their runs, and why there was no finding.

use firstsight_daemon::Control;
use firstsight_engine::Time;
use firstsight_inspection::RunRecord;
use firstsight_store::Said;
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::Listed;
use crate::api::shapes;
use crate::problem::Problem;

/// An inspection in the list.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct InspectionLine {
    /// Its name.
    pub name: String,
    /// Whether it runs by itself.
    pub enabled: bool,
    /// What it reads, in words.
    pub source: String,
    /// Its schedule, in words: expression and time zone.
    pub schedule: String,
    /// `disabled`, `running`, `ok`, `incomplete`, `failing`, `never-run`.
    pub state: String,
    /// The last run that ended.
    pub last: Option<RunLine>,
    /// When it runs next: the start.
    #[schema(value_type = Option<shapes::Moment>)]
    pub next: Option<Time>,
    /// How many runs in a row have failed.
    pub failures: u32,
    /// Open faults.
    pub open_faults: u64,
    /// Accounts that are learning, as of the last run.
    pub learning: u64,
    /// Seconds between the newest record and the last run's end.
    pub lag_seconds: Option<i64>,
}

/// A run in the history.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct RunLine {
    /// The run.
    #[schema(value_type = shapes::RunRecord)]
    #[serde(flatten)]
    pub run: RunRecord,
    /// How long it took, in seconds; so far, while it goes on.
    pub seconds: i64,
}

/// A setting that can be changed by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SettingLine {
    /// Its key.
    pub key: String,
    /// What the file says, in TOML.
    pub configured: String,
    /// What holds, in TOML.
    pub effective: String,
    /// Who changed it, when and why.
    #[schema(value_type = Option<shapes::Said>)]
    pub changed: Option<Said>,
}

/// Why a run found nothing, or little: the questions that people ask first, answered in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct WhyQuiet {
    /// Each answer: its key, and a sentence in the language asked for; the most telling first.
    #[schema(value_type = Vec<Vec<String>>)]
    pub answers: Vec<(String, String)>,
}

/// Everything about an inspection.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct InspectionDetail {
    /// As the list shows it.
    pub line: InspectionLine,
    /// The run that goes on: id, start, bytes, partitions done, partitions listed.
    pub running: Option<RunLine>,
    /// Settings that can be changed by hand.
    pub settings: Vec<SettingLine>,
    /// The other settings, as `key: value`, for people.
    #[schema(value_type = Vec<Vec<String>>)]
    pub other: Vec<(String, String)>,
    /// The policies that there are.
    pub policies: Vec<String>,
    /// The last runs, the newest first; at most 50.
    pub runs: Vec<RunLine>,
    /// Why the last run found nothing.
    pub why: WhyQuiet,
}

/// Every inspection.
///
/// # Errors
/// When a state cannot be read.
pub async fn inspections(control: &dyn Control) -> Result<Vec<InspectionLine>, Problem> {
    let _ = control;
    todo!()
}

/// One inspection.
///
/// # Errors
/// When there is none, or its state cannot be read.
pub async fn inspection(
    control: &dyn Control,
    name: &str,
    locale: firstsight_engine::Locale,
) -> Result<InspectionDetail, Problem> {
    let _ = (control, name, locale);
    todo!()
}

/// Runs of an inspection, the newest first.
///
/// # Errors
/// When there is none, or its state cannot be read.
pub async fn runs(
    control: &dyn Control,
    inspection: &str,
    cursor: &str,
    limit: usize,
) -> Result<Listed<RunLine>, Problem> {
    let _ = (control, inspection, cursor, limit);
    todo!()
}

/// Why a run found nothing, or little.
#[must_use]
pub fn why_quiet(run: &RunRecord, enabled: bool, locale: firstsight_engine::Locale) -> WhyQuiet {
    let _ = (run, enabled, locale);
    todo!()
}
