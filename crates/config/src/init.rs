//! A first configuration: a commented file, to begin with.

use firstsight_sink::webhook::Preset;

use crate::ServerConfig;

/// What a first configuration says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// Where CloudTrail is.
    pub source: BeginningSource,
    /// Where events go.
    pub sink: BeginningSink,
    /// The port of the page.
    pub port: u16,
}

/// Where CloudTrail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeginningSource {
    /// Log groups and regions; no region leaves them to the environment.
    LogGroups {
        /// Names, patterns of names, ARNs.
        groups: Vec<String>,
        /// Their regions.
        regions: Vec<String>,
    },
    /// Files, folders, globs.
    Files(Vec<String>),
    /// Log sources of the Guance workspace at a node.
    GuanceLogs {
        /// Their names.
        sources: Vec<String>,
        /// The node's name, as `us1`.
        node: String,
    },
}

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeginningSink {
    /// Nowhere but to the page.
    None,
    /// A Guance workspace, by its node's name.
    Guance(String),
    /// An HTTP target that takes a ready template.
    Webhook(Preset),
    /// OCSF lines in a file.
    Ocsf,
    /// JSON lines in a file.
    Json,
}

impl Default for Beginning {
    /// The log group that the AWS console makes for a trail (`aws-cloudtrail-logs-…`), no sink, the usual port.
    fn default() -> Self {
        Self {
            source: BeginningSource::LogGroups {
                groups: vec!["aws-cloudtrail-logs-*".to_owned()],
                regions: Vec::new(),
            },
            sink: BeginningSink::None,
            port: ServerConfig::PORT,
        }
    }
}

const HEAD: &str = "\
# firstsight: which CloudTrail errors have never been seen before.
#
#   firstsight config check FILE    what this file means, and which secrets it needs
#   firstsightd --config FILE       runs it
#
# Every key is described in docs/configuration.md. Settings in comments are what holds anyway, or examples.
# Secrets are named, not written: { env = \"NAME\" } or { file = \"PATH\" }.

# The language of titles and messages: en or zh.
# locale = \"en\"

";

const INSPECTION: &str = "\
# When it runs: minute, hour, day of the month, month, day of the week. Each tick is the end of the hour that is judged;
# the run starts 10 minutes later, since CloudTrail delivers late.
# schedule = \"0 * * * *\"
# time_zone = \"UTC\"
# settle = \"10m\"
# timeout = \"15m\"
# How much is judged, and what it is compared with. Accounts with less history than min_history are learning: what is
# found there is shown, not alerted.
# window = \"1h\"
# baseline = \"14d\"
# min_history = \"7d\"
# retention = \"90d\"
# Findings below it open no fault: info, warning, error, critical.
# alert_severity = \"warning\"
# Take out what should not be kept: [\"requestParameters.**.password\"]
# redact = []
# The inspection tells of itself: after so many failed runs, or when the source has had nothing newer for so long.
# failures = 3
# silent_after = \"3h\"

";

const POLICIES: &str = "\
# Without a policy, every event goes to every sink: chats are told of a fault once a day, and when it gets worse.
# [[policies]]
# name = \"only what is bad\"
# to = [\"NAME\"]
# severities = [\"error\", \"critical\"]

";

impl Beginning {
    /// The file: a configuration without mistakes or doubts, with comments that say what else there is.
    #[must_use]
    pub fn file(&self) -> String {
        let mut file = HEAD.to_owned();
        file.push_str("[inspections.main]\n");
        file.push_str(&self.source());
        file.push_str(INSPECTION);
        file.push_str(&self.sinks());
        file.push_str(POLICIES);
        file.push_str(&self.server());
        file
    }

