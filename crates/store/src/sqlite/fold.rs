//! Folding what goes past a family's bound into its overflow template, before anything of it is written.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use firstsight_engine::{Bounds, FamilyKey, SignatureId};
use sqlx::SqliteConnection;

use super::Result;
use super::convert::{blob, count, digest, failed, time};
use super::ingest::{Counted, Counting, Known};
use super::rows::ids;
use crate::rules;

/// What was folded.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) templates: u64,
    pub(super) events: u64,
    /// Clusters to which events came that were stored already.
    pub(super) clusters: Vec<i64>,
}

/// A family that goes past its bound.
struct Past {
    number: i64,
    overflow: SignatureId,
    /// The place of a counted signature of the family.
    like: usize,
    /// How many fine templates are folded.
    templates: u64,
    /// Places of counted signatures.
    places: BTreeSet<usize>,
    /// Numbers of stored signatures.
    stored: Vec<i64>,
    /// The earliest hour, and the earliest time of a text for people, of what is folded.
    first: i64,
    shown_at: i64,
}

/// Folds the counted signatures that are past their families' bounds, and stored ones that had no cluster yet and give
/// way to them: `counted`, `families` and `known` say afterwards what is to be written.
pub(super) async fn fold(
    conn: &mut SqliteConnection,
    bounds: Bounds,
    counted: &mut Counted<'_>,
    families: &mut Vec<i64>,
    known: &mut HashMap<SignatureId, Known>,
) -> Result<Folded> {
    let mut folded = Folded::default();
    let mut all = Vec::new();
    for (number, places) in crowded(conn, bounds, counted, families, known).await? {
        let Some(past) = past(conn, bounds, counted, number, &places).await? else {
            continue;
        };
        folded.templates += past.templates;
        folded.events += events(conn, &past.stored).await?;
        let overflow = keep_overflow(conn, &past).await?;
        move_into(conn, &past.stored, overflow.number).await?;
        folded.clusters.extend(overflow.cluster);
        known.insert(past.overflow, overflow);
        all.push(past);
    }
    folded.events += fold_counted(counted, families, &all);
    Ok(folded)
}

/// Families that might go past their bound, with the places of their counted signatures.
async fn crowded(
    conn: &mut SqliteConnection,
    bounds: Bounds,
    counted: &Counted<'_>,
    families: &[i64],
    known: &HashMap<SignatureId, Known>,
) -> Result<BTreeMap<i64, Vec<usize>>> {
    let mut new: BTreeMap<i64, u64> = BTreeMap::new();
    for (counting, family) in counted.signatures.iter().zip(families) {
        if !known.contains_key(&counting.id) {
            *new.entry(*family).or_default() += 1;
        }
    }
    let stored: Vec<(i64, i64)> = sqlx::query_as(
        "SELECT asked.value, (SELECT COUNT(*) FROM signatures WHERE family = asked.value) FROM json_each(?) AS asked",
    )
    .bind(ids(new.keys().copied()))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let stored: HashMap<i64, i64> = stored.into_iter().collect();
    new.retain(|family, new| {
        let stored = stored.get(family).copied().unwrap_or_default();
        count(stored) + *new > bounds.templates_per_family as u64
    });
    let mut crowded: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for (place, family) in families.iter().enumerate() {
        if new.contains_key(family) {
            crowded.entry(*family).or_default().push(place);
        }
    }
    Ok(crowded)
}

/// What of a family is past its bound, if anything is.
async fn past(
    conn: &mut SqliteConnection,
    bounds: Bounds,
    counted: &Counted<'_>,
    number: i64,
    places: &[usize],
) -> Result<Option<Past>> {
    let Some(&like) = places.first() else {
        return Ok(None);
    };
    let key = counted.signatures[like].signature.family();
    let mut open: HashMap<SignatureId, Member> = HashMap::new();
    let assigned = stored(conn, number, &key, &mut open).await?;
    for place in places {
        let counting = &counted.signatures[*place];
        if !assigned.contains(&counting.id) && counting.id != Bounds::overflow(&key) {
            open.entry(counting.id).or_default().count(*place, counting);
        }
    }
    let ids = bounds.folded(assigned.len(), open.keys().copied().collect());
    let mut past = Past {
        number,
        overflow: Bounds::overflow(&key),
        like,
        templates: ids.len() as u64,
        places: BTreeSet::new(),
        stored: Vec::new(),
        first: i64::MAX,
        shown_at: i64::MAX,
    };
    let folded = ids.iter().filter_map(|id| open.get(id));
    folded.for_each(|member| past.take(member));
    Ok((!ids.is_empty()).then_some(past))
}

