//! What is wrong, or doubtful, by place.

use std::cell::RefCell;

use crate::error::Mistake;

/// A place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key, from the top.
    pub(crate) key: String,
    /// The line, from 1; 0 for the whole file.
    pub(crate) line: usize,
}

impl Place {
    /// The whole file.
    pub(crate) const fn top() -> Self {
        Self {
            key: String::new(),
            line: 0,
        }
    }

    /// The key of something inside.
    pub(crate) fn inside(&self, key: &str) -> String {
        if self.key.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.key)
        }
    }
}

/// What was found out while reading.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Where each line begins.
    lines: Vec<usize>,
    mistakes: RefCell<Vec<Mistake>>,
    warnings: RefCell<Vec<Mistake>>,
    /// Whether the text is no TOML: what seems to be missing may stand where it could not be read.
    torn: bool,
}

impl Findings {
    pub(crate) fn of(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        Self {
            lines: std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect(),
            mistakes: RefCell::default(),
            warnings: RefCell::default(),
            torn: false,
        }
    }

    /// The line of a byte.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// Notes where the text is no TOML.
    pub(crate) fn torn(&mut self, errors: &[toml::de::Error]) {
        self.torn |= !errors.is_empty();
        for error in errors {
            let line = error.span().map_or(0, |span| self.line(span.start));
            let place = Place {
                key: String::new(),
                line,
            };
            // The parser's words tell what it expected, never what stands there.
            let said = error.message().lines().collect::<Vec<_>>().join("; ");
            self.wrong(&place, format!("this is not TOML: {said}"));
        }
    }

    pub(crate) fn wrong(&self, place: &Place, said: impl Into<String>) {
        self.mistakes.borrow_mut().push(mistake(place, said));
    }

    /// Something is not there, as far as the text can be read.
    pub(crate) fn missing(&self, place: &Place, said: impl Into<String>) {
        if !self.torn {
            self.wrong(place, said);
        }
    }

    pub(crate) fn warn(&self, place: &Place, said: impl Into<String>) {
        self.warnings.borrow_mut().push(mistake(place, said));
    }

    /// Mistakes and warnings, by line.
    pub(crate) fn finish(self) -> (Vec<Mistake>, Vec<Mistake>) {
        let (mut mistakes, mut warnings) = (self.mistakes.into_inner(), self.warnings.into_inner());
        mistakes.sort_by_key(|mistake| mistake.line);
        warnings.sort_by_key(|mistake| mistake.line);
        (mistakes, warnings)
    }
}

fn mistake(place: &Place, said: impl Into<String>) -> Mistake {
    Mistake {
        line: place.line,
        key: place.key.clone(),
        said: said.into(),
    }
}
