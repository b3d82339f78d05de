//! What people have to know of the daemon's configuration, on the overview: a file that cannot be used, keys that wait for
//! another start, and events of inspections that it does not have any more.

use firstsight_daemon::{LastReload, LeftState};
use firstsight_sink::text;
use maud::{Markup, html};

use super::components::{icon, time};
use super::visit::Visit;
use super::words::{self, configuration::Words, fill};

/// How the configuration stands.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// What became of the last reload.
    pub(super) reload: Option<LastReload>,
    /// Inspections that are gone, and for whose events somebody waits.
    pub(super) left: Vec<LeftState>,
}

/// A notice each; nothing where everything holds as it is written.
pub(super) fn notices(visit: &Visit, standing: &Standing) -> Markup {
    let words = words::configuration::of(visit.locale);
    html! {
        @if let Some(reload) = &standing.reload {
            @if let Some(error) = &reload.error { (refused(visit, words, reload, error)) }
            @if !reload.needs_restart.is_empty() { (waits(words, &reload.needs_restart)) }
        }
        @for left in &standing.left {
            @for (sink, waiting) in left.waiting.iter().filter(|(_, waiting)| *waiting > 0) {
                (gone(words, &left.inspection, sink, *waiting))
            }
        }
    }
}

fn refused(visit: &Visit, words: &Words, reload: &LastReload, error: &str) -> Markup {
    html! {
        div.notice.tone-error {
            (icon::status("error"))
            div { p { (words.refused) " " (time::when(visit, reload.at)) } pre { (text::cut(error)) } }
        }
    }
}

fn waits(words: &Words, keys: &[String]) -> Markup {
    html! {
        div.notice.tone-warning {
            (icon::status("warning"))
            p { (words.needs_restart) " " @for (place, key) in keys.iter().enumerate() { @if place > 0 { ", " } code { (key) } } }
        }
    }
}

fn gone(words: &Words, inspection: &str, sink: &str, waiting: u64) -> Markup {
    let said = if waiting == 1 {
        words.left_one
    } else {
        words.left_many
    };
    html! {
        div.notice.tone-warning {
            (icon::status("warning"))
            p { (fill(said, &[&text::cut(inspection), &text::thousands(waiting), &text::cut(sink)])) }
        }
    }
}
