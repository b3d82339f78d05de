//! What the judgement asks about calls, errors and actors.

use firstsight_cloudtrail::ActorKind;
use firstsight_cloudtrail::classify::{Class, DenialReason, Sensitivity, Technique, Verb, attack};

use super::verdict::Severity;
use crate::severity::{SeverityFacts, severity};

/// The tables a judgement uses. A value of its own, so that the tests of the judgement state theirs and do not change
/// with the real ones.
#[derive(Clone, Copy)]
pub(super) struct Tables {
    pub(super) class: fn(&str, &str, &str, &str) -> Class,
    pub(super) verb: fn(&str) -> Verb,
    pub(super) sensitivity: fn(&str, &str) -> Sensitivity,
    pub(super) denial: fn(&str) -> Option<DenialReason>,
    pub(super) technique: fn(&str, &str) -> Option<Technique>,
    pub(super) target: fn(&str) -> Sensitivity,
    pub(super) actor: fn(&str) -> ActorKind,
    pub(super) severity: fn(&SeverityFacts<'_>) -> Severity,
}

impl Tables {
    pub(super) const DEFAULT: Self = Self {
        class: Class::of,
        verb: Verb::of,
        sensitivity: Sensitivity::of,
        denial: DenialReason::of,
        technique: attack,
        target: Sensitivity::of_target,
        actor: ActorKind::of_name,
        severity,
    };
}

/// Services whose resources are identities, or the keys to them: asking for one that does not exist is how they are
/// enumerated.
const IDENTITY_SERVICES: [&str; 9] = [
    "cognito-identity.amazonaws.com",
    "cognito-idp.amazonaws.com",
    "iam.amazonaws.com",
    "identitystore.amazonaws.com",
    "kms.amazonaws.com",
    "organizations.amazonaws.com",
    "secretsmanager.amazonaws.com",
    "sso.amazonaws.com",
    "sts.amazonaws.com",
];

/// Calls that tell by their error alone whether a bucket exists.
const BUCKET_PROBES: [&str; 4] = ["GetBucketAcl", "GetBucketLocation", "HeadBucket", "ListObjects"];

/// Whether an error looks like somebody finding out what is there or allowed, so that a first time by an actor is worth
/// telling although the error is known:
///
/// * a dry run, which asks whether a call would be allowed;
/// * *not found* by a service of identities and their keys, by a read of a sensitive call, or by a call that tells
///   whether an S3 bucket exists.
///
/// Other *not found* errors are daily noise of programs.
#[must_use]
pub fn is_reconnaissance(
    class: Class,
    verb: Verb,
    sensitivity: Sensitivity,
    event_source: &str,
    event_name: &str,
) -> bool {
    match class {
        Class::DryRun => true,
        Class::NotFound => {
            IDENTITY_SERVICES.contains(&event_source)
                || (verb == Verb::Read && sensitivity > Sensitivity::Normal)
                || (event_source == "s3.amazonaws.com" && BUCKET_PROBES.contains(&event_name))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn enumeration_is_reconnaissance_and_missing_objects_are_not() {
        let of =
            |class, source, name| is_reconnaissance(class, Verb::Read, Sensitivity::Normal, source, name);
        assert!(of(Class::NotFound, "iam.amazonaws.com", "GetRole"));
        assert!(of(Class::NotFound, "s3.amazonaws.com", "HeadBucket"));
        assert!(of(Class::DryRun, "ec2.amazonaws.com", "RunInstances"));
        assert!(!of(Class::NotFound, "s3.amazonaws.com", "GetObject"));
        assert!(!of(Class::Throttling, "iam.amazonaws.com", "GetRole"));
    }

    #[test]
    fn a_sensitive_read_that_finds_nothing_is_reconnaissance_and_a_write_is_not() {
        let of = |verb| {
            is_reconnaissance(
                Class::NotFound,
                verb,
                Sensitivity::Sensitive,
                "ssm.amazonaws.com",
                "GetParameter",
            )
        };
        assert!(of(Verb::Read));
        assert!(!of(Verb::Write));
    }
}
