//! What a sample promises, checked on what it gives out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use firstsight_cloudtrail::{Hour, Timestamp};
use firstsight_sample::{Sample, SampleConfig, SampleFile};
use proptest::prelude::*;
use serde_json::Value;

/// A Thursday, so that the days before it hold a weekend.
fn end() -> Hour {
    "2026-01-15T00:00:00Z".parse::<Timestamp>().unwrap().hour()
}

fn config(change: impl FnOnce(&mut SampleConfig)) -> SampleConfig {
    let mut config = SampleConfig::new(7, end());
    change(&mut config);
    config
}

fn files(config: SampleConfig) -> Vec<SampleFile> {
    Sample::new(config).unwrap().files().collect()
}

fn records(files: &[SampleFile]) -> Vec<Value> {
    let mut all = Vec::new();
    for file in files {
        let mut body: Value = serde_json::from_slice(&file.body).unwrap();
        let Value::Array(mut records) = body["Records"].take() else {
            panic!("{}", file.path);
        };
        assert_eq!(records.len(), file.records as usize);
        all.append(&mut records);
    }
    all
}

fn text<'a>(record: &'a Value, pointer: &str) -> &'a str {
    record.pointer(pointer).and_then(Value::as_str).unwrap_or("")
}

fn is_error(record: &Value) -> bool {
    !text(record, "/errorCode").is_empty() || !text(record, "/errorMessage").is_empty()
}

/// Ten days of two accounts, parsed, each record once.
static TEN_DAYS: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut seen = BTreeSet::new();
    let mut all = records(&files(config(|c| (c.days, c.accounts) = (10, 2))));
    all.retain(|record| seen.insert(text(record, "/eventID").to_owned()));
    all.sort_by(|a, b| text(a, "/eventTime").cmp(text(b, "/eventTime")));
    all
});

/// The role, user or service behind a record.
fn actor(record: &Value) -> &str {
    [
        "/userIdentity/sessionContext/sessionIssuer/arn",
        "/userIdentity/arn",
        "/userIdentity/userName",
    ]
    .into_iter()
    .chain(["/userIdentity/invokedBy", "/userIdentity/accountId"])
    .map(|pointer| text(record, pointer))
    .find(|name| !name.is_empty())
    .unwrap_or("")
}

fn signature(record: &Value) -> (String, String, String, String) {
    let part = |pointer: &str| text(record, pointer).to_owned();
    (
        part("/recipientAccountId"),
        part("/eventSource"),
        part("/eventName"),
        part("/errorCode"),
    )
}

/// Counts, for each account and day, the keys of error events that are seen for the first time.
fn firsts<K: Ord>(key: impl Fn(&Value) -> Option<K>) -> BTreeMap<(String, String), usize> {
    let mut seen = BTreeSet::new();
    let mut firsts = BTreeMap::new();
    for record in TEN_DAYS.iter().filter(|record| is_error(record)) {
        let place = (
            text(record, "/recipientAccountId").to_owned(),
            text(record, "/eventTime")[..10].to_owned(),
        );
        let count: &mut usize = firsts.entry(place).or_default();
        *count += usize::from(key(record).is_some_and(|key| seen.insert(key)));
    }
    firsts
}

#[test]
fn the_default_has_the_size_it_says() {
    let config = config(|_| ());
    let (mut count, mut names) = (0, BTreeSet::new());
    for file in Sample::new(config).unwrap().files() {
        count += file.records;
        assert!(names.insert(file.path));
    }
    assert!((120_000..=150_000).contains(&count), "{count}");
}

#[test]
fn each_account_and_day_has_new_harmless_signatures() {
    let firsts = firsts(|record| Some(signature(record)));
    assert_eq!(firsts.len(), 20);
    assert!(firsts.values().all(|count| *count >= 3), "{firsts:?}");
}

#[test]
fn each_account_and_day_has_new_actors_in_denials_known_before() {
    let mut known = BTreeSet::new();
    let denied: BTreeSet<_> = TEN_DAYS
        .iter()
        .filter(|record| is_error(record))
        .filter(|record| !known.insert(signature(record)))
        .map(|record| text(record, "/eventID").to_owned())
        .collect();
    let firsts = firsts(|record| {
        let account = text(record, "/recipientAccountId");
        denied
            .contains(text(record, "/eventID"))
            .then(|| (account.to_owned(), actor(record).to_owned()))
    });
    assert!(firsts.values().all(|count| *count >= 5), "{firsts:?}");
}

