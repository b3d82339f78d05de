//! Records besides the errors.

use super::fake::{FakeLogs, event};
use super::*;
use crate::Call;

fn errors(now: &str) -> CloudWatchOptions {
    CloudWatchOptions {
        records: Records::Errors,
        ..options(at(now))
    }
}

fn of_stream(number: usize, time: &str, stream: &str) -> crate::api::LogEvent {
    crate::api::LogEvent {
        stream: stream.to_owned(),
        ..event(number, at(time))
    }
}

fn trail() -> Arc<FakeLogs> {
    let successes = (0..40).map(|n| event(2 * n, at("23T04:00:00").plus_millis(n as i64 * 12 * 60_000)));
    Arc::new(FakeLogs::with(GROUP, successes))
}

const LANE: &str = "cloudwatch:111122223333:eu-west-1:trail";

fn of_part(payloads: &[Payload], part: &str) -> Vec<String> {
    let id = format!("{LANE}@{part}#");
    let some: Vec<_> = payloads
        .iter()
        .filter(|payload| payload.unit.0.starts_with(&id))
        .cloned()
        .collect();
    lines(&some)
}

#[tokio::test]
async fn a_quiet_trail_shows_its_newest_records_once_an_hour() {
    let fake = trail();
    let mut reader = Reader::default();
    let first = reader.run(&source(&fake, errors("23T12:15:00"))).await;
    let newest = of_part(&first, "pulse");
    assert_eq!(newest.len(), 5, "from the last settled hour on: {newest:?}");
    assert!(newest[0].contains("2026-11-23T11:48:00Z"), "the newest first");
    let same_hour = reader.run(&source(&fake, errors("23T12:40:00"))).await;
    assert_eq!(of_part(&same_hour, "pulse"), [""; 0]);
    fake.put(GROUP, event(100, at("23T13:01:00")));
    let next_hour = reader.run(&source(&fake, errors("23T13:15:00"))).await;
    assert_eq!(of_part(&next_hour, "pulse").len(), 1);
    let pulses = reader.positions.keys().filter(|id| id.contains("@pulse")).count();
    assert_eq!(pulses, 1, "one position for ever");
}

#[tokio::test]
async fn no_more_than_ten_of_the_newest_are_read() {
    let busy = (0..100).map(|n| event(2 * n, at("23T12:00:00").plus_millis(n as i64)));
    let fake = Arc::new(FakeLogs {
        holes: 2,
        ..FakeLogs::with(GROUP, busy)
    });
    let given = Reader::default().run(&source(&fake, errors("23T12:15:00"))).await;
    assert_eq!(of_part(&given, "pulse").len(), 10);
}

