use std::cmp::Reverse;
use std::collections::BTreeSet;

use firstsight_daemon::Control;

use super::*;
use crate::fixture::Fixture;

#[tokio::test]
async fn the_audit_log_is_one_over_all_inspections() {
    let fixture = Fixture::shared().await;
    let all = audit(&*fixture.control, None, "", 1000).await.unwrap();
    assert_eq!(all.next, None);
    let all = all.items;
    let times: Vec<_> = all.iter().map(|line| Reverse(line.entry.said.at)).collect();
    assert!(times.is_sorted());
    let inspections: BTreeSet<_> = all.iter().map(|line| line.inspection.as_str()).collect();
    assert_eq!(Vec::from_iter(inspections), ["main", "payments", "sandbox"]);
    let actions: BTreeSet<_> = all.iter().map(|line| line.entry.action.as_str()).collect();
    for action in [
        "acknowledge",
        "expect",
        "archive",
        "resolve",
        "mute",
        "unmute",
        "remark",
        "override",
    ] {
        assert!(actions.contains(action), "{action} of {actions:?}");
    }
    let one = audit(&*fixture.control, Some("sandbox"), "", 10).await.unwrap();
    assert_eq!(one.items.len(), 1);
    assert_eq!(
        audit(&*fixture.control, Some("nobody"), "", 10)
            .await
            .unwrap_err()
            .status,
        404
    );
    assert_eq!(
        audit(&*fixture.control, None, "", 0).await.unwrap_err().status,
        400
    );
}

#[tokio::test]
async fn the_audit_log_is_walked_through_by_pages() {
    let fixture = Fixture::shared().await;
    let all = audit(&*fixture.control, None, "", 1000).await.unwrap().items;
    for limit in [1, 3, 7] {
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = audit(&*fixture.control, None, &cursor, limit).await.unwrap();
            assert!(page.items.len() == limit || page.next.is_none());
            walked.extend(page.items);
            let Some(next) = page.next else { break };
            cursor = next;
        }
        assert_eq!(walked, all, "{limit} at a time");
    }
    let other = Cursor {
        order: "events".to_owned(),
        ..Cursor::default()
    };
    let refused = audit(&*fixture.control, None, &other.encode(), 1).await;
    assert_eq!(refused.unwrap_err().status, 400);
}

#[tokio::test]
async fn mutes_are_listed_with_their_state() {
    let fixture = Fixture::shared().await;
    let all = mutes(&*fixture.control, None, true).await.unwrap();
    let states: Vec<_> = all.iter().map(|line| line.state.as_str()).collect();
    assert_eq!(
        states,
        [
            "active", "active", "active", "between", "upcoming", "expired", "ended"
        ]
    );
    let configured: Vec<_> = all.iter().filter(|line| line.inspection.is_empty()).collect();
    assert_eq!(
        (configured.len(), configured[0].id.as_str(), &configured[0].set),
        (1, "known-probes", &None)
    );
    let standing = mutes(&*fixture.control, None, false).await.unwrap();
    assert!(standing.iter().all(|line| line.ended.is_none()) && standing.len() == 6);
    let of = mutes(&*fixture.control, Some("payments"), false).await.unwrap();
    assert!(
        of.iter()
            .all(|line| ["", "payments"].contains(&line.inspection.as_str()))
    );
}

#[tokio::test]
async fn a_mute_is_set_and_ended() {
    let fixture = Fixture::new().await;
    let control = &*fixture.control;
    let mute = NewMute {
        name: "roll-out".to_owned(),
        reason: "TICKET-1".to_owned(),
        service: "iam".to_owned(),
        duration: "2h".to_owned(),
        ..NewMute::default()
    };
    let version = control.version();
    let set = set_mute(control, "main", &mute, "alice").await.unwrap();
    assert_eq!((set.state.as_str(), set.inspection.as_str()), ("active", "main"));
    assert_eq!(
        set.summary,
        "service iam; 2026-01-31T12:10:00Z to 2026-01-31T14:10:00Z"
    );
    assert_eq!(set.set.as_ref().unwrap().note, "roll-out: TICKET-1");
    assert!(control.version() > version);
    assert_eq!(
        set_mute(control, "main", &mute, "alice").await.unwrap().state,
        "active",
        "again, under another id"
    );
    end_mute(control, "main", &set.id, "done", "bob").await.unwrap();
    let ended = mutes(control, Some("main"), true).await.unwrap();
    let ended = ended.iter().find(|line| line.id == set.id).unwrap();
    assert_eq!(
        (ended.state.as_str(), ended.ended.as_ref().unwrap().by.as_str()),
        ("ended", "bob")
    );
    let again = end_mute(control, "main", &set.id, "", "bob").await.unwrap_err();
    assert_eq!(again.status, 404);
}

#[tokio::test]
async fn a_mute_that_makes_no_sense_is_refused() {
    let fixture = Fixture::new().await;
    let control = &*fixture.control;
    let before = mutes(control, None, true).await.unwrap();
    let refused = async |change: fn(&mut NewMute)| {
        let mut mute = NewMute::default();
        change(&mut mute);
        let problem = set_mute(control, "main", &mute, "alice").await.unwrap_err();
        (
            problem.status,
            problem.detail.split(':').next().unwrap_or_default().to_owned(),
        )
    };
    assert_eq!(
        refused(|m| m.duration = "soon".to_owned()).await,
        (400, "duration".to_owned())
    );
    assert_eq!(
        refused(|m| m.duration = "0".to_owned()).await,
        (400, "duration".to_owned())
    );
    assert_eq!(
        refused(|m| m.actor = " x".to_owned()).await,
        (400, "actor".to_owned())
    );
    assert_eq!(
        refused(|m| m.cluster = "3f2a".to_owned()).await,
        (400, "cluster".to_owned())
    );
    assert_eq!(
        refused(|m| m.cluster = "0".repeat(32)).await,
        (400, "cluster".to_owned())
    );
    assert_eq!(
        refused(|m| m.reason = "x".repeat(2001)).await,
        (400, "note".to_owned())
    );
    let unknown = set_mute(control, "nobody", &NewMute::default(), "alice")
        .await
        .unwrap_err();
    assert_eq!(unknown.status, 404);
    assert_eq!(mutes(control, None, true).await.unwrap(), before);
}
