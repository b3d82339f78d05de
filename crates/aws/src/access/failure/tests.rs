//! Each kind of failure, through the real SDK, to the words that a person reads.

use crate::access::fake::{Answer, Fake, options, request};
use crate::access::{Access, AccessOptions};
use crate::api::{FilterRequest, GroupName, StreamOrder};
use crate::error::AwsError;
use crate::target::Target;

fn target() -> Target {
    Target {
        account: "111122223333".into(),
        region: "eu-west-1".into(),
        role: None,
    }
}

fn once() -> AccessOptions {
    let mut options = options();
    options.attempts = 1;
    options
}

async fn access(answer: Answer) -> Access {
    Fake::new(move |_, _| answer.clone())
        .access(once())
        .await
        .expect("opens")
}

async fn filter(answer: Answer, token: Option<&str>) -> AwsError {
    let request = FilterRequest {
        token: token.map(str::to_owned),
        ..request()
    };
    access(answer)
        .await
        .logs(&target())
        .filter_log_events(&request)
        .await
        .expect_err("refused")
}

/// The variant's name, and the words.
fn told(error: &AwsError) -> (&'static str, String) {
    let variant = match error {
        AwsError::Credentials { .. } => "credentials",
        AwsError::Denied { .. } => "denied",
        AwsError::NotFound { .. } => "not found",
        AwsError::StaleToken { .. } => "stale token",
        AwsError::Invalid { .. } => "invalid",
        AwsError::Throttled { .. } => "throttled",
        AwsError::Unavailable { .. } => "unavailable",
    };
    (variant, error.to_string())
}

const PLACE: &str = "account 111122223333, region eu-west-1, log group trail: ";

#[tokio::test]
async fn every_code_says_what_to_do() {
    let sign_in = "sign in ('aws sso login') or name a --profile";
    let reach = ": look whether AWS can be reached from here (network, proxy, --endpoint-url, --region), or run again later";
    let cases = [
        ("AccessDeniedException", "denied", "FilterLogEvents was refused: allow logs:FilterLogEvents on \
          arn:aws:logs:eu-west-1:111122223333:log-group:trail:* (AccessDeniedException: m); 'firstsight iam-policy' \
          prints the whole policy".to_owned()),
        ("ResourceNotFoundException", "not found", "not found (ResourceNotFoundException: m; check the name, --region, \
          and that the credentials belong to its account)".to_owned()),
        ("InvalidParameterException", "invalid", "FilterLogEvents was not accepted (InvalidParameterException: m)".to_owned()),
        ("InvalidOperationException", "invalid", "FilterLogEvents was not accepted (InvalidOperationException: m)".to_owned()),
        ("OptInRequired", "invalid", "the region eu-west-1 is not enabled for this account (OptInRequired: m): enable it, \
          or leave it out of --region".to_owned()),
        ("ThrottlingException", "throttled", "FilterLogEvents is throttled after 1 attempt: others use the account's \
          quota too; lower --requests-per-second or run again later".to_owned()),
        ("TooManyRequestsException", "throttled", "FilterLogEvents is throttled after 1 attempt: others use the \
          account's quota too; lower --requests-per-second or run again later".to_owned()),
        ("ExpiredTokenException", "credentials", format!("the credentials have expired (ExpiredTokenException: m): \
          {sign_in}, or renew the keys")),
        ("UnrecognizedClientException", "credentials", "the access key is not accepted (UnrecognizedClientException: m): \
          check the key, AWS_SESSION_TOKEN beside it if it begins with ASIA, and that the account has enabled \
          eu-west-1".to_owned()),
        ("SignatureDoesNotMatch", "credentials", "the signature is not accepted (SignatureDoesNotMatch: m): check the \
          secret access key".to_owned()),
        ("RequestTimeTooSkewed", "credentials", "the clock of this machine is wrong (RequestTimeTooSkewed: m): set it, \
          for example by NTP".to_owned()),
        ("MissingAuthenticationTokenException", "credentials", format!("no credentials were found \
          (MissingAuthenticationTokenException: m): {sign_in}, set AWS_ACCESS_KEY_ID, or run on AWS with a role")),
        ("LimitExceededException", "unavailable", format!("FilterLogEvents failed after 1 attempt \
          (LimitExceededException: m){reach}")),
        ("ServiceUnavailableException", "unavailable", format!("FilterLogEvents failed after 1 attempt \
          (ServiceUnavailableException: m){reach}")),
    ];
    for (code, variant, words) in cases {
        let error = filter(Answer::error(400, code, "m"), None).await;
        assert_eq!(told(&error), (variant, format!("{PLACE}{words}")), "{code}");
    }
}

