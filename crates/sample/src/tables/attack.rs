//! The attack in the last hour: somebody has the long-lived key of the user that publishes the static site.

use super::machines::BATCH_WORKER;
use super::work::WHO_AM_I;
use crate::call::{Call, Routine, Who, times};

/// Where the key is used from (192.0.2.0/24 is nobody else's in a sample), and with what.
pub(crate) const ADDRESS: &str = "192.0.2.77";
pub(crate) const AGENT: &str =
    "aws-cli/2.15.30 Python/3.11.8 Linux/6.6.9-amd64 exe/x86_64.kali.2024 prompt/off";
/// Where the root password is tried from.
pub(crate) const ROOT_ADDRESS: &str = "192.0.2.200";

/// One call of the attack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    /// Seconds into the hour.
    pub(crate) at: i64,
    /// Whether it is made at the sign-in page as root, not with the key.
    pub(crate) root: bool,
    pub(crate) call: Call<'static>,
    /// What the attacker wants.
    pub(crate) why: &'static str,
}

const fn key(at: i64, call: Call<'static>, why: &'static str) -> Move {
    Move {
        at,
        root: false,
        call,
        why,
    }
}

const fn root(at: i64) -> Move {
    Move {
        at,
        root: true,
        call: Call::write("signin", "ConsoleLogin", "null", r#"{"ConsoleLogin":"Failure"}"#)
            .fails("", "Failed authentication"),
        why: "guesses the root password",
    }
}

const DENIED: &str = "AccessDenied";
const DENIED_EXCEPTION: &str = "AccessDeniedException";
const EC2_DENIED: &str = "Client.UnauthorizedOperation";
const BLOB: &str =
    "You are not authorized to perform this operation. Encoded authorization failure message: <blob>";

const PASSWORD_DATA: Call<'static> =
    Call::read("ec2", "GetPasswordData", r#"{"instanceId":"<instance>"}"#).fails(EC2_DENIED, BLOB);

/// The attack, in order.
pub(crate) const MOVES: &[Move] = &[
    key(724, WHO_AM_I, "asks whose key it is"),
    key(731, Call::read("iam", "ListUsers", r#"{"maxItems":1000}"#).fails(DENIED, "User: <actor> is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::<account>:user/ because no identity-based policy allows the iam:ListUsers action"), "lists the users"),
    key(733, Call::read("iam", "ListRoles", "null").fails(DENIED, "User: <actor> is not authorized to perform: iam:ListRoles on resource: arn:aws:iam::<account>:role/ because no identity-based policy allows the iam:ListRoles action"), "lists the roles"),
    key(738, Call::read("iam", "GetAccountAuthorizationDetails", "null").fails(DENIED, "User: <actor> is not authorized to perform: iam:GetAccountAuthorizationDetails on resource: * because no identity-based policy allows the iam:GetAccountAuthorizationDetails action"), "reads every policy of the account at once"),
    key(749, Call::read("s3", "ListBuckets", r#"{"Host":"s3.<region>.amazonaws.com"}"#), "looks for data"),
    key(790, Call::read("secretsmanager", "GetSecretValue", r#"{"secretId":"prod/payments/database"}"#).fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: secretsmanager:GetSecretValue on resource: prod/payments/database because no identity-based policy allows the secretsmanager:GetSecretValue action"), "reads a production secret"),
    key(851, Call::write("iam", "CreateUser", r#"{"userName":"svc-health"}"#, "null").fails(DENIED, "User: <actor> is not authorized to perform: iam:CreateUser on resource: arn:aws:iam::<account>:user/svc-health because no identity-based policy allows the iam:CreateUser action"), "makes a user to come back with"),
    key(858, Call::write("iam", "AttachUserPolicy", r#"{"userName":"<who>","policyArn":"arn:aws:iam::aws:policy/AdministratorAccess"}"#, "null").fails(DENIED, "User: <actor> is not authorized to perform: iam:AttachUserPolicy on resource: user <who> because no identity-based policy allows the iam:AttachUserPolicy action"), "gives itself administrator rights"),
    key(866, Call::write("iam", "CreateAccessKey", r#"{"userName":"backup-agent"}"#, "null").fails(DENIED, "User: <actor> is not authorized to perform: iam:CreateAccessKey on resource: user backup-agent because no identity-based policy allows the iam:CreateAccessKey action"), "makes a key of another user"),
    key(1203, Call::write("cloudtrail", "StopLogging", r#"{"name":"arn:aws:cloudtrail:<region>:<account>:trail/organization-trail"}"#, "null").fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: cloudtrail:StopLogging on resource: arn:aws:cloudtrail:<region>:<account>:trail/organization-trail with an explicit deny in a service control policy"), "stops the trail"),
    key(1322, Call::write("ec2", "RunInstances", r#"{"instancesSet":{"items":[{"imageId":"<ami>","minCount":1,"maxCount":20}]},"instanceType":"p4d.24xlarge","blockDeviceMapping":{},"monitoring":{"enabled":false}}"#, "null").fails(EC2_DENIED, BLOB), "starts machines to mine with"),
    key(1329, Call::write("ec2", "RunInstances", r#"{"instancesSet":{"items":[{"imageId":"<ami>","minCount":1,"maxCount":20}]},"instanceType":"g5.48xlarge","blockDeviceMapping":{},"monitoring":{"enabled":false}}"#, "null").fails(EC2_DENIED, BLOB), "starts machines to mine with"),
    key(1410, PASSWORD_DATA, "asks for the password of a Windows machine"),
    key(1411, PASSWORD_DATA, "asks for the password of a Windows machine"),
    key(1413, PASSWORD_DATA, "asks for the password of a Windows machine"),
    key(1733, Call::write("organizations", "LeaveOrganization", "null", "null").fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: organizations:LeaveOrganization on resource: * because no identity-based policy allows the organizations:LeaveOrganization action"), "leaves the organization and its controls"),
    root(2050),
    root(2071),
    root(2109),
    root(2176),
];

/// The flood of throttled reads in the same hour, by a role that is throttled now and then on any day.
pub(crate) const FLOOD: Routine = Routine {
    name: "throttling flood",
    who: Who::Role(&BATCH_WORKER),
    cadence: crate::call::Cadence::Steady(0.0),
    steps: &[times(
        210,
        260,
        Call::read(
            "ssm",
            "GetParameter",
            r#"{"name":"<param>","withDecryption":true}"#,
        )
        .fails("ThrottlingException", "Rate exceeded"),
    )],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tables::noise::NOISE;
    use crate::tables::novelty::catalogue;

    #[test]
    fn no_error_of_the_attack_is_background_but_the_failed_sign_in() {
        let catalogue = catalogue();
        let ordinary: Vec<Call<'_>> = NOISE
            .iter()
            .flat_map(|routine| routine.steps.iter().map(|step| step.call))
            .chain(catalogue.iter().map(|novelty| novelty.call()))
            .collect();
        for step in MOVES.iter().filter(|step| !step.root) {
            let Some((code, _)) = step.call.error else {
                continue;
            };
            let known = ordinary.iter().any(|call| {
                (call.source, call.name) == (step.call.source, step.call.name)
                    && call.error.is_some_and(|(other, _)| other == code)
            });
            assert!(!known, "{step:?}");
        }
    }

    #[test]
    fn the_moves_follow_each_other_within_the_hour() {
        assert!(MOVES.is_sorted_by_key(|step| step.at));
        assert!(
            MOVES
                .iter()
                .all(|step| (0..3_600).contains(&step.at) && !step.why.is_empty())
        );
    }
}
