//! What people change: life cycles, baselines, what is forgotten; all of it audited.

use firstsight_engine::{Familiarity, LifeCycle, Novelty, Range, Span, Until, judge};

use super::data::{
    ACCOUNTS, Call, at, batch, call, change, cluster, event, finding, finding_id, founding, hours, judgement,
    query, said, signature,
};
use super::{Outcome, Subject, done, restarted, same};
use crate::{
    AuditEntry, AuditQuery, BaselineCluster, ClusterQuery, EventQuery, FindingQuery, Imported, Judgement,
    Recorded, Retention, Said, Store, StoreError,
};

async fn keep(store: &dyn Store, judged: &Judgement) -> Result<Recorded, String> {
    let window = judged.window.ok_or("a judgement without a window")?;
    let snapshot = done("judge_input", store.judge_input(&query(window)).await)?;
    done("record", store.record(judged, &snapshot.versions).await)
}

/// Two users refused the one call, a third call in another account; each founds its cluster.
fn calls() -> [Call; 3] {
    [
        call("a", "CreateUser", at(1, 10)),
        call("b", "DeleteUser", at(2, 20)),
        call("c", "CreateUser", at(3, 30)).account(ACCOUNTS[1]),
    ]
}

/// A store in which the calls are known.
async fn known(subject: &dyn Subject) -> Result<Box<dyn Store>, String> {
    let store = subject.fresh().await;
    done("commit", store.commit(&batch(&calls())).await)?;
    keep(&*store, &founding(hours(1, 4), &calls())).await?;
    Ok(store)
}

async fn say(store: &dyn Store, call: &Call, life_cycle: LifeCycle) -> Result<LifeCycle, String> {
    let changed = store.set_life_cycle(&change(cluster(call), life_cycle)).await;
    done("set_life_cycle", changed)
}

async fn audit(store: &dyn Store) -> Result<Vec<AuditEntry>, String> {
    done("audit", store.audit(&AuditQuery::default()).await)
}

async fn export(store: &dyn Store) -> Result<Vec<BaselineCluster>, String> {
    let all = store.export_baseline(&ClusterQuery::default()).await;
    done("export_baseline", all)
}

/// What was done, and what stood before and after.
fn told(entries: &[AuditEntry]) -> Vec<(&str, &str, &str)> {
    entries
        .iter()
        .map(|entry| (entry.action.as_str(), entry.before.as_str(), entry.after.as_str()))
        .collect()
}

/// Each word on a cluster tells what stood before, is kept with who said it, and is audited, the newest first.
///
/// # Errors
/// What was wrong.
pub async fn what_people_say_is_audited(subject: &dyn Subject) -> Outcome {
    let store = known(subject).await?;
    let [one, two, other] = calls();
    let words = [
        LifeCycle::Acknowledged,
        LifeCycle::Expected,
        LifeCycle::Archived(Until::Time(at(30, 0))),
        LifeCycle::Resolved,
        LifeCycle::Open,
    ];
    let mut before = LifeCycle::Open;
    for word in words {
        same!(say(&*store, &one, word).await?, before, "before {word}");
        before = word;
    }
    say(&*store, &other, LifeCycle::Archived(Until::Escalation)).await?;
    restarted(subject, store, async |store| {
        let all = audit(store).await?;
        let until = LifeCycle::Archived(Until::Time(at(30, 0))).to_string();
        let expected = [
            ("archive", "open", "archived-until-escalation"),
            ("reopen", "resolved", "open"),
            ("resolve", &until, "resolved"),
            ("archive", "expected", &until),
            ("expect", "acknowledged", "expected"),
            ("acknowledge", "open", "acknowledged"),
        ];
        same!(told(&all), expected, "the audit log");
        let about = (all[0].cluster, all[0].account.as_str(), &all[0].said);
        same!(
            about,
            (Some(cluster(&other)), ACCOUNTS[1], &said("because")),
            "an entry"
        );
        let of = async |query: AuditQuery| done("audit", store.audit(&query).await);
        let any = AuditQuery::default;
        let cluster_of_one = Some(cluster(&one));
        let of_cluster = of(AuditQuery {
            cluster: cluster_of_one,
            ..any()
        })
        .await?;
        same!(of_cluster, all[1..], "of a cluster");
        let accounts = vec![ACCOUNTS[1].to_owned()];
        same!(
            of(AuditQuery { accounts, ..any() }).await?,
            all[..1],
            "of an account"
        );
        same!(
            of(AuditQuery { limit: 2, ..any() }).await?,
            all[..2],
            "the newest two"
        );
        for (place, entry) in all.iter().enumerate() {
            let after = Some((entry.said.at, entry.number));
            same!(
                of(AuditQuery { after, ..any() }).await?,
                all[place + 1..],
                "behind entry {place}"
            );
        }
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        let said_of = |call: &Call| {
            let row = rows.iter().find(|row| row.id == cluster(call));
            row.and_then(|row| row.said.clone())
        };
        same!(said_of(&one), Some(said("because")), "who said it");
        same!(said_of(&two), None, "where nobody said anything");
        Ok(())
    })
    .await
}

