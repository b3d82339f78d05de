//! What an event, a finding or a held cluster is matched by.

use std::collections::BTreeSet;

use firstsight_engine::{Class, ClusterId};
use serde::{Deserialize, Serialize};

/// A glob: `*` stands for any run of characters, `?` for one; case counts as little as it does at AWS (not at all).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no pattern: {reason}")]
pub struct InvalidPattern {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl TryFrom<String> for Pattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        Ok(Self(text))
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

/// What is matched: each list that is not empty has to hold one that matches. An empty filter matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Inspections, by name.
    pub inspections: Vec<Pattern>,
    /// Accounts.
    pub accounts: Vec<Pattern>,
    /// Event sources, with or without `.amazonaws.com`: `s3`, `iam.amazonaws.com`.
    pub services: Vec<Pattern>,
    /// Calls: `iam:Create*`.
    pub calls: Vec<Pattern>,
    /// Error codes.
    pub error_codes: Vec<Pattern>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Actors, by name.
    pub actors: Vec<Pattern>,
    /// Clusters, by id.
    pub clusters: Vec<ClusterId>,
}

/// What is known of a finding, or of a cluster that holds a fault: what the later fields of a [`Filter`] look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The cluster.
    pub cluster: Option<ClusterId>,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`.
    pub error_code: String,
    /// Its class.
    pub class: Option<Class>,
    /// Its actors, as far as they are kept: a filter by actor matches where all of them do.
    pub actors: BTreeSet<String>,
}
