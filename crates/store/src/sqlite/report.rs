//! Queries for reports and pages.

use std::collections::{BTreeMap, HashMap};

use firstsight_engine::{ClusterId, Dimension, HourCount, KeyUse, Range, SignatureId, Span};
use sqlx::{FromRow, Row, SqliteConnection};

use super::convert::{blob, count, digest, failed, from_name, limit, span, time};
use super::rows::{fetch, ids, texts};
use super::{Result, series, variables};
use crate::{ClusterQuery, ClusterRow, Example, KeyQuery, KeyRow, Overview, Said, rules};

/// A cluster without its hours.
#[derive(FromRow)]
struct Cluster {
    id: i64,
    digest: Vec<u8>,
    account: String,
    event_source: String,
    event_name: String,
    error_code: String,
    template: String,
    life_cycle: String,
    said_at: Option<i64>,
    said_by: String,
    note: String,
    founded: i64,
    last: i64,
    actors: i64,
    templates: i64,
}

macro_rules! clusters {
    ($which:literal) => {
        concat!("\
    SELECT c.id, c.digest, a.name AS account, f.event_source, f.event_name, f.error_code, c.template, c.life_cycle, \
        c.said_at, c.said_by, c.note, c.founded, \
        IFNULL((SELECT MAX((SELECT last FROM occurrences WHERE signature = s.id AND count > 0 \
            ORDER BY hour DESC LIMIT 1)) \
            FROM signatures AS s WHERE s.cluster = c.id), c.founded) AS last, \
        (SELECT COUNT(DISTINCT t.value) FROM signatures AS s JOIN signature_values AS t ON t.owner = s.id \
            JOIN dimension_values AS v ON v.id = t.value AND v.dimension = ?1 AND v.text <> '' WHERE s.cluster = c.id) AS actors, \
        (SELECT COUNT(*) FROM signatures AS s WHERE s.cluster = c.id) AS templates \
    FROM clusters AS c JOIN families AS f ON f.id = c.family JOIN accounts AS a ON a.id = f.account \
    WHERE (?3 = '[]' OR a.name IN (SELECT value FROM json_each(?3))) ", $which, " ORDER BY last DESC, c.digest LIMIT ?4")
    };
}

const CLUSTERS: &str = clusters!("");
/// Looked up: the others need not be walked through.
pub(super) const ONE_CLUSTER: &str = clusters!("AND c.digest = ?2");

/// Known clusters, most recently seen first.
pub(super) async fn clusters(conn: &mut SqliteConnection, query: &ClusterQuery) -> Result<Vec<ClusterRow>> {
    let statement = query.cluster.map_or(CLUSTERS, |_| ONE_CLUSTER);
    let rows: Vec<Cluster> = sqlx::query_as(statement)
        .bind(i64::from(Dimension::Actor.code()))
        .bind(query.cluster.map(|cluster| blob(cluster.0)))
        .bind(texts(&query.accounts)?)
        .bind(limit(query.limit))
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let mut hours = cluster_hours(conn, rows.iter().map(|row| row.id)).await?;
    let mut examples = variables::of_clusters(conn, rows.iter().map(|row| row.id)).await?;
    rows.into_iter()
        .map(|row| {
            let hours = hours.remove(&row.id).unwrap_or_default();
            let examples = examples.remove(&row.id).unwrap_or_default();
            row.finish(hours, examples)
        })
        .collect()
}

impl Cluster {
    fn finish(self, hours: Vec<HourCount>, examples: Vec<Example>) -> Result<ClusterRow> {
        let seen = hours.iter().map(|hour| hour.span).reduce(Span::merged);
        Ok(ClusterRow {
            id: ClusterId(digest(&self.digest)?),
            account: self.account,
            event_source: self.event_source,
            event_name: self.event_name,
            error_code: self.error_code,
            template: self.template,
            life_cycle: from_name(self.life_cycle)?,
            said: said(self.said_at, self.said_by, self.note),
            founded: time(self.founded),
            seen: seen.unwrap_or_else(|| rules::never(time(self.last))),
            hours,
            actors: count(self.actors),
            templates: count(self.templates),
            examples,
        })
    }
}

/// Who said something, when and why.
pub(super) fn said(at: Option<i64>, by: String, note: String) -> Option<Said> {
    Some(Said {
        by,
        at: time(at?),
        note,
    })
}

async fn cluster_hours(
    conn: &mut SqliteConnection,
    clusters: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Vec<HourCount>>> {
    let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT s.cluster, o.hour, SUM(o.count), MIN(o.first), MAX(o.last) FROM json_each(?) AS asked \
         CROSS JOIN signatures AS s ON s.cluster = asked.value CROSS JOIN occurrences AS o ON o.signature = s.id \
         WHERE o.count > 0 GROUP BY s.cluster, o.hour ORDER BY s.cluster, o.hour",
    )
    .bind(ids(clusters))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut by_cluster: HashMap<i64, Vec<_>> = HashMap::new();
    for (cluster, hour, occurrences, first, last) in rows {
        if let Some(span) = span(occurrences, Some(first), Some(last)) {
            by_cluster
                .entry(cluster)
                .or_default()
                .push(rules::hour_count(hour, span));
        }
    }
    Ok(by_cluster)
}

