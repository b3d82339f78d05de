//! What SOURCE arguments name, what is passed over, and what is said when something is wrong.
#![cfg(feature = "files")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::files::{FileSource, Listing, PassedOver};
use firstsight_source::layout::{DeliveryWindow, TrailFile};
use firstsight_source::{LogSource, LogSourceExt, Partition, Position, SourceError};
use proptest::prelude::*;
use tempfile::TempDir;

/// A folder with these files, each holding its own name.
fn folder(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        write(&folder.path().join(file), file.as_bytes());
    }
    folder
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

async fn list(sources: &[PathBuf], window: &TimeRange) -> Listing {
    FileSource::new(sources).listing(window).await.unwrap()
}

/// The paths found below `root`, sorted.
fn found(listing: &Listing, root: &Path) -> Vec<String> {
    let below = |path: &Path| path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
    let mut paths: Vec<_> = listing.files.iter().map(|file| below(&file.path)).collect();
    paths.sort();
    paths
}

/// What a source finds of these files, and what it passes over.
async fn find(files: &[&str], source: &str) -> (Vec<String>, BTreeMap<PassedOver, u64>) {
    let folder = folder(files);
    let listing = list(&[folder.path().join(source)], &TimeRange::ALL).await;
    assert_eq!(listing.unreadable, []);
    (found(&listing, folder.path()), listing.passed_over)
}

async fn refused(source: FileSource) -> String {
    source.partitions(&TimeRange::ALL).await.unwrap_err().to_string()
}

#[tokio::test]
async fn a_folder_is_walked_and_takes_what_looks_like_cloudtrail() {
    let files = [
        "a.json",
        "b/c/d.JSON.gz",
        "b/e.ndjson.zst",
        "b/f.jsonl",
        "b/g.log",
        "b/stream-1-2026-01-31-uuid",
        "b/h.gzip",
        "LICENSE",
        "_SUCCESS",
        "README.md",
        "b/table.csv",
        ".hidden.json",
        ".git/config.json",
    ];
    let (taken, passed_over) = find(&files, "").await;
    assert_eq!(
        taken,
        [
            "a.json",
            "b/c/d.JSON.gz",
            "b/e.ndjson.zst",
            "b/f.jsonl",
            "b/g.log",
            "b/h.gzip",
            "b/stream-1-2026-01-31-uuid"
        ]
    );
    assert_eq!(
        passed_over,
        BTreeMap::from([(PassedOver::Hidden, 2), (PassedOver::OtherExtension, 4)])
    );
}

#[tokio::test]
async fn a_file_named_by_itself_is_taken_whatever_its_name() {
    for name in ["notes.txt", ".hidden", "LICENSE", "x/CloudTrail-Digest/y.json.gz"] {
        let (taken, passed_over) = find(&[name, "other.json"], name).await;
        assert_eq!(
            (taken.as_slice(), passed_over.len()),
            (&[name.to_owned()][..], 0),
            "{name}"
        );
    }
}

#[tokio::test]
async fn patterns_match_as_in_a_shell() {
    let files = [
        "a.json",
        "b.json.gz",
        "x/a.json",
        "x/y/a.json",
        "x/y/b.txt",
        "x/.h/a.json",
        "z/n.txt",
    ];
    for (pattern, expected) in [
        ("*.json", &["a.json"][..]),
        ("*.{json,json.gz}", &["a.json", "b.json.gz"]),
        ("**/*.json", &["a.json", "x/a.json", "x/y/a.json"]),
        ("**/a.json", &["a.json", "x/a.json", "x/y/a.json"]),
        ("x/**/a.json", &["x/a.json", "x/y/a.json"]),
        ("x/**", &["x/a.json", "x/y/a.json"]),
        ("x/.*/*.json", &["x/.h/a.json"]),
        ("?/a.json", &["x/a.json"]),
        ("[w-y]/[!z]/*.json", &["x/y/a.json"]),
        ("**/y/../a.json", &["x/y/../a.json"]),
        // A folder that matches is walked, a file that matches is taken whatever its ending.
        ("[xz]", &["x/a.json", "x/y/a.json"]),
        ("z/*", &["z/n.txt"]),
        ("**/**/b.txt", &["x/y/b.txt"]),
    ] {
        assert_eq!(find(&files, pattern).await.0, expected, "{pattern}");
    }
}

