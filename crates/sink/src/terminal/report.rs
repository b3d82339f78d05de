//! What stands on a terminal: report, findings, events.

use anstyle::{AnsiColor, Style};
use firstsight_engine::{Dimension, Familiarity, Finding, Labelled, Locale, Sample, Severity, Value};

use super::TerminalOptions;
use super::layout::{Lines, Span, columns, shortened};
use crate::event::{Event, KeyActivity, Status};
use crate::explanation::words;
use crate::report::{AccountReport, InputReport, Report, SeverityCounts, account_name};
use crate::standing::{Saying, sayings, untold};
use crate::summary;
use crate::text;

/// The column where the text of the facts and findings begins.
const INDENT: usize = 10;
/// How many rejects, accounts, keys, samples are named before the rest is counted.
const NAMED: usize = 3;

pub(super) const PLAIN: Style = Style::new();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const FAINT: Style = Style::new().dimmed();

/// The whole report. The first line says the result.
#[must_use]
pub fn render(report: &Report, options: &TerminalOptions) -> String {
    let mut lines = Lines::new(options);
    lines.paragraph("", 2, &[(BOLD, &summary::headline(report))]);
    if let Some(detail) = summary::detail(report) {
        lines.paragraph("", 2, &[(PLAIN, &detail)]);
    }
    lines.blank();
    facts(&mut lines, report);
    let around = Around {
        keys: &report.keys,
        accounts: &report.accounts,
        day: text::date(report.window.start),
    };
    for finding in &report.findings {
        lines.blank();
        write_finding(&mut lines, finding, &around);
    }
    hidden(&mut lines, report);
    if !report.events.is_empty() {
        lines.blank();
        report
            .events
            .iter()
            .for_each(|event| event_line(&mut lines, event));
    }
    lines.into_text()
}

/// Some events, each with its findings.
pub(super) fn events(events: &[Event], options: &TerminalOptions) -> String {
    let mut lines = Lines::new(options);
    for event in events {
        event_line(&mut lines, event);
        let about = format!("{}, fault {}", text::range(event.window), event.fault.id);
        lines.paragraph(&margin(""), INDENT, &[(FAINT, &about)]);
        let around = Around {
            keys: &event.keys,
            accounts: &[],
            day: text::date(event.window.start),
        };
        for finding in &event.findings {
            write_finding(&mut lines, finding, &around);
        }
        trouble(&mut lines, event);
        lines.blank();
    }
    lines.into_text()
}

/// What is wrong with the inspection itself.
fn trouble(lines: &mut Lines, event: &Event) {
    let Some(trouble) = &event.trouble else {
        return;
    };
    let told = crate::trouble::account(event, trouble, lines.locale());
    fact(lines, "means", told.meaning);
    fact(lines, "to do", told.advice.unwrap_or_default());
    fact(lines, "since", &told.since);
    fact(lines, "runs", &told.runs);
    fact(lines, "reason", &told.reason);
}

fn facts(lines: &mut Lines, report: &Report) {
    fact(lines, "window", &summary::window(report));
    fact(lines, "", &summary::occurred(report));
    fact(lines, "baseline", &summary::baseline(report));
    fact(lines, "sources", &some(&report.sources));
    fact(lines, "read", &read(&report.input));
    rejects(lines, report);
    for unread in report.input.unread.iter().take(NAMED) {
        warning(lines, "unread", unread);
    }
    rest(lines, report.input.unread.len(), "unit", "units");
    learning(lines, report);
    let gaps = untold(&report.keys);
    gaps.iter().take(NAMED).for_each(|gap| fact(lines, "keys", gap));
    rest(lines, gaps.len(), "reason", "reasons");
    for note in &report.notes {
        fact(lines, "note", note);
    }
}

/// What was read: units, bytes, records.
fn read(input: &InputReport) -> String {
    let mut parts = vec![
        format!(
            "{} ({})",
            text::counted(input.units, "unit", "units"),
            text::bytes(input.bytes)
        ),
        text::counted(input.records, "record", "records"),
        text::counted(input.error_events, "error event", "error events"),
    ];
    let repeats = input.error_records.saturating_sub(input.error_events);
    for (number, one, many) in [
        (repeats, "repeat", "repeats"),
        (input.insights, "insight event", "insight events"),
        (input.digests, "digest", "digests"),
        (input.control_messages, "control message", "control messages"),
    ] {
        if number > 0 {
            parts.push(text::counted(number, one, many));
        }
    }
    text::listed(&parts)
}

fn fact(lines: &mut Lines, label: &str, value: &str) {
    if !value.is_empty() {
        lines.labelled((FAINT, &margin(label)), INDENT, &[(PLAIN, value)]);
    }
}

