//! Killed for real, at whatever moment, and run again: the same events as an undisturbed run.

use std::path::Path;
use std::process::{Child, Stdio};

use firstsight_tests::{firstsight, run};

fn events(state: &str) -> String {
    run(["events", "--state", state, "--format", "json"])
        .expect(0)
        .out
}

fn inspect(state: &str, trail: &str) -> Child {
    firstsight()
        .args(["inspect", "--state", state, trail])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The size of the state's log, where what was committed stands first.
fn written(state: &str) -> u64 {
    Path::new(&format!("{state}-wal"))
        .metadata()
        .map_or(0, |log| log.len())
}

#[test]
fn a_killed_run_goes_on_where_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let trail = path("trail");
    let _ = run(["sample", "--out", &trail, "--end", "2026-06-01", "--scale", "0.1"]).expect(0);
    let undisturbed = path("undisturbed.db");
    let _ = run(["inspect", "--state", &undisturbed, &trail]).expect(0);

    let state = path("killed.db");
    let mut kills = 0;
    for bytes in [1_u64, 40_000, 400_000, 4_000_000] {
        let mut child = inspect(&state, &trail);
        // Looks until there is more in the log than asked for, or the run has come to its end.
        while written(&state) < bytes && child.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        kills += u32::from(child.wait().unwrap().code().is_none());
    }
    assert!(kills > 0, "no run was killed");
    let _ = run(["inspect", "--state", &state, &trail]).expect(0);
    let told = events(&undisturbed);
    assert!(told.contains("StopLogging"));
    // Whether a delivery needed a second attempt is all that may differ.
    let without_deliveries = |text: &str| {
        let mut events: serde_json::Value = serde_json::from_str(text).unwrap();
        for event in events.as_array_mut().unwrap() {
            event.as_object_mut().unwrap().remove("deliveries");
        }
        events
    };
    assert_eq!(without_deliveries(&events(&state)), without_deliveries(&told));
}
