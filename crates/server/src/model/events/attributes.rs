//! What is known of an event, as names and values that can be copied.

use std::collections::BTreeMap;

use firstsight_engine::{Dimension, Finding};
use firstsight_sink::Event;

/// The most values of one name; what does not fit is counted.
const MOST: usize = 20;

/// Detection dimensions, then what is known besides: a pair for each value.
pub(super) fn of(event: &Event) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let dimensions = event.dimension_tags();
    for (name, value) in dimensions.into_iter().filter(|(_, value)| !value.is_empty()) {
        pairs.push((name.to_owned(), value.to_owned()));
    }
    for (name, value) in own(event) {
        pairs.push((name.to_owned(), value));
    }
    for (name, values) in lists(event) {
        pairs.extend(listed(name, &values));
    }
    pairs
}

/// What there is one value of.
fn own(event: &Event) -> Vec<(&'static str, String)> {
    let new_errors: u64 = event.findings.iter().map(|finding| finding.within.count).sum();
    let mut own = vec![
        ("kind", event.kind.as_str().to_owned()),
        ("fault_id", event.fault.id.clone()),
        ("window_start", event.window.start.to_string()),
        ("window_end", event.window.end.to_string()),
    ];
    match &event.trouble {
        // It has looked at no errors: their counts would mislead.
        Some(trouble) => own.extend([
            ("trouble", trouble.kind.as_str().to_owned()),
            ("runs_in_a_row", trouble.runs.to_string()),
        ]),
        None => own.extend([
            ("errors", event.errors.to_string()),
            ("new_errors", new_errors.to_string()),
            ("findings", event.findings.len().to_string()),
            ("ongoing_clusters", event.ongoing_clusters.to_string()),
        ]),
    }
    own
}

/// What there may be many values of.
fn lists(event: &Event) -> Vec<(&'static str, Vec<String>)> {
    let of = |told: fn(&Finding) -> String| event.findings.iter().map(told).collect();
    let valued = |dimension| {
        let values = event.findings.iter().flat_map(|finding| &finding.values);
        let of_it = values.filter(|value| value.dimension == dimension);
        of_it.map(|value| value.value.clone()).collect()
    };
    vec![
        ("service", of(|finding| finding.event_source.clone())),
        ("call", of(call)),
        ("error_code", of(|finding| finding.error_code.clone())),
        ("actor", valued(Dimension::Actor)),
        (
            "access_key",
            event.keys.iter().map(|key| key.id.clone()).collect(),
        ),
        ("source_network", valued(Dimension::SourceNetwork)),
        ("region", valued(Dimension::Region)),
        ("cluster_id", of(|finding| finding.cluster.to_string())),
    ]
}

/// A call as people name it: `iam:CreateUser`.
fn call(finding: &Finding) -> String {
    let source = &finding.event_source;
    let service = source.strip_suffix(".amazonaws.com").unwrap_or(source);
    format!("{service}:{}", finding.event_name)
}

/// Each value once, the first ones in their order.
fn listed(name: &str, values: &[String]) -> Vec<(String, String)> {
    let mut first: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, value) in values.iter().enumerate().filter(|(_, value)| !value.is_empty()) {
        first.entry(value).or_insert(place);
    }
    let mut each: Vec<_> = first.into_iter().collect();
    each.sort_by_key(|(_, place)| *place);
    let hidden = each.len().saturating_sub(MOST);
    let shown = each.into_iter().take(MOST);
    let mut pairs: Vec<_> = shown
        .map(|(value, _)| (name.to_owned(), value.to_owned()))
        .collect();
    if hidden > 0 {
        pairs.push((format!("{name}_more"), hidden.to_string()));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use firstsight_sink::conformance::fixture;
    use firstsight_sink::{EventKind, TroubleKind};

    use super::*;

    #[test]
    fn dimensions_come_first_and_each_value_once() {
        let mut event = fixture::event(1);
        event.findings.push(event.findings[0].clone());
        let pairs = of(&event);
        let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names[..3], ["account", "inspection", "kind"]);
        let calls = pairs.iter().filter(|(name, _)| name == "call");
        assert_eq!(
            calls.collect::<Vec<_>>(),
            [&("call".to_owned(), "cloudtrail:StopLogging".to_owned())]
        );
    }

    #[test]
    fn trouble_counts_no_errors() {
        let event = fixture::trouble(1, TroubleKind::Failing, EventKind::Opened);
        let pairs = of(&event);
        let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        assert!(
            names.contains(&"runs_in_a_row") && !names.contains(&"findings"),
            "{names:?}"
        );
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let values: Vec<_> = (0..23).map(|number| number.to_string()).collect();
        let pairs = listed("actor", &values);
        assert_eq!(pairs.len(), MOST + 1);
        assert_eq!(pairs[0], ("actor".to_owned(), "0".to_owned()));
        assert_eq!(pairs[MOST], ("actor_more".to_owned(), "3".to_owned()));
    }
}
