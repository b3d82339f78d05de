//! Events and their deliveries.

use std::collections::BTreeSet;

use firstsight_engine::Time;
use sqlx::{FromRow, SqliteConnection};

use super::Result;
use super::convert::{damaged, failed, limit, time};
use super::rows::{ids, texts};
use crate::{
    DeliveryOutcome, DeliveryRow, DeliveryState, DueDelivery, EventQuery, NewDelivery, NewEvent, StoreError,
    StoredEvent, rules,
};

/// Keeps the events that are not known, and gives their ids in the order of the judgement.
pub(super) async fn keep_events(
    conn: &mut SqliteConnection,
    inspection: i64,
    events: &[NewEvent],
) -> Result<Vec<String>> {
    let mut new = Vec::new();
    for event in events {
        let seq: Option<i64> = sqlx::query_scalar(
            "INSERT INTO events (id, inspection, fault, account, status, time, body) VALUES (?, ?, ?, ?, ?, ?, ?) \
             ON CONFLICT DO NOTHING RETURNING seq",
        )
        .bind(&event.id)
        .bind(inspection)
        .bind(&event.fault)
        .bind(&event.account)
        .bind(&event.status)
        .bind(event.time.as_millis())
        .bind(&event.body)
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed)?;
        if let Some(seq) = seq {
            keep_deliveries(conn, seq, event).await?;
            new.push(event.id.clone());
        }
    }
    Ok(new)
}

