//! What IAM says of an access key.

use std::collections::BTreeMap;

use firstsight_engine::{Locale, Time};
use serde::{Deserialize, Serialize};

use crate::event::KeyActivity;
use crate::explanation::words;
use crate::text::counted;

/// What IAM says of a long-lived access key, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum KeyStanding {
    /// IAM knows the key.
    Known {
        /// The user that owns it.
        user: String,
        /// Whether it can be used; `None` where the user's keys may not be listed.
        active: Option<bool>,
        /// When it was made; `None` as for `active`.
        created: Option<Time>,
        /// When it was used last by IAM's account, which lags, keeps one use in 15 minutes, and may not count failed
        /// calls; `None`: never.
        last_used: Option<Time>,
        /// For which service then, as `s3`.
        service: Option<String>,
        /// In which region then; `None` for services that have none.
        region: Option<String>,
        /// Why `active` and `created` are not known, and what to do; `None` where they are.
        reason: Option<String>,
    },
    /// IAM was not asked, did not answer, or does not know the key.
    Unknown {
        /// Why, and what to do.
        reason: String,
    },
}

/// One thing that IAM says of a key, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Saying<'a> {
    /// Whose it is.
    User(&'a str),
    /// It can be used.
    Active,
    /// It cannot be used any more.
    Inactive,
    /// When it was made, and the days from then to its last use in the records.
    Created { on: Time, days: u64 },
    /// It was never used.
    NeverUsed,
    /// When it was used last and for what.
    Used { at: Time, place: String },
    /// That was later than in any record that was read.
    UsedSince,
    /// It had not been used for so many days before its last use in the records.
    Dormant { days: u64 },
    /// Status and age are not known, and why.
    NotListed(&'a str),
    /// Nothing is known, and why.
    Unknown(&'a str),
}

impl Saying<'_> {
    /// A key that was not used for so long should have been removed.
    /// Source: AWS Config, rule `iam-user-unused-credentials-check` (`maxCredentialUsageAge`, 90 by default).
    const DORMANT_DAYS: u64 = 90;
    /// IAM keeps the first of several uses within 15 minutes, to the minute: less tells nothing.
    /// Source: IAM user guide, credential report (`access_key_1_last_used_date`).
    const LAG_MILLIS: i64 = 15 * 60 * 1000;

    /// Whether it should catch the eye.
    pub(crate) const fn is_alert(&self) -> bool {
        matches!(self, Self::Inactive | Self::Dormant { .. })
    }
}

/// What IAM says of a key, in the order in which it is read: whose, status, age, last use. Nothing where it was not asked.
///
/// Spans end at the key's last use in the records, not at the present: the same input gives the same text.
pub(crate) fn sayings(key: &KeyActivity) -> Vec<Saying<'_>> {
    match &key.iam {
        None => Vec::new(),
        Some(KeyStanding::Unknown { reason }) => vec![Saying::Unknown(reason)],
        Some(KeyStanding::Known {
            user,
            active,
            created,
            last_used,
            service,
            region,
            reason,
        }) => {
            // The root user has no name.
            let user = (!user.is_empty()).then_some(Saying::User(user));
            let status = active.map(|active| if active { Saying::Active } else { Saying::Inactive });
            let created = created.map(|on| Saying::Created {
                on,
                days: days(on, key.last_used),
            });
            let mut said: Vec<_> = user.into_iter().chain(status).chain(created).collect();
            let place = [service, region].map(|word| word.as_deref().unwrap_or_default());
            said.extend(last_use(key, *last_used, place));
            said.extend(reason.as_deref().map(Saying::NotListed));
            said
        }
    }
}

/// What IAM says of a key in a language, piece by piece, and whether a piece should catch the eye. Nothing where IAM was not
/// asked. Neutralise it: names and reasons are not ours.
#[must_use]
pub fn told_of_key(key: &KeyActivity, locale: Locale) -> Vec<(String, bool)> {
    let words = words::of(locale);
    let told = sayings(key).into_iter();
    told.map(|said| ((words.of_key)(&said), said.is_alert()))
        .collect()
}

fn last_use<'a>(key: &KeyActivity, by_iam: Option<Time>, place: [&str; 2]) -> Vec<Saying<'a>> {
    let Some(at) = by_iam else {
        return vec![Saying::NeverUsed];
    };
    let words: Vec<&str> = place.into_iter().filter(|word| !word.is_empty()).collect();
    let used = Saying::Used {
        at,
        place: words.join(" in "),
    };
    let dormant = days(at, key.last_used);
    let remark = if at > key.last_used.plus_millis(Saying::LAG_MILLIS) {
        Some(Saying::UsedSince)
    } else {
        (dormant >= Saying::DORMANT_DAYS).then_some(Saying::Dormant { days: dormant })
    };
    std::iter::once(used).chain(remark).collect()
}

/// Whole days from one moment to another; none where that is earlier.
fn days(from: Time, to: Time) -> u64 {
    let millis = to.as_millis().saturating_sub(from.as_millis()).max(0);
    millis.unsigned_abs() / (24 * 60 * 60 * 1000)
}

