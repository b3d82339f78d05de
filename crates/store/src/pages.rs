//! What pages ask of a store: runs, settings that were changed by hand, and lists that are searched and paged.
//!
//! Lists are paged by *keyset*: a page ends with a row, and the next one begins behind that row's place in the order. So a page
//! costs the same however far back it lies, and rows that come meanwhile shift nothing. Orders are total: ties go by id.

use firstsight_engine::{ClusterId, Hour, LifeCycle, Range, Time};
use serde::{Deserialize, Serialize};

use crate::model::{KeyRow, Said};

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The rows, in the order asked for.
    pub rows: Vec<T>,
    /// Whether there are more behind them.
    pub more: bool,
}

impl<T> Default for Found<T> {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            more: false,
        }
    }
}

/// One run of an inspection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoredRun {
    /// Its id, chosen by the caller; unique over all runs.
    pub id: String,
    /// The inspection.
    pub inspection: String,
    /// The tick that it is for: its window ends in that hour.
    pub tick: Time,
    /// When it began.
    pub started: Time,
    /// When it ended; `None` while it goes on, or when its process was killed.
    pub ended: Option<Time>,
    /// A word for how it ended (`running`, `ok`, `failed`, …): the caller's.
    pub outcome: String,
    /// What it counted and said: opaque.
    pub body: Vec<u8>,
}

/// Which runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunQuery {
    /// Of this inspection; of all when `None`.
    pub inspection: Option<String>,
    /// With one of these outcomes; with any when empty.
    pub outcomes: Vec<String>,
    /// Behind this run, by its start and id.
    pub after: Option<(Time, String)>,
    /// At most so many; all when 0.
    pub limit: usize,
}

/// A setting of an inspection that somebody changed by hand: it stands before what the configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredOverride {
    /// The setting's key.
    pub key: String,
    /// Its value: the caller's text.
    pub value: String,
    /// Who changed it last, when and why.
    pub said: Said,
}

/// A change of a setting by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverrideChange {
    /// The inspection.
    pub inspection: String,
    /// The setting's key.
    pub key: String,
    /// Its value; `None` drops the override, so that the configuration's stands again.
    pub value: Option<String>,
    /// What stood before where there was no override (the configuration's value): for the audit log.
    pub otherwise: String,
    /// Who, when and why.
    pub said: Said,
}

/// What an event can be found by. The caller extracts it; the store keeps it beside the opaque event.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFacets {
    /// What happened to the fault: `opened`, `ongoing`, `recovered`.
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// Its new findings.
    pub findings: u64,
    /// `eventSource` of its findings, each once, sorted.
    pub services: Vec<String>,
    /// Actors of its findings, each once, sorted.
    pub actors: Vec<String>,
    /// Clusters of its findings, each once, sorted.
    pub clusters: Vec<ClusterId>,
    /// What a search for text looks at besides: calls, error codes, templates, networks, key ids. Bounded by the caller.
    pub text: String,
}

/// Which events, for a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSearch {
    /// With one of these statuses; with any when empty.
    pub statuses: Vec<String>,
    /// Of one of these [kinds](EventFacets::kind); of any when empty.
    pub kinds: Vec<String>,
    /// Of one of these accounts; of any when empty.
    pub accounts: Vec<String>,
    /// Of one fault.
    pub fault: Option<String>,
    /// With a finding of one of these services (`eventSource`); any when empty.
    pub services: Vec<String>,
    /// With a finding by an actor whose name holds this text, whatever its case.
    pub actor: String,
    /// With a finding of this cluster.
    pub cluster: Option<ClusterId>,
    /// Whose time lies inside.
    pub times: Option<Range>,
    /// Whose title, services, actors or text hold this text, whatever its case; any when empty.
    pub text: String,
    /// Behind this event, by its time (newest first) and id.
    pub after: Option<(Time, String)>,
    /// At most so many; `0` gives none.
    pub limit: usize,
}

/// An event as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventHead {
    /// Its id.
    pub id: String,
    /// The inspection.
    pub inspection: String,
    /// Its fault's id.
    pub fault: String,
    /// Its account.
    pub account: String,
    /// Its status.
    pub status: String,
    /// Its time: the end of its window.
    pub time: Time,
    /// What it can be found by; empty for events of versions that extracted nothing (see
    /// [`Store::events_without_facets`](crate::Store::events_without_facets)).
    pub facets: EventFacets,
    /// Its deliveries by state: pending, delivered, parked, withheld.
    pub deliveries: [u64; 4],
}

/// What the remembered events of a fault come to; nothing where none is remembered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FaultTally {
    /// How many they are.
    pub events: u64,
    /// Their findings.
    pub findings: u64,
    /// Their statuses, each once, sorted.
    pub statuses: Vec<String>,
    /// The title of the first of them.
    pub title: String,
    /// The last of them: its id and its status.
    pub last: Option<(String, String)>,
}

