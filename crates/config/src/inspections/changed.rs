//! What was changed by hand since the file was read.

use std::path::Path;

use firstsight_inspection::Schedule;

use super::InspectionConfig;
use super::source::{SourceConfig, checked};
use crate::nearest::hint;

/// A setting of an inspection that can be changed by hand, on the page or through the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OverrideKey {
    /// `enabled`: `true` or `false`.
    Enabled,
    /// `source.groups`, `source.paths` or `source.sources`: what is read, as a TOML list of texts.
    Filters,
    /// `schedule`: a cron expression, in quotes or not.
    Schedule,
    /// `time_zone`: an IANA name, in quotes or not.
    TimeZone,
    /// `policies`: a TOML list of names, or `"all"`.
    Policies,
}

impl OverrideKey {
    /// Every key.
    pub const ALL: [Self; 5] = [
        Self::Enabled,
        Self::Filters,
        Self::Schedule,
        Self::TimeZone,
        Self::Policies,
    ];

    /// The name that people read, and that is stored: `enabled`, `filters`, `schedule`, `time-zone`, `policies`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enabled => "enabled",
            Self::Filters => "filters",
            Self::Schedule => "schedule",
            Self::TimeZone => "time-zone",
            Self::Policies => "policies",
        }
    }

    /// The setting of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.as_str() == name)
    }
}

/// What stands for every policy, those to come too.
pub(super) const ALL: &str = "all";

/// The longest value.
const LONGEST: usize = 64 << 10;

impl InspectionConfig {
    /// The value of a setting as it stands, in TOML: as [`with`](Self::with) takes it.
    #[must_use]
    pub fn value(&self, key: OverrideKey) -> String {
        match key {
            OverrideKey::Enabled => self.enabled.to_string(),
            OverrideKey::Filters => list(&self.source.names(&self.folder)),
            OverrideKey::Schedule => text(self.schedule.expression()),
            OverrideKey::TimeZone => text(self.schedule.time_zone()),
            OverrideKey::Policies => self
                .policies
                .as_ref()
                .map_or_else(|| text(ALL), |names| list(names)),
        }
    }

    /// With a setting changed by hand; `policies` are the names that the configuration has. All of several overrides are
    /// applied one after the other, in any order. Relative paths are those from the file's folder.
    ///
    /// # Errors
    /// What is wrong with the value, for the one who wrote it.
    pub fn with(&self, key: OverrideKey, value: &str, policies: &[&str]) -> Result<Self, String> {
        if value.len() > LONGEST {
            return Err(format!("it has more than {LONGEST} bytes"));
        }
        let mut changed = self.clone();
        match key {
            OverrideKey::Enabled => changed.enabled = yes_or_no(value)?,
            OverrideKey::Filters => {
                let names = checked(&self.source, &read_list(value)?)?;
                changed.source.set_names(names, &self.folder);
            }
            OverrideKey::Schedule => {
                changed.schedule = scheduled(&read_text(value)?, self.schedule.time_zone())?;
            }
            OverrideKey::TimeZone => {
                let zone = crate::values::zone(&read_text(value)?)?;
                changed.schedule = scheduled(self.schedule.expression(), &zone.0)?;
            }
            OverrideKey::Policies => changed.policies = read_policies(value, policies)?,
        }
        Ok(changed)
    }
}

fn scheduled(expression: &str, zone: &str) -> Result<Schedule, String> {
    Schedule::new(expression, zone).map_err(|error| error.to_string())
}

impl SourceConfig {
    /// The key of the file under which stands what is read: `groups`, `paths` or `sources`.
    #[must_use]
    pub const fn filter_key(&self) -> &'static str {
        match self {
            Self::Files(_) => "paths",
            Self::CloudWatch(_) => "groups",
            Self::GuanceLogs(_) => "sources",
        }
    }

    /// What is read, as a file in this folder says it.
    #[must_use]
    pub fn names(&self, folder: &Path) -> Vec<String> {
        match self {
            Self::Files(paths) => paths.iter().map(|path| written(path, folder)).collect(),
            Self::CloudWatch(config) => config.groups.clone(),
            Self::GuanceLogs(config) => config.sources.clone(),
        }
    }

    fn set_names(&mut self, names: Vec<String>, folder: &Path) {
        match self {
            Self::Files(paths) => {
                *paths = names.iter().map(|name| folder.join(name)).collect();
            }
            Self::CloudWatch(config) => config.groups = names,
            Self::GuanceLogs(config) => config.sources = names,
        }
    }
}

