//! Where the daemon keeps its state, and where it serves.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret as _, SecretString};

use crate::error::{ConfigError, Mistake};
use crate::open::{Surroundings, fetch};
use crate::reading::Section;
use crate::shape::{Key, Kind, Shape, TEXTS};
use crate::sinks::{address, secret};
use crate::values::duration;
use crate::{Config, SecretRef};

/// Where states are kept.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct StoreConfig {
    /// The folder: each inspection has a file of its own in it, `NAME.db`. `None`: the environment decides (`STATE_DIRECTORY` of
    /// systemd, else the user's state folder).
    pub path: Option<PathBuf>,
}

/// Where and how the daemon serves.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Whether it serves at all. Default true.
    pub enabled: bool,
    /// The address. Default `127.0.0.1:7780`.
    pub bind: SocketAddr,
    /// The address that people open (behind a reverse proxy), as `https://firstsight.example.com`: links, cookies and the check of
    /// origins follow it.
    pub public_url: Option<String>,
    /// Names that requests may come to, besides the address bound to and the public one's.
    pub hosts: Vec<String>,
    /// The token of people who may change things.
    pub admin_token: Option<SecretRef>,
    /// The token of people who may look.
    pub read_token: Option<SecretRef>,
    /// How long a session of the page lasts without use, in seconds. Default 12 h.
    pub session_seconds: u32,
}

impl ServerConfig {
    /// The port that is served by default.
    pub const PORT: u16 = 7780;
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            enabled: true,
            bind: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), Self::PORT),
            public_url: None,
            hosts: Vec::new(),
            admin_token: None,
            read_token: None,
            session_seconds: 12 * 3600,
        }
    }
}

pub(crate) const STORE: Shape = Shape {
    name: "store",
    keys: &[Key::new(
        "path",
        Kind::Text,
        "The folder of the states. Default STATE_DIRECTORY's, else the user's.",
    )],
};

pub(crate) const SERVER: Shape = Shape {
    name: "server",
    keys: &[
        Key::new(
            "enabled",
            Kind::Boolean,
            "Whether it serves at all. Default true.",
        ),
        Key::new(
            "bind",
            Kind::Text,
            "The address and port. Default 127.0.0.1:7780.",
        ),
        Key::new(
            "public_url",
            Kind::Text,
            "The address that people open, behind a reverse proxy.",
        ),
        Key::new(
            "hosts",
            TEXTS,
            "Names that requests may come to, besides bind's and public_url's.",
        ),
        Key::new(
            "admin_token",
            Kind::Secret,
            "The token of people who may change things.",
        ),
        Key::new("read_token", Kind::Secret, "The token of people who may look."),
        Key::new(
            "session",
            Kind::Length,
            "How long a session lasts without use. Default 12h.",
        ),
    ],
};

/// The store of the file; a relative folder is one from `folder`.
pub(crate) fn store(top: &Section<'_>, folder: &Path) -> StoreConfig {
    let store = top.get("store").and_then(|store| store.section(&STORE));
    let path = store.and_then(|store| store.get("path"));
    StoreConfig {
        path: path.and_then(|path| path.text()).map(|path| folder.join(path)),
    }
}

/// The server of the file.
pub(crate) fn read(top: &Section<'_>, folder: &Path) -> ServerConfig {
    let usual = ServerConfig::default();
    let Some(section) = top.get("server").and_then(|server| server.section(&SERVER)) else {
        return usual;
    };
    let hosts = section.get("hosts").map_or_else(Vec::new, |hosts| hosts.list());
    let session = section.get("session");
    let config = ServerConfig {
        enabled: section
            .get("enabled")
            .and_then(|enabled| enabled.boolean())
            .unwrap_or(usual.enabled),
        bind: section
            .get("bind")
            .and_then(|bind| bind.parsed(bound))
            .unwrap_or(usual.bind),
        public_url: public_url(&section),
        hosts: hosts.iter().filter_map(|host| host.parsed(self::host)).collect(),
        admin_token: secret(&section, "admin_token", folder),
        read_token: secret(&section, "read_token", folder),
        session_seconds: session
            .and_then(|session| session.parsed(lasting))
            .unwrap_or(usual.session_seconds),
    };
    guarded(&section, &config);
    config
}

/// An address with its port.
fn bound(text: &str) -> Result<SocketAddr, String> {
    let text = match text.strip_prefix("localhost:") {
        Some(port) => format!("127.0.0.1:{port}"),
        None => text.to_owned(),
    };
    text.parse()
        .map_err(|_| format!("{text:?} is no address: write 127.0.0.1:7780, 0.0.0.0:7780 or [::1]:7780"))
}

