//! The laws of a summary: it is a set.

use crate::common::{Seen, clashing, summary};
use firstsight_engine::{Dimension, ErrorEvent, Identity, Sample, Summary, kept_variables};
use proptest::prelude::*;
use serde_json::value::RawValue;

/// Everything that a summary shows.
fn view(summary: &Summary) -> String {
    let events: Vec<_> = summary.events().collect();
    let signatures: Vec<_> = summary.signatures().collect();
    let samples: Vec<_> = summary.samples().collect();
    let variables = summary.variables(|_| true);
    format!(
        "{}\n{events:#?}\n{signatures:#?}\n{samples:#?}\n{variables:#?}",
        summary.len()
    )
}

fn union(mut a: Summary, b: &Summary) -> Summary {
    a.merge(b.clone());
    a
}

fn events() -> impl Strategy<Value = Vec<Seen>> {
    proptest::collection::vec(clashing(), 0..60)
}

proptest! {
    #![proptest_config(crate::common::cases(64))]

    #[test]
    fn merging_is_commutative_associative_and_idempotent(a in events(), b in events(), c in events()) {
        let [x, y, z] = [&a, &b, &c].map(summary);
        let left = union(union(x.clone(), &y), &z);
        let right = union(x.clone(), &union(y.clone(), &z));
        prop_assert_eq!(view(&left), view(&right));
        prop_assert_eq!(view(&union(x.clone(), &y)), view(&union(y, &x)));
        prop_assert_eq!(view(&union(left.clone(), &left)), view(&left));
        prop_assert_eq!(view(&union(x.clone(), &Summary::default())), view(&x));
    }

    #[test]
    fn observing_apart_and_together_is_the_same(a in events(), b in events()) {
        let together = summary(a.iter().chain(&b).chain(&a));
        let reversed = summary(b.iter().rev().chain(a.iter().rev()));
        let apart = union(summary(&a), &summary(&b));
        prop_assert_eq!(view(&together), view(&apart));
        prop_assert_eq!(view(&reversed), view(&apart));
    }

    #[test]
    fn what_is_shown_is_sorted_and_belongs_together(a in events()) {
        let summary = summary(&a);
        let events: Vec<_> = summary.events().collect();
        prop_assert!(events.is_sorted_by(|a, b| a.identity < b.identity));
        prop_assert!(events.iter().all(|event| event.values.is_sorted()));
        let signatures: Vec<_> = summary.signatures().map(|(id, ..)| id).collect();
        prop_assert!(signatures.is_sorted_by(|a, b| a < b));
        prop_assert!(events.iter().all(|event| signatures.contains(&event.signature)));
        let samples: Vec<_> = summary.samples().collect();
        prop_assert!(samples.is_sorted_by_key(|(id, sample)| (*id, sample.identity)));
        for (id, sample) in samples {
            prop_assert!(events.iter().any(|event| event.signature == id && event.identity.0 == sample.identity.0));
        }
    }
}

proptest! {
    #![proptest_config(crate::common::cases(64))]

    #[test]
    fn the_kept_variables_are_counted_in_full(a in proptest::collection::vec(crate::common::clashing(), 0..200)) {
        let events: std::collections::BTreeMap<_, _> = a.iter().map(|seen| (seen.identity, seen)).collect();
        let summary = summary(events.values().copied());
        let counts = summary.variables(|_| true);
        for of_signature in counts.chunk_by(|a, b| a.id == b.id) {
            let own = |seen: &Seen| crate::common::summary([seen]).signatures().any(|(id, ..)| id == of_signature[0].id);
            let own: Vec<_> = events.values().filter(|seen| own(seen)).collect();
            let texts: Vec<_> = own.iter().flat_map(|seen| seen.variables()).collect();
            let kept = kept_variables(texts.iter().map(String::as_str));
            prop_assert!(of_signature.iter().map(|count| count.text).eq(kept));
            for count in of_signature {
                let with: Vec<_> = own.iter().filter(|seen| seen.variables().iter().any(|text| text == count.text)).collect();
                prop_assert_eq!(count.count, with.len() as u64);
                prop_assert_eq!(Some(count.last), with.iter().map(|seen| seen.time().hour()).max());
            }
        }
    }
}

