//! Line protocol: points as text that Guance reads back as what was meant.
//!
//! Grammar and limits: the parser that DataKit uses (GuanceCloud/influxdb1-client `models/points.go`, cliutils
//! `point/option.go` and `check.go`). One bad line rejects a whole body there, so nothing that this module writes is bad: what
//! is past a limit is cut on a character boundary, and counted. Where a far side finds a line bad all the same,
//! [`Batch::halves`] leads to it.
//!
//! Parsers disagree on backslashes outside quotes: Go's, which DataKit has, takes each for itself and for the escape of a
//! separator after it, others read two as one. And they disagree on tabs and NUL. So in measurements, keys and tags
//! control characters become spaces, and a backslash goes where it would stand before a separator, a backslash or the end:
//! what is left all parsers read alike. Texts that must stay as they are belong into fields.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::{Range, RangeInclusive};

use crate::point::{Point, Value};

#[cfg(test)]
mod tests;

/// The most points of a batch.
pub const MAX_POINTS: usize = 100;
/// The most bytes of a batch, before it is compressed. Source: DataKit, `DefaultMaxRawBodySize`.
pub const MAX_BYTES: usize = 1 << 20;
/// The most bytes of a text in a field, as written. The store takes messages of 1 MiB, DataKit's own collectors cut theirs at
/// about 800 kB (DataKit, `inputs/logging.md#max-log`).
pub const MAX_TEXT: usize = 768 * 1024;

// Source of what follows: cliutils, `point/option.go`.
const MAX_KEY: usize = 256;
const MAX_TAG: usize = 1024;
const MAX_MEASUREMENT: usize = 1024;
const MAX_FIELDS: usize = 1024;
const MAX_TAGS: usize = 256;
/// The most bytes of measurement and tags, as written: together with any field's key (of which each byte may be escaped) and
/// four bytes they have to stay within 65,535. Source: influxdb1-client, `models/points.go`, `MaxKeyLength`, `seriesKeySize`.
const MAX_SERIES: usize = 65_535 - 4 - 2 * MAX_KEY;
/// The times that a parser takes, in nanoseconds. Source: influxdb1-client, `models/time.go`.
const TIMES: RangeInclusive<i64> = i64::MIN + 2..=i64::MAX - 1;
/// What stands for no measurement. Source: cliutils, `point/check.go`.
const NO_MEASUREMENT: &str = "__default";
/// Stands at the end of a text that was cut.
const CUT: &str = "…";

/// Points as bodies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoded {
    /// The bodies, in the order of the points.
    pub batches: Vec<Batch>,
    /// How many texts were cut, keys shortened, tags or fields left out. Tags without a value do not count.
    pub changed: u64,
    /// The places (in the given order) of points that have no field that can be written: they are in no body.
    pub dropped: Vec<usize>,
}

/// A body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The lines.
    pub body: String,
    /// The places (in the given order) of the points, one a line.
    pub places: Vec<usize>,
    /// Where each line ends: texts may hold line feeds, so the body does not tell.
    ends: Vec<usize>,
}

impl Batch {
    /// As two of about as many points, for finding the one that is refused; `None` of a single point.
    #[must_use]
    pub fn halves(&self) -> Option<[Self; 2]> {
        let middle = self.places.len() / 2;
        let cut = *self.ends.get(middle.checked_sub(1)?)?;
        let (first, second) = self.body.split_at(cut);
        let half = |body: &str, points: Range<usize>, before: usize| Self {
            body: body.to_owned(),
            places: self.places[points.clone()].to_vec(),
            ends: self.ends[points].iter().map(|end| end - before).collect(),
        };
        let all = self.places.len();
        Some([half(first, 0..middle, 0), half(second, middle..all, cut)])
    }

    fn push(&mut self, line: &str, place: usize) {
        self.body.push_str(line);
        self.places.push(place);
        self.ends.push(self.body.len());
    }
}

/// Writes points.
///
/// Of a tag and a field with one key the field stays, as it holds more; of keys that become the same one the first stays.
/// A time past what parsers take (the years 1677 to 2262) is the nearest that they do. Texts of fields are cut where they are
/// longer than [`MAX_TEXT`], and then from the longest on until the point fits into a batch; `…` tells.
#[must_use]
pub fn encode(points: &[Point]) -> Encoded {
    let mut encoded = Encoded::default();
    for (at, point) in points.iter().enumerate() {
        let mut line = Line::default();
        line.write(point);
        if line.fields.is_empty() {
            encoded.dropped.push(at);
        } else {
            let text = line.finish(point.time, &mut encoded.changed);
            encoded.push(&text, at);
        }
    }
    encoded
}

impl Encoded {
    fn push(&mut self, line: &str, place: usize) {
        let has_room =
            |batch: &Batch| batch.places.len() < MAX_POINTS && batch.body.len() + line.len() <= MAX_BYTES;
        if !self.batches.last().is_some_and(has_room) {
            self.batches.push(Batch::default());
        }
        if let Some(batch) = self.batches.last_mut() {
            batch.push(line, place);
        }
    }
}

/// A line in the making.
#[derive(Debug, Default)]
struct Line<'a> {
    /// Measurement and tags, as written.
    series: String,
    /// Keys and values; keys as written.
    fields: Vec<(String, Field<'a>)>,
    changed: u64,
}

#[derive(Debug)]
enum Field<'a> {
    /// As written.
    Plain(String),
    /// Still to be cut and escaped.
    Text(&'a str),
}

