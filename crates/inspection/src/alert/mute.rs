//! Mutes: what is not to be sent, and until when.

use firstsight_engine::Time;
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::schedule::{Repeat, ZoneName};
use crate::error::InspectionError;

/// A mute. An event is muted when everything that it tells is: each of its findings, or where it has none each cluster that
/// holds its fault. Recoveries of faults that were told are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mute {
    /// Its id: in configurations its name, in the state chosen when it is set.
    pub id: String,
    /// What it mutes.
    pub filter: Filter,
    /// When.
    pub when: MuteTime,
    /// Why.
    pub reason: String,
    /// Over at this time, whatever `when` says.
    pub expires: Option<Time>,
}

/// When a mute holds, by the event's time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "kind")]
pub enum MuteTime {
    /// From when until when (excluded); open ends where there is none.
    Once {
        /// From when.
        from: Option<Time>,
        /// Until when.
        until: Option<Time>,
    },
    /// Again and again.
    Repeating {
        /// When.
        repeat: Repeat,
        /// In which time zone.
        zone: ZoneName,
    },
}

/// A mute as bytes for the state.
#[must_use]
pub fn encode_mute(mute: &Mute) -> Vec<u8> {
    serde_json::to_vec(mute).unwrap_or_default()
}

/// A mute of the state.
///
/// # Errors
/// [`InspectionError::Undecodable`] when the bytes are no mute of this version.
pub fn decode_mute(id: &str, body: &[u8]) -> Result<Mute, InspectionError> {
    serde_json::from_slice(body).map_err(|source| InspectionError::Undecodable {
        id: id.to_owned(),
        source,
    })
}
