//! The plan: what becomes of each event of a judgement at each sink.
//!
//! Each policy decides by itself, event by event: does it match, is the event muted, is it an escalation, is the fault
//! silent, is it inside the hours, is it to be aggregated. Then caps are applied, by policy and sink; then, where several
//! policies name one sink, what they say is made one: what is sent at once wins over what is sent later, that over what is
//! withheld. So the order of policies decides nothing.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Severity, Time};
use firstsight_sink::{DigestCause, Event, EventKind, Status};
use firstsight_store::NewDelivery;

use super::Alerting;
use super::filter::About;
use super::mute::{Mute, muted_by};
use super::policy::{AlertPolicy, Outside};
use super::schedule::{is_inside, next_opening};
use super::told::{Memory, Told, Waits};
use super::withheld::Withheld;
use crate::bundle::bundle_of;

/// An event that is to be told, with what its fault remembers.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its findings, or where it has none the clusters that hold its fault; of a recovery, all that held it.
    pub about: Vec<About>,
    /// The severest that was found in its fault.
    pub severest: Status,
    /// What was told of its fault, by policy and sink (`POLICY/SINK`): moved along by the plan.
    pub told: &'a mut BTreeMap<String, Told>,
}

/// What becomes of each event, in the order given: one delivery a sink at most (what is sent at once wins over what is sent
/// later, that over what is withheld). Also moves along what the faults remember.
///
/// The events are those of one judgement: a policy's cap counts them together.
#[must_use]
pub fn plan(alerting: &Alerting, mutes: &[Mute], candidates: &mut [Candidate<'_>]) -> Vec<Vec<NewDelivery>> {
    let mutes: Vec<&Mute> = alerting.mutes.iter().chain(mutes).collect();
    let mut answers = Vec::new();
    for (number, candidate) in candidates.iter_mut().enumerate() {
        let said = match candidate.event.kind {
            EventKind::Recovered => recovery(alerting, candidate),
            EventKind::Opened | EventKind::Ongoing => news(alerting, &mutes, candidate),
        };
        answers.extend(said.into_iter().map(|answer| (number, answer)));
    }
    cap(alerting, candidates, &mut answers);
    let mut of_each = vec![Vec::new(); candidates.len()];
    for (number, answer) in answers {
        of_each[number].push(answer.delivery);
    }
    let planned = candidates.iter_mut().zip(of_each);
    planned
        .map(|(candidate, said)| as_one(alerting, candidate, said))
        .collect()
}

/// What a policy says of an event at a sink.
#[derive(Debug)]
struct Answer {
    /// The policy's place; none where nothing but the fault's memory decides.
    policy: Option<usize>,
    delivery: NewDelivery,
}

/// An event that opens a fault or goes on with it.
fn news(alerting: &Alerting, mutes: &[&Mute], candidate: &mut Candidate<'_>) -> Vec<Answer> {
    let muted = muted_by(mutes, candidate.event, &candidate.about);
    let mut answers = Vec::new();
    for (place, policy) in alerting.policies.iter().enumerate() {
        if !wants(policy, candidate, candidate.event.status) {
            continue;
        }
        for sink in sinks_now(policy, candidate) {
            let delivery = if muted.is_empty() {
                by_policy(policy, &sink, candidate)
            } else {
                let by = muted.iter().map(|id| (*id).to_owned()).collect();
                withheld(&sink, &Withheld::Muted { by })
            };
            let policy = Some(place);
            answers.push(Answer { policy, delivery });
        }
    }
    answers
}

/// Whether a policy is about an event.
fn wants(policy: &AlertPolicy, candidate: &Candidate<'_>, status: Status) -> bool {
    let is_listed = |severity: &Severity| Status::from(*severity) == status;
    let by_severity = policy.severities.is_empty() || policy.severities.iter().any(is_listed);
    let reaches = policy
        .filter
        .reaches(&candidate.event.inspection, &candidate.event.account);
    let about = &candidate.about;
    // What asks for certain findings does not ask for what is wrong with the inspection itself.
    let is_asked = candidate.event.trouble.is_none() || !policy.filter.asks_for_findings();
    by_severity
        && reaches
        && is_asked
        && (about.is_empty() || about.iter().any(|about| policy.filter.wants(about)))
}

/// The policy's sinks, and those that an escalation which is due adds; each once.
fn sinks_now(policy: &AlertPolicy, candidate: &mut Candidate<'_>) -> BTreeSet<String> {
    let memory = Memory(candidate.told);
    let escalated = policy.escalations.iter().flat_map(|escalation| &escalation.to);
    let due = escalated.filter(|sink| !memory.escalates(policy, sink, candidate.event).is_empty());
    policy.to.iter().chain(due).cloned().collect()
}

/// What becomes of an event that a policy is about, and that is not muted.
fn by_policy(policy: &AlertPolicy, sink: &str, candidate: &mut Candidate<'_>) -> NewDelivery {
    let event = candidate.event;
    let mut memory = Memory(candidate.told);
    let escalates = memory.escalates(policy, sink, event);
    if escalates.is_empty()
        && let Some(until) = memory.silent_until(policy, sink, event)
    {
        memory.pass_over(policy, sink);
        return withheld(sink, &Withheld::Silent { until });
    }
    let delivery = timed(policy, sink, event);
    if delivery.withheld.is_none() {
        memory.tell(policy, sink, event, escalates);
    }
    delivery
}

/// When an event is told, by the policy's hours and aggregation.
fn timed(policy: &AlertPolicy, sink: &str, event: &Event) -> NewDelivery {
    let time = event.window.end;
    if is_inside(&policy.hours, &policy.zone, time) {
        return match bucket_end(policy, time) {
            None => NewDelivery::to(sink),
            Some(end) => later(policy, sink, event, end, "in"),
        };
    }
    match (policy.outside, next_opening(&policy.hours, &policy.zone, time)) {
        (Outside::Drop, _) => {
            let policy = policy.name.clone();
            withheld(sink, &Withheld::OutsideHours { policy })
        }
        (Outside::Hold, Some(opening)) => later(policy, sink, event, opening, "held"),
        // Hours that never come would hold it for ever.
        (Outside::Hold, None) => NewDelivery::to(sink),
    }
}

/// The end of the aggregation window that a time lies in. They are aligned to multiples of their length.
fn bucket_end(policy: &AlertPolicy, time: Time) -> Option<Time> {
    let length = policy.aggregate.max(0).saturating_mul(1000);
    let begun = time.as_millis().checked_div_euclid(length)?;
    Some(Time::from_millis(begun.saturating_add(1).saturating_mul(length)))
}

fn later(policy: &AlertPolicy, sink: &str, event: &Event, at: Time, why: &str) -> NewDelivery {
    let key = format!("{why}:{}/{}@{at}", event.inspection, policy.name);
    NewDelivery {
        not_before: Some(at),
        bundle: bundle_of(DigestCause::Aggregated, &key),
        ..NewDelivery::to(sink)
    }
}

fn withheld(sink: &str, why: &Withheld) -> NewDelivery {
    NewDelivery {
        withheld: Some(why.to_string()),
        ..NewDelivery::to(sink)
    }
}

/// A recovery goes to the sinks that were told of the fault, whatever mutes, silence and filters say by now.
fn recovery(alerting: &Alerting, candidate: &mut Candidate<'_>) -> Vec<Answer> {
    let told = Memory(candidate.told).sinks();
    let mut answers: Vec<Answer> = Vec::new();
    for sink in &told {
        answers.extend(told_recovery(alerting, sink, candidate));
    }
    for (place, policy) in alerting.policies.iter().enumerate() {
        if wants(policy, candidate, candidate.severest) {
            let untold = policy.to.iter().filter(|sink| !told.contains(*sink));
            let policy = Some(place);
            answers.extend(untold.map(|sink| {
                let delivery = withheld(sink, &Withheld::NotTold);
                Answer { policy, delivery }
            }));
        }
    }
    answers
}

/// The policies that told the sink of the fault decide; where none of them is left, those that name the sink; and where no
/// policy names it, it is sent: another run may know the sink again.
fn told_recovery(alerting: &Alerting, sink: &str, candidate: &mut Candidate<'_>) -> Vec<Answer> {
    let memory = Memory(candidate.told);
    let naming = alerting
        .policies
        .iter()
        .enumerate()
        .filter(|(_, policy)| policy.names(sink));
    let naming: Vec<_> = naming.collect();
    let telling = naming
        .iter()
        .filter(|(_, policy)| memory.of(policy, sink).is_some());
    let telling: Vec<_> = telling.copied().collect();
    let deciding = if telling.is_empty() { naming } else { telling };
    let delivery = behind(memory.waits(sink, candidate.event.window.end), sink);
    if deciding.is_empty() {
        let policy = None;
        return vec![Answer { policy, delivery }];
    }
    let answer = |(place, policy): (usize, &AlertPolicy)| Answer {
        policy: Some(place),
        delivery: if policy.recovery {
            delivery.clone()
        } else {
            let policy = policy.name.clone();
            withheld(sink, &Withheld::NoRecovery { policy })
        },
    };
    deciding.into_iter().map(answer).collect()
}

/// At once, or together with what of the fault the sink is to be told later.
fn behind(waits: Option<Waits>, sink: &str) -> NewDelivery {
    let delivery = NewDelivery::to(sink);
    match waits {
        None => delivery,
        Some(Waits { until, bundle }) => NewDelivery {
            not_before: Some(until),
            bundle,
            ..delivery
        },
    }
}

/// What goes past a policy's cap at a sink is one notification: the severest are told one by one, then the first.
fn cap(alerting: &Alerting, candidates: &[Candidate<'_>], answers: &mut [(usize, Answer)]) {
    let mut of_sink: BTreeMap<(usize, String), Vec<usize>> = BTreeMap::new();
    for (at, (_, Answer { policy, delivery })) in answers.iter().enumerate() {
        if let (Some(policy), true) = (policy, *delivery == NewDelivery::to(&*delivery.sink)) {
            of_sink
                .entry((*policy, delivery.sink.clone()))
                .or_default()
                .push(at);
        }
    }
    for ((policy, _), mut at_once) in of_sink {
        let policy = &alerting.policies[policy];
        let event = |at: &usize| candidates[answers[*at].0].event;
        // Stable: of one severity in their order.
        at_once.sort_by_key(|at| std::cmp::Reverse(event(at).status));
        let kept = if policy.cap == 0 { usize::MAX } else { policy.cap };
        for at in at_once.into_iter().skip(kept) {
            let event = candidates[answers[at].0].event;
            let key = format!("{}/{}@{}", event.inspection, policy.name, event.window.end);
            answers[at].1.delivery.bundle = bundle_of(DigestCause::Capped, &key);
        }
    }
}

/// One delivery a sink, of all that the policies say. Sinks that get everything come first, the others by name.
fn as_one(alerting: &Alerting, candidate: &mut Candidate<'_>, said: Vec<NewDelivery>) -> Vec<NewDelivery> {
    let mut by_sink: BTreeMap<String, NewDelivery> = BTreeMap::new();
    for delivery in said
        .into_iter()
        .filter(|said| !alerting.sinks.contains(&said.sink))
    {
        let known = by_sink
            .entry(delivery.sink.clone())
            .or_insert_with(|| delivery.clone());
        if strength(&delivery) < strength(known) {
            *known = delivery;
        }
    }
    let mut memory = Memory(candidate.told);
    for delivery in by_sink.values().filter(|delivery| delivery.withheld.is_none()) {
        let bundle = delivery.bundle.clone();
        let waits = delivery.not_before.map(|until| Waits { until, bundle });
        memory.wait(&delivery.sink, waits.as_ref());
    }
    let everything = alerting.sinks.iter().map(NewDelivery::to);
    everything.chain(by_sink.into_values()).collect()
}

/// The least wins: at once, then at once with others, then the earlier, then withheld; then by text, so that it is always
/// the same one.
fn strength(delivery: &NewDelivery) -> (Option<&str>, Option<Time>, &str) {
    (
        delivery.withheld.as_deref(),
        delivery.not_before,
        &delivery.bundle,
    )
}
