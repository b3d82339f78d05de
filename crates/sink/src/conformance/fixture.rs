//! A rich report, made up, for the tests, the conformance suite and the example.

use std::collections::BTreeMap;

use firstsight_engine::{
    ClusterId, Digest, Dimension, Familiarity, Finding, FindingId, Hour, HourCount, Learner, Learning,
    Novelty, Range, Reason, Sample, Scope, Severity, Silenced, Span, Time, Value,
};
use serde::de::DeserializeOwned;

use crate::event::{Event, EventKind, FaultRef, KeyActivity, Status, Trouble, TroubleKind};
use crate::report::{AccountReport, InputReport, RejectExample, Report, SeverityCounts};
use crate::standing::KeyStanding;

const ACCOUNT: &str = "111122223333";
const OTHER: &str = "444455556666";
const DEPLOY: &str = "arn:aws:iam::111122223333:role/platform/DeploymentPipelineExecutionRole";
const ALICE: &str =
    "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_ReadOnly_0123456789abcdef/alice@example.com";
const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// A moment; a text that is none gives the epoch.
fn at(text: &str) -> Time {
    text.parse().unwrap_or_default()
}

/// The judged hour.
#[must_use]
pub fn window() -> Range {
    Range::new(at("2026-03-14T10:00:00Z"), at("2026-03-14T11:00:00Z"))
}

/// The 14 days before [`window`].
#[must_use]
pub fn baseline() -> Range {
    Range::hours_before(window().start.hour(), 14 * 24)
}

/// A value by its name in JSON. The names are this module's own and known to be right.
fn named<T: DeserializeOwned>(json: serde_json::Value) -> T {
    serde_json::from_value(json).expect("a name that the engine knows")
}

fn digest(text: &str) -> Digest {
    Digest::of(&[text])
}

fn span(count: u64, first: &str, last: &str) -> Span {
    Span {
        count,
        first: at(first),
        last: at(last),
    }
}

fn in_hour(hour: Hour, count: u64) -> HourCount {
    let first = hour.start();
    HourCount {
        hour,
        span: Span {
            count,
            first,
            last: first.plus_millis(3_540_000),
        },
    }
}

/// Error events an hour with a daily and weekly rhythm, up to the window's end.
#[must_use]
pub fn rhythm(scale: u64) -> Vec<HourCount> {
    baseline()
        .hours()
        .chain(window().hours())
        .map(|hour| {
            let index = hour.index();
            let (of_day, of_week) = (index.rem_euclid(24), (index.div_euclid(24) + 4).rem_euclid(7));
            let day = if (8..18).contains(&of_day) { 6 } else { 2 };
            let week = if of_week == 0 || of_week == 6 { 1 } else { 2 };
            let wobble = (index * 7919).rem_euclid(5);
            in_hour(
                hour,
                scale * (day * week + wobble).unsigned_abs() + scale * 30 * u64::from(index % 167 == 9),
            )
        })
        .filter(|count| count.span.count > 0)
        .collect()
}

fn value(dimension: Dimension, value: &str, count: u64, familiarity: Familiarity) -> Value {
    Value {
        dimension,
        value: value.to_owned(),
        count,
        familiarity,
    }
}

fn sample(event_id: &str, time: &str, actor: &str, call: (&str, &str)) -> Sample {
    Sample {
        identity: digest(event_id),
        time: at(time),
        event_id: event_id.to_owned(),
        actor: actor.to_owned(),
        raw: format!(
            r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","arn":"{actor}","accountId":"{ACCOUNT}"}},"eventTime":"{time}","eventSource":"{}","eventName":"{}","awsRegion":"eu-central-1","sourceIPAddress":"203.0.113.7","userAgent":"aws-cli/2.27.0","errorCode":"AccessDenied","errorMessage":"User: {actor} is not authorized","requestParameters":{{"name":"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/organization"}},"responseElements":null,"resources":[],"eventID":"{event_id}"}}"#,
            call.0, call.1
        ),
    }
}

