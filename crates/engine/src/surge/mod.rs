//! Known clusters that occur far more often than they do at such hours.
//!
//! # The model
//!
//! Counts of an hour are negative binomial around a level times a rhythm: `variance = mean + mean² / k`. The dispersion
//! `k` is estimated by likelihood, and what is unsure of it, of the level and of the rhythm widens the prediction. Hours
//! that were surges themselves are left out of the estimates, after Farrington et al., *A statistical algorithm for the
//! early detection of outbreaks of infectious disease* (J. R. Stat. Soc. A 159, 1996) and Noufaily et al., *An improved
//! algorithm for outbreak detection in multiple surveillance systems* (Statistics in Medicine 32, 2013).
//!
//! How fine the rhythm is depends on how much history there is; [`SurgeModel`] says which was used.
//!
//! # How it is controlled
//!
//! An account shall have at most [`FALSE_SURGES_A_DAY`]. The budget of a day is spread over its windows with errors,
//! that of a window over the clusters that occur in it. A cluster is judged given that it occurs: its
//! mid-p value (half the probability of exactly so many, and that of more, since counts are discrete) has to be within
//! its share. Surges within [`EPISODE_HOURS`] are one episode, and count once.

mod fit;
mod past;
mod rhythm;
mod tail;
#[cfg(test)]
mod tests;

use firstsight_cloudtrail::{TimeRange, Timestamp};
use serde::{Deserialize, Serialize};

use crate::judge::input::HourCount;
use fit::{Ahead, Fit};
use past::Past;
use rhythm::{Cells, Profile, slot};

/// The most false surges (episodes) a day that the control allows an account.
pub const FALSE_SURGES_A_DAY: f64 = 0.2;
/// Surges of one cluster less than so many hours after the first of them are one episode.
pub const EPISODE_HOURS: i64 = 24;
/// Fewer occurrences in a window are no surge.
pub const MIN_COUNT: u64 = 5;
/// A surge is at least so many times what is expected.
pub const MIN_RATIO: u32 = 3;

const MILLIS_PER_HOUR: i64 = 3_600_000;
const DAY: i64 = 24;
const WEEK: i64 = 7 * DAY;
/// History from which each hour of the week stands for itself.
const FOUR_WEEKS: i64 = 4 * WEEK;
/// The budget of a day by the model. Estimated parameters cost the rest of [`FALSE_SURGES_A_DAY`]: simulation decided.
const NOMINAL: f64 = 0.15;
/// The smaller a cluster's share of the budget, the deeper in the tail it is judged, and the more estimated parameters
/// cost there: for each e-fold of clusters so much of the budget is kept back.
const DEEPER: f64 = 0.1;
/// How much of the probability of exactly the count belongs to its tail. All of it would leave much of the budget unused
/// where counts are small; a half is the mid-p value (Lancaster, 1961).
const EXACTLY: f64 = 0.25;
/// An account with few active windows could afford more a window; a surge is to be rare even so.
const MOST_COMMON: f64 = 0.016;
/// The relative variance of a rhythm that is not known at all: hours differ by a factor of two or so.
const UNKNOWN_RHYTHM: f64 = 0.5;
/// The relative variance of the account's rhythm as that of one of its clusters.
const BORROWED_RHYTHM: f64 = 0.1;
/// The largest period, in hours, of which [`Surge::one_in_hours`] speaks.
const RAREST_HOURS: f64 = 1e6;

/// One known cluster's occurrences, as a window sees them.
#[derive(Clone, Copy, Debug)]
pub struct Series<'a> {
    /// Its occurrences an hour over baseline and window, by hour; hours without one are left out.
    pub hours: &'a [HourCount],
    /// Its first remembered occurrence, also from before the baseline.
    pub known_since: Timestamp,
}

/// What of an account decides.
#[derive(Clone, Copy, Debug)]
pub struct Pool<'a> {
    /// The window: whole UTC hours.
    pub window: TimeRange,
    /// The stretch before the window whose counts are compared; ends where the window starts.
    pub baseline: TimeRange,
    /// The account's first record; `None` when nothing is remembered of it.
    pub history_from: Option<Timestamp>,
    /// All error events of the account an hour over the baseline, by hour; hours without one are left out.
    pub errors: &'a [HourCount],
}

