//! What is written to a folder.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use firstsight_cloudtrail::Hour;
use firstsight_sample::{Sample, SampleConfig, SampleError, Written, write};

fn sample() -> Sample {
    let mut config = SampleConfig::new(7, Hour::from_index(490_000));
    (config.days, config.accounts) = (1, 1);
    Sample::new(config).unwrap()
}

fn gunzip(path: &Path) -> Vec<u8> {
    let mut body = Vec::new();
    flate2::read::GzDecoder::new(fs::File::open(path).unwrap())
        .read_to_end(&mut body)
        .unwrap();
    body
}

#[test]
fn what_is_read_back_is_what_was_made_and_the_totals_agree() {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    let written = write(&sample(), folder.path(), false, |_, written| steps.push(*written)).unwrap();
    assert_eq!(steps.last(), Some(&written));
    assert_eq!(steps.len() as u64, written.files);
    let (mut records, mut json, mut compressed) = (0, 0, 0);
    for file in &sample() {
        let path = folder.path().join(&file.path);
        assert_eq!(gunzip(&path), file.body);
        records += u64::from(file.records);
        json += file.body.len() as u64;
        compressed += fs::metadata(&path).unwrap().len();
    }
    assert_eq!(
        (written.records, written.json_bytes, written.file_bytes),
        (records, json, compressed)
    );
}

#[test]
fn the_same_sample_gives_the_same_files() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for folder in [&one, &two] {
        write(&sample(), folder.path(), false, |_, _| ()).unwrap();
    }
    for file in &sample() {
        let bytes = |folder: &Path| fs::read(folder.join(&file.path)).unwrap();
        assert_eq!(bytes(one.path()), bytes(two.path()));
    }
}

#[test]
fn a_folder_that_holds_something_is_left_alone_unless_allowed() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("mine.txt"), "keep").unwrap();
    let error = write(&sample(), folder.path(), false, |_, _| ()).unwrap_err();
    assert!(
        matches!(&error, SampleError::NotEmpty { path } if path == folder.path()),
        "{error}"
    );
    assert!(!folder.path().join("AWSLogs").try_exists().unwrap());
    assert_ne!(
        write(&sample(), folder.path(), true, |_, _| ()).unwrap(),
        Written::default()
    );
    assert_eq!(fs::read(folder.path().join("mine.txt")).unwrap(), b"keep");
}

#[test]
fn an_error_names_the_path() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("AWSLogs"), "in the way").unwrap();
    let error = write(&sample(), folder.path(), true, |_, _| ()).unwrap_err();
    assert!(matches!(error, SampleError::Io { .. }), "{error}");
    assert!(error.to_string().contains("AWSLogs"), "{error}");
}
