//! One finding as a card.

use firstsight_engine::{Dimension, Familiarity, Finding, Labelled, Locale, Range, Sample, Value};
use maud::{Markup, html};
use serde::Serialize;

use super::chart;
use super::indent::indented;
use super::series::Series;
use crate::event::KeyActivity;
use crate::explanation::words;
use crate::lead::{FailedCall, Lead};
use crate::rendering::{Records, Rendering};
use crate::report::{AccountReport, account_name};
use crate::standing::sayings;
use crate::text::{self, cut};

/// What a card needs besides its finding.
pub(super) struct Context<'a> {
    pub(super) baseline: Range,
    pub(super) window: Range,
    pub(super) keys: &'a [KeyActivity],
    pub(super) accounts: &'a [AccountReport],
    pub(super) rendering: Rendering,
}

/// A finding with its evidence.
pub(super) fn card(finding: &Finding, context: &Context<'_>) -> Markup {
    let severity = finding.severity.as_str();
    html! {
        article class={ "card sev-" (severity) } {
            header {
                h3 {
                    span.sev { (severity) } " "
                    bdi { (cut(&text::call(&finding.event_source, &finding.event_name))) } " "
                    code { (cut(text::error_code(finding))) }
                }
                (chart::spark("Occurrences", &hours(finding, context)))
            }
            (about(finding, context))
            @if !finding.template.is_empty() { (template(&finding.template)) }
            @if !finding.reasons.is_empty() { (reasons(finding, context.rendering.locale)) }
            (dimensions(finding, context.rendering.locale))
            (keys(finding, context.keys))
            (samples(&finding.samples, context.rendering.records))
            (next(finding))
        }
    }
}

fn hours(finding: &Finding, context: &Context<'_>) -> Series {
    let counts = finding.hours.iter().map(|count| (count.hour, count.span.count));
    Series::new(counts, context.baseline, context.window, 1, 60)
}

fn about(finding: &Finding, context: &Context<'_>) -> Markup {
    let within = finding.within;
    html! {
        p.about {
            span.novelty { (finding.novelty.as_str()) }
            @for state in text::states(finding) { " " span.state { (state) } }
            " account " bdi { (cut(&account_name(&finding.account, context.accounts))) }
            " · " (text::counted(within.count, "time", "times"))
            ", " (text::moments(within.first, within.last, &text::date(context.window.start))) " UTC"
            " · " (word(&finding.class))
            " · score " (finding.score)
            " · cluster " code { (text::short(finding.cluster)) }
        }
    }
}

/// The template, its variables set apart.
fn template(template: &str) -> Markup {
    let template = cut(template);
    html! {
        p.template dir="auto" {
            @for (variable, piece) in template_pieces(&template) {
                @if variable { var { (piece) } } @else { (piece) }
            }
        }
    }
}

/// A template's pieces, and whether each is a variable: that is `<` and `>` around letters, digits and `.*_-`.
#[must_use]
pub fn template_pieces(template: &str) -> Vec<(bool, &str)> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((start, end)) = variable(rest) {
        let (before, from) = rest.split_at(start);
        let (name, after) = from.split_at(end - start);
        pieces.push((false, before));
        pieces.push((true, name));
        rest = after;
    }
    pieces.push((false, rest));
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}

fn variable(text: &str) -> Option<(usize, usize)> {
    text.match_indices('<').find_map(|(start, _)| {
        let name = text.get(start + 1..)?;
        let length = name
            .find(|c: char| !(c.is_ascii_alphanumeric() || ".*_-:".contains(c)))
            .filter(|length| *length > 0)?;
        name.get(length..)?
            .starts_with('>')
            .then_some((start, start + length + 2))
    })
}

/// What serialises as one word (`access-denied`), with spaces (`access denied`).
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word.replace(['-', '_'], " "),
        _ => "unknown".to_owned(),
    }
}

fn reasons(finding: &Finding, locale: Locale) -> Markup {
    html! {
        h4 { "Why" }
        ul.reasons {
            @for reason in finding.reasons.iter().filter(|reason| reason.tells()) {
                li dir="auto" lang=[language(locale)] { (cut(&reason.sentence(locale).to_string())) }
            }
        }
    }
}

/// The language of a sentence, where it is not the page's.
const fn language(locale: Locale) -> Option<&'static str> {
    match locale {
        Locale::English => None,
        Locale::Chinese => Some("zh-Hans"),
    }
}

/// What is compared with history, a row a dimension.
fn dimensions(finding: &Finding, locale: Locale) -> Markup {
    let rows = Dimension::ALL.into_iter().filter_map(|dimension| {
        let values: Vec<&Value> = finding
            .values
            .iter()
            .filter(|value| value.dimension == dimension)
            .collect();
        (!values.is_empty()).then_some((dimension, values))
    });
    html! {
        @if !finding.values.is_empty() {
            h4 { "Where it came from" }
            dl.dimensions {
                @for (dimension, values) in rows {
                    dt { (word(&dimension)) }
                    dd { ul { @for value in values { (dimension_value(value, locale)) } } }
                }
            }
        }
    }
}

