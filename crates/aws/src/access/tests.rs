//! Access over the real SDK and a server that answers by script.

mod roles;

use std::num::NonZeroU32;
use std::time::Duration;

use firstsight_cloudtrail::Timestamp;

use super::fake::{Answer, Fake, options};
use super::{Access, Traffic};
use crate::api::{FilterRequest, GroupName, LogEvent, StreamOrder};
use crate::error::AwsError;
use crate::target::{Call, Target};
use roles::two_services;

const READER: &str = "arn:aws:iam::444455556666:role/reader";

fn target(role: Option<&str>) -> Target {
    Target {
        account: "444455556666".into(),
        region: "eu-west-1".into(),
        role: role.map(str::to_owned),
    }
}

fn request() -> FilterRequest {
    FilterRequest {
        group: GroupName::Own("trail".into()),
        streams: vec![],
        start: Timestamp::from_secs(1_700_000_000),
        end_inclusive: Timestamp::from_millis(1_700_003_599_999),
        pattern: Some(r#"{ $.errorCode = * }"#),
        limit: 2_000,
        newest_first: false,
        token: None,
    }
}

const PAGE: &str = r#"{"events":[{"eventId":"1","logStreamName":"s","timestamp":1700000001000,"message":"{}"},
    {"eventId":"2","logStreamName":"s"}],"nextToken":"next"}"#;

/// So many times the answer, then a page.
fn after(count: usize, answer: Answer) -> Fake {
    Fake::new(move |_, before| {
        if before < count {
            answer.clone()
        } else {
            Answer::json(200, PAGE)
        }
    })
}

fn throttle() -> Answer {
    Answer::error(400, "ThrottlingException", "Rate exceeded")
}

#[tokio::test]
async fn a_page_is_asked_for_and_read_as_it_is() {
    let fake = after(0, throttle());
    let access = fake.access(options()).await.expect("opens");
    let page = access
        .logs(&target(None))
        .filter_log_events(&request())
        .await
        .expect("a page");
    let seen = fake.seen("FilterLogEvents").remove(0);
    let sent: serde_json::Value = serde_json::from_str(&seen.body).expect("JSON");
    let expected = serde_json::json!({
        "logGroupName": "trail", "startTime": 1_700_000_000_000_i64, "endTime": 1_700_003_599_999_i64,
        "filterPattern": "{ $.errorCode = * }", "limit": 2000, "interleaved": true,
    });
    assert_eq!(sent, expected);
    assert_eq!(page.token.as_deref(), Some("next"));
    let event = |id: &str, millis, message: &str| LogEvent {
        id: id.into(),
        stream: "s".into(),
        time: Timestamp::from_millis(millis),
        message: message.into(),
    };
    let start = 1_700_000_000_000;
    assert_eq!(
        page.events,
        [event("1", start + 1000, "{}"), event("2", start, "")],
        "nothing is dropped"
    );
    assert!(
        seen.user_agent.contains("firstsight"),
        "CloudTrail shows who asked: {}",
        seen.user_agent
    );
}

#[tokio::test]
async fn what_is_not_asked_for_is_not_sent() {
    let fake = after(0, throttle());
    let access = fake.access(options()).await.expect("opens");
    let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:trail";
    let request = FilterRequest {
        group: GroupName::Shared(arn.into()),
        streams: vec!["a".into(), "b".into()],
        pattern: None,
        newest_first: true,
        token: Some("page".into()),
        start: Timestamp::MIN,
        ..request()
    };
    access
        .logs(&target(None))
        .filter_log_events(&request)
        .await
        .expect("a page");
    let sent: serde_json::Value = serde_json::from_str(&fake.seen("FilterLogEvents")[0].body).expect("JSON");
    let expected = serde_json::json!({
        "logGroupIdentifier": arn, "logStreamNames": ["a", "b"], "startTime": 0, "endTime": 1_700_003_599_999_i64,
        "limit": 2000, "interleaved": true, "startFromHead": false, "nextToken": "page",
    });
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn groups_and_streams_are_listed() {
    let groups = r#"{"logGroups":[{"logGroupName":"trail","arn":"arn:aws:logs:eu-west-1:444455556666:log-group:trail:*",
        "creationTime":1,"retentionInDays":90,"storedBytes":7,"logGroupClass":"INFREQUENT_ACCESS"}],"nextToken":"n"}"#;
    let streams = r#"{"logStreams":[{"logStreamName":"s","firstEventTimestamp":1,"lastEventTimestamp":2}]}"#;
    let fake = Fake::new(move |seen, _| {
        Answer::json(
            200,
            if seen.operation == "DescribeLogGroups" {
                groups
            } else {
                streams
            },
        )
    });
    let logs = fake.access(options()).await.expect("opens").logs(&target(None));
    let page = logs.describe_log_groups(Some("tr"), None).await.expect("groups");
    assert_eq!(
        page.groups[0].arn,
        "arn:aws:logs:eu-west-1:444455556666:log-group:trail"
    );
    assert_eq!(page.groups[0].class.as_deref(), Some("INFREQUENT_ACCESS"));
    assert_eq!(
        (page.groups[0].retention_days, page.groups[0].stored_bytes),
        (Some(90), Some(7))
    );
    assert_eq!(page.token.as_deref(), Some("n"));
    let group = GroupName::Own("trail".into());
    let page = logs
        .describe_log_streams(&group, StreamOrder::NewestFirst, 1, None)
        .await
        .expect("streams");
    assert_eq!(page.streams[0].last_event, Some(Timestamp::from_millis(2)));
    let sent = &fake.seen("DescribeLogStreams")[0].body;
    assert!(
        sent.contains(r#""orderBy":"LastEventTime""#) && sent.contains(r#""descending":true"#),
        "{sent}"
    );
}

