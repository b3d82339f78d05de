//! The suite that every source has to pass: each function checks one promise of [`LogSource`]'s contract, and panics
//! with what was broken.
//!
//! Write a test that fills a source with known units, describe it as a [`Subject`], and call [`all`]; or call the
//! functions one by one. What sources may do differently (read again or not, resume or not) are fields of the subject,
//! and what a field denies is checked too: a source that says it gives no durable position must give none.
//!
//! ```
//! use firstsight_cloudtrail::TimeRange;
//! use firstsight_source::conformance::{self, Subject};
//! use firstsight_source::{LogSource, memory::MemorySource};
//!
//! # tokio::runtime::Runtime::new().unwrap().block_on(async {
//! let units = [("a", "{}"), ("b", ""), ("c", "[]")];
//! let subject = Subject {
//!     make: &|| Box::new(MemorySource::new(units).with_page_chunks(1)) as Box<dyn LogSource>,
//!     window: TimeRange::ALL,
//!     expected: units.map(|(id, bytes)| (id.into(), bytes.into())).into(),
//!     rereads: true,
//!     durable: true,
//! };
//! conformance::all(&subject).await;
//! # });
//! ```

use std::collections::BTreeMap;
use std::fmt;

use firstsight_cloudtrail::TimeRange;

use crate::{LogSource, Next, Page, Partition, Payload, Position, UnitId};

/// More pages than any conforming partition of a test has: past it, the source goes round in circles.
const MAX_PAGES: usize = 100_000;

/// A source to check, and what is known about it.
pub struct Subject<'a> {
    /// A fresh handle on the same far side, as another process would have it. For what can be read only once (standard
    /// input), the far side is fresh too.
    pub make: &'a dyn Fn() -> Box<dyn LogSource>,
    /// The window to ask for.
    pub window: TimeRange,
    /// The units that lie in the window, by id, with their bytes. There has to be one at least.
    pub expected: BTreeMap<String, Vec<u8>>,
    /// Whether every position can be read again. If not, the latest can.
    pub rereads: bool,
    /// Whether some partition holds several units, so that there are durable positions inside. If not, there are none.
    pub durable: bool,
}

impl fmt::Debug for Subject<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("window", &self.window)
            .field("expected", &self.expected.keys())
            .field("rereads", &self.rereads)
            .field("durable", &self.durable)
            .finish_non_exhaustive()
    }
}

/// Every check of this module that a filled source can be put to.
///
/// # Panics
/// When the source breaks its contract.
pub async fn all(subject: &Subject<'_>) {
    let make = subject.make;
    let window = &subject.window;
    describes_itself(make);
    partitions_are_stable(make, window).await;
    units_are_whole(&*make(), window).await;
    known_units_are_named(&*make(), window).await;
    the_window_is_covered(&*make(), window, &subject.expected).await;
    positions_give_the_same_again(&*make(), window, subject.rereads).await;
    durable_positions_resume(make, window, subject.durable).await;
    a_foreign_position_harms_nothing(&*make(), window).await;
    acknowledges_its_units(&*make(), window).await;
}

/// A short name in one line, the same from every handle.
///
/// # Panics
/// When it is not.
pub fn describes_itself(make: &dyn Fn() -> Box<dyn LogSource>) {
    let name = make().describe();
    assert!(!name.is_empty(), "describe() is empty");
    assert!(
        !name.contains(char::is_control),
        "describe() steers a terminal: {name:?}"
    );
    assert!(
        name.chars().count() <= 1000,
        "describe() is no short name: {name:?}"
    );
    assert_eq!(name, make().describe(), "describe() differs after a restart");
}

/// Listed twice, and by another handle, the partitions are the same; ids are not shared; the largest comes first.
///
/// # Panics
/// When they are not.
pub async fn partitions_are_stable(make: &dyn Fn() -> Box<dyn LogSource>, window: &TimeRange) {
    let source = make();
    let first = partitions(&*source, window).await;
    assert_eq!(
        first,
        partitions(&*source, window).await,
        "partitions differ the second time"
    );
    assert_eq!(
        first,
        partitions(&*make(), window).await,
        "partitions differ after a restart"
    );
    let mut ids: Vec<_> = first.iter().map(|partition| &partition.id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), first.len(), "two partitions have one id: {first:?}");
    let sizes: Vec<_> = first.iter().map(|partition| partition.size_hint).collect();
    assert!(
        sizes.is_sorted_by(|a, b| a >= b),
        "partitions are not the largest first: {sizes:?}"
    );
}

/// Every unit comes once, in one partition, in chunks that follow each other from offset 0 to one marked last. Only a
/// last chunk is empty, and only the end of a unit gives a durable position.
///
/// # Panics
/// When one does not.
pub async fn units_are_whole(source: &dyn LogSource, window: &TimeRange) {
    let mut seen = BTreeMap::new();
    for partition in partitions(source, window).await {
        let mut unit = OpenUnit::default();
        for page in pages(source, &partition).await {
            for payload in &page.payloads {
                unit.take(payload);
                if payload.last {
                    let before = seen.insert(payload.unit.clone(), partition.id.clone());
                    assert_eq!(
                        before, None,
                        "unit {} comes again, in {}",
                        payload.unit, partition.id
                    );
                }
            }
            unit.stands_at(&page.next);
        }
    }
}

