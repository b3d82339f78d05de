//! Events as lists find them.
//!
//! A list is walked through in its order, the newest first, and each event is held against the filters until the page is full:
//! fast where many events are asked for. Where a filter lets few through, the walk would be long; there the list is made
//! from those few instead. Which of the two it is, is found out by counting a filter's events, up to a bound.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use sqlx::query_builder::QueryBuilder;
use sqlx::{FromRow, Sqlite, SqliteConnection};

use super::Result;
use super::convert::{count, failed, from_json, time};
use super::facets::Kind;
use super::rows::{ids, texts};
use crate::search::fold;
use crate::{EventFacets, EventHead, EventSearch, FaultTally, Found};

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
pub(super) fn trigrams(folded: &str) -> Option<String> {
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
    if !search.kinds.is_empty() {
        query.push(
            " AND EXISTS (SELECT 1 FROM event_facets AS f WHERE f.event = e.seq \
             AND f.facets ->> '$.kind' IN (SELECT value FROM json_each(",
        );
        query.push_bind(texts(&search.kinds)?).push(")))");
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

/// The index of a fault's events stands in the order of lists, the newest first.
const TALLIES: &str = "\
    SELECT asked.key AS place, COUNT(e.seq) AS events, IFNULL(SUM(f.facets ->> '$.findings'), 0) AS findings, \
        json_group_array(DISTINCT e.status) FILTER (WHERE e.seq IS NOT NULL) AS statuses, \
        IFNULL((SELECT f.facets ->> '$.title' FROM events AS e LEFT JOIN event_facets AS f ON f.event = e.seq \
            WHERE e.fault = asked.value ORDER BY e.time, e.id DESC LIMIT 1), '') AS title, \
        (SELECT json_array(e.id, e.status) FROM events AS e WHERE e.fault = asked.value \
            ORDER BY e.time DESC, e.id LIMIT 1) AS last \
    FROM json_each(?1) AS asked LEFT JOIN events AS e ON e.fault = asked.value \
        LEFT JOIN event_facets AS f ON f.event = e.seq \
    GROUP BY asked.key ORDER BY asked.key";

#[derive(FromRow)]
struct Tally {
    events: i64,
    findings: i64,
    statuses: String,
    title: String,
    last: Option<String>,
}

impl Tally {
    fn finish(self) -> Result<FaultTally> {
        let mut statuses: Vec<String> = from_json(&self.statuses)?;
        statuses.sort_unstable();
        Ok(FaultTally {
            events: count(self.events),
            findings: count(self.findings),
            statuses,
            title: self.title,
            last: self.last.as_deref().map(from_json).transpose()?,
        })
    }
}

/// What the events of these faults come to, each in the place of its fault.
pub(super) async fn fault_tallies(conn: &mut SqliteConnection, faults: &[String]) -> Result<Vec<FaultTally>> {
    let rows: Vec<Tally> = sqlx::query_as(TALLIES)
        .bind(texts(faults)?)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    rows.into_iter().map(Tally::finish).collect()
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
