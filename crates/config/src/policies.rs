//! Alert policies of the file.

use std::collections::BTreeSet;

use firstsight_engine::Severity;
use firstsight_inspection::alert::{AlertPolicy, Escalation, Hours, Outside, Through, ZoneName};

use crate::filter;
use crate::nearest::hint;
use crate::reading::{Place, Section, Value};
use crate::shape::{Key, Kind, Shape, words};
use crate::sinks::SinkConfig;
use crate::values::{self, duration, time_of_day, zone};

pub(crate) const SHAPE: Shape = Shape {
    name: "policy",
    keys: &[
        Key::needed("name", Kind::Text, "Its name, which silence is remembered by."),
        Key::needed(
            "to",
            Kind::Each(&Kind::Text),
            "The sinks, by name; SINK:TARGET for a target of a sink.",
        ),
        Key::new(
            "severities",
            Kind::Each(&SEVERITY),
            "The severities that it is about; all where it is left out.",
        ),
        Key::new(
            "match",
            Kind::Table(&filter::SHAPE),
            "What it is about; everything where it is left out.",
        ),
        Key::new(
            "hours",
            Kind::Each(&Kind::Table(&HOURS)),
            "When it tells; always where it is left out.",
        ),
        Key::new(
            "time_zone",
            Kind::Text,
            "The time zone of hours, by its IANA name. Default UTC.",
        ),
        Key::new(
            "outside",
            Kind::Words(&words(&OUTSIDES)),
            "What becomes of events outside the hours. Default hold.",
        ),
        Key::new(
            "silence",
            Kind::Length,
            "How long a sink is not told again of a fault. Default 24h for chats.",
        ),
        Key::new(
            "through",
            Kind::Words(&words(&THROUGHS)),
            "What passes silence. Default findings.",
        ),
        Key::new(
            "aggregate",
            Kind::Length,
            "One notification for so long a stretch. Default none.",
        ),
        Key::new(
            "cap",
            Kind::Whole(0, MOST),
            "The most notifications of an hour; 0 for no cap. Default 20 for chats.",
        ),
        Key::new(
            "recovery",
            Kind::Boolean,
            "Whether recoveries are told. Default true.",
        ),
        Key::new(
            "escalate",
            Kind::Each(&Kind::Table(&ESCALATION)),
            "Whom else to tell of a fault that stays open.",
        ),
    ],
};

const HOURS: Shape = Shape {
    name: "hours",
    keys: &[
        Key::new("days", DAYS, "The days; every day where it is left out."),
        Key::new("from", Kind::Clock, "From this time of day. Default 00:00."),
        Key::new("until", Kind::Clock, "Until this time of day. Default 24:00."),
    ],
};

const ESCALATION: Shape = Shape {
    name: "escalation",
    keys: &[
        Key::needed("after", Kind::Length, "How long after the fault opened."),
        Key::needed("to", Kind::Each(&Kind::Text), "The sinks, by name."),
    ],
};

/// The days of the week, or one.
pub(crate) const DAYS: Kind = Kind::Each(&Kind::Words(&words(&values::DAYS)));

pub(crate) const SEVERITY: Kind = Kind::Words(&words(&SEVERITIES));

/// The largest cap.
const MOST: u32 = 100_000;

pub(crate) const SEVERITIES: [(&str, Severity); 4] = [
    ("info", Severity::Info),
    ("warning", Severity::Warning),
    ("error", Severity::Error),
    ("critical", Severity::Critical),
];

const OUTSIDES: [(&str, Outside); 2] = [("hold", Outside::Hold), ("drop", Outside::Drop)];

const THROUGHS: [(&str, Through); 3] = [
    ("findings", Through::Findings),
    ("severity", Through::Severity),
    ("nothing", Through::Nothing),
];

/// Reads the policies; a sink that no policy names is a warning.
pub(crate) fn read(policies: &Value<'_>, sinks: &[SinkConfig], declared: &[String]) -> Vec<AlertPolicy> {
    let mut reader = Reader {
        sinks,
        declared,
        names: BTreeSet::new(),
        used: BTreeSet::new(),
    };
    let items = policies.list();
    let read: Vec<AlertPolicy> = items.iter().flat_map(|policy| reader.policy(policy)).collect();
    reader.warn_of_unused(policies);
    read
}

