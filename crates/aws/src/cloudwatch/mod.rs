//! The source over log groups that CloudTrail delivers to.
//!
//! ```no_run
//! use firstsight_aws::access::{Access, AccessOptions};
//! use firstsight_aws::cloudwatch::{CloudWatchOptions, CloudWatchSource, Place};
//! use firstsight_cloudtrail::{TimeRange, Timestamp};
//! use firstsight_source::LogSourceExt;
//!
//! # async fn example(now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let access = Access::load(AccessOptions::new(now)).await?;
//! let place = |target| Place { logs: access.logs(&target), rate: access.rate(&target), target };
//! let places = access.targets().await?.into_iter().map(place).collect();
//! let options = CloudWatchOptions::new(vec!["aws-cloudtrail-logs-*".into()], now);
//! let source = CloudWatchSource::new(places, options)?;
//!
//! let estimate = source.estimate(&TimeRange::ALL).await?;
//! println!("at least {} requests, {} s", estimate.requests, estimate.seconds);
//! for unit in source.read_units(&TimeRange::ALL).await? {
//!     println!("{}: {} bytes", unit.origin.name, unit.bytes.len());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Partitions
//!
//! A **lane** is a log group at a place, an account in a region. Its log time is cut into **slices** that begin at fixed
//! hours of UTC; each is a partition, `cloudwatch:ACCOUNT:REGION:GROUP@2026-11-23T06:00Z+1h`. The slices of all lanes
//! come in one order, the oldest first, so that readers beside each other spread over the places and their budgets.
//!
//! Where errors alone are asked for ([`Records::Errors`]), each lane has two partitions more, for **witnesses**: with
//! the pattern alone a quiet hour would look like a trail that has stopped, and an account that seldom fails like a new
//! one. `GROUP@pulse` gives up to ten of the newest records, once in each hour of the present. `GROUP@first` gives the
//! oldest record that is read of each account that has a stream in the group, and each week one of its last day: a state
//! does not remember the first one for ever. The streams are listed once a day.
//!
//! What cannot be read (a place that cannot be listed, a group of the class `INFREQUENT_ACCESS`) is a partition whose page
//! gives the error. A refusal is remembered until the next listing: the lane's other slices say the same without a request.
//!
//! # Units
//!
//! A page of log events is a unit, one message a line; its id is its partition's and a hash of its events. So a page that is
//! read again unchanged is the unit that it was, whatever run reads it, and a changed one is another: what it holds is known
//! by the identities of the records. A message that is no JSON is given inside an object, so that it is a reject by itself.
//!
//! # Positions, and what is read again
//!
//! A position is durable always. Inside a slice it holds the page token, which AWS takes for 24 hours, together with the
//! request that the token came from, and where to start again without it: at the last log time, as long as all events came
//! in time order, else at the slice's start. At the slice's end it holds the present of the run that began it.
//!
//! `FilterLogEvents` selects by log time; it cannot be asked for what has arrived since. So a later run reads a slice again
//!
//! * when it ended less than [`overlap_hours`](CloudWatchOptions::overlap_hours) before it was read, or after: one of an
//!   hour from its start, so that its pages are the same units; a longer one from the hour on where the overlap begins;
//! * once more, whole, when the UTC day that it lies in has ended since;
//! * whole, when it was read for errors alone and all records are asked for, as long as the store knows the records'
//!   identities (48 hours): later they would count twice.
//!
//! The length of a slice is part of its name. A run with another length reads everything again, for the same reason: keep it
//! for as long as the state is kept.

mod estimate;
mod group;
mod lane;
pub mod pattern;
mod position;
mod read;
mod refusal;
#[cfg(test)]
mod tests;
mod unit;
mod witness;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::slices::Slice;
use firstsight_source::{LogSource, Page, Partition, Position, SourceError, UnitId};
use serde::{Deserialize, Serialize};

use self::group::GroupSpec;
pub use self::group::regions_of;
use self::lane::Lane;
use self::read::Task;
use self::refusal::{Refusal, source_error};
use crate::api::LogsApi;
use crate::error::AwsError;
use crate::target::Target;

