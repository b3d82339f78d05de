//! One Detection Finding. Attribute names and numbers: OCSF 1.6.0, class `detection_finding` and its objects.

use std::net::IpAddr;

use firstsight_engine::{Digest, Dimension, Finding, Reason, Sample, Value as Told};
use serde_json::{Map, Value, json};

use super::VERSION;
use crate::event::{Event, EventKind, KeyActivity, Status, Trouble};
use crate::lead::Lead;
use crate::rendering::{Records, Rendering};
use crate::text;

/// The version of the ATT&CK matrix that techniques are named by; source: `data/attack.tsv` of firstsight-cloudtrail.
const ATTACK_VERSION: &str = "16.1";

/// What a line is about.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    /// One of the event's findings, and whether it creates the finding that OCSF knows.
    Finding {
        /// Which.
        finding: &'a Finding,
        /// Whether it is the first.
        creates: bool,
    },
    /// The fault alone: it goes on, or it is over.
    Fault,
}

/// A line in the making.
pub(super) struct Line<'a> {
    pub(super) event: &'a Event,
    pub(super) subject: Subject<'a>,
    pub(super) rendering: Rendering,
}

impl<'a> Line<'a> {
    pub(super) fn value(&self) -> Value {
        let event = self.event;
        let (activity, activity_name) = self.activity();
        let (severity, severity_name) = self.severity();
        let (status, status_name) = self.status();
        let finding = self.finding();
        without_gaps(json!({
            "activity_id": activity,
            "activity_name": activity_name,
            "category_uid": 2,
            "category_name": "Findings",
            "class_uid": 2004,
            "class_name": "Detection Finding",
            "type_uid": 200_400 + activity,
            "type_name": format!("Detection Finding: {activity_name}"),
            "time": event.window.end.as_millis(),
            "start_time": finding.map_or(event.window.start, |finding| finding.within.first).as_millis(),
            "end_time": finding.map_or(event.window.end, |finding| finding.within.last).as_millis(),
            "count": finding.map(|finding| counted(finding.within.count)),
            "severity_id": severity,
            "severity": severity_name,
            "status_id": status,
            "status": status_name,
            "is_alert": activity != 3,
            "message": event.title_in(self.rendering.locale),
            "metadata": self.metadata(),
            "finding_info": self.finding_info(),
            "cloud": self.cloud(),
            "evidences": finding.map(|finding| self.evidences(finding)),
            "resources": finding.map(|finding| self.resources(finding)).filter(|all| !all.is_empty()),
            "enrichments": self.enrichments(),
            "unmapped": self.unmapped(),
        }))
    }

