//! Who asks for a page, and how they want it: language, theme, what to say first.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Query};
use axum::response::{IntoResponse as _, Response};
use firstsight_engine::{Locale, Time};
use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, ETAG, IF_NONE_MATCH, LOCATION, SET_COOKIE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use maud::Markup;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use sha2::{Digest as _, Sha256};

use super::cookies;
use super::flash::{Done, Flash};
use super::layout::{self, Page};
use super::link;
use super::words::{self, common};
use crate::app::App;
use crate::auth::{Role, Viewer};
use crate::problem::Problem;
use crate::refusal::Refusal;

/// The colours of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// What the reader's system says.
    #[default]
    Auto,
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [Self::Auto, Self::Light, Self::Dark]
            .into_iter()
            .find(|theme| theme.as_str() == text)
    }

    /// The one that the switch leads to.
    pub(super) const fn next(self) -> Self {
        match self {
            Self::Auto => Self::Dark,
            Self::Dark => Self::Light,
            Self::Light => Self::Auto,
        }
    }
}

/// A request for a page. Handlers take it first, and answer with [`show`](Self::show), [`show_live`](Self::show_live) or
/// [`did`](Self::did).
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// The server.
    pub(crate) app: App,
    /// Who asks.
    pub(crate) viewer: Viewer,
    /// The language of the page.
    pub(crate) locale: Locale,
    /// The colours of the page.
    pub(crate) theme: Theme,
    /// The present, by the daemon's clock.
    pub(crate) now: Time,
    /// The address that was asked for.
    pub(crate) uri: Uri,
    /// What to say first.
    pub(super) flash: Option<Flash>,
    /// Choices that the address holds: they are kept.
    chosen: Vec<String>,
    /// The version of the page that is known to who asks.
    known: Option<String>,
    /// Whether only the part is asked for that changes.
    part: bool,
}

/// What every page understands in its query.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Choices {
    lang: String,
    theme: String,
    part: String,
}

/// A problem as a page, for an answer that was refused before anybody was asked for a page.
pub(crate) fn refused(app: &App, uri: &Uri, headers: &HeaderMap, problem: &Problem) -> String {
    let visit = Visit::new(app, nobody(), uri, headers);
    layout::document(&visit, &layout::problem(&visit, problem))
}

impl FromRequestParts<App> for Visit {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Infallible> {
        let viewer = parts.extensions.get::<Viewer>().cloned();
        Ok(Self::new(
            app,
            viewer.unwrap_or_else(nobody),
            &parts.uri,
            &parts.headers,
        ))
    }
}

/// Whom the gate did not name: they may look at nothing that is theirs, and change nothing.
fn nobody() -> Viewer {
    Viewer {
        role: Role::Reader,
        name: String::new(),
        csrf: String::new(),
        has_session: false,
    }
}

impl Visit {
    fn new(app: &App, viewer: Viewer, uri: &Uri, headers: &HeaderMap) -> Self {
        let choices =
            Query::<Choices>::try_from_uri(uri).map_or_else(|_| Choices::default(), |query| query.0);
        let language = locale_named(&choices.lang);
        let theme = Theme::parse(&choices.theme);
        let mut chosen = Vec::new();
        chosen.extend(language.map(|locale| cookies::keep(cookies::LANGUAGE, locale.as_str())));
        chosen.extend(theme.map(|theme| cookies::keep(cookies::THEME, theme.as_str())));
        Self {
            locale: language.unwrap_or_else(|| locale(headers, app.control.locale())),
            theme: theme
                .or_else(|| cookies::read(headers, cookies::THEME).and_then(Theme::parse))
                .unwrap_or_default(),
            now: app.control.now(),
            uri: uri.clone(),
            flash: cookies::read(headers, cookies::FLASH).and_then(Flash::from_cookie),
            chosen,
            known: headers
                .get(IF_NONE_MATCH)
                .and_then(|value| value.to_str().ok())
                .map(str::to_owned),
            part: choices.part == "main",
            app: app.clone(),
            viewer,
        }
    }

