use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::super::table::{lines, rows};
use super::*;
use crate::actor::Identity;
use crate::time::Timestamp;

const CASES: &str = include_str!("../../../data/target_cases.tsv");
const ACCOUNT: &str = "111122223333";

fn with_event<T>(
    [source, name, message]: [&str; 3],
    parameters: Option<&RawValue>,
    raw: &str,
    look: impl FnOnce(&ErrorEvent<'_>) -> T,
) -> T {
    look(&ErrorEvent {
        event_id: None,
        time: Timestamp::default(),
        account: ACCOUNT.into(),
        event_source: format!("{source}.amazonaws.com").into(),
        event_name: name.into(),
        error_code: "AccessDenied".into(),
        error_message: message.into(),
        region: "".into(),
        source_ip: "".into(),
        user_agent: "".into(),
        user_identity: Identity::default(),
        read_only: None,
        event_type: "".into(),
        request_parameters: parameters,
        raw,
    })
}

fn of(source: &str, name: &str, parameters: &str, arns: &[&str], message: &str) -> Vec<String> {
    let parameters = RawValue::from_string(parameters.to_owned()).unwrap();
    let resources: Vec<Value> = arns.iter().map(|arn| json!({ "ARN": arn })).collect();
    let raw = json!({ "resources": resources }).to_string();
    with_event([source, name, message], Some(&parameters), &raw, targets)
}

#[test]
fn each_case_has_its_targets() {
    assert_eq!(rows::<6>(CASES).count(), lines(CASES).count());
    for case in rows::<6>(CASES) {
        let [source, name, parameters, arns, message, expected] =
            case.map(|cell| if cell == "-" { "" } else { cell });
        let parameters = if parameters.is_empty() { "null" } else { parameters };
        let arns: Vec<&str> = arns.split_whitespace().collect();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(of(source, name, parameters, &arns, message), expected, "{case:?}");
    }
}

/// Each row of the table finds the value that it names.
#[test]
fn each_parameter_is_found() {
    assert_eq!(
        PARAMETERS.values().map(Vec::len).sum::<usize>(),
        lines(TABLE).count()
    );
    for row in rows::<4>(TABLE) {
        let [source, name, parameter, kind] = row;
        let inside = |value, key: &str| json!([{ key: value }]);
        let list = parameter.rsplit('.').fold(json!("thing"), inside);
        let found = of(source, &name.replace('*', "X"), &list[0].to_string(), &[], "");
        assert_eq!(found, [format!("{kind}:thing")], "{row:?}");
    }
}

/// Each row of the table of ARNs decides what it names, and is of a kind that a call can name too.
#[test]
fn each_shape_of_arn_is_found() {
    for row in rows::<4>(name::TABLE) {
        let [service, resource, kind, named] = row;
        let resource = resource.replace('*', "thing");
        let arn = format!("arn:aws:{service}:us-east-1:{ACCOUNT}:{resource}");
        let named = if named.starts_with('<') {
            "thing".to_owned()
        } else {
            named.replace('*', "thing")
        };
        assert_eq!(
            of("x", "Get", "{}", &[&arn], ""),
            [format!("{kind}:{named}")],
            "{row:?}"
        );
    }
}

/// Each row of the sensitivities decides a name that it describes; none is hidden by another.
#[test]
fn each_sensitivity_is_reached() {
    let table = TargetTable::built_in();
    assert_eq!(sensitivity::TABLE.parse().as_ref(), Ok(table));
    let kinds: BTreeSet<&str> = rows::<4>(TABLE)
        .map(|[.., kind]| kind)
        .chain(rows::<4>(name::TABLE).map(|[_, _, kind, _]| kind))
        .collect();
    let data = rows::<4>(sensitivity::TABLE);
    assert_eq!(data.count(), table.rows().len());
    for (row, parsed) in rows::<4>(sensitivity::TABLE).zip(table.rows()) {
        let [kind, pattern, _, why] = row;
        let name = pattern
            .trim_matches(['<', '>'])
            .replace('*', "x")
            .replace('?', "-");
        assert_eq!(table.row(&format!("{kind}:{name}")), Some(parsed), "{row:?}");
        assert!(kinds.contains(kind) && !why.is_empty(), "{row:?}");
    }
}

#[test]
fn names_are_cut_and_counted() {
    let long = "é".repeat(300);
    let found = of(
        "s3",
        "GetObject",
        &json!({ "bucketName": long }).to_string(),
        &[],
        "",
    );
    assert_eq!(found, [format!("bucket:{}", "é".repeat(128))]);
    let many: Vec<String> = (0..100).map(|number| format!("s{number:02}")).collect();
    let parameters = json!({ "secretIdList": many }).to_string();
    let found = of("secretsmanager", "BatchGetSecretValue", &parameters, &[], "");
    assert_eq!(found, ["secret:s00", "secret:s01", "secret:s02", "secret:s03"]);
}

#[test]
fn a_key_with_escapes_is_the_same_key() {
    let raw = r#"{"\u0072esources":[{"ARN":"arn:aws:s3:::payroll"}]}"#;
    assert_eq!(
        with_event(["s3", "GetObject", ""], None, raw, targets),
        ["bucket:payroll"]
    );
}

fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        Just("secretId".to_owned()),
        Just("resources".to_owned()),
        Just("ARN".to_owned()),
        any::<String>(),
    ];
    let texts = prop_oneof![
        any::<String>(),
        "arn:aws:[a-z3]{2,6}::[0-9]{0,12}:[a-z:/*é-]{0,12}",
        "[0-9]{12}:[a-z:]{0,8}",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        texts.prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names.clone(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_record_has_few_sorted_targets_without_repeats(
        parameters in any_json(),
        record in any_json(),
        message in any::<String>(),
    ) {
        let parameters = RawValue::from_string(parameters.to_string()).unwrap();
        let call = ["secretsmanager", "GetSecretValue", &format!("no on resource: {message}")];
        let found = with_event(call, Some(&parameters), &record.to_string(), targets);
        prop_assert!(found.len() <= MAX_TARGETS);
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]), "{found:?}");
        for target in &found {
            prop_assert!(target.len() < 400 && target.contains(':'), "{target}");
            let _ = Sensitivity::of_target(target);
        }
    }

    #[test]
    fn any_text_is_a_table_or_an_error(text in any::<String>(), target in any::<String>()) {
        if let Ok(table) = text.parse::<TargetTable>() {
            let _ = table.decide(&target);
        }
    }
}
