//! Mutes: those that stand, those that ended, and forms to set and to end one.

use axum::extract::{Form, Path};
use axum::response::Response;
use firstsight_sink::text;
use maud::{Markup, html};
use serde::Deserialize;

use super::worded;
use crate::model::{self, MuteLine, NewMute};
use crate::pages::components::{badge, notice, time};
use crate::pages::flash::Done;
use crate::pages::link;
use crate::pages::visit::{Visit, form_fields};
use crate::pages::words::{changes::Words, fill};
use crate::problem::Problem;
use crate::refusal::Refusal;

/// A mute, as the form has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct NewForm {
    inspection: String,
    account: String,
    service: String,
    actor: String,
    cluster: String,
    duration: String,
    reason: String,
    back: String,
}

/// `POST /changes/mutes`.
pub(in crate::pages) async fn set(visit: Visit, Form(form): Form<NewForm>) -> Response {
    let done = async {
        visit.must_change()?;
        let control = visit.app.control.as_ref();
        model::set_mute(control, &form.inspection, &new_mute(&form)?, &visit.viewer.name).await?;
        Ok(Done::Muted)
    };
    visit.did(done.await, &form.back)
}

fn new_mute(form: &NewForm) -> Result<NewMute, Problem> {
    let field = |text: &str| text.trim().to_owned();
    let mute = NewMute {
        name: String::new(),
        reason: field(&form.reason),
        account: field(&form.account),
        cluster: field(&form.cluster),
        actor: field(&form.actor),
        service: field(&form.service),
        duration: field(&form.duration),
    };
    let of = [&mute.account, &mute.cluster, &mute.actor, &mute.service];
    if of.into_iter().all(String::is_empty) {
        // A mute of nothing in particular would be one of everything.
        return Err(Refusal::MuteOfNothing.into());
    }
    Ok(mute)
}

/// Why a mute is ended.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct EndForm {
    note: String,
    back: String,
}

/// `POST /mutes/{inspection}/{id}/end`.
pub(in crate::pages) async fn end(
    visit: Visit,
    Path((inspection, id)): Path<(String, String)>,
    Form(form): Form<EndForm>,
) -> Response {
    let done = async {
        visit.must_change()?;
        let control = visit.app.control.as_ref();
        model::end_mute(control, &inspection, &id, &form.note, &visit.viewer.name).await?;
        Ok(Done::MuteEnded)
    };
    visit.did(done.await, &form.back)
}

/// Mutes, a row each.
pub(super) fn list(visit: &Visit, words: &Words, mutes: &[MuteLine]) -> Markup {
    if mutes.is_empty() {
        return notice::empty(words.mutes_empty, words.mutes_empty_what);
    }
    html! {
        table.rows.flat {
            thead { tr {
                th scope="col" { (words.state) } th scope="col" { (words.of) } th scope="col" { (words.from) }
                th scope="col" { (words.until) } th scope="col" { (words.set_by) }
                @if visit.may_change() { th scope="col" { span.sr { (words.end) } } }
            } }
            tbody { @for mute in mutes { (row(visit, words, mute)) } }
        }
    }
}

/// The tone and the word of a mute's state.
fn state(words: &Words, state: &str) -> (&'static str, &'static str, &'static str) {
    match state {
        "active" => ("info", "disabled", words.state_active),
        "between" => ("quiet", "info", words.state_between),
        "upcoming" => ("quiet", "info", words.state_upcoming),
        "expired" => ("quiet", "ok", words.state_expired),
        "ended" => ("quiet", "ok", words.state_ended),
        _ => ("error", "error", words.state_unreadable),
    }
}

fn row(visit: &Visit, words: &Words, mute: &MuteLine) -> Markup {
    let (tone, icon, word) = state(words, &mute.state);
    let of = worded::of(visit.locale, words, mute);
    let when = worded::times(visit.locale, words, mute);
    html! {
        tr data-row=(format!("{}/{}", mute.inspection, mute.id)) {
            td { (badge::named(tone, icon, word)) }
            th scope="row" data-label=(words.of) {
                bdi { (text::cut(&of)) }
                span.aside {
                    @if mute.inspection.is_empty() { (words.every) } @else { bdi { (text::cut(&mute.inspection)) } }
                    @if let Some(when) = when { " · " bdi { (text::cut(&when)) } }
                }
            }
            td data-label=(words.from) { (time::when_or(visit, mute.from, otherwise(mute, words.at_once))) }
            td data-label=(words.until) { (time::when_or(visit, mute.until, otherwise(mute, words.until_ended))) }
            td data-label=(words.set_by) { (said(visit, words, mute)) }
            @if visit.may_change() { td { (ending(visit, words, mute, &of)) } }
        }
    }
}

