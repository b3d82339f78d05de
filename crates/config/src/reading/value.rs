//! A value of the file. What cannot be read as what was asked for is noted, and given as nothing.

use std::fmt::Display;
use std::ops::RangeInclusive;

use toml::de::{DeArray, DeTable, DeValue};

use super::findings::{Findings, Place};
use super::section::Section;
use crate::nearest::hint;
use crate::shape::Shape;

/// A value with its place.
#[derive(Clone, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) place: Place,
    value: &'a DeValue<'a>,
}

impl<'a> Value<'a> {
    pub(super) const fn new(findings: &'a Findings, place: Place, value: &'a DeValue<'a>) -> Self {
        Self {
            findings,
            place,
            value,
        }
    }

    pub(crate) fn wrong(&self, said: impl Into<String>) {
        self.findings.wrong(&self.place, said);
    }

    pub(crate) fn warn(&self, said: impl Into<String>) {
        self.findings.warn(&self.place, said);
    }

    /// Not what was asked for; the value itself is not repeated, it may be a secret.
    fn is_no<T>(&self, wanted: &str) -> Option<T> {
        self.wrong(format!("{wanted} is wanted, not {}", article(self.value)));
        None
    }

    /// The text, if it is one: nothing is noted. A variable is one, whatever it looks like.
    pub(crate) fn as_text(&self) -> Option<&'a str> {
        match self.value {
            DeValue::String(text) => Some(text),
            DeValue::Array(_) | DeValue::Table(_) => None,
            _ => self.findings.said_in(&self.place),
        }
    }

    /// A text that is not empty.
    pub(crate) fn text(&self) -> Option<&'a str> {
        match self.as_text() {
            Some(text) if text.trim().is_empty() => {
                self.wrong("it is empty");
                None
            }
            None if self.value.is_integer() => self.is_no("a text in quotes"),
            None => self.is_no("a text"),
            text => text,
        }
    }

    /// A text that becomes something else, or says why not.
    pub(crate) fn parsed<T, E: Display>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let parsed = parse(self.text()?);
        parsed.map_err(|said| self.wrong(said.to_string())).ok()
    }

    /// As [`parsed`](Self::parsed); TOML's own times and the number 0 are taken as if they were in quotes.
    pub(crate) fn parsed_loosely<T, E: Display>(
        &self,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let written = match self.value {
            DeValue::Datetime(time) => time.to_string(),
            DeValue::Integer(number) if number.as_str() == "0" => "0".to_owned(),
            _ => return self.parsed(parse),
        };
        parse(&written).map_err(|said| self.wrong(said.to_string())).ok()
    }

    pub(crate) fn boolean(&self) -> Option<bool> {
        self.value.as_bool().or_else(|| self.is_no("true or false"))
    }

    pub(crate) fn whole(&self, range: RangeInclusive<u32>) -> Option<u32> {
        let DeValue::Integer(number) = self.value else {
            return self.is_no("a whole number");
        };
        let parsed = u32::from_str_radix(number.as_str(), number.radix()).ok();
        let inside = parsed.filter(|number| range.contains(number));
        if inside.is_none() {
            self.wrong(format!(
                "a whole number from {} to {} is wanted",
                range.start(),
                range.end()
            ));
        }
        inside
    }

    /// One of these words.
    pub(crate) fn one_of<T: Copy>(&self, known: &[(&'static str, T)]) -> Option<T> {
        let written = self.text()?;
        let found = known.iter().find(|(word, _)| *word == written);
        if found.is_none() {
            let hint = hint(written, known.iter().map(|(word, _)| *word));
            self.wrong(format!("{written:?} is not known{hint}"));
        }
        found.map(|(_, meant)| *meant)
    }

    /// Each of a list; what is not wanted as a list may stand alone.
    pub(crate) fn each(&self) -> Vec<Self> {
        match self.value {
            DeValue::Array(list) => self.items(list),
            _ => vec![self.clone()],
        }
    }

    /// Each of what has to be a list.
    pub(crate) fn list(&self) -> Vec<Self> {
        match self.value {
            DeValue::Array(list) => self.items(list),
            _ => self.is_no("a list in [ ]").unwrap_or_default(),
        }
    }

    fn items(&self, list: &'a DeArray<'a>) -> Vec<Self> {
        let item = |(number, item): (usize, &'a toml::Spanned<DeValue<'a>>)| Self {
            findings: self.findings,
            place: self
                .findings
                .place(format!("{}[{number}]", self.place.key), item.span().start),
            value: item.get_ref(),
        };
        list.iter().enumerate().map(item).collect()
    }

    /// The texts of a list.
    pub(crate) fn texts(&self) -> Vec<String> {
        let items = self.list();
        items.iter().filter_map(Self::text).map(str::to_owned).collect()
    }

    /// Whether it is a table: nothing is noted.
    pub(crate) fn is_table(&self) -> bool {
        self.value.is_table()
    }

    /// Whether it is a list: nothing is noted.
    pub(crate) fn is_list(&self) -> bool {
        self.value.is_array()
    }

    /// A table that has these keys.
    pub(crate) fn section(&self, shape: &Shape) -> Option<Section<'a>> {
        let table = self.table()?;
        Some(Section::new(self.findings, self.place.clone(), table, shape))
    }

    /// A table whose keys are names.
    pub(crate) fn names(&self) -> Option<Section<'a>> {
        let table = self.table()?;
        Some(Section::open(self.findings, self.place.clone(), table))
    }

    fn table(&self) -> Option<&'a DeTable<'a>> {
        match self.value {
            DeValue::Table(table) => Some(table),
            _ => self.is_no("a table"),
        }
    }
}

fn article(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
