//! Every source of this crate, every pointer to one, and the mock pass the conformance suite; and sources that break
//! the contract do not.
#![cfg(all(feature = "conformance", feature = "files", feature = "mock"))]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use firstsight_cloudtrail::TimeRange;
use firstsight_source::conformance::{self, Subject};
use firstsight_source::files::FileSource;
use firstsight_source::memory::MemorySource;
use firstsight_source::{
    LogSource, LogSourceExt, MockLogSource, Next, Page, Partition, Position, SourceError, UnitId,
};
use futures_util::FutureExt;

const UNITS: [(&str, &str); 5] = [
    ("a", "0123456789"),
    ("b", ""),
    ("c", "01234567"),
    ("d", "x"),
    ("e", "{\"Records\":[]}"),
];

fn expected() -> BTreeMap<String, Vec<u8>> {
    UNITS.map(|(id, bytes)| (id.into(), bytes.into())).into()
}

async fn check(make: &dyn Fn() -> Box<dyn LogSource>, durable: bool) {
    let subject = Subject {
        make,
        window: TimeRange::ALL,
        expected: expected(),
        rereads: true,
        durable,
    };
    conformance::all(&subject).await;
}

fn memory() -> MemorySource {
    MemorySource::new(UNITS).with_chunk_bytes(4).with_page_chunks(2)
}

#[tokio::test]
async fn memory_conforms() {
    check(&|| Box::new(memory()), true).await;
    check(
        &|| Box::new(memory().with_partitions(2).with_page_chunks(1)),
        true,
    )
    .await;
    check(&|| Box::new(memory().with_partitions(9)), false).await;
    check(&|| Box::new(memory().following()), true).await;
    let empty = || MemorySource::new([("", ""); 0]);
    conformance::an_empty_source_gives_nothing(&empty(), &TimeRange::ALL).await;
    conformance::an_empty_source_gives_nothing(&empty().following(), &TimeRange::ALL).await;
}

#[tokio::test]
async fn pointers_to_a_source_conform() {
    check(&|| Box::new(Box::new(memory()) as Box<dyn LogSource>), true).await;
    check(&|| Box::new(Arc::new(memory()) as Arc<dyn LogSource>), true).await;
    let leaked: &'static MemorySource = Box::leak(Box::new(memory()));
    check(&|| Box::new(leaked), true).await;
    check(&|| Box::new(leaked as &dyn LogSource), true).await;
}

/// A mock that answers as `source` does. The sources of memory answer at once.
fn mock_of(source: MemorySource) -> MockLogSource {
    let source = Arc::new(source);
    let mut mock = MockLogSource::new();
    let inner = Arc::clone(&source);
    mock.expect_describe().returning(move || inner.describe());
    let inner = Arc::clone(&source);
    mock.expect_partitions()
        .returning(move |window| inner.partitions(window).now_or_never().unwrap());
    let inner = Arc::clone(&source);
    mock.expect_page()
        .returning(move |partition, position| inner.page(partition, position).now_or_never().unwrap());
    mock.expect_acknowledge()
        .returning(move |units| source.acknowledge(units).now_or_never().unwrap());
    mock
}

#[tokio::test]
async fn the_mock_conforms_when_it_is_told_to() {
    check(&|| Box::new(mock_of(memory())), true).await;
    check(&|| Box::new(Arc::new(mock_of(memory()))), true).await;
}

#[tokio::test]
async fn the_mock_plays_a_failure_and_the_reader_goes_on() {
    let mut mock = MockLogSource::new();
    let mut answers = [
        Err(SourceError::Unavailable {
            name: "page".into(),
            retry_after: None,
            retryable: true,
            attempts: 0,
            source: "throttled".into(),
        }),
        // Empty, and yet not the end.
        Ok(Page {
            payloads: Vec::new(),
            next: Next::More(Position {
                token: vec![1],
                durable: true,
            }),
        }),
        Ok(Page {
            payloads: Vec::new(),
            next: Next::End,
        }),
    ]
    .into_iter();
    mock.expect_page()
        .times(3)
        .returning(move |_, _| answers.next().unwrap());
    let partition = Partition {
        id: "p".into(),
        units: Vec::new(),
        size_hint: 0,
    };
    let mut reader = mock.reader(&partition, None);
    assert!(reader.next_payloads().await.unwrap_err().is_retryable());
    assert!(!reader.is_ended());
    assert_eq!(reader.next_payloads().await.unwrap(), None);
    assert!(reader.is_ended());
}

