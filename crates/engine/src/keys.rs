//! Access keys and their last activity.

use std::borrow::Borrow;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{Hash, Hasher};

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

impl KeyUse {
    fn of(seen: &AccessKeyUse<'_>) -> Self {
        Self {
            last_used: seen.time,
            event_source: seen.event_source.clone().into_owned(),
            event_name: seen.event_name.clone().into_owned(),
            region: seen.region.clone().into_owned(),
            owner: seen.owner.clone().into_owned(),
        }
    }

    /// Becomes this use, in the memory that it has: a key's records come in order of time, and each is its latest.
    fn take(&mut self, seen: &AccessKeyUse<'_>) {
        self.last_used = seen.time;
        let parts = [
            (&mut self.event_source, &seen.event_source),
            (&mut self.event_name, &seen.event_name),
            (&mut self.region, &seen.region),
            (&mut self.owner, &seen.owner),
        ];
        for (mine, theirs) in parts {
            theirs.as_ref().clone_into(mine);
        }
    }

    /// Whether `seen` is greater than this in the order of this type.
    fn yields_to(&self, seen: &AccessKeyUse<'_>) -> bool {
        let mine = (
            self.last_used,
            self.event_source.as_str(),
            self.event_name.as_str(),
            self.region.as_str(),
            self.owner.as_str(),
        );
        let theirs = (
            seen.time,
            seen.event_source.as_ref(),
            seen.event_name.as_ref(),
            seen.region.as_ref(),
            seen.owner.as_ref(),
        );
        mine < theirs
    }
}

/// Access-key activity as a set: the latest use of each key. Merging is commutative, associative and idempotent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyUses {
    /// Looked up for every record with a key. Its hash has a seed, because whoever writes records could aim at the buckets
    /// of one without; the seed reaches no result, since what is listed is put in order.
    latest: HashMap<(String, String), KeyUse>,
}

impl KeyUses {
    /// Nothing seen yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one use into account. Allocates only when it is the key's first or latest.
    pub fn observe(&mut self, seen: &AccessKeyUse<'_>) {
        let name = (seen.account.as_ref(), seen.key_id.as_ref());
        match self.latest.get_mut(&name as &dyn KeyName) {
            Some(known) if known.yields_to(seen) => known.take(seen),
            Some(_) => {}
            None => self.insert((name.0.to_owned(), name.1.to_owned()), KeyUse::of(seen)),
        }
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
            Entry::Vacant(entry) => {
                entry.insert(candidate);
            }
            Entry::Occupied(mut entry) if *entry.get() < candidate => {
                entry.insert(candidate);
            }
            Entry::Occupied(_) => {}
        }
    }

    /// The latest use by `(account, key id)`, in that order.
    pub fn iter(&self) -> impl Iterator<Item = (&(String, String), &KeyUse)> {
        let mut all: Vec<_> = self.latest.iter().collect();
        all.sort_unstable_by_key(|(key, _)| *key);
        all.into_iter()
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

/// An (account, key id) pair, owned or borrowed: every record with a key is looked up, few are kept.
trait KeyName {
    fn parts(&self) -> (&str, &str);
}

impl KeyName for (String, String) {
    fn parts(&self) -> (&str, &str) {
        (&self.0, &self.1)
    }
}

impl KeyName for (&str, &str) {
    fn parts(&self) -> (&str, &str) {
        *self
    }
}

impl<'a> Borrow<dyn KeyName + 'a> for (String, String) {
    fn borrow(&self) -> &(dyn KeyName + 'a) {
        self
    }
}

impl PartialEq for dyn KeyName + '_ {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for dyn KeyName + '_ {}

impl Hash for dyn KeyName + '_ {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key_use(key: u8, time: i64, name: &'static str, owner: &'static str) -> AccessKeyUse<'static> {
        AccessKeyUse {
            key_id: format!("AKIA{key}").into(),
            account: "111122223333".into(),
            owner: owner.into(),
            time: Timestamp::from_secs(time),
            event_source: "iam.amazonaws.com".into(),
            event_name: name.into(),
            region: "us-east-1".into(),
        }
    }

    fn uses() -> impl Strategy<Value = Vec<AccessKeyUse<'static>>> {
        let name = prop_oneof![Just("GetUser"), Just("ListUsers")];
        let owner = prop_oneof![Just("alice"), Just("bob")];
        let one = (0..3_u8, 0..4_i64, name, owner).prop_map(|(k, t, n, o)| key_use(k, t, n, o));
        proptest::collection::vec(one, 0..12)
    }

    fn collected(uses: &[AccessKeyUse<'_>]) -> KeyUses {
        let mut all = KeyUses::new();
        uses.iter().for_each(|seen| all.observe(seen));
        all
    }

    fn union(mut a: KeyUses, b: KeyUses) -> KeyUses {
        a.merge(b);
        a
    }

    #[test]
    fn the_latest_use_of_a_key_stands() {
        let all = collected(&[
            key_use(1, 20, "ListUsers", "alice"),
            key_use(1, 10, "GetUser", "alice"),
            key_use(2, 5, "GetUser", "bob"),
        ]);
        let last: Vec<_> = all
            .iter()
            .map(|(key, last)| (key.1.as_str(), last.event_name.as_str()))
            .collect();
        assert_eq!(last, [("AKIA1", "ListUsers"), ("AKIA2", "GetUser")]);
    }

    proptest! {
        #[test]
        fn merging_is_a_union_however_the_uses_are_split(a in uses(), b in uses(), c in uses()) {
            let [x, y, z] = [&a, &b, &c].map(|part| collected(part));
            let whole = collected(&[a, b, c].concat());
            prop_assert_eq!(&union(union(x.clone(), y.clone()), z.clone()), &whole);
            prop_assert_eq!(&union(x.clone(), union(y.clone(), z.clone())), &whole);
            prop_assert_eq!(union(y.clone(), x.clone()), union(x.clone(), y));
            prop_assert_eq!(union(x.clone(), x.clone()), x);
        }

        #[test]
        fn observing_and_inserting_agree(a in uses()) {
            let mut inserted = KeyUses::new();
            for seen in &a {
                inserted.insert((seen.account.to_string(), seen.key_id.to_string()), KeyUse::of(seen));
            }
            prop_assert_eq!(collected(&a), inserted);
        }
    }
}
