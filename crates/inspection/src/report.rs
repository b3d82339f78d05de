//! The report of one judged window, put together from what the store holds.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Dimension, Finding, FindingId, Hour, HourCount, Range, Severity, Silenced, Span};
use firstsight_sink::{AccountReport, Event, InputReport, KeyActivity, Report, SeverityCounts};
use firstsight_store::{
    ClusterQuery, DeliveryState, EventQuery, FindingQuery, KeyQuery, KeyRow, Overview, Store, StoredEvent,
};

use crate::alert::counted;
use crate::catch_up::Windows;
use crate::error::InspectionError;
use crate::event::decode;
use crate::ingest::Ingested;
use crate::judging::Judged;

/// What of a run's findings a reader wants to see. It changes what is told, never what is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Only these accounts; all when empty.
    pub accounts: Vec<String>,
    /// Findings below this are counted, not listed.
    pub min_severity: Severity,
}

impl Default for View {
    fn default() -> Self {
        Self {
            accounts: Vec::new(),
            min_severity: Severity::Info,
        }
    }
}

impl View {
    fn shows(&self, account: &str) -> bool {
        self.accounts.is_empty() || self.accounts.iter().any(|shown| shown == account)
    }
}

/// What a run has to tell.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    /// The inspection.
    pub inspection: &'a str,
    /// What it judged.
    pub windows: &'a Windows,
    /// What it read.
    pub read: &'a Ingested,
    /// What it read from, as descriptions.
    pub sources: Vec<String>,
    /// Hints for people.
    pub notes: Vec<String>,
    /// The sink that the report is for: events that it never took, of this run or an earlier one, are told too.
    pub sink: Option<&'a str>,
}

/// The report of a run: the asked window, what is new in earlier ones, and events that were never delivered.
///
/// Findings and events come from the store, as they were recorded first: the same window reads the same however often a
/// run was cut off and repeated. A finding that an earlier run had recorded is marked
/// [`recorded`](Finding::recorded), unless its event was never delivered.
///
/// # Errors
/// When the store cannot be read, or holds an event that cannot.
pub async fn report(store: &dyn Store, view: &View, run: Run<'_>) -> Result<Report, InspectionError> {
    let judged = &run.windows.asked;
    let mut events = events(store, run.inspection, judged.window).await?;
    let waiting = match run.sink {
        Some(sink) => undelivered(store, run.inspection, sink).await?,
        None => Vec::new(),
    };
    let found = found(store, &run, &waiting).await?;
    events.extend(waiting);
    let overview = store
        .overview(&Range::new(judged.baseline.start, judged.window.end))
        .await?;
    let mut degraded = degraded(store, &run, view, &overview).await?;
    degraded.extend(withheld(store, run.inspection, judged.window).await?);
    degraded.extend(judged.unreadable_mutes.iter().cloned());
    let (listed, hidden) = split(found, view);
    let accounts = accounts(judged, &overview, view);
    let mut counts = hidden;
    listed.iter().for_each(|finding| counts.add(finding.severity));
    Ok(Report {
        schema: Report::SCHEMA.to_owned(),
        inspection: run.inspection.to_owned(),
        window: judged.window,
        baseline: judged.baseline,
        complete: judged.complete,
        input: input(run.read),
        silenced: silenced(&accounts),
        accounts,
        keys: keys(store, &listed).await?,
        events: in_order(events, view),
        errors_per_hour: errors_per_hour(view, &overview),
        new_clusters_per_hour: if view.accounts.is_empty() {
            overview.first_seen
        } else {
            Vec::new()
        },
        findings: listed,
        found: counts,
        hidden,
        sources: run.sources,
        notes: [run.notes, degraded].concat(),
    })
}

/// What is judged less finely than usual, and why.
async fn degraded(
    store: &dyn Store,
    run: &Run<'_>,
    view: &View,
    overview: &Overview,
) -> Result<Vec<String>, InspectionError> {
    let mut notes = Vec::new();
    let active = run.windows.asked.verdict.active.iter();
    for overflow in active.filter(|active| active.overflow && view.shows(&active.account)) {
        let query = ClusterQuery {
            cluster: Some(overflow.cluster),
            ..ClusterQuery::default()
        };
        for row in store.clusters(&query).await? {
            notes.push(format!(
                "{} {}:{} {}: it fails with more different messages than are told apart; {} of this window are judged as one",
                row.account,
                service(&row.event_source),
                row.event_name,
                row.error_code,
                overflow.within.count
            ));
        }
    }
    let folded = run.read.committed.folded_events;
    if folded > 0 {
        notes.push(format!(
            "{folded} error events that were read went past what is told apart of one call: they are counted together"
        ));
    }
    if overview.not_regrouped > 0 {
        notes.push(format!(
            "{} messages were grouped by an earlier version and no record of them could be read again: they may come \
             as new ones",
            overview.not_regrouped
        ));
    }
    Ok(notes)
}

