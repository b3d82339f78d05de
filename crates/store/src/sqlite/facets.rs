//! What events are found by. How they are found is the matter of `super::search`.

use sqlx::SqliteConnection;

use super::Result;
use super::convert::{failed, json};
use super::rows::execute;
use crate::EventFacets;
use crate::search::{fold, haystack};

/// What kind of text a facet value is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Service,
    Actor,
    Cluster,
}

impl Kind {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::Service => 0,
            Self::Actor => 1,
            Self::Cluster => 2,
        }
    }
}

/// Keeps an event's facets; it has none yet. The caller commits the transaction.
pub(super) async fn keep(conn: &mut SqliteConnection, event: i64, facets: &EventFacets) -> Result<()> {
    let text = haystack(facets);
    sqlx::query("INSERT INTO event_facets (event, facets, text) VALUES (?, ?, ?)")
        .bind(event)
        .bind(json(facets)?)
        .bind(&text)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    sqlx::query("INSERT INTO event_texts (rowid, text) VALUES (?, ?)")
        .bind(event)
        .bind(&text)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    keep_values(conn, event, &values(facets)).await
}

fn values(facets: &EventFacets) -> Vec<(i64, String)> {
    let of = |kind: Kind| move |text: String| (kind.number(), text);
    let services = facets.services.iter().cloned().map(of(Kind::Service));
    let actors = facets.actors.iter().cloned().map(of(Kind::Actor));
    let clusters = facets.clusters.iter().map(ToString::to_string);
    services
        .chain(actors)
        .chain(clusters.map(of(Kind::Cluster)))
        .collect()
}

async fn keep_values(conn: &mut SqliteConnection, event: i64, values: &[(i64, String)]) -> Result<()> {
    execute(
        conn,
        "INSERT INTO facet_values (kind, text, folded) ",
        " ON CONFLICT DO NOTHING",
        values,
        |row, (kind, text)| {
            row.push_bind(*kind).push_bind(text.clone()).push_bind(fold(text));
        },
    )
    .await?;
    execute(
        conn,
        "WITH asked (event, kind, text) AS (",
        ") INSERT INTO event_values (event, value) SELECT asked.event, v.id FROM asked \
         CROSS JOIN facet_values AS v ON v.kind = asked.kind AND v.text = asked.text WHERE true \
         ON CONFLICT DO NOTHING",
        values,
        |row, (kind, text)| {
            row.push_bind(event).push_bind(*kind).push_bind(text.clone());
        },
    )
    .await
}

/// Gives events these facets instead of those that they may have. The caller commits the transaction.
pub(super) async fn give(conn: &mut SqliteConnection, facets: &[(String, EventFacets)]) -> Result<()> {
    for (id, facets) in facets {
        let event: Option<i64> = sqlx::query_scalar("SELECT seq FROM events WHERE id = ?")
            .bind(id)
            .fetch_optional(&mut *conn)
            .await
            .map_err(failed)?;
        if let Some(event) = event {
            forget(conn, event).await?;
            keep(conn, event, facets).await?;
        }
    }
    Ok(())
}

async fn forget(conn: &mut SqliteConnection, event: i64) -> Result<()> {
    for statement in [
        "DELETE FROM event_facets WHERE event = ?",
        "DELETE FROM event_values WHERE event = ?",
        "DELETE FROM event_texts WHERE rowid = ?",
    ] {
        sqlx::query(statement)
            .bind(event)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}
