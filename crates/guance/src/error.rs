//! What can go wrong at Guance, by what the caller can do. No message holds a key, a token or an address with one.

use std::time::Duration;

use firstsight_sink::http::HttpError;
use firstsight_sink::{Delivery, SinkError};

/// How long a workspace that is over its quota is left alone: quotas are counted by the day, or raised by a person.
const QUOTA_WAIT: Duration = Duration::from_secs(3600);

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
    /// Guance failed (5xx, 408): try again. Where a gateway lost the answer (502, 504) it may have taken what was sent.
    #[error("{call}: HTTP {status}{said}")]
    Unavailable {
        /// Which call.
        call: String,
        /// The status.
        status: u16,
        /// What the answer said, with `: ` before it; empty when nothing.
        said: String,
        /// How long the server asked to wait.
        retry_after: Option<Duration>,
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
    /// The answer has a status of the 200s and says `ok: false`, and not by a status why: it was not taken, and may be at
    /// another time.
    #[error("{call}: not taken: {reason}")]
    NotTaken {
        /// Which call.
        call: String,
        /// What was said.
        reason: String,
    },
    /// Guance will not take this request as it is: another 4xx. Trying again does not help.
    #[error("{call}: refused: {reason}")]
    Refused {
        /// Which call.
        call: String,
        /// What was said.
        reason: String,
    },
    /// The answer has a status of the 200s and is not what is documented: what was sent may have been taken, or what
    /// answered is not Guance (a proxy's page). Try again.
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
        match self {
            Self::Http { source, .. } => !matches!(source, HttpError::Invalid { .. }),
            Self::RateLimited { .. }
            | Self::OverQuota { .. }
            | Self::Unavailable { .. }
            | Self::NotTaken { .. }
            | Self::Unreadable { .. } => true,
            Self::Unauthorized { .. } | Self::Refused { .. } => false,
        }
    }

    /// How long to wait before: what the server asked for, and an hour where a quota is used up.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { retry_after, .. } | Self::Unavailable { retry_after, .. } => *retry_after,
            Self::OverQuota { .. } => Some(QUOTA_WAIT),
            _ => None,
        }
    }

    /// Whether Guance may have taken what was sent all the same.
    #[must_use]
    pub fn may_have_arrived(&self) -> bool {
        match self {
            Self::Http { source, .. } => matches!(source, HttpError::Unanswered { .. }),
            Self::Unavailable { status, .. } => matches!(status, 502 | 504),
            Self::Unreadable { .. } => true,
            _ => false,
        }
    }

    /// What it means for a delivery by the sink of this name. `Err` is about the whole call, `Ok` about this one event.
    pub(crate) fn of_delivery(self, sink: &str) -> Result<Delivery, SinkError> {
        let sink = sink.to_owned();
        Err(match self {
            Self::Refused { reason, .. } => return Ok(Delivery::Refused { reason }),
            Self::NotTaken { reason, .. } => return Ok(Delivery::NotTaken { reason }),
            Self::Unauthorized { .. }
            | Self::Http {
                source: HttpError::Invalid { .. },
                ..
            } => SinkError::Rejected {
                sink,
                reason: self.in_full(),
            },
            Self::OverQuota { .. } => SinkError::Blocked {
                sink,
                reason: format!("{self}: raise its quota in Guance, or send less there"),
                retry_after: QUOTA_WAIT,
            },
            lost if lost.may_have_arrived() => SinkError::Unanswered {
                sink,
                source: Box::new(lost),
            },
            failed => SinkError::Unavailable {
                sink,
                retry_after: failed.retry_after(),
                source: Box::new(failed),
            },
        })
    }

    /// With its cause, in one line.
    pub(crate) fn in_full(&self) -> String {
        let mut said = self.to_string();
        let mut next = std::error::Error::source(self);
        while let Some(cause) = next {
            said = format!("{said}: {cause}");
            next = cause.source();
        }
        said
    }
}

/// The most characters of what a server said that an error holds.
const LONGEST: usize = 300;

/// What a server said, fit for one line of an error: bounded, and what steers a terminal or does not show is written out.
pub(crate) fn fit(said: &str) -> String {
    let mut out = String::new();
    for (at, c) in said.trim().chars().enumerate() {
        if at == LONGEST {
            out.push('…');
            break;
        }
        // Whatever is not plain to see: `escape_debug` knows what is printable, and leaves quotes to us.
        match c {
            '"' | '\'' | '\\' => out.push(c),
            c => out.extend(c.escape_debug()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call() -> String {
        "POST /v1/write/keyevent".to_owned()
    }

    fn unavailable(status: u16) -> GuanceError {
        GuanceError::Unavailable {
            call: call(),
            status,
            said: String::new(),
            retry_after: None,
        }
    }

    #[test]
    fn each_failure_says_what_the_caller_can_do() {
        let limited = GuanceError::RateLimited {
            call: call(),
            code: "ft.TriggerApiAkCurrentLimiting".to_owned(),
            retry_after: Some(Duration::from_secs(7)),
        };
        let unreadable = GuanceError::Unreadable {
            call: call(),
            source: serde_json::from_str::<u8>("<html>").unwrap_err(),
        };
        let table = [
            (limited, true, Some(7), false),
            (GuanceError::OverQuota { call: call() }, true, Some(3600), false),
            (unavailable(500), true, None, false),
            (unavailable(502), true, None, true),
            (unavailable(504), true, None, true),
            (unreadable, true, None, true),
        ];
        for (error, retryable, wait, arrived) in table {
            let said = format!("{error:?}");
            assert_eq!(error.is_retryable(), retryable, "{said}");
            assert_eq!(error.retry_after().map(|wait| wait.as_secs()), wait, "{said}");
            assert_eq!(error.may_have_arrived(), arrived, "{said}");
            let sink = error.of_delivery("guance ops").unwrap_err();
            assert_eq!(sink.is_retryable(), retryable, "{said}");
            assert_eq!(sink.may_have_arrived(), arrived, "{said}");
            assert_eq!(sink.retry_after().map(|wait| wait.as_secs()), wait, "{said}");
        }
    }

    #[test]
    fn a_refusal_is_about_the_event_and_a_wrong_key_about_the_sink() {
        let refused = GuanceError::Refused {
            call: call(),
            reason: "title too long".to_owned(),
        };
        assert!(!refused.is_retryable());
        let reason = "title too long".to_owned();
        assert_eq!(
            refused.of_delivery("guance ops").unwrap(),
            Delivery::Refused { reason }
        );
        let wrong = GuanceError::Unauthorized {
            call: call(),
            code: "ft.InvalidAPIKey".to_owned(),
            advice: "use another",
        };
        let error = wrong.of_delivery("guance ops").unwrap_err();
        assert!(matches!(error, SinkError::Rejected { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "guance ops: POST /v1/write/keyevent: ft.InvalidAPIKey: use another"
        );
    }

    #[test]
    fn what_a_server_said_is_bounded_and_written_out() {
        assert_eq!(
            fit(" say \"no\"\x1b[2J\u{202e}\n东京 "),
            "say \"no\"\\u{1b}[2J\\u{202e}\\n东京"
        );
        let long = fit(&"字".repeat(1000));
        assert_eq!(long.chars().count(), LONGEST + 1);
        assert!(long.ends_with('…'));
    }
}
