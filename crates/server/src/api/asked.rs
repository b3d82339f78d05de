//! What is asked: parameters, bodies and conditions, each refused with a problem where it makes no sense.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use firstsight_engine::Locale;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Query parameters. A name that is not known is refused: what was misspelt would silently filter nothing.
pub(super) struct Asked<T>(pub(super) T);

impl<S: Sync, T: DeserializeOwned + Serialize + Default> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let wrong = |error: axum::extract::rejection::QueryRejection| Problem::bad_request(error.body_text());
        let sent = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .map_err(wrong)?
            .0;
        let known = names(&T::default());
        if let Some((name, _)) = sent.iter().find(|(name, _)| !known.contains(name)) {
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            return Err(Problem::bad_request(format!(
                "{name:?} is no parameter here; there are: {known}"
            )));
        }
        Ok(Self(Query::try_from_uri(&parts.uri).map_err(wrong)?.0))
    }
}

/// The names of a type's fields.
fn names<T: Serialize>(value: &T) -> Vec<String> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::Object(fields)) => fields.into_iter().map(|(name, _)| name).collect(),
        _ => Vec::new(),
    }
}

/// Steps of the path.
pub(super) struct Steps<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Steps<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let steps = Path::from_request_parts(parts, state).await;
        steps
            .map(|Path(steps)| Self(steps))
            .map_err(|error| Problem::bad_request(error.body_text()))
    }
}

/// A body in JSON. Fields that are not known are refused by the types themselves.
pub(super) struct Sent<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(error) => Err(refused(&error)),
        }
    }
}

fn refused(error: &JsonRejection) -> Problem {
    Problem::new(error.status(), error.body_text())
}

/// The language asked for; the daemon's own where none is.
///
/// # Errors
/// When it is none that we speak.
pub(super) fn language(asked: &str, otherwise: Locale) -> Result<Locale, Problem> {
    if asked.is_empty() {
        return Ok(otherwise);
    }
    let spoken = Locale::ALL.into_iter().find(|locale| locale.as_str() == asked);
    spoken.ok_or_else(|| Problem::bad_request(format!("lang: {asked:?} is not spoken here; en and zh are")))
}

/// Whether things still stand as the one who asks last saw them (`If-Match`).
///
/// # Errors
/// 412 when they do not: nothing was changed.
pub(super) fn unchanged(headers: &HeaderMap, tag: &str) -> Result<(), Problem> {
    let mut tags = headers.get_all(http::header::IF_MATCH).iter().peekable();
    if tags.peek().is_none() || tags.any(|tags| lists(tags.to_str().unwrap_or_default(), tag, false)) {
        return Ok(());
    }
    let why = "it was changed meanwhile: look at it again, then decide";
    Err(Problem::new(StatusCode::PRECONDITION_FAILED, why))
}

/// Whether a list of tags holds this one, or is `*`. Weakly compared, `W/` does not count (RFC 9110, section 8.8.3.2).
pub(super) fn lists(tags: &str, tag: &str, weakly: bool) -> bool {
    let plain = |listed: &str| {
        if weakly {
            listed.trim_start_matches("W/") == tag
        } else {
            listed == tag
        }
    };
    tags.split(',')
        .map(str::trim)
        .any(|listed| listed == "*" || plain(listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_as_rfc_9110_says() {
        for (tags, weakly, strongly) in [
            ("\"a\"", true, true),
            ("W/\"a\"", true, false),
            ("\"b\", \"a\"", true, true),
            ("*", true, true),
            ("\"b\"", false, false),
            ("a", false, false),
            ("", false, false),
        ] {
            assert_eq!(lists(tags, "\"a\"", true), weakly, "{tags}");
            assert_eq!(lists(tags, "\"a\"", false), strongly, "{tags}");
        }
    }

    #[test]
    fn a_language_that_is_not_spoken_is_refused() {
        assert_eq!(language("", Locale::Chinese).unwrap(), Locale::Chinese);
        assert_eq!(language("en", Locale::Chinese).unwrap(), Locale::English);
        assert_eq!(language("fr", Locale::Chinese).unwrap_err().status, 400);
    }
}
