//! Where firstsight's news goes: the [`Sink`] trait, the [`Event`] it delivers, the [`Report`] of a run, and what
//! writes them for people and programs.
//!
//! A judgement of an hour of CloudTrail gives two things. A [`Report`] tells *everything* about that hour to who asked
//! for it: what was read and what was not, what was found and why, what is known already. An [`Event`] tells *who did
//! not ask* that a fault opened, goes on or recovered; events are kept until a [`Sink`] has delivered them.
//!
//! # Media
//!
//! | feature | report | events |
//! |---|---|---|
//! | `terminal` | `terminal::render` | `terminal::TerminalSink` |
//! | `json` | `json::render` (one document), `json::render_lines` (NDJSON) | `json::JsonSink` |
//! | `html` | `html::render` (one self-contained page) | `html::HtmlSink` |
//!
//! | `markdown` | | `markdown::render`, `markdown::render_digest`: messages for others to send |
//! | `ocsf` | | `ocsf::OcsfSink` (Detection Findings as NDJSON) |
//! | `webhook` | | `webhook::WebhookSink` (any HTTP target) |
//!
//! The first three are on by default. `http` is the client that sinks over HTTP share. Three more features are for tests:
//! `mock` adds `MockSink` (by `mockall`), `conformance` the suite that every sink has to pass, `recorder` an HTTP server that
//! records requests.
//!
//! # A sink of one's own
//!
//! A sink for a medium of one's own needs three functions, and neutralises the texts it writes:
//!
//! ```
//! use std::sync::Mutex;
//!
//! use async_trait::async_trait;
//! use firstsight_sink::{Delivery, Event, Sink, SinkError};
//!
//! /// Keeps the titles of critical events, each once.
//! #[derive(Debug, Default)]
//! struct Pager {
//!     pages: Mutex<Vec<(String, String)>>,
//! }
//!
//! #[async_trait]
//! impl Sink for Pager {
//!     fn describe(&self) -> String {
//!         "pager".to_owned()
//!     }
//!
//!     // The far side knows the events by their ids: delivering one twice is harmless.
//!     fn idempotent(&self) -> bool {
//!         true
//!     }
//!
//!     async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
//!         let mut pages = self.pages.lock().unwrap();
//!         let mut page = |event: &Event| {
//!             if event.title.len() > 1000 {
//!                 return Delivery::Refused {
//!                     reason: "a page holds 1,000 bytes".to_owned(),
//!                 };
//!             }
//!             if pages.iter().all(|(id, _)| *id != event.id) {
//!                 pages.push((event.id.clone(), event.title.escape_debug().to_string()));
//!             }
//!             Delivery::Delivered
//!         };
//!         Ok(events.iter().map(&mut page).collect())
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let pager: Box<dyn Sink> = Box::new(Pager::default());
//! assert!(pager.deliver(&[]).await.unwrap().is_empty());
//! # });
//! ```
//!
//! Run it through `conformance::all` (feature `conformance`): that is the contract of [`Sink`] as a test.
//!
//! # Invariants
//!
//! 1. **Nothing depends on when it was made.** The same report or event gives the same bytes in every medium; the only
//!    times are those of the records, the window and the baseline, and what IAM said is part of the report.
//! 2. **Texts are an attacker's.** Error messages, user agents and names come from whoever made the call. Each medium
//!    neutralises them in one place: no control character reaches a terminal, no markup a page, and characters that
//!    reorder text or do not show are written out everywhere. JSON escapes them and so loses nothing.
//! 3. **What is left out is counted.** Findings below the asked severity, rows past a bound, pieces of input that
//!    could not be read: each is a number with a name, never silence.
//! 4. **Records stay here** unless a sink was told otherwise (`Records`): samples are named, their records are left out.
//! 5. **An error of a delivery is about the whole call**, and none of its events may be taken for delivered.
//!
//! The JSON forms are described, field by field, in `docs/schema.md` of the repository.

pub mod checkup;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
pub mod digest;
mod error;
mod event;
pub mod explanation;
pub mod harmless;
#[cfg(feature = "html")]
pub mod html;
#[cfg(any(feature = "http", feature = "recorder"))]
pub mod http;
#[cfg(feature = "json")]
pub mod json;
pub mod lead;
#[cfg(feature = "markdown")]
pub mod markdown;
#[cfg(feature = "ocsf")]
pub mod ocsf;
pub mod page;
#[cfg(any(feature = "json", feature = "html"))]
mod rendering;
mod report;
// The types always; what people read of them only on pages.
#[cfg_attr(
    not(all(feature = "terminal", feature = "html")),
    allow(dead_code, reason = "what only pages write")
)]
mod standing;
#[cfg(any(feature = "terminal", feature = "html"))]
mod summary;
#[cfg(feature = "terminal")]
pub mod terminal;
// Explanations need some of it always, and pages the rest.
#[cfg_attr(
    not(any(feature = "terminal", feature = "html")),
    allow(dead_code, reason = "what only pages write")
)]
pub mod text;
// Titles need some of it always, and what writes messages and pages the rest.
#[cfg_attr(
    not(all(
        feature = "terminal",
        feature = "html",
        feature = "markdown",
        feature = "ocsf"
    )),
    allow(dead_code, reason = "what only messages and pages write")
)]
mod trouble;
#[cfg(feature = "webhook")]
pub mod webhook;
mod wording;
#[cfg(any(feature = "terminal", feature = "json"))]
mod writer;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
pub use checkup::Checkup;
pub use digest::{Digest, DigestCause};
pub use error::SinkError;
pub use event::{Event, EventKind, FaultRef, KeyActivity, Status, Trouble, TroubleKind};
pub use explanation::Explanation;
#[cfg(any(feature = "json", feature = "html"))]
pub use rendering::{Records, Rendering};
pub use report::{AccountReport, InputReport, RejectExample, Report, SeverityCounts};
pub use standing::{KeyStanding, told_of_key, untold};

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

    /// Whether [`deliver_together`](Self::deliver_together) is one notification. Where it is not, callers deliver events of a
    /// digest one by one: of a call that fails half-way nobody knows which events arrived.
    fn tells_together(&self) -> bool {
        false
    }

    /// Delivers several events as one notification, where the medium can say many things at once; answers for each event,
    /// in the order of the digest. A sink that implements it says so in [`tells_together`](Self::tells_together).
    ///
    /// A medium that keeps events one by one delivers them one by one, which is what this does unless it is implemented.
    ///
    /// # Errors
    /// As [`deliver`](Self::deliver).
    async fn deliver_together(&self, digest: &Digest) -> Result<Vec<Delivery>, SinkError> {
        self.deliver(&digest.events).await
    }
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
    /// The far side did not take it, and does not say whether it ever will. The caller tries a few times more, then takes it
    /// for refused.
    NotTaken {
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

            fn tells_together(&self) -> bool {
                (**self).tells_together()
            }

            async fn deliver_together(&self, digest: &Digest) -> Result<Vec<Delivery>, SinkError> {
                (**self).deliver_together(digest).await
            }
        }
    )*};
}

delegate!(Box, Arc);

#[cfg(all(test, feature = "terminal", feature = "json", feature = "html"))]
mod tests;

#[cfg(all(doctest, feature = "terminal"))]
#[doc = include_str!("../README.md")]
struct Readme;
