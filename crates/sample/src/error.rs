//! What can go wrong.

use std::io;
use std::path::PathBuf;

/// Why a sample could not be made or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// A setting makes no sense. Nothing was made.
    #[error("sample setting {field}: {reason}")]
    Config {
        /// The field of [`SampleConfig`](crate::SampleConfig).
        field: &'static str,
        /// What it must be.
        reason: &'static str,
    },
    /// The folder to write into already holds something. Nothing was written.
    #[error("{} is not empty: choose another folder, or allow adding to it", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// The file system refused. Files written before stay; the one named here may be incomplete.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
