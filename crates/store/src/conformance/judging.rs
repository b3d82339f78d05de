//! Judgements are kept once, and only when nothing has moved.

use firstsight_engine::{ClusterId, LifeCycle, Range, Span, Until};

use super::data::{
    ACCOUNTS, at, batch, call, change, cluster, event, finding, finding_id, founding, hours, judgement,
    query, signature, unit,
};
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    ClusterQuery, EventQuery, FindingQuery, Judgement, Recorded, Snapshot, Store, StoreError, StoredFault,
};

async fn look(store: &dyn Store, window: Range) -> Result<Snapshot, String> {
    done("judge_input", store.judge_input(&query(window)).await)
}

async fn keep(store: &dyn Store, judged: &Judgement) -> Result<Recorded, String> {
    let window = judged.window.ok_or("a judgement without a window")?;
    let versions = look(store, window).await?.versions;
    done("record", store.record(judged, &versions).await)
}

/// A fine template is given a cluster once; another judgement's assignment makes this one stale.
///
/// # Errors
/// What was wrong.
pub async fn founds_clusters_and_never_changes_an_assignment(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let first = call("a", "CreateUser", at(24, 0));
    let second = call("b", "CreateUser", at(25, 0)).message("nor this");
    done(
        "commit",
        store.commit(&batch(&[first.clone(), second.clone()])).await,
    )?;
    let before = look(&*store, hours(24, 26)).await?;
    same!(
        before.input.families[0].clusters.len(),
        0,
        "clusters before any judgement"
    );
    keep(&*store, &founding(hours(24, 25), std::slice::from_ref(&first))).await?;
    // The second one joins the first one's cluster, which shows another template from now on.
    let mut joining = judgement(hours(25, 26));
    joining.assignments = vec![(signature(&second), cluster(&first))];
    joining.templates = vec![(cluster(&first), "<*>".to_owned())];
    keep(&*store, &joining).await?;
    restarted(subject, store, async |store| {
        let snapshot = look(store, hours(24, 26)).await?;
        let family = &snapshot.input.families[0];
        same!(family.clusters.len(), 1, "clusters");
        let state = &family.clusters[0];
        same!(
            (state.id, state.template.as_str()),
            (cluster(&first), "<*>"),
            "the cluster"
        );
        same!(
            (state.life_cycle, state.founded),
            (LifeCycle::Open, at(24, 0)),
            "its state"
        );
        let clusters: Vec<_> = family.templates.iter().map(|template| template.cluster).collect();
        same!(
            clusters,
            [Some(cluster(&first)), Some(cluster(&first))],
            "assignments"
        );
        let asked = [signature(&second), signature(&call("x", "Unknown", at(0, 0)))];
        let known = done("cluster_of", store.cluster_of(&asked).await)?;
        same!(known, [Some(cluster(&first)), None], "clusters of signatures");
        let other = Judgement {
            inspection: "other".to_owned(),
            ..founding(hours(24, 26), std::slice::from_ref(&second))
        };
        let versions = crate::Versions {
            judgement: 0,
            ..snapshot.versions.clone()
        };
        let answer = store.record(&other, &versions).await;
        same!(
            matches!(answer, Err(StoreError::Stale)),
            true,
            "another cluster for it: {answer:?}"
        );
        let unchanged = done("cluster_of", store.cluster_of(&asked[..1]).await)?;
        same!(unchanged, [Some(cluster(&first))], "the assignment after that");
        Ok(())
    })
    .await
}

