//! What a check of a configuration found, step by step, and what keeps findings from coming.

use serde::{Deserialize, Serialize};

/// So much of what was found stands in the verdict.
const LONGEST: usize = 120;

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// As it should be.
    Good,
    /// Could not be tried, or was not asked for; says why.
    Skipped,
    /// Works, with something missing.
    Warning,
    /// Does not work.
    Bad,
}

/// One step of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStep {
    /// What was checked: `credentials`, `log group`, `permission`, …
    pub name: String,
    /// The account that it is about, if it is about one.
    pub account: Option<String>,
    /// The region that it is about, if it is about one.
    pub region: Option<String>,
    /// The log group that it is about, if it was looked into.
    pub group: Option<String>,
    /// Of what: a role, a call, a name that was asked for; empty where the rest says it all.
    pub subject: String,
    /// How it went.
    pub outcome: CheckOutcome,
    /// What was found.
    pub found: String,
    /// What to do, where something is wrong.
    pub advice: Option<String>,
    /// Whether it keeps findings from coming, or some of them.
    pub hinders: bool,
}

impl CheckStep {
    /// A step that is about no account, region or group. It hinders where it does not work.
    #[must_use]
    pub fn new(name: &str, outcome: CheckOutcome, found: String, advice: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            account: None,
            region: None,
            group: None,
            subject: String::new(),
            outcome,
            found,
            advice: advice.map(str::to_owned),
            hinders: outcome == CheckOutcome::Bad,
        }
    }
}

/// A check: its steps in the order in which they were taken, and a verdict over them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkup {
    /// The steps.
    pub steps: Vec<CheckStep>,
    /// What keeps findings from coming, the most important first, in sentences; a sentence that says so where nothing does.
    pub verdict: Vec<String>,
}

/// What the steps of a check mean for who asked, in words that begin a sentence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CheckEffects<'a> {
    /// Of what does not work: `no findings`.
    pub bad: &'a str,
    /// Of what hinders besides: `perhaps fewer findings`.
    pub hindered: &'a str,
    /// The whole sentence where nothing is wrong.
    pub well: &'a str,
}

impl Checkup {
    /// These steps, with a verdict over them: what does not work, in the order in which one thing depends on another, then
    /// what hinders besides.
    #[must_use]
    pub fn of(steps: Vec<CheckStep>) -> Self {
        let effects = CheckEffects {
            bad: "no findings",
            hindered: "perhaps fewer findings",
            well: &well(&steps),
        };
        Self::with_effects(steps, &effects)
    }

    /// [`of`](Self::of) for a check of something else than where findings come from.
    #[must_use]
    pub fn with_effects(steps: Vec<CheckStep>, effects: &CheckEffects<'_>) -> Self {
        let bad = |step: &&CheckStep| step.outcome == CheckOutcome::Bad;
        let hindering = |step: &&CheckStep| step.hinders && step.outcome == CheckOutcome::Warning;
        let mut verdict: Vec<String> = steps
            .iter()
            .filter(bad)
            .map(|step| sentence(effects.bad, step))
            .collect();
        let hindered = steps.iter().filter(hindering);
        verdict.extend(hindered.map(|step| sentence(effects.hindered, step)));
        if verdict.is_empty() {
            verdict.push(effects.well.to_owned());
        }
        Self { steps, verdict }
    }

    /// Whether a step is [`CheckOutcome::Bad`].
    #[must_use]
    pub fn has_bad(&self) -> bool {
        self.steps.iter().any(|step| step.outcome == CheckOutcome::Bad)
    }
}

