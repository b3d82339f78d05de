//! What is too new to alert: an account, and where asked a region or a source.

use std::collections::BTreeSet;

use super::super::input::{LearnBy, SourceHistory};
use super::*;

fn learners(finding: &Finding) -> Vec<(Learner, i64)> {
    let learning = finding.reasons.iter().filter_map(|reason| match reason {
        Reason::Learning {
            learner, have_hours, ..
        } => Some((learner.clone(), *have_hours)),
        _ => None,
    });
    learning.collect()
}

fn world(learn_by: impl IntoIterator<Item = LearnBy>) -> World {
    let mut world = World::new();
    world.policy.min_history_hours = 10;
    world.policy.learn_by = BTreeSet::from_iter(learn_by);
    world
}

#[test]
fn older_records_end_learning_at_once() {
    let mut world = world([LearnBy::Account]);
    world.tell(Told { hour: 11, ..DENIED }, "app");
    let young = world.run(11);
    assert_eq!(learners(&young.findings[0]), [(Learner::Account, 0)]);
    let call = ("s3.amazonaws.com", "PutObject", "AccessDenied");
    world.tell(Told { call, ..DENIED }, "app");
    let filled = world.run(11);
    assert_eq!(learners(&filled.findings[0]), []);
    assert!(!filled.findings[0].learning && filled.accounts[0].learning.is_none());
}

#[test]
fn an_account_learns_only_where_the_policy_says_so() {
    let mut world = world([]);
    world.tell(DENIED, "app");
    let verdict = world.judge(0);
    assert!(!verdict.findings[0].learning && verdict.accounts[0].learning.is_none());
}

/// An old account with one error event, in another region than the stories'.
fn with_a_new_region(learn_by: LearnBy) -> World {
    let mut world = world([learn_by]);
    world.tell(DENIED, "app");
    world.tell(Told { hour: 15, ..DENIED }, "app").tell(
        Told {
            hour: 20,
            message: "something else",
            ..DENIED
        },
        "app",
    );
    world
}

#[test]
fn a_region_learns_from_its_first_error_event_on() {
    for (first, learns) in [(9, true), (10, false)] {
        let world = with_a_new_region(LearnBy::Region);
        let mut input = world.input(20);
        // As if the account's errors before that hour had come from elsewhere.
        let history = input.accounts.get_mut(ACCOUNT).unwrap();
        let regions = history
            .values
            .iter_mut()
            .filter(|value| value.dimension == Dimension::Region);
        regions.for_each(|value| value.before = Some(Span::at(hour(20 - first).start())));
        let found = &judge_with(&input, &TABLES).findings[0];
        let expected = (Learner::Region("us-east-1".to_owned()), first);
        assert_eq!(learners(found), if learns { vec![expected] } else { vec![] });
        assert_eq!(found.learning, learns);
    }
}

#[test]
fn a_source_learns_for_what_came_after_it_began() {
    let source = |name: &str, first| SourceHistory {
        name: name.to_owned(),
        first_record: hour(first).start(),
    };
    for (began, expected) in [
        (15, Some(5)),
        (10, None), // Ten hours are enough.
        (21, None), // The cluster was seen before it began.
    ] {
        let world = with_a_new_region(LearnBy::Source);
        let mut input = world.input(20);
        input.accounts.get_mut(ACCOUNT).unwrap().sources = vec![source("old", 0), source("young", began)];
        let found = &judge_with(&input, &TABLES).findings[0];
        let expected: Vec<_> = expected
            .into_iter()
            .map(|hours| (Learner::Source("young".to_owned()), hours))
            .collect();
        assert_eq!(learners(found), expected, "{began}");
    }
}

#[test]
fn regions_and_sources_do_not_learn_by_default() {
    assert_eq!(Policy::default().learn_by, BTreeSet::from([LearnBy::Account]));
}
