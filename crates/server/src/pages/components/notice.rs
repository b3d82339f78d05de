//! What a page says about itself: that something was done, or that there is nothing.

use firstsight_engine::Locale;
use maud::{Markup, html};

use super::icon;
use crate::pages::flash::Flash;
use crate::pages::visit::Visit;

/// What was done, or why not.
pub(crate) fn flash(flash: &Flash, locale: Locale) -> Markup {
    let (tone, icon) = if flash.is_done() {
        ("ok", "ok")
    } else {
        ("error", "error")
    };
    html! {
        div class={ "flash tone-" (tone) } role=(if flash.is_done() { "status" } else { "alert" }) {
            (icon::status(icon)) p { (flash.words(locale)) }
        }
    }
}

/// Where a filtered list has no rows: that nothing fits and how to see all, or what it means that there is nothing at all.
pub(crate) fn no_rows(visit: &Visit, narrowed: bool, none: &str, what: &str) -> Markup {
    let words = visit.common();
    if !narrowed {
        return empty(none, what);
    }
    html! {
        div.empty {
            p.empty-title { (words.no_match) }
            p.muted { (words.no_match_what) }
            p { a.button href=(visit.uri.path()) { (words.clear) } }
        }
    }
}

/// Where a list has no rows: that it has none, and what that means.
pub(crate) fn empty(title: &str, what: &str) -> Markup {
    html! { div.empty { p.empty-title { (title) } p.muted { (what) } } }
}
