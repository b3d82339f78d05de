//! What AWS refuses, in the words of sources.

use firstsight_source::SourceError;

use crate::error::AwsError;

/// A failure that stays until somebody changes something: it is remembered, and given again without a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    kind: Kind,
    name: String,
    said: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Denied,
    NotFound,
    Invalid,
    Unavailable,
}

impl Refusal {
    /// Of what cannot be read whatever is tried.
    pub(super) fn invalid(name: impl Into<String>, said: impl Into<String>) -> Self {
        Self {
            kind: Kind::Invalid,
            name: name.into(),
            said: said.into(),
        }
    }

    /// `None` for what passes by itself.
    pub(super) fn of(error: &AwsError) -> Option<Self> {
        let kind = match error {
            AwsError::Denied { .. } => Kind::Denied,
            AwsError::NotFound { .. } => Kind::NotFound,
            AwsError::Invalid { .. } => Kind::Invalid,
            AwsError::Credentials { .. } => Kind::Unavailable,
            _ => return None,
        };
        let (name, said) = told(error);
        Some(Self { kind, name, said })
    }

    /// Of any failure: what it is about is not asked for again.
    pub(super) fn lasting(error: &AwsError) -> Self {
        Self::of(error).unwrap_or_else(|| {
            let (name, said) = told(error);
            let kind = Kind::Unavailable;
            Self { kind, name, said }
        })
    }

    /// As the error that a reader gets, the same each time.
    pub(super) fn error(&self) -> SourceError {
        let Self { kind, name, said } = self.clone();
        match kind {
            Kind::Denied => SourceError::Denied {
                name,
                source: said.into(),
            },
            Kind::NotFound => SourceError::NotFound { name, reason: said },
            Kind::Invalid => SourceError::Invalid { name, reason: said },
            Kind::Unavailable => SourceError::Unavailable {
                name,
                retry_after: None,
                retryable: false,
                attempts: 0,
                source: said.into(),
            },
        }
    }
}

/// A failure in the words of sources.
pub(super) fn source_error(error: &AwsError) -> SourceError {
    if let Some(refusal) = Refusal::of(error) {
        return refusal.error();
    }
    let (name, said) = told(error);
    SourceError::Unavailable {
        name,
        retry_after: error.retry_after(),
        retryable: error.is_retryable(),
        attempts: attempts(error),
        source: said.into(),
    }
}

/// How often the SDK has tried, with its own pauses.
const fn attempts(error: &AwsError) -> u32 {
    match error {
        AwsError::Throttled { attempts, .. } | AwsError::Unavailable { attempts, .. } => *attempts,
        _ => 0,
    }
}

/// Where it happened, and the rest of the message: sources say the place themselves.
fn told(error: &AwsError) -> (String, String) {
    let text = error.to_string();
    match error {
        AwsError::NotFound { place, reason } | AwsError::Invalid { place, reason } => {
            (place.clone(), reason.clone())
        }
        AwsError::Credentials { place, .. }
        | AwsError::Denied { place, .. }
        | AwsError::StaleToken { place }
        | AwsError::Throttled { place, .. }
        | AwsError::Unavailable { place, .. } => {
            let said = text.strip_prefix(place.as_str()).unwrap_or(&text);
            (place.clone(), said.trim_start_matches([':', ' ']).to_owned())
        }
    }
}
