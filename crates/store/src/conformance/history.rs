//! What was read is kept once, and a snapshot tells it.

use firstsight_engine::{Dimension, Family, Range, Sample, Span, TemplateHistory, Time};

use super::data::{ACCOUNTS, at, batch, call, founding, hour, hours, key_use, query, signature, unit};
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    ClusterQuery, Committed, EventQuery, FindingQuery, IngestBatch, KeyQuery, Overview, Store, StoredPosition,
};

/// A new store knows nothing, and answers.
///
/// # Errors
/// What was wrong.
pub async fn starts_empty(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let snapshot = done("judge_input", store.judge_input(&query(hours(24, 25))).await)?;
    same!(snapshot.input.accounts.len(), 0, "accounts");
    same!(snapshot.input.families.len(), 0, "families");
    same!(snapshot.faults.len(), 0, "faults");
    same!(
        done("reopened", store.reopened("main").await)?.len(),
        0,
        "reopened"
    );
    same!(done("judged", store.judged("main", 9).await)?.len(), 0, "judged");
    let findings = done("findings", store.findings(&FindingQuery::default()).await)?;
    same!(findings.len(), 0, "findings");
    same!(
        done("faults", store.faults("main", usize::MAX).await)?.len(),
        0,
        "faults"
    );
    let events = done("events", store.events(&EventQuery::default()).await)?;
    same!(events.len(), 0, "events");
    let clusters = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
    same!(clusters.len(), 0, "clusters");
    same!(
        done("keys", store.keys(&KeyQuery::default()).await)?.len(),
        0,
        "keys"
    );
    same!(
        done("positions", store.positions("files").await)?.len(),
        0,
        "positions"
    );
    let overview = done("overview", store.overview(&Range::ALL).await)?;
    same!(
        overview,
        Overview {
            grouping_version: firstsight_engine::GROUPING_VERSION,
            not_regrouped: 0,
            ..Overview::default()
        },
        "overview"
    );
    let committed = done("commit", store.commit(&IngestBatch::default()).await)?;
    same!(committed, Committed::default(), "a commit of nothing");
    Ok(())
}

/// An error event counts once, however often and in whatever company it comes.
///
/// # Errors
/// What was wrong.
pub async fn counts_each_event_once(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let calls = [
        call("a", "CreateUser", at(24, 5)),
        call("b", "CreateUser", at(24, 50)),
        call("c", "CreateUser", at(23, 0)),
    ];
    let first = done("commit", store.commit(&batch(&calls[..2])).await)?;
    same!((first.new_events, first.known_events), (2, 0), "the first commit");
    let second = done("commit", store.commit(&batch(&calls[1..])).await)?;
    same!(
        (second.new_events, second.known_events),
        (1, 1),
        "the overlapping commit"
    );
    let again = done("commit", store.commit(&batch(&calls)).await)?;
    same!(
        (again.new_events, again.known_events),
        (0, 3),
        "the repeated commit"
    );
    restarted(subject, store, async |store| {
        let snapshot = done("judge_input", store.judge_input(&query(hours(24, 25))).await)?;
        let template = only_template(&snapshot.input.families)?;
        let counts: Vec<_> = template.hours.iter().map(|h| (h.hour.index(), h.span)).collect();
        let within = Span {
            count: 2,
            first: at(24, 5),
            last: at(24, 50),
        };
        same!(
            counts,
            [(hour(23), Span::at(at(23, 0))), (hour(24), within)],
            "hours"
        );
        same!(
            snapshot.input.accounts[ACCOUNTS[0]].errors,
            2,
            "errors of the account"
        );
        same!(
            snapshot.input.accounts[ACCOUNTS[0]].baseline_errors,
            1,
            "errors of its baseline"
        );
        let again = done("commit", store.commit(&batch(&calls)).await)?;
        same!(again.new_events, 0, "events that are new after all");
        Ok(())
    })
    .await
}

