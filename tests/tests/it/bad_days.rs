//! Bad input and bad days: each a clear error or a counted reject, a documented exit code, and a state that is intact.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use firstsight_tests::{Ran, allowed, denied, firstsight, gzip, path, run, story, write_records};
use serde_json::Value;
use tempfile::TempDir;

/// Inspects the story's trail and gives the report.
fn inspected(folder: &TempDir, code: i32) -> Value {
    run(["inspect", "--format", "json", &path(folder, "trail")])
        .expect(code)
        .json()
}

#[test]
fn wrong_arguments_exit_with_2_and_say_what_is_right() {
    for (arguments, said) in [
        (vec!["inspect"], "SOURCE"),
        (vec!["inspect", "--window", "1m", "x"], "6h, 14d or 2w"),
        (vec!["inspect", "--as-of", "noon", "x"], "2026-01-31T12:00:00Z"),
        (vec!["inspect", "--format", "xml", "x"], "possible values"),
        (vec!["inspct", "x"], "inspect"),
        (vec!["clusters", "--format", "html", "x"], "table, json or ndjson"),
    ] {
        let ran = run(&arguments).expect(2);
        assert!(
            ran.err.contains(said) && ran.out.is_empty(),
            "{arguments:?}: {}",
            ran.err
        );
    }
}

#[test]
fn a_source_that_is_not_there_is_named() {
    let folder = story();
    let ran = run(["inspect", &path(&folder, "nowhere/*.gz")]).expect(1);
    assert!(ran.err.contains("nowhere"), "{}", ran.err);
}

#[test]
fn a_state_that_is_not_there_is_named_with_what_to_do() {
    let folder = story();
    let ran = run(["clusters", "--state", &path(&folder, "none.db")]).expect(1);
    assert!(
        ran.err.contains("none.db") && ran.err.contains("inspect --state"),
        "{}",
        ran.err
    );
}

#[test]
fn a_folder_for_a_state_is_named() {
    let folder = story();
    let trail = path(&folder, "trail");
    for arguments in [
        vec!["clusters", "--state", &trail],
        vec!["inspect", "--state", &trail, &trail],
    ] {
        let ran = run(&arguments).expect(1);
        assert!(
            ran.err.contains("trail") && ran.err.contains("it is a folder"),
            "{}",
            ran.err
        );
    }
}

#[test]
fn a_file_that_is_no_cloudtrail_is_a_clear_failure() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("a.json"), "{\"a\": 1}\nnot json\n").unwrap();
    let ran = run(["inspect", &path(&folder, "a.json")]).expect(1);
    assert!(
        ran.err.contains("no CloudTrail record in it") && ran.err.contains("byte 0"),
        "{}",
        ran.err
    );
}

#[test]
fn a_corrupt_file_in_the_middle_of_a_folder_loses_nothing_else() {
    let folder = story();
    let middle = folder.path().join("trail/day-07.json.gz");
    let whole = fs::read(&middle).unwrap();
    fs::write(&middle, &whole[..whole.len() / 2]).unwrap();
    let report = inspected(&folder, 4);
    assert_eq!(report["complete"], false);
    assert_eq!(report["input"]["units"], 16);
    assert!(
        report["input"]["unread"][0].as_str().unwrap().contains("day-07"),
        "{}",
        report["input"]
    );
    assert!(report["input"]["records"].as_u64().unwrap() >= 29);
    assert_eq!(report["findings"][0]["event_name"], "CreateUser");
}

#[test]
fn a_damaged_file_keeps_its_hours_incomplete_in_the_state() {
    let folder = story();
    let last = folder.path().join("trail/last.json.gz");
    write_records(
        &last,
        &vec![denied("new-1", "2026-01-15T11:20:00Z", "CreateUser"); 50],
    );
    let whole = fs::read(&last).unwrap();
    fs::write(&last, &whole[..whole.len() - 20]).unwrap();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let inspect = |code: i32| {
        run(["inspect", "--state", &state, "--format", "json", &trail])
            .expect(code)
            .json()
    };
    for _ in 0..2 {
        assert_eq!(inspect(4)["complete"], false);
    }
    fs::write(&last, whole).unwrap();
    let report = inspect(0);
    assert_eq!(
        (&report["complete"], &report["found"]["warning"]),
        (&true.into(), &1.into())
    );
}

