//! What to make.

use firstsight_cloudtrail::Hour;

use crate::error::SampleError;

/// The account ids of AWS's own documentation, in the order that samples use them.
const DOCUMENTATION_ACCOUNTS: [&str; 3] = ["111122223333", "444455556666", "777788889999"];

/// The most days, accounts and regions that a sample may have: four years of a large organisation.
const MOST_DAYS: u32 = 1_500;
const MOST_ACCOUNTS: usize = 1_000;

/// What a [`Sample`](crate::Sample) holds.
///
/// Everything follows from these values. One hour of one account depends on `seed`, `regions`, `scale` and the two
/// novelty rates only (and, in the last hour, on `attack`): a longer sample, or one of more accounts, contains the
/// shorter one byte for byte.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct SampleConfig {
    /// Chooses among samples of the same kind.
    pub seed: u64,
    /// The first hour that is no longer in the sample. The attack stands in the hour before it.
    pub end: Hour,
    /// How many days of 24 hours end at `end`: 1 to 1,500, 14 by default.
    pub days: u32,
    /// How many accounts: 1 to 1,000, 3 by default. Their ids are [`account_id`] of 0, 1, 2, …
    pub accounts: usize,
    /// The regions in use, the busiest first; `us-east-1` and `eu-west-1` by default. Global services (IAM, sign-in,
    /// Organizations, …) record in `us-east-1` whether it is listed or not, as in AWS.
    pub regions: Vec<String>,
    /// Multiplies the traffic: above 0, up to 100. At 1 an account has about 130 records an hour.
    pub scale: f64,
    /// Whether the last hour of the first account holds the attack. See [`Sample::planted`](crate::Sample::planted).
    pub attack: bool,
    /// How many harmless error signatures an account shows for the first time each UTC day; 4 by default, at most 24.
    pub new_signatures_per_day: u32,
    /// How many new roles an account has each UTC day that run into denials known from other roles; 6 by default, at
    /// most 24.
    pub new_actors_per_day: u32,
}

impl SampleConfig {
    /// 14 days of three accounts up to `end`, with the attack: about 135,000 records, of which some 7 % are errors.
    #[must_use]
    pub fn new(seed: u64, end: Hour) -> Self {
        Self {
            seed,
            end,
            days: 14,
            accounts: 3,
            regions: vec!["us-east-1".to_owned(), "eu-west-1".to_owned()],
            scale: 1.0,
            attack: true,
            new_signatures_per_day: 4,
            new_actors_per_day: 6,
        }
    }

    /// The first hour of the sample.
    #[must_use]
    pub fn start(&self) -> Hour {
        self.end.plus(-24 * i64::from(self.days))
    }

    /// # Errors
    ///
    /// [`SampleError::Config`] names the first setting that is out of its range.
    pub(crate) fn check(&self) -> Result<(), SampleError> {
        let rules = [
            ("days", "must be 1 to 1500", (1..=MOST_DAYS).contains(&self.days)),
            (
                "accounts",
                "must be 1 to 1000",
                (1..=MOST_ACCOUNTS).contains(&self.accounts),
            ),
            (
                "regions",
                "must name at least one region, like eu-west-1",
                !self.regions.is_empty() && self.regions.iter().all(|region| is_region(region)),
            ),
            (
                "scale",
                "must be above 0 and at most 100",
                self.scale > 0.0 && self.scale <= 100.0,
            ),
            (
                "new_signatures_per_day",
                "must be at most 24",
                self.new_signatures_per_day <= 24,
            ),
            (
                "new_actors_per_day",
                "must be at most 24",
                self.new_actors_per_day <= 24,
            ),
        ];
        match rules.into_iter().find(|(_, _, holds)| !holds) {
            Some((field, reason, _)) => Err(SampleError::Config { field, reason }),
            None => Ok(()),
        }
    }
}

/// The id of a sample's account: the three of AWS's documentation, then made ones of twelve digits that start with
/// `9000`.
#[must_use]
pub fn account_id(index: usize) -> String {
    DOCUMENTATION_ACCOUNTS
        .get(index)
        .map_or_else(|| format!("9000{index:08}"), |id| (*id).to_owned())
}

/// Whether a text can stand as a region in a path: lower-case letters, digits and hyphens.
pub(crate) fn is_region(text: &str) -> bool {
    (1..=32).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut SampleConfig)) -> String {
        let mut config = SampleConfig::new(1, Hour::from_index(490_000));
        change(&mut config);
        config
            .check()
            .map_or_else(|error| error.to_string(), |()| "accepted".to_owned())
    }

    #[test]
    fn the_default_is_accepted() {
        assert_eq!(refused(|_| ()), "accepted");
    }

    #[test]
    fn each_bad_setting_is_named() {
        assert_eq!(refused(|c| c.days = 0), "sample setting days: must be 1 to 1500");
        assert_eq!(
            refused(|c| c.accounts = 0),
            "sample setting accounts: must be 1 to 1000"
        );
        assert!(refused(|c| c.regions.clear()).starts_with("sample setting regions"));
        assert!(refused(|c| c.regions.push("../up".to_owned())).starts_with("sample setting regions"));
        assert!(refused(|c| c.scale = f64::NAN).starts_with("sample setting scale"));
        assert!(refused(|c| c.scale = 0.0).starts_with("sample setting scale"));
        assert!(refused(|c| c.new_signatures_per_day = 25).starts_with("sample setting new_signatures"));
        assert!(refused(|c| c.new_actors_per_day = 25).starts_with("sample setting new_actors"));
    }

    #[test]
    fn account_ids_have_twelve_digits_and_differ() {
        let ids: std::collections::BTreeSet<String> = (0..MOST_ACCOUNTS).map(account_id).collect();
        assert_eq!(ids.len(), MOST_ACCOUNTS);
        assert!(
            ids.iter()
                .all(|id| id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_digit()))
        );
    }
}
