//! The overview: how the inspections stand, errors and new clusters over time, open faults.

use axum::response::Response;
use firstsight_config::SourceConfig;
use firstsight_engine::{Locale, Time};
use firstsight_inspection::{FaultRecord, Outcome};
use firstsight_sink::{TroubleKind, text};
use maud::{Markup, html};
use serde::Deserialize;

use super::components::chart::{self, Bar, Chart};
use super::components::{badge, notice, time};
use super::configuration::{self, Standing};
use super::layout::{Page, Section};
use super::link::{self, link};
use super::sinks;
use super::visit::Visit;
use super::words::{self, comma, counted, fill, overview::Words};
use crate::model::{self, FaultLine, HourPoint, InspectionLine, Overview, RunLine, SinkLine};
use crate::problem::Problem;

/// What can be asked of the overview.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// How many hours the chart shows.
    hours: Option<u32>,
    /// Of one inspection.
    inspection: String,
}

/// The lengths of the chart in hours, and how many of them a bar gathers: about 50 bars, whatever the length.
const SPANS: [(u32, usize); 4] = [(24, 1), (48, 1), (168, 3), (336, 6)];
const DEFAULT: (u32, usize) = SPANS[1];

pub(super) async fn show(visit: Visit) -> Response {
    visit.show_live(page(&visit)).await
}

async fn page(visit: &Visit) -> Result<Page, Problem> {
    let asked: Asked = visit.query()?;
    let span = SPANS
        .into_iter()
        .find(|(hours, _)| Some(*hours) == asked.hours)
        .unwrap_or(DEFAULT);
    let inspection = (!asked.inspection.is_empty()).then_some(asked.inspection.as_str());
    let control = visit.app.control.as_ref();
    let overview = model::overview(control, inspection, span.0).await?;
    let sinks = model::sinks(control).await?;
    let standing = Standing {
        reload: control.last_reload(),
        left: control.left(),
    };
    Ok(Page {
        title: visit.common().overview.to_owned(),
        section: Section::Overview,
        main: main(visit, &overview, &sinks, &standing, span),
    })
}

pub(super) fn main(
    visit: &Visit,
    overview: &Overview,
    sinks: &[SinkLine],
    standing: &Standing,
    span: (u32, usize),
) -> Markup {
    let words = words::overview::of(visit.locale);
    let open = overview.open_faults.len() as u64;
    html! {
        div #overview data-live {
            header.page-head {
                div {
                    h1 {
                        @if open == 0 { (words.all_well) } @else { (counted(open, words.open_one, words.open_many)) }
                    }
                    (totals(visit, words, overview))
                }
            }
            (configuration::notices(visit, standing))
            (inspections(visit, words, &overview.inspections))
            section.panel { (over_time(visit, words, &overview.hours, span)) }
            section { h2 { (words.open_faults) } (faults(visit, words, &overview.open_faults)) }
            (sinks::panel(visit, sinks))
        }
    }
}

fn totals(visit: &Visit, words: &Words, overview: &Overview) -> Markup {
    html! {
        dl.totals {
            div { dt { (words.known_clusters) } dd { a href="/clusters" { (text::thousands(overview.clusters)) } } }
            div data-alert[overview.waiting > 0] { dt { (words.waiting) } dd { (told_of_sinks(overview.waiting)) } }
            div data-alert[overview.parked > 0] { dt { (words.refused) } dd { (told_of_sinks(overview.parked)) } }
            div { dt { (words.running_since) } dd { (time::when(visit, overview.started)) } }
        }
    }
}

/// A number of deliveries; where there are some, it leads to their sinks.
fn told_of_sinks(number: u64) -> Markup {
    html! { @if number > 0 { a href="#sinks" { (text::thousands(number)) } } @else { (text::thousands(number)) } }
}

fn inspections(visit: &Visit, words: &Words, inspections: &[InspectionLine]) -> Markup {
    html! {
        section aria-label=(visit.common().inspections) {
            @if inspections.is_empty() { (notice::empty(words.none_running, words.none_running_what)) }
            ul.cards { @for line in inspections { (card(visit, words, line)) } }
        }
    }
}

/// The word and colour of an inspection's state.
pub(super) fn state(words: &Words, state: &str) -> (&'static str, &'static str, &'static str) {
    match state {
        "disabled" => ("quiet", "disabled", words.state_disabled),
        "running" => ("info", "running", words.state_running),
        "ok" => ("ok", "ok", words.state_ok),
        "incomplete" => ("warning", "warning", words.state_incomplete),
        "failing" => ("error", "error", words.state_failing),
        _ => ("quiet", "info", words.state_never_run),
    }
}

