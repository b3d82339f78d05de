//! Two stores that were given the same say the same, byte for byte, whatever the split, order and repetition.

use std::collections::BTreeMap;

use firstsight_engine::{ClusterId, Digest, JudgeInput, KeyUse, LifeCycle, Range, SignatureId, Time, Until};
use firstsight_store::conformance::data::{
    ACCOUNTS, Call, at, batch, call, change, event, finding, hours, judgement, key_use, query, said, unit,
};
use firstsight_store::conformance::lists_agree;
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{
    AuditQuery, BaselineCluster, ClusterQuery, ClusterRemark, ClusterSearch, DeliveryOutcome, DeliveryState,
    EventFacets, EventQuery, EventSearch, FindingQuery, IngestBatch, Judgement, KeyQuery, NewEvent,
    OverrideChange, Retention, RunQuery, Snapshot, Store, StoreError, StoredFault, StoredMute,
    StoredPosition, StoredRun,
};
use proptest::prelude::*;
use proptest::sample::Index;

const LAST_HOUR: i64 = 72;

/// One of the calls that may have been made: its number says all of it, so that an `eventID` always means the same.
fn made(number: u8) -> Call {
    let n = i64::from(number);
    let mut made = call(
        &format!("id {number}"),
        ["CreateUser", "DeleteUser", "GetUser"][usize::from(number % 3)],
        at(n * 7 % LAST_HOUR, n % 60),
    );
    made.message = ["no", "not at all", "never", "no\0way"][usize::from(number / 3 % 4)].to_owned();
    made.user = format!("user{}", number % 5);
    made.account = ACCOUNTS[usize::from(number.is_multiple_of(8))].to_owned();
    made.key = format!("{}{}", ["AKIA", "ASIA"][usize::from(number % 2)], number % 7);
    made
}

fn use_of_key(number: u8) -> ((String, String), KeyUse) {
    let key = (
        ACCOUNTS[0].to_owned(),
        format!("{}{}", ["AKIA", "ASIA"][usize::from(number % 2)], number % 7),
    );
    (
        key,
        key_use(&format!("Call{}", number % 11), at(i64::from(number % 5), 0)),
    )
}

/// What a reader hands over in one commit.
#[derive(Clone, Debug)]
struct Read {
    calls: Vec<u8>,
    keys: Vec<u8>,
    units: Vec<u8>,
    positions: Vec<(u8, u8)>,
}

impl Read {
    fn batch(&self) -> IngestBatch {
        let calls: Vec<_> = self.calls.iter().map(|number| made(*number)).collect();
        let mut read = batch(&calls);
        for number in &self.keys {
            let (key, last) = use_of_key(*number);
            read.key_uses.insert(key, last);
        }
        read.units = self
            .units
            .iter()
            .map(|number| {
                let account = ACCOUNTS[usize::from(number % 3 == 0)];
                let hour = i64::from(*number) % LAST_HOUR;
                unit(
                    &format!("unit {number}"),
                    account,
                    &[(hour, 1 + u64::from(*number)), (hour + 1, 1)],
                )
            })
            .collect();
        read.positions = self
            .positions
            .iter()
            .map(|(partition, position)| StoredPosition {
                partition: format!("part {partition}"),
                position: vec![*position],
            })
            .collect();
        let last = self.calls.iter().copied().max().unwrap_or_default();
        read.arrived = at(i64::from(last) % LAST_HOUR, 0);
        read
    }
}

fn read() -> impl Strategy<Value = Read> {
    (
        prop::collection::vec(0u8..60, 0..12),
        prop::collection::vec(0u8..60, 0..4),
        prop::collection::vec(0u8..20, 0..3),
        prop::collection::vec((0u8..3, any::<u8>()), 0..2),
    )
        .prop_map(|(calls, keys, units, positions)| Read {
            calls,
            keys,
            units,
            positions,
        })
}

