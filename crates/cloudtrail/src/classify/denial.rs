//! Which policy refused a call, as the end of an access-denied message tells it.

use super::{DenialPolicy, DenialReason};

/// How messages name the kinds of policy. Source: IAM user guide, troubleshoot access denied error messages.
const POLICIES: [(&str, DenialPolicy); 9] = [
    ("identity-based policy", DenialPolicy::Identity),
    ("resource-based policy", DenialPolicy::Resource),
    ("service control policy", DenialPolicy::ServiceControl),
    ("resource control policy", DenialPolicy::ResourceControl),
    ("permissions boundary", DenialPolicy::PermissionsBoundary),
    ("session policy", DenialPolicy::Session),
    ("VPC endpoint policy", DenialPolicy::VpcEndpoint),
    ("role trust policy", DenialPolicy::RoleTrust),
    ("S3 Block Public Access", DenialPolicy::PublicAccessBlock),
];

/// How an implicit denial is told: "because no … allows the … action".
const IMPLICIT: &str = "because no ";
/// How an explicit denial is told: "with an explicit deny in a …", or that alone.
const EXPLICIT: &str = "with an explicit deny";
/// S3's own: "because public … are prevented by the … setting in S3 Block Public Access".
const PREVENTED: &str = "because public ";
/// The message of `VpceAccessDenied`, which says no more. Source: CloudTrail user guide, network activity events.
const DENIED_BY_ENDPOINT: &str = "denied due to a VPC endpoint policy";

impl DenialReason {
    /// Reads the "because …" or "with an explicit deny …" clause of an access-denied message or of its template. Only the
    /// last one counts, for names that somebody chose stand before it.
    ///
    /// ```
    /// use firstsight_cloudtrail::classify::{DenialPolicy, DenialReason};
    ///
    /// let reason = DenialReason::of(
    ///     "User: <*> is not authorized to perform: organizations:LeaveOrganization on resource: * \
    ///      with an explicit deny in a service control policy",
    /// );
    /// let expected = DenialReason { policy: DenialPolicy::ServiceControl, explicit: true };
    /// assert_eq!(reason, Some(expected));
    /// ```
    #[must_use]
    pub fn of(message: &str) -> Option<Self> {
        let clauses = [(IMPLICIT, false), (EXPLICIT, true), (PREVENTED, true)];
        let last = clauses
            .into_iter()
            .filter_map(|(start, explicit)| Some((message.rfind(start)?, start, explicit)))
            .max();
        let Some((at, start, explicit)) = last else {
            return by_endpoint(message);
        };
        let clause = message.get(at + start.len()..)?;
        match policy_named_first(clause) {
            Some(policy) => Some(Self { policy, explicit }),
            None if start == EXPLICIT => Some(Self {
                policy: DenialPolicy::Unstated,
                explicit,
            }),
            None => None,
        }
    }
}

fn by_endpoint(message: &str) -> Option<DenialReason> {
    message.contains(DENIED_BY_ENDPOINT).then_some(DenialReason {
        policy: DenialPolicy::VpcEndpoint,
        explicit: false,
    })
}