#[tokio::test]
async fn the_oldest_record_of_each_account_is_read_once() {
    let fake = trail();
    fake.put(
        GROUP,
        of_stream(200, "23T02:00:00", "444455556666_CloudTrail_eu-west-1_2"),
    );
    fake.put(
        GROUP,
        of_stream(
            202,
            "23T01:00:00",
            "o-exampleorgid_444455556666_CloudTrail_us-east-1",
        ),
    );
    fake.put(GROUP, of_stream(204, "23T01:30:00", "something else"));
    let mut reader = Reader::default();
    let first = reader.run(&source(&fake, errors("23T12:15:00"))).await;
    let oldest = of_part(&first, "first");
    assert_eq!(oldest.len(), 2, "{oldest:?}");
    assert!(
        oldest[0].contains(r#""eventID":"0""#) && oldest[1].contains(r#""eventID":"202""#),
        "{oldest:?}"
    );
    fake.take_asked();
    fake.put(
        GROUP,
        of_stream(206, "24T02:00:00", "777788889999_CloudTrail_eu-west-1"),
    );
    let later = reader.run(&source(&fake, errors("23T14:15:00"))).await;
    assert_eq!(of_part(&later, "first"), [""; 0], "streams are listed once a day");
    let next_day = reader.run(&source(&fake, errors("24T03:15:00"))).await;
    assert_eq!(of_part(&next_day, "first").len(), 1);
    assert!(source(&fake, errors("24T03:15:00")).notes().is_empty());
}

#[tokio::test]
async fn without_the_right_to_list_streams_the_group_has_one_oldest_record() {
    let fake = trail();
    fake.deny(Call::DescribeLogStreams);
    let mut reader = Reader::default();
    for now in ["23T12:15:00", "23T13:15:00"] {
        let source = source(&fake, errors(now));
        reader.run(&source).await;
        assert!(
            source.notes()[0].contains("allow logs:DescribeLogStreams"),
            "{:?}",
            source.notes()
        );
    }
    assert_eq!(of_part(&reader.payloads, "first").len(), 1);
    assert!(reader.errors.is_empty());
    // Once it is given, the accounts are told apart, and nothing is noted.
    fake.denied.lock().unwrap().clear();
    fake.put(GROUP, event(300, at("24T00:01:00")));
    let source = source(&fake, errors("24T00:15:00"));
    let given = reader.run(&source).await;
    assert_eq!((of_part(&given, "first").len(), source.notes().len()), (1, 0));
}

#[tokio::test]
async fn what_had_no_record_is_asked_for_again_another_day() {
    let fake = Arc::new(FakeLogs::with(GROUP, []));
    let mut reader = Reader::default();
    reader.run(&source(&fake, errors("23T12:15:00"))).await;
    fake.put(GROUP, event(2, at("23T23:00:00")));
    let given = reader.run(&source(&fake, errors("24T01:15:00"))).await;
    assert_eq!(of_part(&given, "first").len(), 1);
}

/// Runs of a state over records of many months, each for the days before it.
async fn run_of_days(reader: &mut Reader, fake: &Arc<FakeLogs>, now: &str, days: i64) -> Vec<Payload> {
    let options = CloudWatchOptions {
        horizon_hours: 24 * 366 * 100,
        ..errors(now)
    };
    let window = TimeRange::new(options.now.plus_millis(-days * DAY), options.now);
    let (source, before) = (source(fake, options), reader.payloads.len());
    for partition in source.partitions(&window).await.unwrap() {
        while reader.step(&source, &partition.id).await {}
    }
    reader.payloads[before..].to_vec()
}

const DAY: i64 = 24 * 3_600_000;

fn for_a_year(until: &str) -> Arc<FakeLogs> {
    let until = at(until);
    Arc::new(FakeLogs::with(
        GROUP,
        (0..365).map(|day| event(2 * day, until.plus_millis(-(day as i64) * DAY))),
    ))
}

#[tokio::test]
async fn of_a_group_that_is_kept_for_ever_the_oldest_record_is_one_that_a_state_remembers() {
    let fake = for_a_year("23T11:00:00");
    let other = "111122223333_CloudTrail_us-east-1";
    fake.put(GROUP, of_stream(1000, "10T00:00:00", other));
    let given = run_of_days(&mut Reader::default(), &fake, "23T12:15:00", 10).await;
    let oldest = of_part(&given, "first");
    assert_eq!(oldest.len(), 1);
    assert!(oldest[0].contains("2026-11-14T11:00:00Z"), "{oldest:?}");
}

#[tokio::test]
async fn each_week_a_newer_record_stands_behind_an_account() {
    let fake = for_a_year("23T11:00:00");
    let mut reader = Reader::default();
    let mut firsts = Vec::new();
    for day in 14..24 {
        let given = run_of_days(&mut reader, &fake, &format!("{day}T12:15:00"), 2).await;
        firsts.extend(of_part(&given, "first"));
    }
    assert_eq!(firsts.len(), 2, "{firsts:?}");
    assert!(firsts[0].contains("2026-11-13T11:00:00Z"), "{firsts:?}");
    assert!(
        firsts[1].contains("2026-11-21T11:00:00Z"),
        "of the last day: {firsts:?}"
    );
}

/// A clock that is slow may not have everything refused.
#[tokio::test]
async fn a_stream_that_began_behind_the_present_waits_for_another_day() {
    let fake = Arc::new(FakeLogs::with(GROUP, [event(2, at("23T12:15:01"))]));
    let mut reader = Reader::default();
    let given = reader.run(&source(&fake, errors("23T12:15:00"))).await;
    assert_eq!((given.len(), reader.errors.len()), (0, 0));
    let next_day = reader.run(&source(&fake, errors("24T01:15:00"))).await;
    assert_eq!(of_part(&next_day, "first").len(), 1);
}

/// Beside other groups that go on, nothing else would tell it.
#[tokio::test]
async fn a_group_that_has_fallen_silent_is_noted() {
    let fake = Arc::new(FakeLogs::with(GROUP, [event(2, at("23T08:59:00"))]));
    let mut reader = Reader::default();
    let before = source(&fake, errors("23T11:15:00"));
    assert_eq!(
        of_part(&reader.run(&before).await, "pulse").len(),
        1,
        "two hours ago"
    );
    assert_eq!(before.notes(), [""; 0]);
    let silent = source(&fake, errors("23T12:15:00"));
    assert_eq!(of_part(&reader.run(&silent).await, "pulse").len(), 0);
    assert!(
        silent.notes()[0]
            .starts_with("cloudwatch:trail (111122223333, eu-west-1): no record since 2026-11-23T09:00:00Z"),
        "{:?}",
        silent.notes()
    );
}

#[tokio::test]
async fn a_service_that_gives_no_newest_first_is_asked_in_order_and_the_group_is_read() {
    let mut logs = crate::api::MockLogsApi::new();
    let group = || vec![super::fake::group(GROUP)];
    logs.expect_describe_log_groups().returning(move |_, _| {
        Ok(crate::api::GroupPage {
            groups: group(),
            token: None,
        })
    });
    logs.expect_filter_log_events().returning(|request| {
        if request.newest_first {
            return Err(crate::AwsError::Invalid {
                place: GROUP.to_owned(),
                reason: "startFromHead is not known here".to_owned(),
            });
        }
        let events = vec![event(2, at("23T11:30:00"))];
        Ok(crate::api::FilterPage { events, token: None })
    });
    let place = super::super::Place {
        logs: Arc::new(logs),
        ..place(&Arc::default(), "111122223333", "eu-west-1")
    };
    let source = CloudWatchSource::new(vec![place], errors("23T12:15:00")).unwrap();
    let mut reader = Reader::default();
    for part in ["pulse", "2026-11-23T11:00Z+1h"] {
        while reader.step(&source, &format!("{LANE}@{part}")).await {}
    }
    assert_eq!((reader.payloads.len(), reader.errors.len()), (2, 0));
}
