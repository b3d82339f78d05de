//! From the outbox to sinks: at least once, in order within a fault, until delivered or refused for good.
//!
//! Before events are shown to a sink, the state notes that they are; behind it, what came of it. So a process that ends in
//! between leaves an open attempt, and what is sent again is told apart from what is sent once. A sink that does not know
//! events by their ids is shown one at a time: there, an event comes twice only where its own answer was lost.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_engine::Time;
use firstsight_sink::{Delivery, Digest, Event, Sink, SinkError};
use firstsight_store::{DeliveryOutcome, DeliveryState, DueDelivery, Store, StoreError};

use crate::bundle::cause_of;
use crate::error::{InspectionError, chain};
use crate::event::decode;
use crate::ingest::Cancel;
use crate::retry::{RetryPolicy, behind};

/// What a delivery run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// Events that the sink took.
    pub delivered: u64,
    /// Events that the sink refused for good: kept and shown.
    pub parked: u64,
    /// Events that the sink did not take this time: they are tried again.
    pub postponed: u64,
}

/// What became of the deliveries of one sink in a run.
#[derive(Debug)]
pub struct SinkRun {
    /// The sink's name.
    pub sink: String,
    /// What was done, up to the error if there was one.
    pub done: Deliveries,
    /// Why the run ended before everything that was due was delivered.
    pub error: Option<InspectionError>,
}

impl SinkRun {
    /// What was done, if the run came to its end.
    ///
    /// # Errors
    /// Why it did not.
    pub fn into_result(self) -> Result<Deliveries, InspectionError> {
        self.error.map_or(Ok(self.done), Err)
    }
}

/// How many events are shown to a sink at once.
const BATCH: usize = 64;
/// The most characters that are kept of what a sink said.
const MESSAGE: usize = 1000;

/// Delivers everything that is due at each of these sinks, all sinks side by side: one that fails or hangs does not keep
/// the others waiting. In the order of the sinks.
pub async fn deliver_all(
    store: &dyn Store,
    sinks: &[(String, Arc<dyn Sink>)],
    now: Time,
    policy: RetryPolicy,
    cancel: &Cancel,
) -> Vec<SinkRun> {
    let runs = sinks
        .iter()
        .map(|(name, sink)| deliver_until(store, name, &**sink, now, policy, cancel));
    futures_util::future::join_all(runs).await
}

/// Delivers everything that is due for a sink.
///
/// # Errors
/// When the sink fails: what it was shown is tried again after the policy's wait. When the store fails: what the sink had
/// taken may come to it again, and is marked.
pub async fn deliver(
    store: &dyn Store,
    name: &str,
    sink: &dyn Sink,
    now: Time,
    policy: RetryPolicy,
) -> Result<Deliveries, InspectionError> {
    let run = deliver_until(store, name, sink, now, policy, &Cancel::default()).await;
    run.into_result()
}

/// Delivers everything that is due for a sink, until somebody asks to stop; tells what was done in any case.
///
/// The run ends early, with an error, when the sink fails: what it was shown is tried again after the policy's wait, the rest
/// with the next run. When the store fails: what the sink had taken may come to it again, and is marked. When somebody asks
/// to stop: between two deliveries.
pub async fn deliver_until(
    store: &dyn Store,
    name: &str,
    sink: &dyn Sink,
    now: Time,
    policy: RetryPolicy,
    cancel: &Cancel,
) -> SinkRun {
    let mut run = Run {
        store,
        name,
        sink,
        now,
        policy,
        done: Deliveries::default(),
    };
    let error = run.all(cancel).await.err();
    SinkRun {
        sink: name.to_owned(),
        done: run.done,
        error,
    }
}

/// Delivers just these events, in this order, at once: what a page that was rendered from them shows.
///
/// # Errors
/// When the sink fails: the events are due as before. When the store fails: the sink may be shown them again.
pub async fn deliver_events(
    store: &dyn Store,
    name: &str,
    sink: &dyn Sink,
    events: &[Event],
    now: Time,
) -> Result<Deliveries, InspectionError> {
    let mut run = Run {
        store,
        name,
        sink,
        now,
        policy: RetryPolicy::default(),
        done: Deliveries::default(),
    };
    let answers = sink.deliver(events).await?;
    run.settle(events.iter().map(|event| (event.id.as_str(), 0)), answers)
        .await?;
    Ok(run.done)
}

/// One sink's run.
struct Run<'a> {
    store: &'a dyn Store,
    name: &'a str,
    sink: &'a dyn Sink,
    now: Time,
    policy: RetryPolicy,
    done: Deliveries,
}

