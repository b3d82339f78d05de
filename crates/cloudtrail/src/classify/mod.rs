//! What kind of error it is, how its call acts, how sensitive it is, and which marks of known noise it has.
//!
//! An error code alone says little: `NoSuchBucketPolicy` is an answer and no failure, `AccessDenied` by an AWS service
//! that tries its own permissions is routine, and `TrailNotFoundException` looks harmless until one sees that the call
//! was `StopLogging`. So seven questions are asked, all but one of what a signature keeps:
//!
//! | question | answer | decided by |
//! |---|---|---|
//! | what went wrong? | [`Class`] | `data/classes.tsv` |
//! | does the call read or change? | [`Verb`] | its name |
//! | how much does it matter to an attacker? | [`Sensitivity`] | `data/sensitivity.tsv` |
//! | which technique is it when an attacker does it? | [`Technique`] | `data/attack.tsv` |
//! | which policy refused it? | [`DenialReason`] | the end of the message |
//! | is it noise that many accounts know? | [`NoiseMark`] | `data/noise.tsv` |
//! | what was the call about, and how much does that matter? | [`targets()`], [`TargetTable`] | `data/targets.tsv`, `data/target_arns.tsv`, `data/target_sensitivity.tsv` |
//!
//! ```
//! use firstsight_cloudtrail::classify::{Class, DenialPolicy, DenialReason, Sensitivity, Verb};
//!
//! let (source, name) = ("cloudtrail.amazonaws.com", "StopLogging");
//! let message = "User: <*> is not authorized to perform: cloudtrail:StopLogging on resource: <*> \
//!                with an explicit deny in a service control policy";
//! assert_eq!(Class::of(source, name, "AccessDenied", message), Class::AccessDenied);
//! assert_eq!(Class::of(source, name, "TrailNotFoundException", ""), Class::NotFound);
//! assert_eq!(Verb::of(name), Verb::Write);
//! assert_eq!(Sensitivity::of(source, name), Sensitivity::Critical);
//! let reason = DenialReason::of(message).expect("the message ends in a reason");
//! assert_eq!((reason.policy, reason.explicit), (DenialPolicy::ServiceControl, true));
//! ```
//!
//! Invariants: every function is pure and total, whatever text it is given; a template (variables as `<*>`) is
//! classified like the messages it stands for; each row of a table has its evidence beside it and decides its own example
//! in a test; marks describe and rank, they never drop anything; and no mark can be earned by a caller who is not signed
//! in.

mod attack;
mod call;
mod calls;
mod class;
mod denial;
mod noise;
mod origin;
mod table;
mod targets;

use serde::{Deserialize, Serialize};

pub use attack::{Technique, attack};
pub use origin::{source_network, user_agent_family};
pub use targets::{InvalidTargetTable, TargetTable, targets};

/// What kind of failure an error code and message stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Class {
    /// The caller is known and may not do this.
    AccessDenied,
    /// The caller could not prove who they are: failed sign-in, invalid token or signature, MFA.
    Authentication,
    /// Too many requests.
    Throttling,
    /// A setting that was asked for is not set (S3 `NoSuchBucketPolicy` and its like); not a failure.
    NotConfigured,
    /// A resource that does not exist.
    NotFound,
    /// It exists already, or is in a state that forbids the call.
    Conflict,
    /// The request was malformed.
    Validation,
    /// A limit of the account was reached.
    Quota,
    /// A permitted or refused dry run (`Client.DryRunOperation`).
    DryRun,
    /// The service failed.
    ServiceFault,
    /// None of these.
    Other,
}

/// Whether a call reads or changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Get, List, Describe, Head, …
    Read,
    /// Everything else.
    Write,
}

/// How much a call matters to an attacker, whoever makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensitivity {
    /// Ordinary services and calls.
    Normal,
    /// Identity, keys, secrets, data policies, network boundaries, sign-in.
    Sensitive,
    /// Calls that blind the defender or take over the account (stop the trail, leave the organisation, …).
    Critical,
}

/// The kind of policy that refused a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DenialPolicy {
    /// An identity-based policy.
    Identity,
    /// A resource-based policy.
    Resource,
    /// A service control policy.
    ServiceControl,
    /// A resource control policy.
    ResourceControl,
    /// A permissions boundary.
    PermissionsBoundary,
    /// A session policy.
    Session,
    /// A VPC endpoint policy.
    VpcEndpoint,
    /// A role trust policy.
    RoleTrust,
    /// S3 Block Public Access.
    PublicAccessBlock,
    /// The message says that a deny statement stands somewhere, but not in which kind of policy.
    Unstated,
}

/// Why a call was refused, as the message's "because …" clause tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DenialReason {
    /// The kind of policy.
    pub policy: DenialPolicy,
    /// `true`: a deny statement stands there ("with an explicit deny"); `false`: no allow statement does, or the message
    /// does not tell (VPC endpoint policies).
    pub explicit: bool,
}

/// A mark of known noise. Marks describe and rank, they never drop anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum NoiseMark {
    /// An AWS service probes its own permissions (log delivery, Config, CloudFront).
    SelfProbe,
    /// A service-linked role looks at services that are not set up.
    ServiceLinkedRole,
    /// The AWS console asks for everything a page might show.
    ConsoleProbe,
    /// Infrastructure as code reads settings back (Terraform, CloudFormation, CDK, Pulumi).
    InfrastructureAsCode,
    /// A third-party security or compliance scanner.
    Scanner,
}
