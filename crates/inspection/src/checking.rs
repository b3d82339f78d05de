//! What a state says of how findings come: is there history, is it judged, is it told.

use std::collections::BTreeMap;

use firstsight_engine::{Hour, Range, Time};
use firstsight_sink::checkup::{CheckOutcome, CheckStep};
use firstsight_sink::text::counted;
use firstsight_store::{DeliveryState, EventQuery, Overview, Store, StoreError};

use crate::Settings;
use crate::error::chain;

/// Runs are expected to come once an hour, and CloudTrail's records within minutes.
const STALE_HOURS: i64 = 3;
/// Accounts that are named one by one.
const NAMED: usize = 5;

/// Checks a state that could be opened. Reads only; a failure is a step, too.
pub async fn check_state(store: &dyn Store, settings: &Settings, now: Time) -> Vec<CheckStep> {
    match look(store, settings, now).await {
        Ok(steps) => steps,
        Err(error) => vec![unreadable_state(&error)],
    }
}

/// The step of a state that cannot be opened or read.
#[must_use]
pub fn unreadable_state(error: &StoreError) -> CheckStep {
    let advice = match error {
        StoreError::Newer { .. } => "use the firstsight that wrote it, or a newer one",
        StoreError::Busy { .. } => "wait for the other process, or end it",
        StoreError::CannotOpen { .. } | StoreError::NotAState { .. } => {
            "check --state (or FIRSTSIGHT_STATE), and whether this user may read and write the file and its folder"
        }
        _ => "check the disk and the file's folder",
    };
    CheckStep::new("state", CheckOutcome::Bad, chain(error), Some(advice))
}

async fn look(store: &dyn Store, settings: &Settings, now: Time) -> Result<Vec<CheckStep>, StoreError> {
    let overview = store.overview(&Range::ALL).await?;
    let windows = store.judged(&settings.inspection, 1).await?;
    let mut steps = vec![CheckStep::new(
        "state",
        CheckOutcome::Good,
        format!("opened, grouping version {}", overview.grouping_version),
        None,
    )];
    steps.push(records(&overview, now));
    steps.extend(history(&overview, settings, now));
    steps.push(match windows.last() {
        None => hindering(
            "last window",
            "none was judged yet".to_owned(),
            "run 'firstsight inspect' with this --state",
        ),
        Some(last) => window(last.window, last.complete, now),
    });
    steps.push(deliveries(store, settings).await?);
    Ok(steps)
}

fn records(overview: &Overview, now: Time) -> CheckStep {
    let Some(records) = &overview.records else {
        return hindering(
            "newest record",
            "the state holds no record".to_owned(),
            "run 'firstsight inspect' with this --state",
        );
    };
    let found = format!("{} in the state, {} ago", records.last, length(records.last, now));
    if records.last.plus_millis(STALE_HOURS * HOUR_MILLIS) < now {
        hindering(
            "newest record",
            found,
            "run 'firstsight inspect' with this --state once an hour",
        )
    } else {
        CheckStep::new("newest record", CheckOutcome::Good, found, None)
    }
}

/// A step for each account that is still learning, and one for the others together.
fn history(overview: &Overview, settings: &Settings, now: Time) -> Vec<CheckStep> {
    let enough = |since: &Hour| now.hour().index() - since.index() >= settings.min_history_hours;
    let (known, learning): (Vec<_>, Vec<_>) = first_hours(overview)
        .into_iter()
        .partition(|(_, since)| enough(since));
    let mut steps: Vec<CheckStep> = learning
        .iter()
        .take(NAMED)
        .map(|(account, since)| {
            let until = since.plus(settings.min_history_hours);
            let found =
                format!("known since {since}, learning until {until}: findings are shown, not alerted");
            CheckStep {
                account: Some(account.clone()),
                ..hindering(
                    "history",
                    found,
                    "wait, read older records once, or lower --min-history",
                )
            }
        })
        .collect();
    if learning.len() > NAMED {
        let found = format!("{} more accounts are learning", learning.len() - NAMED);
        steps.push(hindering(
            "history",
            found,
            "wait, read older records once, or lower --min-history",
        ));
    }
    if let Some((account, since)) = known.iter().max_by_key(|(_, since)| *since) {
        let found = format!(
            "{} with enough of it; the shortest is that of account {account}, since {since}",
            counted(known.len() as u64, "account", "accounts")
        );
        steps.push(CheckStep::new("history", CheckOutcome::Good, found, None));
    }
    steps
}