#[tokio::test]
async fn a_pattern_may_be_longer_than_a_name() {
    let alternatives = (0..200).map(|n| format!("b{n}")).collect::<Vec<_>>().join(",");
    let (taken, _) = find(&["b7.json", "c.json"], &format!("{{{alternatives}}}.json")).await;
    assert_eq!(taken, ["b7.json"]);
}

#[tokio::test]
async fn a_path_that_is_there_is_no_pattern() {
    let (taken, _) = find(&["[a].json", "a.json"], "[a].json").await;
    assert_eq!(taken, ["[a].json"]);
    let (taken, _) = find(&["a.json"], "[a].json").await;
    assert_eq!(taken, ["a.json"]);
}

#[tokio::test]
async fn each_file_comes_once_however_often_it_is_named() {
    let folder = folder(&["x/a.json", "x/b.json"]);
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path().join("x/a.json"), folder.path().join("x/link.json")).unwrap();
    let sources =
        ["x/a.json", "x", "x/*.json", "**/a.json", "x/../x/b.json"].map(|source| folder.path().join(source));
    let listing = list(&sources, &TimeRange::ALL).await;
    assert_eq!(found(&listing, folder.path()), ["x/a.json", "x/b.json"]);
    assert!(
        listing.passed_over[&PassedOver::Duplicate] >= 4,
        "{:?}",
        listing.passed_over
    );
}

#[cfg(unix)]
#[tokio::test]
async fn links_that_lead_round_or_nowhere_end() {
    use std::os::unix::fs::symlink;

    let folder = folder(&["x/a.json"]);
    let root = folder.path();
    symlink(root, root.join("x/up")).unwrap();
    symlink(root.join("x"), root.join("again")).unwrap();
    symlink("nowhere", root.join("dangling.json")).unwrap();
    for source in [root.to_path_buf(), root.join("**/*.json"), root.join("**")] {
        let listing = list(std::slice::from_ref(&source), &TimeRange::ALL).await;
        let files = listing
            .files
            .iter()
            .map(|file| fs::canonicalize(&file.path).unwrap())
            .collect::<Vec<_>>();
        assert_eq!(
            files,
            [fs::canonicalize(root.join("x/a.json")).unwrap()],
            "{}",
            source.display()
        );
        assert_eq!(
            listing.passed_over.get(&PassedOver::NoFile),
            Some(&1),
            "{}",
            source.display()
        );
        assert_eq!(listing.unreadable, []);
    }
}

#[tokio::test]
async fn what_stands_beside_a_trail_is_passed_over() {
    let day = "p/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/31";
    let files = [
        &format!("{day}/111122223333_CloudTrail_us-east-1_20260131T1205Z_Ab3.json.gz"),
        "p/AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/01/31/d1.json.gz",
        "p/AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2026/01/31/i1.json.gz",
        "p/AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/01/31/v.log.gz",
        "flat/111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20260131T120500Z.json.gz",
    ];
    for source in ["", "**/*.gz"] {
        let (taken, passed_over) = find(&files, source).await;
        assert_eq!(taken, files[..1], "{source}");
        let digests = passed_over[&PassedOver::Digest];
        assert_eq!(
            (
                digests,
                passed_over[&PassedOver::Insight],
                passed_over[&PassedOver::OtherService]
            ),
            (2, 1, 1)
        );
    }
}

#[tokio::test]
async fn a_window_opens_only_the_hours_it_needs() {
    let file = |day: &str, time: &str| {
        let digits = day.replace('/', "");
        format!(
            "AWSLogs/o-ab/111122223333/CloudTrail/us-east-1/{day}/111122223333_CloudTrail_us-east-1_{digits}T{time}Z_U.json.gz"
        )
    };
    let files = [
        file("2026/01/30", "2355"),
        file("2026/01/31", "1155"),
        file("2026/01/31", "1200"),
        file("2026/01/31", "1455"),
        file("2026/01/31", "1500"),
        file("2026/02/01", "0000"),
        file("2025/12/31", "1200"),
        "flat/111122223333_CloudTrail_us-east-1_20260131T1301Z_V.json".to_owned(),
        "flat/111122223333_CloudTrail_us-east-1_20260131T0301Z_V.json".to_owned(),
        "flat/no-time.json".to_owned(),
    ];
    let folder = folder(&files.iter().map(String::as_str).collect::<Vec<_>>());
    let window = TimeRange::new(at("2026-01-31T12:00:00Z"), at("2026-01-31T13:00:00Z"));
    let listing = list(&[folder.path().into()], &window).await;
    let mut expected = [&files[2], &files[3], &files[7], &files[9]];
    expected.sort();
    assert_eq!(
        found(&listing, folder.path()).iter().collect::<Vec<_>>(),
        expected
    );
    // Three files by name, one day, one month and one year unopened.
    assert_eq!(
        listing.passed_over,
        BTreeMap::from([(PassedOver::OutsideWindow, 6)])
    );

    // Named by themselves, as a shell's pattern gives them: the names tell the same.
    let named = files.each_ref().map(|file| folder.path().join(file));
    assert_eq!(list(&named, &window).await.files, listing.files);

    let late = FileSource::builder()
        .source(folder.path())
        .lateness(std::time::Duration::from_secs(3 * 3600))
        .build();
    assert_eq!(late.listing(&window).await.unwrap().files.len(), 5);
}

