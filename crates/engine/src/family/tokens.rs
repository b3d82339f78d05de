//! A template as tokens.

use crate::template::{CUT, VARIABLE, run_length, starts_token};

/// One token of a template and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) role: Role,
}

/// What a token is, as far as its form tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Role {
    /// `<*>`.
    Variable,
    /// A run of letters and digits with its joiners.
    Word,
    /// Several words in quotes.
    Phrase,
    /// Several items with commas between them, see [`lists`](super::lists).
    List,
    /// Anything else, one character.
    Punctuation,
}

/// The longest quoted text, in bytes, that is one token.
const MAX_PHRASE: usize = 128;
/// The longest named variable, in bytes, with its brackets.
const MAX_VARIABLE: usize = 80;

/// The tokens of an identity, and whether it was cut behind them.
pub(super) fn tokens(identity: &str) -> (Vec<Span>, bool) {
    tokens_with(identity, |rest| {
        rest.starts_with(VARIABLE).then_some(VARIABLE.len())
    })
}

/// The tokens of a display, where variables have names (`<roleName>`), and whether it was cut behind them.
pub(super) fn display_tokens(display: &str) -> (Vec<Span>, bool) {
    tokens_with(display, named_variable)
}

fn tokens_with(template: &str, variable: impl Fn(&str) -> Option<usize>) -> (Vec<Span>, bool) {
    let text = template.strip_suffix(CUT).unwrap_or(template);
    let mut spans = Vec::with_capacity(text.len() / 4);
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let (length, role) = match variable(&text[at..]) {
            Some(length) => (length, Role::Variable),
            None if starts_token(first) => words(text, at),
            None => (first.len_utf8(), Role::Punctuation),
        };
        if !first.is_whitespace() {
            spans.push(Span {
                start: at,
                end: at + length,
                role,
            });
        }
        at += length;
    }
    (spans, text.len() < template.len())
}

/// A word, or the words that an opened quote holds. A word ends at a colon: `Stack:orders` and `Stack:<*>` are the same
/// two words.
fn words(text: &str, at: usize) -> (usize, Role) {
    if let Some(length) = phrase(text, at) {
        return (length, Role::Phrase);
    }
    let run = &text[at..at + run_length(&text[at..])];
    (run.find(':').unwrap_or(run.len()), Role::Word)
}

/// The length of the words between an opening quote in front of here and its closing one: at least one space and no
/// variable among them.
fn phrase(text: &str, at: usize) -> Option<usize> {
    let mut before = text[..at].chars().rev();
    let quote = before.next().filter(|quote| matches!(quote, '\'' | '"' | '`'))?;
    if before.next().is_some_and(starts_token) {
        return None;
    }
    let length = text[at..].find(quote)?;
    let (inside, after) = (&text[at..at + length], &text[at + length + 1..]);
    let spaced = inside.contains(' ') && !inside.ends_with(' ') && !inside.contains(VARIABLE);
    (spaced && length <= MAX_PHRASE && !after.starts_with(starts_token)).then_some(length)
}

fn named_variable(rest: &str) -> Option<usize> {
    let inside = rest.strip_prefix('<')?;
    let length = inside.find('>')?;
    let named = |c: char| c.is_ascii_alphanumeric() || "_-.:*".contains(c);
    ((1..MAX_VARIABLE).contains(&length) && inside[..length].chars().all(named)).then_some(length + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(template: &str, tokens: impl Fn(&str) -> (Vec<Span>, bool)) -> String {
        let (spans, _) = tokens(template);
        spans
            .iter()
            .map(|span| &template[span.start..span.end])
            .collect::<Vec<_>>()
            .join(" | ")
    }

    #[test]
    fn words_variables_and_punctuation_are_tokens() {
        assert_eq!(
            cut("Stack:orders ('<*>') can't.", tokens),
            "Stack | : | orders | ( | ' | <*> | ' | ) | can | ' | t | ."
        );
        assert_eq!(cut("a <roleName> <*>", tokens), "a | < | roleName | > | <*>");
        assert_eq!(
            cut("a <roleName> <*> < b", display_tokens),
            "a | <roleName> | <*> | < | b"
        );
    }

    #[test]
    fn quoted_words_are_one_token() {
        assert_eq!(
            cut("role 'my own role' is", tokens),
            "role | ' | my own role | ' | is"
        );
        assert_eq!(
            cut("don't 'a' or 'b'", tokens),
            "don | ' | t | ' | a | ' | or | ' | b | '"
        );
    }

    #[test]
    fn a_cut_template_says_so() {
        assert_eq!(tokens("a b…").0.len(), 2);
        assert!(tokens("a b…").1 && !tokens("a … b").1);
    }
}
