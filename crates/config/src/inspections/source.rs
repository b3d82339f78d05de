//! Where an inspection reads.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use crate::nearest::hint;
use crate::reading::{Section, Value};
use crate::shape::{Key, Kind, Shape, TEXTS};
use crate::sinks::{SinkConfig, SinkKind, address};

/// Where an inspection reads.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SourceConfig {
    /// Files, folders and globs.
    Files(Vec<PathBuf>),
    /// Log groups of CloudWatch Logs.
    CloudWatch(Box<CloudWatchConfig>),
    /// CloudTrail in Guance's logs.
    GuanceLogs(Box<GuanceLogsConfig>),
}

/// Log groups, and how AWS is reached. What is left out comes from the SDK's default chain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CloudWatchConfig {
    /// Names, patterns of names, ARNs.
    pub groups: Vec<String>,
    /// The regions to read.
    pub regions: Vec<String>,
    /// A profile of the shared configuration.
    pub profile: Option<String>,
    /// The roles to assume, one an account.
    pub role_arns: Vec<String>,
    /// What the roles' trust policies ask for.
    pub external_id: Option<String>,
    /// What CloudTrail shows as the session of assumed roles; `firstsight` by default.
    pub role_session_name: Option<String>,
    /// For every service.
    pub endpoint_url: Option<String>,
    /// FIPS endpoints.
    pub fips: bool,
    /// Endpoints that speak IPv6 too.
    pub dual_stack: bool,
    /// At most so many requests a second, account and region.
    pub requests_per_second: Option<NonZeroU32>,
    /// Every record, not only errors.
    pub all_records: bool,
}

/// Logs that Guance has stored.
#[derive(Clone, Debug, PartialEq)]
pub struct GuanceLogsConfig {
    /// The names of the log sources.
    pub sources: Vec<String>,
    /// The index; the default one when `None`.
    pub index: Option<String>,
    /// The sink whose workspace is asked; the only Guance sink's when `None`.
    pub sink: Option<String>,
}

pub(super) const SHAPES: Kind = Kind::OneOf(&[&CLOUDWATCH, &FILES, &GUANCE_LOGS]);

const KIND: &str = "What it is.";

const CLOUDWATCH: Shape = Shape {
    name: "cloudwatch",
    keys: &[
        Key::needed("kind", Kind::Words(&["cloudwatch"]), KIND),
        Key::needed(
            "groups",
            TEXTS,
            "Log groups: names, patterns of names (trail/*), ARNs.",
        ),
        Key::new(
            "regions",
            TEXTS,
            "The regions to read. Default: those of ARNs, else the profile's.",
        ),
        Key::new(
            "profile",
            Kind::Text,
            "A profile of the shared AWS configuration.",
        ),
        Key::new("role_arns", TEXTS, "Roles to assume, one an account."),
        Key::new(
            "external_id",
            Kind::Text,
            "What the roles' trust policies ask for.",
        ),
        Key::new(
            "role_session_name",
            Kind::Text,
            "What CloudTrail shows of assumed roles. Default firstsight.",
        ),
        Key::new("endpoint_url", Kind::Text, "An endpoint for every AWS service."),
        Key::new("fips", Kind::Boolean, "FIPS endpoints. Default false."),
        Key::new(
            "dual_stack",
            Kind::Boolean,
            "Endpoints that speak IPv6 too. Default false.",
        ),
        Key::new(
            "requests_per_second",
            Kind::Whole(1, MOST_REQUESTS),
            "Default: half the region's quota.",
        ),
        Key::new(
            "all_records",
            Kind::Boolean,
            "Every record, not only errors. Default false.",
        ),
    ],
};

const FILES: Shape = Shape {
    name: "files",
    keys: &[
        Key::needed("kind", Kind::Words(&["files"]), KIND),
        Key::needed("paths", TEXTS, "Files, folders, globs."),
    ],
};

