//! Deliveries: in order, until each is settled.

use firstsight_engine::Time;

use super::data::{at, event, hours, judgement, query};
use super::{Outcome, Subject, done, restarted, same};
use crate::{DeliveryOutcome, DeliveryState, EventQuery, NewEvent, Store, StoreError};

async fn filled(subject: &dyn Subject, events: Vec<NewEvent>) -> Result<Box<dyn Store>, String> {
    let store = subject.fresh().await;
    let snapshot = done("judge_input", store.judge_input(&query(hours(0, 1))).await)?;
    let mut judged = judgement(hours(0, 1));
    judged.events = events;
    done("record", store.record(&judged, &snapshot.versions).await)?;
    Ok(store)
}

async fn due(store: &dyn Store, sink: &str, now: Time) -> Result<Vec<String>, String> {
    let rows = done("due", store.due(sink, now, 10).await)?;
    Ok(rows.into_iter().map(|row| row.event.id).collect())
}

fn outcome(state: DeliveryState, next_attempt: Option<Time>) -> DeliveryOutcome {
    DeliveryOutcome {
        lost: false,
        state,
        at: at(2, 0),
        next_attempt,
        message: state.as_str().to_owned(),
    }
}

/// Within a sink events come as they were recorded; within a fault the next waits for the one before.
///
/// # Errors
/// What was wrong.
pub async fn deliveries_keep_their_order(subject: &dyn Subject) -> Outcome {
    let events = vec![
        event("a1", "a", at(9, 0), &["log"]),
        event("b1", "b", at(1, 0), &["log", "web"]),
        event("a2", "a", at(2, 0), &["log", "web"]),
        event("b2", "b", at(2, 0), &["log"]),
    ];
    let store = filled(subject, events).await?;
    let now = at(3, 0);
    same!(due(&*store, "log", now).await?, ["a1", "b1"], "at first");
    same!(due(&*store, "web", now).await?, ["b1", "a2"], "of another sink");
    same!(due(&*store, "mail", now).await?.len(), 0, "of an unknown sink");
    same!(
        done("due", store.due("log", now, 1).await)?.len(),
        1,
        "at most one"
    );

    let later = outcome(DeliveryState::Pending, Some(at(4, 0)));
    done("delivered", store.delivered("a1", "log", &later).await)?;
    restarted(subject, store, async |store| {
        same!(
            due(store, "log", now).await?,
            ["b1"],
            "while the first of a fault waits for its time"
        );
        same!(
            due(store, "log", at(4, 0)).await?,
            ["a1", "b1"],
            "once its time has come"
        );
        Ok(())
    })
    .await?;
    let store = filled(
        subject,
        vec![
            event("a1", "a", at(1, 0), &["log", "web"]),
            event("a2", "a", at(2, 0), &["log", "web"]),
            event("a3", "a", at(3, 0), &["log"]),
        ],
    )
    .await?;
    done("delivered", store.delivered("a1", "log", &later).await)?;
    let row = done("due", store.due("log", at(4, 0), 1).await)?;
    same!(
        row.first().map(|row| (row.event.id.as_str(), row.attempts)),
        Some(("a1", 1)),
        "tried once"
    );
    let delivered = outcome(DeliveryState::Delivered, None);
    done("delivered", store.delivered("a1", "log", &delivered).await)?;
    same!(
        due(&*store, "log", now).await?,
        ["a2"],
        "after the first was delivered"
    );
    let parked = outcome(DeliveryState::Parked, None);
    done("delivered", store.delivered("a2", "log", &parked).await)?;
    same!(
        due(&*store, "log", now).await?,
        ["a3"],
        "after the second was parked"
    );
    same!(
        due(&*store, "web", now).await?,
        ["a1"],
        "of a sink where nothing was tried"
    );
    Ok(())
}

/// A delivery that was settled is not changed; one that does not exist is told.
///
/// # Errors
/// What was wrong.
pub async fn settled_deliveries_stay_settled(subject: &dyn Subject) -> Outcome {
    let events = vec![event("a", "f", at(1, 0), &["log", "web", "log"])];
    let store = filled(subject, events).await?;
    let states = [
        DeliveryState::Pending,
        DeliveryState::Delivered,
        DeliveryState::Parked,
    ];
    done(
        "delivered",
        store
            .delivered("a", "log", &outcome(DeliveryState::Delivered, None))
            .await,
    )?;
    done(
        "delivered",
        store
            .delivered("a", "web", &outcome(DeliveryState::Parked, None))
            .await,
    )?;
    for (sink, settled) in [("log", DeliveryState::Delivered), ("web", DeliveryState::Parked)] {
        for state in states {
            let answer = store.delivered("a", sink, &outcome(state, None)).await;
            let refused = matches!(&answer, Err(StoreError::Settled { state, .. }) if *state == settled);
            same!(refused, true, "from {settled:?} to {state:?}: {answer:?}");
        }
    }
    for (event, sink) in [("a", "mail"), ("b", "log")] {
        let answer = store
            .delivered(event, sink, &outcome(DeliveryState::Delivered, None))
            .await;
        let told = matches!(answer, Err(StoreError::NotFound { .. }));
        same!(told, true, "the delivery of {event} to {sink}: {answer:?}");
    }
    restarted(subject, store, async |store| {
        let sent = done("events", store.events(&EventQuery::default()).await)?;
        let rows: Vec<_> = sent[0]
            .deliveries
            .iter()
            .map(|row| {
                (
                    row.sink.as_str(),
                    row.state,
                    row.attempts,
                    row.last_attempt,
                    row.message.as_str(),
                )
            })
            .collect();
        let expected = [
            ("log", DeliveryState::Delivered, 1, Some(at(2, 0)), "delivered"),
            ("web", DeliveryState::Parked, 1, Some(at(2, 0)), "parked"),
        ];
        same!(rows, expected, "deliveries");
        let sinks: Vec<_> = sent[0]
            .event
            .deliveries
            .iter()
            .map(|delivery| delivery.sink.as_str())
            .collect();
        same!(sinks, ["log", "web"], "the sinks, each once");
        Ok(())
    })
    .await
}
