//! Plain tables of what a state holds. Every cell is neutralised: it may quote an attacker.

mod keys;
pub(crate) mod ledger;

use std::borrow::Cow;
use std::fmt::Write as _;

use firstsight_engine::{ClusterId, Locale, Time};
use firstsight_inspection::{Phase, Phases};
use firstsight_sink::Report;
use firstsight_sink::terminal::{columns, neutralise};
use firstsight_store::{AuditEntry, ClusterRow};
pub(crate) use keys::keys;

/// Rows of text under a head, the last column as wide as there is room.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(head: &[&str]) -> Self {
        Self {
            head: head.iter().map(ToString::to_string).collect(),
            rows: Vec::new(),
        }
    }

    pub(crate) fn row(&mut self, cells: &[String]) {
        self.rows
            .push(cells.iter().map(|cell| capped(&neutralise(cell))).collect());
    }

    /// The table as text, or a word where it is empty.
    pub(crate) fn render(&self, cut: Option<usize>, empty: &str) -> String {
        if self.rows.is_empty() {
            return format!("{empty}\n");
        }
        let widths: Vec<usize> = (0..self.head.len())
            .map(|column| self.column_width(column))
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let mut line = String::new();
            for (cell, wide) in row.iter().zip(&widths) {
                // Chinese characters stand in two columns.
                let room = wide.saturating_sub(columns(cell)) + 2;
                let _ = write!(line, "{cell}{:room$}", "");
            }
            text.push_str(&shortened(line.trim_end(), cut));
            text.push('\n');
        }
        text
    }

    fn column_width(&self, column: usize) -> usize {
        let cells = std::iter::once(&self.head)
            .chain(&self.rows)
            .filter_map(|row| row.get(column));
        cells.map(|cell| columns(cell)).max().unwrap_or(0)
    }
}

/// The most characters of a cell: a record's fields can be as long as an attacker likes.
const CELL: usize = 200;

fn capped(cell: &str) -> String {
    match cell.char_indices().nth(CELL) {
        Some((end, _)) => format!("{}…", &cell[..end]),
        None => cell.to_owned(),
    }
}

fn shortened(line: &str, cut: Option<usize>) -> Cow<'_, str> {
    let last = cut.map(|columns| columns.max(40) - 1);
    match last.and_then(|last| line.char_indices().nth(last)) {
        Some((end, last)) if line.len() > end + last.len_utf8() => Cow::Owned(format!("{}…", &line[..end])),
        _ => Cow::Borrowed(line),
    }
}

/// To the minute: `2026-01-31 12:00`.
pub(crate) fn minute(time: Time) -> String {
    time.to_string().replace('T', " ").chars().take(16).collect()
}

/// `iam:CreateUser` for `iam.amazonaws.com` and `CreateUser`.
fn call(event_source: &str, event_name: &str) -> String {
    let service = event_source
        .strip_suffix(".amazonaws.com")
        .unwrap_or(event_source);
    format!("{service}:{event_name}")
}

/// An id as lists show it; people name clusters by so many digits.
fn short(id: ClusterId) -> String {
    id.to_string().chars().take(12).collect()
}

/// A cluster on one line.
pub(crate) fn cluster_line(row: &ClusterRow) -> String {
    let line = format!(
        "{}  {}  {} {}  {}",
        short(row.id),
        capped(&row.account),
        capped(&call(&row.event_source, &row.event_name)),
        capped(&row.error_code),
        capped(&row.template)
    );
    neutralise(&line).into_owned()
}

/// A cluster with everything that is known of it.
pub(crate) fn cluster_in_full(row: &ClusterRow, phase: Phase, log: &[AuditEntry]) -> String {
    let mut text = String::new();
    let mut fact = |label: &str, value: &str| {
        let _ = writeln!(text, "{label:<11} {}", neutralise(value));
    };
    fact("cluster", &row.id.to_string());
    fact("account", &row.account);
    fact("call", &call(&row.event_source, &row.event_name));
    fact("error", &row.error_code);
    fact("template", &row.template);
    fact("life cycle", &said(row));
    if let Some(said) = row.said.as_ref().filter(|said| !said.note.is_empty()) {
        fact("note", &said.note);
    }
    fact("phase", phase.as_str());
    fact("seen", &seen(row));
    fact("founded", &minute(row.founded));
    fact("actors", &row.actors.to_string());
    for entry in log {
        let change = [entry.before.as_str(), entry.after.as_str()]
            .map(|word| if word.is_empty() { "-" } else { word })
            .join(" -> ");
        let line = format!(
            "{} {} by {}: {change} {}",
            minute(entry.said.at),
            entry.action,
            entry.said.by,
            entry.said.note
        );
        fact("audit", line.trim_end());
    }
    text.push('\n');
    text
}

