//! Whole stories: the sample with its planted attack, and recordings laid over a sample.

use std::collections::BTreeSet;
use std::path::Path;

use firstsight_tests::{real_data, run};
use serde_json::Value;

/// A sample of two weeks, small enough for an unoptimised build.
fn sample(folder: &Path, more: &[&str]) {
    let out = folder.join("trail").display().to_string();
    let planted = folder.join("planted.json").display().to_string();
    let fixed = [
        "sample",
        "--out",
        &out,
        "--end",
        "2026-06-01",
        "--scale",
        "0.2",
        "--planted",
        &planted,
    ];
    let _ = run(fixed.iter().chain(more)).expect(0);
}

/// What makes two errors the same call failing in the same way.
fn signature(document: &Value) -> (String, String, String, String) {
    let text = |field: &str| document[field].as_str().unwrap_or_default().to_owned();
    (
        text("account"),
        text("event_source"),
        text("event_name"),
        text("error_code"),
    )
}

fn signatures(documents: &Value) -> BTreeSet<(String, String, String, String)> {
    documents.as_array().unwrap().iter().map(signature).collect()
}

#[test]
fn the_planted_attack_is_found_and_little_else_is_loud() {
    let folder = tempfile::tempdir().unwrap();
    sample(folder.path(), &[]);
    let trail = folder.path().join("trail").display().to_string();
    let planted: Value =
        serde_json::from_slice(&std::fs::read(folder.path().join("planted.json")).unwrap()).unwrap();
    let wanted = signatures(&planted);
    assert!(wanted.len() >= 10, "{wanted:?}");
    let report = run(["inspect", "--format", "json", &trail]).expect(0).json();
    let loud: Vec<&Value> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["severity"] != "info")
        .collect();
    let found: BTreeSet<_> = loud.iter().map(|finding| signature(finding)).collect();
    assert_eq!(found, wanted);
    assert_eq!(report["events"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_sample_is_the_same_for_the_same_seed() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let listed: Vec<String> = folders
        .iter()
        .map(|folder| {
            let out = folder.path().join("trail").display().to_string();
            let _ = run([
                "sample",
                "--out",
                &out,
                "--end",
                "2026-06-01",
                "--days",
                "2",
                "--scale",
                "0.2",
            ])
            .expect(0);
            run(["inspect", "--min-history", "0", "--format", "json", &out])
                .expect(0)
                .out
                .replace(&folder.path().display().to_string(), "")
        })
        .collect();
    assert_eq!(listed[0], listed[1]);
}

#[test]
fn demo_leaves_a_report_and_can_be_run_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("demo").display().to_string();
    let demo = || {
        run([
            "demo",
            "--out",
            &out,
            "--end",
            "2026-06-01",
            "--days",
            "8",
            "--scale",
            "0.1",
        ])
        .expect(0)
    };
    let (first, second) = (demo(), demo());
    assert_eq!(first.out, second.out);
    let page = folder.path().join("demo/report.html").canonicalize().unwrap();
    assert!(first.out.contains(&page.display().to_string()), "{}", first.out);
    let html = std::fs::read_to_string(page).unwrap();
    assert!(html.contains("StopLogging") && html.contains("</html>"));
}

#[test]
fn demo_does_not_touch_a_folder_that_it_has_not_made() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mine.txt"), "mine").unwrap();
    let ran = run(["demo", "--out", &folder.path().display().to_string()]).expect(2);
    assert!(ran.err.contains("not empty"), "{}", ran.err);
    assert_eq!(folder.path().read_dir().unwrap().count(), 1);
}

/// Steps of the recorded attacks that leave error events, in calls.
const INVICTUS_STEPS: [(&str, &str); 6] = [
    ("ec2.amazonaws.com", "GetPasswordData"),
    ("ec2.amazonaws.com", "DescribeInstanceAttribute"),
    ("organizations.amazonaws.com", "LeaveOrganization"),
    ("cloudtrail.amazonaws.com", "StopLogging"),
    ("cloudtrail.amazonaws.com", "DeleteTrail"),
    ("sts.amazonaws.com", "AssumeRole"),
];

fn calls(findings: &Value) -> BTreeSet<(String, String)> {
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let findings = findings.as_array().unwrap().iter();
    findings
        .map(|finding| (text(finding, "event_source"), text(finding, "event_name")))
        .collect()
}

#[test]
fn recordings_run_alone_through_every_command() {
    let Some(data) = real_data() else { return };
    for recording in ["invictus-ir", "stratus-red-team"] {
        let folder = data.join(recording).display().to_string();
        let replayed = run(["replay", "--min-history", "0", "--format", "json", &folder])
            .expect(0)
            .json();
        let found: usize = replayed
            .as_array()
            .unwrap()
            .iter()
            .map(|r| calls(&r["findings"]).len())
            .sum();
        assert!(found > 0, "{recording}");
        let page = run([
            "inspect",
            "--min-history",
            "0",
            "--window",
            "1w",
            "--format",
            "html",
            &folder,
        ])
        .expect(0);
        assert!(page.out.contains("</html>"), "{recording}");
        let over = tempfile::tempdir().unwrap();
        sample(over.path(), &["--no-attack", "--overlay", &folder]);
        let trail = over.path().join("trail").display().to_string();
        let page = run(["inspect", "--format", "html", &trail]).expect(0);
        assert!(page.out.contains("</html>"), "{recording} over a sample");
        let labels = run(["label", &folder]).expect(0);
        assert!(
            labels
                .out
                .lines()
                .all(|line| line.split('\t').nth(1).is_some_and(|id| id.len() == 32)),
            "{recording}"
        );
    }
}

#[test]
fn every_step_of_a_recorded_attack_is_found_alone_and_over_a_sample() {
    let Some(data) = real_data() else { return };
    let recording = data.join("invictus-ir").display().to_string();
    let alone = run(["replay", "--min-history", "0", "--format", "json", &recording])
        .expect(0)
        .json();
    let overlaid = {
        let folder = tempfile::tempdir().unwrap();
        sample(folder.path(), &["--no-attack", "--overlay", &recording]);
        let trail = folder.path().join("trail").display().to_string();
        run(["inspect", "--window", "2h", "--format", "json", &trail])
            .expect(0)
            .json()["findings"]
            .take()
    };
    let alone: BTreeSet<_> = alone
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|r| calls(&r["findings"]))
        .collect();
    let overlaid = calls(&overlaid);
    for (source, name) in INVICTUS_STEPS {
        let step = (source.to_owned(), name.to_owned());
        assert!(alone.contains(&step), "{step:?} alone");
        assert!(overlaid.contains(&step), "{step:?} over a sample");
    }
}
