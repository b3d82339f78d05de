//! The demonstration as a process: what a newcomer sees, and that nothing is left of it.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    reason = "how many files are left does not depend on their order"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

/// A demonstration in a temporary folder of its own.
struct Demo {
    child: Child,
    address: String,
    said: Vec<String>,
}

impl Demo {
    fn start(temporary: &std::path::Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_firstsightd"))
            .args(["--demo", "--port", "0"])
            .env("TMPDIR", temporary)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            said.push(line.unwrap());
            if said.last().is_some_and(|line| line.starts_with("Ctrl-C")) {
                break;
            }
        }
        let page = said
            .iter()
            .find_map(|line| line.strip_prefix("the page: http://"));
        let address = page
            .expect("the address is told")
            .trim_end_matches('/')
            .to_owned();
        Self { child, address, said }
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let host = &self.address;
        write!(
            stream,
            "GET {path} HTTP/1.0\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.0 200 "), "{path}: {answer}");
        answer
    }

    fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap()
    }

    /// Asks it to end; its exit code.
    fn end(&mut self) -> Option<i32> {
        let sent = Command::new("kill")
            .args(["-s", "TERM", &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
        self.child.wait().unwrap().code()
    }
}

impl Drop for Demo {
    /// Nothing is left running where a check failed.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "needs up to a minute unoptimised: scripts/test --services"]
fn its_stories_are_told_and_nothing_is_left() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(temporary.path());
    let caught_up = demo.said.iter().any(|line| line.starts_with("caught up"));
    assert!(caught_up, "{:?}", demo.said);

    the_attack(&demo);
    faults(&demo);
    people(&demo);
    let page = demo.get("/");
    assert!(
        page.contains("</html>") && page.contains("All data here is made up"),
        "{page}"
    );

    assert_eq!(demo.end(), Some(0));
    let left = std::fs::read_dir(temporary.path()).unwrap().count();
    assert_eq!(left, 0, "something is left");
}

/// Its event is named, and holds what was never seen before.
fn the_attack(demo: &Demo) {
    let named = demo.said.iter().find_map(|line| line.split_once("/events/"));
    let (_, id) = named.expect("the attack's event is named");
    let event = demo.json(&format!("/api/v1/events/{id}"));
    assert_eq!(event["event"]["kind"], "opened");
    let findings = event["event"]["findings"].as_array().unwrap();
    let is_stop = |finding: &Value| finding["event_name"] == "StopLogging" && finding["novelty"] == "new";
    assert!(findings.len() > 5 && findings.iter().any(is_stop), "{event}");
}

/// The attack's is over, the deployment's is open, and the silent trail was told and came back.
fn faults(demo: &Demo) {
    let faults = demo.json("/api/v1/faults");
    let faults = faults.as_array().unwrap();
    let of = |name: &str| {
        let found = faults.iter().find(|fault| fault["inspection"] == name);
        found.unwrap_or_else(|| panic!("{name} has a fault: {faults:?}"))
    };
    assert!(!of("payments")["recovered"].is_null());
    assert!(of("platform")["recovered"].is_null());
    assert_eq!(of("sandbox")["trouble"], "silent");
    assert!(!of("sandbox")["recovered"].is_null());
}

fn people(demo: &Demo) {
    let clusters = demo.json("/api/v1/clusters?life_cycle=acknowledged");
    let cluster = &clusters["items"][0];
    assert_eq!(cluster["said"]["by"], "alice", "{clusters}");
    assert_eq!(cluster["owner"], "cloud-security");
    assert_ne!(cluster["note"], "");
    let mutes = demo.json("/api/v1/inspections/payments/mutes");
    assert_eq!(mutes[0]["state"], "active", "{mutes}");
}

#[test]
fn it_takes_no_port_that_is_taken_and_no_configuration() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let temporary = tempfile::tempdir().unwrap();
    let refused = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_firstsightd"));
        let output = command
            .arg("--demo")
            .args(words)
            .env("TMPDIR", temporary.path())
            .output();
        let output = output.unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        (output.status.code(), said)
    };
    let (code, said) = refused(&["--port", &port]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&port) && said.contains("--port"), "{said}");
    for words in [["--config", "a.toml"], ["--states", "states"]] {
        let (code, said) = refused(&words);
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("--demo") && said.contains(words[0]), "{said}");
    }
    assert_eq!(std::fs::read_dir(temporary.path()).unwrap().count(), 0);
}
