//! A log service in memory that answers as AWS may: full and empty pages, tokens that expire, refusals.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use firstsight_cloudtrail::Timestamp;

use crate::api::{
    FilterPage, FilterRequest, GroupFound, GroupName, GroupPage, LogEvent, LogsApi, StreamFound, StreamOrder,
    StreamPage,
};
use crate::error::AwsError;
use crate::target::Call;

/// One account and region.
#[derive(Debug, Default)]
pub(crate) struct FakeLogs {
    pub(crate) groups: Mutex<Vec<GroupFound>>,
    /// By group.
    pub(crate) events: Mutex<Vec<(String, LogEvent)>>,
    /// So many empty pages stand before each other page.
    pub(crate) holes: u64,
    /// Tokens of an earlier age are not valid any more.
    pub(crate) age: AtomicU64,
    /// Calls that are refused.
    pub(crate) denied: Mutex<Vec<Call>>,
    /// Every `FilterLogEvents`.
    pub(crate) asked: Mutex<Vec<FilterRequest>>,
    /// How often something was listed.
    pub(crate) listed: AtomicU64,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn group(name: &str) -> GroupFound {
    GroupFound {
        name: name.to_owned(),
        arn: format!("arn:aws:logs:eu-west-1:111122223333:log-group:{name}"),
        created: Some(at("2024-01-01T00:00:00Z")),
        retention_days: None,
        stored_bytes: None,
        class: None,
    }
}

/// An event whose message is a record; with an odd number it is an error event.
pub(crate) fn event(number: usize, time: Timestamp) -> LogEvent {
    let code = if number % 2 == 1 {
        r#","errorCode":"AccessDenied""#
    } else {
        ""
    };
    LogEvent {
        id: format!("{number:08}"),
        stream: "111122223333_CloudTrail_eu-west-1".to_owned(),
        time,
        message: format!(
            r#"{{"eventID":"{number}","eventTime":"{time}","eventName":"GetRole","recipientAccountId":"111122223333"{code}}}"#
        ),
    }
}

impl FakeLogs {
    /// With one group.
    pub(crate) fn with(name: &str, events: impl IntoIterator<Item = LogEvent>) -> Self {
        let fake = Self {
            groups: Mutex::new(vec![group(name)]),
            ..Self::default()
        };
        for event in events {
            fake.put(name, event);
        }
        fake
    }

    pub(crate) fn put(&self, group: &str, event: LogEvent) {
        self.events.lock().unwrap().push((group.to_owned(), event));
    }

    pub(crate) fn expire_tokens(&self) {
        self.age.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn deny(&self, call: Call) {
        self.denied.lock().unwrap().push(call);
    }

    /// What was asked since the last call of this.
    pub(crate) fn take_asked(&self) -> Vec<FilterRequest> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    fn refuse(&self, call: Call, what: &str) -> Result<(), AwsError> {
        if !self.denied.lock().unwrap().contains(&call) {
            return Ok(());
        }
        Err(AwsError::Denied {
            place: format!("account 111122223333, region eu-west-1, {what}"),
            call,
            permission: call.action().to_owned(),
            said: "not authorized".to_owned(),
        })
    }

    fn matching(&self, request: &FilterRequest) -> Vec<LogEvent> {
        let GroupName::Own(name) = &request.group else {
            return Vec::new();
        };
        let events = self.events.lock().unwrap();
        let mut found: Vec<LogEvent> = events
            .iter()
            .filter(|(group, event)| {
                group == name && request.start <= event.time && event.time <= request.end_inclusive
            })
            .filter(|(_, event)| request.streams.is_empty() || request.streams.contains(&event.stream))
            .filter(|(_, event)| request.pattern.is_none() || event.message.contains("errorCode"))
            .map(|(_, event)| event.clone())
            .collect();
        found.sort_by(|a, b| (a.time, &a.id).cmp(&(b.time, &b.id)));
        if request.newest_first {
            found.reverse();
        }
        found
    }

    /// `AGE:OFFSET:HOLES:…`, good for the request that it came from alone.
    fn token(&self, offset: usize, holes: u64, request: &FilterRequest) -> String {
        let age = self.age.load(Ordering::Relaxed);
        let first = FilterRequest {
            token: None,
            ..request.clone()
        };
        format!("{age}:{offset}:{holes}:{first:?}")
    }

    fn decode(&self, request: &FilterRequest) -> Result<(usize, u64), AwsError> {
        let Some(token) = &request.token else {
            return Ok((0, self.holes));
        };
        let mut parts = token
            .splitn(4, ':')
            .map(|part| part.parse::<u64>().unwrap_or_default());
        let (_, offset, holes) = (parts.next(), parts.next().unwrap(), parts.next().unwrap());
        let offset = usize::try_from(offset).unwrap();
        if self.token(offset, holes, request) == *token {
            Ok((offset, holes))
        } else {
            let place = "account 111122223333, region eu-west-1".to_owned();
            Err(AwsError::StaleToken { place })
        }
    }
}

#[async_trait]
impl LogsApi for FakeLogs {
    async fn filter_log_events(&self, request: &FilterRequest) -> Result<FilterPage, AwsError> {
        self.asked.lock().unwrap().push(request.clone());
        assert!(request.start <= request.end_inclusive, "{request:?}");
        let GroupName::Own(name) = &request.group else {
            return Ok(FilterPage::default());
        };
        self.refuse(Call::FilterLogEvents, name)?;
        if !self
            .groups
            .lock()
            .unwrap()
            .iter()
            .any(|group| group.name == *name)
        {
            return Err(AwsError::NotFound {
                place: name.clone(),
                reason: "no such log group".to_owned(),
            });
        }
        let (offset, holes) = self.decode(request)?;
        if holes > 0 {
            return Ok(FilterPage {
                events: Vec::new(),
                token: Some(self.token(offset, holes - 1, request)),
            });
        }
        let found = self.matching(request);
        let end = found.len().min(offset + usize::try_from(request.limit).unwrap());
        Ok(FilterPage {
            events: found[offset..end].to_vec(),
            token: (end < found.len()).then(|| self.token(end, self.holes, request)),
        })
    }

