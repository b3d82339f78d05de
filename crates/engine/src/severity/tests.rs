//! Every rule of the built-in table is tried, and what holds for all facts is held.

use std::collections::BTreeSet;

use firstsight_cloudtrail::ActorKind;
use firstsight_cloudtrail::classify::{Class, DenialPolicy, DenialReason, NoiseMark, Sensitivity, Verb};
use serde::de::DeserializeOwned;

use super::table::{Like, word};
use super::*;

const CASES: &str = include_str!("../../data/severity_cases.tsv");

fn cases() -> impl Iterator<Item = [&'static str; 13]> {
    let lines = CASES
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| {
        let columns: Vec<&str> = line
            .split('\t')
            .map(|cell| if cell == "-" { "" } else { cell })
            .collect();
        <[&str; 13]>::try_from(columns).unwrap()
    })
}

fn parse<T: DeserializeOwned>(text: &str) -> T {
    word(0, "case", text).unwrap()
}

#[test]
fn each_case_is_decided_by_its_rule() {
    for case in cases() {
        let [
            rule,
            severity,
            service,
            name,
            code,
            message,
            actor,
            marks,
            novelty,
            like,
            score,
            scope,
            target,
        ] = case;
        let source = format!("{service}.amazonaws.com");
        let noise: Vec<NoiseMark> = marks.split_whitespace().map(parse).collect();
        let facts = SeverityFacts {
            class: Class::of(&source, name, code, message),
            verb: Verb::of(name),
            sensitivity: Sensitivity::of(&source, name),
            actor_kind: ActorKind::of_name(actor),
            noise: &noise,
            novelty: parse(novelty),
            denial: DenialReason::of(message),
            like_known_actor: parse::<Like>(like) == Like::Yes,
            score: score.parse().unwrap_or(50),
            scope: if scope.is_empty() {
                Pace::Usual
            } else {
                parse(scope)
            },
            target: if target.is_empty() {
                Sensitivity::Normal
            } else {
                parse(target)
            },
        };
        let decided = BUILT_IN.decide(&facts).unwrap();
        assert_eq!(
            (decided.rule.as_str(), decided.severity.as_str()),
            (rule, severity),
            "{case:?} {facts:?}"
        );
    }
}

#[test]
fn each_rule_has_a_case_and_a_name_of_its_own() {
    let tried: BTreeSet<&str> = cases().map(|[rule, ..]| rule).collect();
    let rules: Vec<&str> = BUILT_IN.rows().iter().map(|row| row.rule.as_str()).collect();
    let distinct: BTreeSet<&str> = rules.iter().copied().collect();
    assert_eq!(distinct.len(), rules.len());
    assert_eq!(distinct, tried);
}

#[test]
fn the_built_in_table_reads_and_says_why() {
    assert_eq!(SeverityTable::BUILT_IN.parse().as_ref(), Ok(&*BUILT_IN));
    let data = SeverityTable::BUILT_IN
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert!(data.clone().count() > 0);
    for line in data {
        assert!(
            line.rsplit('\t').next().is_some_and(|why| why.len() > 20),
            "{line}"
        );
    }
}

#[test]
fn bad_tables_are_named_by_line_and_column() {
    let columns = "# about\nrule\t*".parse::<SeverityTable>().unwrap_err();
    assert_eq!(columns, InvalidSeverityTable::Columns { line: 2, found: 2 });
    assert_eq!(
        columns.to_string(),
        "line 2 has 2 columns in place of 14, which tabs separate"
    );
    let row = "r\t*\t*\t*\trobot\t*\t*\t*\t*\t*\t*\t*\tinfo\twhy";
    let word = row.parse::<SeverityTable>().unwrap_err();
    assert_eq!(word.to_string(), "line 1: actor cannot be \"robot\"");
    let row = "r\t*\t*\t*\t*\t*\t*\t*\t*\t*\t*\t*\t*\twhy";
    let word = row.parse::<SeverityTable>().unwrap_err();
    assert_eq!(word.to_string(), "line 1: severity cannot be \"*\"");
}

