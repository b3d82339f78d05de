//! What is wrong, or doubtful, by place.

use std::cell::RefCell;

use crate::error::Mistake;

/// A place in the file, or in a variable that is laid over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The key, from the top.
    pub(crate) key: String,
    /// The line, from 1; 0 for the whole file, and in variables.
    pub(crate) line: usize,
    /// The number of the variable.
    pub(super) variable: Option<usize>,
}

impl Place {
    /// The whole file.
    pub(crate) const fn top() -> Self {
        Self::at(String::new(), 0)
    }

    /// A line of the file.
    pub(crate) const fn at(key: String, line: usize) -> Self {
        Self {
            key,
            line,
            variable: None,
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

    /// Whether it stands in a variable, not in the file.
    pub(crate) const fn is_variable(&self) -> bool {
        self.variable.is_some()
    }
}

/// An environment variable that is laid over the file.
#[derive(Debug)]
pub(crate) struct Variable {
    /// Its name.
    pub(crate) name: String,
    /// What it says, where that is one value: whatever else it may be, it is a text too.
    pub(crate) text: Option<String>,
}

/// What was found out while reading.
#[derive(Debug)]
pub(crate) struct Findings {
    /// Where each line begins.
    lines: Vec<usize>,
    /// Where the text ends. Behind it, each variable has a place of its own.
    end: usize,
    variables: Vec<Variable>,
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
            end: text.len(),
            variables: Vec::new(),
            mistakes: RefCell::default(),
            warnings: RefCell::default(),
            torn: false,
        }
    }

    /// The line of a byte.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|start| *start <= at)
    }

    /// Takes a variable in; the place of everything that it says.
    pub(crate) fn variable(&mut self, variable: Variable) -> usize {
        self.variables.push(variable);
        self.end + self.variables.len()
    }

    /// The place of what stands at a byte of the text, or at a variable's place.
    pub(super) fn place(&self, key: String, at: usize) -> Place {
        match at.checked_sub(self.end + 1) {
            Some(number) if number < self.variables.len() => Place {
                variable: Some(number),
                ..Place::at(key, 0)
            },
            _ => Place::at(key, self.line(at)),
        }
    }

    /// What the variable at a place says, where that is one value.
    pub(super) fn said_in(&self, place: &Place) -> Option<&str> {
        self.variables.get(place.variable?)?.text.as_deref()
    }

    /// Notes where the text is no TOML.
    pub(crate) fn torn(&mut self, errors: &[toml::de::Error]) {
        self.torn |= !errors.is_empty();
        for error in errors {
            let line = error.span().map_or(0, |span| self.line(span.start));
            // The parser's words tell what it expected, never what stands there.
            let said = error.message().lines().collect::<Vec<_>>().join("; ");
            self.wrong(
                &Place::at(String::new(), line),
                format!("this is not TOML: {said}"),
            );
        }
    }

    pub(crate) fn wrong(&self, place: &Place, said: impl Into<String>) {
        self.mistakes.borrow_mut().push(self.mistake(place, said));
    }

    /// Something is wrong with the variable at a place.
    pub(crate) fn wrong_variable(&self, at: usize, said: impl Into<String>) {
        self.wrong(&self.place(String::new(), at), said);
    }

    /// Something is not there, as far as the text can be read.
    pub(crate) fn missing(&self, place: &Place, said: impl Into<String>) {
        if !self.torn {
            self.wrong(place, said);
        }
    }

    pub(crate) fn warn(&self, place: &Place, said: impl Into<String>) {
        self.warnings.borrow_mut().push(self.mistake(place, said));
    }

    /// Mistakes and warnings, by line; those of variables behind.
    pub(crate) fn finish(self) -> (Vec<Mistake>, Vec<Mistake>) {
        let (mut mistakes, mut warnings) = (self.mistakes.into_inner(), self.warnings.into_inner());
        mistakes.sort_by_key(by_line);
        warnings.sort_by_key(by_line);
        (mistakes, warnings)
    }

    fn mistake(&self, place: &Place, said: impl Into<String>) -> Mistake {
        let variable = place.variable.and_then(|number| self.variables.get(number));
        Mistake {
            line: place.line,
            variable: variable.map(|variable| variable.name.clone()),
            key: place.key.clone(),
            said: said.into(),
        }
    }
}

fn by_line(mistake: &Mistake) -> (bool, usize) {
    (mistake.variable.is_some(), mistake.line)
}
