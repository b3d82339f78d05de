//! What went wrong, as RFC 9457 has it (`application/problem+json`), and as a page.

use axum::response::{IntoResponse, Response};
use firstsight_daemon::DaemonError;
use firstsight_engine::Locale;
use firstsight_inspection::InspectionError;
use firstsight_store::StoreError;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde::Serialize;

use crate::refusal::Refusal;

/// What went wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind it is: `about:blank`, or a path of the API's document.
    #[serde(rename = "type")]
    pub kind: String,
    /// A line for people.
    pub title: String,
    /// The status.
    pub status: u16,
    /// What was wrong with this request, and what to do.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub detail: String,
    /// The same where a person is told in a language.
    #[serde(skip)]
    pub(crate) refusal: Option<Box<Refusal>>,
}

impl Problem {
    /// A problem.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            refusal: None,
        }
    }

    /// There is no such thing.
    #[must_use]
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, what)
    }

    /// What was asked by a body that can be read and makes no sense: 422 instead of 400.
    pub(crate) fn of_body(self) -> Self {
        match self.status {
            400 => Self {
                refusal: self.refusal,
                ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, self.detail)
            },
            _ => self,
        }
    }

    /// The detail, for people who read this language; in English where it is said in no other.
    pub(crate) fn told(&self, locale: Locale) -> String {
        let told = self.refusal.as_ref().map(|refusal| refusal.say(locale));
        told.unwrap_or_else(|| self.detail.clone())
    }

    /// The request makes no sense.
    #[must_use]
    pub fn bad_request(why: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, why)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { .. } => Self::not_found(error.to_string()),
            StoreError::Taken { .. } => Self::new(StatusCode::CONFLICT, error.to_string()),
            error => Self::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string()),
        }
    }
}

impl From<InspectionError> for Problem {
    fn from(error: InspectionError) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, error.to_string())
    }
}

impl From<DaemonError> for Problem {
    fn from(error: DaemonError) -> Self {
        let said = error.to_string();
        match error {
            DaemonError::UnknownInspection { name } => Refusal::NoInspection(name).into(),
            DaemonError::UnknownSink { name } => Refusal::NoSink(name).into(),
            DaemonError::AlreadyRunning { name, since } => Refusal::Running { name, since }.into(),
            DaemonError::Invalid { key, said } => Self::from(Refusal::Wrong { field: key, said }).of_body(),
            DaemonError::Stopping => Refusal::Stopping.into(),
            DaemonError::Store(error) => error.into(),
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, said),
        }
    }
}

impl IntoResponse for Problem {
    /// As `application/problem+json`. The problem itself goes with the response, so that a page can be made of it.
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if status.is_server_error() {
            tracing::warn!(status = self.status, detail = %self.detail, "a request was not answered");
        }
        let body = serde_json::to_string(&self).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut response = (status, [(CONTENT_TYPE, kind)], body).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_problem_is_what_rfc_9457_says() {
        let response = Problem::not_found("there is no event \"x\"").into_response();
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let body = axum::body::to_bytes(response.into_body(), 1000).await.unwrap();
        assert_eq!(
            serde_json::from_slice::<serde_json::Value>(&body).unwrap(),
            serde_json::json!({
                "type": "about:blank", "title": "Not Found", "status": 404, "detail": "there is no event \"x\"",
            })
        );
    }
}
