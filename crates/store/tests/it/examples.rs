//! The examples of a cluster are the same whatever the split, the order and the repetition of its events.

use std::collections::BTreeMap;

use firstsight_engine::{
    ClusterId, Digest, Dimension, EventIdentity, Observation, Summary, SummaryOptions, kept_variables,
};
use firstsight_store::conformance::data::{ACCOUNTS, at, hours, judgement, query};
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{ClusterQuery, Example, IngestBatch, Judgement, Store};
use proptest::prelude::*;
use proptest::sample::Index;

/// An error event of one family; its number says all of it.
#[derive(Clone, Copy, Debug)]
struct Seen(u32);

impl Seen {
    /// More names and values than are kept.
    fn variables(self) -> Vec<String> {
        let few = format!("kind={}", self.0 % 3);
        let many = format!("item={}", self.0 % 47);
        let other = format!("name{}={}", self.0 % 11, self.0 % 5);
        vec![few.clone(), many, other, few]
    }

    fn show(self, to: &mut Summary) {
        let id = self.0.to_string();
        let variables = self.variables();
        let values: Vec<_> = variables
            .iter()
            .map(|text| (Dimension::Variable, text.as_str()))
            .collect();
        let template = format!("one of three: {}", self.0 % 3);
        to.insert(&Observation {
            identity: EventIdentity(Digest::of(&[&id]).0),
            time: at(i64::from(self.0 % 5), 0),
            account: ACCOUNTS[0],
            event_source: "cloudformation.amazonaws.com",
            event_name: "DescribeStacks",
            error_code: "ValidationError",
            template: &template,
            display: &template,
            values: &values,
            event_id: &id,
            raw: "{}",
        });
    }
}

async fn commit(store: &dyn Store, summary: Summary) {
    let batch = IngestBatch {
        source: "files".to_owned(),
        arrived: at(9, 0),
        summary,
        ..IngestBatch::default()
    };
    store.commit(&batch).await.expect("a commit");
}

fn summary(events: &[Seen]) -> Summary {
    let mut summary = Summary::new(SummaryOptions::default());
    events.iter().for_each(|event| event.show(&mut summary));
    summary
}

/// The examples of one cluster of everything.
async fn examples(store: &dyn Store) -> Vec<Vec<Example>> {
    let asked = query(hours(0, 6));
    let seen = store.judge_input(&asked).await.expect("a snapshot");
    let templates = seen.input.families.iter().flat_map(|family| &family.templates);
    let ids: Vec<_> = templates.map(|template| template.id).collect();
    let judged = Judgement {
        assignments: ids.iter().map(|id| (*id, ClusterId(ids[0].0))).collect(),
        ..judgement(asked.window)
    };
    store.record(&judged, &seen.versions).await.expect("a judgement");
    let clusters = store.clusters(&ClusterQuery::default()).await.expect("clusters");
    clusters.into_iter().map(|row| row.examples).collect()
}

/// What a cluster of all these events shows: counted one by one.
fn model(events: &[Seen]) -> Vec<Example> {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let each: BTreeMap<u32, Seen> = events.iter().map(|event| (event.0, *event)).collect();
    for event in each.values() {
        let stated: std::collections::BTreeSet<_> = event.variables().into_iter().collect();
        stated
            .into_iter()
            .for_each(|text| *counts.entry(text).or_default() += 1);
    }
    let mut by_name: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
    for text in kept_variables(counts.keys().map(String::as_str)) {
        let (name, value) = text.split_once('=').expect("a name");
        by_name
            .entry(name.to_owned())
            .or_default()
            .push((value.to_owned(), counts[text]));
    }
    let example = |(name, mut values): (String, Vec<(String, u64)>)| {
        values.sort_by_key(|(value, count)| (std::cmp::Reverse(*count), value.clone()));
        let more = values.len() > 5;
        values.truncate(5);
        Example { name, values, more }
    };
    by_name.into_iter().map(example).collect()
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
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
    #![proptest_config(cases(32))]

    #[test]
    fn split_order_and_repetition_do_not_matter(
        events in prop::collection::vec((0..400_u32).prop_map(Seen), 1..200),
        parts in prop::collection::vec(prop::collection::vec(any::<Index>(), 0..60), 0..5),
    ) {
        block_on(async {
            let memory = MemoryStore::new();
            commit(&memory, summary(&events)).await;
            let at_once = examples(&memory).await;
            prop_assert_eq!(&at_once, &[model(&events)]);
            let (memory, sqlite) = (MemoryStore::new(), SqliteStore::open_in_memory().await.expect("a store"));
            let stores: [&dyn Store; 2] = [&memory, &sqlite];
            for store in stores {
                for part in &parts {
                    let part: Vec<_> = part.iter().map(|index| *index.get(&events)).collect();
                    let (one, other) = part.split_at(part.len() / 2);
                    let mut both = summary(one);
                    both.merge(summary(other));
                    commit(store, both).await;
                }
                let backwards: Vec<_> = events.iter().rev().copied().collect();
                commit(store, summary(&backwards)).await;
                prop_assert_eq!(&at_once, &examples(store).await);
            }
            Ok(())
        })?;
    }
}
