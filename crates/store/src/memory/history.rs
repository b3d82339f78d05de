//! What was seen: identities, fine templates by the hour, accounts, keys, units, and the clusters founded over them.

mod fold;

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{
    AccountHistory, Bounds, ClusterId, ClusterState, Dimension, Event, Family, FamilyKey, GROUPING_VERSION,
    Hour, HourCount, JudgeInput, KeyUses, LifeCycle, Range, Sample, Signature, SignatureId, SourceHistory,
    Span, Summary, TemplateHistory, Time, ValueCount, ValueHistory,
};

use super::variables::Variables;
use crate::rules::{self, Hours};
use crate::{
    ClusterQuery, ClusterRow, Committed, FinishedUnit, IngestBatch, JudgeQuery, Judgement, KeyQuery, KeyRow,
    Overview, Purged, Retention, Said, StoredPosition,
};

pub(super) type ByHour = BTreeMap<i64, Span>;
/// Values that occur inside a window: those of events whose clusters were forgotten do not.
type ActiveValues<'a> = BTreeSet<(Dimension, &'a str)>;
pub(super) type Values = BTreeMap<(Dimension, String), ByHour>;

/// What was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    bounds: Bounds,
    sequence: i64,
    identities: BTreeMap<[u8; 16], Time>,
    pub(super) templates: BTreeMap<SignatureId, Template>,
    pub(super) clusters: BTreeMap<ClusterId, Cluster>,
    pub(super) accounts: BTreeMap<String, Account>,
    keys: KeyUses,
    units: BTreeMap<(String, String), (Time, Vec<u8>)>,
    /// With the time of writing.
    positions: BTreeMap<(String, String), (Vec<u8>, Time)>,
}

/// A fine template.
#[derive(Clone, Debug)]
pub(super) struct Template {
    pub(super) signature: Signature,
    /// The text for people, with the time of the event that it is from: the earliest one known.
    pub(super) display: (Time, String),
    pub(super) cluster: Option<ClusterId>,
    /// The earliest hour it was ever seen in, remembered or not.
    pub(super) first: i64,
    pub(super) hours: ByHour,
    pub(super) values: Values,
    /// The earliest hour that each actor was ever seen in, remembered or not, as long as something of it is.
    pub(super) actors: BTreeMap<String, i64>,
    pub(super) variables: Variables,
    pub(super) samples: BTreeMap<[u8; 16], Sample>,
}

#[derive(Clone, Debug)]
pub(super) struct Cluster {
    pub(super) key: FamilyKey,
    pub(super) template: String,
    pub(super) life_cycle: LifeCycle,
    pub(super) said: Option<Said>,
    pub(super) founded: Time,
    /// Who looks after it, and what is written beside it.
    pub(super) owner: String,
    pub(super) note: String,
    /// Marks of known noise, by their words.
    pub(super) noise: Vec<String>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Account {
    /// Records of any kind over all time: the count is that of the units, the times are those of error events too.
    seen: Option<Span>,
    pub(super) hours: BTreeMap<i64, AccountHour>,
    /// Since when each source gives its records.
    sources: BTreeMap<String, Time>,
    values: Values,
}

#[derive(Clone, Debug, Default)]
pub(super) struct AccountHour {
    pub(super) errors: Option<Span>,
    pub(super) records: Option<Span>,
    version: i64,
}

fn key_of(signature: &Signature) -> FamilyKey {
    FamilyKey {
        account: signature.account.clone(),
        event_source: signature.event_source.clone(),
        event_name: signature.event_name.clone(),
        error_code: signature.error_code.clone(),
    }
}

/// All occurrences in these hours together.
fn total(hours: &ByHour, from: i64, to: i64) -> Option<Span> {
    if from >= to {
        return None;
    }
    hours.range(from..to).map(|(_, span)| *span).reduce(Span::merged)
}

pub(super) fn is_asked(accounts: &[String], account: &str) -> bool {
    accounts.is_empty() || accounts.iter().any(|asked| asked == account)
}

impl History {
    /// Nothing seen, within these bounds.
    pub(super) fn bounded(bounds: Bounds) -> Self {
        Self {
            bounds,
            ..Self::default()
        }
    }

