//! `firstsight guance` end to end: the binary, and a server that plays a workspace and records what it is asked.

use std::process::Command;
use std::sync::Mutex;

use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_tests::{Ran, firstsight, path, story};
use serde_json::{Value, json};
use tempfile::TempDir;

const KEY: &str = "wsak_0123456789abcdef";

fn envelope(content: &Value) -> Reply {
    let body = json!({"code": 200, "content": content, "errorCode": "", "message": "", "success": true});
    Reply::json(200, &body.to_string())
}

fn error(status: u16, code: &str) -> Reply {
    let body = json!({"code": status, "content": null, "errorCode": code, "message": "no", "success": false});
    Reply::json(status, &body.to_string())
}

/// What a workspace answers that has two alert policies, and the monitors that are made in it.
fn workspace() -> impl Fn(&Recorded, usize) -> Reply + Send + Sync + 'static {
    let made: Mutex<Vec<Value>> = Mutex::default();
    move |request, _| {
        let mut made = made.lock().unwrap();
        let path = request.target.split('?').next().unwrap_or_default();
        if request.header("DF-API-KEY") != Some(KEY) && !is_open(path) {
            return error(403, "ft.InvalidAPIKey");
        }
        match path {
            "/api/v1/workspace/get" => envelope(&json!({"uuid": "wksp_1", "name": "ops", "token": ""})),
            "/api/v1/alert_policy/list" => envelope(&json!({"data": [
                {"uuid": "altpl_1", "name": "on call", "ruleCount": 3},
                {"uuid": "altpl_2", "name": "夜间值班", "ruleCount": 0},
            ]})),
            "/api/v1/checker/list" => envelope(&Value::Array(made.clone())),
            "/api/v1/checker/add" => {
                let asked: Value = serde_json::from_slice(&request.body).unwrap();
                let monitor = json!({
                    "uuid": "rul_1",
                    "type": asked["type"],
                    "status": 0,
                    "jsonScript": asked["jsonScript"],
                    "alertPolicyUUIDs": asked["alertPolicyUUIDs"],
                });
                made.push(monitor.clone());
                envelope(&monitor)
            }
            _ => envelope(&json!({"ok": true})),
        }
    }
}

/// What takes no key: whether the node answers, and events, whose address is the secret.
fn is_open(path: &str) -> bool {
    path.starts_with("/api/v1/push-events/") || path.ends_with("/check_ping")
}

/// A folder, and a workspace to ask.
struct Stage {
    folder: TempDir,
    guance: HttpRecorder,
}

impl Stage {
    async fn well() -> Self {
        Self::new(workspace()).await
    }

    async fn new(script: impl Fn(&Recorded, usize) -> Reply + Send + Sync + 'static) -> Self {
        Self {
            folder: story(),
            guance: HttpRecorder::start(script).await.unwrap(),
        }
    }

    fn path(&self, name: &str) -> String {
        path(&self.folder, name)
    }

    /// `firstsight` with what the environment says of a workspace.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = firstsight();
        command
            .env("GUANCE_OPENAPI_URL", self.guance.url())
            .env("GUANCE_API_KEY", KEY)
            .args(arguments);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments)).await
    }

    /// What was printed and how it ended, without what differs from run to run.
    fn told(&self, ran: &Ran) -> String {
        let text = format!("exit code {}\n\n{}{}", ran.code.unwrap_or(-1), ran.out, ran.err);
        let text = text
            .replace(&self.guance.url(), "http://NODE")
            .replace(&self.path(""), "");
        regex::Regex::new("[0-9a-f]{32}")
            .unwrap()
            .replace_all(&text, "(32 digits)")
            .into_owned()
    }

    fn targets(&self) -> Vec<String> {
        let requests = self.guance.requests();
        requests
            .into_iter()
            .map(|request| format!("{} {}", request.method, request.target))
            .collect()
    }
}

