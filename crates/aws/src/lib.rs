//! CloudTrail from CloudWatch Logs, access keys from IAM, accounts by assumed role.
//!
//! (Contract skeleton: each module's owner writes its page and its example.)

pub mod access;
pub mod api;
pub mod arn;
#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
#[cfg(all(feature = "cloudwatch", feature = "iam"))]
pub mod doctor;
mod error;
#[cfg(feature = "iam")]
pub mod iam;
pub mod policy;
pub mod quota;
mod target;

pub use error::AwsError;
pub use target::{Call, Target};

/// The examples of the README are compiled with those of the documentation.
#[cfg(all(doctest, feature = "cloudwatch"))]
#[doc = include_str!("../README.md")]
struct Readme;
