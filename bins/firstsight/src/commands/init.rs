//! `firstsight init`: a first configuration.

use std::fs::OpenOptions;
use std::io::{self, BufRead, IsTerminal as _, Write};
use std::path::Path;

use firstsight_config::{Beginning, BeginningSource, ConfigError, node_named, parse};

use crate::args::config::{Init, NODE, PORT, SINKS, Sink, sink};
use crate::args::source::{CLOUDWATCH, GUANCE_LOGS, Source, Sources};
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::output;

pub(crate) fn run(args: Init, context: &Context) -> Result<Done, Failure> {
    let path = args.output.clone();
    let is_stdout = path.as_os_str() == "-";
    let is_there = !is_stdout && path.try_exists().unwrap_or(false);
    if is_there && !args.force {
        return Err(Failure::usage(there(&path)));
    }
    let asks = !args.yes && io::stdin().is_terminal();
    let chosen = if asks {
        ask(args, &mut io::stdin().lock(), &mut io::stderr())?
    } else {
        Chosen::given(args)
    };
    let text = chosen.for_file(&path)?.beginning()?.file();
    // What was chosen may still make no sense: a region that is none, a group that cannot be.
    check(&path, &text)?;
    if is_stdout {
        output::print(&text)?;
        return Ok(Done::Well);
    }
    write(&path, &text, is_there)?;
    let name = quoted(&path);
    context.hint(&format!("{} is written; next:", path.display()));
    output::print(&format!(
        "firstsight config check {name}\nfirstsightd --config {name}\n"
    ))?;
    Ok(Done::Well)
}

fn check(path: &Path, text: &str) -> Result<(), Failure> {
    let name = path.display().to_string();
    let error = match parse(&name, text) {
        Ok(_) => return Ok(()),
        Err(ConfigError { mistakes, .. }) => mistakes,
    };
    let said: Vec<String> = error.into_iter().map(|mistake| mistake.said).collect();
    Err(Failure::usage(said.join("; ")))
}

fn there(path: &Path) -> String {
    let path = path.display();
    format!("{path} is there already: choose another file with --output FILE, or replace it with --force")
}

/// A new file for its owner alone. One that is there is replaced whole, and keeps who may read it.
fn write(path: &Path, text: &str, replace: bool) -> Result<(), Failure> {
    if replace {
        return output::to_file(text, path).map_err(|error| output::cannot_write(path, &error));
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => Failure::usage(there(path)),
        _ => output::cannot_write(path, &error),
    })
}

/// A path for a shell.
fn quoted(path: &Path) -> String {
    let name = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_');
    if name.chars().all(is_plain) && !name.starts_with('-') {
        return name;
    }
    let name = name.replace('\'', "'\\''");
    format!("'{name}'")
}

/// What was given or answered.
#[derive(Debug, Default, PartialEq)]
struct Chosen {
    sources: Vec<Source>,
    regions: Vec<String>,
    sink: Option<Sink>,
    node: Option<String>,
    port: Option<u16>,
}

impl Chosen {
    fn given(args: Init) -> Self {
        Self {
            sources: args.sources,
            regions: args.regions,
            sink: args.sink,
            node: args.node,
            port: args.port,
        }
    }

    /// With paths that mean the same in a file that stands in another folder.
    fn for_file(mut self, file: &Path) -> Result<Self, Failure> {
        let stands_here = file.parent().is_none_or(|folder| folder.as_os_str().is_empty());
        for source in self.sources.iter_mut().filter(|_| !stands_here) {
            if let Source::Path(path) = source {
                *path = std::path::absolute(&*path).map_err(|error| Failure::from_error(&error))?;
            }
        }
        Ok(self)
    }

