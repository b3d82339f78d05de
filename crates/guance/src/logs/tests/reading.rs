//! What is asked, what is given, and what is asked again.

use firstsight_cloudtrail::TimeRange;
use firstsight_source::conformance::{self, Subject};
use firstsight_source::{LogSource, Next, Partition};

use super::fake::{FakeGuance, Row, at, event};
use super::*;
use crate::client::{DqlPage, DqlQuery};
use crate::error::GuanceError;
use crate::logs::unit;

/// Some events an hour, two at each moment, and some on the hour.
pub(super) fn rows() -> Vec<Row> {
    let start = at("23T04:00:00");
    let time = |number: usize| start.plus_millis(number as i64 / 2 * 20 * 60_000);
    (0..40).map(|number| event(number, time(number))).collect()
}

/// The units of hours, told from the rows alone. Both ends of a slice are inside at this service.
pub(super) fn expected(fake: &FakeGuance, page_rows: usize) -> BTreeMap<String, Vec<u8>> {
    let mut units = BTreeMap::new();
    let first = at("23T04:00:00").as_millis();
    for hour in 0..7 {
        let start = first + hour * 3_600_000;
        let id = format!("guance-logs:default:cloudtrail@2026-11-23T{:02}:00Z+1h", 4 + hour);
        for page in fake
            .rows((SOURCE, "default"), (start, start + 3_600_000))
            .chunks(page_rows)
        {
            let unit = unit::payload(("", &id), &[], page.to_vec()).unwrap();
            units.insert(unit.unit.0, unit.chunk.to_vec());
        }
    }
    units
}

#[tokio::test]
async fn the_source_conforms() {
    for (page_rows, tells_end, most_rows) in [
        (1, false, None),
        (7, true, None),
        (1000, false, None),
        (1000, true, Some(3)),
    ] {
        let fake = Arc::new(FakeGuance {
            tells_end,
            most_rows,
            ..FakeGuance::with(SOURCE, rows())
        });
        let now = at("23T11:30:00");
        let subject = Subject {
            make: &|| Box::new(source(&fake, settings(page_rows), now)),
            window: TimeRange::new(at("23T04:00:00"), at("23T11:00:00")),
            expected: expected(&fake, most_rows.unwrap_or(page_rows)),
            rereads: true,
            durable: page_rows < 1000 || !tells_end || most_rows.is_some(),
        };
        conformance::all(&subject).await;
    }
    let empty = Arc::new(FakeGuance::default());
    let source = source(&empty, settings(10), at("23T11:30:00"));
    conformance::an_empty_source_gives_nothing(&source, &TimeRange::ALL).await;
}

#[tokio::test]
async fn a_slice_is_asked_for_page_by_page() {
    let time = at("23T10:10:00");
    let fake = Arc::new(FakeGuance::with(SOURCE, (0..3).map(|n| event(n, time))));
    let source = source(&fake, settings(2), at("23T13:30:00"));
    let mut reader = Reader::default();
    let listed = source.partitions(&TimeRange::ALL).await.unwrap();
    let id = "guance-logs:default:cloudtrail@2026-11-23T10:00Z+1h";
    let slice: Vec<Partition> = listed.into_iter().filter(|one| one.id == id).collect();
    let mut read = source.reader(&slice[0], None);
    while let Some(payloads) = read.next_payloads().await.unwrap() {
        reader.units.extend(payloads);
    }
    assert_eq!((reader.units.len(), reader.seen().records.len()), (2, 3));
    assert_eq!(reader.units[0].origin.name, "guance-logs:default:cloudtrail");
    let asked = fake.take_asked();
    let range = (at("23T10:00:00").as_millis(), at("23T11:00:00").as_millis());
    for query in &asked {
        assert_eq!(
            (&*query.dql, query.time_range, query.limit),
            ("L::`cloudtrail`:(`*`)", range, 2)
        );
    }
    let after = |query: &DqlQuery| query.search_after.len();
    assert_eq!(asked.iter().map(after).collect::<Vec<_>>(), [0, 3, 3]);
    // Read, and nothing is asked again by this run.
    assert_eq!(read.next_payloads().await.unwrap(), None);
    assert_eq!(fake.take_asked(), []);
}

/// The stored times that a later run asks for.
async fn asked_later(first: &str, second: &str, hours: i64) -> Vec<String> {
    let fake = Arc::new(FakeGuance::default());
    let settings = || GuanceLogsSettings {
        slice_hours: hours,
        ..settings(10)
    };
    let mut reader = Reader::default();
    reader.run(&source(&fake, settings(), at(first))).await;
    fake.take_asked();
    reader.run(&source(&fake, settings(), at(second))).await;
    let hour = |millis| Timestamp::from_millis(millis).to_string()[8..16].to_owned();
    let range = |query: DqlQuery| format!("{}-{}", hour(query.time_range.0), hour(query.time_range.1));
    fake.take_asked().into_iter().map(range).collect()
}

