//! What becomes of a delivery, the same in every store: pure functions.

use firstsight_engine::Time;

use crate::{AttemptRow, DeliveryOutcome, DeliveryRow, DeliveryState, NewDelivery, StoreError};

/// A delivery as it is planned.
pub(crate) fn planned(delivery: &NewDelivery) -> DeliveryRow {
    let state = match delivery.withheld {
        Some(_) => DeliveryState::Withheld,
        None => DeliveryState::Pending,
    };
    DeliveryRow {
        sink: delivery.sink.clone(),
        state,
        attempts: 0,
        last_attempt: None,
        message: delivery.withheld.clone().unwrap_or_default(),
        next_attempt: while_pending(state, delivery.not_before),
        bundle: delivery.bundle.clone(),
        log: Vec::new(),
    }
}

/// Whether a delivery that waits, untried, is due no later than a new one of its fault: else the new one would wait for it.
pub(crate) fn goes_with(waiting: &DeliveryRow, new: &DeliveryRow) -> bool {
    let untried = waiting.state == DeliveryState::Pending && waiting.attempts == 0;
    new.state == DeliveryState::Pending && untried && waiting.next_attempt > new.next_attempt
}

/// A delivery can be attempted while it is pending; one that is settled stays as it is.
pub(crate) fn check(state: DeliveryState, event: &str, sink: &str) -> Result<(), StoreError> {
    match state {
        DeliveryState::Pending => Ok(()),
        DeliveryState::Delivered | DeliveryState::Parked | DeliveryState::Withheld => {
            Err(StoreError::Settled {
                event: event.to_owned(),
                sink: sink.to_owned(),
                state,
            })
        }
    }
}

/// There is no such delivery.
pub(crate) fn missing(event: &str, sink: &str) -> StoreError {
    StoreError::NotFound {
        what: "delivery",
        id: format!("of {event} to {sink}"),
    }
}

/// An attempt as it begins. Until somebody says otherwise, the event may have arrived: the process may end in between.
pub(crate) fn begun(at: Time, repeatable: bool) -> AttemptRow {
    AttemptRow {
        at,
        state: None,
        message: String::new(),
        lost: true,
        repeatable,
    }
}

/// An attempt that nobody noted before it ended. Whether the sink knows events by their ids was not said.
pub(crate) fn unnoted(outcome: &DeliveryOutcome) -> AttemptRow {
    AttemptRow {
        at: outcome.at,
        state: Some(outcome.state),
        message: outcome.message.clone(),
        lost: outcome.lost,
        repeatable: false,
    }
}

/// Notes an attempt.
pub(crate) fn note(row: &mut DeliveryRow, attempt: AttemptRow) {
    row.attempts = row.attempts.saturating_add(1);
    row.last_attempt = Some(attempt.at);
    row.log.push(attempt);
    if row.log.len() > AttemptRow::KEEP {
        row.log.remove(least_telling(&row.log));
    }
}

/// The attempt to be forgotten, never the newest: the oldest of those that do not tell that an event may have come twice,
/// else the oldest.
fn least_telling(log: &[AttemptRow]) -> usize {
    let older = &log[..log.len() - 1];
    let quiet = older
        .iter()
        .position(|attempt| !attempt.lost || attempt.repeatable);
    quiet.unwrap_or_default()
}

/// Keeps the outcome of the newest attempt if it is open, else of one that nobody noted.
pub(crate) fn end(row: &mut DeliveryRow, outcome: &DeliveryOutcome) {
    match row.log.last_mut().filter(|attempt| attempt.state.is_none()) {
        Some(attempt) => {
            attempt.state = Some(outcome.state);
            attempt.message.clone_from(&outcome.message);
            attempt.lost = outcome.lost;
        }
        None => note(row, unnoted(outcome)),
    }
    row.state = outcome.state;
    row.message.clone_from(&outcome.message);
    row.next_attempt = while_pending(outcome.state, outcome.next_attempt);
}

/// When a delivery may be tried again: kept while it is pending only.
pub(crate) fn while_pending(state: DeliveryState, time: Option<Time>) -> Option<Time> {
    time.filter(|_| state == DeliveryState::Pending)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> DeliveryRow {
        planned(&NewDelivery::to("web"))
    }

    fn outcome(state: DeliveryState, lost: bool) -> DeliveryOutcome {
        DeliveryOutcome {
            state,
            at: Time::from_secs(9),
            next_attempt: Some(Time::from_secs(99)),
            message: String::new(),
            lost,
        }
    }

    fn attempt(row: &mut DeliveryRow, state: DeliveryState, lost: bool) {
        note(row, begun(Time::from_secs(1), false));
        end(row, &outcome(state, lost));
    }

    #[test]
    fn a_lost_answer_stays_among_many_attempts() {
        let mut row = row();
        attempt(&mut row, DeliveryState::Pending, true);
        for _ in 0..3 * AttemptRow::KEEP {
            attempt(&mut row, DeliveryState::Pending, false);
        }
        attempt(&mut row, DeliveryState::Delivered, false);
        assert_eq!(row.log.len(), AttemptRow::KEEP);
        assert!(row.log[0].lost && row.perhaps_twice());
    }

    #[test]
    fn the_newest_attempt_is_never_forgotten() {
        let mut row = row();
        for _ in 0..=AttemptRow::KEEP {
            note(&mut row, begun(Time::from_secs(1), false));
        }
        note(&mut row, begun(Time::from_secs(2), true));
        assert_eq!(row.log.len(), AttemptRow::KEEP);
        assert_eq!(row.log.last().map(|attempt| attempt.repeatable), Some(true));
    }

    #[test]
    fn only_a_lost_answer_and_another_sending_are_perhaps_two() {
        let cases = [
            (vec![(DeliveryState::Delivered, false)], false),
            (
                vec![(DeliveryState::Pending, false), (DeliveryState::Delivered, false)],
                false,
            ),
            (
                vec![(DeliveryState::Pending, true), (DeliveryState::Delivered, false)],
                true,
            ),
            (
                vec![(DeliveryState::Pending, true), (DeliveryState::Parked, false)],
                false,
            ),
            (
                vec![(DeliveryState::Pending, true), (DeliveryState::Pending, true)],
                true,
            ),
        ];
        for (attempts, expected) in cases {
            let mut row = row();
            for (state, lost) in &attempts {
                attempt(&mut row, *state, *lost);
            }
            assert_eq!(row.perhaps_twice(), expected, "{attempts:?}");
        }
    }
}
