//! A point: what Guance stores, whatever it is called there.

use std::collections::BTreeMap;

/// A value of a field.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number; one that is not finite is left out.
    Float(f64),
    /// Yes or no.
    Boolean(bool),
}

/// A point: a measurement, tags, fields and a time.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    /// Its measurement: for logs and events their source.
    pub measurement: String,
    /// Its tags: indexed texts. Those without a value are left out.
    pub tags: BTreeMap<String, String>,
    /// Its fields; at least one.
    pub fields: BTreeMap<String, Value>,
    /// Its time, in nanoseconds since 1970-01-01T00:00:00Z. OpenWay takes numbers of 19 digits for nanoseconds, which they are
    /// since 2001-09-09, and 0 for the time at which it is received.
    pub time: i64,
}