/// An origin: links are made from it, and forms have to come from it.
fn public_url(section: &Section<'_>) -> Option<String> {
    let value = section.get("public_url")?;
    let url = address(section, "public_url")?;
    let host = url.split_once("://").map_or("", |(_, host)| host);
    if host.contains(['/', '?', '#', '@']) {
        value.wrong("it has no path: write https://firstsight.example.com");
        return None;
    }
    Some(url)
}

/// A name, with its port or without.
fn host(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    if !text.is_empty() && text.chars().all(is_plain) {
        return Ok(text.to_ascii_lowercase());
    }
    Err(format!(
        "{text:?} is no name of a host: write firstsight.example.com"
    ))
}

/// Between five minutes and a month.
fn lasting(text: &str) -> Result<u32, String> {
    let seconds = duration(text)?;
    let inside = Some(seconds).filter(|seconds| (300..=31 * 86_400).contains(seconds));
    inside
        .and_then(|seconds| u32::try_from(seconds).ok())
        .ok_or_else(|| format!("{text:?} is too short or too long: it is 5m to 31d"))
}

/// What others reach asks who they are.
fn guarded(section: &Section<'_>, config: &ServerConfig) {
    let place = |key: &str| {
        section
            .get(key)
            .map_or_else(|| section.at(key), |value| value.place)
    };
    let has = |key: &str| section.get(key).is_some();
    if config.enabled && !has("admin_token") {
        if !config.bind.ip().is_loopback() {
            let said = "others reach this address: give an admin_token ({ env = \"NAME\" } or { file = \"PATH\" }), or bind \
                        to 127.0.0.1 behind a reverse proxy";
            section.findings.wrong(&place("bind"), said);
        } else if let Some(value) = section.get("public_url") {
            value.warn("whoever opens this address may change things: give an admin_token, unless the proxy asks who they are");
        }
    }
    if has("read_token") && !has("admin_token") {
        let said = "it is asked for beside an admin_token: without one, nobody could change anything";
        section.findings.wrong(&place("read_token"), said);
    }
    if config.admin_token.is_some() && is_same(config.admin_token.as_ref(), config.read_token.as_ref()) {
        let said = "it is the admin_token: whoever may look could change things too";
        section.findings.wrong(&place("read_token"), said);
    }
}

fn is_same(one: Option<&SecretRef>, other: Option<&SecretRef>) -> bool {
    match (one, other) {
        (Some(SecretRef::Env(one)), Some(SecretRef::Env(other))) => one == other,
        (Some(SecretRef::File(one)), Some(SecretRef::File(other))) => one == other,
        _ => false,
    }
}

/// The fetched tokens of the server.
#[derive(Clone, Debug, Default)]
pub struct Tokens {
    /// Of people who may change things.
    pub admin: Option<SecretString>,
    /// Of people who may look.
    pub reader: Option<SecretString>,
}

impl Tokens {
    /// The least number of characters of a token: it is all that keeps others out.
    pub const SHORTEST: usize = 16;
}

/// Fetches the tokens of the server.
///
/// # Errors
/// Each that is missing or shorter than [`Tokens::SHORTEST`], and that both are the same.
pub fn open_tokens(config: &Config, surroundings: &dyn Surroundings) -> Result<Tokens, ConfigError> {
    let mut mistakes = Vec::new();
    let mut token = |key: &str, secret: Option<&SecretRef>| {
        let fetched = secret.map(|secret| fetch(secret, surroundings).and_then(long_enough));
        fetched?.map_err(|said| mistakes.push(mistake(key, said))).ok()
    };
    let tokens = Tokens {
        admin: token("admin_token", config.server.admin_token.as_ref()),
        reader: token("read_token", config.server.read_token.as_ref()),
    };
    if let (Some(admin), Some(reader)) = (&tokens.admin, &tokens.reader)
        && admin.expose_secret() == reader.expose_secret()
    {
        mistakes.push(mistake(
            "read_token",
            "it is the same as the admin_token".to_owned(),
        ));
    }
    if mistakes.is_empty() {
        return Ok(tokens);
    }
    Err(ConfigError {
        file: config.file.clone(),
        mistakes,
    })
}

fn long_enough(token: SecretString) -> Result<SecretString, String> {
    let shortest = Tokens::SHORTEST;
    if token.expose_secret().chars().count() >= shortest {
        return Ok(token);
    }
    Err(format!(
        "a token has {shortest} characters at least: 'openssl rand -hex 32' makes one"
    ))
}

fn mistake(key: &str, said: String) -> Mistake {
    Mistake {
        key: format!("server.{key}"),
        said,
        ..Mistake::default()
    }
}
