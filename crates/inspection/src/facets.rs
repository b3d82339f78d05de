//! What an event can be found by, extracted from it.

use std::collections::BTreeSet;

use firstsight_engine::{Dimension, Finding};
use firstsight_sink::Event;
use firstsight_store::{EventFacets, Store, StoredEvent};

use crate::error::InspectionError;
use crate::event::decode;

/// The most bytes of [`EventFacets::text`] and of a title.
const MOST_TEXT: usize = 8 << 10;
/// The most bytes of one name or value.
const MOST_VALUE: usize = 512;
/// The most services, and the most actors: the first ones in their order.
const MOST_NAMES: usize = 200;
/// So many events are given facets in one transaction.
const BATCH: usize = 500;

/// What an event can be found by: a function of the event alone.
///
/// The texts are what logs hold, and as hostile: they are cut to a length here, and neutralised where they are shown. An event
/// with more than 200 services, actors or kilobytes of other texts than fit in 8 is found by the first ones in their order.
#[must_use]
pub fn facets_of(event: &Event) -> EventFacets {
    let findings = &event.findings;
    let clusters: BTreeSet<_> = findings.iter().map(|finding| finding.cluster).collect();
    EventFacets {
        kind: event.kind.as_str().to_owned(),
        title: cut(&event.title, MOST_TEXT).to_owned(),
        findings: findings.len() as u64,
        services: names(findings.iter().map(|finding| finding.event_source.as_str())),
        actors: names(values(findings, Dimension::Actor)),
        clusters: clusters.into_iter().collect(),
        text: text(event),
    }
}

/// Each once, sorted, the first ones.
fn names<'a>(names: impl Iterator<Item = &'a str>) -> Vec<String> {
    let names: BTreeSet<&str> = names.map(|name| cut(name, MOST_VALUE)).collect();
    names
        .into_iter()
        .filter(|name| !name.is_empty())
        .take(MOST_NAMES)
        .map(str::to_owned)
        .collect()
}

fn values(findings: &[Finding], dimension: Dimension) -> impl Iterator<Item = &str> {
    findings
        .iter()
        .flat_map(|finding| &finding.values)
        .filter(move |value| value.dimension == dimension)
        .map(|value| value.value.as_str())
}

/// What a search looks at besides, a line each: what people ask for most comes first, so that what is cut off is what they ask
/// for least.
fn text(event: &Event) -> String {
    let findings = &event.findings;
    let of = |field: fn(&Finding) -> &str| findings.iter().map(field).collect::<BTreeSet<_>>();
    let valued = |dimension| values(findings, dimension).collect::<BTreeSet<_>>();
    let keys: BTreeSet<&str> = event.keys.iter().map(|key| key.id.as_str()).collect();
    let parts = [
        event
            .trouble
            .iter()
            .map(|trouble| trouble.reason.as_str())
            .collect(),
        of(|finding| &finding.event_name),
        of(|finding| &finding.error_code),
        keys,
        valued(Dimension::AccessKey),
        valued(Dimension::SourceNetwork),
        valued(Dimension::Region),
        of(|finding| &finding.template),
        valued(Dimension::Target),
    ];
    let mut text = String::new();
    let mut told = BTreeSet::new();
    for part in parts.iter().flatten() {
        if !told.insert(*part) || part.is_empty() {
            continue;
        }
        let line = cut(part, MOST_VALUE);
        if text.len() + line.len() >= MOST_TEXT {
            break;
        }
        text.push_str(line);
        text.push('\n');
    }
    text
}

/// The beginning of a text, at most so many bytes, in whole characters.
fn cut(text: &str, most: usize) -> &str {
    &text[..text.floor_char_boundary(most)]
}

/// Gives facets to the events that an earlier version recorded without; how many.
///
/// # Errors
/// When the store fails; what was given until then stays. Events that cannot be read are given a kind (`unreadable`) and a title
/// that say so, so that they are not asked for again.
pub async fn index_events(store: &dyn Store) -> Result<u64, InspectionError> {
    let mut given: BTreeSet<String> = BTreeSet::new();
    loop {
        let rows = store.events_without_facets(BATCH).await?;
        let facets: Vec<(String, EventFacets)> = rows.iter().map(of_stored).collect();
        store.give_facets(&facets).await?;
        let before = given.len();
        given.extend(facets.into_iter().map(|(id, _)| id));
        // A store that gives the same ones again must not keep this going.
        if rows.len() < BATCH || given.len() == before {
            return Ok(given.len() as u64);
        }
    }
}

fn of_stored(row: &StoredEvent) -> (String, EventFacets) {
    let StoredEvent { event, .. } = row;
    let facets = match decode(&event.id, &event.body) {
        Ok(event) => facets_of(&event),
        Err(_) => unreadable(&event.status),
    };
    (event.id.clone(), facets)
}

