//! Lists that are searched and paged, series and totals.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use firstsight_engine::{
    ClusterId, Digest, Dimension, EventIdentity, LifeCycle, Observation, Range, SignatureId, Summary,
    SummaryOptions, Time, Until,
};

use super::data::{
    ACCOUNTS, at, batch, call, change, cluster, event, finding, founding, hour, hours, judgement, key_use,
    query, said, unit,
};
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    AuditQuery, ClusterHead, ClusterPlace, ClusterQuery, ClusterRemark, ClusterSearch, ClusterSort,
    DeliveryState, HourSeries, IngestBatch, Judgement, KeyQuery, KeyRow, KeySearch, KeySort, Retention,
    Store, StoreError, StoredFault,
};

const ALL: usize = 1_000_000;

const SORTS: [ClusterSort; 4] = [
    ClusterSort::LastSeen,
    ClusterSort::FirstSeen,
    ClusterSort::Count,
    ClusterSort::Name,
];

/// Checks what is searched, sorted, paged and counted against what is told by going through everything: in whatever state a
/// store is.
///
/// # Errors
/// What disagrees.
pub async fn lists_agree(store: &dyn Store) -> Outcome {
    let all = found(store, &ClusterSearch::default()).await?;
    kept_is_what_adds_up(store, &all).await?;
    hours_add_up(store, &all).await?;
    let orders = SORTS.into_iter().flat_map(|sort| [(sort, false), (sort, true)]);
    let orders: Vec<_> = orders.collect();
    for (number, search) in searches(&all).into_iter().enumerate() {
        // All of them for all clusters; for a part of them one, another each time.
        let one = number % orders.len();
        let orders = if number == 0 {
            &orders[..]
        } else {
            &orders[one..=one]
        };
        for (sort, descending) in orders.iter().copied() {
            let search = ClusterSearch {
                sort,
                descending,
                ..search.clone()
            };
            pages_hold_each_row_once(store, &search, &all).await?;
        }
    }
    keys_agree(store).await
}

/// Everything that a search finds.
async fn found(store: &dyn Store, search: &ClusterSearch) -> Result<Vec<ClusterHead>, String> {
    let search = ClusterSearch {
        limit: ALL,
        ..search.clone()
    };
    Ok(done("a search", store.search_clusters(&search).await)?.rows)
}

async fn kept_is_what_adds_up(store: &dyn Store, all: &[ClusterHead]) -> Outcome {
    let rows = done("the clusters", store.clusters(&ClusterQuery::default()).await)?;
    let told = |row: &crate::ClusterRow| {
        (
            row.id,
            (row.template.clone(), row.life_cycle, row.said.clone(), row.seen),
        )
    };
    let known: BTreeMap<_, _> = rows.iter().map(told).collect();
    let listed = |head: &ClusterHead| {
        let seen = firstsight_engine::Span {
            count: head.count,
            first: head.first_seen,
            last: head.last_seen,
        };
        (
            head.id,
            (head.template.clone(), head.life_cycle, head.said.clone(), seen),
        )
    };
    let listed: BTreeMap<_, _> = all.iter().map(listed).collect();
    same!(listed, known, "what is kept of clusters");
    same!(all.len(), rows.len(), "clusters");
    let range = Range::ALL;
    let series = done("the series", store.series(&range).await)?;
    let overview = done("the overview", store.overview(&range).await)?;
    same!(series.new_clusters, overview.first_seen, "new clusters an hour");
    let totals = done("the totals", store.totals().await)?;
    same!(totals.clusters, all.len() as u64, "clusters in total");
    same!(
        totals.newest_record,
        overview.records.map(|span| span.last),
        "the newest record"
    );
    Ok(())
}

