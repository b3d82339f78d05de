//! What a failed request means: from the SDK's errors to [`AwsError`].
//!
//! Only codes, messages and kinds are read. The SDK's debug output holds raw answers, which can hold records.

mod chain;
mod codes;
#[cfg(all(test, feature = "cloudwatch", feature = "iam"))]
mod tests;

use std::error::Error;
use std::time::Duration;

use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use chain::{Trouble, said_by_all};
use codes::{CredentialTrouble, Meaning, meaning};

use crate::error::AwsError;
use crate::target::Call;

/// What was asked, for messages.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// The call.
    pub(crate) call: Call,
    /// The account, the region and what was asked of.
    pub(crate) place: String,
    /// What a policy has to allow the call on.
    pub(crate) resource: String,
    /// The region that was asked.
    pub(crate) region: String,
    /// The role that is assumed to get there.
    pub(crate) role: Option<String>,
    /// The profile, where one was named.
    pub(crate) profile: Option<String>,
    /// Whether the request carried a page token.
    pub(crate) token: bool,
    /// How often it was tried.
    pub(crate) attempts: u32,
    /// How often it may be tried: of requests for credentials only that is known.
    pub(crate) most_attempts: u32,
}

/// What the SDK gives where a request fails.
pub(super) type Sdk<E> = SdkError<E, HttpResponse>;

/// The error's meaning for the caller.
pub(crate) fn explain<E>(error: &Sdk<E>, asked: &Asked) -> AwsError
where
    E: Error + ProvideErrorMetadata + 'static,
{
    if let Some(denied) = below(error) {
        return explain(denied, &asked.of_role());
    }
    match error.raw_response() {
        Some(response) => answered(&Said::of(error, response), response, asked),
        None => unanswered(error, asked),
    }
}

/// The failed `AssumeRole` under an error of another call: credentials are fetched when they are needed.
fn below<E: Error + 'static>(error: &Sdk<E>) -> Option<&Sdk<AssumeRoleError>> {
    chain::links(error.source()?).find_map(|link| link.downcast_ref::<Sdk<AssumeRoleError>>())
}

impl Asked {
    /// The same, about the role that had to be assumed first. Under that lies only a profile's role, whose name the
    /// SDK does not tell; the service's message does.
    fn of_role(&self) -> Self {
        let (place, resource) = match (&self.role, &self.profile) {
            (Some(role), _) => (format!("role {role}"), role.clone()),
            (None, Some(profile)) => (format!("profile {profile}"), "its role_arn".to_owned()),
            (None, None) => ("the profile".to_owned(), "its role_arn".to_owned()),
        };
        let (role, token, attempts) = (None, false, self.most_attempts);
        Self {
            call: Call::AssumeRole,
            place,
            resource,
            role,
            token,
            attempts,
            ..self.clone()
        }
    }

    fn invalid(&self, reason: String) -> AwsError {
        AwsError::Invalid {
            place: self.place.clone(),
            reason,
        }
    }

    fn credentials(&self, trouble: CredentialTrouble, said: &str) -> AwsError {
        AwsError::Credentials {
            place: self.place.clone(),
            reason: trouble.tell(said),
            advice: trouble.advise(self),
        }
    }

    fn unavailable(&self, reason: String) -> AwsError {
        AwsError::Unavailable {
            place: self.place.clone(),
            call: self.call,
            attempts: self.tried(),
            reason,
        }
    }

    fn denied(&self, said: &Said) -> AwsError {
        let permission = self.permission(&said.message);
        AwsError::Denied {
            place: self.place.clone(),
            call: self.call,
            permission,
            said: said.in_words(),
        }
    }

    /// The action and the resource that are missing. Where the service names another action than the call's own (a key
    /// that the log group is encrypted with), that is the one.
    fn permission(&self, message: &str) -> String {
        let (action, resource) = codes::refused(message);
        let own = self.call.action();
        match (action, resource) {
            (Some(action), resource) if action != own => format!("{action} on {}", resource.unwrap_or("*")),
            (_, Some(role)) if self.call == Call::AssumeRole => assuming(role),
            _ if self.call == Call::AssumeRole => assuming(&self.resource),
            _ => format!("{own} on {}", self.resource),
        }
    }

