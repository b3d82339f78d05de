//! The form with which people say something of a cluster.

use firstsight_engine::Finding;
use firstsight_sink::Event;
use maud::{Markup, html};

use super::cluster::anchor;
use crate::model::ClusterLine;
use crate::pages::link;
use crate::pages::visit::{Visit, form_fields};
use crate::pages::words::event::Words;

/// Of so many findings the forms stand open.
const FEW: usize = 3;

/// The form; open where an event has few clusters.
pub(super) fn form(
    visit: &Visit,
    words: &Words,
    event: &Event,
    finding: &Finding,
    line: Option<&ClusterLine>,
) -> Markup {
    let said = line.map_or("open", |line| line.life_cycle.as_str());
    let back = format!("{}#{}", visit.here(), anchor(finding));
    let cluster = finding.cluster.to_string();
    html! {
        details.says open[event.findings.len() <= FEW] {
            summary { (words.says) }
            (form_of(visit, words, (&event.inspection, &cluster), said, &back))
        }
    }
}

/// The form of a cluster (an inspection and an id), of which `said` was said last.
pub(in crate::pages) fn form_of(
    visit: &Visit,
    words: &Words,
    (inspection, cluster): (&str, &str),
    said: &str,
    back: &str,
) -> Markup {
    html! {
        form.stack method="post" action={ (link::cluster(inspection, cluster)) "/life-cycle" } {
            (form_fields(visit, back))
            label { span { (visit.common().note) } input type="text" name="note" maxlength="1000" placeholder=(visit.common().note_hint) autocomplete="off"; }
            div.choices {
                (word(said, "acknowledged", words.acknowledge, words.acknowledge_what))
                (word(said, "expected", words.expect, words.expect_what))
                (word(said, "resolved", words.resolve, words.resolve_what))
                @if said != "open" { button type="submit" name="life_cycle" value="open" { (words.reopen) } }
            }
            div.choices {
                label { span { (words.archive_until) } (until(words)) }
                label { span { (words.date) } input type="date" name="date"; }
                button type="submit" name="life_cycle" value="archived" { (words.archive) }
            }
        }
    }
}

fn word(said: &str, value: &str, label: &str, what: &str) -> Markup {
    html! { button type="submit" name="life_cycle" value=(value) title=(what) disabled[said == value] { (label) } }
}

fn until(words: &Words) -> Markup {
    let options = [
        ("escalation", words.until_escalation),
        ("7d", words.until_7d),
        ("30d", words.until_30d),
        ("90d", words.until_90d),
        ("date", words.until_date),
        ("forever", words.until_forever),
    ];
    html! { select name="until" { @for (value, label) in options { option value=(value) { (label) } } } }
}
