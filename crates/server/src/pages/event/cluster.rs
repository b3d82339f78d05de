//! A cluster of an event: its finding with reasons and records, what people said of it, and forms to say more.

use firstsight_engine::{Dimension, Familiarity, Finding, Labelled as _, LifeCycle, Reason, Sample, Value};
use firstsight_sink::Event;
use firstsight_sink::lead::{FailedCall, Lead};
use firstsight_sink::text;
use maud::{Markup, html};

use super::says;
use crate::model::ClusterLine;
use crate::pages::components::{badge, code, spark};
use crate::pages::link;
use crate::pages::visit::Visit;
use crate::pages::words::{event::Words, fill};

/// A finding with its evidence. `line` says where its cluster stands now; it is forgotten where there is none.
pub(super) fn card(
    visit: &Visit,
    words: &Words,
    event: &Event,
    finding: &Finding,
    line: Option<&ClusterLine>,
) -> Markup {
    let severity = finding.severity.as_str();
    let id = finding.cluster.to_string();
    html! {
        article class={ "card finding tone-" (badge::tone(severity)) } id=(anchor(finding)) data-row=(anchor(finding)) {
            header {
                h3 {
                    (badge::status(visit.locale, severity)) " "
                    a.main-link href=(link::cluster(&event.inspection, &id)) { bdi { (text::cut(&text::call(&finding.event_source, &finding.event_name))) } } " "
                    @if !finding.error_code.is_empty() { code { (text::cut(&finding.error_code)) } }
                }
                (sparkline(words, finding))
            }
            (about(visit, words, finding))
            (standing(visit, words, line))
            (code::template(&finding.template))
            (reasons(visit, words, finding))
            (facts(visit, words, event, finding))
            (values(visit, words, finding))
            (records(visit, words, finding))
            @if visit.may_change() && line.is_some() { (says::form(visit, words, event, finding, line)) }
        }
    }
}

/// Names the card within the page. A cluster can have several findings, so it is the finding's id.
pub(super) fn anchor(finding: &Finding) -> String {
    format!("finding-{}", finding.id).chars().take(20).collect()
}

/// Hours that the sparkline shows, up to the window's end.
const HOURS: i64 = 48;

fn sparkline(words: &Words, finding: &Finding) -> Markup {
    let window = finding.window;
    let begin = window.end.hour().plus(-HOURS);
    let mut counts = vec![0; HOURS as usize];
    for hour in &finding.hours {
        let index = usize::try_from(hour.hour.index() - begin.index()).ok();
        if let Some(count) = index.and_then(|index| counts.get_mut(index)) {
            *count = hour.span.count;
        }
    }
    let before = finding.before.map_or(0, |span| span.count);
    let label = fill(
        words.in_window,
        &[&text::thousands(finding.within.count), &text::thousands(before)],
    );
    spark::bars(&label, &counts, window.hours().count())
}

fn about(visit: &Visit, words: &Words, finding: &Finding) -> Markup {
    let states = [
        (finding.late, words.late),
        (finding.learning, words.learning),
        (finding.recorded, words.reported_before),
    ];
    let within = finding.within;
    html! {
        p.about {
            strong { (finding.novelty.label(visit.locale)) }
            @for (_, word) in states.into_iter().filter(|(holds, _)| *holds) { " " (badge::mark("quiet", word)) }
            " · " (words.score) " " strong { (finding.score) }
            " · "
            @if within.count == 1 { (fill(words.within_once, &[&moment(within.first)])) }
            @else { (fill(words.within, &[&text::thousands(within.count), &moment(within.first), &moment(within.last)])) }
        }
    }
}

fn moment(time: firstsight_engine::Time) -> String {
    format!("{} {} UTC", text::date(time), text::clock(time))
}

/// What people said of the cluster, and who looks after it.
fn standing(visit: &Visit, words: &Words, line: Option<&ClusterLine>) -> Markup {
    let Some(line) = line else {
        return html! {};
    };
    let told = (line.life_cycle != "open").then(|| life_cycle(visit, &line.life_cycle));
    html! {
        @if let Some(told) = told {
            p.standing {
                (badge::mark("info", &told))
                @if let Some(said) = &line.said {
                    " " span.muted { bdi { (text::cut(&said.by)) } ", " (text::minute(said.at)) " UTC" }
                    @if !said.note.is_empty() { " " q { bdi { (text::cut(&said.note)) } } }
                }
            }
        }
        @if !line.owner.is_empty() || !line.note.is_empty() {
            p.standing {
                @if !line.owner.is_empty() { span.muted { (words.owner) } " " bdi { (text::cut(&line.owner)) } " " }
                @if !line.note.is_empty() { span.muted { (words.cluster_note) } " " bdi { (text::cut(&line.note)) } }
            }
        }
    }
}

/// What people said, in words; as it is where it is no word of this version.
pub(in crate::pages) fn life_cycle(visit: &Visit, word: &str) -> String {
    word.parse::<LifeCycle>()
        .map_or_else(|_| word.to_owned(), |said| said.label(visit.locale))
}