#[test]
fn a_table_of_ones_own_decides_alone() {
    let quiet = SeverityTable::default();
    let strict: SeverityTable = "all\t*\t*\t*\t*\t-\t*\t-\t*\t*\t*\t*\tcritical\tall"
        .parse()
        .unwrap();
    let facts = SeverityFacts {
        class: Class::Other,
        verb: Verb::Read,
        sensitivity: Sensitivity::Normal,
        actor_kind: ActorKind::Role,
        noise: &[],
        novelty: Novelty::New,
        denial: None,
        like_known_actor: false,
        score: 50,
        scope: Pace::Usual,
        target: Sensitivity::Normal,
    };
    assert_eq!(quiet.severity(&facts), Severity::Info);
    assert_eq!(strict.severity(&facts), Severity::Critical);
    let marked = SeverityFacts {
        noise: &[NoiseMark::Scanner],
        ..facts
    };
    assert_eq!(strict.severity(&marked), Severity::Info);
}

/// Every combination of facts that can be: a denial of what was refused, a likeness of a new actor.
fn all_facts() -> Vec<SeverityFacts<'static>> {
    const RANKS: [(u8, Pace, Sensitivity); 9] = [
        (0, Pace::Busy, Sensitivity::Normal),
        (40, Pace::Busy, Sensitivity::Normal),
        (59, Pace::Busy, Sensitivity::Sensitive),
        (60, Pace::Busy, Sensitivity::Normal),
        (50, Pace::Usual, Sensitivity::Normal),
        (50, Pace::Usual, Sensitivity::Sensitive),
        (50, Pace::Usual, Sensitivity::Critical),
        (90, Pace::Quiet, Sensitivity::Normal),
        (90, Pace::Quiet, Sensitivity::Critical),
    ];
    const MARKS: [&[NoiseMark]; 5] = [
        &[],
        &[NoiseMark::SelfProbe],
        &[NoiseMark::ConsoleProbe],
        &[NoiseMark::InfrastructureAsCode],
        &[NoiseMark::Scanner],
    ];
    let classes = "access-denied authentication throttling not-configured not-found conflict validation quota dry-run \
                   service-fault other";
    let actors = "root person user role service-linked-role service account anonymous unknown";
    let by_endpoint = DenialReason {
        policy: DenialPolicy::VpcEndpoint,
        explicit: false,
    };
    let mut all = vec![SeverityFacts {
        class: Class::Other,
        verb: Verb::Read,
        sensitivity: Sensitivity::Normal,
        actor_kind: ActorKind::Unknown,
        noise: &[],
        novelty: Novelty::New,
        denial: None,
        like_known_actor: false,
        score: 50,
        scope: Pace::Usual,
        target: Sensitivity::Normal,
    }];
    let mut vary = |set: &dyn Fn(SeverityFacts<'static>) -> Vec<SeverityFacts<'static>>| {
        all = all.iter().flat_map(|facts| set(*facts)).collect();
    };
    vary(&|facts| {
        classes
            .split_whitespace()
            .map(|class| SeverityFacts {
                class: parse(class),
                ..facts
            })
            .collect()
    });
    vary(&|facts| {
        actors
            .split_whitespace()
            .map(|kind| SeverityFacts {
                actor_kind: parse(kind),
                ..facts
            })
            .collect()
    });
    vary(&|facts| {
        [Verb::Read, Verb::Write]
            .map(|verb| SeverityFacts { verb, ..facts })
            .to_vec()
    });
    vary(&|facts| {
        let all = [Sensitivity::Normal, Sensitivity::Sensitive, Sensitivity::Critical];
        all.map(|sensitivity| SeverityFacts { sensitivity, ..facts })
            .to_vec()
    });
    vary(&|facts| MARKS.map(|noise| SeverityFacts { noise, ..facts }).to_vec());
    vary(&|facts| {
        let all = [Novelty::New, Novelty::Returned, Novelty::NewActor, Novelty::Surge];
        all.map(|novelty| SeverityFacts { novelty, ..facts }).to_vec()
    });
    vary(&|facts| {
        let denials = [None, Some(by_endpoint)];
        let refused = facts.class == Class::AccessDenied;
        denials[..1 + usize::from(refused)]
            .iter()
            .map(|&denial| SeverityFacts { denial, ..facts })
            .collect()
    });
    vary(&|facts| {
        let likes = [false, true];
        likes[..1 + usize::from(facts.novelty == Novelty::NewActor)]
            .iter()
            .map(|&like_known_actor| SeverityFacts {
                like_known_actor,
                ..facts
            })
            .collect()
    });
    vary(&|facts| {
        RANKS
            .map(|(score, scope, target)| SeverityFacts {
                score,
                scope,
                target,
                ..facts
            })
            .to_vec()
    });
    all
}

