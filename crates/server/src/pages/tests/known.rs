//! The pages of what is known and changed, as they are served over the made-up world.

use firstsight_daemon::Control as _;
use firstsight_engine::Locale;
use firstsight_sink::KeyStanding;
use firstsight_sink::conformance::{Medium, assert_harmless};
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, LOCATION};

use super::markup::{Element, assert_sound, parse, text as text_of};
use super::served::{Served, cookies, form, header};
use super::visit;
use crate::auth::Role;
use crate::model::{self, ClusterFilter, ClusterLine, Listed};
use crate::pages::link;
use crate::testing::{READER, request, text};

async fn clusters(served: &Served, inspection: &str) -> Vec<ClusterLine> {
    let filter = ClusterFilter {
        inspection: inspection.to_owned(),
        limit: Some(200),
        ..ClusterFilter::default()
    };
    model::clusters(&*served.fixture.control, &filter)
        .await
        .unwrap()
        .items
}

/// A page of each kind, and each cluster and run of the made-up world that tells something of its own.
async fn paths(served: &Served) -> Vec<String> {
    let mut paths: Vec<String> = [
        "/clusters",
        "/clusters?inspection=payments&sort=name",
        "/clusters?sort=-count&noise=no&class=access-denied&life_cycle=open&owner=nobody",
        "/inspections",
        "/keys",
        "/keys?sort=errors&long_lived=yes",
        "/changes",
        "/changes?ended=yes&inspection=main&limit=200",
        "/login",
        "/login?failed=1&next=/events",
    ]
    .map(str::to_owned)
    .to_vec();
    for inspection in ["main", "payments", "sandbox", "legacy"] {
        paths.push(format!("/inspections/{inspection}"));
        let known = clusters(served, inspection).await;
        paths.extend(
            known
                .iter()
                .take(12)
                .map(|line| link::cluster(inspection, &line.id)),
        );
        let runs = model::runs(&*served.fixture.control, inspection, "", 50)
            .await
            .unwrap();
        let told = runs.items.iter().take(8);
        paths.extend(told.map(|line| format!("/inspections/{inspection}/runs/{}", line.run.id)));
    }
    paths
}

#[tokio::test]
async fn every_page_of_what_is_known_is_sound_in_both_languages() {
    let served = Served::new(false).await;
    let paths = paths(&served).await;
    assert!(paths.len() > 50, "{paths:?}");
    for path in paths {
        for locale in Locale::ALL {
            let sign = if path.contains('?') { '&' } else { '?' };
            let page = served.page(&format!("{path}{sign}lang={locale}")).await;
            assert_sound(&path, &page);
            assert_harmless(Medium::Html, &path, &page);
        }
    }
}

/// A list that a filter leaves nothing of says so and leads to the whole; one of a world where nothing has happened says that.
#[tokio::test]
async fn a_list_without_rows_says_whether_a_filter_has_left_them_out() {
    let served = Served::new(false).await;
    for path in ["/clusters", "/events", "/keys"] {
        let page = served.page(&format!("{path}?text=nosuchthing&lang=en")).await;
        assert!(page.contains("Nothing matches"), "{path}");
        assert!(
            page.contains(&format!("<a class=\"button\" href=\"{path}\">Clear")),
            "{path}"
        );
    }
    let at = visit("/clusters", Role::Reader, Locale::English).await;
    let nothing = Listed {
        items: Vec::new(),
        next: None,
    };
    let page = crate::pages::clusters::main(&at, &ClusterFilter::default(), &nothing).into_string();
    assert!(
        page.contains("No cluster is known yet") && !page.contains("Nothing matches"),
        "{page}"
    );
}

