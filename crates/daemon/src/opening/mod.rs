//! Opens what an inspection reads, for one run.

mod cloudwatch;
mod files;
mod guance;
mod iam;

use std::sync::Arc;

use async_trait::async_trait;
use firstsight_cloudtrail::{Hour, Redaction};
use firstsight_config::{
    Config, ConfigError, InspectionConfig, Mistake, Opening, SourceConfig, Surroundings, open_settings,
    open_sinks,
};
use firstsight_engine::Time;
use firstsight_inspection::{Ingest, SETTLE_MILLIS, Settings};
use firstsight_source::LogSource;

use self::cloudwatch::Accesses;
use crate::keys::Standings;

/// A source, opened for a run.
pub(crate) struct Opened {
    pub(crate) source: Arc<dyn LogSource>,
    /// How it is read.
    pub(crate) ingest: Ingest,
    /// The hour behind the newest record, as far as it is known before reading.
    pub(crate) newest: Option<Hour>,
    /// Whether a service is asked.
    pub(crate) is_service: bool,
    /// What there is to say when it has been read.
    pub(crate) notes: Box<dyn Fn() -> Vec<String> + Send + Sync>,
}

/// The way into the world: tests have their own.
#[async_trait]
pub(crate) trait Doors: Send + Sync {
    /// Opens what an inspection reads. Files and services are asked; nothing is read.
    ///
    /// # Errors
    /// What is wrong, with its causes.
    async fn source(
        &self,
        config: &Config,
        inspection: &InspectionConfig,
        now: Time,
    ) -> Result<Opened, String>;

    /// What IAM says of each of these access keys, which are named with the account to ask: nothing where the source is not in
    /// AWS.
    ///
    /// # Errors
    /// Why IAM cannot be asked, with its causes.
    async fn standings(
        &self,
        inspection: &InspectionConfig,
        keys: &[(String, String)],
        now: Time,
    ) -> Result<Standings, String>;

    /// What an inspection is set to, with what stands in other files.
    ///
    /// # Errors
    /// What is wrong with those.
    fn settings(&self, config: &Config, inspection: &InspectionConfig) -> Result<Settings, String>;

    /// That a run could not read: what is kept of the source between runs is opened anew.
    fn forget(&self, inspection: &InspectionConfig);

    /// Opens the sinks; nothing is sent.
    ///
    /// # Errors
    /// Everything that is missing.
    fn sinks(&self, config: &Config) -> Result<Vec<Opening>, ConfigError>;
}

/// The real ones.
pub(crate) struct Real {
    surroundings: Arc<dyn Surroundings>,
    workers: usize,
    accesses: Accesses,
}

impl Real {
    pub(crate) fn new(surroundings: Arc<dyn Surroundings>, workers: usize) -> Self {
        Self {
            surroundings,
            workers: workers.max(1),
            accesses: Accesses::default(),
        }
    }
}

#[async_trait]
impl Doors for Real {
    async fn source(
        &self,
        config: &Config,
        inspection: &InspectionConfig,
        now: Time,
    ) -> Result<Opened, String> {
        let mut opened = match &inspection.source {
            SourceConfig::Files(paths) => files::open(paths, self.workers, now).await?,
            SourceConfig::CloudWatch(groups) => cloudwatch::open(groups, &self.accesses, now).await?,
            SourceConfig::GuanceLogs(logs) => guance::open(config, logs, &self.surroundings, now)?,
            _ => return Err("this kind of source cannot be read yet".to_owned()),
        };
        opened.ingest.redaction = redaction(inspection)?;
        Ok(opened)
    }

    async fn standings(
        &self,
        inspection: &InspectionConfig,
        keys: &[(String, String)],
        now: Time,
    ) -> Result<Standings, String> {
        match &inspection.source {
            SourceConfig::CloudWatch(groups) => {
                let access = self.accesses.get(groups, now).await?;
                iam::standings(&access, keys, now).await
            }
            _ => Ok(Standings::new()),
        }
    }

    fn settings(&self, config: &Config, inspection: &InspectionConfig) -> Result<Settings, String> {
        open_settings(config, inspection, &*self.surroundings).map_err(|error| error.to_string())
    }

    fn forget(&self, inspection: &InspectionConfig) {
        if let SourceConfig::CloudWatch(groups) = &inspection.source {
            self.accesses.forget(groups);
        }
    }

    fn sinks(&self, config: &Config) -> Result<Vec<Opening>, ConfigError> {
        let inspections = config.inspections.iter();
        let mut mistakes: Vec<Mistake> = inspections
            .flat_map(|inspection| self.check(config, inspection))
            .collect();
        let opened = open_sinks(config, &self.surroundings);
        if mistakes.is_empty() {
            return opened;
        }
        mistakes.extend(opened.err().into_iter().flat_map(|error| error.mistakes));
        mistakes.sort_by_key(|mistake| mistake.line);
        Err(ConfigError {
            file: config.file.clone(),
            mistakes,
        })
    }
}

impl Real {
    /// What can be seen to be wrong without asking anybody.
    fn check(&self, config: &Config, inspection: &InspectionConfig) -> Vec<Mistake> {
        let source = match &inspection.source {
            SourceConfig::CloudWatch(groups) => cloudwatch::check(groups),
            SourceConfig::GuanceLogs(logs) => guance::check(config, logs, &self.surroundings),
            _ => Ok(()),
        };
        let source = source.err().map(|said| Mistake {
            line: inspection.line,
            key: format!("inspections.{}.source", inspection.name),
            said,
            ..Mistake::default()
        });
        let settings = open_settings(config, inspection, &*self.surroundings).err();
        let settings = settings.into_iter().flat_map(|error| error.mistakes);
        settings.chain(source).collect()
    }
}

fn redaction(inspection: &InspectionConfig) -> Result<Redaction, String> {
    Redaction::new(&inspection.redact).map_err(|error| format!("redact: {error}"))
}

/// What an inspection reads, in words.
pub(crate) fn described(source: &SourceConfig) -> String {
    match source {
        SourceConfig::Files(paths) => files::described(paths),
        SourceConfig::CloudWatch(groups) => cloudwatch::described(groups),
        SourceConfig::GuanceLogs(logs) => format!("Guance logs {}", logs.sources.join(", ")),
        _ => String::new(),
    }
}

/// The last hour that has ended and settled: what a service is there to tell at the latest.
fn settled(now: Time) -> Hour {
    now.plus_millis(-SETTLE_MILLIS).hour()
}

/// How a source is read by several workers, who together hold no more than one does otherwise.
fn shared(name: &str, workers: usize, now: Time) -> Ingest {
    let options = Ingest::new(name, now);
    Ingest {
        workers,
        row_limit: options.row_limit / workers,
        weight_limit: options.weight_limit / workers,
        unit_limit: options.unit_limit / workers,
        ..options
    }
}
