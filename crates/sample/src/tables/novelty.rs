//! Harmless errors that somebody makes for the first time: a page of a service that is not in use, a name that does not
//! exist, an argument that is too long, a page token that went stale.
//!
//! The catalogue is services × calls × ways to fail. Identity, key, secret and audit services are left out: a first
//! error there is worth a look. It holds over a thousand errors, so that at the default rate an account repeats none
//! for most of a year.

use crate::call::Call;

/// A service that people look at.
struct Service {
    /// `eventSource` without `.amazonaws.com`.
    source: &'static str,
    /// What its main resource is called, and the parameter that names it.
    noun: &'static str,
    parameter: &'static str,
    /// Code and message for one that does not exist; `{}` is its name.
    missing: (&'static str, &'static str),
    /// Calls that read it.
    reads: &'static [&'static str],
    /// The call that makes one.
    create: &'static str,
}

/// How a call fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Missing,
    TooLong,
    StaleToken,
    PageSize,
    Throttled,
    Denied,
    NotEnabled,
    Quota,
}

/// An error of the catalogue.
#[derive(Debug)]
pub(crate) struct Novelty {
    source: &'static str,
    name: &'static str,
    read: bool,
    params: String,
    code: &'static str,
    message: String,
}

impl Novelty {
    /// The call, as tables write it.
    pub(crate) fn call(&self) -> Call<'_> {
        let call = Call::read(self.source, self.name, &self.params).fails(self.code, &self.message);
        Call {
            read: self.read,
            ..call
        }
    }

    fn new(service: &Service, name: &'static str, way: Way) -> Self {
        let Service {
            source,
            noun,
            parameter,
            missing,
            ..
        } = *service;
        let value = format!("{}-<hex4>", noun.to_ascii_lowercase().replace(' ', "-"));
        let (code, message) = match way {
            Way::Missing => (missing.0, missing.1.replace("{}", &value)),
            Way::TooLong => (
                "ValidationException",
                format!("1 validation error detected: Value '{value}' at '{parameter}' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_]+"),
            ),
            Way::StaleToken => ("InvalidNextTokenException", "The specified pagination token is not valid or has expired.".to_owned()),
            Way::PageSize => (
                "InvalidParameterException",
                "Value '<n100000>' at 'maxResults' failed to satisfy constraint: Member must have value less than or equal to 1000".to_owned(),
            ),
            Way::Throttled => ("ThrottlingException", "Rate exceeded".to_owned()),
            Way::Denied => (
                "AccessDeniedException",
                format!("User: <actor> is not authorized to perform: {source}:{name} because no identity-based policy allows the {source}:{name} action"),
            ),
            Way::NotEnabled => ("SubscriptionRequiredException", "The account needs a subscription for the service".to_owned()),
            Way::Quota => ("LimitExceededException", format!("You have reached the maximum number of {noun}s for this account.")),
        };
        let params = match way {
            Way::StaleToken => r#"{"nextToken":"<hex16>"}"#.to_owned(),
            Way::PageSize => r#"{"maxResults":<n100000>}"#.to_owned(),
            Way::Throttled | Way::Denied | Way::NotEnabled => "null".to_owned(),
            Way::Missing | Way::TooLong | Way::Quota => format!(r#"{{"{parameter}":"{value}"}}"#),
        };
        Self {
            source,
            name,
            read: way != Way::Quota,
            params,
            code,
            message,
        }
    }
}

/// Every error of the catalogue, in a fixed order.
pub(crate) fn catalogue() -> Vec<Novelty> {
    let mut all = Vec::with_capacity(1_500);
    for (number, service) in SERVICES.iter().enumerate() {
        for (index, name) in service.reads.iter().enumerate() {
            let pages = name.starts_with("List") || name.starts_with("Describe");
            let ways = [
                (Way::Missing, !name.starts_with("List")),
                (Way::TooLong, true),
                (Way::StaleToken, pages),
                (Way::PageSize, pages),
                (Way::Throttled, true),
                (Way::Denied, (number + index) % 3 == 0),
                (Way::NotEnabled, index == 0),
            ];
            let ways = ways.iter().filter(|(_, applies)| *applies);
            all.extend(ways.map(|(way, _)| Novelty::new(service, name, *way)));
        }
        all.push(Novelty::new(service, service.create, Way::Quota));
    }
    all
}

