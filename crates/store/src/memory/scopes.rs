//! How often new things came before a window.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use firstsight_engine::{AccountHistory, ClusterId, Dimension, Event, Family, Hour, ScopeDays, ScopeHistory};

use super::history::{History, Template, is_asked};
use crate::JudgeQuery;
use crate::rules::Hours;

/// When a cluster was seen first, and by each actor.
#[derive(Default)]
struct FirstSeen<'h> {
    hour: Option<i64>,
    actors: BTreeMap<&'h str, i64>,
}

impl History {
    pub(super) fn scopes(
        &self,
        query: &JudgeQuery,
        accounts: &BTreeMap<String, AccountHistory>,
        families: &[Family],
    ) -> Vec<ScopeHistory> {
        let mut days = ScopeDays::of(Hours::of(query).baseline(), accounts.keys(), families);
        for (id, seen) in self.first_seen() {
            let Some(key) = self.clusters.get(&id).map(|cluster| &cluster.key) else {
                continue;
            };
            if is_asked(&query.accounts, &key.account) {
                if let Some(first) = seen.hour.map(Hour::from_index) {
                    days.add_cluster(&key.account, &key.event_source, &key.event_name, first);
                }
                for (actor, first) in seen.actors {
                    days.add_actor(&key.account, actor, Hour::from_index(first));
                }
            }
        }
        days.finish()
    }

    fn first_seen(&self) -> BTreeMap<ClusterId, FirstSeen<'_>> {
        let mut clusters: BTreeMap<ClusterId, FirstSeen<'_>> = BTreeMap::new();
        for template in self.templates.values() {
            let Some(cluster) = template.cluster else { continue };
            let seen = clusters.entry(cluster).or_default();
            seen.hour = Some(seen.hour.map_or(template.first, |hour| hour.min(template.first)));
            for (actor, hour) in &template.actors {
                keep_least(seen.actors.entry(actor), *hour);
            }
        }
        clusters
    }
}

fn keep_least<K: Ord>(known: Entry<'_, K, i64>, hour: i64) {
    let first = known.or_insert(hour);
    *first = hour.min(*first);
}

impl Template {
    /// Keeps the first hour of the actors that are counted.
    pub(super) fn keep_actors(&mut self, event: &Event<'_>) {
        for &(dimension, actor) in &event.values {
            let key = (dimension, actor.to_owned());
            if dimension == Dimension::Actor && self.values.contains_key(&key) {
                keep_least(self.actors.entry(key.1), event.time.hour().index());
            }
        }
    }

    /// Forgets the actors of which nothing is counted any more.
    pub(super) fn forget_actors(&mut self) {
        let values = &self.values;
        self.actors
            .retain(|actor, _| values.contains_key(&(Dimension::Actor, actor.clone())));
    }
}
