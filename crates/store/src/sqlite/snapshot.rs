//! What a judgement looks at, from one read transaction.
//!
//! The cost grows with what is active in the window: families are found through the window's hours, and what a value
//! counted before the window is its total without the hours after, never a sum over its whole history.

use std::collections::{BTreeMap, HashMap};

use firstsight_engine::{
    AccountHistory, ClusterId, ClusterState, Dimension, Family, FamilyKey, HourCount, JudgeInput, Range,
    RecordedFinding, Sample, SignatureId, SourceHistory, Span, TemplateHistory, ValueCount, ValueHistory,
};
use serde::Deserialize;
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::convert::{count, damaged, digest, failed, from_json, from_name, span, time};
use super::rows::{ids, texts};
use super::{Result, ledger, mutes, scopes};
use crate::rules::{self, Hours};
use crate::{JudgeQuery, Snapshot, Versions};

/// Takes a snapshot. The transaction is the caller's.
pub(super) async fn take(conn: &mut SqliteConnection, query: &JudgeQuery) -> Result<Snapshot> {
    let hours = Hours::of(query);
    let mut active = families(conn, query, hours).await?;
    let within = values_within(conn, hours, &active).await?;
    let accounts = accounts(conn, query, hours, &within).await?;
    let recorded = recorded(conn, &query.inspection, &active).await?;
    let versions = Versions {
        accounts: versions(conn, &query.window, &query.accounts).await?,
        judgement: ledger::judgement(conn, &query.inspection).await?,
        only: query.accounts.clone(),
    };
    active.sort_by(|a, b| a.family.key.cmp(&b.family.key));
    let families: Vec<_> = active.into_iter().map(|active| active.family).collect();
    let scopes = scopes::scopes(conn, query, &accounts, &families, &within).await?;
    let input = JudgeInput {
        inspection: query.inspection.clone(),
        window: query.window,
        baseline: query.baseline,
        rejudged: ledger::was_judged(conn, &query.inspection, &query.window).await?,
        accounts,
        families,
        recorded,
        scopes,
        policy: query.policy.clone(),
    };
    let faults = ledger::open_faults(conn, &query.inspection).await?;
    Ok(Snapshot {
        mutes: mutes::all(conn, false).await?,
        input,
        faults,
        versions,
    })
}

/// For each account the number of the last commit that touched one of its hours before the window's end.
pub(super) async fn versions(
    conn: &mut SqliteConnection,
    window: &Range,
    only: &[String],
) -> Result<BTreeMap<String, i64>> {
    let rows: Vec<(String, i64)> = sqlx::query_as(
        "SELECT * FROM (SELECT name, (SELECT version FROM account_hours \
            WHERE account = accounts.id AND hour < ?1 ORDER BY version DESC LIMIT 1) AS version \
         FROM accounts WHERE ?2 = '[]' OR name IN (SELECT value FROM json_each(?2))) WHERE version IS NOT NULL",
    )
    .bind(rules::hours(window).1)
    .bind(texts(only)?)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    Ok(rows.into_iter().collect())
}

/// A family that takes part, with its numbers.
struct Active {
    number: i64,
    account: i64,
    family: Family,
}

/// Families with an occurrence inside the window, or with a fine template that has no cluster yet.
pub(super) const ACTIVE_FAMILIES: &str = "\
    SELECT f.id, f.account, a.name, f.event_source, f.event_name, f.error_code \
    FROM families AS f JOIN accounts AS a ON a.id = f.account \
    WHERE f.id IN (SELECT s.family FROM occurrences AS o JOIN signatures AS s ON s.id = o.signature \
            WHERE o.hour >= ?2 AND o.hour < ?3 \
        UNION SELECT s.family FROM signatures AS s WHERE s.cluster IS NULL AND EXISTS ( \
            SELECT 1 FROM occurrences WHERE signature = s.id AND hour >= ?1 AND hour < ?3)) \
    AND (?4 = '[]' OR a.name IN (SELECT value FROM json_each(?4)))";

