//! Messages within a bound: whole parts are left out, the least telling first, and counted.

use crate::markdown::Dialect;

/// The parts of a message, neutral already.
pub(super) struct Parts {
    /// What stands where nothing else fits, and may be cut.
    pub(super) title: String,
    /// What comes first.
    pub(super) head: String,
    /// What can be left out, and what is said then; both can be empty.
    pub(super) aside: (String, String),
    /// Stands before the entries; empty where there are none.
    pub(super) heading: String,
    /// The entries, the most telling first.
    pub(super) entries: Vec<Entry>,
    /// What stands between two entries.
    pub(super) between: &'static str,
    /// What is said of so many entries that are left out.
    pub(super) left_out: fn(u64) -> String,
    /// What comes last.
    pub(super) tail: String,
}

/// An entry, whole and in one line.
pub(super) struct Entry {
    pub(super) whole: String,
    pub(super) brief: String,
}

/// What of a message is written.
#[derive(Clone, Copy)]
struct Choice {
    aside: bool,
    whole: usize,
    brief: usize,
    tail: bool,
}

impl Parts {
    /// The message in at most so many bytes.
    pub(super) fn within(&self, dialect: Dialect, max_bytes: usize) -> String {
        let fits = |choice: &Choice| self.size(*choice) <= max_bytes;
        let choices = [true, false].map(|aside| self.best(aside, fits));
        let bare = Choice {
            aside: false,
            whole: 0,
            brief: 0,
            tail: false,
        };
        let chosen = choices.into_iter().flatten().chain([bare]).find(fits);
        match chosen {
            Some(choice) => self.written(choice),
            None => cut(&self.title, dialect, max_bytes),
        }
    }

    /// As many whole entries as fit, then as many in one line; nothing where there are entries and none fits.
    fn best(&self, aside: bool, fits: impl Fn(&Choice) -> bool) -> Option<Choice> {
        let number = self.entries.len();
        let choice = |whole: usize, brief: usize| Choice {
            aside,
            whole,
            brief,
            tail: true,
        };
        let whole = most(number, |whole| fits(&choice(whole, 0))).unwrap_or_default();
        let brief = most(number - whole, |brief| fits(&choice(whole, brief)))?;
        let told = number == 0 || whole + brief > 0;
        told.then(|| choice(whole, brief))
    }

    fn written(&self, choice: Choice) -> String {
        let mut out = String::new();
        self.pieces(choice, |separator, piece| {
            out.push_str(separator);
            out.push_str(piece);
        });
        out
    }

    fn size(&self, choice: Choice) -> usize {
        let mut size = 0;
        self.pieces(choice, |separator, piece| size += separator.len() + piece.len());
        size
    }

    /// The pieces of a message, each with what stands before it.
    fn pieces(&self, choice: Choice, mut take: impl FnMut(&str, &str)) {
        let told = choice.whole + choice.brief;
        let rest = self.entries.len().saturating_sub(told) as u64;
        let left_out = if rest > 0 {
            (self.left_out)(rest)
        } else {
            String::new()
        };
        let (aside, missing) = &self.aside;
        let before = [
            &self.head,
            if choice.aside { aside } else { missing },
            &self.heading,
        ];
        let entries = self.entries.iter().enumerate().take(told);
        let entries = entries.map(|(index, entry)| {
            if index < choice.whole {
                &entry.whole
            } else {
                &entry.brief
            }
        });
        let tail = choice.tail.then_some(&self.tail);
        let before = before.into_iter().map(|piece| ("\n\n", piece));
        let entries = entries.chain([&left_out]).enumerate();
        let entries = entries.map(|(index, piece)| (if index == 0 { "\n\n" } else { self.between }, piece));
        let all = before.chain(entries).chain(tail.map(|piece| ("\n\n", piece)));
        let mut first = true;
        for (separator, piece) in all.filter(|(_, piece)| !piece.is_empty()) {
            take(if first { "" } else { separator }, piece);
            first = false;
        }
    }
}

/// The greatest number up to `limit` for which something holds that holds for all smaller ones; none where it holds for
/// none. That it holds for the limit is tried first: with nothing left out, nothing is said of it.
fn most(limit: usize, holds: impl Fn(usize) -> bool) -> Option<usize> {
    if holds(limit) {
        return Some(limit);
    }
    if !holds(0) {
        return None;
    }
    let (mut low, mut high) = (0, limit);
    while low + 1 < high {
        let middle = usize::midpoint(low, high);
        if holds(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    Some(low)
}

/// As much of a text as fits once it is neutral.
fn cut(text: &str, dialect: Dialect, max_bytes: usize) -> String {
    let ends: Vec<usize> = text.char_indices().map(|(at, c)| at + c.len_utf8()).collect();
    let neutral = |chars: usize| {
        let end = chars
            .checked_sub(1)
            .and_then(|last| ends.get(last))
            .copied()
            .unwrap_or_default();
        match end {
            0 => String::new(),
            _ if end == text.len() => dialect.text(text),
            _ => dialect.text(&format!("{}…", text.get(..end).unwrap_or_default())),
        }
    };
    let fits = |chars: usize| neutral(chars).len() <= max_bytes;
    most(ends.len(), fits).map(neutral).unwrap_or_default()
}
