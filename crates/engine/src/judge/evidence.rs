//! Findings: what is told of a cluster that is new in a window, and why.

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use firstsight_cloudtrail::classify::{Class, DenialReason, NoiseMark, Sensitivity, Verb};
use firstsight_cloudtrail::{ActorKind, Timestamp};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use super::actors::Shapes;
use super::background::Background;
use super::cluster::{Cluster, Counts, Values};
use super::input::{JudgeInput, RecordedFinding, Sample, Span};
use super::novelty::{arrival, was_resolved};
use super::tables::{Tables, is_reconnaissance};
use super::verdict::{Familiarity, Finding, FindingId, Learner, Novelty, Reason, Severity, Value};
use super::{MILLIS_PER_HOUR, whole_hours};
use crate::severity::SeverityFacts;
use crate::signature::Dimension;

/// The dimensions whose values are compared with the account's history, with the most points that one gives to a score.
const COMPARED: [(Dimension, u64); 5] = [
    (Dimension::Actor, 12),
    (Dimension::SourceNetwork, 10),
    (Dimension::Region, 8),
    (Dimension::UserAgent, 6),
    (Dimension::AccessKey, 4),
];

/// Looks at the clusters of one family.
pub(super) struct Examiner<'a> {
    input: &'a JudgeInput,
    tables: &'a Tables,
    background: &'a Background<'a>,
    recorded: &'a BTreeSet<FindingId>,
    family: &'a [Cluster<'a>],
    /// The words of the clusters that were known before the window: taken apart when first asked for.
    known_words: OnceCell<Vec<(&'a Cluster<'a>, BTreeSet<&'a str>)>>,
}

/// What a cluster's calls and errors are.
struct Facts {
    class: Class,
    verb: Verb,
    sensitivity: Sensitivity,
    denial: Option<DenialReason>,
    noise: Vec<NoiseMark>,
}

/// What one finding is about.
struct Case<'a> {
    novelty: Novelty,
    episode: String,
    /// The values it shows, with their occurrences.
    values: Vec<(Dimension, &'a str, u64)>,
    actors: Vec<&'a str>,
    within: Span,
    like: Option<&'a str>,
    why: Vec<Reason>,
}

