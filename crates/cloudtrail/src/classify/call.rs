//! How a call acts and how much it matters: `data/sensitivity.tsv`.

use std::sync::LazyLock;

use super::calls::CallTable;
use super::table::word;
use super::{Sensitivity, Verb};

const TABLE: &str = include_str!("../../data/sensitivity.tsv");

static CALLS: LazyLock<CallTable<Sensitivity>> = LazyLock::new(|| CallTable::read(TABLE, sensitivity));

/// Words that a reading call's name begins with. Source: AWS service authorization reference, access levels List and
/// Read.
const READING: [&str; 24] = [
    "Check",
    "Count",
    "Describe",
    "Detect",
    "Discover",
    "Download",
    "Estimate",
    "Filter",
    "Get",
    "Head",
    "Is",
    "List",
    "Lookup",
    "Preview",
    "Query",
    "Read",
    "Scan",
    "Search",
    "Select",
    "Simulate",
    "StartQuery",
    "StopQuery",
    "Validate",
    "View",
];

/// Words that may stand before the one that tells: `BatchGetItem`, `AdminGetUser`.
const BEFORE: [&str; 5] = ["Admin", "Batch", "Bulk", "PartiQL", "Transact"];

impl Verb {
    /// Whether a call reads or writes, from its name. What the name does not tell counts as writing.
    ///
    /// ```
    /// use firstsight_cloudtrail::classify::Verb;
    ///
    /// assert_eq!(Verb::of("ListBuckets"), Verb::Read);
    /// assert_eq!(Verb::of("BatchGetItem"), Verb::Read);
    /// assert_eq!(Verb::of("StopLogging"), Verb::Write);
    /// ```
    #[must_use]
    pub fn of(event_name: &str) -> Self {
        let reads = |name: &str| READING.into_iter().any(|word| starts_with_word(name, word));
        let behind = || BEFORE.into_iter().find_map(|word| event_name.strip_prefix(word));
        if reads(event_name) || behind().is_some_and(reads) {
            Self::Read
        } else {
            Self::Write
        }
    }
}

impl Sensitivity {
    /// How sensitive a call is: `data/sensitivity.tsv` decides, and what stands not there is
    /// [`Normal`](Self::Normal).
    ///
    /// ```
    /// use firstsight_cloudtrail::classify::Sensitivity;
    ///
    /// let of = |name| Sensitivity::of("cloudtrail.amazonaws.com", name);
    /// assert_eq!(of("StopLogging"), Sensitivity::Critical);
    /// assert_eq!(of("CreateTrail"), Sensitivity::Sensitive);
    /// assert_eq!(of("LookupEvents"), Sensitivity::Normal);
    /// ```
    #[must_use]
    pub fn of(event_source: &str, event_name: &str) -> Self {
        CALLS
            .find(event_source, event_name)
            .copied()
            .unwrap_or(Self::Normal)
    }
}

fn sensitivity([_, _, sensitivity, _]: [&'static str; 4]) -> Option<Sensitivity> {
    word(sensitivity)
}

/// Whether a name in camel case starts with a whole word: `Get` in `GetRole` and `Get`, not in `Getaway`.
fn starts_with_word(name: &str, word: &str) -> bool {
    name.strip_prefix(word)
        .is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::calls::example;
    use super::super::table::{lines, rows};
    use super::*;

    #[test]
    fn every_line_of_the_table_is_a_rule() {
        assert_eq!(CALLS.len(), lines(TABLE).count());
    }

    /// A row that another one hides would be a dead letter: each decides a call that it names.
    #[test]
    fn every_row_decides_its_call() {
        let whole = CallTable::read(TABLE, Some);
        for row in rows::<4>(TABLE) {
            let [source, name, _, why] = row;
            assert_eq!(whole.find(source, &example(name)), Some(&row), "{source} {name}");
            assert!(!why.is_empty(), "{source} {name}");
        }
    }

    #[test]
    fn reading_names_are_whole_words() {
        for name in [
            "GetObject",
            "ListUsers",
            "DescribeInstances",
            "HeadBucket",
            "LookupEvents",
            "BatchGetSecretValue",
            "BatchCheckLayerAvailability",
            "AdminGetUser",
            "TransactGetItems",
            "PartiQLSelect",
            "GetPolicy20150331v2",
            "Query",
        ] {
            assert_eq!(Verb::of(name), Verb::Read, "{name}");
        }
        for name in [
            "",
            "PutObject",
            "Checkout",
            "Issue",
            "BatchWriteItem",
            "ConsoleLogin",
            "AssumeRole",
            "Decrypt",
            "getObject",
            "Headline",
        ] {
            assert_eq!(Verb::of(name), Verb::Write, "{name}");
        }
    }

    #[test]
    fn sensitivity_looks_at_service_and_call() {
        let of = |source: &str, name: &str| Sensitivity::of(&format!("{source}.amazonaws.com"), name);
        assert_eq!(of("organizations", "LeaveOrganization"), Sensitivity::Critical);
        assert_eq!(of("organizations", "ListAccounts"), Sensitivity::Normal);
        assert_eq!(of("sts", "AssumeRoleWithSAML"), Sensitivity::Sensitive);
        assert_eq!(of("sts", "GetCallerIdentity"), Sensitivity::Normal);
        assert_eq!(
            of("lambda", "UpdateFunctionCode20150331v2"),
            Sensitivity::Sensitive
        );
        assert_eq!(of("ssm", "GetParametersByPath"), Sensitivity::Sensitive);
        assert_eq!(of("s3", "GetObject"), Sensitivity::Normal);
        assert_eq!(of("example", "StopLogging"), Sensitivity::Normal);
    }

    proptest! {
        #[test]
        fn any_name_has_a_verb_and_a_sensitivity(source in any::<String>(), name in any::<String>()) {
            let _ = (Verb::of(&name), Sensitivity::of(&source, &name));
        }
    }
}
