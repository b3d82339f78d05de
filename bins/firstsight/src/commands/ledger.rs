//! `firstsight events` and `faults`: what was told, and what was abnormal from when until when.

use firstsight_inspection::{FaultRecord, decode_event, fault_records};
use firstsight_sink::Event;
use firstsight_sink::json::render_event_with;
use firstsight_store::{DeliveryRow, EventQuery, Store, StoredEvent};
use serde_json::{Value, json};

use super::listing::{Need, emit, open, tagged};
use crate::args::Listing;
use crate::args::ledger::{Faults, Show};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;
use crate::tables::{self, Table};

pub(crate) async fn events(args: Listing, context: &Context) -> Result<Done, Failure> {
    let listed = open(&args, (Need::Replay, false), context).await?;
    let query = EventQuery {
        accounts: args.accounts.clone(),
        limit: args.limit,
        ..EventQuery::default()
    };
    let mut documents = Vec::new();
    let mut table = Table::new(&[
        "TIME", "STATUS", "KIND", "ACCOUNT", "FINDINGS", "DELIVERY", "EVENT", "TITLE",
    ]);
    for row in listed.store.events(&query).await? {
        let event = decode_event(&row.event.id, &row.event.body)?;
        table.row(&tables::ledger::event(&event, &row.deliveries));
        documents.push(document(&event, &row.deliveries, context));
    }
    emit(&args.print(), &documents, || {
        table.render(context.cut, "no event has been recorded")
    })?;
    Ok(listed.done().await)
}

/// An event as a document, with what became of it at each sink.
fn document(event: &Event, deliveries: &[DeliveryRow], context: &Context) -> Value {
    let rendered = render_event_with(event, context.locale.into());
    let mut document = tagged(Event::SCHEMA, serde_json::from_str(&rendered));
    if let Value::Object(fields) = &mut document {
        let deliveries = deliveries.iter().map(delivery).collect();
        fields.insert("deliveries".to_owned(), deliveries);
    }
    document
}

fn delivery(row: &DeliveryRow) -> Value {
    let mut document = json!(row);
    if let Value::Object(fields) = &mut document {
        fields.insert("perhaps_twice".to_owned(), json!(row.perhaps_twice()));
    }
    document
}

pub(crate) async fn show(args: Show, context: &Context) -> Result<Done, Failure> {
    let store = opening::state_to_read(args.state.path.as_deref(), context).await?;
    let all = store.events(&EventQuery::default()).await?;
    let (mut text, mut documents) = (String::new(), Vec::new());
    for id in &args.events {
        let row = named(&all, id)?;
        let event = decode_event(&row.event.id, &row.event.body)?;
        text.push_str(&tables::ledger::event_in_full(&event, &row.deliveries));
        documents.push(document(&event, &row.deliveries, context));
    }
    store.close().await;
    emit(&args.print, &documents, || text)?;
    Ok(Done::Well)
}

/// Fewer digits name too much.
const DIGITS: usize = 4;

/// The event with this id, or the only one whose id begins so.
fn named<'a>(events: &'a [StoredEvent], id: &str) -> Result<&'a StoredEvent, Failure> {
    let asked = id.to_lowercase();
    let begins = |row: &&StoredEvent| asked.len() >= DIGITS && row.event.id.starts_with(&asked);
    let candidates: Vec<&StoredEvent> = events.iter().filter(begins).collect();
    match candidates.as_slice() {
        [one] => Ok(one),
        [] => Err(Failure::new(format!(
            "no event's id begins with {id:?}: give at least {DIGITS} of its first digits (see 'firstsight events')"
        ))),
        some => Err(Failure::new(format!(
            "the ids of {} events begin with {id:?}: give more digits",
            some.len()
        ))),
    }
}

pub(crate) async fn faults(args: Faults, context: &Context) -> Result<Done, Failure> {
    let list = &args.list;
    let listed = open(list, (Need::Replay, false), context).await?;
    let mut records = fault_records(&*listed.store, &args.inspection, args.open).await?;
    records.retain(|fault| list.accounts.is_empty() || list.accounts.contains(&fault.account));
    if list.limit > 0 {
        records.truncate(list.limit);
    }
    let as_document = |fault: &FaultRecord| tagged("firstsight.fault/1", serde_json::to_value(fault));
    let documents: Vec<Value> = records.iter().map(as_document).collect();
    emit(&list.print(), &documents, || {
        tables::ledger::faults(&records, context.cut)
    })?;
    Ok(listed.done().await)
}
