//! What was seen, in memory: the reference for what a [`JudgeInput`] holds.

mod fold;
mod scopes;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use firstsight_cloudtrail::{EventIdentity, Hour, TimeRange, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet};

use super::input::{
    AccountHistory, ClusterState, Family, FamilyKey, HourCount, JudgeInput, LifeCycle, Policy,
    RecordedFinding, SourceHistory, Span, TemplateHistory, ValueCount, ValueHistory,
};
use super::verdict::{FindingId, Verdict};
use crate::bounds::Bounds;
use crate::signature::{ClusterId, Dimension, Signature, SignatureId};
use crate::summary::samples::Samples;
use crate::summary::{Summary, Tally};

/// Error events, records and judgements, in memory.
///
/// It takes [summaries](Summary) in any order and number, counts each identity once, and builds the [`JudgeInput`] of
/// any window. Counts are kept by hour: so what a window's input says of a time does not depend on what came after it,
/// nor on when it was learnt. Stores that keep the same on disk are compared with it.
#[derive(Clone, Debug, Default)]
pub struct History {
    bounds: Bounds,
    identities: FxHashMap<EventIdentity, Hour>,
    accounts: BTreeMap<String, Account>,
    /// Since when each source gives an account's records, by account and source. Never forgotten: there are few.
    sources: BTreeMap<(String, String), Timestamp>,
    templates: BTreeMap<SignatureId, Template>,
    families: BTreeMap<FamilyKey, BTreeSet<SignatureId>>,
    occurrences: BTreeMap<Hour, BTreeSet<SignatureId>>,
    unassigned: BTreeSet<SignatureId>,
    clusters: BTreeMap<ClusterId, ClusterState>,
    findings: BTreeMap<ClusterId, BTreeMap<(String, FindingId), RecordedFinding>>,
    judged: BTreeSet<(String, Timestamp, Timestamp)>,
}

type Hours = BTreeMap<Hour, Span>;
type Values = BTreeMap<(Dimension, Arc<str>), Hours>;

#[derive(Clone, Debug, Default)]
struct Account {
    records: Hours,
    errors: Hours,
    values: Values,
}

#[derive(Clone, Debug)]
struct Template {
    signature: Signature,
    /// The text for people, with the time of the event it is from: the earliest one known.
    display: Option<(Timestamp, String)>,
    cluster: Option<ClusterId>,
    /// The earliest hour it was ever seen in, remembered or not.
    first: Hour,
    hours: Hours,
    values: Values,
    /// The earliest hour that each actor was ever seen in, remembered or not, as long as something of it is.
    actors: BTreeMap<Arc<str>, Hour>,
    samples: Samples,
}

/// What [`History::observe`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Error events that had not been known.
    pub new: u64,
    /// Error events that had been known.
    pub known: u64,
    /// Fine templates that were folded into their families' overflow templates, see [`Bounds`].
    pub folded_templates: u64,
    /// The error events of those.
    pub folded_events: u64,
}

/// What [`History::forget`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Identities of events.
    pub identities: u64,
    /// Hours of fine templates.
    pub occurrences: u64,
    /// Clusters that had no occurrence left.
    pub clusters: u64,
}

/// Which [`JudgeInput`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputQuery {
    /// The inspection.
    pub inspection: String,
    /// The window: whole UTC hours.
    pub window: TimeRange,
    /// The stretch before it whose counts are compared; ends where the window starts.
    pub baseline: TimeRange,
    /// Only these accounts; all when empty.
    pub accounts: Vec<String>,
    /// Occurrences in hours that begin before this are not remembered, whether forgotten yet or not.
    pub remember_from: Timestamp,
    /// How to judge.
    pub policy: Policy,
}

/// The hours of a query: each range is behind the one before.
struct Times {
    /// From the first remembered hour to the window's end.
    known: Range<Hour>,
    before: Range<Hour>,
    earlier: Range<Hour>,
    /// Baseline and window.
    listed: Range<Hour>,
    baseline: Range<Hour>,
    window: Range<Hour>,
}

impl Times {
    fn of(query: &InputQuery) -> Self {
        let [start, end] = [query.window.start, query.window.end].map(first_hour);
        let from = first_hour(query.remember_from);
        let baseline = first_hour(query.baseline.start).max(from);
        let between = |a: Hour, b: Hour| a.min(b)..b;
        Self {
            known: between(from, end),
            before: between(from, start),
            earlier: between(from, baseline.min(start)),
            listed: between(baseline, end),
            baseline: between(baseline, start),
            window: between(start.max(from), end),
        }
    }
}

