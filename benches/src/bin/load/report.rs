//! What was measured, as a table.

use std::collections::BTreeMap;
use std::io::Write;
use std::time::Duration;

use crate::Outcome;
use crate::daemon::{Memory, Runs};
use crate::traffic::Asked;

/// The goals: the slowest of a hundred, and memory at rest.
const P99: Duration = Duration::from_millis(50);
const AT_REST: u64 = 60 << 10;

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// The latency that so many of a thousand do not go beyond.
fn quantile(sorted: &[Duration], thousandths: usize) -> Duration {
    let place = (sorted.len() * thousandths).div_ceil(1_000).max(1) - 1;
    sorted.get(place).copied().unwrap_or_default()
}

/// A line a route, and one over all; whether the goal is met.
pub(crate) fn latencies(out: &mut impl Write, asked: &[Asked]) -> Outcome<bool> {
    let mut routes: BTreeMap<&str, Vec<&Asked>> = BTreeMap::new();
    for one in asked {
        routes.entry(one.route).or_default().push(one);
    }
    writeln!(
        out,
        "{:34} {:>5} {:>7} {:>7} {:>7} {:>7} {:>7}",
        "ms", "n", "p50", "p95", "p99", "max", "KB"
    )?;
    for (name, of_route) in &routes {
        line(out, name, of_route)?;
    }
    let all: Vec<&Asked> = asked.iter().collect();
    let p99 = line(out, "all", &all)?;
    for (kind, prefix) in [("pages", "page "), ("api", "api ")] {
        let of_kind: Vec<&Asked> = asked.iter().filter(|one| one.route.starts_with(prefix)).collect();
        line(out, kind, &of_kind)?;
    }
    Ok(p99 < P99)
}

fn line(out: &mut impl Write, name: &str, asked: &[&Asked]) -> Outcome<Duration> {
    let mut sorted: Vec<Duration> = asked.iter().map(|one| one.took).collect();
    sorted.sort_unstable();
    let at = |thousandths| millis(quantile(&sorted, thousandths));
    let bytes: usize = asked.iter().map(|one| one.bytes).sum();
    writeln!(
        out,
        "{name:34} {:5} {:7.1} {:7.1} {:7.1} {:7.1} {:7.1}",
        sorted.len(),
        at(500),
        at(950),
        at(990),
        at(1_000),
        bytes as f64 / 1_000.0 / sorted.len().max(1) as f64
    )?;
    Ok(quantile(&sorted, 990))
}

/// What failed, the first ten; how many.
pub(crate) fn failures(out: &mut impl Write, asked: &[Asked]) -> Outcome<usize> {
    let failed: Vec<&String> = asked.iter().filter_map(|one| one.failed.as_ref()).collect();
    for said in failed.iter().take(10) {
        writeln!(out, "failed: {said}")?;
    }
    Ok(failed.len())
}

/// What the runs beside it did.
pub(crate) fn runs(out: &mut impl Write, runs: &Runs, of: Duration) -> Outcome<()> {
    let share = runs.time.as_secs_f64() / of.as_secs_f64() * 100.0;
    writeln!(
        out,
        "beside it: {} runs, {share:.0} % of the time, {} records, {} new error events",
        runs.ended, runs.records, runs.new_events
    )?;
    Ok(())
}

/// Memory at a moment.
pub(crate) fn memory(out: &mut impl Write, when: &str, memory: Memory) -> Outcome<()> {
    let mib = |kib: u64| kib as f64 / 1024.0;
    writeln!(
        out,
        "memory {when:18} {:6.1} MiB (own {:.1}), most so far {:.1}",
        mib(memory.now),
        mib(memory.own),
        mib(memory.peak)
    )?;
    Ok(())
}

/// Whether memory at rest is what it should be.
pub(crate) const fn rests(memory: Memory) -> bool {
    memory.now < AT_REST
}

/// A goal, met or missed.
pub(crate) fn goal(out: &mut impl Write, what: &str, is_met: bool) -> Outcome<()> {
    writeln!(out, "{}: {what}", if is_met { "met" } else { "MISSED" })?;
    Ok(())
}
