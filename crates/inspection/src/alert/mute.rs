//! Mutes: what is not to be sent, and until when.

use firstsight_engine::Time;
use firstsight_sink::Event;
use serde::{Deserialize, Serialize};

use super::filter::{About, Filter};
use super::schedule::{Repeat, ZoneName};
use crate::error::InspectionError;

/// A mute. An event is muted when everything that it tells is, by one mute or by several together: each of its findings, or
/// where it has none each cluster that holds its fault. Recoveries of faults that were told are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// Its id: in configurations its name, in the state chosen when it is set.
    pub id: String,
    /// What it mutes.
    pub filter: Filter,
    /// When.
    pub when: MuteTime,
    /// Why.
    pub reason: String,
    /// Over at this time, whatever `when` says.
    pub expires: Option<Time>,
}

/// When a mute holds. The last moment of the event's window decides: a mute from 02:00 until 06:00 covers the windows that end
/// at 03:00, 04:00, 05:00 and 06:00.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum MuteTime {
    /// From when until when (excluded); open ends where there is none.
    Once {
        /// From when.
        from: Option<Time>,
        /// Until when.
        until: Option<Time>,
    },
    /// Again and again.
    Repeating {
        /// When.
        repeat: Repeat,
        /// In which time zone.
        zone: ZoneName,
    },
}

impl Mute {
    /// Whether it holds at a moment.
    #[must_use]
    pub fn holds(&self, moment: Time) -> bool {
        let expired = self.expires.is_some_and(|expires| expires <= moment);
        !expired
            && match &self.when {
                MuteTime::Once { from, until } => {
                    from.is_none_or(|from| from <= moment) && until.is_none_or(|until| moment < until)
                }
                MuteTime::Repeating { repeat, zone } => repeat.holds(zone, moment),
            }
    }

    /// When it holds: now, or else when it will next (the beginning, and the end where there is one); `None` when it is over.
    #[must_use]
    pub fn next(&self, now: Time) -> Option<(Time, Option<Time>)> {
        let (begin, end) = match &self.when {
            MuteTime::Once { from, until } => (from.unwrap_or(Time::MIN), *until),
            MuteTime::Repeating { repeat, zone } => {
                let (begin, end) = repeat.around(zone, now)?;
                (begin, Some(end))
            }
        };
        let end = match (end, self.expires) {
            (Some(end), Some(expires)) => Some(end.min(expires)),
            (end, expires) => end.or(expires),
        };
        let is_over = end.is_some_and(|end| end <= now || end <= begin);
        (!is_over).then_some((begin, end))
    }

    fn covers(&self, event: &Event, about: &About) -> bool {
        self.filter.reaches(&event.inspection, &event.account) && self.filter.covers(about)
    }
}

/// The ids of the mutes that cover all that an event tells, in their order; none when something of it is not covered.
pub(super) fn muted_by<'a>(mutes: &[&'a Mute], event: &Event, about: &[About]) -> Vec<&'a str> {
    let last_moment = event.window.end.plus_millis(-1);
    let holding: Vec<&&Mute> = mutes.iter().filter(|mute| mute.holds(last_moment)).collect();
    // An event of which nothing is known tells one thing: that its account has a fault.
    let nothing = [About::default()];
    let told = if about.is_empty() { &nothing } else { about };
    let covered = |about: &About| holding.iter().any(|mute| mute.covers(event, about));
    if !told.iter().all(covered) {
        return Vec::new();
    }
    let has_part = |mute: &&&Mute| told.iter().any(|about| mute.covers(event, about));
    let parts = holding.iter().copied().filter(has_part);
    parts.map(|mute| mute.id.as_str()).collect()
}

/// A mute as bytes for the state.
#[must_use]
pub fn encode_mute(mute: &Mute) -> Vec<u8> {
    serde_json::to_vec(mute).unwrap_or_default()
}

/// A mute of the state.
///
/// # Errors
/// [`InspectionError::UndecodableMute`] when the bytes are no mute of this version.
pub fn decode_mute(id: &str, body: &[u8]) -> Result<Mute, InspectionError> {
    serde_json::from_slice(body).map_err(|source| InspectionError::UndecodableMute {
        id: id.to_owned(),
        source,
    })
}

#[cfg(test)]
mod tests {
    use firstsight_sink::EventKind;

    use super::*;
    use crate::alert::schedule::Day;
    use crate::event::tests::{example, finding};

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    fn once(from: Option<&str>, until: Option<&str>) -> MuteTime {
        MuteTime::Once {
            from: from.map(at),
            until: until.map(at),
        }
    }

    fn mute(id: &str, when: MuteTime) -> Mute {
        Mute {
            id: id.to_owned(),
            filter: Filter::default(),
            when,
            reason: "TICKET-12".to_owned(),
            expires: None,
        }
    }

    fn nightly() -> MuteTime {
        MuteTime::Repeating {
            repeat: Repeat {
                days: vec![Day::Sat],
                at: 120,
                minutes: 120,
            },
            zone: ZoneName("Europe/Berlin".to_owned()),
        }
    }