/// The first hour that begins at or after a moment.
fn first_hour(time: Timestamp) -> Hour {
    let hour = time.hour();
    if hour.start() < time { hour.plus(1) } else { hour }
}

fn join(a: Option<Span>, b: Option<Span>) -> Option<Span> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.merged(b)),
        (a, b) => a.or(b),
    }
}

fn span(hours: &Hours, range: &Range<Hour>) -> Option<Span> {
    hours
        .range(range.clone())
        .fold(None, |sum, (_, span)| join(sum, Some(*span)))
}

fn hour_counts(hours: &Hours, range: &Range<Hour>) -> Vec<HourCount> {
    hours
        .range(range.clone())
        .map(|(hour, span)| HourCount {
            hour: *hour,
            span: *span,
        })
        .collect()
}

fn occurs(hours: &Hours, range: &Range<Hour>) -> bool {
    hours.range(range.clone()).next().is_some()
}

fn add(hours: &mut Hours, hour: Hour, span: Span) {
    hours
        .entry(hour)
        .and_modify(|sum| *sum = sum.merged(span))
        .or_insert(span);
}

fn add_values(values: &mut Values, seen: &Tally<'_>) {
    for &(dimension, text) in &seen.values {
        let hours = values.entry((dimension, Arc::clone(text))).or_default();
        add(hours, seen.hour, seen.span);
    }
}

/// Taking in.
impl History {
    /// Nothing known.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Nothing known, within these bounds.
    #[must_use]
    pub fn bounded(bounds: Bounds) -> Self {
        Self {
            bounds,
            ..Self::default()
        }
    }

    /// Adds the error events that are not known yet.
    pub fn observe(&mut self, summary: &Summary) -> Observed {
        let mut new = FxHashSet::default();
        let identities = &mut self.identities;
        let counted = summary.tally(|identity, time| {
            let is_new = identities.insert(identity, time.hour()).is_none();
            is_new && new.insert(identity)
        });
        for seen in &counted {
            self.count(seen);
        }
        self.keep_texts(summary, &new);
        let mut observed = Observed {
            new: new.len() as u64,
            known: (summary.len() - new.len()) as u64,
            ..Observed::default()
        };
        let families = counted.iter().map(|seen| seen.signature.family());
        self.fold(&families.collect(), &mut observed);
        observed
    }

    fn count(&mut self, seen: &Tally<'_>) {
        let account = self.accounts.entry(seen.signature.account.clone()).or_default();
        add(&mut account.errors, seen.hour, seen.span);
        add_values(&mut account.values, seen);
        let template = self.template(seen);
        template.first = template.first.min(seen.hour);
        add(&mut template.hours, seen.hour, seen.span);
        add_values(&mut template.values, seen);
        template.keep_actors(seen);
        self.occurrences.entry(seen.hour).or_default().insert(seen.id);
    }

    fn template(&mut self, seen: &Tally<'_>) -> &mut Template {
        self.templates.entry(seen.id).or_insert_with(|| {
            let family = self.families.entry(seen.signature.family()).or_default();
            family.insert(seen.id);
            self.unassigned.insert(seen.id);
            Template {
                signature: seen.signature.clone(),
                display: None,
                cluster: None,
                first: seen.hour,
                hours: Hours::new(),
                values: Values::new(),
                actors: BTreeMap::new(),
                samples: Samples::default(),
            }
        })
    }

    /// Samples are of new events: what was forgotten does not come back by being shown again.
    fn keep_texts(&mut self, summary: &Summary, new: &FxHashSet<EventIdentity>) {
        for (id, time, display) in summary.displays() {
            if let Some(template) = self.templates.get_mut(&id) {
                template.show(time, display);
            }
        }
        for (id, sample) in summary.shared_samples() {
            let is_new = new.contains(&EventIdentity(sample.identity.0));
            if let Some(template) = self.templates.get_mut(&id).filter(|_| is_new) {
                template.samples.offer(sample);
            }
        }
    }

    /// Adds records of any kind of one account in one hour. Every call adds: a unit's counts belong here once.
    pub fn record_counts(&mut self, account: &str, hour: Hour, records: Span) {
        let known = self.accounts.entry(account.to_owned()).or_default();
        add(&mut known.records, hour, records);
    }

    /// A source gave a record of an account, of any kind, from this time: one that is known already, too. The earliest
    /// of them stays.
    pub fn observe_from(&mut self, source: &str, account: &str, time: Timestamp) {
        let key = (account.to_owned(), source.to_owned());
        let first = self.sources.entry(key).or_insert(time);
        *first = time.min(*first);
    }