/// What stands for a time that there is none of: of a mute that is over, no time is known any more.
fn otherwise<'a>(mute: &MuteLine, word: &'a str) -> &'a str {
    match mute.state.as_str() {
        "active" | "between" | "upcoming" => word,
        _ => "–",
    }
}

fn said(visit: &Visit, words: &Words, mute: &MuteLine) -> Markup {
    html! {
        @match &mute.set {
            None => { (words.in_file) }
            Some(set) => {
                bdi { (text::cut(&set.by)) } span.aside.said { (time::when(visit, set.at)) }
                @if !set.note.is_empty() { span.aside.clip { q { bdi { (text::cut(&set.note)) } } } }
            }
        }
        @if let Some(ended) = &mute.ended {
            span.aside { (words.state_ended) ": " bdi { (text::cut(&ended.by)) } @if !ended.note.is_empty() { " " q { bdi { (text::cut(&ended.note)) } } } }
        }
    }
}

/// Only what stands, and is in a state of ours, can be ended here.
fn ending(visit: &Visit, words: &Words, mute: &MuteLine, of: &str) -> Markup {
    let stands = !mute.inspection.is_empty() && mute.ended.is_none() && mute.state != "expired";
    html! {
        @if stands {
            form method="post" action={ "/mutes/" (link::encoded(&mute.inspection)) "/" (link::encoded(&mute.id)) "/end" } {
                (form_fields(visit, &format!("{}#mutes", visit.here())))
                button type="submit" aria-label=(fill(words.end_of, &[&text::cut(of)])) { (words.end) }
            }
        }
    }
}

/// The form that sets a mute of anything.
pub(super) fn form(visit: &Visit, words: &Words) -> Markup {
    let names: Vec<String> = visit
        .app
        .control
        .inspections()
        .into_iter()
        .map(|state| state.name)
        .collect();
    let durations = [
        ("2h", words.for_2h),
        ("1d", words.for_1d),
        ("7d", words.for_7d),
        ("30d", words.for_30d),
        ("", words.for_ever),
    ];
    html! {
        section.panel {
            h2 { (words.set) }
            p.muted { (words.mutes_what) " " (words.set_what) }
            form.fields method="post" action="/changes/mutes" {
                (form_fields(visit, &format!("{}#mutes", visit.here())))
                label { span { (visit.common().inspection) } select name="inspection" { @for name in &names { option value=(name) { (name) } } } }
                (field("account", visit.common().account, "111122223333"))
                (field("service", words.service, "kms"))
                (field("actor", words.actor, "*pentest*"))
                (field("cluster", words.cluster, ""))
                label { span { (words.duration) } select name="duration" { @for (value, word) in durations { option value=(value) { (word) } } } }
                label { span { (visit.common().reason) } input type="text" name="reason" required maxlength="1000" placeholder=(visit.common().note_hint) autocomplete="off"; }
                button.primary type="submit" { (words.set) }
            }
        }
    }
}

fn field(name: &str, label: &str, hint: &str) -> Markup {
    let hint = (!hint.is_empty()).then_some(hint);
    html! {
        label { span { (label) } input type="text" name=(name) placeholder=[hint] maxlength="500" autocomplete="off" spellcheck="false" autocapitalize="off"; }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mute_is_about_something() {
        let problem = new_mute(&NewForm {
            account: "  ".to_owned(),
            ..NewForm::default()
        })
        .unwrap_err();
        assert_eq!(problem.status, 400);
        let form = NewForm {
            service: " kms ".to_owned(),
            duration: "2h".to_owned(),
            ..NewForm::default()
        };
        let mute = new_mute(&form).unwrap();
        assert_eq!((mute.service.as_str(), mute.duration.as_str()), ("kms", "2h"));
    }
}
