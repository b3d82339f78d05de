//! Values that were taken out, wherever else they stand.

use std::borrow::Cow;
use std::collections::BTreeSet;

use memchr::memmem;

use super::REDACTED;

/// Shorter values stand in other texts by chance.
const MIN_CHARS: usize = 4;
/// The most values that are looked for. A record with more loses all of its free texts: whatever they hold.
const MAX_VALUES: usize = 256;
/// Texts of so many bytes may have been cut off by CloudTrail, in the middle of a value.
const CUT: usize = 1000;

/// Texts that must not stand anywhere else.
#[derive(Debug, Default)]
pub(super) struct Values {
    values: BTreeSet<String>,
}

impl Values {
    /// Adds a value, as it stands and as it stands inside JSON in a string.
    pub(super) fn add(&mut self, value: &str) {
        let value = value.trim();
        if value.chars().count() < MIN_CHARS || value == REDACTED || self.overfull() {
            return;
        }
        let quoted = serde_json::to_string(value).unwrap_or_default();
        self.values.insert(quoted.trim_matches('"').to_owned());
        self.values.insert(value.to_owned());
    }

    fn overfull(&self) -> bool {
        self.values.len() > MAX_VALUES
    }

    /// The text without any of the values.
    pub(super) fn mask<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.overfull() && !text.is_empty() {
            return Cow::Owned(REDACTED.to_owned());
        }
        let mut spans: Vec<(usize, usize)> =
            self.values.iter().flat_map(|value| places(text, value)).collect();
        if text.len() >= CUT {
            spans.extend(self.values.iter().filter_map(|value| cut_off(text, value)));
        }
        if spans.is_empty() {
            return Cow::Borrowed(text);
        }
        spans.sort_unstable();
        Cow::Owned(without(text, &spans))
    }
}

/// The text with each of these stretches, which are in order and may overlap, replaced.
fn without(text: &str, spans: &[(usize, usize)]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for &(start, end) in spans {
        if start >= at {
            out.push_str(&text[at..start]);
            out.push_str(REDACTED);
        }
        at = at.max(end);
    }
    out.push_str(&text[at..]);
    out
}

/// Where a value stands in a text as a whole token.
fn places(text: &str, value: &str) -> Vec<(usize, usize)> {
    let found = memmem::find_iter(text.as_bytes(), value.as_bytes());
    found
        .map(|at| (at, at + value.len()))
        .filter(|&(start, end)| starts_token(text, start) && ends_token(text, end))
        .collect()
}

/// The start of a value at the end of a text that was cut off inside it.
fn cut_off(text: &str, value: &str) -> Option<(usize, usize)> {
    let text = text.trim_end_matches(['.', '…']);
    let starts = value.char_indices().skip(MIN_CHARS).map(|(end, _)| &value[..end]);
    let starts: Vec<&str> = starts.filter(|start| text.ends_with(start)).collect();
    let longest = starts.last()?;
    let at = text.len() - longest.len();
    starts_token(text, at).then_some((at, text.len()))
}

/// Whether no token goes on across this place, as far as ASCII letters and digits make tokens.
fn starts_token(text: &str, at: usize) -> bool {
    let ends_before = text[..at]
        .chars()
        .next_back()
        .is_none_or(|c| !c.is_ascii_alphanumeric());
    ends_before || text[at..].starts_with(|c: char| !c.is_ascii_alphanumeric())
}

fn ends_token(text: &str, at: usize) -> bool {
    let starts_behind = text[at..]
        .chars()
        .next()
        .is_none_or(|c| !c.is_ascii_alphanumeric());
    starts_behind || text[..at].ends_with(|c: char| !c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn masked(values: &[&str], text: &str) -> String {
        let mut all = Values::default();
        values.iter().for_each(|value| all.add(value));
        all.mask(text).into_owned()
    }

    #[test]
    fn whole_tokens_are_replaced() {
        let cases = [
            ("hunter2", "hunter2", "(redacted)"),
            (
                "hunter2",
                "no hunter2, not hunter22 or xhunter2",
                "no (redacted), not hunter22 or xhunter2",
            ),
            ("hunter2", "hunter2_hunter2", "(redacted)_(redacted)"),
            ("hunter2", "密码hunter2错误", "密码(redacted)错误"),
            ("/prod/db", "at/prod/db.", "at(redacted)."),
            ("abc", "abc", "abc"),
            ("a\"b\"c", r#"{"x":"a\"b\"c"}"#, r#"{"x":"(redacted)"}"#),
        ];
        for (value, text, expected) in cases {
            assert_eq!(masked(&[value], text), expected, "{value}");
        }
    }

    #[test]
    fn values_inside_each_other_leave_nothing() {
        assert_eq!(
            masked(&["prod", "prod/db/prod"], "x prod/db/prod y prod"),
            "x (redacted) y (redacted)"
        );
        assert_eq!(masked(&["a-b-a1"], "a-b-a1-b-a1"), "(redacted)-b-a1");
    }

    #[test]
    fn a_value_that_was_cut_off_is_replaced() {
        let text = format!("{} correct-horse-batt...", "x ".repeat(500));
        assert!(masked(&["correct-horse-battery"], &text).ends_with(" (redacted)..."));
        let short = "x correct-horse-batt";
        assert_eq!(
            masked(&["correct-horse-battery"], short),
            short,
            "too short to have been cut"
        );
    }

    #[test]
    fn too_many_values_leave_no_text() {
        let many: Vec<String> = (0..1000).map(|number| format!("value-{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(masked(&many, "value-999"), REDACTED);
        assert_eq!(masked(&many, ""), "");
    }

    proptest! {
        #[test]
        fn no_whole_token_is_left(value in "[a-z0-9/:é-]{4,12}", words in proptest::collection::vec("[a-z é]{0,6}", 0..6)) {
            let text = words.join(&format!(" {value} "));
            let masked = masked(&[&value], &text);
            prop_assert!(places(&masked, &value).is_empty(), "{masked}");
        }
    }
}
