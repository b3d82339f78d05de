//! The scanner over recordings that others published, counted independently through `serde_json::Value`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use firstsight_cloudtrail::{
    Counters, ErrorEvent, RecordSeen, Reject, RejectReason, ScanOptions, Scanner, Timestamp, Visitor,
};
use firstsight_tests::real_data;
use serde_json::Value;

/// What a record ends in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Record,
    Error,
    Insight,
    Digest,
    NoTime,
    NotARecord,
}
use End::{Digest, Error, Insight, NoTime, NotARecord, Record};

#[derive(Debug, Default)]
struct Seen {
    records: Vec<bool>,
    error_ids: Vec<String>,
    rejects: Vec<Reject>,
}

impl Visitor for Seen {
    fn record(&mut self, record: &RecordSeen<'_>) {
        self.records.push(record.is_error);
    }

    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        self.error_ids
            .push(event.event_id.as_deref().unwrap_or_default().to_owned());
    }

    fn reject(&mut self, reject: &Reject) {
        self.rejects.push(reject.clone());
    }
}

fn now() -> Timestamp {
    "2030-01-01T00:00:00Z".parse().unwrap()
}

fn scan_in(bytes: &[u8], chunk: usize) -> (Seen, Counters) {
    let mut seen = Seen::default();
    let mut scanner = Scanner::new(ScanOptions::new(now()));
    for chunk in bytes.chunks(chunk) {
        scanner.feed(chunk, &mut seen);
    }
    let counters = scanner.finish(&mut seen);
    (seen, counters)
}

/// Whole, and in odd chunks: the same.
fn scan(bytes: &[u8]) -> (Seen, Counters) {
    let (seen, counters) = scan_in(bytes, bytes.len().max(1));
    let (cut, counted) = scan_in(bytes, 997);
    assert_eq!(counters, counted);
    assert_eq!((&seen.error_ids, &seen.rejects), (&cut.error_ids, &cut.rejects));
    (seen, counters)
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_default()
}

/// Where a record ends, by the rule, without the scanner's help.
fn end_of(record: &Value) -> End {
    let keys = ["eventTime", "eventSource", "eventName", "userIdentity"];
    if record.get("digestStartTime").is_some() {
        return Digest;
    }
    if !keys.iter().any(|key| record.get(key).is_some()) {
        return NotARecord;
    }
    if text(record, "eventType") == "AwsCloudTrailInsight" {
        return Insight;
    }
    if text(record, "eventTime").parse::<Timestamp>().is_err() {
        return NoTime;
    }
    let response = &record["responseElements"];
    let failed = ["ConsoleLogin", "CheckMfa", "SwitchRole"]
        .iter()
        .any(|key| response[key] == "Failure");
    let code = text(record, "errorCode");
    if !code.is_empty() && code != "200" || !text(record, "errorMessage").is_empty() || failed {
        return Error;
    }
    Record
}

/// The counters as a count of ends.
fn ends(counters: &Counters) -> BTreeMap<End, u64> {
    let rejects = |reason| counters.rejects.get(&reason).copied().unwrap_or_default();
    let (no_time, no_record) = (
        rejects(RejectReason::NoEventTime),
        rejects(RejectReason::NotARecord),
    );
    assert_eq!(
        counters.rejected(),
        no_time + no_record,
        "no other rejects: {counters:?}"
    );
    let counts = [
        (Record, counters.records - counters.error_events),
        (Error, counters.error_events),
        (Insight, counters.insights),
        (Digest, counters.digests),
        (NoTime, no_time),
        (NotARecord, no_record),
    ];
    counts.into_iter().filter(|(_, count)| *count > 0).collect()
}

fn count(records: &[Value]) -> BTreeMap<End, u64> {
    let mut counts = BTreeMap::new();
    for record in records {
        *counts.entry(end_of(record)).or_default() += 1;
    }
    counts
}

/// Scans, and compares with records found independently: how each ends, and the error events one by one.
fn check(bytes: &[u8], records: &[Value], name: &str) -> Counters {
    let (seen, counters) = scan(bytes);
    assert_eq!(ends(&counters), count(records), "{name}");
    let errors = records.iter().filter(|record| end_of(record) == Error);
    let ids: Vec<&str> = errors.map(|record| text(record, "eventID")).collect();
    assert_eq!(seen.error_ids, ids, "{name}");
    counters
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        #[allow(clippy::disallowed_methods, reason = "the list is sorted below")]
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(!found.is_empty());
    found
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    serde_json::Deserializer::from_slice(bytes)
        .into_iter()
        .map(Result::unwrap)
        .collect()
}

