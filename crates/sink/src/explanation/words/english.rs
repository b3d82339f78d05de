//! English.

use std::collections::BTreeMap;

use firstsight_engine::{Dimension, Familiarity, Labelled as _, Learner, LifeCycle, Locale, Novelty};

use super::Words;
use crate::explanation::Says;
use crate::explanation::sure::{Point, Score};
use crate::standing::Saying;
use crate::text::{counted, date, hours, listed, minute, range, thousands};

const LOCALE: Locale = Locale::English;

pub(super) static WORDS: Words = Words {
    what: "What",
    who: "Who",
    since: "Since when",
    why: "Why it is new",
    how_sure: "How sure",
    history: "What was said of it",
    next: "What to look at next",
    account: "account",
    cluster: "cluster",
    finding: "finding",
    no_code: "no error code",
    no_message: "no error message",
    no_finding: "No finding is recorded: see “How sure”.",
    late: "late",
    learning: "learning",
    records: "Records, with CloudTrail's event history in the AWS console (management events of the last 90 days)",
    no_record: "No record of it is kept any more.",
    insights: |range| format!("CloudWatch Logs Insights, over the trail's log group, {range}"),
    lookup: "AWS CLI (management events of the last 90 days)",
    commands: "Once you know what it is",
    more_values: "and others",
    between_sentences: " ",
    comma: ", ",
    score: |score| format!("score {score}"),
    seen: |count, first, last| {
        let times = counted(count, "time", "times");
        if first == last {
            format!("{times}, at {first} UTC")
        } else {
            format!("{times}, from {first} to {last} UTC")
        }
    },
    each_mark: |length| format!("each mark {}", hours(i64::try_from(length).unwrap_or(i64::MAX))),
    more_findings: |number| format!("and {}", counted(number, "other finding", "other findings")),
    key_use: |owner, time, call, region| format!("of {owner}, last used {time} UTC: {call} in {region}"),
    of_key,
    range,
    change: |by, at, action, before, after| format!("{at} UTC, {by}: {action} ({before} → {after})"),
    action: |action| match action {
        "acknowledge" => "somebody looks after it",
        "expect" => "it is part of normal work",
        "archive" => "out of sight until it escalates",
        _ => "",
    },
    point,
};

fn of_key(saying: &Saying<'_>) -> String {
    match saying {
        Saying::User(name) => format!("user {name}"),
        Saying::Active => "active".to_owned(),
        Saying::Inactive => "inactive".to_owned(),
        Saying::Created { on, days } => {
            format!("created {} ({} old)", date(*on), age(*days))
        }
        Saying::NeverUsed => "never used".to_owned(),
        Saying::Used { at, place } if place.is_empty() => format!("last used {} UTC", minute(*at)),
        Saying::Used { at, place } => format!("last used {} UTC ({place})", minute(*at)),
        Saying::UsedSince => "used since the last record".to_owned(),
        Saying::Dormant { days } => format!("not used for {} before", counted(*days, "day", "days")),
        Saying::NotListed(reason) => format!("status and age not known ({reason})"),
        Saying::Unknown(reason) => format!("not known ({reason})"),
    }
}

/// In days up to two years.
fn age(days: u64) -> String {
    match days {
        ..730 => counted(days, "day", "days"),
        _ => counted(days / 365, "year", "years"),
    }
}

fn point(point: &Point<'_>) -> String {
    match point {
        Point::NoFinding => {
            "No finding of this cluster is recorded: it was known before the first window that was \
                             judged, it was silenced, or its findings have been forgotten."
                .to_owned()
        }
        Point::History { hours: length, .. } if *length <= 0 => {
            "There was no history to compare it with: whatever comes first is new.".to_owned()
        }
        Point::History {
            hours: length,
            errors,
        } => format!(
            "It was compared with {} of the account's history, which holds {}.",
            hours(whole_days(*length)),
            counted(*errors, "error event", "error events")
        ),
        Point::Known(span) => format!(
            "This error had occurred {} before the window, from {} to {}.",
            counted(span.count, "time", "times"),
            span.first,
            span.last
        ),
        Point::Learning(None) => "The history was long enough to alert.".to_owned(),
        Point::Learning(Some((learner, have, need))) => format!(
            "{} was still learning ({} of {}), so that it was shown and not alerted.",
            who_learns(learner),
            hours(*have),
            hours(*need)
        ),
        Point::Complete(Some(true)) => "The window was fully read.".to_owned(),
        Point::Complete(Some(false)) => "The window was not fully read: there may be more.".to_owned(),
        Point::Complete(None) => "Whether the window was fully read is not remembered.".to_owned(),
        Point::Late => "Its records came after the window had been judged.".to_owned(),
        Point::Familiar(by) => familiar(by),
        Point::Score(parts) => score(parts),
        Point::Said(life_cycle, said) => said_of_it(*life_cycle, *said),
    }
}

/// To the nearest day, as reasons say it.
fn whole_days(hours: i64) -> i64 {
    if hours < 48 { hours } else { (hours + 12) / 24 * 24 }
}

fn who_learns(learner: &Learner) -> String {
    match learner {
        Learner::Account => "The account".to_owned(),
        Learner::Region(name) => format!("The region {name}"),
        Learner::Source(name) => format!("The source {name}"),
    }
}

fn familiar(by: &BTreeMap<Familiarity, Vec<Dimension>>) -> String {
    let told: Vec<String> = by
        .iter()
        .map(|(familiarity, dimensions)| {
            let names: Vec<String> = dimensions
                .iter()
                .map(|one| one.label(LOCALE).to_owned())
                .collect();
            format!("{} {}", listed(&names), familiarity.label(LOCALE))
        })
        .collect();
    format!(
        "Among the account's errors before: {}; successful calls are not looked at.",
        told.join(", ")
    )
}

fn score(score: &Score) -> String {
    let Some(rest) = score.rest else {
        return format!(
            "The score is {} of 100, from the novelty, the severity, how unfamiliar its values are and how often new \
             errors come there.",
            score.total
        );
    };
    let for_the_rest = if score.has_scopes {
        "for unfamiliar values and for how seldom new errors come there"
    } else {
        "for unfamiliar values"
    };
    let (novelty, severity) = (score.novelty, score.severity);
    let mut parts = vec![format!("{} for the novelty ({})", novelty.1, kind(novelty.0))];
    for (points, why) in [
        (severity.1, format!("for the severity ({})", severity.0)),
        (score.explicit, "for an explicit deny".to_owned()),
        (rest, for_the_rest.to_owned()),
    ] {
        if points > 0 {
            parts.push(format!("{points} {why}"));
        }
    }
    for (points, why) in [
        (score.noise, "for known noise"),
        (score.like, "for an actor of the same shape as a known one"),
    ] {
        if points < 0 {
            parts.push(format!("minus {} {why}", thousands(points.unsigned_abs())));
        }
    }
    format!("The score is {} of 100: {}.", score.total, listed(&parts))
}

fn kind(novelty: Novelty) -> &'static str {
    novelty.label(LOCALE)
}

fn said_of_it(life_cycle: LifeCycle, said: Option<&Says>) -> String {
    match said {
        None if life_cycle == LifeCycle::Open => "Nobody has said anything of it yet.".to_owned(),
        None => format!("It is {}.", life_cycle.label(LOCALE)),
        Some(Says { by, at, note }) => {
            let note = if note.is_empty() {
                String::new()
            } else {
                format!(": “{note}”")
            };
            let at = minute(*at);
            format!("It is {}, said {by} on {at} UTC{note}.", life_cycle.label(LOCALE))
        }
    }
}
