//! What can go wrong at a source.

use std::time::Duration;

/// A source's failure, by what the caller can do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nothing is there: a path, a bucket, a log group. Trying again does not help.
    #[error("{name}: not found")]
    NotFound {
        /// What was looked for.
        name: String,
    },
    /// What is there cannot be read by us. Trying again does not help before somebody grants it.
    #[error("{name}: permission denied")]
    Denied {
        /// What was asked for.
        name: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The request makes no sense to the source: a bad pattern, a position that is not its own.
    #[error("{name}: {reason}")]
    Invalid {
        /// What was asked for.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Reading failed in the middle; the same call may be made again.
    #[error("{name}: cannot be read")]
    Unavailable {
        /// What was being read.
        name: String,
        /// How long the far side asked to wait.
        retry_after: Option<Duration>,
        /// Whether trying again can help.
        retryable: bool,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SourceError {
    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { retryable: true, .. })
    }

    /// How long the far side asked to wait before.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}