    const fn finding(&self) -> Option<&'a Finding> {
        match self.subject {
            Subject::Finding { finding, .. } => Some(finding),
            Subject::Fault => None,
        }
    }

    const fn activity(&self) -> (u32, &'static str) {
        match (self.event.kind, self.subject) {
            (EventKind::Recovered, _) => (3, "Close"),
            (EventKind::Opened, Subject::Fault) => (1, "Create"),
            (_, Subject::Finding { creates: true, .. }) => (1, "Create"),
            _ => (2, "Update"),
        }
    }

    /// Ours are four, OCSF's are six: `Low` and `Fatal` are never said.
    fn severity(&self) -> (u32, &'static str) {
        let own = self
            .finding()
            .map_or(self.event.status, |finding| finding.severity.into());
        match own {
            Status::Ok | Status::Info => (1, "Informational"),
            Status::Warning => (3, "Medium"),
            Status::Error => (4, "High"),
            Status::Critical => (5, "Critical"),
        }
    }

    const fn status(&self) -> (u32, &'static str) {
        match self.event.kind {
            EventKind::Opened => (1, "New"),
            EventKind::Ongoing => (2, "In Progress"),
            EventKind::Recovered => (4, "Resolved"),
        }
    }

    fn metadata(&self) -> Value {
        let finding = self
            .finding()
            .map(|finding| finding.id.to_string())
            .unwrap_or_default();
        json!({
            "version": VERSION,
            "uid": Digest::of(&["ocsf", &self.event.id, &finding]).to_string(),
            "correlation_uid": self.event.id,
            "event_code": self.event.kind.as_str(),
            "log_name": "events",
            "log_provider": "firstsight",
            "log_version": self.event.schema,
            "original_time": self.event.window.end.to_string(),
            "profiles": ["cloud"],
            "product": {
                "name": "firstsight",
                "vendor_name": "firstsight",
                "version": env!("CARGO_PKG_VERSION"),
                "lang": self.rendering.locale.as_str(),
            },
        })
    }

    fn finding_info(&self) -> Value {
        let event = self.event;
        let finding = self.finding();
        json!({
            "uid": event.fault.id,
            "uid_alt": finding.map(|finding| finding.id.to_string()),
            "title": finding.map_or_else(|| fault_title(event), title),
            "desc": finding.map_or_else(|| self.described_trouble(), |finding| Some(self.described(finding))),
            "created_time": event.fault.started.as_millis(),
            "modified_time": event.window.end.as_millis(),
            "first_seen_time": finding.map(|finding| finding.before.unwrap_or(finding.within).first.as_millis()),
            "last_seen_time": finding.map(|finding| finding.within.last.as_millis()),
            "types": finding.map(types).or_else(|| event.trouble.as_ref().map(|trouble| json!([trouble.kind]))),
            "analytic": finding.map(analytic).or_else(|| event.trouble.as_ref().map(check)),
            "attacks": finding.map(attacks).filter(|attacks| !attacks.is_empty()),
            "data_sources": ["AWS CloudTrail"],
        })
    }

    /// The error message's template, and why it is a finding.
    fn described(&self, finding: &Finding) -> String {
        let template = (!finding.template.is_empty()).then(|| finding.template.clone());
        template
            .into_iter()
            .chain(self.why(finding))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// What is wrong with the inspection itself, what to do, and what was said last.
    fn described_trouble(&self) -> Option<String> {
        let trouble = self.event.trouble.as_ref()?;
        let told = crate::trouble::account(self.event, trouble, self.rendering.locale);
        let parts = [told.meaning, told.advice.unwrap_or_default(), &told.reason];
        let parts = parts.into_iter().filter(|part| !part.is_empty());
        Some(parts.collect::<Vec<_>>().join("; "))
    }

    fn why(&self, finding: &Finding) -> Vec<String> {
        let told = finding.reasons.iter().filter(|reason| reason.tells());
        told.map(|reason| reason.sentence(self.rendering.locale).to_string())
            .collect()
    }

    fn cloud(&self) -> Value {
        json!({
            "provider": "AWS",
            "region": self.finding().and_then(|finding| only(finding, Dimension::Region)),
            "account": self.event.trouble.is_none().then(|| json!({
                "uid": self.event.account,
                "type": "AWS Account",
                "type_id": 10,
            })),
        })
    }

    /// One for each sample; where none is kept, one of what the finding knows.
    fn evidences(&self, finding: &Finding) -> Vec<Value> {
        if finding.samples.is_empty() {
            return vec![self.evidence(finding, None)];
        }
        let samples = finding.samples.iter();
        samples
            .map(|sample| self.evidence(finding, Some(sample)))
            .collect()
    }

    fn evidence(&self, finding: &Finding, sample: Option<&Sample>) -> Value {
        let lead = sample.map(Lead::from);
        let actor = sample.map(|sample| sample.actor.as_str());
        let actor = actor.or_else(|| only(finding, Dimension::Actor));
        let record = sample.and_then(|sample| self.record(sample));
        json!({
            "name": "CloudTrail record",
            "uid": lead.as_ref().map(|lead| &lead.event_id),
            "api": api(finding),
            "actor": actor.filter(|actor| !actor.is_empty()).map(|actor| user(finding, actor)),
            "src_endpoint": source(finding, record.as_ref()),
            "data": lead.map(|lead| json!({
                "event_time": lead.time.to_string(),
                "region": lead.region,
                "console": lead.console,
                "record": record,
            })),
        })
    }

    /// The sample's record, where records may leave; as text where it is no JSON any more.
    fn record(&self, sample: &Sample) -> Option<Value> {
        let shown = self.rendering.records == Records::Shown && !sample.raw.is_empty();
        shown.then(|| serde_json::from_str(&sample.raw).unwrap_or_else(|_| Value::from(sample.raw.clone())))
    }

    /// The resources that the calls were about, as `secret:prod/db` names them.
    fn resources(&self, finding: &Finding) -> Vec<Value> {
        let targets = of(finding, Dimension::Target).map(|target| {
            let kind = target.value.split_once(':').map(|(kind, _)| kind);
            json!({
                "uid": target.value,
                "type": kind.filter(|kind| *kind != "arn"),
                "region": only(finding, Dimension::Region),
            })
        });
        targets.collect()
    }

    fn enrichments(&self) -> Option<Vec<Value>> {
        let keys: Vec<Value> = self.event.keys.iter().map(key).collect();
        (!keys.is_empty()).then_some(keys)
    }

    fn unmapped(&self) -> Value {
        let event = self.event;
        json!({
            "inspection": event.inspection,
            "kind": event.kind.as_str(),
            "fault_started": event.fault.started.to_string(),
            "fault_duration_seconds": event.fault.duration_seconds,
            "window_start": event.window.start.to_string(),
            "window_end": event.window.end.to_string(),
            "errors": event.trouble.is_none().then_some(event.errors),
            "ongoing_clusters": event.trouble.is_none().then_some(event.ongoing_clusters),
            "trouble": event.trouble,
            "finding": self.finding().map(|finding| self.own(finding)),
        })
    }

    fn own(&self, finding: &Finding) -> Value {
        json!({
            "cluster": finding.cluster.to_string(),
            "novelty": finding.novelty,
            "score": finding.score,
            "late": finding.late,
            "learning": finding.learning,
            "class": finding.class,
            "verb": finding.verb,
            "sensitivity": finding.sensitivity,
            "error_code": finding.error_code,
            "template": finding.template,
            "why": self.why(finding),
            "values": finding.values,
        })
    }
}