#[tokio::test]
async fn what_iam_says_of_a_key_stands_beside_it() {
    let served = Served::new(false).await;
    let before = served.page("/keys?lang=en").await;
    assert!(!before.contains("IAM says"), "{before}");
    let keys = model::keys(&*served.fixture.control, &model::KeyFilter::default())
        .await
        .unwrap();
    let key = &keys.items[0];
    let standing = KeyStanding::Known {
        user: "<i>deploy".to_owned(),
        active: Some(false),
        created: None,
        last_used: None,
        service: None,
        region: None,
        reason: None,
    };
    let standings = std::iter::once((key.id.clone(), standing)).collect();
    served
        .fixture
        .control
        .set_key_standings(&key.inspection, standings);
    let page = served.page("/keys?lang=en").await;
    assert_sound("/keys", &page);
    for said in ["IAM says", "&lt;i&gt;deploy", "inactive"] {
        assert!(page.contains(said), "{said}: {page}");
    }
}

/// The log stands below the mutes: its next page begins at the log.
#[tokio::test]
async fn the_pages_of_the_log_begin_at_the_log() {
    let served = Served::new(false).await;
    let page = served.page("/changes?limit=1").await;
    let elements = parse(&page);
    let next = elements
        .iter()
        .find(|element| element.attribute("rel") == "next")
        .expect("a second page");
    assert!(next.attribute("href").ends_with("#log"), "{next:?}");
    assert!(elements.iter().any(|element| element.attribute("id") == "log"));
}

#[tokio::test]
async fn hostile_texts_are_part_of_what_is_known() {
    let served = Served::new(false).await;
    let shown = served.page("/clusters?inspection=payments&limit=200").await;
    assert!(shown.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && shown.contains("\\u{202e}"));
}

#[tokio::test]
async fn a_reader_sees_what_is_known_and_no_form_that_changes_it() {
    let served = Served::new(true).await;
    for path in paths(&served)
        .await
        .iter()
        .filter(|path| !path.starts_with("/login"))
    {
        let request = request("GET", path).header("authorization", format!("Bearer {READER}"));
        let response = served.ask(request.body(axum::body::Body::empty()).unwrap()).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        let elements = assert_sound(path, &text(response).await);
        let posts = elements
            .iter()
            .filter(|element| element.attribute("method") == "post");
        assert_eq!(posts.count(), 0, "{path}");
    }
}

fn heads(elements: &[Element]) -> Vec<(&str, &str)> {
    let heads = elements.iter().filter(|element| element.has("aria-sort"));
    heads
        .map(|head| (head.text.as_str(), head.attribute("aria-sort")))
        .collect()
}

#[tokio::test]
async fn clusters_are_sorted_by_their_heads() {
    let served = Served::new(false).await;
    let elements = parse(&served.page("/clusters").await);
    assert_eq!(heads(&elements), [("Last seen\u{2193}", "descending")]);
    let count = elements
        .iter()
        .find(|element| element.attribute("class") == "sort" && element.text.starts_with("Count"))
        .unwrap();
    assert_eq!(count.attribute("href"), "/clusters?sort=-count");
    let sorted = parse(&served.page(count.attribute("href")).await);
    assert_eq!(heads(&sorted), [("Count\u{2193}", "descending")]);
    let again = sorted
        .iter()
        .find(|element| element.attribute("class") == "sort" && element.text.starts_with("Count"));
    assert_eq!(again.unwrap().attribute("href"), "/clusters?sort=count");
}

#[tokio::test]
async fn somebody_names_an_owner_and_the_log_tells_it() {
    let served = Served::new(false).await;
    let line = clusters(&served, "main").await.remove(9);
    let path = link::cluster("main", &line.id);
    let elements = parse(&served.page(&path).await);
    let action = format!("{path}/remark");
    let fields = form(&elements, &action);
    let done = served
        .post(&action, &format!("{fields}&owner=team-nine&note=asked+them"))
        .await;
    assert_eq!(
        (done.status(), header(&done, LOCATION)),
        (StatusCode::SEE_OTHER, path.clone())
    );
    assert_eq!(
        cookies(&done)[0].split(';').next(),
        Some("firstsight_flash=remark")
    );
    let after = text_of(&served.page(&path).await);
    assert!(
        after.contains("wrote beside a cluster") && after.contains("owner: team-nine; note: asked them"),
        "{after}"
    );
    let log = text_of(&served.page("/changes").await);
    assert!(log.contains("team-nine"), "{log}");
}

