//! `firstsight clusters` and `keys`: what a state, or a source, holds.

use std::sync::Arc;

use firstsight_aws::access::Access;
use firstsight_inspection::{Phases, Settings};
use firstsight_sink::KeyActivity;
use firstsight_sink::json::harmless;
use firstsight_store::{ClusterQuery, ClusterRow, KeyQuery, Store};
use serde_json::{Value, json};

use crate::args::people::{Clusters, PhaseWord, Print, Word};
use crate::args::{Format, Keys, Listing};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::iam::Iam;
use crate::opening::{self, Besides};
use crate::output;
use crate::tables;

/// How much of a source has to be judged before it is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Nothing: the records are enough.
    Read,
    /// All at once.
    Judge,
    /// Window by window.
    Replay,
}

/// A store to list, and whether all of its source was read.
pub(super) struct Listed {
    pub(super) store: Arc<dyn Store>,
    complete: bool,
    /// AWS, where the source is there.
    access: Option<Access>,
}

pub(crate) async fn clusters(args: Clusters, context: &Context) -> Result<Done, Failure> {
    let list = &args.list;
    let listed = open(list, (Need::Judge, false), context).await?;
    let phases = Phases::of(&*listed.store).await?;
    let is_filtered = !args.words.is_empty() || !args.phases.is_empty();
    let query = ClusterQuery {
        accounts: list.accounts.clone(),
        cluster: None,
        limit: if is_filtered { 0 } else { list.limit },
    };
    let mut rows = listed.store.clusters(&query).await?;
    rows.retain(|row| is_asked(&args, row, &phases));
    if list.limit > 0 {
        rows.truncate(list.limit);
    }
    let documents: Vec<Value> = rows.iter().map(|row| document(row, &phases)).collect();
    emit(&list.print(), &documents, || {
        tables::clusters(&rows, &phases, context.cut)
    })?;
    Ok(listed.done().await)
}

fn is_asked(args: &Clusters, row: &ClusterRow, phases: &Phases) -> bool {
    let word = args.words.is_empty() || args.words.contains(&Word::of(row.life_cycle));
    word && (args.phases.is_empty() || args.phases.contains(&PhaseWord(phases.phase(row))))
}

/// A cluster as a document.
pub(crate) fn document(row: &ClusterRow, phases: &Phases) -> Value {
    let mut document = tagged("firstsight.cluster/1", serde_json::to_value(row));
    if let Value::Object(fields) = &mut document {
        fields.insert("phase".to_owned(), json!(phases.phase(row)));
    }
    document
}

pub(crate) async fn keys(args: Keys, context: &Context) -> Result<Done, Failure> {
    let Keys { list: args, iam } = args;
    let listed = open(&args, (Need::Read, iam.asked_or(false)), context).await?;
    let query = KeyQuery {
        accounts: args.accounts.clone(),
        ids: Vec::new(),
        limit: args.limit,
    };
    let mut rows: Vec<KeyActivity> = listed
        .store
        .keys(&query)
        .await?
        .into_iter()
        .map(firstsight_inspection::key_activity)
        .collect();
    if iam.asked_or(listed.access.is_some()) {
        let iam = Iam {
            access: listed.access.as_ref(),
            aws: &args.reading.reading.groups.aws,
        };
        iam.complete_keys(&mut rows, context).await;
    }
    let documents: Vec<Value> = rows
        .iter()
        .map(|row| tagged("firstsight.key/1", serde_json::to_value(row)))
        .collect();
    emit(&args.print(), &documents, || tables::keys(&rows, context.cut))?;
    Ok(listed.done().await)
}

impl Listed {
    pub(super) async fn done(&self) -> Done {
        self.store.close().await;
        Done::of(self.complete)
    }
}

pub(super) async fn open(
    args: &Listing,
    (need, iam): (Need, bool),
    context: &Context,
) -> Result<Listed, Failure> {
    check(args.format)?;
    if args.sources.is_empty() {
        let store = opening::state_for_want_of_a_source(args.state.as_deref(), context).await?;
        return Ok(Listed {
            store,
            complete: true,
            access: None,
        });
    }
    let besides = Besides {
        iam,
        ..Besides::default()
    };
    let whole = opening::whole(&args.sources, &args.reading, besides, context).await?;
    match need {
        Need::Read => {}
        Need::Judge => whole.judge_at_once(context).await?,
        Need::Replay => whole.judge_by_hours(&Settings::default(), context).await?,
    }
    Ok(Listed {
        complete: whole.read.complete(),
        store: whole.store,
        access: whole.access,
    })
}

/// A row as a document that names its schema.
pub(super) fn tagged(schema: &str, row: Result<Value, serde_json::Error>) -> Value {
    let mut document = row.unwrap_or_default();
    if let Value::Object(fields) = &mut document {
        fields.insert("schema".to_owned(), json!(schema));
    }
    document
}

/// Lists are no pages.
fn check(format: Format) -> Result<(), Failure> {
    match format {
        Format::Html | Format::Ocsf => Err(Failure::usage("this command prints table, json or ndjson")),
        Format::Table | Format::Json | Format::Ndjson => Ok(()),
    }
}

pub(super) fn emit(
    print: &Print,
    documents: &[Value],
    table: impl FnOnce() -> String,
) -> Result<(), Failure> {
    check(print.format)?;
    let text = match print.format {
        Format::Json => harmless(&format!("{:#}\n", json!(documents))),
        Format::Ndjson => documents
            .iter()
            .map(|document| harmless(&format!("{document}\n")))
            .collect(),
        Format::Table | Format::Html | Format::Ocsf => table(),
    };
    output::emit(&text, print.output.as_deref())
}
