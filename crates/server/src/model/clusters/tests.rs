use std::collections::BTreeSet;

use super::*;
use crate::fixture::Fixture;

fn asking(change: impl FnOnce(&mut ClusterFilter)) -> ClusterFilter {
    let mut filter = ClusterFilter {
        limit: Some(200),
        ..ClusterFilter::default()
    };
    change(&mut filter);
    filter
}

/// All pages of a list, of so many rows each.
async fn walk(fixture: &Fixture, filter: &ClusterFilter, limit: u32) -> Vec<ClusterLine> {
    let (mut walked, mut cursor) = (Vec::new(), String::new());
    loop {
        let filter = ClusterFilter {
            cursor,
            limit: Some(limit),
            ..filter.clone()
        };
        let page = clusters(&*fixture.control, &filter).await.unwrap();
        walked.extend(page.items);
        match page.next {
            Some(next) => cursor = next,
            None => return walked,
        }
    }
}

#[tokio::test]
async fn all_pages_together_are_the_whole_list_in_every_order() {
    let fixture = Fixture::shared().await;
    let mut totals = BTreeSet::new();
    for (sort, ..) in SORTS {
        let filter = asking(|f| f.sort = sort.to_owned());
        let whole = walk(fixture, &filter, 200).await;
        assert_eq!(walk(fixture, &filter, 23).await, whole, "{sort}");
        let ids: BTreeSet<_> = whole.iter().map(|line| (&line.inspection, &line.id)).collect();
        assert_eq!(ids.len(), whole.len(), "{sort}: each once");
        totals.insert(whole.len());
        let values: Vec<_> = whole
            .iter()
            .map(|line| match sort.trim_start_matches('-') {
                "last-seen" => (line.last_seen.as_millis(), ""),
                "first-seen" => (line.first_seen.as_millis(), ""),
                "count" => (i64::try_from(line.count).unwrap(), ""),
                _ => (0, line.account.as_str()),
            })
            .collect();
        let mut sorted = values.clone();
        sorted.sort_unstable();
        if sort.starts_with('-') {
            sorted.reverse();
        }
        assert_eq!(values, sorted, "{sort}");
    }
    assert_eq!(totals.len(), 1, "{totals:?}");
}

