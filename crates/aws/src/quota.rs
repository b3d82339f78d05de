//! What an account may ask of CloudWatch Logs.

/// `FilterLogEvents` a second, account and region; not adjustable.
/// Source: CloudWatch Logs quotas, <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
pub(crate) fn filter_log_events(region: &str) -> u32 {
    match region {
        "us-east-1" => 25,
        "eu-central-1" | "ca-west-1" | "il-central-1" | "ap-northeast-3" | "ap-southeast-3" => 5,
        _ => 10,
    }
}
