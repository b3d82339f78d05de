//! Amazon resource names, and the partitions that they begin with.

use crate::error::AwsError;

/// Region prefixes outside the commercial partition, the longer ones first.
/// Source: the `partitions` of the AWS endpoint rules,
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const PARTITIONS: [(&str, &str); 7] = [
    ("us-isob-", "aws-iso-b"),
    ("us-isof-", "aws-iso-f"),
    ("eu-isoe-", "aws-iso-e"),
    ("us-iso-", "aws-iso"),
    ("us-gov-", "aws-us-gov"),
    ("eusc-", "aws-eusc"),
    ("cn-", "aws-cn"),
];

/// The partition of a region: `aws`, `aws-cn`, `aws-us-gov`, …
pub(crate) fn partition_of(region: &str) -> &'static str {
    let special = PARTITIONS.iter().find(|(prefix, _)| region.starts_with(prefix));
    special.map_or("aws", |(_, partition)| partition)
}

/// Whether this looks like a region's name: `eu-west-1`, `us-gov-east-1`. Whether there is one is for AWS to say.
pub(crate) fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let [first, middle @ .., number] = parts.as_slice() else {
        return false;
    };
    let word = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase());
    word(first) && !middle.is_empty() && middle.iter().all(word) && is_number(number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 2 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether this is an account's id: twelve digits.
pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The account of a role's ARN, where it is one: `arn:aws:iam::111122223333:role/path/name`.
pub(crate) fn role_account(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':');
    let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    let name = resource.strip_prefix("role/")?;
    let shaped = arn == "arn" && partition.starts_with("aws") && service == "iam" && region.is_empty();
    (shaped && is_account(account) && is_role_path(name)).then_some(account)
}

/// The partition that an ARN says it is in.
pub(crate) fn partition_in(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').next()
}

/// A role's path and name: what IAM allows in names, and `/` between them.
/// Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
fn is_role_path(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"+=,.@_-/".contains(&byte);
    !text.is_empty() && !text.ends_with('/') && text.bytes().all(allowed)
}

/// A log group's ARN, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupArn {
    /// For example `aws`.
    pub(crate) partition: String,
    /// The region; a pattern is not allowed.
    pub(crate) region: String,
    /// The account, 12 digits.
    pub(crate) account: String,
    /// The name or, where the ARN was a pattern, the pattern.
    pub(crate) name: String,
}

impl GroupArn {
    /// `arn:aws:logs:eu-west-1:111122223333:log-group:NAME`, with or without `:*` at the end; the name may hold `*`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.strip_suffix(":*").unwrap_or(text).split(':').collect();
        let ["arn", partition, "logs", region, account, "log-group", name] = parts.as_slice() else {
            return None;
        };
        let shaped = partition.starts_with("aws") && is_region(region) && is_account(account);
        (shaped && is_group_name(name)).then(|| Self {
            partition: (*partition).to_owned(),
            region: (*region).to_owned(),
            account: (*account).to_owned(),
            name: (*name).to_owned(),
        })
    }
}

/// What a log group's name may hold, and `*` for patterns; up to 512 characters.
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html>
fn is_group_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_/#*".contains(&byte);
    (1..=512).contains(&text.len()) && text.bytes().all(allowed)
}

const NO_ARN: &str =
    "is not the ARN of a log group: write arn:aws:logs:REGION:ACCOUNT:log-group:NAME, or the name alone";
const NO_NAME: &str = "is not the name of a log group: names have 1 to 512 letters, digits and . - _ / #; \
                       a * stands for any of them";

/// What a user named a log group by, taken apart where it is an ARN: a mistake is said, not asked for.
pub(crate) fn group_arn(text: &str) -> Result<Option<GroupArn>, AwsError> {
    let invalid = |reason: &str| AwsError::Invalid {
        place: format!("cloudwatch:{text}"),
        reason: reason.to_owned(),
    };
    if text.starts_with("arn:") {
        return GroupArn::parse(text).map(Some).ok_or_else(|| invalid(NO_ARN));
    }
    if is_group_name(text) {
        Ok(None)
    } else {
        Err(invalid(NO_NAME))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_tell_their_partition() {
        for (region, partition) in [
            ("eu-west-1", "aws"),
            ("cn-northwest-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition_of(region), partition, "{region}");
            assert!(is_region(region), "{region}");
        }
    }

    #[test]
    fn what_is_no_region_is_seen_early() {
        for text in [
            "",
            "eu",
            "eu-west",
            "eu-west-1a",
            "EU-WEST-1",
            "eu_west_1",
            "eu-west-1 ",
            "-west-1",
            "eu--1",
        ] {
            assert!(!is_region(text), "{text:?}");
        }
    }

    #[test]
    fn roles_tell_their_account() {
        let account = Some("111122223333");
        assert_eq!(role_account("arn:aws:iam::111122223333:role/firstsight"), account);
        assert_eq!(
            role_account("arn:aws-us-gov:iam::111122223333:role/a/b/c"),
            account
        );
        for arn in [
            "firstsight",
            "arn:aws:iam::111122223333:user/firstsight",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::1111:role/firstsight",
            "arn:aws:sts::111122223333:assumed-role/a/b",
            "arn:aws:iam::111122223333:role/a b",
            "arn:gcp:iam::111122223333:role/a",
        ] {
            assert_eq!(role_account(arn), None, "{arn}");
        }
    }

    #[test]
    fn log_group_arns_are_taken_apart() {
        let plain = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/trail-*";
        let parsed = GroupArn::parse(plain).expect("a log group");
        assert_eq!(
            (parsed.region.as_str(), parsed.account.as_str()),
            ("eu-west-1", "111122223333")
        );
        assert_eq!(
            (parsed.partition.as_str(), parsed.name.as_str()),
            ("aws", "/aws/trail-*")
        );
        assert_eq!(GroupArn::parse(&format!("{plain}:*")), Some(parsed));
        for arn in [
            "arn:aws:logs:*:111122223333:log-group:a",
            "arn:aws:logs:eu-west-1:*:log-group:a",
            "arn:aws:logs:eu-west-1:111122223333:log-group:a:log-stream:b",
            "arn:aws:logs:eu-west-1:111122223333:log-group:",
            "arn:aws:s3:::bucket",
        ] {
            assert_eq!(GroupArn::parse(arn), None, "{arn}");
        }
    }
}
