use firstsight_engine::{LifeCycle, Sample, Until};
use proptest::prelude::*;

use super::sure::{Point, Score, points};
use super::*;
use crate::conformance::explained::{facts, said};
use crate::conformance::{HOSTILE, Medium, assert_harmless, fixture};
use crate::json::render_explanations;
use crate::terminal::{TerminalOptions, render_explanation};

fn surge() -> Finding {
    Finding {
        novelty: Novelty::Surge,
        score: 45,
        learning: false,
        ..fixture::new_actor()
    }
}

fn told(facts: &Facts, locale: Locale) -> String {
    render_explanation(&Explanation::of(facts, locale), &TerminalOptions::default())
}

#[test]
fn a_new_error() {
    insta::assert_snapshot!(told(&facts(fixture::stop_logging()), Locale::English));
}

#[test]
fn what_was_imported_had_no_word_before() {
    let mut facts = facts(fixture::stop_logging());
    for change in &mut facts.history {
        change.before.clear();
    }
    let told = told(&facts, Locale::English);
    assert!(told.contains("acknowledge (- → acknowledged)"), "{told}");
}

#[test]
fn a_new_error_in_chinese() {
    insta::assert_snapshot!(told(&facts(fixture::stop_logging()), Locale::Chinese));
}

#[test]
fn an_error_that_returned() {
    let facts = Facts {
        life_cycle: LifeCycle::Archived(Until::Escalation),
        said: Some(said()),
        complete: Some(false),
        kept: Kept::Default,
        ..facts(fixture::sign_in())
    };
    insta::assert_snapshot!(told(&facts, Locale::English));
}

#[test]
fn a_new_actor() {
    let mut finding = fixture::new_actor();
    finding.reasons.push(Reason::Learning {
        learner: firstsight_engine::Learner::Account,
        have_hours: 30,
        need_hours: 168,
    });
    insta::assert_snapshot!(told(&facts(finding), Locale::English));
}

#[test]
fn a_surge() {
    insta::assert_snapshot!(told(&facts(surge()), Locale::English));
}

#[test]
fn a_cluster_without_a_finding() {
    let facts = Facts {
        findings: Vec::new(),
        more_findings: 0,
        complete: None,
        samples: Vec::new(),
        history: Vec::new(),
        kept: Kept::Nowhere,
        ..facts(fixture::sign_in())
    };
    insta::assert_snapshot!(told(&facts, Locale::English));
}

#[test]
fn json_survives_and_is_the_same_data_in_both_languages() {
    let facts = facts(fixture::stop_logging());
    let [english, chinese] = Locale::ALL.map(|locale| Explanation::of(&facts, locale));
    for explanation in [&english, &chinese] {
        let json = render_explanations(std::slice::from_ref(explanation));
        assert_eq!(
            serde_json::from_str::<Vec<Explanation>>(&json).unwrap(),
            std::slice::from_ref(explanation)
        );
    }
    let mut data = chinese.clone();
    data.locale = Locale::English;
    data.how_sure.clone_from(&english.how_sure);
    for (told, other) in data.findings.iter_mut().zip(&english.findings) {
        assert_ne!(told.why, other.why);
        told.why.clone_from(&other.why);
    }
    assert_eq!(data, english);
}

/// Every point, in every form.
fn every_point<'a>(says: &'a Says, learners: &'a [firstsight_engine::Learner]) -> Vec<Point<'a>> {
    let span = fixture::stop_logging().within;
    let mut all = vec![
        Point::NoFinding,
        Point::History {
            hours: 335,
            errors: 7,
        },
        Point::History { hours: 0, errors: 0 },
        Point::Known(span),
        Point::Learning(None),
        Point::Complete(Some(true)),
        Point::Complete(Some(false)),
        Point::Complete(None),
        Point::Late,
        Point::Familiar([(Familiarity::Rare, vec![Dimension::Actor, Dimension::Region])].into()),
        Point::Score(Score::of(&fixture::stop_logging())),
        Point::Score(Score::of(&surge())),
        Point::Said(LifeCycle::Open, None),
        Point::Said(LifeCycle::Expected, None),
        Point::Said(LifeCycle::Archived(Until::Forever), Some(says)),
    ];
    all.extend(
        learners
            .iter()
            .map(|learner| Point::Learning(Some((learner, 30, 168)))),
    );
    all
}

