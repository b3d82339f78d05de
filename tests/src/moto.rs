//! AWS for tests: moto's server behind a layer that breaks answers on request and remembers calls.
//!
//! The server is `tests/moto/server.py`; `scripts/test --services` makes the Python that it needs, and runs the tests
//! that are ignored otherwise.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use firstsight_cloudtrail::Timestamp;
use serde_json::{Value, json};
use tempfile::{NamedTempFile, TempDir};

use crate::{Ran, firstsight};

/// The account of credentials that no role gave.
pub const CALLER: &str = "777788889999";

/// The environment that leads the SDK to no configuration but ours; `folder` is the home, and holds no file.
fn environment(folder: &Path) -> Vec<(&'static str, String)> {
    let missing = |name: &str| folder.join(name).display().to_string();
    vec![
        ("AWS_ACCESS_KEY_ID", "testing".into()),
        ("AWS_SECRET_ACCESS_KEY", "testing".into()),
        ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ("AWS_CONFIG_FILE", missing("no-config")),
        ("AWS_SHARED_CREDENTIALS_FILE", missing("no-credentials")),
        ("HOME", folder.display().to_string()),
    ]
}

/// The server of one test. Ends with this handle.
#[derive(Debug)]
pub struct Moto {
    port: u16,
    child: Child,
    home: TempDir,
}

/// What is broken: see `Fault` in `tests/moto/server.py`. The next matching call, unless told otherwise.
#[derive(Clone, Debug)]
pub struct Fault(Value);

/// A call that the server has got.
#[derive(Clone, Debug)]
pub struct Call {
    /// For example `FilterLogEvents`.
    pub operation: String,
    /// Whose credentials signed it.
    pub account: String,
    /// With which access key.
    pub key: String,
    /// For which region.
    pub region: String,
    /// What was asked, the first 4 KB.
    pub body: String,
    /// When it came, in milliseconds of the server's own count.
    pub at_millis: u64,
    /// What was answered; `None` where no answer was given (yet).
    pub status: Option<u16>,
    /// Bytes of the answer's body.
    pub bytes: Option<u64>,
    /// The fault that broke it.
    pub fault: Option<String>,
}

impl Call {
    /// A field of the request's JSON; null where there is none.
    #[must_use]
    pub fn field(&self, name: &str) -> Value {
        let fields: Value = serde_json::from_str(&self.body).unwrap_or_default();
        fields[name].clone()
    }
}

impl Fault {
    /// Breaks the next call of an operation so: `throttle`, `500`, `503`, `denied`, `expired`, `unknown-key`,
    /// `stale-token`, `reset`, `malformed`, `truncated`, `short`, `empty`, `slow`, `hold`, `clock`.
    #[must_use]
    pub fn new(operation: &str, kind: &str) -> Self {
        Self(json!({ "operation": operation, "kind": kind }))
    }

    fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0[name] = value.into();
        self
    }

    /// So many calls.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        self.with("times", times)
    }

    /// All calls.
    #[must_use]
    pub fn always(self) -> Self {
        self.with("times", -1)
    }

    /// After so many matching calls that pass.
    #[must_use]
    pub fn after(self, calls: u32) -> Self {
        self.with("after", calls)
    }

    /// Only calls with this account's credentials.
    #[must_use]
    pub fn account(self, account: &str) -> Self {
        self.with("account", account)
    }

    /// Only calls to this region.
    #[must_use]
    pub fn region(self, region: &str) -> Self {
        self.with("region", region)
    }

    /// Only calls about this log group.
    #[must_use]
    pub fn group(self, group: &str) -> Self {
        self.with("group", group)
    }

    /// Only calls with a page token.
    #[must_use]
    pub fn on_following_pages(self) -> Self {
        self.with("token", "next")
    }

    /// Only calls whose body holds this.
    #[must_use]
    pub fn containing(self, text: &str) -> Self {
        self.with("contains", text)
    }

    /// How late a `slow` answer is, or how far a `clock` is ahead.
    #[must_use]
    pub fn millis(self, millis: i64) -> Self {
        self.with("millis", millis)
    }
}

