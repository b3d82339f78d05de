//! What goes into a store and comes out of it.

use std::collections::BTreeMap;

use firstsight_engine::{
    ClusterId, Finding, FindingId, HourCount, JudgeInput, KeyUse, KeyUses, LifeCycle, Policy, Range,
    SignatureId, Span, Summary, Time,
};
use serde::{Deserialize, Serialize};

/// What was read, to be committed together.
#[derive(Clone, Debug, Default)]
pub struct IngestBatch {
    /// Names the source whose units and positions these are.
    pub source: String,
    /// When they arrived (identities are kept from here on for the dedup horizon).
    pub arrived: Time,
    /// The error events.
    pub summary: Summary,
    /// The access-key uses.
    pub key_uses: KeyUses,
    /// Units that are read to their end, each with what it held. A unit that is finished already adds nothing to the
    /// counts.
    pub units: Vec<FinishedUnit>,
    /// New positions by partition: opaque.
    pub positions: Vec<StoredPosition>,
}

impl IngestBatch {
    /// The time of the earliest record of each account that the source gave with this batch: of the units' records of
    /// any kind and of the error events, known ones too.
    pub(crate) fn first_records(&self) -> BTreeMap<&str, Time> {
        let mut first = self.summary.first_events();
        for ((account, _), records) in self.units.iter().flat_map(|unit| &unit.records) {
            let known = first.entry(account).or_insert(records.span.first);
            *known = records.span.first.min(*known);
        }
        first
    }
}

/// A unit that was read to its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FinishedUnit {
    /// Its id.
    pub id: String,
    /// Records of any kind by (account, hour index).
    pub records: BTreeMap<(String, i64), HourRecords>,
    /// Its counters, encoded by the caller: opaque.
    pub counters: Vec<u8>,
}

/// Records of one account in one hour of one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HourRecords {
    /// How many (at least one), from when to when.
    pub span: Span,
}

/// A position in a partition: opaque.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StoredPosition {
    /// The partition's id.
    pub partition: String,
    /// The position, as its source encoded it.
    pub position: Vec<u8>,
}

/// What a commit did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Committed {
    /// Error events that had not been known.
    pub new_events: u64,
    /// Error events that had been known.
    pub known_events: u64,
    /// Units that had not been finished before.
    pub new_units: u64,
    /// Fine templates that went past their families' bound, and were folded into their overflow templates: as often as
    /// they came.
    pub folded_templates: u64,
    /// The error events of those, each once: also earlier ones, where what had no cluster yet gave way.
    pub folded_events: u64,
}

/// What a judgement is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgeQuery {
    /// The inspection.
    pub inspection: String,
    /// The window: whole hours.
    pub window: Range,
    /// The stretch before it whose counts are compared: whole hours, ending where the window starts.
    pub baseline: Range,
    /// Only these accounts; all when empty.
    pub accounts: Vec<String>,
    /// Occurrences in hours that begin before this are not remembered, whether purged yet or not.
    pub remember_from: Time,
    /// How to judge.
    pub policy: Policy,
}

/// A consistent view of the store.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// What [`firstsight_engine::judge()`] looks at.
    pub input: JudgeInput,
    /// The inspection's open faults, by account.
    pub faults: Vec<StoredFault>,
    /// The mutes that nobody has ended, by id.
    pub mutes: Vec<StoredMute>,
    /// What it saw.
    pub versions: Versions,
}

/// What a snapshot saw: compared again when the judgement is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Versions {
    /// For each account the number of the last commit that touched one of its hours before the window's end.
    pub accounts: BTreeMap<String, i64>,
    /// Moves with each recorded judgement of the inspection, and with each entry of the audit log.
    pub judgement: i64,
    /// The accounts that the snapshot was restricted to; all when empty. Tells whether an account that appears later
    /// was looked at.
    pub only: Vec<String>,
}

