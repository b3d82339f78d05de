//! Mutes.

use sqlx::{FromRow, SqliteConnection};

use super::convert::{failed, time};
use super::report::said;
use super::{Result, people};
use crate::people::{muted, unmuted};
use crate::{Said, StoreError, StoredMute};

#[derive(FromRow)]
struct Row {
    id: String,
    body: Vec<u8>,
    summary: String,
    set_at: i64,
    set_by: String,
    set_note: String,
    ended_at: Option<i64>,
    ended_by: String,
    ended_note: String,
}

impl From<Row> for StoredMute {
    fn from(row: Row) -> Self {
        Self {
            id: row.id,
            body: row.body,
            summary: row.summary,
            set: Said {
                by: row.set_by,
                at: time(row.set_at),
                note: row.set_note,
            },
            ended: said(row.ended_at, row.ended_by, row.ended_note),
        }
    }
}

/// Mutes by id, the ended ones too where asked.
pub(super) async fn all(conn: &mut SqliteConnection, ended_too: bool) -> Result<Vec<StoredMute>> {
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT id, body, summary, set_at, set_by, set_note, ended_at, ended_by, ended_note FROM mutes \
         WHERE ?1 OR ended_at IS NULL ORDER BY id",
    )
    .bind(ended_too)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    Ok(rows.into_iter().map(StoredMute::from).collect())
}

/// Keeps a mute.
pub(super) async fn set(conn: &mut SqliteConnection, mute: &StoredMute) -> Result<()> {
    let ended = mute.ended.as_ref();
    let kept = sqlx::query(
        "INSERT INTO mutes (id, body, summary, set_at, set_by, set_note, ended_at, ended_by, ended_note) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO NOTHING",
    )
    .bind(&mute.id)
    .bind(&mute.body)
    .bind(&mute.summary)
    .bind(mute.set.at.as_millis())
    .bind(&mute.set.by)
    .bind(&mute.set.note)
    .bind(ended.map(|said| said.at.as_millis()))
    .bind(ended.map_or("", |said| said.by.as_str()))
    .bind(ended.map_or("", |said| said.note.as_str()))
    .execute(&mut *conn)
    .await
    .map_err(failed)?;
    if kept.rows_affected() == 0 {
        return Err(StoreError::Taken {
            what: "mute",
            id: mute.id.clone(),
        });
    }
    people::write(conn, &muted(mute)).await
}

/// Ends a mute.
pub(super) async fn end(conn: &mut SqliteConnection, id: &str, said: &Said) -> Result<()> {
    let summary: Option<String> = sqlx::query_scalar(
        "UPDATE mutes SET ended_at = ?2, ended_by = ?3, ended_note = ?4 WHERE id = ?1 AND ended_at IS NULL \
         RETURNING summary",
    )
    .bind(id)
    .bind(said.at.as_millis())
    .bind(&said.by)
    .bind(&said.note)
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed)?;
    let summary = summary.ok_or_else(|| StoreError::NotFound {
        what: "mute",
        id: id.to_owned(),
    })?;
    people::write(conn, &unmuted(&summary, said)).await
}
