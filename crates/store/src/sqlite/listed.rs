//! Keeping what lists of clusters are found and ordered by.
//!
//! `listed` and `listed_texts` hold a row for each cluster, and nothing that does not follow from other tables. Counts and
//! times are kept up by what comes and goes: adding a cluster's hours up again is for where that is rare.

use std::collections::{BTreeMap, HashMap};

use firstsight_engine::{Dimension, FamilyKey, Span};
use sqlx::{FromRow, Row, SqliteConnection};

use super::Result;
use super::convert::{failed, from_json, json, signed, span};
use super::rows::{execute, fetch, ids};
use crate::lists;

/// A cluster with what its texts are made of.
#[derive(FromRow)]
struct Cluster {
    id: i64,
    digest: Vec<u8>,
    family: i64,
    account: String,
    event_source: String,
    event_name: String,
    error_code: String,
    template: String,
    life_cycle: String,
    noise: String,
    owner: String,
    remark: String,
    founded: i64,
}

impl Cluster {
    fn key(&self) -> FamilyKey {
        FamilyKey {
            account: self.account.clone(),
            event_source: self.event_source.clone(),
            event_name: self.event_name.clone(),
            error_code: self.error_code.clone(),
        }
    }
}

/// So many clusters are held in memory at once.
const CHUNK: usize = 5_000;

/// Lists clusters that are not listed yet, as ones without an occurrence; those that are get the texts that they have now.
pub(super) async fn list(conn: &mut SqliteConnection, clusters: &[i64]) -> Result<()> {
    for chunk in clusters.chunks(CHUNK) {
        let rows: Vec<Cluster> = sqlx::query_as(
            "SELECT c.id, c.digest, c.family, a.name AS account, f.event_source, f.event_name, f.error_code, \
                c.template, c.life_cycle, c.noise, c.owner, c.remark, c.founded FROM json_each(?) AS asked \
             CROSS JOIN clusters AS c ON c.id = asked.value JOIN families AS f ON f.id = c.family \
             JOIN accounts AS a ON a.id = f.account",
        )
        .bind(ids(chunk.iter().copied()))
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
        keep_rows(conn, &rows).await?;
        keep_texts(conn, &rows).await?;
    }
    Ok(())
}

async fn keep_rows(conn: &mut SqliteConnection, rows: &[Cluster]) -> Result<()> {
    execute(
        conn,
        "INSERT INTO listed (cluster, digest, family, class, name, life_cycle, noisy, owner, count, first_seen, last_seen) ",
        " ON CONFLICT DO UPDATE SET class = excluded.class, name = excluded.name \
         WHERE (class, name) <> (excluded.class, excluded.name)",
        rows,
        |values, row| {
            let key = row.key();
            values.push_bind(row.id).push_bind(row.digest.clone()).push_bind(row.family);
            values.push_bind(lists::class(&key, &row.template)).push_bind(lists::name(&key, &row.template));
            values.push_bind(lists::first_word(&row.life_cycle).to_owned());
            values.push_bind(!row.noise.is_empty()).push_bind(row.owner.clone());
            values.push_bind(0).push_bind(row.founded).push_bind(row.founded);
        },
    )
    .await
}

async fn keep_texts(conn: &mut SqliteConnection, rows: &[Cluster]) -> Result<()> {
    execute(
        conn,
        "INSERT INTO listed_texts (cluster, text) ",
        " ON CONFLICT DO UPDATE SET text = excluded.text WHERE text <> excluded.text",
        rows,
        |values, row| {
            let text = lists::searched(&row.key(), &row.template, &row.owner, &row.remark);
            values.push_bind(row.id).push_bind(text);
        },
    )
    .await
}

/// Lists what a state of an earlier version did not, and adds everything up again.
pub(super) async fn rebuild(conn: &mut SqliteConnection) -> Result<()> {
    let clusters: Vec<i64> = sqlx::query_scalar("SELECT id FROM clusters ORDER BY id")
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let new = not_listed(conn, &clusters).await?;
    list(conn, &new).await?;
    add_up(conn, &clusters).await?;
    mark(conn, &new).await
}