async fn families(conn: &mut SqliteConnection, query: &JudgeQuery, hours: Hours) -> Result<Vec<Active>> {
    let rows: Vec<(i64, i64, String, String, String, String)> = sqlx::query_as(ACTIVE_FAMILIES)
        .bind(hours.remember)
        .bind(hours.window)
        .bind(hours.end)
        .bind(texts(&query.accounts)?)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let numbers = ids(rows.iter().map(|row| row.0));
    let mut templates = templates(conn, &numbers, hours).await?;
    let mut clusters = clusters(conn, &numbers).await?;
    Ok(rows
        .into_iter()
        .map(|(number, account, name, event_source, event_name, error_code)| {
            let templates = templates.remove(&number).unwrap_or_default();
            let clusters = clusters.remove(&number).unwrap_or_default();
            Active {
                number,
                account,
                family: Family {
                    key: FamilyKey {
                        account: name,
                        event_source,
                        event_name,
                        error_code,
                    },
                    clusters,
                    templates,
                },
            }
        })
        .collect())
}

/// All clusters of these families, by family and id.
async fn clusters(conn: &mut SqliteConnection, families: &str) -> Result<HashMap<i64, Vec<ClusterState>>> {
    let rows: Vec<(i64, Vec<u8>, String, String, i64)> = sqlx::query_as(
        "SELECT family, digest, template, life_cycle, founded FROM clusters \
         WHERE family IN (SELECT value FROM json_each(?)) ORDER BY digest",
    )
    .bind(families)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut clusters: HashMap<i64, Vec<_>> = HashMap::new();
    for (family, id, template, life_cycle, founded) in rows {
        let state = ClusterState {
            id: ClusterId(digest(&id)?),
            template,
            life_cycle: from_name(life_cycle)?,
            founded: time(founded),
        };
        clusters.entry(family).or_default().push(state);
    }
    Ok(clusters)
}

type TemplateRow = (i64, Vec<u8>, i64, String, String, Option<Vec<u8>>);

/// The fine templates of these families that are known by the window's end: as far as that is remembered; for ever,
/// where a person touched their cluster.
pub(super) const TEMPLATES: &str = "\
    SELECT s.id, s.digest, s.family, s.template, s.display, c.digest \
    FROM signatures AS s LEFT JOIN clusters AS c ON c.id = s.cluster \
    WHERE s.family IN (SELECT value FROM json_each(?3)) \
    AND (((c.life_cycle <> 'open' OR c.owner <> '' OR c.remark <> '') AND s.first < ?2) \
        OR EXISTS (SELECT 1 FROM occurrences WHERE signature = s.id AND hour >= ?1 AND hour < ?2)) \
    ORDER BY s.digest";

/// The fine templates of these families, by family and id.
async fn templates(
    conn: &mut SqliteConnection,
    families: &str,
    hours: Hours,
) -> Result<HashMap<i64, Vec<TemplateHistory>>> {
    let rows: Vec<TemplateRow> = sqlx::query_as(TEMPLATES)
        .bind(hours.remember)
        .bind(hours.end)
        .bind(families)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let numbers = ids(rows.iter().map(|row| row.0));
    let mut by_hour = by_hour(conn, &numbers, hours).await?;
    let mut earlier = earlier(conn, &numbers, hours).await?;
    let mut values = template_values(conn, &numbers, hours).await?;
    let mut samples = samples(conn, &numbers, hours).await?;
    let mut templates: HashMap<i64, Vec<_>> = HashMap::new();
    for (number, id, family, template, display, cluster) in rows {
        templates.entry(family).or_default().push(TemplateHistory {
            id: SignatureId(digest(&id)?),
            template,
            display,
            cluster: cluster.map(|id| digest(&id).map(ClusterId)).transpose()?,
            earlier: earlier.remove(&number),
            hours: by_hour.remove(&number).unwrap_or_default(),
            values: values.remove(&number).unwrap_or_default(),
            samples: samples.remove(&number).unwrap_or_default(),
        });
    }
    Ok(templates)
}

async fn by_hour(
    conn: &mut SqliteConnection,
    signatures: &str,
    hours: Hours,
) -> Result<HashMap<i64, Vec<HourCount>>> {
    let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT o.signature, o.hour, o.count, o.first, o.last FROM json_each(?1) AS asked \
         CROSS JOIN occurrences AS o ON o.signature = asked.value AND o.hour >= ?2 AND o.hour < ?3 \
         ORDER BY asked.key, o.hour",
    )
    .bind(signatures)
    .bind(hours.baseline)
    .bind(hours.end)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut by_hour: HashMap<i64, Vec<_>> = HashMap::new();
    for (signature, hour, occurrences, first, last) in rows {
        if let Some(span) = span(occurrences, Some(first), Some(last)) {
            by_hour
                .entry(signature)
                .or_default()
                .push(rules::hour_count(hour, span));
        }
    }
    Ok(by_hour)
}

