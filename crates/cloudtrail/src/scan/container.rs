//! The containers around records: which values are items, and where to go on after a bad one.
//!
//! The text is a sequence of values. An object with an array under one of the known names (`Records`, `Events`,
//! `events`, `logEvents`) and an array that holds objects are containers: they become frames on a small stack, and
//! their elements are passed over one by one. Everything else is an item, handed to the [`Reader`] as soon as its end
//! is known. An item that lies whole in the pushed buffer is read in place; one across an edge is carried.

use crate::event::Visitor;
use crate::reject::RejectReason;

use super::index::{Index, REACH};
use super::read::{Outcome, Reader};
use super::record;
use super::resync::{self, Found};
use super::skim::{Skimmed, skim};
use super::structure::{Kind, Lexer, Step, is_space};
use super::text::unescape;
use super::{Counters, ScanOptions};

/// How deep containers may stand in containers; deeper ones are items.
const MAX_FRAMES: usize = 6;

/// How much of the next buffer is taken at a time to complete a carried item.
const PIECE: usize = 4096;

/// A record that is cut off at a buffer's end is looked at again from its start, up to this length; a longer one is
/// passed over as it comes.
const MAX_RELOOK: usize = REACH / 2;

/// How far is indexed behind a fault, lest a text of faults is indexed over and over.
const MIN_REACH: usize = 1 << 10;

const BOM: &[u8] = b"\xef\xbb\xbf";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    /// Just behind `[`.
    ValueOrEnd,
    /// Behind a comma in an array, or a colon.
    Value,
    /// Behind a value.
    CommaOrEnd,
    /// Behind a comma in an object.
    Key,
    /// Behind a key.
    Colon,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    /// An array whose elements are items; those of a probe's envelope are passed over.
    Array { expect: Expect, skip: bool },
    /// An object that holds such an array. `probe`: its `messageType` says so; `counted`: an element said so.
    Object {
        expect: Expect,
        member: Member,
        probe: bool,
        counted: bool,
    },
}

/// What the current member of a container object is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Items,
    MessageType,
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// An item.
    Item,
    /// A key of a container object.
    Key,
    /// The `messageType` of a container object.
    MessageType,
    /// Nothing that matters.
    Ignored,
}

impl Role {
    /// Whether the value's text is needed.
    const fn is_read(self) -> bool {
        !matches!(self, Self::Ignored)
    }
}

/// What came of looking at an object.
enum Look {
    /// It was read.
    Passed,
    /// More of it is needed.
    Wait,
    /// It has to be passed over byte by byte.
    Unclear,
}

#[derive(Debug)]
enum State {
    Between,
    Value {
        lexer: Lexer,
        role: Role,
        too_large: bool,
        /// It was looked at as a container, and is a record.
        plain: bool,
    },
    Seeking,
}

/// The machine over the decompressed text.
#[derive(Debug)]
pub(super) struct Content {
    reader: Reader,
    max_record: u64,
    carry: Vec<u8>,
    /// The byte before the carried (else the next) one, 0 at the start.
    before: u8,
    /// How many bytes were pushed.
    pushed: u64,
    /// The next byte to look at, between values and while seeking.
    at: u64,
    frames: Vec<Frame>,
    state: State,
    /// A structural fault was reported and nothing was read since: its consequences are not reported again.
    faulty: bool,
    /// The next value to read was found inside the last one, which was no JSON.
    swallowed: bool,
    /// Of the buffer from `indexed` on, `reach` bytes far.
    index: Index,
    indexed: usize,
    reach: usize,
    /// No more text comes: what is cut off stays so.
    ending: bool,
}

impl Content {
    pub(super) fn new(options: ScanOptions) -> Self {
        Self {
            max_record: options.limits.max_record as u64,
            reader: Reader::new(options),
            carry: Vec::new(),
            before: 0,
            pushed: 0,
            at: 0,
            frames: Vec::new(),
            state: State::Between,
            faulty: false,
            swallowed: false,
            index: Index::default(),
            indexed: 0,
            reach: REACH,
            ending: false,
        }
    }

    /// How many bytes were pushed.
    pub(super) fn pushed(&self) -> u64 {
        self.pushed
    }

    /// Counts a reject that is none of the text's.
    pub(super) fn reject<V: Visitor + ?Sized>(
        &mut self,
        reason: RejectReason,
        detail: &str,
        visitor: &mut V,
    ) {
        self.reader.reject(reason, self.pushed, detail, visitor);
    }

