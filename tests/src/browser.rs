//! Chromium for tests, through WebDriver.
//!
//! Debian's `chromium` and `chromium-driver` are used as they are; each [`Browser`] has a driver, a port and an empty profile of its
//! own. Nothing here sleeps: what is waited for is a condition with a deadline. `scripts/browser` tells what is missing.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::extensions::query::ElementQueryable as _;
use thirtyfour::{
    By, ChromiumLikeCapabilities as _, DesiredCapabilities, LoggingPrefsLogLevel, TimeoutConfiguration,
    WebDriver, WebElement,
};

/// So long a condition is waited for. It is far more than any takes: it ends tests that would not end.
const DEADLINE: Duration = Duration::from_secs(60);
/// So often a condition is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Scripts may take so long: axe-core looks at each element of a page, and machines of tests are busy.
const SCRIPT: Duration = Duration::from_secs(240);
/// What keeps Chromium from asking anybody else anything, and lets it run in a container.
const ARGUMENTS: [&str; 8] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
];

/// What a browser is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 1280 by 900.
    Desktop,
    /// 390 by 844, with a finger.
    Phone,
    /// As on a desktop, and JavaScript is off.
    WithoutScripts,
}

/// A browser. Ends with this handle.
#[derive(Debug)]
pub struct Browser {
    /// The session.
    pub driver: WebDriver,
    /// Where relative addresses lead.
    site: String,
    port: u16,
    process: Child,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser for pages of this site, an address such as `http://127.0.0.1:7780`.
    ///
    /// # Panics
    /// When chromedriver or Chromium does not start.
    pub async fn start(kind: Kind, site: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder can be made");
        let (process, port) = start_driver();
        let wanted = capabilities(kind, &profile).expect("capabilities are JSON");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), wanted).await;
        let driver = driver.expect("chromium starts (Debian: apt-get install chromium)");
        let timeouts = TimeoutConfiguration::new(Some(SCRIPT), Some(SCRIPT), None);
        driver
            .update_timeouts(timeouts)
            .await
            .expect("timeouts are taken");
        Self {
            driver,
            site: site.to_owned(),
            port,
            process,
            _profile: profile,
        }
    }

    /// Opens a page of the site.
    ///
    /// # Panics
    /// When it cannot be loaded.
    pub async fn open(&self, path: &str) {
        let address = format!("{}{path}", self.site);
        self.driver.goto(address).await.expect("a page loads");
    }

    /// Path and query of the page that is open.
    ///
    /// # Panics
    /// When the browser has ended.
    pub async fn place(&self) -> String {
        let address = self.driver.current_url().await.expect("a page is open");
        let place = address.as_str().strip_prefix(&self.site);
        place.expect("a page of the site is open").to_owned()
    }

    /// The first element of a CSS selector, once there is one.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find(&self, css: &str) -> WebElement {
        self.first(By::Css(css.to_owned())).await
    }

    /// The first element of an XPath, once there is one.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find_by_path(&self, path: &str) -> WebElement {
        self.first(By::XPath(path.to_owned())).await
    }

    async fn first(&self, by: By) -> WebElement {
        let found = self.driver.query(by.clone()).wait(DEADLINE, LOOK).first().await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{by:?} at {}: {error}", self.place().await),
        }
    }

    /// How many elements a CSS selector has now.
    ///
    /// # Panics
    /// When the browser has ended.
    pub async fn count(&self, css: &str) -> usize {
        let all = self.driver.find_all(By::Css(css.to_owned())).await;
        all.expect("a page is open").len()
    }

    /// Presses a button, or follows a link.
    ///
    /// # Panics
    /// When it is not there, or cannot be clicked.
    pub async fn click(&self, css: &str) {
        let element = self.find(css).await;
        element.scroll_into_view().await.expect("it can be seen");
        element
            .click()
            .await
            .unwrap_or_else(|error| panic!("{css}: {error}"));
    }

    /// Puts a text into a field, in place of what it has.
    ///
    /// # Panics
    /// When it is no field that takes one.
    pub async fn fill(&self, css: &str, text: &str) {
        let field = self.find(css).await;
        field.clear().await.expect("a field can be cleared");
        field.send_keys(text).await.expect("a field takes a text");
    }

    /// Chooses an option of a list by its value.
    ///
    /// # Panics
    /// When there is no such option.
    pub async fn choose(&self, css: &str, value: &str) {
        self.click(&format!("{css} option[value=\"{value}\"]")).await;
    }

    /// The text of an element, as it can be read.
    ///
    /// # Panics
    /// When there is none.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.expect("an element has a text")
    }

    /// Types keys where the focus is.
    ///
    /// # Panics
    /// When the browser has ended.
    pub async fn press(&self, keys: &str) {
        let keys = self.driver.action_chain().send_keys(keys);
        keys.perform().await.expect("keys can be pressed");
    }

    /// What a script returns; `arguments` are its own.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run(&self, script: &str, arguments: Vec<Value>) -> Value {
        let returned = self.driver.execute(script, arguments).await;
        returned.expect("the script runs").json().clone()
    }

    /// What a script gives to the function that is its last argument.
    ///
    /// # Panics
    /// When it fails.
    pub async fn wait_for(&self, script: &str, arguments: Vec<Value>) -> Value {
        let returned = self.driver.execute_async(script, arguments).await;
        returned.expect("the script ends").json().clone()
    }

    /// Lets a page ask whether anything is new now, as it does when somebody comes back to it.
    pub async fn come_back(&self) {
        self.run(
            "document.dispatchEvent(new Event('visibilitychange'))",
            Vec::new(),
        )
        .await;
    }

    /// Asserts that the page is not wider than the window.
    ///
    /// # Panics
    /// When it is, naming what sticks out.
    pub async fn assert_fits(&self) {
        let wide = self.run(WIDE, Vec::new()).await;
        assert_eq!(wide, json!([]), "{} is too wide", self.place().await);
    }

    /// Asserts that nothing was said in the console since the last call, the policy of the server included, and that nobody
    /// but the site was asked for anything. `said` are parts of messages that are no failure here.
    ///
    /// # Panics
    /// When something was.
    pub async fn assert_quiet(&self, said: &[&str]) {
        let place = self.place().await;
        let console = self.driver.browser_log().await.expect("there is a console");
        // Hints of Chromium's are said at the level of debugging.
        let told = console.into_iter().filter(|entry| entry.level != "DEBUG");
        let mut told = told.map(|entry| entry.message);
        let told = told.find(|message| !said.iter().any(|said| message.contains(said)));
        assert_eq!(told, None, "in the console of {place}");
        let asked = self.driver.get_log("performance").await.expect("there is a log");
        let asked = asked.iter().filter_map(|entry| request(&entry.message));
        let elsewhere: Vec<String> = asked.filter(|address| !self.is_own(address)).collect();
        assert!(elsewhere.is_empty(), "{place} asks {elsewhere:?}");
    }

    fn is_own(&self, address: &str) -> bool {
        // `chrome:` is the browser's own: the tab that it begins with.
        address.starts_with("data:")
            || address.starts_with("chrome:")
            || address
                .strip_prefix(&self.site)
                .is_some_and(|path| path.starts_with('/'))
    }

    /// Asserts that axe-core finds nothing: the rules of WCAG 2.2 at AA, and its best practices.
    ///
    /// # Panics
    /// When it does, with what it says.
    pub async fn assert_accessible(&self, axe: &str) {
        self.run(axe, Vec::new()).await;
        let violations = self.wait_for(CHECK, Vec::new()).await;
        let place = self.place().await;
        assert_eq!(violations, json!([]), "{place}: {violations:#}");
    }
}

