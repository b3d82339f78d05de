//! Inspections, store and server: what stands in a file, and what is said of one that is wrong.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use firstsight_config::{
    CloudWatchConfig, Config, InspectionConfig, SecretRef, SourceConfig, Surroundings, open_settings,
    open_tokens, parse,
};
use firstsight_engine::{LearnBy, Severity, Time};
use firstsight_inspection::{CatchUp, Patience, Settings};
use secrecy::ExposeSecret as _;

const WHOLE: &str = include_str!("whole.toml");
const FILES: &str = "[inspections.main]\nsource = { kind = \"files\", paths = [\"trail\"] }\n";

fn parsed(text: &str) -> Config {
    parse("conf/firstsight.toml", text).unwrap_or_else(|error| panic!("{error}"))
}

fn refused(text: &str) -> String {
    parse("firstsight.toml", text).expect_err(text).to_string()
}

fn warned(text: &str) -> Vec<String> {
    let config = parse("firstsight.toml", text).unwrap_or_else(|error| panic!("{error}"));
    let warnings = config.warnings.iter();
    warnings.map(|warning| warning.in_file(&config.file)).collect()
}

#[test]
fn every_key_of_an_inspection_is_read() {
    let config = parsed(WHOLE);
    let main = &config.inspections[0];
    let SourceConfig::CloudWatch(source) = &main.source else {
        panic!("{main:?}")
    };
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        **source,
        CloudWatchConfig {
            groups: vec!["trail".to_owned(), "org/*".to_owned()],
            regions: vec!["eu-west-1".to_owned()],
            profile: text("ops"),
            role_arns: vec!["arn:aws:iam::111122223333:role/firstsight".to_owned()],
            external_id: text("one"),
            role_session_name: text("watch"),
            endpoint_url: text("http://127.0.0.1:5000"),
            fips: true,
            dual_stack: true,
            requests_per_second: std::num::NonZeroU32::new(3),
            all_records: true,
        }
    );
    assert_eq!(main.schedule.to_string(), "30 2 * * * (Asia/Shanghai)");
    assert_eq!(
        (main.timeout_seconds, main.settle_seconds, main.jitter_seconds),
        (1200, 900, 0)
    );
    assert_eq!(main.redact, ["requestParameters.**.password"]);
    assert!(!main.iam && main.enabled);
    assert_eq!(main.policies.as_deref(), Some(&["night".to_owned()][..]));
    assert_eq!(
        main.severity_table.as_deref(),
        Some(Path::new("conf/severity.tsv"))
    );
    assert_eq!(
        main.settings,
        Settings {
            inspection: "main".to_owned(),
            window_hours: 24,
            baseline_hours: 28 * 24,
            retention_hours: 364 * 24,
            min_history_hours: 72,
            forget_after_hours: 60 * 24,
            absorb_after_hours: 48,
            alert_severity: Severity::Error,
            accounts: vec!["111122223333".to_owned()],
            learn_by: [LearnBy::Account, LearnBy::Region].into(),
            ..Settings::default()
        }
    );
    assert_eq!(
        main.catch_up,
        CatchUp {
            windows: 24,
            newest_first: true
        }
    );
    assert_eq!(
        main.patience,
        Patience {
            failures: 5,
            silent_after_hours: None,
            incomplete: 6
        }
    );
}

#[test]
fn other_sources_store_and_server_are_read() {
    let config = parsed(WHOLE);
    assert_eq!(
        config.inspections[1].source,
        SourceConfig::Files(vec![
            PathBuf::from("/srv/trail/"),
            PathBuf::from("conf/more/*.json.gz")
        ])
    );
    let SourceConfig::GuanceLogs(stored) = &config.inspections[2].source else {
        panic!("{:?}", config.inspections[2])
    };
    assert_eq!(stored.sources, ["cloudtrail"]);
    assert_eq!(
        (stored.index.as_deref(), stored.sink.as_deref()),
        (Some("default"), Some("guance"))
    );
    assert_eq!(config.store.path.as_deref(), Some(Path::new("conf/states")));
    let server = &config.server;
    assert_eq!(server.bind.to_string(), "0.0.0.0:8443");
    assert_eq!(
        server.public_url.as_deref(),
        Some("https://firstsight.example.com")
    );
    assert_eq!(server.hosts, ["firstsight.internal"]);
    assert!(matches!(&server.admin_token, Some(SecretRef::Env(name)) if name == "ADMIN"));
    assert!(matches!(&server.read_token, Some(SecretRef::File(_))));
    assert_eq!((server.enabled, server.session_seconds), (true, 8 * 3600));
}

#[test]
fn what_is_left_out_is_as_usual() {
    let config = parsed(FILES);
    let usual = InspectionConfig {
        line: 1,
        folder: PathBuf::from("conf"),
        ..InspectionConfig::new("main", SourceConfig::Files(vec![PathBuf::from("conf/trail")]))
    };
    assert_eq!(config.inspections, [usual]);
    assert_eq!(config.server.bind.to_string(), "127.0.0.1:7780");
    assert_eq!(config.store.path, None);
    assert!(config.inspections[0].enabled && config.server.enabled);
    assert_eq!(config.inspections[0].schedule.to_string(), "0 * * * * (UTC)");
    assert_eq!(config.idle(), []);
}

#[test]
fn every_mistake_is_told_at_once() {
    let error = refused(include_str!("wrong-daemon.toml"));
    insta::assert_snapshot!(error);
}

#[test]
fn a_longer_reach_is_kept_for_longer() {
    let text = format!("{FILES}baseline = \"52w\"\nwindow = \"1d\"\n");
    assert_eq!(parsed(&text).inspections[0].settings.retention_hours, 365 * 24);
}

