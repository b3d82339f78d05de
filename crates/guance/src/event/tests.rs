use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Locale, Range};
use firstsight_sink::conformance::{HOSTILE, Medium, assert_harmless, fixture, hostile};
use firstsight_sink::markdown::LinkTemplate;
use firstsight_sink::{Event, EventKind, FaultRef, Records, Status};
use proptest::prelude::*;

use super::*;
use crate::point::Value;

/// Keys that an external-event monitor does not take (`open-api/checker/receive.md`), with those of the body itself.
const FORBIDDEN: [&str; 16] = [
    "date",
    "status",
    "source",
    "title",
    "message",
    "dimension_tags",
    "check_value",
    "time",
    "time_us",
    "timestamp",
    "workspace_uuid",
    "workspace_name",
    "extra_data",
    "create_time",
    "event",
    "extraData",
];

fn opened() -> Event {
    fixture::event(1)
}

/// The same fault one window later.
fn later(event: &Event, kind: EventKind, hours: i64) -> Event {
    let millis = hours * 3_600_000;
    let moved = |range: Range| Range::new(range.start.plus_millis(millis), range.end.plus_millis(millis));
    Event {
        id: fixture::event(100 + hours.unsigned_abs()).id,
        kind,
        status: if kind == EventKind::Recovered {
            Status::Ok
        } else {
            event.status
        },
        window: moved(event.window),
        fault: FaultRef {
            duration_seconds: hours * 3_600,
            ..event.fault.clone()
        },
        findings: Vec::new(),
        keys: Vec::new(),
        hours: Vec::new(),
        ongoing_clusters: u64::from(kind == EventKind::Ongoing),
        ..event.clone()
    }
}

fn each_kind(event: &Event) -> [Event; 3] {
    [
        event.clone(),
        later(event, EventKind::Ongoing, 1),
        later(event, EventKind::Recovered, 2),
    ]
}

fn options() -> EventOptions {
    EventOptions::default()
}

fn text<'a>(fields: &'a BTreeMap<String, Value>, key: &str) -> &'a str {
    match fields.get(key) {
        Some(Value::Text(text)) => text,
        other => panic!("{key}: {other:?}"),
    }
}

#[test]
fn a_recovery_is_ok_with_no_new_error() {
    let recovered = later(&opened(), EventKind::Recovered, 2);
    let body = push_body(&recovered, &options());
    assert_eq!((body.event.status, body.event.check_value), ("ok", 0.0));
    let point = key_event(&recovered, &options());
    let of = |key: &str| point.tags[key].as_str();
    assert_eq!(
        (of("df_status"), of("df_sub_status"), of("df_fault_status")),
        ("ok", "ok", "ok")
    );
    assert_eq!(text(&point.fields, "df_monitor_checker_value"), "0");
}

#[test]
fn trouble_of_an_inspection_has_its_check_for_an_account() {
    for event in fixture::troubles() {
        let kind = event.trouble.as_ref().unwrap().kind.as_str();
        let push = push_body(&event, &options());
        let dimensions = [("check", kind), ("inspection", "main")];
        assert!(
            push.event
                .dimension_tags
                .iter()
                .map(|(k, v)| (k.as_str(), v.as_str()))
                .eq(dimensions)
        );
        assert_eq!(
            (push.event.check_value, push.event.status),
            (0.0, event.status.as_str())
        );
        assert_eq!(
            (
                push.extra_data["trouble"].as_str(),
                push.extra_data["trouble_runs"].as_str()
            ),
            (kind, "3")
        );
        assert!(!push.event.message.contains("DQL") && evidence(&event, &options()).is_empty());
        let point = key_event(&event, &options());
        assert_eq!(
            (point.tags["check"].as_str(), point.tags.get("account")),
            (kind, None)
        );
        assert_eq!(
            kinds(&point.fields),
            kinds(&key_event(&opened(), &options()).fields),
            "each key has one type"
        );
    }
}

#[test]
fn an_event_has_its_own_id_and_that_of_the_event_that_opened_its_fault() {
    let opened = opened();
    let ongoing = key_event(&later(&opened, EventKind::Ongoing, 1), &options());
    let first = key_event(&opened, &options());
    assert_eq!(first.tags["df_event_id"], format!("event-{}", opened.id));
    assert_eq!(first.tags["df_fault_id"], first.tags["df_event_id"]);
    assert_eq!(ongoing.tags["df_fault_id"], first.tags["df_event_id"]);
    assert_ne!(ongoing.tags["df_event_id"], first.tags["df_event_id"]);
    assert_eq!(ongoing.fields["df_fault_duration"], Value::Integer(3_600));
}

