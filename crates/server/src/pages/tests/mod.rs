//! What pages show: parsed as a browser does, in both languages, for people who may change things and who may not.

mod known;
mod made_up;
mod markup;
mod schedules;
mod served;
mod views;

use std::sync::Arc;

use axum::extract::FromRequestParts as _;
use firstsight_engine::Locale;
use http::Request;

use super::layout::{Page, Section, document};
use super::visit::Visit;
use crate::auth::{Role, Viewer};
use crate::testing::{self, Idle};

/// Who may change everything, or only look.
fn viewer(role: Role) -> Viewer {
    Viewer {
        role,
        name: "alice".to_owned(),
        csrf: "token-of-forms".to_owned(),
        has_session: true,
    }
}

/// A request for a page, at [`made_up::now`].
async fn visit(path: &str, role: Role, locale: Locale) -> Visit {
    let app = testing::app(Arc::new(Idle::default()), testing::gate(true));
    let request = Request::builder()
        .uri(path)
        .header("cookie", format!("firstsight_lang={locale}"))
        .extension(viewer(role));
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    let Ok(mut visit) = Visit::from_request_parts(&mut parts, &app).await;
    visit.now = made_up::now();
    visit
}

fn page(visit: &Visit, main: maud::Markup) -> String {
    document(
        visit,
        &Page {
            title: "A page".to_owned(),
            section: Section::Events,
            main,
        },
    )
}

#[tokio::test]
async fn a_demonstration_says_so_with_its_clock_and_nothing_else_does() {
    let said = ["All data here is made up", "此处数据均为虚构"];
    for (locale, said) in [Locale::English, Locale::Chinese].into_iter().zip(said) {
        let mut visit = visit("/", Role::Reader, locale).await;
        assert!(!page(&visit, maud::html! {}).contains(said));
        visit.app = visit.app.demonstration();
        let shown = page(&visit, maud::html! {});
        let clock = firstsight_sink::text::minute(visit.now);
        assert!(
            shown.contains(said) && shown.contains(&format!("{clock} UTC")),
            "{shown}"
        );
    }
}
