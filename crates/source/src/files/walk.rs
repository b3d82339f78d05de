//! Finds the files that SOURCE arguments name.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, FileType, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use super::listing::{ListedFile, Listing, PassedOver, Unreadable};
use super::name::{encode, unit_of};
use super::pattern::{Level, Pattern, is_pattern};
use super::{STDIN, stream_unit};
use crate::SourceError;
use crate::layout::{Beside, DeliveryWindow, TrailFile, folder_dates};

/// How the walk sees a folder: replaced in tests, to break it.
pub(super) type ReadFolder<'a> = dyn Fn(&Path) -> io::Result<Vec<Entry>> + 'a;

/// One name in a folder.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) path: PathBuf,
    /// Of the entry itself, links not followed.
    pub(super) kind: FileType,
}

/// A folder's entries, by name.
pub(super) fn read_folder(path: &Path) -> io::Result<Vec<Entry>> {
    WalkDir::new(path)
        .min_depth(1)
        .max_depth(1)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| {
            // Without walkdir's own words: the path is told beside the reason.
            let entry = entry.map_err(|error| {
                error
                    .into_io_error()
                    .unwrap_or_else(|| io::ErrorKind::Other.into())
            })?;
            Ok(Entry {
                kind: entry.file_type(),
                path: entry.into_path(),
            })
        })
        .collect()
}

/// How a file came to be looked at, which decides what its name has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// Named by itself: taken, whatever its name.
    Named,
    /// Matches a pattern: taken, unless it is known to hold no records.
    Matched,
    /// In a folder: taken if it looks like CloudTrail.
    Walked,
}

