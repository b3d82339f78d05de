//! Attempts to deliver, and what came of them. What becomes of a delivery is decided as in `crate::attempts`, here in SQL:
//! the log is not read to be written.

use firstsight_engine::Time;
use sqlx::SqliteConnection;

use super::convert::failed;
use super::outbox::{number_of, state_of};
use super::{Result, people};
use crate::{AttemptRow, DeliveryOutcome, Said, attempts, people as told};

/// Notes that an attempt begins. The caller commits the transaction: all events or none.
pub(super) async fn begin(
    conn: &mut SqliteConnection,
    events: &[String],
    sink: &str,
    at: Time,
    repeatable: bool,
) -> Result<()> {
    for event in events {
        let seq = pending(conn, event, sink).await?;
        note(conn, (seq, sink), &attempts::begun(at, repeatable)).await?;
    }
    Ok(())
}

/// Keeps the outcome of an attempt.
pub(super) async fn end(
    conn: &mut SqliteConnection,
    event: &str,
    sink: &str,
    outcome: &DeliveryOutcome,
) -> Result<()> {
    let seq = pending(conn, event, sink).await?;
    if !end_newest(conn, (seq, sink), outcome).await? {
        note(conn, (seq, sink), &attempts::unnoted(outcome)).await?;
    }
    let next = attempts::while_pending(outcome.state, outcome.next_attempt);
    sqlx::query(
        "UPDATE deliveries SET state = ?3, next_attempt = ?4, message = ?5 WHERE event = ?1 AND sink = ?2",
    )
    .bind(seq)
    .bind(sink)
    .bind(number_of(outcome.state))
    .bind(next.map(Time::as_millis))
    .bind(&outcome.message)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

/// The event's number, if its delivery can be attempted.
async fn pending(conn: &mut SqliteConnection, event: &str, sink: &str) -> Result<i64> {
    let known: Option<(i64, i64)> = sqlx::query_as(
        "SELECT d.event, d.state FROM events AS e JOIN deliveries AS d ON d.event = e.seq \
         WHERE e.id = ?1 AND d.sink = ?2",
    )
    .bind(event)
    .bind(sink)
    .fetch_optional(conn)
    .await
    .map_err(failed)?;
    let (seq, state) = known.ok_or_else(|| attempts::missing(event, sink))?;
    attempts::check(state_of(state)?, event, sink)?;
    Ok(seq)
}

/// Ends the newest attempt; `false` when it is not open.
async fn end_newest(
    conn: &mut SqliteConnection,
    (seq, sink): (i64, &str),
    outcome: &DeliveryOutcome,
) -> Result<bool> {
    let ended = sqlx::query(
        "UPDATE attempts SET state = ?3, message = ?4, lost = ?5 WHERE event = ?1 AND sink = ?2 AND state IS NULL \
         AND number = (SELECT MAX(number) FROM attempts WHERE event = ?1 AND sink = ?2)",
    )
    .bind(seq)
    .bind(sink)
    .bind(number_of(outcome.state))
    .bind(&outcome.message)
    .bind(outcome.lost)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(ended.rows_affected() > 0)
}

/// Adds an attempt to the log and to the count.
async fn note(conn: &mut SqliteConnection, (seq, sink): (i64, &str), attempt: &AttemptRow) -> Result<()> {
    sqlx::query(
        "UPDATE deliveries SET attempts = attempts + 1, last_attempt = ?3 WHERE event = ?1 AND sink = ?2",
    )
    .bind(seq)
    .bind(sink)
    .bind(attempt.at.as_millis())
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
    let number: i64 = sqlx::query_scalar(
        "INSERT INTO attempts (event, sink, number, at, state, message, lost, repeatable) \
         SELECT ?1, ?2, IFNULL(MAX(number), 0) + 1, ?3, ?4, ?5, ?6, ?7 FROM attempts WHERE event = ?1 AND sink = ?2 \
         RETURNING number",
    )
    .bind(seq)
    .bind(sink)
    .bind(attempt.at.as_millis())
    .bind(attempt.state.map(number_of))
    .bind(&attempt.message)
    .bind(attempt.lost)
    .bind(attempt.repeatable)
    .fetch_one(&mut *conn)
    .await
    .map_err(failed)?;
    forget_one(conn, (seq, sink), number).await
}

/// Keeps the log within its bound.
async fn forget_one(conn: &mut SqliteConnection, (seq, sink): (i64, &str), newest: i64) -> Result<()> {
    if newest <= keep() {
        return Ok(());
    }
    sqlx::query(
        "DELETE FROM attempts WHERE event = ?1 AND sink = ?2 \
         AND (SELECT COUNT(*) FROM attempts WHERE event = ?1 AND sink = ?2) > ?4 \
         AND number = (SELECT number FROM attempts WHERE event = ?1 AND sink = ?2 AND number <> ?3 \
            ORDER BY lost AND NOT repeatable, number LIMIT 1)",
    )
    .bind(seq)
    .bind(sink)
    .bind(newest)
    .bind(keep())
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

fn keep() -> i64 {
    i64::try_from(AttemptRow::KEEP).unwrap_or(i64::MAX)
}

/// Holds back what is pending at a sink.
pub(super) async fn hold_back(conn: &mut SqliteConnection, sink: &str, until: Time) -> Result<()> {
    sqlx::query(
        "UPDATE deliveries SET next_attempt = ?2 \
         WHERE sink = ?1 AND state = 0 AND (next_attempt IS NULL OR next_attempt < ?2)",
    )
    .bind(sink)
    .bind(until.as_millis())
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Makes parked deliveries due again, in somebody's name.
pub(super) async fn retry_parked(
    conn: &mut SqliteConnection,
    sink: Option<&str>,
    said: &Said,
) -> Result<u64> {
    let parked = sqlx::query(
        "UPDATE deliveries SET state = 0, next_attempt = NULL WHERE state = 2 AND (?1 IS NULL OR sink = ?1)",
    )
    .bind(sink)
    .execute(&mut *conn)
    .await
    .map_err(failed)?
    .rows_affected();
    if parked > 0 {
        people::write(conn, &told::retried(said, sink, parked)).await?;
    }
    Ok(parked)
}