    /// Takes the next piece of text.
    pub(super) fn push<V: Visitor + ?Sized>(&mut self, text: &[u8], visitor: &mut V) {
        let mut taken = 0;
        while !self.carry.is_empty() && taken < text.len() {
            taken = self.push_carried(text, taken, visitor);
        }
        let rest = text.get(taken..).unwrap_or_default();
        if rest.is_empty() {
            return;
        }
        let keep = self.run(rest, self.pushed, visitor);
        self.pushed += rest.len() as u64;
        self.note_before(rest, keep);
        self.carry.extend_from_slice(rest.get(keep..).unwrap_or_default());
    }

    /// Completes what is carried with the next bytes from `taken`; how many are taken then. Once nothing from before
    /// is needed, the carry is empty and the rest can be read in place.
    fn push_carried<V: Visitor + ?Sized>(&mut self, text: &[u8], taken: usize, visitor: &mut V) -> usize {
        let mut carry = std::mem::take(&mut self.carry);
        let before = carry.len();
        let base = self.pushed - before as u64;
        let rest = text.get(taken..).unwrap_or_default();
        let piece = rest.get(..PIECE).unwrap_or(rest);
        carry.extend_from_slice(piece);
        let keep = self.run(&carry, base, visitor);
        self.note_before(&carry, keep);
        let used = if keep >= before {
            keep - before
        } else {
            piece.len()
        };
        if keep >= before {
            carry.clear();
        } else {
            carry.drain(..keep);
        }
        self.pushed += used as u64;
        self.carry = carry;
        taken + used
    }

    fn note_before(&mut self, buf: &[u8], keep: usize) {
        if let Some(&byte) = keep.checked_sub(1).and_then(|last| buf.get(last)) {
            self.before = byte;
        }
    }

    /// Ends the text. `cut_off`: more was to come (the compressed stream ends early).
    pub(super) fn finish<V: Visitor + ?Sized>(mut self, cut_off: bool, visitor: &mut V) -> Counters {
        let carry = std::mem::take(&mut self.carry);
        let base = self.pushed - carry.len() as u64;
        self.ending = true;
        let keep = self.run(&carry, base, visitor);
        let open = match &self.state {
            State::Value { lexer, too_large, .. } => Some((lexer.kind, lexer.start, *too_large)),
            State::Between if keep < carry.len() => {
                self.fault(base, "bytes that are no JSON", visitor);
                None
            }
            State::Between | State::Seeking => None,
        };
        match open {
            Some((Kind::Scalar, ..)) if !cut_off => self.end_value(&carry, base, self.pushed, visitor),
            Some((_, start, false)) => {
                self.reader.reject(RejectReason::Truncated, start, "", visitor);
                self.faulty = true;
            }
            _ => {}
        }
        if (cut_off || !self.frames.is_empty()) && !self.faulty {
            self.reader
                .reject(RejectReason::Truncated, self.pushed, "", visitor);
        }
        self.reader.counters
    }

    /// Ends the text where something else already told why it ends: what is open is not reported again.
    pub(super) fn abandon(self) -> Counters {
        self.reader.counters
    }

    /// Goes through `buf`, whose first byte stands at `base`; from which index on it is needed again.
    fn run<V: Visitor + ?Sized>(&mut self, buf: &[u8], base: u64, visitor: &mut V) -> usize {
        self.index.clear();
        loop {
            let done = match &self.state {
                State::Between => self.between(buf, base, visitor),
                State::Value { .. } => self.value(buf, base, visitor),
                State::Seeking => self.seek(buf, base),
            };
            if let Some(keep) = done {
                return keep;
            }
        }
    }

    fn between<V: Visitor + ?Sized>(&mut self, buf: &[u8], base: u64, visitor: &mut V) -> Option<usize> {
        let from = (self.at - base) as usize;
        let rest = buf.get(from..).unwrap_or_default();
        let Some(space) = rest.iter().position(|&byte| !is_space(byte)) else {
            self.at = base + buf.len() as u64;
            return Some(buf.len());
        };
        let index = from + space;
        let byte = *buf.get(index)?;
        self.at = base + index as u64;
        if byte == b'{' && self.expects_item() {
            match self.look(buf, base, index, visitor) {
                Look::Passed => return None,
                Look::Wait => return Some(index),
                Look::Unclear => {}
            }
        }
        match self.frames.last().copied() {
            None => return self.at_top(buf, index, byte, visitor),
            Some(Frame::Array { expect, skip }) => self.in_array(byte, expect, skip, visitor),
            Some(Frame::Object { expect, member, .. }) => self.in_object(byte, expect, member, visitor),
        }
        None
    }