#[test]
fn times_are_seconds_of_the_window_and_of_the_fault() {
    let opened = opened();
    let recovered = later(&opened, EventKind::Recovered, 2);
    let end = opened.window.end.as_secs() + 7_200;
    let body = push_body(&recovered, &options());
    assert_eq!(body.event.date, end);
    assert_eq!(
        body.own["fs_fault_start"],
        opened.window.end.as_secs().to_string()
    );
    assert_eq!(body.own["fs_fault_duration"], "7200");
    let point = key_event(&recovered, &options());
    assert_eq!(point.time, end * 1_000_000_000);
    assert_eq!(point.fields["df_check_range_end"], Value::Integer(end));
    assert_eq!(point.fields["df_check_range_start"], Value::Integer(end - 3_600));
    assert_eq!(point.fields["df_date_range"], Value::Integer(3_600));
    assert_eq!(create_event(&recovered, &options()).date, end * 1_000);
}

#[test]
fn dimensions_are_flat_as_well_and_as_json_text() {
    let point = key_event(&opened(), &options());
    assert_eq!(
        text(&point.fields, "df_dimension_tags"),
        r#"{"account":"111122223333","inspection":"default"}"#
    );
    assert_eq!(point.tags["account"], "111122223333");
    assert_eq!(point.tags["inspection"], "default");
}

#[test]
fn an_event_of_the_source_monitor_has_a_type() {
    let options = EventOptions {
        df_source: "monitor".to_owned(),
        ..options()
    };
    let point = key_event(&opened(), &options);
    assert_eq!(
        (point.measurement.as_str(), point.tags["df_source"].as_str()),
        ("monitor", "monitor")
    );
    assert_eq!(point.tags["df_monitor_type"], "custom");
}

#[test]
fn the_evidence_is_an_entry_a_finding_with_what_it_is_found_by() {
    let mut event = opened();
    event.findings.push(fixture::new_actor());
    let points = evidence(&event, &options());
    assert_eq!(points.len(), 2);
    for (point, finding) in points.iter().zip(&event.findings) {
        assert_eq!(point.measurement, "firstsight");
        assert_eq!(point.tags["status"], finding.severity.as_str());
        assert_eq!(point.tags["fs_event_id"], event.id);
        assert_eq!(point.tags["fs_finding_id"], finding.id.to_string());
        for (key, value) in facts::dimensions(&event) {
            assert_eq!(point.tags[&key], value);
        }
        let message: serde_json::Value = serde_json::from_str(text(&point.fields, "message")).unwrap();
        assert_eq!(message["event_name"], finding.event_name);
        assert_eq!(message["samples"][0]["event_id"], finding.samples[0].event_id);
    }
    assert!(evidence(&later(&event, EventKind::Recovered, 1), &options()).is_empty());
}

#[test]
fn records_are_evidence_only_where_they_may_leave() {
    let raw = &opened().findings[0].samples[0].raw;
    let raw = serde_json::to_string(raw).unwrap();
    for records in [Records::Withheld, Records::Shown] {
        let options = EventOptions { records, ..options() };
        let points = evidence(&opened(), &options);
        let holds = text(&points[0].fields, "message").contains(&raw);
        assert_eq!(holds, records == Records::Shown);
    }
}

#[test]
fn evidence_that_would_be_cut_leaves_its_records_out_then_cuts_its_texts() {
    let shown = EventOptions {
        records: Records::Shown,
        ..options()
    };
    let mut event = opened();
    event.findings[0].samples[0].raw = "x".repeat(600 << 10);
    let points = evidence(&event, &shown);
    let message = text(&points[0].fields, "message");
    assert!(!message.contains("xxxx") && message.contains(&event.findings[0].template));
    for (name, huge) in [("ascii", "A".repeat(64 << 10)), ("東", "東".repeat(32 << 10))] {
        let points = evidence(&hostile(&huge), &shown);
        let message = text(&points[0].fields, "message");
        assert!(message.len() <= 512 << 10, "{name}: {}", message.len());
        let told: serde_json::Value = serde_json::from_str(message).expect(name);
        assert!(
            told["template"].as_str().unwrap().ends_with("bytes cut)"),
            "{name}"
        );
    }
}

