//! Baselines carried from one state to another, and clusters forgotten.
//!
//! Seldom asked for, so that a few statements a cluster and a template are fast enough.

use std::collections::HashMap;

use firstsight_engine::{ClusterId, Dimension, FamilyKey, HourCount, SignatureId};
use sqlx::{FromRow, SqliteConnection};

use super::convert::{blob, damaged, digest, failed, from_name, limit, name, signed, span, time};
use super::rows::{execute, ids, texts};
use super::{Result, ingest, listed, people, report, snapshot};
use crate::{
    BaselineCluster, BaselineTemplate, BaselineValue, ClusterQuery, Imported, Said, people as told, rules,
};

// Export.

#[derive(FromRow)]
struct Exported {
    id: i64,
    digest: Vec<u8>,
    account: String,
    event_source: String,
    event_name: String,
    error_code: String,
    template: String,
    life_cycle: String,
    said_at: Option<i64>,
    said_by: String,
    note: String,
    founded: i64,
}

impl Exported {
    fn finish(self, templates: Vec<BaselineTemplate>) -> Result<BaselineCluster> {
        Ok(BaselineCluster {
            id: ClusterId(digest(&self.digest)?),
            family: FamilyKey {
                account: self.account,
                event_source: self.event_source,
                event_name: self.event_name,
                error_code: self.error_code,
            },
            template: self.template,
            life_cycle: from_name(self.life_cycle)?,
            said: report::said(self.said_at, self.said_by, self.note),
            founded: time(self.founded),
            templates,
        })
    }
}

/// The recorded clusters as a baseline document carries them, by id.
pub(super) async fn export(
    conn: &mut SqliteConnection,
    query: &ClusterQuery,
) -> Result<Vec<BaselineCluster>> {
    let rows: Vec<Exported> = sqlx::query_as(
        "SELECT c.id, c.digest, a.name AS account, f.event_source, f.event_name, f.error_code, c.template, \
            c.life_cycle, c.said_at, c.said_by, c.note, c.founded \
         FROM clusters AS c JOIN families AS f ON f.id = c.family JOIN accounts AS a ON a.id = f.account \
         WHERE (?1 IS NULL OR c.digest = ?1) AND (?2 = '[]' OR a.name IN (SELECT value FROM json_each(?2))) \
         ORDER BY c.digest LIMIT ?3",
    )
    .bind(query.cluster.map(|cluster| blob(cluster.0)))
    .bind(texts(&query.accounts)?)
    .bind(limit(query.limit))
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let mut templates = templates(conn, &ids(rows.iter().map(|row| row.id))).await?;
    rows.into_iter()
        .map(|row| {
            let templates = templates.remove(&row.id).unwrap_or_default();
            row.finish(templates)
        })
        .collect()
}

#[derive(FromRow)]
struct Template {
    cluster: i64,
    id: i64,
    digest: Vec<u8>,
    template: String,
    shown_at: i64,
    display: String,
}

/// The fine templates of these clusters, by cluster and id.
async fn templates(
    conn: &mut SqliteConnection,
    clusters: &str,
) -> Result<HashMap<i64, Vec<BaselineTemplate>>> {
    let rows: Vec<Template> = sqlx::query_as(
        "SELECT s.cluster, s.id, s.digest, s.template, s.shown_at, s.display FROM json_each(?) AS asked \
         CROSS JOIN signatures AS s ON s.cluster = asked.value ORDER BY s.digest",
    )
    .bind(clusters)
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let numbers = ids(rows.iter().map(|row| row.id));
    let mut hours = hours(conn, &numbers).await?;
    let mut values = values(conn, &numbers).await?;
    let mut templates: HashMap<i64, Vec<_>> = HashMap::new();
    for row in rows {
        templates.entry(row.cluster).or_default().push(BaselineTemplate {
            id: SignatureId(digest(&row.digest)?),
            template: row.template,
            display: (time(row.shown_at), row.display),
            hours: hours.remove(&row.id).unwrap_or_default(),
            values: values.remove(&row.id).unwrap_or_default(),
        });
    }
    Ok(templates)
}