/// Of an event that cannot be read. A kind is what tells that an event was given facets at all.
fn unreadable(status: &str) -> EventFacets {
    EventFacets {
        kind: "unreadable".to_owned(),
        title: format!("an event that cannot be read ({})", cut(status, MOST_VALUE)),
        ..EventFacets::default()
    }
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{ClusterId, Digest, Familiarity, Value};
    use firstsight_sink::EventKind;
    use firstsight_sink::conformance::HOSTILE;
    use firstsight_store::memory::MemoryStore;
    use firstsight_store::{EventSearch, Judgement, NewEvent, Versions};
    use proptest::prelude::*;

    use super::*;
    use crate::event::encode;
    use crate::event::tests::{example, finding};

    fn value(dimension: Dimension, value: &str) -> Value {
        Value {
            dimension,
            value: value.to_owned(),
            count: 1,
            familiarity: Familiarity::Unseen,
        }
    }

    fn by(cluster: u8, service: &str, actor: &str) -> Finding {
        Finding {
            event_source: service.to_owned(),
            values: vec![
                value(Dimension::Actor, actor),
                value(Dimension::Region, "eu-west-1"),
            ],
            ..finding(cluster)
        }
    }

    #[test]
    fn an_event_is_found_by_what_its_findings_are() {
        let (a, b) = (
            by(2, "s3.amazonaws.com", "mallory"),
            by(1, "iam.amazonaws.com", "alice"),
        );
        let again = by(2, "s3.amazonaws.com", "alice");
        let event = example(EventKind::Opened, &[&a, &b, &again]);
        let facets = facets_of(&event);
        assert_eq!((facets.kind.as_str(), facets.findings), ("opened", 3));
        assert_eq!(facets.title, event.title);
        assert_eq!(facets.services, ["iam.amazonaws.com", "s3.amazonaws.com"]);
        assert_eq!(facets.actors, ["alice", "mallory"]);
        assert_eq!(facets.clusters, [1, 2].map(|n| ClusterId(Digest([n; 16]))));
        assert_eq!(
            facets.text,
            "CreateUser\nAccessDenied\neu-west-1\nUser: <arn> is not authorized\n"
        );
    }

    #[test]
    fn a_recovery_is_found_by_its_title() {
        let facets = facets_of(&example(EventKind::Recovered, &[]));
        assert_eq!((facets.kind.as_str(), facets.findings), ("recovered", 0));
        assert!(facets.services.is_empty() && facets.text.is_empty() && !facets.title.is_empty());
    }

    #[test]
    fn what_people_ask_for_most_is_cut_off_last() {
        let many = (0..300).map(|n| {
            let number = format!("{n:03}");
            Finding {
                template: format!("{number} {}", "long ".repeat(200)),
                event_name: format!("Call{number}"),
                ..by(1, &format!("{number}.amazonaws.com"), &number)
            }
        });
        let many: Vec<Finding> = many.collect();
        let facets = facets_of(&example(EventKind::Opened, &many.iter().collect::<Vec<_>>()));
        assert!(facets.text.len() <= MOST_TEXT && facets.text.contains("Call299\nAccessDenied"));
        assert_eq!(facets.actors.len(), MOST_NAMES);
        assert_eq!(
            facets.services.first().map(String::as_str),
            Some("000.amazonaws.com")
        );
    }

    #[test]
    fn an_event_that_cannot_be_read_is_given_a_kind() {
        let facets = unreadable("warning");
        assert!(!facets.kind.is_empty() && facets.title.contains("warning"));
    }

    #[tokio::test]
    async fn events_of_earlier_versions_are_given_facets_once() {
        let store = MemoryStore::new();
        let event = example(EventKind::Opened, &[&by(1, "iam.amazonaws.com", "alice")]);
        let stored = |number: usize| NewEvent {
            id: format!("{number:04}"),
            fault: "f".to_owned(),
            account: event.account.clone(),
            status: "warning".to_owned(),
            time: event.window.end,
            body: if number == 7 {
                b"{}".to_vec()
            } else {
                encode(&event)
            },
            deliveries: Vec::new(),
            facets: EventFacets::default(),
        };
        let count = 2 * BATCH + 1;
        let judgement = Judgement {
            inspection: "default".to_owned(),
            events: (0..count).map(stored).collect(),
            ..Judgement::default()
        };
        store.record(&judgement, &Versions::default()).await.unwrap();
        assert_eq!(index_events(&store).await.unwrap(), count as u64);
        assert_eq!(index_events(&store).await.unwrap(), 0);
        let by_actor = EventSearch {
            actor: "alice".to_owned(),
            limit: 2 * count,
            ..EventSearch::default()
        };
        let found = store.search_events(&by_actor).await.unwrap().rows;
        assert_eq!(found.len(), count - 1);
        assert!(found.iter().all(|head| head.facets == facets_of(&event)));
    }

    proptest! {
        #[test]
        fn facets_are_bounded_sorted_and_a_function_of_the_event(
            texts in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..4000), 1..40),
        ) {
            let findings: Vec<Finding> = texts.iter().enumerate().map(|(n, (index, times))| {
                let (_, hostile) = index.get(&HOSTILE);
                let text = hostile.repeat(times / hostile.len() + 1);
                Finding {
                    template: text.clone(),
                    error_code: text.clone(),
                    ..by(n as u8, &text, &text)
                }
            }).collect();
            let forwards = example(EventKind::Opened, &findings.iter().collect::<Vec<_>>());
            let backwards = example(EventKind::Opened, &findings.iter().rev().collect::<Vec<_>>());
            let facets = facets_of(&forwards);
            prop_assert_eq!(&facets, &facets_of(&backwards), "whatever the order of findings");
            prop_assert!(facets.text.len() <= MOST_TEXT);
            for names in [&facets.services, &facets.actors] {
                prop_assert!(names.len() <= MOST_NAMES && names.is_sorted());
                prop_assert!(names.iter().all(|name| name.len() <= MOST_VALUE));
            }
        }
    }
}