/// A fine template without a cluster.
struct Member {
    /// Where it is counted, if it is.
    place: Option<usize>,
    /// Its number, if it is stored.
    stored: Option<i64>,
    first: i64,
    shown_at: i64,
}

impl Default for Member {
    fn default() -> Self {
        Self {
            place: None,
            stored: None,
            first: i64::MAX,
            shown_at: i64::MAX,
        }
    }
}

impl Member {
    fn count(&mut self, place: usize, counting: &Counting<'_>) {
        self.place = Some(place);
        self.first = self.first.min(counting.first);
        self.shown_at = self.shown_at.min(counting.shown_at.as_millis());
    }
}

impl Past {
    fn take(&mut self, member: &Member) {
        self.first = self.first.min(member.first);
        self.shown_at = self.shown_at.min(member.shown_at);
        self.places.extend(member.place);
        self.stored.extend(member.stored);
    }
}

/// Adds the stored templates of a family that have no cluster, and gives those that have one; without its overflow template.
async fn stored(
    conn: &mut SqliteConnection,
    family: i64,
    key: &FamilyKey,
    open: &mut HashMap<SignatureId, Member>,
) -> Result<HashSet<SignatureId>> {
    let rows: Vec<(i64, Vec<u8>, bool, i64, i64)> = sqlx::query_as(
        "SELECT id, digest, cluster IS NULL, first, shown_at FROM signatures WHERE family = ?1 AND digest <> ?2",
    )
    .bind(family)
    .bind(blob(Bounds::overflow(key).0))
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    let mut assigned = HashSet::new();
    for (number, id, is_open, first, shown_at) in rows {
        let id = SignatureId(digest(&id)?);
        if is_open {
            let member = Member {
                place: None,
                stored: Some(number),
                first,
                shown_at,
            };
            open.insert(id, member);
        } else {
            assigned.insert(id);
        }
    }
    Ok(assigned)
}

async fn events(conn: &mut SqliteConnection, signatures: &[i64]) -> Result<u64> {
    let events: i64 = sqlx::query_scalar(
        "SELECT IFNULL(SUM(count), 0) FROM occurrences WHERE signature IN (SELECT value FROM json_each(?))",
    )
    .bind(ids(signatures.iter().copied()))
    .fetch_one(conn)
    .await
    .map_err(failed)?;
    Ok(count(events))
}

/// Keeps a family's overflow template.
async fn keep_overflow(conn: &mut SqliteConnection, past: &Past) -> Result<Known> {
    let (number, first, shown_at, cluster) = sqlx::query_as(
        "INSERT INTO signatures (digest, family, first, template, display, shown_at) VALUES (?1, ?2, ?3, ?4, ?4, ?5) \
         ON CONFLICT DO UPDATE SET first = MIN(first, excluded.first), shown_at = MIN(shown_at, excluded.shown_at) \
         RETURNING id, first, shown_at, cluster",
    )
    .bind(blob(past.overflow.0))
    .bind(past.number)
    .bind(past.first)
    .bind(Bounds::OVERFLOW)
    .bind(past.shown_at)
    .fetch_one(conn)
    .await
    .map_err(failed)?;
    Ok(Known {
        number,
        cluster,
        first,
        shown_at,
        display: Bounds::OVERFLOW.to_owned(),
    })
}

/// Counts what is folded for the overflow templates, and says how many events that is.
fn fold_counted(counted: &mut Counted<'_>, families: &mut Vec<i64>, all: &[Past]) -> u64 {
    if all.is_empty() {
        return 0;
    }
    let folded = all.iter().enumerate();
    let folded: HashMap<usize, usize> = folded
        .flat_map(|(number, past)| past.places.iter().map(move |place| (*place, number)))
        .collect();
    let events = counted.by_signature.iter();
    let events = events.filter(|((place, _), _)| folded.contains_key(place));
    let events = events.map(|(_, span)| span.count).sum();
    let overflows: Vec<_> = all.iter().map(|past| past.counting(counted)).collect();
    let (mut kept, mut kept_families) = (Vec::new(), Vec::new());
    let mut places = Vec::with_capacity(families.len());
    let all_counted = std::mem::take(&mut counted.signatures);
    let kept_count = all_counted.len() - folded.len();
    for (place, (counting, family)) in all_counted.into_iter().zip(families.iter()).enumerate() {
        if let Some(number) = folded.get(&place) {
            places.push(kept_count + number);
        } else {
            places.push(kept.len());
            kept.push(counting);
            kept_families.push(*family);
        }
    }
    kept.extend(overflows);
    kept_families.extend(all.iter().map(|past| past.number));
    counted.replace(kept, &places);
    *families = kept_families;
    for overflow in kept_count..counted.signatures.len() {
        // Also where only stored samples were moved: they are too many now.
        counted.samples.entry(overflow).or_default();
    }
    events
}

