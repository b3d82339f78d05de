//! Access keys and their last activity.

use std::collections::BTreeMap;

use firstsight_cloudtrail::{AccessKeyUse, Timestamp};
use serde::{Deserialize, Serialize};

/// The last known use of one access key in one account.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct KeyUse {
    /// When. First in the ordering: the later use wins, ties go to the greater text.
    pub last_used: Timestamp,
    /// `eventSource` of that call.
    pub event_source: String,
    /// `eventName` of that call.
    pub event_name: String,
    /// `awsRegion` of that call.
    pub region: String,
    /// The owner: the actor's name in that call.
    pub owner: String,
}

/// Access-key activity as a set: the latest use of each key. Merging is commutative, associative and idempotent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyUses {
    latest: BTreeMap<(String, String), KeyUse>,
}

impl KeyUses {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one use into account.
    pub fn observe(&mut self, seen: &AccessKeyUse<'_>) {
        let key = (
            seen.account.clone().into_owned(),
            seen.key_id.clone().into_owned(),
        );
        self.insert(
            key,
            KeyUse {
                last_used: seen.time,
                event_source: seen.event_source.clone().into_owned(),
                event_name: seen.event_name.clone().into_owned(),
                region: seen.region.clone().into_owned(),
                owner: seen.owner.clone().into_owned(),
            },
        );
    }

    /// Adds what another process or unit has seen.
    pub fn merge(&mut self, other: Self) {
        for (key, latest) in other.latest {
            self.insert(key, latest);
        }
    }

    /// Adds one use of the key `(account, key id)`.
    pub fn insert(&mut self, key: (String, String), candidate: KeyUse) {
        match self.latest.entry(key) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(candidate);
            }
            std::collections::btree_map::Entry::Occupied(mut entry) if *entry.get() < candidate => {
                entry.insert(candidate);
            }
            std::collections::btree_map::Entry::Occupied(_) => {}
        }
    }

    /// The latest use by `(account, key id)`, in that order.
    pub fn iter(&self) -> impl Iterator<Item = (&(String, String), &KeyUse)> {
        self.latest.iter()
    }

    /// How many keys are known.
    #[must_use]
    pub fn len(&self) -> usize {
        self.latest.len()
    }

    /// Whether no key is known.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.latest.is_empty()
    }
}
