//! Findings: what is told of a cluster that is new in a window.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use firstsight_cloudtrail::ActorKind;
use firstsight_cloudtrail::classify::Sensitivity;

use super::actors::Shapes;
use super::background::Background;
use super::cluster::{Cluster, Values};
use super::facts::{Facts, within};
use super::input::{JudgeInput, LifeCycle, RecordedFinding, Sample, Span, Until};
use super::novelty::{arrival, was_told_as_known};
use super::scope::{Scopes, Standing, Whereabouts};
use super::surging::Episode;
use super::tables::Tables;
use super::verdict::{Finding, FindingId, Learner, Learning, Novelty, Reason, Severity, Value};
use super::{reasons, score};
use crate::bounds::Bounds;
use crate::severity::SeverityFacts;
use crate::signature::{ClusterId, Dimension};

/// What a judgement has put together before it looks at single clusters.
pub(super) struct Context<'a> {
    pub(super) input: &'a JudgeInput,
    pub(super) tables: &'a Tables,
    pub(super) recorded: BTreeSet<FindingId>,
    pub(super) scopes: Scopes<'a>,
    pub(super) surges: BTreeMap<ClusterId, Episode>,
}

/// The episode of the finding that actors are not told apart any more.
const OVERFLOW_EPISODE: &str = "overflow";

/// Looks at the clusters of one family.
pub(super) struct Examiner<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) background: &'a Background<'a>,
    pub(super) family: &'a [Cluster<'a>],
    /// The words of the clusters that were known before the window: taken apart when first asked for.
    pub(super) known_words: OnceCell<Vec<(&'a Cluster<'a>, BTreeSet<&'a str>)>>,
}

/// What one finding is about.
pub(super) struct Case<'a> {
    pub(super) novelty: Novelty,
    pub(super) episode: String,
    /// The values it shows, with their occurrences.
    pub(super) values: Vec<(Dimension, &'a str, u64)>,
    pub(super) actors: Vec<&'a str>,
    pub(super) within: Span,
    pub(super) like: Option<&'a str>,
    pub(super) why: Vec<Reason>,
}

/// What was found of a cluster.
#[derive(Default)]
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    /// Whether it was archived until it escalates, and did.
    pub(super) escalated: bool,
}

