//! Reading: every unit that is not finished yet, side by side, committed together with the fact that it was read.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use firstsight_cloudtrail::{
    AccessKeyUse, Counters, ErrorEvent, Limits, RecordSeen, Redaction, Reject, RejectReason, ScanOptions,
    Scanner, TimeRange, Timestamp, Visitor,
};
use firstsight_engine::{KeyUses, Summary, SummaryOptions};
use firstsight_sink::RejectExample;
use firstsight_source::{LogSource, Next, Page, Partition, Payload, Position, SourceError, UnitId};
use firstsight_store::{Committed, FinishedUnit, IngestBatch, Store, StoredPosition};

use tokio::sync::watch;

use crate::error::{InspectionError, chain};
use crate::hours::{Hours, MOST_HOURS};
use crate::label::{FoundRecord, Label, found_record, label_of};
use crate::progress::Progress;

/// How to read.
#[derive(Clone, Debug)]
pub struct Ingest {
    /// Names the source in the store: units and positions are remembered under it. The same in every run.
    pub source: String,
    /// The present: records from the future are rejects, and identities are kept from here on.
    pub now: Timestamp,
    /// What has to be read, as far as the source can tell units apart by time.
    pub range: TimeRange,
    /// How many partitions are read side by side.
    pub workers: usize,
    /// A worker commits once it holds so many error events, so that memory stays bounded.
    pub row_limit: usize,
    /// A worker commits once what it holds weighs so many bytes, whatever its number.
    pub weight_limit: usize,
    /// A worker commits once it holds so many finished units.
    pub unit_limit: usize,
    /// Bounds of the scanner.
    pub limits: Limits,
    /// What is taken out of records before anything of them is kept. Default: nothing. What an earlier run has kept
    /// stays as it is.
    pub redaction: Redaction,
    /// Whether [`Ingested::labels`] is wanted: it costs memory for every error event.
    pub labels: bool,
    /// Keeps the error events with this `eventID` in [`Ingested::looked_for`].
    pub look_for: Option<String>,
    /// Stops the run between two pages.
    pub cancel: Cancel,
}

impl Ingest {
    /// Everything, by one worker, with default limits.
    #[must_use]
    pub fn new(source: &str, now: Timestamp) -> Self {
        Self {
            source: source.to_owned(),
            now,
            range: TimeRange::ALL,
            workers: 1,
            row_limit: 50_000,
            weight_limit: 64 << 20,
            unit_limit: 512,
            limits: Limits::default(),
            redaction: Redaction::default(),
            labels: false,
            look_for: None,
            cancel: Cancel::default(),
        }
    }
}

/// Asks a run to stop. Clones share the request; a [child](Cancel::child) hears its parent too, and not the other way round.
#[derive(Clone, Debug)]
pub struct Cancel {
    own: Arc<watch::Sender<bool>>,
    /// Those of its parents, the furthest first.
    parents: Vec<Arc<watch::Sender<bool>>>,
}

impl Default for Cancel {
    fn default() -> Self {
        Self::below(Vec::new())
    }
}

impl Cancel {
    fn below(parents: Vec<Arc<watch::Sender<bool>>>) -> Self {
        Self {
            own: Arc::new(watch::Sender::new(false)),
            parents,
        }
    }

    /// One that ends when this one does, and can be ended alone: one run of many.
    #[must_use]
    pub fn child(&self) -> Self {
        let own = std::iter::once(&self.own);
        Self::below(self.parents.iter().chain(own).cloned().collect())
    }

    /// Asks for it. The run ends after committing what it has finished.
    pub fn cancel(&self) {
        self.own.send_replace(true);
    }

    /// Whether somebody has asked.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.heard().any(|sender| *sender.borrow())
    }

    /// Ends when somebody asks.
    pub async fn cancelled(&self) {
        let each = self.heard().map(|sender| {
            Box::pin(async {
                // The sender lives as long as this handle: an error cannot come.
                let _ = sender.subscribe().wait_for(|asked| *asked).await;
            })
        });
        futures_util::future::select_all(each).await;
    }

    fn heard(&self) -> impl Iterator<Item = &Arc<watch::Sender<bool>>> {
        std::iter::once(&self.own).chain(&self.parents)
    }
}

