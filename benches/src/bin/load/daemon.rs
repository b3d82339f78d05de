//! The daemon under load: its process, its memory, and runs that follow each other.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use firstsight_cloudtrail::Hour;
use reqwest::{Client, StatusCode};
use serde_json::Value;

use crate::state::DAILY;
use crate::world::{self, ACCOUNTS, Occurrence, Way, mixed};
use crate::{INSPECTION, Outcome};

/// So long the daemon may take to be ready.
const READY: Duration = Duration::from_secs(60);
/// So often it is asked how far it is.
const LOOK: Duration = Duration::from_millis(100);

/// A started daemon. It is killed when this is dropped.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) url: String,
}

/// A process's memory, in KiB, as the kernel tells it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Memory {
    /// In use now.
    pub(crate) now: u64,
    /// Of that, what the process holds for itself (not pages of files, which the kernel may take back).
    pub(crate) own: u64,
    /// The most since the start.
    pub(crate) peak: u64,
}

impl Daemon {
    /// Starts it over a folder, and waits until it is ready.
    pub(crate) async fn start(program: &Path, folder: &Path, client: &Client) -> Outcome<Self> {
        let log = folder.join("log");
        let child = Command::new(program)
            .args(["--log-format", "json", "--bind", "127.0.0.1:0", "--config"])
            .arg(folder.join("firstsight.toml"))
            .arg("--states")
            .arg(folder.join("states"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(&log)?)
            .spawn()
            .map_err(|error| format!("cannot start {}: {error}", program.display()))?;
        let mut daemon = Self {
            child,
            url: String::new(),
        };
        let limit = Instant::now() + READY;
        while !daemon.is_ready(&log, client).await? {
            if Instant::now() > limit {
                return Err(format!(
                    "it is not ready after {} s: see {}",
                    READY.as_secs(),
                    log.display()
                )
                .into());
            }
            tokio::time::sleep(LOOK).await;
        }
        Ok(daemon)
    }

    async fn is_ready(&mut self, log: &Path, client: &Client) -> Outcome<bool> {
        if let Some(ended) = self.child.try_wait()? {
            return Err(format!("the daemon has ended ({ended}): see {}", log.display()).into());
        }
        let log = std::fs::read_to_string(log)?;
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut said =
            lines.filter_map(|line| Some(line["message"].as_str()?.strip_prefix("serving ")?.to_owned()));
        let Some(url) = said.next() else {
            return Ok(false);
        };
        let answer = client.get(format!("{url}/readyz")).send().await;
        self.url = url;
        Ok(answer.is_ok_and(|answer| answer.status().is_success()))
    }

    /// What it holds now.
    pub(crate) fn memory(&self) -> Outcome<Memory> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let number = line.and_then(|line| line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().ok());
            number.ok_or_else(|| format!("the kernel tells no {name}"))
        };
        Ok(Memory {
            now: field("VmRSS")?,
            own: field("RssAnon")?,
            peak: field("VmHWM")?,
        })
    }

    /// Seconds of processor time that it has used.
    pub(crate) fn used(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> = stat.rsplit(") ").next().unwrap_or_default().split(' ').collect();
        // User and system time, in ticks of 10 ms (proc_pid_stat(5); USER_HZ is 100 on Linux).
        let ticks = |place: usize| fields.get(place).and_then(|field| field.parse::<f64>().ok());
        let ticks = ticks(11)
            .zip(ticks(12))
            .ok_or("the kernel tells no processor time")?;
        Ok((ticks.0 + ticks.1) / 100.0)
    }

    /// Asks it to stop, and waits.
    pub(crate) fn stop(mut self) -> Outcome<()> {
        Command::new("kill").arg(self.child.id().to_string()).status()?;
        let ended = self.child.wait()?;
        if ended.success() {
            return Ok(());
        }
        Err(format!("the daemon ended with {ended}").into())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Nothing is left of one that was stopped.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the runs of a measurement did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Runs {
    pub(crate) ended: u64,
    pub(crate) records: u64,
    pub(crate) new_events: u64,
    /// How long one of them went on.
    pub(crate) time: Duration,
}

/// Files that were made beforehand, a batch a run.
pub(crate) struct Input {
    waiting: Vec<Vec<PathBuf>>,
    trail: PathBuf,
}

/// How much a run is given: records, and of a hundred of them so many errors.
const RECORDS: u64 = 40_000;
const FILES: u64 = 40;
const ERRORS: u64 = 25;
/// And of a thousand errors so many that nobody has seen before.
const NEW: u64 = 5;

impl Input {
    /// Makes input for so many runs: records of the hour that has ended last. `known` is how many ways are known.
    pub(crate) fn make(folder: &Path, runs: usize, known: usize, hour: Hour) -> Outcome<Self> {
        let trail = folder.join("trail");
        std::fs::create_dir_all(&trail)?;
        let staged = folder.join("staged");
        std::fs::create_dir_all(&staged)?;
        let mut input = Self {
            waiting: Vec::new(),
            trail,
        };
        for run in 0..runs {
            let files = (0..FILES).map(|file| {
                let path = staged.join(format!("{run:04}-{file:02}.json"));
                std::fs::File::create(&path)?.write_all(&body(run as u64 * FILES + file, known, hour))?;
                Ok::<_, std::io::Error>(path)
            });
            input.waiting.push(files.collect::<Result<_, _>>()?);
        }
        input.waiting.reverse();
        Ok(input)
    }

    /// Gives the daemon the next batch.
    fn give(&mut self) -> Outcome<()> {
        let files = self
            .waiting
            .pop()
            .ok_or("the input for runs has run out: the machine is faster than expected")?;
        for file in files {
            let name = file.file_name().ok_or("a file has a name")?;
            std::fs::rename(&file, self.trail.join(name))?;
        }
        Ok(())
    }
}

fn body(file: u64, known: usize, hour: Hour) -> Vec<u8> {
    let records = RECORDS / FILES;
    world::file((0..records).map(|place| {
        let id = (1 << 56) + file * records + place;
        let bits = mixed(id);
        let is_error = bits % 100 < ERRORS;
        let is_new = (bits >> 8) % 1_000 < NEW;
        // What fails in an hour has mostly failed in the hours and days before.
        let (first, among) = if is_new { (known, known) } else { (0, DAILY) };
        let number = first + ((bits >> 20) % among as u64) as usize;
        let occurrence = Occurrence {
            id,
            account: number % ACCOUNTS,
            time: world::within(hour, id),
        };
        (is_error.then(|| Way::of(number)), occurrence)
    }))
}

/// Runs the inspection again and again until the deadline, with new input each time.
pub(crate) async fn run_on(
    client: Client,
    url: String,
    mut input: Input,
    until: Instant,
) -> Result<Runs, String> {
    let mut runs = Runs::default();
    while Instant::now() < until {
        let begun = Instant::now();
        input.give().map_err(|error| error.to_string())?;
        let record = one(&client, &url).await.map_err(|error| error.to_string())?;
        if record["outcome"] != "ok" {
            return Err(format!("a run did not end well: {record}"));
        }
        runs.ended += 1;
        runs.records += record["counts"]["records"].as_u64().unwrap_or_default();
        runs.new_events += record["counts"]["new_events"].as_u64().unwrap_or_default();
        runs.time += begun.elapsed();
    }
    Ok(runs)
}

/// Starts a run, and waits for what becomes of it.
async fn one(client: &Client, url: &str) -> Outcome<Value> {
    let started = loop {
        let asked = client.post(format!("{url}/api/v1/inspections/{INSPECTION}/run"));
        let answer = asked.send().await?;
        // One goes on by its schedule: an hour has just ended.
        if answer.status() != StatusCode::CONFLICT {
            break answer;
        }
        tokio::time::sleep(LOOK).await;
    };
    let started: Value = serde_json::from_slice(&started.error_for_status()?.bytes().await?)?;
    let id = started["run"]
        .as_str()
        .ok_or("a run that was started has an id")?;
    loop {
        tokio::time::sleep(LOOK).await;
        let asked = client.get(format!("{url}/api/v1/inspections/{INSPECTION}/runs?limit=1"));
        let runs: Value = serde_json::from_slice(&asked.send().await?.error_for_status()?.bytes().await?)?;
        let last = &runs["items"][0];
        if last["id"] == id && last["outcome"] != "running" {
            return Ok(last.clone());
        }
    }
}
