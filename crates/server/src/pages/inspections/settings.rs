//! Settings of an inspection: what the file says beside what was changed by hand, and forms to change them.

use firstsight_config::OverrideKey;
use firstsight_daemon::{InspectionState, SettingState};
use firstsight_engine::Time;
use firstsight_sink::text;
use maud::{Markup, html};

use super::preview;
use crate::model::InspectionDetail;
use crate::pages::components::{badge, time};
use crate::pages::link;
use crate::pages::visit::{Visit, form_fields};
use crate::pages::words::{fill, inspections::Words};

/// So many ticks are foretold.
const TICKS: usize = 5;

/// Every setting that can be changed here.
pub(super) fn panel(
    visit: &Visit,
    words: &Words,
    state: &InspectionState,
    detail: &InspectionDetail,
) -> Markup {
    html! {
        section.panel #settings aria-labelledby="settings-title" {
            h2 id="settings-title" { (words.settings) }
            p.muted { (words.settings_what) }
            ul.settings { @for setting in state.settings() { (item(visit, words, state, detail, &setting)) } }
        }
    }
}

const fn name(words: &Words, key: OverrideKey) -> &'static str {
    match key {
        OverrideKey::Enabled => words.key_enabled,
        OverrideKey::Filters => words.key_filters,
        OverrideKey::Schedule => words.key_schedule,
        OverrideKey::TimeZone => words.key_time_zone,
        OverrideKey::Policies => words.key_policies,
    }
}

fn item(
    visit: &Visit,
    words: &Words,
    state: &InspectionState,
    detail: &InspectionDetail,
    setting: &SettingState,
) -> Markup {
    html! {
        li {
            header {
                h3 { (name(words, setting.key)) }
                @if setting.said.is_some() { (badge::mark("warning", words.changed_mark)) } @else { span.muted { (words.as_in_file) } }
            }
            p.value { (value(words, setting.key, &setting.effective)) }
            @if let Some(said) = &setting.said {
                dl.facts {
                    dt { (words.file_says) } dd { (value(words, setting.key, &setting.configured)) }
                    dt { (words.changed_by) }
                    dd.said { bdi { (text::cut(&said.by)) } " " (time::when(visit, said.at)) @if !said.note.is_empty() { " " q { bdi { (text::cut(&said.note)) } } } }
                }
                @if visit.may_change() { (dropping(visit, words, state, setting.key)) }
            }
            @if visit.may_change() { (changing(visit, words, state, detail, setting.key)) }
        }
    }
}

/// A setting's value in words: the daemon tells it as the file writes it.
fn value(words: &Words, key: OverrideKey, written: &str) -> Markup {
    let list: Option<Vec<String>> = serde_json::from_str(written).ok();
    match (key, written, list) {
        (OverrideKey::Enabled, "true", _) => html! { (words.yes) },
        (OverrideKey::Enabled, "false", _) => html! { (words.no) },
        (OverrideKey::Policies, "\"all\"" | "all", _) => html! { (words.all_policies) },
        (OverrideKey::Policies, _, Some(list)) if list.is_empty() => html! { (words.none) },
        (_, _, Some(list)) => html! { @for text in list { code { (text::cut(&text)) } " " } },
        _ => html! { code { (text::cut(written)) } },
    }
}

fn action(state: &InspectionState, key: OverrideKey) -> String {
    format!("{}/settings/{}", link::inspection(&state.name), key.as_str())
}

fn back(visit: &Visit) -> String {
    format!("{}#settings", visit.here())
}

fn dropping(visit: &Visit, words: &Words, state: &InspectionState, key: OverrideKey) -> Markup {
    html! {
        form method="post" action={ (action(state, key)) "/drop" } {
            (form_fields(visit, &back(visit)))
            button type="submit" aria-label=(fill(words.drop_of, &[&name(words, key)])) { (words.drop) }
        }
    }
}

fn changing(
    visit: &Visit,
    words: &Words,
    state: &InspectionState,
    detail: &InspectionDetail,
    key: OverrideKey,
) -> Markup {
    html! {
        details {
            summary { (words.change) span.sr { ": " (name(words, key)) } }
            form.stack method="post" action=(action(state, key)) {
                (form_fields(visit, &back(visit)))
                (field(words, state, detail, key))
                label { span { (visit.common().note) } input type="text" name="note" maxlength="1000" placeholder=(visit.common().note_hint) autocomplete="off"; }
                button type="submit" { (words.save) }
            }
        }
    }
}

