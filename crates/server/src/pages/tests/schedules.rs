//! What a schedule means, told before it is saved.

use http::StatusCode;

use super::markup::{parse, text as text_of};
use super::served::Served;
use crate::testing::text;

#[tokio::test]
async fn the_next_three_times_are_told_before_it_is_saved() {
    let served = Served::new(false).await;
    let part = served
        .page("/inspections/main/times?schedule=30+2+*+*+1-5&lang=en")
        .await;
    let moments: Vec<String> = parse(&part)
        .iter()
        .filter(|element| element.tag == "time")
        .map(|element| element.attribute("datetime").to_owned())
        .collect();
    assert_eq!(
        moments,
        [
            "2026-02-02T02:30:00Z",
            "2026-02-03T02:30:00Z",
            "2026-02-04T02:30:00Z"
        ]
    );
    // The other half of the schedule is what holds: here the expression, every hour.
    let zone = served
        .page("/inspections/main/times?time_zone=Asia%2FKolkata&lang=en")
        .await;
    assert!(zone.contains("2026-01-31 18:00 Asia/Kolkata"), "{zone}");
}

#[tokio::test]
async fn what_is_wrong_with_it_is_told_beside_the_field() {
    let served = Served::new(false).await;
    for (query, said) in [
        ("schedule=61+*+*+*+*", "minute"),
        ("schedule=", "Not valid:"),
        ("time_zone=Europe%2F%3Cb%3E", "Europe/&lt;b&gt;"),
        ("schedule=0+0+30+2+*", "no tick within eight years"),
    ] {
        let part = served
            .page(&format!("/inspections/main/times?{query}&lang=en"))
            .await;
        assert!(part.contains(said), "{query}: {part}");
        assert!(!part.contains("<b>") && !part.contains("<ol"), "{query}: {part}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_it_is_told_in_chinese() {
    let served = Served::new(false).await;
    let part = served
        .page("/inspections/main/times?schedule=61+*+*+*+*&lang=zh")
        .await;
    assert!(
        part.contains("计划的“分”字段 &quot;61&quot;：61 不在 0 到 59 之间"),
        "{part}"
    );
}

#[tokio::test]
async fn the_fields_of_a_schedule_ask_for_it() {
    let served = Served::new(false).await;
    let elements = parse(&served.page("/inspections/payments").await);
    let asked: Vec<(&str, &str)> = elements
        .iter()
        .filter(|element| element.has("data-times"))
        .map(|element| {
            (
                element.attribute("data-times"),
                element.attribute("data-times-of"),
            )
        })
        .collect();
    assert_eq!(
        asked,
        [
            ("/inspections/payments/times", "schedule"),
            ("/inspections/payments/times", "time_zone")
        ]
    );
    let unknown = served.get("/inspections/nobody/times").await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
    assert!(text_of(&text(unknown).await).contains("no inspection called"));
}
