//! Who looks after a cluster, what is written beside it, and what people changed of it.

use axum::extract::{Form, Path};
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use crate::model::{self, ClusterDetail, ClusterLine, Remark};
use crate::pages::changes::log;
use crate::pages::components::{badge, time};
use crate::pages::event::cluster::life_cycle;
use crate::pages::event::mute;
use crate::pages::event::says;
use crate::pages::flash::Done;
use crate::pages::link;
use crate::pages::visit::{Visit, form_fields};
use crate::pages::words::{self, clusters::Words, fill};
use firstsight_sink::text;

/// Owner and note, as the form has them.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::pages) struct Remarks {
    owner: String,
    note: String,
    back: String,
}

/// `POST /clusters/{inspection}/{id}/remark`.
pub(in crate::pages) async fn remark(
    visit: Visit,
    Path((inspection, id)): Path<(String, String)>,
    Form(form): Form<Remarks>,
) -> Response {
    let done = async {
        visit.must_change()?;
        let remark = Remark {
            owner: Some(form.owner.trim().to_owned()),
            note: Some(form.note.trim().to_owned()),
        };
        let control = visit.app.control.as_ref();
        model::remark(control, &inspection, &id, &remark, &visit.viewer.name).await?;
        Ok(Done::Remark)
    };
    visit.did(done.await, &form.back)
}

/// What people said of it and wrote beside it, with forms to say more.
pub(super) fn panels(visit: &Visit, words: &Words, detail: &ClusterDetail) -> Markup {
    let line = &detail.line;
    let said = words::event::of(visit.locale);
    html! {
        section.panel {
            h2 { (words.people) }
            (standing(visit, words, line))
            @if visit.may_change() {
                (says::form_of(visit, said, (&line.inspection, &line.id), &line.life_cycle, &visit.here()))
            }
        }
        (remarks(visit, words, line))
        @if visit.may_change() {
            (mute::form_of(visit, said, (&line.inspection, &line.account), &choices(said, line)))
        }
        @if !detail.audit.is_empty() {
            section.panel {
                h2 { (words.audit) }
                ul.log-entries { @for entry in &detail.audit { (log::entry(visit, entry, None)) } }
            }
        }
    }
}

fn standing(visit: &Visit, words: &Words, line: &ClusterLine) -> Markup {
    html! {
        @if line.life_cycle == "open" && line.said.is_none() { p.muted { (words.nobody) } }
        @else { p { (badge::mark("info", &life_cycle(visit, &line.life_cycle))) } }
        @if let Some(said) = &line.said {
            p.said { bdi { (text::cut(&said.by)) } " " (time::when(visit, said.at)) }
            @if !said.note.is_empty() { p { q { bdi { (text::cut(&said.note)) } } } }
        }
    }
}

fn remarks(visit: &Visit, words: &Words, line: &ClusterLine) -> Markup {
    let action = format!("{}/remark", link::cluster(&line.inspection, &line.id));
    html! {
        @if visit.may_change() {
            section.panel {
                h2 { (words.remark) }
                p.muted { (words.remark_what) }
                form.stack method="post" action=(action) {
                    (form_fields(visit, &visit.here()))
                    label { span { (words.owner) } input type="text" name="owner" maxlength="200" value=(line.owner) placeholder=(words.owner_hint) autocomplete="off"; }
                    label { span { (words.note) } textarea name="note" maxlength="2000" rows="3" { (line.note) } }
                    button type="submit" { (words.save) }
                }
            }
        } @else if !line.owner.is_empty() || !line.note.is_empty() {
            section.panel {
                h2 { (words.remark) }
                @if !line.owner.is_empty() { p { strong { bdi { (text::cut(&line.owner)) } } } }
                @if !line.note.is_empty() { p { bdi { (text::cut(&line.note)) } } }
            }
        }
    }
}

/// What can be muted from here: the cluster, or everything of its account.
fn choices(words: &words::event::Words, line: &ClusterLine) -> Vec<(String, String)> {
    let call = text::call(&line.event_source, &line.event_name);
    let name = format!("{call} {}", line.error_code);
    vec![
        (
            format!("cluster:{}", line.id),
            fill(words.mute_cluster, &[&name.trim()]),
        ),
        ("account".to_owned(), fill(words.mute_account, &[&line.account])),
    ]
}
