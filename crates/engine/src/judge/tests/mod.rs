//! Stories with tables of their own: what a judgement says, and at which boundaries it changes its mind.

mod learning;
mod people;
mod scopes;
mod surges;

use firstsight_cloudtrail::classify::{Class, DenialPolicy, DenialReason, Sensitivity, Technique, Verb};
use firstsight_cloudtrail::{ActorKind, EventIdentity, Hour, TimeRange, Timestamp};

use super::history::{History, InputQuery};
use super::input::{AccountHistory, JudgeInput, LifeCycle, Policy, Span, Until};
use super::judge_with;
use super::tables::Tables;
use super::verdict::{Finding, Learner, Novelty, Reason, Severity, Verdict};
use crate::bounds::Bounds;
use crate::severity::{Pace, SeverityFacts};
use crate::signature::{ClusterId, Digest, Dimension};
use crate::summary::{Observation, Summary, SummaryOptions};

const ACCOUNT: &str = "111122223333";
const TABLES: Tables = Tables {
    class: |_, _, code, _| match code {
        "AccessDenied" => Class::AccessDenied,
        "NoSuchEntity" => Class::NotFound,
        "Throttling" => Class::Throttling,
        _ => Class::Other,
    },
    verb: |name| {
        if name.starts_with("Get") {
            Verb::Read
        } else {
            Verb::Write
        }
    },
    sensitivity: |source, _| match source {
        "cloudtrail.amazonaws.com" => Sensitivity::Critical,
        "iam.amazonaws.com" => Sensitivity::Sensitive,
        _ => Sensitivity::Normal,
    },
    denial: |message| {
        message
            .contains("because no identity-based policy allows")
            .then_some(DenialReason {
                policy: DenialPolicy::Identity,
                explicit: false,
            })
    },
    technique: |_, name| {
        (name == "StopLogging").then_some(Technique {
            id: "T1562.008",
            name: "Disable or Modify Cloud Logs",
            tactic: "defense-evasion",
        })
    },
    target: |name| match name {
        "secret:prod" => Sensitivity::Sensitive,
        "trail:main" => Sensitivity::Critical,
        _ => Sensitivity::Normal,
    },
    actor: |name| {
        if name.contains(":role/") {
            ActorKind::Role
        } else {
            ActorKind::User
        }
    },
    severity,
};

fn severity(facts: &SeverityFacts<'_>) -> Severity {
    match facts.sensitivity {
        _ if facts.like_known_actor || !facts.noise.is_empty() => Severity::Info,
        _ if facts.target == Sensitivity::Critical => Severity::Critical,
        Sensitivity::Normal if facts.scope == Pace::Busy => Severity::Info,
        Sensitivity::Critical => Severity::Critical,
        Sensitivity::Sensitive => Severity::Error,
        Sensitivity::Normal => Severity::Warning,
    }
}

/// One error event of a story.
#[derive(Clone, Copy)]
struct Told {
    hour: i64,
    call: (&'static str, &'static str, &'static str),
    message: &'static str,
    network: &'static str,
    target: &'static str,
    noise: &'static str,
}

const DENIED: Told = Told {
    hour: 0,
    call: ("s3.amazonaws.com", "GetObject", "AccessDenied"),
    message: "not allowed because no identity-based policy allows the action",
    network: "198.51.100.0/24",
    target: "",
    noise: "",
};

/// A history and the inspection that judges it, hours counted from the start of 2026.
#[derive(Default)]
struct World {
    history: History,
    events: u64,
    policy: Policy,
}

fn hour(index: i64) -> Hour {
    let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    start.hour().plus(index)
}

fn window(index: i64) -> TimeRange {
    TimeRange::hours_before(hour(index + 1), 1)
}

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

impl World {
    fn new() -> Self {
        let mut world = Self::default();
        world.policy.min_history_hours = 0;
        world
    }

    /// Nothing is known yet, and so many fine templates a family are kept one by one.
    fn bound(&mut self, templates_per_family: usize) {
        self.history = History::bounded(Bounds {
            templates_per_family,
            ..Bounds::default()
        });
    }

    fn tell(&mut self, told: Told, actor: &str) -> &mut Self {
        self.tell_with_id(told, actor, self.events)
    }

