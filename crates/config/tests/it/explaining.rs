//! A configuration in words.

use std::io;
use std::path::Path;

use firstsight_config::{Surroundings, explain, needs, parse};
use firstsight_engine::Time;

/// Some secrets are there.
struct Made;

impl Surroundings for Made {
    fn variable(&self, name: &str) -> Option<String> {
        match name {
            "GUANCE_MONITOR_SECRET" | "SLACK_WEBHOOK" => Some("hush-hush".to_owned()),
            "ADMIN" => Some("hush".to_owned()),
            _ => None,
        }
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        match path.to_str() {
            Some("/run/secrets/firstsight-admin" | "/run/secrets/alerts") => {
                Ok("hush-hush-hush-hush\n".to_owned())
            }
            Some("conf/severity.tsv") => Ok("hush".to_owned()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn now(&self) -> Time {
        "2026-11-23T17:20:00Z".parse().unwrap()
    }
}

fn explained(name: &str, text: &str) -> String {
    let config = parse(name, text).unwrap_or_else(|error| panic!("{error}"));
    let said = explain(&config, &Made);
    assert!(!said.contains("hush"), "{said}");
    said
}

fn first_block(page: &str) -> &str {
    page.split("```toml\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap()
}

#[test]
fn the_documentations_example_in_words() {
    let page = include_str!("../../../../docs/configuration.md");
    insta::assert_snapshot!(explained("firstsight.toml", first_block(page)));
}

#[test]
fn every_key_in_words() {
    insta::assert_snapshot!(explained("conf/firstsight.toml", include_str!("whole.toml")));
}

#[test]
fn an_empty_file_in_words() {
    insta::assert_snapshot!(explained("firstsight.toml", "[server]\nenabled = false\n"));
}

#[test]
fn a_key_that_only_asking_needs_is_looked_for() {
    let text = "[sinks.g]\nkind = \"guance\"\nnode = \"us1\"\nmonitor = { sub_uri = \"x\", secret = { env = \"SLACK_WEBHOOK\" } }\n\
                [inspections.i]\nsource = { kind = \"guance-logs\", sources = [\"a\"] }\n";
    let missing = |text: &str| {
        let config = parse("f.toml", text).unwrap();
        let needs = needs(&config, &Made).into_iter();
        needs
            .filter(|need| need.missing.is_some())
            .map(|need| need.place)
            .collect::<Vec<_>>()
    };
    assert_eq!(missing(text), ["variable GUANCE_API_KEY"]);
    let own = text.replace("node = ", "api_key = { env = \"SLACK_WEBHOOK\" }\nnode = ");
    assert_eq!(missing(&own), [""; 0]);
}
