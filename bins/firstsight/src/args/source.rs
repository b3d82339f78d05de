//! What a SOURCE on the command line is.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};

use super::aws::Aws;
use crate::failure::Failure;

/// What a source that is a log group begins with.
pub(crate) const CLOUDWATCH: &str = "cloudwatch:";

/// What a source that Guance has stored begins with.
pub(crate) const GUANCE_LOGS: &str = "guance-logs:";

/// The heading of what concerns logs that Guance has stored.
pub(crate) const GUANCE_HEADING: &str = "Logs stored in Guance";

/// The heading of what concerns log groups and AWS. (Said of each option: that of a group would go on behind it.)
pub(crate) const CLOUDWATCH_HEADING: &str = "CloudWatch Logs and AWS";

/// One SOURCE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file, a folder, a glob, or `-`.
    Path(PathBuf),
    /// A log group's name, a pattern of names, or an ARN: what stood behind `cloudwatch:`.
    LogGroup(String),
    /// The name of a log source in Guance: one of what stood behind `guance-logs:`.
    StoredLogs(Vec<String>),
}

/// The SOURCEs of a command line, which are of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sources {
    Paths(Vec<PathBuf>),
    LogGroups(Vec<String>),
    StoredLogs(Vec<String>),
}

/// How SOURCEs are parsed: names of files need not be text.
pub(crate) fn parser() -> impl clap::builder::TypedValueParser<Value = Source> {
    OsStringValueParser::new().try_map(Source::parse)
}

impl Source {
    pub(crate) fn parse(text: OsString) -> Result<Self, String> {
        if let Some(names) = text.to_str().and_then(|text| text.strip_prefix(GUANCE_LOGS)) {
            return stored(names);
        }
        let Some(name) = text.to_str().and_then(|text| text.strip_prefix(CLOUDWATCH)) else {
            return Ok(Self::Path(text.into()));
        };
        if name.trim().is_empty() {
            return Err(
                "it names no log group: write cloudwatch:NAME, cloudwatch:PREFIX* or cloudwatch:ARN (a file of this \
                 name is read as ./cloudwatch:)"
                    .to_owned(),
            );
        }
        Ok(Self::LogGroup(name.to_owned()))
    }
}

/// The names of log sources, with commas between them.
fn stored(names: &str) -> Result<Source, String> {
    let names: Vec<String> = names.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return Err(
            "it names no log source: write guance-logs:SOURCE or guance-logs:SOURCE,SOURCE (a file of this name is read \
             as ./guance-logs:)"
                .to_owned(),
        );
    }
    Ok(Source::StoredLogs(names))
}

impl Sources {
    /// Sorts them; two kinds at once would be two sources under one name.
    pub(crate) fn of(sources: &[Source]) -> Result<Self, Failure> {
        let (mut paths, mut groups, mut stored) = (Vec::new(), Vec::new(), Vec::new());
        for source in sources {
            match source {
                Source::Path(path) => paths.push(path.clone()),
                Source::LogGroup(group) => groups.push(group.clone()),
                Source::StoredLogs(names) => stored.extend(names.iter().cloned()),
            }
        }
        if let Some(name) = stored.first() {
            if paths.is_empty() && groups.is_empty() {
                return Ok(Self::StoredLogs(stored));
            }
            return Err(Failure::usage(format!(
                "logs in Guance ({GUANCE_LOGS}{name}) and other sources are not read in one run: run one after the other \
                 with the same --state FILE"
            )));
        }
        match (paths.first(), groups.first()) {
            (Some(path), Some(group)) => Err(Failure::usage(format!(
                "files ({}) and log groups ({CLOUDWATCH}{group}) are not read in one run: run one after the other \
                 with the same --state FILE",
                path.display()
            ))),
            (None, Some(_)) => Ok(Self::LogGroups(groups)),
            _ => Ok(Self::Paths(paths)),
        }
    }
}

/// How log groups are read.
#[derive(Clone, Debug, Args)]
pub(crate) struct LogGroups {
    /// Read all records of log groups, not only errors: slower, and access keys' last activity is then told from every
    /// record.
    #[arg(help_heading = CLOUDWATCH_HEADING, long)]
    pub(crate) all_records: bool,

    #[command(flatten)]
    pub(crate) aws: Aws,
}

impl LogGroups {
    /// The first option that was given, if any.
    pub(crate) fn given(&self) -> Option<&'static str> {
        self.all_records.then_some("--all-records").or(self.aws.given())
    }
}

