//! Lists that are searched and paged, series and totals.

use firstsight_engine::{
    ClusterId, Digest, Dimension, EventIdentity, LifeCycle, Observation, Range, SignatureId, Summary,
    SummaryOptions, Time, Until,
};

use super::agreement::{found, keys_agree, lists_agree};
use super::data::{
    ACCOUNTS, at, batch, call, change, cluster, event, finding, founding, hour, hours, judgement, key_use,
    query, said, unit,
};
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    AuditQuery, ClusterQuery, ClusterRemark, ClusterSearch, DeliveryOutcome, DeliveryState, HourSeries,
    IngestBatch, Judgement, KeySearch, KeySort, Retention, Store, StoreError, StoredFault,
};

/// One failed call of the lists' world.
struct Failed {
    id: &'static str,
    account: &'static str,
    source: &'static str,
    name: &'static str,
    code: &'static str,
    template: &'static str,
    noise: &'static [&'static str],
    time: Time,
}

/// Of several accounts, services, classes and marks; some differ in one thing only.
fn world() -> Vec<Failed> {
    let one = |id, source, name, code, template, time| Failed {
        id,
        account: ACCOUNTS[0],
        source,
        name,
        code,
        template,
        noise: &[],
        time,
    };
    vec![
        one(
            "1",
            "s3.amazonaws.com",
            "GetObject",
            "AccessDenied",
            "the bucket may not be read",
            at(24, 1),
        ),
        one(
            "2",
            "s3.amazonaws.com",
            "GetObject",
            "AccessDenied",
            "the bucket may not be read",
            at(26, 2),
        ),
        one(
            "3",
            "s3.amazonaws.com",
            "GetObject",
            "NoSuchKey",
            "there is no 100% such_key",
            at(25, 0),
        ),
        one(
            "4",
            "iam.amazonaws.com",
            "CreateUser",
            "AccessDenied",
            "Привет \"quoted\" AND *stars*",
            at(25, 0),
        ),
        one(
            "5",
            "ec2.amazonaws.com",
            "RunInstances",
            "Client.DryRunOperation",
            "dry\0run",
            at(27, 9),
        ),
        Failed {
            account: ACCOUNTS[1],
            noise: &["scanner", "console-probe"],
            ..one(
                "6",
                "s3.amazonaws.com",
                "GetObject",
                "AccessDenied",
                "the bucket may not be read",
                at(24, 1),
            )
        },
        Failed {
            account: ACCOUNTS[1],
            noise: &["scanner"],
            ..one(
                "7",
                "s3.amazonaws.com",
                "GetObject",
                "AccessDenied",
                "the bucket may not be read",
                at(24, 2),
            )
        },
    ]
}

fn seen(calls: &[Failed]) -> IngestBatch {
    let mut summary = Summary::new(SummaryOptions::default());
    for call in calls {
        let marks: Vec<_> = call.noise.iter().map(|mark| (Dimension::Noise, *mark)).collect();
        summary.insert(&Observation {
            identity: EventIdentity(Digest::of(&[call.id]).0),
            time: call.time,
            account: call.account,
            event_source: call.source,
            event_name: call.name,
            error_code: call.code,
            template: call.template,
            display: call.template,
            values: &marks,
            event_id: call.id,
            raw: "{}",
        });
    }
    IngestBatch {
        source: "files".to_owned(),
        arrived: at(28, 0),
        summary,
        ..IngestBatch::default()
    }
}

/// Each fine template founds a cluster of its own.
fn founds_all(batch: &IngestBatch, window: Range) -> Judgement {
    let ids: Vec<SignatureId> = batch.summary.signatures().map(|(id, ..)| id).collect();
    Judgement {
        assignments: ids.iter().map(|id| (*id, ClusterId(id.0))).collect(),
        ..judgement(window)
    }
}

async fn record(store: &dyn Store, judgement: &Judgement) -> Outcome {
    let window = judgement.window.unwrap_or(Range::ALL);
    let snapshot = done("a snapshot", store.judge_input(&query(window)).await)?;
    done("a judgement", store.record(judgement, &snapshot.versions).await)?;
    Ok(())
}

