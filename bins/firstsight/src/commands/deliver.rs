//! `firstsight deliver`: what is due, to the sinks of a configuration.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_store::{DeliveryState, EventQuery, Store};

use super::inspect::PRINTED;
use crate::alerts::Alerts;
use crate::args::alerts::Deliver;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::opening;

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
        let again = store.retry_parked(args.sink.as_deref()).await?;
        context.hint(&format!("{again} refused deliveries are due again"));
    }
    let outcome = alerts.deliver(store, args.sink.as_deref(), context).await?;
    for (sink, count) in elsewhere(&**store, &alerts.names()).await? {
        context.hint(&format!(
            "{count} events wait for the sink {sink:?}, which the configuration does not have"
        ));
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

/// What waits for sinks that are not there any more, by sink.
async fn elsewhere(store: &dyn Store, known: &[&str]) -> Result<BTreeMap<String, u64>, Failure> {
    let mut waiting = BTreeMap::new();
    for row in store.events(&EventQuery::default()).await? {
        for delivery in row.deliveries {
            let is_known = delivery.sink == PRINTED || known.contains(&delivery.sink.as_str());
            if !is_known && delivery.state == DeliveryState::Pending {
                *waiting.entry(delivery.sink).or_default() += 1;
            }
        }
    }
    Ok(waiting)
}
