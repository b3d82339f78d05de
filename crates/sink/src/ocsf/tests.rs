use firstsight_engine::{Locale, Reason};
use serde_json::Value;

use super::*;
use crate::conformance::{self, HOSTILE, Medium, fixture};
use crate::rendering::Records;

fn opened() -> Event {
    let mut event = fixture::event(1);
    event.findings.extend([fixture::sign_in(), fixture::new_actor()]);
    event.findings[0].reasons.push(Reason::Technique {
        id: "T1562.008".to_owned(),
        name: "Disable or Modify Cloud Logs".to_owned(),
        tactic: "defense-evasion".to_owned(),
    });
    event
}

fn ongoing() -> Event {
    Event {
        kind: EventKind::Ongoing,
        findings: Vec::new(),
        ..fixture::event(3)
    }
}

fn lines(event: &Event, rendering: Rendering) -> Vec<Value> {
    let text = render_event(event, rendering);
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Indented; the version of the day is not of interest.
fn shown(event: &Event) -> String {
    let lines = lines(event, Rendering::default());
    let shown = serde_json::to_string_pretty(&lines).unwrap();
    shown.replace(env!("CARGO_PKG_VERSION"), "(a version)")
}

#[test]
fn lines_of_an_event_that_opens_a_fault() {
    insta::assert_snapshot!(shown(&opened()));
}

#[test]
fn lines_of_a_fault_that_goes_on_and_ends() {
    insta::assert_snapshot!(format!("{}\n{}", shown(&ongoing()), shown(&fixture::recovered())));
}

#[test]
fn lines_of_what_is_wrong_with_an_inspection() {
    let all: Vec<String> = fixture::troubles()[..3].iter().map(shown).collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_finding_is_created_updated_and_closed() {
    let told = |event: &Event| -> Vec<String> {
        let lines = lines(event, Rendering::default());
        let told = lines
            .iter()
            .map(|line| format!("{} {}", line["type_uid"], line["status_id"]));
        told.collect()
    };
    assert_eq!(told(&opened()), ["200401 1", "200402 1", "200402 1"]);
    let more = Event {
        kind: EventKind::Ongoing,
        ..opened()
    };
    assert_eq!(told(&more), ["200402 2", "200402 2", "200402 2"]);
    assert_eq!(told(&ongoing()), ["200402 2"]);
    assert_eq!(told(&fixture::recovered()), ["200403 4"]);
    let troubles: Vec<_> = fixture::troubles()[..3].iter().flat_map(told).collect();
    assert_eq!(troubles, ["200401 1", "200402 2", "200403 4"]);
}

#[test]
fn the_fault_is_the_finding_and_each_line_has_its_own_id() {
    let event = opened();
    let lines = lines(&event, Rendering::default());
    assert!(
        lines
            .iter()
            .all(|line| line["finding_info"]["uid"] == event.fault.id)
    );
    let mut ids: Vec<String> = lines
        .iter()
        .map(|line| line["metadata"]["uid"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
}

#[test]
fn records_and_addresses_leave_only_when_told_to() {
    let event = fixture::event(1);
    let withheld = render_event(&event, Rendering::default());
    assert!(
        !withheld.contains("sourceIPAddress") && !withheld.contains(r#""ip":"#),
        "{withheld}"
    );
    let line = &lines(&event, Records::Shown.into())[0];
    assert_eq!(line["evidences"][0]["src_endpoint"]["ip"], "203.0.113.7");
    assert_eq!(
        line["evidences"][0]["data"]["record"],
        serde_json::from_str::<Value>(&event.findings[0].samples[0].raw).unwrap(),
        "nulls and all"
    );
}

#[test]
fn sentences_are_in_the_asked_language() {
    let line = &lines(&opened(), Locale::Chinese.into())[0];
    assert_eq!(line["message"], opened().title_in(Locale::Chinese));
    assert!(
        line["finding_info"]["desc"].to_string().contains("从未出现过"),
        "{line}"
    );
}

#[test]
fn hostile_texts_arrive_as_they_are_and_harmless() {
    for (name, text) in HOSTILE {
        let event = conformance::hostile(text);
        let written = render_event(&event, Records::Shown.into());
        conformance::assert_harmless(Medium::OtherJson, name, &written);
        let line = &lines(&event, Records::Shown.into())[0];
        assert_eq!(line["evidences"][0]["api"]["operation"], text, "{name}");
        assert_eq!(line["cloud"]["account"]["uid"], text, "{name}");
    }
}

#[tokio::test]
async fn ocsf_sink_conforms() {
    for records in [Records::Withheld, Records::Shown] {
        conformance::all(|| {
            let recorder = conformance::Recorder::default();
            conformance::Subject {
                sink: Box::new(OcsfSink::new("findings", recorder.clone(), records.into())),
                received: Box::new(move || recorder.text()),
                medium: Medium::OtherJson,
                idempotent: false,
            }
        })
        .await;
    }
}
