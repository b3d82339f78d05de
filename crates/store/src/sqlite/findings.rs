//! Recorded findings as they are asked for.

use firstsight_engine::Finding;
use sqlx::query_builder::QueryBuilder;
use sqlx::{Sqlite, SqliteConnection};

use super::Result;
use super::convert::{blob, failed, from_json, limit};
use super::rows::texts;
use crate::FindingQuery;

/// Finds findings by what is asked for alone, so that an index can be used; their bodies, which are long, are read behind the limit.
fn found(query: &FindingQuery) -> Result<QueryBuilder<Sqlite>> {
    let mut found =
        QueryBuilder::new("WITH found (id) AS MATERIALIZED (SELECT f.rowid FROM findings AS f WHERE true");
    if let Some(inspection) = &query.inspection {
        found.push(" AND f.inspection = (SELECT id FROM inspections WHERE name = ");
        found.push_bind(inspection.clone()).push(")");
    }
    if let Some(windows) = query.windows {
        found
            .push(" AND f.window_start >= ")
            .push_bind(windows.start.as_millis());
        found
            .push(" AND f.window_start < ")
            .push_bind(windows.end.as_millis());
    }
    if let Some(cluster) = query.cluster {
        found.push(" AND f.cluster = (SELECT id FROM clusters WHERE digest = ");
        found.push_bind(blob(cluster.0)).push(")");
    }
    if !query.accounts.is_empty() {
        found.push(" AND (SELECT a.name FROM families AS k JOIN accounts AS a ON a.id = k.account WHERE k.id = f.family)");
        found
            .push(" IN (SELECT value FROM json_each(")
            .push_bind(texts(&query.accounts)?)
            .push("))");
    }
    found
        .push(" ORDER BY f.window_start DESC, f.severity DESC, f.id LIMIT ")
        .push_bind(limit(query.limit));
    found.push(
        ") SELECT f.body FROM found CROSS JOIN findings AS f ON f.rowid = found.id \
         ORDER BY f.window_start DESC, f.severity DESC, f.id",
    );
    Ok(found)
}

/// Recorded findings, in the order of `rules::finding_order`.
pub(super) async fn findings(conn: &mut SqliteConnection, query: &FindingQuery) -> Result<Vec<Finding>> {
    let bodies: Vec<String> = found(query)?
        .build_query_scalar()
        .persistent(false)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    bodies.iter().map(|body| from_json(body)).collect()
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{ClusterId, Digest, Range};
    use sqlx::{Execute as _, Row as _};

    use super::*;
    use crate::sqlite::SqliteStore;

    /// How SQLite goes about a query.
    async fn plan(query: &FindingQuery) -> String {
        let store = SqliteStore::open_in_memory().await.unwrap();
        let mut statement = found(query).unwrap();
        let explained = format!("EXPLAIN QUERY PLAN {}", statement.sql().as_str());
        let arguments = statement.build().take_arguments().unwrap().unwrap();
        let rows = sqlx::query_with(sqlx::AssertSqlSafe(explained), arguments)
            .fetch_all(&store.readers)
            .await
            .unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
        steps.join("\n")
    }

    /// There may be a hundred thousand findings, each of some kilobytes.
    #[tokio::test]
    async fn findings_are_looked_up_and_not_looked_through() {
        let of_cluster = FindingQuery {
            cluster: Some(ClusterId(Digest([1; 16]))),
            limit: 20,
            ..FindingQuery::default()
        };
        let plan_of_cluster = plan(&of_cluster).await;
        assert!(
            plan_of_cluster.contains("INDEX findings_by_cluster (cluster=?)"),
            "{plan_of_cluster}"
        );
        let recent = FindingQuery {
            inspection: Some("main".to_owned()),
            windows: Some(Range::ALL),
            ..FindingQuery::default()
        };
        let plan_of_recent = plan(&recent).await;
        let index = "INDEX findings_by_window (window_start>? AND window_start<?)";
        assert!(plan_of_recent.contains(index), "{plan_of_recent}");
    }
}