async fn hours(conn: &mut SqliteConnection, signatures: &str) -> Result<HashMap<i64, Vec<HourCount>>> {
    let rows: Vec<(i64, i64, i64, i64, i64)> = sqlx::query_as(
        "SELECT o.signature, o.hour, o.count, o.first, o.last FROM json_each(?) AS asked \
         CROSS JOIN occurrences AS o ON o.signature = asked.value ORDER BY asked.key, o.hour",
    )
    .bind(signatures)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut hours: HashMap<i64, Vec<_>> = HashMap::new();
    for (signature, hour, occurrences, first, last) in rows {
        let counted = span(occurrences, Some(first), Some(last));
        hours
            .entry(signature)
            .or_default()
            .extend(counted.map(|span| rules::hour_count(hour, span)));
    }
    Ok(hours)
}

type ValueHour = (i64, i64, String, i64, i64, i64, i64);

async fn values(conn: &mut SqliteConnection, signatures: &str) -> Result<HashMap<i64, Vec<BaselineValue>>> {
    let rows: Vec<ValueHour> = sqlx::query_as(
        "SELECT h.owner, v.dimension, v.text, h.hour, h.count, h.first, h.last FROM json_each(?) AS asked \
         CROSS JOIN signature_value_hours AS h ON h.owner = asked.value \
         CROSS JOIN dimension_values AS v ON v.id = h.value ORDER BY asked.key, v.dimension, v.text, h.hour",
    )
    .bind(signatures)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut values: HashMap<i64, Vec<BaselineValue>> = HashMap::new();
    for (owner, dimension, value, hour, occurrences, first, last) in rows {
        let dimension = snapshot::dimension_of(dimension)?;
        let counted = span(occurrences, Some(first), Some(last));
        let counted = counted.map(|span| rules::hour_count(hour, span));
        let of_owner = values.entry(owner).or_default();
        match of_owner.last_mut() {
            Some(known) if known.dimension == dimension && known.value == value => {
                known.hours.extend(counted);
            }
            _ => of_owner.push(BaselineValue {
                dimension,
                value,
                hours: counted.into_iter().collect(),
            }),
        }
    }
    Ok(values)
}

// Import.

/// Makes clusters known. The caller commits the transaction.
pub(super) async fn import(
    conn: &mut SqliteConnection,
    clusters: &[BaselineCluster],
    said: &Said,
) -> Result<Imported> {
    let mut imported = Imported::default();
    let mut new = Vec::new();
    for theirs in clusters {
        let Some(known) = people::known(conn, theirs.id).await? else {
            imported.new_clusters += 1;
            let (cluster, new_templates) = found(conn, theirs).await?;
            imported.new_templates += new_templates;
            new.push(cluster);
            if told::is_said(theirs) {
                people::write(conn, &told::took_over(said, theirs, None)).await?;
            }
            continue;
        };
        imported.known_clusters += 1;
        let before = known.life_cycle()?;
        if told::takes_over(before, known.is_said(), theirs) {
            people::say(conn, known.id, theirs.life_cycle, theirs.said.as_ref()).await?;
            people::write(conn, &told::took_over(said, theirs, Some(before))).await?;
        }
    }
    listed::list(conn, &new).await?;
    listed::add_up(conn, &new).await?;
    listed::mark(conn, &new).await?;
    people::write(conn, &told::imported(said, &imported)).await?;
    Ok(imported)
}

/// Founds a cluster of a baseline document; its number, and how many of its fine templates had not been known.
async fn found(conn: &mut SqliteConnection, theirs: &BaselineCluster) -> Result<(i64, u64)> {
    let family = family(conn, &theirs.family).await?;
    let cluster = sqlx::query_scalar(
        "INSERT INTO clusters (digest, family, template, life_cycle, founded) VALUES (?1, ?2, ?3, ?4, ?5) \
         RETURNING id",
    )
    .bind(blob(theirs.id.0))
    .bind(family)
    .bind(&theirs.template)
    .bind(name(&theirs.life_cycle)?)
    .bind(theirs.founded.as_millis())
    .fetch_one(&mut *conn)
    .await
    .map_err(failed)?;
    people::say(conn, cluster, theirs.life_cycle, theirs.said.as_ref()).await?;
    let mut new = 0;
    for template in &theirs.templates {
        if let Some(number) = add_template(conn, family, cluster, template).await? {
            add_hours(conn, number, template).await?;
            add_values(conn, number, template).await?;
            new += 1;
        }
    }
    Ok((cluster, new))
}

async fn family(conn: &mut SqliteConnection, key: &FamilyKey) -> Result<i64> {
    let accounts = ingest::intern_accounts(conn, std::slice::from_ref(&key.account)).await?;
    let texts = (
        ingest::id_of(&accounts, &key.account)?,
        key.event_source.clone(),
        key.event_name.clone(),
        key.error_code.clone(),
    );
    let numbers = ingest::families(conn, std::slice::from_ref(&texts)).await?;
    numbers
        .get(&texts)
        .copied()
        .ok_or_else(|| damaged("a family has no number"))
}

