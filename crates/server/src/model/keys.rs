//! Access keys.

use firstsight_daemon::Control;
use firstsight_engine::Time;
use serde::{Deserialize, Serialize};

use super::cursor::Listed;
use crate::problem::Problem;

/// Which access keys.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeyFilter {
    /// Text to look for: id, owner, last call.
    pub text: String,
    /// The name of an inspection.
    pub inspection: String,
    /// Accounts, with commas between them.
    pub account: String,
    /// `yes`: only long-lived ones.
    pub long_lived: String,
    /// `last-used` or `errors`, the most first. Default `last-used`.
    pub sort: String,
    /// Where the page begins.
    pub cursor: String,
    /// So many rows, 1 to 200. Default 50.
    pub limit: Option<u32>,
}

/// An access key in the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyLine {
    /// Its id.
    pub id: String,
    /// The inspection that knows it.
    pub inspection: String,
    /// Its account.
    pub account: String,
    /// Its owner: an actor's name.
    pub owner: String,
    /// When it was used last, as far as records were read.
    pub last_used: Time,
    /// The last call, as `iam:CreateUser`.
    pub last_call: String,
    /// Its region.
    pub region: String,
    /// Remembered error events made with it.
    pub errors: u64,
    /// Whether it is long-lived (`AKIA…`).
    pub long_lived: bool,
}

/// Access keys, in the order asked for.
///
/// # Errors
/// When the filter makes no sense, or a state cannot be read.
pub async fn keys(control: &dyn Control, filter: &KeyFilter) -> Result<Listed<KeyLine>, Problem> {
    let _ = (control, filter);
    todo!()
}
