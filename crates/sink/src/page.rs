//! A rendered page that stands for all the events of a run.

use std::io;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::{Delivery, Event, Sink, SinkError};

/// A page that was rendered from a [`Report`](crate::Report) and holds every event that is delivered through it: it is
/// written once, before the first event is called delivered.
pub struct PageSink<F> {
    name: String,
    text: String,
    write: F,
    written: Mutex<bool>,
}

impl<F> std::fmt::Debug for PageSink<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageSink")
            .field("name", &self.name)
            .field("bytes", &self.text.len())
            .finish_non_exhaustive()
    }
}

impl<F> PageSink<F>
where
    F: Fn(&str) -> io::Result<()>,
{
    /// A page, and how to write it.
    pub fn new(name: &str, text: String, write: F) -> Self {
        Self {
            name: name.to_owned(),
            text,
            write,
            written: Mutex::new(false),
        }
    }

    /// Writes the page, unless it has been written.
    ///
    /// # Errors
    /// [`SinkError::Closed`] when nobody reads on, [`SinkError::Unavailable`] when it cannot be written; a later call
    /// writes it from its start.
    pub fn write(&self) -> Result<(), SinkError> {
        let mut written = self.written.lock().unwrap_or_else(PoisonError::into_inner);
        if !*written {
            (self.write)(&self.text).map_err(|error| self.failed(error))?;
            *written = true;
        }
        Ok(())
    }

    fn failed(&self, error: io::Error) -> SinkError {
        let sink = self.name.clone();
        match error.kind() {
            io::ErrorKind::BrokenPipe => SinkError::Closed { sink },
            _ => SinkError::Unavailable {
                sink,
                retry_after: None,
                source: Box::new(error),
            },
        }
    }
}

#[async_trait]
impl<F> Sink for PageSink<F>
where
    F: Fn(&str) -> io::Result<()> + Send + Sync,
{
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn idempotent(&self) -> bool {
        true
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        self.write()?;
        Ok(events.iter().map(|_| Delivery::Delivered).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn is_written_once_and_before_anything_is_delivered() {
        let calls = AtomicU32::new(0);
        let sink = PageSink::new("page", "text".to_owned(), |_: &str| {
            if calls.fetch_add(1, Ordering::Relaxed) == 0 {
                Err(io::Error::other("full"))
            } else {
                Ok(())
            }
        });
        assert!(sink.deliver(&[]).await.unwrap_err().is_retryable());
        assert_eq!(sink.deliver(&[]).await.unwrap(), Vec::new());
        assert!(sink.write().is_ok());
        assert_eq!(calls.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn a_closed_pipe_is_no_failure_of_ours() {
        let sink = PageSink::new("page", String::new(), |_: &str| {
            Err(io::ErrorKind::BrokenPipe.into())
        });
        assert!(matches!(sink.write(), Err(SinkError::Closed { .. })));
    }
}
