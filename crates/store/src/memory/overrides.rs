//! Settings that were changed by hand.

use std::collections::BTreeMap;

use super::State;
use crate::{OverrideChange, StoreError, StoredOverride, people};

/// By inspection and key.
#[derive(Clone, Debug, Default)]
pub(super) struct Overrides(BTreeMap<(String, String), StoredOverride>);

impl Overrides {
    pub(super) fn of(&self, inspection: &str) -> Vec<StoredOverride> {
        let of_inspection = self.0.iter().filter(|((of, _), _)| of == inspection);
        of_inspection.map(|(_, stored)| stored.clone()).collect()
    }

    /// What stood there before.
    fn change(&mut self, change: &OverrideChange) -> Option<String> {
        let place = (change.inspection.clone(), change.key.clone());
        let before = match &change.value {
            Some(value) => {
                let stored = StoredOverride {
                    key: change.key.clone(),
                    value: value.clone(),
                    said: change.said.clone(),
                };
                self.0.insert(place, stored)
            }
            None => self.0.remove(&place),
        };
        before.map(|stored| stored.value)
    }
}

impl State {
    pub(super) fn set_override(&mut self, change: &OverrideChange) -> Result<Option<String>, StoreError> {
        let before = self.overrides.change(change);
        let entry = people::overridden(change, before.as_deref())?;
        self.audit.write(entry);
        Ok(before)
    }
}
