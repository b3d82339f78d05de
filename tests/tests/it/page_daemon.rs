//! The real daemon behind its page: what is done there goes through to it, and what it finds shows without a reload.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use firstsight_tests::browser::{Browser, Kind};
use firstsight_tests::{allowed, binary, denied, write_records};

/// The daemon over a trail of two weeks. Its clock is driven; it ends with this handle.
struct Daemon {
    folder: tempfile::TempDir,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    address: String,
}

impl Daemon {
    fn start(at: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for day in 1..=14 {
            let time = format!("2026-01-{day:02}T11:10:00Z");
            let records = [
                denied(&format!("known-{day}"), &time, "ListRoles"),
                allowed(&format!("fine-{day}"), &time),
            ];
            write_records(&folder.path().join(format!("trail/day-{day:02}.json")), &records);
        }
        // The source goes on until shortly before: it is not silent.
        let late = [allowed("late", "2026-01-15T11:55:00Z")];
        write_records(&folder.path().join("trail/day-15.json"), &late);
        std::fs::write(folder.path().join("firstsight.toml"), configuration("0 * * * *")).unwrap();
        let program = binary().with_file_name(format!("firstsightd{}", std::env::consts::EXE_SUFFIX));
        let mut child = Command::new(program)
            .args(["--drive", "--bind", "127.0.0.1:0", "--config"])
            .arg(folder.path().join("firstsight.toml"))
            .arg("--states")
            .arg(folder.path().join("states"))
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut daemon = Self {
            folder,
            input: child.stdin.take().unwrap(),
            output: BufReader::new(child.stdout.take().unwrap()),
            address: String::new(),
            child,
        };
        // Nothing begins before the time is known: only then it serves, and says where.
        writeln!(daemon.input, "{at}").unwrap();
        let mut log = BufReader::new(daemon.child.stderr.take().unwrap()).lines();
        let address = log.find_map(|line| served(&line.unwrap()));
        daemon.address = address.expect("the log tells where it serves");
        // What else is logged is nobody's; it must not wait for a reader.
        std::thread::spawn(move || log.for_each(drop));
        assert_eq!(daemon.said(), format!("idle {at}"));
        daemon
    }

    /// Moves the clock, and waits until all that is due has been done.
    #[track_caller]
    fn go_to(&mut self, time: &str) {
        writeln!(self.input, "{time}").unwrap();
        assert_eq!(self.said(), format!("idle {time}"));
    }

    /// Lets it read its configuration again, and waits until it has.
    fn reload(&mut self) {
        self.signal("HUP");
        let said = self.said();
        assert!(said.starts_with("reloaded "), "{said}");
    }

    fn said(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn configuration(schedule: &str) -> String {
    format!(
        "[inspections.prod]\nsource = {{ kind = \"files\", paths = [\"trail\"] }}\nschedule = \"{schedule}\"\njitter = \"0\"\n"
    )
}

/// The address in the line of the log that tells it.
fn served(line: &str) -> Option<String> {
    let (_, address) = line.split_once("serving ")?;
    Some(address.trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn what_is_done_on_the_page_is_done_by_the_daemon() {
    let mut daemon = Daemon::start("2026-01-15T12:10:00Z");
    let browser = Browser::start(Kind::Desktop, &daemon.address).await;
    browser.open("/events").await;
    browser.run("window.stayed = true").await;
    assert_eq!(browser.count("#events [data-row]").await, 0);

    // A new error shows on the page that is open.
    let new = [denied("n", "2026-01-15T12:30:00Z", "CreateUser")];
    write_records(&daemon.folder.path().join("trail/new.json"), &new);
    daemon.go_to("2026-01-15T13:10:00Z");
    browser.come_back().await;
    let row = browser.find("#events [data-row].fresh").await;
    assert!(row.text().await.unwrap().contains("111122223333"));
    assert_eq!(browser.run("return window.stayed").await, true);

    // A schedule that is changed stands over the file's, and is run by.
    browser.open("/inspections/prod").await;
    let runs = browser.count("#runs [data-row]").await;
    browser
        .click("#settings details:has(form[action$=\"/settings/schedule\"]) summary")
        .await;
    browser
        .fill("form[action$=\"/settings/schedule\"] [name=value]", "30 * * * *")
        .await;
    browser.click("form[action$=\"/settings/schedule\"] button").await;
    browser.find("form[action$=\"/settings/schedule/drop\"]").await;
    daemon.go_to("2026-01-15T13:40:00Z");
    browser.open("/inspections/prod").await;
    assert_eq!(browser.count("#runs [data-row]").await, runs + 1);

    // The file changes below it, and shows beside it; then it stands again.
    std::fs::write(
        daemon.folder.path().join("firstsight.toml"),
        configuration("15 * * * *"),
    )
    .unwrap();
    daemon.reload();
    browser.open("/inspections/prod").await;
    let shown = browser.text("#settings").await;
    assert!(shown.contains("15 * * * *"), "{shown}");
    assert!(shown.contains("30 * * * *"));
    browser
        .click("form[action$=\"/settings/schedule/drop\"] button")
        .await;
    browser
        .find("#settings:not(:has(form[action$=\"/settings/schedule/drop\"]))")
        .await;
    assert!(!browser.text("#settings").await.contains("30 * * * *"));

    // A run that is asked for is run.
    let runs = browser.count("#runs [data-row]").await;
    browser.click("main form[action$=\"/run\"] button").await;
    browser.find(".flash").await;
    daemon.go_to("2026-01-15T13:41:00Z");
    browser.open("/inspections/prod").await;
    assert_eq!(browser.count("#runs [data-row]").await, runs + 1);
    browser.assert_quiet(&[]).await;
}
