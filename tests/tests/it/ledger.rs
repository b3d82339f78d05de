//! `firstsight events show` and `faults` end to end: what was told, and what was abnormal from when until when.

use std::path::Path;

use firstsight_tests::{Ran, allowed, denied, firstsight, path, story, write_records};
use serde_json::json;
use tempfile::TempDir;

/// The story and what comes after it: the new error again an hour later, then an hour with other calls alone.
fn judged() -> TempDir {
    let folder = story();
    let trail = folder.path().join("trail");
    let write = |name: &str, record| write_records(&Path::new(&trail).join(name), &[record]);
    write(
        "later-1.json",
        denied("again-1", "2026-01-15T12:20:00Z", "CreateUser"),
    );
    write("later-2.json", allowed("fine-2", "2026-01-15T13:20:00Z"));
    write("later-3.json", allowed("fine-3", "2026-01-15T14:20:00Z"));
    for hour in ["12", "13", "14"] {
        let as_of = format!("2026-01-15T{hour}:00:00Z");
        let ran = run(&folder, &["inspect", &path(&folder, "trail"), "--as-of", &as_of]);
        let _ = ran.expect(0);
    }
    folder
}

fn run(folder: &TempDir, arguments: &[&str]) -> Ran {
    let mut command = firstsight();
    command
        .env("FIRSTSIGHT_STATE", path(folder, "state.db"))
        .env("COLUMNS", "200")
        .args(arguments);
    command.output().unwrap().into()
}

/// Times of attempts are the clock's.
fn stable(text: &str) -> String {
    regex::Regex::new(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC")
        .unwrap()
        .replace_all(text, "(time) UTC")
        .into_owned()
}

#[test]
fn a_fault_stands_in_the_ledger_from_its_first_event_to_its_recovery() {
    let folder = judged();
    insta::assert_snapshot!("faults", run(&folder, &["faults"]).expect(0).out);
    let faults = run(&folder, &["faults", "--format", "json"]).expect(0).json();
    assert_eq!(faults.as_array().map(Vec::len), Some(1), "{faults:#}");
    let (started, recovered) = ("2026-01-15T12:00:00Z", "2026-01-15T14:00:00Z");
    assert_eq!(
        (&faults[0]["started"], &faults[0]["recovered"]),
        (&json!(started), &json!(recovered))
    );
    assert_eq!(faults[0]["duration_seconds"], 7_200);
    assert_eq!(faults[0]["account"], "111122223333");
    let open = run(&folder, &["faults", "--open"]).expect(0).out;
    assert_eq!(open, "no fault has been recorded\n");
    let other = run(&folder, &["faults", "--account", "444455556666"])
        .expect(0)
        .out;
    assert_eq!(other, "no fault has been recorded\n");
}

#[test]
fn an_event_is_shown_with_what_it_tells_and_each_attempt() {
    let folder = judged();
    let events = run(&folder, &["events", "--format", "json"]).expect(0).json();
    let opened = events
        .as_array()
        .unwrap()
        .iter()
        .find(|event| event["kind"] == "opened");
    let id = opened.unwrap()["id"].as_str().unwrap();
    let shown = run(&folder, &["events", "show", &id[..8].to_uppercase()])
        .expect(0)
        .out;
    insta::assert_snapshot!("event", stable(&shown));
    let document = run(&folder, &["events", "show", id, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(document[0]["id"], id);
    assert_eq!(
        document[0]["deliveries"][0]["log"][0]["lost"], false,
        "{document:#}"
    );
    for wrong in [&id[..3], "ffffffff"] {
        let ran = run(&folder, &["events", "show", wrong]).expect(1);
        assert!(
            ran.err.contains("give at least 4 of its first digits"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn as_ocsf_the_fault_is_one_finding_that_is_created_updated_and_closed() {
    let folder = judged();
    let span = [
        "--from",
        "2026-01-15T12:00:00Z",
        "--until",
        "2026-01-15T14:00:00Z",
    ];
    let trail = path(&folder, "trail");
    let arguments = [&["replay", &trail, "--format", "ocsf"][..], &span].concat();
    let out = firstsight().args(arguments).output().unwrap();
    let out = Ran::from(out).expect(0).out;
    let lines: Vec<serde_json::Value> = out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let of = |pointer: &str| -> Vec<_> {
        let values = lines.iter().map(|line| line.pointer(pointer).cloned());
        values.map(Option::unwrap_or_default).collect()
    };
    assert_eq!(of("/activity_id"), [json!(1), json!(2), json!(3)], "{out}");
    assert_eq!(of("/class_uid"), vec![json!(2004); 3]);
    let faults = run(&folder, &["faults", "--format", "json"]).expect(0).json();
    assert_eq!(of("/finding_info/uid"), vec![faults[0]["id"].clone(); 3]);
}
