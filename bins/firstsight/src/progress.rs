//! Progress bars on a terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use firstsight_cloudtrail::Counters;
use firstsight_inspection::{Progress, Silent};
use indicatif::{HumanCount, ProgressBar, ProgressStyle};

use crate::context::Context;

/// A bar over the bytes to be read, with files, records a second and errors beside it.
#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    files: AtomicU64,
    done: AtomicU64,
    records: AtomicU64,
    errors: AtomicU64,
}

/// A bar where somebody looks, silence elsewhere. The bar clears itself when the last reader lets go of it.
pub(crate) fn reading(context: &Context) -> Arc<dyn Progress> {
    if !context.bars {
        return Arc::new(Silent);
    }
    let bar = ProgressBar::no_length();
    let shape = "{spinner} {bytes}/{total_bytes} {bar:24} {bytes_per_sec}  {wide_msg}";
    bar.set_style(ProgressStyle::with_template(shape).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let zero = || AtomicU64::new(0);
    Arc::new(Bar {
        bar,
        files: zero(),
        done: zero(),
        records: zero(),
        errors: zero(),
    })
}

impl Bar {
    fn tell(&self) {
        let records = self.records.load(Ordering::Relaxed);
        let seconds = self.bar.elapsed().as_secs_f64().max(0.001);
        self.bar.set_message(format!(
            "{}/{} files, {} records/s, {} errors",
            HumanCount(self.done.load(Ordering::Relaxed)),
            HumanCount(self.files.load(Ordering::Relaxed)),
            HumanCount((records as f64 / seconds) as u64),
            HumanCount(self.errors.load(Ordering::Relaxed)),
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
        self.records.fetch_add(counters.records, Ordering::Relaxed);
        self.errors.fetch_add(counters.error_events, Ordering::Relaxed);
        self.tell();
    }

    fn unit_skipped(&self, bytes: u64) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.bar.inc(bytes);
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
    let bar = ProgressBar::new(count);
    let shape = format!("{{spinner}} {{pos}}/{{len}} {what} {{bar:24}} {{eta}}");
    bar.set_style(ProgressStyle::with_template(&shape).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

/// Columns of the terminal on standard output.
pub(crate) fn terminal_width() -> usize {
    terminal_size::terminal_size().map_or(100, |(width, _)| usize::from(width.0))
}