/// Where logs are read: an account in a region, and its API. [`Access`](crate::access::Access) makes them; tests mock
/// them.
#[derive(Clone, Debug)]
pub struct Place {
    /// Which account and region.
    pub target: Target,
    /// Its CloudWatch Logs.
    pub logs: Arc<dyn LogsApi>,
    /// How many requests a second it takes, for estimates.
    pub rate: f64,
}

/// Which records are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Records {
    /// Those that [`pattern::ERRORS`] matches, and a few others as witnesses.
    Errors,
    /// All: access keys' last activity is then told from every record.
    All,
}

/// How a source over log groups is built.
#[derive(Clone, Debug)]
pub struct CloudWatchOptions {
    /// Names (`aws-cloudtrail-logs`), prefixes (`cloudtrail/*`) and other patterns (`*trail*`), ARNs
    /// (`arn:aws:logs:eu-west-1:111122223333:log-group:name`, `*` allowed in the name).
    pub groups: Vec<String>,
    /// Which records.
    pub records: Records,
    /// The present.
    pub now: Timestamp,
    /// The length of a slice in hours: 1, 2, 3, 4, 6, 8, 12 or 24. Default 1.
    pub slice_hours: i64,
    /// What is older than so many hours before `now` is not read, whatever the window. Default 15 days.
    pub horizon_hours: i64,
    /// How far a later run reads back behind the last one. Default 2 hours.
    pub overlap_hours: i64,
    /// At most so many events a page. Default 2,000: AWS stops at 1 MB before.
    pub page_events: i32,
}

/// CloudTrail in log groups.
#[derive(Debug)]
pub struct CloudWatchSource {
    options: CloudWatchOptions,
    places: Vec<Place>,
    specs: Vec<GroupSpec>,
    state: Mutex<State>,
}

/// What the last listing told, and what was refused since.
#[derive(Debug, Default)]
struct State {
    /// What it was asked for.
    window: Option<TimeRange>,
    lanes: BTreeMap<String, Lane>,
    /// By lane, or by the partition of what cannot be listed.
    refused: BTreeMap<String, Refusal>,
    /// By lane: partitions that failed since it last answered.
    failing: BTreeMap<String, BTreeSet<String>>,
    notes: BTreeSet<String>,
}

/// What reading a window may cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Log groups.
    pub groups: u64,
    /// Slices that have to be read.
    pub slices: u64,
    /// Bytes that lie in them, where the service tells; AWS looks through all of them, whatever the pattern lets through.
    pub bytes: Option<u64>,
    /// Requests, at least.
    pub requests: u64,
    /// Seconds at the budget, at least.
    pub seconds: u64,
}

impl CloudWatchOptions {
    /// Errors only, with the default lengths.
    #[must_use]
    pub fn new(groups: Vec<String>, now: Timestamp) -> Self {
        Self {
            groups,
            records: Records::Errors,
            now,
            slice_hours: 1,
            horizon_hours: 15 * 24,
            overlap_hours: 2,
            page_events: 2_000,
        }
    }
}

impl CloudWatchSource {
    /// A source over these places. Nothing is asked yet. Where two places are the same account and region, the first
    /// one that has a group reads it.
    ///
    /// # Errors
    /// [`AwsError::Invalid`] for a name or number that makes no sense.
    pub fn new(places: Vec<Place>, options: CloudWatchOptions) -> Result<Self, AwsError> {
        check(&places, &options)?;
        let specs: Result<Vec<_>, _> = options.groups.iter().map(|text| GroupSpec::parse(text)).collect();
        Ok(Self {
            specs: specs?,
            options,
            places,
            state: Mutex::default(),
        })
    }

    /// What reading this window would cost, if nothing of it was read before.
    ///
    /// # Errors
    /// When the groups cannot be listed.
    pub async fn estimate(&self, window: &TimeRange) -> Result<Estimate, SourceError> {
        let found = self.find().await?;
        let lanes = found.lanes.values().filter(|lane| lane.is_readable());
        Ok(estimate::of(self, lanes, window))
    }