const GUANCE_LOGS: Shape = Shape {
    name: "guance-logs",
    keys: &[
        Key::needed("kind", Kind::Words(&["guance-logs"]), KIND),
        Key::needed("sources", TEXTS, "The names of the log sources."),
        Key::new(
            "index",
            Kind::Text,
            "The index that is asked. Default the workspace's default one.",
        ),
        Key::new(
            "sink",
            Kind::Text,
            "The sink whose workspace is asked. Default the only one of the kind guance.",
        ),
    ],
};

#[derive(Clone, Copy)]
enum Medium {
    CloudWatch,
    Files,
    GuanceLogs,
}

const KINDS: [(&str, Medium); 3] = [
    ("cloudwatch", Medium::CloudWatch),
    ("files", Medium::Files),
    ("guance-logs", Medium::GuanceLogs),
];

/// AWS's largest quota is 25.
const MOST_REQUESTS: u32 = 1_000;

/// Reads a source; `sinks` are those of the file.
pub(super) fn read(value: &Value<'_>, folder: &Path, sinks: &[SinkConfig]) -> Option<SourceConfig> {
    let kind = value.names()?.require("kind")?.one_of(&KINDS)?;
    match kind {
        Medium::CloudWatch => cloudwatch(&value.section(&CLOUDWATCH)?),
        Medium::Files => files(&value.section(&FILES)?, folder),
        Medium::GuanceLogs => guance_logs(&value.section(&GUANCE_LOGS)?, sinks),
    }
}

fn cloudwatch(section: &Section<'_>) -> Option<SourceConfig> {
    let text = |key: &str| section.get(key).and_then(|value| value.text()).map(str::to_owned);
    let yes = |key: &str| section.get(key).and_then(|value| value.boolean()) == Some(true);
    let requests = section.get("requests_per_second");
    let requests = requests.and_then(|requests| requests.whole(1..=MOST_REQUESTS));
    let config = CloudWatchConfig {
        groups: what_is_read(section, "groups", group)?,
        regions: each(section, "regions", region),
        profile: text("profile"),
        role_arns: each(section, "role_arns", role),
        external_id: text("external_id"),
        role_session_name: text("role_session_name"),
        endpoint_url: address(section, "endpoint_url"),
        fips: yes("fips"),
        dual_stack: yes("dual_stack"),
        requests_per_second: requests.and_then(NonZeroU32::new),
        all_records: yes("all_records"),
    };
    for key in ["external_id", "role_session_name"] {
        if section.get("role_arns").is_none()
            && let Some(value) = section.get(key)
        {
            value.wrong("it is about roles: name them in role_arns");
        }
    }
    Some(SourceConfig::CloudWatch(Box::new(config)))
}

fn files(section: &Section<'_>, folder: &Path) -> Option<SourceConfig> {
    let paths = what_is_read(section, "paths", path)?;
    Some(SourceConfig::Files(
        paths.iter().map(|path| folder.join(path)).collect(),
    ))
}

fn guance_logs(section: &Section<'_>, sinks: &[SinkConfig]) -> Option<SourceConfig> {
    let guances: Vec<&str> = sinks
        .iter()
        .filter(|sink| matches!(sink.kind, SinkKind::Guance(_)))
        .map(|sink| sink.name.as_str())
        .collect();
    let sink = section.get("sink");
    let named = sink.as_ref().and_then(Value::text);
    if let (Some(sink), Some(name)) = (&sink, named.filter(|name| !guances.contains(name))) {
        let hint = hint(name, guances.iter().copied());
        sink.findings.missing(
            &sink.place,
            format!("no sink of the kind guance is called {name:?}{hint}"),
        );
    }
    if sink.is_none() && guances.len() != 1 {
        let said = match guances.len() {
            0 => "the workspace that is asked is missing: name it as a sink of the kind guance".to_owned(),
            _ => format!(
                "choose the workspace that is asked: one of {}",
                guances.join(", ")
            ),
        };
        section.findings.missing(&section.at("sink"), said);
    }
    let index = section.get("index").and_then(|index| index.text());
    Some(SourceConfig::GuanceLogs(Box::new(GuanceLogsConfig {
        sources: what_is_read(section, "sources", log_source)?,
        index: index.map(str::to_owned),
        sink: named.map(str::to_owned),
    })))
}