#[tokio::test]
async fn the_newest_delivery_bounds_the_records_only_if_every_file_tells_it() {
    let names = [
        "111122223333_CloudTrail_us-east-1_20260131T1205Z_A.json",
        "111122223333_CloudTrail_us-east-1_20260131T1310Z_B.json",
    ];
    let folder = folder(&names);
    let source = FileSource::new([folder.path()]);
    assert_eq!(source.newest().await.unwrap(), Some(at("2026-01-31T13:11:00Z")));
    write(&folder.path().join("c.json"), b"");
    assert_eq!(source.newest().await.unwrap(), None);
    assert_eq!(FileSource::new([""; 0]).newest().await.unwrap(), None);
}

#[tokio::test]
async fn account_and_region_come_from_the_name_or_the_folders() {
    let files = [
        "444455556666_CloudTrail_eu-west-1_20260131T1205Z_A.json",
        "AWSLogs/111122223333/CloudTrail/us-east-2/2026/01/31/renamed.json",
        "plain.json",
    ];
    let folder = folder(&files);
    let mut units = FileSource::new([folder.path()])
        .read_units(&TimeRange::ALL)
        .await
        .unwrap();
    units.sort_by(|a, b| a.origin.name.cmp(&b.origin.name));
    let origins: Vec<_> = units
        .iter()
        .map(|unit| (unit.origin.account.as_deref(), unit.origin.region.as_deref()))
        .collect();
    assert_eq!(
        origins,
        [
            (Some("444455556666"), Some("eu-west-1")),
            (Some("111122223333"), Some("us-east-2")),
            (None, None)
        ]
    );
    assert!(units[2].origin.name.ends_with("/plain.json"));
}

#[tokio::test]
async fn the_largest_file_comes_first_and_equals_by_path() {
    let folder = tempfile::tempdir().unwrap();
    for (name, size) in [("b.json", 5), ("a.json", 5), ("c.json", 9)] {
        write(&folder.path().join(name), &vec![b'x'; size]);
    }
    let partitions = FileSource::new([folder.path()])
        .partitions(&TimeRange::ALL)
        .await
        .unwrap();
    let order: Vec<_> = partitions
        .iter()
        .map(|p| (p.id.rsplit('/').next().unwrap(), p.size_hint, p.units.len()))
        .collect();
    assert_eq!(order, [("c.json", 9, 1), ("a.json", 5, 1), ("b.json", 5, 1)]);
    let size = FileSource::new([folder.path()])
        .listing(&TimeRange::ALL)
        .await
        .unwrap()
        .bytes();
    assert_eq!(size, 19);
}

#[tokio::test]
async fn a_unit_names_path_size_and_time_of_writing() {
    let folder = folder(&["a.json"]);
    let path = folder.path().join("a.json");
    let file = fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::new(1_700_000_000, 5))
        .unwrap();
    let listing = list(std::slice::from_ref(&path), &TimeRange::ALL).await;
    let resolved = fs::canonicalize(&path).unwrap();
    let expected = format!("{} size=6 modified=1700000000.000000005", resolved.display());
    assert_eq!(listing.files[0].unit.0, expected);
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_is_an_error_that_names_it() {
    let folder = folder(&[]);
    let path = folder.path().join("a.json");
    for change in [&b"0123"[..], b"0123456789++", b"", b"9876543210"] {
        write(&path, b"0123456789");
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        let source = FileSource::builder().source(&path).page_bytes(4).build();
        let partition = source.partitions(&TimeRange::ALL).await.unwrap().remove(0);
        let mut reader = source.reader(&partition, None);
        reader.next_payloads().await.unwrap();
        write(&path, change);
        let error = reader.next_payloads().await.unwrap_err();
        assert!(
            matches!(&error, SourceError::Changed { name, .. } if name == path.to_str().unwrap()),
            "{error}"
        );
        assert!(!error.is_retryable());
    }
}

