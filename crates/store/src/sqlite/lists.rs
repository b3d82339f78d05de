//! Lists of clusters.
//!
//! A page is read from the index of its order, which holds all that is filtered by. Where few clusters can be meant (they
//! are of few families, or few hold a text), these are looked at one by one instead; so are those that are asked for by their ids.

use std::collections::HashMap;

use firstsight_engine::{ClusterId, Hour, HourCount, Range, Span};
use sqlx::query::QueryAs;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, FromRow, Sqlite, SqliteConnection};

use super::convert::{blob, count, digest, failed, from_name, span, time};
use super::rows::{ids, texts};
use super::search::trigrams;
use super::{Result, listed, report};
use crate::search::fold;
use crate::{ClusterHead, ClusterSearch, ClusterSort, Found, lists, rules};

/// So many clusters are looked at one by one.
const FEW: usize = 1_000;

/// A listed cluster.
#[derive(FromRow)]
struct Row {
    digest: Vec<u8>,
    account: String,
    event_source: String,
    event_name: String,
    error_code: String,
    template: String,
    class: String,
    noise: String,
    life_cycle: String,
    said_at: Option<i64>,
    said_by: String,
    note: String,
    owner: String,
    remark: String,
    founded: i64,
    count: i64,
    first_seen: i64,
    last_seen: i64,
    name: String,
}

impl Row {
    fn finish(self, sort: ClusterSort) -> Result<ClusterHead> {
        let id = ClusterId(digest(&self.digest)?);
        let seen = Span {
            count: count(self.count),
            first: time(self.first_seen),
            last: time(self.last_seen),
        };
        Ok(ClusterHead {
            id,
            account: self.account,
            event_source: self.event_source,
            event_name: self.event_name,
            error_code: self.error_code,
            template: self.template,
            class: self.class,
            noise: listed::noise(&self.noise)?,
            life_cycle: from_name(self.life_cycle)?,
            said: report::said(self.said_at, self.said_by, self.note),
            owner: self.owner,
            note: self.remark,
            founded: time(self.founded),
            count: seen.count,
            first_seen: seen.first,
            last_seen: seen.last,
            place: lists::place(sort, id, seen, &self.name),
        })
    }
}

/// Recorded clusters, a page of them.
pub(super) async fn clusters(
    conn: &mut SqliteConnection,
    search: &ClusterSearch,
) -> Result<Found<ClusterHead>> {
    let text = fold(&search.text);
    let few = few(conn, search, &text).await?;
    let statement = statement(search, few.is_some());
    let rows = bound(&statement, search, &text, few)?
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    let rows = rows.into_iter().map(|row| row.finish(search.sort));
    Ok(lists::page(rows.collect::<Result<_>>()?, search.limit))
}

/// By what is asked for alone: the families of an account are looked up then.
fn of_families(search: &ClusterSearch) -> String {
    let mut filters = Vec::new();
    if !search.accounts.is_empty() {
        filters.push("account IN (SELECT id FROM accounts WHERE name IN (SELECT value FROM json_each(?1)))");
    }
    if !search.services.is_empty() {
        filters.push("event_source IN (SELECT value FROM json_each(?2))");
    }
    format!(
        "family IN (SELECT id FROM families WHERE {})",
        filters.join(" AND ")
    )
}

const FILTERS: [&str; 4] = [
    "(?3 = '[]' OR l.class IN (SELECT value FROM json_each(?3)))",
    "(?4 = '[]' OR l.life_cycle IN (SELECT value FROM json_each(?4)))",
    "(?5 IS NULL OR l.owner = ?5)",
    "(?6 IS NULL OR l.noisy = ?6)",
];

/// The statement that finds the clusters of a page and then, of these alone, tells what they are.
fn statement(search: &ClusterSearch, is_few: bool) -> String {
    let column = match search.sort {
        ClusterSort::LastSeen => "last_seen",
        ClusterSort::FirstSeen => "first_seen",
        ClusterSort::Count => "count",
        ClusterSort::Name => "name",
    };
    let (way, behind) = if search.descending {
        ("DESC", "<")
    } else {
        ("ASC", ">")
    };
    let mut filters: Vec<String> = FILTERS.iter().map(|filter| (*filter).to_owned()).collect();
    if has_families(search) {
        filters.push(format!("l.{}", of_families(search)));
    }
    if !search.text.is_empty() {
        let text = "(SELECT text FROM listed_texts WHERE cluster = l.cluster)";
        filters.push(format!("instr({text}, ?7) > 0"));
    }
    if search.after.is_some() {
        filters.push(format!("(l.{column}, l.digest) {behind} (?8, ?9)"));
    }
    let from = if is_few {
        "json_each(?11) AS few CROSS JOIN listed AS l ON l.cluster = few.value".to_owned()
    } else {
        format!("listed AS l INDEXED BY listed_by_{column}")
    };
    let filters = filters.join(" AND ");
    format!(
        "WITH page (cluster) AS MATERIALIZED (SELECT l.cluster FROM {from} WHERE {filters} \
            ORDER BY l.{column} {way}, l.digest {way} LIMIT ?10) \
         SELECT c.digest, a.name AS account, f.event_source, f.event_name, f.error_code, c.template, l.class, c.noise, \
            c.life_cycle, c.said_at, c.said_by, c.note, c.owner, c.remark, c.founded, l.count, l.first_seen, \
            l.last_seen, l.name FROM page CROSS JOIN listed AS l ON l.cluster = page.cluster \
            CROSS JOIN clusters AS c ON c.id = l.cluster CROSS JOIN families AS f ON f.id = c.family \
            CROSS JOIN accounts AS a ON a.id = f.account ORDER BY l.{column} {way}, l.digest {way}"
    )
}