/// What one run has read.
#[derive(Clone, Debug, Default)]
pub struct Ingested {
    /// All units' counters together.
    pub counters: Counters,
    /// Partitions that were to be read: all but those that an earlier run had finished.
    pub partitions: u64,
    /// Units read to their end by this run.
    pub units: u64,
    /// Units that an earlier run had finished.
    pub skipped: u64,
    /// What the store took from it.
    pub committed: Committed,
    /// Units and partitions that could not be read to their end, with the reason, sorted. What several partitions say
    /// alike (a log group that is refused) is said once.
    pub unread: Vec<String>,
    /// When the records happened that damaged units hold, as far as can be told: a day around those that were read, all
    /// time where none was. Windows there are incomplete.
    pub damaged: Vec<TimeRange>,
    /// What could not be read besides: pages and partitions. Every window is incomplete then.
    pub failed: u64,
    /// What the source said where it did not take an acknowledgement. Nothing is lost: its units may come again.
    pub unacknowledged: Vec<String>,
    /// The first rejects by origin and place.
    pub reject_examples: Vec<RejectExample>,
    /// The fine signature of each error event, by identity; empty unless asked for.
    pub labels: Vec<Label>,
    /// The error events that were looked for: few, whatever the input repeats.
    pub looked_for: Vec<FoundRecord>,
}

/// The most error events of one `eventID` that are kept: it is unique but for copies and fakes.
const MOST_FOUND: usize = 16;

/// How many rejects are kept to be shown.
const REJECT_EXAMPLES: usize = 20;

impl Ingested {
    /// Whether everything was read to its end.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.unread.is_empty()
    }

    /// Whether all was read that concerns a window.
    #[must_use]
    pub fn covers(&self, window: TimeRange) -> bool {
        let hurt = |damage: &TimeRange| damage.start < window.end && window.start < damage.end;
        self.failed == 0 && !self.damaged.iter().any(hurt)
    }

    /// Whether each partition failed, and nothing came of any: there is nothing that a judgement could be about.
    #[must_use]
    pub fn is_hopeless(&self) -> bool {
        self.units == 0 && self.failed > 0 && self.failed >= self.partitions
    }

    fn merge(&mut self, other: Self) {
        self.partitions += other.partitions;
        self.counters.merge(&other.counters);
        self.units += other.units;
        self.skipped += other.skipped;
        self.count(other.committed);
        self.unread.extend(other.unread);
        self.unacknowledged.extend(other.unacknowledged);
        self.damaged.extend(other.damaged);
        self.failed += other.failed;
        self.reject_examples.extend(other.reject_examples);
        self.labels.extend(other.labels);
        self.looked_for.extend(other.looked_for);
        self.normalise();
    }

    fn count(&mut self, committed: Committed) {
        self.committed.new_events += committed.new_events;
        self.committed.known_events += committed.known_events;
        self.committed.new_units += committed.new_units;
        self.committed.folded_templates += committed.folded_templates;
        self.committed.folded_events += committed.folded_events;
    }

    /// The same result whichever worker read what.
    fn normalise(&mut self) {
        self.unread.sort();
        self.unread.dedup();
        self.reject_examples
            .sort_by(|a, b| (&a.origin, a.offset, &a.reason).cmp(&(&b.origin, b.offset, &b.reason)));
        self.reject_examples.truncate(REJECT_EXAMPLES);
        self.labels.sort();
        self.labels.dedup();
        self.looked_for.sort();
        self.looked_for.dedup();
        self.looked_for.truncate(MOST_FOUND);
    }
}

/// Reads every unit of the source that the store has not finished, and commits what it held.
///
/// A unit that cannot be read to its end is listed in [`Ingested::unread`]; the others are read all the same.
///
/// # Errors
/// When the source cannot be listed, when the store fails, or when the run is cancelled. What had been committed stands;
/// the next run reads the rest.
pub async fn ingest(
    source: &Arc<dyn LogSource>,
    store: &Arc<dyn Store>,
    options: &Ingest,
    progress: &Arc<dyn Progress>,
) -> Result<Ingested, InspectionError> {
    let mut result = Ingested::default();
    let shared = Shared {
        source: Arc::clone(source),
        store: Arc::clone(store),
        options: Arc::new(options.clone()),
        progress: Arc::clone(progress),
    };
    let queue = Arc::new(Mutex::new(plan(&shared, &mut result).await?));
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..options.workers.max(1) {
        workers.spawn(Worker::new(shared.clone()).run(Arc::clone(&queue)));
    }
    // Every worker is waited for, so that none still commits when this returns.
    let outcomes = workers.join_all().await;
    for outcome in outcomes {
        result.merge(outcome?);
    }
    Ok(result)
}

