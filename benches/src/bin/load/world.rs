//! A made-up organisation: calls that fail, each in a way of its own, as CloudTrail records them.

use std::fmt::Write as _;

use firstsight_cloudtrail::{Hour, Timestamp};
use firstsight_sample::account_id;

/// So many accounts.
pub(crate) const ACCOUNTS: usize = 18;

const HOUR: i64 = 3_600_000;

const SERVICES: [&str; 50] = [
    "iam",
    "s3",
    "ec2",
    "sts",
    "kms",
    "lambda",
    "rds",
    "dynamodb",
    "sqs",
    "sns",
    "ssm",
    "secretsmanager",
    "cloudformation",
    "cloudtrail",
    "config",
    "logs",
    "monitoring",
    "ecs",
    "eks",
    "ecr",
    "elasticache",
    "es",
    "glue",
    "athena",
    "redshift",
    "kinesis",
    "firehose",
    "events",
    "states",
    "batch",
    "backup",
    "cloudfront",
    "route53",
    "acm",
    "waf-regional",
    "wafv2",
    "guardduty",
    "securityhub",
    "inspector2",
    "macie2",
    "organizations",
    "servicequotas",
    "support",
    "tagging",
    "resource-explorer-2",
    "autoscaling",
    "elasticloadbalancing",
    "apigateway",
    "appconfig",
    "transfer",
];

const VERBS: [&str; 10] = [
    "Describe", "List", "Get", "Create", "Delete", "Update", "Put", "Tag", "Enable", "Disable",
];

const NOUNS: [&str; 40] = [
    "Instances",
    "Roles",
    "Policies",
    "Volumes",
    "Snapshots",
    "Keys",
    "Aliases",
    "Grants",
    "Functions",
    "Layers",
    "Clusters",
    "Services",
    "Tasks",
    "Repositories",
    "Images",
    "Tables",
    "Streams",
    "Shards",
    "Queues",
    "Topics",
    "Subscriptions",
    "Parameters",
    "Secrets",
    "Stacks",
    "ChangeSets",
    "Trails",
    "Rules",
    "Targets",
    "Executions",
    "Jobs",
    "Plans",
    "Vaults",
    "Distributions",
    "Zones",
    "Certificates",
    "WebACLs",
    "Detectors",
    "Findings",
    "Members",
    "Quotas",
];

/// Error codes, with what their messages say; `<>` stands for what differs from call to call.
const ERRORS: [(&str, &str); 5] = [
    ("AccessDenied", "is not authorized to perform"),
    ("ThrottlingException", "Rate exceeded"),
    (
        "ResourceNotFoundException",
        "The resource with name <> cannot be found",
    ),
    (
        "ValidationException",
        "Value <> at resourceName failed to satisfy constraint: member must have length less than or equal to 64",
    ),
    (
        "ConflictException",
        "The operation on <> cannot be performed because another one is in progress",
    ),
];

/// A way in which a call fails: another number is another cluster, in whichever account.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    number: u64,
    service: &'static str,
    name: String,
    code: &'static str,
    message: &'static str,
}

