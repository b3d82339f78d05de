//! What people changed: the audit log, life cycles, baselines carried over, clusters forgotten.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{
    ClusterId, Dimension, HourCount, LifeCycle, Signature, SignatureId, Span, Time, Until,
};

use super::history::{Cluster, History, Template};
use super::{State, history};
use crate::{
    AuditEntry, AuditQuery, BaselineCluster, BaselineTemplate, BaselineValue, ClusterQuery, Imported,
    Judgement, LifeCycleChange, Said, StoreError, people, rules,
};

/// Everything that people, and judgements in their name, changed.
#[derive(Clone, Debug, Default)]
pub(super) struct AuditLog {
    /// How many entries were ever written.
    written: i64,
    entries: Vec<AuditEntry>,
}

impl AuditLog {
    /// Moves with every entry, forgotten ones too: a snapshot that saw another number has been overtaken.
    pub(super) fn version(&self) -> i64 {
        self.written
    }

    pub(super) fn write(&mut self, entry: AuditEntry) {
        self.written += 1;
        self.entries.push(AuditEntry {
            number: self.written.unsigned_abs(),
            ..entry
        });
    }

    pub(super) fn entries(&self, query: &AuditQuery) -> Vec<AuditEntry> {
        let place = |entry: &AuditEntry| (entry.said.at, entry.number);
        let asked = self.entries.iter().filter(|entry| {
            query.cluster.is_none_or(|cluster| entry.cluster == Some(cluster))
                && history::is_asked(&query.accounts, &entry.account)
                && query.after.is_none_or(|after| place(entry) < after)
        });
        let mut asked: Vec<_> = asked.cloned().collect();
        asked.sort_by_key(|entry| std::cmp::Reverse(place(entry)));
        rules::limited(asked, query.limit)
    }

    /// Forgets what is old and concerns no cluster that is known.
    fn purge(&mut self, before: Time, is_known: impl Fn(ClusterId) -> bool) {
        self.entries
            .retain(|entry| entry.said.at >= before || entry.cluster.is_some_and(&is_known));
    }
}

impl State {
    pub(super) fn set_life_cycle(&mut self, change: &LifeCycleChange) -> Result<LifeCycle, StoreError> {
        let id = change.cluster;
        let cluster = self.history.clusters.get_mut(&id);
        let cluster = cluster.ok_or_else(|| StoreError::NotFound {
            what: "cluster",
            id: id.to_string(),
        })?;
        let before = cluster.say(change.life_cycle, change.said.clone());
        let entry = people::changed(change, &cluster.key.account, before);
        self.audit.write(entry);
        Ok(before)
    }

    /// Opens the clusters of a judgement that were archived until they escalate.
    pub(super) fn escalate(&mut self, judgement: &Judgement) {
        for id in &judgement.escalated {
            let Some(cluster) = self.history.clusters.get_mut(id) else {
                continue;
            };
            if cluster.life_cycle == LifeCycle::Archived(Until::Escalation) {
                let said = people::inspection(&judgement.inspection, judgement.judged_at);
                let before = cluster.say(LifeCycle::Open, said.clone());
                let entry = people::escalated(said, *id, &cluster.key.account, before);
                self.audit.write(entry);
            }
        }
    }

    pub(super) fn import_baseline(&mut self, clusters: &[BaselineCluster], said: &Said) -> Imported {
        let mut imported = Imported::default();
        for theirs in clusters {
            let Some(known) = self.history.clusters.get_mut(&theirs.id) else {
                imported.new_clusters += 1;
                imported.new_templates += self.history.import(theirs);
                if people::is_said(theirs) {
                    self.audit.write(people::took_over(said, theirs, None));
                }
                continue;
            };
            imported.known_clusters += 1;
            if people::takes_over(known.life_cycle, known.said.is_some(), theirs) {
                let before = std::mem::replace(&mut known.life_cycle, theirs.life_cycle);
                known.said.clone_from(&theirs.said);
                self.audit.write(people::took_over(said, theirs, Some(before)));
            }
        }
        self.audit.write(people::imported(said, &imported));
        imported
    }

    pub(super) fn forget_clusters(&mut self, clusters: &[ClusterId], said: &Said) -> u64 {
        let mut forgotten = 0;
        for id in clusters {
            let Some(cluster) = self.history.clusters.remove(id) else {
                continue;
            };
            forgotten += 1;
            self.history
                .templates
                .retain(|_, template| template.cluster != Some(*id));
            self.ledger.forget_findings(*id);
            let entry = people::forgotten(said, *id, &cluster.key.account, cluster.life_cycle);
            self.audit.write(entry);
        }
        forgotten
    }