/// Collects what the SOURCE arguments name, each file once.
pub(super) struct Walk<'a> {
    window: DeliveryWindow,
    /// Names this run's streams, if the program gave a name.
    run_id: Option<&'a str>,
    read_folder: &'a ReadFolder<'a>,
    /// By path with links resolved.
    files: BTreeMap<PathBuf, ListedFile>,
    folders: BTreeSet<PathBuf>,
    passed_over: BTreeMap<PassedOver, u64>,
    unreadable: BTreeSet<Unreadable>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(
        window: DeliveryWindow,
        run_id: Option<&'a str>,
        read_folder: &'a ReadFolder<'a>,
    ) -> Self {
        Self {
            window,
            run_id,
            read_folder,
            files: BTreeMap::new(),
            folders: BTreeSet::new(),
            passed_over: BTreeMap::new(),
            unreadable: BTreeSet::new(),
        }
    }

    pub(super) fn finish(self) -> Listing {
        let mut files: Vec<_> = self.files.into_values().collect();
        files.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.path.cmp(&b.path)));
        Listing {
            files,
            passed_over: self.passed_over,
            unreadable: self.unreadable.into_iter().collect(),
        }
    }

    /// Adds what one argument names. A path that is there is that path, even if it could be a pattern.
    pub(super) fn source(&mut self, argument: &OsStr) -> Result<(), SourceError> {
        let shown = || encode(Path::new(argument));
        if argument == STDIN {
            return self.stream(PathBuf::from(STDIN), STDIN.into());
        }
        if argument.is_empty() {
            return Err(SourceError::Invalid {
                name: "SOURCE".into(),
                reason: "empty (give a file, a folder, a pattern, or - for standard input)".into(),
            });
        }
        let path = std::path::absolute(argument).map_err(|error| SourceError::from_io(shown(), error))?;
        match (fs::metadata(&path), argument.to_str()) {
            (Ok(metadata), _) => self.named(path, &metadata, shown),
            (Err(error), Some(text)) if is_absent(&error) && is_pattern(text) => self.pattern(text),
            (Err(error), _) if is_absent(&error) => Err(not_found(shown(), &path)),
            (Err(error), _) => Err(SourceError::from_io(shown(), error)),
        }
    }

    /// What was named by itself has to be readable now, while somebody looks.
    fn named(
        &mut self,
        path: PathBuf,
        metadata: &Metadata,
        shown: impl Fn() -> String,
    ) -> Result<(), SourceError> {
        if metadata.is_dir() {
            (self.read_folder)(&path).map_err(|error| SourceError::from_io(shown(), error))?;
            self.folder(path);
        } else if metadata.is_file() {
            self.file(&path, None, Found::Named);
        } else {
            return self.stream(path, shown());
        }
        Ok(())
    }

    fn stream(&mut self, path: PathBuf, shown: String) -> Result<(), SourceError> {
        let Some(run_id) = self.run_id else {
            return Err(SourceError::Invalid {
                name: shown,
                reason:
                    "a stream, which only a program that names its runs can read (FileSourceBuilder::run_id)"
                        .into(),
            });
        };
        let file = ListedFile {
            unit: stream_unit(&encode(&path), run_id),
            size: 0,
            trail: None,
            path: path.clone(),
        };
        if self.files.insert(path, file).is_some() {
            self.pass_over(PassedOver::Duplicate);
        }
        Ok(())
    }

    fn pattern(&mut self, text: &str) -> Result<(), SourceError> {
        let pattern = Pattern::parse(text).map_err(|reason| SourceError::Invalid {
            name: text.into(),
            reason,
        })?;
        let base = if pattern.base.as_os_str().is_empty() {
            Path::new(".")
        } else {
            &pattern.base
        };
        let base = std::path::absolute(base).map_err(|error| SourceError::from_io(text, error))?;
        let before = self.seen();
        self.expand(base.clone(), &pattern.levels);
        if self.seen() > before {
            return Ok(());
        }
        Err(SourceError::NotFound {
            name: text.into(),
            reason: format!("read as a pattern, and nothing in {} matches it", encode(&base)),
        })
    }

    /// How much was found so far, whatever became of it.
    fn seen(&self) -> u64 {
        let listed = self.files.len() + self.folders.len() + self.unreadable.len();
        listed as u64 + self.passed_over.values().sum::<u64>()
    }

    /// Follows a pattern down from a folder, opening only folders that can match.
    fn expand(&mut self, base: PathBuf, levels: &[Level]) {
        let mut visited = BTreeSet::new();
        let mut pending = vec![(base, levels)];
        while let Some((at, levels)) = pending.pop() {
            match levels.split_first() {
                None => self.matched(at),
                Some((Level::Name(name), rest)) => {
                    let path = at.join(name);
                    if fs::metadata(&path).is_ok() {
                        pending.push((path, rest));
                    }
                }
                Some((Level::AnyDepth, [])) => self.folder(at),
                Some((Level::AnyDepth, rest)) => {
                    // A link may lead back up, and `**` comes by again with fewer levels left.
                    if self
                        .resolve(&at)
                        .is_some_and(|folder| visited.insert((folder, rest.len())))
                    {
                        let below = self.subfolders(&at).into_iter().map(|path| (path, levels));
                        pending.extend(below);
                        pending.push((at, rest));
                    }
                }
                Some((level, rest)) => {
                    let entries = self.entries(&at).into_iter().map(|entry| entry.path);
                    let matching = entries.filter(|path| {
                        path.file_name()
                            .is_some_and(|name| level.matches(Path::new(name)))
                    });
                    pending.extend(matching.map(|path| (path, rest)));
                }
            }
        }
    }

    /// Takes what a whole pattern matched: a file, or a folder to walk.
    fn matched(&mut self, path: PathBuf) {
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => {
                if self.admits(&path) {
                    self.folder(path);
                }
            }
            Ok(metadata) if metadata.is_file() => self.file(&path, None, Found::Matched),
            Ok(_) => self.pass_over(PassedOver::NoFile),
            Err(error) => self.absent(path, &error),
        }
    }

    /// The folders in a folder that `**` goes down to.
    fn subfolders(&mut self, at: &Path) -> Vec<PathBuf> {
        let mut folders: Vec<_> = self
            .entries(at)
            .into_iter()
            .filter(is_folder)
            .map(|entry| entry.path)
            .collect();
        folders.retain(|path| !is_hidden(path) && self.admits(path));
        folders
    }

    /// A folder's entries on a pattern's way; none where there is no folder.
    fn entries(&mut self, at: &Path) -> Vec<Entry> {
        match (self.read_folder)(at) {
            Ok(entries) => entries,
            Err(error) if is_absent(&error) => Vec::new(),
            Err(error) => {
                self.cannot_read(at.into(), &error);
                Vec::new()
            }
        }
    }

    /// Walks a folder and all below it. Each folder is walked once, so links that lead back up end.
    fn folder(&mut self, root: PathBuf) {
        let mut pending = vec![root];
        while let Some(folder) = pending.pop() {
            let Some(resolved) = self.resolve(&folder) else {
                continue;
            };
            if !self.folders.insert(resolved.clone()) {
                self.pass_over(PassedOver::FolderSeen);
                continue;
            }
            match (self.read_folder)(&folder) {
                Ok(entries) => pending.extend(
                    entries
                        .into_iter()
                        .filter_map(|entry| self.entry(entry, &resolved)),
                ),
                Err(error) => self.cannot_read(folder, &error),
            }
        }
    }

    /// Takes an entry of a walked folder; gives it back when it is a folder to walk.
    fn entry(&mut self, entry: Entry, folder: &Path) -> Option<PathBuf> {
        let Entry { path, kind } = entry;
        if is_hidden(&path) {
            self.pass_over(PassedOver::Hidden);
        } else if kind.is_symlink() {
            return self.link(path);
        } else if kind.is_dir() {
            return self.admits(&path).then_some(path);
        } else if kind.is_file() {
            self.file(&path, Some(folder), Found::Walked);
        } else {
            self.pass_over(PassedOver::NoFile);
        }
        None
    }

    fn link(&mut self, path: PathBuf) -> Option<PathBuf> {
        match fs::metadata(&path) {
            Ok(target) if target.is_dir() => return self.admits(&path).then_some(path),
            Ok(target) if target.is_file() => self.file(&path, None, Found::Walked),
            Ok(_) => self.pass_over(PassedOver::NoFile),
            Err(error) => self.absent(path, &error),
        }
        None
    }

    /// Whether a folder can hold records of the window; counts it if not.
    fn admits(&mut self, folder: &Path) -> bool {
        let key = key_of(folder);
        let reason = match Beside::of_folder(&key) {
            Some(beside) => Some(beside.into()),
            None => folder_dates(&key)
                .filter(|dates| !self.window.touches(dates))
                .map(|_| PassedOver::OutsideWindow),
        };
        reason.into_iter().for_each(|reason| self.pass_over(reason));
        reason.is_none()
    }

    /// Takes a file, unless its name says otherwise. `folder` is the one it lies in, when it is no link and that folder
    /// has been resolved.
    fn file(&mut self, path: &Path, folder: Option<&Path>, found: Found) {
        let name = path.file_name().unwrap_or_default();
        let text = name.to_string_lossy();
        let trail = TrailFile::parse(&text);
        if let Some(reason) = self.unwanted(&text, trail.as_ref(), found) {
            return self.pass_over(reason);
        }
        let resolved = folder.map_or_else(|| self.resolve(path), |folder| Some(folder.join(name)));
        let Some(resolved) = resolved else { return };
        if self.files.contains_key(&resolved) {
            return self.pass_over(PassedOver::Duplicate);
        }
        match fs::metadata(&resolved) {
            Ok(metadata) => {
                let file = ListedFile {
                    path: path.into(),
                    unit: unit_of(&resolved, &metadata),
                    size: metadata.len(),
                    trail,
                };
                self.files.insert(resolved, file);
            }
            Err(error) => self.absent(path.into(), &error),
        }
    }

    fn unwanted(&self, name: &str, trail: Option<&TrailFile>, found: Found) -> Option<PassedOver> {
        if found != Found::Named
            && let Some(beside) = Beside::of_file(name)
        {
            return Some(beside.into());
        }
        if found == Found::Walked && !looks_like_a_log(name) {
            return Some(PassedOver::OtherExtension);
        }
        let outside = trail.is_some_and(|trail| !self.window.takes(trail.delivered));
        outside.then_some(PassedOver::OutsideWindow)
    }

    fn resolve(&mut self, path: &Path) -> Option<PathBuf> {
        match fs::canonicalize(path) {
            Ok(resolved) => Some(resolved),
            Err(error) => {
                self.absent(path.into(), &error);
                None
            }
        }
    }

    /// What was listed a moment ago and is gone: a link that leads nowhere, or a file that was taken away.
    fn absent(&mut self, path: PathBuf, error: &io::Error) {
        if is_absent(error) {
            self.pass_over(PassedOver::NoFile);
        } else {
            self.cannot_read(path, error);
        }
    }

    fn cannot_read(&mut self, path: PathBuf, error: &io::Error) {
        self.unreadable.insert(Unreadable {
            path,
            reason: error.to_string(),
        });
    }

    fn pass_over(&mut self, reason: PassedOver) {
        *self.passed_over.entry(reason).or_default() += 1;
    }
}

