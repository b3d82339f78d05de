//! A finding or a cluster explained to a person: what, who, since when, why it is new, how sure, what to look at next.
//!
//! [`Explanation::of`] is a pure function of [`Facts`] and a language: the same facts give the same bytes.

mod facts;
mod sure;
pub(crate) mod words;

pub use facts::{Change, Facts, Kept, Says};
use firstsight_engine::{
    Class, ClusterId, Dimension, Familiarity, Finding, FindingId, HourCount, Locale, Novelty, Range, Reason,
    Sensitivity, Severity, Span, Time, Verb,
};
use serde::{Deserialize, Serialize};

use crate::event::KeyActivity;
use crate::lead::{FailedCall, Insights, Lead};

/// One cluster as `firstsight explain` tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// `firstsight.explanation/1`.
    pub schema: String,
    /// The language of its sentences and words.
    pub locale: Locale,
    /// What was asked for.
    pub asked: Asked,
    /// The cluster.
    pub cluster: ClusterId,
    /// What fails.
    pub what: What,
    /// Where it came from: by dimension, then by count.
    pub who: Vec<Party>,
    /// The access keys among them, with owner and last use.
    pub keys: Vec<KeyActivity>,
    /// Since when.
    pub since: Since,
    /// Its findings: the one that was asked for first, then the newest first; at most [`Explanation::MOST_FINDINGS`].
    pub findings: Vec<Told>,
    /// How many more there are.
    pub more_findings: u64,
    /// How far to trust the first finding: sentences of one paragraph.
    pub how_sure: Vec<String>,
    /// What people, and judgements in their name, changed: the newest first.
    pub history: Vec<Change>,
    /// What to look at next.
    pub next: Next,
}

impl Explanation {
    /// The schema that this version writes.
    pub const SCHEMA: &'static str = "firstsight.explanation/1";
    /// The most findings of a cluster that are told.
    pub const MOST_FINDINGS: usize = 5;
    /// The most values of one dimension that are told.
    pub const MOST_VALUES: usize = 10;
    /// The most records that are led to.
    pub const MOST_LEADS: usize = 10;

    /// The explanation of some facts.
    #[must_use]
    pub fn of(facts: &Facts, locale: Locale) -> Self {
        let findings = facts.findings.iter().take(Self::MOST_FINDINGS);
        Self {
            schema: Self::SCHEMA.to_owned(),
            locale,
            asked: facts.asked.clone(),
            cluster: facts.cluster,
            what: What::of(facts),
            who: who(facts),
            keys: facts.keys.clone(),
            since: Since {
                founded: facts.founded,
                seen: facts.seen,
                hours: facts.hours.clone(),
            },
            more_findings: facts.more_findings
                + (facts.findings.len().saturating_sub(Self::MOST_FINDINGS)) as u64,
            findings: findings.map(|finding| Told::of(finding, locale)).collect(),
            how_sure: sure::sentences(facts, locale),
            history: facts.history.clone(),
            next: Next::of(facts),
        }
    }
}

/// What `explain` was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Which kind of id it was.
    pub kind: AskedKind,
    /// The id in full.
    pub id: String,
}

/// A kind of id that can be explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AskedKind {
    /// A cluster's.
    Cluster,
    /// A finding's.
    Finding,
    /// That of an event that was sent.
    Event,
    /// A CloudTrail record's `eventID`.
    Record,
}

