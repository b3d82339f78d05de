//! A page that is written anew with each event.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use crate::event::Event;
use crate::rendering::Rendering;
use crate::{Delivery, Sink, SinkError};

/// How many events a page keeps; the oldest give way.
const MOST_EVENTS: usize = 200;

type Replace = dyn Fn(&str) -> io::Result<()> + Send + Sync;

/// Events as one page that is replaced with each delivery: the last 200 that were delivered through this sink, the
/// latest first. Idempotent: an event delivered again replaces itself.
///
/// The page starts empty with each new sink.
pub struct HtmlSink {
    name: String,
    rendering: Rendering,
    replace: Box<Replace>,
    events: Mutex<Vec<Event>>,
}

impl HtmlSink {
    /// Gives each new page, whole, to `replace`; `name` is for people.
    pub fn new(
        name: impl Into<String>,
        replace: impl Fn(&str) -> io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            rendering: Rendering::default(),
            replace: Box::new(replace),
            events: Mutex::default(),
        }
    }

    /// With reasons in a language, and with or without the records of samples.
    #[must_use]
    pub fn rendering(self, rendering: Rendering) -> Self {
        Self { rendering, ..self }
    }

    /// Keeps the page in a file, see [`replace_file`].
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        Self::new(path.display().to_string(), move |page| replace_file(&path, page))
    }
}

impl fmt::Debug for HtmlSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HtmlSink")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Sink for HtmlSink {
    fn describe(&self) -> String {
        self.name.clone()
    }

    fn idempotent(&self) -> bool {
        true
    }

    async fn deliver(&self, events: &[Event]) -> Result<Vec<Delivery>, SinkError> {
        let mut kept = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let next = merged(&kept, events);
        if !events.is_empty() {
            (self.replace)(&super::render_events_with(&next, self.rendering))
                .map_err(|error| SinkError::from_io(self.name.as_str(), error))?;
        }
        *kept = next;
        Ok(vec![Delivery::Delivered; events.len()])
    }
}

/// What the page shows after these events: one with a known id takes its place, others follow.
fn merged(kept: &[Event], events: &[Event]) -> Vec<Event> {
    let mut next = kept.to_vec();
    for event in events {
        match next.iter_mut().find(|known| known.id == event.id) {
            Some(known) => known.clone_from(event),
            None => next.push(event.clone()),
        }
    }
    let surplus = next.len().saturating_sub(MOST_EVENTS);
    next.split_off(surplus)
}

/// Replaces a file as a whole: a reader sees the old text or the new one, never a part. The new text is written and
/// synced under a name of its own in the same folder (`.NAME.new`), then renamed.
///
/// One process at a time may write a path.
///
/// # Errors
/// When the folder cannot be written or the path names no file; the old file is left as it was.
pub fn replace_file(path: &Path, text: &str) -> io::Result<()> {
    let name = path
        .file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"))?;
    let mut new = std::ffi::OsString::from(".");
    new.push(name);
    new.push(".new");
    let new = path.with_file_name(new);
    let replaced = write_new(&new, text).and_then(|()| fs::rename(&new, path));
    if replaced.is_err() {
        // What is left of the attempt is of no use; the first error is the one to tell.
        let _ = fs::remove_file(&new);
    }
    replaced
}

/// Writes a file that did not exist: whatever a crash left under the name, or a link put there, goes first.
fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
