//! The source over a Guance in memory, and over HTTP in front of it.

pub(crate) mod fake;
mod reading;
mod resuming;
mod shapes;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use firstsight_cloudtrail::{
    ErrorEvent, Reject, RejectReason, ScanOptions, Scanner, TimeRange, Timestamp, Visitor,
};
use firstsight_source::{LogSource, LogSourceExt, Payload, Position, SourceError};

use self::fake::{FakeGuance, at};
use super::{GuanceLogs, GuanceLogsSettings, Queries};

pub(crate) const SOURCE: &str = "cloudtrail";

/// A day of the source, without pause.
pub(crate) fn settings(page_rows: usize) -> GuanceLogsSettings {
    GuanceLogsSettings {
        page_rows,
        horizon_hours: 24,
        queries_per_minute: u32::MAX,
        ..GuanceLogsSettings::new(vec![SOURCE.to_owned()])
    }
}

pub(crate) fn source(fake: &Arc<FakeGuance>, settings: GuanceLogsSettings, now: Timestamp) -> GuanceLogs {
    GuanceLogs::over(
        Arc::clone(fake) as Arc<dyn Queries>,
        settings,
        Arc::new(move || now),
    )
}

/// Keeps positions and units as a store does.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    pub(crate) positions: BTreeMap<String, Position>,
    pub(crate) units: Vec<Payload>,
    pub(crate) errors: Vec<SourceError>,
}

impl Reader {
    /// Reads what there is for now; what was given this time.
    pub(crate) async fn run(&mut self, source: &GuanceLogs) -> Vec<Payload> {
        self.read(source, usize::MAX).await
    }

    /// So many payload pages of each partition.
    pub(crate) async fn read(&mut self, source: &GuanceLogs, pages: usize) -> Vec<Payload> {
        let before = self.units.len();
        for partition in source.partitions(&TimeRange::ALL).await.unwrap() {
            let mut reader = source.reader(&partition, self.positions.remove(&partition.id));
            for _ in 0..pages {
                match reader.next_payloads().await {
                    Ok(Some(payloads)) => self.units.extend(payloads),
                    Ok(None) => break,
                    Err(error) => {
                        self.errors.push(error);
                        break;
                    }
                }
            }
            if let Some(position) = reader.position() {
                assert!(position.durable);
                self.positions.insert(partition.id.clone(), position.clone());
            }
        }
        self.units[before..].to_vec()
    }

    pub(crate) fn seen(&self) -> Seen {
        Seen::of(&self.units)
    }
}

/// What a scanner makes of units.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Records by their `eventID`, each once.
    pub(crate) records: BTreeSet<String>,
    /// Error events: all that is told of them but their text.
    pub(crate) errors: BTreeSet<String>,
    pub(crate) rejects: Vec<RejectReason>,
}

impl Seen {
    pub(crate) fn of(units: &[Payload]) -> Self {
        let mut seen = Self::default();
        units.iter().for_each(|unit| seen.scan(&unit.chunk));
        seen
    }

    pub(crate) fn of_text(text: &[u8]) -> Self {
        let mut seen = Self::default();
        seen.scan(text);
        seen
    }

    fn scan(&mut self, bytes: &[u8]) {
        let mut scanner = Scanner::new(ScanOptions::new(at("30T00:00:00")));
        scanner.feed(bytes, self);
        scanner.finish(self);
    }
}

impl Visitor for Seen {
    fn record(&mut self, record: &firstsight_cloudtrail::RecordSeen<'_>) {
        let json: serde_json::Value = serde_json::from_str(record.raw).unwrap();
        let id = json["eventID"].as_str().unwrap_or_default();
        self.records
            .insert(format!("{} {} {id}", record.account, record.time));
    }

    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        let parameters = event.request_parameters.map(|raw| {
            let json: serde_json::Value = serde_json::from_str(raw.get()).unwrap();
            json.to_string()
        });
        // As much as a tag keeps of a text, less what CloudTrail puts behind one that it has cut itself.
        let text = |text: &str| text.trim().chars().take(1_000).collect::<String>();
        self.errors.insert(format!(
            "{:?} {} {} {} {} {} {:?} {} {} {} {:?} {:?} {} {parameters:?}",
            event.event_id,
            event.time,
            event.account,
            event.event_source,
            event.event_name,
            event.error_code,
            text(&event.error_message),
            event.region,
            event.source_ip,
            text(&event.user_agent),
            event.user_identity,
            event.read_only,
            event.event_type,
        ));
    }

    fn reject(&mut self, reject: &Reject) {
        self.rejects.push(reject.reason);
    }
}