/// The recorder goes on serving meanwhile.
async fn ran(mut command: Command) -> Ran {
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap();
    output.unwrap().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_api_key_to_the_first_event() {
    let stage = Stage::well().await;
    insta::assert_snapshot!("check-before", stage.told(&stage.run(&["guance", "check"]).await));
    insta::assert_snapshot!("policies", stage.told(&stage.run(&["guance", "policies"]).await));

    let secret_file = stage.path("secret");
    let setup = [
        "guance",
        "setup",
        "--alert-policy",
        "on call",
        "--secret-file",
        &secret_file,
    ];
    let ran_setup = stage.run(&setup).await.expect(0);
    insta::assert_snapshot!("setup", stage.told(&ran_setup));
    let secret = std::fs::read_to_string(&secret_file).unwrap();
    assert_eq!(secret.trim().len(), 32);
    assert!(!format!("{}{}", ran_setup.out, ran_setup.err).contains(secret.trim()));

    // What was printed is the configuration, as it stands.
    let config = stage.path("firstsight.toml");
    std::fs::write(&config, &ran_setup.out).unwrap();
    let check = stage.run(&["guance", "check", "--config", &config]).await;
    insta::assert_snapshot!("check-after", stage.told(&check));
    let test = stage.run(&["guance", "send-test", "--config", &config]).await;
    insta::assert_snapshot!("send-test", stage.told(&test));

    // What pushes events needs no key: a scheduler is not given one.
    let mut inspect = stage.command(&["inspect", &stage.path("trail"), "--config", &config]);
    inspect
        .env_remove("GUANCE_API_KEY")
        .args(["--state", &stage.path("fs.db")]);
    let inspected = ran(inspect).await.expect(0);
    assert!(
        inspected.err.contains("guance: 1 event delivered"),
        "{}",
        inspected.err
    );
    let pushed = format!("POST /api/v1/push-events/{}/firstsight", secret.trim());
    let targets = stage.targets();
    assert_eq!(
        targets.iter().filter(|target| **target == pushed).count(),
        3,
        "{targets:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn setup_makes_a_monitor_once_and_says_what_it_left_as_it_was() {
    let stage = Stage::well().await;
    let first = stage.run(&["guance", "setup"]).await.expect(0);
    insta::assert_snapshot!("setup-printed", stage.told(&first));
    let again = stage
        .run(&["guance", "setup", "--alert-policy", "altpl_2"])
        .await
        .expect(0);
    insta::assert_snapshot!("setup-again", stage.told(&again));
    let made = stage.guance.requests();
    let made: Vec<&Recorded> = made
        .iter()
        .filter(|request| request.target.ends_with("/add"))
        .collect();
    assert_eq!(made.len(), 1);
    let mut body: Value = serde_json::from_slice(&made[0].body).unwrap();
    let secret = body["secret"].take();
    assert!(first.out.contains(secret.as_str().unwrap()), "{}", first.out);
    assert_eq!(
        body,
        json!({
            "type": "trigger",
            "secret": null,
            "alertPolicyUUIDs": [],
            "jsonScript": {
                "type": "OuterEventChecker",
                "title": "firstsight: CloudTrail errors never seen before",
                "subUri": "firstsight",
            },
        })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_monitor_is_made_whose_secret_could_not_be_kept() {
    let stage = Stage::well().await;
    let file = stage.path("secret");
    std::fs::write(&file, "another\n").unwrap();
    let ran = stage
        .run(&["guance", "setup", "--secret-file", &file])
        .await
        .expect(2);
    assert!(
        ran.err.contains("--secret-file") && ran.err.contains("name a new file"),
        "{}",
        ran.err
    );
    assert_eq!(stage.targets(), [] as [&str; 0]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "another\n");

    let unknown = [
        "guance",
        "setup",
        "--alert-policy",
        "nobody",
        "--secret-file",
        &stage.path("new"),
    ];
    let ran = stage.run(&unknown).await.expect(2);
    assert!(ran.err.contains("none called \"nobody\""), "{}", ran.err);
    assert!(
        !std::fs::exists(stage.path("new")).unwrap(),
        "an empty file stays behind"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_said_with_what_to_do() {
    let limited = Stage::new(|_, _| error(401, "ft.TriggerApiAkCurrentLimiting")).await;
    let failing = Stage::new(|_, _| error(500, "ft.ServerError")).await;
    let used_up = Stage::new(|request, before| match request.target.as_str() {
        "/api/v1/workspace/get" => error(403, "kodo.beyondDataUsage"),
        _ => workspace()(request, before),
    })
    .await;
    let mut told = String::new();
    for (name, stage) in [
        ("limited", &limited),
        ("failing", &failing),
        ("used up", &used_up),
    ] {
        told.push_str(&format!(
            "# {name}\n{}\n",
            stage.told(&stage.run(&["guance", "check"]).await)
        ));
    }
    let stage = Stage::well().await;
    let mut wrong_key = stage.command(&["guance", "check"]);
    wrong_key.env("GUANCE_API_KEY", "wsak_of_another");
    let mut no_key = stage.command(&["guance", "check"]);
    no_key.env_remove("GUANCE_API_KEY");
    let mut datakit = stage.command(&["guance", "check"]);
    datakit
        .env_remove("GUANCE_OPENAPI_URL")
        .env("GUANCE_DATAKIT_URL", stage.guance.url());
    let mut nothing = stage.command(&["guance", "check"]);
    nothing.env_remove("GUANCE_OPENAPI_URL");
    let mut near = stage.command(&["guance", "check", "--node", "us"]);
    near.env_remove("GUANCE_OPENAPI_URL");
    let commands = [
        ("wrong key", wrong_key),
        ("no key", no_key),
        ("only a DataKit", datakit),
        ("nothing", nothing),
        ("near", near),
    ];
    for (name, command) in commands {
        told.push_str(&format!("# {name}\n{}\n", stage.told(&ran(command).await)));
    }
    assert!(!told.contains("wsak_of_another"), "{told}");
    insta::assert_snapshot!("check-wrong", told);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_says_by_which_way_it_went() {
    let stage = Stage::well().await;
    let by_key = stage.run(&["guance", "send-test"]).await.expect(0);
    assert!(
        by_key.err.contains("events/create: such events call nobody"),
        "{}",
        by_key.err
    );
    let mut nothing = stage.command(&["guance", "send-test"]);
    nothing.env_remove("GUANCE_API_KEY");
    let nothing = ran(nothing).await.expect(2);
    assert!(
        nothing.err.contains("set GUANCE_MONITOR_SECRET"),
        "{}",
        nothing.err
    );
    let mut pushed = stage.command(&["guance", "send-test"]);
    pushed.env("GUANCE_MONITOR_SECRET", "hush-hush-hush");
    let pushed = ran(pushed).await.expect(0);
    assert!(
        pushed.err.contains("a monitor that does not exist"),
        "{}",
        pushed.err
    );
    assert!(!format!("{}{}", pushed.out, pushed.err).contains("hush-hush"));

    let refusing = r#"{"code":200,"content":{"ok":false,"error":400,"message":"no monitor hush-hush-hush"},"success":true}"#;
    let stage = Stage::new(|_, _| Reply::json(200, refusing)).await;
    let mut refused = stage.command(&["guance", "send-test"]);
    refused.env("GUANCE_MONITOR_SECRET", "hush-hush-hush");
    let refused = ran(refused).await.expect(1);
    assert!(
        refused.err.contains("guance: refused: no monitor (secret)"),
        "{}",
        refused.err
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_in_guance_are_asked_for_with_what_environment_and_configuration_say_together() {
    // A refusal ends the reading at once: what counts is where and with which key was asked.
    let stage = Stage::new(|_, _| error(403, "ft.InvalidAPIKey")).await;
    let url = stage.guance.url();
    let inspect = |name: &str, sink: &str, variables: &[(&str, &str)]| {
        let config = stage.path(&format!("{name}.toml"));
        let monitor = "monitor = { sub_uri = \"fs\", secret = { env = \"MONITOR\" } }";
        std::fs::write(
            &config,
            format!("[sinks.guance]\nkind = \"guance\"\n{sink}\n{monitor}\n"),
        )
        .unwrap();
        let mut command = firstsight();
        command
            .env("MONITOR", "hush-hush-hush")
            .envs(variables.iter().copied())
            .args([
                "inspect",
                "guance-logs:cloudtrail",
                "--baseline",
                "1h",
                "--config",
                &config,
            ])
            .args(["--state", &stage.path(&format!("{name}.db"))]);
        command
    };
    let here = format!("openapi_url = {url:?}");
    let elsewhere = "openapi_url = \"http://127.0.0.1:1\"\napi_key = { env = \"OTHER\" }";
    let cases = [
        ("key-of-environment", here.as_str(), vec![("GUANCE_API_KEY", KEY)]),
        (
            "key-of-file",
            elsewhere,
            vec![("OTHER", KEY), ("GUANCE_OPENAPI_URL", &url)],
        ),
    ];
    for (name, sink, variables) in cases {
        let before = stage.guance.requests().len();
        let ran = ran(inspect(name, sink, &variables)).await;
        let asked = stage.guance.requests().split_off(before);
        assert!(!asked.is_empty(), "{name}: {}", ran.err);
        for request in asked {
            assert_eq!(request.target, "/api/v1/df/query_data_v1", "{name}");
            assert_eq!(request.header("DF-API-KEY"), Some(KEY), "{name}");
        }
    }
    let none = ran(inspect("no-key", &here, &[])).await.expect(2);
    assert!(none.err.contains("set GUANCE_API_KEY"), "{}", none.err);
}
