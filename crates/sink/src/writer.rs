//! One writer, shared by calls, and what its errors mean.

use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use crate::error::SinkError;

/// A writer behind a lock. Each text goes out whole and flushed, or fails.
pub(crate) struct Shared<W> {
    state: Mutex<State<W>>,
}

struct State<W> {
    writer: W,
    /// Whether the last text may have been written in part: the next one starts on a line of its own.
    torn: bool,
}

impl<W: Write> Shared<W> {
    pub(crate) const fn new(writer: W) -> Self {
        Self {
            state: Mutex::new(State { writer, torn: false }),
        }
    }

    pub(crate) fn write(&self, sink: &str, text: &str) -> Result<(), SinkError> {
        if text.is_empty() {
            return Ok(());
        }
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let written = state.write(text);
        state.torn |= written.is_err();
        written.map_err(|error| SinkError::from_io(sink, error))
    }
}

impl<W: Write> State<W> {
    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.torn {
            self.writer.write_all(b"\n")?;
            self.torn = false;
        }
        self.writer.write_all(text.as_bytes())?;
        self.writer.flush()
    }
}