const WIDE: &str = "const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) { return []; }
return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1)
  .slice(0, 5).map((e) => e.outerHTML.slice(0, 200));";

const CHECK: &str = "const done = arguments[0];
axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'], resultTypes: ['violations'] })
  .then((found) => done(found.violations.map((v) => [v.id, v.nodes.map((n) => [n.target.join(' '), n.failureSummary])])),
        (error) => done([String(error)]));";

/// The address of a request that an entry of the log of the network is about; `None` for what is no request.
fn request(entry: &str) -> Option<String> {
    let entry: Value = serde_json::from_str(entry).ok()?;
    let message = &entry["message"];
    let is_request = message["method"] == "Network.requestWillBeSent";
    is_request.then(|| {
        message["params"]["request"]["url"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    })
}

fn capabilities(
    kind: Kind,
    profile: &TempDir,
) -> thirtyfour::error::WebDriverResult<thirtyfour::ChromeCapabilities> {
    let mut wanted = DesiredCapabilities::chrome();
    for argument in ARGUMENTS {
        wanted.add_arg(argument)?;
    }
    wanted.add_arg("--window-size=1280,900")?;
    wanted.add_arg(&format!("--user-data-dir={}", profile.path().display()))?;
    wanted.set_browser_log_level(LoggingPrefsLogLevel::All)?;
    wanted.set_logging_prefs("performance", LoggingPrefsLogLevel::All)?;
    match kind {
        Kind::Desktop => {}
        Kind::Phone => {
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 1.0, "touch": true });
            wanted.add_experimental_option("mobileEmulation", json!({ "deviceMetrics": metrics }))?;
        }
        Kind::WithoutScripts => {
            let off = json!({ "profile.managed_default_content_settings.javascript": 2 });
            wanted.add_experimental_option("prefs", off)?;
        }
    }
    Ok(wanted)
}

/// Starts chromedriver at a port that is free.
fn start_driver() -> (Child, u16) {
    let mut child = Command::new("chromedriver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts (Debian: apt-get install chromium-driver)");
    let mut lines = BufReader::new(child.stdout.take().expect("it has an output")).lines();
    let port = lines.find_map(|line| announced(&line.ok()?));
    // What else it says is nobody's; it must not wait for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    (child, port.expect("chromedriver says its port"))
}

fn announced(line: &str) -> Option<u16> {
    let (_, port) = line.split_once("started successfully on port ")?;
    port.trim_end_matches('.').parse().ok()
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The session's own end would need a runtime that may have stopped.
        let session = self.driver.session_id().to_string();
        let _ = delete(self.port, &format!("/session/{session}"));
        let _ = self.driver.clone().leak();
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Ends the session: Chromium ends with it.
fn delete(port: u16, path: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    let head = format!("DELETE {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    // The driver keeps the connection: the beginning of its answer says that it is done.
    stream.read(&mut [0; 64]).map(drop)
}

/// The script of axe-core, where `scripts/browser` has put it.
///
/// # Panics
/// When `FIRSTSIGHT_AXE` does not name it.
#[must_use]
#[allow(
    clippy::disallowed_methods,
    reason = "tests are told by the environment where axe-core is"
)]
pub fn axe() -> String {
    let path = std::env::var_os("FIRSTSIGHT_AXE").filter(|path| !path.is_empty());
    let path =
        path.expect("run scripts/test --services, or set FIRSTSIGHT_AXE to what scripts/browser prints");
    std::fs::read_to_string(path).expect("FIRSTSIGHT_AXE names a file")
}