/// A store with the lists' world in it.
async fn filled(subject: &dyn Subject) -> Result<Box<dyn Store>, String> {
    let store = subject.fresh().await;
    let seen = seen(&world());
    done("a commit", store.commit(&seen).await)?;
    record(&*store, &founds_all(&seen, hours(24, 28))).await?;
    Ok(store)
}

/// The templates of what a search finds, in its order.
async fn templates(store: &dyn Store, search: ClusterSearch) -> Result<Vec<String>, String> {
    let rows = found(store, &search).await?;
    Ok(rows.into_iter().map(|row| row.template).collect())
}

/// Clusters are found by what they are, in the order asked for, and their marks of noise are told.
///
/// # Errors
/// What was wrong.
pub async fn clusters_are_searched(subject: &dyn Subject) -> Outcome {
    let store = filled(subject).await?;
    restarted(subject, store, async |store| {
        lists_agree(store).await?;
        let by = |text: &str| ClusterSearch {
            text: text.to_owned(),
            ..ClusterSearch::default()
        };
        same!(
            templates(store, by("ПРИВЕТ")).await?,
            ["Привет \"quoted\" AND *stars*"],
            "letters of any alphabet"
        );
        same!(
            templates(store, by("100% such_")).await?,
            ["there is no 100% such_key"],
            "signs stand for themselves"
        );
        same!(
            templates(store, by("100_")).await?.len(),
            0,
            "signs stand for themselves"
        );
        same!(
            templates(store, by("*stars*")).await?.len(),
            1,
            "signs of a search syntax"
        );
        same!(
            templates(store, by("dry run")).await?,
            ["dry\0run"],
            "what stands behind a NUL"
        );
        same!(templates(store, by("nosuchkey")).await?.len(), 1, "an error code");
        same!(templates(store, by("c2")).await?.len(), 1, "two letters");
        let dry = ClusterSearch {
            classes: vec!["dry-run".to_owned()],
            ..by("")
        };
        same!(templates(store, dry).await?, ["dry\0run"], "a class");
        let noisy = found(
            store,
            &ClusterSearch {
                noise: Some(true),
                ..by("")
            },
        )
        .await?;
        let noisy: Vec<_> = noisy
            .iter()
            .map(|row| (row.account.as_str(), row.noise.clone()))
            .collect();
        same!(
            noisy,
            [(ACCOUNTS[1], vec!["scanner".to_owned()])],
            "marks that all occurrences carry"
        );
        let all = found(store, &ClusterSearch::default()).await?;
        let named = ClusterSearch {
            ids: vec![all[1].id, ClusterId(Digest([7; 16])), all[0].id, all[1].id],
            ..ClusterSearch::default()
        };
        same!(
            found(store, &named).await?,
            all[..2],
            "by their ids, in the order of the list"
        );
        let of_another = ClusterSearch {
            text: all[1].template.clone(),
            ids: vec![all[0].id],
            ..ClusterSearch::default()
        };
        same!(
            found(store, &of_another).await?.len(),
            0,
            "an id, and a text that it does not hold"
        );
        let none = done("no page", store.search_clusters(&ClusterSearch::default()).await)?;
        same!((none.rows.len(), none.more), (0, true), "a page of none");
        Ok(())
    })
    .await
}