fn elements(value: &Value) -> Vec<Value> {
    value.as_array().unwrap().clone()
}

#[test]
fn an_attacked_account_is_read_without_a_loss() {
    let Some(data) = real_data() else { return };
    let mut sum = Counters::default();
    for file in files(&data.join("invictus-ir"), "json") {
        let bytes = fs::read(&file).unwrap();
        let document: Value = serde_json::from_slice(&bytes).unwrap();
        sum.merge(&check(
            &bytes,
            &elements(&document["Records"]),
            &file.display().to_string(),
        ));
    }
    assert_eq!((sum.records, sum.error_events, sum.rejected()), (2900, 300, 0));
    assert!(sum.key_uses > 0 && sum.times.is_some());
}

#[test]
fn detonation_logs_are_read_without_a_loss() {
    let Some(data) = real_data() else { return };
    let mut sum = Counters::default();
    for file in files(&data.join("stratus-red-team"), "json") {
        let bytes = fs::read(&file).unwrap();
        let records = elements(&serde_json::from_slice(&bytes).unwrap());
        sum.merge(&check(&bytes, &records, &file.display().to_string()));
    }
    assert_eq!((sum.records + sum.rejected(), sum.error_events), (310, 52));
}

/// Where each oddity ends: the label of each line of the recording's `provenance.tsv`, in its order.
const ODDITIES: [(&str, &[End]); 49] = [
    ("error-code-without-message", &[Error, Error]),
    ("error-code-with-null-message", &[Error, Error]),
    ("error-message-without-code", &[Error, NoTime]),
    ("error-code-null", &[Record, Record]),
    ("error-code-empty-string", &[Record]),
    ("error-code-is-http-200-success", &[Record]),
    ("console-login-failure", &[Error, Error]),
    ("console-login-failure-no-error-fields", &[NoTime, Error]),
    ("federated-login-failure", &[NoTime]),
    ("message-with-newline", &[Error, Error]),
    ("message-truncated-at-1024", &[Error]),
    ("encoded-authorization-blob", &[Error, NoTime]),
    ("nested-error-in-requestParameters", &[Record, Record]),
    ("nested-error-in-responseElements", &[Record, Record]),
    ("insight-error-rate", &[Insight]),
    ("insight-call-rate", &[Insight, Insight]),
    ("network-activity-vpce-denied", &[Error, Error]),
    ("network-activity-other-or-none", &[Record, Record]),
    ("digest-file", &[Digest]),
    ("no-eventVersion-no-identity", &[Record, NoTime]),
    ("no-eventTime", &[NoTime, NoTime]),
    ("userIdentity-without-type", &[Record, NoTime]),
    ("non-ascii-content", &[Record, Record]),
    ("aws-gov-or-cn", &[Record]),
    ("hidden-username", &[Error, Error]),
    ("service-event", &[Record, NoTime]),
    ("throttling", &[Error, Error]),
    ("userIdentity-Root", &[Record, Record]),
    ("userIdentity-IAMUser", &[Record, Error]),
    ("userIdentity-AssumedRole", &[Error, Record]),
    ("userIdentity-FederatedUser", &[Record, Record]),
    ("userIdentity-AWSAccount", &[Error, Record]),
    ("userIdentity-AWSService", &[Record, Record]),
    ("userIdentity-Unknown", &[Record, NoTime]),
    ("userIdentity-IdentityCenterUser", &[Record, Record]),
    ("userIdentity-SAMLUser", &[Record]),
    ("userIdentity-CustomUserIdentity", &[Record]),
    ("userIdentity-User", &[Record, Record]),
    ("eventVersion-1.0", &[Record, Record]),
    ("eventVersion-1.01", &[Record, Record]),
    ("eventVersion-1.03", &[Record, Record]),
    ("eventVersion-1.04", &[Record, Record]),
    ("eventVersion-1.05", &[Record, Record]),
    ("eventVersion-1.06", &[Record, Record]),
    ("eventVersion-1.07", &[Insight, NoTime]),
    ("eventVersion-1.08", &[Record, Record]),
    ("eventVersion-1.09", &[Record, Record]),
    ("eventVersion-1.10", &[Record, Error]),
    ("eventVersion-1.11", &[Record, NoTime]),
];

