//! Judging a window and recording what came of it, in one transaction against one snapshot.

use std::collections::BTreeSet;

use firstsight_engine::{ActiveCluster, Finding, Hour, HourCount, JudgeInput, Range, Time, Verdict, judge};
use firstsight_sink::{Event, EventKind, KeyActivity};
use firstsight_store::{
    JudgeQuery, Judgement, KeyQuery, NewDelivery, NewEvent, Recorded, Snapshot, Store, StoreError,
    StoredFault,
};

use crate::error::InspectionError;
use crate::event::{Facts, build, encode};
use crate::fault::{Fault, Observation, Step, advance};
use crate::report::key_activity;
use crate::settings::Settings;

/// A judged and recorded window.
#[derive(Clone, Debug)]
pub struct Judged {
    /// The window.
    pub window: Range,
    /// Its baseline.
    pub baseline: Range,
    /// Whether it was fully read.
    pub complete: bool,
    /// Whether it had been judged before.
    pub rejudged: bool,
    /// The verdict, findings below every threshold included.
    pub verdict: Verdict,
    /// What had not been recorded before.
    pub recorded: Recorded,
}

/// How often a window is judged again because others committed into it meanwhile.
const ATTEMPTS: u32 = 20;

/// Judges the window that ends at an hour, and records findings, faults and events.
///
/// # Errors
/// When the store fails, or keeps being changed by others; nothing was recorded then.
pub async fn judge_window(
    store: &dyn Store,
    settings: &Settings,
    end: Hour,
    complete: bool,
    judged_at: Time,
) -> Result<Judged, InspectionError> {
    let query = query(settings, end);
    for _ in 0..ATTEMPTS {
        let snapshot = store.judge_input(&query).await?;
        let verdict = judge(&snapshot.input);
        let ledger = Ledger {
            store,
            settings,
            snapshot: &snapshot,
            verdict: &verdict,
            complete,
        };
        let judgement = ledger.judgement(judged_at).await?;
        match store.record(&judgement, &snapshot.versions).await {
            Err(StoreError::Stale) => {}
            Err(error) => return Err(error.into()),
            Ok(recorded) => {
                let Snapshot { input, .. } = snapshot;
                let JudgeInput {
                    window,
                    baseline,
                    rejudged,
                    ..
                } = input;
                return Ok(Judged {
                    window,
                    baseline,
                    complete,
                    rejudged,
                    verdict,
                    recorded,
                });
            }
        }
    }
    Err(InspectionError::Contended { attempts: ATTEMPTS })
}

fn query(settings: &Settings, end: Hour) -> JudgeQuery {
    JudgeQuery {
        inspection: settings.inspection.clone(),
        window: settings.window(end),
        baseline: settings.baseline(end),
        accounts: settings.accounts.clone(),
        remember_from: end
            .plus(
                -settings
                    .retention_hours
                    .max(settings.window_hours + settings.baseline_hours),
            )
            .start(),
        policy: settings.policy(),
    }
}

/// Turns a verdict into what is recorded.
struct Ledger<'a> {
    store: &'a dyn Store,
    settings: &'a Settings,
    snapshot: &'a Snapshot,
    verdict: &'a Verdict,
    complete: bool,
}

