//! CloudTrail from CloudWatch Logs, access keys from IAM, accounts by assumed role.
//!
//! Everything begins with an [`Access`](access::Access): it finds the caller's credentials, assumes a role in each account
//! that is to be read, and lets every request pass one budget an account and region. What it gives are small traits
//! ([`api`]), so that each of the others can be used, and tested, without AWS:
//!
//! | module | feature | what it is |
//! |---|---|---|
//! | [`access`] | | credentials, accounts, regions, endpoints, the request budget, and what was asked so far |
//! | [`api`] | | the few calls that are made, as traits |
//! | `cloudwatch` | `cloudwatch` | a [`LogSource`](https://docs.rs/firstsight-source) over log groups |
//! | `iam` | `iam` | owner, status, age and last use of access keys; account aliases |
//! | `doctor` | both | what is wrong with a configuration, step by step, and how to mend it |
//! | [`policy`] | | the least IAM policy for a configuration, made offline |
//!
//! Both features are on by default. Each SDK takes long to compile: a program that reads log groups and asks nothing of IAM
//! leaves that feature out.
//!
//! # Example
//!
//! Reads the errors of one hour from a log group, page by page:
//!
#![cfg_attr(feature = "cloudwatch", doc = "```no_run")]
#![cfg_attr(not(feature = "cloudwatch"), doc = "```ignore")]
//! use firstsight_aws::access::{Access, AccessOptions};
//! use firstsight_aws::cloudwatch::{CloudWatchOptions, CloudWatchSource, Place};
//! use firstsight_cloudtrail::{TimeRange, Timestamp};
//! use firstsight_source::{LogSource, LogSourceExt};
//!
//! # async fn example(now: Timestamp) -> Result<(), Box<dyn std::error::Error>> {
//! let access = Access::load(AccessOptions::new(now)).await?;
//! let place = |target| Place { logs: access.logs(&target), rate: access.rate(&target), target };
//! let places = access.targets().await?.into_iter().map(place).collect();
//! let source = CloudWatchSource::new(places, CloudWatchOptions::new(vec!["trail".to_owned()], now))?;
//!
//! let window = TimeRange::hours_before(now.hour(), 1);
//! for partition in source.partitions(&window).await? {
//!     let mut reader = source.reader(&partition, None);
//!     while let Some(payloads) = reader.next_payloads().await? {
//!         println!("{}: {} chunks", partition.id, payloads.len());
//!     }
//! }
//! println!("{} requests", access.traffic().requests);
//! # Ok(())
//! # }
//! ```
//!
//! # What holds
//!
//! * **Nothing at AWS is ever changed**: each call only reads.
//! * **No clock**: the present is an argument. The SDK alone reads the environment and the shared configuration, and the
//!   time that it signs with.
//! * **Every failure says what to do**: an [`AwsError`] names account, region, what was asked of, the call, and the missing
//!   permission. Records never stand in it, nor credentials.
//! * **Requests are bounded**: each attempt, repeated ones too, passes the budget; attempts and time have limits.

pub mod access;
pub mod api;
mod arn;
#[cfg(feature = "cloudwatch")]
pub mod cloudwatch;
#[cfg(all(feature = "cloudwatch", feature = "iam"))]
pub mod doctor;
mod error;
#[cfg(feature = "iam")]
pub mod iam;
pub mod policy;
mod quota;
mod target;

pub use error::AwsError;
pub use target::{Call, Target};

/// The examples of the README are compiled with those of the documentation.
#[cfg(all(doctest, feature = "cloudwatch"))]
#[doc = include_str!("../README.md")]
struct Readme;
