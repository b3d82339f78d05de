//! One event's page in a real browser: everything that is known of it, and what people say of it.

use firstsight_tests::browser::{Browser, Kind};
use firstsight_tests::site::Site;

/// The page of the newest event of `main` in account 111122223333, an attack.
async fn event() -> (Site, Browser) {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    browser
        .open("/events?inspection=main&account=111122223333&status=critical")
        .await;
    browser.click("#events .main-link").await;
    browser.find(".attributes").await;
    (site, browser)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn an_event_tells_everything_that_is_known_of_it() {
    let (_site, browser) = event().await;
    assert!(browser.text("h1").await.contains("account 111122223333"));
    let above = browser.text(".eyebrow").await;
    assert!(
        above.contains("critical") && above.contains("2026-01-31 12:00"),
        "{above}"
    );
    let attributes = browser.attributes(".attributes [data-copy]", "data-copy").await;
    assert!(attributes.len() > 5, "{attributes:?}");
    assert!(
        attributes.iter().any(|pair| pair.ends_with(":111122223333")),
        "{attributes:?}"
    );

    // The number of new errors is that of the cards, and the chart tells window and baseline apart.
    let new: usize = browser.text(".totals dd").await.parse().unwrap();
    assert_eq!(browser.count("article.finding").await, new);
    assert_eq!(browser.count(".chart .fill.recent").await, 1);
    assert!(browser.count(".chart .fill:not(.recent)").await > 0);
    assert!(browser.text(".chart .readout").await.contains("in the window"));

    // Each cluster has its reasons, where it came from, and raw records that open.
    let reasons = browser.texts("article.finding .reasons").await;
    assert!(
        reasons.len() == new && reasons.iter().all(|reasons| !reasons.is_empty()),
        "{reasons:?}"
    );
    browser.click("article.finding details:has(pre) summary").await;
    let record = browser.text("article.finding details[open] pre").await;
    assert!(
        record.contains("\"eventName\"") && record.contains("111122223333"),
        "{record}"
    );

    let used = browser
        .attributes("[data-label=\"Last active\"] time", "datetime")
        .await;
    assert!(
        !used.is_empty() && used.iter().all(|time| time.starts_with("2026-01-31T11:")),
        "{used:?}"
    );
    let told = browser.text(".notifications").await;
    for sink in ["chat", "pager", "tickets"] {
        assert!(told.contains(sink), "{told}");
    }
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn an_event_leads_to_its_faults_history_and_to_related_events() {
    let (_site, browser) = event().await;
    let place = browser.place().await;
    let history = browser.attributes(".history .main-link", "href").await;
    assert!(!history.is_empty() && !history.contains(&place), "{history:?}");
    assert!(browser.text(".history").await.contains("this event"));
    let fault = browser.text(".side-column .panel").await;
    for part in ["main · 111122223333", "2026-01-31 07:00", "still open", "5 h"] {
        assert!(fault.contains(part), "{part} in {fault}");
    }
    browser.click(".history .main-link").await;
    browser.find(&format!(".history a[href=\"{place}\"]")).await;
    assert_eq!(browser.place().await, history[0]);

    browser.open(&place).await;
    let shares = browser.texts(".related .aside").await;
    assert!(
        !shares.is_empty() && shares.iter().all(|told| told.starts_with("Shares:")),
        "{shares:?}"
    );
    let related = browser.attribute(".related .main-link", "href").await;
    browser.click(".related .main-link").await;
    browser
        .find(&format!("a[download][href=\"{related}.json\"]"))
        .await;

    // A fault that is over says since when.
    browser.open("/events?status=ok&account=444455556666").await;
    browser.click("#events .main-link").await;
    browser.find(".history").await;
    let fault = browser.text(".side-column .panel").await;
    assert!(
        fault.contains("Recovery") && !fault.contains("still open"),
        "{fault}"
    );
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn clusters_of_an_event_are_acknowledged_expected_archived_and_resolved_there() {
    let (_site, browser) = event().await;
    let place = browser.place().await;
    let cards = browser.attributes("article.finding", "id").await;
    for (card, word, told) in [
        (&cards[4], "acknowledged", "acknowledged"),
        (&cards[5], "expected", "expected"),
        (&cards[6], "resolved", "resolved"),
        (&cards[7], "archived", "archived until it escalates"),
    ] {
        let card = format!("#{card}");
        browser.click(&format!("{card} .says summary")).await;
        browser
            .fill(&format!("{card} .says [name=note]"), "seen <b>here</b>")
            .await;
        browser
            .click(&format!("{card} [name=life_cycle][value={word}]"))
            .await;
        browser
            .find_by_path(&format!(
                "//*[@id='{}']//*[contains(@class,'mark')][.='{told}']",
                &card[1..]
            ))
            .await;
        assert!(
            browser
                .text(&format!("{card} .standing"))
                .await
                .contains("seen <b>here</b>")
        );
        assert_eq!(
            browser.place().await,
            format!("{place}{card}"),
            "one stays where one was"
        );
    }
    // Until a day, and until nobody says otherwise.
    let card = format!("#{}", cards[8]);
    browser.click(&format!("{card} .says summary")).await;
    browser.choose(&format!("{card} [name=until]"), "date").await;
    let day = format!("document.querySelector('{card} [name=date]').value = '2026-03-01'");
    browser.run(&day).await;
    browser
        .click(&format!("{card} [name=life_cycle][value=archived]"))
        .await;
    browser
        .find_by_path(&format!(
            "//*[@id='{}']//*[contains(@class,'mark')][contains(., '2026-03-01')]",
            cards[8]
        ))
        .await;
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn a_cluster_and_an_actor_are_muted_from_an_event() {
    let (_site, browser) = event().await;
    let place = browser.place().await;
    let form = "form[action=\"/mutes\"]";
    for what in ["cluster:", "actor:"] {
        let option = format!("{form} option[value^=\"{what}\"]");
        let named = browser.attribute(&option, "value").await;
        browser.click(&option).await;
        browser.choose(&format!("{form} [name=duration]"), "7d").await;
        browser
            .fill(&format!("{form} [name=reason]"), &format!("too loud: {what}"))
            .await;
        browser.click(&format!("{form} button")).await;
        browser.find(".flash").await;
        browser.open("/changes").await;
        let row = format!("//*[@id='mutes']//tr[contains(., 'too loud: {what}')]");
        let told = browser.find_by_path(&row).await.text().await.unwrap();
        let short: String = named.trim_start_matches(what).chars().take(8).collect();
        assert!(
            told.contains(&short) && told.contains("2026-02-07"),
            "{named} in {told}"
        );
        browser.open(&place).await;
    }
    browser.assert_quiet(&[]).await;
}
