//! Where a call came from: the tool and the network, in as few values as tell them apart.

use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::actor::{cut, is_service_host};

/// The most bytes of a family or of a network that is no address: both are the caller's text.
const MAX_LEN: usize = 64;

const UNKNOWN: &str = "unknown";

/// Tools whose agent begins with something else (an SDK, a partner's tag), told by a product name anywhere in it. In the
/// order of precedence: the first that stands there is the family.
const TOOLS: [(&str, &str); 12] = [
    ("terraform", "terraform"),
    ("opentofu", "opentofu"),
    ("pulumi", "pulumi"),
    ("crossplane", "crossplane"),
    ("aws-cdk", "aws-cdk"),
    ("cloudformation", "cloudformation"),
    ("ansible", "ansible"),
    ("stratus-red-team", "stratus-red-team"),
    ("prowler", "prowler"),
    ("pacu", "pacu"),
    ("s3console", "S3Console"),
    ("amazon-ssm-agent", "amazon-ssm-agent"),
];

/// Families whose spelling varies.
const SPELLINGS: [(&str, &str); 4] = [
    ("boto3", "boto3"),
    ("boto", "boto"),
    ("botocore", "botocore"),
    ("mozilla", "browser"),
];

/// The family of a user agent: its tool without versions, host and options (`aws-cli`, `terraform`, `boto3`, `S3Console`,
/// `browser`, `config.amazonaws.com`); `unknown` when empty. At most 64 bytes.
///
/// ```
/// use firstsight_cloudtrail::classify::user_agent_family;
///
/// let cli = "aws-cli/2.17.32 md/awscrt#0.21.2 ua/2.0 os/linux#5.10 md/arch#x86_64 lang/python#3.11.9";
/// assert_eq!(user_agent_family(cli), "aws-cli");
/// assert_eq!(user_agent_family("config.amazonaws.com"), "config.amazonaws.com");
/// ```
#[must_use]
pub fn user_agent_family(user_agent: &str) -> Cow<'_, str> {
    let agent = user_agent.trim();
    let agent = agent
        .strip_prefix('[')
        .map_or(agent, |inner| inner.strip_suffix(']').unwrap_or(inner).trim());
    if agent.is_empty() || agent == "-" {
        return UNKNOWN.into();
    }
    if is_service_host(agent) {
        return cut(agent.into(), MAX_LEN);
    }
    if let Some(tool) = tool(agent) {
        return tool.into();
    }
    let family = without_version(agent);
    if family.is_empty() {
        return UNKNOWN.into();
    }
    match SPELLINGS
        .iter()
        .find(|(spelling, _)| family.eq_ignore_ascii_case(spelling))
    {
        Some((_, name)) => Cow::Borrowed(name),
        None => cut(family.into(), MAX_LEN),
    }
}

fn tool(agent: &str) -> Option<&'static str> {
    let products = agent.split(|c: char| !c.is_ascii_alphanumeric() && c != '-');
    // Most words begin like none of them.
    let may_be = |word: &&str| word.starts_with(|first: char| "tTopOPcCaAsS".contains(first));
    let known = |word: &str| TOOLS.iter().position(|(product, _)| is_product(word, product));
    let first = products.filter(may_be).filter_map(known).min()?;
    TOOLS.get(first).map(|(_, family)| *family)
}

/// Whether a word names the product or an edition of it: `terraform-provider-aws` for `terraform`.
fn is_product(word: &str, product: &str) -> bool {
    let (name, rest) = word.split_at_checked(product.len()).unwrap_or_default();
    name.eq_ignore_ascii_case(product) && (rest.is_empty() || rest.starts_with('-'))
}

/// What stands before the first version or option, without an id that changes from run to run.
fn without_version(agent: &str) -> &str {
    let end = agent.find(['/', '(', ';', ',', '#', '<']).unwrap_or(agent.len());
    let mut family = agent.get(..end).unwrap_or_default().trim();
    while let Some((start, last)) = family.rsplit_once([' ', '_']) {
        if !is_variable(last) {
            break;
        }
        family = start.trim_end();
    }
    family
}

/// A version, a UUID, a number or the like: at least one digit, and nothing but digits, hexadecimal letters and their
/// separators.
fn is_variable(word: &str) -> bool {
    let word = word.strip_prefix('v').unwrap_or(word);
    word.bytes().any(|byte| byte.is_ascii_digit())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'.' || byte == b'-')
}

/// The network of a source address: IPv4 `/24`, IPv6 `/48`; a host name or `AWS Internal` as it stands (at most 64 bytes);
/// `unknown` when empty. Of a forwarded list (`203.0.113.7, 10.0.0.1`) the first address counts.
///
/// ```
/// use firstsight_cloudtrail::classify::source_network;
///
/// assert_eq!(source_network("203.0.113.7"), "203.0.113.0/24");
/// assert_eq!(source_network("2001:db8:1:2::3"), "2001:db8:1::/48");
/// assert_eq!(source_network("AWS Internal"), "AWS Internal");
/// ```
#[must_use]
pub fn source_network(source_ip: &str) -> Cow<'_, str> {
    let first = source_ip.split(',').next().unwrap_or_default().trim();
    match first.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(IpAddr::V4(address)) => network_v4(address).into(),
        Ok(IpAddr::V6(address)) => network_v6(address).into(),
        Err(_) if source_ip.trim().is_empty() => UNKNOWN.into(),
        Err(_) => cut(source_ip.trim().into(), MAX_LEN),
    }
}

