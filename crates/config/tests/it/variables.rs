//! Environment variables over the file.

use firstsight_config::{Config, ConfigError, SecretRef, SourceConfig, parse_with};
use proptest::prelude::*;

const FILE: &str = r#"
locale = "en"
[sinks.chat-ops]
kind = "webhook"
url = { env = "CHAT" }
[sinks.lines]
kind = "json"
path = "-"
[[policies]]
name = "all"
to = ["lines"]
[inspections.main]
source = { kind = "cloudwatch", groups = ["x"], role_arns = ["arn:aws:iam::111122223333:role/r"] }
schedule = "0 * * * *"
"#;

fn with(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
    let variables: Vec<(String, String)> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    parse_with("firstsight.toml", FILE, &variables)
}

fn read(variables: &[(&str, &str)]) -> Config {
    with(variables).unwrap_or_else(|error| panic!("{error}"))
}

fn said(name: &str, value: &str) -> String {
    with(&[(name, value)]).expect_err(name).to_string()
}

#[test]
fn a_variable_takes_the_place_of_what_the_file_has() {
    let config = read(&[
        ("FIRSTSIGHT_CFG_SERVER__BIND", "127.0.0.1:80"),
        ("FIRSTSIGHT_CFG_INSPECTIONS__MAIN__SCHEDULE", "*/30 * * * *"),
        ("FIRSTSIGHT_CFG_INSPECTIONS__MAIN__ENABLED", "false"),
        (
            "FIRSTSIGHT_CFG_INSPECTIONS__MAIN__SOURCE__GROUPS",
            "[\"a\", \"b\"]",
        ),
        ("FIRSTSIGHT_CFG_SINKS__CHAT_OPS__TEMPLATE", "slack"),
        ("firstsight_cfg_locale", "zh"),
        ("FIRSTSIGHT_CONFIG", "nothing of ours"),
        ("PATH", "/bin"),
    ]);
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:80");
    let main = &config.inspections[0];
    assert_eq!(
        (main.schedule.expression(), main.enabled),
        ("*/30 * * * *", false)
    );
    let SourceConfig::CloudWatch(source) = &main.source else {
        panic!("{main:?}")
    };
    assert_eq!(source.groups, ["a", "b"]);
    assert_eq!(config.sinks[0].name, "chat-ops");
    assert_eq!(config.locale, Some(firstsight_engine::Locale::Chinese));
}

#[test]
fn a_table_may_be_made_of_variables_alone() {
    let config = read(&[
        ("FIRSTSIGHT_CFG_INSPECTIONS__SECOND__SOURCE__KIND", "files"),
        ("FIRSTSIGHT_CFG_INSPECTIONS__SECOND__SOURCE__PATHS", "[\"/srv\"]"),
        ("FIRSTSIGHT_CFG_STORE", "{ path = \"/var/lib/firstsight\" }"),
    ]);
    let names: Vec<&str> = config.inspections.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["main", "second"]);
    assert_eq!(config.inspections[1].line, 0);
    assert_eq!(
        config.store.path.as_deref(),
        Some(std::path::Path::new("/var/lib/firstsight"))
    );
}

#[test]
fn what_looks_like_a_number_is_a_text_where_one_is_wanted() {
    let config = read(&[("FIRSTSIGHT_CFG_INSPECTIONS__MAIN__SOURCE__EXTERNAL_ID", "0042")]);
    let SourceConfig::CloudWatch(source) = &config.inspections[0].source else {
        panic!("{:?}", config.inspections[0])
    };
    assert_eq!(source.external_id.as_deref(), Some("0042"));
    let config = read(&[("FIRSTSIGHT_CFG_INSPECTIONS__MAIN__SOURCE__EXTERNAL_ID", "42")]);
    assert!(format!("{config:?}").contains("external_id: Some(\"42\")"));
    assert!(with(&[("FIRSTSIGHT_CFG_INSPECTIONS__MAIN__ACCOUNTS", "[111122223333]")]).is_err());
}

#[test]
fn a_secret_in_a_variable_is_no_doubt_and_never_shown() {
    let config = read(&[("FIRSTSIGHT_CFG_SERVER__ADMIN_TOKEN", "hush-hush-hush-hush")]);
    assert!(matches!(config.server.admin_token, Some(SecretRef::Literal(_))));
    let told = format!("{:?}", config.warnings);
    assert!(!told.contains("secret stands"), "{told}");
    for value in ["[\"hush\"]", "{ env = \"hush-hush\" }", "{ hush = 1 "] {
        if let Err(error) = with(&[("FIRSTSIGHT_CFG_SERVER__ADMIN_TOKEN", value)]) {
            assert!(!error.to_string().contains("hush"), "{error}");
        }
    }
}

