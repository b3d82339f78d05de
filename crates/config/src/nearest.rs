//! What was probably meant by a word that is not known.

/// Words that differ by more have nothing to do with each other.
const FAREST: usize = 3;

/// The known word that is nearest to what was written, if one is near.
pub(crate) fn nearest<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes as long as both are long, together multiplied.
    if written.len() > 64 {
        return None;
    }
    let written = written.to_lowercase();
    let far = FAREST.min(written.chars().count() / 2);
    known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&written, &word.to_lowercase()), word))
        .filter(|(distance, _)| *distance <= far)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// A hint: the nearest word, else all of them where they are few.
pub(crate) fn hint<'a>(written: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    if let Some(word) = nearest(written, known.clone()) {
        return format!("; did you mean {word:?}?");
    }
    let known: Vec<&str> = known.into_iter().take(FEW + 1).collect();
    match known.len() {
        0 => String::new(),
        count if count <= FEW => format!("; known are {}", known.join(", ")),
        _ => String::new(),
    }
}

/// So many words are listed.
const FEW: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_proposed() {
        let known = ["silence", "severities", "escalate"];
        assert_eq!(nearest("silense", known), Some("silence"));
        assert_eq!(nearest("Severites", known), Some("severities"));
        assert_eq!(nearest("x", known), None);
        assert_eq!(nearest(&"x".repeat(1000), known), None);
    }

    #[test]
    fn few_words_are_listed_where_none_is_near() {
        assert_eq!(hint("yes", ["hold", "drop"]), "; known are hold, drop");
        assert_eq!(hint("yes", []), "");
    }
}
