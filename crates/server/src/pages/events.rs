//! The list of events.

use axum::response::Response;
use firstsight_engine::Locale;
use firstsight_sink::text;
use maud::{Markup, html};

use super::components::{badge, filter, notice, pager, time};
use super::layout::{Page, Section};
use super::link;
use super::names;
use super::visit::Visit;
use super::words::{self, events::Words, fill};
use crate::model::{self, EventFilter, EventLine, Listed};
use crate::problem::Problem;

pub(super) async fn show(visit: Visit) -> Response {
    visit.show_live(page(&visit)).await
}

async fn page(visit: &Visit) -> Result<Page, Problem> {
    let filter: EventFilter = visit.query()?;
    let control = visit.app.control.as_ref();
    let events = model::events(control, &filter).await?;
    let names: Vec<String> = control
        .inspections()
        .into_iter()
        .map(|state| state.name)
        .collect();
    Ok(Page {
        title: words::events::of(visit.locale).title.to_owned(),
        section: Section::Events,
        main: main(visit, &filter, &names, &events),
    })
}

pub(super) fn main(
    visit: &Visit,
    filter: &EventFilter,
    inspections: &[String],
    events: &Listed<EventLine>,
) -> Markup {
    let words = words::events::of(visit.locale);
    html! {
        header.page-head {
            div { h1 { (words.title) } p.lede { (words.lede) } }
            @if filter.cursor.is_empty() { (live_switch(visit)) }
        }
        (form(visit, words, filter, inspections))
        (narrowed(visit, words, filter))
        // On the first page only: further ones are about the past.
        div #events data-live[filter.cursor.is_empty()] {
            @if events.items.is_empty() {
                (notice::no_rows(visit, filter.narrows(), words.none, words.none_what))
            } @else {
                (table(visit, &events.items))
            }
            (pager::pager(visit, &filter.cursor, events.next.as_deref()))
        }
    }
}

/// Pauses what a script keeps up to date, and says how many rows are new.
pub(super) fn live_switch(visit: &Visit) -> Markup {
    let words = visit.common();
    html! {
        div.live hidden data-live-switch data-one=(words.live_one) data-many=(words.live_many) data-lost=(words.live_lost) {
            span.live-said role="status" aria-live="polite" {}
            button type="button" aria-pressed="false" data-live-word=(words.live) data-paused-word=(words.paused) data-pause=(words.pause) data-resume=(words.resume) {
                span.pulse aria-hidden="true" {} span.live-word { (words.live) } " · " span.live-do { (words.pause) }
            }
        }
    }
}

fn form(visit: &Visit, words: &Words, filter: &EventFilter, inspections: &[String]) -> Markup {
    let any = visit.common().any;
    let statuses = [
        ("", any),
        ("critical", words.critical_only),
        ("critical,error", words.error_up),
        ("critical,error,warning", words.warning_up),
        ("ok", words.recoveries),
    ];
    let kinds = ["opened", "ongoing", "recovered"].map(|kind| (kind, badge::word(visit.locale, kind)));
    let kinds: Vec<_> = std::iter::once(("", any)).chain(kinds).collect();
    let mut names = vec![("", any)];
    names.extend(inspections.iter().map(|name| (name.as_str(), name.as_str())));
    filter::form(
        visit,
        filter.narrows(),
        &html! {
            (filter::choice("status", words.status, &filter.status, &statuses))
            (filter::choice("kind", words.fault, &filter.kind, &kinds))
            @if inspections.len() > 1 || !filter.inspection.is_empty() {
                (filter::choice("inspection", visit.common().inspection, &filter.inspection, &names))
            }
            (filter::text("account", visit.common().account, &filter.account, "111122223333"))
            (filter::text("service", words.service, &filter.service, "iam, sts"))
            (filter::text("actor", words.actor, &filter.actor, ""))
            (filter::text("from", words.from, &filter.from, words.from_hint))
            (filter::text("until", words.until, &filter.until, words.until_hint))
            (filter::text("text", words.text, &filter.text, words.text_hint))
            @for (name, value) in [("cluster", &filter.cluster), ("fault", &filter.fault)] {
                @if !value.is_empty() { input type="hidden" name=(name) value=(value); }
            }
        },
    )
}

