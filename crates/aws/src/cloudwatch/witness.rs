//! Records besides the errors: with the pattern alone, a quiet hour would look like a trail that has stopped, and an
//! account that seldom fails like a new one.

use std::collections::BTreeMap;

use firstsight_cloudtrail::Timestamp;
use firstsight_source::{Next, Page, Position, SourceError};

use super::Records;
use super::position::{First, Firsts, Reading, Standing, decode, encode};
use super::read::{Task, rest};
use super::slice::HOUR;
use crate::api::{FilterPage, FilterRequest, StreamFound, StreamOrder};
use crate::error::AwsError;

/// How many of the newest records are read.
const NEWEST: i32 = 10;

/// How long CloudTrail may take to deliver an hour, in milliseconds. See `SETTLE_MILLIS` of the inspection.
const SETTLE: i64 = 10 * 60_000;

/// The most accounts of one lane whose oldest record is read.
const MOST_ACCOUNTS: usize = 500;

/// The most pages of streams, 50 each, that are listed for it.
const MOST_STREAM_PAGES: usize = 200;
const STREAMS_A_PAGE: i32 = 50;

/// Stands for all accounts of a group whose streams tell none.
const ALL: &str = "*";

impl Task<'_> {
    /// A few of the newest records: from the last hour that has settled on, once in each hour of the present.
    pub(super) async fn pulse_page(&self, position: Option<Position>) -> Result<Page, SourceError> {
        let now = self.source.options.now;
        let standing: Option<Standing> = match &position {
            Some(position) => Some(decode(position).ok_or_else(|| self.foreign())?),
            None => None,
        };
        match (standing, position) {
            (Some(Standing::Done { at, .. }), Some(position)) if at.hour() >= now.hour() => {
                Ok(rest(position))
            }
            (Some(Standing::Reading(reading)), _) if reading.started == now => self.pulse(reading).await,
            _ => self.pulse(Reading::new(settled(now), now, Records::All)).await,
        }
    }

    async fn pulse(&self, reading: Reading) -> Result<Page, SourceError> {
        let answer = match self.newest(&reading).await {
            Err(AwsError::StaleToken { .. }) if reading.token.is_some() => {
                self.newest(&Reading {
                    token: None,
                    ..reading.clone()
                })
                .await
            }
            answer => answer,
        };
        let page = self.source.told((self.lane, self.id), answer)?;
        let done = Standing::Done {
            at: reading.started,
            records: Records::All,
        };
        let payloads: Vec<_> = self.payloads(&page.events).into_iter().collect();
        let next = match page.token {
            Some(token) if payloads.is_empty() && reading.token.as_ref() != Some(&token) => {
                let token = Some(token);
                Next::More(encode(&Standing::Reading(Reading { token, ..reading })))
            }
            _ => Next::Later(encode(&done)),
        };
        Ok(Page { payloads, next })
    }

    async fn newest(&self, reading: &Reading) -> Result<FilterPage, AwsError> {
        let request = FilterRequest {
            group: self.lane.group.clone(),
            streams: Vec::new(),
            start: reading.from,
            end_inclusive: reading.started.plus_millis(-1),
            pattern: None,
            limit: NEWEST,
            newest_first: true,
            token: reading.token.clone(),
        };
        self.lane.logs.filter_log_events(&request).await
    }

    /// The oldest record of one more account. The streams are listed once a day (UTC): new accounts come seldom.
    pub(super) async fn first_page(&self, position: Option<Position>) -> Result<Page, SourceError> {
        let now = self.source.options.now;
        let mut firsts: Firsts = match &position {
            Some(position) => decode(position).ok_or_else(|| self.foreign())?,
            None => Firsts::default(),
        };
        if firsts.pending.is_empty() && day(firsts.listed) < day(now) {
            self.list(&mut firsts).await?;
        }
        if firsts.denied {
            self.source
                .note(format!("{}: {NOT_LISTED}", self.lane.origin.name));
        }
        match firsts.pending.first().cloned() {
            Some(first) => self.oldest(firsts, &first).await,
            None => Ok(rest(encode(&firsts))),
        }
    }

    /// One request for one account. What gives nothing is asked for again another day.
    async fn oldest(&self, mut firsts: Firsts, first: &First) -> Result<Page, SourceError> {
        let answer = match self.ask_oldest(first, firsts.token.clone()).await {
            Err(AwsError::StaleToken { .. }) if firsts.token.is_some() => self.ask_oldest(first, None).await,
            answer => answer,
        };
        let page = self.source.told((self.lane, self.id), answer)?;
        let payloads: Vec<_> = self.payloads(&page.events).into_iter().collect();
        let goes_on = payloads.is_empty() && page.token.is_some() && page.token != firsts.token;
        firsts.token = page.token.filter(|_| goes_on);
        if !goes_on {
            firsts.pending.remove(0);
        }
        if !payloads.is_empty() {
            firsts.known.push(first.account.clone());
        }
        let position = encode(&firsts);
        let next = if firsts.pending.is_empty() {
            Next::Later(position)
        } else {
            Next::More(position)
        };
        Ok(Page { payloads, next })
    }

    async fn ask_oldest(&self, first: &First, token: Option<String>) -> Result<FilterPage, AwsError> {
        let request = FilterRequest {
            group: self.lane.group.clone(),
            streams: first.stream.iter().cloned().collect(),
            start: first.from,
            end_inclusive: self.source.options.now.plus_millis(-1),
            pattern: None,
            limit: 1,
            newest_first: false,
            token,
        };
        self.lane.logs.filter_log_events(&request).await
    }

    /// Notes which accounts have streams that nothing was read of yet.
    async fn list(&self, firsts: &mut Firsts) -> Result<(), SourceError> {
        let options = &self.source.options;
        let horizon = options.now.plus_millis(-options.horizon_hours * HOUR);
        let found = match self.streams().await {
            Ok(streams) => {
                firsts.denied = false;
                self.accounts(&streams, horizon)
            }
            Err(AwsError::Denied { .. }) => {
                firsts.denied = true;
                BTreeMap::new()
            }
            Err(error) => return self.source.told((self.lane, self.id), Err(error)),
        };
        firsts.listed = options.now;
        let found = if found.is_empty() { all(horizon) } else { found };
        let room = MOST_ACCOUNTS.saturating_sub(firsts.known.len());
        let known = std::mem::take(&mut firsts.known);
        let new = found
            .into_values()
            .filter(|first| !known.contains(&first.account));
        firsts.pending = new.take(room).collect();
        firsts.known = known;
        Ok(())
    }

    async fn streams(&self) -> Result<Vec<StreamFound>, AwsError> {
        let mut streams = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MOST_STREAM_PAGES {
            let (group, order) = (&self.lane.group, StreamOrder::NewestFirst);
            let page = self
                .lane
                .logs
                .describe_log_streams(group, order, STREAMS_A_PAGE, token.as_deref())
                .await?;
            streams.extend(page.streams);
            token = page.token.filter(|next| token.as_deref() != Some(next));
            if token.is_none() {
                return Ok(streams);
            }
        }
        self.source.note(format!(
            "{}: more than {} streams; the oldest records of the accounts behind them are not looked for",
            self.lane.origin.name,
            streams.len()
        ));
        Ok(streams)
    }

    /// Of each account the stream with the oldest event.
    fn accounts(&self, streams: &[StreamFound], horizon: Timestamp) -> BTreeMap<String, First> {
        let mut oldest: BTreeMap<&str, &StreamFound> = BTreeMap::new();
        for stream in streams.iter().filter(|stream| stream.first_event.is_some()) {
            let Some(account) = account_of(&stream.name) else {
                continue;
            };
            let known = oldest.entry(account).or_insert(stream);
            if (stream.first_event, &stream.name) < (known.first_event, &known.name) {
                *known = stream;
            }
        }
        if oldest.len() > MOST_ACCOUNTS {
            self.source.note(format!(
                "{}: {} accounts; the oldest record is looked for of {MOST_ACCOUNTS} of them",
                self.lane.origin.name,
                oldest.len()
            ));
        }
        oldest
            .into_iter()
            .map(|(account, stream)| (account.to_owned(), first(account, stream, horizon)))
            .collect()
    }
}

