//! One event: what happened, why it is new, who was told, and what people say of it.

mod aftermath;
pub(super) mod cluster;
mod fields;
pub(super) mod mute;
pub(super) mod says;

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use firstsight_engine::Hour;
use firstsight_sink::{Event, EventKind, TroubleKind, text};
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use maud::{Markup, html};

use super::components::chart::{self, Bar, Chart};
use super::components::{badge, copy, time};
use super::layout::{Page, Section};
use super::link;
use super::visit::Visit;
use super::words::{self, event::Words, fill};
use crate::model::{self, EventDetail};
use crate::problem::Problem;

/// `GET /events/{id}`, and `/events/{id}.json`: the event as sinks are sent it.
pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Response {
    if let Some(id) = id.strip_suffix(".json") {
        return match export(&visit, id).await {
            Ok(answer) => answer,
            Err(problem) => visit.problem(&problem),
        };
    }
    visit.show(page(&visit, &id).await)
}

async fn page(visit: &Visit, id: &str) -> Result<Page, Problem> {
    let detail = model::event(visit.app.control.as_ref(), id, visit.locale).await?;
    Ok(Page {
        title: detail.title.clone(),
        section: Section::Events,
        main: main(visit, &detail),
    })
}

async fn export(visit: &Visit, id: &str) -> Result<Response, Problem> {
    let detail = model::event(visit.app.control.as_ref(), id, visit.locale).await?;
    let json = serde_json::to_string_pretty(&detail.event)
        .map_err(|error| Problem::new(http::StatusCode::INTERNAL_SERVER_ERROR, error.to_string()))?;
    let name: String = detail
        .event
        .id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let headers = [
        (CONTENT_TYPE, "application/json".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"firstsight-event-{name}.json\""),
        ),
        (CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, firstsight_sink::json::harmless(&json)).into_response())
}

pub(super) fn main(visit: &Visit, detail: &EventDetail) -> Markup {
    let words = words::event::of(visit.locale);
    let event = &detail.event;
    html! {
        header.page-head {
            div {
                p.eyebrow { (badge::status(visit.locale, event.status.as_str())) " " span { (badge::word(visit.locale, event.kind.as_str())) } " · " (time::when(visit, event.window.end)) }
                h1 { bdi { (text::cut(&detail.title)) } }
            }
            a.button href={ (link::event(&event.id)) ".json" } download { (words.export) }
        }
        div.columns {
            div.main-column {
                (happened(visit, words, event))
                (clusters(visit, words, detail))
                (aftermath::keys(visit, words, event))
                (aftermath::related(visit, words, detail))
            }
            div.side-column {
                (aftermath::fault(visit, words, detail))
                (aftermath::notifications(visit, words, &detail.notifications))
                @if visit.may_change() && !event.account.is_empty() { (mute::form(visit, words, event)) }
                section.panel { h2 { (words.attributes) } (attributes(visit, detail)) }
            }
        }
    }
}

fn attributes(visit: &Visit, detail: &EventDetail) -> Markup {
    let pairs = detail.attributes.iter();
    let pairs = pairs.map(|(key, value)| (key.as_str(), value.as_str()));
    copy::list(visit, pairs, |key, value| {
        fields::related(&detail.event, key, value)
    })
}

fn happened(visit: &Visit, words: &Words, event: &Event) -> Markup {
    html! {
        section.panel {
            h2 { (words.overview) }
            @if event.trouble.is_some() { (trouble(visit, words, event)) } @else {
                dl.totals {
                    div { dt { (words.new_errors) } dd { (text::thousands(event.findings.len() as u64)) } }
                    div { dt { (words.occurrences) } dd { (text::thousands(occurrences(event))) } }
                    div { dt { (words.still_occurring) } dd { (text::thousands(event.ongoing_clusters)) } }
                    div { dt { (words.account_errors) } dd { (text::thousands(event.errors)) } }
                }
            }
            dl.facts {
                dt { (words.window) } dd { (time::clock(event.window.start)) " – " (time::clock(event.window.end)) }
                dt { (visit.common().inspection) } dd { a href=(link::inspection(&event.inspection)) { bdi { (text::cut(&event.inspection)) } } }
                @if !event.account.is_empty() {
                    dt { (visit.common().account) } dd { a href=(link::link("/events", &[("account", &event.account)])) { bdi { (text::cut(&event.account)) } } }
                }
                dt { (words.fault_since) } dd { (time::when(visit, event.fault.started)) }
            }
            (over_time(words, event))
        }
    }
}

fn occurrences(event: &Event) -> u64 {
    event
        .findings
        .iter()
        .map(|finding| finding.within.count)
        .fold(0, u64::saturating_add)
}