    #[test]
    fn holds_from_its_beginning_to_before_its_end() {
        let mute = mute(
            "m",
            once(Some("2026-11-24T02:00:00Z"), Some("2026-11-24T06:00:00Z")),
        );
        for (time, holds) in [
            ("2026-11-24T01:59:59.999Z", false),
            ("2026-11-24T02:00:00Z", true),
            ("2026-11-24T05:59:59.999Z", true),
            ("2026-11-24T06:00:00Z", false),
        ] {
            assert_eq!(mute.holds(at(time)), holds, "{time}");
        }
    }

    #[test]
    fn open_ends_hold_for_ever_until_it_expires() {
        let mut mute = mute("m", once(None, None));
        assert!(mute.holds(Time::MIN) && mute.holds(at("2036-01-01T00:00:00Z")));
        mute.expires = Some(at("2027-01-01T00:00:00Z"));
        assert!(mute.holds(at("2026-12-31T23:59:59Z")) && !mute.holds(at("2027-01-01T00:00:00Z")));
    }

    #[test]
    fn what_repeats_holds_by_its_zone_until_it_expires() {
        let mut mute = mute("m", nightly());
        assert!(mute.holds(at("2026-11-28T01:00:00Z")) && !mute.holds(at("2026-11-28T03:00:00Z")));
        mute.expires = Some(at("2026-11-28T02:00:00Z"));
        assert!(!mute.holds(at("2026-11-28T02:30:00Z")));
    }

    #[test]
    fn tells_when_it_holds_next() {
        let next = |mute: &Mute, now| {
            let next = mute.next(at(now));
            next.map(|(begin, end)| (begin.to_string(), end.map(|end| end.to_string())))
        };
        let berlin = mute("m", nightly());
        let saturday = (
            "2026-11-28T01:00:00Z".to_owned(),
            Some("2026-11-28T03:00:00Z".to_owned()),
        );
        assert_eq!(next(&berlin, "2026-11-24T00:00:00Z"), Some(saturday.clone()));
        assert_eq!(next(&berlin, "2026-11-28T02:00:00Z"), Some(saturday));
        let expiring = Mute {
            expires: Some(at("2026-11-28T00:00:00Z")),
            ..berlin
        };
        assert_eq!(next(&expiring, "2026-11-24T00:00:00Z"), None);
        let once = mute("m", once(Some("2026-11-24T02:00:00Z"), None));
        assert_eq!(
            next(&once, "2026-11-23T00:00:00Z"),
            Some(("2026-11-24T02:00:00Z".to_owned(), None))
        );
    }

    #[test]
    fn covers_an_event_by_the_last_moment_of_its_window() {
        // The window of the example is from 01:00 to 02:00.
        let event = example(EventKind::Opened, &[&finding(1)]);
        let about = [About::from(&finding(1))];
        for (from, until, muted) in [
            ("1970-01-01T01:00:00Z", "1970-01-01T02:00:00Z", true),
            ("1970-01-01T01:59:59.999Z", "1970-01-01T02:00:00Z", true),
            ("1970-01-01T02:00:00Z", "1970-01-01T03:00:00Z", false),
            ("1970-01-01T01:00:00Z", "1970-01-01T01:59:59.999Z", false),
        ] {
            let mute = mute("m", once(Some(from), Some(until)));
            assert_eq!(
                !muted_by(&[&mute], &event, &about).is_empty(),
                muted,
                "{from} {until}"
            );
        }
    }

    #[test]
    fn covers_an_event_only_with_all_that_it_tells() {
        let event = example(EventKind::Opened, &[&finding(1), &finding(2)]);
        let about = [About::from(&finding(1)), About::from(&finding(2))];
        let of = |id: &str, cluster: u8| {
            let mut mute = mute(id, once(None, None));
            mute.filter.clusters = vec![finding(cluster).cluster];
            mute
        };
        let (first, second, third) = (of("first", 1), of("second", 2), of("third", 3));
        assert!(muted_by(&[&first], &event, &about).is_empty());
        assert_eq!(
            muted_by(&[&first, &second, &third], &event, &about),
            ["first", "second"]
        );
        assert_eq!(muted_by(&[&first], &event, &about[..1]), ["first"]);
    }

    #[test]
    fn covers_an_event_of_which_nothing_is_known_by_its_account_alone() {
        let event = example(EventKind::Ongoing, &[]);
        let mut account = mute("account", once(None, None));
        account.filter.accounts = vec![super::super::Pattern::try_from("1111*".to_owned()).unwrap()];
        assert_eq!(muted_by(&[&account], &event, &[]), ["account"]);
        let mut iam = mute("iam", once(None, None));
        iam.filter.services = vec![super::super::Pattern::try_from("iam".to_owned()).unwrap()];
        assert!(muted_by(&[&iam], &event, &[]).is_empty());
    }

    #[test]
    fn survives_the_state() {
        for when in [once(Some("2026-11-24T02:00:00Z"), None), nightly()] {
            let mute = mute("m", when);
            assert_eq!(decode_mute("m", &encode_mute(&mute)).unwrap(), mute);
        }
        let error = decode_mute("m", b"{}").unwrap_err();
        assert_eq!(
            error.to_string(),
            "mute m of the state cannot be read: end it, and set it again"
        );
    }
}