fn network_v4(address: Ipv4Addr) -> String {
    let [a, b, c, _] = address.octets();
    format!("{a}.{b}.{c}.0/24")
}

fn network_v6(address: Ipv6Addr) -> String {
    let [a, b, c, ..] = address.segments();
    format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agents_lose_versions_hosts_and_options() {
        let cases = [
            ("", "unknown"),
            ("  ", "unknown"),
            ("[]", "unknown"),
            ("-", "unknown"),
            ("/1.0", "unknown"),
            (
                "aws-cli/1.10.32 Python/2.7.9 Windows/7 botocore/1.4.22",
                "aws-cli",
            ),
            (
                "[aws-cli/1.18.136 Python/3.8.5 Darwin/19.5.0 botocore/1.17.59]",
                "aws-cli",
            ),
            (
                "Boto3/1.26.165 Python/3.10.6 Linux/5.19.0-46-generic Botocore/1.29.165",
                "boto3",
            ),
            ("Boto/2.23.0 Python/2.7.6", "boto"),
            ("Botocore/1.29.165 Python/3.10", "botocore"),
            (
                "APN/1.0 HashiCorp/1.0 Terraform/1.1.2 (+https://www.terraform.io) terraform-provider-aws/3.76.1 aws-sdk-go/1.44.1",
                "terraform",
            ),
            (
                "aws-sdk-go/1.55.5 (go1.23.8; windows; amd64) exec-env/EC2 amazon-ssm-agent/3.3.2471.0",
                "amazon-ssm-agent",
            ),
            ("aws-sdk-go/1.44.1 (go1.19; linux; amd64)", "aws-sdk-go"),
            (
                "aws-sdk-go-v2/1.17.0 os/linux lang/go/1.18.10 md/GOOS/linux api/sts/1.16.19",
                "aws-sdk-go-v2",
            ),
            ("aws-sdk-nodejs/2.1.0 linux/v18 promise", "aws-sdk-nodejs"),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:102.0) Gecko/20100101 Firefox/102.0",
                "browser",
            ),
            (
                "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.10]",
                "S3Console",
            ),
            ("RDS Console, aws-internal/3 aws-sdk-java/1.11.975", "RDS Console"),
            ("AWS CloudWatch Console", "AWS CloudWatch Console"),
            ("AWS Internal", "AWS Internal"),
            ("AWSConsole", "AWSConsole"),
            ("aws-internal/3 aws-sdk-java/1.11.984 Linux/4.9", "aws-internal"),
            ("console.amazonaws.com", "console.amazonaws.com"),
            ("config.amazonaws.com", "config.amazonaws.com"),
            (
                "stratus-red-team_39f95f43-cd2f-4beb-b69e-be60b6fe1f57",
                "stratus-red-team",
            ),
            ("my-tool_39f95f43-cd2f-4beb-b69e-be60b6fe1f57", "my-tool"),
            ("ec2-api-tools 1.6.12.2", "ec2-api-tools"),
            ("my tool v2.0.1", "my tool"),
            ("Coral/Netty4", "Coral"),
            ("12345", "12345"),
        ];
        for (agent, family) in cases {
            assert_eq!(user_agent_family(agent), family, "{agent}");
        }
    }

    #[test]
    fn networks_are_coarse() {
        let cases = [
            ("203.0.113.7", "203.0.113.0/24"),
            (" 203.0.113.7 ", "203.0.113.0/24"),
            ("203.0.113.7, 10.0.0.1", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.0/24"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
            ("::1", "::/48"),
            ("AWS Internal", "AWS Internal"),
            ("config.amazonaws.com", "config.amazonaws.com"),
            ("203.0.113", "203.0.113"),
            ("203.0.113.07", "203.0.113.07"),
            ("", "unknown"),
            (" ", "unknown"),
        ];
        for (address, network) in cases {
            assert_eq!(source_network(address), network, "{address}");
        }
    }

    proptest! {
        #[test]
        fn any_text_gives_a_bounded_value(text in "(é|[a-z0-9/(_ ]|terraform){0,200}") {
            for value in [user_agent_family(&text), source_network(&text)] {
                prop_assert!(!value.is_empty() && value.len() <= MAX_LEN, "{value}");
            }
        }

        #[test]
        fn a_version_does_not_change_the_family(name in "[a-z][a-z-]{0,20}", a in "[0-9]{1,3}(\\.[0-9]{1,3}){0,2}", b in "[0-9]{1,3}") {
            let family = |version: &str| user_agent_family(&format!("{name}/{version} os/linux")).into_owned();
            prop_assert_eq!(family(&a), family(&b));
        }
    }
}
