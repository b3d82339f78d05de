//! `firstsight status` and `firstsight backup` beside a real daemon.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use firstsight_tests::{Ran, allowed, binary, denied, firstsight, run, write_records};
use serde_json::Value;

const TOKEN: &str = "a-token-of-the-tests-0123456789";

/// A daemon whose clock the test drives, with its page.
struct Daemon {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: Option<tempfile::TempDir>,
}

impl Daemon {
    /// One inspection of a trail with two hours, and one that is disabled; `server` is put into its section.
    fn start(server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for hour in [10, 11] {
            let time = format!("2026-01-15T{hour}:20:00Z");
            let records = [
                denied(&format!("k{hour}"), &time, "ListRoles"),
                allowed(&format!("f{hour}"), &time),
            ];
            write_records(&folder.path().join(format!("trail/{hour}.json")), &records);
        }
        let configuration = format!(
            "[server]\nbind = \"127.0.0.1:0\"\n{server}\n[inspections.main]\nsource = {{ kind = \"files\", paths = [\"trail\"] }}\n\
             jitter = \"0\"\n\n[inspections.off]\nenabled = false\nsource = {{ kind = \"files\", paths = [\"trail\"] }}\n"
        );
        std::fs::write(folder.path().join("firstsight.toml"), configuration).unwrap();
        Self::again(folder, "2026-01-15T12:10:00Z")
    }

    /// Over the states that are there.
    fn again(folder: tempfile::TempDir, now: &str) -> Self {
        let path = |name: &str| folder.path().join(name);
        let mut child =
            Command::new(binary().with_file_name(format!("firstsightd{}", std::env::consts::EXE_SUFFIX)))
                .env_clear()
                .env("ADMIN", TOKEN)
                .args(["--drive", "--log-format", "json", "--config"])
                .arg(path("firstsight.toml"))
                .arg("--states")
                .arg(path("states"))
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(std::fs::File::create(path("log")).unwrap())
                .spawn()
                .unwrap();
        let mut daemon = Self {
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            child,
            folder: Some(folder),
        };
        daemon.go_to(now);
        daemon
    }

    /// Moves the clock, and waits until all that is due has been done.
    #[track_caller]
    fn go_to(&mut self, time: &str) {
        writeln!(self.input, "{time}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), format!("idle {time}"), "{}", self.log());
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.as_ref().unwrap().path().join(name)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.path("log")).unwrap()
    }

    /// Where it serves, as its log says.
    fn url(&self) -> String {
        let log = self.log();
        let lines = log
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut said =
            lines.filter_map(|line| Some(line["message"].as_str()?.strip_prefix("serving ")?.to_owned()));
        said.next().expect("it says where it serves")
    }

    fn status(&self, arguments: &[&str]) -> Ran {
        run(["status", "--url", &self.url()].iter().chain(arguments))
    }

    /// Ends it without a word; what it leaves.
    fn killed(mut self) -> tempfile::TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.folder.take().unwrap()
    }

    /// Copies its states into the folder `copies`.
    fn backup(&self, arguments: &[&str]) -> Ran {
        let (states, to) = (self.path("states"), self.path("copies"));
        let named = [
            "backup",
            "--states",
            states.to_str().unwrap(),
            "--to",
            to.to_str().unwrap(),
        ];
        run(named.iter().chain(arguments))
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn a_daemon_that_is_well_is_told_in_a_line_an_inspection() {
    let daemon = Daemon::start("");
    let told = daemon.status(&[]).expect(0);
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        told.out,
        format!(
            "firstsightd {version}, up for 0 seconds, ready\n\
             main: last run 0 seconds ago, ok; next in 60 minutes, at 2026-01-15 13:10 UTC\n\
             off: has never run; disabled\n"
        )
    );
    let document = daemon.status(&["--format", "json"]).expect(0).json();
    assert_eq!(
        (&document["schema"], &document["well"]),
        (&"firstsight.status/1".into(), &true.into())
    );
    assert_eq!(document["daemon"]["inspections"][0]["last"]["outcome"], "ok");
}

