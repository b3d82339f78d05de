//! A source that holds its units in memory: for tests, and for programs that have the bytes already.

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use firstsight_cloudtrail::{Encoding, TimeRange};

use crate::{LogSource, Next, Origin, Page, Partition, Payload, Position, SourceError, UnitId};

/// A source over units given as names and bytes.
///
/// A unit's id and its origin's name are the name given. The units are dealt to the partitions in turn, all to one
/// partition unless [`with_partitions`](Self::with_partitions) says otherwise, and every window gets all of them.
///
/// ```
/// # use firstsight_source::{LogSource, LogSourceExt, SourceError, memory::MemorySource};
/// # use firstsight_cloudtrail::TimeRange;
/// # async fn example() -> Result<(), SourceError> {
/// let source = MemorySource::new([("a.json", r#"{"Records":[]}"#), ("b.json", "")]);
/// let units = source.read_units(&TimeRange::ALL).await?;
/// assert_eq!(units[0].bytes, br#"{"Records":[]}"#);
/// # Ok(())
/// # }
/// # tokio::runtime::Runtime::new().unwrap().block_on(example()).unwrap();
/// ```
#[derive(Debug)]
pub struct MemorySource {
    name: String,
    partitions: usize,
    chunk_bytes: usize,
    page_chunks: usize,
    follow: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    units: Vec<Unit>,
    acknowledged: Vec<UnitId>,
}

#[derive(Clone, Debug)]
struct Unit {
    name: String,
    bytes: Bytes,
}

impl MemorySource {
    /// A source with these units, in this order. A name that is given again replaces the bytes it had.
    pub fn new<N: Into<String>, B: Into<Bytes>>(units: impl IntoIterator<Item = (N, B)>) -> Self {
        let source = Self {
            name: "memory".into(),
            partitions: 1,
            chunk_bytes: 256 << 10,
            page_chunks: 4,
            follow: false,
            state: Mutex::default(),
        };
        for (name, bytes) in units {
            source.push(name, bytes);
        }
        source
    }

    /// What [`describe`](LogSource::describe) says; `memory` by default.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How many partitions the units are dealt to, in turn; at least 1. There are never more partitions than units.
    #[must_use]
    pub fn with_partitions(mut self, partitions: usize) -> Self {
        self.partitions = partitions.max(1);
        self
    }

    /// The largest chunk, in bytes; 256 KiB by default, at least 1.
    #[must_use]
    pub fn with_chunk_bytes(mut self, bytes: usize) -> Self {
        self.chunk_bytes = bytes.max(1);
        self
    }

    /// How many chunks a page has at most; 4 by default, at least 1.
    #[must_use]
    pub fn with_page_chunks(mut self, chunks: usize) -> Self {
        self.page_chunks = chunks.max(1);
        self
    }

    /// A partition never ends: where its units do, it says [`Next::Later`], and gives what [`push`](Self::push) adds.
    /// There are always as many partitions as were asked for, some of them empty at first.
    #[must_use]
    pub fn following(mut self) -> Self {
        self.follow = true;
        self
    }

    /// Adds a unit behind the others, or replaces the bytes of the one that has this name.
    pub fn push(&self, name: impl Into<String>, bytes: impl Into<Bytes>) {
        let unit = Unit {
            name: name.into(),
            bytes: bytes.into(),
        };
        let mut state = self.state();
        match state.units.iter_mut().find(|known| known.name == unit.name) {
            Some(known) => *known = unit,
            None => state.units.push(unit),
        }
    }

    /// What was acknowledged so far, in order, repetitions included.
    #[must_use]
    pub fn acknowledged(&self) -> Vec<UnitId> {
        self.state().acknowledged.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn partition(&self, index: usize, units: &[Unit]) -> Partition {
        let held = || units.iter().skip(index).step_by(self.partitions);
        Partition {
            id: index.to_string(),
            units: held().map(|unit| UnitId(unit.name.clone())).collect(),
            size_hint: held().map(|unit| unit.bytes.len() as u64).sum(),
        }
    }

    fn invalid(&self, reason: &str) -> SourceError {
        SourceError::Invalid {
            name: self.name.clone(),
            reason: reason.into(),
        }
    }

    fn index_of(&self, partition: &Partition) -> Result<usize, SourceError> {
        let index = partition.id.parse().ok().filter(|index| *index < self.partitions);
        index.ok_or_else(|| self.invalid("the partition is not one of this source"))
    }

    fn cursor_of(&self, position: Option<Position>, units: &[Unit]) -> Result<Cursor, SourceError> {
        let Some(position) = position else {
            return Ok(Cursor::default());
        };
        let cursor = Cursor::decode(&position.token).filter(|cursor| cursor.is_within(units));
        cursor.ok_or_else(|| self.invalid("the position is not one of this partition"))
    }

    fn read(&self, units: &[Unit], mut at: Cursor) -> Page {
        let mut payloads = Vec::new();
        while payloads.len() < self.page_chunks
            && let Some(unit) = units.get(at.unit)
        {
            let payload = self.chunk(unit, at.offset);
            at = at.after(&payload);
            payloads.push(payload);
        }
        let next = match (at.unit < units.len(), self.follow) {
            (true, _) => Next::More(at.encode()),
            (false, true) => Next::Later(at.encode()),
            (false, false) => Next::End,
        };
        Page { payloads, next }
    }

    fn chunk(&self, unit: &Unit, offset: usize) -> Payload {
        let end = unit.bytes.len().min(offset.saturating_add(self.chunk_bytes));
        Payload {
            unit: UnitId(unit.name.clone()),
            offset: offset as u64,
            chunk: unit.bytes.slice(offset..end),
            last: end == unit.bytes.len(),
            encoding: Encoding::Auto,
            origin: Origin {
                name: unit.name.clone(),
                ..Origin::default()
            },
        }
    }
}

#[async_trait]
impl LogSource for MemorySource {
    fn describe(&self) -> String {
        self.name.clone()
    }