    pub(super) fn sequence(&self) -> i64 {
        self.sequence
    }

    pub(super) fn commit(&mut self, batch: &IngestBatch) -> Committed {
        let version = self.sequence + 1;
        let mut committed = Committed::default();
        for unit in &batch.units {
            committed.new_units += u64::from(self.finish(&batch.source, batch.arrived, unit, version));
        }
        for event in batch.summary.events() {
            let is_new = !self.identities.contains_key(&event.identity.0);
            committed.new_events += u64::from(is_new);
            committed.known_events += u64::from(!is_new);
        }
        self.add(&batch.summary, batch.arrived, version);
        self.keep_sources(batch);
        self.fold(&batch.summary, &mut committed);
        self.keys.merge(batch.key_uses.clone());
        for position in &batch.positions {
            let key = (batch.source.clone(), position.partition.clone());
            self.positions
                .insert(key, (position.position.clone(), batch.arrived));
        }
        if committed.new_events + committed.new_units > 0 {
            self.sequence = version;
        }
        committed
    }

    /// Keeps a finished unit with its counts, unless it was finished before.
    fn finish(&mut self, source: &str, arrived: Time, unit: &FinishedUnit, version: i64) -> bool {
        let key = (source.to_owned(), unit.id.clone());
        if self.units.contains_key(&key) {
            return false;
        }
        self.units.insert(key, (arrived, unit.counters.clone()));
        for ((account, hour), records) in &unit.records {
            let account = self.accounts.entry(account.clone()).or_default();
            rules::add(&mut account.seen, records.span);
            let hour = account.hours.entry(*hour).or_default();
            let widens = hour
                .records
                .is_none_or(|known| records.span.first < known.first || known.last < records.span.last);
            rules::add(&mut hour.records, records.span);
            if widens {
                hour.version = version;
            }
        }
        true
    }

    /// Keeps since when the batch's source gives the records of its accounts.
    fn keep_sources(&mut self, batch: &IngestBatch) {
        for (account, time) in batch.first_records() {
            let account = self.accounts.entry(account.to_owned()).or_default();
            let first = account.sources.entry(batch.source.clone()).or_insert(time);
            *first = time.min(*first);
        }
    }

    /// Adds the error events that are not known yet, and their samples.
    fn add(&mut self, summary: &Summary, arrived: Time, version: i64) {
        let signatures: BTreeMap<_, _> = summary.signatures().map(|(id, s, _)| (id, s)).collect();
        let displays: BTreeMap<_, _> = summary
            .displays()
            .map(|(id, at, text)| (id, (at, text)))
            .collect();
        let mut new = BTreeSet::new();
        for event in summary.events() {
            let (Some(signature), Some(display)) =
                (signatures.get(&event.signature), displays.get(&event.signature))
            else {
                continue;
            };
            let known = self.identities.get(&event.identity.0).copied();
            // What comes again is remembered from now on.
            let last = known.map_or(arrived, |before| before.max(arrived));
            self.identities.insert(event.identity.0, last);
            if known.is_some() {
                continue;
            }
            new.insert(event.identity.0);
            self.count_for_account(&signature.account, &event, version);
            self.count_for_template(signature, *display, &event);
        }
        self.keep_variables(summary, |identity| new.contains(&identity.0));
        for (id, sample) in summary.samples() {
            if new.contains(&sample.identity.0)
                && let Some(template) = self.templates.get_mut(&id)
            {
                template.keep(sample);
            }
        }
    }

    fn count_for_account(&mut self, account: &str, event: &Event<'_>, version: i64) {
        let account = self.accounts.entry(account.to_owned()).or_default();
        let span = Span::at(event.time);
        rules::add(&mut account.seen, Span { count: 0, ..span });
        let hour = account.hours.entry(event.time.hour().index()).or_default();
        rules::add(&mut hour.errors, span);
        hour.version = version;
        count_values(&mut account.values, event);
    }

