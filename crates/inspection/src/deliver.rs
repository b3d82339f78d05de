//! From the outbox to a sink: at least once, in order within a fault, until delivered or refused for good.

use firstsight_engine::Time;
use firstsight_sink::{Delivery, Event, Sink, SinkError};
use firstsight_store::{DeliveryOutcome, DeliveryState, DueDelivery, Store, StoreError};

use crate::error::InspectionError;
use crate::event::decode;

/// How a delivery that failed is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The wait after the first failure, in milliseconds; it doubles with each further one. Default 30 s.
    pub first_wait: i64,
    /// The longest wait, in milliseconds. Default 30 min.
    pub longest_wait: i64,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            first_wait: 30_000,
            longest_wait: 1_800_000,
        }
    }
}

impl RetryPolicy {
    fn next(&self, now: Time, attempts: u32, asked: Option<std::time::Duration>) -> Time {
        let doubled = self
            .first_wait
            .saturating_mul(1_i64.checked_shl(attempts.min(30)).unwrap_or(i64::MAX));
        let asked = asked.map_or(0, |wait| i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
        now.plus_millis(doubled.min(self.longest_wait).max(asked))
    }
}

/// What a delivery run did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deliveries {
    /// Events that the sink took.
    pub delivered: u64,
    /// Events that the sink refused for good: kept and shown.
    pub parked: u64,
}

/// How many events are shown to a sink at once.
const BATCH: usize = 64;

/// Delivers everything that is due for a sink.
///
/// # Errors
/// When the sink fails: the events stay in the outbox, to be tried again after the policy's wait. When the store fails:
/// what the sink had taken may come to it again.
pub async fn deliver(
    store: &dyn Store,
    name: &str,
    sink: &dyn Sink,
    now: Time,
    policy: RetryPolicy,
) -> Result<Deliveries, InspectionError> {
    let mut done = Deliveries::default();
    loop {
        // Within a fault only the first undelivered event is due: take turns until nothing is.
        let due = store.due(name, now, BATCH).await?;
        if due.is_empty() {
            return Ok(done);
        }
        let Some(events) = readable(store, name, now, &due).await? else {
            continue;
        };
        match sink.deliver(&events).await {
            Ok(answers) if answers.len() == events.len() => {
                settle(store, name, now, &events, answers, &mut done).await?;
            }
            Ok(answers) => {
                let error = unanswered(sink, answers.len(), events.len());
                postpone(store, name, now, &due, &error, policy).await?;
                return Err(error.into());
            }
            Err(error) => {
                postpone(store, name, now, &due, &error, policy).await?;
                return Err(error.into());
            }
        }
    }
}

/// A sink that does not answer for every event has broken its contract: nothing may be taken for delivered.
fn unanswered(sink: &dyn Sink, answers: usize, events: usize) -> SinkError {
    let source = format!("answered for {answers} of {events} events").into();
    SinkError::Unavailable {
        sink: sink.describe(),
        retry_after: None,
        source,
    }
}

/// The events; `None` when some could not be read and were parked instead.
async fn readable(
    store: &dyn Store,
    sink: &str,
    now: Time,
    due: &[DueDelivery],
) -> Result<Option<Vec<Event>>, InspectionError> {
    let mut events = Vec::with_capacity(due.len());
    let mut parked = false;
    for delivery in due {
        match decode(&delivery.event.id, &delivery.event.body) {
            Ok(event) => events.push(event),
            Err(error) => {
                let message = error.to_string();
                let outcome = DeliveryOutcome {
                    lost: false,
                    state: DeliveryState::Parked,
                    at: now,
                    next_attempt: None,
                    message,
                };
                store.delivered(&delivery.event.id, sink, &outcome).await?;
                parked = true;
            }
        }
    }
    Ok((!parked).then_some(events))
}

async fn settle(
    store: &dyn Store,
    sink: &str,
    now: Time,
    events: &[Event],
    answers: Vec<Delivery>,
    done: &mut Deliveries,
) -> Result<(), InspectionError> {
    for (event, answer) in events.iter().zip(answers) {
        let (state, message) = match answer {
            Delivery::Delivered => (DeliveryState::Delivered, String::new()),
            Delivery::Refused { reason } => (DeliveryState::Parked, reason),
        };
        match state {
            DeliveryState::Parked => done.parked += 1,
            _ => done.delivered += 1,
        }
        let outcome = DeliveryOutcome {
            lost: false,
            state,
            at: now,
            next_attempt: None,
            message,
        };
        match store.delivered(&event.id, sink, &outcome).await {
            // Another process was faster: at least once is all that is promised.
            Ok(()) | Err(StoreError::Settled { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
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
    let mut done = Deliveries::default();
    let answers = sink.deliver(events).await?;
    settle(store, name, now, events, answers, &mut done).await?;
    Ok(done)
}

async fn postpone(
    store: &dyn Store,
    sink: &str,
    now: Time,
    due: &[DueDelivery],
    error: &SinkError,
    policy: RetryPolicy,
) -> Result<(), InspectionError> {
    for delivery in due {
        let next_attempt = Some(policy.next(now, delivery.attempts, error.retry_after()));
        let message = error.to_string();
        let outcome = DeliveryOutcome {
            lost: false,
            state: DeliveryState::Pending,
            at: now,
            next_attempt,
            message,
        };
        store.delivered(&delivery.event.id, sink, &outcome).await?;
    }
    Ok(())
}