fn only_template(families: &[Family]) -> Result<&TemplateHistory, String> {
    match families {
        [family] if family.templates.len() == 1 => Ok(&family.templates[0]),
        _ => Err(format!("not one family with one template: {families:?}")),
    }
}

/// A unit counts its records once; a unit that is finished is told from one that is not, by source.
///
/// # Errors
/// What was wrong.
pub async fn counts_each_unit_once(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let mut read = batch(&[]);
    read.units = vec![
        unit("one", ACCOUNTS[0], &[(24, 10), (25, 1)]),
        unit("two", ACCOUNTS[0], &[(24, 5)]),
    ];
    same!(
        done("commit", store.commit(&read).await)?.new_units,
        2,
        "new units"
    );
    read.units.push(unit("three", ACCOUNTS[1], &[(24, 7)]));
    same!(
        done("commit", store.commit(&read).await)?.new_units,
        1,
        "new units of a larger batch"
    );
    restarted(subject, store, async |store| {
        let snapshot = done("judge_input", store.judge_input(&query(hours(24, 25))).await)?;
        let records: Vec<_> = snapshot
            .input
            .accounts
            .values()
            .map(|account| account.records)
            .collect();
        same!(records, [15, 7], "records in the window");
        let first = snapshot.input.accounts[ACCOUNTS[0]].first_record;
        same!(first, Some(at(24, 1)), "the first record");
        let asked = ["three", "four", "one"].map(str::to_owned);
        same!(
            done("finished", store.finished("files", &asked).await)?,
            ["one", "three"],
            "finished units"
        );
        let elsewhere = done("finished", store.finished("queue", &asked).await)?;
        same!(elsewhere.len(), 0, "units of another source");
        Ok(())
    })
    .await
}

/// A newer position takes the place of the older one of its partition; sources do not mix.
///
/// # Errors
/// What was wrong.
pub async fn keeps_the_newest_positions(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let position = |partition: &str, position: &[u8]| StoredPosition {
        partition: partition.to_owned(),
        position: position.to_vec(),
    };
    let mut read = batch(&[]);
    read.positions = vec![position("b", b"1"), position("a", b"\0\xff")];
    done("commit", store.commit(&read).await)?;
    read.positions = vec![position("b", b"2")];
    done("commit", store.commit(&read).await)?;
    restarted(subject, store, async |store| {
        let kept = done("positions", store.positions("files").await)?;
        same!(kept, [position("a", b"\0\xff"), position("b", b"2")], "positions");
        same!(
            done("positions", store.positions("queue").await)?.len(),
            0,
            "of another source"
        );
        Ok(())
    })
    .await
}

/// The latest use of a key stays, whatever the order; ties go to the greater text; errors made with it are counted.
///
/// # Errors
/// What was wrong.
pub async fn keeps_the_latest_use_of_a_key(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let key = |id: &str| (ACCOUNTS[0].to_owned(), id.to_owned());
    let failed = call("a", "CreateUser", at(3, 0));
    for (name, time) in [("B", at(2, 0)), ("A", at(2, 0)), ("C", at(1, 0))] {
        let mut read = batch(std::slice::from_ref(&failed));
        read.key_uses.insert(key(&failed.key), key_use(name, time));
        read.key_uses.insert(key("ASIAEXAMPLE"), key_use(name, at(0, 0)));
        done("commit", store.commit(&read).await)?;
    }
    restarted(subject, store, async |store| {
        let rows = done("keys", store.keys(&KeyQuery::default()).await)?;
        let told: Vec<_> = rows
            .iter()
            .map(|row| (row.id.as_str(), &row.last, row.errors))
            .collect();
        let expected = [
            (failed.key.as_str(), &key_use("B", at(2, 0)), 1),
            ("ASIAEXAMPLE", &key_use("C", at(0, 0)), 0),
        ];
        same!(told, expected, "keys");
        let mut asked = KeyQuery {
            ids: vec!["ASIAEXAMPLE".to_owned()],
            ..KeyQuery::default()
        };
        same!(
            done("keys", store.keys(&asked).await)?,
            rows[1..],
            "a key by its id"
        );
        asked.accounts = vec![ACCOUNTS[1].to_owned()];
        same!(
            done("keys", store.keys(&asked).await)?.len(),
            0,
            "keys of another account"
        );
        let first = KeyQuery {
            limit: 1,
            ..KeyQuery::default()
        };
        same!(
            done("keys", store.keys(&first).await)?,
            rows[..1],
            "the first key"
        );
        Ok(())
    })
    .await
}

