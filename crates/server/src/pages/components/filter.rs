//! The form above a list: fields of a GET form.

use maud::{Markup, html};

use crate::pages::visit::Visit;

/// A form around fields; `is_set` says whether anything is filtered, so that it can be cleared and stands open on a phone.
pub(crate) fn form(visit: &Visit, is_set: bool, fields: &Markup) -> Markup {
    let words = visit.common();
    let path = visit.uri.path();
    html! {
        form.filter method="get" action=(path) aria-label=(words.filter) {
            (fields)
            div.filter-buttons {
                button.primary type="submit" { (words.apply) }
                @if is_set { a.button href=(path) { (words.clear) } }
            }
        }
    }
}

/// A text field; `hint` is an example of what it takes, or empty.
pub(crate) fn text(name: &str, label: &str, value: &str, hint: &str) -> Markup {
    let hint = (!hint.is_empty()).then_some(hint);
    html! {
        label { span { (label) }
            input type="text" name=(name) value=(value) placeholder=[hint] autocomplete="off" spellcheck="false" autocapitalize="off"; }
    }
}

/// A choice of values with their words; the first is what nothing chosen means.
pub(crate) fn choice(name: &str, label: &str, value: &str, options: &[(&str, &str)]) -> Markup {
    let known = options.iter().any(|(option, _)| *option == value);
    html! {
        label { span { (label) }
            select name=(name) {
                @for (option, word) in options { option value=(option) selected[*option == value] { (word) } }
                // What an address asks for and no list offers stays chosen.
                @if !known { option value=(value) selected { (value) } }
            }
        }
    }
}
