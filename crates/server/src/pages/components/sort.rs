//! Heads of columns that a list is sorted by.

use maud::{Markup, html};

use crate::pages::visit::Visit;

/// A way to sort by a column: the word in the address, and what `aria-sort` calls it.
pub(crate) type Way = (&'static str, &'static str);

/// The head of a column. It leads to the first of its ways, and where that holds already, to the next.
pub(crate) fn column(visit: &Visit, label: &str, sorted: &str, ways: &[Way], is_number: bool) -> Markup {
    let at = ways.iter().position(|(word, _)| *word == sorted);
    let next = at.map_or(0, |at| (at + 1) % ways.len().max(1));
    let word = ways.get(next).map_or("", |(word, _)| word);
    let said = at.and_then(|at| ways.get(at)).map(|(_, said)| *said);
    html! {
        th.n[is_number] scope="col" aria-sort=[said] {
            a.sort href=(visit.with(&[("sort", word), ("cursor", "")])) { (label) (arrow(said)) }
        }
    }
}

fn arrow(said: Option<&str>) -> Markup {
    let drawn = match said {
        Some("ascending") => "\u{2191}",
        Some(_) => "\u{2193}",
        None => "",
    };
    html! { span.arrow aria-hidden="true" { (drawn) } }
}