#[test]
fn a_message_holds_a_query_for_the_evidence_of_its_event_or_else_of_its_fault() {
    let opened = opened();
    let query = format!(
        "`` L::`firstsight`:(`*`) {{ `fs_event_id` = '{}' }} ``",
        opened.id
    );
    assert!(push_body(&opened, &options()).event.message.contains(&query));
    let recovered = push_body(&later(&opened, EventKind::Recovered, 1), &options());
    let query = format!("{{ `fs_fault_id` = '{}' }}", opened.fault.id);
    assert!(
        recovered.event.message.contains(&query),
        "{}",
        recovered.event.message
    );
}

#[test]
fn a_message_with_a_link_or_without_evidence_holds_no_query() {
    let link = LinkTemplate::new("https://console.example.com/logs?event={event}").unwrap();
    let linked = EventOptions {
        evidence: Some(link),
        ..options()
    };
    let none = EventOptions {
        evidence_source: String::new(),
        ..options()
    };
    let message = push_body(&opened(), &linked).event.message;
    assert!(!message.contains("L::") && message.contains("https://console.example.com/logs?event="));
    let body = push_body(&opened(), &none);
    assert!(!body.event.message.contains("L::") && !body.extra_data.contains_key("evidence"));
}

#[test]
fn chinese_is_written_where_it_is_asked_for() {
    let options = EventOptions {
        locale: Locale::Chinese,
        ..options()
    };
    let body = push_body(&later(&opened(), EventKind::Recovered, 1), &options);
    let chinese = |text: &str| text.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    assert!(
        chinese(&body.event.title) && body.event.message.contains("证据"),
        "{body:?}"
    );
}

#[test]
fn hostile_texts_are_neutralised_by_every_way() {
    for (name, text) in HOSTILE {
        let event = hostile(text);
        let push = serde_json::to_string(&push_body(&event, &options())).unwrap();
        let create = serde_json::to_string(&create_event(&event, &options())).unwrap();
        // JSON hides a character by escaping it; whoever reads it sees it again.
        for json in [push, create] {
            texts(&serde_json::from_str(&json).unwrap(), &mut |text| {
                assert_harmless(Medium::Terminal, name, text);
            });
        }
        for point in evidence(&event, &options())
            .iter()
            .chain([&key_event(&event, &options())])
        {
            let fields = point.fields.values().filter_map(|value| match value {
                Value::Text(text) => Some(text),
                _ => None,
            });
            for text in point.tags.values().chain(fields) {
                assert_harmless(Medium::Terminal, name, text);
            }
        }
    }
}

/// Every text of a document.
fn texts(json: &serde_json::Value, see: &mut impl FnMut(&str)) {
    match json {
        serde_json::Value::String(text) => see(text),
        serde_json::Value::Array(items) => items.iter().for_each(|item| texts(item, see)),
        serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            see(key);
            texts(value, see);
        }),
        _ => {}
    }
}

/// The keys of ours and of Guance's own that a section of `docs/guance.md` names.
fn documented(heading: &str) -> BTreeSet<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guance.md");
    let page = std::fs::read_to_string(page).unwrap();
    let (_, section) = page.split_once(&format!("\n### {heading}\n")).expect(heading);
    let section = section.split("\n#").next().unwrap();
    let spans = section.split('`').skip(1).step_by(2).map(str::to_owned);
    spans
        .filter(|span| span.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        .collect()
}

fn is_own(key: &str) -> bool {
    key.starts_with("fs_") || key.starts_with("df_")
}

#[test]
fn the_page_names_every_key_of_an_event_and_no_other() {
    let mut sent: BTreeSet<String> = BTreeSet::new();
    for event in each_kind(&opened()).into_iter().chain(fixture::troubles()) {
        let push = push_body(&event, &options());
        let point = key_event(&event, &options());
        sent.extend(push.own.into_keys().chain(push.extra_data.into_keys()));
        sent.extend(push.event.dimension_tags.into_keys());
        sent.extend(create_event(&event, &options()).custom_tags.into_keys());
        sent.extend(point.tags.into_keys().chain(point.fields.into_keys()));
    }
    let told = documented("What an event carries");
    let untold: Vec<_> = sent.difference(&told).collect();
    assert!(untold.is_empty(), "the page does not tell {untold:?}");
    let never: Vec<_> = told.difference(&sent).filter(|key| is_own(key)).collect();
    assert!(never.is_empty(), "the page tells {never:?}, which is never sent");
}