#[tokio::test]
async fn what_is_wrong_with_an_argument_is_said_with_its_name() {
    let folder = folder(&["a.json", "x/b.json"]);
    let root = folder.path().display();
    let one = |text: String| refused(FileSource::new([text]));
    assert_eq!(
        one(format!("{root}/gone.json")).await,
        format!("{root}/gone.json: not found (no such file or folder, looked for {root}/gone.json)")
    );
    assert_eq!(
        one(format!("{root}/a.json/b")).await,
        format!("{root}/a.json/b: not found (no such file or folder, looked for {root}/a.json/b)")
    );
    assert_eq!(
        one(format!("{root}/x/*.gz")).await,
        format!("{root}/x/*.gz: not found (read as a pattern, and nothing in {root}/x matches it)")
    );
    assert_eq!(
        one(format!("{root}/[")).await,
        format!("{root}/[: bad pattern: unclosed character class; missing ']'")
    );
    assert_eq!(
        one(String::new()).await,
        "SOURCE: empty (give a file, a folder, a pattern, or - for standard input)"
    );
    assert_eq!(
        one("-".into()).await,
        "-: standard input was not handed to this source (FileSourceBuilder::stdin)"
    );
    let unnamed = FileSource::builder().source("-").stdin(&b""[..]).build();
    assert_eq!(
        refused(unnamed).await,
        "-: a stream, which only a program that names its runs can read (FileSourceBuilder::run_id)"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_that_leads_nowhere_is_said_to() {
    let folder = folder(&[]);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    let said = refused(FileSource::new([&link])).await;
    assert!(
        said.ends_with("link: not found (a symbolic link that leads nowhere)"),
        "{said}"
    );
}

/// Whoever may read everything (root) cannot see this; then it has to be readable after all.
#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_may_not_be_read_is_reported_and_hides_nothing() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder(&["a.json", "closed/b.json", "shut.json"]);
    let closed = folder.path().join("closed");
    for path in [&closed, &folder.path().join("shut.json")] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    }
    let privileged = fs::File::open(folder.path().join("shut.json")).is_ok();
    let source = FileSource::new([folder.path()]);
    let listing = source.listing(&TimeRange::ALL).await.unwrap();
    let mut answers = BTreeMap::new();
    for partition in listing.partitions() {
        let name = partition.id.rsplit('/').next().unwrap().to_owned();
        let denied = matches!(
            source.page(&partition, None).await,
            Err(SourceError::Denied { .. })
        );
        answers.insert(name, denied);
    }
    let named = source_of(&closed).partitions(&TimeRange::ALL).await;
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    let expected = if privileged {
        BTreeMap::from([
            ("a.json".into(), false),
            ("b.json".into(), false),
            ("shut.json".into(), false),
        ])
    } else {
        BTreeMap::from([
            ("a.json".into(), false),
            ("closed".into(), true),
            ("shut.json".into(), true),
        ])
    };
    assert_eq!(answers, expected);
    assert_eq!(listing.unreadable.len(), usize::from(!privileged));
    assert_eq!(
        named.is_err(),
        !privileged,
        "a folder that is named itself is said at once"
    );
}

fn source_of(path: &Path) -> FileSource {
    FileSource::new([path])
}

#[cfg(unix)]
#[tokio::test]
async fn a_named_pipe_is_read_as_a_stream() {
    let folder = folder(&[]);
    let pipe = folder.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let source = FileSource::builder()
        .source(&pipe)
        .run_id("r1")
        .page_bytes(3)
        .build();
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::write(pipe, b"0123456789").unwrap()
    });
    let units = source.read_units(&TimeRange::ALL).await.unwrap();
    writer.join().unwrap();
    assert_eq!(units.len(), 1);
    assert_eq!(units[0].bytes, b"0123456789");
    assert_eq!(units[0].id.0, format!("{} run=r1", pipe.display()));
    // In a folder, nobody meant it.
    let listing = list(&[folder.path().into()], &TimeRange::ALL).await;
    assert_eq!(
        (listing.files.len(), &listing.passed_over),
        (0, &BTreeMap::from([(PassedOver::NoFile, 1)]))
    );
}

