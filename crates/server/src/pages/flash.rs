//! What a page says after something was done: a word that a cookie carries over the redirect.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use firstsight_engine::Locale;

use super::words::{self, fill};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Done {
    /// Somebody said something of a cluster.
    LifeCycle,
    /// A cluster has another owner or note.
    Remark,
    /// A mute was set.
    Muted,
    /// A mute was ended.
    MuteEnded,
    /// A run was started.
    RunStarted,
    /// A setting was changed by hand.
    SettingChanged,
    /// What a sink refused is tried again.
    Retried,
    /// A change by hand was dropped.
    SettingDropped,
    /// A session has ended.
    LoggedOut,
}

impl Done {
    const ALL: [Self; 9] = [
        Self::LifeCycle,
        Self::Remark,
        Self::Muted,
        Self::MuteEnded,
        Self::RunStarted,
        Self::SettingChanged,
        Self::SettingDropped,
        Self::Retried,
        Self::LoggedOut,
    ];

    const fn key(self) -> &'static str {
        match self {
            Self::LifeCycle => "life-cycle",
            Self::Remark => "remark",
            Self::Muted => "muted",
            Self::MuteEnded => "mute-ended",
            Self::RunStarted => "run-started",
            Self::SettingChanged => "setting-changed",
            Self::SettingDropped => "setting-dropped",
            Self::Retried => "retried",
            Self::LoggedOut => "logged-out",
        }
    }

    const fn words(self, locale: Locale) -> &'static str {
        let words = words::flash::of(locale);
        match self {
            Self::LifeCycle => words.life_cycle,
            Self::Remark => words.remark,
            Self::Muted => words.muted,
            Self::MuteEnded => words.mute_ended,
            Self::RunStarted => words.run_started,
            Self::SettingChanged => words.setting_changed,
            Self::SettingDropped => words.setting_dropped,
            Self::Retried => words.retried,
            Self::LoggedOut => words.logged_out,
        }
    }
}

/// What the next page says first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Flash {
    /// It was done.
    Done(Done),
    /// It was not, and why.
    Problem(String),
}

impl Flash {
    /// Longer reasons are cut: a cookie holds 4 kB.
    const LONGEST: usize = 500;
    const PROBLEM: &'static str = "problem.";

    /// As a cookie's value.
    pub(super) fn to_cookie(&self) -> String {
        match self {
            Self::Done(done) => done.key().to_owned(),
            Self::Problem(why) => {
                let why: String = why.chars().take(Self::LONGEST).collect();
                format!("{}{}", Self::PROBLEM, URL_SAFE_NO_PAD.encode(why))
            }
        }
    }

    /// From a cookie's value; `None` where it is none of ours.
    pub(super) fn from_cookie(value: &str) -> Option<Self> {
        if let Some(encoded) = value.strip_prefix(Self::PROBLEM) {
            let why = URL_SAFE_NO_PAD.decode(encoded).ok()?;
            return String::from_utf8(why).ok().map(Self::Problem);
        }
        let done = Done::ALL.into_iter().find(|done| done.key() == value);
        done.map(Self::Done)
    }

    /// Whether it was done.
    pub(super) const fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }

    /// In words.
    pub(super) fn words(&self, locale: Locale) -> String {
        match self {
            Self::Done(done) => done.words(locale).to_owned(),
            Self::Problem(why) => fill(words::flash::of(locale).problem, &[why]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_survives_its_cookie() {
        let problem = Flash::Problem("\u{202e}; Path=/x\r\n<b>".to_owned());
        for flash in Done::ALL.into_iter().map(Flash::Done).chain([problem]) {
            let cookie = flash.to_cookie();
            assert!(
                cookie
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            );
            assert_eq!(Flash::from_cookie(&cookie), Some(flash));
        }
        assert_eq!(Flash::from_cookie("problem.***"), None);
        assert_eq!(Flash::from_cookie("other"), None);
    }

    #[test]
    fn a_long_reason_fits_a_cookie() {
        let cookie = Flash::Problem("解".repeat(9_000)).to_cookie();
        assert!(cookie.len() < 4_000);
    }
}
