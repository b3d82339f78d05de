//! What people read first of an event, in their language: its title.

use std::collections::{BTreeMap, BTreeSet};

use firstsight_engine::{Finding, Locale, Novelty};

use crate::digest::Digest;
use crate::event::{Event, EventKind};
use crate::text::{counted, listed, thousands};

impl Event {
    /// One line that says what happens, in a language. In English it is [`Event::title`], as it was recorded.
    ///
    /// It can hold texts of the log (an account): neutralise it.
    #[must_use]
    pub fn title_in(&self, locale: Locale) -> String {
        match locale {
            Locale::English => self.title.clone(),
            Locale::Chinese => self.worded_title(locale),
        }
    }

    /// The title that follows from what the event holds; [`Event::title`] is this in English.
    #[must_use]
    pub fn worded_title(&self, locale: Locale) -> String {
        if let Some(trouble) = &self.trouble {
            return crate::trouble::title(self, trouble, locale);
        }
        match locale {
            Locale::English => english(self),
            Locale::Chinese => chinese(self),
        }
    }

    /// What the event is about, as stable names and values: never counts, times or the status, so that every event of a
    /// fault has the same ones. By name. An event about the inspection itself has no account: it has what was looked at, its
    /// kind of trouble.
    #[must_use]
    pub fn dimension_tags(&self) -> [(&'static str, &str); 2] {
        let first = match &self.trouble {
            None => ("account", self.account.as_str()),
            Some(trouble) => ("check", trouble.kind.as_str()),
        };
        [first, ("inspection", &self.inspection)]
    }
}

impl Digest {
    /// One line that says how much is told, in a language: `3 events of 2 accounts: 2 opened and 1 recovered`.
    #[must_use]
    pub fn title_in(&self, locale: Locale) -> String {
        let mut kinds: BTreeMap<EventKind, u64> = BTreeMap::new();
        for event in &self.events {
            *kinds.entry(event.kind).or_default() += 1;
        }
        // What is wrong with an inspection itself is about no account.
        let of_accounts = self.events.iter().filter(|event| event.trouble.is_none());
        let accounts: BTreeSet<&str> = of_accounts.map(|event| event.account.as_str()).collect();
        let (events, accounts) = (self.events.len() as u64, accounts.len() as u64);
        match locale {
            Locale::English => {
                let kinds = kinds
                    .iter()
                    .map(|(kind, count)| format!("{} {}", thousands(*count), kind.as_str()));
                let of = match accounts {
                    0 => String::new(),
                    _ => format!(" of {}", counted(accounts, "account", "accounts")),
                };
                format!(
                    "{}{of}: {}",
                    counted(events, "CloudTrail event", "CloudTrail events"),
                    listed(&kinds.collect::<Vec<_>>())
                )
            }
            Locale::Chinese => {
                let kinds = kinds
                    .iter()
                    .map(|(kind, count)| format!("{} {} 个", chinese_kind(*kind), thousands(*count)));
                let of = match accounts {
                    0 => String::new(),
                    _ => format!("{} 个账户", thousands(accounts)),
                };
                format!(
                    "{of}共 {} 个 CloudTrail 异常事件：{}",
                    thousands(events),
                    kinds.collect::<Vec<_>>().join("，")
                )
            }
        }
    }
}

/// What happens to a fault, in a word.
#[cfg(feature = "markdown")]
pub(crate) const fn kind(kind: EventKind, locale: Locale) -> &'static str {
    match locale {
        Locale::English => kind.as_str(),
        Locale::Chinese => chinese_kind(kind),
    }
}

const fn chinese_kind(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Opened => "新发生",
        EventKind::Ongoing => "持续中",
        EventKind::Recovered => "已恢复",
    }
}

/// How many findings of each novelty.
fn novelties(findings: &[Finding]) -> BTreeMap<Novelty, u64> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry(finding.novelty).or_default() += 1;
    }
    counts
}

/// How many of each novelty: `2 new CloudTrail errors and 1 surge of a known CloudTrail error`.
pub(crate) fn news(findings: &[Finding], locale: Locale) -> String {
    let counts = novelties(findings).into_iter();
    match locale {
        Locale::English => listed(
            &counts
                .map(|(one, count)| in_english(one, count))
                .collect::<Vec<_>>(),
        ),
        Locale::Chinese => counts
            .map(|(one, count)| in_chinese(one, count))
            .collect::<Vec<_>>()
            .join("、"),
    }
}

