//! The command line, end to end: what it prints, how it ends, what it keeps.

use std::io::Write as _;
use std::process::Stdio;

use firstsight_tests::{Ran, allowed, denied, firstsight, gzip, path, run, story, write_records};
use serde_json::{Value, json};

#[test]
fn inspect_tells_the_new_error_and_not_the_known_one() {
    let folder = story();
    let ran = run(["inspect", &path(&folder, "trail")]).expect(0);
    assert!(ran.out.contains("CreateUser"), "{}", ran.out);
    assert!(!ran.out.contains("ListRoles"), "{}", ran.out);
    assert!(ran.out.contains("no --state"), "{}", ran.out);
}

#[test]
fn fail_on_new_exits_with_3_on_news_and_0_without() {
    let folder = story();
    let trail = path(&folder, "trail");
    assert_eq!(run(["inspect", "--fail-on-new", &trail]).code, Some(3));
    assert_eq!(
        run(["inspect", "--fail-on-new", "--as-of", "2026-01-15T11:00Z", &trail]).code,
        Some(0)
    );
    assert_eq!(
        run(["inspect", "--fail-on-new", "--account", "444455556666", &trail]).code,
        Some(0)
    );
}

#[test]
fn an_account_without_history_is_learning() {
    let folder = tempfile::tempdir().unwrap();
    write_records(
        &folder.path().join("one.json"),
        &[denied("a", "2026-01-15T11:20:00Z", "CreateUser")],
    );
    let file = path(&folder, "one.json");
    let report = run(["inspect", "--fail-on-new", "--format", "json", &file])
        .expect(0)
        .json();
    assert_eq!(report["findings"][0]["learning"], true);
    assert_eq!(report["events"], json!([]));
    let _ = run(["inspect", "--fail-on-new", "--min-history", "0", &file]).expect(3);
}

#[test]
fn a_state_reads_nothing_twice_and_reports_nothing_twice() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let inspect = || {
        run(["inspect", "--state", &state, "--format", "json", &trail])
            .expect(0)
            .json()
    };
    let (first, second) = (inspect(), inspect());
    assert_eq!(first["input"]["records"], 31);
    assert_eq!(second["input"]["records"], 0);
    assert_eq!(first["findings"][0]["id"], second["findings"][0]["id"]);
    assert_eq!(
        (
            &first["findings"][0]["recorded"],
            &second["findings"][0]["recorded"]
        ),
        (&json!(false), &json!(true))
    );
    assert_eq!(first["events"], second["events"]);
    let _ = run(["inspect", "--state", &state, "--fail-on-new", &trail]).expect(0);
    let events = run(["events", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(events.as_array().map(Vec::len), Some(1));
    assert_eq!(events[0]["deliveries"][0]["state"], "delivered");
}

#[test]
fn a_fault_opens_and_recovers_over_runs() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let _ = run(["inspect", "--state", &state, &trail]).expect(0);
    write_records(
        &folder.path().join("trail/later.json"),
        &[allowed("later", "2026-01-15T12:30:00Z")],
    );
    let report = run(["inspect", "--state", &state, "--format", "json", &trail])
        .expect(0)
        .json();
    assert_eq!(report["events"][0]["kind"], "recovered");
    assert_eq!(report["events"][0]["status"], "ok");
    let listed = run(["events", "--state", &state, "--format", "ndjson"]).expect(0);
    let kinds: Vec<Value> = listed
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["kind"].take())
        .collect();
    assert_eq!(kinds, ["recovered", "opened"]);
}

