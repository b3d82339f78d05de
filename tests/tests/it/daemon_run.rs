//! The daemon as a process: hours, a kill, a reload, a stop. Each window is judged once, each event delivered once.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use firstsight_tests::{allowed, binary, denied, write_records};
use serde_json::Value;

/// The daemon's binary, beside the other.
fn firstsightd() -> Command {
    let path = binary().with_file_name(format!("firstsightd{}", std::env::consts::EXE_SUFFIX));
    assert!(
        path.is_file(),
        "{} is missing: cargo build --workspace first",
        path.display()
    );
    let mut command = Command::new(path);
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

/// A folder with a trail, a configuration and states.
struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let world = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        std::fs::create_dir_all(world.path("trail")).unwrap();
        // A week and more of history: accounts have learnt.
        for day in 1..=14 {
            let time = format!("2026-01-{day:02}T11:10:00Z");
            let records = [
                denied(&format!("known-{day}"), &time, "ListRoles"),
                allowed(&format!("fine-{day}"), &time),
            ];
            write_records(&world.path(&format!("trail/day-{day:02}.json")), &records);
        }
        world.configure("prod");
        world
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// One inspection of this name, told to one file.
    fn configure(&self, name: &str) {
        let text = format!(
            "[server]\nenabled = false\n\n[inspections.{name}]\nsource = {{ kind = \"files\", paths = [\"trail\"] }}\njitter = \
             \"0\"\n\n[sinks.siem]\nkind = \"json\"\npath = \"events.ndjson\"\n"
        );
        std::fs::write(self.path("firstsight.toml"), text).unwrap();
    }

    /// An hour's records: a known error, a good call, and a new error where one is named.
    fn hour(&self, hour: u32, new: Option<&str>) {
        let time = |minute: u32| format!("2026-01-15T{hour:02}:{minute:02}:00Z");
        let mut records = vec![
            denied(&format!("k{hour}"), &time(20), "ListRoles"),
            allowed(&format!("f{hour}"), &time(55)),
        ];
        records.extend(new.map(|call| denied(&format!("n{hour}"), &time(30), call)));
        write_records(&self.path(&format!("trail/hour-{hour:02}.json")), &records);
    }

    fn start(&self, at: &str) -> Daemon {
        self.start_as(firstsightd(), at)
    }

    /// By this command, which takes the daemon's arguments.
    fn start_as(&self, mut command: Command, at: &str) -> Daemon {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let mut child = command
            .args(["--drive", "--log-format", "json", "--config"])
            .arg(self.path("firstsight.toml"))
            .arg("--states")
            .arg(self.path("states"))
            .stderr(log)
            .spawn()
            .unwrap();
        let mut daemon = Daemon {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        daemon.go_to(at);
        daemon
    }

    /// The log's lines that say this.
    fn logged(&self, message: &str) -> Vec<Value> {
        let log = std::fs::read_to_string(self.path("log")).unwrap();
        let lines = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).expect("a line is an object"));
        lines.filter(|line| line["message"] == message).collect()
    }

    /// How often each event was delivered, with what it tells.
    fn delivered(&self) -> BTreeMap<String, (u32, String)> {
        let mut delivered = BTreeMap::new();
        for line in std::fs::read_to_string(self.path("events.ndjson"))
            .unwrap_or_default()
            .lines()
        {
            let line: Value = serde_json::from_str(line).unwrap();
            let id = line["id"]
                .as_str()
                .or(line["event"]["id"].as_str())
                .expect("an event has an id");
            let entry = delivered.entry(id.to_owned()).or_insert((0, line.to_string()));
            entry.0 += 1;
        }
        delivered
    }
}

/// A daemon whose clock the test drives.
struct Daemon {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Daemon {
    /// Moves the clock, and waits until all that is due has been done.
    #[track_caller]
    fn go_to(&mut self, time: &str) {
        writeln!(self.input, "{time}").unwrap();
        assert_eq!(self.line(), format!("idle {time}"));
    }

