//! How findings are written: in which language, and whether the records of samples leave.

use std::borrow::Cow;

use firstsight_engine::{Finding, Locale};

/// How findings are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rendering {
    /// The language of reasons. Default English.
    pub locale: Locale,
    /// Whether the records of samples are written. Default no.
    pub records: Records,
}

impl From<Locale> for Rendering {
    fn from(locale: Locale) -> Self {
        Self {
            locale,
            ..Self::default()
        }
    }
}

impl From<Records> for Rendering {
    fn from(records: Records) -> Self {
        Self {
            records,
            ..Self::default()
        }
    }
}

/// Whether a sink writes the records that are kept as samples, or only which ones they are. A record holds whatever its
/// caller sent: it leaves only through a sink that was told so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Records {
    /// Samples keep their event ids, times and actors; their records are empty.
    #[default]
    Withheld,
    /// Samples are written whole.
    Shown,
}

impl Records {
    /// The finding as it may leave.
    #[cfg_attr(not(feature = "json"), allow(dead_code, reason = "pages pick what they show"))]
    pub(crate) fn of(self, finding: &Finding) -> Cow<'_, Finding> {
        if self == Self::Shown || finding.samples.iter().all(|sample| sample.raw.is_empty()) {
            return Cow::Borrowed(finding);
        }
        let mut told = finding.clone();
        for sample in &mut told.samples {
            sample.raw.clear();
        }
        Cow::Owned(told)
    }
}
