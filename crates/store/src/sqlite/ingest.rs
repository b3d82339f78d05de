//! Committing what was read.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use firstsight_engine::{
    Bounds, Digest, Dimension, Sample, Signature, SignatureId, Span, Summary, Tally, Time, VariableCount,
};
use sqlx::{Row, SqliteConnection};

use super::convert::{blob, damaged, digest, failed, signed, time};
use super::rows::{self, execute, fetch, ids, texts};
use super::{Result, fold, keys, listed, others, scopes, variables};
use crate::{Committed, FinishedUnit, IngestBatch, StoredPosition, rules};

/// Adds a batch, within these bounds. The caller commits the transaction.
pub(super) async fn commit(
    conn: &mut SqliteConnection,
    batch: &IngestBatch,
    bounds: Bounds,
) -> Result<Committed> {
    let source = intern_source(conn, &batch.source).await?;
    let new_units = finish_units(conn, source, batch).await?;
    keep_positions(conn, source, batch).await?;
    let new = keep_identities(conn, batch).await?;
    let known_events = batch.summary.len().saturating_sub(new.len());
    let mut committed = Committed {
        new_events: new.len() as u64,
        known_events: known_events as u64,
        new_units: new_units.len() as u64,
        ..Committed::default()
    };
    let mut counted = Counted::of(&batch.summary, &new);
    let first_records = batch.first_records();
    let accounts = accounts(conn, &first_records, batch).await?;
    keep_key_uses(conn, &accounts, batch).await?;
    keep_sources(conn, source, &accounts, &first_records).await?;
    if committed.new_events + committed.new_units > 0 {
        let version = next_version(conn).await?;
        count_accounts(conn, &accounts, &counted, &new_units, version).await?;
        let folded = count_events(conn, &accounts, &mut counted, bounds).await?;
        committed.folded_templates = folded.templates;
        committed.folded_events = folded.events;
    }
    count_keys(conn, &accounts, &counted, batch).await?;
    Ok(committed)
}

/// Counts the errors of keys that this batch used: as an error event says, or anew.
async fn count_keys(
    conn: &mut SqliteConnection,
    accounts: &HashMap<String, i64>,
    counted: &Counted<'_>,
    batch: &IngestBatch,
) -> Result<()> {
    let mut keys = BTreeSet::new();
    for ((account, value, _), _) in &counted.values_by_account {
        if let (Dimension::AccessKey, key) = counted.values.items[*value] {
            keys.insert((id_of(accounts, counted.accounts.items[*account])?, key));
        }
    }
    for ((account, key), _) in batch.key_uses.iter() {
        keys.insert((id_of(accounts, account)?, key.as_str()));
    }
    keys::count(conn, &keys).await
}

/// The number of this commit.
async fn next_version(conn: &mut SqliteConnection) -> Result<i64> {
    sqlx::query_scalar("UPDATE meta SET sequence = sequence + 1 RETURNING sequence")
        .fetch_one(conn)
        .await
        .map_err(failed)
}

// Units, positions, identities: what says that something was read.

async fn intern_source(conn: &mut SqliteConnection, name: &str) -> Result<i64> {
    sqlx::query("INSERT INTO sources (name) VALUES (?) ON CONFLICT DO NOTHING")
        .bind(name)
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    sqlx::query_scalar("SELECT id FROM sources WHERE name = ?")
        .bind(name)
        .fetch_one(conn)
        .await
        .map_err(failed)
}

/// Keeps the finished units, and gives those that had not been finished before.
async fn finish_units<'b>(
    conn: &mut SqliteConnection,
    source: i64,
    batch: &'b IngestBatch,
) -> Result<Vec<&'b FinishedUnit>> {
    let arrived = batch.arrived.as_millis();
    let inserted = fetch(
        conn,
        "INSERT INTO units (source, unit, arrived, counters) ",
        " ON CONFLICT DO NOTHING RETURNING unit",
        &batch.units,
        |values, unit| {
            values.push_bind(source).push_bind(unit.id.clone());
            values.push_bind(arrived).push_bind(unit.counters.clone());
        },
    )
    .await?;
    let mut inserted: BTreeSet<String> = inserted
        .iter()
        .map(|row| row.try_get(0).map_err(failed))
        .collect::<Result<_>>()?;
    // The first of those that a batch names twice: that is the one that was inserted.
    Ok(batch
        .units
        .iter()
        .filter(|unit| inserted.remove(&unit.id))
        .collect())
}

async fn keep_positions(conn: &mut SqliteConnection, source: i64, batch: &IngestBatch) -> Result<()> {
    execute(
        conn,
        "INSERT INTO positions (source, partition, position, updated) ",
        " ON CONFLICT DO UPDATE SET position = excluded.position, updated = excluded.updated",
        &batch.positions,
        |values, position| {
            values.push_bind(source).push_bind(position.partition.clone());
            values
                .push_bind(position.position.clone())
                .push_bind(batch.arrived.as_millis());
        },
    )
    .await
}

