//! What is known of one cluster.

use std::collections::BTreeMap;

use firstsight_cloudtrail::classify::{Class, Sensitivity, Verb, attack};
use firstsight_engine::{Bounds, Dimension, Finding, Sample, TemplateHistory};
use firstsight_sink::KeyActivity;
use firstsight_sink::explanation::{Change, Explanation, Facts, Says, Technique, Variable};
use firstsight_store::{
    AuditQuery, ClusterQuery, ClusterRow, FindingQuery, KeyQuery, Said, Store, StoreError,
};

use super::find::everything;
use super::variables::examples;
use super::{Question, Target};
use crate::error::InspectionError;
use crate::report::key_activity;

/// The most changes that are told.
const MOST_CHANGES: usize = 20;

/// What a store knows of a target's cluster.
pub(super) async fn facts(
    store: &dyn Store,
    question: &Question<'_>,
    target: &Target,
) -> Result<Facts, InspectionError> {
    let row = row(store, target).await?;
    let templates = templates(store, &row).await?;
    let mut findings = findings(store, target).await?;
    let all = findings.len();
    findings.truncate(Explanation::MOST_FINDINGS);
    let samples = samples(&templates, &findings, target);
    let values = values(&templates);
    let keys = keys(store, &row.account, &values, &findings).await?;
    let complete = complete(store, question, findings.first()).await?;
    let history = history(store, &row).await?;
    let variables = variables(&row, &samples);
    let first = findings.first();
    Ok(Facts {
        asked: target.asked.clone(),
        cluster: row.id,
        class: first.map_or_else(|| class(&row), |finding| finding.class),
        verb: Verb::of(&row.event_name),
        sensitivity: Sensitivity::of(&row.event_source, &row.event_name),
        technique: technique(&row),
        variables,
        life_cycle: row.life_cycle,
        said: row.said.map(says),
        founded: row.founded,
        seen: row.seen,
        hours: row.hours,
        values,
        keys,
        samples,
        complete,
        more_findings: (all - findings.len()) as u64,
        findings,
        history,
        kept: question.kept.clone(),
        account: row.account,
        event_source: row.event_source,
        event_name: row.event_name,
        error_code: row.error_code,
        template: row.template,
    })
}

async fn row(store: &dyn Store, target: &Target) -> Result<ClusterRow, InspectionError> {
    let query = ClusterQuery {
        cluster: Some(target.cluster),
        ..ClusterQuery::default()
    };
    let row = store.clusters(&query).await?.into_iter().next();
    row.ok_or_else(|| InspectionError::Unknown {
        id: target.asked.id.clone(),
    })
}

/// The cluster's fine templates with their values and kept records; none where no occurrence is remembered.
async fn templates(store: &dyn Store, row: &ClusterRow) -> Result<Vec<TemplateHistory>, InspectionError> {
    if row.seen.count == 0 {
        return Ok(Vec::new());
    }
    let query = everything(row.seen.first, row.seen.last, vec![row.account.clone()]);
    let snapshot = store.judge_input(&query).await?;
    let templates = snapshot
        .input
        .families
        .into_iter()
        .flat_map(|family| family.templates);
    Ok(templates
        .filter(|template| template.cluster == Some(row.id))
        .collect())
}

/// The cluster's findings: the one that was asked for or that holds the asked record first, then the newest.
async fn findings(store: &dyn Store, target: &Target) -> Result<Vec<Finding>, InspectionError> {
    let query = FindingQuery {
        cluster: Some(target.cluster),
        ..FindingQuery::default()
    };
    let mut findings = store.findings(&query).await?;
    let wanted = |finding: &Finding| {
        let holds = |sample: &Sample| finding.window.contains(sample.time);
        Some(finding.id) == target.finding || target.sample.as_ref().is_some_and(holds)
    };
    findings.sort_by_key(|finding| !wanted(finding));
    Ok(findings)
}

