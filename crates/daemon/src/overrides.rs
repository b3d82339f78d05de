//! Settings that people changed by hand: kept in the state, and standing before what the file says.

use std::sync::Arc;

use firstsight_config::{Config, InspectionConfig, OverrideKey};
use firstsight_store::{OverrideChange, Said, Store};

use crate::control::OverrideState;
use crate::error::DaemonError;
use crate::inspection::Inspection;

/// What was changed by hand, by key; keys of other versions are passed over.
pub(crate) async fn stored(store: &dyn Store, inspection: &str) -> Result<Vec<OverrideState>, DaemonError> {
    let stored = store.overrides(inspection).await?;
    let mut overrides: Vec<OverrideState> = stored
        .into_iter()
        .filter_map(|stored| {
            let key = OverrideKey::ALL
                .into_iter()
                .find(|key| key.as_str() == stored.key)?;
            Some(OverrideState {
                key,
                value: stored.value,
                said: stored.said,
            })
        })
        .collect();
    overrides.sort_by_key(|changed| changed.key);
    Ok(overrides)
}

/// What holds. A change that does not make sense any more (its policy has left the file) is passed over.
pub(crate) fn applied(
    configured: &InspectionConfig,
    overrides: &[OverrideState],
    config: &Config,
) -> InspectionConfig {
    let policies = policies(config);
    overrides.iter().fold(configured.clone(), |holds, changed| {
        match holds.with(changed.key, &changed.value, &policies) {
            Ok(holds) => holds,
            Err(said) => {
                let (inspection, key) = (&configured.name, changed.key.as_str());
                tracing::warn!(
                    inspection,
                    key,
                    said,
                    "what was changed by hand does not hold any more"
                );
                holds
            }
        }
    })
}

/// The names of a configuration's policies, by their order.
pub(crate) fn policies(config: &Config) -> Vec<&str> {
    let policies = config.alerting.policies.iter();
    policies.map(|policy| policy.name.as_str()).collect()
}

/// Changes a setting by hand. Nobody else may change one meanwhile.
pub(crate) async fn set(
    inspection: &Inspection,
    key: OverrideKey,
    value: &str,
    said: &Said,
) -> Result<(), DaemonError> {
    let (config, configured, overrides) = inspection.configured();
    let others: Vec<OverrideState> = overrides
        .into_iter()
        .filter(|changed| changed.key != key)
        .collect();
    let others_hold = applied(&configured, &others, &config);
    let holds = others_hold.with(key, value, &policies(&config));
    let holds = holds.map_err(|said| DaemonError::Invalid {
        key: key.as_str().to_owned(),
        said,
    })?;
    let value = holds.value(key);
    change(inspection, &configured, key, Some(value.clone()), said).await?;
    let changed = OverrideState {
        key,
        value,
        said: said.clone(),
    };
    let mut overrides: Vec<OverrideState> = others.into_iter().chain([changed]).collect();
    overrides.sort_by_key(|changed| changed.key);
    inspection.override_with(overrides);
    Ok(())
}

/// Drops what was changed by hand. Nobody else may change anything meanwhile.
pub(crate) async fn drop(
    inspection: &Arc<Inspection>,
    key: OverrideKey,
    said: &Said,
) -> Result<(), DaemonError> {
    let (_, configured, mut overrides) = inspection.configured();
    change(inspection, &configured, key, None, said).await?;
    overrides.retain(|changed| changed.key != key);
    inspection.override_with(overrides);
    Ok(())
}

async fn change(
    inspection: &Inspection,
    configured: &InspectionConfig,
    key: OverrideKey,
    value: Option<String>,
    said: &Said,
) -> Result<(), DaemonError> {
    let change = OverrideChange {
        inspection: inspection.name.clone(),
        key: key.as_str().to_owned(),
        value,
        otherwise: configured.value(key),
        said: said.clone(),
    };
    inspection.store.set_override(&change).await?;
    Ok(())
}
