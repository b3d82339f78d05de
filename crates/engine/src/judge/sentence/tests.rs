use firstsight_cloudtrail::classify::{DenialPolicy, DenialReason};

use super::*;
use crate::judge::input::{Scope, Span, Until};
use crate::judge::verdict::Learner;
use crate::signature::{ClusterId, Digest};
use crate::surge::{Surge, SurgeModel};

/// A stand-in for texts of the log: recognised, so that what is left is the sentence's own.
const NAME: &str = "arn:aws:iam::111122223333:role/app-1";

fn time() -> firstsight_cloudtrail::Timestamp {
    "2026-01-01T12:00:00Z".parse().unwrap()
}

fn never(history_hours: i64, history_errors: u64) -> Reason {
    Reason::NeverSeen {
        history_hours,
        history_errors,
    }
}

fn first_by(known_actors: u64, like: Option<&str>) -> Reason {
    Reason::FirstByActor {
        actor: NAME.to_owned(),
        known_actors,
        like: like.map(str::to_owned),
    }
}

fn nearest(template: &str, here: &[&str], there: &[&str]) -> Reason {
    let owned = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Reason::NearestKnown {
        cluster: ClusterId(Digest([0; 16])),
        template: template.to_owned(),
        only_here: owned(here),
        only_there: owned(there),
    }
}

fn denied(policy: DenialPolicy, explicit: bool) -> Reason {
    Reason::Denied {
        denial: DenialReason { policy, explicit },
    }
}

fn dimension(familiarity: Familiarity) -> Reason {
    Reason::Dimension {
        dimension: Dimension::Region,
        value: NAME.to_owned(),
        familiarity,
    }
}

fn scopes() -> [Scope; 4] {
    let account = || "111122223333".to_owned();
    [
        Scope::Organisation,
        Scope::Account { account: account() },
        Scope::Actor {
            account: account(),
            actor: NAME.to_owned(),
        },
        Scope::Call {
            account: account(),
            event_source: "iam.amazonaws.com".to_owned(),
            event_name: "CreateUser".to_owned(),
        },
    ]
}

fn late(count: u64, last: firstsight_cloudtrail::Timestamp) -> Reason {
    Reason::Late {
        within: Some(Span {
            count,
            first: time(),
            last,
        }),
    }
}

fn about_arrival() -> Vec<Reason> {
    vec![
        never(14 * 24 - 1, 2310),
        never(47, 1),
        never(0, 0),
        Reason::LastSeen {
            last: time(),
            hours_ago: 1000,
        },
        Reason::Forgotten { founded: time() },
        Reason::WasResolved,
        first_by(3, None),
        first_by(0, None),
        first_by(1, Some("arn:aws:iam::111122223333:role/app-2")),
        Reason::ManyNewActors {
            actors: 1_234_567,
            known_actors: 2,
        },
        Reason::Escalated,
    ]
}

fn about_the_call() -> Vec<Reason> {
    let mut reasons = vec![
        denied(DenialPolicy::ServiceControl, true),
        denied(DenialPolicy::Unstated, true),
        denied(DenialPolicy::PublicAccessBlock, true),
        Reason::Technique {
            id: "T1562.008".to_owned(),
            name: "Disable or Modify Cloud Logs".to_owned(),
            tactic: "defense-evasion".to_owned(),
        },
    ];
    let policies = [
        DenialPolicy::Identity,
        DenialPolicy::Resource,
        DenialPolicy::ResourceControl,
        DenialPolicy::PermissionsBoundary,
        DenialPolicy::Session,
        DenialPolicy::VpcEndpoint,
        DenialPolicy::RoleTrust,
    ];
    reasons.extend(policies.map(|policy| denied(policy, false)));
    for sensitivity in [Sensitivity::Normal, Sensitivity::Sensitive, Sensitivity::Critical] {
        reasons.push(Reason::SensitiveCall { sensitivity });
        reasons.push(Reason::SensitiveTarget {
            target: "secret:prod/db".to_owned(),
            sensitivity,
        });
    }
    reasons.extend(MARKS.map(|mark| Reason::Noise { mark }));
    reasons
}