    fn tell_with_id(&mut self, told: Told, actor: &str, id: u64) -> &mut Self {
        self.events += 1;
        let actor = role(actor);
        let mut summary = Summary::new(SummaryOptions::default());
        summary.insert(&Observation {
            identity: EventIdentity(Digest::of(&[&id.to_string()]).0),
            time: hour(told.hour).start().plus_millis(60_000 * (id as i64 % 60)),
            account: ACCOUNT,
            event_source: told.call.0,
            event_name: told.call.1,
            error_code: told.call.2,
            template: told.message,
            display: told.message,
            values: &[
                (Dimension::Actor, &actor),
                (Dimension::SourceNetwork, told.network),
                (Dimension::Region, "us-east-1"),
                (Dimension::Noise, told.noise),
                (Dimension::Target, told.target),
            ],
            event_id: "",
            raw: "{}",
        });
        self.history.observe(&summary);
        self
    }

    fn input(&self, index: i64) -> JudgeInput {
        let window = window(index);
        self.history.input(&InputQuery {
            inspection: "hourly".to_owned(),
            window,
            baseline: TimeRange::hours_before(window.start.hour(), 14 * 24),
            accounts: Vec::new(),
            remember_from: Timestamp::MIN,
            policy: self.policy.clone(),
        })
    }

    fn judge(&self, index: i64) -> Verdict {
        judge_with(&self.input(index), &TABLES)
    }

    /// Judges and records.
    fn run(&mut self, index: i64) -> Verdict {
        let verdict = self.judge(index);
        self.history.record("hourly", window(index), &verdict);
        verdict
    }

