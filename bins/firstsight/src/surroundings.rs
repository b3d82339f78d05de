//! Environment, files and clock, for whatever is told of them.

use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use firstsight_config::Surroundings;
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
