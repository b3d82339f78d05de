//! IAM, the part that is needed.

use async_trait::async_trait;
use firstsight_cloudtrail::Timestamp;

use crate::error::AwsError;

/// What `GetAccessKeyLastUsed` says of a long-lived key. It lags, and keeps one use.
/// Source: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccessKeyLastUsed.html>
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyUsed {
    /// The user that owns the key.
    pub user: String,
    /// When it was used last; never (since 2015-04-22) where there is none.
    pub last_used: Option<Timestamp>,
    /// For which service, as `s3`; none where it was never used.
    pub service: Option<String>,
    /// In which region; none where it was never used or the service has none.
    pub region: Option<String>,
}

/// What `ListAccessKeys` says of one key of a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyListed {
    /// The key's id.
    pub id: String,
    /// Whether it can be used.
    pub active: bool,
    /// When it was made.
    pub created: Option<Timestamp>,
}

/// IAM of one account.
#[cfg_attr(test, mockall::automock)]
#[async_trait]
pub trait IamApi: std::fmt::Debug + Send + Sync {
    /// Whose key this is, and when it was used last.
    ///
    /// # Errors
    /// [`AwsError::NotFound`] where the account has no such key (it was deleted, or belongs to another one), else as
    /// [`AwsError`] says.
    async fn key_last_used(&self, key: &str) -> Result<KeyUsed, AwsError>;

    /// The keys of a user (at most two, so there is one page).
    ///
    /// # Errors
    /// As [`AwsError`] says.
    async fn keys_of(&self, user: &str) -> Result<Vec<KeyListed>, AwsError>;

    /// The account's alias, where it has one.
    ///
    /// # Errors
    /// As [`AwsError`] says.
    async fn account_alias(&self) -> Result<Option<String>, AwsError>;
}
