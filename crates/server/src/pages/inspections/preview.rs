//! When a schedule would run, told before it is saved: a part of a page that a script asks for while somebody types.

use axum::extract::Path;
use axum::response::Response;
use firstsight_engine::Time;
use firstsight_inspection::{Schedule, ScheduleError};
use firstsight_sink::text;
use maud::{Markup, html};
use serde::Deserialize;

use super::settings::local;
use crate::pages::components::{icon, time};
use crate::pages::visit::Visit;
use crate::pages::words::{self, inspections::Words};
use crate::problem::Problem;
use crate::refusal::Refusal;

/// So many times are told.
const TIMES: usize = 3;

/// What is typed; what is not typed is as it holds.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Asked {
    schedule: Option<String>,
    time_zone: Option<String>,
}

/// `GET /inspections/{name}/times`.
pub(in crate::pages) async fn show(visit: Visit, Path(name): Path<String>) -> Response {
    visit.fragment(times_of(&visit, &name))
}

fn times_of(visit: &Visit, name: &str) -> Result<Markup, Problem> {
    let asked: Asked = visit.query()?;
    let mut states = visit.app.control.inspections().into_iter();
    let state = states
        .find(|state| state.name == name)
        .ok_or_else(|| Refusal::NoInspection(name.to_owned()))?;
    let holds = &state.effective.schedule;
    let expression = asked.schedule.as_deref().unwrap_or(holds.expression());
    let zone = asked.time_zone.as_deref().unwrap_or(holds.time_zone());
    Ok(times(visit, &Schedule::new(expression, zone.trim())))
}

/// The next times of a schedule by its own clock and by UTC, or what is wrong with it.
fn times(visit: &Visit, schedule: &Result<Schedule, ScheduleError>) -> Markup {
    let words = words::inspections::of(visit.locale);
    match schedule {
        Ok(schedule) => told(visit, words, schedule),
        Err(wrong) => html! {
            p.wrong data-wrong { (icon::status("error")) span { (words.not_valid) " " bdi { (text::cut(&wrong.told(visit.locale))) } } }
        },
    }
}

fn told(visit: &Visit, words: &Words, schedule: &Schedule) -> Markup {
    let times = next(schedule, visit.now, TIMES);
    html! {
        @if times.is_empty() { p.wrong { (icon::status("warning")) span { (words.no_ticks) } } } @else {
            p.hint { (words.would_run) }
            ol.ticks { @for tick in times { (line(visit, schedule, tick)) } }
        }
    }
}

/// The next ticks behind a moment, at most so many.
pub(super) fn next(schedule: &Schedule, now: Time, number: usize) -> Vec<Time> {
    std::iter::successors(schedule.next(now), |tick| schedule.next(*tick))
        .take(number)
        .collect()
}

/// A tick as a line of a list: in UTC, and by the clock of the schedule's time zone.
pub(super) fn line(visit: &Visit, schedule: &Schedule, tick: Time) -> Markup {
    let zone = schedule.time_zone();
    html! {
        li { (time::when(visit, tick)) @if let Some(local) = local(tick, zone) { span.aside { (local) " " (zone) } } }
    }
}