    async fn describe_log_groups<'a>(
        &self,
        prefix: Option<&'a str>,
        token: Option<&'a str>,
    ) -> Result<GroupPage, AwsError> {
        self.listed.fetch_add(1, Ordering::Relaxed);
        self.refuse(Call::DescribeLogGroups, "log groups")?;
        let groups = self.groups.lock().unwrap();
        let mut named = groups
            .iter()
            .filter(|group| group.name.starts_with(prefix.unwrap_or_default()));
        // A group a page.
        let index = token.map_or(0, |token| token.parse::<usize>().unwrap());
        let found: Vec<_> = named.by_ref().skip(index).take(1).cloned().collect();
        let token = named.next().map(|_| (index + 1).to_string());
        Ok(GroupPage { groups: found, token })
    }

    async fn describe_log_streams<'a>(
        &self,
        group: &GroupName,
        _order: StreamOrder,
        limit: i32,
        token: Option<&'a str>,
    ) -> Result<StreamPage, AwsError> {
        self.listed.fetch_add(1, Ordering::Relaxed);
        self.refuse(Call::DescribeLogStreams, "log streams")?;
        let GroupName::Own(name) = group else {
            return Ok(StreamPage::default());
        };
        let mut streams = std::collections::BTreeMap::<String, StreamFound>::new();
        for (_, event) in self
            .events
            .lock()
            .unwrap()
            .iter()
            .filter(|(group, _)| group == name)
        {
            let stream = streams
                .entry(event.stream.clone())
                .or_insert_with(|| StreamFound {
                    name: event.stream.clone(),
                    first_event: Some(event.time),
                    last_event: Some(event.time),
                });
            stream.first_event = stream.first_event.min(Some(event.time));
            stream.last_event = stream.last_event.max(Some(event.time));
        }
        let index = token.map_or(0, |token| token.parse::<usize>().unwrap());
        let mut rest = streams.into_values().skip(index);
        let found: Vec<_> = rest.by_ref().take(usize::try_from(limit).unwrap()).collect();
        let token = rest.next().map(|_| (index + found.len()).to_string());
        Ok(StreamPage {
            streams: found,
            token,
        })
    }
}

/// Its place.
pub(crate) fn place(fake: &Arc<FakeLogs>, account: &str, region: &str) -> super::super::Place {
    super::super::Place {
        target: crate::Target {
            account: account.to_owned(),
            region: region.to_owned(),
            role: None,
        },
        logs: Arc::clone(fake) as Arc<dyn LogsApi>,
        rate: 5.0,
    }
}
