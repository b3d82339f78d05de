//! The page to log in with. What its form does is [`auth`](crate::auth)'s.

use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::components::icon;
use super::layout::{Page, Section};
use super::link;
use super::visit::Visit;
use super::words::{self, fill, login::Words};
use crate::problem::Problem;

/// What the address says.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Where to go on to.
    pub(super) next: String,
    /// Not empty where a login has failed.
    pub(super) failed: String,
}

pub(super) async fn show(visit: Visit) -> Response {
    let page = page(&visit);
    visit.show(page)
}

fn page(visit: &Visit) -> Result<Page, Problem> {
    let asked: Asked = visit.query()?;
    let words = words::login::of(visit.locale);
    Ok(Page {
        title: words.title.to_owned(),
        section: Section::Elsewhere,
        main: main(visit, &asked),
    })
}

pub(super) fn main(visit: &Visit, asked: &Asked) -> Markup {
    let words = words::login::of(visit.locale);
    let next = if asked.next.is_empty() {
        "/"
    } else {
        link::local(&asked.next)
    };
    html! {
        div.login {
            div { h1 { (words.title) } p.lede { (words.lede) } }
            @if visit.viewer.has_session {
                p { (fill(words.already, &[&visit.viewer.name])) " " a href=(next) { (words.go_on) } }
            }
            @if visit.app.gate.asks() { (form(words, next, !asked.failed.is_empty())) }
            @else { p { (words.open) " " a href=(next) { (words.go_on) } } }
        }
    }
}

fn form(words: &Words, next: &str, failed: bool) -> Markup {
    html! {
        @if failed { div.flash.tone-error role="alert" { (icon::status("error")) p { (words.failed) } } }
        form.panel.stack method="post" action="/login" {
            input type="hidden" name="next" value=(next);
            label { span { (words.token) } input type="password" name="token" required autocomplete="current-password" autofocus aria-describedby="token-what"; }
            p.hint id="token-what" { (words.token_what) }
            label { span { (words.name) } input type="text" name="name" maxlength="100" autocomplete="username" aria-describedby="name-what"; }
            p.hint id="name-what" { (words.name_what) }
            button.primary type="submit" { (words.log_in) }
        }
        details { summary { (words.lost) } p.muted { (words.lost_what) } }
    }
}
