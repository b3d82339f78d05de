//! The inspections of a configuration, as they stand there, and what was changed by hand since.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use firstsight_inspection::{CatchUp, Patience, Schedule, Settings};

use crate::reading::Section;

/// An inspection: a configured job.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectionConfig {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Its line in the file, from 1.
    pub line: usize,
    /// Whether it runs by itself. Default true.
    pub enabled: bool,
    /// Where it reads.
    pub source: SourceConfig,
    /// When it runs. Default every hour.
    pub schedule: Schedule,
    /// How long a run may take, in seconds. Default 900.
    pub timeout_seconds: u32,
    /// How long after its tick a run starts, in seconds: CloudTrail delivers late. Default 600.
    pub settle_seconds: u32,
    /// A run starts up to so many seconds later, by its name: inspections do not all start at once. Default 30.
    pub jitter_seconds: u32,
    /// What of records is taken out before anything is kept.
    pub redact: Vec<String>,
    /// Whether IAM is asked about access keys where the source is log groups. Default true.
    pub iam: bool,
    /// The alert policies that it is told by; all where `None`.
    pub policies: Option<Vec<String>>,
    /// How judgements are made: window, baseline, retention, accounts, …; its alerting is filled in when it is opened.
    pub settings: Settings,
    /// How missed windows are caught up with.
    pub catch_up: CatchUp,
    /// When its own trouble is told.
    pub patience: Patience,
}

/// Where an inspection reads.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SourceConfig {
    /// Files, folders and globs.
    Files(Vec<PathBuf>),
    /// Log groups of CloudWatch Logs.
    CloudWatch(Box<CloudWatchConfig>),
    /// CloudTrail in Guance's logs.
    GuanceLogs(Box<GuanceLogsConfig>),
}

/// Log groups, and how AWS is reached. What is left out comes from the SDK's default chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudWatchConfig {
    /// Names, patterns of names, ARNs.
    pub groups: Vec<String>,
    /// The regions to read.
    pub regions: Vec<String>,
    /// A profile of the shared configuration.
    pub profile: Option<String>,
    /// The roles to assume, one an account.
    pub role_arns: Vec<String>,
    /// What the roles' trust policies ask for.
    pub external_id: Option<String>,
    /// What CloudTrail shows as the session of assumed roles; `firstsight` by default.
    pub role_session_name: Option<String>,
    /// For every service.
    pub endpoint_url: Option<String>,
    /// FIPS endpoints.
    pub fips: bool,
    /// Endpoints that speak IPv6 too.
    pub dual_stack: bool,
    /// At most so many requests a second, account and region.
    pub requests_per_second: Option<NonZeroU32>,
    /// Every record, not only errors.
    pub all_records: bool,
}

/// Logs that Guance has stored.
#[derive(Clone, Debug, PartialEq)]
pub struct GuanceLogsConfig {
    /// The names of the log sources.
    pub sources: Vec<String>,
    /// The index; the default one when `None`.
    pub index: Option<String>,
    /// The sink whose workspace is asked; the only Guance sink's when `None`.
    pub sink: Option<String>,
}

/// A setting of an inspection that can be changed by hand, on the page or through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverrideKey {
    /// `enabled`: `true` or `false`.
    Enabled,
    /// `source.groups`, `source.paths` or `source.sources`: what is read, as a TOML list of texts.
    Filters,
    /// `schedule`: a cron expression.
    Schedule,
    /// `time_zone`: an IANA name.
    TimeZone,
    /// `policies`: a TOML list of names.
    Policies,
}

impl OverrideKey {
    /// Every key.
    pub const ALL: [Self; 5] = [
        Self::Enabled,
        Self::Filters,
        Self::Schedule,
        Self::TimeZone,
        Self::Policies,
    ];

    /// The name that people read, and that is stored: `enabled`, `filters`, `schedule`, `time-zone`, `policies`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Filters => "filters",
            Self::Schedule => "schedule",
            Self::TimeZone => "time-zone",
            Self::Policies => "policies",
        }
    }
}

impl InspectionConfig {
    /// The value of a setting as it stands, in TOML.
    #[must_use]
    pub fn value(&self, key: OverrideKey) -> String {
        let _ = key;
        todo!()
    }

    /// With a setting changed by hand; `policies` are the names that the configuration has. All of several overrides are
    /// applied one after the other.
    ///
    /// # Errors
    /// What is wrong with the value, for the one who wrote it.
    pub fn with(&self, key: OverrideKey, value: &str, policies: &[&str]) -> Result<Self, String> {
        let _ = (key, value, policies);
        todo!()
    }
}

/// What was changed by hand, as TOML that can be put into the file: of each inspection its overrides.
#[must_use]
pub fn export_overrides(overrides: &[(String, Vec<(OverrideKey, String)>)]) -> String {
    let _ = overrides;
    todo!()
}

/// Reads the inspections; relative paths are those from `folder`.
#[allow(dead_code, reason = "not read yet")]
pub(crate) fn read(inspections: &Section<'_>, folder: &Path, policies: &[String]) -> Vec<InspectionConfig> {
    let _ = (inspections, folder, policies);
    todo!()
}
