//! What an answer means: whether the call succeeded, and if not, what can be done.

use firstsight_sink::http::{Answer, Http, HttpError, Request};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::Value as Json;

use crate::error::{GuanceError, fit};

/// The key that is used up where a workspace takes no more data.
/// Source: DataKit, `internal/io/dataway/endpoint.go`, which looks for it in the body of a 403.
const OVER_QUOTA: &str = "beyondDataUsage";
/// What the codes of rate limits begin with; they come with 401.
/// Source: <https://docs.guance.com/en/open-api/error-definition/>.
const RATE_LIMIT: &str = "ft.Trigger";
/// What is shorter is no secret, and stands in many words.
const SHORTEST_SECRET: usize = 4;

/// A call, as its errors tell of it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// Method and path, without what is secret in it.
    pub(super) name: String,
    /// What to do where our key or token is not accepted.
    pub(super) advice: &'static str,
    /// What must not be in errors, should the server say it back.
    pub(super) secrets: Vec<SecretString>,
}

impl Call {
    pub(super) fn new(name: impl Into<String>, advice: &'static str) -> Self {
        Self {
            name: name.into(),
            advice,
            secrets: Vec::new(),
        }
    }

    pub(super) fn hiding(mut self, secret: Option<&SecretString>) -> Self {
        self.secrets.extend(secret.cloned());
        self
    }

    /// Sends a request and judges its answer.
    pub(super) async fn send(&self, http: &Http, request: Request) -> Result<Answer, GuanceError> {
        let answer = http.send(request).await.map_err(|error| self.lost(error))?;
        if answer.is_success() {
            Ok(answer)
        } else {
            Err(self.failure(&answer))
        }
    }

    pub(super) fn lost(&self, source: HttpError) -> GuanceError {
        GuanceError::Http {
            call: self.name.clone(),
            source,
        }
    }

    /// What a server said, fit for an error and without our secrets.
    pub(super) fn fit(&self, said: &str) -> String {
        let secrets = self.secrets.iter().map(SecretString::expose_secret);
        let mut secrets: Vec<&str> = secrets.filter(|secret| secret.len() >= SHORTEST_SECRET).collect();
        // The longest first: one may begin with another, and what is left of it would show.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let mut said = said.to_owned();
        for secret in secrets {
            said = said.replace(secret, "(secret)");
            said = said.replace(&encoded(secret, ""), "(secret)");
        }
        fit(&said)
    }

    /// What an answer without success means.
    pub(super) fn failure(&self, answer: &Answer) -> GuanceError {
        let said = Said::of(answer);
        let call = self.name.clone();
        let status = answer.status;
        let code = text(&said.code).map_or_else(|| format!("HTTP {status}"), |code| self.fit(code));
        match status {
            429 => limited(answer, call, code),
            401 if code.starts_with(RATE_LIMIT) => limited(answer, call, code),
            403 if answer.text().contains(OVER_QUOTA) => GuanceError::OverQuota { call },
            401 | 403 => GuanceError::Unauthorized {
                call,
                code,
                advice: self.advice,
            },
            408 | 500.. => GuanceError::Unavailable {
                call,
                status,
                said: before(&self.fit(&said.words(answer))),
                retry_after: answer.retry_after,
            },
            _ => GuanceError::Refused {
                call,
                reason: format!("HTTP {status}{}", before(&self.fit(&said.words(answer)))),
            },
        }
    }
}

/// What an answer with an error says of itself, in the words of the OpenAPI (`errorCode`) and of DataKit (`error_code`).
#[derive(Debug, Default, Deserialize)]
struct Said {
    #[serde(default, alias = "error_code", rename = "errorCode")]
    code: Json,
    #[serde(default)]
    message: Json,
}

impl Said {
    fn of(answer: &Answer) -> Self {
        serde_json::from_slice(&answer.body).unwrap_or_default()
    }

    /// Code and message; what stands in the body where it is not of this form.
    fn words(&self, answer: &Answer) -> String {
        match (text(&self.code), text(&self.message)) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (Some(only), None) | (None, Some(only)) => only.to_owned(),
            (None, None) => answer.text(),
        }
    }
}

