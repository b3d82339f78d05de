//! The history of an inspection's runs.

use firstsight_inspection::Outcome;
use firstsight_sink::text;
use maud::{Markup, html};

use super::link_of_run;
use crate::model::{Listed, RunLine};
use crate::pages::components::{badge, notice, pager, time};
use crate::pages::overview::outcome;
use crate::pages::visit::Visit;
use crate::pages::words::{self, inspections::Words};

/// Runs, a row each, the newest first.
pub(super) fn list(visit: &Visit, words: &Words, runs: &Listed<RunLine>, cursor: &str) -> Markup {
    if runs.items.is_empty() {
        return notice::empty(words.no_runs, words.no_runs_what);
    }
    let longest = runs.items.iter().map(|line| line.seconds).max().unwrap_or(0);
    html! {
        table.rows.flat.runs {
            thead { tr {
                th scope="col" { (words.started) } th scope="col" { (words.outcome) }
                th.n scope="col" { (words.records) } th.n scope="col" { (words.errors) } th.n scope="col" { (words.known) }
                th.n scope="col" { (words.findings) } th.n scope="col" { (words.rejects) } th.n scope="col" { (words.unread) }
                th.n scope="col" { (words.took) }
            } }
            tbody { @for line in &runs.items { (row(visit, words, line, longest)) } }
        }
        (pager::pager(visit, cursor, runs.next.as_deref()))
    }
}

/// How a run ended, as a badge.
pub(super) fn outcome_badge(visit: &Visit, ended: Outcome) -> Markup {
    let (tone, icon) = match ended {
        Outcome::Ok => ("ok", "ok"),
        Outcome::Running => ("info", "running"),
        Outcome::Incomplete => ("warning", "warning"),
        Outcome::Failed | Outcome::TimedOut => ("error", "error"),
        Outcome::Stopped | Outcome::Lost => ("quiet", "disabled"),
    };
    badge::named(tone, icon, outcome(words::overview::of(visit.locale), ended))
}

fn row(visit: &Visit, words: &Words, line: &RunLine, longest: i64) -> Markup {
    let run = &line.run;
    let counts = &run.counts;
    let rejects = counts
        .rejects
        .values()
        .fold(0, |sum: u64, count| sum.saturating_add(*count));
    html! {
        tr data-row=(run.id) {
            th scope="row" data-label=(words.started) { a.main-link href=(link_of_run(&run.inspection, &run.id)) { (time::when(visit, run.started)) } }
            td data-label=(words.outcome) {
                (outcome_badge(visit, run.outcome))
                @if !run.reason.is_empty() { span.aside.clip dir="auto" lang="en" { (text::cut(&run.reason)) } }
            }
            (number(words.records, counts.records))
            (number(words.errors, counts.error_records))
            (number(words.known, counts.known_clusters))
            (number(words.findings, counts.findings))
            (number(words.rejects, rejects))
            (number(words.unread, counts.unread))
            td.n data-label=(words.took) { (took(visit, line.seconds, longest)) }
        }
    }
}

/// A count; on a phone one that is nothing is left out.
fn number(label: &str, count: u64) -> Markup {
    html! { td.n data-label=(label) data-none[count == 0] { (text::thousands(count)) } }
}

/// How long a run took, beside the longest one of the page.
fn took(visit: &Visit, seconds: i64, longest: i64) -> Markup {
    let width = (seconds.max(0).saturating_mul(100) / longest.max(1)).clamp(1, 100);
    html! {
        span.took {
            (time::length(visit.locale, seconds))
            svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false" { rect width=(width) height="8" {} }
        }
    }
}
