//! The audit log: who changed what, when and why.

use firstsight_engine::LifeCycle;
use firstsight_sink::text;
use firstsight_store::AuditEntry;
use maud::{Markup, html};

use crate::pages::components::time;
use crate::pages::event::cluster::life_cycle;
use crate::pages::link;
use crate::pages::visit::Visit;
use crate::pages::words::{self, changes::Words};

/// An entry, as an item of a list; with the inspection whose state tells it, where that is not clear.
pub(in crate::pages) fn entry(visit: &Visit, entry: &AuditEntry, inspection: Option<&str>) -> Markup {
    let words = words::changes::of(visit.locale);
    html! {
        li {
            strong { bdi { (text::cut(&entry.said.by)) } } " " (action(words, &entry.action)) " "
            (about(entry, inspection))
            (change(visit, words, entry))
            @if !entry.said.note.is_empty() { " " q.clip { bdi { (text::cut(&entry.said.note)) } } }
            " " (time::when(visit, entry.said.at))
        }
    }
}

/// What was done, in words; as it is where this version has none.
fn action<'a>(words: &Words, action: &'a str) -> &'a str {
    match action {
        "acknowledge" => words.acknowledge,
        "expect" => words.expect,
        "archive" => words.archive,
        "resolve" => words.resolve,
        "reopen" => words.reopen,
        "escalate" => words.escalate,
        "import" => words.import,
        "forget" => words.forget,
        "remark" => words.remark,
        "mute" => words.mute,
        "unmute" => words.unmute,
        "retry" => words.retry,
        "override" => words.setting,
        "drop-override" => words.drop_setting,
        other => other,
    }
}

fn about(entry: &AuditEntry, inspection: Option<&str>) -> Markup {
    html! {
        @if let Some(inspection) = inspection {
            @if let Some(cluster) = entry.cluster {
                a href=(link::cluster(inspection, &cluster.to_string())) { code { (text::short(cluster)) } } " "
            }
            span.muted { a href=(link::inspection(inspection)) { bdi { (text::cut(inspection)) } } @if !entry.account.is_empty() { " · " bdi { (text::cut(&entry.account)) } } }
        }
    }
}

/// What stood before, and what stands now.
fn change(visit: &Visit, words: &Words, entry: &AuditEntry) -> Markup {
    if entry.before.is_empty() && entry.after.is_empty() {
        return html! {};
    }
    html! {
        span.change {
            @if entry.before.is_empty() { (value(visit, words, "")) } @else { del { (value(visit, words, &entry.before)) } } " " span.muted { (words.to) } " " ins { (value(visit, words, &entry.after)) }
        }
    }
}

fn value(visit: &Visit, words: &Words, value: &str) -> Markup {
    let is_said = value.parse::<LifeCycle>().is_ok();
    html! {
        @if value.is_empty() { span.muted { (words.nothing) } }
        @else if is_said { (life_cycle(visit, value)) }
        @else { code { (text::cut(value)) } }
    }
}
