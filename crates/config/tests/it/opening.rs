//! Opening what a file names: secrets from where they are, files, templates.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use firstsight_config::{Opening, Surroundings, open_guance, open_sinks, parse};
use firstsight_engine::Time;
use firstsight_sink::http::{Http, HttpSettings};

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

fn opened(text: &str, made: Made) -> Result<Vec<Opening>, String> {
    let config = parse("firstsight.toml", text).unwrap_or_else(|error| panic!("{error}"));
    let made: Arc<dyn Surroundings> = Arc::new(made);
    open_sinks(&config, &made).map_err(|error| error.to_string())
}

const CHATS: &str = r#"
[sinks.chat]
kind = "webhook"
url = { env = "CHAT" }
secret = { file = "sign" }
headers = { Authorization = { env = "TOKEN" } }

[sinks.own]
kind = "webhook"
template_file = "own.json"
url = { env = "EMPTY" }
"#;

#[test]
fn everything_that_is_missing_is_named_at_once() {
    let made = Made {
        variables: [("EMPTY", " \n")].into(),
        ..Made::default()
    };
    insta::assert_snapshot!(opened(CHATS, made).unwrap_err());
}

#[test]
fn sinks_come_in_the_order_of_the_file_and_show_no_secret() {
    let made = Made {
        variables: [
            ("CHAT", "https://hooks.example.com/hush"),
            ("TOKEN", "hush"),
            ("EMPTY", "https://hooks.example.com/hush"),
        ]
        .into(),
        files: [
            (PathBuf::from("sign"), "hush\n"),
            (PathBuf::from("own.json"), "{\"text\": {{ title }}}"),
        ]
        .into(),
    };
    let sinks = opened(CHATS, made).unwrap();
    let names: Vec<&str> = sinks.iter().map(|sink| sink.name.as_str()).collect();
    assert_eq!(names, ["chat", "own"]);
    assert!(!format!("{sinks:?}").contains("hush"));
}

#[cfg(unix)]
#[test]
fn a_file_is_written_behind_its_end_and_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.ndjson");
    let text = format!(
        "[sinks.lines]\nkind = \"json\"\npath = {:?}\n",
        path.display().to_string()
    );
    assert_eq!(opened(&text, Made::default()).unwrap().len(), 1);
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&path, "known\n").unwrap();
    assert_eq!(opened(&text, Made::default()).unwrap().len(), 1);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "known\n");

    let nowhere = text.replace("events.ndjson", "nowhere/events.ndjson");
    let error = opened(&nowhere, Made::default()).unwrap_err();
    assert!(error.contains("sinks.lines.path: cannot write"), "{error}");
    assert!(error.contains("does its folder exist?"), "{error}");
}

#[test]
fn guance_is_found_by_name_or_because_it_is_the_only_one() {
    let one = "[sinks.a]\nkind = \"guance\"\nopenapi_url = \"https://openapi.example.com\"\nway = \"create\"\n\
               api_key = { env = \"KEY\" }\ntoken = { env = \"TOKEN\" }\nopenway_url = \"https://openway.example.com\"\n";
    let open = |text: &str, name: Option<&str>, variables: &[(&'static str, &'static str)]| {
        let config = parse("firstsight.toml", text).unwrap();
        let made: Arc<dyn Surroundings> = Arc::new(Made {
            variables: variables.iter().copied().collect(),
            ..Made::default()
        });
        let http = Http::new(&HttpSettings::default()).unwrap();
        open_guance(&config, name, &made, &http)
    };
    let access = open(one, None, &[("KEY", "k"), ("TOKEN", "t")]).unwrap();
    assert!(access.has_key && access.api.is_some() && access.writer.is_some() && access.sub_uri.is_none());
    let error = open(one, None, &[("KEY", "k")]).unwrap_err();
    assert_eq!(
        error,
        "firstsight.toml:1: sinks.a.token: the environment variable TOKEN is not set"
    );
    let two = format!("{one}{}", one.replace("sinks.a", "sinks.b"));
    let error = open(&two, None, &[]).unwrap_err();
    assert_eq!(error, "firstsight.toml: choose one of a, b with --sink");
    assert!(open(&two, Some("b"), &[("KEY", "k"), ("TOKEN", "t")]).is_ok());
    assert!(
        open(&two, Some("c"), &[])
            .unwrap_err()
            .contains("is called \"c\"")
    );
    assert!(
        open("", None, &[])
            .unwrap_err()
            .contains("no sink of the kind guance")
    );
}
