//! `firstsight guance setup`: the monitor that events are pushed to, and the configuration for it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use firstsight_guance::client::{AlertPolicy, Monitor, NewMonitor, OpenApi};
use firstsight_guance::node::Node;
use firstsight_guance::setup::{SetUp as Outcome, secret_of, set_up};
use firstsight_sink::terminal::neutralise;
use secrecy::{ExposeSecret as _, SecretString};

use super::workspace::Opened;
use crate::args::guance::SetUp;
use crate::context::Context;
use crate::failure::{Done, Failure};
use crate::output;

/// The variable that the printed configuration names.
const VARIABLE: &str = "GUANCE_MONITOR_SECRET";

pub(super) async fn run(args: SetUp, context: &Context) -> Result<Done, Failure> {
    let opened = Opened::of(&args.workspace, None, context)?;
    let api = opened.api_with_key()?;
    let file = args.secret_file.as_deref().map(SecretFile::new).transpose()?;
    let known = context.or_cancelled(api.alert_policies("")).await??;
    let wanted = NewMonitor {
        title: args.title.clone(),
        sub_uri: args.sub_uri.clone(),
        secret: random_secret()?,
        alert_policies: chosen(&args.alert_policies, &known)?,
    };
    let monitor = made(&api, &wanted, context).await?;
    say_policies(&monitor, &known, context);
    say_unbound(&wanted, &monitor, &known, context);
    let place = keep(&monitor, file)?;
    output::print(&configuration(opened.access.node.as_ref(), &args.sub_uri, &place))?;
    Ok(Done::Well)
}

/// The binary's edge is where randomness comes from.
fn random_secret() -> Result<SecretString, Failure> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|error| Failure::new(format!("no random bytes: {error}")))?;
    Ok(secret_of(random))
}

/// The monitor. One that was just made has the secret that it was made with, whether the answer tells it or not; one that was
/// found has its own.
async fn made(api: &OpenApi, wanted: &NewMonitor, context: &Context) -> Result<Monitor, Failure> {
    let (word, monitor) = match context.or_cancelled(set_up(api, wanted)).await?? {
        Outcome::Made(mut monitor) => {
            monitor.secret.get_or_insert_with(|| wanted.secret.clone());
            ("made", monitor)
        }
        Outcome::Found(monitor) => ("found", monitor),
    };
    let disabled = if monitor.enabled {
        ""
    } else {
        "; it is disabled: enable it in the console"
    };
    context.hint(&format!(
        "{word} the external-event monitor {:?} ({}){disabled}",
        monitor.title, monitor.uuid
    ));
    Ok(monitor)
}

/// The ids of alert policies by name or id.
fn chosen(asked: &[String], known: &[AlertPolicy]) -> Result<Vec<String>, Failure> {
    let one = |name: &String| {
        let mut found = known
            .iter()
            .filter(|policy| policy.uuid == *name || policy.name == *name);
        match (found.next(), found.next()) {
            (Some(policy), None) => Ok(policy.uuid.clone()),
            (None, _) => Err(Failure::usage(format!(
                "--alert-policy: the workspace has none called {name:?}; 'firstsight guance policies' lists them"
            ))),
            (Some(_), Some(_)) => Err(Failure::usage(format!(
                "--alert-policy: several are called {name:?}: give the id of one ('firstsight guance policies')"
            ))),
        }
    };
    asked.iter().map(one).collect()
}

fn say_policies(monitor: &Monitor, known: &[AlertPolicy], context: &Context) {
    if !monitor.alert_policies.is_empty() {
        let bound: Vec<String> = monitor
            .alert_policies
            .iter()
            .map(|id| called(id, known))
            .collect();
        context.hint(&format!("it is bound to {}", bound.join(", ")));
        return;
    }
    context.hint(
        "it is bound to no alert policy: its events are kept, and nobody is called. The workspace has:",
    );
    for policy in known {
        context.hint(&format!("  {}  {}", policy.uuid, policy.name));
    }
    if known.is_empty() {
        context.hint("  none: make one in the console, under Monitoring, Alert Policies");
    }
}

/// A policy by name and id, as far as it is known.
fn called(id: &str, known: &[AlertPolicy]) -> String {
    match known.iter().find(|policy| policy.uuid == id) {
        Some(policy) => format!("{:?} ({id})", policy.name),
        None => id.to_owned(),
    }
}

/// A monitor that was found is left as it is: what was asked for and is not so has to be said.
fn say_unbound(wanted: &NewMonitor, monitor: &Monitor, known: &[AlertPolicy], context: &Context) {
    let unbound: Vec<String> = wanted
        .alert_policies
        .iter()
        .filter(|id| !monitor.alert_policies.contains(id))
        .map(|id| called(id, known))
        .collect();
    if !unbound.is_empty() {
        context.warn(&format!(
            "warning: it is not bound to {}: bind it in the console, under Monitoring, Monitors",
            unbound.join(", ")
        ));
    }
}

/// Where the printed configuration finds the secret.
enum Place {
    Variable,
    File(String),
}

/// Keeps the secret in a file, or prints the line that sets the variable: who sets it up has to have it once.
fn keep(monitor: &Monitor, file: Option<SecretFile>) -> Result<Place, Failure> {
    let told = monitor
        .secret
        .as_ref()
        .filter(|secret| is_of_an_address(secret.expose_secret()));
    let Some(secret) = told else {
        output::print(&untold(monitor))?;
        return Ok(Place::Variable);
    };
    if let Some(file) = file {
        return file.keep(secret).map(Place::File);
    }
    output::print(&format!(
        "# Whoever knows this can send events to the monitor: keep it where other secrets are.\n\
         export {VARIABLE}={}\n\n",
        quoted(secret.expose_secret())
    ))?;
    Ok(Place::Variable)
}