/// By account, the first hour that holds records of it.
fn first_hours(overview: &Overview) -> BTreeMap<String, Hour> {
    let counted = overview.traffic.iter().chain(&overview.errors);
    let mut first = BTreeMap::new();
    for (account, hours) in counted {
        for hour in hours {
            let known = first.entry(account.clone()).or_insert(hour.hour);
            *known = (*known).min(hour.hour);
        }
    }
    first
}

fn window(window: Range, complete: bool, now: Time) -> CheckStep {
    let found = format!("{window} was judged last");
    if !complete {
        let found = format!("{found}, from input that could not be read to its end");
        return hindering(
            "last window",
            found,
            "look into the last run's report for what was unread, and mend it",
        );
    }
    if window.end.plus_millis(STALE_HOURS * HOUR_MILLIS) < now {
        let found = format!("{found}, {} ago", length(window.end, now));
        return hindering(
            "last window",
            found,
            "run 'firstsight inspect' with this --state once an hour",
        );
    }
    CheckStep::new("last window", CheckOutcome::Good, found, None)
}

async fn deliveries(store: &dyn Store, settings: &Settings) -> Result<CheckStep, StoreError> {
    let query = EventQuery {
        inspection: Some(settings.inspection.clone()),
        ..EventQuery::default()
    };
    let events = store.events(&query).await?;
    let in_state = |state: DeliveryState| {
        let deliveries = events.iter().flat_map(|event| &event.deliveries);
        deliveries.filter(|delivery| delivery.state == state).count()
    };
    let (waiting, refused) = (in_state(DeliveryState::Pending), in_state(DeliveryState::Parked));
    let found = format!(
        "{}, {waiting} undelivered, {refused} refused",
        counted(events.len() as u64, "event", "events")
    );
    Ok(if refused > 0 {
        hindering(
            "deliveries",
            found,
            "'firstsight events --format json' tells which, and what the sink said",
        )
    } else if waiting > 0 {
        hindering(
            "deliveries",
            found,
            "the next 'firstsight inspect' with this --state delivers them",
        )
    } else {
        CheckStep::new("deliveries", CheckOutcome::Good, found, None)
    })
}

/// A warning that keeps findings from coming.
fn hindering(name: &str, found: String, advice: &str) -> CheckStep {
    CheckStep {
        hinders: true,
        ..CheckStep::new(name, CheckOutcome::Warning, found, Some(advice))
    }
}

const HOUR_MILLIS: i64 = 3_600_000;

