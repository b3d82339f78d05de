//! The only part that touches a file system.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use flate2::{Compression, GzBuilder};

use crate::error::SampleError;
use crate::files::SampleFile;

/// What has been written so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Files.
    pub files: u64,
    /// Records in them, repeats included.
    pub records: u64,
    /// Bytes of JSON.
    pub json_bytes: u64,
    /// Bytes of the files.
    pub file_bytes: u64,
}

/// Writes files below a folder, gzip-compressed, and makes the folders on the way.
///
/// The bytes depend on the files alone: fixed compression, no time in the gzip header. `progress` is called after each
/// file. With `add` the folder may already hold something, and files of the same name are replaced.
///
/// # Errors
///
/// [`SampleError::NotEmpty`] where the folder holds something and `add` is off: nothing was written.
/// [`SampleError::Io`] names the path that could not be written: what was written before it stays.
pub fn write(
    files: impl IntoIterator<Item = SampleFile>,
    folder: &Path,
    add: bool,
    mut progress: impl FnMut(&SampleFile, &Written),
) -> Result<Written, SampleError> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    if !add && !is_empty(folder).map_err(at(folder))? {
        return Err(SampleError::NotEmpty {
            path: folder.to_owned(),
        });
    }
    let mut written = Written::default();
    for file in files {
        let compressed = compress(&file.body).map_err(at(folder))?;
        let path = folder.join(file.path.split('/').collect::<PathBuf>());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        fs::write(&path, &compressed).map_err(at(&path))?;
        written.files += 1;
        written.records += u64::from(file.records);
        written.json_bytes += file.body.len() as u64;
        written.file_bytes += compressed.len() as u64;
        progress(&file, &written);
    }
    Ok(written)
}

fn compress(body: &[u8]) -> io::Result<Vec<u8>> {
    let buffer = Vec::with_capacity(body.len() / 8);
    let mut encoder = GzBuilder::new().mtime(0).write(buffer, Compression::new(3));
    encoder.write_all(body)?;
    encoder.finish()
}

#[expect(
    clippy::disallowed_methods,
    reason = "whether there is an entry does not depend on their order"
)]
fn is_empty(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(folder)?.next().is_none())
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> SampleError {
    move |source| SampleError::Io {
        path: path.to_owned(),
        source,
    }
}