fn reasons(visit: &Visit, words: &Words, finding: &Finding) -> Markup {
    html! {
        @if !finding.reasons.is_empty() {
            h4 { (words.why) }
            ul.reasons {
                @for reason in finding.reasons.iter().filter(|reason| reason.tells()) {
                    li dir="auto" { (text::cut(&reason.sentence(visit.locale).to_string())) }
                }
            }
        }
    }
}

/// What is known of the call and the cluster.
fn facts(visit: &Visit, words: &Words, event: &Event, finding: &Finding) -> Markup {
    let locale = visit.locale;
    html! {
        dl.facts {
            dt { (words.class) } dd { (finding.class.label(locale)) }
            dt { (words.call_kind) } dd { (finding.verb.label(locale)) " · " (finding.sensitivity.label(locale)) }
            @if let Some(denial) = finding.denial {
                dt { (words.denial) } dd { (Reason::Denied { denial }.sentence(locale)) }
            }
            @for reason in &finding.reasons { (known(words, event, reason)) }
            @if let Some(before) = finding.before {
                dt { (words.first_before) } dd { (fill(words.within, &[&text::thousands(before.count), &moment(before.first), &moment(before.last)])) }
            }
            @if !finding.noise.is_empty() {
                dt { (words.noise) } dd { @for mark in &finding.noise { (badge::mark("quiet", mark.label(locale))) " " } }
            }
            dt { (words.cluster) } dd { a href=(link::link("/events", &[("cluster", &finding.cluster.to_string())])) { code { (text::short(finding.cluster)) } } }
        }
    }
}

/// The technique and the nearest known cluster, which reasons hold.
fn known(words: &Words, event: &Event, reason: &Reason) -> Markup {
    match reason {
        Reason::Technique { id, name, tactic } => html! {
            dt { (words.technique) } dd { strong { (id) } " " (name) @if !tactic.is_empty() { " · " (tactic) } }
        },
        Reason::NearestKnown {
            cluster,
            template,
            only_here,
            only_there,
        } => html! {
            dt { (words.nearest) }
            dd {
                a href=(link::cluster(&event.inspection, &cluster.to_string())) { code { (text::short(*cluster)) } } " "
                bdi.quoted { (text::cut(template)) }
                (differing(words.only_here, only_here))
                (differing(words.only_there, only_there))
            }
        },
        _ => html! {},
    }
}

fn differing(label: &str, texts: &[String]) -> Markup {
    html! {
        @if !texts.is_empty() {
            span.aside { (label) @for text in texts { " " code { (text::cut(text)) } } }
        }
    }
}

/// Where it came from, a row a dimension.
fn values(visit: &Visit, words: &Words, finding: &Finding) -> Markup {
    let rows = Dimension::ALL
        .into_iter()
        .filter(|dimension| *dimension != Dimension::Noise)
        .filter_map(|dimension| {
            let values: Vec<&Value> = finding
                .values
                .iter()
                .filter(|value| value.dimension == dimension)
                .collect();
            (!values.is_empty()).then_some((dimension, values))
        });
    html! {
        @if !finding.values.is_empty() {
            h4 { (words.where_from) }
            dl.facts.dimensions {
                @for (dimension, values) in rows {
                    dt { (dimension.label(visit.locale)) }
                    dd { ul { @for value in values { (dimension_value(visit, value)) } } }
                }
            }
        }
    }
}

fn dimension_value(visit: &Visit, value: &Value) -> Markup {
    let label = value.familiarity.label(visit.locale);
    html! {
        li {
            bdi { (text::cut(&value.value)) } " " span.muted { "×" (text::thousands(value.count)) }
            @match value.familiarity {
                Familiarity::Unseen => { " " (badge::mark("critical", label)) }
                Familiarity::Rare => { " " (badge::mark("warning", label)) }
                Familiarity::Infrequent | Familiarity::Frequent => {}
            }
        }
    }
}

/// Raw records, and a query that finds all of them.
fn records(visit: &Visit, words: &Words, finding: &Finding) -> Markup {
    let insights = FailedCall::from(finding).insights(finding.within.first, finding.within.last);
    let copy = visit.common().copy;
    html! {
        @if !finding.samples.is_empty() { h4 { (words.records) } }
        @for sample in finding.samples.iter().take(Sample::KEEP) { (record(words, sample, copy)) }
        details {
            summary { (words.insights) }
            p.muted { (text::range(insights.range)) }
            (code::block(words.insights, &insights.query, copy))
        }
    }
}

fn record(words: &Words, sample: &Sample, copy: &str) -> Markup {
    let id = text::sample_id(sample);
    let name = fill(words.record, &[&text::cut(&id)]);
    html! {
        details {
            summary { bdi { (name) } " " span.muted { (text::minute(sample.time)) " UTC" } }
            @if let Some(console) = Lead::from(sample).console {
                p { a href=(console) rel="noopener noreferrer" { (words.console) } }
            }
            (code::json(&name, &sample.raw, copy))
        }
    }
}