#[test]
fn a_sample_is_cut_on_a_character_boundary() {
    let mut all = Summary::default();
    let raw = "é".repeat(Sample::MAX_RAW);
    let mut seen = firstsight_engine::Observation {
        identity: firstsight_cloudtrail::EventIdentity([1; 16]),
        time: crate::common::hour(0).start(),
        account: "111122223333",
        event_source: "",
        event_name: "",
        error_code: "",
        template: "",
        display: "",
        values: &[(Dimension::Actor, "anonymous")],
        event_id: "",
        raw: &raw,
    };
    all.insert(&seen);
    let odd = format!("x{raw}");
    seen.identity.0 = [2; 16];
    seen.raw = &odd;
    all.insert(&seen);
    let lengths: Vec<_> = all.samples().map(|(_, sample)| sample.raw.len()).collect();
    assert_eq!(lengths, [Sample::MAX_RAW, Sample::MAX_RAW - 1]);
}

#[test]
fn long_values_are_cut_and_empty_ones_absent() {
    let long = "x".repeat(3 * Summary::MAX_VALUE);
    let mut all = Summary::default();
    all.insert(&firstsight_engine::Observation {
        identity: firstsight_cloudtrail::EventIdentity([1; 16]),
        time: crate::common::hour(0).start(),
        account: "111122223333",
        event_source: "",
        event_name: "",
        error_code: "",
        template: "",
        display: "",
        values: &[(Dimension::UserAgent, &long), (Dimension::Region, "")],
        event_id: "",
        raw: "{}",
    });
    let event = all.events().next().unwrap();
    assert_eq!(
        event.values,
        [(Dimension::UserAgent, &long[..Summary::MAX_VALUE])]
    );
}

#[test]
fn weight_grows_with_events_and_with_texts() {
    let event = |identity, template| Seen {
        identity,
        millis: 0,
        account: "111122223333",
        call: "GetObject",
        template,
        display: template,
        actor: "anonymous",
        network: "198.51.100.0/24",
        noise: "",
    };
    let weights = [
        summary(&[]),
        summary(&[event(1, "a")]),
        summary(&[event(1, "a"), event(2, "a")]),
        summary(&[event(1, "a"), event(2, "b")]),
    ]
    .map(|summary| summary.weight());
    assert!(weights.is_sorted_by(|a, b| a < b), "{weights:?}");
}

#[test]
fn an_error_event_is_kept_with_what_is_compared() {
    let parameters = RawValue::from_string(r#"{"keyId":"alias/app"}"#.to_owned()).unwrap();
    let event = ErrorEvent {
        event_id: Some("7b3c".into()),
        time: crate::common::hour(1).start(),
        account: "111122223333".into(),
        event_source: "kms.amazonaws.com".into(),
        event_name: "Decrypt".into(),
        error_code: "AccessDenied".into(),
        error_message: "refused".into(),
        region: "eu-west-1".into(),
        source_ip: "".into(),
        user_agent: "".into(),
        user_identity: Identity {
            access_key_id: Some("AKIAIOSFODNN7EXAMPLE".into()),
            ..Identity::default()
        },
        read_only: None,
        event_type: "".into(),
        request_parameters: Some(&parameters),
        raw: "{\"eventID\":\"7b3c\"}",
    };
    let mut all = Summary::default();
    all.observe(&event);
    all.observe(&event);
    let kept: Vec<_> = all.events().collect();
    assert_eq!(kept.len(), 1);
    assert_eq!((kept[0].identity, kept[0].time), (event.id(), event.time));
    for value in [
        (Dimension::Actor, &*event.user_identity.actor()),
        (Dimension::AccessKey, "AKIAIOSFODNN7EXAMPLE"),
        (Dimension::Region, "eu-west-1"),
        (Dimension::Target, "key:alias/app"),
    ] {
        assert!(
            kept[0].values.contains(&value),
            "{value:?} in {:?}",
            kept[0].values
        );
    }
    let (id, signature, _) = all.signatures().next().unwrap();
    assert_eq!((id, id), (kept[0].signature, signature.id()));
    assert_eq!(signature.event_name, "Decrypt");
    let (_, sample) = all.samples().next().unwrap();
    assert_eq!(
        (sample.event_id.as_str(), sample.raw.as_str()),
        ("7b3c", event.raw)
    );
}
