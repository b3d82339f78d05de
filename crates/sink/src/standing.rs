//! What IAM says of an access key.

use firstsight_engine::Time;
use serde::{Deserialize, Serialize};

/// What IAM says of a long-lived access key, or why it does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum KeyStanding {
    /// IAM knows the key.
    Known {
        /// The user that owns it.
        user: String,
        /// Whether it can be used; `None` where the user's keys may not be listed.
        active: Option<bool>,
        /// When it was made; `None` as for `active`.
        created: Option<Time>,
        /// When it was used last, by IAM's account, which lags and may not count failed calls; `None`: never.
        last_used: Option<Time>,
        /// For which service then, as `s3`.
        service: Option<String>,
        /// In which region then; `None` for services that have none.
        region: Option<String>,
        /// Why `active` and `created` are not known, and what to do; `None` where they are.
        reason: Option<String>,
    },
    /// IAM was not asked, did not answer, or does not know the key.
    Unknown {
        /// Why, and what to do.
        reason: String,
    },
}
