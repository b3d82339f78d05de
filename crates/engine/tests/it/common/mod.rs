#![allow(dead_code, unreachable_pub, missing_docs)] // Each test uses its part.
//! Error events for the property tests: few values, so that they meet often.

pub mod counts;

use firstsight_cloudtrail::{EventIdentity, Hour, Timestamp};
use firstsight_engine::{Digest, Dimension, Observation, Summary, SummaryOptions};
use proptest::prelude::*;

/// One error event. Its identity decides all the rest in [`world`], and nothing in [`clashing`].
#[derive(Clone, Debug)]
pub struct Seen {
    pub identity: u16,
    pub millis: i64,
    pub account: &'static str,
    pub call: &'static str,
    pub template: &'static str,
    pub display: &'static str,
    pub actor: &'static str,
    pub network: &'static str,
    pub noise: &'static str,
}

pub const FIRST: &str = "2026-01-01T00:00:00Z";
/// The hours that events lie in.
pub const HOURS: i64 = 8;

pub fn hour(index: i64) -> Hour {
    let first: Timestamp = FIRST.parse().unwrap();
    first.hour().plus(index)
}

/// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion. What failed once is to become
/// a test of its own, not a file beside.
pub fn cases(usual: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = u64::from(usual) * u64::from(asked.cases) / 256;
    ProptestConfig {
        cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..asked
    }
}

/// An event of any content under one of few identities.
pub fn clashing() -> impl Strategy<Value = Seen> {
    let texts = prop_oneof![
        Just(("apples are out", "apples are out")),
        Just(("no pears in <*>", "no pears in <bowl>")),
        Just(("no pears in <*>", "no pears in <*>")),
        Just(("stack web-7f3 is gone", "stack web-7f3 is gone")),
        Just(("stack web-9c1 is gone", "stack web-9c1 is gone")),
        Just(("", "")),
    ];
    let place = prop_oneof![
        Just(("111122223333", "GetObject")),
        Just(("111122223333", "PutObject")),
        Just(("444455556666", "GetObject")),
    ];
    let actor = prop_oneof![
        Just("arn:aws:iam::111122223333:role/app"),
        Just("arn:aws:iam::111122223333:role/batch"),
        Just("anonymous"),
        Just(""),
    ];
    let network = prop_oneof![Just("198.51.100.0/24"), Just("203.0.113.0/24")];
    let noise = prop_oneof![3 => Just(""), 1 => Just("scanner")];
    let time = 0..HOURS * 3_600_000;
    (0..40_u16, time, place, texts, actor, network, noise).prop_map(
        |(identity, millis, (account, call), (template, display), actor, network, noise)| Seen {
            identity,
            millis,
            account,
            call,
            template,
            display,
            actor,
            network,
            noise,
        },
    )
}

/// Events each with an identity of its own.
pub fn world() -> impl Strategy<Value = Vec<Seen>> {
    proptest::collection::vec(clashing(), 0..40).prop_map(|mut events| {
        for (number, event) in (0..).zip(&mut events) {
            event.identity = number;
        }
        events
    })
}

impl Seen {
    pub fn time(&self) -> Timestamp {
        let first: Timestamp = FIRST.parse().unwrap();
        first.plus_millis(self.millis)
    }

    /// What stood for two variables: many values of one, few of the other.
    pub fn variables(&self) -> [String; 2] {
        [
            format!("item={}", self.millis % 40),
            format!("place={}", self.network),
        ]
    }

    pub fn add_to(&self, summary: &mut Summary) {
        let variables = self.variables();
        let raw = format!("{{\"n\":{}}}", self.identity);
        summary.insert(&Observation {
            identity: EventIdentity(Digest::of(&[&self.identity.to_string()]).0),
            time: self.time(),
            account: self.account,
            event_source: "s3.amazonaws.com",
            event_name: self.call,
            error_code: "AccessDenied",
            template: self.template,
            display: self.display,
            values: &[
                (Dimension::Variable, &variables[0]),
                (Dimension::Variable, &variables[1]),
                (Dimension::Noise, self.noise),
                (Dimension::SourceNetwork, self.network),
                (Dimension::Actor, self.actor),
            ],
            event_id: &raw[1..],
            raw: &raw,
        });
    }
}

pub fn summary<'a>(events: impl IntoIterator<Item = &'a Seen>) -> Summary {
    let mut summary = Summary::new(SummaryOptions::default());
    for event in events {
        event.add_to(&mut summary);
    }
    summary
}
