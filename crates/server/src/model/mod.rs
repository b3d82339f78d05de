//! What pages and API show: plain values, asked of the daemon and its states.
//!
//! Each inspection has a state of its own; lists over several inspections are merged here, page by page, by their keysets.

mod asked;
mod changes;
mod clusters;
mod cursor;
mod events;
mod faults;
mod inspections;
mod keys;
mod overview;
mod sinks;

pub use changes::{AuditLine, MuteLine, NewMute, audit, end_mute, mutes, set_mute};
pub use clusters::{
    ClusterDetail, ClusterFilter, ClusterLine, LifeCycleWord, Remark, cluster, clusters, remark,
    set_life_cycle,
};
pub use cursor::{Cursor, Listed};
pub use events::{EventDetail, EventFilter, EventLine, NotificationLine, RelatedEvent, event, events};
pub use faults::{FaultLine, faults};
pub(crate) use inspections::standing;
pub use inspections::{
    InspectionDetail, InspectionLine, RunLine, SettingLine, WhyQuiet, inspection, inspections, run, runs,
    why_quiet,
};
pub use keys::{KeyFilter, KeyLine, keys};
pub use overview::{HourPoint, Overview, overview};
pub use sinks::{SinkLine, retry, sinks};