impl Past {
    fn counting<'s>(&self, counted: &Counted<'s>) -> Counting<'s> {
        Counting {
            id: self.overflow,
            signature: counted.signatures[self.like].signature,
            template: Bounds::OVERFLOW,
            first: self.first,
            display: Bounds::OVERFLOW,
            shown_at: time(self.shown_at),
        }
    }
}

/// Adds everything that is known of some fine templates to another one, and forgets them. The other one may have too
/// many samples then.
pub(super) async fn move_into(conn: &mut SqliteConnection, from: &[i64], to: i64) -> Result<()> {
    if from.is_empty() {
        return Ok(());
    }
    let from = ids(from.iter().copied());
    for statement in MOVE {
        sqlx::query(statement)
            .bind(&from)
            .bind(to)
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

/// Drops the samples of a fine template that are not among the kept ones.
pub(super) async fn trim_samples(conn: &mut SqliteConnection, signature: i64) -> Result<()> {
    let stored: Vec<(i64, Vec<u8>, i64, String)> =
        sqlx::query_as("SELECT rowid, identity, time, actor FROM samples WHERE signature = ?")
            .bind(signature)
            .fetch_all(&mut *conn)
            .await
            .map_err(failed)?;
    let mut places = Vec::with_capacity(stored.len());
    for (row, identity, at, actor) in &stored {
        places.push((*row, time(*at), digest(identity)?, actor.as_str()));
    }
    let kept = rules::kept(places.iter().map(|(_, at, id, actor)| (*at, *id, *actor)));
    let dropped = places.iter().filter(|(_, _, id, _)| !kept.contains(id));
    sqlx::query("DELETE FROM samples WHERE rowid IN (SELECT value FROM json_each(?))")
        .bind(ids(dropped.map(|(row, ..)| *row)))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

const MOVE: [&str; 9] = [
    "INSERT INTO occurrences (signature, hour, count, first, last) \
        SELECT ?2, hour, SUM(count), MIN(first), MAX(last) FROM occurrences \
        WHERE signature IN (SELECT value FROM json_each(?1)) GROUP BY hour \
     ON CONFLICT DO UPDATE SET count = count + excluded.count, first = MIN(first, excluded.first), \
        last = MAX(last, excluded.last)",
    "INSERT INTO signature_values (owner, value, total, first) \
        SELECT ?2, value, SUM(total), MIN(first) FROM signature_values \
        WHERE owner IN (SELECT value FROM json_each(?1)) GROUP BY value \
     ON CONFLICT DO UPDATE SET total = total + excluded.total, first = MIN(first, excluded.first)",
    "INSERT INTO signature_value_hours (owner, value, hour, count, first, last) \
        SELECT ?2, value, hour, SUM(count), MIN(first), MAX(last) FROM signature_value_hours \
        WHERE owner IN (SELECT value FROM json_each(?1)) GROUP BY value, hour \
     ON CONFLICT DO UPDATE SET count = count + excluded.count, first = MIN(first, excluded.first), \
        last = MAX(last, excluded.last)",
    "UPDATE OR IGNORE samples SET signature = ?2 WHERE signature IN (SELECT value FROM json_each(?1))",
    // Those that the other one has already: numbers of forgotten fine templates are given again.
    "DELETE FROM samples WHERE signature IN (SELECT value FROM json_each(?1)) AND ?2 IS NOT NULL",
    "DELETE FROM occurrences WHERE signature IN (SELECT value FROM json_each(?1)) AND ?2 IS NOT NULL",
    "DELETE FROM signature_values WHERE owner IN (SELECT value FROM json_each(?1)) AND ?2 IS NOT NULL",
    "DELETE FROM signature_value_hours WHERE owner IN (SELECT value FROM json_each(?1)) AND ?2 IS NOT NULL",
    "DELETE FROM signatures WHERE id IN (SELECT value FROM json_each(?1)) AND ?2 IS NOT NULL",
];
