//! What the record itself says: the values that explain the variables of its message.

use std::borrow::Cow;

use firstsight_cloudtrail::{ErrorEvent, Identity};

/// How many values of one record are looked at; a record with more explains what its first values explain.
const MAX_LEAVES: usize = 64;
/// The longest value, in bytes, that is looked for in the message.
const MAX_VALUE: usize = 256;
/// How much of `requestParameters`, in bytes, is read.
const MAX_READ: usize = 16 * 1024;
/// The longest name that a variable can carry, in bytes.
const MAX_NAME: usize = 40;

/// One value of the record.
#[derive(Debug, PartialEq, Eq)]
struct Leaf<'a> {
    text: Cow<'a, str>,
    /// The last key of its path, as it stands there.
    key: &'a str,
    origin: Origin,
    /// The text's first byte: looked at far more often than the text.
    first: u8,
}

/// Where a value stands in its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// `requestParameters`: what the call was about.
    Request,
    /// Who called, and from where. Such a value may stand in any message by chance.
    Caller,
}

/// The values of one record, ready to be looked for at the start of a token.
#[derive(Debug, Default)]
pub(crate) struct Leaves<'a> {
    /// In the order of the record.
    leaves: Vec<Leaf<'a>>,
    first_bytes: [u64; 4],
}

impl<'a> Leaves<'a> {
    /// The values of `requestParameters` and the parts of `userIdentity` of an event, and its source address. (The
    /// `resources` of a record are ARNs and account ids, which the lexical masks cover.)
    pub(crate) fn of(event: &'a ErrorEvent<'_>) -> Self {
        let mut found = Self {
            leaves: Vec::with_capacity(16),
            ..Self::default()
        };
        if let Some(parameters) = event.request_parameters {
            found.read_json(parameters.get());
        }
        for (name, value) in identity_parts(&event.user_identity) {
            found.add(Cow::Borrowed(value), name, Origin::Caller);
        }
        found.add(Cow::Borrowed(&event.source_ip), "sourceIPAddress", Origin::Caller);
        found
    }

    /// The longest value that stands at the start of `rest`, ends where `ends_token` says so of what follows it, and
    /// is accepted: its length and its name. Of equal ones the first stands, which is the request's own.
    pub(crate) fn longest_at(
        &self,
        rest: &str,
        ends_token: impl Fn(&str) -> bool,
        accepts: impl Fn(&str, Origin) -> bool,
    ) -> Option<(usize, &'a str)> {
        let first = *rest.as_bytes().first()?;
        if !self.may_start_with(first) {
            return None;
        }
        let mut longest: Option<&Leaf<'_>> = None;
        for leaf in &self.leaves {
            if leaf.first == first
                && leaf.text.len() > longest.map_or(0, |known| known.text.len())
                && rest.strip_prefix(&*leaf.text).is_some_and(&ends_token)
                && accepts(&leaf.text, leaf.origin)
            {
                longest = Some(leaf);
            }
        }
        longest.map(|leaf| (leaf.text.len(), variable_name(leaf.key)))
    }

    fn may_start_with(&self, byte: u8) -> bool {
        self.first_bytes[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0
    }

    fn add(&mut self, text: Cow<'a, str>, key: &'a str, origin: Origin) {
        if text.is_empty() || text.len() > MAX_VALUE || self.leaves.len() >= MAX_LEAVES {
            return;
        }
        if let Some(at) = resource_name(&text) {
            let resource = match &text {
                Cow::Borrowed(text) => Cow::Borrowed(&text[at..]),
                Cow::Owned(text) => Cow::Owned(text[at..].to_owned()),
            };
            self.push(resource, key, origin);
        }
        self.push(text, key, origin);
    }

    #[inline]
    fn push(&mut self, text: Cow<'a, str>, key: &'a str, origin: Origin) {
        let first = text.as_bytes()[0];
        self.first_bytes[usize::from(first >> 6)] |= 1 << (first & 63);
        self.leaves.push(Leaf {
            text,
            key,
            origin,
            first,
        });
    }

    /// Walks well-formed JSON from front to back. No tree is built and nothing recurses: a string in front of a colon
    /// is a key, any other string or number is a value of the last key.
    fn read_json(&mut self, json: &'a str) {
        let bytes = json.as_bytes();
        let end = bytes.len().min(MAX_READ);
        let (mut at, mut key) = (0, "value");
        while at < end && self.leaves.len() < MAX_LEAVES {
            let start = at;
            match bytes[at] {
                b'"' => {
                    at = string_end(bytes, at + 1);
                    let text = json.get(start + 1..at.saturating_sub(1)).unwrap_or_default();
                    if is_key(&bytes[at..]) {
                        key = text;
                    } else {
                        self.add_string(text, key);
                    }
                }
                b'0'..=b'9' => {
                    at += number_length(&bytes[at..]);
                    self.add(Cow::Borrowed(&json[start..at]), key, Origin::Request);
                }
                _ => at += 1,
            }
        }
    }

    fn add_string(&mut self, text: &'a str, key: &'a str) {
        if text.len() > 2 * MAX_VALUE {
            return;
        }
        if memchr::memchr(b'\\', text.as_bytes()).is_none() {
            self.add(Cow::Borrowed(text), key, Origin::Request);
        } else if let Ok(decoded) = serde_json::from_str::<String>(&format!("\"{text}\"")) {
            self.add(Cow::Owned(decoded), key, Origin::Request);
        }
    }
}

/// Whether a colon follows.
fn is_key(after: &[u8]) -> bool {
    after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

/// Where the string that starts before `at` ends: behind its closing quote, or at the end of the text.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
        at += found;
        if bytes[at] == b'"' {
            return at + 1;
        }
        at = (at + 2).min(bytes.len());
    }
    bytes.len()
}

