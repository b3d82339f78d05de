//! What an inspection is set to.

use std::collections::BTreeSet;

use crate::alert::Alerting;
use firstsight_engine::severity::SeverityTable;
use firstsight_engine::{Hour, LearnBy, Policy, Range, Severity};

/// The settings of one inspection that concern its judgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name: part of every finding's and event's id.
    pub inspection: String,
    /// The window's length in hours. Default 1.
    pub window_hours: i64,
    /// The baseline's length in hours. Default 14 days.
    pub baseline_hours: i64,
    /// An account with less history before the window is learning, in hours. Default 7 days.
    pub min_history_hours: i64,
    /// What has to have that much history. Default the account alone, see [`Policy::learn_by`].
    pub learn_by: BTreeSet<LearnBy>,
    /// The rules of severity; the built-in ones where there are none.
    pub severity_table: Option<SeverityTable>,
    /// A cluster last seen longer ago has returned, in hours. Default 30 days.
    pub forget_after_hours: i64,
    /// What is older is forgotten, in hours. Default 90 days.
    pub retention_hours: i64,
    /// A cluster stops holding its fault open after so many hours. Default 24.
    pub absorb_after_hours: i64,
    /// Findings below this open no fault. Default `warning`.
    pub alert_severity: Severity,
    /// Only these accounts are judged; all when empty. Part of what an inspection *is*: to look at fewer accounts now and
    /// then, use a [`View`](crate::View).
    pub accounts: Vec<String>,
    /// Where events go.
    pub alerting: Alerting,
}

const DAY: i64 = 24;

impl Default for Settings {
    fn default() -> Self {
        Self {
            inspection: "default".to_owned(),
            window_hours: 1,
            baseline_hours: 14 * DAY,
            min_history_hours: 7 * DAY,
            learn_by: Policy::default().learn_by,
            severity_table: None,
            forget_after_hours: 30 * DAY,
            retention_hours: 90 * DAY,
            absorb_after_hours: DAY,
            alert_severity: Severity::Warning,
            accounts: Vec::new(),
            alerting: Alerting::default(),
        }
    }
}

impl Settings {
    /// The window that ends at this hour.
    #[must_use]
    pub fn window(&self, end: Hour) -> Range {
        Range::hours_before(end, self.window_hours)
    }

    /// The baseline of the window that ends at this hour.
    #[must_use]
    pub fn baseline(&self, end: Hour) -> Range {
        Range::hours_before(end.plus(-self.window_hours), self.baseline_hours)
    }

    /// Everything that judging the window that ends at this hour may look at: what has to be read for it.
    #[must_use]
    pub fn reach(&self, end: Hour) -> Range {
        Range::new(self.baseline(end).start, end.start())
    }

    /// How the engine is to judge.
    #[must_use]
    pub fn policy(&self) -> Policy {
        Policy {
            forget_after_hours: self.forget_after_hours,
            min_history_hours: self.min_history_hours,
            learn_by: self.learn_by.clone(),
            severity: self.severity_table.clone(),
        }
    }
}
