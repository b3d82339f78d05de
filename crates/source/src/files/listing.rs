//! What a listing of files found.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use firstsight_cloudtrail::Timestamp;

use super::name::encode;
use crate::layout::TrailFile;
use crate::{Partition, UnitId};

/// What a [`FileSource`](super::FileSource) has for a window: what would be read, and what was left out and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Listing {
    /// The files, the largest first, then by path. Each is one partition and one unit.
    pub files: Vec<ListedFile>,
    /// What was passed over, by reason. A folder that was passed over whole, unopened, counts once.
    pub passed_over: BTreeMap<PassedOver, u64>,
    /// What could not be listed, by path: what it holds is missing from `files`. Each is a partition too, and reading
    /// that gives the error, so that no caller takes the window for complete.
    pub unreadable: Vec<Unreadable>,
}

impl Listing {
    /// The size of all files together, in bytes as they lie there.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// A moment that no record of these files is behind: the end of the latest delivery's minute. `None` when there is
    /// no file, or one whose name does not tell when it was delivered. What is unreadable is not asked.
    #[must_use]
    pub fn newest(&self) -> Option<Timestamp> {
        let newest = self.files.iter().map(ListedFile::delivered).max()??;
        // `None` sorts first: one file without a time hides behind the newest.
        let all_tell = self.files.iter().all(|file| file.trail.is_some());
        all_tell.then(|| newest.plus_millis(60_000))
    }

    /// One partition for each file, then one for each place that could not be listed.
    #[must_use]
    pub fn partitions(&self) -> Vec<Partition> {
        let files = self.files.iter().map(ListedFile::partition);
        files
            .chain(self.unreadable.iter().map(Unreadable::partition))
            .collect()
    }
}

/// A file that would be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedFile {
    /// Where it was found, as an absolute path; `-` for standard input.
    pub path: PathBuf,
    /// Its unit.
    pub unit: UnitId,
    /// Its size in bytes; 0 for a stream, whose size nobody knows.
    pub size: u64,
    /// What its name tells, when it is a trail's.
    pub trail: Option<TrailFile>,
}

impl ListedFile {
    /// When it was delivered, to the minute, when its name tells.
    #[must_use]
    pub fn delivered(&self) -> Option<Timestamp> {
        self.trail.as_ref().map(|trail| trail.delivered)
    }

    fn partition(&self) -> Partition {
        Partition {
            id: encode(&self.path),
            units: vec![self.unit.clone()],
            size_hint: self.size,
        }
    }
}

/// A folder or file that could not be listed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unreadable {
    /// Where, as an absolute path.
    pub path: PathBuf,
    /// What the system said.
    pub reason: String,
}

impl Unreadable {
    fn partition(&self) -> Partition {
        Partition {
            id: encode(&self.path),
            units: Vec::new(),
            size_hint: 0,
        }
    }
}

/// Why something that a SOURCE names is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PassedOver {
    /// Its name starts with a dot.
    Hidden,
    /// Its name does not look like CloudTrail: see [`FileSource`](super::FileSource).
    OtherExtension,
    /// CloudTrail's digests: hashes, no records.
    Digest,
    /// CloudTrail Insights events.
    Insight,
    /// Another service's folder beside CloudTrail's.
    OtherService,
    /// Delivered outside of the window.
    OutsideWindow,
    /// Found before, under this or another name.
    Duplicate,
    /// A folder that was walked before, or that a symbolic link leads back to.
    FolderSeen,
    /// A device, a socket, or a symbolic link that leads nowhere.
    NoFile,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hidden => "hidden",
            Self::OtherExtension => "another kind of file by name",
            Self::Digest => "CloudTrail digest",
            Self::Insight => "CloudTrail Insights",
            Self::OtherService => "another service's logs",
            Self::OutsideWindow => "delivered outside of the window",
            Self::Duplicate => "named twice",
            Self::FolderSeen => "folder walked before",
            Self::NoFile => "no regular file",
        })
    }
}