    fn only_cluster(&mut self) -> ClusterId {
        self.input(0).families[0].clusters[0].id
    }
}

/// Novelty, episode and whether it is news, of each finding.
fn told(verdict: &Verdict) -> Vec<(Novelty, &str, bool)> {
    let findings = verdict.findings.iter();
    findings
        .map(|f| (f.novelty, f.episode.as_str(), !f.recorded))
        .collect()
}

fn novelties(verdict: &Verdict) -> Vec<Novelty> {
    verdict.findings.iter().map(|finding| finding.novelty).collect()
}

/// A finding as people read it.
fn page(findings: &[Finding]) -> String {
    let mut page = String::new();
    for f in findings {
        let flags = [
            (f.late, " late"),
            (f.learning, " learning"),
            (f.recorded, " recorded"),
        ];
        let flags: String = flags.iter().filter(|flag| flag.0).map(|flag| flag.1).collect();
        page += &format!(
            "{} {}{flags} score {}: {} {} {} x{}\n",
            f.severity, f.novelty, f.score, f.event_source, f.event_name, f.error_code, f.within.count
        );
        for reason in &f.reasons {
            page += &format!("  - {reason}\n");
        }
        for value in &f.values {
            page += &format!(
                "  {:?} {:?} {}\n",
                value.dimension, value.familiarity, value.value
            );
        }
    }
    page
}

#[test]
fn a_story_reads_as_sentences() {
    let mut world = World::new();
    for day in 0..14 {
        for n in 0..3 {
            let hour = day * 24 + n * 5;
            world.tell(Told { hour, ..DENIED }, "reports-1");
        }
    }
    world.run(14 * 24 - 1);
    let now = 14 * 24;
    world
        .tell(Told { hour: now, ..DENIED }, "reports-2")
        .tell(
            Told {
                hour: now,
                network: "203.0.113.0/24",
                ..DENIED
            },
            "intruder",
        )
        .tell(
            Told {
                hour: now,
                call: ("cloudtrail.amazonaws.com", "StopLogging", "AccessDenied"),
                message: "not allowed to stop because no identity-based policy allows the action",
                network: "203.0.113.0/24",
                ..DENIED
            },
            "intruder",
        )
        .tell(
            Told {
                hour: now,
                message: "not allowed because a bucket policy denies the action",
                noise: "scanner",
                ..DENIED
            },
            "reports-1",
        );
    insta::assert_snapshot!(page(&world.judge(now).findings), @r"
    critical new score 84: cloudtrail.amazonaws.com StopLogging AccessDenied x1
      - never seen before in 14 days of history with 42 error events
      - the call is critical: it can blind the defender or take over the account
      - refused because no statement in an identity-based policy allows it
      - attackers use this call: MITRE ATT&CK T1562.008 Disable or Modify Cloud Logs (defense evasion)
      - actor arn:aws:iam::111122223333:role/intruder was unseen among the account's errors
      - source network 203.0.113.0/24 was unseen among the account's errors
      - region us-east-1 was frequent among the account's errors
      - new errors in account 111122223333 are rare: hardly any come
      Actor Unseen arn:aws:iam::111122223333:role/intruder
      SourceNetwork Unseen 203.0.113.0/24
      Region Frequent us-east-1
    warning new actor score 53: s3.amazonaws.com GetObject AccessDenied x1
      - first time by arn:aws:iam::111122223333:role/intruder; 1 other actor had it before
      - refused because no statement in an identity-based policy allows it
      - actor arn:aws:iam::111122223333:role/intruder was unseen among the account's errors
      - new errors of s3:GetObject are rare: hardly any come
      Actor Unseen arn:aws:iam::111122223333:role/intruder
    info new score 45: s3.amazonaws.com GetObject AccessDenied x1
      - never seen before in 14 days of history with 42 error events
      - actor arn:aws:iam::111122223333:role/reports-1 was frequent among the account's errors
      - source network 198.51.100.0/24 was frequent among the account's errors
      - region us-east-1 was frequent among the account's errors
      - new errors of s3:GetObject are rare: hardly any come
      - the nearest known error of this call says: not allowed because no identity-based policy allows the action (there: 'no identity-based allows'; here: 'a bucket denies')
      - known noise, ranked lower: a security or compliance scanner
      Actor Frequent arn:aws:iam::111122223333:role/reports-1
      SourceNetwork Frequent 198.51.100.0/24
      Region Frequent us-east-1
    info new actor score 38: s3.amazonaws.com GetObject AccessDenied x1
      - first time by arn:aws:iam::111122223333:role/reports-2; 1 other actor had it before, one with a name of the same shape: arn:aws:iam::111122223333:role/reports-1
      - refused because no statement in an identity-based policy allows it
      - actor arn:aws:iam::111122223333:role/reports-2 was unseen among the account's errors
      - new errors of s3:GetObject are rare: hardly any come
      Actor Unseen arn:aws:iam::111122223333:role/reports-2
    ");
}

#[test]
fn a_cluster_is_new_once_and_then_known() {
    let mut world = World::new();
    world.tell(DENIED, "app").tell(Told { hour: 1, ..DENIED }, "app");
    assert_eq!(told(&world.run(0)), [(Novelty::New, "", true)]);
    assert_eq!(told(&world.run(1)), []);
    assert_eq!(
        told(&world.run(0)),
        [(Novelty::New, "", false)],
        "shown again, not news"
    );
}

#[test]
fn a_cluster_returns_when_it_was_away_for_longer_than_forget_after() {
    let mut world = World::new();
    world.policy.forget_after_hours = 10;
    // Identity 0 is told at minute 0, so that the gap is exact.
    world.tell_with_id(DENIED, "app", 0);
    world.run(0);
    world.tell(Told { hour: 10, ..DENIED }, "app");
    assert_eq!(
        novelties(&world.judge(10)),
        [],
        "exactly forget_after before the window"
    );
    let mut world = World::new();
    world.policy.forget_after_hours = 10;
    world.tell_with_id(DENIED, "app", 0);
    world.run(0);
    world
        .tell(Told { hour: 11, ..DENIED }, "app")
        .tell(Told { hour: 12, ..DENIED }, "app");
    let verdict = world.run(11);
    assert_eq!(
        told(&verdict),
        [(Novelty::Returned, "2026-01-01T11:00:00Z", true)]
    );
    let last = hour(0).start();
    assert_eq!(
        verdict.findings[0].reasons[0],
        Reason::LastSeen { last, hours_ago: 11 }
    );
    assert_eq!(novelties(&world.run(12)), [], "it is back, and that was told");
}

#[test]
fn a_late_event_before_a_return_is_the_same_return() {
    let mut world = World::new();
    world.policy.forget_after_hours = 10;
    world.tell(DENIED, "app").tell(Told { hour: 30, ..DENIED }, "app");
    world.run(0);
    world.run(28);
    world.run(30);
    world.tell(Told { hour: 28, ..DENIED }, "app");
    assert_eq!(
        told(&world.run(28)),
        [(Novelty::Returned, "2026-01-02T06:00:00Z", false)]
    );
    assert_eq!(
        told(&world.run(30)),
        [(Novelty::Returned, "2026-01-02T06:00:00Z", false)]
    );
}

#[test]
fn a_late_earlier_occurrence_of_a_new_cluster_gives_no_second_finding() {
    let mut world = World::new();
    world.run(3);
    world.tell(Told { hour: 5, ..DENIED }, "app");
    world.run(5);
    world.tell(Told { hour: 3, ..DENIED }, "other");
    let earlier = world.run(3);
    assert_eq!(told(&earlier), [(Novelty::New, "", false)]);
    assert!(!earlier.findings[0].late);
    let again = world.run(5);
    assert_eq!(
        told(&again),
        [(Novelty::New, "", false)],
        "not a new actor either"
    );
}

#[test]
fn what_comes_late_is_found_once_and_marked() {
    let mut world = World::new();
    world.run(3);
    world.tell(Told { hour: 3, ..DENIED }, "app");
    let verdict = world.run(3);
    assert!(verdict.findings[0].late);
    let finding = &verdict.findings[0];
    let late = Reason::Late {
        within: Some(finding.within),
    };
    assert!(finding.reasons.contains(&late));
    let again = world.run(3);
    assert_eq!(
        (again.findings[0].late, again.findings[0].recorded),
        (false, true)
    );
}

#[test]
fn a_known_denial_by_another_actor_is_told_once_an_actor() {
    let mut world = World::new();
    world.tell(DENIED, "app");
    world.run(0);
    world
        .tell(Told { hour: 1, ..DENIED }, "other")
        .tell(Told { hour: 1, ..DENIED }, "other")
        .tell(Told { hour: 1, ..DENIED }, "app")
        .tell(Told { hour: 2, ..DENIED }, "other");
    let verdict = world.run(1);
    let name = role("other");
    assert_eq!(told(&verdict), [(Novelty::NewActor, name.as_str(), true)]);
    let finding = &verdict.findings[0];
    assert_eq!(finding.within.count, 2);
    assert!(finding.samples.iter().all(|sample| sample.actor == name) && !finding.samples.is_empty());
    let values: Vec<_> = finding.values.iter().map(|value| value.value.as_str()).collect();
    assert_eq!(values, [name.as_str()], "the network may be the other actor's");
    assert_eq!(told(&world.run(2)), []);
}

#[test]
fn throttling_of_another_actor_is_not_told_and_enumeration_is() {
    for (call, expected) in [
        (("ec2.amazonaws.com", "GetHosts", "Throttling"), &[][..]),
        (
            ("iam.amazonaws.com", "GetRole", "NoSuchEntity"),
            &[Novelty::NewActor],
        ),
        (("s3.amazonaws.com", "GetObject", "NoSuchEntity"), &[]),
    ] {
        let mut world = World::new();
        world.tell(Told { call, ..DENIED }, "app");
        world.run(0);
        world.tell(
            Told {
                hour: 1,
                call,
                ..DENIED
            },
            "other",
        );
        assert_eq!(novelties(&world.run(1)), expected, "{call:?}");
    }
}

#[test]
fn a_flood_of_new_actors_is_one_finding_that_says_so() {
    for (actors, findings) in [
        (Finding::MAX_NEW_ACTORS, Finding::MAX_NEW_ACTORS),
        (Finding::MAX_NEW_ACTORS + 1, 1),
    ] {
        let mut world = World::new();
        world.tell(DENIED, "app");
        world.run(0);
        for n in 0..actors {
            world.tell(
                Told { hour: 1, ..DENIED },
                &format!("bot{}", char::from(b'a' + n as u8)),
            );
        }
        let verdict = world.run(1);
        assert_eq!(verdict.findings.len(), findings);
        let total: u64 = verdict.findings.iter().map(|finding| finding.within.count).sum();
        assert_eq!(total, actors as u64);
        let many = |reason: &Reason| {
            matches!(
                reason,
                Reason::ManyNewActors {
                    actors: 21,
                    known_actors: 1
                }
            )
        };
        assert_eq!(verdict.findings[0].reasons.iter().any(many), findings == 1);
        assert!(world.run(1).findings.iter().all(|finding| finding.recorded));
    }
}

#[test]
fn an_actor_of_a_known_shape_is_named_and_matters_less() {
    let mut world = World::new();
    world.tell(DENIED, "worker-0a1b2c3d");
    world.run(0);
    world.tell(Told { hour: 1, ..DENIED }, "worker-77ff00aa");
    let finding = &world.run(1).findings[0];
    let Reason::FirstByActor { like, .. } = &finding.reasons[0] else {
        panic!("{:?}", finding.reasons);
    };
    assert_eq!(like.as_deref(), Some(role("worker-0a1b2c3d").as_str()));
    assert_eq!(finding.severity, Severity::Info);
}

#[test]
fn expected_and_archived_clusters_give_no_finding_and_stay_active() {
    for life_cycle in [LifeCycle::Expected, LifeCycle::Archived(Until::Forever)] {
        let mut world = World::new();
        world.tell(DENIED, "app");
        world.run(0);
        let cluster = world.only_cluster();
        world.history.set_life_cycle(cluster, life_cycle);
        world.tell(Told { hour: 1, ..DENIED }, "other");
        let verdict = world.run(1);
        assert_eq!(novelties(&verdict), []);
        assert_eq!(verdict.active[0].life_cycle, life_cycle);
        assert_eq!(
            (
                verdict.accounts[0].active_clusters,
                verdict.accounts[0].known_clusters
            ),
            (1, 1)
        );
    }
}

#[test]
fn a_resolved_cluster_returns_once_while_it_goes_on() {
    let mut world = World::new();
    world.tell(DENIED, "app");
    world.run(0);
    let cluster = world.only_cluster();
    world.history.set_life_cycle(cluster, LifeCycle::Resolved);
    for hour in [2, 3, 20, 60] {
        world.tell(Told { hour, ..DENIED }, "app");
    }
    let returned = world.run(2);
    assert_eq!(returned.findings[0].reasons[0], Reason::WasResolved);
    assert_eq!(novelties(&world.run(3)), []);
    assert_eq!(novelties(&world.run(20)), []);
    assert_eq!(
        novelties(&world.run(60)),
        [Novelty::Returned],
        "after a day without it"
    );
    world.tell(Told { hour: 20, ..DENIED }, "app");
    assert_eq!(
        novelties(&world.run(20)),
        [],
        "a window that was judged before it was resolved"
    );
}

#[test]
fn a_forgotten_cluster_has_returned_and_is_not_lost() {
    let mut world = World::new();
    world.policy.forget_after_hours = 10;
    world.tell(DENIED, "app").tell(Told { hour: 50, ..DENIED }, "app");
    world.run(0);
    let mut input = world.input(50);
    for template in input.families.iter_mut().flat_map(|family| &mut family.templates) {
        template.hours.retain(|count| count.hour == hour(50));
    }
    let verdict = judge_with(&input, &TABLES);
    assert_eq!(
        told(&verdict),
        [(Novelty::Returned, "2026-01-03T02:00:00Z", true)]
    );
    let founded = hour(0).start();
    assert_eq!(verdict.findings[0].reasons[0], Reason::Forgotten { founded });
}

#[test]
fn an_account_learns_until_its_history_is_as_long_as_asked() {
    for (first, learning) in [(0, false), (1, true)] {
        let mut world = World::new();
        world.policy.min_history_hours = 10;
        world
            .history
            .record_counts(ACCOUNT, hour(first), Span::at(hour(first).start()));
        world.tell(Told { hour: 10, ..DENIED }, "app");
        let verdict = world.judge(10);
        assert_eq!(verdict.accounts[0].learning.is_some(), learning);
        assert_eq!(verdict.findings[0].learning, learning);
        let says = |reason: &Reason| {
            matches!(
                reason,
                Reason::Learning {
                    learner: Learner::Account,
                    have_hours: 9,
                    need_hours: 10
                }
            )
        };
        assert_eq!(verdict.findings[0].reasons.iter().any(says), learning);
    }
}

#[test]
fn a_family_past_its_cap_is_one_overflow_cluster() {
    let messages = [
        "apples are out",
        "no pears here",
        "plum not ripe",
        "cherry was eaten",
    ];
    let mut world = World::new();
    world.bound(3);
    for message in messages {
        world.tell(Told { message, ..DENIED }, "app");
    }
    let verdict = world.run(0);
    assert_eq!(novelties(&verdict), [Novelty::New]);
    assert!(verdict.active[0].overflow);
    assert!(
        verdict.findings[0]
            .reasons
            .contains(&Reason::FamilyOverflow { templates: 3 })
    );
    assert_eq!(verdict.findings[0].within.count, 4);
    world.tell(
        Told {
            hour: 1,
            message: "figs have gone",
            ..DENIED
        },
        "app",
    );
    assert_eq!(novelties(&world.run(1)), [], "joins it silently");
    assert_eq!(
        verdict.active[0].cluster,
        Bounds::overflow_cluster(&world.input(1).families[0].key)
    );
}

#[test]
fn an_overflow_that_a_later_window_reported_is_not_news_in_an_earlier_one() {
    let mut world = World::new();
    world.bound(1);
    world.run(3);
    for message in ["apples are out", "no pears here"] {
        world.tell(
            Told {
                hour: 5,
                message,
                ..DENIED
            },
            "app",
        );
    }
    assert_eq!(told(&world.run(5)), [(Novelty::New, "", true)]);
    for message in ["plum not ripe", "cherry was eaten"] {
        world.tell(
            Told {
                hour: 3,
                message,
                ..DENIED
            },
            "app",
        );
    }
    assert_eq!(told(&world.run(3)), [(Novelty::New, "", false)]);
}

#[test]
fn more_actors_than_are_told_apart_are_told_once() {
    let mut world = World::new();
    world.history = History::bounded(Bounds {
        values_per_dimension: 3,
        ..Bounds::default()
    });
    let tell = |world: &mut World, hour, actors: &[&str]| {
        for actor in actors {
            world.tell(Told { hour, ..DENIED }, actor);
        }
    };
    tell(&mut world, 0, &["a", "b"]);
    world.run(0);
    tell(&mut world, 1, &["c"]);
    assert_eq!(
        told(&world.run(1)),
        [(Novelty::NewActor, role("c").as_str(), true)]
    );
    tell(&mut world, 2, &["d", "e", "f"]);
    let verdict = world.run(2);
    assert_eq!(told(&verdict), [(Novelty::NewActor, "overflow", true)]);
    let overflow = Reason::DimensionOverflow {
        dimension: Dimension::Actor,
        kept: 3,
    };
    assert!(verdict.findings[0].reasons.contains(&overflow));
    assert!(
        verdict.findings[0]
            .values
            .iter()
            .all(|value| !value.value.is_empty())
    );
    tell(&mut world, 3, &["g", "h", "i", "j"]);
    assert_eq!(told(&world.run(3)), [], "never again");
    assert_eq!(told(&world.run(2)), [(Novelty::NewActor, "overflow", false)]);
}

#[test]
fn a_flood_of_one_signature_does_not_hide_another() {
    let mut world = World::new();
    for _ in 0..2000 {
        world.tell(DENIED, "app");
    }
    let call = ("kms.amazonaws.com", "Decrypt", "AccessDenied");
    world.tell(Told { call, ..DENIED }, "app");
    let verdict = world.judge(0);
    let found = |name: &str| verdict.findings.iter().any(|finding| finding.event_name == name);
    assert!(found("GetObject") && found("Decrypt"));
}

#[test]
fn marks_count_only_where_every_occurrence_has_them() {
    let mut world = World::new();
    let marked = Told {
        noise: "self-probe",
        ..DENIED
    };
    world.tell(marked, "app").tell(marked, "app");
    assert_eq!(world.judge(0).findings[0].noise.len(), 1);
    world.tell(DENIED, "app");
    assert_eq!(world.judge(0).findings[0].noise, []);
}

#[test]
fn the_nearest_known_cluster_of_the_family_is_named() {
    let mut world = World::new();
    world
        .tell(
            Told {
                message: "the role may not read this bucket",
                ..DENIED
            },
            "app",
        )
        .tell(
            Told {
                message: "something else entirely",
                ..DENIED
            },
            "app",
        );
    world.run(0);
    world.tell(
        Told {
            hour: 1,
            message: "the role may not list that table",
            ..DENIED
        },
        "app",
    );
    let reasons = &world.run(1).findings[0].reasons;
    let near = reasons
        .iter()
        .find(|reason| matches!(reason, Reason::NearestKnown { .. }));
    let Some(Reason::NearestKnown {
        template,
        only_here,
        only_there,
        ..
    }) = near
    else {
        panic!("{reasons:?}");
    };
    assert_eq!(template, "the role may not read this bucket");
    assert_eq!(only_here, &["list", "that", "table"]);
    assert_eq!(only_there, &["read", "this", "bucket"]);
}

#[test]
fn familiarity_is_told_at_its_boundaries() {
    use super::verdict::Familiarity::{Frequent, Infrequent, Rare, Unseen};
    for (times, expected) in [(0, Unseen), (1, Rare), (5, Rare), (6, Infrequent), (7, Frequent)] {
        let mut world = World::new();
        for n in 0..600 {
            let network = if n < times {
                "203.0.113.0/24"
            } else {
                "198.51.100.0/24"
            };
            let told = Told {
                hour: 1,
                network,
                ..DENIED
            };
            world.tell(told, "app");
        }
        let call = ("kms.amazonaws.com", "Decrypt", "AccessDenied");
        world.tell(
            Told {
                hour: 2,
                call,
                network: "203.0.113.0/24",
                ..DENIED
            },
            "app",
        );
        let verdict = world.judge(2);
        let values = &verdict.findings[0].values;
        let network = values
            .iter()
            .find(|value| value.dimension == Dimension::SourceNetwork);
        assert_eq!(network.map(|value| value.familiarity), Some(expected), "{times}");
    }
}

#[test]
fn a_difference_is_told_in_few_words_each_once() {
    let mut world = World::new();
    world.tell(
        Told {
            message: "a b",
            ..DENIED
        },
        "app",
    );
    world.run(0);
    let message = "a c d d e f g h i j k l m";
    world.tell(
        Told {
            hour: 1,
            message,
            ..DENIED
        },
        "app",
    );
    let finding = &world.run(1).findings[0];
    let words = finding.reasons.iter().find_map(|reason| match reason {
        Reason::NearestKnown { only_here, .. } => Some(only_here.join(" ")),
        _ => None,
    });
    assert_eq!(words.as_deref(), Some("c d e f g h i j"));
}

#[test]
fn the_most_sensitive_first_target_raises_the_severity_and_is_named() {
    let mut world = World::new();
    world.tell(
        Told {
            target: "secret:prod",
            ..DENIED
        },
        "app",
    );
    world.run(0);
    for target in ["secret:prod", "trail:main", "secret:test"] {
        world.tell(
            Told {
                hour: 1,
                target,
                ..DENIED
            },
            "other",
        );
    }
    let verdict = world.run(1);
    let finding = &verdict.findings[0];
    let named: Vec<&Reason> = finding
        .reasons
        .iter()
        .filter(|reason| matches!(reason, Reason::SensitiveTarget { .. }))
        .collect();
    let trail = Reason::SensitiveTarget {
        target: "trail:main".to_owned(),
        sensitivity: Sensitivity::Critical,
    };
    assert_eq!((finding.severity, named), (Severity::Critical, vec![&trail]));
    world.tell(
        Told {
            hour: 2,
            target: "trail:main",
            ..DENIED
        },
        "third",
    );
    let again = &world.run(2).findings[0];
    assert_eq!(
        again.severity,
        Severity::Warning,
        "this error was seen with it before"
    );
}

#[test]
fn a_table_of_ones_own_replaces_the_severities() {
    let mut world = World::new();
    let row = "quiet\t*\t*\t*\t*\t*\t*\t*\t*\t>=40\t*\t*\tcritical\tunusual enough to get up";
    world.policy.severity = Some(row.parse().unwrap());
    world.tell(DENIED, "app");
    assert_eq!(world.judge(0).findings[0].severity, Severity::Critical);
    world.policy.severity = Some(row.replace(">=40", ">=41").parse().unwrap());
    assert_eq!(world.judge(0).findings[0].severity, Severity::Info);
}
