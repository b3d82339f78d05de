//! From page to page of a list.

use maud::{Markup, html};

use crate::pages::visit::Visit;

/// Links to the next page and back to the first; nothing where there is one page only.
pub(crate) fn pager(visit: &Visit, cursor: &str, next: Option<&str>) -> Markup {
    pager_at(visit, cursor, next, "")
}

/// The same for a list that does not begin its page: `anchor` is where it does, as `#log`.
pub(crate) fn pager_at(visit: &Visit, cursor: &str, next: Option<&str>, anchor: &str) -> Markup {
    let words = visit.common();
    let to = |cursor: &str| format!("{}{anchor}", visit.with(&[("cursor", cursor)]));
    html! {
        @if next.is_some() || !cursor.is_empty() {
            nav.pager aria-label=(words.paging) {
                @if !cursor.is_empty() { a.button href=(to("")) { (words.first_page) } }
                @if let Some(next) = next {
                    a.button rel="next" href=(to(next)) { (words.next_page) }
                }
            }
        }
    }
}
