//! From an error event to its fine template, and to a row of a summary, without the parsing.

use divan::Bencher;
use divan::counter::ItemsCount;
use firstsight_benches::{Collect, error_events};
use firstsight_engine::FineTemplate;

fn main() {
    divan::main();
}

/// The record's own values, the masks, the template.
#[divan::bench]
fn templates(bencher: Bencher<'_, '_>) {
    let events = error_events(3);
    bencher.counter(ItemsCount::new(events.len())).bench(|| {
        for event in &events {
            divan::black_box(FineTemplate::of(event));
        }
    });
}

/// The same with dimension values and identities, into a set.
#[divan::bench]
fn summary(bencher: Bencher<'_, '_>) {
    let events = error_events(3);
    bencher.counter(ItemsCount::new(events.len())).bench(|| {
        let mut collect = Collect::default();
        events.iter().for_each(|event| collect.0.observe(event));
        collect.0.len()
    });
}
