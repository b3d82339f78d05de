//! Bringing the fine templates of a state to another grouping version, by the records that were kept of them.
//!
//! Clusters keep their ids, their life cycle and their findings; only what belongs to them is named anew, so that
//! nothing is new by itself.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{
    Bounds, ErrorEvent, FamilyKey, FineTemplate, GROUPING_VERSION, Signature, SignatureId, retemplate,
};
use sqlx::SqliteConnection;

use super::Result;
use super::convert::{blob, digest, failed, signed};
use super::fold::{move_into, trim_samples};
use super::rows::ids;

/// A grouping: what a state is brought to when it is opened for writing.
#[derive(Clone, Copy, Debug)]
pub struct Grouping {
    /// Its version.
    pub version: u32,
    /// The fine template of an error event.
    pub template: fn(&ErrorEvent<'_>) -> FineTemplate,
}

impl Default for Grouping {
    fn default() -> Self {
        Self {
            version: GROUPING_VERSION,
            template: FineTemplate::of,
        }
    }
}

/// The grouping version of a state.
pub(super) async fn version(conn: &mut SqliteConnection) -> Result<u32, sqlx::Error> {
    sqlx::query_scalar("SELECT grouping_version FROM meta")
        .fetch_one(conn)
        .await
}

/// Maps the fine templates of all families. The caller commits the transaction.
pub(super) async fn regroup(conn: &mut SqliteConnection, grouping: Grouping, bounds: Bounds) -> Result<()> {
    let families: Vec<(i64, String, String, String, String)> = sqlx::query_as(
        "SELECT f.id, a.name, f.event_source, f.event_name, f.error_code \
         FROM families AS f JOIN accounts AS a ON a.id = f.account ORDER BY f.id",
    )
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let mut unreadable = 0;
    for (number, account, event_source, event_name, error_code) in families {
        let key = FamilyKey {
            account,
            event_source,
            event_name,
            error_code,
        };
        let olds = olds(conn, grouping, number, &key).await?;
        unreadable += olds.iter().filter(|old| !old.is_readable).count() as u64;
        map(conn, number, Plan::of(&key, olds, bounds)).await?;
    }
    sqlx::query("UPDATE meta SET grouping_version = ?, not_regrouped = ?")
        .bind(grouping.version)
        .bind(signed(unreadable))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

/// A cluster; the older one is the lesser one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Claim {
    founded: i64,
    id: [u8; 16],
    number: i64,
}

/// A fine template as it stands.
struct Old {
    number: i64,
    id: SignatureId,
    first: i64,
    cluster: Option<Claim>,
    /// What its kept records give now, each once, that of the earliest first: itself where none can be read.
    names: Vec<Name>,
    is_readable: bool,
}

#[derive(Clone, Debug)]
struct Name {
    identity: String,
    display: String,
    shown_at: i64,
}

type OldRow = (
    i64,
    Vec<u8>,
    i64,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    Option<Vec<u8>>,
);

/// The fine templates of a family but for its overflow template, which is no message's.
async fn olds(
    conn: &mut SqliteConnection,
    grouping: Grouping,
    family: i64,
    key: &FamilyKey,
) -> Result<Vec<Old>> {
    let rows: Vec<OldRow> = sqlx::query_as(
        "SELECT s.id, s.digest, s.first, s.template, s.display, s.shown_at, c.founded, c.id, c.digest \
         FROM signatures AS s LEFT JOIN clusters AS c ON c.id = s.cluster \
         WHERE s.family = ?1 AND s.digest <> ?2 ORDER BY s.digest",
    )
    .bind(family)
    .bind(blob(Bounds::overflow(key).0))
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let mut olds = Vec::with_capacity(rows.len());
    for (number, id, first, template, display, shown_at, founded, cluster, cluster_id) in rows {
        let mut names = names(conn, grouping, number).await?;
        let is_readable = !names.is_empty();
        if !is_readable {
            names.push(Name {
                identity: template,
                display,
                shown_at,
            });
        }
        let cluster = match (founded, cluster, cluster_id) {
            (Some(founded), Some(number), Some(id)) => Some(Claim {
                founded,
                id: digest(&id)?.0,
                number,
            }),
            _ => None,
        };
        olds.push(Old {
            number,
            id: SignatureId(digest(&id)?),
            first,
            cluster,
            names,
            is_readable,
        });
    }
    Ok(olds)
}

async fn names(conn: &mut SqliteConnection, grouping: Grouping, signature: i64) -> Result<Vec<Name>> {
    let records: Vec<(i64, String)> =
        sqlx::query_as("SELECT time, raw FROM samples WHERE signature = ? ORDER BY time, identity")
            .bind(signature)
            .fetch_all(conn)
            .await
            .map_err(failed)?;
    let mut seen = BTreeSet::new();
    let mut names = Vec::new();
    for (shown_at, raw) in records {
        let Some(FineTemplate { identity, display }) = retemplate(&raw, grouping.template) else {
            continue;
        };
        if seen.insert(identity.clone()) {
            names.push(Name {
                identity,
                display,
                shown_at,
            });
        }
    }
    Ok(names)
}

/// What becomes of a family.
#[derive(Default)]
struct Plan {
    olds: Vec<Old>,
    targets: BTreeMap<SignatureId, Target>,
}

/// A fine template as it will stand.
struct Target {
    name: Name,
    /// Places of those that it takes over, with all that they counted.
    from: Vec<usize>,
    /// Places of those of which only a later record is like it: it belongs to their cluster and has counted nothing.
    like: Vec<usize>,
}

impl Plan {
    fn of(key: &FamilyKey, olds: Vec<Old>, bounds: Bounds) -> Self {
        let mut plan = Self::default();
        for (place, old) in olds.iter().enumerate() {
            if let Some(name) = old.names.first() {
                plan.target(key, name).from.push(place);
            }
        }
        for (place, old) in olds.iter().enumerate().filter(|(_, old)| old.cluster.is_some()) {
            for name in old.names.iter().skip(1) {
                let has_room = plan.targets.len() < bounds.templates_per_family;
                if has_room || plan.targets.contains_key(&id_of(key, name)) {
                    plan.target(key, name).like.push(place);
                }
            }
        }
        plan.olds = olds;
        plan
    }

