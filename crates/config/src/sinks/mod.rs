//! The sinks of a configuration, as they stand there.

mod guance;
mod secret;
mod webhook;

use std::path::{Path, PathBuf};

use firstsight_engine::Locale;
use firstsight_sink::Records;
use firstsight_sink::markdown::LinkTemplate;

pub(crate) use guance::by_name;
pub use guance::{GuanceConfig, GuanceWay, MonitorConfig};
pub use secret::SecretRef;
pub(crate) use secret::secret;
pub use webhook::{TemplateRef, WebhookConfig};

use crate::reading::{Section, Value};
use crate::shape::{Key, Kind, Shape, words};

/// A sink.
#[derive(Clone, Debug)]
pub struct SinkConfig {
    /// Its name: letters, digits, `-` and `_`; of a target, `SINK:TARGET`.
    pub name: String,
    /// Its line in the file, from 1.
    pub line: usize,
    /// What it is.
    pub kind: SinkKind,
    /// How events are written.
    pub style: Style,
}

/// What a sink is.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum SinkKind {
    /// A Guance or TrueWatch workspace.
    Guance(Box<GuanceConfig>),
    /// An HTTP target.
    Webhook(Box<WebhookConfig>),
    /// OCSF Detection Findings, a line each, behind what a file holds; `-` is standard output.
    Ocsf(PathBuf),
    /// Events as `docs/schema.md` describes them, a line each; as [`Ocsf`](Self::Ocsf).
    Json(PathBuf),
}

/// How a sink writes events.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// The language, where it is not the file's.
    pub locale: Option<Locale>,
    /// Whether the records of samples leave.
    pub records: Records,
    /// Where an event's evidence can be looked at.
    pub evidence: Option<LinkTemplate>,
}

impl SinkConfig {
    /// Whether it keeps every event for programs to look into, rather than calling people: there, being told of each one is
    /// the point. Guance and Alertmanager have silence of their own.
    #[must_use]
    pub fn keeps_events(&self) -> bool {
        match &self.kind {
            SinkKind::Guance(_) | SinkKind::Ocsf(_) | SinkKind::Json(_) => true,
            SinkKind::Webhook(webhook) => webhook.template.keeps_events(),
        }
    }
}

/// One of the sinks.
pub(crate) const SHAPES: Kind = Kind::OneOf(&[&guance::SHAPE, &webhook::SHAPE, &OCSF, &JSON]);

const KIND: &str = "What it is.";
const LOCALE: Key = Key::new(
    "locale",
    Kind::Words(&words(&LOCALES)),
    "The language. Default the file's.",
);
const RECORDS: Key = Key::new(
    "records",
    Kind::Boolean,
    "Whether samples' records are sent along. Default false.",
);
const EVIDENCE_LINK: Key = Key::new(
    "evidence_link",
    Kind::Text,
    "An address in messages, with places to fill in.",
);
const PATH: Key = Key::needed(
    "path",
    Kind::Text,
    "The file, to whose end is written; - is standard output.",
);

const OCSF: Shape = Shape {
    name: "ocsf",
    keys: &[
        Key::needed("kind", Kind::Words(&["ocsf"]), KIND),
        LOCALE,
        RECORDS,
        PATH,
    ],
};

const JSON: Shape = Shape {
    name: "json",
    keys: &[
        Key::needed("kind", Kind::Words(&["json"]), KIND),
        LOCALE,
        RECORDS,
        PATH,
    ],
};

#[derive(Clone, Copy)]
enum Medium {
    Guance,
    Webhook,
    Ocsf,
    Json,
}

const KINDS: [(&str, Medium); 4] = [
    ("guance", Medium::Guance),
    ("webhook", Medium::Webhook),
    ("ocsf", Medium::Ocsf),
    ("json", Medium::Json),
];

pub(crate) const LOCALES: [(&str, Locale); 2] = [("en", Locale::English), ("zh", Locale::Chinese)];

/// Reads the sinks; relative paths are those from `folder`.
pub(crate) fn read(sinks: &Section<'_>, folder: &Path) -> Vec<SinkConfig> {
    let mut read = Vec::new();
    for (name, value) in sinks.entries() {
        named(name, &value);
        read.extend(one(name, &value, folder));
    }
    read
}

/// Names stand in policies, on command lines and behind `:`.
pub(crate) fn named(name: &str, value: &Value<'_>) {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if name.is_empty() || name.len() > 64 || !name.chars().all(is_plain) {
        value.wrong("a name has letters, digits, - and _, 64 at most");
    } else if name == RESERVED {
        value.wrong(format!(
            "{RESERVED:?} stands for what inspect prints; choose another name"
        ));
    }
}

/// The sink that stands for what a command prints.
const RESERVED: &str = "printed";

fn one(name: &str, value: &Value<'_>, folder: &Path) -> Vec<SinkConfig> {
    let Some(kind) = value.names().and_then(|sink| sink.require("kind")) else {
        return Vec::new();
    };
    let sink = |section: &Section<'_>, kind: SinkKind| SinkConfig {
        name: name.to_owned(),
        line: section.place.line,
        style: style(section),
        kind,
    };
    match kind.one_of(&KINDS) {
        None => Vec::new(),
        Some(Medium::Guance) => {
            let section = value.section(&guance::SHAPE);
            let read = section.map(|section| {
                let kind = SinkKind::Guance(Box::new(guance::read(&section, folder)));
                sink(&section, kind)
            });
            read.into_iter().collect()
        }
        Some(Medium::Webhook) => value.section(&webhook::SHAPE).map_or_else(Vec::new, |section| {
            let webhooks = webhook::read(name, &section, folder);
            let named = |(name, line, webhook)| SinkConfig {
                name,
                line,
                style: style(&section),
                kind: SinkKind::Webhook(Box::new(webhook)),
            };
            webhooks.into_iter().map(named).collect()
        }),
        Some(Medium::Ocsf) => file(value, folder, (&OCSF, SinkKind::Ocsf), sink),
        Some(Medium::Json) => file(value, folder, (&JSON, SinkKind::Json), sink),
    }
}

fn file(
    value: &Value<'_>,
    folder: &Path,
    (shape, kind): (&Shape, fn(PathBuf) -> SinkKind),
    sink: impl Fn(&Section<'_>, SinkKind) -> SinkConfig,
) -> Vec<SinkConfig> {
    let Some(section) = value.section(shape) else {
        return Vec::new();
    };
    let path = section.require("path").and_then(|path| path.text());
    let path = path.map(|path| match path {
        "-" => PathBuf::from(path),
        path => folder.join(path),
    });
    path.map(|path| sink(&section, kind(path))).into_iter().collect()
}

/// What every sink may say of how events are written. Links are only where they are read.
fn style(section: &Section<'_>) -> Style {
    let records = section.get("records").and_then(|records| records.boolean());
    Style {
        locale: section.get("locale").and_then(|locale| locale.one_of(&LOCALES)),
        records: if records == Some(true) {
            Records::Shown
        } else {
            Records::Withheld
        },
        evidence: section
            .get("evidence_link")
            .and_then(|link| link.parsed(LinkTemplate::new)),
    }
}

/// An address that is no secret.
pub(crate) fn address(section: &Section<'_>, key: &str) -> Option<String> {
    section.get(key)?.parsed(|text| {
        let text = text.trim_end_matches('/');
        let rest = ["https://", "http://"]
            .iter()
            .find_map(|start| text.strip_prefix(start));
        match rest {
            Some(host) if !host.is_empty() && !host.contains(char::is_whitespace) => Ok(text.to_owned()),
            _ => Err("an address that begins with https:// or http:// is wanted"),
        }
    })
}
