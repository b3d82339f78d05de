//! What can go wrong at Guance, by what the caller can do. No message holds a key, a token or an address with one.

use std::time::Duration;

use firstsight_sink::SinkError;
use firstsight_sink::http::HttpError;

/// A failed call.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GuanceError {
    /// No answer came: see [`HttpError`] for whether Guance may have taken it.
    #[error("{call}")]
    Http {
        /// Which call, as `POST /v1/write/keyevent`.
        call: String,
        /// The cause.
        #[source]
        source: HttpError,
    },
    /// Too many calls: 401 `ft.TriggerApiAkCurrentLimiting` and its like, or 429. Nothing was taken; try again.
    #[error("{call}: too many requests ({code})")]
    RateLimited {
        /// Which call.
        call: String,
        /// Guance's code.
        code: String,
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
    },
    /// The workspace has used up its data (403 `beyondDataUsage`): it takes nothing until that is changed there.
    #[error("{call}: the workspace takes no more data (beyondDataUsage)")]
    OverQuota {
        /// Which call.
        call: String,
    },
    /// Guance failed (5xx): nothing is known of what it took; try again.
    #[error("{call}: HTTP {status}{said}")]
    Unavailable {
        /// Which call.
        call: String,
        /// The status.
        status: u16,
        /// What the answer said, with `: ` before it; empty when nothing.
        said: String,
    },
    /// Guance does not accept our key or token.
    #[error("{call}: {code}: {advice}")]
    Unauthorized {
        /// Which call.
        call: String,
        /// Guance's code.
        code: String,
        /// What to do.
        advice: &'static str,
    },
    /// Guance will not take this request as it is: another 4xx, or `ok: false`. Trying again does not help.
    #[error("{call}: refused: {reason}")]
    Refused {
        /// Which call.
        call: String,
        /// What was said.
        reason: String,
    },
    /// The answer is not what is documented.
    #[error("{call}: the answer cannot be read")]
    Unreadable {
        /// Which call.
        call: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
}

impl GuanceError {
    /// Whether the same call may succeed when it is made again.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        todo!()
    }

    /// How long to wait before.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        todo!()
    }

    /// Whether Guance may have taken what was sent all the same.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        todo!()
    }

    /// What it means for a delivery by the sink of this name. `Err` is about the whole call; `Ok` the reason why this one
    /// event was refused for good.
    pub(crate) fn of_delivery(self, sink: &str) -> Result<String, SinkError> {
        let _ = sink;
        todo!()
    }
}