fn warning(lines: &mut Lines, label: &str, value: &str) {
    let style = AnsiColor::Yellow.on_default();
    lines.labelled((style, &margin(label)), INDENT, &[(style, value)]);
}

/// A label in the margin. Labels are this module's own words.
fn margin(label: &str) -> String {
    format!("{label:INDENT$}")
}

fn rest(lines: &mut Lines, number: usize, one: &str, many: &str) {
    if let Some(more) = number.checked_sub(NAMED).filter(|more| *more > 0) {
        let noun = if more == 1 { one } else { many };
        let more = format!("and {} more {noun}", text::thousands(more as u64));
        lines.paragraph(&margin(""), INDENT, &[(FAINT, &more)]);
    }
}

fn rejects(lines: &mut Lines, report: &Report) {
    let Some(words) = summary::rejects(&report.input) else {
        return;
    };
    warning(lines, "rejects", &words);
    for example in report.input.reject_examples.iter().take(NAMED) {
        let place = format!("{}, byte {}: ", example.origin, text::thousands(example.offset));
        lines.paragraph(
            &margin(""),
            INDENT + 2,
            &[(FAINT, &place), (PLAIN, &example.reason)],
        );
    }
}

fn learning(lines: &mut Lines, report: &Report) {
    let told: Vec<String> = report
        .accounts
        .iter()
        .filter_map(|account| {
            let name = report.account_name(&account.account);
            Some(format!("{name}: {}", summary::learning(account)?))
        })
        .collect();
    for line in told.iter().take(NAMED) {
        fact(
            lines,
            "learning",
            &format!("account {line}; findings are not alerted yet"),
        );
    }
    rest(lines, told.len(), "account", "accounts");
}

/// The first few of many, the rest counted.
fn some(items: &[String]) -> String {
    let mut named: Vec<String> = items.iter().take(NAMED).cloned().collect();
    if let Some(more) = items.len().checked_sub(NAMED).filter(|more| *more > 0) {
        named.push(format!("{} more", text::thousands(more as u64)));
    }
    text::listed(&named)
}

fn hidden(lines: &mut Lines, report: &Report) {
    if let Some(least) = least_hidden(&report.hidden) {
        lines.blank();
        let words = format!("{}: --min-severity {least}", summary::hidden(&report.hidden));
        lines.paragraph("", 2, &[(FAINT, &words)]);
    }
}

/// The least severity that would show all that is hidden; `None` when nothing is.
fn least_hidden(counts: &SeverityCounts) -> Option<Severity> {
    summary::by_severity(counts)
        .into_iter()
        .rev()
        .find(|(_, number)| *number > 0)
        .map(|(severity, _)| severity)
}

/// What a finding needs besides itself.
struct Around<'a> {
    keys: &'a [KeyActivity],
    accounts: &'a [AccountReport],
    /// The day that times are understood to be of.
    day: String,
}

fn write_finding(lines: &mut Lines, finding: &Finding, around: &Around<'_>) {
    title(lines, finding);
    under(lines, &[(FAINT, &about(finding, around))]);
    actors(lines, finding);
    access_keys(lines, finding, around.keys);
    if !finding.template.is_empty() {
        under(lines, &[(BOLD, &finding.template)]);
    }
    for reason in finding.reasons.iter().filter(|reason| reason.tells()) {
        lines.paragraph(
            &format!("{}- ", margin("")),
            INDENT + 2,
            &[(PLAIN, &reason.sentence(lines.locale()).to_string())],
        );
    }
    names(lines, finding);
}

fn under(lines: &mut Lines, spans: &[Span<'_>]) {
    lines.paragraph(&margin(""), INDENT, spans);
}

fn title(lines: &mut Lines, finding: &Finding) {
    lines.labelled(
        (
            severity_style(finding.severity),
            &margin(&finding.severity.as_str().to_uppercase()),
        ),
        INDENT,
        &[
            (BOLD, &text::call(&finding.event_source, &finding.event_name)),
            (PLAIN, " "),
            (PLAIN, text::error_code(finding)),
            (FAINT, " · "),
            (AnsiColor::Cyan.on_default(), finding.novelty.as_str()),
        ],
    );
}

/// Account, count, times and state on one line.
fn about(finding: &Finding, around: &Around<'_>) -> String {
    let mut parts = vec![
        format!("account {}", account_name(&finding.account, around.accounts)),
        text::counted(finding.within.count, "time", "times"),
        text::moments(finding.within.first, finding.within.last, &around.day),
    ];
    parts.extend(text::states(finding).map(str::to_owned));
    parts.push(format!("score {}", finding.score));
    parts.join(" · ")
}

fn values(finding: &Finding, dimension: Dimension) -> impl Iterator<Item = &Value> {
    finding
        .values
        .iter()
        .filter(move |value| value.dimension == dimension)
}

fn actors(lines: &mut Lines, finding: &Finding) {
    let all: Vec<&Value> = values(finding, Dimension::Actor).collect();
    for actor in all.iter().take(NAMED) {
        let mark = mark(actor.familiarity, lines.locale());
        let room = lines.width() - INDENT - columns("by ") - columns(mark) - 1;
        let name = shortened(&super::neutralise(&text::cut(&actor.value)), room);
        under(
            lines,
            &[(PLAIN, "by "), (PLAIN, &name), (PLAIN, " "), (ALERT, mark)],
        );
    }
    rest(lines, all.len(), "actor", "actors");
}

fn mark(familiarity: Familiarity, locale: Locale) -> &'static str {
    match familiarity {
        Familiarity::Unseen | Familiarity::Rare => familiarity.label(locale),
        Familiarity::Infrequent | Familiarity::Frequent => "",
    }
}

