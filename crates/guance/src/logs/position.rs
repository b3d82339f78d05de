//! Where reading stands, as text that may be stored.

use firstsight_cloudtrail::Timestamp;
use firstsight_source::Position;
use firstsight_source::slices::{HOUR, Slice};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::pieces::Row;

/// Where a slice stands. Always between units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Standing {
    /// In the middle.
    Reading(Reading),
    /// Read to its end, by a run whose present was `at`: what came later was not seen.
    Done {
        /// That run's present.
        at: Timestamp,
    },
}

/// A read that goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Reading {
    /// Where the page before ended, as Guance said; empty for the first one.
    pub(super) after: Vec<Json>,
    /// The present of the run that it was said to.
    pub(super) given: Timestamp,
    /// The first stored time that is asked for: `after` goes with the query that it came from.
    pub(super) from: Timestamp,
    /// Where to start again without `after`: the last row's time, as long as all came in time order.
    pub(super) resume: Timestamp,
    /// Whether they did.
    pub(super) ordered: bool,
    /// The present of the run that began.
    pub(super) started: Timestamp,
}

/// How long `after` is sent: it names a place among rows of one time by what need not outlive the far side's
/// housekeeping, and nothing documented says how long it is good for.
const AFTER_LIFE: i64 = HOUR;

impl Reading {
    /// The first page from a stored time on.
    pub(super) fn new(from: Timestamp, started: Timestamp) -> Self {
        Self {
            after: Vec::new(),
            given: started,
            from,
            resume: from,
            ordered: true,
            started,
        }
    }

    /// Behind these rows.
    pub(super) fn behind(self, rows: &[Row], after: Vec<Json>, present: Timestamp) -> Self {
        let times: Option<Vec<Timestamp>> = rows.iter().map(time_of).collect();
        let in_order = |times: &Vec<Timestamp>| {
            times.is_sorted() && times.first().is_none_or(|first| *first >= self.resume)
        };
        let times = times.filter(in_order).filter(|_| self.ordered);
        Self {
            ordered: times.is_some(),
            resume: match times {
                Some(times) => times.last().copied().unwrap_or(self.resume),
                None => self.from,
            },
            after,
            given: present,
            ..self
        }
    }

    /// The same read, begun again behind what it has seen: rows of its last time come twice.
    pub(super) fn restarted(self) -> Self {
        Self {
            from: self.resume,
            after: Vec::new(),
            ..self
        }
    }

    /// Whether beginning again by time leaves something behind: else a service that takes no `after` at all would be
    /// asked for the same page for ever.
    pub(super) fn can_restart(&self) -> bool {
        !self.after.is_empty() && self.resume > self.from
    }

    /// As a run goes on with it.
    pub(super) fn at(self, present: Timestamp) -> Self {
        if !self.after.is_empty() && self.given.plus_millis(AFTER_LIFE) <= present {
            self.restarted()
        } else {
            self
        }
    }

    /// Whether it can be one of this slice.
    pub(super) fn is_within(&self, slice: Slice) -> bool {
        let inside = |time: Timestamp| slice.start() <= time && time <= slice.end();
        inside(self.from) && inside(self.resume)
    }
}

/// A row's stored time.
fn time_of(row: &Row) -> Option<Timestamp> {
    row.get("time")?.as_i64().map(Timestamp::from_millis)
}

/// As a position that may be stored.
pub(super) fn encode(standing: &Standing) -> Position {
    Position {
        // Texts, numbers and lists: they always can be written.
        token: serde_json::to_vec(standing).unwrap_or_default(),
        durable: true,
    }
}

/// What [`encode`] wrote; `None` for anything else.
pub(super) fn decode(position: &Position) -> Option<Standing> {
    serde_json::from_slice(&position.token).ok()
}
