//! `firstsight clusters`, `events` and `keys`: what a state, or a source, holds.

use std::path::Path;
use std::sync::Arc;

use firstsight_inspection::{Settings, decode_event};
use firstsight_sink::json::{harmless, render_event_with};
use firstsight_sink::{Event, KeyActivity};
use firstsight_store::{ClusterQuery, EventQuery, KeyQuery, Store};
use serde_json::{Value, json};

use crate::args::{Format, Listing};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;
use crate::output;
use crate::tables::{self, Table};

/// How much of a source has to be judged before it is listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing: the records are enough.
    Read,
    /// All at once.
    Judge,
    /// Window by window.
    Replay,
}

/// A store to list, and whether all of its source was read.
struct Listed {
    store: Arc<dyn Store>,
    complete: bool,
}

pub(crate) async fn clusters(args: Listing, context: &Context) -> Result<Done, Failure> {
    let listed = open(&args, Need::Judge, context).await?;
    let query = ClusterQuery {
        accounts: args.accounts.clone(),
        cluster: None,
        limit: args.limit,
    };
    let rows = listed.store.clusters(&query).await?;
    let documents = rows
        .iter()
        .map(|row| tagged("firstsight.cluster/1", serde_json::to_value(row)))
        .collect();
    emit(&args, documents, || tables::clusters(&rows, context.cut))?;
    Ok(listed.done().await)
}

pub(crate) async fn events(args: Listing, context: &Context) -> Result<Done, Failure> {
    let listed = open(&args, Need::Replay, context).await?;
    let query = EventQuery {
        accounts: args.accounts.clone(),
        limit: args.limit,
        ..EventQuery::default()
    };
    let mut documents = Vec::new();
    let mut table = Table::new(&[
        "TIME", "STATUS", "KIND", "ACCOUNT", "FINDINGS", "DELIVERY", "TITLE",
    ]);
    for row in listed.store.events(&query).await? {
        let event = decode_event(&row.event.id, &row.event.body)?;
        table.row(&tables::event(&event, &row.deliveries));
        let mut document = tagged(
            Event::SCHEMA,
            serde_json::from_str(&render_event_with(&event, context.locale.into())),
        );
        if let Value::Object(fields) = &mut document {
            fields.insert("deliveries".to_owned(), json!(row.deliveries));
        }
        documents.push(document);
    }
    emit(&args, documents, || {
        table.render(context.cut, "no event has been recorded")
    })?;
    Ok(listed.done().await)
}

pub(crate) async fn keys(args: Listing, context: &Context) -> Result<Done, Failure> {
    let listed = open(&args, Need::Read, context).await?;
    let query = KeyQuery {
        accounts: args.accounts.clone(),
        ids: Vec::new(),
        limit: args.limit,
    };
    let rows: Vec<KeyActivity> = listed
        .store
        .keys(&query)
        .await?
        .into_iter()
        .map(firstsight_inspection::key_activity)
        .collect();
    let documents = rows
        .iter()
        .map(|row| tagged("firstsight.key/1", serde_json::to_value(row)))
        .collect();
    emit(&args, documents, || tables::keys(&rows, context.cut))?;
    Ok(listed.done().await)
}

impl Listed {
    async fn done(&self) -> Done {
        self.store.close().await;
        Done::of(self.complete)
    }
}

async fn open(args: &Listing, need: Need, context: &Context) -> Result<Listed, Failure> {
    if args.format == Format::Html {
        return Err(Failure::usage("this command prints table, json or ndjson"));
    }
    if args.sources.is_empty() {
        let store = opening::state_to_read(args.state.as_deref(), context).await?;
        return Ok(Listed {
            store,
            complete: true,
        });
    }
    let whole = opening::whole(&args.sources, &args.reading, false, context).await?;
    match need {
        Need::Read => {}
        Need::Judge => whole.judge_at_once(context).await?,
        Need::Replay => whole.judge_by_hours(&Settings::default(), context).await?,
    }
    Ok(Listed {
        complete: whole.read.complete(),
        store: whole.store,
    })
}

/// A row as a document that names its schema.
fn tagged(schema: &str, row: Result<Value, serde_json::Error>) -> Value {
    let mut document = row.unwrap_or_default();
    if let Value::Object(fields) = &mut document {
        fields.insert("schema".to_owned(), json!(schema));
    }
    document
}

fn emit(args: &Listing, documents: Vec<Value>, table: impl FnOnce() -> String) -> Result<(), Failure> {
    let text = match args.format {
        Format::Json => harmless(&format!("{:#}\n", Value::Array(documents))),
        Format::Ndjson => documents
            .iter()
            .map(|document| harmless(&format!("{document}\n")))
            .collect(),
        Format::Table | Format::Html => table(),
    };
    let path: Option<&Path> = args.output.as_deref();
    output::emit(&text, path)
}