/// `new: cloudtrail:StopLogging AccessDenied`.
fn title(finding: &Finding) -> String {
    let call = text::call(&finding.event_source, &finding.event_name);
    format!("{}: {call} {}", finding.novelty, text::error_code(finding))
}

fn fault_title(event: &Event) -> String {
    if let Some(trouble) = &event.trouble {
        return format!("inspection {}: {}", event.inspection, trouble.kind.as_str());
    }
    let what = if event.kind == EventKind::Recovered {
        "no new"
    } else {
        "known"
    };
    format!("{what} CloudTrail errors")
}

fn types(finding: &Finding) -> Value {
    json!([finding.novelty, finding.class])
}

fn analytic(finding: &Finding) -> Value {
    json!({
        "uid": format!("firstsight/{}", finding.novelty.as_str().replace(' ', "-")),
        "name": format!("{} among the account's CloudTrail errors", finding.novelty),
        "type": "Behavioral",
        "type_id": 2,
    })
}

/// What told that something is wrong with the inspection itself: a rule over its last runs.
fn check(trouble: &Trouble) -> Value {
    let kind = trouble.kind.as_str();
    json!({
        "uid": format!("firstsight/check/{kind}"),
        "name": format!("{kind}, by the inspection's last runs"),
        "type": "Rule",
        "type_id": 1,
    })
}

fn attacks(finding: &Finding) -> Vec<Value> {
    let technique = |reason: &Reason| match reason {
        Reason::Technique { id, name, tactic } => Some(attack(id, name, tactic)),
        _ => None,
    };
    finding.reasons.iter().filter_map(technique).collect()
}

/// A technique or, where its id has two parts, a technique by its id and a sub-technique with its name.
fn attack(id: &str, name: &str, tactic: &str) -> Value {
    let (technique, sub) = match id.split_once('.') {
        Some((parent, _)) => (json!({"uid": parent}), Some(json!({"uid": id, "name": name}))),
        None => (json!({"uid": id, "name": name}), None),
    };
    json!({
        "technique": technique,
        "sub_technique": sub,
        "tactic": {"name": in_title_case(tactic)},
        "version": ATTACK_VERSION,
    })
}

/// `defense-evasion` as `Defense Evasion`.
fn in_title_case(words: &str) -> String {
    let word = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|c| c.to_ascii_uppercase());
        first.into_iter().chain(chars).collect::<String>()
    };
    words.split('-').map(word).collect::<Vec<_>>().join(" ")
}

fn api(finding: &Finding) -> Value {
    json!({
        "operation": finding.event_name,
        "service": {"name": finding.event_source},
        "response": {
            "error": (!finding.error_code.is_empty()).then_some(&finding.error_code),
            "error_message": (!finding.template.is_empty()).then_some(&finding.template),
        },
    })
}

/// Who made the call, with the access key where the finding has one only.
fn user(finding: &Finding, actor: &str) -> Value {
    let is_arn = actor.starts_with("arn:");
    json!({
        "user": {
            "uid": is_arn.then_some(actor),
            "name": (!is_arn).then_some(actor),
            "credential_uid": only(finding, Dimension::AccessKey),
        },
    })
}

/// Where the call came from: its address where the record may be told, else the network where there is one only.
fn source(finding: &Finding, record: Option<&Value>) -> Option<Value> {
    let address = record.and_then(|record| record.get("sourceIPAddress")?.as_str()?.parse::<IpAddr>().ok());
    match address {
        Some(address) => Some(json!({"ip": address})),
        None => only(finding, Dimension::SourceNetwork).map(|network| json!({"name": network})),
    }
}

fn key(key: &KeyActivity) -> Value {
    json!({
        "name": "evidences.actor.user.credential_uid",
        "value": key.id,
        "type": "access key",
        "provider": "firstsight",
        "data": {
            "owner": key.owner,
            "last_used": key.last_used.to_string(),
            "last_call": key.last_call,
            "region": key.region,
            "errors": key.errors,
            "iam": key.iam,
        },
    })
}

fn of(finding: &Finding, dimension: Dimension) -> impl Iterator<Item = &Told> {
    finding
        .values
        .iter()
        .filter(move |value| value.dimension == dimension)
}

/// The finding's value of a dimension, where it is the only one.
fn only(finding: &Finding, dimension: Dimension) -> Option<&str> {
    let mut values = of(finding, dimension);
    let first = values.next()?;
    values.next().is_none().then_some(first.value.as_str())
}

/// OCSF's integers have 32 bits.
fn counted(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// The value without members that are null: OCSF leaves out what it does not know. A record stays as it is.
fn without_gaps(value: Value) -> Value {
    let member = |(name, value): (String, Value)| {
        let value = if name == "record" {
            value
        } else {
            without_gaps(value)
        };
        (name, value)
    };
    match value {
        Value::Object(members) => {
            let told = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(told.map(member).collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_gaps).collect()),
        value => value,
    }
}
