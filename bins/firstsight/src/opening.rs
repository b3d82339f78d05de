//! Opens sources and states, and reads the first into the second.

pub(crate) mod cloudwatch;
mod guance;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use cloudwatch::Groups;
use etcetera::BaseStrategy as _;
use firstsight_aws::access::Access;
use firstsight_cloudtrail::{Hour, Redaction, TimeRange};
use firstsight_engine::Time;
use firstsight_inspection::{
    Ingest, Ingested, Replay, SETTLE_MILLIS, Settings, View, ingest, judge_window, replay,
};
use firstsight_source::LogSource;
use firstsight_source::files::{FileSource, ListedFile, Listing};
use firstsight_store::Store;
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;
use guance::Stored;

use crate::args::source::{CLOUDWATCH, Source, Sources};
use crate::args::{Judging, Reading, ReadingAll};
use crate::context::Context;
use crate::failure::Failure;

/// Clocks differ by no more.
const AHEAD_MILLIS: i64 = 15 * 60 * 1000;

/// CloudTrail delivers within minutes, and every account in use has a record an hour.
const STOPPED_HOURS: i64 = 3;

/// The name that file units are remembered under.
const SOURCE: &str = "files";

/// A source that was opened.
pub(crate) struct Opened {
    pub(crate) source: Arc<dyn LogSource>,
    /// The hour behind the newest record, as far as the files' names tell.
    pub(crate) newest: Option<Hour>,
    /// What the folders hold besides, in words; empty where there is nothing else.
    pub(crate) passed_over: String,
    /// What log groups need besides, where it is them.
    pub(crate) groups: Option<Groups>,
    /// What logs in Guance need besides, where it is them.
    stored: Option<Stored>,
}

impl Opened {
    /// Whether it is a service that is asked: it goes on filling, and no name tells what is in it.
    pub(crate) const fn is_service(&self) -> bool {
        self.groups.is_some() || self.stored.is_some()
    }

    pub(crate) fn name(&self) -> String {
        self.source.describe()
    }

    /// That a trail seems to have stopped, where the source should hold what is new. Files are often old.
    pub(crate) fn stopped(&self, behind_newest: Hour) -> Option<String> {
        let settled = self.newest.filter(|_| self.is_service())?;
        let behind = settled.index() - behind_newest.index();
        (behind >= STOPPED_HOURS).then(|| {
            format!(
                "nothing newer came for {behind} hours: 'firstsight check' tells whether the trail has stopped"
            )
        })
    }

    /// How to read what lies inside a range.
    pub(crate) fn reading(&self, context: &Context, range: TimeRange) -> Ingest {
        let options = Ingest {
            range,
            workers: context.workers,
            cancel: context.cancel.clone(),
            ..Ingest::new(SOURCE, context.now)
        };
        match (&self.groups, &self.stored) {
            (Some(groups), _) => groups.reading(options),
            (None, Some(stored)) => stored.reading(options),
            (None, None) => options,
        }
    }
}

/// How a source is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// The length of log groups' slices.
    slice_hours: i64,
    /// How far back log groups are read.
    horizon_hours: i64,
    /// Whether IAM is asked, whatever the source is.
    iam: bool,
}

/// Slices of a run that nothing is remembered of: long ones take fewer requests.
const LONG_SLICE: i64 = 6;
/// Slices that a later run goes on behind: short ones are cheap to read again.
const SHORT_SLICE: i64 = 1;
/// Longer than CloudTrail exists: the range alone tells where to begin.
const NO_HORIZON: i64 = 24 * 366 * 100;

impl Way {
    /// For a run that knows the range which it reads.
    pub(crate) const fn ranged(has_state: bool, iam: bool) -> Self {
        Self {
            slice_hours: if has_state { SHORT_SLICE } else { LONG_SLICE },
            horizon_hours: NO_HORIZON,
            iam,
        }
    }

    /// For a run that reads all of a source, so many hours back.
    pub(crate) const fn whole(since: i64, iam: bool) -> Self {
        Self {
            slice_hours: LONG_SLICE,
            horizon_hours: since,
            iam,
        }
    }
}