#[test]
fn each_oddity_ends_where_it_should() {
    let Some(data) = real_data() else { return };
    let table = fs::read_to_string(data.join("weird-shapes/provenance.tsv")).unwrap();
    let labels = table.lines().skip(1).map(|line| line.split('\t').nth(1).unwrap());
    let bytes = fs::read(data.join("weird-shapes/weird.ndjson")).unwrap();
    let oddities = ODDITIES
        .iter()
        .flat_map(|(label, ends)| ends.iter().map(move |end| (*label, *end)));
    let oddities: Vec<(&str, End)> = oddities.collect();
    assert_eq!(oddities.len(), 89);
    assert!(
        labels.eq(oddities.iter().map(|(label, _)| *label)),
        "the table names each line's oddity"
    );
    for (number, ((label, end), line)) in oddities
        .iter()
        .zip(bytes.split(|&byte| byte == b'\n'))
        .enumerate()
    {
        let (_, counters) = scan(line);
        assert_eq!(
            ends(&counters),
            BTreeMap::from([(*end, 1)]),
            "line {}: {label}",
            number + 1
        );
    }
    check(&bytes, &lines(&bytes), "all together");
}

/// The records of one fixture's payload, in any of its three envelopes.
fn payload_records(payload: &Value) -> Vec<Value> {
    if let Some(records) = payload["Records"].as_array() {
        return records.clone();
    }
    if let Some(events) = payload["logEvents"].as_array() {
        return events
            .iter()
            .map(|event| serde_json::from_str(text(event, "message")).unwrap())
            .collect();
    }
    vec![payload["detail"].clone()]
}

#[test]
fn fixtures_in_three_envelopes_are_read_without_a_loss() {
    let Some(data) = real_data() else { return };
    let mut sum: BTreeMap<End, u64> = BTreeMap::new();
    for file in files(&data.join("streamalert-tests"), "json") {
        let name = file.display().to_string();
        let fixtures = elements(&serde_json::from_slice(&fs::read(&file).unwrap()).unwrap());
        let payloads: Vec<&Value> = fixtures.iter().map(|fixture| &fixture["data"]).collect();
        for payload in &payloads {
            let counters = check(payload.to_string().as_bytes(), &payload_records(payload), &name);
            ends(&counters)
                .into_iter()
                .for_each(|(end, count)| *sum.entry(end).or_default() += count);
        }
        let all: Vec<Value> = payloads
            .iter()
            .flat_map(|payload| payload_records(payload))
            .collect();
        let together = Value::from(payloads.into_iter().cloned().collect::<Vec<_>>());
        check(together.to_string().as_bytes(), &all, &name);
        let (_, as_it_stands) = scan(&fs::read(&file).unwrap());
        assert_eq!(
            ends(&as_it_stands),
            BTreeMap::from([(NotARecord, fixtures.len() as u64)]),
            "{name}"
        );
    }
    assert!(
        sum[&Record] > 0 && sum[&Insight] > 0 && sum[&NoTime] > 0,
        "{sum:?}"
    );
}

#[test]
fn lookup_events_output_is_read_without_a_loss() {
    let Some(data) = real_data() else { return };
    for file in files(&data.join("plaso-lookup-events"), "jsonl") {
        let bytes = fs::read(&file).unwrap();
        let objects = lines(&bytes);
        let records = objects
            .iter()
            .map(|line| serde_json::from_str(text(line, "CloudTrailEvent")).unwrap());
        let records: Vec<Value> = records.collect();
        let counters = check(&bytes, &records, "as lines");
        assert_eq!(counters.records, 2);
        let output = serde_json::json!({ "Events": objects, "NextToken": "x" });
        check(
            output.to_string().as_bytes(),
            &records,
            "as the command prints them",
        );
    }
}

#[test]
fn the_user_guides_examples_are_read_without_a_loss() {
    let Some(data) = real_data() else { return };
    let folder = data.join("awsdocs-cloudtrail-user-guide");
    let bytes = fs::read(folder.join("records.ndjson")).unwrap();
    let counters = check(&bytes, &lines(&bytes), "records");
    assert_eq!(
        (counters.records, counters.insights, counters.rejected()),
        (25, 5, 0)
    );
    assert!(
        counters.error_events >= 3,
        "console sign-in failures have no errorCode"
    );
    let bytes = fs::read(folder.join("network-activity-event-example.json")).unwrap();
    let counters = check(&bytes, &lines(&bytes), "network activity");
    assert_eq!(counters.error_events, 1);
}

