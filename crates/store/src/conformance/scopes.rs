//! Where new things come from, since when, and what stood for variables.

use firstsight_engine::{ClusterId, Scope, SourceHistory};

use super::data::{ACCOUNTS, Call, at, batch, call, founding, hours, judgement, query, summary, unit};
use super::{Outcome, Subject, done, restarted, same};
use crate::{ClusterQuery, Example, IngestBatch, Judgement};

/// A snapshot tells the account's hours of errors and since when each source gives its records: by units, by error
/// events, and by events that another source gave before.
///
/// # Errors
/// What was wrong.
pub async fn snapshot_tells_since_when_sources_give(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let known = [
        call("a", "CreateUser", at(20, 30)),
        call("b", "CreateUser", at(22, 0)),
    ];
    let mut files = batch(&known);
    files.units = vec![unit("one", ACCOUNTS[0], &[(10, 5)])];
    let trail = |calls: &[Call]| IngestBatch {
        source: "trail".to_owned(),
        summary: summary(calls),
        ..batch(&[])
    };
    let later = IngestBatch {
        source: "later".to_owned(),
        ..trail(&[call("c", "CreateUser", at(25, 0))])
    };
    for read in [
        &trail(&known[1..]),
        &files,
        &trail(&known),
        &later,
        &trail(&known[1..]),
    ] {
        done("commit", store.commit(read).await)?;
    }
    restarted(subject, store, async |store| {
        let seen = done("judge_input", store.judge_input(&query(hours(24, 25))).await)?;
        let account = &seen.input.accounts[ACCOUNTS[0]];
        let since = |name: &str, first_record| SourceHistory {
            name: name.to_owned(),
            first_record,
        };
        same!(
            account.sources,
            [since("files", at(10, 1)), since("trail", at(20, 30))],
            "sources"
        );
        let by_hour = account
            .hours
            .iter()
            .map(|hour| (hour.hour.start(), hour.span.count));
        same!(
            by_hour.collect::<Vec<_>>(),
            [(at(20, 0), 1), (at(22, 0), 1)],
            "hours"
        );
        Ok(())
    })
    .await
}

/// A snapshot counts by scope and day which recorded clusters were new in the baseline; scopes that met none are there.
///
/// # Errors
/// What was wrong.
pub async fn snapshot_counts_new_clusters_by_scope(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let old = call("a", "CreateUser", at(1, 0));
    let new = call("b", "DeleteUser", at(30, 0));
    let by_bob = call("c", "CreateUser", at(40, 0)).user("bob");
    let now = call("d", "CreateUser", at(49, 0)).user("bob");
    let calls = [
        old.clone(),
        new.clone(),
        by_bob,
        now,
        call("e", "GetUser", at(50, 0)),
    ];
    done("commit", store.commit(&batch(&calls)).await)?;
    let founded = founding(hours(40, 41), &[old, new]);
    let seen = done("judge_input", store.judge_input(&query(hours(40, 41))).await)?;
    done("record", store.record(&founded, &seen.versions).await)?;
    restarted(subject, store, async |store| {
        let seen = done("judge_input", store.judge_input(&query(hours(49, 50))).await)?;
        let days = |scope: &Scope| {
            let found = seen.input.scopes.iter().find(|one| one.scope == *scope);
            found.map(|one| one.days.clone())
        };
        let account = ACCOUNTS[0].to_owned();
        let actor = |user: &str| Scope::Actor {
            account: account.clone(),
            actor: format!("arn:aws:iam::{account}:user/{user}"),
        };
        let of_call = |name: &str| Scope::Call {
            account: account.clone(),
            event_source: "iam.amazonaws.com".to_owned(),
            event_name: name.to_owned(),
        };
        let of_account = Scope::Account {
            account: account.clone(),
        };
        same!(days(&Scope::Organisation), Some(vec![(0, 1)]), "all accounts");
        same!(days(&of_account), Some(vec![(0, 1)]), "the account");
        same!(days(&actor("bob")), Some(vec![(0, 1)]), "the active actor");
        same!(days(&actor("alice")), None, "an actor who is not");
        same!(days(&of_call("CreateUser")), Some(Vec::new()), "the active call");
        same!(days(&of_call("DeleteUser")), None, "a call that is not");
        same!(seen.input.scopes.len(), 4, "scopes");
        same!(seen.input.scopes.is_sorted(), true, "their order");
        Ok(())
    })
    .await
}

/// A cluster shows what stood for its variables, each event once.
///
/// # Errors
/// What was wrong.
pub async fn clusters_show_examples(subject: &dyn Subject) -> Outcome {
    let store = subject.fresh().await;
    let made = |id: &str, place: &str| {
        call(id, "CreateUser", at(24, 0)).message(&format!("no place in {place} for {}", ACCOUNTS[0]))
    };
    let calls = [
        made("a", "eu-west-1"),
        made("b", "eu-central-1"),
        made("c", "eu-central-1"),
    ];
    for calls in [&calls[..2], &calls[1..]] {
        done("commit", store.commit(&batch(calls)).await)?;
    }
    let seen = done("judge_input", store.judge_input(&query(hours(24, 25))).await)?;
    let templates = seen.input.families.iter().flat_map(|family| &family.templates);
    let founded = Judgement {
        assignments: templates.map(|one| (one.id, ClusterId(one.id.0))).collect(),
        ..judgement(hours(24, 25))
    };
    done("record", store.record(&founded, &seen.versions).await)?;
    restarted(subject, store, async |store| {
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        let example = |name: &str, values: &[(&str, u64)]| Example {
            name: name.to_owned(),
            values: values
                .iter()
                .map(|(value, count)| ((*value).to_owned(), *count))
                .collect(),
            more: false,
        };
        same!(
            rows.iter().map(|row| row.examples.clone()).collect::<Vec<_>>(),
            [[
                example("accountId", &[(ACCOUNTS[0], 3)]),
                example("region", &[("eu-central-1", 2), ("eu-west-1", 1)]),
            ]],
            "examples"
        );
        Ok(())
    })
    .await
}
