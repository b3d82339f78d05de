//! `docs/schema.md` against the rows that commands print: each field of one stands on the page, and each that stands there
//! is printed.

use std::collections::BTreeSet;
use std::path::Path;

use firstsight_tests::{firstsight, path, story};
use serde_json::Value;
use tempfile::TempDir;

/// A state in which an event was delivered, and one mute is set.
fn inspected() -> TempDir {
    let folder = story();
    let config = "[sinks.lines]\nkind = \"json\"\npath = \"events.ndjson\"\n";
    std::fs::write(path(&folder, "firstsight.toml"), config).unwrap();
    let _ = printed(&folder, &["inspect", &path(&folder, "trail"), "--format", "json"]);
    let mute = [
        "mutes",
        "add",
        "--account",
        "999*",
        "--until",
        "2126-01-16",
        "--reason",
        "TICKET-12",
    ];
    let _ = printed(&folder, &mute);
    folder
}

fn printed(folder: &TempDir, arguments: &[&str]) -> firstsight_tests::Ran {
    let mut command = firstsight();
    command
        .env("FIRSTSIGHT_STATE", path(folder, "state.db"))
        .env("FIRSTSIGHT_CONFIG", path(folder, "firstsight.toml"))
        .args(arguments);
    firstsight_tests::Ran::from(command.output().unwrap()).expect(0)
}

/// The first of the rows that a command prints.
fn row(folder: &TempDir, command: &[&str]) -> Value {
    let rows = printed(folder, &[command, &["--format", "json"]].concat()).json();
    rows.get(0)
        .unwrap_or_else(|| panic!("{command:?} printed {rows}"))
        .clone()
}

fn section(heading: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/schema.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with(heading));
    section
        .unwrap_or_else(|| panic!("the page has no section {heading}"))
        .to_owned()
}

fn code_spans(text: &str) -> BTreeSet<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The names in the first column of the section's table.
fn documented(heading: &str) -> BTreeSet<String> {
    let section = section(heading);
    let rows = section.lines().filter_map(|line| line.strip_prefix("| "));
    rows.flat_map(|row| code_spans(row.split(" |").next().unwrap_or_default()))
        .collect()
}

fn fields(value: &Value) -> BTreeSet<String> {
    let fields = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    fields.keys().cloned().collect()
}

#[test]
fn page_tells_the_rows_of_faults_and_mutes() {
    let folder = inspected();
    let mut always = documented("`firstsight.fault/1`");
    assert!(always.remove("trouble"), "only in faults of an inspection itself");
    assert_eq!(fields(&row(&folder, &["faults"])), always);
    assert_eq!(
        fields(&row(&folder, &["mutes", "list"])),
        documented("`firstsight.mute/1`")
    );
}

#[test]
fn page_tells_what_became_of_an_event() {
    let folder = inspected();
    let event = row(&folder, &["events"]);
    let mut told = documented("`firstsight.event/1`");
    told.insert("deliveries".to_owned());
    let untold: Vec<String> = fields(&event).difference(&told).cloned().collect();
    assert!(untold.is_empty(), "{untold:?}");
    let delivery = event["deliveries"]
        .as_array()
        .unwrap()
        .iter()
        .find(|delivery| delivery["sink"] == "lines")
        .unwrap();
    assert_eq!(fields(delivery), documented("Deliveries of an event"));
    let of_attempts = code_spans(&section("Deliveries of an event"));
    let attempt = fields(&delivery["log"][0]);
    assert!(attempt.is_subset(&of_attempts), "{attempt:?}");
    assert!(of_attempts.contains(delivery["state"].as_str().unwrap()));
}
