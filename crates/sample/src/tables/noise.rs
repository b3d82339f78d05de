//! Errors that every account has, and that nobody should be woken for.
//!
//! The kinds are those that operators report and that public recordings hold: AWS services that probe their own
//! permissions, service-linked roles, console pages that ask for everything they might show, Terraform reading settings
//! back, answers that say "not configured", throttling, dry runs, mistyped passwords, scanners.

use super::machines::{
    BATCH_WORKER, CHATBOT, CI_RUNNER, DRATA, EKS_NODE, INSTANCE, MONITORING, NOTEBOOK, ORDERS_API,
    PLATFORM_LAMBDA, PROWLER, TERRAFORM,
};
use super::work::SIGN_IN;
use crate::call::Cadence::{Daily, Office, Steady, Weekly};
use crate::call::Who::{
    Anonymous, ConsoleUser, Linked, OnBehalf, PeopleInConsole, PeopleWithCli, Role, Service,
};
use crate::call::{Cadence, Call, Routine, Step, Who, once, times};

const DENIED: &str = "AccessDenied";
const DENIED_EXCEPTION: &str = "AccessDeniedException";
const BUCKET: &str = r#"{"bucketName":"<bucket>","Host":"<bucket>.s3.<region>.amazonaws.com"}"#;

/// A bucket setting that is asked for.
const fn setting(name: &'static str, code: &'static str, message: &'static str) -> Call<'static> {
    Call::read("s3", name, BUCKET)
        .on("AWS::S3::Bucket", "arn:aws:s3:::<bucket>")
        .fails(code, message)
}

const NO_POLICY_STATUS: Call<'static> = setting(
    "GetBucketPolicyStatus",
    "NoSuchBucketPolicy",
    "The bucket policy does not exist",
);
const NO_POLICY: Call<'static> = setting(
    "GetBucketPolicy",
    "NoSuchBucketPolicy",
    "The bucket policy does not exist",
);
const NO_BLOCK: Call<'static> = setting(
    "GetBucketPublicAccessBlock",
    "NoSuchPublicAccessBlockConfiguration",
    "The public access block configuration was not found",
);
const NO_LIFECYCLE: Call<'static> = setting(
    "GetBucketLifecycle",
    "NoSuchLifecycleConfiguration",
    "The lifecycle configuration does not exist",
);
const NO_CORS: Call<'static> = setting(
    "GetBucketCors",
    "NoSuchCORSConfiguration",
    "The CORS configuration does not exist",
);
const NO_REPLICATION: Call<'static> = setting(
    "GetBucketReplication",
    "ReplicationConfigurationNotFoundError",
    "The replication configuration was not found",
);
const NO_LOCK: Call<'static> = setting(
    "GetBucketObjectLockConfiguration",
    "ObjectLockConfigurationNotFoundError",
    "Object Lock configuration does not exist for this bucket",
);
const NO_WEBSITE: Call<'static> = setting(
    "GetBucketWebsite",
    "NoSuchWebsiteConfiguration",
    "The specified bucket does not have a website configuration",
);
const NO_TAGS: Call<'static> = setting("GetBucketTagging", "NoSuchTagSet", "The TagSet does not exist");
const NO_ENCRYPTION: Call<'static> = setting(
    "GetBucketEncryption",
    "ServerSideEncryptionConfigurationNotFoundError",
    "The server side encryption configuration was not found",
);

const S3_CONSOLE: &[Step] = &[
    once(NO_POLICY_STATUS),
    times(0, 1, NO_BLOCK),
    once(
        Call::read(
            "s3",
            "GetAccountPublicAccessBlock",
            r#"{"Host":"<account>.s3-control.<region>.amazonaws.com"}"#,
        )
        .fails(
            "NoSuchPublicAccessBlockConfiguration",
            "The public access block configuration was not found",
        ),
    ),
    times(0, 1, NO_LIFECYCLE),
    times(0, 1, NO_CORS),
    times(0, 1, NO_REPLICATION),
    times(0, 1, NO_WEBSITE),
];