/// Posts the form with this action on a page, with these fields besides; where it leads, and what the next page says.
async fn post(served: &Served, page: &str, action: &str, fields: &str) -> String {
    let elements = parse(&served.page(page).await);
    let sent = format!("{}&{fields}", form(&elements, action));
    let done = served.post(action, &sent).await;
    assert_eq!(done.status(), StatusCode::SEE_OTHER, "{action}");
    cookies(&done)[0].split(';').next().unwrap().to_owned()
}

fn setting(served: &Served, inspection: &str, key: &str) -> String {
    let states = served.fixture.control.inspections();
    let state = states.into_iter().find(|state| state.name == inspection).unwrap();
    let settings = state.settings();
    let found = settings.iter().find(|setting| setting.key.as_str() == key);
    found.unwrap().effective.clone()
}

#[tokio::test]
async fn settings_are_changed_shown_beside_the_files_and_dropped() {
    let served = Served::new(false).await;
    let (page, action) = ("/inspections/main", "/inspections/main/settings/schedule");
    let before = setting(&served, "main", "schedule");
    let said = post(&served, page, action, "value=*/20+*+*+*+*&note=closer").await;
    assert_eq!(said, "firstsight_flash=setting-changed");
    assert_eq!(setting(&served, "main", "schedule"), "\"*/20 * * * *\"");
    let shown = text_of(&served.page(page).await);
    assert!(
        shown.contains("changed by hand") && shown.contains(&before) && shown.contains("closer"),
        "{shown}"
    );
    let export = served.get("/overrides.toml").await;
    assert!(header(&export, CONTENT_DISPOSITION).contains("attachment"));
    assert!(text(export).await.contains("schedule = \"*/20 * * * *\""));
    let said = post(&served, page, &format!("{action}/drop"), "note=").await;
    assert_eq!(said, "firstsight_flash=setting-dropped");
    assert_eq!(setting(&served, "main", "schedule"), before);
}

#[tokio::test]
async fn a_setting_that_makes_no_sense_is_refused() {
    let served = Served::new(false).await;
    let before = setting(&served, "main", "schedule");
    let said = post(
        &served,
        "/inspections/main",
        "/inspections/main/settings/schedule",
        "value=sometimes",
    )
    .await;
    assert!(said.starts_with("firstsight_flash=problem."), "{said}");
    assert_eq!(setting(&served, "main", "schedule"), before);
}

#[tokio::test]
async fn groups_and_policies_are_written_a_line_and_a_box_each() {
    let served = Served::new(false).await;
    let page = "/inspections/main";
    let elements = parse(&served.page(page).await);
    let area = elements.iter().find(|element| element.tag == "textarea").unwrap();
    assert!(!area.text.trim().is_empty());
    let said = post(
        &served,
        page,
        "/inspections/main/settings/filters",
        "value=one%0D%0A%0D%0Atwo%0D%0A",
    )
    .await;
    assert_eq!(said, "firstsight_flash=setting-changed");
    let filters = setting(&served, "main", "filters");
    assert!(
        filters.contains("\"one\"") && filters.contains("\"two\""),
        "{filters}"
    );
    let policy = served.fixture.control.policies().remove(0);
    let said = post(
        &served,
        page,
        "/inspections/main/settings/policies",
        &format!("policy={}", link::encoded(&policy)),
    )
    .await;
    assert_eq!(said, "firstsight_flash=setting-changed");
    assert!(setting(&served, "main", "policies").contains(&policy));
    assert_ne!(setting(&served, "main", "policies"), "\"all\"");
}

