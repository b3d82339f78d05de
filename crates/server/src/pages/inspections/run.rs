//! One run: what it read, judged and left out.

use axum::extract::Path;
use axum::response::Response;
use firstsight_inspection::{RunRecord, Trigger, WindowCounts};
use firstsight_sink::text;
use maud::{Markup, html};

use super::detail::why;
use super::runs::outcome_badge;
use crate::model::{self, RunLine, WhyQuiet};
use crate::pages::components::{badge, time};
use crate::pages::layout::{Page, Section};
use crate::pages::link;
use crate::pages::visit::Visit;
use crate::pages::words::{self, fill, inspections::Words};
use crate::problem::Problem;

pub(in crate::pages) async fn show(visit: Visit, Path((name, id)): Path<(String, String)>) -> Response {
    visit.show_live(page(&visit, &name, &id)).await
}

async fn page(visit: &Visit, name: &str, id: &str) -> Result<Page, Problem> {
    let control = visit.app.control.as_ref();
    let line = model::run(control, name, id).await?;
    let words = words::inspections::of(visit.locale);
    let mut states = control.inspections().into_iter();
    let enabled = states.any(|state| state.name == name && state.effective.enabled);
    let why = model::why_quiet(&line.run, enabled, visit.locale);
    Ok(Page {
        title: fill(words.run_at, &[&text::minute(line.run.started)]),
        section: Section::Inspections,
        main: main(visit, &line, &why),
    })
}

pub(in crate::pages) fn main(visit: &Visit, line: &RunLine, answers: &WhyQuiet) -> Markup {
    let words = words::inspections::of(visit.locale);
    let run = &line.run;
    html! {
        div #run data-live[run.ended.is_none()] {
            header.page-head {
                div {
                    p.crumbs { a href="/inspections" { (words.title) } span aria-hidden="true" { "›" } a href=(link::inspection(&run.inspection)) { bdi { (text::cut(&run.inspection)) } } }
                    h1 { (fill(words.run_at, &[&text::minute(run.started)])) }
                    p { (outcome_badge(visit, run.outcome)) }
                    @if !run.reason.is_empty() { p.lede dir="auto" lang="en" { (text::cut(&run.reason)) } }
                }
            }
            div.columns {
                div.main-column {
                    section.panel { h2 { (words.why) } p.muted { (words.why_run) } (why(answers)) }
                    (windows(visit, words, run))
                    (unread(words, run))
                    (notes(words, run))
                }
                div.side-column {
                    section.panel { h2 { (words.run) } (about(visit, words, line)) }
                    section.panel { h2 { (words.counts) } (counts(words, run)) }
                    (rejects(words, run))
                    (learning(words, run))
                }
            }
        }
    }
}

fn about(visit: &Visit, words: &Words, line: &RunLine) -> Markup {
    let run = &line.run;
    let trigger = match run.trigger {
        Trigger::Schedule => words.by_schedule,
        Trigger::CatchUp => words.by_catch_up,
        Trigger::Retry => words.by_retry,
        Trigger::Person => words.by_person,
    };
    html! {
        dl.facts {
            dt { (words.tick) } dd { (time::when(visit, run.tick)) }
            dt { (words.asked_by) } dd { (trigger) @if !run.by.is_empty() { ": " bdi { (text::cut(&run.by)) } } }
            dt { (words.started) } dd { (time::when(visit, run.started)) }
            dt { (words.ended) } dd { (time::when_or(visit, run.ended, "–")) }
            dt { (words.took) } dd { (time::length(visit.locale, line.seconds)) }
            dt { (words.newest) } dd { (time::when_or(visit, run.newest_record, visit.common().never)) }
            dt { (words.passed_over) } dd { (text::thousands(run.passed_over)) }
        }
    }
}

fn counts(words: &Words, run: &RunRecord) -> Markup {
    let counts = &run.counts;
    let numbers = [
        (words.units, counts.units),
        (words.records, counts.records),
        (words.error_records, counts.error_records),
        (words.new_events, counts.new_events),
        (words.known_events, counts.known_events),
        (words.known_clusters, counts.known_clusters),
        (words.silenced, counts.silenced_clusters),
        (words.findings, counts.findings),
        (words.late, counts.late),
        (words.learning, counts.learning),
        (words.events, counts.events),
        (words.withheld, counts.withheld),
        (words.unread, counts.unread),
    ];
    html! {
        dl.facts {
            dt { (words.bytes) } dd { (text::bytes(counts.bytes)) }
            @for (label, number) in numbers { dt { (label) } dd { (text::thousands(number)) } }
        }
    }
}

fn windows(visit: &Visit, words: &Words, run: &RunRecord) -> Markup {
    html! {
        @if !run.windows.is_empty() {
            section {
                h2 { (words.windows) }
                table.rows.flat {
                    thead { tr {
                        th scope="col" { (words.window) } th scope="col" { (words.complete) } th.n scope="col" { (words.records) }
                        th.n scope="col" { (words.errors) } th.n scope="col" { (words.clusters) } th.n scope="col" { (words.findings) }
                    } }
                    tbody { @for window in &run.windows { (window_row(visit, words, window)) } }
                }
            }
        }
    }
}

fn window_row(visit: &Visit, words: &Words, window: &WindowCounts) -> Markup {
    let (tone, icon, word) = if window.complete {
        ("ok", "ok", words.yes)
    } else {
        ("warning", "warning", words.no)
    };
    html! {
        tr {
            th scope="row" data-label=(words.window) { (time::when(visit, window.window.end)) span.aside { (text::range(window.window)) } }
            td data-label=(words.complete) { (badge::named(tone, icon, word)) @if window.rejudged { " " (badge::mark("quiet", words.rejudged)) } }
            td.n data-label=(words.records) { (text::thousands(window.records)) }
            td.n data-label=(words.errors) { (text::thousands(window.errors)) }
            td.n data-label=(words.clusters) { (text::thousands(window.clusters)) }
            td.n data-label=(words.findings) { (text::thousands(window.findings)) }
        }
    }
}

fn rejects(words: &Words, run: &RunRecord) -> Markup {
    html! {
        @if !run.counts.rejects.is_empty() {
            section.panel {
                h2 { (words.reject_reasons) }
                dl.facts { @for (reason, count) in &run.counts.rejects { dt { code { (text::cut(reason)) } } dd { (text::thousands(*count)) } } }
            }
        }
    }
}

fn learning(words: &Words, run: &RunRecord) -> Markup {
    html! {
        @if !run.learning.is_empty() {
            section.panel {
                h2 { (words.learning_accounts) }
                dl.facts { @for (account, has, needs) in &run.learning { dt { bdi { (text::cut(account)) } } dd { (fill(words.learning_has, &[has, needs])) } } }
            }
        }
    }
}

fn unread(words: &Words, run: &RunRecord) -> Markup {
    texts(words.unread_what, &run.unread)
}

fn notes(words: &Words, run: &RunRecord) -> Markup {
    texts(words.notes, &run.notes)
}

fn texts(title: &str, texts: &[String]) -> Markup {
    html! {
        @if !texts.is_empty() {
            section.panel { h2 { (title) } ul.related { @for told in texts { li dir="auto" lang="en" { (text::cut(told)) } } } }
        }
    }
}