const fn service(
    source: &'static str,
    noun: &'static str,
    parameter: &'static str,
    missing: (&'static str, &'static str),
    reads: &'static [&'static str],
    create: &'static str,
) -> Service {
    Service {
        source,
        noun,
        parameter,
        missing,
        reads,
        create,
    }
}

const NOT_FOUND: &str = "ResourceNotFoundException";

#[rustfmt::skip]
const SERVICES: &[Service] = &[
    service("athena", "work group", "workGroup", ("InvalidRequestException", "WorkGroup {} is not found."), &["GetWorkGroup", "ListNamedQueries", "GetNamedQuery", "ListDataCatalogs", "GetDataCatalog", "ListPreparedStatements", "GetDatabase", "ListTableMetadata"], "CreateWorkGroup"),
    service("glue", "crawler", "name", ("EntityNotFoundException", "Crawler {} not found"), &["GetCrawler", "ListCrawlers", "GetJob", "GetJobRun", "ListJobs", "GetTable", "GetPartitions", "GetTrigger", "ListWorkflows"], "CreateCrawler"),
    service("sagemaker", "endpoint", "endpointName", ("ValidationError", "Could not find endpoint \"{}\"."), &["DescribeEndpoint", "ListEndpoints", "DescribeModel", "ListModels", "DescribeTrainingJob", "ListTrainingJobs", "DescribeDomain", "ListApps"], "CreateEndpoint"),
    service("bedrock", "model", "modelIdentifier", (NOT_FOUND, "Could not resolve the foundation model from the model identifier {}"), &["GetFoundationModel", "ListFoundationModels", "GetGuardrail", "ListGuardrails", "GetCustomModel", "ListCustomModels", "ListInferenceProfiles"], "CreateGuardrail"),
    service("eks", "cluster", "name", (NOT_FOUND, "No cluster found for name: {}."), &["DescribeCluster", "ListNodegroups", "DescribeNodegroup", "DescribeAddon", "ListAddons", "DescribeFargateProfile", "ListInsights"], "CreateNodegroup"),
    service("ecs", "cluster", "cluster", ("ClusterNotFoundException", "Cluster not found: {}."), &["DescribeTasks", "ListTasks", "ListServices", "DescribeTaskDefinition", "ListTaskDefinitions", "DescribeContainerInstances", "ListContainerInstances"], "CreateCluster"),
    service("ecr", "repository", "repositoryName", ("RepositoryNotFoundException", "The repository with name '{}' does not exist in the registry with id '<account>'"), &["DescribeImages", "ListImages", "GetLifecyclePolicy", "DescribePullThroughCacheRules", "ListTagsForResource"], "CreateRepository"),
    service("rds", "instance", "dBInstanceIdentifier", ("DBInstanceNotFound", "DBInstance {} not found."), &["DescribeDBClusters", "DescribeDBSnapshots", "DescribeDBLogFiles", "DescribeDBParameters", "DescribeEvents", "DescribeOptionGroups", "DescribeDBProxies"], "CreateDBInstance"),
    service("redshift", "cluster", "clusterIdentifier", ("ClusterNotFound", "Cluster {} not found."), &["DescribeClusters", "DescribeClusterSnapshots", "DescribeLoggingStatus", "DescribeStorage", "DescribeTableRestoreStatus"], "CreateCluster"),
    service("elasticache", "cache cluster", "cacheClusterId", ("CacheClusterNotFound", "CacheCluster not found: {}"), &["DescribeCacheClusters", "DescribeReplicationGroups", "DescribeSnapshots", "DescribeCacheParameters", "DescribeServerlessCaches"], "CreateCacheCluster"),
    service("kinesis", "stream", "streamName", (NOT_FOUND, "Stream {} under account <account> not found."), &["DescribeStream", "DescribeStreamSummary", "ListShards", "ListStreams", "ListStreamConsumers", "DescribeLimits"], "CreateStream"),
    service("firehose", "delivery stream", "deliveryStreamName", (NOT_FOUND, "Firehose {} under account <account> not found."), &["DescribeDeliveryStream", "ListDeliveryStreams", "ListTagsForDeliveryStream"], "CreateDeliveryStream"),
    service("sqs", "queue", "queueName", ("QueueDoesNotExist", "The specified queue {} does not exist."), &["GetQueueUrl", "ListQueues", "ListQueueTags", "ListDeadLetterSourceQueues", "ListMessageMoveTasks"], "CreateQueue"),
    service("sns", "topic", "topicArn", ("NotFoundException", "Topic {} does not exist"), &["GetTopicAttributes", "ListTopics", "ListSubscriptionsByTopic", "GetSubscriptionAttributes", "ListPlatformApplications"], "CreateTopic"),
    service("states", "state machine", "stateMachineArn", ("StateMachineDoesNotExist", "State Machine Does Not Exist: '{}'"), &["DescribeStateMachine", "ListStateMachines", "DescribeExecution", "ListExecutions", "GetExecutionHistory", "ListActivities"], "CreateStateMachine"),
    service("events", "rule", "name", (NOT_FOUND, "Rule {} does not exist on EventBus default."), &["DescribeRule", "ListRules", "ListTargetsByRule", "DescribeEventBus", "ListEventBuses", "DescribeArchive", "ListReplays"], "PutRule"),
    service("scheduler", "schedule", "name", (NOT_FOUND, "Schedule {} does not exist."), &["GetSchedule", "ListSchedules", "GetScheduleGroup", "ListScheduleGroups"], "CreateSchedule"),
    service("apigateway", "API", "restApiId", ("NotFoundException", "Invalid API identifier specified <account>:{}"), &["GetRestApi", "GetStages", "GetResources", "GetUsagePlans", "GetDomainName", "GetVpcLinks"], "CreateRestApi"),
    service("appsync", "API", "apiId", ("NotFoundException", "GraphQL API {} not found."), &["GetGraphqlApi", "ListGraphqlApis", "ListDataSources", "ListResolvers", "GetSchemaCreationStatus"], "CreateGraphqlApi"),
    service("amplify", "app", "appId", ("NotFoundException", "App {} not found."), &["GetApp", "ListApps", "ListBranches", "GetBranch", "ListJobs", "GetDomainAssociation"], "CreateApp"),
    service("codebuild", "project", "name", (NOT_FOUND, "Build project arn:aws:codebuild:<region>:<account>:project/{} does not exist."), &["BatchGetProjects", "ListBuildsForProject", "BatchGetBuilds", "ListBuilds", "ListReportGroups", "DescribeTestCases"], "CreateProject"),
    service("codepipeline", "pipeline", "name", ("PipelineNotFoundException", "Account '<account>' does not have a pipeline with name '{}'"), &["GetPipeline", "GetPipelineState", "ListPipelineExecutions", "GetPipelineExecution", "ListPipelines", "ListActionExecutions"], "CreatePipeline"),
    service("batch", "job queue", "jobQueue", ("ClientException", "Job queue {} does not exist"), &["DescribeJobs", "ListJobs", "DescribeJobQueues", "DescribeComputeEnvironments", "DescribeJobDefinitions", "DescribeSchedulingPolicies"], "CreateJobQueue"),
    service("elasticbeanstalk", "application", "applicationName", ("InvalidParameterValue", "No Application named '{}' found."), &["DescribeEnvironments", "DescribeApplications", "DescribeEvents", "DescribeConfigurationSettings", "DescribeInstancesHealth"], "CreateApplication"),
    service("route53resolver", "endpoint", "resolverEndpointId", (NOT_FOUND, "[RSLVR-00601] Cannot find Resolver endpoint with ID '{}'."), &["GetResolverEndpoint", "ListResolverEndpoints", "ListResolverRules", "GetResolverRule", "ListFirewallRuleGroups"], "CreateResolverEndpoint"),
    service("acm", "certificate", "certificateArn", (NOT_FOUND, "Could not find certificate {}."), &["DescribeCertificate", "ListCertificates", "GetAccountConfiguration", "ListTagsForCertificate"], "RequestCertificate"),
    service("elasticmapreduce", "cluster", "clusterId", ("InvalidRequestException", "Cluster id '{}' is not valid."), &["DescribeCluster", "ListClusters", "ListSteps", "ListInstanceGroups", "ListInstances", "DescribeStep", "ListStudios"], "CreateStudio"),
    service("es", "domain", "domainName", (NOT_FOUND, "Domain not found: {}"), &["DescribeDomain", "ListDomainNames", "DescribeDomainConfig", "ListVersions", "DescribePackages", "GetUpgradeHistory"], "CreateDomain"),
    service("kafka", "cluster", "clusterArn", ("NotFoundException", "The cluster {} doesn't exist."), &["DescribeCluster", "ListClusters", "ListNodes", "GetBootstrapBrokers", "ListConfigurations", "ListKafkaVersions"], "CreateCluster"),
    service("mq", "broker", "broker-id", ("NotFoundException", "Can't find requested broker [{}]. Make sure your broker exists."), &["DescribeBroker", "ListBrokers", "DescribeBrokerEngineTypes", "ListConfigurations"], "CreateBroker"),
    service("datasync", "task", "taskArn", ("InvalidRequestException", "Request parameter {} does not exist."), &["DescribeTask", "ListTasks", "ListTaskExecutions", "ListLocations", "DescribeAgent", "ListAgents"], "CreateTask"),
    service("fsx", "file system", "fileSystemId", ("FileSystemNotFound", "File system '{}' does not exist."), &["DescribeFileSystems", "DescribeVolumes", "DescribeStorageVirtualMachines", "DescribeDataRepositoryTasks", "DescribeFileCaches"], "CreateFileSystem"),
    service("elasticfilesystem", "file system", "fileSystemId", ("FileSystemNotFound", "File system '{}' does not exist."), &["DescribeFileSystems", "DescribeMountTargets", "DescribeAccessPoints", "DescribeLifecycleConfiguration", "DescribeReplicationConfigurations"], "CreateFileSystem"),
    service("backup", "vault", "backupVaultName", (NOT_FOUND, "Backup vault {} was not found."), &["DescribeBackupVault", "ListBackupJobs", "ListBackupPlans", "GetBackupPlan", "ListRecoveryPointsByBackupVault", "ListRestoreJobs"], "CreateBackupVault"),
    service("dms", "task", "replicationTaskArn", ("ResourceNotFoundFault", "Replication task {} not found."), &["DescribeReplicationTasks", "DescribeReplicationInstances", "DescribeEndpoints", "DescribeTableStatistics", "DescribeConnections"], "CreateReplicationTask"),
    service("quicksight", "dashboard", "dashboardId", (NOT_FOUND, "Dashboard {} does not exist"), &["DescribeDashboard", "ListDashboards", "ListDataSets", "DescribeDataSet", "ListAnalyses", "ListIngestions", "DescribeAccountSettings"], "CreateDashboard"),
    service("comprehend", "job", "jobId", ("JobNotFoundException", "The specified job {} was not found."), &["DescribeEntitiesDetectionJob", "ListEntitiesDetectionJobs", "ListDocumentClassifiers", "DescribeDocumentClassifier"], "CreateDocumentClassifier"),
    service("rekognition", "collection", "collectionId", (NOT_FOUND, "The collection id: {} does not exist"), &["DescribeCollection", "ListCollections", "ListFaces", "DescribeProjects", "ListStreamProcessors"], "CreateCollection"),
    service("transcribe", "job", "transcriptionJobName", ("NotFoundException", "The requested job {} couldn't be found. Check the job name and try your request again."), &["GetTranscriptionJob", "ListTranscriptionJobs", "GetVocabulary", "ListVocabularies"], "CreateVocabulary"),
    service("lex", "bot", "botId", (NOT_FOUND, "The bot {} was not found."), &["DescribeBot", "ListBots", "ListIntents", "DescribeIntent", "ListBotLocales"], "CreateBot"),
    service("connect", "instance", "instanceId", (NOT_FOUND, "Instance not found for {}"), &["DescribeInstance", "ListInstances", "ListQueues", "DescribeContactFlow", "ListContactFlows", "ListRoutingProfiles"], "CreateQueue"),
    service("ses", "identity", "emailIdentity", ("NotFoundException", "Email identity {} does not exist."), &["GetEmailIdentity", "ListEmailIdentities", "GetConfigurationSet", "ListConfigurationSets", "GetDedicatedIps", "ListSuppressedDestinations"], "CreateEmailIdentity"),
    service("geo", "map", "mapName", (NOT_FOUND, "Map {} does not exist."), &["DescribeMap", "ListMaps", "DescribePlaceIndex", "ListPlaceIndexes", "ListTrackers"], "CreateMap"),
    service("iot", "thing", "thingName", (NOT_FOUND, "Thing {} not found"), &["DescribeThing", "ListThings", "ListThingGroups", "DescribeJob", "ListJobs", "ListTopicRules", "GetTopicRule"], "CreateThing"),
    service("servicediscovery", "namespace", "id", ("NamespaceNotFound", "The specified namespace {} could not be found."), &["GetNamespace", "ListNamespaces", "GetService", "ListServices", "ListInstances"], "CreateHttpNamespace"),
    service("appconfig", "application", "applicationId", (NOT_FOUND, "Application {} could not be found for account <account>"), &["GetApplication", "ListApplications", "GetEnvironment", "ListEnvironments", "GetConfigurationProfile", "ListDeployments"], "CreateApplication"),
    service("synthetics", "canary", "name", (NOT_FOUND, "Canary {} does not exist."), &["GetCanary", "DescribeCanaries", "GetCanaryRuns", "DescribeRuntimeVersions", "ListGroups"], "CreateCanary"),
    service("xray", "group", "groupName", ("InvalidRequestException", "Group {} not found"), &["GetGroup", "GetGroups", "GetTraceSummaries", "GetServiceGraph", "GetInsightSummaries", "ListTagsForResource"], "CreateGroup"),
    service("logs", "log group", "logGroupName", (NOT_FOUND, "The specified log group {} does not exist."), &["DescribeLogStreams", "DescribeMetricFilters", "DescribeSubscriptionFilters", "GetQueryResults", "DescribeExportTasks", "ListLogAnomalyDetectors"], "CreateDelivery"),
    service("application-autoscaling", "target", "resourceId", ("ObjectNotFoundException", "No scalable target registered for {}"), &["DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScalingActivities", "DescribeScheduledActions"], "RegisterScalableTarget"),
    service("lightsail", "instance", "instanceName", ("NotFoundException", "The Instance does not exist: {}"), &["GetInstance", "GetInstances", "GetBundles", "GetStaticIps", "GetDistributions", "GetContainerServices"], "AllocateStaticIp"),
    service("imagebuilder", "pipeline", "imagePipelineArn", (NOT_FOUND, "The image pipeline {} cannot be found."), &["GetImagePipeline", "ListImagePipelines", "ListImages", "GetImageRecipe", "ListImageRecipes", "ListComponents"], "CreateImagePipeline"),
    service("resource-groups", "group", "groupName", ("NotFoundException", "Cannot find group {}"), &["GetGroup", "ListGroups", "ListGroupResources", "GetGroupQuery", "GetTags"], "CreateGroup"),
    service("servicequotas", "quota", "quotaCode", ("NoSuchResourceException", "The request failed because the specified service quota {} does not exist."), &["GetServiceQuota", "ListServiceQuotas", "ListServices", "GetAWSDefaultServiceQuota", "ListRequestedServiceQuotaChangeHistory"], "RequestServiceQuotaIncrease"),
    service("mediaconvert", "queue", "name", ("NotFoundException", "The requested queue {} was not found."), &["GetQueue", "ListQueues", "GetJob", "ListJobs", "ListPresets", "GetJobTemplate"], "CreateQueue"),
    service("globalaccelerator", "accelerator", "acceleratorArn", ("AcceleratorNotFoundException", "Accelerator {} was not found."), &["DescribeAccelerator", "ListAccelerators", "ListListeners", "DescribeEndpointGroup", "ListByoipCidrs"], "CreateAccelerator"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::tables::noise::NOISE;

    #[test]
    fn each_error_has_a_source_name_and_code_of_its_own() {
        let all = catalogue();
        let keys: BTreeSet<_> = all
            .iter()
            .map(|novelty| (novelty.source, novelty.name, novelty.code))
            .collect();
        assert_eq!(keys.len(), all.len());
        assert!(all.len() > 1_200, "{}", all.len());
    }

    #[test]
    fn none_of_them_is_background() {
        let all = catalogue();
        let keys: BTreeSet<_> = all
            .iter()
            .map(|novelty| (novelty.source, novelty.name, novelty.code))
            .collect();
        for step in NOISE.iter().flat_map(|routine| routine.steps) {
            if let Some((code, _)) = step.call.error {
                assert!(
                    !keys.contains(&(step.call.source, step.call.name, code)),
                    "{step:?}"
                );
            }
        }
    }

    #[test]
    fn few_of_them_are_denials_and_none_touches_identities_or_secrets() {
        let all = catalogue();
        let denied = all
            .iter()
            .filter(|novelty| novelty.code == "AccessDeniedException")
            .count();
        assert!(denied * 10 < all.len(), "{denied} of {}", all.len());
        for novelty in &all {
            let source = novelty.source;
            assert!(
                ![
                    "iam",
                    "sts",
                    "kms",
                    "secretsmanager",
                    "organizations",
                    "cloudtrail",
                    "signin"
                ]
                .contains(&source)
            );
            assert!(
                novelty.read || novelty.code == "LimitExceededException",
                "{novelty:?}"
            );
        }
    }
}
