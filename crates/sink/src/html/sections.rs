//! The sections of a page.

use firstsight_engine::{HourCount, Range};
use maud::{Markup, html};

use super::MOST_FINDINGS;
use super::chart;
use super::finding::{Context, card, standing};
use super::series::Series;
use crate::event::{Event, Trouble};
use crate::rendering::Rendering;
use crate::report::{AccountReport, InputReport, Report};
use crate::standing::untold;
use crate::summary;
use crate::text::{self, cut, thousands};

/// The most rows of a table; the rest is counted.
const MOST_ROWS: usize = 1000;

fn section(id: &str, title: &str, body: &Markup) -> Markup {
    let heading = format!("{id}-heading");
    html! {
        section id=(id) aria-labelledby=(heading) { h2 id=(heading) { (title) } (body) }
    }
}

/// What a reader has to know before trusting the rest: rejects, notes, accounts that are learning.
pub(super) fn warnings(report: &Report) -> Markup {
    let learning: Vec<String> = report
        .accounts
        .iter()
        .filter_map(|account| {
            let name = report.account_name(&account.account);
            Some(format!("{name} ({})", summary::learning(account)?))
        })
        .collect();
    let rejects = summary::rejects(&report.input);
    let gaps = untold(&report.keys);
    if learning.is_empty()
        && gaps.is_empty()
        && rejects.is_none()
        && report.complete
        && report.notes.is_empty()
    {
        return html! {};
    }
    html! {
        aside.notes aria-label="Notes" {
            ul {
                @if !report.complete { li { b { "The window was not fully read" } ": nothing recovers, and more may come." } }
                @if let Some(rejects) = rejects { li { (cut(&rejects)) " (" a href="#input" { "where" } ")." } }
                @if !learning.is_empty() {
                    li { "Still learning, recorded and not alerted: account " (cut(&text::listed(&learning))) "." }
                }
                @for gap in gaps.iter().take(MOST_ROWS) { li dir="auto" { (cut(gap)) } }
                @for note in &report.notes { li dir="auto" { (cut(note)) } }
            }
        }
    }
}

fn by_hour(counts: &[HourCount], baseline: Range, window: Range, most: i64) -> Series {
    let counts = counts.iter().map(|count| (count.hour, count.span.count));
    Series::new(counts, baseline, window, 1, most)
}

pub(super) fn activity(report: &Report) -> Markup {
    let (baseline, window) = (report.baseline, report.window);
    let errors = by_hour(&report.errors_per_hour, baseline, window, 400);
    let least = if errors.hours() > 96 { 24 } else { 1 };
    let clusters = report.new_clusters_per_hour.iter().copied();
    let clusters = Series::new(clusters, baseline, window, least, 400);
    section(
        "activity",
        "Activity",
        &html! {
            (chart::bars("errors", "Error events", &errors))
            (chart::bars("clusters", "New clusters", &clusters))
        },
    )
}

pub(super) fn findings(report: &Report, rendering: Rendering) -> Markup {
    let context = Context {
        baseline: report.baseline,
        window: report.window,
        keys: &report.keys,
        accounts: &report.accounts,
        rendering,
    };
    let more = report.findings.len().saturating_sub(MOST_FINDINGS);
    section(
        "findings",
        "Findings",
        &html! {
            @if report.findings.is_empty() {
                p.empty { "No finding of the asked severity in this window." }
            } @else {
                (filter())
            }
            div #cards {
                @for finding in report.findings.iter().take(MOST_FINDINGS) { (card(finding, &context)) }
            }
            @if more > 0 {
                p.empty { (text::counted(more as u64, "more finding", "more findings")) ": the JSON report holds all of them." }
            }
            @if report.hidden.total() > 0 {
                p.empty { (summary::hidden(&report.hidden)) ": below the asked severity." }
            }
        },
    )
}

/// Shown by the script: without it there is nothing to filter with.
fn filter() -> Markup {
    html! {
        p.filter #filter hidden {
            label for="query" { "Filter" } " "
            input #query type="search" autocomplete="off" placeholder="account, call, actor, …";
            " " span #shown role="status" {}
        }
    }
}

/// A table that scrolls by itself where the screen is too narrow.
fn table(caption: &str, heads: &[(&str, bool)], rows: &Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { @for (head, number) in heads { th scope="col" class=[number.then_some("n")] { (head) } } } }
                tbody { (rows) }
            }
        }
    }
}