/// The earliest samples stay, and each actor's earliest, in whatever order they come; a window shows those from before
/// its end.
///
/// # Errors
/// What was wrong.
pub async fn keeps_the_earliest_samples(subject: &dyn Subject) -> Outcome {
    // An hour apart from the fifth one on, and all but the last by one user.
    let calls: Vec<_> = (0..20)
        .map(|n| call(&format!("id {n}"), "CreateUser", at(24 + n / 5, n)).user(&format!("user{}", n / 19)))
        .collect();
    let (ahead, back) = (subject.fresh().await, subject.fresh().await);
    for one in &calls {
        done("commit", ahead.commit(&batch(std::slice::from_ref(one))).await)?;
    }
    for some in calls.rchunks(7) {
        done("commit", back.commit(&batch(some)).await)?;
    }
    let earliest: Vec<_> = calls[..Sample::KEEP].iter().map(|call| call.time).collect();
    let last = calls.last().map(|call| call.time);
    let with_last: Vec<_> = earliest.iter().copied().chain(last).collect();
    for (window, expected) in [(hours(24, 25), earliest), (hours(24, 28), with_last)] {
        let ahead = done("judge_input", ahead.judge_input(&query(window)).await)?;
        let back = done("judge_input", back.judge_input(&query(window)).await)?;
        let samples = &only_template(&ahead.input.families)?.samples;
        same!(
            *samples,
            only_template(&back.input.families)?.samples,
            "in another order"
        );
        same!(
            samples.is_sorted_by_key(|sample| sample.identity),
            true,
            "sorted by identity"
        );
        let mut times: Vec<_> = samples.iter().map(|sample| sample.time).collect();
        times.sort_unstable();
        same!(times, expected, "the earliest ones, and the other user's");
    }
    Ok(())
}

/// The text for people is that of the earliest event, the least one of several at once, in whatever order they come.
///
/// # Errors
/// What was wrong.
pub async fn shows_the_text_of_the_earliest_event(subject: &dyn Subject) -> Outcome {
    let texts = [("late", 9), ("early", 1), ("also early", 1), ("later", 10)];
    for backwards in [false, true] {
        let store = subject.fresh().await;
        let mut texts = texts;
        if backwards {
            texts.reverse();
        }
        for (text, minute) in texts {
            let mut read = batch(&[]);
            read.summary = super::data::shown(text, at(24, minute));
            done("commit", store.commit(&read).await)?;
        }
        let snapshot = done("judge_input", store.judge_input(&query(hours(24, 25))).await)?;
        let template = only_template(&snapshot.input.families)?;
        same!(template.display, "also early", "the text for people");
    }
    Ok(())
}

/// What was committed stands after closing, which may be done again and again.
///
/// # Errors
/// What was wrong.
pub async fn closing_loses_nothing(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let one = call("one", "CreateUser", at(24, 0));
    done("commit", store.commit(&batch(std::slice::from_ref(&one))).await)?;
    store.close().await;
    store.close().await;
    if let Some(store) = subject.reopen(store).await {
        let overview = done("overview", store.overview(&hours(0, 48)).await)?;
        same!(overview.errors.len(), 1, "accounts after opening it again");
        store.close().await;
    }
    Ok(())
}

