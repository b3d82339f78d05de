//! One pass over a message: tokens found, named by the record or masked by their form.

use super::leaves::{Leaves, Origin};
use super::mask::{Form, Kind, form, ipv6_length, member_list};
use super::output::{Output, Values};
use super::{CUT, FineTemplate, VARIABLE, vocabulary};

/// CloudTrail cuts `errorMessage` at 1 KB. Source: AWS CloudTrail user guide, record contents.
const CLOUDTRAIL_LIMIT: usize = 1024;
/// How much of a message, in bytes, is read.
const MAX_READ: usize = 2048;
/// A run of letters shorter than this is a word, whatever the letters.
const LONG_WORD: usize = 16;

/// The fine template of a message, given the values of its record, and what stands for its variables if that is asked for.
pub(crate) fn template<'m>(
    message: &'m str,
    leaves: &Leaves<'_>,
    with_values: bool,
) -> (FineTemplate, Values<'m>) {
    let (text, cut) = readable(message);
    let mut scan = Scan {
        text,
        at: 0,
        cut,
        leaves,
        out: Output::new(text, with_values),
    };
    while scan.at < text.len() && !scan.out.is_full() {
        scan.step();
    }
    scan.out.finish()
}

/// The part of a message that is read, without the dots that stand where CloudTrail cut it, and whether there was more.
fn readable(message: &str) -> (&str, bool) {
    let text = &message[..message.floor_char_boundary(MAX_READ)];
    let cut = message.len() >= CLOUDTRAIL_LIMIT;
    (if cut { text.trim_end_matches('.') } else { text }, cut)
}

struct Scan<'m, 'l> {
    text: &'m str,
    at: usize,
    /// The message was longer than this text.
    cut: bool,
    leaves: &'l Leaves<'l>,
    out: Output<'m>,
}