/// Everything that the run found: of the asked window all of it, of earlier ones what is new.
async fn found(store: &dyn Store, run: &Run<'_>, waiting: &[Event]) -> Result<Vec<Finding>, InspectionError> {
    let windows = || std::iter::once(&run.windows.asked).chain(&run.windows.earlier);
    let new: BTreeSet<FindingId> = windows()
        .flat_map(|judged| judged.recorded.new_findings.clone())
        .collect();
    let untold = waiting.iter().flat_map(|event| &event.findings);
    let mut found: BTreeMap<FindingId, Finding> = BTreeMap::new();
    for finding in recorded(store, run.inspection, run.windows.asked.window).await? {
        found.insert(
            finding.id,
            Finding {
                recorded: !new.contains(&finding.id),
                ..finding
            },
        );
    }
    let earlier = run
        .windows
        .earlier
        .iter()
        .flat_map(|judged| &judged.verdict.findings);
    for finding in earlier.filter(|finding| new.contains(&finding.id)).chain(untold) {
        found.insert(
            finding.id,
            Finding {
                recorded: false,
                ..finding.clone()
            },
        );
    }
    Ok(found.into_values().collect())
}

/// The recorded findings of a window.
async fn recorded(
    store: &dyn Store,
    inspection: &str,
    window: Range,
) -> Result<Vec<Finding>, InspectionError> {
    let query = FindingQuery {
        inspection: Some(inspection.to_owned()),
        windows: Some(Range::new(window.start, window.start.plus_millis(1))),
        ..FindingQuery::default()
    };
    let mut found = store.findings(&query).await?;
    found.retain(|finding| finding.window == window);
    Ok(found)
}

/// What is listed, the most severe first, and how many are not.
fn split(found: Vec<Finding>, view: &View) -> (Vec<Finding>, SeverityCounts) {
    let shown = found.into_iter().filter(|finding| view.shows(&finding.account));
    let (mut listed, hidden): (Vec<_>, Vec<_>) =
        shown.partition(|finding| finding.severity >= view.min_severity);
    listed.sort_by(|a, b| {
        (b.severity, b.score, &a.account, a.id).cmp(&(a.severity, a.score, &b.account, b.id))
    });
    let mut counts = SeverityCounts::default();
    hidden.iter().for_each(|finding| counts.add(finding.severity));
    (listed, counts)
}

/// The events whose time is a window's end.
fn told_at_the_end_of(inspection: &str, window: Range) -> EventQuery {
    EventQuery {
        inspection: Some(inspection.to_owned()),
        times: Some(Range::new(window.end, window.end.plus_millis(1))),
        ..EventQuery::default()
    }
}

/// How many of a window's events were not sent to one sink or another, and why.
async fn withheld(
    store: &dyn Store,
    inspection: &str,
    window: Range,
) -> Result<Option<String>, InspectionError> {
    let mut rows = store.events(&told_at_the_end_of(inspection, window)).await?;
    let of_window =
        |row: &StoredEvent| decode(&row.event.id, &row.event.body).map(|event| event.trouble.is_none());
    rows.retain(|row| of_window(row).unwrap_or(true));
    let counts = counted(&rows).to_string();
    Ok((!counts.is_empty()).then(|| format!("not sent: {counts}; 'firstsight events' shows them")))
}

async fn events(store: &dyn Store, inspection: &str, window: Range) -> Result<Vec<Event>, InspectionError> {
    let mut events = Vec::new();
    for row in store.events(&told_at_the_end_of(inspection, window)).await? {
        let event = decode(&row.event.id, &row.event.body)?;
        // What is wrong with the inspection itself was not found in the window, even where it was told for as long.
        if event.window == window && event.trouble.is_none() {
            events.push(event);
        }
    }
    Ok(events)
}

/// Each event once, as things went.
fn in_order(events: Vec<Event>, view: &View) -> Vec<Event> {
    let shown = events.into_iter().filter(|event| view.shows(&event.account));
    let ordered: BTreeMap<_, Event> = shown
        .map(|event| {
            (
                (
                    event.window.end,
                    event.account.clone(),
                    event.kind,
                    event.id.clone(),
                ),
                event,
            )
        })
        .collect();
    ordered.into_values().collect()
}

/// Events that a sink has not taken yet, oldest first: what an earlier run recorded and could not deliver.
///
/// # Errors
/// When the store cannot be read, or holds an event that cannot.
pub async fn undelivered(
    store: &dyn Store,
    inspection: &str,
    sink: &str,
) -> Result<Vec<Event>, InspectionError> {
    let query = EventQuery {
        inspection: Some(inspection.to_owned()),
        ..EventQuery::default()
    };
    let waits = |row: &StoredEvent| {
        row.deliveries
            .iter()
            .any(|delivery| delivery.sink == sink && delivery.state == DeliveryState::Pending)
    };
    let rows = store.events(&query).await?;
    let mut events = Vec::new();
    for row in rows.iter().filter(|row| waits(row)) {
        events.push(decode(&row.event.id, &row.event.body)?);
    }
    events.reverse();
    Ok(events)
}