/// A judgement opens what was archived until it escalates, once, and nothing else.
///
/// # Errors
/// What was wrong.
pub async fn escalation_opens_a_cluster_once(subject: &dyn Subject) -> Outcome {
    let store = known(subject).await?;
    let [one, two, _] = calls();
    say(&*store, &one, LifeCycle::Archived(Until::Escalation)).await?;
    say(&*store, &two, LifeCycle::Archived(Until::Forever)).await?;
    let unknown = cluster(&call("x", "Unknown", at(0, 0)));
    let mut judged = judgement(hours(4, 5));
    judged.escalated = vec![cluster(&one), unknown, cluster(&two), cluster(&one)];
    // Behind what people said: the log tells the newest first.
    judged.judged_at = at(51, 0);
    keep(&*store, &judged).await?;
    keep(&*store, &judged).await?;
    restarted(subject, store, async |store| {
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        let now = |call: &Call| {
            let row = rows.iter().find(|row| row.id == cluster(call));
            row.map(|row| (row.life_cycle, row.said.clone()))
        };
        let by_inspection = Said {
            by: "inspection main".to_owned(),
            at: judged.judged_at,
            note: String::new(),
        };
        let open = (LifeCycle::Open, Some(by_inspection.clone()));
        same!(now(&one), Some(open), "the one that escalated");
        let forever = (LifeCycle::Archived(Until::Forever), Some(said("because")));
        same!(now(&two), Some(forever), "one that is archived for ever");
        let all = audit(store).await?;
        same!(all.len(), 3, "entries");
        same!(
            told(&all)[0],
            ("escalate", "archived-until-escalation", "open"),
            "what was done"
        );
        same!(
            (all[0].cluster, &all[0].said),
            (Some(cluster(&one)), &by_inspection),
            "of which, and in whose name"
        );
        Ok(())
    })
    .await
}

/// A judgement whose snapshot was taken before people changed something is refused.
///
/// # Errors
/// What was wrong.
pub async fn people_overtake_a_snapshot(subject: &dyn Subject) -> Outcome {
    let store = known(subject).await?;
    let [one, two, _] = calls();
    let document = export(&*store).await?;
    let window = hours(4, 5);
    let refused = async |what: &str, change: Box<dyn AsyncChange>| -> Outcome {
        let mut asked = query(window);
        asked.inspection = format!("judge of {what}");
        let seen = done("judge_input", store.judge_input(&asked).await)?;
        change.make(&*store).await?;
        let mut judged = judgement(window);
        judged.inspection = asked.inspection;
        let answer = store.record(&judged, &seen.versions).await;
        same!(
            matches!(answer, Err(StoreError::Stale)),
            true,
            "after {what}: {answer:?}"
        );
        Ok(())
    };
    refused("a word", Box::new(Word(one))).await?;
    refused("forgetting", Box::new(Forget(two))).await?;
    refused("an import", Box::new(Import(document))).await
}

/// Something that a person does.
#[async_trait::async_trait]
trait AsyncChange: Send + Sync {
    async fn make(&self, store: &dyn Store) -> Outcome;
}

