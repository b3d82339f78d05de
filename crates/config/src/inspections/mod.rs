//! The inspections of a configuration, as they stand there, and what was changed by hand since.

mod changed;
mod open;
mod read;
mod source;

use std::path::PathBuf;

use firstsight_inspection::{CatchUp, Patience, Schedule, Settings};

pub use changed::{OverrideKey, export_overrides};
pub use open::open_settings;
pub(crate) use read::{Names, SHAPE, read};
pub use source::{CloudWatchConfig, GuanceLogsConfig, SourceConfig};

/// An inspection: a configured job.
#[derive(Clone, Debug, PartialEq)]
pub struct InspectionConfig {
    /// Its name: letters, digits, `-` and `_`.
    pub name: String,
    /// Its line in the file, from 1; 0 where it stands in variables.
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
    /// How judgements are made: window, baseline, retention, accounts, …; alerting and the table of severities are filled in
    /// when it is opened, see [`open_settings`].
    pub settings: Settings,
    /// The file with the rules of severity; the built-in ones where `None`.
    pub severity_table: Option<PathBuf>,
    /// How missed windows are caught up with.
    pub catch_up: CatchUp,
    /// When its own trouble is told.
    pub patience: Patience,
    /// The folder of the file that it stands in: relative paths are those from there.
    pub folder: PathBuf,
}

impl InspectionConfig {
    /// An inspection of a source about which nothing else is said.
    #[must_use]
    pub fn new(name: impl Into<String>, source: SourceConfig) -> Self {
        let name = name.into();
        Self {
            settings: Settings {
                inspection: name.clone(),
                ..Settings::default()
            },
            name,
            line: 0,
            enabled: true,
            source,
            schedule: Schedule::hourly(),
            timeout_seconds: 900,
            settle_seconds: 600,
            jitter_seconds: 30,
            redact: Vec::new(),
            iam: true,
            policies: None,
            severity_table: None,
            catch_up: CatchUp::default(),
            patience: Patience::default(),
            folder: PathBuf::new(),
        }
    }
}
