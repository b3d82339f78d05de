//! `firstsight` over log groups: the same as over files, whatever breaks, and the right words where nothing helps.

use std::path::Path;

use firstsight_aws::cloudwatch::pattern;
use firstsight_cloudtrail::Timestamp;
use firstsight_sample::{Sample, SampleConfig};
use firstsight_tests::moto::{CALLER, Call, Fault, Moto, by_place, millis, records_of, shift};
use firstsight_tests::{Ran, allowed, denied, path, real_data, run, write_records};
use regex::Regex;
use serde_json::{Value, json};

const FILTER: &str = "FilterLogEvents";
const HOUR: i64 = 3_600_000;
const ACCOUNTS: [&str; 2] = ["111122223333", "444455556666"];
const REGIONS: [&str; 2] = ["us-east-1", "eu-west-1"];

/// The command, over the group `trail`, as fast as the server can.
fn over(moto: &Moto, command: &[&str]) -> Ran {
    let url = moto.url();
    let fast = [
        "cloudwatch:trail",
        "--endpoint-url",
        &url,
        "--requests-per-second",
        "10000",
    ];
    moto.run(command.iter().chain(&fast))
}

/// The roles of the accounts, as arguments.
fn roles() -> Vec<String> {
    let role = |account: &&str| {
        [
            "--role-arn".to_owned(),
            format!("arn:aws:iam::{account}:role/reader"),
        ]
    };
    ACCOUNTS.iter().flat_map(role).collect()
}

/// A whole hour that has settled, and lies less than three hours back.
fn settled_hour(moto: &Moto) -> Timestamp {
    moto.now().hour().plus(-1).start()
}

/// A sample of 13 days in two accounts and two regions, as files and in log groups; the end of its last hour.
fn sample(moto: &Moto, folder: &Path) -> Timestamp {
    let end = settled_hour(moto);
    let mut config = SampleConfig::new(7, end.hour());
    (config.days, config.accounts, config.scale) = (13, 2, 0.1);
    let sample = Sample::new(config).unwrap();
    firstsight_sample::write(sample.files(), folder, false, |_, _| ()).unwrap();
    for file in sample.files() {
        // AWSLogs/ACCOUNT/CloudTrail/REGION/…: some records stand under two regions, in two log groups then.
        let names: Vec<&str> = file.path.split('/').collect();
        moto.put(names[1], names[3], "trail", &records_of(&file.body));
    }
    end
}

/// A report without what says where it came from.
fn told(ran: Ran) -> Value {
    let mut report = ran.expect(0).json();
    for field in ["sources", "notes", "input"] {
        report.as_object_mut().unwrap().remove(field);
    }
    report
}

/// Every field is the same, or the first one that is not is told.
#[track_caller]
fn assert_same(ours: &Value, theirs: &Value) {
    if let Some((place, ours, theirs)) = difference(ours, theirs) {
        panic!("{place}: {ours:#} here, {theirs:#} there");
    }
}

