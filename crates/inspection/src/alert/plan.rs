//! The plan: what becomes of each event of a judgement at each sink.

use std::collections::BTreeMap;

use firstsight_engine::Time;
use firstsight_sink::{Event, Status};
use firstsight_store::NewDelivery;
use serde::{Deserialize, Serialize};

use super::Alerting;
use super::filter::About;
use super::mute::Mute;

/// An event that is to be told, with what its fault remembers.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its findings, or where it has none the clusters that hold its fault.
    pub about: Vec<About>,
    /// What was told of its fault, by policy and sink (`POLICY/SINK`): moved along by the plan.
    pub told: &'a mut BTreeMap<String, Told>,
}

/// What a sink was told of a fault, by a policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// The time of the last event that was told.
    pub at: Time,
    /// Its status.
    pub status: Status,
    /// Events since then that were not told.
    #[serde(default)]
    pub silent: u64,
}

/// What becomes of each event, in the order given: one delivery a sink at most (what is sent at once wins over what is sent
/// later, that over what is withheld). Also moves along what the faults remember.
#[must_use]
pub fn plan(alerting: &Alerting, mutes: &[Mute], candidates: &mut [Candidate<'_>]) -> Vec<Vec<NewDelivery>> {
    let _ = (alerting, mutes, candidates);
    todo!()
}