impl Ledger<'_> {
    async fn judgement(&self, judged_at: Time) -> Result<Judgement, InspectionError> {
        let mut judgement = Judgement {
            inspection: self.settings.inspection.clone(),
            window: Some(self.snapshot.input.window),
            complete: self.complete,
            judged_at,
            assignments: self.verdict.assignments.clone(),
            escalated: self.verdict.escalated.clone(),
            templates: self
                .verdict
                .active
                .iter()
                .map(|active| (active.cluster, active.template.clone()))
                .collect(),
            findings: self.verdict.findings.clone(),
            ..Judgement::default()
        };
        for account in self.accounts() {
            self.step(account, &mut judgement).await?;
        }
        Ok(judgement)
    }

    /// Every account that may have something to tell, in order.
    fn accounts(&self) -> BTreeSet<&str> {
        let found = self
            .verdict
            .findings
            .iter()
            .map(|finding| finding.account.as_str());
        let open = self.snapshot.faults.iter().map(|fault| fault.account.as_str());
        let wanted = |account: &&str| {
            self.settings.accounts.is_empty() || self.settings.accounts.iter().any(|wanted| wanted == account)
        };
        found.chain(open).filter(wanted).collect()
    }

    async fn step(&self, account: &str, judgement: &mut Judgement) -> Result<(), InspectionError> {
        let findings: Vec<&Finding> = self
            .verdict
            .findings
            .iter()
            .filter(|f| self.alerts(f, account))
            .collect();
        let active: Vec<&ActiveCluster> = self
            .verdict
            .active
            .iter()
            .filter(|a| a.account == account)
            .collect();
        let seen = Observation {
            window: self.snapshot.input.window,
            complete: self.complete,
            rejudged: self.snapshot.input.rejudged,
            findings: &findings,
            active: &active,
            absorb_after: self.settings.absorb_after_hours * 3_600_000,
        };
        let (kind, mut fault, holding) = match advance(self.open_fault(account)?, &seen) {
            Step::Quiet | Step::Unknown => return Ok(()),
            Step::Opened(fault) => (EventKind::Opened, fault, 0),
            Step::Ongoing { fault, holding } => (EventKind::Ongoing, fault, holding),
            Step::Recovered(fault) => (EventKind::Recovered, fault, 0),
        };
        if kind == EventKind::Opened {
            fault.id = crate::event::id(&self.settings.inspection, account, seen.window, kind, &findings);
        }
        let keys = self.keys(account, &findings).await?;
        let event = build(Facts {
            inspection: &self.settings.inspection,
            account,
            window: seen.window,
            kind,
            fault: &fault,
            findings: &findings,
            holding,
            errors: self.errors(account),
            hours: hours(&findings),
            keys,
        });
        judgement.events.push(self.outbox(&event));
        judgement.faults.push(self.stored(account, &fault, kind));
        Ok(())
    }

    /// Whether a finding opens or feeds the account's fault.
    fn alerts(&self, finding: &Finding, account: &str) -> bool {
        finding.account == account
            && !finding.learning
            && !finding.recorded
            && finding.severity >= self.settings.alert_severity
    }

    fn open_fault(&self, account: &str) -> Result<Option<Fault>, InspectionError> {
        let Some(row) = self.snapshot.faults.iter().find(|fault| fault.account == account) else {
            return Ok(None);
        };
        serde_json::from_slice(&row.body)
            .map(Some)
            .map_err(|source| InspectionError::Undecodable {
                id: row.id.clone(),
                source,
            })
    }

    fn errors(&self, account: &str) -> u64 {
        self.verdict
            .accounts
            .iter()
            .find(|verdict| verdict.account == account)
            .map_or(0, |verdict| verdict.errors)
    }

    async fn keys(&self, account: &str, findings: &[&Finding]) -> Result<Vec<KeyActivity>, InspectionError> {
        let ids = crate::report::key_ids(findings.iter().copied());
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let query = KeyQuery {
            accounts: vec![account.to_owned()],
            ids,
            limit: 0,
        };
        Ok(self
            .store
            .keys(&query)
            .await?
            .into_iter()
            .map(key_activity)
            .collect())
    }

    fn outbox(&self, event: &Event) -> NewEvent {
        NewEvent {
            id: event.id.clone(),
            fault: event.fault.id.clone(),
            account: event.account.clone(),
            status: event.status.as_str().to_owned(),
            time: event.window.end,
            body: encode(event),
            deliveries: self.settings.alerting.sinks.iter().map(NewDelivery::to).collect(),
        }
    }

    fn stored(&self, account: &str, fault: &Fault, kind: EventKind) -> StoredFault {
        StoredFault {
            id: fault.id.clone(),
            inspection: self.settings.inspection.clone(),
            account: account.to_owned(),
            opened: fault.opened,
            recovered: (kind == EventKind::Recovered).then_some(self.snapshot.input.window.end),
            body: serde_json::to_vec(fault).unwrap_or_default(),
        }
    }
}

/// The findings' occurrences an hour, together.
fn hours(findings: &[&Finding]) -> Vec<HourCount> {
    // Two findings of one cluster carry the same series: count it once.
    let clusters: std::collections::BTreeMap<_, _> = findings.iter().map(|f| (f.cluster, &f.hours)).collect();
    crate::report::sum_hours(clusters.into_values())
}
