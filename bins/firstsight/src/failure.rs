//! How a command ends.

use firstsight_inspection::{InspectionError, chain};
use firstsight_sink::SinkError;

/// A command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// All is well: exit code 0.
    Well,
    /// `--fail-on-new` and something new: exit code 3.
    New,
    /// Some input could not be read to its end: exit code 4.
    Incomplete,
    /// A check found something that does not work: exit code 1.
    Wrong,
}

impl Done {
    /// Well when everything was read.
    pub(crate) const fn of(complete: bool) -> Self {
        if complete { Self::Well } else { Self::Incomplete }
    }

    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Well => 0,
            Self::Wrong => 1,
            Self::New => 3,
            Self::Incomplete => 4,
        }
    }
}

/// A command that could not do its work.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The message says what and what to do: exit code 1.
    Failed(String),
    /// Used in a way that makes no sense: exit code 2.
    Usage(String),
    /// A daemon that gives no answer: exit code 3.
    Unreachable(String),
    /// Stopped by Ctrl-C: exit code 130.
    Cancelled,
    /// Nobody reads on: success.
    Closed,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Usage(message.into())
    }

    /// With the error's causes.
    pub(crate) fn from_error(error: &dyn std::error::Error) -> Self {
        Self::Failed(chain(error))
    }
}

impl From<InspectionError> for Failure {
    fn from(error: InspectionError) -> Self {
        match error {
            InspectionError::Cancelled => Self::Cancelled,
            InspectionError::Sink(error) => error.into(),
            InspectionError::Source(error) => Self::from_error(&error),
            InspectionError::Store(error) => Self::from_error(&error),
            error => Self::from_error(&error),
        }
    }
}

impl From<SinkError> for Failure {
    fn from(error: SinkError) -> Self {
        match error {
            SinkError::Closed { .. } => Self::Closed,
            error => Self::from_error(&error),
        }
    }
}

impl From<firstsight_store::StoreError> for Failure {
    fn from(error: firstsight_store::StoreError) -> Self {
        Self::from_error(&error)
    }
}

impl From<firstsight_source::SourceError> for Failure {
    fn from(error: firstsight_source::SourceError) -> Self {
        Self::from_error(&error)
    }
}

impl From<firstsight_guance::GuanceError> for Failure {
    fn from(error: firstsight_guance::GuanceError) -> Self {
        Self::from_error(&error)
    }
}

impl From<firstsight_aws::AwsError> for Failure {
    fn from(error: firstsight_aws::AwsError) -> Self {
        Self::from_error(&error)
    }
}
