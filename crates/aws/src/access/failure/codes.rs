//! Error codes of the services, and what they mean to the caller.
//!
//! Source: "Common error types" of the API references of CloudWatch Logs, IAM and STS, for example
//! <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/CommonErrors.html>

use super::Asked;

/// No message of a service is quoted further.
const LONGEST: usize = 600;

/// What a code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    Denied,
    Credentials(CredentialTrouble),
    NotFound,
    Throttled,
    Invalid,
    Disabled,
    Unreadable,
    Other,
}

/// What is wrong with credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CredentialTrouble {
    /// There are none.
    None,
    /// A person has to sign in for them, and has not.
    SignedOut,
    /// Their session has ended.
    Expired,
    /// The access key is not known.
    UnknownKey,
    /// The secret key does not fit.
    Signature,
    /// The two clocks are too far apart.
    Clock,
    /// The profile or provider that should give them does not.
    Provider,
}

/// By the code; where the answer has none that can be read, by the status.
pub(super) fn meaning(code: Option<&str>, message: &str, status: u16) -> Meaning {
    code.map_or_else(|| by_status(status), |code| by_code(code, message, status))
}

fn by_code(code: &str, message: &str, status: u16) -> Meaning {
    use CredentialTrouble as Trouble;
    match code {
        "AccessDenied"
        | "AccessDeniedException"
        | "UnauthorizedOperation"
        | "AuthorizationError"
        | "AuthorizationErrorException"
        | "NotAuthorized" => Meaning::Denied,
        "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
            Meaning::Credentials(Trouble::Expired)
        }
        "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "InvalidAccessKeyId"
        | "InvalidToken"
        | "AuthFailure" => Meaning::Credentials(Trouble::UnknownKey),
        "RequestExpired" | "RequestTimeTooSkewed" | "RequestInTheFuture" => {
            Meaning::Credentials(Trouble::Clock)
        }
        "SignatureDoesNotMatch"
        | "InvalidSignature"
        | "InvalidSignatureException"
        | "IncompleteSignature"
        | "IncompleteSignatureException" => Meaning::Credentials(of_signature(message)),
        "MissingAuthenticationToken" | "MissingAuthenticationTokenException" => {
            Meaning::Credentials(Trouble::None)
        }
        "ResourceNotFoundException" | "NoSuchEntity" | "NoSuchEntityException" => Meaning::NotFound,
        "InvalidParameterException"
        | "InvalidParameter"
        | "InvalidParameterValue"
        | "InvalidInput"
        | "ValidationError"
        | "ValidationException"
        | "InvalidOperationException" => Meaning::Invalid,
        "OptInRequired" | "RegionDisabledException" | "SubscriptionRequiredException" => Meaning::Disabled,
        _ if is_throttle(code) => Meaning::Throttled,
        _ if status == 429 => Meaning::Throttled,
        _ => Meaning::Other,
    }
}

/// `LimitExceededException` is none: it says that there are too many of something, and trying again does not help.
fn is_throttle(code: &str) -> bool {
    let others = [
        "TooManyRequestsException",
        "RequestLimitExceeded",
        "SlowDown",
        "PriorRequestNotComplete",
    ];
    code.starts_with("Throttl") || code == "RequestThrottled" || others.contains(&code)
}

const fn by_status(status: u16) -> Meaning {
    match status {
        401 | 403 => Meaning::Denied,
        429 => Meaning::Throttled,
        200..=299 => Meaning::Unreadable,
        _ => Meaning::Other,
    }
}

/// A signature is refused for the clock as well: "Signature expired: … is now earlier than …", "not yet current".
fn of_signature(message: &str) -> CredentialTrouble {
    let clock = ["Signature expired", "not yet current"]
        .iter()
        .any(|words| message.contains(words));
    if clock {
        CredentialTrouble::Clock
    } else {
        CredentialTrouble::Signature
    }
}

impl CredentialTrouble {
    /// What is wrong, and what was said.
    pub(super) fn tell(self, said: &str) -> String {
        let wrong = match self {
            Self::None if said.contains("no credentials found in chain") => return none_in_chain(said),
            Self::None => "no credentials were found",
            Self::SignedOut => "nobody is signed in",
            Self::Expired => "the credentials have expired",
            Self::UnknownKey => "the access key is not accepted",
            Self::Signature => "the signature is not accepted",
            Self::Clock => "the clock of this machine is wrong",
            Self::Provider => "the credentials cannot be fetched",
        };
        format!("{wrong} ({said})")
    }

    /// What to do.
    pub(super) fn advise(self, asked: &Asked) -> String {
        let sign_in = sign_in(asked.profile.as_deref());
        match self {
            Self::None => format!("{sign_in}, set AWS_ACCESS_KEY_ID, or run on AWS with a role"),
            Self::SignedOut => sign_in,
            Self::Expired => format!("{sign_in}, or renew the keys"),
            Self::UnknownKey => format!(
                "check the key, AWS_SESSION_TOKEN beside it if it begins with ASIA, and that the account has enabled {}",
                asked.region
            ),
            Self::Signature => "check the secret access key".to_owned(),
            Self::Clock => "set it, for example by NTP".to_owned(),
            Self::Provider => format!("check the profile, or {sign_in}"),
        }
    }
}

/// What providers say that nobody has set up.
const NOT_SET_UP: [&str; 3] = ["not set", "not configured", "IMDS disabled"];

/// The SDK tells of its whole chain, a line a provider. Those that were set up, and gave nothing, are worth telling.
fn none_in_chain(said: &str) -> String {
    let lines = said.lines().filter_map(|line| line.trim().split_once(": "));
    let silent = lines.filter_map(|(provider, text)| {
        let why = text.strip_prefix("the credential provider was not enabled: ")?;
        let is_told = !why.contains("Attempted") && !NOT_SET_UP.iter().any(|words| why.contains(words));
        is_told.then(|| format!("; {provider}: {why}"))
    });
    let silent: String = silent.collect();
    format!(
        "no credentials were found: not in the environment, the profile, web identity, a container or an instance{silent}"
    )
}

fn sign_in(profile: Option<&str>) -> String {
    profile.map_or_else(
        || "sign in ('aws sso login') or name a --profile".to_owned(),
        |profile| format!("sign in ('aws sso login --profile {profile}')"),
    )
}

/// Whether an invalid parameter is the page token: "The specified nextToken is invalid."
pub(super) fn blames_token(message: &str) -> bool {
    message.to_lowercase().contains("token")
}

/// The action and the resource of "… is not authorized to perform: ACTION on resource: ARN because …".
pub(super) fn refused(message: &str) -> (Option<&str>, Option<&str>) {
    let action = word_after(message, "not authorized to perform: ");
    (
        action.filter(|action| action.contains(':')),
        word_after(message, "on resource: "),
    )
}

fn word_after<'a>(text: &'a str, words: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(words)?;
    let word = after.split_whitespace().next()?.trim_end_matches(['.', ',']);
    (!word.is_empty()).then_some(word)
}

/// The text of the first such element, without reading the XML.
pub(super) fn element<'a>(body: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = body.split_once(&format!("<{name}>"))?;
    after.split_once("</").map(|(text, _)| text)
}

/// A code without its namespace (`com.amazonaws.logs#`) and suffix (`:http://…`).
pub(super) fn bare(code: &str) -> String {
    let code = code.rsplit('#').next().unwrap_or(code);
    code.split(':').next().unwrap_or(code).to_owned()
}

/// No more than is worth reading.
pub(super) fn clipped(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
