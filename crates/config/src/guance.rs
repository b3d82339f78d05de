//! Opens what a configuration says of Guance.

use std::sync::Arc;

use firstsight_guance::client::{Destination, OpenApi, Writer};
use firstsight_guance::event::EventOptions;
use firstsight_guance::node::Node;
use firstsight_guance::{GuanceSettings, GuanceSink, Way};
use firstsight_sink::Sink;
use firstsight_sink::http::Http;
use secrecy::SecretString;

use crate::error::ConfigError;
use crate::open::{Opener, Surroundings};
use crate::sinks::{GuanceConfig, GuanceWay, SecretRef, SinkKind};
use crate::{Config, sinks};

/// What can be asked of a workspace, and written to it.
#[derive(Clone, Debug)]
pub struct GuanceAccess {
    /// The node; `None` where only a DataKit is named.
    pub node: Option<Node>,
    /// The OpenAPI, with the key if there is one.
    pub api: Option<OpenApi>,
    /// Whether there is a key.
    pub has_key: bool,
    /// What points are written with.
    pub writer: Option<Writer>,
    /// The last part of the monitor's address.
    pub sub_uri: Option<String>,
    /// The secret part of it.
    pub monitor_secret: Option<SecretString>,
}

/// Where the API's key is taken from if the configuration names none. Only what asks a workspace needs a key; so that what
/// pushes events does not have to be given one, it need not stand in the configuration.
pub const API_KEY: &str = "GUANCE_API_KEY";

/// The node of this name, in any case.
///
/// # Errors
/// Proposes the nearest one.
pub fn node_named(name: &str) -> Result<Node, String> {
    sinks::by_name(name)
}

/// Opens what the sink of this name (the only one of its kind where there is none) says of Guance, to ask the workspace: the
/// API's key is [`API_KEY`]'s where it names none.
///
/// # Errors
/// When there is no such sink, or several; every secret that is missing.
pub fn open_guance(
    config: &Config,
    name: Option<&str>,
    surroundings: &Arc<dyn Surroundings>,
    http: &Http,
) -> Result<GuanceAccess, String> {
    let all = config.sinks.iter().filter_map(|sink| match &sink.kind {
        SinkKind::Guance(guance) => Some((sink, &**guance)),
        _ => None,
    });
    let asked: Vec<_> = all
        .filter(|(sink, _)| name.is_none_or(|name| name == sink.name))
        .collect();
    let (sink, guance) = match (asked.as_slice(), name) {
        ([only], _) => *only,
        ([], Some(name)) => {
            return Err(format!(
                "{}: no sink of the kind guance is called {name:?}",
                config.file
            ));
        }
        ([], None) => return Err(format!("{}: it has no sink of the kind guance", config.file)),
        (several, _) => {
            let names: Vec<&str> = several.iter().map(|(sink, _)| sink.name.as_str()).collect();
            return Err(format!(
                "{}: choose one of {} with --sink",
                config.file,
                names.join(", ")
            ));
        }
    };
    let mut mistakes = Vec::new();
    let mut opener = Opener {
        sink,
        locale: config.locale.unwrap_or_default(),
        surroundings,
        mistakes: &mut mistakes,
    };
    let access = access(&mut opener, &with_key(guance, &**surroundings), http);
    let file = config.file.clone();
    access.ok_or_else(|| ConfigError { file, mistakes }.to_string())
}

fn with_key(config: &GuanceConfig, surroundings: &dyn Surroundings) -> GuanceConfig {
    let is_set = surroundings
        .variable(API_KEY)
        .is_some_and(|key| !key.trim().is_empty());
    let usual = is_set.then(|| SecretRef::Env(API_KEY.to_owned()));
    GuanceConfig {
        api_key: config.api_key.clone().or(usual),
        ..config.clone()
    }
}

fn access(opener: &mut Opener<'_>, config: &GuanceConfig, http: &Http) -> Option<GuanceAccess> {
    let key = opener.optional("api_key", config.api_key.as_ref());
    let writer = writer(opener, config, http);
    let monitor = config.monitor.as_ref();
    let secret = opener.optional("monitor.secret", monitor.map(|monitor| &monitor.secret));
    let key = key?;
    let base = config.node.as_ref().map(|node| node.openapi.as_str());
    Some(GuanceAccess {
        has_key: key.is_some(),
        api: base
            .filter(|base| !base.is_empty())
            .map(|base| OpenApi::new(http.clone(), base, key)),
        node: config.node.clone(),
        writer: writer?,
        sub_uri: monitor.map(|monitor| monitor.sub_uri.clone()),
        monitor_secret: secret?,
    })
}

/// What points are written with; the outer `None` says that something is wrong with it.
#[allow(clippy::option_option, reason = "wrong and not asked for are two things")]
fn writer(opener: &mut Opener<'_>, config: &GuanceConfig, http: &Http) -> Option<Option<Writer>> {
    let destination = match (&config.datakit_url, &config.token) {
        (Some(url), _) => Destination::DataKit { url: url.clone() },
        (None, Some(token)) => Destination::OpenWay {
            token: opener.secret("token", token)?,
            url: config
                .node
                .as_ref()
                .map(|node| node.openway.clone())
                .unwrap_or_default(),
        },
        (None, None) => return Some(None),
    };
    Some(Some(Writer::new(http.clone(), destination)))
}

/// The sink.
pub(crate) fn sink(opener: &mut Opener<'_>, config: &GuanceConfig, http: &Http) -> Option<Arc<dyn Sink>> {
    let access = access(opener, config, http)?;
    let wants_evidence = config.evidence.unwrap_or(true);
    let usual = EventOptions::default();
    let options = EventOptions {
        locale: opener.locale,
        df_source: config.df_source.clone().unwrap_or(usual.df_source),
        evidence_source: config.evidence_source.clone().unwrap_or(usual.evidence_source),
        records: opener.sink.style.records,
        evidence: opener.sink.style.evidence.clone(),
    };
    let evidence = access.writer.clone().filter(|_| wants_evidence);
    Some(Arc::new(GuanceSink::new(GuanceSettings {
        name: opener.sink.name.clone(),
        way: way(opener, config.way, access)?,
        evidence,
        options,
    })))
}

/// Parsing has seen to it that what a way needs is there.
fn way(opener: &mut Opener<'_>, way: GuanceWay, access: GuanceAccess) -> Option<Way> {
    let way = match (way, access) {
        (
            GuanceWay::Push,
            GuanceAccess {
                api: Some(api),
                monitor_secret: Some(secret),
                sub_uri: Some(sub_uri),
                ..
            },
        ) => Some(Way::Push { api, secret, sub_uri }),
        (
            GuanceWay::KeyEvent,
            GuanceAccess {
                writer: Some(writer), ..
            },
        ) => Some(Way::KeyEvent(writer)),
        (GuanceWay::Create, GuanceAccess { api: Some(api), .. }) => Some(Way::Create(api)),
        _ => None,
    };
    way.or_else(|| opener.wrong("way", "what it needs is missing".to_owned()))
}
