//! Folding what goes past a family's bound into its overflow template.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Dimension, FamilyKey, History, Hours, Observed, Signature, SignatureId, Template, Values, add};
use crate::bounds::Bounds;

impl History {
    /// Folds what is past the bounds of these families, and counts it.
    pub(super) fn fold(&mut self, families: &BTreeSet<FamilyKey>, observed: &mut Observed) {
        for key in families {
            for id in self.past_bounds(key) {
                observed.folded_templates += 1;
                observed.folded_events += self.fold_template(key, id);
            }
            self.fold_values(key);
        }
    }

    /// Counts what goes past the bounds of values for the value that stands for it.
    fn fold_values(&mut self, key: &FamilyKey) {
        for id in self.families.get(key).into_iter().flatten() {
            if let Some(template) = self.templates.get_mut(id) {
                fold_others(&mut template.values, self.bounds.values_per_dimension);
                template.forget_actors();
            }
        }
        if let Some(account) = self.accounts.get_mut(&key.account) {
            fold_others(&mut account.values, self.bounds.values_per_account);
        }
    }

    fn past_bounds(&self, key: &FamilyKey) -> Vec<SignatureId> {
        let members = self.families.get(key).into_iter().flatten().copied();
        let overflow = Bounds::overflow(key);
        let members = members.filter(|id| *id != overflow);
        let (open, assigned): (Vec<_>, Vec<_>) = members.partition(|id| self.unassigned.contains(id));
        self.bounds.folded(assigned.len(), open)
    }

    fn fold_template(&mut self, key: &FamilyKey, id: SignatureId) -> u64 {
        let Some(template) = self.templates.remove(&id) else {
            return 0;
        };
        self.unassigned.remove(&id);
        for hour in template.hours.keys() {
            self.occurrences.entry(*hour).or_default().remove(&id);
        }
        let overflow = Bounds::overflow(key);
        let members = self.families.entry(key.clone()).or_default();
        members.remove(&id);
        if members.insert(overflow) {
            self.unassigned.insert(overflow);
        }
        for hour in template.hours.keys() {
            self.occurrences.entry(*hour).or_default().insert(overflow);
        }
        let folded = template.hours.values().map(|span| span.count).sum();
        self.templates
            .entry(overflow)
            .or_insert_with(|| Template::overflow(&template.signature, template.first))
            .absorb(template);
        folded
    }
}

fn fold_others(values: &mut Values, most: usize) {
    for dimension in Dimension::ALL {
        let texts = values
            .keys()
            .filter(|(of, text)| *of == dimension && !text.is_empty());
        let texts: Vec<Arc<str>> = texts.map(|(_, text)| Arc::clone(text)).collect();
        for text in Bounds::others(most, texts) {
            let hours = values.remove(&(dimension, text)).unwrap_or_default();
            let others = values.entry((dimension, Bounds::OTHERS.into())).or_default();
            for (hour, span) in hours {
                add(others, hour, span);
            }
        }
    }
}

impl Template {
    fn overflow(of: &Signature, first: super::Hour) -> Self {
        Self {
            signature: Signature {
                template: Bounds::OVERFLOW.to_owned(),
                ..of.clone()
            },
            display: None,
            cluster: None,
            first,
            hours: Hours::new(),
            values: Values::new(),
            samples: super::Samples::default(),
            actors: BTreeMap::new(),
        }
    }

    fn absorb(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        for (hour, span) in other.hours {
            add(&mut self.hours, hour, span);
        }
        for (value, hours) in other.values {
            let known = self.values.entry(value).or_default();
            for (hour, span) in hours {
                add(known, hour, span);
            }
        }
        for (actor, hour) in other.actors {
            let first = self.actors.entry(actor).or_insert(hour);
            *first = (*first).min(hour);
        }
        self.samples.merge(&other.samples);
    }
}