/// An inspection's state as a badge.
pub(super) fn state_badge(visit: &Visit, said: &str) -> Markup {
    let (tone, icon, word) = state(words::overview::of(visit.locale), said);
    badge::named(tone, icon, word)
}

fn card(visit: &Visit, words: &Words, line: &InspectionLine) -> Markup {
    let tone = state(words::overview::of(visit.locale), &line.state).0;
    html! {
        li class={ "card tone-" (tone) } data-row=(line.name) {
            header {
                h2 { a href=(link::inspection(&line.name)) { bdi { (text::cut(&line.name)) } } }
                (state_badge(visit, &line.state))
            }
            p.source { bdi { (text::cut(&source(visit, line))) } }
            dl.facts {
                dt { (words.last_run) } dd { (last_run(visit, words, line.last.as_ref())) }
                dt { (words.next_run) } dd { (time::when_or(visit, line.next, words.not_scheduled)) }
                @if let Some(lag) = line.lag_seconds {
                    dt { (words.lag) } dd { (fill(words.behind, &[&time::length(visit.locale, lag)])) }
                }
                @if line.learning > 0 {
                    dt { (words.learning) } dd { (counted(line.learning, words.learning_one, words.learning_many)) }
                }
            }
            @if line.failures > 0 { p.alert { (counted(u64::from(line.failures), words.failures_one, words.failures_many)) } }
            @if line.open_faults > 0 {
                p { a href="#faults" { (counted(line.open_faults, words.open_one, words.open_many)) } }
            }
        }
    }
}

/// What an inspection reads, in words: the daemon tells it in English.
pub(super) fn source(visit: &Visit, line: &InspectionLine) -> String {
    if visit.locale == Locale::English {
        return line.source.clone();
    }
    let words = words::inspections::of(visit.locale);
    match &line.reads {
        Some(SourceConfig::CloudWatch(config)) if config.regions.is_empty() => {
            fill(words.reads_groups, &[&config.groups.join("、")])
        }
        Some(SourceConfig::CloudWatch(config)) => fill(
            words.reads_groups_in,
            &[&config.groups.join("、"), &config.regions.join("、")],
        ),
        Some(SourceConfig::GuanceLogs(config)) => fill(words.reads_guance, &[&config.sources.join("、")]),
        Some(SourceConfig::Files(paths)) => {
            let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
            fill(words.reads_files, &[&paths.join("、")])
        }
        _ => line.source.clone(),
    }
}

fn last_run(visit: &Visit, words: &Words, run: Option<&RunLine>) -> Markup {
    let Some(line) = run else {
        return html! { span.muted { (visit.common().never) } };
    };
    html! {
        (time::when(visit, line.run.ended.unwrap_or(line.run.started)))
        span.aside {
            (outcome(words, line.run.outcome)) (comma(visit.locale)) (fill(words.took, &[&time::length(visit.locale, line.seconds)]))
        }
    }
}

/// How a run ended, in words.
pub(super) const fn outcome(words: &Words, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => words.outcome_ok,
        Outcome::Incomplete => words.outcome_incomplete,
        Outcome::Failed => words.outcome_failed,
        Outcome::TimedOut => words.outcome_timed_out,
        Outcome::Stopped => words.outcome_stopped,
        Outcome::Lost => words.outcome_lost,
        _ => words.outcome_running,
    }
}

fn over_time(visit: &Visit, words: &Words, hours: &[HourPoint], (span, per): (u32, usize)) -> Markup {
    let bars: Vec<Bar> = hours.chunks(per).map(|hours| bar(visit, words, hours)).collect();
    let (errors, clusters) = sums(hours);
    let each = if per == 1 {
        words.chart_each_hour.to_owned()
    } else {
        fill(words.chart_each, &[&per])
    };
    let title = format!("{} {each}", words.chart);
    html! {
        div.chart-head {
            nav.switch aria-label=(words.span) {
                @for (hours, word) in SPANS.map(|(hours, _)| hours).into_iter().zip([words.span_24, words.span_48, words.span_168, words.span_336]) {
                    a href=(visit.with(&[("hours", &hours.to_string())])) aria-current=[(hours == span).then_some("true")] { (word) }
                }
            }
        }
        (chart::chart(&Chart {
            id: "errors",
            title: &title,
            summary: &told(visit, words, errors, clusters),
            bars: &bars,
            recent: bars.len(),
            legend: Some([words.errors, words.new_clusters]),
        }))
        (chart::table(visit.common().numbers, [visit.common().hour, words.errors, words.new_clusters], &bars))
    }
}

