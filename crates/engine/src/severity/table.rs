//! Rules of severity as a table of text.

use std::str::FromStr;

use firstsight_cloudtrail::ActorKind;
use firstsight_cloudtrail::classify::{Class, DenialPolicy, NoiseMark, Sensitivity, Verb};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, value};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Pace, SeverityFacts};
use crate::judge::verdict::{Novelty, Severity};

/// Rules of severity, in the form of `data/severity.tsv`; without rows, everything is [`Severity::Info`]. Serialises as
/// its text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeverityTable {
    text: String,
    rows: Vec<Row>,
}

/// A table of severities could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSeverityTable {
    /// A line has another number of columns than [`SeverityTable`] has.
    #[error(
        "line {line} has {found} columns in place of {}, which tabs separate",
        Row::COLUMNS
    )]
    Columns {
        /// Which line, from 1.
        line: usize,
        /// How many columns it has.
        found: usize,
    },
    /// A cell holds a word that its column does not know.
    #[error("line {line}: {column} cannot be {word:?}")]
    Word {
        /// Which line, from 1.
        line: usize,
        /// Which column.
        column: &'static str,
        /// The word.
        word: String,
    },
    /// No line is a row: everything would be info.
    #[error("no line is a rule")]
    Empty,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) rule: String,
    class: Cell<Class>,
    verb: Cell<Verb>,
    sensitivity: Cell<Sensitivity>,
    actor: Cell<ActorKind>,
    noise: Cell<NoiseMark>,
    novelty: Cell<Novelty>,
    denial: Cell<DenialPolicy>,
    like: Cell<Like>,
    score: Bound,
    scope: Cell<Pace>,
    target: Cell<Sensitivity>,
    pub(super) severity: Severity,
}

/// What a cell asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell<T> {
    Any,
    None,
    OneOf(Vec<T>),
}

/// What a cell asks of a score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bound {
    Any,
    AtLeast(u8),
    Below(u8),
}

/// Whether an actor of the same shape is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Like {
    Yes,
    No,
}

impl SeverityTable {
    /// The text of the built-in table: a start for one of one's own.
    pub const BUILT_IN: &'static str = include_str!("../../data/severity.tsv");

    /// What the first row that matches gives.
    #[must_use]
    pub fn severity(&self, facts: &SeverityFacts<'_>) -> Severity {
        self.decide(facts).map_or(Severity::Info, |row| row.severity)
    }

    /// The text it was read from.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn decide(&self, facts: &SeverityFacts<'_>) -> Option<&Row> {
        self.rows.iter().find(|row| row.matches(facts))
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

impl FromStr for SeverityTable {
    type Err = InvalidSeverityTable;

    /// Reads a table in the form of `data/severity.tsv`: tab-separated columns, `#` comments.
    ///
    /// # Errors
    ///
    /// The first line that is no row, with its number and what is wrong with it; a text without any row.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lines = text.lines().enumerate();
        let rows = lines
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|(index, line)| Row::parse(index + 1, line));
        let rows: Vec<Row> = rows.collect::<Result<_, _>>()?;
        if rows.is_empty() {
            return Err(InvalidSeverityTable::Empty);
        }
        Ok(Self {
            text: text.to_owned(),
            rows,
        })
    }
}

impl Serialize for SeverityTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.text.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SeverityTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl Row {
    pub(super) const COLUMNS: usize = 14;

    fn parse(line: usize, text: &str) -> Result<Self, InvalidSeverityTable> {
        let cells: Vec<&str> = text.split('\t').map(str::trim).collect();
        let found = cells.len();
        let Ok(cells) = <[&str; Self::COLUMNS]>::try_from(cells) else {
            return Err(InvalidSeverityTable::Columns { line, found });
        };
        let [
            rule,
            class,
            verb,
            sensitivity,
            actor,
            noise,
            novelty,
            denial,
            like,
            score,
            scope,
            target,
            severity,
            _why,
        ] = cells;
        Ok(Self {
            rule: rule.to_owned(),
            class: Cell::parse(line, "class", class)?,
            verb: Cell::parse(line, "verb", verb)?,
            sensitivity: Cell::parse(line, "sensitivity", sensitivity)?,
            actor: Cell::parse(line, "actor", actor)?,
            noise: Cell::parse(line, "noise", noise)?,
            novelty: Cell::parse(line, "novelty", novelty)?,
            denial: Cell::parse(line, "denial", denial)?,
            like: Cell::parse(line, "like", like)?,
            score: Bound::parse(line, score)?,
            scope: Cell::parse(line, "scope", scope)?,
            target: Cell::parse(line, "target", target)?,
            severity: word(line, "severity", severity)?,
        })
    }

    fn matches(&self, facts: &SeverityFacts<'_>) -> bool {
        let like = if facts.like_known_actor {
            Like::Yes
        } else {
            Like::No
        };
        let denial = facts.denial.map(|denial| denial.policy);
        self.class.holds(&[facts.class])
            && self.verb.holds(&[facts.verb])
            && self.sensitivity.holds(&[facts.sensitivity])
            && self.actor.holds(&[facts.actor_kind])
            && self.noise.holds(facts.noise)
            && self.novelty.holds(&[facts.novelty])
            && self.denial.holds(denial.as_slice())
            && self.like.holds(&[like])
            && self.score.holds(facts.score)
            && self.scope.holds(&[facts.scope])
            && self.target.holds(&[facts.target])
    }
}

impl<T: PartialEq + DeserializeOwned> Cell<T> {
    fn parse(line: usize, column: &'static str, cell: &str) -> Result<Self, InvalidSeverityTable> {
        match cell {
            "*" => Ok(Self::Any),
            "-" => Ok(Self::None),
            _ => {
                let words = cell.split('|').map(|text| word(line, column, text.trim()));
                Ok(Self::OneOf(words.collect::<Result<_, _>>()?))
            }
        }
    }

    fn holds(&self, values: &[T]) -> bool {
        match self {
            Self::Any => true,
            Self::None => values.is_empty(),
            Self::OneOf(wanted) => values.iter().any(|value| wanted.contains(value)),
        }
    }
}

impl Bound {
    fn parse(line: usize, cell: &str) -> Result<Self, InvalidSeverityTable> {
        if cell == "*" {
            return Ok(Self::Any);
        }
        let at_least = cell
            .strip_prefix(">=")
            .map(|number| (number, Self::AtLeast as fn(u8) -> Self));
        let below = || {
            cell.strip_prefix('<')
                .map(|number| (number, Self::Below as fn(u8) -> Self))
        };
        let bound = at_least.or_else(below);
        let bound = bound.and_then(|(number, of)| Some(of(number.trim().parse().ok()?)));
        bound.ok_or_else(|| InvalidSeverityTable::Word {
            line,
            column: "score",
            word: cell.to_owned(),
        })
    }

    const fn holds(self, score: u8) -> bool {
        match self {
            Self::Any => true,
            Self::AtLeast(least) => score >= least,
            Self::Below(most) => score < most,
        }
    }
}

/// The value that serialises as this word.
pub(super) fn word<T: DeserializeOwned>(
    line: usize,
    column: &'static str,
    word: &str,
) -> Result<T, InvalidSeverityTable> {
    let value = T::deserialize(StrDeserializer::<value::Error>::new(word));
    value.map_err(|_| InvalidSeverityTable::Word {
        line,
        column,
        word: word.to_owned(),
    })
}
