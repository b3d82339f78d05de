//! What belongs to an event besides its clusters: access keys, notifications, its fault, related events.

use firstsight_sink::{Event, KeyActivity, Status, text};
use firstsight_store::{AttemptRow, DeliveryState};
use maud::{Markup, html};

use crate::model::{EventDetail, EventLine, NotificationLine, RelatedEvent};
use crate::pages::components::{badge, standing, time};
use crate::pages::overview::fault_seconds;
use crate::pages::visit::Visit;
use crate::pages::words::{event::Words, fill};
use crate::pages::{events, link};

/// Access keys with their last use, and what IAM says of them.
pub(super) fn keys(visit: &Visit, words: &Words, event: &Event) -> Markup {
    let asked = event.keys.iter().any(|key| key.iam.is_some());
    html! {
        @if !event.keys.is_empty() {
            section {
                h2 { (words.keys) }
                table.rows {
                    thead { tr {
                        th scope="col" { (words.key) } th scope="col" { (words.key_owner) } th scope="col" { (words.last_active) }
                        th scope="col" { (words.last_call) } th.n scope="col" { (words.errors) }
                        @if asked { th scope="col" { (words.iam) } }
                    } }
                    tbody { @for key in &event.keys { (key_row(visit, words, key, asked)) } }
                }
            }
        }
    }
}

fn key_row(visit: &Visit, words: &Words, key: &KeyActivity, asked: bool) -> Markup {
    html! {
        tr data-row=(key.id) {
            th scope="row" data-label=(words.key) { a.main-link href=(link::link("/keys", &[("text", &key.id)])) { code { (text::cut(&key.id)) } } }
            td data-label=(words.key_owner) { bdi { (text::cut(&key.owner)) } }
            td data-label=(words.last_active) { (time::when(visit, key.last_used)) }
            td data-label=(words.last_call) { bdi { (text::cut(&key.last_call)) } span.aside { bdi { (text::cut(&key.region)) } } }
            td.n data-label=(words.errors) { (text::thousands(key.errors)) }
            @if asked { td data-label=(words.iam) { (standing::of_key(visit, key)) } }
        }
    }
}

/// What became of the event at each sink.
pub(super) fn notifications(visit: &Visit, words: &Words, lines: &[NotificationLine]) -> Markup {
    html! {
        section.panel {
            h2 { (words.notifications) }
            @if lines.is_empty() { p.muted { (words.no_notifications) } }
            ul.notifications { @for line in lines { (notification(visit, words, line)) } }
        }
    }
}

fn notification(visit: &Visit, words: &Words, line: &NotificationLine) -> Markup {
    let delivery = &line.delivery;
    let (tone, icon, word) = state(words, Some(delivery.state));
    html! {
        li {
            p { (badge::named(tone, icon, word)) " " strong { bdi { (text::cut(&delivery.sink)) } }
                @if line.perhaps_twice { " " (badge::mark("warning", words.perhaps_twice)) }
                @if !delivery.bundle.is_empty() { " " (badge::mark("quiet", words.together)) }
            }
            p.muted {
                (words.attempts) " " (text::thousands(u64::from(delivery.attempts)))
                @if let Some(last) = delivery.last_attempt { " · " (time::when(visit, last)) }
                @if let Some(next) = delivery.next_attempt.filter(|_| delivery.state == DeliveryState::Pending) { " · " (fill(words.next_attempt, &[&time::relative(visit.locale, visit.now, next)])) }
            }
            @if !delivery.message.is_empty() { p { bdi { (text::cut(&delivery.message)) } } }
            @if delivery.log.len() > 1 {
                details { summary { (words.log) } ol.log { @for attempt in &delivery.log { (tried(words, attempt)) } } }
            }
        }
    }
}

/// Colour, icon and word of a delivery's state; under way where there is none yet.
const fn state(words: &Words, state: Option<DeliveryState>) -> (&'static str, &'static str, &'static str) {
    match state {
        Some(DeliveryState::Delivered) => ("ok", "ok", words.delivered),
        Some(DeliveryState::Parked) => ("error", "error", words.parked),
        Some(DeliveryState::Withheld) => ("quiet", "disabled", words.withheld),
        Some(DeliveryState::Pending) => ("warning", "running", words.pending),
        None => ("info", "running", words.trying),
    }
}

fn tried(words: &Words, attempt: &AttemptRow) -> Markup {
    html! {
        li {
            (time::clock(attempt.at)) " " (state(words, attempt.state).2)
            @if attempt.lost { ", " (words.answer_lost) }
            @if !attempt.message.is_empty() { ": " bdi { (text::cut(&attempt.message)) } }
        }
    }
}

/// The fault that the event belongs to, and its events.
pub(super) fn fault(visit: &Visit, words: &Words, detail: &EventDetail) -> Markup {
    let (Some(fault), this) = (&detail.fault, &detail.event) else {
        return html! {};
    };
    html! {
        section.panel {
            h2 { (words.fault) }
            dl.facts {
                dt { (words.object) } dd { bdi { (text::cut(&fault.inspection)) } @if !fault.account.is_empty() { " · " bdi { (text::cut(&fault.account)) } } }
                dt { (words.anomaly) } dd { (time::when(visit, fault.started)) }
                dt { (words.recovery) } dd { (time::when_or(visit, fault.recovered, words.still_open)) }
                dt { (words.duration) } dd { (time::length(visit.locale, fault_seconds(visit, fault))) }
                @if let Some(worst) = fault.worst { dt { (words.worst) } dd { (badge::status(visit.locale, Status::as_str(worst))) } }
            }
            h3 { (words.history) }
            ol.history {
                @for event in detail.history.iter().filter(|event| event.time <= this.window.end) { (past(visit, event)) }
                li { (badge::status(visit.locale, this.status.as_str())) " " strong { (badge::word(visit.locale, this.kind.as_str())) } " " span.muted { (words.this_one) } }
                @for event in detail.history.iter().filter(|event| event.time > this.window.end) { (past(visit, event)) }
            }
        }
    }
}

fn past(visit: &Visit, event: &EventLine) -> Markup {
    html! {
        li data-row=(event.id) {
            (badge::status(visit.locale, &event.status)) " "
            a.main-link href=(link::event(&event.id)) { (badge::word(visit.locale, &event.kind)) }
            " " (time::when(visit, event.time))
        }
    }
}

/// Events near in time that share a field.
pub(super) fn related(visit: &Visit, words: &Words, detail: &EventDetail) -> Markup {
    html! {
        section {
            h2 { (words.related) }
            @if detail.related.is_empty() { p.muted { (words.no_related) } } @else {
                ul.related { @for related in &detail.related { (relation(visit, words, related)) } }
            }
        }
    }
}

fn relation(visit: &Visit, words: &Words, related: &RelatedEvent) -> Markup {
    let event = &related.event;
    html! {
        li data-row=(event.id) {
            (badge::status(visit.locale, &event.status)) " "
            a.main-link href=(link::event(&event.id)) { bdi { (text::cut(&events::title(visit.locale, event))) } } " "
            (time::when(visit, event.time))
            span.aside { (words.shares) ": " @for share in &related.shares { (badge::mark("quiet", shared(words, share))) " " } }
        }
    }
}

fn shared<'a>(words: &Words, share: &'a str) -> &'a str {
    match share {
        "cluster" => words.share_cluster,
        "actor" => words.share_actor,
        "service" => words.share_service,
        "account" => words.share_account,
        "fault" => words.share_fault,
        other => other,
    }
}
