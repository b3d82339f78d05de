//! Pages as they are served, over the made-up world.

use axum::Router;
use axum::body::Body;
use axum::response::Response;
use firstsight_engine::Locale;
use firstsight_sink::conformance::{Medium, assert_harmless};
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, IF_NONE_MATCH, LOCATION, SET_COOKIE};
use tower::ServiceExt as _;

use super::markup::{Element, assert_sound, parse, text as text_of};
use crate::fixture::Fixture;
use crate::model::{self, EventFilter, EventLine};
use crate::testing::{ADMIN, READER, app, gate, request, text};
use crate::{Limits, router};

/// The made-up world behind a server, with tokens or without.
pub(super) struct Served {
    pub(super) fixture: Fixture,
    router: Router,
}

impl Served {
    pub(super) async fn new(tokens: bool) -> Self {
        let fixture = Fixture::new().await;
        let router = router(&app(fixture.control.clone(), gate(tokens)), &Limits::default());
        Self { fixture, router }
    }

    pub(super) async fn ask(&self, request: http::Request<Body>) -> Response {
        self.router.clone().oneshot(request).await.unwrap()
    }

    pub(super) async fn get(&self, path: &str) -> Response {
        self.ask(
            request("GET", path)
                .header("accept", "text/html")
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    pub(super) async fn page(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
        text(response).await
    }

    pub(super) async fn post(&self, path: &str, form: &str) -> Response {
        let request = request("POST", path)
            .header("accept", "text/html")
            .header("origin", "http://127.0.0.1:7780")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request.body(Body::from(form.to_owned())).unwrap()).await
    }

    async fn events(&self, inspection: &str) -> Vec<EventLine> {
        let filter = EventFilter {
            inspection: inspection.to_owned(),
            limit: Some(200),
            ..EventFilter::default()
        };
        model::events(&*self.fixture.control, &filter)
            .await
            .unwrap()
            .items
    }

    /// An event with findings.
    async fn event(&self) -> EventLine {
        self.events("main")
            .await
            .into_iter()
            .find(|event| event.findings > 0)
            .unwrap()
    }
}

pub(super) fn cookies(response: &Response) -> Vec<String> {
    let all = response.headers().get_all(SET_COOKIE).iter();
    all.map(|cookie| cookie.to_str().unwrap().to_owned()).collect()
}

pub(super) fn header(response: &Response, name: http::HeaderName) -> String {
    response
        .headers()
        .get(name)
        .map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

/// The fields of the form with this action, as a browser would send them.
pub(super) fn form(elements: &[Element], action: &str) -> String {
    let at = elements
        .iter()
        .position(|element| element.tag == "form" && element.attribute("action") == action)
        .unwrap();
    let hidden = elements[at + 1..]
        .iter()
        .take_while(|element| element.tag != "form");
    let pairs = hidden.filter(|element| element.attribute("type") == "hidden");
    let pairs = pairs.map(|field| {
        format!(
            "{}={}",
            field.attribute("name"),
            crate::pages::link::encoded(field.attribute("value"))
        )
    });
    pairs.collect::<Vec<_>>().join("&")
}

#[tokio::test]
async fn every_page_of_the_made_up_world_is_sound_in_both_languages() {
    let served = Served::new(false).await;
    let mut paths: Vec<String> = [
        "/",
        "/?hours=24",
        "/?hours=336&inspection=main",
        "/events",
        "/events?status=critical,error&text=iam",
    ]
    .map(str::to_owned)
    .to_vec();
    for inspection in ["main", "payments", "sandbox", "legacy"] {
        paths.extend(
            served
                .events(inspection)
                .await
                .iter()
                .take(12)
                .map(|event| format!("/events/{}", event.id)),
        );
    }
    assert!(paths.len() > 20, "{paths:?}");
    for path in paths {
        for locale in Locale::ALL {
            let sign = if path.contains('?') { '&' } else { '?' };
            let page = served.page(&format!("{path}{sign}lang={locale}")).await;
            assert_sound(&path, &page);
            assert_harmless(Medium::Html, &path, &page);
        }
    }
}

#[tokio::test]
async fn hostile_texts_are_part_of_that_world() {
    let served = Served::new(false).await;
    let mut shown = String::new();
    for event in served.events("payments").await {
        shown.push_str(&served.page(&format!("/events/{}", event.id)).await);
    }
    assert!(shown.contains("&lt;script&gt;alert(1)&lt;/script&gt;") && shown.contains("\\u{202e}"));
}

#[tokio::test]
async fn the_overview_leads_to_the_events_of_an_hour() {
    let served = Served::new(false).await;
    let page = served.page("/?hours=24").await;
    let event = served.event().await;
    let elements = parse(&page);
    let bars: Vec<&Element> = elements
        .iter()
        .filter(|element| element.attribute("class") == "bar")
        .collect();
    assert_eq!(bars.len(), 24);
    let mut found = 0;
    for bar in bars {
        let events = served.page(bar.attribute("href")).await;
        found += usize::from(events.contains(&format!("/events/{}", event.id)));
    }
    assert_eq!(found, 1, "an event belongs to one hour");
}

#[tokio::test]
async fn the_list_is_narrowed_and_leafed_through() {
    let served = Served::new(false).await;
    let all = served.events("").await.len();
    let (mut path, mut seen) = ("/events?limit=7".to_owned(), Vec::new());
    for _ in 0..=all {
        let elements = parse(&served.page(&path).await);
        seen.extend(
            elements
                .iter()
                .filter(|element| element.has("data-row"))
                .map(|row| row.attribute("data-row").to_owned()),
        );
        let Some(next) = elements.iter().find(|element| element.attribute("rel") == "next") else {
            break;
        };
        path = next.attribute("href").to_owned();
    }
    assert_eq!(seen.len(), all);
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), all, "each once");
    let wrong = served.get("/events?status=loud").await;
    assert_eq!(wrong.status(), StatusCode::BAD_REQUEST);
    assert_sound("a wrong filter", &text(wrong).await);
}

