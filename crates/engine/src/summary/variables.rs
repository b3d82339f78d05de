//! What stands for the variables of fine templates: which values are kept as examples.
//!
//! There may be as many values as events, so that only some can be kept, and which ones must not depend on the order or
//! split of the events. Kept are those with the least hashes, the bottom-k sketch of distinct values (Bar-Yossef et al.,
//! *Counting distinct elements in a data stream*, RANDOM 2002; Beyer et al., *On synopses for distinct-value estimation
//! under multiset operations*, SIGMOD 2007). A value among the least of a union is among the least of every part that
//! holds it: so it is kept there from its first occurrence on, and its count is exact.

use std::collections::BTreeSet;

/// How many names of variables a fine template keeps.
const NAMES: usize = 8;
/// How many values of one name.
const VALUES: usize = 8;

/// Those of some values (`name=value`) that are kept: of the 8 names with the least hashes, the 8 values with the least
/// hashes. What is kept of kept ones is what is kept of all.
#[must_use]
pub fn kept_variables<'t>(texts: impl IntoIterator<Item = &'t str>) -> BTreeSet<&'t str> {
    let mut sketch = Sketch::default();
    let texts: Vec<_> = texts.into_iter().collect();
    for text in &texts {
        sketch.admit(hash(text), text);
    }
    texts
        .into_iter()
        .filter(|text| sketch.keeps(hash(text), text))
        .collect()
}

/// The kept values of one fine template.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sketch {
    names: Least<NAMES, Least<VALUES, ()>>,
}

impl Sketch {
    /// Whether a value with this hash is among the least so far; it is one of them from now on. Says whether it is new.
    pub(crate) fn admit(&mut self, hash_of_text: u64, text: &str) -> Option<bool> {
        let name = name(text);
        let (values, _) = self.names.admit(hash(name), name)?;
        let (_, is_new) = values.admit(hash_of_text, text)?;
        Some(is_new)
    }

    /// Whether it is among the least now.
    pub(crate) fn keeps(&self, hash_of_text: u64, text: &str) -> bool {
        let name = name(text);
        let values = self.names.get(hash(name), name);
        values.is_some_and(|values| values.get(hash_of_text, text).is_some())
    }

    /// The least of both.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (_, _, values) in &other.names.kept {
            for (hash, text, ()) in &values.kept {
                self.admit(*hash, text);
            }
        }
    }
}

/// The name in front of a value.
fn name(text: &str) -> &str {
    text.split_once('=').map_or("", |(name, _)| name)
}

/// At most `MOST` texts, those with the least hashes: ties go to the lesser text.
#[derive(Clone, Debug)]
struct Least<const MOST: usize, V> {
    kept: Vec<(u64, Box<str>, V)>,
}

impl<const MOST: usize, V> Default for Least<MOST, V> {
    fn default() -> Self {
        Self { kept: Vec::new() }
    }
}

impl<const MOST: usize, V: Default> Least<MOST, V> {
    fn place(&self, hash: u64, text: &str) -> Result<usize, usize> {
        self.kept
            .binary_search_by(|(known, of, _)| (*known, &**of).cmp(&(hash, text)))
    }

    fn get(&self, hash: u64, text: &str) -> Option<&V> {
        let place = self.place(hash, text).ok()?;
        Some(&self.kept[place].2)
    }

    /// What belongs to a text, if it is among the least, and whether the text is new.
    fn admit(&mut self, hash: u64, text: &str) -> Option<(&mut V, bool)> {
        let (place, is_new) = match self.place(hash, text) {
            Ok(place) => (place, false),
            Err(place) if place < MOST => {
                self.kept.truncate(MOST - 1);
                self.kept.insert(place, (hash, text.into(), V::default()));
                (place, true)
            }
            Err(_) => return None,
        };
        Some((&mut self.kept[place].2, is_new))
    }
}

/// A hash that is the same in every process and version: states hold what it decided. FNV-1a (Fowler, Noll and Vo),
/// and the finaliser of `SplitMix64` behind it (Steele, Lea and Flood, OOPSLA 2014), since short texts differ in few bits.
/// Who writes many values can aim at the least hashes, and so choose the examples that are shown; more it does not do.
pub(crate) fn hash(text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in text.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = Vec<String>> {
        let text = (0..12_u8, 0..40_u8).prop_map(|(name, value)| format!("name{name}={value}"));
        proptest::collection::vec(text, 0..300)
    }

    fn kept(texts: &[String]) -> BTreeSet<&str> {
        kept_variables(texts.iter().map(String::as_str))
    }

    #[test]
    fn the_hash_stands_in_states() {
        assert_eq!(hash(""), 0xf52a_15e9_a9b5_e89b);
        assert_eq!(hash("roleName=Deploy"), 2_292_458_421_310_476_343);
    }

    #[test]
    fn so_many_names_and_values_are_kept() {
        let few: Vec<_> = (0..VALUES).map(|n| format!("roleName={n}")).collect();
        assert_eq!(kept(&few).len(), VALUES);
        let many: Vec<_> = (0..1000).map(|n| format!("name{}={}", n % 20, n / 20)).collect();
        assert_eq!(kept(&many).len(), NAMES * VALUES);
    }

    proptest! {
        #[test]
        fn what_is_kept_of_parts_is_what_is_kept_of_all(a in texts(), b in texts()) {
            let all = [a.clone(), b.clone()].concat();
            let parts: BTreeSet<_> = kept(&a).union(&kept(&b)).copied().collect();
            prop_assert_eq!(kept_variables(parts.iter().rev().copied()), kept(&all));
            let (mut one, mut other) = (Sketch::default(), Sketch::default());
            a.iter().for_each(|text| { one.admit(hash(text), text); });
            b.iter().for_each(|text| { other.admit(hash(text), text); });
            one.merge(&other);
            let merged: BTreeSet<_> = all.iter().map(String::as_str).filter(|text| one.keeps(hash(text), text)).collect();
            prop_assert_eq!(merged, kept(&all));
        }
    }
}
