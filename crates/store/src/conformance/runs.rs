//! Runs, and settings that were changed by hand.

use super::data::{at, hours, judgement, query, said};
use super::{Outcome, Subject, done, restarted, same};
use crate::{AuditQuery, OverrideChange, Retention, RunQuery, Store, StoreError, StoredOverride, StoredRun};

/// A run of `main` for the tick at this hour, which has ended.
fn run(id: &str, hour: i64) -> StoredRun {
    StoredRun {
        id: id.to_owned(),
        inspection: "main".to_owned(),
        tick: at(hour, 0),
        started: at(hour, 10),
        ended: Some(at(hour, 12)),
        outcome: "ok".to_owned(),
        body: format!("body of {id}").into_bytes(),
    }
}

async fn note(store: &dyn Store, runs: &[StoredRun]) -> Outcome {
    for run in runs {
        done("note_run", store.note_run(run).await)?;
    }
    Ok(())
}

async fn ids(store: &dyn Store, query: &RunQuery) -> Result<Vec<String>, String> {
    let runs = done("runs", store.runs(query).await)?;
    Ok(runs.into_iter().map(|run| run.id).collect())
}

/// A run is kept as it was noted last, and found by its inspection and outcome.
///
/// # Errors
/// What was wrong.
pub async fn runs_are_kept_as_noted_last(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let begun = StoredRun {
        ended: None,
        outcome: "running".to_owned(),
        body: Vec::new(),
        ..run("b", 2)
    };
    let failed = StoredRun {
        outcome: "failed".to_owned(),
        ..run("c", 2)
    };
    let other = StoredRun {
        inspection: "other".to_owned(),
        ..run("d", 9)
    };
    note(
        &*store,
        &[failed.clone(), begun.clone(), run("a", 1), other.clone()],
    )
    .await?;
    let all = RunQuery::default();
    let told = done("runs", store.runs(&all).await)?;
    same!(
        told,
        [other.clone(), begun, failed.clone(), run("a", 1)],
        "the latest start first, then by id"
    );
    note(&*store, &[run("b", 2)]).await?;
    restarted(subject, store, async |store| {
        let told = done("runs", store.runs(&all).await)?;
        let ended = [other.clone(), run("b", 2), failed.clone(), run("a", 1)];
        same!(told, ended, "once one has ended");
        for (inspection, outcomes, limit, expected) in [
            (Some("main"), [].as_slice(), 0, ["b", "c", "a"].as_slice()),
            (Some("main"), &["ok"], 0, &["b", "a"]),
            (None, &["ok", "failed"], 2, &["d", "b"]),
            (Some("none"), &[], 0, &[]),
        ] {
            let query = RunQuery {
                inspection: inspection.map(str::to_owned),
                outcomes: outcomes.iter().map(|outcome| (*outcome).to_owned()).collect(),
                limit,
                ..RunQuery::default()
            };
            same!(ids(store, &query).await?, expected, "{query:?}");
        }
        Ok(())
    })
    .await
}

/// Walking through the pages gives each run once, whatever begins meanwhile.
///
/// # Errors
/// What was wrong.
pub async fn runs_are_walked_through_by_pages(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let runs: Vec<_> = (0..7).map(|n| run(&format!("run {n}"), n / 3)).collect();
    note(&*store, &runs).await?;
    let mut query = RunQuery {
        limit: 2,
        ..RunQuery::default()
    };
    let mut walked = Vec::new();
    loop {
        let page = done("runs", store.runs(&query).await)?;
        let Some(last) = page.last() else { break };
        query.after = Some((last.started, last.id.clone()));
        note(&*store, &[run(&format!("begun after {}", last.id), 50)]).await?;
        walked.extend(page.into_iter().map(|run| run.id));
    }
    let expected = ["run 6", "run 3", "run 4", "run 5", "run 0", "run 1", "run 2"];
    same!(walked, expected, "page by page");
    Ok(())
}

/// Runs are forgotten a retention after they started, those too that never ended.
///
/// # Errors
/// What was wrong.
pub async fn purge_forgets_runs(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let killed = StoredRun {
        ended: None,
        outcome: "running".to_owned(),
        ..run("killed", 1)
    };
    note(&*store, &[killed, run("one", 2), run("two", 3)]).await?;
    for (before, kept) in [
        (at(1, 10), ["two", "one", "killed"].as_slice()),
        (at(1, 11), &["two", "one"]),
        (at(2, 11), &["two"]),
    ] {
        let retention = Retention {
            before,
            identities_before: at(0, 0),
        };
        done("purge", store.purge(&retention).await)?;
        same!(ids(&*store, &RunQuery::default()).await?, kept, "after {before}");
    }
    Ok(())
}

