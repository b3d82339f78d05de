//! Checks a configuration against the workspace, step by step, and says how to mend what is wrong.
//!
//! The steps go from the ground up: the node, the clock, the API key, the token, the monitor, its alert policies. A step that
//! cannot be tried because an earlier one failed is [`CheckOutcome::Skipped`] and says so. Nothing in Guance is changed, and
//! no event is sent.

mod date;
#[cfg(test)]
mod tests;

use firstsight_engine::Time;
use firstsight_sink::Checkup;
use firstsight_sink::checkup::{CheckEffects, CheckOutcome, CheckStep};
use secrecy::{ExposeSecret as _, SecretString};

use crate::client::{Destination, Monitor, OpenApi, Workspace, Writer};
use crate::error::GuanceError;
use crate::node::Node;
use crate::setup;

/// Clocks that differ by more, in milliseconds, put events where nobody looks for them.
const CLOCK_ODD: u64 = 5 * 60 * 1000;

/// What the steps mean. A step may be about a way that the events do not take, so nothing is sure.
const EFFECTS: CheckEffects<'static> = CheckEffects {
    bad: "events may not reach Guance",
    hindered: "events may alert nobody",
    well: "nothing is wrong, as far as it was looked at; whether an event arrives and whom it alerts, a test event shows",
};

/// What is to be checked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The node.
    pub node: Node,
    /// The OpenAPI, if a node is named; without a key only the node is looked at.
    pub api: Option<OpenApi>,
    /// What points are written with, if anything.
    pub writer: Option<Writer>,
    /// The monitor's last part of the address, if events are pushed.
    pub sub_uri: Option<String>,
}

/// Checks it: the node's name and answer, the clock, the key, the token, the monitor and its alert policies. `now` is our
/// clock at the time of the call. Failures are steps, never errors.
pub async fn check(subject: &Subject, now: Time) -> Checkup {
    let mut steps = Vec::from_iter(named(&subject.node));
    let workspace = match &subject.api {
        Some(api) => answering(api, now, &mut steps).await,
        None => {
            steps.push(skipped("openapi", "no OpenAPI is named to ask"));
            None
        }
    };
    if let Some(writer) = &subject.writer {
        steps.push(token(writer, workspace.as_ref()).await);
    }
    if let Some(sub_uri) = &subject.sub_uri {
        let api = subject.api.as_ref().filter(|_| workspace.is_some());
        monitor(api, sub_uri, &mut steps).await;
    }
    Checkup::with_effects(steps, &EFFECTS)
}

const GIVE_KEY: &str = "set GUANCE_API_KEY to the key's id (wsak_…) to have workspace and monitor looked at; events are pushed without one";
const RAISE_QUOTA: &str = "raise the workspace's quota in Guance, or send less there";
const TRY_LATER: &str = "it is there and fails: try again in some minutes; if it goes on, look whether the address is the right one";
const WAIT: &str = "wait a minute: a key may ask about 20 times a minute";

fn step(name: &str, outcome: CheckOutcome, found: impl Into<String>, advice: Option<&str>) -> CheckStep {
    CheckStep::new(name, outcome, found.into(), advice)
}

fn skipped(name: &str, why: &str) -> CheckStep {
    step(name, CheckOutcome::Skipped, why, None)
}

/// A failed call as a step: what may go by itself is a warning.
fn failed(name: &str, error: &GuanceError, advice: &str) -> CheckStep {
    let (outcome, advice) = match error {
        GuanceError::RateLimited { .. } => (CheckOutcome::Warning, WAIT),
        GuanceError::OverQuota { .. } => (CheckOutcome::Bad, RAISE_QUOTA),
        GuanceError::Unavailable { .. } => (CheckOutcome::Bad, TRY_LATER),
        // It says itself what to do.
        GuanceError::Unauthorized { advice, .. } => (CheckOutcome::Bad, *advice),
        _ => (CheckOutcome::Bad, advice),
    };
    let found = match error {
        GuanceError::Unauthorized { call, code, .. } => format!("{call}: {code}"),
        error => error.in_full(),
    };
    step(name, outcome, found, Some(advice))
}