/// The unit being read: which one, and where its next chunk has to start.
#[derive(Default)]
struct OpenUnit(Option<(UnitId, u64)>);

impl OpenUnit {
    fn take(&mut self, payload: &Payload) {
        let (unit, offset) = self.0.take().unwrap_or_else(|| (payload.unit.clone(), 0));
        assert_eq!(payload.unit, unit, "a unit begins before the one before it ended");
        assert_eq!(
            payload.offset, offset,
            "a chunk of {unit} is missing, repeated or out of order"
        );
        assert!(
            payload.last || !payload.chunk.is_empty(),
            "{unit} has an empty chunk that is not its last"
        );
        if !payload.last {
            self.0 = Some((unit, offset + payload.chunk.len() as u64));
        }
    }

    fn stands_at(&self, next: &Next) {
        match (next, &self.0) {
            (Next::End, Some((unit, _))) => panic!("the partition ends inside {unit}"),
            (Next::More(position) | Next::Later(position), open) => assert_eq!(
                position.durable,
                open.is_none(),
                "a position is durable between units and nowhere else; open: {open:?}"
            ),
            (Next::End, None) => {}
        }
    }
}

/// A partition that names its units beforehand names just those that it gives, in their order.
///
/// # Panics
/// When it does not.
pub async fn known_units_are_named(source: &dyn LogSource, window: &TimeRange) {
    for partition in partitions(source, window).await {
        let given: Vec<_> = payloads(source, &partition)
            .await
            .into_iter()
            .filter(|payload| payload.last)
            .map(|payload| payload.unit)
            .collect();
        if !partition.units.is_empty() {
            assert_eq!(
                partition.units, given,
                "partition {} gives other units than it names",
                partition.id
            );
        }
    }
}

/// What lies in the window is given, byte for byte. More may be.
///
/// # Panics
/// When a unit is missing or differs, and when nothing is expected: that would check nothing.
pub async fn the_window_is_covered(
    source: &dyn LogSource,
    window: &TimeRange,
    expected: &BTreeMap<String, Vec<u8>>,
) {
    assert!(
        !expected.is_empty(),
        "nothing is expected, so nothing would be checked"
    );
    let mut given: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for partition in partitions(source, window).await {
        for payload in payloads(source, &partition).await {
            given
                .entry(payload.unit.0)
                .or_default()
                .extend_from_slice(&payload.chunk);
        }
    }
    for (unit, bytes) in expected {
        let found = given.get(unit);
        assert!(
            found.is_some(),
            "unit {unit} is missing; given: {:?}",
            given.keys()
        );
        assert!(found == Some(bytes), "unit {unit} has other bytes than expected");
    }
}

/// A position gives the same page whenever it is asked for: each one at once, and, where the source `rereads`, all of
/// them once more from the end backwards.
///
/// # Panics
/// When one does not.
pub async fn positions_give_the_same_again(source: &dyn LogSource, window: &TimeRange, rereads: bool) {
    for partition in partitions(source, window).await {
        let mut asked = Vec::new();
        let mut position = None;
        for _ in 0..MAX_PAGES {
            let page = page(source, &partition, position.clone()).await;
            let again = self::page(source, &partition, position.clone()).await;
            assert_eq!(page, again, "{} gives another page the second time", partition.id);
            let next = page.next.clone();
            asked.push((position, page));
            match next {
                Next::More(after) => position = Some(after),
                Next::End | Next::Later(_) => break,
            }
        }
        if rereads {
            for (position, page) in asked.into_iter().rev() {
                let again = self::page(source, &partition, position).await;
                assert_eq!(
                    page, again,
                    "{} gives another page when it is read backwards",
                    partition.id
                );
            }
        }
    }
}

/// A fresh handle gives the rest after any durable position. There is one inside some partition just when `durable`.
///
/// # Panics
/// When it does not.
pub async fn durable_positions_resume(
    make: &dyn Fn() -> Box<dyn LogSource>,
    window: &TimeRange,
    durable: bool,
) {
    let source = make();
    let mut tried = 0;
    for partition in partitions(&*source, window).await {
        let pages = pages(&*source, &partition).await;
        for (index, page) in pages.iter().enumerate() {
            let Next::More(position) = &page.next else {
                continue;
            };
            if !position.durable {
                continue;
            }
            tried += 1;
            let rest = pages_after(&*make(), &partition, Some(position.clone())).await;
            assert_eq!(
                units_of(&rest),
                units_of(&pages[index + 1..]),
                "{} goes on differently after a restart at {position:?}",
                partition.id
            );
        }
    }
    assert_eq!(
        tried > 0,
        durable,
        "{tried} durable positions inside partitions, and the subject says durable: {durable}"
    );
}

