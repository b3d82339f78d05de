//! Records besides the errors: with the pattern alone, a quiet hour would look like a trail that has stopped, and an
//! account that seldom fails like a new one.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use firstsight_cloudtrail::Timestamp;
use firstsight_source::slices::HOUR;
use firstsight_source::{Next, Page, Position, SourceError};

use super::Records;
use super::position::{First, Firsts, Reading, Standing, decode, encode};
use super::read::{Task, rest};
use crate::api::{FilterPage, FilterRequest, StreamFound, StreamOrder};
use crate::error::AwsError;

/// How many of the newest records are read.
const NEWEST: i32 = 10;

/// How long CloudTrail may take to deliver an hour, in milliseconds. See `SETTLE_MILLIS` of the inspection.
const SETTLE: i64 = 10 * 60_000;

/// Where the last settled hour has no record, so far before it one is looked for: every account in use has some an hour.
const SILENT: i64 = 2 * HOUR;

/// The most accounts of one lane whose oldest record is read.
const MOST_ACCOUNTS: usize = 500;

/// So long the oldest record of an account is good for. A state forgets it with the hour that it is of, after its retention:
/// a newer one has to stand behind it by then.
const GOOD_FOR: i64 = 7 * 24 * HOUR;

/// From so far back the newer one is taken: what a run has read there, the store knows by its identity.
const RENEWED_FROM: i64 = 24 * HOUR;

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
        let page = self
            .source
            .told((self.lane, self.id), self.newest(&reading).await)?;
        let done = Standing::Done {
            at: reading.started,
            records: Records::All,
        };
        let payloads: Vec<_> = self.payloads(&page.events).into_iter().collect();
        let further = settled(reading.started).plus_millis(-SILENT);
        let next = match page.token {
            _ if !payloads.is_empty() => Next::Later(encode(&done)),
            Some(token) if reading.token.as_ref() != Some(&token) => {
                let token = Some(token);
                Next::More(encode(&Standing::Reading(Reading { token, ..reading })))
            }
            _ if reading.from > further => {
                let reading = Reading::new(further, reading.started, Records::All);
                Next::More(encode(&Standing::Reading(reading)))
            }
            _ => {
                self.note_silence(further);
                Next::Later(encode(&done))
            }
        };
        Ok(Page { payloads, next })
    }

    /// The newest first; the oldest first of a service that does not take that.
    async fn newest(&self, reading: &Reading) -> Result<FilterPage, AwsError> {
        let fresh = Reading {
            token: None,
            ..reading.clone()
        };
        match self.recent(reading, true).await {
            Err(AwsError::StaleToken { .. }) if reading.token.is_some() => self.recent(&fresh, true).await,
            Err(AwsError::Invalid { .. }) => self.recent(&fresh, false).await,
            answer => answer,
        }
    }

    async fn recent(&self, reading: &Reading, newest_first: bool) -> Result<FilterPage, AwsError> {
        let request = FilterRequest {
            group: self.lane.group.clone(),
            streams: Vec::new(),
            start: reading.from,
            end_inclusive: reading.started.plus_millis(-1),
            pattern: None,
            limit: NEWEST,
            newest_first,
            token: reading.token.clone(),
        };
        self.lane.logs.filter_log_events(&request).await
    }

    fn note_silence(&self, since: Timestamp) {
        self.source.note(format!(
            "{}: no record since {since}; where the account is in use its trail has stopped, and that its errors have ended \
             says nothing",
            self.lane.origin.name
        ));
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
            firsts.known.insert(first.account.clone(), firsts.listed);
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
        let end = self.source.options.now.plus_millis(-1);
        let request = FilterRequest {
            group: self.lane.group.clone(),
            streams: first.stream.iter().cloned().collect(),
            // A stream can have begun behind our present, and AWS takes no stretch that ends before it begins.
            start: first.from.min(end),
            end_inclusive: end,
            pattern: None,
            limit: 1,
            newest_first: false,
            token,
        };
        self.lane.logs.filter_log_events(&request).await
    }

    /// Notes which accounts have streams that nothing was read of yet, or not for long.
    async fn list(&self, firsts: &mut Firsts) -> Result<(), SourceError> {
        let now = self.source.options.now;
        let streams = match self.streams().await {
            Ok(streams) => {
                firsts.denied = false;
                streams
            }
            Err(AwsError::Denied { .. }) => {
                firsts.denied = true;
                Vec::new()
            }
            Err(error) => return self.source.told((self.lane, self.id), Err(error)),
        };
        firsts.listed = now;
        let room = MOST_ACCOUNTS.saturating_sub(firsts.known.len());
        let new = self
            .accounts(&streams, self.source.since(self.lane))
            .into_values();
        let new = new.filter(|first| !firsts.known.contains_key(&first.account));
        let recent = self
            .accounts(&streams, now.plus_millis(-RENEWED_FROM))
            .into_values();
        let is_aged = |first: &First| {
            let read = firsts.known.get(&first.account);
            read.is_some_and(|read| read.plus_millis(GOOD_FOR) <= now)
        };
        firsts.pending = new.take(room).chain(recent.filter(is_aged)).collect();
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

    /// Of each account the stream with the oldest event since then, of equals the one that was written to last; the whole
    /// group where no stream tells an account.
    fn accounts(&self, streams: &[StreamFound], since: Timestamp) -> BTreeMap<String, First> {
        let told = |stream: &StreamFound| stream.first_event.is_some() && stream.account().is_some();
        if !streams.iter().any(told) {
            return all(since);
        }
        let order = |stream: &StreamFound| {
            let first = stream.first_event.max(Some(since));
            (first, Reverse(stream.last_event), stream.name.clone())
        };
        let mut oldest: BTreeMap<&str, &StreamFound> = BTreeMap::new();
        let goes_on = |stream: &&StreamFound| stream.last_event.is_none_or(|last| last >= since);
        for stream in streams.iter().filter(|stream| told(stream)).filter(goes_on) {
            let Some(account) = stream.account() else {
                continue;
            };
            let known = oldest.entry(account).or_insert(stream);
            if order(stream) < order(known) {
                *known = stream;
            }
        }
        self.note_many(oldest.len());
        oldest
            .into_iter()
            .map(|(account, stream)| (account.to_owned(), first(account, stream, since)))
            .collect()
    }

    fn note_many(&self, accounts: usize) {
        if accounts > MOST_ACCOUNTS {
            self.source.note(format!(
                "{}: {accounts} accounts; the oldest record is looked for of {MOST_ACCOUNTS} of them",
                self.lane.origin.name,
            ));
        }
    }
}

const NOT_LISTED: &str = "its streams may not be listed (allow logs:DescribeLogStreams), so only the group's oldest record \
                          is known, not each account's: an account that seldom fails may be taken for a new one";

fn first(account: &str, stream: &StreamFound, since: Timestamp) -> First {
    First {
        account: account.to_owned(),
        stream: Some(stream.name.clone()),
        from: stream.first_event.map_or(since, |time| time.max(since)),
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

/// The start of the last hour that has settled.
fn settled(now: Timestamp) -> Timestamp {
    now.plus_millis(-SETTLE).hour().plus(-1).start()
}

fn day(time: Timestamp) -> i64 {
    time.as_millis().div_euclid(24 * HOUR)
}
