//! A demonstration: made-up data, a clock that hurries through the last day and then keeps the real time.

mod people;
mod plot;
mod said;
mod world;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use firstsight_daemon::{Clock as _, Daemon, DrivenClock};
use firstsight_engine::{Hour, Time};
use tempfile::TempDir;

use crate::args::Args;
use crate::clock::WallClock;
use crate::failure::Failure;
use plot::Plot;
use said::{Told, introduction, say};
use world::{Stop, World};

/// The days that are there before anything is judged: the baseline's, and one more.
const DAYS: i64 = 15;

/// So many hours are judged one after the other while one watches.
const WATCHED: i64 = 30;

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
    /// The hour of the attack.
    attack: Hour,
}

/// A folder of its own, for its owner alone.
pub(crate) fn folder() -> Result<TempDir, Failure> {
    let folder = tempfile::Builder::new().prefix("firstsight-demo-").tempdir();
    folder.map_err(|error| Failure::Failed(format!("--demo: cannot make a temporary folder: {error}")))
}

/// Leaves nothing behind. Where files are slow to remove this takes seconds: it is told.
pub(crate) async fn remove(folder: TempDir) {
    let path = folder.path().to_owned();
    // Who stopped it may not listen any more.
    let _ = say("removing the demonstration's files …");
    let removed = tokio::task::spawn_blocking(|| folder.close()).await;
    let removed = removed.map_err(std::io::Error::other).flatten();
    if let Err(error) = removed {
        tracing::error!(%error, "the demonstration's folder {} is left: remove it", path.display());
    }
}

/// A port that is taken is told before anything is written.
pub(crate) fn port(port: u16) -> Result<(), Failure> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    bound.map(drop).map_err(|error| {
        Failure::Failed(format!(
            "cannot serve 127.0.0.1:{port}: {error}; choose another port with --port, 0 for any that is free"
        ))
    })
}

impl Demo {
    /// Writes the data that is there before anything is judged; `None` where somebody asked to stop meanwhile.
    pub(crate) async fn make(
        folder: &Path,
        port: u16,
        stopped: impl Future<Output = ()>,
    ) -> Result<Option<Self>, Failure> {
        say("writing two weeks of made-up CloudTrail of three accounts …")?;
        let last = WallClock.now().plus_millis(-BEGUN).hour();
        let begin = last.plus(-WATCHED);
        let plot = Plot::before(last);
        let attack = plot.attack;
        let mut world = World::new(folder, begin.plus(-24 * DAYS), plot)?;
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
        say(&format!(
            "the page: {page}\nit is live: open it now to see the last {WATCHED} hours being judged one by one"
        ))?;
        let attack = self.hurry(daemon).await?;
        say(&introduction(&page, attack.as_deref()))?;
        loop {
            let now = WallClock.now();
            self.advance(now).await?;
            tokio::time::sleep(BEAT).await;
        }
    }

    /// Hour by hour to the present; the event of the attack.
    async fn hurry(&mut self, daemon: &Arc<Daemon>) -> Result<Option<String>, Failure> {
        let (mut told, mut found) = (Told::default(), None);
        loop {
            daemon.idle().await;
            let tick = self.clock.now().hour();
            told.hour(daemon, tick.start()).await?;
            if tick == self.attack.plus(1) {
                found = people::act(daemon).await;
            }
            let next = tick.plus(1).start().plus_millis(BEGUN);
            if next > WallClock.now() {
                return Ok(found);
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

/// Three inspections, and a sink that takes everything. Faults are closed sooner than usual, so that one sees it.
fn configuration(port: u16) -> String {
    format!(
        "\
[inspections.payments]
source = {{ kind = \"files\", paths = [\"data/AWSLogs/111122223333\"] }}
absorb_after = \"6h\"

[inspections.platform]
source = {{ kind = \"files\", paths = [\"data/AWSLogs/444455556666\"] }}
absorb_after = \"6h\"

[inspections.sandbox]
source = {{ kind = \"files\", paths = [\"data/AWSLogs/777788889999\"] }}
absorb_after = \"6h\"

[sinks.file]
kind = \"json\"
path = \"events.ndjson\"

[server]
bind = \"127.0.0.1:{port}\"
"
    )
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
        assert_eq!(config.inspections.len(), 3);
        assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    }
}