#[tokio::test]
async fn every_attempt_is_counted() {
    let fake = after(2, throttle().with("date", "Tue, 14 Nov 2023 22:15:20 GMT"));
    let access = fake.access(options()).await.expect("opens");
    access
        .logs(&target(None))
        .filter_log_events(&request())
        .await
        .expect("the third attempt succeeds");
    let Answer::Http(_, _, body) = throttle() else {
        unreachable!()
    };
    let bytes = (2 * body.len() + PAGE.len()) as u64;
    assert_eq!(
        access.traffic(),
        Traffic {
            requests: 3,
            bytes,
            throttled: 2,
            failed: 0
        }
    );
    let ahead = access.clock_ahead_millis().expect("a date was seen");
    assert!(ahead > 0 && ahead <= 120_000, "two minutes: {ahead}");
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    for (answer, failed) in [
        (Answer::Broken, 2),
        (Answer::Silent, 2),
        (Answer::json(500, "{}"), 2),
        (Answer::json(503, "<html>"), 2),
        (Answer::json(200, "{\"events\":[{"), 0),
    ] {
        let fake = after(2, answer.clone());
        let access = fake.access(options()).await.expect("opens");
        let page = access.logs(&target(None)).filter_log_events(&request()).await;
        assert_eq!(
            page.map(|page| page.events.len())
                .map_err(|error| error.to_string()),
            Ok(2),
            "{answer:?}"
        );
        assert_eq!(
            (access.traffic().requests, access.traffic().failed),
            (3, failed),
            "{answer:?}"
        );
    }
}

#[tokio::test]
async fn what_cannot_pass_is_tried_once() {
    for code in [
        "AccessDeniedException",
        "ResourceNotFoundException",
        "InvalidParameterException",
    ] {
        let fake = after(usize::MAX, Answer::error(400, code, "no"));
        let access = fake.access(options()).await.expect("opens");
        let error = access
            .logs(&target(None))
            .filter_log_events(&request())
            .await
            .expect_err("refused");
        assert!(!error.is_retryable(), "{error}");
        assert_eq!(access.traffic().requests, 1, "{code}");
    }
}

