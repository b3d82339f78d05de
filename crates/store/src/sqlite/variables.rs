//! What stood for the variables of fine templates: a few values with their counts.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use firstsight_engine::{VariableCount, kept_variables};
use sqlx::SqliteConnection;

use super::Result;
use super::convert::{count, failed, signed};
use super::rows::{execute, ids};
use crate::{Example, examples};

/// Forgets values that others with lesser hashes displaced.
pub(super) const DROP: &str = "\
    ) DELETE FROM variables WHERE (signature, text) IN (SELECT signature, text FROM gone)";

/// How [`DROP`] begins.
pub(super) const DROP_HEAD: &str = "WITH gone (signature, text) AS (";

/// Counts the values of new events, given by their signatures' numbers; those from `new_from` on had none before.
pub(super) async fn keep(
    conn: &mut SqliteConnection,
    new_from: i64,
    seen: &BTreeMap<i64, &[VariableCount<'_>]>,
) -> Result<()> {
    let mut known = stored(conn, seen.keys().copied().filter(|number| *number < new_from)).await?;
    let (mut kept, mut gone) = (Vec::new(), Vec::new());
    for (number, counts) in seen {
        let stored = known.remove(number).unwrap_or_default();
        let texts: BTreeSet<&str> = counts.iter().map(|count| count.text).collect();
        let all = texts.into_iter().chain(stored.iter().map(String::as_str));
        let least = kept_variables(all);
        let counts = counts.iter().filter(|count| least.contains(count.text));
        kept.extend(counts.map(|count| (*number, *count)));
        let displaced = stored.iter().filter(|text| !least.contains(text.as_str()));
        gone.extend(displaced.map(|text| (*number, text.clone())));
    }
    add(conn, &kept).await?;
    execute(conn, DROP_HEAD, DROP, &gone, |values, (signature, text)| {
        values.push_bind(*signature).push_bind(text.clone());
    })
    .await
}

async fn stored(
    conn: &mut SqliteConnection,
    signatures: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Vec<String>>> {
    let rows: Vec<(i64, String)> = sqlx::query_as(
        "SELECT v.signature, v.text FROM json_each(?) AS touched \
         CROSS JOIN variables AS v ON v.signature = touched.value",
    )
    .bind(ids(signatures))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut stored: HashMap<i64, Vec<String>> = HashMap::new();
    for (signature, text) in rows {
        stored.entry(signature).or_default().push(text);
    }
    Ok(stored)
}

async fn add(conn: &mut SqliteConnection, counts: &[(i64, VariableCount<'_>)]) -> Result<()> {
    execute(
        conn,
        "INSERT INTO variables (signature, text, count, last) ",
        " ON CONFLICT DO UPDATE SET count = count + excluded.count, last = MAX(last, excluded.last)",
        counts,
        |values, (signature, seen)| {
            values.push_bind(*signature).push_bind(seen.text.to_owned());
            values.push_bind(signed(seen.count)).push_bind(seen.last.index());
        },
    )
    .await
}

/// The examples of these clusters, by their numbers.
pub(super) async fn of_clusters(
    conn: &mut SqliteConnection,
    clusters: impl Iterator<Item = i64>,
) -> Result<HashMap<i64, Vec<Example>>> {
    let rows: Vec<(i64, String, i64)> = sqlx::query_as(
        "SELECT s.cluster, v.text, SUM(v.count) FROM json_each(?) AS asked \
         CROSS JOIN signatures AS s ON s.cluster = asked.value CROSS JOIN variables AS v ON v.signature = s.id \
         GROUP BY s.cluster, v.text",
    )
    .bind(ids(clusters))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut counts: HashMap<i64, BTreeMap<String, u64>> = HashMap::new();
    for (cluster, text, occurrences) in rows {
        counts
            .entry(cluster)
            .or_default()
            .insert(text, count(occurrences));
    }
    Ok(counts
        .into_iter()
        .map(|(cluster, counts)| (cluster, examples::examples(&counts)))
        .collect())
}
