//! `firstsight check` against AWS as moto plays it: each answer as people read it.

use firstsight_cloudtrail::Timestamp;
use firstsight_tests::moto::{CALLER, Fault, Moto};
use firstsight_tests::{Ran, path, run, story};
use serde_json::{Value, json};

const GROUP: &str = "aws-cloudtrail-logs";
const SOURCE: &str = "cloudwatch:aws-cloudtrail-logs";
const MEMBER: &str = "111122223333";
const ROLE: &str = "arn:aws:iam::111122223333:role/firstsight";

/// A call of so many minutes ago, denied or not.
fn record(now: Timestamp, minutes: i64, account: &str, denied: bool) -> Value {
    let mut record = json!({
        "eventVersion": "1.11",
        "eventTime": now.plus_millis(-minutes * 60_000).to_string(),
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateUser",
        "awsRegion": "eu-west-1",
        "eventID": format!("{account}-{minutes}"),
        "recipientAccountId": account,
        "userIdentity": {
            "type": "IAMUser", "userName": "ana", "accountId": account, "accessKeyId": "AKIAI44QH8DHBEXAMPLE"
        },
    });
    if denied {
        record["errorCode"] = "AccessDenied".into();
    }
    record
}

/// A server with a trail's group in eu-west-1.
fn trail() -> Moto {
    let moto = Moto::start();
    fill(&moto, CALLER);
    moto
}

fn fill(moto: &Moto, account: &str) {
    let now = moto.now();
    let records =
        [(20, false), (12, true), (7, false)].map(|(minutes, denied)| record(now, minutes, account, denied));
    moto.put(account, "eu-west-1", GROUP, &records);
}

fn check(moto: &Moto, arguments: &[&str]) -> Ran {
    let region = ["check", "--region", "eu-west-1"];
    ran(moto.firstsight().args(region).args(arguments))
}

fn ran(command: &mut std::process::Command) -> Ran {
    command
        .env("COLUMNS", "160")
        .output()
        .expect("the binary starts")
        .into()
}

/// What differs from run to run: times, lengths of time, ports.
fn stable(text: &str) -> String {
    let rules = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
        (
            r"\[time\], (less than a minute|\d+ min) ago",
            "[time], [minutes] ago",
        ),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        (r"(?i)request ?id: [0-9a-z-]+", "request id: [id]"),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, with)| {
        let pattern = regex::Regex::new(pattern).expect("a pattern");
        pattern.replace_all(&text, *with).into_owned()
    })
}