fn english(event: &Event) -> String {
    let account = &event.account;
    match event.kind {
        EventKind::Recovered => format!("no new CloudTrail errors in account {account} any more"),
        EventKind::Ongoing if event.findings.is_empty() => {
            let errors = error(event.ongoing_clusters, "");
            format!("{errors} still occurring in account {account}")
        }
        EventKind::Opened | EventKind::Ongoing => {
            format!("{} in account {account}", news(&event.findings, Locale::English))
        }
    }
}

fn in_english(novelty: Novelty, count: u64) -> String {
    match (novelty, count) {
        (Novelty::Returned, _) => error(count, "returned "),
        (Novelty::NewActor, 1) => "1 known CloudTrail error by a new actor".to_owned(),
        (Novelty::NewActor, _) => format!("{count} known CloudTrail errors by new actors"),
        (Novelty::Surge, 1) => "1 surge of a known CloudTrail error".to_owned(),
        (Novelty::Surge, _) => format!("{count} surges of known CloudTrail errors"),
        _ => error(count, "new "),
    }
}

/// `1 new CloudTrail error`. Numbers are without separators: titles that were recorded are so.
fn error(count: u64, which: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {which}CloudTrail error{plural}")
}

fn chinese(event: &Event) -> String {
    let account = &event.account;
    match event.kind {
        EventKind::Recovered => format!("账户 {account} 不再出现新的 CloudTrail 错误"),
        EventKind::Ongoing if event.findings.is_empty() => {
            format!(
                "账户 {account} 中有 {} 个 CloudTrail 错误仍在出现",
                event.ongoing_clusters
            )
        }
        EventKind::Opened | EventKind::Ongoing => {
            format!("账户 {account} 出现 {}", news(&event.findings, Locale::Chinese))
        }
    }
}

fn in_chinese(novelty: Novelty, count: u64) -> String {
    match novelty {
        Novelty::Returned => format!("{count} 个再次出现的 CloudTrail 错误"),
        Novelty::NewActor => format!("{count} 个由新主体触发的已知 CloudTrail 错误"),
        Novelty::Surge => format!("{count} 个次数激增的已知 CloudTrail 错误"),
        _ => format!("{count} 个新的 CloudTrail 错误"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::fixture;
    use crate::digest::DigestCause;

    fn titles(kind: EventKind, findings: &[Novelty]) -> [String; 2] {
        let finding = |novelty: &Novelty| Finding {
            novelty: *novelty,
            ..fixture::stop_logging()
        };
        let event = Event {
            kind,
            findings: findings.iter().map(finding).collect(),
            ongoing_clusters: 1_200,
            ..fixture::event(1)
        };
        Locale::ALL.map(|locale| event.worded_title(locale))
    }

    #[test]
    fn titles_say_what_happens() {
        use Novelty::{New, NewActor, Returned, Surge};
        let all = [New, New, Returned, NewActor, NewActor, Surge];
        assert_eq!(
            titles(EventKind::Opened, &all),
            [
                "2 new CloudTrail errors, 1 returned CloudTrail error, 2 known CloudTrail errors by new actors and 1 \
                 surge of a known CloudTrail error in account 111122223333",
                "账户 111122223333 出现 2 个新的 CloudTrail 错误、1 个再次出现的 CloudTrail 错误、2 个由新主体触发的已知 \
                 CloudTrail 错误、1 个次数激增的已知 CloudTrail 错误"
            ]
        );
        assert_eq!(
            titles(EventKind::Ongoing, &[]),
            [
                "1200 CloudTrail errors still occurring in account 111122223333",
                "账户 111122223333 中有 1200 个 CloudTrail 错误仍在出现"
            ]
        );
        assert_eq!(
            titles(EventKind::Recovered, &[]),
            [
                "no new CloudTrail errors in account 111122223333 any more",
                "账户 111122223333 不再出现新的 CloudTrail 错误"
            ]
        );
    }

    #[test]
    fn an_event_keeps_the_title_it_was_recorded_with() {
        let event = fixture::event(7);
        assert_eq!(event.title_in(Locale::English), event.title);
        assert_eq!(
            event.title_in(Locale::Chinese),
            "账户 111122223333 出现 1 个新的 CloudTrail 错误"
        );
    }

    #[test]
    fn a_digest_says_how_much_it_tells() {
        let events = vec![fixture::event(1), fixture::recovered(), fixture::event(3)];
        let digest = Digest::of(events, DigestCause::Aggregated);
        assert_eq!(
            Locale::ALL.map(|locale| digest.title_in(locale)),
            [
                "3 CloudTrail events of 2 accounts: 2 opened and 1 recovered",
                "2 个账户共 3 个 CloudTrail 异常事件：新发生 2 个，已恢复 1 个"
            ]
        );
    }
}
