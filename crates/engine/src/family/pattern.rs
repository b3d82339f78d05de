//! What several templates share, and whether one more fits.

use std::cell::RefCell;

use rustc_hash::FxHashMap;

use super::lists::{Item, join_lists};
use super::tokens::{Role, Span, tokens};
use crate::template::{VARIABLE, vocabulary};

/// A cut template with fewer tokens than this fits only its own kind.
const MIN_PREFIX: usize = 6;

/// Words that never are someone's value: without them a sentence says something else.
const STRUCTURE: [&str; 24] = [
    "a",
    "an",
    "and",
    "anonymous",
    "are",
    "be",
    "been",
    "by",
    "can",
    "cannot",
    "for",
    "in",
    "is",
    "may",
    "must",
    "no",
    "none",
    "not",
    "null",
    "of",
    "or",
    "the",
    "to",
    "with",
];

/// The states that AWS resources go through. `enabled` and `disabled` are settings: they are another error each.
const STATES: [&str; 34] = [
    "active",
    "activating",
    "available",
    "canceled",
    "cancelled",
    "cancelling",
    "complete",
    "completed",
    "created",
    "creating",
    "deleted",
    "deleting",
    "error",
    "expired",
    "failed",
    "impaired",
    "inactive",
    "in_progress",
    "modifying",
    "pending",
    "provisioning",
    "queued",
    "ready",
    "rebooting",
    "running",
    "starting",
    "stopped",
    "stopping",
    "succeeded",
    "suspended",
    "terminated",
    "terminating",
    "updating",
    "unavailable",
];

/// One token as patterns compare it.
#[derive(Clone, Copy, Debug)]
struct Token {
    id: u32,
    nature: Nature,
}

/// How much a token looks like a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Nature {
    /// `<*>`: one template's record or a mask has shown that a value stands here.
    Variable,
    /// Words joined by separators, one of them from outside the vocabulary (`acme-data`), or small ones with dots between
    /// them (`data.import`).
    Name,
    /// Words joined by capitals, one of them from outside the vocabulary: `OpsFrontend`, `Ops-Frontend`. AWS's own names
    /// look alike.
    CamelName,
    /// A plain word from outside the vocabulary: `alice`.
    OwnWord,
    /// A word, or a compound of words, of AWS's messages in small letters: `bucket`, `source-ip`.
    CommonWord,
    /// One that starts with a capital: `Bucket`, `LaunchTemplate`.
    Capitalised,
    /// `FAILED`, `STRING`, `SELF_MANAGED`.
    Constant,
    /// A state of a resource in small letters: `running`.
    State,
    /// A word of the sentence's structure.
    Structure,
    Punctuation,
}

/// What the words around a position say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Prose,
    /// Quoted or bracketed, or behind a colon or an equals sign.
    Apart,
    /// Behind the word `type`.
    Type,
    /// Near the words `state` or `status`.
    State,
}

const VARIABLE_ID: u32 = 0;

/// The different tokens of one family, numbered. A phrase in quotes and a list may read the same and are two.
#[derive(Debug, Default)]
pub(super) struct Vocabulary<'a> {
    known: RefCell<FxHashMap<(&'a str, Role), Token>>,
}

impl<'a> Vocabulary<'a> {
    /// The pattern of one template.
    pub(super) fn pattern(&self, template: &'a str) -> Pattern {
        let (spans, cut) = tokens(template);
        let item = |span: &Span| kind_of_item(&template[span.start..span.end], span.role);
        let spans = join_lists(template, &spans, item);
        let mut known = self.known.borrow_mut();
        let tokens: Vec<_> = spans
            .iter()
            .enumerate()
            .map(|(at, span)| {
                let text = &template[span.start..span.end];
                let id = u32::try_from(known.len() + 1).unwrap_or(u32::MAX);
                let token = *known
                    .entry((text, span.role))
                    .or_insert_with(|| Token::new(id, text, span.role));
                if is_structural_here(template, &spans, at) {
                    token.structural()
                } else {
                    token
                }
            })
            .collect();
        let places = (0..spans.len()).map(|at| place(template, &spans, at)).collect();
        let (ids, natures) = tokens.iter().map(|token| (token.id, token.nature)).unzip();
        Pattern {
            ids,
            natures,
            places,
            cut,
        }
    }
}

impl Token {
    fn new(id: u32, text: &str, role: Role) -> Self {
        let nature = nature(text, role);
        let id = if nature == Nature::Variable {
            VARIABLE_ID
        } else {
            id
        };
        Self { id, nature }
    }

