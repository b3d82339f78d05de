//! Parts of a configuration in words.

use firstsight_inspection::alert::{AlertPolicy, Day, Filter, Outside, Pattern, Repeat, Through, ZoneName};

use crate::filter::CLASSES;
use crate::values::DAYS;

/// A length of time in the largest unit that it is whole in.
pub(super) fn length(seconds: i64) -> String {
    const UNITS: [(i64, &str); 4] = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    if seconds == 0 {
        return "0s".to_owned();
    }
    let unit = UNITS.iter().find(|(unit, _)| seconds % unit == 0);
    let (unit, name) = unit.copied().unwrap_or((1, "s"));
    format!("{}{name}", seconds / unit)
}

pub(super) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {what}{plural}")
}

pub(super) fn joined(items: &[impl AsRef<str>]) -> String {
    let items: Vec<&str> = items.iter().map(AsRef::as_ref).collect();
    items.join(", ")
}

/// What a filter matches; `None` where that is everything.
pub(super) fn patterns(filter: &Filter) -> Option<String> {
    let written = |patterns: &[Pattern]| {
        let all: Vec<String> = patterns.iter().map(|one| String::from(one.clone())).collect();
        joined(&all)
    };
    let classes = CLASSES.iter().filter(|(_, class)| filter.classes.contains(class));
    let classes: Vec<&str> = classes.map(|(name, _)| *name).collect();
    let clusters: Vec<String> = filter.clusters.iter().map(ToString::to_string).collect();
    let parts = [
        ("inspection", written(&filter.inspections)),
        ("account", written(&filter.accounts)),
        ("service", written(&filter.services)),
        ("call", written(&filter.calls)),
        ("error code", written(&filter.error_codes)),
        ("class", joined(&classes)),
        ("actor", written(&filter.actors)),
        ("cluster", joined(&clusters)),
    ];
    let said: Vec<String> = parts
        .iter()
        .filter(|(_, patterns)| !patterns.is_empty())
        .map(|(what, patterns)| format!("{what} is {patterns}"))
        .collect();
    (!said.is_empty()).then(|| said.join(" and "))
}

fn days(days: &[Day]) -> String {
    let names = DAYS.iter().filter(|(_, day)| days.contains(day));
    let names: Vec<&str> = names.map(|(name, _)| *name).collect();
    if names.is_empty() {
        return "every day".to_owned();
    }
    joined(&names)
}

fn clock(minutes: u16) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// The hours of a policy, where it has any.
pub(super) fn at_hours(policy: &AlertPolicy) -> Option<String> {
    let stretches: Vec<String> = policy
        .hours
        .iter()
        .map(|hours| {
            format!(
                "{} {} to {}",
                days(&hours.days),
                clock(hours.from),
                clock(hours.until)
            )
        })
        .collect();
    let outside = match policy.outside {
        Outside::Hold => "what comes outside is held until then",
        Outside::Drop => "what comes outside is not sent",
    };
    let zone = &policy.zone.0;
    (!stretches.is_empty()).then(|| format!("{} ({zone}); {outside}", stretches.join("; ")))
}

/// Silence, aggregation and cap.
pub(super) fn how_often(policy: &AlertPolicy) -> String {
    let mut said = vec![silence(policy)];
    if policy.aggregate > 0 {
        said.push(format!("one notification for {}", length(policy.aggregate)));
    }
    if policy.cap > 0 {
        said.push(format!("at most {} a window, the rest as a digest", policy.cap));
    }
    if !policy.recovery {
        said.push("no recoveries".to_owned());
    }
    said.join("; ")
}

fn silence(policy: &AlertPolicy) -> String {
    if policy.silence == 0 {
        return "each event".to_owned();
    }
    let through = match policy.through {
        Through::Findings => "unless it gets worse or has something new",
        Through::Severity => "unless it gets worse",
        Through::Nothing => "whatever comes",
    };
    format!("a fault once in {}, {through}", length(policy.silence))
}

/// When a mute comes back.
pub(super) fn repeated(repeat: &Repeat, zone: &ZoneName) -> String {
    let at = clock(repeat.at);
    let lasts = length(i64::from(repeat.minutes) * 60);
    format!("{} at {at} ({}) for {lasts}", days(&repeat.days), zone.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_in_their_largest_unit() {
        let lengths = [0, 1, 90, 600, 3_600, 5_400, 86_400, 14 * 86_400].map(length);
        assert_eq!(lengths, ["0s", "1s", "90s", "10m", "1h", "90m", "1d", "14d"]);
    }
}
