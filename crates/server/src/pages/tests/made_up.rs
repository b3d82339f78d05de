//! Values that pages are made of, made up: so that what a page shows is tested apart from where it comes from.

use firstsight_daemon::{LastReload, LeftState};
use firstsight_engine::{Locale, Time};
use firstsight_inspection::{FaultRecord, Outcome, RunRecord, Trigger};
use firstsight_sink::conformance::fixture;
use firstsight_sink::{Event, EventKind, Status};
use firstsight_store::{AttemptRow, DeliveryRow, DeliveryState, Said};

use crate::model::{
    ClusterLine, EventDetail, EventLine, FaultLine, HourPoint, InspectionLine, Listed, NotificationLine,
    Overview, RelatedEvent, RunLine, SinkLine,
};
use crate::pages::configuration::Standing;

pub(super) fn at(text: &str) -> Time {
    text.parse().unwrap()
}

/// The judged hour's end is ten minutes ago.
pub(super) fn now() -> Time {
    at("2026-03-14T11:10:00Z")
}

fn said(note: &str) -> Said {
    Said {
        by: "alice".to_owned(),
        at: at("2026-03-14T11:05:00Z"),
        note: note.to_owned(),
    }
}

/// The event of the fixture with more findings.
pub(super) fn event() -> Event {
    Event {
        findings: vec![fixture::stop_logging(), fixture::sign_in(), fixture::new_actor()],
        ..fixture::event(7)
    }
}

pub(super) fn line(id: &str, status: &str, kind: &str) -> EventLine {
    EventLine {
        id: id.to_owned(),
        time: at("2026-03-14T11:00:00Z"),
        status: status.to_owned(),
        kind: kind.to_owned(),
        inspection: "main".to_owned(),
        account: "111122223333".to_owned(),
        title: "3 new CloudTrail errors in account 111122223333".to_owned(),
        findings: 3,
        services: ["iam", "s3", "sts"]
            .map(|name| format!("{name}.amazonaws.com"))
            .to_vec(),
        actors: vec!["arn:aws:iam::111122223333:role/platform/DeploymentPipelineExecutionRole".to_owned()],
        fault: "f1".to_owned(),
        pending: 1,
        delivered: 2,
        parked: 1,
        withheld: 0,
    }
}

fn cluster(event: &Event, index: usize, life_cycle: &str) -> ClusterLine {
    let finding = &event.findings[index];
    ClusterLine {
        id: finding.cluster.to_string(),
        inspection: event.inspection.clone(),
        account: finding.account.clone(),
        event_source: finding.event_source.clone(),
        event_name: finding.event_name.clone(),
        error_code: finding.error_code.clone(),
        template: finding.template.clone(),
        class: "access-denied".to_owned(),
        noise: Vec::new(),
        life_cycle: life_cycle.to_owned(),
        said: (life_cycle != "open").then(|| said("the red team tests until Friday")),
        owner: "platform".to_owned(),
        note: "see the runbook".to_owned(),
        first_seen: finding.within.first,
        last_seen: finding.within.last,
        count: finding.within.count,
        days: vec![0; 14],
    }
}

fn attempt(at_: &str, state: Option<DeliveryState>, message: &str, lost: bool) -> AttemptRow {
    AttemptRow {
        at: at(at_),
        state,
        message: message.to_owned(),
        lost,
        repeatable: false,
    }
}

fn notification(sink: &str, state: DeliveryState, message: &str) -> NotificationLine {
    let delivery = DeliveryRow {
        sink: sink.to_owned(),
        state,
        attempts: 2,
        last_attempt: Some(at("2026-03-14T11:02:00Z")),
        message: message.to_owned(),
        next_attempt: Some(at("2026-03-14T11:20:00Z")),
        bundle: String::new(),
        log: vec![
            attempt("2026-03-14T11:01:00Z", None, "the connection was reset", true),
            attempt("2026-03-14T11:02:00Z", Some(state), message, false),
        ],
    };
    NotificationLine {
        perhaps_twice: delivery.perhaps_twice(),
        delivery,
    }
}

fn fault(recovered: Option<Time>) -> FaultRecord {
    FaultRecord {
        id: "f1".to_owned(),
        inspection: "main".to_owned(),
        account: "111122223333".to_owned(),
        status: Some(Status::Critical),
        worst: Some(Status::Critical),
        started: at("2026-03-14T09:00:00Z"),
        recovered,
        duration_seconds: 7200,
        events: 3,
        findings: 5,
        title: "1 new CloudTrail error in account 111122223333".to_owned(),
        trouble: None,
    }
}

pub(super) fn detail_of(event: Event, locale: Locale) -> EventDetail {
    let clusters = ["open", "archived-until-escalation", "acknowledged"];
    let known = clusters.iter().enumerate().take(event.findings.len());
    let clusters = known.map(|(index, said)| cluster(&event, index, said)).collect();
    let attributes = [
        ("account", &event.account),
        ("inspection", &event.inspection),
        ("fault", &event.fault.id),
    ];
    EventDetail {
        title: event.title_in(locale),
        attributes: attributes
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .to_vec(),
        notifications: vec![
            notification("pager", DeliveryState::Delivered, ""),
            notification("chat", DeliveryState::Pending, "503 Service Unavailable"),
            notification("archive", DeliveryState::Withheld, "muted by maintenance"),
            notification("guance", DeliveryState::Parked, "400 Bad Request"),
        ],
        fault: Some(fault(None)),
        history: vec![line("e0", "error", "opened")],
        related: vec![RelatedEvent {
            event: line("e9", "warning", "opened"),
            shares: vec!["actor".to_owned(), "account".to_owned()],
        }],
        clusters,
        event,
    }
}