/// A source with nothing in it lists, gives nothing, and takes an empty acknowledgement.
///
/// # Panics
/// When it does not.
pub async fn an_empty_source_gives_nothing(source: &dyn LogSource, window: &TimeRange) {
    for partition in partitions(source, window).await {
        let payloads = payloads(source, &partition).await;
        assert_eq!(payloads, [], "an empty source gives something");
    }
    acknowledge(source, &[]).await;
}

/// What is acknowledged is taken, also unit by unit, all together, and again.
///
/// # Panics
/// When it is not.
pub async fn acknowledges_its_units(source: &dyn LogSource, window: &TimeRange) {
    let mut units = Vec::new();
    for partition in partitions(source, window).await {
        let payloads = payloads(source, &partition).await;
        units.extend(
            payloads
                .into_iter()
                .filter(|payload| payload.last)
                .map(|payload| payload.unit),
        );
    }
    acknowledge(source, &[]).await;
    for unit in &units {
        acknowledge(source, std::slice::from_ref(unit)).await;
    }
    acknowledge(source, &units).await;
}

/// A position that no source gave is refused, and the source reads on as if it had not been asked.
///
/// # Panics
/// When it is not, or the source gives something else afterwards.
pub async fn a_foreign_position_harms_nothing(source: &dyn LogSource, window: &TimeRange) {
    for partition in partitions(source, window).await {
        let before = page(source, &partition, None).await;
        let foreign = Position {
            token: b"\xffno source of this program writes this".to_vec(),
            durable: true,
        };
        let answer = source.page(&partition, Some(foreign)).await;
        assert!(
            answer.is_err(),
            "{} takes a position that it did not give",
            partition.id
        );
        assert_eq!(
            before,
            page(source, &partition, None).await,
            "{} differs after an error",
            partition.id
        );
    }
}

/// The partition `broken` gives an error each time it is asked, and the others give `expected`, units by id with their
/// bytes. For a source with a broken part: a file that nobody may read, an object that is gone.
///
/// # Panics
/// When the broken partition can be read, or another one cannot.
pub async fn a_broken_partition_hides_no_other(
    source: &dyn LogSource,
    window: &TimeRange,
    broken: &str,
    expected: &BTreeMap<String, Vec<u8>>,
) {
    let mut given: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let mut failed = 0;
    for partition in partitions(source, window).await {
        if partition.id == broken {
            // Twice: the first error must not turn into an end.
            for _ in 0..2 {
                assert!(
                    source.page(&partition, None).await.is_err(),
                    "{broken} can be read"
                );
            }
            failed += 1;
            continue;
        }
        for payload in payloads(source, &partition).await {
            given
                .entry(payload.unit.0)
                .or_default()
                .extend_from_slice(&payload.chunk);
        }
    }
    assert_eq!(failed, 1, "{broken} is not among the partitions");
    assert!(given == *expected, "the other partitions give {:?}", given.keys());
}

async fn partitions(source: &dyn LogSource, window: &TimeRange) -> Vec<Partition> {
    match source.partitions(window).await {
        Ok(partitions) => partitions,
        Err(error) => panic!("{}: partitions: {error}", source.describe()),
    }
}

async fn page(source: &dyn LogSource, partition: &Partition, position: Option<Position>) -> Page {
    match source.page(partition, position.clone()).await {
        Ok(page) => page,
        Err(error) => panic!(
            "{}: page of {} at {position:?}: {error}",
            source.describe(),
            partition.id
        ),
    }
}

async fn acknowledge(source: &dyn LogSource, units: &[UnitId]) {
    if let Err(error) = source.acknowledge(units).await {
        panic!("{}: acknowledge {units:?}: {error}", source.describe());
    }
}

async fn pages(source: &dyn LogSource, partition: &Partition) -> Vec<Page> {
    pages_after(source, partition, None).await
}

/// The pages up to the partition's end, or to where there is nothing more for now.
async fn pages_after(
    source: &dyn LogSource,
    partition: &Partition,
    mut position: Option<Position>,
) -> Vec<Page> {
    let mut pages = Vec::new();
    for _ in 0..MAX_PAGES {
        let page = page(source, partition, position).await;
        let next = page.next.clone();
        pages.push(page);
        match next {
            Next::More(after) => position = Some(after),
            Next::End | Next::Later(_) => return pages,
        }
    }
    panic!("{} has no end after {MAX_PAGES} pages", partition.id);
}

async fn payloads(source: &dyn LogSource, partition: &Partition) -> Vec<Payload> {
    let pages = pages(source, partition).await;
    pages.into_iter().flat_map(|page| page.payloads).collect()
}

/// The units of some pages with their bytes: how they are cut into chunks may differ.
fn units_of(pages: &[Page]) -> Vec<(UnitId, Vec<u8>)> {
    let mut units: Vec<(UnitId, Vec<u8>)> = Vec::new();
    for payload in pages.iter().flat_map(|page| &page.payloads) {
        match units.last_mut() {
            Some((unit, bytes)) if *unit == payload.unit => bytes.extend_from_slice(&payload.chunk),
            _ => units.push((payload.unit.clone(), payload.chunk.to_vec())),
        }
    }
    units
}