#[tokio::test]
async fn a_clock_that_spoils_signatures_is_told_from_a_wrong_secret() {
    let message = "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z";
    let error = filter(Answer::error(400, "InvalidSignatureException", message), None).await;
    assert!(
        error.to_string().contains("the clock of this machine is wrong"),
        "{error}"
    );
}

#[tokio::test]
async fn only_a_request_with_a_token_can_have_a_stale_one() {
    let answer = || {
        Answer::error(
            400,
            "InvalidParameterException",
            "The specified nextToken is invalid.",
        )
    };
    assert_eq!(told(&filter(answer(), Some("old")).await).0, "stale token");
    assert_eq!(told(&filter(answer(), None).await).0, "invalid");
    let other = Answer::error(400, "InvalidParameterException", "Invalid filter pattern");
    assert_eq!(told(&filter(other, Some("old")).await).0, "invalid");
}

#[tokio::test]
async fn the_permission_that_the_service_names_is_the_missing_one() {
    let message = "User: arn:aws:iam::111122223333:user/sre is not authorized to perform: kms:Decrypt on resource: \
                   arn:aws:kms:eu-west-1:111122223333:key/k because no identity-based policy allows it";
    let error = filter(Answer::error(400, "AccessDeniedException", message), None).await;
    let AwsError::Denied { permission, said, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        permission,
        "kms:Decrypt on arn:aws:kms:eu-west-1:111122223333:key/k"
    );
    assert!(said.contains("no identity-based policy allows it"), "{said}");
    let own = "is not authorized to perform: logs:FilterLogEvents on resource: \
               arn:aws:logs:eu-west-1:111122223333:log-group:trail:log-stream:";
    let error = filter(Answer::error(400, "AccessDeniedException", own), None).await;
    let AwsError::Denied { permission, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        permission,
        "logs:FilterLogEvents on arn:aws:logs:eu-west-1:111122223333:log-group:trail:*"
    );
}