#[tokio::test]
async fn a_script_is_told_when_nothing_has_changed() {
    let served = Served::new(false).await;
    let first = served.get("/events?part=main").await;
    let tag = header(&first, ETAG);
    let part = text(first).await;
    assert!(part.starts_with("<main") && part.contains("data-live"), "{part}");
    let again = |tag: String| {
        let request = request("GET", "/events?part=main").header(IF_NONE_MATCH, tag);
        served.ask(request.body(Body::empty()).unwrap())
    };
    assert_eq!(again(tag.clone()).await.status(), StatusCode::NOT_MODIFIED);
    assert_eq!(again(format!("W/{tag}")).await.status(), StatusCode::NOT_MODIFIED);
    firstsight_daemon::Control::changed(&*served.fixture.control);
    assert_eq!(again(tag).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn somebody_acknowledges_a_cluster_and_the_page_says_so() {
    let served = Served::new(false).await;
    let path = format!("/events/{}", served.event().await.id);
    let elements = parse(&served.page(&path).await);
    let action = elements
        .iter()
        .map(|element| element.attribute("action"))
        .find(|action| action.ends_with("/life-cycle"));
    let action = action.unwrap().to_owned();
    let fields = form(&elements, &action);
    let done = served
        .post(
            &action,
            &format!("{fields}&life_cycle=acknowledged&note=by+the+on-call"),
        )
        .await;
    assert_eq!(
        (done.status(), header(&done, LOCATION).starts_with(&path)),
        (StatusCode::SEE_OTHER, true)
    );
    let flash = cookies(&done).remove(0);
    let request = request("GET", &path).header(COOKIE, flash.split(';').next().unwrap());
    let after = served.ask(request.body(Body::empty()).unwrap()).await;
    assert!(
        cookies(&after)
            .iter()
            .any(|cookie| cookie.starts_with("firstsight_flash=;")),
        "it is said once"
    );
    let after = text(after).await;
    assert!(
        after.contains("Said of the cluster.") && after.contains("by the on-call"),
        "{}",
        text_of(&after)
    );
}

#[tokio::test]
async fn what_cannot_be_done_is_said_and_changes_nothing() {
    let served = Served::new(false).await;
    let path = format!("/events/{}", served.event().await.id);
    let elements = parse(&served.page(&path).await);
    let action = elements
        .iter()
        .map(|element| element.attribute("action"))
        .find(|action| action.ends_with("/life-cycle"));
    let action = action.unwrap().to_owned();
    let fields = form(&elements, &action);
    let refused = served
        .post(
            &action,
            &format!("{fields}&life_cycle=archived&until=date&date=soon"),
        )
        .await;
    assert_eq!(refused.status(), StatusCode::SEE_OTHER);
    assert!(cookies(&refused)[0].starts_with("firstsight_flash=problem."));
    // A form that is not ours.
    let forged = served.post(&action, "life_cycle=archived-forever").await;
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    assert_sound("a forged form", &text(forged).await);
    assert_eq!(parse(&served.page(&path).await).len(), elements.len());
}

#[tokio::test]
async fn somebody_mutes_an_actor() {
    let served = Served::new(false).await;
    let event = served.event().await;
    let elements = parse(&served.page(&format!("/events/{}", event.id)).await);
    let options = elements
        .iter()
        .filter(|element| element.tag == "option")
        .map(|option| option.attribute("value"));
    let actor = options
        .into_iter()
        .find(|value| value.starts_with("actor:"))
        .unwrap();
    let what = crate::pages::link::encoded(actor);
    let done = served
        .post(
            "/mutes",
            &format!(
                "{}&what={what}&duration=2h&reason=a+test",
                form(&elements, "/mutes")
            ),
        )
        .await;
    assert_eq!(
        cookies(&done)[0].split(';').next(),
        Some("firstsight_flash=muted")
    );
    let mutes = model::mutes(&*served.fixture.control, Some("main"), false)
        .await
        .unwrap();
    assert!(
        mutes
            .iter()
            .any(|mute| mute.set.as_ref().is_some_and(|said| said.note == "a test")),
        "{mutes:?}"
    );
}

#[tokio::test]
async fn a_reader_sees_everything_and_no_form_that_changes_it() {
    let served = Served::new(true).await;
    let asked = |path: String, token: &'static str| {
        let request = request("GET", &path).header("authorization", format!("Bearer {token}"));
        served.ask(request.body(Body::empty()).unwrap())
    };
    for path in [
        "/".to_owned(),
        "/events".to_owned(),
        format!("/events/{}", served.event().await.id),
    ] {
        let posts = async |token| {
            let elements = assert_sound(&path, &text(asked(path.clone(), token).await).await);
            elements
                .iter()
                .filter(|element| element.attribute("method") == "post")
                .count()
        };
        assert_eq!(posts(READER).await, 0, "{path}");
        assert_eq!(posts(ADMIN).await > 0, path != "/events", "{path}");
    }
}

#[tokio::test]
async fn what_a_sink_refused_is_tried_again_from_the_overview() {
    let served = Served::new(false).await;
    let elements = parse(&served.page("/?lang=en").await);
    let action = "/sinks/pager/retry";
    let fields = form(&elements, action);
    let done = served.post(action, &fields).await;
    assert_eq!(
        (header(&done, LOCATION), cookies(&done)[0].split(';').next()),
        ("/#sinks".to_owned(), Some("firstsight_flash=retried"))
    );
    let again = parse(&served.page("/?lang=en").await);
    assert!(again.iter().all(|element| element.attribute("action") != action));
    let told = text_of(&served.page("/changes?lang=en").await);
    assert!(told.contains("has refused deliveries tried again"), "{told}");
    let unknown = served.post("/sinks/nobody/retry", &fields).await;
    assert!(cookies(&unknown)[0].starts_with("firstsight_flash=problem."));
}

#[tokio::test]
async fn an_event_is_exported_as_sinks_are_sent_it() {
    let served = Served::new(false).await;
    let id = served.event().await.id;
    let response = served.get(&format!("/events/{id}.json")).await;
    assert_eq!(header(&response, CONTENT_TYPE), "application/json");
    assert!(header(&response, http::header::CONTENT_DISPOSITION).contains(&id));
    let exported: firstsight_sink::Event = serde_json::from_str(&text(response).await).unwrap();
    let detail = model::event(&*served.fixture.control, &id, Locale::English)
        .await
        .unwrap();
    assert_eq!(exported, detail.event);
}

#[tokio::test]
async fn what_is_not_there_is_a_page_too() {
    let served = Served::new(false).await;
    for path in [
        "/nowhere",
        "/events/0123456789abcdef0123456789abcdef",
        "/events/x%3Cscript%3E",
    ] {
        let response = served.get(path).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        let page = text(response).await;
        assert_sound(path, &page);
        assert!(text_of(&page).contains("There is no such page"), "{page}");
    }
}

#[tokio::test]
async fn choices_are_kept() {
    let served = Served::new(false).await;
    let response = served.get("/events?lang=zh&theme=dark").await;
    let kept = cookies(&response);
    assert!(
        kept[0].starts_with("firstsight_lang=zh;") && kept[1].starts_with("firstsight_theme=dark;"),
        "{kept:?}"
    );
    let elements = parse(&text(response).await);
    assert_eq!(
        (elements[0].attribute("lang"), elements[0].attribute("data-theme")),
        ("zh-Hans", "dark")
    );
    let request = request("GET", "/").header("accept-language", "zh-CN,en;q=0.5");
    let page = text(served.ask(request.body(Body::empty()).unwrap()).await).await;
    assert_eq!(parse(&page)[0].attribute("lang"), "zh-Hans");
}

#[tokio::test]
async fn assets_are_kept_under_the_name_of_what_they_hold() {
    let served = Served::new(true).await;
    let page = text(
        served
            .ask(
                request("GET", "/")
                    .header("authorization", format!("Bearer {ADMIN}"))
                    .body(Body::empty())
                    .unwrap(),
            )
            .await,
    )
    .await;
    let elements = parse(&page);
    let assets: Vec<&str> = elements
        .iter()
        .flat_map(|element| [element.attribute("src"), element.attribute("href")])
        .filter(|address| address.starts_with("/assets/"))
        .collect();
    assert_eq!(assets.len(), 7, "{assets:?}");
    for asset in assets {
        let response = served.get(asset).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(header(&response, CACHE_CONTROL).contains("immutable"), "{asset}");
        let other = served.get(asset.split('?').next().unwrap()).await;
        assert_eq!(header(&other, CACHE_CONTROL), "no-cache");
    }
    assert_eq!(
        served.get("/assets/other.js").await.status(),
        StatusCode::NOT_FOUND
    );
}
