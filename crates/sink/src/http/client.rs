//! The client: one for all sinks of a process.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};

use super::error::HttpError;

/// How requests are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpSettings {
    /// How long a connection may take to come about. Default 5 s.
    pub connect_timeout: Duration,
    /// How long a request may take from its first byte to its answer's last. Default 30 s.
    pub timeout: Duration,
    /// The most bytes of an answer that are read; the rest is left. Default 1 MiB.
    pub longest_answer: usize,
    /// Whether the proxies that the system names are used. Default yes.
    pub proxies: bool,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(30),
            longest_answer: 1 << 20,
            proxies: true,
        }
    }
}

/// The method of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`.
    Get,
    /// `POST`.
    Post,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Where to: often a secret.
    pub url: SecretString,
    /// Its headers: values may be secrets.
    pub headers: Vec<(String, SecretString)>,
    /// Its body.
    pub body: Bytes,
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn get(url: SecretString) -> Self {
        Self {
            method: Method::Get,
            url,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// A request with a body.
    #[must_use]
    pub fn post(url: SecretString, body: impl Into<Bytes>) -> Self {
        Self {
            method: Method::Post,
            body: body.into(),
            ..Self::get(url)
        }
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<SecretString>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// A whole answer, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// How long the far side asks to wait (`Retry-After`, in seconds; dates are not read).
    pub retry_after: Option<Duration>,
    /// The `Date` header: the far side's clock.
    pub date: Option<String>,
    /// The body, as far as it is read.
    pub body: Bytes,
}

impl Answer {
    /// Whether the status is of the 200s.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        self.status / 100 == 2
    }

    /// The body as text; what is not UTF-8 is replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Makes requests. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Http {
    client: reqwest::Client,
    longest_answer: usize,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").finish_non_exhaustive()
    }
}

impl Http {
    /// A client.
    ///
    /// # Errors
    /// [`HttpError::Invalid`] when the system's trusted certificates cannot be used.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpError> {
        let mut builder = reqwest::Client::builder()
            .connect_timeout(settings.connect_timeout)
            .timeout(settings.timeout)
            // A redirect would send secrets elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            // A request that is sent again by itself would be a duplicate that nobody marks.
            .retry(reqwest::retry::never())
            .user_agent(concat!("firstsight/", env!("CARGO_PKG_VERSION")));
        if !settings.proxies {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(HttpError::from_client)?;
        Ok(Self {
            client,
            longest_answer: settings.longest_answer,
        })
    }

    /// Sends a request, once.
    ///
    /// # Errors
    /// [`HttpError::NotSent`] when the far side has nothing of it, [`HttpError::Unanswered`] when it may have.
    pub async fn send(&self, request: Request) -> Result<Answer, HttpError> {
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Post => reqwest::Method::POST,
        };
        let url = address(&request.url)?;
        let sending = self
            .client
            .request(method, url)
            .headers(headers(&request.headers)?)
            .body(request.body);
        let answer = sending.send().await.map_err(HttpError::from_client)?;
        let text = |name: HeaderName| {
            let value = answer.headers().get(name)?;
            value.to_str().ok().map(str::to_owned)
        };
        Ok(Answer {
            status: answer.status().as_u16(),
            retry_after: text(RETRY_AFTER)
                .and_then(|wait| Some(Duration::from_secs(wait.trim().parse().ok()?))),
            date: text(reqwest::header::DATE),
            body: self.body(answer).await?,
        })
    }

    async fn body(&self, mut answer: reqwest::Response) -> Result<Bytes, HttpError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(HttpError::from_client)? {
            let rest = self.longest_answer - body.len();
            body.extend_from_slice(&chunk[..chunk.len().min(rest)]);
            if chunk.len() >= rest {
                break;
            }
        }
        Ok(body.freeze())
    }
}

/// The address, if it is one that can be asked.
fn address(url: &SecretString) -> Result<url::Url, HttpError> {
    let url = url::Url::parse(url.expose_secret())
        .map_err(|error| HttpError::invalid(format!("the address is not a URL: {error}")))?;
    if matches!(url.scheme(), "http" | "https") {
        Ok(url)
    } else {
        Err(HttpError::invalid(format!(
            "the address begins with {}:, not with http: or https:",
            url.scheme()
        )))
    }
}

fn headers(given: &[(String, SecretString)]) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    for (name, value) in given {
        let wrong = || HttpError::invalid(format!("the header {name:?} cannot be sent"));
        let name: HeaderName = name.parse().map_err(|_| wrong())?;
        let mut value: HeaderValue = value.expose_secret().parse().map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    Ok(headers)
}
