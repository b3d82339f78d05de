//! Attributes that are copied as `key:value`.

use firstsight_sink::text::cut;
use maud::{Markup, html};

use super::icon;
use crate::pages::visit::Visit;
use crate::pages::words::fill;

/// Keys and values; each pair has a button that copies it as `key:value`, where scripts run. Pairs of one key that stand
/// together share its name.
///
/// `href` says where a value leads, if anywhere.
pub(crate) fn list<'a>(
    visit: &Visit,
    pairs: impl IntoIterator<Item = (&'a str, &'a str)>,
    href: impl Fn(&str, &str) -> Option<String>,
) -> Markup {
    let pairs: Vec<(&str, &str)> = pairs.into_iter().collect();
    html! {
        dl.attributes {
            @for group in pairs.chunk_by(|(one, _), (next, _)| one == next) {
                div {
                    dt { bdi { (cut(group[0].0)) } }
                    @for (key, value) in group { dd { (shown(value, href(key, value))) (button(visit, key, value)) } }
                }
            }
        }
    }
}

fn shown(value: &str, href: Option<String>) -> Markup {
    html! {
        @if let Some(href) = href { a href=(href) { bdi { (cut(value)) } } } @else { bdi { (cut(value)) } }
    }
}

fn button(visit: &Visit, key: &str, value: &str) -> Markup {
    html! { @if !value.is_empty() { (text(visit, &format!("{key}:{value}"))) } }
}

/// A button that copies a text, where scripts run.
pub(crate) fn text(visit: &Visit, text: &str) -> Markup {
    let label = fill(visit.common().copy_of, &[&cut(text)]);
    html! { button.copy type="button" hidden data-copy=(text) title=(label) { (icon::copy()) span.sr { (label) } } }
}