/// What there is to say of a finding besides its case.
pub(super) struct Circumstances {
    pub(super) standing: Option<Standing>,
    pub(super) late: bool,
    pub(super) learning: Option<(Learner, Learning)>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(
        context: &'a Context<'a>,
        background: &'a Background<'a>,
        family: &'a [Cluster<'a>],
    ) -> Self {
        Self {
            context,
            background,
            family,
            known_words: OnceCell::new(),
        }
    }

    /// The findings about a cluster that occurs in the window.
    pub(super) fn findings(
        &self,
        cluster: &'a Cluster<'a>,
        template: &str,
        reports: &[&RecordedFinding],
    ) -> Found {
        let said = cluster.life_cycle().within(self.context.input.window);
        let may_escalate = said == LifeCycle::Archived(Until::Escalation);
        if said.silences() && !may_escalate {
            return Found::default();
        }
        let values = cluster.values();
        let facts = Facts::new(self.context.input, self.context.tables, cluster, &values);
        let cases = if may_escalate {
            self.escalating_cases(cluster, &values, &facts, reports)
        } else {
            self.cases(cluster, &values, &facts, reports)
        };
        let findings = cases
            .into_iter()
            .map(|case| self.finding(cluster, template, &facts, case));
        let findings = findings.collect();
        if may_escalate {
            return escalate(findings);
        }
        Found {
            findings,
            escalated: false,
        }
    }

    fn cases(
        &self,
        cluster: &'a Cluster<'a>,
        values: &Values<'a>,
        facts: &Facts<'_>,
        reports: &[&RecordedFinding],
    ) -> Vec<Case<'a>> {
        match arrival(cluster, self.context.input, reports) {
            Some((novelty, episode)) if !was_told_as_known(self.context.input, reports) => {
                let why = reasons::why_arrived(self.context.input, self.background, cluster, reports);
                let arrived = self.arrived(cluster, values, novelty, episode, why);
                arrived.into_iter().collect()
            }
            _ => self.known_cases(cluster, values, facts, reports),
        }
    }

    /// What a known cluster is told for: actors who had not had it, and a surge.
    fn known_cases(
        &self,
        cluster: &'a Cluster<'a>,
        values: &Values<'a>,
        facts: &Facts<'_>,
        reports: &[&RecordedFinding],
    ) -> Vec<Case<'a>> {
        let tells_actors = facts.tells_actors(cluster);
        let actors = tells_actors.then(|| self.new_actors(cluster, values, reports));
        let surge = self.context.surges.get(&cluster.id).and_then(|episode| {
            let why = vec![Reason::Surge {
                surge: episode.surge.clone(),
            }];
            self.arrived(cluster, values, Novelty::Surge, episode.start.to_string(), why)
        });
        actors.into_iter().flatten().chain(surge).collect()
    }

    /// What may bring an archived cluster back: only how a known one goes on can escalate.
    fn escalating_cases(
        &self,
        cluster: &'a Cluster<'a>,
        values: &Values<'a>,
        facts: &Facts<'_>,
        reports: &[&RecordedFinding],
    ) -> Vec<Case<'a>> {
        if cluster.before.is_some() {
            self.known_cases(cluster, values, facts, reports)
        } else {
            Vec::new()
        }
    }

    fn arrived(
        &self,
        cluster: &Cluster<'a>,
        values: &Values<'a>,
        novelty: Novelty,
        episode: String,
        why: Vec<Reason>,
    ) -> Option<Case<'a>> {
        let values = shown(values);
        let actors = values
            .iter()
            .filter(|(dimension, ..)| *dimension == Dimension::Actor);
        Some(Case {
            novelty,
            episode,
            actors: actors.map(|(_, name, _)| *name).collect(),
            values,
            within: cluster.within?,
            like: None,
            why,
        })
    }

    /// One case for each actor of the window who had not had this error, or one for all where they are too many.
    fn new_actors(
        &self,
        cluster: &Cluster<'a>,
        values: &Values<'a>,
        reports: &[&RecordedFinding],
    ) -> Vec<Case<'a>> {
        if values.contains_key(&(Dimension::Actor, Bounds::OTHERS)) {
            return self
                .actors_overflow(cluster, values, reports)
                .into_iter()
                .collect();
        }
        let actors = values
            .iter()
            .filter(|((dimension, _), _)| *dimension == Dimension::Actor);
        let (known, others): (Vec<_>, Vec<_>) = actors.partition(|(_, counts)| counts.before.is_some());
        let new: Vec<(&'a str, Span)> = others
            .into_iter()
            .filter_map(|((_, name), counts)| Some((*name, counts.within?)))
            .collect();
        if new.is_empty() {
            return Vec::new();
        }
        if new.len() > Finding::MAX_NEW_ACTORS {
            return vec![self.many_new_actors(cluster, values, &new, known.len() as u64)];
        }
        let shapes = Shapes::new(
            known.iter().map(|((_, name), _)| *name),
            self.context.tables.actor,
        );
        new.into_iter()
            .map(|(actor, within)| {
                let like = shapes.like(actor);
                let why = Reason::FirstByActor {
                    actor: actor.to_owned(),
                    known_actors: known.len() as u64,
                    like: like.map(str::to_owned),
                };
                Case {
                    novelty: Novelty::NewActor,
                    episode: actor.to_owned(),
                    values: values_of(cluster, values, &[(actor, within)]),
                    actors: vec![actor],
                    within,
                    like,
                    why: vec![why],
                }
            })
            .collect()
    }

    /// Who has not had an error that more actors have than are told apart cannot be known: told once, where it is seen
    /// first, and by the window that told it.
    fn actors_overflow(
        &self,
        cluster: &Cluster<'a>,
        values: &Values<'a>,
        reports: &[&RecordedFinding],
    ) -> Option<Case<'a>> {
        let told = |report: &&&RecordedFinding| {
            report.novelty == Novelty::NewActor && report.episode == OVERFLOW_EPISODE
        };
        let others = values.get(&(Dimension::Actor, Bounds::OTHERS))?;
        let own = self.context.input.window.start;
        if others.within.is_none()
            || reports
                .iter()
                .find(told)
                .is_some_and(|report| report.window_start != own)
        {
            return None;
        }
        let shown = shown(values);
        let actors: Vec<&'a str> = shown
            .iter()
            .filter(|(dimension, ..)| *dimension == Dimension::Actor)
            .map(|(_, name, _)| *name)
            .collect();
        let told_apart = values
            .keys()
            .filter(|(dimension, _)| *dimension == Dimension::Actor);
        Some(Case {
            novelty: Novelty::NewActor,
            episode: OVERFLOW_EPISODE.to_owned(),
            actors,
            values: shown,
            within: cluster.within?,
            like: None,
            why: vec![Reason::DimensionOverflow {
                dimension: Dimension::Actor,
                kept: told_apart.count() as u64 - 1,
            }],
        })
    }

    fn many_new_actors(
        &self,
        cluster: &Cluster<'a>,
        values: &Values<'a>,
        new: &[(&'a str, Span)],
        known_actors: u64,
    ) -> Case<'a> {
        let spans = new.iter().map(|(_, within)| *within);
        Case {
            novelty: Novelty::NewActor,
            episode: format!("many {}", self.context.input.window.start),
            values: values_of(cluster, values, new),
            actors: new.iter().map(|(actor, _)| *actor).collect(),
            within: spans
                .reduce(Span::merged)
                .unwrap_or(Span::at(self.context.input.window.start)),
            like: None,
            why: vec![Reason::ManyNewActors {
                actors: new.len() as u64,
                known_actors,
            }],
        }
    }

    fn finding(&self, cluster: &Cluster<'a>, template: &str, facts: &Facts<'_>, case: Case<'a>) -> Finding {
        let input = self.context.input;
        let id = Finding::id_of(&input.inspection, cluster.id, case.novelty, &case.episode);
        let recorded = self.context.recorded.contains(&id);
        let circumstances = Circumstances {
            standing: self.standing(cluster, &case),
            late: input.rejudged && !recorded,
            learning: self.background.learner(input, cluster, &case),
        };
        let points = score::before_severity(facts, &case, self.background, circumstances.standing.as_ref());
        let severity = self.severity(facts, &case, points, circumstances.standing.as_ref());
        let key = cluster.key.clone();
        Finding {
            id,
            severity,
            score: score::with_severity(points, severity),
            window: input.window,
            late: circumstances.late,
            learning: circumstances.learning.is_some(),
            recorded,
            cluster: cluster.id,
            account: key.account,
            event_source: key.event_source,
            event_name: key.event_name,
            error_code: key.error_code,
            template: template.to_owned(),
            class: facts.class,
            verb: facts.verb,
            sensitivity: facts.sensitivity,
            denial: facts.denial,
            noise: facts.noise.clone(),
            before: cluster.before,
            hours: cluster.hours(),
            values: self.values(&case),
            samples: self.samples(cluster, &case),
            reasons: self.reasons(cluster, facts, &case, circumstances),
            novelty: case.novelty,
            episode: case.episode,
            within: case.within,
        }
    }

    /// What the scopes say, where the novelty is that something came for the first time.
    fn standing(&self, cluster: &Cluster<'_>, case: &Case<'_>) -> Option<Standing> {
        if case.novelty == Novelty::Surge {
            return None;
        }
        self.context.scopes.standing(&Whereabouts {
            account: &cluster.key.account,
            event_source: &cluster.key.event_source,
            event_name: &cluster.key.event_name,
            actors: &case.actors,
        })
    }

    /// The severity: the worst that one of its actors gives it.
    fn severity(
        &self,
        facts: &Facts<'_>,
        case: &Case<'_>,
        points: i64,
        standing: Option<&Standing>,
    ) -> Severity {
        let kinds: BTreeSet<ActorKind> = case
            .actors
            .iter()
            .map(|actor| (self.context.tables.actor)(actor))
            .collect();
        let of = |actor_kind| {
            let facts = SeverityFacts {
                class: facts.class,
                verb: facts.verb,
                sensitivity: facts.sensitivity,
                actor_kind,
                noise: &facts.noise,
                novelty: case.novelty,
                denial: facts.denial,
                like_known_actor: case.like.is_some(),
                score: score::bounded(points),
                scope: standing.map(|standing| standing.pace).unwrap_or_default(),
                target: facts
                    .target
                    .map_or(Sensitivity::Normal, |(_, sensitivity)| sensitivity),
            };
            match &self.context.input.policy.severity {
                Some(table) => table.severity(&facts),
                None => (self.context.tables.severity)(&facts),
            }
        };
        let worst = kinds.into_iter().map(of).max();
        worst.unwrap_or_else(|| of(ActorKind::Unknown))
    }

    fn values(&self, case: &Case<'_>) -> Vec<Value> {
        let mut listed: BTreeMap<Dimension, usize> = BTreeMap::new();
        let mut values = Vec::new();
        for &(dimension, value, count) in &case.values {
            let number = listed.entry(dimension).or_default();
            *number += 1;
            if *number <= Finding::MAX_VALUES {
                values.push(Value {
                    dimension,
                    value: value.to_owned(),
                    count,
                    familiarity: self.background.familiarity(dimension, value),
                });
            }
        }
        values
    }

    fn samples(&self, cluster: &Cluster<'_>, case: &Case<'_>) -> Vec<Sample> {
        let all = cluster.members.iter().flat_map(|member| &member.samples);
        let (within, mut before): (Vec<&Sample>, Vec<&Sample>) =
            all.partition(|sample| self.context.input.window.contains(sample.time));
        let by_actor = |sample: &&Sample| case.actors.contains(&sample.actor.as_str());
        let mut chosen: Vec<&Sample> = match case.novelty {
            Novelty::NewActor => within.into_iter().filter(by_actor).collect(),
            Novelty::New | Novelty::Returned | Novelty::Surge => within,
        };
        chosen.sort_unstable_by_key(|sample| (sample.time, sample.identity));
        if chosen.is_empty() && case.novelty != Novelty::NewActor {
            before.sort_unstable_by_key(|sample| Reverse((sample.time, sample.identity)));
            chosen = before;
        }
        chosen.truncate(Sample::KEEP);
        chosen.sort_unstable();
        chosen.into_iter().cloned().collect()
    }
}

