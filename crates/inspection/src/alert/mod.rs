//! Which events go to which sinks, and when: alert policies, mutes, silence, digests, escalation. Pure functions of the event,
//! what is configured, and what the fault remembers to have been told; the time that counts is the event's, the end of its
//! window, so that a window that is judged late, or again, is told as it would have been in time.
//!
//! For each event, a policy asks in this order:
//!
//! 1. Is it about the event, by severity and by what the event tells? Else the policy says nothing of it.
//! 2. Is all that the event tells muted? It is withheld.
//! 3. A recovery goes to the sinks that were told anything of the fault, and to no other. It is not muted, not silenced, not
//!    filtered; it waits only where an event of its fault waits, and then comes with that one.
//! 4. Has the fault been open long enough for an escalation that was not told yet? Then that one's sinks are told besides,
//!    and silence does not hold them.
//! 5. Is the fault silent at the sink? It is withheld, and counted.
//! 6. Is it outside the hours? It is held until they begin, as one notification with all that is, or withheld.
//! 7. Does the policy aggregate? It is told at the end of the aggregation window, as one notification with all of it.
//! 8. Does it go past the policy's cap? It is told at once, as one notification with all that does.
//!
//! An event is told to a sink once, however many policies say so: what is sent at once wins over what is sent later, that
//! over what is withheld. Where an event is to be told earlier than one of its fault that waits, the waiting one goes with
//! it: see [`firstsight_store::NewDelivery::not_before`].

mod filter;
mod mute;
mod plan;
mod policy;
mod schedule;
#[cfg(test)]
mod tests;
mod told;
mod withheld;

pub use filter::{About, Filter, InvalidPattern, Pattern};
pub use mute::{Mute, MuteTime, decode_mute, encode_mute};
pub use plan::{Candidate, plan};
pub use policy::{AlertPolicy, Escalation, Outside, Through};
pub use schedule::{Day, Hours, Repeat, ZoneName};
pub use told::{Told, Waits};
pub use withheld::{Withheld, WithheldCounts, counted};

/// What is configured about alerting.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alerting {
    /// The policies; each that is about an event adds its sinks. Their order decides nothing. Names tell them apart: what was
    /// told is remembered by them. Where there is none, nothing goes anywhere but to `sinks`.
    pub policies: Vec<AlertPolicy>,
    /// The mutes of the configuration; those of the state come beside them.
    pub mutes: Vec<Mute>,
    /// Sinks that get every event at once, whatever the policies and mutes say: what a command prints.
    pub sinks: Vec<String>,
}