struct Word(Call);
struct Forget(Call);
struct Import(Vec<BaselineCluster>);

#[async_trait::async_trait]
impl AsyncChange for Word {
    async fn make(&self, store: &dyn Store) -> Outcome {
        say(store, &self.0, LifeCycle::Expected).await.map(|_| ())
    }
}

#[async_trait::async_trait]
impl AsyncChange for Forget {
    async fn make(&self, store: &dyn Store) -> Outcome {
        let forgotten = store.forget_clusters(&[cluster(&self.0)], &said("")).await;
        done("forget_clusters", forgotten).map(|_| ())
    }
}

#[async_trait::async_trait]
impl AsyncChange for Import {
    async fn make(&self, store: &dyn Store) -> Outcome {
        let imported = store.import_baseline(&self.0, &said("")).await;
        done("import_baseline", imported).map(|_| ())
    }
}

/// What was exported and imported is exported the same; importing it again adds nothing.
///
/// # Errors
/// What was wrong.
pub async fn baselines_read_back_as_written(subject: &dyn Subject) -> Outcome {
    let from = known(subject).await?;
    let [one, two, other] = calls();
    let again = call("d", "CreateUser", at(5, 0)).user("bob").message("nor this");
    done("commit", from.commit(&batch(std::slice::from_ref(&again))).await)?;
    let mut joining = judgement(hours(5, 6));
    joining.assignments = vec![(signature(&again), cluster(&one))];
    keep(&*from, &joining).await?;
    say(&*from, &two, LifeCycle::Archived(Until::Forever)).await?;
    let document = export(&*from).await?;
    let ids: Vec<_> = document.iter().map(|cluster| cluster.id).collect();
    let mut sorted = ids.clone();
    sorted.sort();
    same!(ids, sorted, "their order");
    let of_one = document.iter().find(|document| document.id == cluster(&one));
    let counts = of_one.map(|document| {
        let hours = document.templates.iter().flat_map(|template| &template.hours);
        (document.templates.len(), hours.map(|hour| hour.span.count).sum())
    });
    same!(counts, Some((2, 2_u64)), "fine templates and occurrences of one");
    let asked = ClusterQuery {
        accounts: vec![ACCOUNTS[1].to_owned()],
        ..ClusterQuery::default()
    };
    let of_account = done("export_baseline", from.export_baseline(&asked).await)?;
    let of_account: Vec<_> = of_account.iter().map(|document| document.id).collect();
    same!(of_account, [cluster(&other)], "of an account");

    let to = subject.fresh().await;
    let imported = done(
        "import_baseline",
        to.import_baseline(&document, &said("from there")).await,
    )?;
    let expected = Imported {
        new_clusters: 3,
        known_clusters: 0,
        new_templates: 4,
    };
    same!(imported, expected, "what an import did");
    same!(export(&*to).await?, document, "what was imported");
    let imported = done("import_baseline", to.import_baseline(&document, &said("")).await)?;
    let expected = Imported {
        known_clusters: 3,
        ..Imported::default()
    };
    same!(imported, expected, "what importing it again did");
    restarted(subject, to, async |to| {
        same!(export(to).await?, document, "what was imported twice");
        let log = audit(to).await?;
        let expected = [
            ("import", "", "clusters: 0 new, 3 known; fine templates: 0 new"),
            ("import", "", "clusters: 3 new, 0 known; fine templates: 4 new"),
            ("import", "", "archived"),
        ];
        same!(told(&log), expected, "the audit log");
        let about = (log[2].cluster, log[2].said.note.as_str());
        same!(
            about,
            (Some(cluster(&two)), "from there"),
            "what was said of a cluster"
        );
        Ok(())
    })
    .await
}