    async fn partitions(&self, _window: &TimeRange) -> Result<Vec<Partition>, SourceError> {
        let state = self.state();
        let count = if self.follow {
            self.partitions
        } else {
            self.partitions.min(state.units.len())
        };
        let mut partitions: Vec<_> = (0..count)
            .map(|index| self.partition(index, &state.units))
            .collect();
        // Stable: partitions of one size stay in the order of their numbers.
        partitions.sort_by_key(|partition| std::cmp::Reverse(partition.size_hint));
        Ok(partitions)
    }

    async fn page(&self, partition: &Partition, position: Option<Position>) -> Result<Page, SourceError> {
        let index = self.index_of(partition)?;
        let units: Vec<_> = self
            .state()
            .units
            .iter()
            .skip(index)
            .step_by(self.partitions)
            .cloned()
            .collect();
        let at = self.cursor_of(position, &units)?;
        Ok(self.read(&units, at))
    }

    async fn acknowledge(&self, units: &[UnitId]) -> Result<(), SourceError> {
        self.state().acknowledged.extend_from_slice(units);
        Ok(())
    }
}

/// The next byte to give: which unit of the partition, and where in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Cursor {
    unit: usize,
    offset: usize,
}

impl Cursor {
    fn after(self, payload: &Payload) -> Self {
        if payload.last {
            Self {
                unit: self.unit + 1,
                offset: 0,
            }
        } else {
            Self {
                offset: self.offset + payload.chunk.len(),
                ..self
            }
        }
    }

    /// Inside a unit, or where the next one starts.
    fn is_within(self, units: &[Unit]) -> bool {
        match units.get(self.unit) {
            Some(unit) => self.offset == 0 || self.offset < unit.bytes.len(),
            None => self.unit == units.len() && self.offset == 0,
        }
    }

    fn encode(self) -> Position {
        Position {
            token: format!("{}:{}", self.unit, self.offset).into_bytes(),
            durable: self.offset == 0,
        }
    }

    fn decode(token: &[u8]) -> Option<Self> {
        let (unit, offset) = std::str::from_utf8(token).ok()?.split_once(':')?;
        Some(Self {
            unit: unit.parse().ok()?,
            offset: offset.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LogSourceExt;

    #[tokio::test]
    async fn a_following_source_gives_later_what_is_pushed() {
        let source = MemorySource::new([("a", "1")]).following();
        let partition = source.partitions(&TimeRange::ALL).await.unwrap().remove(0);
        let mut reader = source.reader(&partition, None);
        assert_eq!(reader.next_payloads().await.unwrap().unwrap().len(), 1);
        assert_eq!(reader.next_payloads().await.unwrap(), None);
        assert!(!reader.is_ended() && reader.position().unwrap().durable);
        assert_eq!(reader.next_payloads().await.unwrap(), None);

        source.push("b", "2");
        let pushed = reader.next_payloads().await.unwrap().unwrap();
        assert_eq!((&*pushed[0].unit.0, &*pushed[0].chunk), ("b", &b"2"[..]));
    }

    #[tokio::test]
    async fn units_are_dealt_to_partitions_in_turn_and_the_largest_comes_first() {
        let source = MemorySource::new([("a", "1"), ("b", "2222"), ("c", "3")]).with_partitions(2);
        let partitions = source.partitions(&TimeRange::ALL).await.unwrap();
        let ids: Vec<_> = partitions
            .iter()
            .map(|p| (&*p.id, p.units.len(), p.size_hint))
            .collect();
        assert_eq!(ids, [("1", 1, 4), ("0", 2, 2)]);
    }

    #[tokio::test]
    async fn a_name_given_again_replaces_its_bytes() {
        let source = MemorySource::new([("a", "1"), ("a", "22")]);
        let units = source.read_units(&TimeRange::ALL).await.unwrap();
        assert_eq!(units.len(), 1);
        assert_eq!(units[0].bytes, b"22");
    }

    #[tokio::test]
    async fn acknowledged_units_are_remembered() {
        let source = MemorySource::new([("a", "1")]);
        source.acknowledge(&[UnitId("a".into())]).await.unwrap();
        assert_eq!(source.acknowledged(), [UnitId("a".into())]);
    }

    #[tokio::test]
    async fn a_foreign_partition_or_position_is_refused() {
        let source = MemorySource::new([("a", "123")]);
        let known = source.partitions(&TimeRange::ALL).await.unwrap().remove(0);
        let foreign = Partition {
            id: "7".into(),
            ..known.clone()
        };
        assert!(matches!(
            source.page(&foreign, None).await,
            Err(SourceError::Invalid { .. })
        ));
        for token in ["", "0", "0:3", "0:99", "2:0", "1:1", "-1:0", "x:y"] {
            let position = Position {
                token: token.into(),
                durable: true,
            };
            let answer = source.page(&known, Some(position)).await;
            assert!(
                matches!(answer, Err(SourceError::Invalid { .. })),
                "{token}: {answer:?}"
            );
        }
    }
}