/// Where two values differ first, and how.
fn difference(ours: &Value, theirs: &Value) -> Option<(String, Value, Value)> {
    let inside = |key: &str| {
        let pointer = format!("/{key}");
        let of = |value: &Value| value.pointer(&pointer).cloned().unwrap_or_default();
        let (place, ours, theirs) = difference(&of(ours), &of(theirs))?;
        Some((format!("{pointer}{place}"), ours, theirs))
    };
    match (ours, theirs) {
        _ if ours == theirs => None,
        (Value::Object(a), Value::Object(b)) => a.keys().chain(b.keys()).find_map(|key| inside(key)),
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            (0..a.len()).find_map(|index| inside(&index.to_string()))
        }
        _ => Some((String::new(), ours.clone(), theirs.clone())),
    }
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn two_accounts_and_regions_tell_what_their_files_tell() {
    let (moto, folder) = (Moto::start(), tempfile::tempdir().unwrap());
    let end = sample(&moto, &folder.path().join("trail")).to_string();
    let state = path(&folder, "state.db");
    let judged = ["inspect", "--format", "json", "--no-iam", "--as-of", &end];
    let files = run(judged
        .iter()
        .filter(|part| **part != "--no-iam")
        .copied()
        .chain([path(&folder, "trail").as_str()]));
    let files = told(files);
    assert!(
        files["findings"].as_array().unwrap().len() > 5,
        "the attack is found"
    );
    for field in ["events", "keys"] {
        assert!(!files[field].as_array().unwrap().is_empty(), "{field}");
    }
    let roles = roles();
    let with_roles = |more: &[&str]| {
        let regions = REGIONS.join(",");
        let mut command: Vec<&str> = judged.to_vec();
        command.extend(["--region", &regions]);
        command.extend(roles.iter().map(String::as_str));
        command.extend(more);
        over(&moto, &command)
    };
    assert_same(&told(with_roles(&["--all-records", "--state", &state])), &files);
    // Witnesses are counted as records besides, so that a count of all records, and a key's last use by any of them, are told by
    // --all-records only.
    let without_records = |mut report: Value| {
        report.as_object_mut().unwrap().remove("keys");
        for account in report["accounts"].as_array_mut().unwrap() {
            account.as_object_mut().unwrap().remove("records");
        }
        report
    };
    assert_same(&without_records(told(with_roles(&[]))), &without_records(files));
    let calls = moto.calls_of(FILTER);
    for account in ACCOUNTS {
        for region in REGIONS {
            let there = |call: &&Call| call.account == account && call.region == region;
            assert!(calls.iter().any(|call| there(&call)), "{account} in {region}");
        }
    }
    assert!(calls.iter().all(|call| call.account != CALLER), "roles only");
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_recorded_attack_gives_the_same_clusters_byte_for_byte() {
    let Some(data) = real_data() else { return };
    let (moto, folder) = (Moto::start(), tempfile::tempdir().unwrap());
    let mut records = recorded(&data.join("invictus-ir/CloudTrail"));
    let last = records.iter().map(millis).max().unwrap();
    let hours = (settled_hour(&moto).as_millis() - last) / HOUR;
    shift(&mut records, hours * HOUR);
    write_records(&folder.path().join("trail/all.json"), &records);
    let places = by_place(records);
    let regions: Vec<&str> = places.keys().map(|(_, region)| region.as_str()).collect();
    for ((_, region), records) in &places {
        moto.put(CALLER, region, "trail", records);
    }
    let files = run(["clusters", "--format", "json", &path(&folder, "trail")]).expect(0);
    let groups = over(
        &moto,
        &["clusters", "--format", "json", "--region", &regions.join(",")],
    )
    .expect(0);
    assert!(files.json().as_array().unwrap().len() > 20);
    assert_eq!(groups.out, files.out);
}

/// The records of all files of a folder, in the order of their names.
fn recorded(folder: &Path) -> Vec<Value> {
    #[allow(
        clippy::disallowed_methods,
        reason = "a folder of recordings, sorted right below"
    )]
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        .flat_map(|file| records_of(&std::fs::read(file).unwrap()))
        .collect()
}

/// A trail in the caller's account: a known error for ten days, a new one in the last settled hour.
fn story(moto: &Moto) -> Timestamp {
    let end = settled_hour(moto);
    let at = |millis: i64| end.plus_millis(-millis).to_string();
    let mut records: Vec<Value> = (0..20)
        .flat_map(|half_day| {
            let time = at(HOUR / 2 + half_day * 12 * HOUR);
            [
                denied(&format!("known-{half_day}"), &time, "ListRoles"),
                allowed(&format!("fine-{half_day}"), &time),
            ]
        })
        .collect();
    records.push(denied("new", &at(HOUR / 3), "CreateUser"));
    moto.put(CALLER, "us-east-1", "trail", &records);
    end
}

