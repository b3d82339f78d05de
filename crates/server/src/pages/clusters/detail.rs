//! One cluster, as one inspection knows it.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::Response;
use firstsight_engine::{Finding, Hour, HourCount, Labelled as _, Range, Reason};
use firstsight_inspection::Phase;
use firstsight_sink::text;
use maud::{Markup, html};
use serde::Deserialize;

use super::people;
use crate::model::{self, ClusterDetail};
use crate::pages::components::chart::{self, Bar, Chart};
use crate::pages::components::{badge, code, copy, time};
use crate::pages::event::cluster::life_cycle;
use crate::pages::layout::{Page, Section};
use crate::pages::link::{self, link};
use crate::pages::visit::Visit;
use crate::pages::words::{self, clusters::Words, counted};
use crate::problem::Problem;

/// What can be asked of the page.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    /// How many hours the chart shows.
    hours: Option<u32>,
}

/// The lengths of the chart in hours, and how many of them a bar gathers.
const SPANS: [(u32, i64); 2] = [(48, 1), (336, 6)];

pub(in crate::pages) async fn show(visit: Visit, Path((inspection, id)): Path<(String, String)>) -> Response {
    let page = page(&visit, &inspection, &id).await;
    visit.show(page)
}

async fn page(visit: &Visit, inspection: &str, id: &str) -> Result<Page, Problem> {
    let asked: Asked = visit.query()?;
    let span = SPANS
        .into_iter()
        .find(|(hours, _)| Some(*hours) == asked.hours)
        .unwrap_or(SPANS[1]);
    let detail = model::cluster(visit.app.control.as_ref(), inspection, id).await?;
    Ok(Page {
        title: text::call(&detail.line.event_source, &detail.line.event_name),
        section: Section::Clusters,
        main: main(visit, &detail, span),
    })
}

pub(in crate::pages) fn main(visit: &Visit, detail: &ClusterDetail, span: (u32, i64)) -> Markup {
    let words = words::clusters::of(visit.locale);
    html! {
        (head(visit, words, detail))
        div.columns {
            div.main-column {
                section.panel { (over_time(visit, words, &detail.hours, span)) }
                section.panel { h2 { (words.findings) } (findings(visit, words, detail)) }
                (nearest(words, detail))
                section.panel { h2 { (words.examples) } (examples(words, detail)) }
            }
            div.side-column {
                section.panel { h2 { (words.facts) } (facts(visit, words, detail)) }
                (people::panels(visit, words, detail))
            }
        }
    }
}

fn head(visit: &Visit, words: &Words, detail: &ClusterDetail) -> Markup {
    let line = &detail.line;
    let (tone, phase) = phase(words, detail.phase);
    let events = link(
        "/events",
        &[("cluster", &line.id), ("inspection", &line.inspection)],
    );
    html! {
        header.page-head {
            div {
                p.crumbs { a href="/clusters" { (words.title) } span aria-hidden="true" { "›" } bdi { (text::cut(&line.inspection)) } "·" bdi { (text::cut(&line.account)) } }
                h1 { bdi { (text::cut(&text::call(&line.event_source, &line.event_name))) } @if !line.error_code.is_empty() { " " code { (text::cut(&line.error_code)) } } }
                div.marks {
                    (badge::mark(tone, phase))
                    @if line.life_cycle != "open" { (badge::mark("info", &life_cycle(visit, &line.life_cycle))) }
                    (badge::mark("quiet", super::class(visit.locale, &line.class)))
                }
            }
            p { a.button href=(events) { (words.export) } }
        }
        (code::template(&line.template))
    }
}

/// The tone and the word of a phase.
const fn phase(words: &Words, phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::New => ("error", words.phase_new),
        Phase::Ongoing => ("warning", words.phase_ongoing),
        Phase::Escalating => ("critical", words.phase_escalating),
        Phase::Returned => ("error", words.phase_returned),
        Phase::Resolved => ("ok", words.phase_resolved),
        Phase::Quiet => ("quiet", words.phase_quiet),
    }
}

