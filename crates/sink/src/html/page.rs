//! The frame of a page, and the one place that makes it harmless.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::report::SeverityCounts;
use crate::text;

/// The style of every page.
pub(super) const STYLE: &str = include_str!("page.css");
/// What the page can do besides being read: filter findings.
pub(super) const SCRIPT: &str = include_str!("page.js");

/// Allows this page's own style and script, and nothing else. A test holds the hashes against the files.
pub(super) const POLICY: &str = concat!(
    "default-src 'none'; ",
    "style-src 'sha256-y7oQBVO92HZRDOCys8hG+AKvUl0wuf5k6OeIkNfnNcQ='; ",
    "script-src 'sha256-W0Tx6dFFVZcACFDcNxKUCNeQ64oM8veHC4ptZON50/o='; ",
    "base-uri 'none'; form-action 'none'"
);

/// What stands on top of a page.
pub(super) struct Heading<'a> {
    pub(super) inspection: &'a str,
    pub(super) title: &'a str,
    pub(super) detail: Option<&'a str>,
    pub(super) lede: &'a str,
    pub(super) found: Option<&'a SeverityCounts>,
}

/// A whole page. Characters that do not show or reorder text are written out here, wherever they come from.
pub(super) fn document(heading: &Heading<'_>, main: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(heading.title))
            body {
                a.skip href="#main" { "Skip to the content" }
                (header(heading))
                main id="main" { (main) }
                footer { p { "Made by firstsight. “Unseen” means unseen among errors: successful calls are not profiled." } }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    crate::harmless::written_out(&page.into_string(), |c| c == '\n').into_owned()
}

fn head(title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(POLICY);
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            title { (text::cut(title)) " · firstsight" }
            style { (PreEscaped(STYLE)) }
        }
    }
}

fn header(heading: &Heading<'_>) -> Markup {
    html! {
        header.top {
            p.eyebrow {
                "firstsight"
                @if !heading.inspection.is_empty() { " · inspection " bdi { (text::cut(heading.inspection)) } }
            }
            h1 { (text::cut(heading.title)) }
            @if let Some(detail) = heading.detail { p.detail { (text::cut(detail)) } }
            p.lede { (text::cut(heading.lede)) }
            @if let Some(found) = heading.found { (counts(found)) }
        }
    }
}

fn counts(found: &SeverityCounts) -> Markup {
    let counts = [
        ("critical", found.critical),
        ("error", found.error),
        ("warning", found.warning),
        ("info", found.info),
    ];
    html! {
        ul.counts aria-label="Findings by severity, hidden ones included" {
            @for (severity, number) in counts {
                li class={ "sev-" (severity) } data-none[number == 0] {
                    b { (text::thousands(number)) } " " (severity)
                }
            }
        }
    }
}