    /// Gives a fine template its cluster; `founded` is the start of the window whose judgement did so. A template that
    /// has one keeps it. False when it keeps another one, or when the template is not known.
    pub fn assign(&mut self, id: SignatureId, cluster: ClusterId, founded: Timestamp) -> bool {
        let Some(template) = self.templates.get_mut(&id) else {
            return false;
        };
        let assigned = *template.cluster.get_or_insert(cluster);
        self.unassigned.remove(&id);
        if assigned == cluster {
            let state = || ClusterState {
                id: cluster,
                template: template.shown().to_owned(),
                life_cycle: LifeCycle::Open,
                founded,
            };
            self.clusters.entry(cluster).or_insert_with(state);
        }
        assigned == cluster
    }

    /// The template that a cluster shows from now on. False when there is no such cluster.
    pub fn set_template(&mut self, cluster: ClusterId, template: &str) -> bool {
        let known = self.clusters.get_mut(&cluster);
        known.is_some_and(|state| {
            template.clone_into(&mut state.template);
            true
        })
    }

    /// What a person says of a cluster. False when there is no such cluster.
    pub fn set_life_cycle(&mut self, cluster: ClusterId, life_cycle: LifeCycle) -> bool {
        let known = self.clusters.get_mut(&cluster);
        known.is_some_and(|state| {
            state.life_cycle = life_cycle;
            true
        })
    }

    /// Keeps a finding. One whose id the inspection has recorded is not added again: then false.
    pub fn record_finding(&mut self, inspection: &str, finding: RecordedFinding) -> bool {
        let known = self.findings.entry(finding.cluster).or_default();
        let key = (inspection.to_owned(), finding.id);
        let new = !known.contains_key(&key);
        known.entry(key).or_insert(finding);
        new
    }

    /// Keeps that a window was judged: when it is judged again, new findings are late ones.
    pub fn mark_judged(&mut self, inspection: &str, window: TimeRange) {
        self.judged
            .insert((inspection.to_owned(), window.start, window.end));
    }

    /// Keeps a whole judgement: assignments, templates, findings, and that the window was judged. Gives the ids of the
    /// findings that had not been recorded before.
    pub fn record(&mut self, inspection: &str, window: TimeRange, verdict: &Verdict) -> Vec<FindingId> {
        for &(id, cluster) in &verdict.assignments {
            self.assign(id, cluster, window.start);
        }
        for active in &verdict.active {
            self.set_template(active.cluster, &active.template);
        }
        self.mark_judged(inspection, window);
        let findings = verdict.findings.iter().map(RecordedFinding::from);
        let new = findings.filter_map(|finding| {
            let id = finding.id;
            self.record_finding(inspection, finding).then_some(id)
        });
        new.collect()
    }
}

/// Giving out.
impl History {
    /// What a judgement looks at.
    #[must_use]
    pub fn input(&self, query: &InputQuery) -> JudgeInput {
        let times = Times::of(query);
        let families: Vec<Family> = self
            .judged_families(query, &times)
            .into_iter()
            .map(|key| self.family(key, &times))
            .collect();
        let accounts = self.account_histories(query, &times);
        JudgeInput {
            inspection: query.inspection.clone(),
            window: query.window,
            baseline: query.baseline,
            rejudged: self
                .judged
                .contains(&(query.inspection.clone(), query.window.start, query.window.end)),
            recorded: self.recorded(&query.inspection, &families),
            scopes: self.scopes(query, &times, &accounts, &families),
            accounts,
            families,
            policy: query.policy.clone(),
        }
    }

    /// The families that occur in the window or have a fine template without a cluster.
    fn judged_families(&self, query: &InputQuery, times: &Times) -> BTreeSet<&FamilyKey> {
        let within = self.occurrences.range(times.window.clone());
        let within = within.flat_map(|(_, ids)| ids);
        let unassigned = self.unassigned.iter().filter(|id| {
            let template = self.templates.get(id);
            template.is_some_and(|template| occurs(&template.hours, &times.known))
        });
        let ids: BTreeSet<&SignatureId> = within.chain(unassigned).collect();
        ids.into_iter()
            .filter_map(|id| self.templates.get(id))
            .filter(|template| wanted(query, &template.signature.account))
            .filter_map(|template| self.families.get_key_value(&template.signature.family()))
            .map(|(key, _)| key)
            .collect()
    }

