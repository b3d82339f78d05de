//! Which clusters an id is about.

use std::collections::BTreeSet;

use firstsight_engine::{Finding, Policy, Range, Time};
use firstsight_sink::Event;
use firstsight_sink::explanation::{Asked, AskedKind};
use firstsight_store::{ClusterQuery, ClusterRow, EventQuery, FindingQuery, JudgeQuery, Store, StoredEvent};

use super::{Question, Target};
use crate::error::InspectionError;
use crate::event::decode;
use crate::label::FoundRecord;

/// The fewest digits that name a cluster.
const FEWEST_DIGITS: usize = 4;
/// How many clusters an ambiguous beginning names.
const CANDIDATES: usize = 10;

pub(super) async fn targets(
    store: &dyn Store,
    question: &Question<'_>,
) -> Result<Vec<Target>, InspectionError> {
    let id = question.id.trim();
    let digits = id.to_ascii_lowercase();
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if is_digits && (FEWEST_DIGITS..=32).contains(&digits.len()) {
        if let Some(target) = cluster(store, &digits).await? {
            return Ok(vec![target]);
        }
        let found = finding_or_event(store, &digits).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    let found = record(store, id, question).await?;
    found
        .map(|target| vec![target])
        .ok_or_else(|| InspectionError::Unknown { id: id.to_owned() })
}

/// The cluster whose id begins with these digits.
async fn cluster(store: &dyn Store, digits: &str) -> Result<Option<Target>, InspectionError> {
    let rows = store.clusters(&ClusterQuery::default()).await?;
    let named: Vec<&ClusterRow> = rows
        .iter()
        .filter(|row| row.id.to_string().starts_with(digits))
        .collect();
    match named.as_slice() {
        [] => Ok(None),
        [row] => Ok(Some(Target {
            cluster: row.id,
            finding: None,
            sample: None,
            asked: asked(AskedKind::Cluster, &row.id.to_string()),
        })),
        many => Err(InspectionError::Ambiguous {
            id: digits.to_owned(),
            candidates: candidates(many),
        }),
    }
}

fn candidates(rows: &[&ClusterRow]) -> String {
    let mut names: Vec<String> = rows
        .iter()
        .take(CANDIDATES)
        .map(|row| format!("{} ({} {})", row.id, row.event_name, row.error_code))
        .collect();
    names.sort();
    if let Some(more) = rows.len().checked_sub(CANDIDATES).filter(|more| *more > 0) {
        names.push(format!("{more} more"));
    }
    names.join(", ")
}

async fn finding_or_event(store: &dyn Store, id: &str) -> Result<Vec<Target>, InspectionError> {
    let findings = store.findings(&FindingQuery::default()).await?;
    if let Some(finding) = findings.iter().find(|finding| finding.id.to_string() == id) {
        return Ok(vec![of_finding(finding, asked(AskedKind::Finding, id))]);
    }
    let rows = store.events(&EventQuery::default()).await?;
    let Some(event) = event_of(&rows, id)? else {
        return Ok(Vec::new());
    };
    // A recovery, or a fault that merely goes on, has no finding of its own: what opened the fault has.
    let told = match event.findings.is_empty() {
        true => event_of(&rows, &event.fault.id)?.unwrap_or(event),
        false => event,
    };
    let mut seen = BTreeSet::new();
    let findings = told
        .findings
        .iter()
        .filter(|finding| seen.insert(finding.cluster));
    Ok(findings
        .map(|finding| of_finding(finding, asked(AskedKind::Event, id)))
        .collect())
}

fn event_of(rows: &[StoredEvent], id: &str) -> Result<Option<Event>, InspectionError> {
    let row = rows.iter().find(|row| row.event.id == id);
    row.map(|row| decode(&row.event.id, &row.event.body)).transpose()
}

fn of_finding(finding: &Finding, asked: Asked) -> Target {
    Target {
        cluster: finding.cluster,
        finding: Some(finding.id),
        sample: None,
        asked,
    }
}

fn asked(kind: AskedKind, id: &str) -> Asked {
    Asked {
        kind,
        id: id.to_owned(),
    }
}

/// The cluster of a record: of one that was looked for in a source, else of a kept one.
async fn record(
    store: &dyn Store,
    id: &str,
    question: &Question<'_>,
) -> Result<Option<Target>, InspectionError> {
    for found in question.records {
        if let Some(target) = of_record(store, id, found).await? {
            return Ok(Some(target));
        }
    }
    for finding in store.findings(&FindingQuery::default()).await? {
        if let Some(sample) = finding.samples.iter().find(|sample| sample.event_id == id) {
            let target = of_finding(&finding, asked(AskedKind::Record, id));
            let sample = Some(sample.clone());
            return Ok(Some(Target { sample, ..target }));
        }
    }
    kept_record(store, id).await
}

/// The cluster of its own fine template, else of its family's overflow template, which may count it.
async fn of_record(
    store: &dyn Store,
    id: &str,
    found: &FoundRecord,
) -> Result<Option<Target>, InspectionError> {
    let signatures = [found.label.signature, found.label.overflow];
    let clusters = store.cluster_of(&signatures).await?;
    Ok(clusters.into_iter().flatten().next().map(|cluster| Target {
        cluster,
        finding: None,
        sample: Some(found.sample.clone()),
        asked: asked(AskedKind::Record, id),
    }))
}

/// Among all kept records: those of clusters without a finding too.
async fn kept_record(store: &dyn Store, id: &str) -> Result<Option<Target>, InspectionError> {
    let overview = store.overview(&Range::ALL).await?;
    let Some(records) = overview.records else {
        return Ok(None);
    };
    let snapshot = store
        .judge_input(&everything(records.first, records.last, Vec::new()))
        .await?;
    for template in snapshot
        .input
        .families
        .iter()
        .flat_map(|family| &family.templates)
    {
        let sample = template.samples.iter().find(|sample| sample.event_id == id);
        if let (Some(cluster), Some(sample)) = (template.cluster, sample) {
            return Ok(Some(Target {
                cluster,
                finding: None,
                sample: Some(sample.clone()),
                asked: asked(AskedKind::Record, id),
            }));
        }
    }
    Ok(None)
}

/// All that is remembered between two moments, as one window: nothing is judged, it is only looked at.
pub(super) fn everything(first: Time, last: Time, accounts: Vec<String>) -> JudgeQuery {
    let window = Range::new(first.hour().start(), last.hour().plus(1).start());
    JudgeQuery {
        inspection: String::new(),
        window,
        baseline: Range::new(window.start, window.start),
        accounts,
        remember_from: Time::MIN,
        policy: Policy::default(),
    }
}
