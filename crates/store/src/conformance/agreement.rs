//! Whether lists say what going through everything says, in whatever state a store is.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use firstsight_engine::Range;

use super::data::ACCOUNTS;
use super::{Outcome, done, same};
use crate::{
    ClusterHead, ClusterPlace, ClusterQuery, ClusterSearch, ClusterSort, KeyQuery, KeyRow, KeySearch,
    KeySort, Store,
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
pub(super) async fn found(store: &dyn Store, search: &ClusterSearch) -> Result<Vec<ClusterHead>, String> {
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

pub(super) async fn keys_agree(store: &dyn Store) -> Outcome {
    let all = done("the keys", store.keys(&KeyQuery::default()).await)?;
    for sort in [KeySort::LastUsed, KeySort::Errors] {
        for (text, long_lived) in [
            ("", false),
            ("", true),
            ("a1", false),
            ("ALICE", true),
            ("call3", false),
            ("AKIAIOSFODNN7", false),
            ("AKIAIOSFODNN7EXAMPLE", false),
            ("AKIAIOSFODNN7EXAMPLE2", false),
            ("akiaiosfodnn7", false),
            ("ASIAPACIFIC", false),
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
