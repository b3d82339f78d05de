//! Guance and TrueWatch: a typed client, the sink for firstsight's events, and CloudTrail from logs stored there.
//!
//! The facts that this crate stands on are those of Guance's public documentation (<https://docs.guance.com>) and of the
//! source of its open programs (DataKit, cliutils, DataFlux Func); where these disagree there is a setting.
//!
//! | module | what |
//! |---|---|
//! | [`client`] | [`OpenApi`](client::OpenApi): events for an external-event monitor and for `events/create`, monitors, alert policies, DQL. [`Writer`](client::Writer): points to a DataKit or an OpenWay |
//! | [`event`], [`GuanceSink`] | from firstsight's events to what each way in takes |
//! | `logs` (feature `logs`, on by default) | CloudTrail that a workspace has stored already, as a source |
//! | [`line`](mod@line) | line protocol that every parser reads alike |
//! | [`node`] | the addresses of Guance's and TrueWatch's nodes |
//! | [`doctor`], [`setup`] | what is wrong with a configuration, and the monitor that events are pushed to |
//!
//! ```
//! use firstsight_guance::line::encode;
//! use firstsight_guance::point::{Point, Value};
//!
//! let point = Point {
//!     measurement: "custom".to_owned(),
//!     tags: [("df_status".to_owned(), "error".to_owned())].into(),
//!     fields: [("df_title".to_owned(), Value::Text("2 \"new\" errors".to_owned()))].into(),
//!     time: 1_700_003_600_000_000_000,
//! };
//! let encoded = encode(&[point]);
//! assert_eq!(
//!     encoded.batches[0].body,
//!     "custom,df_status=error df_title=\"2 \\\"new\\\" errors\" 1700003600000000000\n"
//! );
//! ```
//!
//! # Invariants
//!
//! 1. **Secrets stay inside**: no error, log line or `Debug` holds a key, a token or the secret of a monitor's address, even
//!    where the server says it back.
//! 2. **A request is made once.** Whether Guance may have taken what was sent although no answer came is part of the error
//!    ([`GuanceError::may_have_arrived`]); trying again is for the caller, who knows what it means.
//! 3. **One bad point poisons nothing**: texts are cut to the limits of the store on character boundaries, and counted; of a
//!    batch that is refused all the same, what is refused is found and named, and the others are written.
//! 4. **What a server says is untrusted**: in errors it is bounded, and what does not show is written out.

pub mod client;
pub mod doctor;
mod error;
pub mod event;
pub mod line;
#[cfg(feature = "logs")]
pub mod logs;
pub mod node;
pub mod point;
pub mod setup;
mod sink;

pub use error::GuanceError;
pub use sink::{GuanceSettings, GuanceSink, Way};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