/// A known cluster, far more often than at such hours.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Surge {
    /// Occurrences in the window.
    pub seen: u64,
    /// Expected ones, in thousandths.
    pub expected_millis: u64,
    /// The largest count that would not have been a surge.
    pub at_most: u64,
    /// By the model, so many occurrences or more come about once in so many hours; not more than a million.
    pub one_in_hours: u64,
    /// What it was compared with.
    pub model: SurgeModel,
    /// Hours of history that it was compared with.
    pub history_hours: u64,
    /// The dispersion `k` of an hour's count (its variance is mean + mean² / k), in thousandths; `None` above 100:
    /// as good as independent events.
    pub dispersion_millis: Option<u64>,
}

/// What a window's count was compared with: the less history, the wider the pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum SurgeModel {
    /// The cluster's own hours of the week: from 28 days of history.
    HourOfWeek,
    /// The cluster's own hours of the day, on weekdays and on weekends: from 7 days of history.
    HourOfDay,
    /// The cluster's own level with the account's rhythm: the cluster is known for less than 7 days.
    AccountRhythm,
    /// The cluster's own level without a rhythm: the account is known for less than 7 days.
    Flat,
    /// All errors of the account: the cluster is known for less than a day.
    AccountTotal,
}

/// For each series whether it surges, in their order. The series are the account's known clusters that occur in the
/// window: the more of them there are, the rarer a count has to be.
///
/// Hours outside baseline and window are ignored. An account with less than a day of history has no surges.
#[must_use]
pub fn surges(pool: &Pool<'_>, clusters: &[Series<'_>]) -> Vec<Option<Surge>> {
    let candidate = |series: &Series<'_>| pool.seen(series.hours) >= MIN_COUNT;
    if !clusters.iter().any(candidate) {
        return vec![None; clusters.len()];
    }
    let Some(account) = Account::new(pool, clusters.len()) else {
        return vec![None; clusters.len()];
    };
    let judge = |series| candidate(series).then(|| account.surge(series)).flatten();
    clusters.iter().map(judge).collect()
}

/// The episode that a surge of the window belongs to: the start of the latest of these recorded episodes if that is
/// less than [`EPISODE_HOURS`] ago, else the window's own start.
#[must_use]
pub fn episode(window_start: Timestamp, recorded: impl IntoIterator<Item = Timestamp>) -> Timestamp {
    let reach = window_start.plus_millis(-EPISODE_HOURS * MILLIS_PER_HOUR);
    let goes_on = |start: &Timestamp| reach < *start && *start <= window_start;
    recorded.into_iter().filter(goes_on).max().unwrap_or(window_start)
}

impl Pool<'_> {
    fn seen(&self, hours: &[HourCount]) -> u64 {
        let inside = hours.iter().rev();
        let inside = inside.skip_while(|count| count.hour.start() >= self.window.end);
        let inside = inside.take_while(|count| count.hour.start() >= self.window.start);
        inside.fold(0, |sum, count| sum.saturating_add(count.span.count))
    }

    fn end(&self) -> i64 {
        self.window.start.hour().index()
    }

    /// The first hour of the baseline that something known since then can have been counted in.
    fn first(&self, known_since: Timestamp) -> i64 {
        let hours = [
            self.baseline.start,
            self.history_from.unwrap_or(self.window.start),
            known_since,
        ];
        hours
            .map(|time| time.hour().index())
            .into_iter()
            .max()
            .unwrap_or(0)
            .min(self.end())
    }
}

/// An account, ready to judge its clusters.
struct Account<'a> {
    pool: &'a Pool<'a>,
    past: Past,
    profile: Profile,
    /// The window's hours of the week.
    slots: Vec<usize>,
    active: f64,
}

/// What a series is judged by.
struct Model {
    kind: SurgeModel,
    past: Past,
    profile: Profile,
    /// The share of hours that counted something.
    active_share: f64,
}

impl<'a> Account<'a> {
    fn new(pool: &'a Pool<'a>, active: usize) -> Option<Self> {
        let first = pool.first(Timestamp::MIN);
        let past = Past::new(pool.errors, first, pool.end());
        let slots: Vec<usize> = pool.window.hours().map(slot).collect();
        if past.hours < DAY || slots.is_empty() {
            return None;
        }
        let profile = account_profile(&past);
        let active = active as f64;
        Some(Self {
            pool,
            past,
            profile,
            slots,
            active,
        })
    }

