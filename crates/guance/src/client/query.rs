//! DQL: what is asked, and the rows that come.
//!
//! Source: <https://docs.guance.com/en/open-api/query-data/query-data-v1/>.

use serde::Serialize;
use serde_json::{Map, Value as Json};

use super::types::{DqlPage, DqlQuery};

/// The body of a query.
#[derive(Serialize)]
pub(super) struct QueryWire<'a> {
    queries: [OneQuery<'a>; 1],
}

#[derive(Serialize)]
struct OneQuery<'a> {
    qtype: &'static str,
    query: Query<'a>,
}

#[derive(Serialize)]
struct Query<'a> {
    q: &'a str,
    #[serde(rename = "timeRange")]
    time_range: [i64; 2],
    limit: usize,
    #[serde(rename = "maxPointCount")]
    max_point_count: usize,
    /// Pages follow each other in the order of time, so that one that is asked for again is the same.
    orderby: [Orderby; 1],
    /// The same for workspaces on Doris.
    order_by: [OrderBy; 1],
    search_after: &'a [Json],
    /// `true` unless told otherwise: one column.
    #[serde(rename = "disableMultipleField")]
    single_column: bool,
    disable_sampling: bool,
}

#[derive(Serialize)]
struct Orderby {
    time: &'static str,
}

#[derive(Serialize)]
struct OrderBy {
    column: &'static str,
    order: &'static str,
}

impl<'a> QueryWire<'a> {
    pub(super) fn of(query: &'a DqlQuery) -> Self {
        let query = Query {
            q: &query.dql,
            time_range: [query.time_range.0, query.time_range.1],
            limit: query.limit,
            max_point_count: query.limit,
            orderby: [Orderby { time: "asc" }],
            order_by: [OrderBy {
                column: "time",
                order: "ASC",
            }],
            search_after: &query.search_after,
            single_column: false,
            disable_sampling: true,
        };
        Self {
            queries: [OneQuery { qtype: "dql", query }],
        }
    }
}

/// The rows of every series; no series are no rows.
pub(super) fn page(content: &Json) -> Option<DqlPage> {
    let data = content.pointer("/data/0")?;
    let mut rows = Vec::new();
    for series in data.get("series").and_then(Json::as_array).into_iter().flatten() {
        series_rows(series, &mut rows)?;
    }
    let search_after = data.get("search_after").and_then(Json::as_array).cloned();
    Some(DqlPage {
        rows,
        search_after: search_after.unwrap_or_default(),
    })
}

fn series_rows(series: &Json, rows: &mut Vec<Map<String, Json>>) -> Option<()> {
    let columns = series.get("columns")?.as_array()?;
    let tags = series.get("tags").and_then(Json::as_object);
    for values in series
        .get("values")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
    {
        let mut row = tags.cloned().unwrap_or_default();
        for (column, value) in columns.iter().zip(values.as_array()?) {
            if !value.is_null() {
                row.insert(column.as_str()?.to_owned(), value.clone());
            }
        }
        rows.push(row);
    }
    Some(())
}
