//! The same events before a judgement give the same judgement, whatever the split, the order and what came after.

use std::collections::BTreeMap;

use crate::common::{HOURS, Seen, hour, summary, world};
use firstsight_engine::{
    Bounds, ClusterId, FindingId, History, InputQuery, JudgeInput, Novelty, Policy, Range, SignatureId, Span,
    Time, judge,
};
use proptest::prelude::*;

fn query(window: i64) -> InputQuery {
    let window = Range::hours_before(hour(window + 1), 1);
    InputQuery {
        inspection: "hourly".to_owned(),
        window,
        baseline: Range::hours_before(window.start.hour(), 3),
        accounts: Vec::new(),
        remember_from: Time::MIN,
        policy: Policy {
            forget_after_hours: 4,
            min_history_hours: 2,
            ..Policy::default()
        },
    }
}

fn bytes(input: &JudgeInput) -> (String, String) {
    let verdict = serde_json::to_string_pretty(&judge(input)).unwrap();
    (serde_json::to_string_pretty(input).unwrap(), verdict)
}

fn history(events: &[Seen]) -> History {
    let mut history = History::new();
    history.observe(&summary(events));
    history
}

/// So few fine templates a family that many go past it.
fn bounded(events: &[Seen]) -> History {
    let mut history = History::bounded(Bounds {
        templates_per_family: 3,
        values_per_dimension: 2,
        values_per_account: 3,
    });
    history.observe(&summary(events));
    history
}

/// Judges the windows one after the other, with what each records.
fn judge_all(history: &mut History, windows: std::ops::Range<i64>) -> Vec<firstsight_engine::Verdict> {
    let verdicts = windows.map(|window| {
        let query = query(window);
        let verdict = judge(&history.input(&query));
        history.record(&query.inspection, query.window, &verdict);
        verdict
    });
    verdicts.collect()
}

fn starts_before(event: &Seen, end: i64) -> bool {
    event.millis < end * 3_600_000
}

