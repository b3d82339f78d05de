//! Large records, made to fit without breaking their JSON.

use std::cmp::Reverse;

use serde::de::IgnoredAny;

/// A stretch of the record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Span {
    start: usize,
    end: usize,
}

/// Where values stand in a record's text.
#[derive(Debug, Default)]
struct Places {
    /// `responseElements`: what was made, where the interest is in what failed.
    response: Option<Span>,
    /// The values of its fields.
    fields: Vec<Span>,
    /// Every string that is a value.
    texts: Vec<Span>,
}

impl Span {
    const fn len(self) -> usize {
        self.end - self.start
    }

    const fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// What stands for it: `"(cut: 18231 bytes)"`.
    fn marker(self) -> String {
        format!("\"(cut: {} bytes)\"", self.len())
    }

    /// How many bytes it is shorter without it.
    fn saving(self) -> usize {
        self.len().saturating_sub(self.marker().len())
    }
}

/// The record in at most so many bytes, still JSON: a marker stands in place of its response, then of its longest texts,
/// then of its largest fields, until it fits. Text that is no JSON object is cut off. A function of the text alone.
pub(crate) fn shortened(raw: &str, max: usize) -> String {
    if raw.len() <= max {
        return raw.to_owned();
    }
    if !raw.trim_start().starts_with('{') || serde_json::from_str::<IgnoredAny>(raw).is_err() {
        return raw[..raw.floor_char_boundary(max)].to_owned();
    }
    let places = Places::of(raw);
    let mut cuts = Cuts {
        length: raw.len(),
        spans: Vec::new(),
    };
    let by_length = |spans: &[Span]| {
        let mut spans = spans.to_vec();
        spans.sort_by_key(|span| (Reverse(span.len()), span.start));
        spans
    };
    let order = places
        .response
        .into_iter()
        .chain(by_length(&places.texts))
        .chain(by_length(&places.fields));
    for span in order {
        if cuts.length <= max {
            break;
        }
        cuts.add(span);
    }
    let whole = Span {
        start: 0,
        end: raw.len(),
    };
    if cuts.length > max {
        return format!("{{\"cut\":{}}}", whole.marker());
    }
    cuts.apply(raw)
}

/// What is left out, and how long the rest is.
struct Cuts {
    length: usize,
    spans: Vec<Span>,
}

impl Cuts {
    /// Leaves out one more value, unless that saves nothing. What was left out inside it goes with it.
    fn add(&mut self, span: Span) {
        let covered = self.spans.iter().any(|known| known.contains(span));
        let inside: usize = self
            .spans
            .iter()
            .filter(|known| span.contains(**known))
            .map(|known| known.saving())
            .sum();
        if covered || span.saving() <= inside {
            return;
        }
        self.spans.retain(|known| !span.contains(*known));
        self.spans.push(span);
        self.length = self.length + inside - span.saving();
    }

    fn apply(mut self, raw: &str) -> String {
        self.spans.sort_unstable();
        let mut out = String::with_capacity(self.length);
        let mut at = 0;
        for span in self.spans {
            out.push_str(&raw[at..span.start]);
            out.push_str(&span.marker());
            at = span.end;
        }
        out.push_str(&raw[at..]);
        out
    }
}

impl Places {
    /// Reads a well-formed object from front to back.
    fn of(json: &str) -> Self {
        let bytes = json.as_bytes();
        let mut found = Self::default();
        let (mut at, mut depth) = (0, 0_usize);
        let mut key = "";
        let mut field: Option<usize> = None;
        while at < bytes.len() {
            let start = at;
            match bytes[at] {
                b'"' => {
                    at = string_end(bytes, at);
                    let literal = Span { start, end: at };
                    if !is_key(&bytes[at..]) {
                        found.texts.push(literal);
                    } else if depth == 1 {
                        key = &json[start..at];
                    }
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b':' if depth == 1 => field = Some(at + 1),
                b',' if depth == 1 => found.end_field(key, &mut field, at),
                b'}' | b']' => {
                    if depth == 1 {
                        found.end_field(key, &mut field, at);
                    }
                    depth = depth.saturating_sub(1);
                }
                _ => {}
            }
            at += 1;
        }
        found
    }

    fn end_field(&mut self, key: &str, start: &mut Option<usize>, end: usize) {
        let Some(start) = start.take() else { return };
        let span = Span { start, end };
        self.fields.push(span);
        if key == "\"responseElements\"" {
            self.response = Some(span);
        }
    }
}

/// Behind the closing quote of the string that starts here.
fn string_end(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn is_key(after: &[u8]) -> bool {
    after.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b':')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_fits_stays_as_it_is() {
        assert_eq!(shortened("{ }", 3), "{ }");
    }

    #[test]
    fn the_response_goes_first() {
        let record = json!({
            "responseElements": {"a": ["x".repeat(100), 1]},
            "errorMessage": "y".repeat(300),
        });
        let text = record.to_string();
        let told = read(&shortened(&text, text.len() - 50));
        assert_eq!(told["responseElements"], "(cut: 112 bytes)");
        assert_eq!(told["errorMessage"], record["errorMessage"]);
    }

    #[test]
    fn then_the_longest_texts_then_the_largest_fields() {
        let record = json!({
            "eventID": "7b3c",
            "errorMessage": "y \"quoted\" \\ ".repeat(30),
            "userAgent": "z".repeat(200),
            "requestParameters": {"items": (0..200).collect::<Vec<_>>()},
        });
        let text = record.to_string();
        let told = read(&shortened(&text, 1100));
        assert_eq!(told["errorMessage"], "(cut: 482 bytes)");
        assert_eq!(told["userAgent"], record["userAgent"]);
        let told = read(&shortened(&text, 200));
        assert_eq!(told["requestParameters"], "(cut: 701 bytes)");
        assert_eq!(told["eventID"], "7b3c");
    }

    #[test]
    fn what_can_not_be_shortened_is_a_marker_alone() {
        let keys: serde_json::Map<String, Value> = (0..100).map(|n| (format!("key-{n}"), json!(n))).collect();
        let text = Value::Object(keys).to_string();
        assert_eq!(
            shortened(&text, 100),
            format!("{{\"cut\":\"(cut: {} bytes)\"}}", text.len())
        );
    }

    #[test]
    fn what_is_no_json_is_cut_off() {
        assert_eq!(shortened("éé", 3), "é");
        assert_eq!(shortened("{\"a\":\"bc", 6), "{\"a\":\"");
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            "[a-z\"\\\\{}:,é]{0,40}".prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            Just(Value::Null),
        ];
        let keys = prop_oneof![Just("responseElements".to_owned()), "[a-z\":]{0,5}"];
        leaf.prop_recursive(3, 40, 6, move |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(keys.clone(), inner, 0..6)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_record_fits_and_is_json(record in proptest::collection::btree_map("[a-z]{1,6}|responseElements", any_json(), 0..6), max in 40..600_usize, pretty: bool) {
            let record = Value::Object(record.into_iter().collect());
            let text = if pretty { format!("{record:#}") } else { record.to_string() };
            let told = shortened(&text, max);
            prop_assert!(told.len() <= max, "{told}");
            prop_assert!(read(&told).is_object(), "{told}");
            prop_assert_eq!(told == text, text.len() <= max);
        }
    }
}
