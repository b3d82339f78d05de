//! Writes one record.

use firstsight_cloudtrail::Timestamp;

use crate::call::Call;
use crate::caller::Caller;
use crate::dice::Dice;
use crate::text::Filler;
use crate::world::World;

/// A record that stands in a buffer, and what is to be known to place it in files.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub(crate) time: Timestamp,
    pub(crate) region: String,
    pub(crate) event_id: String,
    pub(crate) json: std::ops::Range<usize>,
}

/// Appends records to a buffer.
pub(crate) struct Writer<'a> {
    pub(crate) world: &'a World,
    pub(crate) buffer: Vec<u8>,
    pub(crate) records: Vec<Written>,
}

impl Writer<'_> {
    /// Writes the record of a call. What is random in it comes from `dice`.
    pub(crate) fn write(
        &mut self,
        call: &Call<'_>,
        caller: &Caller,
        region: &str,
        time: Timestamp,
        dice: &mut Dice,
    ) {
        let region = if call.is_global() { "us-east-1" } else { region };
        let stamp = time.to_string();
        let (event_id, request_id) = (dice.uuid(), dice.uuid());
        // Only what a service does itself is shared with the account that owns the resource.
        let shared = (caller.internal && caller.arn.is_empty()).then(|| dice.uuid());
        let mut filler = Filler {
            world: self.world,
            caller,
            region,
            time: &stamp,
            dice,
            chosen: Vec::new(),
        };
        let parts = Parts::fill(call, &mut filler);
        let start = self.buffer.len();
        let out = &mut Json(&mut self.buffer);
        out.raw(r#"{"eventVersion":""#, version(call.source));
        out.raw(r#"","userIdentity":"#, &caller.identity)
            .raw(r#","eventTime":""#, &stamp);
        out.raw(r#"","eventSource":""#, call.source)
            .raw(r#".amazonaws.com","eventName":""#, call.name);
        out.raw(r#"","awsRegion":""#, region)
            .raw(r#"","sourceIPAddress":""#, &caller.address);
        out.text(r#"","userAgent":"#, &agent(call, caller));
        outcome(out, call, &parts);
        if call.source != "signin" {
            out.raw(r#","requestID":""#, &request_id).raw(r#"""#, "");
        }
        out.raw(r#","eventID":""#, &event_id)
            .raw(r#"","readOnly":"#, truth(call.read));
        if let Some((kind, arn)) = &parts.resource {
            out.raw(r#","resources":[{"accountId":""#, &self.world.account)
                .raw(r#"","type":""#, kind);
            out.raw(r#"","ARN":""#, arn).raw(r#""}]"#, "");
        }
        let (event_type, category) = kinds(call);
        out.raw(r#","eventType":""#, event_type);
        out.raw(r#"","managementEvent":"#, truth(category == "Management"));
        out.raw(r#","recipientAccountId":""#, &self.world.account);
        if let Some(shared) = &shared {
            out.raw(r#"","sharedEventID":""#, shared);
        }
        if let Some(endpoint) = endpoint(call, caller, self.world) {
            out.raw(r#"","vpcEndpointId":""#, endpoint);
            out.raw(r#"","vpcEndpointAccountId":""#, &self.world.account);
        }
        out.raw(r#"","eventCategory":""#, category).raw(r#"""#, "");
        connection(out, call, caller, region);
        self.records.push(Written {
            time,
            region: region.to_owned(),
            event_id,
            json: start..self.buffer.len(),
        });
    }
}

/// What was asked and what came of it.
fn outcome(out: &mut Json<'_>, call: &Call<'_>, parts: &Parts) {
    if let Some((code, message)) = &parts.error {
        if !code.is_empty() {
            out.text(r#","errorCode":"#, code);
        }
        if !message.is_empty() {
            out.text(r#","errorMessage":"#, message);
        }
    }
    out.raw(r#","requestParameters":"#, &parts.params);
    out.raw(r#","responseElements":"#, &parts.response);
    out.raw("", additional(call));
}

/// How the call came, and the record's end.
fn connection(out: &mut Json<'_>, call: &Call<'_>, caller: &Caller, region: &str) {
    if !caller.internal {
        out.raw(
            r#","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256""#,
            "",
        );
        out.raw(r#","clientProvidedHostHeader":""#, &host(call, region))
            .raw(r#""}"#, "");
    }
    if caller.console {
        out.raw(r#","sessionCredentialFromConsole":"true""#, "");
    }
    out.raw("}", "");
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// The VPC endpoint, for the services that the account has one of.
fn endpoint<'a>(call: &Call<'_>, caller: &Caller, world: &'a World) -> Option<&'a str> {
    let has_one = matches!(call.source, "ssm" | "kms" | "logs" | "sqs" | "secretsmanager");
    let inside = has_one && caller.address.starts_with("10.");
    world.pool("vpce").filter(|_| inside)?.first().map(String::as_str)
}

/// The texts of a call with their values.
struct Parts {
    params: String,
    response: String,
    error: Option<(String, String)>,
    resource: Option<(String, String)>,
}

impl Parts {
    fn fill(call: &Call<'_>, filler: &mut Filler<'_>) -> Self {
        Self {
            params: filler.fill(call.params),
            response: filler.fill(call.response),
            error: call
                .error
                .map(|(code, message)| (code.to_owned(), filler.fill(message))),
            resource: call
                .resource
                .map(|(kind, arn)| (kind.to_owned(), filler.fill(arn))),
        }
    }
}

/// JSON by appending: `raw` for what is known to need no escapes, `text` for what may.
struct Json<'a>(&'a mut Vec<u8>);

impl Json<'_> {
    fn raw(&mut self, syntax: &str, value: &str) -> &mut Self {
        self.0.extend_from_slice(syntax.as_bytes());
        self.0.extend_from_slice(value.as_bytes());
        self
    }

    fn text(&mut self, syntax: &str, value: &str) {
        self.0.extend_from_slice(syntax.as_bytes());
        // A string and a growing buffer: neither can fail.
        let _ = serde_json::to_writer(&mut *self.0, value);
    }
}

/// The record format that a service writes; services differ for years.
fn version(source: &str) -> &'static str {
    match source {
        "ec2" | "s3" | "lambda" | "ssm" => "1.11",
        "iam" | "sts" | "kms" | "dynamodb" | "logs" => "1.10",
        "organizations" | "cloudtrail" | "monitoring" => "1.09",
        _ => "1.08",
    }
}

/// `eventType` and `eventCategory`.
fn kinds(call: &Call<'_>) -> (&'static str, &'static str) {
    match (call.source, call.name) {
        ("signin", "ConsoleLogin") => ("AwsConsoleSignIn", "Management"),
        ("s3", "GetObject" | "PutObject" | "HeadObject")
        | ("lambda", "Invoke")
        | ("dynamodb", "GetItem" | "PutItem" | "Query") => ("AwsApiCall", "Data"),
        _ => ("AwsApiCall", "Management"),
    }
}

fn additional(call: &Call<'_>) -> &'static str {
    match call.source {
        "signin" => {
            r#","additionalEventData":{"LoginTo":"https://console.aws.amazon.com/console/home","MobileVersion":"No","MFAUsed":"No"}"#
        }
        "s3" => {
            r#","additionalEventData":{"SignatureVersion":"SigV4","CipherSuite":"TLS_AES_128_GCM_SHA256","bytesTransferredIn":0,"AuthenticationMethod":"AuthHeader","bytesTransferredOut":0}"#
        }
        _ => "",
    }
}

/// The console calls S3 under a name of its own; S3 writes agents in brackets.
fn agent<'a>(call: &Call<'_>, caller: &'a Caller) -> std::borrow::Cow<'a, str> {
    if call.source != "s3" || caller.internal || caller.agent.starts_with('[') {
        (&caller.agent).into()
    } else if caller.console {
        "[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.788 Linux/5.10.238 OpenJDK_64-Bit_Server_VM/25.452 java/1.8.0_452]".into()
    } else {
        format!("[{}]", caller.agent).into()
    }
}

fn host(call: &Call<'_>, region: &str) -> String {
    match call.source {
        "signin" => "signin.aws.amazon.com".to_owned(),
        "iam" | "organizations" | "route53" | "cloudfront" => format!("{}.amazonaws.com", call.source),
        source => format!("{source}.{region}.amazonaws.com"),
    }
}
