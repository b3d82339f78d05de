//! A configuration in words: what is read when, what goes where, what is off, which secrets it needs.

mod needs;
mod words;

use firstsight_engine::Time;
use firstsight_inspection::alert::{AlertPolicy, Mute, MuteTime};

pub use needs::{Need, needs};
use words::{counted, joined, length};

use crate::sinks::{GuanceWay, SinkConfig, SinkKind, TemplateRef};
use crate::{Config, InspectionConfig, SourceConfig, Surroundings};

/// A configuration in words, for people. Secrets and files that it names are looked for, and said to be there or not; what
/// they hold is not told. Times are those from the surroundings' present on.
#[must_use]
pub fn explain(config: &Config, surroundings: &dyn Surroundings) -> String {
    let mut page = Page::default();
    let now = surroundings.now();
    let inspections = config.inspections.iter();
    page.section(
        "Inspections",
        "none: a daemon reads nothing",
        inspections.map(|one| inspection(one, now)).collect(),
    );
    page.section(
        "Sinks",
        "none: events are on the page and in the state alone",
        config.sinks.iter().map(sink).collect(),
    );
    page.section(
        "Policies",
        "none: nothing is sent",
        config.alerting.policies.iter().map(policy).collect(),
    );
    page.section("Mutes", "none", config.alerting.mutes.iter().map(mute).collect());
    page.section("Daemon", "", vec![server(config), store(config)]);
    let needs = needs(config, surroundings).iter().map(need).collect();
    page.section("Secrets and files", "none are needed", needs);
    page.text
}

/// A name, and what is said of it, a line each.
type Entry = (String, Vec<String>);

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn section(&mut self, title: &str, otherwise: &str, entries: Vec<Entry>) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.line(title);
        if entries.is_empty() {
            self.line(&format!("  {otherwise}"));
        }
        for (name, lines) in entries {
            self.line(&format!("  {name}"));
            for line in lines {
                self.line(&format!("    {line}"));
            }
        }
    }

    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

fn inspection(one: &InspectionConfig, now: Time) -> Entry {
    let settings = &one.settings;
    let mut lines = vec![format!("reads {}", source(&one.source)), when(one, now)];
    lines.push(format!(
        "judges {} against the {} before, and forgets after {}",
        hours(settings.window_hours),
        hours(settings.baseline_hours),
        hours(settings.retention_hours)
    ));
    let accounts = match settings.accounts.as_slice() {
        [] => "every account".to_owned(),
        some => format!("the accounts {}", joined(some)),
    };
    let learning = match settings.min_history_hours {
        0 => String::new(),
        learning => format!("; an account is learning for {}", hours(learning)),
    };
    lines.push(format!("looks at {accounts}{learning}"));
    if !one.redact.is_empty() {
        lines.push(format!(
            "takes out {} before anything is kept",
            joined(&one.redact)
        ));
    }
    lines.push(told(one));
    lines.push(trouble(one));
    (one.name.clone(), lines)
}

fn source(source: &SourceConfig) -> String {
    match source {
        SourceConfig::Files(paths) => {
            let paths: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            format!("files: {}", joined(&paths))
        }
        SourceConfig::CloudWatch(cloudwatch) => {
            let regions = match cloudwatch.regions.as_slice() {
                [] => String::new(),
                regions => format!(", in {}", joined(regions)),
            };
            let roles = match cloudwatch.role_arns.len() {
                0 => String::new(),
                count => format!(", by {}", counted(count, "role")),
            };
            let records = if cloudwatch.all_records {
                "every record"
            } else {
                "records of errors"
            };
            format!(
                "log groups: {}{regions}{roles} ({records})",
                joined(&cloudwatch.groups)
            )
        }
        SourceConfig::GuanceLogs(logs) => {
            let sink = logs
                .sink
                .as_ref()
                .map_or_else(String::new, |sink| format!(" of {sink}"));
            format!("logs in Guance{sink}: {}", joined(&logs.sources))
        }
    }
}

fn when(one: &InspectionConfig, now: Time) -> String {
    if !one.enabled {
        return "is off: it runs when somebody asks for it".to_owned();
    }
    let settle = length(i64::from(one.settle_seconds));
    let timeout = length(i64::from(one.timeout_seconds));
    // A tick that has not settled is still to be run.
    let settling = i64::from(one.settle_seconds) * 1000;
    let first = one.schedule.next(now.plus_millis(-settling));
    let first = first.map_or_else(
        || "never".to_owned(),
        |tick| format!("next {}", tick.plus_millis(settling)),
    );
    format!(
        "runs {} after each tick of {}, for {timeout} at most; {first}",
        settle, one.schedule
    )
}

fn told(one: &InspectionConfig) -> String {
    let severity = one.settings.alert_severity.as_str();
    let by = match &one.policies {
        None => "every policy".to_owned(),
        Some(names) if names.is_empty() => "no policy: nothing is sent".to_owned(),
        Some(names) => joined(names),
    };
    format!("alerts from {severity} on, by {by}")
}

