//! Runs of inspections.

use firstsight_engine::Time;
use sqlx::{FromRow, SqliteConnection};

use super::Result;
use super::convert::{failed, limit, time};
use super::rows::texts;
use crate::{RunQuery, StoredRun};

/// Keeps a run, or what became of it.
pub(super) async fn note(conn: &mut SqliteConnection, run: &StoredRun) -> Result<()> {
    sqlx::query(
        "INSERT INTO runs (id, inspection, tick, started, ended, outcome, body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
         ON CONFLICT DO UPDATE SET inspection = excluded.inspection, tick = excluded.tick, \
         started = excluded.started, ended = excluded.ended, outcome = excluded.outcome, body = excluded.body",
    )
    .bind(&run.id)
    .bind(&run.inspection)
    .bind(run.tick.as_millis())
    .bind(run.started.as_millis())
    .bind(run.ended.map(Time::as_millis))
    .bind(&run.outcome)
    .bind(&run.body)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

#[derive(FromRow)]
struct Row {
    id: String,
    inspection: String,
    tick: i64,
    started: i64,
    ended: Option<i64>,
    outcome: String,
    body: Vec<u8>,
}

impl From<Row> for StoredRun {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            inspection: row.inspection,
            tick: time(row.tick),
            started: time(row.started),
            ended: row.ended.map(time),
            outcome: row.outcome,
            body: row.body,
        }
    }
}

/// Every condition is off when its parameter is `NULL` (or an empty list).
pub(super) const RUNS: &str = "\
    SELECT id, inspection, tick, started, ended, outcome, body FROM runs \
    WHERE started <= IFNULL(?3, 9223372036854775807) AND (?3 IS NULL OR started < ?3 OR id > ?4) \
    AND (?1 IS NULL OR inspection = ?1) AND (?2 = '[]' OR outcome IN (SELECT value FROM json_each(?2))) \
    ORDER BY started DESC, id LIMIT ?5";

/// Runs, the latest start first, then by id.
pub(super) async fn runs(conn: &mut SqliteConnection, query: &RunQuery) -> Result<Vec<StoredRun>> {
    let after = query.after.as_ref();
    let rows: Vec<Row> = sqlx::query_as(RUNS)
        .bind(&query.inspection)
        .bind(texts(&query.outcomes)?)
        .bind(after.map(|(started, _)| started.as_millis()))
        .bind(after.map(|(_, id)| id))
        .bind(limit(query.limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    Ok(rows.into_iter().map(StoredRun::from).collect())
}
