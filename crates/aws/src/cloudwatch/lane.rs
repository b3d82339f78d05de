//! Lanes: the log groups that are read, each at a place.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::Origin;
use firstsight_source::slices::HOUR;

use super::group::{GroupSpec, alike};
use super::{CloudWatchOptions, Place};
use crate::api::{GroupFound, GroupName, LogsApi};
use crate::error::AwsError;

/// A log group at a place.
#[derive(Clone, Debug)]
pub(super) struct Lane {
    /// Which of the places.
    pub(super) place: usize,
    /// Its API.
    pub(super) logs: Arc<dyn LogsApi>,
    /// How requests name the group.
    pub(super) group: GroupName,
    /// `cloudwatch:ACCOUNT:REGION:GROUP`, what its partitions' ids begin with.
    pub(super) id: String,
    /// For people: who owns it, and where it is.
    pub(super) origin: Origin,
    /// What the service tells of it, where it may be asked.
    pub(super) found: Option<GroupFound>,
}

/// Where log events may be older than their group: `PutLogEvents` takes what is up to 14 days old.
const OLDEST_PUT: i64 = 14 * 24 * HOUR;

/// The class whose groups `FilterLogEvents` refuses.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html>
const INFREQUENT: &str = "INFREQUENT_ACCESS";

impl Lane {
    /// A group of the account that the place is in.
    pub(super) fn own(at: (usize, &Place), name: &str, found: Option<GroupFound>) -> Self {
        let target = &at.1.target;
        let owner = (target.account.clone(), target.region.clone());
        Self {
            found,
            ..Self::of(at, GroupName::Own(name.to_owned()), owner, name)
        }
    }

    fn of(
        (index, place): (usize, &Place),
        group: GroupName,
        (account, region): (String, String),
        name: &str,
    ) -> Self {
        Self {
            place: index,
            logs: Arc::clone(&place.logs),
            group,
            id: format!("cloudwatch:{account}:{region}:{name}"),
            origin: Origin {
                name: format!("cloudwatch:{name} ({account}, {region})"),
                account: Some(account),
                region: Some(region),
            },
            found: None,
        }
    }

    pub(super) fn is_readable(&self) -> bool {
        let class = self.found.as_ref().and_then(|found| found.class.as_deref());
        class != Some(INFREQUENT)
    }

    /// What of a range can hold events: not before the horizon, the retention, and what the group could take when it was
    /// made; not behind the present.
    pub(super) fn range(&self, window: &TimeRange, options: &CloudWatchOptions) -> TimeRange {
        let now = options.now;
        let mut start = window.start.max(now.plus_millis(-options.horizon_hours * HOUR));
        if let Some(kept) = self.kept_since(now) {
            start = start.max(kept);
        }
        if let Some(created) = self.found.as_ref().and_then(|found| found.created) {
            start = start.max(created.plus_millis(-OLDEST_PUT));
        }
        // Log times may be those of delivery: a record of the window can lie behind it.
        TimeRange::new(start, window.end.plus_millis(24 * HOUR).min(now))
    }

    /// Since when the group keeps events, by its retention.
    fn kept_since(&self, now: Timestamp) -> Option<Timestamp> {
        let days = self.found.as_ref()?.retention_days?;
        Some(now.plus_millis(-i64::from(days) * 24 * HOUR))
    }

    /// How many bytes lie in a range, if they are spread evenly over the group's life.
    pub(super) fn bytes(&self, range: TimeRange, now: Timestamp) -> Option<u64> {
        let found = self.found.as_ref()?;
        let since = found.created.max(self.kept_since(now))?;
        let life = (now.as_millis() - since.as_millis()).max(HOUR);
        let asked = (range.end.as_millis() - range.start.as_millis()).clamp(0, life);
        let share =
            u128::from(found.stored_bytes?) * asked.unsigned_abs() as u128 / life.unsigned_abs() as u128;
        u64::try_from(share).ok()
    }
}

/// What the places hold of what was asked for.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// By id.
    pub(super) lanes: BTreeMap<String, Lane>,
    /// Places that cannot be listed, and names that are nowhere, by the id of the partition that says so.
    pub(super) failed: BTreeMap<String, AwsError>,
    /// What is absent somewhere, in words.
    pub(super) notes: Vec<String>,
}

/// Looks everything up.
///
/// # Errors
/// When nothing is anywhere, and when no place can be listed.
pub(super) async fn find(places: &[Place], specs: &[GroupSpec]) -> Result<Found, AwsError> {
    let mut found = Found::default();
    for spec in specs {
        find_one(places, spec, &mut found).await?;
    }
    if found.lanes.is_empty()
        && let Some((_, error)) = found.failed.pop_first()
    {
        return Err(error);
    }
    Ok(found)
}

async fn find_one(places: &[Place], spec: &GroupSpec, found: &mut Found) -> Result<(), AwsError> {
    if let Some(shared) = shared(places, spec)? {
        found.lanes.entry(shared.id.clone()).or_insert(shared);
        return Ok(());
    }
    let mut absent = Absent::default();
    let mut is_somewhere = false;
    for (index, place) in places
        .iter()
        .enumerate()
        .filter(|(_, place)| concerns(spec, place))
    {
        match lanes_at((index, place), spec, &mut absent).await {
            Ok(lanes) if lanes.is_empty() => absent.places.push(place.target.to_string()),
            Ok(lanes) => {
                is_somewhere = true;
                for lane in lanes {
                    found.lanes.entry(lane.id.clone()).or_insert(lane);
                }
            }
            Err(error) => {
                is_somewhere = true;
                found.failed.insert(listing_id(place, spec), error);
            }
        }
    }
    if is_somewhere {
        found.notes.extend(absent.note(spec));
    } else {
        // The others are read all the same.
        found.failed.insert(missing_id(spec), absent.error(spec));
    }
    Ok(())
}

