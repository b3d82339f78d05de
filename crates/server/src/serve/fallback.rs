//! What is answered where nothing is, and problems as pages.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, StatusCode, Uri};

use crate::app::App;
use crate::auth::is_for_programs;
use crate::problem::Problem;
use crate::refusal::Refusal;

/// There is nothing of that name.
pub(super) async fn not_found(uri: Uri) -> Problem {
    if !is_for_programs(uri.path()) {
        return Refusal::NothingHere.into();
    }
    Problem::not_found("there is nothing at this address: /api/v1/openapi.json lists what there is")
}

/// It is there, and cannot be asked so; the header `Allow` says how it can.
pub(super) async fn not_allowed() -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "this address takes other methods: see the header Allow",
    )
}

/// Shows a person a problem as a page. Programs get it as it is.
pub(super) async fn as_page(State(app): State<App>, request: Request, next: Next) -> Response {
    let for_person = wants_page(request.headers()) && !is_for_programs(request.uri().path());
    let asked = for_person.then(|| (request.uri().clone(), request.headers().clone()));
    let response = next.run(request).await;
    match (response.extensions().get::<Problem>(), asked) {
        (Some(problem), Some((uri, headers))) => {
            let page = Html(crate::pages::refused(&app, &uri, &headers, problem));
            in_place(response, page)
        }
        _ => response,
    }
}

fn wants_page(headers: &HeaderMap) -> bool {
    let accept = headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|accept| accept.to_str().ok());
    accept
        .flat_map(|accept| accept.split(','))
        .any(|kind| kind.trim().starts_with("text/html"))
}

/// The page in place of the body; status and the other headers stay.
fn in_place(response: Response, page: Html<String>) -> Response {
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(CONTENT_TYPE);
    parts.headers.remove(CONTENT_LENGTH);
    let mut page = page.into_response();
    *page.status_mut() = parts.status;
    page.headers_mut().extend(parts.headers);
    *page.extensions_mut() = parts.extensions;
    page
}
