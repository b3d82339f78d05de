//! From page to page of a list.

use maud::{Markup, html};

use crate::pages::visit::Visit;

/// Links to the next page and back to the first; nothing where there is one page only.
pub(crate) fn pager(visit: &Visit, cursor: &str, next: Option<&str>) -> Markup {
    let words = visit.common();
    html! {
        @if next.is_some() || !cursor.is_empty() {
            nav.pager aria-label=(words.paging) {
                @if !cursor.is_empty() { a.button href=(visit.with(&[("cursor", "")])) { (words.first_page) } }
                @if let Some(next) = next {
                    a.button rel="next" href=(visit.with(&[("cursor", next)])) { (words.next_page) }
                }
            }
        }
    }
}