impl<'m, 'l> Scan<'m, 'l> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        // Most characters are these: they need no decoding.
        let is_plain = match rest.as_bytes().first() {
            Some(b' ') => {
                self.at += 1;
                return self.out.space();
            }
            Some(byte) => byte.is_ascii_alphanumeric() || *byte == b'_',
            None => return,
        };
        if is_plain {
            return self.token(rest);
        }
        let first = rest.chars().next().unwrap_or_default();
        if first.is_whitespace() || first.is_control() {
            self.out.space();
            self.at += first.len_utf8();
        } else if starts_token(first) || self.starts_path(rest) {
            self.token(rest);
        } else {
            self.punctuation(rest, first);
        }
    }

    /// A path or a sigil (`/aws/lambda`, `$LATEST`) where no token goes on.
    fn starts_path(&self, rest: &str) -> bool {
        let mut chars = rest.chars();
        matches!(chars.next(), Some('/' | '$' | '~'))
            && chars.next().is_some_and(starts_token)
            && !self.before().is_some_and(starts_token)
    }

    fn punctuation(&mut self, rest: &str, first: char) {
        if b",;)]}\"`:".contains(&rest.as_bytes()[0]) {
            self.word(1);
        } else if self.starts_authorization(rest) {
            self.variable("encoded", encoded_length(rest));
        } else if let Some(length) = masked_text(rest) {
            self.variable("value", length);
        } else if rest.starts_with(VARIABLE) {
            self.variable("*", VARIABLE.len());
        } else if rest.starts_with(CUT) && rest.len() == CUT.len() {
            self.out.cut();
            self.at = self.text.len();
        } else if first == '*' && self.stands_alone(1) {
            self.variable("any", 1);
        } else if first == '-' && !self.before().is_some_and(starts_token) && starts_with_digit(&rest[1..]) {
            self.at += 1;
        } else if starts_json(rest) {
            self.variable("json", json_length(rest));
        } else if self.quotes_validated_value(rest) {
            self.validated_value(rest);
        } else if let Some(length) = self.enum_length(rest) {
            self.enum_values(length);
        } else {
            self.word(first.len_utf8());
        }
    }

    fn token(&mut self, rest: &'m str) {
        let letters = rest
            .bytes()
            .position(|byte| !byte.is_ascii_alphabetic())
            .unwrap_or(rest.len());
        if (1..LONG_WORD).contains(&letters)
            && ends_word(&rest.as_bytes()[letters..])
            && !self.starts_authorization(rest)
        {
            return self.letters(letters);
        }
        if self.starts_authorization(rest) {
            self.variable("encoded", encoded_length(rest));
        } else if let Some(length) = arn_length(rest, self.before()) {
            self.arn(&rest[..length]);
        } else if let Some(length) = url_length(rest) {
            self.variable("url", length);
        } else if let Some(length) =
            ipv6_length(rest).filter(|length| !rest[*length..].starts_with(starts_token))
        {
            self.variable(Kind::Address.name(), length);
        } else {
            self.run(&rest[..run_length(rest)]);
        }
    }

    /// The message that `DecodeAuthorizationMessage` decodes, however it starts.
    fn starts_authorization(&self, rest: &str) -> bool {
        let before = &self.text.as_bytes()[..self.at];
        before.ends_with(b": ")
            && before.ends_with(b"authorization failure message: ")
            && encoded_length(rest) >= 40
    }

    fn arn(&mut self, arn: &'m str) {
        match self.name_of_whole(arn.len()) {
            Some(name) => self.variable(name, arn.len()),
            None => self.named(&arn_name(arn), arn.len()),
        }
    }

    /// The name of the record's value that is exactly what stands here.
    fn name_of_whole(&self, length: usize) -> Option<&'l str> {
        let rest = &self.text[self.at..];
        let whole = |after: &str| after.len() == rest.len() - length;
        let found = self.leaves.longest_at(rest, whole, |_, _| true);
        found.map(|(_, name)| name)
    }

    /// A word of letters, or what the record says that it is.
    fn letters(&mut self, length: usize) {
        match self.leaf() {
            Some((length, name)) => self.variable(name, length),
            None => self.word(length),
        }
    }

    fn run(&mut self, run: &'m str) {
        let form = form(run);
        let is_action = form == Form::Word && memchr::memchr(b':', run.as_bytes()).is_some();
        if !is_action && let Some((length, name)) = self.leaf() {
            return self.variable(name, length);
        }
        match form {
            Form::Word => self.word(run.len()),
            Form::Variable(Kind::Encoded) => self.variable("encoded", encoded_length(&self.text[self.at..])),
            Form::Variable(Kind::Time) => {
                self.variable(
                    "time",
                    run.len() + clock_length(&self.text[self.at + run.len()..]),
                );
            }
            Form::Variable(kind) => self.variable(kind.name(), run.len()),
            Form::Split(at) => self.run(&run[..at]),
            Form::IndexedPath => self.indexed_path(run),
        }
    }

    /// The longest value of the record that stands here as a whole token.
    fn leaf(&self) -> Option<(usize, &'l str)> {
        let rest = &self.text[self.at..];
        self.leaves
            .longest_at(rest, ends_token, |value, origin| self.explains(value, origin))
    }

    /// Whether a value of the record that stands here is the message's variable, and does not stand here by chance.
    /// Names in several parts and with digits do not. A plain word of the language (`instance`, `LaunchTemplate`), and
    /// any plain word that only names the caller, is a variable only where the message sets it apart.
    fn explains(&self, value: &str, origin: Origin) -> bool {
        let separated = value.bytes().any(|byte| !byte.is_ascii_alphabetic());
        let own = value.len() > 2 && origin == Origin::Request && !vocabulary::is_common(value);
        separated || own || self.is_set_apart(value.len())
    }

    /// Whether what stands here is quoted or bracketed, or follows a colon or an equals sign.
    fn is_set_apart(&self, length: usize) -> bool {
        let before = self.text[..self.at].trim_end_matches(' ');
        let enclosed = self.before().is_some_and(|c| "'\"`[({<".contains(c))
            && self.text[self.at + length..].starts_with(['\'', '"', '`', ']', ')', '}', '>']);
        enclosed || before.ends_with([':', '='])
    }

    fn indexed_path(&mut self, run: &str) {
        if let Some((list, field)) = member_list(run) {
            self.word(list.len() + 1);
            self.variable("index", run.len() - list.len() - 1 - field.len());
            return self.word(field.len());
        }
        for (index, part) in run.split('.').enumerate() {
            if index > 0 {
                self.word(1);
            }
            if starts_with_digit(part) {
                self.variable("number", part.len());
            } else {
                self.word(part.len());
            }
        }
    }

    /// `Value '…' at '…' failed to satisfy constraint`: the form of AWS's own request validation. What was given is a
    /// variable whatever it holds; which parameter and which constraint are not.
    fn quotes_validated_value(&self, rest: &str) -> bool {
        rest.starts_with('\'') && self.text[..self.at].ends_with("alue ") && rest[1..].contains("' at '")
    }

    fn validated_value(&mut self, rest: &str) {
        let length = rest[1..].find("' at '").unwrap_or(0);
        self.word(1);
        let name = self.name_of_whole(length).unwrap_or("value");
        self.variable(name, length);
        self.word(1);
    }

    /// The length of what the brackets hold in `Member must satisfy enum value set: […]`. Services list the values that
    /// they know today, in no order, so the list says nothing of the error that the parameter does not say.
    fn enum_length(&self, rest: &str) -> Option<usize> {
        let closing = match rest.as_bytes().first()? {
            b'[' => ']',
            b'{' => '}',
            _ => return None,
        };
        let inside = &rest[1..];
        let named = self.text[..self.at].ends_with("enum value set: ");
        named.then(|| inside.find(closing).unwrap_or(inside.len()))
    }

    fn enum_values(&mut self, length: usize) {
        self.word(1);
        self.variable("values", length);
    }

    fn word(&mut self, length: usize) {
        if self.is_cut_off(length) {
            return self.out.cut();
        }
        self.out.word(self.at, length);
        self.at += length;
    }

    fn variable(&mut self, name: &str, length: usize) {
        self.named(&[name], length);
    }

    /// A variable with a name in parts.
    fn named(&mut self, name: &[&str], length: usize) {
        if self.is_cut_off(length) && name != ["encoded"] {
            return self.out.cut();
        }
        self.out.variable(name, &self.text[self.at..self.at + length]);
        self.at += length;
    }

    /// The token reaches the end of a message that was cut: it may be half of one.
    fn is_cut_off(&self, length: usize) -> bool {
        self.cut && self.at + length >= self.text.len()
    }

    fn before(&self) -> Option<char> {
        self.text[..self.at].chars().next_back()
    }

    fn stands_alone(&self, length: usize) -> bool {
        let after = self.text[self.at + length..].chars().next();
        let open = |c: Option<char>| c.is_none_or(|c| c.is_whitespace() || "'\"`[](){},;".contains(c));
        let ended = after == Some('.') && self.at + length + 1 == self.text.len();
        open(self.before()) && (open(after) || ended)
    }
}