    fn beginning(self) -> Result<Beginning, Failure> {
        let node = self.node.unwrap_or_else(|| NODE.to_owned());
        node_named(&node).map_err(|said| Failure::usage(format!("--node: {said}")))?;
        let usual = Beginning::default();
        let source = match Sources::of(&self.sources)? {
            Sources::Paths(paths) if paths.is_empty() => match usual.source {
                BeginningSource::LogGroups { groups, .. } => BeginningSource::LogGroups {
                    groups,
                    regions: self.regions,
                },
                other => other,
            },
            Sources::Paths(paths) => {
                BeginningSource::Files(paths.iter().map(|path| path.display().to_string()).collect())
            }
            Sources::LogGroups(groups) => BeginningSource::LogGroups {
                groups,
                regions: self.regions,
            },
            Sources::StoredLogs(sources) => BeginningSource::GuanceLogs {
                sources,
                node: node.clone(),
            },
        };
        Ok(Beginning {
            source,
            sink: self.sink.unwrap_or(Sink::None).at(&node),
            port: self.port.unwrap_or(PORT),
        })
    }
}

/// Asks for what was not given. An empty answer, and the end of the input, are what is usual.
fn ask(args: Init, answers: &mut impl BufRead, out: &mut impl Write) -> Result<Chosen, Failure> {
    let mut chosen = Chosen::given(args);
    let mut asking = Asking { answers, out };
    if chosen.sources.is_empty() {
        asking.source(&mut chosen)?;
    }
    if chosen.sink.is_none() {
        let names = SINKS.map(|(name, _)| name).join(", ");
        chosen.sink = Some(asking.one(&format!("Where do events go? ({names})"), "none", sink)?);
    }
    let is_stored = matches!(chosen.sources.first(), Some(Source::StoredLogs(_)));
    if chosen.node.is_none() && (is_stored || chosen.sink == Some(Sink::Guance)) {
        let node = |text: &str| node_named(text).map(|_| text.to_owned());
        chosen.node = Some(asking.one("The workspace's node?", NODE, node)?);
    }
    if chosen.port.is_none() {
        chosen.port = Some(asking.one("The port of the page, on this machine?", &PORT.to_string(), port)?);
    }
    Ok(chosen)
}

fn port(text: &str) -> Result<u16, String> {
    let port = text.parse().ok().filter(|port| *port > 0);
    port.ok_or_else(|| "a port is a number from 1 to 65535".to_owned())
}

struct Asking<'a, R, W> {
    answers: &'a mut R,
    out: &'a mut W,
}

/// Where CloudTrail is: what is asked for behind it, what is usual there, and what SOURCEs of it begin with.
const PLACES: [(&str, &str, &str, &str); 3] = [
    (
        "1",
        "Log groups, with commas between them (names, patterns, ARNs)?",
        "aws-cloudtrail-logs-*",
        CLOUDWATCH,
    ),
    (
        "2",
        "Files, folders or globs, with commas between them?",
        "cloudtrail/",
        "",
    ),
    (
        "3",
        "The names of the log sources, with commas between them?",
        "cloudtrail",
        GUANCE_LOGS,
    ),
];

