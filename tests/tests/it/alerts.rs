//! Alerting end to end: the binary, a configuration, and servers that only record.

use std::process::{Command, Stdio};

use firstsight_sink::http::recorder::{HttpRecorder, Recorded, Reply};
use firstsight_tests::{Ran, firstsight, path, story};
use serde_json::{Value, json};
use tempfile::TempDir;

/// What Guance answers.
const TAKEN: &str =
    r#"{"code":200,"content":{"ok":true},"errorCode":"","message":"","success":true,"traceId":"1"}"#;

/// The story, with a configuration that names a workspace, a chat and a file.
struct Stage {
    folder: TempDir,
    guance: HttpRecorder,
    chat: HttpRecorder,
}

impl Stage {
    async fn new(
        guance: impl Fn(&Recorded, usize) -> Reply + Send + Sync + 'static,
        chat: impl Fn(&Recorded, usize) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let stage = Self {
            folder: story(),
            guance: HttpRecorder::start(guance).await.unwrap(),
            chat: HttpRecorder::start(chat).await.unwrap(),
        };
        std::fs::write(stage.path("firstsight.toml"), stage.config()).unwrap();
        stage
    }

    /// A stage whose far sides take everything.
    async fn well() -> Self {
        Self::new(|_, _| Reply::json(200, TAKEN), |_, _| Reply::status(200)).await
    }

    fn config(&self) -> String {
        format!(
            r#"
[sinks.guance]
kind = "guance"
openapi_url = "{}"
monitor = {{ sub_uri = "firstsight", secret = {{ env = "MONITOR" }} }}

[sinks.chat]
kind = "webhook"
template = "json"
url = {{ env = "CHAT" }}

[sinks.lines]
kind = "json"
path = "events.ndjson"
"#,
            self.guance.url()
        )
    }

