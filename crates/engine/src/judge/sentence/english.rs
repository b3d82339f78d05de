//! English. Sentences have no full stop and begin in lower case, so that they can stand in a list or behind a colon.

use std::fmt;

use firstsight_cloudtrail::classify::{Class, DenialPolicy, DenialReason, NoiseMark, Sensitivity, Verb};

use super::{Digits, Rate, Tenths, call, words};
use crate::judge::input::{LifeCycle, Scope, Span, Until};
use crate::judge::verdict::{Familiarity, Learner, Novelty, Reason, Severity};
use crate::signature::Dimension;
use crate::surge::{Surge, SurgeModel};

pub(super) fn write(reason: &Reason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match reason {
        Reason::NeverSeen {
            history_hours,
            history_errors,
        } => never_seen(f, *history_hours, *history_errors),
        Reason::LastSeen { last, hours_ago } => {
            write!(f, "last seen {last}, {} before this window", Length(*hours_ago))
        }
        Reason::Forgotten { founded } => write!(
            f,
            "first reported {founded}, so long ago that no occurrence is remembered"
        ),
        Reason::WasResolved => f.write_str("a person had marked it resolved"),
        Reason::FirstByActor {
            actor,
            known_actors,
            like,
        } => first_by_actor(f, actor, *known_actors, like.as_deref()),
        Reason::ManyNewActors { actors, known_actors } => write!(
            f,
            "first time by {}; {}",
            Many(*actors, "actor"),
            others(*known_actors)
        ),
        Reason::Dimension {
            dimension: which,
            value,
            familiarity,
        } => write!(f, "{} {value} {}", dimension(*which), how_well(*familiarity)),
        Reason::Denied { denial } => denied(f, *denial),
        Reason::NearestKnown {
            template,
            only_here,
            only_there,
            ..
        } => nearest(f, template, only_here, only_there),
        Reason::Technique { id, name, tactic } => {
            let tactic = words(tactic);
            write!(f, "attackers use this call: MITRE ATT&CK {id} {name} ({tactic})")
        }
        Reason::SensitiveTarget {
            target,
            sensitivity: how,
        } => write!(
            f,
            "for the first time about {target}, a {} resource",
            sensitivity(*how)
        ),
        Reason::QuietScope {
            scope,
            per_week_millis,
        } => quiet(f, scope, *per_week_millis),
        Reason::BusyScope {
            scope,
            per_week_millis,
        } => write!(
            f,
            "ranked lower: {} meets new errors all the time, about {} a week",
            place(scope),
            Rate(*per_week_millis)
        ),
        Reason::Escalated => f.write_str("it was archived until it escalates, and now it has"),
        Reason::DimensionOverflow {
            dimension: which,
            kept,
        } => write!(
            f,
            "it has more than {}: those past that are not told apart, so a first time by one of them cannot be told",
            Many(*kept, dimension(*which))
        ),
        Reason::SensitiveCall { sensitivity } => f.write_str(sensitive_call(*sensitivity)),
        Reason::Noise { mark } => write!(f, "known noise, ranked lower: {}", noise(*mark)),
        Reason::FamilyOverflow { templates } => write!(
            f,
            "this call failed with more than {}: those past the bound are judged as one",
            Many(*templates, "different message")
        ),
        Reason::Surge { surge } => surged(f, surge),
        Reason::Late { within } => late(f, *within),
        Reason::Learning {
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

fn surged(f: &mut fmt::Formatter<'_>, surge: &Surge) -> fmt::Result {
    write!(
        f,
        "{} in this window where about {} were to be expected and {} would still be usual, by {} over {}",
        Many(surge.seen, "time"),
        Tenths(surge.expected_millis),
        Digits(surge.at_most),
        compared_with(surge.model),
        Length(i64::try_from(surge.history_hours).unwrap_or(i64::MAX)),
    )
}

fn compared_with(model: SurgeModel) -> &'static str {
    match model {
        SurgeModel::HourOfWeek => "its own hours of the week",
        SurgeModel::HourOfDay => "its own hours of the day, weekdays and weekends apart,",
        SurgeModel::AccountRhythm => "its own level and the account's daily rhythm",
        SurgeModel::Flat => "its own level alone",
        SurgeModel::AccountTotal => "all errors of the account",
    }
}

/// A count with its noun.
struct Many(u64, &'static str);

impl fmt::Display for Many {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} {}{}",
            Digits(self.0),
            self.1,
            if self.0 == 1 { "" } else { "s" }
        )
    }
}

/// Hours, as whole days from two days on.
struct Length(i64);

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match super::length(self.0) {
            super::Length::Hours(hours) => Many(hours, "hour").fmt(f),
            super::Length::Days(days) => Many(days, "day").fmt(f),
        }
    }
}

fn never_seen(f: &mut fmt::Formatter<'_>, hours: i64, errors: u64) -> fmt::Result {
    if hours <= 0 {
        return f.write_str("never seen before, but there is no history yet to compare with");
    }
    let hours = Length(super::to_whole_days(hours));
    write!(
        f,
        "never seen before in {hours} of history with {}",
        Many(errors, "error event")
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
        DenialPolicy::PublicAccessBlock => "the settings of S3 Block Public Access",
        _ => "a policy",
    }
}