/// The trail is to be stopped: new and critical.
#[must_use]
pub fn stop_logging() -> Finding {
    let call = ("cloudtrail.amazonaws.com", "StopLogging");
    Finding {
        id: FindingId(digest("finding stop")),
        novelty: Novelty::New,
        episode: String::new(),
        severity: Severity::Critical,
        score: 97,
        window: window(),
        late: false,
        learning: false,
        recorded: false,
        cluster: ClusterId(digest("cluster stop")),
        account: ACCOUNT.to_owned(),
        event_source: call.0.to_owned(),
        event_name: call.1.to_owned(),
        error_code: "AccessDenied".to_owned(),
        template:
            "User: <userIdentity.arn> is not authorized to perform: cloudtrail:StopLogging on resource: \
                   <requestParameters.name> with an explicit deny in a service control policy"
                .to_owned(),
        class: named("access-denied".into()),
        verb: named("write".into()),
        sensitivity: named("critical".into()),
        denial: named(serde_json::json!({"policy": "service-control", "explicit": true})),
        noise: Vec::new(),
        within: span(4, "2026-03-14T10:02:33Z", "2026-03-14T10:41:00Z"),
        before: None,
        hours: vec![in_hour(window().start.hour(), 4)],
        values: vec![
            value(Dimension::Actor, DEPLOY, 4, Familiarity::Rare),
            value(Dimension::AccessKey, KEY, 4, Familiarity::Unseen),
            value(Dimension::SourceNetwork, "203.0.113.0/24", 4, Familiarity::Unseen),
            value(Dimension::Region, "eu-central-1", 3, Familiarity::Frequent),
            value(Dimension::Region, "us-east-1", 1, Familiarity::Infrequent),
            value(Dimension::UserAgent, "aws-cli", 4, Familiarity::Frequent),
        ],
        reasons: vec![
            Reason::NeverSeen {
                history_hours: 336,
                history_errors: 2301,
            },
            Reason::SensitiveCall {
                sensitivity: named("critical".into()),
            },
            Reason::Dimension {
                dimension: Dimension::SourceNetwork,
                value: "203.0.113.0/24".to_owned(),
                familiarity: Familiarity::Unseen,
            },
        ],
        samples: vec![
            sample(
                "0b5c8a1e-3f27-4d3e-9a56-6a2f5e1c7d90",
                "2026-03-14T10:02:33Z",
                DEPLOY,
                call,
            ),
            sample(
                "4c1e7f02-88d1-4b7a-8a11-20d3b4c5e6f7",
                "2026-03-14T10:41:00Z",
                DEPLOY,
                call,
            ),
        ],
    }
}

/// A console sign-in fails again after a long time: no error code, two actors.
#[must_use]
pub fn sign_in() -> Finding {
    Finding {
        id: FindingId(digest("finding sign-in")),
        novelty: Novelty::Returned,
        episode: window().start.to_string(),
        severity: Severity::Warning,
        score: 61,
        late: true,
        recorded: true,
        cluster: ClusterId(digest("cluster sign-in")),
        account: OTHER.to_owned(),
        event_source: "signin.amazonaws.com".to_owned(),
        event_name: "ConsoleLogin".to_owned(),
        error_code: String::new(),
        template: "Failed authentication".to_owned(),
        class: named("authentication".into()),
        sensitivity: named("sensitive".into()),
        denial: None,
        within: span(2, "2026-03-14T10:15:00Z", "2026-03-14T10:15:00Z"),
        before: Some(span(3, "2026-01-20T08:00:00Z", "2026-01-20T09:30:00Z")),
        hours: vec![in_hour(window().start.hour(), 2)],
        values: vec![
            value(Dimension::Actor, ALICE, 1, Familiarity::Frequent),
            value(Dimension::Actor, "anonymous", 1, Familiarity::Unseen),
            value(Dimension::UserAgent, "browser", 2, Familiarity::Frequent),
        ],
        reasons: vec![Reason::LastSeen {
            last: at("2026-01-20T09:30:00Z"),
            hours_ago: 1273,
        }],
        samples: vec![],
        ..stop_logging()
    }
}

