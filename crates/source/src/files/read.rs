//! Reads one page of one file.

use std::fs::{self, File, Metadata};
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use super::name::{decode, encode, unit_of};
use super::stream::{Streams, lock};
use super::walk::{key_of, read_folder};
use super::{PageSize, STDIN, page_of, stream_unit};
use crate::layout::{TrailFile, folder_owner};
use crate::{Origin, Page, Partition, Position, SourceError, UnitId};

/// The page of a partition at a position; blocks.
pub(super) fn page(
    partition: &Partition,
    position: Option<&Position>,
    streams: &Streams,
    run_id: Option<&str>,
    size: PageSize,
) -> Result<Page, SourceError> {
    let name = &partition.id;
    let offset = offset_of(name, position)?;
    let path = decode(name).ok_or_else(|| invalid(name, "not a partition of a file source"))?;
    if let Some(stream) = streams.get(name) {
        let (unit, origin) = (
            stream_unit(name, run_id.unwrap_or_default()),
            origin_of(name, &path),
        );
        return lock(&stream).page(&unit, &origin, offset, size);
    }
    if name == STDIN {
        return Err(invalid(
            name,
            "standard input was not handed to this source (FileSourceBuilder::stdin)",
        ));
    }
    let metadata = fs::metadata(&path).map_err(|error| SourceError::from_io(name, error))?;
    if metadata.is_file() {
        file_page(partition, &path, offset, size)
    } else if metadata.is_dir() {
        Err(folder_error(name, &path))
    } else {
        let run_id = run_id.ok_or_else(|| {
            invalid(
                name,
                "a stream, and this run has no name (FileSourceBuilder::run_id)",
            )
        })?;
        let stream = streams.at(name, &path);
        lock(&stream).page(&stream_unit(name, run_id), &origin_of(name, &path), offset, size)
    }
}

fn file_page(partition: &Partition, path: &Path, offset: u64, size: PageSize) -> Result<Page, SourceError> {
    let name = &partition.id;
    let failed = |error| SourceError::from_io(name, error);
    let mut file = File::open(path).map_err(failed)?;
    let resolved = fs::canonicalize(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    let unit = unit_of(&resolved, &metadata);
    same_unit(partition, &unit)?;
    let length = metadata.len();
    if offset >= length.max(1) {
        return Err(invalid(
            name,
            &format!("no position of this file: byte {offset} of {length}"),
        ));
    }
    let want = (length - offset).min(size.page as u64);
    let mut bytes = Vec::with_capacity(usize::try_from(want).unwrap_or(size.page));
    file.seek(SeekFrom::Start(offset)).map_err(failed)?;
    file.by_ref().take(want).read_to_end(&mut bytes).map_err(failed)?;
    unchanged(
        name,
        &metadata,
        &file.metadata().map_err(failed)?,
        bytes.len() as u64 == want,
    )?;
    let last = offset + want == length;
    Ok(page_of(
        &unit,
        &origin_of(name, path),
        offset,
        &bytes.into(),
        last,
        size,
    ))
}

/// The file has to be the one that was listed: the path with links resolved, the size and the time of writing.
fn same_unit(partition: &Partition, found: &UnitId) -> Result<(), SourceError> {
    if partition.units.as_slice() == std::slice::from_ref(found) {
        return Ok(());
    }
    let listed = partition
        .units
        .first()
        .map_or("nothing that could be read", |unit| &unit.0);
    Err(SourceError::Changed {
        name: partition.id.clone(),
        reason: format!("listed {listed}, found {found}"),
    })
}

fn unchanged(name: &str, before: &Metadata, after: &Metadata, complete: bool) -> Result<(), SourceError> {
    let written = before.modified().ok() != after.modified().ok();
    if complete && !written && before.len() == after.len() {
        return Ok(());
    }
    Err(SourceError::Changed {
        name: name.into(),
        reason: format!(
            "{} bytes before reading, {} after, written to in between",
            before.len(),
            after.len()
        ),
    })
}

/// Why a folder that could not be listed cannot be; its partition stands for what is missing.
fn folder_error(name: &str, path: &Path) -> SourceError {
    match read_folder(path) {
        Err(error) => SourceError::from_io(name, error),
        Ok(_) => SourceError::Changed {
            name: name.into(),
            reason: "a folder that could not be listed then, and can be now".into(),
        },
    }
}

/// Account and region as the file's name tells them, else its folders.
fn origin_of(name: &str, path: &Path) -> Origin {
    let file_name = path.file_name().unwrap_or_default().to_string_lossy();
    let key = key_of(path);
    let (account, region) = match TrailFile::parse(&file_name) {
        Some(trail) => (Some(trail.account), Some(trail.region)),
        None => folder_owner(&key)
            .map(|(account, region)| (account.into(), region.into()))
            .unzip(),
    };
    Origin {
        name: if name == STDIN {
            "stdin".into()
        } else {
            encode(path)
        },
        account,
        region,
    }
}

/// A position inside a unit: the offset of the next byte.
pub(super) fn position_at(offset: u64) -> Position {
    Position {
        token: offset.to_be_bytes().to_vec(),
        durable: false,
    }
}

fn offset_of(name: &str, position: Option<&Position>) -> Result<u64, SourceError> {
    let Some(position) = position else { return Ok(0) };
    let bytes = <[u8; 8]>::try_from(position.token.as_slice());
    bytes
        .map(u64::from_be_bytes)
        .map_err(|_| invalid(name, "the position is not one of a file source"))
}

fn invalid(name: &str, reason: &str) -> SourceError {
    SourceError::Invalid {
        name: name.into(),
        reason: reason.into(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    #[test]
    fn what_was_written_between_the_two_looks_of_a_page_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        let state = |bytes: &str, seconds: u64| {
            fs::write(&path, bytes).expect("written");
            let file = File::options().write(true).open(&path).expect("open");
            file.set_modified(UNIX_EPOCH + Duration::from_secs(seconds))
                .expect("set");
            file.metadata().expect("there")
        };
        let before = state("0123", 7);
        assert!(unchanged("a", &before, &state("0123", 7), true).is_ok());
        for (after, complete) in [
            (state("0123", 7), false),
            (state("4567", 8), true),
            (state("01", 7), true),
        ] {
            let changed = unchanged("a", &before, &after, complete);
            assert!(matches!(changed, Err(SourceError::Changed { .. })), "{changed:?}");
        }
    }
}
