//! A client of [WebDriver](https://www.w3.org/TR/webdriver2/): what tests of the pages ask of Debian's `chromedriver`, and no more.
//!
//! The crates that there are turn on features of `serde_json` for the whole workspace, and so change what is tested.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use reqwest::{Client, Method};
use serde_json::{Value, json};

/// Names an element's id in what the driver says: section 12.1 of the specification.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// So often a driver is started that finds no port.
const ATTEMPTS: usize = 5;

/// Keys that have no character: section 17.4.2 of the specification.
pub mod key {
    /// Lets go of the modifiers that are held.
    pub const RELEASE: char = '\u{e000}';
    /// Tab.
    pub const TAB: char = '\u{e004}';
    /// Enter.
    pub const ENTER: char = '\u{e007}';
    /// Control, held until [`RELEASE`].
    pub const CONTROL: char = '\u{e009}';
    /// Escape.
    pub const ESCAPE: char = '\u{e00c}';
    /// End.
    pub const END: char = '\u{e010}';
    /// Home.
    pub const HOME: char = '\u{e011}';
    /// The arrow to the left.
    pub const LEFT: char = '\u{e012}';
    /// The arrow to the right.
    pub const RIGHT: char = '\u{e014}';
}

/// What the driver did not do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its word, such as `no such element`; empty where it could not be asked.
    pub error: String,
    /// Why.
    pub message: String,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error, self.message)
    }
}

impl std::error::Error for Refused {}

impl Refused {
    fn unasked(error: &dyn fmt::Display) -> Self {
        Self {
            error: String::new(),
            message: error.to_string(),
        }
    }

    /// Whether an element was meant that is not in the page, or not any more: it may come.
    #[must_use]
    pub fn is_of_an_element(&self) -> bool {
        matches!(
            self.error.as_str(),
            "no such element" | "stale element reference" | "detached shadow root"
        )
    }
}

/// What the driver answers.
pub type Answer<T> = Result<T, Refused>;

/// A chromedriver at a port of its own. It ends with this handle, and with it all that it started.
#[derive(Debug)]
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    /// Starts it at a port that is free, which it says. It takes one that is free for IPv4, wants the same for IPv6, and ends where
    /// somebody has that: then another one may be free for both.
    fn start() -> Answer<Self> {
        let attempts = std::iter::repeat_with(Self::attempt).take(ATTEMPTS);
        let mut attempts = attempts.skip_while(|attempt| matches!(attempt, Ok(None)));
        let attempt = attempts.next().unwrap_or(Ok(None))?;
        attempt.ok_or_else(|| Refused::unasked(&"chromedriver finds no port"))
    }

    /// `None` where it ends without a port.
    fn attempt() -> Answer<Option<Self>> {
        let mut process = Command::new("chromedriver")
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| Refused::unasked(&format_args!("chromedriver does not start: {error}")))?;
        let output = process.stdout.take();
        let mut lines = BufReader::new(output.expect("it has an output")).lines();
        let port = lines.find_map(|line| announced(&line.ok()?));
        // What else it says is nobody's; it must not wait for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        let Some(port) = port else {
            end(&mut process);
            return Ok(None);
        };
        Ok(Some(Self { process, port }))
    }
}