    /// The words that every page uses.
    pub(crate) const fn common(&self) -> &'static common::Words {
        words::common::of(self.locale)
    }

    /// Whether it is known who asks. Where it is not (the login page), nothing of the daemon is told.
    pub(crate) fn is_known(&self) -> bool {
        !self.viewer.name.is_empty()
    }

    /// Whether who asks may change things. Forms are shown to them only, and handlers of forms ask it again.
    pub(crate) fn may_change(&self) -> bool {
        self.viewer.role >= Role::Admin
    }

    /// Nothing for people who may change things.
    ///
    /// # Errors
    /// The problem to answer with for everybody else.
    pub(crate) fn must_change(&self) -> Result<(), Problem> {
        if self.may_change() {
            return Ok(());
        }
        Err(Refusal::NeedsAdmin.into())
    }

    /// The query of the address.
    ///
    /// # Errors
    /// When it is not what the page understands.
    pub(crate) fn query<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        let query = Query::<T>::try_from_uri(&self.uri);
        query
            .map(|query| query.0)
            .map_err(|error| Problem::bad_request(error.body_text()))
    }

    /// The address without what only says how it is shown, for a form's `back`.
    pub(crate) fn here(&self) -> String {
        self.with(&[])
    }

    /// This address with these pairs in its query in place of what it had.
    pub(crate) fn with(&self, pairs: &[(&str, &str)]) -> String {
        let mut all = vec![("lang", ""), ("theme", ""), ("part", "")];
        all.retain(|(key, _)| !pairs.iter().any(|(other, _)| other == key));
        all.extend_from_slice(pairs);
        link::with(self.uri.path(), self.uri.query().unwrap_or_default(), &all)
    }

    /// Answers with a page, or with what went wrong.
    pub(crate) fn show(&self, page: Result<Page, Problem>) -> Response {
        match page {
            Ok(page) => self.document(StatusCode::OK, &page),
            Err(problem) => self.problem(&problem),
        }
    }

    /// As [`show`](Self::show), for a page that is asked for again and again: where a script asks for its main part only
    /// (`part=main`), and nothing has changed since it did last, nothing is made.
    pub(crate) async fn show_live(&self, page: impl Future<Output = Result<Page, Problem>>) -> Response {
        if !self.part {
            return self.show(page.await);
        }
        // Taken before anything is read: what changes meanwhile makes the next answer another one.
        let tag = self.tag();
        if self.known.as_deref().is_some_and(|known| names(known, &tag)) {
            return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
        }
        match page.await {
            Ok(page) => {
                let main = layout::part(self, &page.main);
                (
                    [(ETAG, tag), (CACHE_CONTROL, "private, no-cache".to_owned())],
                    html(main),
                )
                    .into_response()
            }
            Err(problem) => self.problem(&problem),
        }
    }

    /// Answers with a part of a page that a script puts where it belongs, or with what went wrong.
    pub(crate) fn fragment(&self, part: Result<Markup, Problem>) -> Response {
        match part {
            Ok(part) => ([(CACHE_CONTROL, "no-store")], html(layout::harmless(&part))).into_response(),
            Err(problem) => self.problem(&problem),
        }
    }

    /// Answers a form: leads on, and has the next page say what became of it.
    pub(crate) fn did(&self, done: Result<Done, Problem>, back: &str) -> Response {
        let flash = match done {
            Ok(done) => Flash::Done(done),
            Err(problem) if problem.status == StatusCode::FORBIDDEN => return self.problem(&problem),
            Err(problem) => Flash::Problem(problem.told(self.locale)),
        };
        let headers = [
            (LOCATION, link::local(back).to_owned()),
            (SET_COOKIE, cookies::pass_on(cookies::FLASH, &flash.to_cookie())),
        ];
        (StatusCode::SEE_OTHER, headers).into_response()
    }

    /// Answers with what went wrong, as a page.
    pub(crate) fn problem(&self, problem: &Problem) -> Response {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        self.document(status, &layout::problem(self, problem))
    }

    fn document(&self, status: StatusCode, page: &Page) -> Response {
        let mut response = (
            status,
            [(CACHE_CONTROL, "no-store")],
            html(layout::document(self, page)),
        )
            .into_response();
        let told = self.flash.as_ref().map(|_| cookies::drop(cookies::FLASH));
        for cookie in self.chosen.iter().cloned().chain(told) {
            if let Ok(value) = HeaderValue::try_from(cookie) {
                response.headers_mut().append(SET_COOKIE, value);
            }
        }
        response
    }

    /// Names what would be shown: the daemon's version of everything, and how it is shown to whom.
    fn tag(&self) -> String {
        let control = &self.app.control;
        let mut hash = Sha256::new();
        for part in [
            control.started().to_string(),
            control.version().to_string(),
            progress(self.app.control.as_ref()),
            self.uri.to_string(),
            self.locale.to_string(),
            self.viewer.csrf.clone(),
            format!("{:?}", self.viewer.role),
            super::assets::version().to_owned(),
        ] {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        format!(
            "\"{}\"",
            hex::encode(hash.finalize().get(..12).unwrap_or_default())
        )
    }
}

