//! `/metrics`, for Prometheus: in the text format of OpenMetrics 1.0.
//!
//! Nothing is counted twice: what the daemon and the states know is asked when somebody scrapes, only requests are counted here.

mod requests;
mod sheet;
mod sinks;
mod states;
#[cfg(test)]
mod tests;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
pub(crate) use requests::{Requests, measured};

use crate::app::App;
use crate::problem::Problem;
use sheet::Sheet;

/// <https://prometheus.io/docs/specs/om/open_metrics_spec/>
const KIND: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The route.
pub(crate) fn routes() -> Router<App> {
    Router::new().route("/metrics", get(scrape))
}

async fn scrape(State(app): State<App>) -> Response {
    let mut sheet = Sheet::default();
    about(&app, &mut sheet);
    states::write(&*app.control, &mut sheet).await;
    sinks::write(&*app.control, &mut sheet);
    app.requests.write(&mut sheet);
    match sheet.text() {
        Ok(text) => ([(CONTENT_TYPE, KIND)], text).into_response(),
        Err(_) => {
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "the metrics cannot be written").into_response()
        }
    }
}

/// The process.
fn about(app: &App, sheet: &mut Sheet) {
    let control = &app.control;
    let version = vec![("version", app.version.to_owned())];
    sheet.gauges(
        "build_info",
        "The version, as a label; always 1",
        [(version, 1.0)],
    );
    sheet.gauge(
        "start_time_seconds",
        "When the daemon started, since the epoch",
        seconds(control.started()),
    );
    sheet.gauge(
        "time_seconds",
        "The present by the daemon's clock, since the epoch",
        seconds(control.now()),
    );
    sheet.gauge(
        "ready",
        "Whether states are open and the scheduler lives",
        flag(control.ready().is_ok()),
    );
    if let Some(reload) = control.last_reload() {
        let at = seconds(reload.at);
        sheet.gauge(
            "last_reload_timestamp_seconds",
            "When the configuration was read again last, since the epoch",
            at,
        );
        let taken = flag(reload.error.is_none());
        sheet.gauge(
            "last_reload_success",
            "Whether it was taken; else the one from before holds",
            taken,
        );
    }
}

/// A time in seconds since the epoch.
#[allow(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 are exact in 53 bits"
)]
fn seconds(time: firstsight_engine::Time) -> f64 {
    time.as_millis() as f64 / 1000.0
}

/// Seconds from one time to another; negative where the other comes first.
#[allow(clippy::cast_precision_loss, reason = "as above")]
fn between(from: firstsight_engine::Time, to: firstsight_engine::Time) -> f64 {
    to.as_millis().saturating_sub(from.as_millis()) as f64 / 1000.0
}

const fn flag(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// A count: exact up to 2^53.
#[allow(clippy::cast_precision_loss, reason = "Prometheus knows nothing but doubles")]
const fn count(count: u64) -> f64 {
    count as f64
}
