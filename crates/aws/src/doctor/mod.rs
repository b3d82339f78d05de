//! Checks a configuration step by step, and says what is wrong and how to mend it.
//!
//! The steps go from the ground up: the credentials, the roles, the log groups, the permissions one by one, what lies in
//! the groups and how old it is, the quota, the access keys, the clock. A step that cannot be tried because an earlier
//! one failed is [`Outcome::Skipped`] and says which. [`Step::hinders`] tells what keeps findings from coming.
//!
//! Nothing at AWS is changed, and little is asked: at most [`CALLS_A_GROUP`] calls for a log group.

mod group;
mod keys;
mod newest;
mod search;
mod steps;
mod survey;
#[cfg(test)]
mod tests;
mod words;

use std::collections::BTreeSet;
use std::sync::Arc;

use firstsight_cloudtrail::Timestamp;

use crate::access::Access;
use crate::api::IamApi;
use crate::cloudwatch::Place;
use crate::error::AwsError;
use crate::quota;
use crate::target::{Call, Target};
use search::Search;
use steps::Steps;

/// At most so many calls are made for a log group; listing the groups of an account and region, and asking IAM, comes on
/// top, once each.
pub const CALLS_A_GROUP: u32 = 12;

/// Clocks that differ by more fail signatures.
/// Source: AWS General Reference, "Signature Version 4", which allows five minutes.
const CLOCK_BAD_MILLIS: u64 = 5 * 60 * 1000;
/// Clocks that differ by more deserve a word; `Date` headers are exact to a second.
const CLOCK_ODD_MILLIS: u64 = 15 * 1000;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// As it should be.
    Good,
    /// Could not be tried, because an earlier step failed, or because it is not asked for.
    Skipped,
    /// Works, with something missing.
    Warning,
    /// Does not work.
    Bad,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was checked: `credentials`, `role`, `log group`, `permission`, `newest record`, `cloudtrail`, `quota`,
    /// `access keys`, `clock`, …
    pub name: &'static str,
    /// Where: the account, if it is about one.
    pub account: Option<String>,
    /// Where: the region, if it is about one.
    pub region: Option<String>,
    /// Where: the log group, if it is about one.
    pub group: Option<String>,
    /// Of what: a role, a call; empty where the name and the place say it all.
    pub subject: String,
    /// How it went.
    pub outcome: Outcome,
    /// What was found. May quote what AWS or a log group says: sinks neutralise it.
    pub found: String,
    /// What to do, where something is wrong.
    pub advice: Option<String>,
    /// Whether it keeps findings from coming, or some of them: all that is bad does; other warnings only leave something
    /// out of findings.
    pub hinders: bool,
}

/// What is checked.
#[derive(Clone, Debug)]
pub struct Checkup {
    /// The groups, as for [`CloudWatchOptions`](crate::cloudwatch::CloudWatchOptions).
    pub groups: Vec<String>,
    /// Whether IAM is to be asked.
    pub iam: bool,
    /// The present.
    pub now: Timestamp,
}

/// An account in a region, with what answers there.
#[derive(Clone, Debug)]
struct Site {
    place: Place,
    /// Its IAM, where that is to be asked.
    iam: Option<Arc<dyn IamApi>>,
}

impl Site {
    fn target(&self) -> &Target {
        &self.place.target
    }
}

/// Checks everything at AWS, in order. Failures are steps, never errors.
pub async fn check(access: &Access, checkup: &Checkup) -> Vec<Step> {
    let throttled = access.traffic().throttled;
    let mut steps = Steps::default();
    let sites = sites(access, checkup, &mut steps).await;
    if sites.is_empty() {
        skip_all(checkup, &mut steps);
    } else {
        examine(&sites, checkup, &mut steps).await;
        let throttled = access.traffic().throttled - throttled;
        for site in &sites {
            head_room(&site.place, throttled, &mut steps);
        }
    }
    steps.into_steps()
}

/// What is to be told where AWS could not even be reached for: the configuration makes no sense.
#[must_use]
pub fn unopened(error: &AwsError, checkup: &Checkup) -> Vec<Step> {
    let mut steps = Steps::default();
    steps.failed("configuration", "", error);
    skip_all(checkup, &mut steps);
    steps.into_steps()
}

