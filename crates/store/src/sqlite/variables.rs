//! What stood for the variables of fine templates: a few values with their counts.
//!
//! Those of one fine template are one row: as rows of their own they would be half of a commit.

use std::collections::{BTreeMap, HashMap};

use firstsight_engine::{VariableCount, kept_variables};
use sqlx::SqliteConnection;

use super::Result;
use super::convert::{failed, from_json, json};
use super::rows::{execute, ids};
use crate::{Example, examples};

/// A value (`name=value`), how often it was seen, and the last hour that it was seen in.
type Kept<T> = (T, u64, i64);

/// What is kept of fine templates.
pub(super) const STORED: &str = "\
    SELECT v.signature, v.kept FROM json_each(?1) AS touched \
    CROSS JOIN variables AS v ON v.signature = touched.value";

/// Counts the values of new events, given by their signatures' numbers; those from `new_from` on had none before.
pub(super) async fn keep(
    conn: &mut SqliteConnection,
    new_from: i64,
    seen: &BTreeMap<i64, &[VariableCount<'_>]>,
) -> Result<()> {
    let touched = seen.keys().copied().filter(|number| *number < new_from);
    let mut known: HashMap<i64, String> = sqlx::query_as(STORED)
        .bind(ids(touched))
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?
        .into_iter()
        .collect();
    let mut kept = Vec::with_capacity(seen.len());
    for (number, counts) in seen {
        let all = match known.remove(number) {
            Some(stored) => json(&added(from_json(&stored)?, counts))?,
            // What a summary keeps is few enough.
            None => json(&counts.iter().map(entry).collect::<Vec<_>>())?,
        };
        kept.push((*number, all));
    }
    execute(
        conn,
        "INSERT INTO variables (signature, kept) ",
        " ON CONFLICT DO UPDATE SET kept = excluded.kept",
        &kept,
        |values, (signature, kept)| {
            values.push_bind(*signature).push_bind(kept.clone());
        },
    )
    .await
}

fn entry<'s>(seen: &VariableCount<'s>) -> Kept<&'s str> {
    (seen.text, seen.count, seen.last.index())
}

/// Both together, as far as they are kept.
fn added(stored: Vec<Kept<String>>, counts: &[VariableCount<'_>]) -> Vec<Kept<String>> {
    let mut all: BTreeMap<String, (u64, i64)> = BTreeMap::new();
    let seen = counts.iter().map(entry);
    let seen = seen.map(|(text, count, last)| (text.to_owned(), count, last));
    for (text, count, last) in stored.into_iter().chain(seen) {
        let known = all.entry(text).or_insert((0, last));
        *known = (known.0 + count, known.1.max(last));
    }
    let least = kept_variables(all.keys().map(String::as_str));
    let kept = all.iter().filter(|(text, _)| least.contains(text.as_str()));
    kept.map(|(text, (count, last))| (text.clone(), *count, *last))
        .collect()
}

/// The examples of these clusters, by their numbers.
pub(super) async fn of_clusters(
    conn: &mut SqliteConnection,
    clusters: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Vec<Example>>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT s.cluster, v.kept FROM json_each(?) AS asked \
         CROSS JOIN signatures AS s ON s.cluster = asked.value CROSS JOIN variables AS v ON v.signature = s.id",
    )
    .bind(ids(clusters))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut counts: HashMap<i64, BTreeMap<String, u64>> = HashMap::new();
    for (cluster, kept) in rows {
        let of_cluster = counts.entry(cluster).or_default();
        for (text, count, _) in from_json::<Vec<Kept<String>>>(&kept)? {
            *of_cluster.entry(text).or_default() += count;
        }
    }
    Ok(counts
        .into_iter()
        .map(|(cluster, counts)| (cluster, examples::examples(&counts)))
        .collect())
}
