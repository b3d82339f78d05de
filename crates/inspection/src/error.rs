//! What can go wrong in a run.

use firstsight_sink::SinkError;
use firstsight_source::SourceError;
use firstsight_store::StoreError;

/// A run's failure. What had been committed before stands, and the run can be made again.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectionError {
    /// The source could not be listed; nothing was read.
    #[error("cannot list the source")]
    Source(#[from] SourceError),
    /// The source was listed, and each partition that was to be read failed: there is nothing that a judgement could be about.
    /// No window was judged, so that what comes later is not late.
    #[error("nothing of the source could be read: {}", unread.join("; "))]
    Unreadable {
        /// The first reasons.
        unread: Vec<String>,
    },
    /// The state could not be read or written.
    #[error("the state failed")]
    Store(#[from] StoreError),
    /// The sink did not take the events; they stay in the outbox.
    #[error("the sink failed")]
    Sink(#[from] SinkError),
    /// Stopped on request. Finished units are committed; the next run goes on behind them.
    #[error("stopped")]
    Cancelled,
    /// The window was changed by others again and again while it was judged; nothing was recorded.
    #[error("the window kept changing while it was judged ({attempts} attempts)")]
    Contended {
        /// How often it was judged.
        attempts: u32,
    },
    /// Nothing that is known has this id.
    #[error(
        "nothing that is known has the id {id:?}: explain takes a cluster's id or at least 4 of its first digits (see \
         'firstsight clusters'), a finding's or an event's id (see 'firstsight events --format json'), or a CloudTrail \
         eventID of a kept record; name a source behind the id to look up any of its error events"
    )]
    Unknown {
        /// What was asked for.
        id: String,
    },
    /// More than one cluster has an id that begins so.
    #[error("more than one cluster has an id that begins with {id}: give more digits of one of {candidates}")]
    Ambiguous {
        /// What was asked for.
        id: String,
        /// Some of the clusters, with what they are.
        candidates: String,
    },
    /// An event in the outbox cannot be read: it was written by another version, or the state is damaged.
    #[error("event {id} in the outbox cannot be read")]
    Undecodable {
        /// Which.
        id: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
    /// A mute of the state cannot be read: it was written by another version, or the state is damaged. It mutes nothing.
    #[error("mute {id} of the state cannot be read: end it, and set it again")]
    UndecodableMute {
        /// Which.
        id: String,
        /// The cause.
        #[source]
        source: serde_json::Error,
    },
}

impl InspectionError {
    /// Whether the same run may succeed when it is made again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Source(error) => error.is_retryable(),
            Self::Store(error) => error.is_retryable(),
            Self::Sink(error) => error.is_retryable(),
            Self::Cancelled | Self::Contended { .. } | Self::Unreadable { .. } => true,
            Self::Undecodable { .. }
            | Self::UndecodableMute { .. }
            | Self::Unknown { .. }
            | Self::Ambiguous { .. } => false,
        }
    }
}

/// An error with its causes, on one line; a cause that its error quotes already is not said twice.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let said = error.to_string();
        if !text.ends_with(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = error.source();
    }
    text
}
