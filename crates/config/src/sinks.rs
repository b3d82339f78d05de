//! The sinks of a configuration, as they stand there.

/// A secret as it is named: never printed.
#[derive(Clone)]
pub enum SecretRef {
    /// In an environment variable.
    Env(String),
    /// In a file; white space around it is left out.
    File(std::path::PathBuf),
    /// In the configuration itself.
    Literal(secrecy::SecretString),
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

/// A sink.
#[derive(Clone, Debug)]
pub struct SinkConfig {
    /// Its name: letters, digits, `-` and `_`; of a target, `SINK:TARGET`.
    pub name: String,
    /// What it is.
    pub kind: SinkKind,
}

/// What a sink is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SinkKind {}