    fn count_for_template(&mut self, signature: &Signature, (at, text): (Time, &str), event: &Event<'_>) {
        let hour = event.time.hour().index();
        let template = self.templates.entry(event.signature).or_insert_with(|| Template {
            signature: signature.clone(),
            display: (at, text.to_owned()),
            cluster: None,
            first: hour,
            hours: ByHour::new(),
            values: Values::new(),
            actors: BTreeMap::new(),
            variables: Variables::new(),
            samples: BTreeMap::new(),
        });
        if (at, text) < (template.display.0, template.display.1.as_str()) {
            template.display = (at, text.to_owned());
        }
        template.first = template.first.min(hour);
        count(&mut template.hours, event.time);
        count_values(&mut template.values, event);
        template.keep_actors(event);
    }

    pub(super) fn finished(&self, source: &str, units: &[String]) -> Vec<String> {
        let asked: BTreeSet<_> = units.iter().collect();
        asked
            .into_iter()
            .filter(|unit| self.units.contains_key(&(source.to_owned(), (*unit).clone())))
            .cloned()
            .collect()
    }

    pub(super) fn positions(&self, source: &str) -> Vec<StoredPosition> {
        self.positions
            .iter()
            .filter(|((of, _), _)| of == source)
            .map(|((_, partition), (position, _))| StoredPosition {
                partition: partition.clone(),
                position: position.clone(),
            })
            .collect()
    }
}

/// The snapshot of a judgement.
impl History {
    pub(super) fn versions(&self, window: &Range, only: &[String]) -> BTreeMap<String, i64> {
        let (_, end) = rules::hours(window);
        self.accounts
            .iter()
            .filter(|(name, _)| is_asked(only, name))
            .filter_map(|(name, account)| {
                let version = account.hours.range(..end).map(|(_, hour)| hour.version).max()?;
                Some((name.clone(), version))
            })
            .collect()
    }

    /// The newest version of an hour of a window, of any account.
    pub(super) fn newest(&self, window: &Range) -> Option<i64> {
        let (start, end) = rules::hours(window);
        self.accounts
            .values()
            .flat_map(|account| account.hours.range(start..end.max(start)))
            .map(|(_, hour)| hour.version)
            .max()
    }

    /// Everything but what was recorded of judgements.
    pub(super) fn judge_input(&self, query: &JudgeQuery) -> JudgeInput {
        let hours = Hours::of(query);
        let families = self.families(query, hours);
        let accounts = self.account_histories(query, hours, &families);
        JudgeInput {
            inspection: query.inspection.clone(),
            window: query.window,
            baseline: query.baseline,
            rejudged: false,
            scopes: self.scopes(query, &accounts, &families),
            accounts,
            families,
            recorded: Vec::new(),
            policy: query.policy.clone(),
        }
    }

    fn account_histories(
        &self,
        query: &JudgeQuery,
        hours: Hours,
        families: &[Family],
    ) -> BTreeMap<String, AccountHistory> {
        let mut active: BTreeMap<&str, ActiveValues<'_>> = BTreeMap::new();
        for family in families {
            let of_account = active.entry(&family.key.account).or_default();
            let values = family.templates.iter().flat_map(|template| &template.values);
            let within = values.filter(|value| value.within.is_some());
            of_account.extend(within.map(|value| (value.dimension, value.value.as_str())));
        }
        let none = ActiveValues::new();
        self.accounts
            .iter()
            .filter(|(name, _)| is_asked(&query.accounts, name))
            .filter_map(|(name, account)| {
                let active = active.get(name.as_str()).unwrap_or(&none);
                Some((name.clone(), account.history(hours, active)?))
            })
            .collect()
    }

