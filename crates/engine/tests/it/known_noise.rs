//! What the known signatures of noise become, and what looks like noise and is not: whole records, scanned, templated,
//! counted and judged.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Visitor};
use firstsight_engine::{
    Finding, History, InputQuery, JudgeInput, Novelty, Policy, Range, Reason, Scope, ScopeHistory, Severity,
    Summary, SummaryOptions, Time, Verdict, judge,
};
use serde_json::{Value, json};

const SIGNATURES: &str = include_str!("../../../cloudtrail/data/known_noise.tsv");
const EXPECTED: &str = include_str!("../../data/known_noise_findings.tsv");
const ACCOUNT: &str = "111122223333";

/// A row of the signatures.
#[derive(Clone, Copy)]
struct Row<'a> {
    number: &'a str,
    source: &'a str,
    name: &'a str,
    code: &'a str,
    message: &'a str,
    who: &'a str,
    agent: &'a str,
    address: &'a str,
    class: &'a str,
    marks: &'a str,
}

fn lines(table: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines = table
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        line.split('\t')
            .map(|cell| if cell == "-" { "" } else { cell })
            .collect()
    })
}

fn rows() -> Vec<Row<'static>> {
    let rows = lines(SIGNATURES).map(|cells| {
        let [
            number,
            source,
            name,
            code,
            message,
            who,
            agent,
            address,
            class,
            marks,
        ] = cells[..]
        else {
            panic!("{cells:?}");
        };
        Row {
            number,
            source,
            name,
            code,
            message,
            who,
            agent,
            address,
            class,
            marks,
        }
    });
    rows.collect()
}

fn session(role: &str, session: &str, issuer: &str) -> Value {
    json!({
        "type": "AssumedRole",
        "principalId": format!("AROAEXAMPLE:{session}"),
        "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{session}"),
        "accountId": ACCOUNT,
        "sessionContext": { "sessionIssuer": {
            "type": "Role",
            "arn": format!("arn:aws:iam::{ACCOUNT}:role/{issuer}"),
            "userName": role,
        } },
    })
}

/// The identity that a word of the table stands for.
fn identity(who: &str) -> Value {
    match who.split_once(':').unwrap_or((who, "")) {
        ("person", _) => session(
            "AWSReservedSSO_ReadOnly_0123456789abcdef",
            "alice@example.com",
            "aws-reserved/sso.amazonaws.com/AWSReservedSSO_ReadOnly_0123456789abcdef",
        ),
        ("user", _) => json!({
            "type": "IAMUser",
            "arn": format!("arn:aws:iam::{ACCOUNT}:user/alice"),
            "accountId": ACCOUNT,
            "userName": "alice",
        }),
        ("root", _) => json!({
            "type": "Root",
            "arn": format!("arn:aws:iam::{ACCOUNT}:root"),
            "accountId": ACCOUNT,
        }),
        ("anonymous", _) => json!({ "type": "AWSAccount", "accountId": "ANONYMOUS_PRINCIPAL" }),
        ("service", host) => json!({ "type": "AWSService", "invokedBy": host }),
        ("linked", role) => {
            let (service, role) = role.split_once('/').expect("a service and a role");
            let mut linked = session(
                role,
                "session",
                &format!("aws-service-role/{service}.amazonaws.com/{role}"),
            );
            linked["invokedBy"] = format!("{service}.amazonaws.com").into();
            linked
        }
        ("role", role) => {
            let (role, name) = role.split_once('/').unwrap_or((role, "session"));
            session(role, name, role)
        }
        _ => panic!("{who}"),
    }
}

fn time(hour: i64) -> Time {
    let start: Time = "2026-01-01T00:00:00Z".parse().expect("a time");
    start.plus_millis(hour * 3_600_000 + 60_000)
}

/// The whole record of a row.
fn record(row: Row<'_>, hour: i64, id: &str) -> Value {
    let mut record = json!({
        "eventVersion": "1.09",
        "eventID": id,
        "eventTime": time(hour).to_string(),
        "eventSource": format!("{}.amazonaws.com", row.source),
        "eventName": row.name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": row.address,
        "userAgent": row.agent,
        "userIdentity": identity(row.who),
        "recipientAccountId": ACCOUNT,
        "eventType": "AwsApiCall",
        "requestParameters": null,
        "responseElements": null,
    });
    for (key, text) in [("errorCode", row.code), ("errorMessage", row.message)] {
        if !text.is_empty() {
            record[key] = text.into();
        }
    }
    if row.name == "ConsoleLogin" {
        record["responseElements"] = json!({ "ConsoleLogin": "Failure" });
    }
    record
}

