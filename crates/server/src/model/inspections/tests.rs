use firstsight_inspection::Trigger;

use super::*;
use crate::fixture::Fixture;

#[tokio::test]
async fn each_inspection_stands_in_its_word() {
    let fixture = Fixture::shared().await;
    let lines = inspections(&*fixture.control).await.unwrap();
    let words: Vec<_> = lines
        .iter()
        .map(|line| (line.name.as_str(), line.state.as_str()))
        .collect();
    assert_eq!(
        words,
        [
            ("main", "ok"),
            ("payments", "running"),
            ("sandbox", "disabled"),
            ("legacy", "failing")
        ]
    );
    let [main, payments, sandbox, legacy] = lines.try_into().unwrap();
    assert_eq!(
        (main.schedule.as_str(), main.lag_seconds),
        ("0 * * * * (UTC)", Some(668))
    );
    assert_eq!(main.next.unwrap().to_string(), "2026-01-31T13:10:12Z");
    assert!(main.open_faults > 0 && payments.open_faults > 0);
    assert_eq!(
        (sandbox.enabled, sandbox.next, sandbox.learning),
        (false, None, 1)
    );
    assert_eq!(
        (legacy.failures, legacy.lag_seconds, legacy.open_faults),
        (4, None, 0)
    );
}

#[tokio::test]
async fn words_follow_from_runs() {
    let fixture = Fixture::new().await;
    let word = async |change: &dyn Fn(&mut firstsight_daemon::InspectionState)| {
        fixture.control.alter("main", change);
        inspections(&*fixture.control).await.unwrap()[0].state.clone()
    };
    let last = |outcome| move |state: &mut InspectionState| state.last.as_mut().unwrap().outcome = outcome;
    assert_eq!(word(&last(Outcome::Incomplete)).await, "incomplete");
    assert_eq!(word(&last(Outcome::TimedOut)).await, "failing");
    assert_eq!(word(&last(Outcome::Lost)).await, "failing");
    assert_eq!(word(&last(Outcome::Stopped)).await, "ok", "as the run before");
    assert_eq!(word(&|state| state.last_ok = None).await, "never-run");
    assert_eq!(word(&|state| state.last = None).await, "never-run");
    assert_eq!(word(&|state| state.effective.enabled = false).await, "disabled");
}

#[tokio::test]
async fn runs_are_paged() {
    let fixture = Fixture::shared().await;
    let whole = runs(&*fixture.control, "main", "", 200).await.unwrap();
    assert_eq!((whole.items.len(), &whole.next), (30, &None));
    for limit in [1, 7, 30] {
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = runs(&*fixture.control, "main", &cursor, limit).await.unwrap();
            walked.extend(page.items);
            let Some(next) = page.next else { break };
            cursor = next;
        }
        assert_eq!(walked, whole.items);
    }
    assert_eq!(
        runs(&*fixture.control, "main", "x", 1).await.unwrap_err().status,
        400
    );
    assert_eq!(
        runs(&*fixture.control, "main", "", 0).await.unwrap_err().status,
        400
    );
    assert_eq!(
        runs(&*fixture.control, "nobody", "", 1).await.unwrap_err().status,
        404
    );
}

#[tokio::test]
async fn an_inspection_tells_its_settings_and_runs() {
    let fixture = Fixture::shared().await;
    let sandbox = inspection(&*fixture.control, "sandbox", Locale::English)
        .await
        .unwrap();
    let enabled = &sandbox.settings[0];
    assert_eq!(
        (
            enabled.key.as_str(),
            enabled.configured.as_str(),
            enabled.effective.as_str()
        ),
        ("enabled", "true", "false")
    );
    assert_eq!(enabled.changed.as_ref().unwrap().by, "bob");
    assert!(
        sandbox.settings[1..]
            .iter()
            .all(|setting| setting.changed.is_none())
    );
    assert!(sandbox.other.contains(&("timeout".to_owned(), "15m".to_owned())));
    assert_eq!(sandbox.runs.len(), 3);
    assert_eq!(sandbox.policies, ["everyone", "on-call", "tickets"]);
    let payments = inspection(&*fixture.control, "payments", Locale::English)
        .await
        .unwrap();
    let running = payments.running.unwrap();
    assert_eq!(
        (running.seconds, running.run.trigger, running.run.outcome),
        (45, Trigger::Retry, Outcome::Running)
    );
    assert_eq!(payments.runs[0].seconds, 45, "so far");
    assert_eq!(
        inspection(&*fixture.control, "nobody", Locale::English)
            .await
            .unwrap_err()
            .status,
        404
    );
}

#[tokio::test]
async fn a_setting_changed_by_hand_shows() {
    use firstsight_config::OverrideKey;
    let fixture = Fixture::new().await;
    let control = &fixture.control;
    let said = asked::said(&**control, "alice", "quieter").unwrap();
    control
        .set_override("main", OverrideKey::Schedule, "0 */2 * * *", &said)
        .await
        .unwrap();
    let detail = inspection(&**control, "main", Locale::English).await.unwrap();
    assert_eq!(detail.line.schedule, "0 */2 * * * (UTC)");
    let changed: Vec<_> = detail
        .settings
        .iter()
        .filter(|setting| setting.changed.is_some())
        .collect();
    assert_eq!((changed.len(), changed[0].key.as_str()), (1, "schedule"));
    assert!(control.export_overrides().contains("0 */2 * * *"));
    let wrong = control
        .set_override("main", OverrideKey::Schedule, "soon", &said)
        .await
        .unwrap_err();
    assert_eq!(Problem::from(wrong).status, 422);
    control
        .drop_override("main", OverrideKey::Schedule, &said)
        .await
        .unwrap();
    let again = inspection(&**control, "main", Locale::English).await.unwrap();
    assert_eq!(again.line.schedule, "0 * * * * (UTC)");
    let gone = control
        .drop_override("main", OverrideKey::Schedule, &said)
        .await
        .unwrap_err();
    assert_eq!(Problem::from(gone).status, 404);
}

/// The keys of the answers about the last run of an inspection.
async fn why(name: &str) -> Vec<String> {
    let fixture = Fixture::shared().await;
    let detail = inspection(&*fixture.control, name, Locale::English)
        .await
        .unwrap();
    detail.why.answers.into_iter().map(|(key, _)| key).collect()
}

#[tokio::test]
async fn why_it_is_quiet_is_told_of_every_inspection() {
    assert_eq!(why("legacy").await, ["failed"]);
    assert_eq!(why("sandbox").await[0], "disabled");
    assert!(why("sandbox").await.contains(&"learning".to_owned()));
    let payments = why("payments").await;
    assert!(
        payments.contains(&"unread".to_owned()) && payments.contains(&"rejects".to_owned()),
        "{payments:?}"
    );
    let main = why("main").await;
    assert_eq!(main[0], "found", "{main:?}");
}