/// Letters and digits of any script, and `_`.
pub(crate) fn starts_token(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn starts_with_digit(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
}

/// What AWS puts in place of a value that it hides: five stars or more.
fn masked_text(rest: &str) -> Option<usize> {
    let stars = rest.bytes().take_while(|byte| *byte == b'*').count();
    (stars >= 5).then_some(stars)
}

/// Whether a value of the record that ends here ends with a token.
fn ends_token(after: &str) -> bool {
    let mut chars = after.chars();
    match chars.next() {
        None => true,
        Some('-') => false,
        Some('.' | '@' | '+') => !chars.next().is_some_and(starts_token),
        Some(c) => !starts_token(c),
    }
}

/// Whether what follows letters certainly ends the run: ASCII, no digit and no joiner.
fn ends_word(after: &[u8]) -> bool {
    match after.first() {
        None => true,
        Some(byte) => byte.is_ascii() && !byte.is_ascii_digit() && !b"_-./:@+".contains(byte),
    }
}

/// How far letters, digits and `_` go, with the joiners between them.
pub(crate) fn run_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = usize::from(matches!(bytes.first(), Some(b'/' | b'$' | b'~')));
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'_' => 1,
            b'-' | b'.' | b'/' | b'@' | b'+' if joins(&rest[at + 1..]) => 1,
            b':' if joins(rest[at + 1..].strip_prefix(':').unwrap_or(&rest[at + 1..])) => 1,
            0x80.. => match rest[at..].chars().next().filter(|c| c.is_alphanumeric()) {
                Some(c) => c.len_utf8(),
                None => return at,
            },
            _ => return at,
        };
    }
    at
}