    fn tried(&self) -> u32 {
        self.attempts.max(1)
    }
}

fn assuming(role: &str) -> String {
    format!(
        "sts:AssumeRole on {role}, by the caller's policy and by the role's trust policy with its external id"
    )
}

/// What an answer says.
#[derive(Debug)]
struct Said {
    code: Option<String>,
    message: String,
    status: u16,
}

impl Said {
    /// By the SDK's own reading, else from the body: some servers answer XML where JSON is expected.
    fn of<E: Error + ProvideErrorMetadata + 'static>(error: &Sdk<E>, response: &HttpResponse) -> Self {
        let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
        let code = error
            .code()
            .or_else(|| codes::element(&body, "Code"))
            .map(codes::bare);
        let message = error
            .message()
            .or_else(|| codes::element(&body, "Message"))
            .unwrap_or_default();
        Self {
            code,
            message: codes::clipped(message),
            status: response.status().as_u16(),
        }
    }

    /// The message, else the code, else the status.
    fn in_words(&self) -> String {
        match (&self.code, self.message.as_str()) {
            (Some(code), "") => code.clone(),
            (Some(code), message) => format!("{code}: {message}"),
            (None, "") => format!("HTTP {}", self.status),
            (None, message) => format!("HTTP {}: {message}", self.status),
        }
    }
}

fn answered(said: &Said, response: &HttpResponse, asked: &Asked) -> AwsError {
    match meaning(said.code.as_deref(), &said.message, said.status) {
        Meaning::Denied => asked.denied(said),
        Meaning::Credentials(trouble) => asked.credentials(trouble, &said.in_words()),
        Meaning::NotFound => not_found(said, asked),
        Meaning::Throttled => throttled(response, asked),
        Meaning::Invalid if asked.token && codes::blames_token(&said.message) => AwsError::StaleToken {
            place: asked.place.clone(),
        },
        Meaning::Invalid => asked.invalid(format!("{} was not accepted ({})", asked.call, said.in_words())),
        Meaning::Disabled => asked.invalid(format!(
            "the region {} is not enabled for this account ({}): enable it, or leave it out of --region",
            asked.region,
            said.in_words()
        )),
        Meaning::Unreadable => {
            asked.unavailable(format!("HTTP {} with a body that cannot be read", said.status))
        }
        Meaning::Other => asked.unavailable(said.in_words()),
    }
}

fn not_found(said: &Said, asked: &Asked) -> AwsError {
    let advice = match asked.call {
        Call::GetAccessKeyLastUsed => {
            "the account has no such access key: it was deleted, or is another account's"
        }
        Call::ListAccessKeys => "the account has no such user",
        _ => "check the name, --region, and that the credentials belong to its account",
    };
    AwsError::NotFound {
        place: asked.place.clone(),
        reason: format!("{}; {advice}", said.in_words()),
    }
}

fn throttled(response: &HttpResponse, asked: &Asked) -> AwsError {
    let retry_after = retry_after(response);
    AwsError::Throttled {
        place: asked.place.clone(),
        call: asked.call,
        attempts: asked.tried(),
        retry_after,
    }
}

/// `x-amz-retry-after` in milliseconds, else `Retry-After` in seconds.
fn retry_after(response: &HttpResponse) -> Option<Duration> {
    let number = |name: &str| response.headers().get(name)?.trim().parse::<u64>().ok();
    let millis = number("x-amz-retry-after").map(Duration::from_millis);
    millis.or_else(|| number("retry-after").map(Duration::from_secs))
}

fn unanswered<E: Error + 'static>(error: &Sdk<E>, asked: &Asked) -> AwsError {
    let Some(source) = error.source() else {
        return asked.unavailable(error.to_string());
    };
    let text = said_by_all(source);
    match chain::trouble(source) {
        Some(Trouble::Credentials(trouble)) => asked.credentials(trouble, &text),
        Some(Trouble::Settings) => asked.invalid(format!("no endpoint can be asked ({text})")),
        None if matches!(error, SdkError::TimeoutError(_)) => asked.unavailable(format!("timed out: {text}")),
        None => asked.unavailable(text),
    }
}
