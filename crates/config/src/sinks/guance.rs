//! A Guance or TrueWatch workspace.

use std::path::Path;

use firstsight_guance::node::Node;

use super::secret::{SecretRef, required, secret};
use super::{EVIDENCE_LINK, KIND, LOCALE, RECORDS, address};
use crate::nearest::hint;
use crate::reading::Section;
use crate::shape::{Key, Kind, Shape, words};

/// How events get to a workspace, and as what.
#[derive(Clone, Debug)]
pub struct GuanceConfig {
    /// The node: by name, with addresses of one's own in place of its.
    pub node: Option<Node>,
    /// The way in.
    pub way: GuanceWay,
    /// The OpenAPI's key.
    pub api_key: Option<SecretRef>,
    /// The external-event monitor that events are pushed to.
    pub monitor: Option<MonitorConfig>,
    /// A DataKit that points are written with.
    pub datakit_url: Option<String>,
    /// The workspace's token: points are written to the node's OpenWay.
    pub token: Option<SecretRef>,
    /// Whether evidence is written as logs; `None` where it is wherever points can be.
    pub evidence: Option<bool>,
    /// The `df_source` of key events.
    pub df_source: Option<String>,
    /// The `source` of evidence as logs.
    pub evidence_source: Option<String>,
}

/// The way in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GuanceWay {
    /// An external-event monitor.
    #[default]
    Push,
    /// Points of the category `keyevent`.
    KeyEvent,
    /// `events/create`.
    Create,
}

/// An external-event monitor.
#[derive(Clone, Debug)]
pub struct MonitorConfig {
    /// The last part of its address.
    pub sub_uri: String,
    /// The secret part of it.
    pub secret: SecretRef,
}

impl GuanceConfig {
    /// Whether it says what points are written with.
    #[must_use]
    pub const fn writes_points(&self) -> bool {
        self.datakit_url.is_some() || self.token.is_some()
    }
}

pub(super) const SHAPE: Shape = Shape {
    name: "guance",
    keys: &[
        Key::needed("kind", Kind::Words(&["guance"]), KIND),
        LOCALE,
        RECORDS,
        Key::new("node", Kind::Text, "The node's name, as us1."),
        Key::new(
            "openapi_url",
            Kind::Text,
            "The OpenAPI's address, in place of the node's.",
        ),
        Key::new(
            "openway_url",
            Kind::Text,
            "The OpenWay's address, in place of the node's.",
        ),
        Key::new(
            "way",
            Kind::Words(&words(&WAYS)),
            "How events get there. Default push, to a monitor.",
        ),
        Key::new(
            "api_key",
            Kind::Secret,
            "The OpenAPI's key: needed by the way create.",
        ),
        Key::new(
            "monitor",
            Kind::Table(&MONITOR),
            "The monitor that events are pushed to.",
        ),
        Key::new(
            "datakit_url",
            Kind::Text,
            "A DataKit to write evidence and key events to.",
        ),
        Key::new(
            "token",
            Kind::Secret,
            "The workspace's token: they are written to the node itself.",
        ),
        Key::new(
            "evidence",
            Kind::Boolean,
            "Whether findings are written as logs. Default: where they can be.",
        ),
        Key::new("df_source", Kind::Text, "Of key events. Default custom."),
        Key::new(
            "evidence_source",
            Kind::Text,
            "The source of these logs. Default firstsight.",
        ),
        EVIDENCE_LINK,
    ],
};

const MONITOR: Shape = Shape {
    name: "monitor",
    keys: &[
        Key::needed("sub_uri", Kind::Text, "The last part of the monitor's address."),
        Key::needed("secret", Kind::Secret, "The secret part of it."),
    ],
};

const WAYS: [(&str, GuanceWay); 3] = [
    ("push", GuanceWay::Push),
    ("keyevent", GuanceWay::KeyEvent),
    ("create", GuanceWay::Create),
];

pub(super) fn read(section: &Section<'_>, folder: &Path) -> GuanceConfig {
    let text = |key: &str| section.get(key).and_then(|value| value.text()).map(str::to_owned);
    let config = GuanceConfig {
        node: node(section),
        way: section
            .get("way")
            .and_then(|way| way.one_of(&WAYS))
            .unwrap_or_default(),
        api_key: secret(section, "api_key", folder),
        monitor: monitor(section, folder),
        datakit_url: address(section, "datakit_url"),
        token: secret(section, "token", folder),
        evidence: section.get("evidence").and_then(|evidence| evidence.boolean()),
        df_source: text("df_source"),
        evidence_source: text("evidence_source"),
    };
    complete(section, &config);
    config
}

/// The node by name, else by its addresses.
fn node(section: &Section<'_>) -> Option<Node> {
    let named = section.get("node").and_then(|name| name.parsed(by_name));
    let (openapi, openway) = (address(section, "openapi_url"), address(section, "openway_url"));
    if named.is_none() && openapi.is_none() && openway.is_none() {
        return None;
    }
    let mut node = named.unwrap_or_else(Node::private);
    node.openapi = openapi.unwrap_or(node.openapi);
    node.openway = openway.unwrap_or(node.openway);
    Some(node)
}

/// The node of this name.
///
/// # Errors
/// Proposes the nearest one.
pub(crate) fn by_name(name: &str) -> Result<Node, String> {
    Node::named(name).ok_or_else(|| {
        let hint = hint(name, Node::names());
        format!("no node is called {name:?} (one of your own has openapi_url and openway_url instead){hint}")
    })
}

fn monitor(section: &Section<'_>, folder: &Path) -> Option<MonitorConfig> {
    let monitor = section.get("monitor")?.section(&MONITOR)?;
    let sub_uri = monitor.require("sub_uri").and_then(|uri| uri.parsed(sub_uri));
    let secret = required(&monitor, "secret", folder);
    Some(MonitorConfig {
        sub_uri: sub_uri?,
        secret: secret?,
    })
}

/// The last part of an address.
fn sub_uri(text: &str) -> Result<String, &'static str> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if text.chars().all(is_plain) {
        Ok(text.to_owned())
    } else {
        Err("it is the last part of the monitor's address: letters, digits, - and _")
    }
}

/// What each way in needs.
fn complete(section: &Section<'_>, config: &GuanceConfig) {
    let has = |key: &str| section.get(key).is_some();
    let missing = |key: &str, said: &str| section.findings.missing(&section.at(key), said);
    if !has("node") && !has("openapi_url") && config.way != GuanceWay::KeyEvent {
        missing(
            "node",
            "it is missing: name the workspace's node, as us1, or give openapi_url",
        );
    }
    if config.way == GuanceWay::Push && !has("monitor") {
        missing(
            "monitor",
            "way \"push\" needs it: { sub_uri = …, secret = … }; 'firstsight guance setup' makes it",
        );
    }
    if config.way == GuanceWay::Create && !has("api_key") {
        missing("api_key", "way \"create\" needs it");
    }
    let writes = has("datakit_url") || has("token");
    if config.way == GuanceWay::KeyEvent && !writes {
        missing(
            "datakit_url",
            "way \"keyevent\" needs it, or a token for the node's OpenWay",
        );
    } else if config.evidence == Some(true) && !writes {
        missing(
            "datakit_url",
            "evidence needs it, or a token for the node's OpenWay",
        );
    }
    if has("datakit_url") && has("token") {
        let said = "points go through a DataKit (datakit_url) or straight to the node (token), not both";
        section.findings.wrong(&section.at("token"), said);
    }
    if has("token") && !has("node") && !has("openway_url") {
        missing("openway_url", "a token needs it, or the node");
    }
}