/// Those of these clusters that are not listed yet.
pub(super) async fn not_listed(conn: &mut SqliteConnection, clusters: &[i64]) -> Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT value FROM json_each(?) WHERE NOT EXISTS (SELECT 1 FROM listed WHERE cluster = value)",
    )
    .bind(ids(clusters.iter().copied()))
    .fetch_all(conn)
    .await
    .map_err(failed)
}

/// Adds everything that is remembered of these clusters up again.
pub(super) async fn add_up(conn: &mut SqliteConnection, clusters: &[i64]) -> Result<()> {
    for chunk in clusters.chunks(CHUNK) {
        sqlx::query(ADD_UP)
            .bind(ids(chunk.iter().copied()))
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

const ADD_UP: &str = "\
    UPDATE listed SET (count, first_seen, last_seen) = ( \
        SELECT IFNULL(SUM(o.count), 0), IFNULL(MIN(o.first), c.founded), IFNULL(MAX(o.last), c.founded) \
        FROM clusters AS c LEFT JOIN signatures AS s ON s.cluster = c.id \
        LEFT JOIN occurrences AS o ON o.signature = s.id AND o.count > 0 WHERE c.id = listed.cluster) \
    WHERE cluster IN (SELECT value FROM json_each(?))";

/// Adds what has come to clusters. Where nothing was remembered before, the times are not those of occurrences: these are
/// added up.
pub(super) async fn add(conn: &mut SqliteConnection, came: &BTreeMap<i64, Span>) -> Result<()> {
    let stood = stood(conn, came).await?;
    let (mut seen, mut unseen, mut earlier) = (Vec::new(), Vec::new(), Vec::new());
    for (cluster, span) in came {
        match stood.get(cluster) {
            Some((0, _)) => unseen.push(*cluster),
            Some((_, first)) => {
                seen.push((*cluster, *span));
                earlier.extend((span.first.as_millis() < *first).then_some((*cluster, *span)));
            }
            None => {}
        }
    }
    execute(
        conn,
        "WITH came (cluster, count, last) AS (",
        ") UPDATE listed SET count = listed.count + came.count, last_seen = MAX(last_seen, came.last) \
         FROM came WHERE listed.cluster = came.cluster",
        &seen,
        |values, (cluster, span)| {
            values.push_bind(*cluster).push_bind(signed(span.count));
            values.push_bind(span.last.as_millis());
        },
    )
    .await?;
    // Not together with the rest: an update writes every index that names one of its columns.
    execute(
        conn,
        "WITH came (cluster, first) AS (",
        ") UPDATE listed SET first_seen = came.first FROM came WHERE listed.cluster = came.cluster",
        &earlier,
        |values, (cluster, span)| {
            values.push_bind(*cluster).push_bind(span.first.as_millis());
        },
    )
    .await?;
    add_up(conn, &unseen).await
}

/// The count and the first time that clusters are listed with.
async fn stood(conn: &mut SqliteConnection, came: &BTreeMap<i64, Span>) -> Result<HashMap<i64, (i64, i64)>> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT l.cluster, l.count, l.first_seen FROM json_each(?) AS asked \
         CROSS JOIN listed AS l ON l.cluster = asked.value",
    )
    .bind(ids(came.keys().copied()))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(cluster, count, first)| (cluster, (count, first)))
        .collect())
}