/// Hours, earlier occurrences and dimension values are told apart by baseline and window.
///
/// # Errors
/// What was wrong.
pub async fn snapshot_tells_before_from_within(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let calls = [
        call("long ago", "CreateUser", at(3, 30)).user("bob"),
        call("earlier", "CreateUser", at(24, 59)),
        call("baseline", "CreateUser", at(25, 0)),
        call("within", "CreateUser", at(49, 1)).user("bob"),
        call("after", "CreateUser", at(50, 0)).user("carol"),
        call("another", "CreateUser", at(50, 0)).message("known later"),
        call("elsewhere", "DeleteUser", at(30, 0)),
    ];
    done("commit", store.commit(&batch(&calls)).await)?;
    // The last one has a cluster and does not occur: its family takes no part.
    let judged = founding(hours(30, 31), &calls[6..]);
    let snapshot = done("judge_input", store.judge_input(&query(hours(30, 31))).await)?;
    done("record", store.record(&judged, &snapshot.versions).await)?;
    restarted(subject, store, async |store| {
        let snapshot = done("judge_input", store.judge_input(&query(hours(49, 50))).await)?;
        let template = only_template(&snapshot.input.families)?;
        same!(template.id, signature(&calls[0]), "the template");
        let earlier = Span::at(at(3, 30)).merged(Span::at(at(24, 59)));
        same!(template.earlier, Some(earlier), "earlier");
        let hours: Vec<_> = template.hours.iter().map(|h| h.hour.index()).collect();
        same!(hours, [hour(25), hour(49)], "hours");
        let actors: Vec<_> = template
            .values
            .iter()
            .filter(|value| value.dimension == Dimension::Actor)
            .map(|value| (value.value.clone(), value.before, value.within))
            .collect();
        let alice = Span::at(at(24, 59)).merged(Span::at(at(25, 0)));
        let expected = [
            (calls[1].actor(), Some(alice), None),
            (
                calls[0].actor(),
                Some(Span::at(at(3, 30))),
                Some(Span::at(at(49, 1))),
            ),
        ];
        same!(actors, expected, "actors");
        let known: Vec<_> = snapshot.input.accounts[ACCOUNTS[0]]
            .values
            .iter()
            .filter(|value| value.dimension == Dimension::Actor)
            .map(|value| (value.value.clone(), value.before))
            .collect();
        same!(
            known,
            [(calls[0].actor(), Some(Span::at(at(3, 30))))],
            "actors of the account"
        );
        Ok(())
    })
    .await
}

/// Occurrences from before `remember_from` do not count, and templates with no other are not there.
///
/// # Errors
/// What was wrong.
pub async fn snapshot_remembers_no_further_than_asked(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let calls = [
        call("forgotten", "CreateUser", at(9, 59)).user("bob"),
        call("remembered", "CreateUser", at(10, 0)),
        call("within", "CreateUser", at(49, 0)).user("bob"),
        call("other", "CreateUser", at(9, 0)).message("long forgotten"),
    ];
    done("commit", store.commit(&batch(&calls)).await)?;
    let mut asked = query(hours(49, 50));
    asked.remember_from = at(10, 0);
    let snapshot = done("judge_input", store.judge_input(&asked).await)?;
    let template = only_template(&snapshot.input.families)?;
    same!(template.earlier, Some(Span::at(at(10, 0))), "earlier");
    let actors: Vec<_> = template
        .values
        .iter()
        .filter(|value| value.dimension == Dimension::Actor)
        .map(|value| (value.before, value.within))
        .collect();
    let expected = [
        (Some(Span::at(at(10, 0))), None),
        (None, Some(Span::at(at(49, 0)))),
    ];
    same!(actors, expected, "actors");
    let account = &snapshot.input.accounts[ACCOUNTS[0]];
    let bob = account
        .values
        .iter()
        .find(|value| value.dimension == Dimension::Actor);
    same!(
        bob.map(|value| value.before),
        Some(None),
        "what the account remembers of the actor"
    );
    same!(
        account.first_record,
        Some(at(10, 0)),
        "the first remembered record"
    );
    Ok(())
}