async fn keep_deliveries(conn: &mut SqliteConnection, seq: i64, event: &NewEvent) -> Result<()> {
    let mut seen = BTreeSet::new();
    let sinks = event
        .deliveries
        .iter()
        .map(|delivery| &delivery.sink)
        .filter(|sink| seen.insert(*sink));
    for (place, sink) in sinks.enumerate() {
        sqlx::query("INSERT INTO deliveries (event, sink, place, fault) VALUES (?, ?, ?, ?)")
            .bind(seq)
            .bind(sink)
            .bind(i64::try_from(place).unwrap_or(i64::MAX))
            .bind(&event.fault)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// An event with its number.
#[derive(FromRow)]
struct EventRow {
    seq: i64,
    id: String,
    inspection: String,
    fault: String,
    account: String,
    status: String,
    time: i64,
    body: Vec<u8>,
}

impl EventRow {
    fn event(self, sinks: Vec<String>) -> NewEvent {
        NewEvent {
            id: self.id,
            fault: self.fault,
            account: self.account,
            status: self.status,
            time: time(self.time),
            body: self.body,
            deliveries: sinks.into_iter().map(NewDelivery::to).collect(),
        }
    }
}

const EVENTS: &str = "\
    SELECT e.seq, e.id, i.name AS inspection, e.fault, e.account, e.status, e.time, e.body \
    FROM events AS e JOIN inspections AS i ON i.id = e.inspection \
    WHERE (?1 IS NULL OR i.name = ?1) AND (?2 IS NULL OR e.time >= ?2) AND (?3 IS NULL OR e.time < ?3) \
    AND (?4 = '[]' OR e.account IN (SELECT value FROM json_each(?4))) \
    ORDER BY e.time DESC, e.seq DESC LIMIT ?5";

/// Events, newest first, with their deliveries by sink.
pub(super) async fn events(conn: &mut SqliteConnection, query: &EventQuery) -> Result<Vec<StoredEvent>> {
    let rows: Vec<EventRow> = sqlx::query_as(EVENTS)
        .bind(&query.inspection)
        .bind(query.times.map(|range| range.start.as_millis()))
        .bind(query.times.map(|range| range.end.as_millis()))
        .bind(texts(&query.accounts)?)
        .bind(limit(query.limit))
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let mut deliveries = deliveries(conn, rows.iter().map(|row| row.seq)).await?;
    rows.into_iter()
        .map(|row| {
            let own = deliveries.remove(&row.seq).unwrap_or_default();
            let inspection = row.inspection.clone();
            let event = row.event(sinks(&own));
            let mut deliveries: Vec<_> = own.into_iter().map(|(_, row)| row).collect();
            deliveries.sort_by(|a, b| a.sink.cmp(&b.sink));
            Ok(StoredEvent {
                event,
                inspection,
                deliveries,
            })
        })
        .collect()
}

/// The sinks of an event as they were given.
fn sinks(deliveries: &[(i64, DeliveryRow)]) -> Vec<String> {
    deliveries.iter().map(|(_, row)| row.sink.clone()).collect()
}

type Delivery = (i64, i64, String, i64, i64, Option<i64>, String);
type ByEvent = std::collections::HashMap<i64, Vec<(i64, DeliveryRow)>>;

/// The deliveries of these events, by event and place.
async fn deliveries(conn: &mut SqliteConnection, events: impl Iterator<Item = i64>) -> Result<ByEvent> {
    let rows: Vec<Delivery> = sqlx::query_as(
        "SELECT d.event, d.place, d.sink, d.state, d.attempts, d.last_attempt, d.message FROM json_each(?) AS asked \
         CROSS JOIN deliveries AS d ON d.event = asked.value ORDER BY d.event, d.place",
    )
    .bind(ids(events))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut by_event = ByEvent::new();
    for (event, place, sink, state, attempts, last_attempt, message) in rows {
        let row = DeliveryRow {
            sink,
            state: state_of(state)?,
            attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
            last_attempt: last_attempt.map(time),
            message,
            next_attempt: None,
            bundle: String::new(),
            log: Vec::new(),
        };
        by_event.entry(event).or_default().push((place, row));
    }
    Ok(by_event)
}

/// A state's number.
fn number_of(state: DeliveryState) -> i64 {
    match state {
        DeliveryState::Pending => 0,
        DeliveryState::Delivered => 1,
        DeliveryState::Parked => 2,
        DeliveryState::Withheld => 3,
    }
}

fn state_of(number: i64) -> Result<DeliveryState> {
    match number {
        0 => Ok(DeliveryState::Pending),
        1 => Ok(DeliveryState::Delivered),
        2 => Ok(DeliveryState::Parked),
        3 => Ok(DeliveryState::Withheld),
        _ => Err(damaged(format!("no delivery state has the number {number}"))),
    }
}

/// Pending deliveries whose time has come and before which no other one of the same fault is pending.
pub(super) const DUE: &str = "\
    SELECT e.seq, e.id, '' AS inspection, e.fault, e.account, e.status, e.time, e.body \
    FROM deliveries AS d JOIN events AS e ON e.seq = d.event \
    WHERE d.sink = ?1 AND d.state = 0 AND (d.next_attempt IS NULL OR d.next_attempt <= ?2) \
    AND NOT EXISTS (SELECT 1 FROM deliveries AS before WHERE before.sink = d.sink AND before.state = 0 \
        AND before.fault = d.fault AND before.event < d.event) \
    ORDER BY d.event LIMIT ?3";

/// Deliveries that are due, in the order of recording.
pub(super) async fn due(
    conn: &mut SqliteConnection,
    sink: &str,
    now: Time,
    limit: usize,
) -> Result<Vec<DueDelivery>> {
    let rows: Vec<EventRow> = sqlx::query_as(DUE)
        .bind(sink)
        .bind(now.as_millis())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let mut deliveries = deliveries(conn, rows.iter().map(|row| row.seq)).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let own = deliveries.remove(&row.seq).unwrap_or_default();
            let attempts = own
                .iter()
                .find(|(_, row)| row.sink == sink)
                .map(|(_, row)| row.attempts);
            DueDelivery {
                event: row.event(sinks(&own)),
                attempts: attempts.unwrap_or_default(),
                bundle: String::new(),
            }
        })
        .collect())
}

/// Keeps the outcome of an attempt.
pub(super) async fn delivered(
    conn: &mut SqliteConnection,
    event: &str,
    sink: &str,
    outcome: &DeliveryOutcome,
) -> Result<()> {
    let missing = || StoreError::NotFound {
        what: "delivery",
        id: format!("of {event} to {sink}"),
    };
    let seq: Option<i64> = sqlx::query_scalar("SELECT seq FROM events WHERE id = ?")
        .bind(event)
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed)?;
    let seq = seq.ok_or_else(missing)?;
    let own = deliveries(conn, [seq].into_iter())
        .await?
        .remove(&seq)
        .unwrap_or_default();
    let row = own.iter().find(|(_, row)| row.sink == sink).ok_or_else(missing)?;
    let row = rules::after_attempt(&row.1, event, outcome)?;
    sqlx::query(
        "UPDATE deliveries SET state = ?3, attempts = ?4, last_attempt = ?5, next_attempt = ?6, message = ?7 \
         WHERE event = ?1 AND sink = ?2",
    )
    .bind(seq)
    .bind(sink)
    .bind(number_of(row.state))
    .bind(i64::from(row.attempts))
    .bind(row.last_attempt.map(Time::as_millis))
    .bind(rules::next_attempt(outcome).map(Time::as_millis))
    .bind(row.message)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}
