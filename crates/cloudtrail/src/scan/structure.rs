//! The structural pass: where a value ends, without reading what it says.
//!
//! Only quotes, escapes and brackets are looked at, so it is fast; what stands between is judged later, when the value
//! is read. It can stop at any byte and go on with the next chunk.

use memchr::memchr2;

/// The deepest nesting of a readable value: one less than `serde_json`'s limit, which refuses the 128th level.
pub(super) const MAX_DEPTH: u32 = 127;

/// What the pass came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The buffer ends inside the value.
    More,
    /// The value ends before this offset.
    End(u64),
    /// A member of an outermost object is an array, which opens at this offset: the object may be a container.
    ArrayMember(u64),
    /// The first object (or string that holds one) inside nothing but arrays: the outermost array is a container.
    ObjectElement,
    /// The structure breaks at this offset: no end can be told.
    Broken(u64, Fault),
}

/// How a structure breaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// A string ends where its text clearly goes on: a quote is missing or too many.
    Quote,
    /// A value opens where a key, a comma or the end should stand: a bracket is missing.
    Bracket,
    /// Deeper than [`MAX_DEPTH`].
    Depth,
}

impl Fault {
    pub(super) const fn describe(self) -> &'static str {
        match self {
            Self::Quote => "unbalanced quotes",
            Self::Bracket => "unbalanced brackets",
            Self::Depth => "nested too deeply",
        }
    }
}

/// What kind of value is being passed over, by its first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Object,
    Array,
    Text,
    Scalar,
}

impl Kind {
    pub(super) const fn of(first: u8) -> Self {
        match first {
            b'{' => Self::Object,
            b'[' => Self::Array,
            b'"' => Self::Text,
            _ => Self::Scalar,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Outside,
    InString,
    Escaped,
    AfterString,
}

/// The state of the pass over one value. All positions are offsets in the whole stream.
#[derive(Debug)]
pub(super) struct Lexer {
    /// Where the value starts.
    pub(super) start: u64,
    pub(super) kind: Kind,
    /// The next byte to look at.
    pub(super) at: u64,
    /// The last string that began, from its quote to behind its closing quote (to its start while it is open).
    pub(super) last_string: (u64, u64),
    mode: Mode,
    depth: u32,
    /// One bit a level, the lowest the innermost: whether it is an object.
    objects: u128,
    /// Whether an object was opened at all.
    any_object: bool,
    /// The last byte before `at` that was neither whitespace nor in a string.
    before: u8,
}

const PLAIN: u8 = 0;
const QUOTE: u8 = 1;
const OPEN: u8 = 2;
const CLOSE: u8 = 3;

static CLASS: [u8; 256] = {
    let mut table = [PLAIN; 256];
    table[b'"' as usize] = QUOTE;
    table[b'{' as usize] = OPEN;
    table[b'[' as usize] = OPEN;
    table[b'}' as usize] = CLOSE;
    table[b']' as usize] = CLOSE;
    table
};

/// JSON's whitespace.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Where a number, a literal or a bare word stops.
const fn ends_scalar(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b',' | b':' | b'[' | b']' | b'{' | b'}' | b'"')
}

/// What may stand directly behind a string.
const fn follows_string(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b',' | b':' | b']' | b'}')
}

impl Lexer {
    /// At the first byte of a value.
    pub(super) fn new(start: u64, first: u8) -> Self {
        let kind = Kind::of(first);
        let string = kind == Kind::Text;
        Self {
            start,
            kind,
            at: start + u64::from(string),
            last_string: (start, start),
            mode: if string { Mode::InString } else { Mode::Outside },
            depth: 0,
            objects: 0,
            any_object: false,
            before: 0,
        }
    }

    /// How many brackets are open.
    pub(super) fn depth(&self) -> u32 {
        self.depth
    }

    /// Goes on through `buf`, whose first byte stands at `base`. After [`Step::ArrayMember`] it may be called again to
    /// pass over the array too.
    pub(super) fn step(&mut self, buf: &[u8], base: u64) -> Step {
        let from = (self.at - base) as usize;
        match self.kind {
            Kind::Scalar => self.step_scalar(buf, base, from),
            Kind::Text => self.step_text(buf, base, from),
            Kind::Object | Kind::Array => self.step_nested(buf, base, from),
        }
    }

    fn step_scalar(&mut self, buf: &[u8], base: u64, from: usize) -> Step {
        let rest = buf.get(from..).unwrap_or_default();
        match rest.iter().position(|&byte| ends_scalar(byte)) {
            Some(length) => Step::End(base + (from + length) as u64),
            None => self.suspend(buf, base),
        }
    }

