//! Asks, and says what it means when no answer comes, or another than expected.

use std::time::Duration;

use firstsight_sink::http::{Answer, Http, HttpError, HttpSettings, Request};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use crate::args::operations::Status;
use crate::failure::Failure;
use crate::surroundings;

const PATH: &str = "/api/v1/status";
/// Where a token is looked for when no file is named.
const TOKEN: &str = "FIRSTSIGHT_TOKEN";
/// Monitors give up after 10 s themselves.
const TIMEOUT: Duration = Duration::from_secs(8);

/// What the daemon says of itself.
///
/// # Errors
/// [`Failure::Unreachable`], or [`Failure::Usage`] for an address or a token that cannot be used.
pub(super) async fn ask(args: &Status) -> Result<Value, Failure> {
    let settings = HttpSettings {
        timeout: TIMEOUT,
        // Nobody wants this machine's own daemon asked for through a proxy.
        proxies: false,
        ..HttpSettings::default()
    };
    let http = Http::new(&settings).map_err(|error| Failure::from_error(&error))?;
    let url = format!("{}{PATH}", args.url.trim_end_matches('/'));
    let mut request = Request::get(url.into()).header("accept", "application/json".to_owned());
    let token = token(args)?;
    if let Some(token) = &token {
        request = request.header("authorization", format!("Bearer {}", token.expose_secret()));
    }
    let answer = http
        .send(request)
        .await
        .map_err(|error| unanswered(args, &error))?;
    if answer.is_success() {
        return serde_json::from_slice(&answer.body)
            .map_err(|_| Failure::Unreachable(another(&args.url, "its answer is not JSON")));
    }
    Err(Failure::Unreachable(refused(&args.url, &answer, token.is_some())))
}

fn token(args: &Status) -> Result<Option<SecretString>, Failure> {
    let surroundings = surroundings::real();
    let Some(path) = &args.token_file else {
        let token = surroundings.variable(TOKEN).map(|token| token.trim().to_owned());
        return Ok(token.filter(|token| !token.is_empty()).map(SecretString::from));
    };
    let name = path.display();
    let read = surroundings.read(path);
    let text = read.map_err(|error| Failure::usage(format!("cannot read the token in {name}: {error}")))?;
    match text.trim() {
        "" => Err(Failure::usage(format!("--token-file: {name} is empty"))),
        token => Ok(Some(token.into())),
    }
}

/// What an error of the client means here.
fn unanswered(args: &Status, error: &HttpError) -> Failure {
    let said = firstsight_inspection::chain(error);
    match error {
        HttpError::Invalid { .. } => Failure::usage(format!("--url or the token: {said}")),
        HttpError::NotSent { .. } => Failure::Unreachable(format!(
            "no firstsightd at {}: {said}; is it running, and is this its address (server.bind)?",
            args.url
        )),
        _ => Failure::Unreachable(format!("{} does not answer: {said}", args.url)),
    }
}

/// What an answer means that is none.
fn refused(url: &str, answer: &Answer, has_token: bool) -> String {
    let detail = detail(answer);
    match (answer.status, has_token) {
        (401, false) => format!("{url} asks for a token: name one with --token-file or {TOKEN}"),
        (401 | 403, true) => format!("{url} refuses the token: is it this daemon's (server.read_token)?"),
        (421, _) if detail.is_some() => format!(
            "{url} is not a name of this daemon: {}",
            detail.unwrap_or_default()
        ),
        (429, _) => format!("{url} has been asked too often; again in a minute"),
        (status, _) => match detail {
            Some(detail) => format!("{url} answers {status}: {detail}"),
            None => another(url, &format!("it answers {status}")),
        },
    }
}

/// That something answers which is no daemon of ours.
pub(super) fn another(url: &str, said: &str) -> String {
    format!("{url} does not answer as firstsightd does: {said}; is something else at that address?")
}

/// What a problem document says.
fn detail(answer: &Answer) -> Option<String> {
    let problem: Value = serde_json::from_slice(&answer.body).ok()?;
    let detail = problem["detail"].as_str().filter(|detail| !detail.is_empty())?;
    Some(detail.chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            retry_after: None,
            date: None,
            body: body.to_owned().into_bytes().into(),
        }
    }

    #[test]
    fn each_answer_that_is_none_says_what_to_do() {
        let url = "http://127.0.0.1:7780";
        let problem = r#"{"title":"Misdirected Request","detail":"nothing is served under this name"}"#;
        let said = |status, body, has_token| refused(url, &answer(status, body), has_token);
        assert!(said(401, "", false).contains("--token-file"));
        assert!(said(401, "", true).contains("refuses the token"));
        assert!(said(403, "", true).contains("refuses the token"));
        assert!(said(421, problem, false).contains("nothing is served under this name"));
        assert!(said(429, "", false).contains("too often"));
        assert!(said(503, problem, false).contains("503: nothing is served"));
        for status in [301, 404, 421, 500] {
            assert!(
                said(status, "<html>", false).contains("something else"),
                "{status}"
            );
        }
    }
}
