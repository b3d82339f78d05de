//! Each page in a real browser: accessible, in the window, quiet, and nobody else is asked for anything.

use firstsight_tests::browser::{Browser, Kind, axe};
use firstsight_tests::site::Site;

/// Opens every kind of page; those of what the made-up world holds are found by links.
async fn pages(browser: &Browser) -> Vec<String> {
    let mut pages: Vec<String> = [
        "/",
        "/?hours=336",
        "/events",
        "/events?text=nothing-such",
        "/clusters",
        "/inspections",
        "/inspections/main",
        "/inspections/payments",
        "/inspections/sandbox",
        "/inspections/legacy",
        "/keys",
        "/changes",
        "/login",
    ]
    .map(str::to_owned)
    .to_vec();
    for (list, link) in [
        ("/events?inspection=main", "/events/"),
        ("/events?inspection=payments", "/events/"),
        ("/clusters?inspection=main", "/clusters/main/"),
        ("/clusters?inspection=payments", "/clusters/payments/"),
        ("/inspections/main", "/inspections/main/runs/"),
    ] {
        browser.open(list).await;
        let link = browser.find(&format!("main a[href^=\"{link}\"]")).await;
        pages.push(link.attribute("href").await.unwrap().unwrap());
    }
    pages
}

/// Looks at every page in a language and a theme, where asked for by axe-core too: that takes most of the time.
async fn look(kind: Kind, language: &str, theme: &str, axe: Option<String>) {
    let site = Site::open(false).await;
    let browser = Browser::start(kind, &site.address).await;
    let pages = pages(&browser).await;
    assert_eq!(pages.len(), 18);
    browser.open(&format!("/?lang={language}&theme={theme}")).await;
    for page in pages {
        browser.open(&page).await;
        let root = browser.find("html").await;
        assert_eq!(
            root.attribute("data-theme").await.unwrap().as_deref(),
            Some(theme)
        );
        assert!(
            root.attribute("lang")
                .await
                .unwrap()
                .unwrap()
                .starts_with(language)
        );
        browser.assert_fits().await;
        if let Some(axe) = &axe {
            browser.assert_accessible(axe).await;
        }
        browser.assert_quiet(&[]).await;
    }
}

macro_rules! looks {
    ($($name:ident: $kind:ident, $language:literal, $theme:literal, $axe:expr;)*) => { $(
        #[tokio::test(flavor = "multi_thread")]
        #[ignore = "needs chromium, chromedriver and axe-core: scripts/test --services"]
        async fn $name() {
            look(Kind::$kind, $language, $theme, $axe).await;
        }
  )* };
}