/// What IAM does not tell of these keys, a sentence a reason: `IAM tells nothing of 2 access keys: not permitted: allow …`.
/// Neutralise it: reasons can quote what a service said.
#[must_use]
pub fn untold(keys: &[KeyActivity]) -> Vec<String> {
    let mut gaps: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for saying in keys.iter().flat_map(sayings) {
        let gap = match saying {
            Saying::Unknown(reason) => ("nothing", reason),
            Saying::NotListed(reason) => ("neither status nor age", reason),
            _ => continue,
        };
        *gaps.entry(gap).or_default() += 1;
    }
    let told = gaps.into_iter().map(|((what, reason), number)| {
        let keys = counted(number, "access key", "access keys");
        format!("IAM tells {what} of {keys}: {reason}")
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::conformance::fixture;

    fn known() -> KeyStanding {
        KeyStanding::Known {
            user: "deploy".to_owned(),
            active: Some(true),
            created: "2023-05-02T08:00:00Z".parse().ok(),
            last_used: "2026-03-14T10:49:00Z".parse().ok(),
            service: Some("iam".to_owned()),
            region: Some("us-east-1".to_owned()),
            reason: None,
        }
    }

    /// The fixture's key with this standing in words.
    fn told(iam: KeyStanding) -> String {
        let key = KeyActivity {
            iam: Some(iam),
            ..fixture::report().keys[0].clone()
        };
        let words = words::of(Locale::English);
        let told: Vec<String> = sayings(&key).iter().map(|said| (words.of_key)(said)).collect();
        told.join(", ")
    }

    fn changed(change: impl FnOnce(&mut Option<bool>, &mut Option<Time>, &mut Option<Time>)) -> KeyStanding {
        let mut standing = known();
        if let KeyStanding::Known {
            active,
            created,
            last_used,
            ..
        } = &mut standing
        {
            change(active, created, last_used);
        }
        standing
    }

    #[test]
    fn owner_status_age_and_last_use_are_told_in_this_order() {
        assert_eq!(
            told(known()),
            "user deploy, active, created 2023-05-02 (2 years old), \
             last used 2026-03-14 10:49 UTC (iam in us-east-1)"
        );
    }

    #[test]
    fn inactive_dormant_and_unused_keys_stand_out() {
        let standing = changed(|active, _, last| {
            *active = Some(false);
            *last = "2025-12-14T10:00:00Z".parse().ok();
        });
        let text = told(standing.clone());
        assert!(text.contains(", inactive, "), "{text}");
        assert!(text.ends_with("not used for 90 days before"), "{text}");
        let text = told(changed(|_, _, last| *last = "2025-12-14T11:00:00Z".parse().ok()));
        assert!(!text.contains("90 days"), "{text}");
        assert!(told(changed(|_, _, last| *last = None)).ends_with("never used"));
        let key = KeyActivity {
            iam: Some(standing),
            ..fixture::report().keys[0].clone()
        };
        let alerts = sayings(&key).into_iter().filter(Saying::is_alert);
        assert_eq!(alerts.count(), 2);
    }

    /// IAM keeps one use in 15 minutes, so that only a later one is one that no record told.
    #[test]
    fn a_use_that_no_record_tells_is_named_so() {
        let at = |time: &str| told(changed(|_, _, last| *last = time.parse().ok()));
        assert!(!at("2026-03-14T11:07:10Z").contains("since"));
        assert!(at("2026-03-14T11:07:11Z").ends_with("used since the last record"));
    }

    #[test]
    fn what_is_not_known_is_counted_by_its_reason() {
        let denied = || {
            Some(KeyStanding::Unknown {
                reason: "not permitted: allow iam:GetAccessKeyLastUsed".to_owned(),
            })
        };
        let key = |iam| KeyActivity {
            iam,
            ..fixture::report().keys[0].clone()
        };
        let keys = [denied(), denied(), Some(known()), None].map(key);
        assert_eq!(
            untold(&keys),
            ["IAM tells nothing of 2 access keys: not permitted: allow iam:GetAccessKeyLastUsed"]
        );
    }

    #[test]
    fn a_key_without_a_standing_has_the_bytes_that_it_always_had() {
        let key = KeyActivity {
            iam: None,
            ..fixture::report().keys[0].clone()
        };
        let json = serde_json::to_string(&key).unwrap();
        assert!(!json.contains("iam\":"), "{json}");
        assert_eq!(serde_json::from_str::<KeyActivity>(&json).unwrap(), key);
    }

    fn any_time() -> impl Strategy<Value = Option<Time>> {
        prop::option::of((i64::MIN..i64::MAX).prop_map(Time::from_millis))
    }

    proptest! {
        #[test]
        fn any_standing_survives_json_and_is_told(
            user in any::<String>(),
            active in any::<Option<bool>>(),
            created in any_time(),
            last_used in any_time(),
            service in any::<Option<String>>(),
            reason in any::<Option<String>>(),
        ) {
            let standing = KeyStanding::Known {
                user, active, created, last_used, region: service.clone(), service, reason,
            };
            let json = serde_json::to_string(&standing).unwrap();
            prop_assert_eq!(&serde_json::from_str::<KeyStanding>(&json).unwrap(), &standing);
            prop_assert!(!told(standing).is_empty());
        }
    }
}
