//! Mutes.

use std::collections::BTreeMap;

use firstsight_engine::Time;

use super::State;
use crate::{Said, StoreError, StoredMute, people};

/// What is not to be sent, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Mutes(BTreeMap<String, StoredMute>);

impl Mutes {
    pub(super) fn all(&self, ended_too: bool) -> Vec<StoredMute> {
        let asked = self.0.values().filter(|mute| ended_too || mute.ended.is_none());
        asked.cloned().collect()
    }

    /// Forgets those that were ended before.
    pub(super) fn purge(&mut self, before: Time) {
        self.0
            .retain(|_, mute| mute.ended.as_ref().is_none_or(|said| said.at >= before));
    }
}

impl State {
    pub(super) fn set_mute(&mut self, mute: &StoredMute) -> Result<(), StoreError> {
        if self.mutes.0.contains_key(&mute.id) {
            return Err(StoreError::Taken {
                what: "mute",
                id: mute.id.clone(),
            });
        }
        self.mutes.0.insert(mute.id.clone(), mute.clone());
        self.audit.write(people::muted(mute));
        Ok(())
    }

    pub(super) fn end_mute(&mut self, id: &str, said: &Said) -> Result<(), StoreError> {
        let mute = self.mutes.0.get_mut(id).filter(|mute| mute.ended.is_none());
        let mute = mute.ok_or_else(|| StoreError::NotFound {
            what: "mute",
            id: id.to_owned(),
        })?;
        mute.ended = Some(said.clone());
        let entry = people::unmuted(&mute.summary, said);
        self.audit.write(entry);
        Ok(())
    }
}
