//! How often new things came before a window.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use firstsight_cloudtrail::Hour;

use super::{History, InputQuery, Template, Times, wanted};
use crate::judge::input::{AccountHistory, Family, ScopeHistory};
use crate::judge::scope_days::ScopeDays;
use crate::signature::{ClusterId, Dimension, Signature};
use crate::summary::Tally;

/// When a cluster was seen first, and by each actor.
struct FirstSeen<'h> {
    signature: &'h Signature,
    first: Hour,
    actors: BTreeMap<&'h str, Hour>,
}

impl History {
    pub(super) fn scopes(
        &self,
        query: &InputQuery,
        times: &Times,
        accounts: &BTreeMap<String, AccountHistory>,
        families: &[Family],
    ) -> Vec<ScopeHistory> {
        let mut days = ScopeDays::of(times.baseline.clone(), accounts.keys(), families);
        for cluster in self.first_seen(query).values() {
            let Signature {
                account,
                event_source,
                event_name,
                ..
            } = cluster.signature;
            days.add_cluster(account, event_source, event_name, cluster.first);
            for (actor, first) in &cluster.actors {
                days.add_actor(account, actor, *first);
            }
        }
        days.finish()
    }

    /// Recorded clusters with the first hours of their fine templates, remembered or not.
    fn first_seen(&self, query: &InputQuery) -> BTreeMap<ClusterId, FirstSeen<'_>> {
        let mut clusters = BTreeMap::new();
        let templates = self.templates.values();
        for template in templates.filter(|template| wanted(query, &template.signature.account)) {
            let Some(cluster) = template.cluster else { continue };
            let known = clusters.entry(cluster).or_insert_with(|| FirstSeen {
                signature: &template.signature,
                first: template.first,
                actors: BTreeMap::new(),
            });
            known.first = known.first.min(template.first);
            for (actor, hour) in &template.actors {
                let first = known.actors.entry(actor).or_insert(*hour);
                *first = (*first).min(*hour);
            }
        }
        clusters
    }
}

impl Template {
    /// Keeps the first hour of the actors that are counted.
    pub(super) fn keep_actors(&mut self, seen: &Tally<'_>) {
        let actors = seen.values.iter().filter(|value| value.0 == Dimension::Actor);
        for &(dimension, actor) in actors {
            if self.values.contains_key(&(dimension, Arc::clone(actor))) {
                let first = self.actors.entry(Arc::clone(actor)).or_insert(seen.hour);
                *first = (*first).min(seen.hour);
            }
        }
    }

    /// Forgets the actors of which nothing is counted any more.
    pub(super) fn forget_actors(&mut self) {
        let values = self.values.keys();
        let left = values.filter(|(dimension, _)| *dimension == Dimension::Actor);
        let left: HashSet<_> = left.map(|(_, actor)| actor).collect();
        self.actors.retain(|actor, _| left.contains(actor));
    }
}
