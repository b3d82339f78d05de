//! OCSF Detection Findings (class 2004) as NDJSON: <https://schema.ocsf.io/1.6.0/classes/detection_finding>.
//!
//! To OCSF a finding has a life: it is created, updated, closed. That is what a fault has here, so `finding_info.uid` is the
//! fault's id on every line: the first line of the event that opens it creates the finding, the lines of everything found
//! later update it, each with its own evidence, and the recovery closes it. `finding_info.uid_alt` is the id of
//! firstsight's finding, `metadata.correlation_uid` the event's, `metadata.uid` the line's. What OCSF has no attribute for
//! stands under `unmapped`, access keys under `enrichments`.

//! What is wrong with an inspection itself is a Detection Finding too (its analytic is a rule over the inspection's runs), with
//! the same life and without an account: it is found, gets worse or better and is over, and who collects findings wants to know
//! that none can come.

mod finding;

use std::fmt;
use std::io::Write;

use async_trait::async_trait;

use self::finding::{Line, Subject};
use crate::event::{Event, EventKind};
use crate::rendering::Rendering;
use crate::writer::Shared;
use crate::{Delivery, Sink, SinkError, json};

/// The version of OCSF that is written.
pub const VERSION: &str = "1.6.0";

/// The Detection Findings of an event, a line each: one for each of its findings (the first creates where a fault opens, all
/// others update), one that updates for a fault that only goes on, and for a recovery one that closes.
#[must_use]
pub fn render_event(event: &Event, rendering: Rendering) -> String {
    let lines = subjects(event).into_iter().map(|subject| {
        let line = Line {
            event,
            subject,
            rendering,
        };
        json::harmless(&line.value().to_string()) + "\n"
    });
    lines.collect()
}

/// What the lines of an event are about.
fn subjects(event: &Event) -> Vec<Subject<'_>> {
    if event.kind == EventKind::Recovered || event.findings.is_empty() {
        return vec![Subject::Fault];
    }
    let findings = event.findings.iter().enumerate();
    findings
        .map(|(index, finding)| Subject::Finding {
            finding,
            creates: index == 0 && event.kind == EventKind::Opened,
        })
        .collect()
}

/// Writes Detection Findings, a line each. Not idempotent: an event delivered twice is written twice, with the same
/// `metadata.uid`.
///
/// After a failure that may have written half a line, the next call starts on a new one.
pub struct OcsfSink<W> {
    name: String,
    writer: Shared<W>,
    rendering: Rendering,
}

impl<W: Write + Send> OcsfSink<W> {
    /// A sink to a writer; `name` is for people, for example `findings.ndjson`.
    pub fn new(name: &str, writer: W, rendering: Rendering) -> Self {
        Self {
            name: name.to_owned(),
            writer: Shared::new(writer),
            rendering,
        }
    }
}

impl<W> fmt::Debug for OcsfSink<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OcsfSink")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<W: Write + Send> Sink for OcsfSink<W> {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn idempotent(&self) -> bool {
        false
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let lines = events.iter().map(|event| render_event(event, self.rendering));
        self.writer.write(&self.name, &lines.collect::<String>())?;
        Ok(vec![Delivery::Delivered; events.len()])
    }
}

#[cfg(test)]
mod tests;
