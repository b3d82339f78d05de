//! Lists that are searched and paged, series and totals.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{ClusterId, Dimension, FindingId, Hour, HourCount, Range, Span, Time};

use super::State;
use super::history::{Account, AccountHour, ByHour, Cluster, History, Template, is_asked};
use super::ledger::Ledger;
use crate::search::fold;
use crate::{
    ClusterHead, ClusterRemark, ClusterSearch, DeliveryState, Found, FoundKeys, HourSeries, Judgement,
    KeyQuery, KeyRow, KeySearch, StoreError, Totals, lists, people, rules,
};

impl State {
    pub(super) fn remark(&mut self, remark: &ClusterRemark) -> Result<(), StoreError> {
        let id = remark.cluster;
        let cluster = self.history.clusters.get_mut(&id);
        let cluster = cluster.ok_or_else(|| StoreError::NotFound {
            what: "cluster",
            id: id.to_string(),
        })?;
        let before = (cluster.owner.clone(), cluster.note.clone());
        if let Some(owner) = &remark.owner {
            cluster.owner.clone_from(owner);
        }
        if let Some(note) = &remark.note {
            cluster.note.clone_from(note);
        }
        let entry = people::remarked(remark, &cluster.key.account, (&before.0, &before.1));
        self.audit.write(entry);
        Ok(())
    }

    pub(super) fn totals(&self) -> Totals {
        Totals {
            clusters: self.history.clusters.len() as u64,
            newest_record: self.history.newest_record(),
            ..self.ledger.totals()
        }
    }
}

impl Ledger {
    fn totals(&self) -> Totals {
        let mut deliveries: BTreeMap<(&str, DeliveryState), u64> = BTreeMap::new();
        let all = self.events.iter().flat_map(|stored| &stored.deliveries);
        for row in all.filter(|row| row.state != DeliveryState::Delivered) {
            *deliveries.entry((&row.sink, row.state)).or_default() += 1;
        }
        let open = self.faults.values().filter(|fault| fault.recovered.is_none());
        Totals {
            open_faults: open.count() as u64,
            events: self.events.len() as u64,
            deliveries: deliveries
                .into_iter()
                .map(|((sink, state), count)| (sink.to_owned(), state, count))
                .collect(),
            ..Totals::default()
        }
    }
}

/// Clusters.
impl History {
    pub(super) fn search_clusters(&self, search: &ClusterSearch) -> Found<ClusterHead> {
        let spans = self.spans();
        let text = fold(&search.text);
        let asked = self.clusters.iter();
        let asked = asked.filter(|(id, _)| search.ids.is_empty() || search.ids.contains(id));
        let asked = asked.filter(|(_, cluster)| cluster.is_asked(search, &text));
        let mut rows: Vec<_> = asked
            .map(|(id, cluster)| cluster.head(*id, spans.get(id).copied(), search))
            .collect();
        rows.sort_by(|a, b| lists::place_order(&a.place, &b.place, search.descending));
        if let Some(after) = &search.after {
            rows.retain(|row| lists::place_order(&row.place, after, search.descending).is_gt());
        }
        lists::page(rows, search.limit)
    }

    /// All remembered occurrences of each cluster that has some.
    fn spans(&self) -> BTreeMap<ClusterId, Span> {
        let mut spans: BTreeMap<ClusterId, Option<Span>> = BTreeMap::new();
        for template in self.templates.values() {
            let Some(cluster) = template.cluster else { continue };
            for span in template.hours.values() {
                rules::add(spans.entry(cluster).or_default(), *span);
            }
        }
        let spans = spans.into_iter();
        spans.filter_map(|(id, span)| Some((id, span?))).collect()
    }

    pub(super) fn cluster_days(&self, clusters: &[ClusterId], first: Hour, days: usize) -> Vec<Vec<u64>> {
        let end = first.plus(i64::try_from(days * 24).unwrap_or(i64::MAX));
        let hours = self.cluster_hours(clusters, &Range::new(first.start(), end.start()));
        let of_cluster = |hours: Vec<HourCount>| {
            let mut counts = vec![0; days];
            for count in hours {
                lists::count_day(&mut counts, count.hour.index() - first.index(), count.span.count);
            }
            counts
        };
        hours.into_iter().map(of_cluster).collect()
    }

    pub(super) fn cluster_hours(&self, clusters: &[ClusterId], range: &Range) -> Vec<Vec<HourCount>> {
        let (start, end) = rules::hours(range);
        let asked: BTreeSet<_> = clusters.iter().copied().collect();
        let mut all: BTreeMap<ClusterId, BTreeMap<i64, Option<Span>>> = BTreeMap::new();
        for template in self.templates.values() {
            let Some(cluster) = template.cluster.filter(|id| asked.contains(id)) else {
                continue;
            };
            let of_cluster = all.entry(cluster).or_default();
            for (hour, span) in template.hours.range(start..end.max(start)) {
                rules::add(of_cluster.entry(*hour).or_default(), *span);
            }
        }
        let hours = |id| all.get(id).into_iter().flatten();
        let counts = |(hour, span): (&i64, &Option<Span>)| Some(rules::hour_count(*hour, (*span)?));
        clusters
            .iter()
            .map(|id| hours(id).filter_map(counts).collect())
            .collect()
    }

    /// New findings know better what marks their clusters have.
    pub(super) fn keep_noise(&mut self, judgement: &Judgement, new: &[FindingId]) {
        for finding in judgement
            .findings
            .iter()
            .filter(|finding| new.contains(&finding.id))
        {
            if let Some(cluster) = self.clusters.get_mut(&finding.cluster) {
                cluster.noise = lists::noise(finding);
            }
        }
    }