    fn family(&self, key: &FamilyKey, times: &Times) -> Family {
        let members = self.families.get(key).into_iter().flatten();
        let members = members.filter_map(|id| Some((*id, self.templates.get(id)?)));
        let clusters: BTreeSet<ClusterId> = members.clone().filter_map(|(_, t)| t.cluster).collect();
        let states = clusters.iter().filter_map(|id| self.clusters.get(id).cloned());
        let known = members.filter(|(_, template)| self.is_known(template, times));
        Family {
            key: key.clone(),
            templates: known.map(|(id, template)| template.history(id, times)).collect(),
            clusters: states.collect(),
        }
    }

    /// Whether a fine template occurred before the window's end, as far as that is remembered: for ever, where a person
    /// said something of its cluster.
    fn is_known(&self, template: &Template, times: &Times) -> bool {
        occurs(&template.hours, &times.known)
            || (self.is_touched(template) && template.first < times.known.end)
    }

    fn is_touched(&self, template: &Template) -> bool {
        let state = template.cluster.and_then(|cluster| self.clusters.get(&cluster));
        state.is_some_and(|state| state.life_cycle != LifeCycle::Open)
    }

    fn account_histories(&self, query: &InputQuery, times: &Times) -> BTreeMap<String, AccountHistory> {
        let mut within: BTreeMap<&str, BTreeSet<&(Dimension, Arc<str>)>> = BTreeMap::new();
        let ids: BTreeSet<&SignatureId> = self
            .occurrences
            .range(times.window.clone())
            .flat_map(|(_, ids)| ids)
            .collect();
        for template in ids.into_iter().filter_map(|id| self.templates.get(id)) {
            let values = template.values.iter();
            let values = values.filter(|(_, hours)| occurs(hours, &times.window));
            let known = within.entry(&template.signature.account).or_default();
            known.extend(values.map(|(value, _)| value));
        }
        self.accounts
            .iter()
            .filter(|(account, _)| wanted(query, account))
            .filter(|(_, history)| history.is_known(times))
            .map(|(account, history)| {
                let values = within.remove(account.as_str()).unwrap_or_default();
                let known = AccountHistory {
                    sources: self.sources_of(account, times),
                    ..history.history(&values, times)
                };
                (account.clone(), known)
            })
            .collect()
    }

    fn sources_of(&self, account: &str, times: &Times) -> Vec<SourceHistory> {
        let end = times.known.end.start();
        self.sources
            .range((account.to_owned(), String::new())..)
            .take_while(|((of, _), _)| of == account)
            .filter(|(_, first)| **first < end)
            .map(|((_, name), first)| SourceHistory {
                name: name.clone(),
                first_record: *first,
            })
            .collect()
    }

    fn recorded(&self, inspection: &str, families: &[Family]) -> Vec<RecordedFinding> {
        let clusters = families.iter().flat_map(|family| &family.clusters);
        let mut recorded: Vec<RecordedFinding> = clusters
            .filter_map(|state| self.findings.get(&state.id))
            .flatten()
            .filter(|((by, _), _)| by == inspection)
            .map(|(_, finding)| finding.clone())
            .collect();
        recorded.sort_unstable_by_key(|finding| finding.id);
        recorded
    }
}

fn wanted(query: &InputQuery, account: &str) -> bool {
    query.accounts.is_empty() || query.accounts.iter().any(|wanted| wanted == account)
}

impl Account {
    fn is_known(&self, times: &Times) -> bool {
        occurs(&self.records, &times.known) || occurs(&self.errors, &times.known)
    }

    fn history(&self, within: &BTreeSet<&(Dimension, Arc<str>)>, times: &Times) -> AccountHistory {
        let count = |hours, range| span(hours, range).map_or(0, |span| span.count);
        let known = join(
            span(&self.records, &times.known),
            span(&self.errors, &times.known),
        );
        let told_apart = within.iter().filter(|value| !value.1.is_empty());
        let values = told_apart.filter_map(|value| {
            Some(ValueHistory {
                dimension: value.0,
                value: value.1.to_string(),
                before: span(self.values.get(*value)?, &times.before),
            })
        });
        AccountHistory {
            first_record: known.map(|span| span.first),
            records: count(&self.records, &times.window),
            errors: count(&self.errors, &times.window),
            baseline_errors: count(&self.errors, &times.baseline),
            hours: hour_counts(&self.errors, &times.baseline),
            sources: Vec::new(),
            values: values.collect(),
        }
    }
}

impl Template {
    fn show(&mut self, time: Timestamp, display: &str) {
        let known = self.display.as_ref();
        if known.is_none_or(|(since, text)| (time, display) < (*since, text)) {
            self.display = Some((time, display.to_owned()));
        }
    }