    fn families(&self, query: &JudgeQuery, hours: Hours) -> Vec<Family> {
        let mut families: BTreeMap<FamilyKey, Vec<(SignatureId, &Template)>> = BTreeMap::new();
        for (id, template) in &self.templates {
            if is_asked(&query.accounts, &template.signature.account) && self.is_known(template, hours) {
                let key = key_of(&template.signature);
                families.entry(key).or_default().push((*id, template));
            }
        }
        families.retain(|_, templates| templates.iter().any(|(_, template)| template.asks(hours)));
        let mut clusters: BTreeMap<&FamilyKey, Vec<ClusterState>> = BTreeMap::new();
        for (id, cluster) in &self.clusters {
            clusters.entry(&cluster.key).or_default().push(cluster.state(*id));
        }
        families
            .into_iter()
            .map(|(key, templates)| Family {
                clusters: clusters.remove(&key).unwrap_or_default(),
                templates: templates.iter().map(|(id, t)| t.history(*id, hours)).collect(),
                key,
            })
            .collect()
    }

    /// Whether a fine template is known by the window's end: as far as that is remembered; for ever, where a person
    /// touched its cluster.
    fn is_known(&self, template: &Template, hours: Hours) -> bool {
        total(&template.hours, hours.remember, hours.end).is_some()
            || (self.is_touched(template.cluster) && template.first < hours.end)
    }

    fn is_touched(&self, cluster: Option<ClusterId>) -> bool {
        cluster
            .and_then(|id| self.clusters.get(&id))
            .is_some_and(Cluster::is_touched)
    }
}

/// Clusters.
impl History {
    /// Whether these assignments go with the recorded ones.
    pub(super) fn takes(&self, assignments: &[(SignatureId, ClusterId)]) -> bool {
        assignments.iter().all(|(signature, cluster)| {
            self.templates
                .get(signature)
                .is_some_and(|template| template.cluster.is_none_or(|known| known == *cluster))
        })
    }

    /// Keeps the assignments and clusters of a judgement.
    pub(super) fn found(&mut self, judgement: &Judgement) {
        let founded = judgement
            .window
            .map_or(judgement.judged_at, |window| window.start);
        let mut new = BTreeSet::new();
        for (signature, cluster) in &judgement.assignments {
            let Some(template) = self.templates.get_mut(signature) else {
                continue;
            };
            template.cluster = Some(*cluster);
            self.clusters.entry(*cluster).or_insert_with(|| {
                new.insert(*cluster);
                Cluster::new(key_of(&template.signature), template.display.1.clone(), founded)
            });
        }
        for finding in &judgement.findings {
            self.clusters.entry(finding.cluster).or_insert_with(|| {
                new.insert(finding.cluster);
                Cluster::new(
                    crate::model::family_of(finding),
                    finding.template.clone(),
                    founded,
                )
            });
        }
        self.mark(&new);
        for (id, template) in &judgement.templates {
            if let Some(cluster) = self.clusters.get_mut(id) {
                cluster.template.clone_from(template);
            }
        }
    }

    pub(super) fn clusters(&self, query: &ClusterQuery) -> Vec<ClusterRow> {
        let mut rows: Vec<_> = self
            .clusters
            .iter()
            .filter(|(id, _)| query.cluster.is_none_or(|asked| asked == **id))
            .filter(|(_, cluster)| is_asked(&query.accounts, &cluster.key.account))
            .map(|(id, cluster)| self.cluster_row(*id, cluster))
            .collect();
        rows.sort_by(|a, b| b.seen.last.cmp(&a.seen.last).then(a.id.cmp(&b.id)));
        rules::limited(rows, query.limit)
    }