/// Keeps the identities, and gives those that had not been known. Asking for the known ones first gives few rows to
/// fetch: what is read is new, or was read whole before.
async fn keep_identities(conn: &mut SqliteConnection, batch: &IngestBatch) -> Result<HashSet<[u8; 16]>> {
    let mut identities = batch.summary.identities();
    let known = fetch(
        conn,
        "WITH asked (identity) AS (",
        ") SELECT known.identity FROM asked CROSS JOIN identities AS known ON known.identity = asked.identity",
        &identities,
        |values, identity| {
            values.push_bind(identity.0.to_vec());
        },
    )
    .await?;
    let known: HashSet<[u8; 16]> = known
        .iter()
        .map(|row| Ok(digest(row.try_get(0).map_err(failed)?)?.0))
        .collect::<Result<_>>()?;
    let arrived = batch.arrived.as_millis();
    renew(conn, &known, arrived).await?;
    identities.retain(|identity| !known.contains(&identity.0));
    execute(
        conn,
        "INSERT INTO identities (identity, arrived) ",
        "",
        &identities,
        |values, identity| {
            values.push_bind(identity.0.to_vec()).push_bind(arrived);
        },
    )
    .await?;
    Ok(identities.into_iter().map(|identity| identity.0).collect())
}

/// What comes again is remembered from now on: a log that grows and is read again and again stays known.
async fn renew(conn: &mut SqliteConnection, known: &HashSet<[u8; 16]>, arrived: i64) -> Result<()> {
    let known: Vec<&[u8; 16]> = known.iter().collect();
    execute(
        conn,
        "INSERT INTO identities (identity, arrived) ",
        " ON CONFLICT DO UPDATE SET arrived = max(arrived, excluded.arrived)",
        &known,
        |values, identity| {
            values.push_bind(identity.to_vec()).push_bind(arrived);
        },
    )
    .await
}

// Aggregates: what the new error events add.

type SpanOfHour = Vec<((usize, i64), Span)>;
pub(super) type SpanOfValue = Vec<((usize, usize, i64), Span)>;

/// The new error events of a batch, added up. Signatures, accounts and values are named by their places.
#[derive(Default)]
pub(super) struct Counted<'s> {
    pub(super) signatures: Vec<Counting<'s>>,
    accounts: Interned<&'s str>,
    pub(super) values: Interned<(Dimension, &'s str)>,
    pub(super) by_signature: SpanOfHour,
    by_account: SpanOfHour,
    pub(super) values_by_signature: SpanOfValue,
    pub(super) values_by_account: SpanOfValue,
    pub(super) samples: BTreeMap<usize, Vec<&'s Sample>>,
    pub(super) variables: BTreeMap<usize, Vec<VariableCount<'s>>>,
}

/// A fine template with new error events.
pub(super) struct Counting<'s> {
    pub(super) id: SignatureId,
    /// Its signature, or for an overflow template one of the same family.
    pub(super) signature: &'s Signature,
    pub(super) template: &'s str,
    /// The earliest hour of the new events.
    pub(super) first: i64,
    /// The text for people, and the time of the event that it is from.
    pub(super) display: &'s str,
    pub(super) shown_at: Time,
}

/// Distinct things with their places.
pub(super) struct Interned<T> {
    places: HashMap<T, usize>,
    pub(super) items: Vec<T>,
}

impl<T> Default for Interned<T> {
    fn default() -> Self {
        Self {
            places: HashMap::new(),
            items: Vec::new(),
        }
    }
}

impl<T: Copy + Eq + std::hash::Hash> Interned<T> {
    pub(super) fn place(&mut self, item: T) -> usize {
        *self.places.entry(item).or_insert_with(|| {
            self.items.push(item);
            self.items.len() - 1
        })
    }
}

/// Adds up what has one key, and sorts it by the keys.
pub(super) fn add_up<K: Ord + Copy>(spans: &mut Vec<(K, Span)>) {
    spans.sort_unstable_by_key(|(key, _)| *key);
    spans.dedup_by(|(key, span), (known, sum)| {
        let same = key == known;
        if same {
            *sum = sum.merged(*span);
        }
        same
    });
}

