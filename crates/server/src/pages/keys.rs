//! The list of access keys.

use axum::response::Response;
use firstsight_sink::text;
use maud::{Markup, html};

use super::clusters::inspections;
use super::components::sort::{self, Way};
use super::components::{badge, copy, filter, notice, pager, standing, time};
use super::layout::{Page, Section};
use super::link::link;
use super::names;
use super::visit::Visit;
use super::words::{self, keys::Words};
use crate::model::{self, KeyFilter, KeyLine, Listed};
use crate::problem::Problem;

pub(super) async fn show(visit: Visit) -> Response {
    let page = page(&visit).await;
    visit.show(page)
}

async fn page(visit: &Visit) -> Result<Page, Problem> {
    let filter: KeyFilter = visit.query()?;
    let keys = model::keys(visit.app.control.as_ref(), &filter).await?;
    Ok(Page {
        title: words::keys::of(visit.locale).title.to_owned(),
        section: Section::Keys,
        main: main(visit, &filter, &keys),
    })
}

pub(super) fn main(visit: &Visit, filter: &KeyFilter, keys: &Listed<KeyLine>) -> Markup {
    let words = words::keys::of(visit.locale);
    html! {
        header.page-head { div { h1 { (words.title) } p.lede { (words.lede) } } }
        (form(visit, words, filter))
        @if keys.items.is_empty() {
            (notice::no_rows(visit, filter.narrows(), words.none, words.none_what))
        } @else {
            (table(visit, words, filter, &keys.items))
        }
        (pager::pager(visit, &filter.cursor, keys.next.as_deref()))
    }
}

fn form(visit: &Visit, words: &Words, filter: &KeyFilter) -> Markup {
    let kinds = [("", visit.common().any), ("yes", words.long_lived_only)];
    let sorts = [("", words.sort_last), ("errors", words.sort_errors)];
    filter::form(
        visit,
        filter.narrows(),
        &html! {
            (filter::text("text", words.text, &filter.text, words.text_hint))
            (inspections(visit, &filter.inspection))
            (filter::text("account", visit.common().account, &filter.account, "111122223333"))
            (filter::choice("long_lived", words.kind, &filter.long_lived, &kinds))
            div.sort-choice { (filter::choice("sort", words.sort, &filter.sort, &sorts)) }
        },
    )
}

const LAST: [Way; 1] = [("last-used", "descending")];
const ERRORS: [Way; 1] = [("errors", "descending")];

fn table(visit: &Visit, words: &Words, filter: &KeyFilter, keys: &[KeyLine]) -> Markup {
    let sorted = if filter.sort.is_empty() {
        LAST[0].0
    } else {
        &filter.sort
    };
    let asked = keys.iter().any(|key| key.iam.is_some());
    html! {
        table.rows.keys {
            thead { tr {
                th scope="col" { (words.key) }
                th scope="col" { (words.owner) }
                (sort::column(visit, words.last_active, sorted, &LAST, false))
                th scope="col" { (words.last_call) }
                th scope="col" { (words.region) }
                (sort::column(visit, words.errors, sorted, &ERRORS, true))
                th scope="col" { (words.kind) }
                @if asked { th scope="col" { (words.iam) } }
            } }
            tbody { @for key in keys { (row(visit, words, key, asked)) } }
        }
    }
}

fn row(visit: &Visit, words: &Words, key: &KeyLine, asked: bool) -> Markup {
    let events = link("/events", &[("text", &key.id), ("inspection", &key.inspection)]);
    html! {
        tr data-row=(format!("{}/{}/{}", key.inspection, key.account, key.id)) {
            th scope="row" data-label=(words.key) {
                a.main-link href=(events) title=(words.events) { code { bdi { (text::cut(&key.id)) } } } (copy::text(visit, &key.id))
                span.aside { bdi { (text::cut(&key.inspection)) } " · " bdi { (text::cut(&key.account)) } }
            }
            td data-label=(words.owner) {
                @if key.owner.is_empty() { span.muted { (words.unknown) } }
                @else { bdi title=(text::cut(&key.owner)) { (text::cut(&names::actor(&key.owner))) } }
            }
            td data-label=(words.last_active) { (time::when(visit, key.last_used)) }
            td data-label=(words.last_call) data-none[key.last_call.is_empty()] { bdi { (text::cut(&key.last_call)) } }
            td data-label=(words.region) data-none[key.region.is_empty()] { bdi { (text::cut(&key.region)) } }
            td.n data-label=(words.errors) { (text::thousands(key.errors)) }
            td data-label=(words.kind) {
                @if key.long_lived { (badge::mark("warning", words.long_lived)) } @else { (badge::mark("quiet", words.temporary)) }
            }
            @if asked { td data-label=(words.iam) data-none[key.iam.is_none()] { (standing::of_key(visit, &key.activity())) } }
        }
    }
}
