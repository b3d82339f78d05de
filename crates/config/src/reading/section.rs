//! A table of the file.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::findings::{Findings, Place};
use super::value::Value;
use crate::nearest::hint;
use crate::shape::Shape;

/// A table whose keys are known.
#[derive(Clone, Debug)]
pub(crate) struct Section<'a> {
    pub(crate) findings: &'a Findings,
    pub(crate) place: Place,
    table: &'a DeTable<'a>,
}

impl<'a> Section<'a> {
    /// A table that has these keys; any other is a mistake.
    pub(crate) fn new(findings: &'a Findings, place: Place, table: &'a DeTable<'a>, shape: &Shape) -> Self {
        let section = Self::open(findings, place, table);
        for (key, value) in section.entries() {
            if !shape.has(key) {
                let hint = hint(key, shape.names());
                value.wrong(format!("there is no such key{hint}"));
            }
        }
        section
    }

    /// A table whose keys are names.
    pub(crate) const fn open(findings: &'a Findings, place: Place, table: &'a DeTable<'a>) -> Self {
        Self {
            findings,
            place,
            table,
        }
    }

    /// What stands under a key.
    pub(crate) fn get(&self, key: &str) -> Option<Value<'a>> {
        self.table
            .get_key_value(key)
            .map(|(name, value)| self.value(name, value))
    }

    /// What has to stand under a key.
    pub(crate) fn require(&self, key: &str) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            self.findings.missing(&self.at(key), "it is missing");
        }
        value
    }

    /// The place of a key, whether it stands there or not.
    pub(crate) fn at(&self, key: &str) -> Place {
        Place {
            key: self.place.inside(key),
            ..self.place.clone()
        }
    }

    /// Everything in it, in the order of the file.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Value<'a>)> {
        let mut entries: Vec<_> = self.table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        entries
            .into_iter()
            .map(|(name, value)| (name.get_ref().as_ref(), self.value(name, value)))
            .collect()
    }

    fn value(
        &self,
        name: &'a Spanned<std::borrow::Cow<'a, str>>,
        value: &'a Spanned<DeValue<'a>>,
    ) -> Value<'a> {
        let key = self.place.inside(name.get_ref());
        let place = self.findings.place(key, name.span().start);
        Value::new(self.findings, place, value.get_ref())
    }
}
