//! Between rows and values.

use firstsight_engine::{Digest, Span, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::Result;
use crate::StoreError;

/// Primary result codes. Source: SQLite documentation, result and error codes.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const READ_ONLY: i32 = 8;
const FULL: i32 = 13;
/// The shared memory file cannot grow: an extended code of `SQLITE_IOERR`, and another way to be full.
const IOERR_SHMSIZE: i32 = 4874;

/// The extended result code of a database error.
pub(super) fn code(error: &sqlx::Error) -> Option<i32> {
    error.as_database_error()?.code()?.parse().ok()
}

/// What a caller can do about a failure.
pub(super) fn failed(error: sqlx::Error) -> StoreError {
    let code = code(&error).unwrap_or_default();
    let source = Box::new(error);
    match code & 0xff {
        FULL => StoreError::Full { source },
        _ if code == IOERR_SHMSIZE => StoreError::Full { source },
        BUSY | LOCKED => StoreError::Busy { source },
        READ_ONLY => StoreError::ReadOnly,
        _ if matches!(*source, sqlx::Error::PoolTimedOut) => StoreError::Busy { source },
        _ => StoreError::Unavailable { source },
    }
}

/// A row does not hold what this crate writes there.
pub(super) fn damaged(what: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> StoreError {
    StoreError::Unavailable { source: what.into() }
}

/// A digest as it is stored.
pub(super) fn blob(digest: Digest) -> Vec<u8> {
    digest.0.to_vec()
}

/// A stored digest.
pub(super) fn digest(bytes: &[u8]) -> Result<Digest> {
    let bytes = bytes
        .try_into()
        .map_err(|_| damaged("a digest is not 16 bytes long"))?;
    Ok(Digest(bytes))
}

/// A stored time.
pub(super) fn time(millis: i64) -> Time {
    Time::from_millis(millis)
}

/// A stored count.
pub(super) fn count(count: i64) -> u64 {
    u64::try_from(count).unwrap_or_default()
}

/// A count as it is stored.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A stored span: `None` when it holds no occurrence.
pub(super) fn span(occurrences: i64, first: Option<i64>, last: Option<i64>) -> Option<Span> {
    let (first, last) = (time(first?), time(last?));
    (occurrences > 0).then(|| Span {
        count: count(occurrences),
        first,
        last,
    })
}

/// A value as JSON text.
pub(super) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(damaged)
}

/// A value from JSON text.
pub(super) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(damaged)
}

/// A named state (a unit variant) as its name.
pub(super) fn name<T: Serialize>(value: &T) -> Result<String> {
    match serde_json::to_value(value).map_err(damaged)? {
        serde_json::Value::String(name) => Ok(name),
        _ => Err(damaged("a state without a name")),
    }
}

/// A named state from its name.
pub(super) fn from_name<T: DeserializeOwned>(name: String) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(damaged)
}

/// A limit as SQL takes it: all when 0.
pub(super) fn limit(limit: usize) -> i64 {
    match limit {
        0 => -1,
        limit => i64::try_from(limit).unwrap_or(-1),
    }
}