/// Something done to a store.
#[derive(Clone, Debug)]
enum Step {
    Commit(Read),
    /// Judges the hours from one on; the other window's snapshot was taken before the last commit.
    Judge {
        start: i64,
        length: i64,
        late: Option<Read>,
        found: bool,
        escalated: Option<Index>,
    },
    Touch(Index, LifeCycle),
    /// Keeps a baseline document in mind; the first one is empty.
    Export(usize),
    /// Imports the document that was exported last.
    Import,
    /// Forgets a cluster, the same one twice.
    Forget(Index),
    Purge {
        before: i64,
        identities: i64,
    },
    Deliver {
        event: Index,
        sink: Index,
        outcome: u8,
        lost: bool,
    },
    /// Notes attempts of one or two events.
    Attempt {
        events: Vec<Index>,
        sink: Index,
        repeatable: bool,
    },
    RetryParked(Option<Index>),
    /// Names an owner, or writes a note.
    Remark(Index, bool),
    /// Sets one of three mutes, or ends it.
    GiveFacets(Index),
    Run(u8, i64),
    Override(u8, Option<u8>),
    Mute(u8, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let life_cycle = prop::sample::select(vec![
        LifeCycle::Open,
        LifeCycle::Acknowledged,
        LifeCycle::Expected,
        LifeCycle::Archived(Until::Escalation),
        LifeCycle::Archived(Until::Time(at(30, 0))),
        LifeCycle::Resolved,
    ]);
    prop_oneof![
        4 => read().prop_map(Step::Commit),
        4 => (
            0..LAST_HOUR,
            1i64..9,
            prop::option::weighted(0.2, read()),
            any::<bool>(),
            prop::option::of(any::<Index>()),
        )
            .prop_map(|(start, length, late, found, escalated)| Step::Judge {
                start,
                length,
                late,
                found,
                escalated,
            }),
        2 => (any::<Index>(), life_cycle).prop_map(|(cluster, state)| Step::Touch(cluster, state)),
        1 => (0usize..4).prop_map(Step::Export),
        1 => Just(Step::Import),
        1 => any::<Index>().prop_map(Step::Forget),
        1 => (0..LAST_HOUR, 0..LAST_HOUR)
            .prop_map(|(before, identities)| Step::Purge { before, identities }),
        3 => (any::<Index>(), any::<Index>(), 0u8..4, any::<bool>())
            .prop_map(|(event, sink, outcome, lost)| Step::Deliver { event, sink, outcome, lost }),
        3 => (prop::collection::vec(any::<Index>(), 1..3), any::<Index>(), any::<bool>())
            .prop_map(|(events, sink, repeatable)| Step::Attempt { events, sink, repeatable }),
        1 => prop::option::of(any::<Index>()).prop_map(Step::RetryParked),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(cluster, owner)| Step::Remark(cluster, owner)),
        1 => (0u8..3, any::<bool>()).prop_map(|(mute, ends)| Step::Mute(mute, ends)),
        1 => any::<Index>().prop_map(Step::GiveFacets),
        1 => (0u8..4, 0..LAST_HOUR).prop_map(|(run, hour)| Step::Run(run, hour)),
        1 => (0u8..3, prop::option::of(0u8..3)).prop_map(|(key, value)| Step::Override(key, value)),
    ]
}