fn over_time(visit: &Visit, words: &Words, hours: &[HourCount], (span, per): (u32, i64)) -> Markup {
    let bars = bars(visit.now, words, hours, (span, per));
    let sum = bars.iter().map(|bar| bar.count).fold(0, u64::saturating_add);
    let each = if per == 1 {
        words.chart_hour
    } else {
        words.chart_six
    };
    let summary = if sum == 0 {
        words.quiet_told.to_owned()
    } else {
        counted(sum, words.times_one, words.times_many)
    };
    html! {
        div.chart-head {
            nav.switch aria-label=(words.span) {
                @for ((hours, _), word) in SPANS.into_iter().zip([words.span_48, words.span_336]) {
                    a href=(visit.with(&[("hours", &hours.to_string())])) aria-current=[(hours == span).then_some("true")] { (word) }
                }
            }
        }
        (chart::chart(&Chart {
            id: "occurrences",
            title: &format!("{} {each}", words.chart),
            summary: &summary,
            bars: &bars,
            recent: bars.len(),
            legend: None,
        }))
        (numbers(visit, words, &bars))
    }
}

/// Bars of so many hours each; the present hour is in the last one.
fn bars(
    now: firstsight_engine::Time,
    words: &Words,
    hours: &[HourCount],
    (span, per): (u32, i64),
) -> Vec<Bar> {
    let counts: BTreeMap<Hour, u64> = hours.iter().map(|count| (count.hour, count.span.count)).collect();
    let range = Range::hours_before(now.hour().plus(1), i64::from(span));
    let all: Vec<Hour> = range.hours().collect();
    let gathered = all.chunks(usize::try_from(per).unwrap_or(1));
    gathered.map(|hours| bar(words, hours, &counts)).collect()
}

fn bar(words: &Words, hours: &[Hour], counts: &BTreeMap<Hour, u64>) -> Bar {
    let start = hours.first().map(|hour| hour.start()).unwrap_or_default();
    let end = hours.last().map_or(start, |hour| hour.plus(1).start());
    let count = hours
        .iter()
        .filter_map(|hour| counts.get(hour))
        .fold(0, |sum: u64, count| sum.saturating_add(*count));
    let until = text::clock(end).get(..5).unwrap_or_default().to_owned();
    Bar {
        start,
        count,
        marks: 0,
        label: format!(
            "{} – {until} UTC: {}",
            text::minute(start),
            counted(count, words.times_one, words.times_many)
        ),
        href: None,
    }
}

/// The chart in numbers.
fn numbers(visit: &Visit, words: &Words, bars: &[Bar]) -> Markup {
    let title = visit.common().numbers;
    html! {
        details.numbers {
            summary { (title) }
            div.scroll tabindex="0" role="region" aria-label=(title) {
                table {
                    thead { tr { th scope="col" { (words.start) } th.n scope="col" { (words.times) } } }
                    tbody {
                        @for bar in bars.iter().rev().filter(|bar| bar.count > 0) {
                            tr { th scope="row" { (time::clock(bar.start)) } td.n { (text::thousands(bar.count)) } }
                        }
                    }
                }
            }
        }
    }
}

fn facts(visit: &Visit, words: &Words, detail: &ClusterDetail) -> Markup {
    let (line, row) = (&detail.line, &detail.row);
    let pairs = [
        ("cluster", line.id.as_str()),
        ("account", &line.account),
        ("eventSource", &line.event_source),
        ("eventName", &line.event_name),
        ("errorCode", &line.error_code),
    ];
    html! {
        (copy::list(visit, pairs.into_iter().filter(|(_, value)| !value.is_empty()), |_, _| None))
        dl.facts {
            dt { (words.count) } dd { (text::thousands(line.count)) }
            dt { (words.first_seen) } dd { (time::when(visit, line.first_seen)) }
            dt { (words.last_seen) } dd { (time::when(visit, line.last_seen)) }
            dt { (words.founded) } dd { (time::when(visit, row.founded)) }
            dt { (words.actors) } dd { (text::thousands(row.actors)) }
            dt { (words.templates) } dd { (text::thousands(row.templates)) }
            @if !line.noise.is_empty() { dt { (words.noise_marks) } dd { (super::noise_marks(visit.locale, &line.noise)) } }
        }
    }
}

