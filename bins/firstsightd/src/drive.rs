//! A clock that is set by lines on standard input, for simulations.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use firstsight_daemon::{Clock as _, Daemon, DrivenClock};
use firstsight_engine::Time;
use tokio::sync::mpsc;

use crate::failure::Failure;

/// Where times come from.
pub(crate) struct Drive {
    lines: mpsc::Receiver<std::io::Result<String>>,
    pub(crate) clock: Arc<DrivenClock>,
}

impl Drive {
    /// The first line is the time at which everything begins.
    pub(crate) async fn begin() -> Result<Self, Failure> {
        let (read, mut lines) = mpsc::channel(1);
        // Reading cannot be called off: a thread of its own keeps nobody waiting at the end.
        std::thread::spawn(move || {
            let mut lines = std::io::stdin().lock().lines();
            while lines.next().is_some_and(|line| read.blocking_send(line).is_ok()) {}
        });
        let first = next(&mut lines).await?;
        let first =
            first.ok_or_else(|| Failure::Usage("--drive: standard input names no time".to_owned()))?;
        Ok(Self {
            lines,
            clock: Arc::new(DrivenClock::new(first)),
        })
    }

    /// Sets the clock by line, and says when everything that is due is done. Ends with the input.
    pub(crate) async fn run(&mut self, daemon: &Daemon) -> Result<(), Failure> {
        loop {
            daemon.idle().await;
            say("idle", self.clock.now())?;
            match next(&mut self.lines).await? {
                Some(time) => self.clock.set(time),
                None => return Ok(()),
            }
        }
    }
}

async fn next(lines: &mut mpsc::Receiver<std::io::Result<String>>) -> Result<Option<Time>, Failure> {
    let failed = |said: String| Failure::Failed(format!("--drive: {said}"));
    let Some(line) = lines.recv().await else {
        return Ok(None);
    };
    let line = line.map_err(|error| failed(error.to_string()))?;
    let time = line.trim().parse();
    time.map(Some).map_err(|_| failed(format!("{line:?} is no time")))
}

/// Tells the simulation that something is done.
pub(crate) fn say(what: &str, now: Time) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let said = writeln!(out, "{what} {now}").and_then(|()| out.flush());
    said.map_err(|error| Failure::Failed(format!("--drive: cannot write to standard output: {error}")))
}
