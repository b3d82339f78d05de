//! What is asked, what is given, and what is asked again.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use firstsight_cloudtrail::TimeRange;
use firstsight_source::conformance::{self, Subject};
use firstsight_source::{LogSource, Origin};

use super::fake::{FakeLogs, event, group, place};
use super::*;
use crate::api::{FilterPage, FilterRequest, GroupName, GroupPage, LogEvent, MockLogsApi};
use crate::cloudwatch::{CloudWatchSource, Place, pattern, unit};
use crate::{AwsError, Call};

/// Five events an hour over some hours, in twos and threes at one moment.
fn events() -> Vec<LogEvent> {
    let start = at("23T04:00:00");
    (0..30)
        .map(|number| event(number, start.plus_millis(number as i64 / 2 * 24 * 60_000)))
        .collect()
}

/// The units of slices, told from the events alone: pages of two.
fn expected(events: &[LogEvent], hours: i64, records: Records) -> BTreeMap<String, Vec<u8>> {
    let mut slices: BTreeMap<i64, Vec<LogEvent>> = BTreeMap::new();
    for event in events {
        if records == Records::All || event.message.contains("errorCode") {
            slices
                .entry(event.time.as_secs().div_euclid(hours * 3600))
                .or_default()
                .push(event.clone());
        }
    }
    let mut units = BTreeMap::new();
    for (slice, events) in slices {
        let start = Timestamp::from_secs(slice * hours * 3600).to_string();
        let start = start.strip_suffix(":00Z").unwrap();
        let id = format!("cloudwatch:111122223333:eu-west-1:trail@{start}Z+{hours}h");
        for page in events.chunks(2) {
            let unit = unit::payload(&id, Origin::default(), page).unwrap();
            units.insert(unit.unit.0, unit.chunk.to_vec());
        }
    }
    units
}

#[tokio::test]
async fn the_source_conforms() {
    for (hours, records, holes) in [
        (1, Records::All, 0),
        (6, Records::All, 1),
        (1, Records::Errors, 1),
        (6, Records::Errors, 0),
    ] {
        let fake = Arc::new(FakeLogs {
            holes,
            ..FakeLogs::with(GROUP, events())
        });
        let options = || CloudWatchOptions {
            records,
            slice_hours: hours,
            ..options(at("23T11:30:00"))
        };
        let subject = Subject {
            make: &|| Box::new(source(&fake, options())),
            window: TimeRange::new(at("23T04:00:00"), at("23T11:00:00")),
            expected: expected(&events(), hours, records),
            rereads: true,
            durable: true,
        };
        conformance::all(&subject).await;
    }
    let empty = Arc::new(FakeLogs::with(GROUP, []));
    let source = source(&empty, options(at("23T11:30:00")));
    conformance::an_empty_source_gives_nothing(&source, &TimeRange::ALL).await;
}

fn first_page(token: Option<&str>) -> FilterRequest {
    FilterRequest {
        group: GroupName::Own(GROUP.to_owned()),
        streams: Vec::new(),
        start: at("23T10:00:00"),
        end_inclusive: at("23T10:59:59.999"),
        pattern: Some(pattern::ERRORS),
        limit: 2_000,
        newest_first: false,
        token: token.map(str::to_owned),
    }
}

#[tokio::test]
async fn a_slice_is_asked_for_page_by_page_with_the_pattern() {
    let mut logs = MockLogsApi::new();
    logs.expect_describe_log_groups()
        .withf(|prefix, token| *prefix == Some(GROUP) && token.is_none())
        .returning(|_, _| {
            Ok(GroupPage {
                groups: vec![fake::group(GROUP)],
                token: None,
            })
        });
    let asked = |request: FilterRequest, page: FilterPage| {
        (
            move |sent: &FilterRequest| *sent == request,
            move |_: &FilterRequest| Ok(page.clone()),
        )
    };
    let page = |events: &[usize], token: Option<&str>| FilterPage {
        events: events
            .iter()
            .map(|number| event(*number, at("23T10:10:00")))
            .collect(),
        token: token.map(str::to_owned),
    };
    let (with, gives) = asked(first_page(None), page(&[1, 3], Some("a")));
    logs.expect_filter_log_events()
        .withf(with)
        .times(1)
        .returning(gives);
    let (with, gives) = asked(first_page(Some("a")), page(&[], Some("b")));
    logs.expect_filter_log_events()
        .withf(with)
        .times(1)
        .returning(gives);
    let (with, gives) = asked(first_page(Some("b")), page(&[5], None));
    logs.expect_filter_log_events()
        .withf(with)
        .times(1)
        .returning(gives);
    let target = place(&Arc::default(), "111122223333", "eu-west-1").target;
    let place = Place {
        target,
        logs: Arc::new(logs),
        rate: 5.0,
    };
    let options = CloudWatchOptions::new(vec![GROUP.to_owned()], at("23T13:30:00"));
    let source = CloudWatchSource::new(vec![place], options).unwrap();

    let mut reader = Reader::default();
    let id = "cloudwatch:111122223333:eu-west-1:trail@2026-11-23T10:00Z+1h";
    let listed = source.partitions(&TimeRange::ALL).await.unwrap();
    assert!(listed.iter().any(|partition| partition.id == id));
    while reader.step(&source, id).await {}
    assert_eq!(reader.payloads.len(), 2, "an empty page is no unit");
    assert_eq!(reader.messages().len(), 3);
    assert_eq!(
        reader.payloads[0].origin.name,
        "cloudwatch:trail (111122223333, eu-west-1)"
    );
    // Read, and nothing is asked again by this run.
    assert!(!reader.step(&source, id).await);
}

