//! Whatever the pages, the arrivals, the restarts and the faults: the same events in the end.

use proptest::prelude::*;

use super::fake::{FakeGuance, Row, at, event, row};
use super::*;
use crate::client::{DqlPage, DqlQuery};
use crate::error::GuanceError;

/// What happens between runs.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// So many pages of each slice are read, then the process ends.
    Read(usize),
    /// So many minutes pass.
    Wait(i64),
    /// The next log arrives, under the time that it has.
    Arrive,
    /// Guance does not know what its pages ended with any more.
    Forget,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let one = prop_oneof![
        3 => (1_usize..4).prop_map(Step::Read),
        1 => (1_i64..90).prop_map(Step::Wait),
        3 => Just(Step::Arrive),
        1 => Just(Step::Forget),
    ];
    proptest::collection::vec(one, 0..30)
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.unwrap().block_on(future)
}

fn forgotten() -> GuanceError {
    GuanceError::Refused {
        call: "POST /api/v1/df/query_data_v1".into(),
        reason: "search_after".into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Every log arrives by midnight at the latest, and the run behind it reads the day again.
    #[test]
    fn every_log_comes_whatever_happens(
        minutes in proptest::collection::vec(0_i64..600, 1..25),
        limit in 1_usize..6,
        hours in prop_oneof![Just(1_i64), Just(6)],
        tells_end: bool,
        steps in steps(),
    ) {
        let start = at("23T06:00:00");
        let logs: Vec<Row> = minutes
            .iter()
            .enumerate()
            .map(|(number, minute)| event(number, start.plus_millis(minute * 60_000)))
            .collect();
        let fake = Arc::new(FakeGuance { tells_end, ..FakeGuance::default() });
        let handle = |now| source(&fake, GuanceLogsSettings { slice_hours: hours, horizon_hours: 36, ..settings(limit) }, now);
        let mut now = at("23T07:00:00");
        let mut reader = Reader::default();
        let mut arriving = logs.clone().into_iter();
        for step in steps {
            fake.mend();
            match step {
                Step::Read(pages) => drop(block_on(reader.read(&handle(now), pages))),
                Step::Wait(minutes) => now = now.plus_millis(minutes * 60_000),
                Step::Arrive => fake.store(SOURCE, "default", arriving.next()),
                Step::Forget => {
                    fake.fail(|query, _| (!query.search_after.is_empty() && query.search_after[0] != 0).then(forgotten));
                    // One page: more would each have to start again.
                    block_on(reader.read(&handle(now), 1));
                    reader.errors.clear();
                }
            }
        }
        fake.mend();
        fake.store(SOURCE, "default", arriving);
        // Even after the last step it is the 23rd or early on the 24th.
        let late = at("24T00:10:00").max(now);
        block_on(reader.run(&handle(late)));
        block_on(reader.run(&handle(late.plus_millis(24 * 3_600_000).min(at("25T00:10:00")))));
        prop_assert_eq!(format!("{:?}", reader.errors), "[]");
        let messages = logs.iter().map(|row| row["message"].as_str().unwrap()).collect::<Vec<_>>().join("\n");
        let expected = Seen::of_text(messages.as_bytes());
        prop_assert_eq!(reader.seen(), expected);
    }
}

#[tokio::test]
async fn an_hour_later_reading_goes_on_by_time() {
    let logs = (0..6).map(|n| event(n, at("23T06:00:00").plus_millis(n as i64 * 60_000)));
    let fake = Arc::new(FakeGuance::with(SOURCE, logs));
    let long = || GuanceLogsSettings {
        slice_hours: 24,
        ..settings(2)
    };
    let mut reader = Reader::default();
    reader.read(&source(&fake, long(), at("24T03:00:00")), 1).await;
    fake.take_asked();
    reader.run(&source(&fake, long(), at("24T03:59:00"))).await;
    assert_eq!(
        fake.take_asked()[0].search_after.len(),
        3,
        "it is sent for an hour"
    );
    let mut reader = Reader::default();
    reader.read(&source(&fake, long(), at("24T03:00:00")), 1).await;
    fake.take_asked();
    reader.run(&source(&fake, long(), at("24T04:00:00"))).await;
    let first = &fake.take_asked()[0];
    assert_eq!(
        (&*first.search_after, first.time_range.0),
        (&[][..], at("23T06:01:00").as_millis())
    );
    assert_eq!(reader.seen().records.len(), 6);
}

/// Two rows the newer of which comes first, and nothing behind them.
#[derive(Debug, Default)]
struct OutOfOrder {
    asked: std::sync::Mutex<Vec<DqlQuery>>,
    forgets: bool,
}

#[async_trait::async_trait]
impl Queries for OutOfOrder {
    async fn query(&self, query: &DqlQuery) -> Result<DqlPage, GuanceError> {
        self.asked.lock().unwrap().push(query.clone());
        let is_first = query.search_after.is_empty();
        if self.forgets && !is_first {
            return Err(forgotten());
        }
        let rows = [event(1, at("23T09:00:00")), event(2, at("23T08:00:00"))];
        Ok(DqlPage {
            rows: rows.into_iter().filter(|_| is_first).collect(),
            search_after: vec![1.into()],
        })
    }
}

const DAY: &str = "guance-logs:default:cloudtrail@2026-11-23T00:00Z+24h";

fn day() -> firstsight_source::Partition {
    firstsight_source::Partition {
        id: DAY.into(),
        units: Vec::new(),
        size_hint: 0,
    }
}

fn out_of_order(service: &Arc<OutOfOrder>, now: Timestamp) -> GuanceLogs {
    let long = GuanceLogsSettings {
        slice_hours: 24,
        ..settings(2)
    };
    let queries = Arc::clone(service) as Arc<dyn Queries>;
    GuanceLogs::over(queries, long, Arc::new(move || now))
}

#[tokio::test]
async fn rows_out_of_order_are_all_asked_for_again_an_hour_later() {
    let service = Arc::new(OutOfOrder::default());
    let partition = day();
    let first = out_of_order(&service, at("23T22:00:00"));
    let mut reader = first.reader(&partition, None);
    reader.next_payloads().await.unwrap();
    let position = reader.position().cloned();
    let second = out_of_order(&service, at("23T23:00:00"));
    second.reader(&partition, position).next_payloads().await.unwrap();
    let asked = service.asked.lock().unwrap();
    let starts: Vec<_> = asked
        .iter()
        .map(|query| (query.search_after.len(), query.time_range.0))
        .collect();
    let start = at("23T00:00:00").as_millis();
    assert_eq!(starts, [(0, start), (0, start)]);
}

#[tokio::test]
async fn a_service_that_takes_no_place_to_go_on_from_is_an_error_and_no_loop() {
    let service = Arc::new(OutOfOrder {
        forgets: true,
        ..OutOfOrder::default()
    });
    let source = out_of_order(&service, at("23T23:00:00"));
    let partition = day();
    let mut reader = source.reader(&partition, None);
    reader.next_payloads().await.unwrap();
    let error = reader.next_payloads().await.unwrap_err();
    assert!(!error.is_retryable(), "{error:?}");
    assert_eq!(service.asked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn positions_of_others_are_refused() {
    let fake = Arc::new(FakeGuance::default());
    let source = source(&fake, settings(2), at("23T12:00:00"));
    let partition = source.partitions(&TimeRange::ALL).await.unwrap().pop().unwrap();
    let reading = |from: &str, more: &str| {
        format!(
            r#"{{"reading":{{"after":[],"given":"{from}","from":"{from}","resume":"{from}","ordered":true,"started":"{from}"{more}}}}}"#
        )
    };
    let fine = "2026-11-23T12:00:00Z";
    let tokens = [
        String::new(),
        "{}".into(),
        r#"{"done":{}}"#.into(),
        r#"{"done":{"at":"yesterday"}}"#.into(),
        reading("2026-11-23T14:00:00Z", ""),
        reading(fine, r#","records":"all""#),
    ];
    let position = |token: String| Position {
        token: token.into_bytes(),
        durable: true,
    };
    for token in tokens {
        let answer = source.page(&partition, Some(position(token.clone()))).await;
        assert!(
            matches!(answer, Err(SourceError::Invalid { .. })),
            "{token}: {answer:?}"
        );
    }
    assert_eq!(fake.take_asked(), []);
    let answer = source.page(&partition, Some(position(reading(fine, "")))).await;
    assert!(answer.is_ok(), "{answer:?}");
}

fn piece(log: &str, number: usize, count: usize, text: &str) -> Row {
    let columns = serde_json::json!({
        "__truncated_id": log, "__truncated_number": number, "__truncated_count": count, "message": text,
    });
    row(at("23T06:10:00"), columns)
}

#[tokio::test]
async fn pieces_of_a_log_come_together_over_pages_and_what_lacks_one_is_a_reject() {
    let whole = super::fake::record(1, at("23T06:10:00")).to_string();
    let (a, rest) = whole.split_at(20);
    let (b, c) = rest.split_at(20);
    let rows = vec![
        event(2, at("23T06:10:00")),
        piece("LT_1", 0, 3, a),
        piece("LT_1", 1, 3, b),
        event(4, at("23T06:10:00")),
        piece("LT_1", 2, 3, c),
        piece("LT_2", 0, 3, "{\"eventTime\":"),
        piece("LT_2", 2, 3, "}"),
        event(6, at("23T06:10:00")),
    ];
    for page_rows in [2, 3, 1000] {
        let fake = Arc::new(FakeGuance::with(SOURCE, rows.clone()));
        let mut reader = Reader::default();
        let source = source(&fake, settings(page_rows), at("23T12:00:00"));
        reader.run(&source).await;
        let seen = reader.seen();
        let ids: Vec<&str> = seen
            .records
            .iter()
            .map(|one| one.rsplit(' ').next().unwrap())
            .collect();
        assert_eq!(
            ids,
            ["00000001", "00000002", "00000004", "00000006"],
            "{page_rows}"
        );
        assert_eq!(seen.rejects, [RejectReason::NotARecord], "{page_rows}");
    }
}
