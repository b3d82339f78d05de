//! What the end-to-end tests share: the binaries, small trails, the recordings, AWS, a simulated month.

pub mod browser;
pub mod cloudwatch;
pub mod month;
pub mod moto;
pub mod site;
pub mod webdriver;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use tempfile::TempDir;

/// The folder of the real recordings, where one is named.
///
/// # Panics
/// When `FIRSTSIGHT_REAL_DATA` names something that is no folder.
#[must_use]
#[allow(clippy::print_stderr, reason = "a test that did not run has to say so")]
#[allow(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where the recordings are"
)]
pub fn real_data() -> Option<PathBuf> {
    let folder = std::env::var_os("FIRSTSIGHT_REAL_DATA").filter(|folder| !folder.is_empty());
    if folder.is_none() {
        eprintln!("not run: FIRSTSIGHT_REAL_DATA names no folder of recordings");
    }
    let folder = PathBuf::from(folder?);
    assert!(
        folder.is_dir(),
        "FIRSTSIGHT_REAL_DATA names {}, which is no folder",
        folder.display()
    );
    Some(folder)
}

/// The binary under test, built beside this test by `cargo build --workspace`.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("a test has a path");
    let folder = here
        .parent()
        .and_then(Path::parent)
        .expect("tests stand in target/PROFILE/deps");
    let binary = folder.join(format!("firstsight{}", std::env::consts::EXE_SUFFIX));
    assert!(
        binary.is_file(),
        "{} is missing: run scripts/test, or cargo build --workspace first",
        binary.display()
    );
    binary
}

/// The daemon's binary, beside the other.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn daemon() -> PathBuf {
    let daemon = binary().with_file_name(format!("firstsightd{}", std::env::consts::EXE_SUFFIX));
    assert!(
        daemon.is_file(),
        "{} is missing: cargo build --workspace first",
        daemon.display()
    );
    daemon
}

/// The binary with a clean environment.
#[must_use]
pub fn firstsight() -> Command {
    let mut command = Command::new(binary());
    command.env_clear().env("COLUMNS", "100").stdin(Stdio::null());
    command
}

/// What a run printed, and how it ended.
#[derive(Debug)]
pub struct Ran {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            out: String::from_utf8(output.stdout).expect("standard output is UTF-8"),
            err: String::from_utf8(output.stderr).expect("standard error is UTF-8"),
            code: output.status.code(),
        }
    }
}

impl Ran {
    /// Asserts the exit code, showing what was printed otherwise.
    ///
    /// # Panics
    /// When it is another.
    #[must_use]
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.out,
            self.err
        );
        self
    }

    /// Standard output as one JSON document.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.out))
    }
}

/// Runs the binary to its end.
///
/// # Panics
/// When it cannot be started.
#[must_use]
pub fn run<S: AsRef<OsStr>>(arguments: impl IntoIterator<Item = S>) -> Ran {
    firstsight()
        .args(arguments)
        .output()
        .expect("the binary starts")
        .into()
}

/// One error record of the account 111122223333.
#[must_use]
pub fn denied(id: &str, time: &str, event_name: &str) -> Value {
    json!({
        "eventVersion": "1.11",
        "eventID": id,
        "eventTime": time,
        "eventSource": "iam.amazonaws.com",
        "eventName": event_name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.17",
        "errorCode": "AccessDenied",
        "errorMessage": format!("User: arn:aws:iam::111122223333:user/ci is not authorized to perform: iam:{event_name} \
                                 because no identity-based policy allows the iam:{event_name} action"),
        "userIdentity": {
            "type": "IAMUser",
            "arn": "arn:aws:iam::111122223333:user/ci",
            "accountId": "111122223333",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
            "userName": "ci"
        },
        "recipientAccountId": "111122223333"
    })
}

/// One successful record of the account 111122223333.
#[must_use]
pub fn allowed(id: &str, time: &str) -> Value {
    let mut record = denied(id, time, "ListUsers");
    if let Value::Object(fields) = &mut record {
        fields.remove("errorCode");
        fields.remove("errorMessage");
    }
    record
}

/// Writes records as one file of the usual form.
///
/// # Panics
/// When the file cannot be written.
pub fn write_records(path: &Path, records: &[Value]) {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("the folder can be made");
    }
    let document = json!({ "Records": records }).to_string();
    let bytes = match path.extension().and_then(OsStr::to_str) {
        Some("gz") => gzip(document.as_bytes()),
        _ => document.into_bytes(),
    };
    std::fs::write(path, bytes).expect("the file can be written");
}

/// Bytes as one gzip member.
///
/// # Panics
/// Never: writing to memory does not fail.
#[must_use]
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder
        .write_all(bytes)
        .and_then(|()| encoder.finish())
        .expect("memory takes it")
}

/// Two weeks with a known error (`ListRoles`, once a day), and a new one (`CreateUser`) in the last hour, which ends at
/// 2026-01-15T12:00:00Z.
pub fn write_story(folder: &Path) {
    for day in 1..=15 {
        let time = format!("2026-01-{day:02}T11:10:00Z");
        let records = [
            denied(&format!("known-{day}"), &time, "ListRoles"),
            allowed(&format!("fine-{day}"), &time),
        ];
        write_records(&folder.join(format!("day-{day:02}.json.gz")), &records);
    }
    let new = denied("new-1", "2026-01-15T11:20:00Z", "CreateUser");
    write_records(&folder.join("last.json"), &[new]);
}

/// A folder of its own with the story in `trail`, see [`write_story`].
///
/// # Panics
/// When it cannot be made.
#[must_use]
pub fn story() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    write_story(&folder.path().join("trail"));
    folder
}

/// The path of something in a folder, as text.
#[must_use]
pub fn path(folder: &TempDir, name: &str) -> String {
    folder.path().join(name).display().to_string()
}

/// The examples of the project's README compile and hold.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
