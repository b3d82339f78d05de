//! The engine's [`History`] says what a [`JudgeInput`] holds; every store gives the same, byte for byte.

use std::collections::BTreeSet;

use firstsight_engine::{
    Bounds, Digest, Dimension, EventIdentity, History, InputQuery, JudgeInput, LifeCycle, Observation,
    Policy, Range, Scope, Span, Summary, SummaryOptions, Time, Until, Verdict, judge,
};
use firstsight_store::conformance::data::{ACCOUNTS, at, change, hour};
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::{SqliteOptions, SqliteStore};
use firstsight_store::{
    ClusterQuery, ClusterSearch, FinishedUnit, HourRecords, IngestBatch, JudgeQuery, Judgement, Retention,
    Store,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

/// The hours that events lie in.
const HOURS: i64 = 12;
const MILLIS: i64 = 3_600_000;

const SOURCES: [&str; 2] = ["files", "trail"];

/// Fine templates with their texts for people: one with two texts, some that differ in a name, some in nothing alike.
const TEXTS: [(&str, &str); 9] = [
    ("apples are out", "apples are out"),
    ("no pears in <*>", "no pears in <bowl>"),
    ("no pears in <*>", "no pears in <*>"),
    ("stack web-7f3 is gone", "stack web-7f3 is gone"),
    ("stack web-9c1 is gone", "stack web-9c1 is gone"),
    ("stack <*> is gone", "stack <stackName> is gone"),
    ("volume acme-data is in use", "volume acme-data is in use"),
    ("volume acme-logs is in use", "volume acme-logs is in use"),
    ("", ""),
];

/// An error event; its place in the world is its identity.
#[derive(Clone, Debug)]
struct Seen {
    millis: i64,
    account: &'static str,
    call: &'static str,
    text: (&'static str, &'static str),
    actor: u8,
    network: &'static str,
    noise: &'static str,
}

fn seen() -> impl Strategy<Value = Seen> {
    (
        // Three times an hour: so that events of one time meet.
        (0..HOURS * 3).prop_map(|third| third * (MILLIS / 3)),
        select(&ACCOUNTS[..]),
        select(vec!["GetObject", "PutObject"]),
        select(&TEXTS[..]),
        0u8..5,
        select(vec!["198.51.100.0/24", "203.0.113.0/24", ""]),
        prop_oneof![3 => Just(""), 1 => Just("scanner")],
    )
        .prop_map(|(millis, account, call, text, actor, network, noise)| Seen {
            millis,
            account,
            call,
            text,
            actor,
            network,
            noise,
        })
}

impl Seen {
    fn time(&self) -> Time {
        at(0, 0).plus_millis(self.millis)
    }

    fn show(&self, number: usize, to: &mut Summary) {
        let id = number.to_string();
        let actor = format!("arn:aws:iam::{}:role/{}", self.account, self.actor);
        to.insert(&Observation {
            identity: EventIdentity(Digest::of(&[&id]).0),
            time: self.time(),
            account: self.account,
            event_source: "s3.amazonaws.com",
            event_name: self.call,
            error_code: "AccessDenied",
            template: self.text.0,
            display: self.text.1,
            values: &[
                (Dimension::Noise, self.noise),
                (Dimension::SourceNetwork, self.network),
                (Dimension::Actor, if self.actor == 0 { "" } else { &actor }),
                (Dimension::Variable, &format!("item={}", number % 23)),
                (Dimension::Variable, &format!("place={}", self.network)),
                (Dimension::Noise, self.noise),
            ],
            event_id: &id,
            raw: &format!("{{\"n\":{id}}}"),
        });
    }
}

/// What is asked: hours from the beginning, the rest in milliseconds, since it need not be whole hours.
#[derive(Clone, Debug)]
struct Asked {
    inspection: &'static str,
    start: i64,
    length: i64,
    baseline: i64,
    remember: i64,
    account: Option<&'static str>,
}

fn asked() -> impl Strategy<Value = Asked> {
    (
        select(vec!["hourly", "daily"]),
        // Some days later, too, with all before in the baseline: scopes are counted by day.
        prop_oneof![6 => (0..HOURS, 0i64..8), 1 => (HOURS + 24..60, Just(72))],
        1i64..4,
        prop_oneof![Just(i64::MIN), -MILLIS..HOURS * MILLIS],
        prop::option::weighted(0.2, select(&ACCOUNTS[..])),
    )
        .prop_map(
            |(inspection, (start, baseline), length, remember, account)| Asked {
                inspection,
                start,
                length,
                baseline,
                remember,
                account,
            },
        )
}

/// So small that they are often exceeded, and so large that they never are.
fn bounds() -> impl Strategy<Value = Bounds> {
    (
        select(vec![0, 1, 2, 3, 1000]),
        select(vec![0, 1, 2, 1000]),
        select(vec![1, 2, 3, 1000]),
    )
        .prop_map(
            |(templates_per_family, values_per_dimension, values_per_account)| Bounds {
                templates_per_family,
                values_per_dimension,
                values_per_account,
            },
        )
}

impl Asked {
    fn query(&self) -> JudgeQuery {
        let window = Range::new(at(self.start, 0), at(self.start + self.length, 0));
        JudgeQuery {
            inspection: self.inspection.to_owned(),
            window,
            baseline: Range::new(at(self.start - self.baseline, 0), window.start),
            accounts: self.account.iter().map(|account| (*account).to_owned()).collect(),
            remember_from: match self.remember {
                i64::MIN => Time::MIN,
                millis => at(0, 0).plus_millis(millis),
            },
            policy: Policy {
                forget_after_hours: 4,
                min_history_hours: 2,
                ..Policy::default()
            },
        }
    }
}

#[derive(Clone, Debug)]
enum Step {
    /// A source's batch of some events, known ones and new ones, and units by their numbers.
    Commit(&'static str, Vec<Index>, Vec<u8>),
    Judge(Asked),
    Touch(Index, LifeCycle),
    Purge(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let life_cycle = select(vec![
        LifeCycle::Open,
        LifeCycle::Acknowledged,
        LifeCycle::Expected,
        LifeCycle::Archived(Until::Forever),
        LifeCycle::Resolved,
    ]);
    prop_oneof![
        6 => (select(&SOURCES[..]), prop::collection::vec(any::<Index>(), 0..16), prop::collection::vec(0u8..12, 0..3))
            .prop_map(|(source, events, units)| Step::Commit(source, events, units)),
        5 => asked().prop_map(Step::Judge),
        2 => (any::<Index>(), life_cycle).prop_map(|(cluster, state)| Step::Touch(cluster, state)),
        1 => (0..HOURS * MILLIS).prop_map(Step::Purge),
    ]
}

/// The reference and the stores, which are all told the same.
struct Everyone {
    world: Vec<Seen>,
    history: History,
    memory: MemoryStore,
    sqlite: SqliteStore,
    units: BTreeSet<(&'static str, u8)>,
    sent: BTreeSet<usize>,
    /// What happened before is forgotten.
    forgotten: Time,
}

type Checked = Result<(), TestCaseError>;

impl Everyone {
    async fn new(world: Vec<Seen>, bounds: Bounds) -> Self {
        let options = SqliteOptions {
            bounds,
            ..SqliteOptions::default()
        };
        Self {
            world,
            history: History::bounded(bounds),
            memory: MemoryStore::bounded(bounds),
            sqlite: SqliteStore::open_in_memory_with(&options).await.expect("a store"),
            units: BTreeSet::new(),
            sent: BTreeSet::new(),
            forgotten: Time::MIN,
        }
    }

    fn stores(&self) -> [&dyn Store; 2] {
        [&self.memory, &self.sqlite]
    }

    async fn run(&mut self, step: &Step) -> Checked {
        match step {
            Step::Commit(source, events, units) => self.commit(source, events, units).await,
            Step::Judge(asked) => self.judge(asked).await,
            Step::Touch(cluster, life_cycle) => self.touch(*cluster, *life_cycle).await,
            Step::Purge(before) => self.purge(at(0, 0).plus_millis(*before)).await,
        }
    }

    async fn commit(&mut self, source: &'static str, events: &[Index], units: &[u8]) -> Checked {
        let mut summary = Summary::new(SummaryOptions::default());
        for index in events {
            let number = index.index(self.world.len());
            let seen = &self.world[number];
            // A store forgets identities by their arrival, the reference by the time of the events.
            if seen.time() >= self.forgotten || self.sent.insert(number) {
                seen.show(number, &mut summary);
                self.history.observe_from(source, seen.account, seen.time());
                self.sent.insert(number);
            }
        }
        let batch = IngestBatch {
            source: source.to_owned(),
            arrived: at(1000, 0),
            units: units.iter().map(|number| unit(*number)).collect(),
            summary,
            ..IngestBatch::default()
        };
        let observed = self.history.observe(&batch.summary);
        for (number, unit) in units.iter().zip(&batch.units) {
            for ((account, _), records) in &unit.records {
                self.history.observe_from(source, account, records.span.first);
            }
            if self.units.insert((source, *number)) {
                for ((account, hour), records) in &unit.records {
                    let hour = firstsight_engine::Hour::from_index(*hour);
                    self.history.record_counts(account, hour, records.span);
                }
            }
        }
        for store in self.stores() {
            let committed = store.commit(&batch).await.expect("a commit");
            prop_assert_eq!(
                (committed.new_events, committed.known_events),
                (observed.new, observed.known)
            );
            prop_assert_eq!(
                (committed.folded_templates, committed.folded_events),
                (observed.folded_templates, observed.folded_events)
            );
        }
        Ok(())
    }

    /// The same input from everyone.
    async fn input(&self, asked: &Asked) -> Result<JudgeInput, TestCaseError> {
        let query = asked.query();
        let input = self.history.input(&InputQuery {
            inspection: query.inspection.clone(),
            window: query.window,
            baseline: query.baseline,
            accounts: query.accounts.clone(),
            remember_from: query.remember_from,
            policy: query.policy.clone(),
        });
        let expected = serde_json::to_string(&input).expect("JSON");
        for store in self.stores() {
            let seen = store.judge_input(&query).await.expect("a snapshot");
            let json = serde_json::to_string(&seen.input).expect("JSON");
            prop_assert_eq!(&expected, &json, "{:?} of {:?}", store, asked);
        }
        Ok(input)
    }

    /// The same clusters from both stores, and how many examples they show.
    async fn clusters(&self) -> Result<usize, TestCaseError> {
        let [memory, sqlite] = self.stores();
        let query = ClusterQuery::default();
        let expected = memory.clusters(&query).await.expect("clusters");
        prop_assert_eq!(&expected, &sqlite.clusters(&query).await.expect("clusters"));
        let all = ClusterSearch {
            limit: usize::MAX,
            ..ClusterSearch::default()
        };
        let listed = memory.search_clusters(&all).await.expect("a list");
        prop_assert_eq!(&listed, &sqlite.search_clusters(&all).await.expect("a list"));
        Ok(expected.iter().map(|row| row.examples.len()).sum())
    }

    async fn judge(&mut self, asked: &Asked) -> Checked {
        let verdict = judge(&self.input(asked).await?);
        let query = asked.query();
        let expected = self.history.record(&query.inspection, query.window, &verdict);
        for store in self.stores() {
            let seen = store.judge_input(&query).await.expect("a snapshot");
            let judgement = judgement(&query, &verdict);
            let recorded = store
                .record(&judgement, &seen.versions)
                .await
                .expect("a judgement");
            prop_assert_eq!(&expected, &recorded.new_findings);
        }
        Ok(())
    }

    async fn touch(&mut self, cluster: Index, life_cycle: LifeCycle) -> Checked {
        let clusters = self
            .memory
            .clusters(&ClusterQuery::default())
            .await
            .expect("clusters");
        if clusters.is_empty() {
            return Ok(());
        }
        let cluster = cluster.get(&clusters).id;
        prop_assert!(self.history.set_life_cycle(cluster, life_cycle));
        for store in self.stores() {
            store
                .set_life_cycle(&change(cluster, life_cycle))
                .await
                .expect("the cluster");
        }
        Ok(())
    }

    async fn purge(&mut self, before: Time) -> Checked {
        self.forgotten = self.forgotten.max(before.hour().start());
        let forgotten = self.history.forget(before);
        for store in self.stores() {
            let retention = Retention {
                before,
                identities_before: Time::MIN,
            };
            let purged = store.purge(&retention).await.expect("a purge");
            prop_assert_eq!(
                (purged.occurrences, purged.clusters),
                (forgotten.occurrences, forgotten.clusters)
            );
        }
        Ok(())
    }
}

fn unit(number: u8) -> FinishedUnit {
    let first = i64::from(number);
    let records = [first, first + 1].map(|index| {
        let span = Span {
            count: 1 + u64::from(number),
            first: at(index, i64::from(number % 3) * 7),
            last: at(index, 59),
        };
        let account = ACCOUNTS[usize::from(number.is_multiple_of(3))].to_owned();
        ((account, hour(index)), HourRecords { span })
    });
    FinishedUnit {
        id: format!("unit {number}"),
        records: records.into(),
        counters: Vec::new(),
    }
}

fn judgement(query: &JudgeQuery, verdict: &Verdict) -> Judgement {
    Judgement {
        inspection: query.inspection.clone(),
        window: Some(query.window),
        complete: true,
        judged_at: query.window.end,
        assignments: verdict.assignments.clone(),
        templates: verdict
            .active
            .iter()
            .map(|active| (active.cluster, active.template.clone()))
            .collect(),
        findings: verdict.findings.clone(),
        ..Judgement::default()
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
}

/// What a run covered: a comparison of empty inputs would prove nothing.
#[derive(Debug, Default)]
struct Covered {
    families: usize,
    samples: usize,
    recorded: usize,
    forgotten_templates: usize,
    later_clusters: usize,
    error_hours: usize,
    two_sources: usize,
    examples: usize,
    actors_days: usize,
    other_days: usize,
    overflows: usize,
    overflows_beside_known: usize,
    other_values: usize,
}

impl Covered {
    fn add(&mut self, input: &JudgeInput) {
        self.families += input.families.len();
        self.recorded += input.recorded.len();
        for account in input.accounts.values() {
            self.error_hours += account.hours.len();
            self.two_sources += usize::from(account.sources.len() == SOURCES.len());
        }
        for scope in &input.scopes {
            let actors = usize::from(matches!(scope.scope, Scope::Actor { .. }));
            self.actors_days += actors * scope.days.len();
            self.other_days += scope.days.iter().filter(|(day, _)| *day > 0).count();
        }
        for family in &input.families {
            let templates = &family.templates;
            self.samples += templates.iter().map(|one| one.samples.len()).sum::<usize>();
            let forgotten = templates
                .iter()
                .filter(|one| one.hours.is_empty() && one.earlier.is_none());
            self.forgotten_templates += forgotten.count();
            let later = family
                .clusters
                .iter()
                .filter(|one| one.founded >= input.window.end);
            self.later_clusters += later.count();
            let overflow = Bounds::overflow(&family.key);
            let overflows = templates.iter().any(|one| one.id == overflow);
            let known = templates
                .iter()
                .any(|one| one.cluster.is_some_and(|id| id.0 != overflow.0));
            let values = templates.iter().flat_map(|one| &one.values);
            self.other_values += values.filter(|value| value.value == Bounds::OTHERS).count();
            self.overflows += usize::from(overflows);
            self.overflows_beside_known += usize::from(overflows && known);
        }
    }
}

#[test]
fn stores_give_the_input_that_the_reference_gives() {
    // `PROPTEST_CASES` (256 when unset) makes them more or fewer in proportion.
    let mut config = ProptestConfig::default();
    config.cases = (config.cases * 20 / 64).max(1);
    config.failure_persistence = None;
    let covered = std::cell::RefCell::new(Covered::default());
    let strategy = (
        prop::collection::vec(seen(), 1..60),
        prop::collection::vec(step(), 1..20),
        prop::collection::vec(asked(), 4),
        bounds(),
    );
    // The same worlds each time: whether all that is asked for below has come up is no matter of luck.
    let worlds = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, worlds);
    let outcome = runner.run(&strategy, |(world, steps, asked, bounds)| {
        block_on(async {
            let mut everyone = Everyone::new(world, bounds).await;
            for (number, step) in steps.iter().enumerate() {
                everyone.run(step).await?;
                covered.borrow_mut().examples += everyone.clusters().await?;
                let input = everyone.input(&asked[number % asked.len()]).await?;
                covered.borrow_mut().add(&input);
            }
            for asked in &asked {
                everyone.input(asked).await?;
            }
            Ok(())
        })
    });
    if let Err(failure) = outcome {
        panic!("{failure}");
    }
    let covered = covered.into_inner();
    let everything = [
        covered.families,
        covered.samples,
        covered.recorded,
        covered.forgotten_templates,
        covered.later_clusters,
        covered.error_hours,
        covered.two_sources,
        covered.examples,
        covered.actors_days,
        covered.other_days,
        covered.overflows,
        covered.overflows_beside_known,
        covered.other_values,
    ];
    assert!(everything.iter().all(|count| *count > 0), "{covered:?}");
}
