//! Attempts: noted before, told after, kept within a bound.

use firstsight_engine::Time;

use super::data::{at, event, said};
use super::outbox::filled;
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    AttemptRow, AuditQuery, DeliveryOutcome, DeliveryRow, DeliveryState, EventQuery, Store, StoreError,
};

fn outcome(state: DeliveryState, lost: bool) -> DeliveryOutcome {
    DeliveryOutcome {
        state,
        at: at(5, 0),
        next_attempt: Some(at(6, 0)),
        message: "said".to_owned(),
        lost,
    }
}

async fn begin(store: &dyn Store, events: &[&str], at: Time, repeatable: bool) -> Outcome {
    let events: Vec<_> = events.iter().map(|id| (*id).to_owned()).collect();
    done("attempt", store.attempt(&events, "web", at, repeatable).await)
}

async fn end(store: &dyn Store, event: &str, outcome: &DeliveryOutcome) -> Outcome {
    done("delivered", store.delivered(event, "web", outcome).await)
}

/// The delivery of an event to `web`.
async fn row(store: &dyn Store, event: &str) -> Result<DeliveryRow, String> {
    let events = done("events", store.events(&EventQuery::default()).await)?;
    let stored = events.into_iter().find(|stored| stored.event.id == event);
    let rows = stored.map(|stored| stored.deliveries).unwrap_or_default();
    let row = rows.into_iter().find(|row| row.sink == "web");
    row.ok_or_else(|| format!("no delivery of {event}"))
}

fn attempt(at: Time, state: Option<DeliveryState>, lost: bool, repeatable: bool) -> AttemptRow {
    AttemptRow {
        at,
        state,
        message: state.map_or("", |_| "said").to_owned(),
        lost,
        repeatable,
    }
}

/// Each attempt is told with its outcome; one that nobody ended may have arrived, from its beginning on.
///
/// # Errors
/// What was wrong.
pub async fn attempts_are_kept_one_by_one(subject: &dyn Subject) -> Outcome {
    use DeliveryState::{Delivered, Parked, Pending};
    let store = filled(subject, vec![event("a", "f", at(1, 0), &["log", "web"])]).await?;
    begin(&*store, &["a"], at(2, 0), false).await?;
    restarted(subject, store, async |store| {
        let row = row(store, "a").await?;
        same!(row.log, [attempt(at(2, 0), None, true, false)], "under way");
        same!((row.attempts, row.last_attempt), (1, Some(at(2, 0))), "attempts");
        same!(row.perhaps_twice(), false, "one attempt comes once at most");
        Ok(())
    })
    .await?;
    let store = filled(subject, vec![event("a", "f", at(1, 0), &["log", "web"])]).await?;
    begin(&*store, &["a"], at(2, 0), false).await?;
    begin(&*store, &["a"], at(3, 0), true).await?;
    end(&*store, "a", &outcome(Pending, false)).await?;
    end(&*store, "a", &outcome(Pending, true)).await?;
    begin(&*store, &["a"], at(4, 0), false).await?;
    end(&*store, "a", &outcome(Delivered, false)).await?;
    restarted(subject, store, async |store| {
        let expected = [
            attempt(at(2, 0), None, true, false),
            attempt(at(3, 0), Some(Pending), false, true),
            // Nobody noted its beginning.
            attempt(at(5, 0), Some(Pending), true, false),
            attempt(at(4, 0), Some(Delivered), false, false),
        ];
        let row = row(store, "a").await?;
        same!(row.log, expected, "the log");
        same!((row.attempts, row.last_attempt), (4, Some(at(4, 0))), "attempts");
        same!((row.state, row.next_attempt), (Delivered, None), "the state");
        same!(row.perhaps_twice(), true, "after a lost answer");
        Ok(())
    })
    .await?;
    let store = filled(subject, vec![event("a", "f", at(1, 0), &["web"])]).await?;
    begin(&*store, &["a"], at(2, 0), false).await?;
    end(&*store, "a", &outcome(Parked, false)).await?;
    let told = row(&*store, "a").await?;
    same!(
        told.log,
        [attempt(at(2, 0), Some(Parked), false, false)],
        "refused"
    );
    same!(told.message, "said", "what the sink said");
    Ok(())
}

/// An attempt of what is not pending is refused, and of no event of it anything is noted.
///
/// # Errors
/// What was wrong.
pub async fn attempts_begin_for_all_or_none(subject: &dyn Subject) -> Outcome {
    let events = ["a", "b", "c"].map(|id| event(id, id, at(1, 0), &["web"]));
    let store = filled(subject, events.to_vec()).await?;
    begin(&*store, &["c"], at(2, 0), false).await?;
    end(&*store, "c", &outcome(DeliveryState::Delivered, false)).await?;
    for (second, settled) in [("c", true), ("unknown", false)] {
        let asked = ["a".to_owned(), second.to_owned()];
        let answer = store.attempt(&asked, "web", at(2, 0), true).await;
        let told = match &answer {
            Err(StoreError::Settled { event, .. }) => settled && event == second,
            Err(StoreError::NotFound { .. }) => !settled,
            _ => false,
        };
        same!(told, true, "an attempt of {second}: {answer:?}");
        same!(row(&*store, "a").await?.log, [], "nothing was noted");
    }
    begin(&*store, &["a", "b"], at(2, 0), true).await?;
    for event in ["a", "b"] {
        same!(row(&*store, event).await?.attempts, 1, "attempts of {event}");
    }
    Ok(())
}

