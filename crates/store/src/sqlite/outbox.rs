//! Events and their deliveries.

use std::collections::{BTreeSet, HashMap};

use firstsight_engine::Time;
use sqlx::{FromRow, SqliteConnection};

use super::convert::{damaged, failed, limit, time};
use super::rows::{ids, texts};
use super::{Result, facets, search};
use crate::{
    AttemptRow, DeliveryRow, DeliveryState, DueDelivery, EventFacets, EventQuery, NewDelivery, NewEvent,
    StoredEvent, attempts,
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
            if event.facets != EventFacets::default() {
                facets::keep(conn, seq, &event.facets).await?;
            }
            new.push(event.id.clone());
        }
    }
    Ok(new)
}

async fn keep_deliveries(conn: &mut SqliteConnection, seq: i64, event: &NewEvent) -> Result<()> {
    let mut seen = BTreeSet::new();
    let deliveries = event.deliveries.iter();
    let deliveries = deliveries.filter(|delivery| seen.insert(&delivery.sink));
    for (place, delivery) in deliveries.enumerate() {
        let row = attempts::planned(delivery);
        bring_forward(conn, &event.fault, &row).await?;
        sqlx::query(
            "INSERT INTO deliveries (event, sink, place, fault, state, message, not_before, next_attempt, bundle) \
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(seq)
        .bind(&row.sink)
        .bind(i64::try_from(place).unwrap_or(i64::MAX))
        .bind(&event.fault)
        .bind(number_of(row.state))
        .bind(&row.message)
        .bind(delivery.not_before.map(Time::as_millis))
        .bind(row.next_attempt.map(Time::as_millis))
        .bind(&row.bundle)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// What of a fault waits, untried, for longer than a new delivery to the same sink waits no longer than that.
async fn bring_forward(conn: &mut SqliteConnection, fault: &str, new: &DeliveryRow) -> Result<()> {
    if new.state != DeliveryState::Pending {
        return Ok(());
    }
    sqlx::query(
        "UPDATE deliveries SET next_attempt = ?1 WHERE sink = ?2 AND fault = ?3 AND state = 0 AND attempts = 0 \
         AND next_attempt IS NOT NULL AND (?1 IS NULL OR next_attempt > ?1)",
    )
    .bind(new.next_attempt.map(Time::as_millis))
    .bind(&new.sink)
    .bind(fault)
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
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
    fn event(self, deliveries: &[Kept]) -> NewEvent {
        NewEvent {
            id: self.id,
            fault: self.fault,
            account: self.account,
            status: self.status,
            time: time(self.time),
            body: self.body,
            deliveries: deliveries.iter().map(Kept::planned).collect(),
            facets: EventFacets::default(),
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
    finished(conn, rows).await
}

/// These events in the order given, with their deliveries.
async fn finished(conn: &mut SqliteConnection, rows: Vec<EventRow>) -> Result<Vec<StoredEvent>> {
    let mut deliveries = deliveries(conn, rows.iter().map(|row| row.seq)).await?;
    read_logs(conn, &mut deliveries).await?;
    let finish = |row: EventRow| {
        let own = deliveries.remove(&row.seq).unwrap_or_default();
        let inspection = row.inspection.clone();
        let event = row.event(&own);
        let mut deliveries: Vec<_> = own.into_iter().map(|kept| kept.row).collect();
        deliveries.sort_by(|a, b| a.sink.cmp(&b.sink));
        StoredEvent {
            event,
            inspection,
            deliveries,
        }
    };
    Ok(rows.into_iter().map(finish).collect())
}

const EVENT: &str = "\
    SELECT e.seq, e.id, i.name AS inspection, e.fault, e.account, e.status, e.time, e.body \
    FROM events AS e JOIN inspections AS i ON i.id = e.inspection WHERE e.id = ?";

/// One event with its deliveries and facets.
pub(super) async fn event(conn: &mut SqliteConnection, id: &str) -> Result<Option<StoredEvent>> {
    let row: Option<EventRow> = sqlx::query_as(EVENT)
        .bind(id)
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed)?;
    let Some(row) = row else {
        return Ok(None);
    };
    let facets = search::facets(conn, row.seq).await?.unwrap_or_default();
    let stored = finished(conn, vec![row]).await?.pop();
    Ok(stored.map(|mut stored| {
        stored.event.facets = facets;
        stored
    }))
}

const WITHOUT_FACETS: &str = "\
    SELECT e.seq, e.id, i.name AS inspection, e.fault, e.account, e.status, e.time, e.body \
    FROM events AS e JOIN inspections AS i ON i.id = e.inspection \
    WHERE NOT EXISTS (SELECT 1 FROM event_facets WHERE event = e.seq) ORDER BY e.seq LIMIT ?";

/// Events that have no facets, in the order of recording.
pub(super) async fn without_facets(conn: &mut SqliteConnection, limit: usize) -> Result<Vec<StoredEvent>> {
    let rows: Vec<EventRow> = sqlx::query_as(WITHOUT_FACETS)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    finished(conn, rows).await
}

/// A delivery without its log, and since when it was to be tried.
struct Kept {
    row: DeliveryRow,
    not_before: Option<Time>,
}

impl Kept {
    /// As it was given. What was planned to be withheld was never attempted.
    fn planned(&self) -> NewDelivery {
        let withheld = self.row.state == DeliveryState::Withheld && self.row.attempts == 0;
        NewDelivery {
            sink: self.row.sink.clone(),
            withheld: withheld.then(|| self.row.message.clone()),
            not_before: self.not_before,
            bundle: self.row.bundle.clone(),
        }
    }
}

#[derive(FromRow)]
struct DeliveryColumns {
    event: i64,
    sink: String,
    state: i64,
    attempts: i64,
    last_attempt: Option<i64>,
    next_attempt: Option<i64>,
    not_before: Option<i64>,
    message: String,
    bundle: String,
}

impl DeliveryColumns {
    fn kept(self) -> Result<Kept> {
        let row = DeliveryRow {
            sink: self.sink,
            state: state_of(self.state)?,
            attempts: u32::try_from(self.attempts).unwrap_or(u32::MAX),
            last_attempt: self.last_attempt.map(time),
            message: self.message,
            next_attempt: self.next_attempt.map(time),
            bundle: self.bundle,
            log: Vec::new(),
        };
        let not_before = self.not_before.map(time);
        Ok(Kept { row, not_before })
    }
}

type ByEvent = HashMap<i64, Vec<Kept>>;

/// The deliveries of these events in the order given, by event.
async fn deliveries(conn: &mut SqliteConnection, events: impl Iterator<Item = i64>) -> Result<ByEvent> {
    let rows: Vec<DeliveryColumns> = sqlx::query_as(
        "SELECT d.event, d.sink, d.state, d.attempts, d.last_attempt, d.next_attempt, d.not_before, d.message, d.bundle \
         FROM json_each(?) AS asked CROSS JOIN deliveries AS d ON d.event = asked.value ORDER BY d.event, d.place",
    )
    .bind(ids(events))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut by_event = ByEvent::new();
    for row in rows {
        by_event.entry(row.event).or_default().push(row.kept()?);
    }
    Ok(by_event)
}

#[derive(FromRow)]
struct AttemptColumns {
    event: i64,
    sink: String,
    at: i64,
    state: Option<i64>,
    message: String,
    lost: bool,
    repeatable: bool,
}

/// Adds each attempt of these deliveries.
async fn read_logs(conn: &mut SqliteConnection, deliveries: &mut ByEvent) -> Result<()> {
    let rows: Vec<AttemptColumns> = sqlx::query_as(
        "SELECT t.event, t.sink, t.at, t.state, t.message, t.lost, t.repeatable FROM json_each(?) AS asked \
         CROSS JOIN attempts AS t ON t.event = asked.value ORDER BY t.event, t.sink, t.number",
    )
    .bind(ids(deliveries.keys().copied()))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    for row in rows {
        let own = deliveries.get_mut(&row.event).into_iter().flatten();
        let attempt = AttemptRow {
            at: time(row.at),
            state: row.state.map(state_of).transpose()?,
            message: row.message,
            lost: row.lost,
            repeatable: row.repeatable,
        };
        let delivery = own
            .map(|kept| &mut kept.row)
            .find(|delivery| delivery.sink == row.sink);
        delivery
            .into_iter()
            .for_each(|delivery| delivery.log.push(attempt.clone()));
    }
    Ok(())
}

/// A state's number.
pub(super) fn number_of(state: DeliveryState) -> i64 {
    match state {
        DeliveryState::Pending => 0,
        DeliveryState::Delivered => 1,
        DeliveryState::Parked => 2,
        DeliveryState::Withheld => 3,
    }
}

pub(super) fn state_of(number: i64) -> Result<DeliveryState> {
    match number {
        0 => Ok(DeliveryState::Pending),
        1 => Ok(DeliveryState::Delivered),
        2 => Ok(DeliveryState::Parked),
        3 => Ok(DeliveryState::Withheld),
        _ => Err(damaged(format!("no delivery state has the number {number}"))),
    }
}

/// Pending deliveries whose time has come, and before which none of the same fault is pending but what is due in the same
/// bundle. The indexes are named: SQLite would take the one by state, and look for those before among all that are pending.
macro_rules! due {
    ($index:literal, $which:literal) => {
        concat!(
            "SELECT e.seq, e.id, '' AS inspection, e.fault, e.account, e.status, e.time, e.body \
             FROM deliveries AS d INDEXED BY ",
            $index,
            " CROSS JOIN events AS e ON e.seq = d.event \
             WHERE d.sink = ?1 AND d.state = 0 AND (d.next_attempt IS NULL OR d.next_attempt <= ?2) \
             AND NOT EXISTS (SELECT 1 FROM deliveries AS before INDEXED BY deliveries_first_of_fault WHERE before.sink = d.sink AND before.state = 0 \
                AND before.fault = d.fault AND before.event < d.event \
                AND (before.bundle = '' OR before.bundle <> d.bundle OR before.next_attempt > ?2)) ",
            $which
        )
    };
}

pub(super) const DUE: &str = due!("deliveries_pending", "ORDER BY d.event LIMIT ?3");
pub(super) const DUE_OF_BUNDLES: &str = due!(
    "deliveries_by_bundle",
    "AND d.bundle IN (SELECT value FROM json_each(?3)) AND d.bundle <> '' ORDER BY d.event"
);

/// Deliveries that are due, in the order of recording: at most so many, and what goes together with one of them.
pub(super) async fn due(
    conn: &mut SqliteConnection,
    sink: &str,
    now: Time,
    limit: usize,
) -> Result<Vec<DueDelivery>> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let first: Vec<EventRow> = sqlx::query_as(DUE)
        .bind(sink)
        .bind(now.as_millis())
        .bind(limit)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let mut kept = deliveries(conn, first.iter().map(|row| row.seq)).await?;
    let rest = rest_of_bundles(conn, (sink, now), &kept).await?;
    let new: Vec<EventRow> = rest
        .into_iter()
        .filter(|row| !kept.contains_key(&row.seq))
        .collect();
    kept.extend(deliveries(conn, new.iter().map(|row| row.seq)).await?);
    let mut rows: Vec<EventRow> = first.into_iter().chain(new).collect();
    rows.sort_by_key(|row| row.seq);
    let finish = |row: EventRow| {
        let own = kept.remove(&row.seq).unwrap_or_default();
        let delivery = own.iter().find(|kept| kept.row.sink == sink);
        DueDelivery {
            attempts: delivery.map_or(0, |kept| kept.row.attempts),
            bundle: delivery.map(|kept| kept.row.bundle.clone()).unwrap_or_default(),
            event: row.event(&own),
        }
    };
    Ok(rows.into_iter().map(finish).collect())
}

/// All that is due of the bundles of these deliveries.
async fn rest_of_bundles(
    conn: &mut SqliteConnection,
    (sink, now): (&str, Time),
    kept: &ByEvent,
) -> Result<Vec<EventRow>> {
    let of_sink = kept.values().flatten().filter(|kept| kept.row.sink == sink);
    let bundles: BTreeSet<&String> = of_sink.map(|kept| &kept.row.bundle).collect();
    let bundles: Vec<String> = bundles
        .into_iter()
        .filter(|bundle| !bundle.is_empty())
        .cloned()
        .collect();
    if bundles.is_empty() {
        return Ok(Vec::new());
    }
    sqlx::query_as(DUE_OF_BUNDLES)
        .bind(sink)
        .bind(now.as_millis())
        .bind(texts(&bundles)?)
        .fetch_all(conn)
        .await
        .map_err(failed)
}