impl<'a> Line<'a> {
    fn write(&mut self, point: &'a Point) {
        let taken = self.write_fields(point);
        let measurement = plain(&point.measurement);
        // A line that begins with `#` is a comment.
        let measurement =
            measurement
                .trim()
                .replacen('#', "_", usize::from(measurement.trim().starts_with('#')));
        let measurement = self.cut(&measurement, MAX_MEASUREMENT);
        self.series = match measurement.as_str() {
            "" => NO_MEASUREMENT.to_owned(),
            measurement => escaped(measurement, &[',', ' ']),
        };
        self.write_tags(point, taken);
    }

    /// The keys that are taken.
    fn write_fields(&mut self, point: &'a Point) -> BTreeSet<String> {
        let mut taken = BTreeSet::new();
        for (key, value) in &point.fields {
            let value = match value {
                Value::Text(text) => Some(Field::Text(text)),
                Value::Integer(number) => Some(Field::Plain(format!("{number}i"))),
                Value::Float(number) if number.is_finite() => Some(Field::Plain(number.to_string())),
                Value::Float(_) => None,
                Value::Boolean(is) => Some(Field::Plain(is.to_string())),
            };
            let key = self.key(key);
            let fits = taken.len() < MAX_FIELDS && !key.is_empty() && !taken.contains(&key);
            match value.filter(|_| fits) {
                Some(value) => {
                    self.fields.push((escaped(&key, &[',', ' ', '=']), value));
                    taken.insert(key);
                }
                None => self.changed += 1,
            }
        }
        taken
    }

    fn write_tags(&mut self, point: &Point, mut taken: BTreeSet<String>) {
        let mut tags = 0;
        for (key, value) in &point.tags {
            let value = plain(value);
            if value.is_empty() {
                continue;
            }
            let (key, value) = (self.key(key), self.cut(&value, MAX_TAG));
            let separators = [',', ' ', '='];
            let tag = format!(",{}={}", escaped(&key, &separators), escaped(&value, &separators));
            let fits = tags < MAX_TAGS && self.series.len() + tag.len() <= MAX_SERIES;
            if fits && !key.is_empty() && taken.insert(key) {
                self.series.push_str(&tag);
                tags += 1;
            } else {
                self.changed += 1;
            }
        }
    }

    /// A key, with `_` for dots: Guance reads a dot as a step into a value (cliutils, `dot_in_key`).
    fn key(&mut self, key: &str) -> String {
        let key = plain(key).replace('.', "_");
        self.cut(&key, MAX_KEY)
    }

    /// The first bytes of a text, in whole characters, without a backslash at the end.
    fn cut(&mut self, text: &str, bytes: usize) -> String {
        if text.len() <= bytes {
            return text.to_owned();
        }
        self.changed += 1;
        text[..text.floor_char_boundary(bytes)]
            .trim_end_matches('\\')
            .to_owned()
    }

    fn finish(self, time: i64, changed: &mut u64) -> String {
        let time = time.clamp(*TIMES.start(), *TIMES.end()).to_string();
        let longest = longest_text(&self.fields, self.series.len() + time.len() + 2);
        let mut changes = self.changed;
        let mut out = self.series;
        for (at, (key, value)) in self.fields.into_iter().enumerate() {
            out.push(if at == 0 { ' ' } else { ',' });
            out.push_str(&key);
            out.push('=');
            match value {
                Field::Plain(value) => out.push_str(&value),
                Field::Text(text) => changes += u64::from(push_text(&mut out, text, longest)),
            }
        }
        *changed += changes;
        format!("{out} {time}\n")
    }
}

/// How many bytes, as written, texts may have so that the line with `rest` bytes besides its fields fits into a batch.
fn longest_text(fields: &[(String, Field<'_>)], rest: usize) -> usize {
    // Each field has a separator before and `=` behind its key; texts have two quotes.
    let mut room = MAX_BYTES.saturating_sub(rest);
    let mut lengths = Vec::new();
    for (key, value) in fields {
        room = room.saturating_sub(key.len() + 2);
        match value {
            Field::Plain(value) => room = room.saturating_sub(value.len()),
            Field::Text(text) => {
                room = room.saturating_sub(2);
                lengths.push(text.chars().map(written_length).sum::<usize>());
            }
        }
    }
    // The shortest first: each takes what it needs, and the longest share what is left.
    lengths.sort_unstable();
    let mut left = lengths.len();
    for length in lengths {
        if length > room / left {
            return (room / left).min(MAX_TEXT);
        }
        room -= length;
        left -= 1;
    }
    MAX_TEXT
}

fn written_length(c: char) -> usize {
    c.len_utf8() + usize::from(matches!(c, '"' | '\\'))
}

/// Writes a text in quotes, of at most so many bytes; whether it was cut.
fn push_text(out: &mut String, text: &str, longest: usize) -> bool {
    let text_length: usize = text.chars().map(written_length).sum();
    let is_cut = text_length > longest;
    let mut room = if is_cut {
        longest.saturating_sub(CUT.len())
    } else {
        longest
    };
    out.push('"');
    for c in text.chars() {
        let Some(rest) = room.checked_sub(written_length(c)) else {
            break;
        };
        room = rest;
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    if is_cut && longest >= CUT.len() {
        out.push_str(CUT);
    }
    out.push('"');
    is_cut
}

/// Without what parsers read in different ways outside quotes (see the [module](self)).
fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(|c: char| c == '\\' || c.is_control()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .peekable();
    while let Some(c) = rest.next() {
        let ends = matches!(rest.peek(), None | Some('\\' | ',' | '=' | ' '));
        if c != '\\' || !ends {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

fn escaped(text: &str, separators: &[char]) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if separators.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