fn rest(number: usize) -> Markup {
    html! {
        @if let Some(more) = number.checked_sub(MOST_ROWS).filter(|more| *more > 0) {
            p.empty { "and " (thousands(more as u64)) " more" }
        }
    }
}

pub(super) fn events(report: &Report) -> Markup {
    let events = &report.events;
    if events.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for event in events.iter().take(MOST_ROWS) {
            tr {
                td { span class={ "sev sev-" (event.status.as_str()) } { (event.status.as_str()) } }
                td { (event.kind.as_str()) }
                td { bdi { (cut(&report.account_name(&event.account))) } }
                td.wide dir="auto" { (cut(&event.title)) }
                td { (text::minute(event.fault.started)) }
            }
        }
    };
    let heads = [
        ("Status", false),
        ("Fault", false),
        ("Account", false),
        ("Title", false),
        ("Since (UTC)", false),
    ];
    section(
        "events",
        "Events",
        &html! { (table("What is sent: faults that open, go on or recover", &heads, &rows)) (rest(events.len())) },
    )
}

pub(super) fn accounts(report: &Report) -> Markup {
    if report.accounts.is_empty() {
        return html! {};
    }
    let rows = html! {
        @for account in report.accounts.iter().take(MOST_ROWS) { (account_row(account, report)) }
    };
    let heads = [
        ("Account", false),
        ("Records", true),
        ("Errors", true),
        ("Clusters", true),
        ("Known", true),
        ("Error events over time", false),
        ("State", false),
    ];
    section(
        "accounts",
        "Accounts",
        &html! { (table("Every account that was looked at, in the window", &heads, &rows)) (rest(report.accounts.len())) },
    )
}

fn account_row(account: &AccountReport, report: &Report) -> Markup {
    let series = by_hour(&account.hours, report.baseline, report.window, 60);
    html! {
        tr {
            th scope="row" { bdi { (cut(&report.account_name(&account.account))) } }
            td.n { (thousands(account.records)) }
            td.n { (thousands(account.errors)) }
            td.n { (thousands(account.active_clusters)) }
            td.n { (thousands(account.known_clusters)) }
            td { (chart::spark("Error events", &series)) }
            td {
                @if let Some(learning) = summary::learning(account) { "learning: " (learning) } @else { "judged" }
                @if let Some(silenced) = summary::silenced(&account.silenced) { "; " (silenced) }
            }
        }
    }
}

pub(super) fn keys(report: &Report) -> Markup {
    let keys = &report.keys;
    if keys.is_empty() {
        return html! {};
    }
    let asked = keys.iter().any(|key| key.iam.is_some());
    let rows = html! {
        @for key in keys.iter().take(MOST_ROWS) {
            tr {
                th scope="row" { code { (cut(&key.id)) } }
                td { bdi { (cut(&report.account_name(&key.account))) } }
                td.wide { bdi { (cut(&key.owner)) } }
                td { (text::minute(key.last_used)) }
                td { bdi { (cut(&key.last_call)) } }
                td { bdi { (cut(&key.region)) } }
                td.n { (thousands(key.errors)) }
                @if asked { td.wide { (standing(key)) } }
            }
        }
    };
    let mut heads = vec![
        ("Access key", false),
        ("Account", false),
        ("Owner", false),
        ("Last used (UTC)", false),
        ("By", false),
        ("Region", false),
        ("Errors", true),
    ];
    heads.extend(asked.then_some(("IAM", false)));
    section(
        "keys",
        "Access keys",
        &html! { (table("The access keys of the findings", &heads, &rows)) (rest(keys.len())) },
    )
}

pub(super) fn input(report: &Report) -> Markup {
    let input = &report.input;
    section(
        "input",
        "What was read",
        &html! {
            dl.facts {
                @for source in report.sources.iter().take(MOST_ROWS) { dt { "Source" } dd { bdi { (cut(source)) } } }
                dt { "Window" } dd { (summary::window(report)) }
                dt { "In the window" } dd { (summary::occurred(report)) }
                dt { "Baseline" } dd { (summary::baseline(report)) }
                @for (label, value) in numbers(input) { dt { (label) } dd { (value) } }
            }
            (rejects(input))
            @if !input.unread.is_empty() {
                h3 { "Not read to the end" }
                ul.unread { @for unread in input.unread.iter().take(MOST_ROWS) { li { bdi { (cut(unread)) } } } }
                (rest(input.unread.len()))
            }
        },
    )
}

