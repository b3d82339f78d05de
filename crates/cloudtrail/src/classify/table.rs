//! The tables under `data/`: tab-separated columns, `#` comments, one pattern language.

use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};

/// A pattern of a table: text with at most two `*`, each standing for any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern<'a> {
    /// `*`
    Any,
    /// `AccessDenied`
    Exact(&'a str),
    /// `Throttl*`
    Prefix(&'a str),
    /// `*.NotFound`
    Suffix(&'a str),
    /// `*LimitExceeded*`
    Contains(&'a str),
    /// `NoSuch*Configuration`
    Around(&'a str, &'a str),
}

impl<'a> Pattern<'a> {
    /// Reads a pattern; `None` when its stars make none of the known shapes.
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.split('*').collect();
        Some(match *parts.as_slice() {
            [exact] => Self::Exact(exact),
            ["", ""] => Self::Any,
            [prefix, ""] => Self::Prefix(prefix),
            ["", suffix] => Self::Suffix(suffix),
            [prefix, suffix] => Self::Around(prefix, suffix),
            ["", middle, ""] if !middle.is_empty() => Self::Contains(middle),
            _ => return None,
        })
    }

    pub(crate) fn matches(self, text: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exact(exact) => text == exact,
            Self::Prefix(prefix) => text.starts_with(prefix),
            Self::Suffix(suffix) => text.ends_with(suffix),
            Self::Contains(middle) => text.contains(middle),
            Self::Around(prefix, suffix) => text
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.ends_with(suffix)),
        }
    }
}

/// The data lines of a table, each as its trimmed columns. Lines with another number of columns are left out; a test
/// beside each table counts them.
pub(crate) fn rows<const N: usize>(text: &'static str) -> impl Iterator<Item = [&'static str; N]> {
    lines(text).filter_map(|line| {
        let columns: Vec<&str> = line.split('\t').map(str::trim).collect();
        <[&str; N]>::try_from(columns).ok()
    })
}

/// The lines of a table that hold data.
pub(crate) fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// The value that a word of a table stands for: the one that serialises as this word.
pub(crate) fn word<T: DeserializeOwned>(word: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<Error>::new(word)).ok()
}

/// An `eventSource` without its domain: `cloudtrail` for `cloudtrail.amazonaws.com`.
pub(crate) fn service(event_source: &str) -> &str {
    event_source
        .strip_suffix(".amazonaws.com")
        .unwrap_or(event_source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_of_pattern_matches_what_it_says() {
        let cases = [
            ("*", "anything", "", ""),
            ("AccessDenied", "AccessDenied", "AccessDeniedX", "XAccessDenied"),
            ("Throttl*", "Throttling", "XThrottling", "throttling"),
            ("*.NotFound", "InvalidVpcID.NotFound", ".NotFoundX", "NotFound"),
            ("*Limit*", "VpcLimitExceeded", "Lim", "limit"),
            (
                "NoSuch*Policy",
                "NoSuchBucketPolicy",
                "NoSuchBucket",
                "SuchBucketPolicy",
            ),
        ];
        for (pattern, yes, no, neither) in cases {
            let pattern = Pattern::parse(pattern).unwrap();
            assert!(pattern.matches(yes), "{pattern:?}");
            if pattern != Pattern::Any {
                assert!(!pattern.matches(no) && !pattern.matches(neither), "{pattern:?}");
            }
        }
    }

    #[test]
    fn both_ends_of_a_pattern_need_their_own_text() {
        assert!(!Pattern::parse("abc*bcd").unwrap().matches("abcd"));
    }

    #[test]
    fn other_shapes_are_refused() {
        assert_eq!(Pattern::parse("a*b*c"), None);
        assert_eq!(Pattern::parse("**"), None);
    }

    #[test]
    fn rows_skip_comments_and_blank_lines() {
        let table = "# about\n\na\tb\nonly one\nc \td\n";
        assert_eq!(rows::<2>(table).collect::<Vec<_>>(), [["a", "b"], ["c", "d"]]);
        assert_eq!(lines(table).count(), 3);
    }
}