    fn step_text(&mut self, buf: &[u8], base: u64, from: usize) -> Step {
        match self.string_end(buf, from) {
            Some(end) => Step::End(base + end as u64),
            None => self.suspend(buf, base),
        }
    }

    fn step_nested(&mut self, buf: &[u8], base: u64, from: usize) -> Step {
        let mut i = from;
        if self.mode != Mode::Outside {
            match self.resume_string(buf, base, i) {
                Ok(end) => i = end,
                Err(step) => return step,
            }
            if self.kind == Kind::Array && self.holds_object(buf, base, i) {
                return Step::ObjectElement;
            }
        }
        while let Some(&byte) = buf.get(i) {
            match CLASS[byte as usize] {
                PLAIN => i += 1,
                QUOTE => {
                    let at = base + i as u64;
                    self.last_string = (at, at);
                    match self.resume_string(buf, base, i + 1) {
                        Ok(end) => i = end,
                        Err(step) => return step,
                    }
                    if self.kind == Kind::Array && self.holds_object(buf, base, i) {
                        return Step::ObjectElement;
                    }
                }
                OPEN => {
                    if let Some(step) = self.open(buf, base, i) {
                        return step;
                    }
                    i += 1;
                }
                _ => {
                    i += 1;
                    if self.close(byte) {
                        return Step::End(base + i as u64);
                    }
                }
            }
        }
        self.suspend(buf, base)
    }

    /// The rest of a string, from `i`, and the byte behind it.
    fn resume_string(&mut self, buf: &[u8], base: u64, i: usize) -> Result<usize, Step> {
        let end = if self.mode == Mode::AfterString {
            i
        } else {
            let Some(end) = self.string_end(buf, i) else {
                return Err(self.suspend(buf, base));
            };
            self.last_string.1 = base + end as u64;
            end
        };
        match buf.get(end) {
            Some(&next) if follows_string(next) => {
                self.mode = Mode::Outside;
                Ok(end)
            }
            Some(_) => Err(Step::Broken(base + end as u64, Fault::Quote)),
            None => {
                self.mode = Mode::AfterString;
                self.at = base + end as u64;
                self.before = b'"';
                Err(Step::More)
            }
        }
    }

    /// Just behind the closing quote, or `None` (with the mode kept for the next chunk) if it is not in the buffer.
    fn string_end(&mut self, buf: &[u8], mut i: usize) -> Option<usize> {
        if self.mode == Mode::Escaped {
            if i >= buf.len() {
                return None;
            }
            i += 1;
        }
        self.mode = Mode::InString;
        while let Some(found) = memchr2(b'"', b'\\', buf.get(i..).unwrap_or_default()) {
            i += found + 1;
            if buf.get(i - 1) == Some(&b'"') {
                return Some(i);
            }
            if i == buf.len() {
                self.mode = Mode::Escaped;
                return None;
            }
            i += 1;
        }
        None
    }

    fn suspend(&mut self, buf: &[u8], base: u64) -> Step {
        if self.mode == Mode::Outside {
            self.before = self.significant_before(buf, buf.len(), base);
        }
        self.at = base + buf.len() as u64;
        Step::More
    }

    /// The last byte before `i` that is no whitespace; what stands before the last call's end is known.
    fn significant_before(&self, buf: &[u8], i: usize, base: u64) -> u8 {
        let floor = (self.at - base) as usize;
        let text = buf.get(floor..i).unwrap_or_default();
        let found = text.iter().rev().copied().find(|&byte| !is_space(byte));
        found.unwrap_or(self.before)
    }

    /// Whether the string that just ended is the first sign of a record in an array: it begins like an object.
    fn holds_object(&mut self, buf: &[u8], base: u64, end: usize) -> bool {
        let from = (self.last_string.0 + 1).checked_sub(base);
        let text = from.and_then(|from| buf.get(from as usize..)).unwrap_or_default();
        let escaped = || {
            text.get(..6)
                .is_some_and(|first| first.eq_ignore_ascii_case(b"\\u007b"))
        };
        if self.any_object || !(text.first() == Some(&b'{') || escaped()) {
            return false;
        }
        self.any_object = true;
        self.at = base + end as u64;
        self.before = b'"';
        true
    }

    fn in_object(&self) -> bool {
        self.objects & 1 == 1
    }

