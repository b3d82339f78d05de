//! What a fault remembers of what was told of it: kept with the fault, moved along by the plan.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::Time;
use firstsight_sink::{Event, Status};
use serde::{Deserialize, Serialize};

use super::policy::{AlertPolicy, Through};

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
    /// The escalations that were told, by their seconds.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub escalated: BTreeSet<i64>,
    /// What of the fault the sink is to be told later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Waits>,
}

/// A delivery of a fault's events that was planned for later.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Waits {
    /// Not before this time.
    pub until: Time,
    /// In this bundle.
    pub bundle: String,
}

/// What a fault remembers, with the keys that it is kept by.
#[derive(Debug)]
pub(super) struct Memory<'a>(pub(super) &'a mut BTreeMap<String, Told>);

/// `POLICY/SINK`. A sink's name has no slash; a policy's may.
fn key(policy: &str, sink: &str) -> String {
    format!("{policy}/{sink}")
}

impl Memory<'_> {
    pub(super) fn of(&self, policy: &AlertPolicy, sink: &str) -> Option<&Told> {
        self.0.get(&key(&policy.name, sink))
    }

    /// The sinks that were told anything of the fault.
    pub(super) fn sinks(&self) -> BTreeSet<String> {
        let sinks = self.0.keys().filter_map(|key| key.rsplit_once('/'));
        sinks.map(|(_, sink)| sink.to_owned()).collect()
    }

    /// Until when a policy says nothing of the fault to a sink; `None` when this event is to be told.
    pub(super) fn silent_until(&self, policy: &AlertPolicy, sink: &str, event: &Event) -> Option<Time> {
        let told = self.of(policy, sink)?;
        let until = told.at.plus_millis(policy.silence.max(0).saturating_mul(1000));
        let rises = event.status > told.status;
        let passes = match policy.through {
            Through::Findings => rises || !event.findings.is_empty(),
            Through::Severity => rises,
            Through::Nothing => false,
        };
        (event.window.end < until && policy.silence > 0 && !passes).then_some(until)
    }

    /// The escalations that are due to a sink and were not told to it yet.
    pub(super) fn escalates(&self, policy: &AlertPolicy, sink: &str, event: &Event) -> BTreeSet<i64> {
        let known = self.of(policy, sink).map(|told| &told.escalated);
        let due = policy.escalations.iter().filter(|escalation| {
            escalation.after <= event.fault.duration_seconds && escalation.to.iter().any(|to| to == sink)
        });
        let due = due.map(|escalation| escalation.after);
        due.filter(|after| known.is_none_or(|known| !known.contains(after)))
            .collect()
    }

    pub(super) fn tell(&mut self, policy: &AlertPolicy, sink: &str, event: &Event, escalated: BTreeSet<i64>) {
        let (at, status) = (event.window.end, event.status);
        let told = self.0.entry(key(&policy.name, sink)).or_insert(Told {
            at,
            status,
            silent: 0,
            escalated: BTreeSet::new(),
            waits: None,
        });
        told.at = told.at.max(at);
        told.status = status;
        told.silent = 0;
        told.escalated.extend(escalated);
    }

    pub(super) fn pass_over(&mut self, policy: &AlertPolicy, sink: &str) {
        if let Some(told) = self.0.get_mut(&key(&policy.name, sink)) {
            told.silent += 1;
        }
    }

    /// What a sink is to be told later than at this time.
    pub(super) fn waits(&self, sink: &str, now: Time) -> Option<Waits> {
        let waits = self.of_sink(sink).filter_map(|told| told.waits.as_ref());
        waits.filter(|waits| waits.until > now).max().cloned()
    }

    /// Notes when a sink is told the fault's last event.
    pub(super) fn wait(&mut self, sink: &str, waits: Option<&Waits>) {
        let end = format!("/{sink}");
        let told = self.0.iter_mut().filter(|(key, _)| key.ends_with(&end));
        told.for_each(|(_, told)| told.waits = waits.cloned());
    }

    fn of_sink(&self, sink: &str) -> impl Iterator<Item = &Told> {
        let end = format!("/{sink}");
        let of = self.0.iter().filter(move |(key, _)| key.ends_with(&end));
        of.map(|(_, told)| told)
    }
}
