//! Faults as people look back on them: the detection object, when the anomaly began and ended, and what was told of it.

use std::collections::BTreeMap;

use firstsight_engine::Time;
use firstsight_sink::{Status, TroubleKind};
use firstsight_store::{EventQuery, FaultTally, Store, StoredFault};
use serde::Serialize;

use crate::error::InspectionError;
use crate::event::decode;
use crate::fault::decode_fault;

/// A fault of the ledger, open or over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultRecord {
    /// Its id: the first event's.
    pub id: String,
    /// The inspection: with the account, the detection object.
    pub inspection: String,
    /// The account; empty where the fault is about the inspection itself.
    pub account: String,
    /// What is wrong with the inspection itself, where the fault is about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<TroubleKind>,
    /// The status that was told last: `ok` once it is over. `None` when no event of it is remembered.
    pub status: Option<Status>,
    /// The most severe status that was told.
    pub worst: Option<Status>,
    /// The anomaly time: the end of the window that opened it.
    pub started: Time,
    /// The recovery time: the end of the window that it recovered in; `None` while it is open.
    pub recovered: Option<Time>,
    /// Seconds from its start to its recovery; of one that is open, to the end of the last window that was judged (or, about
    /// the inspection itself, to when it was told last).
    pub duration_seconds: i64,
    /// Its events that are remembered.
    pub events: u64,
    /// Their findings.
    pub findings: u64,
    /// The title of the first of them; empty when none is remembered.
    pub title: String,
}

/// What the events of a fault told.
#[derive(Debug, Default)]
struct Told {
    status: Option<Status>,
    worst: Option<Status>,
    events: u64,
    findings: u64,
    title: String,
}

impl Told {
    /// Takes in the next event, in the order of time.
    fn add(&mut self, status: Option<Status>, findings: u64, title: &str) {
        self.status = status;
        self.worst = self.worst.max(status);
        self.events += 1;
        self.findings += findings;
        if self.events == 1 {
            title.clone_into(&mut self.title);
        }
    }
}

/// The faults of an inspection, open ones first, then from the newest: all, or only those that are open.
///
/// # Errors
/// When the store cannot be read, or holds an event that cannot.
pub async fn fault_records(
    store: &dyn Store,
    inspection: &str,
    only_open: bool,
) -> Result<Vec<FaultRecord>, InspectionError> {
    let faults = store
        .faults(inspection, if only_open { 0 } else { usize::MAX })
        .await?;
    let judged = store.judged(inspection, 1).await?;
    let latest = judged.last().map(|judged| judged.window.end);
    let mut told = told(store, inspection).await?;
    let record = |fault: StoredFault| {
        let told = told.remove(&fault.id).unwrap_or_default();
        of(fault, told, latest)
    };
    Ok(faults.into_iter().map(record).collect())
}

/// One fault, by what its events come to; `judged_until` is the end of the last window that was judged.
/// For pages, which show few faults of many: nothing has to be decoded.
#[must_use]
pub fn fault_record(fault: StoredFault, tally: &FaultTally, judged_until: Option<Time>) -> FaultRecord {
    let statuses = tally.statuses.iter();
    let told = Told {
        status: tally.last.as_ref().and_then(|(_, status)| status_of(status)),
        worst: statuses.filter_map(|status| status_of(status)).max(),
        events: tally.events,
        findings: tally.findings,
        title: tally.title.clone(),
    };
    of(fault, told, judged_until)
}

fn status_of(word: &str) -> Option<Status> {
    let all = [
        Status::Ok,
        Status::Info,
        Status::Warning,
        Status::Error,
        Status::Critical,
    ];
    all.into_iter().find(|status| status.as_str() == word)
}

/// Of a fault about the inspection itself, which has no account: what it is about, and when it was told last. The body of
/// another may be large, and has none.
fn trouble(fault: &StoredFault) -> Option<(TroubleKind, Time)> {
    let fault = fault.account.is_empty().then(|| decode_fault(fault).ok())??;
    Some((fault.trouble?.kind, fault.last_window_end))
}