#[test]
fn what_is_not_well_is_1_what_is_asked_wrongly_2() {
    let mut daemon = Daemon::start("");
    let disabled = daemon.status(&["--inspection", "off"]).expect(1);
    assert!(disabled.out.contains("DISABLED"), "{}", disabled.out);
    let unknown = daemon.status(&["--inspection", "mian"]).expect(2);
    assert!(unknown.err.contains("it has main, off"), "{}", unknown.err);
    let _ = daemon.status(&["--max-age", "soon"]).expect(2);

    std::fs::remove_dir_all(daemon.path("trail")).unwrap();
    daemon.go_to("2026-01-15T13:10:00Z");
    let failing = daemon.status(&["--inspection", "main"]).expect(1);
    assert!(failing.out.contains("FAILING"), "{}", failing.out);
    let document = daemon.status(&["--format", "json"]).expect(1).json();
    assert_eq!(document["problems"].as_array().unwrap().len(), 1);
}

#[test]
fn a_token_is_asked_for_and_never_told() {
    let daemon = Daemon::start("admin_token = { env = \"ADMIN\" }\n");
    let none = daemon.status(&[]).expect(3);
    assert!(none.err.contains("--token-file"), "{}", none.err);
    let wrong = daemon.path("wrong");
    std::fs::write(&wrong, "another-token-0123456789\n").unwrap();
    let refused = daemon
        .status(&["--token-file", wrong.to_str().unwrap()])
        .expect(3);
    assert!(refused.err.contains("refuses the token"), "{}", refused.err);
    assert!(!refused.err.contains("another-token"), "{}", refused.err);
    let right = daemon.path("right");
    std::fs::write(&right, format!("{TOKEN}\n")).unwrap();
    let told = daemon
        .status(&["--token-file", right.to_str().unwrap()])
        .expect(0);
    assert!(!told.out.contains(TOKEN));
    let by_environment = firstsight()
        .env("FIRSTSIGHT_TOKEN", TOKEN)
        .args(["status", "--url", &daemon.url()])
        .output()
        .unwrap();
    let _ = Ran::from(by_environment).expect(0);
    let missing = daemon.path("missing");
    let _ = daemon
        .status(&["--token-file", missing.to_str().unwrap()])
        .expect(2);
}

#[test]
fn no_daemon_and_another_thing_are_3() {
    // Bound and let go: nobody listens there.
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let none = run(["status", "--url", &format!("http://{free}")]).expect(3);
    assert!(none.err.contains("is it running"), "{}", none.err);

    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let other = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        let mut head = BufReader::new(stream.try_clone().unwrap());
        while head.read_line(&mut line).unwrap() > 2 {
            line.clear();
        }
        stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
            .unwrap();
    });
    let told = run(["status", "--url", &url]).expect(3);
    other.join().unwrap();
    assert!(told.err.contains("something else"), "{}", told.err);

    let _ = run(["status", "--url", "ftp://example.com"]).expect(2);
}

#[test]
fn a_daemons_states_are_copied_while_it_runs_and_a_daemon_starts_from_the_copies() {
    let mut daemon = Daemon::start("");
    let told = daemon.backup(&[]).expect(0);
    assert_eq!(told.out.lines().count(), 2, "{}", told.out);
    let again = daemon.backup(&[]).expect(1);
    assert!(again.err.contains("--force"), "{}", again.err);

    let clusters = |folder: &str| {
        let state = daemon.path(folder).join("main.db").display().to_string();
        run(["clusters", "--state", &state, "--format", "json"])
            .expect(0)
            .json()
    };
    assert_eq!(clusters("copies"), clusters("states"));
    let before = clusters("copies");
    let new = denied("n12", "2026-01-15T12:20:00Z", "CreateUser");
    write_records(&daemon.path("trail/12.json"), &[new]);
    daemon.go_to("2026-01-15T13:10:00Z");
    let _ = daemon.backup(&["--force"]).expect(0);
    let clusters = |folder: &str| {
        let state = daemon.path(folder).join("main.db").display().to_string();
        run(["clusters", "--state", &state, "--format", "json"])
            .expect(0)
            .json()
    };
    assert_ne!(clusters("copies"), before);
    assert_eq!(clusters("copies"), clusters("states"));
    let mut left = names(daemon.path("copies"));
    left.retain(|name| name.contains("tmp"));
    assert!(left.is_empty(), "{left:?}");

    // Restored: the daemon of the copies knows what ran, runs it no second time, and goes on.
    let folder = daemon.killed();
    let path = |name: &str| folder.path().join(name);
    std::fs::remove_dir_all(path("states")).unwrap();
    std::fs::rename(path("copies"), path("states")).unwrap();
    let mut daemon = Daemon::again(folder, "2026-01-15T13:20:00Z");
    let runs = |daemon: &Daemon| daemon.log().matches("\"run begins\"").count();
    assert_eq!(runs(&daemon), 0, "{}", daemon.log());
    let told = daemon.status(&[]).expect(0);
    assert!(
        told.out.contains("main: last run 10 minutes ago, ok"),
        "{}",
        told.out
    );
    daemon.go_to("2026-01-15T14:10:00Z");
    assert_eq!(runs(&daemon), 1, "{}", daemon.log());
    assert!(
        daemon
            .status(&[])
            .expect(0)
            .out
            .contains("main: last run 0 seconds ago, ok")
    );
}