/// A known denial, for the first time by this actor, in an account that is still learning.
#[must_use]
pub fn new_actor() -> Finding {
    let hours = rhythm(1)
        .into_iter()
        .filter(|hour| hour.hour.index() % 5 == 0)
        .collect();
    Finding {
        id: FindingId(digest("finding actor")),
        novelty: Novelty::NewActor,
        episode: ALICE.to_owned(),
        severity: Severity::Error,
        score: 74,
        learning: true,
        cluster: ClusterId(digest("cluster actor")),
        account: OTHER.to_owned(),
        event_source: "secretsmanager.amazonaws.com".to_owned(),
        event_name: "GetSecretValue".to_owned(),
        error_code: "AccessDeniedException".to_owned(),
        template: "User: <userIdentity.arn> is not authorized to perform: secretsmanager:GetSecretValue on \
                   resource: <requestParameters.secretId> because no identity-based policy allows the \
                   secretsmanager:GetSecretValue action"
            .to_owned(),
        verb: named("read".into()),
        sensitivity: named("sensitive".into()),
        denial: named(serde_json::json!({"policy": "identity", "explicit": false})),
        within: span(17, "2026-03-14T10:00:07Z", "2026-03-14T10:58:41Z"),
        before: Some(span(412, "2026-02-28T10:00:07Z", "2026-03-14T09:12:41Z")),
        hours,
        values: vec![
            value(Dimension::Actor, ALICE, 17, Familiarity::Frequent),
            value(
                Dimension::SourceNetwork,
                "2001:db8:7::/48",
                17,
                Familiarity::Infrequent,
            ),
            value(Dimension::Region, "eu-central-1", 17, Familiarity::Frequent),
        ],
        reasons: vec![Reason::FirstByActor {
            actor: ALICE.to_owned(),
            known_actors: 3,
            like: None,
        }],
        samples: vec![sample(
            "9d2f0000-1111-4222-8333-444455556666",
            "2026-03-14T10:00:07Z",
            ALICE,
            ("secretsmanager.amazonaws.com", "GetSecretValue"),
        )],
        ..stop_logging()
    }
}

fn key() -> KeyActivity {
    KeyActivity {
        id: KEY.to_owned(),
        account: ACCOUNT.to_owned(),
        owner: DEPLOY.to_owned(),
        last_used: at("2026-03-14T10:52:10Z"),
        last_call: "iam:CreateUser".to_owned(),
        region: "us-east-1".to_owned(),
        errors: 4,
        iam: None,
    }
}

/// What IAM says of [`key`].
fn standing() -> KeyStanding {
    KeyStanding::Known {
        user: "deploy".to_owned(),
        active: Some(false),
        created: Some(at("2023-05-02T08:00:00Z")),
        last_used: Some(at("2026-03-14T10:49:00Z")),
        service: Some("iam".to_owned()),
        region: Some("us-east-1".to_owned()),
        reason: None,
    }
}

/// The event that opens a fault for [`stop_logging`]. Events of another `number` have another id and title.
#[must_use]
pub fn event(number: u64) -> Event {
    let id = digest(&format!("event {number}")).to_string();
    Event {
        schema: Event::SCHEMA.to_owned(),
        id: id.clone(),
        kind: EventKind::Opened,
        status: Status::Critical,
        inspection: "default".to_owned(),
        account: ACCOUNT.to_owned(),
        fault: FaultRef {
            id,
            started: window().end,
            duration_seconds: 0,
        },
        window: window(),
        title: format!("event number {number}: cloudtrail:StopLogging was denied"),
        findings: vec![stop_logging()],
        ongoing_clusters: 1,
        errors: 41,
        hours: rhythm(1),
        keys: vec![key()],
        trouble: None,
    }
}

/// The event that ends a fault of another account.
#[must_use]
pub fn recovered() -> Event {
    Event {
        kind: EventKind::Recovered,
        status: Status::Ok,
        account: OTHER.to_owned(),
        title: "No new errors, and none of the fault's goes on".to_owned(),
        fault: FaultRef {
            id: digest("fault").to_string(),
            started: at("2026-03-13T07:00:00Z"),
            duration_seconds: 100_800,
        },
        findings: Vec::new(),
        keys: Vec::new(),
        ..event(2)
    }
}