#[tokio::test]
async fn each_filter_gives_just_what_it_asks_for() {
    let fixture = Fixture::shared().await;
    let all = walk(fixture, &asking(|_| ()), 200).await;
    type Case = (&'static str, ClusterFilter, fn(&ClusterLine) -> bool);
    let cases: [Case; 9] = [
        (
            "inspection",
            asking(|f| f.inspection = "payments".to_owned()),
            |l| l.inspection == "payments",
        ),
        (
            "account",
            asking(|f| f.account = "444455556666".to_owned()),
            |l| l.account == "444455556666",
        ),
        ("service", asking(|f| f.service = "iam,kms".to_owned()), |l| {
            ["iam.amazonaws.com", "kms.amazonaws.com"].contains(&l.event_source.as_str())
        }),
        ("class", asking(|f| f.class = "access-denied".to_owned()), |l| {
            l.class == "access-denied"
        }),
        (
            "archived",
            asking(|f| f.life_cycle = "archived".to_owned()),
            |l| l.life_cycle.starts_with("archived"),
        ),
        (
            "resolved",
            asking(|f| f.life_cycle = "resolved".to_owned()),
            |l| l.life_cycle == "resolved",
        ),
        ("owner", asking(|f| f.owner = "team-identity".to_owned()), |l| {
            l.owner == "team-identity"
        }),
        ("noise", asking(|f| f.noise = "yes".to_owned()), |l| {
            !l.noise.is_empty()
        }),
        ("quiet", asking(|f| f.noise = "no".to_owned()), |l| {
            l.noise.is_empty()
        }),
    ];
    for (name, filter, keep) in cases {
        let found = walk(fixture, &filter, 200).await;
        let expected: Vec<_> = all.iter().filter(|line| keep(line)).cloned().collect();
        assert!(
            !found.is_empty() && found.len() < all.len(),
            "{name}: {}",
            found.len()
        );
        assert_eq!(found, expected, "{name}");
    }
    let text = walk(fixture, &asking(|f| f.text = "STOPLOGGING".to_owned()), 200).await;
    assert!(!text.is_empty() && text.iter().all(|line| line.event_name == "StopLogging"));
}

#[tokio::test]
async fn a_sparkline_has_a_bar_a_day() {
    let fixture = Fixture::shared().await;
    for line in walk(fixture, &asking(|_| ()), 200).await {
        assert_eq!(line.days.len(), 14);
        // Everything in the made-up world happened within two days.
        assert_eq!(line.days.iter().sum::<u64>(), line.count, "{line:?}");
        assert_eq!(line.days[..11], [0; 11]);
    }
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_the_field() {
    let fixture = Fixture::shared().await;
    let refused = async |change: fn(&mut ClusterFilter)| {
        let problem = clusters(&*fixture.control, &asking(change)).await.unwrap_err();
        (
            problem.status,
            problem.detail.split(':').next().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(
        refused(|f| f.sort = "size".to_owned()).await,
        (400, "sort".to_owned())
    );
    assert_eq!(
        refused(|f| f.class = "odd".to_owned()).await,
        (400, "class".to_owned())
    );
    assert_eq!(
        refused(|f| f.life_cycle = "gone".to_owned()).await,
        (400, "life_cycle".to_owned())
    );
    assert_eq!(
        refused(|f| f.noise = "maybe".to_owned()).await,
        (400, "noise".to_owned())
    );
    assert_eq!(refused(|f| f.limit = Some(201)).await, (400, "limit".to_owned()));
    assert_eq!(refused(|f| f.inspection = "nobody".to_owned()).await.0, 404);
    let other = Cursor {
        order: "clusters name".to_owned(),
        ..Cursor::default()
    };
    let filter = ClusterFilter {
        cursor: other.encode(),
        ..ClusterFilter::default()
    };
    assert_eq!(
        clusters(&*fixture.control, &filter).await.unwrap_err().status,
        400
    );
}

/// The chart of two weeks lost what came on the morning of the day that they begin on.
#[tokio::test]
async fn two_weeks_of_hours_are_as_many_as_the_chart_shows() {
    let fixture = Fixture::shared().await;
    let range = last_hours(&*fixture.control);
    assert_eq!(range.hours().count(), 14 * 24);
    assert!(range.start < last_days(&*fixture.control).start);
    assert!(range.contains(fixture.control.now()));
}

#[tokio::test]
async fn every_cluster_of_the_list_has_details() {
    let fixture = Fixture::shared().await;
    let (mut findings, mut audited) = (0, 0);
    for line in walk(fixture, &asking(|_| ()), 200).await {
        let detail = cluster(&*fixture.control, &line.inspection, &line.id)
            .await
            .unwrap();
        assert_eq!(detail.line, line);
        assert_eq!(detail.row.id.to_string(), line.id);
        findings += detail.findings.len();
        audited += usize::from(!detail.audit.is_empty());
    }
    assert!(findings > 20 && audited > 6, "{findings} {audited}");
    for (inspection, id) in [
        ("main", "0"),
        ("main", "00000000000000000000000000000000"),
        ("nobody", "0"),
    ] {
        assert_eq!(
            cluster(&*fixture.control, inspection, id)
                .await
                .unwrap_err()
                .status,
            404
        );
    }
}

fn word(life_cycle: &str, note: &str) -> LifeCycleWord {
    LifeCycleWord {
        life_cycle: life_cycle.to_owned(),
        note: note.to_owned(),
    }
}

#[tokio::test]
async fn what_is_said_of_a_cluster_shows_and_is_audited() {
    use firstsight_daemon::Control;
    let fixture = Fixture::new().await;
    let control = &*fixture.control;
    let line = clusters(control, &asking(|f| f.inspection = "main".to_owned()))
        .await
        .unwrap()
        .items
        .swap_remove(9);
    for (said, stands) in [
        ("acknowledged", "acknowledged"),
        ("archived", "archived-until-escalation"),
        ("archived-forever", "archived"),
        (
            "archived-until:2026-03-01T00:00:00Z",
            "archived-until:2026-03-01T00:00:00Z",
        ),
        ("resolved", "resolved"),
        ("open", "open"),
    ] {
        let version = control.version();
        let detail = set_life_cycle(control, "main", &line.id, &word(said, "because"), "alice")
            .await
            .unwrap();
        assert_eq!(detail.line.life_cycle, stands);
        let entry = &detail.audit[0];
        assert_eq!(
            (
                entry.said.by.as_str(),
                entry.said.note.as_str(),
                entry.after.as_str()
            ),
            ("alice", "because", stands)
        );
        assert!(control.version() > version, "live pages are told");
    }
    let refused = set_life_cycle(control, "main", &line.id, &word("gone", ""), "alice")
        .await
        .unwrap_err();
    assert_eq!(refused.status, 400);
    let long = "x".repeat(Said::MAX_NOTE + 1);
    let refused = set_life_cycle(control, "main", &line.id, &word("open", &long), "alice")
        .await
        .unwrap_err();
    assert_eq!(refused.status, 400);
    let unknown = "00000000000000000000000000000000";
    let refused = set_life_cycle(control, "main", unknown, &word("open", ""), "alice")
        .await
        .unwrap_err();
    assert_eq!(refused.status, 404);
}

#[tokio::test]
async fn an_owner_and_a_note_are_written_beside_a_cluster() {
    let fixture = Fixture::new().await;
    let control = &*fixture.control;
    let line = clusters(control, &asking(|f| f.inspection = "main".to_owned()))
        .await
        .unwrap()
        .items
        .swap_remove(9);
    let said = Remark {
        owner: Some(" team-network ".to_owned()),
        note: None,
    };
    let detail = remark(control, "main", &line.id, &said, "bob").await.unwrap();
    assert_eq!(
        (detail.line.owner.as_str(), &detail.line.note),
        ("team-network", &line.note)
    );
    assert_eq!(
        (detail.audit[0].action.as_str(), detail.audit[0].said.by.as_str()),
        ("remark", "bob")
    );
    let long = Remark {
        owner: Some("x".repeat(Said::MAX_BY + 1)),
        note: None,
    };
    assert_eq!(
        remark(control, "main", &line.id, &long, "bob")
            .await
            .unwrap_err()
            .status,
        400
    );
}