/// A judgement is refused when a commit touched its accounts before its window's end, or another one came first.
///
/// # Errors
/// What was wrong.
pub async fn stale_judgements_are_refused(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let window = hours(24, 25);
    let first = call("a", "CreateUser", at(24, 0));
    done("commit", store.commit(&batch(std::slice::from_ref(&first))).await)?;
    let stale = async |what: &str, change: &crate::IngestBatch, is_stale: bool| -> Outcome {
        let seen = look(&*store, window).await?;
        done("commit", store.commit(change).await)?;
        let mut judged = founding(window, std::slice::from_ref(&first));
        judged.events = vec![event(what, what, at(25, 0), &["sink"])];
        let answer = store.record(&judged, &seen.versions).await;
        same!(
            matches!(answer, Err(StoreError::Stale)),
            is_stale,
            "{what}: {answer:?}"
        );
        let sent = done("events", store.events(&EventQuery::default()).await)?;
        let is_sent = sent.iter().any(|sent| sent.event.id == what);
        same!(is_sent, !is_stale, "the event of {what}");
        Ok(())
    };
    let account =
        |id: &str, account: &str, hour| batch(&[call(id, "CreateUser", at(hour, 9)).account(account)]);
    let mut records = batch(&[]);
    records.units = vec![unit("u", ACCOUNTS[0], &[(20, 3)])];
    stale("an event in the window", &account("b", ACCOUNTS[0], 24), true).await?;
    stale("an event long before it", &account("c", ACCOUNTS[0], 1), true).await?;
    stale("records before it", &records, true).await?;
    stale(
        "an account that nobody knew",
        &account("d", ACCOUNTS[1], 24),
        true,
    )
    .await?;
    stale("what is known already", &account("d", ACCOUNTS[1], 24), false).await?;
    stale("an event after it", &account("e", ACCOUNTS[0], 25), false).await?;

    let (one, two) = (look(&*store, window).await?, look(&*store, window).await?);
    done("record", store.record(&judgement(window), &one.versions).await)?;
    let second = store.record(&judgement(window), &two.versions).await;
    same!(
        matches!(second, Err(StoreError::Stale)),
        true,
        "the second of two judges: {second:?}"
    );

    let mut asked = query(window);
    asked.accounts = vec![ACCOUNTS[0].to_owned()];
    let seen = done("judge_input", store.judge_input(&asked).await)?;
    done("commit", store.commit(&account("f", ACCOUNTS[1], 24)).await)?;
    let answer = store.record(&judgement(window), &seen.versions).await;
    same!(
        answer.is_ok(),
        true,
        "a commit to an account that was not asked for: {answer:?}"
    );
    Ok(())
}

/// A window is reopened by a commit into its hours, until it is judged again.
///
/// # Errors
/// What was wrong.
pub async fn late_records_reopen_their_window(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    done(
        "commit",
        store.commit(&batch(&[call("a", "CreateUser", at(24, 0))])).await,
    )?;
    for start in [26, 24, 25] {
        keep(&*store, &judgement(hours(start, start + 1))).await?;
    }
    let rejudged = look(&*store, hours(24, 25)).await?.input.rejudged;
    let another = look(&*store, hours(24, 26)).await?.input.rejudged;
    same!(
        (rejudged, another),
        (true, false),
        "whether a window was judged before"
    );
    let starts =
        |windows: Vec<crate::JudgedWindow>| windows.iter().map(|w| w.window.start).collect::<Vec<_>>();
    same!(
        starts(done("reopened", store.reopened("main").await)?),
        [],
        "before a late record"
    );
    let judged = starts(done("judged", store.judged("main", 2).await)?);
    same!(judged, [at(25, 0), at(26, 0)], "the last two windows");
    let late = [
        call("b", "CreateUser", at(24, 59)),
        call("c", "CreateUser", at(26, 0)),
    ];
    done("commit", store.commit(&batch(&late)).await)?;
    let mut again = judgement(hours(24, 25));
    again.complete = false;
    restarted(subject, store, async |store| {
        let reopened = starts(done("reopened", store.reopened("main").await)?);
        same!(reopened, [at(24, 0), at(26, 0)], "after two late records");
        same!(
            done("reopened", store.reopened("other").await)?.len(),
            0,
            "of another inspection"
        );
        Ok(())
    })
    .await?;
    let store = subject.fresh().await;
    done("commit", store.commit(&batch(&late[..1])).await)?;
    keep(&*store, &judgement(hours(24, 25))).await?;
    done(
        "commit",
        store.commit(&batch(&[call("d", "CreateUser", at(24, 1))])).await,
    )?;
    same!(
        done("reopened", store.reopened("main").await)?.len(),
        1,
        "reopened"
    );
    keep(&*store, &again).await?;
    same!(
        done("reopened", store.reopened("main").await)?.len(),
        0,
        "after judging it again"
    );
    let judged = done("judged", store.judged("main", 9).await)?;
    same!(
        (judged.len(), judged[0].complete),
        (1, false),
        "the window as judged last"
    );
    Ok(())
}