#[track_caller]
fn answer(ran: &Ran) -> String {
    format!(
        "exit code {}\n\n{}{}",
        ran.code.unwrap_or(-1),
        stable(&ran.out),
        stable(&ran.err)
    )
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn all_is_well() {
    let moto = trail();
    insta::assert_snapshot!(answer(&check(&moto, &[SOURCE])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn few_calls_are_made() {
    let moto = trail();
    let _ = check(&moto, &[SOURCE, "--no-iam"]).expect(0);
    let operations: Vec<String> = moto.calls().into_iter().map(|call| call.operation).collect();
    assert_eq!(
        operations,
        [
            "GetCallerIdentity",
            "DescribeLogGroups",
            "DescribeLogStreams",
            "FilterLogEvents",
            "FilterLogEvents"
        ]
    );
    let reads = moto.calls_of("FilterLogEvents");
    assert_eq!(reads[0].field("filterPattern"), Value::Null);
    assert_eq!(
        reads[1].field("filterPattern"),
        firstsight_aws::cloudwatch::pattern::ERRORS
    );
    assert_eq!(reads[1].field("limit"), 1);
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn no_credentials() {
    let moto = trail();
    let mut command = moto.firstsight();
    command
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("AWS_SECRET_ACCESS_KEY");
    let ran = ran(command.args(["check", SOURCE, "--region", "eu-west-1"]));
    insta::assert_snapshot!(answer(&ran));
    assert!(moto.calls().is_empty());
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn no_region() {
    let moto = trail();
    insta::assert_snapshot!(answer(&ran(moto.firstsight().args(["check", SOURCE]))));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn wrong_region() {
    let moto = trail();
    let ran = ran(moto
        .firstsight()
        .args(["check", SOURCE, "--region", "us-east-1", "--no-iam"]));
    insta::assert_snapshot!(answer(&ran));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_region_without_the_group_beside_one_with_it() {
    let moto = trail();
    let ran = check(&moto, &[SOURCE, "--region", "us-east-1", "--no-iam"]);
    insta::assert_snapshot!(answer(&ran));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn missing_group() {
    let moto = trail();
    moto.make_group(CALLER, "eu-west-1", "unrelated");
    insta::assert_snapshot!(answer(&check(&moto, &["cloudwatch:cloudtrail-prod", "--no-iam"])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn missing_group_by_arn() {
    let moto = trail();
    let arn = format!("cloudwatch:arn:aws:logs:us-west-2:{CALLER}:log-group:{GROUP}");
    insta::assert_snapshot!(answer(&check(&moto, &[&arn, "--no-iam"])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_group_that_is_not_cloudtrail() {
    let moto = Moto::start();
    let now = moto.now().as_millis();
    let events: Vec<Value> = (1..4)
        .map(|minute| {
            json!([
                now - minute * 60_000,
                format!("GET /orders/{minute} 200\u{1b}[2J")
            ])
        })
        .collect();
    moto.put_events(CALLER, "eu-west-1", GROUP, &events);
    insta::assert_snapshot!(answer(&check(&moto, &[SOURCE, "--no-iam"])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn an_empty_group() {
    let moto = Moto::start();
    moto.make_group(CALLER, "eu-west-1", GROUP);
    insta::assert_snapshot!(answer(&check(&moto, &[SOURCE, "--no-iam"])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_trail_that_has_stopped() {
    let moto = Moto::start();
    let old = record(moto.now(), 3 * 24 * 60 + 30, CALLER, true);
    moto.put(CALLER, "eu-west-1", GROUP, &[old]);
    insta::assert_snapshot!(answer(&check(&moto, &[SOURCE, "--no-iam"])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn no_permission_for_a_call() {
    for call in [
        "DescribeLogGroups",
        "DescribeLogStreams",
        "FilterLogEvents",
        "GetAccessKeyLastUsed",
        "ListAccessKeys",
        "ListAccountAliases",
    ] {
        let moto = trail();
        moto.break_with([Fault::new(call, "denied").always()]);
        insta::assert_snapshot!(format!("no-permission-{call}"), answer(&check(&moto, &[SOURCE])));
    }
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_role_that_may_not_be_assumed() {
    let moto = trail();
    moto.break_with([Fault::new("AssumeRole", "denied").always()]);
    insta::assert_snapshot!(answer(&check(&moto, &[SOURCE, "--role-arn", ROLE])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn another_account_by_its_role() {
    let moto = Moto::start();
    fill(&moto, MEMBER);
    let ran = check(&moto, &[SOURCE, "--role-arn", ROLE, "--no-iam"]);
    insta::assert_snapshot!(answer(&ran));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn expired_credentials() {
    let moto = trail();
    moto.break_with([Fault::new("GetCallerIdentity", "expired").always()]);
    insta::assert_snapshot!(answer(&check(&moto, &[SOURCE])));
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn a_clock_that_is_wrong() {
    let moto = trail();
    moto.break_with([Fault::new("GetCallerIdentity", "clock").always().millis(600_000)]);
    let ran = check(&moto, &[SOURCE, "--no-iam"]).expect(1);
    assert!(
        ran.out.contains("✗ clock: this machine's clock is"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("no findings: clock"), "{}", ran.out);
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn an_account_that_is_throttled() {
    let moto = trail();
    moto.break_with([Fault::new("FilterLogEvents", "throttle").times(1)]);
    let ran = check(&moto, &[SOURCE, "--no-iam"]).expect(0);
    assert!(ran.out.contains("! quota FilterLogEvents:"), "{}", ran.out);
    assert!(
        ran.out.contains("asked once during this check to slow down"),
        "{}",
        ran.out
    );
}

#[test]
#[ignore = "needs moto: scripts/test --services"]
fn programs_get_a_document() {
    let moto = trail();
    let document = check(&moto, &[SOURCE, "--format", "json"]).expect(0).json();
    assert_eq!(document["schema"], "firstsight.check/1");
    let steps = document["steps"].as_array().expect("a list");
    let named = |name: &str| steps.iter().find(|step| step["name"] == name).expect("the step");
    assert_eq!(named("cloudtrail")["group"], GROUP);
    assert_eq!(named("cloudtrail")["outcome"], "good");
    assert_eq!(named("quota")["region"], "eu-west-1");
    assert_eq!(document["verdict"].as_array().map(Vec::len), Some(1));
}

#[test]
fn nothing_to_check_is_a_usage_error() {
    let ran = run(["check"]).expect(2);
    assert!(ran.err.contains("there is nothing to check"), "{}", ran.err);
    let _ = run(["check", SOURCE, "logs/"]).expect(2);
}

#[test]
fn files_and_a_state_are_checked_without_aws() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let before = run(["check", "--state", &state, &trail]).expect(0);
    assert!(before.out.contains("✓ files: "), "{}", before.out);
    assert!(before.out.contains("! state: there is none at"), "{}", before.out);
    let _ = run(["inspect", "--state", &state, &trail]).expect(0);
    let after = run(["check", "--state", &state]).expect(0);
    // The story lies in the past.
    for told in [
        "✓ state: opened",
        "! newest record: 2026-01-15T",
        "! last window: ",
        "perhaps fewer findings",
    ] {
        assert!(after.out.contains(told), "{told}: {}", after.out);
    }
}

#[test]
fn what_is_no_state_and_no_file_is_bad() {
    let folder = story();
    let (file, none) = (path(&folder, "no-state"), path(&folder, "nowhere"));
    std::fs::write(&file, "not a state").unwrap();
    let ran = run(["check", "--state", &file]).expect(1);
    assert!(ran.out.contains("✗ state: "), "{}", ran.out);
    let ran = run(["check", &none]).expect(1);
    assert!(ran.out.contains("✗ files: "), "{}", ran.out);
}