/// How logs that Guance has stored are read. The key is GUANCE_API_KEY's.
#[derive(Clone, Debug, Args)]
pub(crate) struct StoredLogs {
    /// The workspace's node, as us1; the key of its API is GUANCE_API_KEY's.
    #[arg(help_heading = GUANCE_HEADING, long, env = "GUANCE_NODE", value_name = "NODE")]
    pub(crate) guance_node: Option<String>,

    /// The address of the OpenAPI, in place of the node's.
    #[arg(help_heading = GUANCE_HEADING, long, env = "GUANCE_OPENAPI_URL", value_name = "URL")]
    pub(crate) guance_openapi_url: Option<String>,

    /// The index that is asked [default: the workspace's default one].
    #[arg(help_heading = GUANCE_HEADING, long, value_name = "NAME")]
    pub(crate) guance_index: Option<String>,

    /// The configuration whose sink says node and key, where nothing else does.
    #[arg(skip)]
    pub(crate) config: Option<PathBuf>,
}

/// Whether IAM is asked about access keys.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Iam {
    /// Ask IAM for owner, status, age and last use of access keys, and for accounts' aliases [default: when log groups
    /// are read].
    #[arg(help_heading = CLOUDWATCH_HEADING, long, overrides_with = "no_iam")]
    iam: bool,

    /// Do not ask IAM.
    #[arg(help_heading = CLOUDWATCH_HEADING, long, overrides_with = "iam")]
    no_iam: bool,
}

impl Iam {
    /// Whether it is to be asked, where nothing being said means `otherwise`.
    pub(crate) const fn asked_or(self, otherwise: bool) -> bool {
        self.iam || (otherwise && !self.no_iam)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Source, String> {
        Source::parse(text.into())
    }

    fn group(name: &str) -> Result<Source, String> {
        Ok(Source::LogGroup(name.to_owned()))
    }

    #[test]
    fn a_log_group_is_named_behind_cloudwatch() {
        assert_eq!(parse("cloudwatch:trail"), group("trail"));
        assert_eq!(parse("cloudwatch:/aws/trail*"), group("/aws/trail*"));
        let arn = "arn:aws:logs:eu-west-1:111122223333:log-group:trail";
        assert_eq!(parse(&format!("cloudwatch:{arn}")), group(arn));
        for nothing in ["cloudwatch:", "cloudwatch: "] {
            assert!(parse(nothing).unwrap_err().contains("names no log group"));
        }
    }

    #[test]
    fn log_sources_of_guance_are_named_behind_guance_logs() {
        let names = |names: &[&str]| {
            Ok(Source::StoredLogs(
                names.iter().map(ToString::to_string).collect(),
            ))
        };
        assert_eq!(parse("guance-logs:cloudtrail"), names(&["cloudtrail"]));
        assert_eq!(parse("guance-logs:a, /aws/b"), names(&["a", "/aws/b"]));
        for nothing in ["guance-logs:", "guance-logs:a,,b", "guance-logs: "] {
            assert!(parse(nothing).unwrap_err().contains("names no log source"));
        }
    }

    #[test]
    fn everything_else_is_a_path() {
        for path in [
            "-",
            "logs/",
            "./cloudwatch:trail",
            "cloudwatch",
            "CloudWatch:trail",
            "",
        ] {
            assert_eq!(parse(path), Ok(Source::Path(path.into())), "{path}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_path_need_not_be_text() {
        use std::os::unix::ffi::OsStringExt as _;
        let name = OsString::from_vec(b"cloudwatch:\xff".to_vec());
        assert_eq!(Source::parse(name.clone()), Ok(Source::Path(name.into())));
    }

    #[test]
    fn sources_are_of_one_kind() {
        let path = || Source::Path("logs".into());
        let group = || Source::LogGroup("trail".to_owned());
        assert_eq!(
            Sources::of(&[path(), path()]).unwrap(),
            Sources::Paths(vec!["logs".into(); 2])
        );
        assert_eq!(
            Sources::of(&[group()]).unwrap(),
            Sources::LogGroups(vec!["trail".to_owned()])
        );
        let Err(Failure::Usage(message)) = Sources::of(&[group(), path()]) else {
            panic!("both kinds at once")
        };
        assert!(
            message.contains("one after the other with the same --state"),
            "{message}"
        );
    }
}