/// What fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct What {
    /// The account that the errors count for.
    pub account: String,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`, empty where the records have none.
    pub error_code: String,
    /// The message with its variable parts named.
    pub template: String,
    /// What stood for them.
    pub variables: Vec<Variable>,
    /// What kind of error it is.
    pub class: Class,
    /// Whether the call reads or changes something.
    pub verb: Verb,
    /// How sensitive the call is.
    pub sensitivity: Sensitivity,
    /// What the call is known for as an attack.
    pub technique: Option<Technique>,
}

impl What {
    fn of(facts: &Facts) -> Self {
        Self {
            account: facts.account.clone(),
            event_source: facts.event_source.clone(),
            event_name: facts.event_name.clone(),
            error_code: facts.error_code.clone(),
            template: facts.template.clone(),
            variables: facts.variables.clone(),
            class: facts.class,
            verb: facts.verb,
            sensitivity: facts.sensitivity,
            technique: named_technique(&facts.findings).or_else(|| facts.technique.clone()),
        }
    }
}

/// The technique as a finding tells it: with its name.
fn named_technique(findings: &[Finding]) -> Option<Technique> {
    let mut reasons = findings.iter().flat_map(|finding| &finding.reasons);
    reasons.find_map(|reason| match reason {
        Reason::Technique { id, name, tactic } => Some(Technique {
            id: id.clone(),
            name: name.clone(),
            tactic: tactic.clone(),
        }),
        _ => None,
    })
}

/// What stood for a variable of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// Its name, as the template shows it.
    pub name: String,
    /// Some of its values with their occurrences, the most frequent first.
    pub values: Vec<(String, u64)>,
    /// Whether there were others.
    pub more: bool,
}

/// A technique of MITRE ATT&CK.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Technique {
    /// Its id, as `T1562.008`.
    pub id: String,
    /// Its name, empty where it is not known.
    pub name: String,
    /// Its tactic, empty where it is not known.
    pub tactic: String,
}

/// One value of a dimension of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// Which dimension.
    pub dimension: Dimension,
    /// Which value.
    pub value: String,
    /// Its remembered occurrences in this cluster.
    pub count: u64,
    /// How well the account's error events knew it before the first finding's window; `None` where it does not occur
    /// there.
    pub familiarity: Option<Familiarity>,
}

/// The values that the first finding tells, then the others.
fn who(facts: &Facts) -> Vec<Party> {
    let told = facts.findings.first().map_or(&[][..], |finding| &finding.values);
    let count_of = |dimension: Dimension, value: &str| {
        let mut known = facts.values.iter();
        known.find_map(|(of, name, count)| (*of == dimension && name == value).then_some(*count))
    };
    let mut parties: Vec<Party> = told
        .iter()
        .map(|value| Party {
            dimension: value.dimension,
            value: value.value.clone(),
            count: count_of(value.dimension, &value.value)
                .map_or(value.count, |count| count.max(value.count)),
            familiarity: Some(value.familiarity),
        })
        .collect();
    for (dimension, value, count) in &facts.values {
        if !parties
            .iter()
            .any(|party| party.dimension == *dimension && party.value == *value)
        {
            parties.push(Party {
                dimension: *dimension,
                value: value.clone(),
                count: *count,
                familiarity: None,
            });
        }
    }
    few(parties)
}

/// A few of each dimension: those of the finding, then the most frequent ones.
fn few(mut parties: Vec<Party>) -> Vec<Party> {
    parties.sort_by(|a, b| {
        let order = |party: &Party| {
            (
                party.dimension,
                party.familiarity.is_none(),
                std::cmp::Reverse(party.count),
            )
        };
        order(a).cmp(&order(b)).then_with(|| a.value.cmp(&b.value))
    });
    let mut kept: Vec<Party> = Vec::new();
    for party in parties {
        let same = kept
            .iter()
            .filter(|known| known.dimension == party.dimension)
            .count();
        if same < Explanation::MOST_VALUES {
            kept.push(party);
        }
    }
    kept
}

/// Since when a cluster occurs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// The start of the window whose judgement recorded it first.
    pub founded: Time,
    /// All its remembered occurrences.
    pub seen: Span,
    /// Its occurrences an hour, by hour.
    pub hours: Vec<HourCount>,
}

/// A finding as it is told: without what the explanation tells once for all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Its id.
    pub id: FindingId,
    /// Which novelty.
    pub novelty: Novelty,
    /// How much it matters.
    pub severity: Severity,
    /// How unusual it is, 0 to 100.
    pub score: u8,
    /// The window it was found in.
    pub window: Range,
    /// Its occurrences in the window.
    pub within: Span,
    /// Whether its records came after the window had been judged.
    pub late: bool,
    /// Whether its account was still learning.
    pub learning: bool,
    /// Why it is a finding, as data.
    pub reasons: Vec<Reason>,
    /// The same as sentences.
    pub why: Vec<String>,
}

impl Told {
    fn of(finding: &Finding, locale: Locale) -> Self {
        let why = finding
            .reasons
            .iter()
            .map(|reason| reason.sentence(locale).to_string());
        Self {
            id: finding.id,
            novelty: finding.novelty,
            severity: finding.severity,
            score: finding.score,
            window: finding.window,
            within: finding.within,
            late: finding.late,
            learning: finding.learning,
            why: why.collect(),
            reasons: finding.reasons.clone(),
        }
    }
}

/// What to look at next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Next {
    /// Kept records, by time from the newest.
    pub records: Vec<Lead>,
    /// A query that finds all occurrences of the first finding's window, or of the cluster where there is no finding.
    pub insights: Insights,
    /// A command that lists the calls in the region where most of them came from.
    pub lookup: Option<String>,
    /// What can be said of the cluster; nothing where it is kept nowhere.
    pub commands: Vec<Command>,
}

/// A command of firstsight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// What it does: `acknowledge`, `expect`, `archive`.
    pub action: String,
    /// The command line.
    pub command: String,
}

impl Next {
    fn of(facts: &Facts) -> Self {
        let call = FailedCall {
            account: &facts.account,
            event_source: &facts.event_source,
            event_name: &facts.event_name,
            error_code: &facts.error_code,
        };
        let span = facts
            .findings
            .first()
            .map_or(facts.seen, |finding| finding.within);
        Self {
            records: leads(facts),
            insights: call.insights(span.first, span.last),
            lookup: main_region(facts).and_then(|region| call.lookup(region, span.first, span.last)),
            commands: commands(facts),
        }
    }
}

fn leads(facts: &Facts) -> Vec<Lead> {
    let mut samples: Vec<_> = facts.samples.iter().collect();
    samples.sort_by_key(|sample| std::cmp::Reverse((sample.time, sample.identity)));
    samples.dedup_by_key(|sample| sample.identity);
    // The record that was asked for is never the one that is left out.
    samples.sort_by_key(|sample| facts.asked.kind != AskedKind::Record || sample.event_id != facts.asked.id);
    samples.truncate(Explanation::MOST_LEADS);
    samples.into_iter().map(Lead::from).collect()
}

/// The region where most of it came from: in the first finding's window, else ever.
fn main_region(facts: &Facts) -> Option<&str> {
    let told = facts
        .findings
        .first()
        .into_iter()
        .flat_map(|finding| &finding.values);
    let told = told.map(|value| (value.dimension, value.value.as_str(), value.count));
    let ever = facts
        .values
        .iter()
        .map(|(dimension, value, count)| (*dimension, value.as_str(), *count));
    most_frequent(Dimension::Region, told).or_else(|| most_frequent(Dimension::Region, ever))
}

fn most_frequent<'a>(
    wanted: Dimension,
    values: impl Iterator<Item = (Dimension, &'a str, u64)>,
) -> Option<&'a str> {
    let values = values.filter(|(dimension, ..)| *dimension == wanted);
    values
        .max_by_key(|&(_, value, count)| (count, std::cmp::Reverse(value)))
        .map(|(_, value, _)| value)
}

fn commands(facts: &Facts) -> Vec<Command> {
    let state = match &facts.kept {
        Kept::Nowhere => return Vec::new(),
        Kept::Default => String::new(),
        Kept::At(path) => format!(" --state {}", shell_word(path)),
    };
    ["acknowledge", "expect", "archive"]
        .map(|action| Command {
            action: action.to_owned(),
            command: format!("firstsight clusters {action} {}{state} --note ''", facts.cluster),
        })
        .into()
}

/// A path as one word of a shell.
fn shell_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests;