fn about_history() -> Vec<Reason> {
    let familiarities = [
        Familiarity::Unseen,
        Familiarity::Rare,
        Familiarity::Infrequent,
        Familiarity::Frequent,
    ];
    let mut reasons: Vec<Reason> = familiarities.map(dimension).into();
    reasons.extend([
        nearest("not allowed to <*>", &[], &[]),
        nearest("not allowed to <*>", &["or", "read"], &["and", "write"]),
        nearest("not allowed to <*>", &["or"], &[]),
        nearest("not allowed to <*>", &[], &["and"]),
        nearest("", &["or"], &[]),
    ]);
    for (scope, rate) in scopes().into_iter().zip([0, 310, 1_000, 12_400]) {
        reasons.push(Reason::QuietScope {
            scope: scope.clone(),
            per_week_millis: rate,
        });
        reasons.push(Reason::BusyScope {
            scope,
            per_week_millis: 9_000 + 110 * rate,
        });
    }
    reasons.extend([
        Reason::DimensionOverflow {
            dimension: Dimension::Actor,
            kept: 1000,
        },
        surge(38, 2_149, SurgeModel::HourOfDay, 336),
        surge(1_200, 40, SurgeModel::AccountTotal, 30),
        Reason::FamilyOverflow { templates: 1000 },
        Reason::Late { within: None },
        late(1, time()),
        late(3, time().plus_millis(60_000)),
    ]);
    let learners = [
        Learner::Account,
        Learner::Region("eu-north-1".to_owned()),
        Learner::Source("files".to_owned()),
    ];
    reasons.extend(learners.map(|learner| Reason::Learning {
        learner,
        have_hours: 40,
        need_hours: 168,
    }));
    reasons
}

fn every_reason() -> Vec<Reason> {
    [about_arrival(), about_the_call(), about_history()].concat()
}

const MARKS: [NoiseMark; 5] = [
    NoiseMark::SelfProbe,
    NoiseMark::ServiceLinkedRole,
    NoiseMark::ConsoleProbe,
    NoiseMark::InfrastructureAsCode,
    NoiseMark::Scanner,
];

fn sentences(locale: Locale) -> Vec<String> {
    let told = |reason: &Reason| reason.sentence(locale).to_string();
    every_reason().iter().map(told).collect()
}

/// Every word in a language.
fn labels(locale: Locale) -> Vec<String> {
    use {Class::*, Familiarity::*, Novelty::*};
    fn of<T: Labelled>(all: impl IntoIterator<Item = T>, locale: Locale) -> Vec<String> {
        all.into_iter().map(|one| one.label(locale).to_owned()).collect()
    }
    let classes = [
        AccessDenied,
        Authentication,
        Throttling,
        NotConfigured,
        NotFound,
        Conflict,
        Validation,
        Quota,
        DryRun,
        ServiceFault,
        Other,
    ];
    let severities = [
        Severity::Info,
        Severity::Warning,
        Severity::Error,
        Severity::Critical,
    ];
    let said = [
        LifeCycle::Open,
        LifeCycle::Acknowledged,
        LifeCycle::Expected,
        LifeCycle::Archived(Until::Escalation),
        LifeCycle::Archived(Until::Time(time())),
        LifeCycle::Archived(Until::Forever),
        LifeCycle::Resolved,
    ];
    [
        of(severities, locale),
        of([New, Returned, NewActor, Surge], locale),
        of(classes, locale),
        of([Verb::Read, Verb::Write], locale),
        of(
            [Sensitivity::Normal, Sensitivity::Sensitive, Sensitivity::Critical],
            locale,
        ),
        of([Unseen, Rare, Infrequent, Frequent], locale),
        of(Dimension::ALL, locale),
        of(MARKS, locale),
        said.map(|said| said.label(locale)).into(),
    ]
    .concat()
}

