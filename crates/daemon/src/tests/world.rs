//! A made-up world: sources that do what a test wants, sinks that remember, a clock that is driven.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use firstsight_cloudtrail::TimeRange;
use firstsight_config::{
    Config, ConfigError, InspectionConfig, Mistake, Opening, SourceConfig, Surroundings,
};
use firstsight_engine::Time;
use firstsight_inspection::{Ingest, Settings};
use firstsight_sink::{Delivery, Event, KeyStanding, Sink, SinkError};
use firstsight_source::memory::MemorySource;
use firstsight_source::{LogSource, Page, Partition, Position, SourceError, UnitId};
use tokio::sync::Notify;

use crate::opening::{Doors, Opened};
use crate::{Control as _, Daemon, DaemonOptions, DrivenClock, InspectionState};

/// What opening a source does.
#[derive(Clone, Debug)]
pub(super) enum Opens {
    /// These records.
    Records(Vec<String>),
    /// It cannot be reached.
    Fails,
    Panics,
    /// Until the run is asked to end.
    Hangs,
    /// It opens and is listed, and its first page never comes.
    NeverAnswers,
    /// Until the test says so; then there is nothing in it.
    Waits(Arc<Notify>),
}

/// Doors that a test opens and shuts.
#[derive(Debug, Default)]
pub(super) struct Stage {
    /// What comes next, by inspection; the last one stays.
    pub(super) sources: Mutex<BTreeMap<String, VecDeque<Opens>>>,
    pub(super) sinks: Mutex<Vec<(String, Arc<dyn Sink>)>>,
    /// What is wrong with the sinks.
    pub(super) mistake: Mutex<Option<String>>,
    /// What IAM says; `None`: it cannot be asked.
    pub(super) iam: Mutex<Option<BTreeMap<String, KeyStanding>>>,
    /// The keys that it was asked for.
    pub(super) asked: Mutex<Vec<(String, String)>>,
    /// How many sources are being opened right now, and the most that ever were.
    pub(super) opening: Mutex<(usize, usize)>,
}

struct Counted<'a>(&'a Mutex<(usize, usize)>);

impl<'a> Counted<'a> {
    fn new(count: &'a Mutex<(usize, usize)>) -> Self {
        let mut opening = count.lock().unwrap();
        opening.0 += 1;
        opening.1 = opening.1.max(opening.0);
        Self(count)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.lock().unwrap().0 -= 1;
    }
}

impl Stage {
    pub(super) fn set(&self, inspection: &str, opens: impl IntoIterator<Item = Opens>) {
        let mut sources = self.sources.lock().unwrap();
        sources.insert(inspection.to_owned(), opens.into_iter().collect());
    }

    fn opens(&self, inspection: &str) -> Opens {
        let mut sources = self.sources.lock().unwrap();
        let all = sources.entry(inspection.to_owned()).or_default();
        match all.len() {
            0 => Opens::Records(Vec::new()),
            1 => all[0].clone(),
            _ => all.pop_front().unwrap(),
        }
    }
}

#[async_trait]
impl Doors for Stage {
    async fn source(&self, _: &Config, inspection: &InspectionConfig, now: Time) -> Result<Opened, String> {
        let _counted = Counted::new(&self.opening);
        let records = match self.opens(&inspection.name) {
            Opens::Records(records) => records,
            Opens::Fails => return Err("cannot reach it: connection refused".to_owned()),
            Opens::Panics => panic!("of a source"),
            Opens::Hangs => std::future::pending().await,
            Opens::NeverAnswers => return Ok(opened(Arc::new(Silence), now)),
            Opens::Waits(until) => {
                until.notified().await;
                Vec::new()
            }
        };
        let records = records.iter().enumerate();
        let units = records.map(|(place, record)| (format!("{place}"), record.clone()));
        Ok(opened(Arc::new(MemorySource::new(units)), now))
    }