/// An event about an inspection itself. Events of another `number` have another id and title.
#[must_use]
pub fn trouble(number: u64, trouble: TroubleKind, kind: EventKind) -> Event {
    let end = window().end;
    let over = kind == EventKind::Recovered;
    let since = at("2026-03-14T05:30:00Z");
    let opened = event(number);
    Event {
        kind,
        status: if over { Status::Ok } else { trouble.status() },
        inspection: "main".to_owned(),
        account: String::new(),
        window: Range::new(since, end),
        title: format!("event number {number}: main: {}", trouble.as_str()),
        findings: Vec::new(),
        ongoing_clusters: 0,
        errors: 0,
        hours: Vec::new(),
        keys: Vec::new(),
        trouble: Some(Trouble {
            kind: trouble,
            since,
            runs: 3,
            reason: "log group trail: ThrottlingException (rate exceeded)".to_owned(),
        }),
        ..opened
    }
}

/// An event of each kind of trouble at each step, by kind and step.
#[must_use]
pub fn troubles() -> Vec<Event> {
    let kinds = [TroubleKind::Silent, TroubleKind::Unread, TroubleKind::Failing];
    let steps = [EventKind::Opened, EventKind::Ongoing, EventKind::Recovered];
    let of = |kind| steps.map(|step| (kind, step));
    let all = kinds.into_iter().flat_map(of);
    let numbered = all.zip(1..);
    numbered
        .map(|((kind, step), number)| trouble(number, kind, step))
        .collect()
}

fn input() -> InputReport {
    InputReport {
        units: 1503,
        bytes: 206_900_000,
        bytes_unpacked: 1_338_000_000,
        records: 839_305,
        error_records: 63_400,
        error_events: 50_102,
        insights: 2,
        digests: 14,
        control_messages: 0,
        rejects: BTreeMap::from([("invalid-json".to_owned(), 12), ("truncated".to_owned(), 5)]),
        reject_examples: vec![
            RejectExample {
                origin: "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/14/111122223333_CloudTrail_eu-central-1_20260314T1000Z_AbCdEfGhIjKlMnOp.json.gz".to_owned(),
                offset: 1_048_576,
                reason: "not valid JSON (expected a comma)".to_owned(),
            },
            RejectExample {
                origin: "notes.json".to_owned(),
                offset: 0,
                reason: "cut off in the middle of a value".to_owned(),
            },
        ],
        unread: vec!["locked.json.gz: permission denied".to_owned()],
    }
}

fn accounts() -> Vec<AccountReport> {
    let account = |account: &str, learning, scale| AccountReport {
        account: account.to_owned(),
        alias: (account == ACCOUNT).then(|| "acme-prod".to_owned()),
        learning,
        records: 2_410 * scale,
        errors: 41 * scale,
        active_clusters: 9 * scale,
        known_clusters: 7 * scale,
        silenced: silenced(scale),
        hours: rhythm(scale),
    };
    let short = Learning {
        have_hours: 30,
        need_hours: 168,
    };
    vec![account(ACCOUNT, None, 2), account(OTHER, Some(short), 1)]
}

/// What people said of clusters of an account.
fn silenced(scale: u64) -> Silenced {
    Silenced {
        acknowledged: scale,
        expected: 2 * scale,
        archived: scale,
        errors: 17 * scale,
    }
}

/// A report with one of everything.
#[must_use]
pub fn report() -> Report {
    Report {
        schema: Report::SCHEMA.to_owned(),
        inspection: "default".to_owned(),
        sources: vec!["files logs/".to_owned()],
        window: window(),
        baseline: baseline(),
        complete: false,
        notes: vec!["the baseline was read from the same source: no state was given".to_owned()],
        input: input(),
        accounts: accounts(),
        silenced: silenced(3),
        findings: vec![stop_logging(), new_actor(), sign_in()],
        found: SeverityCounts {
            critical: 1,
            error: 1,
            warning: 1,
            info: 12,
        },
        hidden: SeverityCounts {
            info: 12,
            ..SeverityCounts::default()
        },
        events: vec![event(1), recovered()],
        errors_per_hour: rhythm(3),
        new_clusters_per_hour: rhythm(1)
            .into_iter()
            .filter(|count| count.hour.index() % 11 == 0 || window().contains(count.hour.start()))
            .map(|count| (count.hour, 1 + count.span.count / 4))
            .collect(),
        keys: vec![KeyActivity {
            iam: Some(standing()),
            ..key()
        }],
    }
}

