//! What can be read only once: standard input, pipes.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{PageSize, page_of};
use crate::{Origin, Page, SourceError, UnitId};

/// The streams of a source that were opened so far, by partition.
#[derive(Default)]
pub(super) struct Streams(Mutex<BTreeMap<String, Arc<Mutex<Stream>>>>);

impl Streams {
    pub(super) fn add(&self, id: &str, reader: impl Read + Send + 'static) {
        lock(&self.0).insert(id.into(), Arc::new(Mutex::new(Stream::new(reader))));
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<Mutex<Stream>>> {
        lock(&self.0).get(id).cloned()
    }

    /// The stream at a path, opened if it is not yet. Opening a pipe waits for its writer.
    pub(super) fn open(&self, id: &str, path: &Path) -> Result<Arc<Mutex<Stream>>, SourceError> {
        let mut streams = lock(&self.0);
        if let Some(stream) = streams.get(id) {
            return Ok(Arc::clone(stream));
        }
        let file = File::open(path).map_err(|error| SourceError::from_io(id, error))?;
        let stream = Arc::new(Mutex::new(Stream::new(file)));
        streams.insert(id.into(), Arc::clone(&stream));
        Ok(stream)
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
    reader: Box<dyn Read + Send>,
    last: Option<(u64, Page)>,
    next: u64,
    ended: bool,
    /// Bytes of the next page that were read before an error.
    filled: Vec<u8>,
}

impl Stream {
    fn new(reader: impl Read + Send + 'static) -> Self {
        Self {
            reader: Box::new(reader),
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
        let room = size.page.saturating_sub(self.filled.len());
        // What was read before an error stays in `filled`.
        let filled = self
            .reader
            .by_ref()
            .take(room as u64)
            .read_to_end(&mut self.filled);
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
    use std::io;

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

    fn chunks(page: &Page) -> Vec<(u64, &[u8], bool)> {
        page.payloads
            .iter()
            .map(|payload| (payload.offset, &*payload.chunk, payload.last))
            .collect()
    }

    #[test]
    fn a_stream_gives_pages_in_order_and_the_last_one_again() {
        let mut stream = Stream::new(&b"abcdef"[..]);
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
        let mut stream = Stream::new(&b"abcd"[..]);
        assert!(matches!(ask(&mut stream, 0).unwrap().next, Next::More(_)));
        assert_eq!(chunks(&ask(&mut stream, 4).unwrap()), [(4, &b""[..], true)]);
    }

    #[test]
    fn what_was_read_before_an_error_is_not_lost() {
        struct Failing(usize);
        impl Read for Failing {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    2 => Err(io::ErrorKind::TimedOut.into()),
                    1 | 3 => {
                        buffer[0] = b'0' + u8::try_from(self.0).unwrap();
                        Ok(1)
                    }
                    _ => Ok(0),
                }
            }
        }
        let mut stream = Stream::new(Failing(0));
        assert!(ask(&mut stream, 0).unwrap_err().is_retryable());
        assert_eq!(chunks(&ask(&mut stream, 0).unwrap()), [(0, &b"13"[..], true)]);
    }
}