/// What is wrong with the inspection itself.
fn trouble(visit: &Visit, words: &Words, event: &Event) -> Markup {
    let Some(trouble) = &event.trouble else {
        return html! {};
    };
    let what = match trouble.kind {
        TroubleKind::Silent => words.trouble_silent,
        TroubleKind::Unread => words.trouble_unread,
        TroubleKind::Failing => words.trouble_failing,
    };
    html! {
        h3 { (words.trouble) }
        p { @if event.kind == EventKind::Recovered { (words.trouble_over) } @else { (what) } }
        dl.facts {
            dt { (words.trouble_since) } dd { (time::when(visit, trouble.since)) }
            dt { (words.trouble_runs) } dd { (text::thousands(trouble.runs)) }
            @if !trouble.reason.is_empty() { dt { (words.trouble_said) } dd { bdi { (text::cut(&trouble.reason)) } } }
            @if event.kind != EventKind::Recovered { dt { (words.trouble_advice) } dd { (trouble.kind.advice(visit.locale)) } }
        }
    }
}

/// Occurrences of the event's clusters: baseline and window.
fn over_time(words: &Words, event: &Event) -> Markup {
    let (Some(first), end) = (event.hours.first(), event.window.end.hour().index()) else {
        return html! {};
    };
    let start = first
        .hour
        .index()
        .min(event.window.start.hour().index())
        .max(end - MOST_HOURS);
    let window = event.window.start.hour().index();
    let counts = event
        .hours
        .iter()
        .map(|count| (count.hour.index(), count.span.count));
    let bars = gathered(counts, start, end, window);
    let recent = bars
        .iter()
        .position(|bar| bar.start.hour().index() >= window)
        .unwrap_or(bars.len());
    let sum = |bars: &[Bar]| bars.iter().map(|bar| bar.count).fold(0, u64::saturating_add);
    let (before, within) = bars.split_at(recent);
    let summary = fill(
        words.in_window,
        &[&text::thousands(sum(within)), &text::thousands(sum(before))],
    );
    chart::chart(&Chart {
        id: "hours",
        title: words.chart,
        summary: &summary,
        bars: &bars,
        recent,
        legend: None,
    })
}

/// A chart shows at most so many hours: a baseline of four weeks.
const MOST_HOURS: i64 = 28 * 24 + 1;
/// About so many bars.
const BARS: i64 = 84;

/// Counts by hour in bars of equal length; a bar begins where the window does.
fn gathered(counts: impl Iterator<Item = (i64, u64)>, start: i64, end: i64, window: i64) -> Vec<Bar> {
    let per = [1, 2, 3, 4, 6, 8, 12]
        .into_iter()
        .find(|per| (end - start) / per <= BARS)
        .unwrap_or(24);
    let begin = window - (window - start + per - 1).div_euclid(per) * per;
    let number = (end - begin + per - 1).div_euclid(per);
    let mut sums = vec![0_u64; usize::try_from(number).unwrap_or(0)];
    for (hour, count) in counts {
        let index = usize::try_from((hour - begin).div_euclid(per)).ok();
        if let Some(sum) = index.and_then(|index| sums.get_mut(index)) {
            *sum = sum.saturating_add(count);
        }
    }
    let bar = |(index, count): (usize, u64)| {
        let start = Hour::from_index(begin + per * index as i64).start();
        Bar {
            start,
            count,
            marks: 0,
            label: format!("{} UTC: {}", text::minute(start), text::thousands(count)),
            href: None,
        }
    };
    sums.into_iter().enumerate().map(bar).collect()
}

fn clusters(visit: &Visit, words: &Words, detail: &EventDetail) -> Markup {
    let event = &detail.event;
    html! {
        @if event.trouble.is_none() {
            section {
                h2 { (words.clusters) " " span.muted { (text::thousands(event.findings.len() as u64)) } }
                @if event.findings.is_empty() { p.muted { (words.no_clusters) } }
                @for finding in &event.findings {
                    @let id = finding.cluster.to_string();
                    @let line = detail.clusters.iter().find(|line| line.id == id);
                    (cluster::card(visit, words, event, finding, line))
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_begin_where_the_window_does() {
        let counts = [(0, 1), (335, 2), (336, 4), (400, 8)];
        let bars = gathered(counts.into_iter(), 0, 337, 336);
        assert_eq!(bars.len(), 85);
        let last = bars.last().unwrap();
        assert_eq!((last.start.hour().index(), last.count), (336, 4));
        assert_eq!(
            bars.iter().map(|bar| bar.count).sum::<u64>(),
            7,
            "what lies outside is left out"
        );
    }
}
