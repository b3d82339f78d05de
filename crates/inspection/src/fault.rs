//! The fault ledger: what opens a fault, what keeps it open, and what ends it. Pure functions over values.
//!
//! A fault is the lasting bad state of one detection dimension: an inspection and an account. It is opened by a finding;
//! it goes on while a window has a new finding, or while one of its clusters still occurs and *holds* it; it recovers
//! after one completely read window with neither. A cluster holds its fault until a person acknowledged, expected or
//! archived it, or until it has held it for [`Settings::absorb_after_hours`](crate::Settings::absorb_after_hours).

use std::collections::BTreeMap;

use firstsight_engine::{ActiveCluster, ClusterId, Finding, LifeCycle, Range, Severity, Time};
use firstsight_sink::Trouble;
use firstsight_store::StoredFault;
use serde::{Deserialize, Serialize};

use crate::alert::About;
use crate::error::InspectionError;

/// An open fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Its id: the first event's.
    pub id: String,
    /// The end of the window that opened it.
    pub opened: Time,
    /// The end of the last window it was judged by.
    pub last_window_end: Time,
    /// Its clusters: since when each holds it.
    pub clusters: BTreeMap<ClusterId, Holding>,
    /// What was told of it, by policy and sink.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub told: BTreeMap<String, crate::alert::Told>,
    /// What is wrong with the inspection itself, as it was told last, where the fault is about that and not about an account:
    /// it has no clusters then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// A fault as it was stored.
///
/// # Errors
/// [`InspectionError::Undecodable`].
pub(crate) fn decode_fault(stored: &StoredFault) -> Result<Fault, InspectionError> {
    serde_json::from_slice(&stored.body).map_err(|source| InspectionError::Undecodable {
        id: stored.id.clone(),
        source,
    })
}

/// Whether a stored fault is about the inspection itself, not about an account. One that cannot be read is about an account:
/// whoever looks at it says so.
pub(crate) fn tells_trouble(stored: &StoredFault) -> bool {
    #[derive(Deserialize)]
    struct Body {
        #[serde(default)]
        trouble: Option<serde::de::IgnoredAny>,
    }
    let body: Result<Body, _> = serde_json::from_slice(&stored.body);
    body.is_ok_and(|body| body.trouble.is_some())
}

/// A cluster's hold on a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holding {
    /// The end of the window whose finding brought it in.
    pub since: Time,
    /// The severest of its findings.
    pub severity: Severity,
    /// What filters look at, from its findings; `None` in faults that an earlier version has opened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

impl Holding {
    /// With what a finding of a later judgement brings.
    fn merged(self, new: Self) -> Self {
        let about = match (self.about, new.about) {
            (Some(known), Some(new)) => Some(known.merged(new)),
            (known, new) => known.or(new),
        };
        Self {
            since: self.since.max(new.since),
            severity: self.severity.max(new.severity),
            about,
        }
    }
}

impl Fault {
    /// What is known of these of its clusters, by cluster.
    #[must_use]
    pub fn about<'a>(&self, clusters: impl IntoIterator<Item = &'a ClusterId>) -> Vec<About> {
        let about = |cluster: &ClusterId| {
            let known = self.clusters.get(cluster).and_then(|held| held.about.clone());
            known.unwrap_or_else(|| About::unknown(*cluster))
        };
        clusters.into_iter().map(about).collect()
    }
}

/// What one window shows of one account.
#[derive(Clone, Copy, Debug)]
pub struct Observation<'a> {
    /// The window.
    pub window: Range,
    /// Whether it was fully read.
    pub complete: bool,
    /// Whether it had been judged before: then only new findings count.
    pub rejudged: bool,
    /// Findings that alert and that no earlier judgement had recorded.
    pub findings: &'a [&'a Finding],
    /// Clusters that occur in the window.
    pub active: &'a [&'a ActiveCluster],
    /// How long a cluster holds a fault, in milliseconds.
    pub absorb_after: i64,
}