fn write(folder: &Path) {
    for (name, bytes) in UNITS {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name).join(format!("{name}.json")), bytes).unwrap();
    }
}

/// The units of a folder, by the ids that the source gives them.
async fn units_by_id(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let listing = FileSource::new([folder]).listing(&TimeRange::ALL).await.unwrap();
    listing
        .files
        .iter()
        .map(|file| (file.unit.0.clone(), fs::read(&file.path).unwrap()))
        .collect()
}

#[tokio::test]
async fn files_conform() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let expected = units_by_id(folder.path()).await;
    assert_eq!(expected.len(), UNITS.len());
    for (page, chunk) in [(1, 1), (4, 2), (4, 3), (1 << 20, 1 << 18)] {
        let source = || {
            FileSource::builder()
                .source(folder.path())
                .page_bytes(page)
                .chunk_bytes(chunk)
                .build()
        };
        let subject = Subject {
            make: &|| Box::new(source()),
            window: TimeRange::ALL,
            expected: expected.clone(),
            rereads: true,
            durable: false,
        };
        conformance::all(&subject).await;
    }
    let empty = tempfile::tempdir().unwrap();
    conformance::an_empty_source_gives_nothing(&FileSource::new([empty.path()]), &TimeRange::ALL).await;
    conformance::an_empty_source_gives_nothing(&FileSource::new([""; 0]), &TimeRange::ALL).await;
}

#[tokio::test]
async fn stdin_conforms() {
    for input in ["", "0123", "0123456789"] {
        let source = || {
            let builder = FileSource::builder()
                .source("-")
                .stdin(input.as_bytes())
                .run_id("7");
            builder.page_bytes(4).chunk_bytes(3).build()
        };
        // Each handle has a standard input of its own, as each process has.
        let make = || Box::new(source()) as Box<dyn LogSource>;
        let expected = BTreeMap::from([("- run=7".to_owned(), input.as_bytes().to_vec())]);
        let subject = Subject {
            make: &make,
            window: TimeRange::ALL,
            expected,
            rereads: false,
            durable: false,
        };
        conformance::all(&subject).await;
    }
}

#[tokio::test]
async fn a_file_that_is_gone_hides_no_other() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    let source = Listed::of(FileSource::new([folder.path()])).await;
    let gone = folder.path().join("c/c.json");
    let mut expected = units_by_id(folder.path()).await;
    expected.retain(|unit, _| !unit.contains("/c/c.json"));
    fs::remove_file(&gone).unwrap();
    let broken = gone.to_str().unwrap();
    conformance::a_broken_partition_hides_no_other(&source, &TimeRange::ALL, broken, &expected).await;
}

/// A source that was listed before something happened to its files.
#[derive(Debug)]
struct Listed(FileSource, Vec<Partition>);

impl Listed {
    async fn of(source: FileSource) -> Self {
        let partitions = source.partitions(&TimeRange::ALL).await.unwrap();
        Self(source, partitions)
    }
}

#[async_trait]
impl LogSource for Listed {
    fn describe(&self) -> String {
        self.0.describe()
    }

    async fn partitions(&self, _window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        Ok(self.1.clone())
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        self.0.page(partition, position).await
    }

    async fn acknowledge(&self, units: &[UnitId]) -> Result<(), SourceError> {
        self.0.acknowledge(units).await
    }
}

/// A source of memory that breaks its contract in one way.
#[derive(Debug)]
struct Broken {
    inner: MemorySource,
    breach: Breach,
    asked: std::sync::atomic::AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Breach {
    DropsUnit,
    ChangesByte,
    NeverLast,
    SkipsOffset,
    EmptyChunk,
    AllDurable,
    NoneDurable,
    EndsInside,
    SharesIds,
    SmallestFirst,
    NamesOthers,
    DiffersSecondTime,
    TakesAnyPosition,
    RefusesAcknowledgement,
    RestartsFromTheStart,
    RepeatsUnit,
    NoName,
}

#[async_trait]
impl LogSource for Broken {
    fn describe(&self) -> String {
        if self.breach == Breach::NoName {
            String::new()
        } else {
            self.inner.describe()
        }
    }

