//! From a fault's step to the event that tells it.

use firstsight_engine::{Digest, Finding, HourCount, Locale, Range, Severity};
use firstsight_sink::{Event, EventKind, FaultRef, KeyActivity, Status};

use crate::error::InspectionError;
use crate::fault::Fault;

/// What an event is made from.
pub(crate) struct Facts<'a> {
    pub(crate) inspection: &'a str,
    pub(crate) account: &'a str,
    pub(crate) window: Range,
    pub(crate) kind: EventKind,
    pub(crate) fault: &'a Fault,
    pub(crate) findings: &'a [&'a Finding],
    pub(crate) holding: u64,
    pub(crate) errors: u64,
    pub(crate) hours: Vec<HourCount>,
    pub(crate) keys: Vec<KeyActivity>,
}

/// The id of an event: the same judgement gives the same one.
pub(crate) fn id(
    inspection: &str,
    account: &str,
    window: Range,
    kind: EventKind,
    findings: &[&Finding],
) -> String {
    let mut ids: Vec<String> = findings.iter().map(|finding| finding.id.to_string()).collect();
    ids.sort();
    let window = window.to_string();
    let mut parts = vec!["event", inspection, account, &window, kind.as_str()];
    parts.extend(ids.iter().map(String::as_str));
    Digest::of(&parts).to_string()
}

pub(crate) fn build(facts: Facts<'_>) -> Event {
    let status = status(&facts);
    let mut event = Event {
        schema: Event::SCHEMA.to_owned(),
        id: id(
            facts.inspection,
            facts.account,
            facts.window,
            facts.kind,
            facts.findings,
        ),
        kind: facts.kind,
        status,
        inspection: facts.inspection.to_owned(),
        account: facts.account.to_owned(),
        fault: FaultRef {
            id: facts.fault.id.clone(),
            started: facts.fault.opened,
            duration_seconds: (facts.window.end.as_secs() - facts.fault.opened.as_secs()).max(0),
        },
        window: facts.window,
        title: String::new(),
        findings: facts.findings.iter().map(|finding| (*finding).clone()).collect(),
        ongoing_clusters: facts.holding,
        errors: facts.errors,
        hours: facts.hours,
        keys: facts.keys,
        trouble: None,
    };
    event.title = event.worded_title(Locale::English);
    event
}

fn status(facts: &Facts<'_>) -> Status {
    if facts.kind == EventKind::Recovered {
        return Status::Ok;
    }
    let found = facts.findings.iter().map(|finding| finding.severity).max();
    let held = facts
        .fault
        .clusters
        .values()
        .map(|holding| holding.severity)
        .max();
    Status::from(found.or(held).unwrap_or(Severity::Info))
}

/// An event as bytes for the outbox.
#[must_use]
pub fn encode(event: &Event) -> Vec<u8> {
    serde_json::to_vec(event).unwrap_or_default()
}

/// An event from the outbox.
///
/// # Errors
/// [`InspectionError::Undecodable`] when the bytes are not an event of this version; the outbox is as it was.
pub fn decode(id: &str, body: &[u8]) -> Result<Event, InspectionError> {
    serde_json::from_slice(body).map_err(|source| InspectionError::Undecodable {
        id: id.to_owned(),
        source,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use firstsight_cloudtrail::classify::{Class, Sensitivity, Verb};
    use firstsight_engine::{ClusterId, FindingId, Novelty, Span, Time};

    use super::*;

    /// A finding of a cluster, for tests of the ledger.
    pub(crate) fn finding(cluster: u8) -> Finding {
        let digest = Digest([cluster; 16]);
        let start = Time::from_millis(0);
        Finding {
            id: FindingId(digest),
            novelty: Novelty::New,
            episode: String::new(),
            severity: Severity::Warning,
            score: 50,
            window: Range::new(start, start),
            late: false,
            learning: false,
            recorded: false,
            cluster: ClusterId(digest),
            account: "111122223333".to_owned(),
            event_source: "iam.amazonaws.com".to_owned(),
            event_name: "CreateUser".to_owned(),
            error_code: "AccessDenied".to_owned(),
            template: "User: <arn> is not authorized".to_owned(),
            class: Class::AccessDenied,
            verb: Verb::Write,
            sensitivity: Sensitivity::Sensitive,
            denial: None,
            noise: Vec::new(),
            within: Span::at(start),
            before: None,
            hours: Vec::new(),
            values: Vec::new(),
            reasons: Vec::new(),
            samples: Vec::new(),
        }
    }

    /// An event of an account, for tests of what is told.
    pub(crate) fn example(kind: EventKind, findings: &[&Finding]) -> Event {
        let fault = Fault {
            id: "f".to_owned(),
            opened: Time::from_secs(3600),
            last_window_end: Time::from_secs(3600),
            clusters: std::collections::BTreeMap::new(),
            told: std::collections::BTreeMap::new(),
            trouble: None,
        };
        let window = Range::new(Time::from_secs(3600), Time::from_secs(7200));
        let (inspection, account) = ("default", "111122223333");
        let (hours, keys) = (Vec::new(), Vec::new());
        build(Facts {
            inspection,
            account,
            window,
            kind,
            fault: &fault,
            findings,
            holding: 2,
            errors: 5,
            hours,
            keys,
        })
    }

    #[test]
    fn the_id_does_not_depend_on_the_order_of_findings() {
        let (a, b) = (finding(1), finding(2));
        assert_eq!(
            example(EventKind::Opened, &[&a, &b]).id,
            example(EventKind::Opened, &[&b, &a]).id
        );
        assert_ne!(
            example(EventKind::Opened, &[&a]).id,
            example(EventKind::Opened, &[&b]).id
        );
        assert_ne!(
            example(EventKind::Opened, &[&a]).id,
            example(EventKind::Ongoing, &[&a]).id
        );
    }

    #[test]
    fn says_in_its_title_what_happens() {
        let a = finding(1);
        assert_eq!(
            example(EventKind::Opened, &[&a]).title,
            "1 new CloudTrail error in account 111122223333"
        );
        assert_eq!(
            example(EventKind::Ongoing, &[]).title,
            "2 CloudTrail errors still occurring in account 111122223333"
        );
        assert_eq!(example(EventKind::Recovered, &[]).status, Status::Ok);
    }

    #[test]
    fn a_known_error_is_not_called_new() {
        let of = |novelty| Finding {
            novelty,
            ..finding(1)
        };
        let (new, surge, actor) = (of(Novelty::New), of(Novelty::Surge), of(Novelty::NewActor));
        let title = |findings: &[&Finding]| example(EventKind::Opened, findings).title;
        assert_eq!(
            title(&[&surge]),
            "1 surge of a known CloudTrail error in account 111122223333"
        );
        assert_eq!(
            title(&[&new, &surge, &new, &actor, &actor]),
            "2 new CloudTrail errors, 2 known CloudTrail errors by new actors and 1 surge of a known CloudTrail error in \
             account 111122223333"
        );
    }

    #[test]
    fn survives_the_outbox() {
        let event = example(EventKind::Opened, &[&finding(1)]);
        assert_eq!(decode("x", &encode(&event)).unwrap(), event);
        assert!(matches!(
            decode("x", b"{}"),
            Err(InspectionError::Undecodable { .. })
        ));
    }
}
