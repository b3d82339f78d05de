//! A record as a tree that keeps what it does not touch as it stood.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::REDACTED;
use super::mask::Values;
use super::path::Open;

/// A JSON value. Numbers, and what is no text (`true`, `null`), are kept as they were written.
#[derive(Debug)]
pub(super) enum Node<'a> {
    Object(Vec<(String, Self)>),
    List(Vec<Self>),
    Text(String),
    Other(&'a str),
    /// Taken out, or not to be read as text (a lone surrogate).
    Gone,
}

/// Members of an object, in order, repeats too.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersVisitor)
    }
}

struct MembersVisitor;

impl<'de> Visitor<'de> for MembersVisitor {
    type Value = Members<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Members(members))
    }
}

/// Items of a list.
struct Items<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Items<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(ItemsVisitor)
    }
}

struct ItemsVisitor;

impl<'de> Visitor<'de> for ItemsVisitor {
    type Value = Items<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = sequence.next_element()? {
            items.push(item);
        }
        Ok(Items(items))
    }
}

impl<'a> Node<'a> {
    /// Reads one value. What nests is at most as deep as the scanner lets pass.
    pub(super) fn read(json: &'a str) -> Self {
        let json = json.trim();
        match json.as_bytes().first() {
            Some(b'{') => serde_json::from_str(json).map_or(Self::Gone, |Members(members)| {
                let read = |(key, value): (String, &'a RawValue)| (key, Self::read(value.get()));
                Self::Object(members.into_iter().map(read).collect())
            }),
            Some(b'[') => serde_json::from_str(json).map_or(Self::Gone, |Items(items)| {
                Self::List(items.into_iter().map(|item| Self::read(item.get())).collect())
            }),
            Some(b'"') => serde_json::from_str(json).map_or(Self::Gone, Self::Text),
            _ => Self::Other(json),
        }
    }

    /// Takes out every value that one of these paths leads to, and collects their texts.
    pub(super) fn take_out(&mut self, open: &Open<'_>, values: &mut Values) {
        if open.ends() {
            self.collect(values);
            *self = Self::Gone;
            return;
        }
        match self {
            Self::Object(members) => {
                for (key, value) in members {
                    let below = open.below(key);
                    if !below.is_closed() {
                        value.take_out(&below, values);
                    }
                }
            }
            Self::List(items) => items.iter_mut().for_each(|item| item.take_out(open, values)),
            Self::Text(_) | Self::Other(_) | Self::Gone => {}
        }
    }

    fn collect(&self, values: &mut Values) {
        match self {
            Self::Object(members) => members.iter().for_each(|(_, value)| value.collect(values)),
            Self::List(items) => items.iter().for_each(|item| item.collect(values)),
            Self::Text(text) => values.add(text),
            Self::Other(literal) if is_number(literal) => values.add(literal),
            Self::Other(_) | Self::Gone => {}
        }
    }

    /// Replaces the values wherever they stand below, in keys too.
    pub(super) fn mask(&mut self, values: &Values) {
        match self {
            Self::Object(members) => {
                for (key, value) in members {
                    mask_text(key, values);
                    value.mask(values);
                }
            }
            Self::List(items) => items.iter_mut().for_each(|item| item.mask(values)),
            Self::Text(text) => mask_text(text, values),
            Self::Other(literal) if is_number(literal) => {
                if matches!(values.mask(literal), Cow::Owned(_)) {
                    *self = Self::Gone;
                }
            }
            Self::Other(_) | Self::Gone => {}
        }
    }

    pub(super) fn write(&self, out: &mut String) {
        match self {
            Self::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    separate(index, out);
                    write_text(key, out);
                    out.push(':');
                    value.write(out);
                }
                out.push('}');
            }
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    separate(index, out);
                    item.write(out);
                }
                out.push(']');
            }
            Self::Text(text) => write_text(text, out),
            Self::Other(literal) => out.push_str(literal),
            Self::Gone => write_text(REDACTED, out),
        }
    }
}

fn separate(index: usize, out: &mut String) {
    if index > 0 {
        out.push(',');
    }
}

fn mask_text(text: &mut String, values: &Values) {
    if let Cow::Owned(masked) = values.mask(text) {
        *text = masked;
    }
}

/// Whether a literal is a number, and not `true`, `false` or `null`.
fn is_number(literal: &str) -> bool {
    literal.starts_with(|c: char| c == '-' || c.is_ascii_digit())
}

fn write_text(text: &str, out: &mut String) {
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}
