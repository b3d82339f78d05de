//! Errors without an answer: what lies under them.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;

use super::codes::{CredentialTrouble, clipped};

/// What is wrong before anything was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    Credentials(CredentialTrouble),
    /// The region, the endpoint, or how they go together.
    Settings,
}

/// An error and all that it came from.
pub(super) fn links<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&link| link.source())
}

/// All messages, outermost first, none twice, and none of the SDK's that say nothing.
pub(super) fn said_by_all(error: &(dyn Error + 'static)) -> String {
    let mut said: Vec<String> = Vec::new();
    let words = links(error).map(ToString::to_string);
    for text in words.filter(|text| !["other", "dispatch failure"].contains(&text.as_str())) {
        if !said.iter().any(|before| before.contains(&text)) {
            said.push(text);
        }
    }
    clipped(&said.join(": "))
}

/// Which trouble it is; `None` where the way to the service failed.
pub(super) fn trouble(error: &(dyn Error + 'static)) -> Option<Trouble> {
    if let Some(credentials) = links(error).find_map(|link| link.downcast_ref::<CredentialsError>()) {
        return of_credentials(credentials).map(Trouble::Credentials);
    }
    let text = said_by_all(error);
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if any(&["failed to select an auth scheme", "no credentials"]) {
        return Some(Trouble::Credentials(CredentialTrouble::None));
    }
    any(&["region", "Region", "endpoint", "Endpoint"]).then_some(Trouble::Settings)
}

/// A provider that did not answer in time may answer later.
fn of_credentials(error: &CredentialsError) -> Option<CredentialTrouble> {
    let text = said_by_all(error);
    match error {
        CredentialsError::ProviderTimedOut(_) => None,
        _ if text.to_lowercase().contains("expired") => Some(CredentialTrouble::Expired),
        _ if is_sign_in(&text) => Some(CredentialTrouble::SignedOut),
        CredentialsError::CredentialsNotLoaded(_) => Some(CredentialTrouble::None),
        _ => Some(CredentialTrouble::Provider),
    }
}

/// What the SSO and sign-in providers say when a person has to sign in: their cached token is not there, or refused.
fn is_sign_in(text: &str) -> bool {
    let text = text.to_lowercase();
    ["sso", "session token not found"]
        .iter()
        .any(|word| text.contains(word))
}