fn numbers(input: &InputReport) -> Vec<(&'static str, String)> {
    let bytes = format!(
        "{}, {} unpacked",
        text::bytes(input.bytes),
        text::bytes(input.bytes_unpacked)
    );
    let mut rows = vec![
        ("Units", thousands(input.units)),
        ("Size", bytes),
        ("Records", thousands(input.records)),
        ("Error records", thousands(input.error_records)),
        ("Error events, each once", thousands(input.error_events)),
    ];
    for (label, number) in [
        ("Insight events", input.insights),
        ("Digests", input.digests),
        ("Control messages", input.control_messages),
    ] {
        if number > 0 {
            rows.push((label, thousands(number)));
        }
    }
    rows
}

fn rejects(input: &InputReport) -> Markup {
    let reasons = html! {
        @for (reason, number) in &input.rejects {
            tr { th scope="row" { (cut(&summary::reject(reason))) } td.n { (thousands(*number)) } }
        }
    };
    let examples = html! {
        @for example in input.reject_examples.iter().take(MOST_ROWS) {
            tr {
                td.wide { bdi { (cut(&example.origin)) } }
                td.n { (thousands(example.offset)) }
                td.wide dir="auto" { (cut(&example.reason)) }
            }
        }
    };
    let heads = [("File or object", false), ("Byte", true), ("Reason", false)];
    html! {
        @if !input.rejects.is_empty() {
            div.narrow { (table("What could not be read, by reason", &[("Reason", false), ("Pieces", true)], &reasons)) }
        }
        @if !input.reject_examples.is_empty() { (table("The first of them, with their places", &heads, &examples)) }
    }
}

/// Events with their findings, the latest first.
pub(super) fn event_pages(events: &[Event], rendering: Rendering) -> Markup {
    html! {
        @if events.is_empty() { p.empty { "Nothing was sent yet." } }
        @for event in events.iter().rev() { (event_page(event, rendering)) }
    }
}

fn event_page(event: &Event, rendering: Rendering) -> Markup {
    // An event does not say its baseline: its hours do.
    let start = event
        .hours
        .first()
        .map_or(event.window.start, |first| first.hour.start());
    let context = Context {
        baseline: Range::new(start, event.window.start),
        window: event.window,
        keys: &event.keys,
        accounts: &[],
        rendering,
    };
    html! {
        section.event {
            h2 dir="auto" { (cut(&page_title(event, rendering))) }
            p.about {
                span class={ "sev sev-" (event.status.as_str()) } { (event.status.as_str()) }
                " " (event.kind.as_str())
                @if event.trouble.is_some() {
                    " · inspection " bdi { (cut(&event.inspection)) }
                } @else {
                    " · account " bdi { (cut(&event.account)) }
                }
                " · " (text::range(event.window))
                @if event.trouble.is_none() { " · " (text::counted(event.errors, "error event", "error events")) }
                " · fault " code { (cut(&event.fault.id)) } " since " (text::minute(event.fault.started)) " UTC"
            }
            @if let Some(trouble) = &event.trouble { (troubled(event, trouble, rendering)) }
            @for finding in event.findings.iter().take(MOST_FINDINGS) { (card(finding, &context)) }
        }
    }
}

/// Titles stand as they were recorded; what is wrong with an inspection itself is told in one language throughout.
fn page_title(event: &Event, rendering: Rendering) -> String {
    match event.trouble {
        None => event.title.clone(),
        Some(_) => event.title_in(rendering.locale),
    }
}

/// What is wrong with the inspection itself.
fn troubled(event: &Event, trouble: &Trouble, rendering: Rendering) -> Markup {
    let told = crate::trouble::account(event, trouble, rendering.locale);
    html! {
        dl.facts {
            dt { "What it means" } dd dir="auto" { (told.meaning) }
            @if let Some(advice) = told.advice { dt { "What to do" } dd dir="auto" { (advice) } }
            dt { "Since" } dd { (told.since) }
            dt { "Runs in a row" } dd { (told.runs) }
            @if !told.reason.is_empty() { dt { "Last reason" } dd dir="auto" { bdi { (cut(&told.reason)) } } }
        }
    }
}
