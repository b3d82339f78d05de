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