#[test]
fn older_files_end_an_accounts_learning_at_once() {
    let folder = story();
    let state = path(&folder, "state.db");
    let inspect = |source: String| {
        let ran = run([
            "inspect",
            "--state",
            &state,
            "--as-of",
            "2026-01-15T12:00Z",
            "--format",
            "json",
            &source,
        ]);
        ran.expect(0).json()
    };
    let alone = inspect(path(&folder, "trail/last.json"));
    assert_eq!(alone["accounts"][0]["learning"]["have_hours"], 0, "{alone:#}");
    assert_eq!(alone["findings"][0]["learning"], true);
    assert_eq!(
        alone["events"].as_array().map(Vec::len),
        Some(0),
        "nothing alerts yet"
    );
    let filled = inspect(path(&folder, "trail"));
    assert_eq!(filled["accounts"][0]["learning"], Value::Null);
    let found = run(["clusters", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(found.as_array().map(Vec::len), Some(2), "{found:#}");
}

#[test]
fn late_records_reopen_their_hour_once() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let inspect = |as_of: &str| {
        run([
            "inspect", "--state", &state, "--as-of", as_of, "--format", "json", &trail,
        ])
        .expect(0)
        .json()
    };
    inspect("2026-01-15T12:00Z");
    let late = denied("late-1", "2026-01-15T11:40:00Z", "DeleteUser");
    write_records(
        &folder.path().join("trail/late.json"),
        &[late, allowed("now", "2026-01-15T12:30:00Z")],
    );
    let report = inspect("2026-01-15T13:00Z");
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["event_name"], &finding["late"]),
        (&json!("DeleteUser"), &json!(true))
    );
    assert_eq!(inspect("2026-01-15T14:00Z")["findings"], json!([]));
}

#[test]
fn a_late_record_of_what_was_reported_only_amends_when_it_was_seen_first() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let inspect = |as_of: &str| {
        run([
            "inspect", "--state", &state, "--as-of", as_of, "--format", "json", &trail,
        ])
        .expect(0)
        .json()
    };
    let first_seen = || {
        let clusters = run(["clusters", "--state", &state, "--format", "ndjson"])
            .expect(0)
            .out;
        let clusters = clusters
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut clusters = clusters.filter(|cluster| cluster["event_name"] == "CreateUser");
        clusters.next().expect("the cluster")["seen"]["first"].take()
    };
    let reported = inspect("2026-01-15T12:00Z");
    assert_eq!(reported["findings"][0]["event_name"], "CreateUser");
    assert!(first_seen().as_str().unwrap() > "2026-01-15T11:00");
    let earlier = denied("late-1", "2026-01-15T10:40:00Z", "CreateUser");
    write_records(
        &folder.path().join("trail/late.json"),
        &[earlier, allowed("now", "2026-01-15T12:30:00Z")],
    );
    let report = inspect("2026-01-15T13:00Z");
    assert_eq!(
        (&report["findings"], &report["events"][0]["kind"]),
        (&json!([]), &json!("recovered"))
    );
    assert_eq!(first_seen(), "2026-01-15T10:40:00Z");
}

#[test]
fn severities_are_decided_by_a_table_of_ones_own() {
    let folder = story();
    let (table, trail) = (path(&folder, "rules.tsv"), path(&folder, "trail"));
    let severity = || {
        let report = run(["inspect", "--severity-table", &table, "--format", "json", &trail]);
        report.expect(0).json()["findings"][0]["severity"].take()
    };
    std::fs::write(&table, run(["severity-table"]).expect(0).out).unwrap();
    assert_eq!(severity(), "warning", "the built-in rules");
    let all = "all\t*\t*\t*\t*\t*\t*\t*\t*\t*\t*\t*\tcritical\twhatever it is";
    std::fs::write(&table, all).unwrap();
    assert_eq!(severity(), "critical");
}

#[test]
fn a_bad_table_of_severities_is_named_by_file_line_and_column() {
    let folder = story();
    let (table, trail) = (path(&folder, "rules.tsv"), path(&folder, "trail"));
    let bad = "# mine\nall\t*\t*\t*\trobot\t*\t*\t*\t*\t*\t*\t*\tinfo\twhatever it is";
    std::fs::write(&table, bad).unwrap();
    let ran = run(["inspect", "--severity-table", &table, &trail]).expect(2);
    assert!(
        ran.err.contains("rules.tsv") && ran.err.contains("line 2: actor cannot be \"robot\""),
        "{}",
        ran.err
    );
    let missing = run(["inspect", "--severity-table", &path(&folder, "none.tsv"), &trail]).expect(2);
    assert!(
        missing.err.contains("none.tsv") && missing.err.contains("cannot read it"),
        "{}",
        missing.err
    );
}