/// `no findings from log group …, account …, region …: newest record: …`.
fn sentence(effect: &str, step: &CheckStep) -> String {
    // A group that was asked for and not looked into is the subject.
    let asked_for = step.name == "log group" && step.group.is_none();
    let group = if asked_for {
        Some(&step.subject)
    } else {
        step.group.as_ref()
    };
    let what = match step.subject.as_str() {
        _ if asked_for => String::new(),
        "" => format!(": {}", step.name),
        subject => format!(": {} {subject}", step.name),
    };
    let parts = [
        ("log group", group),
        ("account", step.account.as_ref()),
        ("region", step.region.as_ref()),
    ];
    let places: Vec<String> = parts
        .into_iter()
        .filter_map(|(word, name)| name.map(|name| format!("{word} {name}")))
        .collect();
    let found = shortened(&step.found);
    let from = if places.is_empty() { "" } else { " from " };
    format!("{effect}{from}{}{what}: {found}", places.join(", "))
}

/// The first characters: all of it stands at the step.
fn shortened(found: &str) -> String {
    match found.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", found[..end].trim_end()),
        None => found.to_owned(),
    }
}

fn well(steps: &[CheckStep]) -> String {
    let read: Vec<&str> = steps
        .iter()
        .filter(|step| step.name == "error events" && step.outcome == CheckOutcome::Good)
        .map(|step| step.found.as_str())
        .collect();
    let colon = if read.is_empty() { "" } else { ": " };
    format!(
        "nothing is wrong{colon}{}; findings come when something fails as it has never failed before",
        read.join("; ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(name: &str, outcome: CheckOutcome, group: Option<&str>, found: &str) -> CheckStep {
        CheckStep {
            name: name.to_owned(),
            account: group.map(|_| "111122223333".to_owned()),
            region: group.map(|_| "eu-west-1".to_owned()),
            group: group.map(str::to_owned),
            subject: String::new(),
            outcome,
            found: found.to_owned(),
            advice: None,
            hinders: outcome == CheckOutcome::Bad,
        }
    }

    #[test]
    fn what_does_not_work_comes_before_what_only_hinders() {
        let stale = CheckStep {
            hinders: true,
            ..step("newest record", CheckOutcome::Warning, Some("trail"), "2 h ago")
        };
        let harmless = step("access keys", CheckOutcome::Warning, None, "unknown");
        let asked_for = CheckStep {
            group: None,
            subject: "other".to_owned(),
            ..step("log group", CheckOutcome::Bad, Some(""), "not found here")
        };
        let checkup = Checkup::of(vec![
            stale,
            harmless,
            asked_for,
            step("state", CheckOutcome::Bad, None, "locked"),
        ]);
        assert!(checkup.has_bad());
        assert_eq!(
            checkup.verdict,
            [
                "no findings from log group other, account 111122223333, region eu-west-1: not found here",
                "no findings: state: locked",
                "perhaps fewer findings from log group trail, account 111122223333, region eu-west-1: newest record: 2 h ago",
            ]
        );
    }

    #[test]
    fn a_check_of_something_else_says_what_that_means() {
        let effects = CheckEffects {
            bad: "no events reach us",
            hindered: "perhaps nobody is alerted",
            well: "all is well",
        };
        let unbound = CheckStep {
            hinders: true,
            ..step("alert policies", CheckOutcome::Warning, None, "none is bound")
        };
        let steps = vec![unbound, step("token", CheckOutcome::Bad, None, "not accepted")];
        assert_eq!(
            Checkup::with_effects(steps, &effects).verdict,
            [
                "no events reach us: token: not accepted",
                "perhaps nobody is alerted: alert policies: none is bound",
            ]
        );
        assert_eq!(
            Checkup::with_effects(Vec::new(), &effects).verdict,
            ["all is well"]
        );
    }

    #[test]
    fn where_nothing_hinders_it_is_said_what_was_seen() {
        let seen = step(
            "error events",
            CheckOutcome::Good,
            Some("trail"),
            "3 error events among 12 records of the last hour",
        );
        assert_eq!(
            Checkup::of(vec![seen]).verdict,
            [
                "nothing is wrong: 3 error events among 12 records of the last hour; findings come when something fails \
                 as it has never failed before"
            ]
        );
        assert_eq!(
            Checkup::of(Vec::new()).verdict,
            ["nothing is wrong; findings come when something fails as it has never failed before"]
        );
    }
}
