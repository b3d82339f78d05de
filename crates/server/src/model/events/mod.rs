//! Events: the list, and one of them.

mod attributes;
mod detail;
#[cfg(test)]
mod tests;

pub use detail::event;
use firstsight_daemon::Control;
use firstsight_engine::Time;
use firstsight_inspection::FaultRecord;
use firstsight_sink::Event;
use firstsight_store::{DeliveryRow, EventHead, EventSearch, Found};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked;
use super::cursor::{self, Cursor, Listed, Way};
use crate::api::shapes;
use crate::problem::Problem;

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct EventFilter {
    /// `critical`, `error`, `warning`, `info`, `ok`, with commas between them.
    #[param(
        pattern = "^\\s*(critical|error|warning|info|ok)?\\s*(,\\s*(critical|error|warning|info|ok)?\\s*)*$"
    )]
    pub status: String,
    /// What happened to the fault: `opened`, `ongoing`, `recovered`, with commas between them.
    #[param(pattern = "^\\s*(opened|ongoing|recovered)?\\s*(,\\s*(opened|ongoing|recovered)?\\s*)*$")]
    pub kind: String,
    /// The name of an inspection.
    pub inspection: String,
    /// Accounts, with commas between them.
    pub account: String,
    /// Services (`iam.amazonaws.com` or `iam`), with commas between them.
    pub service: String,
    /// Part of an actor's name.
    #[param(max_length = 500)]
    pub actor: String,
    /// From this time (RFC 3339, a date, or `24h` for so long ago).
    pub from: String,
    /// Until this time, as [`from`](Self::from).
    pub until: String,
    /// Text to look for.
    #[param(max_length = 500)]
    pub text: String,
    /// A cluster's id.
    #[param(pattern = "^([0-9a-f]{32})?$")]
    pub cluster: String,
    /// A fault's id.
    #[param(max_length = 500)]
    pub fault: String,
    /// Where the page begins.
    pub cursor: String,
    /// So many rows, 1 to 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl EventFilter {
    /// Whether it leaves events out: a page does not.
    #[must_use]
    pub fn narrows(&self) -> bool {
        let all = Self {
            cursor: self.cursor.clone(),
            limit: self.limit,
            ..Self::default()
        };
        *self != all
    }
}

/// An event in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventLine {
    /// Its id.
    pub id: String,
    /// Its time.
    #[schema(value_type = shapes::Moment)]
    pub time: Time,
    /// Its status.
    pub status: String,
    /// `opened`, `ongoing` or `recovered`.
    pub kind: String,
    /// The inspection.
    pub inspection: String,
    /// The account; empty where it is about the inspection itself.
    pub account: String,
    /// One line.
    pub title: String,
    /// New findings.
    pub findings: u64,
    /// Services of its findings.
    pub services: Vec<String>,
    /// Actors of its findings.
    pub actors: Vec<String>,
    /// Its fault.
    pub fault: String,
    /// Deliveries that wait.
    pub pending: u64,
    /// Deliveries that were taken.
    pub delivered: u64,
    /// Deliveries that were refused for good.
    pub parked: u64,
    /// Deliveries that are withheld.
    pub withheld: u64,
}

/// Everything about an event.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct EventDetail {
    /// The event, as sinks are sent it.
    #[schema(value_type = shapes::Event)]
    pub event: Event,
    /// Its name, in the language asked for.
    pub title: String,
    /// Detection dimensions and extended attributes, as `key:value`.
    #[schema(value_type = Vec<Vec<String>>)]
    pub attributes: Vec<(String, String)>,
    /// What became of it at each sink.
    pub notifications: Vec<NotificationLine>,
    /// Its fault, from anomaly to recovery.
    #[schema(value_type = Option<shapes::FaultRecord>)]
    pub fault: Option<FaultRecord>,
    /// The other events of the fault, oldest first.
    pub history: Vec<EventLine>,
    /// Events that share a field with it, near in time.
    pub related: Vec<RelatedEvent>,
    /// Where each of its clusters stands now: what people said, who looks after it.
    pub clusters: Vec<super::clusters::ClusterLine>,
}