fn announced(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

fn end(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

impl Drop for Driver {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

#[derive(Debug)]
struct Inner {
    client: Client,
    id: String,
    driver: Driver,
}

impl Drop for Inner {
    fn drop(&mut self) {
        // A request of the client would need a runtime that may have stopped. Chromium ends with the session.
        let _ = delete(self.driver.port, &format!("/session/{}", self.id));
    }
}

fn delete(port: u16, path: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let head = format!("DELETE {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    // The driver keeps the connection: the beginning of its answer says that it is done.
    stream.read(&mut [0; 64]).map(drop)
}

/// A browser's session, with a driver of its own. Both end with the last handle.
#[derive(Clone, Debug)]
pub struct Session(Arc<Inner>);

impl Session {
    /// Starts a driver, and by it a browser with these capabilities (the specification's `alwaysMatch`).
    ///
    /// # Errors
    /// Where driver or browser do not start; nothing is left of either.
    pub async fn start(capabilities: Value) -> Answer<Self> {
        let driver = Driver::start()?;
        // A proxy of the environment is for what lies elsewhere.
        let client = Client::builder().no_proxy().build();
        let client = client.map_err(|error| Refused::unasked(&error))?;
        let wanted = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let made = ask(&client, driver.port, Method::POST, "/session", Some(&wanted)).await?;
        let id = text(&made["sessionId"]);
        Ok(Self(Arc::new(Inner { client, id, driver })))
    }

    async fn ask(&self, method: Method, command: &str, body: Option<&Value>) -> Answer<Value> {
        let path = format!("/session/{}{command}", self.0.id);
        ask(&self.0.client, self.0.driver.port, method, &path, body).await
    }

    async fn get(&self, command: &str) -> Answer<Value> {
        self.ask(Method::GET, command, None).await
    }

    async fn post(&self, command: &str, body: Value) -> Answer<Value> {
        self.ask(Method::POST, command, Some(&body)).await
    }

    /// Lets scripts and loads take so many milliseconds.
    ///
    /// # Errors
    /// As all here: where the driver refuses, or has ended.
    pub async fn set_timeouts(&self, milliseconds: u64) -> Answer<()> {
        let timeouts = json!({ "script": milliseconds, "pageLoad": milliseconds, "implicit": 0 });
        self.post("/timeouts", timeouts).await.map(drop)
    }

    /// Opens an address, and waits until it is loaded.
    ///
    /// # Errors
    /// Where it cannot be loaded.
    pub async fn go_to(&self, address: &str) -> Answer<()> {
        self.post("/url", json!({ "url": address })).await.map(drop)
    }

    /// The address of the page that is open.
    ///
    /// # Errors
    /// Where the browser has ended.
    pub async fn address(&self) -> Answer<String> {
        Ok(text(&self.get("/url").await?))
    }

    /// The first element of a CSS selector.
    ///
    /// # Errors
    /// `no such element`, where there is none now.
    pub async fn find(&self, css: &str) -> Answer<Element> {
        let found = self.post("/element", by("css selector", css)).await?;
        Ok(self.element(&found))
    }

    /// The first element of an XPath.
    ///
    /// # Errors
    /// `no such element`, where there is none now.
    pub async fn find_by_path(&self, path: &str) -> Answer<Element> {
        let found = self.post("/element", by("xpath", path)).await?;
        Ok(self.element(&found))
    }

    /// All elements of a CSS selector.
    ///
    /// # Errors
    /// Where it is none.
    pub async fn find_all(&self, css: &str) -> Answer<Vec<Element>> {
        let found = self.post("/elements", by("css selector", css)).await?;
        let found = found.as_array().map_or(&[][..], Vec::as_slice);
        Ok(found.iter().map(|found| self.element(found)).collect())
    }

    fn element(&self, found: &Value) -> Element {
        Element {
            session: self.clone(),
            id: text(&found[ELEMENT]),
        }
    }

    /// What a script returns; a promise is waited for. Its arguments are `arguments`.
    ///
    /// # Errors
    /// `javascript error`, where it throws; `script timeout`.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Answer<Value> {
        let body = json!({ "script": script, "args": arguments });
        self.post("/execute/sync", body).await
    }

    /// Types keys where the focus is; see [`key`].
    ///
    /// # Errors
    /// Where the browser has ended.
    pub async fn press(&self, keys: &str) -> Answer<()> {
        let presses = json!([{ "type": "key", "id": "keys", "actions": presses(keys) }]);
        self.post("/actions", json!({ "actions": presses }))
            .await
            .map(drop)
    }

    /// The cookies that this page's address is sent.
    ///
    /// # Errors
    /// Where the browser has ended.
    pub async fn cookies(&self) -> Answer<Vec<Value>> {
        let cookies = self.get("/cookie").await?;
        Ok(cookies.as_array().cloned().unwrap_or_default())
    }

    /// What an alert of the page says.
    ///
    /// # Errors
    /// `no such alert`.
    pub async fn alert(&self) -> Answer<String> {
        Ok(text(&self.get("/alert/text").await?))
    }

    /// Lets the page have the focus whatever else of the browser has it: the tab that Chromium begins with keeps the keyboard in
    /// its address line as soon as it has loaded, which can be behind the first page.
    ///
    /// # Errors
    /// Where the browser has ended.
    pub async fn keep_focus(&self) -> Answer<()> {
        let command = json!({ "cmd": "Emulation.setFocusEmulationEnabled", "params": { "enabled": true } });
        self.post("/goog/cdp/execute", command).await.map(drop)
    }

    /// Entries of a log of chromedriver's, `browser` or `performance`, since it was asked last: objects with `level` and `message`.
    ///
    /// # Errors
    /// Where the capability `goog:loggingPrefs` does not name it.
    pub async fn log(&self, kind: &str) -> Answer<Vec<Value>> {
        let entries = self.post("/se/log", json!({ "type": kind })).await?;
        Ok(entries.as_array().cloned().unwrap_or_default())
    }
}

/// An element of a page; stale once it is gone.
#[derive(Clone, Debug)]
pub struct Element {
    session: Session,
    id: String,
}

impl Element {
    async fn get(&self, what: &str) -> Answer<Value> {
        self.session.get(&format!("/element/{}/{what}", self.id)).await
    }

    async fn post(&self, what: &str, body: Value) -> Answer<()> {
        let command = format!("/element/{}/{what}", self.id);
        self.session.post(&command, body).await.map(drop)
    }

    /// This element as an argument of a script.
    #[must_use]
    pub fn as_argument(&self) -> Value {
        json!({ ELEMENT: self.id })
    }

    /// Scrolls it into the middle of the window, where nothing sticks above it, and clicks it. A page that it leads to is waited for.
    ///
    /// # Errors
    /// `element click intercepted`, where something lies over it; `stale element reference`.
    pub async fn click(&self) -> Answer<()> {
        self.show().await?;
        self.post("click", json!({})).await
    }

    async fn show(&self) -> Answer<()> {
        let middle =
            "arguments[0].scrollIntoView({ block: 'center', inline: 'nearest', behavior: 'instant' })";
        let shown = self.session.run(middle, vec![self.as_argument()]);
        shown.await.map(drop)
    }

    /// Scrolls it into the middle of the window, and moves the pointer to its own middle.
    ///
    /// # Errors
    /// `move target out of bounds`, where that is not in the window; `stale element reference`.
    pub async fn hover(&self) -> Answer<()> {
        self.show().await?;
        let there =
            json!({ "type": "pointerMove", "duration": 0, "origin": self.as_argument(), "x": 0, "y": 0 });
        let actions = json!([{ "type": "pointer", "id": "pointer", "actions": [there] }]);
        let asked = self.session.post("/actions", json!({ "actions": actions }));
        asked.await.map(drop)
    }

    /// Empties a field.
    ///
    /// # Errors
    /// `invalid element state`, where it is no field.
    pub async fn clear(&self) -> Answer<()> {
        self.post("clear", json!({})).await
    }

    /// Types into it.
    ///
    /// # Errors
    /// `element not interactable`.
    pub async fn send_keys(&self, keys: &str) -> Answer<()> {
        self.post("value", json!({ "text": keys })).await
    }

    /// Gives it the focus.
    ///
    /// # Errors
    /// `stale element reference`.
    pub async fn focus(&self) -> Answer<()> {
        let script = "arguments[0].focus()";
        self.session.run(script, vec![self.as_argument()]).await.map(drop)
    }

    /// Its text, as it is seen.
    ///
    /// # Errors
    /// `stale element reference`.
    pub async fn text(&self) -> Answer<String> {
        Ok(text(&self.get("text").await?))
    }

    /// An attribute of its markup.
    ///
    /// # Errors
    /// `stale element reference`.
    pub async fn attribute(&self, name: &str) -> Answer<Option<String>> {
        let script = "return arguments[0].getAttribute(arguments[1])";
        let asked = self.session.run(script, vec![self.as_argument(), json!(name)]);
        Ok(asked.await?.as_str().map(str::to_owned))
    }

    /// A property as it stands, such as what is typed into a field.
    ///
    /// # Errors
    /// `stale element reference`.
    pub async fn property(&self, name: &str) -> Answer<Value> {
        self.get(&format!("property/{name}")).await
    }
}

fn by(using: &str, value: &str) -> Value {
    json!({ "using": using, "value": value })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Each key down and up; modifiers stay down until they are let go.
fn presses(keys: &str) -> Vec<Value> {
    let press = |kind: &str, key: char| json!({ "type": kind, "value": key });
    let (mut presses, mut held) = (Vec::new(), Vec::new());
    for key in keys.chars() {
        if key == key::RELEASE {
            presses.extend(held.drain(..).map(|held| press("keyUp", held)));
            continue;
        }
        presses.push(press("keyDown", key));
        if key == key::CONTROL {
            held.push(key);
        } else {
            presses.push(press("keyUp", key));
        }
    }
    presses.extend(held.into_iter().map(|held| press("keyUp", held)));
    presses
}

async fn ask(client: &Client, port: u16, method: Method, path: &str, body: Option<&Value>) -> Answer<Value> {
    let mut request = client.request(method, format!("http://127.0.0.1:{port}{path}"));
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    let unasked = |error: reqwest::Error| Refused::unasked(&error);
    let answer = request.send().await.map_err(unasked)?;
    let is_done = answer.status().is_success();
    let said = answer.bytes().await.map_err(unasked)?;
    let said: Value = serde_json::from_slice(&said).map_err(|error| Refused::unasked(&error))?;
    let value = &said["value"];
    if is_done {
        return Ok(value.clone());
    }
    Err(Refused {
        error: text(&value["error"]),
        message: text(&value["message"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_stands_in_a_line_of_the_drivers() {
        let line = "ChromeDriver was started successfully on port 45123.";
        assert_eq!(announced(line), Some(45_123));
        assert_eq!(announced("Starting ChromeDriver 156 on port 0"), None);
    }

    #[test]
    fn modifiers_are_held_until_they_are_let_go() {
        let keys: String = [key::CONTROL, 'v', key::RELEASE, 'x'].iter().collect();
        let told: Vec<_> = presses(&keys)
            .iter()
            .map(|press| format!("{} {}", text(&press["type"]), text(&press["value"])))
            .collect();
        let control = key::CONTROL;
        let expected = [
            &format!("keyDown {control}"),
            "keyDown v",
            "keyUp v",
            &format!("keyUp {control}"),
            "keyDown x",
            "keyUp x",
        ];
        assert_eq!(told, expected);
    }
}
