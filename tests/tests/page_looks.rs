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

/// Looks at every page in a language and a theme.
async fn look(kind: Kind, language: &str, theme: &str) {
    let (site, axe) = (Site::open(false).await, axe());
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
        browser.assert_accessible(&axe).await;
        browser.assert_quiet(&[]).await;
    }
}

macro_rules! looks {
    ($($name:ident: $kind:ident, $language:literal, $theme:literal;)*) => { $(
        #[tokio::test(flavor = "multi_thread")]
        #[ignore = "needs chromium, chromedriver and axe-core: scripts/test --services"]
        async fn $name() {
            look(Kind::$kind, $language, $theme).await;
        }
  )* };
}

looks! {
    pages_on_a_desktop_in_english_light: Desktop, "en", "light";
    pages_on_a_desktop_in_chinese_dark: Desktop, "zh", "dark";
    pages_on_a_phone_in_english_dark: Phone, "en", "dark";
    pages_on_a_phone_in_chinese_light: Phone, "zh", "light";
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

/// What is hostile in the log is text: no element of it stands in a page, and no script of it ran.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn hostile_texts_are_texts() {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    for list in [
        "/events?inspection=payments",
        "/clusters?inspection=payments&limit=200",
    ] {
        browser.open(list).await;
        assert_eq!(
            browser
                .count("main :is(script, img, iframe, object, embed, style)")
                .await,
            0
        );
        assert_eq!(
            browser
                .count("main a:not([href^='/'], [href^='#'], [href^='?'])")
                .await,
            0
        );
        browser.assert_quiet(&[]).await;
    }
    browser.open("/clusters?inspection=payments&text=script").await;
    let text = browser.text("main").await;
    assert!(text.contains("<script"), "{text}");
    assert!(browser.session.alert().await.is_err(), "a script of the log ran");
}