impl Moto {
    /// Starts a server that holds nothing.
    ///
    /// # Panics
    /// When it does not start, with what it said.
    #[must_use]
    pub fn start() -> Self {
        let said = NamedTempFile::new().expect("a file can be made");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("moto/server.py");
        let mut child = Command::new(python())
            .arg("-B")
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(said.reopen().expect("the file can be opened"))
            .spawn()
            .expect("the Python of FIRSTSIGHT_MOTO_PYTHON starts");
        let port = announced(&mut child).unwrap_or_else(|| {
            let _ = child.wait();
            let said = std::fs::read_to_string(said.path()).unwrap_or_default();
            panic!("moto does not start:\n{said}");
        });
        let home = tempfile::tempdir().expect("a folder can be made");
        Self { port, child, home }
    }

    /// Where it listens.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Puts records into an account's log group as CloudTrail does: one a log event, at its own time, in the stream
    /// `ACCOUNT_CloudTrail_REGION`. However old: that moto drops what is older than 14 days is about `PutLogEvents`.
    ///
    /// # Panics
    /// When a record has no time.
    pub fn put(&self, account: &str, region: &str, group: &str, records: &[Value]) {
        let events: Vec<Value> = records
            .iter()
            .map(|record| json!([millis(record), record.to_string()]))
            .collect();
        self.put_events(account, region, group, &events);
    }

    /// Puts log events, `[milliseconds, message]` each, into the stream of the account and region.
    ///
    /// # Panics
    /// When the server refuses them.
    pub fn put_events(&self, account: &str, region: &str, group: &str, events: &[Value]) {
        let stream = format!("{account}_CloudTrail_{region}");
        let body = json!({
            "account": account, "region": region, "group": group, "stream": stream, "events": events
        });
        self.control("put", &body);
    }

    /// Makes a log group without any stream.
    ///
    /// # Panics
    /// When the server refuses it.
    pub fn make_group(&self, account: &str, region: &str, group: &str) {
        self.control(
            "put",
            &json!({ "account": account, "region": region, "group": group }),
        );
    }

    /// Breaks calls. A call is broken by the first fault that matches and is due.
    ///
    /// # Panics
    /// When the server does not know such a fault.
    pub fn break_with(&self, faults: impl IntoIterator<Item = Fault>) {
        let rules: Vec<Value> = faults.into_iter().map(|fault| fault.0).collect();
        self.control("faults", &Value::Array(rules));
    }

    /// The calls so far, in the order of arrival.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        let Value::Array(rows) = self.control("calls", &Value::Null) else {
            panic!("the server gives a list");
        };
        rows.iter().map(call).collect()
    }

    /// The calls of one operation so far.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn calls_of(&self, operation: &str) -> Vec<Call> {
        let mut calls = self.calls();
        calls.retain(|call| call.operation == operation);
        calls
    }

    /// Forgets calls and faults, and releases what is held. Log groups stay.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn clear(&self) {
        self.control("clear", &Value::Null);
    }

    /// Pages of log events hold so many bytes of messages at most (AWS: 1 MB, and so here at first).
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn page_bytes(&self, bytes: u64) {
        self.control("page-bytes", &json!({ "bytes": bytes }));
    }

    /// Returns once so many answers are held by `hold` faults.
    ///
    /// # Panics
    /// When none was for a minute.
    pub fn wait_until_held(&self, count: u32) {
        self.control("held", &json!({ "count": count }));
    }

    /// Lets what is held be answered.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn release(&self) {
        self.control("release", &Value::Null);
    }

    /// The server's clock: for input of the binary, which reads the same one.
    ///
    /// # Panics
    /// When the server does not answer.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let now = self.control("now", &Value::Null)["now"].as_i64();
        Timestamp::from_millis(now.expect("the server has a clock"))
    }

    /// The binary, led to this server and to no other configuration.
    #[must_use]
    pub fn firstsight(&self) -> Command {
        let mut command = firstsight();
        command
            .envs(environment(self.home.path()))
            .env("AWS_ENDPOINT_URL", self.url());
        command
    }

    /// Runs the binary to its end.
    ///
    /// # Panics
    /// When it cannot be started.
    #[must_use]
    pub fn run<S: AsRef<std::ffi::OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Ran {
        let output = self
            .firstsight()
            .args(arguments)
            .output()
            .expect("the binary starts");
        output.into()
    }

    fn control(&self, name: &str, body: &Value) -> Value {
        let (status, body) = post(self.port, &format!("/_layer/{name}"), &body.to_string());
        assert_eq!(status, 200, "{name}: {body}");
        serde_json::from_str(&body).expect("the server speaks JSON")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "tests are told by the environment which Python has moto"
)]
fn python() -> std::ffi::OsString {
    let python = std::env::var_os("FIRSTSIGHT_MOTO_PYTHON").filter(|python| !python.is_empty());
    python.expect(
        "run scripts/test --services, or set FIRSTSIGHT_MOTO_PYTHON to the Python that scripts/moto prints",
    )
}