fn number_length(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| !matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
        .unwrap_or(bytes.len())
}

/// A key that can stand in a template; others (a map keyed by people's own texts) say only that there is a value.
fn variable_name(key: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if !key.is_empty() && key.len() <= MAX_NAME && key.bytes().all(plain) {
        key
    } else {
        "value"
    }
}

/// Where the name of an ARN's resource starts: `Deploy` in `arn:aws:iam::111122223333:role/Deploy`.
fn resource_name(text: &str) -> Option<usize> {
    if !text.starts_with("arn:") {
        return None;
    }
    let at = memchr::memrchr2(b'/', b':', text.as_bytes())? + 1;
    (at < text.len()).then_some(at)
}

fn identity_parts<'a>(identity: &'a Identity<'_>) -> impl Iterator<Item = (&'static str, &'a str)> {
    [
        ("userArn", &identity.arn),
        ("userName", &identity.user_name),
        ("principalId", &identity.principal_id),
        ("accountId", &identity.account_id),
        ("accessKeyId", &identity.access_key_id),
        ("roleArn", &identity.issuer_arn),
        ("roleName", &identity.issuer_name),
        ("identityProvider", &identity.identity_provider),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value.as_deref()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Vec<(String, String)> {
        let mut leaves = Leaves::default();
        leaves.read_json(json);
        let pair = |leaf: &Leaf<'_>| (variable_name(leaf.key).to_owned(), leaf.text.to_string());
        leaves.leaves.iter().map(pair).collect()
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    #[test]
    fn values_carry_the_last_key_of_their_path() {
        assert_eq!(
            read(
                r#"{"roleName":"Deploy","filters":[{"name":"tag:a","values":["x","y"]}],"max":10,"dry":true}"#
            ),
            pairs(&[
                ("roleName", "Deploy"),
                ("name", "tag:a"),
                ("values", "x"),
                ("values", "y"),
                ("max", "10")
            ])
        );
    }

    #[test]
    fn escapes_are_decoded_and_odd_keys_are_not_shown() {
        assert_eq!(
            read(r#"{"name":"a\"bÄ","my key\n":"v","":"w"}"#),
            pairs(&[("name", "a\"bÄ"), ("value", "v"), ("value", "w")])
        );
    }

    #[test]
    fn an_arn_is_known_by_its_resource_too() {
        assert_eq!(
            read(r#"{"roleArn":"arn:aws:iam::111122223333:role/Deploy"}"#),
            pairs(&[
                ("roleArn", "Deploy"),
                ("roleArn", "arn:aws:iam::111122223333:role/Deploy")
            ])
        );
    }

    #[test]
    fn number_and_length_of_values_are_bounded() {
        let many: Vec<String> = (0..1000).map(|n| format!("\"v{n}\"")).collect();
        assert_eq!(read(&format!("[{}]", many.join(","))).len(), MAX_LEAVES);
        assert_eq!(read(&format!("[\"{}\",\"short\"]", "x".repeat(300))).len(), 1);
        assert_eq!(read(&format!("[\"{}\",\"late\"]", "x".repeat(MAX_READ))).len(), 0);
    }

    #[test]
    fn broken_json_is_read_as_far_as_it_goes() {
        for text in [
            "",
            "\"",
            "{\"a",
            "{\"a\":\"b",
            "{\"a\":\"b\\",
            "[1,",
            "{\"a\":\"\\u12\"}",
        ] {
            assert!(read(text).len() <= 1, "{text}");
        }
    }
}
