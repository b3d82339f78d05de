//! Reads the inspections of the file.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::path::Path;

use firstsight_cloudtrail::Redaction;
use firstsight_engine::LearnBy;
use firstsight_inspection::{CatchUp, Patience, Schedule, Settings};

use super::InspectionConfig;
use super::changed::ALL;
use super::source::{self, SourceConfig, is_account};
use crate::nearest::hint;
use crate::policies::{SEVERITIES, SEVERITY};
use crate::reading::{Place, Section, Value};
use crate::shape::{Key, Kind, Shape, TEXTS, words};
use crate::sinks::{SinkConfig, named};
use crate::values::{duration, zone};

pub(crate) const SHAPE: Shape = Shape {
    name: "inspection",
    keys: &[
        Key::new(
            "enabled",
            Kind::Boolean,
            "Whether it runs by itself. Default true.",
        ),
        Key::needed("source", source::SHAPES, "Where it reads."),
        Key::new(
            "schedule",
            Kind::Text,
            "When it runs, as cron says it. Default \"0 * * * *\".",
        ),
        Key::new(
            "time_zone",
            Kind::Text,
            "The time zone of the schedule, by its IANA name. Default UTC.",
        ),
        Key::new("timeout", Kind::Length, "How long a run may take. Default 15m."),
        Key::new(
            "settle",
            Kind::Length,
            "How long after its tick a run starts. Default 10m.",
        ),
        Key::new(
            "jitter",
            Kind::Length,
            "A run starts up to so much later. Default 30s.",
        ),
        Key::new("window", Kind::Length, "The window's length. Default 1h."),
        Key::new(
            "baseline",
            Kind::Length,
            "How far back counts are compared. Default 14d.",
        ),
        Key::new(
            "retention",
            Kind::Length,
            "What is older is forgotten. Default 90d.",
        ),
        Key::new(
            "min_history",
            Kind::Length,
            "Accounts with less history are learning. Default 7d.",
        ),
        Key::new(
            "forget_after",
            Kind::Length,
            "A cluster quiet for longer has returned. Default 30d.",
        ),
        Key::new(
            "absorb_after",
            Kind::Length,
            "How long a cluster holds its fault open. Default 24h.",
        ),
        Key::new(
            "alert_severity",
            SEVERITY,
            "Findings below it open no fault. Default warning.",
        ),
        Key::new("accounts", TEXTS, "Only these accounts are judged. Default all."),
        Key::new(
            "learn_by",
            Kind::List(&Kind::Words(&words(&LEARNS))),
            "What learns. Default [\"account\"].",
        ),
        Key::new(
            "severity_table",
            Kind::Text,
            "A file with rules of severity, in place of the built-in ones.",
        ),
        Key::new(
            "redact",
            TEXTS,
            "Paths of records that are taken out before anything is kept.",
        ),
        Key::new(
            "iam",
            Kind::Boolean,
            "Whether IAM is asked about access keys of log groups. Default true.",
        ),
        Key::new(
            "policies",
            Kind::TextsOr(&[ALL]),
            "The alert policies that it is told by. Default all.",
        ),
        Key::new(
            "catch_up",
            Kind::Table(&CATCH_UP),
            "How missed windows are caught up with.",
        ),
        Key::new(
            "failures",
            Kind::Whole(1, MOST_RUNS),
            "So many failed runs in a row are told. Default 3.",
        ),
        Key::new(
            "incomplete",
            Kind::Whole(1, MOST_RUNS),
            "So many runs that could not read everything. Default 3.",
        ),
        Key::new(
            "silent_after",
            Kind::LengthOr(&[NEVER]),
            "A source without newer records is silent. Default 3h.",
        ),
    ],
};

const CATCH_UP: Shape = Shape {
    name: "catch_up",
    keys: &[
        Key::new(
            "windows",
            Kind::Whole(1, MOST_WINDOWS),
            "At most so many windows a run. Default 168.",
        ),
        Key::new(
            "newest_first",
            Kind::Boolean,
            "Whether the newest is told first. Default false.",
        ),
    ],
};

const LEARNS: [(&str, LearnBy); 3] = [
    ("account", LearnBy::Account),
    ("region", LearnBy::Region),
    ("source", LearnBy::Source),
];

const NEVER: &str = "never";
const MOST_RUNS: u32 = 1_000;
/// A leap year of hours.
const MOST_WINDOWS: u32 = 366 * 24;
const HOUR: i64 = 3_600;

/// What inspections may name.
pub(crate) struct Names<'a> {
    pub(crate) sinks: &'a [SinkConfig],
    /// The policies with their places, those with mistakes too.
    pub(crate) policies: &'a [(String, Place)],
}

/// Reads the inspections; relative paths are those from `folder`. A policy that none of them names is a warning.
pub(crate) fn read(inspections: &Section<'_>, folder: &Path, names: &Names<'_>) -> Vec<InspectionConfig> {
    let mut read = Vec::new();
    let mut used = Used::default();
    for (name, value) in inspections.entries() {
        named(name, &value);
        let inspection = one(name, &value, folder, names);
        used.note(inspection.as_ref());
        read.extend(inspection);
    }
    used.warn_of_the_rest(inspections, names);
    warn_of_one_file(inspections);
    read
}

