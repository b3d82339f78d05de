//! What kind of error it is, how its call acts, how sensitive its service is, and which marks of known noise it has.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::event::ErrorEvent;

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
}

/// Why a call was refused, as the message's "because …" clause tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct DenialReason {
    /// The kind of policy.
    pub policy: DenialPolicy,
    /// `true`: a deny statement stands there ("with an explicit deny"); `false`: no allow statement does.
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

impl Class {
    /// The class of an error, from the facts that its signature keeps. `message` may be a template.
    #[must_use]
    pub fn of(_event_source: &str, _event_name: &str, _error_code: &str, _message: &str) -> Self {
        Self::Other
    }
}

impl Verb {
    /// Whether a call reads or writes, from its name.
    #[must_use]
    pub fn of(_event_name: &str) -> Self {
        Self::Write
    }
}

impl Sensitivity {
    /// How sensitive a call is.
    #[must_use]
    pub fn of(_event_source: &str, _event_name: &str) -> Self {
        Self::Normal
    }
}

impl DenialReason {
    /// Reads the "because …" clause of an access-denied message or of its template.
    #[must_use]
    pub fn of(_message: &str) -> Option<Self> {
        None
    }
}

impl NoiseMark {
    /// The marks that one error event carries, in order, each once.
    #[must_use]
    pub fn of(_event: &ErrorEvent<'_>) -> Vec<Self> {
        Vec::new()
    }
}

/// The family of a user agent: its tool without versions, host and options (`aws-cli`, `terraform`, `boto3`, `S3Console`,
/// `browser`, `config.amazonaws.com`); `unknown` when empty.
#[must_use]
pub fn user_agent_family(user_agent: &str) -> Cow<'_, str> {
    Cow::Borrowed(user_agent)
}

/// The network of a source address: IPv4 `/24`, IPv6 `/48`; a host name or `AWS Internal` as it stands; `unknown` when
/// empty.
#[must_use]
pub fn source_network(source_ip: &str) -> Cow<'_, str> {
    Cow::Borrowed(source_ip)
}
