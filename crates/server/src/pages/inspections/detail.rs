//! One inspection: how it stands, why it found nothing, its settings and runs.

use axum::extract::Path;
use axum::response::Response;
use firstsight_daemon::InspectionState;
use firstsight_sink::text;
use maud::{Markup, html};
use serde::Deserialize;

use super::{actions, runs, settings, standing};
use crate::model::{self, InspectionDetail, Listed, RunLine, WhyQuiet};
use crate::pages::components::{icon, time};
use crate::pages::events;
use crate::pages::layout::{Page, Section};
use crate::pages::link::link;
use crate::pages::overview::source;
use crate::pages::visit::Visit;
use crate::pages::words::{self, fill, inspections::Words};
use crate::problem::Problem;
use crate::refusal::Refusal;

/// What can be asked of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// Where the list of runs begins.
    cursor: String,
}

/// So many runs a page.
const RUNS: usize = 50;

pub(in crate::pages) async fn show(visit: Visit, Path(name): Path<String>) -> Response {
    visit.show_live(page(&visit, &name)).await
}

async fn page(visit: &Visit, name: &str) -> Result<Page, Problem> {
    let asked: Asked = visit.query()?;
    let control = visit.app.control.as_ref();
    let detail = model::inspection(control, name, visit.locale).await?;
    let runs = model::runs(control, name, &asked.cursor, RUNS).await?;
    let mut states = control.inspections().into_iter();
    let state = states
        .find(|state| state.name == name)
        .ok_or_else(|| Refusal::NoInspection(name.to_owned()))?;
    Ok(Page {
        title: name.to_owned(),
        section: Section::Inspections,
        main: main(visit, &state, &detail, &runs, &asked.cursor),
    })
}

pub(in crate::pages) fn main(
    visit: &Visit,
    state: &InspectionState,
    detail: &InspectionDetail,
    runs: &Listed<RunLine>,
    cursor: &str,
) -> Markup {
    let words = words::inspections::of(visit.locale);
    html! {
        header.page-head {
            div {
                p.crumbs { a href="/inspections" { (words.title) } }
                h1 { bdi { (text::cut(&detail.line.name)) } }
                p.lede { bdi { (text::cut(&source(visit, &detail.line))) } }
            }
            @if cursor.is_empty() { (events::live_switch(visit)) }
        }
        div #standing data-live[cursor.is_empty()] {
            div.halves {
                (now(visit, words, state, detail))
                section.panel { h2 { (words.why) } p.muted { (words.why_what) } (why(&detail.why)) }
            }
        }
        // Settings stand outside of what is replaced: nobody's typing is lost.
        (settings::panel(visit, words, state, detail))
        div #runs data-live[cursor.is_empty()] {
            section { h2 { (words.runs) } (runs::list(visit, words, runs, cursor)) }
        }
        div.halves {
            (settings::ticks(visit, words, state))
            (settings::other(words, detail))
        }
    }
}

fn now(visit: &Visit, words: &Words, state: &InspectionState, detail: &InspectionDetail) -> Markup {
    let overview = words::overview::of(visit.locale);
    let line = &detail.line;
    let events = link("/events", &[("inspection", &line.name)]);
    html! {
        section.panel {
            div.page-head {
                div { (standing(visit, line)) }
                @if visit.may_change() { (actions(visit, words, line, &visit.here())) }
            }
            @if let Some(running) = &state.running { (progress(visit, words, running)) }
            dl.facts {
                dt { (words.last_run) } dd { (super::last_run(visit, line.last.as_ref())) }
                dt { (words.next_run) } dd { (time::when_or(visit, line.next, overview.not_scheduled)) }
                @if let Some(lag) = line.lag_seconds { dt { (words.newest) } dd { (fill(overview.behind, &[&time::length(visit.locale, lag)])) } }
                dt { (words.open_faults) } dd { a href=(events) { (text::thousands(line.open_faults)) } }
            }
        }
    }
}

/// How far a run has come. How many partitions there are is known once they are listed.
fn progress(visit: &Visit, words: &Words, running: &firstsight_daemon::RunningRun) -> Markup {
    let (done, all) = running.partitions;
    let read = text::bytes(running.bytes);
    let told = if all == 0 {
        fill(words.progress_open, &[&done, &read])
    } else {
        fill(words.progress, &[&done, &all, &read])
    };
    html! {
        div.progress {
            p { strong { (words.running) } " · " (words.running_since) " " (time::when(visit, running.started)) @if !running.by.is_empty() { " · " (words.asked_by) " " bdi { (text::cut(&running.by)) } } }
            @if all == 0 { progress aria-label=(words.running) {} } @else { progress aria-label=(words.running) value=(done) max=(all) {} }
            p.muted { (told) }
        }
    }
}

/// The answers, a line each.
pub(super) fn why(why: &WhyQuiet) -> Markup {
    html! {
        ul.why { @for (_, answer) in &why.answers { li { (icon::status("info")) span dir="auto" { (text::cut(answer)) } } } }
    }
}
