//! How a daemon stands: what it says, judged.

use std::fmt::Write as _;

use firstsight_engine::Time;
use firstsight_inspection::Outcome;
use firstsight_sink::terminal::neutralise;
use serde::Deserialize;
use serde_json::Value;

use crate::args::operations::Status;
use crate::tables::minute;

/// What of the daemon's answer is looked at.
#[derive(Deserialize)]
struct Daemon {
    version: String,
    now: Time,
    started: Time,
    ready: bool,
    reason: Option<String>,
    inspections: Vec<Inspection>,
    waiting: u64,
    parked: u64,
    /// Older daemons do not tell.
    #[serde(default)]
    sinks: Vec<Sink>,
    #[serde(default)]
    left: Vec<Left>,
    reload: Option<Reload>,
}

#[derive(Deserialize)]
struct Left {
    inspection: String,
    sink: String,
    waiting: u64,
}

#[derive(Deserialize)]
struct Reload {
    error: Option<String>,
    needs_restart: Vec<String>,
}

#[derive(Deserialize)]
struct Sink {
    sink: String,
    configured: bool,
    waiting: u64,
    parked: u64,
    error: Option<String>,
}

#[derive(Deserialize)]
struct Inspection {
    name: String,
    enabled: bool,
    state: String,
    last: Option<Run>,
    next: Option<Time>,
    failures: u32,
}

#[derive(Deserialize)]
struct Run {
    started: Time,
    ended: Option<Time>,
    outcome: Outcome,
    reason: String,
}

/// Why there is nothing to tell.
#[derive(Debug)]
pub(super) enum Wrong {
    /// An inspection that the daemon does not have.
    Unknown(String),
    /// An answer that is none of a daemon's.
    Unread(String),
}

/// How it stands.
#[derive(Debug)]
pub(super) struct Standing {
    /// A line a thing, the daemon first.
    lines: Vec<String>,
    /// What is not well: `main: the last run failed`.
    pub(super) problems: Vec<String>,
}

impl Standing {
    pub(super) fn of(document: &Value, args: &Status) -> Result<Self, Wrong> {
        let daemon = Daemon::deserialize(document).map_err(|error| Wrong::Unread(error.to_string()))?;
        let mut standing = Self {
            lines: Vec::new(),
            problems: Vec::new(),
        };
        standing.daemon(&daemon);
        for inspection in asked(&daemon, &args.inspections)? {
            standing.inspection(inspection, &daemon, args);
        }
        standing.deliveries(&daemon);
        if let Some(reload) = &daemon.reload {
            standing.reload(reload);
        }
        Ok(standing)
    }

    fn daemon(&mut self, daemon: &Daemon) {
        let up = length(seconds(daemon.started, daemon.now));
        let head = format!("firstsightd {}, up for {up}", daemon.version);
        if daemon.ready {
            return self.lines.push(format!("{head}, ready"));
        }
        let reason = daemon.reason.as_deref().unwrap_or("it does not say why");
        self.lines.push(format!("{head}, NOT READY: {reason}"));
        self.problems.push(format!("not ready: {reason}"));
    }

    fn inspection(&mut self, inspection: &Inspection, daemon: &Daemon, args: &Status) {
        let mut line = format!("{}: ", inspection.name);
        line += &match &inspection.last {
            Some(run) => last(run, daemon.now),
            None => "has never run".to_owned(),
        };
        match (inspection.state.as_str(), inspection.next) {
            ("running", _) => line += "; running now",
            (_, _) if !inspection.enabled => line += "; disabled",
            (_, Some(next)) => line += &upcoming(next, daemon.now),
            (_, None) => {}
        }
        let problem = problem(inspection, daemon, args);
        if let Some(problem) = &problem {
            let _ = write!(line, " - {}", problem.to_uppercase());
            self.problems.push(format!("{}: {problem}", inspection.name));
        }
        self.lines.push(line);
    }

    /// What waits is tried again by itself; what a sink refused for good, and what waits for a sink that is gone, needs somebody.
    fn deliveries(&mut self, daemon: &Daemon) {
        let mut said = Vec::new();
        if daemon.waiting > 0 {
            said.push(format!("{} waiting", daemon.waiting));
        }
        if daemon.parked > 0 {
            said.push(format!("{} refused for good", daemon.parked));
        }
        if !said.is_empty() {
            self.lines.push(format!("deliveries: {}", said.join(", ")));
        }
        for sink in &daemon.sinks {
            self.sink(sink);
        }
        for left in &daemon.left {
            let (events, Left { inspection, sink, .. }) = (events(left.waiting), left);
            self.lines.push(format!(
                "{inspection}: no longer configured; {events} waiting for {sink}"
            ));
        }
    }