/// A known finding is not new again; its first occurrence moves back, and never forth.
///
/// # Errors
/// What was wrong.
pub async fn findings_are_amended_not_repeated(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let one = call("a", "CreateUser", at(24, 10));
    done("commit", store.commit(&batch(std::slice::from_ref(&one))).await)?;
    let window = hours(24, 25);
    let mut judged = founding(window, std::slice::from_ref(&one));
    judged.findings = vec![finding("one", &one, window, "error")?];
    let recorded = keep(&*store, &judged).await?;
    same!(recorded.new_findings, [finding_id("one")], "the new finding");

    let earlier = hours(22, 23);
    let mut again = judgement(earlier);
    again.findings = vec![finding("one", &one, earlier, "critical")?];
    again.findings[0].within = Span::at(at(22, 7));
    again.findings[0].before = Some(Span::at(at(1, 0)));
    let recorded = keep(&*store, &again).await?;
    same!(recorded.new_findings, [], "new findings of the same id");
    keep(&*store, &judged).await?;
    restarted(subject, store, async |store| {
        let found = done("findings", store.findings(&FindingQuery::default()).await)?;
        same!(found.len(), 1, "findings");
        let mut expected = judged.findings[0].clone();
        expected.within.first = at(22, 7);
        expected.before = Some(Span::at(at(1, 0)));
        same!(found[0], expected, "the amended finding");
        let recorded = look(store, window).await?.input.recorded;
        let told: Vec<_> = recorded
            .iter()
            .map(|r| (r.id, r.cluster, r.window_start))
            .collect();
        same!(
            told,
            [(finding_id("one"), cluster(&one), at(24, 0))],
            "what the next judgement sees"
        );
        let mut other = query(window);
        other.inspection = "other".to_owned();
        let other = done("judge_input", store.judge_input(&other).await)?;
        same!(other.input.recorded.len(), 0, "what another inspection sees");
        Ok(())
    })
    .await
}

/// Findings are asked for by inspection, window, cluster and account, and come in their order.
///
/// # Errors
/// What was wrong.
pub async fn findings_are_asked_for_by_many_things(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let one = call("a", "CreateUser", at(24, 0));
    let two = call("b", "CreateUser", at(24, 0)).account(ACCOUNTS[1]);
    let three = call("c", "DeleteUser", at(25, 0));
    done(
        "commit",
        store
            .commit(&batch(&[one.clone(), two.clone(), three.clone()]))
            .await,
    )?;
    let mut first = founding(hours(24, 25), &[one.clone(), two.clone()]);
    first.findings = vec![
        finding("info", &one, hours(24, 25), "info")?,
        finding("critical", &two, hours(24, 25), "critical")?,
    ];
    keep(&*store, &first).await?;
    let mut second = founding(hours(25, 26), std::slice::from_ref(&three));
    second.findings = vec![finding("warning", &three, hours(25, 26), "warning")?];
    keep(&*store, &second).await?;
    let asked = async |query: FindingQuery| -> Result<Vec<_>, String> {
        let found = done("findings", store.findings(&query).await)?;
        Ok(found.into_iter().map(|finding| finding.id).collect())
    };
    let ids = |names: &[&str]| names.iter().map(|name| finding_id(name)).collect::<Vec<_>>();
    let any = FindingQuery::default;
    same!(asked(any()).await?, ids(&["warning", "critical", "info"]), "all");
    let main = Some("main".to_owned());
    let of_main = asked(FindingQuery {
        inspection: main,
        ..any()
    })
    .await?;
    same!(of_main.len(), 3, "of the inspection");
    let other = Some("other".to_owned());
    let of_other = asked(FindingQuery {
        inspection: other,
        ..any()
    })
    .await?;
    same!(of_other, [], "of another inspection");
    let windows = Some(hours(24, 25));
    let of_window = asked(FindingQuery { windows, ..any() }).await?;
    same!(of_window, ids(&["critical", "info"]), "of a window");
    let of_cluster = asked(FindingQuery {
        cluster: Some(cluster(&one)),
        ..any()
    })
    .await?;
    same!(of_cluster, ids(&["info"]), "of a cluster");
    let accounts = vec![ACCOUNTS[1].to_owned()];
    let of_account = asked(FindingQuery { accounts, ..any() }).await?;
    same!(of_account, ids(&["critical"]), "of an account");
    same!(
        asked(FindingQuery { limit: 2, ..any() }).await?,
        ids(&["warning", "critical"]),
        "two of them"
    );
    Ok(())
}