    /// What was left out and why, in words: streams that may not be listed, groups of another class.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        self.state().notes.iter().cloned().collect()
    }

    async fn find(&self) -> Result<lane::Found, SourceError> {
        lane::find(&self.places, &self.specs)
            .await
            .map_err(|error| source_error(&error))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, text: String) {
        self.state().notes.insert(text);
    }

    /// The answer as a reader gets it. A failure that stays is remembered: the lane's other slices are not asked for in
    /// vain. So is one that passes, once several slices in a row have failed and none was answered: else an outage would
    /// cost all its attempts for every slice.
    fn told<T>(
        &self,
        (lane, partition): (&Lane, &str),
        answer: Result<T, AwsError>,
    ) -> Result<T, SourceError> {
        let mut state = self.state();
        let failing = state.failing.entry(lane.id.clone()).or_default();
        let error = match answer {
            Ok(answer) => {
                failing.clear();
                return Ok(answer);
            }
            Err(error) => error,
        };
        failing.insert(partition.to_owned());
        let lasts = failing.len() >= MOST_FAILING;
        let refusal = Refusal::of(&error).or_else(|| lasts.then(|| Refusal::lasting(&error)));
        if let Some(refusal) = refusal {
            state.refused.insert(lane.id.clone(), refusal);
        }
        Err(source_error(&error))
    }

    /// Keeps what a listing told; forgets what was refused before it.
    fn keep(&self, found: &lane::Found, window: TimeRange) {
        let mut state = self.state();
        *state = State {
            window: Some(window),
            lanes: found.lanes.clone(),
            refused: BTreeMap::new(),
            failing: BTreeMap::new(),
            notes: found.notes.iter().cloned().collect(),
        };
        for (id, error) in &found.failed {
            state.refused.insert(id.clone(), Refusal::lasting(error));
        }
        for lane in found.lanes.values().filter(|lane| !lane.is_readable()) {
            state
                .refused
                .insert(lane.id.clone(), Refusal::invalid(&lane.origin.name, INFREQUENT));
            state.notes.insert(format!("{}: {INFREQUENT}", lane.origin.name));
        }
    }

    /// The first log time of a lane that is read for what was listed last.
    fn since(&self, lane: &Lane) -> Timestamp {
        let window = self.state().window.unwrap_or(TimeRange::ALL);
        lane.range(&window, &self.options).start
    }

    /// The lane that a partition is of: listed, or, for a handle that has listed nothing yet, one that was asked for.
    fn lane(&self, id: &str) -> Option<Lane> {
        if let Some(lane) = self.state().lanes.get(id) {
            return Some(lane.clone());
        }
        let (account, rest) = id.strip_prefix("cloudwatch:")?.split_once(':')?;
        let (region, name) = rest.split_once(':')?;
        let is_meant = |spec: &&GroupSpec| spec.matches(name) && spec.concerns(account, region);
        let spec = self.specs.iter().find(is_meant)?;
        let is_there = |place: &&Place| place.target.account == account && place.target.region == region;
        let mut places = self.places.iter().enumerate();
        match places.find(|(_, place)| is_there(place)) {
            Some(place) => Some(Lane::own(place, name, None)),
            None => lane::shared(&self.places, spec).ok().flatten(),
        }
    }

    fn foreign(&self, partition: &Partition) -> SourceError {
        SourceError::Invalid {
            name: partition.id.clone(),
            reason: format!("the partition is not one of {}", self.describe()),
        }
    }
}

/// So many slices of a lane may fail, each after all its attempts and without an answer between them, before the others
/// are given up until the next listing.
const MOST_FAILING: usize = 3;

const INFREQUENT: &str = "its class is INFREQUENT_ACCESS, which cannot be searched by FilterLogEvents: let the trail write to \
                          a group of the class STANDARD, or read its files in S3";

