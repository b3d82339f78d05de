//! What people say of clusters, and the audit log.

use firstsight_engine::{ClusterId, LifeCycle, Until};
use sqlx::{FromRow, SqliteConnection};

use super::convert::{blob, count, digest, failed, from_name, limit, name, time};
use super::rows::texts;
use super::{Result, listed};
use crate::{AuditEntry, AuditQuery, ClusterRemark, Judgement, LifeCycleChange, Said, StoreError, people};

/// A cluster as people know it.
#[derive(FromRow)]
pub(super) struct Known {
    pub(super) id: i64,
    pub(super) account: String,
    life_cycle: String,
    said_at: Option<i64>,
    owner: String,
    remark: String,
}

impl Known {
    pub(super) fn life_cycle(&self) -> Result<LifeCycle> {
        from_name(self.life_cycle.clone())
    }

    /// Whether anybody ever said anything of it.
    pub(super) fn is_said(&self) -> bool {
        self.said_at.is_some()
    }
}

/// A cluster, if it is recorded.
pub(super) async fn known(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<Option<Known>> {
    sqlx::query_as(
        "SELECT c.id, a.name AS account, c.life_cycle, c.said_at, c.owner, c.remark FROM clusters AS c \
         JOIN families AS f ON f.id = c.family JOIN accounts AS a ON a.id = f.account WHERE c.digest = ?",
    )
    .bind(blob(cluster.0))
    .fetch_optional(conn)
    .await
    .map_err(failed)
}

/// A cluster that has to be recorded.
async fn found(conn: &mut SqliteConnection, cluster: ClusterId) -> Result<Known> {
    let known = known(conn, cluster).await?;
    known.ok_or_else(|| StoreError::NotFound {
        what: "cluster",
        id: cluster.to_string(),
    })
}

/// Keeps what a person said of a cluster; what was said before.
pub(super) async fn set_life_cycle(
    conn: &mut SqliteConnection,
    change: &LifeCycleChange,
) -> Result<LifeCycle> {
    let known = found(conn, change.cluster).await?;
    let before = known.life_cycle()?;
    say(conn, known.id, change.life_cycle, Some(&change.said)).await?;
    write(conn, &people::changed(change, &known.account, before)).await?;
    Ok(before)
}

/// Opens the clusters of a judgement that were archived until they escalate.
pub(super) async fn escalate(conn: &mut SqliteConnection, judgement: &Judgement) -> Result<()> {
    for cluster in &judgement.escalated {
        let Some(known) = known(conn, *cluster).await? else {
            continue;
        };
        let before = known.life_cycle()?;
        if before == LifeCycle::Archived(Until::Escalation) {
            let said = people::inspection(&judgement.inspection, judgement.judged_at);
            say(conn, known.id, LifeCycle::Open, Some(&said)).await?;
            let entry = people::escalated(said, *cluster, &known.account, before);
            write(conn, &entry).await?;
        }
    }
    Ok(())
}

/// Keeps what was said of a cluster.
pub(super) async fn say(
    conn: &mut SqliteConnection,
    cluster: i64,
    life_cycle: LifeCycle,
    said: Option<&Said>,
) -> Result<()> {
    sqlx::query("UPDATE clusters SET life_cycle = ?2, said_at = ?3, said_by = ?4, note = ?5 WHERE id = ?1")
        .bind(cluster)
        .bind(name(&life_cycle)?)
        .bind(said.map(|said| said.at.as_millis()))
        .bind(said.map_or("", |said| said.by.as_str()))
        .bind(said.map_or("", |said| said.note.as_str()))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Keeps who looks after a cluster, and what is written beside it.
pub(super) async fn remark(conn: &mut SqliteConnection, remark: &ClusterRemark) -> Result<()> {
    let known = found(conn, remark.cluster).await?;
    sqlx::query("UPDATE clusters SET owner = IFNULL(?2, owner), remark = IFNULL(?3, remark) WHERE id = ?1")
        .bind(known.id)
        .bind(&remark.owner)
        .bind(&remark.note)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    listed::list(conn, &[known.id]).await?;
    let before = (known.owner.as_str(), known.remark.as_str());
    write(conn, &people::remarked(remark, &known.account, before)).await
}

// The audit log.

/// Writes an entry.
pub(super) async fn write(conn: &mut SqliteConnection, entry: &AuditEntry) -> Result<()> {
    sqlx::query(
        "INSERT INTO audit (at, by, action, cluster, account, before, after, note) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )
    .bind(entry.said.at.as_millis())
    .bind(&entry.said.by)
    .bind(&entry.action)
    .bind(entry.cluster.map(|cluster| blob(cluster.0)))
    .bind(&entry.account)
    .bind(&entry.before)
    .bind(&entry.after)
    .bind(&entry.said.note)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

#[derive(FromRow)]
struct Entry {
    seq: i64,
    at: i64,
    by: String,
    action: String,
    cluster: Option<Vec<u8>>,
    account: String,
    before: String,
    after: String,
    note: String,
}

impl Entry {
    fn finish(self) -> Result<AuditEntry> {
        let cluster = self.cluster.map(|id| digest(&id).map(ClusterId));
        Ok(AuditEntry {
            number: count(self.seq),
            said: Said {
                by: self.by,
                at: time(self.at),
                note: self.note,
            },
            action: self.action,
            cluster: cluster.transpose()?,
            account: self.account,
            before: self.before,
            after: self.after,
        })
    }
}

/// The entries of the audit log, newest first.
pub(super) async fn audit(conn: &mut SqliteConnection, query: &AuditQuery) -> Result<Vec<AuditEntry>> {
    let rows: Vec<Entry> = sqlx::query_as(
        "SELECT seq, at, by, action, cluster, account, before, after, note FROM audit \
         WHERE (?1 IS NULL OR cluster = ?1) AND (?2 = '[]' OR account IN (SELECT value FROM json_each(?2))) \
         AND (?4 IS NULL OR (at, seq) < (?4, ?5)) ORDER BY at DESC, seq DESC LIMIT ?3",
    )
    .bind(query.cluster.map(|cluster| blob(cluster.0)))
    .bind(texts(&query.accounts)?)
    .bind(limit(query.limit))
    .bind(query.after.map(|(at, _)| at.as_millis()))
    .bind(
        query
            .after
            .map(|(_, number)| i64::try_from(number).unwrap_or(i64::MAX)),
    )
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    rows.into_iter().map(Entry::finish).collect()
}

/// How many entries were ever written: moves with every one, forgotten ones too.
pub(super) async fn audit_version(conn: &mut SqliteConnection) -> Result<i64> {
    let written = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
        .fetch_optional(conn)
        .await
        .map_err(failed)?;
    Ok(written.unwrap_or_default())
}

/// Forgets entries that are old and concern no cluster that is known.
pub(super) async fn purge_audit(conn: &mut SqliteConnection, before: i64) -> Result<()> {
    sqlx::query(
        "DELETE FROM audit WHERE at < ?1 AND (cluster IS NULL \
         OR NOT EXISTS (SELECT 1 FROM clusters WHERE digest = audit.cluster))",
    )
    .bind(before)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}
