//! Who did it, stable over sessions.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// The parts of `userIdentity` that tell who made a call.
///
/// Every field is the record's own text; absent ones are `None`. Source: CloudTrail `userIdentity` element.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity<'a> {
    /// `type`: `IAMUser`, `AssumedRole`, `Root`, `AWSService`, …
    pub kind: Option<Cow<'a, str>>,
    /// `principalId`.
    pub principal_id: Option<Cow<'a, str>>,
    /// `arn`.
    pub arn: Option<Cow<'a, str>>,
    /// `accountId`.
    pub account_id: Option<Cow<'a, str>>,
    /// `accessKeyId`.
    pub access_key_id: Option<Cow<'a, str>>,
    /// `userName`.
    pub user_name: Option<Cow<'a, str>>,
    /// `invokedBy`: the service that called on someone's behalf.
    pub invoked_by: Option<Cow<'a, str>>,
    /// `identityProvider`, for SAML and web identities.
    pub identity_provider: Option<Cow<'a, str>>,
    /// `sessionContext.sessionIssuer.type`.
    pub issuer_kind: Option<Cow<'a, str>>,
    /// `sessionContext.sessionIssuer.arn`: the role behind an assumed role.
    pub issuer_arn: Option<Cow<'a, str>>,
    /// `sessionContext.sessionIssuer.userName`.
    pub issuer_name: Option<Cow<'a, str>>,
}

/// What kind of actor a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ActorKind {
    /// The account's root user.
    Root,
    /// A person behind a role: IAM Identity Center, SAML or web federation.
    Person,
    /// An IAM user.
    User,
    /// A role, whatever session.
    Role,
    /// A role that an AWS service made for itself (`/aws-service-role/`).
    ServiceLinkedRole,
    /// An AWS service.
    Service,
    /// Another AWS account.
    Account,
    /// Nobody signed in.
    Anonymous,
    /// The record does not say.
    Unknown,
}

impl Identity<'_> {
    /// The actor's name, stable over sessions:
    ///
    /// | who | name |
    /// |---|---|
    /// | root | `root` |
    /// | assumed role | the role's ARN, `arn:aws:iam::111122223333:role/Deploy` (with its path where the record tells it) |
    /// | a person's role (Identity Center, SAML, web identity) | `arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/alice@example.com` |
    /// | IAM user | the user's ARN |
    /// | federated user | `arn:aws:sts::111122223333:federated-user/alice` |
    /// | AWS service | its host name, `config.amazonaws.com` |
    /// | another account | `account:111122223333` |
    /// | nobody signed in | `anonymous` |
    /// | the record does not say | `unknown` |
    #[must_use]
    pub fn actor(&self) -> Cow<'_, str> {
        Cow::Borrowed("unknown")
    }
}

impl ActorKind {
    /// What a name made by [`Identity::actor`] stands for.
    #[must_use]
    pub fn of_name(_name: &str) -> Self {
        Self::Unknown
    }
}
