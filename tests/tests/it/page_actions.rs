//! What people do on the pages, in a real browser. Each action says what became of it, and the page shows it.

use firstsight_tests::browser::{Browser, Kind};
use firstsight_tests::site::{ADMIN, Site};

async fn desktop() -> (Site, Browser) {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    (site, browser)
}

/// What the page says after an action, which is to be seen wherever on the page that led.
async fn flash(browser: &Browser) -> String {
    let said = browser.text(".flash").await;
    let is_seen = "const it = document.querySelector('.flash').getBoundingClientRect(); \
                   return it.height > 0 && it.top >= 0 && it.bottom <= innerHeight && it.left >= 0 && it.right <= innerWidth;";
    assert_eq!(browser.run(is_seen).await, true, "{said} is out of sight");
    said
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn a_cluster_is_acknowledged_expected_archived_resolved_and_reopened() {
    let (_site, browser) = desktop().await;
    browser.open("/clusters?inspection=main&life_cycle=open").await;
    browser.click("tr .main-link").await;
    for word in ["acknowledged", "expected", "resolved"] {
        browser
            .fill(
                "form[action$=\"/life-cycle\"] [name=note]",
                &format!("said {word}"),
            )
            .await;
        browser.click(&format!("[name=life_cycle][value={word}]")).await;
        browser
            .find(&format!("[name=life_cycle][value={word}][disabled]"))
            .await;
        assert_eq!(
            flash(&browser).await,
            "Said of the cluster. It holds from the next judgement on."
        );
        assert!(browser.text("main").await.contains(&format!("said {word}")));
    }
    browser.choose("[name=until]", "30d").await;
    browser.click("[name=life_cycle][value=archived]").await;
    browser
        .find_by_path("//*[contains(@class, 'mark')][contains(., 'archived until 2026-03-02')]")
        .await;
    browser.click("[name=life_cycle][value=open]").await;
    browser
        .find("main:not(:has([name=life_cycle][value=open]))")
        .await;

    browser.fill("[name=owner]", "team-identity").await;
    browser
        .fill("textarea[name=note]", "<b>see</b> the runbook")
        .await;
    browser.click("form[action$=\"/remark\"] button").await;
    browser
        .find_by_path("//*[contains(@class, 'flash')][contains(., 'Written beside')]")
        .await;
    let note = browser.value("textarea[name=note]").await;
    assert_eq!(note, "<b>see</b> the runbook");
    browser.open("/changes").await;
    assert!(
        browser.text("main").await.contains("team-identity"),
        "changes are logged"
    );
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn what_an_event_is_about_is_muted_and_heard_again() {
    let (_site, browser) = desktop().await;
    browser.open("/events?inspection=main").await;
    browser.click("#events .main-link").await;
    let form = "form[action=\"/mutes\"]";
    browser.choose(&format!("{form} [name=what]"), "account").await;
    browser.choose(&format!("{form} [name=duration]"), "2h").await;
    // Without a reason nothing is sent: the browser asks for one.
    let place = browser.place().await;
    browser.click(&format!("{form} button")).await;
    assert_eq!(browser.place().await, place);
    assert_eq!(browser.count(".flash").await, 0);
    browser
        .fill(&format!("{form} [name=reason]"), "moving house")
        .await;
    browser.click(&format!("{form} button")).await;
    assert_eq!(
        flash(&browser).await,
        "Muted. What is muted goes on being counted."
    );

    browser.open("/changes").await;
    let mine =
        "//*[self::tr or self::li][contains(., 'moving house')]//form[contains(@action, '/end')]//button";
    browser.click_by_path(mine).await;
    browser
        .find_by_path("//*[contains(@class, 'flash')][contains(., 'The mute has ended.')]")
        .await;
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn anything_is_muted_among_the_changes_and_nothing_in_particular_is_not() {
    let (_site, browser) = desktop().await;
    browser.open("/changes").await;
    let before = browser.count("#mutes tbody tr").await;
    let form = "form[action=\"/changes/mutes\"]";
    browser
        .fill(&format!("{form} [name=reason]"), "everything?")
        .await;
    browser.click(&format!("{form} button")).await;
    browser.find(".flash[role=alert], .flash.tone-error").await;
    assert!(flash(&browser).await.contains("say what to mute"));
    assert_eq!(browser.count("#mutes tbody tr").await, before);

    browser
        .choose(&format!("{form} [name=inspection]"), "payments")
        .await;
    browser.fill(&format!("{form} [name=service]"), "kms").await;
    browser
        .fill(&format!("{form} [name=reason]"), "keys are rotated")
        .await;
    browser.click(&format!("{form} button")).await;
    browser
        .find_by_path("//*[@id='mutes']//tr[contains(., 'kms')][contains(., 'keys are rotated')]")
        .await;
    assert_eq!(browser.count("#mutes tbody tr").await, before + 1);
    let logged = browser.text("#log").await;
    assert!(logged.contains("keys are rotated"), "{logged}");
    browser.assert_quiet(&[]).await;
}

/// A form that is not one of the page's own, and who asked for nothing, change nothing.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn what_does_not_come_from_a_form_of_the_page_is_refused() {
    let site = Site::open(true).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    browser.open("/login").await;
    browser.fill("[name=token]", ADMIN).await;
    browser.click("main form button[type=submit]").await;
    browser.find("#overview").await;
    let post = "const body = new URLSearchParams({ _csrf: 'guessed', value: 'false' });
const address = '/inspections/main/settings/enabled';
return fetch(address, { method: 'POST', body, redirect: 'manual' }).then((answer) => answer.status);";
    assert_eq!(browser.run(post).await, 403);
    assert_eq!(browser.text("[data-row=main] .badge").await, "ok");
    let session = browser.session.cookies().await.unwrap();
    let session = session.iter().find(|cookie| cookie["httpOnly"] == true);
    assert_eq!(session.map(|cookie| &cookie["sameSite"]), Some(&"Strict".into()));
    browser.assert_quiet(&["403"]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn an_inspection_is_run_disabled_and_enabled() {
    let (_site, browser) = desktop().await;
    browser.open("/inspections").await;
    browser
        .click("form[action=\"/inspections/main/run\"] button")
        .await;
    assert_eq!(flash(&browser).await, "A run has started.");
    browser
        .find("form[action=\"/inspections/main/run\"] button[disabled]")
        .await;
    let enabled = "form[action=\"/inspections/main/settings/enabled\"]";
    browser.click(&format!("{enabled} [value=false]")).await;
    browser.find(&format!("{enabled} [value=true]")).await;
    assert_eq!(
        flash(&browser).await,
        "Changed. It stands over what the file says."
    );
    browser.click(&format!("{enabled} [value=true]")).await;
    browser.find(&format!("{enabled} [value=false]")).await;
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn settings_are_changed_exported_and_dropped() {
    let (_site, browser) = desktop().await;
    browser.open("/inspections/main").await;
    for (key, value) in [
        ("filters", "/aws/one\n/aws/two"),
        ("schedule", "30 * * * *"),
        ("time-zone", "Europe/Berlin"),
    ] {
        let form = open(&browser, key).await;
        browser.fill(&format!("{form} [name=value]"), value).await;
        browser.click(&format!("{form} button")).await;
        browser
            .find(&format!("form[action$=\"/settings/{key}/drop\"]"))
            .await;
        assert_eq!(
            flash(&browser).await,
            "Changed. It stands over what the file says."
        );
    }
    let form = open(&browser, "policies").await;
    browser.click(&format!("{form} [name=all]")).await;
    browser.click(&format!("{form} [value=on-call]")).await;
    browser.click(&format!("{form} button")).await;
    browser.find("form[action$=\"/settings/policies/drop\"]").await;
    assert!(browser.text("#settings").await.contains("on-call"));

    // What cannot be is refused, says why, and changes nothing.
    let form = open(&browser, "schedule").await;
    browser.fill(&format!("{form} [name=value]"), "61 * * * *").await;
    browser.click(&format!("{form} button")).await;
    browser.find(".flash[role=alert], .flash.tone-error").await;
    assert!(flash(&browser).await.starts_with("Nothing was changed: "));
    assert!(browser.text("#settings").await.contains("30 * * * *"));

    let exported = browser
        .run("return fetch('/overrides.toml').then((answer) => answer.text())")
        .await;
    let exported = exported.as_str().unwrap();
    for part in [
        "[inspections.main",
        "30 * * * *",
        "Europe/Berlin",
        "/aws/two",
        "on-call",
    ] {
        assert!(exported.contains(part), "{part} in {exported}");
    }
    browser
        .click("form[action$=\"/settings/schedule/drop\"] button")
        .await;
    browser
        .find("#settings:not(:has(form[action$=\"/settings/schedule/drop\"]))")
        .await;
    assert_eq!(flash(&browser).await, "Dropped. What the file says stands again.");
    browser.assert_quiet(&[]).await;
}

/// Opens the form of a setting; gives its selector.
async fn open(browser: &Browser, key: &str) -> String {
    let form = format!("#settings form[action$=\"/settings/{key}\"]");
    browser
        .click(&format!(
            "#settings details:has(form[action$=\"/settings/{key}\"]) summary"
        ))
        .await;
    form
}
