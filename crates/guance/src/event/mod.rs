//! From an event to what each way in takes. Pure functions: the same event gives the same bytes.

use firstsight_engine::Locale;
use firstsight_sink::markdown::LinkTemplate;
use firstsight_sink::{Event, Records};

use crate::client::{CreateEvent, PushBody};
use crate::point::Point;

/// How events are written.
#[derive(Clone, Debug)]
pub struct EventOptions {
    /// The language of title and message.
    pub locale: Locale,
    /// The `df_source` of key events: `custom` unless a workspace wants another.
    pub df_source: String,
    /// The name that evidence has as logs: their `source`.
    pub evidence_source: String,
    /// Whether the records of samples are part of the evidence.
    pub records: Records,
    /// Where an event's evidence can be looked at; without one the message holds the query that finds it.
    pub evidence: Option<LinkTemplate>,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self {
            locale: Locale::English,
            df_source: "custom".to_owned(),
            evidence_source: "firstsight".to_owned(),
            records: Records::Withheld,
            evidence: None,
        }
    }
}

/// For an external-event monitor: everything as texts under `fs_…`, no key that begins with `df_`.
#[must_use]
pub fn push_body(event: &Event, options: &EventOptions) -> PushBody {
    let _ = (event, options);
    todo!()
}

/// For `keyevent`: with the `df_…` fields of an event of Guance's own.
#[must_use]
pub fn key_event(event: &Event, options: &EventOptions) -> Point {
    let _ = (event, options);
    todo!()
}

/// For `events/create`.
#[must_use]
pub fn create_event(event: &Event, options: &EventOptions) -> CreateEvent {
    let _ = (event, options);
    todo!()
}

/// The evidence, as logs: an entry a finding, with its samples.
#[must_use]
pub fn evidence(event: &Event, options: &EventOptions) -> Vec<Point> {
    let _ = (event, options);
    todo!()
}