pub(super) fn detail(locale: Locale) -> EventDetail {
    detail_of(event(), locale)
}

pub(super) fn recovery(locale: Locale) -> EventDetail {
    EventDetail {
        fault: Some(fault(Some(at("2026-03-14T11:00:00Z")))),
        notifications: Vec::new(),
        related: Vec::new(),
        ..detail_of(
            Event {
                kind: EventKind::Recovered,
                ..fixture::recovered()
            },
            locale,
        )
    }
}

fn run(outcome: Outcome) -> RunLine {
    let mut run = RunRecord::begin(
        "r1".to_owned(),
        "main".to_owned(),
        at("2026-03-14T11:00:00Z"),
        Trigger::Schedule,
        String::new(),
        at("2026-03-14T11:10:00Z").plus_millis(-300_000),
    );
    run.outcome = outcome;
    run.ended = Some(at("2026-03-14T11:06:04Z"));
    RunLine { run, seconds: 64 }
}

fn inspection(name: &str, state: &str) -> InspectionLine {
    InspectionLine {
        name: name.to_owned(),
        enabled: state != "disabled",
        source: "CloudWatch Logs: org-trail in eu-central-1".to_owned(),
        reads: None,
        schedule: "0 * * * * (UTC)".to_owned(),
        state: state.to_owned(),
        last: (state != "never-run").then(|| {
            run(if state == "failing" {
                Outcome::Failed
            } else {
                Outcome::Ok
            })
        }),
        next: (state != "disabled").then(|| at("2026-03-14T12:10:00Z")),
        failures: if state == "failing" { 3 } else { 0 },
        open_faults: u64::from(state == "ok"),
        learning: u64::from(state == "incomplete"),
        lag_seconds: (state == "ok").then_some(400),
    }
}

fn hours() -> Vec<HourPoint> {
    let end = at("2026-03-14T11:00:00Z").hour();
    let hour = |back: i64| HourPoint {
        hour: end.plus(-back).start(),
        errors: ((back * 7919).rem_euclid(53) * 4).unsigned_abs(),
        new_clusters: u64::from(back % 13 == 0),
    };
    (1..=48).rev().map(hour).collect()
}

pub(super) fn overview() -> Overview {
    Overview {
        now: now(),
        started: at("2026-03-01T08:00:00Z"),
        inspections: ["ok", "running", "incomplete", "failing", "disabled", "never-run"]
            .map(|state| inspection(&format!("{state}-one"), state))
            .to_vec(),
        hours: hours(),
        open_faults: vec![FaultLine {
            fault: fault(None),
            last_event: Some("e1".to_owned()),
        }],
        clusters: 12_345,
        waiting: 2,
        parked: 1,
    }
}

pub(super) fn quiet() -> Overview {
    Overview {
        inspections: Vec::new(),
        open_faults: Vec::new(),
        waiting: 0,
        parked: 0,
        hours: Vec::new(),
        ..overview()
    }
}

pub(super) fn events() -> Listed<EventLine> {
    let trouble = EventLine {
        account: String::new(),
        title: "no data: main has read nothing new for 3 hours".to_owned(),
        services: Vec::new(),
        actors: Vec::new(),
        findings: 0,
        ..line("e4", "warning", "opened")
    };
    let items = vec![
        line("e1", "critical", "opened"),
        line("e2", "error", "ongoing"),
        line("e3", "ok", "recovered"),
        trouble,
    ];
    Listed {
        items,
        next: Some("abc".to_owned()),
    }
}

/// Sinks that answer well, fail, refuse, and are gone.
pub(super) fn sinks() -> Vec<SinkLine> {
    let line = |sink: &str, waiting, parked, error: Option<&str>| SinkLine {
        sink: sink.to_owned(),
        configured: sink != "old-chat",
        waiting,
        parked,
        error: error.map(str::to_owned),
        last: (parked == 0 && error.is_none()).then(now),
    };
    vec![
        line("chat", 0, 0, None),
        line("pager", 2, 21, None),
        line("tickets", 6, 0, Some("connection refused")),
        line("old-chat", 3, 0, None),
    ]
}

/// A file that cannot be used, keys that wait for a start, and an inspection that is gone.
pub(super) fn standing() -> Standing {
    Standing {
        reload: Some(LastReload {
            at: now(),
            error: Some("firstsight.toml:3:1: unknown key \"sinkz\"".to_owned()),
            needs_restart: vec!["server.bind".to_owned(), "states".to_owned()],
        }),
        left: vec![LeftState {
            inspection: "legacy".to_owned(),
            waiting: vec![
                ("pager".to_owned(), 3),
                ("chat".to_owned(), 1),
                ("log".to_owned(), 0),
            ],
        }],
    }
}
