//! Attributes that are copied as `key:value`.

use firstsight_sink::text::cut;
use maud::{Markup, html};

use super::icon;
use crate::pages::visit::Visit;
use crate::pages::words::fill;

/// Keys and values; each pair has a button that copies it as `key:value`, where scripts run.
pub(crate) fn list<'a>(visit: &Visit, pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Markup {
    let words = visit.common();
    html! {
        dl.attributes {
            @for (key, value) in pairs {
                @let pair = format!("{key}:{value}");
                div {
                    dt { bdi { (cut(key)) } }
                    dd {
                        bdi { (cut(value)) }
                        @if !value.is_empty() {
                            button.copy type="button" hidden data-copy=(pair) title=(fill(words.copy_of, &[&cut(&pair)])) {
                                (icon::copy()) span.sr { (fill(words.copy_of, &[&cut(key)])) }
                            }
                        }
                    }
                }
            }
        }
    }
}
