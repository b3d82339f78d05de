//! What was made of it: judged windows, findings, faults, events and their deliveries.

use std::collections::BTreeMap;

use firstsight_engine::{ClusterId, FamilyKey, Finding, FindingId, Range, RecordedFinding, Time};

use super::history::History;
use crate::model::family_of;
use crate::{EventFacets, FindingQuery, JudgedWindow, Judgement, Recorded, StoredEvent, StoredFault, rules};

/// What was made of what was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Ledger {
    judgements: BTreeMap<String, i64>,
    windows: BTreeMap<(String, Time, Time), Judged>,
    findings: BTreeMap<FindingId, (String, Finding)>,
    pub(super) faults: BTreeMap<String, StoredFault>,
    /// In the order of recording, without facets.
    pub(super) events: Vec<StoredEvent>,
    /// What events can be found by, by their ids.
    pub(super) facets: BTreeMap<String, EventFacets>,
}

#[derive(Clone, Copy, Debug)]
struct Judged {
    complete: bool,
    judged_at: Time,
    sequence: i64,
}

impl Ledger {
    pub(super) fn judgement(&self, inspection: &str) -> i64 {
        self.judgements.get(inspection).copied().unwrap_or_default()
    }

    pub(super) fn was_judged(&self, inspection: &str, window: &Range) -> bool {
        let key = (inspection.to_owned(), window.start, window.end);
        self.windows.contains_key(&key)
    }

    pub(super) fn recorded(&self, inspection: &str, families: &[FamilyKey]) -> Vec<RecordedFinding> {
        self.findings
            .values()
            .filter(|(of, finding)| of == inspection && families.contains(&family_of(finding)))
            .map(|(_, finding)| RecordedFinding {
                id: finding.id,
                cluster: finding.cluster,
                novelty: finding.novelty,
                episode: finding.episode.clone(),
                window_start: finding.window.start,
                severity: finding.severity,
            })
            .collect()
    }

    pub(super) fn record(&mut self, judgement: &Judgement, sequence: i64) -> Recorded {
        *self.judgements.entry(judgement.inspection.clone()).or_default() += 1;
        if let Some(window) = judgement.window {
            let key = (judgement.inspection.clone(), window.start, window.end);
            let judged = Judged {
                complete: judgement.complete,
                judged_at: judgement.judged_at,
                sequence,
            };
            self.windows.insert(key, judged);
        }
        for fault in &judgement.faults {
            self.faults.insert(fault.id.clone(), fault.clone());
        }
        Recorded {
            new_findings: judgement
                .findings
                .iter()
                .filter(|finding| self.keep_finding(&judgement.inspection, finding))
                .map(|finding| finding.id)
                .collect(),
            new_events: judgement
                .events
                .iter()
                .filter(|event| self.keep_event(&judgement.inspection, event))
                .map(|event| event.id.clone())
                .collect(),
        }
    }

    fn keep_finding(&mut self, inspection: &str, finding: &Finding) -> bool {
        if let Some((_, known)) = self.findings.get_mut(&finding.id) {
            rules::amend(known, finding);
            return false;
        }
        let row = (inspection.to_owned(), finding.clone());
        self.findings.insert(finding.id, row);
        true
    }

    pub(super) fn judged(&self, inspection: &str, limit: usize) -> Vec<JudgedWindow> {
        let windows: Vec<_> = self.windows_of(inspection).map(|(window, _)| window).collect();
        let skip = windows.len().saturating_sub(limit);
        windows.into_iter().skip(skip).collect()
    }

    pub(super) fn reopened(&self, inspection: &str, history: &History) -> Vec<JudgedWindow> {
        self.windows_of(inspection)
            .filter(|(window, judged)| {
                let newest = history.newest(&window.window);
                newest.is_some_and(|version| version > judged.sequence)
            })
            .map(|(window, _)| window)
            .collect()
    }

    fn windows_of(&self, inspection: &str) -> impl Iterator<Item = (JudgedWindow, &Judged)> {
        self.windows
            .iter()
            .filter(move |((of, _, _), _)| of == inspection)
            .map(|((_, start, end), judged)| {
                let window = JudgedWindow {
                    window: Range::new(*start, *end),
                    complete: judged.complete,
                    judged_at: judged.judged_at,
                };
                (window, judged)
            })
    }

    pub(super) fn findings(&self, query: &FindingQuery) -> Vec<Finding> {
        let mut found: Vec<_> = self
            .findings
            .values()
            .filter(|(inspection, finding)| {
                query.inspection.as_ref().is_none_or(|asked| asked == inspection)
                    && query
                        .windows
                        .is_none_or(|range| range.contains(finding.window.start))
                    && query.cluster.is_none_or(|cluster| cluster == finding.cluster)
                    && (query.accounts.is_empty() || query.accounts.contains(&finding.account))
            })
            .map(|(_, finding)| finding.clone())
            .collect();
        found.sort_by(rules::finding_order);
        rules::limited(found, query.limit)
    }

    pub(super) fn has_findings(&self, cluster: ClusterId) -> bool {
        self.findings
            .values()
            .any(|(_, finding)| finding.cluster == cluster)
    }

    pub(super) fn forget_findings(&mut self, cluster: ClusterId) {
        self.findings.retain(|_, (_, finding)| finding.cluster != cluster);
    }

    pub(super) fn open_faults(&self, inspection: &str) -> Vec<StoredFault> {
        let mut open: Vec<_> = self
            .faults
            .values()
            .filter(|fault| fault.inspection == inspection && fault.recovered.is_none())
            .cloned()
            .collect();
        open.sort_by(|a, b| (&a.account, &a.id).cmp(&(&b.account, &b.id)));
        open
    }

    pub(super) fn faults(&self, inspection: &str, closed: usize) -> Vec<StoredFault> {
        let mut faults: Vec<_> = self
            .faults
            .values()
            .filter(|fault| fault.inspection == inspection)
            .cloned()
            .collect();
        faults.sort_by(|a, b| {
            let open_first = a.recovered.is_some().cmp(&b.recovered.is_some());
            open_first
                .then(b.opened.cmp(&a.opened))
                .then_with(|| a.id.cmp(&b.id))
        });
        let open = faults.iter().filter(|fault| fault.recovered.is_none()).count();
        faults.truncate(open.saturating_add(closed));
        faults
    }

    pub(super) fn fault(&self, id: &str) -> Option<StoredFault> {
        self.faults.get(id).cloned()
    }

    /// Forgets what is over and old.
    pub(super) fn purge(&mut self, before: Time) {
        let hour = before.hour().start();
        self.windows.retain(|(_, start, _), _| *start >= hour);
        self.findings
            .retain(|_, (_, finding)| finding.window.start >= hour);
        self.faults
            .retain(|_, fault| fault.recovered.is_none_or(|recovered| recovered >= before));
        self.purge_events(before);
    }
}
