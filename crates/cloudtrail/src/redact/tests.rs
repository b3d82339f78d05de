use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::event::Visitor;
use crate::reject::Reject;
use crate::scan::{ScanOptions, Scanner};

/// Scans one record, and keeps what is left of it.
#[derive(Default)]
struct Keeper {
    redaction: Redaction,
    raw: String,
    record: String,
    texts: Vec<String>,
    identities: Vec<[u8; 16]>,
    keys: Vec<Option<[String; 3]>>,
    targets: Vec<String>,
}

impl Visitor for Keeper {
    fn record(&mut self, record: &crate::RecordSeen<'_>) {
        record.raw.clone_into(&mut self.record);
    }

    fn key_use(&mut self, key_use: &AccessKeyUse<'_>) {
        let told = self.redaction.key_use(key_use, &self.record);
        self.keys
            .push(told.map(|told| [told.key_id, told.owner, told.region].map(Cow::into_owned)));
    }

    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        let mut buffer = String::from("what an earlier record left");
        let told = self.redaction.event(event, &mut buffer);
        self.identities = vec![event.id().0, told.id().0];
        self.targets = crate::classify::targets(&told);
        self.texts = vec![
            told.error_message.to_string(),
            told.user_agent.to_string(),
            told.user_identity.actor().into_owned(),
        ];
        told.raw.clone_into(&mut self.raw);
    }

    fn reject(&mut self, reject: &Reject) {
        panic!("{reject}");
    }
}

fn kept(paths: &[&str], record: &str) -> Keeper {
    let mut keeper = Keeper {
        redaction: Redaction::new(paths).unwrap(),
        ..Keeper::default()
    };
    let mut scanner = Scanner::new(ScanOptions::new("2026-02-01T00:00:00Z".parse().unwrap()));
    scanner.feed(record.as_bytes(), &mut keeper);
    scanner.finish(&mut keeper);
    keeper
}

fn record() -> Value {
    json!({
        "eventTime": "2026-01-31T12:00:00Z",
        "eventID": "7b3c",
        "recipientAccountId": "111122223333",
        "eventSource": "iam.amazonaws.com",
        "eventName": "UpdateLoginProfile",
        "errorCode": "PasswordPolicyViolation",
        "errorMessage": "Password hunter2 of bob is too short (hunter22 is not)",
        "awsRegion": "us-east-1",
        "userAgent": "tool/1 hunter2",
        "userIdentity": {
            "type": "IAMUser",
            "userName": "alice",
            "arn": "arn:aws:iam::111122223333:user/alice",
            "accountId": "111122223333",
            "accessKeyId": "AKIAIOSFODNN7EXAMPLE",
        },
        "requestParameters": {
            "userName": "bob",
            "password": "hunter2",
            "list": [{"secret": "one-secret"}, {"secret": 4711_0815}, {"secret": true}],
            "note": "one-secret, 47110815, {\"p\":\"hunter2\"}",
            "count": 47_110_815,
            "hunter2": "x",
        },
    })
}

fn parsed(keeper: &Keeper) -> Value {
    serde_json::from_str(&keeper.raw).unwrap()
}

#[test]
fn without_paths_nothing_changes() {
    let text = record().to_string();
    let keeper = kept(&[], &text);
    assert_eq!(keeper.raw, text);
    assert_eq!(keeper.texts[2], "arn:aws:iam::111122223333:user/alice");
}

#[test]
fn a_value_is_gone_wherever_it_stands() {
    let keeper = kept(&["requestParameters.password"], &record().to_string());
    assert!(
        !keeper.raw.replace("hunter22", "").contains("hunter2"),
        "{}",
        keeper.raw
    );
    let told = parsed(&keeper);
    assert_eq!(told["requestParameters"]["password"], REDACTED);
    assert_eq!(told["requestParameters"][REDACTED], "x");
    assert_eq!(
        keeper.texts[0],
        "Password (redacted) of bob is too short (hunter22 is not)"
    );
    assert_eq!(keeper.texts[1], "tool/1 (redacted)");
    assert_eq!(keeper.identities[0], keeper.identities[1]);
    assert_eq!(keeper.targets, ["user:bob"]);
}

#[test]
fn stars_and_lists_are_passed_through() {
    for path in [
        "requestParameters.list.secret",
        "requestParameters.*.SECRET",
        "requestParameters.**.secret",
        "**.secret",
    ] {
        let told = parsed(&kept(&[path], &record().to_string()));
        let parameters = &told["requestParameters"];
        let gone = json!({ "secret": REDACTED });
        assert_eq!(parameters["list"], json!([gone, gone, gone]), "{path}");
        assert_eq!(
            parameters["note"], "(redacted), (redacted), {\"p\":\"hunter2\"}",
            "{path}"
        );
        assert_eq!(parameters["count"], REDACTED, "{path}");
        assert_eq!(parameters["password"], "hunter2", "{path}");
    }
}

#[test]
fn a_path_takes_out_all_that_lies_below() {
    let keeper = kept(&["requestParameters"], &record().to_string());
    assert_eq!(parsed(&keeper)["requestParameters"], REDACTED);
    assert_eq!(
        keeper.texts[0], "Password (redacted) of bob is too short (hunter22 is not)",
        "bob is too short a name"
    );
    assert!(keeper.targets.is_empty());
}