    async fn standings(
        &self,
        inspection: &InspectionConfig,
        keys: &[(String, String)],
        _: Time,
    ) -> Result<BTreeMap<String, KeyStanding>, String> {
        self.asked.lock().unwrap().extend(keys.iter().cloned());
        let known = self.iam.lock().unwrap().clone();
        known.ok_or_else(|| format!("{}: access denied", inspection.name))
    }

    fn settings(&self, config: &Config, inspection: &InspectionConfig) -> Result<Settings, String> {
        Ok(Settings {
            alerting: inspection.alerting(config),
            ..inspection.settings.clone()
        })
    }

    fn forget(&self, _: &InspectionConfig) {}

    fn sinks(&self, config: &Config) -> Result<Vec<Opening>, ConfigError> {
        if let Some(said) = self.mistake.lock().unwrap().clone() {
            return Err(ConfigError {
                file: config.file.clone(),
                mistakes: vec![Mistake {
                    said,
                    ..Mistake::default()
                }],
            });
        }
        let sinks = self.sinks.lock().unwrap();
        let open = sinks.iter().map(|(name, sink)| Opening {
            name: name.clone(),
            sink: Arc::clone(sink),
        });
        Ok(open.collect())
    }
}

fn opened(source: Arc<dyn LogSource>, now: Time) -> Opened {
    Opened {
        source,
        ingest: Ingest::new("memory", now),
        newest: None,
        is_service: false,
        notes: Box::new(Vec::new),
    }
}

/// A source of one partition whose first page never comes.
#[derive(Debug)]
struct Silence;

#[async_trait]
impl LogSource for Silence {
    fn describe(&self) -> String {
        "silence".to_owned()
    }

    async fn partitions(&self, _: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        Ok(vec![Partition {
            id: "silence".to_owned(),
            units: Vec::new(),
            size_hint: 0,
        }])
    }

    async fn page(&self, _: &Partition, _: Option<Position>) -> Result<Page, SourceError> {
        std::future::pending().await
    }

    async fn acknowledge(&self, _: &[UnitId]) -> Result<(), SourceError> {
        Ok(())
    }
}

/// A sink that remembers what it was shown, and may keep a test waiting.
#[derive(Debug, Default)]
pub(super) struct Remembers {
    pub(super) events: Mutex<Vec<String>>,
    pub(super) fails: Mutex<bool>,
    pub(super) refuses: Mutex<bool>,
    pub(super) hangs: bool,
}

impl std::fmt::Display for Remembers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("remembers")
    }
}

#[async_trait]
impl Sink for Remembers {
    fn describe(&self) -> String {
        "remembers".to_owned()
    }

    fn idempotent(&self) -> bool {
        true
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if *self.fails.lock().unwrap() {
            return Err(SinkError::from_io("remembers", std::io::Error::other("no room")));
        }
        if *self.refuses.lock().unwrap() {
            let reason = "too long".to_owned();
            return Ok(vec![Delivery::Refused { reason }; events.len()]);
        }
        let mut kept = self.events.lock().unwrap();
        kept.extend(events.iter().map(|event| event.id.clone()));
        Ok(vec![Delivery::Delivered; events.len()])
    }
}

pub(super) struct Nothing(pub(super) Arc<DrivenClock>);

impl Surroundings for Nothing {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn read(&self, _: &std::path::Path) -> std::io::Result<String> {
        Err(std::io::ErrorKind::NotFound.into())
    }

    fn now(&self) -> Time {
        use crate::Clock as _;
        self.0.now()
    }
}

/// A daemon at work in a made-up world.
pub(super) struct World {
    pub(super) daemon: Arc<Daemon>,
    pub(super) clock: Arc<DrivenClock>,
    pub(super) stage: Arc<Stage>,
    pub(super) folder: tempfile::TempDir,
    serving: tokio::task::JoinHandle<()>,
}