/// What signatures bring to the clusters that they were given.
pub(super) async fn brought(conn: &mut SqliteConnection, signatures: &[i64]) -> Result<BTreeMap<i64, Span>> {
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT s.cluster, SUM(o.count), MIN(o.first), MAX(o.last) FROM json_each(?) AS asked \
         CROSS JOIN signatures AS s ON s.id = asked.value CROSS JOIN occurrences AS o ON o.signature = s.id \
         WHERE o.count > 0 AND s.cluster IS NOT NULL GROUP BY s.cluster",
    )
    .bind(ids(signatures.iter().copied()))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let rows = rows.into_iter();
    Ok(rows
        .filter_map(|(cluster, count, first, last)| Some((cluster, span(count, Some(first), Some(last))?)))
        .collect())
}

/// What the hours before this one count of each cluster: what it loses with them.
pub(super) async fn counted_before(conn: &mut SqliteConnection, hour: i64) -> Result<Vec<(i64, i64)>> {
    sqlx::query_as(
        "SELECT s.cluster, SUM(o.count) FROM occurrences AS o INDEXED BY occurrences_by_hour \
         CROSS JOIN signatures AS s ON s.id = o.signature \
         WHERE o.hour < ? AND o.count > 0 AND s.cluster IS NOT NULL GROUP BY s.cluster",
    )
    .bind(hour)
    .fetch_all(conn)
    .await
    .map_err(failed)
}

/// Takes away what clusters have lost with their earliest hours. Those that lost all are added up.
pub(super) async fn take(conn: &mut SqliteConnection, lost: &[(i64, i64)]) -> Result<()> {
    let emptied = fetch(
        conn,
        "WITH lost (cluster, count) AS (",
        ") UPDATE listed SET count = listed.count - lost.count, first_seen = IFNULL(( \
            SELECT MIN((SELECT first FROM occurrences WHERE signature = s.id AND count > 0 ORDER BY hour LIMIT 1)) \
            FROM signatures AS s WHERE s.cluster = listed.cluster), first_seen) \
         FROM lost WHERE listed.cluster = lost.cluster RETURNING cluster, count",
        lost,
        |values, (cluster, count)| {
            values.push_bind(*cluster).push_bind(*count);
        },
    )
    .await?;
    let mut unseen: Vec<i64> = Vec::new();
    for row in emptied {
        if row.try_get::<i64, _>(1).map_err(failed)? <= 0 {
            unseen.push(row.try_get(0).map_err(failed)?);
        }
    }
    add_up(conn, &unseen).await
}

// Noise.

/// Gives new clusters the marks of known noise that all their occurrences carry. There are few marks: they are looked up
/// for each signature, not looked for among all its values.
pub(super) async fn mark(conn: &mut SqliteConnection, clusters: &[i64]) -> Result<()> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT l.cluster, v.text FROM json_each(?1) AS asked CROSS JOIN listed AS l ON l.cluster = asked.value \
         CROSS JOIN signatures AS s ON s.cluster = l.cluster \
         CROSS JOIN dimension_values AS v ON v.dimension = ?2 AND v.text <> '' \
         CROSS JOIN signature_values AS t ON t.owner = s.id AND t.value = v.id \
         GROUP BY l.cluster, v.id HAVING SUM(t.total) = l.count AND l.count > 0 ORDER BY l.cluster, v.text",
    )
    .bind(ids(clusters.iter().copied()))
    .bind(i64::from(Dimension::Noise.code()))
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let mut noise: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (cluster, word) in rows {
        noise.entry(cluster).or_default().push(word);
    }
    keep_noise(conn, &noise).await
}

/// Keeps marks of known noise, by their words.
pub(super) async fn keep_noise(
    conn: &mut SqliteConnection,
    noise: &BTreeMap<i64, Vec<String>>,
) -> Result<()> {
    for (cluster, words) in noise {
        sqlx::query("UPDATE clusters SET noise = ?2 WHERE id = ?1 AND noise <> ?2")
            .bind(cluster)
            .bind(match words.as_slice() {
                [] => String::new(),
                words => json(&words)?,
            })
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// Stored marks.
pub(super) fn noise(stored: &str) -> Result<Vec<String>> {
    match stored {
        "" => Ok(Vec::new()),
        words => from_json(words),
    }
}
