//! What may reach a reader as it stands, whatever the medium.

/// Whether a character must not reach a reader as it stands: it steers the terminal, moves other characters
/// (bidirectional controls), or does not show at all. The 66 noncharacters are for no interchange (Unicode, section
/// 23.7), and an error in HTML.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    let is_noncharacter = matches!(c, '\u{fdd0}'..='\u{fdef}') || u32::from(c) & 0xfffe == 0xfffe;
    c.is_control()
        || is_noncharacter
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

/// The text with each unsafe character written out (`\u{1b}`, `\n`); characters that `keep` names stay.
#[must_use]
pub fn written_out(text: &str, keep: impl Fn(char) -> bool) -> std::borrow::Cow<'_, str> {
    use std::borrow::Cow;
    let stays = |c: char| keep(c) || !is_unsafe(c);
    if text.chars().all(stays) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if stays(c) {
            out.push(c);
        } else {
            out.extend(c.escape_default());
        }
    }
    Cow::Owned(out)
}

#[cfg(all(test, any(feature = "terminal", feature = "html", feature = "markdown")))]
mod tests {
    use std::borrow::Cow;

    use super::*;

    #[test]
    fn unsafe_characters_are_written_out_and_others_stay() {
        assert_eq!(
            written_out("a\x1b[31m\u{202e}b\0\u{9b}", |_| false),
            "a\\u{1b}[31m\\u{202e}b\\u{0}\\u{9b}"
        );
        assert_eq!(written_out("a\r\nb", |c| c == '\n'), "a\\r\nb");
        assert!(matches!(written_out("Zoë 東京 🙂", |_| false), Cow::Borrowed(_)));
    }
}
