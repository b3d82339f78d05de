//! Skimming: a record that reports no failure is passed over, and only the few fields that count are taken out.
//!
//! What is skimmed is what full reading would give, or it is not skimmed: escaped keys, keys that come twice, fields of
//! another type, failures and everything else out of the ordinary are left to the full reading. Whether a record can be
//! skimmed depends on its own bytes alone, not on how it came.

use super::index::{Cursor, Index};
use super::structure::{MAX_DEPTH, is_space};

/// What a look at a value gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skimmed<'t> {
    /// A record that reports no failure, from its `{` to before this place.
    Plain(usize, Fields<'t>),
    /// An object whose end is before this place, to be read whole.
    Other(usize),
    /// The index ends inside of it.
    CutOff,
    /// Its end cannot be told this way.
    Odd,
}

/// The fields of a plain record, as their text stands; empty ones are absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Fields<'t> {
    pub(super) event_time: &'t [u8],
    pub(super) event_source: &'t [u8],
    pub(super) event_name: &'t [u8],
    pub(super) region: &'t [u8],
    pub(super) recipient_account: &'t [u8],
    /// `userIdentity`, an object's text.
    pub(super) identity: &'t [u8],
}

/// Why a look ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    CutOff,
    Odd,
}

/// Looks at the object that starts at `start` of the indexed text.
pub(super) fn skim<'t>(text: &'t [u8], index: &Index, start: usize) -> Skimmed<'t> {
    let text = text.get(..index.len()).unwrap_or(text);
    let mut pass = Pass {
        text,
        index,
        cursor: index.cursor(start),
        fields: Fields::default(),
        seen: 0,
        plain: true,
    };
    let sound = |end: usize| end <= index.fault();
    match pass.object() {
        Ok(end) if sound(end) && pass.is_plain() => Skimmed::Plain(end, pass.fields),
        Ok(end) if sound(end) => Skimmed::Other(end),
        Err(Stop::CutOff) if sound(text.len()) => Skimmed::CutOff,
        Ok(_) | Err(_) => Skimmed::Odd,
    }
}

/// The keys that count, as bits.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
enum Key {
    EventTime = 1,
    EventSource = 1 << 1,
    EventName = 1 << 2,
    Region = 1 << 3,
    RecipientAccount = 1 << 4,
    Identity = 1 << 5,
    ErrorCode = 1 << 6,
    ErrorMessage = 1 << 7,
    Response = 1 << 8,
    EventType = 1 << 9,
    EventCategory = 1 << 10,
    /// Only Insights events have it.
    Insight = 1 << 11,
    /// An array under it may make its object a container.
    Items = 1 << 12,
}

fn key(name: &[u8]) -> Option<Key> {
    match name {
        b"eventTime" => Some(Key::EventTime),
        b"eventSource" => Some(Key::EventSource),
        b"eventName" => Some(Key::EventName),
        b"awsRegion" => Some(Key::Region),
        b"recipientAccountId" => Some(Key::RecipientAccount),
        b"userIdentity" => Some(Key::Identity),
        b"errorCode" => Some(Key::ErrorCode),
        b"errorMessage" => Some(Key::ErrorMessage),
        b"responseElements" => Some(Key::Response),
        b"eventType" => Some(Key::EventType),
        b"eventCategory" => Some(Key::EventCategory),
        b"insightDetails" => Some(Key::Insight),
        b"Records" | b"Events" | b"events" | b"logEvents" => Some(Key::Items),
        _ => None,
    }
}

/// A member's value.
#[derive(Clone, Copy)]
enum Value {
    /// Between its quotes.
    Text(usize, usize),
    /// From bracket to behind bracket.
    Nested(usize, usize),
    /// A number or literal.
    Scalar(usize, usize),
}

impl Value {
    const fn end(self) -> usize {
        match self {
            Self::Text(_, end) => end + 1,
            Self::Nested(_, end) | Self::Scalar(_, end) => end,
        }
    }
}

struct Pass<'t, 'i> {
    text: &'t [u8],
    index: &'i Index,
    cursor: Cursor<'i>,
    fields: Fields<'t>,
    /// The keys that came, as bits.
    seen: u16,
    /// Nothing was found that asks for the full reading.
    plain: bool,
}

