//! How much a target matters: `data/target_sensitivity.tsv`, or a table of one's own.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use super::super::Sensitivity;
use super::super::table::word;

pub(super) const TABLE: &str = include_str!("../../../data/target_sensitivity.tsv");

static BUILT_IN: LazyLock<TargetTable> = LazyLock::new(|| TABLE.parse().unwrap_or_default());

/// How sensitive targets are, in the form of `data/target_sensitivity.tsv`: the first row that matches decides.
///
/// Tab-separated columns: the kind (or `*`), a pattern of the name (`*` any text, `?` one character, or `<word>`), the
/// sensitivity, and why; `#` starts a comment.
///
/// ```
/// use firstsight_cloudtrail::classify::{Sensitivity, TargetTable};
///
/// let table: TargetTable = "bucket\t*payroll*\tcritical\twhat everybody earns".parse()?;
/// assert_eq!(table.decide("bucket:eu-payroll"), Some(Sensitivity::Critical));
/// assert_eq!(table.decide("secret:payroll"), None);
/// # Ok::<(), firstsight_cloudtrail::classify::InvalidTargetTable>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TargetTable {
    rows: Vec<Row>,
}

/// A table of targets could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidTargetTable {
    /// A line has another number of columns than [`TargetTable`] has.
    Columns {
        /// Which line, from 1.
        line: usize,
        /// How many columns it has.
        found: usize,
    },
    /// A cell holds what its column does not know.
    Word {
        /// Which line, from 1.
        line: usize,
        /// Which column.
        column: &'static str,
        /// The word.
        word: String,
    },
}

impl fmt::Display for InvalidTargetTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Columns { line, found } => {
                write!(f, "line {line} has {found} columns in place of {}", Row::COLUMNS)
            }
            Self::Word { line, column, word } => write!(f, "line {line}: {column} cannot be {word:?}"),
        }
    }
}

impl std::error::Error for InvalidTargetTable {}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Row {
    kind: String,
    name: Name,
    sensitivity: Sensitivity,
}

/// What a row asks of a name. All in lower case.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Glob(String),
    Word(String),
}

impl TargetTable {
    /// The table that this crate brings.
    #[must_use]
    pub fn built_in() -> &'static Self {
        &BUILT_IN
    }

    /// What the first row says that matches a target; `None` when no row does.
    #[must_use]
    pub fn decide(&self, target: &str) -> Option<Sensitivity> {
        self.row(target).map(|row| row.sensitivity)
    }

    pub(super) fn row(&self, target: &str) -> Option<&Row> {
        let (kind, name) = target.split_once(':')?;
        let kind = kind.split('@').next().unwrap_or_default();
        self.rows.iter().find(|row| row.matches(kind, name))
    }

    #[cfg(test)]
    pub(super) fn rows(&self) -> &[Row] {
        &self.rows
    }
}

impl Sensitivity {
    /// How sensitive a target is (see [`targets`](super::targets)), by the built-in [`TargetTable`].
    #[must_use]
    pub fn of_target(target: &str) -> Self {
        BUILT_IN.decide(target).unwrap_or(Self::Normal)
    }
}

impl FromStr for TargetTable {
    type Err = InvalidTargetTable;

    /// Reads a table.
    ///
    /// # Errors
    /// The first line that is no row, with its number and what is wrong with it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rows = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#'))
            .map(|(index, line)| Row::parse(index + 1, line));
        Ok(Self {
            rows: rows.collect::<Result<_, _>>()?,
        })
    }
}

impl Row {
    const COLUMNS: usize = 4;

    fn parse(line: usize, text: &str) -> Result<Self, InvalidTargetTable> {
        let cells: Vec<&str> = text.split('\t').map(str::trim).collect();
        let found = cells.len();
        let Ok([kind, name, sensitivity, _why]) = <[&str; Self::COLUMNS]>::try_from(cells) else {
            return Err(InvalidTargetTable::Columns { line, found });
        };
        let wrong = |column, word: &str| InvalidTargetTable::Word {
            line,
            column,
            word: word.to_owned(),
        };
        if kind.is_empty() || kind.contains([':', '@']) {
            return Err(wrong("kind", kind));
        }
        Ok(Self {
            kind: kind.to_owned(),
            name: Name::parse(name).ok_or_else(|| wrong("name", name))?,
            sensitivity: word(sensitivity).ok_or_else(|| wrong("sensitivity", sensitivity))?,
        })
    }