#[test]
fn critical_calls_are_never_quiet() {
    for facts in all_facts() {
        if facts.sensitivity == Sensitivity::Critical {
            assert!(severity(&facts) >= Severity::Warning, "{facts:?}");
        }
    }
}

#[test]
fn a_mark_never_raises_a_finding() {
    for facts in all_facts() {
        let plain = SeverityFacts { noise: &[], ..facts };
        assert!(severity(&facts) <= severity(&plain), "{facts:?}");
    }
}

#[test]
fn a_more_sensitive_call_is_never_quieter() {
    for facts in all_facts() {
        let raised = |sensitivity| severity(&SeverityFacts { sensitivity, ..facts });
        assert!(
            raised(Sensitivity::Normal) <= raised(Sensitivity::Sensitive),
            "{facts:?}"
        );
        assert!(
            raised(Sensitivity::Sensitive) <= raised(Sensitivity::Critical),
            "{facts:?}"
        );
    }
}

#[test]
fn one_more_actor_is_never_louder_than_a_new_error() {
    for facts in all_facts() {
        let of = |novelty| severity(&SeverityFacts { novelty, ..facts });
        assert!(of(Novelty::NewActor) <= of(Novelty::New), "{facts:?}");
    }
}

#[test]
fn ordinary_calls_that_nobody_was_refused_are_quiet() {
    for facts in all_facts() {
        let refused = matches!(facts.class, Class::AccessDenied | Class::Authentication);
        if facts.sensitivity == Sensitivity::Normal && !refused {
            assert_eq!(severity(&facts), Severity::Info, "{facts:?}");
        }
    }
}

#[test]
fn a_busier_scope_is_never_louder_and_damps_warnings_alone() {
    for facts in all_facts() {
        let of = |scope| severity(&SeverityFacts { scope, ..facts });
        assert!(
            of(Pace::Busy) <= of(Pace::Usual) && of(Pace::Usual) <= of(Pace::Quiet),
            "{facts:?}"
        );
        let (usual, busy) = (of(Pace::Usual), of(Pace::Busy));
        let kept = usual > Severity::Warning || facts.sensitivity == Sensitivity::Critical;
        assert!(!kept || busy == usual, "{facts:?}");
    }
}

#[test]
fn a_higher_score_is_never_quieter() {
    for facts in all_facts() {
        let lower = severity(&SeverityFacts { score: 0, ..facts });
        assert!(lower <= severity(&facts), "{facts:?}");
    }
}

#[test]
fn a_more_sensitive_target_is_never_quieter() {
    for facts in all_facts() {
        let of = |target| severity(&SeverityFacts { target, ..facts });
        assert!(of(Sensitivity::Normal) <= of(Sensitivity::Sensitive), "{facts:?}");
        assert!(
            of(Sensitivity::Sensitive) <= of(Sensitivity::Critical),
            "{facts:?}"
        );
    }
}

#[test]
fn a_table_survives_json_as_its_text() {
    let table: SeverityTable = SeverityTable::BUILT_IN.parse().unwrap();
    let json = serde_json::to_string(&table).unwrap();
    assert_eq!(serde_json::from_str::<String>(&json).unwrap(), table.as_str());
    assert_eq!(serde_json::from_str::<SeverityTable>(&json).unwrap(), table);
    let bad = serde_json::from_str::<SeverityTable>("\"r\\t*\"").unwrap_err();
    assert!(bad.to_string().starts_with("line 1 has 2 columns"), "{bad}");
}

#[test]
fn scores_are_bounds_and_nothing_else() {
    let row =
        |cell: &str| format!("r\t*\t*\t*\t*\t*\t*\t*\t*\t{cell}\t*\t*\tinfo\twhy").parse::<SeverityTable>();
    for cell in ["*", ">=70", "<30", "< 30", ">= 0"] {
        assert!(row(cell).is_ok(), "{cell}");
    }
    for cell in ["70", ">70", "<=30", ">=", ">=256", "-"] {
        let error = row(cell).unwrap_err();
        assert_eq!(error.to_string(), format!("line 1: score cannot be {cell:?}"));
    }
    let empty = "# nothing\n\n".parse::<SeverityTable>().unwrap_err();
    assert_eq!(empty, InvalidSeverityTable::Empty);
}
