//! Judgements: windows, assignments, clusters, findings and faults.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use firstsight_engine::{ClusterId, Finding, FindingId, LifeCycle, Range, Severity, SignatureId, Time};
use sqlx::{FromRow, Row, SqliteConnection};

use super::convert::{blob, damaged, digest, failed, from_json, json, name, time};
use super::rows::fetch;
use super::{Result, ingest, listed, outbox, people, snapshot};
use crate::{JudgedWindow, Judgement, Recorded, StoreError, StoredFault, Versions, lists, rules};

/// Keeps a judgement. The caller commits the transaction, which holds the write lock: nothing moves between the
/// comparison of the versions and the commit.
pub(super) async fn record(
    conn: &mut SqliteConnection,
    judgement: &Judgement,
    versions: &Versions,
) -> Result<Recorded> {
    let assigned = assigned(conn, &judgement.assignments).await?;
    if is_stale(conn, judgement, versions, &assigned).await? {
        return Err(StoreError::Stale);
    }
    let inspection = next_judgement(conn, &judgement.inspection).await?;
    keep_window(conn, inspection, judgement).await?;
    let clusters = found_clusters(conn, judgement, &assigned).await?;
    let given = keep_assignments(conn, judgement, &assigned, &clusters).await?;
    let renamed = keep_templates(conn, judgement).await?;
    list_clusters(conn, &clusters, given, renamed).await?;
    people::escalate(conn, judgement).await?;
    let new_findings = keep_findings(conn, inspection, judgement, &clusters).await?;
    keep_noise(conn, judgement, &new_findings, &clusters).await?;
    keep_faults(conn, &judgement.faults).await?;
    let new_events = outbox::keep_events(conn, inspection, &judgement.events).await?;
    Ok(Recorded {
        new_findings,
        new_events,
    })
}

/// A signature as an assignment finds it.
struct Assigned {
    number: i64,
    family: i64,
    display: String,
    cluster: Option<ClusterId>,
}

async fn assigned(
    conn: &mut SqliteConnection,
    assignments: &[(SignatureId, ClusterId)],
) -> Result<HashMap<SignatureId, Assigned>> {
    let rows = fetch(
        conn,
        "WITH asked (digest) AS (",
        ") SELECT s.digest, s.id, s.family, s.display, c.digest FROM asked \
         CROSS JOIN signatures AS s ON s.digest = asked.digest LEFT JOIN clusters AS c ON c.id = s.cluster",
        assignments,
        |values, (signature, _)| {
            values.push_bind(blob(signature.0));
        },
    )
    .await?;
    let mut assigned = HashMap::new();
    for row in rows {
        let id: Vec<u8> = row.try_get(0).map_err(failed)?;
        let cluster: Option<Vec<u8>> = row.try_get(4).map_err(failed)?;
        let signature = Assigned {
            number: row.try_get(1).map_err(failed)?,
            family: row.try_get(2).map_err(failed)?,
            display: row.try_get(3).map_err(failed)?,
            cluster: cluster.map(|id| digest(&id).map(ClusterId)).transpose()?,
        };
        assigned.insert(SignatureId(digest(&id)?), signature);
    }
    Ok(assigned)
}

/// Whether something that the snapshot saw has moved: an account's hours, the inspection's judgements, or (by another
/// inspection) the cluster of a fine template.
async fn is_stale(
    conn: &mut SqliteConnection,
    judgement: &Judgement,
    versions: &Versions,
    assigned: &HashMap<SignatureId, Assigned>,
) -> Result<bool> {
    if self::judgement(conn, &judgement.inspection).await? != versions.judgement {
        return Ok(true);
    }
    if let Some(window) = judgement.window
        && snapshot::versions(conn, &window, &versions.only).await? != versions.accounts
    {
        return Ok(true);
    }
    let goes = |(signature, cluster): &(SignatureId, ClusterId)| {
        let known = assigned.get(signature);
        known.is_some_and(|known| known.cluster.is_none_or(|known| known == *cluster))
    };
    Ok(!judgement.assignments.iter().all(goes))
}

/// Moves with each recorded judgement of an inspection, and with everything that people change.
pub(super) async fn judgement(conn: &mut SqliteConnection, inspection: &str) -> Result<i64> {
    let number: Option<i64> = sqlx::query_scalar("SELECT judgement FROM inspections WHERE name = ?")
        .bind(inspection)
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed)?;
    Ok(number.unwrap_or_default() + people::audit_version(conn).await?)
}

/// Counts a judgement, and gives the inspection's number.
async fn next_judgement(conn: &mut SqliteConnection, inspection: &str) -> Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO inspections (name, judgement) VALUES (?, 1) \
         ON CONFLICT DO UPDATE SET judgement = judgement + 1 RETURNING id",
    )
    .bind(inspection)
    .fetch_one(conn)
    .await
    .map_err(failed)
}

