//! Opens the sinks that a configuration names.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use firstsight_engine::{Locale, Time};
use firstsight_sink::http::{Http, HttpSettings};
use firstsight_sink::json::JsonSink;
use firstsight_sink::ocsf::OcsfSink;
use firstsight_sink::webhook::{Clock, Template, WebhookSettings, WebhookSink};
use firstsight_sink::{Rendering, Sink};
use secrecy::SecretString;

use crate::error::{ConfigError, Mistake};
use crate::policies::key_of;
use crate::sinks::{SecretRef, SinkConfig, SinkKind, TemplateRef, WebhookConfig};
use crate::{Config, guance};

/// What surrounds a program: environment, files, clock. The binaries have the real one.
pub trait Surroundings: Send + Sync {
    /// The value of an environment variable.
    fn variable(&self, name: &str) -> Option<String>;
    /// The content of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    fn read(&self, path: &Path) -> io::Result<String>;
    /// The present.
    fn now(&self) -> Time;
}

/// An opened sink.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its name.
    pub name: String,
    /// The sink.
    pub sink: Arc<dyn Sink>,
}

/// Opens every sink; nothing is sent. Sinks over HTTP share one client.
///
/// # Errors
/// Every secret that is missing, every file that cannot be opened, every template that does not stand.
pub fn open_sinks(
    config: &Config,
    surroundings: &Arc<dyn Surroundings>,
) -> Result<Vec<Opening>, ConfigError> {
    let http = Http::new(&HttpSettings::default()).map_err(|error| ConfigError {
        file: config.file.clone(),
        mistakes: vec![Mistake {
            said: format!("no sink over HTTP can be opened: {error}"),
            ..Mistake::default()
        }],
    })?;
    let (mut opened, mut mistakes) = (Vec::new(), Vec::new());
    for sink in &config.sinks {
        let mut opener = Opener {
            sink,
            locale: sink.style.locale.or(config.locale).unwrap_or_default(),
            surroundings,
            mistakes: &mut mistakes,
        };
        opened.extend(opener.open(&http).map(|open| Opening {
            name: sink.name.clone(),
            sink: open,
        }));
    }
    if mistakes.is_empty() {
        return Ok(opened);
    }
    Err(ConfigError {
        file: config.file.clone(),
        mistakes,
    })
}

/// Opens one sink, and notes everything that keeps it from that.
pub(crate) struct Opener<'a> {
    pub(crate) sink: &'a SinkConfig,
    pub(crate) locale: Locale,
    pub(crate) surroundings: &'a Arc<dyn Surroundings>,
    pub(crate) mistakes: &'a mut Vec<Mistake>,
}

impl Opener<'_> {
    fn open(&mut self, http: &Http) -> Option<Arc<dyn Sink>> {
        match &self.sink.kind {
            SinkKind::Guance(config) => guance::sink(self, config, http),
            SinkKind::Webhook(config) => self.webhook(config, http),
            SinkKind::Ocsf(path) => {
                let writer = self.file(path)?;
                Some(Arc::new(OcsfSink::new(&self.sink.name, writer, self.rendering())))
            }
            SinkKind::Json(path) => {
                let writer = self.file(path)?;
                let sink = JsonSink::new(self.sink.name.clone(), writer);
                Some(Arc::new(sink.rendering(self.rendering())))
            }
        }
    }

    fn rendering(&self) -> Rendering {
        Rendering {
            locale: self.locale,
            records: self.sink.style.records,
        }
    }

    fn webhook(&mut self, config: &WebhookConfig, http: &Http) -> Option<Arc<dyn Sink>> {
        let template = self.template(&config.template);
        let url = self.secret("url", &config.url);
        let secret = self.optional("secret", config.secret.as_ref());
        let mut headers = Vec::new();
        for (name, value) in &config.headers {
            let value = self.secret(&format!("headers.{name}"), value);
            headers.extend(value.map(|value| (name.clone(), value)));
        }
        let settings = WebhookSettings {
            name: self.sink.name.clone(),
            url: url?,
            template: template?,
            secret: secret?,
            headers,
            mentions: config.mentions.clone(),
            locale: self.locale,
            records: self.sink.style.records,
            evidence: self.sink.style.evidence.clone(),
        };
        let surroundings = Arc::clone(self.surroundings);
        let clock: Clock = Arc::new(move || surroundings.now());
        match WebhookSink::new(settings, http.clone(), clock) {
            Ok(sink) => Some(Arc::new(sink)),
            Err(error) => self.wrong("", error.to_string()),
        }
    }

    fn template(&mut self, template: &TemplateRef) -> Option<Template> {
        match template {
            TemplateRef::Ready(preset) => Some(Template::Ready(*preset)),
            TemplateRef::File(path) => match self.surroundings.read(path) {
                Ok(text) => Some(Template::Own(text)),
                Err(error) => self.wrong("template_file", unreadable(path, &error)),
            },
        }
    }

    /// A secret, fetched.
    pub(crate) fn secret(&mut self, key: &str, secret: &SecretRef) -> Option<SecretString> {
        match fetch(secret, &**self.surroundings) {
            Ok(secret) => Some(secret),
            Err(said) => self.wrong(key, said),
        }
    }

    /// A secret that need not be there: the outer `None` says that it should be and is not.
    #[allow(clippy::option_option, reason = "missing and not asked for are two things")]
    pub(crate) fn optional(&mut self, key: &str, secret: Option<&SecretRef>) -> Option<Option<SecretString>> {
        match secret {
            None => Some(None),
            Some(secret) => self.secret(key, secret).map(Some),
        }
    }

    fn file(&mut self, path: &Path) -> Option<Box<dyn Write + Send>> {
        if path.as_os_str() == "-" {
            return Some(Box::new(io::stdout()));
        }
        match append(path) {
            Ok(file) => Some(Box::new(file)),
            Err(error) => {
                let hint = match error.kind() {
                    io::ErrorKind::NotFound => "; does its folder exist?",
                    io::ErrorKind::PermissionDenied => "; is it writable?",
                    _ => "",
                };
                self.wrong("path", format!("cannot write {}: {error}{hint}", path.display()))
            }
        }
    }

    pub(crate) fn wrong<T>(&mut self, key: &str, said: String) -> Option<T> {
        let sink = key_of(&self.sink.name);
        self.mistakes.push(Mistake {
            line: self.sink.line,
            key: if key.is_empty() {
                sink
            } else {
                format!("{sink}.{key}")
            },
            said,
            ..Mistake::default()
        });
        None
    }
}

/// A file that is written behind its end. What stands in events is for its owner alone.
fn append(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A secret from where it is; what is wrong is said without it.
pub(crate) fn fetch(secret: &SecretRef, surroundings: &dyn Surroundings) -> Result<SecretString, String> {
    let (text, place) = match secret {
        SecretRef::Literal(secret) => return Ok(secret.clone()),
        SecretRef::Env(name) => {
            let value = surroundings.variable(name);
            let value = value.ok_or_else(|| format!("the environment variable {name} is not set"))?;
            (value, format!("the environment variable {name}"))
        }
        SecretRef::File(path) => {
            let text = surroundings
                .read(path)
                .map_err(|error| unreadable(path, &error))?;
            (text, format!("the file {}", path.display()))
        }
    };
    match text.trim() {
        "" => Err(format!("{place} is empty")),
        secret => Ok(secret.to_owned().into()),
    }
}

pub(crate) fn unreadable(path: &Path, error: &io::Error) -> String {
    format!("cannot read {}: {error}", path.display())
}
