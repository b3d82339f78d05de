//! What happens in the demonstration besides ordinary work: an attack, a deployment that is denied, and a trail that falls silent.

use std::ops::Range;

use firstsight_engine::{Hour, Time};
use firstsight_sample::{Sample, SampleFile};
use serde_json::{Value, json};

/// Of this account's trail nothing comes for a while.
pub(crate) const SILENT: &str = "777788889999";

/// In this account a deployment is denied again and again.
pub(crate) const DEPLOYED: &str = "444455556666";

const REGION: &str = "eu-west-1";

/// The hours of what happens.
#[derive(Clone, Debug)]
pub(crate) struct Plot {
    /// A key is used by somebody else.
    pub(crate) attack: Hour,
    /// From here on the deployment is tried each hour.
    pub(crate) deployment: Hour,
    /// The hours whose records are all delivered at their end.
    pub(crate) silence: Range<Hour>,
}

impl Plot {
    /// Everything has begun, and some of it has ended, at the tick that is judged last: what opened is still there to be seen.
    pub(crate) fn before(last: Hour) -> Self {
        Self {
            attack: last.plus(-5),
            deployment: last.plus(-3),
            silence: last.plus(-18)..last.plus(-11),
        }
    }

    /// When the silence ends.
    pub(crate) fn heard(&self) -> Time {
        self.silence.end.start().plus_millis(5 * 60_000)
    }

    /// The files of an hour, as they are delivered here.
    pub(crate) fn files_of(&self, sample: &Sample, hour: Hour) -> Vec<SampleFile> {
        let mut files = sample.files_of(hour);
        if self.silence.contains(&hour) {
            let silent = files.iter_mut().filter(|file| file.path.contains(SILENT));
            silent.for_each(|file| file.delivered = file.delivered.max(self.heard()));
        }
        if hour >= self.deployment {
            let records = deployment(hour, hour.index() - self.deployment.index());
            files.push(sample.file(DEPLOYED, REGION, hour, "deployment", &records));
        }
        files
    }
}

/// A call that the deployment's role may not make: service, name, what it was made on, and from which try on.
const DENIED: [(&str, &str, &str, i64); 4] = [
    ("kms", "Decrypt", "key/4f1c2d3e-5a6b-4c7d-8e9f-0a1b2c3d4e5f", 0),
    ("secretsmanager", "GetSecretValue", "secret:checkout/database", 0),
    ("ecs", "UpdateService", "service/shop/checkout", 1),
    ("lambda", "AddPermission20150331v2", "function:checkout-hook", 2),
];

/// The records of one try.
fn deployment(hour: Hour, attempt: i64) -> Vec<Value> {
    let calls = DENIED.iter().filter(|(.., from)| *from <= attempt);
    calls
        .enumerate()
        .map(|(place, call)| record(hour, place, call))
        .collect()
}

fn record(hour: Hour, place: usize, (service, name, on, _): &(&str, &str, &str, i64)) -> Value {
    let second = i64::try_from(place).unwrap_or_default() * 9 + 1_260;
    let role = "checkout-deploy";
    let session = format!("release-{}", hour.index() % 1_000);
    let arn = format!("arn:aws:sts::{DEPLOYED}:assumed-role/{role}/{session}");
    let resource = format!("arn:aws:{service}:{REGION}:{DEPLOYED}:{on}");
    json!({
        "eventVersion": "1.10",
        "userIdentity": {
            "type": "AssumedRole",
            "principalId": format!("AROAEXAMPLEDEPLOYROLE:{session}"),
            "arn": arn,
            "accountId": DEPLOYED,
            "accessKeyId": format!("ASIAEXAMPLE{:09}", hour.index()),
            "sessionContext": {
                "sessionIssuer": {
                    "type": "Role",
                    "principalId": "AROAEXAMPLEDEPLOYROLE",
                    "arn": format!("arn:aws:iam::{DEPLOYED}:role/{role}"),
                    "accountId": DEPLOYED,
                    "userName": role,
                },
            },
        },
        "eventTime": hour.start().plus_millis(second * 1_000).to_string(),
        "eventSource": format!("{service}.amazonaws.com"),
        "eventName": name,
        "awsRegion": REGION,
        "sourceIPAddress": "203.0.113.40",
        "userAgent": "aws-sdk-go-v2/1.30.3 os/linux lang/go#1.22.5",
        "errorCode": "AccessDeniedException",
        "errorMessage": format!(
            "User: {arn} is not authorized to perform: {service}:{name} on resource: {resource} because no identity-based policy allows the {service}:{name} action"
        ),
        "requestParameters": { "resource": resource },
        "responseElements": null,
        "eventID": format!("00000000-0000-4000-8000-{:08x}{place:04x}", hour.index()),
        "readOnly": false,
        "eventType": "AwsApiCall",
        "managementEvent": true,
        "recipientAccountId": DEPLOYED,
        "eventCategory": "Management",
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use firstsight_sample::SampleConfig;

    use super::*;

    fn plot() -> (Plot, Sample) {
        let plot = Plot::before(Hour::from_index(490_000));
        let sample = Sample::new(SampleConfig::new(1, plot.attack.plus(1))).unwrap();
        (plot, sample)
    }

    #[test]
    fn a_trail_is_silent_and_then_everything_comes() {
        let (plot, sample) = plot();
        let hours = plot.silence.start.index()..plot.silence.end.index();
        let mut held = 0;
        for hour in hours.map(Hour::from_index) {
            for file in plot.files_of(&sample, hour) {
                let is_silent = file.path.contains(SILENT);
                assert!(!is_silent || file.delivered >= plot.heard(), "{}", file.path);
                held += usize::from(is_silent);
            }
        }
        assert!(held > 0);
        let after = plot.files_of(&sample, plot.silence.end);
        assert_eq!(after, sample.files_of(plot.silence.end));
    }

    #[test]
    fn the_deployment_is_denied_more_each_time_and_never_by_the_same_event() {
        let (plot, sample) = plot();
        let before = plot.files_of(&sample, plot.deployment.plus(-1));
        assert!(!before.iter().any(is_deployment));
        let mut ids = BTreeSet::new();
        let mut counts = Vec::new();
        for attempt in 0..4 {
            let hour = plot.deployment.plus(attempt);
            let records = deployment(hour, attempt);
            counts.push(records.len());
            for record in &records {
                assert!(
                    ids.insert(record["eventID"].as_str().unwrap().to_owned()),
                    "{record}"
                );
                let time: Time = record["eventTime"].as_str().unwrap().parse().unwrap();
                assert_eq!(time.hour(), hour);
            }
            assert!(plot.files_of(&sample, hour).iter().any(is_deployment));
        }
        assert_eq!(counts, [2, 3, 4, 4]);
    }

    fn is_deployment(file: &SampleFile) -> bool {
        String::from_utf8_lossy(&file.body).contains("checkout-deploy")
    }
}
