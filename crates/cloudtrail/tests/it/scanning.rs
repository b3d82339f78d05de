//! What a scan tells of each shape of input, by example.

use crate::common::{Keeper, options, scan, scan_in};
use firstsight_cloudtrail::{Counters, Limits, RejectReason, ScanOptions, Scanner};

const GOOD: &str =
    r#"{"eventVersion":"1.11","eventTime":"2026-03-01T11:00:00Z","eventName":"A","errorCode":"X"}"#;

fn reasons(text: &str) -> (u64, Vec<RejectReason>) {
    let (keeper, counters) = scan(text.as_bytes());
    (counters.records, keeper.reasons())
}

fn with_fields(fields: &str) -> String {
    format!(r#"{{"eventTime":"2026-03-01T11:00:00Z",{fields}}}"#)
}

fn is_error(fields: &str) -> bool {
    let (_, counters) = scan(with_fields(fields).as_bytes());
    assert_eq!(counters.records, 1, "{fields}");
    counters.error_events == 1
}

#[test]
fn an_error_is_a_code_a_message_or_a_failed_sign_in() {
    assert!(is_error(r#""errorCode":"AccessDenied""#));
    assert!(is_error(r#""errorMessage":"Failed authentication""#));
    assert!(is_error(r#""errorCode":null,"errorMessage":"m""#));
    assert!(
        is_error(r#""errorCode":"200","errorMessage":"m""#),
        "the message reports the failure"
    );
    for key in ["ConsoleLogin", "CheckMfa", "SwitchRole"] {
        assert!(is_error(&format!(r#""responseElements":{{"{key}":"Failure"}}"#)));
        assert!(!is_error(&format!(r#""responseElements":{{"{key}":"Success"}}"#)));
    }
}

#[test]
fn no_error_is_a_success_code_a_null_or_what_is_nested() {
    for fields in [
        r#""errorCode":"""#,
        r#""errorCode":"200""#,
        r#""errorCode":null,"errorMessage":null"#,
        r#""errorCode":403"#,
        r#""requestParameters":{"executionResult":{"errorCode":"X"}}"#,
        r#""responseElements":{"error":"X","errorMessage":"m"}"#,
        r#""errorCode":"AccessDenied","errorCode":"""#,
    ] {
        assert!(!is_error(fields), "{fields}");
    }
}

#[test]
fn the_account_is_the_recipient_else_the_identitys_else_the_origins() {
    let account = |fields: &str, origin: Option<&str>| {
        let options = ScanOptions {
            origin_account: origin.map(str::to_owned),
            ..options()
        };
        let text = with_fields(&format!(r#"{fields}"errorCode":"X""#));
        let (keeper, _) = scan_in(options, text.as_bytes(), &[usize::MAX]);
        keeper.errors()[0].texts[0].clone()
    };
    let both = r#""recipientAccountId":"111122223333","userIdentity":{"accountId":"444455556666"},"#;
    assert_eq!(account(both, Some("777788889999")), "111122223333");
    let empty = r#""recipientAccountId":"","userIdentity":{"accountId":"444455556666"},"#;
    assert_eq!(account(empty, Some("777788889999")), "444455556666");
    assert_eq!(account("", Some("777788889999")), "777788889999");
    assert_eq!(account(r#""recipientAccountId":5,"#, None), "unknown");
}

#[test]
fn a_record_needs_a_time_that_is_not_ahead() {
    let at = |time: &str| reasons(&format!(r#"{{"eventTime":{time},"eventName":"A"}}"#));
    assert_eq!(at(r#""2026-03-01T12:15:00Z""#), (1, vec![]));
    assert_eq!(
        at(r#""2026-03-01T12:15:00.001Z""#),
        (0, vec![RejectReason::FutureEventTime])
    );
    assert_eq!(at(r#""yesterday""#), (0, vec![RejectReason::NoEventTime]));
    assert_eq!(at("null"), (0, vec![RejectReason::NoEventTime]));
    assert_eq!(
        at(r#""0001-01-01T00:00:00Z""#),
        (0, vec![RejectReason::NoEventTime])
    );
    assert_eq!(
        at(r#""2013-11-12T23:59:59Z""#),
        (0, vec![RejectReason::NoEventTime])
    );
    assert_eq!(at(r#""2013-11-13T00:00:00Z""#), (1, vec![]));
    assert_eq!(
        reasons(r#"{"eventName":"A"}"#),
        (0, vec![RejectReason::NoEventTime])
    );
}

#[test]
fn a_bad_record_costs_itself() {
    for bad in [
        r#"{"eventTime":nul}"#,
        r#"{"eventTime":"2026"#,
        r#"{"eventTime":"x","a":{"b":1}"#,
        r#"{"eventTime":"x","a":[1,{"b":1}}"#,
        r#"{"a":"unclosed}"#,
        r#"{"a":"b"c"}"#,
        "plain text",
        r#"{"a":"\x"}"#,
    ] {
        let lines = format!("{GOOD}\n{bad}\n{GOOD}\n");
        assert_eq!(reasons(&lines), (2, vec![RejectReason::InvalidJson]), "{lines}");
        let array = format!(r#"{{"Records":[{GOOD},{bad},{GOOD}]}}"#);
        assert_eq!(reasons(&array), (2, vec![RejectReason::InvalidJson]), "{array}");
    }
}

#[test]
fn an_array_left_open_is_valid_up_to_the_end_and_then_cut_off() {
    let text = format!(r#"{{"Records":[{GOOD},{{"eventTime":"x","a":[{{"b":1}},{GOOD}]}}"#);
    assert_eq!(
        reasons(&text),
        (1, vec![RejectReason::NoEventTime, RejectReason::Truncated])
    );
}

#[test]
fn a_missing_or_surplus_comma_costs_nothing_else() {
    let records = |between: &str| reasons(&format!(r#"{{"Records":[{GOOD}{between}{GOOD}]}}"#));
    assert_eq!(records(","), (2, vec![]));
    assert_eq!(records(" "), (2, vec![RejectReason::InvalidJson]));
    assert_eq!(records(",,"), (2, vec![RejectReason::InvalidJson]));
    assert_eq!(
        reasons(&format!("[{GOOD},]")),
        (1, vec![RejectReason::InvalidJson])
    );
}

#[test]
fn a_reject_names_its_place() {
    let text = format!("{GOOD}\n{{\"a\":\n tru}}\n{{\"x\":1}}");
    let (keeper, _) = scan(text.as_bytes());
    let places: Vec<&str> = keeper
        .rejects
        .iter()
        .map(|reject| &text[reject.offset as usize..][..3])
        .collect();
    assert_eq!(places, ["}\n{", "{\"x"]);
    let shown = keeper.rejects[0].to_string();
    assert!(shown.ends_with("not valid JSON (expected ident)"), "{shown}");
}

#[test]
fn a_probe_is_one_control_message() {
    let event = r#"{"id":"","timestamp":1,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}"#;
    for envelope in [
        format!(r#"{{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logEvents":[{event}]}}"#),
        format!(r#"{{"logEvents":[{event}],"messageType":"CONTROL_MESSAGE"}}"#),
        r#"{"logEvents":[],"messageType":"CONTROL_MESSAGE"}"#.to_owned(),
        r#"{"messageType":"CONTROL_MESSAGE"}"#.to_owned(),
        event.to_owned(),
    ] {
        let (keeper, counters) = scan(envelope.as_bytes());
        assert_eq!(
            (counters.control_messages, keeper.told.len()),
            (1, 0),
            "{envelope}"
        );
    }
}

#[test]
fn a_message_holds_one_record() {
    let message = |text: &str| reasons(&serde_json::json!({ "message": text }).to_string());
    assert_eq!(message(GOOD), (1, vec![]));
    assert_eq!(message(&format!(" {GOOD}\n")), (1, vec![]));
    assert_eq!(message("START RequestId"), (0, vec![RejectReason::NotARecord]));
    assert_eq!(message(&GOOD[..40]), (0, vec![RejectReason::Truncated]));
    assert_eq!(
        message(&format!("{GOOD}{GOOD}")),
        (0, vec![RejectReason::InvalidJson])
    );
    assert_eq!(message(&"[".repeat(200_000)), (0, vec![RejectReason::NotARecord]));
    assert_eq!(
        message(&"{\"a\":".repeat(200)),
        (0, vec![RejectReason::InvalidJson])
    );
}

#[test]
fn wrappers_around_wrappers_end() {
    let mut text = GOOD.to_owned();
    for depth in 1..6 {
        text = serde_json::json!({ "message": text }).to_string();
        assert_eq!(reasons(&text).0, u64::from(depth <= 3), "{depth} wrappers");
    }
}

#[test]
fn a_record_larger_than_the_limit_is_left_out() {
    let large = format!(r#"{{"eventVersion":"1.11","eventTime":"{}"}}"#, "x".repeat(5000));
    let text = format!(r#"{{"Records":[{GOOD},{large},{GOOD}]}}"#);
    let limits = Limits {
        max_record: 1000,
        ..Limits::default()
    };
    for size in [1, 100, 4096, usize::MAX] {
        let options = ScanOptions { limits, ..options() };
        let (keeper, counters) = scan_in(options, text.as_bytes(), &[size]);
        assert_eq!(
            (counters.records, keeper.reasons()),
            (2, vec![RejectReason::RecordTooLarge])
        );
        assert_eq!(keeper.rejects[0].offset as usize, text.find(&large).unwrap());
    }
}

#[test]
fn a_cut_off_input_is_one_reject() {
    for text in [
        format!(r#"{{"Records":[{GOOD},"#),
        format!(r#"{{"Records":[{GOOD}"#),
        format!(r#"{{"Records":[{GOOD}]"#),
        format!(r#"{{"Records":[{GOOD},{{"eventTime":"20"#),
        format!("{GOOD}\n{{\"eventTime\""),
        format!("[{GOOD},\""),
    ] {
        assert_eq!(reasons(&text), (1, vec![RejectReason::Truncated]), "{text}");
    }
}

#[test]
fn nothing_in_nothing_out() {
    for text in ["", " \n", "\u{feff}", "[]", "{\"Records\":[]}", "[ ]\n[]"] {
        assert_eq!(reasons(text), (0, vec![]), "{text:?}");
    }
    let counters = Scanner::new(options()).finish(&mut Keeper::default());
    assert_eq!(counters, Counters::default());
}

#[test]
fn times_span_the_records() {
    let text = [
        with_fields(r#""eventName":"A""#),
        GOOD.replace("11:00:00", "09:30:00"),
    ]
    .concat();
    let (_, counters) = scan(text.as_bytes());
    let times = counters.times.unwrap();
    assert_eq!(
        (times.start.to_string(), times.end.to_string()),
        ("2026-03-01T09:30:00Z".into(), "2026-03-01T11:00:00.001Z".into())
    );
}
