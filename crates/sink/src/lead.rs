//! Where to look next: a query for CloudWatch Logs Insights, links into the AWS console, a command line.
//!
//! What is made here is pasted into a query box, a shell or an address bar, and half of it comes from whoever made the
//! call. So nothing that could end a value ever gets into one: it is replaced by a wildcard, written as an escape, or
//! there is no lead.

use std::fmt::Write as _;

use firstsight_engine::{Finding, Range, Sample, Time};
use serde::{Deserialize, Serialize};

/// A query for CloudWatch Logs Insights: paste [`query`](Self::query), choose the log group of the trail and this range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Insights {
    /// The query, in Logs Insights QL, on four lines.
    pub query: String,
    /// The range to look at: whole hours around the occurrences.
    pub range: Range,
}

/// A kept record, and where the AWS console shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lead {
    /// Its `eventID`, else its identity.
    pub event_id: String,
    /// Its time.
    pub time: Time,
    /// Who made the call.
    pub actor: String,
    /// Its region, empty where the record does not tell.
    pub region: String,
    /// CloudTrail's event history, at this event; `None` where its id or region is none that AWS makes. The history
    /// holds management events of the last 90 days.
    pub console: Option<String>,
}

/// A call that failed, as records name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FailedCall<'a> {
    /// The account the errors count for.
    pub account: &'a str,
    /// `eventSource`.
    pub event_source: &'a str,
    /// `eventName`.
    pub event_name: &'a str,
    /// `errorCode`, empty where the records have none.
    pub error_code: &'a str,
}

impl<'a> From<&'a Finding> for FailedCall<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            account: &finding.account,
            event_source: &finding.event_source,
            event_name: &finding.event_name,
            error_code: &finding.error_code,
        }
    }
}

impl FailedCall<'_> {
    /// The query for all occurrences of this error between two moments.
    ///
    /// ```
    /// use firstsight_sink::lead::FailedCall;
    ///
    /// let call = FailedCall {
    ///     account: "111122223333",
    ///     event_source: "iam.amazonaws.com",
    ///     event_name: "CreateUser",
    ///     error_code: "AccessDenied",
    /// };
    /// let time = "2026-03-14T10:20:00Z".parse().unwrap();
    /// let insights = call.insights(time, time);
    /// assert!(insights.query.contains(
    ///     r#"filter eventSource = "iam.amazonaws.com" and eventName = "CreateUser" and errorCode = "AccessDenied""#
    /// ));
    /// assert_eq!(insights.range.to_string(), "2026-03-14T10:00:00Z to 2026-03-14T11:00:00Z");
    /// ```
    #[must_use]
    pub fn insights(&self, first: Time, last: Time) -> Insights {
        let conditions = [
            is("eventSource", self.event_source),
            is("eventName", self.event_name),
            self.failure(),
            is("recipientAccountId", self.account),
        ];
        let query = format!(
            "fields @timestamp, eventID, userIdentity.arn, sourceIPAddress, awsRegion, errorMessage\n\
             | filter {}\n| sort @timestamp desc\n| limit 100",
            conditions.join(" and ")
        );
        Insights {
            query,
            range: hours_around(first, last),
        }
    }

    /// A record without an error code failed by its message, or by what a sign-in answered.
    fn failure(&self) -> String {
        if self.error_code.is_empty() {
            r#"not ispresent(errorCode) and (ispresent(errorMessage) or responseElements.ConsoleLogin = "Failure")"#
                .to_owned()
        } else {
            is("errorCode", self.error_code)
        }
    }

    /// The command that lists calls of this name in one region, failed or not; `None` where the region is none that AWS
    /// makes. It finds management events of the last 90 days.
    #[must_use]
    pub fn lookup(&self, region: &str, first: Time, last: Time) -> Option<String> {
        let Range { start, end } = hours_around(first, last);
        is_region(region).then(|| {
            format!(
                "aws cloudtrail lookup-events --region {region} --start-time {start} --end-time {end} \
                 --lookup-attributes {}",
                attribute("EventName", self.event_name)
            )
        })
    }
}

/// Whole hours, the last one's end included.
fn hours_around(first: Time, last: Time) -> Range {
    Range::new(first.hour().start(), last.hour().plus(1).start())
}

/// The longest value that a query compares whole.
const LONGEST: usize = 256;

/// A condition of a query. Logs Insights QL documents no escape inside its quotes, so a value that AWS's own names would
/// not have is matched by a pattern with a wildcard for each other character: that may find more, never something else.
fn is(field: &str, value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._:/@-".contains(c);
    if !value.is_empty() && value.len() <= LONGEST && value.chars().all(plain) {
        return format!("{field} = \"{value}\"");
    }
    let wild = |c: char| if c.is_ascii_alphanumeric() { c } else { '.' };
    let pattern: String = value.chars().take(LONGEST).map(wild).collect();
    let end = if value.chars().nth(LONGEST).is_none() {
        "$"
    } else {
        ""
    };
    format!("{field} like /^{pattern}{end}/")
}

