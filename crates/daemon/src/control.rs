//! What is asked of a daemon that runs inspections.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use firstsight_config::{InspectionConfig, OverrideKey};
use firstsight_engine::{Locale, Time};
use firstsight_inspection::{RunRecord, Trigger};
use firstsight_sink::KeyStanding;
use firstsight_store::{Said, Store};

use crate::error::DaemonError;

/// What a page, an API or a command line asks of a daemon. Everything but [`run_now`](Self::run_now) and changes is answered from
/// memory.
#[async_trait]
pub trait Control: std::fmt::Debug + Send + Sync {
    /// The present, by the daemon's clock.
    fn now(&self) -> Time;

    /// When the daemon started.
    fn started(&self) -> Time;

    /// The configuration's file, for people.
    fn configuration(&self) -> String;

    /// The language that is used where nobody chose one.
    fn locale(&self) -> Locale;

    /// The names of the alert policies, by their order in the file.
    fn policies(&self) -> Vec<String>;

    /// Every inspection, by its order in the file.
    fn inspections(&self) -> Vec<InspectionState>;

    /// The state of an inspection: each has one of its own.
    fn store(&self, inspection: &str) -> Option<Arc<dyn Store>>;

    /// What IAM said of an inspection's long-lived access keys behind its last run, by id: of those used last; of none where
    /// IAM is not asked.
    fn key_standings(&self, inspection: &str) -> Arc<BTreeMap<String, KeyStanding>>;

    /// What delivery is at, by sink.
    fn deliveries(&self) -> Vec<DeliveryStatus>;

    /// States whose inspection is no longer configured, and that events wait in: the daemon delivers them, as far as it has
    /// the sinks.
    fn left(&self) -> Vec<LeftState>;

    /// What became of the last reload, where there was one.
    fn last_reload(&self) -> Option<LastReload>;

    /// Whether the daemon is up: its states are open, and its scheduler lives.
    fn ready(&self) -> Result<(), String>;

    /// Moves whenever something has changed that a page may show: a run began or ended, something was delivered, or a
    /// person changed something. Pages that are live ask for it.
    fn version(&self) -> u64;

    /// Starts a run at once, of the window that ended last; its id. Disabled inspections too.
    ///
    /// # Errors
    /// [`DaemonError::UnknownInspection`], [`AlreadyRunning`](DaemonError::AlreadyRunning), [`Stopping`](DaemonError::Stopping).
    async fn run_now(&self, inspection: &str, by: &str) -> Result<String, DaemonError>;

    /// Changes a setting by hand. It holds from now on, over the configuration's value, and is written into the audit log.
    ///
    /// # Errors
    /// [`DaemonError::Invalid`] when the value makes no sense; nothing was changed.
    async fn set_override(
        &self,
        inspection: &str,
        key: OverrideKey,
        value: &str,
        said: &Said,
    ) -> Result<(), DaemonError>;

    /// Drops what was changed by hand: the configuration's value stands again.
    ///
    /// # Errors
    /// [`DaemonError::Store`] with not-found when it was not changed.
    async fn drop_override(&self, inspection: &str, key: OverrideKey, said: &Said)
    -> Result<(), DaemonError>;

    /// Makes what a sink refused for good due again, in every state, and delivers it soon; how many deliveries. Each state's
    /// audit log says so.
    ///
    /// # Errors
    /// [`DaemonError::UnknownSink`]; [`DaemonError::Store`] when a state cannot be written: what others hold may be due again.
    async fn retry_parked(&self, sink: &str, said: &Said) -> Result<u64, DaemonError>;

    /// What was changed by hand, as TOML to be put into the file.
    fn export_overrides(&self) -> String;

    /// Notes that a person changed something in a state directly (an acknowledgement, a mute): moves
    /// [`version`](Self::version).
    fn changed(&self);
}

/// An inspection as it stands.
#[derive(Clone, Debug)]
pub struct InspectionState {
    /// Its name.
    pub name: String,
    /// What the file says.
    pub configured: InspectionConfig,
    /// What holds: the file, with what was changed by hand.
    pub effective: InspectionConfig,
    /// What was changed by hand, by key.
    pub overrides: Vec<OverrideState>,
    /// What it reads, in words.
    pub source: String,
    /// The run that goes on.
    pub running: Option<RunningRun>,
    /// The last run that ended.
    pub last: Option<RunRecord>,
    /// The last run that ended well.
    pub last_ok: Option<RunRecord>,
    /// How many runs in a row have failed.
    pub failures: u32,
    /// When it runs next; `None` when it is disabled or its schedule has no tick.
    pub next: Option<NextRun>,
    /// Runs by outcome since the daemon started.
    pub totals: Vec<(firstsight_inspection::Outcome, u64)>,
}

/// A setting that can be changed by hand, beside what the file says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingState {
    /// The setting.
    pub key: OverrideKey,
    /// What the file says, in TOML.
    pub configured: String,
    /// What holds, in TOML.
    pub effective: String,
    /// Who changed it, when and why.
    pub said: Option<Said>,
}

impl InspectionState {
    /// Every setting that can be changed by hand, in the order of [`OverrideKey::ALL`].
    #[must_use]
    pub fn settings(&self) -> Vec<SettingState> {
        let setting = |key: &OverrideKey| SettingState {
            key: *key,
            configured: self.configured.value(*key),
            effective: self.effective.value(*key),
            said: self
                .overrides
                .iter()
                .find(|changed| changed.key == *key)
                .map(|changed| changed.said.clone()),
        };
        OverrideKey::ALL.iter().map(setting).collect()
    }
}

/// What was changed by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideState {
    /// The setting.
    pub key: OverrideKey,
    /// Its value, in TOML.
    pub value: String,
    /// Who, when and why.
    pub said: Said,
}

/// A run that goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningRun {
    /// Its id.
    pub id: String,
    /// When it began.
    pub started: Time,
    /// The tick that it is for.
    pub tick: Time,
    /// Who asked for it.
    pub trigger: Trigger,
    /// By name, where it was a person; empty else.
    pub by: String,
    /// Bytes read so far.
    pub bytes: u64,
    /// Partitions that are done, and all that there are: 0 until the source has listed them.
    pub partitions: (u64, u64),
}

/// A run to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextRun {
    /// The tick.
    pub tick: Time,
    /// When it starts: settled, and with its jitter; later while it backs off.
    pub starts: Time,
}

/// What delivery to a sink is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryStatus {
    /// The sink.
    pub sink: String,
    /// Events that it took since the daemon started.
    pub delivered: u64,
    /// Events that it refused for good since the daemon started.
    pub parked: u64,
    /// Attempts that failed since the daemon started.
    pub failed: u64,
    /// What it said when it failed last, while it has not taken anything since; without addresses and secrets.
    pub error: Option<String>,
    /// When it took something last.
    pub last: Option<Time>,
}

/// What waits in a state whose inspection is no longer configured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftState {
    /// The inspection that was.
    pub inspection: String,
    /// How many events wait, by sink: as it was when somebody looked last, a minute ago at most.
    pub waiting: Vec<(String, u64)>,
}

/// What became of a reload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastReload {
    /// When.
    pub at: Time,
    /// What was wrong with the file, if anything: the configuration from before stays then.
    pub error: Option<String>,
    /// The keys that were changed since the daemon started, and that only another start takes: `server.bind`.
    pub needs_restart: Vec<String>,
}
