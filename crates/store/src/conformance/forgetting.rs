//! What is old is forgotten, and what a person touched is not.

use firstsight_engine::{LifeCycle, Span, Time};

use super::data::{
    ACCOUNTS, Call, at, batch, call, change, cluster, event, finding, founding, hours, judgement, key_use,
    query, said, signature, unit,
};
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    ClusterQuery, ClusterRemark, DeliveryOutcome, DeliveryState, EventQuery, FindingQuery, Judgement,
    KeyQuery, Purged, Retention, Store, StoredFault, StoredPosition,
};

async fn keep(store: &dyn Store, judged: &Judgement) -> Outcome {
    let window = judged.window.ok_or("a judgement without a window")?;
    let snapshot = done("judge_input", store.judge_input(&query(window)).await)?;
    done("record", store.record(judged, &snapshot.versions).await)?;
    Ok(())
}

fn until(before: Time) -> Retention {
    Retention {
        before,
        identities_before: before,
    }
}

/// Positions go once nobody has written them for longer than the retention: their partitions are gone.
///
/// # Errors
/// What was wrong.
pub async fn purge_forgets_positions_that_nobody_writes(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    for (hour, names) in [
        (1, vec!["gone", "read again"]),
        (2, vec!["kept"]),
        (30, vec!["read again"]),
    ] {
        let mut read = batch(&[]);
        read.arrived = at(hour, 0);
        let position = |partition: &str| StoredPosition {
            partition: partition.to_owned(),
            position: b"end".to_vec(),
        };
        read.positions = names.into_iter().map(position).collect();
        done("commit", store.commit(&read).await)?;
    }
    done("purge", store.purge(&until(at(2, 0))).await)?;
    restarted(subject, store, async |store| {
        let kept = done("positions", store.positions("files").await)?;
        let names: Vec<_> = kept.iter().map(|row| row.partition.as_str()).collect();
        same!(names, ["kept", "read again"], "positions");
        Ok(())
    })
    .await
}

/// Everything that is over and old goes, what is recent or under way stays, and forgetting again forgets nothing.
///
/// # Errors
/// What was wrong.
pub async fn purge_forgets_what_is_old(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let old = call("old", "CreateUser", at(1, 0));
    let both = [
        call("before", "DeleteUser", at(1, 30)).user("bob"),
        call("after", "DeleteUser", at(30, 0)),
    ];
    let mut read = batch(&[old.clone(), both[0].clone()]);
    read.units = vec![unit("old", ACCOUNTS[0], &[(1, 9)])];
    let key = |id: &str| (ACCOUNTS[0].to_owned(), id.to_owned());
    read.key_uses.insert(key(&old.key), key_use("A", at(1, 0)));
    read.key_uses.insert(key("ASIAOLD"), key_use("A", at(1, 0)));
    read.key_uses.insert(key("ASIANEW"), key_use("A", at(30, 0)));
    done("commit", store.commit(&read).await)?;
    let mut read = batch(&both[1..]);
    read.arrived = at(30, 0);
    read.units = vec![unit("new", ACCOUNTS[0], &[(30, 4)])];
    done("commit", store.commit(&read).await)?;

    let mut first = founding(hours(1, 2), &[old.clone(), both[0].clone()]);
    first.findings = vec![finding("old", &old, hours(1, 2), "error")?];
    let fault = |id: &str, recovered| StoredFault {
        id: id.to_owned(),
        inspection: "main".to_owned(),
        account: ACCOUNTS[0].to_owned(),
        opened: at(2, 0),
        recovered,
        body: Vec::new(),
    };
    first.faults = vec![fault("over", Some(at(3, 0))), fault("open", None)];
    first.events = vec![
        event("settled", "over", at(2, 0), &["log"]),
        event("pending", "open", at(2, 0), &["log", "web"]),
    ];
    keep(&*store, &first).await?;
    let mut second = judgement(hours(30, 31));
    second.findings = vec![finding("new", &both[1], hours(30, 31), "info")?];
    keep(&*store, &second).await?;
    let outcome = DeliveryOutcome {
        lost: false,
        state: DeliveryState::Delivered,
        at: at(3, 0),
        next_attempt: None,
        message: String::new(),
    };
    for event in ["settled", "pending"] {
        done("delivered", store.delivered(event, "log", &outcome).await)?;
    }

    let purged = done("purge", store.purge(&until(at(24, 30))).await)?;
    let expected = Purged {
        identities: 2,
        occurrences: 2,
        clusters: 1,
        units: 1,
    };
    same!(purged, expected, "what was forgotten");
    let again = done("purge", store.purge(&until(at(24, 30))).await)?;
    same!(again, Purged::default(), "what was forgotten by doing it again");
    restarted(subject, store, async |store| {
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        let told: Vec<_> = rows.iter().map(|row| (row.id, row.seen, row.actors)).collect();
        same!(told, [(cluster(&both[0]), Span::at(at(30, 0)), 1)], "clusters");
        let known = done(
            "cluster_of",
            store.cluster_of(&[signature(&old), signature(&both[0])]).await,
        )?;
        same!(known, [None, Some(cluster(&both[0]))], "clusters of signatures");
        let found = done("findings", store.findings(&FindingQuery::default()).await)?;
        same!(found.len(), 1, "findings");
        let faults = done("faults", store.faults("main", usize::MAX).await)?;
        let faults: Vec<_> = faults.iter().map(|fault| fault.id.as_str()).collect();
        same!(faults, ["open"], "faults");
        let sent = done("events", store.events(&EventQuery::default()).await)?;
        let sent: Vec<_> = sent.iter().map(|sent| sent.event.id.as_str()).collect();
        same!(sent, ["pending"], "events");
        let judged = done("judged", store.judged("main", 9).await)?;
        same!(judged.len(), 1, "judged windows");
        let keys = done("keys", store.keys(&KeyQuery::default()).await)?;
        let keys: Vec<_> = keys.iter().map(|row| (row.id.as_str(), row.errors)).collect();
        same!(keys, [("ASIANEW", 0), (old.key.as_str(), 1)], "keys");
        let units = ["old", "new"].map(str::to_owned);
        same!(
            done("finished", store.finished("files", &units).await)?,
            ["new"],
            "units"
        );
        let overview = done("overview", store.overview(&hours(0, 48)).await)?;
        same!(
            overview.records.map(|span| span.first),
            Some(at(1, 0)),
            "the first record ever"
        );
        let snapshot = done("judge_input", store.judge_input(&query(hours(30, 31))).await)?;
        same!(
            snapshot.input.accounts[ACCOUNTS[0]].first_record,
            Some(at(30, 0)),
            "the first remembered one of the account"
        );
        Ok(())
    })
    .await
}