/// What is kept of clusters follows everything that is done to them.
///
/// # Errors
/// What was wrong.
pub async fn lists_follow_what_is_done(subject: &dyn Subject) -> Outcome {
    let store = filled(subject).await?;
    let store = &*store;
    let first = ClusterSearch {
        text: "may not be read".to_owned(),
        accounts: vec![ACCOUNTS[0].to_owned()],
        ..ClusterSearch::default()
    };
    let first = found(store, &first).await?[0].id;
    let earlier = Failed {
        id: "earlier",
        time: at(2, 0),
        ..world().swap_remove(0)
    };
    let later = Failed {
        id: "later",
        time: at(90, 0),
        ..world().swap_remove(0)
    };
    done("a commit", store.commit(&seen(&[earlier, later])).await)?;
    lists_agree(store).await?;
    done(
        "a word",
        store
            .set_life_cycle(&change(first, LifeCycle::Archived(Until::Escalation)))
            .await,
    )?;
    lists_agree(store).await?;
    let baseline = done(
        "a baseline",
        store.export_baseline(&ClusterQuery::default()).await,
    )?;
    for hour in [26, 80, 100] {
        let retention = Retention {
            before: at(hour, 0),
            identities_before: at(hour, 0),
        };
        done("a purge", store.purge(&retention).await)?;
        lists_agree(store).await?;
    }
    let left = found(store, &ClusterSearch::default()).await?;
    let told: Vec<_> = left
        .iter()
        .map(|row| (row.id, row.count, row.first_seen))
        .collect();
    same!(told, [(first, 0, at(24, 0))], "what a person touched");
    // Something comes to a cluster of which nothing was remembered.
    let again = Failed {
        id: "again",
        time: at(120, 30),
        ..world().swap_remove(0)
    };
    done("a commit", store.commit(&seen(&[again])).await)?;
    let left = found(store, &ClusterSearch::default()).await?;
    same!(
        (left[0].count, left[0].first_seen),
        (1, at(120, 30)),
        "what came again"
    );
    done("an import", store.import_baseline(&baseline, &said("")).await)?;
    lists_agree(store).await?;
    let noisy = ClusterSearch {
        noise: Some(true),
        ..ClusterSearch::default()
    };
    same!(found(store, &noisy).await?.len(), 1, "marks of what was imported");
    done("a forgetting", store.forget_clusters(&[first], &said("")).await)?;
    lists_agree(store).await
}

/// The marks of a cluster are those of the finding that was recorded last, and its texts those that it has now.
///
/// # Errors
/// What was wrong.
pub async fn lists_follow_judgements(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let one = call("1", "CreateUser", at(24, 1));
    done("a commit", store.commit(&batch(std::slice::from_ref(&one))).await)?;
    let told = async |store: &dyn Store| {
        let rows = found(store, &ClusterSearch::default()).await?;
        Ok::<_, String>(
            rows.into_iter()
                .map(|row| (row.template, row.noise))
                .collect::<Vec<_>>(),
        )
    };
    for (name, marks, template) in [
        ("a", vec!["scanner", "console-probe"], "first"),
        ("b", vec![], "second"),
        ("a", vec!["scanner"], "third"),
    ] {
        let mut finding = finding(name, &one, hours(24, 25), "error")?;
        let noise = serde_json::from_value(serde_json::json!(marks));
        finding.noise = noise.map_err(|error| error.to_string())?;
        let judged = Judgement {
            findings: vec![finding],
            templates: vec![(cluster(&one), template.to_owned())],
            ..founding(hours(24, 25), std::slice::from_ref(&one))
        };
        record(&*store, &judged).await?;
        lists_agree(&*store).await?;
        let sorted: Vec<String> = match name {
            "a" if template == "first" => vec!["console-probe".to_owned(), "scanner".to_owned()],
            // The third one is known already.
            _ => Vec::new(),
        };
        same!(
            told(&*store).await?,
            [(template.to_owned(), sorted)],
            "after finding {name}"
        );
        let by_text = ClusterSearch {
            text: template.to_owned(),
            ..ClusterSearch::default()
        };
        same!(found(&*store, &by_text).await?.len(), 1, "by its text");
        let by_old_text = ClusterSearch {
            text: "you may not do this".to_owned(),
            ..ClusterSearch::default()
        };
        same!(
            found(&*store, &by_old_text).await?.len(),
            0,
            "by the text that it had"
        );
    }
    Ok(())
}

