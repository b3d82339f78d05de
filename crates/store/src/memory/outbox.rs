//! Events and their deliveries.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::Time;

use super::ledger::Ledger;
use crate::{
    DeliveryOutcome, DeliveryRow, DeliveryState, DueDelivery, EventFacets, EventQuery, NewEvent, StoreError,
    StoredEvent, attempts, rules,
};

impl Ledger {
    pub(super) fn keep_event(&mut self, inspection: &str, event: &NewEvent) -> bool {
        if self.events.iter().any(|known| known.event.id == event.id) {
            return false;
        }
        let mut event = event.clone();
        let mut seen = BTreeSet::new();
        event
            .deliveries
            .retain(|delivery| seen.insert(delivery.sink.clone()));
        let mut deliveries: Vec<_> = event.deliveries.iter().map(attempts::planned).collect();
        deliveries.sort_by(|a, b| a.sink.cmp(&b.sink));
        for row in &deliveries {
            self.bring_forward(&event.fault, row);
        }
        let facets = std::mem::take(&mut event.facets);
        if facets != EventFacets::default() {
            self.facets.insert(event.id.clone(), facets);
        }
        self.events.push(StoredEvent {
            event,
            inspection: inspection.to_owned(),
            deliveries,
        });
        true
    }

    /// What of a fault waits for longer than a new delivery to the same sink waits no longer than that.
    fn bring_forward(&mut self, fault: &str, new: &DeliveryRow) {
        let of_fault = self.events.iter_mut().filter(|known| known.event.fault == fault);
        let rows = of_fault.flat_map(|known| &mut known.deliveries);
        for row in rows.filter(|row| row.sink == new.sink && attempts::goes_with(row, new)) {
            row.next_attempt = new.next_attempt;
        }
    }

    pub(super) fn events(&self, query: &EventQuery) -> Vec<StoredEvent> {
        let mut events: Vec<_> = self
            .events
            .iter()
            .rev()
            .filter(|stored| is_asked(query, stored))
            .cloned()
            .collect();
        events.sort_by_key(|stored| std::cmp::Reverse(stored.event.time));
        rules::limited(events, query.limit)
    }

    pub(super) fn due(&self, sink: &str, now: Time, limit: usize) -> Vec<DueDelivery> {
        let due = self.all_due(sink, now);
        let first: BTreeSet<&str> = due
            .iter()
            .take(limit)
            .map(|(_, row)| row.bundle.as_str())
            .collect();
        due.into_iter()
            .enumerate()
            .filter(|(place, (_, row))| {
                *place < limit || !row.bundle.is_empty() && first.contains(row.bundle.as_str())
            })
            .map(|(_, (stored, row))| DueDelivery {
                event: stored.event.clone(),
                attempts: row.attempts,
                bundle: row.bundle.clone(),
            })
            .collect()
    }

    /// Pending deliveries whose time has come, and before which none of the same fault is pending but what is due in the same
    /// bundle.
    fn all_due(&self, sink: &str, now: Time) -> Vec<(&StoredEvent, &DeliveryRow)> {
        let mut waiting: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
        let mut due = Vec::new();
        for stored in &self.events {
            let row = stored.deliveries.iter().find(|row| row.sink == sink);
            let Some(row) = row.filter(|row| row.state == DeliveryState::Pending) else {
                continue;
            };
            let bundle = row.bundle.as_str();
            let in_time = row.next_attempt.is_none_or(|next| next <= now);
            let before = waiting.entry(stored.event.fault.as_str()).or_default();
            let goes_with =
                |(other, in_time): &(&str, bool)| *in_time && !bundle.is_empty() && *other == bundle;
            if in_time && before.iter().all(goes_with) {
                due.push((stored, row));
            }
            before.push((bundle, in_time));
        }
        due
    }

    pub(super) fn attempt(
        &mut self,
        events: &[String],
        sink: &str,
        at: Time,
        repeatable: bool,
    ) -> Result<(), StoreError> {
        for event in events {
            self.pending(event, sink)?;
        }
        for event in events {
            attempts::note(self.pending(event, sink)?, attempts::begun(at, repeatable));
        }
        Ok(())
    }

    pub(super) fn delivered(
        &mut self,
        event: &str,
        sink: &str,
        outcome: &DeliveryOutcome,
    ) -> Result<(), StoreError> {
        attempts::end(self.pending(event, sink)?, outcome);
        Ok(())
    }

    fn pending(&mut self, event: &str, sink: &str) -> Result<&mut DeliveryRow, StoreError> {
        let stored = self.events.iter_mut().find(|known| known.event.id == event);
        let row = stored.and_then(|stored| stored.deliveries.iter_mut().find(|row| row.sink == sink));
        let row = row.ok_or_else(|| attempts::missing(event, sink))?;
        attempts::check(row.state, event, sink)?;
        Ok(row)
    }

    pub(super) fn hold_back(&mut self, sink: &str, until: Time) {
        let rows = self.events.iter_mut().flat_map(|stored| &mut stored.deliveries);
        for row in rows.filter(|row| row.state == DeliveryState::Pending && row.sink == sink) {
            row.next_attempt = row.next_attempt.max(Some(until));
        }
    }

    pub(super) fn retry_parked(&mut self, sink: Option<&str>) -> u64 {
        let rows = self.events.iter_mut().flat_map(|stored| &mut stored.deliveries);
        let parked = rows
            .filter(|row| row.state == DeliveryState::Parked && sink.is_none_or(|asked| row.sink == asked));
        parked.map(|row| row.state = DeliveryState::Pending).count() as u64
    }

    /// Forgets old events that wait for no sink.
    pub(super) fn purge_events(&mut self, before: Time) {
        self.events.retain(|stored| {
            let waits = |row: &DeliveryRow| row.state == DeliveryState::Pending;
            stored.event.time >= before || stored.deliveries.iter().any(waits)
        });
        let kept: BTreeSet<&String> = self.events.iter().map(|stored| &stored.event.id).collect();
        self.facets.retain(|id, _| kept.contains(id));
    }
}

fn is_asked(query: &EventQuery, stored: &StoredEvent) -> bool {
    let inspection = query.inspection.as_ref();
    inspection.is_none_or(|asked| *asked == stored.inspection)
        && (query.accounts.is_empty() || query.accounts.contains(&stored.event.account))
        && query.times.is_none_or(|range| range.contains(stored.event.time))
}
