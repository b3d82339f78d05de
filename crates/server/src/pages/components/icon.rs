//! Icons, drawn here: pages load no font and no picture for them. All are decoration beside words.

use maud::{Markup, PreEscaped, html};

use crate::pages::visit::Theme;

/// An icon of 16 by 16 with these shapes, in the colour of the text.
fn drawn(shapes: &'static str) -> Markup {
    html! {
        svg.icon viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false" { (PreEscaped(shapes)) }
    }
}

/// The mark of the product: a known world, and the one thing that is new in it.
pub(crate) fn brand() -> Markup {
    drawn(
        r#"<path d="M8 1.8a6.2 6.2 0 1 0 6.2 6.2" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"/><circle cx="12.6" cy="3.4" r="2.4" class="new"/>"#,
    )
}

/// A magnifying glass.
pub(crate) fn search() -> Markup {
    drawn(
        r#"<circle cx="6.8" cy="6.8" r="4.3" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="m10.2 10.2 3.6 3.6" stroke="currentColor" stroke-width="1.5" stroke-linecap="round"/>"#,
    )
}

/// The shape of a status: each has one of its own, so that colour is never all that tells them apart.
pub(crate) fn status(status: &str) -> Markup {
    drawn(match status {
        "critical" => {
            r#"<path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" fill="currentColor"/><path d="M8 4.2v4.6M8 11v1.2" class="cut" stroke-width="2"/>"#
        }
        "error" => {
            r#"<circle cx="8" cy="8" r="7" fill="currentColor"/><path d="m5.4 5.4 5.2 5.2m0-5.2-5.2 5.2" class="cut" stroke-width="1.8"/>"#
        }
        "warning" => {
            r#"<path d="M8 1.5 15.2 14H.8z" fill="currentColor"/><path d="M8 6v4M8 11.4v1.2" class="cut" stroke-width="1.7"/>"#
        }
        "ok" => {
            r#"<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="m5 8.2 2.1 2.1L11 6" fill="none" stroke="currentColor" stroke-width="1.6"/>"#
        }
        "running" => {
            r#"<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M6.4 5v6L11 8z" fill="currentColor"/>"#
        }
        "disabled" => {
            r#"<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M6.3 5.5v5M9.7 5.5v5" stroke="currentColor" stroke-width="1.5"/>"#
        }
        _ => {
            r#"<circle cx="8" cy="8" r="6.2" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 7.2v4M8 4.4v1.3" stroke="currentColor" stroke-width="1.6"/>"#
        }
    })
}

/// A sun, a moon, or half of each.
pub(crate) fn theme(theme: Theme) -> Markup {
    drawn(match theme {
        Theme::Light => {
            r#"<circle cx="8" cy="8" r="3" fill="currentColor"/><path d="M8 1v2m0 10v2M1 8h2m10 0h2M3 3l1.5 1.5m7 7L13 13M3 13l1.5-1.5m7-7L13 3" stroke="currentColor" stroke-width="1.4" stroke-linecap="round"/>"#
        }
        Theme::Dark => r#"<path d="M13.5 10A6 6 0 0 1 6 2.5a6 6 0 1 0 7.5 7.5z" fill="currentColor"/>"#,
        Theme::Auto => {
            r#"<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M8 2a6 6 0 0 1 0 12z" fill="currentColor"/>"#
        }
    })
}

/// Two sheets.
pub(crate) fn copy() -> Markup {
    drawn(
        r#"<rect x="5.5" y="5.5" width="8" height="8" rx="1.5" fill="none" stroke="currentColor" stroke-width="1.4"/><path d="M3.5 10.5h-1v-8h8v1" fill="none" stroke="currentColor" stroke-width="1.4"/>"#,
    )
}
