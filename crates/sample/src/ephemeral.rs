//! Roles with random suffixes that live for an hour or two, as previews, node groups and stacks make them.

use firstsight_cloudtrail::Hour;

use crate::call::{Call, Machine};
use crate::caller::session_name;
use crate::dice::Dice;
use crate::tables::machines::{CI_RUNNER, EKS_NODE, NOTEBOOK, PLATFORM_LAMBDA, TERRAFORM};
use crate::tables::noise::KNOWN_DENIALS;
use crate::world::{CAPITALS, World};

const STACKS: [&str; 4] = ["OrdersStack", "MediaStack", "ReportingStack", "WebhookStack"];
const FUNCTIONS: [&str; 4] = ["ApiHandler", "ImageResize", "CustomResource", "LogRetention"];

/// A role made for one purpose.
pub(crate) struct Ephemeral {
    pub(crate) role: String,
    pub(crate) session: String,
    /// What uses it.
    pub(crate) machine: &'static Machine,
    /// What it may not do, like those before it.
    pub(crate) denials: &'static [Call<'static>],
}

impl Ephemeral {
    /// The role that a stream of draws makes on a day (counted since 1970-01-01).
    pub(crate) fn new(world: &World, dice: &mut Dice, day: i64) -> Self {
        let (builds, nodes) = (&KNOWN_DENIALS[0..2], &KNOWN_DENIALS[2..4]);
        let (functions, notebooks) = (&KNOWN_DENIALS[4..6], &KNOWN_DENIALS[6..8]);
        let (role, machine, denials) = match dice.below(5) {
            0 => (format!("ci-preview-{}", dice.hex(6)), &CI_RUNNER, builds),
            1 => (
                format!("preview-pr-{}-{}", dice.between(100, 999), dice.hex(6)),
                &TERRAFORM,
                builds,
            ),
            2 => (format!("eks-node-{}", dice.hex(10)), &EKS_NODE, nodes),
            3 => (stack_role(dice), &PLATFORM_LAMBDA, functions),
            _ => (notebook_role(dice, day), &NOTEBOOK, notebooks),
        };
        Self {
            role,
            session: session_name(machine.session, world, dice),
            machine,
            denials,
        }
    }
}

/// As CloudFormation names the role of a function.
fn stack_role(dice: &mut Dice) -> String {
    let (stack, function) = (
        STACKS[dice.below(STACKS.len())],
        FUNCTIONS[dice.below(FUNCTIONS.len())],
    );
    format!("{stack}-{function}Role-{}", dice.text(CAPITALS, 12))
}

/// As SageMaker names a domain's role: with the time it was made.
fn notebook_role(dice: &mut Dice, day: i64) -> String {
    let date = Hour::from_index(day * 24).to_string();
    let date: String = date.chars().filter(char::is_ascii_digit).take(8).collect();
    let (hour, minute, second) = (dice.between(0, 23), dice.between(0, 59), dice.between(0, 59));
    format!("AmazonSageMaker-ExecutionRole-{date}T{hour:02}{minute:02}{second:02}")
}
