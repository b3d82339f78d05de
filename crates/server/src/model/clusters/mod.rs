//! Clusters: the known world.

use std::collections::BTreeMap;

use firstsight_daemon::Control;
use firstsight_engine::{ClusterId, HourCount, LifeCycle, Range, Time, Until};
use firstsight_inspection::{Phase, Phases};
use firstsight_store::{
    AuditEntry, AuditQuery, ClusterHead, ClusterPlace, ClusterQuery, ClusterRemark, ClusterRow,
    ClusterSearch, ClusterSort, FindingQuery, Found, LifeCycleChange, Said, Store,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::asked;
use super::cursor::{self, Cursor, From, Listed, Way};
use crate::api::shapes;
use crate::problem::Problem;
use crate::refusal::Refusal;

/// Which clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub struct ClusterFilter {
    /// Text to look for: call, error code, template, owner, note.
    #[param(max_length = 500)]
    pub text: String,
    /// The name of an inspection.
    pub inspection: String,
    /// Accounts, with commas between them.
    pub account: String,
    /// Services, with commas between them.
    pub service: String,
    /// Classes, with commas between them.
    #[param(
        pattern = "^\\s*(access-denied|authentication|throttling|not-configured|not-found|conflict|validation|quota|dry-run|service-fault|other)?\\s*(,\\s*(access-denied|authentication|throttling|not-configured|not-found|conflict|validation|quota|dry-run|service-fault|other)?\\s*)*$"
    )]
    pub class: String,
    /// What people said: `open`, `acknowledged`, `expected`, `archived`, `resolved`, with commas between them.
    #[param(
        pattern = "^\\s*(open|acknowledged|expected|archived|resolved)?\\s*(,\\s*(open|acknowledged|expected|archived|resolved)?\\s*)*$"
    )]
    #[param(
        pattern = "^\\s*(open|acknowledged|expected|archived|resolved)?\\s*(,\\s*(open|acknowledged|expected|archived|resolved)?\\s*)*$"
    )]
    pub life_cycle: String,
    /// An owner's name.
    #[param(max_length = 500)]
    pub owner: String,
    /// `yes` or `no`: whether it has a noise mark.
    #[param(pattern = "^(yes|no)?$")]
    pub noise: String,
    /// `last-seen`, `first-seen`, `count` or `name`; `-` in front turns it round. Default `-last-seen`.
    #[param(pattern = "^(-?(last-seen|first-seen|count|name))?$")]
    pub sort: String,
    /// Where the page begins.
    pub cursor: String,
    /// So many rows, 1 to 200. Default 50.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
}

impl ClusterFilter {
    /// Whether it leaves clusters out: neither order nor page do.
    #[must_use]
    pub fn narrows(&self) -> bool {
        let all = Self {
            sort: self.sort.clone(),
            cursor: self.cursor.clone(),
            limit: self.limit,
            ..Self::default()
        };
        *self != all
    }
}

/// A cluster in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClusterLine {
    /// Its id.
    pub id: String,
    /// The inspection that knows it.
    pub inspection: String,
    /// Its account.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`.
    pub error_code: String,
    /// Its template.
    pub template: String,
    /// Its class.
    pub class: String,
    /// Its noise marks.
    pub noise: Vec<String>,
    /// What people said of it: one word, see the engine's `LifeCycle`.
    pub life_cycle: String,
    /// Who said that, when and why.
    #[schema(value_type = Option<shapes::Said>)]
    pub said: Option<Said>,
    /// Who looks after it.
    pub owner: String,
    /// What is written beside it.
    pub note: String,
    /// The first remembered occurrence.
    #[schema(value_type = shapes::Moment)]
    pub first_seen: Time,
    /// The last one.
    #[schema(value_type = shapes::Moment)]
    pub last_seen: Time,
    /// How many are remembered.
    pub count: u64,
    /// Occurrences a day, the last 14 days, oldest first: the sparkline.
    pub days: Vec<u64>,
}

/// Everything about a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct ClusterDetail {
    /// As the list shows it.
    pub line: ClusterLine,
    /// The cluster with its history.
    #[schema(value_type = shapes::ClusterRow)]
    pub row: ClusterRow,
    /// Where it stands by what the data shows.
    #[schema(value_type = shapes::Phase)]
    pub phase: Phase,
    /// Occurrences an hour, the last 14 days.
    #[schema(value_type = Vec<shapes::HourCount>)]
    pub hours: Vec<HourCount>,
    /// Its recorded findings, the newest first; at most 20.
    #[schema(value_type = Vec<shapes::Finding>)]
    pub findings: Vec<firstsight_engine::Finding>,
    /// What people changed of it, the newest first; at most 50.
    #[schema(value_type = Vec<shapes::AuditEntry>)]
    pub audit: Vec<AuditEntry>,
}

