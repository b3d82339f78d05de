//! What people changed: the audit log, and mutes.

use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::clusters::inspections;
use super::components::{filter, notice};
use super::layout::{Page, Section};
use super::visit::Visit;
use super::words::{self, changes::Words, fill};
use crate::model::{self, AuditLine, MuteLine};
use crate::problem::Problem;

pub(super) mod log;
mod mutes;
mod worded;

pub(super) use mutes::{end, set};

/// What can be asked of the page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Of one inspection.
    pub(super) inspection: String,
    /// So many entries of the log.
    pub(super) limit: Option<usize>,
    /// `yes`: mutes that have ended, too.
    pub(super) ended: String,
}

/// How many entries are shown at first, and how many one can ask for.
const LIMITS: [usize; 3] = [50, 200, 1000];

pub(super) async fn show(visit: Visit) -> Response {
    let page = page(&visit).await;
    visit.show(page)
}

async fn page(visit: &Visit) -> Result<Page, Problem> {
    let asked: Asked = visit.query()?;
    let control = visit.app.control.as_ref();
    let inspection = (!asked.inspection.is_empty()).then_some(asked.inspection.as_str());
    let log = model::audit(control, inspection, asked.limit.unwrap_or(LIMITS[0])).await?;
    let mutes = model::mutes(control, inspection, asked.ended == "yes").await?;
    Ok(Page {
        title: words::changes::of(visit.locale).title.to_owned(),
        section: Section::Changes,
        main: main(visit, &asked, &log, &mutes),
    })
}

pub(super) fn main(visit: &Visit, asked: &Asked, log: &[AuditLine], mutes: &[MuteLine]) -> Markup {
    let words = words::changes::of(visit.locale);
    html! {
        header.page-head { div { h1 { (words.title) } p.lede { (words.lede) } } }
        (filter::form(visit, !asked.inspection.is_empty(), &inspections(visit, &asked.inspection)))
        section #mutes {
            h2 { (words.mutes) }
            (mutes::list(visit, words, mutes))
            p.narrowed {
                @if asked.ended == "yes" { a href=(visit.with(&[("ended", "")])) { (words.ended_hide) } }
                @else { a href=(visit.with(&[("ended", "yes")])) { (words.ended_show) } }
            }
            @if visit.may_change() { (mutes::form(visit, words)) }
        }
        section #log { h2 { (words.log) } (entries(visit, words, asked, log)) }
    }
}

fn entries(visit: &Visit, words: &Words, asked: &Asked, log: &[AuditLine]) -> Markup {
    if log.is_empty() {
        return notice::empty(words.log_empty, words.log_empty_what);
    }
    let shown = asked.limit.unwrap_or(LIMITS[0]);
    let more = LIMITS
        .into_iter()
        .find(|limit| *limit > shown && log.len() >= shown);
    html! {
        div.panel { ul.log-entries { @for line in log { (log::entry(visit, &line.entry, Some(&line.inspection))) } } }
        @if let Some(more) = more {
            p.pager { a.button href={ (visit.with(&[("limit", &more.to_string())])) "#log" } { (fill(words.show_more, &[&more])) } }
        }
    }
}
