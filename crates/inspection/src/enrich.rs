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

/// The account that the owner is of, as far as its name tells (`arn:aws:iam::111122223333:user/x`,
/// `account:111122223333`), else the one that its records count for.
fn account_to_ask(key: &KeyActivity) -> &str {
    let mut parts = key.owner.split(':');
    let named = match parts.next() {
        Some("arn") => parts.nth(3),
        Some("account") => parts.next(),
        _ => None,
    };
    let is_account = |part: &&str| part.len() == 12 && part.bytes().all(|byte| byte.is_ascii_digit());
    named.filter(is_account).unwrap_or(&key.account)
}

#[cfg(test)]
mod tests {
    use firstsight_engine::Silenced;
    use firstsight_sink::{AccountReport, Event, EventKind, InputReport, SeverityCounts};

    use super::*;
    use crate::event::tests::example;
    use crate::{decode_event, encode_event};

    const ACCOUNT: &str = "111122223333";
    const OTHER: &str = "444455556666";

    fn key(id: &str, owner: &str) -> KeyActivity {
        KeyActivity {
            id: id.to_owned(),
            account: ACCOUNT.to_owned(),
            owner: owner.to_owned(),
            last_used: "2026-03-14T10:52:10Z".parse().unwrap(),
            last_call: "iam:CreateUser".to_owned(),
            region: "us-east-1".to_owned(),
            errors: 1,
            iam: None,
        }
    }

    fn alice(id: &str) -> KeyActivity {
        key(id, "arn:aws:iam::111122223333:user/alice")
    }

    fn event() -> Event {
        Event {
            keys: vec![alice("AKIAEVENT"), alice("AKIABOTH")],
            ..example(EventKind::Opened, &[])
        }
    }

    fn account(account: &str) -> AccountReport {
        AccountReport {
            account: account.to_owned(),
            alias: None,
            learning: None,
            records: 0,
            errors: 0,
            active_clusters: 0,
            known_clusters: 0,
            silenced: Silenced::default(),
            hours: Vec::new(),
        }
    }

    fn report() -> Report {
        let window = event().window;
        Report {
            schema: Report::SCHEMA.to_owned(),
            inspection: "default".to_owned(),
            sources: Vec::new(),
            window,
            baseline: window,
            complete: true,
            notes: Vec::new(),
            input: InputReport::default(),
            accounts: vec![account(ACCOUNT), account(OTHER)],
            silenced: Silenced::default(),
            findings: Vec::new(),
            found: SeverityCounts::default(),
            hidden: SeverityCounts::default(),
            events: vec![event()],
            errors_per_hour: Vec::new(),
            new_clusters_per_hour: Vec::new(),
            keys: vec![alice("AKIABOTH"), alice("ASIATEMPORARY")],
        }
    }

    /// What is known of one key.
    fn of(id: &str) -> (KeyStanding, BTreeMap<String, KeyStanding>) {
        let standing = KeyStanding::Unknown {
            reason: "not permitted".to_owned(),
        };
        (standing.clone(), BTreeMap::from([(id.to_owned(), standing)]))
    }

    #[test]
    fn long_lived_keys_of_report_and_events_are_looked_up_once() {
        let pair = |id: &str| (ACCOUNT.to_owned(), id.to_owned());
        assert_eq!(keys_to_look_up(&report()), [pair("AKIABOTH"), pair("AKIAEVENT")]);
        assert_eq!(accounts_to_name(&report()), [ACCOUNT, OTHER]);
    }

    #[test]
    fn the_owners_account_is_asked() {
        for (owner, asked) in [
            ("arn:aws:iam::111122223333:user/alice", ACCOUNT),
            ("arn:aws-cn:iam::444455556666:user/path/bob", OTHER),
            ("account:777788889999", "777788889999"),
            ("root", ACCOUNT),
            ("unknown", ACCOUNT),
            ("arn:aws:iam::44445555666x:user/x", ACCOUNT),
            ("arn:", ACCOUNT),
            ("account:1", ACCOUNT),
        ] {
            let pairs = long_lived(&[key("AKIAKEY", owner)]);
            assert_eq!(pairs, [(asked.to_owned(), "AKIAKEY".to_owned())], "{owner}");
        }
    }

    #[test]
    fn what_is_known_is_put_in_and_the_rest_stays() {
        let mut told = report();
        let (standing, standings) = of("AKIABOTH");
        let aliases = BTreeMap::from([(ACCOUNT.to_owned(), "acme-prod".to_owned())]);
        enrich(&mut told, &standings, &aliases);
        assert_eq!(told.keys[0].iam, Some(standing.clone()));
        assert_eq!(told.keys[1].iam, None);
        assert_eq!(told.events[0].keys[0].iam, None);
        assert_eq!(told.events[0].keys[1].iam, Some(standing));
        assert_eq!(told.accounts[0].alias.as_deref(), Some("acme-prod"));
        assert_eq!(told.accounts[1].alias, None);
        let once = told.clone();
        enrich(&mut told, &BTreeMap::new(), &BTreeMap::new());
        assert_eq!(told, once, "nothing known changes nothing");
    }

    /// What was recorded before IAM could be asked keeps its bytes, and so does what is recorded now.
    #[test]
    fn an_event_is_recorded_without_what_iam_says() {
        let mut event = event();
        let bytes = encode_event(&event);
        assert!(!String::from_utf8_lossy(&bytes).contains("\"iam\""));
        assert_eq!(decode_event(&event.id, &bytes).unwrap(), event);
        let (_, standings) = of("AKIAEVENT");
        enrich_keys(&mut event.keys, &standings);
        assert!(String::from_utf8_lossy(&encode_event(&event)).contains("\"iam\""));
    }
}