#[tokio::test]
async fn an_inspection_is_enabled_and_run_from_the_list() {
    let served = Served::new(false).await;
    let said = post(
        &served,
        "/inspections",
        "/inspections/sandbox/settings/enabled",
        "value=true",
    )
    .await;
    assert_eq!(said, "firstsight_flash=setting-changed");
    assert_eq!(setting(&served, "sandbox", "enabled"), "true");
    let said = post(&served, "/inspections", "/inspections/main/run", "x=").await;
    assert_eq!(said, "firstsight_flash=run-started");
    let page = served.page("/inspections/main").await;
    assert!(page.contains("<progress"), "{page}");
}

#[tokio::test]
async fn mutes_are_set_and_ended() {
    let served = Served::new(false).await;
    let nothing = post(&served, "/changes", "/changes/mutes", "inspection=main&reason=x").await;
    assert!(nothing.starts_with("firstsight_flash=problem."), "{nothing}");
    let said = post(
        &served,
        "/changes",
        "/changes/mutes",
        "inspection=main&service=kms&duration=1d&reason=rotating+all",
    )
    .await;
    assert_eq!(said, "firstsight_flash=muted");
    let control = &*served.fixture.control;
    let mutes = model::mutes(control, Some("main"), false).await.unwrap();
    let mine = mutes
        .iter()
        .find(|mute| mute.set.as_ref().is_some_and(|said| said.note == "rotating all"))
        .unwrap();
    let action = format!("/mutes/main/{}/end", link::encoded(&mine.id));
    let said = post(&served, "/changes", &action, "note=").await;
    assert_eq!(said, "firstsight_flash=mute-ended");
    let after = model::mutes(control, Some("main"), false).await.unwrap();
    assert!(
        after
            .iter()
            .all(|mute| mute.id != mine.id || mute.state == "ended")
    );
}

#[tokio::test]
async fn somebody_who_is_not_known_is_told_nothing_of_the_daemon() {
    let served = Served::new(true).await;
    let page = served.page("/login?failed=1&next=//evil.example.com").await;
    let elements = assert_sound("login", &page);
    let configuration = served.fixture.control.configuration();
    assert!(!page.contains(&configuration) && !elements.iter().any(|element| element.tag == "nav"));
    let next = elements
        .iter()
        .find(|element| element.attribute("name") == "next")
        .unwrap();
    assert_eq!(next.attribute("value"), "/");
    assert!(text_of(&page).contains("That did not work."));
    assert!(!text_of(&served.page("/login").await).contains("That did not work."));
}

#[tokio::test]
async fn what_is_not_known_is_not_there() {
    let served = Served::new(false).await;
    for path in [
        "/clusters/main/0123456789abcdef0123456789abcdef",
        "/clusters/nobody/x",
        "/inspections/nobody",
        "/inspections/main/runs/none",
    ] {
        assert_eq!(served.get(path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

/// What a page says, a line a piece.
async fn told(path: &str, locale: Locale) -> String {
    let served = Served::new(false).await;
    let sign = if path.contains('?') { '&' } else { '?' };
    text_of(&served.page(&format!("{path}{sign}lang={locale}")).await)
}

#[tokio::test]
async fn text_of_the_inspections() {
    insta::assert_snapshot!(told("/inspections", Locale::English).await);
}

#[tokio::test]
async fn text_of_an_inspection_in_chinese() {
    insta::assert_snapshot!(told("/inspections/legacy", Locale::Chinese).await);
}

#[tokio::test]
async fn text_of_the_mutes() {
    insta::assert_snapshot!(told("/changes?limit=5&ended=yes", Locale::English).await);
}

#[tokio::test]
async fn text_of_the_login() {
    insta::assert_snapshot!(told("/login", Locale::English).await);
}

#[tokio::test]
async fn text_of_the_keys() {
    insta::assert_snapshot!(told("/keys?inspection=main&limit=3", Locale::English).await);
}