/// An order of clusters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClusterSort {
    /// By their last occurrence.
    #[default]
    LastSeen,
    /// By their first remembered occurrence.
    FirstSeen,
    /// By their remembered occurrences.
    Count,
    /// By account, service, call, error code and template, as far as their first 256 bytes tell them apart.
    Name,
}

/// A cluster's place in an order: its value there, and its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterPlace {
    /// Milliseconds, a count, or (sorted by name) nothing.
    pub number: i64,
    /// The name (sorted by name), else nothing.
    pub name: String,
    /// Its id.
    pub id: ClusterId,
}

/// Which clusters, for a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterSearch {
    /// These alone, as far as they are recorded; any when empty.
    pub ids: Vec<ClusterId>,
    /// Whose call (service or name), error code, template, owner or note hold this text, whatever its case; any when empty.
    pub text: String,
    /// Of one of these accounts; of any when empty.
    pub accounts: Vec<String>,
    /// Of one of these services (`eventSource`); of any when empty.
    pub services: Vec<String>,
    /// With one of these classes, by their words; any when empty.
    pub classes: Vec<String>,
    /// With one of these words of people (the first word of [`LifeCycle`]'s text); any when empty.
    pub life_cycles: Vec<String>,
    /// With this owner.
    pub owner: Option<String>,
    /// With a noise mark, or without one.
    pub noise: Option<bool>,
    /// In this order.
    pub sort: ClusterSort,
    /// The greatest first; ties turn round too.
    pub descending: bool,
    /// Behind this place.
    pub after: Option<ClusterPlace>,
    /// At most so many; `0` gives none.
    pub limit: usize,
}

/// A cluster as a list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterHead {
    /// Its id.
    pub id: ClusterId,
    /// Its account.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`.
    pub error_code: String,
    /// Its template for people.
    pub template: String,
    /// The class of its errors, by its word.
    pub class: String,
    /// Noise marks, by their words, as the finding that was recorded last had them; where it never had one, those that all
    /// occurrences carried when it was founded. Sorted.
    pub noise: Vec<String>,
    /// What people said of it.
    pub life_cycle: LifeCycle,
    /// Who said that, when and why.
    pub said: Option<Said>,
    /// Who looks after it; empty where nobody was named.
    pub owner: String,
    /// What people wrote beside it; empty where nobody did. (The reason of [`said`](Self::said) is another text.)
    pub note: String,
    /// The start of the window whose judgement recorded it first.
    pub founded: Time,
    /// Remembered occurrences.
    pub count: u64,
    /// The first and the last of them; [`founded`](Self::founded) where none is remembered.
    pub first_seen: Time,
    /// See [`first_seen`](Self::first_seen).
    pub last_seen: Time,
    /// Its place in the order asked for.
    pub place: ClusterPlace,
}

/// Who looks after a cluster, and what is written beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterRemark {
    /// The cluster.
    pub cluster: ClusterId,
    /// Its owner from now on, empty for nobody; as it was when `None`.
    pub owner: Option<String>,
    /// Its note from now on; as it was when `None`.
    pub note: Option<String>,
    /// Who says so, and when.
    pub said: Said,
}

/// An order of access keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeySort {
    /// By their last use, the latest first.
    #[default]
    LastUsed,
    /// By their error events, the most first.
    Errors,
}

/// Which access keys, for a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeySearch {
    /// Whose id, owner or last call (its name) hold this text, whatever the case of its ASCII letters; any when empty. What
    /// is written as ids begin (`AKIA…`, `ASIA…`; 8 capitals and digits or more) is the beginning of one.
    pub text: String,
    /// Of one of these accounts; of any when empty.
    pub accounts: Vec<String>,
    /// Only long-lived ones (`AKIA…`).
    pub long_lived: bool,
    /// In this order.
    pub sort: KeySort,
    /// Behind this key: its last use in milliseconds or its errors, its account and its id.
    pub after: Option<(i64, String, String)>,
    /// At most so many; `0` gives none.
    pub limit: usize,
}

/// Access keys as a list shows them.
pub type FoundKeys = Found<KeyRow>;

/// How much a store holds: for metrics. Cheap: nothing is counted row by row that grows with history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Recorded clusters.
    pub clusters: u64,
    /// Open faults.
    pub open_faults: u64,
    /// Events.
    pub events: u64,
    /// Deliveries that are not done, by sink and state: what was delivered is only ever more.
    pub deliveries: Vec<(String, crate::DeliveryState, u64)>,
    /// The newest record's time, of any kind.
    pub newest_record: Option<Time>,
    /// Bytes on the disk, where there is one.
    pub bytes: u64,
}

/// Error events and new clusters an hour, of everything that a store holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HourSeries {
    /// Error events by hour.
    pub errors: Vec<(Hour, u64)>,
    /// Records of any kind by hour.
    pub records: Vec<(Hour, u64)>,
    /// Recorded clusters by the hour of their first occurrence.
    pub new_clusters: Vec<(Hour, u64)>,
}
