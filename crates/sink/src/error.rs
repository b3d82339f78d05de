//! What can go wrong at a sink.

use std::io;
use std::time::Duration;

/// A sink's failure, by what the caller can do. None of the call's events may be taken for delivered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The far side cannot be reached or failed; the same call may be made again.
    #[error("{sink}: cannot deliver")]
    Unavailable {
        /// Which sink.
        sink: String,
        /// How long the far side asked to wait.
        retry_after: Option<Duration>,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The events were sent, and what the far side said of them was lost (a time-out, a broken connection): it may have
    /// them. The same call may be made again; where the sink is not [idempotent](crate::Sink::idempotent), the far side may
    /// then have them twice.
    #[error("{sink}: sent, but the answer was lost")]
    Unanswered {
        /// Which sink.
        sink: String,
        /// The cause.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The far side takes nothing more until someone does something there (a quota is used up). The events are kept; trying
    /// again makes sense, but not soon.
    #[error("{sink}: {reason}")]
    Blocked {
        /// Which sink.
        sink: String,
        /// What was said, and what to do.
        reason: String,
        /// How long to wait before the next try.
        retry_after: Duration,
    },
    /// The reader has gone away (a closed pipe). Nobody reads on; not a failure of ours.
    #[error("{sink}: nobody reads on")]
    Closed {
        /// Which sink.
        sink: String,
    },
    /// The far side does not accept us: credentials, configuration. Trying again does not help before it is mended.
    #[error("{sink}: {reason}")]
    Rejected {
        /// Which sink.
        sink: String,
        /// What to do.
        reason: String,
    },
}

impl SinkError {
    /// What an input or output error means: a closed pipe is [`Closed`](Self::Closed), anything else
    /// [`Unavailable`](Self::Unavailable) without a time to wait.
    #[must_use]
    pub fn from_io(sink: impl Into<String>, error: io::Error) -> Self {
        let sink = sink.into();
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::Closed { sink }
        } else {
            Self::Unavailable {
                sink,
                retry_after: None,
                source: Box::new(error),
            }
        }
    }

    /// What went wrong in one line, with its causes and without the sink's name: for where that stands already.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Unavailable { source, .. } => in_full(source.as_ref()),
            Self::Unanswered { source, .. } => {
                format!("sent, but the answer was lost: {}", in_full(source.as_ref()))
            }
            Self::Blocked { reason, .. } | Self::Rejected { reason, .. } => reason.clone(),
            Self::Closed { .. } => "nobody reads on".to_owned(),
        }
    }

    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Unanswered { .. } | Self::Blocked { .. }
        )
    }

    /// Whether the far side may have taken the events all the same.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Unanswered { .. })
    }

    /// How long the far side asked to wait before.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unavailable { retry_after, .. } => *retry_after,
            Self::Blocked { retry_after, .. } => Some(*retry_after),
            _ => None,
        }
    }
}

/// An error with its causes; what one repeats of its cause is said once.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_have_their_causes_and_not_the_name() {
        let sink = || "chat".to_owned();
        let source = || Box::new(io::Error::other("no route"));
        let down = SinkError::from_io("chat", *source());
        assert_eq!(
            (down.reason().as_str(), down.to_string().as_str()),
            ("no route", "chat: cannot deliver")
        );
        let lost = SinkError::Unanswered {
            sink: sink(),
            source: source(),
        };
        assert_eq!(lost.reason(), "sent, but the answer was lost: no route");
        let rejected = SinkError::Rejected {
            sink: sink(),
            reason: "another key".to_owned(),
        };
        assert_eq!(rejected.reason(), "another key");
    }
}
