//! lists.

use firstsight_engine::{ClusterId, HourCount, Range};
use sqlx::SqliteConnection;

use super::Result;
use crate::{ClusterHead, ClusterSearch, Found, FoundKeys, HourSeries, KeySearch, Totals};

pub(super) async fn clusters(
    _conn: &mut SqliteConnection,
    _search: &ClusterSearch,
) -> Result<Found<ClusterHead>> {
    todo!()
}

pub(super) async fn hours(
    _conn: &mut SqliteConnection,
    _clusters: &[ClusterId],
    _range: &Range,
) -> Result<Vec<Vec<HourCount>>> {
    todo!()
}

pub(super) async fn keys(_conn: &mut SqliteConnection, _search: &KeySearch) -> Result<FoundKeys> {
    todo!()
}

pub(super) async fn series(_conn: &mut SqliteConnection, _range: &Range) -> Result<HourSeries> {
    todo!()
}

pub(super) async fn totals(_conn: &mut SqliteConnection) -> Result<Totals> {
    todo!()
}
