//! Judging a window and recording what came of it, in one transaction against one snapshot.

use std::collections::BTreeSet;

use firstsight_engine::{ActiveCluster, Finding, Hour, HourCount, JudgeInput, Range, Time, Verdict, judge};
use firstsight_sink::{Event, EventKind, KeyActivity, Status};
use firstsight_store::{
    JudgeQuery, Judgement, KeyQuery, NewDelivery, NewEvent, Recorded, Snapshot, Store, StoreError,
    StoredFault, StoredMute,
};

use crate::alert::{About, Candidate, Mute, decode_mute, plan};
use crate::error::{InspectionError, chain};
use crate::event::{Facts, build, encode};
use crate::fault::{Fault, Observation, Step, advance, decode_fault, tells_trouble};
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
    /// Deliveries of the events that had not been recorded before which are not sent: muted, silent, outside the hours.
    pub withheld: u64,
    /// Mutes of the state that cannot be read, each with what to do; they mute nothing.
    pub unreadable_mutes: Vec<String>,
}

impl Judged {
    /// As much of it as is counted afterwards: what its findings are about, without what explains them. A run that catches up
    /// with many windows holds them all.
    #[must_use]
    pub(crate) fn counted(mut self) -> Self {
        self.verdict.assignments = Vec::new();
        self.verdict.active = Vec::new();
        for finding in &mut self.verdict.findings {
            finding.hours = Vec::new();
            finding.values = Vec::new();
            finding.reasons = Vec::new();
            finding.samples = Vec::new();
        }
        self
    }
}

/// How often a window is judged again because others committed into it meanwhile.
pub(crate) const ATTEMPTS: u32 = 20;

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
        let (mutes, unreadable_mutes) = readable(&snapshot.mutes);
        let ledger = Ledger {
            store,
            settings,
            snapshot: &snapshot,
            verdict: &verdict,
            mutes: &mutes,
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
                    withheld: withheld(&judgement, &recorded),
                    window,
                    baseline,
                    complete,
                    rejudged,
                    verdict,
                    recorded,
                    unreadable_mutes,
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

/// How many deliveries of what was recorded are not sent.
fn withheld(judgement: &Judgement, recorded: &Recorded) -> u64 {
    let new = judgement
        .events
        .iter()
        .filter(|event| recorded.new_events.contains(&event.id));
    let deliveries = new.flat_map(|event| &event.deliveries);
    deliveries.filter(|delivery| delivery.withheld.is_some()).count() as u64
}

/// The mutes of a state, and what to say of those that cannot be read.
pub(crate) fn readable(stored: &[StoredMute]) -> (Vec<Mute>, Vec<String>) {
    let mut mutes = Vec::new();
    let mut unreadable = Vec::new();
    for mute in stored {
        match decode_mute(&mute.id, &mute.body) {
            // What it is known by is what it is stored under.
            Ok(read) => mutes.push(Mute {
                id: mute.id.clone(),
                ..read
            }),
            Err(error) => unreadable.push(chain(&error)),
        }
    }
    (mutes, unreadable)
}

/// Turns a verdict into what is recorded.
struct Ledger<'a> {
    store: &'a dyn Store,
    settings: &'a Settings,
    snapshot: &'a Snapshot,
    verdict: &'a Verdict,
    mutes: &'a [Mute],
    complete: bool,
}

/// What a fault has to tell.
struct News {
    fault: Fault,
    event: Event,
    about: Vec<About>,
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
        let mut news = Vec::new();
        for account in self.accounts() {
            news.extend(self.step(account).await?);
        }
        let deliveries = self.plan(&mut news);
        for (news, deliveries) in news.iter().zip(deliveries) {
            judgement.events.push(outbox(&news.event, deliveries));
            judgement.faults.push(self.stored(news));
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
        let open = self.open_faults().map(|fault| fault.account.as_str());
        let wanted = |account: &&str| {
            self.settings.accounts.is_empty() || self.settings.accounts.iter().any(|wanted| wanted == account)
        };
        found.chain(open).filter(wanted).collect()
    }

    /// What becomes of each event, all of the judgement together: caps count them.
    fn plan(&self, news: &mut [News]) -> Vec<Vec<NewDelivery>> {
        let candidates = news.iter_mut().map(|News { fault, event, about }| {
            let severest = fault.clusters.values().map(|held| held.severity).max();
            Candidate {
                event,
                about: std::mem::take(about),
                severest: severest.map_or(Status::Info, Status::from),
                told: &mut fault.told,
            }
        });
        let mut candidates: Vec<_> = candidates.collect();
        plan(&self.settings.alerting, self.mutes, &mut candidates)
    }

    async fn step(&self, account: &str) -> Result<Option<News>, InspectionError> {
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
            Step::Quiet | Step::Unknown => return Ok(None),
            Step::Opened(fault) => (EventKind::Opened, fault, Vec::new()),
            Step::Ongoing { fault, holding } => (EventKind::Ongoing, fault, holding),
            Step::Recovered(fault) => (EventKind::Recovered, fault, Vec::new()),
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
            holding: holding.len() as u64,
            errors: self.errors(account),
            hours: hours(&findings),
            keys,
        });
        let about = match kind {
            EventKind::Recovered => fault.about(fault.clusters.keys()),
            _ if findings.is_empty() => fault.about(&holding),
            _ => findings.iter().copied().map(About::from).collect(),
        };
        Ok(Some(News { fault, event, about }))
    }

    /// Whether a finding opens or feeds the account's fault.
    fn alerts(&self, finding: &Finding, account: &str) -> bool {
        finding.account == account
            && !finding.learning
            && !finding.recorded
            && finding.severity >= self.settings.alert_severity
    }

    /// The open faults of accounts. Those of the inspection itself name none, as records without an account do.
    fn open_faults(&self) -> impl Iterator<Item = &StoredFault> {
        let open = self.snapshot.faults.iter();
        open.filter(|fault| !tells_trouble(fault))
    }

    fn open_fault(&self, account: &str) -> Result<Option<Fault>, InspectionError> {
        let mut open = self.open_faults();
        let of_account = open.find(|fault| fault.account == account);
        of_account.map(decode_fault).transpose()
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

    fn stored(&self, news: &News) -> StoredFault {
        let recovered = news.event.kind == EventKind::Recovered;
        StoredFault {
            id: news.fault.id.clone(),
            inspection: self.settings.inspection.clone(),
            account: news.event.account.clone(),
            opened: news.fault.opened,
            recovered: recovered.then_some(self.snapshot.input.window.end),
            body: serde_json::to_vec(&news.fault).unwrap_or_default(),
        }
    }
}

pub(crate) fn outbox(event: &Event, deliveries: Vec<NewDelivery>) -> NewEvent {
    NewEvent {
        id: event.id.clone(),
        fault: event.fault.id.clone(),
        account: event.account.clone(),
        status: event.status.as_str().to_owned(),
        time: event.window.end,
        body: encode(event),
        deliveries,
        facets: crate::facets::facets_of(event),
    }
}

/// The findings' occurrences an hour, together.
fn hours(findings: &[&Finding]) -> Vec<HourCount> {
    // Two findings of one cluster carry the same series: count it once.
    let clusters: std::collections::BTreeMap<_, _> = findings.iter().map(|f| (f.cluster, &f.hours)).collect();
    crate::report::sum_hours(clusters.into_values())
}