fn nearest(f: &mut fmt::Formatter<'_>, template: &str, here: &[String], there: &[String]) -> fmt::Result {
    if template.is_empty() {
        return f.write_str("the nearest known error of this call has no message");
    }
    write!(f, "the nearest known error of this call says: {template}")?;
    let side = |name: &str, words: &[String]| format!("{name}: '{}'", words.join(" "));
    match (there.is_empty(), here.is_empty()) {
        (true, true) => Ok(()),
        (false, true) => write!(f, " ({})", side("only there", there)),
        (true, false) => write!(f, " ({})", side("only here", here)),
        (false, false) => write!(f, " ({}; {})", side("there", there), side("here", here)),
    }
}

fn quiet(f: &mut fmt::Formatter<'_>, scope: &Scope, per_week_millis: u64) -> fmt::Result {
    if per_week_millis < Rate::LEAST {
        return write!(f, "new errors {} are rare: hardly any come", from(scope));
    }
    write!(
        f,
        "new errors {} are rare: about {} a week",
        from(scope),
        Rate(per_week_millis)
    )
}

fn late(f: &mut fmt::Formatter<'_>, within: Option<Span>) -> fmt::Result {
    f.write_str("found in records that came after this window had been judged")?;
    match within {
        None => Ok(()),
        Some(span) if span.first == span.last => {
            write!(f, ": {} of {}", Many(span.count, "error event"), span.first)
        }
        Some(span) => write!(
            f,
            ": {} from {} to {}",
            Many(span.count, "error event"),
            span.first,
            span.last
        ),
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
        } => call(event_source, event_name),
    }
}

fn from(scope: &Scope) -> String {
    let preposition = match scope {
        Scope::Organisation | Scope::Account { .. } => "in",
        Scope::Actor { .. } => "by",
        Scope::Call { .. } => "of",
    };
    format!("{preposition} {}", place(scope))
}

fn learning(learner: &Learner) -> String {
    match learner {
        Learner::Account => "the account".to_owned(),
        Learner::Region(name) => format!("the region {name}"),
        Learner::Source(name) => format!("the source {name}"),
    }
}

fn sensitive_call(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Normal => "the call is an ordinary one",
        Sensitivity::Sensitive => {
            "the call is sensitive: identities, keys, secrets, data policies or network boundaries"
        }
        Sensitivity::Critical => "the call is critical: it can blind the defender or take over the account",
    }
}

pub(super) fn noise(mark: NoiseMark) -> &'static str {
    match mark {
        NoiseMark::SelfProbe => "an AWS service probes its own permissions",
        NoiseMark::ServiceLinkedRole => "a service-linked role looks at services that are not set up",
        NoiseMark::ConsoleProbe => "the AWS console asks for everything a page might show",
        NoiseMark::InfrastructureAsCode => "infrastructure as code reads settings back",
        NoiseMark::Scanner => "a security or compliance scanner",
        _ => "a kind that this version does not name",
    }
}

pub(super) fn dimension(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Actor => "actor",
        Dimension::AccessKey => "access key",
        Dimension::SourceNetwork => "source network",
        Dimension::Region => "region",
        Dimension::UserAgent => "user agent",
        Dimension::Noise => "noise mark",
        Dimension::Target => "target",
        Dimension::Variable => "variable",
    }
}

pub(super) const fn familiarity(familiarity: Familiarity) -> &'static str {
    match familiarity {
        Familiarity::Unseen => "UNSEEN",
        Familiarity::Rare => "RARE",
        Familiarity::Infrequent => "INFREQUENT",
        Familiarity::Frequent => "FREQUENT",
    }
}

pub(super) const fn severity(severity: Severity) -> &'static str {
    severity.as_str()
}

pub(super) const fn novelty(novelty: Novelty) -> &'static str {
    novelty.as_str()
}

pub(super) fn class(class: Class) -> &'static str {
    match class {
        Class::AccessDenied => "access denied",
        Class::Authentication => "authentication",
        Class::Throttling => "throttling",
        Class::NotConfigured => "not configured",
        Class::NotFound => "not found",
        Class::Conflict => "conflict",
        Class::Validation => "validation",
        Class::Quota => "quota",
        Class::DryRun => "dry run",
        Class::ServiceFault => "service fault",
        _ => "other",
    }
}

pub(super) const fn verb(verb: Verb) -> &'static str {
    match verb {
        Verb::Read => "read",
        Verb::Write => "write",
    }
}

pub(super) const fn sensitivity(sensitivity: Sensitivity) -> &'static str {
    match sensitivity {
        Sensitivity::Normal => "normal",
        Sensitivity::Sensitive => "sensitive",
        Sensitivity::Critical => "critical",
    }
}

pub(super) fn life_cycle(life_cycle: LifeCycle) -> String {
    match life_cycle {
        LifeCycle::Open => "open".to_owned(),
        LifeCycle::Acknowledged => "acknowledged".to_owned(),
        LifeCycle::Expected => "expected".to_owned(),
        LifeCycle::Archived(Until::Escalation) => "archived until it escalates".to_owned(),
        LifeCycle::Archived(Until::Time(until)) => format!("archived until {until}"),
        LifeCycle::Archived(Until::Forever) => "archived for ever".to_owned(),
        LifeCycle::Resolved => "resolved".to_owned(),
    }
}
