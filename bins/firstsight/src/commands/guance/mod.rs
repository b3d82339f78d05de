//! `firstsight guance`: connects a workspace.

mod setup;
mod test_event;
mod workspace;

use firstsight_config::GuanceWay;
use firstsight_guance::doctor::{Subject, check};
use firstsight_guance::node::Node;
use firstsight_sink::Delivery;
use serde_json::Value;
use workspace::Opened;

use super::check::told;
use super::listing::{emit, tagged};
use crate::alerts::Alerts;
use crate::args::guance::{CheckGuance, Guance, Policies, SendTest};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::output;
use crate::tables::Table;

pub(crate) async fn run(action: Guance, context: &Context) -> Result<Done, Failure> {
    match action {
        Guance::Check(args) => check_workspace(args, context).await,
        Guance::Setup(args) => setup::run(args, context).await,
        Guance::SendTest(args) => send_test(args, context).await,
        Guance::Policies(args) => policies(args, context).await,
    }
}

async fn check_workspace(args: CheckGuance, context: &Context) -> Result<Done, Failure> {
    let Opened { access, .. } = Opened::of(&args.workspace, None, context)?;
    let subject = Subject {
        node: access.node.unwrap_or_else(Node::private),
        api: access.api,
        writer: access.writer,
        sub_uri: access.sub_uri,
    };
    let checkup = context.or_cancelled(check(&subject, crate::clock::now())).await?;
    let text = told(&checkup, (args.format, args.output.is_none()), context);
    output::emit(&text, args.output.as_deref())?;
    Ok(if checkup.has_bad() {
        Done::Wrong
    } else {
        Done::Well
    })
}

async fn policies(args: Policies, context: &Context) -> Result<Done, Failure> {
    let api = Opened::of(&args.workspace, None, context)?.api_with_key()?;
    let policies = context.or_cancelled(api.alert_policies(&args.search)).await??;
    let mut table = Table::new(&["ALERT POLICY", "NAME", "MONITORS"]);
    for policy in &policies {
        table.row(&[
            policy.uuid.clone(),
            policy.name.clone(),
            policy
                .monitors
                .map_or_else(|| "-".to_owned(), |count| count.to_string()),
        ]);
    }
    let documents: Vec<Value> = policies
        .iter()
        .map(|policy| tagged("firstsight.guance-policy/1", serde_json::to_value(policy)))
        .collect();
    emit(&args.print, &documents, || {
        table.render(context.cut, "the workspace has no such alert policy")
    })?;
    Ok(Done::Well)
}

/// Sends an event and its recovery the way real ones go: one after the other, each acknowledged.
async fn send_test(args: SendTest, context: &Context) -> Result<Done, Failure> {
    let opened = Opened::of(&args.workspace, Some(&args.sub_uri), context)?;
    let console = opened.access.node.as_ref().and_then(|node| node.console.clone());
    let way = opened.way();
    let alerts = Alerts::of(opened.config)?;
    let [sink] = alerts.sinks() else {
        return Err(Failure::new("no sink of the kind guance was opened"));
    };
    let events = test_event::pair(crate::clock::now()).await?;
    for event in &events {
        let sent = context
            .or_cancelled(sink.sink.deliver(std::slice::from_ref(event)))
            .await??;
        match sent.first() {
            Some(Delivery::Refused { reason }) => {
                return Err(Failure::new(format!("{}: refused: {reason}", sink.name)));
            }
            Some(Delivery::NotTaken { reason }) => {
                return Err(Failure::new(format!("{}: not taken: {reason}", sink.name)));
            }
            _ => {}
        }
        output::print(&format!("sent: {} ({})\n", event.title, event.kind.as_str()))?;
    }
    let place = console.unwrap_or_else(|| "the workspace's console".to_owned());
    context.hint(&format!(
        "look for the title under Events in {place}: the event and its recovery have the fault id {}. {}",
        events[0].fault.id,
        caveat(way)
    ));
    Ok(Done::Well)
}

/// What an event that was taken does not prove.
const fn caveat(way: Option<GuanceWay>) -> &'static str {
    match way {
        None | Some(GuanceWay::Push) => {
            "Guance takes events for a monitor that does not exist as well: if nothing comes, 'firstsight guance check' tells \
             whether it does"
        }
        Some(GuanceWay::KeyEvent) => {
            "They were written as key events, which call nobody by themselves: only events that are pushed to a monitor do"
        }
        Some(GuanceWay::Create) => {
            "They were made by events/create: such events call nobody, and do not recover; only those that are pushed to a \
             monitor do"
        }
    }
}