/// Copies are made while a run commits again and again; each is whole, and of one moment.
#[test]
fn copies_made_while_a_run_commits_are_whole() {
    let mut daemon = Daemon::start("");
    for file in 0..40 {
        let call = |number: u32| {
            denied(
                &format!("{file}-{number}"),
                "2026-01-15T12:20:00Z",
                &format!("Call{number}"),
            )
        };
        let records: Vec<_> = (file * 50..file * 50 + 50).map(call).collect();
        write_records(&daemon.path(&format!("trail/many-{file}.json")), &records);
    }
    writeln!(daemon.input, "2026-01-15T13:10:00Z").unwrap();
    for _ in 0..5 {
        // A copy that is not whole is refused by the command itself.
        let _ = daemon.backup(&["--force"]).expect(0);
        let copy = daemon.path("copies").join("main.db").display().to_string();
        let _ = run(["clusters", "--state", &copy, "--format", "json"])
            .expect(0)
            .json();
    }
    let mut line = String::new();
    daemon.output.read_line(&mut line).unwrap();
    assert_eq!(line.trim_end(), "idle 2026-01-15T13:10:00Z");
    let _ = daemon.backup(&["--force"]).expect(0);
    let copy = daemon.path("copies").join("main.db").display().to_string();
    let clusters = run(["clusters", "--state", &copy, "--format", "json"])
        .expect(0)
        .json();
    assert!(
        clusters.as_array().unwrap().len() > 1000,
        "all that was read is in the last copy"
    );
}

#[test]
fn what_cannot_be_copied_is_said_and_leaves_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let missing = run(["backup", "--state", &path("none.db"), "--to", &path("copy.db")]).expect(1);
    assert!(missing.err.contains("there is no state at"), "{}", missing.err);
    std::fs::write(
        path("text.db"),
        "no state at all, only a text that is long enough",
    )
    .unwrap();
    std::fs::write(path("copy.db"), "the copy of yesterday").unwrap();
    let other = run([
        "backup",
        "--force",
        "--state",
        &path("text.db"),
        "--to",
        &path("copy.db"),
    ])
    .expect(1);
    assert!(other.err.contains("not a firstsight state"), "{}", other.err);
    assert_eq!(
        std::fs::read_to_string(path("copy.db")).unwrap(),
        "the copy of yesterday"
    );
    let itself = run([
        "backup",
        "--force",
        "--state",
        &path("text.db"),
        "--to",
        &path("text.db"),
    ])
    .expect(2);
    assert!(itself.err.contains("the state itself"), "{}", itself.err);
    std::fs::create_dir(path("empty")).unwrap();
    let empty = run(["backup", "--states", &path("empty"), "--to", &path("copies")]).expect(1);
    assert!(empty.err.contains("there is no state in"), "{}", empty.err);
    let _ = run(["backup", "--to", &path("copies")]).expect(2);
    assert_eq!(names(folder.path()).len(), 3, "nothing is left behind");
}

/// The names of what a folder holds.
#[allow(clippy::disallowed_methods, reason = "no order is looked at")]
fn names(folder: impl AsRef<std::path::Path>) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    entries.map(name).collect()
}