/// A good error record, with its `requestParameters` and its id.
fn error_record(parameters: &[u8], id: &str) -> Vec<u8> {
    let head = br#"{"eventVersion":"1.11","eventTime":"2026-01-01T00:00:00Z","eventSource":"iam.amazonaws.com","requestParameters":"#;
    let tail =
        format!(r#","errorCode":"AccessDenied","recipientAccountId":"111122223333","eventID":"{id}"}}"#);
    [&head[..], parameters, tail.as_bytes()].concat()
}

fn cases() -> Vec<(String, Vec<u8>)> {
    let Some(data) = real_data() else {
        return Vec::new();
    };
    let files = files(&data.join("json-test-suite/test_parsing"), "json");
    let name = |file: &Path| file.file_name().unwrap().to_string_lossy().into_owned();
    files
        .iter()
        .map(|file| (name(file), fs::read(file).unwrap()))
        .collect()
}

/// How many complete values stand in front of a fault: a sequence of values is a valid input, and an object in an array
/// is an item before the array ends.
fn values_in(bytes: &[u8]) -> usize {
    let bytes = bytes
        .strip_prefix(b"[")
        .filter(|inner| inner.starts_with(b"{"))
        .unwrap_or(bytes);
    let values = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    values.take_while(Result::is_ok).count()
}

fn of_syntax(reason: RejectReason) -> bool {
    matches!(reason, RejectReason::InvalidJson | RejectReason::Truncated)
}

/// As a file: valid JSON is one `NotARecord` for each item (an array that holds objects has its elements, an empty one
/// none); JSON that is not valid is exactly one syntax reject with a byte offset inside the file, beside a `NotARecord`
/// for each complete value in front of the fault; a file of nothing but whitespace or a BOM has no items. Nothing is a
/// record.
#[test]
fn json_test_suite_as_files() {
    for (name, bytes) in cases() {
        let (seen, counters) = scan(&bytes);
        assert_eq!(
            counters.records + counters.insights + counters.digests + counters.control_messages,
            0,
            "{name}"
        );
        assert!(
            seen.rejects
                .iter()
                .all(|reject| reject.offset <= bytes.len() as u64),
            "{name}"
        );
        let faults = seen
            .rejects
            .iter()
            .filter(|reject| of_syntax(reject.reason))
            .count();
        let no_records = seen.rejects.len() - faults;
        if name.starts_with("y_") {
            let value: Value = serde_json::from_slice(&bytes).unwrap();
            let items = match value.as_array() {
                Some(elements) if elements.iter().any(Value::is_object) => elements.len(),
                Some(elements) => usize::from(!elements.is_empty()),
                None => 1,
            };
            assert_eq!((faults, no_records), (0, items), "{name}: {:?}", seen.rejects);
        } else if name.starts_with("n_") {
            let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
            let blank = text.iter().all(u8::is_ascii_whitespace);
            let sequence = serde_json::Deserializer::from_slice(&bytes)
                .into_iter::<Value>()
                .all(|value| value.is_ok());
            let fault = usize::from(!blank && !sequence);
            assert_eq!(faults, fault, "{name}: {:?}", seen.rejects);
            assert!(no_records <= values_in(&bytes), "{name}: {:?}", seen.rejects);
        }
    }
}

/// Inside an error record, with a good record behind it in the same array: a valid value is read with its record; a
/// value that is not valid costs that record, with exactly one reject. The good neighbour survives whatever the fault,
/// because a broken structure is left at the next record start.
///
/// One fault cannot be told from a record's end: a surplus `}`. What stands before it is a record that is complete and
/// has no error, and what stands behind it is rejected.
#[test]
fn json_test_suite_inside_an_error_record() {
    for (name, bytes) in cases() {
        let neighbour = error_record(b"null", "neighbour");
        let document = [
            b"{\"Records\":[",
            &error_record(&bytes, "case")[..],
            b",",
            &neighbour,
            b"]}",
        ]
        .concat();
        let (seen, counters) = scan(&document);
        assert_eq!(
            seen.error_ids.last().map(String::as_str),
            Some("neighbour"),
            "{name}: {:?}",
            seen.rejects
        );
        assert!(
            seen.rejects
                .iter()
                .all(|reject| reject.offset < document.len() as u64),
            "{name}"
        );
        if name.starts_with("y_") {
            assert_eq!((seen.error_ids.len(), seen.rejects.len()), (2, 0), "{name}");
        } else if name == "n_structure_object_followed_by_closing_object.json" {
            assert_eq!(
                (seen.error_ids.len(), counters.records, seen.rejects.len()),
                (1, 2, 2),
                "{name}"
            );
        } else if name.starts_with("n_") {
            assert_eq!(
                (seen.error_ids.len(), counters.records),
                (1, 1),
                "{name}: {:?}",
                seen.rejects
            );
            assert_eq!(seen.rejects.len(), 1, "{name}: {:?}", seen.rejects);
            assert!(of_syntax(seen.rejects[0].reason), "{name}: {:?}", seen.rejects);
        }
    }
}
