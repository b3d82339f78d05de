//! Floods: what an attacker can send a lot of hides nothing else, and is one finding.

use std::fmt::Write as _;
use std::path::Path;

use firstsight_tests::{denied, run};
use serde_json::Value;

/// An ordinary week, and the folder that it stands in.
fn sample(folder: &Path) -> String {
    let out = folder.join("trail").display().to_string();
    let arguments = ["--end", "2026-06-01", "--days", "8", "--scale", "0.1"];
    let _ = run(["sample", "--out", &out].iter().chain(&arguments)).expect(0);
    out
}

/// A word for each number, which no mask takes for a value.
fn word(mut number: u32) -> String {
    const SYLLABLES: [&str; 10] = ["ba", "de", "fi", "go", "lu", "ma", "ne", "pi", "ro", "su"];
    let mut word = String::new();
    for _ in 0..5 {
        word.push_str(SYLLABLES[number as usize % 10]);
        number /= 10;
    }
    word
}

fn write_lines(path: &Path, records: impl Iterator<Item = Value>) {
    let mut text = String::new();
    records.for_each(|record| writeln!(text, "{record}").unwrap());
    std::fs::write(path, text).unwrap();
}

/// A denied call in the last hour.
fn call(number: u32, name: &str, message: String) -> Value {
    let minute = number % 60;
    let time = format!("2026-05-31T23:{minute:02}:00Z");
    let mut record = denied(&format!("{name}-{number}"), &time, name);
    record["errorMessage"] = message.into();
    record
}

fn report(arguments: &[&str]) -> Value {
    let fixed = ["inspect", "--format", "json", "--as-of", "2026-06-01T00:00:00Z"];
    run(fixed.iter().chain(arguments)).expect(0).json()
}

/// The findings of a report: those of a call, and all others.
fn split(report: &Value, name: &str) -> (Vec<Value>, Vec<Value>) {
    let findings = report["findings"].as_array().unwrap().iter().cloned();
    findings.partition(|finding| finding["event_name"] == name)
}

#[test]
fn twenty_thousand_invented_messages_are_one_finding_and_change_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let trail = sample(folder.path());
    let (_, without) = split(&report(&[&trail]), "SimulatePrincipalPolicy");
    assert!(!without.is_empty());
    let flood = (0..20_000).map(|number| {
        let message = format!("{} must not come before {}", word(number), word(99_999 - number));
        call(number, "SimulatePrincipalPolicy", message)
    });
    write_lines(&Path::new(&trail).join("flood.json"), flood);
    let state = folder.path().join("state.db").display().to_string();
    for arguments in [vec![trail.as_str()], vec!["--state", &state, &trail]] {
        let report = report(&arguments);
        let (found, others) = split(&report, "SimulatePrincipalPolicy");
        assert_eq!(others, without, "{arguments:?}");
        assert_eq!(found.len(), 1, "{found:#?}");
        assert_eq!(found[0]["novelty"], "new");
        assert_eq!(found[0]["within"]["count"], 20_000);
        let reasons = found[0]["reasons"].as_array().unwrap();
        let overflow = serde_json::json!({"kind": "family-overflow", "templates": 1000});
        assert!(reasons.contains(&overflow), "{reasons:#?}");
        let notes = report["notes"].to_string();
        assert!(
            notes.contains("iam:SimulatePrincipalPolicy AccessDenied")
                && notes.contains("20000 of this window"),
            "{notes}"
        );
        assert!(notes.contains("19000 error events"), "{notes}");
    }
}

#[test]
fn fifty_thousand_repeats_do_not_hide_the_one_that_is_different() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("flood.json");
    let repeats = (0..50_000).map(|number| {
        if number == 31_415 {
            let mut other = call(number, "CreateAccessKey", "you have too many keys".to_owned());
            other["errorCode"] = "LimitExceeded".into();
            return other;
        }
        call(number, "CreateAccessKey", "not authorized".to_owned())
    });
    write_lines(&path, repeats);
    let report = report(&["--min-history", "0", &path.display().to_string()]);
    let (found, _) = split(&report, "CreateAccessKey");
    let mut told: Vec<_> = found
        .iter()
        .map(|finding| {
            (
                finding["error_code"].as_str().unwrap(),
                finding["within"]["count"].as_u64().unwrap(),
            )
        })
        .collect();
    told.sort_unstable();
    assert_eq!(told, [("AccessDenied", 49_999), ("LimitExceeded", 1)]);
}