impl<R: BufRead, W: Write> Asking<'_, R, W> {
    fn source(&mut self, chosen: &mut Chosen) -> Result<(), Failure> {
        let place = |text: &str| {
            let place = PLACES.iter().find(|(number, ..)| *number == text);
            place.copied().ok_or_else(|| "1, 2 or 3".to_owned())
        };
        let question = "Where is CloudTrail? 1: log groups of CloudWatch Logs, 2: files, 3: logs in Guance";
        let (_, question, usual, begin) = self.one(question, "1", place)?;
        chosen.sources = self.one(question, usual, |text| named(begin, text))?;
        if begin == CLOUDWATCH && chosen.regions.is_empty() {
            let regions = |text: &str| Ok(names(text).map(str::to_owned).collect());
            chosen.regions = self.one(
                "Their regions, with commas? (empty: the environment's)",
                "",
                regions,
            )?;
        }
        Ok(())
    }

    /// Asks until there is an answer that makes sense.
    fn one<T>(
        &mut self,
        question: &str,
        usual: &str,
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, Failure> {
        let shown = if usual.is_empty() {
            String::new()
        } else {
            format!(" [{usual}]")
        };
        loop {
            let asked = write!(self.out, "{question}{shown} ").and_then(|()| self.out.flush());
            asked.map_err(|error| Failure::from_error(&error))?;
            let mut line = String::new();
            let length = self.answers.read_line(&mut line);
            let length = length.map_err(|error| Failure::from_error(&error))?;
            let answer = match line.trim() {
                "" => usual,
                answer => answer,
            };
            match read(answer) {
                Ok(read) => return Ok(read),
                // Nobody is there to ask again.
                Err(said) if length == 0 => return Err(Failure::usage(said)),
                Err(said) => {
                    let said = firstsight_sink::terminal::neutralise(&said).into_owned();
                    writeln!(self.out, "  {said}").map_err(|error| Failure::from_error(&error))?;
                }
            }
        }
    }
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// The SOURCEs of an answer.
fn named(begin: &str, text: &str) -> Result<Vec<Source>, String> {
    let sources: Result<Vec<Source>, String> = names(text)
        .map(|name| Source::parse(format!("{begin}{name}").into()))
        .collect();
    match sources {
        Ok(sources) if sources.is_empty() => Err("it names nothing".to_owned()),
        sources => sources,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::{Cli, Command};

    fn init(options: &[&str]) -> Init {
        let line = ["firstsight", "init"].iter().chain(options);
        match Cli::parse_from(line).command {
            Command::Init(args) => args,
            other => panic!("{other:?}"),
        }
    }

    /// What is asked, and what comes of the answers.
    fn asked(options: &[&str], answers: &str) -> (String, Result<Beginning, Failure>) {
        let mut out = Vec::new();
        let chosen = ask(init(options), &mut answers.as_bytes(), &mut out);
        (
            String::from_utf8(out).unwrap(),
            chosen.and_then(Chosen::beginning),
        )
    }

    #[test]
    fn nothing_but_new_lines_is_what_is_usual() {
        let (out, beginning) = asked(&[], "\n\n\n\n\n");
        assert_eq!(beginning.unwrap(), Beginning::default());
        assert_eq!(out.matches('?').count(), 5, "{out}");
        // The end of the input too.
        assert_eq!(asked(&[], "").1.unwrap(), Beginning::default());
    }

    #[test]
    fn answers_are_taken_and_wrong_ones_asked_again() {
        let (out, beginning) = asked(
            &[],
            "4\n1\ntrail, org/*\neu-west-1,us-east-1\nslak\nslack\n99999\n8080\n",
        );
        let beginning = beginning.unwrap();
        assert_eq!(
            beginning.source,
            BeginningSource::LogGroups {
                groups: vec!["trail".to_owned(), "org/*".to_owned()],
                regions: vec!["eu-west-1".to_owned(), "us-east-1".to_owned()],
            }
        );
        assert_eq!(beginning.sink, sink("slack").unwrap().at(NODE));
        assert_eq!(beginning.port, 8080);
        for said in ["1, 2 or 3", "known are none, guance", "a number from 1 to 65535"] {
            assert!(out.contains(said), "{out}");
        }
    }

    #[test]
    fn logs_in_guance_need_a_node() {
        let (_, beginning) = asked(&[], "3\ncloudtrail\nguance\nmars\neu1\n\n");
        let beginning = beginning.unwrap();
        let BeginningSource::GuanceLogs { sources, node } = beginning.source else {
            panic!("{beginning:?}")
        };
        assert_eq!(
            (sources.join(" "), node.as_str()),
            ("cloudtrail".to_owned(), "eu1")
        );
        assert_eq!(beginning.sink, Sink::Guance.at("eu1"));
    }

    #[test]
    fn what_is_given_is_not_asked_for() {
        let options = ["--source", "logs/", "--sink", "json", "--port", "80"];
        let (out, beginning) = asked(&options, "");
        assert_eq!(out, "");
        assert_eq!(
            beginning.unwrap().source,
            BeginningSource::Files(vec!["logs/".to_owned()])
        );
    }

    #[test]
    fn names_of_sinks_are_their_presets() {
        for (name, sink) in SINKS {
            if let Sink::Webhook(preset) = sink {
                assert!(name == preset.as_str() || name == "webhook", "{name}");
            }
        }
    }

    #[test]
    fn a_path_is_quoted_for_a_shell() {
        let quoted = |path: &str| quoted(Path::new(path));
        assert_eq!(quoted("conf/first-sight_1.toml"), "conf/first-sight_1.toml");
        assert_eq!(quoted("it's $HOME.toml"), "'it'\\''s $HOME.toml'");
    }
}
