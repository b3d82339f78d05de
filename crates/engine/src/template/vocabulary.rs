//! The words of AWS error messages and parameter names: what stands in a message without being anyone's data.
//!
//! A name that consists only of such words (`LaunchTemplate`, `source-ip`) may be a constant of the message; one with a
//! word from outside (`OpsFrontend`, `alice-laptop`) is somebody's. The list holds each word of two letters or more
//! that stands in the exception documentation of at least 6 AWS services or in the shape and member names of at least
//! 30 (counted over the service models of botocore 1.44, Apache-2.0). It describes AWS's English as a whole; no word is
//! in it, or kept out of it, because of one message.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

static WORDS: LazyLock<FxHashSet<&'static str>> =
    LazyLock::new(|| include_str!("vocabulary.txt").lines().collect());

/// The longest word of the list is shorter than this, in bytes.
const MAX_WORD: usize = 24;

/// Whether a word (letters only) belongs to the vocabulary, whatever its case.
pub(crate) fn knows(word: &str) -> bool {
    let mut lower = [0; MAX_WORD];
    let Some(lower) = lower.get_mut(..word.len()) else {
        return false;
    };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    std::str::from_utf8(lower).is_ok_and(|lower| WORDS.contains(lower))
}

/// The words an identifier is made of: cut at everything but letters, and where a capital follows a small letter or
/// ends a run of capitals (`VPCEndpointId` is `VPC`, `Endpoint`, `Id`). A plural `s` behind capitals stays (`IDs`).
pub(crate) fn words(identifier: &str) -> impl Iterator<Item = &str> {
    let mut rest = identifier;
    std::iter::from_fn(move || {
        let start = rest.find(char::is_alphabetic)?;
        let end = start + word_length(&rest[start..]);
        let word = &rest[start..end];
        rest = &rest[end..];
        Some(word)
    })
}

fn word_length(text: &str) -> usize {
    let letters = text.find(|c: char| !c.is_alphabetic()).unwrap_or(text.len());
    let text = &text[..letters];
    let capitals = text.find(|c: char| !c.is_uppercase()).unwrap_or(letters);
    let small = |from: usize| {
        text[from..]
            .find(char::is_uppercase)
            .map_or(letters, |at| from + at)
    };
    match capitals {
        0 | 1 => small(capitals),
        _ if capitals == letters => letters,
        _ if &text[capitals..small(capitals)] == "s" => capitals + 1,
        // The last capital starts the next word. It is one byte in all identifiers of AWS; else it stays.
        _ if text.is_char_boundary(capitals - 1) && text.is_ascii() => capitals - 1,
        _ => small(capitals),
    }
}

/// Whether every word of an identifier belongs to the vocabulary. Words of one or two letters do (they are too short to
/// be anyone's), and so does no word at all.
pub(crate) fn is_common(identifier: &str) -> bool {
    words(identifier).all(|word| word.len() < 3 || knows(word))
}

/// Whether an identifier is written as constants are: `FAILED`, `SELF_MANAGED`.
pub(crate) fn is_constant(identifier: &str) -> bool {
    let constant = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    identifier.len() > 1 && identifier.bytes().all(constant)
}

/// Whether an identifier is written as parameters and attributes are: `maxResults`, `app_cookie`.
pub(crate) fn is_parameter(identifier: &str) -> bool {
    let camel = |byte: u8| byte.is_ascii_uppercase();
    identifier.starts_with(|c: char| c.is_ascii_lowercase())
        && identifier.bytes().any(|byte| camel(byte) || byte == b'_')
        && identifier
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether an identifier is made of several words: it has an inner capital, or a separator between letters.
pub(crate) fn is_compound(identifier: &str) -> bool {
    words(identifier).nth(1).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_lowercase_and_fits() {
        let words: Vec<_> = include_str!("vocabulary.txt").lines().collect();
        assert!(words.is_sorted() && words.len() > 500);
        for word in words {
            assert!((2..MAX_WORD).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
    }

    #[test]
    fn identifiers_fall_into_words() {
        let cut = |text| words(text).collect::<Vec<_>>().join(" ");
        assert_eq!(cut("VPCEndpointId"), "VPC Endpoint Id");
        assert_eq!(cut("launchTemplate_name-x"), "launch Template name x");
        assert_eq!(cut("subnetIDs"), "subnet IDs");
        assert_eq!(cut("STRING"), "STRING");
        assert_eq!(cut("Ärger.über"), "Ärger über");
        assert_eq!(cut("ÄÖarm"), "ÄÖarm");
        assert_eq!(cut("::"), "");
    }

    #[test]
    fn knows_the_words_of_messages_and_no_names() {
        for common in [
            "resource-based",
            "LaunchTemplate",
            "does",
            "enabled",
            "source_ip",
            "x",
        ] {
            assert!(is_common(common), "{common}");
        }
        for own in [
            "alice",
            "acme-data",
            "ZebraBucket",
            "AVeryLongWordThatIsLongerThanTheBuffer",
            "größe",
        ] {
            assert!(!is_common(own), "{own}");
        }
    }
}