    fn path(&self, name: &str) -> String {
        path(&self.folder, name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = firstsight();
        command
            .env("MONITOR", "0123456789abcdef")
            .env("CHAT", format!("{}/hooks/hush-hush", self.chat.url()))
            .env("FIRSTSIGHT_STATE", self.path("state.db"))
            .env("FIRSTSIGHT_CONFIG", self.path("firstsight.toml"))
            .args(arguments);
        command
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.command(arguments);
        // The recorders go on serving meanwhile.
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .unwrap();
        output.unwrap().into()
    }

    async fn inspect(&self) -> Ran {
        self.run(&["inspect", &self.path("trail")]).await
    }

    /// The deliveries of the only event, by sink.
    async fn delivery(&self, sink: &str) -> Value {
        let arguments = ["events", "--state", &self.path("state.db"), "--format", "json"];
        let events = self.run(&arguments).await.expect(0).json();
        assert_eq!(events.as_array().map(Vec::len), Some(1), "{events:#}");
        let deliveries = events[0]["deliveries"].as_array().unwrap();
        let of_sink = deliveries.iter().find(|delivery| delivery["sink"] == sink);
        of_sink
            .unwrap_or_else(|| panic!("nothing for {sink}: {deliveries:#?}"))
            .clone()
    }
}

fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// A key of our own in a pushed event.
fn own(request: &Recorded, key: &str) -> String {
    let body = body(request);
    let text = body["event"][key].as_str();
    text.unwrap_or_else(|| panic!("no {key}: {body:#}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_arrives_everywhere_once() {
    let stage = Stage::well().await;
    let ran = stage.inspect().await.expect(0);
    assert!(ran.err.contains("guance: 1 event delivered"), "{}", ran.err);
    assert!(ran.err.contains("chat: 1 event delivered"), "{}", ran.err);

    let pushed = stage.guance.requests();
    assert_eq!(pushed.len(), 1, "{pushed:#?}");
    assert_eq!(pushed[0].method, "POST");
    assert_eq!(
        pushed[0].target,
        "/api/v1/push-events/0123456789abcdef/firstsight"
    );
    let event = &body(&pushed[0])["event"];
    assert_eq!(
        event["dimension_tags"],
        json!({"account": "111122223333", "inspection": "default"})
    );
    assert!(
        event["message"].as_str().unwrap().contains("CreateUser"),
        "{event:#}"
    );

    let told = stage.chat.requests();
    assert_eq!((told.len(), told[0].target.as_str()), (1, "/hooks/hush-hush"));
    let lines = std::fs::read_to_string(stage.path("events.ndjson")).unwrap();
    assert_eq!(lines.lines().count(), 1, "{lines}");
    let line: Value = serde_json::from_str(&lines).unwrap();
    assert_eq!(line["id"], own(&pushed[0], "fs_event_id"));

    let again = stage.inspect().await.expect(0);
    assert!(!again.err.contains("delivered"), "{}", again.err);
    let _ = stage.run(&["deliver"]).await.expect(0);
    assert_eq!(
        (stage.guance.requests().len(), stage.chat.requests().len()),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sink_that_is_down_keeps_nothing_from_the_others_and_is_left_in_peace_for_a_while() {
    let stage = Stage::new(|_, _| Reply::json(200, TAKEN), |_, _| Reply::status(503)).await;
    let ran = stage.inspect().await.expect(0);
    assert!(ran.err.contains("chat: not delivered"), "{}", ran.err);
    assert!(!ran.err.contains("hush-hush"), "{}", ran.err);
    assert_eq!(stage.guance.requests().len(), 1);
    let waiting = stage.delivery("chat").await;
    assert_eq!(
        (&waiting["state"], &waiting["attempts"]),
        (&json!("pending"), &json!(1))
    );
    let _ = stage.run(&["deliver"]).await.expect(0);
    assert_eq!(stage.chat.requests().len(), 1, "not before its time");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_is_sent_again_when_somebody_asks() {
    let first_refuses = |_: &Recorded, before: usize| match before {
        0 => Reply::status(400),
        _ => Reply::status(200),
    };
    let stage = Stage::new(|_, _| Reply::json(200, TAKEN), first_refuses).await;
    let ran = stage.inspect().await.expect(0);
    assert!(ran.err.contains("chat: 1 event refused for good"), "{}", ran.err);
    assert_eq!(stage.delivery("chat").await["state"], "parked");
    let _ = stage.run(&["deliver"]).await.expect(0);
    assert_eq!(stage.chat.requests().len(), 1);
    let ran = stage
        .run(&["deliver", "--sink", "chat", "--retry-parked"])
        .await
        .expect(0);
    assert!(ran.err.contains("chat: 1 event delivered"), "{}", ran.err);
    assert_eq!(stage.delivery("chat").await["state"], "delivered");
    let sent: Vec<Vec<u8>> = stage
        .chat
        .requests()
        .into_iter()
        .map(|request| request.body)
        .collect();
    assert_eq!(sent[0], sent[1], "the same event, byte for byte");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_while_the_far_side_hangs_it_is_sent_again_and_marked() {
    let first_hangs = |_: &Recorded, before: usize| match before {
        0 => Reply::Hang,
        _ => Reply::json(200, TAKEN),
    };
    let stage = Stage::new(first_hangs, |_, _| Reply::status(200)).await;
    let mut child = stage
        .command(&["inspect", &stage.path("trail")])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    stage.guance.wait_for(1).await;
    child.kill().unwrap();
    assert_eq!(child.wait().unwrap().code(), None, "it was killed");

    let ran = stage.run(&["deliver"]).await.expect(0);
    assert!(ran.err.contains("guance: 1 event delivered"), "{}", ran.err);
    let pushed = stage.guance.requests();
    assert_eq!(pushed.len(), 2);
    assert_eq!(own(&pushed[0], "fs_event_id"), own(&pushed[1], "fs_event_id"));
    let delivery = stage.delivery("guance").await;
    assert_eq!(delivery["state"], "delivered");
    assert_eq!(delivery["log"][0]["lost"], true, "{delivery:#}");
    assert_eq!(delivery["log"][1]["lost"], false, "{delivery:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_muted_is_recorded_and_not_sent() {
    let stage = Stage::well().await;
    let mute = [
        "mutes",
        "add",
        "--account",
        "1111*",
        "--from",
        "2026-01-15",
        "--until",
        "2026-01-16",
        "--reason",
        "TICKET-12",
    ];
    let ran = stage.run(&mute).await.expect(0);
    assert!(ran.out.starts_with("muted "), "{}", ran.out);
    let ran = stage.inspect().await.expect(0);
    assert!(ran.out.contains("1 event muted"), "counted: {}", ran.out);
    assert_eq!(
        (stage.guance.requests().len(), stage.chat.requests().len()),
        (0, 0)
    );
    let recorded = stage.delivery("guance").await;
    assert_eq!(recorded["state"], "withheld", "{recorded:#}");
    assert!(
        recorded["message"].as_str().unwrap().starts_with("muted by "),
        "{recorded:#}"
    );
    assert_eq!((&recorded["attempts"], &recorded["log"]), (&json!(0), &json!([])));

    let listed = stage
        .run(&["mutes", "list", "--format", "json"])
        .await
        .expect(0)
        .json();
    assert_eq!(
        (&listed[0]["reason"], &listed[0]["state"]),
        (&json!("TICKET-12"), &json!("over"))
    );
    let id = listed[0]["id"].as_str().unwrap();
    let _ = stage.run(&["mutes", "end", id, "--note", "done"]).await.expect(0);
    assert_eq!(
        stage
            .run(&["mutes", "list", "--format", "json"])
            .await
            .expect(0)
            .json(),
        json!([])
    );
    let audit = stage.run(&["audit", "--format", "ndjson"]).await.expect(0).out;
    assert!(
        audit.contains("\"unmute\"") && audit.contains("TICKET-12"),
        "{audit}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_is_told_before_anything_is_read() {
    let stage = Stage::well().await;
    let wrong = stage.config().replace("kind = \"webhook\"", "kind = \"webhok\"");
    std::fs::write(stage.path("firstsight.toml"), wrong).unwrap();
    let ran = stage.inspect().await.expect(2);
    assert!(
        ran.err
            .contains("sinks.chat.kind: \"webhok\" is not known; did you mean \"webhook\"?"),
        "{}",
        ran.err
    );
    assert!(!std::fs::exists(stage.path("state.db")).unwrap());

    std::fs::write(stage.path("firstsight.toml"), stage.config()).unwrap();
    let mut command = stage.command(&["inspect", &stage.path("trail")]);
    let ran = Ran::from(command.env_remove("CHAT").output().unwrap()).expect(2);
    assert!(
        ran.err.contains("the environment variable CHAT is not set"),
        "{}",
        ran.err
    );
    let mut command = stage.command(&["inspect", &stage.path("trail")]);
    let ran = Ran::from(command.env_remove("FIRSTSIGHT_STATE").output().unwrap()).expect(2);
    assert!(ran.err.contains("--config needs --state"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_is_an_event_and_its_recovery() {
    let stage = Stage::well().await;
    let ran = stage.run(&["guance", "send-test"]).await.expect(0);
    assert_eq!(ran.out.lines().count(), 2, "{}", ran.out);
    let requests = stage.guance.requests();
    let pushed: Vec<Value> = requests.iter().map(body).collect();
    assert_eq!(pushed.len(), 2);
    assert!(
        pushed[0]["event"]["title"]
            .as_str()
            .unwrap()
            .starts_with("TEST: "),
        "{pushed:#?}"
    );
    assert_eq!(pushed[1]["event"]["status"], "ok");
    assert_eq!(
        pushed[0]["event"]["dimension_tags"],
        pushed[1]["event"]["dimension_tags"]
    );
    assert_eq!(own(&requests[0], "fs_fault_id"), own(&requests[1], "fs_fault_id"));
    assert_eq!(stage.chat.requests().len(), 0, "only Guance is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_templates_can_be_printed() {
    let stage = Stage::well().await;
    for name in ["json", "slack", "dingtalk", "feishu", "wecom", "alertmanager"] {
        let ran = stage.run(&["webhook", "template", name]).await.expect(0);
        assert!(ran.out.contains("{{"), "{name}: {}", ran.out);
    }
    let _ = stage.run(&["webhook", "template", "pager"]).await.expect(2);
}