// Windows.

async fn keep_window(conn: &mut SqliteConnection, inspection: i64, judgement: &Judgement) -> Result<()> {
    let Some(window) = judgement.window else {
        return Ok(());
    };
    sqlx::query(
        "INSERT INTO judged (inspection, start, end, complete, judged_at, sequence) \
         VALUES (?, ?, ?, ?, ?, (SELECT sequence FROM meta)) ON CONFLICT DO UPDATE SET \
         complete = excluded.complete, judged_at = excluded.judged_at, sequence = excluded.sequence",
    )
    .bind(inspection)
    .bind(window.start.as_millis())
    .bind(window.end.as_millis())
    .bind(judgement.complete)
    .bind(judgement.judged_at.as_millis())
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn was_judged(
    conn: &mut SqliteConnection,
    inspection: &str,
    window: &Range,
) -> Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT 1 FROM judged WHERE start = ?2 AND end = ?3 \
         AND inspection = (SELECT id FROM inspections WHERE name = ?1))",
    )
    .bind(inspection)
    .bind(window.start.as_millis())
    .bind(window.end.as_millis())
    .fetch_one(conn)
    .await
    .map_err(failed)
}

type WindowRow = (i64, i64, bool, i64);

fn window((start, end, complete, judged_at): WindowRow) -> JudgedWindow {
    JudgedWindow {
        window: Range::new(time(start), time(end)),
        complete,
        judged_at: time(judged_at),
    }
}

/// The last judged windows, by start.
pub(super) async fn judged(
    conn: &mut SqliteConnection,
    inspection: &str,
    limit: usize,
) -> Result<Vec<JudgedWindow>> {
    let mut rows: Vec<WindowRow> = sqlx::query_as(
        "SELECT start, end, complete, judged_at FROM judged \
         WHERE inspection = (SELECT id FROM inspections WHERE name = ?1) ORDER BY start DESC, end DESC LIMIT ?2",
    )
    .bind(inspection)
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    rows.reverse();
    Ok(rows.into_iter().map(window).collect())
}

/// Windows into whose hours a commit has come since they were judged. An hour belongs to where it begins, so that the
/// first one is the start rounded up.
pub(super) const REOPENED: &str = "\
    SELECT start, end, complete, judged_at FROM judged AS j \
    WHERE inspection = (SELECT id FROM inspections WHERE name = ?1) AND EXISTS ( \
        SELECT 1 FROM account_hours AS h \
        WHERE h.hour >= (j.start + 3599999) / 3600000 AND h.hour < (j.end + 3599999) / 3600000 \
        AND h.version > j.sequence) \
    ORDER BY start, end";

/// The reopened windows, by start.
pub(super) async fn reopened(conn: &mut SqliteConnection, inspection: &str) -> Result<Vec<JudgedWindow>> {
    let rows: Vec<WindowRow> = sqlx::query_as(REOPENED)
        .bind(inspection)
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    Ok(rows.into_iter().map(window).collect())
}

// Clusters.

/// Keeps the clusters that a judgement names, and gives their numbers.
async fn found_clusters(
    conn: &mut SqliteConnection,
    judgement: &Judgement,
    assigned: &HashMap<SignatureId, Assigned>,
) -> Result<HashMap<ClusterId, i64>> {
    let families = families_of(conn, &judgement.findings).await?;
    let mut named: BTreeMap<ClusterId, (i64, String)> = BTreeMap::new();
    for (signature, cluster) in &judgement.assignments {
        if let Some(known) = assigned.get(signature) {
            named
                .entry(*cluster)
                .or_insert_with(|| (known.family, known.display.clone()));
        }
    }
    for (finding, family) in judgement.findings.iter().zip(families) {
        named
            .entry(finding.cluster)
            .or_insert_with(|| (family, finding.template.clone()));
    }
    let founded = judgement
        .window
        .map_or(judgement.judged_at, |window| window.start);
    let open = name(&LifeCycle::Open)?;
    let named: Vec<_> = named.into_iter().collect();
    let rows = fetch(
        conn,
        "INSERT INTO clusters (digest, family, template, life_cycle, founded) ",
        " ON CONFLICT DO UPDATE SET founded = founded RETURNING digest, id",
        &named,
        |values, (cluster, (family, template))| {
            values
                .push_bind(blob(cluster.0))
                .push_bind(*family)
                .push_bind(template.clone());
            values.push_bind(open.clone()).push_bind(founded.as_millis());
        },
    )
    .await?;
    rows.iter()
        .map(|row| {
            let id = ClusterId(digest(row.try_get(0).map_err(failed)?)?);
            Ok((id, row.try_get(1).map_err(failed)?))
        })
        .collect()
}

