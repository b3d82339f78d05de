//! What people said of a cluster.

use std::fmt;
use std::str::FromStr;

use firstsight_cloudtrail::{TimeRange, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// What people said of a cluster. Its text form is one word (`archived-until:2026-02-01T00:00:00Z` is the longest).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LifeCycle {
    /// Nothing.
    #[default]
    Open,
    /// Somebody looks after it: it is told of as before, and holds no fault open.
    Acknowledged,
    /// It belongs to the baseline: nothing is told of it.
    Expected,
    /// Out of sight: nothing is told of it until then.
    Archived(Until),
    /// Mended; the next occurrence is a return. While it stays resolved, occurrences less than a day apart are one
    /// return.
    Resolved,
}

/// How long something stays archived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Until {
    /// Until it escalates: it surges, or a new actor's finding of severity error or above comes up.
    Escalation,
    /// Until windows that end behind this moment.
    Time(Timestamp),
    /// For ever.
    Forever,
}

impl LifeCycle {
    /// As it is in a window: what was archived until a moment is open in windows that end behind it.
    #[must_use]
    pub fn within(self, window: TimeRange) -> Self {
        match self {
            Self::Archived(Until::Time(until)) if window.end > until => Self::Open,
            said => said,
        }
    }

    /// Whether nothing is told of the cluster, an escalation excepted.
    #[must_use]
    pub const fn silences(self) -> bool {
        matches!(self, Self::Expected | Self::Archived(_))
    }
}

impl fmt::Display for LifeCycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => f.pad("open"),
            Self::Acknowledged => f.pad("acknowledged"),
            Self::Expected => f.pad("expected"),
            Self::Archived(Until::Forever) => f.pad("archived"),
            Self::Archived(Until::Escalation) => f.pad("archived-until-escalation"),
            Self::Archived(Until::Time(until)) => write!(f, "archived-until:{until}"),
            Self::Resolved => f.pad("resolved"),
        }
    }
}

/// The text names no life cycle.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no life cycle is called {text:?}")]
pub struct InvalidLifeCycle {
    /// The text.
    pub text: String,
}

impl FromStr for LifeCycle {
    type Err = InvalidLifeCycle;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidLifeCycle {
            text: text.to_owned(),
        };
        Ok(match text {
            "open" => Self::Open,
            "acknowledged" => Self::Acknowledged,
            "expected" => Self::Expected,
            "archived" => Self::Archived(Until::Forever),
            "archived-until-escalation" => Self::Archived(Until::Escalation),
            "resolved" => Self::Resolved,
            _ => {
                let until = text.strip_prefix("archived-until:").ok_or_else(invalid)?;
                Self::Archived(Until::Time(until.parse().map_err(|_| invalid())?))
            }
        })
    }
}

impl Serialize for LifeCycle {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LifeCycle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn every() -> [LifeCycle; 7] {
        let at = "2026-02-01T00:00:00Z".parse().unwrap();
        [
            LifeCycle::Open,
            LifeCycle::Acknowledged,
            LifeCycle::Expected,
            LifeCycle::Archived(Until::Escalation),
            LifeCycle::Archived(Until::Time(at)),
            LifeCycle::Archived(Until::Forever),
            LifeCycle::Resolved,
        ]
    }

    #[test]
    fn each_is_one_word_that_reads_back() {
        for said in every() {
            let word = serde_json::to_string(&said).unwrap();
            assert!(!word.contains(' '), "{word}");
            assert_eq!(serde_json::from_str::<LifeCycle>(&word).unwrap(), said);
            assert_eq!(said.to_string().parse(), Ok(said));
        }
    }

    #[test]
    fn other_words_are_refused() {
        for word in ["", "Open", "archived-until:", "archived-until:tomorrow"] {
            assert!(word.parse::<LifeCycle>().is_err(), "{word}");
        }
    }

    #[test]
    fn what_is_archived_until_a_moment_is_open_behind_it() {
        let until: Timestamp = "2026-02-01T12:00:00Z".parse().unwrap();
        let said = LifeCycle::Archived(Until::Time(until));
        let window = |end: i64| TimeRange::hours_before(until.hour().plus(end), 1);
        assert_eq!(said.within(window(0)), said);
        assert_eq!(said.within(window(1)), LifeCycle::Open);
        let forever = LifeCycle::Archived(Until::Forever);
        assert_eq!(forever.within(window(1)), forever);
    }
}
