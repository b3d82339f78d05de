//! What an inspection is set to, with what stands in other files.

use std::path::Path;

use firstsight_engine::severity::SeverityTable;
use firstsight_inspection::Settings;
use firstsight_inspection::alert::Alerting;

use super::InspectionConfig;
use crate::Config;
use crate::error::{ConfigError, Mistake};
use crate::open::{Surroundings, unreadable};

/// What an inspection is set to: its settings, with the rules of severity from their file, and with the configuration's mutes
/// and those of its policies that the inspection is told by. `inspection` is the configuration's, with what was changed by
/// hand if anything was.
///
/// # Errors
/// When the rules of severity cannot be read, or are none.
pub fn open_settings(
    config: &Config,
    inspection: &InspectionConfig,
    surroundings: &dyn Surroundings,
) -> Result<Settings, ConfigError> {
    let table = inspection.severity_table.as_deref();
    let table = table.map(|path| severity_table(path, surroundings)).transpose();
    let severity_table = table.map_err(|said| ConfigError {
        file: config.file.clone(),
        mistakes: vec![Mistake {
            line: inspection.line,
            key: format!("inspections.{}.severity_table", inspection.name),
            said,
            ..Mistake::default()
        }],
    })?;
    Ok(Settings {
        severity_table,
        alerting: inspection.alerting(config),
        ..inspection.settings.clone()
    })
}

impl InspectionConfig {
    /// The policies that it is told by, and every mute. No sink gets events past them.
    #[must_use]
    pub fn alerting(&self, config: &Config) -> Alerting {
        let is_asked = |name: &String| self.policies.as_ref().is_none_or(|names| names.contains(name));
        let policies = config.alerting.policies.iter();
        Alerting {
            policies: policies
                .filter(|policy| is_asked(&policy.name))
                .cloned()
                .collect(),
            mutes: config.alerting.mutes.clone(),
            sinks: Vec::new(),
        }
    }
}

fn severity_table(path: &Path, surroundings: &dyn Surroundings) -> Result<SeverityTable, String> {
    let text = surroundings
        .read(path)
        .map_err(|error| unreadable(path, &error))?;
    text.parse()
        .map_err(|error| format!("{} is no table of severities: {error}", path.display()))
}