async fn hours_add_up(store: &dyn Store, all: &[ClusterHead]) -> Outcome {
    let ids: Vec<_> = all.iter().map(|head| head.id).collect();
    let hours = done("hours", store.cluster_hours(&ids, &Range::ALL).await)?;
    let rows = done("the clusters", store.clusters(&ClusterQuery::default()).await)?;
    let known: BTreeMap<_, _> = rows.into_iter().map(|row| (row.id, row.hours)).collect();
    let told: BTreeMap<_, _> = ids.into_iter().zip(hours).collect();
    same!(told, known, "occurrences an hour");
    Ok(())
}

/// Searches of which some find something.
fn searches(all: &[ClusterHead]) -> Vec<ClusterSearch> {
    let mut searches = vec![ClusterSearch::default()];
    let mut add = |search: ClusterSearch| {
        if !searches.contains(&search) {
            searches.push(search);
        }
    };
    let none = ClusterSearch::default;
    for head in all.iter().step_by(1 + all.len() / 3) {
        add(ClusterSearch {
            accounts: vec![head.account.clone()],
            ..none()
        });
        add(ClusterSearch {
            services: vec![head.event_source.clone()],
            ..none()
        });
        add(ClusterSearch {
            classes: vec![head.class.clone()],
            ..none()
        });
        let word = head.life_cycle.to_string();
        let word = word.split('-').next().unwrap_or_default();
        add(ClusterSearch {
            life_cycles: vec![word.to_owned(), "resolved".to_owned()],
            ..none()
        });
        add(ClusterSearch {
            owner: Some(head.owner.clone()),
            noise: Some(false),
            ..none()
        });
        let text: String = head.template.chars().skip(1).take(5).collect();
        add(ClusterSearch {
            text: text.to_uppercase(),
            ..none()
        });
        let text: String = head.event_name.chars().take(2).collect();
        add(ClusterSearch {
            text,
            accounts: vec![head.account.clone()],
            ..none()
        });
    }
    add(ClusterSearch {
        noise: Some(true),
        ..none()
    });
    add(ClusterSearch {
        text: "\" OR \"a".to_owned(),
        ..none()
    });
    searches
}

/// Whether a search means a row.
fn is_meant(search: &ClusterSearch, row: &ClusterHead) -> bool {
    let among = |asked: &[String], value: &str| asked.is_empty() || asked.iter().any(|one| one == value);
    let word = row.life_cycle.to_string();
    let texts = [
        &row.event_source,
        &row.event_name,
        &row.error_code,
        &row.template,
        &row.owner,
        &row.note,
    ];
    let text = search.text.to_lowercase();
    among(&search.accounts, &row.account)
        && among(&search.services, &row.event_source)
        && among(&search.classes, &row.class)
        && among(&search.life_cycles, word.split('-').next().unwrap_or_default())
        && search.owner.as_ref().is_none_or(|owner| *owner == row.owner)
        && search.noise.is_none_or(|noise| noise != row.noise.is_empty())
        && texts.iter().any(|part| part.to_lowercase().contains(&text))
}

/// The order of rows: by what they show, not by the places that the store gave them.
fn order(sort: ClusterSort, a: &ClusterHead, b: &ClusterHead) -> Ordering {
    let name = |row: &ClusterHead| {
        let parts = [
            &row.account,
            &row.event_source,
            &row.event_name,
            &row.error_code,
            &row.template,
        ];
        parts.map(String::clone)
    };
    let order = match sort {
        ClusterSort::LastSeen => a.last_seen.cmp(&b.last_seen),
        ClusterSort::FirstSeen => a.first_seen.cmp(&b.first_seen),
        ClusterSort::Count => a.count.cmp(&b.count),
        ClusterSort::Name => name(a).cmp(&name(b)),
    };
    order.then(a.id.cmp(&b.id))
}