/// The names of the policies with their places, those with mistakes too; the policy of a file without one.
pub(crate) fn declared(policies: Option<&Value<'_>>) -> Vec<(String, Place)> {
    let Some(policies) = policies.filter(|policies| policies.is_list()) else {
        return vec![(DEFAULT.to_owned(), Place::top())];
    };
    let named = |policy: Value<'_>| {
        let policy = policy.is_table().then(|| policy.names()).flatten()?;
        let name = policy.get("name")?;
        Some((name.as_text()?.to_owned(), name.place))
    };
    policies.list().into_iter().filter_map(named).collect()
}

/// The name of the policy of a file without one.
const DEFAULT: &str = "default";

struct Reader<'a> {
    sinks: &'a [SinkConfig],
    /// The names of sinks that are there, even where something is wrong with them.
    declared: &'a [String],
    names: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Reader<'_> {
    fn policy(&mut self, value: &Value<'_>) -> Vec<AlertPolicy> {
        let Some(section) = value.section(&SHAPE) else {
            return Vec::new();
        };
        let zone = zone_of(&section);
        let policy = AlertPolicy {
            name: name(&section, &mut self.names, "policy"),
            filter: filter::read(&section),
            severities: severities(&section),
            to: self.to(&section),
            hours: hours(&section),
            zone: zone.unwrap_or_default(),
            outside: word(&section, "outside", &OUTSIDES),
            through: word(&section, "through", &THROUGHS),
            aggregate: seconds(&section, "aggregate").unwrap_or_default(),
            recovery: section
                .get("recovery")
                .and_then(|value| value.boolean())
                .unwrap_or(true),
            escalations: self.escalations(&section),
            ..AlertPolicy::default()
        };
        let silence = seconds(&section, "silence");
        let cap = section.get("cap").and_then(|cap| cap.whole(0..=MOST));
        by_kind(policy, silence, cap.map(|cap| cap as usize), self.sinks)
    }

    fn to(&mut self, section: &Section<'_>) -> Vec<String> {
        let Some(to) = section.require("to") else {
            return Vec::new();
        };
        let items = to.each();
        if items.is_empty() {
            to.wrong("it names no sink");
        }
        let mut names: Vec<String> = Vec::new();
        for item in &items {
            let Some(name) = item.text() else { continue };
            self.check(name, item);
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    fn check(&mut self, name: &str, item: &Value<'_>) {
        self.used.insert(name.to_owned());
        let is_declared = self.declared.iter().any(|known| known == name);
        if !is_declared {
            let hint = hint(name, self.declared.iter().map(String::as_str));
            item.findings
                .missing(&item.place, format!("no sink is called {name:?}{hint}"));
        }
    }

    fn escalations(&mut self, section: &Section<'_>) -> Vec<Escalation> {
        let items = section.get("escalate").map_or_else(Vec::new, |list| list.each());
        let mut read = Vec::new();
        for item in items {
            let Some(escalation) = item.section(&ESCALATION) else {
                continue;
            };
            let after = escalation
                .require("after")
                .and_then(|after| after.parsed(positive));
            let to = self.to(&escalation);
            read.extend(after.map(|after| Escalation { after, to }));
        }
        read
    }

    fn warn_of_unused(&self, policies: &Value<'_>) {
        for sink in self.sinks {
            let is_meant = |name: &String| {
                *name == sink.name
                    || name
                        .strip_prefix(&sink.name)
                        .is_some_and(|rest| rest.starts_with(':'))
            };
            if !self.used.iter().any(is_meant) {
                let place = Place::at(key_of(&sink.name), sink.line);
                policies.findings.warn(&place, "no policy sends anything to it");
            }
        }
    }
}

/// The key of a sink or target.
pub(crate) fn key_of(sink: &str) -> String {
    match sink.split_once(':') {
        Some((sink, target)) => format!("sinks.{sink}.targets.{target}"),
        None => format!("sinks.{sink}"),
    }
}

/// The name of a policy or mute, which has to be its own.
pub(crate) fn name(section: &Section<'_>, names: &mut BTreeSet<String>, what: &str) -> String {
    let Some(value) = section.require("name") else {
        return String::new();
    };
    let name = value.parsed(|name| {
        // What a fault remembers is kept by POLICY/SINK.
        let is_plain = name.chars().count() <= 100 && !name.contains(|c: char| c == '/' || c.is_control());
        is_plain
            .then(|| name.to_owned())
            .ok_or("a name has 100 characters at most, and no /")
    });
    let Some(name) = name else {
        return String::new();
    };
    if !names.insert(name.clone()) {
        value.wrong(format!(
            "there is another {what} called {name:?}: names have to differ"
        ));
    }
    name
}

pub(crate) fn zone_of(section: &Section<'_>) -> Option<ZoneName> {
    section.get("time_zone").and_then(|name| name.parsed(zone))
}

fn severities(section: &Section<'_>) -> Vec<Severity> {
    let items = section
        .get("severities")
        .map_or_else(Vec::new, |list| list.each());
    items.iter().filter_map(|item| item.one_of(&SEVERITIES)).collect()
}

fn word<T: Copy + Default>(section: &Section<'_>, key: &str, known: &[(&'static str, T)]) -> T {
    let value = section.get(key);
    value.and_then(|value| value.one_of(known)).unwrap_or_default()
}

