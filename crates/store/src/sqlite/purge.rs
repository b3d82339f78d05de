//! Forgetting.

use sqlx::SqliteConnection;

use super::convert::failed;
use super::rows::ids;
use super::{Result, keys, listed, people};
use crate::{Purged, Retention, rules};

/// Forgets what is older than the retention. The caller commits the transaction.
pub(super) async fn purge(conn: &mut SqliteConnection, retention: &Retention) -> Result<Purged> {
    let before = retention.before.as_millis();
    let first = rules::ended(retention.before);
    let hour = retention.before.hour().start().as_millis();
    let identities = "DELETE FROM identities WHERE arrived < ?";
    let identities = run(conn, identities, retention.identities_before.as_millis()).await?;
    for statement in FORGET_JUDGEMENTS {
        run(conn, statement, hour).await?;
    }
    for statement in FORGET_LEDGER {
        run(conn, statement, before).await?;
    }
    forget_samples(conn, first, hour).await?;
    for statement in FORGET_VALUES {
        run(conn, statement, first).await?;
    }
    run(conn, FORGET_VARIABLES, first).await?;
    let lost = listed::counted_before(conn, first).await?;
    let occurrences = run(conn, "DELETE FROM occurrences WHERE hour < ?", first).await?;
    run(conn, "DELETE FROM account_hours WHERE hour < ?", first).await?;
    forget_templates(conn).await?;
    let clusters = sqlx::query(FORGET_CLUSTERS)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    listed::take(conn, &lost).await?;
    keys::count_again(conn, None).await?;
    people::purge_audit(conn, before).await?;
    let units = run(conn, "DELETE FROM units WHERE arrived < ?", before).await?;
    run(conn, "DELETE FROM positions WHERE updated < ?", before).await?;
    sqlx::query("DELETE FROM key_uses WHERE last_used < ?1 AND substr(key, 1, ?2) <> ?3")
        .bind(before)
        .bind(i64::try_from(rules::LONG_LIVED.len()).unwrap_or_default())
        .bind(rules::LONG_LIVED)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    sqlx::raw_sql(FORGET_TEXTS)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    Ok(Purged {
        identities,
        occurrences,
        clusters: clusters.rows_affected(),
        units,
    })
}

async fn run(conn: &mut SqliteConnection, statement: &'static str, bound: i64) -> Result<u64> {
    let done = sqlx::query(statement)
        .bind(bound)
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected())
}

/// Samples are found through the occurrences, which have an index by hour; the caller deletes those next. The last one of
/// each fine template stays: another grouping version needs a record.
async fn forget_samples(conn: &mut SqliteConnection, first: i64, hour: i64) -> Result<()> {
    sqlx::query(
        "DELETE FROM samples WHERE time < ?2 AND signature IN (SELECT signature FROM occurrences WHERE hour < ?1) \
         AND EXISTS (SELECT 1 FROM samples AS later WHERE later.signature = samples.signature \
            AND (later.time, later.identity) > (samples.time, samples.identity))",
    )
    .bind(first)
    .bind(hour)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

async fn forget_templates(conn: &mut SqliteConnection) -> Result<()> {
    let forgotten: Vec<i64> = sqlx::query_scalar(FORGET_TEMPLATES)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    sqlx::query("DELETE FROM samples WHERE signature IN (SELECT value FROM json_each(?))")
        .bind(ids(forgotten))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

const FORGET_JUDGEMENTS: [&str; 2] = [
    "DELETE FROM judged WHERE start < ?",
    "DELETE FROM findings WHERE window_start < ?",
];

const FORGET_LEDGER: [&str; 4] = [
    "DELETE FROM runs WHERE started < ?",
    "DELETE FROM mutes WHERE ended_at < ?",
    "DELETE FROM faults WHERE recovered < ?",
    "DELETE FROM events WHERE time < ? AND NOT EXISTS \
     (SELECT 1 FROM deliveries WHERE event = events.seq AND state = 0)",
];

/// Totals first, while the hours that they lose still stand. The hours of signatures are found through the occurrences,
/// which have an index by hour.
const FORGET_VALUES: [&str; 6] = [
    "UPDATE signature_values AS t SET total = t.total - gone.count FROM ( \
        SELECT h.owner, h.value, SUM(h.count) AS count FROM signature_value_hours AS h \
        WHERE h.hour < ?1 AND h.owner IN (SELECT signature FROM occurrences WHERE hour < ?1) \
        GROUP BY h.owner, h.value) AS gone WHERE t.owner = gone.owner AND t.value = gone.value",
    "DELETE FROM signature_value_hours \
     WHERE hour < ?1 AND owner IN (SELECT signature FROM occurrences WHERE hour < ?1)",
    "DELETE FROM signature_values \
     WHERE total <= 0 AND owner IN (SELECT signature FROM occurrences WHERE hour < ?1)",
    "UPDATE account_values AS t SET total = t.total - gone.count FROM ( \
        SELECT h.owner, h.value, SUM(h.count) AS count FROM account_value_hours AS h \
        WHERE h.hour < ?1 GROUP BY h.owner, h.value) AS gone WHERE t.owner = gone.owner AND t.value = gone.value",
    "DELETE FROM account_value_hours WHERE hour < ?1",
    "DELETE FROM account_values WHERE total <= 0 AND ?1 IS NOT NULL",
];

/// Found through the occurrences as well: the last hour of what is forgotten is one of those that are deleted next.
const FORGET_VARIABLES: &str = "\
    UPDATE variables SET kept = ( \
        SELECT json_group_array(json(value)) FROM json_each(kept) WHERE value ->> 2 >= ?1) \
    WHERE signature IN (SELECT signature FROM occurrences WHERE hour < ?1) \
    AND EXISTS (SELECT 1 FROM json_each(kept) WHERE value ->> 2 < ?1)";

/// Fine templates without an occurrence, unless a person touched their cluster.
const FORGET_TEMPLATES: &str = "\
    DELETE FROM signatures WHERE NOT EXISTS (SELECT 1 FROM occurrences WHERE signature = signatures.id) \
    AND NOT EXISTS (SELECT 1 FROM clusters WHERE id = signatures.cluster \
        AND (life_cycle <> 'open' OR owner <> '' OR remark <> '')) RETURNING id";

/// Clusters that nobody touched and of which nothing is left.
const FORGET_CLUSTERS: &str = "\
    DELETE FROM clusters WHERE life_cycle = 'open' AND owner = '' AND remark = '' \
    AND NOT EXISTS (SELECT 1 FROM signatures WHERE cluster = clusters.id) \
    AND NOT EXISTS (SELECT 1 FROM findings WHERE cluster = clusters.id)";

/// Texts that nothing names any more.
const FORGET_TEXTS: &str = "\
    DELETE FROM facet_values WHERE id NOT IN (SELECT value FROM event_values); \
    DELETE FROM dimension_values WHERE id NOT IN (SELECT value FROM account_values) \
        AND id NOT IN (SELECT value FROM signature_values); \
    DELETE FROM families WHERE id NOT IN (SELECT family FROM signatures) \
        AND id NOT IN (SELECT family FROM clusters) AND id NOT IN (SELECT family FROM findings)";
