//! JSON text made readable without being read: samples may be cut off, and are shown as they stand.

/// Deeper nesting is not indented further.
const DEEPEST: usize = 24;

/// The text with a line break and indentation at each bracket and comma outside strings. Works on text that is not
/// (or no longer) valid JSON; nothing but white space outside strings changes.
#[must_use]
pub fn indented(json: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut chars = json.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                out.push('"');
                string(&mut chars, &mut out);
            }
            '{' | '[' => {
                out.push(c);
                skip_white(&mut chars);
                if let Some(close) = chars.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    turn(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                turn(&mut out, depth);
                out.push(c);
            }
            ',' => {
                out.push(',');
                turn(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c if c.is_ascii_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// The rest of a string, its closing quote included.
fn string(chars: &mut Chars<'_>, out: &mut String) {
    while let Some(c) = chars.next() {
        out.push(c);
        match c {
            '"' => return,
            '\\' => out.extend(chars.next()),
            _ => {}
        }
    }
}

fn skip_white(chars: &mut Chars<'_>) {
    while chars.next_if(char::is_ascii_whitespace).is_some() {}
}

fn turn(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth.min(DEEPEST)));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_and_arrays_are_indented_and_strings_left_alone() {
        insta::assert_snapshot!(indented(r#"{"a":[1, {"b":"x,{\"y\"}"}],"c":{ },"d":null}"#), @r#"
        {
          "a": [
            1,
            {
              "b": "x,{\"y\"}"
            }
          ],
          "c": {},
          "d": null
        }
        "#);
    }

    #[test]
    fn cut_off_text_stays_readable() {
        assert_eq!(indented(r#"{"a":"b\"#), "{\n  \"a\": \"b\\");
        assert_eq!(indented("]]}"), "\n]\n]\n}");
    }

    #[test]
    fn deep_nesting_stays_small() {
        assert!(indented(&"[".repeat(16 << 10)).len() < 1 << 20);
    }

    proptest! {
        #[test]
        fn only_white_space_is_added(json in "[\\[\\]{}\",:\\\\ a1\\n]{0,60}") {
            let ink = |text: &str| text.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
            prop_assert_eq!(ink(&indented(&json)), ink(&json));
        }
    }
}