#[test]
fn the_background_is_known_after_a_week() {
    let planted: BTreeSet<String> = Sample::new(config(|_| ()))
        .unwrap()
        .planted()
        .into_iter()
        .map(|planted| planted.event_id)
        .collect();
    let mut late: BTreeMap<_, usize> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for record in TEN_DAYS.iter().filter(|record| is_error(record)) {
        let day = &text(record, "/eventTime")[..10];
        let new = seen.insert(signature(record));
        if new && day >= "2026-01-12" && !planted.contains(text(record, "/eventID")) {
            *late
                .entry((text(record, "/recipientAccountId"), day))
                .or_default() += 1;
        }
    }
    // What is still new are the four harmless novelties of each day, and rarely a slip.
    assert!(late.values().all(|count| (3..=6).contains(count)), "{late:?}");
}

#[test]
fn a_twentieth_or_so_of_the_records_are_errors() {
    let errors = TEN_DAYS.iter().filter(|record| is_error(record)).count();
    let share = errors as f64 / TEN_DAYS.len() as f64;
    assert!((0.04..0.09).contains(&share), "{share}");
}

#[test]
fn about_one_record_in_a_hundred_stands_twice() {
    let all = records(&files(config(|c| (c.days, c.accounts) = (3, 1))));
    let distinct: BTreeSet<&str> = all.iter().map(|record| text(record, "/eventID")).collect();
    let share = (all.len() - distinct.len()) as f64 / distinct.len() as f64;
    assert!((0.005..0.015).contains(&share), "{share}");
    let mut first: BTreeMap<&str, &Value> = BTreeMap::new();
    for record in &all {
        assert_eq!(*first.entry(text(record, "/eventID")).or_insert(record), record);
    }
}

#[test]
fn work_follows_the_day_and_the_week() {
    let count = |days: &[&str], hours: std::ops::Range<u8>| {
        let inside = |record: &&Value| {
            let time = text(record, "/eventTime");
            days.contains(&&time[..10]) && hours.contains(&time[11..13].parse().unwrap())
        };
        TEN_DAYS.iter().filter(inside).count()
    };
    let workdays = ["2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09"];
    let weekend = ["2026-01-10", "2026-01-11"];
    assert!(count(&workdays, 14..18) as f64 > 1.3 * count(&workdays, 3..7) as f64);
    assert!(count(&workdays, 0..24) as f64 > 2.4 * count(&weekend, 0..24) as f64);
}

#[test]
fn records_have_the_fields_that_cloudtrail_always_writes() {
    let required = [
        "eventVersion",
        "userIdentity",
        "eventTime",
        "eventSource",
        "eventName",
        "awsRegion",
        "sourceIPAddress",
        "userAgent",
        "requestParameters",
        "responseElements",
        "eventID",
        "readOnly",
        "eventType",
        "managementEvent",
        "recipientAccountId",
        "eventCategory",
    ];
    for record in TEN_DAYS.iter() {
        let record_fields = record.as_object().unwrap();
        for field in required {
            assert!(record_fields.contains_key(field), "{field} in {record}");
        }
        assert!(text(record, "/eventSource").ends_with(".amazonaws.com"));
        assert!(["1.08", "1.09", "1.10", "1.11"].contains(&text(record, "/eventVersion")));
        assert!(record["readOnly"].is_boolean());
        assert!(record["userIdentity"].is_object());
        assert_eq!(text(record, "/eventID").len(), 36);
        let session = text(record, "/userIdentity/sessionContext/attributes/creationDate");
        assert!(session <= text(record, "/eventTime"), "{record}");
    }
}

