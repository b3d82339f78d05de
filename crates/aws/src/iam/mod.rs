//! Access keys: owner, status, age and last use; account aliases.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_cloudtrail::Timestamp;

use crate::api::IamApi;

/// What IAM says of a long-lived key, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// IAM knows it.
    Known {
        /// The user that owns it.
        user: String,
        /// Whether it can be used; unknown where keys may not be listed.
        active: Option<bool>,
        /// When it was made.
        created: Option<Timestamp>,
        /// When it was used last, by IAM's account (it lags, and failed calls may not count); `None`: never.
        last_used: Option<Timestamp>,
        /// For which service then.
        service: Option<String>,
        /// In which region then; none for services that have none.
        region: Option<String>,
        /// Why `active` and `created` are not known, and what to do.
        reason: Option<String>,
    },
    /// IAM could not be asked, or does not know it.
    Unknown {
        /// Why, and what to do.
        reason: String,
    },
}

/// Looks access keys and account aliases up, by account; remembers the answers for a while.
#[derive(Debug)]
pub struct KeyDirectory {
    accounts: BTreeMap<String, Arc<dyn IamApi>>,
}

impl KeyDirectory {
    /// Over these accounts' IAM.
    #[must_use]
    pub fn new(accounts: BTreeMap<String, Arc<dyn IamApi>>) -> Self {
        Self { accounts }
    }

    /// The standing of each long-lived key (`AKIA…`) among these pairs of account and key id; others are left out.
    pub async fn standings(
        &self,
        keys: &[(String, String)],
        now: Timestamp,
    ) -> BTreeMap<String, KeyStanding> {
        let _ = (&self.accounts, keys, now);
        todo!()
    }

    /// The alias of each of these accounts that has one and lets it be seen.
    pub async fn aliases(&self, accounts: &[String], now: Timestamp) -> BTreeMap<String, String> {
        let _ = (accounts, now);
        todo!()
    }
}