impl<'s> Counted<'s> {
    fn of(summary: &'s Summary, new: &HashSet<[u8; 16]>) -> Self {
        let mut counted = Self::default();
        let known = summary.signatures().zip(summary.displays());
        let known: HashMap<_, _> = known
            .map(|((id, s, _), (_, at, text))| (id, (s, at, text)))
            .collect();
        let mut places = HashMap::new();
        let mut tallies = summary.tally(|identity, _| new.contains(&identity.0));
        tallies.sort_unstable_by_key(|seen| seen.id);
        for seen in &tallies {
            let Some(&(signature, shown_at, display)) = known.get(&seen.id) else {
                continue;
            };
            let hour = seen.hour.index();
            let place = *places.entry(seen.id).or_insert_with(|| {
                counted.signatures.push(Counting {
                    id: seen.id,
                    signature,
                    template: &signature.template,
                    first: hour,
                    display,
                    shown_at,
                });
                counted.signatures.len() - 1
            });
            let first = &mut counted.signatures[place].first;
            *first = hour.min(*first);
            counted.count(place, seen);
        }
        for seen in summary.variables(|identity| new.contains(&identity.0)) {
            if let Some(place) = places.get(&seen.id) {
                counted.variables.entry(*place).or_default().push(seen);
            }
        }
        for (id, sample) in summary.samples() {
            if let Some(place) = places.get(&id)
                && new.contains(&sample.identity.0)
            {
                counted.samples.entry(*place).or_default().push(sample);
            }
        }
        add_up(&mut counted.by_signature);
        add_up(&mut counted.by_account);
        add_up(&mut counted.values_by_signature);
        add_up(&mut counted.values_by_account);
        counted
    }

    /// Names other signatures: `places` says where each of the old ones is counted now.
    pub(super) fn replace(&mut self, signatures: Vec<Counting<'s>>, places: &[usize]) {
        self.signatures = signatures;
        for ((place, _), _) in &mut self.by_signature {
            *place = places[*place];
        }
        for ((place, ..), _) in &mut self.values_by_signature {
            *place = places[*place];
        }
        add_up(&mut self.by_signature);
        add_up(&mut self.values_by_signature);
        for (place, samples) in std::mem::take(&mut self.samples) {
            self.samples.entry(places[place]).or_default().extend(samples);
        }
        for (place, variables) in std::mem::take(&mut self.variables) {
            let now = &self.signatures[places[place]];
            // The one variable of an overflow template has no name.
            if now.id != Bounds::overflow(&now.signature.family()) {
                self.variables.entry(places[place]).or_default().extend(variables);
            }
        }
    }

    /// What comes to clusters, by their numbers.
    fn by_cluster(&self, known: &HashMap<SignatureId, Known>) -> BTreeMap<i64, Span> {
        let mut came: BTreeMap<i64, Option<Span>> = BTreeMap::new();
        for ((place, _), span) in &self.by_signature {
            let known = known.get(&self.signatures[*place].id);
            if let Some(cluster) = known.and_then(|known| known.cluster) {
                rules::add(came.entry(cluster).or_default(), *span);
            }
        }
        let came = came.into_iter();
        came.filter_map(|(cluster, span)| Some((cluster, span?)))
            .collect()
    }

    fn count(&mut self, signature: usize, seen: &Tally<'s>) {
        let account = self.accounts.place(&seen.signature.account);
        let (hour, span) = (seen.hour.index(), seen.span);
        self.by_signature.push(((signature, hour), span));
        self.by_account.push(((account, hour), span));
        for &(dimension, text) in &seen.values {
            let value = self.values.place((dimension, text));
            self.values_by_signature.push(((signature, value, hour), span));
            self.values_by_account.push(((account, value, hour), span));
        }
    }
}

// Accounts.

async fn accounts(
    conn: &mut SqliteConnection,
    first_records: &BTreeMap<&str, Time>,
    batch: &IngestBatch,
) -> Result<HashMap<String, i64>> {
    let of_keys = batch.key_uses.iter().map(|((account, _), _)| account.as_str());
    let names: BTreeSet<_> = first_records.keys().copied().chain(of_keys).collect();
    let names: Vec<_> = names.into_iter().map(str::to_owned).collect();
    intern_accounts(conn, &names).await
}

/// Keeps accounts and gives their numbers.
pub(super) async fn intern_accounts(
    conn: &mut SqliteConnection,
    names: &[String],
) -> Result<HashMap<String, i64>> {
    execute(
        conn,
        "INSERT INTO accounts (name) ",
        " ON CONFLICT DO NOTHING",
        names,
        |values, name| {
            values.push_bind(name.clone());
        },
    )
    .await?;
    account_numbers(conn, names).await
}

/// The numbers of those of these accounts that are known. Bound one by one, not as JSON: a name may hold anything.
pub(super) async fn account_numbers(
    conn: &mut SqliteConnection,
    names: &[String],
) -> Result<HashMap<String, i64>> {
    let rows = fetch(
        conn,
        "WITH asked (name) AS (",
        ") SELECT known.name, known.id FROM asked CROSS JOIN accounts AS known ON known.name = asked.name",
        names,
        |values, name| {
            values.push_bind(name.clone());
        },
    )
    .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?)))
        .collect()
}

