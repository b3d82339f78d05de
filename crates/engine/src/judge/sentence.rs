//! Reasons as sentences.

use std::fmt;

use firstsight_cloudtrail::classify::{DenialPolicy, DenialReason, NoiseMark, Sensitivity};

use super::input::Scope;
use super::verdict::{Familiarity, Learner, Reason};
use crate::signature::Dimension;

/// A plain sentence without a full stop. It holds texts of the log as they stand: whoever shows it neutralises them for
/// their medium.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverSeen {
                history_hours,
                history_errors,
            } => never_seen(f, *history_hours, *history_errors),
            Self::LastSeen { last, hours_ago } => {
                write!(f, "last seen {last}, {} before this window", Length(*hours_ago))
            }
            Self::Forgotten { founded } => {
                write!(
                    f,
                    "first reported {founded}, so long ago that no occurrence is remembered"
                )
            }
            Self::WasResolved => f.write_str("a person had marked it resolved"),
            Self::FirstByActor {
                actor,
                known_actors,
                like,
            } => first_by_actor(f, actor, *known_actors, like.as_deref()),
            Self::ManyNewActors { actors, known_actors } => {
                write!(
                    f,
                    "first time by {}; {}",
                    Many(*actors, "actor"),
                    others(*known_actors)
                )
            }
            Self::Dimension {
                dimension,
                value,
                familiarity,
            } => write!(f, "{} {value} {}", name(*dimension), how_well(*familiarity)),
            Self::Denied { denial } => denied(f, *denial),
            Self::NearestKnown { template, .. } if template.is_empty() => {
                f.write_str("the nearest known error of this call has no message")
            }
            Self::NearestKnown { template, .. } => {
                write!(f, "the nearest known error of this call says: {template}")
            }
            Self::Technique { id, name, tactic } => {
                write!(f, "known as an attack technique: {id} {name} ({tactic})")
            }
            Self::SensitiveTarget { target, .. } => {
                write!(f, "first time with the sensitive target {target}")
            }
            Self::QuietScope { scope, .. } => write!(f, "new errors are seldom in {}", place(scope)),
            Self::BusyScope {
                scope,
                per_week_millis,
            } => write!(
                f,
                "ranked lower: {} meets about {} a week",
                place(scope),
                Many((per_week_millis + 500) / 1000, "new error")
            ),
            Self::Escalated => f.write_str("it was archived until it escalates"),
            Self::DimensionOverflow { dimension, kept } => write!(
                f,
                "more than {} are not told apart",
                Many(*kept, name(*dimension))
            ),
            Self::SensitiveCall { sensitivity } => f.write_str(sensitive(*sensitivity)),
            Self::Noise { mark } => write!(f, "known noise, ranked lower: {}", noise(*mark)),
            Self::FamilyOverflow { templates } => write!(
                f,
                "this call failed with {}, more than are told apart: those past the cap are judged as one",
                Many(*templates, "different message")
            ),
            Self::Late { .. } => f.write_str("found in records that came after this window had been judged"),
            Self::Learning {
                learner,
                have_hours,
                need_hours,
            } => write!(
                f,
                "{} is still learning: {} of history, {} needed",
                learning(learner),
                Length(*have_hours),
                Length(*need_hours)
            ),
        }
    }
}

fn place(scope: &Scope) -> String {
    match scope {
        Scope::Organisation => "the organisation".to_owned(),
        Scope::Account { account } => format!("account {account}"),
        Scope::Actor { actor, .. } => actor.clone(),
        Scope::Call {
            event_source,
            event_name,
            ..
        } => format!("{event_source} {event_name}"),
    }
}

fn learning(learner: &Learner) -> String {
    match learner {
        Learner::Account => "the account".to_owned(),
        Learner::Region(name) => format!("the region {name}"),
        Learner::Source(name) => format!("the source {name}"),
    }
}

/// A count with thousands separated, and its noun.
struct Many(u64, &'static str);

impl fmt::Display for Many {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, " {}{}", self.1, if self.0 == 1 { "" } else { "s" })
    }
}

