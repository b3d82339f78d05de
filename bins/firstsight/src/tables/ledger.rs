//! Events, their deliveries, and faults.

use std::fmt::Write as _;

use firstsight_engine::{Finding, Time};
use firstsight_inspection::FaultRecord;
use firstsight_sink::terminal::neutralise;
use firstsight_sink::{Event, Status, Trouble};
use firstsight_store::{AttemptRow, DeliveryRow, DeliveryState};

use super::{Table, minute};

/// An id as lists show it; people name events by so many digits.
fn short(id: &str) -> String {
    id.chars().take(12).collect()
}

/// An event as a row.
pub(crate) fn event(event: &Event, deliveries: &[DeliveryRow]) -> Vec<String> {
    vec![
        minute(event.window.end),
        event.status.as_str().to_owned(),
        event.kind.as_str().to_owned(),
        account(&event.account),
        event.findings.len().to_string(),
        delivered(deliveries),
        short(&event.id),
        event.title.clone(),
    ]
}

/// What became of an event at its sinks together: `delivered`, `2 delivered, 1 pending (3 attempts)`.
fn delivered(deliveries: &[DeliveryRow]) -> String {
    const STATES: [DeliveryState; 4] = [
        DeliveryState::Delivered,
        DeliveryState::Pending,
        DeliveryState::Parked,
        DeliveryState::Withheld,
    ];
    let of_state = |state: DeliveryState| {
        let own: Vec<_> = deliveries.iter().filter(|row| row.state == state).collect();
        let word = match own.len() {
            0 => return None,
            count if count == deliveries.len() => state.as_str().to_owned(),
            count => format!("{count} {}", state.as_str()),
        };
        let attempts = own.iter().map(|row| row.attempts).max().unwrap_or_default();
        Some(match state {
            DeliveryState::Pending if attempts > 0 => format!("{word} ({})", tries(attempts)),
            _ => word,
        })
    };
    let mut parts: Vec<String> = STATES.into_iter().filter_map(of_state).collect();
    if deliveries.iter().any(DeliveryRow::perhaps_twice) {
        parts.push("perhaps twice".to_owned());
    }
    match parts.is_empty() {
        true => "-".to_owned(),
        false => parts.join(", "),
    }
}

fn tries(attempts: u32) -> String {
    match attempts {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    }
}

/// An event with everything that became of it.
pub(crate) fn event_in_full(event: &Event, deliveries: &[DeliveryRow]) -> String {
    let mut text = String::new();
    let mut fact = |label: &str, value: &str| {
        let _ = writeln!(text, "{label:<11} {}", neutralise(value));
    };
    fact("event", &event.id);
    fact("time", &format!("{} UTC", minute(event.window.end)));
    fact(
        "status",
        &format!("{}, {}", event.status.as_str(), event.kind.as_str()),
    );
    fact("inspection", &event.inspection);
    if event.trouble.is_none() {
        fact("account", &event.account);
    }
    fact("title", &event.title);
    let fault = &event.fault;
    let length = length(fault.duration_seconds);
    fact("fault", &format!("{}, for {length}", fault.id));
    for found in &event.findings {
        fact("finding", &finding(found));
    }
    if let Some(trouble) = &event.trouble {
        fact("trouble", &self::trouble(trouble));
        fact("reason", &super::capped(&trouble.reason));
    }
    for row in deliveries {
        fact("delivery", &delivery(row));
        let earlier = (row.attempts as usize).saturating_sub(row.log.len());
        if earlier > 0 {
            fact("", &format!("{earlier} earlier attempts are not kept one by one"));
        }
        for attempt in &row.log {
            fact("attempt", &told(attempt));
        }
    }
    text.push('\n');
    text
}

/// What is about an inspection itself has no account.
fn account(account: &str) -> String {
    match account {
        "" => "-".to_owned(),
        account => account.to_owned(),
    }
}

/// What is wrong with an inspection itself, on one line.
fn trouble(trouble: &Trouble) -> String {
    let runs = match trouble.runs {
        1 => "1 run".to_owned(),
        runs => format!("{runs} runs in a row"),
    };
    format!(
        "{}, {runs}, since {} UTC",
        trouble.kind.as_str(),
        second(trouble.since)
    )
}

/// A finding on one line.
fn finding(finding: &Finding) -> String {
    let times = match finding.within.count {
        1 => "1 time".to_owned(),
        count => format!("{count} times"),
    };
    let code = match finding.error_code.as_str() {
        "" => String::new(),
        code => format!(" {}", super::capped(code)),
    };
    format!(
        "{}, {}: {}{code}, {times}, cluster {}",
        finding.severity,
        finding.novelty,
        super::capped(&super::call(&finding.event_source, &finding.event_name)),
        super::short(finding.cluster)
    )
}

/// How far a delivery is.
fn delivery(row: &DeliveryRow) -> String {
    let mut line = format!("to {}: {}", row.sink, row.state.as_str());
    if row.state == DeliveryState::Withheld {
        let _ = write!(line, ", {}", row.message);
    } else {
        let _ = write!(line, ", {}", tries(row.attempts));
    }
    if let Some(next) = row.next_attempt {
        let _ = write!(line, ", not before {} UTC", second(next));
    }
    if !row.bundle.is_empty() {
        line.push_str(", together with others");
    }
    if row.perhaps_twice() {
        line.push_str("; may have arrived twice");
    }
    line
}

