//! JSON and NDJSON, for programs. The shapes are described, versioned, in the project's `docs/schema.md`.
//!
//! Nothing is lost: every text parses to exactly what the report holds. Characters that steer a terminal, reorder
//! text or do not show are written as `\uXXXX`, so that the output is harmless on a screen as well.

use std::fmt;
use std::io::Write;

use async_trait::async_trait;
use firstsight_engine::{Finding, Hour, HourCount, Range};
use serde::Serialize;

use crate::event::{Event, KeyActivity};
use crate::report::{AccountReport, InputReport, Report, SeverityCounts};
use crate::text::is_unsafe;
use crate::writer::Shared;
use crate::{Delivery, Sink, SinkError};

/// The schema of a finding on a line of its own, see [`render_lines`].
pub const FINDING_SCHEMA: &str = "firstsight.finding/1";

/// The whole report as one document, indented, with a line break at its end.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = harmless(&serde_json::to_string_pretty(report).expect("a report has text keys only"));
    out.push('\n');
    out
}

/// The report as NDJSON: a line of kind `report` with everything but findings and events, then one line a finding
/// (kind `finding`) and one an event (its own kind: `opened`, `ongoing`, `recovered`). Each line names its schema.
#[must_use]
pub fn render_lines(report: &Report) -> String {
    let mut out = line(&Overview::of(report));
    for finding in &report.findings {
        out.push_str(&line(&FindingLine {
            schema: FINDING_SCHEMA,
            kind: "finding",
            finding,
        }));
    }
    out.extend(report.events.iter().map(render_event));
    out
}

/// One event as one line, with its line break.
#[must_use]
pub fn render_event(event: &Event) -> String {
    line(event)
}

fn line(value: &impl Serialize) -> String {
    let mut out = harmless(&serde_json::to_string(value).expect("reports and events have text keys only"));
    out.push('\n');
    out
}

/// Outside its strings JSON holds no character that this replaces, but the line breaks of the indented form.
fn harmless(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !is_unsafe(c) {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    out
}

#[derive(Serialize)]
struct FindingLine<'a> {
    schema: &'static str,
    kind: &'static str,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// A report without what stands on lines of its own.
#[derive(Serialize)]
struct Overview<'a> {
    schema: &'a str,
    kind: &'static str,
    inspection: &'a str,
    sources: &'a [String],
    window: Range,
    baseline: Range,
    complete: bool,
    notes: &'a [String],
    input: &'a InputReport,
    accounts: &'a [AccountReport],
    found: SeverityCounts,
    hidden: SeverityCounts,
    errors_per_hour: &'a [HourCount],
    new_clusters_per_hour: &'a [(Hour, u64)],
    keys: &'a [KeyActivity],
}

impl<'a> Overview<'a> {
    fn of(report: &'a Report) -> Self {
        // Named one by one: a new field of the report has to find its place here.
        let Report {
            schema,
            inspection,
            sources,
            window,
            baseline,
            complete,
            notes,
            input,
            accounts,
            findings: _,
            found,
            hidden,
            events: _,
            errors_per_hour,
            new_clusters_per_hour,
            keys,
        } = report;
        Self {
            schema,
            kind: "report",
            inspection,
            sources,
            window: *window,
            baseline: *baseline,
            complete: *complete,
            notes,
            input,
            accounts,
            found: *found,
            hidden: *hidden,
            errors_per_hour,
            new_clusters_per_hour,
            keys,
        }
    }
}

/// Events as NDJSON on a writer, one line each. Not idempotent: an event delivered twice is two lines with one `id`.
///
/// After a failure that may have written half a line, the next call starts on a new one.
pub struct JsonSink<W> {
    name: String,
    writer: Shared<W>,
}

impl<W: Write + Send> JsonSink<W> {
    /// Writes to `writer`; `name` is for people, for example `events.ndjson`.
    pub fn new(name: impl Into<String>, writer: W) -> Self {
        Self {
            name: name.into(),
            writer: Shared::new(writer),
        }
    }
}

impl<W> fmt::Debug for JsonSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonSink")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<W: Write + Send> Sink for JsonSink<W> {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let lines: String = events.iter().map(render_event).collect();
        self.writer.write(&self.name, &lines)?;
        Ok(vec![Delivery::Delivered; events.len()])
    }
}
