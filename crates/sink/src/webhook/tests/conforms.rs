//! The suite, with each template.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::*;
use crate::Sink;
use crate::conformance::{self, Medium, Subject};
use crate::http::recorder::Recorded;

/// A recorder, now: nothing is waited for when it binds to an address.
fn recorder_now(preset: Option<Preset>) -> HttpRecorder {
    match pin!(recorder(preset)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(recorder) => recorder,
        Poll::Pending => panic!("binding does not wait"),
    }
}

fn subject(template: Template) -> Subject {
    let preset = match template {
        Template::Ready(preset) => Some(preset),
        Template::Own(_) => None,
    };
    let far = recorder_now(preset);
    let sink = sink_of(settings(template, &far.url())).unwrap();
    let received = move || {
        let bodies: Vec<String> = far.requests().iter().map(Recorded::text).collect();
        match preset {
            None | Some(Preset::Json) => bodies.iter().map(|body| format!("{body}\n")).collect(),
            Some(Preset::Alertmanager) => alerts(&bodies),
            Some(preset) => bodies
                .iter()
                .map(|body| read(preset, &json(body)) + "\n")
                .collect(),
        }
    };
    Subject {
        idempotent: sink.idempotent(),
        sink: Box::new(sink),
        received: Box::new(received),
        medium: match preset {
            None | Some(Preset::Json) => Medium::Json,
            // Slack's mrkdwn has no links, images or headings of Markdown's.
            Some(Preset::Slack) => Medium::Terminal,
            Some(_) => Medium::Markdown,
        },
    }
}

fn json(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

/// What Alertmanager keeps: one alert for each set of labels, in the order in which they came first.
fn alerts(bodies: &[String]) -> String {
    let mut order = Vec::new();
    let mut kept = BTreeMap::new();
    for body in bodies {
        for alert in json(body).as_array().unwrap() {
            let labels = alert["labels"].to_string();
            if kept.insert(labels.clone(), alert.clone()).is_none() {
                order.push(labels);
            }
        }
    }
    let texts = order
        .iter()
        .map(|labels| read(Preset::Alertmanager, &Value::from(vec![kept[labels].clone()])) + "\n");
    texts.collect()
}

macro_rules! conform {
    ($($name:ident: $template:expr),* $(,)?) => {$(
        #[tokio::test]
        async fn $name() {
            conformance::all(|| subject($template)).await;
        }
    )*};
}

conform! {
    json_conforms: Template::Ready(Preset::Json),
    slack_conforms: Template::Ready(Preset::Slack),
    dingtalk_conforms: Template::Ready(Preset::DingTalk),
    feishu_conforms: Template::Ready(Preset::Feishu),
    wecom_conforms: Template::Ready(Preset::WeCom),
    alertmanager_conforms: Template::Ready(Preset::Alertmanager),
    a_template_of_ones_own_conforms: Template::Own("{{ event or digest }}".to_owned()),
}
