//! One log group: can it be read, is it CloudTrail, is it fresh.

use std::collections::BTreeSet;

use firstsight_cloudtrail::Timestamp;

use super::newest::{LONGEST, Newest, try_pattern};
use super::search::Found;
use super::steps::Steps;
use super::survey::Survey;
use super::{Site, words};
use crate::api::{GroupFound, StreamFound, StreamOrder};
use crate::error::AwsError;
use crate::target::Call;

/// A retention that holds a baseline of 14 days and a window.
const WANTED_DAYS: i32 = 15;
/// CloudTrail delivers within about 5 minutes on average, says the user guide ("get and view CloudTrail log files").
const LATE_MILLIS: i64 = 30 * 60 * 1000;
/// Streams that are listed: the newest.
const STREAMS: i32 = 50;

/// What depends on reading events.
const READING: [&str; 5] = [
    "newest record",
    "cloudtrail",
    "accounts",
    "error events",
    "pattern",
];

const TRAIL: &str = "look whether the trail is logging and whether its role may write here \
                     (aws cloudtrail get-trail-status shows LatestCloudWatchLogsDeliveryError)";

/// Looks into one group. The long-lived access keys that were seen, with the accounts they were used in.
pub(super) async fn examine(
    site: &Site,
    found: &Found,
    now: Timestamp,
    steps: &mut Steps,
) -> BTreeSet<(String, String)> {
    steps.enter_group(&found.label);
    let keys = Group { site, found, now }.examine(steps).await;
    steps.leave_group();
    keys
}

struct Group<'a> {
    site: &'a Site,
    found: &'a Found,
    now: Timestamp,
}

impl Group<'_> {
    async fn examine(&self, steps: &mut Steps) -> BTreeSet<(String, String)> {
        if let Some(listed) = &self.found.listed {
            self.tell_listed(listed, steps);
            if !readable(listed) {
                skip(steps, "a group of this class cannot be read");
                return BTreeSet::new();
            }
        }
        let streams = self.streams(steps).await;
        match Newest::read(&*self.site.place.logs, &self.found.name, self.now).await {
            Ok(newest) => self.tell_read(&newest, &streams, steps).await,
            Err(error) => {
                self.tell_unread(&error, steps);
                BTreeSet::new()
            }
        }
    }

    fn tell_listed(&self, listed: &GroupFound, steps: &mut Steps) {
        let size = listed
            .stored_bytes
            .map_or_else(|| "size unknown".to_owned(), words::bytes);
        steps.good("log group", "", format!("found, {size}"));
        if !readable(listed) {
            let class = listed.class.as_deref().unwrap_or_default();
            let found = format!("{class}, which FilterLogEvents cannot read");
            let advice =
                "a group's class cannot be changed: let the trail deliver to a group of class STANDARD";
            steps.bad("class", "", found, advice);
        }
        match listed.retention_days {
            None => steps.good("retention", "", "kept for ever"),
            Some(days) if days >= WANTED_DAYS => steps.good("retention", "", format!("kept for {days} days")),
            Some(days) => {
                let found = format!("kept for {days} days, less than a baseline");
                let advice = format!(
                    "set the retention to {WANTED_DAYS} days or more, or keep history with --state and run more often than that"
                );
                steps.warning("retention", "", found, advice);
            }
        }
    }

    async fn streams(&self, steps: &mut Steps) -> Vec<StreamFound> {
        let name = &self.found.name;
        let logs = &self.site.place.logs;
        let listed = logs
            .describe_log_streams(name, StreamOrder::NewestFirst, STREAMS, None)
            .await;
        let subject = Call::DescribeLogStreams.operation();
        match listed {
            Ok(page) => {
                steps.good("permission", subject, "allowed");
                page.streams
            }
            // Reading says it better.
            Err(AwsError::NotFound { .. }) => Vec::new(),
            Err(error) => {
                let missing = "without it an account's history is told from its error events alone";
                steps.lacking("permission", subject, &error, missing);
                Vec::new()
            }
        }
    }

    fn tell_unread(&self, error: &AwsError, steps: &mut Steps) {
        match error {
            AwsError::NotFound { .. } => {
                let advice = "check the name and --region; where groups may not be listed, none that look alike can be named";
                steps.bad("log group", "", "not found here", advice);
                skip(steps, "the group was not found");
            }
            error => {
                steps.failed("permission", Call::FilterLogEvents.operation(), error);
                skip(steps, "FilterLogEvents does not work");
            }
        }
    }

    async fn tell_read(
        &self,
        newest: &Newest,
        streams: &[StreamFound],
        steps: &mut Steps,
    ) -> BTreeSet<(String, String)> {
        if self.found.listed.is_none() {
            steps.good("log group", "", "found by reading it");
        }
        steps.good("permission", Call::FilterLogEvents.operation(), "allowed");
        let survey = Survey::of(&newest.events, self.now);
        let last = streams.iter().filter_map(|stream| stream.last_event).max();
        self.tell_newest(newest, &survey, last, steps);
        if newest.events.is_empty() {
            for name in &READING[1..4] {
                steps.skipped(name, "", "there is nothing to look at");
            }
        } else {
            tell_kind(newest, &survey, streams, steps);
        }
        self.tell_pattern(newest.hours, steps).await;
        survey.keys
    }

    fn tell_newest(&self, newest: &Newest, survey: &Survey, last: Option<Timestamp>, steps: &mut Steps) {
        let Some(logged) = newest.time() else {
            let found = match last {
                Some(last) => format!(
                    "none in the last {}; the last one came at {last}",
                    words::hours(LONGEST)
                ),
                None => format!(
                    "the group is empty: no record in the last {}",
                    words::hours(LONGEST)
                ),
            };
            return steps.bad("newest record", "", found, TRAIL);
        };
        let time = survey.newest.unwrap_or(logged).max(last.unwrap_or(logged));
        let lag = self.now.as_millis() - time.as_millis();
        let found = format!("{time}, {} ago", words::length(lag));
        if lag > LATE_MILLIS {
            steps.warning(
                "newest record",
                "",
                found,
                format!("unless nothing was called since, {TRAIL}"),
            );
        } else {
            steps.good("newest record", "", found);
        }
    }

    async fn tell_pattern(&self, hours: i64, steps: &mut Steps) {
        let logs = &*self.site.place.logs;
        match try_pattern(logs, &self.found.name, self.now, hours).await {
            Ok(()) => steps.good("pattern", "", "the filter pattern for error events is accepted"),
            Err(error @ AwsError::Invalid { .. }) => {
                let found = format!("the filter pattern for error events is refused: {error}");
                let advice = "read every record with --all-records, and report this";
                steps.bad("pattern", "", found, advice);
            }
            Err(error) => steps.failed("pattern", "", &error),
        }
    }
}