/// Clusters come with their history, most recently seen first.
///
/// # Errors
/// What was wrong.
pub async fn clusters_are_listed_with_their_history(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let calls = [
        call("a", "CreateUser", at(24, 0)),
        call("b", "CreateUser", at(24, 20)).user("bob"),
        call("c", "CreateUser", at(22, 0)).message("nor this"),
        call("d", "DeleteUser", at(25, 0)).account(ACCOUNTS[1]),
    ];
    done("commit", store.commit(&batch(&calls)).await)?;
    let mut judged = founding(hours(22, 26), &[calls[0].clone(), calls[3].clone()]);
    judged
        .assignments
        .push((signature(&calls[2]), cluster(&calls[0])));
    keep(&*store, &judged).await?;
    restarted(subject, store, async |store| {
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        same!(ids, [cluster(&calls[3]), cluster(&calls[0])], "clusters");
        let row = &rows[1];
        let names = (
            row.account.as_str(),
            row.event_name.as_str(),
            row.error_code.as_str(),
        );
        same!(names, (ACCOUNTS[0], "CreateUser", "AccessDenied"), "what it is");
        same!((row.actors, row.templates), (2, 2), "actors and templates");
        let seen = (row.seen.count, row.seen.first, row.seen.last);
        same!(seen, (3, at(22, 0), at(24, 20)), "seen");
        let hours: Vec<_> = row.hours.iter().map(|h| (h.hour.start(), h.span.count)).collect();
        same!(hours, [(at(22, 0), 1), (at(24, 0), 2)], "hours");
        let mut asked = ClusterQuery {
            cluster: Some(cluster(&calls[0])),
            ..ClusterQuery::default()
        };
        same!(
            done("clusters", store.clusters(&asked).await)?,
            rows[1..],
            "one by its id"
        );
        asked.accounts = vec![ACCOUNTS[1].to_owned()];
        same!(
            done("clusters", store.clusters(&asked).await)?.len(),
            0,
            "in another account"
        );
        asked.cluster = None;
        same!(
            done("clusters", store.clusters(&asked).await)?,
            rows[..1],
            "of an account"
        );
        asked.accounts.clear();
        asked.limit = 1;
        same!(
            done("clusters", store.clusters(&asked).await)?,
            rows[..1],
            "the first one"
        );
        Ok(())
    })
    .await
}

/// What a person said of a cluster lasts; of an unknown one nothing can be said.
///
/// # Errors
/// What was wrong.
pub async fn life_cycle_lasts(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let one = call("a", "CreateUser", at(24, 0));
    let id: ClusterId = cluster(&one);
    let missing = store.set_life_cycle(&change(id, LifeCycle::Expected)).await;
    same!(
        matches!(missing, Err(StoreError::NotFound { .. })),
        true,
        "an unknown cluster: {missing:?}"
    );
    done("commit", store.commit(&batch(std::slice::from_ref(&one))).await)?;
    keep(&*store, &founding(hours(24, 25), std::slice::from_ref(&one))).await?;
    for life_cycle in [
        LifeCycle::Acknowledged,
        LifeCycle::Expected,
        LifeCycle::Archived(Until::Escalation),
        LifeCycle::Archived(Until::Time(at(30, 0))),
        LifeCycle::Archived(Until::Forever),
        LifeCycle::Open,
        LifeCycle::Resolved,
    ] {
        done(
            "set_life_cycle",
            store.set_life_cycle(&change(id, life_cycle)).await,
        )?;
        let snapshot = look(&*store, hours(24, 25)).await?;
        same!(
            snapshot.input.families[0].clusters[0].life_cycle,
            life_cycle,
            "in a snapshot"
        );
    }
    restarted(subject, store, async |store| {
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        same!(rows[0].life_cycle, LifeCycle::Resolved, "in the list");
        Ok(())
    })
    .await
}