/// Whether the addresses are those of a known node; `None` where there are none.
fn named(node: &Node) -> Option<CheckStep> {
    let addresses: Vec<&str> = [node.openapi.as_str(), &node.openway]
        .into_iter()
        .filter(|address| !address.is_empty())
        .collect();
    let found = format!("{}: {}", node.name, addresses.join(", "));
    if node.name == "private" {
        return (!addresses.is_empty()).then(|| step("node", CheckOutcome::Good, found, None));
    }
    Some(match Node::named(&node.name) {
        Some(known) if (&known.openapi, &known.openway) == (&node.openapi, &node.openway) => {
            step("node", CheckOutcome::Good, found, None)
        }
        Some(known) => {
            let known = format!("{found}; known are {}, {}", known.openapi, known.openway);
            step("node", CheckOutcome::Good, known, None)
        }
        None => {
            let advice = match Node::nearest(&node.name) {
                Some(name) => format!("did you mean {name}?"),
                None => format!("use one of {}, or give both addresses", Node::names().join(", ")),
            };
            let found = format!("{} is not a known node", node.name);
            step("node", CheckOutcome::Warning, found, Some(&advice))
        }
    })
}

/// Node, clock and key; the workspace if all is well.
async fn answering(api: &OpenApi, now: Time, steps: &mut Vec<CheckStep>) -> Option<Workspace> {
    match api.ping().await {
        Ok(reached) => {
            steps.push(step(
                "openapi",
                CheckOutcome::Good,
                format!("{} answers", api.base()),
                None,
            ));
            steps.push(clock(reached.date.as_deref(), now));
        }
        Err(error) => {
            let advice =
                "check the node's address, and that this machine may connect to it (proxy, firewall)";
            steps.push(failed("openapi", &error, advice));
            steps.push(skipped("clock", "the node does not answer"));
            steps.push(skipped("api key", "the node does not answer"));
            return None;
        }
    }
    if !api.has_key() {
        let why = "there is no API key to ask with";
        steps.push(step("api key", CheckOutcome::Skipped, why, Some(GIVE_KEY)));
        return None;
    }
    match api.workspace().await {
        Ok(workspace) => {
            let found = format!(
                "workspace {} ({})",
                crate::error::fit(&workspace.name),
                workspace.uuid
            );
            steps.push(step("api key", CheckOutcome::Good, found, None));
            Some(workspace)
        }
        Err(error) => {
            let advice = "check that the address is that of an OpenAPI, not of the console";
            steps.push(failed("api key", &error, advice));
            None
        }
    }
}

fn clock(date: Option<&str>, now: Time) -> CheckStep {
    let Some(theirs) = date.and_then(date::read) else {
        return skipped("clock", "the node does not tell its time");
    };
    let ahead = now.as_millis() - theirs.as_millis();
    let found = match (ahead / 1000, ahead.is_negative()) {
        (0, _) => "as the node's".to_owned(),
        (seconds, false) => format!("{} ahead of the node's", length(seconds)),
        (seconds, true) => format!("{} behind the node's", length(-seconds)),
    };
    if ahead.unsigned_abs() > CLOCK_ODD {
        let advice = "set this machine's clock (NTP): events bear its time";
        return step("clock", CheckOutcome::Warning, found, Some(advice));
    }
    step("clock", CheckOutcome::Good, found, None)
}

fn length(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}

/// Whether the token is one, is this workspace's, and is taken.
async fn token(writer: &Writer, workspace: Option<&Workspace>) -> CheckStep {
    let address = writer.destination().url();
    let (name, well) = match writer.destination() {
        Destination::DataKit { .. } => ("datakit", "answers"),
        Destination::OpenWay { token, .. } => match wrong_token(token, workspace) {
            Some(wrong) => return wrong,
            None => ("token", "takes it"),
        },
    };
    match writer.check().await {
        Ok(()) => step(name, CheckOutcome::Good, format!("{address} {well}"), None),
        Err(error) => failed(
            name,
            &error,
            "check its address, and that this machine may connect to it",
        ),
    }
}