    fn sink(&mut self, sink: &Sink) {
        let name = &sink.sink;
        if sink.parked > 0 {
            self.lines.push(format!(
                "{name}: {} refused for good{}; mend what is wrong, then POST /api/v1/sinks/{name}/retry - NOT DELIVERED",
                sink.parked,
                because(sink.error.as_deref()),
            ));
            self.problems
                .push(format!("{name}: {} not delivered", events(sink.parked)));
        }
        if !sink.configured && sink.waiting > 0 {
            self.lines.push(format!(
                "{name}: {} waiting, and no such sink is configured - NOT DELIVERED",
                sink.waiting
            ));
            let waiting = events(sink.waiting);
            self.problems
                .push(format!("{name}: {waiting} for a sink that is not configured"));
        }
    }

    fn reload(&mut self, reload: &Reload) {
        if let Some(error) = &reload.error {
            let line = format!("configuration: not reloaded: {error} - THE ONE FROM BEFORE HOLDS");
            self.lines.push(line);
            self.problems.push("configuration: not reloaded".to_owned());
        }
        if !reload.needs_restart.is_empty() {
            let keys = reload.needs_restart.join(", ");
            self.lines
                .push(format!("configuration: restart firstsightd for {keys}"));
        }
    }

    pub(super) fn text(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(|line| neutralise(line)).collect();
        format!("{}\n", lines.join("\n"))
    }
}

/// The inspections that were asked for; all where none was named.
fn asked<'a>(daemon: &'a Daemon, names: &[String]) -> Result<Vec<&'a Inspection>, Wrong> {
    let known = &daemon.inspections;
    if names.is_empty() {
        return Ok(known.iter().collect());
    }
    let found = names.iter().map(|name| {
        let found = known.iter().find(|inspection| inspection.name == *name);
        found.ok_or_else(|| {
            let known: Vec<&str> = known.iter().map(|inspection| inspection.name.as_str()).collect();
            Wrong::Unknown(format!(
                "the daemon has no inspection {name:?}; it has {}",
                known.join(", ")
            ))
        })
    });
    found.collect()
}

fn because(error: Option<&str>) -> String {
    error.map_or_else(String::new, |error| format!(" ({error})"))
}

fn events(count: u64) -> String {
    match count {
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    }
}

fn last(run: &Run, now: Time) -> String {
    let ago = length(seconds(run.ended.unwrap_or(run.started), now));
    let reason = match run.reason.as_str() {
        "" => String::new(),
        reason => format!(" ({reason})"),
    };
    format!("last run {ago} ago, {}{reason}", run.outcome.as_str())
}

fn upcoming(next: Time, now: Time) -> String {
    if next <= now {
        return "; next is due".to_owned();
    }
    format!(
        "; next in {}, at {} UTC",
        length(seconds(now, next)),
        minute(next)
    )
}

/// What is not well with an inspection, in a few words: the worst of it.
fn problem(inspection: &Inspection, daemon: &Daemon, args: &Status) -> Option<String> {
    if !inspection.enabled {
        // Whoever names it means it to run.
        return args
            .inspections
            .contains(&inspection.name)
            .then(|| "disabled".to_owned());
    }
    match inspection.last.as_ref().map(|run| run.outcome) {
        Some(Outcome::Failed | Outcome::TimedOut | Outcome::Lost) => {
            return Some(match inspection.failures {
                0 | 1 => "failing".to_owned(),
                times => format!("failing, {times} times in a row"),
            });
        }
        Some(Outcome::Incomplete) => return Some("incomplete".to_owned()),
        _ => {}
    }
    let since = inspection
        .last
        .as_ref()
        .map_or(daemon.started, |run| run.ended.unwrap_or(run.started));
    (seconds(since, daemon.now) > args.max_age)
        .then(|| format!("late: no run ended for more than {}", length(args.max_age)))
}

/// Seconds from one moment to a later one.
fn seconds(from: Time, to: Time) -> i64 {
    (to.as_millis().saturating_sub(from.as_millis()) / 1000).max(0)
}

/// `12 minutes`: the largest unit that is full twice, so that what is left out is little.
fn length(seconds: i64) -> String {
    let units = [(86_400, "days"), (3600, "hours"), (60, "minutes")];
    let fits = units.iter().find(|(unit, _)| seconds >= unit * 2);
    match (fits, seconds) {
        (Some((unit, name)), _) => format!("{} {name}", seconds / unit),
        (None, 60..) => "1 minute".to_owned(),
        (None, 1) => "1 second".to_owned(),
        (None, _) => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests;
