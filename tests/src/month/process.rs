//! The daemon as a process whose clock is driven: started, told the time, stopped, killed.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use firstsight_engine::Time;
use serde_json::Value;

/// The daemon answers within this, or something hangs.
const PATIENCE: Duration = Duration::from_secs(120);
/// A stop takes so long at most: what the daemon promises.
const STOP: Duration = Duration::from_secs(10);

/// What is heard of a daemon.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A line of its standard output.
    Said(String),
    /// Its standard output has ended, and so has the process.
    Closed,
    /// A run has begun.
    Begun,
    /// Where it serves.
    Serving(String),
    /// The far side of the webhook was sent something, and the daemon is to be killed before there is an answer.
    Struck,
}

/// Where a daemon is started.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The program.
    pub(crate) program: PathBuf,
    /// The configuration stands here, the states lie here, and the log is written here.
    pub(crate) folder: PathBuf,
}

/// A daemon that runs.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    input: ChildStdin,
    heard: Receiver<Heard>,
    /// Where it serves.
    pub(crate) url: String,
}

/// What a process holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// Resident memory, in KiB.
    pub(crate) memory: u64,
    pub(crate) threads: u64,
    pub(crate) files: u64,
    /// Processes that it has started.
    pub(crate) children: u64,
}

impl Process {
    /// Starts a daemon at this time and waits until it has done what is due. Gives where it can be told that it is struck, too.
    pub(crate) fn start(place: &Place, now: Time) -> (Self, Sender<Heard>) {
        let mut child = Command::new(&place.program)
            .env_clear()
            .args(["--drive", "--log-format", "json", "--config"])
            .arg(place.folder.join("firstsight.toml"))
            .arg("--states")
            .arg(place.folder.join("states"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the daemon can be started");
        let (say, heard) = channel();
        let output = child.stdout.take().expect("it is piped");
        listen(output, say.clone(), |line, say| {
            let _ = say.send(line.map_or(Heard::Closed, |line| Heard::Said(line.to_owned())));
        });
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(place.folder.join("log"));
        let mut log = log.expect("the log can be written");
        let errors = child.stderr.take().expect("it is piped");
        listen(errors, say.clone(), move |line, say| {
            let Some(line) = line else { return };
            let _ = writeln!(log, "{line}");
            if let Some(heard) = told(line) {
                let _ = say.send(heard);
            }
        });
        let input = child.stdin.take().expect("it is piped");
        let url = String::new();
        let mut process = Self {
            child,
            input,
            heard,
            url,
        };
        process.set(now);
        (process, say)
    }

    /// Moves the clock, and waits for nothing.
    pub(crate) fn set(&mut self, now: Time) {
        writeln!(self.input, "{now}").expect("the daemon reads the time");
    }

    /// The next that is heard; `None` when it has ended.
    pub(crate) fn hear(&mut self) -> Option<Heard> {
        let heard = match self.heard.recv_timeout(PATIENCE) {
            Ok(Heard::Closed) | Err(RecvTimeoutError::Disconnected) => return None,
            Ok(heard) => heard,
            Err(RecvTimeoutError::Timeout) => panic!("the daemon has said nothing for {PATIENCE:?}"),
        };
        if let Heard::Serving(url) = &heard {
            self.url.clone_from(url);
        }
        Some(heard)
    }

    /// What is heard next, if something was said already.
    pub(crate) fn hear_now(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(
            sent.expect("signals can be sent").success(),
            "SIG{name} was not sent"
        );
    }

    /// Kills it, and waits for its end.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it has ended");
    }

    /// Asks it to stop; what was wrong with how it ended.
    pub(crate) fn stop(mut self) -> Result<(), String> {
        let asked = Instant::now();
        self.signal("TERM");
        loop {
            match self.heard.recv_timeout(STOP.saturating_sub(asked.elapsed())) {
                Ok(Heard::Closed) | Err(RecvTimeoutError::Disconnected) => break,
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    self.kill();
                    return Err(format!("not stopped {STOP:?} after SIGTERM"));
                }
            }
        }
        let ended = self.child.wait().expect("it has ended");
        match ended.code() {
            Some(0) => Ok(()),
            _ => Err(format!("stopped with {ended}")),
        }
    }

    /// What it holds now, as the kernel tells (Linux; elsewhere nothing is known).
    pub(crate) fn footprint(&self) -> Footprint {
        let proc = Path::new("/proc").join(self.child.id().to_string());
        let status = std::fs::read_to_string(proc.join("status")).unwrap_or_default();
        let number = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            let words = line.and_then(|line| line.split_whitespace().next());
            words.and_then(|word| word.parse().ok()).unwrap_or_default()
        };
        let task = proc.join(format!("task/{}/children", self.child.id()));
        let children = std::fs::read_to_string(task).unwrap_or_default();
        Footprint {
            memory: number("VmRSS:"),
            threads: number("Threads:"),
            files: count(&proc.join("fd")),
            children: children.split_whitespace().count() as u64,
        }
    }
}

/// Reads lines on a thread of their own; `None` tells the end.
fn listen(
    from: impl Read + Send + 'static,
    say: Sender<Heard>,
    mut tell: impl FnMut(Option<&str>, &Sender<Heard>) + Send + 'static,
) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            tell(Some(&line), &say);
        }
        tell(None, &say);
    });
}

/// What a line of the log tells.
fn told(line: &str) -> Option<Heard> {
    let line: Value = serde_json::from_str(line).ok()?;
    let message = line["message"].as_str()?;
    if message == "run begins" {
        return Some(Heard::Begun);
    }
    let url = message.strip_prefix("serving ")?;
    Some(Heard::Serving(url.to_owned()))
}

#[allow(
    clippy::disallowed_methods,
    reason = "entries are counted: their order is not looked at"
)]
fn count(folder: &Path) -> u64 {
    std::fs::read_dir(folder).map_or(0, |entries| entries.count() as u64)
}