fn seconds(section: &Section<'_>, key: &str) -> Option<i64> {
    section.get(key).and_then(|value| value.parsed_loosely(duration))
}

fn positive(text: &str) -> Result<i64, String> {
    match duration(text)? {
        0 => Err("it has to be longer than nothing".to_owned()),
        seconds => Ok(seconds),
    }
}

fn hours(section: &Section<'_>) -> Vec<Hours> {
    let items = section.get("hours").map_or_else(Vec::new, |list| list.each());
    items.iter().filter_map(stretch).collect()
}

fn stretch(value: &Value<'_>) -> Option<Hours> {
    let hours = value.section(&HOURS)?;
    let time = |key: &str, otherwise: u16| match hours.get(key) {
        Some(value) => value.parsed_loosely(time_of_day),
        None => Some(otherwise),
    };
    Some(Hours {
        days: days(&hours),
        from: time("from", 0)?,
        until: time("until", 1_440)?,
    })
}

/// The days under `days`.
pub(crate) fn days(section: &Section<'_>) -> Vec<firstsight_inspection::alert::Day> {
    let items = section.get("days").map_or_else(Vec::new, |list| list.each());
    items
        .iter()
        .filter_map(|item| item.one_of(&values::DAYS))
        .collect()
}

/// The policy of a file without one: every event to every sink (targets are for policies).
pub(crate) fn default_policies(sinks: &[SinkConfig]) -> Vec<AlertPolicy> {
    let plain = sinks.iter().filter(|sink| !sink.name.contains(':'));
    let policy = AlertPolicy {
        name: DEFAULT.to_owned(),
        to: plain.map(|sink| sink.name.clone()).collect(),
        ..AlertPolicy::default()
    };
    if policy.to.is_empty() {
        return Vec::new();
    }
    by_kind(policy, None, None, sinks)
}

/// What silence and cap are where nothing is said depends on the sink: people are called once a day and at most so often a
/// run, what keeps events gets each of them. A policy that names both kinds becomes two of the same name; since what a fault
/// remembers is kept by policy and sink, that is one policy to its reader. Escalations are about people.
fn by_kind(
    policy: AlertPolicy,
    silence: Option<i64>,
    cap: Option<usize>,
    sinks: &[SinkConfig],
) -> Vec<AlertPolicy> {
    let keeps = |name: &String| sinks.iter().any(|sink| sink.name == *name && sink.keeps_events());
    let usual = AlertPolicy::default();
    let (kept, called): (Vec<String>, Vec<String>) = policy.to.iter().cloned().partition(keeps);
    let for_people = AlertPolicy {
        to: called,
        silence: silence.unwrap_or(usual.silence),
        cap: cap.unwrap_or(usual.cap),
        ..policy.clone()
    };
    let keeping = AlertPolicy {
        to: kept,
        silence: silence.unwrap_or(0),
        cap: cap.unwrap_or(0),
        ..policy
    };
    match (for_people.to.is_empty(), keeping.to.is_empty()) {
        (_, true) => vec![for_people],
        (true, false) => vec![keeping],
        (false, false) => vec![
            for_people,
            AlertPolicy {
                escalations: Vec::new(),
                ..keeping
            },
        ],
    }
}
