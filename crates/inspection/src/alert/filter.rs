//! What an event, a finding or a held cluster is matched by.

use std::collections::BTreeSet;

use firstsight_engine::{Class, ClusterId, Dimension, Finding};
use serde::{Deserialize, Serialize};

/// A glob: `*` stands for any run of characters, `?` for one; case counts as little as it does at AWS (not at all).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pattern(String);

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no pattern: {reason}")]
pub struct InvalidPattern {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub reason: String,
}

impl TryFrom<String> for Pattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        let refuse = |reason: &str| Err(reason.to_owned());
        let checked = if text.is_empty() {
            refuse("it is empty; '*' matches everything")
        } else if text.trim() != text {
            refuse("it begins or ends with white space")
        } else if text.chars().count() > Pattern::MAX {
            refuse("it has more than 500 characters")
        } else {
            Ok(())
        };
        match checked {
            Ok(()) => Ok(Self(text)),
            Err(reason) => Err(InvalidPattern { text, reason }),
        }
    }
}

impl Pattern {
    /// The most characters of a pattern.
    pub const MAX: usize = 500;

    /// Whether a text matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        is_match(&lower(&self.0), &lower(text))
    }
}

fn lower(text: &str) -> Vec<char> {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// Goes back to the last `*` only, so that no text takes longer than its length times the pattern's.
fn is_match(pattern: &[char], text: &[char]) -> bool {
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        match (pattern.get(at), star) {
            (Some('*'), _) => {
                star = Some((at, seen));
                at += 1;
            }
            (Some(c), _) if *c == '?' || *c == text[seen] => {
                at += 1;
                seen += 1;
            }
            (_, Some((behind, taken))) => {
                star = Some((behind, taken + 1));
                at = behind + 1;
                seen = taken + 1;
            }
            (_, None) => return false,
        }
    }
    pattern[at..].iter().all(|c| *c == '*')
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.0
    }
}

/// What is matched: each list that is not empty has to hold one that matches. An empty filter matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Filter {
    /// Inspections, by name.
    pub inspections: Vec<Pattern>,
    /// Accounts.
    pub accounts: Vec<Pattern>,
    /// Event sources, with or without `.amazonaws.com`: `s3`, `iam.amazonaws.com`.
    pub services: Vec<Pattern>,
    /// Calls: `iam:Create*`; without a colon, the call of any service.
    pub calls: Vec<Pattern>,
    /// Error codes.
    pub error_codes: Vec<Pattern>,
    /// Classes.
    pub classes: Vec<Class>,
    /// Actors, by name. A policy matches where one of them does, a mute where all of them do.
    pub actors: Vec<Pattern>,
    /// Clusters, by id.
    pub clusters: Vec<ClusterId>,
}

const SERVICE_SUFFIX: &str = ".amazonaws.com";

impl Filter {
    /// Whether it takes in what is told of this inspection and account.
    pub(super) fn reaches(&self, inspection: &str, account: &str) -> bool {
        one_matches(&self.inspections, inspection) && one_matches(&self.accounts, account)
    }

    /// Whether anything of a finding matters to it.
    pub(super) fn asks_for_findings(&self) -> bool {
        let patterns = [&self.services, &self.calls, &self.error_codes, &self.actors];
        patterns.iter().any(|list| !list.is_empty()) || !self.classes.is_empty() || !self.clusters.is_empty()
    }

    /// Whether a policy asks for this. What nothing is known of may be what it asks for: told rather than lost.
    pub(super) fn wants(&self, about: &About) -> bool {
        let actor = |actor: &String| one_matches(&self.actors, actor);
        let by_one = self.actors.is_empty() || about.actors.iter().any(actor);
        !about.is_known() || (self.matches_error(about) && by_one)
    }

    /// Whether a mute covers all of this. What nothing is known of, and actors that were not kept, it does not cover.
    pub(super) fn covers(&self, about: &About) -> bool {
        let actor = |actor: &String| one_matches(&self.actors, actor);
        let all_known = !about.more_actors && !about.actors.is_empty();
        let by_all = self.actors.is_empty() || (all_known && about.actors.iter().all(actor));
        !self.asks_for_findings() || (about.is_known() && self.matches_error(about) && by_all)
    }

    fn matches_error(&self, about: &About) -> bool {
        let class = |class: Class| self.classes.is_empty() || self.classes.contains(&class);
        let cluster = |cluster: ClusterId| self.clusters.is_empty() || self.clusters.contains(&cluster);
        self.matches_call(about)
            && one_matches(&self.error_codes, &about.error_code)
            && about.class.is_none_or(class)
            && about.cluster.is_none_or(cluster)
    }