impl From<Beside> for PassedOver {
    fn from(beside: Beside) -> Self {
        match beside {
            Beside::Digest => Self::Digest,
            Beside::Insight => Self::Insight,
            Beside::OtherService => Self::OtherService,
        }
    }
}

/// The path as an object key: what the S3 layout is read from.
pub(super) fn key_of(path: &Path) -> String {
    let text = path.to_string_lossy();
    if std::path::MAIN_SEPARATOR == '/' {
        text.into_owned()
    } else {
        text.replace(std::path::MAIN_SEPARATOR, "/")
    }
}

/// Nothing has this name, or could: a pattern may be longer than names can be.
fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::InvalidFilename
    )
}

fn not_found(name: String, path: &Path) -> SourceError {
    let reason = if fs::symlink_metadata(path).is_ok() {
        "a symbolic link that leads nowhere".into()
    } else {
        format!("no such file or folder, looked for {}", encode(path))
    };
    SourceError::NotFound { name, reason }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name()
        .is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// A folder, or a link to one.
fn is_folder(entry: &Entry) -> bool {
    entry.kind.is_dir()
        || (entry.kind.is_symlink() && fs::metadata(&entry.path).is_ok_and(|target| target.is_dir()))
}

/// Whether a file in a folder is worth reading, by its name: one of the known endings, or none at all, as S3 objects
/// that other tools wrote have it. A name of capitals alone (LICENSE, README) is for people.
fn looks_like_a_log(name: &str) -> bool {
    const ENDINGS: [&str; 8] = ["json", "jsonl", "ndjson", "log", "gz", "gzip", "zst", "zstd"];
    match name.rsplit_once('.') {
        Some((_, ending)) => ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)),
        None => !name.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_'),
    }
}