/// A simple judge: the first template of a family without a cluster founds one, the others join the least.
fn judged(snapshot: &Snapshot, found: bool) -> Judgement {
    let input = &snapshot.input;
    let mut judged = judgement(input.window);
    judged.complete = found;
    for family in &input.families {
        let known = family
            .templates
            .iter()
            .filter_map(|template| template.cluster)
            .min();
        let least = family
            .templates
            .iter()
            .map(|template| ClusterId(template.id.0))
            .min();
        let Some(cluster) = known.or(least) else { continue };
        let missing = family
            .templates
            .iter()
            .filter(|template| template.cluster.is_none());
        judged
            .assignments
            .extend(missing.map(|template| (template.id, cluster)));
        judged
            .templates
            .push((cluster, format!("{} templates", family.templates.len())));
        let mut one = call("x", &family.key.event_name, input.window.start).account(&family.key.account);
        one.message = "a finding".to_owned();
        let name = format!("{cluster} {}", input.window.start.hour().index() / 5);
        let mut finding = finding(&name, &one, input.window, "error").expect("a finding");
        finding.cluster = cluster;
        if found {
            judged.findings.push(finding);
        }
        let fault = format!("fault of {}", family.key.account);
        judged.faults.push(StoredFault {
            id: fault.clone(),
            inspection: "main".to_owned(),
            account: family.key.account.clone(),
            opened: input.window.start,
            recovered: (!found).then_some(input.window.end),
            body: vec![u8::from(found)],
        });
        let mut told = event(&format!("event of {name}"), &fault, input.window.end, &SINKS);
        plan(&mut told, family.templates.len());
        told.facets = facets(family.templates.len(), &family.key.event_name, cluster);
        judged.events.push(told);
    }
    judged
}

const SINKS: [&str; 2] = ["web", "log"];

/// What an event of a family is found by; every third has nothing.
fn facets(number: usize, name: &str, cluster: ClusterId) -> EventFacets {
    if number.is_multiple_of(3) {
        return EventFacets::default();
    }
    EventFacets {
        title: format!("{number} of {name}"),
        services: vec!["iam.amazonaws.com".to_owned()],
        actors: vec![format!("user{number}")],
        clusters: vec![cluster],
        ..EventFacets::default()
    }
}

/// Some deliveries go together, some wait, some do not go.
fn plan(event: &mut NewEvent, number: usize) {
    let hour = usize::try_from(event.time.hour().index()).unwrap_or_default();
    for (place, delivery) in event.deliveries.iter_mut().enumerate() {
        delivery.bundle = ["", "day", "night"][(hour + place) % 3].to_owned();
        delivery.not_before = (hour % 4 == 0).then_some(at(1, 45));
        delivery.withheld = (hour + number).is_multiple_of(5).then(|| "muted".to_owned());
    }
}

/// What a call gave, as text: errors too.
fn told<T: std::fmt::Debug>(answer: Result<T, StoreError>) -> String {
    match answer {
        Ok(answer) => format!("{answer:?}"),
        Err(error) => format!("error: {error}"),
    }
}

async fn snapshot(store: &dyn Store, window: Range) -> Snapshot {
    store.judge_input(&query(window)).await.expect("a snapshot")
}

/// One of the clusters that are known.
async fn one_of(store: &dyn Store, index: &Index) -> Option<ClusterId> {
    let clusters = store.clusters(&ClusterQuery::default()).await.expect("clusters");
    (!clusters.is_empty()).then(|| index.get(&clusters).id)
}

fn remark(cluster: ClusterId, owner: bool) -> ClusterRemark {
    ClusterRemark {
        cluster,
        owner: owner.then(|| "Team \"A\"".to_owned()),
        note: (!owner).then(|| "looked at".to_owned()),
        said: said("remarked"),
    }
}

