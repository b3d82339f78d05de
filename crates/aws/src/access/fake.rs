//! A server that is a function: answers what the test says, under the real SDK and our transport.

use std::fmt;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use firstsight_cloudtrail::Timestamp;

use super::settings::Given;
use super::{Access, AccessOptions, Role};
use crate::api::{FilterRequest, GroupName};
use crate::error::AwsError;

/// One request, as far as tests look.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    /// `FilterLogEvents`, `AssumeRole`, …
    pub(crate) operation: String,
    pub(crate) uri: String,
    pub(crate) body: String,
    pub(crate) authorization: String,
    pub(crate) user_agent: String,
}

/// What comes back.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Http(u16, Vec<(&'static str, String)>, String),
    /// The connection breaks.
    Broken,
    /// Nothing comes within the read time-out.
    Silent,
    /// Nothing comes at all.
    Never,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Http(
            status,
            vec![("content-type", "application/x-amz-json-1.1".into())],
            body.into(),
        )
    }

    pub(crate) fn error(status: u16, code: &str, message: &str) -> Self {
        Self::json(
            status,
            &format!(r#"{{"__type":"com.amazonaws.logs#{code}","message":"{message}"}}"#),
        )
    }

    pub(crate) fn xml_error(status: u16, code: &str, message: &str) -> Self {
        let error =
            format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        Self::Http(status, vec![], format!("<ErrorResponse>{error}</ErrorResponse>"))
    }

    pub(crate) fn with(self, name: &'static str, value: &str) -> Self {
        match self {
            Self::Http(status, mut headers, body) => {
                headers.push((name, value.to_owned()));
                Self::Http(status, headers, body)
            }
            other => other,
        }
    }
}

/// Some log events.
pub(crate) fn request() -> FilterRequest {
    FilterRequest {
        group: GroupName::Own("trail".into()),
        streams: vec![],
        start: Timestamp::from_secs(1),
        end_inclusive: Timestamp::from_secs(2),
        pattern: None,
        limit: 10,
        newest_first: false,
        token: None,
    }
}

type Script = dyn Fn(&Seen, usize) -> Answer + Send + Sync;

/// The server. The script gets the request, and how many requests of the operation came before.
#[derive(Clone)]
pub(crate) struct Fake {
    script: Arc<Script>,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl fmt::Debug for Fake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fake")
    }
}

impl Fake {
    pub(crate) fn new(script: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            script: Arc::new(script),
            seen: Arc::default(),
        }
    }

    /// Those of one operation, in order.
    pub(crate) fn seen(&self, operation: &str) -> Vec<Seen> {
        let seen = self.seen.lock().expect("not poisoned");
        seen.iter()
            .filter(|seen| seen.operation == operation)
            .cloned()
            .collect()
    }

    pub(crate) fn client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// Access over this server, with keys that it does not check.
    pub(crate) async fn access(&self, options: AccessOptions) -> Result<Access, AwsError> {
        Access::with(
            options,
            Given {
                http: Some(self.client()),
                ..Self::given()
            },
        )
        .await
    }

    /// Keys, and the real client.
    pub(crate) fn given() -> Given {
        let keys = Credentials::new("AKIAIOSFODNN7EXAMPLE", "example", None, None, "test");
        Given {
            http: None,
            credentials: Some(SharedCredentialsProvider::new(keys)),
        }
    }

    fn answer(&self, request: &HttpRequest) -> Answer {
        let seen = seen(request);
        let before = self.seen(&seen.operation).len();
        self.seen.lock().expect("not poisoned").push(seen.clone());
        (self.script)(&seen, before)
    }
}

/// No pauses to speak of, a budget that never waits, one region.
pub(crate) fn options() -> AccessOptions {
    let mut options = AccessOptions::new(Timestamp::from_secs(1_700_000_000));
    options.regions = vec!["eu-west-1".into()];
    options.requests_per_second = std::num::NonZeroU32::new(1_000_000);
    options.initial_backoff = std::time::Duration::from_millis(1);
    options
}

pub(crate) fn role(arn: &str) -> Role {
    Role {
        arn: arn.into(),
        external_id: None,
        session_name: None,
    }
}

/// What STS gives for a role: keys whose id ends with the account.
pub(crate) fn assumed(account: &str) -> Answer {
    let keys = format!(
        "<AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>example</SecretAccessKey>\
         <SessionToken>example</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>"
    );
    let user = "<AssumedRoleUser><AssumedRoleId>A:firstsight</AssumedRoleId>\
                <Arn>arn:aws:sts::444455556666:assumed-role/reader/firstsight</Arn></AssumedRoleUser>";
    let result = format!("<AssumeRoleResult><Credentials>{keys}</Credentials>{user}</AssumeRoleResult>");
    Answer::Http(
        200,
        vec![],
        format!("<AssumeRoleResponse>{result}</AssumeRoleResponse>"),
    )
}

pub(crate) fn identity(account: &str) -> Answer {
    let fields =
        format!("<Arn>arn:aws:iam::{account}:user/sre</Arn><UserId>A</UserId><Account>{account}</Account>");
    let result = format!("<GetCallerIdentityResult>{fields}</GetCallerIdentityResult>");
    Answer::Http(
        200,
        vec![],
        format!("<GetCallerIdentityResponse>{result}</GetCallerIdentityResponse>"),
    )
}

fn seen(request: &HttpRequest) -> Seen {
    let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
    let body = String::from_utf8_lossy(request.body().bytes().unwrap_or_default()).into_owned();
    let target = header("x-amz-target");
    let query = body.split('&').find_map(|field| field.strip_prefix("Action="));
    let operation = target
        .rsplit('.')
        .next()
        .filter(|name| !name.is_empty())
        .or(query)
        .unwrap_or_default()
        .into();
    let (authorization, user_agent) = (header("authorization"), header("user-agent"));
    Seen {
        operation,
        uri: request.uri().to_owned(),
        body,
        authorization,
        user_agent,
    }
}

impl HttpClient for Fake {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Fake {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        match self.answer(&request) {
            Answer::Http(status, headers, body) => {
                HttpConnectorFuture::ready(Ok(response(status, headers, &body)))
            }
            Answer::Broken => HttpConnectorFuture::ready(Err(ConnectorError::io("connection reset".into()))),
            Answer::Silent => {
                HttpConnectorFuture::ready(Err(ConnectorError::timeout("read timed out".into())))
            }
            Answer::Never => HttpConnectorFuture::new(std::future::pending()),
        }
    }
}

fn response(status: u16, headers: Vec<(&'static str, String)>, body: &str) -> HttpResponse {
    let mut response = HttpResponse::new(status.try_into().expect("a status"), SdkBody::from(body));
    for (name, value) in headers {
        response.headers_mut().insert(name, value);
    }
    response
}