    fn source(&self) -> String {
        match &self.source {
            BeginningSource::LogGroups { groups, regions } => {
                let groups = list(groups);
                let (regions, said) = match regions.as_slice() {
                    [] => (
                        "# source.regions = [\"eu-west-1\"]\n".to_owned(),
                        "# The regions to read; without, that of the profile or of AWS_REGION.\n",
                    ),
                    regions => (format!("source.regions = {}\n", list(regions)), ""),
                };
                format!(
                    "# Log groups that a trail delivers to: names, patterns (trail/*), ARNs.\n\
                     source.kind = \"cloudwatch\"\nsource.groups = {groups}\n{said}{regions}\
                     # Other accounts are read by roles there; 'firstsight iam-policy' prints what they need.\n\
                     # source.role_arns = [\"arn:aws:iam::111122223333:role/firstsight\"]\n"
                )
            }
            BeginningSource::Files(paths) => format!(
                "# Files, folders (the S3 layout is understood), globs.\nsource.kind = \"files\"\nsource.paths = {}\n",
                list(paths)
            ),
            BeginningSource::GuanceLogs { sources, .. } => format!(
                "# CloudTrail that Guance has stored, by the names of its log sources; GUANCE_API_KEY is the API's key.\n\
                 source.kind = \"guance-logs\"\nsource.sources = {}\nsource.sink = \"guance\"\n",
                list(sources)
            ),
        }
    }

    fn sinks(&self) -> String {
        let node = match (&self.sink, &self.source) {
            (BeginningSink::Guance(node), _) | (_, BeginningSource::GuanceLogs { node, .. }) => Some(node),
            _ => None,
        };
        let mut sinks = node.map(|node| guance(node)).unwrap_or_default();
        match &self.sink {
            BeginningSink::None if node.is_none() => sinks.push_str(
                "# Where events go: guance, webhook (slack, dingtalk, feishu, wecom, alertmanager, json), ocsf, json.\n\
                 # [sinks.chat]\n# kind = \"webhook\"\n# template = \"slack\"\n# url = { env = \"SLACK_WEBHOOK\" }\n\n",
            ),
            BeginningSink::None | BeginningSink::Guance(_) => {}
            BeginningSink::Webhook(preset) => sinks.push_str(&webhook(*preset)),
            BeginningSink::Ocsf => sinks.push_str(&lines("ocsf", "findings.ndjson")),
            BeginningSink::Json => sinks.push_str(&lines("json", "events.ndjson")),
        }
        sinks
    }

    fn server(&self) -> String {
        let port = self.port;
        format!(
            "# Where states are kept; the user's state folder, or systemd's, where nothing is said.\n\
             # [store]\n# path = \"/var/lib/firstsight\"\n\n\
             # The page, the API and the metrics. An address that others reach needs an admin_token of 16 characters at\n\
             # least, and a reverse proxy with TLS in front of it.\n\
             [server]\nbind = \"127.0.0.1:{port}\"\n\
             # public_url = \"https://firstsight.example.com\"\n\
             # admin_token = {{ env = \"FIRSTSIGHT_ADMIN_TOKEN\" }}\n\
             # read_token = {{ env = \"FIRSTSIGHT_READ_TOKEN\" }}\n"
        )
    }
}

fn guance(node: &str) -> String {
    let node = text(node);
    format!(
        "# A Guance or TrueWatch workspace; 'firstsight guance setup' makes the monitor and prints its secret.\n\
         [sinks.guance]\nkind = \"guance\"\nnode = {node}\n\
         monitor = {{ sub_uri = \"firstsight\", secret = {{ env = \"GUANCE_MONITOR_SECRET\" }} }}\n\n"
    )
}

fn webhook(preset: Preset) -> String {
    let name = preset.as_str();
    let variable = name.to_ascii_uppercase();
    format!(
        "[sinks.{name}]\nkind = \"webhook\"\ntemplate = \"{name}\"\nurl = {{ env = \"{variable}_WEBHOOK\" }}\n\
         # What requests are signed with, where the far side asks for it.\n\
         # secret = {{ env = \"{variable}_SECRET\" }}\n\n"
    )
}

fn lines(kind: &str, file: &str) -> String {
    format!(
        "# A line an event, behind what the file holds.\n[sinks.{kind}]\nkind = \"{kind}\"\npath = \"{file}\"\n\n"
    )
}

fn text(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| text(item)).collect();
    format!("[{}]", items.join(", "))
}
