//! Environment, files and clock, for whatever is told of them.

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use firstsight_config::{Surroundings, VARIABLES};
use firstsight_daemon::Clock;
use firstsight_engine::Time;

/// Configurations, secrets and templates are small.
const LARGEST: u64 = 1 << 20;

/// The real environment and files, with the daemon's clock.
#[derive(Debug)]
pub(crate) struct Real {
    clock: Arc<dyn Clock>,
}

impl Real {
    pub(crate) fn of(clock: &Arc<dyn Clock>) -> Self {
        Self {
            clock: Arc::clone(clock),
        }
    }
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
        self.clock.now()
    }
}

/// The variables that are laid over the configuration.
pub(crate) fn overlaid() -> Vec<(String, String)> {
    let ours = |name: &str| {
        name.get(..VARIABLES.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(VARIABLES))
    };
    let all = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    all.filter(|(name, _)| ours(name)).collect()
}

/// The folder of states that systemd has made (`StateDirectory=`); the first of several.
pub(crate) fn state_directory() -> Option<PathBuf> {
    let named = std::env::var_os("STATE_DIRECTORY").filter(|path| !path.is_empty())?;
    std::env::split_paths(&named).next()
}

/// The operating system's random bytes.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    getrandom::fill(bytes)
}