/// Does a step, and tells what came of it. The document is what was exported last.
async fn run(store: &dyn Store, step: &Step, document: &mut Vec<BaselineCluster>) -> String {
    match step {
        Step::Commit(read) => told(store.commit(&read.batch()).await),
        Step::Judge {
            start,
            length,
            late,
            found,
            escalated,
        } => {
            let seen = snapshot(store, hours(*start, start + length)).await;
            if let Some(late) = late {
                told(store.commit(&late.batch()).await);
            }
            let mut judged = judged(&seen, *found);
            if let Some(index) = escalated {
                judged.escalated.extend(one_of(store, index).await);
            }
            told(store.record(&judged, &seen.versions).await)
        }
        Step::Touch(index, life_cycle) => match one_of(store, index).await {
            Some(cluster) => told(store.set_life_cycle(&change(cluster, *life_cycle)).await),
            None => String::new(),
        },
        Step::Export(limit) => {
            let query = ClusterQuery {
                limit: *limit,
                ..ClusterQuery::default()
            };
            *document = store.export_baseline(&query).await.expect("a baseline");
            format!("{document:?}")
        }
        Step::Import => told(store.import_baseline(document, &said("imported")).await),
        Step::Forget(index) => {
            let clusters: Vec<_> = one_of(store, index).await.into_iter().cycle().take(2).collect();
            told(store.forget_clusters(&clusters, &said("forgotten")).await)
        }
        Step::Purge { before, identities } => {
            let retention = Retention {
                before: at(*before, 20),
                identities_before: at(*identities, 0),
            };
            told(store.purge(&retention).await)
        }
        Step::Deliver {
            event,
            sink,
            outcome,
            lost,
        } => deliver(store, event, sink, (*outcome, *lost)).await,
        Step::Attempt {
            events,
            sink,
            repeatable,
        } => {
            let known = store.events(&EventQuery::default()).await.expect("events");
            let chosen = events.iter().filter(|_| !known.is_empty());
            let chosen: Vec<_> = chosen.map(|index| index.get(&known).event.id.clone()).collect();
            let sink = sink.get(&SINKS);
            told(store.attempt(&chosen, sink, at(1, 20), *repeatable).await)
        }
        Step::RetryParked(sink) => told(
            store
                .retry_parked(sink.map(|sink| *sink.get(&SINKS)), &said("again"))
                .await,
        ),
        Step::Remark(index, owner) => match one_of(store, index).await {
            Some(cluster) => told(store.remark(&remark(cluster, *owner)).await),
            None => String::new(),
        },
        Step::Mute(number, ends) => mute(store, *number, *ends).await,
        Step::GiveFacets(index) => give_facets(store, index).await,
        Step::Run(number, hour) => told(store.note_run(&noted(*number, *hour)).await),
        Step::Override(key, value) => told(store.set_override(&overridden(*key, *value)).await),
    }
}

async fn give_facets(store: &dyn Store, index: &Index) -> String {
    let missing = store.events_without_facets(9).await.expect("events");
    let Some(chosen) = missing.get(index.index(missing.len().max(1))) else {
        return String::new();
    };
    let id = chosen.event.id.clone();
    let given = [(id, facets(1, "given later", ClusterId(Digest([1; 16]))))];
    format!("{missing:?} {}", told(store.give_facets(&given).await))
}

fn noted(number: u8, hour: i64) -> StoredRun {
    StoredRun {
        id: format!("run {number}"),
        inspection: ["main", "other"][usize::from(number % 2)].to_owned(),
        tick: at(hour, 0),
        started: at(hour, 10),
        ended: (hour % 2 == 0).then_some(at(hour, 12)),
        outcome: ["ok", "failed"][usize::from(hour % 3 == 0)].to_owned(),
        body: vec![number],
    }
}

fn overridden(key: u8, value: Option<u8>) -> OverrideChange {
    OverrideChange {
        inspection: "main".to_owned(),
        key: format!("key {key}"),
        value: value.map(|value| format!("value {value}")),
        otherwise: "default".to_owned(),
        said: said("by hand"),
    }
}

async fn mute(store: &dyn Store, number: u8, ends: bool) -> String {
    let id = format!("mute {number}");
    if ends {
        return told(store.end_mute(&id, &said("enough")).await);
    }
    let mute = StoredMute {
        body: vec![number],
        summary: format!("about {number}"),
        set: said("set"),
        ended: None,
        id,
    };
    told(store.set_mute(&mute).await)
}