/// A path as a file in this folder says it: the folder itself is `.`.
fn written(path: &Path, folder: &Path) -> String {
    let inside = path.strip_prefix(folder).unwrap_or(path);
    if inside.as_os_str().is_empty() {
        return ".".to_owned();
    }
    inside.display().to_string()
}

/// What was changed by hand, as TOML that can be put into the file: of each inspection (as the file has it) its overrides. A
/// key that the file has already is replaced by hand.
#[must_use]
pub fn export_overrides(overrides: &[(&InspectionConfig, Vec<(OverrideKey, String)>)]) -> String {
    let mut toml = String::new();
    for (inspection, changed) in overrides.iter().filter(|(_, changed)| !changed.is_empty()) {
        if !toml.is_empty() {
            toml.push('\n');
        }
        toml.push_str(&format!("[inspections.{}]\n", inspection.name));
        for (key, value) in changed {
            toml.push_str(&line(inspection, *key, value));
        }
    }
    toml
}

fn line(inspection: &InspectionConfig, key: OverrideKey, value: &str) -> String {
    let unreadable = |_| format!("# {} cannot be read\n", key.as_str());
    let exported = match key {
        OverrideKey::Enabled => yes_or_no(value).map(|yes| format!("enabled = {yes}\n")),
        OverrideKey::Filters => {
            let key = inspection.source.filter_key();
            read_list(value).map(|names| format!("source.{key} = {}\n", list(&names)))
        }
        OverrideKey::Schedule => read_text(value).map(|cron| format!("schedule = {}\n", text(&cron))),
        OverrideKey::TimeZone => read_text(value).map(|zone| format!("time_zone = {}\n", text(&zone))),
        OverrideKey::Policies if is_all(value) => Ok(format!("policies = {}\n", text(ALL))),
        OverrideKey::Policies => read_list(value).map(|names| format!("policies = {}\n", list(&names))),
    };
    exported.unwrap_or_else(unreadable)
}

fn yes_or_no(value: &str) -> Result<bool, String> {
    match value.trim() {
        "true" => Ok(true),
        "false" => Ok(false),
        other => Err(format!("true or false is wanted, not {other:?}")),
    }
}

/// A text of TOML, or what it says without quotes.
fn read_text(value: &str) -> Result<String, String> {
    let value = value.trim();
    if !value.starts_with(['"', '\'']) {
        return Ok(value.to_owned());
    }
    match parsed(value) {
        Some(toml::Value::String(text)) => Ok(text),
        _ => Err(format!("{value} is no text: its quotes do not match")),
    }
}

fn read_list(value: &str) -> Result<Vec<String>, String> {
    let wrong = || "a list of texts is wanted: [\"one\", \"another\"]".to_owned();
    let Some(toml::Value::Array(items)) = parsed(value) else {
        return Err(wrong());
    };
    let texts = items.into_iter().map(|item| match item {
        toml::Value::String(text) => Ok(text),
        _ => Err(wrong()),
    });
    texts.collect()
}

fn is_all(value: &str) -> bool {
    read_text(value).is_ok_and(|text| text == ALL)
}

/// The names of policies; all of them where there is nothing.
fn read_policies(value: &str, known: &[&str]) -> Result<Option<Vec<String>>, String> {
    if is_all(value) {
        return Ok(None);
    }
    let names = read_list(value)?;
    match names.iter().find(|name| !known.contains(&name.as_str())) {
        None => Ok(Some(names)),
        Some(name) => {
            let hint = hint(name, known.iter().copied());
            Err(format!("no policy is called {name:?}{hint}"))
        }
    }
}

/// A value of TOML.
fn parsed(value: &str) -> Option<toml::Value> {
    // What goes on behind the value is no value.
    let is_one = toml::de::DeValue::parse(value).is_ok();
    let table = toml::from_str::<toml::Table>(&format!("value = {value}"));
    is_one.then(|| table.ok()?.remove("value")).flatten()
}

/// A text in TOML, on one line.
fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A list in TOML, on one line.
fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| self::text(item)).collect();
    format!("[{}]", items.join(", "))
}