/// What was imported is known to the next judgement: not new, with its counts, and with those who had it.
///
/// # Errors
/// What was wrong.
pub async fn what_was_imported_is_known(subject: &dyn Subject) -> Outcome {
    let document = export(&*known(subject).await?).await?;
    let store = subject.fresh().await;
    done(
        "import_baseline",
        store.import_baseline(&document, &said("")).await,
    )?;
    let window = hours(8, 9);
    let known = call("again", "CreateUser", at(8, 10));
    let by_bob = call("bob", "CreateUser", at(8, 20)).user("bob");
    let new = call("new", "ListUsers", at(8, 30));
    done(
        "commit",
        store.commit(&batch(&[known.clone(), by_bob, new])).await,
    )?;
    restarted(subject, store, async |store| {
        let input = done("judge_input", store.judge_input(&query(window)).await)?.input;
        let family = input
            .families
            .iter()
            .find(|family| family.key.event_name == "CreateUser");
        let template = family.and_then(|family| family.templates.first());
        let counts = template.map(|template| {
            let hours = template.hours.iter().map(|count| count.span);
            (template.cluster, hours.collect::<Vec<_>>())
        });
        let within = Span {
            count: 2,
            first: at(8, 10),
            last: at(8, 20),
        };
        let expected = (Some(cluster(&known)), vec![Span::at(at(1, 10)), within]);
        same!(counts, Some(expected), "its cluster and occurrences");
        let told: Vec<_> = judge(&input)
            .findings
            .into_iter()
            .map(|finding| (finding.event_name, finding.novelty, finding.episode))
            .collect();
        let bob = format!("arn:aws:iam::{}:user/bob", ACCOUNTS[0]);
        let mut expected = vec![
            ("CreateUser".to_owned(), Novelty::NewActor, bob),
            ("ListUsers".to_owned(), Novelty::New, String::new()),
        ];
        expected.sort();
        let mut sorted = told;
        sorted.sort();
        same!(sorted, expected, "findings");
        Ok(())
    })
    .await
}

/// What a state knows itself wins over what a baseline says; only where nobody said anything is their word taken over.
///
/// # Errors
/// What was wrong.
pub async fn imports_leave_what_is_known(subject: &dyn Subject) -> Outcome {
    let from = known(subject).await?;
    let [one, two, other] = calls();
    for call in [&one, &two, &other] {
        say(&*from, call, LifeCycle::Expected).await?;
    }
    let document = export(&*from).await?;

    // Here the first one is known and open, of the second one a person has said something, the third one's fine template
    // has no cluster yet.
    let store = subject.fresh().await;
    let seen = [&one, &two, &other].map(|call| Call {
        id: format!("{} here", call.id),
        time: at(9, 0),
        ..call.clone()
    });
    done("commit", store.commit(&batch(&seen)).await)?;
    keep(&*store, &founding(hours(9, 10), &seen[..2])).await?;
    say(&*store, &two, LifeCycle::Open).await?;
    let imported = done(
        "import_baseline",
        store.import_baseline(&document, &said("theirs")).await,
    )?;
    let expected = Imported {
        new_clusters: 1,
        known_clusters: 2,
        new_templates: 0,
    };
    same!(imported, expected, "what an import did");
    restarted(subject, store, async |store| {
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        let now = |call: &Call| {
            let row = rows.iter().find(|row| row.id == cluster(call));
            row.map(|row| (row.life_cycle, row.seen))
        };
        let here = Span::at(at(9, 0));
        same!(now(&one), Some((LifeCycle::Expected, here)), "a known one");
        same!(now(&two), Some((LifeCycle::Open, here)), "one that was spoken of");
        same!(
            now(&other),
            Some((LifeCycle::Expected, here)),
            "one without a cluster"
        );
        let log = audit(store).await?;
        let expected = [("import", "", "clusters: 1 new, 2 known; fine templates: 0 new")];
        same!(told(&log)[..1], expected, "what was imported");
        let mut taken: Vec<_> = log[1..3]
            .iter()
            .map(|entry| (entry.cluster, entry.before.as_str()))
            .collect();
        taken.sort();
        let mut expected = vec![(Some(cluster(&one)), "open"), (Some(cluster(&other)), "")];
        expected.sort();
        same!(taken, expected, "whose word was taken over");
        Ok(())
    })
    .await
}