    /// Whether an object that starts here is an item.
    fn expects_item(&self) -> bool {
        matches!(
            self.frames.last(),
            None | Some(Frame::Array {
                expect: Expect::ValueOrEnd | Expect::Value,
                skip: false
            })
        )
    }

    /// Reads the object at `index` by skimming, where its end can be told so.
    fn look<V: Visitor + ?Sized>(&mut self, buf: &[u8], base: u64, index: usize, visitor: &mut V) -> Look {
        let skimmed = self.skim_at(buf, index);
        let rest = buf.len() - index;
        let (end, fields) = match skimmed {
            Skimmed::Plain(end, fields) => (end, Some(fields)),
            Skimmed::Other(end) => (end, None),
            Skimmed::CutOff if !self.ending && rest <= MAX_RELOOK && rest as u64 <= self.max_record => {
                return Look::Wait;
            }
            Skimmed::CutOff | Skimmed::Odd => return Look::Unclear,
        };
        let start = index - self.indexed;
        if (end - start) as u64 > self.max_record {
            return Look::Unclear;
        }
        let item = buf.get(index..self.indexed + end).unwrap_or_default();
        self.at = base + (self.indexed + end) as u64;
        let told = fields.is_some_and(|fields| self.reader.plain(item, &fields, visitor));
        if told {
            self.faulty = false;
        } else {
            self.item(item, base + index as u64, Kind::Object, true, visitor);
        }
        self.end_item();
        Look::Passed
    }

