//! Requests, counted as they are answered.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;

use super::sheet::{Labels, Sheet};
use crate::app::App;

/// Seconds: from what memory answers to the time limit.
const BUCKETS: [f64; 9] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.0, 10.0];

/// Requests so far. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Requests {
    answered: Family<Labels, Counter>,
    took: Family<Labels, Histogram, fn() -> Histogram>,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            answered: Family::default(),
            took: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
        }
    }
}

impl Requests {
    pub(super) fn write(&self, sheet: &mut Sheet) {
        let help = "Requests that were answered, by route, method and status";
        sheet.register("http_requests", help, self.answered.clone());
        let help = "How long answers took until their heads were sent, by route";
        sheet.register("http_request_duration_seconds", help, self.took.clone());
    }

    fn count(&self, route: &str, method: &Method, status: u16, took: f64) {
        let route = vec![("route", route.to_owned())];
        self.took.get_or_create(&route).observe(took);
        let mut labels = route;
        labels.push(("method", word(method).to_owned()));
        labels.push(("status", status.to_string()));
        self.answered.get_or_create(&labels).inc();
    }
}

/// A method is any word that a client likes: only known ones become labels.
fn word(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::PATCH,
    ];
    if known.contains(method) {
        method.as_str()
    } else {
        "other"
    }
}

/// Counts a request by its route's template: never by its address, which is any text that a client likes.
pub(crate) async fn measured(State(app): State<App>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let began = Instant::now();
    let response = next.run(request).await;
    let route = route.as_ref().map_or("unmatched", MatchedPath::as_str);
    app.requests.count(
        route,
        &method,
        response.status().as_u16(),
        began.elapsed().as_secs_f64(),
    );
    response
}