    /// The same word where it belongs to the sentence.
    const fn structural(self) -> Self {
        match self.nature {
            Nature::Variable | Nature::Punctuation => self,
            _ => Self {
                nature: Nature::Structure,
                ..self
            },
        }
    }
}

fn nature(text: &str, role: Role) -> Nature {
    match role {
        Role::Variable => Nature::Variable,
        Role::Punctuation => Nature::Punctuation,
        Role::Phrase => Nature::CommonWord,
        Role::Word => nature_of_word(text),
        Role::List => nature_of_list(text),
    }
}

/// A list is as much a value as that one of its items that looks most like one.
fn nature_of_list(text: &str) -> Nature {
    let item = |item: &str| match item.trim_matches([' ', '\'', '"', '`']) {
        VARIABLE => Nature::Variable,
        word => nature_of_word(word),
    };
    text.split(',').map(item).min().unwrap_or(Nature::CommonWord)
}

fn nature_of_word(text: &str) -> Nature {
    let capital = text.starts_with(char::is_uppercase);
    if among(&STRUCTURE, text) {
        Nature::Structure
    } else if vocabulary::is_constant(text) {
        Nature::Constant
    } else if among(&STATES, text) {
        Nature::State
    } else if is_dotted(text) {
        Nature::Name
    } else if vocabulary::is_common(text) || vocabulary::is_parameter(text) {
        if capital {
            Nature::Capitalised
        } else {
            Nature::CommonWord
        }
    } else if !vocabulary::is_compound(text) {
        if capital {
            Nature::Capitalised
        } else {
            Nature::OwnWord
        }
    } else if text.bytes().all(|byte| byte.is_ascii_alphanumeric()) || is_title(text) {
        Nature::CamelName
    } else {
        Nature::Name
    }
}

/// What a word is as an item of a list: there, several words joined by separators are a name whatever the words.
fn kind_of_item(text: &str, role: Role) -> Item {
    match nature(text, role) {
        Nature::Variable | Nature::Name | Nature::CamelName | Nature::OwnWord => Item::Own,
        Nature::CommonWord if text.contains(['-', '.', '_', '/']) => Item::Own,
        Nature::CommonWord => Item::Common,
        _ => Item::Other,
    }
}

/// Small letters with dots between them: `orders.queue`. AWS writes nothing like it but the ends of paths.
fn is_dotted(text: &str) -> bool {
    text.contains('.') && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'.')
}

/// Every part starts with a capital, as AWS writes the names of headers and classes: `Intelligent-Tiering`.
fn is_title(text: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric())
        .all(|part| part.starts_with(char::is_uppercase))
}

fn among(words: &[&str], text: &str) -> bool {
    words.iter().any(|word| word.eq_ignore_ascii_case(text))
}

/// The texts around a position of a template.
struct Around<'t> {
    template: &'t str,
    spans: &'t [Span],
}

impl<'t> Around<'t> {
    fn text(&self, at: Option<usize>) -> &'t str {
        at.and_then(|at| self.spans.get(at))
            .map_or("", |span| &self.template[span.start..span.end])
    }

    /// The text so many tokens before a position.
    fn before(&self, at: usize, distance: usize) -> &'t str {
        self.text(at.checked_sub(distance))
    }
}

/// Whether a word is no value because of its place: a plain capitalised word that starts a sentence, the parameter in
/// `Value '…' at 'parameter' failed to satisfy constraint`, and the end of a path (`tags.<*>.member.key`).
fn is_structural_here(template: &str, spans: &[Span], at: usize) -> bool {
    let around = Around { template, spans };
    let word = around.text(Some(at));
    let starts = at == 0 || at > 1 && around.before(at, 1) == ".";
    let capitalised = word.starts_with(|c: char| c.is_ascii_uppercase())
        && word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase());
    let parameter = around.before(at, 2) == "at" && around.before(at, 1) == "'";
    let end_of_path = around.before(at, 1) == "." && is_dotted(word) && spans[at - 1].end == spans[at].start;
    starts && capitalised || parameter || end_of_path
}

