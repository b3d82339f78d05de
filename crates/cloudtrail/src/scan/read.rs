//! From one value's text to what the visitor gets, and to exactly one counter.

use std::borrow::Cow;

use crate::actor::Identity;
use crate::event::{AccessKeyUse, ErrorEvent, RecordSeen, Visitor};
use crate::reject::{Reject, RejectReason};
use crate::time::{TimeRange, Timestamp};

use super::identities::{Identities, Known};
use super::index::{Index, REACH};
use super::record::{self, Object, Record};
use super::skim::{Fields, Skimmed, skim};
use super::structure::{Lexer, Step, is_space};
use super::text::unescape;
use super::{Counters, ScanOptions};

/// How far ahead of now a record may be.
const AHEAD_MILLIS: i64 = 15 * 60 * 1000;

/// How many wrappers may stand around a record (a message that holds an EventBridge event is two).
const MAX_WRAPPERS: usize = 3;

/// The text of the probe that CloudWatch Logs sends to a subscription's destination. Source: "Real-time processing of
/// log data with subscriptions" in the Amazon CloudWatch Logs user guide.
const CONTROL_TEXT: &str = "CWL CONTROL MESSAGE";

/// What became of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was read and counted.
    Read,
    /// It was a CloudWatch Logs probe, and counted.
    Control,
    /// It was rejected and counted; where in it the fault lies.
    Rejected { reason: RejectReason, at: usize },
}

/// Why a value is rejected, where in it, and what the parser said.
struct Refusal {
    reason: RejectReason,
    at: usize,
    detail: Cow<'static, str>,
}

impl Refusal {
    fn new(reason: RejectReason, detail: impl Into<Cow<'static, str>>) -> Self {
        let detail = detail.into();
        Self {
            reason,
            at: 0,
            detail,
        }
    }
}

/// Reads values and keeps the counters.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) counters: Counters,
    origin_account: Option<String>,
    latest: Timestamp,
    /// Buffers for the text of messages, used again.
    scratch: Vec<String>,
    /// For values that were not skimmed where they stood.
    index: Index,
    identities: Identities,
}

impl Reader {
    pub(super) fn new(options: ScanOptions) -> Self {
        Self {
            counters: Counters::default(),
            origin_account: options.origin_account.filter(|account| !account.is_empty()),
            latest: options.now.plus_millis(AHEAD_MILLIS),
            scratch: Vec::new(),
            index: Index::default(),
            identities: Identities::default(),
        }
    }

    /// Counts a reject and hands it on.
    pub(super) fn reject<V: Visitor + ?Sized>(
        &mut self,
        reason: RejectReason,
        offset: u64,
        detail: &str,
        visitor: &mut V,
    ) {
        *self.counters.rejects.entry(reason).or_default() += 1;
        let detail = detail.to_owned();
        visitor.reject(&Reject {
            reason,
            offset,
            detail,
        });
    }

    /// Counts a probe.
    pub(super) fn control(&mut self) {
        self.counters.control_messages += 1;
    }

    /// Reads one value that stands at `offset`. What was `looked` at already cannot be skimmed.
    pub(super) fn read<V: Visitor + ?Sized>(
        &mut self,
        value: &[u8],
        offset: u64,
        looked: bool,
        visitor: &mut V,
    ) -> Outcome {
        let read = match std::str::from_utf8(value) {
            Ok(text) if !looked && self.skim(text, visitor) => Ok(Outcome::Read),
            Ok(text) => self.value(text, 0, visitor),
            Err(error) => {
                let at = error.valid_up_to();
                Err(Refusal {
                    at,
                    ..Refusal::new(RejectReason::InvalidJson, "invalid UTF-8")
                })
            }
        };
        read.unwrap_or_else(|refusal| {
            self.reject(
                refusal.reason,
                offset + refusal.at as u64,
                &refusal.detail,
                visitor,
            );
            let Refusal { reason, at, .. } = refusal;
            Outcome::Rejected { reason, at }
        })
    }

