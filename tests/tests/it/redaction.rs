//! What is to be taken out of records is nowhere afterwards.

use std::path::Path;

use firstsight_tests::{denied, firstsight, path, run, story, write_records};
use serde_json::json;
use tempfile::TempDir;

const SECRET: &str = "correct-horse-battery";
const KEY: &str = "AKIAI44QH8DHBEXAMPLE";

/// The story, with a record in its last hour that holds a secret wherever a caller can put one.
fn planted() -> TempDir {
    let folder = story();
    let mut record = denied("planted-1", "2026-01-15T11:30:00Z", "UpdateLoginProfile");
    record["errorMessage"] = format!("Password {SECRET} is too weak").into();
    record["userAgent"] = format!("tool/{SECRET}").into();
    record["userIdentity"]["accessKeyId"] = KEY.into();
    record["requestParameters"] = json!({
        "userName": "bob",
        "password": SECRET,
        "note": format!("use {SECRET}!"),
        "document": json!({ "inner": SECRET }).to_string(),
    });
    write_records(&folder.path().join("trail/planted.json"), &[record]);
    folder
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Everything that stands in a folder.
fn contents(folder: &Path) -> Vec<u8> {
    let names = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    names.flat_map(|name| std::fs::read(name).unwrap()).collect()
}

/// What every command prints of a source, and what is left of it in a state.
fn everything(folder: &TempDir, redact: &[&str]) -> Vec<u8> {
    let trail = path(folder, "trail");
    let state = path(folder, "state/state.db");
    let _ = std::fs::remove_dir_all(folder.path().join("state"));
    std::fs::create_dir(folder.path().join("state")).unwrap();
    let mut all = Vec::new();
    let mut take = |arguments: &[&str], redact: &[&str]| {
        let arguments: Vec<&str> = arguments.iter().chain(redact).copied().collect();
        all.extend(run(arguments).expect(0).out.into_bytes());
    };
    for format in ["table", "json", "ndjson", "html"] {
        take(
            &["inspect", "--min-history", "0", "--format", format, &trail],
            redact,
        );
    }
    for format in ["table", "json", "ndjson"] {
        take(
            &["replay", "--min-history", "0", "--format", format, &trail],
            redact,
        );
        for list in ["clusters", "events", "keys"] {
            take(&[list, "--format", format, &trail], redact);
        }
    }
    take(&["label", &trail], redact);
    take(
        &["inspect", "--min-history", "0", "--state", &state, &trail],
        redact,
    );
    for list in ["clusters", "events", "keys"] {
        take(&[list, "--format", "json", "--state", &state], &[]);
    }
    all.extend(contents(&folder.path().join("state")));
    all
}

#[test]
fn nothing_that_was_redacted_is_stored_or_printed() {
    let folder = planted();
    let redact = [
        "--redact",
        "requestParameters.password",
        "--redact",
        "userIdentity.accessKeyId",
    ];
    let all = everything(&folder, &redact);
    assert!(!holds(&all, SECRET) && !holds(&all, KEY));
    assert!(holds(&all, "planted-1") && holds(&all, "(redacted)"));
    // Without the paths it is there: the search would have found it.
    let all = everything(&folder, &[]);
    assert!(holds(&all, SECRET) && holds(&all, KEY));
}

#[test]
fn records_leave_only_where_they_are_asked_for() {
    let folder = planted();
    let trail = path(&folder, "trail");
    let note = "use correct-horse-battery!";
    for format in ["json", "ndjson", "html"] {
        let told = |more: &[&str]| {
            let fixed = ["inspect", "--min-history", "0", "--format", format, &trail];
            run(fixed.iter().chain(more)).expect(0).out
        };
        assert!(
            !told(&[]).contains(note) && told(&[]).contains("planted-1"),
            "{format}"
        );
        assert!(told(&["--samples"]).contains(note), "{format}");
    }
}

#[test]
fn the_environment_names_paths_too() {
    let folder = planted();
    let keys = |paths: &str| {
        let output = firstsight()
            .args(["keys", "--format", "json", &path(&folder, "trail")])
            .env("FIRSTSIGHT_REDACT", paths)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(keys("").contains(KEY));
    assert!(!keys("requestParameters.password,userIdentity.accessKeyId").contains(KEY));
}

#[test]
fn paths_that_make_no_sense_are_refused_with_a_reason() {
    let folder = planted();
    let trail = path(&folder, "trail");
    let refused = run(["inspect", "--redact", "eventTime", &trail]).expect(2);
    assert!(
        refused
            .err
            .contains("--redact: redact path \"eventTime\" would take out eventTime"),
        "{}",
        refused.err
    );
    let refused = run(["keys", "--redact", "a..b", &trail]).expect(2);
    assert!(refused.err.contains("is no path"), "{}", refused.err);
}