fn place(template: &str, spans: &[Span], at: usize) -> Place {
    let around = Around { template, spans };
    let (before, after) = (around.before(at, 1), around.text(Some(at + 1)));
    let quoted = is_one_of("'\"`[({<", before) && is_one_of("'\"`])}>", after);
    let near = [after, before, around.before(at, 2), around.before(at, 3)];
    if near
        .iter()
        .any(|word| matches!(*word, "state" | "status" | "State" | "Status"))
    {
        Place::State
    } else if quoted || is_one_of(":=", before) {
        Place::Apart
    } else if before == "type" {
        Place::Type
    } else {
        Place::Prose
    }
}

fn is_one_of(marks: &str, text: &str) -> bool {
    !text.is_empty() && marks.contains(text)
}

/// A template, or what several of one layout share.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    /// The number of each token.
    ids: Vec<u32>,
    /// How much each looks like a value.
    natures: Vec<Nature>,
    /// What the words around each token say of it.
    places: Vec<Place>,
    /// Its message goes on behind the last token.
    cut: bool,
}

impl Pattern {
    /// The same number of tokens, with the same punctuation at the same places.
    pub(super) fn same_layout(&self, other: &Self) -> bool {
        let mark = |natures: &[Nature], at: usize| natures[at] == Nature::Punctuation;
        self.ids.len() == other.ids.len()
            && self.cut == other.cut
            && (0..self.ids.len()).all(|at| {
                self.ids[at] == other.ids[at] || !mark(&self.natures, at) && !mark(&other.natures, at)
            })
    }

    /// Whether the two are one error: they differ only where a value stands, and share enough words.
    pub(super) fn fits(&self, other: &Self) -> bool {
        let length = self.ids.len().min(other.ids.len());
        let comparable = match (self.cut, other.cut) {
            (false, false) => self.ids.len() == other.ids.len(),
            (true, true) => length >= MIN_PREFIX,
            (true, false) => length >= MIN_PREFIX && self.ids.len() == length,
            (false, true) => length >= MIN_PREFIX && other.ids.len() == length,
        };
        comparable && self.fits_for(other, length)
    }

    /// Compares so many tokens of both. Most pairs of a large family differ early or nearly nowhere, so equal stretches
    /// are passed over as a whole.
    fn fits_for(&self, other: &Self, length: usize) -> bool {
        const STRETCH: usize = 16;
        let (ones, twos) = (&self.ids[..length], &other.ids[..length]);
        let (mut different, mut different_words) = (0, 0);
        for (stretch, (one, two)) in ones.chunks(STRETCH).zip(twos.chunks(STRETCH)).enumerate() {
            if one == two {
                continue;
            }
            for (at, _) in one
                .iter()
                .zip(two)
                .enumerate()
                .filter(|(_, (one, two))| one != two)
            {
                let at = stretch * STRETCH + at;
                if !self.natures[at].may_stand_for(other.natures[at], self.places[at]) {
                    return false;
                }
                different += 1;
                different_words += usize::from(self.natures[at].is_word());
            }
        }
        let words = self.natures[..length]
            .iter()
            .filter(|nature| nature.is_word())
            .count();
        words - different_words >= different.max(1)
    }

    /// What differs becomes a variable. Both have the same layout.
    pub(super) fn widen(&mut self, other: &Self) {
        for (at, two) in other.ids.iter().enumerate() {
            if self.ids[at] != *two {
                (self.ids[at], self.natures[at]) = (VARIABLE_ID, Nature::Variable);
            }
        }
    }
}

impl Nature {
    const fn is_word(self) -> bool {
        !matches!(self, Self::Variable | Self::Punctuation)
    }

    /// Whether two different tokens of these natures at one position show that a value stands there.
    fn may_stand_for(self, other: Self, place: Place) -> bool {
        let (one, two) = (self.min(other), self.max(other));
        two < Self::Structure && one.shows_value(two, place)
    }

    /// The same, with the natures in order and the second no part of the sentence.
    fn shows_value(self, other: Self, place: Place) -> bool {
        match self {
            Self::Variable | Self::Name => true,
            Self::CamelName => match other {
                Self::CamelName | Self::Capitalised => false,
                Self::CommonWord => place != Place::Prose,
                _ => true,
            },
            Self::OwnWord => match other {
                Self::OwnWord => place != Place::Prose,
                Self::Constant => place != Place::Prose,
                _ => place == Place::Type,
            },
            Self::CommonWord | Self::Capitalised => other == Self::Constant && place == Place::Type,
            Self::Constant => other == Self::State || matches!(place, Place::State | Place::Type),
            Self::State => place == Place::State,
            Self::Structure | Self::Punctuation => false,
        }
    }
}
