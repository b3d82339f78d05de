//! A status or state in a word with a shape.

use firstsight_engine::Locale;
use maud::{Markup, html};

use super::icon;
use crate::pages::words;

/// The word for a status of events, a severity, or what happened to a fault; for other texts `unknown`.
pub(crate) fn word(locale: Locale, word: &str) -> &'static str {
    let words = words::common::of(locale);
    match word {
        "critical" => words.critical,
        "error" => words.error,
        "warning" => words.warning,
        "info" => words.info,
        "ok" => words.ok,
        "opened" => words.opened,
        "ongoing" => words.ongoing,
        "recovered" => words.recovered,
        _ => words.unknown,
    }
}

/// A status: `critical` to `ok`.
pub(crate) fn status(locale: Locale, status: &str) -> Markup {
    named(tone(status), status, word(locale, status))
}

/// Any state: the class that colours it (`critical` to `ok`, `quiet`), the icon's name and the word.
pub(crate) fn named(tone: &str, icon: &str, word: &str) -> Markup {
    html! { span class={ "badge tone-" (tone) } { (icon::status(icon)) (word) } }
}

/// The class that colours a status. Texts that are none of ours do not reach a class.
pub(crate) const fn tone(status: &str) -> &'static str {
    match status.as_bytes() {
        b"critical" => "critical",
        b"error" => "error",
        b"warning" => "warning",
        b"info" => "info",
        b"ok" => "ok",
        _ => "quiet",
    }
}

/// A small word beside something: a mark, a state that people gave.
pub(crate) fn mark(tone: &str, text: &str) -> Markup {
    html! { span class={ "mark tone-" (tone) } { (text) } }
}
