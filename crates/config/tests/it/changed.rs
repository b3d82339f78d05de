//! What was changed by hand: read, checked, and exported.

use firstsight_config::{Config, InspectionConfig, OverrideKey, export_overrides, parse};
use proptest::prelude::*;

const FILE: &str = r#"
[sinks.a]
kind = "json"
path = "-"
[[policies]]
name = "all \"of\" it"
to = ["a"]
[[policies]]
name = "night"
to = ["a"]
[inspections.main]
source = { kind = "cloudwatch", groups = ["trail", "org/*"] }
policies = ["night"]
[inspections.archive]
enabled = false
schedule = "15 3 * * *"
time_zone = "Europe/Berlin"
source.kind = "files"
source.paths = ["/srv/trail", "more \"quoted\"", "."]
[inspections.daily]
source = { kind = "files", paths = ["a"] }
"#;

const POLICIES: [&str; 2] = ["all \"of\" it", "night"];

fn parsed(text: &str) -> Config {
    parse("conf/firstsight.toml", text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

fn inspection(name: &str) -> InspectionConfig {
    let found = parsed(FILE).inspections.into_iter().find(|one| one.name == name);
    found.expect("it is there")
}

#[test]
fn a_value_is_what_the_file_says() {
    let values = |name: &str| OverrideKey::ALL.map(|key| inspection(name).value(key));
    assert_eq!(
        values("main"),
        [
            "true",
            r#"["trail", "org/*"]"#,
            r#""0 * * * *""#,
            r#""UTC""#,
            r#"["night"]"#
        ]
    );
    assert_eq!(
        values("archive"),
        [
            "false",
            r#"["/srv/trail", 'more "quoted"', "."]"#,
            r#""15 3 * * *""#,
            r#""Europe/Berlin""#,
            r#""all""#
        ]
    );
}

#[test]
fn a_value_changes_nothing_but_its_setting() {
    for name in ["main", "archive", "daily"] {
        let known = inspection(name);
        for key in OverrideKey::ALL {
            assert_eq!(
                known.with(key, &known.value(key), &POLICIES).as_ref(),
                Ok(&known),
                "{key:?}"
            );
            assert_eq!(OverrideKey::named(key.as_str()), Some(key));
        }
    }
    let main = inspection("main");
    let changed = main
        .with(OverrideKey::Schedule, "*/30 * * * *", &POLICIES)
        .unwrap();
    assert_eq!(changed.schedule.expression(), "*/30 * * * *");
    assert_eq!(
        InspectionConfig {
            schedule: main.schedule.clone(),
            ..changed
        },
        main
    );
}

#[test]
fn what_makes_no_sense_is_refused() {
    let main = inspection("main");
    for (key, value, part) in [
        (OverrideKey::Enabled, "yes", "true or false is wanted"),
        (OverrideKey::Filters, "trail", "a list of texts is wanted"),
        (OverrideKey::Filters, "[1]", "a list of texts is wanted"),
        (
            OverrideKey::Filters,
            "[\"a\"]\nenabled = false",
            "a list of texts is wanted",
        ),
        (OverrideKey::Filters, "[]", "names nothing to read"),
        (OverrideKey::Filters, "[\"a b\"]", "is no log group"),
        (OverrideKey::Schedule, "61 * * * *", "61"),
        (OverrideKey::Schedule, "\"0 * * * *", "quotes do not match"),
        (OverrideKey::TimeZone, "Europe/Berln", "Europe/Berlin"),
        (OverrideKey::Policies, "[\"nihgt\"]", "did you mean \"night\"?"),
        (OverrideKey::Policies, "night", "a list of texts is wanted"),
    ] {
        let said = main.with(key, value, &POLICIES).expect_err(value);
        assert!(said.contains(part), "{value}: {said}");
    }
    let archive = inspection("archive");
    assert!(archive.with(OverrideKey::Filters, "[\"-\"]", &POLICIES).is_err());
    let long = format!("[\"{}\"]", "x".repeat(100_000));
    assert!(archive.with(OverrideKey::Filters, &long, &POLICIES).is_err());
}

#[test]
fn relative_paths_stay_those_from_the_files_folder() {
    let archive = inspection("archive");
    let changed = archive
        .with(OverrideKey::Filters, "[\"logs\", \"/srv\"]", &POLICIES)
        .unwrap();
    assert_eq!(changed.value(OverrideKey::Filters), "[\"logs\", \"/srv\"]");
    assert!(format!("{:?}", changed.source).contains("conf/logs"));
}

/// Puts exported TOML into the file, as a person would: keys that are there already are replaced.
fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(known)), toml::Value::Table(new)) => merge(known, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

fn merged(exported: &str) -> Config {
    let mut file: toml::Table = toml::from_str(FILE).unwrap();
    merge(
        &mut file,
        toml::from_str(exported).unwrap_or_else(|error| panic!("{error}\n{exported}")),
    );
    parsed(&toml::to_string(&file).unwrap())
}

#[test]
fn nothing_changed_is_nothing_to_export() {
    let main = inspection("main");
    assert_eq!(export_overrides(&[(&main, Vec::new())]), "");
}

#[test]
fn an_export_reads_well() {
    let (main, archive) = (inspection("main"), inspection("archive"));
    let one = |key, value: &str| (key, value.to_owned());
    let exported = export_overrides(&[
        (
            &main,
            vec![
                one(OverrideKey::Enabled, "false"),
                one(OverrideKey::Filters, "[\"other\"]"),
                one(OverrideKey::Policies, "\"all\""),
            ],
        ),
        (
            &archive,
            vec![
                one(OverrideKey::Schedule, "@daily"),
                one(OverrideKey::TimeZone, "UTC"),
            ],
        ),
    ]);
    insta::assert_snapshot!(exported);
}

fn value(key: OverrideKey) -> BoxedStrategy<String> {
    let list = |item: &'static str| {
        prop::collection::vec(item.prop_map(toml::Value::from), 1..4)
            .prop_map(|items| toml::Value::Array(items).to_string())
    };
    match key {
        OverrideKey::Enabled => any::<bool>().prop_map(|yes| yes.to_string()).boxed(),
        OverrideKey::Filters => list("[a-zA-Z/][a-zA-Z/._-]{0,11}").boxed(),
        OverrideKey::Schedule => "[0-5]?[0-9] [0-9] \\* \\* \\*".boxed(),
        OverrideKey::TimeZone => prop::sample::select(vec!["UTC", "\"Asia/Shanghai\"", "Europe/Berlin"])
            .prop_map(str::to_owned)
            .boxed(),
        OverrideKey::Policies => prop::sample::select(vec![
            "all",
            "\"all\"",
            "[]",
            "[\"night\"]",
            r#"['all "of" it', "night"]"#,
        ])
        .prop_map(str::to_owned)
        .boxed(),
    }
}

