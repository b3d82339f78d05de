//! `docs/schema.md` against what is written: every field and word of the JSON stands on the page.

use std::collections::BTreeSet;
use std::path::Path;

use firstsight_engine::{Dimension, Familiarity, Learner, Locale, Reason, Scope, Surge, SurgeModel};
use firstsight_sink::checkup::{CheckOutcome, CheckStep, Checkup};
use firstsight_sink::conformance::{explained, fixture};
use firstsight_sink::{Digest, DigestCause, Explanation, Report, json};
use serde_json::{Value, json};

fn page() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema.md");
    std::fs::read_to_string(path).expect("docs/schema.md stands in the repository")
}

/// The names in code spans of the page's section that starts with this heading.
fn named(page: &str, heading: &str) -> BTreeSet<String> {
    let section = page.split("\n## ").find(|section| section.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("the page has a section {heading}"));
    section.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Names of fields, and words with a hyphen or in a field that holds words.
fn names(value: &Value, out: &mut BTreeSet<String>) {
    const WORDS: [&str; 10] = [
        "novelty",
        "severity",
        "class",
        "verb",
        "sensitivity",
        "policy",
        "dimension",
        "familiarity",
        "kind",
        "state",
    ];
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                out.insert(name.clone());
                if let (true, Value::String(word)) = (WORDS.contains(&name.as_str()), value) {
                    out.insert(word.clone());
                }
                names(value, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| names(item, out)),
        _ => {}
    }
}

/// The findings' and the report's names apart: each has its own section.
fn check(value: Value, heading: &str, apart: &[&str]) {
    check_by(value, &[heading], apart);
}

/// Names and words that one of these sections tells.
fn check_by(mut value: Value, headings: &[&str], apart: &[&str]) {
    for name in apart {
        value[name] = Value::Null;
    }
    let mut used = BTreeSet::new();
    names(&value, &mut used);
    let page = page();
    let conventions = page.split("\n## ").next().unwrap_or_default().to_owned();
    let mut known: BTreeSet<String> = headings
        .iter()
        .flat_map(|heading| named(&page, heading))
        .collect();
    known.extend(conventions.split('`').skip(1).step_by(2).map(str::to_owned));
    let missing: Vec<_> = used.difference(&known).collect();
    assert!(missing.is_empty(), "{headings:?} does not tell {missing:?}");
}

#[test]
fn page_names_every_field_of_a_check() {
    let outcomes = [
        CheckOutcome::Good,
        CheckOutcome::Skipped,
        CheckOutcome::Warning,
        CheckOutcome::Bad,
    ];
    let steps = outcomes.map(|outcome| CheckStep {
        name: "retention".to_owned(),
        account: None,
        region: None,
        group: None,
        subject: String::new(),
        outcome,
        found: String::new(),
        advice: None,
        hinders: false,
    });
    let checkup = Checkup {
        steps: steps.to_vec(),
        verdict: Vec::new(),
    };
    let document: Value = serde_json::from_str(&json::render_checkup(&checkup)).unwrap();
    assert_eq!(document["schema"], "firstsight.check/1");
    let words = outcomes.map(|outcome| serde_json::to_value(outcome).unwrap());
    let told = named(&page(), "`firstsight.check/1`");
    assert!(words.iter().all(|word| told.contains(word.as_str().unwrap())));
    check(document, "`firstsight.check/1`", &[]);
}

#[test]
fn page_names_every_field_of_a_report() {
    let mut report = serde_json::to_value(fixture::report()).unwrap();
    // Names of rejects are data; the page lists them all.
    assert!(report["input"]["rejects"]["invalid-json"].is_u64());
    assert_eq!(report["keys"][0]["iam"]["state"], "known");
    assert!(report["accounts"][0]["alias"].is_string());
    report["kind"] = "report".into();
    check(report, "`firstsight.report/1`", &["findings", "events"]);
}

#[test]
fn page_names_every_field_of_a_key_that_is_not_known() {
    let mut report = fixture::hostile_report("text");
    report.keys.drain(..report.keys.len() - 1);
    let keys = serde_json::to_value(&report.keys).unwrap();
    assert_eq!(keys[0]["iam"], json!({"state": "unknown", "reason": "text"}));
    check(json!({ "keys": keys }), "`firstsight.report/1`", &[]);
}

/// A document of an earlier version, without what was added since.
#[test]
fn reports_without_aliases_and_standings_are_read() {
    let mut report = fixture::report();
    report.keys[0].iam = None;
    report.accounts[0].alias = None;
    let json = json::render_with(&report, firstsight_sink::Records::Shown.into());
    assert!(!json.contains("\"alias\"") && !json.contains("\"iam\":"));
    assert_eq!(serde_json::from_str::<Report>(&json).unwrap(), report);
}