const NOT_LISTED: &str = "its streams may not be listed (allow logs:DescribeLogStreams), so only the group's oldest record \
                          is known, not each account's: an account that seldom fails may be taken for a new one";

fn first(account: &str, stream: &StreamFound, horizon: Timestamp) -> First {
    First {
        account: account.to_owned(),
        stream: Some(stream.name.clone()),
        from: stream.first_event.map_or(horizon, |time| time.max(horizon)),
    }
}

/// The whole group.
fn all(from: Timestamp) -> BTreeMap<String, First> {
    let first = First {
        account: ALL.to_owned(),
        stream: None,
        from,
    };
    BTreeMap::from([(ALL.to_owned(), first)])
}

/// The account of a stream that CloudTrail writes: `ACCOUNT_CloudTrail_REGION`, or with `_N` behind it.
/// Source: "How CloudTrail uses IAM roles for CloudWatch Logs" in the AWS CloudTrail user guide.
fn account_of(stream: &str) -> Option<&str> {
    let (account, _) = stream.split_once("_CloudTrail_")?;
    // An organization's trail writes its id before the account.
    let account = account.rsplit('_').next()?;
    (account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit())).then_some(account)
}

/// The start of the last hour that has settled.
fn settled(now: Timestamp) -> Timestamp {
    now.plus_millis(-SETTLE).hour().plus(-1).start()
}

fn day(time: Timestamp) -> i64 {
    time.as_millis().div_euclid(24 * HOUR)
}