pub(super) fn id_of(accounts: &HashMap<String, i64>, name: &str) -> Result<i64> {
    accounts
        .get(name)
        .copied()
        .ok_or_else(|| damaged("an account has no number"))
}

/// Keeps since when the source gives the records of its accounts.
async fn keep_sources(
    conn: &mut SqliteConnection,
    source: i64,
    accounts: &HashMap<String, i64>,
    first_records: &BTreeMap<&str, Time>,
) -> Result<()> {
    let mut first = Vec::new();
    for (account, time) in first_records {
        first.push((id_of(accounts, account)?, time.as_millis()));
    }
    execute(
        conn,
        "INSERT INTO account_sources (account, source, first) ",
        " ON CONFLICT DO UPDATE SET first = excluded.first WHERE excluded.first < first",
        &first,
        |values, (account, first)| {
            values.push_bind(*account).push_bind(source).push_bind(*first);
        },
    )
    .await
}

/// Adds records and error events to the hours of their accounts.
async fn count_accounts(
    conn: &mut SqliteConnection,
    accounts: &HashMap<String, i64>,
    counted: &Counted<'_>,
    units: &[&FinishedUnit],
    version: i64,
) -> Result<()> {
    let mut hours: BTreeMap<(i64, i64), (Option<Span>, Option<Span>)> = BTreeMap::new();
    for ((account, hour), span) in &counted.by_account {
        let account = id_of(accounts, counted.accounts.items[*account])?;
        rules::add(&mut hours.entry((account, *hour)).or_default().0, *span);
    }
    for ((account, hour), records) in units.iter().flat_map(|unit| &unit.records) {
        let account = id_of(accounts, account)?;
        rules::add(&mut hours.entry((account, *hour)).or_default().1, records.span);
    }
    let mut totals: BTreeMap<i64, Option<Span>> = BTreeMap::new();
    for ((account, _), (errors, records)) in &hours {
        let total = totals.entry(*account).or_default();
        let errors = errors.map(|span| Span { count: 0, ..span });
        [errors, *records]
            .into_iter()
            .flatten()
            .for_each(|span| rules::add(total, span));
    }
    add_to_account_hours(conn, &hours.into_iter().collect::<Vec<_>>(), version).await?;
    add_to_accounts(conn, totals).await
}

type AccountHour = ((i64, i64), (Option<Span>, Option<Span>));

/// An hour is touched when something new came to it: an error event, or a record outside of those known. A log that grows
/// and is read again touches the hour that grew, and no other.
async fn add_to_account_hours(
    conn: &mut SqliteConnection,
    hours: &[AccountHour],
    version: i64,
) -> Result<()> {
    execute(
        conn,
        "INSERT INTO account_hours (account, hour, errors, errors_first, errors_last, \
         records, records_first, records_last, version) ",
        " ON CONFLICT DO UPDATE SET errors = errors + excluded.errors, \
         errors_first = MIN(IFNULL(errors_first, excluded.errors_first), IFNULL(excluded.errors_first, errors_first)), \
         errors_last = MAX(IFNULL(errors_last, excluded.errors_last), IFNULL(excluded.errors_last, errors_last)), \
         records = records + excluded.records, \
         records_first = MIN(IFNULL(records_first, excluded.records_first), IFNULL(excluded.records_first, records_first)), \
         records_last = MAX(IFNULL(records_last, excluded.records_last), IFNULL(excluded.records_last, records_last)), \
         version = CASE WHEN excluded.errors > 0 OR records_first IS NULL OR excluded.records_first < records_first \
         OR excluded.records_last > records_last THEN excluded.version ELSE version END",
        hours,
        |values, ((account, hour), (errors, records))| {
            values.push_bind(*account).push_bind(*hour);
            for span in [errors, records] {
                values.push_bind(span.map_or(0, |span| signed(span.count)));
                values.push_bind(span.map(|span| span.first.as_millis()));
                values.push_bind(span.map(|span| span.last.as_millis()));
            }
            values.push_bind(version);
        },
    )
    .await
}

async fn add_to_accounts(conn: &mut SqliteConnection, totals: BTreeMap<i64, Option<Span>>) -> Result<()> {
    for (account, span) in totals {
        let Some(span) = span else { continue };
        sqlx::query(
            "UPDATE accounts SET records = records + ?2, first_record = MIN(IFNULL(first_record, ?3), ?3), \
             last_record = MAX(IFNULL(last_record, ?4), ?4) WHERE id = ?1",
        )
        .bind(account)
        .bind(signed(span.count))
        .bind(span.first.as_millis())
        .bind(span.last.as_millis())
        .execute(&mut *conn)
        .await
        .map_err(failed)?;
    }
    Ok(())
}

// Fine templates, their hours, values and samples.

