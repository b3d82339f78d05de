//! `firstsight clusters acknowledge` and its like, and `firstsight audit`: what people say of clusters.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use firstsight_engine::{ClusterId, LifeCycle};
use firstsight_inspection::Phases;
use firstsight_store::{AuditQuery, ClusterQuery, ClusterRow, LifeCycleChange, Said, Store};
use serde_json::{Value, json};

use super::listing::{document, emit, tagged};
use crate::args::people::{Action, Audit, Change, Named, Show, Voice};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;
use crate::output;
use crate::tables;

pub(crate) async fn act(action: Action, context: &Context) -> Result<Done, Failure> {
    match action {
        Action::Show(args) => show(args, context).await,
        Action::Acknowledge(args) => change(args, LifeCycle::Acknowledged, context).await,
        Action::Expect(args) => change(args, LifeCycle::Expected, context).await,
        Action::Archive(args) => change(args.change, LifeCycle::Archived(args.until), context).await,
        Action::Resolve(args) => change(args, LifeCycle::Resolved, context).await,
        Action::Reopen(args) => change(args, LifeCycle::Open, context).await,
    }
}

/// Who says something, when and why.
pub(crate) fn said(voice: &Voice, context: &Context) -> Said {
    let by = voice.by.clone().or_else(|| context.user.clone());
    Said {
        by: by.unwrap_or_else(|| "unknown".to_owned()),
        at: context.now,
        note: voice.note.clone(),
    }
}

async fn change(args: Change, life_cycle: LifeCycle, context: &Context) -> Result<Done, Failure> {
    let store = opening::state_to_change(args.named.state.path.as_deref(), context).await?;
    let clusters = named(&*store, &args.named.clusters).await?;
    let said = said(&args.voice, context);
    let mut text = String::new();
    for row in &clusters {
        let change = LifeCycleChange {
            cluster: row.id,
            life_cycle,
            said: said.clone(),
        };
        let before = store.set_life_cycle(&change).await?;
        let _ = writeln!(text, "{before} -> {life_cycle}  {}", tables::cluster_line(row));
    }
    store.close().await;
    output::print(&text)?;
    Ok(Done::Well)
}

async fn show(args: Show, context: &Context) -> Result<Done, Failure> {
    let Named { clusters, state } = &args.named;
    let store = opening::state_to_read(state.path.as_deref(), context).await?;
    let phases = Phases::of(&*store).await?;
    let (mut text, mut documents) = (String::new(), Vec::new());
    for row in named(&*store, clusters).await? {
        let about = AuditQuery {
            cluster: Some(row.id),
            ..AuditQuery::default()
        };
        let log = store.audit(&about).await?;
        text.push_str(&tables::cluster_in_full(&row, phases.phase(&row), &log));
        let mut document = document(&row, &phases);
        if let Value::Object(fields) = &mut document {
            fields.insert("audit".to_owned(), json!(log));
        }
        documents.push(document);
    }
    store.close().await;
    emit(&args.print, &documents, || text)?;
    Ok(Done::Well)
}

pub(crate) async fn audit(args: Audit, context: &Context) -> Result<Done, Failure> {
    let store = opening::state_to_read(args.state.path.as_deref(), context).await?;
    let cluster = match &args.cluster {
        Some(name) => Some(mentioned(&*store, name).await?),
        None => None,
    };
    let query = AuditQuery {
        cluster,
        after: None,
        accounts: args.accounts,
        limit: args.limit,
    };
    let log = store.audit(&query).await?;
    store.close().await;
    let documents: Vec<Value> = log
        .iter()
        .map(|entry| tagged("firstsight.audit/1", serde_json::to_value(entry)))
        .collect();
    emit(&args.print, &documents, || tables::audit(&log, context.cut))?;
    Ok(Done::Well)
}

// Names of clusters.

/// The fewest digits that name a cluster.
const FEWEST: usize = 4;

/// How many candidates a message lists.
const LISTED: usize = 10;

/// The clusters of these names, each once; all of the names are looked up before anything is done.
pub(crate) async fn named(store: &dyn Store, names: &[String]) -> Result<Vec<ClusterRow>, Failure> {
    let known = store.clusters(&ClusterQuery::default()).await?;
    let mut found: Vec<ClusterRow> = Vec::new();
    for name in names {
        let row = one(name, &known)?;
        if found.iter().all(|other| other.id != row.id) {
            found.push(row.clone());
        }
    }
    Ok(found)
}

/// The cluster of a name.
fn one<'a>(name: &str, known: &'a [ClusterRow]) -> Result<&'a ClusterRow, Failure> {
    let digits = digits(name)?;
    let matching = with_prefix(&digits, known);
    match matching.as_slice() {
        [row] => Ok(row),
        [] => {
            let hint = match similar(&digits, known) {
                rows if rows.is_empty() => "'firstsight clusters' lists them".to_owned(),
                rows => format!("the nearest are:{}", listed(&rows)),
            };
            Err(Failure::new(format!(
                "no known cluster's id begins with {digits}; {hint}"
            )))
        }
        several => Err(Failure::new(format!(
            "{} clusters' ids begin with {digits}; give more digits of one of them:{}",
            several.len(),
            listed(several)
        ))),
    }
}