/// A lookup attribute for the AWS CLI: its shorthand, or JSON where the value is not a plain word. All that a shell reads
/// inside single quotes is the closing one, and that is written as an escape of JSON.
fn attribute(key: &str, value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return format!("AttributeKey={key},AttributeValue={value}");
    }
    let mut json = String::new();
    for unit in value.encode_utf16() {
        match char::from_u32(u32::from(unit)) {
            Some(c) if plain(c) || c == ' ' => json.push(c),
            // Writing to a string does not fail.
            _ => drop(write!(json, "\\u{unit:04x}")),
        }
    }
    format!(r#"'[{{"AttributeKey":"{key}","AttributeValue":"{json}"}}]'"#)
}

/// Whether a text has the form of a region's name: `us-east-1`, `cn-northwest-1`, `us-gov-west-1`.
fn is_region(text: &str) -> bool {
    let words: Vec<&str> = text.split('-').collect();
    let lower =
        |word: &&str| (2..=12).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let number =
        |word: &&str| (1..=2).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit());
    match words.as_slice() {
        [names @ .., last] => (2..=3).contains(&names.len()) && names.iter().all(lower) && number(last),
        [] => false,
    }
}

/// The console of a region's partition. Source: AWS documentation, "Service endpoints and console" of the China and the
/// GovCloud (US) partitions. The consoles of the isolated partitions are not public.
fn console_domain(region: &str) -> Option<&'static str> {
    let partition = |prefix: &str| region.starts_with(prefix);
    if partition("cn-") {
        Some("console.amazonaws.cn")
    } else if partition("us-gov-") {
        Some("console.amazonaws-us-gov.com")
    } else if partition("us-iso") || partition("eu-iso") || partition("eusc-") {
        None
    } else {
        Some("console.aws.amazon.com")
    }
}

/// CloudTrail's event history in the AWS console, at one event; `None` where the id or the region is none that AWS makes.
///
/// ```
/// use firstsight_sink::lead::console_link;
///
/// assert_eq!(
///     console_link("cn-north-1", "0b5c8a1e-3f27-4d3e-9a56-6a2f5e1c7d90").as_deref(),
///     Some(
///         "https://cn-north-1.console.amazonaws.cn/cloudtrailv2/home?region=cn-north-1\
///          #/events/0b5c8a1e-3f27-4d3e-9a56-6a2f5e1c7d90"
///     )
/// );
/// assert_eq!(console_link("us-east-1.example.com/", "0b5c8a1e"), None);
/// ```
#[must_use]
pub fn console_link(region: &str, event_id: &str) -> Option<String> {
    let id = (1..=64).contains(&event_id.len())
        && event_id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let domain = console_domain(region).filter(|_| id && is_region(region))?;
    Some(format!(
        "https://{region}.{domain}/cloudtrailv2/home?region={region}#/events/{event_id}"
    ))
}

/// The field of a record that says where it happened.
#[derive(Deserialize)]
struct Place {
    #[serde(rename = "awsRegion")]
    region: Option<String>,
}

impl From<&Sample> for Lead {
    fn from(sample: &Sample) -> Self {
        // A record that was cut off, or that is none, tells no region.
        let place = serde_json::from_str::<Place>(&sample.raw).ok();
        let region = place.and_then(|place| place.region).unwrap_or_default();
        let event_id = if sample.event_id.is_empty() {
            sample.identity.to_string()
        } else {
            sample.event_id.clone()
        };
        Self {
            console: console_link(&region, &sample.event_id),
            event_id,
            time: sample.time,
            actor: sample.actor.clone(),
            region,
        }
    }
}

#[cfg(test)]
mod tests {
    use firstsight_engine::Digest;
    use proptest::prelude::*;

    use super::*;