looks! {
    pages_on_a_desktop_in_english_light: Desktop, "en", "light", Some(axe());
    pages_on_a_desktop_in_chinese_dark: Desktop, "zh", "dark", None;
    pages_on_a_phone_in_english_light: Phone, "en", "light", None;
    pages_on_a_phone_in_chinese_dark: Phone, "zh", "dark", Some(axe());
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and axe-core: scripts/test --services"]
async fn what_went_wrong_is_a_page_too() {
    let (site, axe) = (Site::open(false).await, axe());
    for kind in [Kind::Desktop, Kind::Phone] {
        let browser = Browser::start(kind, &site.address).await;
        browser.open("/events/nothing-such").await;
        browser.find(".problem h1").await;
        browser.assert_fits().await;
        browser.assert_accessible(&axe).await;
        browser.assert_quiet(&["404 (Not Found)"]).await;
    }
}

/// What opens only when it is asked for: forms, records, numbers, help.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and axe-core: scripts/test --services"]
async fn what_opens_is_accessible_and_fits() {
    let (site, axe) = (Site::open(false).await, axe());
    for (kind, theme) in [(Kind::Desktop, "dark"), (Kind::Phone, "light")] {
        let browser = Browser::start(kind, &site.address).await;
        let event = "/events?inspection=main&account=111122223333&status=critical";
        browser.open(&format!("{event}&theme={theme}")).await;
        let event = browser.attribute("#events .main-link", "href").await;
        for page in [event.as_str(), "/inspections/main", "/", "/changes?ended=yes"] {
            browser.open(page).await;
            browser
                .run("for (const d of document.querySelectorAll('details')) { d.open = true; }")
                .await;
            browser.assert_fits().await;
            browser.assert_accessible(&axe).await;
            browser.assert_quiet(&[]).await;
        }
        browser.press("?").await;
        browser.find("dialog[open]").await;
        browser.assert_accessible(&axe).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium, chromedriver and axe-core: scripts/test --services"]
async fn the_page_to_log_in_with_is_accessible() {
    let (site, axe) = (Site::open(true).await, axe());
    for (kind, theme) in [(Kind::Desktop, "light"), (Kind::Phone, "dark")] {
        let browser = Browser::start(kind, &site.address).await;
        for page in ["/login", "/login?failed=1"] {
            browser
                .open(&format!(
                    "{page}{}theme={theme}",
                    if page.contains('?') { '&' } else { '?' }
                ))
                .await;
            browser.assert_fits().await;
            browser.assert_accessible(&axe).await;
            browser.assert_quiet(&[]).await;
        }
    }
}

/// The policy holds in the browser: what is put into a page runs nothing, asks nobody and is sent nowhere.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn the_policy_forbids_what_is_not_the_servers() {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    browser.open("/").await;
    let told = browser.run(INTRUDE).await;
    assert_eq!(told["ran"], false);
    assert_eq!(told["coloured"], false);
    assert_eq!(told["fetched"], false);
    let mut forbidden: Vec<&str> = told["forbidden"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|d| d.as_str())
        .collect();
    forbidden.sort_unstable();
    forbidden.dedup();
    assert_eq!(
        forbidden,
        [
            "connect-src",
            "img-src",
            "script-src-attr",
            "script-src-elem",
            "style-src-attr"
        ]
    );
}

/// Puts a script, a handler, a style, a picture and a request to elsewhere into the page; tells what came of it.
const INTRUDE: &str = "const forbidden = [];
document.addEventListener('securitypolicyviolation', (event) => forbidden.push(event.effectiveDirective));
const script = document.createElement('script');
script.textContent = 'window.ran = true';
document.body.append(script);
const box = document.createElement('div');
box.innerHTML = '<b style=\"color: rgb(1, 2, 3)\" onclick=\"window.ran = true\">x</b><img src=\"http://elsewhere.example/x.png\">';
document.body.append(box);
box.querySelector('b').click();
const fetched = await fetch('http://elsewhere.example/').then(() => true, () => false);
await new Promise((done) => setTimeout(done));
const coloured = getComputedStyle(box.querySelector('b')).color === 'rgb(1, 2, 3)';
return { ran: window.ran === true, coloured, fetched, forbidden };";

/// What is hostile in the log is text: no element of it stands in a page, and no script of it ran.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn hostile_texts_are_texts() {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    let mut pages: Vec<String> = ["/events", "/clusters", "/keys", "/changes"]
        .map(|list| format!("{list}?inspection=payments&limit=200"))
        .to_vec();
    pages.extend(["/inspections/payments", "/inspections/legacy"].map(str::to_owned));
    browser.open(&pages[0]).await;
    pages.extend(
        browser
            .attributes("#events .main-link", "href")
            .await
            .into_iter()
            .take(8),
    );
    browser.open("/clusters?inspection=payments&text=script").await;
    let text = browser.text("main").await;
    assert!(text.contains("<script"), "{text}");
    pages.extend(
        browser
            .attributes("tbody .main-link", "href")
            .await
            .into_iter()
            .take(4),
    );
    for page in pages {
        browser.open(&page).await;
        assert_eq!(browser.count(STRANGE).await, 0, "{page}");
        assert!(
            browser.session.alert().await.is_err(),
            "a script of the log ran at {page}"
        );
        let text = browser.text("body").await;
        let steers = |c: char| {
            c.is_control() && c != '\n' && c != '\t' || "\u{202e}\u{2066}\u{200b}\u{feff}".contains(c)
        };
        assert_eq!(text.find(steers), None, "{page}");
        browser.assert_quiet(&[]).await;
    }
}

/// What no page of ours has: elements that load or run, handlers, and links to elsewhere but AWS' console.
const STRANGE: &str = "main :is(script, img, iframe, object, embed, style, base, meta, link), [onerror], [onload], [onmouseover], \
    [onclick], main a:not([href^='/'], [href^='#'], [href^='?'], [href^='https://console.aws.amazon.com/'], \
    [href*='.console.aws.amazon.com/'])";
