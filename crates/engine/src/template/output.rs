//! The two texts of a template, written side by side and bounded.

use super::{CUT, FineTemplate, VARIABLE};

/// The longest identity, in bytes. A longer one is cut, and so are two messages that differ only behind it one template.
pub(crate) const MAX_IDENTITY: usize = 512;
/// The longest display, in bytes.
pub(crate) const MAX_DISPLAY: usize = 1024;

/// What may stand between the items of a list.
const LIST_SEPARATORS: [&str; 8] = [", ", ",", "', '", "','", "\", \"", "\",\"", "], [", ") ("];

/// The most bytes of a variable's text that are told.
const MAX_VALUE: usize = 256;

/// The names of variables whose texts tell nothing to people.
const UNTOLD: [&str; 4] = ["*", "any", "encoded", "json"];

#[derive(Debug)]
pub(crate) struct Output<'m> {
    identity: String,
    display: String,
    /// Where the last variable ends, in both.
    last_variable: Option<(usize, usize)>,
    /// What stood for the variables, with their names.
    values: Vec<(String, &'m str)>,
    /// The last variable's name.
    name: String,
    space: bool,
    full: bool,
}

impl<'m> Output<'m> {
    pub(crate) fn for_message(length: usize) -> Self {
        Self {
            identity: String::with_capacity(length.min(MAX_IDENTITY) + CUT.len()),
            display: String::with_capacity(length.min(MAX_DISPLAY) + CUT.len()),
            last_variable: None,
            values: Vec::new(),
            name: String::new(),
            space: false,
            full: false,
        }
    }

    /// White space, however much: one space, and none at the ends.
    pub(crate) fn space(&mut self) {
        self.space = !self.identity.is_empty();
    }

    /// A part of the message that stays.
    pub(crate) fn word(&mut self, word: &str) {
        if self.makes_room(word.len(), word.len()) {
            self.identity.push_str(word);
            self.display.push_str(word);
        }
    }

    /// A variable with its name and text. In a list of variables only the first stays.
    pub(crate) fn variable(&mut self, name: &str, text: &'m str) {
        if self.continues_list() {
            return self.tell(text);
        }
        if !self.makes_room(VARIABLE.len(), name.len() + 2) {
            return;
        }
        name.clone_into(&mut self.name);
        self.tell(text);
        self.identity.push_str(VARIABLE);
        self.display.extend(["<", name, ">"]);
        self.last_variable = Some((self.identity.len(), self.display.len()));
    }

    fn tell(&mut self, text: &'m str) {
        let is_hidden = text.starts_with("*****");
        if !UNTOLD.contains(&self.name.as_str()) && !is_hidden {
            let text = &text[..text.floor_char_boundary(MAX_VALUE)];
            self.values.push((self.name.clone(), text));
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

    /// The template, and what stood for its variables.
    pub(crate) fn finish(mut self) -> (FineTemplate, Vec<(String, &'m str)>) {
        if self.full {
            for text in [&mut self.identity, &mut self.display] {
                text.truncate(text.trim_end_matches([' ', '…']).len());
                text.push_str(CUT);
            }
        }
        let template = FineTemplate {
            identity: self.identity,
            display: self.display,
        };
        (template, self.values)
    }

    fn continues_list(&mut self) -> bool {
        let Some((identity, display)) = self.last_variable else {
            return false;
        };
        let between = &self.identity[identity..];
        let separates = |separator: &str| match separator.strip_suffix(' ') {
            Some(separator) => self.space && separator == between,
            None => !self.space && separator == between,
        };
        let continues = between.len() < 5 && LIST_SEPARATORS.iter().any(|separator| separates(separator));
        if continues {
            self.identity.truncate(identity);
            self.display.truncate(display);
            self.space = false;
        }
        continues
    }

    /// Writes the space that is due, if the next part fits behind it; else the template ends here.
    fn makes_room(&mut self, identity: usize, display: usize) -> bool {
        let fits = self.identity.len() + 1 + identity <= MAX_IDENTITY
            && self.display.len() + 1 + display <= MAX_DISPLAY;
        if self.full || !fits {
            self.cut();
            return false;
        }
        if self.space {
            self.identity.push(' ');
            self.display.push(' ');
            self.space = false;
        }
        true
    }
}
