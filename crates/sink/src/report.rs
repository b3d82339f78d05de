//! What a run tells: what was read, what was found, and what was not.

use std::borrow::Cow;
use std::collections::BTreeMap;

use firstsight_engine::{Finding, HourCount, Learning, Range, Severity, Silenced};
use serde::{Deserialize, Serialize};

use crate::event::{Event, KeyActivity};

/// One judged window as people and programs read it, whether something was found or not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `firstsight.report/1`.
    pub schema: String,
    /// The inspection.
    pub inspection: String,
    /// The sources that were read, as their descriptions.
    pub sources: Vec<String>,
    /// The window that was judged.
    pub window: Range,
    /// The stretch it was compared with.
    pub baseline: Range,
    /// Whether the window was fully read; recoveries need that.
    pub complete: bool,
    /// Hints and warnings about this run, for people: where the baseline came from, what was not read.
    pub notes: Vec<String>,
    /// What was read in this run and before, for this state.
    pub input: InputReport,
    /// Every account that was looked at.
    pub accounts: Vec<AccountReport>,
    /// Clusters of the window that people said something of, all accounts.
    #[serde(default)]
    pub silenced: Silenced,
    /// Findings of the window that are at least as severe as asked for, most severe first.
    pub findings: Vec<Finding>,
    /// Findings of the window by severity, the hidden ones too.
    pub found: SeverityCounts,
    /// Findings that are not in `findings` because they are below the asked severity, by severity.
    pub hidden: SeverityCounts,
    /// Events of the window.
    pub events: Vec<Event>,
    /// Error events an hour over baseline and window, all accounts.
    pub errors_per_hour: Vec<HourCount>,
    /// Clusters by the hour they were first seen in, over baseline and window.
    pub new_clusters_per_hour: Vec<(firstsight_engine::Hour, u64)>,
    /// The access keys of the findings.
    pub keys: Vec<KeyActivity>,
}

impl Report {
    /// The schema that this version writes.
    pub const SCHEMA: &'static str = "firstsight.report/1";

    /// An account as people know it: `111122223333 (acme-prod)` where its alias is known. Neutralise it: it is a text from
    /// outside.
    #[must_use]
    pub fn account_name<'a>(&self, account: &'a str) -> Cow<'a, str> {
        account_name(account, &self.accounts)
    }
}

/// Like [`Report::account_name`], by these accounts.
pub(crate) fn account_name<'a>(account: &'a str, accounts: &[AccountReport]) -> Cow<'a, str> {
    let known = accounts.iter().find(|known| known.account == account);
    match known.and_then(|known| known.alias.as_deref()) {
        Some(alias) => Cow::Owned(format!("{account} ({alias})")),
        None => Cow::Borrowed(account),
    }
}

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InputReport {
    /// Units (files, objects, pages) read to their end.
    pub units: u64,
    /// Bytes as they stood.
    pub bytes: u64,
    /// Bytes after decompression.
    pub bytes_unpacked: u64,
    /// Records, error events included.
    pub records: u64,
    /// Error events, before repeats are taken out.
    pub error_records: u64,
    /// Error events, each once.
    pub error_events: u64,
    /// Insight events, recognised and not judged.
    pub insights: u64,
    /// Digest files, recognised and not judged.
    pub digests: u64,
    /// Control messages, recognised and not judged.
    pub control_messages: u64,
    /// What could not be read, by reason (in kebab-case).
    pub rejects: BTreeMap<String, u64>,
    /// The first few rejects with their places.
    pub reject_examples: Vec<RejectExample>,
    /// Units that could not be read to their end, with the reason; each makes the window incomplete.
    pub unread: Vec<String>,
}

/// One reject, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectExample {
    /// The file or object.
    pub origin: String,
    /// Bytes from the start of its decompressed content.
    pub offset: u64,
    /// The reason in words, with what the parser said.
    pub reason: String,
}

/// One account of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountReport {
    /// Which.
    pub account: String,
    /// Its alias in IAM; `None` where it has none, IAM was not asked, or did not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// Set while its history is too short to alert.
    pub learning: Option<Learning>,
    /// Records in the window.
    pub records: u64,
    /// Error events in the window, each once.
    pub errors: u64,
    /// Clusters that occur in the window.
    pub active_clusters: u64,
    /// Of those, the ones with no finding.
    pub known_clusters: u64,
    /// Of those, the ones that people said something of.
    #[serde(default)]
    pub silenced: Silenced,
    /// Error events an hour over baseline and window.
    pub hours: Vec<HourCount>,
}

/// How many findings of each severity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeverityCounts {
    /// Critical ones.
    pub critical: u64,
    /// Errors.
    pub error: u64,
    /// Warnings.
    pub warning: u64,
    /// Informational ones.
    pub info: u64,
}

impl SeverityCounts {
    /// Counts one more.
    pub fn add(&mut self, severity: Severity) {
        match severity {
            Severity::Critical => self.critical += 1,
            Severity::Error => self.error += 1,
            Severity::Warning => self.warning += 1,
            Severity::Info => self.info += 1,
        }
    }

    /// All together.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.critical + self.error + self.warning + self.info
    }
}
