//! What keeps findings from coming, in a few sentences.

use super::{Outcome, Step};

/// Warnings that keep findings from coming, or make them worth less; the others only leave something out of them.
const HOLDING_BACK: [&str; 9] = [
    "clock",
    "newest record",
    "cloudtrail",
    "error events",
    "history",
    "last window",
    "deliveries",
    "retention",
    "quota",
];

/// What keeps findings from coming, the most important first: what does not work, in the order in which one thing
/// depends on another, then what holds them back. Where nothing does, a sentence that says so and why there may yet be
/// no finding.
#[must_use]
pub fn verdict(steps: &[Step]) -> Vec<String> {
    let mut bad: Vec<&Step> = steps.iter().filter(|step| step.outcome == Outcome::Bad).collect();
    // A wrong clock is why credentials are refused, not the other way round.
    bad.sort_by_key(|step| step.name != "clock");
    let mut verdict: Vec<String> = bad
        .into_iter()
        .map(|step| sentence("no findings", step))
        .collect();
    for name in HOLDING_BACK {
        let held = steps
            .iter()
            .filter(|step| step.name == name && step.outcome == Outcome::Warning);
        verdict.extend(held.map(|step| sentence("perhaps fewer findings", step)));
    }
    if verdict.is_empty() {
        verdict.push(well(steps));
    }
    verdict
}

/// `no findings from log group …, account …, region …: newest record: …`.
fn sentence(effect: &str, step: &Step) -> String {
    let about_a_group = step.name == "log group" && step.group.is_none();
    let group = if about_a_group {
        Some(&step.subject)
    } else {
        step.group.as_ref()
    };
    let what = match step.subject.as_str() {
        _ if about_a_group => String::new(),
        "" => format!(": {}", step.name),
        subject => format!(": {} {subject}", step.name),
    };
    let parts = [
        ("log group", group),
        ("account", step.account.as_ref()),
        ("region", step.region.as_ref()),
    ];
    let places: Vec<String> = parts
        .into_iter()
        .filter_map(|(word, name)| name.map(|name| format!("{word} {name}")))
        .collect();
    match places.is_empty() {
        true => format!("{effect}{what}: {}", step.found),
        false => format!("{effect} from {}{what}: {}", places.join(", "), step.found),
    }
}

fn well(steps: &[Step]) -> String {
    let read: Vec<&str> = steps
        .iter()
        .filter(|step| step.name == "error events" && step.outcome == Outcome::Good)
        .map(|step| step.found.as_str())
        .collect();
    let read = match read.as_slice() {
        [] => String::new(),
        read => format!(": {}", read.join("; ")),
    };
    format!("nothing is wrong{read}; findings come when something fails as it has never failed before")
}
