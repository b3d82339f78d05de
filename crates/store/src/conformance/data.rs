//! What the suite feeds a store with: small made-up calls.

use std::borrow::Cow;
use std::collections::BTreeMap;

use firstsight_engine::{
    ClusterId, Digest, Dimension, ErrorEvent, EventIdentity, Finding, FindingId, Hour, Identity, KeyUse,
    LifeCycle, Observation, Policy, Range, SignatureId, Span, Summary, SummaryOptions, Time,
};

use crate::{FinishedUnit, HourRecords, IngestBatch, JudgeQuery, Judgement, LifeCycleChange, NewEvent, Said};

/// The accounts of the suite.
pub const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];

/// The first hour of the suite's time: 2026-03-01T00:00:00Z.
const FIRST_HOUR: i64 = 492_312;

/// A moment: so many hours and minutes after the suite's beginning.
#[must_use]
pub fn at(hour: i64, minute: i64) -> Time {
    Hour::from_index(FIRST_HOUR + hour)
        .start()
        .plus_millis(minute * 60_000)
}

/// From the start of one hour to the start of another.
#[must_use]
pub fn hours(start: i64, end: i64) -> Range {
    Range::new(at(start, 0), at(end, 0))
}

/// An hour's index.
#[must_use]
pub fn hour(hour: i64) -> i64 {
    at(hour, 0).hour().index()
}

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Call {
    /// Its `eventID`.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its `eventName`: calls of different names are different families.
    pub name: String,
    /// Its `errorMessage`: plain words, so that another message is another fine template.
    pub message: String,
    /// The user who made it.
    pub user: String,
    /// The access key it was made with.
    pub key: String,
    /// When.
    pub time: Time,
}

/// A call of user `alice` in the first account.
#[must_use]
pub fn call(id: &str, name: &str, time: Time) -> Call {
    Call {
        id: id.to_owned(),
        account: ACCOUNTS[0].to_owned(),
        name: name.to_owned(),
        message: "you may not do this".to_owned(),
        user: "alice".to_owned(),
        key: "AKIAIOSFODNN7EXAMPLE".to_owned(),
        time,
    }
}

impl Call {
    /// The same in another account.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self
    }

    /// The same with another message.
    #[must_use]
    pub fn message(mut self, message: &str) -> Self {
        message.clone_into(&mut self.message);
        self
    }

    /// The same by another user.
    #[must_use]
    pub fn user(mut self, user: &str) -> Self {
        user.clone_into(&mut self.user);
        self
    }

    /// The user's name as an actor.
    #[must_use]
    pub fn actor(&self) -> String {
        format!("arn:aws:iam::{}:user/{}", self.account, self.user)
    }

    fn record(&self) -> String {
        serde_json::json!({
            "eventVersion": "1.08",
            "eventID": self.id,
            "eventTime": self.time,
            "recipientAccountId": self.account,
            "eventSource": "iam.amazonaws.com",
            "eventName": self.name,
            "awsRegion": "eu-central-1",
            "errorCode": "AccessDenied",
            "errorMessage": self.message,
            "userIdentity": {
                "type": "IAMUser",
                "accountId": self.account,
                "arn": self.actor(),
                "userName": self.user,
                "accessKeyId": self.key,
            },
        })
        .to_string()
    }

    fn show(&self, to: &mut Summary) {
        let arn = self.actor();
        let raw = self.record();
        to.observe(&ErrorEvent {
            event_id: Some(Cow::Borrowed(&self.id)),
            time: self.time,
            account: Cow::Borrowed(&self.account),
            event_source: Cow::Borrowed("iam.amazonaws.com"),
            event_name: Cow::Borrowed(&self.name),
            error_code: Cow::Borrowed("AccessDenied"),
            error_message: Cow::Borrowed(&self.message),
            region: Cow::Borrowed("eu-central-1"),
            source_ip: Cow::Borrowed("203.0.113.7"),
            user_agent: Cow::Borrowed("aws-cli/2.15.0"),
            user_identity: Identity {
                kind: Some(Cow::Borrowed("IAMUser")),
                arn: Some(Cow::Borrowed(&arn)),
                account_id: Some(Cow::Borrowed(&self.account)),
                access_key_id: Some(Cow::Borrowed(&self.key)),
                user_name: Some(Cow::Borrowed(&self.user)),
                ..Identity::default()
            },
            read_only: None,
            event_type: Cow::Borrowed("AwsApiCall"),
            request_parameters: None,
            raw: &raw,
        });
    }
}

/// The summary of some calls.
#[must_use]
pub fn summary(calls: &[Call]) -> Summary {
    let mut summary = Summary::new(SummaryOptions::default());
    calls.iter().for_each(|call| call.show(&mut summary));
    summary
}

/// One event of one and the same fine template, with this text for people.
#[must_use]
pub fn shown(text: &str, time: Time) -> Summary {
    let mut summary = Summary::new(SummaryOptions::default());
    summary.insert(&Observation {
        identity: EventIdentity(Digest::of(&[text]).0),
        time,
        account: ACCOUNTS[0],
        event_source: "iam.amazonaws.com",
        event_name: "CreateUser",
        error_code: "AccessDenied",
        template: "<*>",
        display: text,
        values: &[],
        event_id: text,
        raw: "{}",
    });
    summary
}