/// The number of each finding's family.
async fn families_of(conn: &mut SqliteConnection, findings: &[Finding]) -> Result<Vec<i64>> {
    let names: BTreeSet<_> = findings.iter().map(|finding| finding.account.clone()).collect();
    let accounts = ingest::intern_accounts(conn, &names.into_iter().collect::<Vec<_>>()).await?;
    let texts: Vec<ingest::FamilyTexts> = findings
        .iter()
        .map(|finding| {
            Ok((
                ingest::id_of(&accounts, &finding.account)?,
                finding.event_source.clone(),
                finding.event_name.clone(),
                finding.error_code.clone(),
            ))
        })
        .collect::<Result<_>>()?;
    let distinct: BTreeSet<_> = texts.iter().cloned().collect();
    let numbers = ingest::families(conn, &distinct.into_iter().collect::<Vec<_>>()).await?;
    texts
        .iter()
        .map(|family| {
            numbers
                .get(family)
                .copied()
                .ok_or_else(|| damaged("a family has no number"))
        })
        .collect()
}

/// Assigns what has no cluster yet, and gives it; [`is_stale`] has seen to it that the others agree.
async fn keep_assignments(
    conn: &mut SqliteConnection,
    judgement: &Judgement,
    assigned: &HashMap<SignatureId, Assigned>,
    clusters: &HashMap<ClusterId, i64>,
) -> Result<BTreeSet<i64>> {
    let mut given = BTreeSet::new();
    for (signature, cluster) in &judgement.assignments {
        let (Some(signature), Some(cluster)) = (assigned.get(signature), clusters.get(cluster)) else {
            continue;
        };
        sqlx::query("UPDATE signatures SET cluster = ?2 WHERE id = ?1 AND cluster IS NULL")
            .bind(signature.number)
            .bind(cluster)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
        if signature.cluster.is_none() {
            given.insert(signature.number);
        }
    }
    Ok(given)
}

/// Keeps the templates of clusters, and gives those that got another one.
async fn keep_templates(conn: &mut SqliteConnection, judgement: &Judgement) -> Result<BTreeSet<i64>> {
    let mut renamed = BTreeSet::new();
    for (cluster, template) in &judgement.templates {
        let number: Option<i64> = sqlx::query_scalar(
            "UPDATE clusters SET template = ?2 WHERE digest = ?1 AND template <> ?2 RETURNING id",
        )
        .bind(blob(cluster.0))
        .bind(template)
        .fetch_optional(&mut *conn)
        .await
        .map_err(failed)?;
        renamed.extend(number);
    }
    Ok(renamed)
}

/// Lists new clusters, lists others by their new templates, and counts what signatures bring that were given to them.
async fn list_clusters(
    conn: &mut SqliteConnection,
    clusters: &HashMap<ClusterId, i64>,
    given: BTreeSet<i64>,
    mut renamed: BTreeSet<i64>,
) -> Result<()> {
    let clusters: Vec<i64> = clusters.values().copied().collect();
    let new = listed::not_listed(conn, &clusters).await?;
    renamed.extend(&new);
    listed::list(conn, &renamed.into_iter().collect::<Vec<_>>()).await?;
    let given: Vec<i64> = given.into_iter().collect();
    let brought = listed::brought(conn, &given).await?;
    listed::add(conn, &brought).await?;
    listed::mark(conn, &new).await
}

/// New findings know better what marks their clusters have.
async fn keep_noise(
    conn: &mut SqliteConnection,
    judgement: &Judgement,
    new: &[FindingId],
    clusters: &HashMap<ClusterId, i64>,
) -> Result<()> {
    let new: HashSet<&FindingId> = new.iter().collect();
    let findings = judgement
        .findings
        .iter()
        .filter(|finding| new.contains(&finding.id));
    let noise =
        findings.filter_map(|finding| Some((*clusters.get(&finding.cluster)?, lists::noise(finding))));
    listed::keep_noise(conn, &noise.collect()).await
}

// Findings.

/// Keeps the findings, amends the known ones, and gives the new ones in the order of the judgement.
async fn keep_findings(
    conn: &mut SqliteConnection,
    inspection: i64,
    judgement: &Judgement,
    clusters: &HashMap<ClusterId, i64>,
) -> Result<Vec<FindingId>> {
    let mut new = Vec::new();
    for finding in &judgement.findings {
        if keep_finding(conn, inspection, finding, clusters).await? {
            new.push(finding.id);
        } else {
            amend_finding(conn, finding).await?;
        }
    }
    Ok(new)
}

