//! What is told of a finding, end to end: the language of reasons, and `firstsight explain`.

use firstsight_tests::{allowed, denied, firstsight, path, run, story, write_records};
use serde_json::{Value, json};
use tempfile::TempDir;

#[test]
fn reasons_are_told_in_the_asked_language() {
    let folder = story();
    let trail = path(&folder, "trail");
    let told = |options: &[&str]| run([&["inspect", &trail], options].concat()).expect(0).out;
    assert!(told(&[]).contains("never seen before in 14 days"));
    let chinese = told(&["--locale", "zh"]);
    assert!(
        chinese.contains("在此前 14 天的历史记录（共 14 个错误事件）中从未出现过"),
        "{chinese}"
    );
    let named = firstsight()
        .env("FIRSTSIGHT_LOCALE", "zh")
        .args(["inspect", &trail])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(named.stdout).unwrap(), chinese);
    for (format, part) in [
        ("json", "\"why\": [\n        \"在此前 14 天"),
        ("ndjson", "\"why\":[\"在此前 14 天"),
        ("html", "lang=\"zh-Hans\">在此前 14 天"),
    ] {
        let text = told(&["--locale", "zh", "--format", format]);
        assert!(text.contains(part), "{format}: {text}");
    }
    let refused = run(["inspect", "--locale", "fr", &trail]).expect(2);
    assert!(refused.err.contains("use en or zh"), "{}", refused.err);
}

/// A state that has inspected the story, and its one finding and event.
fn inspected(folder: &TempDir) -> (String, Value) {
    let (state, trail) = (path(folder, "state.db"), path(folder, "trail"));
    let report = run(["inspect", "--state", &state, "--format", "json", &trail]);
    (state, report.expect(0).json())
}

fn explained(arguments: &[&str]) -> Value {
    let mut document = run([&["explain", "--format", "json"], arguments].concat())
        .expect(0)
        .json();
    assert_eq!(document.as_array().map(Vec::len), Some(1), "{document}");
    document[0].take()
}

#[test]
fn every_kind_of_id_leads_to_the_cluster() {
    let folder = story();
    let (state, report) = inspected(&folder);
    let finding = &report["findings"][0];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let cluster = text(&finding["cluster"]);
    for (id, kind, full) in [
        (cluster.clone(), "cluster", cluster.clone()),
        (cluster[..4].to_uppercase(), "cluster", cluster.clone()),
        (text(&finding["id"]), "finding", text(&finding["id"])),
        (
            text(&report["events"][0]["id"]),
            "event",
            text(&report["events"][0]["id"]),
        ),
        ("new-1".to_owned(), "record", "new-1".to_owned()),
    ] {
        let told = explained(&["--state", &state, &id]);
        assert_eq!(told["cluster"], cluster, "{id}");
        assert_eq!(told["asked"], json!({ "kind": kind, "id": full }));
        assert_eq!(told["schema"], "firstsight.explanation/1");
        assert_eq!(told["findings"][0]["id"], finding["id"]);
        assert_eq!(told["findings"][0]["why"], finding["why"]);
        assert_eq!(told["next"]["records"][0]["event_id"], "new-1");
        assert_eq!(told["next"]["commands"].as_array().map(Vec::len), Some(3));
    }
}

#[test]
fn a_person_reads_what_who_since_when_why_how_sure_and_what_next() {
    let folder = story();
    let (state, _) = inspected(&folder);
    let shown = |locale: &str| {
        let told = run(["explain", "--locale", locale, "--state", &state, "new-1"])
            .expect(0)
            .out;
        told.replace(&state, "STATE")
    };
    insta::assert_snapshot!("explain", shown("en"));
    insta::assert_snapshot!("explain-zh", shown("zh"));
}

#[test]
fn a_known_cluster_has_no_finding_and_says_so() {
    let folder = story();
    let (state, _) = inspected(&folder);
    let told = explained(&["--state", &state, "known-1"]);
    assert_eq!(told["what"]["event_name"], "ListRoles");
    assert_eq!(told["findings"], json!([]));
    assert_eq!(told["since"]["seen"]["count"], 15);
    assert_eq!(told["who"][0]["count"], 15);
    assert!(
        told["how_sure"][0].as_str().unwrap().starts_with("No finding"),
        "{told}"
    );
}

