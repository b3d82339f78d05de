//! Amazon resource names, and the partitions that they begin with.

/// The partition of a region: `aws`, `aws-cn`, `aws-us-gov`, …
#[must_use]
pub fn partition_of(region: &str) -> &'static str {
    let _ = region;
    todo!()
}

/// The account of a role's ARN, where it is one: `arn:aws:iam::111122223333:role/path/name`.
#[must_use]
pub fn role_account(arn: &str) -> Option<&str> {
    let _ = arn;
    todo!()
}

/// A log group's ARN, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupArn {
    /// For example `aws`.
    pub partition: String,
    /// The region; a pattern is not allowed.
    pub region: String,
    /// The account, 12 digits.
    pub account: String,
    /// The name or, where the ARN was a pattern, the pattern.
    pub name: String,
}

impl GroupArn {
    /// `arn:aws:logs:eu-west-1:111122223333:log-group:NAME`, with or without `:*` at the end; the name may hold `*`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let _ = text;
        todo!()
    }
}