fn sums(hours: &[HourPoint]) -> (u64, u64) {
    let sum = |of: fn(&HourPoint) -> u64| hours.iter().map(of).fold(0, u64::saturating_add);
    (sum(|point| point.errors), sum(|point| point.new_clusters))
}

/// A bar of some hours. It leads to the events of their windows: those are events of the hours' ends.
fn bar(visit: &Visit, words: &Words, hours: &[HourPoint]) -> Bar {
    let start = hours.first().map(|point| point.hour).unwrap_or_default();
    let end = hours.last().map_or(start, |point| next(point.hour));
    let (errors, clusters) = sums(hours);
    let (from, until) = (next(start).to_string(), next(end).to_string());
    let span = format!(
        "{} – {} UTC",
        text::minute(start),
        text::clock(end).get(..5).unwrap_or_default()
    );
    Bar {
        start,
        count: errors,
        marks: clusters,
        label: format!("{span}: {}", told(visit, words, errors, clusters)),
        href: Some(link("/events", &[("from", &from), ("until", &until)])),
    }
}

/// The start of the next hour.
fn next(hour: Time) -> Time {
    hour.hour().plus(1).start()
}

fn told(visit: &Visit, words: &Words, errors: u64, clusters: u64) -> String {
    let errors = counted(errors, words.errors_one, words.errors_many);
    let clusters = counted(clusters, words.new_one, words.new_many);
    format!("{errors}{}{clusters}", comma(visit.locale))
}

fn faults(visit: &Visit, words: &Words, faults: &[FaultLine]) -> Markup {
    if faults.is_empty() {
        return html! { p #faults .muted { (words.no_faults) } };
    }
    html! {
        table #faults .rows.fixed {
            thead { tr {
                th.w-status scope="col" { (words::events::of(visit.locale).status) }
                th scope="col" { (words.fault) }
                th.w-time scope="col" { (words.since) }
                th.w-short scope="col" { (words.duration) }
                th.n.w-short scope="col" { (words.findings) }
            } }
            tbody { @for line in faults { (fault(visit, words, line)) } }
        }
    }
}

fn fault(visit: &Visit, words: &Words, line: &FaultLine) -> Markup {
    let fault = &line.fault;
    let status = fault.status.or(fault.worst).map_or("", |status| status.as_str());
    let href = line
        .last_event
        .as_deref()
        .map_or_else(|| link("/events", &[("fault", &fault.id)]), link::event);
    html! {
        tr data-row=(fault.id) {
            td { (badge::status(visit.locale, status)) }
            th scope="row" data-label=(words.fault) {
                a.main-link href=(href) { bdi { (text::cut(&fault_title(visit.locale, words, fault))) } }
                span.aside { bdi { (text::cut(&fault.inspection)) } @if !fault.account.is_empty() { " · " bdi { (text::cut(&fault.account)) } } }
            }
            td data-label=(words.since) { (time::when(visit, fault.started)) }
            td data-label=(words.duration) { (time::length(visit.locale, fault_seconds(visit, fault))) }
            td.n data-label=(words.findings) { (text::thousands(fault.findings)) }
        }
    }
}

/// How long a fault lasted. An open one lasts until now: the ledger counts to the last window that was judged, which can be
/// the one that opened it.
pub(super) fn fault_seconds(visit: &Visit, fault: &FaultRecord) -> i64 {
    if fault.recovered.is_some() {
        return fault.duration_seconds;
    }
    let lasted = visit.now.as_millis().saturating_sub(fault.started.as_millis());
    (lasted / 1000).max(0)
}

/// What a fault is called: what its first event was. That was recorded in English; in another language it is told by its
/// account, where it has one.
fn fault_title(locale: Locale, words: &Words, fault: &FaultRecord) -> String {
    if locale == Locale::English {
        return fault.title.clone();
    }
    match fault.trouble {
        None => fill(words.fault_of, &[&fault.account]),
        Some(TroubleKind::Silent) => fill(words.fault_silent, &[&fault.inspection]),
        Some(TroubleKind::Unread) => fill(words.fault_unread, &[&fault.inspection]),
        Some(TroubleKind::Failing) => fill(words.fault_failing, &[&fault.inspection]),
    }
}