    /// Skims a record that stands alone; whether that was possible.
    fn skim<V: Visitor + ?Sized>(&mut self, text: &str, visitor: &mut V) -> bool {
        if !text.starts_with('{') || text.len() > REACH {
            return false;
        }
        self.index.build(text.as_bytes());
        match skim(text.as_bytes(), &self.index, 0) {
            Skimmed::Plain(end, fields) if end == text.len() => self.plain(text.as_bytes(), &fields, visitor),
            _ => false,
        }
    }

    /// Tells a skimmed record; whether it is one that can be told this way.
    pub(super) fn plain<V: Visitor + ?Sized>(
        &mut self,
        raw: &[u8],
        fields: &Fields<'_>,
        visitor: &mut V,
    ) -> bool {
        let Ok(raw) = std::str::from_utf8(raw) else {
            return false;
        };
        let Some(time) = text_of(fields.event_time).and_then(|time| self.within(time)) else {
            return false;
        };
        let no_one = Known::default();
        let mut identities = std::mem::take(&mut self.identities);
        let identity = match fields.identity {
            [] => Some(&no_one),
            text => identities.get(text),
        };
        let told = identity.and_then(|identity| self.tell(fields, identity, time, raw, visitor));
        self.identities = identities;
        told.is_some()
    }

    fn tell<V: Visitor + ?Sized>(
        &mut self,
        fields: &Fields<'_>,
        identity: &Known,
        time: Timestamp,
        raw: &str,
        visitor: &mut V,
    ) -> Option<()> {
        let recipient = text_of(fields.recipient_account)?;
        let (event_source, event_name) = (text_of(fields.event_source)?, text_of(fields.event_name)?);
        let region = text_of(fields.region)?;
        let origin = self.origin_account.as_deref().unwrap_or("unknown");
        let mut named = [recipient, &identity.account].into_iter();
        let account = named.find(|account| !account.is_empty()).unwrap_or(origin);
        count(&mut self.counters, time);
        visitor.record(&RecordSeen {
            account,
            time,
            is_error: false,
            raw,
        });
        if !identity.key_id.is_empty() {
            self.counters.key_uses += 1;
            visitor.key_use(&AccessKeyUse {
                key_id: Cow::Borrowed(&identity.key_id),
                account: Cow::Borrowed(account),
                owner: Cow::Borrowed(&identity.owner),
                time,
                event_source: Cow::Borrowed(event_source),
                event_name: Cow::Borrowed(event_name),
                region: Cow::Borrowed(region),
            });
        }
        Some(())
    }

    /// The time of a record, if it is one that records may have.
    fn within(&self, time: &str) -> Option<Timestamp> {
        let time = time.parse().ok()?;
        (Timestamp::CLOUDTRAIL_START..=self.latest)
            .contains(&time)
            .then_some(time)
    }

    fn value<V: Visitor + ?Sized>(
        &mut self,
        text: &str,
        wrappers: usize,
        visitor: &mut V,
    ) -> Result<Outcome, Refusal> {
        let object = record::read(text).map_err(|error| syntax(&error, text))?;
        if object.is_record {
            return self.record(&object, text, visitor);
        }
        if wrappers < MAX_WRAPPERS {
            if let Some(literal) = object.lookup_event.or(object.message) {
                return self.held(literal.get(), wrappers, visitor);
            }
            if let Some(detail) = object.detail {
                let read = self.value(detail.get(), wrappers + 1, visitor);
                return read.map_err(|refusal| Refusal { at: 0, ..refusal });
            }
            if text.starts_with('"') {
                return self.held(text, wrappers, visitor);
            }
        }
        self.other(&object)
    }

