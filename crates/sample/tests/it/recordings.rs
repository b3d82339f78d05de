//! Overlays of real recordings. They are not part of the repository: the folder that holds them is named by the
//! environment variable `FIRSTSIGHT_REAL_DATA`, and without it there is nothing to check.

use std::collections::BTreeSet;
use std::path::PathBuf;

use firstsight_cloudtrail::Timestamp;
use firstsight_sample::SampleConfig;
use firstsight_sample::overlay::Overlay;
use serde_json::Value;

/// The records of every `.json` file of a recording, be it `{"Records":[…]}` or `[…]`.
fn recording(name: &str) -> Option<Vec<Value>> {
    let folder = PathBuf::from(std::env::var_os("FIRSTSIGHT_REAL_DATA")?).join(name);
    let files = walkdir::WalkDir::new(folder)
        .sort_by_file_name()
        .into_iter()
        .map(Result::unwrap);
    let mut records = Vec::new();
    for file in files.filter(|file| file.path().extension().is_some_and(|end| end == "json")) {
        match serde_json::from_slice(&std::fs::read(file.path()).unwrap()).unwrap() {
            Value::Array(mut items) => records.append(&mut items),
            mut object => records.append(object["Records"].as_array_mut().unwrap()),
        }
    }
    Some(records)
}

fn ids<'a>(records: impl IntoIterator<Item = &'a Value>) -> BTreeSet<String> {
    records
        .into_iter()
        .map(|record| record["eventID"].to_string())
        .collect()
}

fn check(name: &str, count: usize) {
    let Some(records) = recording(name) else { return };
    assert_eq!(records.len(), count);
    let end = "2026-01-15T00:00:00Z".parse::<Timestamp>().unwrap().hour();
    let overlay = Overlay::new(&SampleConfig::new(1, end), records.clone());
    let mut moved = Vec::new();
    for file in overlay.files() {
        let text = String::from_utf8(file.body).unwrap();
        for account in overlay.accounts().keys() {
            let runs = text.split(|c: char| !c.is_ascii_digit());
            assert_eq!(
                runs.filter(|run| run == account).count(),
                0,
                "{account} in {}",
                file.path
            );
        }
        let mut body: Value = serde_json::from_str(&text).unwrap();
        moved.append(body["Records"].as_array_mut().unwrap());
    }
    assert_eq!((moved.len() as u64) + overlay.skipped(), records.len() as u64);
    assert_eq!(ids(&moved), ids(&records));
    let last = moved
        .iter()
        .filter_map(|record| record["eventTime"].as_str())
        .max()
        .unwrap();
    assert!(last.starts_with("2026-01-14T23:"), "{last}");
}

#[test]
fn a_recorded_lab_account_moves_whole() {
    check("invictus-ir", 2_900);
}

#[test]
fn recorded_techniques_move_whole() {
    check("stratus-red-team", 310);
}