/// Hours, as whole days from two days on.
struct Length(i64);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hours = self.0.unsigned_abs();
        let many = if hours < 48 {
            Many(hours, "hour")
        } else {
            Many(hours / 24, "day")
        };
        many.fmt(f)
    }
}

fn never_seen(f: &mut fmt::Formatter<'_>, hours: i64, errors: u64) -> fmt::Result {
    if hours <= 0 {
        return f.write_str("never seen before, but there is no history yet to compare with");
    }
    // To the nearest day: a history that lacks one hour of 14 days is 14 days long for people.
    let hours = if hours < 48 { hours } else { (hours + 12) / 24 * 24 };
    let errors = Many(errors, "error event");
    write!(
        f,
        "never seen before in {} of history with {errors}",
        Length(hours)
    )
}

fn others(known: u64) -> String {
    match known {
        0 => "no other actor had it before".to_owned(),
        _ => format!("{} had it before", Many(known, "other actor")),
    }
}

fn first_by_actor(f: &mut fmt::Formatter<'_>, actor: &str, known: u64, like: Option<&str>) -> fmt::Result {
    write!(f, "first time by {actor}; {}", others(known))?;
    match like {
        Some(like) => write!(f, ", one with a name of the same shape: {like}"),
        None => Ok(()),
    }
}

fn name(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Actor => "actor",
        Dimension::AccessKey => "access key",
        Dimension::SourceNetwork => "source network",
        Dimension::Region => "region",
        Dimension::UserAgent => "user agent",
        Dimension::Noise => "noise mark",
        Dimension::Target => "target",
    }
}

fn how_well(familiarity: Familiarity) -> &'static str {
    match familiarity {
        Familiarity::Unseen => "was unseen among the account's errors",
        Familiarity::Rare => "was rare among the account's errors (at most 5 times)",
        Familiarity::Infrequent => "was infrequent among the account's errors (at most 1 % of them)",
        Familiarity::Frequent => "was frequent among the account's errors",
    }
}

fn denied(f: &mut fmt::Formatter<'_>, denial: DenialReason) -> fmt::Result {
    let policy = policy(denial.policy);
    if denial.explicit {
        write!(f, "refused by an explicit deny in {policy}")
    } else {
        write!(f, "refused because no statement in {policy} allows it")
    }
}

fn policy(policy: DenialPolicy) -> &'static str {
    match policy {
        DenialPolicy::Identity => "an identity-based policy",
        DenialPolicy::Resource => "a resource-based policy",
        DenialPolicy::ServiceControl => "a service control policy",
        DenialPolicy::ResourceControl => "a resource control policy",
        DenialPolicy::PermissionsBoundary => "a permissions boundary",
        DenialPolicy::Session => "a session policy",
        DenialPolicy::VpcEndpoint => "a VPC endpoint policy",
        DenialPolicy::RoleTrust => "the role's trust policy",
        _ => "a policy",
    }
}

fn sensitive(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Normal => "the call is an ordinary one",
        Sensitivity::Sensitive => {
            "the call is sensitive: identities, keys, secrets, data policies or network boundaries"
        }
        Sensitivity::Critical => "the call is critical: it can blind the defender or take over the account",
    }
}

fn noise(mark: NoiseMark) -> &'static str {
    match mark {
        NoiseMark::SelfProbe => "an AWS service probes its own permissions",
        NoiseMark::ServiceLinkedRole => "a service-linked role looks at services that are not set up",
        NoiseMark::ConsoleProbe => "the AWS console asks for everything a page might show",
        NoiseMark::InfrastructureAsCode => "infrastructure as code reads settings back",
        NoiseMark::Scanner => "a security or compliance scanner",
        _ => "a kind that this version does not name",
    }
}

#[cfg(test)]
mod tests {
    use super::super::verdict::Reason;
    use super::*;
    use crate::judge::input::Span;
    use crate::signature::{ClusterId, Digest};

