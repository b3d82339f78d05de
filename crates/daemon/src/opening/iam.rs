//! What IAM says of access keys, where an inspection's log groups are in AWS.
//!
//! It is asked behind a run, and answers are kept in memory alone: an event is recorded as what was read tells it, whatever
//! IAM says then or later.

use std::collections::BTreeMap;
use std::sync::Arc;

use firstsight_aws::access::Access;
use firstsight_aws::api::IamApi;
use firstsight_aws::iam::{KeyDirectory, KeyStanding as Known};
use firstsight_engine::Time;
use firstsight_inspection::chain;
use firstsight_sink::KeyStanding;

/// What IAM says of each of these keys, which are named with the account to ask.
pub(super) async fn standings(
    access: &Access,
    keys: &[(String, String)],
    now: Time,
) -> Result<BTreeMap<String, KeyStanding>, String> {
    // IAM is one for all regions.
    let mut accounts: BTreeMap<String, Arc<dyn IamApi>> = BTreeMap::new();
    for target in access.targets().await.map_err(|error| chain(&error))? {
        let iam = || access.iam(&target);
        accounts.entry(target.account.clone()).or_insert_with(iam);
    }
    let known = KeyDirectory::new(accounts).standings(keys, now).await;
    Ok(known.into_iter().map(|(id, known)| (id, told(known))).collect())
}

/// The same, as events and lists hold it.
fn told(known: Known) -> KeyStanding {
    match known {
        Known::Unknown { reason } => KeyStanding::Unknown { reason },
        Known::Known {
            user,
            active,
            created,
            last_used,
            service,
            region,
            reason,
        } => KeyStanding::Known {
            user,
            active,
            created,
            last_used,
            service,
            region,
            reason,
        },
    }
}
