//! Reading: from a position to a request, and from its answer to a page.

use firstsight_cloudtrail::{TimeRange, Timestamp};
use firstsight_source::slices::{HOUR, Slice};
use firstsight_source::{Next, Page, Position, SourceError};

use super::lane::Lane;
use super::position::{Reading, Standing, decode, encode};
use super::refusal::source_error;
use super::{CloudWatchSource, Records, pattern, unit};
use crate::api::{FilterPage, FilterRequest, LogEvent};
use crate::error::AwsError;

/// For how long the store knows each error event by its identity. Further back nothing is read a second time: it would
/// count twice.
const KNOWN_FOR: i64 = 48 * HOUR;

/// So often in a row the service may give the token that it was asked with.
const MOST_STUCK: u32 = 100;

/// What a position asks for.
enum Step {
    /// A page.
    Ask(Reading),
    /// Nothing, for now.
    Rest(Position),
}

/// One partition, while a page of it is read.
pub(super) struct Task<'a> {
    pub(super) source: &'a CloudWatchSource,
    pub(super) lane: &'a Lane,
    /// The partition's id.
    pub(super) id: &'a str,
}

impl Task<'_> {
    /// The next page of a slice.
    pub(super) async fn slice_page(
        &self,
        slice: Slice,
        position: Option<Position>,
    ) -> Result<Page, SourceError> {
        let reading = match self.step(slice, position)? {
            Step::Rest(position) => return Ok(rest(position)),
            Step::Ask(reading) => reading,
        };
        let range = |reading: &Reading| TimeRange::new(reading.from, slice.end().min(reading.started));
        let (reading, page) = match self.ask(&reading, range(&reading)).await {
            Err(AwsError::StaleToken { .. }) if reading.token.is_some() => {
                let reading = reading.restarted();
                let page = self.ask(&reading, range(&reading)).await;
                (reading, page)
            }
            page => (reading, page),
        };
        let page = self.source.told((self.lane, self.id), page)?;
        self.answered(slice, reading, page)
    }

    fn step(&self, slice: Slice, position: Option<Position>) -> Result<Step, SourceError> {
        let options = &self.source.options;
        let fresh = |from| Step::Ask(Reading::new(from, options.now, options.records));
        let Some(position) = position else {
            return Ok(fresh(slice.start()));
        };
        let standing: Standing = decode(&position).ok_or_else(|| self.foreign())?;
        Ok(match standing {
            Standing::Reading(reading) if !within(slice, &reading) => return Err(self.foreign()),
            Standing::Reading(reading) if reading.records == options.records => {
                Step::Ask(reading.at(options.now))
            }
            // A token goes with the request that it came from.
            Standing::Reading(_) => fresh(slice.start()),
            Standing::Done { at, records } => match self.again(slice, at, records) {
                Some(from) => fresh(from),
                None => Step::Rest(position),
            },
        })
    }

    /// From where a slice that was read has to be read again.
    fn again(&self, slice: Slice, read_at: Timestamp, read: Records) -> Option<Timestamp> {
        let options = &self.source.options;
        let lacks = options.records == Records::All && read == Records::Errors;
        if lacks && read_at.plus_millis(KNOWN_FOR) > options.now {
            return Some(slice.start());
        }
        slice.again(read_at, options.now, options.overlap_hours * HOUR)
    }

    /// One request for a stretch of log time.
    async fn ask(&self, reading: &Reading, range: TimeRange) -> Result<FilterPage, AwsError> {
        let options = &self.source.options;
        let request = FilterRequest {
            group: self.lane.group.clone(),
            streams: Vec::new(),
            start: range.start,
            end_inclusive: range.end.plus_millis(-1),
            pattern: (reading.records == Records::Errors).then_some(pattern::ERRORS),
            limit: options.page_events,
            newest_first: false,
            token: reading.token.clone(),
        };
        self.lane.logs.filter_log_events(&request).await
    }

    fn answered(&self, slice: Slice, reading: Reading, page: FilterPage) -> Result<Page, SourceError> {
        let payloads = self.payloads(&page.events);
        let Some(token) = page.token else {
            return Ok(Page {
                payloads: payloads.into_iter().collect(),
                next: self.ended(slice, &reading),
            });
        };
        let stuck = if reading.token.as_ref() == Some(&token) {
            reading.stuck + 1
        } else {
            0
        };
        if stuck > MOST_STUCK {
            return Err(self.going_round());
        }
        let next = Reading {
            token: Some(token),
            given: Some(self.source.options.now),
            stuck,
            ..reading.after(&page.events)
        };
        Ok(Page {
            payloads: payloads.into_iter().collect(),
            next: Next::More(encode(&Standing::Reading(next))),
        })
    }

    /// A read that an earlier run began has seen nothing of what came since: the same call goes on with that.
    fn ended(&self, slice: Slice, reading: &Reading) -> Next {
        let done = encode(&Standing::Done {
            at: reading.started,
            records: reading.records,
        });
        match self.again(slice, reading.started, reading.records) {
            Some(_) => Next::More(done),
            None => Next::Later(done),
        }
    }

    pub(super) fn payloads(&self, events: &[LogEvent]) -> Option<firstsight_source::Payload> {
        unit::payload(self.id, self.lane.origin.clone(), events)
    }

    pub(super) fn foreign(&self) -> SourceError {
        SourceError::Invalid {
            name: self.id.to_owned(),
            reason: "the position is not one of this partition".into(),
        }
    }

    pub(super) fn going_round(&self) -> SourceError {
        source_error(&AwsError::Unavailable {
            place: self.id.to_owned(),
            call: crate::Call::FilterLogEvents,
            attempts: MOST_STUCK,
            reason: "it gave the same page token again and again; run again later".into(),
        })
    }
}

impl Reading {
    /// Behind these events.
    fn after(self, events: &[LogEvent]) -> Self {
        let times = || events.iter().map(|event| event.time);
        let ordered = self.ordered
            && times().is_sorted()
            && events.first().is_none_or(|first| first.time >= self.resume);
        let last = times().next_back().unwrap_or(self.resume);
        Self {
            ordered,
            resume: if ordered { last } else { self.from },
            ..self
        }
    }
}

/// How long a page token is good for.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
const TOKEN_LIFE: i64 = 24 * HOUR;

impl Reading {
    /// As a run goes on with it: without a token that may have expired. What the service says of such a token is not
    /// documented; an empty last page would be taken for the slice's end. Each page brings a new token: it is its own age
    /// that counts. By the read's, a read of more than a day would drop every token, and never get past a page's worth of
    /// events of one moment.
    fn at(self, now: Timestamp) -> Self {
        let given = self.given.unwrap_or(self.started);
        if self.token.is_some() && given.plus_millis(TOKEN_LIFE) <= now {
            self.restarted()
        } else {
            self
        }
    }
}

/// Whether a read can be one of this slice.
fn within(slice: Slice, reading: &Reading) -> bool {
    let inside = |time: Timestamp| slice.start() <= time && time <= slice.end();
    inside(reading.from) && inside(reading.resume)
}

/// Nothing, and the same position again.
pub(super) fn rest(position: Position) -> Page {
    Page {
        payloads: Vec::new(),
        next: Next::Later(position),
    }
}
