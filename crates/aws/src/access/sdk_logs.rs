//! [`LogsApi`] over the SDK.

use async_trait::async_trait;
use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::operation::filter_log_events::builders::FilterLogEventsFluentBuilder;
use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, LogGroup, LogStream, OrderBy};
use firstsight_cloudtrail::Timestamp;

use super::failure::Asked;
use super::sdk::{Asker, sent};
use crate::api::{
    FilterPage, FilterRequest, GroupFound, GroupName, GroupPage, LogEvent, LogsApi, StreamFound, StreamOrder,
    StreamPage,
};
use crate::arn::GroupArn;
use crate::error::AwsError;
use crate::target::Call;

/// `DescribeLogGroups` and `DescribeLogStreams` give no more at once.
const PAGE: i32 = 50;

/// CloudWatch Logs of one account and region.
#[derive(Debug)]
pub(super) struct SdkLogs {
    pub(super) client: Client,
    pub(super) asker: Asker,
}

#[async_trait]
impl LogsApi for SdkLogs {
    async fn filter_log_events(&self, request: &FilterRequest) -> Result<FilterPage, AwsError> {
        let asked = Asked {
            token: request.token.is_some(),
            ..self.about(Call::FilterLogEvents, &request.group)
        };
        let filter = self.filter(request);
        let output = sent(&asked, |attempts| filter.customize().interceptor(attempts).send()).await?;
        let events = output.events.unwrap_or_default().into_iter();
        Ok(FilterPage {
            events: events.map(|event| log_event(event, request.start)).collect(),
            token: output.next_token,
        })
    }

    async fn describe_log_groups<'a>(
        &self,
        prefix: Option<&'a str>,
        token: Option<&'a str>,
    ) -> Result<GroupPage, AwsError> {
        let subject = prefix.map_or_else(String::new, |prefix| format!("log groups {prefix}*"));
        let resource = self.asker.regional_arn("logs", "log-group:*");
        let asked = Asked {
            token: token.is_some(),
            ..self.asker.asked(Call::DescribeLogGroups, &subject, resource)
        };
        let request = self.client.describe_log_groups().limit(PAGE);
        let request = request.set_log_group_name_prefix(prefix.map(str::to_owned));
        let request = request.set_next_token(token.map(str::to_owned));
        let output = sent(&asked, |attempts| {
            request.customize().interceptor(attempts).send()
        })
        .await?;
        let groups = output.log_groups.unwrap_or_default().into_iter();
        Ok(GroupPage {
            groups: groups.filter_map(group_found).collect(),
            token: output.next_token,
        })
    }

    async fn describe_log_streams<'a>(
        &self,
        group: &GroupName,
        order: StreamOrder,
        limit: i32,
        token: Option<&'a str>,
    ) -> Result<StreamPage, AwsError> {
        let asked = Asked {
            token: token.is_some(),
            ..self.about(Call::DescribeLogStreams, group)
        };
        let (own, shared) = names(group);
        let request = self.client.describe_log_streams().limit(limit.clamp(1, PAGE));
        let request = request.set_log_group_name(own).set_log_group_identifier(shared);
        let request = request.set_next_token(token.map(str::to_owned));
        let newest_first = order == StreamOrder::NewestFirst;
        let request = request.order_by(order_by(order)).descending(newest_first);
        let output = sent(&asked, |attempts| {
            request.customize().interceptor(attempts).send()
        })
        .await?;
        let streams = output.log_streams.unwrap_or_default().into_iter();
        Ok(StreamPage {
            streams: streams.filter_map(stream_found).collect(),
            token: output.next_token,
        })
    }
}

impl SdkLogs {
    fn filter(&self, request: &FilterRequest) -> FilterLogEventsFluentBuilder {
        let (own, shared) = names(&request.group);
        let streams = (!request.streams.is_empty()).then(|| request.streams.clone());
        let builder = self
            .client
            .filter_log_events()
            .set_log_group_name(own)
            .set_log_group_identifier(shared);
        let builder = builder
            .set_log_stream_names(streams)
            .limit(request.limit.clamp(1, 10_000));
        let builder = builder
            .start_time(millis(request.start))
            .end_time(millis(request.end_inclusive));
        let builder = builder.set_filter_pattern(request.pattern.map(str::to_owned));
        let builder = builder.set_start_from_head(request.newest_first.then_some(false));
        interleaved(builder).set_next_token(request.token.clone())
    }

    fn about(&self, call: Call, group: &GroupName) -> Asked {
        let (GroupName::Own(name) | GroupName::Shared(name)) = group;
        self.asker
            .asked(call, &format!("log group {name}"), self.group_arn(group))
    }

    fn group_arn(&self, group: &GroupName) -> String {
        match group {
            GroupName::Own(name) => self.asker.regional_arn("logs", &format!("log-group:{name}:*")),
            GroupName::Shared(arn) => {
                GroupArn::parse(arn).map_or_else(|| arn.clone(), |_| format!("{arn}:*"))
            }
        }
    }
}

/// AWS has ignored it since 2019, and always merges the streams by time; servers that imitate it may not.
#[allow(deprecated)]
fn interleaved(builder: FilterLogEventsFluentBuilder) -> FilterLogEventsFluentBuilder {
    builder.interleaved(true)
}

/// As `logGroupName` and as `logGroupIdentifier`: exactly one is given.
fn names(group: &GroupName) -> (Option<String>, Option<String>) {
    match group {
        GroupName::Own(name) => (Some(name.clone()), None),
        GroupName::Shared(arn) => (None, Some(arn.clone())),
    }
}

const fn order_by(order: StreamOrder) -> OrderBy {
    match order {
        StreamOrder::Name => OrderBy::LogStreamName,
        StreamOrder::NewestFirst => OrderBy::LastEventTime,
    }
}

/// The API takes no time before 1970.
fn millis(time: Timestamp) -> i64 {
    time.as_millis().max(0)
}

/// Nothing is dropped: an event without a message is given on empty, one without a time at the start of what was asked.
fn log_event(event: FilteredLogEvent, start: Timestamp) -> LogEvent {
    LogEvent {
        id: event.event_id.unwrap_or_default(),
        stream: event.log_stream_name.unwrap_or_default(),
        time: event.timestamp.map_or(start, Timestamp::from_millis),
        message: event.message.unwrap_or_default(),
    }
}

/// A group without a name is none that could be read.
fn group_found(group: LogGroup) -> Option<GroupFound> {
    let arn = group.log_group_arn.or(group.arn).unwrap_or_default();
    Some(GroupFound {
        name: group.log_group_name?,
        arn: arn.strip_suffix(":*").unwrap_or(&arn).to_owned(),
        created: group.creation_time.map(Timestamp::from_millis),
        retention_days: group.retention_in_days,
        stored_bytes: group.stored_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
        class: group.log_group_class.map(|class| class.as_str().to_owned()),
    })
}

fn stream_found(stream: LogStream) -> Option<StreamFound> {
    Some(StreamFound {
        name: stream.log_stream_name?,
        first_event: stream.first_event_timestamp.map(Timestamp::from_millis),
        last_event: stream.last_event_timestamp.map(Timestamp::from_millis),
    })
}
