//! What is known of the [`fixture`]'s findings when they are to be explained.

use firstsight_engine::{Dimension, Finding, LifeCycle};

use super::fixture;
use crate::explanation::{Asked, AskedKind, Change, Facts, Kept, Says, Technique, Variable};

/// What somebody said.
#[must_use]
pub fn said() -> Says {
    Says {
        by: "alice".to_owned(),
        at: fixture::window().end,
        note: "see the runbook".to_owned(),
    }
}

/// What would be known of a finding's cluster.
#[must_use]
pub fn facts(finding: Finding) -> Facts {
    Facts {
        asked: Asked {
            kind: AskedKind::Finding,
            id: finding.id.to_string(),
        },
        cluster: finding.cluster,
        account: finding.account.clone(),
        event_source: finding.event_source.clone(),
        event_name: finding.event_name.clone(),
        error_code: finding.error_code.clone(),
        template: finding.template.clone(),
        variables: vec![Variable {
            name: "requestParameters.name".to_owned(),
            values: vec![("organization".to_owned(), 3), ("audit".to_owned(), 1)],
            more: true,
        }],
        class: finding.class,
        verb: finding.verb,
        sensitivity: finding.sensitivity,
        technique: Some(Technique {
            id: "T1562.008".to_owned(),
            name: String::new(),
            tactic: String::new(),
        }),
        life_cycle: LifeCycle::Open,
        said: None,
        founded: finding.window.start,
        seen: finding
            .before
            .map_or(finding.within, |before| before.merged(finding.within)),
        hours: finding.hours.clone(),
        values: vec![
            (
                Dimension::Actor,
                "arn:aws:iam::111122223333:user/earlier".to_owned(),
                9,
            ),
            (Dimension::Region, "eu-central-1".to_owned(), 3),
        ],
        keys: fixture::report().keys,
        samples: finding.samples.clone(),
        complete: Some(true),
        more_findings: 2,
        history: vec![Change {
            said: said(),
            action: "acknowledge".to_owned(),
            before: "open".to_owned(),
            after: "acknowledged".to_owned(),
        }],
        kept: Kept::At("/var/lib/firstsight/state of mind.db".to_owned()),
        findings: vec![finding],
    }
}