/// Servers that imitate AWS, and proxies, answer XML or HTML where JSON is expected.
#[tokio::test]
async fn answers_of_another_kind_are_told_by_their_code_or_status() {
    let cases = [
        (
            Answer::xml_error(403, "InvalidClientTokenId", "unknown"),
            "credentials",
        ),
        (Answer::xml_error(403, "AccessDenied", "no"), "denied"),
        (
            Answer::Http(403, vec![], "<html>forbidden</html>".into()),
            "denied",
        ),
        (Answer::Http(429, vec![], String::new()), "throttled"),
        (
            Answer::Http(502, vec![], "<html>bad gateway</html>".into()),
            "unavailable",
        ),
        (
            Answer::Http(200, vec![], "<html>sign in to the hotel</html>".into()),
            "unavailable",
        ),
        (
            Answer::json(200, r#"{"events":[{"message":"secret record"#),
            "unavailable",
        ),
    ];
    for (answer, variant) in cases {
        let error = filter(answer.clone(), None).await;
        assert_eq!(told(&error).0, variant, "{answer:?}: {error}");
        assert!(
            !error.to_string().contains("secret record"),
            "no raw answer in {error}"
        );
    }
}

#[tokio::test]
async fn other_calls_name_what_they_are_about() {
    let logs = access(Answer::error(400, "AccessDeniedException", "m"))
        .await
        .logs(&target());
    let iam = access(Answer::xml_error(403, "AccessDenied", "m"))
        .await
        .iam(&target());
    let group = GroupName::Own("trail".into());
    let errors = [
        logs.describe_log_groups(Some("tr"), None)
            .await
            .expect_err("denied"),
        logs.describe_log_streams(&group, StreamOrder::Name, 50, None)
            .await
            .expect_err("denied"),
        iam.keys_of("ci").await.expect_err("denied"),
        iam.account_alias().await.expect_err("denied"),
        iam.key_last_used("AKIAIOSFODNN7EXAMPLE")
            .await
            .expect_err("denied"),
    ];
    let permissions = errors.each_ref().map(|error| match error {
        AwsError::Denied {
            place, permission, ..
        } => format!("{place}: {permission}"),
        other => other.to_string(),
    });
    let place = "account 111122223333, region eu-west-1";
    let logs = "arn:aws:logs:eu-west-1:111122223333:log-group";
    let expected = [
        format!("{place}, log groups tr*: logs:DescribeLogGroups on {logs}:*"),
        format!("{place}, log group trail: logs:DescribeLogStreams on {logs}:trail:*"),
        format!("{place}, user ci: iam:ListAccessKeys on arn:aws:iam::111122223333:user/ci"),
        format!("{place}, account alias: iam:ListAccountAliases on *"),
        format!(
            "{place}, access key AKIAIOSFODNN7EXAMPLE: iam:GetAccessKeyLastUsed on arn:aws:iam::111122223333:user/*"
        ),
    ];
    assert_eq!(permissions, expected);
}

#[tokio::test]
async fn a_key_that_is_not_there_is_not_found() {
    let access = access(Answer::xml_error(404, "NoSuchEntity", "no such key")).await;
    let error = access
        .iam(&target())
        .key_last_used("AKIAIOSFODNN7EXAMPLE")
        .await
        .expect_err("unknown");
    assert_eq!(told(&error).0, "not found");
    assert!(
        error
            .to_string()
            .contains("it was deleted, or is another account's"),
        "{error}"
    );
}

#[tokio::test]
async fn messages_of_the_service_are_quoted_no_further_than_is_worth_reading() {
    let long = "x".repeat(100_000);
    let error = filter(Answer::error(400, "SomethingElse", &long), None).await;
    assert!(error.to_string().len() < 1_000);
}

/// What the SDK's own providers say where credentials are missing, by the words that they use.
#[test]
fn credentials_that_cannot_be_had_say_what_to_do() {
    use super::{Sdk, explain};
    use aws_credential_types::provider::error::CredentialsError;
    use aws_sdk_sts::operation::get_caller_identity::GetCallerIdentityError;
    use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};

    let asked = super::Asked {
        call: crate::target::Call::GetCallerIdentity,
        place: "profile audit".into(),
        resource: "*".into(),
        region: "eu-west-1".into(),
        role: None,
        profile: Some("audit".into()),
        token: false,
        attempts: 1,
        most_attempts: 5,
    };
    let told = |error: CredentialsError| {
        let error: Sdk<GetCallerIdentityError> =
            SdkError::dispatch_failure(ConnectorError::other(Box::new(error), None));
        explain(&error, &asked).to_string()
    };
    let none = told(CredentialsError::not_loaded(
        "no providers in chain provided credentials",
    ));
    assert!(
        none.starts_with("profile audit: no credentials were found (the credential provider"),
        "{none}"
    );
    assert!(none.contains("'aws sso login --profile audit'"), "{none}");
    let chain = told(CredentialsError::not_loaded(
        "no credentials found in chain. Attempted:\n  Environment: the credential provider was not enabled: environment \
         variable not set\n  Profile: the credential provider was not enabled: profile `audit` was not defined",
    ));
    assert!(
        chain.starts_with(
            "profile audit: no credentials were found: not in the environment, the profile, web identity, a container or \
             an instance; Profile: profile `audit` was not defined: sign in"
        ),
        "{chain}"
    );
    let out = told(CredentialsError::provider_error(
        "failed to read `/home/sre/.aws/sso/cache/1.json`",
    ));
    assert!(out.contains("nobody is signed in"), "{out}");
    let expired = told(CredentialsError::provider_error("the SSO token is expired"));
    assert!(expired.contains("the credentials have expired"), "{expired}");
    let process = told(CredentialsError::provider_error("exit status: 1"));
    assert!(
        process.contains("cannot be fetched") && process.contains("exit status: 1"),
        "{process}"
    );
    let slow = told(CredentialsError::provider_timed_out(
        std::time::Duration::from_secs(5),
    ));
    assert!(
        slow.contains("GetCallerIdentity failed after 1 attempt"),
        "may pass by itself: {slow}"
    );
}

/// A profile's own `role_arn` lies below a configured role: the SDK does not tell its name, the service does.
#[tokio::test]
async fn a_profiles_own_role_is_told_from_the_configured_one() {
    use super::{Asked, explain};
    use aws_credential_types::provider::error::CredentialsError;
    use aws_sdk_sts::operation::assume_role::AssumeRoleError;
    use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
    use aws_smithy_runtime_api::client::result::{ConnectorError, SdkError};

    type Sts = SdkError<AssumeRoleError, HttpResponse>;
    let io: Sts = SdkError::dispatch_failure(ConnectorError::io("connection reset".into()));
    let under = |error: Sts| -> Sts {
        SdkError::dispatch_failure(ConnectorError::other(
            Box::new(CredentialsError::provider_error(error)),
            None,
        ))
    };
    let asked = Asked {
        call: crate::target::Call::FilterLogEvents,
        place: "account 444455556666".into(),
        resource: "*".into(),
        region: "eu-west-1".into(),
        role: Some("arn:aws:iam::444455556666:role/reader".into()),
        profile: Some("audit".into()),
        token: false,
        attempts: 1,
        most_attempts: 5,
    };
    let told = explain(&under(under(io)), &asked).to_string();
    assert_eq!(
        told,
        "profile audit: AssumeRole failed after 5 attempts (io error: connection reset): look whether AWS can be reached \
         from here (network, proxy, --endpoint-url, --region), or run again later"
    );
}
