//! The one text that stands for several templates.

use super::tokens::{Role, Span, display_tokens};
use crate::template::{CUT, VARIABLE, is_kind};

/// The template that covers all of these: what they share stands, what differs is a variable.
///
/// It takes identities and displays alike. A variable keeps the name that the members agree on (`<roleName>`); a name
/// from the record goes before the name of a form (`<id>`), and `<*>` stands where they do not agree. Where members
/// differ in their number of words, one `<*>` stands for all that lies between what they start and end with. A member
/// that was cut is covered where it reaches. The result depends on the set of templates, not on their order.
#[must_use]
pub fn generalise(templates: &[&str]) -> String {
    if let [one, others @ ..] = templates
        && others.iter().all(|other| other == one)
        && is_as_written(one)
    {
        return (*one).to_owned();
    }
    let mut rows: Vec<Row<'_>> = templates.iter().map(|template| Row::of(template)).collect();
    rows.sort_unstable();
    rows.dedup();
    let (cut, whole): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.cut);
    let whole = whole_row(&whole);
    let Some(shortest) = cut.iter().map(|row| row.tokens.len()).min() else {
        return whole.unwrap_or_default().to_text();
    };
    let covered: Vec<_> = cut.iter().chain(&whole).collect();
    match whole.as_ref().filter(|whole| whole.tokens.len() >= shortest) {
        Some(whole) => whole.covering_starts(&cut).to_text(),
        None => common_start(&covered).to_text(),
    }
}

/// Whether a template is its tokens, with single spaces between them and nothing behind: most are.
fn is_as_written(template: &str) -> bool {
    let bytes = template.as_bytes();
    let spaced = !template.starts_with(' ') && !template.ends_with(' ') && !template.contains("  ");
    spaced && bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
}

/// A template as tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Row<'t> {
    tokens: Vec<Token<'t>>,
    cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Token<'t> {
    text: &'t str,
    is_variable: bool,
    after_space: bool,
}

impl<'t> Row<'t> {
    fn of(template: &'t str) -> Self {
        let (spans, cut) = display_tokens(template);
        let token = |(at, span): (usize, &Span)| Token {
            text: &template[span.start..span.end],
            is_variable: span.role == Role::Variable,
            after_space: at
                .checked_sub(1)
                .is_some_and(|before| spans[before].end < span.start),
        };
        Self {
            tokens: spans.iter().enumerate().map(token).collect(),
            cut,
        }
    }

    fn to_text(&self) -> String {
        let mut text = String::new();
        for token in &self.tokens {
            if token.after_space && !text.is_empty() {
                text.push(' ');
            }
            text.push_str(token.text);
        }
        if self.cut {
            text.push_str(CUT);
        }
        text
    }

    /// This row, with variables where the starts that were left of cut ones differ from it. Each start is as long as it
    /// is: what it holds beyond this row is nothing that this row could show.
    fn covering_starts(&self, starts: &[Row<'t>]) -> Self {
        let column = |at: usize| {
            let others = starts.iter().filter_map(|start| start.tokens.get(at));
            common_token(std::iter::once(&self.tokens[at]).chain(others))
        };
        Self {
            tokens: (0..self.tokens.len()).map(column).collect(),
            cut: self.cut,
        }
    }
}

/// What whole templates share, whatever their length.
fn whole_row<'t>(rows: &[Row<'t>]) -> Option<Row<'t>> {
    let first = rows.first()?;
    let shortest = rows.iter().map(|row| row.tokens.len()).min()?;
    if rows.iter().all(|row| row.tokens.len() == shortest) {
        return Some(first.covering_starts(&rows[1..]));
    }
    let agrees = |token: &Token<'_>, at: fn(&Row<'t>, usize) -> Option<Token<'t>>, index| {
        rows.iter()
            .all(|row| at(row, index).is_some_and(|other| other.text == token.text))
    };
    let from_start: fn(&Row<'t>, usize) -> Option<Token<'t>> = |row, index| row.tokens.get(index).copied();
    let from_end: fn(&Row<'t>, usize) -> Option<Token<'t>> =
        |row, index| row.tokens.iter().rev().nth(index).copied();
    let start = (0..shortest)
        .take_while(|at| agrees(&first.tokens[*at], from_start, *at))
        .count();
    let end = (0..shortest - start)
        .take_while(|at| agrees(&first.tokens[first.tokens.len() - 1 - at], from_end, *at))
        .count();
    let mut tokens = first.tokens[..start].to_vec();
    tokens.push(Token {
        text: VARIABLE,
        is_variable: true,
        after_space: true,
    });
    tokens.extend_from_slice(&first.tokens[first.tokens.len() - end..]);
    Some(Row { tokens, cut: false })
}

/// What cut templates share, as far as the shortest reaches.
fn common_start<'t>(rows: &[&Row<'t>]) -> Row<'t> {
    let shortest = rows.iter().map(|row| row.tokens.len()).min().unwrap_or(0);
    let column = |at: usize| common_token(rows.iter().filter_map(|row| row.tokens.get(at)));
    Row {
        tokens: (0..shortest).map(column).collect(),
        cut: true,
    }
}

