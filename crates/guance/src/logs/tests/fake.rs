//! A Guance in memory: rows by source and index, paged by `search_after`, in the order of their stored time.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use firstsight_cloudtrail::Timestamp;
use serde_json::{Map, Value as Json, json};

use crate::client::{DqlPage, DqlQuery};
use crate::error::GuanceError;
use crate::logs::Queries;

pub(crate) type Row = Map<String, Json>;

#[derive(Clone, Debug)]
pub(crate) struct Stored {
    source: String,
    index: String,
    row: Row,
}

/// What is done with a query instead of answering it.
pub(crate) type Fault = Box<dyn Fn(&DqlQuery, usize) -> Option<GuanceError> + Send + Sync>;

#[derive(Default)]
pub(crate) struct FakeGuance {
    pub(crate) rows: Mutex<Vec<Stored>>,
    pub(crate) asked: Mutex<Vec<DqlQuery>>,
    pub(crate) count: AtomicUsize,
    pub(crate) fault: Mutex<Option<Fault>>,
    /// Whether the last page says that there is none behind it; else an empty one says so.
    pub(crate) tells_end: bool,
    /// So many rows a page at most, whatever the limit.
    pub(crate) most_rows: Option<usize>,
}

impl std::fmt::Debug for FakeGuance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FakeGuance")
    }
}

impl FakeGuance {
    pub(crate) fn with(source: &str, rows: impl IntoIterator<Item = Row>) -> Self {
        let fake = Self::default();
        fake.store(source, "default", rows);
        fake
    }

    /// Stores rows; each gets an id.
    pub(crate) fn store(&self, source: &str, index: &str, rows: impl IntoIterator<Item = Row>) {
        let mut stored = self.rows.lock().unwrap();
        for mut row in rows {
            let id = format!("L_{}_{:06}", row["time"], stored.len());
            row.entry("__docid").or_insert(id.into());
            stored.push(Stored {
                source: source.to_owned(),
                index: index.to_owned(),
                row,
            });
        }
    }

    /// Faults instead of answers, by the query and how many came before it.
    pub(crate) fn fail(
        &self,
        fault: impl Fn(&DqlQuery, usize) -> Option<GuanceError> + Send + Sync + 'static,
    ) {
        *self.fault.lock().unwrap() = Some(Box::new(fault));
    }

    pub(crate) fn mend(&self) {
        *self.fault.lock().unwrap() = None;
    }

    /// What was asked since the last call of this.
    pub(crate) fn take_asked(&self) -> Vec<DqlQuery> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// The rows of a source and index in a time, both ends included, in order.
    pub(crate) fn rows(&self, (source, index): (&str, &str), (start, end): (i64, i64)) -> Vec<Row> {
        let stored = self.rows.lock().unwrap();
        let is_meant = |one: &&Stored| {
            let time = one.row["time"].as_i64().unwrap();
            one.source == source && one.index == index && (start..=end).contains(&time)
        };
        let mut rows: Vec<Row> = stored
            .iter()
            .filter(is_meant)
            .map(|one| one.row.clone())
            .collect();
        rows.sort_by_key(key);
        rows
    }

    pub(crate) fn answer(&self, query: &DqlQuery) -> DqlPage {
        let mut rows = self.rows(understood(&query.dql), query.time_range);
        if let Some(after) = after(&query.search_after) {
            rows.retain(|row| key(row) > after);
        }
        let limit = query.limit.min(self.most_rows.unwrap_or(usize::MAX));
        let is_last = rows.len() <= limit;
        rows.truncate(limit);
        let search_after = match rows.last() {
            Some(row) if !(self.tells_end && is_last) => {
                let (time, id) = key(row);
                vec![time.into(), 8572.into(), id.into()]
            }
            _ => Vec::new(),
        };
        DqlPage { rows, search_after }
    }
}

fn key(row: &Row) -> (i64, String) {
    (
        row["time"].as_i64().unwrap(),
        row["__docid"].as_str().unwrap().to_owned(),
    )
}

fn after(search_after: &[Json]) -> Option<(i64, String)> {
    match search_after {
        [] => None,
        [time, _, id] => Some((time.as_i64().unwrap(), id.as_str().unwrap().to_owned())),
        other => panic!("no search_after of this service: {other:?}"),
    }
}

/// Source and index of a query; anything but the whole of one source is refused by a panic.
fn understood(dql: &str) -> (&str, &str) {
    let (source, rest) = dql
        .strip_prefix("L::`")
        .and_then(|rest| rest.split_once('`'))
        .unwrap();
    let filter = rest.strip_prefix(":(`*`)").unwrap();
    let index = filter
        .strip_prefix(" { `index` = '")
        .and_then(|rest| rest.strip_suffix("' }"));
    assert!(filter.is_empty() || index.is_some(), "{dql}");
    (source, index.unwrap_or("default"))
}

#[async_trait]
impl Queries for FakeGuance {
    async fn query(&self, query: &DqlQuery) -> Result<DqlPage, GuanceError> {
        self.asked.lock().unwrap().push(query.clone());
        let before = self.count.fetch_add(1, Ordering::Relaxed);
        let fault = self.fault.lock().unwrap();
        match fault.as_ref().and_then(|fault| fault(query, before)) {
            Some(error) => Err(error),
            None => Ok(self.answer(query)),
        }
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    format!("2026-11-{text}Z").parse().unwrap()
}

/// A row with these columns.
pub(crate) fn row(time: Timestamp, columns: Json) -> Row {
    let Json::Object(mut row) = columns else {
        panic!("no columns")
    };
    row.insert("time".to_owned(), time.as_millis().into());
    row
}

/// A record whose number tells it; with an odd one it is an error event.
pub(crate) fn record(number: usize, time: Timestamp) -> Json {
    let mut record = json!({
        "eventVersion": "1.11", "eventID": format!("{number:08}"), "eventTime": time.to_string(),
        "eventSource": "iam.amazonaws.com", "eventName": "GetRole", "awsRegion": "eu-west-1",
        "recipientAccountId": "111122223333",
    });
    if number % 2 == 1 {
        record["errorCode"] = "AccessDenied".into();
        record["errorMessage"] = format!("no {number}").into();
    }
    record
}

/// A row that holds a record as its message.
pub(crate) fn event(number: usize, time: Timestamp) -> Row {
    row(
        time,
        json!({ "message": record(number, time).to_string(), "source": "cloudtrail" }),
    )
}