fn one(name: &str, value: &Value<'_>, folder: &Path, names: &Names<'_>) -> Option<InspectionConfig> {
    let section = value.section(&SHAPE)?;
    let source = section.require("source");
    let source = source.and_then(|source| source::read(&source, folder, names.sinks));
    let usual = InspectionConfig::new(name, source.unwrap_or_else(|| SourceConfig::Files(Vec::new())));
    let yes = |key: &str, otherwise: bool| {
        let value = section.get(key).and_then(|value| value.boolean());
        value.unwrap_or(otherwise)
    };
    let within = |key: &str, bounds: Bounds<'_>, otherwise: u32| {
        let seconds = section.get(key).and_then(|value| seconds(&value, bounds));
        seconds.unwrap_or(otherwise)
    };
    let table = section.get("severity_table").and_then(|path| path.text());
    Some(InspectionConfig {
        line: section.place.line,
        enabled: yes("enabled", usual.enabled),
        schedule: schedule(&section).unwrap_or(usual.schedule),
        timeout_seconds: within("timeout", (10..=86_400, "10s to 24h"), usual.timeout_seconds),
        settle_seconds: within("settle", (0..=86_400, "0 to 24h"), usual.settle_seconds),
        jitter_seconds: within("jitter", (0..=HOUR, "0 to 1h"), usual.jitter_seconds),
        redact: redact(&section),
        iam: yes("iam", usual.iam),
        policies: policies(&section, names),
        settings: settings(&section, usual.settings),
        severity_table: table.map(|path| folder.join(path)),
        catch_up: catch_up(&section),
        patience: patience(&section),
        folder: folder.to_owned(),
        ..usual
    })
}

/// From and to, in seconds, and in words.
type Bounds<'a> = (RangeInclusive<i64>, &'a str);

fn seconds(value: &Value<'_>, (range, words): Bounds<'_>) -> Option<u32> {
    value.parsed_loosely(|text| {
        let seconds = duration(text)?;
        let inside = Some(seconds).filter(|seconds| range.contains(seconds));
        let inside = inside.and_then(|seconds| u32::try_from(seconds).ok());
        inside.ok_or_else(|| format!("{text:?} is too short or too long: it is {words}"))
    })
}

/// A length of time in whole hours, so many at least.
fn hours(section: &Section<'_>, key: &str, least: i64) -> Option<i64> {
    section.get(key)?.parsed_loosely(|text| whole_hours(text, least))
}

fn whole_hours(text: &str, least: i64) -> Result<i64, String> {
    let seconds = duration(text)?;
    if seconds % HOUR != 0 {
        return Err(format!("{text:?} is not in whole hours: write 6h, 14d or 2w"));
    }
    let hours = seconds / HOUR;
    if hours < least {
        return Err(format!("it is {least}h at least"));
    }
    Ok(hours)
}

fn schedule(section: &Section<'_>) -> Option<Schedule> {
    let usual = Schedule::hourly();
    let zone = section.get("time_zone").map(|name| name.parsed(zone));
    let zone = match &zone {
        None => usual.time_zone(),
        // Said already; the expression is checked all the same.
        Some(zone) => zone.as_ref().map_or("UTC", |zone| zone.0.as_str()),
    };
    match section.get("schedule") {
        Some(cron) => cron.parsed(|text| Schedule::new(text, zone).map_err(|error| error.to_string())),
        None => Schedule::new(usual.expression(), zone).ok(),
    }
}

fn settings(section: &Section<'_>, usual: Settings) -> Settings {
    let or = |key: &str, least: i64, otherwise: i64| hours(section, key, least).unwrap_or(otherwise);
    let window_hours = or("window", 1, usual.window_hours);
    let baseline_hours = or("baseline", 1, usual.baseline_hours);
    let reach = window_hours + baseline_hours;
    let retention = hours(section, "retention", 1);
    let settings = Settings {
        window_hours,
        baseline_hours,
        // What judging looks at has to be there.
        retention_hours: retention.unwrap_or(usual.retention_hours.max(reach)),
        min_history_hours: or("min_history", 0, usual.min_history_hours),
        forget_after_hours: or("forget_after", 1, usual.forget_after_hours),
        absorb_after_hours: or("absorb_after", 1, usual.absorb_after_hours),
        learn_by: learn_by(section).unwrap_or_else(|| usual.learn_by.clone()),
        alert_severity: section
            .get("alert_severity")
            .and_then(|severity| severity.one_of(&SEVERITIES))
            .unwrap_or(usual.alert_severity),
        accounts: accounts(section),
        ..usual
    };
    belong_together(section, &settings);
    settings
}