#[test]
fn a_mistake_names_its_variable() {
    assert_eq!(
        said("FIRSTSIGHT_CFG_SERVER__BIND", "0.0.0.0:80"),
        "FIRSTSIGHT_CFG_SERVER__BIND: server.bind: others reach this address: give an admin_token ({ env = \"NAME\" } or \
         { file = \"PATH\" }), or bind to 127.0.0.1 behind a reverse proxy"
    );
    assert_eq!(
        said("FIRSTSIGHT_CFG_SERVR__BIND", "x"),
        "FIRSTSIGHT_CFG_SERVR__BIND: servr: there is no such key; did you mean \"server\"?"
    );
    assert_eq!(
        said("FIRSTSIGHT_CFG_INSPECTIONS__MAIN__TIMEOUT", "15 minutes"),
        "FIRSTSIGHT_CFG_INSPECTIONS__MAIN__TIMEOUT: inspections.main.timeout: \"15 minutes\" is no length of time: write 90s, \
         10m, 24h, 7d or 2w"
    );
    assert_eq!(
        said("FIRSTSIGHT_CFG_INSPECTIONS__OTHER__WINDOW", "1h"),
        "FIRSTSIGHT_CFG_INSPECTIONS__OTHER__WINDOW: inspections.other.source: it is missing"
    );
}

#[test]
fn a_path_that_leads_nowhere_is_a_mistake() {
    for (name, part) in [
        ("FIRSTSIGHT_CFG_", "it names no key"),
        ("FIRSTSIGHT_CFG_SERVER__", "it names no key"),
        ("FIRSTSIGHT_CFG___BIND", "it names no key"),
        ("FIRSTSIGHT_CFG_POLICIES__0__NAME", "policies is a list"),
        ("FIRSTSIGHT_CFG_LOCALE__X", "locale is no table"),
        ("FIRSTSIGHT_CFG_SERVER__PORT", "server.port: there is no such key"),
    ] {
        let told = said(name, "x");
        assert!(
            told.starts_with(&format!("{name}: ")) && told.contains(part),
            "{told}"
        );
    }
    let deep = format!("FIRSTSIGHT_CFG_{}X", "A__".repeat(10_000));
    assert!(said(&deep, "x").contains("it names no key"));
}

#[test]
fn names_that_differ_by_a_dash_alone_are_not_guessed() {
    let file = "[sinks.a-b]\nkind = \"json\"\npath = \"-\"\n[sinks.a_b]\nkind = \"json\"\npath = \"-\"\n";
    let variable = |name: &str| vec![(name.to_owned(), "true".to_owned())];
    let error = parse_with("f.toml", file, &variable("FIRSTSIGHT_CFG_SINKS__A_B__RECORDS")).unwrap_err();
    assert!(
        error.to_string().contains("A_B may be each of a-b, a_b"),
        "{error}"
    );
    assert!(parse_with("f.toml", file, &variable("FIRSTSIGHT_CFG_SINKS__a_b__RECORDS")).is_ok());
}

#[test]
fn lines_of_the_file_stay_what_they_are() {
    let wrong = FILE.replace("\"0 * * * *\"", "7");
    let variables = [("FIRSTSIGHT_CFG_LOCALE".to_owned(), "fr".to_owned())];
    let error = parse_with("firstsight.toml", &wrong, &variables).unwrap_err();
    let places: Vec<_> = error
        .mistakes
        .iter()
        .map(|mistake| (mistake.line, mistake.variable.as_deref()))
        .collect();
    assert_eq!(places, [(14, None), (0, Some("FIRSTSIGHT_CFG_LOCALE"))]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_variable_makes_it_panic(
        parts in prop::collection::vec("(INSPECTIONS|MAIN|SOURCE|SINKS|POLICIES|SERVER|BIND|STORE|[a-z_]{0,4})", 1..5),
        value in prop_oneof!["[\\[\\]{}\"=,0-9a-z:T+-]{0,16}", any::<String>()],
    ) {
        let name = format!("FIRSTSIGHT_CFG_{}", parts.join("__"));
        if let Err(error) = with(&[(&name, &value)]) {
            prop_assert!(!error.mistakes.is_empty());
            for mistake in &error.mistakes {
                // What becomes wrong with the file by it (a sink that is gone) is said of the file's line.
                prop_assert!(mistake.variable.as_ref().is_none_or(|variable| *variable == name));
                prop_assert!(mistake.variable.is_some() || mistake.line > 0 || mistake.key.is_empty(), "{mistake:?}");
            }
        }
    }
}