impl<'t> Pass<'t, '_> {
    /// Whether the full reading would give a record that reports no failure.
    fn is_plain(&self) -> bool {
        const RECORD: u16 =
            Key::EventTime as u16 | Key::EventSource as u16 | Key::EventName as u16 | Key::Identity as u16;
        self.plain && self.seen & RECORD != 0
    }

    /// Passes over the object; the place behind its end.
    fn object(&mut self) -> Result<usize, Stop> {
        let mut at = self.mark()? + 1;
        loop {
            let name = self.name(at)?;
            let value = self.value(name.1 + 1)?;
            self.member(name, value)?;
            at = self.past_space(value.end())?;
            match self.byte(at)? {
                b',' => at += 1,
                b'}' => {
                    self.mark()?;
                    return Ok(at + 1);
                }
                _ => return Err(Stop::Odd),
            }
        }
    }

    /// The next quote or bracket.
    #[inline]
    fn mark(&mut self) -> Result<usize, Stop> {
        self.cursor.next().ok_or(Stop::CutOff)
    }

    #[inline]
    fn byte(&self, at: usize) -> Result<u8, Stop> {
        self.text.get(at).copied().ok_or(Stop::CutOff)
    }

    #[inline]
    fn past_space(&self, mut at: usize) -> Result<usize, Stop> {
        while is_space(self.byte(at)?) {
            at += 1;
        }
        Ok(at)
    }

    /// A member's key: where its text starts and ends.
    #[inline]
    fn name(&mut self, at: usize) -> Result<(usize, usize), Stop> {
        let quote = self.past_space(at)?;
        if self.byte(quote)? != b'"' {
            return Err(Stop::Odd);
        }
        self.mark()?;
        Ok((quote + 1, self.mark()?))
    }

    /// A member's value, from behind its key on.
    #[inline]
    fn value(&mut self, at: usize) -> Result<Value, Stop> {
        let colon = self.past_space(at)?;
        if self.byte(colon)? != b':' {
            return Err(Stop::Odd);
        }
        let start = self.past_space(colon + 1)?;
        match self.byte(start)? {
            b'"' => {
                self.mark()?;
                Ok(Value::Text(start + 1, self.mark()?))
            }
            b'{' | b'[' => {
                self.mark()?;
                Ok(Value::Nested(start, self.nested(start)?))
            }
            _ => self.scalar(start),
        }
    }

    fn scalar(&self, start: usize) -> Result<Value, Stop> {
        let mut at = start;
        while matches!(self.byte(at)?, b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'+' | b'-' | b'.') {
            at += 1;
        }
        if at == start {
            return Err(Stop::Odd);
        }
        Ok(Value::Scalar(start, at))
    }

    /// Passes over what the bracket at `start` opens; the place behind the bracket that closes it. Every opener stands
    /// where a value may, and every closer closes one of its own kind.
    fn nested(&mut self, start: usize) -> Result<usize, Stop> {
        self.plain &= !self.starts_record(start);
        let mut depth = 2;
        let mut objects = u128::from(self.byte(start)? == b'{');
        loop {
            let at = self.cursor.next_bracket().ok_or(Stop::CutOff)?;
            let byte = self.byte(at)?;
            // Braces have this bit, square brackets do not.
            let object = u128::from(byte & 0x20 != 0);
            if matches!(byte, b'{' | b'[') {
                depth += 1;
                if depth > MAX_DEPTH || !self.may_open(at, objects & 1 == 1) {
                    return Err(Stop::Odd);
                }
                self.plain &= !self.starts_record(at);
                objects = objects << 1 | object;
                continue;
            }
            if objects & 1 != object {
                return Err(Stop::Odd);
            }
            objects >>= 1;
            depth -= 1;
            if depth == 1 {
                return Ok(at + 1);
            }
        }
    }

    /// Whether a record as AWS writes it starts here: where a bracket is missing, records seem to stand inside others, and the
    /// full reading tells.
    #[inline]
    fn starts_record(&self, at: usize) -> bool {
        let inner = self.text.get(at + 1..).unwrap_or_default();
        inner
            .first()
            .is_some_and(|first| *first == b'"' || is_space(*first))
            && inner.trim_ascii_start().starts_with(b"\"eventVersion\"")
    }

    /// Whether a value may stand here, inside an object or an array.
    #[inline]
    fn may_open(&self, at: usize, in_object: bool) -> bool {
        let before = self.text.get(..at).unwrap_or_default();
        let byte = before.iter().rev().copied().find(|byte| !is_space(*byte));
        match byte {
            Some(b':') => in_object,
            Some(b'[' | b',') => !in_object,
            _ => false,
        }
    }

    /// Takes a member into account.
    #[inline]
    fn member(&mut self, name: (usize, usize), value: Value) -> Result<(), Stop> {
        let Some(key) = key(self.slice(name.0, name.1)) else {
            return self.unknown(name, value);
        };
        self.plain &= self.seen & key as u16 == 0;
        self.seen |= key as u16;
        match key {
            Key::Items if matches!(value, Value::Nested(..)) => return Err(Stop::Odd),
            Key::Items => {}
            Key::EventTime => self.fields.event_time = self.plain_text(value),
            Key::EventSource => self.fields.event_source = self.plain_text(value),
            Key::EventName => self.fields.event_name = self.plain_text(value),
            Key::Region => self.fields.region = self.plain_text(value),
            Key::RecipientAccount => self.fields.recipient_account = self.plain_text(value),
            Key::Identity => self.identity(value),
            Key::ErrorCode => self.plain &= self.says_nothing(value, b"200"),
            Key::ErrorMessage => self.plain &= self.says_nothing(value, b""),
            Key::Response => self.plain &= self.cannot_fail(value),
            Key::EventType => self.plain &= self.plain_text(value) != b"AwsCloudTrailInsight",
            Key::EventCategory => self.plain &= self.plain_text(value) != b"Insight",
            Key::Insight => self.plain = false,
        }
        Ok(())
    }

    /// A key with escapes may be any key, one of a container too.
    fn unknown(&mut self, name: (usize, usize), value: Value) -> Result<(), Stop> {
        if self.index.has_escape(name.0, name.1) {
            self.plain = false;
            if matches!(value, Value::Nested(..)) {
                return Err(Stop::Odd);
            }
        }
        Ok(())
    }

    fn slice(&self, from: usize, to: usize) -> &'t [u8] {
        self.text.get(from..to).unwrap_or_default()
    }

    /// A text without escapes; anything else is left to the full reading.
    #[inline]
    fn plain_text(&mut self, value: Value) -> &'t [u8] {
        match value {
            Value::Text(from, to) if !self.index.has_escape(from, to) => self.slice(from, to),
            _ => {
                self.plain = false;
                &[]
            }
        }
    }

    fn identity(&mut self, value: Value) {
        match value {
            Value::Nested(from, to) => self.fields.identity = self.slice(from, to),
            Value::Text(..) | Value::Scalar(..) => self.plain = false,
        }
    }

    /// Whether an error field is empty, `null`, or this.
    fn says_nothing(&self, value: Value, nothing: &[u8]) -> bool {
        match value {
            Value::Text(from, to) => from == to || self.slice(from, to) == nothing,
            Value::Scalar(from, to) => self.slice(from, to) == b"null",
            Value::Nested(..) => false,
        }
    }

    /// Whether the response cannot hold a failed sign-in: it would have to say so, perhaps by escapes.
    fn cannot_fail(&self, value: Value) -> bool {
        let Value::Nested(from, to) = value else {
            return true;
        };
        !self.index.has_escape(from, to) && memchr::memmem::find(self.slice(from, to), b"Failure").is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(text: &str) -> Skimmed<'_> {
        let mut index = Index::default();
        index.build(text.as_bytes());
        skim(text.as_bytes(), &index, 0)
    }

    fn is_plain(text: &str) -> bool {
        matches!(look(text), Skimmed::Plain(end, _) if end == text.len())
    }

    fn is_other(text: &str) -> bool {
        look(text) == Skimmed::Other(text.len())
    }

    #[test]
    fn a_record_without_a_failure_is_plain_and_its_fields_are_its_own() {
        let text = r#"{ "eventTime" : "t", "userIdentity":{"a":[{}]}, "errorCode":"200","errorMessage":null,
            "responseElements":{"errorCode":"x"},"awsRegion":"r" } ,{"#;
        let Skimmed::Plain(end, fields) = look(text) else {
            panic!("{:?}", look(text));
        };
        assert_eq!(&text[end..], " ,{");
        assert_eq!(fields.event_time, b"t");
        assert_eq!(fields.identity, br#"{"a":[{}]}"#);
        assert_eq!(fields.region, b"r");
    }

    #[test]
    fn whatever_is_out_of_the_ordinary_is_left_to_the_full_reading() {
        let with = |member: &str| format!(r#"{{"eventTime":"t",{member}}}"#);
        for member in [
            r#""errorCode":"AccessDenied""#,
            r#""errorMessage":"no""#,
            r#""errorMessage":"200""#,
            r#""errorCode":7"#,
            r#""responseElements":{"ConsoleLogin":"Failure"}"#,
            r#""responseElements":{"ConsoleLogin":"F\u0061ilure"}"#,
            r#""eventTime":"again""#,
            r#""eventType":"AwsCloudTrailInsight""#,
            r#""eventCategory":"Insight""#,
            r#""insightDetails":null"#,
            r#""error\u0043ode":"AccessDenied""#,
            r#""awsRegion":"a\/b""#,
            r#""awsRegion":null"#,
            r#""userIdentity":"root""#,
        ] {
            let text = with(member);
            assert!(is_other(&text), "{text}: {:?}", look(&text));
        }
        assert!(is_other(r#"{"message":"x"}"#), "no record");
        for member in [
            r#""errorCode":"""#,
            r#""errorCode":null"#,
            r#""events":"none""#,
            r#""responseElements":null"#,
            r#""requestParameters":{"errorCode":"x","a\n":"Failure"}"#,
            r#""x":-1.5e+3,"y":true"#,
        ] {
            let text = with(member);
            assert!(is_plain(&text), "{text}: {:?}", look(&text));
        }
    }

    #[test]
    fn what_does_not_balance_has_no_end_here() {
        for text in [
            r#"{"eventTime":"t","Records":[]}"#,
            r#"{"eventTime":"t","x":{"a":1]}"#,
            r#"{"eventTime":"t","x":{"a" {}}}"#,
            r#"{"eventTime":"t","x":[{} []]}"#,
            r#"{"eventTime":"t""x":1}"#,
            r#"{"eventTime":"t",,"x":1}"#,
            r#"{"eventTime":"t" "x":1}"#,
            r#"{"eventTime":"t","x":}"#,
            r#"{"eventTime":"t","x":\"a"}"#,
            r#"{"eventTime":"t","x":"a"b"}"#,
            r#"{}"#,
            r#"{1:2}"#,
        ] {
            assert_eq!(look(text), Skimmed::Odd, "{text}");
        }
        let deep = |n: usize| format!(r#"{{"eventTime":"t","x":{}{}}}"#, "[".repeat(n), "]".repeat(n));
        assert!(is_plain(&deep(126)));
        assert_eq!(look(&deep(127)), Skimmed::Odd);
    }

    #[test]
    fn a_record_that_seems_to_hold_another_is_left_to_the_full_reading() {
        for held in [
            r#"[{,"x":1},{"eventVersion":"1.08"}]"#,
            r#"{ "eventVersion":"1.08"}"#,
        ] {
            let text = format!(r#"{{"eventTime":"t","requestParameters":{held}}}"#);
            assert!(is_other(&text), "{text}: {:?}", look(&text));
        }
    }

    #[test]
    fn a_record_that_ends_behind_the_text_is_cut_off_wherever() {
        let text = r#"{"eventTime":"t","userIdentity":{"a":[1, {}]},"readOnly":true,"eventName":"Get"}"#;
        assert!(is_plain(text));
        for end in 1..text.len() {
            assert_eq!(look(&text[..end]), Skimmed::CutOff, "{end}");
        }
    }
}
