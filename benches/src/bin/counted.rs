//! One workload in memory, a fixed number of times, for `scripts/instructions` to count: the same input, the same code
//! path and so (within the noise of addresses) the same instructions on every machine with AVX2.
//!
//! What is counted is one function for each workload, by its name; making the input and a first round, which fills
//! tables that are made once in a process, stand outside of it.

use std::hint::black_box;
use std::process::ExitCode;

use firstsight_benches::{Clusters, Collect, Count, bodies, error_events, scan};
use firstsight_cloudtrail::ErrorEvent;
use firstsight_engine::{FineTemplate, JudgeInput, judge};

/// The scanner alone: a day of one account, nothing done with what is found.
#[inline(never)]
fn counted_scan(bodies: &[Vec<u8>]) {
    let mut count = Count::default();
    scan(black_box(bodies), &mut count);
    black_box(count.0);
}

/// Templates of error events, their records' own values included.
#[inline(never)]
fn counted_templates(events: &[ErrorEvent<'_>]) {
    for event in black_box(events) {
        black_box(FineTemplate::of(event));
    }
}

/// Error events as rows of a set: template, dimension values, identity.
#[inline(never)]
fn counted_summary(events: &[ErrorEvent<'_>]) {
    let mut collect = Collect::default();
    for event in black_box(events) {
        collect.0.observe(event);
    }
    black_box(collect.0.len());
}

/// One judgement, its input at hand.
#[inline(never)]
fn counted_judge(input: &JudgeInput) {
    black_box(judge(black_box(input)));
}

/// How much a workload goes over: instructions are counted of each of these.
fn run(workload: &str) -> Option<usize> {
    let items = match workload {
        "scan" => {
            let bodies = bodies(1);
            scan(&bodies[..1], &mut Count::default());
            counted_scan(&bodies);
            bodies.iter().map(Vec::len).sum()
        }
        "templates" => {
            let events = error_events(1);
            events.iter().for_each(|event| drop(FineTemplate::of(event)));
            counted_templates(&events);
            events.len()
        }
        "summary" => {
            let events = error_events(1);
            let mut first = Collect::default();
            events.iter().for_each(|event| first.0.observe(event));
            counted_summary(&events);
            events.len()
        }
        "judge" => {
            let clusters = Clusters {
                stored: 4_000,
                active: 1_000,
            };
            let input = clusters.input();
            black_box(judge(&input));
            counted_judge(&input);
            clusters.active as usize
        }
        _ => return None,
    };
    Some(items)
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "a command")]
fn main() -> ExitCode {
    let workload = std::env::args().nth(1).unwrap_or_default();
    if let Some(items) = run(&workload) {
        println!("{items}");
        ExitCode::SUCCESS
    } else {
        eprintln!("counted: {workload:?} is no workload: scan, templates, summary or judge");
        ExitCode::from(2)
    }
}
