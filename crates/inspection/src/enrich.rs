//! What AWS knows besides the records: access keys' standing in IAM, and accounts' aliases.
//!
//! It is put into a report, never into what is recorded: an event is a function of what was read, and is the same bytes
//! whoever makes it and when. So IAM is asked when a report is made, and a report made later can tell more.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_sink::{KeyActivity, KeyStanding, Report};

/// The long-lived keys of a report and its events, each with the account to ask, see [`long_lived`].
#[must_use]
pub fn keys_to_look_up(report: &Report) -> Vec<(String, String)> {
    long_lived(all_keys(report))
}

/// The long-lived ones (`AKIA…`) of these keys, each with the account to ask, in order and each once.
///
/// That is the account of the key's owner, where the records name one by ARN: a key of another account can fail in ours.
/// Temporary keys (`ASIA…`) are not known to IAM.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html> (unique ID prefixes).
#[must_use]
pub fn long_lived<'a>(keys: impl IntoIterator<Item = &'a KeyActivity>) -> Vec<(String, String)> {
    let keys = keys.into_iter().filter(|key| key.id.starts_with("AKIA"));
    let pairs: BTreeSet<_> = keys
        .map(|key| (account_to_ask(key).to_owned(), key.id.clone()))
        .collect();
    pairs.into_iter().collect()
}

/// The accounts of a report, for their aliases.
#[must_use]
pub fn accounts_to_name(report: &Report) -> Vec<String> {
    let accounts = report.accounts.iter();
    accounts.map(|account| account.account.clone()).collect()
}

/// Puts into a report what is known of its keys (by id), of those of its events, and of its accounts (aliases by account).
/// What is not among them stays as it is.
pub fn enrich(
    report: &mut Report,
    standings: &BTreeMap<String, KeyStanding>,
    aliases: &BTreeMap<String, String>,
) {
    enrich_keys(&mut report.keys, standings);
    for event in &mut report.events {
        enrich_keys(&mut event.keys, standings);
    }
    for account in &mut report.accounts {
        if let Some(alias) = aliases.get(&account.account) {
            account.alias = Some(alias.clone());
        }
    }
}

/// Puts what is known of them into these keys, as [`enrich`] does: for lists and explanations.
pub fn enrich_keys(keys: &mut [KeyActivity], standings: &BTreeMap<String, KeyStanding>) {
    for key in keys {
        if let Some(standing) = standings.get(&key.id) {
            key.iam = Some(standing.clone());
        }
    }
}

fn all_keys(report: &Report) -> impl Iterator<Item = &KeyActivity> {
    let of_events = report.events.iter().flat_map(|event| &event.keys);
    report.keys.iter().chain(of_events)
}

/// The account in the owner's ARN, else the one that its records count for.
fn account_to_ask(key: &KeyActivity) -> &str {
    let in_arn = key
        .owner
        .strip_prefix("arn:")
        .and_then(|rest| rest.split(':').nth(3));
    let is_account = |part: &&str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit());
    in_arn.filter(is_account).unwrap_or(&key.account)
}
