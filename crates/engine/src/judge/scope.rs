//! Scopes: how often new errors come to the organisation, an account, an actor and a call.
//!
//! After the new-entity model that Microsoft publishes as `detect_anomalous_new_entity_fl`
//! (<https://learn.microsoft.com/en-us/kusto/functions-library/detect-anomalous-new-entity-fl>): the number of new
//! entities a day in a scope is Poisson, its rate weighs recent days more, and what comes to a scope is the more anomalous
//! the likelier it was that nothing new would come. Its default parameters are kept: the decay, the days that a scope has
//! to exist, the score from which something is anomalous, and how many entities make a scope too noisy to judge. Four
//! things differ:
//!
//! * The rate is divided by the sum of the weights, not by the number of days, so that a steady rate is estimated as such.
//! * The days in which the scope itself was new (and the account was learning) do not count: there everything is new.
//! * A scope with too short a history is not passed over; the next wider one stands for it.
//! * A scope that is too noisy damps, and only if new errors came on half of its days, by a rate in which its two fullest
//!   days count no more than the third: an attack, which may cross midnight, does not quiet its own next hour.

use std::collections::BTreeMap;

use firstsight_cloudtrail::Timestamp;

use super::cluster::{Cluster, Group};
use super::input::{JudgeInput, Scope};
use super::verdict::Reason;
use super::{MILLIS_PER_HOUR, whole_hours};
use crate::severity::Pace;
use crate::signature::Dimension;

/// How much a day weighs less than the one after it.
const DECAY_PERCENT: u64 = 95;
/// The days that a scope has to exist for a rate of its own; a shorter baseline has to be filled.
const MIN_DAYS: i64 = 14;
/// Of those at least so many have to count.
const MIN_COUNTED_DAYS: i64 = 5;
/// So many new errors in 14 days are too many to be surprised by one more.
const NOISY: u64 = 60;
/// From this probability on, in thousandths, that nothing new comes in a day a scope is quiet.
const QUIET: u64 = 900;

const MICROS: u64 = 1_000_000;

/// What names a scope; see [`Scope`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place<'a> {
    Organisation,
    Account(&'a str),
    Actor(&'a str, &'a str),
    Call(&'a str, &'a str, &'a str),
}

/// What came to a scope.
#[derive(Debug, Default)]
struct Past {
    /// New clusters, by days before the window.
    days: BTreeMap<i64, u64>,
    /// Its first known occurrence.
    first: Option<Timestamp>,
}

/// How often new errors come to the scopes of a judgement.
pub(super) struct Scopes<'a> {
    input: &'a JudgeInput,
    baseline_days: i64,
    places: BTreeMap<Place<'a>, Past>,
}

/// The rate of a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rate {
    /// New clusters a day, in millionths.
    per_day_micros: u64,
    /// The same, as if the fullest days had been like the others.
    usual_micros: u64,
    /// Whether they came on half of the days or more.
    steady: bool,
}

/// What the scopes of a finding say of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The scope that decided: the narrowest quiet or busy one, else the narrowest with a history.
    scope: Scope,
    rate: Rate,
    pub(super) pace: Pace,
}

/// Where a finding is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Whereabouts<'a> {
    pub(super) account: &'a str,
    pub(super) event_source: &'a str,
    pub(super) event_name: &'a str,
    pub(super) actors: &'a [&'a str],
}

impl<'a> From<&'a Scope> for Place<'a> {
    fn from(scope: &'a Scope) -> Self {
        match scope {
            Scope::Organisation => Self::Organisation,
            Scope::Account { account } => Self::Account(account),
            Scope::Actor { account, actor } => Self::Actor(account, actor),
            Scope::Call {
                account,
                event_source,
                event_name,
            } => Self::Call(account, event_source, event_name),
        }
    }
}

impl From<Place<'_>> for Scope {
    fn from(place: Place<'_>) -> Self {
        match place {
            Place::Organisation => Self::Organisation,
            Place::Account(account) => Self::Account {
                account: account.to_owned(),
            },
            Place::Actor(account, actor) => Self::Actor {
                account: account.to_owned(),
                actor: actor.to_owned(),
            },
            Place::Call(account, event_source, event_name) => Self::Call {
                account: account.to_owned(),
                event_source: event_source.to_owned(),
                event_name: event_name.to_owned(),
            },
        }
    }
}