/// Faults are replaced by id, events are kept once, and both come in their order.
///
/// # Errors
/// What was wrong.
pub async fn events_and_faults_last(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let fault = |id: &str, account: &str, opened, recovered| StoredFault {
        id: id.to_owned(),
        inspection: "main".to_owned(),
        account: account.to_owned(),
        opened,
        recovered,
        body: vec![0, 255, opened.as_millis().to_le_bytes()[1]],
    };
    let open = [
        fault("f2", ACCOUNTS[1], at(1, 0), None),
        fault("f1", ACCOUNTS[0], at(2, 0), None),
        fault("f3", ACCOUNTS[0], at(3, 0), None),
    ];
    let mut first = judgement(hours(0, 1));
    first.faults = open.to_vec();
    first.events = vec![
        event("e1", "f1", at(2, 0), &["web", "log"]),
        event("e2", "f2", at(1, 0), &["log"]),
        event("e1", "f1", at(9, 0), &[]),
    ];
    let recorded = keep(&*store, &first).await?;
    same!(recorded.new_events, ["e1", "e2"], "new events");
    let over = fault("f3", ACCOUNTS[0], at(3, 0), Some(at(4, 0)));
    let mut second = judgement(hours(1, 2));
    second.faults = vec![over.clone()];
    second.events = vec![
        event("e2", "f2", at(1, 0), &["log"]),
        event("e3", "f3", at(2, 0), &[]),
    ];
    let recorded = keep(&*store, &second).await?;
    same!(recorded.new_events, ["e3"], "new events of the second judgement");
    restarted(subject, store, async |store| {
        let all = done("faults", store.faults("main", usize::MAX).await)?;
        same!(all, [open[1].clone(), open[0].clone(), over.clone()], "faults");
        same!(
            done("faults", store.faults("main", 0).await)?,
            all[..2],
            "open faults"
        );
        same!(
            done("faults", store.faults("main", 1).await)?,
            all,
            "open faults, and the last that is over"
        );
        same!(
            done("faults", store.faults("other", usize::MAX).await)?.len(),
            0,
            "of another inspection"
        );
        same!(
            look(store, hours(2, 3)).await?.faults,
            all[..2],
            "open faults of a snapshot, by account"
        );

        let sent = done("events", store.events(&EventQuery::default()).await)?;
        let ids: Vec<_> = sent.iter().map(|sent| sent.event.id.as_str()).collect();
        same!(ids, ["e3", "e1", "e2"], "events");
        same!(sent[1].event, first.events[0], "the event as it was recorded");
        let sinks: Vec<_> = sent[1].deliveries.iter().map(|row| row.sink.as_str()).collect();
        same!(sinks, ["log", "web"], "deliveries by sink");
        same!(sent[1].inspection, "main", "the inspection");
        let asked = EventQuery {
            inspection: Some("main".to_owned()),
            accounts: vec![ACCOUNTS[0].to_owned()],
            times: Some(hours(2, 3)),
            limit: 1,
        };
        same!(
            done("events", store.events(&asked).await)?,
            sent[..1],
            "the newest of some"
        );
        let none = EventQuery {
            inspection: Some("other".to_owned()),
            ..EventQuery::default()
        };
        same!(
            done("events", store.events(&none).await)?.len(),
            0,
            "of another inspection"
        );
        Ok(())
    })
    .await
}