/// Owners and notes are kept, found and audited; what was not given stays.
///
/// # Errors
/// What was wrong.
pub async fn remarks_are_kept_and_audited(subject: &dyn Subject) -> Outcome {
    let store = filled(subject).await?;
    let id = found(&*store, &ClusterSearch::default()).await?[0].id;
    let remark = |owner: Option<&str>, note: Option<&str>| ClusterRemark {
        cluster: id,
        owner: owner.map(str::to_owned),
        note: note.map(str::to_owned),
        said: said("because"),
    };
    done(
        "a remark",
        store
            .remark(&remark(Some("Team Ångström"), Some("see the runbook")))
            .await,
    )?;
    done("a remark", store.remark(&remark(None, Some("left alone"))).await)?;
    let unknown = ClusterRemark {
        cluster: ClusterId(Digest([7; 16])),
        ..remark(None, None)
    };
    let refused = store.remark(&unknown).await;
    same!(
        matches!(refused, Err(StoreError::NotFound { .. })),
        true,
        "{refused:?}"
    );
    restarted(subject, store, async |store| {
        lists_agree(store).await?;
        for text in ["ÅNGSTRÖM", "left al"] {
            let search = ClusterSearch {
                text: text.to_owned(),
                ..ClusterSearch::default()
            };
            let rows = found(store, &search).await?;
            let told: Vec<_> = rows
                .iter()
                .map(|row| (row.id, row.owner.as_str(), row.note.as_str()))
                .collect();
            same!(told, [(id, "Team Ångström", "left alone")], "by {text}");
        }
        let search = ClusterSearch {
            owner: Some("Team Ångström".to_owned()),
            ..ClusterSearch::default()
        };
        same!(found(store, &search).await?.len(), 1, "by owner");
        let search = ClusterSearch {
            owner: Some(String::new()),
            ..ClusterSearch::default()
        };
        same!(found(store, &search).await?.len(), 4, "those of nobody");
        let audit = done("the audit log", store.audit(&AuditQuery::default()).await)?;
        let told: Vec<_> = audit
            .iter()
            .map(|entry| (entry.action.as_str(), entry.before.as_str(), entry.after.as_str()))
            .collect();
        same!(
            told,
            [
                ("remark", "note: see the runbook", "note: left alone"),
                (
                    "remark",
                    "owner: ; note: ",
                    "owner: Team Ångström; note: see the runbook"
                ),
            ],
            "the audit log"
        );
        same!(audit[0].cluster, Some(id), "the cluster of the audit log");
        same!(audit[0].said, said("because"), "who said so");
        Ok(())
    })
    .await
}

/// Keys are found by id, owner and call, by their last use or their errors.
///
/// # Errors
/// What was wrong.
pub async fn keys_are_searched(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let mut read = batch(&[
        call("1", "GetUser", at(24, 0)),
        call("2", "GetUser", at(25, 0)),
        call("3", "GetUser", at(26, 0)).account(ACCOUNTS[1]),
    ]);
    for (account, key, hour) in [
        (ACCOUNTS[0], "AKIAIOSFODNN7EXAMPLE", 26),
        (ACCOUNTS[1], "AKIAIOSFODNN7EXAMPLE", 26),
        (ACCOUNTS[0], "ASIA1", 27),
        (ACCOUNTS[0], "AKIA2", 1),
        (ACCOUNTS[0], "AKIA1", 1),
    ] {
        read.key_uses.insert(
            (account.to_owned(), key.to_owned()),
            key_use("PutObject", at(hour, 0)),
        );
    }
    done("a commit", store.commit(&read).await)?;
    // Errors of a key that was used before.
    done(
        "a commit",
        store.commit(&batch(&[call("4", "GetUser", at(26, 30))])).await,
    )?;
    keys_agree(&*store).await?;
    let by_errors = async |store: &dyn Store| {
        let search = KeySearch {
            sort: KeySort::Errors,
            limit: 2,
            ..KeySearch::default()
        };
        let keys = done("keys", store.search_keys(&search).await)?;
        let told = keys.rows.into_iter().map(|key| (key.account, key.errors));
        Ok::<_, String>((told.collect::<Vec<_>>(), keys.more))
    };
    let told = |errors: [u64; 2]| {
        let accounts = ACCOUNTS.iter().zip(errors);
        let told = accounts.map(|(account, errors)| ((*account).to_owned(), errors));
        (told.collect::<Vec<_>>(), true)
    };
    same!(by_errors(&*store).await?, told([3, 1]), "by their errors");
    let retention = Retention {
        before: at(26, 0),
        identities_before: at(26, 0),
    };
    done("a purge", store.purge(&retention).await)?;
    restarted(subject, store, async |store| {
        keys_agree(store).await?;
        same!(
            by_errors(store).await?,
            told([1, 1]),
            "by errors that are remembered"
        );
        Ok(())
    })
    .await
}