/// What somebody says of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LifeCycleWord {
    /// `open`, `acknowledged`, `expected`, `archived` (until it escalates), `archived-forever`, `archived-until:TIME`, `resolved`.
    pub life_cycle: String,
    /// Why.
    #[serde(default)]
    pub note: String,
}

/// Who looks after a cluster, and what is written beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Remark {
    /// The owner from now on.
    pub owner: Option<String>,
    /// The note from now on.
    pub note: Option<String>,
}

/// So many days a sparkline shows.
const DAYS: i64 = 14;
const DAY: i64 = 24 * 3_600_000;
/// The most findings of a cluster that are told, and the most changes.
const FINDINGS: usize = 20;
/// See [`FINDINGS`].
const CHANGES: usize = 50;

const LIFE_CYCLES: [&str; 5] = ["open", "acknowledged", "expected", "archived", "resolved"];
const SORTS: [(&str, ClusterSort, bool); 8] = [
    ("-last-seen", ClusterSort::LastSeen, true),
    ("last-seen", ClusterSort::LastSeen, false),
    ("-first-seen", ClusterSort::FirstSeen, true),
    ("first-seen", ClusterSort::FirstSeen, false),
    ("-count", ClusterSort::Count, true),
    ("count", ClusterSort::Count, false),
    ("-name", ClusterSort::Name, true),
    ("name", ClusterSort::Name, false),
];

/// Clusters, in the order asked for.
///
/// # Errors
/// When the filter makes no sense, or a state cannot be read.
pub async fn clusters(control: &dyn Control, filter: &ClusterFilter) -> Result<Listed<ClusterLine>, Problem> {
    let stores = asked::stores(control, &filter.inspection)?;
    let (order, search) = search(filter)?;
    let way = way(search.descending);
    let cursor = Cursor::decode(&filter.cursor, &order)?;
    let mut pages = Vec::with_capacity(stores.len());
    for (name, store) in &stores {
        let after = cursor
            .as_ref()
            .map(|cursor| behind(cursor, name, search.descending));
        let search = ClusterSearch {
            after: after.transpose()?,
            ..search.clone()
        };
        pages.push(placed(store.search_clusters(&search).await?, name, &order));
    }
    let listed = cursor::merge(pages, way, search.limit);
    Ok(Listed {
        items: lines_of_all(control, &stores, listed.items).await?,
        next: listed.next,
    })
}

fn search(filter: &ClusterFilter) -> Result<(String, ClusterSearch), Problem> {
    let sort = asked::word("sort", &filter.sort, &SORTS.map(|(word, ..)| word))?;
    let (_, by, descending) = SORTS
        .into_iter()
        .find(|(word, ..)| *word == sort)
        .unwrap_or(SORTS[0]);
    let owner = asked::text("owner", &filter.owner)?;
    let search = ClusterSearch {
        text: asked::text("text", &filter.text)?,
        accounts: asked::list(&filter.account),
        ids: Vec::new(),
        services: asked::services(&filter.service),
        classes: asked::words("class", &filter.class, &classes())?,
        life_cycles: asked::words("life_cycle", &filter.life_cycle, &LIFE_CYCLES)?,
        owner: Some(owner).filter(|owner| !owner.is_empty()),
        noise: asked::yes_or_no("noise", &filter.noise)?,
        sort: by,
        descending,
        after: None,
        limit: asked::limit(filter.limit)?,
    };
    Ok((format!("clusters {sort}"), search))
}

/// The classes, by their words.
fn classes() -> Vec<&'static str> {
    firstsight_config::CLASSES.iter().map(|(word, _)| *word).collect()
}

/// Numbers, names and ids turn round together, as the store has it.
fn way(descending: bool) -> Way {
    Way {
        numbers_descend: descending,
        names_descend: descending,
        ids_descend: descending,
    }
}