/// Lengths that depend on each other.
fn belong_together(section: &Section<'_>, settings: &Settings) {
    let wrong = |key: &str, said: String| section.findings.wrong(&place(section, key), said);
    if settings.baseline_hours < settings.window_hours {
        wrong(
            "baseline",
            format!("it is shorter than the window ({}h)", settings.window_hours),
        );
    }
    let reach = settings.window_hours + settings.baseline_hours;
    if settings.retention_hours < reach {
        let said =
            format!("it is shorter than baseline and window together ({reach}h): nothing could be compared");
        wrong("retention", said);
    }
    if settings.min_history_hours > settings.retention_hours {
        let kept = settings.retention_hours;
        let said = format!("it is longer than the retention ({kept}h): accounts would be learning for ever");
        wrong("min_history", said);
    }
}

/// The place of a key where it stands there, else of what it belongs to.
fn place(section: &Section<'_>, key: &str) -> Place {
    section
        .get(key)
        .map_or_else(|| section.at(key), |value| value.place)
}

fn learn_by(section: &Section<'_>) -> Option<BTreeSet<LearnBy>> {
    let value = section.get("learn_by")?;
    let items = value.list();
    Some(items.iter().filter_map(|item| item.one_of(&LEARNS)).collect())
}

fn accounts(section: &Section<'_>) -> Vec<String> {
    let items = section.get("accounts").map_or_else(Vec::new, |list| list.list());
    let account = |text: &str| {
        let is_one = is_account(text);
        is_one
            .then(|| text.to_owned())
            .ok_or_else(|| format!("{text:?} is no account: ids have 12 digits"))
    };
    items.iter().filter_map(|item| item.parsed(account)).collect()
}

fn redact(section: &Section<'_>) -> Vec<String> {
    let items = section.get("redact").map_or_else(Vec::new, |list| list.list());
    let path = |text: &str| Redaction::new([text]).map(|_| text.to_owned());
    items.iter().filter_map(|item| item.parsed(path)).collect()
}

fn policies(section: &Section<'_>, names: &Names<'_>) -> Option<Vec<String>> {
    let known = || names.policies.iter().map(|(name, _)| name.as_str());
    let value = section.get("policies")?;
    if value.as_text() == Some(ALL) {
        return None;
    }
    let mut read: Vec<String> = Vec::new();
    for item in value.list() {
        let Some(name) = item.text() else { continue };
        if !known().any(|policy| policy == name) {
            let hint = hint(name, known());
            item.findings
                .missing(&item.place, format!("no policy is called {name:?}{hint}"));
        } else if !read.iter().any(|policy| policy == name) {
            read.push(name.to_owned());
        }
    }
    Some(read)
}

fn catch_up(section: &Section<'_>) -> CatchUp {
    let usual = CatchUp::default();
    let Some(table) = section.get("catch_up").and_then(|table| table.section(&CATCH_UP)) else {
        return usual;
    };
    let windows = table.get("windows");
    let newest = table.get("newest_first");
    CatchUp {
        windows: windows
            .and_then(|windows| windows.whole(1..=MOST_WINDOWS))
            .unwrap_or(usual.windows),
        newest_first: newest
            .and_then(|newest| newest.boolean())
            .unwrap_or(usual.newest_first),
    }
}

fn patience(section: &Section<'_>) -> Patience {
    let usual = Patience::default();
    let runs = |key: &str, otherwise: u32| {
        let value = section.get(key).and_then(|value| value.whole(1..=MOST_RUNS));
        value.unwrap_or(otherwise)
    };
    let silent = section.get("silent_after").and_then(|value| {
        value.parsed_loosely(|text| match text {
            NEVER => Ok(None),
            text => whole_hours(text, 1)
                .map(Some)
                .map_err(|said| format!("{said}, or {NEVER:?}")),
        })
    });
    Patience {
        failures: runs("failures", usual.failures),
        incomplete: runs("incomplete", usual.incomplete),
        silent_after_hours: silent.unwrap_or(usual.silent_after_hours),
    }
}

/// The policies that are named.
#[derive(Default)]
struct Used {
    names: BTreeSet<String>,
    /// Whether all of them are used, because an inspection names none.
    all: bool,
}

impl Used {
    fn note(&mut self, inspection: Option<&InspectionConfig>) {
        match inspection.and_then(|inspection| inspection.policies.as_ref()) {
            Some(names) => self.names.extend(names.iter().cloned()),
            None => self.all = true,
        }
    }

    fn warn_of_the_rest(&self, inspections: &Section<'_>, names: &Names<'_>) {
        if self.all || inspections.entries().is_empty() {
            return;
        }
        for (name, place) in names
            .policies
            .iter()
            .filter(|(name, _)| !self.names.contains(name))
        {
            let said = format!("no inspection is told by the policy {name:?}");
            inspections.findings.warn(place, said);
        }
    }
}

/// The names become those of files, which not every file system tells apart by case.
fn warn_of_one_file(inspections: &Section<'_>) {
    let mut known = BTreeSet::new();
    for (name, value) in inspections.entries() {
        if !known.insert(name.to_ascii_lowercase()) {
            value.wrong(
                "another inspection has this name in other letters: their states are files of these names",
            );
        }
    }
}
