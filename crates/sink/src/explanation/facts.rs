//! What an explanation is made from.

use firstsight_engine::{
    Class, ClusterId, Dimension, Finding, HourCount, LifeCycle, Sample, Sensitivity, Span, Time, Verb,
};
use serde::{Deserialize, Serialize};

use super::{Asked, Technique, Variable};
use crate::event::KeyActivity;

/// What is known of one cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Facts {
    /// What was asked for.
    pub asked: Asked,
    /// The cluster.
    pub cluster: ClusterId,
    /// Its account.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`, empty where the records have none.
    pub error_code: String,
    /// Its template for people.
    pub template: String,
    /// What stood for its variables.
    pub variables: Vec<Variable>,
    /// What kind of error it is.
    pub class: Class,
    /// Whether the call reads or changes something.
    pub verb: Verb,
    /// How sensitive the call is.
    pub sensitivity: Sensitivity,
    /// What the call is known for as an attack, with or without a name.
    pub technique: Option<Technique>,
    /// What people said of it.
    pub life_cycle: LifeCycle,
    /// Who said that, when and why.
    pub said: Option<Says>,
    /// The start of the window whose judgement recorded it first.
    pub founded: Time,
    /// All its remembered occurrences.
    pub seen: Span,
    /// Its occurrences an hour, by hour.
    pub hours: Vec<HourCount>,
    /// Its dimension values with their remembered occurrences.
    pub values: Vec<(Dimension, String, u64)>,
    /// The access keys among them.
    pub keys: Vec<KeyActivity>,
    /// Its kept records.
    pub samples: Vec<Sample>,
    /// Its findings: the one that was asked for first, then the newest first.
    pub findings: Vec<Finding>,
    /// How many findings there are besides.
    pub more_findings: u64,
    /// Whether the first finding's window was fully read; `None` where that is not remembered.
    pub complete: Option<bool>,
    /// What was changed by people or in their name: the newest first.
    pub history: Vec<Change>,
    /// Where it is kept, for commands.
    pub kept: Kept,
}

/// Where a cluster is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Kept {
    /// In the state that commands use by themselves.
    #[default]
    Default,
    /// In the state at this path.
    At(String),
    /// Nowhere: a source was read for this answer only, and nothing can be said of it.
    Nowhere,
}

/// Who said something, when and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Says {
    /// Who.
    pub by: String,
    /// When.
    pub at: Time,
    /// Why, in their words; empty where they did not say.
    pub note: String,
}

/// Something that was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Who, when and why.
    #[serde(flatten)]
    pub said: Says,
    /// What was done: `acknowledge`, `expect`, `archive`, `resolve`, `reopen`, `escalate`, …
    pub action: String,
    /// What stood before, empty where nothing did.
    pub before: String,
    /// What stands now, empty where nothing does.
    pub after: String,
}
