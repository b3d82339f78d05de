//! The plan, rule by rule, and what holds of it whatever is configured.

mod properties;
mod rules;

use std::collections::BTreeMap;

use firstsight_engine::{Range, Severity, Time};
use firstsight_sink::{Event, EventKind, Status};
use firstsight_store::NewDelivery;

use super::*;
use crate::event::tests::{example, finding};

/// Midnight of a Monday, UTC.
const MONDAY: i64 = 1_795_392_000;

/// The end of an hour's window, counted from Monday, 00:00.
fn end(hour: i64) -> Time {
    Time::from_secs(MONDAY + hour * 3600)
}

/// What one judged window says of one account.
#[derive(Clone, Debug)]
struct Said {
    account: u8,
    kind: EventKind,
    status: Status,
    /// The clusters of its findings; without one, cluster 1 holds the fault.
    found: Vec<u8>,
}

fn found(account: u8, status: Status, found: &[u8]) -> Said {
    let kind = EventKind::Ongoing;
    let found = found.to_vec();
    Said {
        account,
        kind,
        status,
        found,
    }
}

fn goes_on(account: u8, status: Status) -> Said {
    found(account, status, &[])
}

fn recovers(account: u8) -> Said {
    Said {
        kind: EventKind::Recovered,
        ..found(account, Status::Ok, &[])
    }
}

/// What every open fault remembers, by account, and when it opened.
#[derive(Clone, Debug, Default)]
struct Faults(BTreeMap<u8, (i64, BTreeMap<String, Told>)>);

impl Faults {
    /// Plans one window that ends at this hour: the deliveries of each event, in order.
    fn judge(
        &mut self,
        alerting: &Alerting,
        mutes: &[Mute],
        hour: i64,
        said: &[Said],
    ) -> Vec<Vec<NewDelivery>> {
        for said in said {
            self.0.entry(said.account).or_insert((hour, BTreeMap::new()));
        }
        let events: Vec<Event> = said
            .iter()
            .map(|said| event(said, hour, self.0[&said.account].0))
            .collect();
        let mut memories: Vec<_> = said.iter().map(|said| self.0[&said.account].1.clone()).collect();
        let rows = said.iter().zip(&events).zip(&mut memories);
        let mut candidates: Vec<_> = rows
            .map(|((said, event), told)| Candidate {
                event,
                about: about(said),
                severest: Status::Error,
                told,
            })
            .collect();
        let planned = plan(alerting, mutes, &mut candidates);
        for (said, told) in said.iter().zip(memories) {
            match said.kind {
                EventKind::Recovered => drop(self.0.remove(&said.account)),
                _ => self.0.get_mut(&said.account).unwrap().1 = told,
            }
        }
        planned
    }

    /// The same as lines: `1 chat: at once`.
    fn lines(&mut self, alerting: &Alerting, hour: i64, said: &[Said]) -> Vec<String> {
        let planned = self.judge(alerting, &[], hour, said);
        let rows = said.iter().zip(planned).flat_map(|(said, deliveries)| {
            let line = move |delivery: NewDelivery| format!("{} {}", said.account, line(&delivery));
            deliveries.into_iter().map(line)
        });
        rows.collect()
    }
}

fn event(said: &Said, hour: i64, opened: i64) -> Event {
    let findings: Vec<_> = said.found.iter().map(|cluster| finding(*cluster)).collect();
    let findings: Vec<_> = findings.iter().collect();
    let mut event = example(said.kind, &findings);
    event.account = format!("{:012}", said.account);
    event.id = format!("{hour}-{}", said.account);
    event.window = Range::new(end(hour - 1), end(hour));
    event.status = said.status;
    event.fault.duration_seconds = (hour - opened) * 3600;
    event
}

fn about(said: &Said) -> Vec<About> {
    let clusters: &[u8] = if said.found.is_empty() { &[1] } else { &said.found };
    clusters.iter().map(|cluster| about_cluster(*cluster)).collect()
}

/// Cluster 1 is of IAM, the others are of S3.
fn about_cluster(cluster: u8) -> About {
    let mut about = About::from(&finding(cluster));
    if cluster != 1 {
        about.event_source = "s3.amazonaws.com".to_owned();
    }
    about
}

fn line(delivery: &NewDelivery) -> String {
    let NewDelivery {
        sink,
        withheld,
        not_before,
        bundle,
    } = delivery;
    match (withheld, not_before) {
        (Some(why), _) => format!("{sink}: {why}"),
        (None, Some(time)) => format!("{sink}: {time} {bundle}"),
        (None, None) if bundle.is_empty() => format!("{sink}: at once"),
        (None, None) => format!("{sink}: {bundle}"),
    }
}

/// A policy that tells `chat` everything.
fn policy(set: impl FnOnce(&mut AlertPolicy)) -> AlertPolicy {
    let mut policy = AlertPolicy {
        name: "p".to_owned(),
        to: vec!["chat".to_owned()],
        silence: 0,
        ..AlertPolicy::default()
    };
    set(&mut policy);
    policy
}

fn alerting(policies: Vec<AlertPolicy>) -> Alerting {
    Alerting {
        policies,
        ..Alerting::default()
    }
}

fn pattern(text: &str) -> Pattern {
    Pattern::try_from(text.to_owned()).unwrap()
}

fn sinks(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every day from 08:00 until 20:00.
fn daytime() -> Vec<Hours> {
    vec![Hours {
        days: Vec::new(),
        from: 480,
        until: 1200,
    }]
}

fn mute(id: &str, set: impl FnOnce(&mut Filter)) -> Mute {
    let mut filter = Filter::default();
    set(&mut filter);
    Mute {
        id: id.to_owned(),
        filter,
        when: MuteTime::Once {
            from: None,
            until: None,
        },
        reason: "a secret matter".to_owned(),
        expires: None,
    }
}