/// What a link narrowed the list to and no field shows.
fn narrowed(visit: &Visit, words: &Words, filter: &EventFilter) -> Markup {
    html! {
        @if !filter.cluster.is_empty() {
            p.narrowed { (fill(words.of_cluster, &[&filter.cluster])) " · " a href=(visit.with(&[("cluster", ""), ("cursor", "")])) { (words.show_all) } }
        }
        @if !filter.fault.is_empty() {
            p.narrowed { (words.of_fault) " · " a href=(visit.with(&[("fault", ""), ("cursor", "")])) { (words.show_all) } }
        }
    }
}

/// Events, a row each.
pub(super) fn table(visit: &Visit, events: &[EventLine]) -> Markup {
    let words = words::events::of(visit.locale);
    html! {
        table.rows.fixed {
            thead { tr {
                th.w-status scope="col" { (words.status) }
                th scope="col" { (words.event) }
                th.w-time scope="col" { (words.time) }
                th.w-service.wide-only scope="col" { (words.services) }
                th.w-actor.wide-only scope="col" { (words.actors) }
                th.n.w-short scope="col" { (words.findings) }
                th.w-sent scope="col" { (words.sent) }
            } }
            tbody { @for event in events { (row(visit, words, event)) } }
        }
    }
}

fn row(visit: &Visit, words: &Words, event: &EventLine) -> Markup {
    html! {
        tr data-row=(event.id) {
            td { (badge::status(visit.locale, &event.status)) }
            th scope="row" data-label=(words.event) {
                a.main-link href=(link::event(&event.id)) { bdi { (text::cut(&title(visit.locale, event))) } }
                span.aside { (badge::word(visit.locale, &event.kind)) " · " bdi { (text::cut(&event.inspection)) } " · " (account(words, event)) }
            }
            td data-label=(words.time) { (time::when(visit, event.time)) }
            td.wide-only data-label=(words.services) data-none[event.services.is_empty()] {
                (names::few(visit.locale, &event.services, 2, |name| names::service(name).to_owned()))
            }
            td.wide-only data-label=(words.actors) data-none[event.actors.is_empty()] { (names::few(visit.locale, &event.actors, 2, names::actor)) }
            td.n data-label=(words.findings) data-none[is_trouble(event)] { @if !is_trouble(event) { (text::thousands(event.findings)) } }
            td data-label=(words.sent) { (sent(words, event)) }
        }
    }
}

fn account(words: &Words, event: &EventLine) -> Markup {
    html! {
        @if event.account.is_empty() { (words.inspection_itself) } @else { bdi { (text::cut(&event.account)) } }
    }
}

/// An event's title in a language. Lists know only the recorded one, which is English; in another language it is told from what
/// they know besides.
pub(super) fn title(locale: Locale, event: &EventLine) -> String {
    if locale == Locale::English {
        return event.title.clone();
    }
    let words = words::events::of(locale);
    match event.kind.as_str() {
        "recovered" if is_trouble(event) => fill(words.title_well_again, &[&event.inspection]),
        _ if is_trouble(event) => fill(words.title_trouble, &[&event.inspection]),
        "recovered" => fill(words.title_recovered, &[&event.account]),
        _ if event.findings == 0 => fill(words.title_ongoing, &[&event.account]),
        _ => fill(words.title_findings, &[&event.account, &event.findings]),
    }
}

/// Whether it is about the inspection itself: then there is no account, and nothing to count.
fn is_trouble(event: &EventLine) -> bool {
    event.account.is_empty()
}

fn sent(words: &Words, event: &EventLine) -> Markup {
    let states = [
        (event.parked, words.parked, "error"),
        (event.pending, words.pending, "warning"),
        (event.delivered, words.delivered, "quiet"),
        (event.withheld, words.withheld, "quiet"),
    ];
    html! {
        @for (number, word, tone) in states.into_iter().filter(|(number, ..)| *number > 0) {
            span class={ "sent tone-" (tone) } { (fill(word, &[&number])) } " "
        }
    }
}
