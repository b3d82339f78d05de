//! What several templates share, and whether one more fits.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::tokens::{Role, Span, tokens};
use crate::template::{VARIABLE, vocabulary};

/// A cut template with fewer tokens than this fits only its own kind.
const MIN_PREFIX: usize = 6;

/// Words that never are someone's value: without them a sentence says something else.
const STRUCTURE: [&str; 24] = [
    "a", "an", "and", "anonymous", "are", "be", "been", "by", "can", "cannot", "for", "in", "is", "may", "must",
    "no", "none", "not", "null", "of", "or", "the", "to", "with",
];

/// One token as patterns compare it.
#[derive(Clone, Copy, Debug)]
struct Token {
    id: u32,
    nature: Nature,
}

/// How much a token looks like a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    /// `<*>`: one template's record or a mask has shown that a value stands here.
    Variable,
    /// A compound with a word from outside the vocabulary: `OpsFrontend`, `acme.data`.
    Name,
    /// A plain word from outside the vocabulary: `alice`.
    OwnWord,
    /// A word, or a compound of words, of AWS's messages: `bucket`, `source-ip`, `LaunchTemplate`.
    CommonWord,
    /// A word of the sentence's structure.
    Structure,
    Punctuation,
}

const VARIABLE_ID: u32 = 0;

/// The different tokens of one family, numbered.
#[derive(Debug, Default)]
pub(super) struct Vocabulary<'a> {
    known: RefCell<FxHashMap<&'a str, Token>>,
}

impl<'a> Vocabulary<'a> {
    /// The pattern of one template.
    pub(super) fn pattern(&self, template: &'a str) -> Pattern {
        let (spans, cut) = tokens(template);
        let mut known = self.known.borrow_mut();
        let tokens: Vec<_> = spans
            .iter()
            .map(|span| {
                let text = &template[span.start..span.end];
                let id = u32::try_from(known.len() + 1).unwrap_or(u32::MAX);
                *known.entry(text).or_insert_with(|| Token::new(id, text, span.role))
            })
            .collect();
        let apart = spans.iter().enumerate().map(|(at, _)| is_set_apart(template, &spans, at)).collect();
        Pattern { tokens, apart, cut }
    }
}

impl Token {
    fn new(id: u32, text: &str, role: Role) -> Self {
        let nature = nature(text, role);
        let id = if nature == Nature::Variable { VARIABLE_ID } else { id };
        Self { id, nature }
    }

    const fn is_word(self) -> bool {
        !matches!(self.nature, Nature::Variable | Nature::Punctuation)
    }
}

fn nature(text: &str, role: Role) -> Nature {
    match role {
        Role::Variable => Nature::Variable,
        Role::Punctuation => Nature::Punctuation,
        Role::Phrase => Nature::CommonWord,
        Role::Word if STRUCTURE.iter().any(|word| word.eq_ignore_ascii_case(text)) => Nature::Structure,
        Role::Word if vocabulary::is_common(text) => Nature::CommonWord,
        Role::Word if vocabulary::is_compound(text) => Nature::Name,
        Role::Word => Nature::OwnWord,
    }
}

/// Whether a token is quoted or bracketed, or follows a colon or an equals sign.
fn is_set_apart(template: &str, spans: &[Span], at: usize) -> bool {
    let is = |index: Option<usize>, marks: &str| {
        index.and_then(|index| spans.get(index)).is_some_and(|span| marks.contains(&template[span.start..span.end]))
    };
    let before = at.checked_sub(1);
    is(before, ":=") || is(before, "'\"`[({<") && is(Some(at + 1), "'\"`])}>")
}

/// A template, or what several of one layout share.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
    /// Whether each token is quoted, bracketed or behind a colon.
    apart: Vec<bool>,
    /// Its message goes on behind the last token.
    cut: bool,
}

impl Pattern {
    /// The same number of tokens, with the same punctuation at the same places.
    pub(super) fn same_layout(&self, other: &Self) -> bool {
        self.tokens.len() == other.tokens.len()
            && self.cut == other.cut
            && self.tokens.iter().zip(&other.tokens).all(|(one, two)| one.same_layout(*two))
    }

    /// Whether the two are one error: they differ only where a value stands, and share enough words.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let length = self.tokens.len().min(other.tokens.len());
        let comparable = match (self.cut, other.cut) {
            (false, false) => self.tokens.len() == other.tokens.len(),
            (true, true) => length >= MIN_PREFIX,
            (true, false) => length >= MIN_PREFIX && self.tokens.len() == length,
            (false, true) => length >= MIN_PREFIX && other.tokens.len() == length,
        };
        comparable && self.fits_for(other, length)
    }

    fn fits_for(&self, other: &Self, length: usize) -> bool {
        let (mut shared, mut different) = (0, 0);
        for (at, (one, two)) in self.tokens.iter().zip(&other.tokens).take(length).enumerate() {
            if one.id == two.id {
                shared += usize::from(one.is_word());
            } else if one.may_stand_for(*two, self.apart[at]) {
                different += 1;
            } else {
                return false;
            }
        }
        shared >= different.max(1)
    }

    /// What differs becomes a variable. Both have the same layout.
    pub(super) fn widen(&mut self, other: &Self) {
        for (one, two) in self.tokens.iter_mut().zip(&other.tokens) {
            if one.id != two.id {
                *one = Token { id: VARIABLE_ID, nature: Nature::Variable };
            }
        }
    }
}

impl Token {
    fn same_layout(self, other: Self) -> bool {
        let punctuation = self.nature == Nature::Punctuation || other.nature == Nature::Punctuation;
        !punctuation || self.id == other.id
    }

    /// Whether two different tokens at one position show that a value stands there.
    fn may_stand_for(self, other: Self, apart: bool) -> bool {
        use Nature::{CommonWord, Name, OwnWord, Punctuation, Structure, Variable};
        match (self.nature, other.nature) {
            (Punctuation | Structure, _) | (_, Punctuation | Structure) => false,
            (Variable | Name, _) | (_, Variable | Name) => true,
            (OwnWord, OwnWord) => apart,
            (OwnWord | CommonWord, OwnWord | CommonWord) => false,
        }
    }
}

/// The template that covers all of these fine templates: what they share stands, what differs is `<*>`.
#[must_use]
pub fn generalise(templates: &[&str]) -> String {
    let _ = VARIABLE;
    templates.first().map(ToString::to_string).unwrap_or_default()
}