/// Series add up all accounts by the hour, and totals tell what there is.
///
/// # Errors
/// What was wrong.
pub async fn series_and_totals_add_up(subject: &dyn Subject) -> Outcome {
    let store = filled(subject).await?;
    let read = IngestBatch {
        units: vec![
            unit("a", ACCOUNTS[0], &[(24, 5), (30, 2)]),
            unit("b", ACCOUNTS[1], &[(24, 7)]),
        ],
        ..seen(&[])
    };
    done("a commit", store.commit(&read).await)?;
    let fault = |id: &str, recovered| StoredFault {
        id: id.to_owned(),
        inspection: "main".to_owned(),
        account: ACCOUNTS[0].to_owned(),
        opened: at(24, 0),
        recovered,
        body: Vec::new(),
    };
    let judged = Judgement {
        faults: vec![fault("open", None), fault("over", Some(at(27, 0)))],
        events: vec![
            event("e1", "open", at(28, 0), &["web", "log"]),
            event("e2", "open", at(28, 0), &["log"]),
        ],
        ..judgement(hours(24, 28))
    };
    record(&*store, &judged).await?;
    for (sink, state) in [("web", DeliveryState::Delivered), ("log", DeliveryState::Parked)] {
        let outcome = DeliveryOutcome {
            state,
            at: at(29, 0),
            next_attempt: None,
            message: String::new(),
            lost: false,
        };
        done("delivered", store.delivered("e1", sink, &outcome).await)?;
    }
    restarted(subject, store, async |store| {
        let at_hour = |hours: &[(i64, u64)]| {
            let hours = hours
                .iter()
                .map(|(of, count)| (firstsight_engine::Hour::from_index(hour(*of)), *count));
            hours.collect::<Vec<_>>()
        };
        let series = done("the series", store.series(&hours(24, 26)).await)?;
        let expected = HourSeries {
            errors: at_hour(&[(24, 3), (25, 2)]),
            records: at_hour(&[(24, 12)]),
            new_clusters: at_hour(&[(24, 2), (25, 2)]),
        };
        same!(series, expected, "the series");
        same!(
            done("a series", store.series(&hours(26, 24)).await)?,
            HourSeries::default(),
            "of no time"
        );
        let totals = done("the totals", store.totals().await)?;
        same!(
            (totals.clusters, totals.open_faults, totals.events),
            (5, 1, 2),
            "the totals"
        );
        same!(totals.newest_record, Some(at(30, 58)), "the newest record");
        let pending = |sink: &str, count| (sink.to_owned(), DeliveryState::Pending, count);
        let parked = ("log".to_owned(), DeliveryState::Parked, 1);
        same!(
            totals.deliveries,
            [pending("log", 1), parked],
            "deliveries but those that are done"
        );
        let unknown = ClusterId(Digest([7; 16]));
        let known = found(
            store,
            &ClusterSearch {
                text: "dry run".to_owned(),
                ..ClusterSearch::default()
            },
        )
        .await?[0]
            .id;
        let asked = [known, unknown, known];
        let counts = done("hours", store.cluster_hours(&asked, &hours(27, 28)).await)?;
        same!(
            counts.iter().map(Vec::len).collect::<Vec<_>>(),
            [1, 0, 1],
            "hours in the order asked"
        );
        let counts = done("hours", store.cluster_hours(&asked, &hours(28, 29)).await)?;
        same!(counts.concat().len(), 0, "hours of another time");
        let first = hours(3, 4).start.hour();
        let days = done("days", store.cluster_days(&asked, first, 2).await)?;
        let of_known = done("hours", store.cluster_hours(&asked[..1], &hours(3, 51)).await)?.concat();
        let sum: u64 = of_known.iter().map(|count| count.span.count).sum();
        same!(days[0].iter().sum::<u64>(), sum, "as many as in its hours");
        same!(
            days[0][1] > 0,
            true,
            "the second day begins 24 hours behind the first hour"
        );
        same!(days[1], [0, 0], "nothing of what is unknown");
        same!(days[2], days[0], "days in the order asked");
        Ok(())
    })
    .await
}
