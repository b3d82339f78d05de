//! Chromium for tests, through WebDriver.
//!
//! Debian's `chromium` and `chromium-driver` are used as they are; each [`Browser`] has a driver, a port and an empty profile of its
//! own. Nothing here sleeps: what is waited for is a condition with a deadline. `scripts/browser` tells what is missing.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::webdriver::{Answer, Element, Session};

/// So long a condition is waited for. It is far more than any takes: it ends tests that would not end.
const DEADLINE: Duration = Duration::from_secs(60);
/// So often a condition is looked at.
const LOOK: Duration = Duration::from_millis(25);
/// Milliseconds that scripts may take: axe-core looks at each element of a page, and machines of tests are busy.
const SCRIPT: u64 = 240_000;
/// What keeps Chromium from asking anybody else anything, and lets it run in a container.
const ARGUMENTS: [&str; 11] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1280,900",
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
    pub session: Session,
    /// Where relative addresses lead.
    site: String,
    // Behind the session: it goes when nobody writes into it any more.
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser for pages of this site, an address such as `http://127.0.0.1:7780`.
    ///
    /// # Panics
    /// When chromedriver or Chromium does not start.
    pub async fn start(kind: Kind, site: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder can be made");
        let session = Session::start(capabilities(kind, &profile)).await;
        let session = session
            .unwrap_or_else(|error| panic!("{error} (Debian: apt-get install chromium chromium-driver)"));
        session.set_timeouts(SCRIPT).await.expect("timeouts are taken");
        session.keep_focus().await.expect("a page can have the focus");
        Self {
            session,
            site: site.to_owned(),
            _profile: profile,
        }
    }

    /// Opens a page of the site.
    ///
    /// # Panics
    /// When it cannot be loaded.
    pub async fn open(&self, path: &str) {
        let address = format!("{}{path}", self.site);
        self.session.go_to(&address).await.expect("a page loads");
    }

    /// Path and query of the page that is open.
    ///
    /// # Panics
    /// When the browser has ended.
    pub async fn place(&self) -> String {
        let address = self.session.address().await.expect("a page is open");
        let place = address.strip_prefix(&self.site);
        place.expect("a page of the site is open").to_owned()
    }

    /// What `look` finds, once it does: what it finds not, or not any more, is looked for again until the deadline.
    ///
    /// # Panics
    /// At the deadline, and when the driver refuses to look.
    async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Answer<T>) -> T {
        let began = Instant::now();
        loop {
            match look().await {
                Ok(found) => return found,
                Err(refused) if refused.is_of_an_element() && began.elapsed() < DEADLINE => {
                    tokio::time::sleep(LOOK).await;
                }
                Err(refused) => panic!("{what} at {}: {refused}", self.place().await),
            }
        }
    }

    /// The first element of a CSS selector, once there is one.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find(&self, css: &str) -> Element {
        self.until(css, async || self.session.find(css).await).await
    }

    /// The first element of an XPath, once there is one.
    ///
    /// # Panics
    /// When there is none.
    pub async fn find_by_path(&self, path: &str) -> Element {
        self.until(path, async || self.session.find_by_path(path).await)
            .await
    }

    /// How many elements a CSS selector has now.
    ///
    /// # Panics
    /// When the browser has ended.
    pub async fn count(&self, css: &str) -> usize {
        let all = self.session.find_all(css).await;
        all.unwrap_or_else(|error| panic!("{css}: {error}")).len()
    }

    /// Presses a button, or follows a link.
    ///
    /// # Panics
    /// When it is not there, or cannot be clicked.
    pub async fn click(&self, css: &str) {
        self.until(css, async || self.session.find(css).await?.click().await)
            .await;
    }

    /// Moves the pointer over an element.
    ///
    /// # Panics
    /// When it is not there.
    pub async fn hover(&self, css: &str) {
        self.until(css, async || self.session.find(css).await?.hover().await)
            .await;
    }

    /// As [`click`](Self::click), by an XPath.
    ///
    /// # Panics
    /// When it is not there, or cannot be clicked.
    pub async fn click_by_path(&self, path: &str) {
        let click = async || self.session.find_by_path(path).await?.click().await;
        self.until(path, click).await;
    }

    /// Puts a text into a field, in place of what it has.
    ///
    /// # Panics
    /// When it is no field that takes one.
    pub async fn fill(&self, css: &str, text: &str) {
        let fill = async || {
            let field = self.session.find(css).await?;
            field.clear().await?;
            field.send_keys(text).await
        };
        self.until(css, fill).await;
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
        self.until(css, async || self.session.find(css).await?.text().await)
            .await
    }

    /// The texts of all elements of a CSS selector now, in the order of the page.
    ///
    /// # Panics
    /// When it is no selector.
    pub async fn texts(&self, css: &str) -> Vec<String> {
        let script = "return [...document.querySelectorAll(arguments[0])].map((e) => e.innerText.trim())";
        let texts = self.session.run(script, vec![json!(css)]).await;
        serde_json::from_value(texts.expect("a selector")).expect("texts")
    }

    /// The values of an attribute of all elements of a CSS selector now, in the order of the page.
    ///
    /// # Panics
    /// When it is no selector, or an element has no such attribute.
    pub async fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let script =
            "return [...document.querySelectorAll(arguments[0])].map((e) => e.getAttribute(arguments[1]))";
        let values = self.session.run(script, vec![json!(css), json!(name)]).await;
        serde_json::from_value(values.expect("a selector")).expect("each has the attribute")
    }

    /// An attribute of an element; empty where it has none of that name.
    ///
    /// # Panics
    /// When there is no such element.
    pub async fn attribute(&self, css: &str, name: &str) -> String {
        let read = async || self.session.find(css).await?.attribute(name).await;
        self.until(css, read).await.unwrap_or_default()
    }

    /// What is typed into a field, or chosen in it.
    ///
    /// # Panics
    /// When there is no such field.
    pub async fn value(&self, css: &str) -> String {
        let read = async || self.session.find(css).await?.property("value").await;
        let value = self.until(css, read).await;
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Types keys where the focus is.
    ///
    /// # Panics
    /// When the browser has ended.
    pub async fn press(&self, keys: impl std::fmt::Display) {
        let pressed = self.session.press(&keys.to_string()).await;
        pressed.expect("keys can be pressed");
    }

    /// What a script returns; a promise is waited for.
    ///
    /// # Panics
    /// When it fails.
    pub async fn run(&self, script: &str) -> Value {
        let returned = self.session.run(script, Vec::new()).await;
        returned.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Lets a page ask whether anything is new now, as it does when somebody comes back to it.
    pub async fn come_back(&self) {
        self.run("document.dispatchEvent(new Event('visibilitychange'))")
            .await;
    }

    /// Asserts that the page is not wider than the window.
    ///
    /// # Panics
    /// When it is, naming what sticks out.
    pub async fn assert_fits(&self) {
        let wide = self.run(WIDE).await;
        assert_eq!(wide, json!([]), "{} is too wide", self.place().await);
    }

    /// Asserts that nothing was said in the console since the last call, the policy of the server included, and that nobody
    /// but the site was asked for anything. `said` are parts of messages that are no failure here.
    ///
    /// # Panics
    /// When something was.
    pub async fn assert_quiet(&self, said: &[&str]) {
        let place = self.place().await;
        let console = self.session.log("browser").await.expect("there is a console");
        // Hints of Chromium's are said at the level of debugging.
        let told = console.iter().filter(|entry| entry["level"] != "DEBUG");
        let mut told = told.map(|entry| entry["message"].as_str().unwrap_or_default());
        let told = told.find(|message| !said.iter().any(|said| message.contains(said)));
        assert_eq!(told, None, "in the console of {place}");
        let asked = self.session.log("performance").await.expect("there is a log");
        let asked = asked.iter().filter_map(request);
        let elsewhere: Vec<String> = asked.filter(|address| !self.is_own(address)).collect();
        assert!(elsewhere.is_empty(), "{place} asks {elsewhere:?}");
    }

    fn is_own(&self, address: &str) -> bool {
        // What is Chrome's is the browser's own: the tab that it begins with, and what is framed in there. No page may ask for it.
        ["data:", "chrome:", "chrome-untrusted:"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
            || address
                .strip_prefix(&self.site)
                .is_some_and(|path| path.starts_with('/'))
    }

    /// Asserts that axe-core finds nothing: the rules of WCAG 2.2 at AA, and its best practices.
    ///
    /// # Panics
    /// When it does, with what it says.
    pub async fn assert_accessible(&self, axe: &str) {
        self.run(axe).await;
        let violations = self.run(CHECK).await;
        let place = self.place().await;
        assert!(violations == json!([]), "axe-core at {place}: {violations:#}");
    }
}

const WIDE: &str = "const width = document.documentElement.clientWidth;
if (document.documentElement.scrollWidth <= width) { return []; }
return [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > width + 1)
  .slice(0, 5).map((e) => e.outerHTML.slice(0, 200));";

const CHECK: &str = "const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
return axe.run({ runOnly: rules, resultTypes: ['violations'] })
  .then((found) => found.violations.map((v) => [v.id, v.nodes.map((n) => [n.target.join(' '), n.failureSummary])]));";

/// The address of a request that an entry of the log of the network is about; `None` for what is no request.
fn request(entry: &Value) -> Option<String> {
    let message: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
    let message = &message["message"];
    let is_request = message["method"] == "Network.requestWillBeSent";
    let address = is_request.then(|| message["params"]["request"]["url"].as_str());
    address.flatten().map(str::to_owned)
}

fn capabilities(kind: Kind, profile: &TempDir) -> Value {
    let profile = format!("--user-data-dir={}", profile.path().display());
    let arguments: Vec<&str> = ARGUMENTS.into_iter().chain([profile.as_str()]).collect();
    let mut options = json!({ "args": arguments });
    match kind {
        Kind::Desktop => {}
        Kind::Phone => {
            let metrics = json!({ "width": 390, "height": 844, "pixelRatio": 1.0, "touch": true });
            options["mobileEmulation"] = json!({ "deviceMetrics": metrics });
        }
        Kind::WithoutScripts => {
            options["prefs"] = json!({ "profile.managed_default_content_settings.javascript": 2 });
        }
    }
    json!({
        "browserName": "chrome",
        "goog:chromeOptions": options,
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
    })
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