/// How far the runs have come that go on: a daemon's version moves when they begin and end.
fn progress(control: &dyn firstsight_daemon::Control) -> String {
    let running = control
        .inspections()
        .into_iter()
        .filter_map(|state| state.running);
    let told = running.map(|run| format!("{} {} {:?}", run.id, run.bytes, run.partitions));
    told.collect::<Vec<_>>().join(",")
}

/// Whether a list of tags has this one. Compared weakly (RFC 9110, section 8.8.3.2): compression weakens a tag on its way.
fn names(known: &str, tag: &str) -> bool {
    let mut tags = known.split(',').map(str::trim);
    tags.any(|known| known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// Markup as an answer. It has been made harmless already.
fn html(text: String) -> axum::response::Html<String> {
    axum::response::Html(text)
}

fn locale_named(name: &str) -> Option<Locale> {
    Locale::ALL.into_iter().find(|locale| locale.as_str() == name)
}

/// The language that was chosen before, else the first that the reader's browser asks for, else the daemon's.
fn locale(headers: &HeaderMap, otherwise: Locale) -> Locale {
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    cookies::read(headers, cookies::LANGUAGE)
        .and_then(locale_named)
        .or_else(|| accepted.and_then(preferred))
        .unwrap_or(otherwise)
}

/// The language with the greatest weight; of equal ones the first (RFC 9110, section 12.5.4).
fn preferred(accepted: &str) -> Option<Locale> {
    let mut best: Option<(f32, Locale)> = None;
    for entry in accepted.split(',') {
        let (tag, weight) = entry.split_once(";q=").unwrap_or((entry, "1"));
        let weight: f32 = weight.trim().parse().unwrap_or(0.0);
        let primary = tag
            .trim()
            .split('-')
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        if let Some(locale) = locale_named(&primary)
            && weight > best.map_or(0.0, |(weight, _)| weight)
        {
            best = Some((weight, locale));
        }
    }
    best.map(|(_, locale)| locale)
}

/// Hidden fields of a form: what proves that it is ours, and where it leads back to.
pub(crate) fn form_fields(visit: &Visit, back: &str) -> Markup {
    maud::html! {
        input type="hidden" name="_csrf" value=(visit.viewer.csrf);
        input type="hidden" name="back" value=(back);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_with_the_greatest_weight_is_preferred() {
        for (accepted, expected) in [
            ("zh-CN,zh;q=0.9,en;q=0.8", Some(Locale::Chinese)),
            ("en-US,en;q=0.9,zh;q=0.8", Some(Locale::English)),
            ("de,zh;q=0.3,en;q=0.7", Some(Locale::English)),
            ("de-DE, fr;q=0.5", None),
            ("en;q=0, zh;q=x", None),
            ("", None),
        ] {
            assert_eq!(preferred(accepted), expected, "{accepted}");
        }
    }

    #[tokio::test]
    async fn a_run_that_goes_on_is_told_anew_as_it_reads() {
        let fixture = crate::fixture::Fixture::new().await;
        let before = progress(&*fixture.control);
        assert_eq!(progress(&*fixture.control), before);
        fixture.control.alter("payments", |state| {
            state.running.as_mut().unwrap().partitions.0 += 1;
        });
        assert_ne!(progress(&*fixture.control), before);
    }

    #[test]
    fn a_tag_that_was_weakened_is_known_again() {
        assert!(names("W/\"a\"", "\"a\"") && names("\"b\", \"a\"", "\"a\""));
        assert!(!names("\"b\"", "\"a\"") && !names("", "\"a\""));
    }

    #[test]
    fn a_choice_goes_before_what_the_browser_asks_for() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static("en"));
        assert_eq!(locale(&headers, Locale::Chinese), Locale::English);
        headers.insert(
            http::header::COOKIE,
            HeaderValue::from_static("firstsight_lang=zh"),
        );
        assert_eq!(locale(&headers, Locale::English), Locale::Chinese);
        assert_eq!(locale(&HeaderMap::new(), Locale::Chinese), Locale::Chinese);
    }
}