    fn cluster_row(&self, id: ClusterId, cluster: &Cluster) -> ClusterRow {
        let mut hours: BTreeMap<i64, Option<Span>> = BTreeMap::new();
        let mut actors = BTreeSet::new();
        let mut templates = 0;
        for template in self.templates.values().filter(|t| t.cluster == Some(id)) {
            templates += 1;
            for (hour, span) in &template.hours {
                rules::add(hours.entry(*hour).or_default(), *span);
            }
            let values = template.values.keys();
            actors.extend(
                values.filter(|(dimension, text)| *dimension == Dimension::Actor && !text.is_empty()),
            );
        }
        let hours: Vec<_> = hours
            .into_iter()
            .filter_map(|(hour, span)| Some(rules::hour_count(hour, span?)))
            .collect();
        let seen = hours.iter().map(|hour| hour.span).reduce(Span::merged);
        ClusterRow {
            id,
            account: cluster.key.account.clone(),
            event_source: cluster.key.event_source.clone(),
            event_name: cluster.key.event_name.clone(),
            error_code: cluster.key.error_code.clone(),
            template: cluster.template.clone(),
            life_cycle: cluster.life_cycle,
            said: cluster.said.clone(),
            founded: cluster.founded,
            seen: seen.unwrap_or_else(|| rules::never(cluster.founded)),
            hours,
            actors: actors.len() as u64,
            templates,
            examples: self.examples(id),
        }
    }

    pub(super) fn cluster_of(&self, signatures: &[SignatureId]) -> Vec<Option<ClusterId>> {
        let cluster = |id| self.templates.get(id).and_then(|template| template.cluster);
        signatures.iter().map(cluster).collect()
    }
}

/// Reports.
impl History {
    pub(super) fn keys(&self, query: &KeyQuery) -> Vec<KeyRow> {
        let mut rows: Vec<_> = self
            .keys
            .iter()
            .filter(|((account, id), _)| is_asked(&query.accounts, account) && is_asked(&query.ids, id))
            .map(|((account, id), last)| KeyRow {
                id: id.clone(),
                account: account.clone(),
                last: last.clone(),
                errors: self.errors_by(account, id),
            })
            .collect();
        rows.sort_by(|a, b| {
            let order = b.last.last_used.cmp(&a.last.last_used);
            order.then_with(|| (&a.account, &a.id).cmp(&(&b.account, &b.id)))
        });
        rules::limited(rows, query.limit)
    }

    fn errors_by(&self, account: &str, key: &str) -> u64 {
        let value = (Dimension::AccessKey, key.to_owned());
        self.accounts
            .get(account)
            .and_then(|account| account.values.get(&value))
            .map_or(0, |hours| hours.values().map(|span| span.count).sum())
    }

    pub(super) fn overview(&self, range: &Range) -> Overview {
        let (start, end) = rules::hours(range);
        let mut first_seen: BTreeMap<i64, u64> = BTreeMap::new();
        for id in self.clusters.keys() {
            let templates = self.templates.values().filter(|t| t.cluster == Some(*id));
            let first = templates.filter_map(|t| t.hours.keys().next()).min();
            if let Some(hour) = first.filter(|hour| (start..end).contains(*hour)) {
                *first_seen.entry(*hour).or_default() += 1;
            }
        }
        Overview {
            records: self.accounts.values().filter_map(|a| a.seen).reduce(Span::merged),
            errors: self.by_account(start, end, |hour| hour.errors),
            traffic: self.by_account(start, end, |hour| hour.records),
            first_seen: first_seen
                .into_iter()
                .map(|(hour, count)| (Hour::from_index(hour), count))
                .collect(),
            counters: self
                .units
                .values()
                .map(|(_, counters)| counters.clone())
                .collect(),
            grouping_version: GROUPING_VERSION,
            not_regrouped: 0,
        }
    }