const READ_BACK: &[Step] = &[
    times(1, 2, NO_POLICY),
    once(NO_BLOCK),
    once(NO_LIFECYCLE),
    once(NO_CORS),
    once(NO_REPLICATION),
    once(NO_LOCK),
    once(NO_WEBSITE),
    times(0, 2, NO_TAGS),
    times(0, 1, NO_ENCRYPTION),
    times(
        0,
        3,
        Call::read(
            "ssm",
            "DescribeParameters",
            r#"{"parameterFilters":[{"key":"Name","option":"Equals","values":["<param>"]}]}"#,
        )
        .fails("ThrottlingException", "Rate exceeded"),
    ),
];

/// Waiting until something is gone, or is there: the answers in between are errors.
const WAIT_LOOPS: &[Step] = &[
    times(0, 2, Call::read("ec2", "DescribeRouteTables", r#"{"routeTableIdSet":{"items":[{"routeTableId":"rtb-0<hex16>"}]}}"#)
        .fails("Client.InvalidRouteTableID.NotFound", "The routeTable ID 'rtb-0<hex16>' does not exist")),
    times(0, 1, Call::read("ec2", "DescribeVolumes", r#"{"volumeSet":{"items":[{"volumeId":"vol-0<hex16>"}]}}"#)
        .fails("Client.InvalidVolume.NotFound", "The volume 'vol-0<hex16>' does not exist.")),
    times(0, 1, Call::read("ec2", "DescribeSecurityGroups", r#"{"securityGroupIdSet":{"items":[{"groupId":"sg-0<hex16>"}]}}"#)
        .fails("Client.InvalidGroup.NotFound", "The security group 'sg-0<hex16>' does not exist")),
    times(0, 1, Call::read("ec2", "DescribeSubnets", r#"{"subnetSet":{"items":[{"subnetId":"subnet-0<hex16>"}]}}"#)
        .fails("Client.InvalidSubnetID.NotFound", "The subnet ID 'subnet-0<hex16>' does not exist")),
    times(0, 1, Call::read("iam", "GetRole", r#"{"roleName":"preview-<hex8>"}"#)
        .fails("NoSuchEntityException", "The role with name preview-<hex8> cannot be found.")),
    times(0, 1, Call::read("iam", "GetInstanceProfile", r#"{"instanceProfileName":"preview-<hex8>"}"#)
        .fails("NoSuchEntityException", "Instance Profile preview-<hex8> cannot be found.")),
    times(0, 1, Call::write("lambda", "CreateFunction20150331", r#"{"functionName":"preview-<hex8>","runtime":"python3.13","role":"arn:aws:iam::<account>:role/preview-<hex8>"}"#, "null")
        .fails("InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")),
    times(0, 1, Call::write("ssm", "PutParameter", r#"{"name":"/preview/<hex8>/version","type":"String","overwrite":true}"#, "null")
        .fails("ThrottlingException", "Rate exceeded")),
    times(0, 1, Call::write("ssm", "DeleteParameter", r#"{"name":"/preview/<hex8>/version"}"#, "null")
        .fails("ThrottlingException", "Rate exceeded")),
    times(0, 1, Call::write("s3", "DeleteBucket", BUCKET, "null")
        .fails("BucketNotEmpty", "The bucket you tried to delete is not empty")),
    times(0, 1, Call::write("dynamodb", "CreateTable", r#"{"tableName":"preview-<hex8>","billingMode":"PAY_PER_REQUEST"}"#, "null")
        .fails("ResourceInUseException", "Table already exists: preview-<hex8>")),
];

/// What the console asks on its pages, whether or not the service is in use.
const CONSOLE_HOME: &[Step] = &[
    once(Call::read("notifications", "ListNotificationHubs", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: notifications:ListNotificationHubs because no identity-based policy allows the notifications:ListNotificationHubs action",
    )),
    once(Call::read("trustedadvisor", "DescribeTrustedAdvisorChecks", r#"{"language":"en"}"#).fails(
        DENIED,
        "User: <actor> is not authorized to perform: trustedadvisor:DescribeChecks because no identity-based policy allows the trustedadvisor:DescribeChecks action",
    )),
    once(Call::read("uxc", "GetAccountColor", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: uxc:GetAccountColor because no identity-based policy allows the uxc:GetAccountColor action",
    )),
];

const ORGANIZATION_PAGES: &[Step] = &[
    once(
        Call::read(
            "organizations",
            "ListDelegatedAdministrators",
            r#"{"servicePrincipal":"config.amazonaws.com"}"#,
        )
        .fails(
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        ),
    ),
    once(
        Call::read("organizations", "ListAWSServiceAccessForOrganization", "null").fails(
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        ),
    ),
    times(
        0,
        1,
        Call::read("securityhub", "DescribeHub", "null").fails(
            "InvalidAccessException",
            "Account <account> is not subscribed to AWS Security Hub",
        ),
    ),
    times(
        0,
        1,
        Call::read(
            "guardduty",
            "DescribeOrganizationConfiguration",
            r#"{"detectorId":"12abc34d567e8fa901bc2d34e56789f0"}"#,
        )
        .fails(
            "BadRequestException",
            "The request is rejected because the current account is not the delegated administrator.",
        ),
    ),
    once(Call::read("macie2", "GetMacieSession", "null").fails(DENIED_EXCEPTION, "Macie is not enabled.")),
];

const SERVICE_PAGES: &[Step] = &[
    times(0, 1, Call::read("compute-optimizer", "GetEBSVolumeRecommendations", "null")
        .fails("OptInRequiredException", "Account not registered for recommendations.")),
    times(0, 1, Call::read("ec2", "GetCapacityReservationAccountAttribute", r#"{"GetCapacityReservationAccountAttributeRequest":{"Attribute":"interruptible"}}"#)
        .fails("Client.Unsupported", "The functionality you requested is not available in this region.")),
    times(0, 1, Call::read("devops-guru", "GetResourceCollection", r#"{"ResourceCollectionType":"AWS_CLOUD_FORMATION"}"#)
        .fails("ResourceNotFoundException", "")),
    times(0, 1, Call::read("cloudtrail", "GetInsightSelectors", r#"{"trailName":"arn:aws:cloudtrail:<region>:<account>:trail/<trail>"}"#)
        .fails("InsightNotEnabledException", "Trail arn:aws:cloudtrail:<region>:<account>:trail/<trail> does not have Insights enabled. Edit the trail settings to enable Insights, and then try the operation again.")),
    times(0, 1, Call::read("cloudtrail", "LookupEvents", r#"{"maxResults":50}"#).fails("ThrottlingException", "Rate exceeded")),
    times(0, 1, Call::read("monitoring", "GetDashboard", r#"{"dashboardName":"<dashboard>-old"}"#)
        .fails("DashboardNotFoundError", "Dashboard <dashboard>-old does not exist")),
    times(0, 1, Call::read("monitoring", "GetDashboard", r#"{"dashboardName":"[object HashChangeEvent]"}"#)
        .fails("InvalidParameterValueException", "The value [object HashChangeEvent] for parameter DashboardName is invalid")),
    once(Call::read("iam", "GetAccountPasswordPolicy", "null")
        .fails("NoSuchEntityException", "The Password Policy with domain name <account> cannot be found.")),
    times(0, 1, Call::read("iam", "ListAccessKeys", "null")
        .fails("ValidationException", "Must specify userName when calling with non-User credentials")),
    once(Call::read("ce", "GetCostForecast", r#"{"granularity":"MONTHLY","metric":"UNBLENDED_COST"}"#)
        .fails(DENIED_EXCEPTION, "IAM user access not activated")),
    times(0, 1, Call::read("secretsmanager", "DescribeSecret", r#"{"secretId":"preview/<hex8>"}"#)
        .fails("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")),
];

const CLI_SLIPS: &[Step] = &[
    times(
        0,
        1,
        Call::read(
            "ssm",
            "GetParameter",
            r#"{"name":"/app/confg/<hex4>","withDecryption":true}"#,
        )
        .fails("ParameterNotFound", ""),
    ),
    times(
        0,
        1,
        Call::read(
            "ec2",
            "DescribeInstances",
            r#"{"instancesSet":{"items":[{"instanceId":"i-<hex4>"}]}}"#,
        )
        .fails("Client.InvalidInstanceID.Malformed", "Invalid id: \"i-<hex4>\""),
    ),
    times(
        0,
        1,
        Call::read(
            "logs",
            "FilterLogEvents",
            r#"{"logGroupName":"/aws/lambda/<hex8>"}"#,
        )
        .fails(
            "ResourceNotFoundException",
            "The specified log group does not exist.",
        ),
    ),
    times(
        0,
        1,
        Call::read(
            "lambda",
            "GetFunction20150331v2",
            r#"{"functionName":"<function>-dev"}"#,
        )
        .fails(
            "ResourceNotFoundException",
            "Function not found: arn:aws:lambda:<region>:<account>:function:<function>-dev",
        ),
    ),
    times(
        0,
        1,
        Call::read(
            "cloudformation",
            "DescribeStacks",
            r#"{"stackName":"<stack>-<hex4>"}"#,
        )
        .fails("ValidationError", "Stack with id <stack>-<hex4> does not exist"),
    ),
];

const COMPLIANCE_SCAN: &[Step] = &[
    times(2, 4, Call::read("s3", "GetBucketAcl", BUCKET).fails(DENIED, "Access Denied")),
    once(Call::read("glue", "GetDataCatalogEncryptionSettings", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: glue:GetDataCatalogEncryptionSettings on resource: arn:aws:glue:<region>:<account>:catalog because no identity-based policy allows the glue:GetDataCatalogEncryptionSettings action",
    )),
    times(1, 2, Call::read("ecr", "DescribeRepositories", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: ecr:DescribeRepositories on resource: arn:aws:ecr:<region>:<account>:repository/* because no identity-based policy allows the ecr:DescribeRepositories action",
    )),
    once(Call::read("appstream", "DescribeFleets", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: appstream:DescribeFleets on resource: arn:aws:appstream:<region>:<account>:fleet/* because no identity-based policy allows the appstream:DescribeFleets action",
    )),
    once(Call::read("dlm", "GetLifecyclePolicies", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: dlm:GetLifecyclePolicies on resource: arn:aws:dlm:<region>:<account>:policy/* because no identity-based policy allows the dlm:GetLifecyclePolicies action",
    )),
    once(Call::read("s3", "GetBucketPolicy", BUCKET).fails("NoSuchBucketPolicy", "The bucket policy does not exist")),
];

/// Denials that short-lived roles run into again and again. Each stands in the background too, made by a role that
/// lasts: what is new each day are the roles, not the errors.
pub(crate) const KNOWN_DENIALS: [Call<'static>; 8] = [
    Call::read("cloudformation", "ListExports", "null").fails(
        DENIED,
        "User: <actor> is not authorized to perform: cloudformation:ListExports because no identity-based policy allows the cloudformation:ListExports action",
    ),
    Call::read("ecr", "DescribeImageScanFindings", r#"{"repositoryName":"<repo>","imageId":{"imageTag":"<hex8>"}}"#).fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: ecr:DescribeImageScanFindings on resource: arn:aws:ecr:<region>:<account>:repository/<repo> because no identity-based policy allows the ecr:DescribeImageScanFindings action",
    ),
    Call::read("ec2", "DescribeTags", r#"{"filterSet":{"items":[{"name":"resource-id","valueSet":{"items":[{"value":"<instance>"}]}}]}}"#).fails(
        "Client.UnauthorizedOperation",
        "You are not authorized to perform this operation. User: <actor> is not authorized to perform: ec2:DescribeTags because no identity-based policy allows the ec2:DescribeTags action",
    ),
    Call::read("s3", "HeadBucket", BUCKET).on("AWS::S3::Bucket", "arn:aws:s3:::<bucket>").fails(DENIED, "Access Denied"),
    Call::write("logs", "CreateLogGroup", r#"{"logGroupName":"/aws/lambda/<who>"}"#, "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: logs:CreateLogGroup on resource: arn:aws:logs:<region>:<account>:log-group:/aws/lambda/<who>:log-stream: because no identity-based policy allows the logs:CreateLogGroup action",
    ),
    Call::read("xray", "GetSamplingRules", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: xray:GetSamplingRules because no identity-based policy allows the xray:GetSamplingRules action",
    ),
    Call::read("sagemaker", "ListTags", r#"{"resourceArn":"arn:aws:sagemaker:<region>:<account>:domain/d-<hex8>"}"#).fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: sagemaker:ListTags on resource: arn:aws:sagemaker:<region>:<account>:domain/d-<hex8> because no identity-based policy allows the sagemaker:ListTags action",
    ),
    Call::read("glue", "GetDatabases", "null").fails(
        DENIED_EXCEPTION,
        "User: <actor> is not authorized to perform: glue:GetDatabases on resource: arn:aws:glue:<region>:<account>:catalog because no identity-based policy allows the glue:GetDatabases action",
    ),
];

const fn routine(name: &'static str, who: Who, cadence: Cadence, steps: &'static [Step]) -> Routine {
    Routine {
        name,
        who,
        cadence,
        steps,
    }
}

/// Every routine whose calls fail, as background.
pub(crate) const NOISE: &[Routine] = &[
    // AWS services that probe what they may do.
    routine("log delivery", Service("delivery.logs.amazonaws.com"), Steady(0.3), &[
        times(1, 3, Call::write("s3", "PutObject", r#"{"bucketName":"<bucket>","key":"AWSLogs/<account>/vpcflowlogs/<region>/<hex16>.log.gz","Host":"<bucket>.s3.<region>.amazonaws.com","x-amz-acl":"bucket-owner-full-control"}"#, "null")
            .on("AWS::S3::Bucket", "arn:aws:s3:::<bucket>").fails(DENIED, "Access Denied")),
        times(0, 1, Call::read("s3", "HeadBucket", BUCKET).fails(DENIED, "Access Denied")),
    ]),
    routine("recorder bucket check", Service("config.amazonaws.com"), Daily(2, 4), &[once(Call::read("s3", "HeadBucket", BUCKET).fails(DENIED, "Access Denied"))]),
    routine("query of trail", Service("cloudtrail.amazonaws.com"), Daily(1, 5), &[once(Call::read("logs", "StartQuery", r#"{"logGroupName":"<loggroup>"}"#).fails(DENIED_EXCEPTION, "User: cloudtrail.amazonaws.com is not authorized to perform: logs:StartQuery on resource: arn:aws:logs:<region>:<account>:log-group:<loggroup>:log-stream:"))]),
    routine("image of function", OnBehalf(&ORDERS_API, "lambda.amazonaws.com"), Daily(1, 3), &[once(Call::read("ecr", "BatchGetImage", r#"{"repositoryName":"<repo>","registryId":"<account>"}"#).fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:<region>:<account>:repository/<repo> because no resource-based policy allows the ecr:BatchGetImage action"))]),
    routine("missing page", Service("cloudfront.amazonaws.com"), Steady(0.25), &[once(Call::read("s3", "GetObject", r#"{"bucketName":"<bucket>","key":"favicon-<hex4>.ico","Host":"<bucket>.s3.<region>.amazonaws.com"}"#)
        .on("AWS::S3::Object", "arn:aws:s3:::<bucket>/favicon-<hex4>.ico").fails(DENIED, "Access Denied"))]),
    // Service-linked roles that look at what is not set up.
    routine("explorer", Linked("AWSServiceRoleForResourceExplorer", "resource-explorer-2.amazonaws.com"), Daily(1, 6), &[
        once(Call::read("route53domains", "ListDomains", "null").fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: route53domains:ListDomains")),
        once(Call::read("iotfleetwise", "ListSignalCatalogs", "null").fails(DENIED_EXCEPTION, "Account is not registered with AWS IoT FleetWise.")),
        once(Call::read("partnercentral-selling", "ListEngagements", r#"{"catalog":"AWS"}"#).fails(DENIED_EXCEPTION, "Account is not a registered partner.")),
    ]),
    routine("inspector", Linked("AWSServiceRoleForAmazonInspector2", "inspector2.amazonaws.com"), Steady(0.15), &[once(Call::read("elasticloadbalancing", "DescribeTargetGroupAttributes", r#"{"targetGroupArn":"arn:aws:elasticloadbalancing:<region>:<account>:targetgroup/web/<tg>"}"#).fails(DENIED, "User: <actor> is not authorized to perform: elasticloadbalancing:DescribeTargetGroupAttributes because no identity-based policy allows the elasticloadbalancing:DescribeTargetGroupAttributes action"))]),
    routine("recorder looks", Linked("AWSServiceRoleForConfig", "config.amazonaws.com"), Steady(0.12), &[
        times(0, 1, NO_POLICY),
        times(0, 1, NO_REPLICATION),
        times(0, 1, Call::read("lambda", "GetPolicy20150331v2", r#"{"functionName":"<function>"}"#).fails("ResourceNotFoundException", "The resource you requested does not exist.")),
        times(0, 1, Call::read("ecr", "GetRepositoryPolicy", r#"{"repositoryName":"<repo>"}"#).fails("RepositoryPolicyNotFoundException", "Repository policy does not exist for the repository with name '<repo>' in the registry with id '<account>'")),
    ]),
    // The console.
    routine("bucket page", PeopleInConsole, Office(0.06), S3_CONSOLE),
    routine("home page", PeopleInConsole, Office(0.08), CONSOLE_HOME),
    routine("organization pages", PeopleInConsole, Office(0.08), ORGANIZATION_PAGES),
    routine("service pages", PeopleInConsole, Office(0.08), SERVICE_PAGES),
    routine("mistyped password", ConsoleUser, Daily(1, 8), &[
        times(1, 2, Call::write("signin", "ConsoleLogin", "null", r#"{"ConsoleLogin":"Failure"}"#).fails("", "Failed authentication")),
        once(SIGN_IN),
    ]),
    // Infrastructure as code.
    routine("read back", Role(&TERRAFORM), Office(0.16), READ_BACK),
    routine("nightly read back", Role(&TERRAFORM), Daily(1, 2), READ_BACK),
    routine("wait loops", Role(&TERRAFORM), Office(0.2), WAIT_LOOPS),
    // People at the command line.
    routine("slips", PeopleWithCli, Office(0.07), CLI_SLIPS),
    routine("expired session", PeopleWithCli, Office(0.05), &[once(Call::read("ec2", "DescribeInstances", "null").fails("Client.RequestExpired", "Request has expired."))]),
    routine("permission check", PeopleWithCli, Office(0.07), &[once(Call::write("ec2", "StartInstances", r#"{"instancesSet":{"items":[{"instanceId":"<instance>"}]},"dryRun":true}"#, "null")
        .fails("Client.DryRunOperation", "Request would have succeeded, but DryRun flag is set."))]),
    // Throttling.
    routine("throttled batch", Role(&BATCH_WORKER), Steady(0.12), &[times(1, 4, Call::read("ssm", "GetParameter", r#"{"name":"<param>","withDecryption":true}"#).fails("ThrottlingException", "Rate exceeded"))]),
    routine("throttled monitoring", Role(&MONITORING), Steady(0.1), &[
        times(1, 2, Call::read("ec2", "DescribeInstances", r#"{"maxResults":1000}"#).fails("Client.RequestLimitExceeded", "Request limit exceeded.")),
        times(0, 1, Call::read("lambda", "ListTags20170331", r#"{"resource":"arn:aws:lambda:<region>:<account>:function:<function>"}"#).fails("TooManyRequestsException", "Rate exceeded")),
    ]),
    // Scanners and vendors.
    routine("daily scan", Role(&PROWLER), Daily(1, 4), COMPLIANCE_SCAN),
    routine("weekly scan", Role(&PROWLER), Weekly(1, 6), &[
        once(Call::read("shield", "DescribeSubscription", "null").fails("ResourceNotFoundException", "The subscription does not exist.")),
        once(Call::read("inspector2", "DescribeOrganizationConfiguration", "null").fails(DENIED_EXCEPTION, "Invoking account does not have access to describe the organization configuration.")),
        once(Call::read("workspaces", "DescribeWorkspaces", "null").fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: workspaces:DescribeWorkspaces on resource: arn:aws:workspaces:<region>:<account>:workspace/* because no identity-based policy allows the workspaces:DescribeWorkspaces action")),
    ]),
    routine("evidence", Role(&DRATA), Daily(1, 7), &[
        times(1, 2, Call::read("s3", "GetBucketAcl", BUCKET).fails(DENIED, "Access Denied")),
        once(Call::read("dynamodb", "DescribeContinuousBackups", r#"{"tableName":"<table>"}"#).fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: dynamodb:DescribeContinuousBackups on resource: arn:aws:dynamodb:<region>:<account>:table/<table> because no identity-based policy allows the dynamodb:DescribeContinuousBackups action")),
    ]),
    routine("tags", Role(&MONITORING), Steady(0.12), &[once(Call::read("tagging", "GetResources", r#"{"resourcesPerPage":100}"#).fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: tag:GetResources because no identity-based policy allows the tag:GetResources action"))]),
    // Broken, but constantly so.
    routine("chat", Role(&CHATBOT), Steady(0.18), &[
        once(Call::read("logs", "DescribeLogGroups", r#"{"limit":50}"#).fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: logs:DescribeLogGroups on resource: arn:aws:logs:<region>:<account>:log-group::log-stream: because no identity-based policy allows the logs:DescribeLogGroups action")),
        times(0, 1, Call::read("logs", "DescribeQueryDefinitions", "null").fails(DENIED_EXCEPTION, "User: <actor> is not authorized to perform: logs:DescribeQueryDefinitions on resource: arn:aws:logs:<region>:<account>:log-group::log-stream: because no identity-based policy allows the logs:DescribeQueryDefinitions action")),
    ]),
    routine("agent on instances", Role(&INSTANCE), Steady(0.18), &[
        once(KNOWN_DENIALS[3]),
        times(0, 1, Call::read("s3", "HeadObject", r#"{"bucketName":"<bucket>","key":"latest/amazon-ssm-agent.json","Host":"<bucket>.s3.<region>.amazonaws.com"}"#).fails(DENIED, "Access Denied")),
    ]),
    routine("interface at deploy", Role(&CI_RUNNER), Daily(1, 13), &[once(Call::write("ec2", "CreateNetworkInterface", r#"{"subnetId":"<subnet>","groupSet":{"items":[{"groupId":"<sg>"}]}}"#, "null").fails("Client.UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: <blob>"))]),
    routine("open bucket probes", Anonymous, Steady(0.12), &[once(Call::read("s3", "GetObject", r#"{"bucketName":"example-assets-<account>","key":"backup-<hex4>.zip","Host":"example-assets-<account>.s3.<region>.amazonaws.com"}"#)
        .on("AWS::S3::Object", "arn:aws:s3:::example-assets-<account>/backup-<hex4>.zip").fails(DENIED, "Access Denied"))]),
    // The denials that short-lived roles share.
    routine("builds denied", Role(&CI_RUNNER), Daily(1, 10), &[once(KNOWN_DENIALS[0]), once(KNOWN_DENIALS[1])]),
    routine("nodes denied", Role(&EKS_NODE), Daily(1, 0), &[once(KNOWN_DENIALS[2]), once(KNOWN_DENIALS[3])]),
    routine("functions denied", Role(&PLATFORM_LAMBDA), Daily(1, 1), &[once(KNOWN_DENIALS[4]), once(KNOWN_DENIALS[5])]),
    routine("notebooks denied", Role(&NOTEBOOK), Daily(1, 9), &[once(KNOWN_DENIALS[6]), once(KNOWN_DENIALS[7])]),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tables::work::WORK;

    #[test]
    fn each_routine_has_a_name_of_its_own() {
        let names: BTreeSet<&str> = WORK.iter().chain(NOISE).map(|routine| routine.name).collect();
        assert_eq!(names.len(), WORK.len() + NOISE.len());
    }

    #[test]
    fn work_succeeds_and_noise_fails() {
        assert!(
            WORK.iter()
                .flat_map(|routine| routine.steps)
                .all(|step| step.call.error.is_none())
        );
        assert!(
            NOISE
                .iter()
                .all(|routine| routine.steps.iter().any(|step| step.call.error.is_some()))
        );
    }

    #[test]
    fn what_short_lived_roles_are_denied_is_background_already() {
        let background: Vec<&Call<'_>> = NOISE
            .iter()
            .flat_map(|routine| routine.steps)
            .map(|step| &step.call)
            .collect();
        for denial in &KNOWN_DENIALS {
            let same = |call: &&&Call<'_>| {
                (call.source, call.name, call.error) == (denial.source, denial.name, denial.error)
            };
            assert!(background.iter().any(|call| same(&call)), "{denial:?}");
        }
    }
}
