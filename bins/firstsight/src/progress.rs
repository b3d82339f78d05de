//! Progress bars on a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use firstsight_aws::access::Traffic;
use firstsight_cloudtrail::Counters;
use firstsight_inspection::{Progress, Silent};
use indicatif::{DecimalBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::context::Context;

/// A bar over the bytes to be read, with files, records a second and errors beside it.
#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    files: AtomicU64,
    done: AtomicU64,
    read: Read,
}

/// What was read so far.
#[derive(Debug, Default)]
struct Read {
    records: AtomicU64,
    errors: AtomicU64,
}

/// A bar where somebody looks, silence elsewhere. The bar clears itself when the last reader lets go of it.
pub(crate) fn reading(context: &Context) -> Arc<dyn Progress> {
    if !context.bars {
        return Arc::new(Silent);
    }
    let shape = "{spinner} {bytes}/{total_bytes} {bar:24} {bytes_per_sec}  {wide_msg}";
    Arc::new(Bar {
        bar: styled(ProgressBar::no_length(), shape),
        files: AtomicU64::new(0),
        done: AtomicU64::new(0),
        read: Read::default(),
    })
}

fn styled(bar: ProgressBar, shape: &str) -> ProgressBar {
    bar.set_style(ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

impl Read {
    fn count(&self, counters: &Counters) {
        self.records.fetch_add(counters.records, Ordering::Relaxed);
        self.errors.fetch_add(counters.error_events, Ordering::Relaxed);
    }

    fn errors(&self) -> HumanCount {
        HumanCount(self.errors.load(Ordering::Relaxed))
    }
}

impl Bar {
    fn tell(&self) {
        let records = self.read.records.load(Ordering::Relaxed);
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!(
            "{}/{} files, {} records/s, {} errors",
            HumanCount(self.done.load(Ordering::Relaxed)),
            HumanCount(self.files.load(Ordering::Relaxed)),
            HumanCount((records as f64 / seconds) as u64),
            self.read.errors(),
        ));
    }
}

impl Progress for Bar {
    fn listed(&self, partitions: u64, bytes: u64) {
        self.files.store(partitions, Ordering::Relaxed);
        self.bar.set_length(bytes);
        self.tell();
    }

    fn advanced(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn unit_read(&self, counters: &Counters) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.read.count(counters);
        self.tell();
    }

    fn unit_skipped(&self, bytes: u64) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bar.inc(bytes);
    }
}

/// A bar over slices of log groups, with what AWS was asked beside it: what it gives is not known in bytes before.
struct Slices<T> {
    bar: ProgressBar,
    traffic: T,
    read: Read,
}

/// A bar over slices where somebody looks, silence elsewhere.
pub(crate) fn slices(
    context: &Context,
    traffic: impl Fn() -> Traffic + Send + Sync + 'static,
) -> Arc<dyn Progress> {
    if !context.bars {
        return Arc::new(Silent);
    }
    let shape = "{spinner} {pos}/{len} slices {bar:24} {eta}  {wide_msg}";
    let bar = styled(ProgressBar::no_length(), shape);
    // An answer can be long in coming.
    bar.enable_steady_tick(TICK);
    Arc::new(Slices {
        bar,
        traffic,
        read: Read::default(),
    })
}

const TICK: Duration = Duration::from_millis(250);

impl<T: Fn() -> Traffic> Slices<T> {
    fn tell(&self) {
        let traffic = (self.traffic)();
        let throttled = match traffic.throttled {
            0 => String::new(),
            count => format!(" ({} throttled)", HumanCount(count)),
        };
        self.bar.set_message(format!(
            "{} requests{throttled}, {}, {} errors",
            HumanCount(traffic.requests),
            DecimalBytes(traffic.bytes),
            self.read.errors(),
        ));
    }
}

impl<T: Fn() -> Traffic + Send + Sync> Progress for Slices<T> {
    fn listed(&self, partitions: u64, _bytes: u64) {
        self.bar.set_length(partitions);
        self.tell();
    }

    fn unit_read(&self, counters: &Counters) {
        self.read.count(counters);
        self.tell();
    }

    fn partition_skipped(&self) {
        self.bar.inc(1);
    }

    fn partition_done(&self) {
        self.bar.inc(1);
        self.tell();
    }
}

impl<T> Drop for Slices<T> {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A bar over so many steps, hidden where nobody looks.
pub(crate) fn steps(context: &Context, count: u64, what: &str) -> ProgressBar {
    if !context.bars {
        return ProgressBar::hidden();
    }
    let shape = format!("{{spinner}} {{pos}}/{{len}} {what} {{bar:24}} {{eta}}");
    styled(ProgressBar::new(count), &shape)
}

/// Columns of the terminal on standard output.
pub(crate) fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}
