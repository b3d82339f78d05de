//! Which events go to which sinks, and when: alert policies, mutes, silence, digests, escalation. Pure functions of the event,
//! what is configured, and what the fault remembers to have been told; the time that counts is the event's, the end of its
//! window, so that a window that is judged late, or again, is told as it would have been in time.

mod filter;
mod mute;
mod plan;
mod policy;
mod schedule;

pub use filter::{About, Filter, InvalidPattern, Pattern};
pub use mute::{Mute, MuteTime, decode_mute, encode_mute};
pub use plan::{Candidate, Told, plan};
pub use policy::{AlertPolicy, Escalation, Outside, Through};
pub use schedule::{Day, Hours, Repeat, ZoneName};

/// What is configured about alerting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerting {
    /// The policies, in order; each that matches an event adds its sinks. Where there is none, every event goes to all of
    /// `sinks`.
    pub policies: Vec<AlertPolicy>,
    /// The mutes of the configuration; those of the state come beside them.
    pub mutes: Vec<Mute>,
    /// Sinks that get every event at once, whatever the policies and mutes say: what a command prints.
    pub sinks: Vec<String>,
}
