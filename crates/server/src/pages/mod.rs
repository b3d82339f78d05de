//! The pages: HTML over [`model`](crate::model), readable and usable without scripts.
//!
//! # To add a page
//!
//! 1. Its words go into a table of their own in `words/` (see `words!`), named in `words/mod.rs` and in its test.
//! 2. Its handler takes a [`Visit`](visit::Visit) first: who asks, in which language, and the server. It reads its query with
//!    `visit.query()?`, asks `model`, and makes a [`Page`](layout::Page); `visit.show(…)` answers with it, or with what went
//!    wrong. A page that scripts ask for again and again answers with `visit.show_live(…)`; what changes stands in an
//!    element with `id` and `data-live`, its rows named by `data-row`.
//! 3. What it is made of stands in `components/`: badges, moments, charts, filters, heads that sort, pagers, copy lists, records.
//! 4. A form is shown where `visit.may_change()`, holds [`form_fields`](visit::form_fields), and posts to a handler that asks
//!    `visit.must_change()?` and answers with `visit.did(…)`: that leads back, and the next page says what was done.
//! 5. No inline script, style or handler, nothing from elsewhere: the policy of the server forbids it, and tests hold it.
//!
//! Texts of the log go into markup as they are: markup escapes them, and [`layout`] writes out what does not show.

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

mod acts;
mod assets;
mod changes;
mod clusters;
mod components;
mod configuration;
mod cookies;
mod event;
mod events;
mod flash;
mod inspections;
mod keys;
mod layout;
mod link;
mod login;
mod names;
mod overview;
mod sinks;
mod visit;
pub(crate) mod words;

pub(crate) use visit::refused;

#[cfg(test)]
mod tests;

/// The routes of the pages, and of what they load.
pub(crate) fn routes() -> Router<App> {
    Router::new()
        .route("/", get(overview::show))
        .route("/events", get(events::show))
        .route("/events/{id}", get(event::show))
        .route("/clusters", get(clusters::show))
        .route("/clusters/{inspection}/{id}", get(clusters::one))
        .route("/clusters/{inspection}/{id}/life-cycle", post(acts::life_cycle))
        .route("/clusters/{inspection}/{id}/remark", post(clusters::remark))
        .route("/inspections", get(inspections::show))
        .route("/inspections/{name}", get(inspections::one))
        .route("/inspections/{name}/times", get(inspections::times))
        .route("/inspections/{name}/run", post(inspections::run_now))
        .route("/inspections/{name}/runs/{run}", get(inspections::run))
        .route("/inspections/{name}/settings/{key}", post(inspections::set))
        .route("/inspections/{name}/settings/{key}/drop", post(inspections::drop))
        .route("/overrides.toml", get(inspections::export))
        .route("/keys", get(keys::show))
        .route("/changes", get(changes::show))
        .route("/changes/mutes", post(changes::set))
        .route("/mutes", post(acts::mute))
        .route("/mutes/{inspection}/{id}/end", post(changes::end))
        .route("/sinks/{name}/retry", post(sinks::retry))
        .route("/login", get(login::show))
        .route("/assets/{name}", get(assets::asset))
}
