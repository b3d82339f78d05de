//! The JSON of values that other crates define, for the OpenAPI document: those crates know nothing of it.
//!
//! A test compares each with what is really answered, field by field, so that neither goes its own way.

#![allow(dead_code, reason = "only their schemas are used")]

mod event;
mod people;
mod run;

pub(crate) use event::{Event, FaultRecord, Finding};
pub(crate) use people::{AuditEntry, ClusterRow, DeliveryRow, Phase, Said};
pub(crate) use run::RunRecord;
use utoipa::ToSchema;

/// A moment in UTC, with milliseconds where it has any.
#[derive(ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
pub(crate) struct Moment(String);

/// A stretch of time: from its start to its end, which is not part of it.
#[derive(ToSchema)]
pub(crate) struct Range {
    /// Its start.
    pub start: Moment,
    /// Its end.
    pub end: Moment,
}

/// Some occurrences.
#[derive(ToSchema)]
pub(crate) struct Span {
    /// How many.
    pub count: u64,
    /// The first one's time.
    pub first: Moment,
    /// The last one's time.
    pub last: Moment,
}

/// The occurrences inside one hour.
#[derive(ToSchema)]
pub(crate) struct HourCount {
    /// The hour's start.
    pub hour: Moment,
    /// How many.
    pub count: u64,
    /// The first one's time.
    pub first: Moment,
    /// The last one's time.
    pub last: Moment,
}