/// What every worker uses.
#[derive(Clone)]
struct Shared {
    source: Arc<dyn LogSource>,
    store: Arc<dyn Store>,
    options: Arc<Ingest>,
    progress: Arc<dyn Progress>,
}

/// A partition that is to be read, and where from.
type Task = (Partition, Option<Position>);

/// Lists the source, leaving out what is finished.
async fn plan(shared: &Shared, result: &mut Ingested) -> Result<VecDeque<Task>, InspectionError> {
    let Shared {
        source,
        store,
        options,
        progress,
    } = shared;
    let partitions = source.partitions(&options.range).await?;
    let known: Vec<String> = partitions
        .iter()
        .flat_map(|p| p.units.iter().map(|unit| unit.0.clone()))
        .collect();
    let finished: std::collections::BTreeSet<String> = store
        .finished(&options.source, &known)
        .await?
        .into_iter()
        .collect();
    let positions: BTreeMap<String, Vec<u8>> = store
        .positions(&options.source)
        .await?
        .into_iter()
        .map(|row| (row.partition, row.position))
        .collect();
    progress.listed(
        partitions.len() as u64,
        partitions.iter().map(|p| p.size_hint).sum(),
    );
    let mut tasks = VecDeque::new();
    for partition in partitions {
        if !partition.units.is_empty() && partition.units.iter().all(|unit| finished.contains(&unit.0)) {
            result.skipped += partition.units.len() as u64;
            progress.unit_skipped(partition.size_hint);
            progress.partition_skipped();
            continue;
        }
        let position = positions.get(&partition.id).map(|token| Position {
            token: token.clone(),
            durable: true,
        });
        tasks.push_back((partition, position));
    }
    result.partitions = tasks.len() as u64;
    Ok(tasks)
}

/// Reads partitions one after another, and commits what they held.
struct Worker {
    shared: Shared,
    batch: IngestBatch,
    /// Those units of the batch that were read whole.
    whole: Vec<UnitId>,
    open: Option<OpenUnit>,
    result: Ingested,
}

/// A unit whose end has not come yet.
struct OpenUnit {
    payload: UnitName,
    scanner: Scanner,
    records: Hours,
}

struct UnitName {
    id: String,
    origin: String,
}

impl Worker {
    fn new(shared: Shared) -> Self {
        let batch = empty_batch(&shared.options);
        Self {
            shared,
            batch,
            whole: Vec::new(),
            open: None,
            result: Ingested::default(),
        }
    }

    async fn run(mut self, queue: Arc<Mutex<VecDeque<Task>>>) -> Result<Ingested, InspectionError> {
        while let Some((partition, position)) = take(&queue) {
            match self.read(&partition, position).await {
                Err(InspectionError::Source(error)) => self.give_up(&error),
                other => other?,
            }
            self.shared.progress.partition_done();
            if self.shared.options.cancel.is_cancelled() {
                self.open = None;
                self.commit().await?;
                return Err(InspectionError::Cancelled);
            }
        }
        self.commit().await?;
        self.result.normalise();
        Ok(self.result)
    }

    /// What was read of the partition so far stands, without the unit that was open. An error names what it is about: a
    /// partition, or what several of them have in common.
    fn give_up(&mut self, error: &SourceError) {
        self.result.failed += 1;
        let text = chain(error);
        let open = self.open.take().map(|open| open.payload.origin);
        self.result.unread.push(match open {
            Some(name) if !text.contains(&name) => format!("{name}: {text}"),
            _ => text,
        });
    }

    /// A unit that never came to its end: what it held so far stands, and the next run reads it again.
    fn give_up_open_unit(&mut self) {
        if let Some(open) = self.open.take() {
            let text = format!("{}: its end never came", open.payload.origin);
            self.result.unread.push(text);
            self.result.failed += 1;
        }
    }

    async fn read(&mut self, partition: &Partition, from: Option<Position>) -> Result<(), InspectionError> {
        let mut stored = from.as_ref().map(|position| position.token.clone());
        let mut position = from;
        loop {
            let page = tokio::select! {
                page = self.page(partition, position.clone()) => page?,
                () = self.shared.options.cancel.cancelled() => return Ok(()),
            };
            for payload in page.payloads {
                self.take_payload(&payload);
                self.commit_if_full().await?;
            }
            match page.next {
                Next::End => {
                    self.give_up_open_unit();
                    return Ok(());
                }
                Next::Later(next) => {
                    self.remember(partition, &next, &mut stored);
                    return Ok(());
                }
                Next::More(next) => {
                    self.remember(partition, &next, &mut stored);
                    position = Some(next);
                }
            }
            if self.shared.options.cancel.is_cancelled() {
                return Ok(());
            }
        }
    }