async fn pages_hold_each_row_once(store: &dyn Store, search: &ClusterSearch, all: &[ClusterHead]) -> Outcome {
    let mut expected: Vec<_> = all.iter().filter(|row| is_meant(search, row)).collect();
    expected.sort_by(|a, b| order(search.sort, a, b));
    if search.descending {
        expected.reverse();
    }
    let expected: Vec<_> = expected
        .iter()
        .map(|row| (row.id, row.count, row.note.clone()))
        .collect();
    for limit in [3, ALL] {
        let rows = walk(store, search, limit, expected.len()).await?;
        let rows: Vec<_> = rows
            .into_iter()
            .map(|row| (row.id, row.count, row.note))
            .collect();
        same!(rows, expected, "what pages of {limit} hold for {search:?}");
    }
    Ok(())
}

/// The rows of all pages.
async fn walk(
    store: &dyn Store,
    search: &ClusterSearch,
    limit: usize,
    expected: usize,
) -> Result<Vec<ClusterHead>, String> {
    let mut search = ClusterSearch {
        limit,
        ..search.clone()
    };
    let mut rows = Vec::new();
    loop {
        let page = done("a page", store.search_clusters(&search).await)?;
        let last: Option<ClusterPlace> = page.rows.last().map(|row| row.place.clone());
        rows.extend(page.rows);
        if !page.more {
            return Ok(rows);
        }
        if rows.len() > expected || last.is_none() {
            return Err(format!("pages without end for {search:?}"));
        }
        search.after = last;
    }
}

async fn keys_agree(store: &dyn Store) -> Outcome {
    let all = done("the keys", store.keys(&KeyQuery::default()).await)?;
    for sort in [KeySort::LastUsed, KeySort::Errors] {
        for (text, long_lived) in [
            ("", false),
            ("", true),
            ("a1", false),
            ("ALICE", true),
            ("call3", false),
        ] {
            for accounts in [Vec::new(), vec![ACCOUNTS[0].to_owned()]] {
                let search = KeySearch {
                    text: text.to_owned(),
                    accounts,
                    long_lived,
                    sort,
                    after: None,
                    limit: 0,
                };
                pages_hold_each_key_once(store, &search, &all).await?;
            }
        }
    }
    Ok(())
}

fn is_key_meant(search: &KeySearch, key: &KeyRow) -> bool {
    let text = search.text.to_lowercase();
    let texts = [&key.id, &key.last.owner, &key.last.event_name];
    (search.accounts.is_empty() || search.accounts.contains(&key.account))
        && (!search.long_lived || key.id.starts_with("AKIA"))
        && texts.iter().any(|part| part.to_lowercase().contains(&text))
}

fn key_number(sort: KeySort, key: &KeyRow) -> i64 {
    match sort {
        KeySort::LastUsed => key.last.last_used.as_millis(),
        KeySort::Errors => key.errors.try_into().unwrap_or(i64::MAX),
    }
}

async fn pages_hold_each_key_once(store: &dyn Store, search: &KeySearch, all: &[KeyRow]) -> Outcome {
    let mut expected: Vec<_> = all
        .iter()
        .filter(|key| is_key_meant(search, key))
        .cloned()
        .collect();
    expected.sort_by_key(|key| {
        let number = std::cmp::Reverse(key_number(search.sort, key));
        (number, key.account.clone(), key.id.clone())
    });
    for limit in [2, ALL] {
        let mut search = KeySearch {
            limit,
            ..search.clone()
        };
        let mut rows: Vec<KeyRow> = Vec::new();
        loop {
            let page = done("keys", store.search_keys(&search).await)?;
            rows.extend(page.rows);
            search.after = rows
                .last()
                .map(|key| (key_number(search.sort, key), key.account.clone(), key.id.clone()));
            if !page.more || rows.len() > expected.len() {
                break;
            }
        }
        same!(rows, expected, "what pages of {limit} keys hold for {search:?}");
    }
    Ok(())
}

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
        same!(
            totals.deliveries,
            [pending("log", 2), pending("web", 1)],
            "deliveries"
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
        Ok(())
    })
    .await
}