#[test]
fn there_are_many_kinds_of_calls_callers_and_errors() {
    let distinct = |pointer: &str, errors: bool| {
        let chosen = TEN_DAYS.iter().filter(|record| is_error(record) == errors);
        chosen
            .map(|record| text(record, pointer).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert!(distinct("/eventName", false).len() >= 40);
    assert!(distinct("/errorCode", true).len() >= 40);
    let callers = distinct("/userIdentity/type", false);
    for kind in ["Root", "IAMUser", "AssumedRole", "AWSService"] {
        assert!(callers.contains(kind), "{kind}");
    }
    assert!(distinct("/userIdentity/accountId", true).contains("anonymous"));
}

/// Whether the text holds a placeholder that nothing filled.
fn has_placeholder(text: &str) -> bool {
    let mut parts = text.split('<').skip(1);
    parts.any(|part| {
        part.split_once('>')
            .is_some_and(|(name, _)| name.bytes().all(|b| b.is_ascii_alphanumeric()))
    })
}

#[test]
fn nothing_in_a_sample_belongs_to_anybody() {
    let accounts = ["111122223333", "444455556666"];
    // A Monday, which has the weekly routines, and the day of the attack.
    let days = ["2026-01-12", "2026-01-14"];
    let chosen = TEN_DAYS
        .iter()
        .filter(|record| days.contains(&&text(record, "/eventTime")[..10]));
    for record in chosen {
        let json = record.to_string();
        assert!(!has_placeholder(&json), "{json}");
        assert!(accounts.contains(&text(record, "/recipientAccountId")));
        let arns = json
            .split("arn:aws:")
            .skip(1)
            .filter_map(|arn| arn.split(':').nth(2));
        for account in arns.filter(|account| account.bytes().any(|byte| byte.is_ascii_digit())) {
            assert!(accounts.contains(&account), "{account} in {json}");
        }
        for mail in json.match_indices('@').map(|(at, _)| &json[at + 1..]) {
            assert!(mail.starts_with("example.com"), "{mail}");
        }
        let address = text(record, "/sourceIPAddress");
        let ours = ["192.0.2.", "198.51.100.", "203.0.113.", "10.", "2001:db8:"];
        assert!(
            ours.iter().any(|net| address.starts_with(net)) || address.ends_with(".amazonaws.com"),
            "{address}"
        );
        let parsed = address.parse::<std::net::IpAddr>().is_ok();
        assert!(parsed || address.ends_with(".amazonaws.com"), "{address}");
        let key = text(record, "/userIdentity/accessKeyId");
        assert!(
            key.is_empty() || (key.len() == 20 && key.ends_with("EXAMPLE")),
            "{key}"
        );
    }
}

#[test]
fn the_attack_stands_in_the_last_hour_under_the_ids_it_states() {
    let sample = Sample::new(config(|c| (c.days, c.accounts) = (1, 2))).unwrap();
    let all = records(&sample.files().collect::<Vec<_>>());
    let planted = sample.planted();
    let calls: BTreeSet<&str> = planted
        .iter()
        .map(|planted| planted.event_name.as_str())
        .collect();
    for call in [
        "ListUsers",
        "GetSecretValue",
        "StopLogging",
        "LeaveOrganization",
        "ConsoleLogin",
        "RunInstances",
    ] {
        assert!(calls.contains(call), "{call}");
    }
    for planted in &planted {
        let record = all
            .iter()
            .find(|record| text(record, "/eventID") == planted.event_id)
            .unwrap();
        assert!(is_error(record));
        assert_eq!(planted.time.hour(), end().plus(-1));
        assert_eq!(text(record, "/eventTime"), planted.time.to_string());
        assert_eq!(text(record, "/recipientAccountId"), planted.account);
        assert_eq!(text(record, "/eventSource"), planted.event_source);
        assert_eq!(text(record, "/eventName"), planted.event_name);
        assert_eq!(text(record, "/errorCode"), planted.error_code);
        assert!(text(record, "/sourceIPAddress").starts_with("192.0.2."));
    }
    let throttled = all
        .iter()
        .filter(|record| text(record, "/errorCode") == "ThrottlingException");
    assert!(
        throttled
            .filter(|record| text(record, "/eventTime") >= "2026-01-14T23")
            .count()
            >= 200
    );
}

#[test]
fn only_the_attack_comes_from_its_network_and_without_it_nothing_does() {
    let quiet = Sample::new(config(|c| (c.days, c.attack) = (1, false))).unwrap();
    assert!(quiet.planted().is_empty());
    let all = records(&quiet.files().collect::<Vec<_>>());
    assert!(
        all.iter()
            .all(|record| !text(record, "/sourceIPAddress").starts_with("192.0.2."))
    );
}

#[test]
fn names_are_those_of_a_trail_and_tell_a_delivery_soon_after_the_records() {
    for file in files(config(|c| (c.days, c.accounts) = (2, 1))) {
        let parts: Vec<&str> = file.path.split('/').collect();
        let [logs, account, kind, region, year, month, day, name] = parts[..] else {
            panic!("{}", file.path);
        };
        assert_eq!([logs, account, kind], ["AWSLogs", "111122223333", "CloudTrail"]);
        let fields: Vec<&str> = name.strip_suffix(".json.gz").unwrap().split('_').collect();
        let [owner, trail, of_region, stamp, unique] = fields[..] else {
            panic!("{name}");
        };
        assert_eq!([owner, trail, of_region], [account, "CloudTrail", region]);
        assert!(
            stamp.starts_with(&format!("{year}{month}{day}T")) && stamp.len() == 14,
            "{stamp}"
        );
        assert!(
            unique.len() == 16 && unique.bytes().all(|byte| byte.is_ascii_alphanumeric()),
            "{unique}"
        );
        let time = format!("{year}-{month}-{day}T{}:{}:00Z", &stamp[9..11], &stamp[11..13]);
        let delivered: Timestamp = time.parse().unwrap();
        assert_eq!(file.delivered, delivered);
        for record in records(std::slice::from_ref(&file)) {
            let happened: Timestamp = text(&record, "/eventTime").parse().unwrap();
            assert_eq!(happened.hour(), file.hour);
            let minutes = (delivered.as_secs() - happened.as_secs()) / 60;
            assert!((5..120).contains(&minutes), "{minutes}");
        }
    }
}

#[test]
fn a_longer_sample_of_more_accounts_contains_the_shorter_one() {
    let short = files(config(|c| (c.days, c.accounts) = (2, 1)));
    let long: BTreeMap<String, SampleFile> = files(config(|c| (c.days, c.accounts) = (4, 3)))
        .into_iter()
        .map(|file| (file.path.clone(), file))
        .collect();
    for file in &short {
        assert_eq!(Some(file), long.get(&file.path));
    }
}

#[test]
fn a_smaller_scale_gives_less_but_as_many_novelties() {
    let small = records(&files(config(|c| (c.days, c.accounts, c.scale) = (2, 1, 0.1))));
    let usual = records(&files(config(|c| (c.days, c.accounts) = (2, 1))));
    assert!(small.len() * 3 < usual.len());
    let actors = |all: &[Value]| {
        let roles = all
            .iter()
            .filter(|record| is_error(record))
            .map(|record| actor(record).to_owned());
        roles
            .filter(|role| role.contains("ci-preview-") || role.contains("eks-node-"))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(actors(&small), actors(&usual));
}

/// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
fn cases(usual: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = u64::from(usual) * u64::from(asked.cases) / 256;
    ProptestConfig {
        cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..asked
    }
}

proptest! {
    #![proptest_config(cases(8))]

    #[test]
    fn the_same_configuration_gives_the_same_bytes(
        seed: u64,
        hour in 100_000_i64..900_000,
        scale in 0.01_f64..0.5,
        attack: bool,
    ) {
        let make = |seed| {
            let mut config = SampleConfig::new(seed, Hour::from_index(hour));
            (config.days, config.accounts, config.scale, config.attack) = (1, 2, scale, attack);
            files(config)
        };
        let made = make(seed);
        prop_assert_eq!(&made, &make(seed));
        prop_assert_ne!(&made, &make(seed.wrapping_add(1)));
        for record in records(&made) {
            let time: Timestamp = text(&record, "/eventTime").parse().unwrap();
            prop_assert!((hour - 24..hour).contains(&time.hour().index()));
        }
    }
}

#[test]
fn an_hour_asked_for_by_itself_is_the_sample_s_and_a_sample_goes_on_behind_its_end() {
    let sample = Sample::new(config(|c| c.days = 1)).unwrap();
    let last = end().plus(-1);
    for hour in [end().plus(-24), last] {
        let among: Vec<SampleFile> = sample.files().filter(|file| file.hour == hour).collect();
        assert_eq!(sample.files_of(hour), among);
    }
    let longer = config(|c| (c.days, c.end, c.attack) = (1, end().plus(2), false));
    let behind: Vec<SampleFile> = files(longer)
        .into_iter()
        .filter(|file| file.hour == end())
        .collect();
    assert!(!behind.is_empty());
    assert_eq!(sample.files_of(end()), behind);
}