fn changes() -> impl Strategy<Value = Vec<(OverrideKey, String)>> {
    let any = OverrideKey::ALL.map(|key| prop::option::of(value(key)).prop_map(move |value| (key, value)));
    let some = |all: Vec<(OverrideKey, Option<String>)>| {
        all.into_iter()
            .filter_map(|(key, value)| Some((key, value?)))
            .collect::<Vec<_>>()
    };
    any.to_vec().prop_map(some).prop_shuffle()
}

proptest! {
    /// In whatever order they were made, the changes give one inspection, and so does their export in the file.
    #[test]
    fn an_export_in_the_file_gives_the_same(main in changes(), archive in changes()) {
        let applied = |name: &str, changes: &[(OverrideKey, String)]| {
            changes.iter().fold(inspection(name), |known, (key, value)| {
                known.with(*key, value, &POLICIES).unwrap_or_else(|error| panic!("{key:?} {value}: {error}"))
            })
        };
        let (known_main, known_archive) = (inspection("main"), inspection("archive"));
        let exported = export_overrides(&[(&known_main, main.clone()), (&known_archive, archive.clone())]);
        let config = merged(&exported);
        for (name, changes) in [("main", main), ("archive", archive)] {
            let expected = applied(name, &changes);
            let reversed: Vec<_> = changes.into_iter().rev().collect();
            prop_assert_eq!(&applied(name, &reversed), &expected);
            let read = config.inspections.iter().find(|one| one.name == name).unwrap();
            prop_assert_eq!(&InspectionConfig { line: expected.line, ..read.clone() }, &expected, "{}", exported);
        }
    }
}
