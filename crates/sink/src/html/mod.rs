//! One self-contained HTML page: readable without JavaScript, in light and dark, on paper and on a phone.
//!
//! The page asks for nothing from anywhere: its Content Security Policy allows only its own style and script, by
//! their hashes. Every text is escaped by the type that the page is made of ([`maud::Markup`]), and whatever does not
//! show or reorders text is written out in one pass over the finished page.
//!
//! Pages are bounded: the first [`MOST_FINDINGS`] findings are shown, each with a few of its records; the rest is
//! counted.

mod chart;
mod finding;
mod indent;
mod page;
mod sections;
mod series;
mod sink;

pub use finding::template_pieces;
pub use indent::indented;
use maud::html;
pub use sink::{HtmlSink, replace_file};

use crate::event::Event;
use crate::rendering::Rendering;
use crate::report::Report;
use crate::summary;
use crate::text;

/// How many findings a page shows; the JSON forms hold all of them.
pub const MOST_FINDINGS: usize = 500;

/// The whole report as a page, without the records of its samples.
#[must_use]
pub fn render(report: &Report) -> String {
    render_with(report, Rendering::default())
}

/// Like [`render`], with reasons in a language, and with or without the records of samples.
#[must_use]
pub fn render_with(report: &Report, rendering: Rendering) -> String {
    let headline = summary::headline(report);
    let lede = compared(report);
    let detail = summary::detail(report);
    let heading = page::Heading {
        inspection: &report.inspection,
        title: &headline,
        detail: detail.as_deref(),
        lede: &lede,
        found: Some(&report.found),
    };
    page::document(
        &heading,
        &html! {
            (sections::warnings(report))
            (sections::activity(report))
            (sections::findings(report, rendering))
            (sections::events(report))
            (sections::accounts(report))
            (sections::keys(report))
            (sections::input(report))
        },
    )
}

/// Window and baseline in one sentence.
fn compared(report: &Report) -> String {
    let baseline = match text::hours_in(report.baseline) {
        ..=0 => "nothing before it".to_owned(),
        _ => summary::baseline(report),
    };
    format!("{}, compared with {baseline}", summary::window(report))
}

/// Some events as a page, each with its findings, the latest first; without the records of samples.
#[must_use]
pub fn render_events(events: &[Event]) -> String {
    render_events_with(events, Rendering::default())
}

/// Like [`render_events`], with reasons in a language, and with or without the records of samples.
#[must_use]
pub fn render_events_with(events: &[Event], rendering: Rendering) -> String {
    let title = text::counted(events.len() as u64, "event", "events");
    let heading = page::Heading {
        inspection: "",
        title: &title,
        detail: None,
        lede: "The latest first. Each opens, continues or ends a fault: a lasting bad state of one account.",
        found: None,
    };
    page::document(&heading, &sections::event_pages(events, rendering))
}

#[cfg(test)]
mod tests;
