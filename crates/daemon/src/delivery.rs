//! Delivery: a worker for each sink, over all states, so that a slow sink holds no other.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use firstsight_engine::Time;
use firstsight_inspection::{InspectionError, RetryPolicy, SinkRun, chain, deliver_until};
use firstsight_sink::Sink;
use firstsight_store::Store;

use crate::control::DeliveryStatus;
use crate::daemon::Daemon;
use crate::running::panic_text;

/// What waits is looked at so often, in milliseconds; what was recorded just now, at once.
const POLL: i64 = 15_000;

/// What delivery is at, by sink, and which sinks have a worker.
#[derive(Debug, Default)]
pub(crate) struct Deliveries(Mutex<BTreeMap<String, Standing>>);

#[derive(Debug)]
struct Standing {
    status: DeliveryStatus,
    has_worker: bool,
}

impl Deliveries {
    fn kept(&self) -> MutexGuard<'_, BTreeMap<String, Standing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What delivery to these sinks is at, in their order.
    pub(crate) fn of(&self, sinks: impl Iterator<Item = String>) -> Vec<DeliveryStatus> {
        let kept = self.kept();
        let status = |sink: String| match kept.get(&sink) {
            Some(standing) => standing.status.clone(),
            None => nothing_yet(sink),
        };
        sinks.map(status).collect()
    }

    /// Whether a worker has to be made for a sink: then it counts as made.
    fn engage(&self, sink: &str) -> bool {
        let mut kept = self.kept();
        let standing = kept.entry(sink.to_owned()).or_insert_with(|| Standing {
            status: nothing_yet(sink.to_owned()),
            has_worker: false,
        });
        !std::mem::replace(&mut standing.has_worker, true)
    }

    /// Ends a worker, unless its sink is there all the same.
    fn dismiss(&self, sink: &str, is_there: impl Fn() -> bool) -> bool {
        let mut kept = self.kept();
        let ends = !is_there();
        if ends {
            kept.remove(sink);
        }
        ends
    }

    /// Takes in what a run did; whether anything has changed.
    fn note(&self, run: &SinkRun, now: Time) -> bool {
        let failed = run.error.as_ref().and_then(told);
        let mut kept = self.kept();
        let Some(Standing { status, .. }) = kept.get_mut(&run.sink) else {
            return false;
        };
        status.delivered += run.done.delivered;
        status.parked += run.done.parked;
        status.failed += u64::from(failed.is_some());
        if run.done.delivered > 0 {
            status.last = Some(now);
            status.error = None;
        }
        let has_failed = failed.is_some();
        status.error = failed.or(status.error.take());
        has_failed || run.done.delivered + run.done.parked + run.done.postponed > 0
    }
}

fn nothing_yet(sink: String) -> DeliveryStatus {
    DeliveryStatus {
        sink,
        delivered: 0,
        parked: 0,
        failed: 0,
        error: None,
        last: None,
    }
}

/// Why a sink did not take what was due; that somebody asked to stop is no failure.
fn told(error: &InspectionError) -> Option<String> {
    match error {
        InspectionError::Cancelled => None,
        InspectionError::Sink(error) => Some(error.reason()),
        error => Some(chain(error)),
    }
}

impl Daemon {
    /// Makes workers for the sinks that have none.
    pub(crate) fn engage(self: &Arc<Self>) {
        for name in self.setup().sinks.iter().map(|sink| sink.name.clone()) {
            if self.deliveries.engage(&name) {
                let daemon = Arc::clone(self);
                // At work from here on: nobody may think that all is delivered before it has looked.
                let _ = daemon.rest.look(&worker(&name));
                tokio::spawn(async move { daemon.deliver_to(&name).await });
            }
        }
    }

    /// Delivers to one sink, for as long as it is configured.
    async fn deliver_to(self: &Arc<Self>, name: &str) {
        let worker = worker(name);
        while !self.stopping.is_cancelled() {
            let seen = self.rest.look(&worker);
            let Some(sink) = self.sink(name) else {
                if self.deliveries.dismiss(name, || self.sink(name).is_some()) {
                    break;
                }
                continue;
            };
            self.pass(name, &sink).await;
            let until = self.clock.now().plus_millis(POLL);
            tokio::select! {
                () = self.rest.sleep(&worker, seen, until, &*self.clock) => {}
                () = self.stopping.cancelled() => {}
            }
        }
        self.rest.leave(&worker);
    }

    fn sink(&self, name: &str) -> Option<Arc<dyn Sink>> {
        let setup = self.setup();
        let sink = setup.sinks.iter().find(|sink| sink.name == name);
        sink.map(|sink| Arc::clone(&sink.sink))
    }

    /// Delivers everything that is due for a sink, of every state.
    async fn pass(self: &Arc<Self>, name: &str, sink: &Arc<dyn Sink>) {
        for (inspection, store) in self.outboxes() {
            let (daemon, sink) = (Arc::clone(self), Arc::clone(sink));
            let (now, name) = (self.clock.now(), name.to_owned());
            let of_sink = name.clone();
            let run = tokio::spawn(async move {
                let (policy, stopping) = (RetryPolicy::default(), &daemon.stopping);
                deliver_until(&*store, &of_sink, &*sink, now, policy, stopping).await
            });
            match run.await {
                Ok(run) => self.note(&run, &inspection, now).await,
                Err(error) if error.is_panic() => {
                    let said = panic_text(&*error.into_panic());
                    tracing::error!(sink = name, said, "delivering panicked; please report it");
                }
                Err(_) => {}
            }
            if self.stopping.is_cancelled() {
                return;
            }
        }
    }

    async fn note(&self, run: &SinkRun, inspection: &str, now: Time) {
        if self.deliveries.note(run, now) {
            self.moved();
        }
        let sink = &run.sink;
        match &run.error {
            None | Some(InspectionError::Cancelled) => {}
            Some(InspectionError::Sink(error)) => {
                tracing::warn!(
                    sink,
                    inspection,
                    reason = error.reason(),
                    "not delivered: tried again later"
                );
                self.hold_back(sink, inspection, error.retry_after(), now).await;
            }
            Some(error) => {
                tracing::error!(
                    sink,
                    inspection,
                    reason = chain(error),
                    "cannot deliver from the state"
                );
            }
        }
        if run.done.delivered + run.done.parked > 0 {
            let (delivered, parked) = (run.done.delivered, run.done.parked);
            tracing::info!(sink, inspection, delivered, parked, "delivered");
        }
    }

    /// What a far side asks for holds for what waits in the other states too.
    async fn hold_back(&self, sink: &str, asked_by: &str, wait: Option<std::time::Duration>, now: Time) {
        let Some(wait) = wait else { return };
        let wait = i64::try_from(wait.as_millis())
            .unwrap_or(i64::MAX)
            .min(LONGEST_ASKED);
        let others = self.outboxes().into_iter();
        for (_, store) in others.filter(|(inspection, _)| inspection != asked_by) {
            if let Err(error) = store.hold_back(sink, now.plus_millis(wait)).await {
                tracing::warn!(
                    sink,
                    error = chain(&error),
                    "cannot hold back what waits in another state"
                );
            }
        }
    }
}

/// The longest wait that a far side is granted, in milliseconds.
const LONGEST_ASKED: i64 = 24 * 3_600_000;

fn worker(sink: &str) -> String {
    format!("sink {sink}")
}