fn input(read: &Ingested) -> InputReport {
    let name = |reason: &firstsight_cloudtrail::RejectReason| {
        serde_json::to_value(reason)
            .ok()
            .and_then(|name| name.as_str().map(str::to_owned))
            .unwrap_or_default()
    };
    InputReport {
        units: read.units,
        bytes: read.counters.bytes_in,
        bytes_unpacked: read.counters.bytes_out,
        records: read.counters.records,
        error_records: read.counters.error_events,
        error_events: read.committed.new_events,
        insights: read.counters.insights,
        digests: read.counters.digests,
        control_messages: read.counters.control_messages,
        rejects: read
            .counters
            .rejects
            .iter()
            .map(|(reason, count)| (name(reason), *count))
            .collect(),
        reject_examples: read.reject_examples.clone(),
        unread: read.unread.clone(),
    }
}

fn accounts(judged: &Judged, overview: &Overview, view: &View) -> Vec<AccountReport> {
    let hours: BTreeMap<&str, &Vec<HourCount>> = overview
        .errors
        .iter()
        .map(|(account, hours)| (account.as_str(), hours))
        .collect();
    let row = |verdict: &firstsight_engine::AccountVerdict| AccountReport {
        account: verdict.account.clone(),
        alias: None,
        learning: verdict.learning,
        records: verdict.records,
        errors: verdict.errors,
        active_clusters: verdict.active_clusters,
        known_clusters: verdict.known_clusters,
        silenced: verdict.silenced,
        hours: hours
            .get(verdict.account.as_str())
            .map(|hours| (*hours).clone())
            .unwrap_or_default(),
    };
    let shown = judged
        .verdict
        .accounts
        .iter()
        .filter(|verdict| view.shows(&verdict.account));
    shown.map(row).collect()
}

/// What people said of clusters of these accounts, together.
fn silenced(accounts: &[AccountReport]) -> Silenced {
    let counts = accounts.iter().map(|account| account.silenced);
    counts.fold(Silenced::default(), |sum, counts| Silenced {
        acknowledged: sum.acknowledged + counts.acknowledged,
        expected: sum.expected + counts.expected,
        archived: sum.archived + counts.archived,
        errors: sum.errors + counts.errors,
    })
}

fn errors_per_hour(view: &View, overview: &Overview) -> Vec<HourCount> {
    let shown = overview.errors.iter().filter(|(account, _)| view.shows(account));
    sum_hours(shown.map(|(_, hours)| hours))
}

/// Several series of counts an hour, added up.
pub(crate) fn sum_hours<'a>(series: impl IntoIterator<Item = &'a Vec<HourCount>>) -> Vec<HourCount> {
    let mut sums: BTreeMap<Hour, Span> = BTreeMap::new();
    for count in series.into_iter().flatten() {
        sums.entry(count.hour)
            .and_modify(|sum| *sum = sum.merged(count.span))
            .or_insert(count.span);
    }
    sums.into_iter()
        .map(|(hour, span)| HourCount { hour, span })
        .collect()
}

/// The access keys that these findings were made with.
pub(crate) fn key_ids<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> Vec<String> {
    let keys = findings
        .into_iter()
        .flat_map(|finding| &finding.values)
        .filter(|value| value.dimension == Dimension::AccessKey)
        .map(|value| value.value.clone());
    keys.collect::<BTreeSet<_>>().into_iter().collect()
}

async fn keys(store: &dyn Store, findings: &[Finding]) -> Result<Vec<KeyActivity>, InspectionError> {
    let ids = key_ids(findings);
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let accounts: BTreeSet<String> = findings.iter().map(|finding| finding.account.clone()).collect();
    let query = KeyQuery {
        accounts: accounts.into_iter().collect(),
        ids,
        limit: 0,
    };
    Ok(store.keys(&query).await?.into_iter().map(key_activity).collect())
}

fn service(event_source: &str) -> &str {
    event_source
        .strip_suffix(".amazonaws.com")
        .unwrap_or(event_source)
}

/// A stored key as reports show it.
#[must_use]
pub fn key_activity(row: KeyRow) -> KeyActivity {
    KeyActivity {
        last_call: format!("{}:{}", service(&row.last.event_source), row.last.event_name),
        id: row.id,
        account: row.account,
        owner: row.last.owner,
        last_used: row.last.last_used,
        region: row.last.region,
        errors: row.errors,
        iam: None,
    }
}
