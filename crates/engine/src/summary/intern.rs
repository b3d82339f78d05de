//! Texts and their combinations, each kept once.

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::signature::Dimension;

/// Texts by number. The map is only ever looked up in, so its random seed reaches no result; a seed there is because
/// whoever writes user agents could aim at the buckets of a hash without one.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts {
    numbers: HashMap<Arc<str>, usize>,
    texts: Vec<Arc<str>>,
}

impl Texts {
    /// The number of this text, and whether it is new.
    pub(super) fn intern(&mut self, text: &str) -> (usize, bool) {
        if let Some(number) = self.numbers.get(text) {
            return (*number, false);
        }
        let text: Arc<str> = text.into();
        let number = self.texts.len();
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, number);
        (number, true)
    }

    pub(super) fn get(&self, number: usize) -> &Arc<str> {
        &self.texts[number]
    }
}

/// Dimension values that occur together, by number: there are far fewer combinations than events.
#[derive(Clone, Debug, Default)]
pub(super) struct Profiles {
    numbers: FxHashMap<Arc<[(Dimension, usize)]>, usize>,
    profiles: Vec<Arc<[(Dimension, usize)]>>,
}

impl Profiles {
    /// The number of this set of values; puts `values` in order.
    pub(super) fn intern(&mut self, values: &mut Vec<(Dimension, usize)>) -> usize {
        values.sort_unstable();
        values.dedup();
        if let Some(number) = self.numbers.get(values.as_slice()) {
            return *number;
        }
        let profile: Arc<[_]> = values.as_slice().into();
        let number = self.profiles.len();
        self.profiles.push(Arc::clone(&profile));
        self.numbers.insert(profile, number);
        number
    }

    pub(super) fn get(&self, number: usize) -> &[(Dimension, usize)] {
        &self.profiles[number]
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &[(Dimension, usize)]> {
        self.profiles.iter().map(AsRef::as_ref)
    }
}