#[tokio::test]
async fn a_later_run_reads_the_overlap_and_once_a_day_the_day() {
    let hourly = asked_later("23T12:10:00", "23T13:10:00", 1).await;
    assert_eq!(
        hourly,
        [
            "23T10:00-23T11:00",
            "23T11:00-23T12:00",
            "23T12:00-23T13:00",
            "23T13:00-23T13:15"
        ]
    );
    assert_eq!(
        asked_later("23T16:10:00", "23T17:10:00", 6).await,
        ["23T14:00-23T17:15"]
    );
    let midnight = asked_later("23T23:10:00", "24T00:10:00", 1).await;
    assert_eq!((midnight.len(), &*midnight[0]), (25, "23T00:00-23T01:00"));
    assert_eq!(asked_later("24T00:10:00", "24T01:10:00", 1).await.len(), 4);
    assert_eq!(asked_later("23T12:10:00", "23T12:10:00", 1).await, [""; 0]);
}

#[tokio::test]
async fn the_present_stands_still_while_a_run_reads() {
    let fake = Arc::new(FakeGuance::with(SOURCE, rows()));
    let ticks = std::sync::atomic::AtomicI64::new(at("23T11:30:00").as_millis());
    let clock = move || Timestamp::from_millis(ticks.fetch_add(60_000, std::sync::atomic::Ordering::Relaxed));
    let source = GuanceLogs::over(fake, settings(7), Arc::new(clock));
    let mut reader = Reader::default();
    reader.run(&source).await;
    assert_eq!(reader.seen().records.len(), 40);
}

#[tokio::test]
async fn what_is_stored_late_comes_with_the_slices_that_are_read_again() {
    let fake = Arc::new(FakeGuance::with(SOURCE, rows()));
    let mut reader = Reader::default();
    let before = reader.run(&source(&fake, settings(7), at("23T11:30:00"))).await;
    // Arrived late under an old time; forwarded late, so under a late one.
    fake.store(SOURCE, "default", [event(101, at("23T05:00:00"))]);
    let mut forwarded = event(103, at("23T03:00:00"));
    forwarded.insert("time".into(), at("23T12:00:00").as_millis().into());
    fake.store(SOURCE, "default", [forwarded]);
    let again = reader.run(&source(&fake, settings(7), at("23T12:30:00"))).await;
    assert_eq!(
        reader.seen().records.len(),
        41,
        "the overlap does not reach back so far"
    );
    let is_known = |unit: &&Payload| before.iter().any(|old| old.unit == unit.unit);
    assert!(
        again.iter().filter(is_known).count() > 0,
        "unchanged pages are the units they were"
    );
    reader.run(&source(&fake, settings(7), at("24T00:30:00"))).await;
    assert_eq!(reader.seen().records.len(), 42);
}

async fn ids(source: &GuanceLogs, window: TimeRange) -> Vec<String> {
    let listed = source.partitions(&window).await.unwrap();
    listed.into_iter().map(|partition| partition.id).collect()
}

#[tokio::test]
async fn a_window_is_looked_for_until_a_day_behind_it_and_in_every_source() {
    let fake = Arc::new(FakeGuance::default());
    let many = GuanceLogsSettings {
        sources: ["trail", "a@b", "trail"].map(str::to_owned).to_vec(),
        index: Some("audit".to_owned()),
        ..settings(10)
    };
    let source = source(&fake, many, at("23T11:58:00"));
    let window = TimeRange::new(at("22T05:30:00"), at("22T06:00:00"));
    let listed = ids(&source, window).await;
    assert_eq!(
        listed.len(),
        2 * 19,
        "from the horizon until a day behind the window"
    );
    assert_eq!(listed[0], "guance-logs:audit:a@b@2026-11-22T11:00Z+1h");
    assert_eq!(listed[1], "guance-logs:audit:trail@2026-11-22T11:00Z+1h");
    assert_eq!(listed[37], "guance-logs:audit:trail@2026-11-23T05:00Z+1h");
    let all = ids(&source, TimeRange::ALL).await;
    assert_eq!(
        all.last().unwrap(),
        "guance-logs:audit:trail@2026-11-23T12:00Z+1h",
        "Guance's clock may be ahead"
    );
    fake.store("a@b", "audit", [event(1, at("23T04:00:00"))]);
    fake.store("a@b", "default", [event(3, at("23T04:00:00"))]);
    let mut reader = Reader::default();
    reader.run(&source).await;
    assert_eq!(reader.seen().records.len(), 1, "the other index is not asked");
    assert_eq!(source.describe(), "guance-logs trail a@b trail (index audit)");
}

