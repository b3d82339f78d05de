//! Events as lists find them.
//!
//! A list is walked through in its order, the newest first, and each event is held against the filters until the page is full:
//! fast where many events are asked for. Where a filter lets few through, the walk would be long; there the list is made
//! from those few instead. Which of the two it is, is found out by counting a filter's events, up to a bound.

use std::collections::HashMap;

use sqlx::query_builder::QueryBuilder;
use sqlx::{FromRow, Sqlite, SqliteConnection};

use super::Result;
use super::convert::{count, failed, from_json, time};
use super::facets::Kind;
use super::rows::{ids, texts};
use crate::search::fold;
use crate::{EventFacets, EventHead, EventSearch, Found};

/// So many events are few: looked up and sorted in some milliseconds.
const FEW: i64 = 2000;

/// Of a longer text, so many of its threes are looked up.
const MOST_TRIGRAMS: usize = 16;

/// A page of the list.
pub(super) async fn events(conn: &mut SqliteConnection, search: &EventSearch) -> Result<Found<EventHead>> {
    let filters = Filters::of(conn, search).await?;
    let limit = i64::try_from(search.limit).unwrap_or(i64::MAX);
    let mut query = page(search, &filters, limit.saturating_add(1))?;
    let mut found: Vec<i64> = query
        .build_query_scalar()
        .persistent(false)
        .fetch_all(&mut *conn)
        .await
        .map_err(failed)?;
    let more = found.len() > search.limit;
    found.truncate(search.limit);
    let rows = heads(conn, found).await?;
    Ok(Found { rows, more })
}

/// The filters that are not columns of an event.
#[derive(Debug, Default)]
pub(super) struct Filters {
    /// Each is of values of which an event has to have one.
    values: Vec<Values>,
    text: Option<Text>,
}

#[derive(Debug)]
struct Values {
    ids: String,
    are_few: bool,
}

#[derive(Debug)]
struct Text {
    folded: String,
    /// Finds the events that may hold it; `None` where those are many, or where it is too short.
    few: Option<String>,
}

impl Filters {
    pub(super) async fn of(conn: &mut SqliteConnection, search: &EventSearch) -> Result<Self> {
        let mut values = Vec::new();
        if !search.services.is_empty() {
            values.push(Values::of(conn, Kind::Service, EXACTLY, texts(&search.services)?).await?);
        }
        if let Some(cluster) = search.cluster {
            let asked = texts(&[cluster.to_string()])?;
            values.push(Values::of(conn, Kind::Cluster, EXACTLY, asked).await?);
        }
        if !search.actor.is_empty() {
            values.push(Values::of(conn, Kind::Actor, HOLDING, fold(&search.actor)).await?);
        }
        let text = match search.text.as_str() {
            "" => None,
            text => Some(Text::of(conn, fold(text)).await?),
        };
        Ok(Self { values, text })
    }
}

const EXACTLY: &str =
    "SELECT id FROM facet_values WHERE kind = ?1 AND text IN (SELECT value FROM json_each(?2))";
const HOLDING: &str = "SELECT id FROM facet_values WHERE kind = ?1 AND instr(folded, ?2)";

const COUNT_OF_VALUES: &str = "\
    SELECT COUNT(*) FROM (SELECT 1 FROM event_values WHERE value IN (SELECT value FROM json_each(?1)) LIMIT ?2)";

const COUNT_OF_TEXT: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM event_texts WHERE event_texts MATCH ?1 LIMIT ?2)";

impl Values {
    async fn of(conn: &mut SqliteConnection, kind: Kind, which: &'static str, asked: String) -> Result<Self> {
        let found: Vec<i64> = sqlx::query_scalar(which)
            .bind(kind.number())
            .bind(asked)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
        let ids = ids(found);
        let are_few = are_few(conn, COUNT_OF_VALUES, &ids).await?;
        Ok(Self { ids, are_few })
    }
}

impl Text {
    async fn of(conn: &mut SqliteConnection, folded: String) -> Result<Self> {
        let mut few = None;
        if let Some(matching) = trigrams(&folded)
            && are_few(conn, COUNT_OF_TEXT, &matching).await?
        {
            few = Some(matching);
        }
        Ok(Self { folded, few })
    }
}

