//! The secrets and files that a configuration names, and whether they are there.

use std::path::Path;

use firstsight_engine::severity::SeverityTable;

use crate::guance::API_KEY;
use crate::open::{Surroundings, fetch, unreadable};
use crate::policies::key_of;
use crate::sinks::{SecretRef, SinkKind, TemplateRef};
use crate::{Config, SourceConfig, open_tokens};

/// A secret or a file that a configuration names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The key that names it.
    pub key: String,
    /// Where it has to be: a variable or a file.
    pub place: String,
    /// What is wrong with it, if anything is.
    pub missing: Option<String>,
}

/// The secrets and files that a configuration names; what they hold is not told. Secrets in the file itself are there.
#[must_use]
pub fn needs(config: &Config, surroundings: &dyn Surroundings) -> Vec<Need> {
    let mut looking = Looking {
        surroundings,
        found: Vec::new(),
    };
    for sink in &config.sinks {
        looking.sink(&key_of(&sink.name), &sink.kind);
    }
    looking.guance_logs(config);
    for inspection in &config.inspections {
        if let Some(path) = &inspection.severity_table {
            looking.severity_table(format!("inspections.{}.severity_table", inspection.name), path);
        }
    }
    looking.tokens(config);
    looking.found
}

struct Looking<'a> {
    surroundings: &'a dyn Surroundings,
    found: Vec<Need>,
}

impl Looking<'_> {
    fn sink(&mut self, key: &str, kind: &SinkKind) {
        let key = |name: &str| format!("{key}.{name}");
        match kind {
            SinkKind::Guance(guance) => {
                self.secret(key("api_key"), guance.api_key.as_ref());
                let monitor = guance.monitor.as_ref().map(|monitor| &monitor.secret);
                self.secret(key("monitor.secret"), monitor);
                self.secret(key("token"), guance.token.as_ref());
            }
            SinkKind::Webhook(webhook) => {
                self.secret(key("url"), Some(&webhook.url));
                self.secret(key("secret"), webhook.secret.as_ref());
                for (header, value) in &webhook.headers {
                    self.secret(key(&format!("headers.{header}")), Some(value));
                }
                if let TemplateRef::File(path) = &webhook.template {
                    let read = self.surroundings.read(path);
                    let missing = read.err().map(|error| unreadable(path, &error));
                    self.file(key("template_file"), path, missing);
                }
            }
            SinkKind::Ocsf(_) | SinkKind::Json(_) => {}
        }
    }

    /// What asks a workspace needs a key, which its sink need not name.
    fn guance_logs(&mut self, config: &Config) {
        for inspection in &config.inspections {
            let SourceConfig::GuanceLogs(logs) = &inspection.source else {
                continue;
            };
            let has_key = config.sinks.iter().any(|sink| match &sink.kind {
                SinkKind::Guance(guance) => {
                    logs.sink.as_ref().is_none_or(|name| *name == sink.name) && guance.api_key.is_some()
                }
                _ => false,
            });
            if !has_key {
                let key = SecretRef::Env(API_KEY.to_owned());
                self.secret(format!("inspections.{}.source", inspection.name), Some(&key));
            }
        }
    }

    fn severity_table(&mut self, key: String, path: &Path) {
        let read = self.surroundings.read(path);
        let read = read.map_err(|error| unreadable(path, &error));
        let table = read.and_then(|text| text.parse::<SeverityTable>().map_err(|error| error.to_string()));
        self.file(key, path, table.err());
    }

    /// Tokens have to be more than there.
    fn tokens(&mut self, config: &Config) {
        let wrong = open_tokens(config, self.surroundings).err();
        let wrong = wrong.map_or_else(Vec::new, |error| error.mistakes);
        let tokens = [
            ("admin_token", config.server.admin_token.as_ref()),
            ("read_token", config.server.read_token.as_ref()),
        ];
        for (name, token) in tokens {
            let key = format!("server.{name}");
            let said = wrong.iter().find(|mistake| mistake.key == key);
            let missing = said.map(|mistake| mistake.said.clone());
            if let Some(token) = token.filter(|_| config.server.enabled) {
                self.note(key, token, missing);
            }
        }
    }

    fn secret(&mut self, key: String, secret: Option<&SecretRef>) {
        if let Some(secret) = secret {
            let missing = fetch(secret, self.surroundings).err();
            self.note(key, secret, missing);
        }
    }

    /// One in the file itself is worth a line only where something is wrong with it.
    fn note(&mut self, key: String, secret: &SecretRef, missing: Option<String>) {
        let place = match secret {
            SecretRef::Env(name) => format!("variable {name}"),
            SecretRef::File(path) => format!("file {}", path.display()),
            SecretRef::Literal(_) if missing.is_none() => return,
            SecretRef::Literal(_) => "the value itself".to_owned(),
        };
        self.found.push(Need { key, place, missing });
    }

    fn file(&mut self, key: String, path: &Path, missing: Option<String>) {
        self.found.push(Need {
            key,
            place: format!("file {}", path.display()),
            missing,
        });
    }
}