    /// Has the configuration read again, and waits until that is done.
    #[track_caller]
    fn reload(&mut self) {
        self.signal("HUP");
        let line = self.line();
        assert!(line.starts_with("reloaded "), "{line}");
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Sends a signal by its name.
    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// The exit code, once it has ended.
    fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

/// Reads a state through the command-line interface.
fn events(states: &Path, name: &str) -> Value {
    let state = states.join(format!("{name}.db")).display().to_string();
    firstsight_tests::run(["events", "--state", &state, "--format", "json"])
        .expect(0)
        .json()
}

#[test]
fn hours_a_kill_a_reload_and_a_stop() {
    let world = World::new();
    world.hour(11, None);
    let mut daemon = world.start("2026-01-15T12:10:00Z");
    assert_eq!(world.logged("run ended").len(), 1);
    assert_eq!(world.delivered().len(), 0, "nothing is new in the first window");

    world.hour(12, Some("CreateUser"));
    daemon.go_to("2026-01-15T13:09:59Z");
    assert_eq!(world.logged("run ended").len(), 1, "before it has settled");
    daemon.go_to("2026-01-15T13:10:00Z");
    assert_eq!(world.logged("run ended").len(), 2);
    let delivered = world.delivered();
    assert_eq!(delivered.len(), 1);
    assert!(delivered.values().all(|(_, text)| text.contains("CreateUser")));
    daemon.kill();

    // Two hours later: one run catches up with both.
    world.hour(13, Some("AttachUserPolicy"));
    world.hour(14, None);
    let mut daemon = world.start("2026-01-15T15:30:00Z");
    let begun = world.logged("run begins");
    assert_eq!(begun.len(), 3);
    assert_eq!(begun[2]["trigger"], "CatchUp");
    assert_eq!(world.logged("run ended")[2]["windows"], 2);

    // Another daemon over the same states is refused.
    let second = firstsightd()
        .args(["--config"])
        .arg(world.path("firstsight.toml"))
        .arg("--states")
        .arg(world.path("states"))
        .output()
        .unwrap();
    assert_eq!(second.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&second.stderr).contains("another firstsightd uses it"));

    // A configuration that is wrong changes nothing; one that is right does.
    std::fs::write(world.path("firstsight.toml"), "[inspections.prod]\nsorce = 1\n").unwrap();
    daemon.reload();
    let refused = world.logged("configuration not reloaded: the one from before stays");
    assert_eq!(refused.len(), 1);
    world.hour(15, None);
    daemon.go_to("2026-01-15T16:10:00Z");
    assert_eq!(world.logged("run ended").len(), 4);
    world.configure("staging");
    daemon.reload();
    assert_eq!(world.logged("configuration reloaded").len(), 1);
    daemon.go_to("2026-01-15T16:11:00Z");
    let ended = world.logged("run ended");
    assert_eq!(ended.len(), 5);
    assert_eq!(ended[4]["inspection"], "staging");
    daemon.signal("TERM");
    assert_eq!(daemon.ended(), Some(0));

    assert_eq!(world.logged("run failed").len(), 0);
    assert!(
        world
            .delivered()
            .values()
            .all(|(times, text)| *times == 1 || panic!("{times} times: {text}"))
    );
    let events = events(&world.path("states"), "prod");
    let events = events.as_array().unwrap();
    assert!(events.len() >= 2);
    for event in events {
        let id = event["id"].as_str().unwrap();
        assert!(world.delivered().contains_key(id), "{id} was not delivered");
    }
}

/// No file may grow beyond a size for a while, as on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_fails_a_run_which_goes_on_when_there_is_room() {
    let world = World::new();
    let binary = firstsightd().get_program().to_owned();
    let mut limited = Command::new("/bin/sh");
    // Without the signal, what is written beyond the limit fails. In units of 512 bytes.
    limited
        .env_clear()
        .args(["-c", "trap '' XFSZ; ulimit -S -f 2048; exec \"$@\"", "sh"])
        .arg(binary)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut daemon = world.start_as(limited, "2026-01-15T11:30:00Z");
    assert_eq!(world.logged("run ended").len(), 1);
    for file in 0..40 {
        let name = |number: u32| (format!("{file}-{number}"), format!("Call{file}x{number}"));
        let call = |(id, call): (String, String)| denied(&id, "2026-01-15T11:20:00Z", &call);
        let records: Vec<_> = (0..100).map(name).map(call).collect();
        write_records(&world.path(&format!("trail/many-{file}.json")), &records);
    }
    daemon.go_to("2026-01-15T12:10:00Z");
    let failed = world.logged("run failed");
    assert_eq!(failed.len(), 1);
    let reason = failed[0]["reason"].as_str().unwrap();
    assert!(reason.contains("disk") || reason.contains("full"), "{reason}");
    // It backs off: nothing before its time.
    daemon.go_to("2026-01-15T12:10:30Z");
    assert_eq!(world.logged("run begins").len(), 2);
    let room = Command::new("prlimit")
        .args(["--fsize=unlimited", "--pid", &daemon.child.id().to_string()])
        .status()
        .unwrap();
    assert!(room.success());
    daemon.go_to("2026-01-15T12:12:00Z");
    assert_eq!(world.logged("run ended").len(), 2);
    let state = world.path("states/prod.db").display().to_string();
    let clusters = firstsight_tests::run(["clusters", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    assert!(
        clusters.as_array().unwrap().len() > 4000,
        "{}",
        clusters.as_array().unwrap().len()
    );
    daemon.signal("TERM");
    assert_eq!(daemon.ended(), Some(0));
}

#[test]
fn what_is_wrong_with_a_configuration_is_told_at_once() {
    let world = World::new();
    let wrong = "[server]\nbind = \"0.0.0.0:7780\"\n\n[inspections.prod]\nsource = { kind = \"files\", paths = [\"trail\"] }\n\
                 schedule = \"61 * * * *\"\n\n[inspections.other]\nsorce = { kind = \"files\", paths = [\"trail\"] }\n";
    std::fs::write(world.path("firstsight.toml"), wrong).unwrap();
    let ended = firstsightd()
        .args(["--config"])
        .arg(world.path("firstsight.toml"))
        .arg("--states")
        .arg(world.path("states"))
        .output()
        .unwrap();
    assert_eq!(ended.status.code(), Some(2));
    let said = String::from_utf8(ended.stderr).unwrap();
    for part in ["server.bind", "inspections.prod.schedule", "inspections.other"] {
        assert!(said.contains(part), "{part} in {said}");
    }
    assert!(!world.path("states").try_exists().unwrap(), "states were touched");
}