    fn matches_call(&self, about: &About) -> bool {
        let service = without_suffix(&about.event_source);
        let of_service = |pattern: &Pattern| Pattern(without_suffix(&pattern.0)).matches(&service);
        let of_call = |pattern: &Pattern| match pattern.0.split_once(':') {
            None => pattern.matches(&about.event_name),
            Some((of, call)) => {
                Pattern(without_suffix(of)).matches(&service)
                    && Pattern(call.to_owned()).matches(&about.event_name)
            }
        };
        let is_asked =
            |list: &[Pattern], asks: &dyn Fn(&Pattern) -> bool| list.is_empty() || list.iter().any(asks);
        is_asked(&self.services, &of_service) && is_asked(&self.calls, &of_call)
    }
}

fn one_matches(patterns: &[Pattern], text: &str) -> bool {
    patterns.is_empty() || patterns.iter().any(|pattern| pattern.matches(text))
}

fn without_suffix(service: &str) -> String {
    let lower = service.to_lowercase();
    let short = lower.strip_suffix(SERVICE_SUFFIX);
    short.map(str::to_owned).unwrap_or(lower)
}

/// What is known of a finding, or of a cluster that holds a fault: what the later fields of a [`Filter`] look at.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The cluster.
    pub cluster: Option<ClusterId>,
    /// `eventSource`.
    pub event_source: String,
    /// `eventName`.
    pub event_name: String,
    /// `errorCode`.
    pub error_code: String,
    /// Its class; `None` where nothing but the cluster is known (a fault that an earlier version has opened).
    pub class: Option<Class>,
    /// Its actors, as far as they are kept.
    pub actors: BTreeSet<String>,
    /// Whether it has, or may have, others.
    #[serde(default)]
    pub more_actors: bool,
}

impl About {
    /// So many actors are kept.
    pub const MAX_ACTORS: usize = 16;

    /// What is known of a cluster by its id alone.
    #[must_use]
    pub fn unknown(cluster: ClusterId) -> Self {
        Self {
            cluster: Some(cluster),
            ..Self::default()
        }
    }

    fn is_known(&self) -> bool {
        self.class.is_some()
    }

    /// With the actors of a later finding of the same cluster: of all of them the first ones by name, so that their order
    /// does not matter.
    #[must_use]
    pub(crate) fn merged(mut self, other: Self) -> Self {
        self.actors.extend(other.actors);
        self.more_actors |= other.more_actors;
        self.bounded()
    }

    fn bounded(mut self) -> Self {
        while self.actors.len() > Self::MAX_ACTORS {
            self.actors.pop_last();
            self.more_actors = true;
        }
        self
    }
}

impl From<&Finding> for About {
    fn from(finding: &Finding) -> Self {
        let actors = finding
            .values
            .iter()
            .filter(|value| value.dimension == Dimension::Actor);
        let actors: BTreeSet<String> = actors.map(|value| value.value.clone()).collect();
        Self {
            cluster: Some(finding.cluster),
            event_source: finding.event_source.clone(),
            event_name: finding.event_name.clone(),
            error_code: finding.error_code.clone(),
            class: Some(finding.class),
            // A full list may have been cut.
            more_actors: actors.len() >= Finding::MAX_VALUES,
            actors,
        }
        .bounded()
    }
}

#[cfg(test)]
mod tests {
    use firstsight_engine::{Digest, Familiarity, Value};

    use super::*;
    use crate::event::tests::finding;

    fn pattern(text: &str) -> Pattern {
        Pattern::try_from(text.to_owned()).unwrap()
    }

    fn filter(set: impl FnOnce(&mut Filter)) -> Filter {
        let mut filter = Filter::default();
        set(&mut filter);
        filter
    }

    fn about(actors: &[&str]) -> About {
        About {
            actors: actors.iter().map(|actor| (*actor).to_owned()).collect(),
            ..About::from(&finding(1))
        }
    }

    #[test]
    fn a_pattern_matches_the_whole_text_whatever_its_case() {
        for (text, of, matches) in [
            ("iam", "iam", true),
            ("IAM", "iam", true),
            ("iam", "iams", false),
            ("*", "", true),
            ("?", "", false),
            ("?", "é", true),
            ("create*", "CreateUser", true),
            ("*user", "CreateUser", true),
            ("*a*b*c", "xxaxbxbxc", true),
            ("*a*b*c", "xxaxcxb", false),
            ("a?c", "abc", true),
            ("a**c", "ac", true),
            (
                "*pentest*",
                "arn:aws:sts::111122223333:assumed-role/PenTest/x",
                true,
            ),
            ("1111*", "111122223333", true),
            // Nothing else is special.
            ("[ab]", "a", false),
            ("[ab]", "[ab]", true),
            ("{a,b}", "a", false),
            ("a.c", "abc", false),
            ("a/*", "a/b/c", true),
        ] {
            assert_eq!(pattern(text).matches(of), matches, "{text} {of}");
        }
    }

