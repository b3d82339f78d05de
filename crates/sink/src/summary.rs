//! What a report says in words, the same in every medium for people.

use std::collections::BTreeSet;

use firstsight_engine::{Finding, Novelty, Severity, Silenced};

use crate::report::{AccountReport, InputReport, Report, SeverityCounts};
use crate::text::{counted, hours, hours_in, listed, minute, range, thousands};

/// The result in one line.
pub(crate) fn headline(report: &Report) -> String {
    if report.findings.is_empty() {
        nothing(report)
    } else {
        found(&report.findings)
    }
}

/// What the headline leaves out: kinds of finding where there are several, and an incomplete window.
pub(crate) fn detail(report: &Report) -> Option<String> {
    let kinds = novelties(&report.findings);
    let mut parts = Vec::new();
    if kinds.len() > 1 {
        parts.push(listed(&kinds));
    }
    if !report.complete {
        parts.push("the window was not fully read".to_owned());
    }
    let mut detail = parts.join("; ");
    if let Some(first) = detail.get(..1) {
        let first = first.to_uppercase();
        detail.replace_range(..1, &first);
    }
    (!detail.is_empty()).then_some(detail)
}

fn nothing(report: &Report) -> String {
    if let Some(severity) = most_severe(&report.hidden) {
        return format!("Nothing new above {severity}: {}", hidden(&report.hidden));
    }
    let sum = |of: fn(&AccountReport) -> u64| report.accounts.iter().map(of).fold(0, u64::saturating_add);
    match (sum(|account| account.records), sum(|account| account.errors)) {
        (0, 0) => "Nothing to judge: no records in the window".to_owned(),
        (records, 0) => format!(
            "Nothing new: no error events in {}",
            counted(records, "record", "records")
        ),
        (_, errors) => format!(
            "Nothing new: {} in {}",
            counted(errors, "error event", "error events"),
            counted(
                sum(|account| account.known_clusters),
                "known cluster",
                "known clusters"
            ),
        ),
    }
}

fn found(findings: &[Finding]) -> String {
    let accounts: BTreeSet<&str> = findings.iter().map(|finding| finding.account.as_str()).collect();
    let accounts = counted(accounts.len() as u64, "account", "accounts");
    let kinds = novelties(findings);
    let severity = severity_words(findings);
    let state = state_words(findings);
    match kinds.as_slice() {
        [only] => format!("{only} in {accounts}{severity}{state}"),
        _ => format!(
            "{} in {accounts}{severity}{state}",
            counted(findings.len() as u64, "finding", "findings")
        ),
    }
}

fn novelties(findings: &[Finding]) -> Vec<String> {
    let count = |wanted: fn(&Novelty) -> bool| {
        findings.iter().filter(|finding| wanted(&finding.novelty)).count() as u64
    };
    let new = count(|novelty| matches!(novelty, Novelty::New));
    let returned = count(|novelty| matches!(novelty, Novelty::Returned));
    let by_actor = count(|novelty| matches!(novelty, Novelty::NewActor));
    let surges = count(|novelty| matches!(novelty, Novelty::Surge));
    let other = findings.len() as u64 - new - returned - by_actor - surges;
    [
        (new, "new error", "new errors"),
        (returned, "returned error", "returned errors"),
        (
            by_actor,
            "known error by a new actor",
            "known errors by new actors",
        ),
        (surges, "surge of a known error", "surges of known errors"),
        (other, "other finding", "other findings"),
    ]
    .into_iter()
    .filter(|(number, ..)| *number > 0)
    .map(|(number, one, many)| counted(number, one, many))
    .collect()
}

fn severity_words(findings: &[Finding]) -> String {
    let Some(highest) = findings.iter().map(|finding| finding.severity).max() else {
        return String::new();
    };
    if highest == Severity::Critical {
        let critical = findings
            .iter()
            .filter(|finding| finding.severity == highest)
            .count();
        format!(", {} critical", thousands(critical as u64))
    } else {
        format!(", most severe: {highest}")
    }
}

fn state_words(findings: &[Finding]) -> &'static str {
    if findings.iter().all(|finding| finding.recorded) {
        " (all reported before)"
    } else if findings.iter().all(|finding| finding.learning) {
        " (still learning: not alerted)"
    } else {
        ""
    }
}