impl Way {
    pub(crate) fn of(number: usize) -> Self {
        let (service, rest) = (SERVICES[number % 50], number / 50);
        let (verb, rest) = (VERBS[rest % 10], rest / 10);
        let (noun, rest) = (NOUNS[rest % 40], rest / 40);
        let ((code, message), version) = (ERRORS[rest % 5], rest / 5);
        let mut name = format!("{verb}{noun}");
        if version > 0 {
            let _ = write!(name, "V{}", version + 1);
        }
        Self {
            number: number as u64,
            service,
            name,
            code,
            message,
        }
    }
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence {
    /// Tells records apart.
    pub(crate) id: u64,
    pub(crate) account: usize,
    pub(crate) time: Timestamp,
}

/// Well-mixed bits of a number (SplitMix64).
pub(crate) fn mixed(number: u64) -> u64 {
    let mut bits = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A moment in an hour.
pub(crate) fn within(hour: Hour, id: u64) -> Timestamp {
    let offset = mixed(id) % HOUR.unsigned_abs();
    hour.start().plus_millis(offset.cast_signed() / 1000 * 1000)
}

/// The body of a file of these records: a way is `None` for a call that went well.
pub(crate) fn file(records: impl IntoIterator<Item = (Option<Way>, Occurrence)>) -> Vec<u8> {
    let mut body = String::from(r#"{"Records":["#);
    for (place, (way, occurrence)) in records.into_iter().enumerate() {
        if place > 0 {
            body.push(',');
        }
        write_record(&mut body, way.as_ref(), &occurrence);
    }
    body.push_str("]}");
    body.into_bytes()
}

/// A record of about 1.5 KB, as services write them.
fn write_record(out: &mut String, way: Option<&Way>, occurrence: &Occurrence) {
    let Occurrence { id, account, time } = *occurrence;
    let account = account_id(account);
    let bits = mixed(id);
    let (service, name) = way.map_or(("ec2", "DescribeInstances"), |way| {
        (way.service, way.name.as_str())
    });
    // The same way of failing is the same role's on the same thing from the same place, but for one time in thirty.
    let caller = way
        .filter(|_| !bits.is_multiple_of(30))
        .map_or(bits, |way| mixed(way.number));
    let day = time.as_millis().unsigned_abs() / 86_400_000;
    let (role, session) = (caller % 300, caller >> 40);
    let role_name = format!("service-role-{role}");
    let arn = format!("arn:aws:sts::{account}:assumed-role/{role_name}/session-{session:x}");
    let resource = format!("arn:aws:{service}:eu-west-1:{account}:resource/{session:x}");
    let _ = write!(
        out,
        r#"{{"eventVersion":"1.11","userIdentity":{{"type":"AssumedRole","principalId":"AROAEXAMPLE{role:010}:session-{session:x}","arn":"{arn}","accountId":"{account}","accessKeyId":"ASIAEXAMPLE{key:09}","sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROAEXAMPLE{role:010}","arn":"arn:aws:iam::{account}:role/{role_name}","accountId":"{account}","userName":"{role_name}"}},"attributes":{{"creationDate":"{time}","mfaAuthenticated":"false"}}}}}},"eventTime":"{time}","eventSource":"{service}.amazonaws.com","eventName":"{name}","awsRegion":"eu-west-1","sourceIPAddress":"198.51.100.{ip}","userAgent":"aws-sdk-java/2.20.{agent} Linux/5.10.215-203.850.amzn2.x86_64 OpenJDK_64-Bit_Server_VM/17.0.11+9-LTS Java/17.0.11 vendor/Amazon.com_Inc. md/internal io/sync http/Apache cfg/retry-mode/legacy",{error}"requestParameters":{{"resourceArn":"{resource}","maxResults":100,"filterSet":{{"items":[{{"name":"tag:environment","valueSet":{{"items":[{{"value":"production"}}]}}}},{{"name":"tag:team","valueSet":{{"items":[{{"value":"team-{team}"}}]}}}}]}}}},"responseElements":null,"requestID":"{request:016x}-{id:x}","eventID":"{bits:016x}-{id:012x}","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"{account}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.eu-west-1.amazonaws.com"}}}}"#,
        key = (caller + day) % 9_000,
        ip = caller % 200 + 1,
        agent = bits % 90,
        error = way.map_or_else(String::new, |way| error(way, &arn, &resource)),
        team = bits % 12,
        request = mixed(bits),
    );
}

fn error(way: &Way, arn: &str, resource: &str) -> String {
    let Way {
        service,
        name,
        code,
        message,
        ..
    } = way;
    let said = if *code == "AccessDenied" {
        format!(
            "User: {arn} {message}: {service}:{name} on resource: {resource} because no identity-based policy allows the {service}:{name} action"
        )
    } else {
        message.replace("<>", resource)
    };
    format!(r#""errorCode":"{code}","errorMessage":"{said}","#)
}
