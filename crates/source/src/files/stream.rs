//! What can be read only once: standard input, pipes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{PageSize, page_of};
use crate::{Origin, Page, SourceError, UnitId};

/// The streams of a source that were opened so far, by partition.
#[derive(Default)]
pub(super) struct Streams(Mutex<BTreeMap<String, Arc<Mutex<Stream>>>>);

impl Streams {
    pub(super) fn add(&self, id: &str, reader: impl Read + Send + 'static) {
        let stream = Stream::new(Input::Open(Box::new(reader)));
        lock(&self.0).insert(id.into(), Arc::new(Mutex::new(stream)));
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Mutex<Stream>>> {
        lock(&self.0).get(id).cloned()
    }

    /// The stream at a path, to be opened by its first page.
    pub(super) fn at(&self, id: &str, path: &Path) -> Arc<Mutex<Stream>> {
        let stream = || Arc::new(Mutex::new(Stream::new(Input::At(path.into()))));
        Arc::clone(lock(&self.0).entry(id.into()).or_insert_with(stream))
    }
}

impl fmt::Debug for Streams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(lock(&self.0).keys()).finish()
    }
}

/// A stream's state is sound after each step, so a panic elsewhere is no reason to stop.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A reader that goes forward only. The last page is kept, so that it can be asked for again.
pub(super) struct Stream {
    input: Input,
    last: Option<(u64, Page)>,
    next: u64,
    ended: bool,
    /// Bytes of the next page that were read before an error.
    filled: Vec<u8>,
}

enum Input {
    Open(Box<dyn Read + Send>),
    At(PathBuf),
}

impl Input {
    /// Opening a pipe waits for its writer.
    fn reader(&mut self) -> io::Result<&mut (dyn Read + Send)> {
        if let Self::At(path) = self {
            *self = Self::Open(Box::new(File::open(path)?));
        }
        match self {
            Self::Open(reader) => Ok(&mut **reader),
            Self::At(_) => Err(io::ErrorKind::NotConnected.into()),
        }
    }

    /// Reads until `filled` has `size` bytes or the input ends; what is read before an error stays there.
    fn fill(&mut self, filled: &mut Vec<u8>, size: usize) -> io::Result<()> {
        let room = size.saturating_sub(filled.len()) as u64;
        self.reader()?.take(room).read_to_end(filled)?;
        Ok(())
    }
}

impl Stream {
    fn new(input: Input) -> Self {
        Self {
            input,
            last: None,
            next: 0,
            ended: false,
            filled: Vec::new(),
        }
    }

    /// The page at `offset`: the next one, or the last one once more.
    pub(super) fn page(
        &mut self,
        unit: &UnitId,
        origin: &Origin,
        offset: u64,
        size: PageSize,
    ) -> Result<Page, SourceError> {
        if let Some((start, page)) = &self.last
            && *start == offset
        {
            return Ok(page.clone());
        }
        if self.ended || offset != self.next {
            return Err(self.passed(&origin.name, offset));
        }
        let filled = self.input.fill(&mut self.filled, size.page);
        filled.map_err(|error| SourceError::from_io(&origin.name, error))?;
        self.ended = self.filled.len() < size.page;
        let bytes = std::mem::take(&mut self.filled);
        self.next = offset + bytes.len() as u64;
        let page = page_of(unit, origin, offset, &bytes.into(), self.ended, size);
        self.last = Some((offset, page.clone()));
        Ok(page)
    }

    fn passed(&self, name: &str, offset: u64) -> SourceError {
        SourceError::Invalid {
            name: name.into(),
            reason: format!(
                "byte {offset} was asked for, but a stream is read once, in order, and {} bytes are read: \
                 put it in a file to read it again",
                self.next
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Next;

    const SIZE: PageSize = PageSize { page: 4, chunk: 3 };

    fn ask(stream: &mut Stream, offset: u64) -> Result<Page, SourceError> {
        let origin = Origin {
            name: "stdin".into(),
            ..Origin::default()
        };
        stream.page(&UnitId("u".into()), &origin, offset, SIZE)
    }

    fn stream(reader: impl Read + Send + 'static) -> Stream {
        Stream::new(Input::Open(Box::new(reader)))
    }

    fn chunks(page: &Page) -> Vec<(u64, &[u8], bool)> {
        page.payloads
            .iter()
            .map(|payload| (payload.offset, &*payload.chunk, payload.last))
            .collect()
    }

    #[test]
    fn a_stream_gives_pages_in_order_and_the_last_one_again() {
        let mut stream = stream(&b"abcdef"[..]);
        let first = ask(&mut stream, 0).unwrap();
        assert_eq!(chunks(&first), [(0, &b"abc"[..], false), (3, b"d", false)]);
        assert_eq!(ask(&mut stream, 0).unwrap(), first);
        let second = ask(&mut stream, 4).unwrap();
        assert_eq!(chunks(&second), [(4, &b"ef"[..], true)]);
        assert_eq!(second.next, Next::End);
        assert_eq!(ask(&mut stream, 4).unwrap(), second);
        let error = ask(&mut stream, 0).unwrap_err().to_string();
        assert!(
            error.starts_with("stdin: byte 0 was asked for, but a stream is read once"),
            "{error}"
        );
        assert!(ask(&mut stream, 6).is_err());
    }

    #[test]
    fn a_stream_that_ends_with_a_page_closes_with_an_empty_chunk() {
        let mut stream = stream(&b"abcd"[..]);
        assert!(matches!(ask(&mut stream, 0).unwrap().next, Next::More(_)));
        assert_eq!(chunks(&ask(&mut stream, 4).unwrap()), [(4, &b""[..], true)]);
    }

    /// Gives `bytes` in reads of these sizes; a size of 0 is an error that passes.
    struct Halting {
        bytes: Vec<u8>,
        reads: Vec<usize>,
    }

    impl Read for Halting {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let size = self
                .reads
                .pop()
                .unwrap_or(usize::MAX)
                .min(buffer.len())
                .min(self.bytes.len());
            if size == 0 && !self.bytes.is_empty() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            buffer[..size].copy_from_slice(&self.bytes[..size]);
            self.bytes.drain(..size);
            Ok(size)
        }
    }

    proptest! {
        #[test]
        fn pages_are_the_same_however_the_input_comes_and_fails(
            bytes in proptest::collection::vec(any::<u8>(), 0..40),
            reads in proptest::collection::vec(0usize..6, 0..60),
        ) {
            let mut whole = stream(io::Cursor::new(bytes.clone()));
            let mut halting = stream(Halting { bytes: bytes.clone(), reads });
            let mut offset = 0;
            loop {
                let expected = ask(&mut whole, offset).unwrap();
                let given = loop {
                    match ask(&mut halting, offset) {
                        Ok(page) => break page,
                        Err(error) => prop_assert!(error.is_retryable(), "{error}"),
                    }
                };
                prop_assert_eq!(&given, &expected);
                offset += chunks(&given).iter().map(|chunk| chunk.1.len() as u64).sum::<u64>();
                if given.next == Next::End {
                    break;
                }
            }
            prop_assert_eq!(offset, bytes.len() as u64);
        }
    }
}
