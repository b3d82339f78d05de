//! What IAM tells of access keys.

use std::collections::BTreeSet;

use super::Site;
use super::steps::Steps;
use crate::api::IamApi;
use crate::error::AwsError;
use crate::target::Call;

/// A key that nobody has, from the IAM user guide: "not found" is an answer, too.
const NOBODYS: &str = "AKIAIOSFODNN7EXAMPLE";
/// A user that hardly anybody has.
const NO_USER: &str = "firstsight-check";

const NAME: &str = "access keys";
const MISSING: &str = "access keys of findings are shown with owner, status and last use unknown";

/// Asks IAM for one key that was seen in this account, or for one that nobody has.
pub(super) async fn examine(site: &Site, seen: &BTreeSet<(String, String)>, steps: &mut Steps) {
    let calls = [
        Call::GetAccessKeyLastUsed,
        Call::ListAccessKeys,
        Call::ListAccountAliases,
    ];
    let Some(iam) = &site.iam else {
        for call in calls {
            steps.skipped(NAME, call.operation(), "not asked for (--no-iam)");
        }
        return;
    };
    let account = &site.target().account;
    let key = seen
        .iter()
        .find(|(owner, _)| owner == account)
        .map(|(_, key)| key.as_str());
    let user = last_used(&**iam, key, steps).await;
    list(&**iam, user.as_deref(), steps).await;
    alias(&**iam, steps).await;
}

/// The user that owns the key.
async fn last_used(iam: &dyn IamApi, key: Option<&str>, steps: &mut Steps) -> Option<String> {
    let subject = Call::GetAccessKeyLastUsed.operation();
    match iam.key_last_used(key.unwrap_or(NOBODYS)).await {
        Ok(used) => {
            steps.good(NAME, subject, "allowed");
            Some(used.user)
        }
        Err(AwsError::NotFound { .. }) => {
            steps.good(NAME, subject, "allowed");
            None
        }
        Err(error) => {
            lacking(subject, &error, key.is_none(), steps);
            None
        }
    }
}

async fn list(iam: &dyn IamApi, user: Option<&str>, steps: &mut Steps) {
    let subject = Call::ListAccessKeys.operation();
    match iam.keys_of(user.unwrap_or(NO_USER)).await {
        Ok(_) | Err(AwsError::NotFound { .. }) => steps.good(NAME, subject, "allowed"),
        Err(error) => lacking(subject, &error, user.is_none(), steps),
    }
}

async fn alias(iam: &dyn IamApi, steps: &mut Steps) {
    let subject = Call::ListAccountAliases.operation();
    match iam.account_alias().await {
        Ok(Some(alias)) => steps.good(NAME, subject, format!("allowed; the account is called {alias}")),
        Ok(None) => steps.good(NAME, subject, "allowed; the account has no alias"),
        Err(error) => steps.lacking(NAME, subject, &error, "accounts are shown by their numbers alone"),
    }
}

/// A policy that allows it for the account's users only refuses what nobody has.
fn lacking(subject: &str, error: &AwsError, made_up: bool, steps: &mut Steps) {
    if made_up && matches!(error, AwsError::Denied { .. }) {
        let missing = format!("{MISSING} (asked of a name that nobody has: for others it may be allowed)");
        steps.lacking(NAME, subject, error, &missing);
    } else {
        steps.lacking(NAME, subject, error, MISSING);
    }
}
