//! Hours and days in a time zone.

use serde::{Deserialize, Serialize};

/// A time zone by its IANA name, as `Asia/Shanghai`; `UTC` by default. The database is part of the program, so that the same
/// input gives the same answer everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoneName(pub String);

impl Default for ZoneName {
    fn default() -> Self {
        Self("UTC".to_owned())
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Day {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// Stretches of the week: these days, from one time of day to another (on the next day where it is not later).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The days on which it begins; every day when empty.
    #[serde(default)]
    pub days: Vec<Day>,
    /// From when, in minutes of the day.
    pub from: u16,
    /// Until when (excluded), in minutes of the day; 1440 is midnight.
    pub until: u16,
}

/// What comes back: these days, at a time of day, for so long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// The days on which it begins; every day when empty.
    #[serde(default)]
    pub days: Vec<Day>,
    /// At when, in minutes of the day.
    pub at: u16,
    /// For how long, in minutes, 1 to 10,080.
    pub minutes: u32,
}
