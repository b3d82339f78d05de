//! The configuration file: sinks, alert policies, mutes. Checked whole: all errors at once, each with line, key and a hint.
//!
//! Parsing is a pure function of the text. Secrets are named in it (`{ env = "…" }`, `{ file = "…" }`) and fetched through
//! [`Surroundings`] when sinks are opened.
//!
//! ```
//! let text = r#"
//! [sinks.siem]
//! kind = "ocsf"
//! path = "findings.ndjson"
//!
//! [[policies]]
//! name = "everything"
//! to = ["siem"]
//! "#;
//! let config = firstsight_config::parse("firstsight.toml", text).unwrap();
//! assert_eq!(config.sinks[0].name, "siem");
//!
//! let wrong = text.replace("siem\"]", "seim\"]");
//! let error = firstsight_config::parse("firstsight.toml", &wrong).unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     r#"firstsight.toml:8: policies[0].to[0]: no sink is called "seim"; did you mean "siem"?"#
//! );
//! ```

mod error;
mod filter;
mod guance;
mod inspections;
mod mutes;
mod nearest;
mod open;
mod policies;
mod reading;
mod server;
mod sinks;
pub mod values;

use std::path::Path;

pub use error::{ConfigError, Mistake};
pub use filter::CLASSES;
pub use guance::{API_KEY, GuanceAccess, node_named, open_guance};
pub use inspections::{
    CloudWatchConfig, GuanceLogsConfig, InspectionConfig, OverrideKey, SourceConfig, export_overrides,
};
pub use open::{Opening, Surroundings, open_sinks};
pub use server::{ServerConfig, StoreConfig};
pub use sinks::{
    GuanceConfig, GuanceWay, MonitorConfig, SecretRef, SinkConfig, SinkKind, Style, TemplateRef,
    WebhookConfig,
};

use firstsight_engine::Locale;
use firstsight_inspection::alert::Alerting;
use reading::{Findings, Place, Section, Value};
use toml::de::DeTable;

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// A checked configuration.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// The file's name, for messages.
    pub file: String,
    /// The language of what sinks write, unless they say otherwise.
    pub locale: Option<Locale>,
    /// The sinks, by their order in the file.
    pub sinks: Vec<SinkConfig>,
    /// Policies and mutes. Where the file has no policy, those that send every event to every sink.
    pub alerting: Alerting,
    /// The inspections, by their order in the file.
    pub inspections: Vec<InspectionConfig>,
    /// Where states are kept.
    pub store: StoreConfig,
    /// Where the daemon serves.
    pub server: ServerConfig,
    /// What is doubtful, by line: secrets in the file, sinks that nothing is sent to.
    pub warnings: Vec<Mistake>,
}

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 1 << 20;

const KEYS: [&str; 4] = ["locale", "sinks", "policies", "mutes"];

/// Reads a configuration; `name` is the file's, for errors. Relative paths in it are those from the file's folder.
///
/// # Errors
/// Every mistake that is in it.
pub fn parse(name: &str, text: &str) -> Result<Config, ConfigError> {
    if text.len() > LARGEST {
        return Err(ConfigError {
            file: name.to_owned(),
            mistakes: vec![Mistake {
                line: 0,
                key: String::new(),
                said: format!("a configuration has at most {LARGEST} bytes"),
            }],
        });
    }
    let mut findings = Findings::of(text);
    let (table, errors) = DeTable::parse_recoverable(text);
    findings.torn(&errors);
    let mut config = read(name, &findings, table.get_ref());
    let (mistakes, warnings) = findings.finish();
    if !mistakes.is_empty() {
        return Err(ConfigError {
            file: name.to_owned(),
            mistakes,
        });
    }
    config.warnings = warnings;
    Ok(config)
}

fn read(name: &str, findings: &Findings, table: &DeTable<'_>) -> Config {
    let top = Section::new(findings, Place::top(), table, &KEYS);
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    let named = top.get("sinks").and_then(|sinks| sinks.names());
    let sinks = named
        .as_ref()
        .map_or_else(Vec::new, |named| sinks::read(named, folder));
    let declared = named.as_ref().map_or_else(Vec::new, declared);
    let policies = match top.get("policies") {
        Some(policies) => policies::read(&policies, &sinks, &declared),
        None => policies::default_policies(&sinks),
    };
    Config {
        file: name.to_owned(),
        locale: top
            .get("locale")
            .and_then(|locale| locale.one_of(&sinks::LOCALES)),
        alerting: Alerting {
            policies,
            mutes: top
                .get("mutes")
                .map_or_else(Vec::new, |mutes| mutes::read(&mutes)),
            sinks: Vec::new(),
        },
        inspections: Vec::new(),
        store: StoreConfig::default(),
        server: ServerConfig::default(),
        sinks,
        warnings: Vec::new(),
    }
}

/// Every name that a policy may say: sinks with a mistake are there all the same.
fn declared(named: &Section<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for (name, value) in named.entries().into_iter().filter(|(_, value)| value.is_table()) {
        let sink = value.names();
        let has = |key: &str| sink.as_ref().is_some_and(|sink| sink.get(key).is_some());
        // A sink that has targets and no address of its own cannot be told anything itself.
        if has("url") || !has("targets") {
            names.push(name.to_owned());
        }
        let targets = sink.as_ref().and_then(|sink| sink.get("targets"));
        let targets = targets
            .filter(Value::is_table)
            .and_then(|targets| targets.names());
        let targets = targets.map_or_else(Vec::new, |targets| targets.entries());
        names.extend(targets.into_iter().map(|(target, _)| format!("{name}:{target}")));
    }
    names
}