#[test]
fn any_error_event_of_a_source_can_be_explained() {
    let folder = story();
    let (state, _) = inspected(&folder);
    let trail = path(&folder, "trail");
    // A state keeps a few records of each cluster; a source has them all.
    let unknown = run(["explain", "--state", &state, "known-9"]).expect(1);
    assert!(unknown.err.contains("name a source"), "{}", unknown.err);
    let told = explained(&["known-9", &trail]);
    assert_eq!(told["asked"], json!({ "kind": "record", "id": "known-9" }));
    assert_eq!(told["next"]["records"][0]["event_id"], "known-9");
    assert_eq!(
        told["findings"][0]["novelty"], "new",
        "its first occurrence was one"
    );
    assert_eq!(told["findings"][0]["learning"], true);
    assert_eq!(
        told["next"]["commands"],
        json!([]),
        "there is no state to say anything in"
    );
    let new = explained(&["new-1", &trail]);
    assert_eq!(new["findings"][0]["learning"], false);
    assert!(new["how_sure"].to_string().contains("fully read"), "{new}");
}

#[test]
fn a_recovery_is_explained_by_what_opened_its_fault() {
    let folder = story();
    let (state, report) = inspected(&folder);
    write_records(
        &folder.path().join("trail/later.json"),
        &[allowed("later", "2026-01-15T12:30:00Z")],
    );
    let trail = path(&folder, "trail");
    let later = run(["inspect", "--state", &state, "--format", "json", &trail])
        .expect(0)
        .json();
    assert_eq!(later["events"][0]["kind"], "recovered");
    let told = explained(&["--state", &state, later["events"][0]["id"].as_str().unwrap()]);
    assert_eq!(told["asked"]["id"], later["events"][0]["id"]);
    assert_eq!(told["findings"][0]["id"], report["findings"][0]["id"]);
}

#[test]
fn an_unknown_id_says_what_kinds_there_are() {
    let folder = story();
    let (state, _) = inspected(&folder);
    for id in [
        "ffffffffffff",
        "no-such-event",
        "12",
        "'; DROP TABLE clusters; --\u{1b}[2J",
    ] {
        let refused = run(["explain", "--state", &state, id]).expect(1);
        for part in [
            "cluster's id",
            "4 of its first digits",
            "finding's",
            "event's",
            "CloudTrail eventID",
            "firstsight clusters",
        ] {
            assert!(refused.err.contains(part), "{part}: {}", refused.err);
        }
        assert!(refused.out.is_empty() && !refused.err.contains('\u{1b}'));
    }
}

#[test]
fn an_ambiguous_beginning_lists_its_clusters() {
    let folder = tempfile::tempdir().unwrap();
    // So many that two ids share four digits; which ones is the same every time.
    let records: Vec<Value> = (0..800)
        .map(|number| {
            denied(
                &format!("id-{number}"),
                "2026-01-15T11:20:00Z",
                &format!("Call{number}"),
            )
        })
        .collect();
    write_records(&folder.path().join("many.json"), &records);
    let (state, many) = (path(&folder, "state.db"), path(&folder, "many.json"));
    let _ = run(["inspect", "--state", &state, &many]).expect(0);
    let clusters = run(["clusters", "--state", &state, "--format", "json"])
        .expect(0)
        .json();
    let mut ids: Vec<&str> = clusters
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|row| row["id"].as_str())
        .collect();
    ids.sort_unstable();
    let shared = ids
        .windows(2)
        .find(|pair| pair[0][..4] == pair[1][..4])
        .expect("two ids begin alike");
    let refused = run(["explain", "--state", &state, &shared[0][..4]]).expect(1);
    for id in shared {
        assert!(refused.err.contains(id), "{}", refused.err);
    }
    let told = explained(&["--state", &state, shared[0]]);
    assert_eq!(told["cluster"], shared[0]);
}