#[tokio::test]
async fn attempts_end_at_the_limit_and_are_told() {
    let fake = after(usize::MAX, throttle().with("retry-after", "7"));
    let mut options = options();
    options.attempts = 3;
    let access = fake.access(options).await.expect("opens");
    let error = access
        .logs(&target(None))
        .filter_log_events(&request())
        .await
        .expect_err("throttled");
    assert!(
        matches!(
            error,
            AwsError::Throttled {
                attempts: 3,
                call: Call::FilterLogEvents,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
    assert_eq!(
        access.traffic(),
        Traffic {
            requests: 3,
            throttled: 3,
            ..access.traffic()
        }
    );
}

/// The read time-out is the inner client's; the attempt's limit has to work over it, and the request counts as failed.
#[tokio::test]
async fn an_attempt_that_never_ends_is_given_up() {
    let fake = after(usize::MAX, Answer::Never);
    let mut options = options();
    (options.attempts, options.attempt_timeout) = (2, Duration::from_millis(20));
    let access = fake.access(options).await.expect("opens");
    let error = access
        .logs(&target(None))
        .filter_log_events(&request())
        .await
        .expect_err("no answer");
    assert!(
        matches!(error, AwsError::Unavailable { attempts: 2, .. }),
        "{error:?}"
    );
    assert_eq!((access.traffic().requests, access.traffic().failed), (2, 2));
}

#[tokio::test]
async fn iam_tells_keys_and_alias() {
    let used = "<GetAccessKeyLastUsedResponse><GetAccessKeyLastUsedResult><UserName>ci</UserName><AccessKeyLastUsed>\
        <LastUsedDate>2023-11-14T22:13:20Z</LastUsedDate><ServiceName>s3</ServiceName><Region>N/A</Region>\
        </AccessKeyLastUsed></GetAccessKeyLastUsedResult></GetAccessKeyLastUsedResponse>";
    let listed = "<ListAccessKeysResponse><ListAccessKeysResult><AccessKeyMetadata><member>\
        <AccessKeyId>AKIAIOSFODNN7EXAMPLE</AccessKeyId><Status>Inactive</Status><CreateDate>2020-01-01T00:00:00Z\
        </CreateDate></member></AccessKeyMetadata><IsTruncated>false</IsTruncated></ListAccessKeysResult>\
        </ListAccessKeysResponse>";
    let alias = "<ListAccountAliasesResponse><ListAccountAliasesResult><AccountAliases><member>example</member>\
        </AccountAliases><IsTruncated>false</IsTruncated></ListAccountAliasesResult></ListAccountAliasesResponse>";
    let fake = Fake::new(move |seen, _| {
        let body = match seen.operation.as_str() {
            "GetAccessKeyLastUsed" => used,
            "ListAccessKeys" => listed,
            _ => alias,
        };
        Answer::Http(200, vec![], body.into())
    });
    let iam = fake.access(options()).await.expect("opens").iam(&target(None));
    let used = iam.key_last_used("AKIAIOSFODNN7EXAMPLE").await.expect("known");
    assert_eq!(
        (used.user.as_str(), used.service.as_deref(), used.region),
        ("ci", Some("s3"), None)
    );
    assert_eq!(used.last_used, Some(Timestamp::from_secs(1_700_000_000)));
    let keys = iam.keys_of("ci").await.expect("known");
    assert_eq!((keys.len(), keys[0].active), (1, false));
    assert_eq!(
        iam.account_alias().await.expect("known").as_deref(),
        Some("example")
    );
}

#[tokio::test]
async fn partitions_and_variants_have_endpoints_of_their_own() {
    async fn uri(change: impl FnOnce(&mut super::AccessOptions), region: &str) -> String {
        let fake = two_services();
        let mut options = options();
        options.regions = vec![region.into()];
        change(&mut options);
        let access = fake.access(options).await.expect("opens");
        let target = Target {
            region: region.into(),
            ..target(None)
        };
        access
            .logs(&target)
            .filter_log_events(&request())
            .await
            .expect("a page");
        fake.seen("FilterLogEvents")[0].uri.clone()
    }
    assert_eq!(
        uri(|_| (), "cn-north-1").await,
        "https://logs.cn-north-1.amazonaws.com.cn/"
    );
    assert_eq!(
        uri(|_| (), "us-gov-west-1").await,
        "https://logs.us-gov-west-1.amazonaws.com/"
    );
    assert_eq!(
        uri(|options| options.fips = true, "us-east-1").await,
        "https://logs-fips.us-east-1.amazonaws.com/"
    );
    assert_eq!(
        uri(|options| options.dual_stack = true, "us-east-1").await,
        "https://logs.us-east-1.api.aws/"
    );
    let own = |options: &mut super::AccessOptions| options.endpoint_url = Some("http://127.0.0.1:9".into());
    assert_eq!(uri(own, "us-east-1").await, "http://127.0.0.1:9/");
}

#[tokio::test]
async fn the_rate_is_half_the_quota_or_what_is_asked_for() {
    let rate = async |region: &str, asked: u32| {
        let mut options = options();
        options.requests_per_second = NonZeroU32::new(asked);
        let access: Access = two_services().access(options).await.expect("opens");
        access.rate(&Target {
            region: region.into(),
            ..target(None)
        })
    };
    assert_eq!(rate("us-east-1", 0).await, 12.5);
    assert_eq!(rate("eu-central-1", 0).await, 2.5);
    assert_eq!(rate("eu-central-1", 4).await, 4.0);
}
