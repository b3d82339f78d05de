//! The two texts of a template, written side by side and bounded.

use std::ops::Range;

use super::{CUT, FineTemplate, VARIABLE};

/// The longest identity, in bytes. A longer one is cut, and so are two messages that differ only behind it one template.
pub(crate) const MAX_IDENTITY: usize = 512;
/// The longest display, in bytes.
pub(crate) const MAX_DISPLAY: usize = 1024;

/// How much longer a display usually is than its message.
const ROOM_FOR_NAMES: usize = 32;

/// What may stand between the items of a list.
const LIST_SEPARATORS: [&str; 8] = [", ", ",", "', '", "','", "\", \"", "\",\"", "], [", ") ("];

/// The most bytes of a variable's text that are told.
const MAX_VALUE: usize = 256;

/// The names of variables whose texts tell nothing to people.
const UNTOLD: [&str; 4] = ["*", "any", "encoded", "json"];

/// What stood for the variables of a message, with their names.
pub(crate) type Values<'m> = Vec<(String, &'m str)>;

#[derive(Debug)]
pub(crate) struct Output<'m> {
    /// The message that words stand in.
    text: &'m str,
    identity: String,
    display: String,
    /// What of the message follows in both texts as it stands there: most of a message is copied in a few pieces.
    pending: Range<usize>,
    /// The last variable.
    last: Option<Last>,
    /// What stood for the variables, and where in the display their names stand, where that is asked for.
    values: Option<Vec<(Range<usize>, &'m str)>>,
    space: bool,
    full: bool,
}

/// The variable that was written last.
#[derive(Debug)]
struct Last {
    /// Where it ends, in both texts.
    identity: usize,
    display: usize,
    /// Where its name stands in the display.
    name: Range<usize>,
    /// Its texts tell something.
    is_told: bool,
}

impl<'m> Output<'m> {
    pub(crate) fn new(text: &'m str, with_values: bool) -> Self {
        Self {
            text,
            identity: String::with_capacity(text.len().min(MAX_IDENTITY) + CUT.len()),
            display: String::with_capacity((text.len() + ROOM_FOR_NAMES).min(MAX_DISPLAY) + CUT.len()),
            pending: 0..0,
            last: None,
            values: with_values.then(Vec::new),
            space: false,
            full: false,
        }
    }

    /// White space, however much: one space, and none at the ends.
    pub(crate) fn space(&mut self) {
        self.space = !(self.identity.is_empty() && self.pending.is_empty());
    }

    /// A part of the message that stays.
    pub(crate) fn word(&mut self, at: usize, length: usize) {
        if !self.has_room(length, length) {
            return self.cut();
        }
        // One blank in the message is the space that is due.
        let start = at - usize::from(self.space && self.text.as_bytes()[..at].ends_with(b" "));
        if start != self.pending.end || self.space && start == at {
            self.write_pending();
            self.pending.start = start;
            if self.space && start == at {
                self.write_space();
            }
        }
        self.pending.end = at + length;
        self.space = false;
    }

    /// A variable with its name, in parts, and text. In a list of variables only the first stays.
    pub(crate) fn variable(&mut self, name: &[&str], text: &'m str) {
        self.write_pending();
        if self.continues_list() {
            return self.tell(text);
        }
        let length: usize = name.iter().map(|part| part.len()).sum();
        if !self.has_room(VARIABLE.len(), length + 2) {
            return self.cut();
        }
        if std::mem::take(&mut self.space) {
            self.write_space();
        }
        self.identity.push_str(VARIABLE);
        self.display.push('<');
        let start = self.display.len();
        name.iter().for_each(|part| self.display.push_str(part));
        self.display.push('>');
        self.last = Some(Last {
            identity: self.identity.len(),
            display: self.display.len(),
            name: start..start + length,
            is_told: !matches!(name, [name] if UNTOLD.contains(name)),
        });
        self.tell(text);
    }

    fn tell(&mut self, text: &'m str) {
        if let (Some(values), Some(last)) = (&mut self.values, &self.last)
            && last.is_told
            && !text.starts_with("*****")
        {
            values.push((last.name.clone(), &text[..text.floor_char_boundary(MAX_VALUE)]));
        }
    }

    /// The rest of the message is not known, or does not matter.
    pub(crate) fn cut(&mut self) {
        self.full = true;
        self.space = false;
    }

    pub(crate) const fn is_full(&self) -> bool {
        self.full
    }

    /// The template, and what stood for its variables where that was asked for.
    pub(crate) fn finish(mut self) -> (FineTemplate, Values<'m>) {
        self.write_pending();
        if self.full {
            for text in [&mut self.identity, &mut self.display] {
                text.truncate(text.trim_end_matches([' ', '…']).len());
                text.push_str(CUT);
            }
        }
        let values = self.values.take().unwrap_or_default().into_iter();
        let values = values.map(|(name, text)| (self.display[name].to_owned(), text));
        let values = values.collect();
        let template = FineTemplate {
            identity: self.identity,
            display: self.display,
        };
        (template, values)
    }

    fn continues_list(&mut self) -> bool {
        let Some(last) = &self.last else {
            return false;
        };
        let between = &self.identity[last.identity..];
        if between.len() >= 5 {
            return false;
        }
        let separates = |separator: &str| match separator.strip_suffix(' ') {
            Some(separator) => self.space && separator == between,
            None => !self.space && separator == between,
        };
        let continues = LIST_SEPARATORS.iter().any(|separator| separates(separator));
        if continues {
            self.identity.truncate(last.identity);
            self.display.truncate(last.display);
            self.space = false;
        }
        continues
    }

    /// Whether so much fits behind a space; else the template ends here.
    fn has_room(&self, identity: usize, display: usize) -> bool {
        let pending = self.pending.len() + 1;
        !self.full
            && self.identity.len() + pending + identity <= MAX_IDENTITY
            && self.display.len() + pending + display <= MAX_DISPLAY
    }

    fn write_pending(&mut self) {
        let pending = &self.text[self.pending.clone()];
        if !pending.is_empty() {
            self.identity.push_str(pending);
            self.display.push_str(pending);
            self.pending.start = self.pending.end;
        }
    }

    fn write_space(&mut self) {
        self.identity.push(' ');
        self.display.push(' ');
    }
}