/// The port in the server's first line; `None` when it ended before.
fn announced(child: &mut Child) -> Option<u16> {
    let mut line = String::new();
    BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
    line.trim().strip_prefix("port ")?.parse().ok()
}

/// One request over a connection of its own: the status and the body.
fn post(port: u16, path: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("the server listens");
    let length = body.len();
    let head =
        format!("POST {path} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n");
    stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body.as_bytes()))
        .expect("the server takes a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the server answers");
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.expect("an answer has a status"), body.to_owned())
}

fn call(row: &Value) -> Call {
    let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
    Call {
        operation: text("operation"),
        account: text("account"),
        key: text("key"),
        region: text("region"),
        body: text("body"),
        at_millis: row["at_millis"].as_u64().unwrap_or_default(),
        status: row["status"].as_u64().and_then(|status| status.try_into().ok()),
        bytes: row["bytes"].as_u64(),
        fault: row["fault"].as_str().map(str::to_owned),
    }
}

/// A record's own time, in milliseconds.
///
/// # Panics
/// When it has none.
#[must_use]
pub fn millis(record: &Value) -> i64 {
    let time = record["eventTime"].as_str().expect("a record has a time");
    time.parse::<Timestamp>()
        .expect("eventTime is a time")
        .as_millis()
}

/// Records by (account, region), in time order: which log group each belongs to.
#[must_use]
pub fn by_place(records: Vec<Value>) -> BTreeMap<(String, String), Vec<Value>> {
    let mut places: BTreeMap<_, Vec<Value>> = BTreeMap::new();
    for record in records {
        let text = |name: &str| record[name].as_str().unwrap_or_default().to_owned();
        let place = (text("recipientAccountId"), text("awsRegion"));
        places.entry(place).or_default().push(record);
    }
    for records in places.values_mut() {
        records.sort_by_key(millis);
    }
    places
}

/// The records of a sample, as its files hold them, in their order.
///
/// # Panics
/// When the sample's settings are refused.
#[must_use]
pub fn sample_records(config: firstsight_sample::SampleConfig) -> Vec<Value> {
    let sample = firstsight_sample::Sample::new(config).expect("the settings are good");
    let records = |file: firstsight_sample::SampleFile| records_of(&file.body);
    sample.files().flat_map(records).collect()
}

/// The records of a file of the usual form.
///
/// # Panics
/// When it has another form.
#[must_use]
pub fn records_of(body: &[u8]) -> Vec<Value> {
    let mut document: Value = serde_json::from_slice(body).expect("a file is JSON");
    match document["Records"].take() {
        Value::Array(records) => records,
        other => panic!("a file holds Records, not {other}"),
    }
}

/// Moves records in time, by so many milliseconds.
///
/// # Panics
/// When one has no time.
pub fn shift(records: &mut [Value], by_millis: i64) {
    for record in records {
        let moved = Timestamp::from_millis(millis(record) + by_millis);
        record["eventTime"] = moved.to_string().into();
    }
}