async fn count_events(
    conn: &mut SqliteConnection,
    accounts: &HashMap<String, i64>,
    counted: &mut Counted<'_>,
    bounds: Bounds,
) -> Result<fold::Folded> {
    let mut families = intern_families(conn, accounts, counted).await?;
    let mut known = known_signatures(conn, &counted.signatures).await?;
    let folded = fold::fold(conn, bounds, counted, &mut families, &mut known).await?;
    counted.fold_values(bounds);
    let numbers = intern_signatures(conn, &families, counted, &known).await?;
    let signatures = &numbers.signatures;
    let values = intern_values(conn, &counted.values.items).await?;
    let owners: Vec<_> = counted
        .accounts
        .items
        .iter()
        .map(|name| id_of(accounts, name))
        .collect::<Result<_>>()?;
    add_to_occurrences(conn, signatures, &counted.by_signature).await?;
    listed::add(conn, &counted.by_cluster(&known)).await?;
    listed::add_up(conn, &folded.clusters).await?;
    let items = counted.values.items.iter().zip(&values);
    let actors = items.filter(|((dimension, text), _)| *dimension == Dimension::Actor && !text.is_empty());
    let actors: HashSet<i64> = actors.map(|(_, number)| *number).collect();
    add_to_values(
        conn,
        &SIGNATURE_VALUES,
        Some(&actors),
        signatures,
        &values,
        &counted.values_by_signature,
    )
    .await?;
    add_to_values(
        conn,
        &ACCOUNT_VALUES,
        None,
        &owners,
        &values,
        &counted.values_by_account,
    )
    .await?;
    let hours = counted.values_by_signature.iter();
    let hours = hours.map(|((owner, value, hour), _)| (signatures[*owner], values[*value], *hour));
    let known = hours.filter(|(owner, value, _)| *owner < numbers.new_from && actors.contains(value));
    scopes::amend_first_hours(conn, known).await?;
    let of_signatures = counted.variables.iter();
    let of_signatures = of_signatures.map(|(place, counts)| (signatures[*place], counts.as_slice()));
    variables::keep(conn, numbers.new_from, &of_signatures.collect()).await?;
    others::fold(
        conn,
        &others::OF_SIGNATURES,
        signatures,
        bounds.values_per_dimension,
    )
    .await?;
    let folded_keys = others::fold(conn, &others::OF_ACCOUNTS, &owners, bounds.values_per_account).await?;
    if !folded_keys.is_empty() {
        keys::count_again(conn, Some(&folded_keys)).await?;
    }
    keep_samples(conn, &numbers, &counted.samples).await?;
    Ok(folded)
}

pub(super) type FamilyTexts = (i64, String, String, String);

/// The families of the signatures, with their numbers.
async fn intern_families(
    conn: &mut SqliteConnection,
    accounts: &HashMap<String, i64>,
    counted: &Counted<'_>,
) -> Result<Vec<i64>> {
    let mut of_signature = Vec::with_capacity(counted.signatures.len());
    for Counting { signature, .. } in &counted.signatures {
        of_signature.push((
            id_of(accounts, &signature.account)?,
            signature.event_source.clone(),
            signature.event_name.clone(),
            signature.error_code.clone(),
        ));
    }
    let distinct: HashSet<&FamilyTexts> = of_signature.iter().collect();
    let mut distinct: Vec<_> = distinct.into_iter().cloned().collect();
    distinct.sort_unstable();
    let numbers = families(conn, &distinct).await?;
    of_signature
        .iter()
        .map(|family| {
            numbers
                .get(family)
                .copied()
                .ok_or_else(|| damaged("a family has no number"))
        })
        .collect()
}

/// Keeps families and gives their numbers.
pub(super) async fn families(
    conn: &mut SqliteConnection,
    families: &[FamilyTexts],
) -> Result<HashMap<FamilyTexts, i64>> {
    let rows = fetch(
        conn,
        "INSERT INTO families (account, event_source, event_name, error_code) ",
        " ON CONFLICT DO UPDATE SET account = account RETURNING account, event_source, event_name, error_code, id",
        families,
        |values, (account, event_source, event_name, error_code)| {
            values.push_bind(*account).push_bind(event_source.clone());
            values.push_bind(event_name.clone()).push_bind(error_code.clone());
        },
    )
    .await?;
    let mut numbers = HashMap::new();
    for row in rows {
        let get = |index| row.try_get::<String, _>(index).map_err(failed);
        let key = (row.try_get(0).map_err(failed)?, get(1)?, get(2)?, get(3)?);
        numbers.insert(key, row.try_get(4).map_err(failed)?);
    }
    Ok(numbers)
}

/// A fine template that is stored.
pub(super) struct Known {
    pub(super) number: i64,
    pub(super) cluster: Option<i64>,
    pub(super) first: i64,
    pub(super) shown_at: i64,
    pub(super) display: String,
}

