//! What can go wrong when something is asked of the daemon.

use firstsight_store::StoreError;

/// Why something that was asked of the daemon was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DaemonError {
    /// There is no such inspection.
    #[error("there is no inspection called {name:?}")]
    UnknownInspection {
        /// The name that was asked for.
        name: String,
    },
    /// There is no such sink.
    #[error("there is no sink called {name:?}")]
    UnknownSink {
        /// The name that was asked for.
        name: String,
    },
    /// It runs already: nothing was started.
    #[error("{name} is running already, since {since}")]
    AlreadyRunning {
        /// The inspection.
        name: String,
        /// When the run began.
        since: firstsight_engine::Time,
    },
    /// The value does not make sense; nothing was changed.
    #[error("{key}: {said}")]
    Invalid {
        /// The setting.
        key: String,
        /// What is wrong with it.
        said: String,
    },
    /// The daemon is stopping: nothing was done.
    #[error("the daemon is stopping")]
    Stopping,
    /// The configuration cannot be used; the one from before stays.
    #[error("{0}")]
    Configuration(String),
    /// The state cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