/// A cluster that was archived until it escalates is told of when it surges or when a new actor's finding matters enough;
/// then of all that there is. While its account learns it stays where it is: nobody would hear of it.
fn escalate(mut findings: Vec<Finding>) -> Found {
    let matters = |finding: &Finding| {
        !finding.learning && (finding.novelty == Novelty::Surge || finding.severity >= Severity::Error)
    };
    if !findings.iter().any(matters) {
        return Found::default();
    }
    for finding in &mut findings {
        if matters(finding) {
            finding
                .reasons
                .insert(1.min(finding.reasons.len()), Reason::Escalated);
        }
    }
    Found {
        findings,
        escalated: true,
    }
}

/// The values of the window but for noise marks, by dimension, the most frequent first.
fn shown<'a>(values: &Values<'a>) -> Vec<(Dimension, &'a str, u64)> {
    let values = values
        .iter()
        .map(|((dimension, value), counts)| (*dimension, *value, within(counts)));
    let mut values: Vec<_> = values
        .filter(|(dimension, value, count)| {
            *dimension != Dimension::Noise && *value != Bounds::OTHERS && *count > 0
        })
        .collect();
    values.sort_by_key(|&(dimension, _, count)| (dimension, Reverse(count)));
    values
}

/// The values that belong to these actors: all of the window where they were alone in it, else themselves.
fn values_of<'a>(
    cluster: &Cluster<'a>,
    values: &Values<'a>,
    actors: &[(&'a str, Span)],
) -> Vec<(Dimension, &'a str, u64)> {
    let theirs: u64 = actors.iter().map(|(_, within)| within.count).sum();
    let mut values = shown(values);
    if cluster.within.is_none_or(|within| within.count != theirs) {
        values.retain(|(dimension, value, _)| {
            *dimension == Dimension::Actor && actors.iter().any(|(actor, _)| actor == value)
        });
    }
    values
}