fn dimension_value(value: &Value, locale: Locale) -> Markup {
    let mark = value.familiarity.label(locale);
    html! {
        li {
            bdi { (cut(&value.value)) }
            " " span.muted { "×" (text::thousands(value.count)) }
            @match value.familiarity {
                Familiarity::Unseen => { " " span.mark lang=[language(locale)] { (mark) } }
                Familiarity::Rare => { " " span.mark.rare lang=[language(locale)] { (mark) } }
                Familiarity::Infrequent | Familiarity::Frequent => {}
            }
        }
    }
}

/// The finding's access keys with their owners and last uses.
fn keys(finding: &Finding, known: &[KeyActivity]) -> Markup {
    let used: Vec<&KeyActivity> = known
        .iter()
        .filter(|key| key.account == finding.account && uses(finding, &key.id))
        .collect();
    html! {
        @if !used.is_empty() {
            h4 { "Access keys" }
            ul.keys {
                @for key in used {
                    li {
                        code { (cut(&key.id)) } " of " bdi { (cut(&key.owner)) }
                        ", last used " (text::minute(key.last_used)) " UTC: "
                        bdi { (cut(&key.last_call)) } " in " bdi { (cut(&key.region)) }
                        @if key.iam.is_some() { "; IAM: " (standing(key)) }
                    }
                }
            }
        }
    }
}

/// What IAM says of a key; what should catch the eye is marked.
pub(super) fn standing(key: &KeyActivity) -> Markup {
    let words = words::of(Locale::English);
    html! {
        @for (index, said) in sayings(key).iter().enumerate() {
            @if index > 0 { ", " }
            @if said.is_alert() { span.mark { ((words.of_key)(said)) } } @else { bdi { (cut(&(words.of_key)(said))) } }
        }
    }
}

fn uses(finding: &Finding, key: &str) -> bool {
    finding
        .values
        .iter()
        .any(|value| value.dimension == Dimension::AccessKey && value.value == key)
}

fn samples(samples: &[Sample], records: Records) -> Markup {
    html! {
        @if !samples.is_empty() {
            div.samples {
                @for sample in samples.iter().take(Sample::KEEP) {
                    @if records == Records::Shown {
                        details {
                            summary { (sample_name(sample)) }
                            pre tabindex="0" { code { (indented(&sample.raw)) } }
                        }
                    } @else {
                        p { (sample_name(sample)) }
                    }
                }
            }
            @if records == Records::Withheld {
                p.about { "The records themselves are left out: " code { "--samples" } " puts them into the page." }
            }
            @if let Some(more) = samples.len().checked_sub(Sample::KEEP).filter(|more| *more > 0) {
                p.about { "and " (text::counted(more as u64, "more record", "more records")) ": the JSON report holds all that were kept." }
            }
        }
    }
}

/// A query to copy, and links into the AWS console: the page itself asks for nothing.
fn next(finding: &Finding) -> Markup {
    let within = finding.within;
    let insights = FailedCall::from(finding).insights(within.first, within.last);
    let leads = finding.samples.iter().take(Sample::KEEP).map(Lead::from);
    let links: Vec<(Lead, String)> = leads
        .filter_map(|lead| lead.console.clone().map(|link| (lead, link)))
        .collect();
    html! {
        details.next {
            summary { "Look further" }
            p.about { "CloudWatch Logs Insights, over the trail's log group, " (text::range(insights.range)) }
            pre tabindex="0" { code { (insights.query) } }
            @if !links.is_empty() {
                p.about { "CloudTrail's event history in the AWS console (management events of the last 90 days)" }
                ul {
                    @for (lead, link) in &links {
                        li { a href=(link) rel="noopener noreferrer" { (lead.event_id) } " " span.muted { (text::minute(lead.time)) " UTC" } }
                    }
                }
            }
        }
    }
}

fn sample_name(sample: &Sample) -> Markup {
    html! {
        "Record " code { (cut(&text::sample_id(sample))) }
        " " span.muted { (text::minute(sample.time)) " UTC" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_of_a_template_are_told_apart() {
        assert_eq!(
            template_pieces("User: <userIdentity.arn> may not <*> < b <script x>"),
            [
                (false, "User: "),
                (true, "<userIdentity.arn>"),
                (false, " may not "),
                (true, "<*>"),
                (false, " < b <script x>")
            ]
        );
        assert_eq!(template_pieces("<a"), [(false, "<a")]);
        assert_eq!(template_pieces("<>"), [(false, "<>")]);
        assert!(template_pieces("").is_empty());
    }

    #[test]
    fn words_come_from_what_is_serialised() {
        assert_eq!(word(&Dimension::SourceNetwork), "source network");
        assert_eq!(word(&7), "unknown");
    }
}
