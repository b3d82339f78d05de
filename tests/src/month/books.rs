//! What the states say, looked at from outside day by day, and compared with what has to be.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use firstsight_engine::{Hour, Time};
use firstsight_inspection::{Outcome, RunRecord};
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{DeliveryRow, EventQuery, RunQuery, Store, StoredEvent};
use serde_json::Value;

use super::trail::{Errors, HISTORY};

/// An event as it was recorded, with its deliveries as they were seen last.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    pub(crate) body: Value,
    pub(crate) rows: Vec<DeliveryRow>,
}

/// When something may be otherwise than usual.
#[derive(Clone, Debug)]
pub(crate) struct Excuses {
    /// The source cannot be read: runs fail.
    pub(crate) gone: Vec<Range<Hour>>,
    /// A file cannot be read: runs are incomplete.
    pub(crate) damaged: Vec<Range<Hour>>,
    /// Nothing is delivered.
    pub(crate) silent: Vec<Range<Hour>>,
}

/// What is known of one inspection.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) name: &'static str,
    /// Hours.
    pub(crate) window: i64,
    start: Hour,
    retention: i64,
    /// Windows by their end, and whether they were judged complete.
    pub(crate) windows: BTreeMap<Hour, bool>,
    /// How many runs say of a window that they judged it first.
    first: BTreeMap<Hour, u32>,
    /// Windows, by their end, that a run has judged while a file was damaged: those within a day of what could be read of it.
    cut: BTreeSet<Hour>,
    seen: BTreeSet<String>,
    /// Runs by what became of them.
    pub(crate) outcomes: BTreeMap<Outcome, u64>,
    /// Error events that runs have counted as new, and files that they have read to their end.
    new_events: u64,
    units: u64,
    /// Findings of windows that had been judged.
    pub(crate) late: u64,
    pub(crate) events: BTreeMap<String, Kept>,
    /// What is wrong.
    pub(crate) wrong: Vec<String>,
}

impl Book {
    pub(crate) fn new(name: &'static str, window: i64, start: Hour, retention: i64) -> Self {
        Self {
            name,
            window,
            start,
            retention,
            windows: BTreeMap::new(),
            first: BTreeMap::new(),
            cut: BTreeSet::new(),
            seen: BTreeSet::new(),
            outcomes: BTreeMap::new(),
            new_events: 0,
            units: 0,
            late: 0,
            events: BTreeMap::new(),
            wrong: Vec::new(),
        }
    }

    /// Looks at the state; everything up to `end` has been judged. The ids of the events that it holds.
    pub(crate) async fn look(
        &mut self,
        states: &Path,
        end: Hour,
        errors: &Errors,
        excuses: &Excuses,
    ) -> Vec<String> {
        let path = states.join(format!("{}.db", self.name));
        let store = SqliteStore::open_read_only(&path)
            .await
            .expect("the state can be read");
        self.look_at_runs(&store, end, excuses).await;
        self.look_at_windows(&store, end, excuses).await;
        self.look_at_errors(&store, end, errors).await;
        let events = store
            .events(&EventQuery::default())
            .await
            .expect("events can be read");
        store.close().await;
        let ids = events.iter().map(|event| event.event.id.clone()).collect();
        events.into_iter().for_each(|event| self.keep(event));
        ids
    }

    /// Each window is there, once, and complete unless there is a reason.
    async fn look_at_windows(&mut self, store: &dyn Store, end: Hour, excuses: &Excuses) {
        let judged = store
            .judged(self.name, usize::MAX)
            .await
            .expect("windows can be read");
        for one in judged {
            let (start, to) = (one.window.start.hour(), one.window.end.hour());
            if (to.index() - start.index()) != self.window
                || (to.index() - self.start.index()) % self.window != 0
            {
                self.wrong(&format!(
                    "a window that nobody asked for: {}..{}",
                    one.window.start, one.window.end
                ));
            }
            if to < end.plus(-self.retention) {
                self.wrong(&format!(
                    "the window that ended at {} is not forgotten",
                    one.window.end
                ));
            }
            self.windows.insert(to, one.complete);
            let about = start.plus(-1)..to.plus(1);
            if !one.complete && !self.cut.contains(&to) && !is_in(&excuses.silent, &about) {
                self.wrong(&format!(
                    "the window that ended at {} is incomplete, without a reason",
                    one.window.end
                ));
            }
        }
        let mut due = self.start;
        while due <= end {
            if !self.windows.contains_key(&due) {
                self.wrong(&format!(
                    "no run has judged the window that ended at {}",
                    due.start()
                ));
            }
            due = due.plus(self.window);
        }
    }

    async fn look_at_runs(&mut self, store: &dyn Store, end: Hour, excuses: &Excuses) {
        let runs = store.runs(&RunQuery::default()).await.expect("runs can be read");
        for run in &runs {
            let run = RunRecord::of(run).expect("a run can be read");
            if run.started < end.plus(-self.retention).start() {
                self.wrong(&format!("the run that began at {} is not forgotten", run.started));
            }
            if self.seen.insert(run.id.clone()) {
                self.take(&run, excuses);
            }
        }
    }

