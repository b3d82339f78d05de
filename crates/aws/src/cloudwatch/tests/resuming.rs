//! Whatever the pages, the holes between them, the tokens and the restarts: the same messages, and nothing asked twice
//! without reason.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::fake::{FakeLogs, event};
use super::*;
use crate::api::{FilterPage, GroupPage, MockLogsApi};

/// What happens before a page is asked for.
#[derive(Clone, Copy, Debug)]
enum Before {
    Nothing,
    Restart,
    Expire,
    RestartAndExpire,
    /// A run at a later present goes on.
    Later,
}

fn befores() -> impl Strategy<Value = Vec<Before>> {
    let one = prop_oneof![
        4 => Just(Before::Nothing),
        2 => Just(Before::Restart),
        1 => Just(Before::Expire),
        1 => Just(Before::RestartAndExpire),
        1 => Just(Before::Later),
    ];
    proptest::collection::vec(one, 0..60)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

const SLICE: &str = "cloudwatch:111122223333:eu-west-1:trail@2026-11-23T06:00Z+6h";

proptest! {
    #[test]
    fn every_message_comes_whatever_happens(
        minutes in proptest::collection::vec(0_i64..359, 0..40),
        holes in 0_u64..3,
        limit in 1..6,
        script in befores(),
    ) {
        let events = || minutes.iter().enumerate().map(|(n, minute)| event(n, at("23T06:00:00").plus_millis(minute * 60_000)));
        let fake = Arc::new(FakeLogs { holes, ..FakeLogs::with(GROUP, events()) });
        let handle = |minute: i64| source(&fake, CloudWatchOptions {
            slice_hours: 6,
            page_events: limit,
            ..options(at("23T12:00:00").plus_millis(minute * 60_000))
        });
        let (mut minute, mut expired, mut later) = (0, 0_usize, 0_usize);
        let mut reader = Reader::default();
        let mut script = script.into_iter();
        let mut current = handle(0);
        block_on(async {
            loop {
                match script.next().unwrap_or(Before::Nothing) {
                    Before::Nothing => {}
                    Before::Restart => current = handle(minute),
                    Before::Expire => { fake.expire_tokens(); expired += 1; }
                    Before::RestartAndExpire => { fake.expire_tokens(); expired += 1; current = handle(minute); }
                    Before::Later => { minute += 1; later += 1; current = handle(minute); }
                }
                if !reader.step(&current, SLICE).await && script.len() == 0 {
                    break;
                }
            }
        });
        prop_assert_eq!(&format!("{:?}", reader.errors), "[]");
        let expected: BTreeSet<String> = events().map(|event| event.message).collect();
        let came: BTreeSet<String> = reader.messages().into_iter().collect();
        prop_assert_eq!(came, expected);
        let asked = fake.take_asked();
        if expired == 0 && later == 0 {
            let once: BTreeSet<String> = asked.iter().map(|request| format!("{request:?}")).collect();
            prop_assert_eq!(once.len(), asked.len());
        }
        // A slice that ended hours ago is read once, and again in each run while the overlap reaches it.
        let pages = minutes.len().div_ceil(limit as usize).max(1) * (holes as usize + 1);
        prop_assert!(asked.len() <= (pages + 2 * expired) * (later + 1) + expired * pages, "{} requests", asked.len());
    }
}

#[tokio::test]
async fn an_expired_token_starts_again_at_the_last_time_seen() {
    let events = (0..6).map(|n| event(n, at("23T06:00:00").plus_millis(n as i64 * 60_000)));
    let fake = Arc::new(FakeLogs::with(GROUP, events));
    let source = source(
        &fake,
        CloudWatchOptions {
            slice_hours: 6,
            ..options(at("23T12:00:00"))
        },
    );
    let mut reader = Reader::default();
    assert!(reader.step(&source, SLICE).await);
    fake.expire_tokens();
    fake.take_asked();
    while reader.step(&source, SLICE).await {}
    let asked = fake.take_asked();
    let starts: Vec<_> = asked
        .iter()
        .map(|request| (request.token.is_some(), request.start))
        .collect();
    let (from, last) = (at("23T06:00:00"), at("23T06:01:00"));
    assert_eq!(starts[..3], [(true, from), (false, last), (true, last)]);
    let ids: BTreeSet<_> = reader.messages().into_iter().collect();
    assert_eq!(
        (ids.len(), reader.messages().len()),
        (6, 7),
        "only what stands at that time comes twice"
    );
}

#[tokio::test]
async fn events_out_of_order_are_all_asked_for_again() {
    let mut logs = MockLogsApi::new();
    logs.expect_describe_log_groups()
        .returning(|_, _| Ok(GroupPage::default()));
    let mut answers = vec![
        Ok(FilterPage {
            events: vec![event(1, at("23T09:00:00")), event(2, at("23T08:00:00"))],
            token: Some("a".into()),
        }),
        Err(crate::AwsError::StaleToken {
            place: "there".into(),
        }),
        Ok(FilterPage::default()),
    ]
    .into_iter();
    let starts: Arc<std::sync::Mutex<Vec<Timestamp>>> = Arc::default();
    let seen = Arc::clone(&starts);
    logs.expect_filter_log_events()
        .times(3)
        .returning(move |request| {
            seen.lock().unwrap().push(request.start);
            answers.next().unwrap()
        });
    let place = super::super::Place {
        logs: Arc::new(logs),
        ..place(&Arc::default(), "111122223333", "eu-west-1")
    };
    let source = CloudWatchSource::new(vec![place], options(at("23T12:00:00"))).unwrap();
    let mut reader = Reader::default();
    while reader.step(&source, SLICE).await {}
    let start = at("23T06:00:00");
    assert_eq!(*starts.lock().unwrap(), [start, start, start]);
}

#[tokio::test]
async fn a_token_that_never_changes_is_an_error_in_the_end() {
    let mut logs = MockLogsApi::new();
    logs.expect_filter_log_events().times(2..200).returning(|_| {
        Ok(FilterPage {
            events: Vec::new(),
            token: Some("same".into()),
        })
    });
    let place = super::super::Place {
        logs: Arc::new(logs),
        ..place(&Arc::default(), "111122223333", "eu-west-1")
    };
    let source = CloudWatchSource::new(vec![place], options(at("23T12:00:00"))).unwrap();
    let mut reader = Reader::default();
    while reader.step(&source, SLICE).await {}
    assert!(format!("{:?}", reader.errors).contains("the same page token again and again"));
}

#[tokio::test]
async fn positions_of_others_are_refused() {
    let fake = Arc::new(FakeLogs::with(GROUP, []));
    let source = source(&fake, options(at("23T12:00:00")));
    let reading = |from: &str| {
        format!(
            r#"{{"reading":{{"token":"t","from":"{from}","resume":"{from}","ordered":true,"started":"2026-11-23T12:00:00Z","records":"all"}}}}"#
        )
    };
    let tokens = [
        String::new(),
        "{}".into(),
        r#"{"done":{}}"#.into(),
        r#"{"done":{"at":"yesterday","records":"all"}}"#.into(),
        reading("2026-11-23T13:00:00Z"),
    ];
    for token in tokens {
        let mut reader = Reader::default();
        let position = Position {
            token: token.clone().into_bytes(),
            durable: true,
        };
        reader.positions.insert(SLICE.to_owned(), position);
        reader.step(&source, SLICE).await;
        assert!(
            matches!(reader.errors[..], [SourceError::Invalid { .. }]),
            "{token}: {:?}",
            reader.errors
        );
    }
    assert_eq!(fake.take_asked(), []);
}

/// What the service says of an old token is not documented: an empty last page, for one.
#[tokio::test]
async fn a_token_is_not_sent_a_day_later() {
    let events = (0..6).map(|n| event(n, at("23T06:00:00").plus_millis(n as i64 * 60_000)));
    let fake = Arc::new(FakeLogs::with(GROUP, events));
    let handle = |now: &str| {
        let options = CloudWatchOptions {
            slice_hours: 6,
            horizon_hours: 72,
            ..options(at(now))
        };
        source(&fake, options)
    };
    let mut reader = Reader::default();
    assert!(reader.step(&handle("23T12:00:00"), SLICE).await);
    fake.take_asked();
    let source = handle("24T12:00:00");
    while reader.step(&source, SLICE).await {}
    let first = fake.take_asked().swap_remove(0);
    assert_eq!((first.token, first.start), (None, at("23T06:01:00")));
    let ids: BTreeSet<_> = reader.messages().into_iter().collect();
    assert_eq!(ids.len(), 6);
}

/// A read that began a day ago dropped its token on every page, and began again at the time of the page: for ever where
/// that was full of events of one moment.
#[tokio::test]
async fn a_read_that_began_a_day_ago_gets_past_a_page_of_one_moment() {
    let events = (0..7).map(|n| event(n, at("23T06:00:00")));
    let fake = Arc::new(FakeLogs::with(GROUP, events));
    let handle = |now: &str| {
        let options = CloudWatchOptions {
            slice_hours: 6,
            horizon_hours: 72,
            ..options(at(now))
        };
        source(&fake, options)
    };
    let mut reader = Reader::default();
    assert!(reader.step(&handle("23T12:00:00"), SLICE).await);
    let source = handle("24T12:00:00");
    let mut pages = 1;
    while pages < 20 && reader.step(&source, SLICE).await {
        pages += 1;
    }
    let ids: BTreeSet<_> = reader.messages().into_iter().collect();
    assert_eq!(ids.len(), 7, "after {pages} pages");
    assert!(pages < 20, "it ends");
}

/// Positions of before tokens had an age of their own are read, and their tokens are as old as the read.
#[tokio::test]
async fn a_token_of_an_earlier_version_is_as_old_as_its_read() {
    let fake = Arc::new(FakeLogs::with(GROUP, []));
    let position = r#"{"reading":{"token":"t","from":"2026-11-23T06:00:00Z","resume":"2026-11-23T06:01:00Z","ordered":true,
        "started":"2026-11-23T12:00:00Z","records":"all"}}"#;
    let options = CloudWatchOptions {
        slice_hours: 6,
        horizon_hours: 72,
        ..options(at("24T12:00:00"))
    };
    let mut reader = Reader::default();
    let position = Position {
        token: position.into(),
        durable: true,
    };
    reader.positions.insert(SLICE.to_owned(), position);
    reader.step(&source(&fake, options), SLICE).await;
    let first = fake.take_asked().swap_remove(0);
    assert_eq!((first.token, first.start), (None, at("23T06:01:00")));
}
