//! What a call was about: `data/targets.tsv` and `data/target_arns.tsv`.

mod find;
mod name;
mod sensitivity;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use memchr::memmem;

use super::Sensitivity;
use super::table::{Pattern, rows, service};
use crate::event::ErrorEvent;
use find::Place;
pub use sensitivity::{InvalidTargetTable, TargetTable};

const TABLE: &str = include_str!("../../../data/targets.tsv");

static PARAMETERS: LazyLock<HashMap<&'static str, Vec<Parameter>>> = LazyLock::new(|| {
    let mut parameters: HashMap<_, Vec<_>> = HashMap::new();
    for row in rows(TABLE) {
        if let Some(parameter) = Parameter::parse(row) {
            parameters.entry(row[0]).or_default().push(parameter);
        }
    }
    parameters
});

/// The most targets that one event has; of more, the most sensitive ones.
const MAX_TARGETS: usize = 4;

/// What stands before the resource in a denial. Source: IAM user guide, access denied error messages.
const ON_RESOURCE: &str = " on resource: ";

/// One row of the table, without its service.
#[derive(Debug)]
struct Parameter {
    calls: Pattern<'static>,
    place: Vec<&'static str>,
    kind: &'static str,
}

impl Parameter {
    fn parse([_, name, parameter, kind]: [&'static str; 4]) -> Option<Self> {
        Some(Self {
            calls: Pattern::parse(name)?,
            place: parameter.split('.').collect(),
            kind,
        })
    }
}

/// The resources that a call was about, at most four, sorted: `secret:prod/db`, `bucket:payroll`, `trail:main`.
///
/// They are read from `requestParameters`, from the ARNs of `resources`, and from a denial's `on resource:`. One resource
/// has one text, whether it is named by ARN or by name. It is taken for the account's own, unless an ARN says
/// otherwise: `role@444455556666:Admin`. Names are cut at 256 bytes.
///
/// ```
/// use firstsight_cloudtrail::classify::{Sensitivity, targets};
/// # use firstsight_cloudtrail::{ErrorEvent, Reject, ScanOptions, Scanner, Visitor};
/// # #[derive(Default)]
/// # struct Targets(Vec<String>);
/// # impl Visitor for Targets {
/// #     fn error_event(&mut self, event: &ErrorEvent<'_>) {
/// #         self.0 = targets(event);
/// #     }
/// #     fn reject(&mut self, _: &Reject) {}
/// # }
/// # fn of(record: &[u8]) -> Vec<String> {
/// #     let mut found = Targets::default();
/// #     let mut scanner = Scanner::new(ScanOptions::new("2026-02-01T00:00:00Z".parse().unwrap()));
/// #     scanner.feed(record, &mut found);
/// #     scanner.finish(&mut found);
/// #     found.0
/// # }
///
/// let record = br#"{"eventTime":"2026-01-31T12:00:00Z","eventSource":"secretsmanager.amazonaws.com",
///     "eventName":"GetSecretValue","errorCode":"AccessDenied","requestParameters":{"secretId":"prod/db"}}"#;
/// // `of` scans the record and gives its event to `targets`.
/// assert_eq!(of(record), ["secret:prod/db"]);
/// assert_eq!(Sensitivity::of_target("secret:prod/db"), Sensitivity::Sensitive);
/// ```
#[must_use]
pub fn targets(event: &ErrorEvent<'_>) -> Vec<String> {
    let mut all = BTreeSet::new();
    from_parameters(event, &mut all);
    from_resources(event, &mut all);
    from_message(event, &mut all);
    most_sensitive(all)
}

fn from_parameters(event: &ErrorEvent<'_>, all: &mut BTreeSet<String>) {
    let Some(json) = event.request_parameters else {
        return;
    };
    let known = PARAMETERS.get(service(&event.event_source));
    let rules: Vec<&Parameter> = known
        .into_iter()
        .flatten()
        .filter(|rule| rule.calls.matches(&event.event_name))
        .collect();
    if rules.is_empty() {
        return;
    }
    let places: Vec<Place<'_>> = rules.iter().map(|rule| rule.place.as_slice()).collect();
    for (place, text) in find::texts(json.get(), &places) {
        all.extend(name::of_parameter(rules[place].kind, &text, &event.account));
    }
}

fn from_resources(event: &ErrorEvent<'_>, all: &mut BTreeSet<String>) {
    // Most records have none, and a look is cheaper than a second reading. A key may be written with escapes.
    let raw = event.raw.as_bytes();
    if memmem::find(raw, b"resources").is_some() || memmem::find(raw, b"\\u").is_some() {
        for (_, arn) in find::texts(event.raw, &[&["resources", "ARN"]]) {
            all.extend(name::of_arn(&arn, &event.account));
        }
    }
}

fn from_message(event: &ErrorEvent<'_>, all: &mut BTreeSet<String>) {
    let message: &Cow<'_, str> = &event.error_message;
    if let Some(at) = memmem::find(message.as_bytes(), ON_RESOURCE.as_bytes()) {
        let rest = &message[at + ON_RESOURCE.len()..];
        let arn = rest.split(char::is_whitespace).next().unwrap_or_default();
        all.extend(name::of_arn(arn.trim_matches('"'), &event.account));
    }
}

/// At most so many, sorted: the sensitive ones must not hide behind many others.
fn most_sensitive(all: BTreeSet<String>) -> Vec<String> {
    let mut kept: Vec<String> = all.into_iter().collect();
    if kept.len() > MAX_TARGETS {
        kept.sort_by_cached_key(|target| std::cmp::Reverse(Sensitivity::of_target(target)));
        kept.truncate(MAX_TARGETS);
        kept.sort_unstable();
    }
    kept
}

#[cfg(test)]
mod tests;
