//! Reading: from bytes to error events, and from error events to a summary.

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use firstsight_benches::{Collect, Count, Errors, bodies, scan};

fn main() {
    divan::main();
}

/// The scanner alone, over plain JSON with about 6 % errors.
#[divan::bench]
fn scanner(bencher: Bencher<'_, '_>) {
    let bodies = bodies(1);
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let mut count = Count::default();
        scan(&bodies, &mut count);
        count.0
    });
}

/// The scanner with templates and the summary behind it.
#[divan::bench]
fn scanner_and_summary(bencher: Bencher<'_, '_>) {
    let bodies = bodies(1);
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench(|| {
        let mut collect = Collect::default();
        scan(&bodies, &mut collect);
        collect.0.len()
    });
}

/// Error events only, each its own input: parsing, template and summary an event.
#[divan::bench]
fn error_events(bencher: Bencher<'_, '_>) {
    let mut errors = Errors::default();
    scan(&bodies(3), &mut errors);
    bencher.counter(ItemsCount::new(errors.0.len())).bench(|| {
        let mut collect = Collect::default();
        scan(&errors.0, &mut collect);
        collect.0.len()
    });
}