fn of(fault: StoredFault, told: Told, judged_until: Option<Time>) -> FaultRecord {
    // Windows may not even be judged while an inspection is in trouble.
    let trouble = trouble(&fault);
    let until = trouble.map_or(judged_until, |(_, told)| Some(told));
    let end = fault.recovered.or(until).unwrap_or(fault.opened);
    FaultRecord {
        trouble: trouble.map(|(kind, _)| kind),
        duration_seconds: (end.as_millis() - fault.opened.as_millis()).max(0) / 1000,
        id: fault.id,
        inspection: fault.inspection,
        account: fault.account,
        started: fault.opened,
        recovered: fault.recovered,
        status: told.status,
        worst: told.worst,
        events: told.events,
        findings: told.findings,
        title: told.title,
    }
}

async fn told(store: &dyn Store, inspection: &str) -> Result<BTreeMap<String, Told>, InspectionError> {
    let query = EventQuery {
        inspection: Some(inspection.to_owned()),
        ..EventQuery::default()
    };
    let mut told: BTreeMap<String, Told> = BTreeMap::new();
    for row in store.events(&query).await?.into_iter().rev() {
        let event = decode(&row.event.id, &row.event.body)?;
        let findings = event.findings.len() as u64;
        let fault = told.entry(row.event.fault).or_default();
        fault.add(Some(event.status), findings, &event.title);
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use firstsight_source::LogSource;
    use firstsight_source::memory::MemorySource;
    use firstsight_store::memory::MemoryStore;

    use super::*;
    use crate::{Ingest, Progress, Settings, Silent, ingest, judge_window};

    fn time(hour: u32) -> Time {
        format!("2026-01-31T{hour:02}:00:00Z").parse().unwrap()
    }

    /// Judged hour by hour until 12:00: the first account fails at 09:10 and 10:10, the second at 11:10.
    async fn judged() -> Arc<dyn Store> {
        let record = |account: &str, hour: u32| {
            format!(
                r#"{{"eventTime":"2026-01-31T{hour:02}:10:00Z","eventSource":"iam.amazonaws.com","eventName":"CreateUser","errorCode":"AccessDenied","recipientAccountId":"{account}","eventID":"{account} {hour}"}}"#
            )
        };
        let (one, two) = ("111122223333", "444455556666");
        let records = [record(one, 9), record(one, 10), record(two, 11)].join("\n");
        let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([("one", records)]));
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let silent: Arc<dyn Progress> = Arc::new(Silent);
        ingest(&source, &store, &Ingest::new("memory", time(12)), &silent)
            .await
            .unwrap();
        let settings = Settings {
            min_history_hours: 0,
            ..Settings::default()
        };
        for hour in 10..=12 {
            judge_window(&*store, &settings, time(hour).hour(), true, time(12))
                .await
                .unwrap();
        }
        store
    }

    #[tokio::test]
    async fn a_fault_is_told_from_its_anomaly_to_its_recovery() {
        let store = judged().await;
        let records = fault_records(&*store, "default", false).await.unwrap();
        let [open, over] = records.as_slice() else {
            panic!("{records:?}")
        };
        assert_eq!(
            (over.account.as_str(), over.started, over.recovered),
            ("111122223333", time(10), Some(time(12)))
        );
        assert_eq!((over.duration_seconds, over.events, over.findings), (7200, 3, 1));
        assert_eq!(over.status, Some(Status::Ok));
        assert!(
            over.worst > Some(Status::Info) && over.title.starts_with("1 new"),
            "{over:?}"
        );
        assert_eq!(
            (open.account.as_str(), open.started, open.recovered),
            ("444455556666", time(12), None)
        );
        assert_eq!((open.duration_seconds, open.status), (0, open.worst));
        let only_open = fault_records(&*store, "default", true).await.unwrap();
        assert_eq!(only_open, std::slice::from_ref(open));
        assert_eq!(fault_records(&*store, "another", false).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_fault_by_its_tally_is_the_same() {
        let store = judged().await;
        let until = store
            .judged("default", 1)
            .await
            .unwrap()
            .last()
            .unwrap()
            .window
            .end;
        let records = fault_records(&*store, "default", false).await.unwrap();
        assert_eq!(records.len(), 2);
        for record in records {
            let fault = store.fault(&record.id).await.unwrap().unwrap();
            let tallies = store
                .fault_tallies(std::slice::from_ref(&fault.id))
                .await
                .unwrap();
            assert_eq!(fault_record(fault, &tallies[0], Some(until)), record);
        }
    }
}
