//! Events that are searched.

use firstsight_engine::{ClusterId, Digest, Time};

use super::data::{ACCOUNTS, at, event, hours, judgement, query};
use super::outbox::filled;
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    DeliveryOutcome, DeliveryState, EventFacets, EventHead, EventQuery, EventSearch, FaultTally, Found,
    NewDelivery, NewEvent, Retention, Store, StoredFault,
};

fn cluster(number: u8) -> ClusterId {
    ClusterId(Digest([number; 16]))
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// What an event of these services, actors and clusters, with this text, is found by.
fn facets(services: &[&str], actors: &[&str], clusters: &[u8], text: &str) -> EventFacets {
    EventFacets {
        kind: "opened".to_owned(),
        title: format!("{} new errors", clusters.len()),
        findings: clusters.len() as u64,
        services: texts(services),
        actors: texts(actors),
        clusters: clusters.iter().map(|number| cluster(*number)).collect(),
        text: text.to_owned(),
    }
}

fn with(event: NewEvent, facets: EventFacets) -> NewEvent {
    NewEvent { facets, ..event }
}

/// What a list shows of an event, none of whose deliveries was tried.
fn head(event: &NewEvent) -> EventHead {
    EventHead {
        id: event.id.clone(),
        inspection: "main".to_owned(),
        fault: event.fault.clone(),
        account: event.account.clone(),
        status: event.status.clone(),
        time: event.time,
        facets: event.facets.clone(),
        deliveries: [event.deliveries.len() as u64, 0, 0, 0],
    }
}

async fn found(store: &dyn Store, search: &EventSearch) -> Result<Found<EventHead>, String> {
    done("search_events", store.search_events(search).await)
}

async fn ids(store: &dyn Store, search: EventSearch) -> Result<Vec<String>, String> {
    let search = EventSearch { limit: 99, ..search };
    let rows = found(store, &search).await?.rows;
    Ok(rows.into_iter().map(|head| head.id).collect())
}

/// Five events in the order of a list, the last one without facets.
fn some_events() -> Vec<NewEvent> {
    let iam = "iam.amazonaws.com";
    let alice = "arn:aws:iam::111122223333:user/Alice";
    let mut ok = event("b", "two", at(3, 0), &["log"]);
    ok.status = "ok".to_owned();
    let mut elsewhere = event("c", "three", at(2, 0), &[]);
    elsewhere.account = ACCOUNTS[1].to_owned();
    vec![
        with(
            event("a", "one", at(3, 0), &["log", "web"]),
            facets(
                &[iam, "s3.amazonaws.com"],
                &[alice, "root"],
                &[1, 2],
                "CreateUser 203.0.113.7",
            ),
        ),
        with(
            ok,
            facets(&[iam], &["root"], &[2], "100% \"sure\" OR near* 'x' _"),
        ),
        with(
            elsewhere,
            facets(
                &["ec2.amazonaws.com"],
                &["ΑΣΑΣ 事件"],
                &[3],
                "Überfall\nzweite Zeile\0Ende",
            ),
        ),
        with(
            event("d", "one", at(1, 0), &[]),
            facets(&[iam], &[alice], &[1], "GetRole"),
        ),
        event("e", "one", at(0, 0), &["log"]),
    ]
}

async fn store_with_some(subject: &dyn Subject) -> Result<Box<dyn Store>, String> {
    let mut events = some_events();
    events.reverse();
    filled(subject, events).await
}

/// A list shows of each event what it was recorded with, and how its deliveries stand.
///
/// # Errors
/// What was wrong.
pub async fn events_are_listed_newest_first(subject: &dyn Subject) -> Outcome {
    let store = store_with_some(subject).await?;
    let outcome = DeliveryOutcome {
        state: DeliveryState::Delivered,
        at: at(4, 0),
        next_attempt: None,
        message: String::new(),
        lost: false,
    };
    done("delivered", store.delivered("a", "web", &outcome).await)?;
    let withheld = NewEvent {
        deliveries: vec![NewDelivery {
            withheld: Some("muted".to_owned()),
            ..NewDelivery::to("log")
        }],
        ..event("withheld", "one", at(0, 0), &[])
    };
    add(&*store, &withheld).await?;
    restarted(subject, store, async |store| {
        let mut expected: Vec<_> = some_events().iter().map(head).collect();
        expected[0].deliveries = [1, 1, 0, 0];
        expected.push(EventHead {
            deliveries: [0, 0, 0, 1],
            ..head(&withheld)
        });
        let search = EventSearch {
            limit: 6,
            ..EventSearch::default()
        };
        let all = found(store, &search).await?;
        same!(all.rows, expected, "the newest first, then by id");
        same!(all.more, false, "there is nothing behind the last");
        for limit in [0, 1, 5] {
            let search = EventSearch {
                limit,
                ..EventSearch::default()
            };
            let page = found(store, &search).await?;
            same!(page.rows, expected[..limit], "at most {limit}");
            same!(page.more, true, "there is more than {limit}");
        }
        Ok(())
    })
    .await
}

/// What a fault's events come to, whichever of them can be found by something.
///
/// # Errors
/// What was wrong.
pub async fn events_of_faults_are_added_up(subject: &dyn Subject) -> Outcome {
    let store = store_with_some(subject).await?;
    let mut later = with(event("0", "one", at(3, 0), &[]), facets(&[], &[], &[4], ""));
    later.status = "critical".to_owned();
    add(&*store, &later).await?;
    restarted(subject, store, async |store| {
        let asked = texts(&["one", "nobody", "two", "one"]);
        let tallies = done("fault_tallies", store.fault_tallies(&asked).await)?;
        let one = FaultTally {
            events: 4,
            findings: 4,
            statuses: texts(&["critical", &event("a", "one", at(3, 0), &[]).status]),
            // The first has none.
            title: String::new(),
            last: Some(("0".to_owned(), "critical".to_owned())),
        };
        let two = FaultTally {
            events: 1,
            findings: 1,
            statuses: texts(&["ok"]),
            title: "1 new errors".to_owned(),
            last: Some(("b".to_owned(), "ok".to_owned())),
        };
        same!(
            tallies,
            [one.clone(), FaultTally::default(), two, one],
            "each in its place"
        );
        Ok(())
    })
    .await
}

/// Each filter alone, and some together.
///
/// # Errors
/// What was wrong.
pub async fn events_are_found_by_each_filter(subject: &dyn Subject) -> Outcome {
    let store = store_with_some(subject).await?;
    let any = EventSearch::default;
    let by_services = |services: &[&str]| EventSearch {
        services: texts(services),
        ..any()
    };
    let by_actor = |actor: &str| EventSearch {
        actor: actor.to_owned(),
        ..any()
    };
    let by_cluster = |number| EventSearch {
        cluster: Some(cluster(number)),
        ..any()
    };
    let asked = [
        (
            EventSearch {
                statuses: texts(&["ok", "info"]),
                ..any()
            },
            "b",
        ),
        (
            EventSearch {
                accounts: texts(&[ACCOUNTS[1]]),
                ..any()
            },
            "c",
        ),
        (
            EventSearch {
                accounts: texts(&ACCOUNTS),
                ..any()
            },
            "abcde",
        ),
        (
            EventSearch {
                fault: Some("one".to_owned()),
                ..any()
            },
            "ade",
        ),
        (
            EventSearch {
                times: Some(hours(1, 3)),
                ..any()
            },
            "cd",
        ),
        (by_services(&["iam.amazonaws.com"]), "abd"),
        (by_services(&["s3.amazonaws.com", "ec2.amazonaws.com"]), "ac"),
        (by_services(&["iam.amazonaws"]), ""),
        (by_actor("user/alice"), "ad"),
        (by_actor("ROOT"), "ab"),
        (by_actor("o"), "ab"),
        (by_actor("ασας"), ""),
        (by_actor("ασα"), "c"),
        (by_actor("%"), ""),
        (by_cluster(1), "ad"),
        (by_cluster(2), "ab"),
        (by_cluster(9), ""),
        (
            EventSearch {
                fault: Some("one".to_owned()),
                ..by_actor("root")
            },
            "a",
        ),
        (
            EventSearch {
                cluster: Some(cluster(2)),
                ..by_services(&["s3.amazonaws.com"])
            },
            "a",
        ),
        (
            EventSearch {
                statuses: texts(&["ok"]),
                ..by_cluster(1)
            },
            "",
        ),
    ];
    restarted(subject, store, async |store| {
        for (search, expected) in &asked {
            let ids = ids(store, search.clone()).await?;
            same!(ids.concat(), *expected, "{search:?}");
        }
        Ok(())
    })
    .await
}

/// A text is looked for as it stands, whatever its case, length and signs; nothing in it is a pattern or syntax.
///
/// # Errors
/// What was wrong.
pub async fn events_are_found_by_text(subject: &dyn Subject) -> Outcome {
    let store = store_with_some(subject).await?;
    let long = format!("createuser{}", " 203.0.113.7".repeat(2_000));
    let asked = [
        ("", "abcde"),
        ("createuser", "a"),
        ("CREATEUSER 203.0.113.7", "a"),
        (&long, ""),
        ("amazonaws.com", "abcd"),
        ("USER/ALICE", "ad"),
        ("new errors", "abcd"),
        ("2 new", "a"),
        ("7", "a"),
        ("GE", "d"),
        ("zz", ""),
        ("100%", "b"),
        ("%", "b"),
        ("_", "b"),
        ("\"", "b"),
        ("\"sure\"", "b"),
        ("\"\"\"", ""),
        ("near*", "b"),
        ("role OR user", ""),
        ("sure\" OR near", "b"),
        ("'x'", "b"),
        ("x\"x\"x", ""),
        ("überFALL", "c"),
        ("ΣΑΣ", "c"),
        ("事件", "c"),
        ("überfall\nzweite", "c"),
        ("zeile\0ende", "c"),
        ("zeile end", "c"),
        ("com arn", ""),
        ("errors overfall", ""),
    ];
    restarted(subject, store, async |store| {
        for (text, expected) in asked {
            let search = EventSearch {
                text: text.to_owned(),
                ..EventSearch::default()
            };
            let ids = ids(store, search).await?;
            same!(ids.concat(), expected, "{text:.60?}");
        }
        Ok(())
    })
    .await
}

/// Walking through the pages gives each event once, whatever is recorded meanwhile.
///
/// # Errors
/// What was wrong.
pub async fn events_are_walked_through_by_pages(subject: &dyn Subject) -> Outcome {
    let one = |n: i64| {
        let text = if n % 2 == 0 { "even" } else { "odd" };
        let event = event(&format!("event {}", n % 10), "fault", at(n / 4, 0), &[]);
        with(event, facets(&[], &[], &[], text))
    };
    let store = filled(subject, (0..10).map(one).collect()).await?;
    for (text, expected) in [
        ("", [8, 9, 4, 5, 6, 7, 0, 1, 2, 3].as_slice()),
        ("even", &[8, 4, 6, 0, 2]),
    ] {
        let mut search = EventSearch {
            text: text.to_owned(),
            limit: 3,
            ..EventSearch::default()
        };
        let mut walked = Vec::new();
        loop {
            let page = found(&*store, &search).await?;
            let Some(last) = page.rows.last() else { break };
            search.after = Some((last.time, last.id.clone()));
            let newer = format!("newer than {} of {text}", last.id);
            add(
                &*store,
                &with(
                    event(&newer, "fault", at(60, 0), &[]),
                    facets(&[], &[], &[], "even"),
                ),
            )
            .await?;
            walked.extend(page.rows.iter().map(|head| head.id.clone()));
            if !page.more {
                break;
            }
        }
        let walked: Vec<_> = walked.into_iter().filter(|id| !id.starts_with("newer")).collect();
        let expected: Vec<_> = expected.iter().map(|n| format!("event {n}")).collect();
        same!(walked, expected, "page by page, with {text:?}");
    }
    Ok(())
}

async fn add(store: &dyn Store, event: &NewEvent) -> Outcome {
    let window = hours(0, 1);
    let seen = done("judge_input", store.judge_input(&query(window)).await)?;
    let mut judged = judgement(window);
    judged.events = vec![event.clone()];
    done("record", store.record(&judged, &seen.versions).await)?;
    Ok(())
}

/// Events that came without facets are told until they are given some; facets are given instead of others.
///
/// # Errors
/// What was wrong.
pub async fn events_are_given_facets(subject: &dyn Subject) -> Outcome {
    let (new, old) = (
        facets(&["new"], &["new"], &[7], "newer"),
        facets(&["old"], &["old"], &[6], "older"),
    );
    let plain = |id: &str, hour| event(id, "fault", at(hour, 0), &["log"]);
    let events = vec![plain("x", 3), with(plain("y", 1), old), plain("z", 2)];
    let store = filled(subject, events).await?;
    let missing = async |store: &dyn Store, limit| {
        let rows = done("events_without_facets", store.events_without_facets(limit).await)?;
        Ok::<_, String>(rows.into_iter().map(|stored| stored.event).collect::<Vec<_>>())
    };
    same!(
        missing(&*store, 9).await?,
        [plain("x", 3), plain("z", 2)],
        "in order"
    );
    same!(missing(&*store, 1).await?, [plain("x", 3)], "at most one");
    same!(missing(&*store, 0).await?, [], "at most none");
    let given = ["x", "none", "y"].map(|id| (id.to_owned(), new.clone()));
    done("give_facets", store.give_facets(&given).await)?;
    same!(missing(&*store, 9).await?, [plain("z", 2)], "what is left");
    let nothing = [("z".to_owned(), EventFacets::default())];
    done("give_facets", store.give_facets(&nothing).await)?;
    restarted(subject, store, async |store| {
        same!(missing(store, 9).await?, [], "nothing is left");
        for (text, expected) in [("newer", "xy"), ("older", "")] {
            let search = EventSearch {
                text: text.to_owned(),
                ..EventSearch::default()
            };
            same!(ids(store, search).await?.concat(), expected, "by text {text}");
        }
        for (number, expected) in [(7, "xy"), (6, "")] {
            let search = EventSearch {
                cluster: Some(cluster(number)),
                ..EventSearch::default()
            };
            same!(
                ids(store, search).await?.concat(),
                expected,
                "by cluster {number}"
            );
        }
        let known = done("event", store.event("y").await)?;
        same!(
            known.map(|stored| stored.event.facets),
            Some(new.clone()),
            "one event's"
        );
        Ok(())
    })
    .await
}

/// One event and one fault by their ids; lists of whole events leave facets out.
///
/// # Errors
/// What was wrong.
pub async fn events_and_faults_are_found_by_id(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let fault = |inspection: &str, recovered: Option<Time>| StoredFault {
        id: format!("fault of {inspection}"),
        inspection: inspection.to_owned(),
        account: ACCOUNTS[0].to_owned(),
        opened: at(1, 0),
        recovered,
        body: b"body".to_vec(),
    };
    let event = with(
        event("one", "fault of main", at(1, 0), &["log"]),
        facets(&["iam"], &[], &[1], "x"),
    );
    let seen = done("judge_input", store.judge_input(&query(hours(0, 1))).await)?;
    let mut judged = judgement(hours(0, 1));
    judged.faults = vec![fault("main", None), fault("other", Some(at(2, 0)))];
    judged.events = vec![event.clone()];
    done("record", store.record(&judged, &seen.versions).await)?;
    restarted(subject, store, async |store| {
        for known in &judged.faults {
            let told = done("fault", store.fault(&known.id).await)?;
            same!(told.as_ref(), Some(known), "a fault");
        }
        same!(done("fault", store.fault("one").await)?, None, "no fault");
        same!(
            done("event", store.event("fault of main").await)?,
            None,
            "no event"
        );
        let mut told = done("event", store.event("one").await)?.ok_or("no event")?;
        same!(told.event, event, "with its facets");
        told.event.facets = EventFacets::default();
        let listed = done("events", store.events(&EventQuery::default()).await)?;
        same!(listed, [told.clone()], "of a list of whole events");
        let due = done("due", store.due("log", at(9, 0), 9).await)?;
        same!(
            due.first().map(|due| &due.event),
            Some(&told.event),
            "of what is due"
        );
        Ok(())
    })
    .await
}

/// Facets go with their event, and come back with one of the same id.
///
/// # Errors
/// What was wrong.
pub async fn purge_forgets_facets(subject: &dyn Subject) -> Outcome {
    let old = with(
        event("old", "fault", at(1, 0), &[]),
        facets(&["iam"], &["root"], &[1], "needle"),
    );
    let kept = with(
        event("kept", "fault", at(1, 0), &["log"]),
        facets(&["iam"], &["root"], &[1], "needle"),
    );
    let store = filled(subject, vec![old.clone(), kept]).await?;
    let retention = Retention {
        before: at(2, 0),
        identities_before: at(0, 0),
    };
    done("purge", store.purge(&retention).await)?;
    let searches = [
        EventSearch {
            text: "needle".to_owned(),
            ..EventSearch::default()
        },
        EventSearch {
            actor: "root".to_owned(),
            ..EventSearch::default()
        },
        EventSearch {
            services: texts(&["iam"]),
            ..EventSearch::default()
        },
        EventSearch {
            cluster: Some(cluster(1)),
            ..EventSearch::default()
        },
    ];
    for search in &searches {
        same!(
            ids(&*store, search.clone()).await?,
            ["kept"],
            "forgotten: {search:?}"
        );
    }
    add(&*store, &with(old.clone(), EventFacets::default())).await?;
    restarted(subject, store, async |store| {
        for search in &searches {
            same!(
                ids(store, search.clone()).await?,
                ["kept"],
                "without facets: {search:?}"
            );
        }
        Ok(())
    })
    .await
}
