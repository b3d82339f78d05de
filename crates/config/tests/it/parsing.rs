//! What stands in a file, and what is said of one that is wrong.

use firstsight_config::{Config, ConfigError, GuanceWay, SinkKind, TemplateRef, parse};
use firstsight_engine::{Class, Locale, Severity};
use firstsight_inspection::alert::{Day, MuteTime, Outside, Through};
use firstsight_sink::Records;
use firstsight_sink::webhook::Preset;
use proptest::prelude::*;

const WHOLE: &str = include_str!("whole.toml");

fn parsed(text: &str) -> Config {
    parse("firstsight.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> ConfigError {
    parse("firstsight.toml", text).expect_err("it is wrong")
}

#[test]
fn every_key_is_read() {
    let config = parsed(WHOLE);
    let names: Vec<&str> = config.sinks.iter().map(|sink| sink.name.as_str()).collect();
    assert_eq!(names, ["guance", "chat", "chat:oncall", "siem", "lines"]);
    assert_eq!(config.locale, Some(Locale::Chinese));
    assert_eq!(config.warnings, []);
    let SinkKind::Guance(guance) = &config.sinks[0].kind else {
        panic!("{:?}", config.sinks[0])
    };
    assert_eq!(guance.way, GuanceWay::Push);
    assert_eq!(guance.node.as_ref().unwrap().name, "us1");
    assert_eq!(guance.monitor.as_ref().unwrap().sub_uri, "firstsight");
    assert_eq!(guance.datakit_url.as_deref(), Some("http://localhost:9529"));
    assert_eq!(config.sinks[0].style.records, Records::Withheld);
    assert!(config.sinks[0].style.evidence.is_some());
    let SinkKind::Webhook(chat) = &config.sinks[1].kind else {
        panic!("{:?}", config.sinks[1])
    };
    assert_eq!(chat.template, TemplateRef::Ready(Preset::Slack));
    assert_eq!(format!("{:?}", chat.headers), r#"[("Authorization", Env("X"))]"#);
}

#[test]
fn a_target_has_what_its_sink_has_except_what_it_says_itself() {
    let config = parsed(WHOLE);
    let SinkKind::Webhook(target) = &config.sinks[2].kind else {
        panic!("{:?}", config.sinks[2])
    };
    assert_eq!(format!("{:?}", target.url), r#"Env("SLACK_ONCALL")"#);
    assert_eq!(target.mentions, ["U123"]);
    assert!(target.secret.is_none(), "a secret belongs to its address");
    assert_eq!(target.headers.len(), 1);
}

#[test]
fn a_policy_is_read_as_it_stands_there() {
    let config = parsed(WHOLE);
    // Nothing is said of silence for sinks that keep events: see the file.
    let night = &config.alerting.policies[0];
    assert_eq!(
        (night.name.as_str(), &night.to[..]),
        ("night", &["chat:oncall".to_owned()][..])
    );
    assert_eq!(night.severities, [Severity::Error, Severity::Critical]);
    assert_eq!(night.filter.classes, [Class::AccessDenied]);
    assert_eq!((night.hours[0].from, night.hours[0].until), (18 * 60, 8 * 60));
    assert_eq!(night.hours[0].days, [Day::Mon, Day::Tue]);
    assert_eq!(night.zone.0, "Asia/Shanghai");
    assert_eq!((night.outside, night.through), (Outside::Drop, Through::Severity));
    assert_eq!((night.silence, night.aggregate, night.cap), (43_200, 600, 5));
    assert_eq!((night.escalations[0].after, night.recovery), (14_400, false));
}

#[test]
fn what_keeps_events_gets_each_and_people_are_called_once_a_day() {
    let config = parsed(WHOLE);
    let halves: Vec<_> = config.alerting.policies[1..]
        .iter()
        .map(|policy| {
            (
                policy.name.as_str(),
                policy.to.join(" "),
                policy.silence,
                policy.cap,
            )
        })
        .collect();
    assert_eq!(
        halves,
        [
            ("all", "chat".to_owned(), 86_400, 20),
            ("all", "guance siem lines".to_owned(), 0, 0)
        ]
    );
}

#[test]
fn without_policies_every_event_goes_to_every_sink() {
    let without = WHOLE.split("[[policies]]").next().unwrap();
    let policies = parsed(without).alerting.policies;
    let told: Vec<_> = policies
        .iter()
        .map(|policy| (policy.to.join(" "), policy.silence))
        .collect();
    assert_eq!(
        told,
        [("chat".to_owned(), 86_400), ("guance siem lines".to_owned(), 0)]
    );
    assert_eq!(parsed("").alerting.policies, []);
}

#[test]
fn mutes_are_read_in_their_time_zone() {
    let mutes = parsed(WHOLE).alerting.mutes;
    assert_eq!(
        (mutes[0].id.as_str(), mutes[0].reason.as_str()),
        ("pen test", "TICKET-12")
    );
    let MuteTime::Once { from, until } = &mutes[0].when else {
        panic!("{:?}", mutes[0])
    };
    assert_eq!(from.unwrap().to_string(), "2026-11-24T01:00:00Z");
    assert_eq!(until.unwrap().to_string(), "2026-11-24T05:00:00Z");
    assert_eq!(mutes[0].expires.unwrap().to_string(), "2026-12-31T23:00:00Z");
    let MuteTime::Repeating { repeat, zone } = &mutes[1].when else {
        panic!("{:?}", mutes[1])
    };
    assert_eq!(
        (&repeat.days[..], repeat.at, repeat.minutes),
        (&[Day::Sat][..], 120, 120)
    );
    assert_eq!(zone.0, "Europe/Berlin");
}

#[test]
fn every_mistake_is_told_at_once() {
    let error = refused(include_str!("wrong.toml"));
    assert!(error.mistakes.len() >= 15, "{error}");
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn what_is_no_toml_is_told_by_line_beside_the_rest() {
    let error = refused("locale = \"fr\"\n[sinks.chat\nkind = \"webhook\"\nnonsense\n");
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn doubts_are_warnings() {
    let config = parsed(
        r#"
[sinks.chat]
kind = "webhook"
url = "https://hooks.example.com/T0/secret-part"
[sinks.spare]
kind = "json"
path = "-"
[[policies]]
name = "all"
to = "chat"
[[mutes]]
name = "silence"
reason = "holidays"
"#,
    );
    let told: Vec<String> = config
        .warnings
        .iter()
        .map(|warning| warning.in_file("firstsight.toml"))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
    assert!(!format!("{config:?}").contains("secret-part"));
}

/// The address of a webhook in the wrong place was once a likely thing to end in a log.
#[test]
fn what_may_be_a_secret_is_never_repeated() {
    for text in [
        "[sinks.a]\nkind = \"webhook\"\nurl = { env = \"https://x/hush-hush\" }",
        "[sinks.a]\nkind = \"webhook\"\nurl = [\"hush-hush\"]",
        "[sinks.a]\nkind = \"webhook\"\nurl = \"hush-hush",
        "[sinks.a]\nkind = \"webhook\"\nurl = hush-hush",
        "[sinks.a]\nkind = \"guance\"\nnode = \"us1\"\nmonitor = { sub_uri = \"x\", secret = { env = \"hush-hush\" } }",
        "[sinks.a]\nkind = \"webhook\"\nheaders = { Authorization = [\"hush-hush\"] }",
    ] {
        let error = refused(text);
        assert!(!error.to_string().contains("hush"), "{error}");
    }
}

/// A sink with a mistake was once said not to be there, too.
#[test]
fn a_mistake_in_a_sink_is_none_in_the_policies_that_name_it() {
    let policy = "[[policies]]\nname = \"all\"\nto = [\"chat\", \"chat:oncall\"]\n";
    let sink = "[sinks.chat]\nkind = \"webhook\"\nurl = 3\ntargets.oncall = { url = { env = \"A\" } }\n";
    assert_eq!(refused(&format!("{sink}{policy}")).mistakes.len(), 1);
    let bare = sink.replace("url = 3\n", "");
    let error = refused(&format!("{bare}{policy}")).to_string();
    assert!(error.contains("no sink is called \"chat\""), "{error}");
}

#[test]
fn relative_paths_are_those_from_the_files_folder() {
    let text = "[sinks.a]\nkind = \"json\"\npath = \"events.ndjson\"";
    let config = parse("/etc/firstsight/firstsight.toml", text).unwrap();
    let SinkKind::Json(path) = &config.sinks[0].kind else {
        panic!("{:?}", config.sinks[0])
    };
    assert_eq!(path, std::path::Path::new("/etc/firstsight/events.ndjson"));
}

/// Lines of the file, some of them changed: near enough to the real thing to reach what is behind the first check.
fn mangled() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        3 => prop::sample::select(WHOLE.lines().collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => "[a-z_]{1,8} = [\\[\\]{}\"=,0-9a-z:T+-]{0,12}",
        1 => ".{0,20}",
    ];
    prop::collection::vec(line, 0..30).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_text_makes_it_panic(text in prop_oneof![any::<String>(), mangled()]) {
        if let Err(error) = parse("firstsight.toml", &text) {
            prop_assert!(!error.mistakes.is_empty());
            let lines = text.lines().count().max(1);
            for mistake in &error.mistakes {
                prop_assert!(mistake.line <= lines + 1, "{mistake:?}");
                prop_assert!(!mistake.said.contains('\n'));
            }
        }
    }
}

/// What is between fences of TOML.
fn blocks(page: &str) -> Vec<&str> {
    let starts = page.split("```toml\n").skip(1);
    starts.filter_map(|rest| rest.split("```").next()).collect()
}

#[test]
fn the_configurations_of_the_documentation_are_without_mistakes() {
    let pages = [
        include_str!("../../../../docs/configuration.md"),
        include_str!("../../../../README.md"),
        include_str!("../../../../docs/guance.md"),
    ];
    for page in pages {
        let text = blocks(page)[0];
        let config = parse("firstsight.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert!(!config.sinks.is_empty(), "{text}");
    }
}
