//! Standard output and files.

use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::path::Path;

use crate::failure::Failure;

/// Writes a text to standard output; a closed pipe is [`Failure::Closed`].
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    to_stdout(text).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::Closed,
        _ => Failure::new(format!("cannot write to standard output: {error}")),
    })
}

/// Writes a text to a file, or to standard output where none is named.
pub(crate) fn emit(text: &str, path: Option<&Path>) -> Result<(), Failure> {
    match path {
        None => print(text),
        Some(path) => to_file(text, path).map_err(|error| cannot_write(path, &error)),
    }
}

pub(crate) fn to_stdout(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Replaces a file whole or not at all; the one behind a link, where there is one. What is no regular file (a device, a
/// pipe) is written to.
pub(crate) fn to_file(text: &str, path: &Path) -> io::Result<()> {
    if path.metadata().is_ok_and(|known| !known.is_file()) {
        let mut special = OpenOptions::new().write(true).open(path)?;
        return special.write_all(text.as_bytes());
    }
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let written = std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&beside);
    }
    written
}

pub(crate) fn cannot_write(path: &Path, error: &(dyn std::error::Error + 'static)) -> Failure {
    let hint = match error.downcast_ref::<io::Error>().map(io::Error::kind) {
        Some(io::ErrorKind::NotFound) => "; does its folder exist?",
        Some(io::ErrorKind::PermissionDenied) => "; is its folder writable?",
        _ => "",
    };
    Failure::new(format!("cannot write {}: {error}{hint}", path.display()))
}