/// Opens sources of any kind.
pub(crate) async fn source(
    sources: &[Source],
    how: &Reading,
    way: Way,
    context: &Context,
) -> Result<Opened, Failure> {
    match Sources::of(sources)? {
        Sources::LogGroups(names) => cloudwatch::open(&names, &how.groups, way, context).await,
        Sources::StoredLogs(names) => guance::open(names, &how.stored, way, context),
        Sources::Paths(paths) => {
            if let Some(option) = how.groups.given().filter(|_| !way.iam) {
                context.hint(&format!(
                    "{option} says nothing of files: a log group is named as {CLOUDWATCH}NAME"
                ));
            }
            self::paths(&paths, context).await
        }
    }
}

/// Opens files, folders, globs and standard input.
pub(crate) async fn paths(sources: &[PathBuf], context: &Context) -> Result<Opened, Failure> {
    let source = files(sources, context);
    let listing = source.listing(&TimeRange::ALL).await?;
    // A name is only a name: one from the future must not move the window.
    let latest = context.now.plus_millis(AHEAD_MILLIS);
    let told = |file: &&ListedFile| file.delivered().is_none_or(|time| time <= latest);
    let ahead = listing.files.len() - listing.files.iter().filter(told).count();
    let mut timely = Listing::default();
    timely.files = listing.files.iter().filter(told).cloned().collect();
    let newest = timely.newest();
    let newest = newest.map(|time| time.plus_millis(3_599_999).hour());
    let mut passed_over: Vec<String> = listing
        .passed_over
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    if ahead > 0 {
        passed_over.push(format!("{ahead} from the future by name"));
    }
    let passed_over = passed_over.join(", ");
    Ok(Opened {
        source: Arc::new(source),
        newest,
        passed_over,
        groups: None,
        stored: None,
    })
}

/// Each run's standard input is another unit.
pub(crate) fn files(sources: &[PathBuf], context: &Context) -> FileSource {
    FileSource::builder()
        .sources(sources)
        .stdin(std::io::stdin())
        .run_id(context.now.as_millis().to_string())
        .build()
}

/// The last hour that has ended and settled: what CloudTrail had to deliver of it is there.
pub(crate) fn settled(context: &Context) -> Hour {
    context.now.plus_millis(-SETTLE_MILLIS).hour()
}

/// A state to write to, or one in memory.
pub(crate) async fn store(state: Option<&Path>) -> Result<Arc<dyn Store>, Failure> {
    Ok(match state {
        Some(path) => Arc::new(SqliteStore::open(path).await?),
        None => Arc::new(MemoryStore::new()),
    })
}

/// A state to be read: the one named, else the default one.
pub(crate) async fn state_to_read(
    state: Option<&Path>,
    context: &Context,
) -> Result<Arc<dyn Store>, Failure> {
    read_only(state, context, "").await
}

/// A state to be read by a command that takes a source in its place.
pub(crate) async fn state_for_want_of_a_source(
    state: Option<&Path>,
    context: &Context,
) -> Result<Arc<dyn Store>, Failure> {
    read_only(state, context, ", or name a source to read").await
}

async fn read_only(state: Option<&Path>, context: &Context, or: &str) -> Result<Arc<dyn Store>, Failure> {
    let path = state_path(state, context)?;
    if matches!(path.try_exists(), Ok(false)) {
        return Err(no_state(&path, or));
    }
    Ok(Arc::new(SqliteStore::open_read_only(&path).await?))
}

/// A state that people change: the one named, else the default one. It has to be there.
pub(crate) async fn state_to_change(
    state: Option<&Path>,
    context: &Context,
) -> Result<Arc<dyn Store>, Failure> {
    let path = state_path(state, context)?;
    if matches!(path.try_exists(), Ok(false)) {
        return Err(no_state(&path, ""));
    }
    Ok(Arc::new(SqliteStore::open(&path).await?))
}

