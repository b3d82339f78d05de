//! Sinks on the overview: what waits for them, what they refused, and a form that has it tried again.

use axum::extract::{Form, Path};
use axum::response::Response;
use firstsight_sink::text;
use maud::{Markup, html};
use serde::Deserialize;

use super::components::{badge, time};
use super::flash::Done;
use super::link;
use super::visit::{Visit, form_fields};
use super::words::{self, fill, sinks::Words};
use crate::model::{self, SinkLine};

/// Why it is tried again.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Retry {
    note: String,
    back: String,
}

/// `POST /sinks/{name}/retry`.
pub(super) async fn retry(visit: Visit, Path(name): Path<String>, Form(form): Form<Retry>) -> Response {
    let done = async {
        visit.must_change()?;
        let control = visit.app.control.as_ref();
        model::retry(control, &name, &form.note, &visit.viewer.name).await?;
        Ok(Done::Retried)
    };
    visit.did(done.await, &form.back)
}

/// The sinks, a row each; nothing where there are none.
pub(super) fn panel(visit: &Visit, sinks: &[SinkLine]) -> Markup {
    let words = words::sinks::of(visit.locale);
    html! {
        @if !sinks.is_empty() {
            section #sinks {
                h2 { (words.title) }
                table.rows.flat {
                    thead { tr {
                        th scope="col" { (words.sink) } th scope="col" { (words.state) } th scope="col" { (words.last) }
                        th.n scope="col" { (words.waiting) } th.n scope="col" { (words.refused) }
                        @if visit.may_change() { th scope="col" { span.sr { (words.retry) } } }
                    } }
                    tbody { @for line in sinks { (row(visit, words, line)) } }
                }
            }
        }
    }
}

fn row(visit: &Visit, words: &Words, line: &SinkLine) -> Markup {
    html! {
        tr data-row=(line.sink) {
            th scope="row" data-label=(words.sink) { bdi { (text::cut(&line.sink)) } }
            td data-label=(words.state) { (state(words, line)) }
            td data-label=(words.last) { (time::when_or(visit, line.last, words.not_yet)) }
            td.n data-label=(words.waiting) { (text::thousands(line.waiting)) }
            td.n data-label=(words.refused) { (text::thousands(line.parked)) }
            @if visit.may_change() { td { @if line.parked > 0 && line.configured { (again(visit, words, line)) } } }
        }
    }
}

/// How it answers, the worst first.
fn state(words: &Words, line: &SinkLine) -> Markup {
    let (tone, icon, word) = match (line.configured, &line.error, line.parked) {
        (false, ..) => ("warning", "warning", words.gone),
        (true, Some(_), _) => ("error", "error", words.failing),
        (true, None, 1..) => ("warning", "warning", words.refuses),
        (true, None, 0) => ("ok", "ok", words.well),
    };
    html! {
        (badge::named(tone, icon, word))
        @if let Some(error) = &line.error { span.aside dir="auto" { (text::cut(error)) } }
    }
}

fn again(visit: &Visit, words: &Words, line: &SinkLine) -> Markup {
    html! {
        form method="post" action={ "/sinks/" (link::encoded(&line.sink)) "/retry" } {
            (form_fields(visit, &format!("{}#sinks", visit.here())))
            button type="submit" aria-label=(fill(words.retry_of, &[&text::cut(&line.sink)])) { (words.retry) }
        }
    }
}