    fn call(text: &str) -> FailedCall<'_> {
        FailedCall {
            account: text,
            event_source: text,
            event_name: text,
            error_code: text,
        }
    }

    fn at(text: &str) -> Time {
        text.parse().unwrap()
    }

    #[test]
    fn a_query_finds_an_error_without_a_code() {
        let sign_in = FailedCall {
            error_code: "",
            event_name: "ConsoleLogin",
            ..call("signin.amazonaws.com")
        };
        let time = at("2026-03-14T10:20:00Z");
        insta::assert_snapshot!(sign_in.insights(time, time).query, @r#"
        fields @timestamp, eventID, userIdentity.arn, sourceIPAddress, awsRegion, errorMessage
        | filter eventSource = "signin.amazonaws.com" and eventName = "ConsoleLogin" and not ispresent(errorCode) and (ispresent(errorMessage) or responseElements.ConsoleLogin = "Failure") and recipientAccountId = "signin.amazonaws.com"
        | sort @timestamp desc
        | limit 100
        "#);
    }

    #[test]
    fn values_that_aws_would_not_make_become_patterns() {
        assert_eq!(
            is("eventName", r#"a" or 1=1 # /b"#),
            "eventName like /^a..or.1.1....b$/"
        );
        assert_eq!(is("eventName", "日本\n"), "eventName like /^...$/");
        assert_eq!(is("eventName", ""), "eventName like /^$/");
        let long = is("eventName", &"a".repeat(LONGEST + 1));
        assert_eq!(long, format!("eventName like /^{}/", "a".repeat(LONGEST)));
    }

    #[test]
    fn commands_quote_what_a_shell_would_read() {
        let time = at("2026-03-14T10:20:00Z");
        let lookup = |name: &str, region: &str| call(name).lookup(region, time, time);
        assert_eq!(
            lookup("CreateUser", "us-east-1").unwrap(),
            "aws cloudtrail lookup-events --region us-east-1 --start-time 2026-03-14T10:00:00Z \
             --end-time 2026-03-14T11:00:00Z --lookup-attributes AttributeKey=EventName,AttributeValue=CreateUser"
        );
        let hostile = lookup("a'; rm -rf ~ #", "us-east-1").unwrap();
        assert!(
            hostile.ends_with(
                r#"'[{"AttributeKey":"EventName","AttributeValue":"a\u0027\u003b rm -rf \u007e \u0023"}]'"#
            ),
            "{hostile}"
        );
        assert_eq!(lookup("CreateUser", "$(id)"), None);
    }

    #[test]
    fn links_lead_to_the_console_of_the_partition() {
        let host = |region: &str| {
            let link = console_link(region, "0b5c8a1e-3f27");
            link.map(|link| link.split('/').nth(2).unwrap_or_default().to_owned())
        };
        for (region, expected) in [
            ("us-east-1", Some("us-east-1.console.aws.amazon.com")),
            ("cn-northwest-1", Some("cn-northwest-1.console.amazonaws.cn")),
            (
                "us-gov-west-1",
                Some("us-gov-west-1.console.amazonaws-us-gov.com"),
            ),
            ("us-iso-east-1", None),
            ("us-east-1/", None),
            ("US-EAST-1", None),
            ("", None),
        ] {
            assert_eq!(host(region).as_deref(), expected, "{region}");
        }
        assert_eq!(console_link("us-east-1", "../a"), None);
        assert_eq!(console_link("us-east-1", ""), None);
    }

    #[test]
    fn a_record_leads_to_its_region() {
        let sample = |event_id: &str, raw: &str| Sample {
            identity: Digest([7; 16]),
            time: at("2026-03-14T10:20:00Z"),
            event_id: event_id.to_owned(),
            actor: "root".to_owned(),
            raw: raw.to_owned(),
        };
        let lead = Lead::from(&sample("abc-1", r#"{"awsRegion":"eu-west-1","x":[1]}"#));
        assert_eq!(lead.region, "eu-west-1");
        assert!(lead.console.unwrap().ends_with("#/events/abc-1"));
        let cut = Lead::from(&sample("", r#"{"awsRegion":"eu-west-1","x":[1"#));
        assert_eq!((cut.region.as_str(), cut.console), ("", None));
        assert_eq!(cut.event_id, "07".repeat(16));
    }

    proptest! {
        /// Whatever the log says, the query keeps its form and the command is one word behind its options.
        #[test]
        fn hostile_texts_stay_inside_their_values(text in "\\PC{0,40}|[\"'/\\\\|#$;\\n\\r a-c]{0,40}") {
            let time = at("2026-03-14T10:20:00Z");
            let query = call(&text).insights(time, time).query;
            prop_assert_eq!(query.lines().count(), 4);
            prop_assert_eq!(query.matches('|').count(), 3);
            let quotes = query.matches('"').count();
            prop_assert!(quotes.is_multiple_of(2) && quotes <= 10);
            prop_assert!(query.is_ascii() && !query.contains(['\\', '#', '\'', ';', '$']) || query.contains("$/"));
            let command = call(&text).lookup("us-east-1", time, time).unwrap();
            let (_, value) = command.split_once("--lookup-attributes ").unwrap();
            let quoted = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
            match quoted {
                Some(json) => {
                    prop_assert!(!json.contains('\''));
                    let json: serde_json::Value = serde_json::from_str(json).unwrap();
                    prop_assert_eq!(&json[0]["AttributeValue"], &text);
                }
                None => prop_assert_eq!(value, format!("AttributeKey=EventName,AttributeValue={text}")),
            }
        }
    }
}
