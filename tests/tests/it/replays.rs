//! What a back-test of the recordings reports hour by hour, alone and laid over two weeks of a sample, as reviewed
//! snapshots. Names, keys, addresses and account ids of the recordings are told by numbers: the snapshots hold none.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use firstsight_tests::{path, real_data, run};
use serde_json::Value;

/// Gives what is personal a number, in the order in which it is met.
#[derive(Default)]
struct Aliases(BTreeMap<String, String>);

impl Aliases {
    fn hide(&mut self, text: &str) -> String {
        let mut hidden = String::new();
        let mut token = String::new();
        for c in text.chars().chain([' ']) {
            if c.is_whitespace() || "'\"(),;".contains(c) {
                hidden.push_str(&self.of(&std::mem::take(&mut token)));
                hidden.push(c);
            } else {
                token.push(c);
            }
        }
        hidden.trim_end().to_owned()
    }

    fn of(&mut self, token: &str) -> String {
        let Some(kind) = kind(token) else {
            return token.to_owned();
        };
        let number = self.0.values().filter(|alias| alias.starts_with(kind)).count() + 1;
        let known = self.0.entry(token.to_owned());
        known.or_insert_with(|| format!("{kind}-{number}")).clone()
    }
}

fn kind(token: &str) -> Option<&'static str> {
    let digits = token.bytes().filter(u8::is_ascii_digit).count();
    let parts = token.split(['.', '/']);
    let is_address = parts.clone().count() >= 4 && parts.into_iter().all(|part| part.parse::<u32>().is_ok());
    if token.starts_with("arn:") {
        Some("actor")
    } else if token.starts_with("AKIA") || token.starts_with("ASIA") {
        Some("key")
    } else if token.len() == 12 && digits == 12 {
        Some("account")
    } else if is_address {
        Some("network")
    } else if [
        "role",
        "bucket",
        "secret",
        "key",
        "trail",
        "user",
        "function",
        "snapshot",
        "parameter",
    ]
    .iter()
    .any(|kind| token.starts_with(&format!("{kind}:")) || token.starts_with(&format!("{kind}@")))
    {
        Some("target")
    } else {
        None
    }
}

/// The reports of a replay, as a page.
fn page(reports: &Value) -> String {
    let mut aliases = Aliases::default();
    let mut page = String::new();
    for report in reports.as_array().unwrap() {
        let findings = report["findings"].as_array().unwrap();
        if findings.is_empty() {
            continue;
        }
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        writeln!(
            page,
            "{} to {}",
            text(&report["window"]["start"]),
            text(&report["window"]["end"])
        )
        .unwrap();
        for finding in findings {
            let [severity, novelty, source, name, code] =
                ["severity", "novelty", "event_source", "event_name", "error_code"]
                    .map(|field| text(&finding[field]));
            let source = source.trim_end_matches(".amazonaws.com");
            let (score, count) = (&finding["score"], &finding["within"]["count"]);
            writeln!(
                page,
                "  {severity} {novelty} {source}:{name} {code} x{count} score {score}"
            )
            .unwrap();
            for reason in finding["why"].as_array().unwrap() {
                writeln!(page, "    - {}", aliases.hide(&text(reason))).unwrap();
            }
        }
    }
    page
}

fn replayed(source: &str, more: &[&str]) -> String {
    let fixed = ["replay", "--format", "json", source];
    page(&run(fixed.iter().chain(more)).expect(0).json())
}

fn overlaid(recording: &Path, from: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let (trail, recording) = (path(&folder, "trail"), recording.display().to_string());
    let sample = [
        "sample",
        "--out",
        &trail,
        "--end",
        "2026-06-01",
        "--scale",
        "0.2",
        "--no-attack",
        "--overlay",
    ];
    let _ = run(sample.iter().chain(&[recording.as_str()])).expect(0);
    replayed(&trail, &["--from", from, "--min-severity", "warning"])
}

#[test]
fn recordings_alone_are_told_hour_by_hour() {
    let Some(data) = real_data() else { return };
    for recording in ["invictus-ir", "stratus-red-team"] {
        let folder = data.join(recording).display().to_string();
        let told = replayed(&folder, &["--min-history", "0"]);
        insta::assert_snapshot!(format!("{recording}-alone"), told);
    }
}

#[test]
fn recordings_over_a_sample_are_told_hour_by_hour() {
    let Some(data) = real_data() else { return };
    for (recording, from) in [
        ("invictus-ir", "2026-05-31T21:00Z"),
        ("stratus-red-team", "2026-05-26T00:00Z"),
    ] {
        let told = overlaid(&data.join(recording), from);
        insta::assert_snapshot!(format!("{recording}-over-a-sample"), told);
    }
}
