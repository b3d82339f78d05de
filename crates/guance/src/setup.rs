//! Creates or finds the external-event monitor.

use secrecy::SecretString;

use crate::client::{Monitor, NewMonitor, OpenApi};
use crate::error::GuanceError;

/// What came of it.
#[derive(Clone, Debug)]
pub enum SetUp {
    /// It was made.
    Made(Monitor),
    /// It was there. Its secret is known only where Guance tells it; its alert policies are as they were.
    Found(Monitor),
}

impl SetUp {
    /// The monitor, whether it was there before or not.
    #[must_use]
    pub const fn monitor(&self) -> &Monitor {
        match self {
            Self::Made(monitor) | Self::Found(monitor) => monitor,
        }
    }
}

/// Finds the external-event monitor with this `sub_uri`, or makes it.
///
/// # Errors
/// When Guance refuses. After a lost answer another call finds what was made.
pub async fn set_up(api: &OpenApi, wanted: &NewMonitor) -> Result<SetUp, GuanceError> {
    match find(api, &wanted.sub_uri).await? {
        Some(monitor) => Ok(SetUp::Found(monitor)),
        None => api.add_monitor(wanted).await.map(SetUp::Made),
    }
}

/// The external-event monitor with this `sub_uri`: one that is enabled, if there are several. Its title may have been changed
/// in Guance, so all monitors are looked at.
pub(crate) async fn find(api: &OpenApi, sub_uri: &str) -> Result<Option<Monitor>, GuanceError> {
    let is_it = |monitor: &Monitor| {
        let same = |at: &String| at.trim_matches('/') == sub_uri.trim_matches('/');
        monitor.takes_events() && monitor.sub_uri.as_ref().is_some_and(same)
    };
    let mut found: Vec<Monitor> = api.monitors("").await?.into_iter().filter(is_it).collect();
    found.sort_by_key(|monitor| !monitor.enabled);
    Ok(found.into_iter().next())
}

/// A secret for a monitor's address from 16 random bytes: 32 hexadecimal digits.
#[must_use]
pub fn secret_of(random: [u8; 16]) -> SecretString {
    let digits: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
    SecretString::from(digits)
}

#[cfg(test)]
mod tests {
    use firstsight_sink::http::recorder::{HttpRecorder, Reply};
    use firstsight_sink::http::{Http, HttpSettings};
    use secrecy::ExposeSecret as _;
    use serde_json::{Value as Json, json};

    use super::*;

    /// A workspace with these monitors, where one can be added.
    async fn workspace(monitors: Json) -> HttpRecorder {
        let script = move |request: &firstsight_sink::http::recorder::Recorded, _| {
            let content = match request.method.as_str() {
                "GET" => monitors.clone(),
                _ => json!({"uuid": "rul_new", "type": "trigger", "status": 0}),
            };
            Reply::json(
                200,
                &json!({"code": 200, "content": content, "success": true}).to_string(),
            )
        };
        HttpRecorder::start(script).await.unwrap()
    }

    async fn set_up_at(far: &HttpRecorder) -> SetUp {
        let settings = HttpSettings {
            proxies: false,
            ..HttpSettings::default()
        };
        let key = SecretString::from("wsak_1");
        let api = OpenApi::new(Http::new(&settings).unwrap(), &far.url(), Some(key));
        let wanted = NewMonitor {
            title: "firstsight".to_owned(),
            sub_uri: "first/sight".to_owned(),
            secret: secret_of([0xab; 16]),
            alert_policies: Vec::new(),
        };
        set_up(&api, &wanted).await.unwrap()
    }

    fn monitor(uuid: &str, kind: &str, sub_uri: &str, status: u8) -> Json {
        json!({"uuid": uuid, "status": status, "jsonScript": {"type": kind, "subUri": sub_uri}})
    }

    #[tokio::test]
    async fn a_monitor_is_made_where_there_is_none() {
        let others = json!([
            monitor("rul_1", "simpleCheck", "first/sight", 0),
            monitor("rul_2", "OuterEventChecker", "other", 0),
        ]);
        let far = workspace(others).await;
        let SetUp::Made(made) = set_up_at(&far).await else {
            panic!("made")
        };
        assert_eq!(
            (made.uuid.as_str(), made.sub_uri.as_deref()),
            ("rul_new", Some("first/sight"))
        );
        assert_eq!(made.secret.unwrap().expose_secret(), "ab".repeat(16));
        assert_eq!(far.requests().len(), 2);
    }

    #[tokio::test]
    async fn one_that_is_there_is_found_and_nothing_is_made() {
        let there = json!([
            monitor("rul_off", "OuterEventChecker", "first/sight", 2),
            monitor("rul_on", "OuterEventChecker", "/first/sight/", 0),
        ]);
        let far = workspace(there).await;
        let done = set_up_at(&far).await;
        assert!(matches!(done, SetUp::Found(_)));
        assert_eq!(done.monitor().uuid, "rul_on");
        assert_eq!(far.requests().len(), 1);
    }
}