#[test]
fn what_learns_is_chosen() {
    let folder = tempfile::tempdir().unwrap();
    write_records(
        &folder.path().join("one.json"),
        &[denied("a", "2026-01-15T11:20:00Z", "CreateUser")],
    );
    let file = path(&folder, "one.json");
    let learns = |by: &str| {
        let report = run(["inspect", "--learn-by", by, "--format", "json", &file])
            .expect(0)
            .json();
        let finding = &report["findings"][0];
        let learner = finding["reasons"]
            .as_array()
            .unwrap()
            .iter()
            .find(|r| r["kind"] == "learning");
        learner.map(|reason| reason["learner"].clone())
    };
    assert_eq!(learns("account"), Some(json!("account")));
    assert_eq!(learns("region"), Some(json!({ "region": "us-east-1" })));
    assert_eq!(learns("region,account"), Some(json!("account")));
}

#[test]
fn a_run_catches_up_with_the_hours_since_the_last_one() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let inspect = || {
        run(["inspect", "--state", &state, "--format", "json", &trail])
            .expect(0)
            .json()
    };
    inspect();
    let missed = denied("missed-1", "2026-01-15T13:40:00Z", "DeleteUser");
    let later = [missed, allowed("now", "2026-01-15T17:30:00Z")];
    write_records(&folder.path().join("trail/later.json"), &later);
    let report = inspect();
    assert_eq!(report["window"]["end"], "2026-01-15T18:00:00Z");
    assert_eq!(report["findings"][0]["event_name"], "DeleteUser");
    assert_eq!(report["findings"][0]["late"], false);
    let kinds: Vec<&Value> = report["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["kind"])
        .collect();
    assert!(
        kinds.contains(&&json!("opened")) && kinds.contains(&&json!("recovered")),
        "{kinds:?}"
    );
    assert_eq!(inspect()["findings"], json!([]));
}