    fn target(&mut self, key: &FamilyKey, name: &Name) -> &mut Target {
        let target = self.targets.entry(id_of(key, name)).or_insert_with(|| Target {
            name: name.clone(),
            from: Vec::new(),
            like: Vec::new(),
        });
        if (name.shown_at, &name.display) < (target.name.shown_at, &target.name.display) {
            target.name = name.clone();
        }
        target
    }

    /// The cluster of a target: the oldest of those whose counts it takes over, else of those it is like.
    fn cluster(&self, target: &Target) -> Option<i64> {
        let oldest = |places: &[usize]| places.iter().filter_map(|place| self.olds[*place].cluster).min();
        let claim = oldest(&target.from).or_else(|| oldest(&target.like))?;
        Some(claim.number)
    }
}

fn id_of(key: &FamilyKey, name: &Name) -> SignatureId {
    let signature = Signature {
        account: key.account.clone(),
        event_source: key.event_source.clone(),
        event_name: key.event_name.clone(),
        error_code: key.error_code.clone(),
        template: name.identity.clone(),
    };
    signature.id()
}

/// Carries a plan out. Names move between rows: those that change give theirs up first.
async fn map(conn: &mut SqliteConnection, family: i64, plan: Plan) -> Result<()> {
    for target in plan.targets.values() {
        merge(conn, &plan, target).await?;
    }
    for (id, target) in &plan.targets {
        let Some(old) = target.from.first().map(|place| &plan.olds[*place]) else {
            continue;
        };
        if old.id != *id {
            give_up_name(conn, old.number).await?;
        }
    }
    for (id, target) in &plan.targets {
        match target.from.first().map(|place| &plan.olds[*place]) {
            Some(old) => rename(conn, *id, old.number, &plan, target).await?,
            None => add(conn, *id, family, &plan, target).await?,
        }
    }
    Ok(())
}

/// Several that become one: their counts add up.
async fn merge(conn: &mut SqliteConnection, plan: &Plan, target: &Target) -> Result<()> {
    let olds = target.from.iter().map(|place| &plan.olds[*place]);
    let rows: Vec<i64> = olds.clone().map(|old| old.number).collect();
    let Some((kept, merged)) = rows.split_first().filter(|(_, merged)| !merged.is_empty()) else {
        return Ok(());
    };
    let cluster = plan.cluster(target);
    let strangers = olds.filter(|old| old.cluster.is_some_and(|claim| Some(claim.number) != cluster));
    let strangers: Vec<i64> = strangers.map(|old| old.number).collect();
    let gained = gained_values(conn, &strangers, cluster).await?;
    move_into(conn, merged, *kept).await?;
    trim_samples(conn, *kept).await?;
    make_known(conn, *kept, &gained, cluster).await
}

/// The values that a cluster gets with the templates of others, and had not.
async fn gained_values(
    conn: &mut SqliteConnection,
    strangers: &[i64],
    cluster: Option<i64>,
) -> Result<Vec<i64>> {
    sqlx::query_scalar(
        "SELECT DISTINCT value FROM signature_values WHERE owner IN (SELECT value FROM json_each(?1)) \
         EXCEPT SELECT v.value FROM signatures AS s JOIN signature_values AS v ON v.owner = s.id WHERE s.cluster = ?2",
    )
    .bind(ids(strangers.iter().copied()))
    .bind(cluster)
    .fetch_all(conn)
    .await
    .map_err(failed)
}

/// What came to the other cluster was judged there: in this one it is known from its beginning, so that an actor is not
/// new to it in a window that is judged again. The counts stay; only the earliest hour of such a value moves back, with
/// its times. An empty hour of the fine template goes with it: values are forgotten by the hours of their templates.
async fn make_known(
    conn: &mut SqliteConnection,
    signature: i64,
    values: &[i64],
    cluster: Option<i64>,
) -> Result<()> {
    if values.is_empty() {
        return Ok(());
    }
    let values = ids(values.iter().copied());
    for statement in MAKE_KNOWN {
        sqlx::query(statement)
            .bind(signature)
            .bind(&values)
            .bind(cluster)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

const MAKE_KNOWN: [&str; 2] = [
    "WITH beginning (hour, time) AS (SELECT MIN(o.hour), MIN(o.first) FROM signatures AS s \
        JOIN occurrences AS o ON o.signature = s.id WHERE s.cluster = ?3) \
     UPDATE signature_value_hours AS h SET hour = beginning.hour, first = beginning.time, last = beginning.time \
     FROM beginning \
     WHERE owner = ?1 AND value IN (SELECT value FROM json_each(?2)) AND h.hour > beginning.hour \
     AND h.hour = (SELECT MIN(hour) FROM signature_value_hours AS e WHERE e.owner = h.owner AND e.value = h.value)",
    "INSERT INTO occurrences (signature, hour, count, first, last) \
     SELECT ?1, MIN(o.hour), 0, MIN(o.first), MIN(o.first) FROM signatures AS s \
        JOIN occurrences AS o ON o.signature = s.id WHERE s.cluster = ?3 HAVING MIN(o.hour) IS NOT NULL \
     ON CONFLICT DO NOTHING",
];

async fn give_up_name(conn: &mut SqliteConnection, signature: i64) -> Result<()> {
    sqlx::query("UPDATE signatures SET digest = CAST(printf('%016x', id) AS BLOB) WHERE id = ?")
        .bind(signature)
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn rename(
    conn: &mut SqliteConnection,
    id: SignatureId,
    number: i64,
    plan: &Plan,
    target: &Target,
) -> Result<()> {
    let first = target.from.iter().map(|place| plan.olds[*place].first).min();
    sqlx::query(
        "UPDATE signatures SET digest = ?2, template = ?3, display = ?4, shown_at = ?5, first = ?6, cluster = ?7 \
         WHERE id = ?1",
    )
    .bind(number)
    .bind(blob(id.0))
    .bind(&target.name.identity)
    .bind(&target.name.display)
    .bind(target.name.shown_at)
    .bind(first)
    .bind(plan.cluster(target))
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}

/// Adds a fine template that has counted nothing. An empty hour, the last one of what it was part of, has it remembered
/// for as long as that.
async fn add(
    conn: &mut SqliteConnection,
    id: SignatureId,
    family: i64,
    plan: &Plan,
    target: &Target,
) -> Result<()> {
    let olds = target.like.iter().map(|place| &plan.olds[*place]);
    let Some((first, number)) = olds.map(|old| (old.first, old.number)).min() else {
        return Ok(());
    };
    let added: i64 = sqlx::query_scalar(
        "INSERT INTO signatures (digest, family, first, cluster, template, display, shown_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id",
    )
    .bind(blob(id.0))
    .bind(family)
    .bind(first)
    .bind(plan.cluster(target))
    .bind(&target.name.identity)
    .bind(&target.name.display)
    .bind(target.name.shown_at)
    .fetch_one(&mut *conn)
    .await
    .map_err(failed)?;
    sqlx::query(
        "INSERT INTO occurrences (signature, hour, count, first, last) \
         SELECT ?1, hour, 0, last, last FROM occurrences WHERE signature = ?2 ORDER BY hour DESC LIMIT 1",
    )
    .bind(added)
    .bind(number)
    .execute(conn)
    .await
    .map_err(failed)?;
    Ok(())
}
