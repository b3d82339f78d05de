//! What people call themselves.

/// The most characters of a name.
const LONGEST: usize = 64;

/// A name as the audit log and pages take it: letters, digits and a few marks; what else was sent becomes `_`. `None` where nothing is
/// left to be read.
pub(super) fn neutral(name: &str) -> Option<String> {
    let fits = |letter: char| letter.is_alphanumeric() || " .@_+-'".contains(letter);
    let name: String = name
        .trim()
        .chars()
        .take(LONGEST)
        .map(|letter| if fits(letter) { letter } else { '_' })
        .collect();
    name.contains(char::is_alphanumeric)
        .then(|| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_stay_as_they_are() {
        for name in [
            "Ana",
            "ana.lópez@example.com",
            "王小明",
            "Jean-Luc O'Neil",
            "ops+night_2",
        ] {
            assert_eq!(neutral(name).as_deref(), Some(name));
        }
        assert_eq!(neutral("  Ana \t").as_deref(), Some("Ana"));
    }

    #[test]
    fn nothing_else_comes_through() {
        assert_eq!(neutral("<b>Ana</b>").as_deref(), Some("_b_Ana__b_"));
        assert_eq!(neutral("=1+1\u{1b}[31m\u{202e}").as_deref(), Some("_1+1__31m_"));
        assert_eq!(neutral(&"a".repeat(1000)).map(|name| name.len()), Some(64));
        for nothing in ["", "   ", "\u{202e}", "<>", "---"] {
            assert_eq!(neutral(nothing), None, "{nothing:?}");
        }
    }
}
