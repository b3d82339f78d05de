//! Runs firstsight's inspections for months without a hand on them: schedule, time limits, catching up, delivery, reloading.
//!
//! [`Control`] is what a page, an API or a command line asks of it; [`Daemon`] does it.

mod control;
mod daemon;
mod error;

pub use control::{
    Control, DeliveryStatus, InspectionState, LastReload, NextRun, OverrideState, RunningRun, SettingState,
};
pub use daemon::{Clock, Daemon, DaemonOptions};
pub use error::DaemonError;