    fn by_account(
        &self,
        start: i64,
        end: i64,
        of: impl Fn(&AccountHour) -> Option<Span>,
    ) -> Vec<(String, Vec<HourCount>)> {
        self.accounts
            .iter()
            .map(|(name, account)| {
                let hours = account.hours.range(start..end.max(start));
                let counts = hours.filter_map(|(hour, row)| Some(rules::hour_count(*hour, of(row)?)));
                (name.clone(), counts.collect::<Vec<_>>())
            })
            .filter(|(_, counts)| !counts.is_empty())
            .collect()
    }
}

/// Forgetting.
impl History {
    /// Forgets occurrences, fine templates, identities, units and keys; clusters follow in
    /// [`forget_clusters`](Self::forget_clusters).
    pub(super) fn purge(&mut self, retention: &Retention) -> Purged {
        let first = rules::ended(retention.before);
        let mut purged = Purged::default();
        let known = self.identities.len();
        self.identities
            .retain(|_, arrived| *arrived >= retention.identities_before);
        purged.identities = (known - self.identities.len()) as u64;
        for template in self.templates.values_mut() {
            let before = template.hours.len();
            template.hours = template.hours.split_off(&first);
            let forgotten = (before - template.hours.len()) as u64;
            purged.occurrences += forgotten;
            forget_values(&mut template.values, first);
            template.forget_actors();
            template.forget_variables(first);
            if forgotten > 0 {
                template.forget_samples(first);
            }
        }
        for account in self.accounts.values_mut() {
            account.hours = account.hours.split_off(&first);
            forget_values(&mut account.values, first);
        }
        self.forget_templates();
        self.forget_keys(retention.before);
        let units = self.units.len();
        self.units.retain(|_, (arrived, _)| *arrived >= retention.before);
        purged.units = (units - self.units.len()) as u64;
        self.positions
            .retain(|_, (_, updated)| *updated >= retention.before);
        purged
    }

    fn forget_templates(&mut self) {
        let mut templates = std::mem::take(&mut self.templates);
        templates.retain(|_, template| !template.hours.is_empty() || self.is_touched(template.cluster));
        self.templates = templates;
    }

    fn forget_keys(&mut self, before: Time) {
        let mut kept = KeyUses::new();
        for (key, last) in self.keys.iter() {
            if !rules::is_forgotten(&key.1, last, before) {
                kept.insert(key.clone(), last.clone());
            }
        }
        self.keys = kept;
    }

    /// Forgets the clusters of which nothing is left, and says how many.
    pub(super) fn forget_clusters(&mut self, has_findings: impl Fn(ClusterId) -> bool) -> u64 {
        let alive: BTreeSet<_> = self.templates.values().filter_map(|t| t.cluster).collect();
        let before = self.clusters.len();
        self.clusters
            .retain(|id, cluster| cluster.is_touched() || alive.contains(id) || has_findings(*id));
        (before - self.clusters.len()) as u64
    }
}

impl Template {
    /// Whether it makes its family take part in a judgement.
    fn asks(&self, hours: Hours) -> bool {
        let unjudged = self.cluster.is_none() && total(&self.hours, hours.remember, hours.end).is_some();
        unjudged || total(&self.hours, hours.window, hours.end).is_some()
    }

    fn keep(&mut self, sample: &Sample) {
        let known = self.samples.entry(sample.identity.0);
        known.or_insert_with(|| sample.clone());
        let places = self.samples.values();
        let kept = rules::kept(places.map(|s| (s.time, s.identity, s.actor.as_str())));
        self.samples.retain(|_, sample| kept.contains(&sample.identity));
    }

    /// The last sample stays: another grouping version needs a record.
    fn forget_samples(&mut self, first: i64) {
        let last = self
            .samples
            .values()
            .map(|sample| (sample.time, sample.identity))
            .max();
        self.samples.retain(|_, sample| {
            sample.time.hour().index() >= first || Some((sample.time, sample.identity)) == last
        });
    }

