//! Secrets, named rather than written.

use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::reading::{Section, Value};
use crate::shape::SECRET;

/// A secret as it is named: never printed.
#[derive(Clone)]
pub enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// In a file; white space around it is left out.
    File(PathBuf),
    /// In the configuration itself.
    Literal(SecretString),
}

impl std::fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "Env({name:?})"),
            Self::File(path) => write!(f, "File({path:?})"),
            Self::Literal(_) => f.write_str("Literal(…)"),
        }
    }
}

/// The secret under a key, if there is one.
pub(crate) fn secret(section: &Section<'_>, key: &str, folder: &Path) -> Option<SecretRef> {
    section.get(key).and_then(|value| read(&value, folder))
}

/// The secret under a key that has to be there.
pub(crate) fn required(section: &Section<'_>, key: &str, folder: &Path) -> Option<SecretRef> {
    section.require(key).and_then(|value| read(&value, folder))
}

/// A value that may be a secret. What is wrong with it is said without it.
pub(crate) fn read(value: &Value<'_>, folder: &Path) -> Option<SecretRef> {
    if !value.is_table() {
        let text = value.text()?;
        warn_of_text(value);
        return Some(SecretRef::Literal(text.to_owned().into()));
    }
    let section = value.section(&SECRET)?;
    match (section.get("env"), section.get("file")) {
        (Some(name), None) => name.parsed(variable).map(SecretRef::Env),
        (None, Some(path)) => Some(SecretRef::File(folder.join(path.text()?))),
        (Some(_), Some(_)) => {
            value.wrong("it is either in the environment (env) or in a file (file), not in both");
            None
        }
        (None, None) => {
            value.wrong("where the secret is, is missing: write { env = \"NAME\" } or { file = \"PATH\" }");
            None
        }
    }
}

/// Variables are where secrets may be.
fn warn_of_text(value: &Value<'_>) {
    if !value.place.is_variable() {
        value.warn("a secret stands in the file itself: { env = \"NAME\" } or { file = \"PATH\" } keeps it elsewhere");
    }
}

/// The name of a variable; what looks otherwise may be the secret itself, and is not repeated.
fn variable(name: &str) -> Result<String, &'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.chars().all(is_plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        Ok(name.to_owned())
    } else {
        Err("the name of an environment variable has letters, digits and _")
    }
}