    /// Keeps the marks of known noise that all occurrences of each of these new clusters carry, by their words.
    pub(super) fn mark(&mut self, clusters: &BTreeSet<ClusterId>) {
        let mut counts: BTreeMap<ClusterId, (u64, BTreeMap<&str, u64>)> = BTreeMap::new();
        for template in self.templates.values() {
            let Some(cluster) = template.cluster.filter(|id| clusters.contains(id)) else {
                continue;
            };
            let (total, marks) = counts.entry(cluster).or_default();
            *total += counted(&template.hours);
            for (name, hours) in template.noise() {
                *marks.entry(name).or_default() += counted(hours);
            }
        }
        for (id, (total, marks)) in counts {
            let marks = marks
                .into_iter()
                .filter(|(_, count)| *count == total && total > 0);
            if let Some(cluster) = self.clusters.get_mut(&id) {
                cluster.noise = marks.map(|(name, _)| name.to_owned()).collect();
            }
        }
    }
}

fn counted(hours: &ByHour) -> u64 {
    hours.values().map(|span| span.count).sum()
}

impl Template {
    fn noise(&self) -> impl Iterator<Item = (&str, &ByHour)> {
        let values = self.values.iter();
        let marks =
            values.filter(|((dimension, text), _)| *dimension == Dimension::Noise && !text.is_empty());
        marks.map(|((_, text), hours)| (text.as_str(), hours))
    }
}

impl Cluster {
    fn is_asked(&self, search: &ClusterSearch, text: &str) -> bool {
        is_asked(&search.accounts, &self.key.account)
            && is_asked(&search.services, &self.key.event_source)
            && is_asked(
                &search.life_cycles,
                lists::first_word(&self.life_cycle.to_string()),
            )
            && search.owner.as_ref().is_none_or(|owner| *owner == self.owner)
            && search.noise.is_none_or(|noisy| noisy != self.noise.is_empty())
            && (search.classes.is_empty() || search.classes.contains(&self.class()))
            && self.searched().contains(text)
    }

    fn searched(&self) -> String {
        lists::searched(&self.key, &self.template, &self.owner, &self.note)
    }

    fn class(&self) -> String {
        lists::class(&self.key, &self.template)
    }

    fn head(&self, id: ClusterId, seen: Option<Span>, search: &ClusterSearch) -> ClusterHead {
        let seen = seen.unwrap_or_else(|| rules::never(self.founded));
        let name = lists::name(&self.key, &self.template);
        ClusterHead {
            id,
            account: self.key.account.clone(),
            event_source: self.key.event_source.clone(),
            event_name: self.key.event_name.clone(),
            error_code: self.key.error_code.clone(),
            template: self.template.clone(),
            class: self.class(),
            noise: self.noise.clone(),
            life_cycle: self.life_cycle,
            said: self.said.clone(),
            owner: self.owner.clone(),
            note: self.note.clone(),
            founded: self.founded,
            count: seen.count,
            first_seen: seen.first,
            last_seen: seen.last,
            place: lists::place(search.sort, id, seen, &name),
        }
    }
}

/// Keys.
impl History {
    pub(super) fn search_keys(&self, search: &KeySearch) -> FoundKeys {
        let query = KeyQuery {
            accounts: search.accounts.clone(),
            ..KeyQuery::default()
        };
        let mut rows: Vec<_> = self
            .keys(&query)
            .into_iter()
            .filter(|key| !search.long_lived || key.id.starts_with(rules::LONG_LIVED))
            .filter(|key| lists::key_is_meant(key, &search.text))
            .map(|key| (lists::key_place(search.sort, &key), key))
            .collect();
        rows.sort_by(|(a, _), (b, _)| lists::key_order(a, b));
        if let Some(after) = &search.after {
            rows.retain(|(place, _)| lists::key_order(place, after).is_gt());
        }
        let rows: Vec<KeyRow> = rows.into_iter().map(|(_, key)| key).collect();
        lists::page(rows, search.limit)
    }
}

/// Series.
impl History {
    pub(super) fn series(&self, range: &Range) -> HourSeries {
        HourSeries {
            errors: self.by_hour(range, |hour| hour.errors),
            records: self.by_hour(range, |hour| hour.records),
            new_clusters: self.new_clusters(range),
        }
    }

    fn by_hour(&self, range: &Range, of: impl Fn(&AccountHour) -> Option<Span>) -> Vec<(Hour, u64)> {
        let (start, end) = rules::hours(range);
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        let accounts = self.accounts.values();
        for (hour, row) in accounts.flat_map(|account| account.hours.range(start..end.max(start))) {
            if let Some(span) = of(row) {
                *counts.entry(*hour).or_default() += span.count;
            }
        }
        by_hour(counts)
    }

    fn new_clusters(&self, range: &Range) -> Vec<(Hour, u64)> {
        let (start, end) = rules::hours(range);
        let mut counts: BTreeMap<i64, u64> = BTreeMap::new();
        for span in self.spans().values() {
            let hour = span.first.hour().index();
            if (start..end).contains(&hour) {
                *counts.entry(hour).or_default() += 1;
            }
        }
        by_hour(counts)
    }

    fn newest_record(&self) -> Option<Time> {
        let seen = self.accounts.values().filter_map(Account::seen);
        seen.map(|span| span.last).max()
    }
}

fn by_hour(counts: BTreeMap<i64, u64>) -> Vec<(Hour, u64)> {
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    counts
        .map(|(hour, count)| (Hour::from_index(hour), count))
        .collect()
}
