//! The configuration file: inspections, sinks, alert policies, mutes, store and server. Checked whole: all errors at once, each with
//! line, key and a hint.
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

mod environment;
mod error;
mod explain;
mod filter;
mod guance;
mod init;
mod inspections;
mod mutes;
mod nearest;
mod open;
mod policies;
mod reading;
mod restart;
mod server;
mod shape;
mod sinks;
pub mod values;

use std::path::Path;

pub use environment::VARIABLES;
pub use error::{ConfigError, Mistake};
pub use explain::{Need, explain, needs};
pub use filter::CLASSES;
pub use guance::{API_KEY, GuanceAccess, node_named, open_guance};
pub use init::{Beginning, BeginningSink, BeginningSource};
pub use inspections::{
    CloudWatchConfig, GuanceLogsConfig, InspectionConfig, OverrideKey, SourceConfig, export_overrides,
    open_settings,
};
pub use open::{Opening, Surroundings, open_sinks};
pub use server::{ServerConfig, StoreConfig, Tokens, open_tokens};
pub use shape::schema;
pub use sinks::{
    GuanceConfig, GuanceWay, MonitorConfig, SecretRef, SinkConfig, SinkKind, Style, TemplateRef,
    WebhookConfig,
};

use firstsight_engine::Locale;
use firstsight_inspection::alert::Alerting;
use reading::{Findings, Place, Section, Value};
use shape::{Key, Kind, Shape, words};
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

impl Config {
    /// What keeps a daemon from doing anything with it: no inspection, or one that is disabled. Other commands need none.
    #[must_use]
    pub fn idle(&self) -> Vec<Mistake> {
        if self.inspections.is_empty() {
            return vec![Mistake {
                said: "there is no inspection: nothing is read; name a source in [inspections.NAME]"
                    .to_owned(),
                ..Mistake::default()
            }];
        }
        let disabled = self.inspections.iter().filter(|inspection| !inspection.enabled);
        let said = |inspection: &InspectionConfig| Mistake {
            line: inspection.line,
            key: format!("inspections.{}", inspection.name),
            said: "it is disabled: it runs when somebody asks for it".to_owned(),
            ..Mistake::default()
        };
        disabled.map(said).collect()
    }
}

/// The largest file that is read, in bytes.
pub const LARGEST: usize = 1 << 20;

pub(crate) const FILE: Shape = Shape {
    name: "file",
    keys: &[
        Key::new(
            "locale",
            Kind::Words(&words(&sinks::LOCALES)),
            "The language of titles and messages. Default en.",
        ),
        Key::new(
            "inspections",
            Kind::Named(&Kind::Table(&inspections::SHAPE)),
            "What the daemon inspects, by name.",
        ),
        Key::new("sinks", Kind::Named(&sinks::SHAPES), "Where events go, by name."),
        Key::new(
            "policies",
            Kind::List(&Kind::Table(&policies::SHAPE)),
            "What goes where, and when.",
        ),
        Key::new(
            "mutes",
            Kind::List(&Kind::Table(&mutes::SHAPE)),
            "What is not to be sent.",
        ),
        Key::new(
            "store",
            Kind::Table(&server::STORE),
            "Where the daemon keeps its states.",
        ),
        Key::new(
            "server",
            Kind::Table(&server::SERVER),
            "Where the daemon serves its page and API.",
        ),
    ],
};

/// Reads a configuration; `name` is the file's, for errors. Relative paths in it are those from the file's folder.
///
/// # Errors
/// Every mistake that is in it.
pub fn parse(name: &str, text: &str) -> Result<Config, ConfigError> {
    parse_with(name, text, &[])
}

/// Reads a configuration over which environment variables are laid: those whose names begin with [`VARIABLES`], whatever
/// others there are. A variable's value is a value of TOML where it is one, else a text; it takes the place of what the file
/// has, also of a whole list. What is wrong with it names the variable.
///
/// # Errors
/// Every mistake that is in both, a path that leads nowhere included.
pub fn parse_with(name: &str, text: &str, variables: &[(String, String)]) -> Result<Config, ConfigError> {
    if text.len() > LARGEST {
        return Err(ConfigError {
            file: name.to_owned(),
            mistakes: vec![Mistake {
                said: format!("a configuration has at most {LARGEST} bytes"),
                ..Mistake::default()
            }],
        });
    }
    let mut findings = Findings::of(text);
    let (mut table, errors) = DeTable::parse_recoverable(text);
    findings.torn(&errors);
    environment::lay_over(table.get_mut(), variables, &mut findings);
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
    let top = Section::new(findings, Place::top(), table, &FILE);
    let folder = Path::new(name).parent().unwrap_or(Path::new(""));
    let named = top.get("sinks").and_then(|sinks| sinks.names());
    let sinks = named
        .as_ref()
        .map_or_else(Vec::new, |named| sinks::read(named, folder));
    let declared = named.as_ref().map_or_else(Vec::new, declared);
    let listed = top.get("policies");
    let policies = match &listed {
        Some(policies) => policies::read(policies, &sinks, &declared),
        None => policies::default_policies(&sinks),
    };
    let names = inspections::Names {
        sinks: &sinks,
        policies: &policies::declared(listed.as_ref()),
    };
    let inspections = top.get("inspections").and_then(|inspections| inspections.names());
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
        inspections: inspections.map_or_else(Vec::new, |named| inspections::read(&named, folder, &names)),
        store: server::store(&top, folder),
        server: server::read(&top, folder),
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