    pub(super) fn retry_parked(&mut self, sink: Option<&str>, said: &Said) -> u64 {
        let parked = self.ledger.retry_parked(sink);
        if parked > 0 {
            self.audit.write(people::retried(said, sink, parked));
        }
        parked
    }

    pub(super) fn purge_audit(&mut self, before: Time) {
        let clusters = &self.history.clusters;
        self.audit.purge(before, |id| clusters.contains_key(&id));
    }
}

impl Cluster {
    fn say(&mut self, life_cycle: LifeCycle, said: Said) -> LifeCycle {
        self.said = Some(said);
        std::mem::replace(&mut self.life_cycle, life_cycle)
    }
}

impl History {
    pub(super) fn export_baseline(&self, query: &ClusterQuery) -> Vec<BaselineCluster> {
        let mut templates: BTreeMap<ClusterId, Vec<BaselineTemplate>> = BTreeMap::new();
        for (id, template) in &self.templates {
            if let Some(cluster) = template.cluster {
                templates.entry(cluster).or_default().push(template.export(*id));
            }
        }
        let asked = self.clusters.iter().filter(|(id, cluster)| {
            query.cluster.is_none_or(|asked| asked == **id)
                && history::is_asked(&query.accounts, &cluster.key.account)
        });
        let documents = asked.map(|(id, cluster)| BaselineCluster {
            id: *id,
            family: cluster.key.clone(),
            template: cluster.template.clone(),
            life_cycle: cluster.life_cycle,
            said: cluster.said.clone(),
            founded: cluster.founded,
            templates: templates.remove(id).unwrap_or_default(),
        });
        rules::limited(documents.collect(), query.limit)
    }

    /// Founds a cluster of a baseline document; how many of its fine templates had not been known.
    fn import(&mut self, theirs: &BaselineCluster) -> u64 {
        let cluster = Cluster {
            life_cycle: theirs.life_cycle,
            said: theirs.said.clone(),
            ..Cluster::new(theirs.family.clone(), theirs.template.clone(), theirs.founded)
        };
        self.clusters.insert(theirs.id, cluster);
        let mut new = 0;
        for template in &theirs.templates {
            if let Some(known) = self.templates.get_mut(&template.id) {
                known.cluster.get_or_insert(theirs.id);
                continue;
            }
            new += 1;
            self.templates
                .insert(template.id, Template::import(theirs, template));
        }
        self.mark(&BTreeSet::from([theirs.id]));
        new
    }
}

impl Template {
    fn export(&self, id: SignatureId) -> BaselineTemplate {
        let values = self
            .values
            .iter()
            .map(|((dimension, value), hours)| BaselineValue {
                dimension: *dimension,
                value: value.clone(),
                hours: counts(hours),
            });
        BaselineTemplate {
            id,
            template: self.signature.template.clone(),
            display: self.display.clone(),
            hours: counts(&self.hours),
            values: values.collect(),
        }
    }

    fn import(cluster: &BaselineCluster, template: &BaselineTemplate) -> Self {
        let family = cluster.family.clone();
        let signature = Signature {
            account: family.account,
            event_source: family.event_source,
            event_name: family.event_name,
            error_code: family.error_code,
            template: template.template.clone(),
        };
        let values = template.values.iter();
        Self {
            signature,
            display: template.display.clone(),
            cluster: Some(cluster.id),
            first: people::first_hour(template),
            hours: by_hour(&template.hours),
            values: values
                .map(|value| ((value.dimension, value.value.clone()), by_hour(&value.hours)))
                .collect(),
            actors: first_hours_of_actors(template),
            variables: BTreeMap::new(),
            samples: BTreeMap::new(),
        }
    }
}

/// The first hour that each actor of a baseline document's template is known in.
fn first_hours_of_actors(template: &BaselineTemplate) -> BTreeMap<String, i64> {
    let values = template.values.iter();
    let actors = values.filter(|value| value.dimension == Dimension::Actor);
    let first = |value: &BaselineValue| Some((value.value.clone(), value.hours.first()?.hour.index()));
    actors.filter_map(first).collect()
}

fn counts(hours: &BTreeMap<i64, Span>) -> Vec<HourCount> {
    let counts = hours.iter().map(|(hour, span)| rules::hour_count(*hour, *span));
    counts.collect()
}

fn by_hour(counts: &[HourCount]) -> BTreeMap<i64, Span> {
    let hours = counts.iter().map(|count| (count.hour.index(), count.span));
    hours.collect()
}
