//! A demonstration: made-up data, a clock that hurries through the last day and then keeps the real time.

mod stories;
mod world;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use firstsight_daemon::{Clock as _, Daemon, DrivenClock};
use firstsight_engine::{Hour, Time};
use tempfile::TempDir;

use crate::args::Args;
use crate::clock::WallClock;
use crate::failure::Failure;
use world::{Stop, World};

/// The days that are there before anything is judged: the baseline's, and one more.
const DAYS: i64 = 15;

/// So many hours are judged one after the other while one watches.
const WATCHED: i64 = 30;

/// The attack happens so many hours before the last one that is judged: what it opened is still open, and who tells of it has been heard.
const ATTACK: i64 = 4;

/// A run starts 10 minutes behind its tick (`settle`), and up to 30 seconds later (`jitter`): by then it has begun, in milliseconds.
const BEGUN: i64 = 11 * 60_000;

/// How often the clock follows the machine's.
const BEAT: Duration = Duration::from_millis(500);

/// A demonstration that is about to be shown.
pub(crate) struct Demo {
    pub(crate) clock: Arc<DrivenClock>,
    world: World,
    config: PathBuf,
    states: PathBuf,
    /// The tick of the hour of the attack.
    attack: Hour,
}

/// A folder of its own, for its owner alone.
pub(crate) fn folder() -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new().prefix("firstsight-demo-").tempdir();
    folder.map_err(|error| Failure::Failed(format!("--demo: cannot make a temporary folder: {error}")))
}

/// Leaves nothing behind.
pub(crate) fn remove(folder: TempDir) {
    let path = folder.path().to_owned();
    if let Err(error) = folder.close() {
        tracing::warn!(%error, "the demonstration's folder {} is left: remove it", path.display());
    }
}

impl Demo {
    /// Writes the data that is there before anything is judged; `None` where somebody asked to stop meanwhile.
    pub(crate) async fn make(
        folder: &Path,
        port: u16,
        stopped: impl Future<Output = ()>,
    ) -> Result<Option<Self>, Failure> {
        tell("writing two weeks of made-up CloudTrail of three accounts …")?;
        let last = WallClock.now().plus_millis(-BEGUN).hour();
        let attack = last.plus(-ATTACK);
        let begin = last.plus(-WATCHED);
        let mut world = World::new(folder, begin.plus(-24 * DAYS), attack)?;
        let config = folder.join("firstsight.toml");
        std::fs::write(&config, configuration(port)).map_err(cannot_write(&config))?;
        let clock = Arc::new(DrivenClock::new(begin.start()));
        let written = unless(stopped, &mut world, begin.start()).await?;
        Ok(written.then(|| Self {
            clock,
            world,
            config,
            states: folder.join("states"),
            attack,
        }))
    }

    /// The arguments of the daemon that is shown.
    pub(crate) fn args(&self, args: &Args) -> Args {
        Args {
            config: Some(self.config.clone()),
            states: Some(self.states.clone()),
            ..args.clone()
        }
    }

    /// Hurries to the present, and stays with it.
    pub(crate) async fn run(
        mut self,
        daemon: &Arc<Daemon>,
        address: Option<SocketAddr>,
    ) -> Result<(), Failure> {
        let page = address
            .map(|address| format!("http://{address}/"))
            .unwrap_or_default();
        tell(&format!(
            "the page: {page}\nit is live: open it now to see the last {WATCHED} hours being judged one by one"
        ))?;
        self.hurry(daemon).await?;
        tell(&introduction(&page))?;
        loop {
            let now = WallClock.now();
            self.advance(now).await?;
            tokio::time::sleep(BEAT).await;
        }
    }

    async fn hurry(&mut self, daemon: &Arc<Daemon>) -> Result<(), Failure> {
        loop {
            daemon.idle().await;
            let tick = self.clock.now().hour();
            if tick == self.attack.plus(1) {
                stories::tell(daemon).await;
            }
            let next = tick.plus(1).start().plus_millis(BEGUN);
            if next > WallClock.now() {
                return Ok(());
            }
            self.advance(next).await?;
        }
    }

    /// Delivers what is delivered until then, and moves the clock there.
    async fn advance(&mut self, now: Time) -> Result<(), Failure> {
        self.world.deliver(now, &Stop::default()).await?;
        self.clock.set(now);
        Ok(())
    }
}

/// Delivers, until somebody asks to stop; whether everything is there.
async fn unless(stopped: impl Future<Output = ()>, world: &mut World, until: Time) -> Result<bool, Failure> {
    let stop = Stop::default();
    let writing = world.deliver(until, &stop);
    tokio::pin!(writing);
    tokio::select! {
        written = &mut writing => written.map(|()| true),
        () = stopped => {
            stop.ask();
            writing.await.map(|()| false)
        }
    }
}

/// Two inspections, and a sink that takes everything. Faults are closed sooner than usual, so that one sees it.
fn configuration(port: u16) -> String {
    format!(
        "\
[inspections.payments]
source = {{ kind = \"files\", paths = [\"data/AWSLogs/111122223333\"] }}
absorb_after = \"6h\"

[inspections.platform]
source = {{ kind = \"files\", paths = [\"data/AWSLogs/444455556666\", \"data/AWSLogs/777788889999\"] }}
absorb_after = \"6h\"

[sinks.file]
kind = \"json\"
path = \"events.ndjson\"

[server]
bind = \"127.0.0.1:{port}\"
"
    )
}

fn introduction(page: &str) -> String {
    format!(
        "
caught up. From here on the clock is yours, and each hour brings new data.

  {page}             the overview: a key of a build user was used from elsewhere {ATTACK} hours ago
  {page}events       what was told: open the event of that hour, for what was never seen before, and why
  {page}clusters     the known world: one cluster is acknowledged there, and another one is muted
  {page}inspections  what ran, what it read, and why there was no finding
  {page}keys         access keys: the leaked one is among them

Ctrl-C ends it and removes everything."
    )
}

fn tell(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let said = writeln!(out, "{text}").and_then(|()| out.flush());
    said.map_err(|error| Failure::Failed(format!("--demo: cannot write to standard output: {error}")))
}

fn cannot_write(path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    move |error| Failure::Failed(format!("--demo: cannot write {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_has_neither_mistakes_nor_doubts() {
        let config = firstsight_config::parse_with("demo", &configuration(0), &[]).unwrap();
        assert_eq!(config.inspections.len(), 2);
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    }
}