type Query<'q> = QueryAs<'q, Sqlite, Row, SqliteArguments>;

/// The statement with what it asks for.
fn bound<'q>(
    statement: &str,
    search: &ClusterSearch,
    text: &str,
    few: Option<Vec<i64>>,
) -> Result<Query<'q>> {
    let query = sqlx::query_as(AssertSqlSafe(statement.to_owned()))
        .bind(texts(&search.accounts)?)
        .bind(texts(&search.services)?)
        .bind(texts(&search.classes)?)
        .bind(texts(&search.life_cycles)?)
        .bind(search.owner.clone())
        .bind(search.noise)
        .bind(text.to_owned());
    let after = search.after.as_ref();
    let query = match search.sort {
        ClusterSort::Name => query.bind(after.map(|place| place.name.clone())),
        _ => query.bind(after.map(|place| place.number)),
    };
    let limit = i64::try_from(search.limit).unwrap_or(i64::MAX);
    Ok(query
        .bind(after.map(|place| blob(place.id.0)))
        .bind(limit.saturating_add(1))
        .bind(few.map(ids)))
}

fn has_families(search: &ClusterSearch) -> bool {
    !search.accounts.is_empty() || !search.services.is_empty()
}

/// The clusters that can be meant, where these are few.
async fn few(conn: &mut SqliteConnection, search: &ClusterSearch, text: &str) -> Result<Option<Vec<i64>>> {
    if !search.ids.is_empty() {
        return named(conn, &search.ids).await.map(Some);
    }
    if !text.is_empty() {
        let few = few_holding(conn, text).await?;
        if few.is_some() {
            return Ok(few);
        }
    }
    if !has_families(search) {
        return Ok(None);
    }
    let of_families = format!("SELECT id FROM clusters WHERE {} LIMIT ?3", of_families(search));
    let query = sqlx::query_scalar(AssertSqlSafe(of_families))
        .bind(texts(&search.accounts)?)
        .bind(texts(&search.services)?);
    at_most_few(query.bind(LOOK).fetch_all(conn).await)
}

/// The clusters that are asked for by their ids.
async fn named(conn: &mut SqliteConnection, asked: &[ClusterId]) -> Result<Vec<i64>> {
    let asked: Vec<_> = asked.iter().map(ToString::to_string).collect();
    sqlx::query_scalar(
        "SELECT c.id FROM (SELECT DISTINCT unhex(value) AS digest FROM json_each(?)) AS asked \
         CROSS JOIN clusters AS c ON c.digest = asked.digest",
    )
    .bind(texts(&asked)?)
    .fetch_all(conn)
    .await
    .map_err(failed)
}

/// The clusters that may hold a text. One that is too short to be looked up is looked for in all texts, in their order: it
/// is found soon, or seldom.
async fn few_holding(conn: &mut SqliteConnection, text: &str) -> Result<Option<Vec<i64>>> {
    let (holding, asked) = match trigrams(text) {
        Some(letters) => (
            "SELECT rowid FROM listed_letters WHERE listed_letters MATCH ?1 LIMIT ?2",
            letters,
        ),
        None => (
            "SELECT cluster FROM listed_texts WHERE instr(text, ?1) > 0 LIMIT ?2",
            text.to_owned(),
        ),
    };
    let query = sqlx::query_scalar(holding).bind(asked).bind(LOOK);
    at_most_few(query.fetch_all(conn).await)
}

/// One more than few tells that there are not few.
const LOOK: i64 = FEW as i64 + 1;

fn at_most_few(found: Result<Vec<i64>, sqlx::Error>) -> Result<Option<Vec<i64>>> {
    let found = found.map_err(failed)?;
    Ok((found.len() <= FEW).then_some(found))
}