/// A judgement to be kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// The inspection.
    pub inspection: String,
    /// The window. Without one, the judgement is about nothing but faults and events: no window counts as judged, and
    /// only [`Versions::judgement`] is compared.
    pub window: Option<Range>,
    /// Whether the window was fully read.
    pub complete: bool,
    /// When it was made.
    pub judged_at: Time,
    /// Fine templates that were given a cluster.
    pub assignments: Vec<(SignatureId, ClusterId)>,
    /// The template that each active cluster shows now.
    pub templates: Vec<(ClusterId, String)>,
    /// The findings.
    pub findings: Vec<Finding>,
    /// Clusters that were archived until they escalate, and did: they are open from now on, and the audit log says so,
    /// once, in the inspection's name.
    pub escalated: Vec<ClusterId>,
    /// Faults that were opened, changed or recovered.
    pub faults: Vec<StoredFault>,
    /// Events, in order, each with the sinks it goes to.
    pub events: Vec<NewEvent>,
}

/// A fault of the ledger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredFault {
    /// Its id: the first event's.
    pub id: String,
    /// The inspection.
    pub inspection: String,
    /// The account.
    pub account: String,
    /// The end of the window that opened it.
    pub opened: Time,
    /// The end of the window that it recovered in.
    pub recovered: Option<Time>,
    /// What the fault ledger remembers: opaque.
    pub body: Vec<u8>,
}

/// An event to be delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEvent {
    /// Its id.
    pub id: String,
    /// Its fault's id.
    pub fault: String,
    /// Its account.
    pub account: String,
    /// Its status, as text.
    pub status: String,
    /// Its time: the end of its window.
    pub time: Time,
    /// The event, encoded: opaque.
    pub body: Vec<u8>,
    /// What becomes of it at each sink; one a sink, the first one counts.
    pub deliveries: Vec<NewDelivery>,
    /// What it can be found by. Kept beside the event, and given back by [`Store::event`](crate::Store::event) and
    /// [`Store::search_events`](crate::Store::search_events) only.
    pub facets: crate::EventFacets,
}

/// What is to become of an event at one sink.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewDelivery {
    /// The sink's name.
    pub sink: String,
    /// Why it is recorded and counted, and not sent (muted, silenced, …); sent when `None`.
    pub withheld: Option<String>,
    /// Not before this time; at once when `None`. What of the fault was recorded before for the same sink, was to wait for
    /// longer and was not tried yet waits no longer than this: it is due then too, and goes first.
    pub not_before: Option<Time>,
    /// What is delivered together with it: deliveries of one sink with the same text here, unless it is empty.
    pub bundle: String,
}

impl NewDelivery {
    /// To be delivered at once, alone.
    pub fn to(sink: impl Into<String>) -> Self {
        Self {
            sink: sink.into(),
            ..Self::default()
        }
    }
}

/// What recording a judgement did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Findings that had not been recorded before.
    pub new_findings: Vec<FindingId>,
    /// Events that had not been recorded before.
    pub new_events: Vec<String>,
}

/// A window that was judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedWindow {
    /// Which.
    pub window: Range,
    /// Whether it was fully read when it was judged last.
    pub complete: bool,
    /// When it was judged last.
    pub judged_at: Time,
}

/// Which findings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FindingQuery {
    /// Of this inspection; of all when `None`.
    pub inspection: Option<String>,
    /// Found in windows that start inside this range.
    pub windows: Option<Range>,
    /// Of this cluster.
    pub cluster: Option<ClusterId>,
    /// Of these accounts; of all when empty.
    pub accounts: Vec<String>,
    /// At most so many; all when 0.
    pub limit: usize,
}

/// Which events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// Of this inspection; of all when `None`.
    pub inspection: Option<String>,
    /// Of these accounts; of all when empty.
    pub accounts: Vec<String>,
    /// Whose time lies inside.
    pub times: Option<Range>,
    /// At most so many; all when 0.
    pub limit: usize,
}