fn trouble(one: &InspectionConfig) -> String {
    let patience = &one.patience;
    let silent = match patience.silent_after_hours {
        None => String::new(),
        Some(silent) => format!(", or when nothing newer came for {}", hours(silent)),
    };
    format!(
        "tells of itself after {} or {}{silent}",
        counted(patience.failures as usize, "failed run"),
        counted(patience.incomplete as usize, "incomplete run")
    )
}

fn sink(sink: &SinkConfig) -> Entry {
    let what = match &sink.kind {
        SinkKind::Guance(guance) => {
            let node = guance
                .node
                .as_ref()
                .map_or("a DataKit", |node| node.name.as_str());
            let way = match guance.way {
                GuanceWay::Push => "pushed to a monitor",
                GuanceWay::KeyEvent => "written as key events",
                GuanceWay::Create => "created through the API",
            };
            format!("Guance ({node}), {way}")
        }
        SinkKind::Webhook(webhook) => match &webhook.template {
            TemplateRef::Ready(preset) => format!("an HTTP target, as {}", preset.as_str()),
            TemplateRef::File(path) => format!("an HTTP target, as {} says", path.display()),
        },
        SinkKind::Ocsf(path) => format!("OCSF lines to {}", file(path)),
        SinkKind::Json(path) => format!("JSON lines to {}", file(path)),
    };
    let records = match sink.style.records {
        firstsight_sink::Records::Shown => "; samples' records are sent along",
        firstsight_sink::Records::Withheld => "",
    };
    (sink.name.clone(), vec![format!("{what}{records}")])
}

fn file(path: &std::path::Path) -> String {
    match path.to_str() {
        Some("-") => "standard output".to_owned(),
        _ => path.display().to_string(),
    }
}

fn policy(policy: &AlertPolicy) -> Entry {
    let mut lines = vec![format!("tells {}", joined(&policy.to))];
    let severities: Vec<&str> = policy.severities.iter().map(|one| one.as_str()).collect();
    lines.push(match (severities.is_empty(), words::patterns(&policy.filter)) {
        (true, None) => "of everything".to_owned(),
        (true, Some(what)) => format!("where {what}"),
        (false, None) => format!("of {}", joined(&severities)),
        (false, Some(what)) => format!("of {} where {what}", joined(&severities)),
    });
    lines.extend(words::at_hours(policy));
    lines.push(words::how_often(policy));
    for escalation in &policy.escalations {
        let after = length(escalation.after);
        lines.push(format!(
            "after {after} open, tells {} too",
            joined(&escalation.to)
        ));
    }
    (policy.name.clone(), lines)
}

fn mute(mute: &Mute) -> Entry {
    let when = match &mute.when {
        MuteTime::Once { from, until } => {
            let from = from.map_or_else(String::new, |from| format!("from {from} "));
            let until = until.map_or_else(|| "without an end".to_owned(), |until| format!("until {until}"));
            format!("{from}{until}")
        }
        MuteTime::Repeating { repeat, zone } => words::repeated(repeat, zone),
    };
    let expires = mute
        .expires
        .map_or_else(String::new, |expires| format!(", expires {expires}"));
    let what = words::patterns(&mute.filter).unwrap_or_else(|| "everything".to_owned());
    (
        mute.id.clone(),
        vec![format!("{when}{expires}: {what} ({})", mute.reason)],
    )
}

fn server(config: &Config) -> Entry {
    let server = &config.server;
    let lines = if server.enabled {
        let may = match (&server.admin_token, &server.read_token) {
            (None, _) => "whoever reaches it may look and change things",
            (Some(_), None) => "with the admin token one may look and change things",
            (Some(_), Some(_)) => "with the admin token one may change things, with the read token look",
        };
        let opened = server
            .public_url
            .as_ref()
            .map_or_else(String::new, |url| format!(", opened as {url}"));
        vec![format!("http://{}{opened}", server.bind), may.to_owned()]
    } else {
        vec!["is off".to_owned()]
    };
    ("page and API".to_owned(), lines)
}

fn store(config: &Config) -> Entry {
    let folder = match &config.store.path {
        Some(path) => path.display().to_string(),
        None => "STATE_DIRECTORY, else the user's state folder".to_owned(),
    };
    let files: Vec<String> = config
        .inspections
        .iter()
        .map(|one| format!("{}.db", one.name))
        .collect();
    let files = if files.is_empty() {
        String::new()
    } else {
        format!(": {}", joined(&files))
    };
    ("states".to_owned(), vec![format!("in {folder}{files}")])
}

fn need(need: &Need) -> Entry {
    let state = match &need.missing {
        None => "is there".to_owned(),
        Some(said) => format!("MISSING: {said}"),
    };
    (format!("{} ({})", need.place, need.key), vec![state])
}

fn hours(hours: i64) -> String {
    length(hours * 3_600)
}
