//! JSON strings that hold JSON: their text, into a buffer that is used again.

use memchr::memchr;

/// Appends the text of a string literal (with its quotes) to `out`; `None` if it is no valid literal. Lone surrogates
/// are no text.
pub(super) fn unescape(literal: &str, out: &mut String) -> Option<()> {
    let mut rest = literal.strip_prefix('"')?.strip_suffix('"')?;
    while let Some(at) = memchr(b'\\', rest.as_bytes()) {
        out.push_str(rest.get(..at)?);
        let (text, behind) = escape(rest.get(at + 1..)?)?;
        out.push(text);
        rest = behind;
    }
    out.push_str(rest);
    Some(())
}

/// One escape, from behind its backslash: the character, and what follows.
fn escape(text: &str) -> Option<(char, &str)> {
    let plain = match text.as_bytes().first()? {
        byte @ (b'"' | b'\\' | b'/') => char::from(*byte),
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unicode(text.get(1..)?),
        _ => return None,
    };
    Some((plain, text.get(1..)?))
}

fn unicode(text: &str) -> Option<(char, &str)> {
    let (high, rest) = unit(text)?;
    if let Some(found) = char::from_u32(high) {
        return Some((found, rest));
    }
    let (low, rest) = unit(rest.strip_prefix("\\u")?)?;
    let pair = [u16::try_from(high).ok()?, u16::try_from(low).ok()?];
    let found = char::decode_utf16(pair).next()?.ok()?;
    Some((found, rest))
}

fn unit(text: &str) -> Option<(u32, &str)> {
    let digits = text.get(..4)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    Some((u32::from_str_radix(digits, 16).ok()?, text.get(4..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(literal: &str) -> Option<String> {
        let mut out = String::new();
        unescape(literal, &mut out).map(|()| out)
    }

    #[test]
    fn bad_literals_have_no_text() {
        for literal in [
            "",
            "\"",
            "a",
            r#""\x""#,
            r#""\u12""#,
            r#""\ud800""#,
            r#""\ud800\u0041""#,
            r#""\u+123""#,
        ] {
            assert_eq!(read(literal), None, "{literal}");
        }
        assert_eq!(read(r#""\ud83d\ude00\/""#).as_deref(), Some("😀/"));
    }

    proptest! {
        #[test]
        fn text_is_what_serde_json_reads(text in "\\PC*|[\"\\\\\\n\\t\\x00-\\x1f😀a]*", escaped: bool) {
            let mut literal = serde_json::to_string(&text).unwrap();
            if escaped {
                let units = text.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
                literal = format!("\"{}\"", units.collect::<String>());
            }
            prop_assert_eq!(read(&literal), Some(text));
        }
    }
}
