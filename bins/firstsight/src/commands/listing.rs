//! `firstsight clusters`, `events` and `keys`: what a state, or a source, holds.

use std::path::Path;
use std::sync::Arc;

use firstsight_cloudtrail::TimeRange;
use firstsight_inspection::{Replay, Settings, decode_event, judge_window, replay};
use firstsight_sink::json::{harmless, render_event};
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
        let mut document = tagged(Event::SCHEMA, serde_json::from_str(&render_event(&event)));
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
        if self.complete {
            Done::Well
        } else {
            Done::Incomplete
        }
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
    let opened = opening::source(&args.sources, context).await?;
    let store = opening::store(None).await?;
    let read = opening::read(
        &opened,
        &store,
        &opening::reading(context, TimeRange::ALL),
        context,
    )
    .await?;
    if need != Need::Read {
        let (first, last) = opening::extent(&*store, &opened, &read).await?;
        let mut settings = Settings::default();
        if need == Need::Replay {
            let plan = Replay {
                cancel: context.cancel.clone(),
                ..Replay::over(first, last, &settings, context.now)
            };
            replay(&*store, &settings, &plan, async |_| Ok::<(), Failure>(())).await?;
        } else {
            settings.window_hours = last.hour().index() - first.hour().index() + 1;
            judge_window(
                &*store,
                &settings,
                last.hour().plus(1),
                read.complete(),
                context.now,
            )
            .await?;
        }
    }
    Ok(Listed {
        store,
        complete: read.complete(),
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