    fn shown(&self) -> &str {
        self.display
            .as_ref()
            .map_or(&self.signature.template, |(_, text)| text)
    }

    fn history(&self, id: SignatureId, times: &Times) -> TemplateHistory {
        let known = times.known.start.start()..times.known.end.start();
        let samples = self.samples.iter().filter(|sample| known.contains(&sample.time));
        TemplateHistory {
            id,
            template: self.signature.template.clone(),
            display: self.shown().to_owned(),
            cluster: self.cluster,
            earlier: span(&self.hours, &times.earlier),
            hours: hour_counts(&self.hours, &times.listed),
            values: self.value_counts(times),
            samples: samples.map(|sample| sample.as_ref().clone()).collect(),
        }
    }

    fn value_counts(&self, times: &Times) -> Vec<ValueCount> {
        let counts = self.values.iter().map(|((dimension, value), hours)| ValueCount {
            dimension: *dimension,
            value: value.to_string(),
            before: span(hours, &times.before),
            within: span(hours, &times.window),
        });
        counts
            .filter(|count| count.before.is_some() || count.within.is_some())
            .collect()
    }
}

/// Forgetting.
impl History {
    /// Forgets what happened before the hour of this, findings and judgements of windows that start before it, and the
    /// clusters and fine templates that have nothing left and that no person touched. Of a fine template that stays, the
    /// last sample stays too, whatever its age. Idempotent.
    pub fn forget(&mut self, before: Timestamp) -> Forgotten {
        let before = before.hour();
        let mut forgotten = Forgotten::default();
        let identities = self.identities.len();
        self.identities.retain(|_, hour| *hour >= before);
        forgotten.identities = (identities - self.identities.len()) as u64;
        for account in self.accounts.values_mut() {
            account.forget(before);
        }
        self.accounts.retain(|_, account| !account.is_empty());
        for template in self.templates.values_mut() {
            forgotten.occurrences += template.forget(before);
        }
        self.occurrences = self.occurrences.split_off(&before);
        self.forget_findings(before);
        forgotten.clusters = self.forget_clusters();
        forgotten
    }

    fn forget_findings(&mut self, before: Hour) {
        for findings in self.findings.values_mut() {
            findings.retain(|_, finding| finding.window_start >= before.start());
        }
        self.findings.retain(|_, findings| !findings.is_empty());
        self.judged.retain(|(_, start, _)| *start >= before.start());
    }

    /// Drops clusters and fine templates without an occurrence, but for those that a person touched: an attacker who
    /// keeps one cluster alive keeps no endless list of fine templates with it.
    fn forget_clusters(&mut self) -> u64 {
        let live: BTreeSet<ClusterId> = self
            .templates
            .values()
            .filter(|template| !template.hours.is_empty())
            .filter_map(|template| template.cluster)
            .collect();
        let clusters = self.clusters.len();
        self.clusters
            .retain(|id, state| live.contains(id) || state.life_cycle != LifeCycle::Open);
        let clusters_left = &self.clusters;
        self.templates.retain(|_, template| {
            let state = template.cluster.and_then(|cluster| clusters_left.get(&cluster));
            !template.hours.is_empty() || state.is_some_and(|state| state.life_cycle != LifeCycle::Open)
        });
        self.unassigned.retain(|id| self.templates.contains_key(id));
        for members in self.families.values_mut() {
            members.retain(|id| self.templates.contains_key(id));
        }
        self.families.retain(|_, members| !members.is_empty());
        (clusters - self.clusters.len()) as u64
    }
}

fn forget_values(values: &mut Values, before: Hour) {
    for hours in values.values_mut() {
        *hours = hours.split_off(&before);
    }
    values.retain(|_, hours| !hours.is_empty());
}

impl Account {
    fn forget(&mut self, before: Hour) {
        self.records = self.records.split_off(&before);
        self.errors = self.errors.split_off(&before);
        forget_values(&mut self.values, before);
    }

    fn is_empty(&self) -> bool {
        self.records.is_empty() && self.errors.is_empty()
    }
}

impl Template {
    fn forget(&mut self, before: Hour) -> u64 {
        let hours = self.hours.len();
        self.hours = self.hours.split_off(&before);
        forget_values(&mut self.values, before);
        self.forget_actors();
        let forgotten = (hours - self.hours.len()) as u64;
        if forgotten > 0 {
            self.samples.forget(before.start());
        }
        forgotten
    }
}
