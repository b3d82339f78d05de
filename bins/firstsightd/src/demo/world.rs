//! Made-up CloudTrail, delivered as time goes by.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use firstsight_engine::{Hour, Time};
use firstsight_sample::{Sample, SampleConfig, SampleFile, write};

use super::plot::Plot;
use crate::failure::Failure;

/// The sample's seed: everybody sees the same hours of a week.
const SEED: u64 = 1;

/// Ends what is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(crate) fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The accounts, and what of their trails has been delivered.
pub(crate) struct World {
    sample: Arc<Sample>,
    plot: Plot,
    folder: PathBuf,
    /// The first hour that has not ended yet.
    next: Hour,
    /// Files of hours that have ended which come later.
    late: Vec<SampleFile>,
}

impl World {
    /// A world that begins at an hour.
    pub(crate) fn new(folder: &Path, begin: Hour, plot: Plot) -> Result<Self, Failure> {
        let config = SampleConfig::new(SEED, plot.attack.plus(1));
        let sample = Sample::new(config).map_err(|error| Failure::Failed(format!("--demo: {error}")))?;
        Ok(Self {
            sample: Arc::new(sample),
            plot,
            folder: folder.join("data"),
            next: begin,
            late: Vec::new(),
        })
    }

    /// Writes every file that is delivered until then and has not been; or fewer, where it is stopped.
    pub(crate) async fn deliver(&mut self, until: Time, stop: &Stop) -> Result<(), Failure> {
        if self.next.plus(1).start() > until && self.late.iter().all(|file| file.delivered > until) {
            return Ok(());
        }
        let (sample, plot) = (Arc::clone(&self.sample), self.plot.clone());
        let (folder, stop) = (self.folder.clone(), stop.clone());
        let (next, late) = (self.next, std::mem::take(&mut self.late));
        let task = tokio::task::spawn_blocking(move || {
            let mut held = Vec::new();
            let hours = (next.index()..).map(Hour::from_index);
            let ended = hours.take_while(|hour| hour.plus(1).start() <= until);
            let files = late
                .into_iter()
                .chain(ended.flat_map(|hour| plot.files_of(&sample, hour)))
                .take_while(|_| !stop.is_asked())
                .filter_map(|file| {
                    if file.delivered <= until {
                        return Some(file);
                    }
                    held.push(file);
                    None
                });
            write(files, &folder, true, |_, _| ()).map(|_| held)
        });
        let failed = |error: &dyn std::fmt::Display| Failure::Failed(format!("--demo: {error}"));
        let written = task.await.map_err(|error| failed(&error))?;
        self.late = written.map_err(|error| failed(&error))?;
        self.next = self.next.max(until.hour());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(folder: &Path) -> usize {
        let pattern = folder.to_owned();
        walk(&pattern)
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "how many there are does not depend on their order"
    )]
    fn walk(folder: &Path) -> usize {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return 0;
        };
        let count = |entry: std::io::Result<std::fs::DirEntry>| {
            let path = entry.unwrap().path();
            if path.is_dir() { walk(&path) } else { 1 }
        };
        entries.map(count).sum()
    }

    #[tokio::test]
    async fn files_come_when_they_are_delivered_and_once() {
        let folder = tempfile::tempdir().unwrap();
        let begin = Hour::from_index(490_000);
        let stop = Stop::default();
        let mut world = World::new(folder.path(), begin, Plot::before(begin.plus(40))).unwrap();
        let files = world.sample.files_of(begin);
        let all = files.len();
        world.deliver(begin.start(), &stop).await.unwrap();
        assert_eq!(count(folder.path()), 0, "the hour has not ended");
        let soon = begin.plus(1).start().plus_millis(600_000);
        let prompt = files.iter().filter(|file| file.delivered <= soon).count();
        assert!(prompt > 0 && prompt < all, "{prompt} of {all}: some are late");
        world.deliver(soon, &stop).await.unwrap();
        assert_eq!(count(folder.path()), prompt);
        world.deliver(soon, &stop).await.unwrap();
        assert_eq!(count(folder.path()), prompt);
        world
            .deliver(begin.plus(2).start().plus_millis(-1), &stop)
            .await
            .unwrap();
        assert_eq!(count(folder.path()), all);
    }

    #[tokio::test]
    async fn what_is_stopped_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let begin = Hour::from_index(490_000);
        let mut world = World::new(folder.path(), begin, Plot::before(begin)).unwrap();
        let stop = Stop::default();
        stop.ask();
        world.deliver(begin.plus(1_000_000).start(), &stop).await.unwrap();
        assert_eq!(count(folder.path()), 0);
    }
}