    /// A string that should hold a record.
    fn held<V: Visitor + ?Sized>(
        &mut self,
        literal: &str,
        wrappers: usize,
        visitor: &mut V,
    ) -> Result<Outcome, Refusal> {
        let mut text = self.scratch.pop().unwrap_or_default();
        text.clear();
        let read = match unescape(literal, &mut text) {
            Some(()) => self.held_text(&text, wrappers, visitor),
            None if literal.starts_with('"') => Err(Refusal::new(
                RejectReason::InvalidJson,
                "a string that is no text",
            )),
            None => Err(Refusal::new(RejectReason::NotARecord, "the message is no string")),
        };
        self.scratch.push(text);
        read.map_err(|refusal| Refusal { at: 0, ..refusal })
    }

    fn held_text<V: Visitor + ?Sized>(
        &mut self,
        text: &str,
        wrappers: usize,
        visitor: &mut V,
    ) -> Result<Outcome, Refusal> {
        if text.starts_with(CONTROL_TEXT) {
            self.control();
            return Ok(Outcome::Control);
        }
        let text = text.trim_matches(|found: char| found.is_ascii() && is_space(found as u8));
        if !text.starts_with('{') {
            return Err(Refusal::new(
                RejectReason::NotARecord,
                "a string that holds no object",
            ));
        }
        if self.skim(text, visitor) {
            return Ok(Outcome::Read);
        }
        whole(text)?;
        self.value(text, wrappers + 1, visitor)
    }

    /// What is neither a record nor holds one.
    fn other(&mut self, object: &Object<'_>) -> Result<Outcome, Refusal> {
        if object.is_digest {
            self.counters.digests += 1;
            return Ok(Outcome::Read);
        }
        if object.is_insight() {
            self.counters.insights += 1;
            return Ok(Outcome::Read);
        }
        if object.message_type.as_deref() == Some("CONTROL_MESSAGE") {
            self.control();
            return Ok(Outcome::Control);
        }
        Err(Refusal::new(RejectReason::NotARecord, ""))
    }

    fn record<V: Visitor + ?Sized>(
        &mut self,
        object: &Object<'_>,
        raw: &str,
        visitor: &mut V,
    ) -> Result<Outcome, Refusal> {
        if object.is_insight() {
            self.counters.insights += 1;
            return Ok(Outcome::Read);
        }
        let record = &object.record;
        let time = self.time_of(record)?;
        count(&mut self.counters, time);
        let origin = self.origin_account.take();
        let account = account_of(record, origin.as_deref());
        let is_error = record.is_error();
        visitor.record(&RecordSeen {
            account,
            time,
            is_error,
            raw,
        });
        if let Some(key_use) = key_use(record, account, time) {
            self.counters.key_uses += 1;
            visitor.key_use(&key_use);
        }
        if is_error {
            self.counters.error_events += 1;
            visitor.error_event(&error_event(record, account, time, raw));
        }
        self.origin_account = origin;
        Ok(Outcome::Read)
    }

    fn time_of(&self, record: &Record<'_>) -> Result<Timestamp, Refusal> {
        let text = record.event_time.as_deref();
        let time: Timestamp = text
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| Refusal::new(RejectReason::NoEventTime, ""))?;
        if time < Timestamp::CLOUDTRAIL_START {
            return Err(Refusal::new(
                RejectReason::NoEventTime,
                "a time before CloudTrail existed",
            ));
        }
        if time > self.latest {
            return Err(Refusal::new(RejectReason::FutureEventTime, ""));
        }
        Ok(time)
    }
}

fn count(counters: &mut Counters, time: Timestamp) {
    counters.records += 1;
    let behind = time.plus_millis(1);
    let seen = counters.times.unwrap_or(TimeRange::new(time, behind));
    counters.times = Some(TimeRange::new(seen.start.min(time), seen.end.max(behind)));
}

