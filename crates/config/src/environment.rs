//! Environment variables that are laid over the file.

use std::borrow::Cow;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use crate::LARGEST;
use crate::reading::{Findings, Variable};

/// What such variables begin with. Behind it stands the path of the key, with `__` between its parts, in any case and with
/// `_` in place of `-`: `FIRSTSIGHT_CFG_SERVER__BIND`.
pub const VARIABLES: &str = "FIRSTSIGHT_CFG_";

/// The longest path.
const DEEPEST: usize = 16;

/// Lays variables over the file, the shorter paths first.
pub(crate) fn lay_over<'t>(
    table: &mut DeTable<'t>,
    variables: &'t [(String, String)],
    findings: &mut Findings,
) {
    let mut ours: Vec<(Vec<&str>, &str, &str)> = variables
        .iter()
        .filter_map(|(name, value)| Some((path(name)?, name.as_str(), value.as_str())))
        .collect();
    ours.sort_by(|a, b| (a.0.len(), &a.0, a.1).cmp(&(b.0.len(), &b.0, b.1)));
    for (path, name, said) in ours {
        let (value, text) = value(said);
        let name = name.to_owned();
        let at = findings.variable(Variable { name, text });
        let is_path = path.iter().all(|part| !part.is_empty()) && path.len() <= DEEPEST;
        if !is_path {
            findings.wrong_variable(
                at,
                "it names no key: write the key's path with __ between its parts",
            );
        } else if said.len() > LARGEST {
            findings.wrong_variable(at, format!("it has more than {LARGEST} bytes"));
        } else if let Err(said) = put(table, &path, marked(value, at), at) {
            findings.wrong_variable(at, said);
        }
    }
}

/// The parts of the key's path, where it is one of ours.
fn path(name: &str) -> Option<Vec<&str>> {
    let begin = name.get(..VARIABLES.len())?;
    let is_ours = begin.eq_ignore_ascii_case(VARIABLES);
    is_ours.then(|| name[VARIABLES.len()..].split("__").collect())
}

/// What a variable says: a value of TOML where it is one, else a text. And its text, where it is one value.
fn value(said: &str) -> (DeValue<'_>, Option<String>) {
    let said = said.trim();
    // What is too long is not even looked at.
    let parsed = Some(said).filter(|said| said.len() <= LARGEST);
    let parsed = parsed.and_then(|said| DeValue::parse(said).ok());
    match parsed.map(Spanned::into_inner) {
        None => (DeValue::String(Cow::Borrowed(said)), None),
        Some(value @ (DeValue::Array(_) | DeValue::Table(_) | DeValue::String(_))) => (value, None),
        Some(value) => (value, Some(said.to_owned())),
    }
}

/// A value, everything of which is at one place.
fn marked(value: DeValue<'_>, at: usize) -> Spanned<DeValue<'_>> {
    let value = match value {
        DeValue::Array(list) => DeValue::Array(list.iter().fold(DeArray::new(), |mut marks, item| {
            marks.push(marked(item.get_ref().clone(), at));
            marks
        })),
        DeValue::Table(table) => DeValue::Table(
            table
                .into_iter()
                .map(|(key, value)| {
                    (
                        Spanned::new(at..at, key.into_inner()),
                        marked(value.into_inner(), at),
                    )
                })
                .collect(),
        ),
        value => value,
    };
    Spanned::new(at..at, value)
}

fn put<'t>(
    table: &mut DeTable<'t>,
    path: &[&str],
    value: Spanned<DeValue<'t>>,
    at: usize,
) -> Result<(), String> {
    let [part, rest @ ..] = path else {
        return Ok(());
    };
    let key = key(table, part)?;
    if rest.is_empty() {
        // The place of what was there goes with it.
        table.remove(key.as_str());
        table.insert(Spanned::new(at..at, Cow::Owned(key)), value);
        return Ok(());
    }
    if !table.contains_key(key.as_str()) {
        let empty = Spanned::new(at..at, DeValue::Table(DeTable::new()));
        table.insert(Spanned::new(at..at, Cow::Owned(key.clone())), empty);
    }
    match table.get_mut(key.as_str()).map(Spanned::get_mut) {
        Some(DeValue::Table(inner)) => put(inner, rest, value, at),
        Some(DeValue::Array(_)) => Err(format!(
            "{key} is a list: a variable sets all of it, or what is no part of a list"
        )),
        _ => Err(format!("{key} is no table: nothing stands inside it")),
    }
}

/// The key of a table that is meant by a part of a variable's name.
fn key(table: &DeTable<'_>, part: &str) -> Result<String, String> {
    let folded = |key: &str| key.to_ascii_lowercase().replace('-', "_");
    let meant: Vec<&str> = table
        .keys()
        .map(|key| key.get_ref().as_ref())
        .filter(|key| folded(key) == folded(part))
        .collect();
    match meant.as_slice() {
        [] => Ok(part.to_ascii_lowercase()),
        [key] => Ok((*key).to_owned()),
        several if several.contains(&part) => Ok(part.to_owned()),
        several => Err(format!(
            "{part} may be each of {}: write it as one of them",
            several.join(", ")
        )),
    }
}
