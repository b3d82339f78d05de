//! What can go wrong at a source.

use std::io;
use std::time::Duration;

/// A source's failure, by what the caller can do. Whatever the failure, the source is as it was before the call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceError {
    /// Nothing is there: a path, a bucket, a log group. Trying again does not help.
    #[error("{name}: not found ({reason})")]
    NotFound {
        /// What was looked for.
        name: String,
        /// How the name was understood, and where it was looked for.
        reason: String,
    },
    /// What is there cannot be read by us. Trying again does not help before somebody grants it.
    #[error("{name}: permission denied (grant read access, or leave it out)")]
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
    /// What was listed is no longer what is there: a file was written to or replaced while it was read. The unit is not
    /// to be finished; listing again gives what is there now, as another unit.
    #[error("{name}: changed since it was listed ({reason})")]
    Changed {
        /// What was being read.
        name: String,
        /// What was expected, and what is there.
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
        /// How often the source has tried already, with pauses of its own; 0 where it does not try again by itself.
        attempts: u32,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl SourceError {
    /// The error for `name` that an operating system's error stands for: not found, denied, or unavailable.
    #[must_use]
    pub fn from_io(name: impl Into<String>, error: io::Error) -> Self {
        let name = name.into();
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NotFound {
                name,
                reason: "no such file or folder".into(),
            },
            io::ErrorKind::PermissionDenied => Self::Denied {
                name,
                source: error.into(),
            },
            kind => Self::Unavailable {
                name,
                retry_after: None,
                retryable: passes_by_itself(kind),
                attempts: 0,
                source: error.into(),
            },
        }
    }

    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Unavailable { retryable: true, .. })
    }

    /// Whether the source has tried again by itself, with pauses: doing so once more at once is of no use.
    #[must_use]
    pub fn was_retried(&self) -> bool {
        matches!(self, Self::Unavailable { attempts: 2.., .. })
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

/// Network file systems and busy machines give these; a disk's own error (EIO) is not among them.
fn passes_by_itself(kind: io::ErrorKind) -> bool {
    matches!(
        kind,
        io::ErrorKind::Interrupted
            | io::ErrorKind::TimedOut
            | io::ErrorKind::WouldBlock
            | io::ErrorKind::ResourceBusy
            | io::ErrorKind::StaleNetworkFileHandle
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(kind: io::ErrorKind) -> SourceError {
        SourceError::from_io("logs/a.json", kind.into())
    }

    #[test]
    fn an_io_error_becomes_what_the_caller_can_do() {
        assert_eq!(
            from(io::ErrorKind::NotFound).to_string(),
            "logs/a.json: not found (no such file or folder)"
        );
        assert_eq!(
            from(io::ErrorKind::PermissionDenied).to_string(),
            "logs/a.json: permission denied (grant read access, or leave it out)"
        );
        let busy = from(io::ErrorKind::TimedOut);
        assert_eq!(busy.to_string(), "logs/a.json: cannot be read");
        assert!(busy.is_retryable());
        assert!(!from(io::ErrorKind::InvalidData).is_retryable());
        assert!(!from(io::ErrorKind::PermissionDenied).is_retryable());
    }

    #[test]
    fn only_what_is_unavailable_tells_how_long_to_wait() {
        let throttled = SourceError::Unavailable {
            name: "group".into(),
            retry_after: Some(Duration::from_secs(3)),
            retryable: true,
            attempts: 5,
            source: "throttled".into(),
        };
        assert_eq!(throttled.retry_after(), Some(Duration::from_secs(3)));
        assert!(throttled.was_retried() && !from(io::ErrorKind::TimedOut).was_retried());
        assert_eq!(from(io::ErrorKind::NotFound).retry_after(), None);
    }
}
