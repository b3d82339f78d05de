//! Events as points of the category `keyevent`, with the fields of the workspace's own events
//! (<https://docs.guance.com/events/>, "Event fields").
//!
//! What is filtered and grouped by is a tag. What can be long (a tag's value ends at 1,024 bytes) and what is a number is a
//! field, and the numbers are those that the documentation calls numbers: a key whose type changes is refused.

use std::collections::BTreeMap;

use firstsight_sink::Event;
use serde_json::json;

use super::{EventOptions, facts, text};
use crate::point::{Point, Value};

pub(super) fn point(event: &Event, options: &EventOptions) -> Point {
    Point {
        // Queries name events by it: `E::custom`.
        measurement: options.df_source.clone(),
        tags: tags(event, options),
        fields: fields(event, options),
        time: event.window.end.as_millis().saturating_mul(1_000_000),
    }
}

fn tags(event: &Event, options: &EventOptions) -> BTreeMap<String, String> {
    let status = event.status.as_str();
    let fault_status = if facts::recovers(event) { "ok" } else { "fault" };
    let tags = [
        ("df_event_id", id(&event.id)),
        ("df_source", options.df_source.clone()),
        ("df_status", status.to_owned()),
        ("df_sub_status", status.to_owned()),
        ("df_fault_id", id(&event.fault.id)),
        ("df_fault_status", fault_status.to_owned()),
        ("df_monitor_checker_event_ref", facts::dimensions_hash(event)),
        (
            "df_monitor_checker_name",
            text::short(&format!("firstsight {}", event.inspection)),
        ),
    ];
    let mut tags: BTreeMap<_, _> = tags.map(|(key, value)| (key.to_owned(), value)).into();
    tags.extend(facts::dimensions(event));
    if options.df_source == "monitor" {
        // What events of this source have, and lists filter by.
        tags.insert("df_monitor_type".to_owned(), "custom".to_owned());
    }
    tags
}

/// An id as events have it here.
fn id(id: &str) -> String {
    format!("event-{}", text::short(id))
}

fn fields(event: &Event, options: &EventOptions) -> BTreeMap<String, Value> {
    let seconds = [
        (
            "df_date_range",
            event.window.end.as_secs() - event.window.start.as_secs(),
        ),
        ("df_check_range_start", event.window.start.as_secs()),
        ("df_check_range_end", event.window.end.as_secs()),
        ("df_fault_start_time", event.fault.started.as_secs()),
        ("df_fault_duration", event.fault.duration_seconds),
        // The same, under the names that events of every source have.
        ("df_issue_start_time", event.fault.started.as_secs()),
        ("df_issue_duration", event.fault.duration_seconds),
    ];
    let meta = json!({ "extra_data": facts::attributes(event, options) });
    let texts = [
        ("df_title", facts::title(event, options)),
        ("df_message", facts::message(event, options)),
        ("df_dimension_tags", json!(facts::dimensions(event)).to_string()),
        ("df_monitor_checker_value", facts::new_errors(event).to_string()),
        ("df_meta", meta.to_string()),
    ];
    let mut fields = BTreeMap::new();
    fields.extend(seconds.map(|(key, value)| (key.to_owned(), Value::Integer(value))));
    fields.extend(texts.map(|(key, value)| (key.to_owned(), Value::Text(value))));
    fields.extend(
        facts::own(event)
            .into_iter()
            .map(|(key, value)| (key, Value::Text(value))),
    );
    fields
}