/// A pipe whose writer never comes holds up whoever reads it, and nobody else.
#[cfg(unix)]
#[test]
fn a_pipe_that_nobody_writes_to_holds_up_no_file() {
    let folder = folder(&["a.json"]);
    let pipe = folder.path().join("pipe");
    assert!(
        std::process::Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let source = FileSource::builder()
        .source(&pipe)
        .source(folder.path())
        .run_id("r1")
        .build();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let partitions = source.partitions(&TimeRange::ALL).await.unwrap();
        let (file, stream) = (partitions[0].clone(), partitions[1].clone());
        let waiting = tokio::spawn({
            let source = source.clone();
            async move { source.page(&stream, None).await }
        });
        tokio::task::yield_now().await;
        assert_eq!(source.page(&file, None).await.unwrap().payloads.len(), 1);
        assert!(!waiting.is_finished());
        // The writer comes after all, and closes at once.
        fs::write(&pipe, b"").unwrap();
        let page = waiting.await.unwrap().unwrap();
        assert!(page.payloads[0].last && page.payloads[0].chunk.is_empty());
    });
}

#[cfg(unix)]
#[tokio::test]
async fn a_name_that_is_no_text_is_read_and_shown_harmless() {
    use std::os::unix::ffi::OsStrExt;

    let folder = folder(&[]);
    let name = std::ffi::OsStr::from_bytes(b"\xff\x1b[2J.json");
    write(&folder.path().join(name), b"{}");
    for source in [
        folder.path().to_path_buf(),
        folder.path().join("*.json"),
        folder.path().join(name),
    ] {
        let units = FileSource::new([source])
            .read_units(&TimeRange::ALL)
            .await
            .unwrap();
        assert_eq!(units.len(), 1);
        assert_eq!(units[0].bytes, b"{}");
        assert!(
            units[0].origin.name.ends_with("/%FF%1B[2J.json"),
            "{}",
            units[0].origin.name
        );
    }
}

#[tokio::test]
async fn a_source_describes_itself_shortly() {
    let describe = |sources: &[&str]| FileSource::new(sources).describe();
    assert_eq!(describe(&["logs/"]), "files logs/");
    assert_eq!(describe(&["-"]), "files stdin");
    assert_eq!(describe(&["a", "b", "c", "d", "e"]), "files a, b, c and 2 more");
    assert_eq!(describe(&["a\u{1b}[2J"]), "files a%1B[2J");
}

