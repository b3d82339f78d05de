//! Which technique of an attacker a call is: `data/attack.tsv`.

use std::sync::LazyLock;

use serde::Serialize;

use super::calls::CallTable;

const TABLE: &str = include_str!("../../data/attack.tsv");

static TECHNIQUES: LazyLock<CallTable<Technique>> = LazyLock::new(|| CallTable::read(TABLE, technique));

/// A technique of MITRE ATT&CK (Enterprise matrix).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Technique {
    /// Its id: `T1562.008`.
    pub id: &'static str,
    /// Its name: `Disable or Modify Cloud Logs`.
    pub name: &'static str,
    /// The tactic that such calls serve, by its short name: `defense-evasion`.
    pub tactic: &'static str,
}

/// The technique that a call belongs to when an attacker makes it. `None` for a call without a row in
/// `data/attack.tsv`, which names its source and licence.
///
/// ```
/// use firstsight_cloudtrail::classify::attack;
///
/// let technique = attack("cloudtrail.amazonaws.com", "StopLogging").expect("the table has it");
/// assert_eq!((technique.id, technique.name), ("T1562.008", "Disable or Modify Cloud Logs"));
/// assert_eq!(attack("cloudwatch.example.com", "StopLogging"), None);
/// ```
#[must_use]
pub fn attack(event_source: &str, event_name: &str) -> Option<Technique> {
    TECHNIQUES.find(event_source, event_name).copied()
}

fn technique([_, _, id, name, tactic]: [&'static str; 5]) -> Option<Technique> {
    Some(Technique { id, name, tactic })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::super::calls::example;
    use super::super::table::{lines, rows};
    use super::*;

    /// The tactics of the Enterprise matrix, by their short names.
    const TACTICS: [&str; 14] = [
        "reconnaissance",
        "resource-development",
        "initial-access",
        "execution",
        "persistence",
        "privilege-escalation",
        "defense-evasion",
        "credential-access",
        "discovery",
        "lateral-movement",
        "collection",
        "command-and-control",
        "exfiltration",
        "impact",
    ];

    fn digits(text: &str, number: usize) -> bool {
        text.len() == number && text.bytes().all(|byte| byte.is_ascii_digit())
    }

    fn is_id(id: &str) -> bool {
        id.strip_prefix('T')
            .is_some_and(|number| match number.split_once('.') {
                Some((technique, sub)) => digits(technique, 4) && digits(sub, 3),
                None => digits(number, 4),
            })
    }

    #[test]
    fn every_line_of_the_table_is_a_technique() {
        assert_eq!(TECHNIQUES.len(), lines(TABLE).count());
        for [source, name, id, called, tactic] in rows::<5>(TABLE) {
            assert!(is_id(id) && !called.is_empty(), "{source} {name} {id}");
            assert!(TACTICS.contains(&tactic), "{source} {name} {tactic}");
        }
    }

    /// A row that another one hides would be a dead letter.
    #[test]
    fn every_row_decides_a_call_that_it_names() {
        let whole = CallTable::read(TABLE, Some);
        for row in rows::<5>(TABLE) {
            let [source, name, ..] = row;
            let (source, name) = (format!("{source}.amazonaws.com"), example(name));
            assert_eq!(whole.find(&source, &name), Some(&row), "{source} {name}");
            assert_eq!(attack(&source, &name), technique(row), "{source} {name}");
        }
    }

    #[test]
    fn a_technique_is_called_the_same_everywhere() {
        let mut known = BTreeMap::new();
        for row in rows::<5>(TABLE) {
            let one = technique(row).unwrap();
            assert_eq!(*known.entry(one.id).or_insert(one), one, "{row:?}");
        }
        assert!(known.len() > 40);
    }

    #[test]
    fn the_table_names_its_source_and_licence() {
        for needed in [
            "version 16.1",
            "The MITRE Corporation",
            "reproduced and distributed with the permission",
        ] {
            assert!(TABLE.contains(needed), "{needed}");
        }
    }

    #[test]
    fn narrower_rows_come_first() {
        let of = |source: &str, name: &str| {
            attack(&format!("{source}.amazonaws.com"), name).map(|technique| technique.id)
        };
        assert_eq!(of("iam", "CreateAccessKey"), Some("T1098.001"));
        assert_eq!(of("iam", "TagUser"), Some("T1098"));
        assert_eq!(of("iam", "ListAttachedRolePolicies"), Some("T1069.003"));
        assert_eq!(of("ec2", "DescribeInstanceAttribute"), Some("T1552.005"));
        assert_eq!(of("ec2", "DescribeInstances"), Some("T1580"));
        assert_eq!(of("lambda", "CreateFunction20150331"), Some("T1648"));
        assert_eq!(of("s3", "GetBucketTagging"), None);
    }

    proptest! {
        #[test]
        fn any_call_has_a_technique_or_none(source in any::<String>(), name in any::<String>()) {
            prop_assert!(attack(&source, &name).is_none_or(|technique| is_id(technique.id)));
        }
    }
}
