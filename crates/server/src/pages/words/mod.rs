//! Every word of the pages, English and Chinese side by side: a table for what all pages say, and one for each page.
//!
//! A table is made with `words!`; its type holds that no language lacks a word, and a test that none is empty. A text with
//! values in it has `{0}`, `{1}` for them: see [`fill`].

use std::fmt::Display;

use firstsight_engine::Locale;

/// Makes a table: a struct with a field a word, the same struct in each language, and `of` to choose one.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($key:ident: $english:literal, $chinese:literal;)* }) => {
        $(#[$meta])*
        #[derive(Debug)]
        pub(crate) struct $name { $(pub(crate) $key: &'static str,)* }

        static ENGLISH: $name = $name { $($key: $english,)* };
        static CHINESE: $name = $name { $($key: $chinese,)* };

        /// The table in a language.
        #[must_use]
        pub(crate) const fn of(locale: firstsight_engine::Locale) -> &'static $name {
            match locale {
                firstsight_engine::Locale::English => &ENGLISH,
                firstsight_engine::Locale::Chinese => &CHINESE,
            }
        }

        /// Each word with its name, for the test.
        #[cfg(test)]
        pub(super) const TABLE: &[(&str, &str, &str)] = &[$((stringify!($key), $english, $chinese),)*];
    };
}

pub(crate) mod changes;
pub(crate) mod clusters;
pub(crate) mod common;
pub(crate) mod configuration;
pub(crate) mod event;
pub(crate) mod events;
pub(crate) mod flash;
pub(crate) mod inspections;
pub(crate) mod keys;
pub(crate) mod login;
pub(crate) mod overview;
pub(crate) mod sinks;

/// A text with its values put in: `{0}` is the first. What a value holds is never taken for a place.
#[must_use]
pub(crate) fn fill(text: &str, values: &[&dyn Display]) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('{') {
        out.push_str(before);
        let place = from.split_once('}').and_then(|(number, after)| {
            let value = values.get(number.parse::<usize>().ok()?)?;
            Some((value, after))
        });
        if let Some((value, after)) = place {
            out.push_str(&value.to_string());
            rest = after;
        } else {
            out.push('{');
            rest = from;
        }
    }
    out.push_str(rest);
    out
}

/// A number with its noun: `one` where it is 1, else `many`; both have the place of the number.
#[must_use]
pub(crate) fn counted(number: u64, one: &str, many: &str) -> String {
    let text = if number == 1 { one } else { many };
    fill(text, &[&firstsight_sink::text::thousands(number)])
}

/// What separates the items of a list.
#[must_use]
pub(crate) const fn comma(locale: Locale) -> &'static str {
    match locale {
        Locale::English => ", ",
        Locale::Chinese => "，",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Table = &'static [(&'static str, &'static str, &'static str)];

    const TABLES: [(&str, Table); 12] = [
        ("changes", changes::TABLE),
        ("clusters", clusters::TABLE),
        ("inspections", inspections::TABLE),
        ("keys", keys::TABLE),
        ("login", login::TABLE),
        ("common", common::TABLE),
        ("event", event::TABLE),
        ("events", events::TABLE),
        ("flash", flash::TABLE),
        ("configuration", configuration::TABLE),
        ("overview", overview::TABLE),
        ("sinks", sinks::TABLE),
    ];

    fn places(text: &str) -> Vec<char> {
        let mut places: Vec<char> = text
            .match_indices('{')
            .filter_map(|(at, _)| text.get(at + 1..)?.chars().next())
            .collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    #[test]
    fn every_word_is_there_in_both_languages() {
        for (table, words) in TABLES {
            for (key, english, chinese) in words {
                assert!(!english.trim().is_empty(), "{table}.{key} in English");
                assert!(!chinese.trim().is_empty(), "{table}.{key} in Chinese");
                assert_eq!(places(english), places(chinese), "{table}.{key}: the same values");
            }
        }
    }

    #[test]
    fn chinese_words_are_chinese() {
        // Names that are the same in both languages.
        let same = ["language_other", "until_hint"];
        for (table, words) in TABLES {
            for (key, english, chinese) in words.iter().filter(|(key, ..)| !same.contains(key)) {
                let is_chinese = chinese.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
                assert!(is_chinese, "{table}.{key}: {english:?} is {chinese:?}");
            }
        }
    }

    #[test]
    fn every_table_of_this_folder_is_tested() {
        let told = include_str!("mod.rs");
        let modules = told
            .lines()
            .filter(|line| line.starts_with("pub(crate) mod "))
            .count();
        assert_eq!(modules, TABLES.len());
    }

    #[test]
    fn values_are_put_in_once_and_never_read() {
        assert_eq!(fill("{1} of {0}", &[&"a{1}", &2]), "2 of a{1}");
        assert_eq!(fill("{9} {x} {", &[&1]), "{9} {x} {");
        assert_eq!(counted(1, "{0} event", "{0} events"), "1 event");
        assert_eq!(counted(1200, "{0} event", "{0} events"), "1,200 events");
    }
}
