//! The evidence of an event, as logs.

use std::collections::BTreeMap;

use firstsight_engine::Finding;
use firstsight_sink::{Event, Records, Rendering, json};
use serde::Serialize;
use serde_json::Value as Json;

use super::{EventOptions, facts, text};
use crate::point::{Point, Value};

/// The most bytes of an entry's message. Longer ones are cut at the far side, at about 800 KB (DataKit `inputs/logging.md`,
/// "max-log"), and would be no JSON any more.
const MESSAGE_BYTES: usize = 512 << 10;
/// The most bytes of one text of a message that would be too long.
const TEXT_BYTES: usize = 1 << 10;

pub(super) fn points(event: &Event, options: &EventOptions) -> Vec<Point> {
    let findings = event.findings.iter();
    findings.map(|finding| point(event, finding, options)).collect()
}

fn point(event: &Event, finding: &Finding, options: &EventOptions) -> Point {
    Point {
        measurement: options.evidence_source.clone(),
        tags: tags(event, finding),
        fields: BTreeMap::from([
            ("message".to_owned(), Value::Text(message(finding, options))),
            (
                "fs_count".to_owned(),
                Value::Integer(saturated(finding.within.count)),
            ),
            ("fs_score".to_owned(), Value::Integer(finding.score.into())),
            // In seconds, as the times of events.
            (
                "fs_first".to_owned(),
                Value::Integer(finding.within.first.as_secs()),
            ),
            (
                "fs_last".to_owned(),
                Value::Integer(finding.within.last.as_secs()),
            ),
        ]),
        time: event.window.end.as_millis().saturating_mul(1_000_000),
    }
}

fn saturated(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn tags(event: &Event, finding: &Finding) -> BTreeMap<String, String> {
    let tags = [
        ("status", finding.severity.as_str().to_owned()),
        ("service", text::short(&finding.event_source)),
        ("call", text::short(&finding.event_name)),
        ("error_code", text::short(&finding.error_code)),
        ("novelty", word(&finding.novelty)),
        ("class", word(&finding.class)),
        ("fs_event_id", text::short(&event.id)),
        ("fs_fault_id", text::short(&event.fault.id)),
        ("fs_finding_id", finding.id.to_string()),
        ("fs_cluster_id", finding.cluster.to_string()),
    ];
    let told = tags.into_iter().filter(|(_, value)| !value.is_empty());
    let mut tags: BTreeMap<_, _> = told.map(|(key, value)| (key.to_owned(), value)).collect();
    // Those of the event: this is how its related logs are found.
    tags.extend(facts::dimensions(event));
    tags
}

/// A word as JSON has it.
fn word(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Json::String(word)) => word,
        _ => String::new(),
    }
}

/// The finding as JSON (`firstsight.finding/1`): with its samples' records, if they may leave and as far as they fit; where it
/// is still too long, with its texts cut.
fn message(finding: &Finding, options: &EventOptions) -> String {
    let written = |records| {
        let rendering = Rendering {
            locale: options.locale,
            records,
        };
        json::render_finding_with(finding, rendering)
            .trim_end()
            .to_owned()
    };
    let whole = written(options.records);
    if whole.len() <= MESSAGE_BYTES {
        return whole;
    }
    let bare = written(Records::Withheld);
    if bare.len() <= MESSAGE_BYTES {
        bare
    } else {
        with_short_texts(&bare)
    }
}

fn with_short_texts(message: &str) -> String {
    let Ok(mut told) = serde_json::from_str(message) else {
        return String::new();
    };
    shorten(&mut told);
    json::harmless(&told.to_string())
}

fn shorten(value: &mut Json) {
    match value {
        Json::String(text) if text.len() > TEXT_BYTES => {
            let left = text.len() - text::cut(text, TEXT_BYTES).len();
            *text = format!("{}… ({left} bytes cut)", text::cut(text, TEXT_BYTES));
        }
        Json::Array(items) => items.iter_mut().for_each(shorten),
        Json::Object(fields) => fields.values_mut().for_each(shorten),
        _ => {}
    }
}
