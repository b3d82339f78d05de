//! What stood for the variables of fine templates: a few values with their counts.

use std::collections::BTreeMap;

use firstsight_engine::{ClusterId, EventIdentity, Summary, kept_variables};

use super::history::{History, Template};
use crate::{Example, examples};

/// A kept value's occurrences, for as long as it is kept.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    count: u64,
    /// The last hour it was seen in.
    last: i64,
}

/// By `name=value`.
pub(super) type Variables = BTreeMap<String, Kept>;

impl History {
    /// Counts the values of new events.
    pub(super) fn keep_variables(&mut self, summary: &Summary, is_new: impl Fn(EventIdentity) -> bool) {
        let counts = summary.variables(is_new);
        for of_template in counts.chunk_by(|a, b| a.id == b.id) {
            let id = of_template.first().map(|count| count.id);
            let Some(template) = id.and_then(|id| self.templates.get_mut(&id)) else {
                continue;
            };
            for seen in of_template {
                let (count, last) = (seen.count, seen.last.index());
                let known = template.variables.entry(seen.text.to_owned());
                known
                    .and_modify(|known| {
                        known.count += count;
                        known.last = last.max(known.last);
                    })
                    .or_insert(Kept { count, last });
            }
            template.drop_others();
        }
    }

    /// Examples for each cluster that has some.
    pub(super) fn examples(&self, cluster: ClusterId) -> Vec<Example> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        let templates = self.templates.values();
        for template in templates.filter(|template| template.cluster == Some(cluster)) {
            for (text, kept) in &template.variables {
                *counts.entry(text.clone()).or_default() += kept.count;
            }
        }
        examples::examples(&counts)
    }
}

impl Template {
    fn drop_others(&mut self) {
        let all = std::mem::take(&mut self.variables);
        let kept = kept_variables(all.keys().map(String::as_str));
        let kept = kept
            .into_iter()
            .filter_map(|text| Some((text.to_owned(), *all.get(text)?)));
        self.variables = kept.collect();
    }

    /// Forgets the values that were seen last before this hour.
    pub(super) fn forget_variables(&mut self, first: i64) {
        self.variables.retain(|_, kept| kept.last >= first);
    }
}