/// Whether a token goes on here.
fn joins(after: &str) -> bool {
    match after.as_bytes().first() {
        Some(byte) if byte.is_ascii() => byte.is_ascii_alphanumeric() || *byte == b'_',
        _ => after.starts_with(char::is_alphanumeric),
    }
}

/// How long the ARN that starts here is: to the closing quote where one opened, else to white space or a bracket, and
/// without the punctuation of the sentence.
fn arn_length(rest: &str, before: Option<char>) -> Option<usize> {
    if !rest.starts_with("arn:") {
        return None;
    }
    let quoted = before
        .filter(|quote| "'\"`".contains(*quote))
        .and_then(|quote| memchr::memchr(quote as u8, rest.as_bytes()));
    let end = quoted.unwrap_or_else(|| text_length(rest));
    let mut colons = rest[..end].bytes().filter(|byte| *byte == b':');
    colons.nth(3).is_some().then_some(end)
}

fn url_length(rest: &str) -> Option<usize> {
    let scheme = rest.starts_with("https://") || rest.starts_with("http://") || rest.starts_with("s3://");
    scheme.then(|| text_length(rest))
}

/// To white space, a control character, a quote or a bracket, without the punctuation of the sentence.
fn text_length(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += match byte {
            b'\0'..=b' ' | 0x7f => break,
            b'\'' | b'"' | b'`' | b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'<' | b'>' | b'|' => break,
            0x80.. => match rest[at..].chars().next() {
                Some(c) if !c.is_whitespace() && !c.is_control() => c.len_utf8(),
                _ => break,
            },
            _ => 1,
        };
    }
    let sentence = |byte: &u8| !b".,;:!?".contains(byte);
    bytes[..at].iter().rposition(sentence).map_or(0, |last| last + 1)
}

/// `arn:service:type`, as far as the ARN tells them in words: in parts.
fn arn_name(arn: &str) -> [&str; 4] {
    let plain = |part: &&str| {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=32).contains(&part.len()) && part.bytes().all(fits)
    };
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().filter(plain);
    let resource = parts.nth(2).and_then(|resource| resource.split_once([':', '/']));
    match (service, resource.map(|(kind, _)| kind).filter(plain)) {
        (Some("s3"), _) => ["arn:", "s3", "", ""],
        (Some(service), Some(kind)) => ["arn:", service, ":", kind],
        (Some(service), None) => ["arn:", service, "", ""],
        (None, _) => ["arn", "", "", ""],
    }
}

/// How far text in base64 goes, of either alphabet, with its padding.
fn encoded_length(rest: &str) -> usize {
    let encoded = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_+/=".contains(byte);
    rest.bytes()
        .position(|byte| !encoded(&byte))
        .unwrap_or(rest.len())
}

/// A time of day behind a date, with its zone.
fn clock_length(after: &str) -> usize {
    let Some(clock) = after.strip_prefix(' ') else {
        return 0;
    };
    let digits = clock
        .find(|c: char| !(c.is_ascii_digit() || ":.".contains(c)))
        .unwrap_or(clock.len());
    let is_clock = clock[..digits].matches(':').count() == 2 && starts_with_digit(clock);
    if is_clock {
        1 + clock[..digits].trim_end_matches(['.', ':']).len()
    } else {
        0
    }
}

/// A JSON document inside the message: an object, or an array of objects or strings.
fn starts_json(rest: &str) -> bool {
    let inside = |open: &str| rest.strip_prefix(open).map(str::trim_start);
    inside("{").is_some_and(|inside| inside.starts_with(['"', '\\']))
        || inside("[").is_some_and(|inside| inside.starts_with("{\""))
}

/// Up to the bracket that closes the first one, strings respected, or to the end.
fn json_length(rest: &str) -> usize {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in rest.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' | b'[' if !quoted => depth += 1,
            b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && !quoted {
            return at + 1;
        }
    }
    rest.len()
}