/// Counts up to the bound.
async fn are_few(conn: &mut SqliteConnection, counting: &'static str, asked: &str) -> Result<bool> {
    let counted: i64 = sqlx::query_scalar(counting)
        .bind(asked)
        .bind(FEW)
        .fetch_one(conn)
        .await
        .map_err(failed)?;
    Ok(counted < FEW)
}

/// What FTS5 is asked for: three characters in a row at several places of a text, all of which an event that holds the text
/// has to hold. Each is quoted, so that none is read as syntax (FTS5 documentation, full-text query syntax). `None` for a
/// text that is too short.
fn trigrams(folded: &str) -> Option<String> {
    let chars: Vec<char> = folded.chars().collect();
    let all = chars.windows(3);
    let step = all.len().div_ceil(MOST_TRIGRAMS).max(1);
    let quoted: Vec<String> = all.step_by(step).map(quoted).collect();
    (!quoted.is_empty()).then(|| quoted.join(" AND "))
}

fn quoted(chars: &[char]) -> String {
    let text: String = chars.iter().collect();
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The numbers of the events of a page, in order.
pub(super) fn page(search: &EventSearch, filters: &Filters, limit: i64) -> Result<QueryBuilder<Sqlite>> {
    let mut query = QueryBuilder::new("SELECT e.seq FROM events AS e WHERE true");
    by_columns(&mut query, search)?;
    for values in &filters.values {
        let condition = if values.are_few {
            " AND e.seq IN (SELECT event FROM event_values WHERE value IN (SELECT value FROM json_each("
        } else {
            // The sign keeps SQLite from looking up each value instead of reading the event's few.
            " AND EXISTS (SELECT 1 FROM event_values AS v WHERE v.event = e.seq \
             AND +v.value IN (SELECT value FROM json_each("
        };
        query.push(condition).push_bind(values.ids.clone()).push(")))");
    }
    if let Some(text) = &filters.text {
        by_text(&mut query, text);
    }
    query.push(" ORDER BY e.time DESC, e.id LIMIT ").push_bind(limit);
    Ok(query)
}

fn by_columns(query: &mut QueryBuilder<Sqlite>, search: &EventSearch) -> Result<()> {
    for (column, asked) in [("status", &search.statuses), ("account", &search.accounts)] {
        if !asked.is_empty() {
            query.push(format_args!(" AND e.{column} IN (SELECT value FROM json_each("));
            query.push_bind(texts(asked)?).push("))");
        }
    }
    if let Some(fault) = &search.fault {
        query.push(" AND e.fault = ").push_bind(fault.clone());
    }
    if let Some(range) = search.times {
        query.push(" AND e.time >= ").push_bind(range.start.as_millis());
        query.push(" AND e.time < ").push_bind(range.end.as_millis());
    }
    if let Some((time, id)) = &search.after {
        query.push(" AND e.time <= ").push_bind(time.as_millis());
        query.push(" AND (e.time < ").push_bind(time.as_millis());
        query.push(" OR e.id > ").push_bind(id.clone()).push(")");
    }
    Ok(())
}

fn by_text(query: &mut QueryBuilder<Sqlite>, text: &Text) {
    if let Some(few) = &text.few {
        query.push(" AND e.seq IN (SELECT rowid FROM event_texts WHERE event_texts MATCH ");
        query.push_bind(few.clone()).push(")");
    }
    query.push(" AND EXISTS (SELECT 1 FROM event_facets AS f WHERE f.event = e.seq AND instr(f.text, ");
    query.push_bind(text.folded.clone()).push("))");
}

#[derive(FromRow)]
struct Head {
    seq: i64,
    id: String,
    inspection: String,
    fault: String,
    account: String,
    status: String,
    time: i64,
    facets: Option<String>,
}

impl Head {
    fn finish(self, deliveries: [u64; 4]) -> Result<EventHead> {
        let facets = self.facets.as_deref().map(from_json::<EventFacets>);
        Ok(EventHead {
            id: self.id,
            inspection: self.inspection,
            fault: self.fault,
            account: self.account,
            status: self.status,
            time: time(self.time),
            facets: facets.transpose()?.unwrap_or_default(),
            deliveries,
        })
    }
}

/// What a list shows of these events, in the order given.
async fn heads(conn: &mut SqliteConnection, events: Vec<i64>) -> Result<Vec<EventHead>> {
    let events = ids(events);
    let rows: Vec<Head> = sqlx::query_as(
        "SELECT e.seq, e.id, i.name AS inspection, e.fault, e.account, e.status, e.time, f.facets \
         FROM json_each(?) AS asked CROSS JOIN events AS e ON e.seq = asked.value \
         CROSS JOIN inspections AS i ON i.id = e.inspection LEFT JOIN event_facets AS f ON f.event = e.seq \
         ORDER BY asked.key",
    )
    .bind(&events)
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let mut deliveries = deliveries(conn, &events).await?;
    let finish = |row: Head| {
        let own = deliveries.remove(&row.seq).unwrap_or_default();
        row.finish(own)
    };
    rows.into_iter().map(finish).collect()
}

/// How many deliveries of these events are pending, delivered, parked and withheld.
async fn deliveries(conn: &mut SqliteConnection, events: &str) -> Result<HashMap<i64, [u64; 4]>> {
    let rows: Vec<(i64, i64, i64)> = sqlx::query_as(
        "SELECT d.event, d.state, COUNT(*) FROM json_each(?) AS asked \
         CROSS JOIN deliveries AS d ON d.event = asked.value GROUP BY d.event, d.state",
    )
    .bind(events)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut by_event: HashMap<i64, [u64; 4]> = HashMap::new();
    for (event, state, counted) in rows {
        let place = usize::try_from(state).unwrap_or(usize::MAX);
        if let Some(of_state) = by_event.entry(event).or_default().get_mut(place) {
            *of_state = count(counted);
        }
    }
    Ok(by_event)
}

/// An event's facets, if it has some.
pub(super) async fn facets(conn: &mut SqliteConnection, event: i64) -> Result<Option<EventFacets>> {
    let facets: Option<String> = sqlx::query_scalar("SELECT facets FROM event_facets WHERE event = ?")
        .bind(event)
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    facets.as_deref().map(from_json).transpose()
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{ClusterId, Digest, Range};
    use sqlx::{Execute as _, Row as _};

    use super::*;
    use crate::sqlite::{SqliteStore, runs};

    /// How SQLite goes about a statement.
    async fn plan(store: &SqliteStore, mut statement: QueryBuilder<Sqlite>) -> Vec<String> {
        let explained = format!("EXPLAIN QUERY PLAN {}", statement.sql().as_str());
        let arguments = statement.build().take_arguments().unwrap().unwrap();
        let rows = sqlx::query_with(sqlx::AssertSqlSafe(explained), arguments)
            .fetch_all(&store.readers)
            .await
            .unwrap();
        rows.iter().map(|row| row.get("detail")).collect()
    }

    fn filters(values: &[bool], text: Option<bool>) -> Filters {
        let values = values.iter().map(|are_few| Values {
            ids: "[1]".to_owned(),
            are_few: *are_few,
        });
        let text = text.map(|are_few| Text {
            folded: "needle".to_owned(),
            few: are_few.then(|| "\"nee\"".to_owned()),
        });
        Filters {
            values: values.collect(),
            text,
        }
    }

    /// Searches by the columns of an event.
    fn searches() -> Vec<EventSearch> {
        let any = EventSearch::default;
        let one = vec!["one".to_owned()];
        let searches = [
            any(),
            EventSearch {
                statuses: one.clone(),
                ..any()
            },
            EventSearch {
                accounts: one.clone(),
                ..any()
            },
            EventSearch {
                fault: Some("one".to_owned()),
                ..any()
            },
            EventSearch {
                times: Some(Range::ALL),
                ..any()
            },
        ];
        let behind = searches.clone().map(|search| EventSearch {
            after: Some((time(0), "x".to_owned())),
            ..search
        });
        searches.into_iter().chain(behind).collect()
    }

    #[tokio::test]
    async fn a_list_is_walked_in_its_order_and_reads_no_body() {
        let store = SqliteStore::open_in_memory().await.unwrap();
        for filters in [filters(&[], None), filters(&[false, false], Some(false))] {
            for search in searches() {
                let steps = plan(&store, page(&search, &filters, 50).unwrap()).await;
                let walks = steps.iter().any(|step| {
                    step.contains(" e USING COVERING INDEX events_newest")
                        || step.contains(" e USING INDEX events_of_fault")
                        || step.contains(" e USING COVERING INDEX events_of_fault")
                });
                let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
                assert!(walks && !sorts, "{steps:#?}\nof {search:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_is_few_is_looked_up_and_nothing_walked_through() {
        let store = SqliteStore::open_in_memory().await.unwrap();
        let few = [
            filters(&[true], None),
            filters(&[], Some(true)),
            filters(&[true, false], Some(false)),
            filters(&[false], Some(true)),
            filters(&[true, true], Some(true)),
        ];
        for filters in few {
            for search in searches() {
                let steps = plan(&store, page(&search, &filters, 50).unwrap()).await;
                let walks = steps.iter().any(|step| step.starts_with("SCAN e "));
                assert!(!walks, "{steps:#?}\nof {filters:?} {search:?}");
            }
        }
    }

    #[tokio::test]
    async fn runs_are_walked_in_their_order() {
        let store = SqliteStore::open_in_memory().await.unwrap();
        let steps = plan(&store, QueryBuilder::new(runs::RUNS)).await;
        assert!(
            steps
                .iter()
                .any(|step| step.ends_with("USING INDEX runs_newest (started<?)")),
            "{steps:#?}"
        );
    }

    #[tokio::test]
    async fn what_is_common_is_told_from_what_is_few() {
        let store = SqliteStore::open_in_memory().await.unwrap();
        let mut tx = store.write().await.unwrap();
        sqlx::raw_sql("INSERT INTO inspections VALUES (1, 'main', 1)")
            .execute(&mut *tx)
            .await
            .unwrap();
        for number in 1..=FEW {
            sqlx::query("INSERT INTO events VALUES (?1, ?1, 1, '', '', '', 0, x'')")
                .bind(number)
                .execute(&mut *tx)
                .await
                .unwrap();
            let facets = EventFacets {
                text: if number == 1 { "common once" } else { "common" }.to_owned(),
                services: vec!["iam".to_owned()],
                clusters: (number == 1)
                    .then_some(ClusterId(Digest([1; 16])))
                    .into_iter()
                    .collect(),
                ..EventFacets::default()
            };
            super::super::facets::keep(&mut tx, number, &facets)
                .await
                .unwrap();
        }
        for (text, expected) in [
            ("common", false),
            ("once", true),
            ("common once", true),
            ("on", false),
        ] {
            let told = Text::of(&mut tx, text.to_owned()).await.unwrap();
            assert_eq!(told.few.is_some(), expected, "{text}");
        }
        let search = EventSearch {
            services: vec!["iam".to_owned()],
            cluster: Some(ClusterId(Digest([1; 16]))),
            ..EventSearch::default()
        };
        let filters = Filters::of(&mut tx, &search).await.unwrap();
        let few: Vec<_> = filters.values.iter().map(|values| values.are_few).collect();
        assert_eq!(few, [false, true], "the service, the cluster");
    }

    #[test]
    fn a_text_is_asked_for_by_its_threes() {
        for (text, expected) in [
            ("ab", None),
            ("abc", Some(r#""abc""#)),
            ("abcd", Some(r#""abc" AND "bcd""#)),
            ("事件の", Some(r#""事件の""#)),
            (r#"a"b"#, Some(r#""a""b""#)),
        ] {
            assert_eq!(trigrams(text).as_deref(), expected, "{text}");
        }
        let long: String = ('a'..='z').cycle().take(10_000).collect();
        let asked = trigrams(&long).unwrap();
        assert!(asked.split(" AND ").count() <= MOST_TRIGRAMS, "{asked}");
    }
}
