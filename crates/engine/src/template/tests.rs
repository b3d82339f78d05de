use std::borrow::Cow;

use firstsight_cloudtrail::{ErrorEvent, Identity, Timestamp};
use proptest::prelude::*;
use serde_json::value::RawValue;

use super::output::{MAX_DISPLAY, MAX_IDENTITY};
use super::{CUT, FineTemplate};

pub(super) fn parameters(json: &str) -> Box<RawValue> {
    RawValue::from_string(json.to_owned()).expect("the parameters of a test are JSON")
}

pub(super) fn event<'a>(message: &'a str, parameters: Option<&'a RawValue>) -> ErrorEvent<'a> {
    ErrorEvent {
        event_id: None,
        time: Timestamp::default(),
        account: Cow::Borrowed("111122223333"),
        event_source: Cow::Borrowed("iam.amazonaws.com"),
        event_name: Cow::Borrowed("GetRole"),
        error_code: Cow::Borrowed("NoSuchEntityException"),
        error_message: Cow::Borrowed(message),
        region: Cow::Borrowed("us-east-1"),
        source_ip: Cow::Borrowed("192.0.2.7"),
        user_agent: Cow::Borrowed("aws-cli/2"),
        user_identity: Identity {
            arn: Some(Cow::Borrowed("arn:aws:iam::111122223333:user/operations")),
            user_name: Some(Cow::Borrowed("operations")),
            account_id: Some(Cow::Borrowed("111122223333")),
            ..Identity::default()
        },
        read_only: None,
        event_type: Cow::Borrowed("AwsApiCall"),
        request_parameters: parameters,
        raw: "{}",
    }
}

fn of(message: &str, json: &str) -> FineTemplate {
    FineTemplate::of(&event(message, Some(&parameters(json))))
}

fn plain(message: &str) -> FineTemplate {
    FineTemplate::of(&event(message, None))
}

#[test]
fn the_record_names_its_variables() {
    let template = of(
        "The role with name Deploy cannot be found.",
        r#"{"roleName":"Deploy"}"#,
    );
    assert_eq!(template.display, "The role with name <roleName> cannot be found.");
    assert_eq!(template.identity, "The role with name <*> cannot be found.");
}