fn changed(key: &str, value: Option<&str>, note: &str) -> OverrideChange {
    OverrideChange {
        inspection: "main".to_owned(),
        key: key.to_owned(),
        value: value.map(str::to_owned),
        otherwise: format!("{key} of the file"),
        said: said(note),
    }
}

fn stands(key: &str, value: &str, note: &str) -> StoredOverride {
    StoredOverride {
        key: key.to_owned(),
        value: value.to_owned(),
        said: said(note),
    }
}

/// A setting that was changed by hand stands until somebody drops it; each change is audited.
///
/// # Errors
/// What was wrong.
pub async fn settings_by_hand_stand_until_they_are_dropped(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let elsewhere = OverrideChange {
        inspection: "other".to_owned(),
        ..changed("schedule", Some("daily"), "5")
    };
    for (change, before) in [
        (changed("schedule", Some("hourly"), "1"), None),
        (changed("enabled", Some("false"), "2"), None),
        (changed("schedule", Some("\"; --"), "3"), Some("hourly")),
        (changed("enabled", None, "4"), Some("false")),
        (elsewhere, None),
    ] {
        let told = done("set_override", store.set_override(&change).await)?;
        same!(told.as_deref(), before, "{change:?}");
    }
    let answer = store.set_override(&changed("enabled", None, "6")).await;
    let told = matches!(&answer, Err(StoreError::NotFound { what: "override", .. }));
    same!(told, true, "dropping what is not there: {answer:?}");
    restarted(subject, store, async |store| {
        let main = done("overrides", store.overrides("main").await)?;
        same!(main, [stands("schedule", "\"; --", "3")], "of one");
        let other = done("overrides", store.overrides("other").await)?;
        same!(other, [stands("schedule", "daily", "5")], "of another");
        same!(done("overrides", store.overrides("none").await)?, [], "of none");
        let log = done("audit", store.audit(&AuditQuery::default()).await)?;
        let told: Vec<_> = log
            .iter()
            .map(|entry| (entry.action.as_str(), entry.before.as_str(), entry.after.as_str()))
            .collect();
        let expected = [
            (
                "override",
                "other schedule = schedule of the file",
                "other schedule = daily",
            ),
            (
                "drop-override",
                "main enabled = false",
                "main enabled = enabled of the file",
            ),
            ("override", "main schedule = hourly", "main schedule = \"; --"),
            (
                "override",
                "main enabled = enabled of the file",
                "main enabled = false",
            ),
            (
                "override",
                "main schedule = schedule of the file",
                "main schedule = hourly",
            ),
        ];
        same!(told, expected, "the audit log");
        let whole = log
            .first()
            .map(|entry| (&entry.said, entry.cluster, entry.account.as_str()));
        same!(whole, Some((&said("5"), None, "")), "who, when and why");
        Ok(())
    })
    .await
}

/// What somebody set by hand is forgotten by nobody else.
///
/// # Errors
/// What was wrong.
pub async fn purge_keeps_settings_by_hand(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let change = changed("schedule", Some("hourly"), "1");
    done("set_override", store.set_override(&change).await)?;
    let retention = Retention {
        before: at(999, 0),
        identities_before: at(0, 0),
    };
    done("purge", store.purge(&retention).await)?;
    let kept = done("overrides", store.overrides("main").await)?;
    same!(kept, [stands("schedule", "hourly", "1")], "after a retention");
    Ok(())
}

/// A judgement from a snapshot that saw other settings is refused.
///
/// # Errors
/// What was wrong.
pub async fn settings_by_hand_overtake_a_snapshot(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    for value in [Some("hourly"), None] {
        let seen = done("judge_input", store.judge_input(&query(hours(0, 1))).await)?;
        let change = changed("schedule", value, "");
        done("set_override", store.set_override(&change).await)?;
        let answer = store.record(&judgement(hours(0, 1)), &seen.versions).await;
        let refused = matches!(answer, Err(StoreError::Stale));
        same!(refused, true, "{change:?}: {answer:?}");
    }
    Ok(())
}
