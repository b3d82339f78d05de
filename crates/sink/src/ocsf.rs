//! OCSF Detection Findings (class 2004) as NDJSON: <https://schema.ocsf.io/1.6.0/classes/detection_finding>.

use std::io::Write;

use crate::event::Event;
use crate::rendering::Rendering;
use crate::writer::Shared;

/// The version of OCSF that is written.
pub const VERSION: &str = "1.6.0";

/// The Detection Findings of an event, a line each: one for each of its findings (activity create, or update where the fault
/// was open), and for a recovery one that closes the fault's finding.
#[must_use]
pub fn render_event(event: &Event, rendering: Rendering) -> String {
    let _ = (event, rendering);
    todo!()
}

/// Writes Detection Findings, a line each.
pub struct OcsfSink<W> {
    #[allow(dead_code)]
    writer: Shared<W>,
    #[allow(dead_code)]
    rendering: Rendering,
}

impl<W: Write + Send> OcsfSink<W> {
    /// A sink to a writer.
    pub fn new(name: &str, writer: W, rendering: Rendering) -> Self {
        let _ = (name, writer, rendering);
        todo!()
    }
}
