use clap::{Args as _, FromArgMatches as _};
use serde_json::json;

use super::*;

fn args(given: &[&str]) -> Status {
    let command = Status::augment_args(clap::Command::new("status"));
    let matches = command.get_matches_from(std::iter::once(&"status").chain(given));
    Status::from_arg_matches(&matches).unwrap()
}

fn document(inspections: &Value) -> Value {
    json!({
        "version": "0.1.0", "now": "2026-01-15T12:22:00Z", "started": "2026-01-12T10:00:00Z",
        "ready": true, "reason": null, "inspections": inspections, "waiting": 0, "parked": 0,
    })
}

fn inspection(ended: &str, outcome: &str) -> Value {
    let failed = outcome == "failed";
    json!({
        "name": "main", "enabled": true, "state": outcome, "next": "2026-01-15T13:10:00Z",
        "failures": if failed { 3 } else { 0 },
        "last": {
            "started": "2026-01-15T12:10:00Z", "ended": ended, "outcome": outcome,
            "reason": if failed { "access denied\u{1b}[2J" } else { "" },
        },
    })
}

fn told(inspection: &Value, given: &[&str]) -> (String, Vec<String>) {
    let standing = Standing::of(&document(&json!([inspection])), &args(given)).unwrap();
    (standing.text(), standing.problems)
}

#[test]
fn all_is_well() {
    let (text, problems) = told(&inspection("2026-01-15T12:10:00Z", "ok"), &[]);
    assert_eq!(
        text,
        "firstsightd 0.1.0, up for 3 days, ready\n\
         main: last run 12 minutes ago, ok; next in 48 minutes, at 2026-01-15 13:10 UTC\n"
    );
    assert!(problems.is_empty());
}

#[test]
fn a_run_that_failed_is_told_with_its_reason_which_cannot_write_to_the_terminal() {
    let (text, problems) = told(&inspection("2026-01-15T12:10:00Z", "failed"), &[]);
    assert!(text.contains("failed (access denied"), "{text}");
    assert!(text.contains("FAILING, 3 TIMES IN A ROW"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text:?}");
    assert_eq!(problems, ["main: failing, 3 times in a row"]);
}

#[test]
fn an_incomplete_run_is_not_well() {
    assert_eq!(
        told(&inspection("2026-01-15T12:10:00Z", "incomplete"), &[]).1,
        ["main: incomplete"]
    );
}

#[test]
fn a_run_is_late_past_the_age_that_is_allowed_and_not_at_it() {
    let late = |given: &[&str]| told(&inspection("2026-01-15T10:22:00Z", "ok"), given).1;
    assert!(late(&[]).is_empty());
    assert_eq!(
        late(&["--max-age", "119m"]),
        ["main: late: no run ended for more than 119 minutes"]
    );
}

#[test]
fn one_that_has_never_run_is_late_when_the_daemon_is_up_for_long() {
    let never = json!({ "name": "main", "enabled": true, "state": "never-run", "next": null, "failures": 0, "last": null });
    assert_eq!(told(&never, &[]).1.len(), 1);
    assert!(told(&never, &["--max-age", "30d"]).1.is_empty());
}

#[test]
fn a_run_that_goes_on_hides_no_failure_before_it() {
    let mut running = inspection("2026-01-15T12:10:00Z", "failed");
    running["state"] = json!("running");
    let (text, problems) = told(&running, &[]);
    assert!(text.contains("running now"), "{text}");
    assert_eq!(problems.len(), 1);
}

#[test]
fn a_disabled_one_is_well_unless_it_is_asked_for() {
    let mut disabled = inspection("2026-01-01T12:10:00Z", "failed");
    disabled["enabled"] = json!(false);
    assert!(told(&disabled, &[]).1.is_empty());
    assert_eq!(told(&disabled, &["--inspection", "main"]).1, ["main: disabled"]);
}

#[test]
fn a_daemon_that_is_not_ready_is_not_well() {
    let mut document = document(&json!([]));
    document["ready"] = json!(false);
    document["reason"] = json!("the scheduler has stopped");
    document["parked"] = json!(2);
    let standing = Standing::of(&document, &args(&[])).unwrap();
    assert_eq!(standing.problems, ["not ready: the scheduler has stopped"]);
    assert!(standing.text().contains("NOT READY: the scheduler has stopped"));
    assert!(standing.text().contains("deliveries: 2 refused for good"));
}

#[test]
fn what_a_sink_refused_for_good_is_not_well() {
    let mut document = document(&json!([inspection("2026-01-15T12:10:00Z", "ok")]));
    let sink = |name: &str, configured: bool, waiting: u64, parked: u64| {
        json!({ "sink": name, "configured": configured, "waiting": waiting, "parked": parked,
            "error": "HTTP 400\u{1b}[2J", "last": null })
    };
    document["sinks"] = json!([
        sink("chat", true, 3, 2),
        sink("mail", true, 9, 0),
        sink("old", false, 1, 0)
    ]);
    document["left"] = json!([{ "inspection": "gone", "sink": "old", "waiting": 1 }]);
    let standing = Standing::of(&document, &args(&[])).unwrap();
    assert_eq!(
        standing.problems,
        [
            "chat: 2 events not delivered",
            "old: 1 event for a sink that is not configured"
        ]
    );
    let text = standing.text();
    assert!(text.contains("chat: 2 refused for good (HTTP 400"), "{text}");
    assert!(text.contains("/api/v1/sinks/chat/retry"), "{text}");
    assert!(
        text.contains("old: 1 waiting, and no such sink is configured"),
        "{text}"
    );
    assert!(
        text.contains("gone: no longer configured; 1 event waiting for old"),
        "{text}"
    );
    assert!(!text.contains("mail") && !text.contains('\u{1b}'), "{text:?}");
}

#[test]
fn a_configuration_that_was_not_taken_is_not_well_and_one_that_takes_a_restart_is_told() {
    let mut document = document(&json!([]));
    document["reload"] =
        json!({ "at": "2026-01-15T12:00:00Z", "error": null, "needs_restart": ["server.bind"] });
    let standing = Standing::of(&document, &args(&[])).unwrap();
    assert!(standing.problems.is_empty(), "{:?}", standing.problems);
    assert!(standing.text().contains("restart firstsightd for server.bind"));
    document["reload"]["error"] = json!("line 3: no such key");
    let standing = Standing::of(&document, &args(&[])).unwrap();
    assert_eq!(standing.problems, ["configuration: not reloaded"]);
    assert!(standing.text().contains("not reloaded: line 3: no such key"));
}

#[test]
fn what_is_not_there_is_said() {
    let whole = document(&json!([inspection("2026-01-15T12:10:00Z", "ok")]));
    let unknown = Standing::of(&whole, &args(&["--inspection", "mian"])).unwrap_err();
    assert!(matches!(unknown, Wrong::Unknown(said) if said.contains("it has main")));
    let other = Standing::of(&json!({ "status": "green" }), &args(&[])).unwrap_err();
    assert!(matches!(other, Wrong::Unread(_)));
}

#[test]
fn lengths_of_time_are_told_in_the_unit_that_fits() {
    let told: Vec<String> = [0, 1, 59, 60, 119, 120, 7199, 7200, 172_799, 172_800]
        .map(length)
        .into();
    assert_eq!(
        told,
        [
            "0 seconds",
            "1 second",
            "59 seconds",
            "1 minute",
            "1 minute",
            "2 minutes",
            "119 minutes",
            "2 hours",
            "47 hours",
            "2 days"
        ]
    );
}