/// Keeps a finding unless it is known.
async fn keep_finding(
    conn: &mut SqliteConnection,
    inspection: i64,
    finding: &Finding,
    clusters: &HashMap<ClusterId, i64>,
) -> Result<bool> {
    let cluster = clusters
        .get(&finding.cluster)
        .ok_or_else(|| damaged("a cluster has no number"))?;
    let done = sqlx::query(
        "INSERT INTO findings (id, inspection, family, cluster, window_start, window_end, severity, body) \
         SELECT ?1, ?2, family, id, ?4, ?5, ?6, ?7 FROM clusters WHERE id = ?3 ON CONFLICT DO NOTHING",
    )
    .bind(blob(finding.id.0))
    .bind(inspection)
    .bind(cluster)
    .bind(finding.window.start.as_millis())
    .bind(finding.window.end.as_millis())
    .bind(rank(finding.severity))
    .bind(json(finding)?)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() > 0)
}

async fn amend_finding(conn: &mut SqliteConnection, again: &Finding) -> Result<()> {
    let body: String = sqlx::query_scalar("SELECT body FROM findings WHERE id = ?")
        .bind(blob(again.id.0))
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    let mut recorded: Finding = from_json(&body)?;
    if !rules::amend(&mut recorded, again) {
        return Ok(());
    }
    sqlx::query("UPDATE findings SET body = ?2 WHERE id = ?1")
        .bind(blob(again.id.0))
        .bind(json(&recorded)?)
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

/// A severity's number, ascending.
fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Error => 2,
        Severity::Critical => 3,
    }
}

// Faults.

async fn keep_faults(conn: &mut SqliteConnection, faults: &[StoredFault]) -> Result<()> {
    for fault in faults {
        sqlx::query("INSERT INTO inspections (name, judgement) VALUES (?, 0) ON CONFLICT DO NOTHING")
            .bind(&fault.inspection)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
        sqlx::query(
            "INSERT INTO faults (id, inspection, account, opened, recovered, body) \
             VALUES (?1, (SELECT id FROM inspections WHERE name = ?2), ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET \
             inspection = excluded.inspection, account = excluded.account, opened = excluded.opened, \
             recovered = excluded.recovered, body = excluded.body",
        )
        .bind(&fault.id)
        .bind(&fault.inspection)
        .bind(&fault.account)
        .bind(fault.opened.as_millis())
        .bind(fault.recovered.map(Time::as_millis))
        .bind(&fault.body)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

/// An inspection's open faults, by account.
pub(super) async fn open_faults(conn: &mut SqliteConnection, inspection: &str) -> Result<Vec<StoredFault>> {
    let mut open = faults(conn, inspection, 0).await?;
    open.sort_by(|a, b| (&a.account, &a.id).cmp(&(&b.account, &b.id)));
    Ok(open)
}

#[derive(FromRow)]
struct FaultRow {
    id: String,
    inspection: String,
    account: String,
    opened: i64,
    recovered: Option<i64>,
    body: Vec<u8>,
}

impl From<FaultRow> for StoredFault {
    fn from(row: FaultRow) -> Self {
        Self {
            id: row.id,
            inspection: row.inspection,
            account: row.account,
            opened: time(row.opened),
            recovered: row.recovered.map(time),
            body: row.body,
        }
    }
}

/// Which they are is found first, so that no body is read but theirs: one may be large.
pub(super) const FAULTS: &str = "\
    WITH asked AS (SELECT rowid AS number FROM faults \
        WHERE inspection = (SELECT id FROM inspections WHERE name = ?1) AND recovered IS NULL \
        UNION ALL SELECT number FROM (SELECT rowid AS number FROM faults \
            WHERE inspection = (SELECT id FROM inspections WHERE name = ?1) AND recovered IS NOT NULL \
            ORDER BY opened DESC, id LIMIT ?2)) \
    SELECT f.id, ?1 AS inspection, f.account, f.opened, f.recovered, f.body \
    FROM asked CROSS JOIN faults AS f ON f.rowid = asked.number \
    ORDER BY f.recovered IS NOT NULL, f.opened DESC, f.id";

/// An inspection's faults, open ones first, then by opening time from the newest; of those that are over at most `closed`.
pub(super) async fn faults(
    conn: &mut SqliteConnection,
    inspection: &str,
    closed: usize,
) -> Result<Vec<StoredFault>> {
    let rows: Vec<FaultRow> = sqlx::query_as(FAULTS)
        .bind(inspection)
        .bind(i64::try_from(closed).unwrap_or(i64::MAX))
        .fetch_all(conn)
        .await
        .map_err(failed)?;
    Ok(rows.into_iter().map(StoredFault::from).collect())
}

/// One fault, whatever its inspection.
pub(super) async fn fault(conn: &mut SqliteConnection, id: &str) -> Result<Option<StoredFault>> {
    let row: Option<FaultRow> = sqlx::query_as(
        "SELECT f.id, i.name AS inspection, f.account, f.opened, f.recovered, f.body FROM faults AS f \
         JOIN inspections AS i ON i.id = f.inspection WHERE f.id = ?",
    )
    .bind(id)
    .fetch_optional(conn)
    .await
    .map_err(failed)?;
    Ok(row.map(StoredFault::from))
}
