//! Access keys: owner, status, age and last use; account aliases.
//!
//! CloudTrail tells every use of every key. IAM knows besides whose a long-lived key (`AKIA…`) is, whether it can be
//! used, how old it is, and when it was used last with success or in records that were not read. Temporary keys
//! (`ASIA…`) are not known to IAM.
//!
//! What cannot be found out is told with its reason and what to do; it never fails a run. A key costs a request
//! (`iam:GetAccessKeyLastUsed`), its user another (`iam:ListAccessKeys`, which is made once for both keys that a user can
//! have), an account's alias a third (`iam:ListAccountAliases`).
//!
//! ```
//! use std::collections::BTreeMap;
//! use std::sync::Arc;
//!
//! use firstsight_aws::api::IamApi;
//! use firstsight_aws::iam::{KeyDirectory, KeyStanding};
//!
//! async fn tell(iam: Arc<dyn IamApi>) {
//!     let directory = KeyDirectory::new(BTreeMap::from([("111122223333".to_owned(), iam)]));
//!     let keys = [("111122223333".to_owned(), "AKIAIOSFODNN7EXAMPLE".to_owned())];
//!     let now = "2026-03-14T11:00:00Z".parse().unwrap();
//!     for (key, standing) in directory.standings(&keys, now).await {
//!         match standing {
//!             KeyStanding::Known { user, .. } => println!("{key} is a key of {user}"),
//!             KeyStanding::Unknown { reason } => println!("{key}: {reason}"),
//!         }
//!     }
//! }
//! ```

mod memory;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::Arc;

use firstsight_cloudtrail::Timestamp;
use futures_util::{StreamExt as _, stream};

use self::memory::{Answer, Memory};
use crate::api::{IamApi, KeyListed, KeyUsed};
use crate::error::AwsError;

/// How many requests are under way at once, an account.
const AT_ONCE: usize = 4;
/// How many accounts are asked at once.
const ACCOUNTS_AT_ONCE: usize = 4;

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

/// Looks access keys and account aliases up, by account; remembers answers for an hour and failures for five minutes.
///
/// A failure that is not about one key (no credentials, throttling, a denial where nothing was answered) is taken for the
/// account's, so that it costs one request, not one a key.
#[derive(Debug)]
pub struct KeyDirectory {
    accounts: BTreeMap<String, Arc<dyn IamApi>>,
    most: usize,
    used: Memory<KeyUsed>,
    listed: Memory<Vec<KeyListed>>,
    aliases: Memory<Option<String>>,
}

impl KeyDirectory {
    /// At most so many keys are asked for in a call of [`standings`](Self::standings), by default: findings name few
    /// keys, and an attacker can name many.
    pub const MOST_KEYS: usize = 100;

    /// Over these accounts' IAM.
    #[must_use]
    pub fn new(accounts: BTreeMap<String, Arc<dyn IamApi>>) -> Self {
        Self {
            accounts,
            most: Self::MOST_KEYS,
            used: Memory::default(),
            listed: Memory::default(),
            aliases: Memory::default(),
        }
    }