fn concerns(spec: &GroupSpec, place: &Place) -> bool {
    spec.concerns(&place.target.account, &place.target.region)
}

/// The id of the partition that stands in for a place that cannot be listed.
fn listing_id(place: &Place, spec: &GroupSpec) -> String {
    let target = &place.target;
    format!(
        "cloudwatch:{}:{}:{}@listing",
        target.account, target.region, spec.text
    )
}

/// The id of the partition that stands in for what is nowhere.
fn missing_id(spec: &GroupSpec) -> String {
    format!("cloudwatch:{}@missing", spec.text)
}

/// The lane of an ARN of an account that is no place's: shared with a monitoring account, which is asked for it.
/// Source: `logGroupIdentifier` in <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
pub(super) fn shared(places: &[Place], spec: &GroupSpec) -> Result<Option<Lane>, AwsError> {
    let Some(arn) = &spec.arn else { return Ok(None) };
    let invalid = |reason: String| AwsError::Invalid {
        place: format!("cloudwatch:{}", spec.text),
        reason,
    };
    let mut there = places
        .iter()
        .enumerate()
        .filter(|(_, place)| place.target.region == arn.region);
    if there
        .clone()
        .any(|(_, place)| place.target.account == arn.account)
    {
        return Ok(None);
    }
    // Whom others share groups with is the caller's own account, not one of a role.
    let own = there
        .clone()
        .find(|(_, place)| place.target.role.is_none())
        .or_else(|| there.next());
    let Some(own) = own else {
        let reason = format!(
            "lies in the region {}, which is not read: add --region {0}",
            arn.region
        );
        return Err(invalid(reason));
    };
    if spec.exact().is_none() {
        let reason = format!(
            "the groups of account {} cannot be listed from here: name one, or assume a role there with --role-arn",
            arn.account
        );
        return Err(invalid(reason));
    }
    let group = format!(
        "arn:{}:logs:{}:{}:log-group:{}",
        arn.partition, arn.region, arn.account, arn.name
    );
    let owner = (arn.account.clone(), arn.region.clone());
    Ok(Some(Lane::of(own, GroupName::Shared(group), owner, &arn.name)))
}

/// What one place holds. An exact name needs no permission to list: it is read, and reading tells.
async fn lanes_at(at: (usize, &Place), spec: &GroupSpec, absent: &mut Absent) -> Result<Vec<Lane>, AwsError> {
    let lane = |group: GroupFound| Lane::own(at, &group.name.clone(), Some(group));
    match groups(at.1, spec, absent).await {
        Ok(groups) => Ok(groups.into_iter().map(lane).collect()),
        Err(error @ AwsError::Denied { .. }) => match spec.exact() {
            Some(name) => Ok(vec![Lane::own(at, name, None)]),
            None => Err(error),
        },
        Err(error) => Err(error),
    }
}

/// The groups of a place that a spec means.
async fn groups(place: &Place, spec: &GroupSpec, absent: &mut Absent) -> Result<Vec<GroupFound>, AwsError> {
    let mut groups = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let page = place
            .logs
            .describe_log_groups(spec.prefix(), token.as_deref())
            .await?;
        for group in page.groups {
            if spec.matches(&group.name) {
                groups.push(group);
            } else {
                absent.see(group.name);
            }
        }
        // An exact name is the first one of those that begin so.
        let done = spec.exact().is_some() && !groups.is_empty();
        token = page.token.filter(|next| !done && token.as_deref() != Some(next));
        if token.is_none() {
            break;
        }
    }
    if groups.is_empty() && spec.prefix().is_some() {
        absent.look_around(place).await;
    }
    Ok(groups)
}

/// Where something was looked for in vain, and what is there instead.
#[derive(Debug, Default)]
struct Absent {
    places: Vec<String>,
    names: Vec<String>,
}

/// So many names are looked at to say which of them are meant perhaps.
const MOST_NAMES: usize = 1000;

impl Absent {
    fn see(&mut self, name: String) {
        if self.names.len() < MOST_NAMES {
            self.names.push(name);
        }
    }

    /// What else is there, as far as one page tells; it need not be allowed.
    async fn look_around(&mut self, place: &Place) {
        if let Ok(page) = place.logs.describe_log_groups(None, None).await {
            for group in page.groups {
                self.see(group.name);
            }
        }
    }

    fn note(&self, spec: &GroupSpec) -> Option<String> {
        (!self.places.is_empty()).then(|| format!("{} is not in {}", what(spec), self.places.join("; ")))
    }

    fn error(self, spec: &GroupSpec) -> AwsError {
        let places = if self.places.is_empty() {
            "no place to read".to_owned()
        } else {
            self.places.join("; ")
        };
        let alike = alike(&spec.text, &self.names);
        let advice = if alike.is_empty() {
            "check the name, and --region".to_owned()
        } else {
            format!("there is: {}", alike.join(", "))
        };
        AwsError::NotFound {
            place: format!("cloudwatch:{}", spec.text),
            reason: format!("no such log group in {places}; {advice}"),
        }
    }
}

fn what(spec: &GroupSpec) -> String {
    match spec.exact() {
        Some(name) => format!("log group {name}"),
        None => format!("a log group like {}", spec.text),
    }
}
