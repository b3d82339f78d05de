//! What the calls and errors of a cluster are.

use firstsight_cloudtrail::classify::{Class, DenialReason, NoiseMark, Sensitivity, Verb};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

use super::cluster::{Cluster, Counts, Values};
use super::input::JudgeInput;
use super::tables::{Tables, is_reconnaissance};
use crate::signature::Dimension;

/// What a cluster's calls and errors are.
pub(super) struct Facts<'a> {
    pub(super) class: Class,
    pub(super) verb: Verb,
    pub(super) sensitivity: Sensitivity,
    pub(super) denial: Option<DenialReason>,
    pub(super) noise: Vec<NoiseMark>,
    /// The most sensitive resource of the window that it had not been seen with before, where it is more than normal.
    pub(super) target: Option<(&'a str, Sensitivity)>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(
        input: &JudgeInput,
        tables: &Tables,
        cluster: &Cluster<'_>,
        values: &Values<'a>,
    ) -> Self {
        let key = cluster.key;
        let texts = || {
            cluster
                .active_members(input)
                .map(|member| member.template.as_str())
        };
        let class = |text| (tables.class)(&key.event_source, &key.event_name, &key.error_code, text);
        let mut denials = texts().map(tables.denial);
        let first = denials.next().flatten();
        Self {
            class: texts().map(class).min().unwrap_or(Class::Other),
            verb: (tables.verb)(&key.event_name),
            sensitivity: (tables.sensitivity)(&key.event_source, &key.event_name),
            denial: first.filter(|_| denials.all(|denial| denial == first)),
            noise: noise(cluster, values),
            target: target(tables, values),
        }
    }

    /// Whether a first time by an actor is worth telling although the error is known. A critical call that only found
    /// nothing to act on is an attempt, whoever makes it.
    pub(super) fn tells_actors(&self, cluster: &Cluster<'_>) -> bool {
        let key = cluster.key;
        let attempted = self.sensitivity == Sensitivity::Critical && self.class == Class::NotFound;
        matches!(self.class, Class::AccessDenied | Class::Authentication)
            || attempted
            || is_reconnaissance(
                self.class,
                self.verb,
                self.sensitivity,
                &key.event_source,
                &key.event_name,
            )
    }
}

/// The marks that all occurrences of the window carry.
fn noise(cluster: &Cluster<'_>, values: &Values<'_>) -> Vec<NoiseMark> {
    let total = cluster.within.map_or(0, |within| within.count);
    let marks = values
        .iter()
        .filter(|((dimension, _), counts)| *dimension == Dimension::Noise && within(counts) == total);
    let mut noise: Vec<NoiseMark> = marks.filter_map(|((_, name), _)| mark(name)).collect();
    noise.sort_unstable();
    noise
}

/// The mark of this name; `None` for a name of another version.
fn mark(name: &str) -> Option<NoiseMark> {
    let name: StrDeserializer<'_, Error> = name.into_deserializer();
    NoiseMark::deserialize(name).ok()
}

fn target<'a>(tables: &Tables, values: &Values<'a>) -> Option<(&'a str, Sensitivity)> {
    let new = values.iter().filter(|((dimension, _), counts)| {
        *dimension == Dimension::Target && counts.before.is_none() && counts.within.is_some()
    });
    let targets = new.map(|((_, name), _)| (*name, (tables.target)(name)));
    let sensitive = targets.filter(|(_, sensitivity)| *sensitivity > Sensitivity::Normal);
    // Of equally sensitive ones the first by name.
    sensitive.reduce(|most, next| if next.1 > most.1 { next } else { most })
}

pub(super) fn within(counts: &Counts) -> u64 {
    counts.within.map_or(0, |within| within.count)
}