#[test]
fn the_page_names_every_key_of_the_evidence_and_no_other() {
    let point = evidence(&opened(), &options()).remove(0);
    let sent: BTreeSet<String> = point.tags.into_keys().chain(point.fields.into_keys()).collect();
    let told = documented("The evidence");
    let untold: Vec<_> = sent.difference(&told).collect();
    assert!(untold.is_empty(), "the page does not tell {untold:?}");
    // What an event says of its evidence is no key of it.
    let never: Vec<_> = told
        .difference(&sent)
        .filter(|key| is_own(key) && *key != "fs_evidence")
        .collect();
    assert!(never.is_empty(), "the page tells {never:?}, which is never sent");
}

fn kinds(fields: &BTreeMap<String, Value>) -> BTreeMap<&str, std::mem::Discriminant<Value>> {
    fields
        .iter()
        .map(|(key, value)| (key.as_str(), std::mem::discriminant(value)))
        .collect()
}

prop_compose! {
    /// An event with these texts and numbers where they can stand.
    fn any_event()(
        log in any::<String>(),
        inspection in any::<String>(),
        account in any::<String>(),
        errors in any::<u64>(),
        count in 0..1_000_000_u64,
    ) -> Event {
        let mut event = hostile(&log);
        event.findings[0].within.count = count;
        Event { inspection, account, errors, ..event }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_event_of_a_fault_has_the_same_dimensions(event in any_event()) {
        let events = each_kind(&event);
        let pushed: Vec<_> = events.iter().map(|event| push_body(event, &options()).event.dimension_tags).collect();
        prop_assert!(pushed.iter().all(|tags| *tags == pushed[0]), "{pushed:?}");
        let grouped: BTreeSet<_> = events.iter().map(|event| {
            let point = key_event(event, &options());
            let flat = pushed[0].iter().all(|(key, value)| point.tags.get(key) == Some(value));
            let json = text(&point.fields, "df_dimension_tags").to_owned();
            (point.tags["df_monitor_checker_event_ref"].clone(), point.tags["df_fault_id"].clone(), json, flat)
        }).collect();
        prop_assert_eq!(grouped.len(), 1);
        prop_assert!(grouped.iter().all(|(.., flat)| *flat));
    }

    #[test]
    fn other_dimensions_are_grouped_apart(event in any_event(), account in any::<String>()) {
        let other = Event { account, ..event.clone() };
        let of = |event| key_event(event, &options()).tags["df_monitor_checker_event_ref"].clone();
        prop_assert_eq!(of(&event) == of(&other), event.account == other.account);
    }

    #[test]
    fn no_key_of_our_own_is_forbidden(event in any_event()) {
        for event in each_kind(&event) {
            let body = push_body(&event, &options());
            for key in body.own.keys() {
                prop_assert!(!key.starts_with('_') && !key.starts_with("df_"), "{key}");
                prop_assert!(!FORBIDDEN.contains(&key.as_str()), "{key}");
                prop_assert!(!body.event.dimension_tags.contains_key(key), "{key}");
            }
        }
    }

    #[test]
    fn a_key_has_one_type_and_one_place(event in any_event()) {
        let points = each_kind(&event).map(|event| key_event(&event, &options()));
        let expected = key_event(&opened(), &options());
        for point in &points {
            prop_assert_eq!(kinds(&point.fields), kinds(&expected.fields));
            prop_assert!(point.tags.keys().all(|key| !point.fields.contains_key(key)));
        }
        let usual = evidence(&opened(), &options()).remove(0);
        for point in evidence(&event, &options()) {
            prop_assert_eq!(kinds(&point.fields), kinds(&usual.fields));
        }
    }

    #[test]
    fn nothing_is_past_a_limit(log in ".{0,40}", times in 1..300_usize) {
        let event = hostile(&log.repeat(times));
        let body = push_body(&event, &options());
        prop_assert!(body.event.title.chars().count() <= 256);
        prop_assert!(body.event.message.len() <= 64 << 10);
        for point in evidence(&event, &options()).iter().chain([&key_event(&event, &options())]) {
            for (key, value) in &point.tags {
                prop_assert!(!value.is_empty() && value.len() <= 1_024, "{key}");
            }
        }
    }
}