#[test]
fn what_stands_for_variables_is_told_by_their_names() {
    let json = parameters(r#"{"roleName":"Deploy"}"#);
    let hidden = "********";
    let message = format!(
        "The role with name Deploy cannot be found in [vpc-0a1b2c3d, vpc-0a1b2c3e] of account 111122223333: {hidden} \
         {{\"a\":1}} Encoded authorization failure message: {}",
        "abcd".repeat(100)
    );
    let seen = event(&message, Some(&json));
    let (template, values) = FineTemplate::of_with_values(&seen);
    assert_eq!(template, FineTemplate::of(&seen));
    let values: Vec<_> = values.iter().map(|(name, text)| (name.as_str(), *text)).collect();
    assert_eq!(
        values,
        [
            ("roleName", "Deploy"),
            ("id", "vpc-0a1b2c3d"),
            ("id", "vpc-0a1b2c3e"),
            ("accountId", "111122223333"),
        ],
        "{}",
        template.display
    );
}

#[test]
fn a_long_value_is_cut_on_a_character_boundary() {
    let message = format!("no https://example.com/a{} here", "é".repeat(300));
    let seen = event(&message, None);
    let (_, values) = FineTemplate::of_with_values(&seen);
    assert_eq!((values[0].0.as_str(), values[0].1.len()), ("url", 255));
}

#[test]
fn the_longest_value_of_the_record_wins() {
    let json = r#"{"group":"blue","name":"blue team/east"}"#;
    assert_eq!(of("No blue team/east here", json).display, "No <name> here");
    assert_eq!(
        of("No blue-team here, blueish", json).identity,
        "No blue-team here, blueish"
    );
}

#[test]
fn words_of_the_language_are_variables_only_where_they_are_set_apart() {
    let json = r#"{"resourceType":"instance","attribute":"LaunchTemplate"}"#;
    let template = of(
        "An instance needs a LaunchTemplate; 'instance' and type: LaunchTemplate",
        json,
    );
    assert_eq!(
        template.display,
        "An instance needs a LaunchTemplate; '<resourceType>' and type: <attribute>"
    );
}

#[test]
fn a_caller_named_like_a_plain_word_explains_no_prose() {
    assert_eq!(plain("No operations are left").identity, "No operations are left");
    assert_eq!(
        plain("User 'operations' is unknown").display,
        "User '<userArn>' is unknown"
    );
}

#[test]
fn the_denied_action_stays_and_its_user_and_resource_go() {
    let message = "User: arn:aws:iam::111122223333:user/operations is not authorized to perform: iam:CreateUser on \
                   resource: \"arn:aws:iam::111122223333:user/new hire\" because no identity-based policy allows the \
                   iam:CreateUser action";
    insta::assert_snapshot!(
        of(message, r#"{"service":"iam","userName":"new hire"}"#).display,
        @r#"User: <userArn> is not authorized to perform: iam:CreateUser on resource: "<arn:iam:user>" because no identity-based policy allows the iam:CreateUser action"#
    );
    assert_eq!(
        plain(message).identity,
        of(message, r#"{"userName":"new hire"}"#).identity
    );
}

#[test]
fn any_resource_is_one_error() {
    let denied = |resource: &str| {
        plain(&format!(
            "User: anonymous is not authorized to perform: s3:GetObject on resource: {resource}"
        ))
        .identity
    };
    let all: Vec<_> = [
        "*",
        "arn:aws:s3:::acme-data/a b",
        "arn:aws:dynamodb:us-east-1:111122223333:table/t",
    ]
    .into_iter()
    .map(|resource| denied(resource.split(' ').next().unwrap_or_default()))
    .collect();
    assert!(all.iter().all(|identity| *identity == all[0]), "{all:?}");
}

#[test]
fn lists_of_variables_are_one_variable_whatever_their_length() {
    let one = plain("The instance IDs 'i-0a1b2c3d' do not exist").identity;
    let two = plain("The instance IDs 'i-0a1b2c3d, i-0a1b2c3e' do not exist").identity;
    let three = plain("The instance IDs 'i-0a1b2c3d', 'i-0a1b2c3e', 'i-0a1b2c3f' do not exist").identity;
    assert_eq!((&one, &one), (&two, &three));
}

#[test]
fn validation_names_the_parameter_and_the_constraint() {
    let wrong = |value: &str, parameter: &str| {
        plain(&format!(
            "1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: Member must \
             have length less than or equal to 64"
        ))
        .identity
    };
    assert_eq!(wrong("it's a 'name' at night", "roleName"), wrong("", "roleName"));
    assert_eq!(wrong("x", "tags.1.member.key"), wrong("x", "tags.27.member.key"));
    assert_ne!(wrong("x", "roleName"), wrong("x", "path"));
}

#[test]
fn what_validation_quotes_carries_the_name_that_the_record_has_for_it() {
    let message =
        "1 validation error detected: Value 'a b' at 'tableName' failed to satisfy constraint: no spaces";
    let named = of(message, r#"{"tableName":"a b","index":"a"}"#);
    assert!(
        named.display.contains("Value '<tableName>' at 'tableName'"),
        "{}",
        named.display
    );
    assert_eq!(named.identity, plain(message).identity);
}

#[test]
fn the_values_that_a_parameter_may_have_are_a_variable() {
    let known = |values: &str| {
        plain(&format!(
            "Value 'x' at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: {values}"
        ))
    };
    let one = known("[nodejs, python, java]");
    assert_eq!(one, known("[java, ruby, python]"));
    assert_eq!(one.identity, plain(&one.identity).identity);
    assert!(
        one.display.ends_with("enum value set: [<values>]"),
        "{}",
        one.display
    );
    assert_eq!(known("{a, b}. Or").identity, known("{}. Or").identity);
    assert_eq!(known("[a, b").identity, one.identity.trim_end_matches(']'));
}

#[test]
fn white_space_and_control_characters_are_one_space() {
    assert_eq!(
        plain("  No\tsuch\r\n\u{1b} thing \u{85}").identity,
        "No such thing"
    );
}

#[test]
fn documents_and_hidden_text_are_variables() {
    let template = plain(r#"Policy {"Version": "2012-10-17", "Statement": [{"a": "}"}]} for ***** is bad"#);
    assert_eq!(template.display, "Policy <json> for <value> is bad");
    assert_eq!(plain("Values [{\"a\": 1").display, "Values <json>");
}

#[test]
fn times_in_several_forms_are_one_variable() {
    for time in [
        "2026-01-31T10:00:00Z",
        "2026-01-31 10:00:00.5",
        "2026-01-31",
        "1769853600",
    ] {
        assert_eq!(
            plain(&format!("Expired at {time}, again")).identity,
            "Expired at <*>, again",
            "{time}"
        );
    }
}

#[test]
fn a_message_that_was_cut_keeps_what_it_shares_with_the_whole() {
    let whole = format!("Cannot assume role: {}", "and then some more words ".repeat(60));
    let cut: String = whole.chars().take(1024).collect();
    assert_eq!(plain(&whole), plain(&cut));
    let blob = |length: usize| {
        plain(&format!(
            "Encoded authorization failure message: -{}",
            "aB3_".repeat(length)
        ))
    };
    assert_eq!(blob(20), blob(300));
    assert!(!blob(300).identity.ends_with(CUT));
    let half = plain(&format!(
        "Not found: {} arn:aws:iam::1111",
        "arn:aws:iam::111122223333:role/x ".repeat(40)
    ));
    assert!(half.identity.ends_with(CUT));
}

/// Messages of the kinds that AWS services send, with the parameters of their calls.
const MESSAGES: [(&str, &str); 42] = [
    ("", "{}"),
    ("Rate exceeded", "{}"),
    (
        "The bucket policy does not exist",
        r#"{"bucketName":"acme-data"}"#,
    ),
    (
        "The role with name Deploy cannot be found.",
        r#"{"roleName":"Deploy"}"#,
    ),
    (
        "The user with name alice.doe@example.com cannot be found.",
        r#"{"userName":"alice.doe@example.com"}"#,
    ),
    (
        "Login Profile for User alice cannot be found.",
        r#"{"userName":"alice"}"#,
    ),
    (
        "Must specify userName when calling with non-User credentials",
        "{}",
    ),
    (
        "The instance ID 'i-0123456789abcdef0' does not exist",
        r#"{"instancesSet":{"items":[{"instanceId":"i-0123456789abcdef0"}]}}"#,
    ),
    ("The volume 'vol-0a1b2c3d' does not exist.", "{}"),
    (
        "The vpc ID 'vpc-0a1b2c3d4e5f60718' does not exist",
        r#"{"vpcId":"vpc-0a1b2c3d4e5f60718"}"#,
    ),
    (
        "Volume vol-0a1b2c3d4e5f60718 is currently attached to i-0123456789abcdef0",
        "{}",
    ),
    (
        "Value (eu-central-9) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: eu-central-1a, eu-central-1b.",
        "{}",
    ),
    ("Request would have succeeded, but DryRun flag is set.", "{}"),
    (
        "You have requested more vCPU capacity than your current vCPU limit of 32 allows. Please visit http://aws.amazon.com/contact-us/ec2-request to request an adjustment to this limit.",
        "{}",
    ),
    (
        "You are not authorized to perform this operation. Encoded authorization failure message: 4GIvOb0T2yJQdhNZ-V9e4SJXQaHoGvWmEtE_kmHO2uQhuxyN8k3QmJ5h",
        "{}",
    ),
    (
        "User: arn:aws:sts::111122223333:assumed-role/Deploy/alice is not authorized to perform: ec2:RunInstances on resource: arn:aws:ec2:us-east-1:111122223333:instance/* with an explicit deny in a service control policy",
        "{}",
    ),
    (
        "User: arn:aws:iam::111122223333:user/operations is not authorized to perform: organizations:LeaveOrganization on resource: * because no identity-based policy allows the organizations:LeaveOrganization action",
        "{}",
    ),
    (
        "User: anonymous is not authorized to perform: lambda:GetFunctionUrlConfig on resource: arn:aws:lambda:us-east-1:111122223333:function:hello because no resource-based policy allows the lambda:GetFunctionUrlConfig action",
        "{}",
    ),
    ("Access Denied", "{}"),
    (
        "Unknown trail: arn:aws:cloudtrail:us-east-1:111122223333:trail/main for the user: 111122223333",
        r#"{"name":"main"}"#,
    ),
    ("Account 111122223333 is not subscribed to AWS Security Hub", "{}"),
    (
        "Secrets Manager can't find the specified secret.",
        r#"{"secretId":"prod/db"}"#,
    ),
    (
        "Function not found: arn:aws:lambda:us-east-1:111122223333:function:resize-images:$LATEST",
        r#"{"functionName":"resize-images"}"#,
    ),
    (
        "Stack with id prod-network does not exist",
        r#"{"stackName":"prod-network"}"#,
    ),
    (
        "Stack:arn:aws:cloudformation:us-east-1:111122223333:stack/net/0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f is in ROLLBACK_COMPLETE state and can not be updated.",
        "{}",
    ),
    (
        "Template error: instance of Fn::GetAtt references undefined resource WebServer2",
        "{}",
    ),
    (
        "1 validation error detected: Value '[my bucket]' at 'tags.3.member.key' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z]{1,20}$",
        "{}",
    ),
    (
        "3 validation errors detected: Value '' at 'roleName' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'x' at 'path' failed to satisfy constraint: Member must not be null",
        "{}",
    ),
    (
        "Repository 'team/app' does not exist in the registry with id '111122223333'",
        r#"{"repositoryName":"team/app"}"#,
    ),
    (
        "Log group '/aws/lambda/resize-7' already exists",
        r#"{"logGroupName":"/aws/lambda/resize-7"}"#,
    ),
    (
        "Requested resource not found: Table: orders not found",
        r#"{"tableName":"orders"}"#,
    ),
    ("The security token included in the request is expired", "{}"),
    (
        "Signature expired: 20260131T100000Z is now earlier than 20260131T101500Z (20260131T102000Z - 5 min.)",
        "{}",
    ),
    (
        "Key 'arn:aws:kms:us-east-1:111122223333:key/0a1b2c3d-0a1b-4c3d-8e9f-0a1b2c3d4e5f' does not exist",
        "{}",
    ),
    ("The dashboard [object HashChangeEvent] is invalid", "{}"),
    (
        "The specified CIDR 10.0.0.0/16 conflicts with 10.0.0.0/24, 10.0.1.0/24 and 2001:db8::/32",
        "{}",
    ),
    ("Only S3, EC2 and AES_256 or IPv4 are supported, not SHA256", "{}"),
    (
        "Resource of type AWS::S3::Bucket with identifier acme-data-7 was not found. (Service: S3, Status Code: 404, Request ID: 0A1B2C3D4E5F6071)",
        "{}",
    ),
    ("ec2.amazonaws.com is not authorized to assume role Deploy7", "{}"),
    (
        "Invalid principal in policy: \"AWS\":\"AIDACKCEVSQ6C2EXAMPLE\"",
        "{}",
    ),
    (
        "The request processing has failed because of an unknown error, exception or failure. <script>alert(1)</script>",
        "{}",
    ),
    ("Die Größe der Datei „Über“ ist 7 — 不正なリクエスト", "{}"),
];

#[test]
fn fine_templates_of_common_messages() {
    let shown: Vec<_> = MESSAGES
        .iter()
        .map(|(message, json)| of(message, json).display)
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn templates_of_templates_are_themselves() {
    for (message, json) in MESSAGES {
        let identity = of(message, json).identity;
        assert_eq!(plain(&identity).identity, identity, "{message}");
    }
}

/// Text with the pieces that the masks look for, in any mixture.
fn odd_text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        4 => "[a-zA-Z0-9 ]{1,8}",
        2 => "[-'\"`:/.,;=+@*<>(){}\\[\\]$_~\\\\]{1,3}",
        1 => "\\PC{1,3}",
        1 => prop::sample::select(vec![
            "arn:aws:iam::111122223333:role/x", "https://example.com", "Value '", "' at '", "<*>", "…", "\u{1b}[2J",
            "{\"a\":", "2026-01-31 10:00:00", "Encoded authorization failure message: ", ".member.", "AWS::", "*****",
        ]).prop_map(ToOwned::to_owned),
    ];
    prop::collection::vec(pieces, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_a_bounded_template(text in odd_text(), value in odd_text(), times in 1_usize..80) {
        let json = serde_json::to_string(&[&value]).unwrap_or_default();
        let template = of(&text.repeat(times), &format!("{{\"name\":{json}}}"));
        prop_assert!(template.identity.len() <= MAX_IDENTITY + CUT.len());
        prop_assert!(template.display.len() <= MAX_DISPLAY + CUT.len());
        prop_assert!(!template.display.contains(char::is_control));
    }

    #[test]
    fn templates_do_not_depend_on_white_space(words in prop::collection::vec("[a-z0-9'-]{1,9}", 1..9), space in "[ \t\n\u{a0}]{1,3}") {
        prop_assert_eq!(plain(&words.join(" ")), plain(&words.join(&space)));
    }

    #[test]
    fn a_value_that_the_record_names_does_not_matter(value in "[a-z]{3,9}[-_][a-z0-9]{1,9}") {
        let template = of(&format!("The thing {value} is gone."), &format!("{{\"thing\":\"{value}\"}}"));
        prop_assert_eq!(template.display, "The thing <thing> is gone.");
        prop_assert_eq!(template.identity, "The thing <*> is gone.");
    }
}