    fn surge(&self, series: &Series<'_>) -> Option<Surge> {
        let seen = self.pool.seen(series.hours);
        let model = self.model(series);
        let ahead = Ahead::new(&model.profile, &self.slots);
        let expected = Fit::expected(&model.past, &model.profile, &ahead);
        let floor = (expected * f64::from(MIN_RATIO)).max(MIN_COUNT as f64);
        if (seen as f64) < floor {
            return None;
        }
        let fit = Fit::new(&model.past, &model.profile);
        let level = self.level(&model) * fit.any(&ahead);
        let rare = |count: u64| tail(&fit, &ahead, count) <= level;
        if !rare(seen) {
            return None;
        }
        Some(Surge {
            seen,
            expected_millis: thousandths(expected),
            at_most: least(libm::ceil(floor) as u64, seen, rare) - 1,
            one_in_hours: self.one_in_hours(fit.at_least(&ahead, seen as f64)),
            model: model.kind,
            history_hours: model.past.hours.try_into().unwrap_or(0),
            dispersion_millis: fit.dispersion().map(thousandths),
        })
    }

    fn model(&self, series: &Series<'_>) -> Model {
        let first = self.pool.first(series.known_since);
        let own = Past::new(series.hours, first, self.pool.end());
        let kind = kind(own.hours, self.past.hours);
        let (past, profile) = match kind {
            SurgeModel::AccountTotal => (self.past.clone().trimmed(&self.profile), self.profile.clone()),
            SurgeModel::Flat => (own.clone(), Profile::flat(UNKNOWN_RHYTHM)),
            SurgeModel::AccountRhythm => (own.clone(), self.profile.clone().less_sure(BORROWED_RHYTHM)),
            SurgeModel::HourOfDay | SurgeModel::HourOfWeek => {
                let past = own.clone().trimmed(&self.profile);
                let profile = refined(&self.profile, &past, kind);
                (past, profile)
            }
        };
        Model {
            kind,
            past,
            profile,
            active_share: own.active_share(),
        }
    }

    /// The share of its active windows in which a cluster may surge by chance.
    fn level(&self, model: &Model) -> f64 {
        let hours = self.slots.len() as f64;
        let share = self.past.active_share();
        let windows = DAY as f64 / hours * (share * hours).min(1.0);
        let nominal = NOMINAL / (1.0 + DEEPER * libm::log(self.active.max(1.0)));
        let budget = nominal / (windows * self.active);
        // False surges of this cluster within an episode are one: what it may have is spread over the rest.
        let own = nominal * (model.active_share / share).min(1.0) / self.active;
        (budget / (1.0 - own)).min(MOST_COMMON)
    }

    fn one_in_hours(&self, tail: f64) -> u64 {
        let hours = self.slots.len() as f64 / tail.max(f64::MIN_POSITIVE);
        rounded(hours.min(RAREST_HOURS))
    }
}

fn kind(own_hours: i64, account_hours: i64) -> SurgeModel {
    match (own_hours, account_hours) {
        (FOUR_WEEKS.., _) => SurgeModel::HourOfWeek,
        (WEEK.., _) => SurgeModel::HourOfDay,
        (DAY.., WEEK..) => SurgeModel::AccountRhythm,
        (DAY.., _) => SurgeModel::Flat,
        _ => SurgeModel::AccountTotal,
    }
}

fn account_profile(past: &Past) -> Profile {
    if past.hours < WEEK {
        return Profile::flat(UNKNOWN_RHYTHM);
    }
    let flat = Profile::flat(0.0);
    let past = past.clone().trimmed(&flat);
    let daily = flat.refined(&past, Cells::SmoothHourOfDay);
    if past.hours < FOUR_WEEKS {
        daily
    } else {
        daily.refined(&past, Cells::HourOfWeek)
    }
}

fn refined(account: &Profile, past: &Past, kind: SurgeModel) -> Profile {
    let daily = account.refined(past, Cells::HourOfDay);
    if kind == SurgeModel::HourOfWeek {
        daily.refined(past, Cells::HourOfWeek)
    } else {
        daily
    }
}

/// The probability of more, and [`EXACTLY`] that of exactly so many.
fn tail(fit: &Fit, ahead: &Ahead, count: u64) -> f64 {
    let (this, more) = (
        fit.at_least(ahead, count as f64),
        fit.at_least(ahead, count as f64 + 1.0),
    );
    more + EXACTLY * (this - more)
}

/// The least count of `low..=high` that is rare, where `high` is.
fn least(mut low: u64, mut high: u64, rare: impl Fn(u64) -> bool) -> u64 {
    while low < high {
        let middle = u64::midpoint(low, high);
        if rare(middle) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    high
}

fn thousandths(value: f64) -> u64 {
    libm::round(value * 1000.0) as u64
}

/// To two digits: more would claim what a model cannot know.
fn rounded(value: f64) -> u64 {
    let mut unit = 1;
    while value / unit as f64 >= 100.0 {
        unit *= 10;
    }
    libm::round(value / unit as f64) as u64 * unit
}
