//! What the calls take and give.

use std::collections::BTreeMap;

use secrecy::SecretString;
use serde::{Serialize, Serializer};
use serde_json::Value as Json;

/// That the node answers, and what its clock says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// The `Date` header.
    pub date: Option<String>,
}

/// A workspace.
#[derive(Clone, Debug)]
pub struct Workspace {
    /// Its id, `wksp_…`.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// What data is written with, `tkn_…`.
    pub token: SecretString,
}

/// An alert policy of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AlertPolicy {
    /// Its id, `altpl_…`.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// How many monitors it is bound to, where the answer says.
    pub monitors: Option<u64>,
}

/// A monitor that exists.
#[derive(Clone, Debug)]
pub struct Monitor {
    /// Its id, `rul_…`.
    pub uuid: String,
    /// Its title.
    pub title: String,
    /// How it checks (`jsonScript.type`): `OuterEventChecker` for external events, `simpleCheck`, …
    pub kind: String,
    /// The last part of the address of an external-event monitor.
    pub sub_uri: Option<String>,
    /// The secret part of the address, where the answer tells it.
    pub secret: Option<SecretString>,
    /// Whether it is enabled.
    pub enabled: bool,
    /// The alert policies it is bound to.
    pub alert_policies: Vec<String>,
}

impl Monitor {
    /// Whether it takes events from outside. Before 2024-12-11 that was the monitor's `type`, `outer_event_checker`
    /// (<https://docs.guance.com/en/open-api/changelog/>); since then it is how it checks.
    #[must_use]
    pub fn takes_events(&self) -> bool {
        matches!(self.kind.as_str(), "OuterEventChecker" | "outer_event_checker")
    }
}

/// An external-event monitor to be made.
#[derive(Clone, Debug)]
pub struct NewMonitor {
    /// Its title, at most 256 characters.
    pub title: String,
    /// The last part of its address.
    pub sub_uri: String,
    /// The secret part of its address: unique and random.
    pub secret: SecretString,
    /// The alert policies it is bound to.
    pub alert_policies: Vec<String>,
}

/// An event for an external-event monitor: `POST /api/v1/push-events/{secret}/{subUri}`
/// (<https://docs.guance.com/en/open-api/checker/receive/>).
#[derive(Clone, Debug, PartialEq)]
pub struct PushBody {
    /// The event.
    pub event: PushEvent,
    /// What else is known: lands in `df_meta.extra_data`.
    pub extra_data: BTreeMap<String, String>,
    /// Fields of our own, which become fields of the event's top level: `fs_…`, texts only. They are sent inside `event`,
    /// where the documentation has them. Names that Guance forbids are left out, see [`may_be_own`](Self::may_be_own).
    pub own: BTreeMap<String, String>,
}

/// The names that fields of one's own must not have.
/// Source: <https://docs.guance.com/en/open-api/checker/receive/>, "User-defined fields".
const RESERVED: [&str; 14] = [
    "date",
    "status",
    "source",
    "title",
    "message",
    "dimension_tags",
    "check_value",
    "time",
    "time_us",
    "timestamp",
    "workspace_uuid",
    "workspace_name",
    "extra_data",
    "create_time",
];

impl PushBody {
    /// Whether Guance takes a field of one's own of this name: not empty, none of its own names (reserved ones, `_…`,
    /// `df_…`), and no dimension of the event.
    #[must_use]
    pub fn may_be_own(&self, name: &str) -> bool {
        let forbidden = name.is_empty() || name.starts_with('_') || name.starts_with("df_");
        !forbidden && !RESERVED.contains(&name) && !self.event.dimension_tags.contains_key(name)
    }
}

impl Serialize for PushBody {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let own = self.own.iter().filter(|(name, _)| self.may_be_own(name));
        let wire = PushWire {
            event: PushEventWire {
                event: &self.event,
                own: own.collect(),
            },
            extra_data: &self.extra_data,
        };
        wire.serialize(serializer)
    }
}

/// The body as it is sent. The documentation's prose calls the second part `extra_data`, its table and samples `extraData`.
#[derive(Serialize)]
struct PushWire<'a> {
    event: PushEventWire<'a>,
    #[serde(rename = "extraData", skip_serializing_if = "BTreeMap::is_empty")]
    extra_data: &'a BTreeMap<String, String>,
}

#[derive(Serialize)]
struct PushEventWire<'a> {
    #[serde(flatten)]
    event: &'a PushEvent,
    #[serde(flatten)]
    own: BTreeMap<&'a String, &'a String>,
}

/// The event itself.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PushEvent {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub date: i64,
    /// `critical`, `error`, `warning`, `info` or `ok`.
    pub status: &'static str,
    /// One line.
    pub title: String,
    /// Markdown.
    pub message: String,
    /// What the event is about: the same for every event of a fault.
    pub dimension_tags: BTreeMap<String, String>,
    /// The number of new error events.
    pub check_value: f64,
}

/// An event by `POST /api/v1/events/create` (<https://docs.guance.com/en/open-api/keyevent/create/>).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CreateEvent {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub date: i64,
    /// The status.
    pub status: &'static str,
    /// One line.
    pub title: String,
    /// Markdown.
    pub message: String,
    /// Who wrote it.
    pub origin: &'static str,
    /// Tags of our own.
    #[serde(rename = "customTags", skip_serializing_if = "BTreeMap::is_empty")]
    pub custom_tags: BTreeMap<String, String>,
}

/// A DQL query of logs (<https://docs.guance.com/en/open-api/query-data/query-data-v1/>).
#[derive(Clone, Debug, PartialEq)]
pub struct DqlQuery {
    /// The query, as ``L::`cloudtrail`:(`*`)``.
    pub dql: String,
    /// From and until when, in milliseconds: stored time.
    pub time_range: (i64, i64),
    /// At most so many rows.
    pub limit: usize,
    /// Where the page before ended, as it said; empty for the first one.
    pub search_after: Vec<Json>,
}

/// A page of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct DqlPage {
    /// The rows, by column; columns without a value are left out.
    pub rows: Vec<serde_json::Map<String, Json>>,
    /// Where the next page goes on; empty when there is none.
    pub search_after: Vec<Json>,
}
