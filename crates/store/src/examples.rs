//! What stood for the variables of a cluster's template, as reports show it.

use std::collections::BTreeMap;

use firstsight_engine::kept_variables;

use crate::Example;

/// The most values that are shown of one variable.
const SHOWN: usize = 5;

/// The examples of a cluster, given the kept values (`name=value`) of its fine templates with their counts added up.
/// Only those that would be kept of all of them together were counted in each.
pub(crate) fn examples(counts: &BTreeMap<String, u64>) -> Vec<Example> {
    let mut by_name: BTreeMap<&str, Vec<(String, u64)>> = BTreeMap::new();
    for text in kept_variables(counts.keys().map(String::as_str)) {
        let (name, value) = text.split_once('=').unwrap_or(("", text));
        let count = counts.get(text).copied().unwrap_or_default();
        by_name.entry(name).or_default().push((value.to_owned(), count));
    }
    by_name
        .into_iter()
        .map(|(name, values)| example(name, values))
        .collect()
}

fn example(name: &str, mut values: Vec<(String, u64)>) -> Example {
    values.sort_by(|(a, more), (b, less)| less.cmp(more).then_with(|| a.cmp(b)));
    let more = values.len() > SHOWN;
    values.truncate(SHOWN);
    Example {
        name: name.to_owned(),
        values,
        more,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_come_first_and_the_rest_is_told() {
        let counts = (1..=6).map(|n| (format!("roleName={n}"), u64::from(n % 3 == 0) + 1));
        let told = examples(&counts.chain([("number=7=7".to_owned(), 9)]).collect());
        let values: Vec<_> = told[1]
            .values
            .iter()
            .map(|(value, count)| (value.as_str(), *count))
            .collect();
        assert_eq!(values, [("3", 2), ("6", 2), ("1", 1), ("2", 1), ("4", 1)]);
        assert_eq!((told[1].name.as_str(), told[1].more), ("roleName", true));
        assert_eq!((told[0].values[0].0.as_str(), told[0].more), ("7=7", false));
    }
}