#[test]
fn every_point_is_a_sentence_in_both_languages() {
    let says = said();
    let learners = [
        firstsight_engine::Learner::Account,
        firstsight_engine::Learner::Region("eu-north-1".to_owned()),
        firstsight_engine::Learner::Source("files".to_owned()),
    ];
    for point in every_point(&says, &learners) {
        let [english, chinese] = Locale::ALL.map(|locale| (words::of(locale).point)(&point));
        assert!(
            english.ends_with('.') && english.is_ascii() || english.contains('“'),
            "{english}"
        );
        assert!(chinese.ends_with('。'), "{chinese}");
        let names = ["alice", "see the runbook", "files", "eu-north-1", "UTC"];
        let own = names
            .iter()
            .fold(chinese.clone(), |text, name| text.replace(name, ""));
        let english_words = own
            .split(|c: char| !c.is_ascii_alphabetic())
            .filter(|word| word.len() > 1);
        assert_eq!(english_words.count(), 0, "{chinese}");
    }
}

#[test]
fn a_score_adds_up_or_says_only_what_is_known() {
    for finding in [
        fixture::stop_logging(),
        fixture::sign_in(),
        fixture::new_actor(),
        surge(),
    ] {
        let score = Score::of(&finding);
        let known = score.novelty.1 + score.severity.1 + score.explicit + score.noise + score.like;
        assert_eq!(
            known + score.rest.unwrap(),
            i64::from(finding.score),
            "{:?}",
            finding.novelty
        );
    }
    let scoped = Finding {
        reasons: vec![Reason::BusyScope {
            scope: firstsight_engine::Scope::Organisation,
            per_week_millis: 1,
        }],
        ..fixture::stop_logging()
    };
    assert_eq!(Score::of(&scoped).rest, None);
    let capped = Finding {
        score: 100,
        ..fixture::stop_logging()
    };
    assert_eq!(Score::of(&capped).rest, None);
}

#[test]
fn what_is_left_of_a_score_is_not_said_to_be_of_unfamiliar_values_alone_where_scopes_count() {
    let score = |finding: &Finding| (words::of(Locale::English).point)(&Point::Score(Score::of(finding)));
    let scopes = "for how seldom new errors come there";
    let new = fixture::stop_logging();
    assert!(score(&new).contains(scopes), "{}", score(&new));
    let most = Finding {
        score: 40 + 40 + 13,
        severity: firstsight_engine::Severity::Info,
        denial: None,
        noise: Vec::new(),
        reasons: Vec::new(),
        ..new
    };
    assert_eq!(Score::of(&most).rest, Some(53));
    assert!(!score(&surge()).contains(scopes), "{}", score(&surge()));
}

