//! The default severity of a finding, from what kind of error it is and who made the call.
//!
//! The goal is quiet and right: warning and above is for what somebody on call would thank for. The rules are data
//! (`data/severity.tsv`): the first row that matches decides, and each row says why. Four thoughts run through them:
//!
//! * A call that blinds the defender is loud however it failed: `StopLogging` of a trail that does not exist is an attempt.
//! * What only AWS can write (the identity of a service, the path of a service-linked role) may quiet a finding. What the
//!   caller claims (a user agent) may quiet only what is not sensitive, or what a role did.
//! * A refused sensitive call is worth a look by whomever; a refused ordinary one only from users with long-lived keys and
//!   from who should not be there at all.
//! * A known error by one more actor is news where the call is sensitive and no actor of the same shape is known.
//!
//! ```
//! use firstsight_cloudtrail::ActorKind;
//! use firstsight_cloudtrail::classify::{Class, Sensitivity, Verb};
//! use firstsight_engine::severity::{SeverityFacts, severity};
//! use firstsight_engine::{Novelty, Severity};
//!
//! let facts = SeverityFacts {
//!     class: Class::NotFound, // TrailNotFoundException
//!     verb: Verb::of("StopLogging"),
//!     sensitivity: Sensitivity::of("cloudtrail.amazonaws.com", "StopLogging"),
//!     actor_kind: ActorKind::User,
//!     noise: &[],
//!     novelty: Novelty::New,
//!     denial: None,
//!     like_known_actor: false,
//! };
//! assert_eq!(severity(&facts), Severity::Error);
//! ```

use std::str::FromStr;
use std::sync::LazyLock;

use firstsight_cloudtrail::ActorKind;
use firstsight_cloudtrail::classify::{Class, DenialPolicy, DenialReason, NoiseMark, Sensitivity, Verb};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, value};

use crate::judge::verdict::{Novelty, Severity};

const TABLE: &str = include_str!("../data/severity.tsv");

static BUILT_IN: LazyLock<SeverityTable> = LazyLock::new(|| TABLE.parse().unwrap_or_default());

/// What the severity of a finding depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SeverityFacts<'a> {
    /// What kind of error it is.
    pub class: Class,
    /// Whether the call reads or changes something.
    pub verb: Verb,
    /// How sensitive the call is.
    pub sensitivity: Sensitivity,
    /// What kind of actor made it; of several, the one that gives the highest severity.
    pub actor_kind: ActorKind,
    /// Marks of known noise that all its occurrences carry.
    pub noise: &'a [NoiseMark],
    /// Which novelty.
    pub novelty: Novelty,
    /// Which policy refused it, where the message says so.
    pub denial: Option<DenialReason>,
    /// Whether an actor of the same shape was known before (a role with another random suffix).
    pub like_known_actor: bool,
}

/// The severity that the built-in table gives.
#[must_use]
pub fn severity(facts: &SeverityFacts<'_>) -> Severity {
    BUILT_IN.severity(facts)
}

/// Rules of severity, in the form of `data/severity.tsv`; without rows, everything is [`Severity::Info`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeverityTable {
    rows: Vec<Row>,
}

/// A table of severities could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidSeverityTable {
    /// A line has another number of columns than [`SeverityTable`] has.
    #[error("line {line} has {found} columns in place of {}", Row::COLUMNS)]
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
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    rule: String,
    class: Cell<Class>,
    verb: Cell<Verb>,
    sensitivity: Cell<Sensitivity>,
    actor: Cell<ActorKind>,
    noise: Cell<NoiseMark>,
    novelty: Cell<Novelty>,
    denial: Cell<DenialPolicy>,
    like: Cell<Like>,
    severity: Severity,
}

/// What a cell asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cell<T> {
    Any,
    None,
    OneOf(Vec<T>),
}

/// Whether an actor of the same shape is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Like {
    Yes,
    No,
}

impl SeverityTable {
    /// What the first row that matches gives.
    #[must_use]
    pub fn severity(&self, facts: &SeverityFacts<'_>) -> Severity {
        self.decide(facts).map_or(Severity::Info, |row| row.severity)
    }

    fn decide(&self, facts: &SeverityFacts<'_>) -> Option<&Row> {
        self.rows.iter().find(|row| row.matches(facts))
    }
}

impl FromStr for SeverityTable {
    type Err = InvalidSeverityTable;

