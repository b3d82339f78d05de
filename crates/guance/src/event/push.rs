//! Events as JSON: for an external-event monitor, and for `events/create`.

use firstsight_sink::Event;

use super::{EventOptions, facts};
use crate::client::{CreateEvent, PushBody, PushEvent};

/// Who wrote an event, where that can be said.
const ORIGIN: &str = "firstsight";

pub(super) fn body(event: &Event, options: &EventOptions) -> PushBody {
    PushBody {
        event: PushEvent {
            date: event.window.end.as_secs(),
            status: event.status.as_str(),
            title: facts::title(event, options),
            message: facts::message(event, options),
            dimension_tags: facts::dimensions(event),
            // No event has so many errors that a float does not tell them.
            check_value: facts::new_errors(event) as f64,
        },
        extra_data: facts::attributes(event, options),
        own: facts::own(event),
    }
}

pub(super) fn create(event: &Event, options: &EventOptions) -> CreateEvent {
    let mut custom_tags = facts::own(event);
    custom_tags.extend(facts::dimensions(event));
    custom_tags.insert("fs_new_errors".to_owned(), facts::new_errors(event).to_string());
    CreateEvent {
        date: event.window.end.as_millis(),
        status: event.status.as_str(),
        title: facts::title(event, options),
        message: facts::message(event, options),
        origin: ORIGIN,
        custom_tags,
    }
}