/// Which slices a later run asks for.
async fn asked_later(first: &str, second: &str, hours: i64) -> Vec<String> {
    let fake = Arc::new(FakeLogs::with(GROUP, []));
    let at_hours = |now: &str| CloudWatchOptions {
        slice_hours: hours,
        ..options(at(now))
    };
    let mut reader = Reader::default();
    reader.run(&source(&fake, at_hours(first))).await;
    fake.take_asked();
    reader.run(&source(&fake, at_hours(second))).await;
    let asked = fake.take_asked();
    asked
        .iter()
        .map(|request| format!("{} {}", request.start, request.end_inclusive))
        .collect()
}

#[tokio::test]
async fn an_hour_later_the_overlap_and_the_new_hour_are_read() {
    let asked = asked_later("23T12:10:00", "23T13:10:00", 1).await;
    let expected = [
        "2026-11-23T10:00:00Z 2026-11-23T10:59:59.999Z",
        "2026-11-23T11:00:00Z 2026-11-23T11:59:59.999Z",
        "2026-11-23T12:00:00Z 2026-11-23T12:59:59.999Z",
        "2026-11-23T13:00:00Z 2026-11-23T13:09:59.999Z",
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_long_slice_is_read_again_from_the_hour_where_the_overlap_begins() {
    let asked = asked_later("23T16:10:00", "23T17:10:00", 6).await;
    assert_eq!(asked, ["2026-11-23T14:00:00Z 2026-11-23T17:09:59.999Z"]);
}

#[tokio::test]
async fn the_first_run_after_midnight_reads_the_day_again_and_the_next_one_does_not() {
    let asked = asked_later("23T23:10:00", "24T00:10:00", 1).await;
    assert_eq!(asked.len(), 24 + 1);
    assert_eq!(asked[0], "2026-11-23T00:00:00Z 2026-11-23T00:59:59.999Z");
    assert_eq!(asked_later("24T00:10:00", "24T01:10:00", 1).await.len(), 4);
    // A state that was left alone for days reads what it had read on its last day once more.
    let asked = asked_later("23T12:10:00", "24T12:10:00", 1).await;
    assert_eq!(asked[0], "2026-11-23T12:00:00Z 2026-11-23T12:59:59.999Z");
}

#[tokio::test]
async fn the_same_moment_asks_for_nothing_again() {
    assert_eq!(asked_later("23T12:10:00", "23T12:10:00", 1).await, [""; 0]);
}

#[tokio::test]
async fn a_late_event_comes_with_the_overlap_and_other_pages_are_the_units_they_were() {
    let fake = Arc::new(FakeLogs::with(GROUP, (0..6).map(|n| event(n, at("23T11:20:00")))));
    let mut reader = Reader::default();
    let before = reader.run(&source(&fake, options(at("23T12:10:00")))).await;
    fake.put(GROUP, event(99, at("23T11:30:00")));
    let again = reader.run(&source(&fake, options(at("23T13:10:00")))).await;
    let known = |payload: &&Payload| before.iter().any(|old| old.unit == payload.unit);
    assert_eq!((before.len(), again.len()), (3, 4));
    assert_eq!(again.iter().filter(known).count(), 3);
    assert!(lines(&again[3..])[0].contains(r#""eventID":"99""#));
}

#[tokio::test]
async fn all_records_are_read_where_only_errors_were_as_long_as_identities_are_known() {
    let fake = Arc::new(FakeLogs::with(GROUP, events()));
    let with = |now: &str, records| CloudWatchOptions {
        records,
        horizon_hours: 24 * 4,
        ..options(at(now))
    };
    let slice = "cloudwatch:111122223333:eu-west-1:trail@2026-11-23T04:00Z+1h";
    for (later, expected) in [("24T13:00:00", 5), ("25T13:00:00", 0)] {
        let mut reader = Reader::default();
        reader
            .run(&source(&fake, with("23T12:00:00", Records::Errors)))
            .await;
        // The daily read again does not stand in the way.
        reader
            .run(&source(&fake, with("23T12:30:00", Records::Errors)))
            .await;
        fake.take_asked();
        let all = source(&fake, with(later, Records::All));
        let before = reader.messages().len();
        reader.positions.retain(|id, _| id == slice);
        if expected == 0 {
            // Its midnight has passed under errors alone.
            let errors = source(&fake, with("24T00:30:00", Records::Errors));
            while reader.step(&errors, slice).await {}
            reader.payloads.clear();
            let aged = source(&fake, with("26T00:31:00", Records::All));
            while reader.step(&aged, slice).await {}
            assert_eq!(reader.messages().len(), 0);
        } else {
            while reader.step(&all, slice).await {}
            assert_eq!(reader.messages().len() - before, expected + 1);
        }
    }
}

#[tokio::test]
async fn the_present_and_the_horizon_bound_what_is_read() {
    let fake = Arc::new(FakeLogs::with(GROUP, []));
    let source = source(&fake, options(at("23T12:10:00")));
    let source = &source;
    let ids = |window: TimeRange| async move {
        let found = source.partitions(&window).await.unwrap();
        found
            .into_iter()
            .map(|partition| partition.id.rsplit_once('@').unwrap().1.to_owned())
            .collect::<Vec<_>>()
    };
    let all = ids(TimeRange::ALL).await;
    assert_eq!(
        (all.len(), &*all[0], &*all[24]),
        (25, "2026-11-22T12:00Z+1h", "2026-11-23T12:00Z+1h")
    );
    // Log times may be those of delivery.
    let window = TimeRange::new(at("22T20:30:00"), at("22T21:00:00"));
    let some = ids(window).await;
    assert_eq!((some.len(), &*some[0]), (17, "2026-11-22T20:00Z+1h"));
    fake.groups.lock().unwrap()[0].retention_days = Some(0);
    assert_eq!(ids(TimeRange::ALL).await, ["2026-11-23T12:00Z+1h"]);
}

#[tokio::test]
async fn a_refused_group_is_asked_once_a_listing_and_says_the_same_each_time() {
    let fake = Arc::new(FakeLogs::with(GROUP, []));
    fake.deny(crate::Call::FilterLogEvents);
    let source = source(&fake, options(at("23T12:10:00")));
    let mut reader = Reader::default();
    reader.run(&source).await;
    assert_eq!(fake.take_asked().len(), 1);
    let texts: std::collections::BTreeSet<String> =
        reader.errors.iter().map(|error| format!("{error:?}")).collect();
    assert_eq!((reader.errors.len(), texts.len()), (25, 1));
    let said = std::error::Error::source(&reader.errors[0]).unwrap().to_string();
    assert!(
        said.starts_with("FilterLogEvents was refused: allow logs:FilterLogEvents"),
        "{said}"
    );
    fake.denied.lock().unwrap().clear();
    reader.errors.clear();
    reader.run(&source).await;
    assert!(reader.errors.is_empty());
}

/// Fails each request, as the SDK does behind all its attempts.
fn outage(asked: &Arc<AtomicU32>) -> Place {
    let mut logs = MockLogsApi::new();
    let count = Arc::clone(asked);
    logs.expect_describe_log_groups().returning(|_, _| {
        let groups = vec![group("trail")];
        Ok(GroupPage { groups, token: None })
    });
    logs.expect_filter_log_events().returning(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        Err(AwsError::Throttled {
            place: "log group trail".into(),
            call: Call::FilterLogEvents,
            attempts: 5,
            retry_after: None,
        })
    });
    Place {
        logs: Arc::new(logs),
        ..place(&Arc::new(FakeLogs::default()), "111122223333", "eu-west-1")
    }
}

#[tokio::test]
async fn an_outage_costs_its_attempts_for_a_few_slices_and_not_for_each() {
    let asked = Arc::new(AtomicU32::new(0));
    let source = CloudWatchSource::new(vec![outage(&asked)], options(at("23T12:10:00"))).unwrap();
    let partitions = source.partitions(&TimeRange::ALL).await.unwrap();
    for partition in &partitions {
        let error = source.page(partition, None).await.unwrap_err();
        assert!(error.to_string().contains("log group trail"), "{error}");
    }
    assert!(partitions.len() > 20);
    assert_eq!(asked.swap(0, Ordering::Relaxed), 3);
    source.partitions(&TimeRange::ALL).await.unwrap();
    let again = source.page(&partitions[0], None).await.unwrap_err();
    assert!(again.is_retryable() && again.was_retried());
    assert_eq!(asked.load(Ordering::Relaxed), 1, "a listing forgets the outage");
}