/// The token that stands for all of a column.
fn common_token<'t: 'a, 'a>(column: impl Iterator<Item = &'a Token<'t>>) -> Token<'t> {
    let column: Vec<Token<'t>> = column.copied().collect();
    let variable = Token {
        text: VARIABLE,
        is_variable: true,
        after_space: true,
    };
    let first = column.first().copied().unwrap_or(variable);
    if column.iter().all(|token| token.text == first.text) {
        return first;
    }
    let named = column
        .iter()
        .filter(|token| token.is_variable && token.text != VARIABLE);
    let names: Vec<_> = named.map(|token| token.text).collect();
    let is_recorded = |name: &&str| !is_kind(&name[1..name.len() - 1]);
    let recorded: Vec<_> = names.iter().copied().filter(is_recorded).collect();
    let text = the_only_one(if recorded.is_empty() { &names } else { &recorded });
    Token {
        text: text.unwrap_or(VARIABLE),
        is_variable: true,
        ..first
    }
}

fn the_only_one<'t>(names: &[&'t str]) -> Option<&'t str> {
    let first = names.first()?;
    names.iter().all(|name| name == first).then_some(*first)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Whether a pattern's tokens match a member's, a variable standing for any number of tokens.
    fn covers(pattern: &[Token<'_>], member: &[Token<'_>], cut: bool) -> bool {
        match (pattern.split_first(), member.split_first()) {
            (None, None) => true,
            (None, Some(_)) => cut,
            (Some((token, rest)), _) if token.is_variable => {
                (0..=member.len()).any(|skipped| covers(rest, &member[skipped..], cut))
            }
            (Some((token, rest)), Some((other, members))) => {
                token.text == other.text && covers(rest, members, cut)
            }
            (Some(_), None) => false,
        }
    }

    #[test]
    fn one_template_is_itself_by_its_tokens_too() {
        for text in [
            "one",
            "The role <roleName> ('a b') is: gone.",
            "a: <x>,<*>",
            "'a  b' c",
            " a",
            "a ",
            "é b",
            "a b…",
        ] {
            let tokens = Row::of(text).to_text();
            assert_eq!(generalise(&[text]), tokens, "{text}");
            assert_eq!(generalise(&[text, text]), tokens, "{text}");
        }
    }

    #[test]
    fn what_differs_is_a_variable() {
        assert_eq!(
            generalise(&["The stack a-b is gone.", "The stack c is gone."]),
            "The stack <*> is gone."
        );
        assert_eq!(generalise(&["one"]), "one");
        assert_eq!(generalise(&[]), "");
        assert_eq!(generalise(&["a b c", "a c", "a x y c"]), "a <*> c");
    }

    #[test]
    fn names_that_agree_are_kept() {
        let named = generalise(&[
            "Role <roleName> of <id>",
            "Role <name> of <account>",
            "Role admin of x",
        ]);
        assert_eq!(named, "Role <roleName> of <*>");
        assert_eq!(generalise(&["key <id>", "key alias"]), "key <id>");
    }

    #[test]
    fn cut_templates_are_covered_as_far_as_they_reach() {
        assert_eq!(generalise(&["a b c d e", "a x c…"]), "a <*> c d e");
        assert_eq!(generalise(&["a b c…", "a b…"]), "a b…");
        assert_eq!(generalise(&["a", "a b…"]), "a…");
    }

    proptest! {
        #[test]
        fn any_one_template_is_what_its_tokens_are(text in "([a-c<>*'\"` .:,_-]|<[a-z]{1,4}>|é|\t|…){0,30}") {
            prop_assert_eq!(generalise(&[&text]), Row::of(&text).to_text());
        }

        #[test]
        fn covers_each_member_in_any_order(templates in proptest::collection::vec("[ab<*> x.']{0,12}", 1..6)) {
            let mut texts: Vec<&str> = templates.iter().map(String::as_str).collect();
            let general = generalise(&texts);
            texts.reverse();
            prop_assert_eq!(&general, &generalise(&texts));
            let pattern = Row::of(&general);
            for text in texts {
                prop_assert!(covers(&pattern.tokens, &Row::of(text).tokens, false), "{} of {}", general, text);
            }
        }
    }
}