async fn deliver(store: &dyn Store, event: &Index, sink: &Index, (outcome, lost): (u8, bool)) -> String {
    let events = store.events(&EventQuery::default()).await.expect("events");
    if events.is_empty() {
        return String::new();
    }
    let outcome = DeliveryOutcome {
        lost,
        state: [
            DeliveryState::Pending,
            DeliveryState::Delivered,
            DeliveryState::Parked,
            DeliveryState::Withheld,
        ][usize::from(outcome)],
        at: at(1, 0),
        next_attempt: Some(at(2, 0)),
        message: "said".to_owned(),
    };
    let sink = sink.get(&SINKS);
    told(
        store
            .delivered(&event.get(&events).event.id, sink, &outcome)
            .await,
    )
}

/// Everything that a store can be asked.
async fn everything(store: &dyn Store) -> Vec<String> {
    let mut all = Vec::new();
    for (start, end, baseline, remember, accounts) in [
        (70, 72, 24, 0, 0),
        (30, 31, 12, 9, 0),
        (30, 54, 5, 26, 1),
        (0, 1, 24, 0, 2),
        (71, 90, 71, 3, 0),
    ] {
        let mut asked = query(hours(start, end));
        asked.baseline.start = at(start - baseline, 0);
        asked.remember_from = at(remember, 0);
        asked.accounts = ACCOUNTS[..accounts]
            .iter()
            .map(|account| (*account).to_owned())
            .collect();
        let seen = store.judge_input(&asked).await.expect("a snapshot");
        all.push(serde_json::to_string(&seen.input).expect("JSON"));
        all.push(format!("{:?} {:?} {:?}", seen.faults, seen.versions, seen.mutes));
    }
    all.push(told(store.clusters(&ClusterQuery::default()).await));
    all.push(told(store.keys(&KeyQuery::default()).await));
    all.push(told(store.findings(&FindingQuery::default()).await));
    all.push(told(store.events(&EventQuery::default()).await));
    all.push(told(store.faults("main", usize::MAX).await));
    all.push(told(store.judged("main", 5).await));
    all.push(told(store.reopened("main").await));
    all.push(told(store.overview(&hours(10, 50)).await));
    all.push(told(store.positions("files").await));
    all.push(told(store.mutes(true).await));
    for limit in [0, 1, 2, 3] {
        all.push(told(store.due("web", at(1, 30), limit).await));
    }
    all.push(told(store.due("log", at(2, 0), 100).await));
    let signatures: Vec<SignatureId> = (0..60)
        .map(|n| firstsight_store::conformance::data::signature(&made(n)))
        .collect();
    all.push(told(store.cluster_of(&signatures).await));
    let search = ClusterSearch {
        limit: 1000,
        ..ClusterSearch::default()
    };
    all.push(told(store.search_clusters(&search).await));
    all.push(told(store.series(&hours(10, 50)).await));
    let totals = store.totals().await;
    all.push(told(
        totals.map(|totals| firstsight_store::Totals { bytes: 0, ..totals }),
    ));
    all.push(told(store.audit(&AuditQuery::default()).await));
    all.push(told(store.export_baseline(&ClusterQuery::default()).await));
    all.push(told(store.runs(&RunQuery::default()).await));
    all.push(told(store.overrides("main").await));
    all.push(told(store.events_without_facets(99).await));
    for (text, limit) in [("", 99), ("OF CREATE", 2), ("r2", 99), ("given", 1)] {
        let search = EventSearch {
            text: text.to_owned(),
            limit,
            ..EventSearch::default()
        };
        all.push(told(store.search_events(&search).await));
    }
    all
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
}

/// The same whole: every call, key use and unit in one commit; the last position of each partition.
fn whole(reads: &[Read]) -> Read {
    let positions: BTreeMap<u8, u8> = reads.iter().flat_map(|read| read.positions.clone()).collect();
    Read {
        calls: reads.iter().flat_map(|read| read.calls.clone()).collect(),
        keys: reads.iter().flat_map(|read| read.keys.clone()).collect(),
        units: reads.iter().flat_map(|read| read.units.clone()).collect(),
        positions: positions.into_iter().collect(),
    }
}

