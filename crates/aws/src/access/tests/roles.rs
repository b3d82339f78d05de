//! Whose account is read, and what is said where it may not be.

use super::{PAGE, READER, request, target};
use crate::access::fake::{Answer, Fake, assumed, identity, options, role};
use crate::error::AwsError;
use crate::target::{Call, Target};

/// STS for one account, logs for all.
pub(super) fn two_services() -> Fake {
    Fake::new(|seen, _| match seen.operation.as_str() {
        "AssumeRole" => assumed("444455556666"),
        "GetCallerIdentity" => identity("111122223333"),
        _ => Answer::json(200, PAGE),
    })
}

#[tokio::test]
async fn a_role_is_assumed_once_for_all_its_regions() {
    let fake = two_services();
    let mut options = options();
    options.regions.push("us-east-1".into());
    options.roles = vec![role(READER)];
    options.roles[0].external_id = Some("example-id".into());
    let access = fake.access(options).await.expect("opens");
    let targets = access.targets().await.expect("needs no request");
    assert_eq!(targets.len(), 2);
    for target in &targets {
        access
            .logs(target)
            .filter_log_events(&request())
            .await
            .expect("a page");
        access
            .clone()
            .logs(target)
            .filter_log_events(&request())
            .await
            .expect("a page");
    }
    let assumed = fake.seen("AssumeRole");
    assert_eq!(
        assumed.len(),
        1,
        "one session for two regions, two clones and four requests"
    );
    for field in [
        "RoleArn=arn%3Aaws%3Aiam%3A%3A444455556666%3Arole%2Freader",
        "ExternalId=example-id",
    ] {
        assert!(assumed[0].body.contains(field), "{field} in {}", assumed[0].body);
    }
    assert!(
        assumed[0].body.contains("RoleSessionName=firstsight"),
        "{}",
        assumed[0].body
    );
    let seen = fake.seen("FilterLogEvents");
    assert!(
        seen.iter()
            .all(|seen| seen.authorization.contains("ASIA444455556666")),
        "the role's keys sign"
    );
    assert!(
        seen[0].uri.contains("eu-west-1") && seen[2].uri.contains("us-east-1"),
        "{seen:?}"
    );
}

#[tokio::test]
async fn without_roles_the_callers_account_is_read() {
    let fake = two_services();
    let access = fake.access(options()).await.expect("opens");
    let targets = access.targets().await.expect("the caller is known");
    let own = Target {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        role: None,
    };
    assert_eq!(targets, std::slice::from_ref(&own));
    assert_eq!(
        access.identity(&own).await.expect("known").arn,
        "arn:aws:iam::111122223333:user/sre"
    );
    assert_eq!(fake.seen("GetCallerIdentity").len(), 1, "asked once");
}

#[tokio::test]
async fn a_failure_to_tell_the_caller_is_not_remembered() {
    let fake = Fake::new(|_, before| match before {
        0 => Answer::xml_error(
            403,
            "ExpiredToken",
            "The security token included in the request is expired",
        ),
        _ => identity("111122223333"),
    });
    let access = fake.access(options()).await.expect("opens");
    let error = access.caller().await.expect_err("expired");
    assert!(matches!(error, AwsError::Credentials { .. }), "{error:?}");
    assert_eq!(
        access.caller().await.expect("signed in since").account,
        "111122223333"
    );
}

#[tokio::test]
async fn a_role_that_is_refused_names_itself_whatever_was_asked() {
    let message = "User: arn:aws:iam::111122223333:user/sre is not authorized to perform: sts:AssumeRole on resource: \
                   arn:aws:iam::444455556666:role/reader";
    let fake = Fake::new(move |seen, _| match seen.operation.as_str() {
        "AssumeRole" => Answer::xml_error(403, "AccessDenied", message),
        _ => Answer::json(200, PAGE),
    });
    let mut options = options();
    options.roles = vec![role(READER)];
    let access = fake.access(options).await.expect("opens");
    let by_logs = access
        .logs(&target(Some(READER)))
        .filter_log_events(&request())
        .await
        .expect_err("refused");
    let by_sts = access.identity(&target(Some(READER))).await.expect_err("refused");
    for error in [by_logs, by_sts] {
        let text = error.to_string();
        assert!(
            matches!(
                error,
                AwsError::Denied {
                    call: Call::AssumeRole,
                    ..
                }
            ),
            "{text}"
        );
        assert!(
            text.starts_with("role arn:aws:iam::444455556666:role/reader: AssumeRole was refused"),
            "{text}"
        );
        assert!(text.contains("trust policy"), "{text}");
    }
    assert_eq!(fake.seen("FilterLogEvents").len(), 0);
}

#[tokio::test]
async fn sts_that_is_out_of_reach_is_told_as_such() {
    let fake = Fake::new(|_, _| Answer::Broken);
    let mut options = options();
    options.roles = vec![role(READER)];
    let access = fake.access(options).await.expect("opens");
    let error = access
        .logs(&target(Some(READER)))
        .filter_log_events(&request())
        .await
        .expect_err("no STS");
    assert!(
        matches!(
            error,
            AwsError::Unavailable {
                call: Call::AssumeRole,
                ..
            }
        ),
        "{error:?}"
    );
    assert!(
        error
            .to_string()
            .contains("after 5 attempts (io error: connection reset)"),
        "{error}"
    );
    assert_eq!(fake.seen("AssumeRole").len(), 5);
}

#[tokio::test]
async fn a_role_that_was_not_configured_opens_nothing() {
    let fake = two_services();
    let access = fake.access(options()).await.expect("opens");
    let error = access
        .logs(&target(Some(READER)))
        .filter_log_events(&request())
        .await
        .expect_err("unknown role");
    assert!(
        error.to_string().contains("not among the configured ones"),
        "{error}"
    );
    assert_eq!(
        fake.seen("FilterLogEvents").len(),
        0,
        "the caller's own account is not read in its place"
    );
}
