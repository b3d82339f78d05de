//! HTTP targets.

use std::path::{Path, PathBuf};

use firstsight_sink::webhook::Preset;

use super::secret::{SecretRef, read as read_secret, secret};
use super::{EVIDENCE_LINK, KIND, LOCALE, RECORDS};
use crate::reading::{Section, Value};
use crate::shape::{Key, Kind, Shape, TEXTS};

/// An HTTP target.
#[derive(Clone, Debug)]
pub struct WebhookConfig {
    /// Where to.
    pub url: SecretRef,
    /// What is sent.
    pub template: TemplateRef,
    /// What requests are signed with.
    pub secret: Option<SecretRef>,
    /// Headers besides.
    pub headers: Vec<(String, SecretRef)>,
    /// People to call.
    pub mentions: Vec<String>,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateRef {
    /// A ready template.
    Ready(Preset),
    /// One of one's own, in a file.
    File(PathBuf),
}

impl TemplateRef {
    /// Whether programs read it, that keep or sort out what they get.
    pub(super) const fn keeps_events(&self) -> bool {
        matches!(self, Self::Ready(Preset::Json | Preset::Alertmanager))
    }
}

pub(super) const SHAPE: Shape = Shape {
    name: "webhook",
    keys: &[
        Key::needed("kind", Kind::Words(&["webhook"]), KIND),
        LOCALE,
        RECORDS,
        Key::new(
            "template",
            Kind::Words(&presets()),
            "A ready template. Default json.",
        ),
        Key::new(
            "template_file",
            Kind::Text,
            "A template of one's own, in place of a ready one.",
        ),
        Key::new("url", Kind::Secret, "The address."),
        Key::new("secret", Kind::Secret, "What requests are signed with."),
        Key::new("headers", Kind::Map(&Kind::Secret), "Headers besides."),
        Key::new("mentions", TEXTS, "People to call."),
        EVIDENCE_LINK,
        Key::new(
            "targets",
            Kind::Named(&Kind::Table(&TARGET)),
            "More addresses of the same kind.",
        ),
    ],
};

const TARGET: Shape = Shape {
    name: "target",
    keys: &[
        Key::new("url", Kind::Secret, "The address."),
        Key::new("secret", Kind::Secret, "What requests are signed with."),
        Key::new("mentions", TEXTS, "People to call."),
    ],
};

/// The names of the ready templates.
const fn presets() -> [&'static str; Preset::ALL.len()] {
    let mut names = [""; Preset::ALL.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = Preset::ALL[at].as_str();
        at += 1;
    }
    names
}

/// The webhook and its targets, each with name and line. A webhook with targets needs no address of its own.
pub(super) fn read(name: &str, section: &Section<'_>, folder: &Path) -> Vec<(String, usize, WebhookConfig)> {
    let template = template(section, folder);
    let headers = headers(section, folder);
    let base = Target::of(section, folder);
    let with = |target: Target| {
        Some(WebhookConfig {
            url: target.url?,
            template: template.clone(),
            secret: target.secret,
            headers: headers.clone(),
            mentions: target.mentions.unwrap_or_default(),
        })
    };
    let targets = targets(section, folder);
    if targets.is_empty() && section.get("url").is_none() {
        section.findings.missing(&section.at("url"), "it is missing");
    }
    let mut read = Vec::new();
    read.extend(with(base.clone()).map(|webhook| (name.to_owned(), section.place.line, webhook)));
    for (target, line, own) in targets {
        let webhook = with(own.or(&base));
        read.extend(webhook.map(|webhook| (format!("{name}:{target}"), line, webhook)));
    }
    read
}

/// What a target may say for itself.
#[derive(Clone)]
struct Target {
    url: Option<SecretRef>,
    secret: Option<SecretRef>,
    mentions: Option<Vec<String>>,
}

impl Target {
    fn of(section: &Section<'_>, folder: &Path) -> Self {
        Self {
            url: secret(section, "url", folder),
            secret: secret(section, "secret", folder),
            mentions: section.get("mentions").map(|mentions| mentions.texts()),
        }
    }

    fn or(self, base: &Self) -> Self {
        Self {
            // A secret belongs to its address.
            secret: if self.url.is_some() {
                self.secret
            } else {
                self.secret.or_else(|| base.secret.clone())
            },
            url: self.url.or_else(|| base.url.clone()),
            mentions: self.mentions.or_else(|| base.mentions.clone()),
        }
    }
}

fn targets(section: &Section<'_>, folder: &Path) -> Vec<(String, usize, Target)> {
    let Some(targets) = section.get("targets").and_then(|targets| targets.names()) else {
        return Vec::new();
    };
    let mut read = Vec::new();
    for (name, value) in targets.entries() {
        super::named(name, &value);
        let Some(target) = value.section(&TARGET) else {
            continue;
        };
        if target.get("url").is_none() && section.get("url").is_none() {
            section
                .findings
                .missing(&target.at("url"), "it is missing, and the sink has none either");
        }
        read.push((name.to_owned(), target.place.line, Target::of(&target, folder)));
    }
    read
}

fn template(section: &Section<'_>, folder: &Path) -> TemplateRef {
    let known = Preset::ALL.map(|preset| (preset.as_str(), preset));
    let ready = section
        .get("template")
        .and_then(|template| template.one_of(&known));
    let own = section.get("template_file");
    if let Some(file) = own.as_ref().filter(|_| section.get("template").is_some()) {
        file.wrong("it is either a ready template (template) or one of your own (template_file), not both");
    }
    match own.and_then(|file| file.text()) {
        Some(file) => TemplateRef::File(folder.join(file)),
        None => TemplateRef::Ready(ready.unwrap_or(Preset::Json)),
    }
}

fn headers(section: &Section<'_>, folder: &Path) -> Vec<(String, SecretRef)> {
    let headers = section.get("headers").and_then(|headers| headers.names());
    let entries = headers.map_or_else(Vec::new, |headers| headers.entries());
    let header = |(name, value): (&str, Value<'_>)| {
        if name.is_empty() || !name.bytes().all(is_token) {
            value.wrong("no header is called so: names have letters, digits and -");
        }
        Some((name.to_owned(), plain_or_secret(&value, folder)?))
    };
    entries.into_iter().filter_map(header).collect()
}

/// Most headers are no secrets: no warning where they stand in the file.
fn plain_or_secret(value: &Value<'_>, folder: &Path) -> Option<SecretRef> {
    let is_secret = value.is_table() || value.place.key.to_ascii_lowercase().ends_with("authorization");
    if is_secret {
        return read_secret(value, folder);
    }
    value
        .text()
        .map(|text| SecretRef::Literal(text.to_owned().into()))
}

/// What names of headers are made of (RFC 9110, section 5.6.2).
const fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~')
}