async fn input_after(store: &dyn Store, reads: &[&Read]) -> Vec<String> {
    for read in reads {
        store.commit(&read.batch()).await.expect("a commit");
    }
    let mut inputs = Vec::new();
    for window in [hours(60, 72), hours(30, 31), Range::new(at(0, 0), Time::MAX)] {
        let input: JudgeInput = snapshot(store, window).await.input;
        inputs.push(serde_json::to_string(&input).expect("JSON"));
    }
    inputs.push(told(store.keys(&KeyQuery::default()).await));
    inputs.push(told(store.overview(&Range::ALL).await));
    inputs
}

/// So many cases; `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
fn cases(usual: u32) -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = u64::from(usual) * u64::from(asked.cases) / 256;
    ProptestConfig {
        cases: u32::try_from(cases.max(1)).unwrap_or(u32::MAX),
        failure_persistence: None,
        ..asked
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn sqlite_does_what_the_model_does(steps in prop::collection::vec(step(), 1..14)) {
        block_on(async {
            let (model, sqlite) = (MemoryStore::new(), SqliteStore::open_in_memory().await.expect("a store"));
            let (mut documents, mut exported) = (Vec::new(), Vec::new());
            for (number, step) in steps.iter().enumerate() {
                let expected = run(&model, step, &mut documents).await;
                let answer = run(&sqlite, step, &mut exported).await;
                prop_assert_eq!(expected, answer, "step {}: {:?}", number, step);
            }
            let (expected, answers) = (everything(&model).await, everything(&sqlite).await);
            for (expected, answer) in expected.iter().zip(&answers) {
                prop_assert_eq!(expected, answer);
            }
            let agrees = lists_agree(&sqlite).await;
            prop_assert!(agrees.is_ok(), "{agrees:?}");
            Ok(())
        })?;
    }

    #[test]
    fn what_was_exported_is_imported_into_any_store_and_exported_the_same(
        reads in prop::collection::vec(read(), 1..4),
        touched in prop::collection::vec((any::<Index>(), Just(LifeCycle::Resolved)), 0..3),
    ) {
        block_on(async {
            let from = MemoryStore::new();
            let mut steps: Vec<_> = reads.into_iter().map(Step::Commit).collect();
            let (start, length) = (0, LAST_HOUR);
            steps.push(Step::Judge { start, length, late: None, found: true, escalated: None });
            steps.extend(touched.into_iter().map(|(index, said)| Step::Touch(index, said)));
            for step in &steps {
                run(&from, step, &mut Vec::new()).await;
            }
            let all = ClusterQuery::default();
            let document = from.export_baseline(&all).await.expect("a baseline");
            let sqlite = SqliteStore::open_in_memory().await.expect("a store");
            for to in [&MemoryStore::new() as &dyn Store, &sqlite] {
                for _ in 0..2 {
                    to.import_baseline(&document, &said("")).await.expect("an import");
                    prop_assert_eq!(&document, &to.export_baseline(&all).await.expect("a baseline"));
                }
            }
            Ok(())
        })?;
    }

    #[test]
    fn split_order_and_repetition_do_not_matter(
        reads in prop::collection::vec(read(), 1..6),
        order in prop::collection::vec(any::<Index>(), 0..8),
    ) {
        block_on(async {
            // Some reads first in any order and repeatedly, then all of them backwards.
            let shuffled: Vec<_> = order.iter().map(|index| index.get(&reads)).chain(reads.iter().rev()).collect();
            let whole = whole(&reads);
            let at_once = input_after(&MemoryStore::new(), &[&whole]).await;
            prop_assert_eq!(&at_once, &input_after(&MemoryStore::new(), &shuffled).await);
            let sqlite = SqliteStore::open_in_memory().await.expect("a store");
            prop_assert_eq!(&at_once, &input_after(&sqlite, &shuffled).await);
            Ok(())
        })?;
    }
}
