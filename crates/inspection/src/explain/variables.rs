//! What stood for a template's variables in kept records.

use std::cmp::Reverse;

use firstsight_engine::Sample;
use firstsight_sink::explanation::Variable;
use serde::Deserialize;

/// The most values of one variable.
const MOST_VALUES: usize = 5;
/// Longer values are cut after so many characters.
const LONGEST: usize = 200;
/// What ends a template, or a value, that goes on.
const CUT: char = '…';

/// The field of a record that holds its message.
#[derive(Deserialize)]
struct Message {
    #[serde(rename = "errorMessage")]
    text: Option<String>,
}

/// The values in these records, the most frequent first; variables in the order of the template. A record whose message
/// the template does not fit (it may have been generalised since, or cut off) tells nothing.
pub(super) fn examples(template: &str, samples: &[Sample]) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for sample in samples {
        let message = serde_json::from_str::<Message>(&sample.raw)
            .ok()
            .and_then(|message| message.text);
        let message = message.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
        for (name, value) in message.and_then(|text| read(template, &text)).unwrap_or_default() {
            count(&mut variables, &name, &value);
        }
    }
    for variable in &mut variables {
        variable
            .values
            .sort_by(|a, b| (Reverse(a.1), &a.0).cmp(&(Reverse(b.1), &b.0)));
        variable.more = variable.values.len() > MOST_VALUES;
        variable.values.truncate(MOST_VALUES);
    }
    variables
}

fn count(variables: &mut Vec<Variable>, name: &str, value: &str) {
    let value = shortened(value);
    let place = variables
        .iter()
        .position(|known| known.name == name)
        .unwrap_or_else(|| {
            variables.push(Variable {
                name: name.to_owned(),
                values: Vec::new(),
                more: false,
            });
            variables.len() - 1
        });
    let values = &mut variables[place].values;
    match values.iter_mut().find(|(known, _)| *known == value) {
        Some((_, count)) => *count += 1,
        None => values.push((value, 1)),
    }
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}{CUT}", &value[..end]),
        None => value.to_owned(),
    }
}

/// A piece of a template.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Text(&'a str),
    Variable(&'a str),
}

/// The template's pieces; a variable is `<` and `>` around letters, digits and `.*_:-`.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = template;
    let mut from = 0;
    while let Some(start) = rest
        .get(from..)
        .and_then(|text| text.find('<'))
        .map(|at| from + at)
    {
        let inside = &rest[start + 1..];
        let length = inside.find(|c: char| !(c.is_ascii_alphanumeric() || ".*_:-".contains(c)));
        match length.filter(|length| *length > 0 && inside[*length..].starts_with('>')) {
            Some(length) => {
                pieces.push(Piece::Text(&rest[..start]));
                pieces.push(Piece::Variable(&inside[..length]));
                rest = &inside[length + 1..];
                from = 0;
            }
            None => from = start + 1,
        }
    }
    pieces.push(Piece::Text(rest));
    pieces.retain(|piece| *piece != Piece::Text(""));
    pieces
}

/// The variables' values, where the message has the template's form: each value ends where the next fixed text begins.
fn read(template: &str, message: &str) -> Option<Vec<(String, String)>> {
    let mut values = Vec::new();
    let mut open: Option<&str> = None;
    let mut rest = message;
    for piece in pieces(template.trim_end_matches(CUT)) {
        match (piece, open) {
            (Piece::Variable(name), None) => open = Some(name),
            // Two variables side by side: where one ends cannot be told.
            (Piece::Variable(_), Some(_)) => return None,
            (Piece::Text(text), None) => rest = rest.strip_prefix(text)?,
            (Piece::Text(text), Some(name)) => {
                let end = rest.find(text)?;
                values.push((name.to_owned(), rest[..end].to_owned()));
                rest = &rest[end + text.len()..];
                open = None;
            }
        }
    }
    if let Some(name) = open {
        values.push((name.to_owned(), rest.to_owned()));
    } else if !rest.is_empty() && !template.ends_with(CUT) {
        return None;
    }
    Some(values)
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{Digest, Time};
    use proptest::prelude::*;

    use super::*;

    fn sample(number: u8, message: &str) -> Sample {
        Sample {
            identity: Digest([number; 16]),
            time: Time::from_secs(i64::from(number)),
            event_id: String::new(),
            actor: String::new(),
            raw: serde_json::json!({ "errorMessage": message }).to_string(),
        }
    }

    const TEMPLATE: &str = "The role with name <roleName> cannot be found in <*>.";

    #[test]
    fn values_are_counted_by_variable() {
        let said = |role: &str| format!("The role  with name {role} cannot be found in 111122223333.");
        let samples = [
            sample(1, &said("b")),
            sample(2, &said("a")),
            sample(3, &said("a")),
            sample(4, "other"),
        ];
        let variables = examples(TEMPLATE, &samples);
        let told: Vec<(&str, Vec<(&str, u64)>)> = variables
            .iter()
            .map(|one| {
                (
                    one.name.as_str(),
                    one.values
                        .iter()
                        .map(|(value, count)| (value.as_str(), *count))
                        .collect(),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("roleName", vec![("a", 2), ("b", 1)]),
                ("*", vec![("111122223333", 3)])
            ]
        );
        assert!(variables.iter().all(|variable| !variable.more));
    }

    #[test]
    fn many_and_long_values_are_bounded() {
        let samples: Vec<Sample> = (0..20)
            .map(|number| {
                let role = number.to_string().repeat(300);
                sample(
                    number,
                    &format!("The role with name {role} cannot be found in x."),
                )
            })
            .collect();
        let variables = examples(TEMPLATE, &samples);
        assert_eq!(variables[0].values.len(), MOST_VALUES);
        assert!(variables[0].more);
        assert!(
            variables[0]
                .values
                .iter()
                .all(|(value, _)| value.chars().count() == LONGEST + 1)
        );
    }

    #[test]
    fn what_does_not_fit_tells_nothing() {
        assert_eq!(read(TEMPLATE, "The role with name x is here"), None);
        assert_eq!(read("<a><b>", "xy"), None);
        assert_eq!(read("same", "same and more"), None);
        assert_eq!(read("same…", "same and more"), Some(Vec::new()));
        assert_eq!(read("a < b <x", "a < b <x"), Some(Vec::new()));
        assert_eq!(
            read("<x>", "all of it"),
            Some(vec![("x".to_owned(), "all of it".to_owned())])
        );
        let cut = Sample {
            raw: r#"{"errorMessage":"The role"#.to_owned(),
            ..sample(1, "")
        };
        assert_eq!(examples(TEMPLATE, &[cut]), []);
    }

    proptest! {
        #[test]
        fn any_template_reads_any_message(template in "[a<>*. é…]{0,24}", message in "\\PC{0,24}") {
            let values = read(&template, &message).unwrap_or_default();
            prop_assert!(values.iter().all(|(_, value)| message.contains(value)));
        }
    }
}
