//! Why an event is not sent: the text that the state keeps with the delivery, and how many there are.

use std::fmt;

use firstsight_engine::Time;
use firstsight_store::{DeliveryState, StoredEvent};

/// Why an event is recorded and counted, and not sent to a sink.
///
/// Its text stands in the state and in lists: names are quoted, with characters that steer a terminal written out, and
/// nobody's reasons are in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// These mutes cover all that it tells.
    Muted {
        /// Their ids.
        by: Vec<String>,
    },
    /// The sink was told of the fault, and hears no more of it until then.
    Silent {
        /// Until when.
        until: Time,
    },
    /// It came outside a policy's hours.
    OutsideHours {
        /// The policy.
        policy: String,
    },
    /// A recovery of a fault that the sink was never told of.
    NotTold,
    /// A recovery, where the policy tells none.
    NoRecovery {
        /// The policy.
        policy: String,
    },
}

const MUTED: &str = "muted by ";
const SILENT: &str = "silent until ";
const OUTSIDE_HOURS: &str = "outside the hours of ";
const NOT_TOLD: &str = "its fault was not told";
const NO_RECOVERY: &str = "no recoveries by ";

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Muted { by } => {
                let names: Vec<String> = by.iter().map(|name| quoted(name)).collect();
                write!(f, "{MUTED}{}", names.join(", "))
            }
            Self::Silent { until } => write!(f, "{SILENT}{until}"),
            Self::OutsideHours { policy } => write!(f, "{OUTSIDE_HOURS}{}", quoted(policy)),
            Self::NotTold => f.write_str(NOT_TOLD),
            Self::NoRecovery { policy } => write!(f, "{NO_RECOVERY}{}", quoted(policy)),
        }
    }
}

/// The most characters of a name that are shown.
const LONGEST_NAME: usize = 100;

/// Debug text writes out what cannot be printed, bidirectional controls included.
fn quoted(name: &str) -> String {
    let shown: String = name.chars().take(LONGEST_NAME).collect();
    format!("{shown:?}")
}

/// How many events were not sent, by why: each counts once for each reason that it has at one sink or another.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WithheldCounts {
    /// Muted.
    pub muted: u64,
    /// Silent.
    pub silent: u64,
    /// Outside the hours.
    pub outside_hours: u64,
    /// Recoveries that a sink was not told.
    pub recoveries: u64,
}

/// Counts the events that were not sent to a sink, by why.
#[must_use]
pub fn counted(events: &[StoredEvent]) -> WithheldCounts {
    let with = |prefixes: &[&str]| {
        let has = |event: &&StoredEvent| {
            let withheld = event
                .deliveries
                .iter()
                .filter(|row| row.state == DeliveryState::Withheld);
            let mut reasons = withheld.map(|row| row.message.as_str());
            reasons.any(|reason| prefixes.iter().any(|prefix| reason.starts_with(prefix)))
        };
        events.iter().filter(has).count() as u64
    };
    WithheldCounts {
        muted: with(&[MUTED]),
        silent: with(&[SILENT]),
        outside_hours: with(&[OUTSIDE_HOURS]),
        recoveries: with(&[NOT_TOLD, NO_RECOVERY]),
    }
}

/// `2 events muted, 1 silent`; empty when there are none.
impl fmt::Display for WithheldCounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.muted, "muted"),
            (self.silent, "silent"),
            (self.outside_hours, "outside the hours"),
            (self.recoveries, "recovered untold"),
        ];
        let mut first = true;
        for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
            match (first, count) {
                (true, 1) => write!(f, "1 event {what}")?,
                (true, _) => write!(f, "{count} events {what}")?,
                (false, _) => write!(f, ", {count} {what}")?,
            }
            first = false;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use firstsight_store::{DeliveryRow, NewEvent};

    use super::*;

    fn event(withheld: &[Withheld]) -> StoredEvent {
        let row = |why: &Withheld| DeliveryRow {
            sink: "chat".to_owned(),
            state: DeliveryState::Withheld,
            attempts: 0,
            last_attempt: None,
            message: why.to_string(),
            next_attempt: None,
            bundle: String::new(),
            log: Vec::new(),
        };
        StoredEvent {
            event: NewEvent {
                id: String::new(),
                fault: String::new(),
                account: String::new(),
                status: String::new(),
                time: Time::MIN,
                body: Vec::new(),
                deliveries: Vec::new(),
                facets: firstsight_store::EventFacets::default(),
            },
            inspection: String::new(),
            deliveries: withheld.iter().map(row).collect(),
        }
    }

    fn muted(by: &str) -> Withheld {
        Withheld::Muted {
            by: vec![by.to_owned()],
        }
    }

    #[test]
    fn a_hostile_name_does_no_harm() {
        let text = muted("a\x1b[31m\u{202e}\"b\n").to_string();
        assert_eq!(text, r#"muted by "a\u{1b}[31m\u{202e}\"b\n""#);
        assert!(muted(&"x".repeat(5000)).to_string().len() < 200);
    }

    #[test]
    fn events_are_counted_by_why_they_were_not_sent() {
        let silent = Withheld::Silent {
            until: Time::from_secs(0),
        };
        let outside = Withheld::OutsideHours {
            policy: "day".to_owned(),
        };
        let none = Withheld::NoRecovery {
            policy: "day".to_owned(),
        };
        let events = [
            event(&[muted("a"), muted("a")]),
            event(&[muted("b"), silent]),
            event(&[outside]),
            event(&[Withheld::NotTold]),
            event(&[none]),
            event(&[]),
        ];
        let counts = counted(&events);
        let expected = WithheldCounts {
            muted: 2,
            silent: 1,
            outside_hours: 1,
            recoveries: 2,
        };
        assert_eq!(counts, expected);
        assert_eq!(
            counts.to_string(),
            "2 events muted, 1 silent, 1 outside the hours, 2 recovered untold"
        );
        assert_eq!(counted(&events[..1]).to_string(), "1 event muted");
        assert_eq!(WithheldCounts::default().to_string(), "");
    }

    #[test]
    fn what_waits_or_was_sent_is_not_counted() {
        let mut sent = event(&[muted("a")]);
        sent.deliveries[0].state = DeliveryState::Parked;
        assert_eq!(counted(&[sent]), WithheldCounts::default());
    }
}
