//! Reading the pages in a real browser: keys, filters, paging, copies, language and theme, what is new, and without scripts.

use firstsight_tests::browser::{Browser, Kind};
use firstsight_tests::site::{ADMIN, READER, Site};
use serde_json::{Value, json};

async fn desktop() -> (Site, Browser) {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    (site, browser)
}

/// The address of the link that has the focus.
async fn focused(browser: &Browser) -> Value {
    let script = "return document.activeElement.getAttribute('href')";
    browser.run(script).await
}

async fn rows(browser: &Browser) -> Vec<Value> {
    let script =
        "return [...document.querySelectorAll('#events tr[data-row]')].map((row) => row.dataset.row)";
    let Value::Array(rows) = browser.run(script).await else {
        panic!("a list");
    };
    rows
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn keys_alone_lead_everywhere() {
    let (_site, browser) = desktop().await;
    browser.open("/").await;
    for (keys, place, section) in [
        ("ge", "/events", "#events"),
        ("gc", "/clusters", "h1"),
        ("gi", "/inspections", "h1"),
        ("gk", "/keys", "h1"),
        ("gh", "/changes", "h1"),
        ("go", "/", "#overview"),
        ("ge", "/events", "#events"),
    ] {
        browser.press(keys).await;
        let here = format!(".pages a[aria-current][href=\"{place}\"]");
        browser.find(&here).await;
        browser.find(section).await;
        assert_eq!(browser.place().await, place);
    }
    browser.press("j").await;
    let first = focused(&browser).await;
    browser.press("j").await;
    let second = focused(&browser).await;
    assert_ne!(first, second);
    browser.press("k").await;
    assert_eq!(focused(&browser).await, first);
    browser.press("\u{e007}").await;
    browser.find(".attributes").await;
    assert_eq!(json!(browser.place().await), first, "enter opens the row");

    browser.press("?").await;
    browser.find("dialog[open]").await;
    browser.press("\u{e00c}").await;
    assert_eq!(browser.count("dialog[open]").await, 0, "escape closes the help");
    browser.press("/").await;
    browser.press("AssumeRole\u{e007}").await;
    browser.find("#events").await;
    assert_eq!(browser.place().await, "/events?text=AssumeRole");

    // From the top, the first stop of the tabulator skips what all pages have.
    browser.open("/events").await;
    browser.press("\u{e004}").await;
    browser.find(".skip[href=\"#main\"]:focus").await;
    browser.press("\u{e007}").await;
    let skipped = browser.run("return document.activeElement.id").await;
    assert_eq!(skipped, "main");
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn events_are_filtered_and_paged() {
    let (_site, browser) = desktop().await;
    browser.open("/events").await;
    browser.choose("[name=status]", "critical").await;
    browser.choose("[name=inspection]", "main").await;
    browser.fill("[name=account]", "111122223333").await;
    browser.click(".filter button[type=submit]").await;
    browser.find(".filter a.button").await;
    assert_eq!(
        browser.place().await,
        "/events?status=critical&inspection=main&account=111122223333",
        "fields that are empty are left out"
    );
    let critical = rows(&browser).await;
    assert!(!critical.is_empty());
    assert_eq!(
        browser.count("#events .badge.tone-critical").await,
        critical.len()
    );
    browser.click(".filter a.button").await;
    browser.find("#events").await;
    assert_eq!(browser.place().await, "/events");

    browser.open("/events?limit=5").await;
    let first = rows(&browser).await;
    assert_eq!(first.len(), 5);
    browser.click(".pager a[rel=next]").await;
    browser.find(".pager a:not([rel])").await;
    let second = rows(&browser).await;
    assert!(second.iter().all(|row| !first.contains(row)), "{second:?}");
    browser.click(".pager a:not([rel])").await;
    browser.find("[data-live-switch]:not([hidden])").await;
    assert_eq!(rows(&browser).await, first);

    // A bar of the chart leads to the events of its hour.
    browser.open("/").await;
    let bar = browser.find("[data-chart] a.bar[tabindex=\"0\"]").await;
    bar.focus().await.unwrap();
    let told = bar.attribute("aria-label").await.unwrap().unwrap();
    assert_eq!(browser.text("[data-chart] .readout").await, told);
    browser.press("\u{e012}").await;
    assert_ne!(
        browser.text("[data-chart] .readout").await,
        told,
        "an arrow leads on"
    );
    browser.press("\u{e007}").await;
    browser.find(".narrowed, #events").await;
    assert!(browser.place().await.starts_with("/events?from="));
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn an_event_is_copied_and_exported() {
    let (_site, browser) = desktop().await;
    browser.open("/events?inspection=main").await;
    browser.click("#events .main-link").await;
    let button = browser.find(".attributes [data-copy]").await;
    let text = button.attribute("data-copy").await.unwrap().unwrap();
    let (key, value) = text.split_once(':').unwrap();
    assert!(!key.is_empty() && !value.is_empty(), "{text}");
    browser.click(".attributes [data-copy]").await;
    browser.find(".attributes [data-copy].done").await;
    // What was copied is pasted: into the search, by keys.
    browser.press("/").await;
    let search = browser.find("#search").await;
    search.send_keys("\u{e009}v\u{e000}").await.unwrap();
    assert_eq!(browser.value("#search").await, text);

    let id = browser.place().await.replace("/events/", "");
    let exported = browser.run(EXPORT).await;
    assert_eq!(exported["id"], id);
    assert_eq!(
        exported["file"],
        format!("attachment; filename=\"firstsight-event-{id}.json\"")
    );
    assert!(exported["findings"].as_u64() > Some(0));
    browser.assert_quiet(&[]).await;
}

/// Fetches what the page's link to export leads to.
const EXPORT: &str = "const answer = await fetch(document.querySelector('a[download]').href);
const event = await answer.json();
return { id: event.id, findings: event.findings.length, file: answer.headers.get('content-disposition') };";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn language_and_theme_stay_as_chosen() {
    let (_site, browser) = desktop().await;
    browser.open("/events?status=critical").await;
    browser.click(".tools a[hreflang=\"zh-Hans\"]").await;
    browser.find("html[lang=\"zh-Hans\"]").await;
    assert_eq!(
        browser.place().await,
        "/events?status=critical",
        "the address is as it was"
    );
    let ground = "return getComputedStyle(document.body).backgroundColor";
    let mut grounds = Vec::new();
    for theme in ["light", "dark"] {
        let next = format!(".tools a[href*=\"theme={theme}\"]");
        for _ in 0..2 {
            if browser.count(&next).await == 0 {
                browser.click(".tools a[href*=\"theme=\"]").await;
            }
        }
        browser.click(&next).await;
        browser.find(&format!("html[data-theme={theme}]")).await;
        grounds.push(browser.run(ground).await);
    }
    assert_ne!(grounds[0], grounds[1]);
    browser.open("/clusters").await;
    browser.find("html[lang=\"zh-Hans\"][data-theme=dark]").await;
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn a_run_that_ends_shows_without_a_reload() {
    let (site, browser) = desktop().await;
    browser.open("/inspections/payments").await;
    browser.find("#standing progress").await;
    browser.run("window.stayed = true").await;
    // What somebody is typing is not taken away.
    browser.click("#settings details summary").await;
    browser
        .fill("#settings details[open] [name=note]", "half a word")
        .await;
    site.fixture.control.finish("payments").await;
    browser.come_back().await;
    browser.find("#standing:not(:has(progress))").await;
    assert_eq!(browser.run("return window.stayed").await, true);
    let note = browser.value("#settings details[open] [name=note]").await;
    assert_eq!(note, "half a word");
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn pages_work_without_scripts() {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::WithoutScripts, &site.address).await;
    browser.open("/events").await;
    assert_eq!(
        browser.count("[data-live-switch]:not([hidden])").await,
        0,
        "no script ran"
    );
    browser.choose("[name=inspection]", "main").await;
    browser.click(".filter button[type=submit]").await;
    browser.find(".filter a.button").await;
    browser.click("#events .main-link").await;
    browser.find(".attributes").await;
    assert_eq!(
        browser.count("[data-copy]:not([hidden])").await,
        0,
        "what needs a script is not offered"
    );
    browser.open("/clusters?inspection=main").await;
    browser.click("tr .main-link").await;
    browser
        .fill("form[action$=\"/life-cycle\"] [name=note]", "by hand")
        .await;
    browser.click("[name=life_cycle][value=expected]").await;
    browser.find(".flash.tone-ok, .flash").await;
    browser.find("[name=life_cycle][value=expected][disabled]").await;
}

async fn log_in(browser: &Browser, token: &str, name: &str) {
    browser.fill("[name=token]", token).await;
    browser.fill("[name=name]", name).await;
    browser.click("main form button[type=submit]").await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn who_may_look_sees_no_action_and_who_may_not_sees_nothing() {
    let site = Site::open(true).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    browser.open("/clusters?inspection=main").await;
    browser.find("[name=token]").await;
    assert_eq!(browser.count("main table").await, 0);
    log_in(&browser, "not-a-token-at-all", "eve").await;
    browser.find("[role=alert]").await;
    log_in(&browser, READER, "alice").await;
    browser.find("main table").await;
    assert_eq!(
        browser.place().await,
        "/clusters?inspection=main",
        "it leads to where one wanted to go"
    );
    let readable = browser.run("return document.cookie").await;
    assert!(!readable.as_str().unwrap().contains("session"), "{readable}");
    let actions = "main form[method=post]";
    for list in [
        "/clusters?inspection=main",
        "/events?inspection=main",
        "/inspections",
    ] {
        browser.open(list).await;
        assert_eq!(browser.count(actions).await, 0, "{list}");
        browser.click("main .main-link, main h2 a").await;
        browser.find("main h1 bdi").await;
        assert_eq!(browser.count(actions).await, 0, "{}", browser.place().await);
    }
    browser.click(".logout button").await;
    browser.find("[name=token]").await;
    browser.open("/events").await;
    log_in(&browser, ADMIN, "bob").await;
    browser.find("#events").await;
    browser.click("#events .main-link").await;
    browser.find(actions).await;
    browser.assert_quiet(&["401", "403"]).await;
}