/// A forgotten cluster's next occurrence is new, under the same id; the account's counts and what was sent stay.
///
/// # Errors
/// What was wrong.
pub async fn forgotten_clusters_are_new_again(subject: &dyn Subject) -> Outcome {
    let store = known(subject).await?;
    let [one, two, other] = calls();
    let window = hours(4, 5);
    let mut judged = judgement(window);
    judged.findings = vec![
        finding("one", &one, window, "error")?,
        finding("two", &two, window, "error")?,
    ];
    judged.events = vec![event("sent", "fault", at(5, 0), &["log"])];
    keep(&*store, &judged).await?;
    say(&*store, &one, LifeCycle::Expected).await?;
    let unknown = cluster(&call("x", "Unknown", at(0, 0)));
    let asked = [cluster(&one), unknown, cluster(&other), cluster(&one)];
    let forgotten = store.forget_clusters(&asked, &said("noise")).await;
    same!(done("forget_clusters", forgotten)?, 2, "how many were forgotten");
    let again = call("again", "CreateUser", at(8, 0));
    done("commit", store.commit(&batch(std::slice::from_ref(&again))).await)?;
    restarted(subject, store, async |store| {
        let rows = done("clusters", store.clusters(&ClusterQuery::default()).await)?;
        let rows: Vec<_> = rows.iter().map(|row| row.id).collect();
        same!(rows, [cluster(&two)], "clusters");
        let found = done("findings", store.findings(&FindingQuery::default()).await)?;
        let found: Vec<_> = found.iter().map(|finding| finding.id).collect();
        same!(found, [finding_id("two")], "findings");
        let sent = done("events", store.events(&EventQuery::default()).await)?;
        same!(sent.len(), 1, "events");
        let due = done("due", store.due("log", at(9, 0), 9).await)?;
        same!(due.len(), 1, "deliveries that are due");
        let overview = done("overview", store.overview(&Range::ALL).await)?;
        let errors: Vec<_> = overview.errors.iter().map(|(_, hours)| hours.len()).collect();
        same!(errors, [3, 1], "hours with errors of the accounts");
        let mut log = audit(store).await?;
        log.truncate(2);
        let expected = [("forget", "open", ""), ("forget", "expected", "")];
        same!(told(&log), expected, "the audit log");

        let input = done("judge_input", store.judge_input(&query(hours(8, 9))).await)?.input;
        let template = &input.families[0].templates[0];
        same!(
            (template.cluster, template.earlier),
            (None, None),
            "its fine template"
        );
        same!(input.families[0].clusters.len(), 0, "its family's clusters");
        let found = judge(&input).findings;
        let told: Vec<_> = found
            .iter()
            .map(|finding| (finding.cluster, finding.novelty))
            .collect();
        same!(
            told,
            [(cluster(&one), Novelty::New)],
            "what the next judgement finds"
        );
        let actor = found[0].values.iter().find(|value| value.value == again.actor());
        same!(
            actor.map(|actor| actor.familiarity),
            Some(Familiarity::Rare),
            "what the account knows of its actor"
        );
        Ok(())
    })
    .await
}

/// What is said of known clusters is audited for ever, the rest as long as all else.
///
/// # Errors
/// What was wrong.
pub async fn purge_keeps_the_audit_of_known_clusters(subject: &dyn Subject) -> Outcome {
    let store = known(subject).await?;
    let [one, two, _] = calls();
    say(&*store, &one, LifeCycle::Expected).await?;
    say(&*store, &two, LifeCycle::Open).await?;
    done("import_baseline", store.import_baseline(&[], &said("")).await)?;
    let before = said("").at;
    let purge = async |before| {
        let retention = Retention {
            before,
            identities_before: before,
        };
        done("purge", store.purge(&retention).await)
    };
    purge(before).await?;
    same!(audit(&*store).await?.len(), 3, "entries that are not old");
    purge(before.plus_millis(1)).await?;
    let log = audit(&*store).await?;
    let about: Vec<_> = log.iter().map(|entry| entry.cluster).collect();
    same!(
        about,
        [Some(cluster(&one))],
        "what the entries that are kept are about"
    );
    Ok(())
}