fn access_keys(lines: &mut Lines, finding: &Finding, keys: &[KeyActivity]) {
    let all: Vec<&Value> = values(finding, Dimension::AccessKey).collect();
    for key in all.iter().take(NAMED) {
        let mut known = keys.iter();
        let known = known.find(|known| known.id == key.value && known.account == finding.account);
        let last = known.map_or_else(String::new, last_use);
        under(
            lines,
            &[
                (PLAIN, "key "),
                (PLAIN, &key.value),
                (PLAIN, &last),
                (PLAIN, " "),
                (ALERT, mark(key.familiarity, lines.locale())),
            ],
        );
        known.into_iter().for_each(|known| standing(lines, known));
    }
    rest(lines, all.len(), "key", "keys");
}

fn last_use(key: &KeyActivity) -> String {
    format!(
        ", last used {} UTC: {}",
        text::minute(key.last_used),
        key.last_call
    )
}

/// What IAM knows of a key. What it does not tell stands among the facts, once for all keys.
fn standing(lines: &mut Lines, key: &KeyActivity) {
    let words = words::of(Locale::English);
    let told: Vec<(Style, String)> = sayings(key)
        .iter()
        .filter(|said| !matches!(said, Saying::Unknown(_) | Saying::NotListed(_)))
        .map(|said| (if said.is_alert() { ALERT } else { PLAIN }, (words.of_key)(said)))
        .collect();
    if told.is_empty() {
        return;
    }
    let mut spans: Vec<Span<'_>> = vec![(FAINT, "IAM: ")];
    for (index, (style, text)) in told.iter().enumerate() {
        spans.extend((index > 0).then_some((PLAIN, ", ")));
        spans.push((*style, text));
    }
    lines.paragraph(&margin(""), INDENT + 2, &spans);
}

/// What commands take: the cluster, and the records that were kept.
fn names(lines: &mut Lines, finding: &Finding) {
    let mut names = format!("cluster {}", text::short(finding.cluster));
    let ids: Vec<String> = finding.samples.iter().take(NAMED).map(text::sample_id).collect();
    if !ids.is_empty() {
        let inside = |sample: &Sample| finding.window.contains(sample.time);
        let earlier = if finding.samples.iter().any(inside) {
            ""
        } else {
            "earlier "
        };
        names.push_str(&format!(" · {earlier}samples {}", ids.join(", ")));
    }
    under(lines, &[(FAINT, &names)]);
}

fn event_line(lines: &mut Lines, event: &Event) {
    // Titles stand as they were recorded; what is wrong with an inspection itself is told in one language throughout.
    let title = match event.trouble {
        None => event.title.clone(),
        Some(_) => event.title_in(lines.locale()),
    };
    lines.labelled(
        (
            status_style(event.status),
            &margin(&event.status.as_str().to_uppercase()),
        ),
        INDENT,
        &[
            (BOLD, "fault "),
            (BOLD, event.kind.as_str()),
            (
                FAINT,
                &format!(
                    " at {} UTC · ",
                    text::moments(event.window.end, event.window.end, "")
                ),
            ),
            (PLAIN, &title),
        ],
    );
}

pub(super) const ALERT: Style = AnsiColor::Magenta.on_default().bold();

pub(super) const fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Critical => AnsiColor::Red.on_default().bold(),
        Severity::Error => AnsiColor::Red.on_default(),
        Severity::Warning => AnsiColor::Yellow.on_default(),
        Severity::Info => AnsiColor::Blue.on_default(),
    }
}

const fn status_style(status: Status) -> Style {
    match status {
        Status::Ok => AnsiColor::Green.on_default(),
        Status::Info => severity_style(Severity::Info),
        Status::Warning => severity_style(Severity::Warning),
        Status::Error => severity_style(Severity::Error),
        Status::Critical => severity_style(Severity::Critical),
    }
}