proptest! {
    #![proptest_config(crate::common::cases(64))]

    #[test]
    fn however_they_are_split_ordered_and_repeated(
        events in world(),
        order in proptest::collection::vec(any::<u32>(), 40),
        parts in 1..6_usize,
        window in 0..HOURS,
    ) {
        let whole = bounded(&events);
        let mut shuffled: Vec<&Seen> = events.iter().collect();
        shuffled.sort_by_key(|event| order[usize::from(event.identity)]);
        let mut apart = bounded(&[]);
        let chunk = events.len() / parts + 1;
        let mut news = 0;
        for part in shuffled.chunks(chunk).chain(shuffled.chunks(chunk).rev()) {
            news += apart.observe(&summary(part.iter().copied())).new;
        }
        prop_assert_eq!(news, events.len() as u64);
        prop_assert_eq!(bytes(&whole.input(&query(window))), bytes(&apart.input(&query(window))));
    }

    #[test]
    fn whatever_came_after_the_window(events in world(), window in 0..HOURS) {
        let before: Vec<Seen> = events.iter().filter(|e| starts_before(e, window + 1)).cloned().collect();
        let (then, now) = (history(&before), history(&events));
        prop_assert_eq!(bytes(&then.input(&query(window))), bytes(&now.input(&query(window))));
    }

    #[test]
    fn whether_they_arrive_hour_by_hour_or_all_at_once(events in world()) {
        let mut at_once = history(&events);
        let replayed = judge_all(&mut at_once, 0..HOURS);
        let mut live = History::new();
        for window in 0..HOURS {
            live.observe(&summary(events.iter().filter(|event| starts_before(event, window + 1))));
            let verdicts = judge_all(&mut live, window..window + 1);
            prop_assert_eq!(&verdicts[0], &replayed[window as usize]);
        }
    }

    #[test]
    fn whether_forgotten_already_or_only_out_of_memory(events in world(), from in 0..HOURS, window in 0..HOURS) {
        let mut forgetful = history(&events);
        forgetful.forget(hour(from).start());
        let query = InputQuery { remember_from: hour(from).start(), ..query(window) };
        prop_assert_eq!(bytes(&history(&events).input(&query)), bytes(&forgetful.input(&query)));
    }

    #[test]
    fn an_assignment_stands_for_ever_and_a_finding_is_news_once(events in world(), late in world()) {
        let mut all = bounded(&events);
        let mut clusters: BTreeMap<SignatureId, ClusterId> = BTreeMap::new();
        let mut news: BTreeMap<FindingId, usize> = BTreeMap::new();
        let mut new_clusters: BTreeMap<ClusterId, usize> = BTreeMap::new();
        for round in 0..3 {
            for verdict in judge_all(&mut all, 0..HOURS) {
                for (id, cluster) in verdict.assignments {
                    prop_assert_eq!(*clusters.entry(id).or_insert(cluster), cluster);
                }
                for finding in verdict.findings.iter().filter(|finding| !finding.recorded) {
                    *news.entry(finding.id).or_default() += 1;
                    let is_new = usize::from(finding.novelty == Novelty::New);
                    *new_clusters.entry(finding.cluster).or_default() += is_new;
                    prop_assert_eq!(finding.late, round > 0);
                }
            }
            if round == 0 {
                let mut late = late.clone();
                late.iter_mut().for_each(|seen| seen.identity += 1000);
                all.observe(&summary(&late));
            }
        }
        prop_assert!(news.values().all(|times| *times == 1), "{news:?}");
        prop_assert!(new_clusters.values().all(|times| *times <= 1), "{new_clusters:?}");
    }

    #[test]
    fn judging_again_without_anything_new_reports_the_same_and_no_news(events in world()) {
        let mut all = bounded(&events);
        let first = judge_all(&mut all, 0..HOURS);
        let again = judge_all(&mut all, 0..HOURS);
        for (first, again) in first.iter().zip(&again) {
            prop_assert!(again.findings.iter().all(|finding| finding.recorded));
            let ids = |verdict: &firstsight_engine::Verdict| {
                let mut ids: Vec<FindingId> = verdict.findings.iter().map(|finding| finding.id).collect();
                ids.sort_unstable();
                ids
            };
            prop_assert_eq!(ids(first), ids(again));
            prop_assert!(again.assignments.is_empty());
        }
    }

    #[test]
    fn every_cluster_that_occurs_is_active_and_every_event_counted(events in world(), window in 0..HOURS) {
        let verdict = judge(&bounded(&events).input(&query(window)));
        let inside = events.iter().filter(|e| starts_before(e, window + 1) && !starts_before(e, window));
        let active: u64 = verdict.active.iter().map(|cluster| cluster.within.count).sum();
        let counted: u64 = verdict.accounts.iter().map(|account| account.errors).sum();
        prop_assert_eq!(active, inside.count() as u64);
        prop_assert_eq!(counted, active);
    }

    #[test]
    fn input_and_verdict_survive_json(events in world(), window in 0..HOURS) {
        let mut all = history(&events);
        judge_all(&mut all, 0..window);
        let input = all.input(&query(window));
        let verdict = judge(&input);
        let (told, found) = bytes(&input);
        prop_assert_eq!(serde_json::from_str::<JudgeInput>(&told).unwrap(), input);
        prop_assert_eq!(serde_json::from_str::<firstsight_engine::Verdict>(&found).unwrap(), verdict);
    }

    #[test]
    fn other_accounts_do_not_matter(events in world(), window in 0..HOURS) {
        let account = "111122223333";
        let own: Vec<Seen> = events.iter().filter(|e| e.account == account).cloned().collect();
        let asked = InputQuery { accounts: vec![account.to_owned()], ..query(window) };
        prop_assert_eq!(bytes(&history(&events).input(&asked)), bytes(&history(&own).input(&query(window))));
    }
}

#[test]
fn records_count_for_their_hour_and_for_the_length_of_history() {
    let mut all = History::new();
    let records = |at: i64, count| Span {
        count,
        ..Span::at(hour(at).start())
    };
    all.record_counts("111122223333", hour(0), records(0, 5));
    all.record_counts("111122223333", hour(4), records(4, 2));
    all.record_counts("111122223333", hour(4), records(4, 3));
    all.record_counts("111122223333", hour(5), records(5, 100));
    let input = all.input(&query(4));
    let known = &input.accounts["111122223333"];
    assert_eq!((known.first_record, known.records), (Some(hour(0).start()), 5));
    assert!(judge(&input).accounts[0].learning.is_none());
    assert!(judge(&all.input(&query(1))).accounts[0].learning.is_some());
}
