//! How SQLite goes about searches, and what is asked of FTS5.

use firstsight_engine::{ClusterId, Digest, Range};
use sqlx::{Execute as _, Row as _};

use super::*;
use crate::sqlite::{SqliteStore, runs};

/// How SQLite goes about a statement.
async fn plan(store: &SqliteStore, mut statement: QueryBuilder<Sqlite>) -> Vec<String> {
    let explained = format!("EXPLAIN QUERY PLAN {}", statement.sql().as_str());
    let arguments = statement.build().take_arguments().unwrap().unwrap();
    let rows = sqlx::query_with(sqlx::AssertSqlSafe(explained), arguments)
        .fetch_all(&store.readers)
        .await
        .unwrap();
    rows.iter().map(|row| row.get("detail")).collect()
}

fn filters(values: &[bool], text: Option<bool>) -> Filters {
    let values = values.iter().map(|are_few| Values {
        ids: "[1]".to_owned(),
        are_few: *are_few,
    });
    let text = text.map(|are_few| Text {
        folded: "needle".to_owned(),
        few: are_few.then(|| "\"nee\"".to_owned()),
    });
    Filters {
        values: values.collect(),
        text,
    }
}

/// Searches by the columns of an event.
fn searches() -> Vec<EventSearch> {
    let any = EventSearch::default;
    let one = vec!["one".to_owned()];
    let searches = [
        any(),
        EventSearch {
            statuses: one.clone(),
            ..any()
        },
        EventSearch {
            accounts: one.clone(),
            ..any()
        },
        EventSearch {
            fault: Some("one".to_owned()),
            ..any()
        },
        EventSearch {
            times: Some(Range::ALL),
            ..any()
        },
    ];
    let behind = searches.clone().map(|search| EventSearch {
        after: Some((time(0), "x".to_owned())),
        ..search
    });
    searches.into_iter().chain(behind).collect()
}

#[tokio::test]
async fn a_list_is_walked_in_its_order_and_reads_no_body() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    for filters in [filters(&[], None), filters(&[false, false], Some(false))] {
        for search in searches() {
            let steps = plan(&store, page(&search, &filters, 50).unwrap()).await;
            let walks = steps.iter().any(|step| {
                step.contains(" e USING COVERING INDEX events_newest")
                    || step.contains(" e USING INDEX events_of_fault")
                    || step.contains(" e USING COVERING INDEX events_of_fault")
            });
            let sorts = steps.iter().any(|step| step.contains("TEMP B-TREE FOR ORDER BY"));
            assert!(walks && !sorts, "{steps:#?}\nof {search:?}");
        }
    }
}

#[tokio::test]
async fn what_is_few_is_looked_up_and_nothing_walked_through() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    let few = [
        filters(&[true], None),
        filters(&[], Some(true)),
        filters(&[true, false], Some(false)),
        filters(&[false], Some(true)),
        filters(&[true, true], Some(true)),
    ];
    for filters in few {
        for search in searches() {
            let steps = plan(&store, page(&search, &filters, 50).unwrap()).await;
            let walks = steps.iter().any(|step| step.starts_with("SCAN e "));
            assert!(!walks, "{steps:#?}\nof {filters:?} {search:?}");
        }
    }
}

#[tokio::test]
async fn runs_are_walked_in_their_order() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    let steps = plan(&store, QueryBuilder::new(runs::RUNS)).await;
    assert!(
        steps
            .iter()
            .any(|step| step.ends_with("USING INDEX runs_newest (started<?)")),
        "{steps:#?}"
    );
}

#[tokio::test]
async fn what_is_common_is_told_from_what_is_few() {
    let store = SqliteStore::open_in_memory().await.unwrap();
    let mut tx = store.write().await.unwrap();
    sqlx::raw_sql("INSERT INTO inspections VALUES (1, 'main', 1)")
        .execute(&mut *tx)
        .await
        .unwrap();
    for number in 1..=FEW {
        sqlx::query("INSERT INTO events VALUES (?1, ?1, 1, '', '', '', 0, x'')")
            .bind(number)
            .execute(&mut *tx)
            .await
            .unwrap();
        let facets = EventFacets {
            text: if number == 1 { "common once" } else { "common" }.to_owned(),
            services: vec!["iam".to_owned()],
            clusters: (number == 1)
                .then_some(ClusterId(Digest([1; 16])))
                .into_iter()
                .collect(),
            ..EventFacets::default()
        };
        super::super::facets::keep(&mut tx, number, &facets)
            .await
            .unwrap();
    }
    for (text, expected) in [
        ("common", false),
        ("once", true),
        ("common once", true),
        ("on", false),
    ] {
        let told = Text::of(&mut tx, text.to_owned()).await.unwrap();
        assert_eq!(told.few.is_some(), expected, "{text}");
    }
    let search = EventSearch {
        services: vec!["iam".to_owned()],
        cluster: Some(ClusterId(Digest([1; 16]))),
        ..EventSearch::default()
    };
    let filters = Filters::of(&mut tx, &search).await.unwrap();
    let few: Vec<_> = filters.values.iter().map(|values| values.are_few).collect();
    assert_eq!(few, [false, true], "the service, the cluster");
}

#[test]
fn a_text_is_asked_for_by_its_threes() {
    for (text, expected) in [
        ("ab", None),
        ("abc", Some(r#""abc""#)),
        ("abcd", Some(r#""abc" AND "bcd""#)),
        ("事件の", Some(r#""事件の""#)),
        (r#"a"b"#, Some(r#""a""b""#)),
    ] {
        assert_eq!(trigrams(text).as_deref(), expected, "{text}");
    }
    let long: String = ('a'..='z').cycle().take(10_000).collect();
    let asked = trigrams(&long).unwrap();
    assert!(asked.split(" AND ").count() <= MOST_TRIGRAMS, "{asked}");
}
