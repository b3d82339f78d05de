use firstsight_engine::Locale;
use firstsight_store::DeliveryState;

use super::*;
use crate::fixture::Fixture;

fn asking(change: impl FnOnce(&mut EventFilter)) -> EventFilter {
    let mut filter = EventFilter {
        limit: Some(200),
        ..EventFilter::default()
    };
    change(&mut filter);
    filter
}

async fn found(fixture: &Fixture, change: impl FnOnce(&mut EventFilter)) -> Vec<EventLine> {
    events(&*fixture.control, &asking(change)).await.unwrap().items
}

#[tokio::test]
async fn all_pages_together_are_the_whole_list() {
    let fixture = Fixture::shared().await;
    let whole = events(&*fixture.control, &asking(|_| ())).await.unwrap();
    assert_eq!(whole.next, None);
    let inspections: std::collections::BTreeSet<_> =
        whole.items.iter().map(|line| &line.inspection).collect();
    assert!(inspections.len() > 1 && whole.items.len() > 20, "{inspections:?}");
    for limit in [1, 3, 7] {
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let filter = EventFilter {
                cursor,
                limit: Some(limit),
                ..EventFilter::default()
            };
            let page = events(&*fixture.control, &filter).await.unwrap();
            walked.extend(page.items);
            let Some(next) = page.next else { break };
            cursor = next;
        }
        assert_eq!(walked, whole.items, "limit {limit}");
    }
    let times: Vec<_> = whole
        .items
        .iter()
        .map(|line| std::cmp::Reverse(line.time))
        .collect();
    assert!(times.is_sorted());
}

#[tokio::test]
async fn each_filter_gives_just_what_it_asks_for() {
    let fixture = Fixture::shared().await;
    let all = found(fixture, |_| ()).await;
    let kept =
        |keep: fn(&EventLine) -> bool| all.iter().filter(|line| keep(line)).cloned().collect::<Vec<_>>();
    let cases = [
        (
            found(fixture, |f| f.status = "ok,critical".to_owned()).await,
            kept(|l| ["ok", "critical"].contains(&l.status.as_str())),
        ),
        (
            found(fixture, |f| f.inspection = "payments".to_owned()).await,
            kept(|l| l.inspection == "payments"),
        ),
        (
            found(fixture, |f| f.account = "444455556666".to_owned()).await,
            kept(|l| l.account == "444455556666"),
        ),
        (
            found(fixture, |f| f.service = "cloudtrail".to_owned()).await,
            kept(|l| l.services.iter().any(|s| s == "cloudtrail.amazonaws.com")),
        ),
        (
            found(fixture, |f| f.actor = "ROOT".to_owned()).await,
            kept(|l| l.actors.iter().any(|a| a.to_lowercase().contains("root"))),
        ),
        (
            found(fixture, |f| f.from = "6h".to_owned()).await,
            kept(|l| l.time.to_string().as_str() >= "2026-01-31T06:10:00Z"),
        ),
        (
            found(fixture, |f| f.text = "stoplogging".to_owned()).await,
            kept(|l| l.status == "critical"),
        ),
    ];
    for (number, (asked, expected)) in cases.into_iter().enumerate() {
        assert!(!asked.is_empty() && asked.len() < all.len(), "case {number}");
        assert_eq!(asked, expected, "case {number}");
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_field() {
    let fixture = Fixture::shared().await;
    let refused = async |change: fn(&mut EventFilter)| {
        let problem = events(&*fixture.control, &asking(change)).await.unwrap_err();
        (
            problem.status,
            problem.detail.split(':').next().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(
        refused(|f| f.status = "urgent".to_owned()).await,
        (400, "status".to_owned())
    );
    assert_eq!(refused(|f| f.limit = Some(0)).await, (400, "limit".to_owned()));
    assert_eq!(
        refused(|f| f.from = "soon".to_owned()).await,
        (400, "from".to_owned())
    );
    assert_eq!(
        refused(|f| f.cluster = "3f".to_owned()).await,
        (400, "cluster".to_owned())
    );
    assert_eq!(
        refused(|f| f.cursor = "%%".to_owned()).await,
        (400, "cursor".to_owned())
    );
    assert_eq!(refused(|f| f.inspection = "nobody".to_owned()).await.0, 404);
}

#[tokio::test]
async fn an_event_tells_all_around_it() {
    let fixture = Fixture::shared().await;
    let critical = found(fixture, |f| f.status = "critical".to_owned()).await;
    let detail = event(&*fixture.control, &critical[0].id, Locale::English)
        .await
        .unwrap();
    assert_eq!(
        (detail.event.id.as_str(), detail.title.as_str()),
        (critical[0].id.as_str(), detail.event.title.as_str())
    );
    assert_eq!(
        detail.attributes[0],
        ("account".to_owned(), "111122223333".to_owned())
    );
    assert!(
        detail
            .attributes
            .contains(&("call".to_owned(), "cloudtrail:StopLogging".to_owned()))
    );
    assert_eq!(detail.notifications.len(), 3);
    let fault = detail.fault.unwrap();
    assert_eq!(
        (fault.id.as_str(), fault.recovered),
        (detail.event.fault.id.as_str(), None)
    );
    assert_eq!(fault.events, detail.history.len() as u64 + 1);
    assert!(
        detail
            .history
            .iter()
            .all(|line| line.fault == fault.id && line.id != detail.event.id)
    );
    let clusters: std::collections::BTreeSet<_> = detail
        .event
        .findings
        .iter()
        .map(|f| f.cluster.to_string())
        .collect();
    let told: std::collections::BTreeSet<_> = detail.clusters.iter().map(|line| line.id.clone()).collect();
    assert_eq!(told, clusters);
    let chinese = event(&*fixture.control, &detail.event.id, Locale::Chinese)
        .await
        .unwrap();
    assert!(chinese.title.starts_with("账户"), "{}", chinese.title);
}

#[tokio::test]
async fn related_events_are_of_other_faults_near_in_time() {
    let fixture = Fixture::shared().await;
    let mut seen = 0;
    for line in found(fixture, |_| ()).await {
        let detail = event(&*fixture.control, &line.id, Locale::English).await.unwrap();
        seen += detail.related.len();
        assert!(detail.related.len() <= 20);
        for related in detail.related {
            assert_ne!(related.event.fault, line.fault);
            assert!(!related.shares.is_empty());
            let apart = related.event.time.as_millis().abs_diff(line.time.as_millis());
            assert!(apart <= 24 * 3_600_000, "{apart}");
        }
    }
    assert!(seen > 10, "{seen}");
}

#[tokio::test]
async fn notifications_say_what_became_of_them() {
    let fixture = Fixture::shared().await;
    let mut states = std::collections::BTreeSet::new();
    let mut twice = 0;
    for line in found(fixture, |_| ()).await {
        let detail = event(&*fixture.control, &line.id, Locale::English).await.unwrap();
        twice += detail
            .notifications
            .iter()
            .filter(|line| line.perhaps_twice)
            .count();
        states.extend(detail.notifications.iter().map(|line| line.delivery.state));
    }
    use DeliveryState::{Delivered, Parked, Pending, Withheld};
    assert_eq!(Vec::from_iter(states), [Pending, Delivered, Parked, Withheld]);
    assert!(twice > 0);
}

#[tokio::test]
async fn there_is_no_event_of_another_id() {
    let fixture = Fixture::shared().await;
    let problem = event(&*fixture.control, "0", Locale::English).await.unwrap_err();
    assert_eq!(problem.status, 404);
}