/// One run over the story.
fn inspect(moto: &Moto, end: Timestamp, more: &[&str]) -> Ran {
    let end = end.to_string();
    let mut command = vec![
        "inspect",
        "--format",
        "json",
        "--no-iam",
        "--region",
        "us-east-1",
        "--as-of",
        &end,
    ];
    command.extend(more);
    over(moto, &command)
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn only_errors_are_asked_for_and_the_test_is_applied_again() {
    let moto = Moto::start();
    let end = story(&moto);
    // The trail goes on: where it does not, its newest record is looked for further back, by one request more.
    let newest = moto.now().plus_millis(-60_000).to_string();
    moto.put(CALLER, "us-east-1", "trail", &[allowed("newest", &newest)]);
    let errors = inspect(&moto, end, &[]).expect(0).json();
    let (asked, witnesses): (Vec<Call>, Vec<Call>) = moto
        .calls_of(FILTER)
        .into_iter()
        .partition(|call| call.field("filterPattern").is_string());
    assert!(
        asked
            .iter()
            .all(|call| call.field("filterPattern") == pattern::ERRORS)
    );
    assert!(
        asked.len() > 10 && witnesses.len() <= 2,
        "{} and {}",
        asked.len(),
        witnesses.len()
    );
    assert!(
        witnesses
            .iter()
            .all(|call| call.field("limit").as_i64().unwrap() <= 10),
        "{witnesses:?}"
    );
    // moto does not know such patterns, and sends everything.
    assert_eq!(errors["input"]["error_events"], 21);
    assert_eq!(errors["findings"].as_array().map(Vec::len), Some(1));

    moto.clear();
    let all = inspect(&moto, end, &["--all-records"]).expect(0).json();
    assert!(
        moto.calls_of(FILTER)
            .iter()
            .all(|call| call.field("filterPattern").is_null())
    );
    assert_eq!(all["input"]["error_events"], 21);
    assert_eq!(all["findings"], errors["findings"]);
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_run_with_breaks_tells_what_one_without_tells() {
    let moto = Moto::start();
    let end = story(&moto);
    let undisturbed = told(inspect(&moto, end, &[]));
    let calls = moto.calls_of(FILTER).len();
    moto.clear();
    let kinds = [
        "throttle",
        "500",
        "503",
        "reset",
        "malformed",
        "truncated",
        "short",
        "empty",
    ];
    let faults = kinds
        .iter()
        .zip(1..)
        .map(|(kind, at)| Fault::new(FILTER, kind).after(5 * at));
    moto.break_with(faults);
    assert_same(&told(inspect(&moto, end, &[])), &undisturbed);
    let again = moto.calls_of(FILTER);
    let broken = again.iter().filter(|call| call.fault.is_some()).count();
    assert_eq!((broken, again.len()), (kinds.len(), calls + kinds.len()));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_killed_run_goes_on_where_it_was() {
    let (moto, folder) = (Moto::start(), tempfile::tempdir().unwrap());
    let end = story(&moto);
    let state = path(&folder, "state.db");
    let undisturbed = told(inspect(
        &moto,
        end,
        &["--state", &path(&folder, "undisturbed.db")],
    ));
    for after in [0, 30, 200] {
        moto.clear();
        moto.break_with([Fault::new(FILTER, "hold").after(after).always()]);
        let end = end.to_string();
        let mut child = moto
            .firstsight()
            .args([
                "inspect",
                "--no-iam",
                "--region",
                "us-east-1",
                "--as-of",
                &end,
                "--state",
                &state,
            ])
            .args(["cloudwatch:trail", "--requests-per-second", "10000"])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        moto.wait_until_held(1);
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was killed");
    }
    moto.clear();
    assert_same(&told(inspect(&moto, end, &["--state", &state])), &undisturbed);
}

/// What is said, without what differs from run to run; what is said of several slices, once.
fn words(ran: &Ran) -> String {
    let text = format!("exit code {}\n{}", ran.code.unwrap(), ran.err);
    let differing = [
        (r"127\.0\.0\.1:\d+", "HOST"),
        (r"cloudwatch:\S+@[-0-9T:]+Z\+\d+h: ", ""),
    ];
    let text = differing.iter().fold(text, |text, (pattern, name)| {
        let pattern = Regex::new(pattern).unwrap();
        pattern.replace_all(&text, *name).into_owned()
    });
    let mut lines: Vec<&str> = text.lines().collect();
    lines.dedup();
    lines.join("\n")
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn what_nobody_can_mend_by_waiting_is_said() {
    let moto = Moto::start();
    let end = story(&moto);
    for (name, operation, kind) in [
        ("denied", FILTER, "denied"),
        ("expired", FILTER, "expired"),
        ("unknown_key", FILTER, "unknown-key"),
        ("not_our_account", "GetCallerIdentity", "unknown-key"),
    ] {
        moto.clear();
        moto.break_with([Fault::new(operation, kind).always()]);
        let ran = inspect(&moto, end, &["--quiet"]);
        insta::assert_snapshot!(format!("cloudwatch_{name}"), words(&ran));
        assert_ne!(ran.code, Some(0), "{name}");
    }
}

/// The oldest slices come first: what was read when the credentials expired is from the baseline alone.
#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_first_run_that_is_cut_off_judges_no_old_hour() {
    let (moto, folder) = (Moto::start(), tempfile::tempdir().unwrap());
    let end = story(&moto).to_string();
    let state = path(&folder, "state.db");
    let command = [
        "inspect",
        "--format",
        "json",
        "--no-iam",
        "--region",
        "us-east-1",
        "--state",
        &state,
    ];
    moto.break_with([Fault::new(FILTER, "expired").after(150).always()]);
    let cut = over(&moto, &command).expect(4).json();
    assert!(cut["input"]["records"].as_u64() > Some(0), "{cut:#}");
    assert!(
        cut["window"]["end"].as_str().unwrap() >= end.as_str(),
        "{}",
        cut["window"]
    );
    let notes = cut["notes"].to_string();
    assert!(
        notes.contains("the newest record that could be read is from"),
        "{notes}"
    );
    assert!(!notes.contains("nothing newer came"), "{notes}");

    moto.clear();
    let whole = over(&moto, &command).expect(0).json();
    assert_eq!(whole["window"]["end"], json!(end));
    assert_eq!(whole["findings"].as_array().map(Vec::len), Some(1), "{whole:#}");
    assert!(!whole["notes"].to_string().contains("caught up"), "{whole:#}");
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn every_command_says_what_it_could_not_read() {
    let moto = Moto::start();
    story(&moto);
    moto.make_group(CALLER, "eu-west-1", "trail");
    moto.break_with([Fault::new(FILTER, "denied").region("eu-west-1").always()]);
    for command in ["replay", "clusters", "keys", "events", "label"] {
        let ran = over(&moto, &[command, "--quiet", "--region", "us-east-1,eu-west-1"]).expect(4);
        let told =
            "not read to its end: account 777788889999, region eu-west-1, log group trail: permission denied";
        assert!(ran.err.contains(told), "{command}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), 1, "{command}: {}", ran.err);
    }
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_refused_role_is_named() {
    let moto = Moto::start();
    let end = story(&moto);
    moto.break_with([Fault::new("AssumeRole", "denied").always()]);
    let role = ["--role-arn", "arn:aws:iam::111122223333:role/reader"];
    let ran = inspect(&moto, end, &role);
    insta::assert_snapshot!("cloudwatch_refused_role", words(&ran));
    assert_eq!(moto.calls_of(FILTER).len(), 0);
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_missing_group_is_named_with_those_that_look_alike() {
    let moto = Moto::start();
    moto.make_group(CALLER, "us-east-1", "trail-of-production");
    let ran = inspect(&moto, settled_hour(&moto), &[]);
    insta::assert_snapshot!("cloudwatch_missing_group", words(&ran));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_missing_group_hides_no_other() {
    let moto = Moto::start();
    let end = story(&moto);
    let whole = told(inspect(&moto, end, &[]));
    let ran = inspect(&moto, end, &["cloudwatch:trial"]);
    assert_eq!(ran.code, Some(4), "{}", ran.err);
    let report: Value = serde_json::from_str(&ran.out).unwrap();
    assert_same(&report["findings"], &whole["findings"]);
    let unread = report["input"]["unread"].to_string();
    assert!(
        unread.contains("cloudwatch:trial") && unread.contains("no such log group"),
        "{unread}"
    );
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_region_that_cannot_be_read_hides_no_other() {
    let moto = Moto::start();
    let end = story(&moto);
    moto.make_group(CALLER, "eu-west-1", "trail");
    moto.break_with([Fault::new(FILTER, "denied").region("eu-west-1").always()]);
    let ran = inspect(&moto, end, &["--region", "eu-west-1"]).expect(4);
    let report = ran.json();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(1), "{report:#}");
    assert_eq!(report["complete"], json!(false));
    let unread = report["input"]["unread"].to_string();
    assert!(
        unread.contains("eu-west-1") && unread.contains("logs:FilterLogEvents"),
        "{unread}"
    );
    assert!(unread.len() < 2_000, "said once, not once a slice: {unread}");
    let refused = moto
        .calls_of(FILTER)
        .iter()
        .filter(|call| call.region == "eu-west-1")
        .count();
    assert!(refused <= 16, "{refused} calls after the first refusal");
}