/// What becomes of a fault in one window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to tell.
    Quiet,
    /// It opens; the state has yet to be given its id.
    Opened(Fault),
    /// It goes on, in this state, with these of its clusters still occurring.
    Ongoing {
        /// The state behind it.
        fault: Fault,
        /// Clusters of the fault that occur in the window and hold it.
        holding: Vec<ClusterId>,
    },
    /// It is over.
    Recovered(Fault),
    /// It stays open without a word: the window was not fully read, so that silence proves nothing.
    Unknown,
}

/// Moves one account's fault by one window.
#[must_use]
pub fn advance(fault: Option<Fault>, seen: &Observation<'_>) -> Step {
    let Some(mut fault) = fault else {
        return if seen.findings.is_empty() {
            Step::Quiet
        } else {
            Step::Opened(open(seen))
        };
    };
    let past = seen.rejudged || seen.window.end <= fault.last_window_end;
    take_in(&mut fault, seen);
    if past && seen.findings.is_empty() {
        return Step::Quiet;
    }
    fault.last_window_end = fault.last_window_end.max(seen.window.end);
    let holding = seen.active.iter().filter(|active| holds(&fault, active, seen));
    let holding: Vec<ClusterId> = holding.map(|active| active.cluster).collect();
    if !seen.findings.is_empty() || !holding.is_empty() {
        Step::Ongoing { fault, holding }
    } else if seen.complete {
        Step::Recovered(fault)
    } else {
        Step::Unknown
    }
}

fn open(seen: &Observation<'_>) -> Fault {
    let end = seen.window.end;
    let mut fault = Fault {
        id: String::new(),
        opened: end,
        last_window_end: end,
        clusters: BTreeMap::new(),
        told: BTreeMap::new(),
        trouble: None,
    };
    take_in(&mut fault, seen);
    fault
}

fn take_in(fault: &mut Fault, seen: &Observation<'_>) {
    for finding in seen.findings {
        let new = Holding {
            since: seen.window.end,
            severity: finding.severity,
            about: Some(About::from(*finding)),
        };
        let held = match fault.clusters.remove(&finding.cluster) {
            Some(held) => held.merged(new),
            None => new,
        };
        fault.clusters.insert(finding.cluster, held);
    }
}

