//! Texts of the log: templates, records.

use firstsight_sink::html::{indented, template_pieces};
use firstsight_sink::text::cut;
use maud::{Markup, html};

/// A template, its variables set apart.
pub(crate) fn template(template: &str) -> Markup {
    let template = cut(template);
    html! {
        @if !template.is_empty() {
            p.template dir="auto" {
                @for (is_variable, piece) in template_pieces(&template) {
                    @if is_variable { var { (piece) } } @else { (piece) }
                }
            }
        }
    }
}

/// JSON, indented, with a button that copies it; `label` names it. What was cut off stays as it is.
pub(crate) fn json(label: &str, json: &str, copy: &str) -> Markup {
    block(label, &indented(json), copy)
}

/// A text in lines, with a button that copies it.
pub(crate) fn block(label: &str, text: &str, copy: &str) -> Markup {
    html! {
        div.code-block {
            button.copy type="button" hidden data-copy-next { (super::icon::copy()) (copy) }
            pre tabindex="0" role="group" aria-label=(label) { code { (text) } }
        }
    }
}
