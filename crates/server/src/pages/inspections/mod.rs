//! The list of inspections.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use firstsight_sink::text;
use maud::{Markup, html};

use super::components::{notice, time};
use super::layout::{Page, Section};
use super::overview::{outcome, source, state_badge};
use super::visit::{Visit, form_fields};
use super::words::{self, comma, counted, fill, inspections::Words};
use super::{events, link};
use crate::model::{self, InspectionLine, RunLine};
use crate::problem::Problem;

mod acts;
mod detail;
mod preview;
mod run;
mod runs;
mod settings;

pub(super) use acts::{drop, run_now, set};
pub(super) use detail::show as one;
pub(super) use preview::show as times;
pub(super) use run::show as run;

pub(super) async fn show(visit: Visit) -> Response {
    visit.show_live(page(&visit)).await
}

async fn page(visit: &Visit) -> Result<Page, Problem> {
    let lines = model::inspections(visit.app.control.as_ref()).await?;
    Ok(Page {
        title: words::inspections::of(visit.locale).title.to_owned(),
        section: Section::Inspections,
        main: main(visit, &lines),
    })
}

/// `GET /overrides.toml`: what was changed by hand, to be put into the file.
pub(super) async fn export(visit: Visit) -> Response {
    let toml = visit.app.control.export_overrides();
    let headers = [
        (CONTENT_TYPE, "application/toml; charset=utf-8"),
        (
            CONTENT_DISPOSITION,
            "attachment; filename=\"firstsight-overrides.toml\"",
        ),
    ];
    let nothing = words::inspections::of(visit.locale).no_changes;
    let body = if toml.is_empty() {
        format!("{nothing}\n")
    } else {
        toml
    };
    (headers, body).into_response()
}

pub(super) fn main(visit: &Visit, lines: &[InspectionLine]) -> Markup {
    let words = words::inspections::of(visit.locale);
    let overview = words::overview::of(visit.locale);
    html! {
        header.page-head {
            div { h1 { (words.title) } p.lede { (words.lede) } }
            (events::live_switch(visit))
        }
        div #inspections data-live {
            @if lines.is_empty() { (notice::empty(overview.none_running, overview.none_running_what)) }
            @else { (table(visit, words, lines)) }
        }
        p.pager { a.button href="/overrides.toml" { (words.export) } }
    }
}

fn table(visit: &Visit, words: &Words, lines: &[InspectionLine]) -> Markup {
    html! {
        table.rows.flat {
            thead { tr {
                th scope="col" { (words.name) } th scope="col" { (words.state) } th scope="col" { (words.last_run) }
                th scope="col" { (words.next_run) } th scope="col" { (words.newest) } th.n scope="col" { (words.open_faults) }
                @if visit.may_change() { th scope="col" { (words.actions) } }
            } }
            tbody { @for line in lines { (row(visit, words, line)) } }
        }
    }
}

fn row(visit: &Visit, words: &Words, line: &InspectionLine) -> Markup {
    let overview = words::overview::of(visit.locale);
    html! {
        tr data-row=(line.name) {
            th scope="row" data-label=(words.name) {
                a.main-link href=(link::inspection(&line.name)) { bdi { (text::cut(&line.name)) } }
                span.aside { bdi { (text::cut(&source(visit, line))) } }
                span.aside { (words.schedule) ": " code { (text::cut(&line.schedule)) } }
            }
            td data-label=(words.state) { (standing(visit, line)) }
            td data-label=(words.last_run) { (last_run(visit, line.last.as_ref())) }
            td data-label=(words.next_run) { (time::when_or(visit, line.next, overview.not_scheduled)) }
            td data-label=(words.newest) data-none[line.lag_seconds.is_none()] { @if let Some(lag) = line.lag_seconds { (fill(overview.behind, &[&time::length(visit.locale, lag)])) } }
            td.n data-label=(words.open_faults) { (text::thousands(line.open_faults)) }
            @if visit.may_change() { td { (actions(visit, words, line, &visit.here())) } }
        }
    }
}

/// The state as a badge, and how many runs have failed.
fn standing(visit: &Visit, line: &InspectionLine) -> Markup {
    let words = words::overview::of(visit.locale);
    html! {
        (state_badge(visit, &line.state))
        @if line.failures > 0 { span.aside { (counted(u64::from(line.failures), words.failures_one, words.failures_many)) } }
        @if line.learning > 0 { span.aside { (words.learning) ": " (counted(line.learning, words.learning_one, words.learning_many)) } }
    }
}

fn last_run(visit: &Visit, run: Option<&RunLine>) -> Markup {
    let words = words::overview::of(visit.locale);
    let Some(line) = run else {
        return html! { span.muted { (visit.common().never) } };
    };
    let href = link_of_run(&line.run.inspection, &line.run.id);
    html! {
        (time::when(visit, line.run.ended.unwrap_or(line.run.started)))
        span.aside {
            a href=(href) { (outcome(words, line.run.outcome)) } (comma(visit.locale)) (fill(words.took, &[&time::length(visit.locale, line.seconds)]))
        }
    }
}

/// The page of a run.
fn link_of_run(inspection: &str, run: &str) -> String {
    format!("{}/runs/{}", link::inspection(inspection), link::encoded(run))
}

/// Forms that run it now, and that enable or disable it; a disabled one can be run, too.
fn actions(visit: &Visit, words: &Words, line: &InspectionLine, back: &str) -> Markup {
    let address = link::inspection(&line.name);
    let (word, named, value) = if line.enabled {
        (words.disable, words.disable_of, "false")
    } else {
        (words.enable, words.enable_of, "true")
    };
    html! {
        div.row-actions {
            form method="post" action={ (address) "/run" } {
                (form_fields(visit, back))
                button type="submit" disabled[line.state == "running"] aria-label=(fill(words.run_now_of, &[&line.name])) { (words.run_now) }
            }
            form method="post" action={ (address) "/settings/enabled" } {
                (form_fields(visit, back))
                button type="submit" name="value" value=(value) aria-label=(fill(named, &[&line.name])) { (word) }
            }
        }
    }
}
