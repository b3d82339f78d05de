//! Guance and TrueWatch: a typed client, the sink for firstsight's events, and CloudTrail from logs stored there.
//!
//! The facts that this crate stands on are those of Guance's public documentation (<https://docs.guance.com>) and of the
//! source of its open programs (DataKit, cliutils, DataFlux Func); where these disagree there is a setting.

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
