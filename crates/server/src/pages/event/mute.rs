//! The form that mutes what an event is about.

use firstsight_engine::Dimension;
use firstsight_sink::{Event, text};
use maud::{Markup, html};

use crate::pages::visit::{Visit, form_fields};
use crate::pages::words::{event::Words, fill};

/// A cluster, an actor or the account; for how long, and why.
pub(super) fn form(visit: &Visit, words: &Words, event: &Event) -> Markup {
    form_of(
        visit,
        words,
        (&event.inspection, &event.account),
        &choices(words, event),
    )
}

/// The form that mutes one of some choices, each with its words, of an account that an inspection looks at.
pub(in crate::pages) fn form_of(
    visit: &Visit,
    words: &Words,
    (inspection, account): (&str, &str),
    choices: &[(String, String)],
) -> Markup {
    html! {
        section.panel {
            h2 { (words.mute) }
            p.muted { (words.mute_what) }
            form.stack method="post" action="/mutes" {
                (form_fields(visit, &visit.here()))
                input type="hidden" name="inspection" value=(inspection);
                input type="hidden" name="account" value=(account);
                label { span { (words.mute_of) } select name="what" { @for (value, label) in choices { option value=(value) { (text::cut(label)) } } } }
                label { span { (words.mute_for) } select name="duration" {
                    @for (value, label) in [("2h", words.for_2h), ("1d", words.for_1d), ("7d", words.for_7d), ("30d", words.for_30d), ("", words.for_ever)] {
                        option value=(value) { (label) }
                    }
                } }
                label { span { (visit.common().reason) } input type="text" name="reason" required maxlength="1000" placeholder=(visit.common().note_hint) autocomplete="off"; }
                button type="submit" { (words.mute) }
            }
        }
    }
}

/// What can be muted, with its words: each cluster and each actor once, then the account.
fn choices(words: &Words, event: &Event) -> Vec<(String, String)> {
    let mut choices: Vec<(String, String)> = Vec::new();
    for finding in &event.findings {
        let call = text::call(&finding.event_source, &finding.event_name);
        let label = format!("{call} {}", finding.error_code);
        add(
            &mut choices,
            format!("cluster:{}", finding.cluster),
            fill(words.mute_cluster, &[&label.trim()]),
        );
    }
    let values = event.findings.iter().flat_map(|finding| &finding.values);
    for actor in values.filter(|value| value.dimension == Dimension::Actor) {
        add(
            &mut choices,
            format!("actor:{}", actor.value),
            fill(words.mute_actor, &[&actor.value]),
        );
    }
    add(
        &mut choices,
        "account".to_owned(),
        fill(words.mute_account, &[&event.account]),
    );
    choices
}

fn add(choices: &mut Vec<(String, String)>, value: String, label: String) {
    if choices.iter().all(|(known, _)| *known != value) {
        choices.push((value, label));
    }
}