/// Occurrences a day of clusters, in the order asked. Added up here: a page of those that come every hour has some ten
/// thousands of hours.
pub(super) async fn days(
    conn: &mut SqliteConnection,
    clusters: &[ClusterId],
    first: Hour,
    days: usize,
) -> Result<Vec<Vec<u64>>> {
    let asked: Vec<_> = clusters.iter().map(ToString::to_string).collect();
    let rows: Vec<(Vec<u8>, i64, i64)> = sqlx::query_as(
        "SELECT c.digest, (o.hour - ?2) / 24 AS day, SUM(o.count) \
         FROM (SELECT DISTINCT unhex(value) AS digest FROM json_each(?1)) AS asked \
         CROSS JOIN clusters AS c ON c.digest = asked.digest CROSS JOIN signatures AS s ON s.cluster = c.id \
         CROSS JOIN occurrences AS o ON o.signature = s.id AND o.hour >= ?2 AND o.hour < ?2 + 24 * ?3 \
         GROUP BY c.id, day",
    )
    .bind(texts(&asked)?)
    .bind(first.index())
    .bind(i64::try_from(days).unwrap_or(i64::MAX / 48))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut counts: HashMap<ClusterId, Vec<u64>> = HashMap::new();
    for (cluster, day, occurrences) in rows {
        let of_cluster = counts.entry(ClusterId(digest(&cluster)?));
        let of_cluster = of_cluster.or_insert_with(|| vec![0; days]);
        lists::count_day(of_cluster, day * 24, count(occurrences));
    }
    let of_cluster = |id| counts.get(id).cloned().unwrap_or_else(|| vec![0; days]);
    Ok(clusters.iter().map(of_cluster).collect())
}

/// Occurrences an hour of clusters, in the order asked.
pub(super) async fn hours(
    conn: &mut SqliteConnection,
    clusters: &[ClusterId],
    range: &Range,
) -> Result<Vec<Vec<HourCount>>> {
    let (start, end) = rules::hours(range);
    let asked: Vec<_> = clusters.iter().map(ToString::to_string).collect();
    let rows: Vec<(Vec<u8>, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT c.digest, o.hour, SUM(o.count), MIN(o.first), MAX(o.last) \
         FROM (SELECT DISTINCT unhex(value) AS digest FROM json_each(?1)) AS asked \
         CROSS JOIN clusters AS c ON c.digest = asked.digest CROSS JOIN signatures AS s ON s.cluster = c.id \
         CROSS JOIN occurrences AS o ON o.signature = s.id AND o.hour >= ?2 AND o.hour < ?3 AND o.count > 0 \
         GROUP BY c.digest, o.hour ORDER BY c.digest, o.hour",
    )
    .bind(texts(&asked)?)
    .bind(start)
    .bind(end)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut hours: HashMap<ClusterId, Vec<HourCount>> = HashMap::new();
    for (cluster, hour, occurrences, first, last) in rows {
        let counted = span(occurrences, Some(first), Some(last)).map(|span| rules::hour_count(hour, span));
        let of_cluster = hours.entry(ClusterId(digest(&cluster)?)).or_default();
        of_cluster.extend(counted);
    }
    let counts = |id| hours.get(id).cloned().unwrap_or_default();
    Ok(clusters.iter().map(counts).collect())
}

#[cfg(test)]
mod tests {
    use sqlx::Row;

    use super::*;
    use crate::ClusterPlace;
    use crate::sqlite::SqliteStore;

    /// What SQLite does for the page of a search, in the order of doing it.
    async fn plan(search: &ClusterSearch) -> String {
        let store = SqliteStore::open_in_memory().await.unwrap();
        let mut conn = store.read().await.unwrap();
        let explained = format!("EXPLAIN QUERY PLAN {}", statement(search, false));
        let rows = sqlx::query(AssertSqlSafe(explained))
            .fetch_all(&mut *conn)
            .await
            .unwrap();
        let steps: Vec<String> = rows.iter().map(|row| row.get(3)).collect();
        steps.join("\n")
    }

    #[tokio::test]
    async fn pages_are_read_from_the_index_of_their_order() {
        let place = ClusterPlace {
            number: 1,
            name: String::new(),
            id: ClusterId(firstsight_engine::Digest([1; 16])),
        };
        let sorts = [
            (ClusterSort::LastSeen, "last_seen"),
            (ClusterSort::FirstSeen, "first_seen"),
            (ClusterSort::Count, "count"),
            (ClusterSort::Name, "name"),
        ];
        for (sort, column) in sorts {
            for after in [None, Some(place.clone())] {
                let search = ClusterSearch {
                    accounts: vec!["111122223333".to_owned()],
                    owner: Some("alice".to_owned()),
                    noise: Some(true),
                    sort,
                    after,
                    ..ClusterSearch::default()
                };
                let plan = plan(&search).await;
                let index = format!("l USING COVERING INDEX listed_by_{column}");
                assert!(plan.contains(&index), "{plan}");
                // Only the rows of the page are sorted, behind the index.
                assert_eq!(plan.matches("TEMP B-TREE").count(), 1, "{plan}");
            }
        }
    }
}