/// Texts that come from the log or are names, and are the same in every language.
const IDENTIFIERS: [&str; 15] = [
    NAME,
    "arn:aws:iam::111122223333:role/app-2",
    "2026-01-01T12:00:00Z",
    "2026-01-01T12:01:00Z",
    "eu-north-1",
    "files",
    "not allowed to <*>",
    "“and write”",
    "“or read”",
    "“or”",
    "“and”",
    "T1562.008 Disable or Modify Cloud Logs（defense evasion）",
    "secret:prod/db",
    "iam:CreateUser",
    "MITRE ATT&CK",
];

/// Latin words that Chinese sentences may hold besides.
const LATIN: [&str; 3] = ["AWS", "VPC", "S3"];

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

#[test]
fn every_reason_is_an_english_sentence() {
    insta::assert_snapshot!(sentences(Locale::English).join("\n"));
    for (reason, sentence) in every_reason().iter().zip(sentences(Locale::English)) {
        assert_eq!(reason.to_string(), sentence);
        assert!(!sentence.contains(is_chinese), "{sentence}");
    }
}

#[test]
fn every_reason_is_a_chinese_sentence() {
    insta::assert_snapshot!(sentences(Locale::Chinese).join("\n"));
}

#[test]
fn every_word_is_there_in_both() {
    let pairs = labels(Locale::English).into_iter().zip(labels(Locale::Chinese));
    let table: Vec<String> = pairs
        .map(|(english, chinese)| format!("{english}: {chinese}"))
        .collect();
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn chinese_holds_no_english_but_identifiers() {
    for text in sentences(Locale::Chinese)
        .into_iter()
        .chain(labels(Locale::Chinese))
    {
        assert!(text.contains(is_chinese), "{text}");
        let own = IDENTIFIERS
            .iter()
            .fold(text.clone(), |text, name| text.replace(name, ""));
        let words = own.split(|c: char| !c.is_ascii_alphanumeric());
        for word in words.filter(|word| word.contains(|c: char| c.is_ascii_alphabetic())) {
            assert!(LATIN.contains(&word), "{word} in {text}");
        }
        assert!(!own.contains([';', '(', ')']) && !own.contains(", "), "{text}");
    }
}

#[test]
fn a_space_stands_between_chinese_and_latin() {
    for text in sentences(Locale::Chinese)
        .into_iter()
        .chain(labels(Locale::Chinese))
    {
        let chars: Vec<char> = text.chars().collect();
        for pair in chars.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let meet =
                is_chinese(a) && b.is_ascii_alphanumeric() || a.is_ascii_alphanumeric() && is_chinese(b);
            assert!(!meet, "{a}{b} in {text}");
        }
        assert!(!text.contains("  ") && text.trim() == text, "{text}");
    }
}

#[test]
fn rates_are_short() {
    let written =
        [0, 49, 50, 310, 960, 1_000, 9_940, 9_960, 12_400, u64::MAX].map(|millis| Rate(millis).to_string());
    assert_eq!(
        written,
        [
            "0",
            "0",
            "0.1",
            "0.3",
            "1",
            "1",
            "9.9",
            "10",
            "12",
            "18,446,744,073,709,551"
        ]
    );
}

#[test]
fn locales_are_named_and_survive_json() {
    for locale in Locale::ALL {
        assert_eq!(locale.to_string().parse::<Locale>(), Ok(locale));
        assert_eq!(serde_json::to_value(locale).unwrap(), locale.as_str());
    }
    assert!(
        "zh-CN"
            .parse::<Locale>()
            .unwrap_err()
            .to_string()
            .contains("use en or zh")
    );
}

#[test]
fn every_reason_survives_json() {
    for reason in every_reason() {
        let json = serde_json::to_string(&reason).unwrap();
        assert_eq!(serde_json::from_str::<Reason>(&json).unwrap(), reason, "{json}");
    }
}

fn surge(seen: u64, expected_millis: u64, model: SurgeModel, history_hours: u64) -> Reason {
    Reason::Surge {
        surge: Surge {
            seen,
            expected_millis,
            at_most: 9,
            one_in_hours: 10_000,
            model,
            history_hours,
            dispersion_millis: None,
        },
    }
}
