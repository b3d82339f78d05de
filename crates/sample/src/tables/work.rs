//! Calls that succeed: most of what an account records.

use super::machines::{
    BACKUP_AGENT, BATCH_WORKER, CI_DEPLOYER, CI_RUNNER, EKS_NODE, INSTANCE, MONITORING, NIGHTLY_REPORT,
    ORDERS_API, TERRAFORM,
};
use crate::call::Cadence::{Daily, Office, Steady, Weekly};
use crate::call::Who::{ConsoleUser, Linked, PeopleInConsole, PeopleWithCli, Role, Root, Service, User};
use crate::call::{Call, Routine, Step, once, times};

pub(crate) const SIGN_IN: Call<'static> =
    Call::write("signin", "ConsoleLogin", "null", r#"{"ConsoleLogin":"Success"}"#);
pub(crate) const WHO_AM_I: Call<'static> = Call::read("sts", "GetCallerIdentity", "null");
const DECRYPT: Call<'static> = Call::read(
    "kms",
    "Decrypt",
    r#"{"encryptionAlgorithm":"SYMMETRIC_DEFAULT","encryptionContext":{"PARAMETER_ARN":"arn:aws:ssm:<region>:<account>:parameter<param>"}}"#,
)
.on("AWS::KMS::Key", "arn:aws:kms:<region>:<account>:key/<keyid>");
const GET_PARAMETER: Call<'static> = Call::read(
    "ssm",
    "GetParameter",
    r#"{"name":"<param>","withDecryption":true}"#,
);
const DESCRIBE_INSTANCES: Call<'static> = Call::read(
    "ec2",
    "DescribeInstances",
    r#"{"maxResults":1000,"instancesSet":{},"filterSet":{}}"#,
);
const DESCRIBE_SECURITY_GROUPS: Call<'static> = Call::read(
    "ec2",
    "DescribeSecurityGroups",
    r#"{"securityGroupSet":{},"securityGroupIdSet":{"items":[{"groupId":"<sg>"}]},"filterSet":{}}"#,
);
const DESCRIBE_VOLUMES: Call<'static> = Call::read(
    "ec2",
    "DescribeVolumes",
    r#"{"volumeSet":{},"filterSet":{},"maxResults":500}"#,
);
const LIST_BUCKETS: Call<'static> =
    Call::read("s3", "ListBuckets", r#"{"Host":"s3.<region>.amazonaws.com"}"#);
const BUCKET_LOCATION: Call<'static> = Call::read(
    "s3",
    "GetBucketLocation",
    r#"{"bucketName":"<bucket>","location":"","Host":"<bucket>.s3.<region>.amazonaws.com"}"#,
)
.on("AWS::S3::Bucket", "arn:aws:s3:::<bucket>");
const GET_METRIC_DATA: Call<'static> = Call::read(
    "monitoring",
    "GetMetricData",
    r#"{"startTime":"<time>","endTime":"<time>","metricDataQueries":[{"id":"m<n100>"}]}"#,
);
const DESCRIBE_ALARMS: Call<'static> = Call::read("monitoring", "DescribeAlarms", r#"{"maxRecords":100}"#);
const LIST_FUNCTIONS: Call<'static> = Call::read("lambda", "ListFunctions20150331", r#"{"maxItems":50}"#);
const DESCRIBE_DB: Call<'static> = Call::read(
    "rds",
    "DescribeDBInstances",
    r#"{"dBInstanceIdentifier":"<database>"}"#,
);
const LIST_ROLES: Call<'static> = Call::read("iam", "ListRoles", r#"{"maxItems":1000}"#);
const DESCRIBE_TABLE: Call<'static> = Call::read("dynamodb", "DescribeTable", r#"{"tableName":"<table>"}"#)
    .on(
        "AWS::DynamoDB::Table",
        "arn:aws:dynamodb:<region>:<account>:table/<table>",
    );

