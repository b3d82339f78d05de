//! Folding what goes past a family's bound into its overflow template.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Bounds, FamilyKey, SignatureId, Summary};

use super::{ByHour, Committed, Dimension, History, Signature, Template, Values, key_of};

impl History {
    /// Folds what is past the bounds of the families of this summary, and counts it.
    pub(super) fn fold(&mut self, summary: &Summary, committed: &mut Committed) {
        for key in self.crowded(summary) {
            for id in self.past_bounds(&key) {
                committed.folded_templates += 1;
                committed.folded_events += self.fold_template(&key, id);
            }
        }
        self.fold_values(summary);
    }

    /// Counts what goes past the bounds of values for the value that stands for it.
    fn fold_values(&mut self, summary: &Summary) {
        let families: BTreeSet<FamilyKey> = summary.signatures().map(|(_, s, _)| key_of(s)).collect();
        let ids: BTreeSet<SignatureId> = summary.signatures().map(|(id, ..)| id).collect();
        let overflows = families.iter().map(Bounds::overflow);
        for id in ids.into_iter().chain(overflows) {
            if let Some(template) = self.templates.get_mut(&id) {
                fold_others(&mut template.values, self.bounds.values_per_dimension);
                template.forget_actors();
            }
        }
        let accounts: BTreeSet<&str> = families.iter().map(|key| key.account.as_str()).collect();
        for account in accounts {
            if let Some(account) = self.accounts.get_mut(account) {
                fold_others(&mut account.values, self.bounds.values_per_account);
            }
        }
    }

    /// The families of this summary that might be past their bound.
    fn crowded(&self, summary: &Summary) -> BTreeSet<FamilyKey> {
        if self.templates.len() <= self.bounds.templates_per_family {
            return BTreeSet::new();
        }
        let mut sizes: BTreeMap<_, usize> = BTreeMap::new();
        for template in self.templates.values() {
            *sizes.entry(names(&template.signature)).or_default() += 1;
        }
        let signatures = summary.signatures().map(|(_, signature, _)| signature);
        let crowded = signatures.filter(|signature| {
            let size = sizes.get(&names(signature)).copied().unwrap_or_default();
            size > self.bounds.templates_per_family
        });
        crowded.map(key_of).collect()
    }

    fn past_bounds(&self, key: &FamilyKey) -> Vec<SignatureId> {
        let overflow = Bounds::overflow(key);
        let members = self.templates.iter();
        let members =
            members.filter(|(id, template)| **id != overflow && key_of(&template.signature) == *key);
        let (open, assigned): (Vec<_>, Vec<_>) =
            members.partition(|(_, template)| template.cluster.is_none());
        let open = open.into_iter().map(|(id, _)| *id).collect();
        self.bounds.folded(assigned.len(), open)
    }

    fn fold_template(&mut self, key: &FamilyKey, id: SignatureId) -> u64 {
        let Some(template) = self.templates.remove(&id) else {
            return 0;
        };
        let folded = template.hours.values().map(|span| span.count).sum();
        let overflow = self.templates.entry(Bounds::overflow(key));
        overflow
            .or_insert_with(|| Template::overflow(&template))
            .absorb(template);
        folded
    }
}

fn names(signature: &Signature) -> [&str; 4] {
    [
        &signature.account,
        &signature.event_source,
        &signature.event_name,
        &signature.error_code,
    ]
}

fn fold_others(values: &mut Values, most: usize) {
    if values.len() <= most {
        return;
    }
    for dimension in Dimension::ALL {
        let of_dimension = values.range((dimension, String::new())..);
        let of_dimension = of_dimension.map(|((of, text), _)| (*of, text));
        let texts = of_dimension
            .take_while(|(of, _)| *of == dimension)
            .filter(|(_, text)| !text.is_empty());
        if texts.clone().count() <= most {
            continue;
        }
        let texts: Vec<String> = texts.map(|(_, text)| text.clone()).collect();
        for text in Bounds::others(most, texts) {
            let hours = values.remove(&(dimension, text)).unwrap_or_default();
            let others = values.entry((dimension, Bounds::OTHERS.to_owned())).or_default();
            add_hours(others, hours);
        }
    }
}

impl Template {
    fn overflow(first: &Self) -> Self {
        Self {
            signature: Signature {
                template: Bounds::OVERFLOW.to_owned(),
                ..first.signature.clone()
            },
            display: (first.display.0, Bounds::OVERFLOW.to_owned()),
            cluster: None,
            first: first.first,
            hours: ByHour::new(),
            values: Values::new(),
            actors: BTreeMap::new(),
            variables: BTreeMap::new(),
            samples: BTreeMap::new(),
        }
    }

    fn absorb(&mut self, other: Self) {
        self.first = self.first.min(other.first);
        self.display.0 = self.display.0.min(other.display.0);
        add_hours(&mut self.hours, other.hours);
        for (value, hours) in other.values {
            add_hours(self.values.entry(value).or_default(), hours);
        }
        for (actor, hour) in other.actors {
            let first = self.actors.entry(actor).or_insert(hour);
            *first = (*first).min(hour);
        }
        for sample in other.samples.values() {
            self.keep(sample);
        }
    }
}

fn add_hours(to: &mut ByHour, hours: ByHour) {
    for (hour, span) in hours {
        to.entry(hour)
            .and_modify(|known| *known = known.merged(span))
            .or_insert(span);
    }
}
