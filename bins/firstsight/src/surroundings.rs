//! Environment, files and clock, for whatever is told of them.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use firstsight_config::{Surroundings, VARIABLES};
use firstsight_engine::Time;

/// The real ones.
#[derive(Debug)]
struct Real;

/// Secrets and templates are small.
const LARGEST: u64 = 1 << 20;

/// The real environment, files and clock.
pub(crate) fn real() -> Arc<dyn Surroundings> {
    Arc::new(Real)
}

/// The variables that are laid over a configuration.
pub(crate) fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())))
        .filter(|(name, _)| {
            name.get(..VARIABLES.len())
                .is_some_and(|begin| begin.eq_ignore_ascii_case(VARIABLES))
        })
        .collect()
}

impl Surroundings for Real {
    #[allow(
        clippy::disallowed_methods,
        reason = "the binary is where the environment is read"
    )]
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        let mut text = String::new();
        let read = std::fs::File::open(path)?
            .take(LARGEST + 1)
            .read_to_string(&mut text)?;
        if read as u64 > LARGEST {
            return Err(io::Error::other(format!("it has more than {LARGEST} bytes")));
        }
        Ok(text)
    }

    fn now(&self) -> Time {
        crate::clock::now()
    }
}
