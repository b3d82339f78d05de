//! What the lists of the pages show, are found by, sorted by and lead to, in a real browser.

use firstsight_tests::browser::{Browser, Kind};
use firstsight_tests::site::Site;
use serde_json::{Value, json};

async fn desktop() -> (Site, Browser) {
    let site = Site::open(false).await;
    let browser = Browser::start(Kind::Desktop, &site.address).await;
    (site, browser)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn the_overview_tells_how_inspections_stand() {
    let (_site, browser) = desktop().await;
    browser.open("/").await;
    for (name, state) in [
        ("main", "ok"),
        ("payments", "running"),
        ("sandbox", "disabled"),
        ("legacy", "failing"),
    ] {
        let card = format!("[data-row={name}]");
        assert_eq!(browser.text(&format!("{card} .badge")).await, state);
        let told = browser.text(&card).await;
        assert!(told.contains("Last run") && told.contains("Next run"), "{told}");
    }
    let next = browser.texts("[data-row=main] .facts .clock").await;
    assert_eq!(next, ["2026-01-31 12:10", "2026-01-31 13:10"]);
    assert!(
        browser
            .text("[data-row=legacy]")
            .await
            .contains("4 runs in a row have failed")
    );

    let faults = browser.attributes("#faults [data-row]", "data-row").await;
    assert_eq!(browser.text("h1").await, format!("{} open faults", faults.len()));
    let leads = browser.attribute("#faults .main-link", "href").await;
    browser.click("#faults .main-link").await;
    browser.find(".attributes").await;
    assert_eq!(browser.place().await, leads);
    assert!(browser.text("main").await.contains("still open"));
    browser.assert_quiet(&[]).await;
}

/// How many errors and new clusters a chart says in a text such as `31 errors, 2 new clusters`.
fn numbers(told: &str) -> Vec<u64> {
    let told = told.rsplit("UTC: ").next().unwrap();
    told.split(", ")
        .map(|part| part.split(' ').next().unwrap().replace(',', "").parse().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn the_overviews_chart_tells_and_leads() {
    let (_site, browser) = desktop().await;
    browser.open("/").await;
    let readout = "[data-chart] .readout";
    let all = browser.text(readout).await;
    let bars = browser.attributes("[data-chart] a.bar", "aria-label").await;
    assert_eq!(bars.len(), 48);
    let sum = |index: usize| bars.iter().map(|bar| numbers(bar)[index]).sum::<u64>();
    assert_eq!(
        vec![sum(0), sum(1)],
        numbers(&all),
        "the bars are what the chart says"
    );
    assert!(sum(0) > 0);

    // Over a bar the chart tells of it, beside it of all.
    let bar = "[data-chart] a.bar:nth-of-type(47)";
    browser.hover(bar).await;
    assert_eq!(browser.text(readout).await, bars[46]);
    browser.hover("h1").await;
    assert_eq!(browser.text(readout).await, all);

    // Another length has bars of more hours.
    browser.click(".switch a[href*=\"hours=336\"]").await;
    browser.find(".switch a[href*=\"hours=336\"][aria-current]").await;
    let wide = browser.attributes("[data-chart] a.bar", "aria-label").await;
    assert_eq!(wide.len(), 56);
    assert!(numbers(&wide[55])[0] >= numbers(&bars[47])[0]);

    // The table has the same numbers, and leads to the same events.
    browser.open("/").await;
    browser.click("details.numbers summary").await;
    let rows = browser.texts("details.numbers tbody tr td:nth-child(2)").await;
    let counted = bars.iter().filter(|bar| numbers(bar) != [0, 0]).count();
    assert_eq!(rows.len(), counted);
    let leads = browser.attribute(bar, "href").await;
    browser.click(bar).await;
    browser.find("#events [data-row]").await;
    assert_eq!(browser.place().await, leads);
    let times = browser.attributes("#events time.when", "datetime").await;
    let bound = |name: &str| leads.split(&format!("{name}=")).nth(1).unwrap()[..19].replace("%3A", ":");
    let (from, until) = (bound("from"), bound("until"));
    assert!(
        times
            .iter()
            .all(|time| time.as_str() >= &from[..13] && time.as_str() < until.as_str()),
        "{times:?} in {leads}"
    );
    browser.assert_quiet(&[]).await;
}

/// The exports of the events that the page lists.
async fn listed(browser: &Browser) -> Vec<Value> {
    let script =
        "const rows = [...document.querySelectorAll('#events [data-row]')].map((row) => row.dataset.row);
return Promise.all(rows.map((id) => fetch(`/events/${id}.json`).then((answer) => answer.json())));";
    let Value::Array(events) = browser.run(script).await else {
        panic!("a list");
    };
    events
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn events_are_found_by_each_field() {
    let (_site, browser) = desktop().await;
    browser.open("/events?limit=200").await;
    let all = browser.count("#events [data-row]").await;
    for (field, value, what) in [
        ("account", "444455556666", "444455556666"),
        ("service", "cloudtrail", "cloudtrail.amazonaws.com"),
        ("actor", "ci-deployer", "user/ci-deployer"),
        ("text", "StopLogging", "StopLogging"),
        ("text", "AKIAC4JNRIWUFEXAMPLE", "AKIAC4JNRIWUFEXAMPLE"),
    ] {
        browser.open("/events").await;
        browser.fill(&format!(".filter [name={field}]"), value).await;
        browser.click(".filter button[type=submit]").await;
        browser.find(".filter a.button").await;
        assert_eq!(browser.place().await, format!("/events?{field}={value}"));
        assert_eq!(browser.value(&format!(".filter [name={field}]")).await, value);
        let found = listed(&browser).await;
        assert!(!found.is_empty() && found.len() < all, "{field}: {}", found.len());
        for event in found {
            assert!(event.to_string().contains(what), "{field}: {event:#}");
        }
    }
    // By time: what lies between two moments, the second left out.
    browser.open("/events").await;
    browser.fill(".filter [name=from]", "2026-01-31T09:00:00Z").await;
    browser.fill(".filter [name=until]", "2026-01-31 11:00").await;
    browser.press("\u{e007}").await;
    browser.find(".filter a.button").await;
    let found = listed(&browser).await;
    let times: Vec<&Value> = found.iter().map(|event| &event["window"]["end"]).collect();
    assert!(!times.is_empty());
    let within = ["2026-01-31T09:00:00Z", "2026-01-31T10:00:00Z"].map(|time| json!(time));
    assert!(times.iter().all(|time| within.contains(time)), "{times:?}");

    // What cannot be understood is said, and not guessed.
    browser.open("/events?from=yesterdayish").await;
    assert!(browser.text(".problem").await.contains("yesterdayish"));
    browser.assert_quiet(&["400 (Bad Request)"]).await;
}

async fn counts(browser: &Browser) -> Vec<u64> {
    let texts = browser.texts("tbody td.n[data-label=Count]").await;
    texts
        .iter()
        .map(|text| text.replace(',', "").parse().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn clusters_are_searched_and_sorted() {
    let (_site, browser) = desktop().await;
    browser.open("/clusters").await;
    let sparks = browser.attributes("tbody svg.spark", "aria-label").await;
    assert_eq!(sparks.len(), browser.count("tbody [data-row]").await);
    assert!(sparks[0].contains("in the last 14 days"), "{sparks:?}");

    let mut counts = Vec::new();
    for (sort, said) in [("-count", "descending"), ("count", "ascending")] {
        browser.click(&format!("th a.sort[href*=\"sort={sort}\"]")).await;
        browser.find(&format!("th.n[aria-sort={said}]")).await;
        counts.push(self::counts(&browser).await);
    }
    assert!(counts[0].is_sorted_by(|one, next| one >= next), "{counts:?}");
    assert!(counts[1].is_sorted() && counts[1][0] < counts[0][0], "{counts:?}");
    browser.click("th a.sort[href*=\"sort=name\"]").await;
    browser.find("th[aria-sort=ascending]:first-child").await;
    let names = browser.texts("tbody .main-link").await;
    assert!(names.len() > 20 && names.is_sorted(), "{names:?}");

    // The search of the head looks in what is looked at.
    browser.press("/").await;
    browser.press("StopLogging\u{e007}").await;
    browser.find(".filter a.button").await;
    assert_eq!(browser.place().await, "/clusters?text=StopLogging");
    let names = browser.texts("tbody .main-link").await;
    assert!(
        !names.is_empty() && names.iter().all(|name| name == "cloudtrail:StopLogging"),
        "{names:?}"
    );

    browser.open("/clusters?limit=20").await;
    let first = browser.attributes("tbody [data-row]", "data-row").await;
    browser.click(".pager a[rel=next]").await;
    browser.find(".pager a:not([rel])").await;
    let second = browser.attributes("tbody [data-row]", "data-row").await;
    assert_eq!((first.len(), second.len()), (20, 20));
    assert!(second.iter().all(|row| !first.contains(row)));
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn clusters_are_filtered_and_each_has_a_page() {
    let (_site, browser) = desktop().await;
    browser.open("/clusters").await;
    for (field, value, column, word) in [
        ("class", "access-denied", "Class", "access denied"),
        ("class", "throttling", "Class", "throttling"),
        ("life_cycle", "acknowledged", "What people say", "acknowledged"),
        ("inspection", "sandbox", "Cluster", "sandbox"),
    ] {
        browser.choose(&format!(".filter [name={field}]"), value).await;
        browser.click(".filter button[type=submit]").await;
        browser.find(".filter a.button").await;
        let cells = browser.texts(&format!("tbody [data-label=\"{column}\"]")).await;
        assert!(
            !cells.is_empty() && cells.iter().all(|cell| cell.contains(word)),
            "{cells:?}"
        );
        browser.click(".filter a.button").await;
        browser.find("main:not(:has(.filter a.button))").await;
    }
    browser.fill(".filter [name=owner]", "team-data").await;
    browser.press("\u{e007}").await;
    browser.find(".filter a.button").await;
    let cells = browser.texts("tbody [data-label=\"What people say\"]").await;
    assert!(
        !cells.is_empty() && cells.iter().all(|cell| cell.contains("team-data")),
        "{cells:?}"
    );

    // Noise: what has a mark, and what has none, are all together.
    let mut rows = Vec::new();
    for noise in ["yes", "no", ""] {
        browser.open(&format!("/clusters?noise={noise}&limit=200")).await;
        rows.push(browser.count("tbody [data-row]").await);
        let marks = browser.count("tbody [data-label=Class] .mark").await;
        assert_eq!((marks > 0, marks == 0), (noise != "no", noise == "no"), "{noise}");
    }

    browser.open("/clusters?text=StopLogging").await;
    browser.click("tbody .main-link").await;
    assert!(browser.text("h1").await.contains("cloudtrail:StopLogging"));
    assert!(
        browser
            .text(".template")
            .await
            .contains("is not authorized to perform")
    );
    assert_eq!(browser.text("[data-label=Times]").await, "1");
    assert_eq!(
        browser.count("svg.bars[role=img] g.bar").await,
        1,
        "it occurred in one stretch of time"
    );
    browser.click(".page-head a.button").await;
    browser.find("#events .narrowed, .narrowed").await;
    assert_eq!(browser.count("#events [data-row]").await, 1);
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn access_keys_tell_whose_they_are_when_they_were_used_and_what_failed() {
    let (_site, browser) = desktop().await;
    browser.open("/keys").await;
    let used = browser
        .attributes("tbody [data-label=\"Last active\"] time", "datetime")
        .await;
    assert!(
        used.len() > 5 && used.is_sorted_by(|one, next| one >= next),
        "{used:?}"
    );
    browser.click("th a.sort[href*=\"sort=errors\"]").await;
    browser.find("th.n[aria-sort=descending]").await;
    let errors: Vec<u64> = browser
        .texts("tbody td.n[data-label=Errors]")
        .await
        .iter()
        .map(|text| text.replace(',', "").parse().unwrap())
        .collect();
    assert!(
        errors[0] > 0 && errors.is_sorted_by(|one, next| one >= next),
        "{errors:?}"
    );

    browser.choose(".filter [name=long_lived]", "yes").await;
    browser.click(".filter button[type=submit]").await;
    browser.find(".filter a.button").await;
    let kinds = browser.texts("tbody [data-label=Kind]").await;
    assert!(
        !kinds.is_empty() && kinds.iter().all(|kind| kind == "long-lived"),
        "{kinds:?}"
    );

    browser.open("/keys?text=ci-deployer").await;
    let owners = browser.texts("tbody [data-label=Owner]").await;
    assert!(
        !owners.is_empty() && owners.iter().all(|owner| owner == "user/ci-deployer"),
        "{owners:?}"
    );
    let key = browser.text("tbody .main-link").await;
    browser.click("tbody .main-link").await;
    browser.find("#events [data-row]").await;
    for event in listed(&browser).await {
        assert!(event.to_string().contains(&key));
    }
    browser.assert_quiet(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromium and chromedriver: scripts/test --services"]
async fn runs_tell_what_they_read_and_why_nothing_was_found() {
    let (_site, browser) = desktop().await;
    for (name, why) in [
        ("main", "It read 303 records"),
        ("payments", "2 parts of the source could not be read"),
        (
            "payments",
            "Records were rejected: from-the-future 1, not-json 3.",
        ),
        ("sandbox", "The inspection is disabled"),
        ("sandbox", "is learning, with 3 of 168 hours of history"),
        ("legacy", "The run failed: cannot list the source"),
    ] {
        browser.open(&format!("/inspections/{name}")).await;
        let told = browser.text(".why").await;
        assert!(told.contains(why), "{name}: {told}");
    }
    browser.open("/inspections/main").await;
    let outcomes = browser.texts("#runs [data-label=Outcome] .badge").await;
    for outcome in ["ok", "failed", "took too long", "stopped", "its process ended"] {
        assert!(
            outcomes.iter().any(|told| told == outcome),
            "{outcome} in {outcomes:?}"
        );
    }
    let row = browser.texts("#runs tbody tr:first-child td.n").await;
    browser.click("#runs tbody tr:first-child .main-link").await;
    browser.find("#run").await;
    let counts = browser.texts(".side-column section:nth-child(2) dd").await;
    // Records, errors, known clusters and findings are the same on the run's own page.
    for number in &row[..4] {
        assert!(counts.contains(number), "{number} of {row:?} in {counts:?}");
    }
    browser.click(".crumbs a:last-child").await;
    browser.find("#settings").await;
    assert_eq!(browser.place().await, "/inspections/main");

    // Which parts were not read, what was rejected, and what the source says besides.
    browser.open("/inspections/payments").await;
    let row = "#runs tr:has(td:nth-child(2) .tone-warning) .main-link";
    browser.click(row).await;
    browser.find("#run").await;
    let told = browser.text("#run").await;
    for part in [
        "not authorized to perform: logs:FilterLogEvents",
        "not-json",
        "nothing was stored there since",
    ] {
        assert!(told.contains(part), "{part} in {told}");
    }
    browser.assert_quiet(&[]).await;
}
