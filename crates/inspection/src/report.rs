//! The report of one judged window, put together from what the store holds.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Dimension, Finding, Hour, HourCount, Range, Severity, Span};
use firstsight_sink::{AccountReport, Event, InputReport, KeyActivity, Report, SeverityCounts};
use firstsight_store::{
    DeliveryState, EventQuery, FindingQuery, KeyQuery, KeyRow, Overview, Store, StoredEvent,
};

use crate::error::InspectionError;
use crate::event::decode;
use crate::ingest::Ingested;
use crate::judging::Judged;
use crate::settings::Settings;

/// The report of a judged window.
///
/// Findings and events come from the store, as they were recorded first: the same window reads the same however often a
/// run was cut off and repeated.
///
/// # Errors
/// When the store cannot be read, or holds an event that cannot.
pub async fn report(
    store: &dyn Store,
    settings: &Settings,
    judged: &Judged,
    read: &Ingested,
    sources: Vec<String>,
    notes: Vec<String>,
) -> Result<Report, InspectionError> {
    let found = findings(store, settings, judged.window).await?;
    let overview = store
        .overview(&Range::new(judged.baseline.start, judged.window.end))
        .await?;
    let (listed, hidden) = split(found, settings.min_severity);
    let mut counts = hidden;
    listed.iter().for_each(|finding| counts.add(finding.severity));
    Ok(Report {
        schema: Report::SCHEMA.to_owned(),
        inspection: settings.inspection.clone(),
        sources,
        window: judged.window,
        baseline: judged.baseline,
        complete: judged.complete,
        notes,
        input: input(read),
        accounts: accounts(judged, &overview),
        keys: keys(store, &listed).await?,
        events: events(store, settings, judged.window).await?,
        errors_per_hour: errors_per_hour(settings, &overview),
        new_clusters_per_hour: overview.first_seen.clone(),
        findings: listed,
        found: counts,
        hidden,
    })
}

async fn findings(
    store: &dyn Store,
    settings: &Settings,
    window: Range,
) -> Result<Vec<Finding>, InspectionError> {
    let query = FindingQuery {
        inspection: Some(settings.inspection.clone()),
        windows: Some(Range::new(window.start, window.start.plus_millis(1))),
        accounts: settings.accounts.clone(),
        ..FindingQuery::default()
    };
    let mut found = store.findings(&query).await?;
    found.retain(|finding| finding.window == window);
    sort_findings(&mut found);
    Ok(found)
}

fn split(found: Vec<Finding>, least: Severity) -> (Vec<Finding>, SeverityCounts) {
    let (listed, hidden): (Vec<_>, Vec<_>) = found.into_iter().partition(|finding| finding.severity >= least);
    let mut counts = SeverityCounts::default();
    hidden.iter().for_each(|finding| counts.add(finding.severity));
    (listed, counts)
}

async fn events(
    store: &dyn Store,
    settings: &Settings,
    window: Range,
) -> Result<Vec<Event>, InspectionError> {
    let query = EventQuery {
        inspection: Some(settings.inspection.clone()),
        accounts: settings.accounts.clone(),
        times: Some(Range::new(window.end, window.end.plus_millis(1))),
        limit: 0,
    };
    let mut events = Vec::new();
    for row in store.events(&query).await? {
        let event = decode(&row.event.id, &row.event.body)?;
        if event.window == window {
            events.push(event);
        }
    }
    events.sort_by(|a, b| (&a.account, &a.id).cmp(&(&b.account, &b.id)));
    Ok(events)
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

/// Adds what other windows of the same run have newly found to a report.
pub fn include_findings(report: &mut Report, settings: &Settings, windows: &[Judged]) {
    for judged in windows {
        let new: BTreeSet<_> = judged.recorded.new_findings.iter().collect();
        for finding in judged
            .verdict
            .findings
            .iter()
            .filter(|finding| new.contains(&finding.id))
        {
            report.found.add(finding.severity);
            if finding.severity < settings.min_severity {
                report.hidden.add(finding.severity);
            } else {
                report.findings.push(finding.clone());
            }
        }
    }
    sort_findings(&mut report.findings);
}

/// Adds events of other windows to a report, each once, with their findings.
pub fn include(report: &mut Report, events: Vec<Event>) {
    for event in events {
        if report.events.iter().any(|known| known.id == event.id) {
            continue;
        }
        for finding in &event.findings {
            if !report.findings.iter().any(|known| known.id == finding.id) {
                report.found.add(finding.severity);
                report.findings.push(finding.clone());
            }
        }
        report.events.push(event);
    }
    sort_findings(&mut report.findings);
}

fn sort_findings(findings: &mut [Finding]) {
    findings.sort_by(|a, b| {
        (b.severity, b.score, &a.account, a.id).cmp(&(a.severity, a.score, &b.account, b.id))
    });
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

fn accounts(judged: &Judged, overview: &Overview) -> Vec<AccountReport> {
    let hours: BTreeMap<&str, &Vec<HourCount>> = overview
        .errors
        .iter()
        .map(|(account, hours)| (account.as_str(), hours))
        .collect();
    let row = |verdict: &firstsight_engine::AccountVerdict| AccountReport {
        account: verdict.account.clone(),
        learning: verdict.learning,
        records: verdict.records,
        errors: verdict.errors,
        active_clusters: verdict.active_clusters,
        known_clusters: verdict.known_clusters,
        hours: hours
            .get(verdict.account.as_str())
            .map(|hours| (*hours).clone())
            .unwrap_or_default(),
    };
    judged.verdict.accounts.iter().map(row).collect()
}

fn errors_per_hour(settings: &Settings, overview: &Overview) -> Vec<HourCount> {
    let wanted = |account: &String| settings.accounts.is_empty() || settings.accounts.contains(account);
    sum_hours(
        overview
            .errors
            .iter()
            .filter(|(account, _)| wanted(account))
            .map(|(_, hours)| hours),
    )
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

/// A stored key as reports show it.
#[must_use]
pub fn key_activity(row: KeyRow) -> KeyActivity {
    let service = row
        .last
        .event_source
        .strip_suffix(".amazonaws.com")
        .unwrap_or(&row.last.event_source);
    KeyActivity {
        last_call: format!("{service}:{}", row.last.event_name),
        id: row.id,
        account: row.account,
        owner: row.last.owner,
        last_used: row.last.last_used,
        region: row.last.region,
        errors: row.errors,
    }
}
