//! Where new errors are rare one rises, where they come all day one more is told lower.

use super::super::input::{Scope, ScopeHistory};
use super::*;

/// The window of the story: the account is fourteen days old.
const NOW: i64 = 14 * 24;
const CALL: (&str, &str, &str) = ("kms.amazonaws.com", "Decrypt", "AccessDenied");

fn account() -> Scope {
    Scope::Account {
        account: ACCOUNT.to_owned(),
    }
}

fn actor(name: &str) -> Scope {
    Scope::Actor {
        account: ACCOUNT.to_owned(),
        actor: role(name),
    }
}

fn past(scope: Scope, days: impl IntoIterator<Item = (u32, u64)>) -> ScopeHistory {
    ScopeHistory {
        scope,
        days: days.into_iter().collect(),
    }
}

/// Fourteen days of one denial by one actor, recorded, then another one.
fn world() -> World {
    let mut world = World::new();
    for day in 0..14 {
        world.tell(
            Told {
                hour: day * 24,
                ..DENIED
            },
            "app",
        );
    }
    world.run(NOW - 1);
    world.tell(
        Told {
            hour: NOW,
            call: CALL,
            ..DENIED
        },
        "app",
    );
    world
}

fn finding(world: &World, scopes: &[ScopeHistory]) -> Finding {
    let mut input = world.input(NOW);
    input.scopes = scopes.to_vec();
    input.scopes.sort_by(|a, b| a.scope.cmp(&b.scope));
    let mut found = judge_with(&input, &TABLES).findings;
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn scope_reason(finding: &Finding) -> Option<&Reason> {
    let is_scope = |reason: &&Reason| matches!(reason, Reason::QuietScope { .. } | Reason::BusyScope { .. });
    finding.reasons.iter().find(is_scope)
}

#[test]
fn a_finding_in_a_silent_account_rises() {
    let world = world();
    let unknown = finding(&world, &[]);
    let quiet = finding(&world, &[past(account(), [])]);
    assert_eq!(scope_reason(&unknown), None);
    assert_eq!(
        scope_reason(&quiet),
        Some(&Reason::QuietScope {
            scope: account(),
            per_week_millis: 0
        })
    );
    assert_eq!(quiet.score, unknown.score + 15);
    assert_eq!(quiet.severity, unknown.severity);
}

#[test]
fn one_that_meets_new_errors_all_day_is_damped_and_says_so() {
    let world = world();
    let unknown = finding(&world, &[]);
    let busy = finding(&world, &[past(account(), (0..14).map(|day| (day, 5)))]);
    assert_eq!(
        scope_reason(&busy),
        Some(&Reason::BusyScope {
            scope: account(),
            per_week_millis: 35_000
        })
    );
    // The severity fell too, which takes its own five points.
    assert_eq!(busy.score, unknown.score - 15 - 5);
    assert_eq!(
        (unknown.severity, busy.severity),
        (Severity::Warning, Severity::Info)
    );
}

#[test]
fn one_bad_day_quiets_nothing() {
    let finding = finding(&world(), &[past(account(), [(0, 200)])]);
    assert_eq!(scope_reason(&finding), None);
    assert_eq!(finding.severity, Severity::Warning);
}

#[test]
fn the_narrowest_telling_scope_decides() {
    let world = world();
    let busy = || (0..14).map(|day| (day, 9));
    let quiet_actor = finding(&world, &[past(account(), busy()), past(actor("app"), [])]);
    assert!(
        matches!(scope_reason(&quiet_actor), Some(Reason::QuietScope { scope, .. }) if *scope == actor("app"))
    );
    let busy_actor = finding(&world, &[past(account(), []), past(actor("app"), busy())]);
    assert!(
        matches!(scope_reason(&busy_actor), Some(Reason::BusyScope { scope, .. }) if *scope == actor("app"))
    );
}

#[test]
fn an_actor_without_a_history_stands_under_its_account() {
    let mut world = World::new();
    for day in 0..14 {
        world.tell(
            Told {
                hour: day * 24,
                ..DENIED
            },
            "app",
        );
    }
    world.run(NOW - 1);
    world.tell(
        Told {
            hour: NOW,
            call: CALL,
            ..DENIED
        },
        "stranger",
    );
    let found = finding(&world, &[past(account(), []), past(actor("stranger"), [])]);
    assert!(matches!(scope_reason(&found), Some(Reason::QuietScope { scope, .. }) if *scope == account()));
}

#[test]
fn a_young_account_stands_under_the_organisation_which_damps_nothing() {
    let mut world = World::new();
    world.tell(DENIED, "app");
    world.run(0);
    let hour = 3 * 24;
    world.tell(
        Told {
            hour,
            call: CALL,
            ..DENIED
        },
        "app",
    );
    let mut input = world.input(hour);
    let other = AccountHistory {
        first_record: Some(hour_start(-20 * 24)),
        ..AccountHistory::default()
    };
    input.accounts.insert("444455556666".to_owned(), other);
    for (days, quiet) in [(0, true), (20, false)] {
        let new = if days == 0 { 0 } else { 90 };
        input.scopes = vec![
            past(Scope::Organisation, (0..days).map(|day| (day, new))),
            past(account(), []),
        ];
        let found = &judge_with(&input, &TABLES).findings[0];
        assert_eq!(scope_reason(found).is_some(), quiet, "{days}");
        assert_eq!(found.severity, Severity::Warning);
    }
}

#[test]
fn days_in_which_all_was_new_do_not_count() {
    let mut world = world();
    world.policy.min_history_hours = 7 * 24;
    let first_week = past(account(), (7..14).map(|day| (day, 40)));
    let found = finding(&world, std::slice::from_ref(&first_week));
    assert!(matches!(scope_reason(&found), Some(Reason::QuietScope { .. })));
    world.policy.min_history_hours = 0;
    assert_eq!(scope_reason(&finding(&world, &[first_week])), None);
}

#[test]
fn clusters_that_nobody_recorded_yet_count_as_if_they_had_been() {
    let mut world = World::new();
    world.tell(DENIED, "app");
    for (day, name) in [(3, "GetThing"), (9, "GetOther"), (9, "GetMore")] {
        let call = ("s3.amazonaws.com", name, "AccessDenied");
        world.tell(
            Told {
                hour: day * 24,
                call,
                ..DENIED
            },
            "app",
        );
    }
    world.tell(
        Told {
            hour: NOW,
            call: CALL,
            ..DENIED
        },
        "app",
    );
    let unrecorded = finding(&world, &[past(account(), []), past(actor("app"), [])]);
    world.run(NOW - 1);
    let days = [(4, 2), (10, 1)];
    let recorded = finding(&world, &[past(account(), days), past(actor("app"), days)]);
    assert_eq!(unrecorded.score, recorded.score);
    let silent = finding(&world, &[past(account(), []), past(actor("app"), [])]);
    assert!(silent.score > recorded.score);
}

#[test]
fn a_critical_call_is_not_damped() {
    let mut world = world();
    let call = ("cloudtrail.amazonaws.com", "StopLogging", "AccessDenied");
    world.tell(
        Told {
            hour: NOW,
            call,
            ..DENIED
        },
        "app",
    );
    let mut input = world.input(NOW);
    input.scopes = vec![past(account(), (0..14).map(|day| (day, 9)))];
    let severities: Vec<Severity> = judge_with(&input, &TABLES)
        .findings
        .iter()
        .map(|finding| finding.severity)
        .collect();
    assert_eq!(severities, [Severity::Critical, Severity::Info]);
}

fn hour_start(index: i64) -> Timestamp {
    hour(index).start()
}
