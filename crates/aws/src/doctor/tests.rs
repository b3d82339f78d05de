//! Each answer over mocks, as people would read it.

use std::sync::atomic::{AtomicU32, Ordering};

use insta::assert_snapshot;

use super::*;
use crate::api::{
    FilterPage, FilterRequest, GroupFound, GroupName, GroupPage, KeyListed, KeyUsed, LogEvent, MockIamApi,
    MockLogsApi, StreamFound, StreamPage,
};
use crate::cloudwatch::pattern;

const NOW: &str = "2026-11-23T10:00:00Z";
const NAME: &str = "aws-cloudtrail-logs";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn minutes_ago(minutes: i64) -> Timestamp {
    now().plus_millis(-minutes * 60_000)
}

fn target(region: &str) -> Target {
    Target {
        account: "111122223333".to_owned(),
        region: region.to_owned(),
        role: None,
    }
}

fn event(minutes: i64, message: String) -> LogEvent {
    LogEvent {
        id: format!("{minutes}"),
        stream: "111122223333_CloudTrail_eu-west-1".to_owned(),
        time: minutes_ago(minutes),
        message,
    }
}

/// A record of so many minutes ago.
fn record(minutes: i64, account: &str, code: &str) -> LogEvent {
    let error = match code {
        "" => String::new(),
        code => format!(r#","errorCode":"{code}""#),
    };
    let time = minutes_ago(minutes);
    event(
        minutes,
        format!(
            r#"{{"eventTime":"{time}","eventSource":"iam.amazonaws.com","eventName":"CreateUser","recipientAccountId":"{account}","userIdentity":{{"type":"IAMUser","userName":"ana","accountId":"{account}","accessKeyId":"AKIAI44QH8DHBEXAMPLE"}}{error}}}"#
        ),
    )
}

fn group(name: &str) -> GroupFound {
    GroupFound {
        name: name.to_owned(),
        arn: format!("arn:aws:logs:eu-west-1:111122223333:log-group:{name}"),
        created: Some(minutes_ago(100_000)),
        retention_days: Some(90),
        stored_bytes: Some(3_400_000_000),
        class: Some("STANDARD".to_owned()),
    }
}

fn denied(call: Call, on: &str) -> AwsError {
    AwsError::Denied {
        place: "account 111122223333, region eu-west-1".to_owned(),
        call,
        permission: format!("{} on {on}", call.action()),
        said: "User: arn:aws:iam::111122223333:user/ana is not authorized".to_owned(),
    }
}

fn missing() -> AwsError {
    AwsError::NotFound {
        place: "account 111122223333, region eu-west-1".to_owned(),
        reason: "check it".to_owned(),
    }
}

/// A place whose groups, streams and events are these; the pattern is accepted.
fn logs(groups: Vec<GroupFound>, events: Vec<LogEvent>) -> MockLogsApi {
    let mut logs = MockLogsApi::new();
    listing(&mut logs, groups);
    streams(&mut logs, Some(minutes_ago(3)));
    reading(&mut logs, events);
    logs
}

fn listing(logs: &mut MockLogsApi, groups: Vec<GroupFound>) {
    logs.expect_describe_log_groups().returning(move |prefix, _| {
        let wanted = |group: &&GroupFound| group.name.starts_with(prefix.unwrap_or_default());
        Ok(GroupPage {
            groups: groups.iter().filter(wanted).cloned().collect(),
            token: None,
        })
    });
}

fn streams(logs: &mut MockLogsApi, last_event: Option<Timestamp>) {
    logs.expect_describe_log_streams().returning(move |_, _, _, _| {
        let stream = StreamFound {
            name: "111122223333_CloudTrail_eu-west-1".to_owned(),
            first_event: None,
            last_event,
        };
        Ok(StreamPage {
            streams: vec![stream],
            token: None,
        })
    });
}

/// What lies in the time asked for, newest first.
fn reading(logs: &mut MockLogsApi, mut events: Vec<LogEvent>) {
    events.sort_by_key(|event| std::cmp::Reverse(event.time));
    logs.expect_filter_log_events()
        .returning(move |request: &FilterRequest| {
            let inside =
                |event: &&LogEvent| request.start <= event.time && event.time <= request.end_inclusive;
            Ok(FilterPage {
                events: events.iter().filter(inside).cloned().collect(),
                token: None,
            })
        });
}

fn iam() -> MockIamApi {
    let mut iam = MockIamApi::new();
    iam.expect_key_last_used().returning(|key| match key {
        "AKIAI44QH8DHBEXAMPLE" => Ok(KeyUsed {
            user: "ana".to_owned(),
            last_used: None,
            service: None,
            region: None,
        }),
        _ => Err(missing()),
    });
    iam.expect_keys_of().returning(|user| match user {
        "ana" => Ok(vec![KeyListed {
            id: "AKIAI44QH8DHBEXAMPLE".to_owned(),
            active: true,
            created: None,
        }]),
        _ => Err(missing()),
    });
    iam.expect_account_alias()
        .returning(|| Ok(Some("example".to_owned())));
    iam
}

fn site(region: &str, logs: MockLogsApi, iam: Option<MockIamApi>) -> Site {
    Site {
        place: Place {
            target: target(region),
            logs: Arc::new(logs),
            rate: 5.0,
        },
        iam: iam.map(|iam| Arc::new(iam) as Arc<dyn IamApi>),
    }
}

async fn told_of(groups: &[&str], sites: &[Site]) -> String {
    let checkup = Checkup {
        groups: groups.iter().map(ToString::to_string).collect(),
        iam: true,
        now: now(),
    };
    let mut steps = Steps::default();
    examine(sites, &checkup, &mut steps).await;
    in_words(&steps.into_steps())
}

/// Without IAM, to look at the groups alone.
async fn told(group: &str, logs: MockLogsApi) -> String {
    let told = told_of(&[group], &[site("eu-west-1", logs, None)]).await;
    told.replace("- access keys: not asked for (--no-iam)\n", "")
}

fn in_words(steps: &[Step]) -> String {
    let mut text = String::new();
    let mut place = String::new();
    for step in steps {
        let here = [&step.account, &step.region, &step.group]
            .map(|part| part.as_deref().unwrap_or_default())
            .join(" ");
        if here != place {
            text.push_str(&format!("[{}]\n", here.trim()));
            place = here;
        }
        let mark = match step.outcome {
            Outcome::Good => '+',
            Outcome::Skipped => '-',
            Outcome::Warning if step.hinders => '!',
            Outcome::Warning => '~',
            Outcome::Bad => 'x',
        };
        let what = format!("{} {}", step.name, step.subject);
        text.push_str(&format!("{mark} {}: {}\n", what.trim_end(), step.found));
        if let Some(advice) = &step.advice {
            text.push_str(&format!("    {advice}\n"));
        }
    }
    text
}

#[tokio::test]
async fn all_is_well() {
    let events = vec![
        record(4, "111122223333", "AccessDenied"),
        record(5, "444455556666", ""),
        record(6, "111122223333", ""),
    ];
    let site = site("eu-west-1", logs(vec![group(NAME)], events), Some(iam()));
    assert_snapshot!(told_of(&[NAME], &[site]).await);
}

#[tokio::test]
async fn a_missing_group_is_told_with_those_that_look_alike() {
    let groups = ["aws-cloudtrail", "/aws/lambda/logs", "org-trail", "unrelated"]
        .map(group)
        .to_vec();
    assert_snapshot!(told("aws-cloudtrail-logs-prod", logs(groups, Vec::new())).await);
}

#[tokio::test]
async fn an_empty_region_asks_for_the_right_one() {
    assert_snapshot!(told(NAME, logs(Vec::new(), Vec::new())).await);
}

#[tokio::test]
async fn a_group_of_another_region_is_told_to_be_there() {
    let here = site(
        "eu-west-1",
        logs(vec![group(NAME)], vec![record(4, "111122223333", "AccessDenied")]),
        None,
    );
    let there = site("us-east-1", logs(vec![group("other")], Vec::new()), None);
    assert_snapshot!(told_of(&[NAME], &[here, there]).await);
}

#[tokio::test]
async fn a_pattern_that_matches_nothing_is_told() {
    assert_snapshot!(told("*audit*", logs(vec![group(NAME)], Vec::new())).await);
}

#[tokio::test]
async fn a_pattern_is_looked_into_group_by_group() {
    let groups = ["trail-a", "trail-b", "other"].map(group).to_vec();
    let told = told(
        "trail-*",
        logs(groups, vec![record(4, "111122223333", "AccessDenied")]),
    )
    .await;
    assert!(
        told.contains("eu-west-1 trail-a]") && told.contains("eu-west-1 trail-b]"),
        "{told}"
    );
    assert!(!told.contains("other"), "{told}");
}

#[tokio::test]
async fn a_group_that_another_account_shares_is_asked_for_by_its_arn() {
    const ARN: &str = "arn:aws:logs:eu-west-1:444455556666:log-group:org-trail";
    let mut logs = MockLogsApi::new();
    streams(&mut logs, None);
    logs.expect_filter_log_events()
        .returning(|request: &FilterRequest| {
            assert_eq!(request.group, GroupName::Shared(ARN.to_owned()));
            Ok(FilterPage {
                events: vec![record(4, "444455556666", "AccessDenied")],
                token: None,
            })
        });
    let told = told(ARN, logs).await;
    assert!(told.contains("eu-west-1 org-trail]"), "{told}");
    assert!(
        told.contains("+ accounts: 2 accounts: 111122223333, 444455556666"),
        "{told}"
    );
}

#[tokio::test]
async fn arns_of_other_places_and_of_nothing() {
    let groups = [
        "arn:aws:logs:us-west-2:111122223333:log-group:trail",
        "arn:aws:logs:us-west-2:444455556666:log-group:trail",
        "arn:aws:s3:::bucket",
    ];
    let site = site("eu-west-1", MockLogsApi::new(), None);
    assert_snapshot!(told_of(&groups, &[site]).await);
}

#[tokio::test]
async fn a_group_that_is_not_cloudtrail() {
    let lines = (1..4).map(|minute| event(minute, format!("GET /orders/{minute} 200")));
    assert_snapshot!(told(NAME, logs(vec![group(NAME)], lines.collect())).await);
}

#[tokio::test]
async fn an_empty_group() {
    let mut logs = MockLogsApi::new();
    listing(
        &mut logs,
        vec![GroupFound {
            stored_bytes: Some(0),
            retention_days: None,
            ..group(NAME)
        }],
    );
    streams(&mut logs, None);
    reading(&mut logs, Vec::new());
    assert_snapshot!(told(NAME, logs).await);
}

#[tokio::test]
async fn a_trail_that_stopped_long_ago() {
    let mut logs = MockLogsApi::new();
    listing(&mut logs, vec![group(NAME)]);
    streams(&mut logs, Some(minutes_ago(40 * 1440)));
    reading(&mut logs, Vec::new());
    let told = told(NAME, logs).await;
    assert!(
        told.contains("x newest record: none in the last 14 days; the last one came at 2026-10-14T10:00:00Z"),
        "{told}"
    );
}

#[tokio::test]
async fn a_group_with_little_to_tell() {
    let mut logs = MockLogsApi::new();
    listing(
        &mut logs,
        vec![GroupFound {
            retention_days: Some(7),
            ..group(NAME)
        }],
    );
    streams(&mut logs, None);
    let stray = event(131, r#"{"level":"info","secret":"hunter2"}"#.to_owned());
    reading(&mut logs, vec![record(130, "111122223333", ""), stray]);
    assert_snapshot!(told(NAME, logs).await);
}

#[tokio::test]
async fn a_class_that_cannot_be_read() {
    let mut logs = MockLogsApi::new();
    listing(
        &mut logs,
        vec![GroupFound {
            class: Some("INFREQUENT_ACCESS".to_owned()),
            ..group(NAME)
        }],
    );
    assert_snapshot!(told(NAME, logs).await);
}

#[tokio::test]
async fn no_permission_to_read() {
    let mut logs = MockLogsApi::new();
    listing(&mut logs, vec![group(NAME)]);
    streams(&mut logs, None);
    logs.expect_filter_log_events().times(1).returning(|_| {
        Err(denied(
            Call::FilterLogEvents,
            "arn:aws:logs:eu-west-1:111122223333:log-group:aws-cloudtrail-logs:*",
        ))
    });
    assert_snapshot!(told(NAME, logs).await);
}

#[tokio::test]
async fn no_permission_to_list() {
    let mut logs = MockLogsApi::new();
    logs.expect_describe_log_groups()
        .times(1)
        .returning(|_, _| Err(denied(Call::DescribeLogGroups, "*")));
    logs.expect_describe_log_streams()
        .returning(|_, _, _, _| Err(denied(Call::DescribeLogStreams, "the group")));
    reading(&mut logs, vec![record(4, "111122223333", "AccessDenied")]);
    assert_snapshot!(told(NAME, logs).await);
}

#[tokio::test]
async fn a_pattern_needs_the_permission_to_list() {
    let mut logs = MockLogsApi::new();
    logs.expect_describe_log_groups()
        .times(1)
        .returning(|_, _| Err(denied(Call::DescribeLogGroups, "*")));
    assert_snapshot!(told("trail-*", logs).await);
}

#[tokio::test]
async fn a_group_that_can_neither_be_listed_nor_found() {
    let mut logs = MockLogsApi::new();
    logs.expect_describe_log_groups()
        .returning(|_, _| Err(denied(Call::DescribeLogGroups, "*")));
    logs.expect_describe_log_streams()
        .returning(|_, _, _, _| Err(missing()));
    logs.expect_filter_log_events()
        .times(1)
        .returning(|_| Err(missing()));
    let told = told(NAME, logs).await;
    assert!(told.contains("x log group: not found here"), "{told}");
}

#[tokio::test]
async fn no_permission_for_iam() {
    let mut iam = MockIamApi::new();
    iam.expect_key_last_used()
        .returning(|_| Err(denied(Call::GetAccessKeyLastUsed, "user ana")));
    iam.expect_keys_of()
        .returning(|_| Err(denied(Call::ListAccessKeys, "user ana")));
    iam.expect_account_alias()
        .returning(|| Err(denied(Call::ListAccountAliases, "*")));
    let logs = logs(vec![group(NAME)], vec![record(4, "111122223333", "AccessDenied")]);
    let told = told_of(&[NAME], &[site("eu-west-1", logs, Some(iam))]).await;
    let keys: Vec<&str> = told
        .lines()
        .skip_while(|line| !line.contains("access keys"))
        .collect();
    assert_snapshot!(keys.join("\n"));
}

#[tokio::test]
async fn iam_is_asked_once_an_account() {
    let place = |region| {
        site(
            region,
            logs(vec![group(NAME)], vec![record(4, "111122223333", "AccessDenied")]),
            Some(iam()),
        )
    };
    let told = told_of(&[NAME], &[place("eu-west-1"), place("us-east-1")]).await;
    assert_eq!(told.matches("access keys").count(), 3, "{told}");
}

#[tokio::test]
async fn a_refused_pattern_is_told() {
    let mut logs = MockLogsApi::new();
    listing(&mut logs, vec![group(NAME)]);
    streams(&mut logs, None);
    logs.expect_filter_log_events()
        .returning(|request: &FilterRequest| match request.pattern {
            None => Ok(FilterPage {
                events: vec![record(4, "111122223333", "AccessDenied")],
                token: None,
            }),
            Some(pattern) => {
                assert_eq!((pattern, request.limit), (pattern::ERRORS, 1));
                Err(AwsError::Invalid {
                    place: "here".to_owned(),
                    reason: "invalid filter pattern".to_owned(),
                })
            }
        });
    let told = told(NAME, logs).await;
    assert!(
        told.contains("x pattern: the filter pattern for error events is refused"),
        "{told}"
    );
}

#[tokio::test]
async fn a_service_that_fails_is_told_once() {
    let mut logs = MockLogsApi::new();
    logs.expect_describe_log_groups().times(1).returning(|_, _| {
        Err(AwsError::Unavailable {
            place: "here".to_owned(),
            call: Call::DescribeLogGroups,
            attempts: 5,
            reason: "connection refused".to_owned(),
        })
    });
    assert_snapshot!(told(NAME, logs).await);
}

/// Regression: pages that are empty and never end must not be followed for ever.
#[tokio::test]
async fn calls_are_bounded_whatever_the_pages() {
    let calls = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&calls);
    let mut logs = MockLogsApi::new();
    listing(&mut logs, vec![group(NAME)]);
    streams(&mut logs, None);
    logs.expect_filter_log_events().returning(move |_| {
        let call = counted.fetch_add(1, Ordering::Relaxed);
        Ok(FilterPage {
            events: Vec::new(),
            token: Some(call.to_string()),
        })
    });
    let told = told(NAME, logs).await;
    assert!(told.contains("x newest record"), "{told}");
    // One listing of groups and one of streams come on top.
    assert_eq!(calls.load(Ordering::Relaxed), CALLS_A_GROUP - 2);
}

#[tokio::test]
async fn a_server_that_gives_the_oldest_first_is_read_on() {
    let mut logs = MockLogsApi::new();
    listing(&mut logs, vec![group(NAME)]);
    streams(&mut logs, None);
    logs.expect_filter_log_events()
        .returning(|request: &FilterRequest| {
            assert!(request.newest_first || request.pattern.is_some());
            Ok(match request.token.as_deref() {
                None => FilterPage {
                    events: vec![record(59, "111122223333", ""), record(50, "111122223333", "")],
                    token: Some("2".to_owned()),
                },
                Some(_) => FilterPage {
                    events: vec![record(2, "111122223333", "AccessDenied")],
                    token: None,
                },
            })
        });
    let told = told(NAME, logs).await;
    assert!(
        told.contains("+ newest record: 2026-11-23T09:58:00Z, 2 min ago"),
        "{told}"
    );
    assert!(
        told.contains("1 error event among 3 records of the last hour"),
        "{told}"
    );
}

#[test]
fn clocks_are_compared() {
    let said = |ahead| {
        let mut steps = Steps::default();
        clock(ahead, &mut steps);
        in_words(&steps.into_steps())
    };
    let all: Vec<String> = [None, Some(0), Some(-14_999), Some(20_000), Some(-400_000)]
        .map(said)
        .to_vec();
    assert_snapshot!(all.join("\n"));
}

#[test]
fn quotas_are_compared() {
    let said = |rate, throttled| {
        let mut steps = Steps::default();
        let place = Place {
            target: target("eu-central-1"),
            logs: Arc::new(MockLogsApi::new()),
            rate,
        };
        head_room(&place, throttled, &mut steps);
        in_words(&steps.into_steps())
    };
    assert_snapshot!([said(2.5, 0), said(9.0, 0), said(2.5, 3)].join("\n"));
}

#[test]
fn a_configuration_that_makes_no_sense_is_a_step() {
    let error = AwsError::Invalid {
        place: "profile default".to_owned(),
        reason: "no region is known: give --region".to_owned(),
    };
    let checkup = Checkup {
        groups: vec![NAME.to_owned()],
        iam: true,
        now: now(),
    };
    assert_snapshot!(in_words(&unopened(&error, &checkup)));
}
