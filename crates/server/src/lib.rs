//! firstsight's page, HTTP API and metrics, over a daemon's [`Control`](firstsight_daemon::Control).
//!
//! Three layers: [`model`] asks the daemon and its states and gives plain values; `api` writes them as JSON, `pages` as HTML. So both say
//! the same. Whoever asks is known as a [`Viewer`](auth::Viewer) before anything else happens.

pub mod api;
mod app;
pub mod auth;
#[cfg(any(test, feature = "fixture"))]
pub mod fixture;
mod health;
mod metrics;
pub mod model;
mod pages;
mod problem;
mod refusal;
mod serve;
#[cfg(test)]
mod testing;

pub use app::{App, AppOptions};
pub use problem::Problem;
pub use serve::{Limits, router, serve};