fn samples(templates: &[TemplateHistory], findings: &[Finding], target: &Target) -> Vec<Sample> {
    let kept = templates.iter().flat_map(|template| &template.samples);
    let told = findings.iter().flat_map(|finding| &finding.samples);
    let all = kept.chain(told).chain(&target.sample);
    let by_identity: BTreeMap<_, &Sample> = all.map(|sample| (sample.identity, sample)).collect();
    by_identity.into_values().cloned().collect()
}

/// The values that are told apart: what stands for the others has no name.
fn values(templates: &[TemplateHistory]) -> Vec<(Dimension, String, u64)> {
    let mut counts: BTreeMap<(Dimension, &str), u64> = BTreeMap::new();
    for value in templates.iter().flat_map(|template| &template.values) {
        let spans = [value.before, value.within];
        let count: u64 = spans.iter().flatten().map(|span| span.count).sum();
        *counts.entry((value.dimension, &value.value)).or_default() += count;
    }
    let told = counts
        .into_iter()
        .filter(|((_, value), count)| *count > 0 && *value != Bounds::OTHERS);
    told.map(|((dimension, value), count)| (dimension, value.to_owned(), count))
        .collect()
}

async fn keys(
    store: &dyn Store,
    account: &str,
    values: &[(Dimension, String, u64)],
    findings: &[Finding],
) -> Result<Vec<KeyActivity>, InspectionError> {
    let known = values
        .iter()
        .filter(|(dimension, ..)| *dimension == Dimension::AccessKey);
    let mut ids: Vec<String> = known.map(|(_, id, _)| id.clone()).collect();
    ids.extend(crate::report::key_ids(findings));
    ids.sort();
    ids.dedup();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = KeyQuery {
        accounts: vec![account.to_owned()],
        ids,
        limit: 0,
    };
    Ok(store.keys(&query).await?.into_iter().map(key_activity).collect())
}

/// Whether the finding's window was fully read, as far as that is remembered.
async fn complete(
    store: &dyn Store,
    question: &Question<'_>,
    finding: Option<&Finding>,
) -> Result<Option<bool>, InspectionError> {
    let Some(finding) = finding else {
        return Ok(None);
    };
    let judged = store.judged(question.inspection, usize::MAX).await?;
    let window = judged.into_iter().find(|judged| judged.window == finding.window);
    Ok(window.map(|judged| judged.complete))
}

async fn history(store: &dyn Store, row: &ClusterRow) -> Result<Vec<Change>, InspectionError> {
    let query = AuditQuery {
        cluster: Some(row.id),
        limit: MOST_CHANGES,
        ..AuditQuery::default()
    };
    let entries = match store.audit(&query).await {
        // Of what it does not know a store has nothing to tell.
        Err(StoreError::NotFound { .. }) => Vec::new(),
        entries => entries?,
    };
    let change = |entry: firstsight_store::AuditEntry| Change {
        said: says(entry.said),
        action: entry.action,
        before: entry.before,
        after: entry.after,
    };
    Ok(entries.into_iter().map(change).collect())
}

fn says(said: Said) -> Says {
    Says {
        by: said.by,
        at: said.at,
        note: said.note,
    }
}

fn class(row: &ClusterRow) -> Class {
    Class::of(&row.event_source, &row.event_name, &row.error_code, &row.template)
}

fn technique(row: &ClusterRow) -> Option<Technique> {
    attack(&row.event_source, &row.event_name).map(|known| Technique {
        id: known.id.to_owned(),
        name: known.name.to_owned(),
        tactic: known.tactic.to_owned(),
    })
}

/// What the store knows of the variables, else what the kept records tell.
fn variables(row: &ClusterRow, samples: &[Sample]) -> Vec<Variable> {
    if row.examples.is_empty() {
        return examples(&row.template, samples);
    }
    let known = row.examples.iter().map(|example| Variable {
        name: example.name.clone(),
        values: example.values.clone(),
        more: example.more,
    });
    known.collect()
}