pub(super) fn text(value: &Json) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}

fn limited(answer: &Answer, call: String, code: String) -> GuanceError {
    GuanceError::RateLimited {
        call,
        code,
        retry_after: answer.retry_after,
    }
}

fn before(words: &str) -> String {
    if words.is_empty() {
        String::new()
    } else {
        format!(": {words}")
    }
}

/// Percent-encoded for a path segment or a query value; characters that `keep` names stay.
///
/// Source: RFC 3986, section 2.3: the unreserved characters are the only ones that mean nothing anywhere.
pub(super) fn encoded(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if c.is_ascii_alphanumeric() || "-._~".contains(c) || (c.is_ascii() && keep.contains(c)) {
            out.push(c);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answered(status: u16, body: &str) -> GuanceError {
        let answer = Answer {
            status,
            retry_after: None,
            date: None,
            body: Bytes::copy_from_slice(body.as_bytes()),
        };
        Call::new("GET /x", "mend it").failure(&answer)
    }

    #[test]
    fn each_class_of_failure_is_told_apart() {
        let table = [
            (
                401,
                r#"{"errorCode":"ft.TriggerApiAkCurrentLimiting"}"#,
                "GET /x: too many requests (ft.TriggerApiAkCurrentLimiting)",
            ),
            (
                401,
                r#"{"errorCode":"ft.TriggerApiWorkspaceCurrentLimiting"}"#,
                "GET /x: too many requests (ft.TriggerApiWorkspaceCurrentLimiting)",
            ),
            (
                429,
                r#"{"error_code":"datakit.reachMaxAPILimit"}"#,
                "GET /x: too many requests (datakit.reachMaxAPILimit)",
            ),
            (429, "", "GET /x: too many requests (HTTP 429)"),
            (
                403,
                r#"{"error_code":"kodo.beyondDataUsage"}"#,
                "GET /x: the workspace takes no more data (beyondDataUsage)",
            ),
            (
                403,
                r#"{"errorCode":"ft.InvalidAPIKey","message":"x"}"#,
                "GET /x: ft.InvalidAPIKey: mend it",
            ),
            (401, "<html>", "GET /x: HTTP 401: mend it"),
            (403, "", "GET /x: HTTP 403: mend it"),
            (
                500,
                r#"{"errorCode":"ft.X","message":"broken"}"#,
                "GET /x: HTTP 500: ft.X: broken",
            ),
            (408, "", "GET /x: HTTP 408"),
            (503, "try later", "GET /x: HTTP 503: try later"),
            (
                400,
                r#"{"error_code":"datakit.invalidLinePoint","message":"bad\u001b[2J"}"#,
                r"GET /x: refused: HTTP 400: datakit.invalidLinePoint: bad\u{1b}[2J",
            ),
            (404, "", "GET /x: refused: HTTP 404"),
            (302, "", "GET /x: refused: HTTP 302"),
            (
                400,
                r#"{"errorCode":400,"message":{"a":1}}"#,
                r#"GET /x: refused: HTTP 400: {"errorCode":400,"message":{"a":1}}"#,
            ),
        ];
        for (status, body, said) in table {
            assert_eq!(answered(status, body).to_string(), said);
        }
    }

    #[test]
    fn a_secret_that_begins_with_another_is_hidden_whole() {
        let [short, long] = ["5ec4e7", "5ec4e7-and-more/ü"].map(SecretString::from);
        let call = Call::new("GET /x", "mend it")
            .hiding(Some(&short))
            .hiding(Some(&long));
        assert_eq!(
            call.fit("no: 5ec4e7-and-more/ü, 5ec4e7-and-more%2F%C3%BC, 5ec4e7"),
            "no: (secret), (secret), (secret)"
        );
    }

    #[test]
    fn what_could_mean_something_in_an_address_is_encoded() {
        assert_eq!(
            encoded("a b/c?d=e&f#东%", ""),
            "a%20b%2Fc%3Fd%3De%26f%23%E4%B8%9C%25"
        );
        assert_eq!(encoded("datakit/push", "/"), "datakit/push");
    }
}