/// Where the list of an inspection goes on. Where ids descend, the greatest comes first.
fn behind(cursor: &Cursor, inspection: &str, descending: bool) -> Result<ClusterPlace, Problem> {
    let least = [0; 16];
    let greatest = [u8::MAX; 16];
    let id = match (cursor::start(cursor, inspection), descending) {
        (From::Behind(id), _) => asked::cluster(id)?,
        (From::Before, false) | (From::After, true) => Some(ClusterId(firstsight_engine::Digest(least))),
        (From::Before, true) | (From::After, false) => Some(ClusterId(firstsight_engine::Digest(greatest))),
    };
    Ok(ClusterPlace {
        number: cursor.number,
        name: cursor.name.clone(),
        id: id.unwrap_or(ClusterId(firstsight_engine::Digest(least))),
    })
}

/// Each row with its place, and the inspection that knows it.
fn placed(
    found: Found<ClusterHead>,
    inspection: &str,
    order: &str,
) -> Found<(Cursor, (String, ClusterHead))> {
    let row = |head: ClusterHead| {
        let place = Cursor {
            order: order.to_owned(),
            number: head.place.number,
            name: head.place.name.clone(),
            inspection: inspection.to_owned(),
            id: head.id.to_string(),
        };
        (place, (inspection.to_owned(), head))
    };
    Found {
        rows: found.rows.into_iter().map(row).collect(),
        more: found.more,
    }
}

/// The lines of a merged page, in its order; each state is asked once for its sparklines.
async fn lines_of_all(
    control: &dyn Control,
    stores: &[asked::Named],
    rows: Vec<(String, ClusterHead)>,
) -> Result<Vec<ClusterLine>, Problem> {
    let mut known: BTreeMap<(String, String), ClusterLine> = BTreeMap::new();
    let order: Vec<_> = rows
        .iter()
        .map(|(name, head)| (name.clone(), head.id.to_string()))
        .collect();
    for (name, store) in stores {
        let heads = rows
            .iter()
            .filter(|(of, _)| of == name)
            .map(|(_, head)| head.clone());
        for line in lines(control, name, &**store, heads.collect()).await? {
            known.insert((name.clone(), line.id.clone()), line);
        }
    }
    Ok(order.iter().filter_map(|key| known.remove(key)).collect())
}

/// The lines of some clusters of an inspection, in their order.
pub(super) async fn lines(
    control: &dyn Control,
    inspection: &str,
    store: &dyn Store,
    heads: Vec<ClusterHead>,
) -> Result<Vec<ClusterLine>, Problem> {
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<_> = heads.iter().map(|head| head.id).collect();
    let first = last_days(control).start.hour();
    let days = store.cluster_days(&ids, first, DAYS as usize).await?;
    let rows = heads.into_iter().zip(days);
    Ok(rows.map(|(head, days)| line(head, inspection, days)).collect())
}

/// The days that a sparkline shows: whole UTC days, today the last of them.
fn last_days(control: &dyn Control) -> Range {
    let today = control.now().as_millis().div_euclid(DAY);
    Range::new(
        Time::from_millis((today - DAYS + 1) * DAY),
        Time::from_millis((today + 1) * DAY),
    )
}

/// The hours of as many times 24 hours, up to now: they begin on the day before those of a sparkline do.
fn last_hours(control: &dyn Control) -> Range {
    Range::hours_before(control.now().hour().plus(1), DAYS * 24)
}

/// Occurrences a day.
fn days(hours: &[HourCount], range: &Range) -> Vec<u64> {
    let mut days = vec![0; DAYS as usize];
    for count in hours {
        let day = (count.hour.start().as_millis() - range.start.as_millis()).div_euclid(DAY);
        if let Some(sum) = usize::try_from(day).ok().and_then(|day| days.get_mut(day)) {
            *sum += count.span.count;
        }
    }
    days
}

fn line(head: ClusterHead, inspection: &str, days: Vec<u64>) -> ClusterLine {
    ClusterLine {
        id: head.id.to_string(),
        inspection: inspection.to_owned(),
        account: head.account,
        event_source: head.event_source,
        event_name: head.event_name,
        error_code: head.error_code,
        template: head.template,
        class: head.class,
        noise: head.noise,
        life_cycle: head.life_cycle.to_string(),
        said: head.said,
        owner: head.owner,
        note: head.note,
        first_seen: head.first_seen,
        last_seen: head.last_seen,
        count: head.count,
        days,
    }
}