/// `5 h`, `3 d`: whole hours, whole days from two on.
fn length(from: Time, to: Time) -> String {
    match (to.as_millis() - from.as_millis()).max(0) / HOUR_MILLIS {
        0 => "less than an hour".to_owned(),
        hours if hours < 48 => format!("{hours} h"),
        hours => format!("{} d", hours / 24),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use firstsight_source::LogSource;
    use firstsight_source::memory::MemorySource;
    use firstsight_store::memory::MemoryStore;

    use super::*;
    use crate::{Ingest, Silent, ingest, judge_window};

    const NOW: &str = "2026-01-31T12:10:00Z";

    fn now() -> Time {
        NOW.parse().unwrap()
    }

    /// A state that has read one denied call a time given.
    async fn state(times: &[&str]) -> Arc<dyn Store> {
        let records: Vec<String> = times
            .iter()
            .enumerate()
            .map(|(call, time)| {
                format!(
                    r#"{{"eventTime":"{time}","eventSource":"iam.amazonaws.com","eventName":"Call{call}","errorCode":"AccessDenied","recipientAccountId":"111122223333","eventID":"{time}"}}"#
                )
            })
            .collect();
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        let source: Arc<dyn LogSource> = Arc::new(MemorySource::new([("one", records.join("\n"))]));
        let progress: Arc<dyn crate::Progress> = Arc::new(Silent);
        ingest(&source, &store, &Ingest::new("test", now()), &progress)
            .await
            .unwrap();
        store
    }

    async fn told(store: &Arc<dyn Store>) -> Vec<String> {
        let steps = check_state(&**store, &Settings::default(), now()).await;
        let line = |step: &CheckStep| {
            let mark = match (step.outcome, step.hinders) {
                (CheckOutcome::Good, _) => '+',
                (CheckOutcome::Warning, true) => '!',
                (outcome, hinders) => panic!("{outcome:?} {hinders}"),
            };
            assert_eq!(step.advice.is_some(), step.hinders);
            format!("{mark} {}: {}", step.name, step.found)
        };
        steps.iter().map(line).collect()
    }

    #[tokio::test]
    async fn a_state_that_runs_well() {
        let store = state(&["2026-01-02T00:00:00Z", "2026-01-31T11:30:00Z"]).await;
        let end = now().hour();
        judge_window(&*store, &Settings::default(), end, true, now())
            .await
            .unwrap();
        assert_eq!(
            told(&store).await,
            [
                &format!(
                    "+ state: opened, grouping version {}",
                    firstsight_engine::GROUPING_VERSION
                ),
                "+ newest record: 2026-01-31T11:30:00Z in the state, less than an hour ago",
                "+ history: 1 account with enough of it; the shortest is that of account 111122223333, since 2026-01-02T00:00:00Z",
                "+ last window: 2026-01-31T11:00:00Z to 2026-01-31T12:00:00Z was judged last",
                "+ deliveries: 1 event, 0 undelivered, 0 refused",
            ]
        );
    }

    #[tokio::test]
    async fn an_event_that_no_sink_has_taken() {
        let store = state(&["2026-01-02T00:00:00Z", "2026-01-31T11:30:00Z"]).await;
        let settings = Settings {
            alerting: crate::alert::Alerting {
                sinks: vec!["pager".to_owned()],
                ..crate::alert::Alerting::default()
            },
            ..Settings::default()
        };
        judge_window(&*store, &settings, now().hour(), true, now())
            .await
            .unwrap();
        assert_eq!(
            told(&store).await.last().unwrap(),
            "! deliveries: 1 event, 1 undelivered, 0 refused"
        );
    }

    #[tokio::test]
    async fn an_account_that_is_learning_and_a_run_long_ago() {
        let store = state(&["2026-01-29T03:20:00Z"]).await;
        let end = "2026-01-29T04:00:00Z".parse::<Time>().unwrap().hour();
        judge_window(&*store, &Settings::default(), end, false, now())
            .await
            .unwrap();
        assert_eq!(
            told(&store).await[1..],
            [
                "! newest record: 2026-01-29T03:20:00Z in the state, 2 d ago",
                "! history: known since 2026-01-29T03:00:00Z, learning until 2026-02-05T03:00:00Z: findings are shown, not alerted",
                "! last window: 2026-01-29T03:00:00Z to 2026-01-29T04:00:00Z was judged last, from input that could not be read to its end",
                "+ deliveries: 0 events, 0 undelivered, 0 refused",
            ]
        );
    }

    #[tokio::test]
    async fn an_empty_state() {
        let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
        assert_eq!(
            told(&store).await[1..],
            [
                "! newest record: the state holds no record",
                "! last window: none was judged yet",
                "+ deliveries: 0 events, 0 undelivered, 0 refused",
            ]
        );
    }

    #[test]
    fn a_state_that_cannot_be_read_is_bad() {
        let step = unreadable_state(&StoreError::ReadOnly);
        assert_eq!((step.outcome, step.hinders), (CheckOutcome::Bad, true));
        assert_eq!(step.found, "the state is open for reading only");
    }
}
