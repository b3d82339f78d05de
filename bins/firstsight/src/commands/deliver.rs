//! `firstsight deliver`: what is due, to the sinks of a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_engine::Time;
use firstsight_store::{DeliveryState, EventQuery, Store};

use super::inspect::PRINTED;
use super::people::said;
use crate::alerts::Alerts;
use crate::args::alerts::Deliver;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;
use crate::tables::ledger::second;

pub(crate) async fn run(args: Deliver, context: &Context) -> Result<Done, Failure> {
    let alerts = Alerts::open(&args.config, context)?;
    check_name(&alerts, args.sink.as_deref())?;
    let store = opening::state_to_change(args.state.path.as_deref(), context).await?;
    let outcome = deliver(&args, &alerts, &store, context).await;
    store.close().await;
    outcome
}

async fn deliver(
    args: &Deliver,
    alerts: &Alerts,
    store: &Arc<dyn Store>,
    context: &Context,
) -> Result<Done, Failure> {
    if args.retry_parked {
        let again = store
            .retry_parked(args.sink.as_deref(), &said(&args.voice, context))
            .await?;
        context.hint(&format!("{again} refused deliveries are due again"));
    }
    let outcome = alerts.deliver(store, args.sink.as_deref(), context).await?;
    for (sink, waiting) in waiting(&**store).await? {
        let is_known = alerts.names().contains(&sink.as_str());
        context.hint(&waiting.told(&sink, is_known));
    }
    Ok(if outcome.well { Done::Well } else { Done::Wrong })
}

fn check_name(alerts: &Alerts, asked: Option<&str>) -> Result<(), Failure> {
    let names = alerts.names();
    match asked {
        Some(name) if !names.contains(&name) => Err(Failure::usage(format!(
            "the configuration has no sink {name:?}; it has {}",
            names.join(", ")
        ))),
        _ => Ok(()),
    }
}

/// What waits for a sink.
#[derive(Debug, Default)]
struct Waiting {
    events: u64,
    /// When the first of them is due.
    next: Option<Time>,
}

impl Waiting {
    fn told(&self, sink: &str, is_known: bool) -> String {
        let events = match self.events {
            1 => "1 event waits".to_owned(),
            events => format!("{events} events wait"),
        };
        match self.next {
            _ if !is_known => format!("{sink}: {events}, and the configuration has no such sink"),
            Some(next) => format!("{sink}: {events}, until {} UTC at the earliest", second(next)),
            None => format!("{sink}: {events}"),
        }
    }
}

/// What waits, by sink; what a command prints waits for nobody.
async fn waiting(store: &dyn Store) -> Result<BTreeMap<String, Waiting>, Failure> {
    let mut waiting: BTreeMap<String, Waiting> = BTreeMap::new();
    for row in store.events(&EventQuery::default()).await? {
        let open = row
            .deliveries
            .into_iter()
            .filter(|delivery| delivery.sink != PRINTED && delivery.state == DeliveryState::Pending);
        for delivery in open {
            let of_sink = waiting.entry(delivery.sink).or_default();
            of_sink.events += 1;
            let times = [of_sink.next, delivery.next_attempt];
            of_sink.next = times.into_iter().flatten().min();
        }
    }
    Ok(waiting)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_told_with_its_time() {
        let waiting = Waiting {
            events: 2,
            next: Some("2026-01-31T12:00:05Z".parse().unwrap()),
        };
        assert_eq!(
            waiting.told("chat", true),
            "chat: 2 events wait, until 2026-01-31 12:00:05 UTC at the earliest"
        );
        assert_eq!(
            Waiting {
                events: 1,
                next: None
            }
            .told("gone", false),
            "gone: 1 event waits, and the configuration has no such sink"
        );
    }
}
