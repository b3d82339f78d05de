//! Checks a configuration against the workspace, step by step, and says how to mend what is wrong.

use firstsight_engine::Time;
use firstsight_sink::Checkup;

use crate::client::{OpenApi, Writer};
use crate::node::Node;

/// What is to be checked.
#[derive(Clone, Debug)]
pub struct Subject {
    /// The node.
    pub node: Node,
    /// The OpenAPI, if there is a key.
    pub api: Option<OpenApi>,
    /// What points are written with, if anything.
    pub writer: Option<Writer>,
    /// The monitor's last part of the address, if events are pushed.
    pub sub_uri: Option<String>,
}

/// Checks it: the node's name and answer, the clock, the key, the token, the monitor and its alert policies.
pub async fn check(subject: &Subject, now: Time) -> Checkup {
    let _ = (subject, now);
    todo!()
}