    /// Looks at the object at `index`, with as much of the buffer indexed as is needed for it.
    fn skim_at<'b>(&mut self, buf: &'b [u8], index: usize) -> Skimmed<'b> {
        match index.checked_sub(self.indexed) {
            Some(start) if self.index.opens(start) => {}
            Some(start) if start >= self.index.fault() => self.index_from(buf, index, MIN_REACH),
            _ => self.index_from(buf, index, self.reach),
        }
        loop {
            let text = buf.get(self.indexed..).unwrap_or_default();
            let skimmed = skim(text, &self.index, index - self.indexed);
            let can_see_more = self.indexed < index || self.reach < REACH;
            if skimmed != Skimmed::CutOff || !can_see_more || self.index.len() == text.len() {
                return skimmed;
            }
            self.index_from(buf, index, self.reach * 8);
        }
    }

    fn index_from(&mut self, buf: &[u8], from: usize, reach: usize) {
        self.reach = reach.min(REACH);
        let text = buf.get(from..).unwrap_or_default();
        self.index.build(text.get(..self.reach).unwrap_or(text));
        self.indexed = from;
    }

    fn at_top<V: Visitor + ?Sized>(
        &mut self,
        buf: &[u8],
        index: usize,
        byte: u8,
        visitor: &mut V,
    ) -> Option<usize> {
        let rest = buf.get(index..).unwrap_or_default();
        if rest.starts_with(BOM) {
            self.at += BOM.len() as u64;
        } else if BOM.starts_with(rest) {
            return Some(index);
        } else if matches!(byte, b',' | b':' | b']' | b'}') {
            self.fault(self.at, "a value was expected", visitor);
        } else {
            self.start(byte, Role::Item);
        }
        None
    }

    fn in_array<V: Visitor + ?Sized>(&mut self, byte: u8, expect: Expect, skip: bool, visitor: &mut V) {
        match (expect, byte) {
            (Expect::ValueOrEnd | Expect::CommaOrEnd, b']') => self.close_frame(),
            (Expect::Value, b']') => {
                self.report(self.at, "a value was expected", visitor);
                self.close_frame();
            }
            (Expect::CommaOrEnd, b',') => {
                self.at += 1;
                self.expect(Expect::Value);
            }
            (Expect::CommaOrEnd, _) => {
                self.fault(self.at, "a comma or the end of the array was expected", visitor);
            }
            (_, b',' | b':' | b'}') => self.fault(self.at, "a value was expected", visitor),
            _ => self.start(byte, if skip { Role::Ignored } else { Role::Item }),
        }
    }

    fn in_object<V: Visitor + ?Sized>(&mut self, byte: u8, expect: Expect, member: Member, visitor: &mut V) {
        match (expect, byte) {
            (Expect::CommaOrEnd, b'}') => self.close_frame(),
            (Expect::CommaOrEnd, b',') => {
                self.at += 1;
                self.expect(Expect::Key);
            }
            (Expect::Key, b'"') => self.start(byte, Role::Key),
            (Expect::Colon, b':') => {
                self.at += 1;
                self.expect(Expect::Value);
            }
            (Expect::Value, b'[') if member == Member::Items => {
                self.at += 1;
                self.frames.push(Frame::Array {
                    expect: Expect::ValueOrEnd,
                    skip: false,
                });
            }
            (Expect::Value, found) if !matches!(found, b',' | b':' | b']' | b'}') => {
                let role = if member == Member::MessageType {
                    Role::MessageType
                } else {
                    Role::Ignored
                };
                self.start(byte, role);
            }
            _ => self.fault(self.at, "unbalanced brackets", visitor),
        }
    }

    fn start(&mut self, first: u8, role: Role) {
        self.state = State::Value {
            lexer: Lexer::new(self.at, first),
            role,
            too_large: false,
            plain: false,
        };
    }

    /// What the innermost container waits for.
    fn expect(&mut self, next: Expect) {
        if let Some(Frame::Array { expect, .. } | Frame::Object { expect, .. }) = self.frames.last_mut() {
            *expect = next;
        }
    }

    fn close_frame(&mut self) {
        self.at += 1;
        if let Some(Frame::Object {
            probe: true,
            counted: false,
            ..
        }) = self.frames.pop()
        {
            self.reader.control();
        }
        self.expect(Expect::CommaOrEnd);
    }

    fn value<V: Visitor + ?Sized>(&mut self, buf: &[u8], base: u64, visitor: &mut V) -> Option<usize> {
        let State::Value { lexer, role, .. } = &mut self.state else {
            return None;
        };
        let role = *role;
        match lexer.step(buf, base) {
            Step::More => return Some(self.more(buf, base, visitor)),
            Step::End(end) => self.end_value(buf, base, end, visitor),
            Step::ArrayMember(at) if role == Role::Item => self.array_member(buf, base, at, visitor),
            Step::ObjectElement if role == Role::Item => self.object_element(),
            Step::ArrayMember(_) | Step::ObjectElement => {}
            Step::Broken(at, fault) => self.broken(at, fault.describe(), visitor),
        }
        None
    }

    /// The buffer ends inside a value: whether its start must be kept.
    fn more<V: Visitor + ?Sized>(&mut self, buf: &[u8], base: u64, visitor: &mut V) -> usize {
        let State::Value {
            lexer,
            role,
            too_large,
            ..
        } = &mut self.state
        else {
            return buf.len();
        };
        let length = base + buf.len() as u64 - lexer.start;
        if role.is_read() && !*too_large && length > self.max_record {
            *too_large = true;
            self.reader
                .reject(RejectReason::RecordTooLarge, lexer.start, "", visitor);
        }
        if *too_large || !role.is_read() {
            buf.len()
        } else {
            (lexer.start - base) as usize
        }
    }

    fn end_value<V: Visitor + ?Sized>(&mut self, buf: &[u8], base: u64, end: u64, visitor: &mut V) {
        self.at = end;
        let State::Value {
            lexer,
            role,
            too_large,
            ..
        } = std::mem::replace(&mut self.state, State::Between)
        else {
            return;
        };
        let large = role.is_read() && end - lexer.start > self.max_record;
        if large && !too_large {
            self.reader
                .reject(RejectReason::RecordTooLarge, lexer.start, "", visitor);
        }
        let start = lexer.start.saturating_sub(base) as usize;
        let text = buf
            .get(start..(end - base) as usize)
            .filter(|_| !large && !too_large)
            .unwrap_or_default();
        match role {
            Role::Key => return self.end_key(text),
            Role::MessageType => self.end_message_type(text),
            Role::Item if !text.is_empty() => self.item(text, lexer.start, lexer.kind, false, visitor),
            Role::Item | Role::Ignored => {}
        }
        self.end_item();
    }

    /// What is waited for behind a value.
    fn end_item(&mut self) {
        let swallowed = std::mem::take(&mut self.swallowed);
        self.expect(if swallowed {
            Expect::Value
        } else {
            Expect::CommaOrEnd
        });
    }

    /// Reads an item. `looked`: it was found that it cannot be skimmed.
    fn item<V: Visitor + ?Sized>(
        &mut self,
        text: &[u8],
        start: u64,
        kind: Kind,
        looked: bool,
        visitor: &mut V,
    ) {
        if is_empty_array(text) {
            return;
        }
        self.faulty = false;
        match self.reader.read(text, start, looked, visitor) {
            Outcome::Read => {}
            Outcome::Control => self.note_probe(),
            Outcome::Rejected {
                reason: RejectReason::InvalidJson,
                at,
            } => self.after_invalid(text, start, kind, at),
            Outcome::Rejected { .. } => {}
        }
    }

    /// After an item that is no JSON from `fault` on: a bare word in the open may be followed by anything, and an item
    /// whose brackets only seem to balance may have swallowed the records behind it.
    fn after_invalid(&mut self, text: &[u8], start: u64, kind: Kind, fault: usize) {
        self.faulty = true;
        if kind == Kind::Scalar && self.frames.is_empty() {
            self.state = State::Seeking;
        } else if let Some(swallowed) = resync::find_record(text, fault.max(1)) {
            self.at = start + swallowed as u64;
            self.swallowed = true;
        }
    }

    /// An element said that its envelope is a probe: it is counted already.
    fn note_probe(&mut self) {
        let envelope = self.frames.iter_mut().rev().nth(1);
        if let Some(Frame::Object { counted, .. }) = envelope {
            *counted = true;
        }
    }

    fn end_key(&mut self, literal: &[u8]) {
        let found = match key_text(literal).as_deref() {
            Some("messageType") => Member::MessageType,
            Some(name) if holds_items(name) => Member::Items,
            _ => Member::Other,
        };
        if let Some(Frame::Object { expect, member, .. }) = self.frames.last_mut() {
            *expect = Expect::Colon;
            *member = found;
        }
    }

    fn end_message_type(&mut self, literal: &[u8]) {
        let is_probe = key_text(literal).as_deref() == Some("CONTROL_MESSAGE");
        if let Some(Frame::Object { probe, .. }) = self.frames.last_mut() {
            *probe = is_probe;
        }
    }

    /// An item has an array as member: is the item a container?
    fn array_member<V: Visitor + ?Sized>(&mut self, buf: &[u8], base: u64, at: u64, visitor: &mut V) {
        let State::Value {
            lexer, plain: false, ..
        } = &self.state
        else {
            return;
        };
        if at - lexer.start >= self.max_record || self.frames.len() + 2 > MAX_FRAMES {
            return;
        }
        let slice = |from: u64, to: u64| {
            buf.get((from - base) as usize..(to - base) as usize)
                .unwrap_or_default()
        };
        let key = slice(lexer.last_string.0, lexer.last_string.1);
        if !key_text(key).is_some_and(|name| holds_items(&name)) {
            return;
        }
        let start = lexer.start;
        let Some(probe) = self.head(slice(start, at + 1), start, visitor) else {
            if let State::Value { plain, .. } = &mut self.state {
                *plain = true;
            }
            return;
        };
        self.frames.push(Frame::Object {
            expect: Expect::Value,
            member: Member::Items,
            probe,
            counted: false,
        });
        self.frames.push(Frame::Array {
            expect: Expect::ValueOrEnd,
            skip: probe,
        });
        self.at = at + 1;
        self.state = State::Between;
    }

    /// Reads a container's text up to its array: whether it is a probe, or `None` if it is a record that happens to
    /// have such a member.
    fn head<V: Visitor + ?Sized>(&mut self, head: &[u8], start: u64, visitor: &mut V) -> Option<bool> {
        let closed = String::from_utf8([head, b"]}"].concat());
        match closed.as_deref().map(record::read) {
            Ok(Ok(object)) if object.is_record => None,
            Ok(Ok(object)) => Some(object.message_type.as_deref() == Some("CONTROL_MESSAGE")),
            Ok(Err(_)) | Err(_) => {
                self.report(start, "the start of the container", visitor);
                Some(false)
            }
        }
    }

    /// An array item holds an object: it is a container, and is gone through from its start.
    fn object_element(&mut self) {
        let State::Value { lexer, .. } = &self.state else {
            return;
        };
        let depth = lexer.depth() as usize;
        if lexer.at - lexer.start > self.max_record || self.frames.len() + depth > MAX_FRAMES {
            return;
        }
        self.at = lexer.start + 1;
        self.frames.push(Frame::Array {
            expect: Expect::ValueOrEnd,
            skip: false,
        });
        self.state = State::Between;
    }

    /// A value's structure breaks at `at`: its end cannot be told.
    fn broken<V: Visitor + ?Sized>(&mut self, at: u64, detail: &str, visitor: &mut V) {
        let State::Value {
            lexer,
            role,
            too_large,
            ..
        } = std::mem::replace(&mut self.state, State::Seeking)
        else {
            return;
        };
        let kept = role.is_read() && at - lexer.start <= self.max_record;
        if kept || !role.is_read() {
            self.reader.reject(RejectReason::InvalidJson, at, detail, visitor);
        } else if !too_large {
            self.reader
                .reject(RejectReason::RecordTooLarge, lexer.start, "", visitor);
        }
        self.faulty = true;
        self.at = if kept {
            lexer.last_string.0.max(lexer.start + 1)
        } else {
            at
        };
    }

    /// Reports a fault between values, unless it follows from one that was reported.
    fn report<V: Visitor + ?Sized>(&mut self, at: u64, detail: &str, visitor: &mut V) {
        if !self.faulty {
            self.reader.reject(RejectReason::InvalidJson, at, detail, visitor);
        }
        self.faulty = true;
    }

    /// A fault between values, after which the next start must be found.
    fn fault<V: Visitor + ?Sized>(&mut self, at: u64, detail: &str, visitor: &mut V) {
        self.report(at, detail, visitor);
        self.at = at;
        self.state = State::Seeking;
    }

    fn seek(&mut self, buf: &[u8], base: u64) -> Option<usize> {
        let from = (self.at - base) as usize;
        match resync::find(buf, from, self.before, self.frames.is_empty()) {
            Found::NotBefore(index) => {
                self.at = base + index as u64;
                Some(index)
            }
            Found::Start { at, outermost } => {
                self.at = base + at as u64;
                self.state = State::Between;
                self.leave_broken_frames(outermost);
                None
            }
        }
    }

    /// After a fault, elements go on in the innermost array; a container that starts on its own is outermost.
    fn leave_broken_frames(&mut self, outermost: bool) {
        if outermost {
            self.frames.clear();
        }
        while let Some(Frame::Object { .. }) = self.frames.last() {
            self.frames.pop();
        }
        self.expect(Expect::Value);
    }
}