fn seen(row: &ClusterRow) -> String {
    match row.seen.count {
        0 => "not that it is remembered".to_owned(),
        1 => format!("once, at {} UTC", minute(row.seen.first)),
        count => format!(
            "{count} times from {} to {} UTC",
            minute(row.seen.first),
            minute(row.seen.last)
        ),
    }
}

/// What people said of a cluster, and who did.
fn said(row: &ClusterRow) -> String {
    match &row.said {
        Some(said) => format!("{} by {}", row.life_cycle, said.by),
        None => row.life_cycle.to_string(),
    }
}

pub(crate) fn audit(entries: &[AuditEntry], cut: Option<usize>) -> String {
    let mut table = Table::new(&[
        "TIME", "WHO", "ACTION", "CLUSTER", "ACCOUNT", "BEFORE", "AFTER", "NOTE",
    ]);
    for entry in entries {
        table.row(&[
            minute(entry.said.at),
            entry.said.by.clone(),
            entry.action.clone(),
            entry.cluster.map(short).unwrap_or_default(),
            entry.account.clone(),
            entry.before.clone(),
            entry.after.clone(),
            entry.said.note.clone(),
        ]);
    }
    table.render(cut, "nothing has been changed by people")
}

pub(crate) fn clusters(rows: &[ClusterRow], phases: &Phases, cut: Option<usize>) -> String {
    let mut table = Table::new(&[
        "CLUSTER",
        "PHASE",
        "LIFE CYCLE",
        "LAST SEEN",
        "COUNT",
        "ACTORS",
        "ACCOUNT",
        "CALL",
        "CODE",
        "TEMPLATE",
    ]);
    for row in rows {
        table.row(&[
            short(row.id),
            phases.phase(row).to_string(),
            said(row),
            minute(row.seen.last),
            row.seen.count.to_string(),
            row.actors.to_string(),
            row.account.clone(),
            call(&row.event_source, &row.event_name),
            row.error_code.clone(),
            row.template.clone(),
        ]);
    }
    table.render(cut, "no cluster is known")
}

/// What one window of a replay reported: a line for the window and one for each listed finding.
pub(crate) fn window(report: &Report, locale: Locale) -> String {
    if report.findings.is_empty() && report.events.is_empty() {
        return String::new();
    }
    let mut text = format!("{}\n", report.window);
    for finding in &report.findings {
        let line = format!(
            "  {:<8} {:<9} {} {} {} x{} {}{}",
            finding.severity,
            finding.novelty,
            report.account_name(&finding.account),
            capped(&call(&finding.event_source, &finding.event_name)),
            capped(&finding.error_code),
            finding.within.count,
            capped(
                &finding
                    .reasons
                    .first()
                    .map(|reason| reason.sentence(locale).to_string())
                    .unwrap_or_default()
            ),
            if finding.learning { " (learning)" } else { "" },
        );
        let _ = writeln!(text, "{}", neutralise(&line));
    }
    for event in &report.events {
        let line = format!("  event    {:<9} {}", event.kind.as_str(), event.title);
        let _ = writeln!(text, "{}", neutralise(&line));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_lines_end_at_the_width() {
        let mut table = Table::new(&["A", "LONG"]);
        table.row(&["wide cell".to_owned(), "x".repeat(100)]);
        let text = table.render(Some(50), "nothing");
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "A          LONG");
        assert_eq!(lines[1].chars().count(), 50);
    }

    #[test]
    fn columns_line_up_beside_wide_characters() {
        let mut table = Table::new(&["NAME", "COUNT"]);
        table.row(&["夜间值班".to_owned(), "1".to_owned()]);
        table.row(&["on call".to_owned(), "2".to_owned()]);
        assert_eq!(
            table.render(None, "nothing"),
            "NAME      COUNT\n夜间值班  1\non call   2\n"
        );
    }

    #[test]
    fn escapes_do_not_reach_the_terminal() {
        let mut table = Table::new(&["A"]);
        table.row(&["\u{1b}[31mred".to_owned()]);
        assert!(!table.render(None, "nothing").contains('\u{1b}'));
    }
}
