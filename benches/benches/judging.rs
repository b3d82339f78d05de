//! Judging one hour after two weeks, and taking a summary into a history.

use divan::Bencher;
use divan::counter::ItemsCount;
use firstsight_benches::{Clusters, Collect, bodies, end, scan};
use firstsight_engine::{History, InputQuery, Policy, Range, judge};

fn main() {
    divan::main();
}

fn query() -> InputQuery {
    let window = Range::hours_before(end().hour(), 1);
    InputQuery {
        inspection: "bench".to_owned(),
        window,
        baseline: Range::hours_before(window.start.hour(), 14 * 24),
        accounts: Vec::new(),
        remember_from: Range::ALL.start,
        policy: Policy::default(),
    }
}

fn summary() -> Collect {
    let mut collect = Collect::default();
    scan(&bodies(14), &mut collect);
    collect
}

/// Takes two weeks of one account's error events in.
#[divan::bench]
fn observe(bencher: Bencher<'_, '_>) {
    let collect = summary();
    bencher
        .counter(ItemsCount::new(collect.0.len()))
        .bench(|| History::new().observe(&collect.0));
}

/// Judges the last hour, the input at hand.
#[divan::bench]
fn judge_window(bencher: Bencher<'_, '_>) {
    let mut history = History::new();
    history.observe(&summary().0);
    let input = history.input(&query());
    bencher.bench(|| judge(&input).findings.len());
}

/// Judges a window with so many active clusters, of ten times as many that are known, the input at hand.
#[divan::bench(args = [1_000, 10_000])]
fn judge_active(bencher: Bencher<'_, '_>, active: u32) {
    let stored = 10 * active;
    let input = Clusters { stored, active }.input();
    let count = ItemsCount::new(active);
    bencher.counter(count).bench(|| judge(&input).findings.len());
}
