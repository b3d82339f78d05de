//! How far to trust a finding: what it was compared with, how complete that was, and how its score adds up.

use std::collections::BTreeMap;

use firstsight_engine::{
    Dimension, Familiarity, Finding, Learner, LifeCycle, Locale, Novelty, Reason, Severity, Span,
};

use super::facts::{Facts, Says};
use super::words;

/// One sentence of the paragraph, as data.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Point<'a> {
    /// No finding is recorded.
    NoFinding,
    /// The account's history that a new error was compared with.
    History { hours: i64, errors: u64 },
    /// Its own occurrences before the window.
    Known(Span),
    /// What was learning still; nothing where the history was long enough.
    Learning(Option<(&'a Learner, i64, i64)>),
    /// Whether the window was fully read, where that is remembered.
    Complete(Option<bool>),
    /// It was found in records that came late.
    Late,
    /// Which dimensions were how familiar: the least familiar value of each.
    Familiar(BTreeMap<Familiarity, Vec<Dimension>>),
    /// How its score adds up.
    Score(Score),
    /// What people said, and who.
    Said(LifeCycle, Option<&'a Says>),
}

/// A score by its parts, see [`Finding::score`].
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Score {
    pub(crate) total: u8,
    pub(crate) novelty: (Novelty, i64),
    pub(crate) severity: (Severity, i64),
    pub(crate) explicit: i64,
    pub(crate) noise: i64,
    pub(crate) like: i64,
    /// What is left for unfamiliar values and for what the finding does not tell of its scopes; `None` where more than
    /// these parts decided.
    pub(crate) rest: Option<i64>,
    /// Whether scopes count: for surges they do not.
    pub(crate) has_scopes: bool,
}

/// The most points that unfamiliar values give.
const MOST_UNFAMILIAR: i64 = 40;
/// The most points of scopes in which new errors are not so rare that the finding says so.
const MOST_UNTOLD: i64 = 13;

impl Score {
    pub(crate) fn of(finding: &Finding) -> Self {
        let novelty = match finding.novelty {
            Novelty::New => 40,
            Novelty::NewActor => 25,
            _ => 30,
        };
        let severity = 5 * finding.severity as i64;
        let explicit = 5 * i64::from(finding.denial.is_some_and(|denial| denial.explicit));
        let noise = -10 * i64::try_from(finding.noise.len().min(2)).unwrap_or(2);
        let like = -10 * i64::from(finding.reasons.iter().any(has_likeness));
        let rest = i64::from(finding.score) - (novelty + severity + explicit + noise + like);
        let scoped = |reason: &Reason| matches!(reason, Reason::QuietScope { .. } | Reason::BusyScope { .. });
        let has_scopes = finding.novelty != Novelty::Surge;
        let most = MOST_UNFAMILIAR + if has_scopes { MOST_UNTOLD } else { 0 };
        let told = (0..=most).contains(&rest)
            && (1..=99).contains(&finding.score)
            && !finding.reasons.iter().any(scoped);
        Self {
            total: finding.score,
            novelty: (finding.novelty, novelty),
            severity: (finding.severity, severity),
            explicit,
            noise,
            like,
            rest: told.then_some(rest),
            has_scopes,
        }
    }
}

fn has_likeness(reason: &Reason) -> bool {
    matches!(reason, Reason::FirstByActor { like: Some(_), .. })
}

/// The paragraph in a language.
pub(super) fn sentences(facts: &Facts, locale: Locale) -> Vec<String> {
    let words = words::of(locale);
    points(facts).iter().map(|point| (words.point)(point)).collect()
}

pub(crate) fn points(facts: &Facts) -> Vec<Point<'_>> {
    let mut points = match facts.findings.first() {
        Some(finding) => about(finding, facts.complete),
        None => vec![Point::NoFinding],
    };
    points.push(Point::Said(facts.life_cycle, facts.said.as_ref()));
    points
}

fn about(finding: &Finding, complete: Option<bool>) -> Vec<Point<'_>> {
    let mut points = Vec::new();
    points.extend(finding.reasons.iter().find_map(history));
    points.extend(finding.before.map(Point::Known));
    points.push(Point::Learning(finding.reasons.iter().find_map(learning)));
    points.push(Point::Complete(complete));
    if finding.late {
        points.push(Point::Late);
    }
    let familiar = familiar(finding);
    if !familiar.is_empty() {
        points.push(Point::Familiar(familiar));
    }
    points.push(Point::Score(Score::of(finding)));
    points
}

fn history(reason: &Reason) -> Option<Point<'_>> {
    match *reason {
        Reason::NeverSeen {
            history_hours,
            history_errors,
        } => Some(Point::History {
            hours: history_hours,
            errors: history_errors,
        }),
        _ => None,
    }
}

fn learning(reason: &Reason) -> Option<(&Learner, i64, i64)> {
    match reason {
        Reason::Learning {
            learner,
            have_hours,
            need_hours,
        } => Some((learner, *have_hours, *need_hours)),
        _ => None,
    }
}

/// The dimensions by the familiarity of their least familiar value. Noise marks describe, and are not compared.
fn familiar(finding: &Finding) -> BTreeMap<Familiarity, Vec<Dimension>> {
    let mut least: BTreeMap<Dimension, Familiarity> = BTreeMap::new();
    for value in finding
        .values
        .iter()
        .filter(|value| value.dimension != Dimension::Noise)
    {
        least
            .entry(value.dimension)
            .and_modify(|known| *known = (*known).min(value.familiarity))
            .or_insert(value.familiarity);
    }
    let mut by_familiarity: BTreeMap<Familiarity, Vec<Dimension>> = BTreeMap::new();
    for (dimension, familiarity) in least {
        by_familiarity.entry(familiarity).or_default().push(dimension);
    }
    by_familiarity
}