/// The cluster of each of these signatures, in the order asked.
pub(super) async fn cluster_of(
    conn: &mut SqliteConnection,
    signatures: &[SignatureId],
) -> Result<Vec<Option<ClusterId>>> {
    let rows = fetch(
        conn,
        "WITH asked (digest) AS (",
        ") SELECT s.digest, c.digest FROM asked CROSS JOIN signatures AS s ON s.digest = asked.digest \
         JOIN clusters AS c ON c.id = s.cluster",
        signatures,
        |values, signature| {
            values.push_bind(blob(signature.0));
        },
    )
    .await?;
    let mut clusters = HashMap::new();
    for row in rows {
        let signature = SignatureId(digest(row.try_get(0).map_err(failed)?)?);
        clusters.insert(signature, ClusterId(digest(row.try_get(1).map_err(failed)?)?));
    }
    Ok(signatures.iter().map(|id| clusters.get(id).copied()).collect())
}

/// An access key with its last use.
#[derive(FromRow)]
pub(super) struct Key {
    key: String,
    account: String,
    last_used: i64,
    event_source: String,
    event_name: String,
    region: String,
    owner: String,
    errors: i64,
}

macro_rules! keys {
    ($from:literal) => {
        concat!(
            "SELECT k.key, a.name AS account, k.last_used, k.event_source, k.event_name, k.region, k.owner, k.errors FROM ",
            $from,
            " WHERE (?1 = '[]' OR a.name IN (SELECT value FROM json_each(?1))) \
             ORDER BY k.last_used DESC, a.name, k.key LIMIT ?3"
        )
    };
}

const KEYS: &str = keys!("key_uses AS k JOIN accounts AS a ON a.id = k.account");
/// Few of many: a judgement asks for those of each account's findings.
pub(super) const NAMED_KEYS: &str = keys!(
    "(SELECT DISTINCT value AS key FROM json_each(?2)) AS asked CROSS JOIN accounts AS a \
     CROSS JOIN key_uses AS k ON k.account = a.id AND k.key = asked.key"
);

/// Access keys, most recently used first.
pub(super) async fn keys(conn: &mut SqliteConnection, query: &KeyQuery) -> Result<Vec<KeyRow>> {
    let statement = if query.ids.is_empty() { KEYS } else { NAMED_KEYS };
    let rows: Vec<Key> = sqlx::query_as(statement)
        .bind(texts(&query.accounts)?)
        .bind(texts(&query.ids)?)
        .bind(limit(query.limit))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    Ok(rows.into_iter().map(KeyRow::from).collect())
}

impl From<Key> for KeyRow {
    fn from(key: Key) -> Self {
        Self {
            id: key.key,
            account: key.account,
            last: KeyUse {
                last_used: time(key.last_used),
                event_source: key.event_source,
                event_name: key.event_name,
                region: key.region,
                owner: key.owner,
            },
            errors: count(key.errors),
        }
    }
}

/// What the store holds inside a range.
pub(super) async fn overview(conn: &mut SqliteConnection, range: &Range) -> Result<Overview> {
    let (grouping_version, not_regrouped): (u32, i64) =
        sqlx::query_as("SELECT grouping_version, not_regrouped FROM meta")
            .fetch_one(&mut *conn)
            .await
            .map_err(failed)?;
    Ok(Overview {
        records: records(conn).await?,
        errors: by_account(conn, range, ERRORS).await?,
        traffic: by_account(conn, range, TRAFFIC).await?,
        first_seen: series::new_clusters(conn, range).await?,
        counters: counters(conn).await?,
        grouping_version,
        not_regrouped: count(not_regrouped),
    })
}

async fn records(conn: &mut SqliteConnection) -> Result<Option<Span>> {
    let (records, first, last): (i64, Option<i64>, Option<i64>) =
        sqlx::query_as("SELECT IFNULL(SUM(records), 0), MIN(first_record), MAX(last_record) FROM accounts")
            .fetch_one(conn)
            .await
            .map_err(failed)?;
    Ok(first.zip(last).map(|(first, last)| Span {
        count: count(records),
        first: time(first),
        last: time(last),
    }))
}

const ERRORS: &str = "\
    SELECT a.name, h.hour, h.errors, h.errors_first, h.errors_last FROM account_hours AS h \
    JOIN accounts AS a ON a.id = h.account WHERE h.hour >= ?1 AND h.hour < ?2 ORDER BY a.name, h.hour";

const TRAFFIC: &str = "\
    SELECT a.name, h.hour, h.records, h.records_first, h.records_last FROM account_hours AS h \
    JOIN accounts AS a ON a.id = h.account WHERE h.hour >= ?1 AND h.hour < ?2 ORDER BY a.name, h.hour";

type AccountHour = (String, i64, i64, Option<i64>, Option<i64>);

async fn by_account(
    conn: &mut SqliteConnection,
    range: &Range,
    statement: &'static str,
) -> Result<Vec<(String, Vec<HourCount>)>> {
    let (start, end) = rules::hours(range);
    let rows: Vec<AccountHour> = sqlx::query_as(statement)
        .bind(start)
        .bind(end)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut accounts: BTreeMap<String, Vec<HourCount>> = BTreeMap::new();
    for (account, hour, occurrences, first, last) in rows {
        if let Some(span) = span(occurrences, first, last) {
            accounts
                .entry(account)
                .or_default()
                .push(rules::hour_count(hour, span));
        }
    }
    Ok(accounts.into_iter().collect())
}

async fn counters(conn: &mut SqliteConnection) -> Result<Vec<Vec<u8>>> {
    sqlx::query_scalar(
        "SELECT units.counters FROM units JOIN sources ON sources.id = units.source ORDER BY sources.name, units.unit",
    )
    .fetch_all(conn)
    .await
    .map_err(failed)
}