/// An attempt on one line.
fn told(attempt: &AttemptRow) -> String {
    let outcome = match attempt.state {
        None => "no outcome is known",
        Some(DeliveryState::Pending) => "not taken",
        Some(DeliveryState::Parked) => "refused for good",
        Some(state) => state.as_str(),
    };
    let mut line = format!("{} UTC: {outcome}", second(attempt.at));
    if !attempt.message.is_empty() {
        let _ = write!(line, ": {}", attempt.message);
    }
    if attempt.lost {
        line.push_str("; may have arrived");
    }
    line
}

/// To the second: `2026-01-31 12:00:05`.
pub(crate) fn second(time: Time) -> String {
    time.to_string().replace('T', " ").chars().take(19).collect()
}

/// `45 min`, `1 h 30 min`, `2 d 5 h`: the two greatest measures.
pub(crate) fn length(seconds: i64) -> String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match (hours / 24, hours % 24) {
        (0, 0) => format!("{minutes} min"),
        (0, hours) if minutes == 0 => format!("{hours} h"),
        (0, hours) => format!("{hours} h {minutes} min"),
        (days, 0) => format!("{days} d"),
        (days, hours) => format!("{days} d {hours} h"),
    }
}

/// Faults as a ledger.
pub(crate) fn faults(records: &[FaultRecord], cut: Option<usize>) -> String {
    let mut table = Table::new(&[
        "STARTED",
        "RECOVERED",
        "DURATION",
        "STATUS",
        "WORST",
        "INSPECTION",
        "ACCOUNT",
        "EVENTS",
        "FINDINGS",
        "FAULT",
        "TITLE",
    ]);
    let word = |status: Option<Status>| status.map_or("-", Status::as_str).to_owned();
    for fault in records {
        table.row(&[
            minute(fault.started),
            fault.recovered.map_or_else(|| "open".to_owned(), minute),
            length(fault.duration_seconds),
            word(fault.status),
            word(fault.worst),
            fault.inspection.clone(),
            account(&fault.account),
            fault.events.to_string(),
            fault.findings.to_string(),
            short(&fault.id),
            fault.title.clone(),
        ]);
    }
    table.render(cut, "no fault has been recorded")
}

#[cfg(test)]
mod tests {
    use firstsight_engine::Range;
    use firstsight_sink::{EventKind, FaultRef};

    use super::*;

    fn opened() -> Event {
        let start: Time = "2026-01-31T11:00:00Z".parse().unwrap();
        let end = start.plus_millis(3_600_000);
        Event {
            schema: Event::SCHEMA.to_owned(),
            id: "event".to_owned(),
            kind: EventKind::Opened,
            status: Status::Error,
            inspection: "default".to_owned(),
            account: "111122223333".to_owned(),
            fault: FaultRef {
                id: "event".to_owned(),
                started: end,
                duration_seconds: 0,
            },
            window: Range::new(start, end),
            title: "title".to_owned(),
            findings: Vec::new(),
            ongoing_clusters: 0,
            errors: 0,
            hours: Vec::new(),
            keys: Vec::new(),
            trouble: None,
        }
    }

    fn attempt(state: Option<DeliveryState>, message: &str, lost: bool) -> AttemptRow {
        AttemptRow {
            at: "2026-01-31T12:00:05Z".parse().unwrap(),
            state,
            message: message.to_owned(),
            lost,
            repeatable: false,
        }
    }

    fn row(sink: &str, state: DeliveryState, log: Vec<AttemptRow>) -> DeliveryRow {
        DeliveryRow {
            sink: sink.to_owned(),
            state,
            attempts: u32::try_from(log.len()).unwrap(),
            last_attempt: None,
            message: String::new(),
            next_attempt: None,
            bundle: String::new(),
            log,
        }
    }

    fn rows() -> Vec<DeliveryRow> {
        use DeliveryState::{Delivered, Pending, Withheld};
        let lost = attempt(None, "", true);
        let taken = attempt(Some(Delivered), "", false);
        let down = attempt(Some(Pending), "down\u{1b}[31m", false);
        let mut muted = row("mail", Withheld, Vec::new());
        muted.message = "muted by \"night\"".to_owned();
        let mut waits = row("web", Pending, vec![down]);
        waits.next_attempt = Some("2026-01-31T12:01:00Z".parse().unwrap());
        vec![row("chat", Delivered, vec![lost, taken]), muted, waits]
    }

    #[test]
    fn one_cell_sums_the_sinks_up() {
        let rows = rows();
        assert_eq!(
            delivered(&rows),
            "1 delivered, 1 pending (1 attempt), 1 withheld, perhaps twice"
        );
        assert_eq!(delivered(&rows[2..]), "pending (1 attempt)");
        assert_eq!(delivered(&rows[1..2]), "withheld");
        assert_eq!(delivered(&[]), "-");
    }

    #[test]
    fn each_attempt_is_told() {
        let text = event_in_full(&opened(), &rows());
        let told: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with(['d', 'a']))
            .skip(1)
            .collect();
        let expected = [
            "delivery    to chat: delivered, 2 attempts; may have arrived twice",
            "attempt     2026-01-31 12:00:05 UTC: no outcome is known; may have arrived",
            "attempt     2026-01-31 12:00:05 UTC: delivered",
            "delivery    to mail: withheld, muted by \"night\"",
            "delivery    to web: pending, 1 attempt, not before 2026-01-31 12:01:00 UTC",
        ];
        assert_eq!(told[..5], expected, "{text}");
        assert!(
            !text.contains('\u{1b}') && text.contains("not taken: down"),
            "{text}"
        );
    }

    #[test]
    fn lengths_are_told_in_their_own_measure() {
        let told = [0, 2_700, 3_600, 5_400, 86_400, 190_800].map(length);
        assert_eq!(told, ["0 min", "45 min", "1 h", "1 h 30 min", "1 d", "2 d 5 h"]);
    }
}