/// Names of the partitions besides the slices.
const PULSE: &str = "pulse";
const FIRST: &str = "first";
const UNREADABLE: &str = "unreadable";

fn check(places: &[Place], options: &CloudWatchOptions) -> Result<(), AwsError> {
    let invalid = |reason: &str| {
        Err(AwsError::Invalid {
            place: "cloudwatch".to_owned(),
            reason: reason.to_owned(),
        })
    };
    if places.is_empty() {
        return invalid("there is no account and region to read: add --region");
    }
    if options.groups.is_empty() {
        return invalid("there is no log group to read: name one");
    }
    if !(1..=24).contains(&options.slice_hours) || 24 % options.slice_hours != 0 {
        return invalid("a slice has 1, 2, 3, 4, 6, 8, 12 or 24 hours");
    }
    if options.horizon_hours < 1 || options.overlap_hours < 0 {
        return invalid("the horizon has at least 1 hour, the overlap at least 0");
    }
    if !(1..=10_000).contains(&options.page_events) {
        return invalid("a page has 1 to 10,000 events");
    }
    Ok(())
}

impl CloudWatchSource {
    /// Slices of all lanes, the oldest first, so that places are read side by side; then the witnesses.
    fn listed(&self, found: &lane::Found, window: &TimeRange) -> Vec<Partition> {
        let mut slices: Vec<(Slice, &str)> = Vec::new();
        let mut others: Vec<String> = found.failed.keys().cloned().collect();
        for (id, lane) in &found.lanes {
            if !lane.is_readable() {
                others.push(format!("{id}@{UNREADABLE}"));
                continue;
            }
            let range = lane.range(window, &self.options);
            slices.extend(Slice::over(range, self.options.slice_hours).map(|slice| (slice, id.as_str())));
            if self.options.records == Records::Errors {
                others.extend([PULSE, FIRST].map(|witness| format!("{id}@{witness}")));
            }
        }
        slices.sort();
        let ids = slices.into_iter().map(|(slice, id)| format!("{id}@{slice}"));
        ids.chain(others).map(partition).collect()
    }
}

/// How much a partition gives nobody knows: the pattern lets through what it will.
fn partition(id: String) -> Partition {
    Partition {
        id,
        units: Vec::new(),
        size_hint: 0,
    }
}

#[async_trait]
impl LogSource for CloudWatchSource {
    fn describe(&self) -> String {
        let targets: BTreeSet<String> = self
            .places
            .iter()
            .map(|Place { target, .. }| format!("{} {}", target.account, target.region))
            .collect();
        let places: Vec<String> = targets.into_iter().collect();
        let text = format!(
            "cloudwatch {} ({})",
            self.options.groups.join(" "),
            places.join(", ")
        );
        match text.char_indices().nth(MOST_NAME) {
            Some((cut, _)) => format!("{}…", &text[..cut]),
            None => text,
        }
    }

    async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        let found = self.find().await?;
        self.keep(&found, *window);
        Ok(self.listed(&found, window))
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let foreign = || self.foreign(partition);
        let (lane, part) = partition.id.rsplit_once('@').ok_or_else(foreign)?;
        let refused = {
            let state = self.state();
            state
                .refused
                .get(&partition.id)
                .or_else(|| state.refused.get(lane))
                .cloned()
        };
        if let Some(refusal) = refused {
            return Err(refusal.error());
        }
        let lane = self.lane(lane).ok_or_else(foreign)?;
        let task = Task {
            source: self,
            lane: &lane,
            id: &partition.id,
        };
        match part {
            PULSE => task.pulse_page(position).await,
            FIRST => task.first_page(position).await,
            _ => {
                let slice = Slice::parse(part).ok_or_else(foreign)?;
                task.slice_page(slice, position).await
            }
        }
    }

    async fn acknowledge(&self, _units: &[UnitId]) -> Result<(), SourceError> {
        Ok(()) // Log groups keep what they hold.
    }
}

/// A name of a source is no longer, in characters.
const MOST_NAME: usize = 300;
