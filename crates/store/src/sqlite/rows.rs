//! Statements over many rows: multi-row `VALUES`, prepared once for full chunks.

use sqlx::query_builder::{QueryBuilder, Separated};
use sqlx::sqlite::SqliteRow;
use sqlx::{Sqlite, SqliteConnection};

use super::Result;
use super::convert::failed;

/// Rows in one statement: with at most 9 columns far below SQLite's limit of 32,766 parameters.
const CHUNK: usize = 500;

pub(super) type Values<'q> = Separated<'q, Sqlite, &'static str>;

/// Runs `head (row), (row) … tail` for all rows.
pub(super) async fn execute<T>(
    conn: &mut SqliteConnection,
    head: &str,
    tail: &str,
    rows: &[T],
    bind: impl Fn(&mut Values<'_>, &T),
) -> Result<()> {
    for chunk in rows.chunks(CHUNK) {
        let mut query = build(head, tail, chunk, &bind);
        let query = query.build().persistent(chunk.len() == CHUNK);
        query.execute(&mut *conn).await.map_err(failed)?;
    }
    Ok(())
}

/// The same, and gives what the statements return.
pub(super) async fn fetch<T>(
    conn: &mut SqliteConnection,
    head: &str,
    tail: &str,
    rows: &[T],
    bind: impl Fn(&mut Values<'_>, &T),
) -> Result<Vec<SqliteRow>> {
    let mut fetched = Vec::new();
    for chunk in rows.chunks(CHUNK) {
        let mut query = build(head, tail, chunk, &bind);
        let query = query.build().persistent(chunk.len() == CHUNK);
        fetched.extend(query.fetch_all(&mut *conn).await.map_err(failed)?);
    }
    Ok(fetched)
}

fn build<T>(head: &str, tail: &str, chunk: &[T], bind: impl Fn(&mut Values<'_>, &T)) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new(head);
    query.push_values(chunk, |mut values, row| bind(&mut values, row));
    query.push(tail);
    query
}

/// Whole numbers as a JSON array, for `json_each`.
pub(super) fn ids(ids: impl IntoIterator<Item = i64>) -> String {
    let ids: Vec<_> = ids.into_iter().map(|id| id.to_string()).collect();
    format!("[{}]", ids.join(","))
}

/// Texts as a JSON array, for `json_each`.
pub(super) fn texts(texts: &[String]) -> Result<String> {
    super::convert::json(&texts)
}
