//! Identities that were read before: the records of a session all carry the same `userIdentity`, byte for byte.

use std::hash::Hasher as _;

use rustc_hash::FxHasher;

use super::record;

/// How many are remembered; a newer one takes the place of an older one with the same hash.
const SLOTS: usize = 128;

/// Longer ones are read each time.
const MAX_TEXT: usize = 2048;

/// What counts of a `userIdentity`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// `accessKeyId`, empty when absent.
    pub(super) key_id: String,
    /// `accountId`, empty when absent.
    pub(super) account: String,
    /// The actor's name; empty where there is no key for it to own.
    pub(super) owner: String,
}

impl Known {
    /// Reads an object's text; `None` when it is no JSON.
    fn read(text: &[u8]) -> Option<Self> {
        let identity = record::read_identity(std::str::from_utf8(text).ok()?).ok()?;
        let key_id = identity.access_key_id.as_deref().unwrap_or_default();
        let owner = (!key_id.is_empty()).then(|| identity.actor().into_owned());
        Some(Self {
            key_id: key_id.to_owned(),
            account: identity.account_id.as_deref().unwrap_or_default().to_owned(),
            owner: owner.unwrap_or_default(),
        })
    }
}

/// A small table of them. What it gives is a function of the text alone, whatever came before.
#[derive(Debug, Default)]
pub(super) struct Identities {
    slots: Vec<Option<(Box<[u8]>, Known)>>,
    /// The last one that was too long to be kept.
    long: Option<Known>,
}

impl Identities {
    /// What counts of an identity; `None` when it is no JSON.
    pub(super) fn get(&mut self, text: &[u8]) -> Option<&Known> {
        if text.len() > MAX_TEXT {
            self.long = Known::read(text);
            return self.long.as_ref();
        }
        if self.slots.is_empty() {
            self.slots.resize_with(SLOTS, || None);
        }
        let place = slot(text);
        let slot = self.slots.get_mut(place)?;
        if slot.as_ref().is_none_or(|(known, _)| **known != *text) {
            *slot = Some((text.into(), Known::read(text)?));
        }
        slot.as_ref().map(|(_, known)| known)
    }
}

fn slot(text: &[u8]) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write(text);
    usize::try_from(hasher.finish() >> 20).unwrap_or(usize::MAX) % SLOTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identity_is_what_its_text_says_however_often_and_after_whatever() {
        let mut identities = Identities::default();
        let text = |key: usize| {
            format!(
                r#"{{"type":"IAMUser","userName":"u{key}","accountId":"111122223333","accessKeyId":"AKIA{key}"}}"#
            )
        };
        for key in (0..300).chain(0..300).rev() {
            let known = identities.get(text(key).as_bytes()).unwrap();
            assert_eq!(known.key_id, format!("AKIA{key}"));
            assert_eq!(known.account, "111122223333");
            assert!(known.owner.ends_with(&format!("u{key}")), "{}", known.owner);
        }
    }

    #[test]
    fn what_is_no_json_is_told_each_time_and_long_texts_are_read() {
        let mut identities = Identities::default();
        assert_eq!(identities.get(b"{x}"), None);
        assert_eq!(identities.get(b"{x}"), None);
        let long = format!(r#"{{"accessKeyId":"AKIA","x":"{}"}}"#, "y".repeat(MAX_TEXT));
        assert_eq!(identities.get(long.as_bytes()).unwrap().key_id, "AKIA");
    }
}
