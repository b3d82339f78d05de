//! How a text is searched for, the same in every store: pure functions.

use crate::EventFacets;

/// Between the texts of a haystack. No folded text holds it, so that nothing is found across two of them.
const BETWEEN: char = '\n';

/// A text as it is compared: whatever its case, character by character (so that a part of a text folds as it does inside the
/// whole), and without the line breaks and NULs that end a text for others.
pub(crate) fn fold(text: &str) -> String {
    let folded = text.chars().flat_map(char::to_lowercase);
    folded
        .map(|char| {
            if char == BETWEEN || char == '\0' {
                ' '
            } else {
                char
            }
        })
        .collect()
}

/// Everything that a search for text looks at, folded.
pub(crate) fn haystack(facets: &EventFacets) -> String {
    let ends = [&facets.title, &facets.text];
    let texts = ends.into_iter().chain(&facets.services).chain(&facets.actors);
    joined(texts.map(String::as_str))
}

/// Texts as a search looks at them: folded, and together.
pub(crate) fn joined<'t>(texts: impl Iterator<Item = &'t str>) -> String {
    let folded: Vec<_> = texts.map(fold).collect();
    folded.join(&BETWEEN.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_folds_as_it_does_inside_the_whole() {
        for whole in ["ΑΣΑ ΣΑΣ", "İstanbul", "GetRole\nfor\0Alice", "STRASSE ẞ", "事件"] {
            let ends: Vec<_> = whole
                .char_indices()
                .map(|(place, _)| place)
                .chain([whole.len()])
                .collect();
            for (number, start) in ends.iter().enumerate() {
                for end in &ends[number..] {
                    let part = fold(&whole[*start..*end]);
                    assert!(fold(whole).contains(&part), "{part:?} of {whole:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_found_across_two_texts() {
        let facets = EventFacets {
            title: "One".to_owned(),
            text: "Two\nthree".to_owned(),
            services: vec!["iam.amazonaws.com".to_owned()],
            ..EventFacets::default()
        };
        let haystack = haystack(&facets);
        for (text, found) in [
            ("two three", true),
            ("TWO\nTHREE", true),
            ("one\ntwo", false),
            ("onetwo", false),
        ] {
            assert_eq!(haystack.contains(&fold(text)), found, "{text:?}");
        }
    }
}