/// Some clusters as lists show them; those that are not known are passed over.
pub(super) async fn heads(store: &dyn Store, ids: &[ClusterId]) -> Result<Vec<ClusterHead>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let search = ClusterSearch {
        ids: ids.to_vec(),
        limit: ids.len(),
        ..ClusterSearch::default()
    };
    Ok(store.search_clusters(&search).await?.rows)
}

/// A cluster as lists and as details show it; `None` where there is none.
async fn head(store: &dyn Store, id: ClusterId) -> Result<Option<(ClusterHead, ClusterRow)>, Problem> {
    let query = ClusterQuery {
        cluster: Some(id),
        ..ClusterQuery::default()
    };
    let row = store.clusters(&query).await?.pop();
    let head = heads(store, &[id]).await?.pop();
    Ok(head.zip(row))
}

fn unknown(id: &str) -> Problem {
    Refusal::NoCluster(id.to_owned()).into()
}

/// The cluster of an id that somebody names: 404 where none can be called so.
fn named(id: &str) -> Result<ClusterId, Problem> {
    id.parse().map_err(|_| unknown(id))
}

/// One cluster, as one inspection knows it.
///
/// # Errors
/// When there is none, or a state cannot be read.
pub async fn cluster(control: &dyn Control, inspection: &str, id: &str) -> Result<ClusterDetail, Problem> {
    let store = asked::store(control, inspection)?;
    let cluster = named(id)?;
    let (head, row) = head(&*store, cluster).await?.ok_or_else(|| unknown(id))?;
    let range = last_days(control);
    let hours = store
        .cluster_hours(&[cluster], &last_hours(control))
        .await?
        .pop()
        .unwrap_or_default();
    let findings = FindingQuery {
        cluster: Some(cluster),
        limit: FINDINGS,
        ..FindingQuery::default()
    };
    let audit = AuditQuery {
        cluster: Some(cluster),
        limit: CHANGES,
        ..AuditQuery::default()
    };
    Ok(ClusterDetail {
        line: line(head, inspection, days(&hours, &range)),
        phase: Phases::of_cluster(&*store, cluster).await?.phase(&row),
        hours,
        findings: store.findings(&findings).await?,
        audit: store.audit(&audit).await?,
        row,
    })
}

/// Says what somebody says of a cluster.
///
/// # Errors
/// When there is none, the word is not known, or the state cannot be written; nothing was changed.
pub async fn set_life_cycle(
    control: &dyn Control,
    inspection: &str,
    id: &str,
    word: &LifeCycleWord,
    by: &str,
) -> Result<ClusterDetail, Problem> {
    let store = asked::store(control, inspection)?;
    let change = LifeCycleChange {
        cluster: named(id)?,
        life_cycle: life_cycle(&word.life_cycle)?,
        said: asked::said(control, by, &word.note)?,
    };
    store.set_life_cycle(&change).await?;
    control.changed();
    cluster(control, inspection, id).await
}

/// What is said, by its word: as the engine writes it, but for `archived`, which alone is until it escalates.
fn life_cycle(word: &str) -> Result<LifeCycle, Problem> {
    match word {
        "archived" => Ok(LifeCycle::Archived(Until::Escalation)),
        "archived-forever" => Ok(LifeCycle::Archived(Until::Forever)),
        word => word.parse().map_err(|_| {
            Problem::from(Refusal::NoSuchWord {
                field: "life_cycle".to_owned(),
                word: word.to_owned(),
                known: "open, acknowledged, expected, archived (until it escalates), archived-forever, \
                        archived-until:2026-03-01T00:00:00Z, resolved"
                    .to_owned(),
            })
        }),
    }
}

/// Says who looks after a cluster, and what is written beside it.
///
/// # Errors
/// As [`set_life_cycle`].
pub async fn remark(
    control: &dyn Control,
    inspection: &str,
    id: &str,
    remark: &Remark,
    by: &str,
) -> Result<ClusterDetail, Problem> {
    let store = asked::store(control, inspection)?;
    let owner = remark.owner.as_deref().map(str::trim);
    asked::bounded("owner", owner.unwrap_or_default(), Said::MAX_BY)?;
    asked::bounded("note", remark.note.as_deref().unwrap_or_default(), Said::MAX_NOTE)?;
    let remark = ClusterRemark {
        cluster: named(id)?,
        owner: owner.map(str::to_owned),
        note: remark.note.clone(),
        said: asked::said(control, by, "")?,
    };
    store.remark(&remark).await?;
    control.changed();
    cluster(control, inspection, id).await
}

#[cfg(test)]
mod tests;
