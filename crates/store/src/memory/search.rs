//! Events as lists find them.

use std::collections::BTreeSet;

use super::ledger::Ledger;
use super::runs::place;
use crate::search::{fold, haystack};
use crate::{DeliveryState, EventFacets, EventHead, EventSearch, FaultTally, Found, StoredEvent};

impl Ledger {
    pub(super) fn search_events(&self, search: &EventSearch) -> Found<EventHead> {
        let (actor, text) = (fold(&search.actor), fold(&search.text));
        let mut heads: Vec<_> = self
            .events
            .iter()
            .map(|stored| self.head(stored))
            .filter(|head| is_asked(search, head) && holds(&actor, &text, &head.facets))
            .collect();
        heads.sort_by(|a, b| place(a.time, &a.id).cmp(&place(b.time, &b.id)));
        let more = heads.len() > search.limit;
        heads.truncate(search.limit);
        Found { rows: heads, more }
    }

    fn head(&self, stored: &StoredEvent) -> EventHead {
        let event = &stored.event;
        EventHead {
            id: event.id.clone(),
            inspection: stored.inspection.clone(),
            fault: event.fault.clone(),
            account: event.account.clone(),
            status: event.status.clone(),
            time: event.time,
            facets: self.facets.get(&event.id).cloned().unwrap_or_default(),
            deliveries: deliveries(stored),
        }
    }

    /// In the order of lists, the newest first.
    pub(super) fn fault_tally(&self, fault: &str) -> FaultTally {
        let search = EventSearch {
            fault: Some(fault.to_owned()),
            limit: usize::MAX,
            ..EventSearch::default()
        };
        let heads = self.search_events(&search).rows;
        let statuses: BTreeSet<_> = heads.iter().map(|head| head.status.clone()).collect();
        FaultTally {
            events: heads.len() as u64,
            findings: heads.iter().map(|head| head.facets.findings).sum(),
            statuses: statuses.into_iter().collect(),
            title: heads
                .last()
                .map(|head| head.facets.title.clone())
                .unwrap_or_default(),
            last: heads.first().map(|head| (head.id.clone(), head.status.clone())),
        }
    }

    pub(super) fn event(&self, id: &str) -> Option<StoredEvent> {
        let mut stored = self.events.iter().find(|stored| stored.event.id == id)?.clone();
        stored.event.facets = self.facets.get(id).cloned().unwrap_or_default();
        Some(stored)
    }

    pub(super) fn events_without_facets(&self, limit: usize) -> Vec<StoredEvent> {
        let events = self.events.iter();
        let missing = events.filter(|stored| !self.facets.contains_key(&stored.event.id));
        missing.take(limit).cloned().collect()
    }

    pub(super) fn give_facets(&mut self, facets: &[(String, EventFacets)]) {
        for (id, facets) in facets {
            if self.events.iter().any(|stored| stored.event.id == *id) {
                self.facets.insert(id.clone(), facets.clone());
            }
        }
    }
}

/// How many deliveries are pending, delivered, parked and withheld.
fn deliveries(stored: &StoredEvent) -> [u64; 4] {
    [
        DeliveryState::Pending,
        DeliveryState::Delivered,
        DeliveryState::Parked,
        DeliveryState::Withheld,
    ]
    .map(|state| stored.deliveries.iter().filter(|row| row.state == state).count() as u64)
}

fn is_asked(search: &EventSearch, head: &EventHead) -> bool {
    let facets = &head.facets;
    let after = search.after.as_ref();
    is_one_of(&search.statuses, &head.status)
        && is_one_of(&search.kinds, &facets.kind)
        && is_one_of(&search.accounts, &head.account)
        && search.fault.as_ref().is_none_or(|fault| *fault == head.fault)
        && (search.services.is_empty() || facets.services.iter().any(|one| search.services.contains(one)))
        && search
            .cluster
            .is_none_or(|cluster| facets.clusters.contains(&cluster))
        && search.times.is_none_or(|range| range.contains(head.time))
        && after.is_none_or(|(time, id)| place(head.time, &head.id) > place(*time, id))
}

/// Whether an actor and the texts hold these, which are folded.
fn holds(actor: &str, text: &str, facets: &EventFacets) -> bool {
    (actor.is_empty() || facets.actors.iter().any(|one| fold(one).contains(actor)))
        && (text.is_empty() || haystack(facets).contains(text))
}

fn is_one_of(asked: &[String], value: &String) -> bool {
    asked.is_empty() || asked.contains(value)
}
