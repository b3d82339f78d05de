//! What is wrong with a configuration.

use std::fmt;

/// A mistake, with its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mistake {
    /// Its line, from 1; 0 where it is about the whole file, or in a variable.
    pub line: usize,
    /// The environment variable that it stands in, in place of a line.
    pub variable: Option<String>,
    /// The key, as `sinks.chat.url`; empty where it is about no key.
    pub key: String,
    /// What is wrong, and what to do.
    pub said: String,
}

impl Mistake {
    /// On one line, with the file's name: `file:line: key: what is wrong`; or with the variable's, where it stands there.
    #[must_use]
    pub fn in_file(&self, file: &str) -> String {
        let file = self.variable.as_deref().unwrap_or(file);
        let line = match self.line {
            0 => String::new(),
            line => format!(":{line}"),
        };
        let key = match self.key.as_str() {
            "" => String::new(),
            key => format!("{key}: "),
        };
        format!("{file}{line}: {key}{}", self.said)
    }
}

/// A configuration that cannot be used: everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The file.
    pub file: String,
    /// The mistakes, by line; never empty.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [only] = self.mistakes.as_slice() {
            return f.write_str(&only.in_file(&self.file));
        }
        write!(f, "{}: {} mistakes", self.file, self.mistakes.len())?;
        for mistake in &self.mistakes {
            write!(f, "\n  {}", mistake.in_file(&self.file))?;
        }
        Ok(())
    }
}
