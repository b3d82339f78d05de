//! What is refused before anything is asked.

use aws_config::SdkConfig;

use super::{check, check_partitions, distinct, loader, of_profile, regions, retries, timeouts};
use crate::access::fake::{Answer, Fake, options, role};
use crate::access::{AccessOptions, Role};

const READER: &str = "arn:aws:iam::444455556666:role/reader";

fn refused(change: impl FnOnce(&mut AccessOptions)) -> String {
    let mut options = options();
    change(&mut options);
    check(&options).map_or_else(|error| error.to_string(), |()| "accepted".to_owned())
}

fn with_role(change: impl FnOnce(&mut Role)) -> String {
    let mut reader = role(READER);
    change(&mut reader);
    refused(|options| options.roles = vec![reader])
}

#[test]
fn what_makes_no_sense_names_its_option() {
    let region = refused(|options| options.regions = vec!["Ireland".into()]);
    assert_eq!(
        region,
        "--region Ireland: not a region's name, which looks like eu-west-1"
    );
    let arn = with_role(|role| role.arn = "reader".into());
    assert!(arn.starts_with("--role-arn reader: not a role's ARN"), "{arn}");
    let session = with_role(|role| role.session_name = Some("first sight".into()));
    assert!(session.contains("a session name has 2 to 64"), "{session}");
    let external = with_role(|role| role.external_id = Some("x".into()));
    assert!(external.contains("an external id has 2 to 1224"), "{external}");
    let url = refused(|options| options.endpoint_url = Some("localhost:5000".into()));
    assert!(
        url.starts_with("--endpoint-url localhost:5000: not a URL"),
        "{url}"
    );
    let profile = refused(|options| options.profile = Some(" ".into()));
    assert_eq!(profile, "--profile: the name is empty");
    assert_eq!(
        refused(|options| options.attempts = 0),
        "attempts: at least one is needed"
    );
}

#[test]
fn what_makes_sense_is_accepted() {
    let full = |role: &mut Role| {
        role.external_id = Some("arn:example/1".into());
        role.session_name = Some("first.sight@example.com".into());
    };
    assert_eq!(with_role(full), "accepted");
    assert_eq!(
        refused(|options| options.endpoint_url = Some("http://127.0.0.1:5000".into())),
        "accepted"
    );
}

#[test]
fn an_endpoint_of_its_own_has_no_variants() {
    let text = refused(|options| {
        options.endpoint_url = Some("http://127.0.0.1:5000".into());
        options.fips = true;
    });
    assert!(
        text.ends_with("cannot be FIPS or dual stack as well: leave one out"),
        "{text}"
    );
}

#[test]
fn no_region_at_all_says_where_one_can_be_set() {
    let mut options = options();
    options.regions.clear();
    let error = regions(&options, &SdkConfig::builder().build()).expect_err("no region");
    let words = "no region is set: give --region, set AWS_REGION, or put region into the profile";
    assert_eq!(error.to_string(), format!("region: {words}"));
    options.profile = Some("audit".into());
    let error = regions(&options, &SdkConfig::builder().build()).expect_err("no region");
    assert_eq!(error.to_string(), format!("profile audit: {words}"));
}

#[test]
fn a_region_is_read_once() {
    let mut options = options();
    options.regions = vec!["eu-west-1".into(), "us-east-1".into(), "eu-west-1".into()];
    let found = regions(&options, &SdkConfig::builder().build()).expect("regions");
    assert_eq!(found, ["eu-west-1", "us-east-1"]);
}

#[test]
fn partitions_do_not_mix() {
    let china =
        check_partitions(&[], &["eu-west-1".into(), "cn-north-1".into()]).expect_err("two partitions");
    assert_eq!(
        china.to_string(),
        "--region cn-north-1: in partition aws-cn, others are in aws: read them in two runs"
    );
    let role = check_partitions(&[role(READER)], &["us-gov-west-1".into()]).expect_err("another partition");
    assert!(
        role.to_string()
            .ends_with("the role is not in partition aws-us-gov, where the regions are"),
        "{role}"
    );
}

#[test]
fn a_role_is_assumed_in_one_way() {
    let other = Role {
        arn: "arn:aws:iam::444455556666:role/other".into(),
        ..role(READER)
    };
    let kept = distinct(&[role(READER), other.clone(), role(READER)]).expect("the same twice is the same");
    assert_eq!(kept, [role(READER), other], "two roles of one account are two");
    let differs = Role {
        external_id: Some("example".into()),
        ..role(READER)
    };
    let error = distinct(&[role(READER), differs]).expect_err("one role, two external ids");
    assert!(error.to_string().contains("given twice"), "{error}");
}

#[test]
fn every_wait_has_an_end() {
    let options = AccessOptions::new(firstsight_cloudtrail::Timestamp::from_secs(0));
    let timeouts = timeouts(&options);
    assert_eq!(timeouts.connect_timeout(), Some(options.connect_timeout));
    assert_eq!(timeouts.read_timeout(), Some(options.read_timeout));
    assert_eq!(
        timeouts.operation_attempt_timeout(),
        Some(options.attempt_timeout)
    );
    assert!(timeouts.operation_timeout() >= Some(options.attempt_timeout * options.attempts));
    let retries = retries(&options, aws_config::retry::RetryConfig::adaptive());
    assert_eq!(retries.max_attempts(), options.attempts);
    assert!(retries.max_backoff() <= super::LONGEST_BACKOFF);
}

/// A profile that is named must not lose to keys in the environment: another account would be read.
#[tokio::test]
async fn a_profile_that_is_named_replaces_the_chain() {
    let http = Fake::new(|_, _| Answer::Broken).client();
    let sdk = loader(&options(), &http).load().await;
    let of_profile = of_profile(&sdk, "audit", &http);
    let provider = format!("{:?}", of_profile.credentials_provider());
    assert!(provider.contains("ProfileFileCredentialsProvider"), "{provider}");
    assert!(!provider.contains("DefaultCredentialsChain"), "{provider}");
}
