//! CloudTrail to try things on: realistic, seeded, and nobody's.
//!
//! Whoever builds, tests or evaluates something that reads AWS CloudTrail needs weeks of it, with an attack somewhere
//! inside, and may neither publish nor commit what an account really recorded. A [`Sample`] is made from a seed:
//! several accounts and regions, two weeks by default, in the files and folders in which CloudTrail delivers to S3.
//!
//! ```
//! use firstsight_cloudtrail::Timestamp;
//! use firstsight_sample::{Sample, SampleConfig};
//!
//! let end = "2026-01-15T00:00:00Z".parse::<Timestamp>().unwrap().hour();
//! let mut config = SampleConfig::new(7, end);
//! config.days = 1;
//! config.accounts = 1;
//!
//! let sample = Sample::new(config)?;
//! let file = sample.files().next().unwrap();
//! assert!(file.path.starts_with("AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/14/"));
//! assert!(file.body.starts_with(br#"{"Records":[{"eventVersion""#));
//!
//! // What has to be found in it:
//! let planted = sample.planted();
//! assert!(planted.iter().any(|event| event.event_name == "StopLogging"));
//!
//! // And on a disk, as .json.gz:
//! let folder = tempfile::tempdir()?;
//! let written = firstsight_sample::write(&sample, folder.path(), false, |_, _| ())?;
//! assert!(written.records > 2_000);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it holds
//!
//! * **Work** that succeeds: people in the console and at the command line, Terraform, builds, functions, nodes, backups,
//!   AWS services. It follows the working day in each person's time zone and rests at weekends, and comes in bursts.
//! * **Background errors**, some 7 % of the records: log delivery that may not write, Config and Resource Explorer
//!   looking at what is not set up, console pages that ask for everything, Terraform reading settings back, throttling,
//!   dry runs, mistyped passwords, scanners, probes of an open bucket. Most kinds come daily; some come on Mondays only.
//! * **Benign novelty**, every day in every account: error signatures that it has never shown, all harmless (a first look
//!   at a service, a name that does not exist, a stale page token, rarely a denied read), and roles with random suffixes
//!   that run into denials which other roles had before. A judge of novelty is to see these and keep calm.
//! * **An attack** in the last hour of the first account: the leaked key of a build user, from another network and with
//!   another tool, asks who it is, lists users, tries for a production secret, a user of its own, administrator rights, an
//!   end of the trail, machines, Windows passwords, an exit from the organization; somebody guesses the root password.
//!   All of it stands in a flood of throttled parameter reads.
//!
//! Like real trails, samples hold about one record in a hundred twice (in a later file, or under another region's
//! prefix, with the same `eventID`) and some records late.
//!
//! # What holds
//!
//! 1. The same [`SampleConfig`] gives the same bytes. There is no clock, no environment and no order of a hash table in
//!    them, and compression is fixed.
//! 2. An hour of an account does not depend on how many days or accounts the sample has: a longer sample contains the
//!    shorter one, file by file.
//! 3. Every account id, address, mail and key id is one that documentation sets aside (RFC 5737, RFC 3849, RFC 2606, AWS's
//!    own example accounts), or private.
//! 4. Nothing that is planted as benign deserves to wake somebody, and nothing of the attack looks like the background.
//! 5. Only [`write()`] touches a file system.
//!
//! [`overlay`] lays real recordings over a sample, so that they get a history to stand out from.

mod call;
mod caller;
mod config;
mod dice;
mod ephemeral;
mod error;
mod files;
mod hour;
pub mod overlay;
mod record;
mod sample;
mod tables;
mod text;
mod world;
mod write;

pub use config::{SampleConfig, account_id};
pub use error::SampleError;
pub use files::SampleFile;
pub use sample::{Files, Planted, Sample};
pub use write::{Written, write};

/// Compiles the README's example.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
