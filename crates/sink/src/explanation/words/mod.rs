//! What an explanation says around its facts: one file a language.

mod chinese;
mod english;

use firstsight_engine::{Locale, Range};

use super::sure::Point;
use crate::standing::Saying;

/// The words of a language.
#[cfg_attr(
    not(feature = "terminal"),
    allow(dead_code, reason = "headings stand on terminals only")
)]
pub(crate) struct Words {
    pub(crate) what: &'static str,
    pub(crate) who: &'static str,
    pub(crate) since: &'static str,
    pub(crate) why: &'static str,
    pub(crate) how_sure: &'static str,
    pub(crate) history: &'static str,
    pub(crate) next: &'static str,
    pub(crate) account: &'static str,
    pub(crate) cluster: &'static str,
    pub(crate) finding: &'static str,
    pub(crate) no_code: &'static str,
    pub(crate) no_message: &'static str,
    pub(crate) no_finding: &'static str,
    pub(crate) late: &'static str,
    pub(crate) learning: &'static str,
    pub(crate) records: &'static str,
    pub(crate) no_record: &'static str,
    pub(crate) lookup: &'static str,
    pub(crate) commands: &'static str,
    pub(crate) more_values: &'static str,
    pub(crate) between_sentences: &'static str,
    pub(crate) comma: &'static str,
    /// `score 97`.
    pub(crate) score: fn(u8) -> String,
    /// How often, from when to when.
    pub(crate) seen: fn(count: u64, first: &str, last: &str) -> String,
    /// What one mark of the chart stands for, in hours.
    pub(crate) each_mark: fn(hours: u64) -> String,
    /// The query, and the range it is for.
    pub(crate) insights: fn(range: &str) -> String,
    /// `and 2 earlier findings`.
    pub(crate) more_findings: fn(u64) -> String,
    /// An access key's owner and last use: owner, time, call, region.
    pub(crate) key_use: fn(&str, &str, &str, &str) -> String,
    /// Something that IAM says of an access key.
    pub(crate) of_key: fn(&Saying<'_>) -> String,
    /// A stretch of time.
    pub(crate) range: fn(Range) -> String,
    /// Somebody changed something: who, when, action, before, after.
    pub(crate) change: fn(&str, &str, &str, &str, &str) -> String,
    /// What a command of firstsight does.
    pub(crate) action: fn(&str) -> &'static str,
    /// A sentence about how far to trust a finding, with its full stop.
    pub(crate) point: fn(&Point<'_>) -> String,
}

/// The words of a locale.
pub(crate) const fn of(locale: Locale) -> &'static Words {
    match locale {
        Locale::English => &english::WORDS,
        Locale::Chinese => &chinese::WORDS,
    }
}