#[test]
fn the_points_of_a_finding_stand_in_order() {
    let facts = facts(fixture::stop_logging());
    let kinds: Vec<String> = points(&facts)
        .iter()
        .map(|point| {
            format!("{point:?}")
                .split(['(', ' '])
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .collect();
    assert_eq!(
        kinds,
        ["History", "Learning", "Complete", "Familiar", "Score", "Said"]
    );
}

#[test]
fn values_are_few_and_the_findings_come_first() {
    let mut facts = facts(fixture::stop_logging());
    facts.values = (0..50)
        .map(|number| (Dimension::Actor, format!("actor-{number}"), 1000 + number))
        .collect();
    let who = Explanation::of(&facts, Locale::English).who;
    let actors: Vec<&Party> = who
        .iter()
        .filter(|party| party.dimension == Dimension::Actor)
        .collect();
    assert_eq!(actors.len(), Explanation::MOST_VALUES);
    assert!(actors[0].familiarity.is_some());
    assert_eq!(
        (actors[1].value.as_str(), actors[1].familiarity),
        ("actor-49", None)
    );
}

#[test]
fn the_record_that_was_asked_for_is_led_to_first() {
    let mut facts = facts(fixture::stop_logging());
    let first = facts.samples[0].clone();
    facts.samples = (0_u8..30)
        .map(|number| Sample {
            identity: firstsight_engine::Digest([number; 16]),
            time: first.time.plus_millis(i64::from(number)),
            event_id: format!("id-{number}"),
            ..first.clone()
        })
        .collect();
    facts.asked = Asked {
        kind: AskedKind::Record,
        id: "id-3".to_owned(),
    };
    let leads = Explanation::of(&facts, Locale::English).next.records;
    let ids: Vec<&str> = leads.iter().map(|lead| lead.event_id.as_str()).collect();
    assert_eq!(ids[..3], ["id-3", "id-29", "id-28"]);
    assert_eq!(ids.len(), Explanation::MOST_LEADS);
}

#[test]
fn what_is_to_be_copied_is_never_broken() {
    let facts = facts(fixture::stop_logging());
    let explanation = Explanation::of(&facts, Locale::English);
    let narrow = TerminalOptions {
        width: 40,
        ..TerminalOptions::default()
    };
    let text = render_explanation(&explanation, &narrow);
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let next = &explanation.next;
    let links = next.records.iter().filter_map(|lead| lead.console.as_deref());
    let commands = next.commands.iter().map(|command| command.command.as_str());
    let copied: Vec<&str> = next
        .insights
        .query
        .lines()
        .chain(links)
        .chain(commands)
        .chain(next.lookup.as_deref())
        .collect();
    assert!(copied.len() > 8);
    for line in copied {
        assert!(lines.contains(&line), "{line}");
    }
}

/// Facts with one text wherever a log or a person can put one.
fn hostile(text: &str) -> Facts {
    let mut finding = fixture::stop_logging();
    fixture::fill(&mut finding, text);
    let mut facts = facts(finding);
    facts.variables[0].name = text.to_owned();
    facts.variables[0].values = vec![(text.to_owned(), 1)];
    facts.values = vec![(Dimension::Region, text.to_owned(), 1)];
    facts.said = Some(Says {
        by: text.to_owned(),
        note: text.to_owned(),
        ..said()
    });
    facts.kept = Kept::At(text.to_owned());
    facts.asked.id = text.to_owned();
    facts.technique = Some(Technique {
        id: text.to_owned(),
        name: text.to_owned(),
        tactic: text.to_owned(),
    });
    for change in &mut facts.history {
        for field in [
            &mut change.said.by,
            &mut change.said.note,
            &mut change.action,
            &mut change.before,
            &mut change.after,
        ] {
            text.clone_into(field);
        }
    }
    for key in &mut facts.keys {
        fixture::fill_key(key, text);
    }
    facts
}

#[test]
fn hostile_texts_are_harmless() {
    for (name, text) in HOSTILE {
        let facts = hostile(text);
        for locale in Locale::ALL {
            assert_harmless(Medium::Terminal, name, &told(&facts, locale));
            let explanation = Explanation::of(&facts, locale);
            let json = render_explanations(std::slice::from_ref(&explanation));
            let raw = json
                .chars()
                .find(|c| *c != '\n' && crate::harmless::is_unsafe(*c));
            assert_eq!(raw, None, "{name}");
            assert_eq!(
                serde_json::from_str::<Vec<Explanation>>(&json).unwrap(),
                [explanation],
                "{name}"
            );
        }
    }
}

proptest! {
    #[test]
    fn a_path_is_one_word_of_a_shell(path in "[a-z' $`\"\\\\;]{0,20}") {
        let word = shell_word(&path);
        // What a shell makes of it: quoted pieces as they stand, and an escaped quote between them.
        let read = match word.strip_prefix('\'') {
            None => word.clone(),
            Some(_) => word.split(r"'\''").collect::<Vec<_>>().join("\u{1}").replace('\'', "").replace('\u{1}', "'"),
        };
        prop_assert_eq!(read, path);
    }
}