/// An event with its deliveries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEvent {
    /// The event as it was recorded (`deliveries` as given then).
    pub event: NewEvent,
    /// The inspection.
    pub inspection: String,
    /// Its deliveries, by sink.
    pub deliveries: Vec<DeliveryRow>,
}

/// The state of one event's delivery to one sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryRow {
    /// The sink.
    pub sink: String,
    /// How far it is.
    pub state: DeliveryState,
    /// Attempts made.
    pub attempts: u32,
    /// The last attempt's time.
    pub last_attempt: Option<Time>,
    /// What the last attempt said, empty when all is well; why it is withheld.
    pub message: String,
    /// Not before this time.
    pub next_attempt: Option<Time>,
    /// What it is delivered together with; empty when alone.
    pub bundle: String,
    /// Each attempt, in order: the last [`AttemptRow::KEEP`] of them, those rather that tell that the event may have come
    /// twice. What was tried by versions that kept no log is only counted.
    pub log: Vec<AttemptRow>,
}

impl DeliveryRow {
    /// Whether the far side may have the event more than once: it was delivered, or may have been, after an attempt whose
    /// answer was lost, and delivering it twice is not harmless there.
    #[must_use]
    pub fn perhaps_twice(&self) -> bool {
        let lost = self
            .log
            .iter()
            .filter(|attempt| attempt.lost && !attempt.repeatable)
            .count();
        lost > 1 || (lost == 1 && self.state == DeliveryState::Delivered)
    }
}

/// One attempt to deliver an event to a sink.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttemptRow {
    /// When it began.
    pub at: Time,
    /// What came of it; `None` while nobody knows: it is under way, or its process has ended. Such an attempt is
    /// [`lost`](Self::lost).
    pub state: Option<DeliveryState>,
    /// What the sink said, empty when all is well.
    pub message: String,
    /// Whether the event may have arrived without our knowing: the answer was lost, or the process ended before it came.
    pub lost: bool,
    /// Whether delivering the event twice is harmless.
    pub repeatable: bool,
}

impl AttemptRow {
    /// So many attempts of a delivery are kept one by one.
    pub const KEEP: usize = 100;
}

/// How far a delivery is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeliveryState {
    /// To be tried.
    Pending,
    /// The sink took it.
    Delivered,
    /// The sink refused it for good; kept and shown.
    Parked,
    /// It is not sent: muted, silenced, or outside the hours; recorded, counted and shown.
    Withheld,
}

impl DeliveryState {
    /// The word that people read.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Parked => "parked",
            Self::Withheld => "withheld",
        }
    }
}

/// A delivery that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueDelivery {
    /// The event.
    pub event: NewEvent,
    /// Attempts made before.
    pub attempts: u32,
    /// What it is delivered together with; empty when alone.
    pub bundle: String,
}

/// The outcome of one delivery attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryOutcome {
    /// How far the delivery is now.
    pub state: DeliveryState,
    /// When it was tried.
    pub at: Time,
    /// When it may be tried again, while pending.
    pub next_attempt: Option<Time>,
    /// What the sink said, empty when all is well.
    pub message: String,
    /// Whether the event may have arrived all the same (the answer was lost).
    pub lost: bool,
}

/// A mute: what is not to be sent, and until when. What it says is the caller's matter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredMute {
    /// Its id, chosen by the caller.
    pub id: String,
    /// What it says: opaque.
    pub body: Vec<u8>,
    /// A line about it, for the audit log.
    pub summary: String,
    /// Who set it, when and why.
    pub set: Said,
    /// Who ended it, when and why; `None` while it stands (whether it has expired is the caller's matter).
    pub ended: Option<Said>,
}

/// Which clusters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClusterQuery {
    /// Of these accounts; of all when empty.
    pub accounts: Vec<String>,
    /// This one only.
    pub cluster: Option<ClusterId>,
    /// At most so many; all when 0.
    pub limit: usize,
}

