//! What a quiet run is told of.

use firstsight_engine::{Range, Time};
use firstsight_inspection::{RunRecord, Trigger, WindowCounts};

use super::*;

fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// A run that read 120 records, 7 of them errors, all of 3 known clusters.
fn quiet() -> RunRecord {
    let tick = at("2026-01-31T12:00:00Z");
    let mut run = RunRecord::begin(
        "run".to_owned(),
        "main".to_owned(),
        tick,
        Trigger::Schedule,
        String::new(),
        tick.plus_millis(600_000),
    );
    run.end(Outcome::Ok, String::new(), tick.plus_millis(630_000));
    run.newest_record = Some(tick.plus_millis(-90_000));
    run.counts.records = 120;
    run.counts.error_records = 7;
    run.counts.new_events = 6;
    run.counts.known_events = 1;
    run.counts.known_clusters = 3;
    run.windows = vec![WindowCounts {
        window: Range::hours_before(tick.hour(), 1),
        complete: true,
        rejudged: false,
        records: 120,
        errors: 6,
        clusters: 3,
        findings: 0,
    }];
    run
}

fn told(change: impl FnOnce(&mut RunRecord)) -> Vec<(String, String)> {
    let mut run = quiet();
    change(&mut run);
    let english = why_quiet(&run, true, Locale::English).answers;
    let chinese = why_quiet(&run, true, Locale::Chinese).answers;
    let keys = |answers: &[(String, String)]| answers.iter().map(|(key, _)| key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(&english), keys(&chinese), "both languages answer the same");
    english
}

fn first(change: impl FnOnce(&mut RunRecord)) -> (String, String) {
    told(change).swap_remove(0)
}

#[test]
fn all_known_is_told_with_the_numbers_behind_it() {
    assert_eq!(
        told(|_| ()),
        [
            (
                "all-known",
                "All 6 error events of the window are of 3 known clusters."
            ),
            (
                "read",
                "It read 120 records, of them 7 error records: 6 error events that were new, 1 read before."
            ),
            ("lag", "The newest record was 12 min old when the run ended."),
        ]
        .map(|(key, sentence)| (key.to_owned(), sentence.to_owned()))
    );
}

#[test]
fn one_is_no_plural() {
    let one = told(|run| {
        run.counts.findings = 1;
        run.counts.late = 1;
        run.counts.withheld = 1;
        run.counts.unread = 1;
        run.passed_over = 1;
    });
    let sentences: Vec<_> = one.into_iter().map(|(_, sentence)| sentence).collect();
    assert_eq!(
        sentences[0],
        "It was not quiet: 1 new finding was recorded, of 1 window."
    );
    let all = sentences.join("\n");
    assert!(
        !all.contains("1 windows") && !all.contains("1 findings") && !all.contains("1 parts"),
        "{all}"
    );
    let only = first(|run| run.windows[0].errors = 1);
    assert_eq!(
        only.1,
        "The only error event of the window is of a known cluster."
    );
}

#[test]
fn each_cause_comes_before_the_numbers() {
    let (key, sentence) =
        first(|run| run.end(Outcome::Failed, "no route".to_owned(), at("2026-01-31T12:11:00Z")));
    assert_eq!(
        (key.as_str(), sentence.as_str()),
        ("failed", "The run failed: no route")
    );
    for (outcome, key) in [
        (Outcome::TimedOut, "timed-out"),
        (Outcome::Stopped, "stopped"),
        (Outcome::Lost, "lost"),
        (Outcome::Running, "running"),
    ] {
        assert_eq!(first(|run| run.outcome = outcome).0, key);
    }
    assert_eq!(first(|run| run.counts.unread = 2).0, "unread");
    assert_eq!(first(|run| run.counts.findings = 2).0, "found");
    assert_eq!(
        first(|run| run.learning = vec![("111122223333".to_owned(), 5, 168)]).1,
        "Account 111122223333 is learning, with 5 of 168 hours of history: its findings are recorded and shown, not alerted."
    );
    let many = told(|run| run.learning = (0..8).map(|number| (number.to_string(), 1, 2)).collect());
    assert_eq!(many[5].1, "3 more accounts are learning.");
}

#[test]
fn nothing_read_is_told_with_since_when() {
    let empty = |run: &mut RunRecord| {
        run.counts = firstsight_inspection::RunCounts::default();
        run.windows.clear();
    };
    assert_eq!(
        first(empty).1,
        "Nothing new was read: the source is silent since 2026-01-31T11:58:30Z, 12 min before the run's end."
    );
    let never = told(|run| {
        empty(run);
        run.newest_record = None;
    });
    assert_eq!((never.len(), never[0].0.as_str()), (1, "nothing-read"));
}

#[test]
fn what_people_and_policies_hold_back_is_told() {
    let keys: Vec<_> = told(|run| {
        run.counts.silenced_clusters = 1;
        run.counts.withheld = 2;
        run.counts.late = 3;
        run.counts.learning = 1;
        run.passed_over = 4;
        run.counts.rejects = [("not-json".to_owned(), 5)].into();
    })
    .into_iter()
    .map(|(key, _)| key)
    .collect();
    assert_eq!(
        keys,
        [
            "all-known",
            "silenced",
            "withheld",
            "late",
            "learning-findings",
            "passed-over",
            "read",
            "rejects",
            "lag"
        ]
    );
}

#[test]
fn without_errors_that_is_the_answer() {
    let none = first(|run| {
        run.counts.error_records = 0;
        run.windows[0].errors = 0;
    });
    assert_eq!(none.0, "no-errors");
}

#[test]
fn a_disabled_inspection_says_so_first() {
    assert_eq!(
        why_quiet(&quiet(), false, Locale::English).answers[0].0,
        "disabled"
    );
    let never = never_run(false, Locale::Chinese).answers;
    assert_eq!(
        (never[0].0.as_str(), never[1].0.as_str()),
        ("disabled", "never-run")
    );
}