    async fn partitions(&self, window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        let mut partitions = self.inner.partitions(window).await?;
        match self.breach {
            Breach::SharesIds => partitions
                .iter_mut()
                .for_each(|partition| partition.id = "0".into()),
            Breach::DropsUnit => partitions.truncate(1),
            Breach::SmallestFirst => partitions.reverse(),
            Breach::NamesOthers => partitions[0].units.reverse(),
            Breach::RepeatsUnit => partitions.push(Partition {
                id: "00".into(),
                units: Vec::new(),
                size_hint: 0,
            }),
            _ => {}
        }
        Ok(partitions)
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let asked = self.asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let start = position.is_none();
        let position = match self.breach {
            Breach::TakesAnyPosition => position.filter(|position| position.token[0] != 0xff),
            Breach::RestartsFromTheStart if asked == 0 => None,
            _ => position,
        };
        let mut page = self.inner.page(partition, position).await?;
        let payloads = &mut page.payloads;
        match self.breach {
            Breach::ChangesByte if start => payloads[0].chunk = b"!!!!".as_slice().into(),
            Breach::NeverLast => payloads.iter_mut().for_each(|payload| payload.last = false),
            Breach::SkipsOffset => payloads.iter_mut().for_each(|payload| payload.offset *= 2),
            Breach::EmptyChunk if start => {
                payloads.insert(
                    0,
                    firstsight_source::Payload {
                        chunk: b"".as_slice().into(),
                        ..payloads[0].clone()
                    },
                );
            }
            Breach::EndsInside if start => page.next = Next::End,
            Breach::DiffersSecondTime => payloads[0].origin.name = asked.to_string(),
            _ => {}
        }
        if let Next::More(position) = &mut page.next {
            match self.breach {
                Breach::AllDurable => position.durable = true,
                Breach::NoneDurable | Breach::NeverLast => position.durable = false,
                _ => {}
            }
        }
        Ok(page)
    }

    async fn acknowledge(&self, units: &[UnitId]) -> Result<(), SourceError> {
        if self.breach == Breach::RefusesAcknowledgement {
            return Err(SourceError::Invalid {
                name: "memory".into(),
                reason: "no".into(),
            });
        }
        self.inner.acknowledge(units).await
    }
}

/// What the suite says about a source with this breach.
async fn verdict(breach: Breach) -> String {
    let make = || {
        let inner = memory().with_partitions(2).with_page_chunks(1);
        Box::new(Broken {
            inner,
            breach,
            asked: 0.into(),
        }) as Box<dyn LogSource>
    };
    let checked = std::panic::AssertUnwindSafe(check(&make, true))
        .catch_unwind()
        .await;
    let panic = checked.expect_err("the breach goes unseen");
    let text = panic.downcast_ref::<String>().cloned();
    text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string))
        .unwrap_or_default()
}

#[tokio::test]
async fn each_breach_of_the_contract_is_found() {
    for (breach, found) in [
        (Breach::DropsUnit, "is missing; given"),
        (Breach::ChangesByte, "has other bytes than expected"),
        (Breach::NeverLast, "a unit begins before the one before it ended"),
        (Breach::SkipsOffset, "is missing, repeated or out of order"),
        (Breach::EmptyChunk, "has an empty chunk that is not its last"),
        (
            Breach::AllDurable,
            "a position is durable between units and nowhere else",
        ),
        (
            Breach::NoneDurable,
            "a position is durable between units and nowhere else",
        ),
        (Breach::EndsInside, "the partition ends inside a"),
        (Breach::SharesIds, "two partitions have one id"),
        (Breach::SmallestFirst, "partitions are not the largest first"),
        (Breach::NamesOthers, "gives other units than it names"),
        (Breach::DiffersSecondTime, "gives another page the second time"),
        (Breach::TakesAnyPosition, "takes a position that it did not give"),
        (Breach::RefusesAcknowledgement, "acknowledge []: memory: no"),
        (
            Breach::RestartsFromTheStart,
            "goes on differently after a restart",
        ),
        (Breach::RepeatsUnit, "comes again, in 00"),
        (Breach::NoName, "describe() is empty"),
    ] {
        let said = verdict(breach).await;
        assert!(said.contains(found), "{breach:?}: {said}");
    }
}
