//! The way out: waits for the budget, sends, reads the body whole, and counts.

use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::connector_metadata::ConnectorMetadata;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{RuntimeComponents, RuntimeComponentsBuilder};
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::config_bag::ConfigBag;

use super::budget::Budget;
use super::meter::{Ending, Meter, Sent};

/// No answer may be larger: AWS stops at 1 MB, and what never ends must not fill the memory.
const LARGEST_BODY: usize = 64 * 1024 * 1024;

/// What a request passes: a budget, where there is one, and the meter.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(super) budget: Option<Arc<Budget>>,
    pub(super) meter: Arc<Meter>,
    /// How long a body may stand still. (The client's read time-out ends at the headers.)
    pub(super) silence: Duration,
}

/// An HTTP client that sends over a lane.
#[derive(Debug)]
pub(super) struct MeteredClient {
    pub(super) inner: SharedHttpClient,
    pub(super) lane: Lane,
}

#[derive(Debug)]
struct MeteredConnector {
    inner: SharedHttpConnector,
    lane: Lane,
}

impl HttpClient for MeteredClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(MeteredConnector {
            inner,
            lane: self.lane.clone(),
        })
    }

    fn validate_base_client_config(
        &self,
        components: &RuntimeComponentsBuilder,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_base_client_config(components, config)
    }

    fn validate_final_config(
        &self,
        components: &RuntimeComponents,
        config: &ConfigBag,
    ) -> Result<(), BoxError> {
        self.inner.validate_final_config(components, config)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

impl HttpConnector for MeteredConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, lane) = (self.inner.clone(), self.lane.clone());
        HttpConnectorFuture::new(async move { lane.send(&inner, request).await })
    }
}

impl Lane {
    /// The inner connector's read time-out begins after the wait for the budget, so waiting is not taken for silence.
    async fn send(
        &self,
        inner: &SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        if let Some(budget) = &self.budget {
            budget.pass().await;
        }
        let sent = self.meter.send();
        let result = self.exchange(inner, request, &sent).await;
        sent.end(result.as_ref().map_or(Ending::Failed, ending));
        result
    }

    async fn exchange(
        &self,
        inner: &SharedHttpConnector,
        request: HttpRequest,
        sent: &Sent,
    ) -> Result<HttpResponse, ConnectorError> {
        let mut response = inner.call(request).await?;
        if let Some(date) = response.headers().get("date") {
            self.meter.date(date);
        }
        let body = response.body_mut();
        let whole = self.read(std::mem::replace(body, SdkBody::taken()), sent).await?;
        *response.body_mut() = SdkBody::from(whole);
        Ok(response)
    }

    /// The SDK would read it whole as well; here each pause is timed, and a body that is cut off is an I/O error, which
    /// is tried again.
    async fn read(&self, body: SdkBody, sent: &Sent) -> Result<Vec<u8>, ConnectorError> {
        let mut whole = Vec::with_capacity(announced(&body));
        let mut stream = ByteStream::new(body);
        while let Some(chunk) = self.chunk(&mut stream).await? {
            sent.received(chunk.len());
            if whole.len() + chunk.len() > LARGEST_BODY {
                return Err(ConnectorError::other(
                    "the answer is larger than 64 MiB".into(),
                    None,
                ));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole)
    }

    async fn chunk(&self, stream: &mut ByteStream) -> Result<Option<bytes::Bytes>, ConnectorError> {
        match tokio::time::timeout(self.silence, stream.next()).await {
            Ok(None) => Ok(None),
            Ok(Some(Ok(chunk))) => Ok(Some(chunk)),
            Ok(Some(Err(error))) => Err(ConnectorError::io(Box::new(error))),
            Err(elapsed) => Err(ConnectorError::timeout(Box::new(elapsed))),
        }
    }
}

/// What the body says its length is; a lie must not allocate much.
fn announced(body: &SdkBody) -> usize {
    let length = body.content_length().unwrap_or(0);
    usize::try_from(length).unwrap_or(0).min(4 * 1024 * 1024)
}

fn ending(response: &HttpResponse) -> Ending {
    let status = response.status().as_u16();
    if status >= 400 && asks_to_slow_down(status, response) {
        Ending::Throttled
    } else if status >= 500 {
        Ending::Failed
    } else {
        Ending::Answered
    }
}

/// The error codes that the SDK takes for throttling, too: in the header, or in the body as JSON or XML.
fn asks_to_slow_down(status: u16, response: &HttpResponse) -> bool {
    let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
    let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
    let code = [
        "Throttl",
        "TooManyRequests",
        "RequestLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
    ];
    status == 429
        || code
            .iter()
            .any(|code| header.contains(code) || in_code(&body, code))
}

/// Whether the error's code, not its message, begins so.
fn in_code(body: &str, code: &str) -> bool {
    let mut found = body.match_indices(code).map(|(at, _)| &body[..at]);
    found.any(|before| before.ends_with("<Code>") || before.ends_with('"') || before.ends_with('#'))
}