/// What the scanner finds goes into a summary.
struct Seen(Summary, u64);

impl Visitor for Seen {
    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        self.0.observe(event);
        self.1 += 1;
    }

    fn reject(&mut self, reject: &Reject) {
        panic!("{reject:?}");
    }
}

fn scan(records: &[Value]) -> Summary {
    let text = json!({ "Records": records }).to_string();
    let mut found = Seen(Summary::new(SummaryOptions::default()), 0);
    let mut scanner = Scanner::new(ScanOptions::new(time(NOW + 1)));
    scanner.feed(text.as_bytes(), &mut found);
    scanner.finish(&mut found);
    assert_eq!(found.1, records.len() as u64, "each is an error event");
    found.0
}

/// The judged hour: the account is twenty days old.
const NOW: i64 = 20 * 24;

static ORDINARY: LazyLock<Summary> = LazyLock::new(|| scan(&ordinary_days()));

/// Ten unrelated errors a day.
fn ordinary_days() -> Vec<Value> {
    let row = Row {
        source: "sqs",
        name: "SendMessage",
        code: "ValidationException",
        message: "the message is empty",
        who: "role:Orders",
        agent: "aws-sdk-java/2.20",
        address: "198.51.100.9",
        ..rows()[0]
    };
    (0..200)
        .map(|n| record(row, n / 10 * 24, &format!("ordinary-{n}")))
        .collect()
}

fn account_scope(days: impl IntoIterator<Item = (u32, u64)>) -> ScopeHistory {
    ScopeHistory {
        scope: Scope::Account {
            account: ACCOUNT.to_owned(),
        },
        days: days.into_iter().collect(),
    }
}

fn judged(records: &[Value]) -> Verdict {
    judge(&input(records))
}

fn input(records: &[Value]) -> JudgeInput {
    let mut history = History::new();
    history.observe(&ORDINARY);
    history.observe(&scan(records));
    let window = Range::hours_before(time(NOW).hour().plus(1), 1);
    history.input(&InputQuery {
        inspection: "hourly".to_owned(),
        window,
        baseline: Range::hours_before(window.start.hour(), 14 * 24),
        accounts: Vec::new(),
        remember_from: Time::MIN,
        policy: Policy::default(),
    })
}

fn word(value: impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).expect("a word");
    value.as_str().expect("a word").to_owned()
}

fn as_new(row: Row<'_>) -> Finding {
    let mut verdict = judged(&[record(row, NOW, "now")]);
    assert_eq!(
        verdict.findings.len(),
        1,
        "{} {}: nothing is dropped",
        row.number,
        row.name
    );
    verdict.findings.remove(0)
}

/// The same by somebody else a day before: what is told of one more actor, if anything.
fn as_new_actor(row: Row<'_>) -> Option<Finding> {
    let known = Row {
        who: "role:Backup",
        agent: "aws-sdk-java/2.20",
        address: "198.51.100.9",
        ..row
    };
    let mut verdict = judged(&[record(known, NOW - 24, "before"), record(row, NOW, "now")]);
    assert_eq!(verdict.accounts[0].active_clusters, 1);
    assert!(verdict.findings.len() <= 1);
    verdict.findings.pop()
}

fn line(row: Row<'_>) -> String {
    let new = as_new(row);
    assert_eq!(new.novelty, Novelty::New);
    let marks: Vec<String> = new.noise.iter().map(word).collect();
    assert_eq!(
        (word(new.class).as_str(), marks.join(" ").as_str()),
        (row.class, row.marks)
    );
    let actor = as_new_actor(row).map_or("-".to_owned(), |finding| {
        assert_eq!(finding.novelty, Novelty::NewActor);
        word(finding.severity)
    });
    let or_none = |text: &str| {
        if text.is_empty() {
            "-".to_owned()
        } else {
            text.to_owned()
        }
    };
    [
        row.number.to_owned(),
        row.source.to_owned(),
        row.name.to_owned(),
        or_none(row.code),
        row.who.to_owned(),
        word(new.class),
        or_none(&marks.join(" ")),
        word(new.severity),
        actor,
    ]
    .join("\t")
}