impl Past {
    fn new(input: &JudgeInput, days: &[(u32, u64)]) -> Self {
        let days: BTreeMap<i64, u64> = days.iter().map(|&(day, count)| (i64::from(day), count)).collect();
        let oldest = days.last_key_value();
        let ago = |day: &i64| input.window.start.plus_millis(-day * 24 * MILLIS_PER_HOUR);
        Self {
            first: oldest.map(|(day, _)| ago(day)),
            days,
        }
    }
}

impl<'a> Scopes<'a> {
    /// The scopes that the input lists, with what it says of recorded clusters and what is known of those that this
    /// judgement records first.
    pub(super) fn new(input: &'a JudgeInput, groups: &[Group<'a>]) -> Self {
        let baseline = input.baseline.end.as_millis() - input.baseline.start.as_millis();
        let listed = input.scopes.iter();
        let mut scopes = Self {
            input,
            baseline_days: whole_hours(baseline) / 24,
            places: listed
                .map(|history| (Place::from(&history.scope), Past::new(input, &history.days)))
                .collect(),
        };
        for cluster in groups.iter().flat_map(|group| &group.clusters) {
            scopes.take_in(cluster);
        }
        scopes.date();
        scopes
    }

    fn take_in(&mut self, cluster: &Cluster<'a>) {
        let Some(first) = cluster.before.map(|before| before.first) else {
            return;
        };
        let (key, unrecorded) = (cluster.key, cluster.state.is_none());
        let call = Place::Call(&key.account, &key.event_source, &key.event_name);
        self.see(call, first, unrecorded);
        if unrecorded {
            self.see(Place::Organisation, first, true);
            self.see(Place::Account(&key.account), first, true);
            for (actor, first) in cluster.actors_before() {
                self.see(Place::Actor(&key.account, actor), first, true);
            }
        }
    }

    /// A cluster was in a scope first at that time.
    fn see(&mut self, place: Place<'a>, first: Timestamp, count: bool) {
        let Some(past) = self.places.get_mut(&place) else {
            return;
        };
        past.first = Some(past.first.map_or(first, |known| known.min(first)));
        if count && self.input.baseline.contains(first) {
            *past.days.entry(days_ago(self.input, first)).or_default() += 1;
        }
    }

    /// Since when accounts and actors are known.
    fn date(&mut self) {
        let accounts = self.input.accounts.iter();
        let mut organisation: Option<Timestamp> = None;
        for (account, history) in accounts {
            if let Some(first) = history.first_record {
                self.see(Place::Account(account), first, false);
                organisation = Some(organisation.map_or(first, |known| known.min(first)));
            }
            let actors = history
                .values
                .iter()
                .filter(|value| value.dimension == Dimension::Actor);
            for (actor, before) in actors.filter_map(|value| Some((&value.value, value.before?))) {
                self.see(Place::Actor(account, actor), before.first, false);
            }
        }
        if let Some(first) = organisation {
            self.see(Place::Organisation, first, false);
        }
    }

    /// What the scopes of a finding say of it; `None` when none has a history that is long enough.
    pub(super) fn standing(&self, at: &Whereabouts<'_>) -> Option<Standing> {
        let call = Place::Call(at.account, at.event_source, at.event_name);
        let narrowest_first = [
            self.rated(call),
            self.quietest_actor(at),
            self.rated(Place::Account(at.account)),
        ];
        let rated: Vec<(Place<'_>, Rate)> = narrowest_first.into_iter().flatten().collect();
        let Some(&narrowest) = rated.first() else {
            let (place, rate) = self.rated(Place::Organisation)?;
            // That others meet new errors all day says nothing of an account.
            return Some(Standing::of(place, rate, rate.pace().min(Pace::Usual)));
        };
        let telling = rated.iter().find(|(_, rate)| rate.pace() != Pace::Usual);
        let &(place, rate) = telling.unwrap_or(&narrowest);
        Some(Standing::of(place, rate, rate.pace()))
    }

    /// Of several actors the one that meets new errors least often, where all have a history.
    fn quietest_actor<'p>(&self, at: &Whereabouts<'p>) -> Option<(Place<'p>, Rate)> {
        let rated = at
            .actors
            .iter()
            .map(|actor| self.rated(Place::Actor(at.account, actor)));
        let rated: Option<Vec<(Place<'p>, Rate)>> = rated.collect();
        rated?
            .into_iter()
            .min_by_key(|(place, rate)| (rate.per_day_micros, *place))
    }

    fn rated<'p>(&self, place: Place<'p>) -> Option<(Place<'p>, Rate)> {
        let past = self.places.get(&place)?;
        let days = self.counted_days(place, past.first?)?;
        Some((place, Rate::of(&past.days, days)))
    }

    /// How many of the last days count for a scope; `None` when they are too few.
    fn counted_days(&self, place: Place<'_>, first: Timestamp) -> Option<i64> {
        let start = self.input.window.start.as_millis();
        // To the nearest day: a history that lacks one hour of 14 days is 14 days long.
        let exists = (whole_hours(start - first.as_millis()) + 12) / 24;
        if self.baseline_days == 0 || exists < MIN_DAYS.min(self.baseline_days) {
            return None;
        }
        let settled = first
            .plus_millis(24 * MILLIS_PER_HOUR)
            .max(self.account_settled(place, first));
        let days = (whole_hours(start - settled.as_millis()) / 24).min(self.baseline_days);
        (days >= MIN_COUNTED_DAYS.min(self.baseline_days)).then_some(days)
    }

    /// When the account of a scope had learned.
    fn account_settled(&self, place: Place<'_>, first: Timestamp) -> Timestamp {
        let began = match place {
            Place::Organisation => Some(first),
            Place::Account(account) | Place::Actor(account, _) | Place::Call(account, ..) => {
                let history = self.input.accounts.get(account);
                history.and_then(|history| history.first_record)
            }
        };
        let learning = self
            .input
            .policy
            .min_history_hours
            .saturating_mul(MILLIS_PER_HOUR);
        began.unwrap_or(first).plus_millis(learning.max(0))
    }
}