/// The names under which containers hold items.
fn holds_items(name: &str) -> bool {
    matches!(name, "Records" | "Events" | "events" | "logEvents")
}

fn key_text(literal: &[u8]) -> Option<String> {
    let mut text = String::new();
    unescape(std::str::from_utf8(literal).ok()?, &mut text)?;
    Some(text)
}

fn is_empty_array(text: &[u8]) -> bool {
    let inner = text.strip_prefix(b"[").and_then(|text| text.strip_suffix(b"]"));
    inner.is_some_and(|inner| inner.iter().all(|&byte| is_space(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::ErrorEvent;
    use crate::reject::Reject;
    use crate::scan::Limits;
    use crate::time::Timestamp;

    struct Deaf;

    impl Visitor for Deaf {
        fn error_event(&mut self, _: &ErrorEvent<'_>) {}
        fn reject(&mut self, _: &Reject) {}
    }

    #[test]
    fn what_is_kept_is_bounded_by_the_largest_record() {
        let max_record = 10_000;
        let limits = Limits {
            max_record,
            ..Limits::default()
        };
        let options = ScanOptions {
            limits,
            ..ScanOptions::new(Timestamp::default())
        };
        for pattern in [
            "{\"a\":",
            "[",
            "[{\"\":",
            "{\"Records\":[",
            "\"",
            "\\",
            "{\"eventTime\":[],",
            "x",
            "1",
            " ",
            "{\"a\":\"b\",",
            "{\"message\":\"{",
            "}",
        ] {
            for size in [1, 333, 1 << 16] {
                let mut content = Content::new(options.clone());
                let text = pattern.repeat(300_000 / pattern.len());
                for chunk in text.as_bytes().chunks(size) {
                    content.push(chunk, &mut Deaf);
                    assert!(content.carry.len() <= max_record, "{pattern}");
                    assert!(
                        content.carry.capacity() <= 4 * max_record + 2 * PIECE,
                        "{pattern}"
                    );
                    assert!(content.frames.len() <= MAX_FRAMES, "{pattern}");
                }
                content.finish(false, &mut Deaf);
            }
        }
    }
}