#[cfg(test)]
mod tests {
    use firstsight_cloudtrail::TimeRange;

    use super::*;

    fn walk<'a>(read_folder: &'a ReadFolder<'a>) -> Walk<'a> {
        Walk::new(
            DeliveryWindow::new(&TimeRange::ALL, DeliveryWindow::LATENESS),
            None,
            read_folder,
        )
    }

    /// A folder `logs` with `a.json` and a folder `closed`, which the reader given here cannot open.
    fn tree() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(folder.path().join("logs/closed")).expect("made");
        fs::write(folder.path().join("logs/a.json"), "{}").expect("written");
        fs::write(folder.path().join("logs/closed/b.json"), "{}").expect("written");
        folder
    }

    fn closed(path: &Path) -> io::Result<Vec<Entry>> {
        if path.ends_with("closed") {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        read_folder(path)
    }

    #[test]
    fn a_folder_that_cannot_be_opened_is_reported_and_the_rest_is_found() {
        let tree = tree();
        for source in ["", "logs", "logs/*", "**/*.json", "logs/**"] {
            let mut walk = walk(&closed);
            walk.source(tree.path().join(source).as_os_str()).expect("listed");
            let listing = walk.finish();
            let found: Vec<_> = listing.files.iter().map(|file| file.path.clone()).collect();
            assert_eq!(found, [tree.path().join("logs/a.json")], "{source}");
            let unreadable = Unreadable {
                path: tree.path().join("logs/closed"),
                reason: "permission denied".into(),
            };
            assert_eq!(listing.unreadable, [unreadable], "{source}");
            let ids: Vec<_> = listing
                .partitions()
                .into_iter()
                .map(|partition| partition.id)
                .collect();
            assert_eq!(
                ids,
                [encode(&found[0]), encode(&listing.unreadable[0].path)],
                "{source}"
            );
        }
    }

    #[test]
    fn a_folder_named_itself_that_cannot_be_opened_is_an_error() {
        let tree = tree();
        let error = walk(&closed).source(tree.path().join("logs/closed").as_os_str());
        assert!(matches!(error, Err(SourceError::Denied { .. })), "{error:?}");
    }

    #[test]
    fn a_pattern_opens_only_folders_that_can_match() {
        let tree = tree();
        let opened = std::sync::Mutex::new(Vec::new());
        let reader = |path: &Path| {
            opened.lock().expect("sound").push(path.to_path_buf());
            read_folder(path)
        };
        let mut walk = walk(&reader);
        walk.source(tree.path().join("l*/a.json").as_os_str())
            .expect("listed");
        assert_eq!(walk.finish().files.len(), 1);
        assert_eq!(*opened.lock().expect("sound"), [tree.path()]);
    }

    #[test]
    fn dated_folders_outside_of_the_window_are_not_opened() {
        let tree = tempfile::tempdir().expect("a folder");
        let region = tree.path().join("AWSLogs/111122223333/CloudTrail/eu-west-1");
        for day in ["2025/12/30", "2026/01/30", "2026/01/31", "2026/02/01"] {
            fs::create_dir_all(region.join(day)).expect("made");
        }
        let opened = std::sync::Mutex::new(Vec::new());
        let reader = |path: &Path| {
            opened
                .lock()
                .expect("sound")
                .extend(path.strip_prefix(&region).map(Path::to_path_buf));
            read_folder(path)
        };
        let hour = "2026-01-31T12:00:00Z"
            .parse()
            .map(|time: firstsight_cloudtrail::Timestamp| time.hour());
        let window = TimeRange::hours_before(hour.expect("a time"), 1);
        let mut walk = Walk::new(
            DeliveryWindow::new(&window, DeliveryWindow::LATENESS),
            None,
            &reader,
        );
        walk.source(tree.path().as_os_str()).expect("listed");
        let opened = opened.lock().expect("sound");
        let expected = ["", "2026", "2026/01", "2026/01/31"].map(PathBuf::from);
        assert_eq!(*opened, expected);
        assert_eq!(
            walk.finish().passed_over,
            BTreeMap::from([(PassedOver::OutsideWindow, 3)])
        );
    }

    #[test]
    fn names_of_logs_are_told_from_names_for_people() {
        for name in [
            "a.json",
            "A.JSON",
            "a.json.gz",
            "a.tar.gz",
            "records",
            "x-2026-01-31",
            "Makefile",
        ] {
            assert!(looks_like_a_log(name), "{name}");
        }
        for name in ["README.md", "LICENSE", "_SUCCESS", "a.csv", "a.", "json.txt"] {
            assert!(!looks_like_a_log(name), "{name}");
        }
    }
}