fn policy_named_first(clause: &str) -> Option<DenialPolicy> {
    let found = POLICIES
        .iter()
        .filter_map(|(name, policy)| Some((clause.find(name)?, *policy)));
    found.min_by_key(|(at, _)| *at).map(|(_, policy)| policy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: &str = "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:GetObject on resource: \
                         arn:aws:s3:::example/key ";

    #[track_caller]
    fn check(clause: &str, policy: DenialPolicy, explicit: bool) {
        let expected = Some(DenialReason { policy, explicit });
        assert_eq!(
            DenialReason::of(&format!("{START}{clause}")),
            expected,
            "{clause}"
        );
    }

    #[test]
    fn implicit_denials_name_the_policy_that_does_not_allow() {
        check(
            "because no identity-based policy allows the s3:GetObject action",
            DenialPolicy::Identity,
            false,
        );
        check(
            "because no resource-based policy allows the s3:GetObject action",
            DenialPolicy::Resource,
            false,
        );
        check(
            "because no service control policy allows the s3:GetObject action",
            DenialPolicy::ServiceControl,
            false,
        );
        check(
            "because no resource control policy allows the s3:GetObject action",
            DenialPolicy::ResourceControl,
            false,
        );
        check(
            "because no permissions boundary allows the s3:GetObject action",
            DenialPolicy::PermissionsBoundary,
            false,
        );
        check(
            "because no session policy allows the s3:GetObject action",
            DenialPolicy::Session,
            false,
        );
        check(
            "because no VPC endpoint policy allows the s3:GetObject action",
            DenialPolicy::VpcEndpoint,
            false,
        );
        check(
            "because no role trust policy allows the sts:AssumeRole action",
            DenialPolicy::RoleTrust,
            false,
        );
    }

    #[test]
    fn explicit_denials_name_the_policy_that_denies() {
        check(
            "with an explicit deny in an identity-based policy",
            DenialPolicy::Identity,
            true,
        );
        check(
            "with an explicit deny in a resource-based policy",
            DenialPolicy::Resource,
            true,
        );
        check(
            "with an explicit deny in a service control policy",
            DenialPolicy::ServiceControl,
            true,
        );
        check(
            "with an explicit deny in a resource control policy",
            DenialPolicy::ResourceControl,
            true,
        );
        check(
            "with an explicit deny in a permissions boundary",
            DenialPolicy::PermissionsBoundary,
            true,
        );
        check(
            "with an explicit deny in a session policy",
            DenialPolicy::Session,
            true,
        );
        check(
            "with an explicit deny in a VPC endpoint policy",
            DenialPolicy::VpcEndpoint,
            true,
        );
        check(
            "with an explicit deny in the role trust policy",
            DenialPolicy::RoleTrust,
            true,
        );
    }

    #[test]
    fn the_denying_policy_may_be_named_by_its_arn() {
        let policy = "arn:aws:organizations::444455556666:policy/o-example/service_control_policy/p-example";
        check(
            &format!("with an explicit deny in a service control policy: {policy}"),
            DenialPolicy::ServiceControl,
            true,
        );
    }

    #[test]
    fn an_explicit_deny_may_name_no_policy() {
        check("with an explicit deny", DenialPolicy::Unstated, true);
    }

    #[test]
    fn public_access_block_is_s3s_own() {
        let clause =
            "because public ACLs are prevented by the BlockPublicAcls setting in S3 Block Public Access";
        check(clause, DenialPolicy::PublicAccessBlock, true);
    }

    #[test]
    fn a_vpc_endpoint_denial_has_one_fixed_message() {
        let reason = DenialReason::of("The request was denied due to a VPC endpoint policy");
        let expected = DenialReason {
            policy: DenialPolicy::VpcEndpoint,
            explicit: false,
        };
        assert_eq!(reason, Some(expected));
    }

    #[test]
    fn templates_are_read_like_messages() {
        let template = "User: <*> is not authorized to perform: <*> on resource: <*> because no identity-based policy allows the <*> action";
        assert_eq!(
            DenialReason::of(template).map(|reason| reason.policy),
            Some(DenialPolicy::Identity)
        );
    }

    #[test]
    fn a_chosen_name_does_not_pass_for_the_reason() {
        let forged = "User: a is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::b/with an explicit deny in a \
                      service control policy because no identity-based policy allows the s3:GetObject action";
        assert_eq!(
            DenialReason::of(forged).map(|reason| reason.policy),
            Some(DenialPolicy::Identity)
        );
    }

    #[test]
    fn other_messages_tell_no_reason() {
        for message in [
            "",
            "Access Denied",
            "You are not authorized to perform this operation.",
            "because no one knows",
        ] {
            assert_eq!(DenialReason::of(message), None, "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "(because no |with an explicit deny|[a-z é]|session policy)*") {
            let _ = DenialReason::of(&text);
        }
    }
}
