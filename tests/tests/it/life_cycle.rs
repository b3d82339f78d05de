//! The life cycle of clusters, driven by people through the command line: what each word changes in findings, faults and
//! reports, the audit log, and baselines that are carried over or forgotten.

use firstsight_tests::{Ran, allowed, denied, firstsight, path, run, story, write_records};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A state over the story's trail, see [`firstsight_tests::write_story`], that people and records add to.
struct Account {
    folder: TempDir,
}

impl Account {
    /// Two weeks with a known error, and a new one in the hour that ends at 12:00.
    fn new() -> Self {
        Self { folder: story() }
    }

    fn path(&self, name: &str) -> String {
        path(&self.folder, name)
    }

    fn state(&self) -> String {
        self.path("state.db")
    }

    /// Another hour of the last day: each of these calls is refused once.
    fn hour(&self, hour: u8, refused: &[&str]) {
        let time = |minute: usize| format!("2026-01-15T{hour:02}:{minute:02}:00Z");
        let mut records = vec![allowed(&format!("fine at {hour}"), &time(1))];
        for (number, call) in refused.iter().enumerate() {
            records.push(denied(&format!("{call} at {hour}"), &time(10 + number), call));
        }
        let file = format!("trail/hour-{hour:02}.json");
        write_records(&self.folder.path().join(file), &records);
    }

    /// Another hour of the last day, in which a call is refused so often.
    fn burst(&self, hour: u8, call: &str, times: usize) {
        let record = |number: usize| {
            let time = format!("2026-01-15T{hour:02}:{:02}:{:02}Z", number / 60, number % 60);
            denied(&format!("{call} {number} at {hour}"), &time, call)
        };
        let records: Vec<Value> = (0..times).map(record).collect();
        let file = format!("trail/burst-{hour:02}.json");
        write_records(&self.folder.path().join(file), &records);
    }

    fn inspect(&self) -> Value {
        let (state, trail) = (self.state(), self.path("trail"));
        run(["inspect", "--state", &state, "--format", "json", &trail])
            .expect(0)
            .json()
    }

    /// A command of a person called alice.
    fn says(&self, arguments: &[&str]) -> Ran {
        let mut command = firstsight();
        command.args(arguments).env("USER", "alice");
        command.env("FIRSTSIGHT_STATE", self.state());
        Ran::from(command.output().unwrap())
    }

    fn clusters(&self) -> Vec<Value> {
        let listed = self.says(&["clusters", "--format", "json"]).expect(0).json();
        listed.as_array().unwrap().clone()
    }

    /// The cluster of a call.
    fn cluster(&self, call: &str) -> Value {
        let clusters = self.clusters();
        let row = clusters.iter().find(|row| row["event_name"] == call);
        row.unwrap_or_else(|| panic!("{call}: {clusters:#?}")).clone()
    }

    fn id(&self, call: &str) -> String {
        self.cluster(call)["id"].as_str().unwrap().to_owned()
    }

    fn phase(&self, call: &str) -> Value {
        self.cluster(call)["phase"].clone()
    }
}

/// The calls of a report's new findings, with their novelty.
fn new(report: &Value) -> Vec<(String, String)> {
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .filter(|finding| finding["recorded"] == false)
        .map(|finding| (text(finding, "event_name"), text(finding, "novelty")))
        .collect()
}

fn kinds(report: &Value) -> Vec<&str> {
    let events = report["events"].as_array().unwrap().iter();
    events.map(|event| event["kind"].as_str().unwrap()).collect()
}

fn ids(report: &Value) -> Vec<&Value> {
    let events = report["events"].as_array().unwrap().iter();
    events.map(|event| &event["id"]).collect()
}

/// A text without ids and without the moments of this run; those of the data, of January 2026, stay.
fn filtered(text: &str) -> String {
    let ids = regex::Regex::new(r"(?-u:\b)[0-9a-f]{12}(?:[0-9a-f]{20})?(?-u:\b)").unwrap();
    let moments = regex::Regex::new(r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}").unwrap();
    let text = ids.replace_all(text, |found: &regex::Captures<'_>| match &found[0] {
        account @ "111122223333" => account.to_owned(),
        id => "x".repeat(id.len()),
    });
    let told = |found: &regex::Captures<'_>| match &found[0] {
        data if data.starts_with("2026-01-") => data.to_owned(),
        _ => "YYYY-MM-DD hh:mm".to_owned(),
    };
    moments.replace_all(&text, told).into_owned()
}