/// So many attempts are kept, and of those rather the ones that tell that an event may have come twice; all are counted.
///
/// # Errors
/// What was wrong.
pub async fn attempts_are_bounded(subject: &dyn Subject) -> Outcome {
    let store = filled(subject, vec![event("a", "f", at(1, 0), &["web"])]).await?;
    begin(&*store, &["a"], at(1, 0), false).await?;
    for minute in 0..AttemptRow::KEEP as i64 + 5 {
        begin(&*store, &["a"], at(2, minute), false).await?;
        end(&*store, "a", &outcome(DeliveryState::Pending, minute == 7)).await?;
    }
    let row = row(&*store, "a").await?;
    same!(row.attempts as usize, AttemptRow::KEEP + 6, "attempts");
    same!(row.log.len(), AttemptRow::KEEP, "kept");
    let lost: Vec<_> = row
        .log
        .iter()
        .filter(|attempt| attempt.lost)
        .map(|attempt| attempt.at)
        .collect();
    same!(lost, [at(1, 0), at(2, 7)], "those that may have arrived");
    let newest = row.log.last().map(|attempt| attempt.at);
    same!(newest, Some(at(2, AttemptRow::KEEP as i64 + 4)), "the newest one");
    Ok(())
}

/// What is pending at a sink can be held back; what was to wait longer does, and other sinks go on.
///
/// # Errors
/// What was wrong.
pub async fn deliveries_are_held_back_for_their_sink(subject: &dyn Subject) -> Outcome {
    let events = vec![
        event("a", "f", at(1, 0), &["log", "web"]),
        event("b", "g", at(1, 0), &["log", "web"]),
        event("c", "h", at(1, 0), &["log", "web"]),
    ];
    let store = filled(subject, events).await?;
    let later = DeliveryOutcome {
        next_attempt: Some(at(5, 0)),
        ..outcome(DeliveryState::Pending, false)
    };
    done("delivered", store.delivered("a", "web", &later).await)?;
    let delivered = outcome(DeliveryState::Delivered, false);
    done("delivered", store.delivered("b", "web", &delivered).await)?;
    done("hold back", store.hold_back("web", at(4, 0)).await)?;
    restarted(subject, store, async |store| {
        for (sink, time, expected) in [
            ("web", at(3, 59), &[][..]),
            ("web", at(4, 0), &["c"]),
            ("web", at(5, 0), &["a", "c"]),
            ("log", at(3, 0), &["a", "b", "c"]),
        ] {
            let due = done("due", store.due(sink, time, 9).await)?;
            let due: Vec<_> = due.iter().map(|row| row.event.id.as_str()).collect();
            same!(due, expected, "what is due");
        }
        Ok(())
    })
    .await
}

/// What a sink refused can be made due again, of one sink or of all; its log goes on.
///
/// # Errors
/// What was wrong.
pub async fn parked_deliveries_are_retried_when_asked(subject: &dyn Subject) -> Outcome {
    let events = vec![
        event("a", "f", at(1, 0), &["log", "web"]),
        event("b", "f", at(2, 0), &["log", "web"]),
    ];
    let store = filled(subject, events).await?;
    for sink in ["log", "web"] {
        let parked = outcome(DeliveryState::Parked, false);
        done("delivered", store.delivered("a", sink, &parked).await)?;
    }
    let delivered = outcome(DeliveryState::Delivered, false);
    done("delivered", store.delivered("b", "log", &delivered).await)?;
    same!(
        done("retry", store.retry_parked(Some("mail"), &said("again")).await)?,
        0,
        "of another sink"
    );
    same!(
        done("retry", store.retry_parked(Some("web"), &said("again")).await)?,
        1,
        "of one sink"
    );
    same!(
        done("retry", store.retry_parked(None, &said("again")).await)?,
        1,
        "of all"
    );
    same!(
        done("retry", store.retry_parked(None, &said("again")).await)?,
        0,
        "nothing is left"
    );
    restarted(subject, store, async |store| {
        let audit = done("audit", store.audit(&AuditQuery::default()).await)?;
        let told: Vec<_> = audit
            .iter()
            .map(|entry| {
                (
                    entry.action.as_str(),
                    entry.before.as_str(),
                    entry.said.by.as_str(),
                )
            })
            .collect();
        let by = said("again").by;
        same!(
            told,
            [
                ("retry", "every sink: 1 refused for good", by.as_str()),
                ("retry", "web: 1 refused for good", by.as_str())
            ],
            "the audit log, which tells nothing of what changed nothing"
        );
        for sink in ["log", "web"] {
            let due = done("due", store.due(sink, at(3, 0), 9).await)?;
            let due: Vec<_> = due
                .iter()
                .map(|row| (row.event.id.as_str(), row.attempts))
                .collect();
            same!(due, [("a", 1)], "due at {sink}");
        }
        let row = row(store, "a").await?;
        same!(
            (row.state, row.log.len()),
            (DeliveryState::Pending, 1),
            "the delivery"
        );
        Ok(())
    })
    .await
}
