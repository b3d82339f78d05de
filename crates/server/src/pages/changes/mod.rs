//! What people changed: the audit log, and mutes.

use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::clusters::inspections;
use super::components::{filter, notice, pager};
use super::layout::{Page, Section};
use super::visit::Visit;
use super::words::{self, changes::Words};
use crate::model::{self, AuditLine, Listed, MuteLine};
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
    /// Where the page of the log begins.
    pub(super) cursor: String,
    /// So many entries of the log.
    pub(super) limit: Option<usize>,
    /// `yes`: mutes that have ended, too.
    pub(super) ended: String,
}

/// How many entries a page has, unless one asks for another number.
const LIMIT: usize = 50;

pub(super) async fn show(visit: Visit) -> Response {
    let page = page(&visit).await;
    visit.show(page)
}

async fn page(visit: &Visit) -> Result<Page, Problem> {
    let asked: Asked = visit.query()?;
    let control = visit.app.control.as_ref();
    let inspection = (!asked.inspection.is_empty()).then_some(asked.inspection.as_str());
    let log = model::audit(control, inspection, &asked.cursor, asked.limit.unwrap_or(LIMIT)).await?;
    let mutes = model::mutes(control, inspection, asked.ended == "yes").await?;
    Ok(Page {
        title: words::changes::of(visit.locale).title.to_owned(),
        section: Section::Changes,
        main: main(visit, &asked, &log, &mutes),
    })
}

pub(super) fn main(visit: &Visit, asked: &Asked, log: &Listed<AuditLine>, mutes: &[MuteLine]) -> Markup {
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

fn entries(visit: &Visit, words: &Words, asked: &Asked, log: &Listed<AuditLine>) -> Markup {
    if log.items.is_empty() {
        return notice::empty(words.log_empty, words.log_empty_what);
    }
    html! {
        div.panel { ul.log-entries { @for line in &log.items { (log::entry(visit, &line.entry, Some(&line.inspection))) } } }
        (pager::pager_at(visit, &asked.cursor, log.next.as_deref(), "#log"))
    }
}
