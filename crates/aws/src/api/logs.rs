//! CloudWatch Logs, the part that is needed.

use async_trait::async_trait;
use firstsight_cloudtrail::Timestamp;

use crate::arn::is_account;
use crate::error::AwsError;

/// Which log group a request is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupName {
    /// By name, in the account that the credentials belong to (`logGroupName`).
    Own(String),
    /// By ARN, of another account that shares it with a monitoring account (`logGroupIdentifier`).
    Shared(String),
}

/// A request of `FilterLogEvents`.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterRequest {
    /// Where.
    pub group: GroupName,
    /// Only these streams; all when empty. At most 100.
    pub streams: Vec<String>,
    /// The first log time, inclusive.
    pub start: Timestamp,
    /// The last log time, *inclusive* in the API: one millisecond before the end of a half-open range.
    pub end_inclusive: Timestamp,
    /// The server-side pattern; every event where there is none.
    pub pattern: Option<&'static str>,
    /// At most so many events a page; AWS stops at 1 MB whatever it says.
    pub limit: i32,
    /// Newest first (`startFromHead = false`, since 2026). Servers that do not know it give the oldest first.
    pub newest_first: bool,
    /// The page, from the one before; the first page where there is none.
    pub token: Option<String>,
}

/// A page of `FilterLogEvents`. It may be empty and yet have a token; only a missing token is the end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FilterPage {
    /// The events, by time on AWS.
    pub events: Vec<LogEvent>,
    /// Where the next page starts.
    pub token: Option<String>,
}

/// A log event: for CloudTrail one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogEvent {
    /// Its id, unique in its log group; empty when the server gives none.
    pub id: String,
    /// Its stream.
    pub stream: String,
    /// Its log time. Whether CloudTrail sets the record's own time or that of its delivery is not documented.
    pub time: Timestamp,
    /// What was logged.
    pub message: String,
}

/// A log group as `DescribeLogGroups` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFound {
    /// Its name.
    pub name: String,
    /// Its ARN, without the `:*` at the end.
    pub arn: String,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// How long it keeps events, in days; for ever where there is none.
    pub retention_days: Option<i32>,
    /// How many bytes it holds, as of some time ago.
    pub stored_bytes: Option<u64>,
    /// `INFREQUENT_ACCESS` groups cannot be read by `FilterLogEvents`.
    pub class: Option<String>,
}

/// A page of log groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupPage {
    /// The groups.
    pub groups: Vec<GroupFound>,
    /// Where the next page starts.
    pub token: Option<String>,
}

/// What streams are listed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamOrder {
    /// By name, ascending.
    Name,
    /// By the last event's time, the newest first. CloudWatch Logs brings it up to date within an hour.
    NewestFirst,
}

/// A log stream as `DescribeLogStreams` gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamFound {
    /// Its name.
    pub name: String,
    /// The oldest event's log time.
    pub first_event: Option<Timestamp>,
    /// The newest event's log time, up to an hour late.
    pub last_event: Option<Timestamp>,
}

impl StreamFound {
    /// The account of a stream that CloudTrail writes: `ACCOUNT_CloudTrail_REGION`, or with `_N` behind it.
    /// Source: "How CloudTrail uses IAM roles for CloudWatch Logs" in the AWS CloudTrail user guide.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        let (account, _) = self.name.split_once("_CloudTrail_")?;
        // An organization's trail writes its id before the account.
        account.rsplit('_').next().filter(|account| is_account(account))
    }
}

/// A page of log streams.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StreamPage {
    /// The streams.
    pub streams: Vec<StreamFound>,
    /// Where the next page starts.
    pub token: Option<String>,
}

/// CloudWatch Logs of one account and region.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait LogsApi: std::fmt::Debug + Send + Sync {
    /// One page of events.
    ///
    /// # Errors
    /// As [`AwsError`] says; the same request may be made again where it is retryable, and without a token where that is
    /// stale.
    async fn filter_log_events(&self, request: &FilterRequest) -> Result<FilterPage, AwsError>;

    /// One page of log groups, all or those whose name begins so.
    ///
    /// # Errors
    /// As [`AwsError`] says.
    async fn describe_log_groups<'a>(
        &self,
        prefix: Option<&'a str>,
        token: Option<&'a str>,
    ) -> Result<GroupPage, AwsError>;

    /// One page of a group's streams.
    ///
    /// # Errors
    /// As [`AwsError`] says.
    async fn describe_log_streams<'a>(
        &self,
        group: &GroupName,
        order: StreamOrder,
        limit: i32,
        token: Option<&'a str>,
    ) -> Result<StreamPage, AwsError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_tell_the_account_also_those_of_an_organization() {
        for (name, account) in [
            ("111122223333_CloudTrail_eu-west-1", Some("111122223333")),
            ("111122223333_CloudTrail_eu-west-1_2", Some("111122223333")),
            (
                "o-exampleorgid_444455556666_CloudTrail_us-east-1",
                Some("444455556666"),
            ),
            ("someone_CloudTrail_eu-west-1", None),
            ("i-0123", None),
        ] {
            let stream = StreamFound {
                name: name.to_owned(),
                first_event: None,
                last_event: None,
            };
            assert_eq!(stream.account(), account, "{name}");
        }
    }
}