/// A report of a quiet hour: nothing found, nothing hidden, everything read.
#[must_use]
pub fn quiet() -> Report {
    Report {
        complete: true,
        notes: Vec::new(),
        input: InputReport {
            rejects: BTreeMap::new(),
            reject_examples: Vec::new(),
            unread: Vec::new(),
            ..input()
        },
        findings: Vec::new(),
        found: SeverityCounts::default(),
        hidden: SeverityCounts::default(),
        events: Vec::new(),
        keys: Vec::new(),
        ..report()
    }
}

/// Puts one text into every field of a finding that a log can fill.
pub fn fill(finding: &mut Finding, text: &str) {
    for field in [
        &mut finding.account,
        &mut finding.event_source,
        &mut finding.event_name,
        &mut finding.error_code,
        &mut finding.template,
        &mut finding.episode,
    ] {
        text.clone_into(field);
    }
    for value in &mut finding.values {
        text.clone_into(&mut value.value);
    }
    for sample in &mut finding.samples {
        for field in [&mut sample.event_id, &mut sample.actor, &mut sample.raw] {
            text.clone_into(field);
        }
    }
    finding.reasons = vec![
        Reason::FirstByActor {
            actor: text.to_owned(),
            known_actors: 1,
            like: Some(text.to_owned()),
        },
        Reason::Dimension {
            dimension: Dimension::Actor,
            value: text.to_owned(),
            familiarity: Familiarity::Unseen,
        },
        Reason::NearestKnown {
            cluster: finding.cluster,
            template: text.to_owned(),
            only_here: vec![text.to_owned()],
            only_there: vec![text.to_owned()],
        },
        Reason::SensitiveTarget {
            target: text.to_owned(),
            sensitivity: finding.sensitivity,
        },
        Reason::BusyScope {
            scope: Scope::Actor {
                account: text.to_owned(),
                actor: text.to_owned(),
            },
            per_week_millis: 9_000,
        },
        Reason::Learning {
            learner: Learner::Source(text.to_owned()),
            have_hours: 1,
            need_hours: 2,
        },
    ];
}

/// Puts one text into every field of a key that a log, IAM or a person can fill.
pub fn fill_key(key: &mut KeyActivity, text: &str) {
    for field in [
        &mut key.id,
        &mut key.account,
        &mut key.owner,
        &mut key.last_call,
        &mut key.region,
    ] {
        text.clone_into(field);
    }
    key.iam = Some(KeyStanding::Known {
        user: text.to_owned(),
        active: Some(false),
        created: Some(key.last_used),
        last_used: Some(key.last_used),
        service: Some(text.to_owned()),
        region: Some(text.to_owned()),
        reason: Some(text.to_owned()),
    });
}

/// The rich [`report`] with one text in every field that a log, a file name or a person can fill.
#[must_use]
pub fn hostile_report(text: &str) -> Report {
    let mut report = report();
    text.clone_into(&mut report.inspection);
    report.sources = vec![text.to_owned()];
    report.notes = vec![text.to_owned()];
    report.input.rejects = BTreeMap::from([(text.to_owned(), 1)]);
    report.input.unread = vec![text.to_owned()];
    for example in &mut report.input.reject_examples {
        text.clone_into(&mut example.origin);
        text.clone_into(&mut example.reason);
    }
    for account in &mut report.accounts {
        text.clone_into(&mut account.account);
        account.alias = Some(text.to_owned());
    }
    for finding in &mut report.findings {
        fill(finding, text);
    }
    for event in &mut report.events {
        text.clone_into(&mut event.title);
        text.clone_into(&mut event.account);
    }
    for key in &mut report.keys {
        fill_key(key, text);
    }
    let reason = text.to_owned();
    report
        .keys
        .extend(report.keys.first().cloned().map(|key| KeyActivity {
            iam: Some(KeyStanding::Unknown { reason }),
            ..key
        }));
    report
}

/// The rich [`report`] with one finding and only a few hours: its JSON can be read by people.
#[must_use]
pub fn small() -> Report {
    let mut report = report();
    let since = window().start.plus_millis(-3_600_000).hour();
    report.errors_per_hour.retain(|count| count.hour >= since);
    report.new_clusters_per_hour.retain(|(hour, _)| *hour >= since);
    for account in &mut report.accounts {
        account.hours.retain(|count| count.hour >= since);
    }
    report.findings.truncate(1);
    report.events.truncate(1);
    for event in &mut report.events {
        event.hours.retain(|count| count.hour >= since);
    }
    report
}