/// Remembered occurrences before the baseline.
async fn earlier(conn: &mut SqliteConnection, signatures: &str, hours: Hours) -> Result<HashMap<i64, Span>> {
    let rows: Vec<(i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT o.signature, SUM(o.count), MIN(o.first), MAX(o.last) FROM json_each(?1) AS asked \
         CROSS JOIN occurrences AS o ON o.signature = asked.value AND o.hour >= ?2 AND o.hour < ?3 \
         GROUP BY o.signature",
    )
    .bind(signatures)
    .bind(hours.remember)
    .bind(hours.earlier_end())
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    Ok(rows
        .into_iter()
        .filter_map(|(signature, count, first, last)| {
            Some((signature, span(count, Some(first), Some(last))?))
        })
        .collect())
}

/// What the values of some owners counted before a window and inside it: a few look-ups a value, whatever its history.
/// `asked` gives the (owner, value) pairs.
pub(super) fn values_sql(totals: &str, hours: &str, asked: &str) -> AssertSqlSafe<String> {
    let of_value = format!("FROM {hours} AS h WHERE h.owner = t.owner AND h.value = t.value AND h.hour");
    AssertSqlSafe(format!(
        "SELECT t.owner, v.dimension, v.text, t.total \
            - IFNULL((SELECT SUM(h.count) {of_value} < ?2), 0) \
            - IFNULL((SELECT SUM(h.count) {of_value} >= ?3), 0), \
         (SELECT h.first {of_value} >= ?2 AND h.hour < ?3 ORDER BY h.hour LIMIT 1), \
         (SELECT h.last {of_value} >= ?2 AND h.hour < ?3 ORDER BY h.hour DESC LIMIT 1), \
         IFNULL((SELECT SUM(h.count) {of_value} >= ?3 AND h.hour < ?4), 0), \
         (SELECT h.first {of_value} >= ?3 AND h.hour < ?4 ORDER BY h.hour LIMIT 1), \
         (SELECT h.last {of_value} >= ?3 AND h.hour < ?4 ORDER BY h.hour DESC LIMIT 1) \
         FROM json_each(?1) AS asked CROSS JOIN {totals} AS t ON {asked} \
         CROSS JOIN dimension_values AS v ON v.id = t.value"
    ))
}

type ValueRow = (
    i64,
    i64,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    i64,
    Option<i64>,
    Option<i64>,
);

/// The value of an owner.
struct OwnerValue {
    owner: i64,
    count: ValueCount,
}

async fn values(
    conn: &mut SqliteConnection,
    sql: AssertSqlSafe<String>,
    asked: &str,
    hours: Hours,
) -> Result<Vec<OwnerValue>> {
    let rows: Vec<ValueRow> = sqlx::query_as(sql)
        .bind(asked)
        .bind(hours.remember)
        .bind(hours.window)
        .bind(hours.end)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut values = Vec::with_capacity(rows.len());
    for (owner, dimension, value, before, first, last, within, first_within, last_within) in rows {
        values.push(OwnerValue {
            owner,
            count: ValueCount {
                dimension: dimension_of(dimension)?,
                value,
                before: span(before, first, last),
                within: span(within, first_within, last_within),
            },
        });
    }
    Ok(values)
}

pub(super) fn dimension_of(code: i64) -> Result<Dimension> {
    let dimension = u8::try_from(code).ok().and_then(Dimension::from_code);
    dimension.ok_or_else(|| damaged(format!("no dimension has the number {code}")))
}

async fn template_values(
    conn: &mut SqliteConnection,
    signatures: &str,
    hours: Hours,
) -> Result<HashMap<i64, Vec<ValueCount>>> {
    let sql = values_sql(
        "signature_values",
        "signature_value_hours",
        "t.owner = asked.value",
    );
    let mut by_template: HashMap<i64, Vec<_>> = HashMap::new();
    for value in values(conn, sql, signatures, hours).await? {
        if value.count.before.is_some() || value.count.within.is_some() {
            by_template.entry(value.owner).or_default().push(value.count);
        }
    }
    by_template.values_mut().for_each(|values| values.sort());
    Ok(by_template)
}