    fn every_reason() -> Vec<Reason> {
        let time = "2026-01-01T12:00:00Z".parse().unwrap();
        let actor = "arn:aws:iam::111122223333:role/app-1".to_owned();
        let like = Some("arn:aws:iam::111122223333:role/app-2".to_owned());
        let denied = |policy, explicit| Reason::Denied {
            denial: DenialReason { policy, explicit },
        };
        let nearest = |template: &str| Reason::NearestKnown {
            cluster: ClusterId(Digest([0; 16])),
            template: template.to_owned(),
            only_here: Vec::new(),
            only_there: Vec::new(),
        };
        let never = |history_hours, history_errors| Reason::NeverSeen {
            history_hours,
            history_errors,
        };
        let dimension = |familiarity| Reason::Dimension {
            dimension: Dimension::Region,
            value: "eu-north-1".to_owned(),
            familiarity,
        };
        vec![
            never(14 * 24, 2310),
            never(47, 1),
            never(0, 0),
            Reason::LastSeen {
                last: time,
                hours_ago: 1000,
            },
            Reason::Forgotten { founded: time },
            Reason::WasResolved,
            Reason::FirstByActor {
                actor: actor.clone(),
                known_actors: 3,
                like: None,
            },
            Reason::FirstByActor {
                actor: actor.clone(),
                known_actors: 0,
                like: None,
            },
            Reason::FirstByActor {
                actor,
                known_actors: 1,
                like,
            },
            Reason::ManyNewActors {
                actors: 1_234_567,
                known_actors: 2,
            },
            dimension(Familiarity::Unseen),
            dimension(Familiarity::Rare),
            dimension(Familiarity::Infrequent),
            dimension(Familiarity::Frequent),
            denied(DenialPolicy::ServiceControl, true),
            denied(DenialPolicy::Identity, false),
            nearest("not allowed to <*>"),
            nearest(""),
            Reason::SensitiveCall {
                sensitivity: Sensitivity::Sensitive,
            },
            Reason::SensitiveCall {
                sensitivity: Sensitivity::Critical,
            },
            Reason::Noise {
                mark: NoiseMark::SelfProbe,
            },
            Reason::FamilyOverflow { templates: 1001 },
            Reason::Late {
                within: Some(Span::at(time)),
            },
            Reason::Learning {
                learner: Learner::Account,
                have_hours: 40,
                need_hours: 168,
            },
        ]
    }

    #[test]
    fn every_reason_is_a_sentence() {
        let sentences: Vec<String> = every_reason().iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(sentences.join("\n"), @r"
        never seen before in 14 days of history with 2,310 error events
        never seen before in 47 hours of history with 1 error event
        never seen before, but there is no history yet to compare with
        last seen 2026-01-01T12:00:00Z, 41 days before this window
        first reported 2026-01-01T12:00:00Z, so long ago that no occurrence is remembered
        a person had marked it resolved
        first time by arn:aws:iam::111122223333:role/app-1; 3 other actors had it before
        first time by arn:aws:iam::111122223333:role/app-1; no other actor had it before
        first time by arn:aws:iam::111122223333:role/app-1; 1 other actor had it before, one with a name of the same shape: arn:aws:iam::111122223333:role/app-2
        first time by 1,234,567 actors; 2 other actors had it before
        region eu-north-1 was unseen among the account's errors
        region eu-north-1 was rare among the account's errors (at most 5 times)
        region eu-north-1 was infrequent among the account's errors (at most 1 % of them)
        region eu-north-1 was frequent among the account's errors
        refused by an explicit deny in a service control policy
        refused because no statement in an identity-based policy allows it
        the nearest known error of this call says: not allowed to <*>
        the nearest known error of this call has no message
        the call is sensitive: identities, keys, secrets, data policies or network boundaries
        the call is critical: it can blind the defender or take over the account
        known noise, ranked lower: an AWS service probes its own permissions
        this call failed with 1,001 different messages, more than are told apart: those past the cap are judged as one
        found in records that came after this window had been judged
        the account is still learning: 40 hours of history, 7 days needed
        ");
    }

    #[test]
    fn every_reason_survives_json() {
        for reason in every_reason() {
            let json = serde_json::to_string(&reason).unwrap();
            assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason, "{json}");
        }
    }
}
