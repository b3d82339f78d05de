//! What can go wrong in a store.

use std::path::PathBuf;

/// A store's failure, by what the caller can do.
///
/// Whatever the variant, nothing of the failed call stands: every method is one transaction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// What was judged has changed since its snapshot. Take a new snapshot and judge again; nothing was recorded.
    #[error("judged from a snapshot that has been overtaken")]
    Stale,
    /// There is no such thing.
    #[error("no {what} {id}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// There is such a thing already. Nothing was changed.
    #[error("there is a {what} {id} already")]
    Taken {
        /// What kind of thing.
        what: &'static str,
        /// Which.
        id: String,
    },
    /// The delivery was settled before: a sink took or refused the event for good, and that is not undone. Nothing was
    /// changed.
    #[error("the delivery of {event} to {sink} is {} already", state.as_str())]
    Settled {
        /// The event.
        event: String,
        /// The sink.
        sink: String,
        /// How it was settled.
        state: crate::DeliveryState,
    },
    /// The state was opened for reading only. Nothing was changed.
    #[error("the state is open for reading only")]
    ReadOnly,
    /// The state was written by a newer version of firstsight. Nothing was changed.
    #[error("{} was written by a newer firstsight (state version {found}, this one knows up to {known})", path.display())]
    Newer {
        /// The state file.
        path: PathBuf,
        /// The version it has.
        found: i64,
        /// The newest version that this build knows.
        known: i64,
    },
    /// The file is not a firstsight state.
    #[error("{} is not a firstsight state: {reason}", path.display())]
    NotAState {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The state cannot be opened or created there (folder missing, read-only, no permission).
    #[error("cannot open the state {}: {reason}", path.display())]
    CannotOpen {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A copy of the state cannot be made there (a file of that name exists, folder missing, no permission). The state was
    /// not changed, and no copy was left.
    #[error("cannot copy the state to {}: {reason}", path.display())]
    CannotCopy {
        /// Where the copy was to be.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// No room to write. What was committed before stands; free some space and run again.
    #[error("no space left to write the state")]
    Full {
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Another process holds the state for too long. The same call may be made again.
    #[error("the state is busy: another process is writing to it")]
    Busy {
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The store failed otherwise.
    #[error("the state cannot be read or written")]
    Unavailable {
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl StoreError {
    /// Whether the same call may succeed when it is made again, unchanged. [`Stale`](Self::Stale) is not such a case:
    /// there the caller takes a new snapshot and judges again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }
}
