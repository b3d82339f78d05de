//! States whose inspection is no longer configured: what waits in them is delivered all the same.

use std::path::Path;
use std::sync::{Arc, MutexGuard, PoisonError};

use firstsight_inspection::chain;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{DeliveryState, EventSearch, Store, StoreError};

use crate::control::LeftState;
use crate::daemon::Daemon;

/// A state whose inspection is gone, open for as long as something waits in it.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    pub(crate) name: String,
    pub(crate) store: Arc<dyn Store>,
    /// How many events wait, by sink.
    waiting: Vec<(String, u64)>,
}

impl Left {
    pub(crate) fn shown(&self) -> LeftState {
        LeftState {
            inspection: self.name.clone(),
            waiting: self.waiting.clone(),
        }
    }
}

/// What waits in a state, by sink.
async fn waiting(store: &dyn Store) -> Result<Vec<(String, u64)>, StoreError> {
    let totals = store.totals().await?;
    let pending = totals
        .deliveries
        .into_iter()
        .filter(|(_, state, count)| *state == DeliveryState::Pending && *count > 0);
    Ok(pending.map(|(sink, _, count)| (sink, count)).collect())
}

/// The inspection of the events in a state; `None` where there are none.
async fn owner(store: &dyn Store) -> Result<Option<String>, StoreError> {
    let newest = EventSearch {
        limit: 1,
        ..EventSearch::default()
    };
    let found = store.search_events(&newest).await?;
    Ok(found.rows.into_iter().next().map(|event| event.inspection))
}

/// The names of the states in a folder, sorted.
#[allow(
    clippy::disallowed_methods,
    reason = "the folder's names are what is asked for, and they are sorted"
)]
fn names(folder: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let is_state = path.extension().is_some_and(|extension| extension == "db") && path.is_file();
        let name = path.file_stem().and_then(|name| name.to_str());
        names.extend(name.filter(|_| is_state).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

impl Daemon {
    pub(crate) fn left_states(&self) -> MutexGuard<'_, Vec<Left>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Every state that something may wait in, by the name of its inspection.
    pub(crate) fn outboxes(&self) -> Vec<(String, Arc<dyn Store>)> {
        let setup = self.setup();
        let configured = setup.inspections.iter();
        let configured = configured.map(|known| (known.name.clone(), Arc::clone(&known.store)));
        let left = self
            .left_states()
            .clone()
            .into_iter()
            .map(|left| (left.name, left.store));
        configured.chain(left).collect()
    }

    /// Looks for states without an inspection. One that cannot be read is told, and keeps nobody from anything.
    pub(crate) async fn find_left(&self) {
        let names = match names(&self.states) {
            Ok(names) => names,
            Err(error) => {
                tracing::warn!(%error, "cannot list the folder of states: what others left there is not delivered");
                return;
            }
        };
        for name in names {
            if self.is_open(&name) {
                continue;
            }
            match SqliteStore::open(self.states.join(format!("{name}.db"))).await {
                Ok(store) => self.leave_own(name, Arc::new(store)).await,
                Err(error) => tracing::warn!(
                    state = name,
                    error = chain(&error),
                    "a state without an inspection cannot be read; move it away if it is not needed"
                ),
            }
        }
    }

    /// Keeps a state that was found, unless it is a copy of another inspection's: what waits there is that one's to deliver.
    async fn leave_own(&self, name: String, store: Arc<dyn Store>) {
        match owner(&*store).await {
            Ok(Some(owner)) if owner != name => {
                tracing::info!(
                    state = name,
                    inspection = owner,
                    "a copy of an inspection's state is left alone"
                );
                store.close().await;
            }
            // What cannot be read is told there.
            _ => self.leave(name, store).await,
        }
    }

    fn is_open(&self, name: &str) -> bool {
        self.setup().inspections.iter().any(|known| known.name == name)
            || self.leaving().iter().any(|leaving| leaving.name == name)
            || self.left_states().iter().any(|left| left.name == name)
    }

    /// Keeps a state whose inspection is gone for as long as something waits in it; else it is closed.
    pub(crate) async fn leave(&self, name: String, store: Arc<dyn Store>) {
        match waiting(&*store).await {
            Ok(waiting) if !waiting.is_empty() => {
                for (sink, events) in &waiting {
                    self.tell_left(&name, sink, *events);
                }
                self.left_states().push(Left { name, store, waiting });
                self.moved();
                self.rest.call();
            }
            Ok(_) => store.close().await,
            Err(error) => {
                tracing::warn!(
                    inspection = name,
                    error = chain(&error),
                    "cannot read what waits in a state whose inspection is no longer configured"
                );
                store.close().await;
            }
        }
    }

    fn tell_left(&self, inspection: &str, sink: &str, events: u64) {
        if self.setup().sinks.iter().any(|known| known.name == sink) {
            tracing::warn!(
                inspection,
                sink,
                events,
                "events wait in the state of an inspection that is no longer configured: they are delivered"
            );
        } else {
            tracing::warn!(
                inspection,
                sink,
                events,
                "events wait for a sink that is no longer configured, as is their inspection: configure the sink again, or \
                 move the state away"
            );
        }
    }

    /// Counts again what waits in states without an inspection, and closes those in which nothing does.
    pub(crate) async fn count_left(&self) {
        let known = self.left_states().clone();
        for left in known {
            // One that was closed meanwhile is not there any more.
            let Ok(waiting) = waiting(&*left.store).await else {
                continue;
            };
            if waiting == left.waiting {
                continue;
            }
            self.moved();
            if waiting.is_empty() {
                self.close_left(|name| name == left.name).await;
            } else if let Some(known) = self
                .left_states()
                .iter_mut()
                .find(|known| known.name == left.name)
            {
                known.waiting = waiting;
            }
        }
    }

    /// Closes those of these names.
    pub(crate) async fn close_left(&self, is_meant: impl Fn(&str) -> bool) {
        let closed: Vec<Left> = {
            let mut left = self.left_states();
            let (closed, stays) = left.drain(..).partition(|left| is_meant(&left.name));
            *left = stays;
            closed
        };
        for left in closed {
            left.store.close().await;
        }
    }
}