#[test]
fn every_word_changes_what_is_told_and_is_audited() {
    let account = Account::new();
    let report = account.inspect();
    assert_eq!(new(&report), [("CreateUser".to_owned(), "new".to_owned())]);
    assert_eq!(kinds(&report), ["opened"]);
    assert_eq!(account.phase("CreateUser"), "new");
    assert_eq!(account.phase("ListRoles"), "ongoing");

    // Acknowledged: told of as before, counted, and no fault is held open by it.
    let id = account.id("CreateUser");
    let said = account.says(&["clusters", "acknowledge", &id[..6], "--note", "ticket 4711"]);
    let said = said.expect(0).out;
    assert!(
        said.starts_with("open -> acknowledged") && said.contains("iam:CreateUser"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    account.hour(12, &["CreateUser"]);
    let report = account.inspect();
    assert_eq!((new(&report), kinds(&report)), (vec![], vec!["recovered"]));
    assert_eq!(
        report["silenced"],
        json!({"acknowledged": 1, "expected": 0, "archived": 0, "errors": 0})
    );

    // Expected: nothing is told of it, not even of a new actor; it is counted.
    let said = account
        .says(&["clusters", "expect", &id, "--by", "bob"])
        .expect(0);
    assert!(said.out.starts_with("acknowledged -> expected"), "{}", said.out);
    account.hour(13, &["CreateUser"]);
    let report = account.inspect();
    assert_eq!((new(&report), kinds(&report)), (vec![], vec![]));
    assert_eq!(
        report["accounts"][0]["silenced"],
        json!({"acknowledged": 0, "expected": 1, "archived": 0, "errors": 1})
    );
    let table = run(["inspect", "--state", &account.state(), &account.path("trail")]).expect(0);
    assert!(table.out.contains("(1 expected: 1 error event)"), "{}", table.out);

    // Archived until it escalates, until a time, for ever: nothing is told of it as long.
    let archived = account.says(&["clusters", "archive", &id]).expect(0);
    assert!(
        archived.out.contains("archived-until-escalation"),
        "{}",
        archived.out
    );
    let _ = account
        .says(&["clusters", "archive", &id, "--until", "2026-01-15T15:00Z"])
        .expect(0);
    account.hour(14, &["CreateUser"]);
    assert_eq!(account.inspect()["silenced"]["archived"], 1);
    account.hour(15, &["CreateUser"]);
    assert_eq!(account.inspect()["silenced"]["archived"], 0, "the time is over");
    let _ = account
        .says(&[
            "clusters",
            "archive",
            &id,
            "--until",
            "forever",
            "--note",
            "a robot of ours",
        ])
        .expect(0);
    account.hour(16, &["CreateUser"]);
    assert_eq!(account.inspect()["silenced"]["archived"], 1);

    // Resolved: its next occurrence is a return.
    let _ = account.says(&["clusters", "resolve", &id]).expect(0);
    assert_eq!(account.phase("CreateUser"), "resolved");
    account.hour(17, &["CreateUser"]);
    let report = account.inspect();
    assert_eq!(new(&report), [("CreateUser".to_owned(), "returned".to_owned())]);
    assert_eq!(kinds(&report), ["opened"]);
    assert_eq!(account.phase("CreateUser"), "returned");
    let _ = account.says(&["clusters", "reopen", &id]).expect(0);

    let log = account.says(&["audit"]).expect(0);
    insta::assert_snapshot!("audit", filtered(&log.out));
    let shown = account.says(&["clusters", "show", &id]).expect(0);
    insta::assert_snapshot!("show", filtered(&shown.out));
    let listed = account.says(&["clusters"]).expect(0);
    insta::assert_snapshot!("clusters", filtered(&listed.out));
}

#[test]
fn what_is_archived_until_it_escalates_is_told_once_when_it_surges() {
    let account = Account::new();
    account.inspect();
    let id = account.id("ListRoles");
    let _ = account
        .says(&["clusters", "archive", &id, "--note", "a robot of ours"])
        .expect(0);
    account.hour(12, &["ListRoles"]);
    let report = account.inspect();
    assert_eq!((new(&report), kinds(&report)), (vec![], vec!["recovered"]));
    assert_eq!(
        report["silenced"],
        json!({"acknowledged": 0, "expected": 0, "archived": 1, "errors": 1})
    );

    account.burst(13, "ListRoles", 50);
    let report = account.inspect();
    assert_eq!(new(&report), [("ListRoles".to_owned(), "surge".to_owned())]);
    assert_eq!(kinds(&report), ["opened"]);
    assert_eq!(report["silenced"]["archived"], 0, "it speaks now");
    let finding = &report["findings"][0];
    let reasons = finding["reasons"].as_array().unwrap();
    let reason = |kind: &str| reasons.iter().find(|reason| reason["kind"] == kind).unwrap();
    assert_eq!(reason("surge")["seen"], 50);
    assert!(
        reason("surge")["expected_millis"].as_u64().unwrap() < 1000,
        "{finding:#}"
    );
    assert_eq!(reason("escalated"), &json!({"kind": "escalated"}));
    let why = finding["why"].to_string();
    assert!(
        why.contains("50 times in this window")
            && why.contains("it was archived until it escalates, and now it has"),
        "{why}"
    );

    // It is open from then on, and the judgement says so.
    assert_eq!(account.cluster("ListRoles")["life_cycle"], "open");
    assert_eq!(account.phase("ListRoles"), "escalating");
    let log = account.says(&["audit", &id, "--format", "json"]).expect(0).json();
    let told: Vec<(&Value, &Value, &Value, &Value)> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| (&entry["by"], &entry["action"], &entry["before"], &entry["after"]))
        .collect();
    let archived = json!("archived-until-escalation");
    assert_eq!(
        told,
        [
            (
                &json!("inspection default"),
                &json!("escalate"),
                &archived,
                &json!("open")
            ),
            (&json!("alice"), &json!("archive"), &json!("open"), &archived),
        ]
    );

    // Told once: not by another run, and not by the hours that go on like this.
    let again = account.inspect();
    assert_eq!(new(&again), []);
    assert_eq!(ids(&again), ids(&report), "the same event, shown again");
    let events = account.says(&["events", "--format", "json"]).expect(0).json();
    let opened = events.as_array().unwrap().iter();
    let opened = opened.filter(|event| event["id"] == report["events"][0]["id"]);
    assert_eq!(
        opened
            .map(|event| &event["deliveries"][0]["attempts"])
            .collect::<Vec<_>>(),
        [&json!(1)]
    );
    account.burst(14, "ListRoles", 50);
    let on = account.inspect();
    assert_eq!((new(&on), kinds(&on)), (vec![], vec!["ongoing"]));
    let log = account.says(&["audit", &id, "--format", "json"]).expect(0).json();
    assert_eq!(log.as_array().map(Vec::len), Some(2), "{log:#}");
}

#[test]
fn the_audit_log_is_documents_too() {
    let account = Account::new();
    account.inspect();
    let (one, two) = (account.id("CreateUser"), account.id("ListRoles"));
    let _ = account
        .says(&["clusters", "expect", &one, &two, &one, "--note", "why"])
        .expect(0);
    let all = account.says(&["audit", "--format", "json"]).expect(0).json();
    assert_eq!(
        all.as_array().map(Vec::len),
        Some(2),
        "each cluster once: {all:#}"
    );
    let of_one = account
        .says(&["audit", &one[..8], "--format", "ndjson"])
        .expect(0)
        .json();
    assert_eq!(of_one["schema"], "firstsight.audit/1");
    for (field, value) in [
        ("by", "alice"),
        ("note", "why"),
        ("action", "expect"),
        ("before", "open"),
        ("after", "expected"),
        ("account", "111122223333"),
        ("cluster", &one),
    ] {
        assert_eq!(of_one[field], value, "{field}");
    }
    let other = account.says(&["audit", "--account", "444455556666"]).expect(0);
    assert_eq!(other.out, "nothing has been changed by people\n");
    let shown = account
        .says(&["clusters", "show", &one, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(
        (&shown[0]["audit"][0], &shown[0]["phase"]),
        (
            &{
                let mut entry = of_one.clone();
                entry.as_object_mut().unwrap().remove("schema");
                entry
            },
            &json!("new")
        )
    );
}

#[test]
fn clusters_are_listed_by_word_and_phase() {
    let account = Account::new();
    account.inspect();
    let id = account.id("ListRoles");
    let _ = account.says(&["clusters", "archive", &id]).expect(0);
    let calls = |arguments: &[&str]| -> Vec<String> {
        let fixed = ["clusters", "--format", "ndjson"];
        let arguments: Vec<&str> = fixed.iter().chain(arguments).copied().collect();
        let listed = account.says(&arguments).expect(0);
        let rows = listed
            .out
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        rows.map(|row| row["event_name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(calls(&[]), ["CreateUser", "ListRoles"]);
    assert_eq!(calls(&["--life-cycle", "archived"]), ["ListRoles"]);
    assert_eq!(
        calls(&["--life-cycle", "open", "--life-cycle", "archived", "--limit", "1"]),
        ["CreateUser"]
    );
    assert_eq!(calls(&["--phase", "ongoing"]), ["ListRoles"]);
    assert_eq!(
        calls(&["--phase", "new", "--life-cycle", "archived"]),
        Vec::<String>::new()
    );
    assert_eq!(calls(&["--account", "444455556666"]), Vec::<String>::new());
}

#[test]
fn names_that_are_not_one_cluster_are_told_with_candidates() {
    let account = Account::new();
    account.inspect();
    let id = account.id("CreateUser");
    let short = account.says(&["clusters", "expect", &id[..3]]).expect(2);
    assert!(short.err.contains("at least its first 4 digits"), "{}", short.err);
    let word = account.says(&["clusters", "expect", "CreateUser"]).expect(2);
    assert!(word.err.contains("names no cluster"), "{}", word.err);
    // One digit off at the end: the one that was meant is offered, and nothing is said of the other one.
    let last = if id.ends_with('0') { "1" } else { "0" };
    let mistyped = format!("{}{last}", &id[..31]);
    let other = account.id("ListRoles");
    let unknown = account.says(&["clusters", "expect", &other, &mistyped]).expect(1);
    assert!(
        unknown.err.contains("the nearest are") && unknown.err.contains("iam:CreateUser"),
        "{}",
        unknown.err
    );
    assert_eq!(account.cluster("ListRoles")["life_cycle"], "open");
    let until = account
        .says(&["clusters", "archive", &id, "--until", "soon"])
        .expect(2);
    assert!(
        until.err.contains("escalation, forever, or a time"),
        "{}",
        until.err
    );
    let note = "x".repeat(2001);
    let long = account
        .says(&["clusters", "expect", &id, "--note", &note])
        .expect(2);
    assert!(long.err.contains("more than 2000 characters"), "{}", long.err);
}

#[test]
fn without_a_state_there_is_nothing_to_say() {
    let folder = tempfile::tempdir().unwrap();
    let none = path(&folder, "none.db");
    for arguments in [
        vec!["clusters", "expect", "abcd", "--state", &none],
        vec!["baseline", "forget", "--all", "--yes", "--state", &none],
        vec!["audit", "--state", &none],
    ] {
        let ran = run(&arguments).expect(1);
        assert!(
            ran.err.contains("there is no state at"),
            "{arguments:?}: {}",
            ran.err
        );
        assert!(!ran.err.contains("name a source"), "{arguments:?}: {}", ran.err);
    }
    let listed = run(["clusters", "--state", &none]).expect(1);
    assert!(listed.err.contains("or name a source to read"), "{}", listed.err);
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[test]
fn a_baseline_is_carried_to_another_state() {
    let account = Account::new();
    account.inspect();
    let id = account.id("ListRoles");
    let _ = account
        .says(&["clusters", "acknowledge", &id, "--note", "ours"])
        .expect(0);
    let document = account.path("baseline.ndjson");
    let exported = account.says(&["baseline", "export", "-o", &document]).expect(0);
    assert_eq!(exported.out, "");

    let other = Account::new();
    let imported = other.says(&[
        "baseline", "import", &document, "--by", "carol", "--note", "moved",
    ]);
    assert_eq!(
        imported.expect(0).out,
        "2 clusters imported with 2 fine templates, 0 known already\n"
    );
    let again = other.says(&["baseline", "import", &document]).expect(0);
    assert_eq!(
        again.out,
        "0 clusters imported with 0 fine templates, 2 known already\n"
    );
    assert_eq!(other.cluster("ListRoles")["life_cycle"], "acknowledged");
    assert_eq!(other.cluster("ListRoles")["said"]["note"], "ours");
    assert_eq!(other.cluster("ListRoles")["seen"]["count"], 15);
    let back = other.says(&["baseline", "export"]).expect(0);
    assert_eq!(back.out, std::fs::read_to_string(&document).unwrap());

    // What was known there is not new here.
    let trail = other.path("later");
    let later = [
        denied("a", "2026-01-15T12:10:00Z", "CreateUser"),
        denied("b", "2026-01-15T12:20:00Z", "DeleteUser"),
    ];
    write_records(&other.folder.path().join("later/one.json"), &later);
    let state = other.state();
    let report = run([
        "inspect",
        "--min-history",
        "0",
        "--state",
        &state,
        "--format",
        "json",
        &trail,
    ]);
    let report = report.expect(0).json();
    assert_eq!(new(&report), [("DeleteUser".to_owned(), "new".to_owned())]);
    let log = other.says(&["audit"]).expect(0);
    insta::assert_snapshot!("audit-of-an-import", filtered(&log.out));
}

#[test]
fn a_document_that_is_wrong_is_refused_whole() {
    let account = Account::new();
    account.inspect();
    let document = account.says(&["baseline", "export"]).expect(0).out;
    let last = document.lines().last().unwrap();
    let (file, state) = (account.path("wrong.ndjson"), account.path("other.db"));
    let wrong = [
        (document.replace("ListRoles", "ListUsers"), "line "),
        (document.replace(&format!("{last}\n"), ""), "export it again"),
        (
            document.split_inclusive('\n').skip(1).collect(),
            "line 1: it is no header",
        ),
        ("\u{1b}[31m{\n".to_owned(), "line 1: "),
    ];
    for (text, told) in wrong {
        std::fs::write(&file, text).unwrap();
        let ran = account
            .says(&["baseline", "import", &file, "--state", &state])
            .expect(1);
        assert!(
            ran.err.contains("wrong.ndjson: line ") && ran.err.contains(told),
            "{}",
            ran.err
        );
        assert!(!ran.err.contains('\u{1b}'), "{}", ran.err);
    }
    let missing = account.path("none.ndjson");
    let ran = account.says(&["baseline", "import", &missing]).expect(1);
    assert!(ran.err.contains("none.ndjson"), "{}", ran.err);
    assert!(!account.folder.path().join("other.db").try_exists().unwrap());
}

#[test]
fn what_is_forgotten_is_new_again() {
    let account = Account::new();
    account.inspect();
    let id = account.id("ListRoles");
    let asked = account.says(&["baseline", "forget", &id[..8]]).expect(2);
    assert!(
        asked.out.contains("would be forgotten") && asked.out.contains("iam:ListRoles"),
        "{}",
        asked.out
    );
    assert!(asked.err.contains("add --yes"), "{}", asked.err);
    assert_eq!(account.clusters().len(), 2);
    let done = account.says(&["baseline", "forget", &id[..8], "--yes", "--note", "was a test"]);
    assert!(done.expect(0).out.starts_with("forgotten"));
    assert_eq!(account.clusters().len(), 1);
    account.hour(12, &["ListRoles"]);
    assert_eq!(
        new(&account.inspect()),
        [("ListRoles".to_owned(), "new".to_owned())]
    );
    assert_eq!(account.id("ListRoles"), id, "the same cluster");
    let log = account.says(&["audit", &id]).expect(0);
    assert!(
        log.out.contains("forget") && log.out.contains("was a test"),
        "{}",
        log.out
    );

    let of_another = ["baseline", "forget", "--account", "444455556666", "--yes"];
    assert_eq!(account.says(&of_another).expect(0).out, "");
    let _ = account.says(&["baseline", "forget", "--yes"]).expect(2);
    let _ = account.says(&["baseline", "forget", "--all", "--yes"]).expect(0);
    assert_eq!(account.clusters(), Vec::<Value>::new());
    let forgotten = account.says(&["audit", &id[..8]]).expect(0);
    assert_eq!(forgotten.out.lines().count(), 3, "{}", forgotten.out);
}

#[test]
fn log_text_does_not_reach_the_terminal_raw() {
    let folder = tempfile::tempdir().unwrap();
    let mut record = denied("a", "2026-01-15T11:20:00Z", "Create\u{1b}[31mUser");
    record["errorMessage"] = json!("\u{1b}]0;owned\u{7}");
    write_records(&folder.path().join("one.json"), &[record]);
    let (state, file) = (path(&folder, "state.db"), path(&folder, "one.json"));
    let _ = run(["inspect", "--state", &state, &file]).expect(0);
    let listed = run(["clusters", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    let id = listed[0]["id"].as_str().unwrap();
    for arguments in [
        vec!["clusters", "expect", id, "--note", "\u{1b}[2J"],
        vec!["clusters", "show", id],
        vec!["clusters", "--phase", "new"],
        vec!["audit"],
        vec!["baseline", "export"],
        vec!["baseline", "forget", "--all", "--yes"],
    ] {
        let ran = run(arguments.iter().chain(&["--state", state.as_str()])).expect(0);
        assert!(
            !ran.out.contains('\u{1b}') && ran.err.is_empty(),
            "{arguments:?}: {}",
            ran.out
        );
    }
}