/// A state that is made where it is missing: the one named, else the default one.
pub(crate) async fn state_to_fill(
    state: Option<&Path>,
    context: &Context,
) -> Result<Arc<dyn Store>, Failure> {
    store(Some(&state_path(state, context)?)).await
}

fn no_state(path: &Path, or: &str) -> Failure {
    let path = path.display();
    Failure::new(format!(
        "there is no state at {path}; make one with 'firstsight inspect --state {path} SOURCE'{or}"
    ))
}

fn state_path(state: Option<&Path>, context: &Context) -> Result<PathBuf, Failure> {
    match state.or(context.state.as_deref()) {
        Some(path) => Ok(path.to_owned()),
        None => default_state(),
    }
}

fn default_state() -> Result<PathBuf, Failure> {
    let base = etcetera::choose_base_strategy().map_err(|_| {
        Failure::usage("no home folder is known: name the state with --state FILE or FIRSTSIGHT_STATE")
    })?;
    let folder = base.state_dir().unwrap_or_else(|| base.data_dir());
    Ok(folder.join("firstsight").join("state.db"))
}

/// The settings that the arguments ask for.
pub(crate) fn settings(judging: &Judging) -> Settings {
    let reach = judging.window + judging.baseline;
    Settings {
        window_hours: judging.window,
        baseline_hours: judging.baseline,
        min_history_hours: judging.min_history,
        learn_by: judging.learn_by.iter().copied().map(Into::into).collect(),
        severity_table: judging.severity_table.clone(),
        forget_after_hours: judging.forget_after,
        retention_hours: Settings::default().retention_hours.max(reach),
        ..Settings::default()
    }
}

/// What of the findings the arguments ask to see.
pub(crate) fn view(judging: &Judging) -> View {
    View {
        accounts: judging.accounts.clone(),
        min_severity: judging.min_severity.into(),
    }
}

/// What the arguments ask to be taken out of records.
pub(crate) fn redaction(reading: &Reading) -> Result<Redaction, Failure> {
    // An empty variable asks for nothing.
    let paths = reading.redact.iter().filter(|path| !path.trim().is_empty());
    Redaction::new(paths).map_err(|error| Failure::usage(format!("--redact: {error}")))
}

/// Reads a source into a store, with a progress bar.
pub(crate) async fn read(
    opened: &Opened,
    store: &Arc<dyn Store>,
    options: &Ingest,
    context: &Context,
) -> Result<Ingested, Failure> {
    let Some(groups) = &opened.groups else {
        let progress = crate::progress::reading(context);
        return Ok(ingest(&opened.source, store, options, &progress).await?);
    };
    groups.announce(&**store, &options.range, context).await?;
    let read = ingest(&opened.source, store, options, &groups.progress(context)).await?;
    if read.is_hopeless() {
        return Err(groups.nothing(&read));
    }
    Ok(read)
}

/// A source that was read whole into memory.
pub(crate) struct Whole {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) read: Ingested,
    pub(crate) source: String,
    /// The first and the last record's time.
    pub(crate) extent: (Time, Time),
    /// AWS, where the source is there.
    pub(crate) access: Option<Access>,
}

/// What a command wants of a whole source, besides its clusters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Besides {
    /// The cluster of each error event.
    pub(crate) labels: bool,
    /// The error events with this `eventID`.
    pub(crate) look_for: Option<String>,
    /// IAM's answers, whatever the source is.
    pub(crate) iam: bool,
}

/// Reads all of a source into memory.
pub(crate) async fn whole(
    sources: &[Source],
    how: &ReadingAll,
    besides: Besides,
    context: &Context,
) -> Result<Whole, Failure> {
    let redaction = redaction(&how.reading)?;
    let way = Way::whole(how.since, besides.iam);
    let opened = source(sources, &how.reading, way, context).await?;
    let store = store(None).await?;
    let options = Ingest {
        redaction,
        labels: besides.labels,
        look_for: besides.look_for,
        ..opened.reading(context, TimeRange::ALL)
    };
    let read = read(&opened, &store, &options, context).await?;
    let extent = extent(&*store, &opened, &read).await?;
    say_unread(&read, context);
    let notes = opened.groups.as_ref().map(Groups::notes).unwrap_or_default();
    notes.iter().for_each(|note| context.hint(note));
    Ok(Whole {
        store,
        read,
        source: opened.name(),
        extent,
        access: opened.groups.map(|groups| groups.access),
    })
}

