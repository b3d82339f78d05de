//! Where a request goes: an account, a region, and the role that opens it.

use std::fmt;

/// An account in a region, and how it is reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Target {
    /// The account that answers, 12 digits.
    pub account: String,
    /// The region, for example `eu-west-1`.
    pub region: String,
    /// The role that is assumed to get there; the caller's own credentials where there is none.
    pub role: Option<String>,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "account {}, region {}", self.account, self.region)
    }
}

/// A call that this crate makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Call {
    /// `sts:GetCallerIdentity`; every principal may make it.
    GetCallerIdentity,
    /// `sts:AssumeRole`.
    AssumeRole,
    /// `logs:FilterLogEvents`.
    FilterLogEvents,
    /// `logs:DescribeLogGroups`.
    DescribeLogGroups,
    /// `logs:DescribeLogStreams`.
    DescribeLogStreams,
    /// `iam:GetAccessKeyLastUsed`.
    GetAccessKeyLastUsed,
    /// `iam:ListAccessKeys`.
    ListAccessKeys,
    /// `iam:ListAccountAliases`.
    ListAccountAliases,
}

impl Call {
    /// The operation, for example `FilterLogEvents`.
    #[must_use]
    pub const fn operation(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "GetCallerIdentity",
            Self::AssumeRole => "AssumeRole",
            Self::FilterLogEvents => "FilterLogEvents",
            Self::DescribeLogGroups => "DescribeLogGroups",
            Self::DescribeLogStreams => "DescribeLogStreams",
            Self::GetAccessKeyLastUsed => "GetAccessKeyLastUsed",
            Self::ListAccessKeys => "ListAccessKeys",
            Self::ListAccountAliases => "ListAccountAliases",
        }
    }

    /// The action that a policy has to allow, for example `logs:FilterLogEvents`.
    #[must_use]
    pub const fn action(self) -> &'static str {
        match self {
            Self::GetCallerIdentity => "sts:GetCallerIdentity",
            Self::AssumeRole => "sts:AssumeRole",
            Self::FilterLogEvents => "logs:FilterLogEvents",
            Self::DescribeLogGroups => "logs:DescribeLogGroups",
            Self::DescribeLogStreams => "logs:DescribeLogStreams",
            Self::GetAccessKeyLastUsed => "iam:GetAccessKeyLastUsed",
            Self::ListAccessKeys => "iam:ListAccessKeys",
            Self::ListAccountAliases => "iam:ListAccountAliases",
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation())
    }
}