#[tokio::test]
async fn a_partition_that_is_not_ours_is_refused() {
    let folder = folder(&["a.json"]);
    let source = FileSource::new([folder.path()]);
    let ours = source.partitions(&TimeRange::ALL).await.unwrap().remove(0);
    let with = |id: &str| Partition {
        id: id.into(),
        ..ours.clone()
    };
    for id in ["%zz", "-"] {
        let answer = source.page(&with(id), None).await;
        assert!(
            matches!(answer, Err(SourceError::Invalid { .. })),
            "{id}: {answer:?}"
        );
    }
    let folder_as_file = source.page(&with(folder.path().to_str().unwrap()), None).await;
    assert!(matches!(folder_as_file, Err(SourceError::Changed { .. })));
    let nowhere = source.page(&with("/nowhere/at/all"), None).await;
    assert!(matches!(nowhere, Err(SourceError::NotFound { .. })));
    for offset in [6u64, 7, u64::MAX] {
        let position = Position {
            token: offset.to_be_bytes().into(),
            durable: false,
        };
        let answer = source.page(&ours, Some(position)).await;
        assert!(
            matches!(answer, Err(SourceError::Invalid { .. })),
            "{offset}: {answer:?}"
        );
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

fn trees() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    let name = "([a-c]{1,2}/){0,3}[a-z%é ]{1,6}\\.(json|log|gz)";
    proptest::collection::btree_map(name, proptest::collection::vec(any::<u8>(), 0..200), 0..8)
}

/// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
fn cases(usual: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = u64::from(usual) * u64::from(asked.cases) / 256;
    ProptestConfig {
        cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..asked
    }
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn a_folder_cut_in_pages_is_its_bytes(files in trees(), page in 1usize..70, chunk in 1usize..70) {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in &files {
            write(&folder.path().join(name), bytes);
        }
        let source = FileSource::builder().source(folder.path()).page_bytes(page).chunk_bytes(chunk).build();
        let units = runtime().block_on(source.read_units(&TimeRange::ALL)).unwrap();
        let root = fs::canonicalize(folder.path()).unwrap();
        let given: BTreeMap<String, Vec<u8>> = units
            .into_iter()
            .map(|unit| (unit.origin.name.replace("%25", "%"), unit.bytes))
            .map(|(name, bytes)| (Path::new(&name).strip_prefix(&root).unwrap().to_str().unwrap().to_owned(), bytes))
            .collect();
        prop_assert_eq!(given, files);
    }

    #[test]
    fn a_window_loses_no_file_delivered_in_it(
        deliveries in proptest::collection::btree_set((0i64..4 * 24 * 60, any::<bool>()), 1..12),
        start in 0i64..4 * 24 * 60, length in 1i64..24 * 60,
    ) {
        let epoch = at("2025-12-30T00:00:00Z").as_secs();
        let minute = |minute: i64| Timestamp::from_secs(epoch + minute * 60);
        let window = TimeRange::new(minute(start), minute(start + length));
        let folder = tempfile::tempdir().unwrap();
        let mut inside = Vec::new();
        let mut outside = 0;
        for (index, &(delivered, flat)) in deliveries.iter().enumerate() {
            let trail = TrailFile {
                account: "111122223333".into(),
                region: "eu-west-1".into(),
                delivered: minute(delivered),
                unique: format!("U{index}"),
                extension: "json.gz".into(),
            };
            let day = trail.delivered.to_string()[..10].replace('-', "/");
            let above = if flat { String::new() } else { format!("AWSLogs/111122223333/CloudTrail/eu-west-1/{day}/") };
            write(&folder.path().join(format!("{above}{trail}")), b"{}");
            if DeliveryWindow::new(&window, DeliveryWindow::LATENESS).takes(trail.delivered) {
                inside.push(format!("{above}{trail}"));
            } else {
                outside += 1;
            }
            // Delivered in the window itself: taken, whatever else is.
            prop_assert!(!window.contains(trail.delivered) || inside.last().is_some_and(|last| last.ends_with(&trail.to_string())));
        }
        let listing = runtime().block_on(list(&[folder.path().into()], &window));
        inside.sort();
        prop_assert_eq!(found(&listing, folder.path()), inside);
        // A folder that was passed over counts once, whatever it holds.
        let passed = listing.passed_over.get(&PassedOver::OutsideWindow).copied().unwrap_or(0);
        prop_assert!(passed <= outside && (passed > 0) == (outside > 0));
    }
}

/// The recordings, when they are there: each file's bytes, and no record behind the bound that its name gives.
#[tokio::test]
async fn recordings_are_read_whole_and_no_record_is_behind_its_files_delivery() {
    let Some(data) = std::env::var_os("FIRSTSIGHT_REAL_DATA") else {
        return;
    };
    let trail = PathBuf::from(data).join("invictus-ir/CloudTrail");
    let source = FileSource::new([&trail]);
    let listing = source.listing(&TimeRange::ALL).await.unwrap();
    assert_eq!(listing.files.len(), 55);
    for unit in source.read_units(&TimeRange::ALL).await.unwrap() {
        assert_eq!(unit.bytes, fs::read(&unit.origin.name).unwrap());
        let text = String::from_utf8(unit.bytes).unwrap();
        let name = Path::new(&unit.origin.name)
            .file_name()
            .unwrap()
            .to_str()
            .unwrap();
        let delivered = TrailFile::parse(name).unwrap().delivered;
        let times: Vec<Timestamp> = text
            .split("\"eventTime\":")
            .skip(1)
            .map(|rest| rest.split('"').nth(1).unwrap().parse().unwrap())
            .collect();
        assert!(!times.is_empty());
        for time in times {
            assert!(time < delivered.plus_millis(60_000), "{name}: {time}");
            let hour = TimeRange::hours_before(time.hour().plus(1), 1);
            assert!(
                DeliveryWindow::new(&hour, DeliveryWindow::LATENESS).takes(delivered),
                "{name}: {time}"
            );
        }
    }
}