#[test]
fn endless_fields_do_not_break_a_list() {
    let folder = story();
    let long = denied("long", "2026-01-15T11:30:00Z", &"A".repeat(1 << 20));
    write_records(&folder.path().join("trail/long.json"), &[long]);
    let trail = path(&folder, "trail");
    for arguments in [
        vec!["clusters", &trail],
        vec!["keys", &trail],
        vec!["events", &trail],
        vec!["replay", &trail],
    ] {
        let ran = run(&arguments).expect(0);
        assert!(
            ran.out.lines().all(|line| line.chars().count() < 2000),
            "{arguments:?}"
        );
    }
}

#[test]
fn a_name_from_the_future_hides_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let name = |stamp: &str| {
        let day = format!("{}/{}/{}", &stamp[..4], &stamp[4..6], &stamp[6..8]);
        format!(
            "AWSLogs/111122223333/CloudTrail/us-east-1/{day}/111122223333_CloudTrail_us-east-1_{stamp}_abcdefghijklmnop.json.gz"
        )
    };
    for day in 1..=15 {
        let record = denied(
            &format!("k-{day}"),
            &format!("2026-01-{day:02}T11:10:00Z"),
            "ListRoles",
        );
        write_records(
            &folder.path().join(name(&format!("202601{day:02}T1115Z"))),
            &[record],
        );
    }
    write_records(
        &folder.path().join(name("20990101T0000Z")),
        &[allowed("f", "2026-01-15T11:30:00Z")],
    );
    let report = run([
        "inspect",
        "--format",
        "json",
        &folder.path().display().to_string(),
    ])
    .expect(0)
    .json();
    assert_eq!(report["input"]["units"], 15, "{}", report["input"]);
    assert_eq!(report["accounts"][0]["learning"], Value::Null);
    assert!(
        report["notes"].to_string().contains("1 from the future by name"),
        "{}",
        report["notes"]
    );
}

