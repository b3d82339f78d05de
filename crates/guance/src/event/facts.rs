//! What every way in tells of an event.

use std::collections::BTreeMap;

use firstsight_engine::{Digest, Dimension, Finding, Locale};
use firstsight_sink::markdown::{self, Dialect, MarkdownOptions};
use firstsight_sink::{Event, EventKind, Trouble};

use super::{EventOptions, text};

/// The most bytes of a message. Nothing says how much the ways in take; logs are cut at some 800 KB (DataKit
/// `inputs/logging.md`), and what notifications carry on to chats is far less.
const MESSAGE_BYTES: usize = 64 << 10;
/// The most items of a list of attributes.
const LISTED: usize = 20;

pub(super) fn title(event: &Event, options: &EventOptions) -> String {
    text::title(&event.title_in(options.locale))
}

/// The Markdown message; where there is no link to the evidence, with the query that finds it.
pub(super) fn message(event: &Event, options: &EventOptions) -> String {
    let query = match &options.evidence {
        None => evidence_query(event, options),
        Some(_) => None,
    };
    let query = query.map_or_else(String::new, |query| evidence_paragraph(&query, options.locale));
    let mut message = markdown::render(
        event,
        &MarkdownOptions {
            dialect: Dialect::Full,
            locale: options.locale,
            max_bytes: MESSAGE_BYTES - query.len(),
            evidence: options.evidence.clone(),
        },
    );
    message.truncate(message.trim_end().len());
    message.push_str(&query);
    message
}

/// A code span of two marks, since the query holds single ones.
fn evidence_paragraph(query: &str, locale: Locale) -> String {
    let label = match locale {
        Locale::Chinese => "证据（DQL 查询）：",
        Locale::English => "Evidence (DQL query): ",
    };
    format!("\n\n{label}`` {query} ``\n")
}

/// The DQL that finds the evidence: of this event, or of its whole fault where this event has no new finding. `None` where
/// none is written, as of what is wrong with an inspection itself.
pub(super) fn evidence_query(event: &Event, options: &EventOptions) -> Option<String> {
    if event.trouble.is_some() {
        return None;
    }
    // The name comes from the configuration: what would end its quotes is left out.
    let source = text::short(&options.evidence_source).replace('`', "");
    if source.is_empty() {
        return None;
    }
    let (key, id) = if event.findings.is_empty() {
        ("fs_fault_id", &event.fault.id)
    } else {
        ("fs_event_id", &event.id)
    };
    Some(format!("L::`{source}`:(`*`) {{ `{key}` = '{}' }}", text::id(id)))
}

/// What the event is about. Values that are empty are left out: not every way in takes them.
pub(super) fn dimensions(event: &Event) -> BTreeMap<String, String> {
    let tags = event.dimension_tags().into_iter();
    tags.filter(|(_, value)| !value.is_empty())
        .map(|(key, value)| (key.to_owned(), text::short(value)))
        .collect()
}

/// What stands for the dimensions in lists that group by them: of the values as they are, which may be longer than what is
/// shown of them.
pub(super) fn dimensions_hash(event: &Event) -> String {
    let dimensions = event.dimension_tags();
    let mut parts = vec!["dimensions"];
    parts.extend(dimensions.iter().flat_map(|(key, value)| [*key, *value]));
    Digest::of(&parts).to_string()
}

/// How many new error events the event tells of: none for a recovery.
pub(super) fn new_errors(event: &Event) -> u64 {
    event.findings.iter().map(|finding| finding.within.count).sum()
}

/// Keys of our own, the same by every way in, all texts: `fs_…`.
pub(super) fn own(event: &Event) -> BTreeMap<String, String> {
    let fault = &event.fault;
    let own = [
        ("fs_event_id", text::short(&event.id)),
        ("fs_fault_id", text::short(&fault.id)),
        ("fs_fault_start", fault.started.as_secs().to_string()),
        ("fs_fault_duration", fault.duration_seconds.to_string()),
        ("fs_kind", event.kind.as_str().to_owned()),
        ("fs_window_start", event.window.start.as_secs().to_string()),
        ("fs_window_end", event.window.end.as_secs().to_string()),
        ("fs_findings", event.findings.len().to_string()),
        ("fs_errors", event.errors.to_string()),
    ];
    own.map(|(key, value)| (key.to_owned(), value))
        .into_iter()
        .collect()
}

/// What else is known, for filters and hooks: lists with their first items, and what does not fit counted.
pub(super) fn attributes(event: &Event, options: &EventOptions) -> BTreeMap<String, String> {
    let of = |told: fn(&Finding) -> String| {
        let texts: Vec<String> = event.findings.iter().map(told).collect();
        text::list(texts.iter().map(String::as_str), LISTED)
    };
    let attributes = [
        ("schema", event.schema.clone()),
        ("ongoing_clusters", event.ongoing_clusters.to_string()),
        ("finding_ids", of(|finding| finding.id.to_string())),
        ("cluster_ids", of(|finding| finding.cluster.to_string())),
        ("calls", of(call)),
        ("error_codes", of(|finding| finding.error_code.clone())),
        ("actors", actors(event)),
        (
            "access_keys",
            text::list(event.keys.iter().map(|key| key.id.as_str()), LISTED),
        ),
        ("evidence", evidence_query(event, options).unwrap_or_default()),
    ];
    // Of an event about the inspection itself there is nothing but the schema of these.
    let of_account = |(key, _): &(&str, String)| event.trouble.is_none() || *key == "schema";
    let told = attributes.into_iter().filter(of_account);
    let told = told
        .chain(event.trouble.iter().flat_map(of_inspection))
        .filter(|(_, value)| !value.is_empty());
    told.map(|(key, value)| (key.to_owned(), value)).collect()
}

/// What is wrong with the inspection itself.
fn of_inspection(trouble: &Trouble) -> [(&'static str, String); 4] {
    [
        ("trouble", trouble.kind.as_str().to_owned()),
        ("trouble_since", trouble.since.as_secs().to_string()),
        ("trouble_runs", trouble.runs.to_string()),
        ("trouble_reason", text::short(&trouble.reason)),
    ]
}

/// A call as people name it: `iam:CreateUser`.
fn call(finding: &Finding) -> String {
    let service = finding.event_source.trim_end_matches(".amazonaws.com");
    format!("{service}:{}", finding.event_name)
}

fn actors(event: &Event) -> String {
    let values = event.findings.iter().flat_map(|finding| &finding.values);
    let actors = values.filter(|value| value.dimension == Dimension::Actor);
    text::list(actors.map(|value| value.value.as_str()), LISTED)
}

/// Whether the event ends its fault.
pub(super) fn recovers(event: &Event) -> bool {
    event.kind == EventKind::Recovered
}