#[test]
fn each_signature_becomes_what_the_table_says() {
    let expected: Vec<&str> = EXPECTED
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let found: Vec<String> = rows().into_iter().map(line).collect();
    let wrong: Vec<&String> = found
        .iter()
        .filter(|line| !expected.contains(&line.as_str()))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(found, expected);
}

#[test]
fn all_47_signatures_are_there_and_those_to_keep_loud() {
    let numbers: BTreeSet<&str> = lines(EXPECTED).map(|cells| cells[0]).collect();
    let known: BTreeSet<String> = (1..=47).map(|number: i32| number.to_string()).collect();
    assert!(known.iter().all(|number| numbers.contains(number.as_str())));
    assert!(numbers.contains("loud"));
    assert_eq!(numbers.len(), 48);
}

#[test]
fn what_has_to_stay_loud_alerts_as_new() {
    for row in rows().into_iter().filter(|row| row.number == "loud") {
        let finding = as_new(row);
        assert!(
            finding.severity >= Severity::Warning && finding.noise.is_empty(),
            "{} {}",
            row.source,
            row.name
        );
    }
}

#[test]
fn marked_noise_is_counted_and_ranked_behind_what_is_loud() {
    let rows = rows();
    let records = rows.iter().enumerate();
    let records: Vec<Value> = records
        .map(|(n, row)| record(*row, NOW, &format!("id-{n}")))
        .collect();
    let verdict = judged(&records);
    let account = &verdict.accounts[0];
    assert_eq!((account.errors, account.known_clusters), (rows.len() as u64, 0));
    assert_eq!(verdict.findings.len() as u64, account.active_clusters);
    let counted: u64 = verdict.findings.iter().map(|finding| finding.within.count).sum();
    assert_eq!(counted, rows.len() as u64);
    let first_marked = verdict
        .findings
        .iter()
        .position(|finding| !finding.noise.is_empty());
    let behind = &verdict.findings[first_marked.expect("noise")..];
    assert!(behind.iter().all(|finding| finding.severity == Severity::Info));
}

#[test]
fn a_silent_account_makes_no_noise_loud() {
    let expected = lines(EXPECTED).map(|cells| cells[7]);
    for (row, severity) in rows().into_iter().zip(expected) {
        let mut input = input(&[record(row, NOW, "now")]);
        input.scopes = vec![account_scope([])];
        let finding = &judge(&input).findings[0];
        let quiet = |reason: &Reason| matches!(reason, Reason::QuietScope { .. });
        assert!(finding.reasons.iter().any(quiet));
        assert_eq!(word(finding.severity), severity, "{} {}", row.number, row.name);
    }
}

#[test]
fn a_busy_account_keeps_what_has_to_stay_loud() {
    for row in rows().into_iter().filter(|row| row.number == "loud") {
        let mut input = input(&[record(row, NOW, "now")]);
        input.scopes = vec![account_scope((0..14).map(|day| (day, 10)))];
        let finding = &judge(&input).findings[0];
        let busy = |reason: &Reason| matches!(reason, Reason::BusyScope { .. });
        assert!(finding.reasons.iter().any(busy));
        assert!(finding.severity >= Severity::Warning, "{}", row.name);
    }
}

#[test]
fn a_sensitive_resource_makes_a_refusal_loud() {
    let row = |name, code| Row {
        number: "target",
        source: "s3",
        name,
        code,
        message: "Access Denied",
        who: "role:App",
        agent: "aws-sdk-go/1.44.1",
        ..rows()[0]
    };
    for (row, bucket, severity) in [
        (
            row("PutBucketPolicy", "AccessDenied"),
            "org-cloudtrail-logs",
            Severity::Error,
        ),
        (
            row("GetObject", "AccessDenied"),
            "org-cloudtrail-logs",
            Severity::Warning,
        ),
        (
            row("GetObject", "AccessDenied"),
            "holiday-pictures",
            Severity::Info,
        ),
    ] {
        let mut record = record(row, NOW, "now");
        record["requestParameters"] = json!({ "bucketName": bucket, "key": "a/b" });
        let finding = &judged(&[record]).findings[0];
        let named = |reason: &Reason| matches!(reason, Reason::SensitiveTarget { target, .. } if target.ends_with(bucket));
        assert_eq!(finding.severity, severity, "{} {bucket}", row.name);
        assert_eq!(finding.reasons.iter().any(named), severity > Severity::Info);
    }
}
