//! One event, with everything around it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use firstsight_daemon::Control;
use firstsight_engine::{ClusterId, Locale, Range};
use firstsight_inspection::{FaultRecord, decode_event, enrich_keys, fault_record};
use firstsight_sink::Event;
use firstsight_store::{ClusterHead, DeliveryRow, EventHead, EventSearch, Store, StoredEvent};

use super::{EventDetail, EventLine, NotificationLine, RelatedEvent, attributes};
use crate::model::clusters::{self, ClusterLine};
use crate::model::{asked, faults};
use crate::problem::Problem;
use crate::refusal::Refusal;

/// How near related events are, in milliseconds: a day before and a day behind.
const NEAR: i64 = 24 * 3_600_000;
/// So many events of its fault are told, from the newest.
const HISTORY: usize = 200;
/// So many of a state's events near an event are looked at, before and behind it each.
const LOOKED_AT: usize = 100;
/// The most related events.
const RELATED: usize = 20;
/// The most clusters whose standing is told.
const CLUSTERS: usize = 50;

/// One event.
///
/// # Errors
/// When there is no such event, or a state cannot be read.
pub async fn event(control: &dyn Control, id: &str, locale: Locale) -> Result<EventDetail, Problem> {
    let (name, store, stored) = find(control, id).await?;
    let mut event = decode_event(&stored.event.id, &stored.event.body).map_err(asked::problem)?;
    enrich_keys(&mut event.keys, &control.key_standings(&name));
    let heads = heads(&*store, &event.fault.id).await?;
    let others = heads.into_iter().rev().filter(|head| head.id != event.id);
    Ok(EventDetail {
        title: event.title_in(locale),
        attributes: attributes::of(&event),
        notifications: stored.deliveries.into_iter().map(notification).collect(),
        history: others.map(EventLine::of).collect(),
        fault: fault(&*store, &name, &event.fault.id).await?,
        related: related(control, &event).await?,
        clusters: standing(control, &name, &store, &event).await?,
        event,
    })
}

/// The event, with the inspection that has it.
async fn find(control: &dyn Control, id: &str) -> Result<(String, Arc<dyn Store>, StoredEvent), Problem> {
    for (name, store) in asked::stores(control, "")? {
        if let Some(stored) = store.event(id).await? {
            return Ok((name, store, stored));
        }
    }
    Err(Refusal::NoEvent(id.to_owned()).into())
}

fn notification(delivery: DeliveryRow) -> NotificationLine {
    NotificationLine {
        perhaps_twice: delivery.perhaps_twice(),
        delivery,
    }
}

async fn fault(store: &dyn Store, inspection: &str, id: &str) -> Result<Option<FaultRecord>, Problem> {
    let Some(stored) = store.fault(id).await? else {
        return Ok(None);
    };
    let until = faults::judged_until(store, inspection).await?;
    let tallies = store.fault_tallies(&[id.to_owned()]).await?;
    let told = tallies.first().cloned().unwrap_or_default();
    Ok(Some(fault_record(stored, &told, until)))
}

/// The last events of a fault, newest first.
async fn heads(store: &dyn Store, fault: &str) -> Result<Vec<EventHead>, Problem> {
    let search = EventSearch {
        fault: Some(fault.to_owned()),
        limit: HISTORY,
        ..EventSearch::default()
    };
    Ok(store.search_events(&search).await?.rows)
}

/// What an event is related by.
struct Shared {
    clusters: BTreeSet<ClusterId>,
    actors: BTreeSet<String>,
    services: BTreeSet<String>,
    account: String,
}

impl Shared {
    fn of(event: &Event) -> Self {
        let facets = firstsight_inspection::facets_of(event);
        Self {
            clusters: facets.clusters.into_iter().collect(),
            actors: facets.actors.into_iter().collect(),
            services: facets.services.into_iter().collect(),
            account: event.account.clone(),
        }
    }

    /// What another event shares with it, the most telling first.
    fn with(&self, head: &EventHead) -> Vec<&'static str> {
        let facets = &head.facets;
        let shares = [
            (
                "cluster",
                facets.clusters.iter().any(|one| self.clusters.contains(one)),
            ),
            ("actor", facets.actors.iter().any(|one| self.actors.contains(one))),
            (
                "service",
                facets.services.iter().any(|one| self.services.contains(one)),
            ),
            (
                "account",
                !head.account.is_empty() && head.account == self.account,
            ),
        ];
        shares
            .into_iter()
            .filter(|(_, holds)| *holds)
            .map(|(name, _)| name)
            .collect()
    }
}

/// Events of other faults that share a field, those that share the most telling one first, then the nearest.
async fn related(control: &dyn Control, event: &Event) -> Result<Vec<RelatedEvent>, Problem> {
    let shared = Shared::of(event);
    let time = event.window.end;
    let before = Range::new(time.plus_millis(-NEAR), time.plus_millis(1));
    let behind = Range::new(time.plus_millis(1), time.plus_millis(NEAR));
    let mut found = BTreeMap::new();
    for (_, store) in asked::stores(control, "")? {
        for times in [before, behind] {
            let search = EventSearch {
                times: Some(times),
                limit: LOOKED_AT,
                ..EventSearch::default()
            };
            for head in store.search_events(&search).await?.rows {
                let shares = shared.with(&head);
                if head.fault != event.fault.id && !shares.is_empty() {
                    found.insert(nearness(&shares, &head, event), (head, shares));
                }
            }
        }
    }
    let nearest = found.into_values().take(RELATED);
    Ok(nearest
        .map(|(head, shares)| related_event(head, &shares))
        .collect())
}

/// The most telling field first (a cluster more than an actor, and so on), then the nearest in time.
fn nearness(shares: &[&str], head: &EventHead, event: &Event) -> (usize, u64, String) {
    let told = ["cluster", "actor", "service", "account"];
    let first = told
        .iter()
        .position(|name| shares.contains(name))
        .unwrap_or(told.len());
    let apart = head.time.as_millis().abs_diff(event.window.end.as_millis());
    (first, apart, head.id.clone())
}

fn related_event(head: EventHead, shares: &[&str]) -> RelatedEvent {
    RelatedEvent {
        event: EventLine::of(head),
        shares: shares.iter().map(|name| (*name).to_owned()).collect(),
    }
}

/// Where the clusters of an event stand now; those that were forgotten since are passed over.
async fn standing(
    control: &dyn Control,
    inspection: &str,
    store: &Arc<dyn Store>,
    event: &Event,
) -> Result<Vec<ClusterLine>, Problem> {
    let mut told = BTreeSet::new();
    let each = event.findings.iter().map(|finding| finding.cluster);
    let asked: Vec<_> = each
        .filter(|cluster| told.insert(*cluster))
        .take(CLUSTERS)
        .collect();
    let place = |head: &ClusterHead| asked.iter().position(|cluster| *cluster == head.id);
    let mut heads = clusters::heads(&**store, &asked).await?;
    heads.sort_by_key(place);
    clusters::lines(control, inspection, &**store, heads).await
}