/// A cluster with its history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterRow {
    /// Its id.
    pub id: ClusterId,
    /// Its account.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`.
    pub error_code: String,
    /// Its template for people.
    pub template: String,
    /// What people said of it.
    pub life_cycle: LifeCycle,
    /// Who said that, when and why; `None` where nobody said anything.
    pub said: Option<Said>,
    /// The start of the window whose judgement recorded it first.
    pub founded: Time,
    /// All its remembered occurrences; where none is (a cluster that a person touched is never forgotten), none at the
    /// time it was founded.
    pub seen: Span,
    /// Occurrences an hour, by hour.
    pub hours: Vec<HourCount>,
    /// How many actors had it.
    pub actors: u64,
    /// How many fine templates it has.
    pub templates: u64,
    /// What stood for its template's variables, by name.
    pub examples: Vec<Example>,
}

/// What stood for a variable of a cluster's template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Example {
    /// The variable's name, as the template shows it.
    pub name: String,
    /// Some of its values, each with its occurrences for as long as it is kept: the most frequent first, then by value.
    /// At most 5 of those that [`kept_variables`](firstsight_engine::kept_variables) keeps. A value is forgotten when it
    /// was last seen before what is remembered.
    pub values: Vec<(String, u64)>,
    /// Whether there were others.
    pub more: bool,
}

/// Who said something, when and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Said {
    /// Who.
    pub by: String,
    /// When.
    pub at: Time,
    /// Why, in their words; empty where they did not say.
    pub note: String,
}

impl Said {
    /// The most characters of a name.
    pub const MAX_BY: usize = 200;
    /// The most characters of a note.
    pub const MAX_NOTE: usize = 2000;
}

/// What a person says of a cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifeCycleChange {
    /// The cluster.
    pub cluster: ClusterId,
    /// What is said.
    pub life_cycle: LifeCycle,
    /// Who says it, when and why.
    pub said: Said,
}

/// Which entries of the audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// About this cluster; about everything when `None`.
    pub cluster: Option<ClusterId>,
    /// Of these accounts (what concerns no account is of none); of all when empty.
    pub accounts: Vec<String>,
    /// Behind this entry in the order of the log: its time and [number](AuditEntry::number).
    pub after: Option<(Time, u64)>,
    /// At most so many, the newest; all when 0.
    pub limit: usize,
}

/// One change that a person made, or a judgement in a person's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// Its number in the log of its state: a later entry has a greater one. 0 before it is written.
    #[serde(default)]
    pub number: u64,
    /// Who, when and why.
    #[serde(flatten)]
    pub said: Said,
    /// What was done: `acknowledge`, `expect`, `archive`, `resolve`, `reopen`, `escalate`, `import`, `forget`,
    /// `mute`, `unmute`, `override`, `drop-override`.
    pub action: String,
    /// The cluster it is about, if it is about one.
    pub cluster: Option<ClusterId>,
    /// Its account, empty where it concerns none.
    pub account: String,
    /// What stood before, empty where nothing did.
    pub before: String,
    /// What stands now, empty where nothing does.
    pub after: String,
}

/// A cluster as a baseline document carries it from one state to another: everything that a judgement looks at but
/// samples and texts of single events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineCluster {
    /// Its id.
    pub id: ClusterId,
    /// Its family.
    #[serde(flatten)]
    pub family: firstsight_engine::FamilyKey,
    /// Its template for people.
    pub template: String,
    /// What people said of it.
    pub life_cycle: LifeCycle,
    /// Who said that, when and why.
    pub said: Option<Said>,
    /// The start of the window whose judgement recorded it first.
    pub founded: Time,
    /// Its fine templates, by id.
    pub templates: Vec<BaselineTemplate>,
}

