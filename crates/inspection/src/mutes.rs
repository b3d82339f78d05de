//! Mutes of the state: set, ended and listed, each with who, when and why in the audit log.

use firstsight_engine::{Digest, Time};
use firstsight_store::{Said, Store, StoreError, StoredMute};
use serde::Serialize;

use crate::alert::{Filter, Mute, MuteTime, Pattern, decode_mute, encode_mute};
use crate::error::{InspectionError, chain};

/// Digits of an id: more where they are taken.
const ID_DIGITS: [usize; 3] = [8, 16, 32];

/// Sets a mute under an id that follows from what it says, who says it and when; gives it with that id.
///
/// # Errors
/// When the state cannot be written, or the very same mute was set before ([`StoreError::Taken`]); nothing was set.
pub async fn mute(store: &dyn Store, mute: Mute, said: Said) -> Result<Mute, InspectionError> {
    let mut taken = None;
    for digits in ID_DIGITS {
        let mute = Mute {
            id: id_of(&mute, &said, digits),
            ..mute.clone()
        };
        let stored = StoredMute {
            id: mute.id.clone(),
            body: encode_mute(&mute),
            summary: summary(&mute),
            set: said.clone(),
            ended: None,
        };
        match store.set_mute(&stored).await {
            Ok(()) => return Ok(mute),
            Err(error @ StoreError::Taken { .. }) => taken = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    let nothing = StoreError::NotFound {
        what: "free id for the mute",
        id: String::new(),
    };
    Err(taken.unwrap_or(nothing).into())
}

fn id_of(mute: &Mute, said: &Said, digits: usize) -> String {
    let unnamed = Mute {
        id: String::new(),
        ..mute.clone()
    };
    let body = String::from_utf8_lossy(&encode_mute(&unnamed)).into_owned();
    let id = Digest::of(&["mute", &body, &said.by, &said.at.to_string()]).to_string();
    id.chars().take(digits).collect()
}

/// Ends a mute: from the next judgement on it holds no more, for whatever window.
///
/// # Errors
/// [`StoreError::NotFound`] when no such mute stands (mutes of a configuration are ended there); when the state cannot be
/// written.
pub async fn unmute(store: &dyn Store, id: &str, said: &Said) -> Result<(), InspectionError> {
    Ok(store.end_mute(id, said).await?)
}

/// A mute of the state as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ListedMute {
    /// Its id.
    pub id: String,
    /// How it stands.
    pub state: MuteState,
    /// From when it holds, this time or next; `None` when it will not, or has no beginning.
    pub from: Option<Time>,
    /// Until when (excluded).
    pub until: Option<Time>,
    /// What it says; `None` when it cannot be read.
    pub mute: Option<Mute>,
    /// A line about it; what is wrong with it where it cannot be read.
    pub summary: String,
    /// Who set it, when and why.
    pub set: Said,
    /// Who ended it, when and why.
    pub ended: Option<Said>,
}

/// How a mute stands at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MuteState {
    /// It holds.
    Holds,
    /// It will hold.
    Waits,
    /// It is over, and nobody has ended it.
    Expired,
    /// Somebody has ended it.
    Ended,
    /// It cannot be read, and mutes nothing.
    Unreadable,
}