impl Rate {
    fn of(days: &BTreeMap<i64, u64>, counted: i64) -> Self {
        let new: Vec<u64> = (0..counted)
            .map(|day| days.get(&day).copied().unwrap_or(0))
            .collect();
        let eventful = new.iter().filter(|new| **new > 0).count();
        Self {
            per_day_micros: per_day(&new, u64::MAX),
            usual_micros: per_day(&new, usual_most(&new)),
            steady: eventful * 2 >= new.len(),
        }
    }

    fn pace(self) -> Pace {
        if self.calm() >= QUIET {
            Pace::Quiet
        } else if self.steady && self.usual_micros > NOISY * MICROS / 14 {
            Pace::Busy
        } else {
            Pace::Usual
        }
    }

    /// The probability that nothing new comes in a day, in thousandths.
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss
    )]
    fn calm(self) -> u64 {
        let rate = self.per_day_micros as f64 / MICROS as f64;
        libm::round(libm::exp(-rate) * 1000.0) as u64
    }
}

impl Standing {
    /// The most points that a quiet scope gives.
    const QUIET_POINTS: u64 = 15;
    /// The points that a busy scope takes.
    const BUSY_POINTS: i64 = 15;

    fn of(place: Place<'_>, rate: Rate, pace: Pace) -> Self {
        Self {
            scope: place.into(),
            rate,
            pace,
        }
    }

    /// What it adds to a score.
    pub(super) fn points(&self) -> i64 {
        if self.pace == Pace::Busy {
            return -Self::BUSY_POINTS;
        }
        i64::try_from(Self::QUIET_POINTS * self.rate.calm() / 1000).unwrap_or(0)
    }

    pub(super) fn reason(&self) -> Option<Reason> {
        let scope = self.scope.clone();
        let per_week = |per_day_micros: u64| per_day_micros.saturating_mul(7) / 1000;
        match self.pace {
            Pace::Quiet => Some(Reason::QuietScope {
                scope,
                per_week_millis: per_week(self.rate.per_day_micros),
            }),
            Pace::Busy => Some(Reason::BusyScope {
                scope,
                per_week_millis: per_week(self.rate.usual_micros),
            }),
            Pace::Usual => None,
        }
    }
}