    fn take(&mut self, run: &RunRecord, excuses: &Excuses) {
        *self.outcomes.entry(run.outcome).or_default() += 1;
        self.new_events += run.counts.new_events;
        // A damaged file counts as well, with each run that reads it.
        self.units += run.counts.units.saturating_sub(run.counts.unread);
        self.late += run.counts.late;
        let hour = run.started.hour();
        let about = hour..hour.plus(1);
        let excused = match run.outcome {
            Outcome::Ok | Outcome::Lost | Outcome::Stopped => true,
            Outcome::Failed => is_in(&excuses.gone, &about),
            Outcome::Incomplete => is_in(&excuses.damaged, &about),
            Outcome::Running | Outcome::TimedOut => false,
        };
        if !excused {
            let outcome = run.outcome.as_str();
            self.wrong(&format!(
                "the run of {} is {outcome}: {} {:?}",
                run.started, run.reason, run.unread
            ));
        }
        if run.outcome == Outcome::Incomplete {
            let cut = run.windows.iter().filter(|window| !window.complete);
            self.cut.extend(cut.map(|window| window.window.end.hour()));
        }
        if run.passed_over > 0 {
            self.wrong(&format!(
                "the run of {} has left {} windows",
                run.started, run.passed_over
            ));
        }
        for window in run.windows.iter().filter(|window| !window.rejudged) {
            let times = self.first.entry(window.window.end.hour()).or_default();
            *times += 1;
            let times = *times;
            if times > 1 {
                self.wrong(&format!(
                    "the window that ended at {} was judged first {times} times",
                    window.window.end
                ));
            }
        }
    }

    /// Each error event that can be read counts once, by its hour, for as long as it is remembered.
    async fn look_at_errors(&mut self, store: &dyn Store, end: Hour, errors: &Errors) {
        let begin = self.start.plus(-HISTORY - 1);
        let all = firstsight_engine::Range::new(begin.start(), end.start());
        let overview = store.overview(&all).await.expect("the state can be read");
        let mut counted = BTreeMap::<Hour, u64>::new();
        for count in overview.errors.iter().flat_map(|(_, hours)| hours) {
            *counted.entry(count.hour).or_default() += count.span.count;
        }
        let mut hour = begin;
        while hour < end {
            let remembered = hour >= end.plus(-self.retention);
            let there = errors.get(&hour).map_or(0, |errors| errors.len() as u64);
            let (has, should) = (
                counted.get(&hour).copied().unwrap_or(0),
                if remembered { there } else { 0 },
            );
            if has != should {
                self.wrong(&format!(
                    "{has} error events of the hour from {} are counted, not {should}",
                    hour.start()
                ));
            }
            hour = hour.plus(1);
        }
        let there: usize = errors.values().map(BTreeSet::len).sum();
        if self.new_events > there as u64 {
            self.wrong(&format!(
                "runs have counted {} new error events, and there are {there}",
                self.new_events
            ));
        }
    }

    fn keep(&mut self, event: StoredEvent) {
        let body: Value = serde_json::from_slice(&event.event.body).expect("an event is JSON");
        let before = self.events.get(&event.event.id).map(|kept| kept.body == body);
        if before == Some(false) {
            self.wrong(&format!("the event {} has changed", event.event.id));
        }
        let rows = event.deliveries;
        self.events.insert(event.event.id, Kept { body, rows });
    }

    /// No file was read to its end twice. (What a run has read that was killed, nobody has counted.)
    pub(crate) fn check_units(&mut self, files: u64) {
        if self.units > files {
            self.wrong(&format!("{} files were read, and there are {files}", self.units));
        }
    }

    /// Trouble of one kind is told in each of these stretches, and over behind it; and at no other time.
    pub(crate) fn check_trouble(&mut self, kind: &str, stretches: &[Range<Hour>]) {
        let at = |step: &str| -> Vec<Hour> {
            let all = self.events.values().map(|kept| &kept.body);
            let these = all.filter(|body| body["trouble"]["kind"] == kind && body["kind"] == step);
            let mut times: Vec<Hour> = these.map(|body| time(&body["window"]["end"]).hour()).collect();
            times.sort();
            times
        };
        let (opened, recovered) = (at("opened"), at("recovered"));
        let told =
            |times: &[Hour], within: Range<Hour>| times.iter().filter(|time| within.contains(time)).count();
        let mut wrong = Vec::new();
        for Range { start, end } in stretches {
            let begins = told(&opened, *start..end.plus(1));
            let ends = told(&recovered, *end..end.plus(self.window + 1));
            if (begins, ends) != (1, 1) {
                let start = start.start();
                wrong.push(format!(
                    "{kind} from {start} on was told {begins} times, and its end {ends} times"
                ));
            }
        }
        if (opened.len(), recovered.len()) != (stretches.len(), stretches.len()) {
            let (opened, recovered) = (opened.len(), recovered.len());
            wrong.push(format!(
                "{kind} was told {opened} times, its end {recovered} times, not {}",
                stretches.len()
            ));
        }
        wrong.iter().for_each(|said| self.wrong(said));
    }

    fn wrong(&mut self, said: &str) {
        let said = format!("{}: {said}", self.name);
        if !self.wrong.contains(&said) {
            self.wrong.push(said);
        }
    }
}

/// A time in JSON.
pub(crate) fn time(value: &Value) -> Time {
    value.as_str().expect("a time is text").parse().expect("a time")
}

fn is_in(stretches: &[Range<Hour>], about: &Range<Hour>) -> bool {
    stretches
        .iter()
        .any(|one| one.start < about.end && about.start <= one.end)
}