    /// Reads a table in the form of `data/severity.tsv`: tab-separated columns, `#` comments.
    ///
    /// # Errors
    ///
    /// The first line that is no row, with its number and what is wrong with it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let lines = text.lines().enumerate();
        let rows = lines
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|(index, line)| Row::parse(index + 1, line));
        Ok(Self {
            rows: rows.collect::<Result<_, _>>()?,
        })
    }
}

impl Row {
    const COLUMNS: usize = 11;

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

/// The value that serialises as this word.
fn word<T: DeserializeOwned>(
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CASES: &str = include_str!("../data/severity_cases.tsv");

    fn cases() -> impl Iterator<Item = [&'static str; 10]> {
        let lines = CASES
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        lines.map(|line| {
            let columns: Vec<&str> = line
                .split('\t')
                .map(|cell| if cell == "-" { "" } else { cell })
                .collect();
            <[&str; 10]>::try_from(columns).unwrap()
        })
    }

    fn parse<T: DeserializeOwned>(text: &str) -> T {
        word(0, "case", text).unwrap()
    }

    #[test]
    fn each_case_is_decided_by_its_rule() {
        for case in cases() {
            let [
                rule,
                severity,
                service,
                name,
                code,
                message,
                actor,
                marks,
                novelty,
                like,
            ] = case;
            let source = format!("{service}.amazonaws.com");
            let noise: Vec<NoiseMark> = marks.split_whitespace().map(parse).collect();
            let facts = SeverityFacts {
                class: Class::of(&source, name, code, message),
                verb: Verb::of(name),
                sensitivity: Sensitivity::of(&source, name),
                actor_kind: ActorKind::of_name(actor),
                noise: &noise,
                novelty: parse(novelty),
                denial: DenialReason::of(message),
                like_known_actor: parse::<Like>(like) == Like::Yes,
            };
            let decided = BUILT_IN.decide(&facts).unwrap();
            assert_eq!(
                (decided.rule.as_str(), decided.severity.as_str()),
                (rule, severity),
                "{case:?} {facts:?}"
            );
        }
    }

    #[test]
    fn each_rule_has_a_case_and_a_name_of_its_own() {
        let tried: BTreeSet<&str> = cases().map(|[rule, ..]| rule).collect();
        let rules: Vec<&str> = BUILT_IN.rows.iter().map(|row| row.rule.as_str()).collect();
        let distinct: BTreeSet<&str> = rules.iter().copied().collect();
        assert_eq!(distinct.len(), rules.len());
        assert_eq!(distinct, tried);
    }

    #[test]
    fn the_built_in_table_reads_and_says_why() {
        assert_eq!(TABLE.parse().as_ref(), Ok(&*BUILT_IN));
        let data = TABLE
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        assert!(data.clone().count() > 0);
        for line in data {
            assert!(
                line.rsplit('\t').next().is_some_and(|why| why.len() > 20),
                "{line}"
            );
        }
    }

    #[test]
    fn bad_tables_are_named_by_line_and_column() {
        let columns = "# about\nrule\t*".parse::<SeverityTable>().unwrap_err();
        assert_eq!(columns, InvalidSeverityTable::Columns { line: 2, found: 2 });
        assert_eq!(columns.to_string(), "line 2 has 2 columns in place of 11");
        let row = "r\t*\t*\t*\trobot\t*\t*\t*\t*\tinfo\twhy";
        let word = row.parse::<SeverityTable>().unwrap_err();
        assert_eq!(word.to_string(), "line 1: actor cannot be \"robot\"");
        let row = "r\t*\t*\t*\t*\t*\t*\t*\t*\t*\twhy";
        let word = row.parse::<SeverityTable>().unwrap_err();
        assert_eq!(word.to_string(), "line 1: severity cannot be \"*\"");
    }

    #[test]
    fn a_table_of_ones_own_decides_alone() {
        let quiet = SeverityTable::default();
        let strict: SeverityTable = "all\t*\t*\t*\t*\t-\t*\t-\t*\tcritical\tall".parse().unwrap();
        let facts = SeverityFacts {
            class: Class::Other,
            verb: Verb::Read,
            sensitivity: Sensitivity::Normal,
            actor_kind: ActorKind::Role,
            noise: &[],
            novelty: Novelty::New,
            denial: None,
            like_known_actor: false,
        };
        assert_eq!(quiet.severity(&facts), Severity::Info);
        assert_eq!(strict.severity(&facts), Severity::Critical);
        let marked = SeverityFacts {
            noise: &[NoiseMark::Scanner],
            ..facts
        };
        assert_eq!(strict.severity(&marked), Severity::Info);
    }

    /// Every combination of facts.
    fn all_facts() -> Vec<SeverityFacts<'static>> {
        const MARKS: [&[NoiseMark]; 6] = [
            &[],
            &[NoiseMark::SelfProbe],
            &[NoiseMark::ServiceLinkedRole],
            &[NoiseMark::ConsoleProbe],
            &[NoiseMark::InfrastructureAsCode],
            &[NoiseMark::Scanner],
        ];
        let classes = "access-denied authentication throttling not-configured not-found conflict validation quota dry-run \
                       service-fault other";
        let actors = "root person user role service-linked-role service account anonymous unknown";
        let by_endpoint = DenialReason {
            policy: DenialPolicy::VpcEndpoint,
            explicit: false,
        };
        let mut all = vec![SeverityFacts {
            class: Class::Other,
            verb: Verb::Read,
            sensitivity: Sensitivity::Normal,
            actor_kind: ActorKind::Unknown,
            noise: &[],
            novelty: Novelty::New,
            denial: None,
            like_known_actor: false,
        }];
        let mut vary = |set: &dyn Fn(SeverityFacts<'static>) -> Vec<SeverityFacts<'static>>| {
            all = all.iter().flat_map(|facts| set(*facts)).collect();
        };
        vary(&|facts| {
            classes
                .split_whitespace()
                .map(|class| SeverityFacts {
                    class: parse(class),
                    ..facts
                })
                .collect()
        });
        vary(&|facts| {
            actors
                .split_whitespace()
                .map(|kind| SeverityFacts {
                    actor_kind: parse(kind),
                    ..facts
                })
                .collect()
        });
        vary(&|facts| {
            [Verb::Read, Verb::Write]
                .map(|verb| SeverityFacts { verb, ..facts })
                .to_vec()
        });
        vary(&|facts| {
            let all = [Sensitivity::Normal, Sensitivity::Sensitive, Sensitivity::Critical];
            all.map(|sensitivity| SeverityFacts { sensitivity, ..facts })
                .to_vec()
        });
        vary(&|facts| MARKS.map(|noise| SeverityFacts { noise, ..facts }).to_vec());
        vary(&|facts| {
            let all = [Novelty::New, Novelty::Returned, Novelty::NewActor];
            all.map(|novelty| SeverityFacts { novelty, ..facts }).to_vec()
        });
        vary(&|facts| {
            [None, Some(by_endpoint)]
                .map(|denial| SeverityFacts { denial, ..facts })
                .to_vec()
        });
        vary(&|facts| {
            [false, true]
                .map(|like_known_actor| SeverityFacts {
                    like_known_actor,
                    ..facts
                })
                .to_vec()
        });
        all
    }

    #[test]
    fn critical_calls_are_never_quiet() {
        for facts in all_facts() {
            if facts.sensitivity == Sensitivity::Critical {
                assert!(severity(&facts) >= Severity::Warning, "{facts:?}");
            }
        }
    }

    #[test]
    fn a_mark_never_raises_a_finding() {
        for facts in all_facts() {
            let plain = SeverityFacts { noise: &[], ..facts };
            assert!(severity(&facts) <= severity(&plain), "{facts:?}");
        }
    }

    #[test]
    fn a_more_sensitive_call_is_never_quieter() {
        for facts in all_facts() {
            let raised = |sensitivity| severity(&SeverityFacts { sensitivity, ..facts });
            assert!(
                raised(Sensitivity::Normal) <= raised(Sensitivity::Sensitive),
                "{facts:?}"
            );
            assert!(
                raised(Sensitivity::Sensitive) <= raised(Sensitivity::Critical),
                "{facts:?}"
            );
        }
    }

    #[test]
    fn one_more_actor_is_never_louder_than_a_new_error() {
        for facts in all_facts() {
            let of = |novelty| severity(&SeverityFacts { novelty, ..facts });
            assert!(of(Novelty::NewActor) <= of(Novelty::New), "{facts:?}");
        }
    }

    #[test]
    fn ordinary_calls_that_nobody_was_refused_are_quiet() {
        for facts in all_facts() {
            let refused = matches!(facts.class, Class::AccessDenied | Class::Authentication);
            if facts.sensitivity == Sensitivity::Normal && !refused {
                assert_eq!(severity(&facts), Severity::Info, "{facts:?}");
            }
        }
    }
}
