//! How often new things came before a window.
//!
//! The cost grows with the clusters that were new in the baseline and with the actors of the window, never with the
//! whole history: both are found through an index by their first hour.

use std::collections::{BTreeMap, HashMap};

use firstsight_engine::{AccountHistory, Dimension, Family, Hour, ScopeDays, ScopeHistory};
use sqlx::SqliteConnection;

use super::Result;
use super::convert::failed;
use super::rows::{execute, texts};
use crate::JudgeQuery;
use crate::rules::Hours;

/// Recorded clusters whose first hour lies in the baseline, with that hour.
pub(super) const NEW_CLUSTERS: &str = "\
    SELECT a.name, f.event_source, f.event_name, n.first \
    FROM (SELECT s.cluster, s.family, MIN(s.first) AS first FROM signatures AS s INDEXED BY signatures_by_first \
        WHERE s.first >= ?1 AND s.first < ?2 AND s.cluster IS NOT NULL GROUP BY s.cluster) AS n \
    CROSS JOIN families AS f ON f.id = n.family CROSS JOIN accounts AS a ON a.id = f.account \
    WHERE NOT EXISTS (SELECT 1 FROM signatures AS s WHERE s.cluster = n.cluster AND s.first < ?1) \
    AND (?3 = '[]' OR a.name IN (SELECT value FROM json_each(?3)))";

/// The actors of these (account, value) pairs, and for each of their clusters that they had first in the baseline that
/// hour.
pub(super) const NEW_BY_ACTORS: &str = "\
    SELECT a.name, n.text, n.first \
    FROM (SELECT asked.value ->> 0 AS account, v.id AS value, v.text, s.cluster, MIN(t.first) AS first \
        FROM json_each(?3) AS asked CROSS JOIN dimension_values AS v ON v.id = asked.value ->> 1 AND v.dimension = ?4 \
        CROSS JOIN signature_values AS t ON t.value = v.id AND t.first >= ?1 AND t.first < ?2 \
        CROSS JOIN signatures AS s ON s.id = t.owner AND s.cluster IS NOT NULL \
        CROSS JOIN families AS f ON f.id = s.family AND f.account = asked.value ->> 0 \
        GROUP BY asked.key, s.cluster) AS n \
    CROSS JOIN accounts AS a ON a.id = n.account \
    WHERE NOT EXISTS (SELECT 1 FROM signatures AS s CROSS JOIN signature_values AS t \
        ON t.owner = s.id AND t.value = n.value WHERE s.cluster = n.cluster AND t.first < ?1)";

/// The scopes of a judgement; `within` are the (account, value) pairs that occur inside its window, as JSON.
pub(super) async fn scopes(
    conn: &mut SqliteConnection,
    query: &JudgeQuery,
    accounts: &BTreeMap<String, AccountHistory>,
    families: &[Family],
    within: &str,
) -> Result<Vec<ScopeHistory>> {
    let hours = Hours::of(query);
    let mut days = ScopeDays::of(hours.baseline(), accounts.keys(), families);
    let clusters: Vec<(String, String, String, i64)> = sqlx::query_as(NEW_CLUSTERS)
        .bind(hours.baseline)
        .bind(hours.window)
        .bind(texts(&query.accounts)?)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    for (account, event_source, event_name, first) in clusters {
        days.add_cluster(&account, &event_source, &event_name, Hour::from_index(first));
    }
    let by_actors: Vec<(String, String, i64)> = sqlx::query_as(NEW_BY_ACTORS)
        .bind(hours.baseline)
        .bind(hours.window)
        .bind(within)
        .bind(i64::from(Dimension::Actor.code()))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    for (account, actor, first) in by_actors {
        days.add_actor(&account, &actor, Hour::from_index(first));
    }
    Ok(days.finish())
}

/// Amends the first hour of actors that are counted. Few rows change: what is known was seen earlier.
pub(super) const AMEND_FIRST: &str = "\
    ) UPDATE signature_values AS t SET first = asked.first FROM asked \
    WHERE t.owner = asked.owner AND t.value = asked.value AND IFNULL(t.first > asked.first, 1)";

/// How [`AMEND_FIRST`] begins.
pub(super) const AMEND_FIRST_HEAD: &str = "WITH asked (owner, value, first) AS (";

/// Amends the first hours of actors, given the hours in which known signatures (by their numbers) had values (by theirs).
pub(super) async fn amend_first_hours(
    conn: &mut SqliteConnection,
    actors: impl Iterator<Item = (i64, i64, i64)>,
) -> Result<()> {
    let mut first: HashMap<(i64, i64), i64> = HashMap::new();
    for (owner, value, hour) in actors {
        let known = first.entry((owner, value)).or_insert(hour);
        *known = hour.min(*known);
    }
    let mut first: Vec<_> = first.into_iter().collect();
    first.sort_unstable();
    execute(
        conn,
        AMEND_FIRST_HEAD,
        AMEND_FIRST,
        &first,
        |values, ((owner, value), first)| {
            values.push_bind(*owner).push_bind(*value).push_bind(*first);
        },
    )
    .await
}
