//! Where a cluster stands by what the data shows: new, going on, escalating, come back, mended, or quiet.

use std::collections::BTreeSet;

use firstsight_engine::{ClusterId, LifeCycle, Novelty, Range, Reason, Time};
use firstsight_store::{ClusterRow, FindingQuery, Store, StoreError};
use serde::{Deserialize, Serialize};

/// Where a cluster stands in the last 24 hours of data. The name in JSON is the word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Seen and recorded for the first time.
    New,
    /// Known, and it occurs.
    Ongoing,
    /// A surge was found, or it escalated.
    Escalating,
    /// It has come back.
    Returned,
    /// A person resolved it, and it has not come back.
    Resolved,
    /// It does not occur.
    Quiet,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 6] = [
        Self::New,
        Self::Ongoing,
        Self::Escalating,
        Self::Returned,
        Self::Resolved,
        Self::Quiet,
    ];

    /// The word that people read and write.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Ongoing => "ongoing",
            Self::Escalating => "escalating",
            Self::Returned => "returned",
            Self::Resolved => "resolved",
            Self::Quiet => "quiet",
        }
    }
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

/// How long data is recent, in milliseconds.
const RECENT: i64 = 24 * 3_600_000;

/// What tells the phases of a state's clusters apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phases {
    /// 24 hours before the newest record; `None` where there is no record.
    since: Option<Time>,
    escalating: BTreeSet<ClusterId>,
    returned: BTreeSet<ClusterId>,
}

impl Phases {
    /// Of what a store holds.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of(store: &dyn Store) -> Result<Self, StoreError> {
        Self::among(store, FindingQuery::default()).await
    }

    /// Of one cluster alone, for its page: no other one's findings are read.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn of_cluster(store: &dyn Store, cluster: ClusterId) -> Result<Self, StoreError> {
        let query = FindingQuery {
            cluster: Some(cluster),
            ..FindingQuery::default()
        };
        Self::among(store, query).await
    }

    async fn among(store: &dyn Store, query: FindingQuery) -> Result<Self, StoreError> {
        let Some(newest) = store.totals().await?.newest_record else {
            return Ok(Self::default());
        };
        let since = newest.plus_millis(-RECENT);
        let recent = FindingQuery {
            windows: Some(Range::new(since, Time::MAX)),
            ..query
        };
        let mut phases = Self {
            since: Some(since),
            ..Self::default()
        };
        for finding in store.findings(&recent).await? {
            if finding.novelty == Novelty::Surge || finding.reasons.contains(&Reason::Escalated) {
                phases.escalating.insert(finding.cluster);
            }
            if finding.novelty == Novelty::Returned {
                phases.returned.insert(finding.cluster);
            }
        }
        Ok(phases)
    }

    /// Where a cluster stands.
    #[must_use]
    pub fn phase(&self, cluster: &ClusterRow) -> Phase {
        let recent = |time: Time| self.since.is_some_and(|since| time >= since);
        if self.returned.contains(&cluster.id) {
            Phase::Returned
        } else if cluster.life_cycle == LifeCycle::Resolved {
            Phase::Resolved
        } else if self.escalating.contains(&cluster.id) {
            Phase::Escalating
        } else if cluster.seen.count == 0 || !recent(cluster.seen.last) {
            Phase::Quiet
        } else if recent(cluster.founded) && recent(cluster.seen.first) {
            Phase::New
        } else {
            Phase::Ongoing
        }
    }
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{Digest, Span};

    use super::*;

    fn hour(hour: i64) -> Time {
        Time::from_millis(hour * 3_600_000)
    }

    fn cluster(number: u8, founded: i64, first: i64, last: i64) -> ClusterRow {
        ClusterRow {
            id: ClusterId(Digest([number; 16])),
            account: "111122223333".to_owned(),
            event_source: String::new(),
            event_name: String::new(),
            error_code: String::new(),
            template: String::new(),
            life_cycle: LifeCycle::Open,
            said: None,
            founded: hour(founded),
            seen: Span {
                count: 2,
                first: hour(first),
                last: hour(last),
            },
            hours: Vec::new(),
            actors: 1,
            templates: 1,
            examples: Vec::new(),
        }
    }

    fn phases() -> Phases {
        Phases {
            since: Some(hour(100)),
            escalating: [ClusterId(Digest([1; 16]))].into(),
            returned: [ClusterId(Digest([2; 16]))].into(),
        }
    }

    #[test]
    fn the_last_day_of_data_decides() {
        let phase = |cluster: ClusterRow| phases().phase(&cluster);
        assert_eq!(phase(cluster(0, 100, 100, 110)), Phase::New);
        assert_eq!(phase(cluster(0, 99, 100, 110)), Phase::Ongoing);
        assert_eq!(
            phase(cluster(0, 105, 40, 105)),
            Phase::Ongoing,
            "only judged since"
        );
        assert_eq!(phase(cluster(0, 50, 40, 99)), Phase::Quiet);
        assert_eq!(phase(cluster(1, 50, 40, 110)), Phase::Escalating);
        assert_eq!(phase(cluster(2, 50, 40, 110)), Phase::Returned);
    }

    #[test]
    fn what_is_resolved_stays_so_until_it_returns() {
        let resolved = |number| ClusterRow {
            life_cycle: LifeCycle::Resolved,
            ..cluster(number, 50, 40, 110)
        };
        assert_eq!(phases().phase(&resolved(0)), Phase::Resolved);
        assert_eq!(phases().phase(&resolved(1)), Phase::Resolved);
        assert_eq!(phases().phase(&resolved(2)), Phase::Returned);
    }

    #[test]
    fn without_data_nothing_goes_on() {
        let carried_over = cluster(0, 100, 100, 110);
        assert_eq!(Phases::default().phase(&carried_over), Phase::Quiet);
    }

    #[test]
    fn each_is_the_word_of_its_json() {
        for phase in Phase::ALL {
            let json = serde_json::to_string(&phase).unwrap();
            assert_eq!(json, format!("{:?}", phase.as_str()));
        }
    }
}
