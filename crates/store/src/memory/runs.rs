//! Runs of inspections.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use firstsight_engine::Time;

use crate::{RunQuery, StoredRun, rules};

/// Runs by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs(BTreeMap<String, StoredRun>);

impl Runs {
    pub(super) fn note(&mut self, run: &StoredRun) {
        self.0.insert(run.id.clone(), run.clone());
    }

    pub(super) fn asked(&self, query: &RunQuery) -> Vec<StoredRun> {
        let asked = self.0.values().filter(|run| is_asked(query, run));
        let mut runs: Vec<_> = asked.cloned().collect();
        runs.sort_by(|a, b| place(a.started, &a.id).cmp(&place(b.started, &b.id)));
        rules::limited(runs, query.limit)
    }

    /// Forgets those that started before.
    pub(super) fn purge(&mut self, before: Time) {
        self.0.retain(|_, run| run.started >= before);
    }
}

/// The latest first, then by id.
pub(super) fn place(time: Time, id: &str) -> (Reverse<Time>, &str) {
    (Reverse(time), id)
}

fn is_asked(query: &RunQuery, run: &StoredRun) -> bool {
    let inspection = query.inspection.as_ref();
    let after = query.after.as_ref();
    inspection.is_none_or(|asked| *asked == run.inspection)
        && (query.outcomes.is_empty() || query.outcomes.contains(&run.outcome))
        && after.is_none_or(|(time, id)| place(run.started, &run.id) > place(*time, id))
}