fn readable(listed: &GroupFound) -> bool {
    listed.class.as_deref().is_none_or(|class| class == "STANDARD")
}

fn skip(steps: &mut Steps, why: &str) {
    for name in READING {
        steps.skipped(name, "", why);
    }
}

/// Whether it is CloudTrail, of which accounts, and whether anything failed.
fn tell_kind(newest: &Newest, survey: &Survey, streams: &[StreamFound], steps: &mut Steps) {
    let (counters, messages) = (&survey.counters, newest.events.len() as u64);
    let rejects: Vec<String> = counters
        .rejects
        .iter()
        .map(|(reason, count)| format!("{reason} ({})", words::thousands(*count)))
        .collect();
    let stray = survey.stray.as_deref().unwrap_or("''");
    if counters.records == 0 {
        let found = format!(
            "{} and no CloudTrail record among them; one is {stray}",
            words::counted(messages, "event", "events")
        );
        let advice = "name the log group that the trail delivers to (aws cloudtrail describe-trails: CloudWatchLogsLogGroupArn)";
        steps.bad("cloudtrail", "", found, advice);
        for name in &READING[2..4] {
            steps.skipped(name, "", "there is no record");
        }
        return;
    }
    let records = words::counted(counters.records, "record", "records");
    if rejects.is_empty() {
        steps.good("cloudtrail", "", format!("{records} and nothing else"));
    } else {
        let found = format!(
            "{records}; besides, what is none: {}; one is {stray}",
            words::listed(&rejects, 4)
        );
        steps.warning(
            "cloudtrail",
            "",
            found,
            "look what else writes to this group: only the trail should",
        );
    }
    tell_accounts(survey, streams, steps);
    tell_errors(newest, survey, steps);
}

/// By the records that were read, and by the names of streams.
fn tell_accounts(survey: &Survey, streams: &[StreamFound], steps: &mut Steps) {
    let read = survey.accounts.keys().map(String::as_str);
    let named = streams.iter().filter_map(StreamFound::account);
    let accounts: BTreeSet<&str> = read.chain(named).collect();
    let accounts: Vec<&str> = accounts.into_iter().collect();
    let number = words::counted(accounts.len() as u64, "account", "accounts");
    steps.good(
        "accounts",
        "",
        format!("{number}: {}", words::listed(&accounts, 5)),
    );
}

fn tell_errors(newest: &Newest, survey: &Survey, steps: &mut Steps) {
    let (errors, records) = (survey.counters.error_events, survey.counters.records);
    let which = if newest.more {
        "the newest of the last"
    } else {
        "the last"
    };
    let found = format!(
        "{} among {} of {which} {}",
        words::counted(errors, "error event", "error events"),
        words::counted(records, "record", "records"),
        words::hours(newest.hours)
    );
    if errors == 0 {
        let advice = "nothing to mend: findings come when a call fails as none has failed before; try one that is denied";
        steps.warning("error events", "", found, advice);
    } else {
        steps.good("error events", "", found);
    }
}
