//! What is written as OCSF, before a validator of OCSF's own schema that we did not write.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use firstsight_engine::{Locale, Reason};
use firstsight_sink::conformance::{HOSTILE, fixture, hostile, hostile_trouble};
use firstsight_sink::ocsf::render_event;
use firstsight_sink::{Event, EventKind, Records, Rendering};
use firstsight_tests::{Ran, firstsight, path, story};

fn validated(lines: &str) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/ocsf-check");
    let mut child = Command::new(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("scripts/ocsf-check starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(lines.as_bytes()).expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

fn assert_valid(lines: &str) {
    let output = validated(lines);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(
        said.trim(),
        format!("{} lines, 0 complaints", lines.lines().count())
    );
}

/// Every kind of event, with all that can stand in one.
fn events() -> Vec<Event> {
    let mut opened = fixture::event(1);
    opened.findings.extend([fixture::sign_in(), fixture::new_actor()]);
    opened.keys = fixture::report().keys;
    let technique = |id: &str| Reason::Technique {
        id: id.to_owned(),
        name: "Disable or Modify Cloud Logs".to_owned(),
        tactic: "defense-evasion".to_owned(),
    };
    opened.findings[0]
        .reasons
        .extend(["T1562.008", "T1530"].map(technique));
    let ongoing = Event {
        kind: EventKind::Ongoing,
        ..opened.clone()
    };
    let known = Event {
        findings: Vec::new(),
        ..ongoing.clone()
    };
    let mut events = vec![opened, ongoing, known, fixture::recovered()];
    events.extend(fixture::troubles());
    events
}

#[test]
#[ignore = "needs ocsf-json-schema: scripts/test --services"]
fn every_event_is_valid() {
    let mut lines = String::new();
    for event in events() {
        for records in [Records::Withheld, Records::Shown] {
            for locale in Locale::ALL {
                lines += &render_event(&event, Rendering { locale, records });
            }
        }
    }
    assert_valid(&lines);
}

#[test]
#[ignore = "needs ocsf-json-schema: scripts/test --services"]
fn hostile_texts_leave_it_valid() {
    let written = |(_, text): (&str, &str)| render_event(&hostile(text), Records::Shown.into());
    let mut lines: String = HOSTILE.into_iter().map(written).collect();
    lines += &render_event(&hostile(""), Rendering::default());
    for text in HOSTILE.iter().map(|(_, text)| *text).chain([""]) {
        lines += &render_event(&hostile_trouble(text), Rendering::default());
    }
    assert_valid(&lines);
}

#[test]
#[ignore = "needs ocsf-json-schema: scripts/test --services"]
fn what_the_program_prints_is_valid() {
    let folder = story();
    let replay = [
        "replay",
        &path(&folder, "trail"),
        "--min-history",
        "0",
        "--format",
        "ocsf",
    ];
    let ran = Ran::from(firstsight().args(replay).output().unwrap()).expect(0);
    assert!(ran.out.lines().count() > 0);
    assert_valid(&ran.out);
}

/// The validator notices what is missing, unknown or out of range: else its silence would say nothing.
#[test]
#[ignore = "needs ocsf-json-schema: scripts/test --services"]
fn what_is_not_valid_is_found() {
    let line = render_event(&fixture::event(1), Rendering::default());
    for (from, to, complaint) in [
        (r#""status_id":1"#, r#""status_id":42"#, "$.status_id"),
        (r#""provider":"AWS""#, r#""vendor":"AWS""#, "$.cloud"),
        (r#""operation":"#, r#""operations":"#, "$.evidences[0].api"),
        (r#""type_uid":200401"#, r#""type_uid":200402"#, "$.type_uid"),
    ] {
        let broken = line.replace(from, to);
        assert_ne!(broken, line, "{from}");
        let output = validated(&broken);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(
            !output.status.success() && said.contains(complaint),
            "{from}: {said}"
        );
    }
    assert!(!validated("").status.success());
}