#[test]
fn page_names_every_field_of_a_digest() {
    for (cause, word) in [
        (DigestCause::Aggregated, "aggregated"),
        (DigestCause::Capped, "capped"),
    ] {
        let digest = Digest::of(vec![fixture::event(1)], cause);
        let digest = json::render_digest_with(&digest, Locale::English.into());
        let digest: Value = serde_json::from_str(&digest).unwrap();
        assert_eq!(digest["schema"], "firstsight.digest/1");
        assert!(digest["cause"] == word && named(&page(), "`firstsight.digest/1`").contains(word));
        check(digest, "`firstsight.digest/1`", &["events"]);
    }
}

#[test]
fn page_names_every_field_of_an_event() {
    let event = json::render_event(&fixture::event(1));
    let event = serde_json::from_str(&event).unwrap();
    check(event, "`firstsight.event/1`", &["findings", "keys"]);
}

#[test]
fn page_names_every_field_of_trouble() {
    for event in fixture::troubles() {
        let event: Value = serde_json::from_str(&json::render_event(&event)).unwrap();
        assert!(event["trouble"]["runs"].is_u64());
        check(event, "`firstsight.event/1`", &[]);
    }
    let event: Value = serde_json::from_str(&json::render_event(&fixture::event(1))).unwrap();
    assert!(
        event.get("trouble").is_none(),
        "events of accounts are as they were"
    );
}

#[test]
fn page_names_every_field_of_a_finding_and_its_reasons() {
    let mut finding = fixture::stop_logging();
    finding.reasons = every_reason();
    let report = Report {
        findings: vec![finding, fixture::sign_in(), fixture::new_actor()],
        ..fixture::report()
    };
    for line in json::render_lines(&report).lines().skip(1).take(3) {
        check(serde_json::from_str(line).unwrap(), "`firstsight.finding/1`", &[]);
    }
}

#[test]
fn page_names_every_field_of_an_explanation() {
    let explanation = Explanation::of(&explained::facts(fixture::stop_logging()), Locale::English);
    let json = json::render_explanations(std::slice::from_ref(&explanation));
    let mut document: Value = serde_json::from_str(&json).unwrap();
    // Keys and reasons are told by their own sections.
    document[0]["findings"][0]["reasons"] = Value::Null;
    let headings = ["`firstsight.explanation/1`", "`firstsight.finding/1`"];
    check_by(document[0].take(), &headings, &["keys"]);
}

/// A reason by its JSON.
fn reason(document: Value) -> Reason {
    serde_json::from_value(document).unwrap()
}

fn every_reason() -> Vec<Reason> {
    let finding = fixture::stop_logging();
    vec![
        Reason::NeverSeen {
            history_hours: 1,
            history_errors: 1,
        },
        Reason::LastSeen {
            last: finding.window.start,
            hours_ago: 1,
        },
        Reason::Forgotten {
            founded: finding.window.start,
        },
        Reason::WasResolved,
        Reason::FirstByActor {
            actor: String::new(),
            known_actors: 1,
            like: None,
        },
        Reason::ManyNewActors {
            actors: 21,
            known_actors: 1,
        },
        Reason::Surge {
            surge: Surge {
                seen: 38,
                expected_millis: 2100,
                at_most: 9,
                one_in_hours: 1000,
                model: SurgeModel::HourOfDay,
                history_hours: 336,
                dispersion_millis: None,
            },
        },
        Reason::Dimension {
            dimension: Dimension::Region,
            value: String::new(),
            familiarity: Familiarity::Infrequent,
        },
        Reason::Denied {
            denial: finding.denial.unwrap(),
        },
        reason(json!({"kind": "denied", "policy": "public-access-block", "explicit": true})),
        reason(json!({"kind": "denied", "policy": "unstated", "explicit": true})),
        Reason::NearestKnown {
            cluster: finding.cluster,
            template: String::new(),
            only_here: Vec::new(),
            only_there: Vec::new(),
        },
        Reason::Technique {
            id: String::new(),
            name: String::new(),
            tactic: String::new(),
        },
        Reason::SensitiveTarget {
            target: String::new(),
            sensitivity: finding.sensitivity,
        },
        Reason::QuietScope {
            scope: Scope::Organisation,
            per_week_millis: 1,
        },
        Reason::BusyScope {
            scope: Scope::Call {
                account: String::new(),
                event_source: String::new(),
                event_name: String::new(),
            },
            per_week_millis: 1,
        },
        Reason::Escalated,
        Reason::DimensionOverflow {
            dimension: Dimension::Actor,
            kept: 1,
        },
        Reason::SensitiveCall {
            sensitivity: finding.sensitivity,
        },
        reason(json!({"kind": "noise", "mark": "self-probe"})),
        Reason::FamilyOverflow { templates: 1 },
        Reason::Late {
            within: Some(finding.within),
        },
        Reason::Learning {
            learner: Learner::Account,
            have_hours: 1,
            need_hours: 1,
        },
    ]
}