/// Whether a cluster that occurs in the window keeps the fault open.
fn holds(fault: &Fault, active: &ActiveCluster, seen: &Observation<'_>) -> bool {
    let said = active.life_cycle.within(seen.window);
    let untouched = matches!(said, LifeCycle::Open | LifeCycle::Resolved);
    let fresh = |held: &Holding| seen.window.end.as_millis() - held.since.as_millis() < seen.absorb_after;
    untouched && fault.clusters.get(&active.cluster).is_some_and(fresh)
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{Digest, Span, Until};

    use super::*;
    use crate::event::tests::finding;

    const HOUR: i64 = 3_600_000;

    fn window(hour: i64) -> Range {
        Range::new(
            Time::from_millis(hour * HOUR),
            Time::from_millis((hour + 1) * HOUR),
        )
    }

    fn active(cluster: u8, life_cycle: LifeCycle) -> ActiveCluster {
        ActiveCluster {
            cluster: ClusterId(Digest([cluster; 16])),
            account: "111122223333".to_owned(),
            template: String::new(),
            within: Span::at(Time::from_millis(0)),
            life_cycle,
            overflow: false,
        }
    }

    fn step(
        fault: Option<Fault>,
        hour: i64,
        findings: &[u8],
        active_now: &[ActiveCluster],
        complete: bool,
    ) -> Step {
        let findings: Vec<Finding> = findings.iter().map(|cluster| finding(*cluster)).collect();
        let findings: Vec<&Finding> = findings.iter().collect();
        let active_now: Vec<&ActiveCluster> = active_now.iter().collect();
        let seen = Observation {
            window: window(hour),
            complete,
            rejudged: false,
            findings: &findings,
            active: &active_now,
            absorb_after: 24 * HOUR,
        };
        advance(fault, &seen)
    }

    fn opened() -> Fault {
        match step(None, 10, &[1], &[active(1, LifeCycle::Open)], true) {
            Step::Opened(fault) => fault,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn no_finding_opens_nothing() {
        assert_eq!(
            step(None, 10, &[], &[active(1, LifeCycle::Open)], true),
            Step::Quiet
        );
    }

    #[test]
    fn a_finding_opens_at_its_windows_end() {
        assert_eq!(opened().opened, window(10).end);
    }

    #[test]
    fn goes_on_while_its_cluster_occurs() {
        let on = step(Some(opened()), 11, &[], &[active(1, LifeCycle::Open)], true);
        let Step::Ongoing { holding, .. } = on else {
            panic!("{on:?}")
        };
        assert_eq!(holding, [ClusterId(Digest([1; 16]))]);
    }

    #[test]
    fn another_known_cluster_does_not_keep_it_open() {
        let over = step(Some(opened()), 11, &[], &[active(2, LifeCycle::Open)], true);
        assert!(matches!(over, Step::Recovered(_)), "{over:?}");
    }

    #[test]
    fn recovers_after_one_completely_read_window() {
        assert!(matches!(
            step(Some(opened()), 11, &[], &[], true),
            Step::Recovered(_)
        ));
    }

    #[test]
    fn a_window_that_was_not_fully_read_recovers_nothing() {
        assert_eq!(step(Some(opened()), 11, &[], &[], false), Step::Unknown);
    }

    #[test]
    fn touched_clusters_hold_nothing() {
        for life_cycle in [
            LifeCycle::Acknowledged,
            LifeCycle::Expected,
            LifeCycle::Archived(Until::Forever),
        ] {
            let over = step(Some(opened()), 11, &[], &[active(1, life_cycle)], true);
            assert!(matches!(over, Step::Recovered(_)), "{life_cycle:?}: {over:?}");
        }
    }

    #[test]
    fn a_cluster_is_absorbed_after_24_hours_of_holding() {
        let still = step(Some(opened()), 33, &[], &[active(1, LifeCycle::Open)], true);
        assert!(matches!(still, Step::Ongoing { .. }), "{still:?}");
        let over = step(Some(opened()), 34, &[], &[active(1, LifeCycle::Open)], true);
        assert!(matches!(over, Step::Recovered(_)), "{over:?}");
    }

    #[test]
    fn an_older_window_without_findings_changes_nothing() {
        assert_eq!(step(Some(opened()), 9, &[], &[], true), Step::Quiet);
    }

    #[test]
    fn a_late_finding_joins_the_open_fault() {
        let on = step(Some(opened()), 9, &[2], &[], true);
        let Step::Ongoing { fault, .. } = on else {
            panic!("{on:?}")
        };
        assert_eq!((fault.clusters.len(), fault.last_window_end), (2, window(10).end));
    }

    #[test]
    fn remembers_what_filters_look_at() {
        let fault = opened();
        let about = fault.about(fault.clusters.keys());
        assert_eq!(about, [About::from(&finding(1))]);
    }

    #[test]
    fn a_fault_of_an_earlier_version_is_read_and_nothing_is_known_of_its_clusters() {
        let body = r#"{"id":"f","opened":"2026-01-01T00:00:00Z","last_window_end":"2026-01-01T00:00:00Z",
            "clusters":{"01010101010101010101010101010101":{"since":"2026-01-01T00:00:00Z","severity":"error"}}}"#;
        let fault: Fault = serde_json::from_str(body).unwrap();
        let cluster = ClusterId(Digest([1; 16]));
        assert_eq!(fault.about(fault.clusters.keys()), [About::unknown(cluster)]);
        let on = step(Some(fault), 10, &[1], &[], true);
        let Step::Ongoing { fault, .. } = on else {
            panic!("{on:?}")
        };
        assert_eq!(fault.about([&cluster]), [About::from(&finding(1))]);
    }
}