/// Says what is missing in what a command prints: it has no place for it itself.
fn say_unread(read: &Ingested, context: &Context) {
    for unread in read.unread.iter().take(MOST_UNREAD) {
        context.warn(&format!("not read to its end: {unread}"));
    }
    let more = read.unread.len().saturating_sub(MOST_UNREAD);
    if more > 0 {
        context.warn(&format!("not read to their ends: {more} more"));
    }
}

/// So much of what could not be read is said.
const MOST_UNREAD: usize = 20;

impl Whole {
    /// Judges everything as one window.
    pub(crate) async fn judge_at_once(&self, context: &Context) -> Result<(), Failure> {
        let (first, last) = self.extent;
        let window_hours = last.hour().index() - first.hour().index() + 1;
        let settings = Settings {
            window_hours,
            min_history_hours: 0,
            ..Settings::default()
        };
        let end = last.hour().plus(1);
        judge_window(&*self.store, &settings, end, self.read.complete(), context.now).await?;
        Ok(())
    }

    /// Judges hour by hour, from the first full history on.
    pub(crate) async fn judge_by_hours(&self, settings: &Settings, context: &Context) -> Result<(), Failure> {
        let (first, last) = self.extent;
        let plan = Replay::over(first, last, settings, context.now);
        self.walk(settings, plan, context).await
    }

    /// Judges hour by hour from the first record on, so that whatever occurred has been found: without enough history
    /// as learning.
    pub(crate) async fn judge_every_hour(&self, context: &Context) -> Result<(), Failure> {
        let (first, last) = self.extent;
        let settings = Settings::default();
        let plan = Replay {
            first: first.hour().plus(settings.window_hours),
            read: self.read.clone(),
            ..Replay::over(first, last, &settings, context.now)
        };
        self.walk(&settings, plan, context).await
    }

    async fn walk(&self, settings: &Settings, plan: Replay, context: &Context) -> Result<(), Failure> {
        let plan = Replay {
            cancel: context.cancel.clone(),
            ..plan
        };
        let bar = crate::progress::steps(context, plan.ends(settings).len() as u64, "windows");
        let walked = replay(&*self.store, settings, &plan, async |_| {
            bar.inc(1);
            Ok::<(), Failure>(())
        });
        let walked = walked.await;
        bar.finish_and_clear();
        walked
    }
}

/// From the first to the last record that a store has seen; without any, a failure that says what was there instead.
pub(crate) async fn extent(
    store: &dyn Store,
    opened: &Opened,
    read: &Ingested,
) -> Result<(Time, Time), Failure> {
    let overview = store.overview(&TimeRange::ALL).await?;
    overview
        .records
        .map(|span| (span.first, span.last))
        .ok_or_else(|| no_records(opened, read))
}

fn no_records(opened: &Opened, read: &Ingested) -> Failure {
    if let Some(groups) = &opened.groups {
        return groups.nothing(read);
    }
    let mut message = match read.units {
        _ if opened.is_service() => format!("{}: no CloudTrail record was found in it", opened.name()),
        0 => format!("{}: no file to read", opened.name()),
        1 => format!("{}: no CloudTrail record in it", opened.name()),
        units => format!("{}: no CloudTrail record in {units} files", opened.name()),
    };
    if !opened.passed_over.is_empty() {
        message.push_str(&format!(" (passed over: {})", opened.passed_over));
    }
    for unread in read.unread.iter().take(5) {
        message.push_str(&format!("\n  {unread}"));
    }
    for example in read.reject_examples.iter().take(5) {
        message.push_str(&format!(
            "\n  {} byte {}: {}",
            example.origin, example.offset, example.reason
        ));
    }
    Failure::new(message)
}
