//! Series by the hour, and how much a store holds.

use firstsight_engine::{Hour, Range};
use sqlx::{FromRow, SqliteConnection};

use super::Result;
use super::convert::{count, failed, time};
use super::outbox;
use crate::{HourSeries, Totals, rules};

/// Error events, records and new clusters an hour.
pub(super) async fn series(conn: &mut SqliteConnection, range: &Range) -> Result<HourSeries> {
    let (start, end) = rules::hours(range);
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT hour, SUM(errors), SUM(records) FROM account_hours WHERE hour >= ?1 AND hour < ?2 \
         GROUP BY hour ORDER BY hour",
    )
    .bind(start)
    .bind(end)
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let some = |(hour, number): (i64, i64)| (number > 0).then(|| (Hour::from_index(hour), count(number)));
    Ok(HourSeries {
        errors: rows
            .iter()
            .filter_map(|(hour, errors, _)| some((*hour, *errors)))
            .collect(),
        records: rows
            .iter()
            .filter_map(|(hour, _, records)| some((*hour, *records)))
            .collect(),
        new_clusters: new_clusters(conn, range).await?,
    })
}

/// Clusters by the hour of their first remembered occurrence.
pub(super) async fn new_clusters(conn: &mut SqliteConnection, range: &Range) -> Result<Vec<(Hour, u64)>> {
    let (start, end) = rules::hours(range);
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT hour, clusters FROM new_clusters WHERE hour >= ?1 AND hour < ?2 ORDER BY hour",
    )
    .bind(start)
    .bind(end)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let rows = rows.into_iter();
    Ok(rows
        .map(|(hour, clusters)| (Hour::from_index(hour), count(clusters)))
        .collect())
}

#[derive(FromRow)]
struct Counts {
    clusters: i64,
    open_faults: i64,
    events: i64,
    newest_record: Option<i64>,
    bytes: i64,
}

/// Counted along narrow indexes. A state in memory has a file without a name.
const TOTALS: &str = "\
    SELECT (SELECT COUNT(*) FROM clusters) AS clusters, \
        (SELECT COUNT(*) FROM faults WHERE recovered IS NULL) AS open_faults, \
        (SELECT COUNT(*) FROM events) AS events, (SELECT MAX(last_record) FROM accounts) AS newest_record, \
        (SELECT IIF(file = '', 0, page_count * page_size) FROM pragma_database_list, pragma_page_count, pragma_page_size \
            WHERE name = 'main') AS bytes";

/// Looked up sink by sink and state by state: what was delivered (1) is nearly everything, and is not walked through.
const UNDELIVERED: &str = "\
    WITH RECURSIVE sinks (sink) AS (SELECT MIN(sink) FROM deliveries UNION ALL \
        SELECT (SELECT MIN(sink) FROM deliveries WHERE sink > sinks.sink) FROM sinks WHERE sinks.sink IS NOT NULL) \
    SELECT d.sink, d.state, COUNT(*) FROM sinks CROSS JOIN (VALUES (0), (2), (3)) AS asked \
        CROSS JOIN deliveries AS d ON d.sink = sinks.sink AND d.state = asked.column1 \
    GROUP BY d.sink, d.state ORDER BY d.sink, d.state";

/// How much the store holds.
pub(super) async fn totals(conn: &mut SqliteConnection) -> Result<Totals> {
    let counts: Counts = sqlx::query_as(TOTALS)
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(UNDELIVERED)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut deliveries = Vec::with_capacity(rows.len());
    for (sink, state, number) in rows {
        deliveries.push((sink, outbox::state_of(state)?, count(number)));
    }
    Ok(Totals {
        clusters: count(counts.clusters),
        open_faults: count(counts.open_faults),
        events: count(counts.events),
        deliveries,
        newest_record: counts.newest_record.map(time),
        bytes: count(counts.bytes),
    })
}