/// What became of an event at one sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct NotificationLine {
    /// The delivery.
    #[schema(value_type = shapes::DeliveryRow)]
    #[serde(flatten)]
    pub delivery: DeliveryRow,
    /// Whether the far side may have it twice.
    pub perhaps_twice: bool,
}

/// An event that shares a field with another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RelatedEvent {
    /// The event.
    #[serde(flatten)]
    pub event: EventLine,
    /// What they share: `cluster`, `actor`, `service`, `account`.
    pub shares: Vec<String>,
}

impl EventLine {
    pub(super) fn of(head: EventHead) -> Self {
        let [pending, delivered, parked, withheld] = head.deliveries;
        let facets = head.facets;
        Self {
            id: head.id,
            time: head.time,
            status: head.status,
            kind: facets.kind,
            inspection: head.inspection,
            account: head.account,
            title: facets.title,
            findings: facets.findings,
            services: facets.services,
            actors: facets.actors,
            fault: head.fault,
            pending,
            delivered,
            parked,
            withheld,
        }
    }
}

const STATUSES: [&str; 5] = ["critical", "error", "warning", "info", "ok"];
const KINDS: [&str; 3] = ["opened", "ongoing", "recovered"];
const ORDER: &str = "events";
const NEWEST_FIRST: Way = Way {
    numbers_descend: true,
    names_descend: false,
    ids_descend: false,
};

/// Events, newest first.
///
/// # Errors
/// When the filter makes no sense, or a state cannot be read.
pub async fn events(control: &dyn Control, filter: &EventFilter) -> Result<Listed<EventLine>, Problem> {
    let stores = asked::stores(control, &filter.inspection)?;
    let search = search(filter, control.now())?;
    let cursor = Cursor::decode(&filter.cursor, ORDER)?;
    let mut pages = Vec::with_capacity(stores.len());
    for (name, store) in &stores {
        let search = EventSearch {
            after: cursor.as_ref().map(|cursor| behind(cursor, name)),
            ..search.clone()
        };
        pages.push(placed(store.search_events(&search).await?, name));
    }
    Ok(cursor::merge(pages, NEWEST_FIRST, search.limit))
}

fn search(filter: &EventFilter, now: Time) -> Result<EventSearch, Problem> {
    let fault = asked::text("fault", &filter.fault)?;
    Ok(EventSearch {
        statuses: asked::words("status", &filter.status, &STATUSES)?,
        kinds: asked::words("kind", &filter.kind, &KINDS)?,
        accounts: asked::list(&filter.account),
        fault: Some(fault).filter(|fault| !fault.is_empty()),
        services: asked::services(&filter.service),
        actor: asked::text("actor", &filter.actor)?,
        cluster: asked::cluster(&filter.cluster)?,
        times: asked::times(&filter.from, &filter.until, now)?,
        text: asked::text("text", &filter.text)?,
        after: None,
        limit: asked::limit(filter.limit)?,
    })
}

fn behind(cursor: &Cursor, inspection: &str) -> (Time, String) {
    let id = cursor::start(cursor, inspection).text();
    (Time::from_millis(cursor.number), id)
}

/// Each row with its place.
fn placed(found: Found<EventHead>, inspection: &str) -> Found<(Cursor, EventLine)> {
    let place = |head: &EventHead| Cursor {
        order: ORDER.to_owned(),
        number: head.time.as_millis(),
        name: String::new(),
        inspection: inspection.to_owned(),
        id: head.id.clone(),
    };
    let rows = found.rows.into_iter();
    Found {
        rows: rows.map(|head| (place(&head), EventLine::of(head))).collect(),
        more: found.more,
    }
}