/// Only the accounts asked for are there; an account that came later than the window is not.
///
/// # Errors
/// What was wrong.
pub async fn snapshot_is_restricted_to_the_accounts_asked_for(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let calls = [
        call("a", "CreateUser", at(24, 0)),
        call("b", "CreateUser", at(24, 0)).account(ACCOUNTS[1]),
        call("c", "CreateUser", at(25, 0)).account("777788889999"),
    ];
    done("commit", store.commit(&batch(&calls)).await)?;
    let mut asked = query(hours(24, 25));
    let all = done("judge_input", store.judge_input(&asked).await)?;
    same!(
        all.input.accounts.keys().collect::<Vec<_>>(),
        ACCOUNTS,
        "all accounts"
    );
    same!(all.input.families.len(), 2, "all families");
    same!(
        all.versions.accounts.keys().collect::<Vec<_>>(),
        ACCOUNTS,
        "versions of all accounts"
    );
    asked.accounts = vec![ACCOUNTS[1].to_owned()];
    let one = done("judge_input", store.judge_input(&asked).await)?;
    same!(
        one.input.accounts.keys().collect::<Vec<_>>(),
        [ACCOUNTS[1]],
        "one account"
    );
    let families: Vec<_> = one
        .input
        .families
        .iter()
        .map(|family| &family.key.account)
        .collect();
    same!(families, [ACCOUNTS[1]], "families of one account");
    same!(
        one.versions.accounts.keys().collect::<Vec<_>>(),
        [ACCOUNTS[1]],
        "versions of one account"
    );
    Ok(())
}

/// The overview counts what lies in its range, and all records.
///
/// # Errors
/// What was wrong.
pub async fn overview_adds_up(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let calls = [
        call("a", "CreateUser", at(2, 0)),
        call("b", "CreateUser", at(3, 0)),
        call("c", "DeleteUser", at(3, 30)),
        call("d", "ListUsers", at(7, 0)).account(ACCOUNTS[1]),
    ];
    let mut read = batch(&calls);
    read.units = vec![
        unit("two", ACCOUNTS[1], &[(9, 4)]),
        unit("one", ACCOUNTS[0], &[(3, 10)]),
    ];
    done("commit", store.commit(&read).await)?;
    let snapshot = done("judge_input", store.judge_input(&query(hours(2, 8))).await)?;
    let judged = founding(hours(2, 8), &[calls[0].clone(), calls[2].clone()]);
    done("record", store.record(&judged, &snapshot.versions).await)?;
    restarted(subject, store, async |store| {
        let overview = done("overview", store.overview(&hours(3, 8)).await)?;
        let records = overview.records.map(|span| (span.count, span.first, span.last));
        same!(records, Some((14, at(2, 0), at(9, 58))), "records");
        let told = |rows: &[(String, Vec<firstsight_engine::HourCount>)]| {
            rows.iter()
                .flat_map(|(account, hours)| {
                    hours
                        .iter()
                        .map(|h| (account.clone(), h.hour.index(), h.span.count))
                })
                .collect::<Vec<_>>()
        };
        let errors = [
            (ACCOUNTS[0].to_owned(), hour(3), 2),
            (ACCOUNTS[1].to_owned(), hour(7), 1),
        ];
        same!(told(&overview.errors), errors, "errors");
        same!(
            told(&overview.traffic),
            [(ACCOUNTS[0].to_owned(), hour(3), 10)],
            "traffic"
        );
        let first_seen: Vec<_> = overview.first_seen.iter().map(|(h, n)| (h.index(), *n)).collect();
        same!(first_seen, [(hour(3), 1)], "clusters by their first hour");
        same!(overview.counters, [b"one".to_vec(), b"two".to_vec()], "counters");
        let elsewhere = done("overview", store.overview(&Range::new(Time::MIN, at(0, 0))).await)?;
        same!(
            elsewhere.errors.len() + elsewhere.traffic.len(),
            0,
            "an empty range"
        );
        Ok(())
    })
    .await
}