    /// With at most so many keys asked for in a call, in place of [`MOST_KEYS`](Self::MOST_KEYS); what is remembered does
    /// not count.
    #[must_use]
    pub fn most_keys(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// The standing of each long-lived key (`AKIA…`) among these pairs of account and key id; others are left out.
    ///
    /// The first ones have precedence where there are more than are asked for. A key that comes with several accounts is
    /// known if one of them knows it.
    pub async fn standings(
        &self,
        keys: &[(String, String)],
        now: Timestamp,
    ) -> BTreeMap<String, KeyStanding> {
        self.used.forget(now);
        self.listed.forget(now);
        let mut standings = BTreeMap::new();
        let found = stream::iter(self.to_ask(keys, now, &mut standings))
            .map(|(account, keys)| async move { self.in_account(account, keys, now).await })
            .buffered(ACCOUNTS_AT_ONCE);
        let found: Vec<_> = found.collect().await;
        for (key, standing) in found.into_iter().flatten() {
            put(&mut standings, key, standing);
        }
        standings
    }

    /// The keys to ask for, by account. The others' standing is put down at once.
    fn to_ask(
        &self,
        keys: &[(String, String)],
        now: Timestamp,
        standings: &mut BTreeMap<String, KeyStanding>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let mut by_account: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut room = self.most;
        for (account, key) in keys.iter().filter(|(_, key)| is_long_lived(key)) {
            let reached = self.accounts.contains_key(account);
            let is_known = self.used.get(account, key, now).is_some();
            if !reached {
                put(standings, key.clone(), unknown(not_reached(account)));
            } else if is_known || room > 0 {
                let is_first = by_account.entry(account.clone()).or_default().insert(key.clone());
                room -= usize::from(is_first && !is_known);
            } else {
                put(standings, key.clone(), unknown(too_many(self.most)));
            }
        }
        by_account
    }

    /// The standing of some keys of one account.
    async fn in_account(
        &self,
        account: String,
        keys: BTreeSet<String>,
        now: Timestamp,
    ) -> Vec<(String, KeyStanding)> {
        let Some(iam) = self.accounts.get(&account) else {
            return Vec::new();
        };
        let used = ask(&self.used, &account, keys, now, |key| {
            let iam = Arc::clone(iam);
            async move { iam.key_last_used(&key).await }
        });
        let used = used.await;
        let users = used.values().flatten().map(|used| used.user.clone());
        // The root user has keys and no name that they could be listed by.
        let users = users.filter(|user| !user.is_empty()).collect();
        let listed = ask(&self.listed, &account, users, now, |user| {
            let iam = Arc::clone(iam);
            async move { iam.keys_of(&user).await }
        });
        let listed = listed.await;
        used.into_iter()
            .map(|(key, used)| {
                let standing = used.map_or_else(unknown, |used| standing(&key, used, &listed));
                (key, standing)
            })
            .collect()
    }

    /// The alias of each of these accounts that has one and lets it be seen.
    pub async fn aliases(&self, accounts: &[String], now: Timestamp) -> BTreeMap<String, String> {
        self.aliases.forget(now);
        let each: BTreeSet<String> = accounts.iter().cloned().collect();
        let found = stream::iter(each)
            .map(|account| async move { (self.alias(&account, now).await, account) })
            .buffered(ACCOUNTS_AT_ONCE);
        let found: Vec<_> = found.collect().await;
        let named = found.into_iter();
        named
            .filter_map(|(alias, account)| Some((account, alias?)))
            .collect()
    }

    async fn alias(&self, account: &str, now: Timestamp) -> Option<String> {
        let iam = self.accounts.get(account)?;
        if let Some(known) = self.aliases.get(account, "", now) {
            return known.ok().flatten();
        }
        let answer = iam.account_alias().await;
        self.aliases.keep(account, "", answer, now).ok().flatten()
    }
}

/// Asks for each of these what is not remembered. The first one goes ahead: if the account refuses, the others are not
/// sent at all.
async fn ask<T, F>(
    memory: &Memory<T>,
    account: &str,
    all: BTreeSet<String>,
    now: Timestamp,
    call: impl Fn(String) -> F,
) -> BTreeMap<String, Answer<T>>
where
    T: Clone,
    F: Future<Output = Result<T, AwsError>>,
{
    let one = async |of: String| {
        let answer = match memory.get(account, &of, now) {
            Some(known) => known,
            None => memory.keep(account, &of, call(of.clone()).await, now),
        };
        (of, answer)
    };
    let mut answers = BTreeMap::new();
    let mut rest = all.into_iter();
    let is_unknown = |of: &String| memory.get(account, of, now).is_none();
    for of in rest.by_ref() {
        let is_probe = is_unknown(&of);
        answers.extend([one(of).await]);
        if is_probe {
            break;
        }
    }
    let others: Vec<_> = stream::iter(rest).map(one).buffered(AT_ONCE).collect().await;
    answers.extend(others);
    answers
}

/// Whether this is the id of a long-lived key: `AKIA…`, of letters and digits. Anything else would be refused, and could
/// have been made up.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html> (16 to 128 characters).
fn is_long_lived(key: &str) -> bool {
    key.starts_with("AKIA")
        && (16..=128).contains(&key.len())
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// What is known stays: of the accounts that a key comes with, one owns it.
fn put(standings: &mut BTreeMap<String, KeyStanding>, key: String, standing: KeyStanding) {
    let known = standings.get(&key);
    if !matches!(known, Some(KeyStanding::Known { .. })) {
        standings.insert(key, standing);
    }
}

const fn unknown(reason: String) -> KeyStanding {
    KeyStanding::Unknown { reason }
}

fn not_reached(account: &str) -> String {
    format!("account {account} is not reached: name its role with --role-arn")
}

fn too_many(most: usize) -> String {
    format!("not asked for: at most {most} keys are looked up at a time")
}

/// What both calls say of a key, together.
fn standing(key: &str, used: KeyUsed, listed: &BTreeMap<String, Answer<Vec<KeyListed>>>) -> KeyStanding {
    let (found, reason) = match listed.get(&used.user) {
        Some(Ok(keys)) => match keys.iter().find(|listed| listed.id == key) {
            Some(found) => (Some(found), None),
            None => (None, Some("not listed any more: deleted just now".to_owned())),
        },
        Some(Err(reason)) => (None, Some(reason.clone())),
        None => (
            None,
            Some("keys of the root user are listed to nobody else".to_owned()),
        ),
    };
    KeyStanding::Known {
        active: found.map(|listed| listed.active),
        created: found.and_then(|listed| listed.created),
        reason,
        user: used.user,
        last_used: used.last_used,
        service: used.service.filter(is_told),
        region: used.region.filter(is_told),
    }
}

/// IAM writes `N/A` where a key was never used, and for the region of services that have none.
fn is_told(word: &String) -> bool {
    !word.is_empty() && word != "N/A"
}