/// Keeps a fine template and gives its number; `None` for a known one, which gets the cluster where it has none.
async fn add_template(
    conn: &mut SqliteConnection,
    family: i64,
    cluster: i64,
    template: &BaselineTemplate,
) -> Result<Option<i64>> {
    let inserted = sqlx::query_scalar(
        "INSERT INTO signatures (digest, family, first, cluster, template, display, shown_at) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING RETURNING id",
    )
    .bind(blob(template.id.0))
    .bind(family)
    .bind(told::first_hour(template))
    .bind(cluster)
    .bind(&template.template)
    .bind(&template.display.1)
    .bind(template.display.0.as_millis())
    .fetch_optional(&mut *conn)
    .await
    .map_err(failed)?;
    if inserted.is_none() {
        sqlx::query("UPDATE signatures SET cluster = ?2 WHERE digest = ?1 AND cluster IS NULL")
            .bind(blob(template.id.0))
            .bind(cluster)
            .execute(conn)
            .await
            .map_err(failed)?;
    }
    Ok(inserted)
}

async fn add_hours(conn: &mut SqliteConnection, signature: i64, template: &BaselineTemplate) -> Result<()> {
    execute(
        conn,
        "INSERT INTO occurrences (signature, hour, count, first, last) ",
        "",
        &template.hours,
        |row, count| {
            row.push_bind(signature).push_bind(count.hour.index());
            ingest::bind_span(row, count.span);
        },
    )
    .await
}

async fn add_values(conn: &mut SqliteConnection, signature: i64, template: &BaselineTemplate) -> Result<()> {
    let named: Vec<(Dimension, &str)> = template
        .values
        .iter()
        .map(|value| (value.dimension, value.value.as_str()))
        .collect();
    let numbers = ingest::intern_values(conn, &named).await?;
    let values: Vec<_> = numbers.into_iter().zip(&template.values).collect();
    execute(
        conn,
        "INSERT INTO signature_values (owner, value, total, first) ",
        "",
        &values,
        |row, (number, value)| {
            let total = value.hours.iter().map(|count| count.span.count).sum();
            let first = value.hours.iter().map(|count| count.hour.index()).min();
            row.push_bind(signature)
                .push_bind(*number)
                .push_bind(signed(total));
            row.push_bind(first.unwrap_or_default());
        },
    )
    .await?;
    let hours: Vec<_> = values
        .iter()
        .flat_map(|(number, value)| value.hours.iter().map(move |count| (*number, *count)))
        .collect();
    execute(
        conn,
        "INSERT INTO signature_value_hours (owner, value, hour, count, first, last) ",
        "",
        &hours,
        |row, (number, count)| {
            row.push_bind(signature)
                .push_bind(*number)
                .push_bind(count.hour.index());
            ingest::bind_span(row, count.span);
        },
    )
    .await
}

// Forgetting.

/// Everything that is kept of a cluster, what names it before it.
const FORGET: [&str; 7] = [
    "DELETE FROM samples WHERE signature IN (SELECT id FROM signatures WHERE cluster = ?)",
    "DELETE FROM signature_value_hours WHERE owner IN (SELECT id FROM signatures WHERE cluster = ?)",
    "DELETE FROM signature_values WHERE owner IN (SELECT id FROM signatures WHERE cluster = ?)",
    "DELETE FROM occurrences WHERE signature IN (SELECT id FROM signatures WHERE cluster = ?)",
    "DELETE FROM signatures WHERE cluster = ?",
    "DELETE FROM findings WHERE cluster = ?",
    "DELETE FROM clusters WHERE id = ?",
];

/// Forgets clusters, and says how many were known. The caller commits the transaction.
pub(super) async fn forget(conn: &mut SqliteConnection, clusters: &[ClusterId], said: &Said) -> Result<u64> {
    let mut forgotten = 0;
    for cluster in clusters {
        let Some(known) = people::known(conn, *cluster).await? else {
            continue;
        };
        for statement in FORGET {
            sqlx::query(statement)
                .bind(known.id)
                .execute(&mut *conn)
                .await
                .map_err(failed)?;
        }
        let entry = told::forgotten(said, *cluster, &known.account, known.life_cycle()?);
        people::write(conn, &entry).await?;
        forgotten += 1;
    }
    Ok(forgotten)
}
