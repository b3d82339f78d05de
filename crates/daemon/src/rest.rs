//! What goes on. From it one knows when everything that is due has been done.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use firstsight_engine::Time;
use tokio::sync::watch;

use crate::clock::Clock;

/// Keeps track of workers that look for something to do and then sleep, and of runs.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    state: Mutex<State>,
    /// Told of every change.
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    /// Until when each worker sleeps; `None` while it looks.
    workers: BTreeMap<String, Option<Time>>,
    /// Moves with every call to look again.
    calls: u64,
    runs: usize,
}

/// That a worker has begun to look: what was called for before is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(u64);

impl Rest {
    /// A worker looks for something to do.
    pub(crate) fn look(&self, worker: &str) -> Seen {
        let mut state = self.state();
        state.workers.insert(worker.to_owned(), None);
        Seen(state.calls)
    }

    /// A worker has nothing to do until this time, or until it is called.
    pub(crate) async fn sleep(&self, worker: &str, seen: Seen, until: Time, clock: &dyn Clock) {
        let mut called = {
            let mut state = self.state();
            if state.calls != seen.0 {
                return;
            }
            state.workers.insert(worker.to_owned(), Some(until));
            self.changed.subscribe()
        };
        self.changed.send_replace(());
        let call = async {
            while called.changed().await.is_ok() {
                if self.state().calls != seen.0 {
                    return;
                }
            }
        };
        tokio::select! {
            () = clock.until(until) => {}
            () = call => {}
        }
    }

    /// A worker has ended.
    pub(crate) fn leave(&self, worker: &str) {
        self.state().workers.remove(worker);
        self.changed.send_replace(());
    }

    /// Calls every worker to look again.
    pub(crate) fn call(&self) {
        self.state().call();
        self.changed.send_replace(());
    }

    /// A run begins.
    pub(crate) fn begin(&self) {
        self.state().runs += 1;
    }

    /// A run has ended: there may be something to deliver, and room for another.
    pub(crate) fn end(&self) {
        {
            let mut state = self.state();
            state.runs = state.runs.saturating_sub(1);
            state.call();
        }
        self.changed.send_replace(());
    }

    /// How many runs go on.
    pub(crate) fn runs(&self) -> usize {
        self.state().runs
    }

    /// Ends when nothing runs and every worker sleeps beyond the present.
    pub(crate) async fn idle(&self, clock: &dyn Clock) {
        let mut changed = self.changed.subscribe();
        let _ = self.when(&mut changed, |state| state.is_idle(clock.now())).await;
    }

    /// Ends when nothing runs and no worker is left.
    pub(crate) async fn empty(&self) {
        let mut changed = self.changed.subscribe();
        let is_empty = |state: &State| state.runs == 0 && state.workers.is_empty();
        let _ = self.when(&mut changed, is_empty).await;
    }

    async fn when(
        &self,
        changed: &mut watch::Receiver<()>,
        holds: impl Fn(&State) -> bool,
    ) -> Result<(), watch::error::RecvError> {
        while !holds(&self.state()) {
            changed.changed().await?;
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn call(&mut self) {
        self.calls += 1;
        // Whoever is called is not at rest, even before it wakes.
        self.workers.values_mut().for_each(|until| *until = None);
    }

    fn is_idle(&self, now: Time) -> bool {
        let sleeps = |until: &Option<Time>| until.is_some_and(|until| until > now);
        self.runs == 0 && !self.workers.is_empty() && self.workers.values().all(sleeps)
    }
}