fn examples(words: &Words, detail: &ClusterDetail) -> Markup {
    let examples = &detail.row.examples;
    html! {
        @if examples.is_empty() { p.muted { (words.examples_none) } }
        @else {
            dl.facts.values {
                @for example in examples {
                    dt { code { (text::cut(&example.name)) } }
                    dd { ul { @for (value, count) in &example.values { li { bdi { (text::cut(value)) } " " span.muted { "×" (text::thousands(*count)) } } } } }
                }
            }
        }
    }
}

fn findings(visit: &Visit, words: &Words, detail: &ClusterDetail) -> Markup {
    if detail.findings.is_empty() {
        return html! { p.muted { (words.findings_none) } };
    }
    html! {
        table.rows.flat {
            thead { tr {
                th scope="col" { (words.severity) } th scope="col" { (words.finding) } th scope="col" { (words.window) }
                th.n scope="col" { (words.times) } th.n scope="col" { (words.score) }
            } }
            tbody { @for finding in &detail.findings { (found(visit, words, detail, finding)) } }
        }
    }
}

fn found(visit: &Visit, words: &Words, detail: &ClusterDetail, finding: &Finding) -> Markup {
    let line = &detail.line;
    // An event's time is the end of its window.
    let (from, until) = (finding.window.end, finding.window.end.plus_millis(1000));
    let (from, until) = (from.to_string(), until.to_string());
    let events = link(
        "/events",
        &[
            ("cluster", &line.id),
            ("inspection", &line.inspection),
            ("from", &from),
            ("until", &until),
        ],
    );
    html! {
        tr data-row=(finding.id) {
            td { (badge::status(visit.locale, finding.severity.as_str())) }
            th scope="row" data-label=(words.finding) {
                a.main-link href=(events) { (finding.novelty.label(visit.locale)) }
                @for reason in finding.reasons.iter().filter(|reason| reason.tells()).take(2) {
                    span.aside dir="auto" { (text::cut(&reason.sentence(visit.locale).to_string())) }
                }
            }
            td data-label=(words.window) { (time::when(visit, finding.window.end)) }
            td.n data-label=(words.times) { (text::thousands(finding.within.count)) }
            td.n data-label=(words.score) { (finding.score) }
        }
    }
}

/// The nearest clusters that its findings name, each once.
fn nearest(words: &Words, detail: &ClusterDetail) -> Markup {
    let reasons = detail.findings.iter().flat_map(|finding| &finding.reasons);
    let mut named: Vec<&Reason> = Vec::new();
    for reason in reasons.filter(|reason| matches!(reason, Reason::NearestKnown { .. })) {
        if named.iter().all(|known| cluster_of(known) != cluster_of(reason)) {
            named.push(reason);
        }
    }
    html! {
        @if !named.is_empty() {
            section.panel { h2 { (words.nearest) } ul.related { @for reason in named { (near(words, &detail.line.inspection, reason)) } } }
        }
    }
}

fn cluster_of(reason: &Reason) -> Option<firstsight_engine::ClusterId> {
    match reason {
        Reason::NearestKnown { cluster, .. } => Some(*cluster),
        _ => None,
    }
}

fn near(words: &Words, inspection: &str, reason: &Reason) -> Markup {
    let Reason::NearestKnown {
        cluster,
        template,
        only_here,
        only_there,
    } = reason
    else {
        return html! {};
    };
    html! {
        li {
            a href=(link::cluster(inspection, &cluster.to_string())) { code { (text::short(*cluster)) } } " " bdi.quoted { (text::cut(template)) }
            @for (label, texts) in [(words.only_here, only_here), (words.only_there, only_there)] {
                @if !texts.is_empty() { span.aside { (label) @for text in texts { " " code { (text::cut(text)) } } } }
            }
        }
    }
}