/// What people look at in the console.
const BROWSE: &[Step] = &[
    times(0, 3, DESCRIBE_INSTANCES),
    times(0, 2, DESCRIBE_SECURITY_GROUPS),
    times(0, 2, DESCRIBE_VOLUMES),
    times(0, 2, LIST_BUCKETS),
    times(0, 3, BUCKET_LOCATION),
    times(0, 3, GET_METRIC_DATA),
    times(0, 2, DESCRIBE_ALARMS),
    times(0, 2, LIST_FUNCTIONS),
    times(0, 2, DESCRIBE_TABLE),
    times(0, 1, DESCRIBE_DB),
    times(0, 1, LIST_ROLES),
    times(
        0,
        2,
        Call::read("iam", "GetRole", r#"{"roleName":"<function>-role"}"#),
    ),
    times(
        0,
        2,
        Call::read(
            "logs",
            "DescribeLogGroups",
            r#"{"limit":50,"logGroupNamePrefix":"<loggroup>"}"#,
        ),
    ),
    times(
        0,
        2,
        Call::read(
            "logs",
            "FilterLogEvents",
            r#"{"logGroupName":"<loggroup>","limit":10000}"#,
        ),
    ),
    times(
        0,
        1,
        Call::read("cloudformation", "DescribeStacks", r#"{"stackName":"<stack>"}"#),
    ),
    times(
        0,
        2,
        Call::read(
            "ecs",
            "DescribeServices",
            r#"{"cluster":"<cluster>","services":["<repo>"]}"#,
        ),
    ),
    times(
        0,
        1,
        Call::read(
            "health",
            "DescribeEventAggregates",
            r#"{"aggregateField":"eventTypeCategory","filter":{"eventStatusCodes":["open","upcoming"]}}"#,
        ),
    ),
];

const USE_CLI: &[Step] = &[
    once(WHO_AM_I),
    times(0, 3, DESCRIBE_INSTANCES),
    times(0, 3, GET_PARAMETER),
    times(0, 2, LIST_FUNCTIONS),
    times(
        0,
        2,
        Call::read(
            "lambda",
            "GetFunction20150331v2",
            r#"{"functionName":"<function>"}"#,
        ),
    ),
    times(
        0,
        1,
        Call::read("eks", "DescribeCluster", r#"{"name":"<cluster>"}"#),
    ),
    times(
        0,
        1,
        Call::read(
            "sqs",
            "GetQueueAttributes",
            r#"{"queueUrl":"https://sqs.<region>.amazonaws.com/<account>/<queue>","attributeNames":["All"]}"#,
        ),
    ),
    times(
        0,
        1,
        Call::write(
            "ssm",
            "StartSession",
            r#"{"target":"<instance>"}"#,
            r#"{"sessionId":"<who>-<hex16>","tokenValue":"Value hidden due to security reasons.","streamUrl":"wss://ssmmessages.<region>.amazonaws.com/v1/data-channel/<who>-<hex16>?role=publish_subscribe"}"#,
        ),
    ),
];

/// What Terraform reads before it changes anything.
const PLAN: &[Step] = &[
    once(WHO_AM_I),
    times(
        2,
        4,
        Call::read(
            "ec2",
            "DescribeVpcs",
            r#"{"vpcSet":{"items":[{"vpcId":"<vpc>"}]},"filterSet":{}}"#,
        ),
    ),
    times(
        2,
        6,
        Call::read(
            "ec2",
            "DescribeSubnets",
            r#"{"subnetSet":{"items":[{"subnetId":"<subnet>"}]},"filterSet":{}}"#,
        ),
    ),
    times(
        2,
        4,
        Call::read(
            "ec2",
            "DescribeRouteTables",
            r#"{"routeTableIdSet":{"items":[{"routeTableId":"<rtb>"}]},"filterSet":{}}"#,
        ),
    ),
    times(2, 6, DESCRIBE_SECURITY_GROUPS),
    times(
        3,
        8,
        Call::read("iam", "GetRole", r#"{"roleName":"<function>-role"}"#),
    ),
    times(
        3,
        8,
        Call::read(
            "iam",
            "ListAttachedRolePolicies",
            r#"{"roleName":"<function>-role"}"#,
        ),
    ),
    times(2, 6, BUCKET_LOCATION),
    times(
        2,
        6,
        Call::read(
            "s3",
            "GetBucketVersioning",
            r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com","versioning":""}"#,
        ),
    ),
    times(2, 5, DESCRIBE_TABLE),
    times(
        1,
        4,
        Call::read(
            "ssm",
            "DescribeParameters",
            r#"{"parameterFilters":[{"key":"Name","option":"Equals","values":["<param>"]}]}"#,
        ),
    ),
];

const DEPLOY: &[Step] = &[
    once(WHO_AM_I),
    once(Call::read("ecr", "GetAuthorizationToken", "null")),
    times(
        1,
        3,
        Call::write(
            "ecr",
            "PutImage",
            r#"{"repositoryName":"<repo>","imageTag":"<hex8>","registryId":"<account>"}"#,
            r#"{"image":{"registryId":"<account>","repositoryName":"<repo>","imageId":{"imageDigest":"sha256:<hex16><hex16><hex16><hex16>","imageTag":"<hex8>"}}}"#,
        ),
    ),
    once(Call::write(
        "ecs",
        "RegisterTaskDefinition",
        r#"{"family":"<repo>","cpu":"512","memory":"1024","networkMode":"awsvpc"}"#,
        r#"{"taskDefinition":{"taskDefinitionArn":"arn:aws:ecs:<region>:<account>:task-definition/<repo>:<n100>","status":"ACTIVE"}}"#,
    )),
    once(Call::write(
        "ecs",
        "UpdateService",
        r#"{"cluster":"<cluster>","service":"<repo>","taskDefinition":"<repo>:<n100>"}"#,
        r#"{"service":{"serviceName":"<repo>","status":"ACTIVE"}}"#,
    )),
    times(
        2,
        6,
        Call::read(
            "ecs",
            "DescribeServices",
            r#"{"cluster":"<cluster>","services":["<repo>"]}"#,
        ),
    ),
];

const fn routine(
    name: &'static str,
    who: crate::call::Who,
    cadence: crate::call::Cadence,
    steps: &'static [Step],
) -> Routine {
    Routine {
        name,
        who,
        cadence,
        steps,
    }
}

/// Every routine whose calls succeed.
pub(crate) const WORK: &[Routine] = &[
    routine("browse", PeopleInConsole, Office(0.75), BROWSE),
    routine("command line", PeopleWithCli, Office(0.7), USE_CLI),
    routine("sign in", ConsoleUser, Office(0.15), &[once(SIGN_IN)]),
    routine("bill", Root, Weekly(3, 9), &[once(Call::read("ce", "GetCostAndUsage", r#"{"granularity":"MONTHLY","metrics":["UnblendedCost"]}"#))]),
    routine("pull request plan", Role(&TERRAFORM), Office(0.35), PLAN),
    routine("nightly plan", Role(&TERRAFORM), Daily(1, 2), PLAN),
    routine("deploy", Role(&CI_RUNNER), Office(0.8), DEPLOY),
    routine("static site", User(&CI_DEPLOYER), Office(0.5), &[
        once(WHO_AM_I),
        times(1, 4, Call::write("s3", "PutObject", r#"{"bucketName":"<bucket>","key":"site/<hex8>/<page>","Host":"<bucket>.s3.<region>.amazonaws.com"}"#, r#"{"x-amz-server-side-encryption":"AES256"}"#)
            .on("AWS::S3::Object", "arn:aws:s3:::<bucket>/site/<hex8>/<page>")),
        once(Call::write("cloudfront", "CreateInvalidation", r#"{"distributionId":"E1EXAMPLE2DIST","invalidationBatch":{"paths":{"quantity":1,"items":["/*"]},"callerReference":"cli-<n100000>"}}"#, r#"{"invalidation":{"id":"I<hex8>","status":"InProgress"}}"#)),
    ]),
    routine("backup", User(&BACKUP_AGENT), Daily(4, 1), &[
        times(3, 6, Call::write("ec2", "CreateSnapshot", r#"{"volumeId":"<volume>","description":"nightly"}"#, r#"{"requestId":"<uuid>","snapshotId":"<snapshot>","volumeId":"<volume>","status":"pending"}"#)),
        times(1, 2, Call::read("ec2", "DescribeSnapshots", r#"{"maxResults":1000,"snapshotSet":{},"ownersSet":{"items":[{"owner":"self"}]}}"#)),
        times(1, 3, Call::write("ec2", "DeleteSnapshot", r#"{"snapshotId":"<snapshot>"}"#, r#"{"requestId":"<uuid>","_return":true}"#)),
    ]),
    routine("node reads", Role(&EKS_NODE), Steady(4.5), &[
        once(DESCRIBE_INSTANCES),
        times(0, 1, Call::read("ecr", "GetAuthorizationToken", "null")),
        times(0, 1, Call::read("ecr", "BatchGetImage", r#"{"repositoryName":"<repo>","registryId":"<account>","imageIds":[{"imageTag":"<hex8>"}]}"#)),
    ]),
    routine("instance reports", Role(&INSTANCE), Steady(7.0), &[once(Call::write("ssm", "UpdateInstanceInformation", r#"{"instanceId":"<instance>","agentVersion":"3.3.2299.0","agentStatus":"Active","platformType":"Linux","iPAddress":"10.0.3.7"}"#, "null"))]),
    routine("api configuration", Role(&ORDERS_API), Steady(4.2), &[
        times(1, 2, GET_PARAMETER),
        times(0, 2, DECRYPT),
        times(0, 1, Call::read("secretsmanager", "GetSecretValue", r#"{"secretId":"app/database"}"#)),
    ]),
    routine("report", Role(&NIGHTLY_REPORT), Steady(1.5), &[
        times(0, 2, DESCRIBE_TABLE),
        once(Call::write("athena", "StartQueryExecution", r#"{"queryString":"HIDDEN_DUE_TO_SECURITY_REASONS","workGroup":"primary"}"#, r#"{"queryExecutionId":"<uuid>"}"#)),
        times(1, 3, Call::read("athena", "GetQueryExecution", r#"{"queryExecutionId":"<uuid>"}"#)),
    ]),
    routine("batch", Role(&BATCH_WORKER), Steady(3.0), &[
        times(1, 2, GET_PARAMETER),
        times(0, 2, DECRYPT),
        times(0, 1, Call::read("sqs", "GetQueueUrl", r#"{"queueName":"<queue>"}"#)),
    ]),
    routine("metrics", Role(&MONITORING), Steady(3.2), &[
        once(GET_METRIC_DATA),
        times(0, 1, Call::read("monitoring", "ListMetrics", r#"{"namespace":"AWS/EC2"}"#)),
        times(0, 1, Call::read("autoscaling", "DescribeAutoScalingGroups", r#"{"maxRecords":100}"#)),
        times(0, 1, Call::read("tagging", "GetResources", r#"{"resourcesPerPage":100,"resourceTypeFilters":["lambda:function"]}"#)),
        times(0, 1, Call::read("elasticloadbalancing", "DescribeTargetHealth", r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/web/<tg>"}"#)),
    ]),
    routine("roles for functions", Service("lambda.amazonaws.com"), Steady(7.0), &[once(Call::read("sts", "AssumeRole", r#"{"roleArn":"arn:aws:iam::<account>:role/<function>-role","roleSessionName":"<function>"}"#)
        .on("AWS::IAM::Role", "arn:aws:iam::<account>:role/<function>-role"))]),
    routine("roles for instances", Service("ec2.amazonaws.com"), Steady(5.0), &[once(Call::read("sts", "AssumeRole", r#"{"roleArn":"arn:aws:iam::<account>:role/web-instance","roleSessionName":"<instance>"}"#)
        .on("AWS::IAM::Role", "arn:aws:iam::<account>:role/web-instance"))]),
    routine("roles for tasks", Service("ecs-tasks.amazonaws.com"), Steady(4.0), &[once(Call::read("sts", "AssumeRole", r#"{"roleArn":"arn:aws:iam::<account>:role/<repo>-task","roleSessionName":"<hex16><hex16>"}"#)
        .on("AWS::IAM::Role", "arn:aws:iam::<account>:role/<repo>-task"))]),
    routine("trail delivery", Service("cloudtrail.amazonaws.com"), Steady(6.0), &[
        once(Call::read("s3", "GetBucketAcl", r#"{"bucketName":"example-logs-<account>","acl":"","Host":"example-logs-<account>.s3.<region>.amazonaws.com"}"#)
            .on("AWS::S3::Bucket", "arn:aws:s3:::example-logs-<account>")),
        times(0, 1, Call::write("kms", "GenerateDataKey", r#"{"keySpec":"AES_256","encryptionContext":{"aws:cloudtrail:arn":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>"}}"#, "null")
            .on("AWS::KMS::Key", "arn:aws:kms:<region>:<account>:key/<keyid>")),
    ]),
    routine("log streams", Role(&ORDERS_API), Steady(4.0), &[once(Call::write("logs", "CreateLogStream", r#"{"logGroupName":"<loggroup>","logStreamName":"<day>/[$LATEST]<hex16><hex16>"}"#, "null"))]),
    routine("configuration recorder", Linked("AWSServiceRoleForConfig", "config.amazonaws.com"), Steady(2.0), &[
        times(0, 2, Call::read("ec2", "DescribeNetworkInterfaces", r#"{"networkInterfaceIdSet":{"items":[{"networkInterfaceId":"<eni>"}]},"filterSet":{}}"#)),
        times(0, 2, Call::read("lambda", "GetPolicy20150331v2", r#"{"functionName":"<function>"}"#)),
        times(0, 1, Call::read("iam", "GetRole", r#"{"roleName":"<function>-role"}"#)),
    ]),
    routine("vulnerability scan", Linked("AWSServiceRoleForAmazonInspector2", "inspector2.amazonaws.com"), Steady(1.5), &[
        times(1, 2, Call::read("ec2", "DescribeInstances", r#"{"instancesSet":{"items":[{"instanceId":"<instance>"}]},"filterSet":{}}"#)),
        times(0, 1, Call::read("ssm", "DescribeInstanceInformation", r#"{"instanceInformationFilterList":[{"key":"InstanceIds","valueSet":["<instance>"]}]}"#)),
    ]),
    routine("scaling", Linked("AWSServiceRoleForAutoScaling", "autoscaling.amazonaws.com"), Steady(1.0), &[
        times(0, 1, Call::write("ec2", "RunInstances", r#"{"instancesSet":{"items":[{"imageId":"<ami>","minCount":1,"maxCount":1}]},"instanceType":"m7g.large","subnetId":"<subnet>"}"#, r#"{"requestId":"<uuid>","reservationId":"r-0<hex16>","instancesSet":{"items":[{"instanceId":"<instance>","instanceState":{"code":0,"name":"pending"}}]}}"#)),
        times(0, 1, Call::write("ec2", "TerminateInstances", r#"{"instancesSet":{"items":[{"instanceId":"<instance>"}]}}"#, r#"{"requestId":"<uuid>","instancesSet":{"items":[{"instanceId":"<instance>","currentState":{"code":32,"name":"shutting-down"}}]}}"#)),
        once(Call::read("ec2", "DescribeInstanceStatus", r#"{"instancesSet":{"items":[{"instanceId":"<instance>"}]},"includeAllInstances":true}"#)),
    ]),
];