/// What is read: each once, and something at least.
fn what_is_read(
    section: &Section<'_>,
    key: &str,
    check: fn(&str) -> Result<String, String>,
) -> Option<Vec<String>> {
    let value = section.require(key)?;
    let items = value.list();
    let mut known = BTreeSet::new();
    let mut read = Vec::new();
    for item in &items {
        let Some(name) = item.parsed(check) else { continue };
        if known.insert(name.clone()) {
            read.push(name);
        } else {
            item.warn("it is named twice");
        }
    }
    if items.is_empty() {
        value.wrong(NOTHING);
    }
    Some(read)
}

const NOTHING: &str = "it names nothing to read";

/// What is read, as it was changed by hand.
pub(super) fn checked(source: &SourceConfig, names: &[String]) -> Result<Vec<String>, String> {
    let check = match source {
        SourceConfig::Files(_) => path,
        SourceConfig::CloudWatch(_) => group,
        SourceConfig::GuanceLogs(_) => log_source,
    };
    if names.is_empty() {
        return Err(NOTHING.to_owned());
    }
    let mut known = BTreeSet::new();
    let names = names.iter().filter(|name| known.insert(*name));
    names.map(|name| check(name)).collect()
}

fn each(section: &Section<'_>, key: &str, check: fn(&str) -> Result<String, String>) -> Vec<String> {
    let items = section.get(key).map_or_else(Vec::new, |list| list.list());
    items.iter().filter_map(|item| item.parsed(check)).collect()
}

/// Names of log groups have 512 characters at most, of these (CloudWatch Logs API, `CreateLogGroup`).
fn group(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '/' | '.' | '#' | '*');
    if let Some(rest) = text.strip_prefix("arn:") {
        return match rest.contains(":log-group:") {
            true => Ok(text.to_owned()),
            false => Err(format!("{text:?} is no log group's ARN")),
        };
    }
    if let Some(name) = text.strip_prefix("cloudwatch:") {
        return Err(format!("it is a log group already: write {name:?}"));
    }
    if !text.is_empty() && text.len() <= 512 && text.chars().all(is_plain) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} is no log group: names have letters, digits and _ - / . #, patterns * besides"
    ))
}

fn path(text: &str) -> Result<String, String> {
    match text {
        "-" => Err(
            "standard input is read by 'firstsight inspect -' alone: name a file, a folder or a glob"
                .to_owned(),
        ),
        text if text.trim().is_empty() => Err("it is empty".to_owned()),
        text if text.contains(char::is_control) => {
            Err(format!("{text:?} has characters that no path should have"))
        }
        text => Ok(text.to_owned()),
    }
}

fn log_source(text: &str) -> Result<String, String> {
    if text.trim().is_empty() || text.contains(|c: char| c == ',' || c.is_control()) {
        return Err(format!(
            "{text:?} is no log source: each has its own name in the list"
        ));
    }
    Ok(text.to_owned())
}

fn region(text: &str) -> Result<String, String> {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let ends_in_a_digit = text.ends_with(|c: char| c.is_ascii_digit());
    if text.contains('-') && text.chars().all(is_plain) && ends_in_a_digit {
        return Ok(text.to_owned());
    }
    Err(format!("{text:?} is no region: write it as eu-west-1"))
}

fn role(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "iam", "", account, role]
            if is_account(account) && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()) =>
        {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "{text:?} is no role's ARN: write it as arn:aws:iam::111122223333:role/firstsight"
        )),
    }
}

/// Whether it is the id of an AWS account.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