/// What is shown to a sink at once.
#[derive(Debug)]
struct Shipment {
    /// What it is as a whole, for the wait behind a failure: what failed together goes together again.
    bundle: String,
    due: Vec<DueDelivery>,
    events: Vec<Event>,
}

impl Run<'_> {
    async fn all(&mut self, cancel: &Cancel) -> Result<(), InspectionError> {
        loop {
            // Within a fault only the first undelivered event is due: take turns until nothing is.
            let due = self.store.due(self.name, self.now, BATCH).await?;
            if due.is_empty() {
                return Ok(());
            }
            for shipment in self.shipments(due).await? {
                if cancel.is_cancelled() {
                    return Err(InspectionError::Cancelled);
                }
                if !self.ship(&shipment).await? {
                    break;
                }
            }
        }
    }

    /// What of all that is due is shown next: what was tried least. A failure ends the run, so an event that the far side
    /// fails over each time would keep from it all that comes behind. Bundles come when nothing that was tried as little is
    /// due alone: what waits behind that joins them.
    async fn shipments(&self, due: Vec<DueDelivery>) -> Result<Vec<Shipment>, InspectionError> {
        let together = self.sink.tells_together();
        let (alone, bundled): (Vec<_>, Vec<_>) = least_tried(due)
            .into_iter()
            .partition(|delivery| delivery.bundle.is_empty() || !together);
        let shipments = if alone.is_empty() {
            bundles(bundled)
        } else {
            self.batches(&alone)
        };
        let mut readable = Vec::new();
        for (bundle, due) in shipments {
            readable.push(self.readable(bundle, due).await?);
        }
        readable.retain(|shipment| !shipment.due.is_empty());
        Ok(readable)
    }

    /// A far side that knows events by their ids can be shown many; else a failure of one would send the others twice.
    fn batches(&self, alone: &[DueDelivery]) -> Vec<(String, Vec<DueDelivery>)> {
        let size = if self.sink.idempotent() { BATCH } else { 1 };
        let batches = alone.chunks(size);
        batches.map(|batch| (String::new(), batch.to_vec())).collect()
    }

    /// Parks what cannot be read.
    async fn readable(&self, bundle: String, all: Vec<DueDelivery>) -> Result<Shipment, InspectionError> {
        let mut shipment = Shipment {
            bundle,
            due: Vec::with_capacity(all.len()),
            events: Vec::with_capacity(all.len()),
        };
        for delivery in all {
            match decode(&delivery.event.id, &delivery.event.body) {
                Ok(event) => {
                    shipment.events.push(event);
                    shipment.due.push(delivery);
                }
                Err(error) => self.park(&delivery.event.id, &error).await?,
            }
        }
        Ok(shipment)
    }

    async fn park(&self, event: &str, error: &InspectionError) -> Result<(), InspectionError> {
        if !self.begin(&[event.to_owned()], true).await? {
            return Ok(());
        }
        let outcome = self.outcome(DeliveryState::Parked, &chain(error));
        self.keep(event, &outcome).await
    }

    /// Shows a shipment to the sink; `false` when another process was faster with some of it, and it has to be looked again
    /// what is due.
    async fn ship(&mut self, shipment: &Shipment) -> Result<bool, InspectionError> {
        let ids: Vec<String> = shipment.events.iter().map(|event| event.id.clone()).collect();
        if !self.begin(&ids, self.sink.idempotent()).await? {
            return Ok(false);
        }
        let error = match self.show(shipment).await {
            Ok(answers) if answers.len() == ids.len() => {
                let attempts = shipment.due.iter().map(|delivery| delivery.attempts);
                self.settle(ids.iter().map(String::as_str).zip(attempts), answers)
                    .await?;
                return Ok(true);
            }
            Ok(answers) => unanswered(self.sink, answers.len(), ids.len()),
            Err(error) => error,
        };
        self.postpone(shipment, &error).await?;
        if let Some(wait) = error.retry_after() {
            // It is asked for by the far side, not by the event.
            self.store.hold_back(self.name, behind(self.now, wait)).await?;
        }
        Err(error.into())
    }

    async fn show(&self, shipment: &Shipment) -> Result<Vec<Delivery>, SinkError> {
        if shipment.bundle.is_empty() || shipment.events.len() == 1 {
            return self.sink.deliver(&shipment.events).await;
        }
        let digest = Digest::of(shipment.events.clone(), cause_of(&shipment.bundle));
        self.sink.deliver_together(&digest).await
    }

    /// Notes that an attempt begins; `false` when one of the deliveries was settled meanwhile.
    async fn begin(&self, events: &[String], repeatable: bool) -> Result<bool, InspectionError> {
        match self.store.attempt(events, self.name, self.now, repeatable).await {
            Ok(()) => Ok(true),
            Err(StoreError::Settled { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps the answers for events, each with the attempts that were made before.
    async fn settle(
        &mut self,
        events: impl Iterator<Item = (&str, u32)>,
        answers: Vec<Delivery>,
    ) -> Result<(), InspectionError> {
        for ((event, attempts), answer) in events.zip(answers) {
            let outcome = match answer {
                Delivery::Delivered => self.outcome(DeliveryState::Delivered, ""),
                Delivery::Refused { reason } => self.outcome(DeliveryState::Parked, &reason),
                Delivery::NotTaken { reason } => self.not_taken(event, attempts, &reason),
            };
            match outcome.state {
                DeliveryState::Parked => self.done.parked += 1,
                DeliveryState::Pending => self.done.postponed += 1,
                _ => self.done.delivered += 1,
            }
            self.keep(event, &outcome).await?;
        }
        Ok(())
    }

    /// Tried again a few times, then parked: an event that is never taken must not hold back its fault for ever.
    fn not_taken(&self, event: &str, attempts: u32, reason: &str) -> DeliveryOutcome {
        if attempts.saturating_add(1) >= self.policy.tries {
            return self.outcome(DeliveryState::Parked, reason);
        }
        DeliveryOutcome {
            next_attempt: Some(self.policy.next(self.now, event, attempts, None)),
            ..self.outcome(DeliveryState::Pending, reason)
        }
    }

    async fn postpone(&mut self, shipment: &Shipment, error: &SinkError) -> Result<(), InspectionError> {
        // Where it is told, the sink is named already.
        let message = error.reason();
        let attempts = shipment.due.iter().map(|delivery| delivery.attempts).max();
        for delivery in &shipment.due {
            let (key, attempts) = if shipment.bundle.is_empty() {
                (&delivery.event.id, delivery.attempts)
            } else {
                (&shipment.bundle, attempts.unwrap_or_default())
            };
            let next = self.policy.next(self.now, key, attempts, error.retry_after());
            let outcome = DeliveryOutcome {
                next_attempt: Some(next),
                lost: error.may_have_arrived(),
                ..self.outcome(DeliveryState::Pending, &message)
            };
            self.keep(&delivery.event.id, &outcome).await?;
            self.done.postponed += 1;
        }
        Ok(())
    }

    fn outcome(&self, state: DeliveryState, message: &str) -> DeliveryOutcome {
        DeliveryOutcome {
            state,
            at: self.now,
            next_attempt: None,
            message: message.chars().take(MESSAGE).collect(),
            lost: false,
        }
    }

    async fn keep(&self, event: &str, outcome: &DeliveryOutcome) -> Result<(), InspectionError> {
        match self.store.delivered(event, self.name, outcome).await {
            // Another process was faster: at least once is all that is promised.
            Ok(()) | Err(StoreError::Settled { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

/// What was tried least, in its order. What is due of one fault stays together: all of it counts as what was tried most.
fn least_tried(due: Vec<DueDelivery>) -> Vec<DueDelivery> {
    let mut tried: BTreeMap<String, u32> = BTreeMap::new();
    for delivery in &due {
        let most = tried.entry(delivery.event.fault.clone()).or_default();
        *most = delivery.attempts.max(*most);
    }
    let least = tried.values().min().copied();
    let is_least = |delivery: &DueDelivery| tried.get(&delivery.event.fault).copied() == least;
    due.into_iter().filter(is_least).collect()
}

/// By bundle, in the order of their first events.
fn bundles(due: Vec<DueDelivery>) -> Vec<(String, Vec<DueDelivery>)> {
    let mut places = BTreeMap::new();
    let mut bundles: Vec<(String, Vec<DueDelivery>)> = Vec::new();
    for delivery in due {
        let place = *places.entry(delivery.bundle.clone()).or_insert(bundles.len());
        match bundles.get_mut(place) {
            Some((_, bundle)) => bundle.push(delivery),
            None => bundles.push((delivery.bundle.clone(), vec![delivery])),
        }
    }
    bundles
}

/// A sink that does not answer for every event has broken its contract: nothing may be taken for delivered, and all of it
/// may have been.
fn unanswered(sink: &dyn Sink, answers: usize, events: usize) -> SinkError {
    SinkError::Unanswered {
        sink: sink.describe(),
        source: format!("answered for {answers} of {events} events").into(),
    }
}