/// The kept samples from remembered hours before the window's end.
async fn samples(
    conn: &mut SqliteConnection,
    signatures: &str,
    hours: Hours,
) -> Result<HashMap<i64, Vec<Sample>>> {
    let rows: Vec<(i64, Vec<u8>, i64, String, String, String)> = sqlx::query_as(
        "SELECT s.signature, s.identity, s.time, s.event_id, s.actor, s.raw FROM json_each(?1) AS asked \
         CROSS JOIN samples AS s ON s.signature = asked.value AND s.time >= ?2 AND s.time < ?3 \
         ORDER BY asked.key, s.identity",
    )
    .bind(signatures)
    .bind(hour_start(hours.remember))
    .bind(hour_start(hours.end))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut samples: HashMap<i64, Vec<_>> = HashMap::new();
    for (signature, identity, at, event_id, actor, raw) in rows {
        samples.entry(signature).or_default().push(Sample {
            identity: digest(&identity)?,
            time: time(at),
            event_id,
            actor,
            raw,
        });
    }
    Ok(samples)
}

fn hour_start(index: i64) -> i64 {
    firstsight_engine::Hour::from_index(index).start().as_millis()
}

// Accounts.

type AccountRow = (i64, String, i64, i64, i64, i64);

/// Accounts with a remembered record from before the window's end, and what they counted. The first record is one of
/// the first hour.
const ACCOUNTS: &str = "\
    SELECT * FROM (SELECT a.id, a.name, \
        (SELECT MIN(IFNULL(h.errors_first, h.records_first), IFNULL(h.records_first, h.errors_first)) \
            FROM account_hours AS h WHERE h.account = a.id AND h.hour >= ?4 AND h.hour < ?3 \
            ORDER BY h.hour LIMIT 1) AS first_record, \
        IFNULL(SUM(CASE WHEN h.hour >= ?2 THEN h.records END), 0), \
        IFNULL(SUM(CASE WHEN h.hour >= ?2 THEN h.errors END), 0), \
        IFNULL(SUM(CASE WHEN h.hour < ?2 THEN h.errors END), 0) \
    FROM accounts AS a LEFT JOIN account_hours AS h ON h.account = a.id AND h.hour >= ?1 AND h.hour < ?3 \
    WHERE ?5 = '[]' OR a.name IN (SELECT value FROM json_each(?5)) \
    GROUP BY a.id) WHERE first_record IS NOT NULL";

async fn accounts(
    conn: &mut SqliteConnection,
    query: &JudgeQuery,
    hours: Hours,
    within: &str,
) -> Result<BTreeMap<String, AccountHistory>> {
    let rows: Vec<AccountRow> = sqlx::query_as(ACCOUNTS)
        .bind(hours.baseline)
        .bind(hours.window)
        .bind(hours.end)
        .bind(hours.remember)
        .bind(texts(&query.accounts)?)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let numbers = ids(rows.iter().map(|row| row.0));
    let mut by_hour = error_hours(conn, &numbers, hours).await?;
    let mut sources = account_sources(conn, &numbers, hours).await?;
    let mut values = account_values(conn, hours, within).await?;
    Ok(rows
        .into_iter()
        .map(|(number, name, first_record, records, errors, baseline_errors)| {
            let history = AccountHistory {
                first_record: Some(time(first_record)),
                records: count(records),
                errors: count(errors),
                baseline_errors: count(baseline_errors),
                hours: by_hour.remove(&number).unwrap_or_default(),
                sources: sources.remove(&number).unwrap_or_default(),
                values: values.remove(&number).unwrap_or_default(),
            };
            (name, history)
        })
        .collect())
}

/// Error events of these accounts an hour inside the baseline.
pub(super) const ERROR_HOURS: &str = "\
    SELECT h.account, h.hour, h.errors, h.errors_first, h.errors_last FROM json_each(?1) AS asked \
    CROSS JOIN account_hours AS h ON h.account = asked.value AND h.hour >= ?2 AND h.hour < ?3 \
    WHERE h.errors > 0 ORDER BY asked.key, h.hour";

/// An owner's occurrences in an hour: owner, hour, count, first, last.
type SpanRow = (i64, i64, i64, Option<i64>, Option<i64>);

async fn error_hours(
    conn: &mut SqliteConnection,
    accounts: &str,
    hours: Hours,
) -> Result<HashMap<i64, Vec<HourCount>>> {
    let rows: Vec<SpanRow> = sqlx::query_as(ERROR_HOURS)
        .bind(accounts)
        .bind(hours.baseline)
        .bind(hours.window)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut by_account: HashMap<i64, Vec<_>> = HashMap::new();
    for (account, hour, errors, first, last) in rows {
        let counts = span(errors, first, last).map(|span| rules::hour_count(hour, span));
        by_account.entry(account).or_default().extend(counts);
    }
    Ok(by_account)
}

