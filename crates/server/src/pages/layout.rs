//! The frame of every page, and the one place that makes what it shows harmless.

use firstsight_engine::Locale;
use firstsight_sink::text;
use http::StatusCode;
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::components::{icon, notice};
use super::visit::{Theme, Visit};
use super::words::fill;
use crate::problem::Problem;

/// The pages of the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Section {
    /// `/`.
    Overview,
    /// `/events`.
    Events,
    /// `/clusters`.
    Clusters,
    /// `/inspections`.
    Inspections,
    /// `/keys`.
    Keys,
    /// `/changes`: mutes, and the audit log.
    Changes,
    /// None of them.
    Elsewhere,
}

impl Section {
    const ALL: [Self; 6] = [
        Self::Overview,
        Self::Events,
        Self::Clusters,
        Self::Inspections,
        Self::Keys,
        Self::Changes,
    ];

    /// The address, and the key that leads there behind `g`.
    const fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::Overview | Self::Elsewhere => ("/", "o"),
            Self::Events => ("/events", "e"),
            Self::Clusters => ("/clusters", "c"),
            Self::Inspections => ("/inspections", "i"),
            Self::Keys => ("/keys", "k"),
            Self::Changes => ("/changes", "h"),
        }
    }

    const fn title(self, visit: &Visit) -> &'static str {
        let words = visit.common();
        match self {
            Self::Overview | Self::Elsewhere => words.overview,
            Self::Events => words.events,
            Self::Clusters => words.clusters,
            Self::Inspections => words.inspections,
            Self::Keys => words.keys,
            Self::Changes => words.changes,
        }
    }

    /// Where the search of the header looks, and what it says.
    const fn search(self, visit: &Visit) -> (&'static str, &'static str) {
        let words = visit.common();
        match self {
            Self::Clusters => ("/clusters", words.search_clusters),
            Self::Keys => ("/keys", words.search_keys),
            _ => ("/events", words.search_events),
        }
    }
}

/// A page, without its frame.
#[derive(Debug)]
pub(crate) struct Page {
    /// What the window is called.
    pub(crate) title: String,
    /// Where it stands in the navigation.
    pub(crate) section: Section,
    /// What it shows, its `h1` included.
    pub(crate) main: Markup,
}

/// A whole page.
pub(super) fn document(visit: &Visit, page: &Page) -> String {
    let theme = (visit.theme != Theme::Auto).then(|| visit.theme.as_str());
    harmless(&html! {
        (DOCTYPE)
        html lang=(language(visit.locale)) data-theme=[theme] {
            (head(visit, &page.title))
            (body(visit, page))
        }
    })
}

/// The main part of a page, for a script that puts it in place of what it has.
pub(super) fn part(visit: &Visit, main: &Markup) -> String {
    harmless(&html! { main id="main" data-now=(visit.now.as_millis()) { (main) } })
}

/// Characters that do not show, steer or reorder text are written out here, wherever they come from. Markup has been escaped by
/// the type that pages are made of.
pub(super) fn harmless(page: &Markup) -> String {
    firstsight_sink::harmless::written_out(&page.0, |c| c == '\n').into_owned()
}

/// The page's language as a tag of BCP 47.
const fn language(locale: Locale) -> &'static str {
    match locale {
        Locale::English => "en",
        Locale::Chinese => "zh-Hans",
    }
}

fn head(visit: &Visit, title: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="same-origin";
            title { (firstsight_sink::text::cut(title)) " · firstsight" }
            link rel="icon" type="image/svg+xml" href=(assets::address("icon.svg"));
            link rel="stylesheet" href=(assets::address("page.css"));
            @for script in assets::SCRIPTS { script type="module" src=(assets::address(script)) {} }
            meta name="firstsight-language" content=(visit.locale.as_str());
        }
    }
}

fn body(visit: &Visit, page: &Page) -> Markup {
    let words = visit.common();
    html! {
        body {
            a.skip href="#main" { (words.skip) }
            (header(visit, page.section))
            @if visit.app.demonstration { (demonstration(visit)) }
            @if let Some(flash) = &visit.flash { (notice::flash(flash, visit.locale)) }
            main id="main" tabindex="-1" data-now=(visit.now.as_millis()) { (page.main) }
            (footer(visit))
            (help(visit))
            (clock_words(visit))
        }
    }
}

/// Nobody is to take a demonstration for their own accounts, or its clock for theirs.
fn demonstration(visit: &Visit) -> Markup {
    let words = visit.common();
    html! {
        aside.demonstration aria-label=(words.demonstration) {
            p { strong { (words.demonstration) } " " (fill(words.demonstration_what, &[&text::minute(visit.now)])) }
        }
    }
}

fn header(visit: &Visit, here: Section) -> Markup {
    let words = visit.common();
    html! {
        header.top {
            a.brand href="/" { (icon::brand()) "firstsight" }
            @if visit.is_known() {
                nav.pages aria-label=(words.pages) {
                    ul {
                        @for section in Section::ALL {
                            @let (address, key) = section.place();
                            li { a href=(address) data-go=(key) aria-current=[(section == here).then_some("page")] { (section.title(visit)) } }
                        }
                    }
                }
                (search(visit, here))
            }
            (tools(visit))
        }
    }
}

