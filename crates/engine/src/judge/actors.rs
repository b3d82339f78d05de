//! Actors of the same shape: names that differ only where programs put random text.

use std::collections::BTreeMap;

use firstsight_cloudtrail::ActorKind;

/// The letters that must be left of a name for its shape to say something.
const MIN_LETTERS: usize = 3;

/// The shape of an actor's ARN: digits, hexadecimal runs and random-looking parts masked. `None` for other names, for
/// people, who are never alike, and where too little is left to compare.
///
/// Only the resource is masked, never the account: the same role of another account is somebody else.
pub(super) fn shape(name: &str, kind: ActorKind) -> Option<String> {
    if kind == ActorKind::Person {
        return None;
    }
    let (fixed, resource) = name.split_at(resource_start(name)?);
    let masked = mask(resource);
    let last = masked.rsplit('/').next().unwrap_or_default();
    let letters = last.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= MIN_LETTERS && masked != resource).then(|| format!("{fixed}{masked}"))
}

/// Where the resource of an ARN starts: behind the fifth colon.
fn resource_start(name: &str) -> Option<usize> {
    let fifth = name.match_indices(':').nth(4);
    fifth.filter(|_| name.starts_with("arn:")).map(|(at, _)| at + 1)
}

fn mask(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
        if end == 0 {
            masked.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            mask_word(&rest[..end], &mut masked);
            rest = &rest[end..];
        }
    }
    masked
}

fn mask_word(word: &str, masked: &mut String) {
    if is_random(word) {
        masked.push('*');
        return;
    }
    let mut in_digits = false;
    for c in word.chars() {
        if !c.is_ascii_digit() {
            masked.push(c);
        } else if !in_digits {
            masked.push('*');
        }
        in_digits = c.is_ascii_digit();
    }
}

/// Whether a word looks made by a program: hexadecimal with a digit, letters and digits in turns, long and all in
/// capitals with a digit, or long with hardly a vowel.
fn is_random(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let kinds: Vec<bool> = word.bytes().map(|byte| byte.is_ascii_digit()).collect();
    let turns = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let vowels = word.bytes().filter(|byte| b"aeiouyAEIOUY".contains(byte)).count();
    let hex = word.len() >= 8 && digits > 0 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let turning = word.len() >= 5 && turns >= 2;
    let capitals =
        word.len() >= 10 && digits > 0 && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit());
    let unspeakable = word.len() >= 8 && vowels * 6 < word.len();
    hex || turning || capitals || unspeakable
}

/// Known actors by shape: of those of one shape the least name.
pub(super) struct Shapes<'a> {
    known: BTreeMap<String, &'a str>,
    kind: fn(&str) -> ActorKind,
}

impl<'a> Shapes<'a> {
    /// From the known names, in ascending order.
    pub(super) fn new(known: impl Iterator<Item = &'a str>, kind: fn(&str) -> ActorKind) -> Self {
        let mut shapes = BTreeMap::new();
        for name in known {
            if let Some(shape) = shape(name, kind(name)) {
                shapes.entry(shape).or_insert(name);
            }
        }
        Self { known: shapes, kind }
    }

    /// A known actor of the same shape as this one.
    pub(super) fn like(&self, name: &str) -> Option<&'a str> {
        let shape = shape(name, (self.kind)(name))?;
        self.known.get(&shape).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alike(a: &str, b: &str) -> bool {
        let of = |name| shape(name, ActorKind::Role);
        of(a).is_some() && of(a) == of(b)
    }

    #[test]
    fn names_that_differ_in_random_parts_are_alike() {
        for (a, b) in [
            (
                "arn:aws:iam::111122223333:role/worker-1",
                "arn:aws:iam::111122223333:role/worker-27",
            ),
            (
                "arn:aws:iam::111122223333:role/build-0a1b2c3d4e",
                "arn:aws:iam::111122223333:role/build-ffee00112233",
            ),
            (
                "arn:aws:iam::111122223333:role/Site-Handler-1XK2PQ9ZRT4BC",
                "arn:aws:iam::111122223333:role/Site-Handler-QW7RT6YUI1OPA",
            ),
            (
                "arn:aws:iam::111122223333:role/app-x7f2q",
                "arn:aws:iam::111122223333:role/app-9kd3z",
            ),
        ] {
            assert!(alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn names_that_differ_otherwise_are_not_alike() {
        for (a, b) in [
            (
                "arn:aws:iam::111122223333:user/alice1",
                "arn:aws:iam::111122223333:user/bob2",
            ),
            (
                "arn:aws:iam::111122223333:role/worker-1",
                "arn:aws:iam::444455556666:role/worker-1",
            ),
            (
                "arn:aws:iam::111122223333:role/deploy",
                "arn:aws:iam::111122223333:role/backup",
            ),
            (
                "arn:aws:iam::111122223333:role/0a1b2c3d4e",
                "arn:aws:iam::111122223333:role/ffee00112233",
            ),
            ("anonymous", "root"),
            ("account:111122223333", "account:444455556666"),
        ] {
            assert!(!alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn people_are_never_alike() {
        let name = "arn:aws:sts::111122223333:assumed-role/Admin_0123456789abcdef/alice7";
        assert!(shape(name, ActorKind::Role).is_some());
        assert_eq!(shape(name, ActorKind::Person), None);
    }
}
