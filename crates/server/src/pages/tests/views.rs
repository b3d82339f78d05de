use firstsight_engine::Locale;
use firstsight_sink::conformance::{self, HOSTILE, Medium, assert_harmless};

use super::markup::{assert_sound, text};
use super::{made_up, page, visit};
use crate::auth::Role;
use crate::model::EventFilter;
use crate::pages::configuration::Standing;
use crate::pages::{event, events, overview};

/// Each page with its name, as somebody sees it.
async fn pages(role: Role, locale: Locale) -> Vec<(&'static str, String)> {
    let names = ["main".to_owned(), "other".to_owned()];
    let mut pages = Vec::new();
    let at = visit("/?hours=48", role, locale).await;
    pages.push((
        "overview",
        page(
            &at,
            overview::main(
                &at,
                &made_up::overview(),
                &made_up::sinks(),
                &made_up::standing(),
                (48, 1),
            ),
        ),
    ));
    pages.push((
        "quiet overview",
        page(
            &at,
            overview::main(&at, &made_up::quiet(), &[], &Standing::default(), (48, 1)),
        ),
    ));
    let at = visit("/events?status=ok&text=a%20b", role, locale).await;
    let filter = EventFilter {
        status: "ok".to_owned(),
        text: "a b".to_owned(),
        ..EventFilter::default()
    };
    pages.push((
        "events",
        page(&at, events::main(&at, &filter, &names, &made_up::events())),
    ));
    let at = visit("/events/e1", role, locale).await;
    pages.push(("event", page(&at, event::main(&at, &made_up::detail(locale)))));
    pages.push((
        "recovery",
        page(&at, event::main(&at, &made_up::recovery(locale))),
    ));
    pages
}

#[tokio::test]
async fn pages_are_sound_markup_and_hold_nothing_that_the_policy_forbids() {
    for locale in Locale::ALL {
        for role in [Role::Reader, Role::Admin] {
            for (name, page) in pages(role, locale).await {
                let elements = assert_sound(name, &page);
                assert_eq!(
                    elements[0].attribute("lang"),
                    if locale == Locale::English {
                        "en"
                    } else {
                        "zh-Hans"
                    }
                );
            }
        }
    }
}

#[tokio::test]
async fn only_who_may_change_things_is_shown_forms_that_do() {
    for (name, page) in pages(Role::Reader, Locale::English).await {
        let forms = assert_sound(name, &page)
            .into_iter()
            .filter(|element| element.attribute("method") == "post");
        let actions: Vec<String> = forms.map(|form| form.attribute("action").to_owned()).collect();
        assert_eq!(actions, ["/logout"], "{name}");
    }
    let (_, page) = pages(Role::Admin, Locale::English).await.remove(3);
    let elements = assert_sound("event", &page);
    let forms = elements
        .iter()
        .filter(|element| element.attribute("method") == "post")
        .count();
    let tokens = elements
        .iter()
        .filter(|element| element.attribute("name") == "_csrf");
    assert!(
        tokens
            .clone()
            .all(|token| token.attribute("value") == "token-of-forms")
    );
    // Logging out, three clusters, a mute.
    assert_eq!((forms, tokens.count()), (5, 5));
}

#[tokio::test]
async fn hostile_texts_arrive_harmless() {
    let at = visit("/events/e1", Role::Admin, Locale::English).await;
    for (name, hostile) in HOSTILE {
        let mut detail = made_up::detail_of(conformance::hostile(hostile), Locale::English);
        detail.attributes.push((hostile.to_owned(), hostile.to_owned()));
        for line in &mut detail.clusters {
            line.owner = hostile.to_owned();
            line.note = hostile.to_owned();
            line.life_cycle = hostile.to_owned();
        }
        for notification in &mut detail.notifications {
            notification.delivery.message = hostile.to_owned();
        }
        for line in &mut detail.history {
            line.status = hostile.to_owned();
            line.kind = hostile.to_owned();
            line.id = hostile.to_owned();
        }
        let mut standing = made_up::standing();
        if let Some(reload) = &mut standing.reload {
            reload.error = Some(hostile.to_owned());
            reload.needs_restart = vec![hostile.to_owned()];
        }
        standing.left[0].inspection = hostile.to_owned();
        standing.left[0].waiting[0].0 = hostile.to_owned();
        let sinks = made_up::sinks();
        let overview = page(
            &at,
            overview::main(&at, &made_up::quiet(), &sinks, &standing, (48, 1)),
        );
        assert_sound(name, &overview);
        assert_harmless(Medium::Html, name, &overview);

        let event = page(&at, event::main(&at, &detail));
        assert_sound(name, &event);
        assert_harmless(Medium::Html, name, &event);

        let mut listed = made_up::events();
        for line in &mut listed.items {
            for field in [
                &mut line.title,
                &mut line.inspection,
                &mut line.account,
                &mut line.id,
                &mut line.status,
            ] {
                *field = hostile.to_owned();
            }
            line.services = vec![hostile.to_owned()];
            line.actors = vec![hostile.to_owned()];
        }
        let filter = EventFilter {
            text: hostile.to_owned(),
            status: hostile.to_owned(),
            cluster: hostile.to_owned(),
            ..EventFilter::default()
        };
        let events = page(
            &at,
            events::main(&at, &filter, &[hostile.to_owned(), "b".to_owned()], &listed),
        );
        // Ids are unique where lists are: rows have none.
        assert_sound(name, &events);
        assert_harmless(Medium::Html, name, &events);
    }
}

/// What a page says, in the languages.
async fn told(index: usize, locale: Locale) -> String {
    text(&pages(Role::Admin, locale).await.remove(index).1)
}

#[tokio::test]
async fn text_of_the_overview() {
    insta::assert_snapshot!(told(0, Locale::English).await);
}

#[tokio::test]
async fn text_of_the_events() {
    insta::assert_snapshot!(told(2, Locale::English).await);
}

#[tokio::test]
async fn text_of_an_event() {
    insta::assert_snapshot!(told(3, Locale::English).await);
}

#[tokio::test]
async fn text_of_an_event_in_chinese() {
    insta::assert_snapshot!(told(3, Locale::Chinese).await);
}

#[tokio::test]
async fn an_inspections_own_trouble_is_told_without_counts_of_errors() {
    use firstsight_sink::conformance::fixture;
    for (locale, advice) in [(Locale::English, "What to do"), (Locale::Chinese, "处理建议")] {
        let at = visit("/events/e1", Role::Admin, locale).await;
        for trouble in fixture::troubles() {
            let over = trouble.kind == firstsight_sink::EventKind::Recovered;
            let event = page(&at, event::main(&at, &made_up::detail_of(trouble, locale)));
            assert_sound("trouble", &event);
            let told = text(&event);
            assert_eq!(told.contains(advice), !over, "{told}");
            assert!(
                !event.contains("class=\"totals\"") && !event.contains("id=\"hours\""),
                "{told}"
            );
        }
    }
}