/// The counts, most severe first.
pub(crate) fn by_severity(counts: &SeverityCounts) -> [(Severity, u64); 4] {
    [
        (Severity::Critical, counts.critical),
        (Severity::Error, counts.error),
        (Severity::Warning, counts.warning),
        (Severity::Info, counts.info),
    ]
}

fn most_severe(counts: &SeverityCounts) -> Option<Severity> {
    by_severity(counts)
        .into_iter()
        .find(|(_, number)| *number > 0)
        .map(|(severity, _)| severity)
}

/// `3 warning and 12 info findings not shown`.
pub(crate) fn hidden(counts: &SeverityCounts) -> String {
    let parts: Vec<String> = by_severity(counts)
        .into_iter()
        .filter(|(_, number)| *number > 0)
        .map(|(severity, number)| format!("{} {severity}", thousands(number)))
        .collect();
    let noun = if counts.total() == 1 {
        "finding"
    } else {
        "findings"
    };
    format!("{} {noun} not shown", listed(&parts))
}

/// The judged window, with its length where it is not one hour.
pub(crate) fn window(report: &Report) -> String {
    match hours_in(report.window) {
        1 => range(report.window),
        long => format!("{} ({})", range(report.window), hours(long)),
    }
}

/// What occurred in the window, over all accounts.
pub(crate) fn occurred(report: &Report) -> String {
    let sum = |of: fn(&AccountReport) -> u64| report.accounts.iter().map(of).fold(0, u64::saturating_add);
    let read = format!(
        "{} and {}",
        counted(sum(|account| account.records), "record", "records"),
        counted(sum(|account| account.errors), "error event", "error events"),
    );
    let active = sum(|account| account.active_clusters);
    if active == 0 {
        return read;
    }
    format!(
        "{read} in {}, {} without a finding{}",
        counted(active, "cluster", "clusters"),
        thousands(sum(|account| account.known_clusters)),
        silenced(&report.silenced).map_or_else(String::new, |words| format!(" ({words})"))
    )
}

/// What people said of clusters of the window: `2 expected and 1 archived: 340 error events; 1 acknowledged`. `None`
/// where they said nothing.
pub(crate) fn silenced(counts: &Silenced) -> Option<String> {
    let named = |words: &[(u64, &str)]| -> Vec<String> {
        let some = words.iter().filter(|(number, _)| *number > 0);
        some.map(|(number, word)| format!("{} {word}", thousands(*number)))
            .collect()
    };
    let silent = named(&[(counts.expected, "expected"), (counts.archived, "archived")]);
    let errors = counted(counts.errors, "error event", "error events");
    let silent = (!silent.is_empty()).then(|| format!("{}: {errors}", listed(&silent)));
    let told = named(&[(counts.acknowledged, "acknowledged")]);
    let parts: Vec<String> = silent.into_iter().chain(told).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// The stretch that the window was compared with.
pub(crate) fn baseline(report: &Report) -> String {
    let length = hours_in(report.baseline);
    if length <= 0 {
        "none".to_owned()
    } else if report.baseline.end == report.window.start {
        format!(
            "the {} before, from {} UTC",
            hours(length),
            minute(report.baseline.start)
        )
    } else {
        range(report.baseline)
    }
}

/// What could not be read, by reason; `None` when everything could.
pub(crate) fn rejects(input: &InputReport) -> Option<String> {
    let total = input.rejects.values().copied().fold(0, u64::saturating_add);
    let parts: Vec<String> = input
        .rejects
        .iter()
        .filter(|(_, number)| **number > 0)
        .map(|(reason, number)| format!("{} {}", thousands(*number), reject(reason)))
        .collect();
    (total > 0).then(|| {
        format!(
            "{} not read: {}",
            counted(total, "piece", "pieces"),
            listed(&parts)
        )
    })
}

/// A reject reason as people write it: `invalid JSON`.
pub(crate) fn reject(reason: &str) -> String {
    reason.replace('-', " ").replace("json", "JSON")
}

/// How far a learning account is; `None` when it is not learning.
pub(crate) fn learning(account: &AccountReport) -> Option<String> {
    let learning = account.learning?;
    Some(format!(
        "{} of history, {} needed",
        hours(learning.have_hours),
        hours(learning.need_hours)
    ))
}
