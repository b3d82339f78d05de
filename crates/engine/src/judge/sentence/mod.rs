//! Reasons as sentences, and the words of verdicts, in every language that people read: one file a language.
//!
//! A new reason, word or language fails to compile until every language has it.

mod chinese;
mod english;

use std::fmt;
use std::str::FromStr;

use firstsight_cloudtrail::classify::{Class, NoiseMark, Sensitivity, Verb};
use serde::{Deserialize, Serialize};

use super::input::LifeCycle;
use super::verdict::{Familiarity, Novelty, Reason, Severity};
use crate::signature::Dimension;

/// The language of sentences and words. Identifiers, numbers and times are the same in all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Locale {
    /// `en`.
    #[default]
    #[serde(rename = "en")]
    English,
    /// `zh`: simplified Chinese.
    #[serde(rename = "zh")]
    Chinese,
}

impl Locale {
    /// Every locale.
    pub const ALL: [Self; 2] = [Self::English, Self::Chinese];

    /// Its short name: `en` or `zh`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Chinese => "zh",
        }
    }
}

impl fmt::Display for Locale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The text names no locale.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no locale is called {text:?}: use en or zh")]
pub struct InvalidLocale {
    /// The text.
    pub text: String,
}

impl FromStr for Locale {
    type Err = InvalidLocale;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|locale| locale.as_str() == text);
        named.ok_or_else(|| InvalidLocale {
            text: text.to_owned(),
        })
    }
}

/// In English: [`sentence`](Reason::sentence) gives the other languages.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.sentence(Locale::English).fmt(f)
    }
}

impl Reason {
    /// A plain sentence without a full stop. It holds texts of the log as they stand: whoever shows it neutralises them
    /// for their medium.
    #[must_use]
    pub fn sentence(&self, locale: Locale) -> Sentence<'_> {
        Sentence { reason: self, locale }
    }
}

/// A reason in a language, see [`Reason::sentence`].
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'a> {
    reason: &'a Reason,
    locale: Locale,
}

impl fmt::Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.locale {
            Locale::English => english::write(self.reason, f),
            Locale::Chinese => chinese::write(self.reason, f),
        }
    }
}

/// The short name of a tactic as words: `defense evasion`.
fn words(short_name: &str) -> String {
    short_name.replace('-', " ")
}

/// A call as reports name it: `iam:CreateUser`.
fn call(event_source: &str, event_name: &str) -> String {
    let service = event_source
        .strip_suffix(".amazonaws.com")
        .unwrap_or(event_source);
    format!("{service}:{event_name}")
}

/// What has a word for people in every language. In JSON these are named as ever, whatever the locale.
pub trait Labelled {
    /// The word, or a few.
    fn label(&self, locale: Locale) -> &'static str;
}

macro_rules! labelled {
    ($($type:ty => $words:ident),* $(,)?) => {$(
        impl Labelled for $type {
            fn label(&self, locale: Locale) -> &'static str {
                match locale {
                    Locale::English => english::$words(*self),
                    Locale::Chinese => chinese::$words(*self),
                }
            }
        }
    )*};
}

labelled! {
    Severity => severity,
    Novelty => novelty,
    Class => class,
    Verb => verb,
    Sensitivity => sensitivity,
    Familiarity => familiarity,
    Dimension => dimension,
    NoiseMark => noise,
}

impl LifeCycle {
    /// What people said of a cluster, in words.
    #[must_use]
    pub fn label(self, locale: Locale) -> String {
        match locale {
            Locale::English => english::life_cycle(self),
            Locale::Chinese => chinese::life_cycle(self),
        }
    }
}

/// A number with thousands separated.
struct Digits(u64);

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

/// Thousandths, to one decimal below ten and to none from there on.
struct Rate(u64);

impl Rate {
    /// Less than this is written as 0.
    const LEAST: u64 = 50;
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.0.saturating_add(50) / 100;
        if tenths >= 100 || tenths.is_multiple_of(10) {
            Digits(self.0.saturating_add(500) / 1000).fmt(f)
        } else {
            write!(f, "{}.{}", tenths / 10, tenths % 10)
        }
    }
}

/// A length of time as people say it.
enum Length {
    Hours(u64),
    Days(u64),
}

/// Whole days from two days on.
fn length(hours: i64) -> Length {
    let hours = hours.unsigned_abs();
    if hours < 48 {
        Length::Hours(hours)
    } else {
        Length::Days(hours / 24)
    }
}

/// To the nearest day: a history that lacks one hour of 14 days is 14 days long for people.
fn to_whole_days(hours: i64) -> i64 {
    if hours < 48 { hours } else { (hours + 12) / 24 * 24 }
}

#[cfg(test)]
mod tests;

/// Thousandths as a number with one digit, below a tenth with three.
struct Tenths(u64);

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 100 {
            return write!(f, "0.{:03}", self.0);
        }
        let tenths = self.0.saturating_add(50) / 100;
        write!(f, "{}.{}", Digits(tenths / 10), tenths % 10)
    }
}
