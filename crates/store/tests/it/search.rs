//! What a search finds is what a filter over the whole list would leave, page by page, whatever comes in between.

use firstsight_engine::{ClusterId, Digest, Range, Time};
use firstsight_store::conformance::data::{ACCOUNTS, at, event, hours, judgement, query};
use firstsight_store::memory::MemoryStore;
use firstsight_store::sqlite::SqliteStore;
use firstsight_store::{EventFacets, EventHead, EventSearch, NewEvent, Store};
use proptest::prelude::*;

const STATUSES: [&str; 3] = ["error", "warning", "ok"];
const KINDS: [&str; 2] = ["opened", "ongoing"];
const SERVICES: [&str; 3] = ["iam.amazonaws.com", "s3.amazonaws.com", "ec2.amazonaws.com"];
const ACTORS: [&str; 4] = ["user/Alice", "role/admin", "root", "ΑΣΑ\"s role"];
const WORDS: [&str; 6] = [
    "GetRole",
    "not allowed to",
    "ÜBER",
    "100%",
    "\"OR\" near*",
    "é\n\0x",
];

fn cluster(number: u8) -> ClusterId {
    ClusterId(Digest([number; 16]))
}

/// Those of these whose bit is set.
fn chosen(from: &[&str], bits: u8) -> Vec<String> {
    let bits = from
        .iter()
        .enumerate()
        .filter(|(place, _)| bits >> place & 1 == 1);
    bits.map(|(_, text)| (*text).to_owned()).collect()
}

prop_compose! {
    fn facets()(kind in 0..KINDS.len(), services in 0u8..8, actors in 0u8..16, clusters in prop::collection::btree_set(0u8..4, 0..3),
        words in prop::collection::vec(0..WORDS.len(), 0..4), title in "[a-c ]{0,4}") -> EventFacets {
        EventFacets {
            kind: KINDS[kind].to_owned(),
            title,
            findings: clusters.len() as u64,
            services: chosen(&SERVICES, services),
            actors: chosen(&ACTORS, actors),
            clusters: clusters.into_iter().map(cluster).collect(),
            text: words.into_iter().map(|word| WORDS[word]).collect::<Vec<_>>().join(" "),
        }
    }
}

prop_compose! {
    fn new_event()(id in 0u16..400, fault in 0u8..3, hour in 0i64..6, account in 0..2usize, status in 0..3usize,
        facets in prop::option::weighted(0.9, facets())) -> NewEvent {
        let mut event = event(&format!("{id:03}"), &format!("fault {fault}"), at(hour, 0), &["log"]);
        event.account = ACCOUNTS[account].to_owned();
        event.status = STATUSES[status].to_owned();
        event.facets = facets.unwrap_or_default();
        event
    }
}

/// A part of something that an event holds, in some case.
fn needle() -> impl Strategy<Value = String> {
    let texts: Vec<&str> = WORDS.iter().chain(&ACTORS).chain(&SERVICES).copied().collect();
    let part = (prop::sample::select(texts), 0usize..8, 1usize..12, any::<bool>());
    part.prop_map(|(text, skip, take, upper)| {
        let part: String = text.chars().skip(skip).take(take).collect();
        if upper { part.to_uppercase() } else { part }
    })
}

prop_compose! {
    fn search()(statuses in prop::option::weighted(0.2, 0u8..8), kinds in prop::option::weighted(0.2, 0u8..4), accounts in prop::option::weighted(0.2, 0u8..4),
        fault in prop::option::weighted(0.2, 0u8..4), services in prop::option::weighted(0.3, 0u8..8),
        actor in prop::option::weighted(0.3, needle()), cluster_of in prop::option::weighted(0.2, 0u8..5),
        times in prop::option::weighted(0.2, (0i64..6, 0i64..6)), text in prop::option::weighted(0.5, needle()),
        limit in 1usize..6) -> EventSearch {
        EventSearch {
            statuses: chosen(&STATUSES, statuses.unwrap_or_default()),
            kinds: chosen(&KINDS, kinds.unwrap_or_default()),
            accounts: chosen(&ACCOUNTS, accounts.unwrap_or_default()),
            fault: fault.map(|fault| format!("fault {fault}")),
            services: chosen(&SERVICES, services.unwrap_or_default()),
            actor: actor.unwrap_or_default(),
            cluster: cluster_of.map(cluster),
            times: times.map(|(start, end)| hours(start, end)),
            text: text.unwrap_or_default(),
            after: None,
            limit,
        }
    }
}

/// Whatever its case; line breaks and NULs are blanks.
fn holds(text: &str, part: &str) -> bool {
    let fold = |text: &str| -> String {
        let blank = text.replace(['\n', '\0'], " ");
        blank.chars().flat_map(char::to_lowercase).collect()
    };
    fold(text).contains(&fold(part))
}

fn any_of<T: PartialEq>(asked: &[T], values: &[T]) -> bool {
    asked.is_empty() || asked.iter().any(|one| values.contains(one))
}

fn is_asked(search: &EventSearch, head: &EventHead) -> bool {
    let facets = &head.facets;
    let texts = [&facets.title, &facets.text];
    let mut texts = texts.into_iter().chain(&facets.services).chain(&facets.actors);
    let inside = |range: Range| range.start <= head.time && head.time < range.end;
    any_of(&search.statuses, std::slice::from_ref(&head.status))
        && any_of(&search.kinds, std::slice::from_ref(&facets.kind))
        && any_of(&search.accounts, std::slice::from_ref(&head.account))
        && search.fault.as_ref().is_none_or(|fault| *fault == head.fault)
        && any_of(&search.services, &facets.services)
        && (search.actor.is_empty() || facets.actors.iter().any(|actor| holds(actor, &search.actor)))
        && search
            .cluster
            .is_none_or(|cluster| facets.clusters.contains(&cluster))
        && search.times.is_none_or(inside)
        && (search.text.is_empty() || texts.any(|text| holds(text, &search.text)))
}