/// The first digits of an id.
fn digits(name: &str) -> Result<String, Failure> {
    let digits = name.to_ascii_lowercase();
    let whole = (FEWEST..=32).contains(&digits.len());
    if whole && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(digits);
    }
    Err(Failure::usage(format!(
        "'{name}' names no cluster: give its id, or at least its first {FEWEST} digits; 'firstsight clusters' lists them"
    )))
}

fn with_prefix<'a>(digits: &str, known: &'a [ClusterRow]) -> Vec<&'a ClusterRow> {
    let begins = |row: &&ClusterRow| row.id.to_string().starts_with(digits);
    known.iter().filter(begins).collect()
}

/// What a mistyped name may have meant: those that share its first digits as far as any does, two at least.
fn similar<'a>(digits: &str, known: &'a [ClusterRow]) -> Vec<&'a ClusterRow> {
    (2..digits.len())
        .rev()
        .filter_map(|length| digits.get(..length))
        .map(|shorter| with_prefix(shorter, known))
        .find(|rows| !rows.is_empty())
        .unwrap_or_default()
}

fn listed(rows: &[&ClusterRow]) -> String {
    let mut text = String::new();
    for row in rows.iter().take(LISTED) {
        let _ = write!(text, "\n  {}", tables::cluster_line(row));
    }
    if let Some(more) = rows.len().checked_sub(LISTED).filter(|more| *more > 0) {
        let _ = write!(text, "\n  and {more} more");
    }
    text
}

/// The cluster of a name, known or only mentioned by the audit log.
async fn mentioned(store: &dyn Store, name: &str) -> Result<ClusterId, Failure> {
    let digits = digits(name)?;
    let known = store.clusters(&ClusterQuery::default()).await?;
    let log = store.audit(&AuditQuery::default()).await?;
    let told = log.iter().filter_map(|entry| entry.cluster);
    let ids: BTreeSet<ClusterId> = known.iter().map(|row| row.id).chain(told).collect();
    let mut matching = ids.iter().filter(|id| id.to_string().starts_with(&digits));
    match (matching.next(), matching.count()) {
        (Some(id), 0) => Ok(*id),
        (None, _) => one(name, &known).map(|row| row.id),
        (Some(_), more) => Err(Failure::new(format!(
            "{} clusters' ids begin with {digits}, forgotten ones included; give more digits",
            more + 1
        ))),
    }
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{Digest, Span, Time};

    use super::*;

    fn cluster(first: [u8; 3]) -> ClusterRow {
        let at = Time::from_millis(0);
        let mut id = [0; 16];
        id[..3].copy_from_slice(&first);
        ClusterRow {
            id: ClusterId(Digest(id)),
            account: "111122223333".to_owned(),
            event_source: "iam.amazonaws.com".to_owned(),
            event_name: "CreateUser".to_owned(),
            error_code: "AccessDenied".to_owned(),
            template: "no".to_owned(),
            life_cycle: LifeCycle::Open,
            said: None,
            founded: at,
            seen: Span::at(at),
            hours: Vec::new(),
            actors: 1,
            templates: 1,
            examples: Vec::new(),
        }
    }

    /// The id that a name stands for, or what is told.
    fn found(name: &str) -> Result<String, String> {
        let known = [[0xab, 0xcd, 0xe0], [0xab, 0xcd, 0xf0], [0xab, 0x00, 0x00]].map(cluster);
        match one(name, &known) {
            Ok(row) => Ok(row.id.to_string()[..6].to_owned()),
            Err(Failure::Failed(message) | Failure::Usage(message)) => Err(message),
            Err(other) => Err(format!("{other:?}")),
        }
    }

    #[test]
    fn a_cluster_is_named_by_digits_that_no_other_begins_with() {
        assert_eq!(found("abcde"), Ok("abcde0".to_owned()));
        assert_eq!(found("ABCDF0"), Ok("abcdf0".to_owned()));
        assert_eq!(found("ab00"), Ok("ab0000".to_owned()));
    }

    #[test]
    fn candidates_are_listed_where_a_name_is_not_one() {
        let ambiguous = found("abcd").unwrap_err();
        assert!(
            ambiguous.starts_with("2 clusters' ids begin with abcd"),
            "{ambiguous}"
        );
        assert_eq!(ambiguous.matches("iam:CreateUser").count(), 2, "{ambiguous}");
        let unknown = found("ab01").unwrap_err();
        assert!(unknown.contains("the nearest are:\n  ab0000000000 "), "{unknown}");
        let nothing_like_it = found("0123").unwrap_err();
        assert!(
            nothing_like_it.ends_with("'firstsight clusters' lists them"),
            "{nothing_like_it}"
        );
        for wrong in ["abc", "", "wxyz", &"a".repeat(33)] {
            assert!(found(wrong).unwrap_err().contains("names no cluster"), "{wrong}");
        }
    }
}