    fn open(&mut self, buf: &[u8], base: u64, i: usize) -> Option<Step> {
        let at = base + i as u64;
        let object = buf.get(i) == Some(&b'{');
        if self.depth > 0 {
            let before = self.significant_before(buf, i, base);
            let expected = if self.in_object() {
                before == b':'
            } else {
                matches!(before, b'[' | b',')
            };
            if !expected {
                return Some(Step::Broken(at, Fault::Bracket));
            }
        }
        if self.depth == MAX_DEPTH {
            return Some(Step::Broken(at, Fault::Depth));
        }
        let first_object = object && !self.any_object && self.depth > 0;
        let member = !object && self.depth == 1 && self.kind == Kind::Object;
        self.depth += 1;
        self.objects = self.objects << 1 | u128::from(object);
        self.any_object |= object;
        self.at = at + 1;
        self.before = if object { b'{' } else { b'[' };
        match (member, first_object) {
            (true, _) => Some(Step::ArrayMember(at)),
            (_, true) => Some(Step::ObjectElement),
            _ => None,
        }
    }

    /// Closes a bracket; whether the value ends with it. A closer of the other kind closes the nearest opener of its
    /// own kind, or nothing: the value is broken and will be refused when it is read, and its end is still found.
    fn close(&mut self, byte: u8) -> bool {
        let same = if byte == b'}' { self.objects } else { !self.objects };
        let skipped = same.trailing_zeros();
        if skipped >= self.depth {
            return false;
        }
        self.depth -= skipped + 1;
        self.objects = self.objects.checked_shr(skipped + 1).unwrap_or(0);
        self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end_of(text: &str) -> Step {
        let mut lexer = Lexer::new(0, text.as_bytes()[0]);
        loop {
            match lexer.step(text.as_bytes(), 0) {
                Step::ArrayMember(_) | Step::ObjectElement => {}
                step => return step,
            }
        }
    }

    /// The same, a byte at a time, with everything before dropped.
    fn end_in_pieces(text: &str) -> Step {
        let bytes = text.as_bytes();
        let mut lexer = Lexer::new(0, bytes[0]);
        for i in 0..bytes.len() {
            loop {
                match lexer.step(&bytes[i..=i], i as u64) {
                    Step::More => break,
                    Step::ArrayMember(_) | Step::ObjectElement => {}
                    step => return step,
                }
            }
        }
        Step::More
    }

    #[test]
    fn values_end_where_they_end_however_they_are_cut() {
        for (text, step) in [
            (r#"{"a":1} x"#, Step::End(7)),
            (r#"{"a":"}\"]"}]"#, Step::End(12)),
            (r#"{"a":"\\"}"#, Step::End(10)),
            (r#"["{",{"b":[ {} , []]}],"#, Step::End(22)),
            (r#""a\"b","#, Step::End(6)),
            ("12e3,", Step::End(4)),
            (r#"{"a":[1}"#, Step::End(8)),
            (r#"{"a":[1]]}"#, Step::End(10)),
            (r#"{"a":1,{"b":2}}"#, Step::Broken(7, Fault::Bracket)),
            (r#"{"a":["b,"c":2}}"#, Step::Broken(10, Fault::Quote)),
            (r#"{"a":{ "b":"#, Step::More),
            ("12", Step::More),
            (r#""a\"#, Step::More),
        ] {
            assert_eq!(end_of(text), step, "{text}");
            assert_eq!(end_in_pieces(text), step, "{text} in pieces");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(end_of(&deep(127)), Step::End(254));
        assert_eq!(end_of(&deep(128)), Step::Broken(127, Fault::Depth));
        assert_eq!(
            end_of(&"[{\"\":".repeat(50_000)),
            Step::Broken(127 / 2 * 5 + 1 + 4 - 4, Fault::Depth)
        );
    }

    #[test]
    fn array_members_and_object_elements_are_announced_once() {
        let text = br#"{"Records":[{"x":[]}]}"#;
        let mut lexer = Lexer::new(0, b'{');
        assert_eq!(lexer.step(text, 0), Step::ArrayMember(11));
        assert_eq!(
            &text[lexer.last_string.0 as usize..lexer.last_string.1 as usize],
            br#""Records""#
        );
        assert_eq!(lexer.step(text, 0), Step::End(22));
        let mut lexer = Lexer::new(0, b'[');
        assert_eq!(lexer.step(b"[1,[{},{}]]", 0), Step::ObjectElement);
        assert_eq!(lexer.depth(), 3);
        assert_eq!(lexer.step(b"[1,[{},{}]]", 0), Step::End(11));
    }
}
