//! The demonstration as a process: what a newcomer sees, and that nothing is left of it.
#![cfg(unix)]
#![allow(
    clippy::disallowed_methods,
    reason = "how many files are left does not depend on their order"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

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
            "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
        answer
    }

    fn interrupt(&mut self) -> Option<i32> {
        let sent = Command::new("kill")
            .args(["-s", "INT", &self.child.id().to_string()])
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
#[ignore = "judges 30 hours behind two weeks, some minutes unoptimised: cargo test --release -p firstsightd -- --ignored"]
fn its_stories_are_told_and_nothing_is_left() {
    let temporary = tempfile::tempdir().unwrap();
    let mut demo = Demo::start(temporary.path());
    assert!(
        demo.said.iter().any(|line| line.starts_with("caught up")),
        "{:?}",
        demo.said
    );

    let runs = demo.get("/api/v1/inspections/payments/runs?limit=200");
    assert!(runs.matches("\"ok\"").count() >= 30, "{runs}");
    let events = demo.get("/api/v1/events?inspection=payments&text=StopLogging");
    assert!(
        events.contains("StopLogging") || events.contains("cloudtrail"),
        "{events}"
    );
    let events = demo.get("/api/v1/events?status=ok");
    assert!(events.contains("\"id\""), "a fault has recovered: {events}");
    let clusters = demo.get("/api/v1/clusters?life_cycle=acknowledged");
    assert!(clusters.contains("the key is disabled"), "{clusters}");
    let mutes = demo.get("/api/v1/inspections/payments/mutes");
    assert!(mutes.contains("known by now"), "{mutes}");
    assert!(demo.get("/").contains("</html>"));

    assert_eq!(demo.interrupt(), Some(0));
    let left = std::fs::read_dir(temporary.path()).unwrap().count();
    assert_eq!(left, 0, "something is left");
}
