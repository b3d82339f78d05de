//! Texts of an event, which may be an attacker's, as they may stand on a page of the workspace: the one place for it.
//! (Messages are Markdown: [`firstsight_sink::markdown`] neutralises those.)

use firstsight_engine::Digest;
use firstsight_sink::json;

/// The most characters of a title (the documentation of monitors, `open-api/checker/create.md`).
pub(super) const TITLE_CHARS: usize = 256;
/// The most bytes of a short text: a tag's value may have 1,024 (cliutils `point/option.go`).
const SHORT_BYTES: usize = 256;

/// One line, in which characters that steer, reorder or do not show are written out (`\u202e`).
pub(crate) fn plain(text: &str) -> String {
    json::harmless(text).replace('\n', "\\n")
}

/// What makes links, mentions and markup of a text. No title of ours has any of it: only an account's name could.
const MARKUP: &str = "[]<>`*_~#|@/\\";

/// A title: one line of at most [`TITLE_CHARS`] characters. Notifications may carry it on as Markdown, while the events' page
/// shows it as it is: what would be markup is written in its full-width form, which reads the same in both.
pub(super) fn title(text: &str) -> String {
    // Writing out makes texts longer only: what is past the bound need not be looked at.
    let text: String = plain(prefix(text, TITLE_CHARS + 1))
        .chars()
        .map(full_width)
        .collect();
    if text.chars().count() <= TITLE_CHARS {
        return text;
    }
    format!("{}…", prefix(&text, TITLE_CHARS - 1))
}

fn full_width(c: char) -> char {
    if MARKUP.contains(c) {
        // Full-width forms stand in the order of ASCII (Unicode, "Halfwidth and Fullwidth Forms").
        char::from_u32(u32::from(c) + 0xfee0).unwrap_or(c)
    } else {
        c
    }
}

/// At most so many characters from the start.
fn prefix(text: &str, chars: usize) -> &str {
    let end = text.char_indices().nth(chars).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// A short text on one line. Where it is too long, the hash of the whole stands for the rest: what differs stays different.
pub(crate) fn short(text: &str) -> String {
    let told = plain(cut(text, SHORT_BYTES + 1));
    if told.len() <= SHORT_BYTES && text.len() <= SHORT_BYTES {
        return told;
    }
    let hash = Digest::of(&[text]).to_string();
    let kept = SHORT_BYTES - "…".len() - 8;
    format!("{}…{}", cut(&told, kept), &hash[..8])
}

/// At most so many bytes from the start, ending between characters.
pub(super) fn cut(text: &str, bytes: usize) -> &str {
    &text[..text.floor_char_boundary(bytes)]
}

/// What may stand between quotes in a query: our ids are letters and digits.
pub(crate) fn id(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .take(64)
        .collect()
}

/// Several short texts as one, each once, in their order: at most `most`, the rest counted.
pub(super) fn list<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> String {
    let mut each: Vec<&str> = Vec::new();
    for text in texts.filter(|text| !text.is_empty()) {
        if !each.contains(&text) {
            each.push(text);
        }
    }
    let mut told: Vec<String> = each.iter().take(most).map(|text| short(text)).collect();
    if each.len() > most {
        told.push(format!("+{}", each.len() - most));
    }
    told.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_one_line_of_256_characters() {
        assert_eq!(title("a\u{1b}2J\r\nb\u{202e}"), "a＼u001b2J＼u000d＼nb＼u202e");
        let long = title(&"東".repeat(300));
        assert_eq!((long.chars().count(), long.ends_with("東…")), (256, true));
        assert_eq!(title(&"東".repeat(256)), "東".repeat(256));
    }

    #[test]
    fn a_title_is_no_markup_and_a_usual_one_stays_as_it_is() {
        let usual = "2 new CloudTrail errors and 1 surge of a known CloudTrail error in account 111122223333";
        assert_eq!(title(usual), usual);
        assert_eq!(
            title("[x](https://evil.example) <@all>"),
            "［x］(https:／／evil.example) ＜＠all＞"
        );
    }

    #[test]
    fn long_texts_that_differ_at_their_end_stay_different() {
        let (one, other) = (format!("{}a", "é".repeat(200)), format!("{}b", "é".repeat(200)));
        assert!(short(&one).len() <= 256);
        assert_ne!(short(&one), short(&other));
        assert_eq!(short("111122223333"), "111122223333");
    }

    #[test]
    fn a_list_tells_each_once_and_counts_the_rest() {
        assert_eq!(list(["b", "a", "b", "", "c"].into_iter(), 2), "b, a, +1");
        assert_eq!(list([""].into_iter(), 2), "");
    }

    #[test]
    fn an_id_cannot_end_its_quotes() {
        assert_eq!(id("0af' OR `x` = '\\"), "0afORx");
    }
}
