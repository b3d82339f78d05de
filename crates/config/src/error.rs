//! What is wrong with a configuration.

use std::fmt;

/// A mistake, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Its line, from 1; 0 where it is about the whole file.
    pub line: usize,
    /// The key, as `sinks.chat.url`.
    pub key: String,
    /// What is wrong, and what to do.
    pub said: String,
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
        let _ = f;
        todo!()
    }
}