impl<'a> Examiner<'a> {
    pub(super) fn new(
        input: &'a JudgeInput,
        tables: &'a Tables,
        background: &'a Background<'a>,
        recorded: &'a BTreeSet<FindingId>,
        family: &'a [Cluster<'a>],
    ) -> Self {
        Self {
            input,
            tables,
            background,
            recorded,
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
    ) -> Vec<Finding> {
        if cluster.life_cycle().within(self.input.window).silences() {
            return Vec::new();
        }
        let values = cluster.values();
        let facts = self.facts(cluster, &values);
        let cases = match arrival(cluster, self.input, reports) {
            Some((novelty, episode)) => {
                let why = self.why_arrived(cluster, reports);
                self.arrived(cluster, &values, novelty, episode, why)
                    .into_iter()
                    .collect()
            }
            None if self.tells_actors(cluster, &facts) => self.new_actors(cluster, &values),
            None => Vec::new(),
        };
        cases
            .into_iter()
            .map(|case| self.finding(cluster, template, &facts, case))
            .collect()
    }

    fn facts(&self, cluster: &Cluster<'_>, values: &Values<'_>) -> Facts {
        let key = cluster.key;
        let texts = || {
            cluster
                .active_members(self.input)
                .map(|member| member.template.as_str())
        };
        let class = |text| (self.tables.class)(&key.event_source, &key.event_name, &key.error_code, text);
        let mut denials = texts().map(self.tables.denial);
        let first = denials.next().flatten();
        let total = cluster.within.map_or(0, |within| within.count);
        let marks = values
            .iter()
            .filter(|((dimension, _), counts)| *dimension == Dimension::Noise && within(counts) == total);
        let mut noise: Vec<NoiseMark> = marks.filter_map(|((_, name), _)| mark(name)).collect();
        noise.sort_unstable();
        Facts {
            class: texts().map(class).min().unwrap_or(Class::Other),
            verb: (self.tables.verb)(&key.event_name),
            sensitivity: (self.tables.sensitivity)(&key.event_source, &key.event_name),
            denial: first.filter(|_| denials.all(|denial| denial == first)),
            noise,
        }
    }

    fn tells_actors(&self, cluster: &Cluster<'_>, facts: &Facts) -> bool {
        let key = cluster.key;
        matches!(facts.class, Class::AccessDenied | Class::Authentication)
            || is_reconnaissance(
                facts.class,
                facts.verb,
                facts.sensitivity,
                &key.event_source,
                &key.event_name,
            )
    }

    /// Why a cluster counts as arrived: the facts of now, also where an earlier judgement decided.
    fn why_arrived(&self, cluster: &Cluster<'_>, reports: &[&RecordedFinding]) -> Vec<Reason> {
        let start = self.input.window.start;
        let Some(before) = cluster.before else {
            return vec![self.never_seen(cluster)];
        };
        let mut why = Vec::new();
        if was_resolved(cluster, self.input, reports) {
            why.push(Reason::WasResolved);
        }
        why.push(Reason::LastSeen {
            last: before.last,
            hours_ago: whole_hours(start.as_millis() - before.last.as_millis()),
        });
        why
    }

    fn never_seen(&self, cluster: &Cluster<'_>) -> Reason {
        let start = self.input.window.start;
        let age = |founded: Timestamp| start.as_millis() - founded.as_millis();
        let forget = self
            .input
            .policy
            .forget_after_hours
            .saturating_mul(MILLIS_PER_HOUR);
        match cluster.state {
            Some(state) if age(state.founded) > forget => Reason::Forgotten {
                founded: state.founded,
            },
            _ => Reason::NeverSeen {
                history_hours: self.background.compared_hours,
                history_errors: self.background.errors,
            },
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
    fn new_actors(&self, cluster: &Cluster<'a>, values: &Values<'a>) -> Vec<Case<'a>> {
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
        let shapes = Shapes::new(known.iter().map(|((_, name), _)| *name), self.tables.actor);
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
            episode: format!("many {}", self.input.window.start),
            values: values_of(cluster, values, new),
            actors: new.iter().map(|(actor, _)| *actor).collect(),
            within: spans
                .reduce(Span::merged)
                .unwrap_or(Span::at(self.input.window.start)),
            like: None,
            why: vec![Reason::ManyNewActors {
                actors: new.len() as u64,
                known_actors,
            }],
        }
    }

    fn finding(&self, cluster: &Cluster<'a>, template: &str, facts: &Facts, case: Case<'a>) -> Finding {
        let id = Finding::id_of(&self.input.inspection, cluster.id, case.novelty, &case.episode);
        let recorded = self.recorded.contains(&id);
        let late = self.input.rejudged && !recorded;
        let severity = self.severity(facts, &case);
        let key = cluster.key.clone();
        Finding {
            id,
            severity,
            score: self.score(facts, &case, severity),
            window: self.input.window,
            late,
            learning: self.background.learning.is_some(),
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
            reasons: self.reasons(cluster, facts, &case, late),
            novelty: case.novelty,
            episode: case.episode,
            within: case.within,
        }
    }

    /// The severity: the worst that one of its actors gives it.
    fn severity(&self, facts: &Facts, case: &Case<'_>) -> Severity {
        let kinds: BTreeSet<ActorKind> = case
            .actors
            .iter()
            .map(|actor| (self.tables.actor)(actor))
            .collect();
        let of = |actor_kind| {
            (self.tables.severity)(&SeverityFacts {
                class: facts.class,
                verb: facts.verb,
                sensitivity: facts.sensitivity,
                actor_kind,
                noise: &facts.noise,
                novelty: case.novelty,
                denial: facts.denial,
                like_known_actor: case.like.is_some(),
                score: 50,
                scope: crate::severity::Pace::Usual,
                target: Sensitivity::Normal,
            })
        };
        let worst = kinds.into_iter().map(of).max();
        worst.unwrap_or_else(|| of(ActorKind::Unknown))
    }

    /// How unusual a finding is, see [`Finding::score`].
    fn score(&self, facts: &Facts, case: &Case<'_>, severity: Severity) -> u8 {
        let novelty = match case.novelty {
            Novelty::New => 40,
            Novelty::Returned => 30,
            Novelty::NewActor => 25,
            Novelty::Surge => 30,
        };
        let explicit = facts.denial.is_some_and(|denial| denial.explicit);
        let gained = novelty + self.unfamiliarity(case) + 5 * severity as u64 + 5 * u64::from(explicit);
        let lost = 10 * (facts.noise.len() as u64).min(2) + 10 * u64::from(case.like.is_some());
        u8::try_from(gained.saturating_sub(lost).min(100)).unwrap_or(100)
    }

    fn unfamiliarity(&self, case: &Case<'_>) -> u64 {
        let points = COMPARED.iter().map(|&(dimension, most)| {
            let least = self.least_familiar(case, dimension);
            most * least.map_or(0, |(_, familiarity)| match familiarity {
                Familiarity::Unseen => 4,
                Familiarity::Rare => 2,
                Familiarity::Infrequent => 1,
                Familiarity::Frequent => 0,
            })
        });
        let errors = u128::from(self.background.errors);
        let weighed = u128::from(points.sum::<u64>()) * errors / (4 * (errors + 20));
        u64::try_from(weighed).unwrap_or(u64::MAX)
    }

    fn least_familiar<'c>(&self, case: &Case<'c>, dimension: Dimension) -> Option<(&'c str, Familiarity)> {
        let values = case.values.iter().filter(|(of, ..)| *of == dimension);
        let values = values.map(|&(_, value, _)| (value, self.background.familiarity(dimension, value)));
        values.min_by_key(|&(_, familiarity)| familiarity)
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

    fn reasons(&self, cluster: &Cluster<'_>, facts: &Facts, case: &Case<'_>, late: bool) -> Vec<Reason> {
        let mut reasons = case.why.clone();
        if cluster.overflow {
            let templates = self.family.iter().map(|one| one.members.len() as u64).sum();
            reasons.push(Reason::FamilyOverflow { templates });
        }
        if facts.sensitivity > Sensitivity::Normal {
            let sensitivity = facts.sensitivity;
            reasons.push(Reason::SensitiveCall { sensitivity });
        }
        reasons.extend(facts.denial.map(|denial| Reason::Denied { denial }));
        reasons.extend(self.unfamiliar(case));
        reasons.extend(self.nearest_known(cluster, case));
        reasons.extend(facts.noise.iter().map(|&mark| Reason::Noise { mark }));
        reasons.extend(late.then_some(Reason::Late {
            within: Some(case.within),
        }));
        reasons.extend(self.background.learning.map(|learning| Reason::Learning {
            learner: Learner::Account,
            have_hours: learning.have_hours,
            need_hours: learning.need_hours,
        }));
        reasons
    }

    /// The least familiar value of each dimension, where it is unseen or rare, unseen ones first. Without any error
    /// before everything is unseen, and that says nothing.
    fn unfamiliar(&self, case: &Case<'_>) -> Vec<Reason> {
        if self.background.errors == 0 {
            return Vec::new();
        }
        let least = COMPARED
            .iter()
            .filter_map(|&(dimension, _)| Some((dimension, self.least_familiar(case, dimension)?)));
        let mut least: Vec<_> = least
            .filter(|(_, (_, familiarity))| *familiarity <= Familiarity::Rare)
            .collect();
        least.sort_by_key(|(_, (_, familiarity))| *familiarity);
        let reason =
            |(dimension, (value, familiarity)): (Dimension, (&str, Familiarity))| Reason::Dimension {
                dimension,
                value: value.to_owned(),
                familiarity,
            };
        least.into_iter().map(reason).collect()
    }

    /// The known cluster of the family whose words are most alike; of equals the least id. Told of new clusters only.
    fn nearest_known(&self, cluster: &Cluster<'_>, case: &Case<'_>) -> Option<Reason> {
        if case.novelty != Novelty::New || cluster.overflow {
            return None;
        }
        let mine = words(cluster.shown());
        let known = self.known_words().iter().filter(|(one, _)| one.id != cluster.id);
        let (nearest, _) = known.max_by_key(|(one, theirs)| (likeness(&mine, theirs), Reverse(one.id)))?;
        Some(Reason::NearestKnown {
            cluster: nearest.id,
            template: nearest.shown().to_owned(),
            only_here: Vec::new(),
            only_there: Vec::new(),
        })
    }

    fn known_words(&self) -> &[(&'a Cluster<'a>, BTreeSet<&'a str>)] {
        self.known_words.get_or_init(|| {
            let known = self
                .family
                .iter()
                .filter(|one| one.before.is_some() && !one.overflow);
            known.map(|one| (one, words(one.shown()))).collect()
        })
    }

    fn samples(&self, cluster: &Cluster<'_>, case: &Case<'_>) -> Vec<Sample> {
        let all = cluster.members.iter().flat_map(|member| &member.samples);
        let (within, mut before): (Vec<&Sample>, Vec<&Sample>) =
            all.partition(|sample| self.input.window.contains(sample.time));
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

fn within(counts: &Counts) -> u64 {
    counts.within.map_or(0, |within| within.count)
}

/// The mark of this name; `None` for a name of another version.
fn mark(name: &str) -> Option<NoiseMark> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    NoiseMark::deserialize(name).ok()
}

/// The values of the window but for noise marks, by dimension, the most frequent first.
fn shown<'a>(values: &Values<'a>) -> Vec<(Dimension, &'a str, u64)> {
    let values = values
        .iter()
        .map(|((dimension, value), counts)| (*dimension, *value, within(counts)));
    let mut values: Vec<_> = values
        .filter(|(dimension, _, count)| *dimension != Dimension::Noise && *count > 0)
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

fn words(text: &str) -> BTreeSet<&str> {
    text.split_whitespace().collect()
}

/// The share of words that two texts have in common, in thousandths.
fn likeness(a: &BTreeSet<&str>, b: &BTreeSet<&str>) -> usize {
    let common = a.intersection(b).count();
    (2000 * common).checked_div(a.len() + b.len()).unwrap_or(0)
}