async fn add(store: &dyn Store, events: &[NewEvent]) {
    let seen = store.judge_input(&query(hours(0, 1))).await.expect("a snapshot");
    let mut judged = judgement(hours(0, 1));
    judged.events = events.to_vec();
    store.record(&judged, &seen.versions).await.expect("recorded");
}

async fn all(store: &dyn Store) -> Vec<EventHead> {
    let search = EventSearch {
        limit: 1000,
        ..EventSearch::default()
    };
    store.search_events(&search).await.expect("events").rows
}

/// Every page of a search, with new events recorded between two pages.
async fn walked(store: &dyn Store, search: &EventSearch, new: &[NewEvent]) -> Vec<EventHead> {
    let (mut search, mut new) = (search.clone(), new.chunks(2));
    let mut rows = Vec::new();
    loop {
        let page = store.search_events(&search).await.expect("a page");
        assert!(page.rows.len() <= search.limit);
        assert!(
            !page.more || page.rows.len() == search.limit,
            "a page that is not full is the last"
        );
        rows.extend(page.rows);
        let Some(last) = rows.last().filter(|_| page.more) else {
            return rows;
        };
        search.after = Some((last.time, last.id.clone()));
        add(store, new.next().unwrap_or_default()).await;
    }
}

async fn check(
    store: &dyn Store,
    events: &[NewEvent],
    searches: &[EventSearch],
    new: &[NewEvent],
) -> Result<(), TestCaseError> {
    add(store, events).await;
    for search in searches {
        let before: Vec<_> = all(store)
            .await
            .into_iter()
            .filter(|head| is_asked(search, head))
            .collect();
        let walked = walked(store, search, new).await;
        let after = all(store).await;
        let stands: Vec<_> = walked
            .iter()
            .filter(|head| before.contains(head))
            .cloned()
            .collect();
        prop_assert_eq!(
            &before,
            &stands,
            "each that was there, once and in order: {:?}",
            search
        );
        prop_assert!(
            walked
                .iter()
                .all(|head| after.contains(head) && is_asked(search, head))
        );
        let places: Vec<_> = walked
            .iter()
            .map(|head| (std::cmp::Reverse(head.time), &head.id))
            .collect();
        prop_assert!(places.is_sorted_by(|a, b| a < b), "none twice: {:?}", places);
    }
    Ok(())
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(future)
}

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
    #![proptest_config(cases(48))]

    #[test]
    fn a_search_finds_what_a_filter_over_the_whole_list_leaves(
        events in prop::collection::vec(new_event(), 0..25),
        searches in prop::collection::vec(search(), 1..8),
        new in prop::collection::vec(new_event(), 0..8),
    ) {
        block_on(async {
            check(&MemoryStore::new(), &events, &searches, &new).await?;
            let sqlite = SqliteStore::open_in_memory().await.expect("a store");
            check(&sqlite, &events, &searches, &new).await
        })?;
    }
}

/// More events than a filter may let through to be few: the list is walked through then.
#[tokio::test]
async fn common_and_rare_filters_find_the_same_in_every_store() {
    let events: Vec<NewEvent> = (0..2400).map(one_of_many).collect();
    let (memory, sqlite) = (MemoryStore::new(), SqliteStore::open_in_memory().await.unwrap());
    for store in [&memory as &dyn Store, &sqlite] {
        add(store, &events).await;
    }
    let texts = ["", "common", "most", "rare", "rare 2231", "co", "no such text"];
    let actors = ["", "everybody", "somebody", "user 7", "nobody"];
    for text in texts {
        for actor in actors {
            for (cluster_of, services) in [(None, 0), (Some(1), 1), (Some(2), 2), (None, 3)] {
                let search = EventSearch {
                    text: text.to_owned(),
                    actor: actor.to_owned(),
                    cluster: cluster_of.map(cluster),
                    services: chosen(&SERVICES, services),
                    after: Some((at(2300, 0), "x".to_owned())),
                    limit: 20,
                    ..EventSearch::default()
                };
                let expected = memory.search_events(&search).await.unwrap();
                let told = sqlite.search_events(&search).await.unwrap();
                assert_eq!(told, expected, "{search:?}");
            }
        }
    }
}

fn one_of_many(number: u16) -> NewEvent {
    let most = if !number.is_multiple_of(12) {
        "most"
    } else {
        "other"
    };
    let rare = if number.is_multiple_of(97) {
        format!("rare {number}")
    } else {
        String::new()
    };
    let mut event = event(&format!("{number:05}"), "fault", time(number), &[]);
    event.facets = EventFacets {
        services: chosen(&SERVICES, 1 | u8::from(number.is_multiple_of(50)) << 1),
        actors: vec!["everybody".to_owned(), format!("user {}", number % 100)],
        clusters: vec![cluster(1), cluster(2 + u8::from(!number.is_multiple_of(40)))],
        text: format!("common {most} {rare}"),
        ..EventFacets::default()
    };
    event
        .facets
        .actors
        .extend((number % 12 != 1).then(|| "somebody".to_owned()));
    event
}

fn time(number: u16) -> Time {
    at(i64::from(number), 0)
}
