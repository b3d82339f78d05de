//! Runs firstsight's inspections for months without a hand on them: schedule, time limits, catching up, delivery, reloading.
//!
//! [`Control`] is what a page, an API or a command line asks of it; [`Daemon`] does it.

mod clock;
mod control;
mod daemon;
mod delivery;
#[cfg(any(test, feature = "driven"))]
mod driven;
mod error;
mod ids;
mod inspection;
mod keys;
mod left;
mod opening;
mod overrides;
mod reload;
mod rest;
mod running;
mod status;
#[cfg(test)]
mod tests;
mod timing;

pub use clock::Clock;
pub use control::{
    Control, DeliveryStatus, InspectionState, LastReload, LeftState, NextRun, OverrideState, RunningRun,
    SettingState,
};
pub use daemon::{Daemon, DaemonOptions};
#[cfg(any(test, feature = "driven"))]
pub use driven::DrivenClock;
pub use error::DaemonError;