fn search(visit: &Visit, here: Section) -> Markup {
    let (address, label) = here.search(visit);
    html! {
        form.search role="search" method="get" action=(address) {
            (icon::search())
            input id="search" type="search" name="text" aria-label=(label) placeholder=(label) autocomplete="off" spellcheck="false";
            kbd aria-hidden="true" { "/" }
        }
    }
}

/// Language, theme, keys, and who is logged in.
fn tools(visit: &Visit) -> Markup {
    let words = visit.common();
    let other = match visit.locale {
        Locale::English => Locale::Chinese,
        Locale::Chinese => Locale::English,
    };
    html! {
        div.tools {
            a.tool href=(visit.with(&[("lang", other.as_str())])) lang=(language(other)) hreflang=(language(other)) { (words.language_other) }
            (theme_switch(visit))
            button.tool.help-button type="button" hidden data-help { span aria-hidden="true" { "?" } span.sr { (words.keyboard) } }
            @if visit.is_known() && !visit.may_change() { span.state { (words.reader) } }
            @if visit.viewer.has_session {
                form.logout method="post" action="/logout" {
                    input type="hidden" name="_csrf" value=(visit.viewer.csrf);
                    button.tool type="submit" title=(fill(words.logged_in, &[&visit.viewer.name])) { (words.log_out) }
                }
            }
        }
    }
}

fn theme_switch(visit: &Visit) -> Markup {
    let words = visit.common();
    let name = |theme: Theme| match theme {
        Theme::Auto => words.theme_auto,
        Theme::Light => words.theme_light,
        Theme::Dark => words.theme_dark,
    };
    let next = visit.theme.next();
    let label = fill(words.theme_next, &[&name(visit.theme), &name(next)]);
    html! {
        a.tool href=(visit.with(&[("theme", next.as_str())])) title=(label) aria-label=(label) { (icon::theme(visit.theme)) }
    }
}

fn footer(visit: &Visit) -> Markup {
    let words = visit.common();
    if !visit.is_known() {
        return html! {};
    }
    html! {
        footer {
            p { (words.times) " " (words.unseen) }
            p.muted {
                (fill(words.version, &[&visit.app.version])) " · "
                (fill(words.configuration, &[&visit.app.control.configuration()])) " · "
                a href="/api/v1/openapi.json" { "API" }
            }
        }
    }
}

/// What the keys do; a script opens it.
fn help(visit: &Visit) -> Markup {
    let words = visit.common();
    html! {
        dialog #help aria-labelledby="help-title" {
            h2 id="help-title" { (words.keyboard) }
            dl.keys-help {
                dt { kbd { "/" } } dd { (words.key_search) }
                dt { kbd { "j" } " " kbd { "k" } } dd { (words.key_rows) }
                dt { kbd { "Enter" } } dd { (words.key_open) }
                @for section in Section::ALL {
                    dt { kbd { "g" } " " kbd { (section.place().1) } } dd { (section.title(visit)) }
                }
                dt { kbd { "?" } } dd { (words.key_help) }
            }
            form method="dialog" { button type="submit" { (words.close) } }
        }
    }
}

/// The words that a script keeps relative times with.
fn clock_words(visit: &Visit) -> Markup {
    let words = visit.common();
    html! {
        template #clock
            data-just-now=(words.just_now) data-minutes-ago=(words.minutes_ago) data-hours-ago=(words.hours_ago) data-days-ago=(words.days_ago)
            data-in-moments=(words.in_moments) data-in-minutes=(words.in_minutes) data-in-hours=(words.in_hours) data-in-days=(words.in_days)
            data-copied=(words.copied) {}
    }
}

/// What went wrong, as a page.
pub(super) fn problem(visit: &Visit, problem: &Problem) -> Page {
    let words = visit.common();
    let title = match StatusCode::from_u16(problem.status) {
        Ok(StatusCode::NOT_FOUND) => words.not_found,
        Ok(StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED) => words.forbidden,
        Ok(StatusCode::CONFLICT) => words.conflict,
        Ok(StatusCode::TOO_MANY_REQUESTS) => words.too_many,
        Ok(StatusCode::SERVICE_UNAVAILABLE) => words.unavailable,
        Ok(status) if status.is_client_error() => words.bad_request,
        _ => words.failed,
    };
    Page {
        title: title.to_owned(),
        section: Section::Elsewhere,
        main: html! {
            div.problem {
                p.eyebrow { (problem.status) }
                h1 { (title) }
                @if problem.status == 404 { p.lede { (words.not_found_what) } }
                @if !problem.detail.is_empty() { p { bdi { (firstsight_sink::text::cut(&problem.told(visit.locale))) } } }
                p { a href="/" { (words.back) } }
            }
        },
    }
}
