//! What can go wrong with a request, by what may have become of it. No message holds an address: whoever knows the address
//! of a webhook can send.

use std::fmt;

/// A request that has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// The request cannot be made as it is: the address, a header.
    #[error("{reason}")]
    Invalid {
        /// What is wrong.
        reason: String,
    },
    /// Nothing was sent: the name is not known, nobody listens, the certificate is not trusted.
    #[error("cannot connect")]
    NotSent {
        /// The cause, without the address.
        #[source]
        source: Cause,
    },
    /// It was sent, perhaps in part, and no whole answer came: the far side may have taken it.
    #[error("sent, but the answer was lost")]
    Unanswered {
        /// The cause, without the address.
        #[source]
        source: Cause,
    },
}

/// Why, in words: the causes of a failed request, one after the other, without its address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Cause {}

impl HttpError {
    pub(super) fn invalid(reason: impl Into<String>) -> Self {
        Self::Invalid {
            reason: reason.into(),
        }
    }

    /// What a failure of the client means: where no connection came about, nothing was sent.
    pub(super) fn from_client(error: reqwest::Error) -> Self {
        if error.is_builder() {
            return Self::invalid(Cause::of(&error.without_url()).0);
        }
        let connecting = error.is_connect();
        let source = Cause::of(&error.without_url());
        if connecting {
            Self::NotSent { source }
        } else {
            Self::Unanswered { source }
        }
    }
}

impl Cause {
    /// The innermost causes say what happened; the outer ones repeat it in general words.
    fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        let mut said: Vec<String> = Vec::new();
        let mut next = Some(error);
        while let Some(error) = next {
            let words = error.to_string();
            if said.last() != Some(&words) {
                said.push(words);
            }
            next = error.source();
        }
        Self(said.join(": "))
    }
}