#[test]
fn looking_at_one_account_judges_all_of_them() {
    let folder = story();
    let other = |id: &str, time: &str, call: &str| {
        let text = denied(id, time, call)
            .to_string()
            .replace("111122223333", "444455556666");
        serde_json::from_str::<Value>(&text).unwrap()
    };
    let records = [
        other("o-1", "2026-01-01T11:10:00Z", "ListRoles"),
        other("o-2", "2026-01-15T11:30:00Z", "DeleteRole"),
    ];
    write_records(&folder.path().join("trail/other.json"), &records);
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let one = run([
        "inspect",
        "--state",
        &state,
        "--account",
        "111122223333",
        "--format",
        "json",
        &trail,
    ])
    .expect(0)
    .json();
    assert_eq!(one["findings"].as_array().map(Vec::len), Some(1));
    assert_eq!(one["events"].as_array().map(Vec::len), Some(1));
    let all = run([
        "inspect",
        "--state",
        &state,
        "--fail-on-new",
        "--format",
        "json",
        &trail,
    ])
    .expect(3)
    .json();
    let new: Vec<&Value> = all["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| finding["recorded"] == false)
        .collect();
    assert_eq!(new.len(), 1);
    assert_eq!(
        (&new[0]["event_name"], &new[0]["late"]),
        (&json!("DeleteRole"), &json!(false))
    );
}

#[test]
fn looking_ahead_or_back_costs_nothing_later() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let inspect = |more: &[&str]| {
        let fixed = ["inspect", "--state", &state, "--format", "json"];
        run(fixed.iter().chain(more).chain(&[trail.as_str()]))
            .expect(0)
            .json()
    };
    assert!(
        run(["inspect", "--state", &state, "--as-of", "2096-01-01", &trail])
            .expect(2)
            .err
            .contains("future")
    );
    inspect(&[]);
    // Behind the newest record nothing is known: the open fault does not recover, and history stays.
    let ahead = inspect(&["--as-of", "2026-02-20"]);
    assert_eq!(
        (&ahead["complete"], &ahead["events"]),
        (&json!(false), &json!([]))
    );
    inspect(&["--as-of", "2026-01-10"]);
    let missed = denied("missed-1", "2026-01-15T13:40:00Z", "DeleteUser");
    write_records(
        &folder.path().join("trail/later.json"),
        &[missed, allowed("now", "2026-01-15T15:30:00Z")],
    );
    let report = inspect(&[]);
    assert_eq!(report["findings"][0]["event_name"], "DeleteUser");
    let clusters = run(["clusters", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(clusters.as_array().map(Vec::len), Some(3));
}

#[test]
fn severity_asked_for_holds_for_what_is_caught_up_with() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let inspect = |more: &[&str], code: i32| {
        let fixed = ["inspect", "--state", &state, "--format", "json"];
        run(fixed.iter().chain(more).chain(&[trail.as_str()]))
            .expect(code)
            .json()
    };
    inspect(&["--as-of", "2026-01-14"], 0);
    let report = inspect(&["--min-severity", "critical", "--fail-on-new"], 0);
    assert_eq!(report["findings"], json!([]));
    assert_eq!(
        (&report["found"]["warning"], &report["hidden"]["warning"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn the_state_of_the_environment_gives_way_to_a_source() {
    let folder = story();
    let ran = firstsight()
        .args(["keys", &path(&folder, "trail")])
        .env("FIRSTSIGHT_STATE", path(&folder, "none.db"))
        .output()
        .unwrap();
    assert!(Ran::from(ran).expect(0).out.contains("AKIAIOSFODNN7EXAMPLE"));
}

#[test]
fn replay_leaves_no_hour_out_whatever_the_window() {
    let folder = tempfile::tempdir().unwrap();
    let records = [
        denied("a", "2026-01-15T00:10:00Z", "ListRoles"),
        denied("b", "2026-01-15T13:10:00Z", "CreateUser"),
    ];
    write_records(&folder.path().join("two.json"), &records);
    for window in ["1h", "6h", "1d"] {
        let arguments = [
            "replay",
            "--window",
            window,
            "--min-history",
            "0",
            "--format",
            "json",
        ];
        let reports = run(arguments
            .iter()
            .copied()
            .chain([path(&folder, "two.json").as_str()]))
        .expect(0)
        .json();
        let found: usize = reports
            .as_array()
            .unwrap()
            .iter()
            .map(|report| report["findings"].as_array().unwrap().len())
            .sum();
        assert_eq!(found, 2, "{window}");
    }
}

#[test]
fn a_log_that_grows_reopens_nothing_that_did_not_grow() {
    let folder = tempfile::tempdir().unwrap();
    let (state, log) = (path(&folder, "state.db"), path(&folder, "all.ndjson"));
    let mut lines = String::new();
    for hour in 0..5 {
        let time = format!("2026-01-15T{hour:02}:10:00Z");
        lines.push_str(&format!("{}\n", denied(&format!("e-{hour}"), &time, "ListRoles")));
        std::fs::write(&log, &lines).unwrap();
        let report = run(["inspect", "--state", &state, "--format", "json", &log])
            .expect(0)
            .json();
        assert!(
            !report["notes"].to_string().contains("had come for"),
            "{}",
            report["notes"]
        );
    }
    let clusters = run(["clusters", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(clusters[0]["seen"]["count"], 5);
}

#[test]
fn every_format_says_the_same() {
    let folder = story();
    let trail = path(&folder, "trail");
    let report = run(["inspect", "--format", "json", &trail]).expect(0).json();
    assert_eq!(report["schema"], "firstsight.report/1");
    assert_eq!(report["findings"][0]["event_name"], "CreateUser");
    let lines = run(["inspect", "--format", "ndjson", &trail]).expect(0);
    for line in lines.out.lines() {
        let document: Value = serde_json::from_str(line).unwrap();
        assert!(
            document["schema"].is_string() && document["kind"].is_string(),
            "{line}"
        );
    }
    let page = run(["inspect", "--format", "html", &trail]).expect(0);
    assert!(page.out.to_lowercase().starts_with("<!doctype html>") && page.out.contains("CreateUser"));
}

#[test]
fn output_replaces_the_file_and_leaves_nothing_beside_it() {
    let folder = story();
    let out = path(&folder, "report.html");
    std::fs::write(&out, "old").unwrap();
    let ran = run([
        "inspect",
        "--format",
        "html",
        "--output",
        &out,
        &path(&folder, "trail"),
    ])
    .expect(0);
    assert_eq!(ran.out, "");
    assert!(std::fs::read_to_string(&out).unwrap().contains("</html>"));
    assert_eq!(folder.path().read_dir().unwrap().count(), 2);
}

#[test]
fn reads_standard_input() {
    let mut child = firstsight()
        .args(["inspect", "--min-history", "0", "--format", "json", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let record = denied("a", "2026-01-15T11:20:00Z", "CreateUser").to_string();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(&gzip(record.as_bytes()))
        .unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(ran.json()["findings"][0]["event_name"], "CreateUser");
}

#[test]
fn lists_read_a_state_or_a_source() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let _ = run(["inspect", "--state", &state, &trail]).expect(0);
    for command in ["clusters", "keys", "events"] {
        let from_state = run([command, "--state", &state, "--format", "json"])
            .expect(0)
            .json();
        let from_source = run([command, "--format", "json", &trail]).expect(0).json();
        let count = |list: &Value| list.as_array().map(Vec::len);
        assert!(count(&from_state) >= Some(1), "{command}");
        assert_eq!(count(&from_state), count(&from_source), "{command}");
        assert!(
            run([command, "--state", &state]).expect(0).out.lines().count() >= 2,
            "{command}"
        );
    }
    let keys = run(["keys", "--format", "json", &trail]).expect(0).json();
    assert_eq!(keys[0]["id"], "AKIAIOSFODNN7EXAMPLE");
    assert_eq!(keys[0]["last_used"], "2026-01-15T11:20:00Z");
    assert_eq!(keys[0]["owner"], "arn:aws:iam::111122223333:user/ci");
}

#[test]
fn label_names_the_cluster_of_each_error_event() {
    let folder = story();
    let trail = path(&folder, "trail");
    for arguments in [vec!["label", &trail], vec!["label", "--online", &trail]] {
        let ran = run(&arguments).expect(0);
        let lines: Vec<(&str, &str)> = ran.out.lines().filter_map(|line| line.split_once('\t')).collect();
        assert_eq!(lines.len(), 16);
        let cluster = |id: &str| lines.iter().find(|line| line.0 == id).map(|line| line.1).unwrap();
        assert_eq!(cluster("known-1"), cluster("known-15"));
        assert_ne!(cluster("known-1"), cluster("new-1"));
        assert_eq!(cluster("new-1").len(), 32);
    }
}

#[test]
fn replay_says_what_inspecting_each_hour_says() {
    let folder = story();
    let trail = path(&folder, "trail");
    let report = run(["inspect", "--format", "json", &trail]).expect(0).json();
    let replayed = run(["replay", "--format", "json", &trail]).expect(0).json();
    let loud: Vec<&Value> = replayed
        .as_array()
        .unwrap()
        .iter()
        .filter(|r| r["findings"] != json!([]))
        .collect();
    assert_eq!(loud.len(), 1);
    assert_eq!(loud[0]["window"]["start"], "2026-01-15T11:00:00Z");
    assert_eq!(report["findings"], loud[0]["findings"]);
    assert_eq!(report["events"], loud[0]["events"]);
    assert!(run(["replay", &trail]).expect(0).out.contains("windows replayed"));
}

#[test]
fn colour_comes_only_when_asked_for() {
    let folder = story();
    let trail = path(&folder, "trail");
    assert!(!run(["inspect", &trail]).out.contains('\u{1b}'));
    assert!(
        run(["inspect", "--color", "always", &trail])
            .out
            .contains('\u{1b}')
    );
}

#[test]
fn a_closed_pipe_is_success() {
    let folder = story();
    let mut child = firstsight()
        .args(["inspect", "--format", "html", &path(&folder, "trail")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().unwrap()).expect(0);
    assert_eq!(ran.err, "");
}

#[test]
fn completions_name_the_commands() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(
            run(["completions", shell]).expect(0).out.contains("inspect"),
            "{shell}"
        );
    }
}

#[test]
fn help_teaches_with_examples_and_exit_codes() {
    insta::assert_snapshot!("help", run(["--help"]).expect(0).out);
    insta::assert_snapshot!("help-inspect", run(["inspect", "--help"]).expect(0).out);
}