#[test]
fn callers_lose_what_is_named_of_them_and_nothing_else() {
    let mut own_name = record();
    own_name["requestParameters"]["password"] = "arn:aws:iam::111122223333:user/alice".into();
    own_name["requestParameters"]["userName"] = "IAMUser".into();
    let keeper = kept(&["requestParameters.*"], &own_name.to_string());
    assert_eq!(keeper.texts[2], "arn:aws:iam::111122223333:user/alice");
    let keeper = kept(&["userIdentity.userName"], &own_name.to_string());
    assert_eq!(keeper.texts[2], "arn:aws:iam::111122223333:user/(redacted)");
    assert!(!keeper.raw.contains("alice"), "{}", keeper.raw);
}

#[test]
fn key_uses_lose_what_is_named() {
    let of = |paths: &[&str]| kept(paths, &record().to_string()).keys;
    let told =
        |owner: &str, region: &str| vec![Some(["AKIAIOSFODNN7EXAMPLE", owner, region].map(str::to_owned))];
    let alice = "arn:aws:iam::111122223333:user/alice";
    assert_eq!(of(&["requestParameters"]), told(alice, "us-east-1"));
    assert_eq!(of(&["userIdentity.accessKeyId"]), [None]);
    assert_eq!(of(&["userIdentity"]), [None]);
    assert_eq!(
        of(&["userIdentity.userName"]),
        told("arn:aws:iam::111122223333:user/(redacted)", "us-east-1")
    );
    assert_eq!(of(&["awsRegion"]), told(alice, REDACTED));
}

#[test]
fn escapes_are_decoded_before_values_are_compared() {
    let text = r#"{"eventTime":"2026-01-31T12:00:00Z","eventName":"A","errorMessage":"no \u0068unter2 here",
        "requestParameters":{"p\u0061ssword":"hunter\u0032","x":"\ud800"}}"#;
    let keeper = kept(&["requestParameters.password"], text);
    assert_eq!(keeper.texts[0], "no (redacted) here");
    assert_eq!(
        parsed(&keeper)["requestParameters"],
        json!({"password": REDACTED, "x": REDACTED}),
        "what is no text could hide one"
    );
}

#[test]
fn numbers_and_repeated_keys_stay_as_they_were() {
    let text = r#"{"eventTime":"2026-01-31T12:00:00Z","eventName":"A","errorCode":"E","n":1e999,"n":1.50,"a":[],"b":{}}"#;
    assert_eq!(kept(&["x"], text).raw, text);
}

#[test]
fn paths_that_errors_are_counted_by_are_refused() {
    for path in [
        "eventTime",
        "EVENTID",
        "recipientAccountId",
        "*",
        "**",
        "**.*",
        "**.eventName",
        "errorCode",
        "eventSource",
    ] {
        let refused = Redaction::new([path]).unwrap_err();
        assert!(
            matches!(refused, InvalidRedaction::Needed { .. }),
            "{path}: {refused}"
        );
    }
    for path in ["", ".", "a..b", "a.b*", "a.", " "] {
        let refused = Redaction::new([path]).unwrap_err();
        assert!(
            matches!(refused, InvalidRedaction::Step { .. }),
            "{path}: {refused}"
        );
    }
    for path in [
        "eventTimeX",
        "userIdentity",
        "errorMessage",
        "*.eventName",
        "additionalEventData",
        "**.password",
    ] {
        assert!(Redaction::new([path]).is_ok(), "{path}");
    }
    assert_eq!(
        Redaction::new(["*"]).unwrap_err().to_string(),
        "redact path \"*\" would take out eventTime, which errors are told apart by: name a narrower path"
    );
}

proptest! {
    #[test]
    fn nothing_of_a_value_is_left(
        secret in "[a-zA-Z0-9+/=\"\\\\é-]{8,20}",
        before in "[ a-z\"\\\\<]{0,10}",
        after in "[ .:,\"}]{0,10}",
    ) {
        let text = format!("{before} {secret} {after}");
        let nested = json!({ "inner": secret }).to_string();
        let mut whole = record();
        whole["errorMessage"] = text.as_str().into();
        whole["userAgent"] = text.as_str().into();
        whole["requestParameters"] = json!({
            "password": secret, "note": text, "policy": nested, "list": [text, { &secret: text }],
        });
        whole["responseElements"] = json!({ "echo": secret });
        let keeper = kept(&["requestParameters.password"], &whole.to_string());
        let escaped = serde_json::to_string(&secret).unwrap();
        let escaped = escaped.trim_matches('"');
        prop_assert!(!keeper.raw.contains(&secret) && !keeper.raw.contains(escaped), "{}", keeper.raw);
        prop_assert!(serde_json::from_str::<Value>(&keeper.raw).is_ok());
        prop_assert_eq!(keeper.identities[0], keeper.identities[1]);
    }

    #[test]
    fn any_text_is_a_path_or_an_error(path in any::<String>()) {
        if let Ok(redaction) = Redaction::new([&path]) {
            prop_assert!(!redaction.is_empty());
        }
    }
}