/// The fine signature of a call.
#[must_use]
pub fn signature(call: &Call) -> SignatureId {
    let summary = summary(std::slice::from_ref(call));
    let mut ids = summary.signatures().map(|(id, ..)| id);
    ids.next().unwrap_or(SignatureId(Digest([0; 16])))
}

/// The cluster that a call's signature founds.
#[must_use]
pub fn cluster(call: &Call) -> ClusterId {
    ClusterId(signature(call).0)
}

/// A batch of some calls, with nothing else.
#[must_use]
pub fn batch(calls: &[Call]) -> IngestBatch {
    IngestBatch {
        source: "files".to_owned(),
        arrived: at(0, 0),
        summary: summary(calls),
        ..IngestBatch::default()
    }
}

/// A finished unit that held records of an account: (hour, how many).
#[must_use]
pub fn unit(id: &str, account: &str, records: &[(i64, u64)]) -> FinishedUnit {
    let records = records.iter().map(|(hour, count)| {
        let span = Span {
            count: *count,
            first: at(*hour, 1),
            last: at(*hour, 58),
        };
        ((account.to_owned(), self::hour(*hour)), HourRecords { span })
    });
    FinishedUnit {
        id: id.to_owned(),
        records: records.collect::<BTreeMap<_, _>>(),
        counters: id.as_bytes().to_vec(),
    }
}

/// A use of an access key.
#[must_use]
pub fn key_use(name: &str, last_used: Time) -> KeyUse {
    KeyUse {
        last_used,
        event_source: "s3.amazonaws.com".to_owned(),
        event_name: name.to_owned(),
        region: "eu-central-1".to_owned(),
        owner: "arn:aws:iam::111122223333:user/alice".to_owned(),
    }
}

/// What the inspection `main` asks about a window, with a baseline of 24 hours and all of the suite's time remembered.
#[must_use]
pub fn query(window: Range) -> JudgeQuery {
    JudgeQuery {
        inspection: "main".to_owned(),
        window,
        baseline: Range::new(window.start.plus_millis(-24 * 3_600_000), window.start),
        accounts: Vec::new(),
        remember_from: Time::MIN,
        policy: Policy::default(),
    }
}

/// A judgement of a window with nothing in it.
#[must_use]
pub fn judgement(window: Range) -> Judgement {
    Judgement {
        inspection: "main".to_owned(),
        window: Some(window),
        complete: true,
        judged_at: window.end.plus_millis(600_000),
        ..Judgement::default()
    }
}

/// A judgement of a window in which each of these calls founds its cluster.
#[must_use]
pub fn founding(window: Range, calls: &[Call]) -> Judgement {
    Judgement {
        assignments: calls
            .iter()
            .map(|call| (signature(call), cluster(call)))
            .collect(),
        templates: calls
            .iter()
            .map(|call| (cluster(call), call.message.clone()))
            .collect(),
        ..judgement(window)
    }
}

/// The id of a made-up finding.
#[must_use]
pub fn finding_id(name: &str) -> FindingId {
    FindingId(Digest::of(&["finding", name]))
}

/// A finding of a call's cluster.
///
/// # Errors
/// When a finding has changed its shape since.
pub fn finding(name: &str, call: &Call, window: Range, severity: &str) -> Result<Finding, String> {
    let json = serde_json::json!({
        "id": finding_id(name),
        "novelty": "new",
        "episode": "",
        "severity": severity,
        "score": 50,
        "window": window,
        "late": false,
        "learning": false,
        "recorded": false,
        "cluster": cluster(call),
        "account": call.account,
        "event_source": "iam.amazonaws.com",
        "event_name": call.name,
        "error_code": "AccessDenied",
        "template": call.message,
        "class": "access-denied",
        "verb": "write",
        "sensitivity": "normal",
        "denial": null,
        "noise": [],
        "within": Span::at(call.time),
        "before": null,
        "hours": [],
        "values": [{"dimension": Dimension::Actor, "value": call.actor(), "count": 1, "familiarity": "UNSEEN"}],
        "reasons": [{"kind": "never-seen", "history_hours": 24, "history_errors": 3}],
        "samples": [],
    });
    serde_json::from_value(json).map_err(|error| format!("a finding cannot be made: {error}"))
}

/// An event of a fault, to be sent to some sinks.
#[must_use]
pub fn event(id: &str, fault: &str, time: Time, sinks: &[&str]) -> NewEvent {
    NewEvent {
        id: id.to_owned(),
        fault: fault.to_owned(),
        account: ACCOUNTS[0].to_owned(),
        status: "error".to_owned(),
        time,
        body: format!("{{\"event\":\"{id}\"}}").into_bytes(),
        deliveries: sinks.iter().map(|sink| crate::NewDelivery::to(*sink)).collect(),
        facets: crate::EventFacets::default(),
    }
}

/// What somebody said.
pub fn said(note: &str) -> Said {
    Said {
        by: "alice".to_owned(),
        at: at(50, 0),
        note: note.to_owned(),
    }
}

/// A person's word on a cluster.
pub fn change(cluster: ClusterId, life_cycle: LifeCycle) -> LifeCycleChange {
    LifeCycleChange {
        cluster,
        life_cycle,
        said: said("because"),
    }
}