    /// One page; a failure that may pass is tried again at once, twice, unless the source has done so.
    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let mut attempts = 0;
        loop {
            match self.shared.source.page(partition, position.clone()).await {
                Err(error) if error.is_retryable() && !error.was_retried() && attempts < 2 => {
                    attempts += 1;
                    if let Some(wait) = error.retry_after() {
                        tokio::time::sleep(wait).await;
                    }
                }
                other => return other,
            }
        }
    }

    /// Keeps a position for the next commit, unless it is the one that is `stored` already.
    fn remember(&mut self, partition: &Partition, position: &Position, stored: &mut Option<Vec<u8>>) {
        let is_stored = stored.as_ref() == Some(&position.token);
        if !position.durable || self.open.is_some() || is_stored {
            return;
        }
        *stored = Some(position.token.clone());
        self.batch.positions.retain(|row| row.partition != partition.id);
        self.batch.positions.push(StoredPosition {
            partition: partition.id.clone(),
            position: position.token.clone(),
        });
    }

    fn take_payload(&mut self, payload: &Payload) {
        if self
            .open
            .as_ref()
            .is_none_or(|open| open.payload.id != payload.unit.0)
        {
            self.give_up_open_unit();
            self.open = Some(OpenUnit::new(payload, &self.shared.options));
        }
        let Some(open) = &mut self.open else { return };
        let mut intake = Intake {
            batch: &mut self.batch,
            records: &mut open.records,
            result: &mut self.result,
            origin: &open.payload.origin,
            options: &self.shared.options,
            record: String::new(),
        };
        open.scanner.feed(&payload.chunk, &mut intake);
        self.shared.progress.advanced(payload.chunk.len() as u64);
        if payload.last {
            self.finish_unit();
        }
    }

    fn finish_unit(&mut self) {
        let Some(OpenUnit {
            payload,
            scanner,
            mut records,
        }) = self.open.take()
        else {
            return;
        };
        let mut intake = Intake {
            batch: &mut self.batch,
            records: &mut records,
            result: &mut self.result,
            origin: &payload.origin,
            options: &self.shared.options,
            record: String::new(),
        };
        let counters = scanner.finish(&mut intake);
        let mut id = payload.id;
        if let Some(reason) = damage(&counters) {
            self.result.unread.push(format!("{}: {reason}", payload.origin));
            self.result.damaged.push(around(&counters));
            // Counted once, but never finished: the next run reads it again, in case it is whole by then.
            id.push_str(" (damaged)");
        } else {
            self.whole.push(UnitId(id.clone()));
        }
        self.shared.progress.unit_read(&counters);
        self.result.counters.merge(&counters);
        self.result.units += 1;
        let counters = serde_json::to_vec(&counters).unwrap_or_default();
        self.batch.units.push(FinishedUnit {
            id,
            records: records.finish(),
            counters,
        });
    }

    async fn commit_if_full(&mut self) -> Result<(), InspectionError> {
        let Ingest {
            row_limit,
            weight_limit,
            unit_limit,
            ..
        } = *self.shared.options;
        let rows = self.batch.summary.len().max(self.batch.key_uses.len());
        let heavy = rows >= row_limit || self.batch.summary.weight() >= weight_limit;
        if heavy || self.batch.units.len() >= unit_limit {
            self.commit().await
        } else {
            Ok(())
        }
    }

    async fn commit(&mut self) -> Result<(), InspectionError> {
        let batch = std::mem::replace(&mut self.batch, empty_batch(&self.shared.options));
        let IngestBatch {
            units,
            summary,
            key_uses,
            positions,
            ..
        } = &batch;
        if units.is_empty() && summary.is_empty() && key_uses.is_empty() && positions.is_empty() {
            return Ok(());
        }
        let mut attempts = 0;
        let committed = loop {
            match self.shared.store.commit(&batch).await {
                Err(error) if error.is_retryable() && attempts < 5 => attempts += 1,
                other => break other?,
            }
        };
        self.result.count(committed);
        self.acknowledge().await;
        Ok(())
    }

    /// Damaged units are not the source's to forget: they may be whole when they come again.
    async fn acknowledge(&mut self) {
        let units = std::mem::take(&mut self.whole);
        if units.is_empty() {
            return;
        }
        // What is durable stays so: at worst these units come again, and are recognised.
        if let Err(error) = self.shared.source.acknowledge(&units).await {
            self.result.unacknowledged.push(chain(&error));
        }
    }
}

