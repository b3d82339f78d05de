//! Counting dimension values past their bound for the value that stands for them.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Bounds, Dimension};
use sqlx::{AssertSqlSafe, SqliteConnection};

use super::Result;
use super::convert::failed;
use super::ingest::{Counted, Interned, SpanOfValue, add_up};
use super::rows::ids;

impl Counted<'_> {
    /// Counts what is past the bounds already among the new events for the values that stand for it, before anything of
    /// it is written.
    pub(super) fn fold_values(&mut self, bounds: Bounds) {
        let mut distinct = [0_usize; Dimension::ALL.len()];
        for (dimension, _) in &self.values.items {
            distinct[usize::from(dimension.code())] += 1;
        }
        if distinct.iter().all(|count| *count <= bounds.values_per_dimension) {
            return;
        }
        let mut values = std::mem::take(&mut self.values);
        fold_spans(
            &mut self.values_by_signature,
            &mut values,
            bounds.values_per_dimension,
        );
        fold_spans(
            &mut self.values_by_account,
            &mut values,
            bounds.values_per_account,
        );
        let mut kept = Interned::default();
        for spans in [&mut self.values_by_signature, &mut self.values_by_account] {
            for ((_, value, _), _) in spans.iter_mut() {
                *value = kept.place(values.items[*value]);
            }
            add_up(spans);
        }
        self.values = kept;
    }
}

/// Folds the values of each owner; `spans` are in the order of their owners.
fn fold_spans(spans: &mut SpanOfValue, values: &mut Interned<(Dimension, &str)>, most: usize) {
    for of_owner in spans.chunk_by_mut(|((a, ..), _), ((b, ..), _)| a == b) {
        let distinct: BTreeSet<usize> = of_owner.iter().map(|((_, value, _), _)| *value).collect();
        if distinct.len() <= most {
            continue;
        }
        let mut by_dimension: BTreeMap<Dimension, Vec<&str>> = BTreeMap::new();
        for (dimension, text) in distinct.iter().map(|place| values.items[*place]) {
            by_dimension.entry(dimension).or_default().push(text);
        }
        let mut others = BTreeMap::new();
        for (dimension, texts) in by_dimension {
            let stands_for_them = values.place((dimension, Bounds::OTHERS));
            for text in Bounds::others(most, texts) {
                others.insert(values.place((dimension, text)), stands_for_them);
            }
        }
        for ((_, value, _), _) in of_owner {
            *value = others.get(value).copied().unwrap_or(*value);
        }
    }
}

/// The two tables that hold dimension values of one kind of owner, by the start of their names.
pub(super) struct Tables(&'static str);

pub(super) const OF_SIGNATURES: Tables = Tables("signature");
pub(super) const OF_ACCOUNTS: Tables = Tables("account");

/// Folds what these owners have come to store past the bound, and gives those of which something was folded.
pub(super) async fn fold(
    conn: &mut SqliteConnection,
    tables: &Tables,
    owners: &[i64],
    most: usize,
) -> Result<Vec<i64>> {
    let mut folded = Vec::new();
    for owner in crowded(conn, tables, owners, most).await? {
        for (dimension, others) in past(conn, tables, owner, most).await? {
            merge(conn, tables, owner, dimension, &others).await?;
            folded.push(owner);
        }
    }
    Ok(folded)
}

/// Owners with so many values that they might be past the bound in one dimension.
async fn crowded(
    conn: &mut SqliteConnection,
    Tables(of): &Tables,
    owners: &[i64],
    most: usize,
) -> Result<Vec<i64>> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    // No owner has more values than there are: while these are few, nobody is counted.
    let known: i64 = sqlx::query_scalar("SELECT IFNULL(MAX(id), 0) FROM dimension_values")
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    if known <= most {
        return Ok(Vec::new());
    }
    let counted = format!(
        "SELECT t.owner FROM json_each(?1) AS asked CROSS JOIN {of}_values AS t ON t.owner = asked.value \
         GROUP BY t.owner HAVING COUNT(*) > ?2"
    );
    sqlx::query_scalar(AssertSqlSafe(counted))
        .bind(ids(owners.iter().copied()))
        .bind(most)
        .fetch_all(conn)
        .await
        .map_err(failed)
}

/// The numbers of the values of an owner that are past the bound, by dimension.
async fn past(
    conn: &mut SqliteConnection,
    Tables(of): &Tables,
    owner: i64,
    most: usize,
) -> Result<BTreeMap<i64, Vec<i64>>> {
    let stored = format!(
        "SELECT v.dimension, v.text, v.id FROM {of}_values AS t CROSS JOIN dimension_values AS v ON v.id = t.value \
         WHERE t.owner = ?1 AND v.text <> ?2"
    );
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(AssertSqlSafe(stored))
        .bind(owner)
        .bind(Bounds::OTHERS)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let mut by_dimension: BTreeMap<i64, BTreeMap<String, i64>> = BTreeMap::new();
    for (dimension, text, number) in rows {
        by_dimension.entry(dimension).or_default().insert(text, number);
    }
    let past = by_dimension.into_iter().map(|(dimension, numbers)| {
        let others = Bounds::others(most, numbers.keys().collect());
        (
            dimension,
            others
                .iter()
                .filter_map(|text| numbers.get(*text).copied())
                .collect(),
        )
    });
    Ok(past
        .filter(|(_, others): &(i64, Vec<i64>)| !others.is_empty())
        .collect())
}

/// Adds the counts of some values of an owner to the value that stands for them, and forgets them.
async fn merge(
    conn: &mut SqliteConnection,
    Tables(of): &Tables,
    owner: i64,
    dimension: i64,
    others: &[i64],
) -> Result<()> {
    let others = ids(others.iter().copied());
    let stands_for_them: i64 = sqlx::query_scalar(
        "INSERT INTO dimension_values (dimension, text) VALUES (?1, ?2) \
         ON CONFLICT DO UPDATE SET text = excluded.text RETURNING id",
    )
    .bind(dimension)
    .bind(Bounds::OTHERS)
    .fetch_one(&mut *conn)
    .await
    .map_err(failed)?;
    let those = "WHERE owner = ?1 AND value IN (SELECT value FROM json_each(?2)) AND ?3 IS NOT NULL";
    for statement in [
        format!(
            "INSERT INTO {of}_value_hours (owner, value, hour, count, first, last) \
             SELECT ?1, ?3, hour, SUM(count), MIN(first), MAX(last) FROM {of}_value_hours {those} GROUP BY hour \
             ON CONFLICT DO UPDATE SET count = count + excluded.count, first = MIN(first, excluded.first), \
             last = MAX(last, excluded.last)"
        ),
        format!(
            "INSERT INTO {of}_values (owner, value, total) SELECT ?1, ?3, SUM(total) FROM {of}_values {those} \
             GROUP BY owner ON CONFLICT DO UPDATE SET total = total + excluded.total"
        ),
        format!("DELETE FROM {of}_value_hours {those}"),
        format!("DELETE FROM {of}_values {those}"),
    ] {
        sqlx::query(AssertSqlSafe(statement))
            .bind(owner)
            .bind(&others)
            .bind(stands_for_them)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}
