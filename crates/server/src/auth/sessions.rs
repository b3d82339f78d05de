//! Sessions of the page: kept here, by hashes of their ids, and ended by a restart.

use std::collections::HashMap;

use firstsight_engine::Time;

use super::Role;
use super::token::hashed;

/// At most so many at once: the one that was used longest ago gives way.
const MOST: usize = 1000;

/// Somebody who logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Session {
    pub(super) role: Role,
    pub(super) name: String,
    /// What its forms have to send back.
    pub(super) csrf: String,
    used: Time,
}

/// Those who are logged in.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    /// By the hash of the id: what is in memory lets nobody in.
    open: HashMap<[u8; 32], Session>,
}

impl Sessions {
    /// Begins one under an id that nobody can guess.
    pub(super) fn begin(&mut self, id: &str, role: Role, name: String, csrf: String, now: Time) {
        if self.open.len() >= MOST
            && let Some(oldest) = self
                .open
                .iter()
                .min_by_key(|(_, session)| session.used)
                .map(|(id, _)| *id)
        {
            self.open.remove(&oldest);
        }
        let session = Session {
            role,
            name,
            csrf,
            used: now,
        };
        self.open.insert(hashed(id), session);
    }

    /// Who it is, if the session has been used within so many seconds; it counts as used now.
    pub(super) fn find(&mut self, id: &str, idle_seconds: u32, now: Time) -> Option<Session> {
        let id = hashed(id);
        let session = self.open.get_mut(&id)?;
        let idle = now.as_millis().saturating_sub(session.used.as_millis());
        if idle > i64::from(idle_seconds) * 1000 {
            self.open.remove(&id);
            return None;
        }
        session.used = session.used.max(now);
        Some(session.clone())
    }

    /// Ends one, if there is one.
    pub(super) fn end(&mut self, id: &str) {
        self.open.remove(&hashed(id));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(seconds: i64) -> Time {
        Time::from_millis(seconds * 1000)
    }

    fn begin(sessions: &mut Sessions, id: &str, now: i64) {
        sessions.begin(id, Role::Reader, "Ana".to_owned(), "csrf".to_owned(), time(now));
    }

    #[test]
    fn a_session_lasts_while_it_is_used() {
        let mut sessions = Sessions::default();
        begin(&mut sessions, "one", 0);
        assert!(sessions.find("two", 60, time(0)).is_none());
        for now in [60, 120, 180] {
            assert_eq!(sessions.find("one", 60, time(now)).unwrap().name, "Ana");
        }
        assert!(sessions.find("one", 60, time(241)).is_none());
        assert!(
            sessions.find("one", 60, time(180)).is_none(),
            "what has ended stays ended"
        );
    }

    #[test]
    fn a_session_can_be_ended() {
        let mut sessions = Sessions::default();
        begin(&mut sessions, "one", 0);
        sessions.end("another");
        assert!(sessions.find("one", 60, time(1)).is_some());
        sessions.end("one");
        assert!(sessions.find("one", 60, time(1)).is_none());
    }

    #[test]
    fn sessions_are_bounded_and_the_one_unused_longest_gives_way() {
        let mut sessions = Sessions::default();
        for index in 0..=MOST {
            begin(&mut sessions, &index.to_string(), index as i64);
            sessions.find("0", 60, time(0));
            if index == 0 {
                sessions.find("0", 60, time(50));
            }
        }
        assert_eq!(sessions.open.len(), MOST);
        assert!(sessions.find("0", u32::MAX, time(0)).is_some());
        assert!(sessions.find("1", u32::MAX, time(0)).is_none());
    }
}
