//! What callers of a source want, over the few methods that it has.

use firstsight_cloudtrail::TimeRange;

use crate::{LogSource, Next, Origin, Partition, Payload, Position, SourceError, UnitId};

/// What callers of a [`LogSource`] want. Every source has it; nobody implements it.
pub trait LogSourceExt: LogSource {
    /// Reads a partition page by page, from its start or after `position`.
    fn reader<'a>(
        &'a self,
        partition: &'a Partition,
        position: Option<Position>,
    ) -> PartitionReader<'a, Self> {
        PartitionReader {
            source: self,
            partition,
            position,
            state: State::Reading,
        }
    }

    /// Every unit that the source has for the window, whole, in memory: for tests and for small inputs.
    ///
    /// A unit that has not come to its end when the source says [`Next::Later`] is left out.
    ///
    /// # Errors
    /// At the first partition that cannot be listed or read.
    fn read_units(
        &self,
        window: &TimeRange,
    ) -> impl Future<Output = Result<Vec<WholeUnit>, SourceError>> + Send {
        async move {
            let mut units = Vec::new();
            for partition in self.partitions(window).await? {
                let mut reader = self.reader(&partition, None);
                let mut open: Option<WholeUnit> = None;
                while let Some(payloads) = reader.next_payloads().await? {
                    for payload in payloads {
                        units.extend(joined(&mut open, payload));
                    }
                }
            }
            Ok(units)
        }
    }
}

impl<S: LogSource + ?Sized> LogSourceExt for S {}

/// A unit with all its bytes, as [`LogSourceExt::read_units`] gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WholeUnit {
    /// Which unit.
    pub id: UnitId,
    /// Where it comes from.
    pub origin: Origin,
    /// Its chunks, joined.
    pub bytes: Vec<u8>,
}

/// Adds a chunk to the unit that is open; gives the unit when the chunk was its last.
fn joined(open: &mut Option<WholeUnit>, payload: Payload) -> Option<WholeUnit> {
    let unit = open.get_or_insert_with(|| WholeUnit {
        id: payload.unit,
        origin: payload.origin,
        bytes: Vec::new(),
    });
    unit.bytes.extend_from_slice(&payload.chunk);
    if payload.last { open.take() } else { None }
}

/// Reads one partition page by page, and knows where it stands.
///
/// An error leaves it where it was: calling [`next_payloads`](Self::next_payloads) again makes the same request again.
#[derive(Clone, Debug)]
pub struct PartitionReader<'a, S: ?Sized> {
    source: &'a S,
    partition: &'a Partition,
    position: Option<Position>,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Reading,
    /// The last page said "later": say so once, then ask again.
    Paused,
    Ended,
}

impl<S: LogSource + ?Sized> PartitionReader<'_, S> {
    /// The next payloads, never an empty list. `None` at the partition's end, and where the source has nothing more for
    /// now: then [`is_ended`](Self::is_ended) is false, and a later call asks again.
    ///
    /// # Errors
    /// Those of [`LogSource::page`]; the reader stays where it was.
    pub async fn next_payloads(&mut self) -> Result<Option<Vec<Payload>>, SourceError> {
        loop {
            match self.state {
                State::Ended => return Ok(None),
                State::Paused => {
                    self.state = State::Reading;
                    return Ok(None);
                }
                State::Reading => {}
            }
            let page = self.source.page(self.partition, self.position.clone()).await?;
            self.advance(page.next);
            if !page.payloads.is_empty() {
                return Ok(Some(page.payloads));
            }
        }
    }

    fn advance(&mut self, next: Next) {
        (self.position, self.state) = match next {
            Next::More(position) => (Some(position), State::Reading),
            Next::Later(position) => (Some(position), State::Paused),
            Next::End => (None, State::Ended),
        };
    }

    /// Where the next page starts: `None` at the partition's start, and after its end.
    #[must_use]
    pub fn position(&self) -> Option<&Position> {
        self.position.as_ref()
    }

    /// Whether the partition was read to its end.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.state == State::Ended
    }
}