impl MuteState {
    /// The word that people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Waits => "waits",
            Self::Expired => "expired",
            Self::Ended => "ended",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The mutes of the state by id, as they stand now: those that nobody has ended, or all that are remembered.
///
/// # Errors
/// When the state cannot be read. A mute that cannot be is listed as such.
pub async fn list(store: &dyn Store, now: Time, ended_too: bool) -> Result<Vec<ListedMute>, InspectionError> {
    let mutes = store.mutes(ended_too).await?;
    Ok(mutes.into_iter().map(|mute| listed(mute, now)).collect())
}

fn listed(stored: StoredMute, now: Time) -> ListedMute {
    let read = decode_mute(&stored.id, &stored.body);
    let summary = match &read {
        Ok(_) => stored.summary,
        Err(error) => chain(error),
    };
    let mute = read.ok();
    let next = mute.as_ref().and_then(|mute| mute.next(now));
    let state = match (&stored.ended, &mute, next) {
        (Some(_), _, _) => MuteState::Ended,
        (None, None, _) => MuteState::Unreadable,
        (None, Some(_), None) => MuteState::Expired,
        (None, Some(_), Some((from, _))) if from <= now => MuteState::Holds,
        (None, Some(_), Some(_)) => MuteState::Waits,
    };
    let shown = next.filter(|_| stored.ended.is_none());
    ListedMute {
        id: stored.id,
        state,
        from: shown.map(|(from, _)| from).filter(|from| *from > Time::MIN),
        until: shown.and_then(|(_, until)| until),
        mute,
        summary,
        set: stored.set,
        ended: stored.ended,
    }
}

/// A line about a mute, for the audit log: what it mutes, and when.
#[must_use]
pub fn summary(mute: &Mute) -> String {
    let when = match &mute.when {
        MuteTime::Once { from, until } => once(*from, *until),
        MuteTime::Repeating { repeat, zone } => {
            let days: Vec<String> = repeat
                .days
                .iter()
                .map(|day| format!("{day:?}").to_lowercase())
                .collect();
            let days = if days.is_empty() {
                "every day".to_owned()
            } else {
                days.join(", ")
            };
            let (hour, minute) = (repeat.at / 60, repeat.at % 60);
            format!(
                "{days} at {hour:02}:{minute:02} {} for {} min",
                zone.0, repeat.minutes
            )
        }
    };
    let expires = mute
        .expires
        .map(|time| format!(", expires {time}"))
        .unwrap_or_default();
    format!("{}; {when}{expires}", what(&mute.filter))
}

fn once(from: Option<Time>, until: Option<Time>) -> String {
    match (from, until) {
        (None, None) => "until it is ended".to_owned(),
        (None, Some(until)) => format!("until {until}"),
        (Some(from), None) => format!("from {from}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}

fn what(filter: &Filter) -> String {
    let texts = |patterns: &[Pattern]| patterns.iter().cloned().map(String::from).collect::<Vec<_>>();
    let class = |class| serde_json::to_value(class).ok()?.as_str().map(str::to_owned);
    let fields = [
        ("inspection", texts(&filter.inspections)),
        ("account", texts(&filter.accounts)),
        ("service", texts(&filter.services)),
        ("call", texts(&filter.calls)),
        ("error code", texts(&filter.error_codes)),
        ("class", filter.classes.iter().filter_map(class).collect()),
        ("actor", texts(&filter.actors)),
        (
            "cluster",
            filter.clusters.iter().map(ToString::to_string).collect(),
        ),
    ];
    let asked = fields.into_iter().filter(|(_, values)| !values.is_empty());
    let asked: Vec<String> = asked
        .map(|(name, values)| format!("{name} {}", values.join(" or ")))
        .collect();
    if asked.is_empty() {
        "everything".to_owned()
    } else {
        asked.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use firstsight_engine::Class;
    use firstsight_store::AuditQuery;
    use firstsight_store::memory::MemoryStore;

    use super::*;
    use crate::alert::{Day, Repeat, ZoneName};

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn said(note: &str) -> Said {
        Said {
            by: "alice".to_owned(),
            at: at("2026-11-23T12:00:00Z"),
            note: note.to_owned(),
        }
    }

    fn until(end: &str) -> Mute {
        let actors = vec![Pattern::try_from("*pentest*".to_owned()).unwrap()];
        Mute {
            id: String::new(),
            filter: Filter {
                actors,
                ..Filter::default()
            },
            when: MuteTime::Once {
                from: Some(at("2026-11-24T02:00:00Z")),
                until: Some(at(end)),
            },
            reason: "TICKET-12".to_owned(),
            expires: None,
        }
    }

    #[tokio::test]
    async fn a_mute_is_set_listed_and_ended_with_audit() {
        let store = MemoryStore::new();
        let set = mute(&store, until("2026-11-24T06:00:00Z"), said("TICKET-12"))
            .await
            .unwrap();
        assert_eq!(set.id.len(), 8);
        let stands = async |now, ended_too| {
            let listed = list(&store, at(now), ended_too).await.unwrap();
            listed
                .into_iter()
                .map(|mute| (mute.state, mute.until))
                .collect::<Vec<_>>()
        };
        let end = Some(at("2026-11-24T06:00:00Z"));
        assert_eq!(
            stands("2026-11-23T12:00:00Z", false).await,
            [(MuteState::Waits, end)]
        );
        assert_eq!(
            stands("2026-11-24T02:00:00Z", false).await,
            [(MuteState::Holds, end)]
        );
        assert_eq!(
            stands("2026-11-24T06:00:00Z", false).await,
            [(MuteState::Expired, None)]
        );
        unmute(&store, &set.id, &said("done")).await.unwrap();
        assert!(stands("2026-11-24T02:00:00Z", false).await.is_empty());
        assert_eq!(
            stands("2026-11-24T02:00:00Z", true).await,
            [(MuteState::Ended, None)]
        );
        let audit = store.audit(&AuditQuery::default()).await.unwrap();
        let actions: Vec<&str> = audit.iter().map(|entry| entry.action.as_str()).collect();
        assert_eq!(actions, ["unmute", "mute"]);
        assert_eq!(
            audit[1].after,
            "actor *pentest*; 2026-11-24T02:00:00Z to 2026-11-24T06:00:00Z"
        );
    }

    #[tokio::test]
    async fn the_same_mute_at_the_same_time_has_one_id_and_longer_ones_where_it_is_taken() {
        let store = MemoryStore::new();
        let mut ids = Vec::new();
        for _ in 0..3 {
            ids.push(
                mute(&store, until("2026-11-24T06:00:00Z"), said(""))
                    .await
                    .unwrap()
                    .id,
            );
        }
        assert_eq!(ids.iter().map(String::len).collect::<Vec<_>>(), [8, 16, 32]);
        let again = mute(&store, until("2026-11-24T06:00:00Z"), said("")).await;
        assert!(matches!(
            again,
            Err(InspectionError::Store(StoreError::Taken { .. }))
        ));
        let other = mute(&store, until("2026-11-24T07:00:00Z"), said(""))
            .await
            .unwrap();
        assert!(other.id.len() == 8 && !ids.contains(&other.id));
    }

    #[tokio::test]
    async fn what_does_not_stand_cannot_be_ended() {
        let store = MemoryStore::new();
        let ended = unmute(&store, "4f1c", &said("")).await;
        assert!(matches!(
            ended,
            Err(InspectionError::Store(StoreError::NotFound { .. }))
        ));
    }

    #[tokio::test]
    async fn a_mute_that_cannot_be_read_is_listed_as_such() {
        let store = MemoryStore::new();
        let damaged = StoredMute {
            id: "4f1c".to_owned(),
            body: b"{".to_vec(),
            summary: "everything".to_owned(),
            set: said(""),
            ended: None,
        };
        store.set_mute(&damaged).await.unwrap();
        let listed = list(&store, at("2026-11-24T02:00:00Z"), false).await.unwrap();
        assert_eq!(listed[0].state, MuteState::Unreadable);
        assert!(
            listed[0]
                .summary
                .starts_with("mute 4f1c of the state cannot be read")
        );
    }

    #[test]
    fn a_summary_says_what_and_when() {
        let repeating = Mute {
            filter: Filter {
                services: vec![Pattern::try_from("iam".to_owned()).unwrap()],
                classes: vec![Class::AccessDenied, Class::Throttling],
                ..Filter::default()
            },
            when: MuteTime::Repeating {
                repeat: Repeat {
                    days: vec![Day::Sat, Day::Sun],
                    at: 125,
                    minutes: 120,
                },
                zone: ZoneName("Europe/Berlin".to_owned()),
            },
            expires: Some(at("2027-01-01T00:00:00Z")),
            ..until("2026-11-24T06:00:00Z")
        };
        assert_eq!(
            summary(&repeating),
            "service iam, class access-denied or throttling; sat, sun at 02:05 Europe/Berlin for 120 min, \
             expires 2027-01-01T00:00:00Z"
        );
        let everything = Mute {
            filter: Filter::default(),
            when: MuteTime::Once {
                from: None,
                until: None,
            },
            ..until("2026-11-24T06:00:00Z")
        };
        assert_eq!(summary(&everything), "everything; until it is ended");
    }
}
