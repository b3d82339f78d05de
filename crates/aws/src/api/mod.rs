//! The few calls that this crate makes, as traits: the SDK behind them, mocks in tests.
//!
//! Every method gives an [`AwsError`](crate::AwsError) that names account, region, call, permission and what to do, and
//! has been retried already as [`Access`](crate::access::Access) is set.

#[cfg(feature = "iam")]
mod iam;
#[cfg(feature = "cloudwatch")]
mod logs;

#[cfg(all(test, feature = "iam"))]
pub(crate) use iam::MockIamApi;
#[cfg(feature = "iam")]
pub use iam::{IamApi, KeyListed, KeyUsed};
#[cfg(all(test, feature = "cloudwatch"))]
pub(crate) use logs::MockLogsApi;
#[cfg(feature = "cloudwatch")]
pub use logs::{
    FilterPage, FilterRequest, GroupFound, GroupName, GroupPage, LogEvent, LogsApi, StreamFound, StreamOrder,
    StreamPage,
};