#[test]
fn doubts_are_warnings() {
    let text = r#"
[sinks.a]
kind = "json"
path = "-"
[[policies]]
name = "one"
to = "a"
[[policies]]
name = "two"
to = "a"
[inspections.main]
source = { kind = "cloudwatch", groups = ["x", "x"] }
policies = ["one"]
[server]
public_url = "https://firstsight.example.com"
"#;
    insta::assert_snapshot!(warned(text).join("\n"));
    let token = format!("{text}admin_token = \"hush-hush-hush-hush\"\n");
    let told = warned(&token).join("\n");
    assert!(
        told.contains("server.admin_token: a secret stands in the file itself"),
        "{told}"
    );
    assert!(!told.contains("hush") && !format!("{:?}", parsed(&token)).contains("hush"));
    // One inspection that is told by all of them uses them.
    let all = text.replace("policies = [\"one\"]", "policies = \"all\"");
    assert!(!warned(&all).join("\n").contains("no inspection is told"));
}

#[test]
fn a_daemon_with_nothing_to_do_is_told_so_by_who_asks() {
    let none = parsed("");
    assert_eq!(none.warnings, [], "other commands need no inspection");
    assert!(none.idle()[0].said.contains("there is no inspection"));
    let disabled = parsed(&format!("{FILES}enabled = false\n"));
    assert_eq!(disabled.warnings, []);
    assert_eq!(
        (disabled.idle()[0].line, disabled.idle()[0].key.as_str()),
        (1, "inspections.main")
    );
}

#[test]
fn what_others_reach_has_a_token() {
    for open in ["0.0.0.0:80", "[::]:80", "192.0.2.1:80"] {
        let server = format!("[server]\nbind = \"{open}\"\n");
        assert!(refused(&server).contains("give an admin_token"), "{open}");
        parsed(&format!("{server}admin_token = {{ env = \"A\" }}\n"));
        parsed(&format!("{server}enabled = false\n"));
    }
    for closed in ["127.0.0.1:80", "127.1.2.3:80", "[::1]:80", "localhost:80"] {
        parsed(&format!("[server]\nbind = \"{closed}\"\n"));
    }
    let same = "[server]\nadmin_token = { env = \"A\" }\nread_token = { env = \"A\" }\n";
    assert!(refused(same).contains("server.read_token: it is the admin_token"));
}

#[derive(Default)]
struct Made {
    variables: BTreeMap<&'static str, &'static str>,
    files: BTreeMap<PathBuf, &'static str>,
}

impl Surroundings for Made {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| (*value).to_owned())
    }

    fn read(&self, path: &Path) -> io::Result<String> {
        let text = self.files.get(path).ok_or(io::ErrorKind::NotFound)?;
        Ok((*text).to_owned())
    }

    fn now(&self) -> Time {
        Time::from_secs(0)
    }
}

fn with_tokens(admin: &'static str, reader: &'static str) -> Made {
    Made {
        variables: [("ADMIN", admin), ("READER", reader)].into(),
        ..Made::default()
    }
}

#[test]
fn tokens_are_there_long_enough_and_two() {
    let config = parsed("[server]\nadmin_token = { env = \"ADMIN\" }\nread_token = { env = \"READER\" }\n");
    let tokens = open_tokens(&config, &with_tokens("administrators-token", "readers-own-token")).unwrap();
    assert_eq!(tokens.admin.unwrap().expose_secret(), "administrators-token");
    assert_eq!(tokens.reader.unwrap().expose_secret(), "readers-own-token");

    let error = open_tokens(&config, &with_tokens("hush", "hush-hush-hush-hush")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "conf/firstsight.toml: server.admin_token: a token has 16 characters at least: 'openssl rand -hex 32' makes one"
    );
    let error = open_tokens(
        &config,
        &with_tokens("hush-hush-hush-hush", "hush-hush-hush-hush"),
    )
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "conf/firstsight.toml: server.read_token: it is the same as the admin_token"
    );
    let error = open_tokens(&config, &Made::default()).unwrap_err();
    assert_eq!(error.mistakes.len(), 2, "{error}");
    assert!(
        open_tokens(&parsed(""), &Made::default())
            .unwrap()
            .admin
            .is_none()
    );
}

#[test]
fn an_inspection_is_told_by_its_policies_and_has_its_table() {
    let config = parsed(WHOLE);
    let built_in = firstsight_engine::severity::SeverityTable::BUILT_IN;
    let made = |text| Made {
        files: [(PathBuf::from("conf/severity.tsv"), text)].into(),
        ..Made::default()
    };
    let settings = open_settings(&config, &config.inspections[0], &made(built_in)).unwrap();
    let names: Vec<&str> = settings
        .alerting
        .policies
        .iter()
        .map(|policy| policy.name.as_str())
        .collect();
    assert_eq!(names, ["night"]);
    assert_eq!(settings.alerting.mutes, config.alerting.mutes);
    assert_eq!(
        settings.alerting.sinks,
        Vec::<String>::new(),
        "no sink gets events past the policies"
    );
    assert_eq!(settings.severity_table.unwrap().as_str(), built_in);

    let all = open_settings(&config, &config.inspections[1], &Made::default()).unwrap();
    assert_eq!(all.alerting, config.alerting);
    assert_eq!(all.severity_table, None);

    let missing = open_settings(&config, &config.inspections[0], &Made::default()).unwrap_err();
    let said = missing.to_string();
    assert!(
        said.contains("inspections.main.severity_table: cannot read conf/severity.tsv"),
        "{said}"
    );
    let wrong = open_settings(&config, &config.inspections[0], &made("critical")).unwrap_err();
    assert!(wrong.to_string().contains("is no table of severities"), "{wrong}");
}