/// Since when sources give the records of these accounts, as far as they did by the window's end.
pub(super) const ACCOUNT_SOURCES: &str = "\
    SELECT f.account, s.name, f.first FROM json_each(?1) AS asked \
    CROSS JOIN account_sources AS f ON f.account = asked.value AND f.first < ?2 \
    CROSS JOIN sources AS s ON s.id = f.source ORDER BY asked.key, s.name";

async fn account_sources(
    conn: &mut SqliteConnection,
    accounts: &str,
    hours: Hours,
) -> Result<HashMap<i64, Vec<SourceHistory>>> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(ACCOUNT_SOURCES)
        .bind(accounts)
        .bind(hour_start(hours.end))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut by_account: HashMap<i64, Vec<_>> = HashMap::new();
    for (account, name, first) in rows {
        by_account.entry(account).or_default().push(SourceHistory {
            name,
            first_record: time(first),
        });
    }
    Ok(by_account)
}

/// What accounts knew of the values that occur inside the window.
async fn account_values(
    conn: &mut SqliteConnection,
    hours: Hours,
    within: &str,
) -> Result<HashMap<i64, Vec<ValueHistory>>> {
    let sql = values_sql(
        "account_values",
        "account_value_hours",
        "t.owner = asked.value ->> 0 AND t.value = asked.value ->> 1",
    );
    let mut by_account: HashMap<i64, Vec<_>> = HashMap::new();
    let told_apart = values(conn, sql, within, hours).await?.into_iter();
    for value in told_apart.filter(|value| !value.count.value.is_empty()) {
        by_account.entry(value.owner).or_default().push(ValueHistory {
            dimension: value.count.dimension,
            value: value.count.value,
            before: value.count.before,
        });
    }
    by_account.values_mut().for_each(|values| values.sort());
    Ok(by_account)
}

/// The (account, value) pairs that occur inside the window, as JSON.
async fn values_within(conn: &mut SqliteConnection, hours: Hours, active: &[Active]) -> Result<String> {
    let families = ids(active.iter().map(|active| active.number));
    let accounts: HashMap<_, _> = active
        .iter()
        .map(|active| (active.number, active.account))
        .collect();
    let rows: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT DISTINCT s.family, t.value FROM json_each(?1) AS asked \
         CROSS JOIN signatures AS s ON s.family = asked.value \
         CROSS JOIN occurrences AS o ON o.signature = s.id AND o.hour >= ?2 AND o.hour < ?3 \
         CROSS JOIN signature_values AS t ON t.owner = s.id \
         WHERE EXISTS (SELECT 1 FROM signature_value_hours AS h \
            WHERE h.owner = t.owner AND h.value = t.value AND h.hour = o.hour)",
    )
    .bind(families)
    .bind(hours.window)
    .bind(hours.end)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let pairs: std::collections::BTreeSet<_> = rows
        .into_iter()
        .filter_map(|(family, value)| Some((*accounts.get(&family)?, value)))
        .collect();
    super::convert::json(&pairs)
}

// Recorded findings.

/// The part of a stored finding that the next judgement looks at.
#[derive(Deserialize)]
struct Known {
    id: firstsight_engine::FindingId,
    cluster: ClusterId,
    novelty: firstsight_engine::Novelty,
    episode: String,
    window: Range,
    severity: firstsight_engine::Severity,
}

async fn recorded(
    conn: &mut SqliteConnection,
    inspection: &str,
    active: &[Active],
) -> Result<Vec<RecordedFinding>> {
    let bodies: Vec<String> = sqlx::query_scalar(
        "SELECT body FROM findings WHERE family IN (SELECT value FROM json_each(?2)) \
         AND inspection = (SELECT id FROM inspections WHERE name = ?1) ORDER BY id",
    )
    .bind(inspection)
    .bind(ids(active.iter().map(|active| active.number)))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    bodies
        .iter()
        .map(|body| {
            let known: Known = from_json(body)?;
            Ok(RecordedFinding {
                id: known.id,
                cluster: known.cluster,
                novelty: known.novelty,
                episode: known.episode,
                window_start: known.window.start,
                severity: known.severity,
            })
        })
        .collect()
}
