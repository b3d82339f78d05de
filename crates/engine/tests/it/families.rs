//! Which templates are one cluster depends on the templates alone: not on which summaries knew them, in which order.

use std::collections::BTreeMap;

use crate::common::{Seen, summary};
use firstsight_engine::family::{self, Member};
use firstsight_engine::{ClusterId, SignatureId, Summary};
use proptest::prelude::*;

/// Templates of one family, in which everything that shows a value meets what keeps errors apart.
const TEMPLATES: [&str; 14] = [
    "stack <*> is gone",
    "stack acme-web is gone",
    "stack data.import is gone",
    "stack orders is gone",
    "stack OpsZebra is gone",
    "stack acme-a, archive, <*> is gone",
    "stack is FAILED now, in state CREATING",
    "stack is running now, in state DELETING",
    "the source is gone",
    "the target is gone",
    "tags.<*>.member.key is wrong",
    "tags.<*>.member.value is wrong",
    "it cannot be done now because of <*> and…",
    "it cannot be done now because of <*> and all that",
];

fn events() -> impl Strategy<Value = Vec<Seen>> {
    let template = prop::sample::select(TEMPLATES.to_vec());
    let event = (0..100_u16, template).prop_map(|(identity, template)| Seen {
        identity,
        millis: i64::from(identity),
        account: "111122223333",
        call: "DeleteStack",
        template,
        display: template,
        actor: "",
        network: "",
        noise: "",
    });
    prop::collection::vec(event, 1..40).prop_map(|mut events| {
        // An identity is one event: the number decides the place in the list only.
        for (number, event) in (0..).zip(&mut events) {
            event.identity = number;
        }
        events
    })
}

fn assigned(summary: &Summary) -> BTreeMap<SignatureId, ClusterId> {
    let members: Vec<Member<'_>> = summary
        .signatures()
        .map(|(id, signature, _)| Member {
            id,
            template: &signature.template,
            cluster: None,
            founded: 0,
        })
        .collect();
    family::assign(&members).into_iter().collect()
}

proptest! {
    #![proptest_config(crate::common::cases(128))]

    #[test]
    fn summaries_of_parts_give_the_clusters_of_the_whole(
        events in events(),
        parts in prop::collection::vec(1_u8..4, 40),
    ) {
        let part = |bit: u8| events.iter().zip(&parts).filter(move |(_, part)| **part & bit != 0);
        let (first, second) = (summary(part(1).map(|(event, _)| event)), summary(part(2).map(|(event, _)| event)));
        let whole = assigned(&summary(&events));
        let mut forwards = first.clone();
        forwards.merge(second.clone());
        let mut backwards = second;
        backwards.merge(first);
        prop_assert_eq!(&whole, &assigned(&forwards));
        prop_assert_eq!(&whole, &assigned(&backwards));
    }
}

#[test]
fn the_templates_of_these_tests_do_join() {
    let events: Vec<Seen> = (0..)
        .zip(TEMPLATES)
        .map(|(identity, template)| Seen {
            identity,
            millis: 0,
            account: "111122223333",
            call: "DeleteStack",
            template,
            display: template,
            actor: "",
            network: "",
            noise: "",
        })
        .collect();
    let clusters: std::collections::BTreeSet<ClusterId> = assigned(&summary(&events)).into_values().collect();
    assert_eq!(clusters.len(), 7, "{clusters:?}");
}