/// The numbers of the counted signatures, in their order, and from which number on they are new.
struct Numbers {
    signatures: Vec<i64>,
    new_from: i64,
}

/// Keeps the signatures and gives their numbers. Of several texts for people that of the earliest event stays, so that
/// their order does not matter.
async fn intern_signatures(
    conn: &mut SqliteConnection,
    families: &[i64],
    counted: &Counted<'_>,
    known: &HashMap<SignatureId, Known>,
) -> Result<Numbers> {
    let new_from: i64 = sqlx::query_scalar("SELECT IFNULL(MAX(id), 0) + 1 FROM signatures")
        .fetch_one(&mut *conn)
        .await
        .map_err(failed)?;
    let (mut new, mut earlier, mut next) = (Vec::new(), Vec::new(), new_from);
    let mut signatures = Vec::with_capacity(counted.signatures.len());
    for (counting, family) in counted.signatures.iter().zip(families) {
        let Some(known) = known.get(&counting.id) else {
            new.push((next, counting, *family));
            signatures.push(next);
            next += 1;
            continue;
        };
        signatures.push(known.number);
        earlier.extend(known.amended(counting));
    }
    insert_signatures(conn, &new).await?;
    amend_signatures(conn, &earlier).await?;
    Ok(Numbers { signatures, new_from })
}

