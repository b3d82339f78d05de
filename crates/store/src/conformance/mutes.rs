//! Mutes: kept with who set and ended them, seen by judgements.

use super::data::{at, hours, judgement, query, said};
use super::{Outcome, Subject, done, restarted, same};
use crate::{AuditQuery, Retention, Said, Store, StoreError, StoredMute};

fn mute(id: &str) -> StoredMute {
    StoredMute {
        id: id.to_owned(),
        body: format!("body of {id}").into_bytes(),
        summary: format!("summary of {id}"),
        set: said("set"),
        ended: None,
    }
}

fn ended(note: &str) -> Said {
    Said {
        at: at(60, 0),
        ..said(note)
    }
}

/// A mute stands until somebody ends it; both are audited, and an id is given once.
///
/// # Errors
/// What was wrong.
pub async fn mutes_stand_until_they_are_ended(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    for id in ["two", "one"] {
        done("set_mute", store.set_mute(&mute(id)).await)?;
    }
    done("end_mute", store.end_mute("two", &ended("over")).await)?;
    for id in ["one", "two"] {
        let answer = store.set_mute(&mute(id)).await;
        let told = matches!(&answer, Err(StoreError::Taken { .. }));
        same!(told, true, "setting {id} again: {answer:?}");
    }
    for id in ["two", "three"] {
        let answer = store.end_mute(id, &ended("again")).await;
        let told = matches!(&answer, Err(StoreError::NotFound { .. }));
        same!(told, true, "ending {id}: {answer:?}");
    }
    restarted(subject, store, async |store| {
        let over = StoredMute {
            ended: Some(ended("over")),
            ..mute("two")
        };
        same!(
            done("mutes", store.mutes(false).await)?,
            [mute("one")],
            "standing"
        );
        same!(
            done("mutes", store.mutes(true).await)?,
            [mute("one"), over],
            "all"
        );
        let seen = done("judge_input", store.judge_input(&query(hours(0, 1))).await)?;
        same!(seen.mutes, [mute("one")], "of a snapshot");
        let log = done("audit", store.audit(&AuditQuery::default()).await)?;
        let told: Vec<_> = log
            .iter()
            .map(|entry| {
                (
                    entry.action.as_str(),
                    entry.before.as_str(),
                    entry.after.as_str(),
                    entry.said.note.as_str(),
                )
            })
            .collect();
        let expected = [
            ("unmute", "summary of two", "", "over"),
            ("mute", "", "summary of one", "set"),
            ("mute", "", "summary of two", "set"),
        ];
        same!(told, expected, "the audit log");
        Ok(())
    })
    .await
}

/// A judgement from a snapshot that saw other mutes is refused.
///
/// # Errors
/// What was wrong.
pub async fn mutes_overtake_a_snapshot(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    for ends in [false, true] {
        let seen = done("judge_input", store.judge_input(&query(hours(0, 1))).await)?;
        let changed = match ends {
            false => store.set_mute(&mute("one")).await,
            true => store.end_mute("one", &ended("over")).await,
        };
        done("change", changed)?;
        let answer = store.record(&judgement(hours(0, 1)), &seen.versions).await;
        same!(
            matches!(answer, Err(StoreError::Stale)),
            true,
            "mute ended: {ends}: {answer:?}"
        );
    }
    Ok(())
}

/// A mute is forgotten a retention after it was ended; one that stands never.
///
/// # Errors
/// What was wrong.
pub async fn purge_forgets_mutes_that_were_ended(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    for id in ["over", "stands"] {
        done("set_mute", store.set_mute(&mute(id)).await)?;
    }
    done("end_mute", store.end_mute("over", &ended("")).await)?;
    for (hour, kept) in [(60, 2), (61, 1), (999, 1)] {
        let retention = Retention {
            before: at(hour, 0),
            identities_before: at(0, 0),
        };
        done("purge", store.purge(&retention).await)?;
        same!(
            done("mutes", store.mutes(true).await)?.len(),
            kept,
            "mutes at hour {hour}"
        );
    }
    Ok(())
}
