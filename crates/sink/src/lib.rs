//! Where events go: the [`Sink`] trait and the [`Event`] it delivers.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod error;
mod event;
#[cfg(feature = "html")]
pub mod html;
#[cfg(feature = "json")]
pub mod json;
pub mod page;
mod report;
#[cfg(any(feature = "terminal", feature = "html"))]
mod summary;
#[cfg(feature = "terminal")]
pub mod terminal;
#[cfg(any(
    feature = "terminal",
    feature = "json",
    feature = "html",
    feature = "conformance"
))]
mod text;
#[cfg(any(feature = "terminal", feature = "json", feature = "html"))]
mod writer;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
pub use error::SinkError;
pub use event::{Event, EventKind, FaultRef, KeyActivity, Status};
pub use report::{AccountReport, InputReport, RejectExample, Report, SeverityCounts};

/// Where events go.
///
/// # Contract
///
/// * Events are created exactly once and delivered at least once, in order within a sink and fault: a caller shows an
///   event again until it is delivered or refused for good.
/// * [`deliver`](Self::deliver) answers for each event, in the order given. `Ok` with a
///   [`Delivery::Refused`] is about that event alone; an `Err` is about the whole call, and none of its events may be
///   taken for delivered.
/// * Every text of an event may be an attacker's: a sink neutralises it for its own medium, in one place.
#[cfg_attr(feature = "mock", mockall::automock)]
#[async_trait]
pub trait Sink: fmt::Debug + Send + Sync {
    /// A short name for people and reports.
    fn describe(&self) -> String;

    /// Whether delivering one event twice is harmless (the far side knows its id).
    fn idempotent(&self) -> bool;

    /// Delivers these events.
    ///
    /// # Errors
    /// Says whether trying again can help and when; the caller keeps the events.
    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError>;
}

/// What became of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The far side has it.
    Delivered,
    /// The far side will never take it, and says why. It is kept and shown.
    Refused {
        /// What the far side said.
        reason: String,
    },
}

macro_rules! delegate {
    ($($wrapper:ident),*) => {$(
        #[async_trait]
        #[deny(clippy::missing_trait_methods)]
        impl<S: Sink + ?Sized> Sink for $wrapper<S> {
            fn describe(&self) -> String {
                (**self).describe()
            }

            fn idempotent(&self) -> bool {
                (**self).idempotent()
            }

            async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
                (**self).deliver(events).await
            }
        }
    )*};
}

delegate!(Box, Arc);

#[cfg(test)]
mod tests;