#[test]
fn output_goes_through_pipes_and_links() {
    let folder = story();
    let (real, link) = (path(&folder, "real.html"), folder.path().join("link.html"));
    fs::write(&real, "old").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let link = link.display().to_string();
    let _ = run([
        "inspect",
        "--format",
        "html",
        "--output",
        &link,
        &path(&folder, "trail"),
    ])
    .expect(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("</html>"));
    let _ = run(["inspect", "--output", "/dev/null", &path(&folder, "trail")]).expect(0);
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

#[test]
fn several_runs_at_once_on_one_state_all_end_well() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let runs: Vec<_> = (0..4)
        .map(|_| {
            firstsight()
                .args(["inspect", "--state", &state, &trail])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    for child in runs {
        let _ = Ran::from(child.wait_with_output().unwrap()).expect(0);
    }
    let events = run(["events", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(events.as_array().map(Vec::len), Some(1));
}

#[test]
fn a_bomb_is_stopped_at_the_cap() {
    let folder = story();
    let bomb = gzip(&vec![b' '; 64 << 20]);
    assert!(bomb.len() < 1 << 20);
    fs::write(folder.path().join("trail/bomb.json.gz"), bomb).unwrap();
    let report = inspected(&folder, 4);
    assert_eq!(
        report["input"]["rejects"]["decompression-cap"], 1,
        "{}",
        report["input"]
    );
    assert_eq!(report["findings"][0]["event_name"], "CreateUser");
}

#[test]
fn a_record_from_2099_moves_no_window() {
    let folder = story();
    write_records(
        &folder.path().join("trail/future.json"),
        &[denied("f", "2099-01-01T00:00:00Z", "CreateUser")],
    );
    let report = inspected(&folder, 0);
    assert_eq!(report["input"]["rejects"]["future-event-time"], 1);
    assert_eq!(report["window"]["end"], "2026-01-15T12:00:00Z");
}

#[test]
fn a_state_of_a_newer_version_is_left_alone() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let _ = run(["inspect", "--state", &state, &trail]).expect(0);
    set_user_version(Path::new(&state), 9999);
    let before = fs::read(&state).unwrap();
    for command in [
        vec!["inspect", "--state", &state, &trail],
        vec!["clusters", "--state", &state],
    ] {
        let ran = run(&command).expect(1);
        assert!(
            ran.err.contains("newer") && ran.err.contains("9999"),
            "{}",
            ran.err
        );
    }
    assert_eq!(fs::read(&state).unwrap(), before);
}

/// The user version stands at byte 60 of an SQLite file (SQLite file format, section 1.3).
fn set_user_version(state: &Path, version: u32) {
    let mut bytes = fs::read(state).unwrap();
    bytes[60..64].copy_from_slice(&version.to_be_bytes());
    fs::write(state, bytes).unwrap();
}

#[test]
fn a_file_that_is_no_state_is_left_alone() {
    let folder = story();
    let notes = "my notes\n".repeat(200);
    fs::write(folder.path().join("notes.txt"), &notes).unwrap();
    let ran = run([
        "inspect",
        "--state",
        &path(&folder, "notes.txt"),
        &path(&folder, "trail"),
    ])
    .expect(1);
    assert!(
        ran.err.contains("notes.txt") && ran.err.contains("not a firstsight state"),
        "{}",
        ran.err
    );
    assert_eq!(
        fs::read_to_string(folder.path().join("notes.txt")).unwrap(),
        notes
    );
}

#[test]
fn output_that_cannot_be_written_is_shown_again_by_the_next_run() {
    let folder = story();
    let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = firstsight()
        .args(["inspect", "--state", &state, &trail])
        .stdout(Stdio::from(full))
        .stderr(Stdio::piped())
        .output()
        .unwrap();
    assert!(Ran::from(output).expect(1).err.contains("space"));
    write_records(
        &folder.path().join("trail/later.json"),
        &[allowed("later", "2026-01-15T12:30:00Z")],
    );
    let report = run(["inspect", "--state", &state, "--format", "json", &trail])
        .expect(0)
        .json();
    let kinds: Vec<&str> = report["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.contains(&"opened") && kinds.contains(&"recovered"),
        "{kinds:?}"
    );
}

#[test]
fn an_output_folder_that_is_missing_is_named() {
    let folder = story();
    let out = path(&folder, "missing/report.html");
    let ran = run([
        "inspect",
        "--format",
        "html",
        "--output",
        &out,
        &path(&folder, "trail"),
    ])
    .expect(1);
    assert!(
        ran.err.contains("missing/report.html") && ran.err.contains("folder"),
        "{}",
        ran.err
    );
}

#[cfg(unix)]
mod unix {
    use std::io::{Read as _, Write as _};
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
    use std::os::unix::process::CommandExt as _;
    use std::process::Command;

    use firstsight_tests::binary;

    use super::*;

    /// `nobody`, as most systems number it.
    const NOBODY: u32 = 65_534;

    /// The binary as somebody whom permissions bind: root reads and writes everything.
    fn unprivileged(folder: &TempDir) -> Command {
        let copy = folder.path().join("firstsight");
        fs::copy(binary(), &copy).unwrap();
        close(folder.path(), 0o755);
        let mut command = Command::new(&copy);
        command.env_clear().stdin(Stdio::null());
        if fs::metadata(folder.path()).unwrap().uid() == 0 {
            command.uid(NOBODY).gid(NOBODY);
        }
        command
    }

    fn close(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn an_unreadable_file_is_listed_and_the_rest_is_read() {
        let folder = story();
        close(&folder.path().join("trail/day-03.json.gz"), 0o000);
        let inspect = unprivileged(&folder)
            .args(["inspect", "--format", "json", &path(&folder, "trail")])
            .output();
        let report = Ran::from(inspect.unwrap()).expect(4).json();
        assert_eq!(report["input"]["units"], 15);
        assert!(
            report["input"]["unread"][0].as_str().unwrap().contains("day-03"),
            "{}",
            report["input"]
        );
    }

    #[test]
    fn a_read_only_state_folder_is_named() {
        let folder = story();
        fs::create_dir(folder.path().join("states")).unwrap();
        close(&folder.path().join("states"), 0o555);
        let state = path(&folder, "states/state.db");
        let inspect = unprivileged(&folder)
            .args(["inspect", "--state", &state, &path(&folder, "trail")])
            .output();
        let ran = Ran::from(inspect.unwrap()).expect(1);
        assert!(ran.err.contains("states/state.db"), "{}", ran.err);
    }

    #[test]
    fn a_state_in_a_read_only_folder_can_be_listed_and_not_changed() {
        let folder = story();
        let states = folder.path().join("states");
        fs::create_dir(&states).unwrap();
        let state = path(&folder, "states/state.db");
        let _ = run(["inspect", "--state", &state, &path(&folder, "trail")]).expect(0);
        close(&states.join("state.db"), 0o444);
        close(&states, 0o555);
        let list = unprivileged(&folder)
            .args(["clusters", "--state", &state, "--format", "json"])
            .output();
        let listed = Ran::from(list.unwrap()).expect(0).json();
        assert_eq!(listed.as_array().map(Vec::len), Some(2));
        for refused in [
            vec!["clusters", "expect", listed[0]["id"].as_str().unwrap()],
            vec!["baseline", "forget", "--all", "--yes"],
        ] {
            let ran = unprivileged(&folder)
                .args(&refused)
                .args(["--state", &state])
                .output();
            let ran = Ran::from(ran.unwrap()).expect(1);
            assert!(
                ran.err.contains("states/state.db") && ran.err.contains("give permission to write"),
                "{refused:?}: {}",
                ran.err
            );
        }
        close(&states, 0o755);
    }

    /// A limit on the size of files stands for a disk that fills up in the middle of a run.
    #[test]
    fn a_state_that_cannot_grow_is_a_clear_failure_and_stays_intact() {
        let folder = story();
        let (state, trail) = (path(&folder, "state.db"), path(&folder, "trail"));
        let _ = run(["inspect", "--state", &state, "--as-of", "2026-01-14", &trail]).expect(0);
        let records: Vec<Value> = (0..3000)
            .map(|n| denied(&format!("more-{n}"), "2026-01-15T11:25:00Z", &format!("Call{n}")))
            .collect();
        write_records(&folder.path().join("trail/more.json"), &records);
        let limited = Command::new("sh")
            .args([
                "-c",
                "trap '' XFSZ; ulimit -f 900; exec \"$0\" inspect --state \"$1\" \"$2\"",
            ])
            .arg(binary())
            .args([&state, &trail])
            .output();
        let ran = Ran::from(limited.unwrap()).expect(1);
        assert!(ran.err.contains("state"), "{}", ran.err);
        let report = run(["inspect", "--state", &state, "--format", "json", &trail])
            .expect(0)
            .json();
        assert!(
            report["found"]["warning"].as_u64().unwrap() + report["found"]["info"].as_u64().unwrap() > 1000
        );
    }

    #[test]
    fn ctrl_c_stops_a_run_that_waits_for_input() {
        let mut child = firstsight()
            .args(["inspect", "-"])
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // More than a pipe holds: once all is taken, the program is reading, and its handler stands.
        let mut input = child.stdin.take().unwrap();
        input.write_all(&vec![b' '; 1 << 20]).unwrap();
        let kill = Command::new("kill")
            .args(["-INT", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(130), "{said}");
        assert!(said.contains("stopped"), "{said}");
        drop(input);
    }
}
