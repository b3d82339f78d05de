//! The users and roles that call without a person at the keyboard.

use crate::call::{Machine, Network, Session};

const TERRAFORM_AGENT: &str = "APN/1.0 HashiCorp/1.0 Terraform/1.12.2 (+https://www.terraform.io) terraform-provider-aws/6.3.0 (+https://www.terraform.io) aws-sdk-go-v2/1.36.5 ua/2.1 os/linux lang/go#1.24.4 md/GOOS#linux md/GOARCH#amd64";
const SSM_AGENT: &str = "aws-sdk-go/1.55.5 (go1.23.8; linux; amd64) amazon-ssm-agent/3.3.2299.0";
const BOTO: &str = "Boto3/1.38.46 md/Botocore#1.38.46 ua/2.1 os/linux#5.10.238-234.956.amzn2.x86_64 md/arch#x86_64 lang/python#3.13.3 exec-env/AWS_Lambda_python3.13 cfg/retry-mode#legacy";

const fn machine(name: &'static str, session: Session, agent: &'static str, network: Network) -> Machine {
    Machine {
        name,
        session,
        agent,
        network,
    }
}

pub(crate) const TERRAFORM: Machine = machine(
    "terraform-apply",
    Session::Numbered("aws-go-sdk-"),
    TERRAFORM_AGENT,
    Network::Builds,
);
pub(crate) const CI_RUNNER: Machine = machine(
    "ci-runner",
    Session::Fixed("GitHubActions"),
    "aws-cli/2.27.49 md/awscrt#0.26.1 ua/2.1 os/linux#6.11.0-1015-azure md/arch#x86_64 lang/python#3.13.4 md/pyimpl#CPython exec-env/GitHubActions",
    Network::Builds,
);
/// The user whose key leaks.
pub(crate) const CI_DEPLOYER: Machine = machine(
    "ci-deployer",
    Session::Fixed("ci-deployer"),
    "aws-cli/2.22.35 md/awscrt#0.22.0 ua/2.0 os/linux#6.1.0-32-amd64 md/arch#x86_64 lang/python#3.12.6 md/pyimpl#CPython",
    Network::Builds,
);
pub(crate) const BACKUP_AGENT: Machine = machine(
    "backup-agent",
    Session::Fixed("backup-agent"),
    "aws-sdk-java/2.31.68 md/io#sync md/http#Apache ua/2.1 os/Linux#5.14.0 lang/java#17.0.15",
    Network::DataCentre,
);
pub(crate) const EKS_NODE: Machine = machine(
    "eks-node-main",
    Session::Instance,
    "aws-sdk-go-v2/1.36.3 os/linux lang/go#1.23.9 md/GOOS#linux md/GOARCH#amd64 api/ec2#1.205.0 m/g,C",
    Network::Vpc,
);
pub(crate) const INSTANCE: Machine = machine("web-instance", Session::Instance, SSM_AGENT, Network::Vpc);
pub(crate) const ORDERS_API: Machine = machine(
    "orders-api-role",
    Session::Fixed("orders-api"),
    BOTO,
    Network::Vpc,
);
pub(crate) const NIGHTLY_REPORT: Machine = machine(
    "nightly-report-role",
    Session::Fixed("nightly-report"),
    BOTO,
    Network::Vpc,
);
pub(crate) const BATCH_WORKER: Machine = machine(
    "batch-worker-role",
    Session::Numbered("batch-worker-"),
    BOTO,
    Network::Vpc,
);
pub(crate) const MONITORING: Machine = machine(
    "MonitoringIntegrationRole",
    Session::Fixed("MonitoringIntegration"),
    "Boto3/1.35.99 md/Botocore#1.35.99 ua/2.0 os/linux#5.15.0 md/arch#x86_64 lang/python#3.11.11 md/pyimpl#CPython",
    Network::Vendors,
);
pub(crate) const PROWLER: Machine = machine(
    "prowler-scan",
    Session::Fixed("ProwlerAssessmentSession"),
    "Boto3/1.39.0 md/Botocore#1.39.0 ua/2.1 os/linux#6.8.0 md/arch#x86_64 lang/python#3.12.11 md/pyimpl#CPython Prowler",
    Network::Vendors,
);
pub(crate) const DRATA: Machine = machine(
    "DrataAutopilotRole",
    Session::Numbered("drata-"),
    "aws-sdk-js/3.840.0 ua/2.1 os/linux#5.10 lang/js md/nodejs#20.19.2 api/s3#3.840.0",
    Network::Vendors,
);
pub(crate) const CHATBOT: Machine = machine(
    "aws-chatbot-operations",
    Session::Fixed("chatbot-session-alerts"),
    "chatbot.amazonaws.com",
    Network::Vpc,
);
pub(crate) const PLATFORM_LAMBDA: Machine = machine(
    "platform-LambdaRole-7QX2M4KD9P1C",
    Session::Fixed("platform-events"),
    BOTO,
    Network::Vpc,
);
pub(crate) const NOTEBOOK: Machine = machine(
    "AmazonSageMaker-ExecutionRole-20250114T091502",
    Session::Fixed("SageMaker"),
    "Boto3/1.37.3 md/Botocore#1.37.3 ua/2.0 os/linux#4.14.355 md/arch#x86_64 lang/python#3.11.11 exec-env/SageMaker",
    Network::Vpc,
);