/// A cluster that a person touched keeps its templates, and is recognised when it comes again.
///
/// # Errors
/// What was wrong.
pub async fn purge_keeps_what_a_person_touched(subject: &dyn Subject) -> Outcome {
    let (store, old) = founded(subject).await?;
    let said = change(cluster(&old), LifeCycle::Expected);
    done("set_life_cycle", store.set_life_cycle(&said).await)?;
    stays_known(subject, store, &old).await
}

/// So does one that has an owner or a note; without both it goes.
///
/// # Errors
/// What was wrong.
pub async fn purge_keeps_what_a_person_remarked(subject: &dyn Subject) -> Outcome {
    for (owner, note) in [("team-iam", ""), ("", "see the runbook")] {
        let (store, old) = founded(subject).await?;
        done("a remark", store.remark(&remark(&old, owner, note)).await)?;
        stays_known(subject, store, &old).await?;
    }
    let (store, old) = founded(subject).await?;
    done("a remark", store.remark(&remark(&old, "team-iam", "note")).await)?;
    done("another", store.remark(&remark(&old, "", "")).await)?;
    let purged = done("purge", store.purge(&until(at(24, 0))).await)?;
    same!(purged.clusters, 1, "what nobody says anything of any more");
    Ok(())
}

/// A store that knows one cluster, and the call that founded it.
async fn founded(subject: &dyn Subject) -> Result<(Box<dyn Store>, Call), String> {
    let store = subject.fresh().await;
    let old = call("old", "CreateUser", at(1, 0));
    let calls = std::slice::from_ref(&old);
    done("commit", store.commit(&batch(calls)).await)?;
    keep(&*store, &founding(hours(1, 2), calls)).await?;
    Ok((store, old))
}

fn remark(call: &Call, owner: &str, note: &str) -> ClusterRemark {
    ClusterRemark {
        cluster: cluster(call),
        owner: Some(owner.to_owned()),
        note: Some(note.to_owned()),
        said: said("because"),
    }
}

/// The old error's cluster outlives a purge, and its template is recognised when it comes again.
async fn stays_known(subject: &dyn Subject, store: Box<dyn Store>, old: &Call) -> Outcome {
    let id = cluster(old);
    let purged = done("purge", store.purge(&until(at(24, 0))).await)?;
    same!(
        (purged.occurrences, purged.clusters),
        (1, 0),
        "what was forgotten"
    );
    let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row.id, row.seen.count, row.seen.last))
        .collect();
    same!(
        told,
        [(id, 0, at(1, 0))],
        "the cluster, last seen when it was founded"
    );
    let again = call("again", "CreateUser", at(30, 0));
    let other = call("other", "CreateUser", at(30, 0)).message("another one");
    done("commit", store.commit(&batch(&[again.clone(), other])).await)?;
    restarted(subject, store, async |store| {
        let snapshot = done("judge_input", store.judge_input(&query(hours(30, 31))).await)?;
        let family = &snapshot.input.families[0];
        let template = family
            .templates
            .iter()
            .find(|template| template.id == signature(&again));
        let told = template.map(|t| (t.cluster, t.earlier, t.samples.len()));
        same!(
            told,
            Some((Some(id), None, 2)),
            "its template, with the record that is kept of it"
        );
        same!(
            family.clusters.iter().map(|c| c.id).collect::<Vec<_>>(),
            [id],
            "its cluster"
        );
        // What came later does not take part in a window from before.
        let later = done("judge_input", store.judge_input(&query(hours(1, 2))).await)?;
        same!(later.input.families.len(), 0, "families of a window from before");
        Ok(())
    })
    .await
}
