//! Clusters: the fine templates of a family, with their assignments, put together.

use std::collections::BTreeMap;

use firstsight_cloudtrail::Timestamp;

use super::input::{
    ClusterState, Family, FamilyKey, HourCount, JudgeInput, LifeCycle, Span, TemplateHistory,
};
use crate::bounds::Bounds;
use crate::family::{self, Member};
use crate::signature::{ClusterId, Dimension, SignatureId};

/// A cluster of one family, as a window sees it.
pub(super) struct Cluster<'a> {
    pub(super) id: ClusterId,
    pub(super) key: &'a FamilyKey,
    pub(super) state: Option<&'a ClusterState>,
    pub(super) members: Vec<&'a TemplateHistory>,
    pub(super) before: Option<Span>,
    pub(super) within: Option<Span>,
    /// Whether it is its family's overflow cluster.
    pub(super) overflow: bool,
}

/// Occurrences before the window and inside it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) before: Option<Span>,
    pub(super) within: Option<Span>,
}

/// The dimension values of a cluster.
pub(super) type Values<'a> = BTreeMap<(Dimension, &'a str), Counts>;

fn join(sum: &mut Option<Span>, span: Option<Span>) {
    *sum = match (*sum, span) {
        (Some(a), Some(b)) => Some(a.merged(b)),
        (a, b) => a.or(b),
    };
}

/// Gives each fine template without a cluster one. In a family past its bound it is the overflow cluster for all of
/// them, those too that would fit a known cluster: what is kept one by one is no longer all that there was, and by what
/// it is like an attacker could choose what it hides in.
fn assign(family: &Family) -> Vec<(SignatureId, ClusterId)> {
    let overflow = Bounds::overflow_cluster(&family.key);
    let open = || {
        family
            .templates
            .iter()
            .filter(|template| template.cluster.is_none())
    };
    if open().next().is_none() {
        return Vec::new();
    }
    if family
        .templates
        .iter()
        .any(|template| template.id.0 == overflow.0)
    {
        return open().map(|template| (template.id, overflow)).collect();
    }
    let founded: BTreeMap<ClusterId, i64> = family
        .clusters
        .iter()
        .map(|state| (state.id, state.founded.as_millis()))
        .collect();
    // What once overflowed was never compared: it attracts nothing.
    let comparable = family
        .templates
        .iter()
        .filter(|template| template.cluster != Some(overflow));
    let members: Vec<Member<'_>> = comparable
        .map(|template| Member {
            id: template.id,
            template: &template.template,
            cluster: template.cluster,
            founded: template
                .cluster
                .and_then(|id| founded.get(&id).copied())
                .unwrap_or(i64::MAX),
        })
        .collect();
    family::assign(&members)
}

/// A family with its clusters.
pub(super) struct Group<'a> {
    /// The assignments that this judgement makes.
    pub(super) assigned: Vec<(SignatureId, ClusterId)>,
    /// All its clusters, by id.
    pub(super) clusters: Vec<Cluster<'a>>,
}

impl<'a> Group<'a> {
    pub(super) fn new(family: &'a Family, input: &JudgeInput) -> Self {
        let assigned = assign(family);
        let clusters = group(family, &assigned, input);
        Self { assigned, clusters }
    }
}

/// The clusters of a family, by id: of the recorded assignments and of these new ones.
fn group<'a>(
    family: &'a Family,
    assigned: &[(SignatureId, ClusterId)],
    input: &JudgeInput,
) -> Vec<Cluster<'a>> {
    let assigned: BTreeMap<SignatureId, ClusterId> = assigned.iter().copied().collect();
    let mut members: BTreeMap<ClusterId, Vec<&TemplateHistory>> = BTreeMap::new();
    for template in &family.templates {
        let cluster = template.cluster.or_else(|| assigned.get(&template.id).copied());
        let cluster = cluster.unwrap_or(ClusterId(template.id.0));
        members.entry(cluster).or_default().push(template);
    }
    let states: BTreeMap<ClusterId, &ClusterState> = family.clusters.iter().map(|s| (s.id, s)).collect();
    let overflow = Bounds::overflow_cluster(&family.key);
    let cluster = |(id, members)| {
        let mut cluster = Cluster {
            id,
            key: &family.key,
            state: states.get(&id).copied(),
            members,
            before: None,
            within: None,
            overflow: id == overflow,
        };
        cluster.count(input);
        cluster
    };
    members.into_iter().map(cluster).collect()
}

impl<'a> Cluster<'a> {
    fn count(&mut self, input: &JudgeInput) {
        for member in &self.members {
            join(&mut self.before, member.earlier);
            for count in &member.hours {
                let inside = input.window.contains(count.hour.start());
                let sum = if inside {
                    &mut self.within
                } else {
                    &mut self.before
                };
                join(sum, Some(count.span));
            }
        }
    }

    pub(super) fn life_cycle(&self) -> LifeCycle {
        self.state.map_or(LifeCycle::Open, |state| state.life_cycle)
    }

    /// What its members' texts for people share.
    pub(super) fn template(&self) -> String {
        if self.overflow {
            return "<*>".to_owned();
        }
        let texts: Vec<&str> = self
            .members
            .iter()
            .map(|member| member.display.as_str())
            .collect();
        family::generalise(&texts)
    }

    /// The template it showed when it was last judged, else one of its members': cheaper than what they share.
    pub(super) fn shown(&self) -> &'a str {
        let recorded = self.state.map(|state| state.template.as_str());
        let first = self.members.first().map(|member| member.display.as_str());
        recorded
            .filter(|text| !text.is_empty())
            .or(first)
            .unwrap_or_default()
    }

    /// Its members that occur in the window.
    pub(super) fn active_members(&self, input: &JudgeInput) -> impl Iterator<Item = &'a TemplateHistory> {
        let window = input.window;
        let occurs = move |member: &&&TemplateHistory| {
            let last = member.hours.last();
            last.is_some_and(|count| window.contains(count.hour.start()))
        };
        self.members.iter().filter(occurs).copied()
    }

    pub(super) fn hours(&self) -> Vec<HourCount> {
        let mut hours: BTreeMap<_, Option<Span>> = BTreeMap::new();
        for count in self.members.iter().flat_map(|member| &member.hours) {
            join(hours.entry(count.hour).or_default(), Some(count.span));
        }
        let hours = hours.into_iter();
        hours
            .filter_map(|(hour, span)| Some(HourCount { hour, span: span? }))
            .collect()
    }

    pub(super) fn values(&self) -> Values<'a> {
        let mut values = Values::new();
        for count in self.members.iter().flat_map(|member| &member.values) {
            let sum = values.entry((count.dimension, count.value.as_str())).or_default();
            join(&mut sum.before, count.before);
            join(&mut sum.within, count.within);
        }
        values
    }

    /// When each actor had it first, of those who had it before the window.
    pub(super) fn actors_before(&self) -> BTreeMap<&'a str, Timestamp> {
        let values = self.members.iter().flat_map(|member| &member.values);
        let mut actors = BTreeMap::new();
        for value in values.filter(|value| value.dimension == Dimension::Actor) {
            if let Some(before) = value.before {
                let first = actors.entry(value.value.as_str()).or_insert(before.first);
                *first = before.first.min(*first);
            }
        }
        actors
    }
}