impl OpenUnit {
    fn new(payload: &Payload, options: &Ingest) -> Self {
        let scan = ScanOptions {
            encoding: payload.encoding,
            now: options.now,
            origin_account: payload.origin.account.clone(),
            limits: options.limits,
        };
        let name = UnitName {
            id: payload.unit.0.clone(),
            origin: payload.origin.name.clone(),
        };
        Self {
            payload: name,
            scanner: Scanner::new(scan),
            records: Hours::default(),
        }
    }
}

fn empty_batch(options: &Ingest) -> IngestBatch {
    IngestBatch {
        source: options.source.clone(),
        arrived: options.now,
        summary: Summary::new(SummaryOptions {
            redaction: options.redaction.clone(),
        }),
        key_uses: KeyUses::new(),
        units: Vec::new(),
        positions: Vec::new(),
    }
}

fn take(queue: &Mutex<VecDeque<Task>>) -> Option<Task> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

/// Why a unit that came to its end was still not read whole.
fn damage(counters: &Counters) -> Option<RejectReason> {
    const LOSING: [RejectReason; 4] = [
        RejectReason::CorruptCompression,
        RejectReason::DecompressionCap,
        RejectReason::UnsupportedEncoding,
        RejectReason::Truncated,
    ];
    LOSING
        .into_iter()
        .find(|reason| counters.rejects.contains_key(reason))
}

/// A day around what was read of a damaged unit; all time where nothing was.
fn around(counters: &Counters) -> TimeRange {
    const DAY: i64 = 24 * 3_600_000;
    counters.times.map_or(TimeRange::ALL, |times| {
        TimeRange::new(times.start.plus_millis(-DAY), times.end.plus_millis(DAY))
    })
}

/// Where the scanner's finds go.
struct Intake<'a> {
    batch: &'a mut IngestBatch,
    records: &'a mut Hours,
    result: &'a mut Ingested,
    origin: &'a str,
    options: &'a Ingest,
    /// The last record, where its key use has to be redacted.
    record: String,
}

impl Intake<'_> {
    /// Says once a unit that it names more accounts and hours than a real one can.
    fn overfull(&mut self) {
        let text = format!(
            "{}: more than {MOST_HOURS} accounts and hours; the rest is not counted",
            self.origin
        );
        if self.result.unread.last() != Some(&text) {
            self.result.unread.push(text);
            self.result.failed += 1;
        }
    }
}

impl Intake<'_> {
    /// Keeps an event's label, or the event itself where it was asked for: as the store sees it.
    fn tell(&mut self, event: &ErrorEvent<'_>, is_asked: bool) {
        let mut buffer = String::new();
        let told = self.options.redaction.event(event, &mut buffer);
        if self.options.labels {
            self.result.labels.push(label_of(&told));
        }
        if is_asked {
            self.result.looked_for.extend(found_record(&told));
            if self.result.looked_for.len() > 4 * MOST_FOUND {
                self.result.normalise();
            }
        }
    }
}

impl Visitor for Intake<'_> {
    fn record(&mut self, record: &RecordSeen<'_>) {
        if self.options.redaction.touches_key_uses() {
            record.raw.clone_into(&mut self.record);
        }
        if !self.records.count(record.account, record.time) {
            self.overfull();
        }
    }

    fn key_use(&mut self, key_use: &AccessKeyUse<'_>) {
        if let Some(told) = self.options.redaction.key_use(key_use, &self.record) {
            self.batch.key_uses.observe(&told);
        }
    }

    fn error_event(&mut self, event: &ErrorEvent<'_>) {
        self.batch.summary.observe(event);
        let asked = self.options.look_for.as_deref();
        let is_asked = asked.is_some() && asked == event.event_id.as_deref();
        if self.options.labels || is_asked {
            self.tell(event, is_asked);
        }
    }

    fn reject(&mut self, reject: &Reject) {
        if self.result.reject_examples.len() >= 4 * REJECT_EXAMPLES {
            self.result.normalise();
        }
        let reason = if reject.detail.is_empty() {
            reject.reason.to_string()
        } else {
            format!("{} ({})", reject.reason, reject.detail)
        };
        self.result.reject_examples.push(RejectExample {
            origin: self.origin.to_owned(),
            offset: reject.offset,
            reason,
        });
    }
}
