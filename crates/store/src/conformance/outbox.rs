//! Deliveries: in order, until each is settled.

use firstsight_engine::Time;

use super::data::{at, event, hours, judgement, query, said};
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    DeliveryOutcome, DeliveryState, EventQuery, Judgement, NewDelivery, NewEvent, Store, StoreError,
};

pub(super) async fn filled(subject: &dyn Subject, events: Vec<NewEvent>) -> Result<Box<dyn Store>, String> {
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

/// An event whose delivery to `log` is in a bundle; alone where it is empty.
fn bundled(id: &str, fault: &str, bundle: &str) -> NewEvent {
    let mut event = event(id, fault, at(1, 0), &["log"]);
    event.deliveries[0].bundle = bundle.to_owned();
    event
}

/// A bundle comes whole, in order, and what else is pending of a fault waits for what was recorded before it.
///
/// # Errors
/// What was wrong.
pub async fn bundles_come_whole(subject: &dyn Subject) -> Outcome {
    let events = vec![
        bundled("a1", "a", "x"),
        bundled("b1", "b", ""),
        bundled("a2", "a", "x"),
        bundled("c1", "c", "x"),
        bundled("a3", "a", ""),
        bundled("a4", "a", "x"),
        bundled("b2", "b", "y"),
    ];
    let store = filled(subject, events).await?;
    restarted(subject, store, async |store| {
        let now = at(3, 0);
        let rows = done("due", store.due("log", now, 10).await)?;
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.event.id.as_str(), row.bundle.as_str()))
            .collect();
        let expected = [("a1", "x"), ("b1", ""), ("a2", "x"), ("c1", "x")];
        same!(told, expected, "in the order of recording");
        let first = done("due", store.due("log", now, 1).await)?;
        let first: Vec<_> = first.iter().map(|row| row.event.id.as_str()).collect();
        same!(first, ["a1", "a2", "c1"], "one, and what goes with it");
        same!(
            done("due", store.due("log", now, 0).await)?.len(),
            0,
            "at most none"
        );
        Ok(())
    })
    .await?;
    let store = filled(subject, vec![bundled("a1", "a", "x"), bundled("a2", "a", "x")]).await?;
    let later = outcome(DeliveryState::Pending, Some(at(4, 0)));
    done("delivered", store.delivered("a1", "log", &later).await)?;
    same!(
        due(&*store, "log", at(3, 0)).await?.len(),
        0,
        "while its first waits"
    );
    same!(due(&*store, "log", at(4, 0)).await?, ["a1", "a2"], "whole again");
    Ok(())
}

/// What is withheld is kept and never due; what is to wait is due at its time; each sink has its own plan, and the first
/// one counts.
///
/// # Errors
/// What was wrong.
pub async fn deliveries_go_as_planned(subject: &dyn Subject) -> Outcome {
    let planned = |withheld: Option<&str>, hour: Option<i64>| NewDelivery {
        withheld: withheld.map(str::to_owned),
        not_before: hour.map(|hour| at(hour, 0)),
        ..NewDelivery::to("log")
    };
    let mut muted = event("muted", "a", at(1, 0), &[]);
    muted.deliveries = vec![
        planned(Some("muted"), Some(9)),
        NewDelivery::to("web"),
        planned(None, None),
    ];
    let mut waits = event("waits", "a", at(2, 0), &[]);
    waits.deliveries = vec![NewDelivery {
        bundle: "night".to_owned(),
        ..planned(None, Some(8))
    }];
    let store = filled(subject, vec![muted.clone(), waits.clone()]).await?;
    muted.deliveries.pop();
    same!(due(&*store, "log", at(7, 59)).await?.len(), 0, "before the time");
    same!(due(&*store, "log", at(8, 0)).await?, ["waits"], "at the time");
    same!(due(&*store, "web", at(3, 0)).await?, ["muted"], "of another sink");
    for (event, settled) in [("muted", true), ("waits", false)] {
        let events = [event.to_owned()];
        let answer = store.attempt(&events, "log", at(8, 0), true).await;
        same!(answer.is_err(), settled, "an attempt of {event}: {answer:?}");
    }
    let later = outcome(DeliveryState::Pending, Some(at(20, 0)));
    done("delivered", store.delivered("waits", "log", &later).await)?;
    same!(
        done("retry", store.retry_parked(None, &said("again")).await)?,
        0,
        "withheld is not parked"
    );
    restarted(subject, store, async |store| {
        let stored = done("events", store.events(&EventQuery::default()).await)?;
        same!(stored[1].event, muted, "as given");
        same!(stored[0].event, waits, "as given, whatever became of it");
        let (log, web) = (&stored[1].deliveries[0], &stored[1].deliveries[1]);
        same!(
            (log.state, log.message.as_str()),
            (DeliveryState::Withheld, "muted"),
            "withheld"
        );
        same!(
            (log.next_attempt, log.attempts),
            (None, 0),
            "it is not to be tried"
        );
        same!(web.state, DeliveryState::Pending, "the other sink");
        let waits = &stored[0].deliveries[0];
        same!(
            (waits.next_attempt, waits.bundle.as_str()),
            (Some(at(20, 0)), "night"),
            "postponed"
        );
        Ok(())
    })
    .await
}

/// What waits of a fault does not hold back what is to be delivered earlier: it goes before it, and what goes with it of
/// other faults stays where it is. What was tried already keeps its time.
///
/// # Errors
/// What was wrong.
pub async fn what_waits_goes_with_what_is_earlier(subject: &dyn Subject) -> Outcome {
    let held = |id: &str, fault: &str, hour: Option<i64>| {
        let mut event = bundled(id, fault, if hour.is_some() { "night" } else { "" });
        event.deliveries[0].not_before = hour.map(|hour| at(hour, 0));
        event
    };
    let first = vec![
        held("a1", "a", Some(8)),
        held("b1", "b", Some(8)),
        held("c1", "c", Some(8)),
    ];
    let store = filled(subject, first).await?;
    let tried = outcome(DeliveryState::Pending, Some(at(9, 0)));
    done("delivered", store.delivered("c1", "log", &tried).await)?;
    let mut elsewhere = held("b2", "b", None);
    elsewhere.deliveries[0].sink = "web".to_owned();
    let mut muted = held("b3", "b", None);
    muted.deliveries[0].withheld = Some("muted".to_owned());
    let later = vec![held("a2", "a", Some(4)), elsewhere, muted, held("c2", "c", None)];
    for event in later {
        add(&*store, event).await?;
    }
    let waiting = due(&*store, "log", at(3, 59)).await?;
    same!(waiting.len(), 0, "all of it waits");
    let earlier = due(&*store, "log", at(4, 0)).await?;
    same!(earlier, ["a1", "a2"], "the one of the same fault comes with it");
    let all = due(&*store, "log", at(8, 0)).await?;
    same!(all, ["a1", "b1", "a2"], "another fault's keeps its time");
    add(&*store, held("a3", "a", None)).await?;
    restarted(subject, store, async |store| {
        let at_once = due(store, "log", at(2, 0)).await?;
        same!(at_once, ["a1", "a2"], "in order, before what is told at once");
        Ok(())
    })
    .await
}

/// Records one more event.
async fn add(store: &dyn Store, event: NewEvent) -> Result<(), String> {
    let asked = query(hours(0, 1));
    let snapshot = done("judge_input", store.judge_input(&asked).await)?;
    let judgement = Judgement {
        inspection: asked.inspection,
        events: vec![event],
        ..Judgement::default()
    };
    done("record", store.record(&judgement, &snapshot.versions).await)?;
    Ok(())
}