fn wrong_token(token: &SecretString, workspace: Option<&Workspace>) -> Option<CheckStep> {
    let given = token.expose_secret();
    if !has_form(given) {
        let advice = "copy the workspace's token (tkn_ and 32 characters) from Management > Settings; an API key is none";
        return Some(step(
            "token",
            CheckOutcome::Bad,
            "it does not have the form of a token",
            Some(advice),
        ));
    }
    let theirs = workspace?.token.expose_secret();
    // Without a token in the answer nothing can be compared; one that is masked is no other token.
    let comparable = has_form(theirs) && !theirs.contains('*');
    (comparable && theirs != given).then(|| {
        let mut other = step(
            "token",
            CheckOutcome::Warning,
            "it is of another workspace than the API key",
            Some("use key and token of one workspace, unless that is meant"),
        );
        other.hinders = true;
        other
    })
}

/// Source: DataKit, `internal/io/dataway/token.go`.
fn has_form(token: &str) -> bool {
    [("tkn_", 32), ("token_", 32), ("tokn_", 24)]
        .iter()
        .any(|(prefix, length)| {
            token
                .strip_prefix(prefix)
                .is_some_and(|rest| rest.len() == *length)
        })
}

async fn monitor(api: Option<&OpenApi>, sub_uri: &str, steps: &mut Vec<CheckStep>) {
    let Some(api) = api else {
        let why = "the workspace cannot be asked";
        steps.push(skipped("monitor", why));
        steps.push(skipped("alert policies", why));
        return;
    };
    match setup::find(api, sub_uri).await {
        Ok(Some(monitor)) => {
            steps.push(found(&monitor));
            steps.push(policies(api, &monitor).await);
        }
        Ok(None) => {
            let what = format!("no external-event monitor has the address …/{sub_uri}");
            let advice = "make one with `firstsight guance setup`, or correct sub_uri: what is pushed elsewhere is dropped \
                          without a word";
            steps.push(step("monitor", CheckOutcome::Bad, what, Some(advice)));
            steps.push(skipped("alert policies", "there is no monitor"));
        }
        Err(error) => {
            let advice = "let the key read monitors, or look in Guance: Monitoring > Monitors";
            steps.push(failed("monitor", &error, advice));
            steps.push(skipped("alert policies", "the monitor is not known"));
        }
    }
}

fn found(monitor: &Monitor) -> CheckStep {
    let found = format!("{} ({})", crate::error::fit(&monitor.title), monitor.uuid);
    if monitor.enabled {
        return step("monitor", CheckOutcome::Good, found, None);
    }
    let advice = "enable it in Guance: Monitoring > Monitors";
    step(
        "monitor",
        CheckOutcome::Bad,
        format!("{found} is disabled"),
        Some(advice),
    )
}

async fn policies(api: &OpenApi, monitor: &Monitor) -> CheckStep {
    const NAME: &str = "alert policies";
    if monitor.alert_policies.is_empty() {
        let advice = "bind one to the monitor: `firstsight guance policies` lists them";
        let found = "none is bound: events arrive and alert nobody";
        let mut unbound = step(NAME, CheckOutcome::Warning, found, Some(advice));
        unbound.hinders = true;
        return unbound;
    }
    match api.alert_policies("").await {
        Ok(known) => {
            let name = |id: &String| match known.iter().find(|policy| policy.uuid == *id) {
                Some(policy) => crate::error::fit(&policy.name),
                None => format!("{id} (not in this workspace)"),
            };
            let names: Vec<String> = monitor.alert_policies.iter().map(name).collect();
            step(NAME, CheckOutcome::Good, names.join(", "), None)
        }
        Err(error) => {
            let mut unknown = failed(NAME, &error, "look in Guance: Monitoring > Alert Policies");
            // They are bound; only their names are missing.
            unknown.outcome = CheckOutcome::Warning;
            unknown.hinders = false;
            unknown
        }
    }
}