/// Who the caller is, and which accounts in which regions open up.
async fn sites(access: &Access, checkup: &Checkup, steps: &mut Steps) -> Vec<Site> {
    let caller = access.caller().await;
    // A wrong clock is why credentials are refused, not the other way round.
    clock(access.clock_ahead_millis(), steps);
    match caller {
        Ok(caller) => steps.good(
            "credentials",
            "",
            format!("account {}, {}", caller.account, caller.arn),
        ),
        Err(error) => {
            steps.failed("credentials", "", &error);
            return Vec::new();
        }
    }
    let targets = match access.targets().await {
        Ok(targets) => targets,
        Err(error) => {
            steps.failed("accounts and regions", "", &error);
            return Vec::new();
        }
    };
    let refused = roles(access, &targets, steps).await;
    let open = targets.iter().filter(|target| !refused.contains(&target.role));
    open.map(|target| site(access, checkup, target)).collect()
}

/// Assumes each role once; those that did not open.
async fn roles(access: &Access, targets: &[Target], steps: &mut Steps) -> BTreeSet<Option<String>> {
    let mut refused = BTreeSet::new();
    let mut tried = BTreeSet::new();
    for target in targets {
        let Some(role) = target.role.clone().filter(|role| tried.insert(role.clone())) else {
            continue;
        };
        let identity = access.identity(target).await;
        match identity {
            Ok(caller) => steps.good("role", &role, format!("assumed, as {}", caller.arn)),
            Err(error) => {
                steps.refused_role(&role, &error);
                refused.insert(Some(role));
            }
        }
    }
    refused
}

fn site(access: &Access, checkup: &Checkup, target: &Target) -> Site {
    Site {
        place: Place {
            target: target.clone(),
            logs: access.logs(target),
            rate: access.rate(target),
        },
        iam: checkup.iam.then(|| access.iam(target)),
    }
}

fn skip_all(checkup: &Checkup, steps: &mut Steps) {
    for group in &checkup.groups {
        steps.skipped("log group", group, "there is no account and region to look in");
    }
}

/// Looks for each group everywhere, then into each one that was found; then at the keys, once an account.
async fn examine(sites: &[Site], checkup: &Checkup, steps: &mut Steps) {
    let search = Search::run(sites, checkup).await;
    search.tell_elsewhere(steps);
    let mut accounts = BTreeSet::new();
    for (index, site) in sites.iter().enumerate() {
        steps.enter(site.target());
        search.tell_listing(index, steps);
        let mut seen = BTreeSet::new();
        for found in search.at(index) {
            let keys = group::examine(site, found, checkup.now, steps).await;
            seen.extend(keys);
        }
        if accounts.insert(site.target().account.clone()) {
            keys::examine(site, &seen, steps).await;
        }
        steps.leave();
    }
}

/// What the region's quota leaves to others.
fn head_room(place: &Place, throttled: u64, steps: &mut Steps) {
    let quota = quota::filter_log_events(&place.target.region);
    let rate = words::rate(place.rate);
    let found = format!(
        "{rate} of the {quota} FilterLogEvents requests a second that the account has in this region"
    );
    steps.enter(&place.target);
    let subject = Call::FilterLogEvents.operation();
    if throttled > 0 {
        let found = format!(
            "{found}; AWS asked {} during this check to slow down",
            words::times(throttled)
        );
        let advice = "others use the quota too: lower --requests-per-second, or run when they do not";
        steps.warning("quota", subject, found, advice);
    } else if place.rate > f64::from(quota) {
        let advice = format!("lower --requests-per-second to at most {quota}: AWS refuses what is over it");
        steps.warning("quota", subject, found, advice);
    } else {
        steps.good("quota", subject, found);
    }
    steps.leave();
}

/// Whether our clock goes with AWS's.
fn clock(ahead: Option<i64>, steps: &mut Steps) {
    let Some(ahead) = ahead else {
        return steps.skipped(
            "clock",
            "",
            "AWS has not answered, so there is no clock to compare with",
        );
    };
    let off = ahead.unsigned_abs();
    let way = if ahead > 0 { "behind" } else { "ahead of" };
    let found = format!("this machine's clock is {} {way} AWS's", words::seconds(off));
    let advice =
        "set the clock (for example by NTP): AWS refuses signatures that are more than 5 minutes off";
    match off {
        CLOCK_BAD_MILLIS.. => steps.bad("clock", "", found, advice),
        CLOCK_ODD_MILLIS.. => steps.warning("clock", "", found, advice),
        _ => steps.good("clock", "", "goes with AWS's".to_owned()),
    }
}