    #[test]
    fn a_pattern_takes_its_time_even_where_it_is_made_to_hurt() {
        let nasty = pattern(&"*a".repeat(200));
        assert!(!nasty.matches(&"a".repeat(199)));
        assert!(!nasty.matches(&format!("{}b", "a".repeat(20_000))));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_its_reason() {
        for (text, reason) in [("", "empty"), (" iam", "white space"), (&"x".repeat(501), "500")] {
            let error = Pattern::try_from(text.to_owned()).unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
    }

    #[test]
    fn each_field_asks_for_its_own() {
        let list = |text: &str| vec![pattern(text)];
        let of = about(&["ci", "alice"]);
        for (filter, wants) in [
            (filter(|f| f.services = list("iam")), true),
            (filter(|f| f.services = list("IAM.amazonaws.com")), true),
            (filter(|f| f.services = list("s3")), false),
            (filter(|f| f.services = vec![pattern("s3"), pattern("ia?")]), true),
            (filter(|f| f.calls = list("iam:Create*")), true),
            (filter(|f| f.calls = list("iam.amazonaws.com:create*")), true),
            (filter(|f| f.calls = list("sts:Create*")), false),
            (filter(|f| f.calls = list("CreateUser")), true),
            (filter(|f| f.error_codes = list("AccessDenied*")), true),
            (filter(|f| f.error_codes = list("Throttling")), false),
            (filter(|f| f.classes = vec![Class::AccessDenied]), true),
            (filter(|f| f.classes = vec![Class::Throttling]), false),
            (filter(|f| f.clusters = vec![ClusterId(Digest([1; 16]))]), true),
            (filter(|f| f.clusters = vec![ClusterId(Digest([2; 16]))]), false),
            (filter(|f| f.actors = list("ali*")), true),
            (filter(|f| f.actors = list("bob")), false),
            (
                filter(|f| {
                    f.services = list("iam");
                    f.error_codes = list("Throttling");
                }),
                false,
            ),
            (Filter::default(), true),
        ] {
            assert_eq!(filter.wants(&of), wants, "{filter:?}");
        }
    }

    #[test]
    fn inspections_and_accounts_are_those_of_the_event() {
        let filter = filter(|f| {
            f.inspections = vec![pattern("prod-*")];
            f.accounts = vec![pattern("1111*")];
        });
        assert!(filter.reaches("prod-eu", "111122223333"));
        assert!(!filter.reaches("prod-eu", "444455556666") && !filter.reaches("test", "111122223333"));
        assert!(!filter.asks_for_findings());
    }

    #[test]
    fn a_policy_asks_for_one_actor_and_a_mute_for_all() {
        let tester = filter(|f| f.actors = vec![pattern("pentest-*")]);
        let alone = about(&["pentest-1", "pentest-2"]);
        let among = about(&["pentest-1", "alice"]);
        assert!(tester.wants(&alone) && tester.covers(&alone));
        assert!(tester.wants(&among) && !tester.covers(&among));
        assert!(!tester.wants(&about(&[])) && !tester.covers(&about(&[])));
        let cut = About {
            more_actors: true,
            ..alone
        };
        assert!(tester.wants(&cut) && !tester.covers(&cut));
    }

    #[test]
    fn what_is_not_known_is_told() {
        let iam = filter(|f| f.services = vec![pattern("iam")]);
        let unknown = About::unknown(ClusterId(Digest([1; 16])));
        assert!(iam.wants(&unknown) && !iam.covers(&unknown));
        assert!(Filter::default().covers(&unknown));
    }

    #[test]
    fn is_made_from_a_finding_and_keeps_no_more_than_it_may() {
        let named = |number: usize| Value {
            dimension: Dimension::Actor,
            value: format!("actor-{number:02}"),
            count: 1,
            familiarity: Familiarity::Unseen,
        };
        let of = |numbers: std::ops::Range<usize>| {
            let mut finding = finding(1);
            finding.values = numbers.map(named).collect();
            About::from(&finding)
        };
        assert_eq!((of(0..9).actors.len(), of(0..9).more_actors), (9, false));
        assert!(of(0..10).more_actors, "a full list may have been cut");
        let (low, high) = (of(0..9), of(9..18));
        let both = low.clone().merged(high.clone());
        assert_eq!((both.actors.len(), both.more_actors), (About::MAX_ACTORS, true));
        assert_eq!(both, high.merged(low));
    }
}