/// What is printed of a monitor whose secret is not told, or is none that can stand in an address.
fn untold(monitor: &Monitor) -> String {
    let sub_uri = monitor.sub_uri.as_deref().unwrap_or_default();
    // In comments of lines that people paste: nothing of the answer may end the line.
    format!(
        "# Guance does not tell the secret of the monitor {}: it stands in the console, in the monitor's address\n\
         # …/push-events/SECRET/{}\nexport {VARIABLE}=\n\n",
        neutralise(&monitor.uuid),
        neutralise(sub_uri)
    )
}

fn is_of_an_address(secret: &str) -> bool {
    !secret.is_empty() && secret.chars().all(|c| c.is_ascii_graphic())
}

/// As one word of a shell. Who may edit a monitor chooses its secret; the line is made to be pasted.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    if text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A new file for its owner alone; one that is there is left alone. It is opened before the monitor is made, so that no monitor
/// is made whose secret could not be kept, and goes again unless a secret was put into it.
struct SecretFile {
    path: PathBuf,
    file: File,
    kept: bool,
}

impl SecretFile {
    fn new(path: &Path) -> Result<Self, Failure> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => Failure::usage(format!(
                "--secret-file: {} is there already, and may hold another secret: name a new file",
                path.display()
            )),
            _ => output::cannot_write(path, &error),
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            kept: false,
        })
    }

    /// Its path, once the secret is in it.
    fn keep(mut self, secret: &SecretString) -> Result<String, Failure> {
        writeln!(self.file, "{}", secret.expose_secret())
            .and_then(|()| self.file.sync_all())
            .map_err(|error| output::cannot_write(&self.path, &error))?;
        self.kept = true;
        // Wherever the configuration will stand.
        let path = std::path::absolute(&self.path).unwrap_or_else(|_| self.path.clone());
        Ok(path.display().to_string())
    }
}

impl Drop for SecretFile {
    fn drop(&mut self) {
        if !self.kept {
            // It is empty: where it cannot be removed, nothing is lost.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// What to put into the configuration.
fn configuration(node: Option<&Node>, sub_uri: &str, place: &Place) -> String {
    let node = match node {
        Some(node) if node.name == "private" => format!("openapi_url = {:?}", node.openapi),
        Some(node) => format!("node = {:?}", node.name),
        None => String::new(),
    };
    let secret = match place {
        Place::Variable => format!("{{ env = {VARIABLE:?} }}"),
        Place::File(path) => format!("{{ file = {path:?} }}"),
    };
    format!(
        "# for firstsight.toml\n[sinks.guance]\nkind = \"guance\"\n{node}\n\
         monitor = {{ sub_uri = {sub_uri:?}, secret = {secret} }}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_a_configuration() {
        let node = Node {
            name: "private".to_owned(),
            openapi: "https://openapi.example.com".to_owned(),
            openway: String::new(),
            console: None,
        };
        for place in [Place::Variable, Place::File("/run/secrets/monitor".to_owned())] {
            let text = configuration(Some(&node), "firstsight", &place);
            let config = firstsight_config::parse("firstsight.toml", &text).unwrap();
            assert_eq!((config.sinks.len(), config.warnings.len()), (1, 0), "{text}");
        }
    }

    #[test]
    fn what_guance_answers_is_no_command_where_it_is_pasted() {
        assert_eq!(quoted("3f9c-A_b.1"), "3f9c-A_b.1");
        assert_eq!(quoted("$(touch${IFS}x)"), "'$(touch${IFS}x)'");
        assert_eq!(quoted("a'b;c"), r"'a'\''b;c'");
        for secret in ["a\nrm x", "a b", "\u{1b}[2J"] {
            assert!(!is_of_an_address(secret), "{secret:?}");
        }
        let monitor = Monitor {
            uuid: "rul_1\ntouch x\u{1b}[2J".to_owned(),
            title: String::new(),
            kind: "OuterEventChecker".to_owned(),
            sub_uri: Some("fs\r\ntouch y".to_owned()),
            secret: None,
            enabled: true,
            alert_policies: Vec::new(),
        };
        let text = untold(&monitor);
        let commands: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(commands, ["export GUANCE_MONITOR_SECRET=", ""]);
        assert!(!text.contains(['\u{1b}', '\r']), "{text:?}");
    }

    #[test]
    fn alert_policies_are_chosen_by_name_or_id() {
        let policy = |uuid: &str, name: &str| AlertPolicy {
            uuid: uuid.to_owned(),
            name: name.to_owned(),
            monitors: None,
        };
        let known = [
            policy("altpl_1", "on call"),
            policy("altpl_2", "twice"),
            policy("altpl_3", "twice"),
        ];
        let ids = |asked: &[&str]| {
            let asked: Vec<String> = asked.iter().map(ToString::to_string).collect();
            chosen(&asked, &known)
        };
        assert_eq!(ids(&["on call", "altpl_3"]).unwrap(), ["altpl_1", "altpl_3"]);
        assert!(matches!(ids(&["twice"]), Err(Failure::Usage(said)) if said.contains("several")));
        assert!(matches!(ids(&["night"]), Err(Failure::Usage(said)) if said.contains("lists them")));
    }
}
