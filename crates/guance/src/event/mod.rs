//! From an event to what each way in takes. Pure functions: the same event gives the same bytes.
//!
//! An event of firstsight's has the parts of an event of the workspace's own inspections; which of them a way in has a place
//! for differs:
//!
//! | part | external-event monitor | `keyevent` | `events/create` |
//! |---|---|---|---|
//! | time: the window's end | `date`, seconds | the point's time | `date`, milliseconds |
//! | status | `status` | `df_status`, `df_sub_status` | `status` |
//! | title, message | `title`, `message` | `df_title`, `df_message` | `title`, `message` |
//! | dimensions | `dimension_tags` | `df_dimension_tags`, and each as a tag | in `customTags` |
//! | new error events | `check_value` | `df_monitor_checker_value` | in `customTags` |
//! | its id, the fault's id, start and duration | `fs_…` | `df_…` and `fs_…` | in `customTags`, `fs_…` |
//! | the range that was checked | `fs_window_start`, `fs_window_end` | `df_check_range_…` and `fs_…` | in `customTags`, `fs_…` |
//! | calls, error codes, access keys, ids | `extraData` | `df_meta` | — |
//!
//! Sources: the documentation's pages "Events" (`docs/zh/events/index.md`), "Receive external events"
//! (`open-api/checker/receive.md`) and "Create an event" (`open-api/keyevent/create.md`).
//!
//! **Dimensions** are the inspection and the account, and nothing else: every event of a fault has the same ones, which is how
//! a monitor knows that an `ok` ends what it had opened. Counts, times and the status are never among them.

mod evidence;
mod facts;
mod key_event;
mod push;
#[cfg(test)]
mod tests;
mod text;

pub(crate) use text::{id, short};

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
    /// The name that evidence has as logs: their `source`. Empty where none is written: no message then holds a query for it.
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

/// For an external-event monitor: everything as texts under `fs_…`, no key that begins with `df_`, which are refused there.
#[must_use]
pub fn push_body(event: &Event, options: &EventOptions) -> PushBody {
    push::body(event, options)
}

/// For `keyevent`: with the `df_…` fields of an event of Guance's own. Each key has one type, whatever the event.
///
/// `df_monitor_checker_event_ref`, which lists group by, is made of the dimensions alone, so that it is one and the same over a
/// fault; the formula by which Guance makes its own is not public.
#[must_use]
pub fn key_event(event: &Event, options: &EventOptions) -> Point {
    key_event::point(event, options)
}

/// For `events/create`, which knows neither dimensions nor faults: they are tags of our own.
#[must_use]
pub fn create_event(event: &Event, options: &EventOptions) -> CreateEvent {
    push::create(event, options)
}

/// The evidence, as logs: an entry a finding, with its samples; none for an event without a new finding.
///
/// An entry's time is its event's, so that it is found next to it; when the errors were first and last seen are fields.
#[must_use]
pub fn evidence(event: &Event, options: &EventOptions) -> Vec<Point> {
    evidence::points(event, options)
}
