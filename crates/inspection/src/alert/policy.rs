//! Alert policies.

use firstsight_engine::Severity;
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::schedule::{Hours, ZoneName};

/// Which events go to which sinks, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertPolicy {
    /// Its name.
    pub name: String,
    /// Which events; a finding that matches is enough.
    pub filter: Filter,
    /// These severities; all when empty. Recoveries go where their fault was told.
    pub severities: Vec<Severity>,
    /// The sinks, by name; `SINK:TARGET` for a target of a sink.
    pub to: Vec<String>,
    /// At these hours; always when empty.
    pub hours: Vec<Hours>,
    /// The time zone of the hours.
    pub zone: ZoneName,
    /// What becomes of events outside the hours.
    pub outside: Outside,
    /// After a fault was told, nothing more is told of it for so long, in seconds; 0 tells everything. Default 24 h.
    pub silence: i64,
    /// What is told all the same.
    pub through: Through,
    /// Events within so many seconds are one notification; 0 for none. Default 0.
    pub aggregate: i64,
    /// At most so many notifications to a sink a judged window, the severest first; what goes past it is one digest. 0 for no
    /// cap. Default 20.
    pub cap: usize,
    /// Who is told besides when a fault stays open.
    pub escalations: Vec<Escalation>,
    /// Whether recoveries are told. Default yes.
    pub recovery: bool,
}

impl Default for AlertPolicy {
    fn default() -> Self {
        Self {
            name: String::new(),
            filter: Filter::default(),
            severities: Vec::new(),
            to: Vec::new(),
            hours: Vec::new(),
            zone: ZoneName::default(),
            outside: Outside::default(),
            silence: 86_400,
            through: Through::default(),
            aggregate: 0,
            cap: 20,
            escalations: Vec::new(),
            recovery: true,
        }
    }
}

impl AlertPolicy {
    /// Whether a sink is one of its own, or of its escalations.
    #[must_use]
    pub fn names(&self, sink: &str) -> bool {
        let escalated = self.escalations.iter().flat_map(|escalation| &escalation.to);
        self.to.iter().chain(escalated).any(|named| named == sink)
    }
}

/// What becomes of events outside a policy's hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outside {
    /// They are told when the hours begin, together.
    #[default]
    Hold,
    /// They are recorded and counted, not sent.
    Drop,
}

/// What is told of a fault although it is silent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Through {
    /// New findings, and a status that rises.
    #[default]
    Findings,
    /// A status that rises.
    Severity,
    /// Nothing.
    Nothing,
}

/// Who is told besides, when a fault has been open for so long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Escalation {
    /// Seconds since it opened.
    pub after: i64,
    /// The sinks.
    pub to: Vec<String>,
}