fn field(words: &Words, state: &InspectionState, detail: &InspectionDetail, key: OverrideKey) -> Markup {
    let config = &state.effective;
    let label = name(words, key);
    match key {
        OverrideKey::Enabled => html! {
            label { span { (label) } select name="value" {
                option value="true" selected[config.enabled] { (words.yes) }
                option value="false" selected[!config.enabled] { (words.no) }
            } }
        },
        OverrideKey::Filters => html! {
            label { span { (words.filters_hint) } textarea name="value" rows="6" required spellcheck="false" autocapitalize="off" { (config.source.names(&config.folder).join("\n")) } }
        },
        OverrideKey::Schedule => html! {
            (line(label, config.schedule.expression(), words.schedule_hint))
            (times(state, key))
        },
        OverrideKey::TimeZone => html! {
            (line(label, config.schedule.time_zone(), words.zone_hint))
            (times(state, key))
        },
        OverrideKey::Policies => policies(words, config.policies.as_deref(), &detail.policies),
    }
}

fn line(label: &str, value: &str, hint: &str) -> Markup {
    html! {
        label { span { (label) " · " (hint) } input type="text" name="value" value=(value) required maxlength="500" autocomplete="off" spellcheck="false" autocapitalize="off"; }
    }
}

/// The place where a script tells what follows from the field before it, as long as it is typed in.
fn times(state: &InspectionState, key: OverrideKey) -> Markup {
    let field = key.as_str().replace('-', "_");
    html! {
        div.times aria-live="polite" data-times={ (link::inspection(&state.name)) "/times" } data-times-of=(field) {}
    }
}

/// A box for each policy; the chosen ones are `None` where all are.
fn policies(words: &Words, chosen: Option<&[String]>, all: &[String]) -> Markup {
    let is_chosen = |name: &String| chosen.is_some_and(|chosen| chosen.contains(name));
    html! {
        label.check { input type="checkbox" name="all" value="yes" checked[chosen.is_none()]; span { (words.all_policies) } }
        @if all.is_empty() { p.hint { (words.no_policies) } }
        @for name in all {
            label.check { input type="checkbox" name="policy" value=(name) checked[is_chosen(name)]; span { bdi { (text::cut(name)) } } }
        }
    }
}

/// When it would run next by its schedule, in UTC and in its time zone.
pub(super) fn ticks(visit: &Visit, words: &Words, state: &InspectionState) -> Markup {
    let schedule = &state.effective.schedule;
    let ticks = preview::next(schedule, visit.now, TICKS);
    html! {
        section.panel {
            h2 { (words.ticks) }
            @if !state.effective.enabled { p.muted { (words.ticks_disabled) } }
            @if ticks.is_empty() { p { (words.no_ticks) } }
            ol.ticks { @for tick in ticks { (preview::line(visit, schedule, tick)) } }
        }
    }
}

/// A moment by the clock of another time zone.
pub(super) fn local(time: Time, zone: &str) -> Option<String> {
    if matches!(zone, "UTC" | "Etc/UTC") {
        return None;
    }
    let moment = jiff::Timestamp::from_millisecond(time.as_millis()).ok()?;
    let there = moment.in_tz(zone).ok()?;
    Some(there.strftime("%Y-%m-%d %H:%M").to_string())
}

/// What only the file changes.
pub(super) fn other(words: &Words, detail: &InspectionDetail) -> Markup {
    html! {
        section.panel {
            h2 { (words.other) }
            dl.facts { @for (key, value) in &detail.other { dt { code { (key) } } dd { bdi { (text::cut(value)) } } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_told_by_the_clock_of_their_zone() {
        let time: Time = "2026-07-01T22:30:00Z".parse().unwrap();
        assert_eq!(local(time, "Europe/Berlin").as_deref(), Some("2026-07-02 00:30"));
        assert_eq!(local(time, "UTC"), None);
        assert_eq!(local(time, "Nowhere/At_All"), None);
    }
}