fn text_of(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// Whether the text is one value, not nested too deeply; the refusal otherwise.
fn whole(text: &str) -> Result<(), Refusal> {
    let bytes = text.as_bytes();
    let mut lexer = Lexer::new(0, bytes.first().copied().unwrap_or_default());
    loop {
        return match lexer.step(bytes, 0) {
            Step::ArrayMember(_) | Step::ObjectElement => continue,
            Step::End(end) if end == bytes.len() as u64 => Ok(()),
            Step::End(_) => Err(Refusal::new(
                RejectReason::InvalidJson,
                "more than one value in a string",
            )),
            Step::More => Err(Refusal::new(
                RejectReason::Truncated,
                "the string ends inside a value",
            )),
            Step::Broken(_, fault) => Err(Refusal::new(RejectReason::InvalidJson, fault.describe())),
        };
    }
}

/// The parser's refusal, as an offset and without its own words about the place.
fn syntax(error: &serde_json::Error, text: &str) -> Refusal {
    let line = error.line().saturating_sub(1);
    let newlines = memchr::memchr_iter(b'\n', text.as_bytes());
    let start = line
        .checked_sub(1)
        .and_then(|before| newlines.map(|at| at + 1).nth(before));
    let message = error.to_string();
    let said = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(said, _)| said);
    Refusal {
        reason: RejectReason::InvalidJson,
        at: (start.unwrap_or(0) + error.column().saturating_sub(1)).min(text.len()),
        detail: Cow::Owned(said.to_owned()),
    }
}

fn account_of<'a>(record: &'a Record<'_>, origin: Option<&'a str>) -> &'a str {
    let named = |text: &'a Option<Cow<'_, str>>| text.as_deref().filter(|account| !account.is_empty());
    named(&record.recipient_account)
        .or_else(|| named(&record.identity.account_id))
        .or(origin)
        .unwrap_or("unknown")
}

/// An event of this account and time, from its record's text; `None` when that is no record.
pub(crate) fn reread<'a>(raw: &'a str, account: &'a str, time: Timestamp) -> Option<ErrorEvent<'a>> {
    let record = record::read(raw).ok()?.record;
    let text = |field: Option<Cow<'a, str>>| field.unwrap_or_default();
    let is_told = |key: &Cow<'_, str>| *key != crate::redact::REDACTED;
    Some(ErrorEvent {
        event_id: record.event_id,
        time,
        account: Cow::Borrowed(account),
        event_source: text(record.event_source),
        event_name: text(record.event_name),
        error_code: text(record.error_code),
        error_message: text(record.error_message),
        region: text(record.region),
        source_ip: text(record.source_ip),
        user_agent: text(record.user_agent),
        user_identity: Identity {
            access_key_id: record.identity.access_key_id.filter(is_told),
            ..record.identity
        },
        read_only: record.read_only,
        event_type: text(record.event_type),
        request_parameters: record.request_parameters,
        raw,
    })
}

fn text<'a>(field: &'a Option<Cow<'_, str>>) -> Cow<'a, str> {
    Cow::Borrowed(field.as_deref().unwrap_or_default())
}

fn key_use<'a>(record: &'a Record<'_>, account: &'a str, time: Timestamp) -> Option<AccessKeyUse<'a>> {
    let key_id = record
        .identity
        .access_key_id
        .as_deref()
        .filter(|key| !key.is_empty())?;
    Some(AccessKeyUse {
        key_id: Cow::Borrowed(key_id),
        account: Cow::Borrowed(account),
        owner: record.identity.actor(),
        time,
        event_source: text(&record.event_source),
        event_name: text(&record.event_name),
        region: text(&record.region),
    })
}

fn error_event<'a>(
    record: &'a Record<'a>,
    account: &'a str,
    time: Timestamp,
    raw: &'a str,
) -> ErrorEvent<'a> {
    ErrorEvent {
        event_id: record.event_id.as_deref().map(Cow::Borrowed),
        time,
        account: Cow::Borrowed(account),
        event_source: text(&record.event_source),
        event_name: text(&record.event_name),
        error_code: text(&record.error_code),
        error_message: text(&record.error_message),
        region: text(&record.region),
        source_ip: text(&record.source_ip),
        user_agent: text(&record.user_agent),
        user_identity: record.identity.clone(),
        read_only: record.read_only,
        event_type: text(&record.event_type),
        request_parameters: record.request_parameters,
        raw,
    }
}
