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
    let Some(iam) = &site.iam else {
        return steps.skipped(NAME, "", "not asked for (--no-iam)");
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
    let call = Call::GetAccessKeyLastUsed;
    match iam.key_last_used(key.unwrap_or(NOBODYS)).await {
        Ok(used) => {
            steps.good(NAME, call.operation(), "allowed");
            Some(used.user)
        }
        Err(AwsError::NotFound { .. }) => {
            steps.good(NAME, call.operation(), "allowed");
            None
        }
        Err(error) => {
            lacking(call, &error, key.is_none(), steps);
            None
        }
    }
}

async fn list(iam: &dyn IamApi, user: Option<&str>, steps: &mut Steps) {
    let call = Call::ListAccessKeys;
    match iam.keys_of(user.unwrap_or(NO_USER)).await {
        Ok(_) | Err(AwsError::NotFound { .. }) => steps.good(NAME, call.operation(), "allowed"),
        Err(error) => lacking(call, &error, user.is_none(), steps),
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

/// A policy may allow it for the account's users, and still refuse it for one that there is not.
fn lacking(call: Call, error: &AwsError, made_up: bool, steps: &mut Steps) {
    let subject = call.operation();
    if made_up && matches!(error, AwsError::Denied { .. }) {
        let found =
            format!("refused for a name that nobody has; where it is refused for others too, {MISSING}");
        let action = call.action();
        let advice =
            format!("allow {action} on the account's users; 'firstsight iam-policy' prints the whole policy");
        steps.remark(NAME, subject, found, advice);
    } else {
        steps.lacking(NAME, subject, error, MISSING);
    }
}