/// The weighted mean of the counts a day, the latest first, none above `most`, in millionths.
fn per_day(new: &[u64], most: u64) -> u64 {
    let mut weight = MICROS;
    let (mut weights, mut sum) = (0_u64, 0_u64);
    for &count in new {
        weights += weight;
        sum = sum.saturating_add(count.min(most).saturating_mul(weight));
        weight = weight * DECAY_PERCENT / 100;
    }
    let mean = u128::from(sum) * u128::from(MICROS) / u128::from(weights.max(1));
    u64::try_from(mean).unwrap_or(u64::MAX)
}

/// The third largest count of a week or more, the second largest of three days: capping keeps the rate monotonic, which
/// leaving days out would not.
fn usual_most(new: &[u64]) -> u64 {
    let mut sorted = new.to_vec();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    let rank = match new.len() {
        7.. => 2,
        3.. => 1,
        _ => 0,
    };
    sorted.get(rank).copied().unwrap_or(u64::MAX)
}

/// How many times 24 hours before the window.
fn days_ago(input: &JudgeInput, time: Timestamp) -> i64 {
    whole_hours(input.window.start.as_millis() - time.as_millis()) / 24
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rate(days: &[(i64, u64)], counted: i64) -> Rate {
        Rate::of(&days.iter().copied().collect(), counted)
    }

    #[test]
    fn a_steady_rate_is_estimated_as_such() {
        let steady: Vec<(i64, u64)> = (0..14).map(|day| (day, 2)).collect();
        let rate = rate(&steady, 14);
        assert_eq!((rate.per_day_micros, rate.steady), (2 * MICROS, true));
        assert_eq!(rate.calm(), 135, "e^-2");
    }

    #[test]
    fn recent_days_weigh_more_and_days_that_do_not_count_nothing() {
        let of = |day| rate(&[(day, 1)], 14).per_day_micros;
        assert!(of(0) > of(1) && of(1) > of(13));
        assert_eq!(of(13) * 100 / of(12), 95, "five percent less a day");
        assert_eq!(of(14), 0);
    }

    #[test]
    fn the_paces_have_their_published_boundaries() {
        assert_eq!(rate(&[], 14).pace(), Pace::Quiet);
        assert_eq!(rate(&[(5, 1)], 14).pace(), Pace::Quiet, "one in two weeks");
        assert_eq!(rate(&[(5, 1), (9, 1)], 14).pace(), Pace::Usual);
        let daily = |new| (0..14).map(|day| (day, new)).collect::<Vec<_>>();
        assert_eq!(rate(&daily(4), 14).pace(), Pace::Usual, "56 in 14 days");
        assert_eq!(rate(&daily(5), 14).pace(), Pace::Busy, "70 in 14 days");
        assert_eq!(rate(&daily(50)[..6], 14).pace(), Pace::Usual, "on 6 of 14 days");
        assert_eq!(rate(&daily(50)[..7], 14).pace(), Pace::Busy, "on half of them");
    }

    #[test]
    fn an_attack_over_midnight_does_not_make_its_scope_busy() {
        let mut days: Vec<(i64, u64)> = (0..7).map(|day| (day, 1)).collect();
        days[0].1 = 40;
        days[1].1 = 30;
        let rate = rate(&days, 7);
        assert!(rate.steady && rate.per_day_micros > NOISY * MICROS / 14);
        assert_eq!((rate.usual_micros, rate.pace()), (MICROS, Pace::Usual));
    }

    proptest! {
        #[test]
        fn one_more_new_error_is_never_calmer(
            days in proptest::collection::btree_map(0..14_i64, 0..200_u64, 0..14),
            day in 0..14_i64,
        ) {
            let mut more = days.clone();
            *more.entry(day).or_default() += 1;
            let (less, more) = (Rate::of(&days, 14), Rate::of(&more, 14));
            prop_assert!(more.calm() <= less.calm());
            prop_assert!(more.pace() >= less.pace());
        }
    }
}