    fn history(&self, id: SignatureId, hours: Hours) -> TemplateHistory {
        TemplateHistory {
            id,
            template: self.signature.template.clone(),
            display: self.display.1.clone(),
            cluster: self.cluster,
            earlier: total(&self.hours, hours.remember, hours.earlier_end()),
            hours: self
                .hours
                .range(hours.baseline..hours.end.max(hours.baseline))
                .map(|(hour, span)| rules::hour_count(*hour, *span))
                .collect(),
            values: self
                .values
                .iter()
                .filter_map(|(value, by_hour)| value_count(value, by_hour, hours))
                .collect(),
            samples: self
                .samples
                .values()
                .filter(|sample| hours.knows(sample.time))
                .cloned()
                .collect(),
        }
    }
}

fn value_count(
    (dimension, value): &(Dimension, String),
    by_hour: &ByHour,
    hours: Hours,
) -> Option<ValueCount> {
    let before = total(by_hour, hours.remember, hours.window);
    let within = total(by_hour, hours.window, hours.end);
    (before.is_some() || within.is_some()).then(|| ValueCount {
        dimension: *dimension,
        value: value.clone(),
        before,
        within,
    })
}

impl Account {
    /// What is known by the window's end, if anything is.
    fn history(&self, hours: Hours, active: &ActiveValues<'_>) -> Option<AccountHistory> {
        let known = self.hours.range(hours.remember..hours.end.max(hours.remember));
        let known = known.flat_map(|(_, hour)| [hour.errors, hour.records]);
        let first = known.flatten().map(|span| span.first).min()?;
        let count = |from: i64, to: i64, of: fn(&AccountHour) -> Option<Span>| {
            let inside = self.hours.range(from..to.max(from));
            inside
                .filter_map(|(_, hour)| of(hour))
                .map(|span| span.count)
                .sum()
        };
        Some(AccountHistory {
            first_record: Some(first),
            records: count(hours.window, hours.end, |hour| hour.records),
            errors: count(hours.window, hours.end, |hour| hour.errors),
            baseline_errors: count(hours.baseline, hours.window, |hour| hour.errors),
            hours: self.error_hours(hours),
            sources: self.sources(hours),
            values: self
                .values
                .iter()
                .filter(|(value, _)| !value.1.is_empty() && active.contains(&(value.0, value.1.as_str())))
                .map(|((dimension, value), by_hour)| ValueHistory {
                    dimension: *dimension,
                    value: value.clone(),
                    before: total(by_hour, hours.remember, hours.window),
                })
                .collect(),
        })
    }
}

impl Account {
    pub(super) fn seen(&self) -> Option<Span> {
        self.seen
    }

    fn error_hours(&self, hours: Hours) -> Vec<HourCount> {
        self.hours
            .range(hours.baseline..hours.window.max(hours.baseline))
            .filter_map(|(hour, counts)| Some(rules::hour_count(*hour, counts.errors?)))
            .collect()
    }

    fn sources(&self, hours: Hours) -> Vec<SourceHistory> {
        self.sources
            .iter()
            .filter(|(_, first)| first.hour().index() < hours.end)
            .map(|(name, first)| SourceHistory {
                name: name.clone(),
                first_record: *first,
            })
            .collect()
    }
}

impl Cluster {
    /// One that nobody has said anything of.
    pub(super) fn new(key: FamilyKey, template: String, founded: Time) -> Self {
        Self {
            key,
            template,
            life_cycle: LifeCycle::Open,
            said: None,
            founded,
            owner: String::new(),
            note: String::new(),
            noise: Vec::new(),
        }
    }

    /// Whether what people say of it now keeps it from being forgotten.
    fn is_touched(&self) -> bool {
        self.life_cycle != LifeCycle::Open || !self.owner.is_empty() || !self.note.is_empty()
    }

    fn state(&self, id: ClusterId) -> ClusterState {
        ClusterState {
            id,
            template: self.template.clone(),
            life_cycle: self.life_cycle,
            founded: self.founded,
        }
    }
}

fn count(hours: &mut ByHour, time: Time) {
    let span = Span::at(time);
    hours
        .entry(time.hour().index())
        .and_modify(|known| *known = known.merged(span))
        .or_insert(span);
}

/// Counts an event for each of its values, once however often it states one.
fn count_values(values: &mut Values, event: &Event<'_>) {
    let stated: BTreeSet<_> = event.values.iter().copied().collect();
    for (dimension, value) in stated {
        count(
            values.entry((dimension, value.to_owned())).or_default(),
            event.time,
        );
    }
}

fn forget_values(values: &mut Values, first: i64) {
    values.retain(|_, hours| {
        *hours = hours.split_off(&first);
        !hours.is_empty()
    });
}