/// A fine template of a baseline document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BaselineTemplate {
    /// Its signature's id.
    pub id: SignatureId,
    /// Its identity text.
    pub template: String,
    /// Its text for people, and the time of the event it is from.
    pub display: (Time, String),
    /// Its remembered occurrences an hour, by hour.
    pub hours: Vec<HourCount>,
    /// Its dimension values with their remembered occurrences an hour, sorted.
    pub values: Vec<BaselineValue>,
}

/// A dimension value of a baseline document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct BaselineValue {
    /// Which dimension.
    pub dimension: firstsight_engine::Dimension,
    /// Which value.
    pub value: String,
    /// Its remembered occurrences an hour, by hour.
    pub hours: Vec<HourCount>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Imported {
    /// Clusters that had not been known.
    pub new_clusters: u64,
    /// Clusters that had been known: only what people said was taken over, where nobody had said anything here.
    pub known_clusters: u64,
    /// Fine templates that had not been known.
    pub new_templates: u64,
}

/// Which access keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyQuery {
    /// Of these accounts; of all when empty.
    pub accounts: Vec<String>,
    /// These keys; all when empty.
    pub ids: Vec<String>,
    /// At most so many; all when 0.
    pub limit: usize,
}

/// An access key with its last use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRow {
    /// The key's id.
    pub id: String,
    /// Its account.
    pub account: String,
    /// Its last known use.
    #[serde(flatten)]
    pub last: KeyUse,
    /// Remembered error events made with it.
    pub errors: u64,
}

/// What a store holds inside a stretch of time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overview {
    /// From the first record's time to the last one's, of any kind and over all time, purged ones too; `None` when
    /// empty. The count is that of the finished units.
    pub records: Option<Span>,
    /// Per account that has some, by account: error events an hour inside the range, each once.
    pub errors: Vec<(String, Vec<HourCount>)>,
    /// Per account that has some, by account: records of any kind an hour inside the range, as counted by units.
    pub traffic: Vec<(String, Vec<HourCount>)>,
    /// Recorded clusters by the hour of their first remembered occurrence inside the range, by hour.
    pub first_seen: Vec<(firstsight_engine::Hour, u64)>,
    /// The counters of all finished units: opaque, in the order of their sources and ids.
    pub counters: Vec<Vec<u8>>,
    /// The grouping version that the state was made with.
    pub grouping_version: u32,
    /// Fine templates that the last change of the grouping version found no readable record of: they keep the identity
    /// that they had, and their messages may come as new ones.
    pub not_regrouped: u64,
}

/// What may be forgotten.
///
/// A cluster that a person touched ([`LifeCycle`] other than open, an owner, a note) stays with its fine templates, whatever its age; so
/// do events that are still to be delivered, faults that are open, mutes that nobody has ended, long-lived access keys, and
/// what the audit log says of clusters that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// What is older than this: hours of occurrences that ended and the samples from them (but the last one of a fine
    /// template that stays), findings and judgements of windows that started in such hours, faults that recovered, events
    /// that wait for no sink (with their facets), mutes that were ended, runs that started (those too that never ended),
    /// units that arrived, audit entries about no known cluster, and temporary access keys (all whose id does not start with
    /// `AKIA`; source: IAM user guide, unique identifiers) that were used last before it.
    pub before: Time,
    /// Identities that arrived before this.
    pub identities_before: Time,
}

/// What was forgotten.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Purged {
    /// Identities.
    pub identities: u64,
    /// Hours of fine templates.
    pub occurrences: u64,
    /// Clusters of which nothing was left.
    pub clusters: u64,
    /// Finished units.
    pub units: u64,
}

/// The family that a finding's cluster belongs to.
pub(crate) fn family_of(finding: &Finding) -> firstsight_engine::FamilyKey {
    firstsight_engine::FamilyKey {
        account: finding.account.clone(),
        event_source: finding.event_source.clone(),
        event_name: finding.event_name.clone(),
        error_code: finding.error_code.clone(),
    }
}
