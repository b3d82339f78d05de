//! For a reader at a terminal, in a hurry: the result first, then what was read, then the findings, most severe first.
//!
//! Log text is an attacker's: whatever stands in a report, the output holds no control character but the line break
//! (and, when colour is asked for, the colours this module writes itself). See [`neutralise`].

mod checkup;
mod explanation;
mod layout;
mod report;

use std::borrow::Cow;
use std::fmt;
use std::io::Write;

use async_trait::async_trait;
pub use checkup::render_checkup;
pub use explanation::render_explanation;
use firstsight_engine::Locale;
pub use report::render;

use crate::event::Event;

use crate::writer::Shared;
use crate::{Delivery, Sink, SinkError};

/// How to write for a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalOptions {
    /// Columns, at least 40 and at most 200; values outside count as the nearest.
    pub width: usize,
    /// Whether to use colours.
    pub color: bool,
    /// The language of reasons.
    pub locale: Locale,
}

impl Default for TerminalOptions {
    /// 100 columns without colour, in English.
    fn default() -> Self {
        Self {
            width: 100,
            color: false,
            locale: Locale::English,
        }
    }
}

/// The text as it may stand on a terminal: control characters, bidirectional controls and characters that do not show
/// are written out (`\u{1b}`, `\n`, `\u{202e}`).
///
/// ```
/// use firstsight_sink::terminal::neutralise;
///
/// assert_eq!(neutralise("\u{1b}[2Jgone"), r"\u{1b}[2Jgone");
/// ```
#[must_use]
pub fn neutralise(text: &str) -> Cow<'_, str> {
    crate::harmless::written_out(text, |_| false)
}

/// How many columns a text without control characters takes on a terminal, never less than it does: a Chinese character
/// takes two.
#[must_use]
pub fn columns(text: &str) -> usize {
    layout::columns(text)
}

/// Some events, as [`TerminalSink`] writes them.
#[must_use]
pub fn render_events(events: &[Event], options: &TerminalOptions) -> String {
    report::events(events, options)
}

/// Events on a writer, for people. Not idempotent: an event delivered twice is shown twice.
pub struct TerminalSink<W> {
    name: String,
    options: TerminalOptions,
    writer: Shared<W>,
}

impl<W: Write + Send> TerminalSink<W> {
    /// Writes to `writer`; `name` is for people, for example `standard output`.
    pub fn new(name: impl Into<String>, options: TerminalOptions, writer: W) -> Self {
        Self {
            name: name.into(),
            options,
            writer: Shared::new(writer),
        }
    }
}

impl<W> fmt::Debug for TerminalSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TerminalSink")
            .field("name", &self.name)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<W: Write + Send> Sink for TerminalSink<W> {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        self.writer
            .write(&self.name, &render_events(events, &self.options))?;
        Ok(vec![Delivery::Delivered; events.len()])
    }
}

#[cfg(test)]
mod tests;