    fn matches(&self, kind: &str, name: &str) -> bool {
        (self.kind == "*" || self.kind == kind) && self.name.matches(name)
    }
}

impl Name {
    fn parse(text: &str) -> Option<Self> {
        let lower = text.to_ascii_lowercase();
        match lower.strip_prefix('<') {
            None if lower.is_empty() => None,
            None => Some(Self::Glob(lower)),
            Some(rest) => {
                let word = rest.strip_suffix('>')?;
                let plain = !word.is_empty() && word.chars().all(char::is_alphanumeric);
                plain.then(|| Self::Word(word.to_owned()))
            }
        }
    }

    fn matches(&self, name: &str) -> bool {
        match self {
            Self::Glob(glob) => fits(glob.as_bytes(), name.as_bytes()),
            Self::Word(word) => words(name).any(|one| one.eq_ignore_ascii_case(word)),
        }
    }
}

/// Whether a text fits a pattern, byte by byte. Goes back to the last star only: the time is at most the product of
/// both lengths.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
            }
            Some(b'?') => (at, read) = (at + 1, read + 1),
            Some(byte) if *byte == text[read].to_ascii_lowercase() => (at, read) = (at + 1, read + 1),
            _ => match &mut star {
                None => return false,
                Some((star, from)) => {
                    *from += 1;
                    (at, read) = (*star + 1, *from);
                }
            },
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

/// The words of a name: `prodDb` and `prod-db` have `prod`, `product` has not.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let mut before = ' ';
    let mut last = 0;
    let mut cuts: Vec<(usize, usize)> = Vec::new();
    for (at, c) in name.char_indices() {
        if !c.is_alphanumeric() {
            cuts.push((last, at));
            last = at + c.len_utf8();
        } else if c.is_uppercase() && before.is_lowercase() {
            cuts.push((last, at));
            last = at;
        }
        before = c;
    }
    cuts.push((last, name.len()));
    cuts.into_iter().map(|(start, end)| &name[start..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        let cases = [
            ("*", "anything", true),
            ("*", "", true),
            ("admin", "ADMIN", true),
            ("admin", "admins", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*non?prod*", "db-non-prod-1", true),
            ("*non?prod*", "nonprod", false),
            ("?", "é", false),
        ];
        for (pattern, name, expected) in cases {
            let pattern = Name::parse(pattern).unwrap();
            assert_eq!(pattern.matches(name), expected, "{pattern:?} {name}");
        }
    }

    #[test]
    fn words_end_where_a_reader_sees_them_end() {
        let prod = Name::parse("<prod>").unwrap();
        for name in ["prod", "/PROD/db", "app-prod-key", "appProd", "prodDb"] {
            assert!(prod.matches(name), "{name}");
        }
        for name in ["product", "reproduce", "prod2", ""] {
            assert!(!prod.matches(name), "{name}");
        }
    }

    #[test]
    fn bad_tables_are_named_by_line_and_column() {
        let of = |text: &str| text.parse::<TargetTable>().unwrap_err().to_string();
        assert_eq!(of("# about\nkey\t*"), "line 2 has 2 columns in place of 4");
        assert_eq!(of("a:b\t*\tnormal\twhy"), "line 1: kind cannot be \"a:b\"");
        assert_eq!(of("key\t<a b>\tnormal\twhy"), "line 1: name cannot be \"<a b>\"");
        assert_eq!(of("key\t\tnormal\twhy"), "line 1: name cannot be \"\"");
        assert_eq!(of("key\t*\thigh\twhy"), "line 1: sensitivity cannot be \"high\"");
    }

    #[test]
    fn a_table_of_ones_own_decides_alone() {
        let table: TargetTable = "*\t<ledger>\tcritical\tmoney".parse().unwrap();
        assert_eq!(table.decide("table:ledger"), Some(Sensitivity::Critical));
        assert_eq!(
            table.decide("table@444455556666:ledger-eu"),
            Some(Sensitivity::Critical)
        );
        assert_eq!(table.decide("account:root"), None);
        assert_eq!(TargetTable::default().decide("account:root"), None);
    }
}
