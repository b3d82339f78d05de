//! Which workspace the arguments, the environment or a configuration name.

use firstsight_config::{
    Config, GuanceAccess, GuanceConfig, GuanceWay, MonitorConfig, SecretRef, SinkConfig, SinkKind, Style,
    Surroundings, node_named, open_guance,
};
use firstsight_guance::client::OpenApi;
use firstsight_guance::node::Node;
use firstsight_sink::http::{Http, HttpSettings};

use crate::args::guance::Workspace;
use crate::context::Context;
use crate::failure::Failure;
use crate::surroundings;

/// A workspace that can be asked.
pub(super) struct Opened {
    /// The configuration, with no other sink than this one.
    pub(super) config: Config,
    pub(super) access: GuanceAccess,
}

impl Opened {
    /// What is named; `sub_uri` is the monitor's where no configuration says it.
    pub(super) fn of(
        workspace: &Workspace,
        sub_uri: Option<&str>,
        context: &Context,
    ) -> Result<Self, Failure> {
        let surroundings = surroundings::real();
        let http = Http::new(&HttpSettings::default()).map_err(|error| Failure::from_error(&error))?;
        let mut config = match given(workspace, sub_uri, &*surroundings)? {
            Some(config) => config,
            None => configured(workspace, context)?,
        };
        // Others may lack secrets that nobody needs here.
        config.sinks.retain(|sink| {
            let is_asked = workspace.sink.as_ref().is_none_or(|name| *name == sink.name);
            is_asked && matches!(sink.kind, SinkKind::Guance(_))
        });
        let access = open_guance(&config, workspace.sink.as_deref(), &surroundings, &http);
        let access = access.map_err(Failure::usage)?;
        Ok(Self { config, access })
    }

    /// By which way events are sent.
    pub(super) fn way(&self) -> Option<GuanceWay> {
        self.config.sinks.iter().find_map(|sink| match &sink.kind {
            SinkKind::Guance(guance) => Some(guance.way),
            _ => None,
        })
    }

    /// The API, where there is a key for it.
    pub(super) fn api_with_key(&self) -> Result<OpenApi, Failure> {
        let api = self.access.api.clone().filter(|_| self.access.has_key);
        api.ok_or_else(|| {
            Failure::usage(
                "this takes a key of the workspace's API: set GUANCE_API_KEY to the key's id (wsak_…), or api_key in the \
                 configuration; keys are made under Management, API Key Management",
            )
        })
    }
}

fn configured(workspace: &Workspace, context: &Context) -> Result<Config, Failure> {
    let path = workspace
        .config
        .as_deref()
        .filter(|path| !path.as_os_str().is_empty());
    let path = path.ok_or_else(|| {
        Failure::usage(
            "name the workspace's node with --node NODE (or GUANCE_NODE), or a configuration with --config FILE",
        )
    })?;
    crate::alerts::configuration(path, context)
}

/// A configuration made of arguments and environment; `None` where they name no node.
fn given(
    workspace: &Workspace,
    sub_uri: Option<&str>,
    surroundings: &dyn Surroundings,
) -> Result<Option<Config>, Failure> {
    let said = |given: &Option<String>, name: &str| given.clone().or_else(|| set(surroundings, name));
    // What is said on the command line wins over a configuration, the environment does not.
    let is_said = workspace.node.is_some() || workspace.openapi_url.is_some();
    if !is_said && workspace.config.is_some() {
        return Ok(None);
    }
    let name = said(&workspace.node, "GUANCE_NODE");
    let urls = (
        said(&workspace.openapi_url, "GUANCE_OPENAPI_URL"),
        set(surroundings, "GUANCE_OPENWAY_URL"),
    );
    let datakit_url = set(surroundings, "GUANCE_DATAKIT_URL");
    if name.is_none() && urls == (None, None) && datakit_url.is_none() {
        return Ok(None);
    }
    let secret = |name: &str| set(surroundings, name).map(|_| SecretRef::Env(name.to_owned()));
    let monitor = sub_uri.zip(secret("GUANCE_MONITOR_SECRET"));
    let guance = GuanceConfig {
        node: node(name, urls)?,
        api_key: secret("GUANCE_API_KEY"),
        token: secret("GUANCE_TOKEN").filter(|_| datakit_url.is_none()),
        monitor: monitor.map(|(sub_uri, secret)| MonitorConfig {
            sub_uri: sub_uri.to_owned(),
            secret,
        }),
        datakit_url,
        way: GuanceWay::Push,
        evidence: None,
        df_source: None,
        evidence_source: None,
    };
    let guance = with_way(guance);
    if sub_uri.is_some() && guance.way == GuanceWay::Push && guance.monitor.is_none() {
        return Err(Failure::usage(NO_WAY));
    }
    Ok(Some(Config {
        file: "the command line".to_owned(),
        sinks: vec![SinkConfig {
            name: workspace.sink.clone().unwrap_or_else(|| "guance".to_owned()),
            line: 0,
            kind: SinkKind::Guance(Box::new(guance)),
            style: Style::default(),
        }],
        ..Config::default()
    }))
}

const NO_WAY: &str = "there is nothing to send events with: set GUANCE_MONITOR_SECRET to the secret part of the monitor's address \
     ('firstsight guance setup' tells it), or name a configuration with --config FILE";

/// The best way in for which everything is there.
fn with_way(guance: GuanceConfig) -> GuanceConfig {
    let way = if guance.monitor.is_some() {
        GuanceWay::Push
    } else if guance.writes_points() {
        GuanceWay::KeyEvent
    } else if guance.api_key.is_some() {
        GuanceWay::Create
    } else {
        GuanceWay::Push
    };
    GuanceConfig { way, ..guance }
}

/// A variable that is not empty.
fn set(surroundings: &dyn Surroundings, name: &str) -> Option<String> {
    let value = surroundings.variable(name)?;
    let value = value.trim();
    (!value.is_empty()).then(|| value.to_owned())
}

fn node(name: Option<String>, urls: (Option<String>, Option<String>)) -> Result<Option<Node>, Failure> {
    let (openapi, openway) = urls;
    let named = match name {
        Some(name) => Some(node_named(&name).map_err(Failure::usage)?),
        None if openapi.is_none() && openway.is_none() => return Ok(None),
        None => None,
    };
    let mut node = named.unwrap_or_else(Node::private);
    node.openapi = openapi.unwrap_or(node.openapi);
    node.openway = openway.unwrap_or(node.openway);
    Ok(Some(node))
}
