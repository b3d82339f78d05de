//! The file to begin with.

use firstsight_config::{Beginning, BeginningSink, BeginningSource, SourceConfig, parse};
use firstsight_sink::webhook::Preset;

fn sources() -> Vec<BeginningSource> {
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    vec![
        Beginning::default().source,
        BeginningSource::LogGroups {
            groups: names(&["trail", "org/*"]),
            regions: names(&["eu-west-1", "us-east-1"]),
        },
        BeginningSource::Files(names(&["/srv/cloud \"trail\"/", "more\\back"])),
        BeginningSource::GuanceLogs {
            sources: names(&["cloudtrail"]),
            node: "us1".to_owned(),
        },
    ]
}

fn sinks() -> Vec<BeginningSink> {
    let mut sinks = vec![
        BeginningSink::None,
        BeginningSink::Guance("eu1".to_owned()),
        BeginningSink::Ocsf,
        BeginningSink::Json,
    ];
    sinks.extend(Preset::ALL.map(BeginningSink::Webhook));
    sinks
}

#[test]
fn whatever_is_chosen_gives_a_file_without_mistakes_or_doubts() {
    for source in sources() {
        for sink in sinks() {
            let beginning = Beginning {
                source: source.clone(),
                sink: sink.clone(),
                port: 8080,
            };
            let file = beginning.file();
            let config = parse("firstsight.toml", &file).unwrap_or_else(|error| panic!("{error}\n{file}"));
            assert_eq!(config.warnings, [], "{file}");
            assert_eq!(config.idle(), []);
            assert_eq!(config.server.bind.to_string(), "127.0.0.1:8080");
            let wanted = usize::from(sink != BeginningSink::None)
                + usize::from(
                    matches!(source, BeginningSource::GuanceLogs { .. })
                        && !matches!(sink, BeginningSink::Guance(_)),
                );
            assert_eq!(config.sinks.len(), wanted, "{file}");
        }
    }
}

#[test]
fn what_was_chosen_is_what_is_read() {
    let file = |source| {
        let beginning = Beginning {
            source,
            ..Beginning::default()
        };
        parse("firstsight.toml", &beginning.file()).unwrap().inspections[0]
            .source
            .clone()
    };
    let mut all = sources().into_iter().map(file).skip(1);
    let Some(SourceConfig::CloudWatch(groups)) = all.next() else {
        panic!()
    };
    assert_eq!(
        (groups.groups.join(" "), groups.regions.join(" ")),
        ("trail org/*".to_owned(), "eu-west-1 us-east-1".to_owned())
    );
    assert_eq!(
        all.next(),
        Some(SourceConfig::Files(vec![
            "/srv/cloud \"trail\"/".into(),
            "more\\back".into()
        ]))
    );
    let Some(SourceConfig::GuanceLogs(logs)) = all.next() else {
        panic!()
    };
    assert_eq!(
        (logs.sources.join(" "), logs.sink.as_deref()),
        ("cloudtrail".to_owned(), Some("guance"))
    );
}

/// What the comments show as usual is usual: each may be taken in as it stands there.
#[test]
fn keys_in_comments_are_keys_and_their_defaults() {
    let file = Beginning::default().file();
    let taken_in: String = file
        .lines()
        .map(|line| match line.strip_prefix("# ") {
            Some(rest) if rest.split(' ').nth(1) == Some("=") || rest.starts_with('[') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let taken_in = taken_in.replace("to = [\"NAME\"]", "to = [\"chat\"]");
    let (plain, full) = (parse("f.toml", &file).unwrap(), parse("f.toml", &taken_in));
    let full = full.unwrap_or_else(|error| panic!("{error}\n{taken_in}"));
    let (plain, full) = (&plain.inspections[0], &full.inspections[0]);
    assert_eq!(plain.settings, full.settings);
    assert_eq!(
        (&plain.schedule, &plain.patience),
        (&full.schedule, &full.patience)
    );
    assert_eq!(
        (plain.settle_seconds, plain.timeout_seconds),
        (full.settle_seconds, full.timeout_seconds)
    );
}

#[test]
fn the_file_of_no_questions() {
    insta::assert_snapshot!(Beginning::default().file());
}
