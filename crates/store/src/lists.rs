//! What every store's lists find and order clusters and keys by: pure functions.

use std::cmp::Ordering;

use firstsight_engine::{Class, ClusterId, FamilyKey, Finding, Span};
use serde::Serialize;

use crate::{ClusterPlace, ClusterSort, Found, KeyRow, KeySort, search};

/// What of a cluster a search for text looks at, folded.
pub(crate) fn searched(key: &FamilyKey, template: &str, owner: &str, note: &str) -> String {
    let parts = [&key.event_source, &key.event_name, &key.error_code];
    let parts = parts.into_iter().map(String::as_str);
    search::joined(parts.chain([template, owner, note]))
}

/// The most bytes of a name: what shares so many is in the order of its ids.
const NAME: usize = 256;

/// What clusters are in the order of when they are sorted by name. The parts are parted by what sorts before any letter.
pub(crate) fn name(key: &FamilyKey, template: &str) -> String {
    let parts = [
        &key.account,
        &key.event_source,
        &key.event_name,
        &key.error_code,
        template,
    ];
    let mut name = parts.join("\u{1}");
    name.truncate(name.floor_char_boundary(NAME));
    name
}

/// The class of a cluster's errors, by its word.
pub(crate) fn class(key: &FamilyKey, template: &str) -> String {
    word(&Class::of(
        &key.event_source,
        &key.event_name,
        &key.error_code,
        template,
    ))
}

/// The marks of known noise of a finding, by their words; sorted.
pub(crate) fn noise(finding: &Finding) -> Vec<String> {
    let mut words: Vec<_> = finding.noise.iter().map(word).collect();
    words.sort_unstable();
    words
}

/// The word of a unit variant.
fn word<T: Serialize>(value: &T) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

/// A cluster's place in an order.
pub(crate) fn place(sort: ClusterSort, id: ClusterId, seen: Span, name: &str) -> ClusterPlace {
    let (number, name) = match sort {
        ClusterSort::LastSeen => (seen.last.as_millis(), ""),
        ClusterSort::FirstSeen => (seen.first.as_millis(), ""),
        ClusterSort::Count => (i64::try_from(seen.count).unwrap_or(i64::MAX), ""),
        ClusterSort::Name => (0, name),
    };
    ClusterPlace {
        number,
        name: name.to_owned(),
        id,
    }
}

/// The order of places: ties go by id, and turn round with the rest.
pub(crate) fn place_order(a: &ClusterPlace, b: &ClusterPlace, descending: bool) -> Ordering {
    let order = (a.number, &a.name, a.id).cmp(&(b.number, &b.name, b.id));
    if descending { order.reverse() } else { order }
}

/// A key's place in an order: its number there, its account and its id.
pub(crate) fn key_place(sort: KeySort, key: &KeyRow) -> (i64, String, String) {
    let number = match sort {
        KeySort::LastUsed => key.last.last_used.as_millis(),
        KeySort::Errors => i64::try_from(key.errors).unwrap_or(i64::MAX),
    };
    (number, key.account.clone(), key.id.clone())
}

/// The order of keys' places: the greatest number first, ties by account and id.
pub(crate) fn key_order(a: &(i64, String, String), b: &(i64, String, String)) -> Ordering {
    b.0.cmp(&a.0).then_with(|| (&a.1, &a.2).cmp(&(&b.1, &b.2)))
}

/// Counts what occurred so many hours behind the first.
pub(crate) fn count_day(days: &mut [u64], hours: i64, occurrences: u64) {
    let day = usize::try_from(hours.div_euclid(24)).ok();
    if let Some(sum) = day.and_then(|day| days.get_mut(day)) {
        *sum += occurrences;
    }
}

/// So many characters a key's id has, and so many of them are looked for as its beginning. Source: IAM user guide, unique
/// identifiers; IAM API reference, `AccessKey`.
const KEY_LENGTH: usize = 20;
const KEY_BEGINNING: usize = 8;

/// Whether a text, as somebody wrote it, is the beginning of an id (`AKIA…`, `ASIA…`), which can be looked up. In capitals, and
/// with a digit unless it is whole: `ASIAPACIFIC` may be a part of a role's name.
pub(crate) fn is_key_beginning(text: &str) -> bool {
    let is_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    text.len() >= KEY_BEGINNING
        && (text.starts_with("AKIA") || text.starts_with("ASIA"))
        && text.bytes().all(is_id)
        && (text.len() == KEY_LENGTH || text.bytes().any(|byte| byte.is_ascii_digit()))
}

/// Whether a key is one of those that are looked for by a text, as somebody wrote it.
pub(crate) fn key_is_meant(key: &KeyRow, text: &str) -> bool {
    if is_key_beginning(text) {
        return key.id.starts_with(text);
    }
    key_holds(key, &text.to_ascii_lowercase())
}

/// Whether a key's id, owner or last call hold this text, which is in small letters. Of keys, their owners and calls all
/// letters are ASCII's.
fn key_holds(key: &KeyRow, text: &str) -> bool {
    let parts = [&key.id, &key.last.owner, &key.last.event_name];
    parts.iter().any(|part| part.to_ascii_lowercase().contains(text))
}

/// The first word of a life cycle's text: what stands before the first hyphen.
pub(crate) fn first_word(life_cycle: &str) -> &str {
    life_cycle.split('-').next().unwrap_or_default()
}

/// A page of rows of which one more was asked for than it takes.
pub(crate) fn page<T>(mut rows: Vec<T>, limit: usize) -> Found<T> {
    let more = rows.len() > limit;
    rows.truncate(limit);
    Found { rows, more }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> FamilyKey {
        FamilyKey {
            account: "111122223333".to_owned(),
            event_source: "s3.amazonaws.com".to_owned(),
            event_name: "GetObject".to_owned(),
            error_code: "AccessDenied".to_owned(),
        }
    }

    #[test]
    fn names_are_cut_between_letters() {
        let name = name(&key(), &"Ж".repeat(300));
        assert!((NAME - 1..=NAME).contains(&name.len()));
        assert!(name.starts_with("111122223333\u{1}s3.amazonaws.com\u{1}GetObject\u{1}AccessDenied\u{1}Ж"));
    }

    #[test]
    fn a_shorter_name_comes_before_what_it_begins() {
        let longer = FamilyKey {
            event_name: "GetObjectAcl".to_owned(),
            ..key()
        };
        assert!(name(&key(), "z") < name(&longer, "a"));
    }

    #[test]
    fn life_cycles_are_told_by_their_first_word() {
        assert_eq!(first_word("archived-until:2026-03-01T00:00:00Z"), "archived");
        assert_eq!(first_word("open"), "open");
    }

    #[test]
    fn the_beginning_of_a_key_is_told_from_other_texts() {
        for beginning in ["AKIAEXAMPLE7", "ASIA2345", "AKIAIOSFODNNEXAMPLEX"] {
            assert!(is_key_beginning(beginning), "{beginning}");
        }
        for other in [
            "AKIA2",
            "asia2345",
            "ASIAPACIFIC",
            "ASIA-2345",
            "role/AKIAEXAMPLE7",
            "",
        ] {
            assert!(!is_key_beginning(other), "{other}");
        }
    }

    #[test]
    fn classes_are_told_by_their_words() {
        assert_eq!(class(&key(), "you may not do this"), "access-denied");
    }
}