pub(super) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// These inspections, hourly, and a policy that sends everything to every sink that is named.
pub(super) fn config(inspections: &[&str], sinks: &[&str]) -> Config {
    let inspection = |name: &&str| InspectionConfig {
        jitter_seconds: 0,
        settings: Settings {
            inspection: (*name).to_owned(),
            min_history_hours: 0,
            ..Settings::default()
        },
        ..InspectionConfig::new(*name, SourceConfig::Files(Vec::new()))
    };
    let mut config = Config {
        file: "firstsight.toml".to_owned(),
        inspections: inspections.iter().map(inspection).collect(),
        ..Config::default()
    };
    config
        .alerting
        .policies
        .push(firstsight_inspection::alert::AlertPolicy {
            name: "everything".to_owned(),
            to: sinks.iter().map(|sink| (*sink).to_owned()).collect(),
            ..firstsight_inspection::alert::AlertPolicy::default()
        });
    config
}

impl World {
    /// A new world in which it is 2026-01-01T12:00.
    pub(super) async fn new(config: Config, stage: Stage) -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self::again(config, Arc::new(stage), folder, at("2026-01-01T12:00:00Z"), 2).await
    }

    /// The world as another daemon has left it.
    pub(super) async fn again(
        config: Config,
        stage: Arc<Stage>,
        folder: tempfile::TempDir,
        now: Time,
        workers: usize,
    ) -> Self {
        let clock = Arc::new(DrivenClock::new(now));
        let options = DaemonOptions {
            config,
            states: folder.path().to_owned(),
            clock: Arc::clone(&clock) as _,
            surroundings: Arc::new(Nothing(Arc::clone(&clock))),
            workers,
            seed: 1,
        };
        let daemon = Daemon::behind(options, Arc::clone(&stage) as _).await.unwrap();
        let serving = tokio::spawn({
            let daemon = Arc::clone(&daemon);
            async move { daemon.serve().await }
        });
        Self {
            daemon,
            clock,
            stage,
            folder,
            serving,
        }
    }

    /// Moves the clock, and waits until all is done.
    pub(super) async fn go_to(&self, time: &str) {
        self.clock.set(at(time));
        self.daemon.idle().await;
    }

    /// Moves the clock while something goes on.
    pub(super) async fn pass_to(&self, time: &str) {
        self.clock.set(at(time));
        tokio::task::yield_now().await;
    }

    pub(super) fn state(&self, inspection: &str) -> InspectionState {
        let all = self.daemon.inspections();
        all.into_iter().find(|state| state.name == inspection).unwrap()
    }

    /// Outcome and trigger of an inspection's runs, the oldest first.
    pub(super) async fn runs(&self, inspection: &str) -> Vec<String> {
        let store = self.daemon.store(inspection).unwrap();
        let runs = store.runs(&firstsight_store::RunQuery::default()).await.unwrap();
        let told = |run: &firstsight_store::StoredRun| {
            let record = firstsight_inspection::RunRecord::of(run).unwrap();
            format!("{} {} {:?}", record.tick, record.outcome.as_str(), record.trigger)
        };
        let mut runs: Vec<_> = runs.iter().map(|run| (run.started, told(run))).collect();
        runs.sort();
        runs.into_iter().map(|(_, told)| told).collect()
    }

    /// Stops the daemon; the world stays.
    pub(super) async fn stop(self) -> (Arc<Stage>, tempfile::TempDir) {
        self.daemon.stop().await;
        self.serving.await.unwrap();
        (self.stage, self.folder)
    }

    /// Ends the daemon without a word, as a kill does.
    pub(super) fn kill(self) -> (Arc<Stage>, tempfile::TempDir) {
        self.serving.abort();
        (self.stage, self.folder)
    }
}

/// An error record.
pub(super) fn record(id: &str, time: &str, call: &str) -> String {
    format!(
        r#"{{"eventTime":"{time}","eventSource":"iam.amazonaws.com","eventName":"{call}","errorCode":"AccessDenied",
        "errorMessage":"no","recipientAccountId":"111122223333","eventID":"{id}"}}"#
    )
}
