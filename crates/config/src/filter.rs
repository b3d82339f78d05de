//! What policies and mutes match by.

use firstsight_engine::{Class, ClusterId};
use firstsight_inspection::alert::{Filter, Pattern};

use crate::reading::{Section, Value};
use crate::shape::{Key, Kind, Shape, TEXTS, words};

pub(crate) const SHAPE: Shape = Shape {
    name: "match",
    keys: &[
        Key::new("inspections", TEXTS, "Patterns of inspections' names."),
        Key::new("accounts", TEXTS, "Patterns of account ids."),
        Key::new("services", TEXTS, "Patterns of services, as iam."),
        Key::new("calls", TEXTS, "Patterns of calls, as iam:Create*."),
        Key::new("error_codes", TEXTS, "Patterns of error codes."),
        Key::new(
            "classes",
            Kind::List(&Kind::Words(&words(&CLASSES))),
            "Classes of errors.",
        ),
        Key::new("actors", TEXTS, "Patterns of actors."),
        Key::new("clusters", TEXTS, "Ids of clusters."),
    ],
};

/// The classes, by the names that reports and listings use.
pub const CLASSES: [(&str, Class); 11] = [
    ("access-denied", Class::AccessDenied),
    ("authentication", Class::Authentication),
    ("throttling", Class::Throttling),
    ("not-configured", Class::NotConfigured),
    ("not-found", Class::NotFound),
    ("conflict", Class::Conflict),
    ("validation", Class::Validation),
    ("quota", Class::Quota),
    ("dry-run", Class::DryRun),
    ("service-fault", Class::ServiceFault),
    ("other", Class::Other),
];

/// The filter under `match`; one that matches everything where there is none.
pub(crate) fn read(section: &Section<'_>) -> Filter {
    let Some(filter) = section.get("match").and_then(|filter| filter.section(&SHAPE)) else {
        return Filter::default();
    };
    let patterns = |key: &str| each(&filter, key, |item| item.parsed(pattern));
    Filter {
        inspections: patterns("inspections"),
        accounts: patterns("accounts"),
        services: patterns("services"),
        calls: patterns("calls"),
        error_codes: patterns("error_codes"),
        classes: each(&filter, "classes", |item| item.one_of(&CLASSES)),
        actors: patterns("actors"),
        clusters: each(&filter, "clusters", |item| item.parsed(cluster)),
    }
}

fn each<T>(filter: &Section<'_>, key: &str, read: impl Fn(&Value<'_>) -> Option<T>) -> Vec<T> {
    let items = filter.get(key).map_or_else(Vec::new, |list| list.list());
    items.iter().filter_map(read).collect()
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::try_from(text.to_owned()).map_err(|error| error.to_string())
}

fn cluster(text: &str) -> Result<ClusterId, String> {
    text.parse().map_err(|_| {
        format!(
            "{text:?} is no cluster's id: 32 hexadecimal digits, as 'firstsight clusters -f json' prints them"
        )
    })
}
