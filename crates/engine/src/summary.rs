//! What was seen, as a set.

use firstsight_cloudtrail::{ErrorEvent, EventIdentity, Timestamp};

use crate::judge::input::Sample;
use crate::signature::{Dimension, Signature, SignatureId};

/// How a summary is made.
#[derive(Clone, Debug, Default)]
pub struct SummaryOptions {}

/// Error events as a set, keyed by their identities, over interned signatures and dimension values.
///
/// Merging is set union: commutative, associative and idempotent.
#[derive(Clone, Debug, Default)]
pub struct Summary {}

/// One error event of a summary, its texts resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event<'a> {
    /// Its identity.
    pub identity: EventIdentity,
    /// When.
    pub time: Timestamp,
    /// Its fine signature's id.
    pub signature: SignatureId,
    /// Its dimension values, by dimension; several noise marks are several values.
    pub values: Vec<(Dimension, &'a str)>,
}

impl Summary {
    /// An empty set.
    #[must_use]
    pub fn new(options: SummaryOptions) -> Self {
        let _ = options;
        Self::default()
    }

    /// Adds an error event, once however often it is shown.
    pub fn observe(&mut self, event: &ErrorEvent<'_>) {
        let _ = event;
    }

    /// Set union.
    pub fn merge(&mut self, other: Self) {
        let _ = other;
    }

    /// How many error events it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        0
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The error events, by identity.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        std::iter::empty()
    }

    /// The fine signatures with their text for people, by id.
    pub fn signatures(&self) -> impl Iterator<Item = (SignatureId, &Signature, &str)> {
        std::iter::empty()
    }

    /// The samples of each fine signature (see [`TemplateHistory::samples`](crate::TemplateHistory::samples)), by
    /// signature id and identity.
    pub fn samples(&self) -> impl Iterator<Item = (SignatureId, &Sample)> {
        std::iter::empty()
    }
}