async fn known_signatures(
    conn: &mut SqliteConnection,
    signatures: &[Counting<'_>],
) -> Result<HashMap<SignatureId, Known>> {
    let rows = fetch(
        conn,
        "WITH asked (digest) AS (",
        ") SELECT s.digest, s.id, s.first, s.shown_at, s.display, s.cluster FROM asked \
         CROSS JOIN signatures AS s ON s.digest = asked.digest",
        signatures,
        |values, counting| {
            values.push_bind(blob(counting.id.0));
        },
    )
    .await?;
    let mut known = HashMap::new();
    for row in rows {
        let id = SignatureId(digest(row.try_get(0).map_err(failed)?)?);
        let signature = Known {
            number: row.try_get(1).map_err(failed)?,
            first: row.try_get(2).map_err(failed)?,
            shown_at: row.try_get(3).map_err(failed)?,
            display: row.try_get(4).map_err(failed)?,
            cluster: row.try_get(5).map_err(failed)?,
        };
        known.insert(id, signature);
    }
    Ok(known)
}

impl Known {
    /// What it becomes by earlier events; `None` when it stays as it is.
    fn amended(&self, counting: &Counting<'_>) -> Option<Self> {
        let shown_at = counting.shown_at.as_millis();
        let shows_earlier = (shown_at, counting.display) < (self.shown_at, self.display.as_str());
        let (shown_at, display) = if shows_earlier {
            (shown_at, counting.display)
        } else {
            (self.shown_at, self.display.as_str())
        };
        (shows_earlier || counting.first < self.first).then(|| Self {
            number: self.number,
            cluster: self.cluster,
            first: self.first.min(counting.first),
            shown_at,
            display: display.to_owned(),
        })
    }
}

async fn insert_signatures(conn: &mut SqliteConnection, new: &[(i64, &Counting<'_>, i64)]) -> Result<()> {
    execute(
        conn,
        "INSERT INTO signatures (id, digest, family, first, template, display, shown_at) ",
        "",
        new,
        |values, (number, counting, family)| {
            values.push_bind(*number).push_bind(blob(counting.id.0));
            values.push_bind(*family).push_bind(counting.first);
            values.push_bind(counting.template.to_owned());
            values.push_bind(counting.display.to_owned());
            values.push_bind(counting.shown_at.as_millis());
        },
    )
    .await
}

async fn amend_signatures(conn: &mut SqliteConnection, earlier: &[Known]) -> Result<()> {
    for signature in earlier {
        sqlx::query("UPDATE signatures SET first = ?2, shown_at = ?3, display = ?4 WHERE id = ?1")
            .bind(signature.number)
            .bind(signature.first)
            .bind(signature.shown_at)
            .bind(signature.display.as_str())
            .execute(&mut *conn)
            .await
            .map_err(failed)?;
    }
    Ok(())
}

pub(super) async fn intern_values(
    conn: &mut SqliteConnection,
    values: &[(Dimension, &str)],
) -> Result<Vec<i64>> {
    let bind = |row: &mut rows::Values<'_>, (dimension, text): &(Dimension, &str)| {
        row.push_bind(i64::from(dimension.code()))
            .push_bind((*text).to_owned());
    };
    execute(
        conn,
        "INSERT INTO dimension_values (dimension, text) ",
        " ON CONFLICT DO NOTHING",
        values,
        bind,
    )
    .await?;
    let known = fetch(
        conn,
        "WITH asked (dimension, text) AS (",
        ") SELECT known.dimension, known.text, known.id FROM asked CROSS JOIN dimension_values AS known \
         ON known.dimension = asked.dimension AND known.text = asked.text",
        values,
        bind,
    )
    .await?;
    let mut numbers = HashMap::new();
    for row in known {
        let key: (i64, String) = (row.try_get(0).map_err(failed)?, row.try_get(1).map_err(failed)?);
        numbers.insert(key, row.try_get(2).map_err(failed)?);
    }
    values
        .iter()
        .map(|(dimension, text)| {
            let key = (i64::from(dimension.code()), (*text).to_owned());
            numbers
                .get(&key)
                .copied()
                .ok_or_else(|| damaged("a value has no number"))
        })
        .collect()
}

async fn add_to_occurrences(
    conn: &mut SqliteConnection,
    signatures: &[i64],
    hours: &SpanOfHour,
) -> Result<()> {
    let rows: Vec<_> = hours
        .iter()
        .map(|((place, hour), span)| (signatures[*place], *hour, *span))
        .collect();
    execute(
        conn,
        "INSERT INTO occurrences (signature, hour, count, first, last) ",
        " ON CONFLICT DO UPDATE SET count = count + excluded.count, first = MIN(first, excluded.first), \
         last = MAX(last, excluded.last)",
        &rows,
        |values, (signature, hour, span)| {
            values.push_bind(*signature).push_bind(*hour);
            bind_span(values, *span);
        },
    )
    .await
}

pub(super) fn bind_span(values: &mut rows::Values<'_>, span: Span) {
    values.push_bind(signed(span.count));
    values
        .push_bind(span.first.as_millis())
        .push_bind(span.last.as_millis());
}

/// The two tables that hold dimension values of one kind of owner.
struct ValueTables {
    totals: &'static str,
    hours: &'static str,
}

const SIGNATURE_VALUES: ValueTables = ValueTables {
    totals: "INSERT INTO signature_values (owner, value, total, first) ",
    hours: "INSERT INTO signature_value_hours (owner, value, hour, count, first, last) ",
};

const ACCOUNT_VALUES: ValueTables = ValueTables {
    totals: "INSERT INTO account_values (owner, value, total) ",
    hours: "INSERT INTO account_value_hours (owner, value, hour, count, first, last) ",
};

/// Adds values to their owners. The first hours of new ones are kept where it is said of which values.
async fn add_to_values(
    conn: &mut SqliteConnection,
    tables: &ValueTables,
    with_first: Option<&HashSet<i64>>,
    owners: &[i64],
    values: &[i64],
    spans: &SpanOfValue,
) -> Result<()> {
    let mut hours: Vec<_> = spans
        .iter()
        .map(|((owner, value, hour), span)| (owners[*owner], values[*value], *hour, *span))
        .collect();
    hours.sort_unstable_by_key(|(owner, value, hour, _)| (*owner, *value, *hour));
    let totals: Vec<_> = hours
        .chunk_by(|(owner, value, ..), (other, another, ..)| (owner, value) == (other, another))
        .filter_map(|of_value| {
            let (owner, value, first, _) = of_value.first()?;
            let total: u64 = of_value.iter().map(|(.., span)| span.count).sum();
            Some(((*owner, *value), total, *first))
        })
        .collect();
    execute(
        conn,
        tables.totals,
        " ON CONFLICT DO UPDATE SET total = total + excluded.total",
        &totals,
        |row, ((owner, value), total, first)| {
            row.push_bind(*owner).push_bind(*value).push_bind(signed(*total));
            if let Some(kept) = with_first {
                row.push_bind(kept.contains(value).then_some(*first));
            }
        },
    )
    .await?;
    execute(
        conn,
        tables.hours,
        " ON CONFLICT DO UPDATE SET count = count + excluded.count, first = MIN(first, excluded.first), \
         last = MAX(last, excluded.last)",
        &hours,
        |row, (owner, value, hour, span)| {
            row.push_bind(*owner).push_bind(*value).push_bind(*hour);
            bind_span(row, *span);
        },
    )
    .await
}

/// A stored sample's row (a new one has none), time and actor.
type Placed = (Option<i64>, Time, String);

/// Adds new samples, and drops those that are no longer among the kept ones.
async fn keep_samples(
    conn: &mut SqliteConnection,
    Numbers { signatures, new_from }: &Numbers,
    samples: &BTreeMap<usize, Vec<&Sample>>,
) -> Result<()> {
    let known = samples.keys().map(|place| signatures[*place]);
    let touched = ids(known.filter(|number| number < new_from));
    let stored: Vec<(i64, i64, Vec<u8>, i64, String)> = sqlx::query_as(
        "SELECT s.signature, s.rowid, s.identity, s.time, s.actor FROM json_each(?) AS touched \
         CROSS JOIN samples AS s ON s.signature = touched.value",
    )
    .bind(touched)
    .fetch_all(&mut *conn)
    .await
    .map_err(failed)?;
    let mut known: HashMap<i64, BTreeMap<Digest, Placed>> = HashMap::new();
    for (signature, row, identity, at, actor) in stored {
        let of_signature = known.entry(signature).or_default();
        of_signature.insert(digest(&identity)?, (Some(row), time(at), actor));
    }
    let mut insert = Vec::new();
    let mut drop = Vec::new();
    for (place, new) in samples {
        let signature = signatures[*place];
        let mut all = known.remove(&signature).unwrap_or_default();
        for sample in new {
            all.entry(sample.identity)
                .or_insert_with(|| (None, sample.time, sample.actor.clone()));
        }
        let kept = rules::kept(all.iter().map(|(id, (_, at, actor))| (*at, *id, actor.as_str())));
        insert.extend(
            new.iter()
                .filter(|sample| kept.contains(&sample.identity) && all[&sample.identity].0.is_none())
                .map(|sample| (signature, *sample)),
        );
        drop.extend(
            all.iter()
                .filter(|(id, _)| !kept.contains(id))
                .filter_map(|(_, (row, ..))| *row),
        );
    }
    insert_samples(conn, &insert).await?;
    sqlx::query("DELETE FROM samples WHERE rowid IN (SELECT value FROM json_each(?))")
        .bind(ids(drop))
        .execute(conn)
        .await
        .map_err(failed)?;
    Ok(())
}

async fn insert_samples(conn: &mut SqliteConnection, samples: &[(i64, &Sample)]) -> Result<()> {
    execute(
        conn,
        "INSERT INTO samples (signature, identity, time, event_id, actor, raw) ",
        " ON CONFLICT DO NOTHING",
        samples,
        |values, (signature, sample)| {
            values.push_bind(*signature).push_bind(blob(sample.identity));
            values
                .push_bind(sample.time.as_millis())
                .push_bind(sample.event_id.clone());
            values
                .push_bind(sample.actor.clone())
                .push_bind(sample.raw.clone());
        },
    )
    .await
}

/// The later use wins, ties go to the greater text: the order of [`firstsight_engine::KeyUse`].
async fn keep_key_uses(
    conn: &mut SqliteConnection,
    accounts: &HashMap<String, i64>,
    batch: &IngestBatch,
) -> Result<()> {
    let mut uses = Vec::with_capacity(batch.key_uses.len());
    for ((account, key), last) in batch.key_uses.iter() {
        uses.push((id_of(accounts, account)?, key, last));
    }
    execute(
        conn,
        "INSERT INTO key_uses AS known (account, key, last_used, event_source, event_name, region, owner) ",
        " ON CONFLICT DO UPDATE SET last_used = excluded.last_used, event_source = excluded.event_source, \
         event_name = excluded.event_name, region = excluded.region, owner = excluded.owner \
         WHERE (excluded.last_used, excluded.event_source, excluded.event_name, excluded.region, excluded.owner) \
         > (known.last_used, known.event_source, known.event_name, known.region, known.owner)",
        &uses,
        |values, (account, key, last)| {
            values.push_bind(*account).push_bind((*key).clone());
            values.push_bind(last.last_used.as_millis()).push_bind(last.event_source.clone());
            values.push_bind(last.event_name.clone()).push_bind(last.region.clone());
            values.push_bind(last.owner.clone());
        },
    )
    .await
}

// What a reader of units asks.

/// Each asked unit is looked up by itself: `CROSS JOIN` keeps SQLite from walking all finished ones against all asked ones, as
/// it else does to have them in order (<https://sqlite.org/optoverview.html#manual_control_of_query_plans_using_cross_join>).
pub(super) const FINISHED: &str = "SELECT DISTINCT units.unit FROM json_each(?2) AS asked CROSS JOIN units \
     WHERE units.unit = asked.value AND units.source = (SELECT id FROM sources WHERE name = ?1) ORDER BY units.unit";

/// Those of these units that are finished.
pub(super) async fn finished(
    conn: &mut SqliteConnection,
    source: &str,
    units: &[String],
) -> Result<Vec<String>> {
    sqlx::query_scalar(FINISHED)
        .bind(source)
        .bind(texts(units)?)
        .fetch_all(conn)
        .await
        .map_err(failed)
}

/// The stored positions, by partition.
pub(super) async fn positions(conn: &mut SqliteConnection, source: &str) -> Result<Vec<StoredPosition>> {
    let rows: Vec<(String, Vec<u8>)> = sqlx::query_as(
        "SELECT partition, position FROM positions \
         WHERE source = (SELECT id FROM sources WHERE name = ?) ORDER BY partition",
    )
    .bind(source)
    .fetch_all(conn)
    .await
    .map_err(failed)?;
    Ok(rows
        .into_iter()
        .map(|(partition, position)| StoredPosition { partition, position })
        .collect())
}