fn refused() -> GuanceError {
    GuanceError::Refused {
        call: "POST /api/v1/df/query_data_v1".into(),
        reason: "no".into(),
    }
}

fn unavailable() -> GuanceError {
    GuanceError::Unavailable {
        call: "POST /api/v1/df/query_data_v1".into(),
        status: 503,
        said: String::new(),
        retry_after: None,
    }
}

fn limited() -> GuanceError {
    GuanceError::RateLimited {
        call: "POST /api/v1/df/query_data_v1".into(),
        code: "ft.TriggerApiAkCurrentLimiting".into(),
        retry_after: None,
    }
}

fn unauthorized() -> GuanceError {
    GuanceError::Unauthorized {
        call: "POST /api/v1/df/query_data_v1".into(),
        code: "ft.InvalidAPIKey".into(),
        advice: "check the key",
    }
}

#[tokio::test]
async fn what_stays_refused_is_asked_once_a_listing_and_an_outage_a_few_times() {
    let faults: [(fn() -> GuanceError, usize); 4] =
        [(refused, 1), (unauthorized, 1), (unavailable, 3), (limited, 3)];
    for (fault, expected) in faults {
        let fake = Arc::new(FakeGuance::with(SOURCE, rows()));
        fake.fail(move |_, _| Some(fault()));
        let source = source(&fake, settings(7), at("23T11:30:00"));
        let mut reader = Reader::default();
        reader.run(&source).await;
        assert_eq!(fake.take_asked().len(), expected, "{:?}", fault());
        assert_eq!(reader.errors.len(), 25, "every slice says so");
        assert_eq!(reader.errors[24].is_retryable(), expected > 1);
        let last = &reader.errors[24];
        assert!(
            last.was_retried() || !last.is_retryable(),
            "not again at once: {last:?}"
        );
        fake.mend();
        reader.errors.clear();
        reader.run(&source).await;
        assert_eq!((reader.errors.len(), reader.seen().records.len()), (0, 40));
    }
}

#[tokio::test]
async fn a_query_too_many_says_how_long_to_wait() {
    let fake = Arc::new(FakeGuance::default());
    fake.fail(|_, _| Some(limited()));
    let source = source(&fake, settings(7), at("23T11:30:00"));
    let partition = &source.partitions(&TimeRange::ALL).await.unwrap()[0];
    let error = source.page(partition, None).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(std::time::Duration::from_secs(60)));
    assert!(error.is_retryable() && !error.was_retried());
    fake.fail(|_, _| Some(unauthorized()));
    let error = source.page(partition, None).await.unwrap_err();
    assert!(matches!(error, SourceError::Denied { .. }), "{error:?}");
}

#[tokio::test]
async fn pages_in_a_circle_are_an_error_and_no_loop() {
    #[derive(Debug)]
    struct Circle;
    #[async_trait::async_trait]
    impl Queries for Circle {
        async fn query(&self, _: &DqlQuery) -> Result<DqlPage, GuanceError> {
            Ok(DqlPage {
                rows: vec![event(1, at("23T04:00:00"))],
                search_after: vec![1.into()],
            })
        }
    }
    let source = GuanceLogs::over(Arc::new(Circle), settings(1), Arc::new(|| at("23T11:30:00")));
    let partition = &source.partitions(&TimeRange::ALL).await.unwrap()[0];
    let first = source.page(partition, None).await.unwrap();
    let Next::More(position) = first.next else {
        panic!("{first:?}")
    };
    let error = source.page(partition, Some(position)).await.unwrap_err();
    assert!(!error.is_retryable(), "{error:?}");
}

#[tokio::test]
async fn settings_that_make_no_sense_are_refused_before_anything_is_asked() {
    let wrong: [fn(&mut GuanceLogsSettings); 8] = [
        |settings| settings.sources.clear(),
        |settings| settings.sources.push("a`b".to_owned()),
        |settings| settings.index = Some("a b".to_owned()),
        |settings| settings.page_rows = 0,
        |settings| settings.page_rows = 10_001,
        |settings| settings.slice_hours = 5,
        |settings| settings.overlap = -1,
        |settings| settings.queries_per_minute = 0,
    ];
    for (index, spoil) in wrong.into_iter().enumerate() {
        let fake = Arc::new(FakeGuance::default());
        let mut settings = settings(10);
        spoil(&mut settings);
        let source = source(&fake, settings, at("23T11:30:00"));
        let error = source.partitions(&TimeRange::ALL).await.unwrap_err();
        assert!(matches!(error, SourceError::Invalid { .. }), "{index}: {error:?}");
        assert_eq!(fake.take_asked(), []);
    }
    assert!(GuanceLogsSettings::new(vec![SOURCE.to_owned()]).check().is_ok());
}
